"""Verbs for whoever must be able to prove what a box did and is: ``audit``, ``attest``, ``fleet``, ``keys``,
``recordings``, and ``operator`` for those who look after it.

And what `cloister run` owes them: an account of its start and its end.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from io import BufferedRandom
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from appliance import TELEMETRY_SWITCHES, __version__
from appliance.config.box import Settings, load_settings
from appliance.config.site import Site, load_site
from appliance.core.plain_text import printable, show, unprintable
from appliance.core.ports import Archive, Ledger, PortError

if TYPE_CHECKING:
    from appliance.attestation.report import Report, Row
    from appliance.bundle.store import Store
    from appliance.records.audit_log import AuditLog
    from appliance.records.audit_seal import Sealing
    from appliance.records.keys import PublicKey

OK, VERDICT_NO = 0, 1

_REASON_LETTERS = 10
"""a reason shorter than this is none"""


class Verb(Protocol):
    """How the command line declares a verb."""

    def __call__(
        self, name: str, run: Callable[[argparse.Namespace], int], about: str, *, json_too: bool = False
    ) -> argparse.ArgumentParser: ...


def register(verb: Verb) -> None:
    """Declare the verbs of this module."""
    log = verb("audit", _audit, "show, verify, checkpoint or export the log of what this box did", json_too=True)
    log.add_argument("action", choices=["show", "verify", "checkpoint", "export"])
    log.add_argument("--log", type=Path, metavar="FILE", help="audit.jsonl to look at, instead of this box's")
    log.add_argument(
        "--checkpoints",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="verify: checkpoints that were exported to another medium; those on this box prove little",
    )
    log.add_argument("--key", type=Path, metavar="PEM", help="verify: the box's public key, from its commissioning")
    log.add_argument(
        "--seals", type=Path, metavar="FILE", help="verify: exported seals; by default those beside the log"
    )
    log.add_argument(
        "--seal-key", type=Path, metavar="PEM", help="verify: the first seal's key, from the commissioning"
    )
    log.add_argument(
        "--nonce", default="", help="export: sign this word of the auditor's with the key of now; verify: expect it"
    )
    log.add_argument("--last", type=int, metavar="N", help="show: only the last N records")
    log.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="export: where to, on another medium")
    log.add_argument(
        "--log-too", action="store_true", help="export: bring the copy of the log there up to date as well"
    )

    report = verb(
        "attest", _attest, "take signed evidence of the running daemon, or verify such a report", json_too=True
    )
    report.add_argument("action", choices=["take", "verify"], nargs="?", default="take")
    report.add_argument("report", type=Path, nargs="?", metavar="REPORT", help="verify: the report")
    report.add_argument("-o", "--output", type=Path, metavar="FILE", help="take: write the signed report there")
    report.add_argument("--nonce", default="", help="a word of the auditor's, which shows that the report is fresh")
    report.add_argument("--key", type=Path, metavar="PEM", help="verify: the box's public key, from its commissioning")
    report.add_argument(
        "--tpm-key", type=Path, metavar="PEM", help="verify: the public key of its TPM, from its commissioning"
    )
    report.add_argument(
        "--booted-like", type=Path, metavar="REPORT", help="verify: the same was booted as in this report, by the TPM"
    )

    fleet = verb("fleet", _fleet, "compare the attestations of many boxes", json_too=True)
    fleet.add_argument("action", choices=["report"])
    fleet.add_argument("files", type=Path, nargs="+", metavar="FILE", help="signed reports, one per box, as HOST.json")
    fleet.add_argument("--keys", type=Path, metavar="FOLDER", help="public keys as HOST.pem, from the commissioning")
    fleet.add_argument("--nonce", help="the word that all these reports were asked for with")
    fleet.add_argument(
        "--max-age",
        type=float,
        default=24.0,
        metavar="HOURS",
        help="without --nonce: the oldest report that is believed (default: %(default)g)",
    )

    operator = verb("operator", _operator, "a session at the running daemon, which ends when you are idle")
    operator.add_argument(
        "command", nargs="?", help="status, visitor, facts, words, checkpoint; without one, a line of input each"
    )
    operator.add_argument("--break-glass", metavar="REASON", help="follow what is said, for a reason that is recorded")

    kept = verb(
        "recordings", _recordings, "list, hold, release, wipe or export what was recorded, catch up", json_too=True
    )
    kept.add_argument(
        "action",
        choices=["list", "hold", "release", "wipe", "export", "catch-up"],
        help="catch-up: the calendar is right, though it is days ahead of what this box saw pass",
    )
    kept.add_argument("id", nargs="?", help="which recording")
    kept.add_argument("--reason", help="why; it is recorded")
    kept.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="export: where it is written, in clear")

    key = verb(
        "keys",
        _keys,
        "show this box's keys, write a public one, make new ones, seal them to the box, or destroy all",
        json_too=True,
    )
    key.add_argument("action", choices=["show", "public", "make", "seal", "destroy"])
    key.add_argument(
        "--pcrs", default="7", help="seal: what of the measured boot must stay as it is, as 0+2+7 (%(default)s)"
    )
    key.add_argument("--reason", help="destroy: why; it is recorded")
    key.add_argument("--yes", action="store_true", help="destroy: really")
    key.add_argument(
        "name", nargs="?", choices=["box-key", "recording-key", "seal-key", "tpm-key"], help="make, seal, public: which"
    )
    key.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to write; - prints; by default the state folder"
    )


# --- the daemon's account -----------------------------------------------------------------------------------------


@contextmanager
def accounted(config: Path, settings: Settings) -> Iterator[AuditLog]:
    """The audit log while an appliance runs, from a record of its start to one of its end."""
    from appliance.attestation import fingerprint
    from appliance.records import audit_log, keys

    key = keys.load_box_key(settings.state, make=True)
    ledger = audit_log.AuditLog(settings.state / "audit", key, settings.audit.export)
    try:
        ledger.append(
            "started",
            version=__version__,
            code=fingerprint.code_hash(),
            configuration=fingerprint.file_hash(config),
            site=fingerprint.file_hash(settings.site),
            host=platform.node(),
            boot=Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip(),
            pid=os.getpid(),
            user=os.getuid(),
        )
        ledger.checkpoint()
        try:
            yield ledger
        except BaseException as error:
            _end(ledger, type(error).__name__)
            raise
        _end(ledger, "told to")
    finally:
        ledger.close()


def unrecordable(settings: Settings) -> PortError | None:
    """Why no conversation could be recorded now, if that is so."""
    from appliance.records import audit_log, keys

    try:
        audit_log.AuditLog(settings.state / "audit", keys.load_box_key(settings.state, make=True)).close()
    except audit_log.AuditFault as fault:
        return fault
    return None


def _end(ledger: AuditLog, reason: str) -> None:
    # Whatever fails here is less to the point than why the appliance ends.
    with suppress(PortError):
        ledger.append("stopped", reason=reason)
    try:
        ledger.checkpoint()
    except PortError as error:
        logging.getLogger(__name__).error("%s", error)


class Installations:
    """What was installed on this box and taken back, from the installer's history to the audit log: the installer must
    work on a box whose appliance does not."""

    def __init__(self, box: Store | None, state: Path, ledger: Ledger) -> None:
        self._box = box
        self._told = state / "installations-told"
        self._ledger = ledger

    def tell(self) -> None:
        """Record what is new. Raises PortError. What was recorded when the power went is recorded again; its number
        says so."""
        entries = self._box.history() if self._box else []
        try:
            told = int(self._told.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            told = 0
        for number, entry in enumerate(entries[told:], told + 1):
            details = {name: value for name, value in entry.items() if name not in ("event", "at")}
            self._ledger.append(str(entry["event"]), done=entry.get("at"), entry=number, **details)
            self._told.write_text(f"{number}\n", encoding="ascii")


def signed_models(settings: Settings) -> Settings:
    """The settings without an ear that was altered since it was signed, as long as there is another. Raises PortError
    when anything else of the installed bundle was, when there is a file in it that nobody signed, and for a model
    outside it whose hash the configuration does not name."""
    from appliance.bundle import running

    own, box = running.slot(), running.store()
    if own is None or box is None:
        return settings
    for problem in running.violations(own, box):
        if problem.startswith("models/ear/") and (settings.ear.moonshine or settings.ear.pocketsphinx):
            logging.getLogger(__name__).error("%s/%s; the other ears listen without it", own, problem)
            settings = replace(settings, ear=replace(settings.ear, sherpa=None))
        else:
            raise PortError(f"{own}/{problem}; install the bundle again, or go back: cloister bundle rollback")
    for path, sha256 in running.unsigned(own, settings.models(), settings.trusted_models).items():
        raise PortError(
            f"{path}: is no model of the signed bundle, and its hash is not among `trusted_models` in the "
            f"configuration; if it is {sha256} where you have it from, add that"
        )
    return settings


def statement(config: Path, settings: Settings, site: Site, ledger: AuditLog) -> Callable[[], dict[str, object]]:
    """What a running appliance says of itself to whoever takes evidence: what the kernel cannot know. The hashes are
    of the files as they were at its start."""
    from appliance.attestation import fingerprint
    from appliance.isolation import seal

    begun: dict[str, object] = {
        "version": __version__,
        "pid": os.getpid(),
        "code": fingerprint.code_hash(),
        "configuration": fingerprint.file_hash(config),
        "site": fingerprint.file_hash(settings.site),
        "privacy": asdict(site.privacy),
        "log": ledger.head.log,
    }

    def stated() -> dict[str, object]:
        return {
            **begun,
            "sealed": seal.sealed(),
            "dumpable": seal.dumpable(),
            "telemetry": {name: os.environ.get(name) for name in TELEMETRY_SWITCHES},
            "records": ledger.head.count,
        }

    return stated


# --- audit --------------------------------------------------------------------------------------------------------


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
    """Each export has a file of its own, as each has a nonce; where it is. Raises PortError."""
    from appliance.records import audit_seal, exports

    at = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    target: Path = options.output / f"{platform.node()}-seals-{at}.jsonl"
    exports.write_new(target, audit_seal.exported(folder, options.nonce))
    return target


def _checkpoint(settings: Settings) -> None:
    """Sign the head now: by the daemon where one runs, which alone may write then."""
    from appliance.control.client import Client
    from appliance.records import audit_log, keys

    try:
        log = audit_log.AuditLog(settings.state / "audit", keys.load_box_key(settings.state), settings.audit.export)
    except PortError:
        if settings.control_socket is None:
            raise
        with Client(settings.control_socket, _claim()) as client:
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
        _show_json({**asdict(found), **sealed, "verdict": "ok" if whole else "fail"})
        return OK if whole else VERDICT_NO
    show(f"{log}: {found.count} records, head {found.head}")
    if found.torn_bytes:
        show(f"  the last write was interrupted ({found.torn_bytes} bytes); the next start mends that")
    last = f", the last of them number {found.last_checkpoint}" if found.last_checkpoint else ""
    show(f"  {found.checkpoints} checkpoints agree{last}, signed by {found.key or 'nobody'}")
    for step in found.clock_set:
        show(f"  the clock was set {step}")
    for problem in found.problems:
        where = f"record {problem.record}: " if problem.record is not None else ""
        show(f"  FAIL {where}{problem.what}")
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
    """What the seals say, where there are any or should be."""
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


def _show_json(value: object) -> None:
    show(*json.dumps(value, indent=2, default=str).split("\n"))


# --- attestation --------------------------------------------------------------------------------------------------


def _socket(settings: Settings) -> Path:
    if settings.control_socket is None:
        raise PortError("the control socket is off; name a path with `control_socket` in the configuration")
    return settings.control_socket


def _attest(options: argparse.Namespace) -> int:
    from appliance.attestation import report as attest
    from appliance.control.client import Client
    from appliance.engines.catalog import CATALOG
    from appliance.records import exports, keys

    if options.action == "verify":
        return _verify_report(options)
    settings = load_settings(options.config)
    load_site(settings.site)
    key = keys.load_box_key(settings.state)
    with Client(_socket(settings), _claim()) as client:
        report = attest.attest(options.config, settings, client, options.nonce, CATALOG)
    signed = key.sign(attest.as_json(report))
    if options.output is not None:
        exports.write_new(options.output, signed.encode() + b"\n")
    show(*([signed] if options.json else report.text()))
    return VERDICT_NO if any(line.verdict == "fail" for line in report.lines) else OK


def _verify_report(options: argparse.Namespace) -> int:
    from appliance.attestation.report import incomplete
    from appliance.records import keys

    if options.report is None:
        raise PortError("`cloister attest verify` needs a report")
    key = keys.read_public(options.key) if options.key else None
    try:
        signer, report = _read_report(options.report, key)
        if options.nonce and report.nonce != options.nonce:
            raise ValueError(f"carries the nonce {report.nonce!r}, not yours: it was not taken for you")
        _verify_boot(options, report, key)
    except ValueError as error:
        show(f"{options.report}: {error}")
        return VERDICT_NO
    if options.json:
        _show_json(asdict(report))
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
    """By the TPM of the box, if its key is given. Raises ValueError."""
    from appliance.attestation import report as attest

    if options.tpm_key is None:
        if options.booted_like is not None:
            raise PortError("--booted-like rests on the word of the TPM: give its key with --tpm-key")
        return
    try:
        pem = options.tpm_key.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise PortError(f"{options.tpm_key}: {error.strerror}; `cloister keys public tpm-key` writes one") from None
    like = _read_report(options.booted_like, key)[1] if options.booted_like else None
    attest.check_tpm(report, pem, like)


def _read_report(path: Path, key: PublicKey | None) -> tuple[str, Report]:
    """Fingerprint of the signer and the report, which speaks of a box with that key. Raises ValueError, and PortError
    when it cannot be read."""
    from appliance.attestation import report as attest
    from appliance.records import exports, keys

    content = exports.read(path, attest.LARGEST_REPORT)
    try:
        document = content.decode("utf-8")
    except ValueError:
        raise ValueError("is no signed document of an appliance") from None
    signed = keys.open_signed(document, key)
    report = attest.read_report(signed.text)
    if report.box["key"] != signed.key.fingerprint:
        raise ValueError(f"speaks of a box with the key {report.box['key']} and is signed by {signed.key.fingerprint}")
    return signed.key.fingerprint, report


def _fleet(options: argparse.Namespace) -> int:
    from appliance.attestation import report as attest

    rows = [_fleet_row(file, options) for file in options.files]
    by_key: dict[str, set[str]] = {}
    for row in rows:
        if row.report is not None:
            by_key.setdefault(row.report.box["key"], set()).add(row.report.box["host"])
    for row in rows:
        if row.report is not None and len(same := by_key[row.report.box["key"]]) > 1:
            row.problems.append(f"its key is that of several boxes: {', '.join(sorted(same))}")
    good = {row.label: row.report for row in rows if row.report is not None and not row.problems}
    differences = attest.compare(good)
    failed = any(line.verdict == "fail" for report in good.values() for line in report.lines)
    bad = {row.label: row.problems for row in rows if row.problems}
    if options.json:
        boxes = {box: {line.id: line.verdict for line in report.lines} for box, report in good.items()}
        _show_json({"boxes": boxes, "differences": [asdict(d) for d in differences], "bad": bad})
    else:
        show(*attest.table(rows))
        if options.keys is None:
            show("Give the keys from the commissioning with --keys; otherwise each report vouches for itself.")
        elif unseen := _boxes_without_report(options.keys, rows):
            show(f"There are keys and no reports of: {', '.join(unseen)}")
    return VERDICT_NO if differences or failed or bad else OK


def _boxes_without_report(folder: Path, rows: Sequence[Row]) -> list[str]:
    seen = {row.file.stem for row in rows}
    return sorted(path.stem for path in folder.glob("*.pem") if path.stem not in seen)


def _fleet_row(file: Path, options: argparse.Namespace) -> Row:
    """What one file says, and everything that is wrong with it."""
    from appliance.attestation import report as attest
    from appliance.records import keys

    others = [other for other in options.files if other != file and other.stem == file.stem]
    # Files of one name, from two folders, must not be taken for one.
    row = attest.Row(file, str(file) if others else file.stem)
    try:
        signer, row.report = _read_report(file, None)
        host = row.report.box["host"]
        if host != file.stem:
            row.problems.append(f"is the report of {host}; it must lie in a file of that name, {host}.json")
        if options.keys is not None:
            pinned = keys.read_public(options.keys / f"{file.stem}.pem").fingerprint
            if signer != pinned:
                row.problems.append(f"was signed by {signer}, not by the key of {file.stem}, {pinned}")
        if lacking := attest.incomplete(row.report):
            row.problems.append(lacking)
        if options.nonce is not None:
            if row.report.nonce != options.nonce:
                row.problems.append(f"carries the nonce {row.report.nonce!r}, not {options.nonce!r}: an old report?")
        elif stale := attest.stale(row.report, options.max_age):
            row.problems.append(stale)
    except (ValueError, PortError) as error:
        row.problems.append(str(error))
    return row


# --- operators ----------------------------------------------------------------------------------------------------


def _user() -> str:
    """Who runs this command, by the kernel's word."""
    from appliance.control.operators import login_uid, user_name

    return user_name(login_uid())


