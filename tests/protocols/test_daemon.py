"""The real daemon with the real models and no sound card, at its door."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.protocols.kiosk_here import daemon_settings
from tests.protocols.rig import Served
from tests.protocols.test_openai_http import post, upload

SPEECH = CHECKOUT / "tests" / "data" / "pharmacy.flac"

pytestmark = pytest.mark.slow


def test_a_box_without_a_sound_card_serves_its_doors(tmp_path: Path) -> None:
    config = daemon_settings(tmp_path)
    daemon = subprocess.Popen(
        [sys.executable, "-m", "appliance", "run", "--config", str(config)],
        cwd=CHECKOUT,
        stderr=subprocess.PIPE,
        text=True,
    )
    box = Served(None, tmp_path / "door.sock", None)  # type: ignore[arg-type]
    try:
        while daemon.poll() is None and not _answers(box.path):
            time.sleep(0.2)
        assert daemon.stderr is not None
        assert daemon.poll() is None, daemon.stderr.read()
        assert json.loads(box.ask("GET /healthz HTTP/1.1\nHost: localhost")[2])["ok"] is True
        heard = json.loads(upload(box, SPEECH.read_bytes())[2])["text"]
        assert "pharmacy" in heard
        answer = json.loads(post(box, "/v1/chat/completions", messages=[{"role": "user", "content": heard}])[2])
        assert "pharmacy" in answer["choices"][0]["message"]["content"].lower()
    finally:
        daemon.send_signal(signal.SIGTERM)
        _, told = daemon.communicate(timeout=30)
    assert daemon.returncode == 0, told
    assert not box.path.exists()


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True
