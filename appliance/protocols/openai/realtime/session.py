"""One session: a client's events and the facts of its line in, the protocol's events out.

The session keeps the protocol's view: the configuration, the items, the response that is active. The dialogue decides
who speaks. Where the client decides instead (``create_response: false``, push to talk), the dialogue answers only what
it is asked, and this module asks: with the words of all items of the visitor that were not answered yet.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from appliance.core.audio import Samples
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
    TurnTakingChanged,
    VisitorArrived,
    WordsGiven,
)
from appliance.protocols.openai.realtime.configuration import Box, Configuration, updated
from appliance.protocols.openai.realtime.events import Event, Refused, Send, event_id_of, new_id, text_at, told
from appliance.protocols.openai.realtime.functions import called, check_choice, read_functions, sayable
from appliance.protocols.openai.realtime.input_audio import InputAudio
from appliance.protocols.openai.realtime.items import (
    MOST_ITEMS,
    Conversation,
    Item,
    copy_of,
    read_item,
    tell_item,
    words_of,
)
from appliance.protocols.openai.realtime.line import Line
from appliance.protocols.openai.realtime.requests import read_request
from appliance.protocols.openai.realtime.responses import Response

_REMEMBERED = 64
"""Most responses that can still be truncated, and most replies of the dialogue that are known to be over"""

_MOST_EARLY_BLOCKS = 250
"""Most blocks of a reply's sound that wait until its first fact has come: five seconds"""


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
        self._send = send
        self._line = line
        self._box = box
        self._voice_hz = voice_hz
        self._expires_at = expires_at
        self._apart = apart
        self._may_use_tools = may_use_tools
        self._items = Conversation()
        self._unanswered: deque[str] = deque(maxlen=MOST_ITEMS)
        """ids of the visitor's items, and of functions' outputs, that no response has answered"""
        self._input = InputAudio(self._send, line, self._items, longest_silence_s)
        self._opened = False
        """whether the dialogue has a conversation"""
        self._taking = TurnTakingChanged()
        """how the dialogue takes turns, which it learns later than the configuration changes"""
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
                sound = self._input.decoded(event.get("audio"), self.configuration.input)
                with self._lock:
                    self._input.append(*sound)
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
            self._send("error", error=told(error, event_id))

    def _update(self, event: Event) -> None:
        self._configure(updated(self.configuration, event.get("session")))
        self._send("session.updated", session=self.shown())

    def _configure(self, configuration: Configuration) -> None:
        self._check_tools(configuration, "session.tools")
        if (configuration.detection is None) != (self.configuration.detection is None):
            self._input.forget_turn()
        self.configuration = configuration
        self._line.tell(configuration.turn_taking)
        if self._response is None:
            self._line.hurry(configuration.modality == "text")

    def _check_tools(self, configuration: Configuration, where: str) -> None:
        if configuration.tools and not self._may_use_tools:
            raise Refused("tools_not_allowed", "the token is not for 'tools'", where)
        check_choice(read_functions(configuration.tools, where), configuration.tool_choice)

    # --- sound of the client ----------------------------------------------------------------------------------------

    def _commit(self, event: Event) -> None:
        if self.configuration.detection is not None:
            what = "Error committing input audio buffer: turn detection is on, so this box commits"
            raise Refused("input_audio_buffer_commit_empty", what)
        self._unanswered.append(self._input.commit()["id"])

    def _clear(self, event: Event) -> None:
        self._input.clear(detects=self.configuration.detection is not None)

    # --- items ------------------------------------------------------------------------------------------------------

    def _create_item(self, event: Event) -> None:
        item = read_item(event.get("item"))
        if item["type"] == "function_call_output":
            sayable(item["output"])
        previous = self._items.add(item, text_at(event, "previous_item_id", "previous_item_id", needed=False))
        if words_of(item) or item["type"] == "function_call_output":
            self._unanswered.append(item["id"])
        tell_item(self._send, item, previous)

    def _retrieve_item(self, event: Event) -> None:
        item = self._items.get(text_at(event, "item_id", "item_id"))
        self._send("conversation.item.retrieved", item=copy_of(item))

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
        request = read_request(event.get("response") or {}, self.configuration, self._items)
        self._check_tools(request.configuration, "response.tools")
        if self._response is not None:
            if self._response.declined and self._next is None:
                self._next = event
                return
            what = f"Conversation already has an active response in progress: {self._response.id}"
            raise Refused("conversation_already_has_active_response", what)
        response = self._begin(request.configuration, request.metadata, apart=request.apart)
        if not request.apart:
            self._asked = _Asked(response, request.configuration, request.words)
            self._ask()
        elif request.words:
            self._apart(response, request.words)
        else:
            self._finish("completed")

    def _begin(
        self, configuration: Configuration, metadata: Mapping[str, str] | None = None, *, apart: bool = False
    ) -> Response:
        self._response = Response(
            self._send,
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
        if asked is None or asked.sent or (asked.words is None and not self._input.settled):
            return
        asked.sent = True
        items: list[Item] = []
        words = asked.words
        if words is None:
            items = [self._items.get(item_id) for item_id in self._unanswered if item_id in self._items]
            words = " ".join(filter(None, map(words_of, items)))
            self._unanswered.clear()
        outputs = [sayable(item["output"]) for item in items if item["type"] == "function_call_output"]
        self._line.hurry(not asked.response.is_spoken)
        if outputs:
            asked.written = True
            self._line.tell(WordsGiven(" ".join(outputs), words))
            return
        if asked.configuration.tools and self._call(asked, words):
            return
        if words or items:
            # Speech without words is answered too: the box says that it did not understand.
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
                    self._input.tell_start()
                case PartialTranscript() if self.configuration.kind == "transcription":
                    self._input.tell_partial(fact.text)
                case TurnEnded():
                    self._turn_ended(fact)
                case TimePassed():
                    self._settle(fact.at_s)
                case TurnTakingChanged():
                    self._taking = fact
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
        if not response.declined:
            self._input.tell_start()
        self._finish("cancelled", "client_cancelled" if response.declined else "turn_detected")

    # --- the visitor ------------------------------------------------------------------------------------------------

    def _speech_started(self, fact: SpeechStarted) -> None:
        response = self._response
        over = response if response is not None and response.audible else None
        detects = self.configuration.detection is not None
        # Speech over a response may be no turn. Whether it is one shows when it interrupts.
        at_once = over is None or not self.configuration.interrupt_response
        self._input.start_turn(fact.at_s, detects=detects, over=over, at_once=at_once)
        thought_of = self._asked is not None and self._asked.written and self._awaits_reply()
        if thought_of and self._taking.interruptible and not self._taking.answers:
            # The dialogue stops thinking, and answers these words with those that the client asks for next.
            self._finish("cancelled", "turn_detected")

    def _turn_ended(self, fact: TurnEnded) -> None:
        configuration = self.configuration
        if configuration.detection is None:
            self._input.hear_words(fact)
            self._settle(fact.at_s)
            return
        item = self._input.end_turn(fact, self._response, transcribes=configuration.transcribes)
        if item is None or configuration.kind == "transcription" or configuration.turn_taking.answers:
            return
        self._unanswered.append(item["id"])
        if configuration.answers:
            self._due = True
            self._respond()

    def _settle(self, at_s: float) -> None:
        if self._input.settle(at_s, transcribes=self.configuration.transcribes):
            self._ask()


_FAILED = {"type": "server_error", "code": "response_failed"}
