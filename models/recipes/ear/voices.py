"""Speech synthesizers as sources of speakers, and cheap ways to make more speakers of each.

Every voice turns spelled text into float32 samples at 16 kHz. A *shift* plays the voice faster or
slower while the synthesizer speaks slower or faster by the same factor: vocal tract length and pitch move,
the speaking rate stays. WORLD moves pitch and vocal tract apart from each other.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, ClassVar, Protocol

import numpy as np
import soundfile
import soxr

from .fbank import RATE_HZ
from .text import MENU


class Voice(Protocol):
    """Speaks spelled text; ``rng`` chooses speaker, pitch, rate and accent."""

    def __call__(self, text: str, rng: Random) -> np.ndarray: ...


def resample(samples: np.ndarray, from_hz: float, to_hz: float = RATE_HZ) -> np.ndarray:
    """Samples at another rate; a ``from_hz`` above the true rate raises pitch and formants."""
    if abs(from_hz - to_hz) < 1e-6:
        return samples.astype(np.float32)
    return soxr.resample(samples, from_hz, to_hz, quality="MQ").astype(np.float32)


def log_uniform(rng: Random, low: float, high: float) -> float:
    """A factor between ``low`` and ``high``, as likely below as above their geometric mean."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def world(samples: np.ndarray, rng: Random) -> np.ndarray:
    """Another speaker: pitch, pitch range, vocal tract and breathiness changed by the WORLD vocoder."""
    import pyworld

    x = samples.astype(np.float64)
    coarse, times = pyworld.dio(x, RATE_HZ, frame_period=8.0)
    f0 = pyworld.stonemask(x, coarse, times, RATE_HZ)
    envelope = pyworld.cheaptrick(x, f0, times, RATE_HZ)
    noise = pyworld.d4c(x, f0, times, RATE_HZ)
    voiced = f0 > 0
    if voiced.sum() < 10:
        return samples
    mean = np.exp(np.log(f0[voiced]).mean())
    target = log_uniform(rng, 80, 260)
    f0[voiced] = target * (f0[voiced] / mean) ** rng.uniform(0.4, 1.7)
    # A higher voice usually has a shorter vocal tract; keep the pair plausible, but not fixed.
    ratio = (target / mean) ** 0.3 * log_uniform(rng, 0.93, 1.08)
    ratio = float(np.clip(ratio, 0.78, 1.28))
    source = np.arange(envelope.shape[1]) / ratio
    low = np.minimum(source.astype(int), envelope.shape[1] - 2)
    part = np.clip(source - low, 0.0, 1.0)
    logs = np.log(envelope)
    envelope = np.exp(logs[:, low] * (1 - part) + logs[:, low + 1] * part)
    noise = np.clip(noise ** rng.uniform(0.5, 1.3), 0.0, 1.0)
    envelope, noise = np.ascontiguousarray(envelope), np.ascontiguousarray(noise)
    return pyworld.synthesize(f0, envelope, noise, RATE_HZ, frame_period=8.0).astype(np.float32)


_ACCENTS: list[tuple[str, str]] = [
    ("θ", "t"), ("θ", "s"), ("θ", "f"), ("ð", "d"), ("ð", "z"), ("w", "v"), ("v", "w"), ("ɪ", "i"), ("ʊ", "u"),
    ("æ", "ɛ"), ("æ", "a"), ("ʌ", "a"), ("ɹ", "r"), ("ɚ", "ə"), ("ɾ", "t"), ("ɑ", "ɔ"), ("ɔ", "ɑ"), ("z", "s"),
    ("ə", "ɛ"), ("ə", "ɐ"), ("h", ""), ("ŋ", "n"), ("ː", ""), ("ɜ", "ɛ"), ("ʃ", "s"), ("dʒ", "j"), ("ɛ", "e"),
]  # fmt: skip
"""Substitutions of phonemes that second-language and regional speakers make (single phonemes only)."""