def _claim() -> str | None:
    """Who they say they are, which anybody may set; None when that adds nothing."""
    claim = os.environ.get("SUDO_USER") or os.environ.get("LOGNAME") or ""
    return printable(claim)[:64] if claim and claim != _user() else None


def _who() -> dict[str, str]:
    """Both, for a record."""
    claim = _claim()
    return {"user": _user(), **({"claims_to_be": claim} if claim else {})}


def _operator(options: argparse.Namespace) -> int:
    from appliance.control.client import Client

    with Client(_socket(load_settings(options.config)), _claim()) as client:
        answer = client.ask("session")
        roles = ", ".join(str(role).replace("_", " ") for role in answer["roles"])  # type: ignore[attr-defined]
        show(f"{answer['user']} may: {roles}", to=sys.stderr)
        if options.break_glass is not None:
            client.ask("break-glass", options.break_glass)
            print("the glass is broken, and that is recorded", file=sys.stderr)
        for line in [options.command] if options.command else sys.stdin:
            command, _, reason = line.strip().partition(" ")
            if not command:
                continue
            show(json.dumps(client.ask(command, reason)))
            sys.stdout.flush()
            if command in ("facts", "words"):
                for fact in client.lines():
                    show(json.dumps(fact))
                    sys.stdout.flush()
                return OK
    return OK


