"""Measures speech over a reply: the barge-in part of ``cloister bench turns``.

Replies are played into simulated rooms (``rehearsal``), with sounds over them: interruptions (recorded people),
backchannels (synthetic voices, because no recorded ones are available), other sounds of people and animals, talk in the
background, noise. Each barge-in mode is measured on its own. The recorded pairs of real devices (``E-echo``) show what
the canceller does to a real echo.

Latency is counted in stream time from the onset of the visitor's sound (the first three hundredths of a second within
30 dB of the loudest) to the end of the block in which the change is complete. A block is 20 ms, and a sound card's own
buffer (60 ms) comes on top. Four moments are measured: the reply is quieter, the reply is silent, the sound is judged
to be an interruption, and, from that decision, the reply is over.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import soxr

from appliance.bench.markdown import Row
from appliance.bench.workbench.simulation import Log, Rehearsal
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.conversation import commands
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, Samples, level_dbfs
from appliance.core.facts import BargeInMode, SpeechStarted, WordSpan
from appliance.core.ports import EarStream, PortError, Voiced
from appliance.core.turn import Turn
from appliance.devices.simulated_room import EchoPath, impulse
from appliance.devices.wave import read_speech
from appliance.engines.aec.webrtc import WebRtcCanceller
from appliance.engines.asr.combined import open_ear
from appliance.engines.speaker_embedding import VoiceNetwork
from appliance.engines.tts.piper import PiperVoice
from appliance.engines.vad.silero import SileroVad
from appliance.hearing.echo.delay import delay_s
from appliance.hearing.echo.meter import EchoMeter
from appliance.speaking import clauses as splitting

Kind = Literal["interruption", "stop word", "backchannel", "other sound", "background talk"]
KINDS: tuple[Kind, ...] = ("interruption", "stop word", "backchannel", "other sound", "background talk")
_MEANT: tuple[Kind, ...] = ("interruption", "stop word")
"""Kinds of sound that are meant for the appliance."""

ROOM = EchoPath(delay_s=0.2, gain_db=-6.0, impulse=impulse(0.3))
"""The room for which the goal is stated."""

ROOMS: dict[str, EchoPath] = {
    "200 ms, -6 dB": ROOM,
    "60 ms, 0 dB, live room": EchoPath(0.06, 0.0, impulse(0.6, seed=1)),
    "200 ms, -6 dB, poor loudspeaker": replace(ROOM, distortion=0.6),
}

QUIET_DBFS, NOISY_DBFS = -65.0, -45.0
"""Levels of the room's noise at the microphone."""

NEAR_DBFS, FAR_DBFS = -26.0, -42.0
"""Levels of speech at the microphone: that of a visitor, and that of others across the hall."""

# flite spells "mm hmm" letter by letter.
_BACKCHANNELS = ("okay.", "yeah.", "um hum.", "uh huh.", "right.", "i see.")
_STOPS = ("stop.", "wait.", "hold on.", "stop it.")
_SOUNDS = ("esc10-person_sneeze", "esc10-dog_bark", "esc10-baby_cry", "gsc-doing_the_dishes")
_VOICES = ("slt", "rms", "awb", "kal16")

_USUAL_COUNT = 20
"""Sounds of each kind in each condition. All of it takes half an hour on two busy cores."""

_FOLLOWED_S = 4.0
"""Seconds after the beginning of a sound in which a change of the reply counts as caused by it."""

_BLOCK_MS = 1000 * FRAME_SAMPLES / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Latency:
    """A latency in milliseconds; None where the change never happened."""

    median: float | None
    p95: float | None
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Reaction:
    """The reactions to sounds of one kind."""

    kind: Kind
    events: int
    stopped: int
    ducked: int
    held: int
    quieter_ms: Latency
    """from the onset until the reply is at its ducked level, or silent"""
    silent_ms: Latency
    """from the onset until the reply is silent, held or stopped"""
    decided_ms: Latency
    """from the onset until the sound is judged to be an interruption"""
    over_ms: Latency
    """from that decision until no sample of the reply is played any more, where no other reply follows at once"""
    away_ms: Latency
    """time for which the reply was quieter or silent, where the sound was no interruption"""


