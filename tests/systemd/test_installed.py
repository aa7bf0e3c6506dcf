"""The real signed bundle on a booted machine: installed by the installer, attested against its manifest, altered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.engines.catalog import CATALOG, load_catalog
from tests.conftest import GIVEN_WHEELS
from tests.containers import CHECKOUT, Machine, need_containers
from tests.systemd.kiosk import Kiosk, install_sound
from tests.systemd.test_attested import CLOISTER, taken

pytestmark = pytest.mark.slow

SLOT = "opt/cloister/a"
PREPARED = "var/lib/private/cloister/prepared"


def cloister(*arguments: object) -> None:
    subprocess.run(
        [sys.executable, "-m", "appliance", "bundle", *map(str, arguments)],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        check=True,
    )


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """A machine with only Debian, a key and a stick, installed as OPERATOR.md says."""
    need_containers()
    stick = tmp_path_factory.mktemp("stick")
    cloister("key", stick / "release", "--no-password")
    cloister(
        *("build", "--output", stick / "7.cloister-bundle", "--version", 7, "--key", stick / "release.key"),
        *GIVEN_WHEELS,
    )
    folder = CHECKOUT / "build" / "machines" / "installed"
    shutil.rmtree(folder, ignore_errors=True)
    machine = Machine("installed", folder, mounts={"/stick": stick})
    try:
        install_sound(machine)
        machine.boot()
        machine.run("install", "-D", "-m", "644", "/stick/release.pub", "/etc/cloister/keys/release.pub")
        machine.run(
            "/usr/bin/python3",
            "-I",
            "/stick/cloister-installer.pyz",
            "install",
            "/stick/7.cloister-bundle",
            within_s=900,
        )
        yield Kiosk(machine)
    finally:
        machine.discard()


def prepared(box: Kiosk) -> dict[str, int]:
    """When each file that is prepared from the site was written, in ns."""
    return {path.name: path.stat().st_mtime_ns for path in (box.machine.root / PREPARED).rglob("*") if path.is_file()}


def test_the_first_start_finds_the_language_of_the_site_prepared(box: Kiosk, told: list[str]) -> None:
    before = prepared(box)
    assert before, box.machine.journal("cloister-prepare")
    box.machine.run("systemctl", "enable", "cloister")
    begun = time.monotonic()
    box.machine.run("systemctl", "start", "cloister")
    told.append(f"installed, first start: listens after {time.monotonic() - begun:.1f} s")
    assert prepared(box) == before
    box.must_answer()


def test_everything_is_as_in_the_signed_manifest(box: Kiosk, told: list[str]) -> None:
    lines = {line.id: line for line in taken(box).lines}
    told.append(", ".join(f"{name}: {line.verdict}" for name, line in lines.items()))
    manifest = json.loads((box.machine.root / SLOT / "manifest.json").read_text())
    code, models, configuration = (lines[name] for name in ("code", "models", "configuration"))
    assert (code.verdict, models.verdict, configuration.verdict) == ("ok", "ok", "ok"), (code, models, configuration)
    assert code.evidence["bundle"]["version"] == manifest["version"] == 7
    assert code.evidence["bundle"]["manifest_sha256"] == code.evidence["manifest"]
    assert models.evidence["compared with"] == f"/{SLOT}/manifest.json" and not models.evidence["not in there"]
    assert configuration.evidence["other than in the signed bundle"] == []
    assert not [line.id for line in lines.values() if line.verdict == "fail"]
    # By hand, without our code (the signature by minisign, which is not on this machine).
    box.machine.shell(f"cd /{SLOT}; sha256sum --quiet -c code.sha256")
    assert code.evidence["manifest"] in box.machine.run("sha256sum", f"/{SLOT}/manifest.json")


def test_the_installation_is_recorded(box: Kiosk) -> None:
    told = [json.loads(line) for line in box.machine.run(CLOISTER, "audit", "show", "--json").splitlines()]
    (done,) = [record for record in told if record["event"] == "bundle installed"]
    assert (done["from"], done["to"], done["outcome"]) == (None, 7, "not started by the installer") and done["user"]
    before = len(told)
    refused = box.machine.shell(f"{CLOISTER} bundle install /stick/release.pub || true")
    assert "cloister: " in refused
    box.machine.wait_for(
        "a record",
        lambda: "bundle refused" in box.machine.run(CLOISTER, "audit", "show", "--last", "3"),
        10,
    )
    assert len(box.machine.run(CLOISTER, "audit", "show", "--json").splitlines()) > before
    assert 'verdict": "ok' in box.machine.run(CLOISTER, "audit", "verify", "--json")


def test_the_list_of_models_is_on_the_box(box: Kiosk) -> None:
    shown = json.loads(box.machine.run(CLOISTER, "models", "--json"))
    assert len(shown) == len(load_catalog(CATALOG).models) > 20


@contextmanager
def altered(path: Path, content: bytes) -> Iterator[None]:
    whole = path.read_bytes()
    path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(whole)


def test_altered_code_and_configuration_are_attested(box: Kiosk) -> None:
    code = next(box.machine.root.glob(f"{SLOT}/venv/lib/python3.*/site-packages/appliance/runtime/appliance.py"))
    site = box.machine.root / "etc/cloister/site.yaml"
    with altered(code, code.read_bytes() + b"\n"), altered(site, site.read_bytes() + b"\n"):
        lines = {line.id: line for line in taken(box).lines}
        assert lines["code"].verdict == "fail" and code.name in str(lines["code"].evidence["bundle"])
        assert lines["configuration"].evidence["changed since it started"] == ["site"]
        assert lines["configuration"].evidence["other than in the signed bundle"] == ["site"]
    lines = {line.id: line for line in taken(box).lines}
    assert (lines["code"].verdict, lines["configuration"].verdict) == ("ok", "ok")


def test_a_flipped_bit_that_still_parses_is_refused(box: Kiosk, told: list[str]) -> None:
    voice = next(box.machine.root.glob(f"{SLOT}/models/voice/*.onnx"))
    content = bytearray(voice.read_bytes())
    content[len(content) // 2] ^= 1
    with altered(voice, bytes(content)):
        box.machine.run(CLOISTER, "say", "Good morning.", "-o", "/var/tmp/control.wav")  # control: the engine takes it
        mark = box.mark()
        box.machine.run("systemctl", "--no-block", "restart", "cloister")
        box.machine.wait_for("a refusal", lambda: "status=3" in box.journal_since(mark), 120)
        said = [line for line in box.journal_since(mark).splitlines() if line.startswith("cloister: ")]
        assert f"{voice.name}: is not the file that was signed" in said[-1], said
        told.append(f"a flipped bit: refuses, {said[-1]!r}")
    told.append(f"put back: listens after {box.must_listen():.1f} s")
    box.must_answer()
