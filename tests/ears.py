"""Ears that come with the repository and are not those of the starter profile."""

from pathlib import Path

from appliance.config.box import SherpaSettings

STREAMING = SherpaSettings(
    directory=Path(__file__).parents[1] / "models" / "starter" / "ear",
    kind="zipformer2_ctc",
    files={"model": "ear.int8.onnx", "tokens": "tokens.txt"},
)
"""the streaming network of ``models/recipes/ear``"""
