"""Fixtures for several engines: Moonshine as set-up installs it, and a recorded order."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.engines.asr import moonshine

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture(scope="package")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the model."""
    made = tmp_path_factory.mktemp("moonshine")
    moonshine.install(made)
    return made


@pytest.fixture(scope="package")
def order() -> Samples:
    """ "Can I have a large iced coffee with soy milk, please" in another voice than our own."""
    samples, rate_hz = soundfile.read(DATA / "order.flac", dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    heard: Samples = samples
    return heard
