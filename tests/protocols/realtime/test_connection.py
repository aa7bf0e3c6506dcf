"""A WebSocket with a session and a line: spoken, busy, over, and with keys for browsers."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soxr
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, unix_connect

from appliance.core.ports import PortError
from appliance.protocols.openai.realtime import connection
from appliance.protocols.sound import Coding, encode
from appliance.runtime.admission import LinesBusy
from tests.fakes import tone
from tests.protocols.rig import Exchange, OneToken, Served, served

ANSWERS: list[Exchange] = [("where is room one", ["On the first floor."])]
URL = "ws://localhost/v1/realtime?model=cloister"


def until(client: ClientConnection, *types: str) -> Iterator[dict[str, Any]]:
    """The events up to the first of these types."""
    while True:
        event: dict[str, Any] = json.loads(client.recv(20))
        yield event
        if event["type"] in types:
            return


def last(client: ClientConnection, *types: str) -> dict[str, Any]:
    return list(until(client, *types))[-1]


def speech(format: str) -> list[str]:
    """A second of speech and a second of silence, in pieces of any length."""
    coding: Coding = {"audio/pcmu": "mulaw", "audio/pcma": "alaw"}.get(format, "linear16")  # type: ignore[assignment]
    sound = np.concatenate([tone(1.0), np.zeros(16_000, np.float32)])
    data = encode(soxr.resample(sound, 16_000, 24_000 if coding == "linear16" else 8_000), coding)
    return [base64.b64encode(data[at : at + 4321]).decode() for at in range(0, len(data), 4321)]


@pytest.mark.parametrize("format", ["audio/pcm", "audio/pcmu", "audio/pcma"])
def test_a_question_in_each_format_is_answered_in_it(tmp_path: Path, format: str) -> None:
    with served(tmp_path, ["where is room one"], ANSWERS) as box, unix_connect(str(box.path), uri=URL) as client:
        assert last(client, "session.created")["session"]["audio"]["output"]["format"]["type"] == "audio/pcm"
        sound = {"input": {"format": {"type": format}}, "output": {"format": {"type": format}}}
        client.send(json.dumps({"type": "session.update", "session": {"type": "realtime", "audio": sound}}))
        assert json.loads(client.recv())["type"] == "session.updated"
        for piece in speech(format):
            client.send(json.dumps({"type": "input_audio_buffer.append", "audio": piece}))
        events = list(until(client, "response.done"))
        assert events[-1]["response"]["output"][0]["content"][0]["transcript"] == "On the first floor."
        (stopped,) = [event for event in events if event["type"] == "input_audio_buffer.speech_stopped"]
        assert 900 <= stopped["audio_end_ms"] <= 1200
        data = b"".join(base64.b64decode(e["delta"]) for e in events if e["type"] == "response.output_audio.delta")
        assert len(data) > 0.7 * (48_000 if format == "audio/pcm" else 8_000)
        assert len({event["event_id"] for event in events}) == len(events)


def test_a_written_question_is_answered_in_writing_at_once_and_apart_from_the_conversation(tmp_path: Path) -> None:
    answers: list[Exchange] = [("where is room two", ["Upstairs."]), ("hello", ["Hi."])]
    with served(tmp_path, [], answers) as box, unix_connect(str(box.path), uri=URL) as client:
        item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "where is room two"}]}
        client.send(json.dumps({"type": "conversation.item.create", "item": item}))
        client.send(json.dumps({"type": "response.create", "response": {"output_modalities": ["text"]}}))
        assert last(client, "response.output_text.done")["text"] == "Upstairs."
        last(client, "response.done")
        item["content"] = [{"type": "input_text", "text": "hello"}]
        client.send(json.dumps({"type": "response.create", "response": {"conversation": "none", "input": [item]}}))
        events = list(until(client, "response.done"))
        assert events[-1]["response"]["output"][0]["content"][0]["transcript"] == "Hi."
        assert any(event["type"] == "response.output_audio.delta" for event in events)
        assert not any(event["type"].startswith("conversation.item") for event in events)


def test_push_to_talk_answers_what_was_committed(tmp_path: Path) -> None:
    with served(tmp_path, ["where is room one"], ANSWERS) as box, unix_connect(str(box.path), uri=URL) as client:
        client.send(json.dumps({"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}}}))
        for piece in speech("audio/pcm")[:12]:  # nothing of the silence after the speech
            client.send(json.dumps({"type": "input_audio_buffer.append", "audio": piece}))
        client.send(json.dumps({"type": "input_audio_buffer.commit"}))
        client.send(json.dumps({"type": "response.create"}))
        events = list(until(client, "response.done"))
        (heard,) = [event["transcript"] for event in events if event["type"].endswith("transcription.completed")]
        assert heard == "where is room one"
        assert events[-1]["response"]["output"][0]["content"][0]["transcript"] == "On the first floor."
        assert not any("speech_started" in event["type"] for event in events)


def test_bad_events_are_answered_with_errors_and_the_session_goes_on(tmp_path: Path) -> None:
    with served(tmp_path) as box, unix_connect(str(box.path), uri=URL) as client:
        last(client, "session.created")
        refused: list[tuple[str | bytes, str]] = [
            ("{", "invalid_json"),
            ('{"type": NaN}', "invalid_json"),
            (b"0", "invalid_json"),
            ("[]", "invalid_event"),
        ]
        for message, code in refused:
            client.send(message)
            assert last(client, "error")["error"]["code"] == code
        client.send(json.dumps({"type": "session.update", "session": {"type": "realtime"}}))
        last(client, "session.updated")


@pytest.mark.parametrize(("error", "code"), [(LinesBusy("taken"), 1013), (PortError("going down"), 1012)])
def test_a_client_is_told_that_no_line_can_be_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: PortError, code: int
) -> None:
    with served(tmp_path) as box:

        def refuse(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(type(box.service.appliance), "open_line", refuse)
        with unix_connect(str(box.path), uri=URL) as client, pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == code


def test_a_client_is_told_that_the_box_restarts(tmp_path: Path) -> None:
    with ExitStack() as stack:
        with served(tmp_path) as box:
            client = stack.enter_context(unix_connect(str(box.path), uri=URL))
            last(client, "session.created")
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                client.recv(5)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1012


@pytest.mark.parametrize(("limit", "code"), [("_LONGEST_S", "session_expired"), ("_IDLE_S", "session_idle")])
def test_a_session_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, code: str) -> None:
    monkeypatch.setattr(connection, limit, 0.3)
    with served(tmp_path) as box, unix_connect(str(box.path), uri=URL) as client:
        assert last(client, "error")["error"]["code"] == code
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
        assert closed.value.rcvd is not None and closed.value.rcvd.code == 1001


def test_the_line_is_closed_with_the_connection(tmp_path: Path) -> None:
    with served(tmp_path) as box:
        with unix_connect(str(box.path), uri=URL) as client:
            last(client, "session.created")
            assert list(box.service.appliance.lines) == ["realtime"]
        with unix_connect(str(box.path), uri=URL) as client:
            last(client, "session.created")
        for _ in range(200):
            if not box.service.appliance.lines:
                break
            time.sleep(0.02)
        assert not box.service.appliance.lines


def make_secret(box: Served, token: str, body: dict[str, object]) -> tuple[int, dict[str, Any]]:
    data = json.dumps(body).encode()
    head = f"POST /v1/realtime/client_secrets HTTP/1.1\nHost: localhost\nAuthorization: Bearer {token}\n"
    status, _, answer = box.ask(f"{head}Content-Length: {len(data)}", data)
    return status, json.loads(answer)


def test_a_key_for_a_browser_opens_a_session_with_its_configuration_until_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, tokens=OneToken("secret", frozenset({"realtime"}))) as box:
        wanted = {"type": "realtime", "output_modalities": ["text"]}
        status, made = make_secret(box, "secret", {"session": wanted, "expires_after": {"seconds": 60}})
        assert status == 200 and made["value"].startswith("ek_")
        assert made["session"]["output_modalities"] == ["text"]
        key = f"openai-insecure-api-key.{made['value']}"
        with unix_connect(str(box.path), uri=URL, subprotocols=["realtime", key]) as client:
            assert client.subprotocol == "realtime"
            assert last(client, "session.created")["session"]["output_modalities"] == ["text"]
        monkeypatch.setattr("time.monotonic", lambda: 1e12)
        with pytest.raises(InvalidStatus) as refused:
            unix_connect(str(box.path), uri=URL, additional_headers={"Authorization": f"Bearer {made['value']}"})
        assert refused.value.response.status_code == 401


TOOL = {"type": "function", "name": "open_door"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"expires_after": {"seconds": 1}}, 400),
        ({"session": {"type": "x"}}, 400),
        ({"session": {"type": "realtime", "tools": [TOOL]}}, 403),
    ],
)
def test_a_key_is_refused_with_the_reason(tmp_path: Path, body: dict[str, object], status: int) -> None:
    with served(tmp_path, tokens=OneToken("secret", frozenset({"realtime"}))) as box:
        answered, told = make_secret(box, "secret", body)
        assert answered == status and told["error"]["message"]
        assert make_secret(box, "wrong", {})[0] == 401


def test_a_token_must_be_for_conversations(tmp_path: Path) -> None:
    with served(tmp_path, tokens=OneToken("secret", frozenset({"audio"}))) as box:
        with pytest.raises(InvalidStatus) as refused:
            unix_connect(str(box.path), uri=URL, additional_headers={"Authorization": "Bearer secret"})
        assert refused.value.response.status_code == 403
