"""``cloister models``: the catalogue, this box's models, and their preparation for its site."""

from __future__ import annotations

import argparse

from appliance.cli import verb
from appliance.cli.verb import OK, VERDICT_NO, Verbs, load, preparing, print_json, seal_process
from appliance.config.box import load_settings
from appliance.core.plain_text import show
from appliance.core.ports import PortError


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "models",
        _models,
        "list the models that run here; verify those of this box, or prepare them for its site",
        json_too=True,
    )
    parser.add_argument("action", choices=["list", "show", "verify", "prepare"], nargs="?", default="list")
    parser.add_argument("id", nargs="?", help="model to show")


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
    if options.action == "show":
        if options.id is None:
            raise PortError("`cloister models show` needs the id of a model; `cloister models` lists them")
        model = models.find(options.id)
        if options.json:
            print_json(catalog.as_json(model))
        else:
            print("\n".join(catalog.description(model)))
    elif options.json:
        print_json([catalog.as_json(model) for model in models.models])
    else:
        print("\n".join(catalog.lines(models.models)))
    return OK


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
