"""The gateway's side of one connection to the box's door for calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from pathlib import Path

from appliance.protocols.audiosocket import (
    HANG_UP,
    HELLO,
    IDENTITY,
    RATES_HZ,
    SOUND,
    TRANSFER,
    WIDE_SOUND,
    Malformed,
    Unframer,
    frame,
)

_FROM_BOX = (HANG_UP, SOUND, WIDE_SOUND, TRANSFER)

_PATIENCE_S = 10.0
"""Seconds within which a box says whether it takes a call"""

_MOST_WAITING = 256_000
"""Bytes that may wait for a box that does not read: eight seconds of sound"""


class Busy(Exception):
    """The box takes no call now."""


class Box:
    """A conversation with the box."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._unframer = Unframer()

    @classmethod
    async def open(cls, door: Path, *, transfers: bool) -> Box:
        """Begin a conversation. Raises Busy."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                box = cls(*await asyncio.open_unix_connection(door))
                try:
                    await box._begin(transfers)
                except BaseException:
                    box.close()
                    raise
        except OSError as error:  # a TimeoutError is one
            raise Busy(f"its door {door} cannot be reached: {error.strerror or 'no answer'}") from None
        return box

    async def _begin(self, transfers: bool) -> None:
        self.send(IDENTITY, uuid.uuid4().bytes)
        self.send(HELLO, json.dumps({"can": ["transfer"] if transfers else []}).encode())
        # A box that has a place sends sound at once.
        if (await self.next())[0] not in RATES_HZ:
            raise Busy("all its places are taken")

    async def next(self) -> tuple[int, bytes]:
        """The next frame of the box; a hang-up at the end of the connection, however it comes."""
        with contextlib.suppress(Malformed, OSError):
            while (received := self._unframer.next(_FROM_BOX)) is None:
                data = await self._reader.read(4096)
                if not data:
                    break
                self._unframer.feed(data)
            else:
                return received
        return HANG_UP, b""

    def send(self, kind: int, payload: bytes = b"") -> None:
        """Send a frame. A box that does not read is left."""
        if self._writer.transport.get_write_buffer_size() > _MOST_WAITING:
            self.close()
        elif not self._writer.is_closing():
            self._writer.write(frame(kind, payload))

    def close(self) -> None:
        """End the conversation; ``next`` then returns a hang-up. Idempotent."""
        self._writer.close()