# --- recordings ---------------------------------------------------------------------------------------------------


def archive(settings: Settings, site: Site) -> Archive | None:
    """Where conversations are kept, if the site wants that."""
    from appliance.records import keys, recordings

    policy = site.privacy.recording
    if policy is None:
        return None
    key = keys.load_wrapping_key(settings.state, make=True)
    return recordings.Archive(settings.state / "recordings", key, policy.days)


def account(settings: Settings, event: str, identity: str, reason: str) -> None:
    """Record what an operator is about to do, by the daemon where one runs. Raises PortError."""
    from appliance.control.client import Client
    from appliance.records import audit_log, keys

    try:
        about = {"recording": identity} if identity else {}
        audit_log.append_once(
            settings.state, keys.load_box_key(settings.state), event, **_who(), **about, reason=reason
        )
    except PortError:
        if settings.control_socket is None:
            raise
        with Client(settings.control_socket, _claim()) as client:
            client.ask("account", reason, event=event, recording=identity)


def _recordings(options: argparse.Namespace) -> int:
    from appliance.records import keys, recordings, retention

    settings = load_settings(options.config)
    folder = settings.state / "recordings"
    if options.action == "list":
        kept = recordings.listed(folder)
        if options.json:
            _show_json([asdict(one) for one in kept])
        for one in () if options.json else kept:
            state = "being made" if one.open else f"on hold: {one.held}" if one.held is not None else ""
            show(f"{one.id}  {one.line:<10}  {one.begun:%Y-%m-%d %H:%M:%S}  {one.bytes:>10} bytes  {state}".rstrip())
        if ahead_s := retention.ahead_s(folder):
            show(
                f"The calendar is {ahead_s / 86_400:.1f} days ahead of what this box saw pass; recordings are kept for "
                "that much longer. If it is right: cloister recordings catch-up --reason REASON",
                to=sys.stderr,
            )
        return OK
    if options.action == "catch-up":
        if options.id is not None or not _is_reason(options.reason):
            raise PortError("`cloister recordings catch-up` needs a --reason in words, and nothing else")
        if not retention.ahead_s(folder):
            raise PortError("the calendar is not ahead of the time that recordings are kept by; nothing was changed")
        account(settings, "calendar believed", "", options.reason)
        retention.catch_up(folder)
        return OK
    if options.id is None or not _is_reason(options.reason):
        raise PortError(f"`cloister recordings {options.action}` needs the id of a recording and a --reason in words")
    if not recordings.exists(folder, options.id):
        raise PortError(f"recording {options.id}: there is none; `cloister recordings list` shows them")
    match options.action:
        case "hold":
            account(settings, "recording held", options.id, options.reason)
            recordings.hold(folder, options.id, options.reason)
        case "release":
            account(settings, "recording released", options.id, options.reason)
            recordings.release(folder, options.id)
        case "wipe":
            account(settings, "recording wiped", options.id, options.reason)
            recordings.wipe(folder, options.id)
        case "export":
            if options.output is None:
                raise PortError("`cloister recordings export` needs a folder: -o FOLDER")
            key = keys.load_wrapping_key(settings.state)
            account(settings, "recording exported", options.id, options.reason)
            _export(recordings.pieces(folder, options.id, key), options.output, options.id)
    return OK


