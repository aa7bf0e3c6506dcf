"""Measures false cut-offs against delay: the end-of-turn part of ``cloister bench turns``.

The measure is that of livekit's eot-bench (its README, "Evaluation Model"). Every silence of a turn is a decision of
its own, with all of the turn before it. A *false cut-off* is a hold of 0.2 to 5 s in which the system would have ended
the turn. The *delay* is the time from the end of the last word to the end of the turn, averaged over turns. A system's
curve comes from sweeping its policy. The figures are its least delay at 5 % false cut-offs and its fewest false
cut-offs at a mean delay of 300 ms.

There are differences. The turns are other turns (``pauses``). Cloister's one parameter is its patience, where eot-bench
sweeps a threshold, a least and a most silence, as is done here for Smart Turn. Every system hears the same sound, with
its own VAD. In two points the figures of this module are harsher than published ones, so ``as_published`` gives those
that can be compared with them:

- delays count from labels made with level and detector, which end 60 to 90 ms before a detector's (``edge``);
- pauses that were built are as long as those of medical consultations, where eot-bench's are half as long: its voice
  activity baseline cuts 55.6 % of its pauses at 300 ms, the same baseline cuts four in five of the built ones here.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from appliance.bench.markdown import Row
from appliance.bench.workbench.pauses import TAIL_S, Silence, Turn
from appliance.bench.workbench.smart_turn import Decision, Defaults
from appliance.bench.workbench.tracks import Pause, Track
from appliance.config.box import EndpointSettings
from appliance.core.facts import TurnScored
from appliance.hearing.end_of_turn import Fit, SilenceModel, cues_of, odds

Array = npt.NDArray[np.float64]

CUT_OFFS, DELAY_S = 0.05, 0.3
"""Budgets at which figures are given: a share of false cut-offs, and a mean delay in seconds."""

BOOTSTRAPS = 1000

VAD_ONLY_S = (0.3, 0.5, 0.7, 1.0)
VAD_SWEEP_S = np.arange(0.1, 3.01, 0.05)
PATIENCE_S = np.geomspace(0.05, 400, 60)
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
ACTION_DELAYS_S = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
TIMEOUTS_S = (0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 1.6, 2.0, 2.5, 3.2)

EARLY_S = 0.3
"""Seconds before a labelled silence within which a detector's stop still belongs to it."""

OPINION_S = 0.05
"""Seconds from the noticing of a pause until the score of the words is known. No turn is ended before."""


PUBLISHED = ((1.0, 0.2), (0.556, 0.3), (0.217, 0.6), (0.1, 1.0), (0.05, 1.6), (0.0, 5.0))
"""Pairs of a share and seconds: that share of eot-bench's English pauses is longer. They are the false cut-offs of its
voice activity baseline (its README, "Results"), and the bounds of the pauses that count."""

Edge = Literal["label", "detector"]
"""Where a delay begins: at the end of the last sound as labelled, or where a system's VAD puts it."""


@dataclass(frozen=True, slots=True)
class Policy:
    """One setting of a system, and its result in each turn. The arrays are over turns."""

    name: str
    cut: Array
    """number of holds in which the turn would have been ended"""
    delay_s: Array


@dataclass(frozen=True, slots=True)
class Interval:
    value: float | None
    """the figure, or None where no setting stays within the budget"""
    low: float | None = None
    high: float | None = None
    """upper end of the 95 % bootstrap interval over turns"""


@dataclass(frozen=True, slots=True)
class Curve:
    """One system's sweep."""

    system: str
    points: tuple[tuple[float, float], ...]
    """false cut-offs and mean delay in seconds of the settings that no other setting beats in both"""
    delay_at_5: Interval
    cut_offs_at_300: Interval


@dataclass(frozen=True, slots=True)
class Point:
    """One system at one setting."""

    system: str
    cut_offs: Interval
    delay_s: Interval
    turns_cut: float
    """share of turns with at least one false cut-off, in any version"""


@dataclass(frozen=True)
class EndOfTurn:
    """The figures of one set of turns."""

    name: str
    turns: int
    holds: int
    built_holds: int
    curves: tuple[Curve, ...]
    points: tuple[Point, ...]


# --- what a system does -------------------------------------------------------------------------------------------


def met_by(silence: Silence, pauses: Sequence[Pause]) -> list[Pause]:
    """The pauses that a detector noticed within a labelled silence. It may be late by its hysteresis at either end."""
    return [pause for pause in pauses if pause.at_s < silence.end_s and pause.to_s > silence.begin_s + 0.1]


