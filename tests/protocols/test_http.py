"""HTTP at a door: what is served, what is refused, and that a bad client costs the others nothing."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from appliance.config.box import DoorSettings
from appliance.core.ports import PortError
from appliance.isolation.members import user_name
from appliance.protocols.access import Caller
from appliance.protocols.door import Door
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.http import Exchange, HttpServer, Request, Route, token_of
from tests.control.test_operators import ListLedger
from tests.protocols.rig import OneToken, Served, route, served


def echo(exchange: Exchange) -> None:
    exchange.respond_json(200, {"body": exchange.body(1000).decode(), "caller": exchange.caller.name})


def count(exchange: Exchange) -> None:
    send = exchange.stream("text/plain")
    for piece in (b"one ", b"two", b""):
        send(piece)


def fail(_: Exchange) -> None:
    raise ValueError("the visitor said: my name is Rosalind")


ROUTES = (
    route(echo, "POST", "/echo"),
    route(count, path="/count"),
    route(fail, path="/fail"),
    Route("GET", "/items/{id}", lambda exchange: exchange.respond_json(200, exchange.parameters)),
)


@pytest.fixture
def door(tmp_path: Path, request: pytest.FixtureRequest):
    tokens = OneToken("secret", frozenset([getattr(request, "param", "all")]))
    ledger = ListLedger()
    server = HttpServer(ROUTES, DoorRecord(ledger), tokens)
    door = Door(DoorSettings(tmp_path / "d.sock", connections=2), "doors[0]", server.serve, server.turn_away)
    door.start()
    yield Served(None, tmp_path / "d.sock", None, ledger=ledger)  # type: ignore[arg-type]
    door.stop()


AUTHORIZED = "Host: localhost\nAuthorization: Bearer secret"

CASES = [
    (f"POST /echo HTTP/1.1\n{AUTHORIZED}\nContent-Length: 5", b"hello", 200, '"hello"'),
    (f"POST /echo HTTP/1.1\n{AUTHORIZED}\nTransfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n", 200, '"hello"'),
    (f"POST /echo HTTP/1.1\n{AUTHORIZED}\nContent-Length: 2000", b"x" * 2000, 413, "more than 1000"),
    (f"GET /count HTTP/1.1\n{AUTHORIZED}", b"", 200, "one"),
    ("GET /items/a%20b HTTP/1.1\nHost: x", b"", 200, "a b"),
    ("GET /items HTTP/1.1\nHost: x", b"", 404, "nothing is served"),
    ("DELETE /items/1 HTTP/1.1\nHost: x", b"", 405, "DELETE"),
    ("GET /count HTTP/1.1\nHost: x", b"", 401, "a token is needed"),
    ("GET /count HTTP/1.1\nHost: x\nAuthorization: Bearer guess", b"", 401, "not valid"),
    ("GET /count?token=secret HTTP/1.1\nHost: x", b"", 401, "a token is needed"),
    ("GET /items/1 HTTP/1.1\nHost: localhost:80\nOrigin: http://localhost:80", b"", 200, "1"),
    ("GET /items/1 HTTP/1.1\nHost: localhost\nOrigin: https://evil.example", b"", 403, "may not connect"),
    ("GET /items/1 HTTP/1.1\nHost: evil.example\nOrigin: http://evil.example", b"", 403, "may not connect"),
    ("nonsense", b"", 400, "HTTP"),
    (f"GET /{'x' * 40_000} HTTP/1.1\nHost: x", b"", 431, "HTTP"),
]


@pytest.mark.parametrize(("head", "body", "status", "text"), CASES)
def test_each_request_gets_its_answer(door: Served, head: str, body: bytes, status: int, text: str) -> None:
    answer = door.ask(head, body)
    assert answer[0] == status
    assert text in answer[2].decode()
    if status != 200:
        assert set(json.loads(answer[2])["error"]) == {"message", "type", "code"}


@pytest.mark.parametrize("door", ["other"], indirect=True)
def test_a_token_for_something_else_is_refused(door: Served) -> None:
    assert door.ask(f"GET /count HTTP/1.1\n{AUTHORIZED}")[0] == 403


def test_who_used_a_door_is_recorded_and_who_tries_in_vain_once_a_minute(door: Served) -> None:
    door.ask(f"GET /count HTTP/1.1\n{AUTHORIZED}")
    door.ask("GET /items/1 HTTP/1.1\nHost: x")
    for _ in range(3):
        door.ask("GET /count HTTP/1.1\nHost: x\nAuthorization: Bearer guess")
    assert door.ledger is not None
    assert door.ledger.records == [
        {"event": "door used", "caller": "tester", "what": "GET /count"},
        {"event": "door refused", "user": user_name(os.getuid()), "what": "a token", "more": 0},
    ]


def test_what_cannot_be_recorded_is_not_done(door: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise PortError("the disk is full")

    monkeypatch.setattr(door.ledger, "append", full)
    status, _, body = door.ask(f"GET /count HTTP/1.1\n{AUTHORIZED}")
    assert status == 503 and b"the disk is full" in body


def test_a_fault_of_ours_is_logged_without_what_was_said(door: Served, caplog: pytest.LogCaptureFixture) -> None:
    status, _, body = door.ask(f"GET /fail HTTP/1.1\n{AUTHORIZED}")
    assert status == 500 and b"Rosalind" not in body
    assert "please report it" in caplog.text and "Rosalind" not in caplog.text
    assert door.ask("GET /items/1 HTTP/1.1\nHost: x")[0] == 200


def test_a_connection_carries_several_requests(door: Served) -> None:
    with door.connect() as client:
        for number in range(3):
            client.sendall(f"GET /items/{number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert f'"{number}"'.encode() in client.recv(4096)


def test_a_client_beyond_the_limit_is_told_so_at_once_and_the_next_one_is_served(door: Served) -> None:
    held = [door.connect() for _ in range(2)]
    for client in held:
        client.sendall(b"GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        client.recv(4096)
    assert door.ask("GET /items/1 HTTP/1.1\nHost: x")[0] == 503
    for client in held:
        client.close()
    with door.connect() as client:
        client.settimeout(5)
        for _ in range(50):
            if door.ask("GET /items/1 HTTP/1.1\nHost: x")[0] == 200:
                return
    pytest.fail("no place became free")


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({"authorization": "Bearer a.b"}, "a.b"),
        ({"authorization": "Token a.b"}, "a.b"),
        ({"authorization": "Basic a.b"}, None),
        ({"sec-websocket-protocol": "realtime, openai-insecure-api-key.ab, openai-agents-sdk.0.2"}, "ab"),
        ({"sec-websocket-protocol": "token, ab"}, "ab"),
        ({"sec-websocket-protocol": "bearer, ab"}, "ab"),
        ({"sec-websocket-protocol": "realtime, ab"}, None),
    ],
)
def test_a_token_is_found_where_clients_put_it(headers: dict[str, str], token: str | None) -> None:
    assert token_of(Request("GET", "/", {}, headers)) == token


def test_a_box_says_whether_it_takes_a_conversation(tmp_path: Path) -> None:
    with served(tmp_path, tokens=OneToken("secret")) as box:
        status, headers, body = box.ask("GET /healthz HTTP/1.1\nHost: x")
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == {"ok": True, "slots": {"open": 0, "most": 4, "free": 4}}


def test_only_named_users_are_served(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    door = Door(DoorSettings(tmp_path / "d.sock"), "doors[0]", lambda *_: None, lambda _: None)
    door._members.has = lambda *_: False  # type: ignore[method-assign]
    door.start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "d.sock"))
        assert client.recv(1) == b""
    door.stop()
    assert "is not named in `users`" in caplog.text
    assert Caller("x").may("anything") and not Caller("x", frozenset()).may("anything")
