"""``/v1/audio``: transcriptions with the appliance's ears and speech with its voice.

What the box cannot do is refused by name. Nothing that is asked for is silently left out.
"""

from __future__ import annotations

import base64
import io
import json
import struct
import threading
from collections.abc import Iterator, Sequence

import numpy as np
import soundfile

from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.manner import FASTEST, SLOWEST, Manner
from appliance.core.ports import PortError
from appliance.devices.wave import speech_of
from appliance.language import Language
from appliance.protocols.hearing import Segment, segments
from appliance.protocols.http import Exchange, HttpError, Route
from appliance.protocols.openai.forms import Form, read_form
from appliance.protocols.sound import LONGEST_TEXT, Encoder
from appliance.runtime.engines import Engines
from appliance.speaking.speak import spoken

TRANSCRIBER, SPEAKER = "cloister-transcribe", "cloister-speech"
"""Names of the models; a client may send any other"""

_RATE_HZ = 24_000
"""Rate of the speech that is sent"""

_FORMATS = {
    "wav": "audio/wav",
    "pcm": "audio/pcm",
    "flac": "audio/flac",
    "opus": "audio/ogg",
    "mp3": "audio/mpeg",
}
"""Formats of speech and their types; libsndfile writes the last three"""

_FILES = {"flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS"), "mp3": ("MP3", "MPEG_LAYER_III")}

_NAMES = {"en": "english", "es": "spanish"}
"""Languages as this interface calls them"""

_AT_ONCE = 2
"""Most transcriptions at a time"""


def audio(engines: Engines, site: Site, settings: Settings) -> Iterator[Route]:
    """The routes."""
    served = _Audio(engines, site, settings)
    yield Route("POST", "/v1/audio/transcriptions", served.transcribe, "audio")
    yield Route("POST", "/v1/audio/speech", served.speak, "audio")
    yield Route("GET", "/v1/audio/voices", served.voices, "audio")
    yield Route("GET", "/v1/audio/models", served.models, "audio")


