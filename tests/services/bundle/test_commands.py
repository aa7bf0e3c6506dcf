"""The verbs as an operator calls them: exit codes, one clear line, JSON that a program reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance import cli
from appliance.services.bundle import commands, consent, install, signing
from appliance.services.bundle.trust import Trust
from tests.services.bundle.synthetic import KEY, Box, box, write


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


def test_what_runs_and_whether_it_is_as_signed(here: Box, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    assert cli.main(["bundle", "verify", str(bundle), "--key", str(key), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["version"], found["key"], found["files"]) == ("good", 7, KEY.id, 7)
    bundle.write_bytes(b"x" + bundle.read_bytes()[1:])
    assert cli.main(["bundle", "verify", str(bundle), "--key", str(key)]) == 1
    assert cli.main(["bundle", "verify", str(tmp_path / "nothing"), "--key", str(key)]) == 2
    assert cli.main(["bundle", "verify", str(bundle), "--key", str(bundle)]) == 2


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
