"""Telephone calls at a door, frame by frame. Real telephones call in ``tests/telephone``."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from appliance.core.facts import Outcome
from appliance.isolation.unix_socket import connect
from appliance.protocols.audiosocket import (
    HANG_UP,
    HELLO,
    IDENTITY,
    KEY,
    RATES_HZ,
    SOUND,
    TRANSFER,
    WIDE_SOUND,
    Malformed,
    Unframer,
    abilities,
    frame,
    frame_bytes,
)
from appliance.protocols.calls import Frames
from appliance.protocols.sound import decode, encode
from tests.fakes import tone
from tests.protocols.rig import Exchange, Served, served


class Phone:
    """The caller's side of one call."""

    def __init__(self, box: Served, *, hello: bytes | None = None, kind: int = SOUND, silent: bool = False) -> None:
        self.kind = kind
        self.frames = Frames(connect(box.path))
        self.frames.write(IDENTITY, bytes(16))
        if hello is not None:
            self.frames.write(HELLO, hello)
        self.heard = b""
        if not silent:
            self.say(0.0)

    def say(self, seconds: float) -> None:
        """A tone of ``seconds`` and half a second of silence, at once."""
        spoken = np.concatenate([tone(seconds), np.zeros(8_000, np.float32)])
        sound, size = encode(spoken[:: 16_000 // RATES_HZ[self.kind]], "linear16"), frame_bytes(self.kind)
        for at in range(0, len(sound), size):
            self.frames.write(self.kind, sound[at : at + size])

    def press(self, keys: str) -> None:
        for key in keys:
            self.frames.write(KEY, key.encode())

    def until(self, *kinds: int, within_s: float = 20.0) -> tuple[int, bytes]:
        """Listen until a frame of one of ``kinds`` comes."""
        ends_s = time.monotonic() + within_s
        while True:
            received = self.frames.read(ends_s - time.monotonic(), (HANG_UP, SOUND, WIDE_SOUND, TRANSFER))
            assert received is not None, "the box hung up"
            if received[0] in RATES_HZ:
                assert len(received[1]) == frame_bytes(received[0])
            if received[0] == self.kind:
                self.heard += received[1]
            if received[0] in kinds:
                return received

    def listen(self, seconds: float) -> float:
        """Listen for so long. Returns the level that was reached, full scale at 1."""
        before = len(self.heard)
        while len(self.heard) - before < seconds * 2 * RATES_HZ[self.kind]:
            self.until(self.kind)
        return float(np.abs(decode(self.heard[before:], "linear16")).max())


def door(folder: Path, heard: list[str], answers: list[Exchange], **more: object):
    return served(folder, heard, answers, speaks="calls", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [SOUND, WIDE_SOUND])
def test_a_caller_is_greeted_and_answered_at_the_rate_at_which_the_caller_speaks(tmp_path: Path, kind: int) -> None:
    with door(tmp_path, ["where is room one"], [("where is room one", ["On the first floor."])]) as box:
        phone = Phone(box, kind=kind)
        assert phone.listen(1.0) > 0.05, "the greeting"
        phone.say(1.0)
        while not box.responder.histories:
            phone.until(kind)
        assert phone.listen(1.5) > 0.05, "the answer"
        phone.frames.write(HANG_UP)


@pytest.mark.parametrize("hello", [False, True])
def test_a_caller_whose_side_sends_no_sound_is_greeted_but_behind_a_gateway(tmp_path: Path, hello: bool) -> None:
    with door(tmp_path, [], []) as box:
        phone = Phone(box, hello=b"{}" if hello else None, silent=True)
        assert (phone.listen(2.0) > 0.05) == (not hello)
        phone.kind = WIDE_SOUND if hello else SOUND
        phone.say(0.0)
        assert phone.listen(1.0) > (0.05 if hello else -1.0), "at the rate that the gateway speaks"


@pytest.mark.parametrize("able", [False, True])
def test_a_person_is_called_by_a_key_and_the_call_transferred(tmp_path: Path, able: bool) -> None:
    handed: list[Exchange] = [("speak to a person", ["I am calling someone.", Outcome("hand_over", "handover")])]
    with door(tmp_path, [], handed) as box:
        phone = Phone(box, hello=json.dumps({"can": ["transfer"]}).encode() if able else None)
        phone.listen(0.6)
        phone.press("0")
        kind, payload = phone.until(TRANSFER, HANG_UP)
        assert kind == (TRANSFER if able else HANG_UP)
        assert json.loads(payload or b"{}") == ({"to": "person"} if able else {})


def test_keys_are_the_digits_of_a_number_and_yes_and_no(tmp_path: Path) -> None:
    answers: list[Exchange] = [
        ("speak to a person", ["What is your number?", Outcome(kind="ask", expects="value")]),
        ("170555", ["Is that right?", Outcome(kind="confirm", expects="confirm")]),
        ("yes", ["Good.", Outcome(action="close")]),
    ]
    with door(tmp_path, [], answers) as box:
        phone = Phone(box)
        phone.listen(0.6)
        phone.press("0")
        phone.listen(1.5)
        phone.press("170555#")
        phone.listen(1.2)
        phone.press("1")
        assert phone.until(HANG_UP)[0] == HANG_UP
        assert not box.responder.script


def test_a_star_ends_the_reply(tmp_path: Path) -> None:
    with door(tmp_path, [], []) as box:
        phone = Phone(box)
        phone.listen(0.1)
        phone.press("*")
        phone.listen(0.3)
        assert phone.listen(0.3) == 0.0


def test_what_is_no_call_ends_and_a_full_box_is_busy(tmp_path: Path) -> None:
    with door(tmp_path, [], [], connections=1) as box:
        for sent in (b"GET / HTTP/1.1\r\n\r\n", frame(KEY, b"1"), frame(IDENTITY, b"short"), b"\x01\xff\xff"):
            with box.connect() as client:
                client.sendall(sent)
                assert client.recv(10) == b""
        phone = Phone(box)
        phone.listen(0.1)
        refused = Frames(connect(box.path))
        assert refused.read(10) == (HANG_UP, b"")
        phone.frames.write(WIDE_SOUND, bytes(640))
        assert phone.until(HANG_UP), "sound at another rate than before"


def test_an_asterisk_comes_in_by_tcp_through_a_proxy(tmp_path: Path) -> None:
    proxy = Path("/usr/lib/systemd/systemd-socket-proxyd")
    if not proxy.exists() or shutil.which("systemd-socket-activate") is None:
        pytest.skip("needs systemd's proxy: apt-get install systemd")
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    goodbye: Exchange = ("goodbye", ["Goodbye.", Outcome(action="close")])
    with door(tmp_path, ["goodbye"], [goodbye]) as box:
        activate = ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", str(proxy), str(box.path)]
        with subprocess.Popen(activate, stderr=subprocess.DEVNULL) as forwarding:
            try:
                with _connected(port) as asterisk:
                    asterisk.sendall(frame(IDENTITY, bytes(16)))
                    frames, kinds, loud, quiet, said = Unframer(), [], False, 0, False
                    asterisk.sendall(frame(SOUND, bytes(320)))
                    while data := asterisk.recv(4096):
                        frames.feed(data)
                        while received := frames.next((HANG_UP, SOUND)):
                            kinds.append(received[0])
                            heard = received[0] == SOUND and np.abs(decode(received[1], "linear16")).max() > 0.05
                            loud, quiet = loud or heard, 0 if heard else quiet + 1
                        if loud and quiet > 15 and not said:
                            # The greeting is over. What is said into it may not be meant for the box.
                            said = True
                            spoken = encode(np.concatenate([tone(1.0)[::2], np.zeros(8_000)]), "linear16")
                            for at in range(0, len(spoken), 320):
                                asterisk.sendall(frame(SOUND, spoken[at : at + 320]))
                    assert kinds[-1] == HANG_UP and kinds[0] == SOUND
            finally:
                forwarding.terminate()


def _connected(port: int) -> socket.socket:
    ends_s = time.monotonic() + 20
    while True:
        try:
            connected = socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            assert time.monotonic() < ends_s
            time.sleep(0.1)
        else:
            return connected


def test_frames_come_in_pieces_and_are_refused_at_their_head() -> None:
    frames = Unframer()
    for byte in frame(IDENTITY, bytes(16)):
        assert frames.next((IDENTITY,)) is None
        frames.feed(bytes([byte]))
    frames.feed(frame(SOUND, b"ab") + frame(SOUND))
    assert [frames.next((IDENTITY, SOUND)) for _ in range(4)] == [
        (IDENTITY, bytes(16)), (SOUND, b"ab"), (SOUND, b""), None,
    ]  # fmt: skip
    for head in (b"G", b"\x03\x00\x02", b"\x60\xff\xff"):
        frames = Unframer()
        frames.feed(head)
        with pytest.raises(Malformed):
            frames.next((KEY, HELLO))


@pytest.mark.parametrize("hello", [b"", b"\xff", b"[" * 4000, b"[]", b"{}", b'{"can": 1}', b'{"can": [[]]}'])
def test_a_hello_that_says_nothing_is_no_ability(hello: bytes) -> None:
    assert "transfer" not in abilities(hello)
    assert "transfer" in abilities(b'{"can": ["transfer"]}')
