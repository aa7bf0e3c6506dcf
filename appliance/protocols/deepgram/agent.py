"""``/v1/agent/converse``: a conversation with the site's agent.

The site decides who the agent is, what it knows and what it says first. Of a client's settings the form of the sound is
taken. What has no effect here is answered with a warning that names it, and nothing is passed over in silence.

Messages about the sound of a reply are sent by the thread that sends the sound, so that none overtakes it.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping

import numpy as np

from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import (
    ClauseVoiced,
    ConversationClosed,
    Played,
    ReplyThought,
    SpeechStarted,
    TextReceived,
    TurnEnded,
)
from appliance.core.mailbox import MailboxClosed
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.devices.stream import TooMuchSound
from appliance.protocols.client_line import ClientLine
from appliance.protocols.deepgram.form import SUBPROTOCOLS, Form, new_id, read_form, read_message
from appliance.protocols.http import Exchange, HttpError, Route
from appliance.protocols.sound import Decoder, Encoder
from appliance.protocols.websocket import BUSY, RESTARTS, WebSocket, WebSocketClosed
from appliance.runtime.appliance import Appliance
from appliance.runtime.engines import Engines

_SETTINGS_S = 10.0
"""Seconds in which a client must send its settings"""

_LEAD_S = 0.2
"""Seconds by which the sound of a reply is sent ahead"""

_INPUT, _OUTPUT = Form("linear16", 16_000), Form("linear16", 24_000)


def agent(appliance: Appliance, engines: Engines, site: Site) -> Iterator[Route]:
    """The route."""

    def converse(exchange: Exchange) -> None:
        with contextlib.suppress(WebSocketClosed):
            _Conversation(appliance, engines, site, exchange.websocket(SUBPROTOCOLS)).run()

    yield Route("GET", "/v1/agent/converse", converse, "deepgram")


class _Conversation:
    """One client."""

    def __init__(self, appliance: Appliance, engines: Engines, site: Site, client: WebSocket) -> None:
        self._appliance = appliance
        self._engines = engines
        self._site = site
        self._client = client
        self._id = new_id()
        self._encoder = Encoder(engines.voice.rate_hz, _OUTPUT.coding, _OUTPUT.rate_hz)
        self._heard_until_s = 0.0
        """when the visitor's turn ended, by ``time.monotonic``"""
        self._voiced_s: dict[int, float] = {}
        """when the first clause of a reply was there"""
        self._finished: set[int] = set()
        """replies whose last sound has left"""
        self._sounding: Turn | None = None

    def run(self) -> None:
        """Hold the conversation. Raises WebSocketClosed."""
        self._send("Welcome", request_id=self._id)
        settings = self._settings()
        try:
            form, self._encoder = self._forms(settings)
            line = ClientLine(self._appliance, "deepgram", self._engines.voice.rate_hz, self._play, lead_s=_LEAD_S)
        except HttpError as error:
            self._fail("INVALID_SETTINGS", str(error), 1008)
        except PortError as error:
            self._fail("BUSY", str(error), BUSY)
        follower = threading.Thread(target=self._follow, args=(line,), name="door facts", daemon=True)
        try:
            self._send("SettingsApplied")
            follower.start()
            if self._warn(settings):
                line.greet()
            self._listen(line, Decoder(form.coding, form.rate_hz))
        finally:
            line.close()
            follower.join(timeout=5.0)

    # --- settings -------------------------------------------------------------------------------------------------

    def _settings(self) -> Mapping[str, object]:
        ends_s = time.monotonic() + _SETTINGS_S
        while True:
            try:
                message = self._client.receive(ends_s - time.monotonic())
            except TimeoutError:
                self._fail("SETTINGS_TIMEOUT", f"no Settings came within {_SETTINGS_S:.0f} s", 1008)
            if isinstance(message, bytes):
                continue  # sound before the settings has no form
            given = read_message(self._client, message)
            if given["type"] == "Settings":
                return given
            if given["type"] != "KeepAlive":
                self._fail("SETTINGS_EXPECTED", "the first message must be Settings", 1008)

    def _forms(self, settings: Mapping[str, object]) -> tuple[Form, Encoder]:
        audio = _part(settings, "audio")
        heard, spoken = _part(audio, "input"), _part(audio, "output")
        if spoken.get("container") not in (None, "none"):
            raise HttpError(400, f"`audio.output.container` cannot be {spoken['container']!r}: none can be had")
        taken = read_form(heard.get("encoding"), heard.get("sample_rate"), _INPUT)
        given = read_form(spoken.get("encoding"), spoken.get("sample_rate"), _OUTPUT)
        return taken, Encoder(self._engines.voice.rate_hz, given.coding, given.rate_hz)

    def _warn(self, settings: Mapping[str, object]) -> bool:
        """Name each setting that has no effect. Returns whether the agent is to speak first."""
        agent = _part(settings, "agent")
        think = _part(agent, "think")
        functions = think.get("functions")
        for given, code, words in (
            (think.get("prompt"), "PROMPT_IGNORED", "the site decides who the agent is and what it knows"),
            (functions, "FUNCTIONS_IGNORED", "functions of the client are not called: the tools are the site's own"),
            (_part(agent, "context").get("messages"), "CONTEXT_IGNORED", "a conversation begins without messages"),
        ):
            if given:
                self._send("Warning", code=code, description=words)
        greeting = agent.get("greeting")
        if greeting and greeting != self._site.persona.greeting:
            self._send("Warning", code="GREETING_REPLACED", description="the greeting is the site's own")
        return bool(greeting)

    # --- the client's messages --------------------------------------------------------------------------------------

    def _listen(self, line: ClientLine, decoder: Decoder) -> None:
        while True:
            message = self._client.receive()
            if isinstance(message, bytes):
                try:
                    line.hear(decoder.decode(message))
                except TooMuchSound:
                    self._fail("TOO_MUCH_SOUND", "the sound comes faster than it can be heard", 1008)
                continue
            given = read_message(self._client, message)
            match given["type"]:
                case "InjectUserMessage" if isinstance(given.get("content"), str):
                    line.write(str(given["content"]))
                case "InjectAgentMessage" | "InjectDynamicAgentMessage":
                    self._send("InjectionRefused", message="the agent says what the site says, and nothing else")
                case "ForceEndTurn":
                    line.hear(np.zeros(round(2.5 * SAMPLE_RATE_HZ), np.float32))
                case "KeepAlive":
                    pass
                case "UpdatePrompt" | "UpdateThink" | "UpdateSpeak" | "UpdateListen" as type:
                    self._send("Warning", code="UPDATE_IGNORED", description=f"{type} changes nothing on this box")
                case other:
                    self._send("Warning", code="UNKNOWN_MESSAGE", description=f"messages of the type {other!r}")

    # --- what is told -----------------------------------------------------------------------------------------------

    def _follow(self, line: ClientLine) -> None:
        with contextlib.suppress(MailboxClosed, WebSocketClosed):
            while True:
                stamped = line.facts.get()
                if stamped is None:
                    continue
                match stamped.fact:
                    case SpeechStarted(aside=False):
                        self._send("UserStartedSpeaking")
                    case TurnEnded() as fact if fact.transcript.text:
                        self._heard_until_s = stamped.monotonic_s
                        self._text("user", fact.transcript.text)
                    case TextReceived() as fact:
                        self._heard_until_s = stamped.monotonic_s
                        self._text("user", fact.text)
                    case ReplyThought() as fact if fact.text:
                        self._text("assistant", fact.text)
                    case ClauseVoiced() as fact:
                        self._voiced_s.setdefault(fact.turn_id, stamped.monotonic_s)
                    case Played(finished=True) as fact:
                        self._finished.add(fact.turn_id)
                    case ConversationClosed() as fact:
                        self._send("Warning", code="CONVERSATION_CLOSED", description=fact.reason)
                        self._voiced_s.clear()
        # The line is over, whoever ended it.
        self._client.close(RESTARTS, "the line was closed")

    def _text(self, role: str, content: str) -> None:
        self._send("ConversationText", role=role, content=content)

    def _play(self, samples: Samples, turn: Turn | None) -> None:
        """Send a block of the reply. This runs in the line's own thread, which the client cannot hold up."""
        with contextlib.suppress(WebSocketClosed):
            if turn is not None:
                if turn is not self._sounding:
                    self._end_sounding()
                    self._sounding = turn
                    self._started(turn.id)
                if data := self._encoder.encode(samples):
                    self._client.send(data)
            elif self._sounding is not None and (self._sounding.cancelled or self._sounding.id in self._finished):
                self._end_sounding()

    def _started(self, turn_id: int) -> None:
        now_s = time.monotonic()
        heard_s = self._heard_until_s or now_s
        voiced_s = self._voiced_s.get(turn_id, now_s)
        self._send(
            "AgentStartedSpeaking",
            total_latency=round(now_s - heard_s, 3),
            tts_latency=round(max(0.0, now_s - voiced_s), 3),
            ttt_latency=round(max(0.0, voiced_s - heard_s), 3),
        )

    def _end_sounding(self) -> None:
        if self._sounding is None:
            return
        if data := self._encoder.encode(np.zeros(0, np.float32), last=True):
            self._client.send(data)
        self._finished.discard(self._sounding.id)
        self._sounding = None
        self._send("AgentAudioDone")

    def _send(self, type: str, **fields: object) -> None:
        self._client.send(json.dumps({"type": type, **fields}))

    def _fail(self, code: str, description: str, close: int) -> None:
        """Say what is wrong and end the connection. Raises WebSocketClosed."""
        self._send("Error", code=code, description=description)
        self._client.close(close, description)
        raise WebSocketClosed


def _part(whole: Mapping[str, object], name: str) -> Mapping[str, object]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}
