"""Phrase templates: what visitors may say, written once and expanded, sampled or looked for.

``I'd like [a] {size} (tea|coffee)``: ``{size}`` stands for any entry of the list ``size``, ``(a|b)`` for a
choice, ``[x]`` for something that may be left out. Brackets nest, options may hold choices (``[a|b]``), and
the entries of a list are templates themselves, so a list may be made of other lists.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from appliance.language.words import plain_words

Lists = Mapping[str, Sequence[str]]
"""List name to entries, each of which is a template"""


@dataclass(frozen=True, slots=True)
class Words:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class ListEntry:
    """Any entry of a named list."""

    name: str
    position: int
    """where in the template it stands, for messages"""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several alternatives; with ``optional`` also none of them."""

    alternatives: tuple[Template, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Template:
    """Parts that follow each other."""

    parts: tuple[Words | ListEntry | Choice, ...]


MOST_NESTED = 20
"""brackets within brackets"""

MOST_WORDS = 200
"""words of the longest sentence that a template may stand for"""


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Template:
    """Read a template. Raises ValueError with the position (counted from 1) of what is wrong."""
    template, end = _parse_sequence(text, 0, 0)
    if end < len(text):
        raise ValueError(f"{text[end]!r} at position {end + 1} of {text!r} closes or divides nothing")
    return template


def _parse_sequence(text: str, start: int, depth: int) -> tuple[Template, int]:
    parts: list[Words | ListEntry | Choice] = []
    at = start
    while at < len(text) and text[at] not in "|)]":
        if text[at] in "([":
            part, at = _parse_choice(text, at, depth + 1)
            parts.append(part)
        elif text[at] == "{":
            end = text.find("}", at)
            name = text[at + 1 : end]
            if end < 0:
                raise ValueError(f"'{{' at position {at + 1} of {text!r} is never closed")
            if not re.fullmatch(r"\w+", name):
                raise ValueError(f"{name!r} at position {at + 2} of {text!r} is not the name of a list")
            parts.append(ListEntry(name, at + 1))
            at = end + 1
        elif text[at] == "}":
            raise ValueError(f"'}}' at position {at + 1} of {text!r} closes nothing")
        else:
            end = at
            while end < len(text) and text[end] not in "([{}|)]":
                end += 1
            parts.append(Words(text[at:end]))
            at = end
    return Template(tuple(parts)), at


def _parse_choice(text: str, start: int, depth: int) -> tuple[Choice, int]:
    if depth > MOST_NESTED:
        raise ValueError(f"{text[start]!r} at position {start + 1} is nested deeper than {MOST_NESTED} brackets")
    close = ")" if text[start] == "(" else "]"
    alternatives: list[Template] = []
    at = start
    while True:
        template, at = _parse_sequence(text, at + 1, depth)
        alternatives.append(template)
        if at < len(text) and text[at] == "|":
            continue
        if at < len(text) and text[at] == close:
            return Choice(tuple(alternatives), optional=close == "]"), at + 1
        if at < len(text):
            raise ValueError(
                f"{text[at]!r} at position {at + 1} of {text!r} does not close the {text[start]!r} "
                f"at position {start + 1}"
            )
        raise ValueError(f"{text[start]!r} at position {start + 1} of {text!r} is never closed")


def check(text: str, lists: Lists) -> None:
    """Raise ValueError when a template cannot be used: bad brackets, an unknown, empty or circular list, a sentence of
    no words or of more than ``MOST_WORDS``."""
    shortest, longest = _words(parse(text), lists, (), {})
    if not shortest:
        raise ValueError(f"{text!r} says nothing once what is optional is left out")
    if longest > MOST_WORDS:
        raise ValueError(f"{_short(text)!r} stands for sentences of more than {MOST_WORDS} words")


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]} …"


def _words(
    template: Template, lists: Lists, inside: tuple[str, ...], known: dict[str, tuple[int, int]]
) -> tuple[int, int]:
    """Words of the shortest and of the longest sentence. ``known`` are those of lists: each is looked at once, however
    often it is used."""
    shortest = longest = 0
    for part in template.parts:
        if isinstance(part, Words):
            least = most = len(part.text.split())
        elif isinstance(part, Choice):
            of = [_words(alternative, lists, inside, known) for alternative in part.alternatives]
            least, most = (0 if part.optional else min(low for low, _ in of)), max(high for _, high in of)
        else:
            entries = _entries(part, lists, inside)
            if part.name not in known:
                of = [_words(parse(entry), lists, (*inside, part.name), known) for entry in entries]
                known[part.name] = min(low for low, _ in of), max(high for _, high in of)
            least, most = known[part.name]
        shortest, longest = shortest + least, longest + most
    return shortest, longest


def _entries(part: ListEntry, lists: Lists, inside: tuple[str, ...]) -> Sequence[str]:
    if part.name in inside:
        raise ValueError(f"the list {part.name!r} contains itself")
    if len(inside) > MOST_NESTED:
        raise ValueError(f"the list {part.name!r} is a list within more than {MOST_NESTED} lists")
    entries = lists.get(part.name, ())
    if not entries:
        known = ", ".join(sorted(lists)) or "none"
        raise ValueError(f"there is no list {part.name!r} (at position {part.position}); known are {known}")
    return entries


