"""``python -m models.recipes.brain tokenizer|show|train|export|evaluate``: the starter brain, one command per stage."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from random import Random

_ROOT = Path(__file__).resolve().parents[3]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m models.recipes.brain", description=__doc__)
    shared = Path(os.environ.get("CLOISTER_SHARED", _ROOT.parent / "shared"))
    parser.add_argument("stage", choices=["tokenizer", "show", "train", "export", "evaluate"])
    parser.add_argument(
        "--texts", type=Path, default=shared / "data" / "F-text", help="folder of the public texts (JSON lines)"
    )
    parser.add_argument(
        "--work", type=Path, default=_ROOT / "build" / "brain", help="tokenizer and checkpoint live here"
    )
    parser.add_argument("--out", type=Path, default=_ROOT / "models" / "starter" / "brain" / "cloister-starter-q8.gguf")
    parser.add_argument(
        "--steps", type=int, default=2600, help="length of the schedule; may be changed before the decay begins"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--report", type=Path, help="evaluate: also write the figures and every wrong answer as JSON here"
    )
    arguments = parser.parse_args()
    tokenizer, checkpoint = arguments.work / "tokenizer.json", arguments.work / "checkpoint.pt"

    if arguments.stage == "evaluate":
        from .evaluate import evaluate

        evaluate(arguments.out, arguments.texts, arguments.report, arguments.threads)
        return
    from . import public

    if arguments.stage == "export":
        from .export import export

        export(checkpoint, tokenizer, arguments.out)
        return
    texts = public.read(arguments.texts)
    if arguments.stage == "tokenizer":
        from .encoding import train_tokenizer

        print(train_tokenizer(texts, tokenizer).get_vocab_size(), "tokens in", tokenizer)
    elif arguments.stage == "show":
        from .dialogue import dialogue

        rng = Random(arguments.seed)
        for message in (m for _ in range(5) for m in [*dialogue(rng, texts), None]):
            print(f"[{message.role}] {message.text}" if message else "")
    else:
        import torch

        from .encoding import Encoder
        from .training import Schedule, Trainer

        torch.set_num_threads(arguments.threads)
        trainer = Trainer(Schedule(steps=arguments.steps), Encoder(tokenizer), texts, arguments.seed)
        if checkpoint.exists():
            trainer.load(checkpoint)
            print(f"resuming at step {trainer.step}")
        trainer.run(checkpoint)


if __name__ == "__main__":
    main()
