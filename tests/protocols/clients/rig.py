"""What the clients' scripts share: the recorded visitor, the pace of a microphone, and the account of what happened.

A script is run as ``python SCRIPT BASE_URL QUESTION INTERRUPTION``, with recordings of 16-bit samples at 24 kHz. It
asks the question, then asks it again and speaks over the answer, and prints one line of JSON: what the box heard and
said, how many seconds of sound came, and at how many milliseconds the answer was truncated.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

RATE_HZ = 24_000
CHUNK = RATE_HZ // 25 * 2
"""bytes of 40 ms"""


@dataclass
class Account:
    """What a client noticed."""

    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    audio_s: float = 0.0
    interrupted: bool = False
    truncated_ms: int | None = None
    errors: list[str] = field(default_factory=list)

    def tell(self) -> None:
        print(json.dumps(asdict(self)), flush=True)


def arguments() -> tuple[str, bytes, bytes]:
    """The address, the question and the interruption."""
    url, question, interruption = sys.argv[1:4]
    return url, Path(question).read_bytes(), Path(interruption).read_bytes()


class Visitor:
    """A microphone that is never silent for long: it brings what the visitor says, and silence otherwise."""

    def __init__(self) -> None:
        self._waiting = b""

    def say(self, sound: bytes) -> None:
        self._waiting += sound

    async def chunks(self) -> AsyncIterator[bytes]:
        """40 ms at a time, at the pace of a clock."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            chunk, self._waiting = self._waiting[:CHUNK], self._waiting[CHUNK:]
            yield chunk.ljust(CHUNK, b"\0")
            due += 0.04
            await asyncio.sleep(max(0.0, due - loop.time()))
