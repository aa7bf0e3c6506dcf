"""Measures what speculation gains and costs: the speculation part of ``cloister bench turns``.

The recorded visitors of the demonstration hold their conversation with the daemon in real time, once as configured and
once with ``endpoint.speculate`` off. Wasted work is counted where it is done: tokens of the language model and seconds
of synthesized sound for turns that were cancelled without having been confirmed.

It needs a machine that does nothing else. Where the appliance does not keep up, microphone audio is lost, and with it
the end of a line that the visitor then waits for. Such a conversation is broken off. Its figures are those of the lines
before, and the lost audio is reported.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import numpy as np

from appliance.bench.demo.report import machine
from appliance.bench.demo.runner import listening, telephone
from appliance.bench.demo.scenario import load_clips, load_scenario
from appliance.bench.demo.visitor import Exchange, Hangs, Visitor, converse, measure_audible
from appliance.bench.markdown import Row
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import AudioDropped, Fact, Message
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import PortError, Session, Voice, Voiced
from appliance.core.turn import Turn
from appliance.engines.llm.llama import LlamaSession
from appliance.runtime.assemble import assemble

GOAL_MS = 80.0
"""The most milliseconds, at the median, from the end of a turn to its reply."""


@dataclass(frozen=True, slots=True)
class Run:
    """Figures of one conversation. Times are in milliseconds, as medians and 95th percentiles over turns."""

    speculating: bool
    turns: int
    gap_ms: tuple[float, float]
    """end of speech to the first audible sample of the reply"""
    delay_ms: tuple[float, float]
    """end of speech to the end of the turn"""
    over_ms: tuple[float, float]
    """the gap less the delay of its turn"""
    speculations: int
    confirmed: int
    prompt_left: float
    """tokens of the prompt that the language model still had to evaluate when a confirmed reply was asked for, the
    fact that it says included: the median over replies that it phrased"""
    wasted_tokens: float
    """wasted tokens of the language model, per turn"""
    wasted_synthesis_s: float
    """seconds of wasted sound, per turn"""
    synthesis_s: float
    """seconds of sound for confirmed replies, per turn"""
    cpu_s: float
    """processor time of the whole process, per turn"""
    ahead_s: float
    """processor time of the language model while visitors speak: reading their words and judging whether they have
    finished, per turn"""
    over_each_ms: tuple[float, ...]
    """each gap less the delay of its turn"""
    lost_ms: float
    """microphone audio that the appliance was too slow to take. Figures of a run that lost any are not valid"""
    broken_off: str = ""
    """the reason why not all lines were held, or empty"""


@dataclass(frozen=True)
class Speculation:
    """Runs with and without speculation."""

    machine: str
    runs: tuple[Run, ...]
    bound: Run | None = None
    """a run with speculation, as fast as possible. All work that is begun ends before the visitor can go on, so no busy
    machine can waste more. Its times say nothing"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for run in self.runs:
            name = "speculating" if run.speculating else "without"
            for what, (median, p95) in (
                ("end of speech to first sound", run.gap_ms),
                ("end of speech to end of turn", run.delay_ms),
                ("end of turn to first sound", run.over_ms),
            ):
                yield Row(f"{name}: {what}, median (95th percentile)", f"{median:.0f} ms ({p95:.0f} ms)", run.turns)
            yield Row(f"{name}: guessed, right", f"{run.speculations}, {run.confirmed}", run.turns)
            wasted = f"{run.wasted_tokens:.1f} tokens, {run.wasted_synthesis_s:.2f} s of sound"
            yield Row(f"{name}: made for nothing, a turn", wasted, run.turns)
            yield Row(f"{name}: tokens of the prompt left at the end of a turn, median", f"{run.prompt_left:.0f}")
            yield Row(f"{name}: processor time a turn", f"{run.cpu_s:.2f} s", run.turns)

    def table(self) -> str:
        lines = [
            f"speculation, {self.runs[0].turns} turns of the demonstration in real time on {self.machine}",
            f"  {'':<10} {'gap, ms':>14} {'end of turn, ms':>16} {'gap over it, ms':>16} {'guessed':>8} {'right':>6}"
            f" {'prompt left':>12} {'wasted tokens':>13} {'wasted sound':>13}",
        ]
        for run in self.runs:
            medians = (f"{median:.0f} ({p95:.0f})" for median, p95 in (run.gap_ms, run.delay_ms, run.over_ms))
            gap, delay, over = medians
            lines.append(
                f"  {'with' if run.speculating else 'without':<10} {gap:>14} {delay:>16} {over:>16}"
                f" {run.speculations:>8} {run.confirmed:>6}"
                f" {run.prompt_left:>12.0f} {run.wasted_tokens:>8.1f}/turn {run.wasted_synthesis_s:>6.2f} s/turn"
            )
        for run in self.runs:
            name = "with" if run.speculating else "without"
            lines.append(
                f"  {name}: {run.turns} turns, {run.cpu_s:.2f} s of processor time a turn,"
                f" {run.synthesis_s:.2f} s of sound a turn that was said"
            )
            if run.broken_off:
                lines.append(f"  {name}: broken off after {run.turns} turns: {run.broken_off}")
            if run.lost_ms:
                lines.append(
                    f"  {name}: {run.lost_ms:.0f} ms of microphone audio were lost, the machine was too busy; the"
                    " figures are worth nothing, run it again with nothing else running"
                )
        if self.bound is not None:
            lines.append(
                f"  at most (fast pace, {self.bound.turns} turns): {self.bound.speculations} guessed,"
                f" {self.bound.confirmed} right, {self.bound.wasted_tokens:.1f} tokens and"
                f" {self.bound.wasted_synthesis_s:.2f} s of sound a turn for nothing,"
                f" {self.bound.synthesis_s:.2f} s of sound a turn said,"
                f" {self.bound.prompt_left:.0f} tokens of the prompt left"
            )
        return "\n".join(lines)


