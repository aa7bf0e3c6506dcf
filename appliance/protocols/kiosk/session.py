"""``/kiosk/session``: a page that is open somewhere, in one of two ways.

``here``: on the box itself. The box keeps microphone and loudspeaker, and the page shows and touches the room's line.
What is said appears on it only where the site publishes it (``privacy.publish_transcripts``).

``apart``: on another device, which brings microphone and loudspeaker. Its conversation is a line of its own, and the
page shows what is said on it.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from appliance.config.site import Site
from appliance.core.audio import Samples
from appliance.core.facts import (
    ROOM,
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    Fact,
    PartialTranscript,
    Played,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    SpeechStarted,
    Stamped,
    StopReceived,
    TextReceived,
    TimePassed,
    TurnEnded,
    VisitorArrived,
)
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.devices.stream import TooMuchSound
from appliance.language import templates
from appliance.protocols.client_line import ClientLine
from appliance.protocols.http import Exchange, HttpError, Route
from appliance.protocols.kiosk.texts import TEXTS
from appliance.protocols.sound import Decoder, Encoder
from appliance.protocols.websocket import BUSY, RESTARTS, WebSocket, WebSocketClosed
from appliance.runtime.appliance import Appliance
from appliance.runtime.engines import Engines
from appliance.runtime.line import Line

_RATE_HZ = 24_000
"""Rate of the sound that a page sends and takes"""

_LEAD_S = 0.2
"""Seconds by which the sound of a reply is sent ahead"""

_QUESTIONS = 6
"""Most questions that are offered where the site names none"""

_LONGEST_LINE = 300
"""Letters of the longest line that is taken"""


def session(appliance: Appliance, engines: Engines, site: Site) -> Iterator[Route]:
    """The route."""

    def serve(exchange: Exchange) -> None:
        mode = exchange.request.value("mode")
        if mode not in ("here", "apart"):
            raise HttpError(400, "`mode` must be here or apart")
        client = exchange.websocket(("bearer",))
        with contextlib.suppress(WebSocketClosed):
            if mode == "here":
                _Here(appliance, site, client).run()
            else:
                _Apart(appliance, engines, site, client).run()

    yield Route("GET", "/kiosk/session", serve, "kiosk")


def questions_of(site: Site) -> list[str]:
    """The questions that a visitor may touch: the site's, or the first way to ask for each of its first facts."""
    if site.kiosk.questions:
        return list(site.kiosk.questions)
    asked = (fact.ask[0] for fact in site.facts if fact.ask)
    first = (next(iter(templates.expand(ask, site.speech.lists)), "") for ask in asked)
    return [f"{text[:1].upper()}{text[1:]}?" for text in islice(filter(None, first), _QUESTIONS)]


class _Session:
    """What both ways share: what happened, as the page is told it."""

    def __init__(self, site: Site, client: WebSocket, *, words: bool) -> None:
        self._site = site
        self._client = client
        self._words = words
        self._said: dict[int, str] = {}
        """what was said of each reply so far"""

    def _hello(self, phase: str) -> None:
        language = self._site.language.tag
        self._send(
            "hello",
            name=self._site.name,
            persona=self._site.persona.name,
            language=language,
            texts=TEXTS[language.partition("-")[0]],
            questions=questions_of(self._site),
            captions=self._words,
            talking=phase != "idle",
            state=phase,
        )

    def _follow(self, fact: Fact) -> None:
        match fact:
            case ConversationOpened():
                self._send("opened")
            case ConversationClosed():
                self._said.clear()
                self._send("closed", reason=fact.reason)
                self._send("state", state="idle")
            case SpeechStarted(aside=False):
                self._send("state", state="hearing")
            case PartialTranscript() if self._words and fact.text:
                self._send("heard", text=fact.text, final=False)
            case TurnEnded() if fact.transcript.text:
                self._heard(fact.transcript.text)
            case TextReceived():
                self._heard(fact.text)
            case ReplyStarted():
                self._send("state", state="thinking")
            case ClauseVoiced():
                self._said[fact.turn_id] = f"{self._said.get(fact.turn_id, '')} {fact.text}".strip()
                self._send("state", state="speaking")
                if self._words:
                    self._send("said", turn=fact.turn_id, text=self._said[fact.turn_id])
            case ReplyThought() if fact.outcome.kind == "emergency":
                # The site wrote this sentence for everybody.
                self._send("emergency", text=fact.text)
            case ReplyStopped():
                self._send("interrupted", turn=fact.turn_id)
                self._send("state", state="listening")
            case Played(finished=True):
                self._send("state", state="listening")

    def _heard(self, text: str) -> None:
        self._send("state", state="thinking")
        if self._words:
            self._send("heard", text=text, final=True)

    def _take(self, line: Line | ClientLine, message: str) -> None:
        """Do what the visitor touched. Raises WebSocketClosed for what no page of ours sends."""
        given = _read(message)
        match given.get("type"):
            case "text" if isinstance(text := given.get("text"), str) and text.strip():
                line.tell(TextReceived(" ".join(text.split())[:_LONGEST_LINE]))
            case "greet":
                line.tell(VisitorArrived())
            case "stop":
                line.tell(StopReceived())
            case "mute" if isinstance(given.get("on"), bool):
                line.mute(bool(given["on"]))
            case _:
                self._client.close(1008, "that is no message of the page")
                raise WebSocketClosed

    def _send(self, type: str, **fields: object) -> None:
        self._client.send(json.dumps({"type": type, **fields}))


