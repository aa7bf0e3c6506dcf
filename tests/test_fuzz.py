"""Arbitrary input at every interface, with the hooks in place that end a real appliance.

The input is any bytes and any JSON, since a peer, a tool or a visitor may send anything. Each test passes only if the
appliance lives and still answers.
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from appliance.brain.responder import Reply
from appliance.brain.state import ResponderState
from appliance.config.site import ToolSettings
from appliance.control import server as control_module
from appliance.control.client import request
from appliance.control.server import ControlSocket
from appliance.core.facts import ConversationOpened, Message, Outcome, ToolResult, Transcript, TurnEnded, TurnScored
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.devices.wave import WaveLine
from appliance.isolation import deputies
from appliance.isolation.unix_socket import LINE_LIMIT
from appliance.language.english import ENGLISH
from appliance.runtime.appliance import Appliance
from appliance.runtime.engines import Engines
from appliance.tools.executable import open_tool
from tests.fakes import VOICE_RATE_HZ, LoudnessVad, ScriptedEar, ScriptedResponder, ToneVoice, spoken, tone
from tests.runtime.test_appliance import SETTINGS, PickyVoice, Rig
from tests.sites import SITE

ANY_CHARACTER = st.characters(exclude_categories=[])
ANY_TEXT = st.text(ANY_CHARACTER, max_size=30) | st.sampled_from(
    ["", "\x00", "\ud800", "\x1b[2J", "\u202e", "5²", "①", "٣", "9" * 5000, "x" * 2000, "No. 5", "$5² each.", "..."]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("as", "reason", "event", "recording")
REQUESTS = st.fixed_dictionaries(
    # Following facts takes half a second to notice a peer that left, so it is among the examples only.
    {"command": st.sampled_from(sorted(set(control_module._ROLE_OF) - {"facts"}))},
    optional=dict.fromkeys(FIELDS, ANY_TEXT),
) | st.fixed_dictionaries({}, optional=dict.fromkeys(("command", *FIELDS), ANY_JSON))


# --- the control socket -----------------------------------------------------------------------------------------------


class ForgetfulLedger:
    """A ledger that accepts only values that the real one can write."""

    fault = None

    def append(self, event: str, **details: object) -> None:
        for value in details.values():
            assert value is None or isinstance(value, (str, int, float, bool))
            json.dumps(value, ensure_ascii=False).encode()

    def checkpoint(self) -> None:
        pass


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Appliance]]:
    """An appliance with scripted engines and its socket, and the hook of `cloister run`."""
    path = tmp_path_factory.mktemp("fuzz") / "s"
    engines = Engines(LoudnessVad(), ScriptedEar([]), ToneVoice(), lambda *_: ScriptedResponder([]), {})
    line = WaveLine(VOICE_RATE_HZ, "real", record=False)
    appliance = Appliance(SETTINGS, SITE, engines)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading, "excepthook", appliance.thread_failed)
        patch.setattr(control_module, "_OWN_COMMANDS_AT_ONCE", 10**9)
        patch.setattr(control_module, "_PATIENCE_S", 2.0)
        # What these children find is tested elsewhere, and a request for evidence would start both.
        patch.setattr(control_module, "probe_in_child", dict)
        patch.setattr(deputies, "look_in_child", lambda **_: {})
        control = ControlSocket(path, appliance, ledger=ForgetfulLedger())
        appliance.start()
        appliance.open_line(line.microphone, line.speaker)
        control.start()
        yield path, appliance
        control.stop()
        appliance.stop()


def send(path: Path, content: bytes) -> list[bytes]:
    """Send bytes and no more. Returns the lines that come back until the other side closes or begins to send facts."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        for _ in range(1000):
            with contextlib.suppress(BlockingIOError):
                peer.connect(str(path))
                break
        received = b""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(content)
            peer.shutdown(socket.SHUT_WR)
            while more := peer.recv(65_536):
                received += more
        return received.splitlines()


def lives(path: Path, appliance: Appliance) -> bool:
    return not appliance.wait(timeout_s=0) and request(path, "status")["ok"] is True


@settings(max_examples=150)
@given(st.lists(REQUESTS | ANY_JSON, min_size=1, max_size=4), st.booleans())
@example([{"command": []}], False)
@example([{"command": {}}], False)
@example([{"command": ["status"]}], True)
@example([{"command": "visitor", "as": {"a": [1]}}], False)
@example([{"command": "break-glass", "reason": "\ud800" * 20}], True)
@example([{"command": "words"}], True)
@example([{"command": "facts"}, {"command": []}], False)
@example(
    [{"command": "session"}, {"command": "break-glass", "reason": "a reason of length"}, {"command": "words"}], False
)
def test_no_json_ends_the_appliance(served: tuple[Path, Appliance], requests: list[object], in_session: bool) -> None:
    path, appliance = served
    lines = [json.dumps(line).encode() for line in requests]
    for answer in send(path, b"\n".join([*([b'{"command": "session"}'] if in_session else []), *lines, b""])):
        assert isinstance(json.loads(answer), dict)
    assert lives(path, appliance)


