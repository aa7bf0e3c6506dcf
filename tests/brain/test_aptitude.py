"""What is measured of a language model: models that know the answers, guess, do harm or take too long."""

from __future__ import annotations

import math
import time
import zlib
from collections.abc import Callable, Sequence

import pytest

from appliance.brain import aptitude
from appliance.brain.knowledge import Entry, Hit
from appliance.core.calibration import Calibration
from appliance.core.facts import Message
from appliance.language.offered import LANGUAGES

ENGLISH = LANGUAGES["en-US"]
NAMES = ("pharmacy", "cafe", "library", "museum", "pool", "office", "station", "garden")
ENTRIES = [
    Entry(name, "fact", f"The {name} is here.", (f"where is the {name}", f"the {name} please")) for name in NAMES
]
WHOLE = {line.replace(" | ", " ") for line in aptitude._lines("whole_and_cut.txt")}


class ByName:
    """Finds the entry whose name was said for sure, and the others for no reason."""

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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the seconds that each call takes."""

    def takes(seconds: float) -> None:
        now = iter(value for n in range(100_000) for value in (10 * n, 10 * n + seconds))
        monkeypatch.setattr(time, "perf_counter", lambda: next(now))

    takes(1.0)
    return takes


def test_a_model_that_tells_whole_from_cut_sentences_is_believed() -> None:
    found = aptitude.turn_ends(lambda text: (2.0 if text in WHOLE else -2.0) - 9 + len(text) / 100)
    assert found.separation > 0.95
    assert found.calibration.probability(-7.0) > 0.9 > 0.1 > found.calibration.probability(-11.0)


def test_a_model_that_tells_nothing_about_the_end_of_turn_counts_for_nothing() -> None:
    found = aptitude.turn_ends(lambda text: math.sin(zlib.crc32(text.encode())))
    assert found.separation < aptitude.USEFUL_SEPARATION
    assert found.calibration == Calibration()


@pytest.mark.usefixtures("clock")
def test_a_model_that_knows_what_is_meant_is_asked() -> None:
    found = aptitude.judging(knows, ENTRIES, ByName())
    assert (found.separation, found.right, found.cost_s) == (1.0, 1.0, 1.0)
    assert found.known.probability(3.0) > 0.8 > 0.2 > found.known.probability(-3.0) and found.among == 1.0


@pytest.mark.usefixtures("clock")
def test_a_model_that_prefers_a_letter_is_not_asked() -> None:
    found = aptitude.judging(guesses, ENTRIES, ByName())
    assert found.separation == 0.5 and 0.2 < found.right < 0.5, "the right one is at every place"
    assert (found.known, found.among, found.cost_s) == (Calibration(), 0.0, None)


def test_a_model_that_takes_too_long_is_not_asked_and_hardly_measured(clock: Callable[[float], None]) -> None:
    clock(5.0)
    lines: list[str] = []

    def slow(line: str, candidates: Sequence[str]) -> Sequence[float]:
        lines.append(line)
        return knows(line, candidates)

    assert aptitude.judging(slow, ENTRIES, ByName()).cost_s is None
    assert len(lines) < 6

    def slow_rewrite(said: Sequence[Message], line: str) -> str:
        lines.append(line)
        return line

    assert aptitude.rewriting(slow_rewrite, ENTRIES, ByName(), ENGLISH).cost_s is None
    assert len(lines) < 12


@pytest.mark.usefixtures("clock")
def test_a_question_that_does_not_fit_switches_judging_off() -> None:
    assert aptitude.judging(lambda line, candidates: (), ENTRIES, ByName()) == aptitude.Judging()
    assert aptitude.judging(knows, [], ByName()) == aptitude.Judging()


COMPLETE = {
    line: f"{line} {needed}"
    for line, needed in ([part.strip() for part in row.split("|")][2:] for row in aptitude._lines("follow_ups.txt"))
}


@pytest.mark.usefixtures("clock")
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
    found = aptitude.rewriting(rewrite, ENTRIES, ByName(), ENGLISH)
    assert (found.cost_s == 1.0) is used
