"""Training: is it over, yes or no; one weight for each number of the network's last states, and nothing else.

Logistic regression with a ridge. The weights of the end of turn (``appliance/hearing/end_of_turn.json``) must be fitted
to verdicts on people whom these weights have not heard. So as many as there are folds are made besides the ones that
are shipped, each without a part of the speakers, and ``python -m appliance.bench.workbench.fit_end_of_turn --folds``
asks each about those.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import numpy as np

from appliance.bench.workbench.fit_end_of_turn import logistic
from appliance.bench.workbench.pauses import fold
from appliance.engines.asr.moonshine import ENCODER, sha256

from . import clips
from .clips import Clip

NAME = "finality.json"

RIDGE = 100.0
"""weight of the squared standardised coefficients against the sum over clips: of 30, 100 and 300 the best for people
who were left out, by a little"""

SMOOTHING = 0.03
SHARES = {"people": 1.0, "kathleen": 0.6, "synthesized": 0.6}
"""weight of all clips of a source together"""
_PEOPLE = {"orders", "sentences", "calls", "meetings"}


def shares(known: Sequence[Clip]) -> np.ndarray:
    """How much each clip counts: ends as much as the rest of a source; one reader and machines less than people. They
    add up to the number of clips."""
    groups = [("people" if c.source in _PEOPLE else c.source, c.over) for c in known]
    counts = {group: groups.count(group) for group in set(groups)}
    weights = np.array([SHARES[source] / counts[source, over] for source, over in groups])
    return weights * len(known) / weights.sum()


def make(work: Path, encoder: Path, folds: int, out: Path) -> None:
    """Weights for each fold under ``work``, and in ``out`` the ones that are shipped."""
    known = clips.read(work / "clips.jsonl")
    speakers = sorted({clip.speaker for clip in known if clip.source in _PEOPLE})
    for number in range(folds):
        mine = {speaker for speaker in speakers if fold(speaker, folds) == number}
        path = work / f"fold-{number}" / NAME
        path.parent.mkdir(exist_ok=True)
        write(path, encoder, *train(work, mine))
        print(f"fold {number}: without {len(mine)} of {len(speakers)} speakers", flush=True)
    out.mkdir(parents=True, exist_ok=True)
    write(out / NAME, encoder, *train(work, set()))
    print(f"{out / NAME}: {len(known)} clips", flush=True)


def train(work: Path, leave_out: set[str]) -> tuple[float, np.ndarray]:
    """Bias and weights, learned from every pass; nothing from the speakers in ``leave_out``."""
    known = clips.read(work / "clips.jsonl")
    passes = [np.load(path) for path in sorted(work.glob("readings-??.npy"))]
    used = np.array([c.speaker not in leave_out for c in known])
    over = np.array([c.over for c in known]) * (1 - 2 * SMOOTHING) + SMOOTHING
    counted = shares([c for c in known if c.speaker not in leave_out]) / len(passes)
    x = np.concatenate([readings[used] for readings in passes]).astype(np.float64)
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    found = logistic(
        (x - centre) / spread, np.tile(over[used], len(passes)), RIDGE, shares=np.tile(counted, len(passes))
    )
    weights = found[1:] / spread
    return float(found[0] - weights @ centre), weights


def write(path: Path, encoder: Path, bias: float, weights: np.ndarray) -> None:
    """Weights, and which network's states they are for."""
    table = {
        "made": f"python -m models.recipes.turns, {date.today()}",
        "encoder": sha256(encoder / ENCODER),
        "bias": round(bias, 5),
        "weights": [round(float(weight), 5) for weight in weights],
    }
    path.write_text(json.dumps(table) + "\n", encoding="utf-8")
