"""Measures what a language model is good for at a site: to hear that a turn is over, to choose, to complete a line, to
word a fact.

A model of some size does not tell what it can do: of two of the same family, one told known questions from unknown
ones and one guessed. So each is measured, on built-in sentences and on the site's own, and what it is no good at is
switched off. Where a call takes longer than a conversation can wait, the measurement ends after a few calls, and the
verdict is that the model is too slow, not that it is wrong.
"""

from __future__ import annotations

import functools
import itertools
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal, Protocol, TypeVar

from appliance.brain.compose import COMPOSED_ROUTE
from appliance.brain.knowledge import Entry, Finder
from appliance.core import calibration
from appliance.core.calibration import Calibration, log_sum
from appliance.core.facts import Message, Outcome
from appliance.language import Language

USEFUL_SEPARATION = 0.7
"""Share of pairs that must be told apart, from which an opinion counts. Opinions that say nothing reach 0.5, and by
chance, on the few sentences of a measurement, now and then 0.6."""

USEFUL_REWRITES = 0.5
"""Share of the follow-ups that must be completed rightly."""

HARMLESS_REWRITES = 0.9
"""Share of the complete lines that must still mean the same after they were rewritten."""

USEFUL_COMPOSING = 0.7
"""Share of the facts that must be worded rightly. The others cost the visitor the time until the check stops them."""

LONGEST_S = 4.0
"""A call that takes longer, in seconds, is of no use, because the visitor waits for it."""

_CASES = 24
"""Lines of each kind"""
_COMPOSED = 16
"""Facts that are worded. Writing takes longer than choosing."""
_METERED = 6
"""Calls whose time is taken. The first one reads the fixed words and does not count."""
_TRIED = 4
"""Calls after which it is known whether they take too long"""
_CANDIDATES = 3
_MOST_WEIGHT = 3.0
"""Largest weight of an opinion which candidate is meant. Some models of few cases would have a larger one."""

Case = TypeVar("Case")
Answer = TypeVar("Answer")

Verdict = Literal["useful", "not good enough", "too slow", "cannot be asked"]
"""What a measurement came to. "Too slow" says nothing of how well, and "cannot be asked" is for questions that do not
fit the model and for a site with too few sentences."""


class Meter(Protocol):
    """Takes the time of a call, in seconds that do not depend on what else the machine does."""

    def __call__(self, call: Callable[[], Answer]) -> tuple[Answer, float]:
        """The result of the call, and its seconds."""
        ...


@dataclass(frozen=True, slots=True)
class TurnEnds:
    """How well a model hears from the words that a visitor has finished."""

    calibration: Calibration = Calibration()  # noqa: RUF009 - frozen
    separation: float = 0.5
    """share of the pairs of a whole and a cut sentence that it tells apart"""


@dataclass(frozen=True, slots=True)
class Judging:
    """How well a model chooses among candidates."""

    known: Calibration = Calibration()  # noqa: RUF009 - frozen
    """of the log odds that one of them is meant"""
    among: float = 0.0
    """weight of its opinion which of them is meant"""
    separation: float = 0.5
    """share of the pairs of a known and an unknown line that it tells apart"""
    right: float = 0.0
    """share of the known lines for which the likeliest candidate is the right one"""
    verdict: Verdict = "cannot be asked"
    cost_s: float = 0.0
    """median seconds of a call"""


@dataclass(frozen=True, slots=True)
class Rewriting:
    """How well a model completes lines."""

    completed: float = 0.0
    """share of the follow-ups that name what they are about"""
    kept: float = 0.0
    """share of the complete lines that still mean the same"""
    verdict: Verdict = "cannot be asked"
    cost_s: float = 0.0
    """median seconds of a call"""


@dataclass(frozen=True, slots=True)
class Composing:
    """How well a model words facts."""

    passed: float = 0.0
    """share of the facts whose reply is the model's to its end, as the check of replies judges, and says a figure of
    the fact where it has one"""
    verdict: Verdict = "cannot be asked"
    cost_s: float = 0.0
    """median seconds until the first words can be said"""


def turn_ends(opinion: Callable[[str], float]) -> TurnEnds:
    """Measure the log odds that a turn is over after a text."""
    halves = [[part.strip() for part in line.split("|")] for line in _lines("whole_and_cut.txt")]
    whole = [opinion(f"{first} {rest}") for first, rest in halves]
    cut = [opinion(first) for first, _ in halves]
    separation = calibration.separation(whole, cut)
    return TurnEnds(calibration.fit(whole, cut) if separation >= USEFUL_SEPARATION else Calibration(), separation)


