"""``/v2/listen`` (Flux): words with turns. Our end of turn decides, and what it foresees is told as it is foreseen.

``EagerEndOfTurn`` is told at the first moment at which the words may be complete, ``TurnResumed`` when the speaker goes
on after it, and ``EndOfTurn`` when the turn is over.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from appliance.config.box import EndpointSettings, Settings
from appliance.core.facts import (
    Fact,
    PartialTranscript,
    SpeechResumed,
    SpeechStarted,
    TurnEnded,
    TurnEndPredicted,
    WordTime,
)
from appliance.protocols.deepgram.form import (
    SUBPROTOCOLS,
    Form,
    a_place,
    new_id,
    number,
    read_form,
    read_message,
    refuse_unknown,
    timed,
)
from appliance.protocols.hearing import around
from appliance.protocols.http import Exchange, Route
from appliance.protocols.live_ears import LiveEars
from appliance.protocols.sound import Decoder
from appliance.protocols.websocket import WebSocketClosed
from appliance.runtime.engines import Engines

_KNOWN = (
    *("model", "encoding", "sample_rate", "eot_threshold", "eager_eot_threshold", "eot_timeout_ms"),
    *("keyterm", "mip_opt_out", "tag", "language_hint"),
)

_EOT, _EAGER = 0.7, 0.5
"""Deepgram's usual threshold of an end, and the probability that is told of one that is foreseen"""


def flux(engines: Engines, settings: Settings, places: threading.BoundedSemaphore) -> Iterator[Route]:
    """The route. ``places`` are the clients who may be heard at a time."""

    def live(exchange: Exchange) -> None:
        with a_place(places), contextlib.suppress(WebSocketClosed):
            _Flux(engines, settings.endpoint, exchange).run()

    yield Route("GET", "/v2/listen", live, "deepgram")


def patience(settings: EndpointSettings, eot_threshold: float, timeout_ms: float) -> EndpointSettings:
    """Settings for a client's thresholds: who wants to be surer of an end waits longer for it. The usual threshold is
    the box's own patience."""
    longest = max(settings.end_ms, round(timeout_ms))
    factor = ((1 - _EOT) / _EOT) / ((1 - eot_threshold) / eot_threshold)
    return replace(settings, patience_s=min(60.0, settings.patience_s * factor), unfinished_ms=longest)


def _words(text: str, times: Sequence[WordTime], confidence: float) -> Sequence[Mapping[str, object]]:
    """The words of a turn, with their times where the ears tell them."""
    if times:
        return timed(times, confidence)
    return [{"word": word, "confidence": round(confidence, 4)} for word in text.split()]


class _Flux:
    """One client."""

    def __init__(self, engines: Engines, endpoint: EndpointSettings, exchange: Exchange) -> None:
        """Answers the request for a WebSocket. Raises HttpError, WebSocketClosed, PortError."""
        request = exchange.request
        refuse_unknown(request, _KNOWN)
        form = read_form(request.value("encoding"), request.value("sample_rate"), Form("linear16", 16_000))
        self._eot = number(request, "eot_threshold", _EOT, 0.5, 0.9)
        self._eager = request.value("eager_eot_threshold") is not None
        number(request, "eager_eot_threshold", 0.3, 0.3, 0.9)
        self._timeout_ms = number(request, "eot_timeout_ms", endpoint.unfinished_ms, 500, 10_000)
        self._decoder = Decoder(form.coding, form.rate_hz)
        self._ears = LiveEars(engines, patience(endpoint, self._eot, self._timeout_ms), self._tell)
        self._id = new_id()
        self._sequence = 0
        self._turn = 0
        self._start_s = 0.0
        self._begun = False
        self._foreseen = ""
        self._forced = False
        self._client = exchange.websocket(SUBPROTOCOLS)
        self._send("Connected")

    def run(self) -> None:
        while True:
            message = self._client.receive()
            if isinstance(message, bytes):
                self._ears.hear(self._decoder.decode(message))
                continue
            given = read_message(self._client, message)
            match given["type"]:
                case "CloseStream":
                    self._force()
                    self._client.close()
                    return
                case "ForceEndTurn":
                    self._force()
                case "KeepAlive":
                    pass
                case "Configure":
                    self._configure(given)
                case other:
                    self._fail("UNPARSABLE_CLIENT_MESSAGE", f"messages of the type {other!r} are not known here")
                    return

    def _configure(self, given: Mapping[str, object]) -> None:
        """The thresholds are those of the connection's start, which is said and not passed over."""
        self._send(
            "ConfigureFailure",
            code="NOT_POSSIBLE",
            description="thresholds and key terms are fixed when the connection begins: connect anew",
        )

    def _force(self) -> None:
        self._forced = True
        self._ears.end_turn()
        self._forced = False

    def _tell(self, fact: Fact) -> None:
        match fact:
            case SpeechStarted():
                self._start_s, self._begun, self._foreseen = fact.at_s, False, ""
            case PartialTranscript() if fact.text:
                self._info("Update" if self._begun else "StartOfTurn", fact.text, 0.0, fact.at_s)
                self._begun = True
            case TurnEndPredicted() if self._eager and fact.transcript.text and fact.transcript.text != self._foreseen:
                self._start(fact.transcript.text, fact.at_s)
                self._foreseen = fact.transcript.text
                self._info("EagerEndOfTurn", self._foreseen, fact.transcript.confidence, fact.at_s, _EAGER)
            case SpeechResumed() if self._foreseen:
                self._info("TurnResumed", self._foreseen, 0.0, fact.at_s)
                self._foreseen = ""
            case TurnEnded() if fact.transcript.text:
                heard = fact.transcript
                self._start(heard.text, fact.at_s)
                trigger = "manual" if self._forced else "model"
                self._info("EndOfTurn", heard.text, heard.confidence, fact.at_s, max(self._eot, _EOT), trigger)
                self._turn += 1

    def _start(self, text: str, at_s: float) -> None:
        if not self._begun:
            self._begun = True
            self._info("StartOfTurn", text, 0.0, at_s)

    def _info(
        self, event: str, text: str, confidence: float, at_s: float, p_end: float = 0.0, trigger: str | None = None
    ) -> None:
        words = self._ears.times(text)
        start_s, end_s = around(words, min(self._start_s, at_s), at_s)
        self._send(
            "TurnInfo",
            event=event,
            turn_index=self._turn,
            audio_window_start=round(start_s, 3),
            audio_window_end=round(end_s, 3),
            transcript=text,
            words=_words(text, words, confidence),
            end_of_turn_confidence=p_end,
            **({} if trigger is None else {"trigger": trigger}),
        )

    def _fail(self, code: str, description: str) -> None:
        self._send("Error", code=code, description=description)
        self._client.close(1008, description)

    def _send(self, type: str, **fields: object) -> None:
        self._client.send(json.dumps({"type": type, "request_id": self._id, "sequence_id": self._sequence, **fields}))
        self._sequence += 1
