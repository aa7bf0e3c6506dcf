"""``/v1/speak``: the appliance's voice, over a WebSocket as text comes, and over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Voice
from appliance.core.turn import Turn
from appliance.language import Language
from appliance.protocols.deepgram.form import (
    MODEL,
    MODEL_ID,
    SUBPROTOCOLS,
    Form,
    new_id,
    read_form,
    read_message,
    refuse_unknown,
)
from appliance.protocols.http import Exchange, HttpError, Route
from appliance.protocols.sound import LONGEST_TEXT, Encoder
from appliance.protocols.websocket import WebSocket, WebSocketClosed
from appliance.runtime.engines import Engines
from appliance.speaking.speak import spoken

_KNOWN = ("model", "encoding", "sample_rate", "container", "mip_opt_out", "tag")

_USUAL = Form("linear16", 24_000)


def speak(engines: Engines, language: Language) -> Iterator[Route]:
    """The routes."""

    def form_of(exchange: Exchange) -> Form:
        request = exchange.request
        refuse_unknown(request, _KNOWN)
        if request.value("container") not in (None, "none"):
            raise HttpError(400, f"`container` cannot be {request.value('container')!r}: none can be had")
        return read_form(request.value("encoding"), request.value("sample_rate"), _USUAL)

    def live(exchange: Exchange) -> None:
        form = form_of(exchange)
        _Speaking(engines.voice, language, form, exchange.websocket(SUBPROTOCOLS)).run()

    def once(exchange: Exchange) -> None:
        form = form_of(exchange)
        text = exchange.json().get("text")
        if not isinstance(text, str) or not any(letter.isalnum() for letter in text):
            raise HttpError(400, "`text` must be a text with something to say")
        if len(text) > LONGEST_TEXT:
            raise HttpError(413, f"`text` has {len(text)} letters, at most {LONGEST_TEXT} are spoken at a time")
        encoder = Encoder(engines.voice.rate_hz, form.coding, form.rate_hz)
        send = exchange.stream("audio/l16" if form.coding == "linear16" else "audio/basic")
        for samples in spoken(engines.voice, text, language):
            if data := encoder.encode(samples):
                send(data)
        if data := encoder.encode(np.zeros(0, np.float32), last=True):
            send(data)
        send(b"")

    yield Route("GET", "/v1/speak", live, "deepgram")
    yield Route("POST", "/v1/speak", once, "deepgram")


@dataclass(frozen=True, slots=True)
class _Job:
    """A text to speak; with None, that all before it was spoken is told."""

    text: str | None
    turn: Turn


class _Speaking:
    """One client. The voice works in a thread of its own, so that ``Clear`` is heard while it speaks."""

    def __init__(self, voice: Voice, language: Language, form: Form, client: WebSocket) -> None:
        self._voice = voice
        self._language = language
        self._encoder = Encoder(voice.rate_hz, form.coding, form.rate_hz)
        self._client = client
        self._jobs: Mailbox[_Job] = Mailbox("speak", 64, "wait")
        self._turn = Turn(0)
        self._text: list[str] = []
        self._sequence = 0
        self._thread = threading.Thread(target=self._speak, name="door voice", daemon=True)

    def run(self) -> None:
        about = {"model_name": MODEL["name"], "model_version": MODEL["version"], "model_uuid": MODEL_ID}
        self._send("Metadata", request_id=new_id(), **about)
        self._thread.start()
        try:
            while self._take(self._client.receive()):
                pass
        except WebSocketClosed:
            self._turn.cancel()
        finally:
            self._jobs.close()
            self._thread.join(timeout=30.0)
            self._client.close()

    def _take(self, message: str | bytes) -> bool:
        """Take a message. Returns whether more may come."""
        given = read_message(self._client, message if isinstance(message, str) else "")
        match given["type"]:
            case "Speak":
                self._add(given.get("text"))
            case "Flush":
                self._put_text()
                self._jobs.put(_Job(None, self._turn), self._turn)
            case "Clear":
                self._turn.cancel()
                self._turn, self._text = Turn(0), []
                self._send("Cleared", sequence_id=self._sequence)
            case "Close":
                self._put_text()
                self._jobs.put(_Job(None, self._turn), self._turn)
                return False
            case other:
                self._send("Warning", code="UNKNOWN_MESSAGE", description=f"messages of the type {other!r} do nothing")
        return True

    def _add(self, text: object) -> None:
        if not isinstance(text, str) or sum(map(len, self._text)) + len(text) > LONGEST_TEXT:
            self._send("Warning", code="TEXT_REFUSED", description=f"a text has at most {LONGEST_TEXT} letters")
            return
        self._text.append(text)

    def _put_text(self) -> None:
        text, self._text = "".join(self._text), []
        if any(letter.isalnum() for letter in text):
            self._jobs.put(_Job(text, self._turn), self._turn)

    def _speak(self) -> None:
        try:
            while True:
                job = self._jobs.get()
                if job is not None and not job.turn.cancelled:
                    self._do(job)
        except (MailboxClosed, WebSocketClosed):
            return

    def _do(self, job: _Job) -> None:
        if job.text is None:
            if data := self._encoder.encode(np.zeros(0, np.float32), last=True):
                self._client.send(data)
            self._send("Flushed", sequence_id=self._sequence)
            self._sequence += 1
            return
        for samples in spoken(self._voice, job.text, self._language, turn=job.turn):
            if job.turn.cancelled:
                self._encoder.encode(np.zeros(0, np.float32), last=True)
                return
            if data := self._encoder.encode(samples):
                self._client.send(data)

    def _send(self, type: str, **fields: object) -> None:
        self._client.send(json.dumps({"type": type, **fields}))
