"""``cloister demo``: the real daemon on its real models talks with a recorded visitor, and every answer is checked.

The demonstration writes ``conversation.wav`` (visitor left, appliance right), ``report.json`` and, in a checkout,
``timelines.png`` into a directory.
"""

from __future__ import annotations

import faulthandler
import json
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from appliance.bench.checkout import open_workbench
from appliance.bench.demo import report
from appliance.bench.demo.scenario import Clip, Scenario, load_clips, load_scenario
from appliance.bench.demo.visitor import Exchange, Hangs, Visitor, converse, measure_audible
from appliance.config.box import Settings, load_settings
from appliance.config.site import Site, load_site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import (
    AudioDropped,
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    Fact,
    ReplyInterrupted,
    Stamped,
    TurnEnded,
)
from appliance.core.mailbox import Mailbox
from appliance.core.ports import PortError
from appliance.devices.wave import WaveLine
from appliance.hearing.overload import TOO_BUSY
from appliance.runtime.appliance import Appliance
from appliance.runtime.assemble import assemble, running
from appliance.runtime.engines import Engines

LIMIT_S = 600.0
"""The longest time, in seconds, of a demonstration. A longer one hangs, and its process is ended."""

_LOST_S = 1.0
"""Seconds of lost audio from which replies may be wrong or missing. Less has no effect."""

RIGHT, WRONG, HANGS = 0, 1, 3


