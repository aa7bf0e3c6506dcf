"""Installs a bundle. Nothing that runs is touched until the new version has shown that it works.

The steps are: check the signature; check manifest, target and version; check the space; fill the spare slot and compare
each file's hash; let the new version answer a spoken question. Then one rename makes it the version that runs. A pulled
stick, a power cut or a killed installer before that rename leaves the old version as it was. When the service does not
come up in the new slot, the old version is put back. When the installer was killed or the power failed before it could
see that, ``settle`` puts the old version back before the service is started again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from appliance.bundle import BundleError, Cannot, Refused, archive, consent, statement
from appliance.bundle import trust as trusts
from appliance.bundle.archive import Progress, quiet
from appliance.bundle.furnish import furnish
from appliance.bundle.gate import spoken_question
from appliance.bundle.manifest import Manifest, this_box
from appliance.bundle.store import ANY, NAMES, Memory, Pending, Seen, Slot, Store
from appliance.bundle.trust import Trust

SPARE_BYTES = 64 * 2**20
"""Bytes that must remain free, for directories, records and the first start of the new version."""

CONFIGURATION = ("cloister.yaml", "site.yaml")
"""Files that a first installation puts into /etc/cloister. Files that exist there belong to the site."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of an installation or a rollback."""

    changed: bool
    version: int
    slot: str | None
    previous: int | None
    """version that ran before"""
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that take seconds, so that a test of the order can replace them."""

    furnish: Callable[[Path, Manifest, Progress], None] = furnish
    """makes a slot's software runnable"""
    gate: Callable[[Path], None] = spoken_question
    """raises Refused when the version in a slot does not work"""
    activate: Callable[[], bool | None] = lambda: None
    """brings the service up in the current slot; returns whether it stays up, or None when there is no service"""
    by_others: bool = False
    """another process brings the service up and confirms the new version"""
    user: str = ""
    """the user who installs, for the history"""


def install(
    store: Store,
    bundle: Path,
    steps: Steps,
    *,
    consent_file: Path | None = None,
    check: bool = False,
    progress: Progress = quiet,
) -> Outcome:
    """Install a bundle or, with ``check``, only say what would happen. After a BundleError the old version runs."""
    with store.locked():
        try:
            return _install(store, bundle, steps, consent_file, check, progress)
        except (BundleError, OSError) as error:
            if not check:
                with suppress(OSError):
                    store.record("bundle refused", user=steps.user, bundle=bundle.name, reason=str(error))
            raise


def _install(
    store: Store, bundle: Path, steps: Steps, consent_file: Path | None, check: bool, progress: Progress
) -> Outcome:
    with archive.open_bundle(bundle) as medium:
        trust = store.trust()
        if not trust.keys:
            raise Cannot(f"{store.keys}: has no .pub file of a key that is good, so this box trusts nobody's bundles")
        manifest, signature = archive.read_manifest(medium, trust)
        if problem := manifest.target.mismatch(this_box()):
            raise Refused(problem)
        pending, running = store.pending(), store.slot(store.current())
        same = running is not None and running.manifest_sha256 == manifest.digest()
        if pending and not check and not (same and pending.awaited()):
            if _take_back(store, pending):
                steps.activate()
            running = store.slot(store.current())
            same = running is not None and running.manifest_sha256 == manifest.digest()
        previous = running.version if running else None
        if running and same:
            return Outcome(False, manifest.version, running.slot, previous)
        check_acceptable(manifest, trust, store.today())
        memory = _allowed(store, manifest, trust, running, consent_file)
        spare = store.spare()
        _need_space(store, manifest, store.size(spare))
        if check:
            return Outcome(True, manifest.version, spare, previous)

        os.umask(0o022)
        about: dict[str, str | int | None] = {"user": steps.user, "from": previous, "to": manifest.version}
        store.record("bundle installation begun", **about, manifest=manifest.digest())
        path = store.prepare(spare)
        try:
            archive.extract(medium, manifest, path, progress)
            (path / archive.SIGNATURE).write_bytes(signature)
            (path / archive.MANIFEST).write_bytes(manifest.encode())
            steps.furnish(path, manifest, progress)
            progress("testing", 0, 1)
            steps.gate(path)
            progress("testing", 1, 1)
            store.complete(
                Slot(
                    slot=spare,
                    name=manifest.name,
                    version=manifest.version,
                    key=manifest.key,
                    manifest_sha256=manifest.digest(),
                    installed=datetime.now(UTC).isoformat(timespec="seconds"),
                    made=manifest.made,
                )
            )
        except BaseException:
            with suppress(OSError):
                store.vacate(spare)
            raise
        _configure(store, path)
        up = _activate(store, steps, spare, running)
        store.remember(memory)
        store.record("bundle installed", **about, outcome=_OUTCOME[up])
        return Outcome(True, manifest.version, spare, previous, restarted=bool(up))


