"""The verbs as an operator calls them: exit codes, one clear line per error, and JSON for programs."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.bundle import commands, consent, install, signing
from appliance.bundle.trust import Trust
from appliance.cli.main import main
from tests.bundle.synthetic import KEY, Box, box, write


@pytest.fixture
def here(tmp_path: Path) -> Box:
    return Box(box(tmp_path / "box"))


def test_an_empty_box(here: Box, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["status", "--root", str(here.store.root)]) == 0
    assert "none" in capsys.readouterr().out
    assert commands.main(["status", "--json", "--root", str(here.store.root)]) == 0
    assert json.loads(capsys.readouterr().out) == {
        **{"current": None, "other": None, "confirmed": True, "floors": {}, "keys": [KEY.id]},
        **{"threshold": 1, "past_keys": {}, "revocation": 0, "today": commands.today()},
    }
    assert commands.main(["rollback", "--root", str(here.store.root)]) == 3
    assert capsys.readouterr().err.count("\n") == 1


def test_status_shows_the_version_and_whether_it_is_as_signed(
    here: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version in (7, 8):
        install.install(here.store, write(tmp_path, version), here.steps())
    status = ["status", "--verify", "--json", "--root", str(here.store.root)]
    assert commands.main(status) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["current"]["version"], found["other"]["version"], found["floors"]) == (8, 7, {"oakhill": 8})
    model = here.store.slots / "current/models/voice/voice.onnx"
    model.write_bytes(model.read_bytes() + b"x")
    assert commands.main(status) == 1
    assert "not the file that was signed" in capsys.readouterr().err
    model.unlink()
    assert commands.main(status) == 1
    manifest = here.store.slots / "current/manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"version":8', b'"version":9'))
    assert commands.main(status) == 1


def test_a_new_version_is_confirmed_or_taken_back(
    here: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--root", str(here.store.root)]
    assert commands.main(["confirm", *root]) == 3, "nothing is installed"
    steps = replace(here.steps(), activate=lambda: None, by_others=True)
    install.install(here.store, write(tmp_path, 7), here.steps())
    for version, verb, runs in ((8, "confirm", 8), (9, "settle", 9), (9, "confirm", 9)):
        install.install(here.store, write(tmp_path, version), steps)
        assert commands.main(["status", *root]) == 0
        assert "confirm" in capsys.readouterr().out
        assert commands.main([verb, *root]) == 0
        assert here.runs() == runs, "and nothing is taken back while somebody may still confirm it"
    capsys.readouterr()
    assert commands.main(["status", "--json", *root]) == 0
    assert json.loads(capsys.readouterr().out)["confirmed"] is True
    with here.store.locked():
        assert commands.main(["settle", *root]) == 0, "an installation that runs looks after its own switch"


def test_verify_says_which_bundle_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle, key = write(tmp_path, 7), tmp_path / "k.pub"
    key.write_text(KEY.public().text())
    assert main(["bundle", "verify", str(bundle), "--key", str(key), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["version"], found["key"], found["files"]) == ("good", 7, KEY.id, 7)
    bundle.write_bytes(b"x" + bundle.read_bytes()[1:])
    assert main(["bundle", "verify", str(bundle), "--key", str(key)]) == 1
    assert main(["bundle", "verify", str(tmp_path / "nothing"), "--key", str(key)]) == 2
    assert main(["bundle", "verify", str(bundle), "--key", str(bundle)]) == 2


def test_keys_and_consents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pair = tmp_path / "ward"
    assert commands.main(["key", str(pair), "--no-password"]) == 0
    secret, public = pair.with_suffix(".key"), pair.with_suffix(".pub")
    assert secret.stat().st_mode & 0o777 == 0o600
    assert signing.read_secret_key(secret).public() == signing.read_public_key(public)
    assert commands.main(["key", str(pair), "--no-password"]) == 2, "a key is never overwritten"

    given = tmp_path / "consent"
    verb = ["consent", "--key", str(secret), "--name", "oakhill", "-o", str(given)]
    assert commands.main([*verb, "--from", "9", "--to", "8"]) == 0
    assert consent.read(given, Trust((signing.read_public_key(public),))).highest == 9
    assert commands.main([*verb, "--from", "9", "--to", "0"]) == 2
    assert commands.main([*verb, "--from", "9", "--to", "8", "--made", "tomorrow"]) == 2
    capsys.readouterr()


def test_a_name_may_have_dots(tmp_path: Path) -> None:
    """`site.b` makes site.b.key, and leaves `site.key` alone."""
    assert commands.main(["key", str(tmp_path / "site.b"), "--no-password"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"site.b.key", "site.b.pub"}


def pair(folder: Path, name: str) -> tuple[str, str]:
    assert commands.main(["key", str(folder / name), "--no-password"]) == 0
    return str(folder / f"{name}.key"), str(folder / f"{name}.pub")


def test_keys_are_cosigned_rotated_and_revoked_by_verbs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second signature, a rotation and a revocation, each by its verb, as on the operator's page."""
    (first, first_pub), (second, second_pub), (third, third_pub) = (pair(tmp_path, name) for name in "abc")
    keys = [signing.read_public_key(Path(path)).id for path in (first_pub, second_pub, third_pub)]
    root = tmp_path / "box"
    here = Box(box(root, signing.read_secret_key(Path(first)), signing.read_secret_key(Path(second))))
    (here.store.keys / "threshold").write_text("2\n")
    bundle = write(tmp_path, 7, signing.read_secret_key(Path(first)))
    trusting = ["--key", first_pub, "--key", second_pub, "--threshold", "2"]
    assert main(["bundle", "verify", str(bundle), *trusting]) == 1
    assert "signed by 1 of the 2" in capsys.readouterr().err
    assert main(["bundle", "sign", str(bundle), "--key", second]) == 0
    assert keys[1] in capsys.readouterr().out
    assert main(["bundle", "verify", str(bundle), *trusting, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["signed_by"] == sorted(keys[:2])
    install.install(here.store, bundle, here.steps())

    statement = str(tmp_path / "statement")
    assert commands.main(["rotate", "--key", first, "--to", first_pub, "-o", statement]) == 2
    assert commands.main(["rotate", "--key", first, "--to", third_pub, "-o", statement]) == 0
    assert commands.main(["accept", statement, "--root", str(root), "--json"]) == 0
    assert f"{keys[2]} follows {keys[0]}" in capsys.readouterr().out
    assert commands.main(["accept", statement, "--root", str(root)]) == 1, "once"

    listing = ["revoke", "--key", second, "--number", "1", "--revoked-bundle", "0" * 64, "-o", statement]
    assert commands.main([*listing, "--revoked-key", "x"]) == 2
    assert commands.main([*listing, "--revoked-key", keys[0]]) == 0
    assert commands.main(["accept", statement, "--root", str(root)]) == 1, "by one of two"
    assert main(["bundle", "sign", statement, "--key", third]) == 0
    assert commands.main(["accept", statement, "--root", str(root)]) == 0
    capsys.readouterr()
    assert commands.main(["status", "--root", str(root)]) == 0
    shown = capsys.readouterr().out
    assert f"past      {keys[0]}, which was revoked" in shown and "2 of them must have signed" in shown
    assert "its key was revoked; install a bundle of another key" in shown
    assert commands.main(["accept", str(tmp_path / "nothing"), "--root", str(root)]) == 2


def test_a_bundle_is_verified_as_it_would_be_installed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "k.pub"
    key.write_text(KEY.public().text())
    old = write(tmp_path, 7, made="2020-01-01", not_after="2020-12-31")
    assert commands.main(["verify", str(old), "--key", str(key)]) == 1
    assert "until 2020-12-31" in capsys.readouterr().err


def test_the_installer_of_the_workbench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The installer without a bundle, which the fleet's controller sends to bare boxes."""
    secret, public = pair(tmp_path, "a")
    capsys.readouterr()
    installer = tmp_path / "out/cloister-installer.pyz"
    assert main(["bundle", "installer", "-o", str(installer), "--key", secret]) == 0
    sha256, _ = capsys.readouterr().out.split()
    assert hashlib.sha256(installer.read_bytes()).hexdigest() == sha256
    signature = installer.with_name(f"{installer.name}.minisig").read_bytes()
    key = signing.read_public_key(Path(public))
    assert signing.verify(installer.read_bytes(), signature, [key], "cloister installer") == key