def draw(path: Path, measured: Speculation) -> str | None:
    """Write the picture of the gaps over the end of the turn. Returns the reason where matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return "no picture: matplotlib is not installed"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    named = [("speculating" if run.speculating else "without", run) for run in measured.runs]
    if measured.bound is not None:
        named.append(("speculating, computing takes no time", measured.bound))
    longest_ms = max(max(run.over_each_ms, default=0.0) for _, run in named)
    bins = np.linspace(0.0, max(longest_ms, 100.0), 40)
    figure, axes = pyplot.subplots(len(named), 1, figsize=(7, 2 * len(named)), sharex=True, layout="constrained")
    for axis, (name, run) in zip(np.atleast_1d(axes), named, strict=True):
        axis.hist(run.over_each_ms, bins=bins, color="#d1495b" if run.speculating else "#8a8a8a")
        lost = f", {run.lost_ms:.0f} ms of audio lost" if run.lost_ms else ""
        axis.set_title(f"{name}: {run.turns} turns, median {run.over_ms[0]:.0f} ms{lost}", fontsize=10)
        axis.axvline(GOAL_MS, color="#cccccc", linewidth=0.8, zorder=0)
        axis.set_ylabel("turns")
    np.atleast_1d(axes)[-1].set_xlabel("first sound of the reply after the end of the turn, ms")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return None


class _CountingVoice:
    """A voice that counts how much sound it made for each turn."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self.said: list[tuple[Turn, float]] = []

    @property
    def rate_hz(self) -> int:
        return self._voice.rate_hz

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        for voiced in self._voice.synthesize(text, turn, manner):
            self.said.append((turn, len(voiced.samples) / self.rate_hz))
            yield voiced