def judging(
    opinion: Callable[[str, Sequence[str]], Sequence[float]], entries: Sequence[Entry], finder: Finder, meter: Meter
) -> Judging:
    """Measure the log probabilities of candidates and of none of them, with what visitors ask at this site and with
    what they ask elsewhere."""
    known = [case for entry in entries if len(entry.asks) > 1 and (case := _known(entry, finder))]
    unknown = [case for line in _lines("elsewhere.txt") if (case := _unknown(line, finder))]
    cases = _evenly(known, _CASES), _evenly(unknown, _CASES)
    if not all(cases):
        return Judging()
    placed = [_placed(case, turn) for turn, case in enumerate(_alternating(*cases))]
    answers, cost_s = _answers(lambda case: opinion(case.line, case.candidates), placed, meter)
    if cost_s > LONGEST_S:
        return Judging(verdict="too slow", cost_s=cost_s)
    if not all(answers):
        return Judging()
    judged = list(zip(placed, answers, strict=True))
    odds = [(case.right is not None, log_sum(answer[:-1]) - answer[-1]) for case, answer in judged]
    right, wrong = ([one for is_known, one in odds if is_known == wanted] for wanted in (True, False))
    separation = calibration.separation(right, wrong)
    chosen = [(answer[:-1], case.right) for case, answer in judged if case.right is not None]
    share = sum(max(range(len(answer)), key=answer.__getitem__) == at for answer, at in chosen) / len(chosen)
    useful = separation >= USEFUL_SEPARATION
    return Judging(
        calibration.fit(right, wrong) if useful else Calibration(),
        _weight(chosen) if useful else 0.0,
        separation,
        share,
        "useful" if useful else "not good enough",
        cost_s,
    )


def rewriting(
    rewrite: Callable[[Sequence[Message], str], str | None],
    entries: Sequence[Entry],
    finder: Finder,
    language: Language,
    meter: Meter,
) -> Rewriting:
    """Measure complete questions made of lines. A line of this site or of elsewhere that is complete already must mean
    the same afterwards, whatever was talked about before."""
    follow_ups = [_FollowUp(*(part.strip() for part in line.split("|"))) for line in _lines("follow_ups.txt")]
    asked = [entry for entry in entries if entry.asks]
    complete = [_Complete(asked[n - 1], entry.asks[-1]) for n, entry in enumerate(asked)]
    elsewhere = [
        _Complete(entry, line) for line, entry in zip(_evenly(_lines("elsewhere.txt"), 8), asked, strict=False)
    ]
    lines = [*_evenly(complete, 8), *elsewhere]

    def ask(case: _FollowUp | _Complete) -> str:
        return rewrite(case.history, case.line) or case.line

    answers, cost_s = _answers(ask, follow_ups, meter)
    if cost_s > LONGEST_S:
        return Rewriting(verdict="too slow", cost_s=cost_s)
    completed = [case.completed_by(answer, language) for case, answer in zip(follow_ups, answers, strict=True)]
    kept = [_means(finder, ask(case)) == _means(finder, case.line) for case in lines] or [False]
    shares = statistics.fmean(completed), statistics.fmean(kept)
    useful = shares[0] >= USEFUL_REWRITES and shares[1] >= HARMLESS_REWRITES
    return Rewriting(*shares, "useful" if useful else "not good enough", cost_s)


def composing(
    write: Callable[[str, str], Iterator[str | Outcome]], entries: Sequence[Entry], language: Language, meter: Meter
) -> Composing:
    """Measure replies that word one fact. ``write`` is given a question and its fact, and composes the reply as
    ``compose`` does."""
    cases = _evenly([entry for entry in entries if entry.kind == "fact" and entry.asks], _COMPOSED)
    if not cases:
        return Composing()
    replies, cost_s = _answers(
        lambda entry: _Reply.begun(write(entry.asks[-1], entry.say)), cases, meter, lambda reply: reply.end()
    )
    if cost_s > LONGEST_S:
        return Composing(verdict="too slow", cost_s=cost_s)
    passed = statistics.fmean(
        _worded(entry.say, reply.pieces, language) for entry, reply in zip(cases, replies, strict=True)
    )
    return Composing(passed, "useful" if passed >= USEFUL_COMPOSING else "not good enough", cost_s)


@dataclass(frozen=True, slots=True)
class _Reply:
    """A reply, of which the first piece is there at once."""

    pieces: list[str | Outcome]
    rest: Iterator[str | Outcome]

    @classmethod
    def begun(cls, written: Iterator[str | Outcome]) -> _Reply:
        return cls([next(written)], written)

    def end(self) -> None:
        self.pieces.extend(self.rest)


