"""A conversation is recorded from its first word to its end, and nothing outside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.config.site import Privacy, Recording
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.ports import PortError
from appliance.records import keys, recordings
from appliance.records.expiry import Expiry
from tests.control.test_operators import ListLedger
from tests.fakes import ScriptedEar, ScriptedResponder, tone
from tests.runtime.test_appliance import Rig
from tests.sites import SITE

KEY = keys.WrappingKey(bytes(range(32)))


def converse(folder: Path, policy: Recording | None) -> ListLedger:
    ledger = ListLedger()
    rig = Rig(
        ScriptedEar(["canary question"]),
        ScriptedResponder([("canary question", ["Canary answer."])]),
        site=replace(SITE, privacy=Privacy(recording=policy)),
        ledger=ledger,
        archive=recordings.Archive(folder, KEY, days=30),
    )
    rig.line.say(tone(1.0), after_s=3.0)
    rig.run(50)
    return ledger


def test_both_sides_are_recorded_without_the_silence_before(tmp_path: Path) -> None:
    ledger = converse(tmp_path, Recording(days=30, audio=True))
    (kept,) = recordings.listed(tmp_path)
    found = list(recordings.pieces(tmp_path, kept.id, KEY))
    words = [json.loads(piece) for kind, piece in found if kind == "words"]
    assert [(word["who"], word["text"]) for word in words[:2]] == [
        ("visitor", "canary question"),
        ("appliance", "Canary answer."),
    ]
    sound = np.frombuffer(b"".join(piece for kind, piece in found if kind == "audio"), "<i2")
    loud = np.flatnonzero(np.abs(sound) > 1000) / SAMPLE_RATE_HZ
    assert loud[-1] - loud[0] == pytest.approx(1.0, abs=0.01), "all of what was said"
    assert loud[0] <= 1.0, "and at most a second from before it"
    assert [event for event in ledger.events if "recording" in event] == ["recording begun", "recording ended"]


def test_transcripts_can_be_kept_without_sound(tmp_path: Path) -> None:
    converse(tmp_path, Recording(days=30))
    (kept,) = recordings.listed(tmp_path)
    assert {kind for kind, _ in recordings.pieces(tmp_path, kept.id, KEY)} == {"words"}


def test_nothing_is_kept_unless_the_site_says_so(tmp_path: Path) -> None:
    ledger = converse(tmp_path, None)
    assert list(tmp_path.iterdir()) == []
    assert "recording begun" not in ledger.events and "conversation opened" in ledger.events


def test_a_conversation_that_cannot_be_recorded_is_not_held(tmp_path: Path) -> None:
    archive = recordings.Archive(tmp_path / "gone", KEY, days=30)
    (tmp_path / "gone").rmdir()
    (tmp_path / "gone").write_text("a file where the folder was")
    rig = Rig(
        ScriptedEar(["hello"]),
        ScriptedResponder([("hello", ["Hello."])]),
        site=replace(SITE, privacy=Privacy(recording=Recording(days=30))),
        archive=archive,
    )
    rig.line.say(tone(1.0), after_s=0.5)
    with pytest.raises(PortError, match="gone"):
        rig.run(20)


def test_a_calendar_far_ahead_is_reported_once(tmp_path: Path) -> None:
    """The calendar is looked at again each hour."""

    class Ahead(recordings.Archive):
        ahead_s = 40 * 86_400.0

        def calendar_ahead_s(self) -> float:
            return self.ahead_s

    archive = Ahead(tmp_path, KEY, days=30)
    ledger = ListLedger()
    expiry = Expiry(archive, ledger, lambda: None)
    for ahead_s in (0.0, 40 * 86_400.0, 40 * 86_400.0, 0.0, 50 * 86_400.0):
        archive.ahead_s = ahead_s
        expiry.look()
    assert [(record["event"], record["days"]) for record in ledger.records] == [
        ("calendar ahead", 40.0),
        ("calendar ahead", 50.0),
    ]
