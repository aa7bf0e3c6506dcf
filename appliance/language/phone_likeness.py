"""How alike two pronunciations sound: an edit distance over CMU phones that knows which are easily confused. Pure.

A recogniser that does not know a name writes the words that sound like it ("win" for "Nguyen", "shen" for "Chen"). The
letters then differ as much as those of another name, and the phones hardly.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache

Phones = tuple[str, ...]

_VOWELS = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())

_CLOSE_VOWELS = (
    "IH IY|IH EH|IH AH|EH AE|EH AH|EH EY|AE AA|AE AH|AA AO|AA AH|AO OW|AO AH|UH UW|UH AH|UH OW|ER AH|ER EH|ER IH|"
    "AY AA|AW AA|AW OW|OY AO"
)

_CONFUSED: tuple[tuple[float, str], ...] = (
    (0.25, "P B|T D|K G|F V|S Z|TH DH|SH ZH|CH JH|N NG"),
    (0.3, "M N|SH CH|ZH JH|TH F|T CH|D JH"),
    (0.4, "S SH|TH T|DH D|TH S|DH Z|V B|V W|F P|DH V|Z JH|SH JH|S TH|N M"),
    (0.5, "L R|L W|R W|M NG|K T|P T|P K|B D|D G|HH F|CH TS|K CH|S T"),
)
"""what a change costs, and the pairs that cost it; other consonants cost 1"""

_CLOSE_VOWEL, _OTHER_VOWEL, _OTHER = 0.3, 0.5, 1.0
_OF_ANOTHER_CLASS = 1.4

_LEFT_OUT = {"HH": 0.3, "Y": 0.4, "W": 0.6, "R": 0.5, "AH": 0.4, "IH": 0.4, "ER": 0.7}
"""what it costs when a phone is missing; other vowels cost 0.6, other consonants 0.9"""
_ENDING = 0.5
"""a last T, D, S or Z is easily lost"""


def _changes() -> dict[tuple[str, str], float]:
    costs: dict[tuple[str, str], float] = {}
    for cost, listed in (*_CONFUSED, (_CLOSE_VOWEL, _CLOSE_VOWELS)):
        for pair in listed.split("|"):
            a, b = pair.split()
            costs[a, b] = costs[b, a] = cost
    return costs


_CHANGES = _changes()


def _change(a: str, b: str) -> float:
    if a == b:
        return 0.0
    if (a, b) in _CHANGES:
        return _CHANGES[a, b]
    if (a in _VOWELS) != (b in _VOWELS):
        return _OF_ANOTHER_CLASS
    return _OTHER_VOWEL if a in _VOWELS else _OTHER


def _missing(phones: Phones, at: int) -> float:
    phone = phones[at]
    if at and at == len(phones) - 1 and phone in ("T", "D", "S", "Z"):
        return _ENDING
    return _LEFT_OUT.get(phone, 0.6 if phone in _VOWELS else 0.9)


@lru_cache(maxsize=50_000)
def distance(a: Phones, b: Phones) -> float:
    """The least cost of changes that make ``b`` of ``a``."""
    row = list(itertools.accumulate((_missing(b, at) for at in range(len(b))), initial=0.0))
    for i, phone in enumerate(a):
        gone = _missing(a, i)
        before, row = row, [row[0] + gone]
        for j, other in enumerate(b):
            row.append(min(before[j] + _change(phone, other), before[j + 1] + gone, row[j] + _missing(b, j)))
    return row[-1]


def likeness(one: Sequence[Phones], other: Sequence[Phones]) -> float:
    """0..1, of the two pronunciations that are most alike; 1 for the same phones, 0 where there are none."""
    return max(
        (max(0.0, 1 - distance(a, b) / max(len(a), len(b))) for a in one for b in other if a and b),
        default=0.0,
    )