@dataclass(frozen=True, slots=True)
class Condition:
    """Figures for one room, one noise and one barge-in mode."""

    room: str
    noise_dbfs: float
    mode: str
    minutes: float
    reactions: tuple[Reaction, ...]

    @property
    def missed(self) -> tuple[int, int]:
        """Number of interruptions that did not stop the reply, and of all interruptions."""
        meant = [r for r in self.reactions if r.kind in _MEANT]
        return sum(r.events - r.stopped for r in meant), sum(r.events for r in meant)

    @property
    def false_stops(self) -> tuple[int, int]:
        """Number of other sounds that stopped the reply, and of all other sounds."""
        others = [r for r in self.reactions if r.kind not in _MEANT]
        return sum(r.stopped for r in others), sum(r.events for r in others)


@dataclass(frozen=True, slots=True)
class Alone:
    """Figures of the appliance alone, with no visitor in the room."""

    room: str
    minutes: float
    starts: int
    """how often its own voice was taken for a person's"""
    stops: int
    """how often it stopped itself"""
    lowered: int
    """how often it was quieter or silent for a moment because of its own voice"""
    erle_db: float | None
    mode: str

    @property
    def stops_per_hour(self) -> float:
        return 60 * self.stops / self.minutes


@dataclass(frozen=True, slots=True)
class Pair:
    """Figures of one recorded device."""

    name: str
    scenario: str
    erle_db: float | None
    delay_ms: float | None


@dataclass(frozen=True)
class BargeIn:
    """All figures of barge-in."""

    conditions: tuple[Condition, ...]
    alone: tuple[Alone, ...]
    pairs: tuple[Pair, ...]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for condition in self.conditions:
            where = f"{condition.room}, noise {condition.noise_dbfs:.0f} dBFS, mode {condition.mode}"
            for r in condition.reactions:
                yield Row(
                    f"{where}: {r.kind} stopped the reply; silenced it for a moment", f"{r.stopped}; {r.held}", r.events
                )
                for what, latency in (("quieter", r.quieter_ms), ("silent", r.silent_ms), ("decided", r.decided_ms)):
                    if latency.median is not None and latency.p95 is not None:
                        figure = f"{latency.median:.0f} and {latency.p95:.0f} ms"
                        yield Row(
                            f"{where}: {r.kind}, onset to {what}, median and 95th percentile",
                            figure,
                            len(latency.values),
                        )
            for what, (bad, of) in (("missed", condition.missed), ("stopped by mistake", condition.false_stops)):
                yield Row(f"{where}: {what}", f"{bad}", of)
        for alone in self.alone:
            figure = f"{alone.stops}, {alone.starts}, {alone.lowered}"
            what = f"alone in {alone.room}: interrupted itself, took its voice for somebody's, lowered it"
            yield Row(what, figure, f"{alone.minutes:.0f} min")
        for pair in self.pairs:
            if pair.erle_db is not None:
                yield Row(f"echo reduction on {pair.name}, {pair.scenario}", f"{pair.erle_db:.0f} dB", 1)

    def table(self) -> str:
        lines = ["speech over a reply: stopped / held / ducked of n; ms from the onset of the sound (median, p95)"]
        for condition in self.conditions:
            missed, false = condition.missed, condition.false_stops
            lines.append(f"  {condition.room}; noise {condition.noise_dbfs:.0f} dBFS; mode {condition.mode}")
            lines += [_line(reaction) for reaction in condition.reactions]
            lines.append(
                f"    missed {missed[0]} of {missed[1]}; stopped by mistake {false[0]} of {false[1]}, "
                f"{60 * false[0] / condition.minutes:.0f} an hour with a sound every few seconds"
            )
        lines.append("the appliance alone: self-interruptions")
        lines += [
            f"  {alone.room}: {alone.minutes:.0f} min of playing, {alone.stops} stops ({alone.stops_per_hour:.1f} an"
            f" hour), {alone.starts} times taken for somebody's, {alone.lowered} times lowered; ERLE "
            f"{'-' if alone.erle_db is None else f'{alone.erle_db:.0f} dB'}, mode {alone.mode}"
            for alone in self.alone
        ]
        if self.pairs:
            erles = [pair.erle_db for pair in self.pairs if pair.erle_db is not None and "far" in pair.scenario]
            double = [pair.erle_db for pair in self.pairs if pair.erle_db is not None and "double" in pair.scenario]
            found = sum(pair.delay_ms is not None for pair in self.pairs)
            lines.append(
                f"recorded devices (n={len(self.pairs)}): delay found in {found}; ERLE alone "
                f"{', '.join(f'{erle:.0f}' for erle in erles) or '-'} dB; while both talk, median "
                f"{f'{np.median(double):.0f} dB' if double else '-'}"
            )
        return "\n".join(lines)


