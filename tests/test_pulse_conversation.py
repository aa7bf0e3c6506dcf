"""A conversation through a real sound server. The daemon as it runs in the field, with the real models, hears a
question in one sink and answers it aloud in the other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.core.audio import Samples
from tests.pulse import BLOCK_S, SoundServer, sounding, understood, wait_until_silent

pytestmark = pytest.mark.slow

SPEECH = Path(__file__).parent / "data" / "pharmacy.flac"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SoundServer]:
    served = SoundServer(tmp_path / "pulse")
    served.start()
    yield served
    served.stop()


class Running:
    """`cloister run` on a sound server."""

    def __init__(self, server: SoundServer, config: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "run", "--config", str(config)],
            env={**os.environ, **server.environment},
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self.log.append(line.rstrip())

    def wait_for(self, text: str, within_s: float) -> None:
        """Wait for a line of the log."""
        deadline = time.monotonic() + within_s
        while not any(text in line for line in self.log):
            assert self._process.poll() is None, "\n".join(self.log)
            assert time.monotonic() < deadline, f"{text!r} is not in the log:\n" + "\n".join(self.log)
            time.sleep(0.1)

    def stop(self) -> int:
        """Stop it as systemd would. Returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        self._reader.join(5)
        return status


def test_a_spoken_question_is_answered_aloud(server: SoundServer, starter: Path) -> None:
    question: Samples = soundfile.read(SPEECH, dtype="float32")[0]
    daemon = Running(server, starter)
    try:
        daemon.wait_for("listening", within_s=180)
        time.sleep(5.0)  # the soft rushing by which it measures its echo is over
        with server.recording() as heard:
            time.sleep(2.0)
            assert not sounding(heard()).any(), "it is silent until somebody speaks"
            server.say(question)
            wait_until_silent(heard, within_s=120)
    finally:
        status = daemon.stop()
    assert status == 0, "\n".join(daemon.log)
    reply = heard()
    assert np.count_nonzero(sounding(reply)) * BLOCK_S > 1.0, "\n".join(daemon.log)
    expected = {"pharmacy", "main", "hall", "flower", "shop", "beside"}
    words = understood(reply)
    assert len(expected & words) >= 2, f"a stranger understood: {sorted(words)}"
    journal = "\n".join(daemon.log).lower()
    assert not [word for word in ("flower", "main hall", "where is") if word in journal], "what was said was logged"