def roll_back(store: Store, steps: Steps) -> Outcome:
    """Go back to the version that ran before. Raises Cannot when there is none, and Refused when it does not come
    up."""
    with store.locked():
        pending = store.pending()
        if pending and pending.to != store.current():
            _take_back(store, pending)  # the switch was never made, so that version never ran
        running, before = store.slot(store.current()), store.slot(store.spare())
        if before is None:
            raise Cannot("the other slot is empty, so there is nothing to go back to")
        revoked = store.trust().revoked
        if before.key in revoked.keys or before.manifest_sha256 in revoked.bundles:
            raise Refused(f"version {before.version} was revoked (list {revoked.number}); bring a newer bundle")
        previous = running.version if running else None
        about: dict[str, str | int | None] = {"user": steps.user, "from": previous, "to": before.version}
        store.record("bundle rollback begun", **about)
        store.switch(before.slot)
        store.settled()
        up = steps.activate()
        store.record("bundle rolled back", **about, outcome=_OUTCOME[up])
        if up is False:
            raise Refused(f"went back to version {before.version}, but the service does not come up")
        return Outcome(True, before.version, before.slot, previous, restarted=bool(up))


def settle(store: Store) -> Outcome | None:
    """Take back, before the service is started, a switch that was not confirmed and no longer can be. Raises Busy when
    an installation runs, because it settles its own switch."""
    with store.locked():
        pending = store.pending()
        if pending is None or pending.awaited():
            return None
        fresh, before = store.slot(pending.to), store.slot(pending.back)
        back = _take_back(store, pending)
        return Outcome(back, before.version if before else 0, pending.back, fresh.version if fresh else None)


def confirm(store: Store, steps: Steps) -> Outcome:
    """Keep the version that runs, because the process that restarted the service saw it come up. Raises Cannot when
    there is none."""
    with store.locked():
        running, pending = store.slot(store.current()), store.pending()
        if running is None:
            raise Cannot("no version is installed, so there is none to confirm")
        awaited = pending is not None and pending.to == running.slot
        if awaited:
            store.record("bundle confirmed", user=steps.user, to=running.version)
            store.settled()
        return Outcome(awaited, running.version, running.slot, None)


def accept(store: Store, path: Path, user: str) -> str:
    """Accept a rotation or a revocation list, and return a description of it. Raises BundleError."""
    with store.locked():
        try:
            signed, known = statement.load(path), store.trust()
            if signed.comment().startswith(trusts.REVOCATION):
                revoked = trusts.new_revocation(known, signed)
                store.keep_revocation(signed, revoked)
                what = f"revocation list {revoked.number}"
                said = f"{what}: {len(revoked.keys)} keys, {len(revoked.bundles)} bundles"
            else:
                rotation = trusts.new_rotation(known, signed)
                store.keep_rotation(signed, rotation)
                what = said = f"the key {rotation.new.id} follows {rotation.old}"
        except (BundleError, OSError) as error:
            with suppress(OSError):
                store.record("bundle statement refused", user=user, file=path.name, reason=str(error))
            raise
        store.record("bundle statement accepted", user=user, what=what)
        return said


_OUTCOME = {True: "came up", False: "did not come up", None: "not started by the installer"}


def _take_back(store: Store, pending: Pending) -> bool:
    """Go back to the version before a switch, whether the switch was made or only announced. Returns whether it was
    made. The call can be repeated."""
    made = store.current() == pending.to
    fresh, before = store.slot(pending.to), store.slot(pending.back)
    if made:
        store.switch(pending.back)
    store.vacate(pending.to)
    store.record(
        "bundle taken back",
        **{"from": fresh.version if fresh else None, "to": before.version if before else None},
        reason="nobody saw the new version come up",
    )
    store.settled()
    return made


