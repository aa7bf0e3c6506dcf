"""The voice network's recipe: a checkpoint of made-up weights, converted to ONNX and compared with torch.

Run it in the recipes' environment (models/recipes/requirements.txt). It is skipped with the reason without torch.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest

for _module in ("torch", "onnx"):
    pytest.importorskip(_module, reason=f"{_module} is not installed: use models/recipes/requirements.txt")

import torch  # noqa: E402

from appliance.core.audio import Samples  # noqa: E402
from appliance.engines.speaker_embedding import VoiceNetwork  # noqa: E402
from appliance.hearing.speaker_features import BANDS, ENOUGH, PART, picture  # noqa: E402
from models.recipes.voices import convert  # noqa: E402


class Published(torch.nn.Module):
    """The network as it was published (Resemblyzer's ``VoiceEncoder``)."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(BANDS, convert.UNITS, convert.LAYERS, batch_first=True)
        self.linear = torch.nn.Linear(convert.UNITS, convert.UNITS)

    def forward(self, parts: torch.Tensor) -> torch.Tensor:
        _, (last, _) = self.lstm(parts)
        raw = torch.relu(self.linear(last[-1]))
        return raw / raw.norm(dim=1, keepdim=True)


@pytest.fixture
def network() -> Published:
    torch.manual_seed(0)
    return Published().eval()


@pytest.fixture
def wheel(network: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    weights = {**network.state_dict(), "similarity_weight": torch.ones(1)}
    torch.save({"step": 1, "model_state": weights}, tmp_path / "pretrained.pt")
    path = tmp_path / convert.WHEEL
    with zipfile.ZipFile(path, "w") as files:
        files.write(tmp_path / "pretrained.pt", "resemblyzer/pretrained.pt")
    monkeypatch.setattr(convert, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
    return path


def speech(count: int) -> Samples:
    chance = np.random.default_rng(count)
    return (chance.normal(0, 0.1, count) * (1 + np.sin(np.arange(count) / 900))).astype(np.float32)


@pytest.mark.parametrize("count", [ENOUGH, PART])
def test_the_converted_network_gives_the_output_of_the_published_one(
    wheel: Path, network: Published, tmp_path: Path, count: int
) -> None:
    path = tmp_path / convert.NAME
    convert.write(convert.published(wheel), path)
    assert path.stat().st_size < 1.7e6
    sound = speech(count)
    with torch.no_grad():
        expected = network(torch.from_numpy(picture(sound))[None])[0].numpy()
    voice = VoiceNetwork(path).embed(sound)
    assert voice @ expected > 0.999
    assert voice @ expected > voice @ np.roll(expected, 1)


def test_the_same_weights_make_the_same_file(wheel: Path, tmp_path: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        convert.write(convert.published(wheel), tmp_path / name)
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_another_wheel_is_refused(wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    with pytest.raises(SystemExit, match="is not Resemblyzer"):
        convert.published(wheel)
