"""One session: a client's events and the facts of its line in, the protocol's events out.

The session keeps the protocol's view: the configuration, the items, the response that is active. The dialogue decides
who speaks. Where the client decides instead (``create_response: false``, push to talk), the dialogue answers only what
it is asked, and this module asks: with the words of all items of the visitor that were not answered yet.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import (
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    Fact,
    OverlapJudged,
    PartialTranscript,
    Played,
    ReplyCut,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    SpeechStarted,
    StopReceived,
    TextReceived,
    TimePassed,
    TurnEnded,
    TurnFailed,
    VisitorArrived,
    WordsGiven,
)
from appliance.devices.stream import TooMuchSound
from appliance.protocols.openai.realtime.configuration import (
    Box,
    Configuration,
    modality,
    read_format,
    updated,
)
from appliance.protocols.openai.realtime.events import (
    Event,
    Refused,
    error_event,
    event_id_of,
    new_id,
    text_at,
)
from appliance.protocols.openai.realtime.functions import called, read_functions, sayable
from appliance.protocols.openai.realtime.items import MOST_ITEMS, Conversation, Item, read_item, spoken_item, words_of
from appliance.protocols.openai.realtime.responses import Response, Send
from appliance.protocols.sound import Decoder

_LEAST_COMMIT_S = 0.1
"""Seconds of sound without which nothing can be committed"""

_ONSET_S = 0.5
"""Seconds after the last sound of a client within which speech in it would have been detected"""

_PADDING_S = 0.1
"""Seconds of silence that are added to the longest silence of a turn, so that a committed turn ends at once"""

_PREFIX_S = 0.4
"""Seconds before the detected start that belong to an utterance (``hearing.listen``)"""

_REMEMBERED = 64
"""Most responses that can still be truncated, and most replies of the dialogue that are known to be over"""

_MOST_COMMITS = 100
"""Most turns that the client ended and that are not transcribed yet"""

_MOST_EARLY_BLOCKS = 250
"""Most blocks of a reply's sound that wait until its first fact has come: five seconds"""

_RESPONSE = {
    *("instructions", "tools", "tool_choice", "output_modalities", "audio", "conversation", "input", "metadata"),
    *("max_output_tokens", "parallel_tool_calls", "prompt", "reasoning"),
}


class Line(Protocol):
    """What a session needs of its line (``ClientLine``)."""

    def hear(self, samples: Samples) -> None: ...
    def write(self, text: str) -> None: ...
    def greet(self) -> None: ...
    def tell(self, fact: Fact) -> None: ...
    def hurry(self, hurried: bool) -> None: ...
    def forget(self) -> None: ...
    def client_s(self, at_s: float) -> float: ...
    @property
    def client_end_s(self) -> float: ...


@dataclass(slots=True)
class _Speech:
    """What the visitor is saying."""

    item_id: str
    start_ms: int
    over: Response | None
    """the audible response over which it began"""
    told: bool = False
    words: list[str] = field(default_factory=list)
    """the words of it that were told as deltas"""
    partial: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Commit:
    """A turn that the client ended, and that is not transcribed yet."""

    item: Item
    end_s: float
    """where it ends, in seconds of the client's sound"""
    start_s: float


@dataclass(slots=True)
class _Asked:
    """A response that the client asked for, or that its functions made ours to ask for, until its reply begins."""

    response: Response
    configuration: Configuration
    words: str | None
    """the words to answer; None for those of the items that were not answered yet"""
    written: bool = False
    """whether the line's own account says that the words have reached the dialogue"""
    sent: bool = False


