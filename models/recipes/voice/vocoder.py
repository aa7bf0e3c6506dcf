"""Mel, pitch and voicing -> samples: a source-filter vocoder whose network runs once per frame, not per sample.

The network gives, per frame, the log magnitude of three filters (for a pulse train, for white noise, for noise that
is loudest at each pulse) and a phase offset; phases are minimum phase, one matrix product away from log magnitude.
Sources are filtered in the frequency domain and overlap-added. Pitch is continuous, so a wrong voicing decision
never gates anything.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as fn
from numpy.typing import NDArray
from torch import Tensor, nn

from .acoustic import Acoustic, forward
from .examples import Corpus, Example, batch, corpus
from .features import BANDS, BINS, FFT, HOP, MEL, PITCH_CENTRE, PITCH_SCALE, RATE_HZ
from .layers import ConvBlock
from .training import Run, adversarial_terms, averaged, discriminator_loss

_EDGE = slice(4 * HOP, -2 * HOP)
"""What of a segment is compared: its borders lack a neighbour to overlap with."""


def _mel_to_bins() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """[BANDS, BINS] interpolation from band centres to bins, and the bands' log gain to take off first."""
    centre = (MEL * np.arange(BINS)).sum(1) / MEL.sum(1)
    matrix = np.stack([np.interp(np.arange(BINS), centre, row) for row in np.eye(BANDS)])
    return matrix.astype(np.float32), -np.log(MEL.sum(1)).astype(np.float32)


def _minimum_phase(coefficients: int = 320) -> NDArray[np.float32]:
    """[BINS, BINS] matrix from log magnitude to minimum phase (Hilbert transform by the folded cepstrum)."""
    eye = np.eye(BINS)
    cepstrum = np.fft.ifft(np.concatenate([eye, eye[:, -2:0:-1]], 1), axis=1).real
    folded = np.zeros_like(cepstrum)
    folded[:, 0] = cepstrum[:, 0]
    folded[:, 1:coefficients] = 2 * cepstrum[:, 1:coefficients]
    taper = np.ones(coefficients)
    half = coefficients // 2
    taper[half:] = 0.5 + 0.5 * np.cos(np.pi * np.arange(coefficients - half) / (coefficients - half))
    folded[:, :coefficients] *= taper
    return np.fft.fft(folded, axis=1).imag[:, :BINS].astype(np.float32)


def pulses(f0_hz: Tensor, phase: Tensor | None, noise: Tensor, ramp: Tensor) -> tuple[Tensor, Tensor]:
    """Band-limited pulse train of unit power, and ``noise`` gathered around the pulses; both [batch, frames, HOP].

    ``f0_hz`` [batch, frames + 1] at frame borders, linear between; ``phase`` [batch, 1] in cycles at the start;
    ``ramp``: 0 .. HOP - 1. The train is the closed form of a sum of cosines below half the rate; phase is summed in
    double precision, or it drifts within a long sentence.
    """
    start, change = f0_hz[:, :-1, None], f0_hz[:, 1:, None] - f0_hz[:, :-1, None]
    cycles = ((f0_hz[:, :-1] + f0_hz[:, 1:]) * (0.5 * HOP / RATE_HZ)).double()
    begin = torch.cumsum(cycles, 1) - cycles
    if phase is not None:
        begin = begin + phase.double()
    begin = (begin - torch.floor(begin)).float()[..., None]
    place = begin + (start * ramp + change * (ramp * ramp * (1 / (2 * HOP)))) / RATE_HZ
    place = place - torch.round(place)
    angle = place * (2 * math.pi)
    count = (RATE_HZ / 2 - 150) / (start + change * (ramp * (1 / HOP)))
    whole = torch.floor(count)
    half = torch.sin(angle * 0.5)
    tiny = half.abs() < 1e-4
    safe = torch.where(tiny, torch.ones_like(half), half)
    train = torch.where(tiny, whole, torch.sin((whole + 0.5) * angle) / (2 * safe) - 0.5)
    train = train + (count - whole) * torch.cos((whole + 1) * angle)
    late = (place - 0.04) - torch.round(place - 0.04)
    return train * torch.sqrt(2 / count), noise * (2.0 * torch.exp(-(late * late) * 25.0))


