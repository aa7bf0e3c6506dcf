"""Folders that an attacker prepared: nothing is written through a trap, and file names are shown as plain text."""

from __future__ import annotations

import os
import platform
from contextlib import nullcontext
from pathlib import Path

import pytest

from appliance.core.plain_text import unprintable
from tests.cli.box import REASON, identities
from tests.sealed_daemon import cloister, serving


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
    """A stick with a trap under the name that will be written. Returns the folder to name."""
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
