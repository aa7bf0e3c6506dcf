"""Recorded speech in another voice than our own, at ``SAMPLE_RATE_HZ``."""

from __future__ import annotations

from pathlib import Path

import pytest
import soundfile

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

DATA = Path(__file__).parent.parent / "data"


def _recording(name: str) -> Samples:
    samples, rate_hz = soundfile.read(DATA / f"{name}.flac", dtype="float32")
    assert rate_hz == SAMPLE_RATE_HZ
    heard: Samples = samples
    return heard


@pytest.fixture(scope="package")
def order() -> Samples:
    """ "Can I have a large iced coffee with soy milk, please" """
    return _recording("order")


@pytest.fixture(scope="package")
def pharmacy() -> Samples:
    """ "Where is the pharmacy" """
    return _recording("pharmacy")
