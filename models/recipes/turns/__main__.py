"""``python -m models.recipes.turns``: data, training and export in one go; what is there already is not done again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

STARTER = Path(__file__).resolve().parents[2] / "starter"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipes.turns", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/finality"), help="folder of data and checkpoints")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CLOISTER_SHARED", "../shared")))
    parser.add_argument("--piper", type=Path, nargs="*", default=sorted((STARTER / "voice").glob("*.onnx")))
    parser.add_argument("--takes", type=int, default=200, help="of voice-kathleen")
    parser.add_argument("--spoken", type=int, default=200, help="synthesized sentences")
    parser.add_argument("--passes", type=int, default=2, help="guises of each clip")
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--folds", type=int, default=2, help="networks that each leave out a part of the speakers")
    parser.add_argument("--out", type=Path, default=STARTER / "turns", help="folder that receives finality.onnx")
    parser.add_argument("--convolving", action="store_true", help="train the second reader too: minutes, not seconds")
    options = parser.parse_args()
    from . import data, export
    from .model import Shape

    data.make(options.work, options.shared, options.piper, options.takes, options.spoken, options.passes)
    export.make(options.work, options.steps, options.folds, options.out, Shape() if options.convolving else None)


if __name__ == "__main__":
    main()
