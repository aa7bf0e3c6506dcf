"""What is measured of a language model: models that know the answers, guess, do harm or take too long."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import pytest

from appliance.brain import aptitude
from appliance.brain.knowledge import Entry, Hit
from appliance.core.calibration import Calibration
from appliance.core.facts import Message, Outcome
from appliance.language.offered import LANGUAGES

ENGLISH = LANGUAGES["en-US"]
NAMES = ("pharmacy", "cafe", "library", "museum", "pool", "office", "station", "garden")
ENTRIES = [
    Entry(name, "fact", f"The {name} is here.", (f"where is the {name}", f"the {name} please")) for name in NAMES
]
WHOLE = {line.replace(" | ", " ") for line in aptitude._lines("whole_and_cut.txt")}


class ByName:
    """Finds the entry whose name was said for sure, and the others for no reason."""

    def glance(self, text: str) -> Sequence[Hit]:
        return self.search(text)

    def search(self, text: str) -> Sequence[Hit]:
        named = sorted(ENTRIES, key=lambda entry: entry.id not in text)
        return [Hit(entry, 0.9 if entry.id in text else 0.01) for entry in named[:5]]


def knows(line: str, candidates: Sequence[str]) -> Sequence[float]:
    right = [any(name in line and name in candidate for name in NAMES) for candidate in candidates]
    scores = [math.log(0.9 if hit else 0.02) for hit in (*right, not any(right))]
    return [score - math.log(sum(map(math.exp, scores))) for score in scores]


def guesses(line: str, candidates: Sequence[str]) -> Sequence[float]:
    """It prefers the first letter."""
    return [math.log(share) for share in (0.7, *[0.3 / len(candidates)] * len(candidates))]


Result = TypeVar("Result")


@dataclass
class Takes:
    """A meter by which each call takes the same time. The first one, which reads the fixed words, takes longer."""

    seconds: float = 1.0
    calls: int = 0

    def __call__(self, call: Callable[[], Result]) -> tuple[Result, float]:
        self.calls += 1
        return call(), self.seconds if self.calls > 1 else 10 * self.seconds


def test_a_model_that_tells_whole_from_cut_sentences_is_believed() -> None:
    found = aptitude.turn_ends(lambda text: (2.0 if text in WHOLE else -2.0) - 9 + len(text) / 100)
    assert found.separation > 0.95
    assert found.calibration.probability(-7.0) > 0.9 > 0.1 > found.calibration.probability(-11.0)


def test_a_model_that_tells_nothing_about_the_end_of_turn_counts_for_nothing() -> None:
    found = aptitude.turn_ends(lambda text: math.sin(zlib.crc32(text.encode())))
    assert found.separation < aptitude.USEFUL_SEPARATION
    assert found.calibration == Calibration()


def test_a_model_that_knows_what_is_meant_is_asked() -> None:
    found = aptitude.judging(knows, ENTRIES, ByName(), Takes())
    assert (found.separation, found.right, found.verdict, found.cost_s) == (1.0, 1.0, "useful", 1.0)
    assert found.known.probability(3.0) > 0.8 > 0.2 > found.known.probability(-3.0)
    assert found.among == aptitude._MOST_WEIGHT, "it is always right, and says so with 0.9"


@pytest.mark.parametrize(("sure", "weight"), [(0.75, 1.0), (0.5, 2.5), (0.9, 0.5), (1 / 3, 0.0)])
def test_an_opinion_weighs_more_where_a_model_is_less_sure_than_it_may_be(sure: float, weight: float) -> None:
    """It is right three times of four."""
    opinion = [math.log(sure), *[math.log((1 - sure) / 2)] * 2]
    assert aptitude._weight([*[(opinion, 0)] * 3, (opinion, 1)]) == pytest.approx(weight, abs=0.25)


def test_a_model_that_prefers_a_letter_is_not_asked() -> None:
    found = aptitude.judging(guesses, ENTRIES, ByName(), Takes())
    assert found.separation == 0.5 and 0.2 < found.right < 0.5, "the right one is at every place"
    assert (found.known, found.among, found.verdict) == (Calibration(), 0.0, "not good enough")


@pytest.mark.parametrize("skill", ["judging", "rewriting", "composing"])
def test_a_model_that_takes_too_long_is_too_slow_and_not_wrong_and_hardly_measured(skill: str) -> None:
    lines: list[str] = []

    def judge(line: str, candidates: Sequence[str]) -> Sequence[float]:
        lines.append(line)
        return knows(line, candidates)

    def rewrite(said: Sequence[Message], line: str) -> str | None:
        lines.append(line)
        return COMPLETE.get(line)

    def write(question: str, fact: str) -> Iterator[str | Outcome]:
        lines.append(question)
        return composed(fact)

    slow, usual = Takes(5.0), Takes(3.9)

    def measured(meter: aptitude.Meter) -> aptitude.Judging | aptitude.Rewriting | aptitude.Composing:
        match skill:
            case "judging":
                return aptitude.judging(judge, ENTRIES, ByName(), meter)
            case "rewriting":
                return aptitude.rewriting(rewrite, ENTRIES, ByName(), ENGLISH, meter)
            case _:
                return aptitude.composing(write, ENTRIES, ENGLISH, meter)

    found = measured(slow)
    assert (found.verdict, found.cost_s) == ("too slow", 5.0)
    assert len(lines) < 6
    assert measured(usual).verdict == "useful"


def test_a_question_that_does_not_fit_switches_judging_off() -> None:
    assert aptitude.judging(lambda line, candidates: (), ENTRIES, ByName(), Takes()).verdict == "cannot be asked"
    assert aptitude.judging(knows, [], ByName(), Takes()) == aptitude.Judging()


COMPLETE = {
    line: f"{line} {needed}"
    for line, needed in ([part.strip() for part in row.split("|")][2:] for row in aptitude._lines("follow_ups.txt"))
}


@pytest.mark.parametrize(
    ("rewrite", "used"),
    [
        (lambda said, line: COMPLETE.get(line), True),
        (lambda said, line: None, False),
        (lambda said, line: f"{COMPLETE.get(line, line)} zebra", False),
        (lambda said, line: COMPLETE.get(line, f"where is the {NAMES[0]}"), False),
    ],
    ids=["completes", "adds nothing", "invents", "takes everything for a follow-up"],
)
def test_rewriting_is_used_where_it_helps_and_does_no_harm(
    rewrite: Callable[[Sequence[Message], str], str | None], used: bool
) -> None:
    found = aptitude.rewriting(rewrite, ENTRIES, ByName(), ENGLISH, Takes())
    assert (found.verdict, found.cost_s) == ("useful" if used else "not good enough", 1.0)


def composed(*sentences: str, route: str = "composed", replaced: bool = False) -> Iterator[str | Outcome]:
    yield from sentences
    yield Outcome(route=route, replaced=replaced)


FACTS = [
    Entry("soup", "fact", "The soup is four dollars fifty.", ("what is the soup",)),
    Entry("cafe", "fact", "The cafe is in the hall.", ("where is the cafe",)),
]


@pytest.mark.parametrize(
    ("write", "passed"),
    [
        (lambda question, fact: composed(fact), 1.0),
        (lambda question, fact: composed("It is four fifty.", " In the hall."), 1.0),
        (lambda question, fact: composed("It is in the hall."), 0.5),
        (lambda question, fact: composed(fact, route="fact"), 0.0),
        (lambda question, fact: composed("It is in the hall. ", fact, replaced=True), 0.0),
        (lambda question, fact: composed(route="fact"), 0.0),
    ],
    ids=["repeats", "other words", "leaves out the figure", "no words of its own", "in part", "nothing"],
)
def test_composing_is_used_where_the_check_lets_the_models_words_through(
    write: Callable[[str, str], Iterator[str | Outcome]], passed: float
) -> None:
    others = [Entry("book", "form", "book", ("book me in",)), Entry("mute", "fact", "It is here.", ())]
    found = aptitude.composing(write, [*FACTS, *others], ENGLISH, Takes())
    assert (found.passed, found.verdict) == (passed, "useful" if passed > 0.7 else "not good enough")
    assert aptitude.composing(write, others, ENGLISH, Takes()) == aptitude.Composing()
