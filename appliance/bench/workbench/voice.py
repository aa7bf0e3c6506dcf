"""``cloister evaluate voice``: measures how well the voice is understood and how fast it is.

``sentences.tsv`` holds 100 sentences that the starter voice was not trained on: 60 prompts of its own speaker's
corpus, kept out with all their takes, and 40 that a hospital reception says. pocketsphinx with its general model
writes down what it hears from the voice, from espeak-ng, and (the 60) from the speaker herself.

An ear differs from a human listener. It understands regular speech better than lively speech, so a voice below the
human's rate is clearer to this ear, not better. Rates of 100 sentences differ by two points from run to run, as the
voice draws its prosody anew each time.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from pocketsphinx import Decoder

from appliance.bench.markdown import Row
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.turn import Turn
from appliance.engines.tts.piper import PiperVoice
from appliance.language.english import ENGLISH

_SENTENCES = Path(__file__).with_name("sentences.tsv")
_PROMPTS = "held-out prompts"
_RECEPTION = "reception sentences"
_TIMED = "Please turn left at the end of the long hallway."
"""The sentence whose time is measured: ten words, as in a first clause of a reply."""

_Speaker = Callable[[str, str], "tuple[Samples, int] | None"]
"""Gives the sound and rate of a sentence by its prompt id and text, or None when this speaker never said it."""


@dataclass(frozen=True)
class WordErrors:
    """Substitutions, insertions and deletions of one speaker on one set of sentences."""

    speaker: str
    sentences: str
    count: int
    """how many sentences"""
    words: int
    errors: int
    rate: float
    """word error rate, 0 for none"""


@dataclass(frozen=True)
class VoiceFigures:
    """All figures of the voice."""

    voice: str
    """file name of the model"""
    word_errors: tuple[WordErrors, ...]
    runs: int
    """how often the times below were measured; their medians are given"""
    first_audio_ms: float
    """milliseconds from the call to the first samples of a ten-word sentence"""
    real_time_factor: float
    """synthesis time by sound duration, of the same sentence"""
    cpu_real_time_factor: float
    """the same in processor time of the whole process, which other load on the machine does not lengthen"""
    load_s: float
    threads: int
    missing: tuple[str, ...]
    """figures that were not measured, with the reason"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for e in self.word_errors:
            rate = f"{100 * e.rate:.1f} % of {e.words} words"
            yield Row(f"word error rate, {e.speaker}, {e.sentences}, heard by pocketsphinx", rate, e.count)
        yield Row("first sound of a ten-word sentence, median", f"{self.first_audio_ms:.0f} ms", self.runs)
        real_time = f"{self.real_time_factor:.3f} and {self.cpu_real_time_factor:.3f}"
        yield Row("real-time factor, by the clock and by processor time", real_time, self.runs)
        yield Row("load", f"{self.load_s:.2f} s")

    def table(self) -> str:
        """The figures as text for a reader."""
        lines = [f"voice {self.voice}, heard by pocketsphinx (general English):"]
        for e in self.word_errors:
            share = f"{e.errors}/{e.words} words in {e.count} sentences"
            lines.append(f"  {e.speaker:22} {e.sentences:20} WER {100 * e.rate:5.1f} %  ({share})")
        lines += [
            f"first audio of a ten-word sentence: {self.first_audio_ms:.0f} ms (median of {self.runs})",
            f"real-time factor: {self.real_time_factor:.3f} wall, {self.cpu_real_time_factor:.3f} CPU"
            f" (median of {self.runs}, {self.threads} thread(s))",
            f"load: {self.load_s:.2f} s",
            *(f"not measured: {reason}" for reason in self.missing),
        ]
        return "\n".join(lines)


def evaluate(
    settings: Settings, site: Site | None, shared: Path, limit: int | None = None, runs: int = 21
) -> VoiceFigures:
    """Measure the configured voice. ``limit`` takes the first sentences of each set only. The site is not used."""
    del site
    started = time.perf_counter()
    voice = PiperVoice(settings, ENGLISH)
    load_s = time.perf_counter() - started
    first, real, cpu = _times(voice, runs)

    speakers: dict[str, _Speaker] = {settings.voice.model.name: lambda _, text: _say(voice, text)}
    missing = []
    if shutil.which("espeak-ng"):
        speakers["espeak-ng"] = lambda _, text: (espeak(text), SAMPLE_RATE_HZ)
    else:
        missing.append("espeak-ng is not installed (Debian: apt-get install espeak-ng)")
    recordings = shared / "data" / "voice-kathleen"
    if recordings.is_dir():
        takes = _takes(recordings)
        speakers["human recording"] = lambda prompt, _: _recorded(takes.get(prompt))
    else:
        missing.append(f"the speaker's recordings are not at {recordings}")

    rows = [line.split("\t") for line in _SENTENCES.read_text(encoding="utf-8").splitlines()]
    sets = {_PROMPTS: [r for r in rows if r[0] != "-"][:limit], _RECEPTION: [r for r in rows if r[0] == "-"][:limit]}
    figures, ear = [], _Ear()
    for name, speaker in speakers.items():
        for kind, sentences in sets.items():
            measured = _word_errors(name, kind, speaker, sentences, ear)
            if measured.count:
                figures.append(measured)
    return VoiceFigures(
        voice=settings.voice.model.name,
        word_errors=tuple(figures),
        runs=runs,
        first_audio_ms=first * 1000,
        real_time_factor=real,
        cpu_real_time_factor=cpu,
        load_s=load_s,
        threads=settings.threads,
        missing=tuple(missing),
    )


