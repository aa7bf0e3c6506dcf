"""WebSockets at a door, with the ``websockets`` library's own client."""

from __future__ import annotations

import threading
import time

import pytest
from websockets.exceptions import ConnectionClosed, ConnectionClosedError
from websockets.sync.client import unix_connect

from appliance.config.box import DoorSettings
from appliance.protocols import websocket
from appliance.protocols.door import Door
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.http import Exchange, HttpServer, Route
from appliance.protocols.websocket import BUSY, WebSocketClosed

LIMIT = 1000


def talk(exchange: Exchange) -> None:
    client = exchange.websocket(["realtime"], LIMIT)
    try:
        while True:
            message = client.receive()
            if message == "busy":
                client.close(BUSY, "no place")
                return
            if message == "flood":
                for _ in range(10_000):
                    client.send("x" * 10_000)
            client.send(message)
    except WebSocketClosed:
        ENDED.set()


ENDED = threading.Event()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("ws") / "d.sock"
    server = HttpServer([Route("GET", "/talk", talk)], DoorRecord(None))
    door = Door(DoorSettings(path), "doors[0]", server.serve, server.turn_away)
    door.start()
    yield str(path)
    door.stop()


def test_texts_and_binary_messages_go_both_ways_whole(door: str) -> None:
    with unix_connect(door, uri="ws://localhost/talk") as client:
        for message in ("hello", b"\x00\x01", "", "é" * 400):
            client.send(message)
            assert client.recv() == message
        client.send(["in ", "several ", "pieces"])
        assert client.recv() == "in several pieces"
        client.ping().wait(5)
        assert client.subprotocol is None


def test_the_subprotocol_is_ours_or_none(door: str) -> None:
    with unix_connect(door, uri="ws://localhost/talk", subprotocols=["a", "realtime"]) as client:
        assert client.subprotocol == "realtime"
    with unix_connect(door, uri="ws://localhost/talk", subprotocols=["a"]) as client:
        assert client.subprotocol is None


@pytest.mark.parametrize(("message", "code"), [("x" * (LIMIT + 1), 1009), ("busy", 1013)])
def test_a_connection_is_closed_with_the_reason(door: str, message: str, code: int) -> None:
    with unix_connect(door, uri="ws://localhost/talk") as client:
        client.send(message)
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == code


def test_a_client_that_does_not_read_is_disconnected_and_no_sender_waits(
    door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ENDED.clear()
    with unix_connect(door, uri="ws://localhost/talk", max_queue=1) as client:
        client.send("flood")
        assert ENDED.wait(30)
        with pytest.raises(ConnectionClosedError):
            while True:
                client.recv(5)


def test_a_client_that_has_gone_silent_is_asked_and_then_given_up(door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "_PING_S", 0.05)
    monkeypatch.setattr(websocket, "_GONE_S", 0.5)
    ENDED.clear()
    with unix_connect(door, uri="ws://localhost/talk", ping_interval=None) as client:
        client.send("hello")
        assert client.recv() == "hello"
        time.sleep(0.7)
        client.send("still here")
        assert client.recv() == "still here", "a client that answers pings stays"
        client.socket.setblocking(True)


def test_a_request_that_is_no_handshake_ends_the_connection(door: str) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(5)
        client.connect(door)
        client.sendall(b"GET /talk HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(4096).startswith(b"HTTP/1.1 4")
