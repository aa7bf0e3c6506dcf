"""A session's configuration: what the client asked for, merged by presence, and what of it is in effect. Pure.

Only what an update names changes. None (JSON's null) clears. Whatever cannot be had is either refused, where a client
would otherwise wait for something that never comes, or shows in ``session.updated`` as what is in effect instead: the
site decides what is said, in which voice and after which silence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from appliance.core.facts import TurnTakingChanged
from appliance.protocols.openai.realtime.events import Refused
from appliance.protocols.sound import Coding

Fields = Mapping[str, Any]

INSTRUCTIONS = "The site's own file says what is answered. Instructions of a client change nothing."
"""What a session shows as its instructions, whatever the client sent"""

VOICE = "cloister"
"""the name of the one voice that a box has"""

_FORMATS: Mapping[str, tuple[Coding, int]] = {
    "audio/pcm": ("linear16", 24_000),
    "audio/pcmu": ("mulaw", 8_000),
    "audio/pcma": ("alaw", 8_000),
}

_LONGEST = 262_144
"""Letters of the longest configuration, as JSON"""

_PREFIX_PADDING_MS = 400
"""Milliseconds before the detected start that are heard, too (``hearing.listen``)"""

_SESSION = {
    *("type", "id", "object", "expires_at", "model", "instructions", "output_modalities", "audio", "tools"),
    *("tool_choice", "parallel_tool_calls", "max_output_tokens", "tracing", "truncation", "prompt", "reasoning"),
    *("include", "temperature", "client_secret"),
}
_AUDIO = {"input", "output"}
_INPUT = {"format", "transcription", "noise_reduction", "turn_detection"}
_OUTPUT = {"format", "voice", "speed"}
_TURN_DETECTION = {
    *("type", "threshold", "prefix_padding_ms", "silence_duration_ms", "idle_timeout_ms", "eagerness"),
    *("create_response", "interrupt_response"),
}

Kind = Literal["realtime", "transcription"]


@dataclass(frozen=True, slots=True)
class Format:
    """How sound is written."""

    name: str = "audio/pcm"

    @property
    def coding(self) -> Coding:
        return _FORMATS[self.name][0]

    @property
    def rate_hz(self) -> int:
        return _FORMATS[self.name][1]

    @property
    def bytes_per_s(self) -> int:
        return self.rate_hz * (2 if self.coding == "linear16" else 1)

    def shown(self) -> dict[str, Any]:
        return {"type": self.name, "rate": 24_000} if self.name == "audio/pcm" else {"type": self.name}


@dataclass(frozen=True, slots=True)
class Box:
    """What a box has, whatever a client asks for."""

    model: str
    transcriber: str
    language: str
    threshold: float
    least_silence_ms: int
    no_input_ms: int
    """milliseconds of silence after which a visitor is asked whether they are there"""


@dataclass(frozen=True, slots=True)
class Configuration:
    """What is in effect."""

    kind: Kind = "realtime"
    modality: Literal["audio", "text"] = "audio"
    input: Format = Format()
    output: Format = Format()
    transcribes: bool = True
    detection: Literal["server_vad", "semantic_vad"] | None = "server_vad"
    create_response: bool = True
    interrupt_response: bool = True
    prompts: bool = False
    """whether silence leads to a question whether the visitor is there (``idle_timeout_ms``)"""
    tools: tuple[Fields, ...] = ()
    tool_choice: Any = "auto"
    wanted: Fields = field(default_factory=dict)
    """what the client asked for, for the next update"""

    @property
    def turn_taking(self) -> TurnTakingChanged:
        """How the line is to take turns."""
        if self.kind == "transcription":
            return TurnTakingChanged(answers=False, interruptible=True, prompts=False)
        detects = self.detection is not None
        return TurnTakingChanged(
            answers=detects and self.create_response and not self.tools,
            interruptible=detects and self.interrupt_response,
            prompts=detects and self.prompts and self.create_response and not self.tools,
        )

    @property
    def answers(self) -> bool:
        """Whether the end of a turn begins a response."""
        return self.kind == "realtime" and self.detection is not None and self.create_response

    def shown(self, id: str, expires_at: int, box: Box) -> dict[str, Any]:
        """The session as ``session.created`` and ``session.updated`` tell it."""
        head = {"type": self.kind, "id": id, "expires_at": expires_at}
        transcription = {"model": box.transcriber, "language": box.language} if self.transcribes else None
        hears = {
            "format": self.input.shown(),
            "transcription": transcription,
            "noise_reduction": None,
            "turn_detection": self._detection_shown(box),
        }
        if self.kind == "transcription":
            return {**head, "object": "realtime.transcription_session", "audio": {"input": hears}, "include": None}
        return {
            **head,
            "object": "realtime.session",
            "model": box.model,
            "instructions": INSTRUCTIONS,
            "output_modalities": [self.modality],
            "audio": {"input": hears, "output": {"format": self.output.shown(), "voice": VOICE, "speed": 1.0}},
            "tools": [dict(tool) for tool in self.tools],
            "tool_choice": self.tool_choice,
            "max_output_tokens": "inf",
            "tracing": None,
            "truncation": "auto",
            "prompt": None,
            "include": None,
        }

    def _detection_shown(self, box: Box) -> dict[str, Any] | None:
        if self.detection is None:
            return None
        answers = self.kind == "realtime"
        told = {
            "type": self.detection,
            "create_response": self.create_response and answers,
            "interrupt_response": self.interrupt_response and answers,
        }
        if self.detection == "semantic_vad":
            return {**told, "eagerness": "auto"}
        return {
            **told,
            "threshold": box.threshold,
            "prefix_padding_ms": _PREFIX_PADDING_MS,
            "silence_duration_ms": box.least_silence_ms,
            "idle_timeout_ms": box.no_input_ms if self.prompts and answers else None,
        }


def updated(before: Configuration, update: object, where: str = "session") -> Configuration:
    """The configuration after an update. Raises Refused, and nothing has changed then."""
    changes = _object(update, where)
    _known(changes, _SESSION, where)
    kind = changes.get("type") or before.kind
    if kind not in ("realtime", "transcription"):
        raise Refused("invalid_value", f"`{where}.type` must be realtime or transcription", f"{where}.type")
    wanted = merged(before.wanted, changes)
    if len(json.dumps(wanted)) > _LONGEST:
        raise Refused("invalid_value", f"`{where}` has more than {_LONGEST} letters", where)
    sound = _object(wanted.get("audio") or {}, f"{where}.audio")
    _known(sound, _AUDIO, f"{where}.audio")
    hears, says = (_object(sound.get(way) or {}, f"{where}.audio.{way}") for way in ("input", "output"))
    _known(hears, _INPUT, f"{where}.audio.input")
    _known(says, _OUTPUT, f"{where}.audio.output")
    detection = hears.get("turn_detection", {})
    turns = _object(detection or {}, f"{where}.audio.input.turn_detection")
    _known(turns, _TURN_DETECTION, f"{where}.audio.input.turn_detection")
    detects = turns.get("type", "server_vad")
    if detects not in ("server_vad", "semantic_vad"):
        at = f"{where}.audio.input.turn_detection.type"
        raise Refused("invalid_value", f"`{at}` must be server_vad or semantic_vad", at)
    return Configuration(
        kind=kind,
        modality=modality(wanted.get("output_modalities"), f"{where}.output_modalities"),
        input=read_format(hears.get("format"), f"{where}.audio.input.format"),
        output=read_format(says.get("format"), f"{where}.audio.output.format"),
        transcribes=kind == "transcription" or hears.get("transcription", {}) is not None,
        detection=None if detection is None else detects,
        create_response=_flag(turns, "create_response", where),
        interrupt_response=_flag(turns, "interrupt_response", where),
        prompts=detects == "server_vad" and turns.get("idle_timeout_ms") is not None,
        tools=_tools(wanted.get("tools"), f"{where}.tools"),
        tool_choice=wanted.get("tool_choice") or "auto",
        wanted=wanted,
    )


def merged(before: Fields, changes: Fields) -> dict[str, Any]:
    """The fields after a change: objects are merged, everything else is replaced."""
    result = dict(before)
    for name, value in changes.items():
        old = result.get(name)
        result[name] = merged(old, value) if isinstance(value, Mapping) and isinstance(old, Mapping) else value
    return result


def modality(value: object, where: str) -> Literal["audio", "text"]:
    """Whether a response is spoken or written. Raises Refused."""
    if value is None or value == ["audio"]:
        return "audio"
    if value == ["text"]:
        return "text"
    raise Refused("invalid_value", f'`{where}` must be ["audio"] or ["text"]', where)


def read_format(value: object, where: str) -> Format:
    """A format of sound. Raises Refused for one that there is not."""
    if value is None:
        return Format()
    name = _object(value, where).get("type")
    if not isinstance(name, str) or name not in _FORMATS:
        raise Refused("invalid_value", f"`{where}.type` must be one of {', '.join(_FORMATS)}", f"{where}.type")
    rate = _object(value, where).get("rate")
    if name == "audio/pcm" and rate not in (None, 24_000):
        raise Refused("invalid_value", f"`{where}.rate` must be 24000", f"{where}.rate")
    return Format(name)


def _tools(value: object, where: str) -> tuple[Fields, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise Refused("invalid_value", f"`{where}` must be a list", where)
    return tuple(_object(tool, f"{where}[{number}]") for number, tool in enumerate(value))


def _object(value: object, where: str) -> Fields:
    if not isinstance(value, Mapping):
        raise Refused("invalid_type", f"`{where}` must be an object", where)
    return value


def _known(value: Fields, names: set[str], where: str) -> None:
    for name in value:
        if name not in names:
            raise Refused("unknown_parameter", f"there is no `{where}.{name}`", f"{where}.{name}")


def _flag(turns: Fields, name: str, where: str) -> bool:
    value = turns.get(name)
    if value is None:
        return True
    if not isinstance(value, bool):
        at = f"{where}.audio.input.turn_detection.{name}"
        raise Refused("invalid_type", f"`{at}` must be true or false", at)
    return value
