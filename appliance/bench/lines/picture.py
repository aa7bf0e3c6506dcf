"""Draws the response gap and the processor's load over the number of lines, as SVG. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _PANEL, _LEFT, _RIGHT, _TOP, _BOTTOM = 720, 250, 70, 90, 34, 40

_STYLE = (
    "text{font:13px sans-serif;fill:#333}.axis{stroke:#999}.grid{stroke:#e3e3e3}.goal{stroke:#b00;stroke-dasharray:5 4}"
    ".line{fill:none;stroke-width:2}.a{stroke:#0a6;fill:#0a6}.b{stroke:#36c;fill:#36c}polyline{fill:none!important}"
)


@dataclass(frozen=True, slots=True)
class Curve:
    """A quantity for each number of lines."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Panel:
    """Up to two curves on one scale."""

    title: str
    curves: Sequence[Curve]
    bound: float | None = None
    """a value that is marked, such as the goal"""


def draw(title: str, numbers: Sequence[int], panels: Sequence[Panel]) -> str:
    """An SVG document with the panels one below the other, over ``numbers`` of lines."""
    height = _PANEL * len(panels)
    parts = [part for n, panel in enumerate(panels) for part in _panel(panel, numbers, n * _PANEL)]
    told = "; ".join(
        f"{curve.name}: " + ", ".join(f"{value:.3g} at {n}" for n, value in zip(numbers, curve.values, strict=True))
        for panel in panels
        for curve in panel.curves
    )
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {height}" xmlns="http://www.w3.org/2000/svg"><title>{escape(title)}'
        f'</title><desc>{escape(told)}</desc><style>{_STYLE}</style><rect width="{_WIDTH}" height="{height}" '
        f'fill="#fff"/>{"".join(parts)}</svg>\n'
    )


def _panel(panel: Panel, numbers: Sequence[int], top: float) -> Iterator[str]:
    floor, ceiling = top + _PANEL - _BOTTOM, top + _TOP
    most = max([panel.bound or 0.0, *(value for curve in panel.curves for value in curve.values), 1e-9]) * 1.1

    def x(number: float) -> float:
        return _LEFT + number / max(numbers) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return floor - value / most * (floor - ceiling)

    yield f'<text x="{_LEFT}" y="{top + 20}" font-weight="bold">{escape(panel.title)}</text>'
    for quarter in range(5):
        value = most * quarter / 4
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.3g}</text>'
    for number in numbers:
        yield f'<text x="{x(number):.1f}" y="{floor + 18}" text-anchor="middle">{number}</text>'
    yield f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{floor}" y2="{floor}"/>'
    if panel.bound is not None:
        at = y(panel.bound)
        yield f'<line class="goal" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
    for colour, curve in zip("ab", panel.curves, strict=False):
        yield from _curve(curve, numbers, colour, x, y)


def _curve(
    curve: Curve, numbers: Sequence[int], colour: str, x: Callable[[float], float], y: Callable[[float], float]
) -> Iterator[str]:
    places = [(x(number), y(value)) for number, value in zip(numbers, curve.values, strict=True)]
    yield f'<polyline class="line {colour}" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in places)}"/>'
    for a, b in places:
        yield f'<circle class="{colour}" cx="{a:.1f}" cy="{b:.1f}" r="4"/>'
    yield f'<text x="{places[-1][0] + 10:.1f}" y="{places[-1][1] + 4:.1f}">{escape(curve.name)}</text>'
