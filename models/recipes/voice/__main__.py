"""Command line of the recipe: one stage per verb, or ``all``. A stage that was interrupted goes on where it was."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def main() -> None:
    """Parse the command line and run the stage."""
    parser = argparse.ArgumentParser(prog="python -m models.recipes.voice", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)

    def verb(name: str, text: str, steps: int | None = None) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=text)
        sub.add_argument("--work", type=Path, required=True, help="folder for what the stages leave to each other")
        if steps is not None:
            sub.add_argument("--steps", type=int, default=steps, help="training steps in all (default %(default)s)")
        return sub

    recordings = "recordings -> corpus (2 core minutes)"
    prepare_verb = verb("prepare", recordings)
    verb("align", "durations of every token (1 core minute)", 1340)
    verb("prosody", "how to say it (6 core minutes)", 2400)
    acoustic_verb = verb("acoustic", "tokens -> mel (35 core minutes)", 3400)
    verb("vocoder", "mel -> samples, spectral loss (6 core minutes)", 1800)
    verb("adapt", "mel -> samples, on the acoustic network's mel, with discriminators (9 core minutes)", 1700)
    export_verb = verb("export", "all three networks -> one Piper voice")
    evaluate_verb = verb("evaluate", "naturalness proxies of a voice file beside the held-out recordings")
    all_verb = verb("all", "everything above in order")
    for sub in (prepare_verb, all_verb):
        sub.add_argument("--data", type=Path, required=True, help="folder with manifest.jsonl and the recordings")
        sub.add_argument("--workers", type=int, default=1)
    for sub in (acoustic_verb, all_verb):
        sub.add_argument("--adversary-from", type=int, default=1600, help="step at which the discriminators join")
        sub.add_argument("--rate", type=float, default=1e-3, help="peak learning rate")
    for sub in (export_verb, evaluate_verb, all_verb):
        sub.add_argument("--voice", type=Path, required=True, help="the .onnx file; its .json lies beside it")
    options = parser.parse_args()
    work: Path = options.work
    work.mkdir(parents=True, exist_ok=True)

    def wanted(name: str) -> bool:
        return bool(options.verb in (name, "all"))

    def steps() -> dict[str, int]:
        return {"steps": options.steps} if hasattr(options, "steps") else {}

    if wanted("prepare"):
        from .prepare import prepare

        prepare(options.data, work, workers=options.workers)
    if wanted("align"):
        from .align import align

        align(work, **steps())
    if wanted("prosody"):
        from .prosody import describe, train_prosody

        train_prosody(work, **steps())
        print(json.dumps(describe(work), indent=1))
    if wanted("acoustic"):
        from .acoustic import train_acoustic

        train_acoustic(work, adversary_from=options.adversary_from, rate=options.rate, **steps())
    if wanted("vocoder"):
        from .vocoder import train_vocoder

        train_vocoder(work, **steps())
    if wanted("adapt"):
        from .vocoder import adapt_vocoder

        adapt_vocoder(work, **steps())
    if wanted("export"):
        from .export import export

        export(work, options.voice)
    if wanted("evaluate"):
        from .evaluate import evaluate

        print(json.dumps(evaluate(work, options.voice), indent=1))


if __name__ == "__main__":
    main()
