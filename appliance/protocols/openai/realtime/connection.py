"""``/v1/realtime``: a WebSocket with a session and a line.

The connection's own thread reads events, a second one tells the line's facts, and the line's clock brings its sound. A
session ends after an hour, after ``_IDLE_S`` without an event of the client, when the client has gone, or with the
appliance.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import Samples
from appliance.core.faults import fault
from appliance.core.mailbox import MailboxClosed
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.protocols.access import Caller
from appliance.protocols.client_line import ClientLine
from appliance.protocols.http import Exchange, HttpError, Route, token_of
from appliance.protocols.openai.audio import TRANSCRIBER
from appliance.protocols.openai.chat import Chats
from appliance.protocols.openai.models import CONVERSATION
from appliance.protocols.openai.realtime.client_secrets import ClientSecrets
from appliance.protocols.openai.realtime.configuration import Box, Configuration, updated
from appliance.protocols.openai.realtime.events import MOST_BYTES, Refused, new_id, read_event
from appliance.protocols.openai.realtime.responses import Response
from appliance.protocols.openai.realtime.session import Session
from appliance.protocols.websocket import BUSY, FAILED, GOING_AWAY, RESTARTS, WebSocket, WebSocketClosed
from appliance.runtime.admission import LinesBusy
from appliance.runtime.appliance import Appliance
from appliance.runtime.engines import Engines
from appliance.speaking import clauses

log = logging.getLogger(__name__)

_LONGEST_S = 3600.0
"""Seconds after which a session is ended"""

_IDLE_S = 900.0
"""Seconds without an event of the client after which its session is ended"""

_LOOK_S = 0.25
"""Seconds after which is looked whether a session is to end"""

_LEAD_S = 0.2
"""Seconds of a reply that are sent ahead, for clients whose network is not even"""

_PATIENCE_S = 2.0
"""Seconds that the sessions have to end, when the appliance does"""

_SCOPE, _TOOLS = "realtime", "tools"
"""What a token must be for, to hold conversations and to bring functions of its own"""


@dataclass(frozen=True, slots=True)
class Realtime:
    """What every session works with, and the sessions that are open."""

    appliance: Appliance
    engines: Engines
    site: Site
    settings: Settings
    chats: Chats
    secrets: ClientSecrets
    _open: set[_Connection]
    _lock: threading.Lock

    def routes(self) -> Iterator[Route]:
        """The routes."""
        yield Route("GET", "/v1/realtime", self._connect, _SCOPE)
        yield Route("POST", "/v1/realtime/client_secrets", self._make_secret, _SCOPE)

    def close(self) -> None:
        """Tell every client that the appliance ends, and wait for their sessions to be over."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            connection.end(RESTARTS, "this box restarts")
        ends_s = time.monotonic() + _PATIENCE_S
        while self._open and time.monotonic() < ends_s:
            time.sleep(0.01)

    @property
    def box(self) -> Box:
        """What a session of this box can have."""
        endpoint = self.settings.endpoint
        return Box(
            CONVERSATION,
            TRANSCRIBER,
            self.site.language.tag.partition("-")[0],
            endpoint.speech_threshold,
            endpoint.end_ms,
            round(self.site.timeouts.no_input_s * 1000),
        )

    def _connect(self, exchange: Exchange) -> None:
        wanted = self.secrets.session(token_of(exchange.request))
        if exchange.request.value("intent") == "transcription":
            wanted = {**wanted, "type": "transcription"}
        try:
            socket = exchange.websocket(["realtime"], MOST_BYTES)
        except WebSocketClosed:
            return
        try:
            connection = _Connection(self, socket, exchange.caller)
        except LinesBusy:
            socket.close(BUSY, "every line is taken: try again later")
            return
        except PortError as error:
            log.warning("a line for a realtime client could not be opened: %s", error)
            socket.close(RESTARTS, "no line can be opened")
            return
        with self._lock:
            self._open.add(connection)
        try:
            connection.serve(wanted)
        finally:
            with self._lock:
                self._open.discard(connection)

    def _make_secret(self, exchange: Exchange) -> None:
        wanted = exchange.json()
        session = wanted.get("session") or {"type": "realtime"}
        try:
            configuration = updated(Configuration(), session)
        except Refused as error:
            raise HttpError(400, str(error), error.code) from None
        if configuration.tools and not exchange.caller.may(_TOOLS):
            raise HttpError(403, f"the token is not for {_TOOLS!r}")
        assert isinstance(session, dict)
        scopes = frozenset({_SCOPE, _TOOLS})
        key, ends_at = self.secrets.make(exchange.caller, scopes, wanted.get("expires_after"), session)
        shown = configuration.shown(new_id("sess"), ends_at, self.box)
        exchange.respond_json(200, {"value": key, "expires_at": ends_at, "session": shown})