def _is_reason(text: str | None) -> bool:
    """A reason becomes a record: words, and nothing that could pass for another record."""
    if text is not None and unprintable(text):
        raise PortError(f"the reason holds a character that cannot be shown: {printable(text)}")
    return text is not None and len(text.strip()) >= _REASON_LETTERS


def _export(pieces: Iterator[tuple[str, bytes]], target: Path, identity: str) -> None:
    """In clear: ``.wav`` and ``.jsonl``, readable by this user alone."""
    import wave

    from appliance.core.audio import SAMPLE_RATE_HZ
    from appliance.records import exports

    names = f"{identity}.wav", f"{identity}.jsonl"
    made: list[str] = []
    with exports.Folder(target, make=True) as folder:
        try:
            with ExitStack() as opened:
                files = []
                for name in names:
                    files.append(opened.enter_context(BufferedRandom(folder.create(name))))  # type: ignore[arg-type]
                    made.append(name)
                sound = opened.enter_context(wave.open(files[0], "wb"))
                sound.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", ""))
                for kind, piece in pieces:
                    if kind == "audio":
                        sound.writeframes(piece)
                    else:
                        files[1].write(piece + b"\n")
        except (OSError, PortError) as error:
            # Half a recording would be taken for a whole one.
            for name in made:
                folder.remove(name)
            if isinstance(error, PortError):
                raise
            raise PortError(f"{target}: {error.strerror}") from None
    show(f"in clear: {', '.join(str(target / name) for name in names)}")


