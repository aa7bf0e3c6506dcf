"""Writes an evaluation as text for a terminal, as a table in Markdown, and the worst recordings. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from appliance.bench.markdown import Row
from appliance.bench.recordings.evaluation import Evaluation, Words
from appliance.bench.recordings.outcomes import (
    MEASURES,
    Comparison,
    Figures,
    Outcome,
    System,
    divided,
    figures,
)
from appliance.bench.recordings.scoring import align
from appliance.bench.recordings.statistics import CONFIDENCE, DRAWS, Rate
from appliance.core.plain_text import printable

_TITLE = 46
"""Width of the column of titles"""
_OF_GROUPS = tuple(measure for measure in MEASURES if measure.name != "cer")
"""Measures that are given for each group; the one left out says what the first says"""
_N_OF = {"wer": "words", "cer": "characters", "terms": "terms", "values": "orders", "answers": "questions"}


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation, for ``cloister.cli.figures`` to print."""

    evaluation: Evaluation
    worst: tuple[str, ...] = ()
    """lines about the worst recordings, with words, where an operator asked for them"""

    def table(self) -> str:
        """The figures as text for a terminal."""
        e = self.evaluation
        head = e.systems[0].outcomes
        minutes = sum(outcome.seconds for outcome in head) / 60
        lines = [f"{e.source}: {len(head)} recordings, {minutes:.1f} minutes of sound; words as {e.normalisation}"]
        if e.mixed:
            lines.append(f"several channels were averaged in {e.mixed} of them; `channel` takes one")
        lines += ["", f"{'':<{_TITLE + 2}}{CONFIDENCE:.0%} interval"]
        for system in e.systems:
            lines += [system.name, *(f"  {title:<{_TITLE}}{figure}" for title, figure in _lines(e, system))]
        for comparison in e.comparisons:
            lines += ["", *_compared(comparison)]
        for division in e.divisions:
            lines += ["", *_grouped(e, division.column)]
        others = "" if e.others is None else f"; others used {e.others:.0%} of the machine meanwhile"
        lines += ["", f"{e.machine}, version {e.program}{others}", *(["", *self.worst] if self.worst else [])]
        return "\n".join(map(printable, lines))

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for row in self._rows():
            yield replace(row, what=printable(row.what))

    def _rows(self) -> Iterator[Row]:
        e = self.evaluation
        for system in e.systems:
            known = figures(system.outcomes)
            for measure in MEASURES:
                if (rate := known.rates.get(measure.name)) is not None:
                    yield Row(f"{system.name}: {measure.title}", _interval(rate), f"{rate.n} {_N_OF[measure.name]}")
            for title, figure in _times(e, known):
                yield Row(f"{system.name}: {title}", figure, known.recordings)
        for comparison in e.comparisons:
            for measure in MEASURES:
                if (d := comparison.differences.get(measure.name)) is not None:
                    what = f"{comparison.first} less {comparison.second}: {measure.title}; p"
                    yield Row(what, f"{_points(d.value)} ({_points(d.low)} to {_points(d.high)}); {d.p:.2g}", d.units)
        for division in e.divisions:
            for system in e.systems:
                for name, outcomes in divided(system.outcomes, division).items():
                    for measure in _OF_GROUPS:
                        if (rate := figures(outcomes).rates.get(measure.name)) is not None:
                            what = f"{system.name}, {division.column} {name}: {measure.title}"
                            yield Row(what, _interval(rate), len(outcomes))
        if e.others is not None:
            yield Row("share of the machine that others used meanwhile", f"{100 * e.others:.0f} %")


def _lines(evaluation: Evaluation, system: System) -> Iterator[tuple[str, str]]:
    known = figures(system.outcomes)
    for measure in MEASURES:
        if (rate := known.rates.get(measure.name)) is not None:
            yield measure.title, f"{_interval(rate)} of {rate.n} {_N_OF[measure.name]}"
    for kind, (said, heard) in known.kinds.items():
        yield f"  heard of the site's {kind}", f"{heard} of {said}"
    if known.kinds or known.false_terms:
        yield "  heard, and not said", str(known.false_terms)
    for how, count in known.answers.items():
        yield f"  {how}", str(count)
    yield from _times(evaluation, known)


