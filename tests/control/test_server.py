"""The control socket: which peers it serves, what leaves the process, and how it treats peers that misbehave."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from appliance.control.client import Client, follow, request
from appliance.control.facts_json import HARMLESS_TEXT, fact_record
from appliance.control.server import ControlSocket
from appliance.core import facts as messages
from appliance.core.facts import (
    ClauseVoiced,
    EchoMeasured,
    Fact,
    Outcome,
    PartialTranscript,
    Played,
    ReplyInterrupted,
    ReplyThought,
    Stamped,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnFailed,
    WordSpan,
)
from appliance.core.mailbox import Mailbox, MailboxFull
from appliance.core.ports import PortError
from appliance.isolation.unix_socket import LINE_LIMIT


class FakeLine:
    echo = EchoMeasured(9.0, 31.5, -6.0, 0.2, "full")

    def condition(self) -> dict[str, object]:
        return {"line": "room", "phase": "idle", "since": "2026-11-18T14:45:00+00:00"}


class FakeAppliance:
    """An appliance that publishes a test's facts and, like the real one, disconnects a subscriber that falls behind."""

    lines: typing.ClassVar = {"room": FakeLine()}

    def __init__(self) -> None:
        self.boxes: list[Mailbox[Stamped]] = []
        self._lock = threading.Lock()
        self.visitors: list[str] = []
        self.subscribed = threading.Event()

    def subscribe(self) -> Mailbox[Stamped]:
        box: Mailbox[Stamped] = Mailbox("subscriber", 2048, "fault")
        with self._lock:
            self.boxes.append(box)
        self.subscribed.set()
        return box

    def unsubscribe(self, box: Mailbox[Stamped]) -> None:
        with self._lock:
            self.boxes = [other for other in self.boxes if other is not box]
        box.close()

    def visitor_arrived(self, line: str) -> None:
        if line not in ("room", "wyoming"):
            raise PortError(f"there is no line {line!r}")
        self.visitors.append(line)

    def stalled_s(self) -> float:
        return 0.25

    def condition(self) -> dict[str, object]:
        return {"site": "Test", "conversations_today": 3}

    def publish(self, fact: Fact) -> None:
        with self._lock:
            for box in list(self.boxes):
                try:
                    box.put(Stamped("room", fact, 0.0))
                except MailboxFull:
                    self.boxes.remove(box)
                    box.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "control.sock"


@pytest.fixture
def appliance() -> FakeAppliance:
    return FakeAppliance()


@pytest.fixture
def control(path: Path, appliance: FakeAppliance) -> Iterator[ControlSocket]:
    served = ControlSocket(path, appliance)
    served.start()
    yield served
    served.stop()


