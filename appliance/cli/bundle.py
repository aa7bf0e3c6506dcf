"""``cloister bundle``: the verbs of a box, which `appliance.bundle` shares with the installer for bare boxes, and those
of the workbench that makes bundles."""

from __future__ import annotations

import argparse
from pathlib import Path

from appliance.bundle import WrongInput, commands
from appliance.cli.verb import CHECKOUT, OK, STARTER, Verbs
from appliance.config.box import load_settings

_QUESTION, _ANSWER = CHECKOUT / "appliance/bench/workbench/question.flac", "main hall"
_QUESTION_SITE = CHECKOUT / "appliance/sites/hospital.yaml"
"""Site file of the question that a new version must answer, where the build names no question of its own."""


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verbs.add_parser("bundle", help="build, verify, install and take back signed bundles")
    parser.set_defaults(verb=commands.run)
    more = commands.declare(parser)
    build = more.add_parser(
        "build", help="put everything that a box needs into one signed file (on a connected machine)"
    )
    build.set_defaults(job=_build)
    build.add_argument("-o", "--output", type=Path, required=True, metavar="NAME.cloister-bundle")
    build.add_argument("--version", type=int, required=True, metavar="N", help="number of the bundle, grows with each")
    build.add_argument("--key", type=Path, required=True, metavar="FILE", help="secret key, of `cloister bundle key`")
    build.add_argument(
        "-c",
        "--config",
        type=Path,
        default=STARTER,
        metavar="FILE",
        help="cloister.yaml that names the models (default: %(default)s)",
    )
    build.add_argument(
        "-s", "--site", type=Path, metavar="FILE", help="site file, instead of the one the configuration names"
    )
    build.add_argument(
        "--wheel", type=Path, action="append", default=[], metavar="FILE", help="use this wheel, do not fetch or build"
    )
    build.add_argument(
        "--telephone", action="store_true", help="take along what `cloister telephone` needs (a SIP stack)"
    )
    build.add_argument(
        "--question", type=Path, metavar="FILE", help="recording of a question that this site can answer"
    )
    build.add_argument("--expect", metavar="WORDS", help="words that the answer to --question must contain")
    build.add_argument(
        "--name", metavar="NAME", help="product, whose versions are counted (default: from --output, without -VERSION)"
    )
    build.add_argument("--made", default=commands.today(), metavar="DATE", help="date of the build (default: today)")
    build.add_argument(
        "--not-after", default="", metavar="DATE", help="the last date on which boxes install it (default: none)"
    )
    sign = more.add_parser("sign", help="let one more key sign a bundle, a consent or a revocation list")
    sign.set_defaults(job=_sign)
    sign.add_argument("file", type=Path)
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="secret key")
    installer = more.add_parser("installer", help="write the installer for a box that has no version yet")
    installer.set_defaults(job=_write_installer)
    installer.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    installer.add_argument("--key", type=Path, metavar="FILE", help="secret key: also sign it, in FILE.minisig")


def _build(options: argparse.Namespace) -> int:
    from appliance.attestation import fingerprint
    from appliance.bundle.builder import INSTALLER, Recipe, build

    if (options.question is None) != (options.expect is None):
        raise WrongInput("--question and --expect belong together")
    question, answer, question_site = _QUESTION, _ANSWER, _QUESTION_SITE
    if options.question is not None:
        question, answer = options.question, options.expect
        question_site = options.site or load_settings(options.config).site
    recipe = Recipe(
        checkout=CHECKOUT,
        settings=options.config,
        site=options.site,
        name=options.name or options.output.name.removesuffix(".cloister-bundle").removesuffix(f"-{options.version}"),
        version=options.version,
        made=options.made,
        not_after=options.not_after,
        question=question,
        answer=answer,
        question_site=question_site,
        given=tuple(options.wheel),
        telephone=options.telephone,
    )
    key = commands.secret_key(options.key)
    bundle = build(recipe, key, options.output, commands.Bar())
    print(f"{options.output}: version {bundle.version}, {len(bundle.files)} files, {bundle.size() / 1e6:.0f} MB")
    installer = options.output.with_name(INSTALLER)
    print(
        f"{installer}: for boxes that have no version yet. Write on paper, for who installs them:\n"
        f"  key     {key.public().line()}\n  SHA-256 {fingerprint.file_hash(installer)}"
    )
    return OK


def _sign(options: argparse.Namespace) -> int:
    from appliance.bundle import builder

    key = commands.secret_key(options.key)
    print(f"{options.file}: {key.id} signed {builder.add_signature(options.file, key, commands.Bar())}")
    return OK


def _write_installer(options: argparse.Namespace) -> int:
    from appliance.bundle import builder

    key = commands.secret_key(options.key) if options.key else None
    print(f"{builder.write_installer(options.output, key)}  {options.output}")
    return OK
