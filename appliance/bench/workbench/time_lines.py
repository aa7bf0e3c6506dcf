"""Draws the picture of a conversation's time lines, which ``cloister demo`` writes in a checkout. Needs matplotlib."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from appliance.bench.demo.report import STAGES
from appliance.core.audio import Samples

_COLOURS = ("#b8c4ce", "#72b7b2", "#4c78a8", "#f2a541", "#d1495b")
_ENVELOPE_HZ = 50
"""Points per second of the drawn loudness."""


def draw(path: Path, entries: list[dict[str, Any]], visitor: Samples, appliance: Samples, rate_hz: int) -> str | None:
    """Write the picture. Returns the reason where it cannot, because matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return "no picture: matplotlib is not installed"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    height = 2.6 + 0.32 * len(entries)
    figure, (lanes, bars) = pyplot.subplots(
        2, 1, figsize=(11, height), height_ratios=(1.6, height - 2.6), layout="constrained"
    )
    for sound, sign, colour, name in ((visitor, 1, "#4c78a8", "visitor"), (appliance, -1, "#d1495b", "appliance")):
        loudness = _envelope(sound, rate_hz)
        lanes.fill_between(
            np.arange(len(loudness)) / _ENVELOPE_HZ, 0, sign * loudness, color=colour, label=name, linewidth=0
        )
    lanes.set(yticks=(), xlabel="seconds", title="the conversation", xlim=(0, len(visitor) / rate_hz))
    lanes.legend(loc="upper right", fontsize="small")
    for stage, colour in zip(STAGES, _COLOURS, strict=True):
        bars.barh(0, 0, color=colour, label=f"until {stage}")
    for row, line in enumerate(entries):
        done = 0.0
        for stage, colour in zip(STAGES, _COLOURS, strict=True):
            until = line["times_ms"][stage]
            if until is not None and until > done:
                bars.barh(row, until - done, left=done, color=colour)
                done = until
        bars.text(done + 8, row, f"{done:.0f} ms" + ("" if line["right"] else "  wrong"), va="center", fontsize=8)
    bars.set(
        yticks=range(len(entries)),
        yticklabels=[line["said"][:48] for line in entries],
        xlabel="milliseconds after the end of speech",
        title="response gap, line by line",
    )
    bars.margins(x=0.12)
    bars.invert_yaxis()
    bars.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=len(STAGES), fontsize="small", frameon=False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return None


def _envelope(sound: Samples, rate_hz: int) -> Samples:
    step = rate_hz // _ENVELOPE_HZ
    peaks: Samples = np.abs(sound[: len(sound) // step * step].reshape(-1, step)).max(axis=1)
    return peaks
