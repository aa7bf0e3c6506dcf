"""The verbs for keys, recordings and the log, as an operator meets them: with a daemon, without, and on a full disk."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
import sys
import textwrap
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from appliance.attestation import proc
from appliance.bundle import builder, install, running
from appliance.bundle.store import Store
from appliance.cli import assurance
from appliance.config.box import Settings, load_settings
from appliance.control import operators
from appliance.control.client import Client
from appliance.core.plain_text import unprintable
from appliance.core.ports import PortError
from appliance.records import keys, recordings, retention
from appliance.records.audit_record import records
from tests.bundle import synthetic
from tests.conftest import CHECKOUT
from tests.sealed_daemon import cloister, configure, serving

REASON = "asked for by the data protection officer"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A box with a key and two recordings, and nothing running."""
    config = configure(tmp_path)
    assert cloister(config, "keys", "make", "box-key").returncode == 0
    archive = recordings.Archive(
        tmp_path / "state" / "recordings", keys.load_wrapping_key(tmp_path / "state", make=True), days=30
    )
    for _ in range(2):
        archive.begin()
        archive.add("words", b'{"text": "canary"}')
        archive.add("audio", bytes(3200))
        archive.end()
    return config


def identities(config: Path) -> list[str]:
    return [kept["id"] for kept in json.loads(cloister(config, "recordings", "list", "--json").stdout)]


def events(config: Path) -> list[tuple[object, object]]:
    log = load_settings(config).state / "audit" / "audit.jsonl"
    return [(record["event"], record.get("reason")) for record in records(log)]


def test_a_key_is_made_once_and_never_shown(config: Path, tmp_path: Path) -> None:
    assert "not overwritten" in cloister(config, "keys", "make", "box-key").stderr
    path = tmp_path / "state" / "keys" / "box-key"
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    shown = cloister(config, "keys", "show").stdout
    assert str(path) in shown and path.read_text().splitlines()[1] not in shown
    pem = cloister(config, "keys", "public").stdout
    assert keys.PublicKey.from_pem(pem).fingerprint in shown
    printed = cloister(config, "keys", "make", "box-key", "-o", "-").stdout
    assert keys.SigningKey.from_pem(printed).public.fingerprint not in shown, "made for somewhere else"


