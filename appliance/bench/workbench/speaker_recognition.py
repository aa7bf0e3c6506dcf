"""Measures how well the voice network tells people apart, and how the appliance uses that.

The people are those in the recordings beside the checkout who can be heard twice: sentences read by learners and
children (two recordings each, every person on a telephone of their own), orders (two halves of one recording) and
meetings (people before the same microphone, the fairest and the fewest). A hash of their names splits them in two. The
rule of ``cross_talk`` was chosen on the *fit* half (``python -m appliance.bench.workbench.speaker_recognition``), and
the figures are of the *report* half.

There are two measures. ``errors`` is the equal error rate of the comparison alone, by seconds of speech, as recorded,
in noise and in a room. For ``asides``, a visitor has spoken and then speaks again, or another person does, at a lower
level: first where nothing is played, through the product's own listener, then over a reply with its echo
(``rehearsal``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from appliance.bench.markdown import Row
from appliance.bench.workbench.barge_in import ROOM, drive, replies, room_noise
from appliance.bench.workbench.pauses import data_folder
from appliance.bench.workbench.simulation import Rehearsal
from appliance.config.box import EndpointSettings, Settings
from appliance.config.site import Site
from appliance.conversation import commands
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples, level_dbfs
from appliance.core.facts import AsideNoticed, Fact, SpeechStarted, SpeechSuspected, Transcript, TurnEnded
from appliance.core.mailbox import Mailbox
from appliance.core.ports import VadStream, VoiceEmbedder
from appliance.devices.simulated_room import impulse
from appliance.devices.wave import read_speech
from appliance.engines.aec.webrtc import WebRtcCanceller
from appliance.engines.speaker_embedding import VoiceNetwork
from appliance.engines.vad.silero import SileroVad
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import ListenerInput, listener_with
from appliance.hearing.speaker_features import Speech

STARTER = Path(__file__).resolve().parents[3] / "models" / "starter" / "voices" / "speaker.onnx"

Group = Literal["sentences", "orders", "meetings"]
Half = Literal["fit", "report"]

SECONDS = (1.0, 2.0, 4.0)
"""Seconds of speech that are compared with a person's first recording."""

CONDITIONS = ("as recorded", "noise 15 dB below", "a room", "noise and a room")

_LEAST_S = 1.0
"""Seconds of speech that both recordings of a person must have."""
_LEVEL_DBFS = -26.0
"""Level of the loud windows of a visitor's speech."""
_LOUD_QUANTILE = 0.9
_SNR_DB = 15.0
_REVERBERATION_S = 0.5
_QUIET_DBFS = -65.0

Array = npt.NDArray[np.float64]


# --- material -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A person who is heard twice."""

    name: str
    group: Group
    place: str
    """a meeting, or the whole group; a person is compared with the others of the same place"""
    first: Samples
    then: Samples

    @property
    def half(self) -> Half:
        # The people of a meeting stay together, because they are compared with each other.
        name = self.place if self.group == "meetings" else self.name
        return "fit" if hashlib.sha256(name.encode()).digest()[0] % 2 else "report"


