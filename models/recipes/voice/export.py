"""The three networks as one ONNX graph with Piper's inputs and output, and the ``.json`` beside it.

Everything that Piper's own front end does not do is inside the graph: marks are folded into tokens, contexts are
computed, prosody is drawn, durations expanded, samples made. Piper's three scales keep their meaning: noise_scale is
the spectral noise, length_scale the tempo, noise_w the temperature of the prosody. A second output gives the frames
of each input id, so alignments need no patching of the file.
"""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP
from torch import Tensor, nn

from .acoustic import NOISE, Acoustic
from .context import context
from .examples import PROSODY
from .features import (
    BINS,
    FFT,
    FOLDED,
    HOP,
    LENGTH_MARK,
    PHONEME_IDS,
    PITCH_CENTRE,
    PITCH_SCALE,
    RATE_HZ,
    STRESS,
    VOWELS,
)
from .prosody import MANNER, Prosody
from .training import averaged
from .vocoder import Vocoder, pairs_of_blocks, pulses

NOISE_SCALE = 0.667
"""Piper's default; the graph takes it as the noise it was trained with."""
NOISE_W = 0.8
"""Piper's default; the graph takes it as ``TEMPERATURE``."""
TEMPERATURE = 0.35
"""More makes contours wander: they follow the speaker's less (``describe`` in ``prosody``)."""
CONTRAST = (1.0, 1.3, 1.0, 1.2)
"""Widens the mean pitch and rise to about the speaker's deviation; durations and energy are best left alone."""
UNHURRIED = 1.04
"""Durations at synthesis, relative to the recordings: they were read by someone who wanted to get through them."""
MANNER_AT_SYNTHESIS = (0.0, 0.3, 0.0)
"""Register, liveliness, tempo, in deviations of the recordings: a little livelier than the average take."""

_NEAREST = {
    ".": "?!",
    ",": ":;-",
    " ": "()'#\"",
    "ɹ": "rɻɽʀʁɺ",
    "k": "xqcχ",
    "ɑ": "ɒɶ",
    "l": "ɫɭʎɬɮʟ",
    "ɡ": "gɟɢɣ",
    "ɜ": "œøɞɘɵ",
    "u": "yʉɯ",
    "ɪ": "ʏɨ",
    "ʃ": "çʂɕ",
    "ʒ": "ʐʑ",
    "w": "ʍʋ",
    "ɚ": "ɝ",
    "ɛ": "ε",
    "n": "ɲɳɴ",
    "m": "ɱ",
    "t": "ʈ",
    "d": "ɖɗ",
    "b": "βɓʙ",
    "f": "ɸ",
    "h": "ħɦʕ",
    "ʌ": "ɤ",
}
"""Symbols that the recordings hold -> symbols that they do not and that sound nearest to it."""


def _nearest_seen() -> Tensor:
    table = torch.arange(256)
    for seen, others in _NEAREST.items():
        for other in others:
            table[PHONEME_IDS[other]] = PHONEME_IDS[seen]
    return table


def _table(values: dict[int, float], size: int = 256) -> Tensor:
    table = torch.zeros(size)
    for key, value in values.items():
        table[key] = value
    return table