class _CountingModel:
    """A language model that counts how many tokens it made for each turn, and the time that it works ahead."""

    def __init__(self, model: LlamaSession) -> None:
        self._model = model
        self.made: list[Turn] = []
        self.left: list[tuple[Turn, int]] = []
        """prompt tokens, those of the fact included, that were not yet evaluated when a reply was asked for, by turn"""
        self.ahead_s = 0.0
        """processor time of work ahead. Its threads work alike, so it is that of the caller's thread, times their
        number"""

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None:
        with self._counted():
            self._model.prefill(messages, partial, turn)

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        with self._counted():
            return self._model.end_of_turn_probability(messages, text)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        began_s = time.thread_time()
        yield
        self.ahead_s += (time.thread_time() - began_s) * self._model.threads

    def forget(self, kept: Sequence[Message]) -> None:
        self._model.forget(kept)

    def generate(
        self,
        messages: Sequence[Message],
        turn: Turn,
        *,
        max_tokens: int = 160,
        grammar: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[str]:
        evaluated = self._model.evaluated_tokens
        pieces = self._model.generate(messages, turn, max_tokens=max_tokens, grammar=grammar, temperature=temperature)
        for number, piece in enumerate(pieces):
            if number == 0:
                self.left.append((turn, self._model.evaluated_tokens - evaluated))
            self.made.append(turn)
            yield piece


def measure(settings: Settings, site: Site, limit: int | None) -> Speculation:
    """Hold the conversation twice, or ``limit`` lines of it. Takes minutes of real time. Raises PortError."""
    runs = []
    for speculating in (True, False):
        endpoint = replace(settings.endpoint, speculate=speculating)
        runs.append(_hold(replace(settings, endpoint=endpoint), site, limit))
    return Speculation(machine(), tuple(runs), bound(settings, site, limit))


def bound(settings: Settings, site: Site, limit: int | None, *, speculating: bool = True) -> Run:
    """Measure the most work that speculation can waste. This needs no quiet machine. Raises PortError."""
    endpoint = replace(settings.endpoint, speculate=speculating)
    return _hold(replace(settings, endpoint=endpoint), site, limit, fast=True)


def _hold(settings: Settings, site: Site, limit: int | None, *, fast: bool = False) -> Run:
    scenario, clips = load_scenario(), load_clips()
    begins = datetime.fromisoformat(scenario.now)
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        settings = replace(settings, state=Path(folder), control_socket=None)
        sessions: list[_CountingModel] = []

        def counted(session: Session) -> Session:
            assert isinstance(session, LlamaSession)
            sessions.append(_CountingModel(session))
            return sessions[-1]

        engines = assemble(settings, site, lambda: begins, watch=counted)
        voice = _CountingVoice(engines.voice)
        exchanges: list[Exchange] = []
        broken_off = ""
        watched = replace(engines, voice=voice)
        with telephone(settings, site, watched, scenario.noise_dbfs, fast=fast) as (appliance, line):
            lost = _Lost()
            visitor = Visitor(line, listening(appliance, line), lost.take)
            began_s = time.process_time()
            appliance.open_line(line.microphone, line.speaker)
            appliance.visitor_arrived()
            try:
                exchanges.extend(converse(scenario.steps[:limit], clips, visitor))
            except Hangs as error:
                broken_off = str(error)
            cpu_s = time.process_time() - began_s
            speaker = line.recording()[1]
            rate_hz = line.speaker.rate_hz
    if not exchanges:
        raise PortError(f"bench: the first line was not answered ({broken_off}); {lost.ms:.0f} ms of audio were lost")
    measure_audible(exchanges, speaker, rate_hz)
    (model,) = sessions
    return _figures(settings.endpoint.speculate, exchanges, voice, model, cpu_s, lost.ms, broken_off)


class _Lost:
    """Adds up the audio that the microphone lost."""

    def __init__(self) -> None:
        self.ms = 0.0

    def take(self, fact: Fact, at_s: float) -> None:
        if isinstance(fact, AudioDropped):
            self.ms += 1000 * fact.samples / SAMPLE_RATE_HZ


def _figures(
    speculating: bool,
    exchanges: Sequence[Exchange],
    voice: _CountingVoice,
    model: _CountingModel,
    cpu_s: float,
    lost_ms: float,
    broken_off: str,
) -> Run:
    timed = [
        (e.speech_end_s, e.turn_ended_s, e.first_audible_s)
        for e in exchanges
        if e.turn_ended_s is not None and e.first_audible_s is not None
    ]
    speech, ended, audible = 1000 * np.array(timed, dtype=np.float64).T
    count = len(exchanges)
    turns = {turn for turn, _ in voice.said} | set(model.made)
    guessed = [turn for turn in turns if turn.speculative]
    return Run(
        speculating,
        count,
        _median_p95(audible - speech),
        _median_p95(ended - speech),
        _median_p95(audible - ended),
        len(guessed),
        sum(turn.confirmed for turn in guessed),
        float(np.median([tokens for turn, tokens in model.left if turn.confirmed] or [0])),
        sum(not turn.confirmed for turn in model.made) / count,
        sum(seconds for turn, seconds in voice.said if not turn.confirmed) / count,
        sum(seconds for turn, seconds in voice.said if turn.confirmed) / count,
        cpu_s / count,
        model.ahead_s / count,
        tuple((audible - ended).tolist()),
        lost_ms,
        broken_off,
    )


def _median_p95(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, float]:
    return float(np.median(values)), float(np.percentile(values, 95))
