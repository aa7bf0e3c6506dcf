"""Plots as SVG, for a page without a script: each has a title and a description, and its numbers stand in a table too.

Pure. Colours are classes of the page's style, so that a dark page has its own.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

_WIDTH, _LEFT, _RIGHT, _ROW = 720, 230, 60, 26
_HEIGHT, _BOTTOM, _TOP = 240, 44, 14


@dataclass(frozen=True, slots=True)
class Span:
    """A value with its interval."""

    label: str
    value: float
    low: float
    high: float


def spans(title: str, rows: Sequence[Span], *, unit: str, zero: bool = False) -> str:
    """Values with their intervals, one below the other. ``zero`` marks nothing, for differences."""
    low = min([0.0, *(row.low for row in rows)])
    high = max([row.high for row in rows] + ([0.0] if zero else []))
    step = _step(high - low)
    low, high = math.floor(low / step) * step, max(step, math.ceil(high / step) * step)
    height = _TOP + _ROW * len(rows) + _BOTTOM

    def x(value: float) -> float:
        return _LEFT + (value - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    parts = list(_axis(low, high, step, x, _TOP, height - _BOTTOM, unit))
    if zero:
        parts.append(f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{_TOP}" y2="{height - _BOTTOM}"/>')
    for number, row in enumerate(rows):
        y = _TOP + _ROW * (number + 0.5)
        parts.append(f'<text x="{_LEFT - 10}" y="{y + 4:.1f}" text-anchor="end">{_short(row.label)}</text>')
        parts.append(f'<line class="span" x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<circle class="mark" cx="{x(row.value):.1f}" cy="{y:.1f}" r="5"/>')
        parts.append(f'<text x="{x(row.high) + 8:.1f}" y="{y + 4:.1f}">{row.value:.3g}</text>')
    told = "; ".join(f"{row.label}: {row.value:.3g} ({row.low:.3g} to {row.high:.3g}) {unit}" for row in rows)
    return _svg(title, told, parts, height)


def histogram(title: str, values: Sequence[float], *, unit: str, bins: int = 20) -> str:
    """How many values are how large."""
    high = max([*values, 1e-9])
    step = _step(high)
    high = max(step, math.ceil(high / step) * step)
    counts, edges = np.histogram(values, bins=bins, range=(0.0, high))
    most = max(1, int(counts.max()))
    floor_y = _HEIGHT - _BOTTOM

    def x(value: float) -> float:
        return 50 + value / high * (_WIDTH - 50 - _RIGHT)

    parts = list(_axis(0.0, high, step, x, _TOP, floor_y, unit))
    for count, begin, end in zip(counts.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        tall = (floor_y - _TOP) * count / most
        width = x(end) - x(begin) - 1
        parts.append(
            f'<rect class="bar" x="{x(begin):.1f}" y="{floor_y - tall:.1f}" width="{width:.1f}" height="{tall:.1f}"/>'
        )
    parts.append(f'<text x="44" y="{_TOP + 8}" text-anchor="end">{most}</text>')
    told = f"{len(values)} recordings, median {float(np.median(values)):.3g} {unit}, largest {max(values):.3g} {unit}"
    return _svg(title, told, parts, _HEIGHT)


def cumulative(title: str, values: Sequence[float], *, unit: str) -> str:
    """Share of the values that are at most so large."""
    ordered = sorted(values)
    high = max(ordered[-1], 1e-9)
    step = _step(high)
    high = math.ceil(high / step) * step
    floor_y = _HEIGHT - _BOTTOM

    def x(value: float) -> float:
        return 50 + max(0.0, value) / high * (_WIDTH - 50 - _RIGHT)

    def y(share: float) -> float:
        return floor_y - share * (floor_y - _TOP)

    points = [f"{x(0):.1f},{y(0):.1f}"]
    for number, value in enumerate(ordered):
        points.append(f"{x(value):.1f},{y(number / len(ordered)):.1f}")
        points.append(f"{x(value):.1f},{y((number + 1) / len(ordered)):.1f}")
    parts = list(_axis(0.0, high, step, x, _TOP, floor_y, unit))
    for share in (0.5, 0.95):
        parts.append(f'<line class="grid" x1="50" x2="{_WIDTH - _RIGHT}" y1="{y(share):.1f}" y2="{y(share):.1f}"/>')
        parts.append(f'<text x="44" y="{y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    parts.append(f'<polyline class="line" points="{" ".join(points)}"/>')
    told = f"half are at most {np.median(ordered):.3g} {unit}, 95 % at most {np.quantile(ordered, 0.95):.3g} {unit}"
    return _svg(title, told, parts, _HEIGHT)


def _svg(title: str, told: str, parts: Iterable[str], height: float) -> str:
    # Titles are unlike each other within a page, so that a name made of one is too.
    name = "plot-" + hashlib.sha256(title.encode()).hexdigest()[:8]
    return (
        f'<figure><svg role="img" aria-labelledby="{name}-title {name}-told" viewBox="0 0 {_WIDTH} {height:.0f}" '
        f'xmlns="http://www.w3.org/2000/svg"><title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-told">{escape(told)}</desc>{"".join(parts)}</svg>'
        f"<figcaption>{escape(title)}</figcaption></figure>"
    )


def _axis(
    low: float, high: float, step: float, x: Callable[[float], float], top: float, bottom: float, unit: str
) -> Iterable[str]:
    for number in range(round((high - low) / step) + 1):
        value = low + number * step
        yield f'<line class="grid" x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{top}" y2="{bottom}"/>'
        yield f'<text x="{x(value):.1f}" y="{bottom + 16}" text-anchor="middle">{value:.4g}</text>'
    yield f'<text x="{(x(low) + x(high)) / 2:.1f}" y="{bottom + 34}" text-anchor="middle">{escape(unit)}</text>'


def _step(span: float) -> float:
    """A round distance of marks, so that there are four to eight of them."""
    raw = max(span, 1e-9) / 5
    ten = math.pow(10, math.floor(math.log10(raw)))
    return next(ten * factor for factor in (1, 2, 5, 10) if ten * factor >= raw)


def _short(label: str) -> str:
    return escape(label if len(label) <= 32 else "…" + label[-31:])