def run_demo(
    settings_path: Path, output: Path, *, fast: bool = False, aloud: bool = False, as_json: bool = False
) -> int:
    """Run the demonstration. Returns 0 when every answer was right, 1 when one was wrong, 3 when it did not end.

    ``fast`` leaves out the waiting. The answers are the same, but response times then say nothing about real time.
    Raises ConfigError or PortError when the appliance cannot be started at all.
    """
    scenario, clips = load_scenario(), load_clips()
    settings, site = load_settings(settings_path), load_site(scenario.site)
    output.mkdir(parents=True, exist_ok=True)
    settings = replace(settings, site=scenario.site, state=output / "state", control_socket=None)
    shutil.rmtree(settings.state, ignore_errors=True)
    begins = datetime.fromisoformat(scenario.now)
    view = _View(quiet=as_json, timeless=fast)
    view.say("loading the models")
    engines = assemble(settings, site, lambda: begins)
    with _time_limit(LIMIT_S), telephone(settings, site, engines, scenario.noise_dbfs, fast=fast) as (appliance, line):
        visitor = Visitor(line, listening(appliance, line), view.show)
        appliance.open_line(line.microphone, line.speaker)
        appliance.visitor_arrived()
        entries, hung = _talk(scenario, clips, visitor, line, settings.state, view)
        if hung is not None:
            hung = _failure(appliance) or (view.too_busy or _with_stacks(hung))
        with_sound = line.recording()
        rate_hz = line.speaker.rate_hz
        line.save_stereo(output / "conversation.wav")
    result = {
        "scenario": scenario.now,
        "pace": "fast" if fast else "real",
        "models": _models(settings),
        **report.summary(entries),
        "hung": hung,
        "turns": entries,
    }
    (output / "report.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    missing = _draw(output / "timelines.png", entries, *with_sound, rate_hz)
    spoken = sum(step.only_if == "" for step in scenario.steps)
    right = hung is None and len(entries) >= spoken and all(line["right"] for line in entries)
    if as_json:
        print(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        view.verdict(result, output, missing)
    if aloud:
        # The picture is drawn afterwards, so that the measured conversation has the machine for itself.
        from appliance.devices.sound_card import play

        play(settings.audio, with_sound[0] + with_sound[1], rate_hz)
    return HANGS if hung is not None else RIGHT if right else WRONG


def _draw(path: Path, entries: list[dict[str, Any]], visitor: Samples, voice: Samples, rate_hz: int) -> str | None:
    """Write the picture of the time lines. Returns the reason where it cannot be drawn, else None."""
    try:
        time_lines = open_workbench("time_lines")
    except PortError as error:
        return f"no picture: {error}"
    missing: str | None = time_lines.draw(path, entries, visitor, voice, rate_hz)
    return missing


@contextmanager
def telephone(
    settings: Settings, site: Site, engines: Engines, noise_dbfs: float, *, fast: bool
) -> Iterator[tuple[Appliance, WaveLine]]:
    """Make an appliance, and the devices of a line that is still to be opened."""
    with running(settings, site, engines) as appliance:
        pace: Literal["fast", "real"] = "fast" if fast else "real"
        yield appliance, WaveLine(engines.voice.rate_hz, pace, noise_dbfs=noise_dbfs)


def listening(appliance: Appliance, line: WaveLine) -> Mailbox[Stamped]:
    """Subscribe a visitor to the line's facts. At the fast pace the line also waits until the visitor has acted."""
    facts = appliance.subscribe()
    line.settled = lambda: appliance.settled() and not facts.busy
    return facts


def _talk(
    scenario: Scenario, clips: dict[str, Clip], visitor: Visitor, line: WaveLine, state: Path, view: _View
) -> tuple[list[dict[str, Any]], str | None]:
    """Go through the scenario. Returns the report's entries, and the reason if it was broken off."""
    exchanges: list[Exchange] = []
    wrong: list[list[str]] = []
    try:
        for exchange in converse(scenario.steps, clips, visitor):
            exchanges.append(exchange)
            measure_audible(exchanges, line.recording()[1], line.speaker.rate_hz)
            if view.timeless:
                exchange.words_known_s = exchange.first_token_s = exchange.first_clause_s = None
            if exchange.cut:
                continue
            book = report.read_book(state)
            for judged in exchanges[len(wrong) :]:
                wrong.append(report.problems(judged.step.expect, judged, book))
                view.times(judged, wrong[-1])
    except Hangs as error:
        wrong += [["the appliance did not get so far"]] * (len(exchanges) - len(wrong))
        return _entries(exchanges, wrong), str(error)
    return _entries(exchanges, wrong), None


def _failure(appliance: Appliance) -> str | None:
    """The error that ended the appliance, if there was one."""
    try:
        appliance.wait(timeout_s=0)
    except PortError as error:
        return str(error)
    return None


def _with_stacks(hung: str) -> str:
    """Print every thread's stack to the terminal, for a hang without another explanation."""
    faulthandler.dump_traceback()
    return f"the appliance hangs: {hung}"


def _entries(exchanges: list[Exchange], wrong: list[list[str]]) -> list[dict[str, Any]]:
    return [report.entry(exchange, found) for exchange, found in zip(exchanges, wrong, strict=True)]


def _models(settings: Settings) -> dict[str, str]:
    return {
        "ear": ", ".join(settings.ear.configured),
        "brain": settings.brain.model.name,
        "voice": settings.voice.model.name,
    }


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """End the process when a thread is stuck where nothing else can reach it."""

    def give_up() -> None:
        print(f"cloister: the demonstration hangs: not over after {seconds:.0f} s", file=sys.stderr, flush=True)
        os._exit(HANGS)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class _View:
    """The conversation as it happens, for a terminal."""

    def __init__(self, *, quiet: bool, timeless: bool) -> None:
        self.timeless = timeless
        """whether the pace is fast, where the wall clock says nothing about the stream"""
        self.too_busy: str | None = None
        """text that is set once audio was lost, which explains wrong and missing replies"""
        self._lost_s = 0.0
        self._colour = sys.stdout.isatty() and not quiet
        self._told: Callable[[str], None] = (lambda text: None) if quiet else (lambda text: print(text, flush=True))

    def say(self, text: str) -> None:
        self._told(text)

    def show(self, fact: Fact, at_s: float) -> None:
        """Show a fact that a listener would notice."""
        clock = f"{int(at_s) // 60:02d}:{at_s % 60:04.1f}"
        match fact:
            case AudioDropped():
                self._lost_s += fact.samples / SAMPLE_RATE_HZ
                if self._lost_s >= _LOST_S:
                    lost = f"{self._lost_s:.0f} s of what the visitor said were lost"
                    self.too_busy = f"{TOO_BUSY} ({lost}); try `cloister demo --fast`"
            case ConversationOpened():
                self._told(self._paint("2", f"{clock}  --- conversation {fact.conversation_id} ---"))
            case ConversationClosed():
                self._told(self._paint("2", f"{clock}  --- over: {fact.reason} ---"))
            case TurnEnded():
                words = fact.transcript.text or "(no words)"
                ear = self._paint("2", f"   heard by {fact.transcript.ear} ({fact.transcript.confidence:.2f})")
                self._told(f"{clock}  {self._paint('36', 'visitor  ')} {words}{ear}")
            case ClauseVoiced():
                self._told(f"{clock}  {self._paint('33', 'appliance')} {fact.text}")
            case ReplyInterrupted():
                self._told(self._paint("2", f"{clock}            (interrupted)"))

    def times(self, exchange: Exchange, wrong: list[str]) -> None:
        """Show the times and the verdict of a line."""
        times = report.times_ms(exchange)
        steps = " -> ".join(f"{stage} {ms:.0f}" for stage, ms in times.items() if ms is not None)
        mark = self._paint("31;1", "WRONG") if wrong else self._paint("32", "right")
        again = f", said {exchange.attempts} times" if exchange.attempts > 1 else ""
        self._told(self._paint("2", f"         end of speech -> {steps} ms{again}  ") + mark)
        if exchange.silent_after_s is not None:
            self._told(self._paint("2", f"         silent {1000 * exchange.silent_after_s:.0f} ms after interruption"))
        for problem in wrong:
            self._told(self._paint("31", f"         {exchange.clip.id}: {problem}"))

    def verdict(self, result: dict[str, Any], output: Path, missing: str | None) -> None:
        """Show the verdict of the demonstration."""
        timelines = missing or f"{output / 'timelines.png'}"
        self._told("")
        if result["hung"] is not None:
            self._told(self._paint("31;1", result["hung"]))
        elif self.too_busy is not None:
            self._told(self._paint("31", self.too_busy))
        gap = "" if result["gap_median_ms"] is None else f", response gap {result['gap_median_ms']:.0f} ms (median)"
        pace = " at fast pace: times say nothing" if result["pace"] == "fast" else ""
        self._told(f"{result['right']} of {result['lines']} replies right{gap}{pace}")
        self._told(f"{output / 'conversation.wav'}  {output / 'report.json'}  {timelines}")

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text
