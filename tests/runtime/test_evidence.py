"""The evidence of a run: installations, signed models, and a full disk."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.bundle import builder, install, running
from appliance.bundle.store import Store
from appliance.config.box import Settings, load_settings
from appliance.core.ports import PortError
from appliance.records.audit_record import records
from appliance.runtime import evidence
from tests.bundle import synthetic
from tests.conftest import CHECKOUT
from tests.ears import STREAMING
from tests.sealed_daemon import cloister, configure


def test_the_audit_log_records_what_the_installer_did(tmp_path: Path) -> None:
    """Each installation is recorded once, whether it was done before the appliance first ran or while it runs."""
    config = configure(tmp_path)
    state, box = tmp_path / "state", Store(tmp_path / "box")
    details: dict[str, str | int | None] = {"user": "ann", "from": 7, "to": 8}

    def ran(*then: str) -> list[tuple[object, ...]]:
        with evidence.audited_run(config, load_settings(config)) as ledger:
            installations = evidence.Installations(box, state, ledger)
            installations.copy_to_audit_log()
            for event in then:
                with box.locked():
                    box.record(event, **details)
                installations.copy_to_audit_log()
                installations.copy_to_audit_log()
        told = records(state / "audit" / "audit.jsonl")
        return [
            (r["event"], r["entry"], r.get("user"), r.get("from"), r.get("to"), r.get("outcome"))
            for r in told
            if str(r["event"]).startswith("bundle")
        ]

    assert ran() == []
    with box.locked():
        box.record("bundle installed", **{"user": "ben", "from": None, "to": 7, "outcome": "came up"})
    first = ("bundle installed", 1, "ben", None, 7, "came up")
    begun, done = ("bundle rollback begun", 2, "ann", 7, 8, None), ("bundle rolled back", 3, "ann", 7, 8, None)
    assert ran() == [first]
    assert ran("bundle rollback begun", "bundle rolled back") == [first, begun, done]
    assert ran() == [first, begun, done]
    assert cloister(config, "audit", "verify").returncode == 0


@pytest.fixture
def slot(tmp_path: Path) -> tuple[Path, Store]:
    """An installed bundle, whose models are those of the starter profile."""
    store = synthetic.box(tmp_path / "box")
    models = {
        f"models/{name}": bytes(range(256))
        for name in ("voice/v.onnx", "brain/b.gguf", "ctc/head.onnx", "ear/ear.onnx")
    }
    contents = synthetic.files(7) | models
    path = tmp_path / "oakhill-7.cloister-bundle"
    builder.write(synthetic.manifest(7, contents=contents), contents, synthetic.KEY, path)
    install.install(store, path, synthetic.Box(store).steps())
    return store.path("a"), store


def believed(settings: Settings, own: Path) -> Settings:
    """The starter settings, with one ear more and the models of the slot."""
    ear, models = settings.ear, own / "models"
    assert ear.moonshine is not None and ear.ctc is not None
    return replace(
        settings,
        brain=replace(settings.brain, model=models / "brain/b.gguf", embedder=None, answers=None, distress=None),
        voice=replace(settings.voice, model=models / "voice/v.onnx"),
        ear=replace(
            ear,
            moonshine=replace(ear.moonshine, directory=models / "moonshine"),
            ctc=replace(ear.ctc, head=models / "ctc/head.onnx", encoder=models / "moonshine"),
            sherpa=replace(STREAMING, directory=models / "ear", files={}),
        ),
        endpoint=replace(settings.endpoint, finality=None),
    )


@pytest.mark.parametrize("model", ["voice/v.onnx", "brain/b.gguf", "ctc/head.onnx", "ear/ear.onnx"])
@pytest.mark.parametrize("ears", [1, 2])
def test_no_altered_model_is_loaded(
    model: str, ears: int, slot: tuple[Path, Store], starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bit that is flipped in the middle, where every format still parses."""
    own, store = slot
    monkeypatch.setattr(running, "slot", lambda: own)
    monkeypatch.setattr(running, "store", lambda: store)
    settings = believed(load_settings(starter), own)
    if ears == 1:
        settings = replace(settings, ear=replace(settings.ear, moonshine=None))
    assert evidence.signed_models(settings) == settings, "control: untouched"
    file = own / "models" / model
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    if ears == 2 and model.endswith(("ear.onnx", "head.onnx")):
        gone = {"sherpa": None} if model.startswith("ear/") else {"ctc": None}
        assert evidence.signed_models(settings) == replace(settings, ear=replace(settings.ear, **gone))
        return
    with pytest.raises(PortError, match=f"{file}: is not the file that was signed"):
        evidence.signed_models(settings)
    file.unlink()
    with pytest.raises(PortError, match="not the file that was signed"):
        evidence.signed_models(settings)


