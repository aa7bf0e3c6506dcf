"""``cloister fleet``: compares the attestations of many boxes, and verifies their audit logs."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from appliance.cli import verb
from appliance.cli.verb import OK, VERDICT_NO, Verbs, print_json
from appliance.core.plain_text import show


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(verbs, "fleet", _fleet, "compare reports of many boxes, verify audit logs", json_too=True)
    parser.add_argument("action", choices=["report"])
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="signed reports, one per box, as HOST.json")
    parser.add_argument("--keys", type=Path, metavar="FOLDER", help="public keys as HOST.pem, from the commissioning")
    parser.add_argument("--nonce", help="the word that all these reports were asked for with")
    parser.add_argument(
        "--max-age",
        type=float,
        default=24.0,
        metavar="HOURS",
        help="without --nonce: the oldest report that is believed (default: %(default)g)",
    )
    parser.add_argument(
        "--audit-logs",
        type=Path,
        metavar="FOLDER",
        help="audit logs that were fetched with these reports, as HOST/fetched; each that is whole, and holds what was "
        "fetched before, is kept as HOST/audit.jsonl",
    )


def _fleet(options: argparse.Namespace) -> int:
    from appliance.attestation import fleet, fleet_logs

    rows = fleet.read_rows(options.files, options.keys, options.nonce, options.max_age)
    good = fleet.believed(rows)
    differences = fleet.compare(good)
    failed = any(line.verdict == "fail" for report in good.values() for line in report.lines)
    bad = {row.label: row.problems for row in rows if row.problems}
    logs: list[fleet_logs.FetchedLog] = []
    if options.audit_logs is not None:
        logs = fleet_logs.take(options.audit_logs, [row.file.stem for row in rows], options.keys, options.nonce)
    if options.json:
        boxes = {box: {line.id: line.verdict for line in report.lines} for box, report in good.items()}
        differing = [asdict(difference) for difference in differences]
        print_json({"boxes": boxes, "differences": differing, "bad": bad, "audit_logs": list(map(asdict, logs))})
    else:
        show(*fleet.table(rows))
        if logs:
            show("", *fleet_logs.table(logs))
        if options.keys is None:
            show("Give the keys from the commissioning with --keys; otherwise each report vouches for itself.")
        elif unseen := fleet.without_report(options.keys, rows):
            show(f"There are keys and no reports of: {', '.join(unseen)}")
    return VERDICT_NO if differences or failed or bad or any(log.problems for log in logs) else OK
