"""The gateway with SIP programs of others: SIPp, and Debian's baresip."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.core.audio import Samples
from appliance.protocols.audiosocket import HELLO, IDENTITY, WIDE_SOUND, Unframer, frame
from appliance.protocols.sound import decode, encode
from tests.fakes import tone
from tests.telephone.test_calls import door

pytest.importorskip("baresip", reason="needs baresip-python: uv sync --group telephone")

from tests.telephone.phones import LOOPBACK, free_port, gateway, phones

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent


def sipp(scenario: str, *more: str, port: int | None = None) -> Sequence[str]:
    if shutil.which("sipp") is None:
        pytest.skip("needs SIPp: apt-get install sip-tester")
    at = ["-i", LOOPBACK, "-p", str(port or free_port()), "-m", "1", "-nostdin", "-timeout", "60s"]
    return ["sipp", *more, "-sf", str(HERE / scenario), *at]


def test_a_call_beyond_the_limit_is_refused_as_busy(tmp_path: Path) -> None:
    async def hold() -> None:
        async with phones() as at:
            with gateway(tmp_path, box.path, calls=1) as running:
                await at.call(await at.agent("caller"), running.uri)
                command = sipp("refused.xml", f"{LOOPBACK}:{running.port}", "-s", "reception")
                refused = await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, capture_output=True)
                assert refused.returncode == 0, refused.stdout[-2000:]

    with door(tmp_path, [], []) as box:
        asyncio.run(hold())


@pytest.mark.parametrize("password", ["open sesame", "open barley"])
def test_an_exchange_is_given_the_password_and_told_when_the_telephone_leaves(tmp_path: Path, password: str) -> None:
    port = free_port()
    (tmp_path / "password").write_text(f"{password}\n")
    exchange = subprocess.Popen(
        sipp("registrar.xml", port=port), cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        given = {"exchange": f"{LOOPBACK}:{port}", "password_file": str(tmp_path / "password")}
        with gateway(tmp_path, tmp_path / "none.sock", **given) as running:
            running.tell()
            log = running.end()
        assert exchange.wait(timeout=30) == 0
        assert ("the exchange knows this telephone" in log) == (password == "open sesame")
        assert ("does not take this telephone: 403" in log) == (password != "open sesame")
        assert password not in log
    finally:
        exchange.kill()
        exchange.wait()


class ToneDoor:
    """A door that says a tone of 500 Hz at the pace of speech, and keeps what it hears."""

    def __init__(self, path: Path) -> None:
        self.heard = b""
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with self._listening.accept()[0] as call:
            threading.Thread(target=self._say, args=(call,), daemon=True).start()
            frames = Unframer()
            with contextlib.suppress(OSError):
                while data := call.recv(65_536):
                    frames.feed(data)
                    while received := frames.next((IDENTITY, HELLO, WIDE_SOUND)):
                        self.heard += received[1] if received[0] == WIDE_SOUND else b""

    def _say(self, call: socket.socket) -> None:
        sound, at, begun_s = encode(tone(1.0, 500.0), "linear16"), 0, time.monotonic()
        with contextlib.suppress(OSError):
            while True:
                call.sendall(frame(WIDE_SOUND, sound[at : at + 640]))
                at = (at + 640) % len(sound)
                begun_s += 0.02
                time.sleep(max(0.0, begun_s - time.monotonic()))


def pitch(samples: Samples, rate_hz: int) -> float:
    """The strongest frequency, in Hz."""
    return float(np.argmax(np.abs(np.fft.rfft(samples)))) * rate_hz / len(samples)


@pytest.mark.parametrize(("codec", "rate_hz"), [("PCMA", 8000), ("PCMU", 8000), ("G722", 16000)])
def test_debians_baresip_is_heard_and_answered_at_the_right_pitch(tmp_path: Path, codec: str, rate_hz: int) -> None:
    if shutil.which("baresip") is None:
        pytest.skip("needs baresip: apt-get install baresip")
    soundfile.write(tmp_path / "said.wav", np.tile(tone(1.0, 1_000.0)[:: 16_000 // rate_hz], 20), rate_hz, "PCM_16")
    port = free_port()
    (tmp_path / "accounts").write_text(f"<sip:caller@{LOOPBACK}:{port}>;regint=0;audio_codecs={codec}/{rate_hz}/1\n")
    (tmp_path / "config").write_text(
        f"sip_listen {LOOPBACK}:{port}\nmodule_path /usr/lib/baresip/modules\nmodule g711.so\nmodule g722.so\n"
        f"module aufile.so\nmodule_app account.so\nmodule_app menu.so\naudio_source aufile,{tmp_path}/said.wav\n"
        f"module sndfile.so\nsnd_path {tmp_path}\nnet_interface {LOOPBACK}\n"
    )
    tones = ToneDoor(tmp_path / "door.sock")
    with gateway(tmp_path, tmp_path / "door.sock") as running, (tmp_path / "log").open("wb") as log:
        command = ["baresip", "-f", str(tmp_path), "-e", f"/dial {running.uri}", "-t", "60"]
        caller = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            ends_s = time.monotonic() + 30
            while len(tones.heard) < 3 * 32_000 and time.monotonic() < ends_s:
                time.sleep(0.1)
            caller.terminate()
            caller.wait(timeout=10)
        finally:
            caller.kill()
            caller.wait()
    said = decode(tones.heard, "linear16")
    assert len(said) >= 48_000, (tmp_path / "log").read_text(errors="replace")
    assert pitch(said[16_000:], 16_000) == pytest.approx(1_000, abs=5)
    heard, recorded_hz = soundfile.read(next(tmp_path.glob("dump-*-dec.wav")), dtype="float32")
    assert pitch(heard[len(heard) // 2 :], recorded_hz) == pytest.approx(500, abs=5)
    assert np.abs(heard).max() > 0.05
