"""An installation is killed at each of its writes, renames and other changes to the disk, one after the other.

strace counts the system calls of one undisturbed run, and kills one installer at the entry of each of them.
Afterwards the box must run exactly the old or exactly the new version, and the next installation must work.

SIGKILL loses nothing that was written. A power cut may lose what was not forced to the disk. A test of its own
therefore checks that the order of the forcing is right.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from appliance.bundle import Refused, install, trust
from appliance.bundle import manifest as manifests
from appliance.bundle.install import accept, settle
from appliance.bundle.store import Store
from tests.bundle.synthetic import KEY, MADE, OTHER_KEY, Box, box, write
from tests.bundle.test_trust import THIRD_KEY

CHANGES = (
    "write,pwrite64,writev,sendfile,copy_file_range,ftruncate,rename,renameat,renameat2,symlink,symlinkat,link,linkat,"
    "unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,fsync,fdatasync,sync,syncfs"
)
"""System calls that change a disk, or force changes to it."""

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace: apt-get install strace")


def run(what: str, root: Path, bundle: Path, *strace: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["strace", "-qq", *strace, sys.executable, "-B", "-m", "tests.bundle.cut", what, root, bundle],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def version_that_runs(root: Path) -> int:
    """The version of the current slot, after every file in it was compared with its manifest."""
    slot = root / "opt/cloister" / (root / "opt/cloister/current").readlink()
    manifest = manifests.decode((slot / "manifest.json").read_bytes())
    for file in manifest.files:
        if not file.path.startswith("wheels/"):
            assert hashlib.sha256((slot / file.path).read_bytes()).hexdigest() == file.sha256, file.path
    assert (slot / "venv/program").read_text() == f"version {manifest.version}"
    assert json.loads((slot / "slot.json").read_text())["version"] == manifest.version
    return manifest.version


def prepare(tmp_path: Path, versions: list[int]) -> Path:
    """A box on which these versions were installed, one after the other."""
    root = tmp_path / "prepared"
    here = Box(box(root))
    for version in versions:
        install.install(here.store, write(tmp_path, version), here.steps())
    return root


def changes(log: Path) -> Counter[str]:
    """Count how often each system call was made."""
    return Counter(line.split("(")[0] for line in log.read_text().splitlines() if "(" in line)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "before", "runs"),
    [
        ("install", [7], {7, 8}),
        ("install", [6, 7], {7, 8}),
        ("fail", [6, 7], {7, 8}),
        ("rollback", [8, 9], {8, 9}),
    ],
    ids=["into an empty slot", "into a used slot", "a version that does not come up", "rollback"],
)
def test_killed_at_every_change(what: str, before: list[int], runs: set[int], tmp_path: Path) -> None:
    prepared, bundle = prepare(tmp_path, before), write(tmp_path, 8)
    root, log = tmp_path / "box", tmp_path / "log"
    shutil.copytree(prepared, root, symlinks=True)
    run(what, root, bundle, "-e", f"trace={CHANGES}", "-o", str(log))
    outcomes: Counter[int] = Counter()
    taken_back = 0
    # strace counts each system call on its own.
    for call, times in changes(log).items():
        for number in range(1, times + 1):
            shutil.rmtree(root)
            shutil.copytree(prepared, root, symlinks=True)
            done = run(what, root, bundle, "-e", f"inject={call}:signal=SIGKILL:when={number}", "-o", "/dev/null")
            assert done.returncode == -signal.SIGKILL, f"{call} {number} was not reached: {done.stderr}"
            version = version_that_runs(root)
            assert version in runs, f"killed at {call} {number}"
            outcomes[version] += 1
            here = Box(Store(root))
            # The next start runs the old version, or a new one that was seen to come up.
            settle(here.store)
            after = version_that_runs(root)
            seen = (root / "seen").read_text().split() if (root / "seen").exists() else []
            tested = what == "rollback" or after == before[-1] or str(after) in seen
            assert after in runs and tested, f"killed at {call} {number}"
            if after != version:
                taken_back += 1
            # The box is not stuck: an undisturbed installation succeeds.
            newest = write(tmp_path, 10)
            assert install.install(here.store, newest, here.steps()).version == version_that_runs(root) == 10
    print(
        f"{what}: killed at each of {outcomes.total()} changes; then ran (version: times) {dict(outcomes)}, "
        f"{taken_back} taken back at the next start"
    )
    assert set(outcomes) == runs


@pytest.mark.slow
@pytest.mark.parametrize("what", ["rotation", "revocation"])
def test_killed_while_a_statement_is_accepted(what: str, tmp_path: Path) -> None:
    """The statement is accepted as a whole or not at all. The box believes the keys and the list of before or of after,
    and the statement can be accepted again unless it was accepted."""
    prepared = prepare(tmp_path, [7])
    (prepared / "etc/cloister/keys/other.pub").write_text(OTHER_KEY.public().text())
    content, before, after = {
        "rotation": (
            trust.write_rotation(KEY, THIRD_KEY.public(), MADE),
            ({KEY.id, OTHER_KEY.id}, 0),
            ({THIRD_KEY.id, OTHER_KEY.id}, 0),
        ),
        "revocation": (
            trust.write_revocation(trust.Revocation(1, frozenset({KEY.id}), made=MADE), [OTHER_KEY]),
            ({KEY.id, OTHER_KEY.id}, 0),
            ({OTHER_KEY.id}, 1),
        ),
    }[what]
    given = tmp_path / "statement"
    given.write_bytes(content)
    root, log = tmp_path / "box", tmp_path / "log"
    shutil.copytree(prepared, root, symlinks=True)
    done = run("accept", root, given, "-e", f"trace={CHANGES}", "-o", str(log))
    assert done.returncode == 0, done.stderr
    outcomes: Counter[str] = Counter()
    for call, times in changes(log).items():
        for number in range(1, times + 1):
            shutil.rmtree(root)
            shutil.copytree(prepared, root, symlinks=True)
            done = run("accept", root, given, "-e", f"inject={call}:signal=SIGKILL:when={number}", "-o", "/dev/null")
            assert done.returncode == -signal.SIGKILL, f"{call} {number} was not reached: {done.stderr}"
            here = Box(Store(root))
            known = here.store.trust()
            found = ({key.id for key in known.keys}, known.revoked.number)
            assert found in (before, after), f"killed at {call} {number}"
            outcomes["after" if found == after else "before"] += 1
            if found == before:
                accept(here.store, given, "ann")
            # The box is not stuck: a bundle of a good key is installed.
            bundle = write(tmp_path, 8, OTHER_KEY)
            assert install.install(here.store, bundle, here.steps()).version == version_that_runs(root) == 8
            with pytest.raises(Refused):
                install.install(here.store, write(tmp_path, 9), here.steps())
    print(f"{what}: killed at each of {outcomes.total()} changes; then {dict(outcomes)}")
    assert set(outcomes) == {"before", "after"}


def test_the_order_in_which_changes_are_forced_to_the_disk(tmp_path: Path) -> None:
    """A power cut keeps what was forced to the disk. Every file is forced before the slot is called whole, that before
    the switch, and the switch before the new version is remembered."""
    root = prepare(tmp_path, [6, 7])
    log = tmp_path / "log"
    done = run("install", root, write(tmp_path, 8), "-y", "-s", "0", "-e", f"trace={CHANGES}", "-o", str(log))
    assert done.returncode == 0, done.stderr
    calls = [line for line in log.read_text().splitlines() if str(root) in line or line.startswith("sync")]

    def at(pattern: str) -> int:
        found = [i for i, line in enumerate(calls) if re.search(pattern, line)]
        assert found, pattern
        return found[-1]

    vacated = at(r"^unlink.*/a/slot.json")
    removed = at(r"^(unlink|rmdir).*\"(a|venv|models)\"")
    last_file = max(
        i for i, line in enumerate(calls) if line.startswith("write") and "/a/" in line and ".slot" not in line
    )
    synced, whole = at(r"^sync\("), at(r"^rename.*/a/slot.json")
    listed, switched = at(r"^fsync.*/opt/cloister/a>"), at(r"^rename.*/opt/cloister/current")
    switch_forced, remembered = at(r"^fsync.*/opt/cloister>"), at(r"^rename.*/state.json")
    assert vacated < removed < last_file < synced < whole < listed < switched < switch_forced < remembered
    for model in ("models/voice/voice.onnx", "config/site.yaml"):
        assert any(re.search(rf"^fsync.*/a/{model}>", line) for line in calls)