def talk(path: Path, sent: bytes) -> bytes:
    """Send raw bytes and read until the other side closes."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(10)
        peer.connect(str(path))
        received = b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(sent)
            while more := peer.recv(4096):
                received += more
        return received


def test_commands_are_answered(path: Path, control: ControlSocket, appliance: FakeAppliance) -> None:
    answer: dict[str, Any] = request(path, "status")
    assert answer["ok"] is True and answer["stalled_s"] == 0.25 and answer["version"]
    assert (answer["site"], answer["conversations_today"]) == ("Test", 3)
    (line,) = answer["lines"]
    assert (line["line"], line["phase"], line["echo"]["erle_db"], line["echo"]["mode"]) == (
        "room",
        "idle",
        31.5,
        "full",
    )
    request(path, "visitor")
    with Client(path) as client:
        client.ask("visitor", line="wyoming")
    assert appliance.visitors == ["room", "wyoming"]
    with Client(path) as client, pytest.raises(PortError, match="there is no line 'openai'"):
        client.ask("visitor", line="openai")


def test_an_unknown_command_names_those_there_are(path: Path, control: ControlSocket) -> None:
    with pytest.raises(PortError, match=r"no such command; known: account, .*, facts, session, status, visitor, words"):
        request(path, "reboot")


@pytest.mark.parametrize(
    "sent", [b"status\n", b"[]\n", b"{}\n", b"\xff\xfe\n", b"3\n", b"[" * 60_000 + b"\n", b"x" * (2 * LINE_LIMIT)]
)
def test_a_malformed_command_gets_one_clear_line(path: Path, control: ControlSocket, sent: bytes) -> None:
    received = talk(path, sent)
    if len(sent) < LINE_LIMIT:  # a peer that is cut off while it sends may lose the answer
        answer = json.loads(received)
        assert answer["ok"] is False and "one line of JSON" in answer["error"]
    assert request(path, "status")["ok"], "others are still served"


def test_only_the_owner_may_open_the_path(path: Path, control: ControlSocket) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as another user")
def test_another_user_is_refused_by_its_credentials(path: Path, control: ControlSocket, tmp_path: Path) -> None:
    """This holds even with an open mode. The same client is answered as root and refused as another user."""
    path.chmod(0o666)
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)
    client = (
        "import os, socket, sys; os.setuid(int(sys.argv[2])); s = socket.socket(socket.AF_UNIX);"
        's.connect(sys.argv[1]); s.sendall(b\'{"command": "status"}\\n\'); print(s.recv(100))'
    )
    for uid, served in ((0, True), (65_534, False)):
        run = subprocess.run(
            [sys.executable, "-c", client, path, str(uid)], capture_output=True, text=True, check=False
        )
        assert ('"ok": true' in run.stdout) == served, run.stdout + run.stderr


def test_facts_are_followed_until_the_appliance_stops(
    path: Path, control: ControlSocket, appliance: FakeAppliance
) -> None:
    facts = follow(path)
    received: list[dict[str, object]] = []
    reader = threading.Thread(target=lambda: received.extend(facts))
    reader.start()
    assert appliance.subscribed.wait(5)
    appliance.publish(Played(3, 1600, finished=False))
    appliance.publish(PartialTranscript("my secret illness", 1.5))
    deadline = time.monotonic() + 5
    while len(received) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    control.stop()
    reader.join(5)
    assert received == [
        {"line": "room", "fact": "Played", "turn_id": 3, "samples": 1600, "finished": False},
        {"line": "room", "fact": "PartialTranscript", "text": None, "at_s": 1.5},
    ]
    assert not appliance.boxes, "nobody is subscribed any more"


def test_ticks_are_not_sent_and_a_follower_that_left_frees_its_place(
    path: Path, control: ControlSocket, appliance: FakeAppliance
) -> None:
    """534 of 615 lines were ticks. Without them nothing is sent for hours, and yet a lost peer must be noticed."""
    with Client(path) as client:
        client.ask("facts")
        assert appliance.subscribed.wait(5)
        for tenth in range(100):
            appliance.publish(TimePassed(tenth / 10))
        appliance.publish(Played(3, 1600, finished=False))
        assert next(client.lines())["fact"] == "Played"
    deadline = time.monotonic() + 20
    while appliance.boxes and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not appliance.boxes


def test_a_follower_that_does_not_read_is_disconnected(
    path: Path, appliance: FakeAppliance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("appliance.control.server._PATIENCE_S", 0.2)
    control = ControlSocket(path, appliance)
    control.start()
    with socket.socket(socket.AF_UNIX) as idle:
        idle.connect(str(path))
        idle.sendall(b'{"command": "facts"}\n')
        assert appliance.subscribed.wait(5)
        deadline = time.monotonic() + 20
        while appliance.boxes and time.monotonic() < deadline:
            appliance.publish(TurnFailed(1, "x" * 10_000))
            time.sleep(0.001)
        assert not appliance.boxes
        assert request(path, "status")["ok"]
    control.stop()


def test_the_number_of_peers_is_bounded(path: Path, control: ControlSocket) -> None:
    idle = [socket.socket(socket.AF_UNIX) for _ in range(8)]
    for peer in idle:
        peer.connect(str(path))
    with pytest.raises(PortError):
        request(path, "status")
    for peer in idle:
        peer.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            assert request(path, "status")["ok"]
            break
        except PortError:
            time.sleep(0.05)
    else:
        pytest.fail("nobody is served after the others left")


def test_the_socket_of_a_dead_process_is_replaced(path: Path, appliance: FakeAppliance) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.is_socket()
    control = ControlSocket(path, appliance)
    control.start()
    assert request(path, "status")["ok"]
    control.stop()
    assert not path.exists()
    control.stop()


def test_the_socket_of_a_running_process_is_not_replaced(
    path: Path, control: ControlSocket, appliance: FakeAppliance
) -> None:
    with pytest.raises(PortError, match="another cloister answers there"):
        ControlSocket(path, appliance).start()
    assert request(path, "status")["ok"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("file", "something else than a socket"), ("no/folder", "must exist"), ("x" * 200, "at most 107")],
)
def test_a_path_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, appliance: FakeAppliance, name: str, reason: str
) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(PortError, match=reason) as caught:
        ControlSocket(tmp_path / name, appliance).start()
    assert "\n" not in str(caught.value)
    assert (tmp_path / "file").read_text() == "precious"


def test_a_request_without_a_daemon_is_one_clear_line(path: Path) -> None:
    with pytest.raises(PortError, match="is `cloister run` running"):
        request(path, "status")


WORDS = "kidney"


def filled(kind: typing.Any) -> typing.Any:
    """A value of a type with the secret word in every text, however deep."""
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return typing.cast(type, kind)(**{f.name: filled(hints[f.name]) for f in dataclasses.fields(kind)})
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return (filled(arguments[0]),)
    if origin is typing.Literal:
        return arguments[0]
    if origin in (types.UnionType, typing.Union):
        return filled(arguments[0])
    return {str: WORDS, int: 1, float: 1.0, bool: True}[kind]


def texts(record: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a record with the name of its field."""
    if isinstance(record, dict):
        for key, value in record.items():
            yield from texts(value, key)
    elif isinstance(record, list):
        for value in record:
            yield from texts(value, name)
    elif isinstance(record, str):
        yield name, record


