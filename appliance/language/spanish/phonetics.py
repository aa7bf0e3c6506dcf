"""How alike two Spanish words sound. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from appliance.language.words import fold

_ALIKE = (
    (r"ch", "x"),
    (r"h", ""),
    (r"ll", "y"),
    (r"qu(?=[ei])|c(?![ei])", "k"),
    (r"c|z", "s"),
    (r"g(?=[ei])", "j"),
    (r"v", "b"),
    (r"(.)\1+", r"\1"),
)
"""Letters that most speakers pronounce alike, and what is written for them"""


@lru_cache(maxsize=20_000)
def _sounds(word: str) -> str:
    word = fold(word)
    for pattern, replacement in _ALIKE:
        word = re.sub(pattern, replacement, word)
    return word


@lru_cache(maxsize=50_000)
def likeness(a: str, b: str) -> float:
    """0..1; 1 for words that sound the same. May be given several words as one string."""
    return fuzz.ratio(_sounds(a.replace(" ", "")), _sounds(b.replace(" ", ""))) / 100
