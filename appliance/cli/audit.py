"""``cloister audit``: the log of what this box did."""

from __future__ import annotations

import argparse
import json
import platform
from collections import deque
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli import verb
from appliance.cli.account import connect
from appliance.cli.verb import OK, VERDICT_NO, Verbs, print_json
from appliance.config.box import Settings, load_settings
from appliance.core.plain_text import show
from appliance.core.ports import PortError

if TYPE_CHECKING:
    from appliance.records.audit_seal import Sealing


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs, "audit", _audit, "show, verify, checkpoint or export the log of what this box did", json_too=True
    )
    parser.add_argument("action", choices=["show", "verify", "checkpoint", "export"])
    parser.add_argument("--log", type=Path, metavar="FILE", help="audit.jsonl to look at, instead of this box's")
    parser.add_argument(
        "--checkpoints",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="verify: checkpoints that were exported to another medium; those on this box prove little",
    )
    parser.add_argument("--key", type=Path, metavar="PEM", help="verify: the box's public key, from its commissioning")
    parser.add_argument(
        "--seals", type=Path, metavar="FILE", help="verify: exported seals; by default those beside the log"
    )
    parser.add_argument(
        "--seal-key", type=Path, metavar="PEM", help="verify: the first seal's key, from the commissioning"
    )
    parser.add_argument(
        "--nonce", default="", help="export: sign this word of the auditor's with the key of now; verify: expect it"
    )
    parser.add_argument("--last", type=int, metavar="N", help="show: only the last N records")
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="export: where to, on another medium")
    parser.add_argument(
        "--log-too", action="store_true", help="export: bring the copy of the log there up to date as well"
    )


def _audit(options: argparse.Namespace) -> int:
    from appliance.records import audit_log, keys

    settings = load_settings(options.config)
    folder = settings.state / "audit"
    log = options.log or folder / "audit.jsonl"
    match options.action:
        case "show":
            return _show(log, options.last, as_json=options.json)
        case "verify":
            return _verify(options, settings, log)
        case "checkpoint":
            _checkpoint(settings)
            head = list((folder / "checkpoints.jsonl").read_text(encoding="utf-8").splitlines())[-1]
            show(head if options.json else keys.open_signed(head).text)
            return OK
    if options.output is None:
        raise PortError("`cloister audit export` needs a folder on another medium: -o FOLDER")
    _checkpoint(settings)
    copied = audit_log.copy_checkpoints(folder, options.output)
    show(f"{copied} new checkpoints in {options.output}")
    show(f"the seals are in {_export_seals(folder, options)}")
    if options.log_too:
        show(f"the log is in {audit_log.copy_log(log, options.output)}")
    return OK


def _export_seals(folder: Path, options: argparse.Namespace) -> Path:
    """Export the seals, and return the file's path. Each export has a file and a nonce of its own. Raises PortError."""
    from appliance.records import audit_seal, exports

    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target: Path = options.output / f"{platform.node()}-seals-{at}.jsonl"
    exports.write_new(target, audit_seal.exported(folder, options.nonce))
    return target


def _checkpoint(settings: Settings) -> None:
    """Sign the head now. Where a daemon runs, it signs, because only it may write then."""
    from appliance.records import audit_log, keys

    try:
        log = audit_log.AuditLog(settings.state / "audit", keys.load_box_key(settings.state), settings.audit.export)
    except PortError:
        if settings.control_socket is None:
            raise
        with connect(settings) as client:
            client.ask("checkpoint")
        return
    try:
        log.checkpoint()
    finally:
        log.close()


def _show(log: Path, last: int | None, *, as_json: bool) -> int:
    from appliance.records import audit_record

    for record in deque(audit_record.records(log), maxlen=last) if last else audit_record.records(log):
        if as_json:
            show(json.dumps(record))
        else:
            kept = {k: v for k, v in record.items() if k not in ("n", "at", "up_s", "event", "previous")}
            details = " ".join(f"{name}={value}" for name, value in kept.items())
            show(f"{record['n']:>6}  {record.get('at')}  {record['event']}  {details}".rstrip())
    return OK


def _verify(options: argparse.Namespace, settings: Settings, log: Path) -> int:
    from appliance.records import audit_verify, keys

    own = log.parent / "checkpoints.jsonl"
    given: list[Path] = options.checkpoints or ([own] if own.exists() else [])
    key = keys.read_public(options.key) if options.key else None
    found = audit_verify.verify(log, given, key)
    sealing = _sealing(options, log)
    whole = found.verdict == "ok" and not (sealing and sealing.problems)
    if options.json:
        sealed = {"sealing": asdict(sealing) if sealing else None}
        print_json({**asdict(found), **sealed, "verdict": "ok" if whole else "fail"})
        return OK if whole else VERDICT_NO
    show(f"{log}: {found.count} records, head {found.head}")
    if found.torn_bytes:
        show(f"  the last write was interrupted ({found.torn_bytes} bytes); the next start mends that")
    last = f", the last of them number {found.last_checkpoint}" if found.last_checkpoint else ""
    show(f"  {found.checkpoints} checkpoints agree{last}, signed by {found.key or 'nobody'}")
    for step in found.clock_set:
        show(f"  the clock was set {step}")
    for problem in found.problems:
        show(f"  FAIL {problem}")
    if found.count > found.covered:
        show(f"  records after number {found.covered} are covered by no checkpoint: only their chain protects them")
    if not options.checkpoints:
        show(
            "  These checkpoints lie beside the log. Whoever can write to this disk could have cut both off, or, with",
            "  the key, made both anew: give exported ones with --checkpoints.",
        )
    if key is None:
        show("  Give the public key from the commissioning with --key; otherwise a checkpoint vouches for itself.")
    _show_sealing(sealing, options)
    show("the log is what it was" if whole else "the log is NOT what it was")
    return OK if whole else VERDICT_NO


def _sealing(options: argparse.Namespace, log: Path) -> Sealing | None:
    """The result of the seals, where there are any or should be."""
    from appliance.records import audit_seal, keys

    seals = options.seals or log.parent / audit_seal.SEALS
    if options.seals is None and options.seal_key is None and not options.nonce and not seals.exists():
        return None
    pinned = keys.read_public(options.seal_key) if options.seal_key else None
    return audit_seal.verify(log, seals, pinned, options.nonce)


def _show_sealing(sealing: Sealing | None, options: argparse.Namespace) -> None:
    if sealing is None or not (sealing.seals or sealing.problems):
        show("  there is no seal: root could have rewritten all of it")
        return
    show(f"  {sealing.seals} seals agree, over the records up to number {sealing.covered}, from {sealing.first} on")
    for problem in sealing.problems:
        show(f"  FAIL {problem}")
    if options.seal_key is None:
        show("  Give the first seal's key from the commissioning with --seal-key; otherwise the seals may be new.")
    if not sealing.fresh:
        show(
            f"  The last seal is of {sealing.last_at}. Were later ones cut off? Export with a --nonce and give it here."
        )
