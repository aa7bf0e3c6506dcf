"""How many lines are served at once, and what the next caller is told."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.config.box import LineSettings
from appliance.core.facts import ROOM
from appliance.core.ports import PortError
from appliance.devices.wave import WaveLine
from appliance.runtime import admission
from appliance.runtime.admission import Admission, LinesBusy, Slots
from appliance.runtime.appliance import Appliance
from appliance.runtime.engines import Engines
from tests.fakes import VOICE_RATE_HZ, LoudnessVad, ScriptedEar, ScriptedResponder, ToneVoice
from tests.runtime.test_appliance import SETTINGS
from tests.sites import SITE


@pytest.mark.parametrize(
    ("configured", "kept", "expected"),
    [
        (None, None, 4),
        (None, '{"most": 9, "cores": CORES}', 9),
        (7, '{"most": 9, "cores": CORES}', 7),
        (None, '{"most": 9, "cores": 4096}', 4),
        (None, '{"most": "many", "cores": CORES}', 4),
        (None, '{"cores": CORES}', 4),
        (None, "[]", 4),
        (None, "no JSON", 4),
    ],
)
def test_the_limit_is_the_configured_the_measured_or_one_by_cores(
    tmp_path: Path, configured: int | None, kept: str | None, expected: int
) -> None:
    if kept is not None:
        (tmp_path / admission.FILE).write_text(kept.replace("CORES", str(os.cpu_count())))
    settings = replace(SETTINGS, prepared=tmp_path, threads=2, lines=LineSettings(most=configured))
    assert admission.most_lines(settings) == expected


def test_a_measured_limit_is_kept(tmp_path: Path) -> None:
    admission.keep(tmp_path / "prepared", 12)
    assert admission.measured(tmp_path / "prepared") == 12
    (tmp_path / "file").write_text("")
    with pytest.raises(PortError, match="cannot be kept"):
        admission.keep(tmp_path / "file", 12)


def test_callers_at_once_get_no_more_slots_than_there_are() -> None:
    admitting, together, refused = Admission(5), threading.Barrier(20), []

    def call(number: int) -> None:
        together.wait()
        try:
            admitting.admit(f"line-{number}")
        except LinesBusy:
            refused.append(number)

    with ThreadPoolExecutor(20) as callers:
        list(callers.map(call, range(20)))
    assert len(refused) == 15 and admitting.slots == Slots(5, 5)


def test_a_caller_beyond_the_limit_is_refused_until_a_line_closes() -> None:
    engines = Engines(LoudnessVad(), ScriptedEar([]), ToneVoice(), lambda *_: ScriptedResponder([]), {})
    appliance = Appliance(replace(SETTINGS, lines=LineSettings(most=2)), SITE, engines)
    waves = [WaveLine(VOICE_RATE_HZ, "fast", appliance.settled) for _ in range(5)]
    appliance.start()
    try:
        first, second = (appliance.open_line(wave.microphone, wave.speaker, "openai") for wave in waves[:2])
        assert appliance.slots == Slots(2, 2) and appliance.slots.free == 0
        with pytest.raises(LinesBusy, match="2 of 2 lines are taken"):
            appliance.open_line(waves[2].microphone, waves[2].speaker, ROOM)
        assert list(appliance.lines) == [first.id, second.id]
        appliance.close_line(first)
        appliance.close_line(first)
        assert appliance.slots.free == 1
        assert appliance.open_line(waves[3].microphone, waves[3].speaker, ROOM).id == ROOM, "the refused had no id"
    finally:
        appliance.stop()
    assert appliance.slots == Slots(2, 0)


def test_a_line_that_cannot_be_opened_leaves_its_slot_free() -> None:
    def no_memory(*_: object) -> ScriptedResponder:
        raise PortError("language model: no memory")

    engines = Engines(LoudnessVad(), ScriptedEar([]), ToneVoice(), no_memory, {})
    appliance = Appliance(SETTINGS, SITE, engines)
    wave = WaveLine(VOICE_RATE_HZ, "fast", appliance.settled)
    appliance.start()
    try:
        with pytest.raises(PortError, match="no memory"):
            appliance.open_line(wave.microphone, wave.speaker)
        assert appliance.slots == Slots(0, 4)
    finally:
        appliance.stop()