def _times(evaluation: Evaluation, known: Figures) -> Iterator[tuple[str, str]]:
    if known.latency is not None:
        late = f"{1000 * known.latency.median_s:.0f} and {1000 * known.latency.p95_s:.0f} ms"
        yield "end of speech to final words: median, 95 %", late
    if known.processor_s_per_min is not None:
        yield "processor seconds per minute of sound", f"{known.processor_s_per_min:.1f}"
    if (cost := evaluation.cost(known)) is not None:
        yield "cost per minute of sound, as share of the box", f"{cost:.3g}"


def _compared(comparison: Comparison) -> Iterator[str]:
    yield f"{comparison.first} less {comparison.second}, {comparison.paired} recordings, paired"
    if comparison.left_out:
        yield f"  {comparison.left_out} recordings are not in both, or not with the same text, answer and form of words"
    for measure in MEASURES:
        if (d := comparison.differences.get(measure.name)) is not None:
            interval = f"{_points(d.value)} points ({_points(d.low)} to {_points(d.high)})"
            verdict = "no sure difference" if not d.sure else "better" if d.value < 0 else "worse"
            counts = f"better in {d.better}, worse in {d.worse}, p = {d.p:.2g}"
            yield f"  {measure.title:<{_TITLE}}{interval}, {counts}: {verdict}"


def _grouped(evaluation: Evaluation, column: str) -> Iterator[str]:
    division = next(d for d in evaluation.divisions if d.column == column)
    rows = [
        (name, system.name, figures(outcomes))
        for system in evaluation.systems
        for name, outcomes in divided(system.outcomes, division).items()
    ]
    shown = [measure for measure in _OF_GROUPS if any(measure.name in known.rates for _, _, known in rows)]
    yield f"by {column:<25}{'n':>6}" + "".join(f"{measure.title:>28}" for measure in shown)
    for name, system_name, known in rows:
        label = name if len(evaluation.systems) == 1 else f"{name}, {system_name}"
        cells = (known.rates.get(measure.name) for measure in shown)
        texts = ("-" if rate is None else _interval(rate) for rate in cells)
        yield f"  {label[:26]:<26}{known.recordings:>6}" + "".join(f"{text:>28}" for text in texts)


def method() -> str:
    """How intervals and p are made, in a sentence for readers of a report."""
    return (
        f"Intervals hold the middle {CONFIDENCE:.0%} of {DRAWS} bootstrap samples of the recordings; p is of the exact "
        "paired randomisation test over recordings."
    )


def worst(system: System, words: Words, number: int) -> list[str]:
    """Lines about the recordings with the most errors, with what was said and heard."""
    lines = []
    for outcome in worst_first(system.outcomes)[:number]:
        said, heard = words.said.get(outcome.id), words.heard[system.name].get(outcome.id, ())
        lines.append(f"{outcome.id}: {_how_bad(outcome)}")
        if said is not None:
            lines.append("  said:  " + " ".join(_marked(said, heard)))
        lines.append("  heard: " + " ".join(heard))
    return lines


def worst_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Outcomes with the most errors first."""
    return sorted(outcomes, key=lambda o: [-measure.count(o) for measure in MEASURES])


def _how_bad(outcome: Outcome) -> str:
    parts = [] if outcome.score is None else [f"{outcome.score.errors} of {outcome.score.words} words wrong"]
    if outcome.values_right is not None:
        parts.append("order right" if outcome.values_right else "order wrong")
    if outcome.answer is not None:
        parts.append(f"answer: {outcome.answer}")
    return ", ".join(parts)


def _marked(said: tuple[str, ...], heard: tuple[str, ...]) -> Iterator[str]:
    for step in align(said, heard):
        if step.kind == "equal":
            yield from step.said
        else:
            yield f"[{' '.join(step.said)} > {' '.join(step.heard)}]"


def _interval(rate: Rate) -> str:
    return f"{100 * rate.value:.1f} % ({100 * rate.low:.1f}-{100 * rate.high:.1f})"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}"
