"""What one system made of each recording, and the figures of it. Nothing here holds a word of what was said. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from appliance.bench.recordings.manifest import Recording
from appliance.bench.recordings.normalisation import FORM, normalised
from appliance.bench.recordings.scoring import Score
from appliance.bench.recordings.statistics import Difference, Rate, difference, rate
from appliance.language import Language

How = Literal["right", "asked back", "wrong", "no answer"]
"""How a question was answered. ``right`` is right at once; ``asked back`` is right after "did you mean …?" and a yes"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One system and one recording."""

    id: str
    audio: str
    """key of the sound (``hearing.audio_key``)"""
    truth: str
    """key of what is right (``truth_key``); outcomes are compared where both keys are the same"""
    seconds: float
    unit: str = ""
    """the bootstrap draws outcomes with the same unit together"""
    groups: Mapping[str, str] = field(default_factory=dict)
    score: Score | None = None
    """None where the manifest has no text"""
    values_right: bool | None = None
    """whether all values of lists are right and there is no other; None where the manifest names none"""
    answer: How | None = None
    confidence: float | None = None
    latency_s: float | None = None
    processor_s: float | None = None


@dataclass(frozen=True, slots=True)
class System:
    """One system's outcomes, in the order of the manifest."""

    name: str
    outcomes: tuple[Outcome, ...]


def truth_key(recording: Recording, language: Language) -> str:
    """A key for what is right about a recording, and for the form in which texts are compared."""
    words = None if recording.text is None else normalised(recording.text, language)
    said = [FORM, words, recording.entry, recording.answer, sorted(recording.values.items())]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


# --- what is counted ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """A share of something, of which fewer are better."""

    name: str
    title: str
    count: Callable[[Outcome], int]
    """errors"""
    of: Callable[[Outcome], int]
    """what the errors are a share of; 0 where an outcome says nothing about it"""


def _scored(read: Callable[[Score], int]) -> Callable[[Outcome], int]:
    return lambda outcome: 0 if outcome.score is None else read(outcome.score)


MEASURES = (
    Measure("wer", "word error rate", _scored(lambda s: s.errors), _scored(lambda s: s.words)),
    Measure("cer", "character error rate", _scored(lambda s: s.character_errors), _scored(lambda s: s.characters)),
    Measure("terms", "terms missed", _scored(lambda s: s.terms - s.terms_heard), _scored(lambda s: s.terms)),
    Measure(
        "values",
        "orders not all right",
        lambda o: int(o.values_right is False),
        lambda o: int(o.values_right is not None),
    ),
    Measure(
        "answers",
        "answers not right at once",
        lambda o: int(o.answer not in (None, "right")),
        lambda o: int(o.answer is not None),
    ),
)
"""All as errors, so that less is better in each"""


@dataclass(frozen=True, slots=True)
class Times:
    """Durations in seconds."""

    median_s: float
    p95_s: float
    n: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one system, or of one group of its recordings."""

    recordings: int
    rates: Mapping[str, Rate]
    """by name of the measure; one that nothing is known about is left out"""
    kinds: Mapping[str, tuple[int, int]]
    """the site's terms that were said and, of these, heard, by where the site has them from"""
    false_terms: int
    answers: Mapping[str, int]
    """by ``How``"""
    latency: Times | None
    processor_s_per_min: float | None


def figures(outcomes: Sequence[Outcome]) -> Figures:
    """The figures over outcomes."""
    rates = {
        measure.name: found
        for measure in MEASURES
        if (found := rate([*map(measure.count, outcomes)], [*map(measure.of, outcomes)], _units(outcomes))) is not None
    }
    kinds: dict[str, tuple[int, int]] = {}
    for outcome in outcomes:
        for kind, (said, heard) in (outcome.score.kinds if outcome.score else {}).items():
            before = kinds.get(kind, (0, 0))
            kinds[kind] = before[0] + said, before[1] + heard
    hows = [outcome.answer for outcome in outcomes if outcome.answer is not None]
    late_s = [outcome.latency_s for outcome in outcomes if outcome.latency_s is not None]
    timed = [outcome for outcome in outcomes if outcome.processor_s is not None]
    seconds = sum(outcome.seconds for outcome in timed)
    return Figures(
        len(outcomes),
        rates,
        kinds,
        sum(outcome.score.false_terms for outcome in outcomes if outcome.score),
        {how: hows.count(how) for how in dict.fromkeys(hows)},
        Times(float(np.median(late_s)), float(np.quantile(late_s, 0.95)), len(late_s)) if late_s else None,
        60 * sum(outcome.processor_s or 0.0 for outcome in timed) / seconds if seconds else None,
    )


