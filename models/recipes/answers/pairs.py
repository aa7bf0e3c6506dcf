"""A question and a text, and what is known of the two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pair:
    """One example."""

    question: str
    text: str
    """a fact and other questions, with a mark between two sentences"""
    answered: float | None
    """1.0 where the text answers the question, 0.0 where not; None where nobody knows"""
    weight: float
    """of ``answered``"""
    cosine: float | None
    """how near the two are to the teacher; None where it was not asked"""


def plain(text: str) -> str:
    """A sentence as the appliance gives it to the model: in lower case, with single spaces."""
    return re.sub(r"\s+", " ", text).strip().lower()


def joined(sentences: Sequence[str]) -> str:
    """Sentences with a mark between two of them."""
    return " [SEP] ".join(sentences)
