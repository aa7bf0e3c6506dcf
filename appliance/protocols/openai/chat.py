"""``/v1/chat/completions``: the site's conversation in writing, with its facts, forms and tools.

The interface has no conversations: a client sends all messages each time. A conversation is recognised by its messages,
so that a form that was begun goes on and an effect happens once. Messages that this box has not seen before in that
order begin a conversation with that history, in which no form is under way.

The site decides what is said. System messages, temperatures and the like change nothing, as the model's card says, and
tools of the client are refused.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from appliance.config.site import Site
from appliance.conversation.history import History
from appliance.core.faults import fault
from appliance.core.ports import PortError, Tool
from appliance.protocols.http import Exchange, HttpError, Route
from appliance.protocols.openai.audio import event
from appliance.protocols.openai.models import CONVERSATION
from appliance.runtime.engines import Engines
from appliance.runtime.written import Chat

log = logging.getLogger(__name__)

_KEPT = 8
"""Most conversations that are kept for their next line"""

_KEPT_S = 900.0
"""Seconds for which a conversation is kept after its last line"""

LONGEST_LINE = 2000
"""Letters of the longest line"""

_MOST_MESSAGES = 200


@dataclass(slots=True)
class _Kept:
    chat: Chat
    used_s: float


class Chats:
    """The conversations in writing that go on, by what was said in them so far."""

    def __init__(self, engines: Engines, site: Site, tools: Mapping[str, Tool]) -> None:
        self._engines = engines
        self._site = site
        self._tools = tools
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def answer(self, owner: str, messages: Sequence[tuple[str, str]]) -> str:
        """The reply to the last message, which is the visitor's. ``messages`` are roles and texts. ``owner`` keeps the
        conversations of one client from those of another. Raises PortError."""
        *before, (_, line) = messages
        with self._lock:
            kept = self._kept.pop(_key(owner, before), None)
        chat = self._new(before) if kept is None or kept.used_s < time.monotonic() - _KEPT_S else kept.chat
        exchange = chat.say(line)
        with self._lock:
            self._kept[_key(owner, [*messages, ("assistant", exchange.reply)])] = _Kept(chat, time.monotonic())
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return exchange.reply

    def _new(self, before: Sequence[tuple[str, str]]) -> Chat:
        history = History()
        for role, text in before:
            history = history.visitor_said(text) if role == "user" else history.visitor_heard(text)
        return Chat(
            self._site,
            self._tools,
            lambda tools: self._engines.responder(tools, lambda: None),
            self._engines.distress,
            lambda error: log.warning("a tool failed: %s", fault(error)),
            history if before else None,
        )


def _key(owner: str, messages: Sequence[tuple[str, str]]) -> str:
    return hashlib.sha256(json.dumps([owner, *messages]).encode()).hexdigest()


def chat(chats: Chats) -> Iterator[Route]:
    """The route."""

    def complete(exchange: Exchange) -> None:
        wanted = exchange.json()
        messages = read_messages(wanted)
        try:
            reply = chats.answer(exchange.caller.name, messages)
        except PortError as error:
            raise HttpError(503, str(error)) from None
        name, made = f"chatcmpl-{secrets.token_hex(12)}", int(time.time())
        head = {"id": name, "created": made, "model": CONVERSATION}
        if wanted.get("stream") is True:
            options = wanted.get("stream_options")
            with_usage = isinstance(options, dict) and options.get("include_usage") is True
            _stream(exchange.stream("text/event-stream"), head, reply, with_usage)
            return
        message = {"role": "assistant", "content": reply, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        exchange.respond_json(200, {**head, "object": "chat.completion", "choices": [choice], "usage": _USAGE})

    yield Route("POST", "/v1/chat/completions", complete, "chat")


_USAGE = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
"""Nothing is billed by tokens, and most replies are made without any"""


def _stream(send: Callable[[bytes], None], head: Mapping[str, object], reply: str, with_usage: bool) -> None:
    def chunk(delta: Mapping[str, str], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return event({**head, "object": "chat.completion.chunk", "choices": [choice]})

    send(chunk({"role": "assistant", "content": ""}))
    words = reply.split(" ")
    for number, word in enumerate(words):
        send(chunk({"content": word if number == len(words) - 1 else f"{word} "}))
    send(chunk({}, "stop"))
    if with_usage:
        send(event({**head, "object": "chat.completion.chunk", "choices": [], "usage": _USAGE}))
    send(b"data: [DONE]\n\n")
    send(b"")


def read_messages(wanted: Mapping[str, object]) -> list[tuple[str, str]]:
    """The messages of visitor and appliance, which end with the visitor's. Raises HttpError."""
    if wanted.get("tools") or wanted.get("functions"):
        raise HttpError(400, "`tools` of a client are not called: the tools are the site's own")
    if wanted.get("n", 1) != 1:
        raise HttpError(400, "`n` must be 1: there is one answer")
    messages = wanted.get("messages")
    if not isinstance(messages, list) or not 0 < len(messages) <= _MOST_MESSAGES:
        raise HttpError(400, f"`messages` must be a list of 1 to {_MOST_MESSAGES} messages")
    read = [_read(message, number) for number, message in enumerate(messages)]
    said = [(role, text) for role, text in read if role in ("user", "assistant")]
    if not said or said[-1][0] != "user":
        raise HttpError(400, "the last of `messages` must be the user's")
    if not said[-1][1]:
        raise HttpError(400, f"`messages[{len(messages) - 1}].content` says nothing")
    return said


def _read(message: object, number: int) -> tuple[str, str]:
    if not isinstance(message, dict) or message.get("role") not in ("system", "developer", "user", "assistant"):
        raise HttpError(400, f"`messages[{number}].role` must be system, developer, user or assistant")
    content = message.get("content")
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        if any(part.get("type") != "text" for part in parts) or len(parts) < len(content):
            raise HttpError(400, f"`messages[{number}].content` may hold parts of the type `text` only")
        content = " ".join(str(part.get("text", "")) for part in parts)
    if not isinstance(content, str):
        raise HttpError(400, f"`messages[{number}].content` must be a text")
    text = " ".join(content.split())
    if message["role"] == "user" and len(text) > LONGEST_LINE:
        raise HttpError(400, f"`messages[{number}].content` has more than {LONGEST_LINE} letters")
    return str(message["role"]), text
