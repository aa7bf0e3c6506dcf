"""Command line of the ear's recipe: ``data``, ``train``, ``export``, ``evaluate``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_SHARED = Path(os.environ.get("CLOISTER_SHARED", "../shared"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.recipes.ear", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    data = verbs.add_parser("data", help="synthesize speech and store shards of features")
    data.add_argument("--out", type=Path, required=True, help="folder of the shards")
    data.add_argument(
        "--shared", type=Path, default=_SHARED / "data", help="recordings, text and noise (default %(default)s)"
    )
    data.add_argument("--piper", type=Path, nargs="*", default=[], help="voices in Piper's format (.onnx)")
    data.add_argument("--shards", type=int, default=20, help="how many shards this worker makes")
    data.add_argument("--worker", type=int, default=0, help="number of this worker")
    data.add_argument("--workers", type=int, default=1, help="how many workers run, each with its own number")
    data.add_argument("--utterances", type=int, default=600, help="synthesized sentences per shard")
    data.add_argument("--seed", type=int, default=1)

    train = verbs.add_parser("train", help="train, or go on from the checkpoint in --out")
    train.add_argument(
        "--data", type=Path, required=True, help="folder of the shards; new ones are picked up meanwhile"
    )
    train.add_argument("--out", type=Path, required=True, help="folder of the checkpoint")
    train.add_argument(
        "--steps", type=int, default=6000, help="length of the whole schedule (may be changed on resuming)"
    )
    train.add_argument("--stop", type=int, help="stop at this step instead of the last")
    train.add_argument("--seconds-per-step", type=float, default=80.0, help="audio in one batch")
    train.add_argument("--peak", type=float, default=1.6e-3, help="highest learning rate (default %(default)s)")
    train.add_argument("--start", type=Path, help="begin with the weights of this exported ear (ear.int8.onnx)")
    train.add_argument("--threads", type=int, default=1)

    export = verbs.add_parser("export", help="write ear.int8.onnx and tokens.txt from a checkpoint")
    export.add_argument("--checkpoint", type=Path, required=True, help="checkpoint.pt of `train`")
    export.add_argument("--out", type=Path, required=True, help="folder that receives the two files")

    evaluate = verbs.add_parser("evaluate", help="measure an exported ear through sherpa-onnx")
    evaluate.add_argument("--model", type=Path, required=True, help="folder with ear.int8.onnx and tokens.txt")
    evaluate.add_argument("--shared", type=Path, default=_SHARED / "data")
    evaluate.add_argument("--first", type=int, default=0, help="first recording of commands-dev")
    evaluate.add_argument("--count", type=int, default=100, help="how many recordings of commands-dev")
    evaluate.add_argument("--snr", type=float, help="add noise (second halves of C-noise) at this ratio, dB")
    evaluate.add_argument("--scale", type=float, default=0.5, help="weight of the site graph")
    evaluate.add_argument("--general", type=int, default=0, help="also WER on so many recordings of A-asr-dev")
    return parser


def main() -> None:
    """Run one verb; heavy libraries are imported by the verb that needs them."""
    options = _parser().parse_args()
    if options.verb == "data":
        from .corpus import Sources, make_shards

        sources = Sources(options.shared, options.piper)
        make_shards(
            options.out, sources, options.worker, options.shards, options.workers, options.utterances, options.seed
        )
    elif options.verb == "train":
        from .train import train

        train(options.data, options.out, options.steps, options.stop or options.steps, options.seconds_per_step,
              options.threads, options.peak, options.start)  # fmt: skip
    elif options.verb == "export":
        from .export import export

        export(options.checkpoint, options.out)
    else:
        from .evaluate import evaluate

        evaluate(
            options.model, options.shared, options.first, options.count, options.snr, options.scale, options.general
        )


if __name__ == "__main__":
    main()
