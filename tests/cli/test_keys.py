"""Keys, from their making to the proof of their destruction."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.attestation import proc
from appliance.core.ports import PortError
from appliance.records import keys, recordings
from tests.cli.box import REASON, events, identities
from tests.sealed_daemon import cloister, serving


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


def test_a_credential_of_the_service_takes_precedence_over_the_folder(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = cloister(config, "keys", "show").stdout
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "box-key").write_text(keys.generate("box-key"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    after = cloister(config, "keys", "show").stdout
    assert str(tmp_path / "credentials" / "box-key") in after and before.splitlines()[0] != after.splitlines()[0]


def test_the_destruction_of_a_box_is_proved(config: Path, tmp_path: Path) -> None:
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
def test_a_file_system_that_keeps_overwritten_data_is_reported(
    kind: str, options: str, told: str | None, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proc, "file_system", lambda path: (kind, options.split(",")))
    found = proc.keeps_overwritten(tmp_path)
    assert (told in str(found)) if told else found is None
    done = cloister(config, "keys", "destroy", "--yes", "--reason", REASON)
    assert (told in done.stderr and "shred the whole device" in done.stderr) if told else done.stderr == ""
    assert json.loads(done.stdout)["copies"] == found


def test_a_destroyed_box_has_no_key_to_seal_with(config: Path, tmp_path: Path) -> None:
    with serving(config):
        pass
    place = tmp_path / "state" / "audit" / "seal-key"
    assert any(place.read_bytes())
    done = cloister(config, "keys", "destroy", "--yes", "--reason", REASON)
    assert done.returncode == 0 and not place.exists() and str(place) in done.stdout
    assert cloister(config, "audit", "verify").returncode == 0, "what was sealed stays sealed"