class _Audio:
    def __init__(self, engines: Engines, site: Site, settings: Settings) -> None:
        self._engines = engines
        self._language: Language = site.language
        self._settings = settings
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    def voices(self, exchange: Exchange) -> None:
        """The voices that can be asked for: there is one."""
        exchange.respond_json(200, {"voices": [{"id": "cloister", "name": "Cloister"}]})

    def models(self, exchange: Exchange) -> None:
        """The models of this part of the interface."""
        exchange.respond_json(200, {"models": [{"id": TRANSCRIBER}, {"id": SPEAKER}]})

    # --- transcriptions -------------------------------------------------------------------------------------------

    def transcribe(self, exchange: Exchange) -> None:
        """``POST /v1/audio/transcriptions``."""
        form = read_form(exchange)
        if "file" not in form.files:
            raise HttpError(400, "the field `file` with the recording is missing")
        kind = form.text("response_format", "json")
        if kind not in ("json", "text", "srt", "verbose_json", "vtt"):
            raise HttpError(400, f"`response_format` cannot be {kind!r}: json, text, srt, verbose_json, vtt can be had")
        times = self._times(form, kind)
        ours = self._language.tag.partition("-")[0]
        language = form.text("language", ours)
        if language.partition("-")[0].lower() != ours:
            raise HttpError(400, f"`language` cannot be {language!r}: this box hears {ours!r}")
        try:
            samples = speech_of("file", form.files["file"])
        except PortError as error:
            raise HttpError(400, str(error)) from None
        if not self._free.acquire(blocking=False):
            raise HttpError(503, f"{_AT_ONCE} recordings are being written down: try again later", "busy")
        try:
            found = segments(self._engines, self._settings.endpoint, samples, times="word" in times)
            if form.text("stream") == "true":
                self._stream(exchange, found)
            else:
                self._answer(exchange, kind, list(found), len(samples) / SAMPLE_RATE_HZ, times)
        finally:
            self._free.release()

    def _times(self, form: Form, kind: str) -> Sequence[str]:
        """What the times are wanted of: ``segment``, ``word`` or both. Raises HttpError."""
        wanted = form.texts.get("timestamp_granularities", ["segment"])
        for name in wanted:
            if name not in ("segment", "word"):
                raise HttpError(400, f"`timestamp_granularities` cannot be {name!r}: segment and word can be had")
        if "word" in wanted:
            if not self._engines.words_timed:
                raise HttpError(
                    400,
                    "`timestamp_granularities` cannot be `word`: the ears of this box tell the times of segments only "
                    "(its operator may add `ear.ctc`)",
                )
            if kind != "verbose_json" or form.text("stream") == "true":
                raise HttpError(
                    400, "`timestamp_granularities` can be `word` with `response_format` verbose_json, not streamed"
                )
        return wanted

    def _stream(self, exchange: Exchange, found: Iterator[Segment]) -> None:
        send = exchange.stream("text/event-stream")
        texts: list[str] = []
        for segment in found:
            text = segment.text if not texts else f" {segment.text}"
            texts.append(text)
            send(event({"type": "transcript.text.delta", "delta": text}))
        send(event({"type": "transcript.text.done", "text": "".join(texts)}))
        send(b"")

    def _answer(
        self, exchange: Exchange, kind: str, found: Sequence[Segment], seconds: float, times: Sequence[str]
    ) -> None:
        text = " ".join(segment.text for segment in found)
        if kind == "json":
            exchange.respond_json(200, {"text": text, "usage": {"type": "duration", "seconds": round(seconds, 3)}})
        elif kind == "verbose_json":
            exchange.respond_json(200, self._verbose(text, found, seconds, times))
        else:
            written = {"text": f"{text}\n", "srt": subrip(found), "vtt": f"WEBVTT\n\n{subrip(found, dot='.')}"}[kind]
            exchange.respond(200, written.encode(), "text/vtt" if kind == "vtt" else "text/plain; charset=utf-8")

    def _verbose(self, text: str, found: Sequence[Segment], seconds: float, times: Sequence[str]) -> dict[str, object]:
        answer: dict[str, object] = {
            "task": "transcribe",
            "language": _NAMES[self._language.tag.partition("-")[0]],
            "duration": round(seconds, 3),
            "text": text,
        }
        if "segment" in times:
            answer["segments"] = [_segment(number, segment) for number, segment in enumerate(found)]
        if "word" in times:
            answer["words"] = [
                {"word": word.text, "start": round(word.start_s, 3), "end": round(word.end_s, 3)}
                for segment in found
                for word in segment.words
            ]
        return answer

    # --- speech ---------------------------------------------------------------------------------------------------

    def speak(self, exchange: Exchange) -> None:
        """``POST /v1/audio/speech``."""
        wanted = exchange.json()
        text, kind = wanted.get("input"), wanted.get("response_format", "wav")
        if not isinstance(text, str) or not any(letter.isalnum() for letter in text):
            raise HttpError(400, "`input` must be a text with something to say")
        if len(text) > LONGEST_TEXT:
            raise HttpError(400, f"`input` has {len(text)} letters, at most {LONGEST_TEXT} are spoken at a time")
        if not isinstance(kind, str) or kind not in _FORMATS:
            raise HttpError(400, f"`response_format` cannot be {kind!r}: {', '.join(_FORMATS)} can be had")
        sound = spoken(self._engines.voice, text, self._language, _manner(wanted.get("speed", 1.0)))
        if wanted.get("stream_format") == "sse":
            self._speak_events(exchange, sound, kind)
            return
        if kind in _FILES:
            # These are written whole, since their heads hold their lengths.
            exchange.respond(200, _file(np.concatenate(list(sound)), kind, self._engines.voice.rate_hz), _FORMATS[kind])
            return
        send = exchange.stream(_FORMATS[kind])
        for piece in _raw(sound, kind, self._engines.voice.rate_hz):
            send(piece)
        send(b"")

    def _speak_events(self, exchange: Exchange, sound: Iterator[Samples], kind: str) -> None:
        if kind not in ("wav", "pcm"):
            raise HttpError(400, "`stream_format` sse is possible with wav and pcm")
        send = exchange.stream("text/event-stream")
        for piece in _raw(sound, kind, self._engines.voice.rate_hz):
            send(event({"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()}))
        usage = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
        send(event({"type": "speech.audio.done", "usage": usage}))
        send(b"")


def _segment(number: int, segment: Segment) -> dict[str, object]:
    return {
        "id": number,
        "seek": 0,
        "start": round(segment.start_s, 3),
        "end": round(segment.end_s, 3),
        "text": segment.text,
        "tokens": [],
        "temperature": 0.0,
        # The mean probability of a piece of a word is what the ears tell.
        "avg_logprob": round(float(np.log(max(segment.confidence, 1e-6))), 4),
        "compression_ratio": 1.0,
        "no_speech_prob": 0.0,
    }


def event(value: object) -> bytes:
    """A server-sent event."""
    return f"data: {json.dumps(value)}\n\n".encode()


def _manner(speed: object) -> Manner:
    if not isinstance(speed, int | float) or not SLOWEST <= speed <= FASTEST:
        raise HttpError(400, f"`speed` must be a number from {SLOWEST} to {FASTEST}, within which speech is understood")
    return Manner(pace=float(speed))


def _raw(sound: Iterator[Samples], kind: str, voice_hz: int) -> Iterator[bytes]:
    encoder = Encoder(voice_hz, "linear16", _RATE_HZ)
    if kind == "wav":
        yield _wave_head()
    for samples in sound:
        if data := encoder.encode(samples):
            yield data
    if data := encoder.encode(np.zeros(0, np.float32), last=True):
        yield data


def _wave_head() -> bytes:
    """The head of a wave file whose length is not known yet: the largest there is, as players expect of a stream."""
    unknown = 0xFFFFFFFF
    form = struct.pack("<IHHIIHH", 16, 1, 1, _RATE_HZ, 2 * _RATE_HZ, 2, 16)
    return b"RIFF" + struct.pack("<I", unknown) + b"WAVEfmt " + form + b"data" + struct.pack("<I", unknown - 36)


def _file(samples: Samples, kind: str, voice_hz: int) -> bytes:
    written = io.BytesIO()
    container, subtype = _FILES[kind]
    sound = np.frombuffer(Encoder(voice_hz, "linear16", _RATE_HZ).encode(samples, last=True), "<i2")
    soundfile.write(written, sound, _RATE_HZ, format=container, subtype=subtype)
    return written.getvalue()


def subrip(found: Sequence[Segment], dot: str = ",") -> str:
    """Segments as subtitles: SubRip, or with a ``dot`` the cues of WebVTT."""
    cues = (
        f"{number}\n{_clock(segment.start_s, dot)} --> {_clock(segment.end_s, dot)}\n{segment.text}\n"
        for number, segment in enumerate(found, 1)
    )
    return "\n".join(cues)


def _clock(seconds: float, dot: str) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{dot}{rest % 1000:03}"