def pairs_of_blocks(x: Tensor) -> Tensor:
    """[batch, frames, HOP] -> [batch, frames, 2 HOP]: each frame with the block before it."""
    return torch.cat([torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], 1), x], 2)


def overlap_add(y: Tensor) -> Tensor:
    """[batch, frames, FFT] -> [batch, frames * HOP]; frame i starts at sample (i - 1) * HOP."""
    size, frames, _ = y.shape
    blocks = fn.pad(y.view(size, frames, FFT // HOP, HOP), (0, 0, 0, 0, 3, 1))
    out = sum(blocks[:, 4 - k : 4 - k + frames, k] for k in range(FFT // HOP))
    assert isinstance(out, Tensor)
    return out.reshape(size, frames * HOP)


class Vocoder(nn.Module):
    """Network and fixed matrices; mel comes standardised, pitch scaled, voicing 0 or 1."""

    def __init__(self, width: int = 192, blocks: int = 5) -> None:
        super().__init__()
        matrix, gain = _mel_to_bins()
        self.register_buffer("to_bins", torch.from_numpy(matrix))
        self.register_buffer("band_gain", torch.from_numpy(gain) - math.log(19.6))  # 19.6: the window's gain on noise
        self.register_buffer("to_phase", torch.from_numpy(_minimum_phase()))
        self.register_buffer("mel_mean", torch.zeros(BANDS))
        self.register_buffer("mel_deviation", torch.ones(BANDS))
        self.register_buffer("window", torch.from_numpy(np.hanning(2 * HOP + 1)[:-1].astype(np.float32)))
        # Pulses alone make harmonic stripes up to 10 kHz, which no voice has: their branch falls off above 4 kHz.
        above = np.maximum(0, np.arange(BINS) * RATE_HZ / FFT - 4000) / 1000
        self.register_buffer("roll_off", torch.from_numpy((-1.2 * above).astype(np.float32)))
        self.inner = nn.Conv1d(BANDS + 2, width, 7, padding=3)
        self.norm_in = nn.LayerNorm(width)
        self.blocks = nn.ModuleList([ConvBlock(width) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width)
        self.out = nn.Linear(width, 4 * BINS)
        nn.init.normal_(self.out.weight, std=1e-3)
        with torch.no_grad():
            pulse_noise = torch.log(torch.clamp(torch.sqrt(1 - torch.exp(2 * self.roll_off)), min=0.05))
            self.out.bias.copy_(
                torch.cat([torch.zeros(BINS), torch.full((BINS,), -1.5), torch.zeros(BINS), pulse_noise])
            )

    def filters(self, mel: Tensor, pitch: Tensor, voiced: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Log magnitudes of the pulse, noise and pulse-noise filters, the pulse's phase offset; [B, frames, BINS]."""
        x = torch.cat([mel, pitch[..., None], voiced[..., None] * 2 - 1], 2)
        x = self.norm_in(self.inner(x.transpose(1, 2)).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        y = self.out(self.norm(x)).float()
        base = (mel * self.mel_deviation + self.mel_mean + self.band_gain) @ self.to_bins
        pulse, noise, offset, pulse_noise = (y[..., i * BINS : (i + 1) * BINS] for i in range(4))

        def limited(z: Tensor) -> Tensor:
            return torch.clamp(base + z, -14, 4)

        return limited(pulse + self.roll_off), limited(noise), limited(pulse_noise), offset

    def forward(self, mel: Tensor, pitch: Tensor, voiced: Tensor) -> Tensor:
        """Samples [batch, frames * HOP]; phase and noise are drawn."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            filters = self.filters(mel, pitch, voiced)
        pulse, noise, pulse_noise, offset = (f.float() for f in filters)
        size, frames = pitch.shape
        f0 = torch.exp(pitch / PITCH_SCALE + PITCH_CENTRE)
        f0 = torch.cat([f0, f0[:, -1:]], 1)
        with torch.no_grad():
            white = torch.randn(size, frames, HOP)
            train, gathered = pulses(f0, torch.rand(size, 1), white, torch.arange(HOP).float())
            sources = [torch.fft.rfft(pairs_of_blocks(s) * self.window, n=FFT) for s in (train, white, gathered)]
        total = torch.zeros((), dtype=torch.complex64)
        for source, gain, extra in zip(sources, (pulse, noise, pulse_noise), (offset, 0.0, 0.0), strict=True):
            with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
                phase = gain @ self.to_phase
            total = total + source * torch.polar(torch.exp(gain), phase.float() + extra)
        return overlap_add(torch.fft.irfft(total, n=FFT))


class SpectrogramDiscriminator(nn.Module):
    """Judges the log-magnitude spectrogram of samples [batch, time] at one FFT size."""

    def __init__(self, size: int, channels: int = 16) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("window", torch.hann_window(size))
        c = channels
        self.layers = nn.ModuleList(
            [
                nn.Conv2d(1, c, (3, 9), (1, 2), (1, 4)),
                nn.Conv2d(c, 2 * c, (3, 9), (1, 2), (1, 4)),
                nn.Conv2d(2 * c, 2 * c, (3, 9), (2, 2), (1, 4)),
                nn.Conv2d(2 * c, 2 * c, (3, 5), (1, 2), (1, 2)),
                nn.Conv2d(2 * c, 1, 3, 1, 1),
            ]
        )

    def forward(self, samples: Tensor) -> list[Tensor]:
        """Outputs of all layers, the judgement last."""
        magnitude = _magnitude(samples, self.size, self.window)
        x = torch.log(magnitude + 1e-3).transpose(1, 2)[:, None] * 0.4 + 0.5
        x = x.contiguous(memory_format=torch.channels_last)  # three times as fast as the default layout
        outputs = []
        with torch.autocast("cpu", torch.bfloat16):
            for i, layer in enumerate(self.layers):
                x = layer(x)
                x = fn.leaky_relu(x, 0.2) if i < len(self.layers) - 1 else x
                outputs.append(x)
        return outputs


def _magnitude(samples: Tensor, size: int, window: Tensor) -> Tensor:
    """Short-time magnitudes, scaled so that noise has the same level at every size."""
    s = torch.stft(samples, size, size // 4, window=window, center=False, return_complex=True)
    return torch.sqrt(s.real**2 + s.imag**2 + 1e-7) / (size / FFT) ** 0.5


class SpectralLoss(nn.Module):
    """L1 of log and linear magnitudes at four resolutions, and of log mel."""

    def __init__(self) -> None:
        super().__init__()
        self.windows = {size: torch.hann_window(size) for size in (256, 512, 1024, 2048)}
        self.mel = torch.from_numpy(MEL)

    def forward(self, ours: Tensor, real: Tensor) -> Tensor:
        total = torch.zeros(())
        for size, window in self.windows.items():
            a, b = _magnitude(ours, size, window), _magnitude(real, size, window)
            total = total + (torch.log(a + 3e-3) - torch.log(b + 3e-3)).abs().mean()
            total = total + 0.25 * (a - b).abs().mean() / b.mean()
            if size == FFT:
                total = total + (torch.log(self.mel @ a + 1e-4) - torch.log(self.mel @ b + 1e-4)).abs().mean()
        return total


class _Segments:
    """Random segments of the takes; with probability ``own`` their features as the acoustic network makes them."""

    def __init__(self, examples: list[Example], frames: int, own: float = 0.0) -> None:
        self.examples = [e for e in examples if e.frames > frames + 1]
        self.frames, self.own = frames, own
        self.weights = [e.frames - frames for e in self.examples]
        self.made: dict[int, tuple[NDArray[np.float16], NDArray[np.float32]]] = {}
        """Mel and voicing by the acoustic network, by id of the example; their pitch is the recording's."""

    def make(self, net: Acoustic) -> None:
        """Let the acoustic network speak every take, with the take's own durations and prosody."""
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            for i in range(0, len(self.examples), 8):
                group = self.examples[i : i + 8]
                mel, _, voiced = forward(net, batch(group))
                for n, e in enumerate(group):
                    decided = (voiced[n, : e.frames] > 0).float().numpy()
                    self.made[id(e)] = mel[n, : e.frames].numpy().astype(np.float16), decided

    def draw(self, rng: random.Random, size: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Mel, pitch, voicing and samples of ``size`` segments."""
        rows: list[list[NDArray[np.float32]]] = [[], [], [], []]
        for e in rng.choices(self.examples, self.weights, k=size):
            start = rng.randrange(e.frames - self.frames)
            cut = slice(start, start + self.frames)
            mel, voiced = self.made[id(e)] if self.made and rng.random() < self.own else (e.mel, e.voiced)
            samples = e.take.samples[start * HOP : (start + self.frames) * HOP].astype(np.float32) / 32767
            for row, value in zip(rows, (mel[cut], e.pitch[cut], voiced[cut], samples), strict=True):
                row.append(value.astype(np.float32))
        mel_, pitch_, voiced_, samples_ = (torch.from_numpy(np.stack(row)) for row in rows)
        return mel_, pitch_, voiced_, samples_


def _vocoder(data: Corpus) -> Vocoder:
    net = Vocoder()
    net.mel_mean, net.mel_deviation = data.mel_mean, data.mel_deviation
    return net


def train_vocoder(work: Path, steps: int = 1800, batch_size: int = 16, frames: int = 64) -> None:
    """``work/vocoder.pt``: spectral loss only, on recorded features."""
    data = corpus(work)
    net, spectral = _vocoder(data), SpectralLoss()
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3, betas=(0.9, 0.98), weight_decay=0.01)
    run = Run(work / "vocoder.pt", net, {"optimizer": optimizer}, steps, 1e-3)
    segments, rng = _Segments(data.train, frames), random.Random(run.step)
    for _ in run:
        *features, real = segments.draw(rng, batch_size)
        loss = spectral(net(*features)[:, _EDGE], real[:, _EDGE])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        run.note(spectral=loss)


def adapt_vocoder(work: Path, steps: int = 1700, batch_size: int = 8, frames: int = 48, rate: float = 5e-4) -> None:
    """``work/adapted.pt``: the vocoder goes on with discriminators, mostly on what the acoustic network makes."""
    data = corpus(work)
    net, spectral = _vocoder(data), SpectralLoss()
    net.load_state_dict(torch.load(work / "vocoder.pt")["average"])
    judges = nn.ModuleList([SpectrogramDiscriminator(size) for size in (512, 1024, 2048)])
    judges = judges.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), rate, betas=(0.6, 0.98), weight_decay=0.01)
    judge_optimizer = torch.optim.Adam(judges.parameters(), 4e-4, betas=(0.5, 0.9))
    parts = {"optimizer": optimizer, "discriminators": judges, "discriminator_optimizer": judge_optimizer}
    run = Run(work / "adapted.pt", net, parts, steps, rate, decay=0.998)
    if run.step >= steps:
        return
    segments, rng = _Segments(data.train, frames, own=0.7), random.Random(run.step)
    acoustic = averaged(work / "acoustic.pt", Acoustic())
    assert isinstance(acoustic, Acoustic)
    segments.make(acoustic)
    for step in run:
        *features, real = segments.draw(rng, batch_size)
        ours, real = net(*features)[:, _EDGE], real[:, _EDGE]
        distance = spectral(ours, real)
        seen = [judge(real) for judge in judges]
        judged = discriminator_loss(seen, [judge(ours.detach()) for judge in judges])
        judge_optimizer.zero_grad()
        judged.backward()
        judge_optimizer.step()
        judges.requires_grad_(False)
        fool, match = adversarial_terms(seen, [judge(ours) for judge in judges])
        judges.requires_grad_(True)
        ramp = min(1.0, max(0, step - 100) / 200)  # the judges learn first
        optimizer.zero_grad()
        (distance + ramp * 0.5 * (fool + match)).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        run.note(spectral=distance, judged=judged, fool=fool, match=match)
