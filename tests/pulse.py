"""A real sound server without a sound card: PulseAudio in user space, with a loudspeaker and a microphone of air.

Sound that is played into the sink ``micfeed`` is heard by the source ``mic``. Sound that goes to the sink ``spk`` is
recorded from its monitor.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pytest

from appliance.core.audio import SAMPLE_RATE_HZ, Samples

_SETUP = """
load-module module-null-sink sink_name=spk rate={rate_hz} channels={channels} format=s16le
load-module module-null-sink sink_name=micfeed rate={rate_hz} channels={channels} format=s16le
load-module module-remap-source source_name=mic master=micfeed.monitor
set-default-sink spk
set-default-source mic
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
"""

BLOCK_S = 0.02
LOUD = 0.01
"""amplitude (of full scale 1) above which a block counts as sound; the voice has an RMS of 0.07"""

_FORMAT = ("--raw", f"--rate={SAMPLE_RATE_HZ}", "--channels=1", "--format=s16le")


def need_pulseaudio() -> None:
    """Skip the test, with the reason, where the tools are not installed."""
    missing = [tool for tool in ("pulseaudio", "pactl", "pacat") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: apt-get install pulseaudio pulseaudio-utils libasound2-plugins")
    if not any(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        pytest.skip("needs ALSA's PulseAudio plugin: apt-get install libasound2-plugins")
    if not any(Path("/usr/lib").glob("*/libportaudio.so.2*")):
        pytest.skip("needs PortAudio: apt-get install libportaudio2")


class SoundServer:
    """One PulseAudio daemon in a folder of its own."""

    def __init__(
        self, folder: Path, rate_hz: int = SAMPLE_RATE_HZ, channels: int = 1, *, loads_modules: bool = True
    ) -> None:
        need_pulseaudio()
        self._folder = folder
        self._more = () if loads_modules else ("--disallow-module-loading",)
        (folder / "run").mkdir(parents=True)
        socket = folder / "run" / "native"
        (folder / "setup.pa").write_text(_SETUP.format(socket=socket, rate_hz=rate_hz, channels=channels))
        self.environment = {
            "PULSE_RUNTIME_PATH": str(folder / "run"),
            "PULSE_STATE_PATH": str(folder / "state"),
            "PULSE_COOKIE": str(folder / "cookie"),
            "PULSE_SERVER": f"unix:{socket}",
            "HOME": str(folder),
        }
        self._server: subprocess.Popen[bytes] | None = None
        self._awake: list[subprocess.Popen[bytes]] = []

    def start(self, *, awake: bool = True) -> None:
        """Start the server and keep its sinks awake. Idle sinks run in long blocks and lose the first 20 ms."""
        (self._folder / "run" / "native").unlink(missing_ok=True)
        self._server = self._run(
            *("pulseaudio", "-n", "-F", str(self._folder / "setup.pa"), "--daemonize=no", "--exit-idle-time=-1"),
            *("--disable-shm=yes", "--use-pid-file=no", *self._more),
            without=("PULSE_SERVER",),
        )
        deadline = time.monotonic() + 20
        while b"mic" not in self._output("pactl", "list", "short", "sources"):
            assert time.monotonic() < deadline, "pulseaudio did not start"
            time.sleep(0.05)
        if not awake:
            return
        self._awake = [
            self._run("pacat", "-p", f"--device={sink}", "--latency-msec=20", *_FORMAT, "/dev/zero")
            for sink in ("micfeed", "spk")
        ]
        while self._output("pactl", "list", "short", "sinks").count(b"RUNNING") < 2:
            assert time.monotonic() < deadline, "the sinks did not start"
            time.sleep(0.05)
        time.sleep(2.2)  # the last of the long blocks

    def stop(self) -> None:
        """Kill the server, as a crash would."""
        for process in (self._server, *self._awake):
            if process is not None:
                process.kill()
                process.wait()
        self._server, self._awake = None, []

    @property
    def running(self) -> bool:
        return self._server is not None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the server."""
        assert self._server is not None
        self._server.send_signal(number)

    def say(self, samples: Samples) -> None:
        """Speak into the microphone. Returns when all was said."""
        with subprocess.Popen(
            ["pacat", "-p", "--device=micfeed", "--latency-msec=2000", *_FORMAT],
            stdin=subprocess.PIPE,
            env={**os.environ, **self.environment},
        ) as player:
            assert player.stdin is not None
            player.stdin.write(to_pcm(samples))
            player.stdin.close()

    @contextmanager
    def recording(self) -> Iterator[Callable[[], Samples]]:
        """Record the loudspeaker. Yields a function that returns the samples so far, also after the block."""
        path = self._folder / "speaker.raw"
        with path.open("wb") as file:
            recorder = self._run("parec", "--device=spk.monitor", "--latency-msec=20", *_FORMAT, output=file)
            deadline = time.monotonic() + 10
            while path.stat().st_size == 0:
                assert time.monotonic() < deadline, "nothing is recorded"
                time.sleep(0.02)
            try:
                yield lambda: from_pcm(path.read_bytes())
            finally:
                time.sleep(0.2)
                recorder.terminate()
                recorder.wait()

    def _run(
        self, *command: str, without: tuple[str, ...] = (), output: IO[bytes] | int = subprocess.DEVNULL
    ) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **self.environment}
        for name in without:
            environment.pop(name)
        # A pipe without a reader would hang the server.
        return subprocess.Popen(command, stdout=output, stderr=subprocess.DEVNULL, env=environment)

    def _output(self, *command: str) -> bytes:
        return subprocess.run(
            command, capture_output=True, env={**os.environ, **self.environment}, check=False, timeout=20
        ).stdout


def to_pcm(samples: Samples) -> bytes:
    return (samples.clip(-1, 1) * 32767).round().astype("<i2").tobytes()


def from_pcm(pcm: bytes) -> Samples:
    return (np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2") / 32768).astype(np.float32)


def sounding(samples: Samples) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Returns for each block whether there is sound in it."""
    size = round(BLOCK_S * SAMPLE_RATE_HZ)
    blocks = samples[: len(samples) // size * size].reshape(-1, size)
    loud: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.abs(blocks).max(axis=1) > LOUD
    return loud


def wait_until_silent(heard: Callable[[], Samples], within_s: float) -> None:
    """Wait until there was speech and then silence for a while."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        loud = sounding(heard())
        if loud.any() and not loud[-round(4.0 / BLOCK_S) :].any():
            return
        time.sleep(0.5)


def understood(samples: Samples) -> set[str]:
    """The words that a recogniser of general English, which knows nothing of the site, hears."""
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=SAMPLE_RATE_HZ, loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw((samples * 32767).astype("<i2").tobytes(), no_search=False, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return set(hypothesis.hypstr.split()) if hypothesis else set()
