"""Installing a bundle: nothing that runs is touched until the new version has shown that it works.

Signature, then manifest, target and version, then space, then the spare slot is filled while each file's hash is
compared, then the new version answers a spoken question, and only then one rename makes it the version that runs. A
stick that is pulled, a power cut or a killed installer before that rename leaves the old version as it was. When the
service does not come up in the new slot, the old one is put back; when nobody could look, because the installer was
killed or the power went, ``settle`` puts it back before the service is started again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from appliance.services.bundle import BundleError, Cannot, Refused, archive, consent
from appliance.services.bundle.archive import Progress, quiet
from appliance.services.bundle.furnish import furnish
from appliance.services.bundle.gate import spoken_question
from appliance.services.bundle.manifest import Manifest, this_box
from appliance.services.bundle.store import Memory, Pending, Seen, Slot, Store

SPARE_BYTES = 64 * 2**20
"""Space that must remain: directories, records, the first start of the new version."""

CONFIGURATION = ("cloister.yaml", "site.yaml")
"""files that a first installation puts into /etc/cloister; those that are there belong to the site"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an installation or a way back did."""

    changed: bool
    version: int
    slot: str | None
    previous: int | None
    """version that ran before"""
    restarted: bool = False


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps that cost seconds, so that a test of the order can have its own."""

    furnish: Callable[[Path, Manifest, Progress], None] = furnish
    """makes a slot's software runnable"""
    gate: Callable[[Path], None] = spoken_question
    """raises Refused when the version in a slot does not work"""
    activate: Callable[[], bool | None] = lambda: None
    """brings the service up in the current slot: whether it stays up, None when there is none"""
    by_others: bool = False
    """somebody else brings it up, and confirms the new version"""
    user: str = ""
    """who installs, for the history"""


def install(
    store: Store,
    bundle: Path,
    steps: Steps,
    *,
    consent_file: Path | None = None,
    check: bool = False,
    progress: Progress = quiet,
) -> Outcome:
    """Install a bundle; with ``check``, only say what would happen. Raises BundleError, and the old version runs."""
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
        keys = store.trusted_keys()
        if not keys:
            raise Cannot(f"{store.configuration / 'keys'}: has no .pub file, so this box trusts nobody's bundles")
        manifest, signature = archive.read_manifest(medium, keys)
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
        memory = _allowed(store, manifest, running, consent_file)
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
    """Run what ran before. Raises Cannot when there is nothing to go back to, Refused when it does not come up."""
    with store.locked():
        pending = store.pending()
        if pending and pending.to != store.current():
            _take_back(store, pending)  # it was never switched to, so it is not what ran before
        running, before = store.slot(store.current()), store.slot(store.spare())
        if before is None:
            raise Cannot("the other slot is empty, so there is nothing to go back to")
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
    """Before the service is started: take back a switch that nobody confirmed, unless somebody still may. Raises
    Busy when an installation runs, which looks after its own."""
    with store.locked():
        pending = store.pending()
        if pending is None or pending.awaited():
            return None
        fresh, before = store.slot(pending.to), store.slot(pending.back)
        back = _take_back(store, pending)
        return Outcome(back, before.version if before else 0, pending.back, fresh.version if fresh else None)


def confirm(store: Store, steps: Steps) -> Outcome:
    """Keep the version that runs: whoever restarted the service saw it come up. Raises Cannot when there is none."""
    with store.locked():
        running, pending = store.slot(store.current()), store.pending()
        if running is None:
            raise Cannot("no version is installed, so there is none to confirm")
        awaited = pending is not None and pending.to == running.slot
        if awaited:
            store.record("bundle confirmed", user=steps.user, to=running.version)
            store.settled()
        return Outcome(awaited, running.version, running.slot, None)


_OUTCOME = {True: "came up", False: "did not come up", None: "not started by the installer"}


def _take_back(store: Store, pending: Pending) -> bool:
    """Run what ran before a switch, whether that was made or only announced; whether it was made. Can be repeated."""
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
    """Switch, and switch back when the service does not come up. Raises Refused."""
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


def _allowed(store: Store, manifest: Manifest, running: Slot | None, consent_file: Path | None) -> Memory:
    """What to remember once the bundle runs. Raises Refused when its version may not be installed."""
    memory = store.memory()
    floor = memory.floors.get(manifest.key)
    if running and running.key == manifest.key and (floor is None or running.version > floor.version):
        # An installation that was killed between its last two steps runs a version that was not yet remembered.
        floor = Seen(running.version, running.manifest_sha256)
    seen = Seen(manifest.version, manifest.digest())
    if floor and manifest.version == floor.version and seen != floor:
        raise Refused(f"version {manifest.version} was another bundle; a version is given to one bundle only")
    if floor and manifest.version < floor.version:
        used = _consent(store, manifest, floor.version, memory, consent_file)
        memory = replace(memory, consents=(*memory.consents, used))
    return replace(memory, floors={**memory.floors, manifest.key: seen})


def _consent(store: Store, manifest: Manifest, floor: int, memory: Memory, path: Path | None) -> str:
    back = f"version {manifest.version} is older than {floor}, which this box has seen"
    if path is None:
        raise Refused(f"{back}; going back needs --consent with a file that the key signed")
    given = consent.read(path, store.trusted_keys())
    machine = store.root / "etc/machine-id"
    names = {consent.ANY, machine.read_text().strip() if machine.exists() else consent.ANY}
    if (given.key, given.highest, given.to) != (manifest.key, floor, manifest.version) or given.machine not in names:
        raise Refused(f"{back}; the consent is for {given.highest} to {given.to} on {given.machine}")
    if given.sha256 in memory.consents:
        raise Refused(f"{back}; this consent was already used")
    return given.sha256


def _need_space(store: Store, manifest: Manifest, freed: int) -> None:
    need = manifest.size() + manifest.installed_bytes + SPARE_BYTES
    have = store.free() + freed
    if have < need:
        raise Cannot(f"{store.slots}: needs {need / 1e6:.0f} MB and has {have / 1e6:.0f} MB; nothing was changed")


def _configure(store: Store, slot: Path) -> None:
    """Give a new box the bundle's configuration, and leave that of a site alone."""
    store.configuration.mkdir(parents=True, exist_ok=True)
    for name in CONFIGURATION:
        source, place = slot / "config" / name, store.configuration / name
        if source.exists() and not place.exists():
            fresh = place.with_name(f".{name}")
            shutil.copyfile(source, fresh)
            fresh.rename(place)