class _Here(_Session):
    """A page on the box."""

    def __init__(self, appliance: Appliance, site: Site, client: WebSocket) -> None:
        super().__init__(site, client, words=site.privacy.publish_transcripts)
        self._appliance = appliance

    def run(self) -> None:
        line = self._appliance.lines.get(ROOM)
        if line is None:
            self._client.close(BUSY, "this box has no microphone of its own")
            return
        facts = self._appliance.subscribe(ROOM)
        follower = threading.Thread(target=self._follow_line, args=(line, facts), name="door facts", daemon=True)
        try:
            self._hello(str(line.condition()["phase"]))
            follower.start()
            while True:
                message = self._client.receive()
                self._take(line, message if isinstance(message, str) else "")
        finally:
            line.mute(False)
            self._appliance.unsubscribe(facts)
            follower.join(timeout=5.0)

    def _follow_line(self, line: Line, facts: Mailbox[Stamped]) -> None:
        with contextlib.suppress(MailboxClosed, WebSocketClosed):
            while True:
                stamped = facts.get()
                if stamped is None:
                    continue
                if isinstance(stamped.fact, TimePassed):
                    self._send("level", dbfs=round(line.level_dbfs, 1))
                else:
                    self._follow(stamped.fact)
        self._client.close(RESTARTS, "the line was closed")


class _Apart(_Session):
    """A page on another device."""

    def __init__(self, appliance: Appliance, engines: Engines, site: Site, client: WebSocket) -> None:
        super().__init__(site, client, words=True)
        self._appliance = appliance
        self._voice_hz = engines.voice.rate_hz
        self._encoder = Encoder(self._voice_hz, "linear16", _RATE_HZ)
        self._turn: Turn | None = None

    def run(self) -> None:
        try:
            line = ClientLine(self._appliance, "kiosk", self._voice_hz, self._play, lead_s=_LEAD_S)
        except PortError:
            self._client.close(BUSY, "every place is taken")
            return
        follower = threading.Thread(target=self._follow_line, args=(line,), name="door facts", daemon=True)
        decoder = Decoder("linear16", _RATE_HZ)
        try:
            self._hello("idle")
            follower.start()
            while True:
                message = self._client.receive()
                if isinstance(message, str):
                    self._take(line, message)
                else:
                    line.hear(decoder.decode(message))
        except TooMuchSound:
            self._client.close(1008, "the sound comes faster than it can be heard")
        finally:
            line.close()
            follower.join(timeout=5.0)

    def _follow_line(self, line: ClientLine) -> None:
        with contextlib.suppress(MailboxClosed, WebSocketClosed):
            while True:
                stamped = line.facts.get()
                if stamped is not None:
                    self._follow(stamped.fact)
        self._client.close(RESTARTS, "the line was closed")

    def _play(self, samples: Samples, turn: Turn | None) -> None:
        with contextlib.suppress(WebSocketClosed):
            if turn is not self._turn and self._turn is not None:
                rest = self._encoder.encode(np.zeros(0, np.float32), last=True)
                if rest and not self._turn.cancelled:
                    self._client.send(rest)
            self._turn = turn
            if turn is not None and (data := self._encoder.encode(samples)):
                self._client.send(data)


def _read(message: str) -> Mapping[str, object]:
    try:
        given = json.loads(message)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
