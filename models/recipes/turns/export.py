"""Checkpoints to ONNX, and the networks of the folds.

The weights of the end of turn (``appliance/end_of_turn.json``) must be fitted to verdicts on people whom the network
has not heard. So as many networks as there are folds are trained besides the one that is shipped, each without a part
of the speakers; ``python -m appliance.evaluation.fit_endpoint --folds WORK`` asks each about those.
"""

from __future__ import annotations

from pathlib import Path

import torch

from appliance.evaluation.pauses import fold
from appliance.finality import SHAPE

from . import clips
from .model import Finality, Shape
from .training import train

NAME = "finality.onnx"


def make(work: Path, steps: int, folds: int, out: Path, shape: Shape | None = None) -> None:
    """Train what is not trained yet and write every network."""
    speakers = {
        clip.speaker for clip in clips.read(work / "clips.jsonl") if clip.source not in ("kathleen", "synthesized")
    }
    for number in range(folds):
        mine = {speaker for speaker in speakers if fold(speaker, folds) == number}
        print(f"fold {number}: without {len(mine)} of {len(speakers)} speakers", flush=True)
        write(train(work, work / f"fold-{number}", steps, leave_out=mine, shape=shape), work / f"fold-{number}" / NAME)
    out.mkdir(parents=True, exist_ok=True)
    write(train(work, work / "all", steps, shape=shape), out / NAME)
    print(f"{out / NAME}: {(out / NAME).stat().st_size / 1e6:.2f} MB", flush=True)


def write(network: Finality, path: Path) -> None:
    """One network as ONNX, in float32: it is small."""
    plain = path.with_suffix(".draft")
    torch.onnx.export(
        network.eval(),
        (torch.zeros(1, *SHAPE),),
        str(plain),
        input_names=["pictures"],
        output_names=["log_odds"],
        dynamic_axes={"pictures": {0: "batch"}, "log_odds": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    plain.replace(path)
