"""Every stage of the voice recipe, for a few steps on a made-up speaker, up to a file that piper speaks with."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

for library in ("torch", "onnx", "pyworld", "numba", "scipy"):
    pytest.importorskip(library, reason=f"the recipes need {library}; see models/recipes/requirements.txt")

from piper import PiperVoice  # noqa: E402  # only after the skip above
from piper.config import SynthesisConfig  # noqa: E402

from models.recipes.voice import align, examples, export, prepare, prosody  # noqa: E402
from models.recipes.voice.acoustic import energy_score, train_acoustic  # noqa: E402
from models.recipes.voice.vocoder import adapt_vocoder, train_vocoder  # noqa: E402

SENTENCES = (
    "The pharmacy is on the ground floor.",
    "Please wait, the doctor will see you soon.",
    "You can park behind the building.",
    "Your name is on the list.",
    "The lift is broken, take the stairs.",
    "We close at seven in the evening.",
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sentences by any installed synthesizer, which is enough to run every line of the recipe."""
    folder = tmp_path_factory.mktemp("recordings")
    speak = shutil.which("espeak-ng")
    if speak is None:
        pytest.skip("needs espeak-ng to make a tiny corpus (Debian: apt-get install espeak-ng)")
    rows = []
    for i, text in enumerate(SENTENCES):
        name = f"tiny_{i:04}"
        subprocess.run([speak, "-v", "en-us", "-w", str(folder / f"{name}.wav"), text], check=True)
        rows.append(json.dumps({"id": name, "file": f"{name}.wav", "text": text}))
    (folder / "manifest.jsonl").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def trained(recordings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("work")
    prepare.prepare(recordings, work, held_out_prompts=1)
    align.align(work, steps=60)
    prosody.train_prosody(work, steps=3, batch_size=3)
    train_acoustic(work, steps=3, adversary_from=1, batch_size=2)
    train_vocoder(work, steps=2, batch_size=2, frames=24)
    adapt_vocoder(work, steps=3, batch_size=2, frames=24)
    export.export(work, work / "voice.onnx")
    return work


def test_every_frame_belongs_to_a_token(trained: Path) -> None:
    data = examples.corpus(trained)
    assert len(data.train) == 5
    assert len(data.held_out) == 1
    for example in data.train + data.held_out:
        assert example.durations.sum() == example.frames == len(example.mel)
        assert (example.durations > 0).all()
        assert np.isfinite(example.prosody).all()


def test_the_voice_file_speaks_through_piper_alone(trained: Path) -> None:
    voice = PiperVoice.load(trained / "voice.onnx")
    assert voice.config.sample_rate == 22050
    for text in ("Hello.", "Is it here?", "Is this a much longer question, with a comma in it?", "No!"):
        for chunk in voice.synthesize(text, include_alignments=True):
            sound = chunk.audio_float_array
            assert np.isfinite(sound).all()
            assert np.abs(sound).max() > 0.1
            assert chunk.phoneme_alignments is not None
            told = sum(a.num_samples for a in chunk.phoneme_alignments)
            assert abs(told - len(sound)) <= 2 * 256


def test_length_scale_stretches_the_speech(trained: Path) -> None:
    voice = PiperVoice.load(trained / "voice.onnx")
    still = [SynthesisConfig(length_scale=scale, noise_scale=0.0, noise_w_scale=0.0) for scale in (1.0, 2.0)]
    lengths = [
        sum(len(chunk.audio_float_array) for chunk in voice.synthesize(SENTENCES[0], config)) for config in still
    ]
    assert 1.7 < lengths[1] / lengths[0] < 2.3


def test_a_stage_resumes_where_it_stopped(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prosody.train_prosody(trained, steps=3, batch_size=3)
    assert "prosody" not in capsys.readouterr().out
    prosody.train_prosody(trained, steps=4, batch_size=3)
    assert "prosody 4/4" in capsys.readouterr().out


def test_a_monotonic_path_takes_every_state_in_order() -> None:
    truth = np.array([0, 0, 1, 2, 2, 2, 3])
    likelihood = np.full((4, 7), -5, np.float32)
    likelihood[truth, np.arange(7)] = 0
    assert align.monotonic_path(likelihood).tolist() == truth.tolist()
    assert align.monotonic_path(np.zeros((5, 5), np.float32)).tolist() == [0, 1, 2, 3, 4]


def test_the_energy_score_prefers_the_right_spread_to_the_mean() -> None:
    """L1 prefers two equal draws at the median. This score must not."""
    import torch

    torch.manual_seed(0)
    mask = torch.ones(64, 16)
    real, first, second = torch.randn(3, 64, 16, 80)
    spread = energy_score(first, second, real, mask)
    flat = energy_score(torch.zeros_like(real), torch.zeros_like(real), real, mask)
    too_wide = energy_score(3 * first, 3 * second, real, mask)
    assert spread < flat
    assert spread < too_wide
