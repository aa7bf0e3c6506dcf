"""Command line of the recipe of the answers' model: ``teach``, ``pretrain``, ``train``, ``export``."""

from __future__ import annotations

import argparse
import os
import pickle
from pathlib import Path
from random import Random

from .pairs import Pair

_SHARED = Path(os.environ.get("CLOISTER_SHARED", "../shared"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.recipes.answers", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    teach = verbs.add_parser("teach", help="let the teacher read the sentences, and make the pairs of both stages")
    teach.add_argument("--out", type=Path, required=True, help="folder of the vectors and the pairs")
    teach.add_argument(
        "--teacher", type=Path, help="folder of all-mpnet-base-v2; without it, pairs of the invented sites alone"
    )
    teach.add_argument("--texts", type=Path, default=_SHARED / "data" / "F-text", help="folder of published sentences")
    teach.add_argument("--boolq", type=Path, help="BoolQ, one JSON object in a line")
    teach.add_argument("--qnli", type=Path, help="QNLI as a table (.tsv)")
    teach.add_argument("--neighbours", type=int, default=18000, help="pairs of neighbours (default %(default)s)")
    teach.add_argument("--labelled", type=int, default=22000, help="pairs with a label (default %(default)s)")
    teach.add_argument("--rounds", type=int, default=3, help="how often the invented sites are drawn from")

    for verb, what, epochs, peak, dropout in (
        ("pretrain", "published texts", 1.0, 1.5e-4, 0.0),
        ("train", "the invented sites", 1.0, 1e-4, 0.1),
    ):
        stage = verbs.add_parser(verb, help=f"train on pairs of {what}, or go on from the checkpoint")
        stage.add_argument("--data", type=Path, required=True, help="folder of `teach`")
        stage.add_argument("--epochs", type=float, default=epochs)
        stage.add_argument("--peak", type=float, default=peak, help="highest learning rate (default %(default)s)")
        stage.add_argument("--dropout", type=float, default=dropout)
        stage.add_argument("--start", type=Path, help="an exported model to begin with, in place of `pretrain`'s")

    export = verbs.add_parser("export", help="write answers.q8.gguf")
    export.add_argument("--data", type=Path, required=True, help="folder of `teach`, with train.pt")
    export.add_argument("--out", type=Path, required=True, help="folder that receives the file")
    return parser


def main() -> None:
    """Run one verb; heavy libraries are imported by the verb that needs them."""
    options = _parser().parse_args()
    if options.verb == "teach":
        _teach(options)
    elif options.verb == "export":
        from .export import export

        export(options.data / "train.pt", options.out)
    else:
        from .train import train

        stage = options.verb
        pairs = pickle.loads((options.data / f"{stage}.pickle").read_bytes())
        start = options.start or (options.data / "pretrain.pt" if stage == "train" else None)
        train(pairs, options.data / f"{stage}.pt", options.epochs, options.peak, start, options.dropout)


def _teach(options: argparse.Namespace) -> None:
    from . import public, sites
    from .teacher import MiniLmTeacher, Teacher

    options.out.mkdir(parents=True, exist_ok=True)
    kept, rng = options.out / "vectors.npz", Random(0)
    teacher = MiniLmTeacher() if options.teacher is None else Teacher(options.teacher, kept)
    if isinstance(teacher, Teacher):
        texts = public.sentences(options.texts, options.boolq)
        labelled = public.labelled(options.texts, options.boolq, options.qnli, teacher, rng)[: options.labelled]
        _keep(options.out, "pretrain", [*labelled, *public.neighbours(texts, options.neighbours, teacher, rng)])
    invented = sites.read_all()
    taught = isinstance(teacher, Teacher)
    rounds = (sites.pairs(invented, teacher.embed, rng, taught) for _ in range(options.rounds))
    _keep(options.out, "train", [pair for pairs in rounds for pair in pairs])


def _keep(folder: Path, name: str, pairs: list[Pair]) -> None:
    (folder / f"{name}.pickle").write_bytes(pickle.dumps(pairs))
    print(f"{name}: {len(pairs)} pairs", flush=True)


if __name__ == "__main__":
    main()
