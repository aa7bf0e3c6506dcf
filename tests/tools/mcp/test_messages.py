"""Messages of JSON-RPC 2.0: what is one, and that no line is anything but a message or none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.tools.mcp.messages import DEEPEST, NotAMessage, Request, Response, line, read


def test_a_message_is_one_line() -> None:
    sent = line({"method": "tools/call", "params": {"x": "two\nlines\u2028é"}})
    assert sent.count(b"\n") == 1 and sent.endswith(b"\n") and sent.isascii()
    assert read(sent) == Request("tools/call", None, {"x": "two\nlines\u2028é"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"jsonrpc": "2.0", "id": 1, "result": {"a": 1}}', Response(1, {"a": 1})),
        ('{"jsonrpc": "2.0", "id": 1, "result": null}', Response(1, None)),
        ('{"jsonrpc": "2.0", "id": 1, "error": {"code": -3, "message": "x"}}', Response(1, None, -3)),
        ('{"jsonrpc": "2.0", "id": 1, "error": "x"}', Response(1, None, 0)),
        ('{"jsonrpc": "2.0", "error": {"code": 1e3}}', Response(None, None, 0)),
        ('{"jsonrpc": "2.0", "id": "a", "method": "ping"}\r', Request("ping", "a")),
        ('{"jsonrpc": "2.0", "method": "x"}', Request("x")),
    ],
)
def test_a_message_is_read(text: str, message: Request | Response) -> None:
    assert read(text.encode()) == message


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "[]", "3", "null", "{}", '{"jsonrpc": "1.0", "id": 1, "result": {}}', '{"jsonrpc": "2.0", "id": 1}'),
        '{"jsonrpc": "2.0", "id": 1, "result": {}, "error": {}}',
        '{"jsonrpc": "2.0", "id": 1, "result": NaN}',
        '{"jsonrpc": "2.0", "id": [1], "method": "x"}',
        '{"jsonrpc": "2.0", "id": true, "method": "x"}',
        '{"jsonrpc": "2.0", "method": 3}',
        '{"jsonrpc": "2.0", "method": "x", "params": []}',
        '[{"jsonrpc": "2.0", "method": "x"}]',
        '{"jsonrpc": "2.0", "id": 1, "result": ' + "9" * 5000 + "}",
        '{"jsonrpc": "2.0", "id": 1, "result": ' + "[" * 50_000,
        '{"jsonrpc": "2.0", "id": 1, "result": ' + '{"a":' * DEEPEST + "1" + "}" * DEEPEST + "}",
    ],
)
def test_something_else_is_none(text: str) -> None:
    with pytest.raises(NotAMessage):
        read(text.encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
FIELDS = st.sampled_from(("jsonrpc", "id", "method", "params", "result", "error"))


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60) | st.dictionaries(FIELDS, JSON | st.just("2.0"), max_size=5).map(json.dumps).map(str.encode)
)
def test_any_line_is_a_message_or_none(received: bytes) -> None:
    try:
        message = read(received)
    except NotAMessage:
        return
    assert isinstance(message, Request | Response)