_NEAREST = {"ɒ": "ɑ", "r": "ɹ", "a": "æ", "e": "ɛ", "o": "ʊ", "ɐ": "ʌ", "ɜ": "ɚ", "i": "ɪ", "u": "ʊ", "ɔ": "ɑ"}
_PANGRAMS = (
    "the quick brown fox jumps over the lazy dog", "a boy enjoyed five hours of measuring vision there",
    "she chose thirty judges with big ears near the huge yellow house", "ring the butter button now poor uncle",
)  # fmt: skip


class Piper:
    """A voice in Piper's format, with other accents' phonemes and optionally another speaker by WORLD."""

    def __init__(self, model: Path, world_share: float = 0.12) -> None:
        import onnxruntime
        from piper import PiperVoice

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._voice = PiperVoice.load(str(model))
        self._voice.session = onnxruntime.InferenceSession(
            str(model), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._espeak = self._voice.config.espeak_voice
        spoken = " ".join([*MENU["drink"], *_PANGRAMS])
        self._known = {p for sentence in self._voice.phonemize(spoken) for p in sentence}
        self._world_share = world_share

    def _phonemes(self, text: str, rng: Random) -> list[str]:
        accent = rng.choice([self._espeak] * 5 + ["en", "en-gb-scotland", "en-gb-x-rp", "en-us-nyc", "en-029"])
        self._voice.config.espeak_voice = accent
        try:
            phonemes = [p for sentence in self._voice.phonemize(text) for p in sentence]
        finally:
            self._voice.config.espeak_voice = self._espeak
        if rng.random() < 0.4:
            swaps = dict(rng.sample(_ACCENTS, rng.randint(1, 4)))
            phonemes = [swaps.get(p, p) for p in phonemes]
        # a voice trained on one accent has never said the others' own phonemes: take its nearest
        phonemes = [p if p in self._known else _NEAREST.get(p, "") for p in phonemes]
        return [p for p in phonemes if p in self._known]

    def __call__(self, text: str, rng: Random) -> np.ndarray:
        from piper.config import SynthesisConfig

        by_world = rng.random() < self._world_share
        shift = log_uniform(rng, 0.95, 1.05) if by_world else log_uniform(rng, 0.74, 1.14)
        config = SynthesisConfig(
            length_scale=shift * log_uniform(rng, 0.78, 1.35),
            noise_scale=rng.uniform(0.3, 1.0),
            noise_w_scale=rng.uniform(0.4, 1.2),
        )
        ids = self._voice.phonemes_to_ids(self._phonemes(text, rng))
        audio: Any = self._voice.phoneme_ids_to_audio(ids, config)
        samples = np.asarray(audio[0] if isinstance(audio, tuple) else audio, np.float32).ravel()
        samples = resample(samples, self._voice.config.sample_rate * shift)
        return world(samples, rng) if by_world else samples


class _Program:
    """A synthesizer that is started once per sentence and writes a wave file."""

    def __init__(self) -> None:
        scratch = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(dir=scratch if scratch.is_dir() else None)
        self._wave = Path(self._folder.name) / "speech.wav"

    def _run(self, command: list[str]) -> tuple[np.ndarray, int]:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        return self._read()

    def _read(self) -> tuple[np.ndarray, int]:
        samples, rate = soundfile.read(self._wave, dtype="float32")
        return samples, rate


class Flite(_Program):
    """CMU flite: rms, awb (Scottish) and kal are men, slt is a woman."""

    _SHIFT: ClassVar = {
        "slt": (0.74, 1.14),
        "rms": (0.86, 1.35),
        "awb": (0.86, 1.32),
        "kal16": (0.86, 1.32),
        "kal": (0.9, 1.3),
    }

    def __call__(self, text: str, rng: Random) -> np.ndarray:
        name = rng.choice(["slt", "slt", "slt", "rms", "rms", "rms", "awb", "awb", "kal16", "kal"])
        shift = log_uniform(rng, *self._SHIFT[name])
        options = ["--setf", f"duration_stretch={shift * log_uniform(rng, 0.8, 1.3):.3f}"]
        if name.startswith("kal"):
            options += ["--setf", f"int_f0_target_mean={rng.uniform(85, 150) / shift**0.3:.0f}"]
            options += ["--setf", f"int_f0_target_stddev={rng.uniform(5, 25):.0f}"]
        samples, rate = self._run(["flite", "-voice", name, *options, "-t", text, "-o", str(self._wave)])
        samples = resample(samples, rate * shift)
        return world(samples, rng) if rng.random() < 0.05 else samples


class Espeak(_Program):
    """espeak-ng: formant synthesis, many accents and variants of larynx and vocal tract."""

    _ACCENTS = ("en-us", "en-us", "en-us", "en-gb", "en-gb-scotland", "en-us-nyc", "en-gb-x-rp", "en-029",
                "en-gb-x-gbclan", "en-gb-x-gbcwmd")  # fmt: skip
    _VARIANTS = tuple(
        "m1 m2 m3 m4 m5 m6 m7 m8 f1 f2 f3 f4 f5 klatt klatt2 klatt3 klatt4 Andy Annie Denis Diogo Gene Jacky "
        "Lee Mario Michael Mike Nguyen Tweaky Zac anika belinda boris david ed edward grandma grandpa iven "
        "iven2 john kaukovalta linda marcelo max michel miguel norbert paul pedro quincy rob robert sandro "
        "shelby steph steph2 steph3 travis victor zac".split()
    )

    def __call__(self, text: str, rng: Random) -> np.ndarray:
        voice = f"{rng.choice(self._ACCENTS)}+{rng.choice(self._VARIANTS)}"
        shift = log_uniform(rng, 0.9, 1.12)
        rate = int(np.clip(rng.uniform(115, 195) / shift, 80, 260))
        command = [
            "espeak-ng",
            "-v",
            voice,
            "-s",
            str(rate),
            "-p",
            str(rng.randint(15, 85)),
            "-w",
            str(self._wave),
            text,
        ]
        samples, hz = self._run(command)
        return resample(samples, hz * shift)


class Festival(_Program):
    """Festival's diphone men (kal, ked) and its HTS woman (slt), kept running between sentences."""

    _VOICES: ClassVar = {"voice_ked_diphone": (0.88, 1.3), "voice_cmu_us_slt_arctic_hts": (0.74, 1.14)}

    def __init__(self) -> None:
        super().__init__()
        self._process = subprocess.Popen(
            ["festival", "--pipe"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __call__(self, text: str, rng: Random) -> np.ndarray:
        name = rng.choice(list(self._VOICES))
        shift = log_uniform(rng, *self._VOICES[name])
        clean = re.sub(r"[^a-z' ]", " ", text)
        stretch = shift * log_uniform(rng, 0.8, 1.25)
        self._wave.unlink(missing_ok=True)
        draft = self._wave.with_suffix(".draft")
        assert self._process.stdin
        self._process.stdin.write(
            f"({name}) (Parameter.set 'Duration_Stretch {stretch:.3f})"
            f' (set! u (utt.synth (Utterance Text "{clean}"))) (utt.save.wave u "{draft}" \'riff)'
            f' (system "mv {draft} {self._wave}")\n'
        )
        self._process.stdin.flush()
        # festival buffers what it prints to a pipe, so the file itself says that it is done
        deadline = time.monotonic() + 20
        while not self._wave.exists():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise OSError("festival does not answer")
            time.sleep(0.004)
        samples, rate = self._read()
        return resample(samples, rate * shift)


def available(piper_models: list[Path]) -> list[tuple[float, str, Callable[[str, Random], np.ndarray]]]:
    """(share, name, voice) of every synthesizer that works here; the shares need not add up to one."""
    found: list[tuple[float, str, Callable[[str, Random], np.ndarray]]] = []
    for model in piper_models:
        found.append((0.38 / len(piper_models), "piper", Piper(model)))
    for share, name, kind in ((0.3, "flite", Flite), (0.18, "espeak", Espeak), (0.14, "festival", Festival)):
        try:
            voice = kind()
            if len(voice("testing one two", Random(0))) > RATE_HZ // 4:
                found.append((share, name, voice))
        except (OSError, subprocess.SubprocessError, soundfile.LibsndfileError) as error:
            print(f"voice {name} is left out: {error}")
    return found
