"""``cloister attest``: signed evidence of the running daemon, taken or verified."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli import verb
from appliance.cli.account import connect
from appliance.cli.verb import OK, VERDICT_NO, Verbs, print_json
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.core.plain_text import show
from appliance.core.ports import PortError

if TYPE_CHECKING:
    from appliance.attestation.report import Report
    from appliance.records.keys import PublicKey


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs, "attest", _attest, "take signed evidence of the running daemon, or verify such a report", json_too=True
    )
    parser.add_argument("action", choices=["take", "verify"], nargs="?", default="take")
    parser.add_argument("report", type=Path, nargs="?", metavar="REPORT", help="verify: the report")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="take: write the signed report there")
    parser.add_argument("--nonce", default="", help="a word of the auditor's, which shows that the report is fresh")
    parser.add_argument("--key", type=Path, metavar="PEM", help="verify: the box's public key, from its commissioning")
    parser.add_argument(
        "--tpm-key", type=Path, metavar="PEM", help="verify: the public key of its TPM, from its commissioning"
    )
    parser.add_argument(
        "--booted-like", type=Path, metavar="REPORT", help="verify: the same was booted as in this report, by the TPM"
    )


def _attest(options: argparse.Namespace) -> int:
    from appliance.attestation.report import as_json, attest
    from appliance.engines.catalog import CATALOG
    from appliance.records import exports, keys

    if options.action == "verify":
        return _verify(options)
    settings = load_settings(options.config)
    load_site(settings.site)
    key = keys.load_box_key(settings.state)
    with connect(settings) as client:
        report = attest(options.config, settings, client, options.nonce, CATALOG)
    signed = key.sign(as_json(report))
    if options.output is not None:
        exports.write_new(options.output, signed.encode() + b"\n")
    show(*([signed] if options.json else report.text()))
    return VERDICT_NO if any(line.verdict == "fail" for line in report.lines) else OK


def _verify(options: argparse.Namespace) -> int:
    from appliance.attestation.reading import incomplete, open_report
    from appliance.records import keys

    if options.report is None:
        raise PortError("`cloister attest verify` needs a report")
    key = keys.read_public(options.key) if options.key else None
    try:
        signer, report = open_report(options.report, key)
        if options.nonce and report.nonce != options.nonce:
            raise ValueError(f"carries the nonce {report.nonce!r}, not yours: it was not taken for you")
        _verify_boot(options, report, key)
    except ValueError as error:
        show(f"{options.report}: {error}")
        return VERDICT_NO
    if options.json:
        print_json(asdict(report))
    else:
        show(*report.text())
    show("", f"signed by {signer}", to=sys.stderr)
    if key is None:
        show("Compare that with the fingerprint from the commissioning, or give --key.", to=sys.stderr)
    if lacking := incomplete(report):
        show(f"{options.report}: {lacking}", to=sys.stderr)
        return VERDICT_NO
    return OK


def _verify_boot(options: argparse.Namespace, report: Report, key: PublicKey | None) -> None:
    """Verify the measured boot by the TPM of the box, if its key is given. Raises ValueError."""
    from appliance.attestation.reading import open_report
    from appliance.attestation.report import verify_quote

    if options.tpm_key is None:
        if options.booted_like is not None:
            raise PortError("--booted-like rests on the word of the TPM: give its key with --tpm-key")
        return
    try:
        pem = options.tpm_key.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise PortError(f"{options.tpm_key}: {error.strerror}; `cloister keys public tpm-key` writes one") from None
    like = open_report(options.booted_like, key)[1] if options.booted_like else None
    verify_quote(report, pem, like)
