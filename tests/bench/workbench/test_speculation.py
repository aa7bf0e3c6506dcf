"""The arithmetic of the speculation benchmark; the conversations themselves take minutes of real time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.bench.demo.scenario import Clip, Step
from appliance.bench.demo.visitor import Exchange
from appliance.bench.workbench import speculation, speculation_cost
from appliance.bench.workbench.speculation import Run, Speculation
from appliance.config.box import load_settings
from appliance.core.facts import AudioDropped, SpeechStarted
from appliance.core.turn import Turn

STARTER = Path(__file__).resolve().parents[3] / "models" / "starter" / "cloister.yaml"


class Voice:
    def __init__(self, said: list[tuple[Turn, float]]) -> None:
        self.said = said


class Model:
    def __init__(self, made: list[Turn], left: list[tuple[Turn, int]]) -> None:
        self.made, self.left, self.ahead_s = made, left, 1.5


def exchange(speech_end_s: float, ended_s: float | None, audible_s: float | None) -> Exchange:
    clip = Clip("a", "hello", "anna", np.zeros(1, np.float32), 0, 1)
    held = Exchange(Step(line="a"), clip)
    held.speech_end_s, held.turn_ended_s, held.first_audible_s = speech_end_s, ended_s, audible_s
    return held


def figures(**more: object) -> Run:
    plain, right, wrong = Turn(1), Turn(2, speculative=True), Turn(3, speculative=True)
    right.confirm()
    wrong.cancel()
    exchanges = [exchange(1.0, 1.3, 1.4), exchange(5.0, 5.5, 5.56), exchange(9.0, 9.4, None)]
    voice = Voice([(plain, 1.0), (right, 0.5), (wrong, 0.3), (wrong, 0.3)])
    model = Model([plain, right, right, wrong, wrong, wrong], [(plain, 30), (right, 10), (wrong, 99)])
    rest = {"cpu_s": 6.0, "lost_ms": 0.0, "broken_off": "", **more}
    return speculation._figures(True, exchanges, voice, model, **rest)  # type: ignore[arg-type]


def test_times_count_where_a_reply_was_heard_and_waste_where_it_was_not_confirmed() -> None:
    run = figures()
    assert run.turns == 3
    assert run.gap_ms[0] == pytest.approx(480) and run.delay_ms[0] == pytest.approx(400)
    assert run.over_ms[0] == pytest.approx(80)
    assert (run.speculations, run.confirmed) == (2, 1)
    assert run.wasted_tokens == pytest.approx(1.0) and run.wasted_synthesis_s == pytest.approx(0.2)
    assert run.synthesis_s == pytest.approx(0.5) and run.cpu_s == pytest.approx(2.0)
    assert run.prompt_left == 20 and run.ahead_s == pytest.approx(0.5)


def test_lost_audio_is_added_up() -> None:
    lost = speculation._Lost()
    for fact in (AudioDropped(1600, 1.0), SpeechStarted(1.0), AudioDropped(800, 2.0)):
        lost.take(fact, 1.0)
    assert lost.ms == pytest.approx(150.0)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({}, []),
        ({"lost_ms": 120.0}, ["120 ms of microphone audio were lost"]),
        ({"broken_off": "nothing was said for 30 s", "lost_ms": 5.0}, ["broken off after 3 turns", "worth nothing"]),
    ],
)
def test_a_run_that_lost_audio_calls_its_figures_invalid(more: dict[str, object], said: list[str]) -> None:
    table = Speculation("a machine", (figures(**more),)).table()
    assert all(part in table for part in said)
    assert ("lost" in table) == ("lost_ms" in more)


def test_the_largest_possible_waste_is_reported_without_times() -> None:
    table = Speculation("a machine", (figures(),), figures()).table()
    (line,) = [line for line in table.splitlines() if "at most" in line]
    assert "2 guessed, 1 right, 1.0 tokens and 0.20 s of sound a turn for nothing" in line and "ms" not in line


def test_three_conversations_are_held_and_the_last_one_is_fast(monkeypatch) -> None:
    held: list[tuple[bool, bool]] = []

    def hold(settings, site, limit, *, fast=False):
        held.append((settings.endpoint.speculate, fast))
        return figures()

    monkeypatch.setattr(speculation, "_hold", hold)
    measured = speculation.measure(load_settings(STARTER), None, 1)  # type: ignore[arg-type]
    assert held == [(True, False), (False, False), (True, True)] and measured.bound is not None


def test_the_cost_is_what_a_run_without_speculation_does_not_take(monkeypatch) -> None:
    held: list[tuple[bool, bool]] = []

    def hold(settings, site, limit, *, fast=False):
        held.append((settings.endpoint.speculate, fast))
        return figures() if settings.endpoint.speculate else figures(cpu_s=4.5)

    monkeypatch.setattr(speculation, "_hold", hold)
    cost = speculation_cost.measure(load_settings(STARTER), None, 1)  # type: ignore[arg-type]
    assert held == [(True, True), (True, True), (False, True)]
    rows = {row.what: row.figure for row in cost.document()}
    assert rows["... of it speculation (less a run without)"] == "+0.50 s"
    assert rows["... of it the language model, while visitors speak"] == "0.50 s"
    assert all(row in cost.table() for row in rows) and "cloister-starter" in cost.table()


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    run = figures(lost_ms=20.0)
    assert run.over_each_ms == pytest.approx((100, 60))
    assert speculation.draw(tmp_path / "gaps.png", Speculation("a machine", (run, run), run)) is None
    assert (tmp_path / "gaps.png").stat().st_size > 5_000
