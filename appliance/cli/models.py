"""``cloister models``: the catalogue, this box's models, their preparation for its site, and, on a connected
workstation, what brings a model of the catalogue."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from appliance.cli import verb
from appliance.cli.verb import CHECKOUT, INSTALLED, OK, VERDICT_NO, Verbs, load, preparing, print_json, seal_process
from appliance.config.box import load_settings
from appliance.core.plain_text import show
from appliance.core.ports import PortError
from appliance.engines.catalog import CatalogModel

FETCHED = CHECKOUT / "build" / "fetched"
"""Where fetched files go in a checkout. The profiles in ``models`` look for them there."""


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "models",
        _models,
        "list the models that run here; verify those of this box, or prepare them for its site; on a connected "
        "workstation, fetch one",
        json_too=True,
    )
    parser.add_argument("action", choices=["list", "show", "verify", "prepare", "fetch"], nargs="?", default="list")
    parser.add_argument("id", nargs="?", help="model to show or fetch")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=FETCHED,
        metavar="DIR",
        help="fetch: where its files go (default: %(default)s)",
    )


def _models(options: argparse.Namespace) -> int:
    from appliance.engines import catalog

    if options.action == "prepare":
        return _prepare(options)
    if options.action == "verify":
        from appliance.cli.check import check_models

        findings = check_models(load_settings(options.config))
        for finding in findings:
            show(*finding.line().split("\n"))
        return VERDICT_NO if any(finding.verdict == "fail" for finding in findings) else OK
    models = catalog.load_catalog(catalog.CATALOG)
    if options.action in ("show", "fetch"):
        if options.id is None:
            raise PortError(f"`cloister models {options.action}` needs the id of a model; `cloister models` lists them")
        model = models.find(options.id)
        if options.action == "fetch":
            return _fetch(model, options)
        if options.json:
            print_json(catalog.as_json(model))
        else:
            print("\n".join(catalog.description(model)))
    elif options.json:
        print_json([catalog.as_json(model) for model in models.models])
    else:
        print("\n".join(catalog.lines(models.models)))
    return OK


def _fetch(model: CatalogModel, options: argparse.Namespace) -> int:
    """Bring the files of a model. The process that does it is not sealed, and never listens."""
    from appliance.bench.checkout import open_workbench
    from appliance.bundle.commands import Bar

    refuse_on_an_appliance(Path("/"))
    fetched = open_workbench("fetching.fetch").fetch(
        model, options.output, Bar(), lambda line: show(line, to=sys.stderr)
    )
    if options.json:
        print_json({"id": model.id, "files": fetched.files})
    else:
        show(*fetched.lines())
    return OK


def refuse_on_an_appliance(root: Path) -> None:
    """Raise PortError where an appliance is installed below ``root``, as its configuration or the folder of its
    versions tell, and where the kernel refuses this process network sockets, as it does in a sealed one. A box's wheel
    has no module that fetches either."""
    from appliance.bundle.store import Store
    from appliance.isolation.seal import probe

    for mark in (root / INSTALLED.relative_to("/"), Store(root).slots):
        if mark.exists():
            raise PortError(f"this is an appliance ({mark} is there), and nothing is fetched on one; use a workstation")
    refused = probe()
    if refused["AF_INET"] and refused["AF_INET6"]:
        raise PortError(
            "this process is sealed: the kernel refuses it network sockets; fetch on a connected workstation"
        )


def _prepare(options: argparse.Namespace) -> int:
    """Prepare at set-up what the first start would otherwise wait for."""
    from appliance.engines.asr import moonshine
    from appliance.engines.embedding.minilm import convert
    from appliance.runtime.aptitude import measure_model
    from appliance.runtime.assemble import assemble

    seal_process()
    settings, site = load(options)
    if settings.brain.embedder is not None and not settings.brain.embedder.exists():
        print(f"converting the retrieval model to {settings.brain.embedder}", flush=True)
        convert(settings.brain.embedder)
    if settings.ear.moonshine is not None and not settings.ear.moonshine.directory.exists():
        print(f"putting the ear's model into {settings.ear.moonshine.directory}", flush=True)
        moonshine.install(settings.ear.moonshine.directory)
    assemble(settings, site, step=preparing, talks=False)
    for line in measure_model(settings, site, preparing):
        show(line)
    return OK