@settings(max_examples=150)
@given(st.binary(max_size=200))
@example(b"[" * 60_000 + b"\n")
@example(b'{"command":' * 9_000 + b"\n")
@example(b"9" * 60_000 + b"\n")
@example(b'{"command": 1e999}\n')
@example(b"\xff\xfe\n")
@example(b"x" * (2 * LINE_LIMIT))
@example(b"\n" * 5_000)
@example(b'{"command": "session"}\n' + b"\n" * 5_000)
def test_no_bytes_end_the_appliance(served: tuple[Path, Appliance], content: bytes) -> None:
    path, appliance = served
    for answer in send(path, content):
        assert isinstance(json.loads(answer), dict)
    assert lives(path, appliance)


# --- tools ------------------------------------------------------------------------------------------------------------

ANSWERS = (
    st.binary(max_size=100)
    | ANY_JSON.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries({"ok": st.booleans(), "say": ANY_TEXT}, optional={"data": ANY_JSON, "more": ANY_JSON}).map(
        lambda value: json.dumps(value).encode()
    )
)


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program that answers with the content of ``answer`` in its state folder."""
    folder = tmp_path_factory.mktemp("tool")
    program = folder / "parrot"
    program.write_text('#!/bin/sh\ncat > /dev/null\nexec cat "$(dirname "$0")/answer"\n')
    program.chmod(0o755)
    return program


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(ANSWERS)
@example(b"[" * 30_000)
@example(b'{"ok": true, "say": "x", "data": ' + b'{"a": ' * 5_000 + b"1" + b"}" * 5_001)
@example(b'{"ok": true, "say": "\\ud800"}')
@example(b'{"ok": true, "say": "a\\u0000b"}')
@example(b"9" * 60_000)
@example(b'{"ok": 1, "say": "x"}')
def test_any_answer_of_a_tool_gives_a_result_or_an_error(parrot: Path, answer: bytes) -> None:
    (parrot.parent / "answer").write_bytes(answer)
    tool = open_tool(ToolSettings(name="parrot", command=(str(parrot),)), parrot.parent, lambda: None, ENGLISH)  # type: ignore[arg-type, return-value]
    with contextlib.suppress(PortError):
        result = tool.call("say", {})
        assert isinstance(result, ToolResult) and isinstance(result.ok, bool)
        assert isinstance(result.say, str) and isinstance(result.data, dict)


# --- conversations ----------------------------------------------------------------------------------------------------


class AnyResponder(ScriptedResponder):
    """A responder that answers or fails as a test drew, whatever the question."""

    def __init__(self, replies: Sequence[list[str | Outcome | Exception]], working_ahead: Exception | None) -> None:
        super().__init__([])
        self._replies = list(replies)
        self._working_ahead = working_ahead

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        if self._working_ahead is not None:
            raise self._working_ahead

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        self.listen(text, history, Turn(0))
        return TurnScored(text, 0.6)

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        return Reply(state, spoken(self._replies[len(history) % len(self._replies)]))


ERRORS = st.sampled_from(
    [
        KeyError("day"),
        ValueError("x"),
        RecursionError(),
        PortError("y"),
        UnicodeEncodeError("utf-8", "\ud800", 0, 1, "z"),
    ]
)
OUTCOMES = st.builds(
    Outcome,
    action=st.sampled_from(["continue", "hand_over", "close"]),
    kind=st.sampled_from(["answer", "ask", "done", "refused"]),
)
REPLIES = st.lists(st.lists(ANY_TEXT | OUTCOMES | ERRORS, max_size=4), min_size=1, max_size=3)
SAID = st.lists(ANY_TEXT | st.sampled_from(["code red", "where is the lift", "yes", "stop"]), min_size=1, max_size=4)


@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
@given(REPLIES, SAID, st.none() | ERRORS, st.lists(st.floats(0.05, 2.5), min_size=4, max_size=4))
@example([["5² dollars.", "\x00"], [KeyError("day")]], ["one", "two", "code red"], ValueError("x"), [1.0] * 4)
@example([["x" * 5000 + " y. "] * 4], ["one", "\ud800"], None, [0.3] * 4)
def test_no_reply_ends_the_appliance(
    replies: list[list[str | Outcome | Exception]],
    said: list[str],
    working_ahead: Exception | None,
    pauses_s: list[float],
) -> None:
    """The appliance is real. Its responder says anything and fails at any time, and the visitor says anything."""
    rig = Rig(ScriptedEar([*said, "good bye"]), AnyResponder(replies, working_ahead), voice=PickyVoice())
    for _, pause_s in zip(said, pauses_s, strict=False):
        rig.line.say(tone(0.6), after_s=pause_s)
    rig.line.say(tone(0.6), after_s=8.0)
    hook, threading.excepthook = threading.excepthook, rig.appliance.thread_failed
    try:
        rig.run(0.6 * len(said) + sum(pauses_s) + 12)
    finally:
        threading.excepthook = hook
    assert rig.of(ConversationOpened) and rig.of(TurnEnded)
    assert not rig.appliance.wait(timeout_s=0) or rig.appliance._failure is None
