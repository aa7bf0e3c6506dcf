"""A tool that calls people: it closes a relay, plays a chime, or both.

A site declares it as a program, which on an installed box runs in a unit of its own with the rights that
``systemd/cloister-bell.conf`` gives it::

    tools:
      - name: bell
        command: [/opt/cloister/current/venv/bin/python3, -I, -B, -m, appliance.tools.bell]
        options: {relay: {chip: /dev/gpiochip0, line: 17}, play: [/usr/bin/aplay, -q, "-"], seconds: 2}
    emergency: {say: I am calling for help., tool: bell}
    hand_over: {tool: bell}

Options: ``relay``, an output line of a GPIO chip, on for ``seconds`` (``active_low: true`` where 0 closes it);
``play``, a program that plays a WAV file from its standard input; ``seconds`` (2 by default, at most 10). ``alarm``
plays the chime three times, ``call_person`` once.

The relay is driven by two ioctls of the kernel's GPIO interface, version 2 (linux/gpio.h), since Linux 5.10. Its
library would be a compiled dependency of every box for these thirty lines.
"""

from __future__ import annotations

import fcntl
import io
import json
import math
import os
import struct
import subprocess
import sys
import time
import wave
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

CHIMES: Mapping[str, int] = {"alarm": 3, "call_person": 1}
"""The functions, and how many times each plays the chime"""

LONGEST_S = 10.0
"""Most seconds of the option ``seconds`` and of ``play``, fewer than the longest ``time_limit_s`` of a site"""

_RATE_HZ = 16_000
_NOTES_HZ = (988.0, 784.0)
_NOTE_S = 0.35

GET_LINE, LINE_REQUEST = 0xC250B407, struct.Struct("=64I 32s QI20x240s II20xi")
"""GPIO_V2_GET_LINE_IOCTL and struct gpio_v2_line_request: offsets, consumer, flags and number of attributes of the
configuration, its attributes, number of lines, event buffer, descriptor"""
SET_VALUES, LINE_VALUES = 0xC010B40F, struct.Struct("=QQ")
"""GPIO_V2_LINE_SET_VALUES_IOCTL and struct gpio_v2_line_values: bits, mask"""
ACTIVE_LOW, OUTPUT = 0x2, 0x8
"""GPIO_V2_LINE_FLAG_ACTIVE_LOW, GPIO_V2_LINE_FLAG_OUTPUT"""


class BellError(Exception):
    """The message says what is wrong with an option or a device."""


@contextmanager
def closed(chip: str, line: int, *, active_low: bool) -> Iterator[None]:
    """Hold a relay closed. Raises BellError when the line is not available."""
    flags = OUTPUT | (ACTIVE_LOW if active_low else 0)
    asked = LINE_REQUEST.pack(line, *[0] * 63, b"cloister bell", flags, 0, b"", 1, 0, 0)
    try:
        with open(chip, "rb", buffering=0) as device:  # noqa: PTH123 (the device is opened, not a path's content)
            request = bytearray(asked)
            fcntl.ioctl(device, GET_LINE, request)
    except OSError as error:
        raise BellError(f"relay: line {line} of {chip}: {error.strerror}") from None
    descriptor = LINE_REQUEST.unpack(request)[-1]
    try:
        fcntl.ioctl(descriptor, SET_VALUES, LINE_VALUES.pack(1, 1))
        yield
        fcntl.ioctl(descriptor, SET_VALUES, LINE_VALUES.pack(0, 1))
    finally:
        os.close(descriptor)


def chime(times: int) -> bytes:
    """A WAV file of two falling notes, ``times`` times: mono, 16 bits, 16 kHz."""
    note_samples = round(_NOTE_S * _RATE_HZ)
    once = bytearray()
    for hz in _NOTES_HZ:
        for n in range(note_samples):
            swell = min(1.0, n / 160) * math.exp(-3.0 * n / note_samples)
            once += struct.pack("<h", round(20_000 * swell * math.sin(2 * math.pi * hz * n / _RATE_HZ)))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE_HZ)
        sound.writeframes(bytes(once) * times)
    return file.getvalue()


def ring(function: str, options: Mapping[str, object]) -> None:
    """Ring once. Raises BellError."""
    if function not in CHIMES:
        raise BellError(f"{function}: the bell knows {' and '.join(CHIMES)}")
    if unknown := sorted(set(options) - {"relay", "play", "seconds"}):
        raise BellError(f"{unknown[0]}: the bell has the options relay, play and seconds")
    if not options.get("relay") and not options.get("play"):
        raise BellError("needs the option `relay` or `play`")
    seconds = options.get("seconds", 2.0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_S:
        raise BellError(f"seconds: must be more than 0 and at most {LONGEST_S:g}, not {seconds!r}")
    with ExitStack() as held:
        begun_s = time.monotonic()
        if relay := options.get("relay"):
            held.enter_context(_relay(relay))
        if program := options.get("play"):
            _play(program, chime(CHIMES[function]))
        if relay:
            time.sleep(max(0.0, seconds - (time.monotonic() - begun_s)))


def _relay(told: object) -> AbstractContextManager[None]:
    match told:
        case {"chip": str(chip), "line": int(line), **more} if 0 <= line < 1024 and set(more) <= {"active_low"}:
            return closed(chip, line, active_low=more.get("active_low") is True)
    raise BellError(f"relay: must be {{chip: /dev/gpiochip0, line: 17}}, not {told!r}")


def _play(told: object, sound: bytes) -> None:
    if not isinstance(told, list) or not told or not str(told[0]).startswith("/"):
        raise BellError(f"play: must be a program's absolute path and its arguments, not {told!r}")
    try:
        done = subprocess.run([str(part) for part in told], input=sound, capture_output=True, timeout=LONGEST_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BellError(f"play: {error}") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise BellError(f"play: {told[0]} failed: {said[-1] if said else done.returncode}")


def main() -> int:
    """Answer one call, as every program of a site does (``executable``)."""
    call = json.load(sys.stdin)
    try:
        ring(call["function"], call.get("options", {}))
    except BellError as error:
        print(f"bell: {error}", file=sys.stderr)
        print(json.dumps({"ok": False, "say": ""}))
        return 0
    print(json.dumps({"ok": True, "say": ""}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