@pytest.mark.parametrize("kind", typing.get_args(messages.Fact), ids=lambda kind: kind.__name__)
def test_no_words_leave_unless_the_site_allows_it(kind: type) -> None:
    """The test takes every kind of fact, also future ones, with a secret in each of its texts."""
    fact = filled(kind)
    left = [name for name, text in texts(fact_record(fact, words=False)) if text == WORDS]
    assert set(left) <= HARMLESS_TEXT
    allowed = [name for name, text in texts(fact_record(fact, words=True)) if text == WORDS]
    assert set(left) == set(allowed) & HARMLESS_TEXT


def test_no_field_with_words_is_declared_harmless() -> None:
    assert not HARMLESS_TEXT & {"text", "heard", "say", "said", "words", "transcript", "partial", "reply"}


def test_the_facts_and_tools_of_a_reply_are_withheld_like_words() -> None:
    """The name of a fact or a tool shows what the visitor asked about."""
    fact = ReplyThought(1, "On the left.", Outcome(facts=("fact:hiv_clinic",), tools=("appointments.cancel",)))
    record: Any = fact_record(fact, words=False)["outcome"]
    assert (record["facts"], record["tools"], record["kind"]) == ([None], [None], "answer")
    shown: Any = fact_record(fact, words=True)["outcome"]
    assert shown["facts"] == ["fact:hiv_clinic"]


def test_an_undeclared_text_is_withheld() -> None:
    @dataclass(frozen=True)
    class Tomorrow:
        remark: str
        reason: str

    record = fact_record(typing.cast(Fact, Tomorrow(WORDS, "technical")), words=False)
    assert record == {"fact": "Tomorrow", "remark": None, "reason": "technical"}


def test_a_record_keeps_its_shape() -> None:
    ended = TurnEnded(Transcript("hello", 0.9, "site"), 1.0, 1.6)
    heard = {"text": "hello", "confidence": 0.9, "ear": "site", "p_stop": None}
    assert fact_record(ended, words=True)["transcript"] == heard
    assert fact_record(ended, words=False)["transcript"] == {**heard, "text": None}
    voiced = ClauseVoiced(1, "Good day", 0, 100, (WordSpan("Good", 50), WordSpan("day", 100)))
    assert fact_record(voiced, words=False)["words"] == [{"text": None, "end": 50}, {"text": None, "end": 100}]
    assert fact_record(ReplyInterrupted(1, "Good", 2.0), words=False)["heard"] is None