# --- keys ---------------------------------------------------------------------------------------------------------


def _keys(options: argparse.Namespace) -> int:
    from appliance.records import audit_seal, exports, keys, tpm

    state = load_settings(options.config).state
    if options.action == "make":
        if options.name not in keys.NAMES:
            raise PortError("`cloister keys make` needs the name of a key: box-key or recording-key")
        text = keys.generate(options.name)
        if str(options.output) == "-":
            sys.stdout.write(text)
        else:
            path = options.output or state / "keys" / options.name
            if options.output:
                exports.write_new(path, text.encode("ascii"), make=True)
            else:
                keys.write_new(path, text)
            show(str(path))
        return OK
    if options.action == "destroy":
        return _destroy(options, state)
    if options.action == "seal":
        return _seal(options, state)
    if options.action == "public":
        pem = tpm.public_key() if options.name == "tpm-key" else _public(state, options.name).pem
        if options.output is None or str(options.output) == "-":
            sys.stdout.write(pem)
        else:
            exports.write_new(options.output, pem.encode("ascii"), 0o644)
        return OK
    places = {name: keys.find(name, state) for name in keys.NAMES}
    box = keys.load_box_key(state).public.fingerprint if places["box-key"] else None
    shown: dict[str, str | None] = {"fingerprint": box}
    shown.update((name, str(place) if place else None) for name, place in places.items())
    sealing = audit_seal.first_key(state / "audit")
    shown["first seal"] = sealing.fingerprint if sealing else None
    shown["tpm"] = tpm.transport()
    shown.update((f"{name} sealed by", tpm.binding(tpm.CREDENTIALS / f"cloister.{name}")) for name in places)
    if options.json:
        _show_json(shown)
    else:
        for name, value in shown.items():
            show(f"{name:<23} {value or 'none'}")
    return OK


