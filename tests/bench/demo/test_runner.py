"""The demonstration passes right answers. A wrong answer, a wrong appointment book and a silent appliance fail it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from appliance.bench.demo import runner, visitor
from appliance.bench.demo.scenario import Step, load_clips, load_scenario
from appliance.brain.request import NeedsConfirmation
from appliance.brain.responder import Reply
from appliance.brain.state import ResponderState
from appliance.config.site import load_site
from appliance.core.facts import ROOM, AudioDropped, Message, Outcome, Stamped, Transcript, TurnScored
from appliance.core.turn import Turn
from appliance.hearing.overload import TOO_BUSY
from appliance.runtime.engines import Engines
from appliance.tools.appointments import AppointmentBook
from tests.fakes import LoudnessVad, ScriptedEar, ToneVoice

SCENARIO = load_scenario()
CLIPS = load_clips()
LONG = "come to desk four on the fifth floor " + "and then wait for a nurse " * 8


class ObedientResponder:
    """A responder that says the expected words for each line of the scenario, and keeps the book accordingly."""

    def __init__(
        self, book: AppointmentBook, spoil: str = "", silent_at: str = "", steps: Sequence[Step] = SCENARIO.steps
    ) -> None:
        self.book = book
        self.spoil = spoil
        self.silent_at = silent_at
        self.steps = list(steps)
        self.reference = ""

    def begin(self) -> ResponderState:
        return ResponderState()

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        pass

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        return TurnScored(text, 1.0)

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        return Reply(state, self._pieces(heard, turn))

    def _pieces(self, heard: Transcript, turn: Turn) -> Iterator[str | Outcome]:
        if not turn.confirmed:
            raise NeedsConfirmation
        step = next(step for step in self.steps if CLIPS[step.line].says == heard.text)
        self.steps.remove(step)
        if step.line == self.silent_at:
            while not turn.cancelled:
                pass
            return
        expect = step.expect
        wanted = expect.appointment
        if wanted is not None and step.line != self.spoil:
            slots = {"doctor": wanted.doctor, "date": wanted.date, "time": wanted.time, "name": wanted.name}
            if self.reference:
                self.book.call("reschedule", slots | {"reference": self.reference})
            else:
                self.reference = str(self.book.call("book", slots).data["reference"])
        text = " ".join(pattern.split("|")[0] for pattern in expect.says) or "All right."
        if step.line == "operation":
            text = LONG
        if step.line == self.spoil and wanted is None:
            text = "Bananas."
        if step.line == "bicycle":
            text += " Shall I call someone?"
        yield text + "."
        yield Outcome(
            action="close" if expect.closes else "continue",
            kind=expect.kind[0] if expect.kind else "smalltalk",
            facts=expect.facts,
        )


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace the real engines."""

    def install(**faults: Any) -> None:
        def assemble(settings, site, now) -> Engines:
            book = AppointmentBook(next(tool.options for tool in site.tools), settings.state, now)
            ear = ScriptedEar([CLIPS[step.line].says for step in SCENARIO.steps])
            responder = ObedientResponder(book, **faults)
            return Engines(LoudnessVad(), ear, ToneVoice(), lambda *_: responder, {"appointments": book})

        monkeypatch.setattr(runner, "assemble", assemble)

    return install


def run(starter: Path, output: Path) -> tuple[int, dict]:  # type: ignore[type-arg]
    code = runner.run_demo(starter, output, fast=True, as_json=True)
    return code, json.loads((output / "report.json").read_text())


def test_right_answers_pass(starter, tmp_path, fake, capsys) -> None:
    fake()
    code, result = run(starter, tmp_path)
    assert code == runner.RIGHT, [turn for turn in result["turns"] if turn["problems"]]
    assert result["right"] == result["lines"] == len(SCENARIO.steps)
    assert json.loads(capsys.readouterr().out) == result
    assert (tmp_path / "conversation.wav").stat().st_size > 1_000_000
    interrupted = next(turn for turn in result["turns"] if turn["interrupted"])
    assert interrupted["line"] == "operation"
    assert interrupted["reply"] and interrupted["reply"] != LONG.strip() + "."
    assert 0 < interrupted["silent_after_ms"] < 1000
    for turn in result["turns"]:
        times = list(turn["times_ms"].values())
        assert times[0] is not None and times[0] > 0
        assert times[-1] is not None and times[-1] >= times[0]


def test_the_picture_is_drawn_where_matplotlib_is(starter, tmp_path, fake) -> None:
    pytest.importorskip("matplotlib")
    fake()
    run(starter, tmp_path)
    assert (tmp_path / "timelines.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("line", "problem"), [("director", "lacks 'Margaret Stone'"), ("confirm", "the book holds nothing")]
)
def test_a_wrong_answer_fails(line, problem, starter, tmp_path, fake) -> None:
    fake(spoil=line)
    code, result = run(starter, tmp_path)
    assert code == runner.WRONG
    wrong = next(turn for turn in result["turns"] if turn["line"] == line)
    assert not wrong["right"] and problem in " ".join(wrong["problems"])


def test_a_silent_appliance_is_reported_as_hanging(starter, tmp_path, fake, monkeypatch) -> None:
    monkeypatch.setattr(visitor, "PATIENCE_S", 1.0)
    fake(silent_at="director")
    code, result = run(starter, tmp_path)
    assert code == runner.HANGS
    assert result["hung"] and result["lines"] == 2


def test_a_machine_that_is_too_busy_is_reported_as_busy(starter, tmp_path, fake, monkeypatch, capsys) -> None:
    """Newcomers saw 90 lines of thread stacks and "the appliance hangs"."""
    monkeypatch.setattr(visitor, "PATIENCE_S", 1.0)
    monkeypatch.setattr("faulthandler.dump_traceback", lambda: pytest.fail("stacks were shown"))
    listening = runner.listening

    def loses_audio(appliance, line):
        facts = listening(appliance, line)
        facts.put(Stamped(ROOM, AudioDropped(24_000, 1.0), time.monotonic()))
        return facts

    monkeypatch.setattr(runner, "listening", loses_audio)
    fake(silent_at="director")
    assert runner.run_demo(starter, tmp_path, fast=True) == runner.HANGS
    said = capsys.readouterr().out
    assert f"{TOO_BUSY} (2 s of what the visitor said were lost); try `cloister demo --fast`" in said
    assert "the appliance hangs" not in said


def test_the_clock_shows_the_time_of_the_scenario() -> None:
    site = load_site(SCENARIO.site)
    options = next(tool.options for tool in site.tools)
    begins = datetime.fromisoformat(SCENARIO.now)
    wanted = [step.expect.appointment for step in SCENARIO.steps if step.expect.appointment]
    for appointment in wanted:
        assert appointment is not None and appointment.date > begins.date().isoformat()
    assert {a.doctor for a in wanted if a} <= {doctor["name"] for doctor in options["doctors"]}  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_real_models_hold_the_whole_conversation(starter, tmp_path) -> None:
    code, result = run(starter, tmp_path)
    assert code == runner.RIGHT, [(turn["line"], turn["problems"]) for turn in result["turns"] if turn["problems"]]