def _worded(fact: str, reply: Sequence[str | Outcome], language: Language) -> bool:
    """Whether a reply is all the model's, and says a figure of the fact where it has one."""
    *said, outcome = reply
    if not isinstance(outcome, Outcome) or outcome.route != COMPOSED_ROUTE or outcome.replaced:
        return False
    figures = language.numbers.figures
    stated = {key for figure in figures(" ".join(map(str, said))) for key in figure.keys}
    wanted = {key for figure in figures(fact) for key in figure.keys}
    return not wanted or bool(stated & wanted)


# --- cases --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Choice:
    line: str
    candidates: tuple[str, ...]
    right: int | None
    """the candidate that is meant; None for none of them"""


@dataclass(frozen=True, slots=True)
class _FollowUp:
    asked: str
    said: str
    line: str
    needed: str
    """words that must be in the complete question"""

    @property
    def history(self) -> tuple[Message, ...]:
        return Message("user", self.asked), Message("assistant", self.said)

    def completed_by(self, answer: str, language: Language) -> bool:
        """Whether a question names what it must, with words of the conversation alone."""
        stem, content_words = language.words.stem, language.words.content_words
        own = {stem(word) for text in (self.asked, self.said, self.line) for word in content_words(text.lower())}
        words = {stem(word) for word in content_words(answer)}
        return words <= own and {stem(word) for word in self.needed.split()} <= words


@dataclass(frozen=True, slots=True)
class _Complete:
    before: Entry
    """what was talked about before"""
    line: str

    @property
    def history(self) -> tuple[Message, ...]:
        return Message("user", self.before.asks[0]), Message("assistant", self.before.say)


def _known(entry: Entry, finder: Finder) -> _Choice | None:
    """The last sentence that asks for an entry, and the first one of it and of others that are near."""
    line = entry.asks[-1]
    others = [hit.entry.asks[0] for hit in finder.search(line) if hit.entry.id != entry.id and hit.entry.asks]
    candidates = (entry.asks[0], *others[: _CANDIDATES - 1])
    return _Choice(line, candidates, 0) if len(candidates) == _CANDIDATES else None


def _unknown(line: str, finder: Finder) -> _Choice | None:
    """A line that nothing at the site answers, and what is near to it."""
    hits = finder.search(line)
    candidates = tuple(hit.entry.asks[0] for hit in hits if hit.entry.asks)[:_CANDIDATES]
    unknown = bool(hits) and hits[0].probability < 0.5 and len(candidates) == _CANDIDATES
    return _Choice(line, candidates, None) if unknown else None


def _placed(case: _Choice, turn: int) -> _Choice:
    """The same with the candidates turned, so that the right one is at every place equally often."""
    by = turn // 2 % len(case.candidates)
    candidates = (*case.candidates[by:], *case.candidates[:by])
    return _Choice(case.line, candidates, None if case.right is None else (case.right - by) % len(candidates))


def _means(finder: Finder, line: str) -> str | None:
    """The entry that a line surely means."""
    hits = finder.search(line)
    return hits[0].entry.id if hits and hits[0].probability >= 0.5 else None


def _lines(name: str) -> list[str]:
    text = resources.files("appliance.brain").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


# --- figures ------------------------------------------------------------------------------------------------------


def _answers(
    ask: Callable[[Case], Answer],
    cases: Sequence[Case],
    meter: Meter,
    end: Callable[[Answer], None] = lambda answer: None,
) -> tuple[list[Answer], float]:
    """The answers, and the median seconds of a call. Only a few answers where the calls take too long. ``end`` does
    what is left of an answer, and its time is not taken."""
    answers: list[Answer] = []
    seconds: list[float] = []
    for number, case in enumerate(cases):
        if number < _METERED:
            answer, cost_s = meter(functools.partial(ask, case))
            seconds.append(cost_s)
        else:
            answer = ask(case)
        end(answer)
        answers.append(answer)
        if len(answers) == _TRIED and statistics.median(seconds[1:]) > LONGEST_S:
            break
    return answers, statistics.median(seconds[1:] or seconds)


def _weight(chosen: Sequence[tuple[Sequence[float], int]]) -> float:
    """The weight of an opinion which candidate is meant that makes the right ones most probable. It is more than 1 for
    a model that is less sure than it may be."""
    weights = [step / 4 for step in range(int(4 * _MOST_WEIGHT) + 1)]
    return max(
        weights,
        key=lambda weight: sum(
            weight * answer[at] - log_sum([weight * one for one in answer]) for answer, at in chosen
        ),
    )


def _evenly(cases: Sequence[Case], count: int) -> list[Case]:
    """At most ``count`` of the cases, from all over the list."""
    step = max(1.0, len(cases) / count)
    return [cases[int(n * step)] for n in range(min(count, len(cases)))]


def _alternating(one: Sequence[Case], other: Sequence[Case]) -> list[Case]:
    return [case for pair in itertools.zip_longest(one, other) for case in pair if case is not None]
