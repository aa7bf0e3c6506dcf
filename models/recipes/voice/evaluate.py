"""Figures of a finished voice file on the held-out sentences, beside the speaker's own recordings.

- ``frechet``: Frechet distance of 10-frame log-mel patches (48 principal components fitted to recordings) to 300
  recordings that were trained on. A proxy of naturalness; recordings that were not trained on show its floor.
- ``band_error_db``: mean error of the long-term spectrum over the mel bands.
- ``pitch_r``, ``duration_r``: correlation with the speaker's over the sounds of the same sentences, measured on the
  sound itself; ``pitch_sd``, ``duration_sd``: deviation over the same sounds, relative to the speaker's.
- ``length``: total duration relative to the speaker's.
- ``question_rise``: semitones from the middle to the last sixth of yes/no questions, and of the same as statements.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from piper import PiperVoice
from piper.config import SynthesisConfig
from scipy.linalg import sqrtm

from .examples import Example, corpus
from .features import FOLDED, HOP, continuous_pitch, log_mel
from .prepare import pitch_hz, trim_and_level

_PATCH = 10
_COMPONENTS = 48
_QUESTIONS = (
    "Do you want a small coffee",
    "Is this your first visit",
    "Can I help you with anything else",
    "Are you looking for the pharmacy",
    "Would you like to hear that again",
)


def evaluate(work: Path, voice: Path, recordings: int = 300) -> dict[str, dict[str, float]]:
    """Figures of ``voice``, and those that apply of recordings that were not trained on."""
    data = corpus(work, every=5)
    seen = random.Random(0).sample(data.train, min(recordings, len(data.train)))
    by_prompt = {e.take.prompt: e for e in data.held_out}
    held_out = [by_prompt[p] for p in sorted(by_prompt)]
    reference = _Reference([e.take.samples / 32767 for e in seen])
    model = PiperVoice.load(voice, include_alignments="frames_per_id" not in _outputs(voice))
    spoken = [_speak(model, e) for e in held_out]
    figures = reference.compare([samples for samples, _ in spoken])
    figures.update(_prosody(held_out, spoken))
    for end, name in (("?", "question_rise"), (".", "statement_rise")):
        figures[name] = round(float(np.mean([_rise(model, text + end) for text in _QUESTIONS])), 2)
    return {"voice": figures, "recordings": reference.compare([e.take.samples / 32767 for e in held_out])}


def _outputs(voice: Path) -> list[str]:
    return [output.name for output in onnx.load(voice, load_external_data=False).graph.output]


def _speak(model: PiperVoice, example: Example) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The example's sentence by the voice, and the frames that each token got."""
    sentences = model.phonemize(example.take.text)
    flat = [p for i, sentence in enumerate(sentences) for p in ([" "] if i else []) + sentence]
    ids = model.phonemes_to_ids(flat)
    made = model.phoneme_ids_to_audio(ids, SynthesisConfig(normalize_audio=False), include_alignments=True)
    samples, samples_of_id = made
    assert samples_of_id is not None
    # Marks are folded into tokens exactly as in the recordings' own sequence; they last no time themselves.
    kept = [n // HOP for i, n in zip(ids, samples_of_id, strict=True) if i not in FOLDED]
    return samples, np.array(kept)


class _Reference:
    def __init__(self, recordings: list[NDArray[np.float64]]) -> None:
        patches, mel = _patches(recordings)
        self._mean = patches.mean(0)
        self._axes = np.linalg.eigh(np.cov((patches - self._mean).T))[1][:, -_COMPONENTS:]
        self._spread = self._statistics(patches)
        self._spectrum = mel.mean(0)

    def _statistics(self, patches: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        components = (patches - self._mean) @ self._axes
        return components.mean(0), np.cov(components.T)

    def compare(self, sounds: list[NDArray[np.float64]]) -> dict[str, float]:
        patches, mel = _patches(sounds)
        (m1, c1), (m2, c2) = self._spread, self._statistics(patches)
        distance = ((m1 - m2) ** 2).sum() + np.trace(c1 + c2 - 2 * sqrtm(c1 @ c2).real)
        # Natural logarithms of magnitudes: 8.686 dB each.
        error = np.abs(mel.mean(0) - self._spectrum).mean() * 8.686
        return {"frechet": round(float(distance), 2), "band_error_db": round(float(error), 2)}


def _patches(sounds: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows, mels = [], []
    for sound in sounds:
        levelled = trim_and_level(np.asarray(sound, np.float64), margins=(2, 3))
        if levelled is None:
            continue
        mel = np.maximum(log_mel(levelled), -8)
        mels.append(mel)
        rows += [mel[i : i + _PATCH].ravel() for i in range(0, len(mel) - _PATCH, 3)]
    return np.array(rows), np.concatenate(mels)


def _prosody(examples: list[Example], spoken: list[tuple[NDArray[np.float32], NDArray[np.int64]]]) -> dict[str, float]:
    ours, theirs = [], []
    lengths = [0, 0]
    for example, (samples, frames) in zip(examples, spoken, strict=True):
        if len(frames) != len(example.durations):
            continue
        f0 = pitch_hz(samples.astype(np.float64))[: frames.sum()]
        if (f0 > 0).sum() < 10:
            continue
        pitch, _ = continuous_pitch(f0)
        pitch = np.pad(pitch, (0, max(0, frames.sum() - len(pitch))), mode="edge")
        token = np.repeat(np.arange(len(frames)), frames)
        mean = np.bincount(token, pitch[: len(token)], minlength=len(frames)) / np.maximum(frames, 1)
        sounds = (example.weight[:, 1] > 0.25) & (frames > 0)
        ours.append(np.stack([mean, np.log(np.maximum(frames, 0.5))])[:, sounds])
        theirs.append(np.stack([example.prosody[:, 1], example.prosody[:, 0]])[:, sounds])
        lengths[0] += int(frames.sum())
        lengths[1] += example.frames
    a, b = np.concatenate(ours, 1), np.concatenate(theirs, 1)
    figures = {"length": round(lengths[0] / lengths[1], 3), "sounds": float(a.shape[1])}
    for i, name in enumerate(("pitch", "duration")):
        figures[f"{name}_r"] = round(float(np.corrcoef(a[i], b[i])[0, 1]), 3)
        figures[f"{name}_sd"] = round(float(a[i].std() / b[i].std()), 3)
    return figures


def _rise(model: PiperVoice, text: str) -> float:
    samples = np.concatenate([chunk.audio_float_array for chunk in model.synthesize(text)])
    f0 = pitch_hz(samples.astype(np.float64))
    voiced = f0[f0 > 0]
    sixth = max(1, len(voiced) // 6)
    middle, last = np.median(voiced[2 * sixth : 4 * sixth]), np.median(voiced[-sixth:])
    return float(12 * np.log2(last / middle))
