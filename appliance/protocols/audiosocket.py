"""The framing of Asterisk's AudioSocket, and what we speak beyond it with our own gateway.

A frame is a kind, a length of two bytes (big-endian) and so many bytes (Asterisk, include/asterisk/res_audiosocket.h).
Asterisk ends a call at a frame that it does not know. So a transfer to a person is asked only of a gateway that has
said by a ``HELLO`` that it can.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Collection

HANG_UP, IDENTITY, KEY, SOUND, WIDE_SOUND, ERROR = 0x00, 0x01, 0x03, 0x10, 0x12, 0xFF
"""Kinds of AudioSocket. The identity has 16 bytes, a key is one character, sound is 16 bits little-endian."""

HELLO, TRANSFER = 0x60, 0x61
"""Kinds of our own, both with JSON: a gateway says what it can (``{"can": ["transfer"]}``), and is asked to transfer
the call (``{"to": "person"}``)"""

RATES_HZ = {SOUND: 8_000, WIDE_SOUND: 16_000}
"""Rates of the kinds of sound that are spoken here"""

FRAME_MS = 20
"""Sound in one frame that is sent"""

_LONGEST = {HANG_UP: 0, IDENTITY: 16, KEY: 1, ERROR: 16, HELLO: 4096, TRANSFER: 4096}
"""Bytes of the longest frame of a kind; of sound, what its length can say"""

_HEAD = struct.Struct(">BH")


class Malformed(Exception):
    """What came is no frame that may come here."""


def frame(kind: int, payload: bytes = b"") -> bytes:
    """One frame as it is sent."""
    return _HEAD.pack(kind, len(payload)) + payload


def frame_bytes(kind: int) -> int:
    """Bytes of ``FRAME_MS`` of a kind of sound."""
    return 2 * RATES_HZ[kind] * FRAME_MS // 1000


class Unframer:
    """Takes frames out of bytes that come in pieces of any length."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> None:
        """Take what came."""
        self._received += data

    def next(self, kinds: Collection[int]) -> tuple[int, bytes] | None:
        """The next frame, None while it is not complete. Raises Malformed as soon as its kind is none of ``kinds``, or
        its length is none that the kind may have."""
        if self._received and self._received[0] not in kinds:
            raise Malformed(f"a frame of kind {self._received[0]:#04x}")
        if len(self._received) < _HEAD.size:
            return None
        kind, length = _HEAD.unpack_from(self._received)
        if length > _LONGEST.get(kind, length):
            raise Malformed(f"{length} bytes in a frame of kind {kind:#04x}")
        if len(self._received) < _HEAD.size + length:
            return None
        payload = bytes(self._received[_HEAD.size : _HEAD.size + length])
        del self._received[: _HEAD.size + length]
        return kind, payload


def abilities(hello: bytes) -> frozenset[str]:
    """What a gateway says that it can."""
    try:
        given = json.loads(hello)
    except (ValueError, RecursionError):
        return frozenset()
    can = given.get("can") if isinstance(given, dict) else None
    return frozenset(map(str, can)) if isinstance(can, list) else frozenset()
