"""How Spanish words sound. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from appliance.language import phone_likeness
from appliance.language.phone_likeness import Phones
from appliance.language.words import fold, plain_words

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


_LETTERS: tuple[tuple[str, str], ...] = (
    (r"ch", "CH"),
    (r"ll|y(?=[aeiou])", "Y"),
    (r"rr?", "R"),
    (r"qu(?=[ei])|c(?![eihz])|k", "K"),
    (r"gu(?=[ei])|g(?![ei])", "G"),
    (r"j|g|x(?=[aeiou])", "HH"),
    (r"c|z|s+|x", "S"),
    (r"v|b", "B"),
    (r"h", ""),
    (r"ph|f", "F"),
    (r"ñ|ny", "N Y"),
    (r"n+", "N"),
    (r"u(?=[aeio])", "W"),
    (r"i(?=[aeou])", "Y"),
    *((letter, phone) for letter, phone in zip("dlmptw", "D L M P T W".split(), strict=True)),
    *((letter, phone) for letter, phone in zip("aeiouy", "AA EH IY OW UW IY".split(), strict=True)),
)
"""What letters stand for, the first that fits"""
_READ = re.compile("|".join(f"(?P<r{n}>{pattern})" for n, (pattern, _) in enumerate(_LETTERS)))


@lru_cache(maxsize=20_000)
def pronunciations(text: str) -> tuple[Phones, ...]:
    """How a name is said, in CMU phones, as its letters are read in Spanish."""
    # The tilde must not be folded away.
    words = ["".join("ñ" if sign == "ñ" else fold(sign) for sign in word) for word in plain_words(text)]
    phones = [_LETTERS[int((match.lastgroup or "r0")[1:])][1] for match in _READ.finditer("".join(words))]
    return (tuple(" ".join(phones).split()),)


@lru_cache(maxsize=50_000)
def name_likeness(a: str, b: str) -> float:
    """0..1, how alike two names sound; 1 for the same letters or the same phones."""
    return 1.0 if a == b else phone_likeness.likeness(pronunciations(a), pronunciations(b))