def outcome(
    turn: Turn, pauses: Sequence[Pause], fires_s: Callable[[Pause], float], edge: Edge = "label"
) -> tuple[int, float]:
    """Holds in which the turn was ended, and the delay at its end. ``fires_s`` gives the time at which a pause would
    end the turn."""

    def first(silence: Silence) -> tuple[float, Pause] | None:
        fired = ((at_s, pause) for pause in met_by(silence, pauses) if (at_s := fires_s(pause)) < pause.to_s)
        return next(fired, None)

    ended = first(turn.end)
    delay_s = TAIL_S
    if ended is not None:
        delay_s = ended[0] - (turn.end.begin_s if edge == "label" else ended[1].from_s)
    return sum(first(hold) is not None for hold in turn.holds), delay_s


def policy(
    name: str, tracks: Sequence[Track], fires_s: Callable[[Track, Pause], float], edge: Edge = "label"
) -> Policy:
    rows = [outcome(t.turn, t.pauses, lambda pause, t=t: fires_s(t, pause), edge) for t in tracks]  # type: ignore[misc]  # bound
    cut, delay_s = np.array(rows, dtype=np.float64).T if rows else np.zeros((2, 0))
    return Policy(name, cut, delay_s)


def vad_only(tracks: Sequence[Track], silence_s: float, edge: Edge = "label") -> Policy:
    """The policy that ends a turn after so much silence, by the appliance's own detector."""
    return policy(f"VAD {1000 * silence_s:.0f} ms", tracks, lambda _, pause: pause.from_s + silence_s, edge)


def as_published(tracks: Sequence[Track]) -> list[Track]:
    """The same turns, with built pauses as long as eot-bench's. The longest built pause becomes as long as eot-bench's
    longest, and so on. All become shorter, and no system can know the length of a pause before its end, so nothing need
    be heard again."""
    built_s = sorted(s.end_s - s.begin_s for t in tracks for s in t.turn.holds if s.built)
    shares, lengths_s = zip(*PUBLISHED, strict=True)

    def shorter(silence: Silence) -> Silence:
        length_s = silence.end_s - silence.begin_s
        if not (silence.hold and silence.built and length_s in built_s):
            return silence
        longer = 1 - (bisect(built_s, length_s) - 0.5) / len(built_s)
        wanted_s = math.exp(np.interp(-longer, [-share for share in shares], np.log(lengths_s)))
        return replace(silence, end_s=silence.begin_s + min(wanted_s, length_s))

    def changed(track: Track) -> Track:
        silences = tuple(shorter(silence) for silence in track.turn.silences)
        gained = zip(track.turn.silences, silences, strict=True)
        cut_s = [(old, old.end_s - new.end_s) for old, new in gained if new is not old]
        pauses = tuple(
            replace(pause, to_s=pause.to_s - sum(less_s for old, less_s in cut_s if pause in met_by(old, [pause])))
            for pause in track.pauses
        )
        return Track(replace(track.turn, silences=silences), pauses)

    return [changed(track) for track in tracks]


def told_of(pause: Pause, opinions: Mapping[str, TurnScored]) -> list[tuple[float, TurnScored | None, float | None]]:
    """What is known in a pause: the silence in seconds since when it is, the score of the words, and what the ear
    thinks of their end. Nothing but the silence where there are no words."""
    return [
        (words.at_s + OPINION_S - pause.from_s, opinions[words.text], words.p_stop)
        for words in pause.words
        if words.text in opinions
    ] or [(pause.at_s - pause.from_s, None, None)]


def cloister(
    tracks: Sequence[Track],
    opinions: Mapping[str, TurnScored],
    settings: EndpointSettings,
    fit: Fit,
    patience_s: float,
    *,
    expecting_values: bool = False,
    edge: Edge = "label",
) -> Policy:
    """The appliance's own rule. The earlier pauses of the same turn are the speaker's habit."""
    waits: dict[tuple[str, float], float] = {}
    for track in tracks:
        model = SilenceModel(fit)
        for pause in track.pauses:
            # Each score is valid until the next. The first silence that is long enough by its score ends the turn.
            told = told_of(pause, opinions)
            for (since_s, opinion, p_stop), until_s in zip(told, [*(s for s, *_ in told[1:]), math.inf], strict=True):
                needed_s = model.verdict(
                    pause.phrase,
                    opinion,
                    settings,
                    patience_s=patience_s,
                    expected="value" if expecting_values else "anything",
                    p_stop=p_stop,
                ).silence_s
                waits[track.turn.id, pause.at_s] = max(needed_s, since_s)
                if max(needed_s, since_s) < until_s:
                    break
            model.learn_pause(pause.to_s - pause.from_s)
    return policy(
        f"patience {patience_s:.2f} s",
        tracks,
        lambda track, pause: pause.from_s + waits[track.turn.id, pause.at_s],
        edge,
    )


