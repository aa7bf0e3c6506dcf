"""Command line of the CTC head's recipe: ``data``, ``train``, ``export``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_SHARED = Path(os.environ.get("CLOISTER_SHARED", "../shared"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.recipes.ctc", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    data = verbs.add_parser("data", help="synthesize speech, let the encoder hear it, and store shards of its states")
    data.add_argument("--out", type=Path, required=True, help="folder of the shards")
    data.add_argument("--encoder", type=Path, default=Path("build/models/moonshine-tiny-en"), help="Moonshine's folder")
    data.add_argument("--shared", type=Path, default=_SHARED / "data", help="recordings, text and noise")
    data.add_argument("--piper", type=Path, nargs="*", default=[], help="voices in Piper's format (.onnx)")
    data.add_argument("--speechocean", type=Path, help="folder of the corpus speechocean762")
    data.add_argument("--shards", type=int, default=40, help="how many shards this worker makes")
    data.add_argument("--worker", type=int, default=0, help="number of this worker")
    data.add_argument("--workers", type=int, default=1, help="how many workers run, each with its own number")
    data.add_argument("--utterances", type=int, default=300, help="utterances in each shard")
    data.add_argument("--seed", type=int, default=1)

    train = verbs.add_parser("train", help="train, or go on from the checkpoint in --out")
    train.add_argument(
        "--data", type=Path, required=True, help="folder of the shards; new ones are taken in each epoch"
    )
    train.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    train.add_argument("--steps", type=int, default=6000, help="length of the schedule (may be changed on resuming)")
    train.add_argument("--seconds-per-step", type=float, default=150.0, help="sound in one batch")
    train.add_argument("--peak", type=float, default=2e-3, help="highest learning rate (default %(default)s)")
    train.add_argument("--minutes", type=float, help="stop after so many minutes of processor time")
    train.add_argument("--workers", type=int, default=1, help="processes that train the same weights")

    export = verbs.add_parser("export", help="write head.int8.onnx from a checkpoint")
    export.add_argument("--checkpoint", type=Path, required=True, help="checkpoint.pt of `train`")
    export.add_argument(
        "--encoder", type=Path, default=Path("build/models/moonshine-tiny-en"), help="Moonshine's folder"
    )
    export.add_argument("--out", type=Path, required=True, help="folder that receives the file")
    return parser


def main() -> None:
    """Run one verb; heavy libraries are imported by the verb that needs them."""
    options = _parser().parse_args()
    if options.verb == "data":
        from .corpus import Sources, make_shards

        sources = Sources(options.encoder, options.shared, options.piper, options.speechocean)
        make_shards(
            options.out, sources, options.worker, options.shards, options.workers, options.utterances, options.seed
        )
    elif options.verb == "train":
        from .train import train

        train(options.data, options.out, options.steps, options.seconds_per_step, options.peak, options.minutes,
              options.workers)  # fmt: skip
    else:
        from .export import export

        export(options.checkpoint, options.encoder, options.out)


if __name__ == "__main__":
    main()
