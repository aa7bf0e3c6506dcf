"""English words, figures and marks to compare (see ``words.Tokens``). Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.language.words import Rewriting, Tokens

_REWRITTEN: tuple[Rewriting, ...] = (
    (re.compile(r"(?<=[\d\s])([ap])\.? ?m\b\.?", re.IGNORECASE), r" \1m "),
    (re.compile(r"\bo ?'? ?clock", re.IGNORECASE), "oclock"),
    (re.compile(r"\b(\d{1,2})h(\d{2})\b"), r"\1:\2"),
    (re.compile(r"\b(one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon)ish\b", re.IGNORECASE), r"\1"),
    # A sign is a word; "8-10" and "555-0142" have none.
    (re.compile(r"(?<![\w)\]])-(?=\.?\d)"), " minus "),
    (re.compile(r"(?<![\w.])\.(?=\d)"), " point "),
)

tokens = Tokens(_REWRITTEN, ordinal="st|nd|rd|th")
"""Cuts a text; "p.m." and "p m" are "pm", "o'clock" is "oclock"."""


def without_marks(text: str, marks: str = "?.,!;") -> str:
    """Lower-case words of a text without the given marks, with one blank between them."""
    return " ".join(re.sub(rf"[{marks}]", " ", text.lower().replace("’", "'")).split())


def untangled(words: Sequence[str]) -> list[str]:
    """Tokens with "until" for the "to" of a span: "from eight to seven" is no eight minutes to seven."""
    return ["until" if word == "to" and "from" in words[:at] else word for at, word in enumerate(words)]
