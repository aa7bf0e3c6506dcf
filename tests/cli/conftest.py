"""A box that has a key and two recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.records import keys, recordings
from tests.sealed_daemon import cloister, configure


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A box with a key and two recordings, and no daemon."""
    config = configure(tmp_path)
    assert cloister(config, "keys", "make", "box-key").returncode == 0
    archive = recordings.Archive(
        tmp_path / "state" / "recordings", keys.load_wrapping_key(tmp_path / "state", make=True), days=30
    )
    for _ in range(2):
        recording = archive.begin("room")
        recording.add("words", b'{"text": "canary"}')
        recording.add("audio", bytes(3200))
        recording.end()
    return config