def _activate(store: Store, steps: Steps, fresh: str, running: Slot | None) -> bool | None:
    """Switch to a slot, and switch back when the service does not come up. Raises Refused."""
    name = store.spare()
    if running:
        store.announce(name, running.slot, by_others=steps.by_others)
    store.switch(name)
    up = steps.activate()
    if up is not False:
        if not steps.by_others:
            store.settled()
        return up
    store.switch(running.slot if running else None)
    again = steps.activate() if running else None
    store.vacate(name)
    store.settled()
    back = f"version {running.version} runs again" if running else "the box is as before"
    if again is False:
        back = f"version {running.version if running else '?'} is back, but does not come up either"
    raise Refused(f"the service did not come up in slot {fresh}; {back}")


def check_acceptable(manifest: Manifest, trust: Trust, today: str) -> None:
    """Check that a bundle with good signatures may still be installed on the date ``today``. Raises Refused."""
    if manifest.digest() in trust.revoked.bundles:
        raise Refused(f"version {manifest.version} was revoked (list {trust.revoked.number}); bring a newer bundle")
    if manifest.not_after and today > manifest.not_after:
        raise Refused(
            f"version {manifest.version} was to be installed until {manifest.not_after}, and today is {today} by the "
            "clock, or by something that was signed later; bring a newer bundle, or set the clock if it is ahead "
            "(timedatectl set-time)"
        )


def _allowed(store: Store, manifest: Manifest, trust: Trust, running: Slot | None, consent_file: Path | None) -> Memory:
    """The memory that the box keeps once the bundle runs. Raises Refused when its version may not be installed."""
    memory = store.memory()
    seen = Seen(manifest.version, manifest.digest())
    floor = store.floor(manifest.name, memory)
    if running and running.name == manifest.name and (floor is None or running.version > floor.version):
        # An installation that was killed between its last two steps leaves a running version that is not remembered.
        floor = Seen(running.version, running.manifest_sha256)
    if floor and manifest.version == floor.version and seen != floor:
        raise Refused(f"version {manifest.version} was another bundle; a version is given to one bundle only")
    known = {slot.name for slot in map(store.slot, NAMES) if slot} | set(memory.floors) - {ANY}
    reason, highest = "", 0
    if floor and manifest.version < floor.version:
        reason = f"version {manifest.version} is older than {floor.version}, which this box has seen"
        highest = floor.version
    elif known and manifest.name not in known:
        # Versions of different products cannot be compared, so an old one would pass as the first of another product.
        reason = f"this box has {', '.join(sorted(known))}, and this is {manifest.name}"
        highest = running.version if running else 0
    if reason:
        used = _consent(store, manifest, trust, highest, reason, memory, consent_file)
        memory = replace(memory, consents=(*memory.consents, used))
    floors = {name: known for name, known in memory.floors.items() if name != ANY}
    newest = max(memory.newest, manifest.made)
    return replace(memory, floors={**floors, manifest.name: seen}, newest=newest)


def _consent(
    store: Store, manifest: Manifest, trust: Trust, highest: int, why: str, memory: Memory, path: Path | None
) -> str:
    """SHA-256 of the consent that allows the installation, which the box remembers as used. Raises Refused."""
    if path is None:
        raise Refused(f"{why}; that needs --consent with a file that the key signed")
    given = consent.read(path, trust)
    machine = store.root / "etc/machine-id"
    names = {consent.ANY, machine.read_text().strip() if machine.exists() else consent.ANY}
    for_this = (given.name, given.highest, given.to) == (manifest.name, highest, manifest.version)
    if not for_this or given.machine not in names:
        raise Refused(f"{why}; the consent is for {given.name}, {given.highest} to {given.to}, on {given.machine}")
    if given.sha256 in memory.consents:
        raise Refused(f"{why}; this consent was already used")
    return given.sha256


def _need_space(store: Store, manifest: Manifest, freed: int) -> None:
    need = manifest.size() + manifest.installed_bytes + SPARE_BYTES
    have = store.free() + freed
    if have < need:
        raise Cannot(f"{store.slots}: needs {need / 1e6:.0f} MB and has {have / 1e6:.0f} MB; nothing was changed")


def _configure(store: Store, slot: Path) -> None:
    """Copy the bundle's configuration to a new box. Existing files of the site stay as they are."""
    store.configuration.mkdir(parents=True, exist_ok=True)
    for name in CONFIGURATION:
        source, place = slot / "config" / name, store.configuration / name
        if source.exists() and not place.exists():
            fresh = place.with_name(f".{name}")
            shutil.copyfile(source, fresh)
            fresh.rename(place)
