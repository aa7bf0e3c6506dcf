"""Words with marks in place of the days or times that they name, as the patterns of ``day_windows`` and
``time_windows`` read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from appliance.language.found import FoundDate, FoundTime

AT = r"#(\d+)(?!\S)"
"""stands in a pattern for a day or a time of day, by its number among those of the sentence"""


@dataclass(frozen=True, slots=True)
class MarkedWords:
    """The words of a sentence, and those of them that a rule has taken."""

    said: str
    """the words with a mark in place of each day or time of day"""
    places: Sequence[range]
    """the tokens of each word of ``said``"""
    taken: set[int] = field(default_factory=set)
    """tokens that belong to a span that was found"""

    @classmethod
    def of(cls, words: Sequence[str], found: Sequence[FoundDate | FoundTime]) -> MarkedWords:
        """``found``: the days or the times of day in the words."""
        marks: list[str] = []
        places: list[range] = []
        at = 0
        for number, hit in enumerate(found):
            marks += [*words[at : hit.start], f"#{number}"]
            places += [*(range(n, n + 1) for n in range(at, hit.start)), range(hit.start, hit.end)]
            at = hit.end
        marks += words[at:]
        places += [range(n, n + 1) for n in range(at, len(words))]
        return cls(" ".join(marks), places)

    def covered(self, match: re.Match[str]) -> frozenset[int]:
        """The tokens of a match."""
        first, last = self.said.count(" ", 0, match.start()), self.said.count(" ", 0, match.end())
        return frozenset(place for group in self.places[first : last + 1] for place in group)

    def take(self, match: re.Match[str]) -> frozenset[int]:
        """The tokens of a match, which are taken from now on; none where one of them is taken already."""
        covered = self.covered(match)
        if self.taken & covered:
            return frozenset()
        self.taken.update(covered)
        return covered

    def turns(self, match: re.Match[str], denied: str, unsuited: str) -> bool:
        """Whether the words around a match say that it is not wanted. ``denied`` and ``unsuited`` are patterns of words
        right in front of it and right behind it."""
        before, behind = self.said[: match.start()], self.said[match.end() :]
        return bool(re.search(rf"{denied}$", before) or re.match(unsuited, behind))
