"""The response gap is measured on enough turns, and its parts add up."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import pairwise

from appliance.bench import gap
from appliance.bench.demo.scenario import load_clips, load_scenario
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.runtime.engines import Engines
from appliance.tools.appointments import AppointmentBook
from tests.bench.demo.test_runner import ObedientResponder
from tests.fakes import LoudnessVad, ScriptedEar, ToneVoice

SCENARIO = load_scenario()
CLIPS = load_clips()


def test_there_are_enough_turns_and_every_visitor_says_goodbye() -> None:
    steps = gap.steps_of(SCENARIO, CLIPS)
    assert len(steps) >= 40
    assert {step.line for step in steps} == set(CLIPS)
    assert steps[-1].expect.closes
    for step, following in pairwise(steps):
        if following.new_visitor:
            assert step.expect.closes


def test_gap_and_floor_over_all_turns(starter, monkeypatch) -> None:
    def assemble(settings, site, now) -> Engines:
        book = AppointmentBook(next(tool.options for tool in site.tools), settings.state, now)
        steps = gap.steps_of(SCENARIO, CLIPS)
        # Every line is answered twice: in the conversation and for the floor.
        responder = ObedientResponder(book, steps=steps * 2)
        ear = ScriptedEar([CLIPS[step.line].says for step in steps])
        return Engines(LoudnessVad(), ear, ToneVoice(), lambda *_: responder, {"appointments": book})

    monkeypatch.setattr(gap, "assemble", assemble)
    monkeypatch.setattr(gap, "IDLE_S", 0.05)
    settings = load_settings(starter)
    result = gap.bench(settings, load_site(SCENARIO.site), datetime(2026, 1, 1), fast=True)
    figures = {figure.name.strip(): figure for figure in result.figures}
    assert result.turns == len(gap.steps_of(SCENARIO, CLIPS)) and result.silent == 0
    assert figures["response gap"].samples >= 40
    assert figures["floor"].median >= figures["silence that ends a turn"].median >= settings.endpoint.end_ms - 40
    assert figures["response gap"].median >= figures["end of speech to end of turn"].median
    assert 0.8 < figures["response gap / floor (ratio)"].median < 3
    assert result.startup_s > 0 and result.memory_peak_mb >= result.memory_rest_mb > 10
    assert "response gap" in result.table() and str(result.turns) in result.table()


def test_the_cpu_share_rises_with_work() -> None:
    def work() -> None:
        begun = time.process_time()
        while time.process_time() - begun < 0.1:
            pass

    assert gap._cpu_share(work) > 3 * gap._cpu_share(lambda: time.sleep(0.3))


def test_the_book_is_emptied(tmp_path) -> None:
    site = load_site(SCENARIO.site)
    book = AppointmentBook(
        next(tool.options for tool in site.tools), tmp_path, lambda: datetime.fromisoformat(SCENARIO.now)
    )
    slot = {"doctor": "Doctor Chen", "date": "2026-11-25", "time": "10:00", "name": "John Smith"}
    assert book.call("book", slot).ok
    assert not book.call("book", slot).ok
    gap._empty_the_book(tmp_path)
    assert book.call("book", slot).ok
