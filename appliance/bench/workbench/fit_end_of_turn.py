"""Fits the end of turn: ``python -m appliance.bench.workbench.fit_end_of_turn`` writes
``appliance/hearing/end_of_turn.json``.

Logistic regression by Newton's method with a ridge, on the *fit* half of the labelled turns alone: one example for
each hold of at least 0.2 s and for each end, with what the appliance knew when it noticed the pause. Digits are left
out: nothing about dictation is fitted. Where a network judges how a phrase ended, its melody tells nothing more, so it
is left out (``JUDGED``; mean logarithmic loss 0.283 on speakers left out, 0.282 with the melody). The lengths of pauses
are log-normal, by maximum likelihood on the holds of the same half, built ones as long as people's are who talk to
machines (``end_of_turn.as_published``).
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from appliance.bench.workbench.end_of_turn import as_published, met_by
from appliance.bench.workbench.pauses import data_folder, fold
from appliance.bench.workbench.tracks import Track, sound_out
from appliance.bench.workbench.turns import KEEP, STARTER, material
from appliance.config.box import FinalitySettings, load_settings
from appliance.core.facts import TurnScored
from appliance.engines.end_of_phrase import FinalityNetwork
from appliance.hearing.end_of_turn import FIT_FILE, RATIOS, cues_of

Array = npt.NDArray[np.float64]

RIDGE = 10.0
"""weight of the squared standardised coefficients against the sum over examples"""

KNOWN_S = 0.3
"""Seconds after the noticing of a pause until which the ear's words count. Few turns are ended before that."""

JUDGED = ("final", "stop", "complete", "ends")
"""The cues where a network judges how a phrase ended. Elsewhere all but its own are fitted."""

GROUPS = ("orders", "sentences", "calls", "meetings")


def examples(tracks: Sequence[Track], opinions: Mapping[str, TurnScored]) -> tuple[list[dict[str, float]], Array]:
    """Cues at each labelled silence, and 1 where the turn was over."""
    cues, over = [], []
    for track in tracks:
        for silence in (*track.turn.holds, *(() if track.turn.unfinished else (track.turn.end,))):
            for pause in met_by(silence, track.pauses)[:1]:
                known = [
                    (opinions[words.text], words.p_stop)
                    for words in pause.words
                    if words.text in opinions and words.at_s < pause.at_s + KNOWN_S
                ]
                cues.append(cues_of(pause.phrase, *(known[-1] if known else (None, None))))
                over.append(float(not silence.hold))
    return cues, np.array(over)


def unheard(tracks: Sequence[Track], data: Path, weights: Sequence[Path], encoder: Path) -> list[Track]:
    """The tracks with the log odds by weights that were made without their speaker."""
    judged = []
    for number, path in enumerate(weights):
        mine = [track for track in tracks if fold(track.turn.speaker, len(weights)) == number]
        judged += sound_out(mine, data, KEEP, path, FinalityNetwork(FinalitySettings(path, encoder)))
    return judged


def logistic(x: Array, y: Array, ridge: float, rounds: int = 30, shares: Array | None = None) -> Array:
    """Bias and weights for standardised ``x``. ``shares`` are the weights of the examples."""
    counted = np.ones(len(y)) if shares is None else shares
    x = np.column_stack((np.ones(len(x)), x))
    penalty = ridge * np.eye(x.shape[1])
    penalty[0, 0] = 0.0
    weights = np.zeros(x.shape[1])
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-x @ weights))
        hessian = (x * (counted * p * (1 - p))[:, None]).T @ x + penalty
        weights = weights - np.linalg.solve(hessian, x.T @ (counted * (p - y)) + penalty @ weights)
    return weights


def fit(
    tracks: Sequence[Track], opinions: Mapping[str, TurnScored], names: Sequence[str] | None = None
) -> dict[str, Any]:
    """Fit the table of ``end_of_turn.json``."""
    cues, over = examples(tracks, opinions)
    known = list(dict.fromkeys(name for row in cues for name in row if name not in RATIOS))
    lengths = np.log([hold.end_s - hold.begin_s for track in as_published(tracks) for hold in track.turn.holds])
    return {
        "from": f"{int(over.sum())} ends, {int(len(over) - over.sum())} holds of the fit half of {', '.join(GROUPS)}",
        "pause_s": _short(math.exp(lengths.mean())),
        "pause_spread": _short(lengths.std()),
        **weigh(cues, over, names or JUDGED),
        "alone": weigh(cues, over, names or [name for name in known if name != "final"]),
    }


def weigh(cues: Sequence[Mapping[str, float]], over: Array, names: Sequence[str]) -> dict[str, object]:
    """Fit the bias, and a row for each of the cues in ``names``. A cue that is missing says nothing."""
    x = np.array([[row.get(name, math.nan) for name in names] for row in cues])
    centre, spread = np.nanmean(x, axis=0), np.nanstd(x, axis=0) + 1e-9
    weights = logistic(np.nan_to_num((x - centre) / spread), over, RIDGE)
    return {
        "bias": _short(weights[0]),
        "cues": {
            name: {
                "weight": _short(weights[1 + i] / spread[i]),
                "centre": _short(centre[i]),
                "spread": _short(spread[i]),
            }
            for i, name in enumerate(names)
        },
    }


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Fit the end of turn.")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CLOISTER_SHARED", "../shared")))
    parser.add_argument("--limit", type=int, help="turns of each group")
    parser.add_argument(
        "--folds",
        type=Path,
        nargs="*",
        default=[],
        help="weights of `python -m models.recipes.turns`, each made without a part of the speakers, in order",
    )
    options = parser.parse_args()
    tracks, opinions = material(options.shared, KEEP, options.limit, lambda line: print(line, flush=True))
    mine = [t for t in tracks if t.turn.half == "fit" and t.turn.group in GROUPS]
    if options.folds:
        settings = load_settings(STARTER).endpoint.finality
        assert settings is not None
        mine = unheard(mine, data_folder(options.shared), options.folds, settings.encoder)
    limit = "" if options.limit is None else f" --limit {options.limit}"
    table = {
        "made": f"python -m appliance.bench.workbench.fit_end_of_turn{limit}, {date.today()}",
        **fit(mine, opinions),
    }
    FIT_FILE.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(table, indent=2))


if __name__ == "__main__":
    main()
