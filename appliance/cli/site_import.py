"""``cloister site import``: drafts a site file from the documents of a house, on a workstation."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli.verb import OK, STARTER, Verbs, preparing
from appliance.core.plain_text import show
from appliance.core.ports import PortError

if TYPE_CHECKING:
    from appliance.authoring.draft import Draft
    from appliance.authoring.model_drafts import Refused


def declare(actions: Verbs) -> None:
    """Add the action."""
    about = "draft facts, opening hours and questions from documents, for a person to approve"
    parser = actions.add_parser("import", help=about, description=about[0].upper() + about[1:] + ".")
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="Markdown, text, CSV, PDF or DOCX; the first gives the name"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="where to write (default: the first FILE's name, in this folder)",
    )
    parser.add_argument("--part", action="store_true", help="facts and opening hours alone, to put into a site file")
    parser.add_argument(
        "--model", type=Path, metavar="FILE.gguf", help="a chat model that drafts paraphrases and simpler sentences too"
    )
    parser.set_defaults(verb=_import)


def _import(options: argparse.Namespace) -> int:
    from appliance.authoring import agreement, documents, site_text
    from appliance.authoring.draft import draft
    from appliance.language.english import ENGLISH

    files: list[Path] = options.files
    target: Path = options.output or Path(f"{files[0].stem}.yaml")
    if target.exists():
        raise PortError(f"{target}: is there already; name another file with -o")
    blocks = [block for file in files for block in documents.read(file)]
    drafted = draft(blocks, ENGLISH)
    if not drafted.facts and not drafted.hours:
        raise PortError(f"{', '.join(map(str, files))}: nothing in it could be taken for a fact or for opening hours")
    refused = None
    if options.model is not None:
        drafted, refused = _enriched(options.model, drafted)
    found = list(agreement.pairs(drafted.facts, ENGLISH))
    check = f"cloister check --site {target}"
    write_new(target, site_text.site_text(drafted, found, check, part=options.part))
    show(f"{target}: {len(drafted.facts)} facts and {len(drafted.hours)} opening hours, each marked `# approve:`")
    if refused is not None:
        show(f"of the model's drafts, {refused.questions} questions and {refused.sentences} sentences did not hold")
    for kind, told in (("duplicate", "say the same"), ("contradiction", "contradict each other")):
        pairs = [pair for pair in found if pair.kind == kind]
        if pairs:
            show(f"{len(pairs)} pairs of facts {told}:", *(f"  {pair}" for pair in pairs))
    if drafted.left_out:
        show(f"not taken ({len(drafted.left_out)}, listed at the end of the file):")
        show(*(f"  {left.source}: {left.why}" for left in drafted.left_out))
    show("Read every entry, then", *next_steps(target))
    return OK


def _enriched(model: Path, drafted: Draft) -> tuple[Draft, Refused]:
    from appliance.authoring.model_drafts import enriched
    from appliance.config.box import load_settings
    from appliance.engines.llm.llama import LlamaModel
    from appliance.language.english import ENGLISH

    settings = load_settings(STARTER)
    session = LlamaModel(replace(settings, brain=replace(settings.brain, model=model))).session()
    return enriched(drafted, session, ENGLISH, preparing)


def write_new(target: Path, text: str) -> None:
    """Write a file that is not there yet. Raises PortError."""
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise PortError(f"{target}: is there already; name another file with -o") from None
    except OSError as error:
        raise PortError(f"{target}: cannot be written: {error.strerror}") from None


def next_steps(target: Path) -> list[str]:
    """What an author does with a new site file, as lines of a message."""
    return [
        f"  cloister check --site {target}          every mistake, with its line",
        f"  cloister chat --site {target}           talk with it in writing",
        f"  cloister site test --site {target}      which of its own questions it would miss",
    ]
