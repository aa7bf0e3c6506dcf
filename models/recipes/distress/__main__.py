"""Command line of the recipe of the model of distress: ``train``, ``export``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from random import Random

from .utterances import utterances

_SHARED = Path(os.environ.get("CLOISTER_SHARED", "../shared"))
_ANSWERS = Path("models/starter/answers/answers.q8.gguf")


def main() -> None:
    """Run one verb; heavy libraries are imported by the verb that needs them."""
    parser = argparse.ArgumentParser(prog="python -m models.recipes.distress", description=__doc__)
    parser.add_argument("verb", choices=("train", "export"))
    parser.add_argument("--run", type=Path, default=Path("build/distress"), help="folder of the checkpoint")
    parser.add_argument("--texts", type=Path, default=_SHARED / "data" / "F-text", help="folder of published sentences")
    parser.add_argument("--start", type=Path, default=_ANSWERS, help="train: the judge of answers to begin with")
    parser.add_argument("--steps", type=int, default=1400)
    parser.add_argument("--out", type=Path, default=Path("models/starter/distress"), help="export: folder of the file")
    options = parser.parse_args()
    options.run.mkdir(parents=True, exist_ok=True)
    said, checkpoint = utterances(options.texts, Random(0)), options.run / "train.pt"
    if options.verb == "train":
        from .train import train

        train(said, checkpoint, options.steps, options.start)
    else:
        from .export import export

        export(checkpoint, options.out, said)


if __name__ == "__main__":
    main()