def count(text: str, lists: Lists) -> int:
    """How many sentences a template stands for, repetitions included."""
    return _count(parse(text), lists, (), {})


def _count(template: Template, lists: Lists, inside: tuple[str, ...], known: dict[str, int]) -> int:
    def of(part: Words | ListEntry | Choice) -> int:
        if isinstance(part, Choice):
            return sum(_count(a, lists, inside, known) for a in part.alternatives) + part.optional
        if isinstance(part, ListEntry):
            entries = _entries(part, lists, inside)
            if part.name not in known:
                deeper = (*inside, part.name)
                known[part.name] = sum(_count(parse(entry), lists, deeper, known) for entry in entries)
            return known[part.name]
        return 1

    return math.prod(of(part) for part in template.parts)


def expand(text: str, lists: Lists) -> Iterator[str]:
    """Every sentence that a template stands for, in order; there may be very many (see ``count``)."""
    seen: set[str] = set()
    for pieces in _expand(parse(text), lists, ()):
        sentence = tidy(pieces)
        if sentence not in seen:
            seen.add(sentence)
            yield sentence


@functools.lru_cache(maxsize=64)
def expand_all(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Every sentence that templates without lists stand for. Raises ValueError for one that ``check`` refuses."""
    return tuple(sentence for text in texts for sentence in expand(text, {}))


def _expand(template: Template, lists: Lists, inside: tuple[str, ...]) -> Iterator[str]:
    def of(part: Words | ListEntry | Choice) -> Iterable[str]:
        if isinstance(part, Choice):
            chosen = itertools.chain.from_iterable(_expand(a, lists, inside) for a in part.alternatives)
            return itertools.chain(("",), chosen) if part.optional else chosen
        if isinstance(part, ListEntry):
            deeper = (*inside, part.name)
            return itertools.chain.from_iterable(
                _expand(parse(entry), lists, deeper) for entry in _entries(part, lists, inside)
            )
        return (part.text,)

    for pieces in itertools.product(*(of(part) for part in template.parts)):
        yield "".join(pieces)


def sample(text: str, lists: Lists, chance: random.Random) -> str:
    """One sentence of a template; each alternative and each entry is equally likely, an option is taken half
    the time. The same state of ``chance`` gives the same sentence."""
    return tidy(_sample(parse(text), lists, chance, ()))


def samples(texts: Sequence[str], lists: Lists, number: int, seed: int = 0) -> Iterator[str]:
    """``number`` sentences, taking the templates in turn; the same arguments give the same sentences."""
    chance = random.Random(seed)
    templates = [parse(text) for text in texts]
    for template in itertools.islice(itertools.cycle(templates), number):
        yield tidy(_sample(template, lists, chance, ()))


def _sample(template: Template, lists: Lists, chance: random.Random, inside: tuple[str, ...]) -> str:
    pieces = []
    for part in template.parts:
        if isinstance(part, Words):
            pieces.append(part.text)
        elif isinstance(part, ListEntry):
            entry = parse(chance.choice(_entries(part, lists, inside)))
            pieces.append(_sample(entry, lists, chance, (*inside, part.name)))
        elif not part.optional or chance.random() < 0.5:
            pieces.append(_sample(chance.choice(part.alternatives), lists, chance, inside))
    return "".join(pieces)


def tidy(text: str) -> str:
    """Collapse the blanks that left-out parts leave behind."""
    return " ".join(text.split())


def find_slots(transcript: str, lists: Lists, names: Iterable[str] | None = None) -> dict[str, str]:
    """List entries that occur in a transcript, by list name.

    Longest entries (in words) are looked for first and take their words, so that "iced coffee" is not also
    "coffee". Of two entries of one list that are equally long the earlier one in the transcript counts.
    ``names`` limits the search to some lists.
    """
    heard: list[str | None] = list(plain_words(transcript))
    candidates = [
        (tuple(plain_words(value)), name, value)
        for name in (lists if names is None else names)
        for value in list_values(lists, name)
    ]
    candidates.sort(key=lambda candidate: -len(candidate[0]))
    found: dict[str, str] = {}
    for length, same_length in itertools.groupby(candidates, key=lambda candidate: len(candidate[0])):
        if length == 0:
            continue
        entries: dict[tuple[str | None, ...], list[tuple[str, str]]] = {}
        for words, name, value in same_length:
            entries.setdefault(words, []).append((name, value))
        for at in range(len(heard) - length + 1):
            for name, value in entries.get(tuple(heard[at : at + length]), ()):
                if name not in found:
                    found[name] = value
                    heard[at : at + length] = [None] * length
                    break
    return found


def list_values(lists: Lists, name: str) -> Iterator[str]:
    """Every value of a list, its entries expanded."""
    yield from expand(f"{{{name}}}", lists)