def people(data: Path, limit: int | None = None) -> list[Person]:
    """All people, or at most ``limit`` of each group."""
    found: list[Person] = []
    for group in (_sentences, _orders, _meetings):
        some = list(group(data))
        found += some[:: max(1, len(some) // limit)][:limit] if limit else some
    return found


def _rows(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def _sentences(data: Path) -> Iterator[Person]:
    folder = data / "A-asr-dev"
    takes: dict[str, list[Samples]] = {}
    for row in _rows(folder):
        if float(str(row["seconds"])) < 20.0:
            takes.setdefault(str(row["speaker"]), []).append(_speaking(read_speech(folder / str(row["file"]))))
    for speaker, sounds in sorted(takes.items()):
        if len(sounds) > 1:
            yield from _twice(speaker, "sentences", "", sounds[0], np.concatenate(sounds[1:4]))


def _orders(data: Path) -> Iterator[Person]:
    folder = data / "commands-dev"
    for row in sorted(_rows(folder), key=lambda row: str(row["id"]))[::3]:
        sound = _speaking(read_speech(folder / str(row["file"])))
        yield from _twice(str(row["id"]), "orders", "", sound[: len(sound) // 2], sound[len(sound) // 2 :])


def _meetings(data: Path) -> Iterator[Person]:
    folder = data / "D-dialog"
    for row in _rows(folder):
        turns = row.get("turns")
        if not isinstance(turns, list):
            continue
        sound = read_speech(folder / str(row["file"]))
        speakers = sorted({turn["speaker"] for turn in turns})
        talking = np.zeros((len(speakers), len(sound)), np.bool_)
        for turn in turns:
            begin, end = (round(turn[edge] * SAMPLE_RATE_HZ) for edge in ("start", "end"))
            talking[speakers.index(turn["speaker"]), begin:end] = True
        for speaker, alone in zip(speakers, talking & (talking.sum(axis=0) == 1), strict=True):
            whole = _speaking(sound[alone])
            place = str(row["id"])
            yield from _twice(
                f"{place} {speaker}", "meetings", place, whole[: len(whole) // 2], whole[len(whole) // 2 :]
            )


def _twice(name: str, group: Group, place: str, first: Samples, then: Samples) -> Iterator[Person]:
    if min(len(first), len(then)) >= _LEAST_S * SAMPLE_RATE_HZ:
        yield Person(name, group, place or group, _levelled(first), _levelled(then))


@lru_cache(maxsize=1)
def _vad() -> VadStream:
    return SileroVad().stream()


def _windows(sound: Samples, vad: VadStream) -> tuple[Samples, npt.NDArray[np.bool_]]:
    """The sound in windows, shape ``(windows, samples)``, and which of them the detector takes for speech."""
    vad.reset()
    size = vad.window_samples
    windows = np.pad(sound, (0, -len(sound) % size)).reshape(-1, size)
    threshold = EndpointSettings().speech_threshold
    return windows, np.array([vad.probability(window) >= threshold for window in windows])


def _speaking(sound: Samples) -> Samples:
    """The sound without the silence before and after it, and with pauses no longer than those within a phrase."""
    windows, speech = _windows(sound, _vad())
    if not speech.any():
        return sound[:0]
    return windows[np.convolve(speech, np.ones(7), mode="same") > 0].reshape(-1)


def _levelled(sound: Samples) -> Samples:
    levels = [level_dbfs(window) for window in sound[: len(sound) // 512 * 512].reshape(-1, 512)]
    gain_db = _LEVEL_DBFS - float(np.quantile(levels, _LOUD_QUANTILE))
    return (sound * 10 ** (gain_db / 20)).astype(np.float32)


def _babble(data: Path) -> Samples:
    return _levelled(read_speech(data / "C-noise" / "babble10.opus"))


def _changed(sound: Samples, condition: str, noise: Samples, seed: int) -> Samples:
    """The sound under a condition. Each seed gives another place in the room and another moment of the noise."""
    if "room" in condition:
        response = impulse(_REVERBERATION_S, seed)
        # There is as much direct sound as reverberation, as for a person before the microphone, not across the hall.
        response[0] = np.sqrt(np.sum(np.square(response[1:])))
        size = 1 << (len(sound) + len(response)).bit_length()
        wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(response, size), size)[: len(sound)]
        sound = _levelled(wet.astype(np.float32))
    if "noise" in condition:
        begin = seed * 7919 * 16 % (len(noise) - len(sound))
        sound = sound + noise[begin : begin + len(sound)] * np.float32(10 ** (-_SNR_DB / 20))
    return sound


# --- the comparison alone -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Similarities:
    """Similarities of so many seconds to a person's first recording: their own, and others' of the same place."""

    group: Group
    condition: str
    seconds: float
    own: Array
    others: Array

    def equal_error(self) -> float:
        """The equal error rate: the share of own voices below the similarity above which an equal share of others
        lies."""
        bounds = np.unique(np.concatenate((self.own, self.others)))
        missed = np.searchsorted(np.sort(self.own), bounds) / len(self.own)
        taken = 1 - np.searchsorted(np.sort(self.others), bounds) / len(self.others)
        at = int(np.argmin(np.abs(missed - taken)))
        return float(missed[at] + taken[at]) / 2


@dataclass(frozen=True, slots=True)
class EqualError:
    """The equal error rate of the comparison alone."""

    group: Group
    condition: str
    seconds: float
    people: int
    pairs: int
    """number of pairs of two people"""
    rate: float


def similarities(
    everybody: Sequence[Person], network: VoiceEmbedder, noise: Samples, tell: Callable[[str], None]
) -> list[Similarities]:
    """Compare as the appliance does: in parts of 1.6 s, the first time after one second."""
    found = []
    for condition in CONDITIONS:
        tell(f"comparing voices: {condition}")
        first = [_parts(_changed(p.first, condition, noise, 2 * n), network) for n, p in enumerate(everybody)]
        then = [_parts(_changed(p.then, condition, noise, 2 * n + 1), network) for n, p in enumerate(everybody)]
        for group in dict.fromkeys(person.group for person in everybody):
            for seconds in SECONDS:
                count = sum(ends_s <= seconds for ends_s in _ENDS_S)
                own: list[float] = []
                others: list[float] = []
                mine = [n for n, person in enumerate(everybody) if person.group == group and first[n]]
                for n in mine:
                    if len(then[n]) < count:
                        continue
                    voice = _mean(then[n][:count])
                    for m in mine:
                        if everybody[m].place == everybody[n].place:
                            (own if m == n else others).append(float(voice @ _mean(first[m])))
                if len(own) > 1 and others:
                    found.append(Similarities(group, condition, seconds, np.array(own), np.array(others)))
    return found


def _mean(voices: Sequence[Samples]) -> Samples:
    """The unit vector in the direction of the voices' mean."""
    total: Samples = np.sum(voices, axis=0)
    return total / np.float32(np.linalg.norm(total))


_ENDS_S = (1.0, 1.6, 3.2)
"""Seconds of speech at which a voice is compared, as far as is measured here."""


def _parts(sound: Samples, network: VoiceEmbedder) -> list[Samples]:
    """The voice vector of each part, as the listener would gather the parts."""
    windows, is_speech = _windows(sound, _vad())
    speech = Speech()
    gathered = [speech.hear(window) for window in windows[is_speech]]
    return [network.embed(enough) for enough in gathered if enough is not None]


# --- what the appliance makes of it -------------------------------------------------------------------------------


LEVELS_DB = (0.0, -4.0, -8.0, -12.0, -16.0)
"""Levels of the second speaker relative to the first."""

_PAUSE_S = 2.5
"""Seconds of silence after the first speaker, longer than any turn waits."""

_CUT_S = 3.0
"""Seconds of the second speech that are used, as long as an interruption."""

_FOLLOWED_S = 4.0
"""Seconds after the beginning of the second speech in which a stop of the reply counts as caused by it."""

_USUAL_PEOPLE, _USUAL_VISITORS = 30, 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """Figures of second speakers at one level, with and without the network: how often they were taken for an aside or,
    over a reply, how often they stopped it."""

    over_reply: bool
    own: bool
    """whether the second speaker is the visitor, or else another person"""
    level_db: float
    speakers: int
    by_loudness: int
    with_voices: int


class _WordsEar:
    """An ear that gives the right number of words and not their text: one every ``_WORD_S``, ``_LATE_S`` late."""

    name = "words"
    streaming = ""
    _LATE_S, _WORD_S = 0.6, 0.35

    def start(self) -> None:
        self._samples = 0

    def accept(self, samples: Samples) -> str:
        self._samples += len(samples)
        return self._words(self._samples / SAMPLE_RATE_HZ - self._LATE_S)

    def pause(self) -> Transcript:
        return self.finish()

    def resume(self) -> None:
        pass

    def finish(self) -> Transcript:
        return Transcript(self._words(self._samples / SAMPLE_RATE_HZ), 1.0, self.name)

    def _words(self, seconds: float) -> str:
        return " ".join(["word"] * max(0, round(seconds / self._WORD_S)))


def is_aside(endpoint: EndpointSettings, first: Samples, then: Samples, voices: VoiceEmbedder | None) -> bool:
    """Whether the listener takes ``then`` for an aside by its end, after it has heard ``first``."""
    pause = np.zeros(round(_PAUSE_S * SAMPLE_RATE_HZ), np.float32)
    sound = np.concatenate((pause, first, pause, then, pause))
    sound += np.random.default_rng(0).standard_normal(len(sound)).astype(np.float32) * 10 ** (_QUIET_DBFS / 20)
    begins_s = (2 * len(pause) + len(first)) / SAMPLE_RATE_HZ
    heard: Mailbox[ListenerInput] = Mailbox("bench", 1_000_000, "fault")
    for position in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        heard.put(AudioFrame(sound[position : position + FRAME_SAMPLES], position))
    heard.close()
    facts: list[Fact] = []
    vad = _vad()
    vad.reset()
    listener_with(_WordsEar(), heard, facts.append, vad, Endpoint(endpoint), voices=voices).run()
    aside: bool | None = None
    for fact in facts:
        match fact:
            case SpeechStarted() if fact.at_s > begins_s:
                aside = fact.aside
            case SpeechSuspected() if aside:
                aside = False
            case AsideNoticed() if aside is not None:
                aside = True
            case TurnEnded() if aside is not None:
                return aside
    return bool(aside)


def in_silence(
    settings: Settings, everybody: Sequence[Person], network: VoiceEmbedder, tell: Callable[[str], None]
) -> Iterator[Outcome]:
    """Measure asides while nothing is played. The same person speaks a second time, or the next person does."""
    for level_db in LEVELS_DB:
        for own in (True, False):
            pairs = [
                (person.first, _cut((person if own else _other(everybody, n)).then, level_db))
                for n, person in enumerate(everybody)
            ]
            taken = [
                sum(is_aside(settings.endpoint, first, then, voices) for first, then in pairs)
                for voices in (None, network)
            ]
            tell(f"{'the visitor' if own else 'somebody else'} at {level_db:.0f} dB: {taken} of {len(pairs)} asides")
            yield Outcome(False, own, level_db, len(pairs), *taken)


def over_replies(
    settings: Settings,
    site: Site,
    everybody: Sequence[Person],
    network: VoiceEmbedder,
    tell: Callable[[str], None],
) -> Iterator[Outcome]:
    """Measure how often a second speaker stops a reply, in the room of the barge-in part and with its echo."""
    clauses = replies(settings, site)
    stopped: dict[tuple[bool, float, bool], int] = {}
    for n, person in enumerate(everybody):
        tell(f"over a reply: visitor {n + 1} of {len(everybody)}")
        for voices in (None, network):
            rehearsal = Rehearsal(
                *(settings, site, clauses, _vad(), _WordsEar(), WebRtcCanceller(settings.audio), ROOM, "full", voices)
            )
            noise = room_noise(_QUIET_DBFS)
            drive(rehearsal, noise, None, 2.0, asks=False)
            drive(rehearsal, noise, person.first, len(person.first) / SAMPLE_RATE_HZ + _PAUSE_S, asks=False)
            drive(rehearsal, noise, None, 12.0)
            for level_db in LEVELS_DB:
                for own in (True, False):
                    drive(rehearsal, noise, None, 2.5)
                    since_s = rehearsal.now_s
                    said = _cut((person if own else _other(everybody, n)).then, level_db)
                    drive(rehearsal, noise, said, _FOLLOWED_S)
                    stop = rehearsal.log.first(commands.Cancel, since_s, rehearsal.now_s)
                    place = (own, level_db, voices is not None)
                    stopped[place] = stopped.get(place, 0) + (stop is not None)
    for level_db in LEVELS_DB:
        for own in (True, False):
            counts = [stopped[own, level_db, voices] for voices in (False, True)]
            yield Outcome(True, own, level_db, len(everybody), *counts)


def _other(everybody: Sequence[Person], n: int) -> Person:
    return everybody[(n + 1) % len(everybody)]


def _cut(sound: Samples, level_db: float) -> Samples:
    return sound[: round(_CUT_S * SAMPLE_RATE_HZ)] * np.float32(10 ** (level_db / 20))


# --- all of it ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Voices:
    """All figures of telling voices apart."""

    errors: tuple[EqualError, ...]
    outcomes: tuple[Outcome, ...]
    second_ms: float
    """processor time for a second of speech, in milliseconds"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for e in self.errors:
            what = f"equal error rate after {e.seconds:.0f} s, {e.group}, {e.condition}"
            yield Row(what, f"{100 * e.rate:.1f} %", f"{e.people} people, {e.pairs} pairs")
        for o in self.outcomes:
            who = "the visitor" if o.own else "somebody else"
            what = "stopped a reply" if o.over_reply else "taken for an aside after a turn"
            figure = f"{o.by_loudness}; {o.with_voices}"
            yield Row(f"{who} at {o.level_db:.0f} dB {what}: by loudness alone; with voices", figure, o.speakers)
        yield Row("processor time for a second of speech", f"{self.second_ms:.1f} ms")

    def table(self) -> str:
        lines = ["telling voices apart: equal error rate, people (pairs of two people), by seconds of speech"]
        for group, condition in dict.fromkeys((error.group, error.condition) for error in self.errors):
            shown = [
                f"{error.seconds:.0f} s {100 * error.rate:.1f} % ({error.people}, {error.pairs})"
                for error in self.errors
                if (error.group, error.condition) == (group, condition)
            ]
            lines.append(f"  {group}, {condition}: {'; '.join(shown)}")
        for over_reply, what in ((False, "taken for an aside after a turn"), (True, "stopped a reply")):
            lines.append(f"{what}, of n: by loudness alone, with voices")
            for own, who in ((True, "the visitor"), (False, "somebody else")):
                lines += [
                    f"  {who} at {outcome.level_db:.0f} dB: {outcome.by_loudness}, {outcome.with_voices} of "
                    f"{outcome.speakers}"
                    for outcome in self.outcomes
                    if (outcome.over_reply, outcome.own) == (over_reply, own)
                ]
        lines.append(f"processor time for a second of speech: {self.second_ms:.1f} ms")
        return "\n".join(lines)


def measure(settings: Settings, site: Site, data: Path, limit: int | None, tell: Callable[[str], None]) -> Voices:
    """Measure on the reported half. ``limit`` bounds the people after a turn and the visitors over replies."""
    network = VoiceNetwork(settings.audio.voices or STARTER)
    everybody = [person for person in people(data) if person.half == "report"]
    errors = [
        EqualError(s.group, s.condition, s.seconds, len(s.own), len(s.others), s.equal_error())
        for s in similarities(everybody, network, _babble(data), tell)
    ]
    alike = [person for person in everybody if person.group != "meetings"]
    outcomes = [*in_silence(settings, _drawn(alike, limit or _USUAL_PEOPLE), network, tell)]
    outcomes += over_replies(settings, site, _drawn(alike, limit or _USUAL_VISITORS), network, tell)
    return Voices(tuple(errors), tuple(outcomes), _second_ms(network))


def _drawn(everybody: Sequence[Person], count: int) -> list[Person]:
    return list(everybody[:: max(1, len(everybody) // count)][:count])


def _second_ms(network: VoiceEmbedder) -> float:
    """Milliseconds per second of speech for comparing it as it comes, first after a second and then for each part."""
    speech, seconds = Speech(), 32
    sound = np.random.default_rng(0).standard_normal(seconds * SAMPLE_RATE_HZ).astype(np.float32)
    began_s = time.process_time()
    for window in sound[: len(sound) // 512 * 512].reshape(-1, 512):
        enough = speech.hear(window)
        if enough is not None:
            network.embed(enough)
    return 1000 * (time.process_time() - began_s) / seconds


def main() -> None:
    """Print what the rule of ``proximity`` was chosen by: quantiles of similarities on the fit half."""
    parser = argparse.ArgumentParser(
        prog="python -m appliance.bench.workbench.speaker_recognition", description=main.__doc__
    )
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("CLOISTER_SHARED", "../shared")))
    data = data_folder(parser.parse_args().shared)
    everybody = [person for person in people(data) if person.half == "fit"]
    for found in similarities(everybody, VoiceNetwork(STARTER), _babble(data), print):
        own, others = np.quantile(found.own, (0.02, 0.05, 0.5)), np.quantile(found.others, (0.5, 0.95, 0.98))
        print(f"{found.group}, {found.condition}, {found.seconds:.0f} s: own {own.round(3)}, others {others.round(3)}")


if __name__ == "__main__":
    main()