def open_realtime(
    appliance: Appliance, engines: Engines, site: Site, settings: Settings, chats: Chats, secrets: ClientSecrets
) -> Realtime:
    """The interface, without a session yet."""
    return Realtime(appliance, engines, site, settings, chats, secrets, set(), threading.Lock())


class _Connection:
    """One client. See the module."""

    def __init__(self, realtime: Realtime, socket: WebSocket, caller: Caller) -> None:
        """Raises PortError when the appliance has no place for another line."""
        self._realtime = realtime
        self._socket = socket
        self._ending: tuple[int, str] | None = None
        self._began_s = self._heard_s = time.monotonic()
        voice_hz = realtime.engines.voice.rate_hz
        self._session: Session | None = None
        self._line = ClientLine(realtime.appliance, "realtime", voice_hz, self._play, lead_s=_LEAD_S)
        self._session = Session(
            self._send,
            self._line,
            realtime.box,
            voice_hz,
            realtime.settings.endpoint.unfinished_ms / 1000,
            int(time.time() + _LONGEST_S),
            self._answer_apart,
            may_use_tools=caller.may(_TOOLS),
        )

    def end(self, code: int, reason: str) -> None:
        """End the session soon, with a reason for the client."""
        self._ending = self._ending or (code, reason)

    def serve(self, wanted: Mapping[str, object]) -> None:
        """Hold the conversation until it ends."""
        session = self._session
        assert session is not None
        teller = threading.Thread(target=self._tell, args=(session,), name="door facts", daemon=True)
        try:
            session.open(wanted)
            teller.start()
            while self._ending is None:
                self._take(session)
        except WebSocketClosed:
            pass
        except Refused as error:
            self.end(1008, str(error))
        finally:
            self._ending = self._ending or (GOING_AWAY, "")
            self._line.close()
            if teller.ident is not None:
                teller.join()
            self._socket.close(*self._ending)

    def _take(self, session: Session) -> None:
        """Take the client's next event, if one comes soon."""
        try:
            message = self._socket.receive(_LOOK_S)
        except TimeoutError:
            self._look(session)
            return
        self._heard_s = time.monotonic()
        self._look(session)
        try:
            event = read_event(message)
        except Refused as error:
            session.refuse(error)
            return
        session.take(event)

    def _look(self, session: Session) -> None:
        now_s = time.monotonic()
        if now_s - self._began_s >= _LONGEST_S:
            session.refuse(Refused("session_expired", "Your session hit the maximum duration of 60 minutes."))
            self.end(GOING_AWAY, "the session has lasted for an hour")
        elif now_s - self._heard_s >= _IDLE_S:
            session.refuse(Refused("session_idle", f"Nothing came for {_IDLE_S / 60:.0f} minutes."))
            self.end(GOING_AWAY, "nothing came for a long time")

    def _tell(self, session: Session) -> None:
        try:
            while True:
                stamped = self._line.facts.get(timeout_s=1.0)
                if stamped is not None:
                    session.fact(stamped.fact)
        except MailboxClosed:
            self.end(RESTARTS, "the line is closed")
        except Exception as error:
            log.error("a realtime session failed: %s; please report it", fault(error))
            self.end(FAILED, "this box failed at it")

    def _play(self, samples: Samples, turn: Turn | None) -> None:
        if self._session is not None:
            self._session.sound(samples, None if turn is None else turn.id)

    def _send(self, type: str, /, **fields: object) -> None:
        # The reader finds out that the client has gone, and ends the session.
        with contextlib.suppress(WebSocketClosed):
            self._socket.send(json.dumps({"type": type, "event_id": new_id("event"), **fields}))

    # --- answers apart from the conversation --------------------------------------------------------------------------

    def _answer_apart(self, response: Response, words: str) -> None:
        threading.Thread(target=self._make_apart, args=(response, words), name="door apart", daemon=True).start()

    def _make_apart(self, response: Response, words: str) -> None:
        session = self._session
        assert session is not None
        try:
            reply = self._realtime.chats.answer(f"realtime {id(response)}", [("user", words)])
            turn = Turn(0)
            for clause in clauses.split([reply], self._realtime.site.language):
                voice = self._realtime.engines.voice
                sounds = [voiced.samples for voiced in voice.synthesize(clause, turn)] if response.is_spoken else [None]
                for number, sound in enumerate(sounds):
                    if not session.write_apart(response, "" if number else clause, sound):
                        return
        except Exception as error:
            log.error("an answer apart from a conversation failed: %s", fault(error))
            session.end_apart(response, failed=True)
        else:
            session.end_apart(response)
