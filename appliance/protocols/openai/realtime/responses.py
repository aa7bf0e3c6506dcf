"""One response: from ``response.created`` to ``response.done``, through the states ``created``, ``open`` and ``over``.

Everything that was added is ended, and exactly one ``response.done`` is sent, whatever happens.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from appliance.conversation.history import heard
from appliance.core.audio import Samples
from appliance.core.facts import ClauseVoiced
from appliance.protocols.openai.realtime.configuration import VOICE, Configuration
from appliance.protocols.openai.realtime.events import Send, new_id
from appliance.protocols.openai.realtime.items import Item, copy_of
from appliance.protocols.sound import Encoder

_NOTHING = np.zeros(0, np.float32)

Status = Literal["completed", "cancelled", "failed"]


class Response:
    """See the module. The configuration is the one that was in effect when the response was created."""

    def __init__(
        self,
        send: Send,
        configuration: Configuration,
        voice_hz: int,
        *,
        conversation_id: str | None,
        metadata: Mapping[str, str] | None = None,
        keep: Callable[[Item], str | None] = lambda _: None,
    ) -> None:
        """Begins with ``response.created``. ``keep`` adds an item to the conversation, if the response belongs to one,
        and returns the id of the item before it."""
        self.id = new_id("resp")
        self.turn_id: int | None = None
        """the dialogue's reply that is told; None while the reply was not begun"""
        self.declined = False
        """whether the client cancelled it"""
        self.is_spoken = configuration.modality == "audio"
        self.item: Item | None = None
        self.clauses: list[ClauseVoiced] = []
        self.sounded = 0
        """samples of the voice that were sent"""
        self._send = send
        self._keep = keep
        self._conversation_id = conversation_id
        self._metadata = None if metadata is None else dict(metadata)
        self._format = configuration.output
        self._voice_hz = voice_hz
        self._encoder = Encoder(voice_hz, self._format.coding, self._format.rate_hz)
        self._output: list[Item] = []
        self._text = ""
        self._previous: str | None = None
        """id of the item before the one that is under way"""
        self.over = False
        send("response.created", response=self._shown("in_progress"))

    @property
    def audible(self) -> bool:
        """Whether sound of it was sent."""
        return self.is_spoken and self.sounded > 0

    @property
    def sent_ms(self) -> int:
        """Milliseconds of sound that were sent."""
        return self.sounded * 1000 // self._voice_hz

    def words_by(self, audio_end_ms: int) -> str:
        """The words whose sound had ended by then."""
        return heard(self.clauses, audio_end_ms * self._voice_hz // 1000)

    def say(self, clause: ClauseVoiced) -> None:
        """Tell the words of the next clause, which are heard soon."""
        self.clauses.append(clause)
        self.write(clause.text)

    def write(self, text: str) -> None:
        """Tell more words."""
        if self.over or not text:
            return
        self._open()
        delta = f" {text}" if self._text else text
        self._text += delta
        self._part(f"response.{self._kind}.delta", delta=delta)

    def sound(self, samples: Samples) -> None:
        """Send sound."""
        if self.over or not self.is_spoken:
            return
        self._open()
        self.sounded += len(samples)
        self._deliver(self._encoder.encode(samples))

    def call(self, name: str, arguments: str) -> Item:
        """Tell the client to call one of its functions. Returns the item."""
        item: Item = {
            **{"id": new_id("item"), "object": "realtime.item", "type": "function_call", "status": "in_progress"},
            **{"call_id": new_id("call"), "name": name, "arguments": ""},
        }
        self._begin_item(item)
        place = {"response_id": self.id, "item_id": item["id"], "output_index": 0, "call_id": item["call_id"]}
        self._send("response.function_call_arguments.delta", **place, delta=arguments)
        self._send("response.function_call_arguments.done", **place, name=name, arguments=arguments)
        item.update(status="completed", arguments=arguments)
        self._end_item(item)
        return item

    def finish(
        self,
        status: Status,
        reason: Literal["turn_detected", "client_cancelled"] | None = None,
        error: Mapping[str, str] | None = None,
    ) -> None:
        """End everything that was begun; idempotent."""
        if self.over:
            return
        if self.item is not None:
            self._end_message(self.item, status)
        self.over = True
        details: dict[str, Any] = {"type": status}
        if reason is not None:
            details["reason"] = reason
        if error is not None:
            details["error"] = dict(error)
        self._send("response.done", response=self._shown(status, None if status == "completed" else details))

    # --- the message ------------------------------------------------------------------------------------------------

    @property
    def _kind(self) -> str:
        return "output_audio_transcript" if self.is_spoken else "output_text"

    def _open(self) -> None:
        if self.item is not None:
            return
        self.item = {
            **{"id": new_id("item"), "object": "realtime.item", "type": "message", "status": "in_progress"},
            **{"role": "assistant", "content": []},
        }
        self._begin_item(self.item)
        self._part("response.content_part.added", part=self._part_shown(""))

    def _end_message(self, item: Item, status: Status) -> None:
        if self.is_spoken:
            if status == "completed":
                self._deliver(self._encoder.encode(_NOTHING, last=True))
            self._part("response.output_audio.done")
        text = {"transcript": self._text} if self.is_spoken else {"text": self._text}
        self._part(f"response.{self._kind}.done", **text)
        self._part("response.content_part.done", part=self._part_shown(self._text))
        kind = "output_audio" if self.is_spoken else "output_text"
        item.update(status="completed" if status == "completed" else "incomplete", content=[{"type": kind, **text}])
        self._end_item(item)

    def _begin_item(self, item: Item) -> None:
        self._send("response.output_item.added", response_id=self.id, output_index=0, item=copy_of(item))
        if self._conversation_id is not None:
            self._previous = self._keep(item)
            self._send("conversation.item.added", previous_item_id=self._previous, item=copy_of(item))

    def _end_item(self, item: Item) -> None:
        self._output.append(copy_of(item))
        if self._conversation_id is not None:
            self._send("conversation.item.done", previous_item_id=self._previous, item=copy_of(item))
        self._send("response.output_item.done", response_id=self.id, output_index=0, item=copy_of(item))

    def _deliver(self, data: bytes) -> None:
        if data:
            self._part("response.output_audio.delta", delta=base64.b64encode(data).decode())

    def _part(self, type: str, **fields: object) -> None:
        assert self.item is not None
        place = {"response_id": self.id, "item_id": self.item["id"], "output_index": 0, "content_index": 0}
        self._send(type, **place, **fields)

    def _part_shown(self, text: str) -> dict[str, str]:
        return {"type": "audio", "transcript": text} if self.is_spoken else {"type": "text", "text": text}

    def _shown(self, status: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "realtime.response",
            "status": status,
            "status_details": details,
            "output": list(self._output),
            "conversation_id": self._conversation_id,
            "output_modalities": ["audio" if self.is_spoken else "text"],
            "audio": {"output": {"format": self._format.shown(), "voice": VOICE}},
            "max_output_tokens": "inf",
            "metadata": self._metadata,
            "usage": None if status == "in_progress" else _usage(),
        }


def _usage() -> dict[str, Any]:
    """Nothing is billed by tokens, and most replies are made without any."""
    parts = {"text_tokens": 0, "audio_tokens": 0}
    return {
        **{"total_tokens": 0, "input_tokens": 0, "output_tokens": 0},
        "input_token_details": {**parts, "cached_tokens": 0},
        "output_token_details": parts,
    }
