"""The real bundle, from the checkout to a spoken answer: built twice, installed offline, asked, updated, rolled back.

Takes about ten minutes and needs the package registries unless ``build/bundle/wheels`` has every wheel already, so it
runs by `make test-bundle`. The offline part runs in a network namespace without any interface.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, GIVEN_WHEELS

SPEECH = CHECKOUT / "tests/data/pharmacy.flac"

pytestmark = pytest.mark.release

Installer = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The new version is tried out as a user without rights. Every folder above must let that user through, as on a
    box. pytest's own folder does not stay open, because each run that starts closes it again."""
    with tempfile.TemporaryDirectory(prefix="bundles-", dir="/var/tmp") as name:
        made = Path(name)
        made.chmod(0o711)
        yield made


def cloister(*arguments: object) -> None:
    command = [sys.executable, "-m", "appliance", "bundle", *map(str, arguments)]
    if arguments[0] == "build":
        command += GIVEN_WHEELS
    subprocess.run(command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, check=True)


@pytest.fixture(scope="module")
def bundles(folder: Path) -> dict[str, Path]:
    """Two versions, the first one built twice, and one whose health gate cannot be passed."""
    cloister("key", folder / "test", "--no-password")
    key, made = folder / "test.key", {}
    for name, version, more in (
        ("first", 7, ()),
        ("again", 7, ()),
        ("second", 8, ()),
        ("bad", 9, ("--question", SPEECH, "--expect", "on the moon")),
    ):
        made[name] = folder / name / "oakhill.cloister-bundle"
        cloister("build", "-o", made[name], "--version", version, "--key", key, *more)
    return made


@pytest.fixture(scope="module")
def install(folder: Path, bundles: dict[str, Path]) -> Installer:
    """The installer that was written beside the bundle, run by the system's Python without a network."""
    root = folder / "box"
    (root / "etc/cloister/keys").mkdir(parents=True)
    shutil.copy(folder / "test.pub", root / "etc/cloister/keys")
    python = shutil.which("python3", path="/usr/bin:/bin") or sys.executable
    installer = bundles["first"].with_name("cloister-installer.pyz")

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        offline = ["unshare", "--net"] if os.getuid() == 0 else ["unshare", "--net", "--map-root-user"]
        # After the first version, the box installs with its own installed version.
        own = root / "opt/cloister/current/venv/bin/cloister"
        installs = [own, "bundle"] if own.exists() else [python, "-I", installer]
        command = [*offline, *installs, *arguments, "--root", root, "--json"]
        return subprocess.run([str(c) for c in command], env={}, capture_output=True, text=True, check=False)

    return run


def ask(root: Path) -> str:
    """The answer of the running version to a recording."""
    slot = root / "opt/cloister/current"
    settings = slot / "health/cloister.yaml"
    command = ["unshare", "--net", slot / "venv/bin/cloister", "replay", "--fast", "--config", settings, SPEECH]
    run = subprocess.run(
        [str(c) for c in command], env={"PATH": os.defpath}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    # The state that the run wrote into the slot is not signed.
    shutil.rmtree(slot / "health/state")
    return run.stdout


def test_from_checkout_to_a_spoken_answer(folder: Path, bundles: dict[str, Path], install: Installer) -> None:
    assert bundles["first"].read_bytes() == bundles["again"].read_bytes(), "the same inputs give the same bytes"
    root = folder / "box"

    begun = time.monotonic()
    done = install("install", bundles["first"])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["changed"] is True
    print(f"installed {bundles['first'].stat().st_size / 1e6:.0f} MB in {time.monotonic() - begun:.0f} s")
    assert "main hall" in ask(root)

    before = {path: path.lstat().st_mtime_ns for path in (root / "opt").rglob("*")}
    done = install("install", bundles["first"])
    assert (done.returncode, json.loads(done.stdout)["changed"]) == (0, False)
    after = {path: path.lstat().st_mtime_ns for path in (root / "opt").rglob("*")}
    assert after == before

    assert install("status", "--verify").returncode == 0
    code = next(root.glob("opt/cloister/a/venv/lib/python3.*/site-packages/appliance/runtime/appliance.py"))
    good = code.read_bytes()
    code.write_bytes(good + b"\n")
    assert install("status", "--verify").returncode == 1, "a changed line of code is seen"
    code.write_bytes(good)
    planted = code.with_name("evil.pth")
    planted.write_text("import os\n")
    assert install("status", "--verify").returncode == 1, "and so is a file that nobody signed"
    planted.unlink()

    done = install("install", bundles["bad"])
    assert done.returncode == 1 and "on the moon" in done.stderr
    status = json.loads(install("status").stdout)
    assert (status["current"]["version"], status["other"]) == (7, None)

    done = install("install", bundles["second"])
    assert (done.returncode, json.loads(done.stdout)["previous"]) == (0, 7), done.stderr
    assert install("install", bundles["first"]).returncode == 1, "an older one is refused"
    assert json.loads(install("rollback").stdout)["version"] == 7
    assert "main hall" in ask(root)
