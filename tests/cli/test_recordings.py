"""The commands for recordings, with and without a daemon. Each needs a reason."""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from appliance.config.box import load_settings
from appliance.control import operators
from appliance.control.client import Client
from appliance.core.ports import PortError
from appliance.isolation.members import user_name
from appliance.records import keys, recordings, retention
from appliance.records.audit_record import records
from tests.cli.box import REASON, events, identities
from tests.sealed_daemon import cloister, serving


@pytest.mark.parametrize("running", [False, True])
def test_an_action_on_a_recording_is_recorded_first(config: Path, tmp_path: Path, running: bool) -> None:
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


HOSTILE = "x\n     3  2026-11-27T20:00  glass broken  user=alice \x1b[2J \u202e \ud800 in words"


@pytest.mark.parametrize("verb", ["wipe", "hold", "export", "catch-up"])
def test_a_reason_that_could_pass_for_another_record_is_refused(verb: str, config: Path, tmp_path: Path) -> None:
    about = () if verb == "catch-up" else (identities(config)[0], "-o", tmp_path / "out")
    done = cloister(config, "recordings", verb, *about, "--reason", HOSTILE)
    assert done.returncode == 3 and "cannot be shown: x\\u000a" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "state" / "audit").exists() or "recording" not in str(events(config))


@pytest.mark.parametrize("running", [False, True])
def test_the_record_has_the_kernels_user_and_the_claimed_one(
    running: bool, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "alice.the.compliance.officer")
    with serving(config) if running else nullcontext():
        assert cloister(config, "recordings", "hold", identities(config)[0], "--reason", REASON).returncode == 0
    log = load_settings(config).state / "audit" / "audit.jsonl"
    (record,) = [record for record in records(log) if record["event"] == "recording held"]
    assert record["user"] == user_name(operators.login_uid())
    if not running:
        assert record["claims_to_be"] == "alice.the.compliance.officer"


def test_an_unknown_recording_cannot_be_recorded_in_the_log(config: Path, tmp_path: Path) -> None:
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