def _units(outcomes: Iterable[Outcome]) -> list[str]:
    return [outcome.unit or outcome.id for outcome in outcomes]


# --- two systems --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first system less the second, on the recordings that both heard."""

    first: str
    second: str
    paired: int
    """recordings that are the same in both, with the same truth"""
    left_out: int
    """recordings of the first that the second has not, or with another truth or another normalisation"""
    differences: Mapping[str, Difference]
    """by name of the measure"""


def compare(first: System, second: System) -> Comparison:
    """Compare two systems recording by recording."""
    others = {(outcome.audio, outcome.truth): outcome for outcome in second.outcomes}
    pairs = [(mine, other) for mine in first.outcomes if (other := others.get((mine.audio, mine.truth))) is not None]
    differences: dict[str, Difference] = {}
    for measure in MEASURES:
        both = [(mine, other) for mine, other in pairs if measure.of(mine) and measure.of(other)]
        found = difference(
            [measure.count(mine) for mine, _ in both],
            [measure.count(other) for _, other in both],
            [measure.of(mine) for mine, _ in both],
            _units(mine for mine, _ in both),
        )
        if found is not None:
            differences[measure.name] = found
    return Comparison(first.name, second.name, len(pairs), len(first.outcomes) - len(pairs), differences)


# --- groups -------------------------------------------------------------------------------------------------------

MOST_GROUPS, FEWEST_EACH = 12, 5
"""A column with more values, or with fewer recordings for each on average, divides only where it was asked for."""


@dataclass(frozen=True, slots=True)
class Division:
    """A column that divides the recordings, and the limits of its ranges where its values are numbers."""

    column: str
    limits: tuple[float, ...] = ()

    def group(self, outcome: Outcome) -> str | None:
        """The group of an outcome; None where its row leaves the column empty."""
        value = outcome.groups.get(self.column)
        if value is None or not self.limits:
            return value
        try:
            number = float(value)
        except ValueError:
            return "no number"
        below = [limit for limit in self.limits if limit <= number]
        if not below:
            return f"under {self.limits[0]:g}"
        above = [limit for limit in self.limits if limit > number]
        return f"{below[-1]:g} to under {above[0]:g}" if above else f"{below[-1]:g} and over"


def read_division(text: str) -> Division:
    """A division as an option names it: ``accent``, or ``age=15,60``. Raises ValueError."""
    column, _, limits = text.partition("=")
    if not column:
        raise ValueError("names no column")
    numbers = tuple(float(limit) for limit in limits.split(",")) if limits else ()
    if list(numbers) != sorted(set(numbers)):
        raise ValueError("the limits must rise")
    return Division(column, numbers)


def divisions_of(outcomes: Sequence[Outcome]) -> list[Division]:
    """Every column that divides the recordings into a few groups (see ``MOST_GROUPS``)."""
    columns = dict.fromkeys(name for outcome in outcomes for name in outcome.groups)
    values = {name: [outcome.groups[name] for outcome in outcomes if name in outcome.groups] for name in columns}
    return [
        Division(name)
        for name, found in values.items()
        if 2 <= len(set(found)) <= min(MOST_GROUPS, len(found) / FEWEST_EACH)
    ]


def divided(outcomes: Sequence[Outcome], division: Division) -> dict[str, list[Outcome]]:
    """Outcomes by group, in the order of their limits or names."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        if (name := division.group(outcome)) is not None:
            groups.setdefault(name, []).append(outcome)
    if not division.limits:
        return dict(sorted(groups.items()))
    first, last = f"under {division.limits[0]:g}", "no number"

    def place(name: str) -> float:
        return -math.inf if name == first else math.inf if name == last else float(name.split()[0])

    return {name: groups[name] for name in sorted(groups, key=place)}
