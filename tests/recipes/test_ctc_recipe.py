"""The recipe of the CTC head end to end on a little sound: states, training, export, and the appliance's adapter.

Run it in the recipes' environment (models/recipes/requirements.txt). It is skipped with the reason without torch.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

for _module in ("torch", "scipy", "soxr", "soundfile", "onnx", "pyroomacoustics"):
    pytest.importorskip(_module, reason=f"{_module} is not installed: use models/recipes/requirements.txt")

from appliance.config.box import CtcSettings  # noqa: E402
from appliance.core.ports import PortError  # noqa: E402
from appliance.engines.asr import moonshine  # noqa: E402
from appliance.engines.asr.ctc import Head  # noqa: E402
from appliance.engines.asr.moonshine import Encoder  # noqa: E402
from models.recipes.ctc import corpus, export, train  # noqa: E402
from models.recipes.ctc.model import SYMBOLS  # noqa: E402
from models.recipes.ctc.model import Head as Network  # noqa: E402
from models.recipes.shards import load_shards  # noqa: E402


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("moonshine")
    moonshine.install(folder)
    return folder


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards of states that tell their letters plainly."""
    folder = tmp_path_factory.mktemp("shards")
    chance = np.random.default_rng(0)
    codes = chance.standard_normal((len(SYMBOLS), 288)).astype(np.float16)
    for number in range(2):
        states, entries = [], []
        for _ in range(30):
            text = "".join(chance.choice(list("abcde"), 12))
            numbers = [n for letter in text for n in (SYMBOLS.index(letter), 0, 0)]
            states.append(codes[numbers])
            entries.append({"states": len(numbers), "kind": "made", "text": text})
        np.save(folder / f"shard-{number:04d}.npy", np.concatenate(states))
        (folder / f"shard-{number:04d}.json").write_text(json.dumps(entries))
    return folder


def test_a_training_goes_on_from_its_checkpoint_and_its_export_is_read_by_the_appliance(
    shards: Path, encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    train.train(shards, run, steps=3, seconds_per_step=20.0, peak=1e-3, minutes=None, workers=1)
    train.train(shards, run, steps=5, seconds_per_step=20.0, peak=1e-3, minutes=None, workers=1)
    assert "from step 3 of 5" in capsys.readouterr().out
    export.export(run / "checkpoint.pt", encoder, tmp_path)
    head = Head(CtcSettings(tmp_path / "head.int8.onnx", encoder))
    sound = (0.1 * np.random.default_rng(1).standard_normal(16_000)).astype(np.float32)
    found = head.log_probs(Encoder(encoder).states(sound))
    assert found.shape[1] == len(SYMBOLS) == 1 + len(head.letters)
    assert np.exp(found).sum(axis=1) == pytest.approx(np.ones(len(found)), abs=1e-3)


def test_a_head_for_another_encoder_is_refused(encoder: Path, tmp_path: Path) -> None:
    export.write(Network(), tmp_path / "head.onnx", "0" * 64)
    with pytest.raises(PortError, match="was made for another network"):
        Head(CtcSettings(tmp_path / "head.onnx", encoder))


def test_what_is_said_is_made_longer_and_louder_or_softer_but_never_clipped() -> None:
    place = corpus._Place([np.random.default_rng(0).standard_normal(16_000).astype(np.float32)])
    speech = (0.5 * np.sin(np.arange(16_000) / 20)).astype(np.float32)
    for seed in range(20):
        heard = place(speech, Random(seed))
        assert len(heard) > len(speech) and np.abs(heard).max() <= 1.0


def test_shards_are_whole_or_refused(shards: Path, tmp_path: Path) -> None:
    for path in shards.iterdir():
        shutil.copy(path, tmp_path)
    assert len(load_shards(tmp_path, set(), "states")) == 60
    np.save(tmp_path / "shard-0000.npy", np.zeros((7, 288), np.float16))
    with pytest.raises(SystemExit, match="damaged"):
        load_shards(tmp_path, set(), "states")
