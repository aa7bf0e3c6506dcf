"""``/v1/listen``: words of live sound over a WebSocket, and of a whole recording over HTTP."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence

from appliance.config.box import EndpointSettings, Settings
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import Fact, PartialTranscript, SpeechStarted, Transcript, TurnEnded
from appliance.core.ports import PortError
from appliance.devices.wave import speech_of
from appliance.protocols.deepgram.form import (
    MODEL,
    MODEL_ID,
    SUBPROTOCOLS,
    a_place,
    flag,
    new_id,
    now,
    number,
    read_form,
    read_message,
    refuse_unknown,
    timed,
)
from appliance.protocols.hearing import Segment, around, segments
from appliance.protocols.http import Exchange, HttpError, Route
from appliance.protocols.live_ears import LiveEars, with_silence
from appliance.protocols.sound import Decoder
from appliance.protocols.websocket import WebSocket, WebSocketClosed
from appliance.runtime.engines import Engines

_PLAIN = ("model", "language", "version", "channels", "tag", "mip_opt_out", "punctuate", "smart_format", "numerals")
"""Parameters that change nothing here: there is one model, and words are written as it hears them"""

_LIVE = (*_PLAIN, "encoding", "sample_rate", "interim_results", "endpointing", "utterance_end_ms", "vad_events")


def listen(engines: Engines, settings: Settings, places: threading.BoundedSemaphore) -> Iterator[Route]:
    """The routes. ``places`` are the clients who may be heard at a time."""

    def live(exchange: Exchange) -> None:
        with a_place(places), contextlib.suppress(WebSocketClosed):
            _Live(engines, settings.endpoint, exchange).run()

    def recording(exchange: Exchange) -> None:
        refuse_unknown(exchange.request, (*_PLAIN, "utterances", "paragraphs"))
        body = exchange.body()
        try:
            samples = speech_of("the recording", body)
        except PortError as error:
            raise HttpError(400, str(error)) from None
        with a_place(places):
            found = list(segments(engines, settings.endpoint, samples, times=True))
        confidence = min((segment.confidence for segment in found), default=0.0)
        text = " ".join(segment.text for segment in found)
        metadata = {
            "request_id": new_id(),
            "sha256": hashlib.sha256(body).hexdigest(),
            "created": now(),
            "duration": round(len(samples) / SAMPLE_RATE_HZ, 3),
            "channels": 1,
            "models": [MODEL_ID],
            "model_info": {MODEL_ID: MODEL},
        }
        words = [word for segment in found for word in timed(segment.words, segment.confidence)]
        results: dict[str, object] = {"channels": [{"alternatives": [_alternative(text, confidence, words)]}]}
        if flag(exchange.request, "utterances"):
            results["utterances"] = [_utterance(segment) for segment in found]
        exchange.respond_json(200, {"metadata": metadata, "results": results})

    yield Route("GET", "/v1/listen", live, "deepgram")
    yield Route("POST", "/v1/listen", recording, "deepgram")


def _alternative(text: str, confidence: float, words: Sequence[object]) -> Mapping[str, object]:
    return {"transcript": text, "confidence": round(confidence, 4), "words": words}


def _utterance(segment: Segment) -> Mapping[str, object]:
    return {
        "start": round(segment.start_s, 3),
        "end": round(segment.end_s, 3),
        "confidence": round(segment.confidence, 4),
        "transcript": segment.text,
        "channel": 0,
        "words": timed(segment.words, segment.confidence),
    }


class _Live:
    """One client of live sound."""

    def __init__(self, engines: Engines, endpoint: EndpointSettings, exchange: Exchange) -> None:
        """Answers the request for a WebSocket. Raises HttpError, WebSocketClosed, PortError."""
        request = exchange.request
        refuse_unknown(request, _LIVE)
        form = read_form(request.value("encoding"), request.value("sample_rate"))
        self._interim = flag(request, "interim_results")
        self._speech_events = flag(request, "vad_events")
        self._utterance_end = request.value("utterance_end_ms") is not None
        if request.value("endpointing") not in (None, "true", "false"):
            silence = round(number(request, "endpointing", 300, 10, 5000))
            endpoint = with_silence(endpoint, silence)
        self._decoder = Decoder(form.coding, form.rate_hz)
        self._ears = LiveEars(engines, endpoint, self._tell)
        self._id = new_id()
        self._begun = now()
        self._start_s = 0.0
        self._finalizing = False
        self._client: WebSocket = exchange.websocket(SUBPROTOCOLS)

    def run(self) -> None:
        while True:
            message = self._client.receive()
            if isinstance(message, bytes):
                self._ears.hear(self._decoder.decode(message))
                continue
            match read_message(self._client, message)["type"]:
                case "Finalize":
                    self._finalize()
                case "CloseStream":
                    self._finalize()
                    self._send("Metadata", **self._metadata())
                    self._client.close()
                    return
                case "KeepAlive":
                    pass
                case other:
                    self._client.close(1008, f"messages of the type {other!r} are not known here")
                    return

    def _finalize(self) -> None:
        if self._ears.in_turn:
            self._finalizing = True
            self._ears.end_turn()
            self._finalizing = False
        else:
            self._results(Transcript("", 0.0, ""), self._ears.heard_s, final=True, from_finalize=True)

    def _metadata(self) -> dict[str, object]:
        return {
            "transaction_key": "deprecated",
            "request_id": self._id,
            "sha256": "",
            "created": self._begun,
            "duration": round(self._ears.heard_s, 3),
            "channels": 1,
        }

    def _tell(self, fact: Fact) -> None:
        match fact:
            case SpeechStarted():
                self._start_s = fact.at_s
                if self._speech_events:
                    self._send("SpeechStarted", channel=[0], timestamp=round(fact.at_s, 3))
            case PartialTranscript() if self._interim:
                self._results(Transcript(fact.text, 0.0, ""), fact.at_s, final=False)
            case TurnEnded():
                end_s = self._results(fact.transcript, fact.speech_end_s, final=True, from_finalize=self._finalizing)
                if self._utterance_end and fact.transcript.text:
                    self._send("UtteranceEnd", channel=[0, 1], last_word_end=round(end_s, 3))

    def _results(self, heard: Transcript, end_s: float, *, final: bool, from_finalize: bool = False) -> float:
        """Send words. Returns the end of the last one, which is ``end_s`` where the ears tell no times."""
        words = self._ears.times(heard.text)
        last_s = words[-1].end_s if words else end_s
        start_s, end_s = around(words, min(self._start_s, end_s), end_s)
        self._send(
            "Results",
            channel_index=[0, 1],
            start=round(start_s, 3),
            duration=round(end_s - start_s, 3),
            is_final=final,
            speech_final=final and not from_finalize,
            from_finalize=from_finalize,
            channel={"alternatives": [_alternative(heard.text, heard.confidence, timed(words, heard.confidence))]},
            metadata={"request_id": self._id, "model_info": MODEL, "model_uuid": MODEL_ID},
        )
        return last_s

    def _send(self, type: str, **fields: object) -> None:
        self._client.send(json.dumps({"type": type, **fields}))
