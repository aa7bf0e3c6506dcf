"""Audio and text features that every stage shares: framing, log-mel spectrogram, tokens of a phoneme sequence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

RATE_HZ = 22050
"""Fricatives live above 8 kHz, and all cost is per frame: 22 kHz is almost free."""
HOP = 256
"""Samples per frame; Piper's own default, so its alignments come out in samples."""
FFT = 1024
BANDS = 80
BINS = FFT // 2 + 1

PITCH_CENTRE = 5.05
"""ln Hz; frame pitch is handled as ``(ln f0 - PITCH_CENTRE) * PITCH_SCALE``, about unit size for a woman's voice."""
PITCH_SCALE = 4.0

PHONEME_IDS = {symbol: ids[0] for symbol, ids in DEFAULT_PHONEME_ID_MAP.items()}
SYMBOLS = 170
STRESS = {PHONEME_IDS["ˈ"]: 1, PHONEME_IDS["ˌ"]: 2}
LENGTH_MARK = PHONEME_IDS["ː"]
FOLDED = {0, *STRESS, LENGTH_MARK, PHONEME_IDS["˞"], *(PHONEME_IDS[s] for s in "̧̪̯̩̃ʰ")}
"""Ids that are no token of their own: padding, and marks that become a feature of their neighbour or are dropped."""
PAUSES = frozenset(PHONEME_IDS[s] for s in "^$ !'(),-.:;?\"")
"""Symbols that are boundaries rather than sounds."""
BREAKS = frozenset(PHONEME_IDS[s] for s in "!,.:;?$")
"""Symbols that end a phrase."""
STOPS = frozenset(PHONEME_IDS[s] for s in "!.?$")
VOWELS = frozenset(PHONEME_IDS[s] for s in "aeiouyæøœɐɑɒɔɘəɚɛɜɞɤɨɪɯɵɶʉʊʌʏᵻεɝ")


@dataclass(frozen=True)
class Tokens:
    """A phoneme sequence with its marks folded in: 45 tokens per sentence instead of 110 ids."""

    base: NDArray[np.int64]
    """Piper phoneme ids, pauses included."""
    stress: NDArray[np.int64]
    """0 none, 1 primary, 2 secondary (the mark stands before its vowel)."""
    long: NDArray[np.int64]
    """1 where a length mark followed."""

    def __len__(self) -> int:
        return len(self.base)


def fold(ids: list[int]) -> Tokens:
    """Piper's id sequence (padded, with marks) as tokens."""
    ids = [i for i in ids if i]
    base, stress, long = [], [], []
    for before, this, after in zip([0, *ids[:-1]], ids, [*ids[1:], 0], strict=True):
        if this not in FOLDED:
            base.append(this)
            stress.append(STRESS.get(before, 0))
            long.append(int(after == LENGTH_MARK))
    return Tokens(*(np.array(a, np.int64) for a in (base, stress, long)))


def mel_filterbank() -> NDArray[np.float32]:
    """[BANDS, BINS] triangles on Slaney's scale (linear to 1 kHz, logarithmic above), each of unit area in Hz."""

    def to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))

    top = 15 + np.log(RATE_HZ / 2 / 1000) * 27 / np.log(6.4)
    edges = to_hz(np.linspace(0, top, BANDS + 2))
    bins = np.arange(BINS) * RATE_HZ / FFT
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2 / (edges[2:] - edges[:-2])
    return (np.maximum(0, np.minimum(rise, fall)) * area[:, None]).astype(np.float32)


MEL = mel_filterbank()
_WINDOW = np.hanning(FFT + 1)[:-1].astype(np.float32)


def log_mel(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """[frames, BANDS] natural log of mel magnitudes; frame i is centred on sample ``i * HOP``."""
    padded = np.pad(samples, FFT // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP][: len(samples) // HOP]
    magnitude = np.abs(np.fft.rfft(frames * _WINDOW, axis=1)).astype(np.float32)
    return np.log(np.maximum(magnitude @ MEL.T, 1e-5))


def continuous_pitch(f0_hz: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scaled log pitch, interpolated over unvoiced frames, and the voicing (0 or 1), both [frames]."""
    voiced = f0_hz > 0
    frame = np.arange(len(f0_hz))
    log_f0 = np.interp(frame, frame[voiced], np.log(f0_hz[voiced]))
    return ((log_f0 - PITCH_CENTRE) * PITCH_SCALE).astype(np.float32), voiced.astype(np.float32)