class Session:
    """See the module. Any thread may call any method. ``send`` is called with the lock held, and must not wait."""

    def __init__(
        self,
        send: Send,
        line: Line,
        box: Box,
        voice_hz: int,
        longest_silence_s: float,
        expires_at: int,
        apart: Callable[[Response, str], None],
        *,
        may_use_tools: bool = True,
    ) -> None:
        """``apart`` begins to answer a text outside of the conversation; ``write_apart`` and ``end_apart`` follow.
        ``longest_silence_s`` ends any turn."""
        self.id = new_id("sess")
        self.configuration = Configuration()
        self._conversation_id = new_id("conv")
        self._lock = threading.RLock()
        self._send_event = send
        self._line = line
        self._box = box
        self._voice_hz = voice_hz
        self._silence = np.zeros(round((longest_silence_s + _PADDING_S) * SAMPLE_RATE_HZ), np.float32)
        self._expires_at = expires_at
        self._apart = apart
        self._may_use_tools = may_use_tools
        self._items = Conversation()
        self._unanswered: deque[str] = deque(maxlen=MOST_ITEMS)
        """ids of the visitor's items, and of functions' outputs, that no response has answered"""
        self._decoder: Decoder | None = None
        self._appended_s = 0.0
        """seconds of sound since the last commit"""
        self._padding_s = 0.0
        """seconds of silence that were put after commits"""
        self._speech: _Speech | None = None
        self._in_turn = False
        self._dropped = False
        """whether the words of the current turn were cleared"""
        self._said: deque[tuple[float, str]] = deque(maxlen=_MOST_COMMITS)
        """with push to talk: words and where they ended, until they are committed"""
        self._commits: deque[_Commit] = deque()
        self._opened = False
        """whether the dialogue has a conversation"""
        self._response: Response | None = None
        self._asked: _Asked | None = None
        self._next: Event | None = None
        """a request for a response that waits for the end of one that was cancelled"""
        self._due = False
        """whether a turn of the visitor waits for its response, which this session asks for"""
        self._emergency = False
        """whether the active response is the sentence said in an emergency"""
        self._ends_at: int | None = None
        """samples of the active response after which it is complete"""
        self._early: dict[int, list[Samples]] = {}
        """sound of replies of which no fact has come yet, by reply"""
        self._over: deque[int] = deque(maxlen=_REMEMBERED)
        self._responses: OrderedDict[str, Response] = OrderedDict()
        """responses by the id of their item"""
        self._cuts: dict[str, int] = {}
        """truncations of the active response, in milliseconds by item"""
        self._commands: Mapping[str, Callable[[Event], None]] = {
            "session.update": self._update,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create_item,
            "conversation.item.retrieve": self._retrieve_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.truncate": self._truncate,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
        }

    # --- the client's side ------------------------------------------------------------------------------------------

    def open(self, wanted: Mapping[str, Any]) -> None:
        """Begin, with a configuration from elsewhere. Raises Refused."""
        with self._lock:
            self._configure(updated(self.configuration, wanted))
            self._send("session.created", session=self.shown())

    def shown(self) -> dict[str, Any]:
        """The session as the protocol tells it."""
        return self.configuration.shown(self.id, self._expires_at, self._box)

    def take(self, event: Event) -> None:
        """Carry out a client's event, or say why not."""
        try:
            if event["type"] == "input_audio_buffer.append":
                self._append(event)  # without the lock: to decode much sound takes long
                return
            command = self._commands.get(event["type"])
            if command is None:
                raise Refused("invalid_event", f"there is no event {event['type'][:80]!r}", "type")
            with self._lock:
                command(event)
        except Refused as error:
            self.refuse(error, event_id_of(event))

    def refuse(self, error: Refused, event_id: str | None = None) -> None:
        """Tell the client that something of it was not carried out."""
        with self._lock:
            self._send_event(error_event(error, event_id))

    def _send(self, type: str, **fields: object) -> None:
        self._send_event({"type": type, **fields})

    def _update(self, event: Event) -> None:
        self._configure(updated(self.configuration, event.get("session")))
        self._send("session.updated", session=self.shown())

    def _configure(self, configuration: Configuration) -> None:
        if configuration.tools and not self._may_use_tools:
            raise Refused("tools_not_allowed", "the token is not for 'tools'", "session.tools")
        read_functions(configuration.tools)
        if configuration.input != self.configuration.input:
            self._decoder = None
        if (configuration.detection is None) != (self.configuration.detection is None):
            self._speech, self._appended_s = None, 0.0
            self._said.clear()
        self.configuration = configuration
        self._line.tell(configuration.turn_taking)
        if self._response is None:
            self._line.hurry(configuration.modality == "text")

    # --- sound of the client ----------------------------------------------------------------------------------------

    def _append(self, event: Event) -> None:
        audio = event.get("audio")
        try:
            data = base64.b64decode(audio if isinstance(audio, str) else "!", validate=True)
        except (binascii.Error, ValueError):
            raise Refused("invalid_value", "`audio` must be sound in base64", "audio") from None
        written = self.configuration.input
        if self._decoder is None:
            self._decoder = Decoder(written.coding, written.rate_hz)
        try:
            self._line.hear(self._decoder.decode(data))
        except TooMuchSound:
            raise Refused("input_audio_buffer_full", "more sound waits than is taken at a time", "audio") from None
        with self._lock:
            self._appended_s += len(data) / written.bytes_per_s

    def _commit(self, event: Event) -> None:
        if self.configuration.detection is not None:
            what = "Error committing input audio buffer: turn detection is on, so this box commits"
            raise Refused("input_audio_buffer_commit_empty", what)
        if self._appended_s < _LEAST_COMMIT_S:
            what = f"Error committing input audio buffer: it has {self._appended_s * 1000:.0f}ms, which is too little"
            raise Refused("input_audio_buffer_commit_empty", what)
        if len(self._commits) >= _MOST_COMMITS:
            raise Refused("input_audio_buffer_full", f"{_MOST_COMMITS} turns wait to be transcribed")
        item = spoken_item(new_id("item"))
        previous = self._items.add(item)
        self._unanswered.append(item["id"])
        end_s = self._line.client_end_s
        self._commits.append(_Commit(item, end_s, end_s - self._appended_s))
        self._appended_s = 0.0
        self._pad()
        self._send("input_audio_buffer.committed", item_id=item["id"], previous_item_id=previous)
        self._tell_item(item, previous)

    def _keep_said(self, wanted: Callable[[float], bool]) -> None:
        kept = [(end_s, words) for end_s, words in self._said if wanted(end_s)]
        self._said.clear()
        self._said.extend(kept)

    def _pad(self) -> None:
        """Let the current turn end."""
        try:
            self._line.hear(self._silence)
        except TooMuchSound:
            return  # it ends with the silence that follows
        self._padding_s += len(self._silence) / SAMPLE_RATE_HZ

    def _clear(self, event: Event) -> None:
        self._line.forget()
        self._appended_s = 0.0
        if self.configuration.detection is None:
            committed = self._commits[-1].end_s if self._commits else -1.0
            self._keep_said(lambda end_s: end_s <= committed)
            self._dropped = self._in_turn and not self._commits
            if self._in_turn:
                self._pad()
        self._send("input_audio_buffer.cleared")

    # --- items ------------------------------------------------------------------------------------------------------

    def _tell_item(self, item: Item, previous: str | None) -> None:
        for type in ("conversation.item.added", "conversation.item.done"):
            self._send(type, previous_item_id=previous, item=_copy(item))

    def _create_item(self, event: Event) -> None:
        item = read_item(event.get("item"))
        if item["type"] == "function_call_output":
            sayable(item["output"])
        previous = self._items.add(item, text_at(event, "previous_item_id", "previous_item_id", needed=False))
        if words_of(item) or item["type"] == "function_call_output":
            self._unanswered.append(item["id"])
        self._tell_item(item, previous)

    def _retrieve_item(self, event: Event) -> None:
        item = self._items.get(text_at(event, "item_id", "item_id"))
        self._send("conversation.item.retrieved", item=_copy(item))

    def _delete_item(self, event: Event) -> None:
        item = self._items.delete(text_at(event, "item_id", "item_id"))
        if item["id"] in self._unanswered:
            self._unanswered.remove(item["id"])
        self._cut(item["id"], 0)
        self._send("conversation.item.deleted", item_id=item["id"])

    def _truncate(self, event: Event) -> None:
        item = self._items.get(text_at(event, "item_id", "item_id"))
        response = self._responses.get(item["id"])
        if response is None or not response.is_spoken:
            raise Refused("invalid_value", "only what this box said can be truncated", "item_id")
        end_ms = event.get("audio_end_ms")
        if not isinstance(end_ms, int | float) or isinstance(end_ms, bool):
            raise Refused("invalid_value", "`audio_end_ms` must be a number", "audio_end_ms")
        end_ms = int(min(max(end_ms, 0), response.sent_ms))
        item["content"] = [{"type": "output_audio", "transcript": response.words_by(end_ms)}]
        self._cut(item["id"], end_ms)
        self._send("conversation.item.truncated", item_id=item["id"], content_index=0, audio_end_ms=end_ms)

    def _cut(self, item_id: str, end_ms: int) -> None:
        """Cut a reply in the dialogue's memory, once it is over."""
        response = self._responses.get(item_id)
        if response is None or response.turn_id is None:
            return
        if response is self._response:
            self._cuts[item_id] = end_ms
        else:
            self._line.tell(ReplyCut(response.turn_id, response.words_by(end_ms)))

    # --- responses that the client asks for ---------------------------------------------------------------------------

    def _create_response(self, event: Event) -> None:
        if self.configuration.kind == "transcription":
            raise Refused("invalid_event", "a transcription session has no responses", "type")
        wanted = event.get("response") or {}
        if not isinstance(wanted, Mapping):
            raise Refused("invalid_type", "`response` must be an object", "response")
        for name in wanted:
            if name not in _RESPONSE:
                raise Refused("unknown_parameter", f"there is no `response.{name}`", f"response.{name}")
        configuration = self._configuration_for(wanted)
        apart, words = self._question_of(wanted)
        metadata = _metadata(wanted.get("metadata"))
        if self._response is not None:
            if self._response.declined and self._next is None:
                self._next = event
                return
            what = f"Conversation already has an active response in progress: {self._response.id}"
            raise Refused("conversation_already_has_active_response", what)
        response = self._begin(configuration, metadata, apart=apart)
        if apart:
            if words:
                self._apart(response, words)
            else:
                self._finish("completed")
            return
        self._asked = _Asked(response, configuration, words)
        self._ask()

    def _configuration_for(self, wanted: Mapping[str, Any]) -> Configuration:
        """The configuration of one response."""
        configuration = self.configuration
        if wanted.get("output_modalities") is not None:
            way = modality(wanted["output_modalities"], "response.output_modalities")
            configuration = replace(configuration, modality=way)
        says = (wanted.get("audio") or {}).get("output") or {} if isinstance(wanted.get("audio") or {}, Mapping) else {}
        if isinstance(says, Mapping) and says.get("format") is not None:
            configuration = replace(configuration, output=read_format(says["format"], "response.audio.output.format"))
        if wanted.get("tools") is not None:
            tools = wanted["tools"]
            if not isinstance(tools, list) or not all(isinstance(tool, Mapping) for tool in tools):
                raise Refused("invalid_value", "`response.tools` must be a list of functions", "response.tools")
            if tools and not self._may_use_tools:
                raise Refused("tools_not_allowed", "the token is not for 'tools'", "response.tools")
            read_functions(tools, "response.tools")
            configuration = replace(configuration, tools=tuple(tools))
        if wanted.get("tool_choice") is not None:
            configuration = replace(configuration, tool_choice=wanted["tool_choice"])
        return configuration

    def _question_of(self, wanted: Mapping[str, Any]) -> tuple[bool, str | None]:
        """Whether a response is apart from the conversation, and the words it answers; None for what is unanswered."""
        conversation = wanted.get("conversation", "auto")
        if conversation not in ("auto", "none", None):
            raise Refused("invalid_value", "`response.conversation` must be auto or none", "response.conversation")
        given = wanted.get("input")
        if given is None:
            words = None
        elif isinstance(given, list):
            words = " ".join(filter(None, (words_of(self._input_item(item, n)) for n, item in enumerate(given))))
        else:
            raise Refused("invalid_type", "`response.input` must be a list of items", "response.input")
        apart = conversation == "none"
        if apart and words is None:
            words = " ".join(self._words_unanswered())
        return apart, words

    def _input_item(self, item: object, number: int) -> Item:
        where = f"response.input[{number}]"
        if isinstance(item, Mapping) and item.get("type") == "item_reference":
            return self._items.get(text_at(item, "id", f"{where}.id"))
        return read_item(item, where)

    def _words_unanswered(self) -> list[str]:
        items = (self._items.get(item_id) for item_id in self._unanswered if item_id in self._items)
        return [words for words in map(words_of, items) if words]

    def _begin(
        self, configuration: Configuration, metadata: Mapping[str, str] | None = None, *, apart: bool = False
    ) -> Response:
        self._response = Response(
            self._send_event,
            configuration,
            self._voice_hz,
            conversation_id=None if apart else self._conversation_id,
            metadata=metadata,
            keep=self._keep,
        )
        return self._response

    def _keep(self, item: Item) -> str | None:
        assert self._response is not None
        self._responses[item["id"]] = self._response
        if len(self._responses) > _REMEMBERED:
            self._responses.popitem(last=False)
        return self._items.add(item)

    def _ask(self) -> None:
        """Ask the dialogue for the response that was created, once all words are known."""
        asked = self._asked
        if asked is None or asked.sent or (asked.words is None and self._commits):
            return
        asked.sent = True
        outputs = [self._items.get(id) for id in self._unanswered if id in self._items]
        outputs = [item for item in outputs if item["type"] == "function_call_output"]
        spoken = [id for id in self._unanswered if id in self._items and self._items.get(id)["type"] == "message"]
        words = asked.words
        if words is None:
            words = " ".join(self._words_unanswered())
        self._unanswered.clear()
        self._line.hurry(not asked.response.is_spoken)
        if outputs:
            asked.written = True
            self._line.tell(WordsGiven(" ".join(sayable(item["output"]) for item in outputs), words))
            return
        if asked.configuration.tools and self._call(asked, words):
            return
        if words or spoken:
            self._line.write(words)
        elif not self._opened:
            asked.written = True
            self._line.greet()
        else:
            self._finish("completed")

    def _call(self, asked: _Asked, words: str) -> bool:
        """Let the client call a function, if the words ask for one. Returns whether that is the response."""
        functions = read_functions(asked.configuration.tools)
        try:
            found = called(functions, asked.configuration.tool_choice, words)
        except Refused as error:
            self._finish("failed", error={"type": "invalid_request_error", "code": error.code})
            return True
        if found is None:
            return False
        function, arguments = found
        asked.response.call(function.name, arguments)
        self._finish("completed")
        return True

    def _cancel_response(self, event: Event) -> None:
        response, wanted = self._response, event.get("response_id")
        if response is None or (wanted is not None and wanted != response.id):
            raise Refused("response_cancel_not_active", "Cancellation failed: no active response found")
        if self._emergency:
            what = "Cancellation failed: the sentence said in an emergency is said to its end"
            raise Refused("response_cancel_not_active", what)
        if response.declined:
            return
        response.declined = True
        if response.turn_id is not None:
            self._line.tell(StopReceived(response.turn_id))
        elif self._asked is None or not self._asked.sent:
            self._finish("cancelled", "client_cancelled")

    def _finish(self, status: Any, reason: Any = None, error: Mapping[str, str] | None = None) -> None:
        """End the active response, and begin what waits for its end."""
        response = self._response
        if response is None:
            return
        response.finish(status, reason, error)
        if response.turn_id is not None:
            self._over.append(response.turn_id)
        self._response, self._asked, self._ends_at, self._emergency = None, None, None, False
        cuts, self._cuts = self._cuts, {}
        for item_id, end_ms in cuts.items():
            self._cut(item_id, end_ms)
        self._line.hurry(self.configuration.modality == "text")
        waiting, self._next = self._next, None
        if waiting is not None:
            self._due = False
            self.take(waiting)
        elif self._due:
            self._respond()

    def _respond(self) -> None:
        """Answer the visitor by what this session asks for, because the client has functions."""
        self._due = self._response is not None
        if not self._due and self._unanswered:
            response = self._begin(self.configuration)
            self._asked = _Asked(response, self.configuration, None)
            self._ask()

    # --- responses outside of the conversation ------------------------------------------------------------------------

    def write_apart(self, response: Response, text: str, sound: Samples | None) -> bool:
        """Take a clause of an answer apart from the conversation. Returns whether more is wanted."""
        with self._lock:
            response.write(text)
            if sound is not None:
                response.sound(sound)
            return not response.over

    def end_apart(self, response: Response, failed: bool = False) -> None:
        """Take the end of such an answer."""
        with self._lock:
            if response is self._response:
                self._finish("failed" if failed else "completed", error=_FAILED if failed else None)

    # --- the line's side --------------------------------------------------------------------------------------------

    def sound(self, samples: Samples, turn_id: int | None) -> None:
        """Take a block of what leaves: of a reply, or None for silence."""
        with self._lock:
            response = self._response
            if turn_id is not None and turn_id not in self._over:
                if response is not None and response.turn_id == turn_id:
                    response.sound(samples)
                else:
                    early = self._early.setdefault(turn_id, [])
                    if len(early) < _MOST_EARLY_BLOCKS:
                        early.append(samples)
            ends_at = self._ends_at
            if response is not None and ends_at is not None and (turn_id is None or response.sounded >= ends_at):
                self._finish("completed")

    def fact(self, fact: Fact) -> None:
        """Take the next fact of the line."""
        with self._lock:
            match fact:
                case SpeechStarted():
                    self._speech_started(fact)
                case OverlapJudged(kind="interruption"):
                    self._tell_speech()
                case PartialTranscript() if self.configuration.kind == "transcription":
                    self._partial(fact)
                case TurnEnded():
                    self._turn_ended(fact)
                case TimePassed():
                    self._settle_commits(fact.at_s)
                case ConversationOpened():
                    self._opened = True
                case ConversationClosed():
                    self._opened = False
                case TextReceived() | WordsGiven() if self._asked is not None:
                    self._asked.written = True
                case VisitorArrived() if self._opened and self._awaits_reply():
                    self._finish("completed")  # the visitor spoke first, so nobody is greeted
                case ReplyStarted() | ClauseVoiced() | ReplyThought():
                    self._reply(fact)
                case Played(finished=True) if self._is_active(fact.turn_id):
                    self._played(fact)
                case ReplyStopped() if self._is_active(fact.turn_id):
                    self._stopped(fact.turn_id)
                case ReplyStopped():
                    self._early.pop(fact.turn_id, None)
                    self._over.append(fact.turn_id)
                case TurnFailed() if self._is_active(fact.turn_id):
                    self._finish("failed", error=_FAILED)

    def _awaits_reply(self) -> bool:
        return self._asked is not None and self._asked.response.turn_id is None

    def _is_active(self, turn_id: int) -> bool:
        return self._response is not None and self._response.turn_id == turn_id

    def _reply(self, fact: ReplyStarted | ClauseVoiced | ReplyThought) -> None:
        if fact.turn_id in self._over:
            return
        response = self._response
        if response is not None and response.turn_id not in (None, fact.turn_id):
            self._finish("cancelled", "turn_detected")
            response = self._response
        if response is not None and response.turn_id is None and self._asked is None:
            # Someone speaks in the conversation, which comes before an answer apart from it.
            self._finish("cancelled", "turn_detected")
            response = self._response
        if response is None:
            response = self._begin(self.configuration)
        if response.turn_id is None:
            response.turn_id = fact.turn_id
            if response.declined:
                self._line.tell(StopReceived(fact.turn_id))
        for samples in self._early.pop(fact.turn_id, []):
            response.sound(samples)
        if isinstance(fact, ClauseVoiced):
            response.say(fact)
        elif isinstance(fact, ReplyThought):
            self._emergency = fact.outcome.action == "emergency"

    def _played(self, fact: Played) -> None:
        assert self._response is not None
        if not self._response.is_spoken or self._response.sounded >= fact.samples:
            self._finish("completed")
        else:
            self._ends_at = fact.samples

    def _stopped(self, turn_id: int) -> None:
        response = self._response
        assert response is not None
        asked = self._asked
        if asked is not None and not asked.written and response.item is None and not response.declined:
            # That was another reply, which the words of this one have stopped.
            self._over.append(turn_id)
            response.turn_id = None
            return
        self._finish("cancelled", "client_cancelled" if response.declined else "turn_detected")

    # --- what the visitor says --------------------------------------------------------------------------------------

    def _ms(self, at_s: float) -> int:
        """Milliseconds of the client's sound at a time of the line."""
        return max(0, round((self._line.client_s(at_s) - self._padding_s) * 1000))

    def _speech_started(self, fact: SpeechStarted) -> None:
        self._in_turn = True
        if self.configuration.detection is None:
            return
        over = self._response if self._response is not None and self._response.audible else None
        start_ms = max(0, self._ms(fact.at_s) - round(_PREFIX_S * 1000))
        self._speech = _Speech(new_id("item"), start_ms, over)
        if over is None or not self.configuration.interrupt_response:
            self._tell_speech()

    def _tell_speech(self) -> None:
        if self._speech is not None and not self._speech.told:
            self._speech.told = True
            start_ms = self._speech.start_ms
            self._send("input_audio_buffer.speech_started", item_id=self._speech.item_id, audio_start_ms=start_ms)

    def _partial(self, fact: PartialTranscript) -> None:
        """Tell the words on which two partial transcripts agree."""
        speech = self._speech
        if speech is None:
            return
        words = fact.text.split()
        agreed = 0
        while agreed < min(len(words), len(speech.partial)) and words[agreed] == speech.partial[agreed]:
            agreed += 1
        speech.partial = words
        if words[: len(speech.words)] != speech.words or agreed <= len(speech.words):
            return
        self._tell_delta(speech.item_id, words[len(speech.words) : agreed], first=not speech.words)
        speech.words = words[:agreed]

    def _tell_delta(self, item_id: str, words: list[str], *, first: bool) -> None:
        if words:
            delta = " ".join(words) if first else " " + " ".join(words)
            type = "conversation.item.input_audio_transcription.delta"
            self._send(type, item_id=item_id, content_index=0, delta=delta)

    def _turn_ended(self, fact: TurnEnded) -> None:
        self._in_turn = False
        if fact.transcript.ear == "text":
            return
        if self.configuration.detection is None:
            if not self._dropped:
                self._said.append((self._line.client_s(fact.speech_end_s), fact.transcript.text))
            self._dropped = False
            self._settle_commits(fact.at_s)
            return
        speech, self._speech = self._speech, None
        if speech is None:
            return
        if not speech.told and speech.over is not None and speech.over is self._response:
            return  # it was no interruption: a "mm-hmm", a noise, other people
        self._speech = speech
        self._tell_speech()
        self._speech = None
        end_ms = self._ms(fact.speech_end_s)
        self._send("input_audio_buffer.speech_stopped", item_id=speech.item_id, audio_end_ms=end_ms)
        item = spoken_item(speech.item_id)
        previous = self._items.add(item)
        self._send("input_audio_buffer.committed", item_id=item["id"], previous_item_id=previous)
        self._appended_s = 0.0
        self._tell_item(item, previous)
        self._transcribed(item, fact.transcript.text, (end_ms - speech.start_ms) / 1000, speech.words)
        if self.configuration.kind == "transcription":
            return
        if not self.configuration.turn_taking.answers:
            self._unanswered.append(item["id"])
            if self.configuration.answers:
                self._due = True
                self._respond()

    def _transcribed(self, item: Item, text: str, length_s: float, told: list[str]) -> None:
        item["content"][0]["transcript"] = text
        if not self.configuration.transcribes:
            return
        words = text.split()
        if words[: len(told)] == told:
            self._tell_delta(item["id"], words[len(told) :], first=not told)
        usage = {"type": "duration", "seconds": max(0.0, round(length_s, 3))}
        type = "conversation.item.input_audio_transcription.completed"
        self._send(type, item_id=item["id"], content_index=0, transcript=text, usage=usage)

    def _settle_commits(self, at_s: float) -> None:
        """Transcribe the commits whose sound was heard to its end."""
        heard_s = self._line.client_s(at_s)
        while self._commits and not self._in_turn:
            commit = self._commits[0]
            ended = any(end_s >= commit.end_s - _ONSET_S for end_s, _ in self._said) and heard_s >= commit.end_s
            if heard_s < commit.end_s + _ONSET_S and not ended:
                return
            self._commits.popleft()
            until_s = commit.end_s + _ONSET_S
            mine = [words for end_s, words in self._said if end_s <= until_s]
            self._keep_said(lambda end_s, until_s=until_s: end_s > until_s)  # type: ignore[misc]
            self._transcribed(commit.item, " ".join(filter(None, mine)), commit.end_s - commit.start_s, [])
            self._ask()


_FAILED = {"type": "server_error", "code": "response_failed"}


def _copy(item: Item) -> Item:
    return {**item, **({"content": [dict(part) for part in item["content"]]} if "content" in item else {})}


def _metadata(value: object) -> dict[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or len(value) > 16 or not all(isinstance(text, str) for text in value.values()):
        raise Refused("invalid_value", "`response.metadata` must be at most 16 texts by name", "response.metadata")
    if sum(len(str(name)) + len(text) for name, text in value.items()) > 16 * (64 + 512):
        raise Refused("invalid_value", "`response.metadata` is too long", "response.metadata")
    return dict(value)