def words_of(text: str) -> list[str]:
    """Lower-case words without punctuation; a hyphen separates two."""
    return re.sub(r"[^a-z' ]", " ", text.lower().replace("-", " ").replace("’", "'")).split()


def word_distance(reference: list[str], heard: list[str]) -> int:
    """Fewest substitutions, insertions and deletions that turn one into the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(diagonal + (word != other), row[j] + 1, row[j - 1] + 1)
    return row[-1]


def _times(voice: PiperVoice, runs: int) -> tuple[float, float, float]:
    """Medians: seconds to the first samples, real-time factor by wall clock and by processor time."""
    first, real, cpu = [], [], []
    for _ in range(runs):
        cpu_before, before = time.process_time(), time.perf_counter()
        pieces = voice.synthesize(_TIMED, Turn(0))
        samples = len(next(pieces).samples)
        first.append(time.perf_counter() - before)
        samples += sum(len(piece.samples) for piece in pieces)
        seconds = samples / voice.rate_hz
        real.append((time.perf_counter() - before) / seconds)
        cpu.append((time.process_time() - cpu_before) / seconds)
    return statistics.median(first), statistics.median(real), statistics.median(cpu)


def _word_errors(name: str, kind: str, speaker: _Speaker, sentences: list[list[str]], ear: _Ear) -> WordErrors:
    count = words = errors = 0
    for prompt, text in sentences:
        sound = speaker(prompt, text)
        if sound is None:
            continue
        reference = words_of(text)
        count += 1
        words += len(reference)
        errors += word_distance(reference, ear.words(*sound))
    return WordErrors(name, kind, count, words, errors, errors / max(1, words))


class _Ear:
    """pocketsphinx with its general model, reset for every sentence."""

    def __init__(self) -> None:
        self._decoder = Decoder(samprate=SAMPLE_RATE_HZ, loglevel="FATAL")
        self._means = self._decoder.get_cmn(False)

    def words(self, samples: Samples, rate_hz: int) -> list[str]:
        """The words that it recognises in the sound."""
        sound = soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ)
        sound = sound * (0.7 / max(1e-4, float(np.abs(sound).max())))
        margin = np.zeros(SAMPLE_RATE_HZ // 5, np.float32)
        sound = np.concatenate([margin, sound, margin])
        # Digital silence confuses its noise estimate, so noise at -70 dB is added.
        sound = sound + np.random.default_rng(0).normal(0, 3e-4, len(sound))
        # With the running means of the last sentence, figures would depend on the order of the sentences.
        self._decoder.set_cmn(self._means)
        self._decoder.start_utt()
        self._decoder.process_raw((np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes(), full_utt=True)
        self._decoder.end_utt()
        found = self._decoder.hyp()
        return [] if found is None else words_of(re.sub(r"\(\d+\)", "", found.hypstr))


def _say(voice: PiperVoice, text: str) -> tuple[Samples, int]:
    return np.concatenate([piece.samples for piece in voice.synthesize(text, Turn(0))]), voice.rate_hz


def espeak(text: str) -> Samples:
    """The text as espeak-ng says it, at ``SAMPLE_RATE_HZ``."""
    command = ["espeak-ng", "-v", "en-us", "--stdout", text]
    wave = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(wave), dtype="float32")
    return np.asarray(soxr.resample(samples, rate_hz, SAMPLE_RATE_HZ), dtype=np.float32)


def _takes(folder: Path) -> dict[str, Path]:
    """A recording of each prompt (its last take)."""
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    return {row["id"].split("_")[1]: folder / row["file"] for row in rows}


def _recorded(path: Path | None) -> tuple[Samples, int] | None:
    if path is None:
        return None
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    return samples.mean(1), rate_hz
