"""Changes to true sentences that make them false, as a program can make them: for the check of replies. English. Pure.

They are no measure of what language models get wrong, and are counted apart. They show that no kind of change passes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from appliance.language import Language

Change = tuple[str, str]
"""Kind, and the changed sentence"""

_AUXILIARY = re.compile(r"\b(is|are|can|may|must|was|were|has|have)\b(?! not\b)")
_NEGATION = re.compile(r"\b(?:do|does|may|must|can|is|are) not\b|\b(?:no|not)\b")
_LIMIT = re.compile(r"(?:,? but not\b|,? except\b|(?<=everywhere) but\b|,? if\b(?! the)|,? unless\b| without\b)[^,.]*")
_NAME = re.compile(r"\bDoctor [A-Z][a-z]+(?: [A-Z][a-z]+)?\b|(?<=\w )[A-Z][a-z]+ [A-Z][a-z]+\b")
_PLACES = {"beside": "behind", "behind": "beside", "opposite": "behind", "next to": "opposite", "left of": "right of"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def changes(sentence: str, others: Sequence[str], language: Language) -> Iterator[Change]:
    """Every change that a sentence allows. ``others`` are facts beside it, whose figures and names are borrowed."""
    yield from _figures(sentence, others, language)
    if found := _AUXILIARY.search(sentence):
        yield "negated", f"{sentence[: found.end()]} not{sentence[found.end() :]}"
    if found := _NEGATION.search(sentence):
        kept = found[0].removesuffix("not").strip()
        rest = sentence[found.end() :]
        yield (
            "negation dropped",
            re.sub(r"\s+", " ", f"{sentence[: found.start()]}{'' if kept == 'no' else kept}{rest}"),
        )
    if "only " in sentence or "Only " in sentence:
        dropped = re.sub(r"\b[Oo]nly ", "", sentence)
        yield "limit dropped", dropped[:1].upper() + dropped[1:]
    if found := _LIMIT.search(sentence):
        yield "limit dropped", sentence[: found.start()] + sentence[found.end() :]
    if found := _NAME.search(sentence):
        for other in others:
            name = _NAME.search(other)
            if name and name[0] not in sentence and len(name[0].split()) == len(found[0].split()):
                yield "other name", sentence.replace(found[0], name[0])
                break
    for place, other in _PLACES.items():
        if f"{place} " in sentence:
            yield "other place", sentence.replace(f"{place} ", f"{other} ", 1)
            break
    for number, day in enumerate(_DAYS):
        if day in sentence:
            other = next(_DAYS[(number + n) % 7] for n in range(1, 7) if _DAYS[(number + n) % 7] not in sentence)
            yield "other day", sentence.replace(day, other)
            break
    yield from _written(sentence)


def _figures(sentence: str, others: Sequence[str], language: Language) -> Iterator[Change]:
    places = _spans(sentence, language)
    for one, other in itertools.pairwise(places):
        first, second = sentence[one[0] : one[1]], sentence[other[0] : other[1]]
        between = sentence[one[1] : other[0]]
        if first.lower() != second.lower() and between != " and at ":
            yield "figures swapped", f"{sentence[: one[0]]}{second}{between}{first}{sentence[other[1] :]}"
            break
    for start, end in places[:1]:
        for text in others:
            borrowed = next((text[a:b] for a, b in _spans(text, language)), None)
            if borrowed and not _keys(borrowed, language) & _keys(sentence, language):
                yield "other figure", f"{sentence[:start]}{borrowed}{sentence[end:]}"
                break


def _keys(text: str, language: Language) -> set[str]:
    return {key for figure in language.numbers.figures(text) for key in figure.keys}


def _spans(sentence: str, language: Language) -> list[tuple[int, int]]:
    """Where the figures of a sentence stand in its letters."""
    words = list(re.finditer(r"[A-Za-z0-9$€£.:'-]*[A-Za-z0-9]", sentence))
    tokens = language.tokens(sentence)
    found = []
    at = 0
    for figure in language.numbers.figures(sentence):
        if tokens[figure.start : figure.end] == ["one"]:
            continue
        wanted = tokens[figure.start : figure.end]
        for number in range(at, len(words)):
            joined = language.tokens(" ".join(word[0] for word in words[number : number + len(wanted)]))
            if joined[: len(wanted)] == wanted and len(joined) == len(wanted):
                found.append((words[number].start(), words[number + len(wanted) - 1].end()))
                at = number + len(wanted)
                break
    return found


def _written(sentence: str) -> Iterator[Change]:
    words = sentence.split()
    yield "markup", f"**{words[0]}** {' '.join(words[1:])}"
    yield "other script", f"{sentence.rstrip('.')} 在这里."
    yield "emoji", f"{sentence} \U0001f60a"
    yield "thinking", f"<think>{sentence}</think>"
    yield "loop", " ".join([*words[:-1], *(words[-3:] * 3)])
