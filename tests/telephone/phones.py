"""Telephones of the tests: SIP on loopback. One SIP stack runs in a process at a time."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import baresip
import numpy as np
import yaml

from appliance.core.audio import Samples
from appliance.protocols.sound import decode, encode
from tests.fakes import tone

LOOPBACK = "127.0.0.1"

_PORTS = itertools.count(21_000 + 2_000 * (os.getpid() % 19), 100)
"""First ports for sound, of each gateway and telephone of this process"""


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound, socket.socket() as listening:
        bound.bind((LOOPBACK, 0))
        port = int(bound.getsockname()[1])
        listening.bind((LOOPBACK, port))
        return port


class Gateway:
    """``cloister telephone`` in a process of its own."""

    def __init__(self, folder: Path, door: Path, settings: Mapping[str, Any]) -> None:
        self.port = free_port()
        self.uri = f"sip:reception@{LOOPBACK}:{self.port}"
        file = folder / f"telephone-{self.port}.yaml"
        given = {
            "door": str(door),
            "listen": f"{LOOPBACK}:{self.port}",
            "exchange": LOOPBACK,
            "user": "reception",
            "rtp_from": next(_PORTS),
            **settings,
        }
        file.write_text(yaml.safe_dump(given), encoding="utf-8")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "telephone", str(file)], stderr=subprocess.PIPE, text=True
        )
        self.log = ""
        self.until("taking calls")

    def until(self, words: str) -> None:
        """Wait until a line of the log holds these words."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.log += line
            if words in line:
                return
        raise AssertionError(f"the gateway ended: {self.log}")

    def tell(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def end(self) -> str:
        """Wait for its end. Returns its log."""
        _, rest = self.process.communicate(timeout=60)
        self.log += rest
        assert self.process.returncode == 0, self.log
        return self.log


@contextmanager
def gateway(folder: Path, door: Path, **settings: Any) -> Iterator[Gateway]:
    running = Gateway(folder, door, settings)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.tell()
            running.tell(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.process.communicate(timeout=20)
        running.process.kill()
        running.process.wait()


class Phone:
    """One call of a telephone."""

    def __init__(self, call: baresip.Call) -> None:
        self.call = call
        self.keys = ""
        call.on_dtmf(lambda key: setattr(self, "keys", self.keys + key.digit))

    async def say(self, samples: Samples) -> None:
        """Say this, at the pace of speech."""
        rate_hz = self.call.audio.info().tx_sample_rate
        sound, piece = encode(samples[:: 16_000 // rate_hz], "linear16"), rate_hz // 25
        for at in range(0, len(sound), piece):
            while self.call.audio.info().tx_buffered > 5 * piece:
                await asyncio.sleep(0.01)
            self.call.audio.write(sound[at : at + piece])
        while self.call.audio.info().tx_buffered:
            await asyncio.sleep(0.01)

    async def speak(self, seconds: float = 1.0) -> None:
        await self.say(np.concatenate([tone(seconds), np.zeros(8_000, np.float32)]))

    async def listen(self, seconds: float) -> float:
        """Listen for so long. Returns the level that was reached, full scale at 1."""
        level = 0.0
        for _ in range(round(seconds / 0.02)):
            with contextlib.suppress(baresip.AudioNotActive, baresip.AudioRestarted):
                level = max(level, float(np.abs(decode(self.call.audio.read(65_536), "linear16")).max(initial=0.0)))
            await asyncio.sleep(0.02)
        return level

    async def until(self, happened: Any, within_s: float = 30.0) -> None:
        """Listen until ``happened()``."""
        async with asyncio.timeout(within_s):
            while not happened():
                await self.listen(0.1)

    async def until_heard(self) -> None:
        async with asyncio.timeout(30):
            while await self.listen(0.1) < 0.05:
                pass

    @property
    def over(self) -> bool:
        return self.call.state is baresip.CallState.CLOSED


class Phones:
    """Any number of telephones at one address."""

    def __init__(self, runtime: baresip.Runtime, port: int) -> None:
        self.runtime = runtime
        self.port = port

    async def agent(self, user: str, codec: str = "pcma") -> baresip.UserAgent:
        account = baresip.Account(user, f"{LOOPBACK}:{self.port}", "", reg_interval=0, audio_codecs=(codec,))
        return await baresip.UserAgent.create(self.runtime, account)

    async def call(self, agent: baresip.UserAgent, uri: str) -> Phone:
        """Raises CallBusy when the line is."""
        closed: dict[int, str] = {}

        def listener(event: baresip.StackEvent) -> None:
            if event.event is baresip.Event.CALL_CLOSED:
                closed[event.call] = event.text or ""

        # The library tells a call of its end only once `dial` has returned. Where the other side refuses the call at
        # once, the end comes before that, and the call would wait for it in vain.
        self.runtime.subscribe(listener)
        try:
            call = await agent.dial(uri)
        finally:
            self.runtime.unsubscribe(listener)
        if call.handle in closed:
            raise baresip.CallFailed.from_close_reason(closed[call.handle])
        await call.wait_established()
        return Phone(call)


@asynccontextmanager
async def phones() -> AsyncIterator[Phones]:
    runtime, port, rtp = baresip.Runtime(), free_port(), next(_PORTS)
    text = f"sip_listen {LOOPBACK}:{port}\nrtp_ports {rtp}-{rtp + 99}\n"
    await runtime.start(baresip.Config(net_interface=LOOPBACK, max_concurrent_calls=None, extra_config_text=text))
    try:
        yield Phones(runtime, port)
    finally:
        await runtime.close()
