"""Visitors on several lines at once are measured, and what is measured is kept for each number of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from appliance.bench.demo.scenario import load_clips
from appliance.bench.lines import measure
from appliance.bench.lines.measure import Figures, Result
from appliance.bench.lines.visitors import Visitor, load_asks
from appliance.brain.knowledge import entries
from appliance.brain.responder import Reply
from appliance.brain.state import ResponderState
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.core.facts import Message, Outcome, Transcript
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.devices.wave import WaveLine
from appliance.runtime import admission
from appliance.runtime.engines import Engines
from tests.fakes import LoudnessVad, ScriptedEarStream, ScriptedResponder, ToneVoice, spoken

CLIPS = load_clips()
ASKS = load_asks()


@dataclass
class Knowing(ScriptedResponder):
    """Answers every question of the visitors, all but one with the right fact."""

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        clip = next(name for name in ASKS.asks if CLIPS[name].says == heard.text)
        fact = "fact:another" if clip == "q_coffee" else ASKS.asks[clip]
        return Reply(state, spoken(["Here you are.", Outcome("continue", "answer", (fact,))]))


class Ears:
    """Each line's ear hears what its visitor says, from another place of the list."""

    def __init__(self, lines: int) -> None:
        self._firsts = iter(range(0, len(ASKS.asks), len(ASKS.asks) // lines))

    def stream(self) -> ScriptedEarStream:
        says = [CLIPS[name].says for name in ASKS.asks]
        first = next(self._firsts)
        return ScriptedEarStream(says[first:] + says[:first])


def test_what_visitors_ask_is_recorded_and_known_to_the_site() -> None:
    site = load_site(ASKS.site)
    known = {entry.id for entry in entries(site, {})}
    assert set(ASKS.asks) <= set(CLIPS) and set(ASKS.asks.values()) <= known


def test_two_visitors_at_once_are_measured(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines = Engines(LoudnessVad(), Ears(2), ToneVoice(), lambda *_: Knowing([]), {})
    monkeypatch.setattr(measure, "assemble", lambda *_: engines)
    figures = measure.measure(load_settings(starter), 2, 30.0, 0.5, "fast")
    assert figures.lines == 2 and figures.asked >= 8 and figures.silent == 0 and figures.lost_s == 0
    assert figures.right == figures.asked - 1, "the coffee"
    # Nothing tells these ears when a turn is over but silence, of which the longest is waited for.
    longest_ms = load_settings(starter).endpoint.unfinished_ms
    assert 100 < figures.gap_median <= figures.gap_p95 < longest_ms
    assert 0.15 < figures.speaking <= 0.35


def test_a_visitor_who_got_no_reply_yet_has_no_figures() -> None:
    visitor = Visitor(WaveLine(16_000, "fast"), [(CLIPS["park"], "fact:parking")], 0, 0.5)
    assert len(visitor.asked) == 1 and visitor.measured() == []


def row(lines: int, p95: float, silent: int = 0, lost_s: float = 0.0) -> Figures:
    return Figures(lines, 20, 19, silent, 400.0, p95, 0.3, 0.1 * lines, 0.01, 40.0, lost_s, 3.0)


def test_the_most_lines_are_those_that_hold_with_all_smaller_numbers() -> None:
    rows = (row(1, 700), row(2, 900), row(4, 800, silent=1), row(8, 900))
    assert [one.holds for one in rows] == [True, True, False, True]
    assert Result("model", "machine", rows).most == 2
    assert Result("model", "machine", (row(1, 1000), row(2, 900))).most == 0
    assert Result("model", "machine", (row(1, 999, lost_s=0.1),)).most == 0


def test_the_figures_are_shown_as_a_table_a_document_and_a_picture() -> None:
    result = Result("model", "machine", (row(1, 700), row(8, 1900)))
    assert "most lines with p95 under one second: 1" in result.table()
    assert [one.figure for one in result.document()][-1] == "1"
    drawn = ElementTree.fromstring(result.picture())
    told = drawn.findtext("{http://www.w3.org/2000/svg}desc") or ""
    assert "95 %: 700 at 1, 1.9e+03 at 8" in told and "wrong: 5 at 1" in told


def test_a_run_that_was_broken_off_goes_on_where_it_was(
    starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[int] = []

    def child(config: Path, number: int, talk_s: float) -> Figures:
        measured.append(number)
        if number == 4 and measured.count(4) == 1:
            raise PortError("4 lines could not be measured: killed")
        return row(number, 500.0 * number)

    monkeypatch.setattr(measure, "_in_child", child)
    settings = replace(load_settings(starter), prepared=tmp_path / "prepared")
    with pytest.raises(PortError, match="killed"):
        measure.bench(settings, starter, tmp_path, (1, 2, 4))
    result = measure.bench(settings, starter, tmp_path, (1, 2, 4))
    assert measured == [1, 2, 4, 4] and (tmp_path / "lines.svg").exists()
    measure.keep(settings, result)
    assert admission.most_lines(settings) == 1
    with pytest.raises(PortError, match="no number of lines held"):
        measure.keep(settings, Result("model", "machine", (row(1, 2000),)))


def test_an_operator_may_name_numbers_of_lines() -> None:
    assert measure.numbers_of(["8", "2", "8"]) == [2, 8] and measure.numbers_of([]) == measure.NUMBERS
    for wrong in ("many", "0", "-1", "201", "1.5", "²"):
        with pytest.raises(PortError, match="is no number of lines from 1 to 200"):
            measure.numbers_of([wrong])
