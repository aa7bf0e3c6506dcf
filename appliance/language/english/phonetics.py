"""How alike two words sound: for recognisers that write "farm assy" where "pharmacy" was said. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

_GROUPS = (
    (r"^(?:kn|gn|pn|wr)", lambda m: m.group()[1]),
    (r"tion|sion|ssion|cian", "xn"),
    (r"sch|sh|ch|tch|dge|cia|tia", "x"),
    (r"ph|v", "f"),
    (r"gh(?=t|$)", ""),
    (r"gh", "k"),
    (r"th", "t"),
    (r"ck|q|x", "k"),
    (r"c(?=[eiy])|z", "s"),
    (r"c|g(?![eiy])", "k"),
    (r"g|j", "x"),
    (r"b", "p"),
    (r"d", "t"),
    (r"m", "n"),
    (r"(?<=.)[hw]", ""),
    (r"(?<!^)[aeiouy]+", ""),
    (r"^[aeiouy]+", "a"),
    (r"(.)\1+", r"\1"),
)


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """The consonants of a word, those that are easily confused written alike: "pharmacy" and "farmesy" are
    both ``frns``."""
    code = re.sub(r"[^a-z]", "", word.lower())
    for pattern, replacement in _GROUPS:
        code = re.sub(pattern, replacement, code)
    return code


@lru_cache(maxsize=50_000)
def likeness(a: str, b: str) -> float:
    """0..1; 1 for the same letters, high for the same sounds. May be given several words as one string."""
    a, b = a.replace(" ", ""), b.replace(" ", "")
    if a == b:
        return 1.0
    letters = fuzz.ratio(a, b) / 100
    code_a, code_b = skeleton(a), skeleton(b)
    # Short skeletons agree by chance.
    trust = min(1.0, (len(code_a) + len(code_b)) / 8)
    sounds = fuzz.ratio(code_a, code_b) / 100 * trust
    return 0.5 * letters + 0.5 * max(letters, sounds) if sounds > letters else letters
