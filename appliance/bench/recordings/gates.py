"""Passes or fails a build by figures: ``--gate wer=0.12``, ``--gate no-worse``. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.bench.recordings.outcomes import MEASURES, Comparison, Figures

_LATENCY = "latency"
NO_WORSE = "no-worse"

NAMES = (*(measure.name for measure in MEASURES), _LATENCY)


@dataclass(frozen=True, slots=True)
class Gate:
    """The most that a figure may be, or None: no figure may surely be worse than the other system's."""

    name: str
    most: float | None = None

    def __str__(self) -> str:
        return self.name if self.most is None else f"{self.name}={self.most:g}"


def read_gate(text: str) -> Gate:
    """A gate as an option names it. Raises ValueError."""
    name, sign, most = text.partition("=")
    if name == NO_WORSE and not sign:
        return Gate(NO_WORSE)
    if name not in NAMES or not sign:
        raise ValueError(f"must be {NO_WORSE}, or the most that one of {', '.join(NAMES)} may be, as in wer=0.12")
    return Gate(name, float(most))


def failures(gates: Sequence[Gate], figures: Figures, comparison: Comparison | None) -> list[str]:
    """What keeps a build from passing, one line each. A gate whose figure is not known fails."""
    found: list[str] = []
    for gate in gates:
        if gate.most is None:
            found += _worse(comparison)
            continue
        value = _value(gate.name, figures)
        if value is None:
            found.append(f"gate {gate}: these recordings say nothing about {gate.name}")
        elif value > gate.most:
            found.append(f"gate {gate}: {gate.name} is {value:.4g}")
    return found


def _value(name: str, figures: Figures) -> float | None:
    if name == _LATENCY:
        return None if figures.latency is None else figures.latency.median_s
    known = figures.rates.get(name)
    return None if known is None else known.value


def _worse(comparison: Comparison | None) -> list[str]:
    if comparison is None or not comparison.differences:
        return [f"gate {NO_WORSE}: there is nothing to compare with; give --against"]
    return [
        f"gate {NO_WORSE}: {name} is {100 * d.value:+.1f} points from {comparison.second} (p = {d.p:.2g})"
        for name, d in comparison.differences.items()
        if d.value > 0 and d.sure
    ]