class Voice(nn.Module):
    """Phoneme ids -> samples."""

    def __init__(self, prosody: Prosody, acoustic: Acoustic, vocoder: Vocoder, tempo: float = 1.0) -> None:
        super().__init__()
        self.prosody, self.acoustic, self.vocoder, self.tempo = prosody, acoustic, vocoder, tempo
        folded = _table(dict.fromkeys(FOLDED, 1.0))
        self.register_buffer("kept", 1 - folded)
        self.register_buffer("nearest", _nearest_seen())
        self.register_buffer("stress", _table({k: float(v) for k, v in STRESS.items()}).long())
        self.register_buffer("vowel", _table(dict.fromkeys(VOWELS, 1.0)))
        question_words = {(w, v) for w, vs in (("w", "ʌɛaɪɐ"), ("h", "ua")) for v in vs}
        first = {w for w, _ in question_words}
        self.register_buffer("opening", torch.stack([_table({PHONEME_IDS[f]: 1.0}) for f in sorted(first)]))
        vowels = [_table({PHONEME_IDS[v]: 1.0 for w, v in question_words if w == f}) for f in sorted(first)]
        self.register_buffer("opening_vowel", torch.stack(vowels))
        self.register_buffer("bin_angle", torch.arange(BINS).float() * (2 * math.pi / FFT))
        self.register_buffer("ramp", torch.arange(FFT).float())
        one_sided = torch.full((BINS,), 2.0)
        one_sided[[0, -1]] = 1.0
        self.register_buffer("one_sided", one_sided / FFT)

    def forward(self, ids: Tensor, lengths: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
        """``ids`` [1, n], ``lengths`` [1], ``scales`` [3] -> samples [1, 1, 1, time], frames per id [1, n]."""
        ids = ids[0, : lengths[0]]
        there = torch.nonzero(ids)[:, 0]
        sequence = ids[there]
        nothing = sequence[:1] * 0
        before, after = torch.cat([nothing, sequence[:-1]]), torch.cat([sequence[1:], nothing])
        kept = torch.nonzero(self.kept[sequence])[:, 0]
        base, stress = self.nearest[sequence[kept]], self.stress[before[kept]]
        long = (after[kept] == LENGTH_MARK).long()
        where = context(base, stress)[None]
        tokens = (base[None], stress[None], long[None], where)

        manner = torch.tensor([MANNER_AT_SYNTHESIS]) + torch.zeros(1, MANNER)
        h = self.prosody.encode(*tokens, manner)
        noise = torch.randn_like(h[..., :PROSODY]) * (scales[2] * (TEMPERATURE / NOISE_W))
        drawn = self.prosody.draw(h, noise, torch.tensor(CONTRAST)) * self.prosody.spread + self.prosody.centre
        pitch, rise = self._question(sequence, base, stress, drawn[0, :, 1], drawn[0, :, 3])
        given = torch.stack([pitch, drawn[0, :, 2], rise], 1)[None]

        # Borders are rounded, not lengths, so that rounding never adds up to a drift of the tempo.
        length = torch.clamp(torch.exp(drawn[0, :, 0]) * self.tempo, 0.7, 80.0) * scales[1]
        ends = torch.round(torch.cumsum(length, 0))
        starts = torch.cat([ends[:1] * 0, ends[:-1]])
        # The graph's only Ceil: Piper's own alignment patch looks for it when a file has no second output.
        frames_of_id = torch.ceil(torch.zeros_like(ids).float().scatter(0, there[kept], ends - starts))
        pairs = torch.floor((torch.sum(frames_of_id)[None] + 1) * 0.5).long()
        frame = torch.cumsum(torch.ones_like(torch.zeros(1)).expand(pairs[0] * 2), 0) - 1
        last = torch.sum(torch.ones_like(base)) - 1
        token = torch.minimum((frame[:, None] >= ends[None]).long().sum(1), last)
        size = torch.clamp(ends - starts, min=1.0)[token]
        place = frame - starts[token] + 0.5
        part = torch.clamp(place / size, 0, 1)
        features = torch.stack([part, 1 - part, torch.clamp(place, max=20.0) / 10, torch.log(size) / 2], 1)[None]

        encoded = self.acoustic.encode(*tokens, given)
        spectral_noise = torch.randn_like(frame.view(-1, 2)[:, :1].expand(-1, NOISE))[None] * (scales[0] / NOISE_SCALE)
        mel, frame_pitch, voiced = self.acoustic.decode(encoded, token[None], features, spectral_noise)
        samples = self._samples(mel, frame_pitch, (voiced > 0).float())
        return samples.reshape(1, 1, 1, -1), frames_of_id[None]

    def _question(
        self, sequence: Tensor, base: Tensor, stress: Tensor, pitch: Tensor, rise: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Lift the end of a yes/no question.

        The recordings hold not one question mark, so this is a rule: from the last accented vowel on, pitch
        climbs from below the mean to well above it. A question that opens with a question word falls as a statement
        does, which the network does by itself.
        """
        asked = torch.clamp(torch.sum((sequence == PHONEME_IDS["?"]).float()), max=1.0)
        padded = torch.cat([base, base[:1] * 0, base[:1] * 0, base[:1] * 0])
        opens = torch.sum(self.opening[:, padded[1]] * self.opening_vowel[:, padded[2]])
        index = torch.cumsum(torch.ones_like(pitch), 0)
        accent = self.vowel[base] * (stress == 1).float()
        nucleus = torch.amax(accent * index)
        end = torch.amax(self.vowel[base] * index)
        along = torch.clamp((index - nucleus) / torch.clamp(end - nucleus, min=1.0), 0, 1)
        after = (index >= nucleus).float() * asked * (1 - torch.clamp(opens, max=1.0))
        single = (end == nucleus).float()  # then the whole rise happens within the one vowel
        centre, spread = self.prosody.centre, self.prosody.spread
        target = centre[1] + spread[1] * (-0.6 + 2.6 * along + 1.0 * single)
        steep = centre[3] + spread[3] * (1.2 + 0.8 * single)
        return pitch * (1 - after) + target * after, rise * (1 - after) + steep * after

    def _samples(self, mel: Tensor, pitch: Tensor, voiced: Tensor) -> Tensor:
        """The vocoder with its Fourier transforms as matrix products (opset 17 has no complex numbers).

        The matrices are written as cosines of two short vectors: onnxruntime folds them at load, the file stays small.
        """
        pulse, noise, pulse_noise, offset = self.vocoder.filters(mel, pitch, voiced)
        f0 = torch.clamp(torch.exp(pitch / PITCH_SCALE + PITCH_CENTRE), 66.0, 446.0)
        f0 = torch.cat([f0, f0[:, -1:]], 1)
        white = torch.randn_like(f0[:, 1:, None].expand(-1, -1, HOP))
        train, gathered = pulses(f0, None, white, self.ramp[:HOP])
        angle = self.ramp[: 2 * HOP, None] * self.bin_angle[None]
        cosine, sine = torch.cos(angle), torch.sin(angle)
        real = imaginary = torch.zeros(1)
        for source, gain, extra in ((train, pulse, offset), (white, noise, None), (gathered, pulse_noise, None)):
            windowed = pairs_of_blocks(source) * self.vocoder.window
            re, im = windowed @ cosine, -(windowed @ sine)
            phase = gain @ self.vocoder.to_phase
            phase = phase if extra is None else phase + extra
            filter_re, filter_im = torch.exp(gain) * torch.cos(phase), torch.exp(gain) * torch.sin(phase)
            real = real + re * filter_re - im * filter_im
            imaginary = imaginary + re * filter_im + im * filter_re
        angle = self.bin_angle[:, None] * self.ramp[None]
        y = (real * self.one_sided) @ torch.cos(angle) - (imaginary * self.one_sided) @ torch.sin(angle)
        blocks = y.reshape(-1, FFT // HOP, HOP)
        zero = torch.zeros_like(blocks[:1])
        blocks = torch.cat([zero, zero, zero, blocks, zero], 0)
        return blocks[4:, 0] + blocks[3:-1, 1] + blocks[2:-2, 2] + blocks[1:-3, 3]


def _halve(path: Path) -> None:
    """Store large weights as float16 with a Cast each: half the file, float32 arithmetic."""
    model = onnx.load(path)
    stored, casts = [], []
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and np.prod(tensor.dims) > 2000:
            half = numpy_helper.to_array(tensor).astype(np.float16)
            stored.append(numpy_helper.from_array(half, tensor.name + "_half"))
            casts.append(helper.make_node("Cast", [tensor.name + "_half"], [tensor.name], to=TensorProto.FLOAT))
        else:
            stored.append(tensor)
    nodes = list(model.graph.node)
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(stored)
    model.graph.node.extend(casts + nodes)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _tempo(work: Path, prosody: Prosody) -> float:
    """Factor on durations that makes drawn takes last as long as the speaker's: exp of a mean log is too short."""
    from .examples import batch, corpus

    real = drawn = 0.0
    torch.manual_seed(0)
    for example in corpus(work, every=16).train:
        b = batch([example])
        h = prosody.encode(b.base, b.stress, b.long, b.context, torch.tensor([MANNER_AT_SYNTHESIS]))
        noise = torch.randn(1, h.shape[1], PROSODY) * TEMPERATURE
        x = prosody.draw(h, noise, torch.tensor(CONTRAST)) * prosody.spread + prosody.centre
        drawn += float(torch.exp(x[..., 0]).clamp(0.7, 80).sum())
        real += float(example.durations.sum())
    return UNHURRIED * real / drawn


def export(work: Path, voice: Path) -> None:
    """Write ``voice`` (.onnx) and ``voice``.json from the averaged networks in ``work``."""
    prosody, acoustic = averaged(work / "prosody.pt", Prosody()), averaged(work / "acoustic.pt", Acoustic())
    vocoder = averaged(work / "adapted.pt", Vocoder())
    assert isinstance(prosody, Prosody) and isinstance(acoustic, Acoustic) and isinstance(vocoder, Vocoder)
    net = Voice(prosody, acoustic, vocoder, _tempo(work, prosody)).eval()
    ids = torch.tensor([[1, 0, 20, 0, 59, 0, 31, 0, 120, 0, 27, 0, 100, 0, 10, 0, 2]])
    arguments = (ids, torch.tensor([ids.shape[1]]), torch.tensor([NOISE_SCALE, 1.0, NOISE_W]))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracer's remarks on shapes that are constants on purpose
        torch.onnx.export(
            net,
            arguments,
            str(voice),
            input_names=["input", "input_lengths", "scales"],
            output_names=["output", "frames_per_id"],
            dynamic_axes={
                "input": {0: "batch", 1: "phonemes"},
                "output": {3: "time"},
                "frames_per_id": {1: "phonemes"},
            },
            opset_version=17,
            do_constant_folding=False,
            dynamo=False,
        )
    _halve(voice)
    settings = {
        "audio": {"sample_rate": RATE_HZ, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "language": {
            "code": "en_US",
            "family": "en",
            "region": "US",
            "name_native": "English",
            "name_english": "English",
            "country_english": "United States",
        },
        "dataset": "kathleen",
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "inference": {"noise_scale": NOISE_SCALE, "length_scale": 1.0, "noise_w": NOISE_W},
        "num_symbols": 256,
        "num_speakers": 1,
        "speaker_id_map": {},
        "hop_length": HOP,
        "piper_version": "1.8.0",
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    Path(f"{voice}.json").write_text(json.dumps(settings, ensure_ascii=False, indent=1))
