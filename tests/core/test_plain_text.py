"""Untrusted text on its way to a terminal."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.core.plain_text import printable, show, unprintable

HOSTILE = {
    "escape sequence": "\x1b[2J\x1b[H",
    "one-byte control sequence (C1)": "\x9b2J",
    "line end": "x\n     3  2026-11-27  glass broken  user=alice",
    "carriage return": "x\rforged",
    "bell, backspace, delete": "\x07\x08\x7f",
    "NUL": "\x00",
    "next line (C1)": "x\x85y",
    "line separator": "x\u2028y",
    "paragraph separator": "x\u2029y",
    "right-to-left override": "\u202eecila",
    "isolate": "\u2067x\u2069",
    "Arabic letter mark": "\u061c",
    "zero-width space": "al\u200bice",
    "byte order mark": "\ufeff",
    "tag": "\U000e0041",
    "lone surrogate": "\ud800",
    "low surrogate": "\udcff",
    "private use": "\ue000",
    "noncharacter": "\uffff",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_control_characters_are_shown_as_escapes(name: str) -> None:
    text = HOSTILE[name]
    assert unprintable(text)
    shown = printable(text)
    assert not unprintable(shown) and "\\u" in shown.lower()
    assert shown.encode("utf-8").decode() == shown
    assert len(shown.splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["", "a reason in words", "Grüße, 人, دکتر, e\u0301", "no\u00a0break", "C:\\u001b", "'\"<>&|;$`"]
)
def test_printable_text_is_left_alone(text: str) -> None:
    assert not unprintable(text)
    assert printable(text) == text


@given(st.text(alphabet=st.characters(codec=None)))
def test_the_result_holds_only_printable_characters(text: str) -> None:
    shown = printable(text)
    assert not unprintable(shown)
    assert printable(shown) == shown
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert unprintable(text) == (shown != text)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_text_is_shown_in_any_encoding_of_the_terminal(encoding: str) -> None:
    raw = io.BytesIO()
    terminal = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    show("é 人 \ud800 \x1b", "second", to=terminal)
    lines = raw.getvalue().decode(encoding).splitlines()
    assert len(lines) == 2 and lines[1] == "second"
    assert lines[0].endswith("\\ud800 \\u001b")


def test_json_is_still_json_when_shown() -> None:
    """``json.dumps`` escapes all but DEL, which ``show`` writes as JSON would."""
    value = list(HOSTILE.values())
    assert json.loads(printable(json.dumps(value))) == value


def test_standard_output_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    show("a\nb")
    assert capsys.readouterr().out == "a\\u000ab\n"
    show("x", to=sys.stderr)
    assert capsys.readouterr().err == "x\n"
