"""``cloister bench gap``: measures response gap, memory, start-up and idle load.

The recorded visitors of the demonstration hold their conversations with the daemon in real time, then ask the other
recorded questions. The *gap* of a turn runs from the end of speech, as labelled in the clean recording, to the first
audible sample of the reply, both read from the sound of the line.

The *floor* is the smallest gap that the same engines could reach in any arrangement. It is the silence after which the
turn was called over (which the site configures), plus the time of the engines when they are called directly, one after
the other, on the same audio and conversation, in the same process after the daemon stopped: the ear's last step, the
first clause of the reply, the voice's first piece of sound. The rest of the gap is due to the appliance itself:
threads, mailboxes, devices, the detector's delay, and engines that wait for each other's cores.
"""

from __future__ import annotations

import os
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import soxr

from appliance.bench.demo.report import machine
from appliance.bench.demo.runner import listening, telephone
from appliance.bench.demo.scenario import Clip, Expectation, Scenario, Step, load_clips, load_scenario
from appliance.bench.demo.visitor import Exchange, Hangs, Visitor, converse, measure_audible
from appliance.bench.markdown import Row
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.conversation.history import History
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Outcome
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.language.english import ENGLISH
from appliance.runtime.assemble import assemble
from appliance.runtime.engines import Engines
from appliance.speaking import clauses

IDLE_S = 10.0
"""Seconds without speech in which the idle load is measured."""

QUESTIONS_EACH = 6
"""Number of the further questions after which a visitor says good-bye."""

_PREROLL_S = 0.4
"""Seconds before the start of a turn from which the ear hears it, as in the daemon."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity over all turns."""

    name: str
    median: float
    p95: float
    samples: int


