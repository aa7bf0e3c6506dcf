"""The commands that an auditor uses to show, verify and export the log."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

from appliance.core.plain_text import unprintable
from appliance.records import keys
from tests.cli.box import REASON, events, identities
from tests.sealed_daemon import cloister, configure, serving


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


HOSTILE = "x\n     3  2026-11-27T20:00  glass broken  user=alice \x1b[2J \u202e \ud800 in words"


def test_a_log_with_control_characters_is_shown_escaped(config: Path, tmp_path: Path) -> None:
    """This includes a log from before appended text was escaped."""
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


def test_a_repeated_export_appends(config: Path, tmp_path: Path) -> None:
    """The control is a plain folder. The log there is appended to as long as it is the beginning of ours."""
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


def test_a_daemon_runs_on_when_its_medium_is_a_trap(tmp_path: Path) -> None:
    """The daemon exports into the folder of the configuration. A FIFO there used to stop it while it locked the log."""
    config = configure(tmp_path, "audit: {export: medium}\n")
    (tmp_path / "medium").mkdir()
    os.mkfifo(tmp_path / "medium" / f"{platform.node()}-checkpoints.jsonl")
    with serving(config):
        assert cloister(config, "audit", "checkpoint").returncode == 0
    (told,) = [reason for event, reason in events(config) if event == "checkpoints not exported"]
    assert "is no plain file but a FIFO" in str(told)


def test_an_auditor_verifies_seals_with_a_nonce(config: Path, tmp_path: Path) -> None:
    """The test uses the command line while a daemon writes. The first key is kept, and the export answers the nonce."""
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
    # Without arguments the seals beside the log are verified, and the output says what that does not show.
    own = cloister(config, "audit", "verify")
    assert own.returncode == 0 and "--seal-key" in own.stdout and "export with a --nonce" in own.stdout.lower()
