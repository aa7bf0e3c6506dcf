"""Counts what a system got wrong: words, characters, and the site's own terms. Pure.

Words are aligned so that the fewest are inserted, left out or replaced (Levenshtein), by ``rapidfuzz``, which the
retrieval needs anyway. ``jiwer`` counts with the same function, and would bring itself and ``click`` onto every box.
The tests hold figures of jiwer beside ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import Levenshtein

from appliance.bench.recordings.normalisation import normalised
from appliance.config.site import Site
from appliance.language import templates

Words = tuple[str, ...]

Kind = Literal["lexicon", "names", "choices", "lists"]
"""Where a site has a term from: its vocabulary, its list of names, the choices of its forms, its other lists"""

MOST_VALUES = 5000
"""values of one list that are looked for; a list of sentences has more, and its values are no terms"""


Change = Literal["equal", "replace", "delete", "insert"]

_CHANGES: Mapping[str, Change] = {"equal": "equal", "replace": "replace", "delete": "delete", "insert": "insert"}


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of an alignment."""

    kind: Change
    said: Words
    heard: Words


@dataclass(frozen=True, slots=True)
class Score:
    """What one system got wrong in one recording. It holds no word of what was said."""

    words: int
    """words that were said"""
    errors: int
    """words inserted, left out or replaced"""
    characters: int
    """characters that were said, blanks between words included"""
    character_errors: int
    terms: int
    """the site's terms that were said"""
    terms_heard: int
    false_terms: int
    """the site's terms that were heard and not said"""
    kinds: Mapping[str, tuple[int, int]]
    """terms that were said, and of these heard, by ``Kind``"""


class Terms:
    """The terms of a site."""

    def __init__(self, found: Mapping[Words, Kind]) -> None:
        """``found`` has the kind of each term, in its normalised words."""
        self.found = dict(found)
        self._longest = max(map(len, self.found), default=0)

    def places(self, words: Sequence[str]) -> Iterator[tuple[int, int, Kind]]:
        """Places of terms in a text, from the left, the longest first; they do not overlap."""
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                if (kind := self.found.get(tuple(words[at : at + length]))) is not None:
                    yield at, at + length, kind
                    at += length
                    break
            else:
                at += 1


def terms_of(site: Site, choices: Mapping[str, Sequence[str]]) -> Terms:
    """The terms of a site. ``choices`` has the choices of its forms, those that tools list included."""
    lists = site.speech.lists
    kinds: list[tuple[Kind, Iterable[str]]] = [
        ("lexicon", (entry.word for entry in site.speech.vocabulary)),
        ("names", _values(lists, ["name"])),
        ("choices", (choice for values in choices.values() for choice in values)),
        ("lists", _values(lists, [name for name in lists if name != "name"])),
    ]
    found: dict[Words, Kind] = {}
    for kind, texts in kinds:
        for text in texts:
            if words := normalised(text, site.language):
                found.setdefault(words, kind)
    return Terms(found)


def _values(lists: templates.Lists, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name in lists and templates.count(f"{{{name}}}", lists) <= MOST_VALUES:
            yield from templates.list_values(lists, name)


def align(said: Words, heard: Words) -> list[Step]:
    """The steps from what was said to what was heard; no two that follow each other are wrong."""
    steps: list[Step] = []
    for code in Levenshtein.opcodes(said, heard):
        step = Step(_CHANGES[code.tag], said[code.src_start : code.src_end], heard[code.dest_start : code.dest_end])
        if steps and "equal" not in (steps[-1].kind, step.kind):
            before = steps.pop()
            step = Step("replace", before.said + step.said, before.heard + step.heard)
        steps.append(step)
    return steps


def score(said: Words, heard: Words, terms: Terms) -> Score:
    """Score normalised words. A term counts as heard when each of its words is aligned with itself."""
    right: set[int] = set()
    heard_right: set[int] = set()
    errors = at = heard_at = 0
    for step in align(said, heard):
        if step.kind == "equal":
            right.update(range(at, at + len(step.said)))
            heard_right.update(range(heard_at, heard_at + len(step.heard)))
        else:
            errors += max(len(step.said), len(step.heard))
        at, heard_at = at + len(step.said), heard_at + len(step.heard)
    kinds: dict[str, tuple[int, int]] = {}
    for start, end, kind in terms.places(said):
        known, found = kinds.get(kind, (0, 0))
        kinds[kind] = known + 1, found + right.issuperset(range(start, end))
    false_terms = sum(not heard_right.issuperset(range(start, end)) for start, end, _ in terms.places(heard))
    letters, heard_letters = " ".join(said), " ".join(heard)
    return Score(
        len(said),
        errors,
        len(letters),
        Levenshtein.distance(letters, heard_letters),
        sum(known for known, _ in kinds.values()),
        sum(found for _, found in kinds.values()),
        false_terms,
        kinds,
    )


def values_right(text: str, wanted: Mapping[str, str], names: Iterable[str], site: Site) -> bool:
    """Whether a text holds the wanted values of the site's lists, by the name of the list, and no other value of the
    lists ``names``."""
    said = site.language.speech.spelled_out(text)
    return templates.find_slots(said, site.speech.lists, sorted(names)) == dict(wanted)
