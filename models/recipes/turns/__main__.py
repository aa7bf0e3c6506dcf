"""``python -m models.recipes.turns``: clips, guises and weights in one go; what is there already is not done again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

CHECKOUT = Path(__file__).resolve().parents[3]
STARTER = CHECKOUT / "models" / "starter"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipes.turns", description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/finality"), help="folder of clips and readings")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CLOISTER_SHARED", "../shared")))
    parser.add_argument("--encoder", type=Path, default=CHECKOUT / "build" / "models" / "moonshine-tiny-en")
    parser.add_argument("--piper", type=Path, nargs="*", default=sorted((STARTER / "voice").glob("*.onnx")))
    parser.add_argument("--takes", type=int, default=200, help="of voice-kathleen")
    parser.add_argument("--spoken", type=int, default=200, help="synthesized sentences")
    parser.add_argument("--passes", type=int, default=6, help="guises of each clip")
    parser.add_argument("--folds", type=int, default=2, help="weights that each leave out a part of the speakers")
    parser.add_argument("--out", type=Path, default=STARTER / "turns", help="folder that receives finality.json")
    options = parser.parse_args()
    from . import data, training

    data.make(
        options.work, options.shared, options.encoder, options.piper, options.takes, options.spoken, options.passes
    )
    training.make(options.work, options.encoder, options.folds, options.out)


if __name__ == "__main__":
    main()