def swept(tracks: Sequence[Track], opinions: Mapping[str, TurnScored], fit: Fit, edge: Edge = "label") -> list[Policy]:
    """The appliance's odds under the policies that eot-bench sweeps for all systems, instead of its own rule. A turn
    ends after the least silence where the probability of an end is above the threshold, and after the most silence at
    the latest."""
    grid = np.array(
        [
            (threshold, least_s, most_s)
            for threshold in THRESHOLDS
            for most_s in TIMEOUTS_S
            for least_s in ACTION_DELAYS_S
            if least_s <= most_s
        ]
    )
    threshold, least_s, most_s = grid.T
    sure = np.log(threshold / (1 - threshold))

    def fires_s(pause: Pause) -> Array:
        told = told_of(pause, opinions)
        fired = np.full(len(grid), math.inf)
        for (since_s, opinion, p_stop), until_s in zip(told, [*(s for s, *_ in told[1:]), math.inf], strict=True):
            confident = odds(fit, cues_of(pause.phrase, opinion, p_stop)) > sure
            at_s = np.where(confident, np.maximum(since_s, least_s), math.inf)
            fired = np.where(np.isinf(fired) & (at_s < until_s) & (at_s < most_s), at_s, fired)
        return pause.from_s + np.where(np.isinf(fired), np.maximum(most_s, told[0][0]), fired)

    cut, delay_s = np.zeros((len(tracks), len(grid))), np.zeros((len(tracks), len(grid)))
    for number, track in enumerate(tracks):
        for silence in (*track.turn.holds, track.turn.end):
            ended_s, from_s = np.full(len(grid), math.inf), np.zeros(len(grid))
            for pause in met_by(silence, track.pauses):
                at_s = fires_s(pause)
                first = (at_s < pause.to_s) & np.isinf(ended_s)
                ended_s, from_s = np.where(first, at_s, ended_s), np.where(first, pause.from_s, from_s)
            if silence.hold:
                cut[number] += np.isfinite(ended_s)
            else:
                begin_s = silence.begin_s if edge == "label" else from_s
                delay_s[number] = np.where(np.isfinite(ended_s), ended_s - begin_s, TAIL_S)
    return [Policy(f"{setting}", *columns) for setting, *columns in zip(grid.tolist(), cut.T, delay_s.T, strict=True)]


@dataclass(frozen=True)
class Peer:
    """Smart Turn's decisions in the turns of the tracks."""

    defaults: Defaults
    decisions: tuple[tuple[Decision, ...], ...]


def smart_turn(
    turns: Sequence[Turn],
    peer: Peer,
    threshold: float,
    action_delay_s: float,
    timeout_s: float,
    edge: Edge = "label",
) -> Policy:
    """Smart Turn under a policy. A decision is about the silence that it falls into. ``timeout_s`` counts from the end
    of speech; pipecat's own counts from the detector's stop."""
    stop_s = peer.defaults.vad_stop_s
    cuts, delays = [], []
    for turn, decisions in zip(turns, peer.decisions, strict=True):

        def fired(silence: Silence, decisions: tuple[Decision, ...] = decisions) -> tuple[float, float] | None:
            # The detector may take soft last sounds for silence, and then decides before they are over.
            mine = [d for d in decisions if silence.begin_s - EARLY_S <= d.at_s < silence.end_s]
            for decision in mine:
                ended_s = decision.at_s - stop_s
                sure = decision.probability > threshold
                at_s = max(decision.at_s, ended_s + (action_delay_s if sure else timeout_s))
                if at_s < silence.end_s:
                    return at_s, ended_s
            return None

        cuts.append(sum(fired(hold) is not None for hold in turn.holds))
        ended = fired(turn.end)
        delays.append(TAIL_S if ended is None else ended[0] - (turn.end.begin_s if edge == "label" else ended[1]))
    name = f"threshold {threshold}, at least {action_delay_s} s, at most {timeout_s} s"
    return Policy(name, np.array(cuts, dtype=np.float64), np.array(delays, dtype=np.float64))


# --- figures ------------------------------------------------------------------------------------------------------