def _seal(options: argparse.Namespace, state: Path) -> int:
    """A key that lies in the state folder, or a new one, as a credential that only this box can open."""
    from appliance.records import keys, tpm

    if options.name not in keys.NAMES:
        raise PortError("`cloister keys seal` needs the name of a key: box-key or recording-key")
    target = options.output or tpm.CREDENTIALS / f"cloister.{options.name}"
    if target.exists():
        raise PortError(f"{target}: there is one already, and it is not overwritten")
    plain = state / "keys" / options.name
    try:
        text = plain.read_text(encoding="ascii") if plain.exists() else keys.generate(options.name)
    except (OSError, ValueError) as error:
        raise PortError(f"key {plain}: {error.strerror if isinstance(error, OSError) else error}") from None
    keys.write_new_bytes(target, tpm.seal_credential(options.name, text.encode("ascii"), options.pcrs))
    if plain.exists():
        keys.destroy(plain)
    show(f"{target}: opened by {tpm.binding(target)}")
    if tpm.transport() is None:
        show("There is no TPM: who takes the whole disk takes the key with it. Encrypt the disk.")
    return OK


def _public(state: Path, name: str | None) -> PublicKey:
    """What is kept off the box to check its signatures, or its seals."""
    from appliance.records import audit_seal, keys

    if name == "recording-key":
        raise PortError("the recording key is secret, no half of it is public")
    if name != audit_seal.KEY:
        return keys.load_box_key(state).public
    first = audit_seal.first_key(state / "audit")
    if first is None:
        raise PortError("nothing was sealed yet: start the service, or `cloister audit checkpoint`")
    return first