def test_models_of_an_unsigned_bundle(slot: tuple[Path, Store], starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, store = slot
    monkeypatch.setattr(running, "slot", lambda: own)
    monkeypatch.setattr(running, "store", lambda: store)
    manifest = own / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"version":7', b'"version":8'))
    with pytest.raises(PortError, match="install the bundle again"):
        evidence.signed_models(load_settings(starter))


def test_every_configured_model_has_a_hash_wherever_it_lies(
    slot: tuple[Path, Store], starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model beside the bundle is loaded if its hash is named, and a file that appears in a model's folder counts."""
    own, store = slot
    monkeypatch.setattr(running, "slot", lambda: own)
    monkeypatch.setattr(running, "store", lambda: store)
    settings = believed(load_settings(starter), own)
    assert evidence.signed_models(settings) == settings, "control"
    brain = tmp_path / "other.gguf"
    brain.write_bytes(b"other weights")
    other = replace(settings, brain=replace(settings.brain, model=brain))
    with pytest.raises(PortError, match=r"other\.gguf: is no model of the signed bundle.*trusted_models") as refused:
        evidence.signed_models(other)
    sha256 = hashlib.sha256(brain.read_bytes()).hexdigest()
    assert sha256 in str(refused.value)
    trusting = replace(other, trusted_models=(*settings.trusted_models, sha256))
    assert evidence.signed_models(trusting) == trusting
    ear = tmp_path / "ear"
    ear.mkdir()
    for name in ("ear.onnx", "tokens.txt"):
        (ear / name).write_text(name)
    assert settings.ear.sherpa is not None
    moved = replace(settings, ear=replace(settings.ear, sherpa=replace(settings.ear.sherpa, directory=ear)))
    with pytest.raises(PortError, match=r"ear/ear\.onnx: is no model"):
        evidence.signed_models(moved)
    moved = replace(moved, trusted_models=tuple(running.unsigned(own, moved.models(), ()).values()))
    assert len(moved.trusted_models) == 2 and evidence.signed_models(moved) == moved
    (ear / "lexicon.txt").write_text("x")
    with pytest.raises(PortError, match=r"ear/lexicon\.txt: is no model"):
        evidence.signed_models(moved)
    (ear / "lexicon.txt").unlink()
    outside = replace(
        settings, ear=replace(settings.ear, sherpa=replace(settings.ear.sherpa, files={"model": str(brain)}))
    )
    with pytest.raises(PortError, match=r"other\.gguf: is no model"):
        evidence.signed_models(outside)
    brain.unlink()
    with pytest.raises(PortError, match=r"other\.gguf: No such file"):
        evidence.signed_models(outside)


def test_a_slot_without_a_signature_does_not_start(
    slot: tuple[Path, Store], starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slot is recognised by its place, so removing the signature does not make it a checkout."""
    own, _ = slot
    package = own / "venv/lib/python3.11/site-packages/appliance"
    monkeypatch.setattr(running, "_PACKAGE", package)
    assert running.slot() == own, "control: a slot with its signature"
    (own / "manifest.minisig").unlink()
    assert running.slot() == own
    with pytest.raises(PortError, match=r"manifest\.minisig.*missing"):
        evidence.signed_models(believed(load_settings(starter), own))
    monkeypatch.setattr(running, "_PACKAGE", CHECKOUT / "appliance")
    assert running.slot() is None
    assert evidence.signed_models(load_settings(starter)) == load_settings(starter), "a checkout has no signature"


FULL = """
import pathlib, subprocess, sys, time
from appliance.core.ports import PortError
from appliance.records.audit_record import records
from appliance.records.audit_verify import verify
from appliance.control.client import request
from tests.sealed_daemon import configure, serving
disk = pathlib.Path(sys.argv[1])
config = configure(disk)
socket = disk / "control.sock"
def fill():
    with (disk / "filler").open("ab", buffering=0) as file:
        try:
            while True: file.write(bytes(4096))
        except OSError: pass
with serving(config, "unbounded") as daemon:
    fill()
    asked = 0
    while daemon.poll() is None and asked < 9000:
        try:
            request(socket, "visitor")
            asked += 1
        except PortError: pass
    daemon.wait(20)
    print("ended:", daemon.returncode, daemon.stderr.read())
log = disk / "state" / "audit" / "audit.jsonl"
found = verify(log, [])
assert found.problems == [] and found.torn_bytes == 0, found
noted = sum(record.get("command") == "visitor" for record in records(log))
print("recorded", noted, "of", asked)
assert asked > 100
assert asked <= noted <= asked + 2  # one was kept and refused, one may have been under way
assert list(records(log))[-1]["event"] == "stopped"
again = subprocess.run([sys.executable, "-m", "tests.sealed_daemon", config], capture_output=True, text=True)
print("again:", again.returncode, again.stderr)
(disk / "filler").unlink()
with serving(config) as daemon:
    print("back:", request(socket, "status")["ok"])
"""


@pytest.mark.slow
def test_a_full_disk_stops_the_daemon_until_there_is_room(tmp_path: Path) -> None:
    """A real daemon with its state on a file system of four megabytes, which then fills up."""
    unshare = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not make mount namespaces here")
    (tmp_path / "code.py").write_text(textwrap.dedent(FULL))
    (tmp_path / "disk").mkdir()
    script = 'mount -t tmpfs -o size=4m tmpfs "$1" && exec "$2" "$3" "$1"'
    done = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", tmp_path / "disk", sys.executable, tmp_path / "code.py"],
        cwd=CHECKOUT,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ended: 1" in done.stdout and "No space left on device; make room" in done.stdout
    assert "again: 1 cloister: audit log" in done.stdout and "back: True" in done.stdout
