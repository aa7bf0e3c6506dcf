"""The ear's recipe end to end on a little synthesized speech: data, training, export, sherpa-onnx.

Run it in the recipes' environment (models/recipes/requirements.txt). It is skipped with the reason without torch.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

for _module in ("torch", "scipy", "soxr", "soundfile", "onnx", "kaldifst", "sherpa_onnx"):
    pytest.importorskip(_module, reason=f"{_module} is not installed: use models/recipes/requirements.txt")

from models.recipes.ear import corpus, text  # noqa: E402
from models.recipes.ear.augment import Augmenter  # noqa: E402
from models.recipes.ear.fbank import BANDS, fbank  # noqa: E402


def _speechlike(seconds: float, seed: int) -> np.ndarray:
    """A gliding buzz in noise, which has enough structure for features and needs no synthesizer."""
    rng = np.random.default_rng(seed)
    clock = np.arange(int(seconds * 16_000)) / 16_000
    buzz = sum(np.sin(2 * np.pi * k * (110 + 20 * np.sin(2 * clock)) * clock) / k for k in range(1, 20))
    return (0.1 * buzz * (1 + np.sin(9 * clock)) + 0.003 * rng.standard_normal(len(clock))).astype(np.float32)


def test_features_equal_kaldi() -> None:
    knf = pytest.importorskip("kaldi_native_fbank", reason="kaldi_native_fbank is not installed")
    samples = _speechlike(1.37, 0)
    options = knf.FbankOptions()
    options.frame_opts.dither, options.frame_opts.snip_edges = 0, False
    options.mel_opts.num_bins, options.mel_opts.low_freq, options.mel_opts.high_freq = 80, 20, -400
    online = knf.OnlineFbank(options)
    online.accept_waveform(16_000, samples.tolist())
    online.input_finished()
    wanted = np.stack([online.get_frame(i) for i in range(online.num_frames_ready)])
    assert np.abs(fbank(samples) - wanted).max() < 2e-3


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Book me in for 3:30 pm on the 22nd.", "book me in for three thirty p m on the twenty second"),
        ("I'm paying $12 — is that O.K.?", None),
        ("It's 10 a.m., isn't it?", "it's ten a m isn't it"),
        ("room 101", "room one hundred one"),
        ("call 5551234", None),
    ],
)
def test_written_sentences_are_spelled_or_refused(written: str, spoken: str | None) -> None:
    assert text.normalise(written) == spoken


def test_generated_sentences_use_the_ears_letters_only() -> None:
    from models.recipes.ear.model import SYMBOLS

    rng = Random(3)
    letters = set(SYMBOLS[1:])
    for make in (text.cafe_order, text.cafe_fragment, text.reception_talk):
        for _ in range(500):
            sentence = make(rng)
            assert sentence and set(sentence) <= letters, sentence
            assert "  " not in sentence


def test_slots_are_read_from_a_transcript() -> None:
    from models.recipes.ear.evaluate import slots_of, snap

    assert slots_of("can i get a small iced coffee with a little bit of soy milk") == {
        "size": "small",
        "coffeeDrink": "iced coffee",
        "milkAmount": "a little bit of soy milk",
    }
    assert slots_of("where is the pharmacy") == {}
    assert snap("smal iced cofee", ["small", "iced", "coffee"]) == "small iced coffee"


def test_evaluation_noise_is_not_in_the_training_noise(tmp_path: Path) -> None:
    import soundfile

    silent_then_loud = np.concatenate([np.zeros(16_000), 0.5 * np.random.default_rng(0).standard_normal(16_000)])
    rng_state = 7
    without = corpus.noise_features(None, Random(rng_state))
    soundfile.write(tmp_path / "fan.flac", silent_then_loud.astype(np.float32).clip(-1, 1), 16_000)
    soundfile.write(tmp_path / "babble.flac", silent_then_loud.astype(np.float32).clip(-1, 1), 16_000)
    added = corpus.noise_features(tmp_path, Random(rng_state))[len(without) :]
    assert len(added) == 100  # the first half of one file, silent
    assert added.max() < -15


def test_augmented_speech_keeps_its_length_and_silence_after_it() -> None:
    features = fbank(_speechlike(2.0, 1))
    augment = Augmenter(fbank(_speechlike(8.0, 2)), [features], seed=4)
    for strength in (0.0, 1.0):
        for _ in range(30):
            heard = augment(features, strength, after_frames=50)
            assert heard.shape[1] == BANDS and np.isfinite(heard).all()
            assert 0.75 * len(features) + 50 <= len(heard) <= 1.3 * len(features) + 50 + 170


def test_chunks_give_the_output_of_the_whole_utterance() -> None:
    import torch

    from models.recipes.ear.model import Ear

    torch.manual_seed(1)
    ear = Ear().eval()
    x = torch.randn(2, 64, BANDS)
    with torch.no_grad():
        whole = ear(x)
        scaled = (x - ear.mean) * ear.inverse_std
        frames = torch.zeros(2, 4, BANDS)
        caches = [torch.zeros(2, ear.shape.kernel - 1, ear.shape.width) for _ in ear.blocks]
        parts = []
        for start in range(0, 64, 16):
            out = ear.body(scaled[:, start : start + 16], frames, caches)
            frames, caches = out.frames, out.caches
            parts.append(out.logits)
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-4)
    assert whole.shape == (2, 16, 29)


@pytest.mark.parametrize("quantise", [False, True])
def test_the_weights_are_read_back_from_a_published_ear(tmp_path: Path, quantise: bool) -> None:
    import torch

    from models.recipes.ear import export, published
    from models.recipes.ear.model import Ear

    torch.manual_seed(2)
    ear = Ear()
    with torch.no_grad():
        for parameter in ear.parameters():  # norms and gains too, or swapped ones would not be noticed
            parameter.add_(0.1 * torch.randn_like(parameter))
    ear.mean.copy_(torch.linspace(-9, -5, BANDS))
    export.write(ear, tmp_path / "ear.onnx", quantise)
    again = published.load(tmp_path / "ear.onnx")
    for name, value in ear.state_dict().items():
        step = float(value.abs().max()) / 127 if quantise and value.ndim == 2 else 0.0
        assert (again.state_dict()[name] - value).abs().max() <= step + 1e-6, name


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
def test_data_train_resume_export_and_decode(tmp_path: Path) -> None:
    import sherpa_onnx
    import torch

    from models.recipes.ear.export import export
    from models.recipes.ear.graph import write_graph
    from models.recipes.ear.train import train
    from models.recipes.ear.voices import Espeak

    data, run, model = tmp_path / "data", tmp_path / "run", tmp_path / "model"
    data.mkdir()
    rng, voice = Random(5), Espeak()
    frames, entries = [], []
    for _ in range(6):
        sentence = text.cafe_fragment(rng)
        features = fbank(voice(sentence, rng)).astype(np.float16)
        frames.append(features)
        entries.append({"frames": len(features), "kind": "cafe", "text": sentence})
    np.save(data / "shard-0000.npy", np.concatenate(frames))
    (data / "shard-0000.json").write_text(json.dumps(entries))
    np.save(data / "noise.npy", corpus.noise_features(None, rng)[:4000])

    train(data, run, steps=4, stop=2, seconds_per_step=20, threads=1, peak=1e-3)
    before = torch.load(run / "checkpoint.pt", weights_only=True)
    train(data, run, steps=4, stop=4, seconds_per_step=20, threads=1, peak=1e-3)
    after = torch.load(run / "checkpoint.pt", weights_only=True)
    assert (before["step"], after["step"]) == (2, 4)
    assert not torch.equal(before["model"]["head.weight"], after["model"]["head.weight"])

    export(run / "checkpoint.pt", model)
    assert (model / "ear.int8.onnx").stat().st_size < 9_000_000
    write_graph(["small latte", "large mocha"], tmp_path / "site.fst", scale=1.0)
    for graph in ("", str(tmp_path / "site.fst")):
        ear = sherpa_onnx.OnlineRecognizer.from_zipformer2_ctc(
            tokens=str(model / "tokens.txt"), model=str(model / "ear.int8.onnx"), ctc_graph=graph
        )
        stream = ear.create_stream()
        stream.accept_waveform(16_000, _speechlike(2.0, 6))
        stream.input_finished()
        decoded = 0
        while ear.is_ready(stream):
            ear.decode_stream(stream)
            decoded += 1
        assert decoded >= 10
        assert set(ear.get_result(stream)) <= set(" 'abcdefghijklmnopqrstuvwxyz")