def _destroy(options: argparse.Namespace, state: Path) -> int:
    """The end of a box: every key in its state folder, so that what they protected is noise, and a proof of it."""
    from appliance.attestation.proc import keeps_overwritten
    from appliance.records import audit_log, audit_seal, exports, keys, recordings

    if not options.yes or not _is_reason(options.reason):
        raise PortError("`cloister keys destroy` needs --yes and a --reason in words: it cannot be undone")
    held = [kept.id for kept in recordings.listed(state / "recordings") if kept.held is not None]
    if held:
        raise PortError(f"recording {held[0]}: is on hold; release it first, or give it to whoever wants it kept")
    key = keys.load_box_key(state)
    sealing = [state / "audit" / audit_seal.KEY]
    doomed = sorted([*state.glob("recordings/*.key"), *(state / "keys").glob("*"), *sealing])
    copies = keeps_overwritten(state)
    if copies is not None:
        show(
            f"cloister: {state}: what is overwritten there may stay readable: {copies}. Wipe or shred the whole device "
            "as well.",
            to=sys.stderr,
        )
    with ExitStack() as opened:
        # Before anything is destroyed: a proof that cannot be written would come too late.
        proof_file = None
        if options.output is not None and str(options.output) != "-":
            folder = opened.enter_context(exports.Folder(options.output.parent))
            proof_file = opened.enter_context(folder.create(options.output.name))
        ledger = audit_log.AuditLog(state / "audit", key)
        try:
            ledger.append("keys destroyed", **_who(), reason=options.reason, keys=len(doomed))
            head = ledger.checkpoint()
        finally:
            ledger.close()
        # The box key goes last, so that a run that was interrupted can be repeated.
        for path in sorted(doomed, key=lambda path: (path.name == "box-key", path in sealing)):
            keys.destroy(path)
        for path in (*state.glob("recordings/*.rec"), *state.glob("recordings/clock.json")):
            path.unlink()
        left = [str(path) for path in doomed if path.exists()]
        proof = {
            "format": "cloister-destruction-1",
            "box": platform.node(),
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "reason": options.reason,
            "destroyed": [str(path) for path in doomed],
            "left": left,
            "copies": copies,
            "log": asdict(head),
            "held elsewhere": [str(place) for name in keys.NAMES if (place := keys.find(name, state)) is not None],
        }
        # By the key that is gone: nobody can sign another.
        signed = key.sign(json.dumps(proof, indent=1))
        show(*([signed] if options.json else keys.open_signed(signed).text.split("\n")))
        if proof_file is not None:
            try:
                exports.write_all(proof_file, signed.encode() + b"\n")
                os.fsync(proof_file.fileno())
            except OSError as error:
                raise PortError(f"{options.output}: {error.strerror}; the proof was printed") from None
    return VERDICT_NO if left else OK