def test_a_credential_of_the_service_goes_before_the_folder(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cloister(config, "keys", "show").stdout
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "box-key").write_text(keys.generate("box-key"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    after = cloister(config, "keys", "show").stdout
    assert str(tmp_path / "credentials" / "box-key") in after and before.splitlines()[0] != after.splitlines()[0]


@pytest.mark.parametrize("running", [False, True])
def test_what_is_done_to_a_recording_is_on_the_record_first(config: Path, tmp_path: Path, running: bool) -> None:
    def exercise() -> None:
        kept, gone = identities(config)
        assert cloister(config, "recordings", "wipe", gone).returncode == 3, "a reason is needed"
        assert cloister(config, "recordings", "wipe", gone, "--reason", REASON).returncode == 0
        assert cloister(config, "recordings", "hold", kept, "--reason", REASON).returncode == 0
        refused = cloister(config, "recordings", "wipe", kept, "--reason", REASON)
        assert refused.returncode == 3 and "is on hold" in refused.stderr
        done = cloister(config, "recordings", "export", kept, "--reason", REASON, "-o", tmp_path / "out")
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out" / f"{kept}.jsonl").read_text() == '{"text": "canary"}\n'
        assert (tmp_path / "out" / f"{kept}.wav").stat().st_mode & 0o777 == 0o600
        assert identities(config) == [kept]

    if running:
        with serving(config):
            exercise()
    else:
        exercise()
    found = [event for event in events(config) if str(event[0]).startswith("recording")]
    assert found == [
        *(("recording wiped", REASON), ("recording held", REASON)),
        *(("recording wiped", REASON), ("recording exported", REASON)),
    ], "the attempt that the hold refused is there as well"


def test_the_end_of_a_box_is_proved(config: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    public = keys.load_box_key(state).public
    wrapping = keys.load_wrapping_key(state)
    identity, other = identities(config)
    copy = (state / "recordings" / f"{identity}.rec").read_bytes()
    assert cloister(config, "keys", "destroy", "--reason", REASON).returncode == 3, "--yes is needed"
    cloister(config, "recordings", "hold", other, "--reason", REASON)
    assert "is on hold" in cloister(config, "keys", "destroy", "--yes", "--reason", REASON).stderr
    cloister(config, "recordings", "release", other, "--reason", REASON)
    done = cloister(config, "keys", "destroy", "--yes", "--reason", REASON, "-o", tmp_path / "proof.json")
    assert done.returncode == 0, done.stderr
    proof = json.loads(keys.open_signed((tmp_path / "proof.json").read_text(), public).text)
    assert len(proof["destroyed"]) == 5 and proof["left"] == [] and proof["held elsewhere"] == []
    assert not list((state / "keys").iterdir()) and not list((state / "recordings").iterdir())
    (state / "recordings" / f"{identity}.rec").write_bytes(copy)
    with pytest.raises(PortError):
        list(recordings.pieces(state / "recordings", identity, wrapping))
    assert proof["log"]["count"] == len(events(config)) and events(config)[-1] == ("keys destroyed", REASON)


def test_the_log_is_shown_verified_and_exported(config: Path, tmp_path: Path) -> None:
    medium = tmp_path / "medium"
    medium.mkdir()
    with serving(config):
        done = cloister(config, "audit", "export", "-o", medium, "--log-too")
        assert done.returncode == 0, done.stderr
    (checkpoints,) = medium.glob("*-checkpoints.jsonl")
    pem = tmp_path / "box.pem"
    cloister(config, "keys", "public", "-o", pem)
    verified = cloister(config, "audit", "verify", "--checkpoints", checkpoints, "--key", pem)
    assert verified.returncode == 0 and "the log is what it was" in verified.stdout
    assert "covered by no checkpoint" in verified.stdout, "what came after the export"
    log = tmp_path / "state" / "audit" / "audit.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    cut = cloister(config, "audit", "verify", "--checkpoints", checkpoints, "--key", pem)
    assert cut.returncode == 1 and "are cut off" in cut.stdout
    shown = cloister(config, "audit", "show", "--last", "1").stdout
    assert "started" in shown and len(shown.splitlines()) == 1


def test_what_the_installer_did_is_on_the_record(config: Path, tmp_path: Path) -> None:
    """Once each, whether it was done before the appliance first ran or while it runs."""
    state, box = tmp_path / "state", Store(tmp_path / "box")
    details: dict[str, str | int | None] = {"user": "ann", "from": 7, "to": 8}

    def ran(*then: str) -> list[tuple[object, ...]]:
        with assurance.accounted(config, load_settings(config)) as ledger:
            installations = assurance.Installations(box, state, ledger)
            installations.tell()
            for event in then:
                with box.locked():
                    box.record(event, **details)
                installations.tell()
                installations.tell()
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


# --- what others wrote, and folders that others prepared -----------------------------------------------------------

HOSTILE = "x\n     3  2026-11-27T20:00  glass broken  user=alice \x1b[2J \u202e \ud800 in words"


@pytest.mark.parametrize("verb", ["wipe", "hold", "export", "catch-up"])
def test_a_reason_that_could_pass_for_another_record_is_refused(verb: str, config: Path, tmp_path: Path) -> None:
    about = () if verb == "catch-up" else (identities(config)[0], "-o", tmp_path / "out")
    done = cloister(config, "recordings", verb, *about, "--reason", HOSTILE)
    assert done.returncode == 3 and "cannot be shown: x\\u000a" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "state" / "audit").exists() or "recording" not in str(events(config))


def test_a_log_that_holds_anything_is_shown(config: Path, tmp_path: Path) -> None:
    """Also one from before what was appended was escaped."""
    log = tmp_path / "log.jsonl"
    lines = []
    for number, text in enumerate((HOSTILE, {"x": [HOSTILE]}, None), 1):
        lines.append(json.dumps({"n": number, "event": HOSTILE, HOSTILE: text, "at": HOSTILE, "previous": "0"}))
    log.write_text("\n".join(lines) + "\nno record\n")
    for more in ((), ("--json",), ("--last", "2")):
        done = cloister(config, "audit", "show", "--log", log, *more)
        shown = done.stdout.splitlines()
        assert done.returncode == 0 and len(shown) == (2 if "--last" in more else 3)
        assert not any(unprintable(line) for line in shown)
        assert not any(line.startswith("     3  2026") for line in shown)
    done = cloister(config, "audit", "verify", "--log", log)
    assert done.returncode == 1 and not any(unprintable(line) for line in done.stdout.splitlines())


def test_names_of_files_and_errors_are_shown_as_text(config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "\x1b[2J\n\u202e"
    folder.mkdir()
    for command in (
        ("audit", "verify", "--log", folder / "absent"),
        ("attest", "verify", folder / "absent"),
        ("fleet", "report", folder / "absent"),
        ("audit", "export", "-o", folder),
    ):
        done = cloister(config, *command)
        text = done.stdout + done.stderr
        assert text and not any(unprintable(line) for line in text.splitlines()), text


TRAPS = ["link", "dangling link", "FIFO", "hard link", "folder is a link"]


def trapped(stick: Path, name: str, trap: str, victim: Path) -> Path:
    """A stick on which something waits under the name that will be written; the folder to name."""
    stick.mkdir()
    match trap:
        case "link":
            (stick / name).symlink_to(victim)
        case "dangling link":
            (stick / name).symlink_to(victim.with_name("made through a link"))
        case "FIFO":
            os.mkfifo(stick / name)
        case "hard link":
            (stick / name).hardlink_to(victim)
        case "folder is a link":
            (stick / "inner").symlink_to(victim.parent)
            return stick / "inner"
    return stick


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("what", ["checkpoints", "log", "recording", "public", "key", "proof", "report"])
def test_nothing_is_written_through_a_prepared_medium(what: str, trap: str, config: Path, tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    victim = tmp_path / "root" / "precious"
    victim.write_bytes(b"precious")
    host, recording = platform.node(), identities(config)[0]
    name = {
        "checkpoints": f"{host}-checkpoints.jsonl",
        "log": f"{host}-audit.jsonl",
        "recording": f"{recording}.wav",
    }.get(what, "file")
    folder = trapped(tmp_path / "stick", name, trap, victim)
    commands: dict[str, tuple[object, ...]] = {
        "checkpoints": ("audit", "export", "-o", folder),
        "log": ("audit", "export", "-o", folder, "--log-too"),
        "recording": ("recordings", "export", recording, "--reason", REASON, "-o", folder),
        "public": ("keys", "public", "-o", folder / name),
        "key": ("keys", "make", "box-key", "-o", folder / name),
        "proof": ("keys", "destroy", "--yes", "--reason", REASON, "-o", folder / name),
        "report": ("attest", "-o", folder / name),
    }
    context = serving(config) if what == "report" and trap == "link" else nullcontext()
    with context:
        done = cloister(config, *commands[what])
    assert done.returncode == 3 and len(done.stderr.splitlines()) == 1, done.stdout + done.stderr
    assert victim.read_bytes() == b"precious"
    assert [path.name for path in victim.parent.iterdir()] == ["precious"]
    assert (tmp_path / "state" / "keys" / "box-key").exists(), "nothing is destroyed without a proof"
    if what == "recording":
        assert not list((tmp_path / "stick").glob("*.jsonl"))


def test_exports_that_are_repeated_go_on(config: Path, tmp_path: Path) -> None:
    """Control: a plain folder; the log there is appended to as long as it is the beginning of ours."""
    medium = tmp_path / "medium"
    medium.mkdir()
    copy = medium / f"{platform.node()}-audit.jsonl"
    for _ in range(2):
        assert cloister(config, "audit", "export", "-o", medium, "--log-too").returncode == 0
        assert copy.read_bytes() == (tmp_path / "state" / "audit" / "audit.jsonl").read_bytes()
        cloister(config, "recordings", "hold", identities(config)[0], "--reason", REASON)
    copy.write_bytes(copy.read_bytes().replace(b"log begun", b"log begum"))
    done = cloister(config, "audit", "export", "-o", medium, "--log-too")
    assert done.returncode == 3 and "is not the beginning of this log" in done.stderr
    assert cloister(config, "keys", "public", "-o", tmp_path / "box.pem").returncode == 0
    again = cloister(config, "keys", "public", "-o", tmp_path / "box.pem")
    assert again.returncode == 3 and "nothing is overwritten" in again.stderr


def test_a_daemon_whose_medium_is_a_trap_goes_on(tmp_path: Path) -> None:
    """Its own exports, into the folder of the configuration: a FIFO there used to stop it under the log's lock."""
    config = configure(tmp_path, "audit: {export: medium}\n")
    (tmp_path / "medium").mkdir()
    os.mkfifo(tmp_path / "medium" / f"{platform.node()}-checkpoints.jsonl")
    with serving(config):
        assert cloister(config, "audit", "checkpoint").returncode == 0
    (told,) = [reason for event, reason in events(config) if event == "checkpoints not exported"]
    assert "is no plain file but a FIFO" in str(told)


# --- who, and when ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("running", [False, True])
def test_who_did_it_is_the_kernel_s_word_and_the_claim_stands_beside(
    running: bool, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "alice.the.compliance.officer")
    with serving(config) if running else nullcontext():
        assert cloister(config, "recordings", "hold", identities(config)[0], "--reason", REASON).returncode == 0
    log = load_settings(config).state / "audit" / "audit.jsonl"
    (record,) = [record for record in records(log) if record["event"] == "recording held"]
    assert record["user"] == operators.user_name(operators.login_uid())
    if not running:
        assert record["claims_to_be"] == "alice.the.compliance.officer"


def test_what_was_logged_in_as_is_believed_and_what_was_not_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    for content, expected in (("4294967295", os.getuid()), ("1000\n", 1000), ("", os.getuid()), ("x", os.getuid())):
        monkeypatch.setattr(Path, "read_text", lambda *_, content=content, **__: content)
        assert operators.login_uid() == expected


def test_what_was_never_recorded_cannot_be_accounted_for(config: Path, tmp_path: Path) -> None:
    identity = identities(config)[0]
    with serving(config), Client(tmp_path / "control.sock") as client:
        client.ask("session")
        for odd in ("20260101T000000Z-abcdef", "../" + identity, "", identity + "\n", "x" * 499):
            for event in ("recording wiped", "recording exported", "recording held"):
                with pytest.raises(PortError, match=r"no recording of that id|cannot be shown|control"):
                    client.ask("account", REASON, event=event, recording=odd)
        client.ask("account", REASON, event="recording held", recording=identity)
    assert [event for event, _ in events(config) if str(event).startswith("recording")] == ["recording held"]


@pytest.mark.parametrize("running", [False, True])
def test_a_calendar_far_ahead_waits_for_an_operator(running: bool, config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "state" / "recordings"
    assert cloister(config, "recordings", "catch-up", "--reason", REASON).returncode == 3, "there is nothing to do"
    seen = retention.peek(folder)
    assert seen is not None
    behind = {**asdict(replace(seen, time_s=seen.time_s - 40 * 86_400)), "format": retention.FORMAT}
    (folder / "clock.json").write_text(json.dumps(behind))
    archive = recordings.Archive(folder, keys.load_wrapping_key(tmp_path / "state"), days=0)
    assert archive.expire() == [], "begun in the future, by the time that was put back"
    assert "days ahead of what this box saw pass" in cloister(config, "recordings", "list").stderr
    with serving(config) if running else nullcontext():
        assert cloister(config, "recordings", "catch-up").returncode == 3, "a reason is needed"
        assert cloister(config, "recordings", "catch-up", "--reason", REASON).returncode == 0
    assert ("calendar believed", REASON) in events(config)
    assert "days ahead" not in cloister(config, "recordings", "list").stderr
    assert len(archive.expire()) == 2


@pytest.mark.parametrize(
    ("kind", "options", "told"),
    [
        ("ext4", "rw,relatime", None),
        ("xfs", "rw", None),
        ("tmpfs", "rw", None),
        ("ext4", "rw,data=journal", "has another copy in its journal"),
        ("btrfs", "rw,compress=zstd:3", "writes elsewhere"),
        ("zfs", "rw", "writes elsewhere"),
        ("f2fs", "rw", "writes elsewhere"),
        ("overlay", "rw", "lower layer"),
        ("nfs4", "rw", "on another machine"),
        ("fuse.mergerfs", "rw", "may do what it likes"),
    ],
)
def test_a_file_system_that_keeps_what_was_overwritten_is_told(
    kind: str, options: str, told: str | None, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proc, "file_system", lambda path: (kind, options.split(",")))
    found = proc.keeps_overwritten(tmp_path)
    assert (told in str(found)) if told else found is None
    done = cloister(config, "keys", "destroy", "--yes", "--reason", REASON)
    assert (told in done.stderr and "shred the whole device" in done.stderr) if told else done.stderr == ""
    assert json.loads(done.stdout)["copies"] == found


@pytest.mark.parametrize("path", ["/proc", "/dev/shm", "/"])
def test_the_file_system_of_a_path_is_that_of_findmnt(path: str) -> None:
    said = subprocess.run(["findmnt", "-no", "FSTYPE", "-T", path], capture_output=True, text=True, check=False)
    if said.returncode != 0:
        pytest.skip("findmnt does not tell")
    assert proc.file_system(Path(path))[0] == said.stdout.split()[-1]


@pytest.fixture
def slot(tmp_path: Path) -> tuple[Path, Store]:
    """An installed bundle whose models those of the starter profile stand for."""
    store = synthetic.box(tmp_path / "box")
    models = {f"models/{name}": bytes(range(256)) for name in ("voice/v.onnx", "brain/b.gguf", "ear/ear.onnx")}
    contents = synthetic.files(7) | models
    path = tmp_path / "oakhill-7.cloister-bundle"
    builder.write(synthetic.manifest(7, contents=contents), contents, synthetic.KEY, path)
    install.install(store, path, synthetic.Box(store).steps())
    return store.path("a"), store


def believed(settings: Settings, own: Path) -> Settings:
    """With the models of the slot."""
    ear, models = settings.ear, own / "models"
    assert ear.moonshine is not None and ear.sherpa is not None
    return replace(
        settings,
        brain=replace(settings.brain, model=models / "brain/b.gguf", embedder=None),
        voice=replace(settings.voice, model=models / "voice/v.onnx"),
        ear=replace(
            ear,
            moonshine=replace(ear.moonshine, directory=models / "moonshine"),
            sherpa=replace(ear.sherpa, directory=models / "ear", files={}),
        ),
        endpoint=replace(settings.endpoint, finality=None),
    )


@pytest.mark.parametrize("model", ["voice/v.onnx", "brain/b.gguf", "ear/ear.onnx"])
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
        settings = replace(settings, ear=replace(settings.ear, moonshine=None, pocketsphinx=None))
    assert assurance.signed_models(settings) == settings, "control: untouched"
    file = own / "models" / model
    content = bytearray(file.read_bytes())
    content[100] ^= 1
    file.write_bytes(content)
    if model.startswith("ear/") and ears == 2:
        assert assurance.signed_models(settings) == replace(settings, ear=replace(settings.ear, sherpa=None))
        return
    with pytest.raises(PortError, match=f"{file}: is not the file that was signed"):
        assurance.signed_models(settings)
    file.unlink()
    with pytest.raises(PortError, match="not the file that was signed"):
        assurance.signed_models(settings)


def test_models_of_a_bundle_that_nobody_signed(
    slot: tuple[Path, Store], starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, store = slot
    monkeypatch.setattr(running, "slot", lambda: own)
    monkeypatch.setattr(running, "store", lambda: store)
    manifest = own / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"version":7', b'"version":8'))
    with pytest.raises(PortError, match="install the bundle again"):
        assurance.signed_models(load_settings(starter))


def test_every_configured_model_is_known_wherever_it_lies(
    slot: tuple[Path, Store], starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model beside the bundle is loaded if its hash is named, and a file that appears in a model's folder counts."""
    own, store = slot
    monkeypatch.setattr(running, "slot", lambda: own)
    monkeypatch.setattr(running, "store", lambda: store)
    settings = believed(load_settings(starter), own)
    assert assurance.signed_models(settings) == settings, "control"
    brain = tmp_path / "other.gguf"
    brain.write_bytes(b"other weights")
    other = replace(settings, brain=replace(settings.brain, model=brain))
    with pytest.raises(PortError, match=r"other\.gguf: is no model of the signed bundle.*trusted_models") as refused:
        assurance.signed_models(other)
    sha256 = hashlib.sha256(brain.read_bytes()).hexdigest()
    assert sha256 in str(refused.value)
    trusting = replace(other, trusted_models=(*settings.trusted_models, sha256))
    assert assurance.signed_models(trusting) == trusting
    ear = tmp_path / "ear"
    ear.mkdir()
    for name in ("ear.onnx", "tokens.txt"):
        (ear / name).write_text(name)
    assert settings.ear.sherpa is not None
    moved = replace(settings, ear=replace(settings.ear, sherpa=replace(settings.ear.sherpa, directory=ear)))
    with pytest.raises(PortError, match=r"ear/ear\.onnx: is no model"):
        assurance.signed_models(moved)
    moved = replace(moved, trusted_models=tuple(running.unsigned(own, moved.models(), ()).values()))
    assert len(moved.trusted_models) == 2 and assurance.signed_models(moved) == moved
    (ear / "lexicon.txt").write_text("x")
    with pytest.raises(PortError, match=r"ear/lexicon\.txt: is no model"):
        assurance.signed_models(moved)
    (ear / "lexicon.txt").unlink()
    outside = replace(
        settings, ear=replace(settings.ear, sherpa=replace(settings.ear.sherpa, files={"model": str(brain)}))
    )
    with pytest.raises(PortError, match=r"other\.gguf: is no model"):
        assurance.signed_models(outside)
    brain.unlink()
    with pytest.raises(PortError, match=r"other\.gguf: No such file"):
        assurance.signed_models(outside)


def test_what_lies_in_a_slot_without_a_signature_does_not_start(
    slot: tuple[Path, Store], starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slot is known by its place: removing the signature does not make it a checkout."""
    own, _ = slot
    package = own / "venv/lib/python3.11/site-packages/appliance"
    monkeypatch.setattr(running, "_PACKAGE", package)
    assert running.slot() == own, "control: a slot with its signature"
    (own / "manifest.minisig").unlink()
    assert running.slot() == own
    with pytest.raises(PortError, match=r"manifest\.minisig.*missing"):
        assurance.signed_models(believed(load_settings(starter), own))
    monkeypatch.setattr(running, "_PACKAGE", CHECKOUT / "appliance")
    assert running.slot() is None
    assert assurance.signed_models(load_settings(starter)) == load_settings(starter), "a checkout has no signature"


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
def test_a_full_disk_stops_the_daemon_and_room_brings_it_back(tmp_path: Path) -> None:
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


def test_an_auditor_verifies_seals_with_a_word_of_their_own(config: Path, tmp_path: Path) -> None:
    """Through the command line, with a daemon that writes: the first key is kept, and the export answers the nonce."""
    medium, pem = tmp_path / "medium", tmp_path / "seal.pem"
    medium.mkdir()
    assert "nothing was sealed yet" in cloister(config, "keys", "public", "seal-key").stderr
    with serving(config):
        assert cloister(config, "keys", "public", "seal-key", "-o", pem).returncode == 0
        done = cloister(config, "audit", "export", "-o", medium, "--log-too", "--nonce", "auditor 17")
        assert done.returncode == 0, done.stderr
    (seals,) = medium.glob("*-seals-*.jsonl")
    (log,) = medium.glob("*-audit.jsonl")
    given = ("audit", "verify", "--log", log, "--seals", seals, "--seal-key", pem, "--nonce")
    good = cloister(config, *given, "auditor 17")
    assert good.returncode == 0 and "seals agree" in good.stdout and "cut off" not in good.stdout
    assert keys.read_public(pem).fingerprint in cloister(config, "keys", "show").stdout
    for wrong in (cloister(config, *given, "auditor 18"), cloister(config, *given[:-1], "--nonce", "x", "--json")):
        assert wrong.returncode == 1 and "does not answer the nonce" in wrong.stdout
    log.write_bytes(log.read_bytes().replace(b'"event": "started"', b'"event": "stopped"'))
    assert cloister(config, *given, "auditor 17").returncode == 1
    # Nothing needs to be given: the seals beside the log are looked at, and what that does not show is said.
    own = cloister(config, "audit", "verify")
    assert own.returncode == 0 and "--seal-key" in own.stdout and "export with a --nonce" in own.stdout.lower()


def test_a_destroyed_box_has_no_key_to_seal_with(config: Path, tmp_path: Path) -> None:
    with serving(config):
        pass
    place = tmp_path / "state" / "audit" / "seal-key"
    assert any(place.read_bytes())
    done = cloister(config, "keys", "destroy", "--yes", "--reason", REASON)
    assert done.returncode == 0 and not place.exists() and str(place) in done.stdout
    assert cloister(config, "audit", "verify").returncode == 0, "what was sealed stays sealed"
