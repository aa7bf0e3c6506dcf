"""A recording replayed as fast as possible gives the same facts each time, with the real models."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.records.audit_record import records

SPEECH = Path(__file__).parent / "data" / "pharmacy.flac"


def facts(box: Path) -> list[dict[str, object]]:
    run = subprocess.run(
        [sys.executable, "-m", "appliance", "replay", "--fast", "--json", "--config", str(box), str(SPEECH)],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


@pytest.mark.slow
def test_a_replay_is_the_same_each_time(box: Path) -> None:
    first = facts(box)
    told = {record["event"] for record in records(box.parent / "state" / "audit" / "audit.jsonl")}
    assert {"started", "conversation opened", "replied", "stopped"} <= told, "on the record like a visitor's"
    kinds = {fact["fact"] for fact in first}
    assert {"SpeechStarted", "TurnEnded", "ReplyStarted", "ClauseVoiced", "Played"} <= kinds
    assert facts(box) == first