@dataclass
class Scorer:
    """Figures over one set of turns, with the same bootstrap draws for every system."""

    turns: Sequence[Turn]
    seed: int = 11
    draws: Array = field(init=False)
    """how often each turn was drawn, shape ``(BOOTSTRAPS, turns)``. All versions of a turn are drawn together"""

    def __post_init__(self) -> None:
        chance = np.random.default_rng(self.seed)
        origins = sorted({turn.origin for turn in self.turns})
        self.count = len(origins)
        self.holds = np.array([len(turn.holds) for turn in self.turns], dtype=np.float64)
        self.ends = np.array([not turn.unfinished for turn in self.turns], dtype=np.float64)
        self.origin = np.array([origins.index(turn.origin) for turn in self.turns])
        drawn = chance.multinomial(self.count, np.full(self.count, 1 / self.count), BOOTSTRAPS)
        self.draws = drawn[:, self.origin].astype(np.float64)

    def curve(self, system: str, policies: Sequence[Policy]) -> Curve:
        cut = np.stack([p.cut for p in policies], axis=1)
        delay_s = np.stack([p.delay_s * self.ends for p in policies], axis=1)
        rates, means = cut.sum(axis=0) / self.holds.sum(), delay_s.sum(axis=0) / self.ends.sum()
        drawn_rates = (self.draws @ cut) / (self.draws @ self.holds)[:, None]
        drawn_means = (self.draws @ delay_s) / (self.draws @ self.ends)[:, None]
        return Curve(
            system,
            tuple(_frontier(rates, means)),
            _interval(_least(means, rates, CUT_OFFS), _least(drawn_means, drawn_rates, CUT_OFFS)),
            _interval(_least(rates, means, DELAY_S), _least(drawn_rates, drawn_means, DELAY_S)),
        )

    def point(self, system: str, one: Policy) -> Point:
        rate = one.cut.sum() / self.holds.sum()
        rates = (self.draws @ one.cut) / (self.draws @ self.holds)
        delay_s = one.delay_s * self.ends
        means = (self.draws @ delay_s) / (self.draws @ self.ends)
        return Point(
            system,
            _interval(np.array([rate]), rates),
            _interval(np.array([delay_s.sum() / self.ends.sum()]), means),
            len(set(self.origin[one.cut > 0].tolist())) / self.count,
        )


def _least(wanted: Array, bounded: Array, budget: float) -> Array:
    """The least of ``wanted`` over the last axis where ``bounded`` is within the budget, or infinity where it never
    is."""
    least: Array = np.atleast_1d(np.where(bounded <= budget, wanted, np.inf).min(axis=-1))
    return least


def _interval(value: Array, drawn: Array) -> Interval:
    if not np.isfinite(value[0]):
        return Interval(None)
    low, high = np.quantile(drawn, [0.025, 0.975], method="nearest")
    return Interval(float(value[0]), *(float(x) if math.isfinite(x) else None for x in (low, high)))


def _frontier(rates: Array, means: Array) -> list[tuple[float, float]]:
    best: list[tuple[float, float]] = []
    for rate, mean in sorted(zip(rates.tolist(), means.tolist(), strict=True)):
        if not best or mean < best[-1][1]:
            best.append((rate, mean))
    return best


def measure(
    name: str,
    tracks: Sequence[Track],
    opinions: Mapping[str, TurnScored],
    settings: EndpointSettings,
    fit: Fit,
    peer: Peer | None,
    edge: Edge = "label",
) -> EndOfTurn:
    """Measure all systems on one set of turns."""
    turns = [track.turn for track in tracks]
    holds = [hold for turn in turns for hold in turn.holds]
    scorer = Scorer(turns)
    own_rule = [cloister(tracks, opinions, _unbounded(settings), fit, float(p), edge=edge) for p in PATIENCE_S]
    curves = [
        scorer.curve("Cloister", own_rule),
        scorer.curve("Cloister's odds, swept as its peers'", swept(tracks, opinions, fit, edge)),
        scorer.curve("VAD only", [vad_only(tracks, float(s), edge) for s in VAD_SWEEP_S]),
    ]
    points = [
        scorer.point("Cloister as shipped", cloister(tracks, opinions, settings, fit, settings.patience_s, edge=edge)),
        *(scorer.point(f"VAD only, {1000 * s:.0f} ms", vad_only(tracks, s, edge)) for s in VAD_ONLY_S),
    ]
    if peer is not None:
        grid = [
            smart_turn(turns, peer, threshold, delay_s, timeout_s, edge)
            for threshold in THRESHOLDS
            for timeout_s in TIMEOUTS_S
            for delay_s in ACTION_DELAYS_S
            if delay_s <= timeout_s
        ]
        curves.insert(2, scorer.curve("Smart Turn v3.2", grid))
        defaults = peer.defaults
        longest_s = defaults.vad_stop_s + defaults.incomplete_timeout_s
        own = smart_turn(turns, peer, 0.5, defaults.vad_stop_s, longest_s, edge)
        points.insert(1, scorer.point("Smart Turn v3.2, pipecat's defaults", own))
    return EndOfTurn(name, scorer.count, len(holds), sum(h.built for h in holds), tuple(curves), tuple(points))


