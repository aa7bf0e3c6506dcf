"""The evidence of what an appliance did and is: the account of its run in the audit log, the installations that are
copied to the log, the recordings, and its own statement when evidence is taken."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Literal

from appliance import TELEMETRY_SWITCHES, __version__
from appliance.attestation import fingerprint
from appliance.bundle import running
from appliance.bundle.store import Store
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.ports import Archive, Ledger, PortError
from appliance.isolation import seal
from appliance.records import audit_log, keys, recordings

log = logging.getLogger(__name__)


@contextmanager
def audited_run(config: Path, settings: Settings) -> Iterator[audit_log.AuditLog]:
    """The audit log while an appliance runs, from a record of its start to one of its end. Raises PortError."""
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
            boot=audit_log.boot(),
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


def _end(ledger: audit_log.AuditLog, reason: str) -> None:
    # A failure here matters less than the reason why the appliance ends.
    with suppress(PortError):
        ledger.append("stopped", reason=reason)
    try:
        ledger.checkpoint()
    except PortError as error:
        log.error("%s", error)


def why_unrecordable(settings: Settings) -> PortError | None:
    """Why no conversation could be recorded now, if that is so. Raises PortError when the log cannot be opened for
    another reason."""
    try:
        audit_log.AuditLog(settings.state / "audit", keys.load_box_key(settings.state, make=True)).close()
    except audit_log.AuditFault as fault:
        return fault
    return None


class Installations:
    """Copies what was installed on this box and taken back from the installer's history to the audit log. The installer
    keeps its own history, because it must work on a box whose appliance does not."""

    def __init__(self, box: Store | None, state: Path, ledger: Ledger) -> None:
        self._box = box
        self._told = state / "installations-told"
        self._ledger = ledger

    def copy_to_audit_log(self) -> None:
        """Record what is new. Raises PortError. An entry that was being recorded when the power failed is recorded
        again. Its number shows that."""
        entries = self._box.history() if self._box else []
        try:
            told = int(self._told.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            told = 0
        for number, entry in enumerate(entries[told:], told + 1):
            details = {name: value for name, value in entry.items() if name not in ("event", "at")}
            self._ledger.append(str(entry["event"]), done=entry.get("at"), entry=number, **details)
            self._told.write_text(f"{number}\n", encoding="ascii")


def open_archive(settings: Settings, site: Site) -> Archive | None:
    """The archive where conversations are kept, if the site wants that. Raises PortError."""
    policy = site.privacy.recording
    if policy is None:
        return None
    key = keys.load_wrapping_key(settings.state, make=True)
    return recordings.Archive(settings.state / "recordings", key, policy.days)


_EARS: dict[str, Literal["sherpa", "ctc"]] = {"models/ear/": "sherpa", "models/ctc/": "ctc"}
"""The ears without which a box still hears, by the folder of the bundle that has their models"""


def signed_models(settings: Settings) -> Settings:
    """The settings without an ear that was altered since it was signed, as long as Moonshine is there. Raises
    PortError when another file of the installed bundle was altered, when the bundle has a file that was not signed, and
    for a model outside the bundle whose hash the configuration does not name."""
    own, box = running.slot(), running.store()
    if own is None or box is None:
        return settings
    for problem in running.violations(own, box):
        ear = next((ear for folder, ear in _EARS.items() if problem.startswith(folder)), None)
        if ear and settings.ear.moonshine:
            log.error("%s/%s; the other ears listen without it", own, problem)
            settings = replace(settings, ear=replace(settings.ear, **{ear: None}))
        else:
            raise PortError(f"{own}/{problem}; install the bundle again, or go back: cloister bundle rollback")
    for path, sha256 in running.unsigned(own, settings.models(), settings.trusted_models).items():
        raise PortError(
            f"{path}: is no model of the signed bundle, and its hash is not among `trusted_models` in the "
            f"configuration; if it is {sha256} where you have it from, add that"
        )
    return settings


def statement(
    config: Path, settings: Settings, site: Site, ledger: audit_log.AuditLog
) -> Callable[[], dict[str, object]]:
    """What a running appliance says of itself when evidence is taken, which the kernel cannot know. The hashes are of
    the files as they were at its start."""
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