def _line(reaction: Reaction) -> str:
    def shown(latency: Latency) -> str:
        if latency.median is None or latency.p95 is None:
            return "-"
        return f"{latency.median:.0f}, {latency.p95:.0f}"

    return (
        f"    {reaction.kind:<16}{reaction.stopped:3d} /{reaction.held:3d} /{reaction.ducked:3d} of "
        f"{reaction.events:3d}   quieter {shown(reaction.quieter_ms)}; silent {shown(reaction.silent_ms)}; "
        f"decided {shown(reaction.decided_ms)}; then over in {shown(reaction.over_ms)}; "
        f"away for {shown(reaction.away_ms)}"
    )


# --- material -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A sound that is heard over a reply."""

    kind: Kind
    samples: Samples
    onset: int
    """first sample of the sound itself"""


def _sound(kind: Kind, samples: Samples, dbfs: float, longest_s: float = 2.5) -> Sound:
    """Cut samples to their sounding part, and bring them to a level."""
    window = SAMPLE_RATE_HZ // 100
    frames = samples[: len(samples) // window * window].reshape(-1, window)
    power = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
    loud = np.flatnonzero(power > power.max() - 30)
    # A click in the recording must not count as the onset.
    lasting = loud[np.flatnonzero(loud[2:] - loud[:-2] == 2)] if len(loud) > 2 else loud
    begin = int(lasting[0] if len(lasting) else loud[0]) * window
    samples = samples[begin : begin + round(longest_s * SAMPLE_RATE_HZ)]
    active = frames[loud]
    level = 10 * np.log10(np.mean(np.square(active)) + 1e-12)
    return Sound(kind, (samples * 10 ** ((dbfs - level) / 20)).astype(np.float32), 0)


def sounds(data: Path, kinds: Sequence[Kind], count: int) -> list[Sound]:
    """Draw ``count`` sounds of each kind, the same every time. Raises PortError without the recordings."""
    made: list[Sound] = []
    for kind in kinds:
        match kind:
            case "interruption":
                orders = sorted((data / "commands-dev").glob("*.opus"))
                sentences = sorted((data / "A-asr-dev").glob("*.flac"))
                files = [
                    f for pair in zip(orders[:: max(1, len(orders) // 20)], sentences[3::9], strict=False) for f in pair
                ]
                made += [_sound(kind, read_speech(file), NEAR_DBFS) for file in files[:count]]
            case "stop word" | "backchannel":
                texts = _STOPS if kind == "stop word" else _BACKCHANNELS
                made += [
                    _sound(kind, _spoken(texts[n % len(texts)], _VOICES[n // len(texts) % len(_VOICES)]), NEAR_DBFS)
                    for n in range(count)
                ]
            case "other sound":
                for n in range(count):
                    recording = read_speech(data / "C-noise" / f"{_SOUNDS[n % len(_SOUNDS)]}.opus")
                    begin = (n // len(_SOUNDS)) * 5 * SAMPLE_RATE_HZ % max(1, len(recording) - 5 * SAMPLE_RATE_HZ)
                    made.append(_sound(kind, recording[begin : begin + 5 * SAMPLE_RATE_HZ], NEAR_DBFS))
            case "background talk":
                babble = read_speech(data / "C-noise" / "babble10.opus")
                meetings = [read_speech(file) for file in sorted((data / "D-dialog").glob("ami-*.flac"))]
                for n in range(count):
                    source = babble if n % 2 else meetings[n // 2 % len(meetings)]
                    begin = n * SAMPLE_RATE_HZ % max(1, len(source) - 4 * SAMPLE_RATE_HZ)
                    made.append(_sound(kind, source[begin : begin + 4 * SAMPLE_RATE_HZ], FAR_DBFS, 3.5))
    return made


def _spoken(text: str, voice: str) -> Samples:
    if shutil.which("flite") is None:
        raise PortError("the visitors' short words need flite; install it: apt-get install flite")
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        path = Path(folder) / "said.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)
        return read_speech(path)


def replies(settings: Settings, site: Site) -> list[list[Voiced]]:
    """Replies with the site's words, clause by clause, at ``SAMPLE_RATE_HZ``."""
    voice = PiperVoice(settings, site.language)
    turn = Turn(0)
    return [
        [_at_microphone_rate(voiced, voice.rate_hz) for voiced in voice.synthesize(clause, turn)]
        for fact in site.facts[:12]
        for clause in splitting.split([fact.say], site.language)
    ]


def _at_microphone_rate(voiced: Voiced, rate_hz: int) -> Voiced:
    samples = soxr.resample(voiced.samples, rate_hz, SAMPLE_RATE_HZ).astype(np.float32)
    ends = tuple(WordSpan(word.text, word.end * SAMPLE_RATE_HZ // rate_hz) for word in voiced.words)
    return Voiced(samples, ends)


# --- measuring ----------------------------------------------------------------------------------------------------


CONDITIONS: tuple[tuple[str, float, BargeInMode], ...] = (
    ("200 ms, -6 dB", QUIET_DBFS, "full"),
    ("200 ms, -6 dB", NOISY_DBFS, "full"),
    ("60 ms, 0 dB, live room", QUIET_DBFS, "full"),
    ("200 ms, -6 dB", QUIET_DBFS, "words"),
    ("200 ms, -6 dB", QUIET_DBFS, "half_duplex"),
)


def measure(settings: Settings, site: Site, data: Path, limit: int | None, tell: Callable[[str], None]) -> BargeIn:
    """Measure with ``limit`` sounds of each kind in each condition, and as many minutes of playing in each room. The
    default is 20, and an hour in ``ROOM``."""
    clauses = replies(settings, site)
    ear = open_ear(settings, site).stream()
    near = sounds(data, KINDS, limit or _USUAL_COUNT)
    conditions = []
    for room, noise_dbfs, mode in CONDITIONS:
        conditions.append(react(settings, site, clauses, ear, near, room, noise_dbfs, mode))
        tell(BargeIn((conditions[-1],), (), ()).table())
    alone = []
    for room, minutes in ((name, 60.0 if name == "200 ms, -6 dB" else 10.0) for name in ROOMS):
        alone.append(playing_alone(settings, site, clauses, ear, room, minutes if limit is None else float(limit)))
        tell(BargeIn((), (alone[-1],), ()).table())
    return BargeIn(tuple(conditions), tuple(alone), tuple(_pairs(settings, data / "E-echo")))


def react(
    settings: Settings,
    site: Site,
    clauses: Sequence[Sequence[Voiced]],
    ear: EarStream,
    near: Sequence[Sound],
    room: str,
    noise_dbfs: float,
    mode: BargeInMode,
) -> Condition:
    """Measure the reaction to each sound, with barge-in held in one mode."""
    voices = None if settings.audio.voices is None else VoiceNetwork(settings.audio.voices)
    canceller = WebRtcCanceller(settings.audio)
    rehearsal = Rehearsal(settings, site, clauses, SileroVad().stream(), ear, canceller, ROOMS[room], mode, voices)
    noise = room_noise(noise_dbfs)
    # A visitor has asked something before, so their level is known, and the canceller has adapted to the room.
    drive(rehearsal, noise, None, 2.0, asks=False)
    drive(rehearsal, noise, near[0].samples, 6.0, asks=False)
    drive(rehearsal, noise, None, 12.0)
    began_s = rehearsal.now_s
    events: list[tuple[Sound, float]] = []
    for number, sound in enumerate(near):
        # The sound begins at another place in the reply and in a frame each time.
        drive(rehearsal, noise, None, 2.0 + 0.37 * (number % 7))
        late = number * 67 % FRAME_SAMPLES
        events.append((sound, rehearsal.now_s + late / SAMPLE_RATE_HZ))
        drive(rehearsal, noise, np.pad(sound.samples, (late, 0)), _FOLLOWED_S)
    played = np.concatenate(rehearsal.log.played)
    return Condition(
        room,
        noise_dbfs,
        mode,
        (rehearsal.now_s - began_s) / 60,
        tuple(
            _reaction(kind, rehearsal.log, [at_s for sound, at_s in events if sound.kind == kind], played)
            for kind in dict.fromkeys(sound.kind for sound in near)
        ),
    )


def _reaction(kind: Kind, log: Log, onsets: Sequence[float], played: Samples) -> Reaction:
    quieter, silent, decided, over, away = [], [], [], [], []
    ducked = held = 0
    for onset in onsets:
        until = onset + _FOLLOWED_S
        duck, hold, cancel, goes_on = (
            log.first(kind, onset, until) for kind in (commands.Duck, commands.Hold, commands.Cancel, commands.GoOn)
        )
        ducked += duck is not None
        held += hold is not None
        lowered = [at_s for at_s in (duck, hold, cancel) if at_s is not None]
        if lowered:
            # The next block carries the ramp, which is as long as a block.
            quieter.append(1000 * (min(lowered) - onset) + _BLOCK_MS)
        silencing = [at_s for at_s in (hold, cancel) if at_s is not None]
        if silencing:
            silent.append(1000 * (_silent_from(played, min(silencing)) - onset))
        if cancel is not None:
            decided.append(1000 * (cancel - onset))
            if log.first(commands.Reply, cancel, cancel + 0.1) is None:
                over.append(1000 * (_silent_from(played, cancel) - cancel))
        elif lowered and goes_on is not None:
            away.append(1000 * (goes_on - min(lowered)))
    return Reaction(
        kind,
        len(onsets),
        len(decided),
        ducked,
        held,
        *(_latency(values) for values in (quieter, silent, decided, over, away)),
    )


def _silent_from(played: Samples, at_s: float) -> float:
    """End, in seconds, of the first block at ``at_s`` or later that is silent for a block's length."""
    position = round(at_s * SAMPLE_RATE_HZ)
    loud = np.flatnonzero(played[position : position + SAMPLE_RATE_HZ // 2])
    if not len(loud):
        return at_s
    gaps = np.flatnonzero(np.diff(loud) > FRAME_SAMPLES)
    last = position + int(loud[gaps[0]] if len(gaps) else loud[-1])
    return (last // FRAME_SAMPLES + 1) * FRAME_SAMPLES / SAMPLE_RATE_HZ


def _latency(values: Sequence[float]) -> Latency:
    if not values:
        return Latency(None, None, ())
    return Latency(float(np.median(values)), float(np.quantile(values, 0.95)), tuple(values))


def playing_alone(
    settings: Settings,
    site: Site,
    clauses: Sequence[Sequence[Voiced]],
    ear: EarStream,
    room: str,
    minutes: float,
) -> Alone:
    """Measure the appliance alone. It changes its barge-in mode as in use."""
    rehearsal = Rehearsal(
        settings, site, clauses, SileroVad().stream(), ear, WebRtcCanceller(settings.audio), ROOMS[room]
    )
    noise = room_noise(QUIET_DBFS)
    drive(rehearsal, noise, None, 60 * minutes)
    log = rehearsal.log
    measured = rehearsal.echo
    return Alone(
        room,
        minutes,
        sum(isinstance(fact, SpeechStarted) for _, fact in log.facts),
        sum(isinstance(command, commands.Cancel) for _, command in log.commands),
        sum(isinstance(command, commands.GoOn) for _, command in log.commands),
        measured.erle_db,
        rehearsal.state.mode,
    )


def room_noise(dbfs: float) -> Iterator[Samples]:
    """Yield a room's noise, 20 ms at a time."""
    random = np.random.default_rng(0)
    while True:
        yield (random.standard_normal(FRAME_SAMPLES) * 10 ** (dbfs / 20)).astype(np.float32)


def drive(
    rehearsal: Rehearsal, noise: Iterator[Samples], near: Samples | None, seconds: float, *, asks: bool = True
) -> None:
    """Let time pass. With ``asks``, the appliance is asked again whenever it says nothing."""
    frames = round(seconds * SAMPLE_RATE_HZ / FRAME_SAMPLES)
    said = np.zeros(frames * FRAME_SAMPLES, np.float32)
    if near is not None:
        said[: len(near)] = near[: len(said)]
    for frame in said.reshape(-1, FRAME_SAMPLES):
        if asks and rehearsal.now_s > 1.4:
            rehearsal.ask()
        rehearsal.frame(next(noise) + frame)


def _pairs(settings: Settings, folder: Path) -> Iterator[Pair]:
    """Measure how far the canceller reduces the echo of recorded devices."""
    if not (folder / "manifest.jsonl").exists():
        return
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if row["role"] != "farend":
            continue
        played = read_speech(folder / row["file"])
        heard = read_speech(folder / row["file"].replace("-farend.flac", "-mic.flac"))
        count = min(len(played), len(heard)) // FRAME_SAMPLES * FRAME_SAMPLES
        played, heard = played[:count], heard[:count]
        canceller, meter = WebRtcCanceller(settings.audio), EchoMeter()
        cleaned = np.concatenate(
            [
                canceller.cancel(played[at : at + FRAME_SAMPLES], heard[at : at + FRAME_SAMPLES])
                for at in range(0, count, FRAME_SAMPLES)
            ]
        )
        window = SAMPLE_RATE_HZ // 10
        for at in range(0, count - window, window):
            before = slice(max(0, at - 3 * window), at + window)
            here = slice(at, at + window)
            meter.see(
                max(level_dbfs(played[n : n + window]) for n in range(before.start, before.stop, window)),
                level_dbfs(heard[here]),
                level_dbfs(cleaned[here]),
            )
        found = delay_s(played, heard)
        yield Pair(row["pair"], row["scenario"], meter.echo.erle_db, None if found is None else 1000 * found)


# --- the picture --------------------------------------------------------------------------------------------------


def draw(path: Path, result: BargeIn) -> str | None:
    """Draw the reactions to each kind of sound, by condition, and the latencies of interruptions in the first one.
    Returns the reason where it cannot be drawn because matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return "no picture: matplotlib is not installed"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    columns = len(result.conditions) + 1
    figure, axes = pyplot.subplots(1, columns, figsize=(3.4 * columns, 3.6), layout="constrained", squeeze=False)
    for axis, condition in zip(axes[0][:-1], result.conditions, strict=True):
        kinds = [reaction.kind for reaction in condition.reactions]
        for shift, colour, label, share in (
            (-0.27, "#d1495b", "stopped", [r.stopped / max(1, r.events) for r in condition.reactions]),
            (0.0, "#e8a33d", "held", [r.held / max(1, r.events) for r in condition.reactions]),
            (0.27, "#4c78a8", "ducked", [r.ducked / max(1, r.events) for r in condition.reactions]),
        ):
            axis.barh([n + shift for n in range(len(kinds))], [100 * v for v in share], 0.25, color=colour, label=label)
        axis.set_yticks(range(len(kinds)), kinds if axis is axes[0][0] else [""] * len(kinds))
        axis.invert_yaxis()
        axis.set(xlim=(0, 100), xlabel="% of sounds")
        axis.set_title(f"{condition.room}\nnoise {condition.noise_dbfs:.0f} dBFS, {condition.mode}", fontsize=9)
    axes[0][0].legend(frameon=False, fontsize=8)
    last = axes[0][-1]
    for reaction in result.conditions[0].reactions:
        if reaction.kind == "interruption":
            for label, latency in (
                ("quieter", reaction.quieter_ms),
                ("silent", reaction.silent_ms),
                ("decided", reaction.decided_ms),
            ):
                last.ecdf(latency.values or (0.0,), label=label)
    last.axvline(150, color="0.7", linewidth=1)
    last.set(xlim=(0, 1500), xlabel="ms from the onset of speech", ylabel="share of interruptions")
    last.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return None