def _unbounded(settings: EndpointSettings) -> EndpointSettings:
    """The settings without limits on the silence, so that the sweep may wait as short and as long as is best."""
    return replace(settings, end_ms=120, unfinished_ms=3000)


def document(results: Sequence[EndOfTurn]) -> Iterator[Row]:
    """Yield the rows of a table for a document."""
    for result in results:
        samples = f"{result.turns} turns, {result.holds} pauses, {result.built_holds} built"
        for curve in result.curves:
            figure = f"{_ms(curve.delay_at_5)}; {_percent(curve.cut_offs_at_300)}"
            what = f"{result.name}, {curve.system}: delay at 5 % false cut-offs; false cut-offs at 300 ms"
            yield Row(what, figure, samples)
        for point in result.points:
            figure = f"{_ms(point.delay_s)}; {_percent(point.cut_offs)}"
            yield Row(f"{result.name}, {point.system}: mean delay; false cut-offs", figure, samples)


def table(results: Sequence[EndOfTurn]) -> str:
    """The figures as text for a terminal."""
    lines = []
    for result in results:
        lines.append(f"{result.name}: {result.turns} turns, {result.holds} pauses ({result.built_holds} of them built)")
        lines.append(f"  {'sweep':<38} {'delay at 5 % false cut-offs':>30} {'false cut-offs at 300 ms':>30}")
        for curve in result.curves:
            lines.append(f"  {curve.system:<38} {_ms(curve.delay_at_5):>30} {_percent(curve.cut_offs_at_300):>30}")
        lines.append(f"  {'one setting':<38} {'mean delay':>30} {'false cut-offs':>30} {'turns cut':>10}")
        for point in result.points:
            row = f"  {point.system:<38} {_ms(point.delay_s):>30} {_percent(point.cut_offs):>30}"
            lines.append(f"{row} {100 * point.turns_cut:>8.1f} %")
    return "\n".join(lines)


def _ms(interval: Interval) -> str:
    return _written(interval, 1000, "ms", 0)


def _percent(interval: Interval) -> str:
    return _written(interval, 100, "%", 1)


def _written(interval: Interval, scale: float, unit: str, digits: int) -> str:
    def number(value: float | None) -> str:
        return "-" if value is None else f"{scale * value:.{digits}f}"

    if interval.value is None:
        return "not reached"
    return f"{number(interval.value)} {unit} ({number(interval.low)}-{number(interval.high)})"


def draw(path: Path, results: Sequence[EndOfTurn]) -> str | None:
    """Write the picture of the curves. Returns the reason where it cannot, because matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return "no picture: matplotlib is not installed"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    columns = min(4, len(results))
    rows = -(-len(results) // columns)
    figure, axes = pyplot.subplots(
        rows, columns, figsize=(5.5 * columns, 4.6 * rows), layout="constrained", squeeze=False
    )
    for axis in axes.flat[len(results) :]:
        axis.axis("off")
    colours = {
        "Cloister's odds": "#e9a03b",
        "Cloister": "#d1495b",
        "Smart Turn v3.2": "#4c78a8",
        "VAD only": "#8a8a8a",
    }

    def colour(system: str) -> str:
        return next(colour for name, colour in colours.items() if system.startswith(name))

    for axis, result in zip(axes.flat, results, strict=False):
        for curve in result.curves:
            x, y = zip(*curve.points, strict=True)
            axis.step(
                [100 * v for v in x],
                [1000 * v for v in y],
                where="post",
                color=colour(curve.system),
                label=curve.system,
            )
        for point in result.points:
            if point.cut_offs.value is not None and point.delay_s.value is not None:
                axis.plot(
                    100 * point.cut_offs.value,
                    1000 * point.delay_s.value,
                    "o",
                    color=colour(point.system),
                    markersize=4,
                )
        axis.axvline(5, color="#cccccc", linewidth=0.8, zorder=0)
        axis.axhline(300, color="#cccccc", linewidth=0.8, zorder=0)
        axis.set(xlim=(0, 50), ylim=(0, 2000), xlabel="false cut-offs, % of pauses", ylabel="mean delay, ms")
        axis.set_title(f"{result.name}: {result.turns} turns, {result.holds} pauses", fontsize=10)
    axes[0][0].legend(frameon=False)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return None