@dataclass(frozen=True, slots=True)
class Gap:
    """All figures. Times are in milliseconds, memory in 10^6 bytes."""

    machine: str
    turns: int
    silent: int
    """number of turns without an audible reply, which the figures leave out"""
    figures: tuple[Figure, ...]
    startup_s: float
    """seconds from the start of the process until the appliance listens"""
    memory_rest_mb: float
    memory_peak_mb: float
    idle_cpu_share: float
    """CPU time as a share of one core, while no visitor speaks"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for f in self.figures:
            yield Row(f"{f.name}: median, 95th percentile", f"{f.median:.2f}, {f.p95:.2f}", f.samples)
        yield Row("turns without a reply", f"{self.silent}", self.turns)
        yield Row("start-up until it listens", f"{self.startup_s:.1f} s", 1)
        yield Row("memory at rest, at peak", f"{self.memory_rest_mb:.0f} MB, {self.memory_peak_mb:.0f} MB", 1)
        yield Row("nobody speaks", f"{100 * self.idle_cpu_share:.1f} % of one core", 1)

    def table(self) -> str:
        """The figures as text for a terminal."""
        return "\n".join(
            [
                f"{self.turns} turns in real time on {self.machine}; {self.silent} without a reply",
                f"{'milliseconds':<44} {'median':>8} {'p95':>8} {'n':>4}",
                *(f"{f.name:<44} {f.median:>8.2f} {f.p95:>8.2f} {f.samples:>4}" for f in self.figures),
                f"start-up to ready  {self.startup_s:.1f} s",
                f"memory             {self.memory_rest_mb:.0f} MB at rest, {self.memory_peak_mb:.0f} MB at peak",
                f"nobody speaks      {100 * self.idle_cpu_share:.1f} % of one core",
            ]
        )


@dataclass(frozen=True, slots=True)
class Bare:
    """Times of one turn by the engines alone, in seconds."""

    silence_s: float
    ear_s: float
    brain_s: float
    voice_s: float

    @property
    def floor_s(self) -> float:
        return self.silence_s + self.ear_s + self.brain_s + self.voice_s


def bench(settings: Settings, site: Site, now: datetime, *, fast: bool = False) -> Gap:
    """Measure this box, which takes minutes of real time. ``now`` is not used, because the scenario sets the clock.

    ``fast`` leaves out the waiting, and what the wall clock says about a turn. Raises PortError when the appliance
    hangs.
    """
    scenario, clips = load_scenario(), load_clips()
    begins = datetime.fromisoformat(scenario.now)
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        settings = replace(settings, state=Path(folder), control_socket=None)
        engines = assemble(settings, site, lambda: begins)
        with telephone(settings, site, engines, scenario.noise_dbfs, fast=fast) as (appliance, line):
            visitor = Visitor(line, listening(appliance, line))
            appliance.open_line(line.microphone, line.speaker)
            startup_s = _process_age_s()
            idle_cpu_share = _cpu_share(lambda: time.sleep(IDLE_S))
            memory_rest_mb = _resident_mb()
            appliance.visitor_arrived()
            try:
                exchanges = list(converse(steps_of(scenario, clips), clips, visitor))
            except Hangs as error:
                raise PortError(f"bench: the appliance hangs: {error}") from None
            microphone, speaker = line.recording()
            rate_hz = line.speaker.rate_hz
        measure_audible(exchanges, speaker, rate_hz)
        if fast:
            for exchange in exchanges:
                exchange.words_known_s = exchange.first_token_s = exchange.first_clause_s = None
        _empty_the_book(settings.state)
        heard = soxr.resample(microphone, rate_hz, SAMPLE_RATE_HZ).astype(np.float32)
        bare = list(_bare_calls(engines, exchanges, heard))
    answered = [(e, b) for e, b in zip(exchanges, bare, strict=True) if e.first_audible_s is not None]
    return Gap(
        machine=machine(),
        turns=len(exchanges),
        silent=len(exchanges) - len(answered),
        figures=tuple(_figures(answered)),
        startup_s=startup_s,
        memory_rest_mb=memory_rest_mb,
        memory_peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        idle_cpu_share=idle_cpu_share,
    )


def steps_of(scenario: Scenario, clips: Mapping[str, Clip]) -> list[Step]:
    """The steps of the scenario, followed by every other recording as a question of further visitors."""
    steps = list(scenario.steps)
    goodbye = steps[-1]
    used = {step.line for step in steps}
    others = [name for name in clips if name not in used]
    for first in range(0, len(others), QUESTIONS_EACH):
        steps += [Step(line=name, new_visitor=n == 0) for n, name in enumerate(others[first : first + QUESTIONS_EACH])]
        steps.append(Step(line=goodbye.line, expect=Expectation(closes=True)))
    return steps


def _bare_calls(engines: Engines, exchanges: Sequence[Exchange], heard: Samples) -> Iterator[Bare]:
    """Repeat every turn by direct calls, with the same audio, the same words and the same history."""
    responder = engines.responder(engines.tools, lambda: None)
    history, state = History(), responder.begin()
    ear = engines.ear.stream()
    for number, exchange in enumerate(exchanges):
        if exchange.step.new_visitor:
            history, state = History(), responder.begin()
        begin = max(0, round((exchange.speech_start_s - _PREROLL_S) * SAMPLE_RATE_HZ))
        end = round((exchange.turn_ended_s or exchange.speech_end_s) * SAMPLE_RATE_HZ)
        ear.start()
        for frame in range(begin, end, FRAME_SAMPLES):
            ear.accept(heard[frame : min(frame + FRAME_SAMPLES, end)])
        ear_s = _seconds(ear.finish)
        brain_s, clause = 0.0, next(clauses.split([exchange.reply], ENGLISH), "")
        if exchange.words:
            turn = Turn(number)
            responder.listen(exchange.words, history.messages, turn)
            transcript = replace(exchange.heard[-1], text=exchange.words)
            begun_s = time.monotonic()
            reply = responder.reply(state, transcript, history.messages, turn)
            spoken = clauses.split((piece for piece in reply.pieces if isinstance(piece, str)), ENGLISH)
            clause = next(spoken, clause)
            brain_s = time.monotonic() - begun_s
            state = reply.state.given(" ".join([clause, *spoken]), Outcome())
            history = history.visitor_said(exchange.words)
        history = history.visitor_heard(exchange.reply)
        voice_s = _seconds(partial(next, engines.voice.synthesize(clause, Turn(0)))) if clause else 0.0
        yield Bare(exchange.silence_s, ear_s, brain_s, voice_s)


def _figures(answered: Sequence[tuple[Exchange, Bare]]) -> Iterator[Figure]:
    def ms(since_s: float | None, until_s: float | None) -> float | None:
        return None if since_s is None or until_s is None else 1000 * (until_s - since_s)

    quantities: dict[str, Callable[[Exchange, Bare], float | None]] = {
        "response gap": lambda e, b: ms(e.speech_end_s, e.first_audible_s),
        "  end of speech to end of turn": lambda e, b: ms(e.speech_end_s, e.turn_ended_s),
        "  end of turn to words known": lambda e, b: ms(e.turn_ended_s, e.words_known_s),
        "  words known to first token": lambda e, b: ms(e.words_known_s, e.first_token_s),
        "  first token to first clause voiced": lambda e, b: ms(e.first_token_s, e.first_clause_s),
        "  first clause voiced to first audible": lambda e, b: ms(e.first_clause_s, e.first_audible_s),
        "floor": lambda e, b: 1000 * b.floor_s,
        "  silence that ends a turn": lambda e, b: 1000 * b.silence_s,
        "  ear, last step": lambda e, b: 1000 * b.ear_s,
        "  brain, first clause": lambda e, b: 1000 * b.brain_s,
        "  voice, first piece": lambda e, b: 1000 * b.voice_s,
        "response gap / floor (ratio)": lambda e, b: (ms(e.speech_end_s, e.first_audible_s) or 0) / (1000 * b.floor_s),
    }
    for name, quantity in quantities.items():
        values = [value for value in (quantity(exchange, bare) for exchange, bare in answered) if value is not None]
        if values:
            yield Figure(name, float(np.median(values)), float(np.percentile(values, 95)), len(values))


def _seconds(call: Callable[[], object]) -> float:
    begun_s = time.monotonic()
    call()
    return time.monotonic() - begun_s


def _cpu_share(wait: Callable[[], None]) -> float:
    """CPU seconds of this process per second of ``wait``."""
    begun_s, used_s = time.monotonic(), time.process_time()
    wait()
    return (time.process_time() - used_s) / (time.monotonic() - begun_s)


def _process_age_s() -> float:
    """Seconds since this process was started, as the kernel counts them."""
    after_name = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2]
    started_s = int(after_name.split()[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - started_s


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _empty_the_book(state: Path) -> None:
    """Delete the appointments of the conversations, so that the same words have the same effect again."""
    path = state / "appointments.sqlite3"
    if path.exists():
        with closing(sqlite3.connect(path)) as book, book:
            book.execute("DELETE FROM appointments")
