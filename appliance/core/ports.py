"""Interfaces to devices, engines and tools, as Protocols.

The loops see these and never a library. Every call may block in native code. A call that takes a ``Turn`` returns
early, without an error, once the turn is cancelled.

An *engine* owns weights and is opened once: ``Vad``, ``Ear``, ``LanguageModel``. Its ``stream`` or ``session`` owns the
state of one conversation. One thread at a time uses a stream; the streams of one engine may be used by several threads
at once, and none changes what another one gives. Ports without such state (``Voice``, the embedders) may be called
by several threads. A stream's memory is freed when the last reference to it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from appliance.core.audio import AudioFrame, Samples
from appliance.core.facts import (
    DeviceLost,
    DeviceReturned,
    LineId,
    Message,
    Played,
    ToolResult,
    Transcript,
    VoicedChunk,
    WordSpan,
    WordTime,
)
from appliance.core.manner import PLAIN, Manner
from appliance.core.turn import Turn


class PortError(Exception):
    """A device, engine or tool cannot do its work; the message says what an operator can do about it."""


class Microphone(Protocol):
    """A source of ``AudioFrame``s. ``deliver`` runs in the device's own thread and must only copy."""

    def start(
        self,
        deliver: Callable[[AudioFrame], None],
        changed: Callable[[DeviceLost | DeviceReturned], None],
        ended: Callable[[], None],
    ) -> None:
        """Begin delivering. ``changed`` reports a lost or returned device. ``ended`` reports that no more audio will
        come, as at the end of a recording. Raises PortError when the device cannot be opened at all."""
        ...

    def stop(self) -> None:
        """Stop delivering; idempotent. May abandon a device that hangs."""
        ...


class Speaker(Protocol):
    """A sink of speech. Sound of a flushed turn stops within one block plus the device's own latency."""

    @property
    def rate_hz(self) -> int:
        """Rate of the samples that ``write`` takes."""
        ...

    def start(
        self,
        played: Callable[[Played], None],
        changed: Callable[[DeviceLost | DeviceReturned], None],
    ) -> None: ...

    def write(self, chunk: VoicedChunk, turn: Turn) -> bool:
        """Queue sound. Blocks, in short waits, while a few seconds of sound are queued already. Returns False if
        ``turn`` is cancelled."""
        ...

    def finish(self, turn: Turn) -> None:
        """Say that no more sound of this turn comes. ``Played(finished=True)`` follows the last sample."""
        ...

    def flush(self, turn: Turn) -> int:
        """Drop what is queued of this turn. Returns the samples of it that have left the speaker."""
        ...

    def duck(self, turn: Turn, gain: float) -> None:
        """Play this turn on at ``gain`` times its level."""
        ...

    def hold(self, turn: Turn) -> None:
        """Fall silent and keep what is left of this turn."""
        ...

    def go_on(self, turn: Turn, starts: Sequence[int]) -> None:
        """End ``duck`` and ``hold``. What was held goes on at the last of ``starts`` (samples from the start of the
        reply) that had been reached."""
        ...

    def tap(self, listener: Callable[[Samples, int], None]) -> None:
        """Give ``listener`` all sound that leaves, silence too, with the position of its first sample since the
        start. It runs in the device's own thread, so it must only copy."""
        ...

    def stop(self) -> None: ...


class EchoCanceller(Protocol):
    """Takes the loudspeaker's sound out of the microphone's. It learns one room, so each line has its own."""

    def cancel(self, reference: Samples, microphone: Samples) -> Samples:
        """``reference`` is what was played and ``microphone`` what was heard, both of shape ``(FRAME_SAMPLES,)``. The
        reference is never later than its echo. Returns as many samples without the echo."""
        ...

    def expect_delay(self, delay_s: float) -> None:
        """Set the delay that was measured, in seconds, by which the echo is later than its reference."""
        ...


class Vad(Protocol):
    """Voice activity detection."""

    def stream(self) -> VadStream:
        """Begin to listen to one source of sound."""
        ...


class VadStream(Protocol):
    """What a ``Vad`` remembers of one source of sound."""

    @property
    def window_samples(self) -> int:
        """Samples that ``probability`` takes at a time, at ``SAMPLE_RATE_HZ``."""
        ...

    def probability(self, window: Samples) -> float:
        """Probability 0..1 that the window holds speech, given those before it. Raises ValueError for a window of
        another length."""
        ...

    def reset(self) -> None:
        """Forget the windows before."""
        ...


class Ear(Protocol):
    """Speech to text."""

    def stream(self) -> EarStream:
        """Begin to listen to one speaker at a time. Raises PortError where there is no memory for it."""
        ...


class EarStream(Protocol):
    """What an ``Ear`` heard of one speaker. One utterance at a time: start, accept…, finish."""

    @property
    def name(self) -> str:
        """Name of the ear, as transcripts give it."""
        ...

    @property
    def streaming(self) -> str:
        """All words so far, which can be answered when the speaker falls silent. Empty where the ear's words lag behind
        the sound."""
        ...

    def start(self) -> None:
        """Begin an utterance, forgetting any unfinished one."""
        ...

    def accept(self, samples: Samples) -> str:
        """Take more audio at ``SAMPLE_RATE_HZ``, of any length. Returns the partial text so far."""
        ...

    def pause(self) -> Transcript:
        """Work ahead, because the speaker fell silent. Returns what ``finish`` would probably return now. Only silence
        follows until ``resume``."""
        ...

    def resume(self) -> None:
        """Drop what ``pause`` worked out ahead, because the speaker went on."""
        ...

    def finish(self) -> Transcript:
        """End the utterance."""
        ...


@runtime_checkable
class WordTimer(Protocol):
    """A stream of an ear that tells when words were said. It costs nothing until it is asked."""

    def times(self, text: str) -> tuple[WordTime, ...]:
        """When each word of ``text`` was said, in seconds from the utterance's first sample. ``text`` is what the
        stream returned last, and the utterance is the last one until another is begun. Empty where the ear cannot tell,
        or where so many words do not fit into the sound."""
        ...


@runtime_checkable
class WorksSeldom(Protocol):
    """A stream of an ear most of whose calls only keep the sound, for an ear of whole utterances."""

    def works(self, samples: int) -> bool:
        """Whether ``accept`` of so many samples would do more than keep them. With 0, whether ``pause`` or ``finish``
        would do more than repeat what is known."""
        ...


class LanguageModel(Protocol):
    """A chat model."""

    def session(self, progress: Callable[[], None] = lambda: None) -> Session:
        """Begin conversations, one after the other, with a prefix of their own. ``progress`` is called every few
        seconds while a call works, by its thread. Raises PortError where there is no memory for it."""
        ...


class Session(Protocol):
    """What a ``LanguageModel`` evaluated for one line. It keeps the prefix that two consecutive calls share.

    Several threads may use a session at once, unlike other streams. They take turns, token by token, so that the end of
    a turn is judged while a reply is being written.
    """

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None:
        """Evaluate ``messages`` and the beginning of a user message, while the user is still speaking."""
        ...

    def generate(
        self,
        messages: Sequence[Message],
        turn: Turn,
        *,
        max_tokens: int = 160,
        grammar: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[str]:
        """Pieces of the assistant's next message, as they come. ``grammar`` is GBNF."""
        ...

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        """Probability that the user's message is complete after ``text``."""
        ...

    def forget(self, kept: Sequence[Message]) -> None:
        """Forget earlier calls. Only what comes of ``kept`` stays, the messages that every conversation begins
        with."""
        ...


@dataclass(frozen=True, slots=True)
class AskCosts:
    """What an ``Interpreter``'s answers cost on this box, as it was measured: the median seconds of a call. None where
    its answers are of no use, or were not measured: then it must not be asked."""

    rewrite_s: float | None = None
    judge_s: float | None = None


class Interpreter(Protocol):
    """Decides what a visitor means, with a language model, where the rules and the retrieval are not sure.

    Nothing that it writes is ever spoken. A rewritten line is only searched for, and a judgement only adds to the
    retrieval's. Several threads may use it, and it shares the session of its line: a reply that is being written goes
    on, token by token, between its own.
    """

    @property
    def costs(self) -> AskCosts:
        """What a call costs here, and whether it is worth it."""
        ...

    def rewrite(self, history: Sequence[Message], line: str, turn: Turn) -> str | None:
        """The visitor's ``line`` as a complete question that names what it is about, in lower-case words without marks.
        ``history`` are the messages before it, without a system prompt; the last exchange is read. The words may come
        from anywhere: the caller checks that the names are those of the conversation. None where the model has nothing
        to add to the line, where it found no end, where the conversation is too long, and once ``turn`` is
        cancelled."""
        ...

    def judge(self, line: str, candidates: Sequence[str], turn: Turn) -> Sequence[float]:
        """Natural log probabilities that the visitor's ``line`` means each of the ``candidates`` (sentences, at most
        ``MOST_CANDIDATES``), and last that it means none of them. They are calibrated for lines of which half mean one
        of the candidates, so adding them to the retrieval's log probabilities joins both. Empty where the model cannot
        be asked or the question is too long, and once ``turn`` is cancelled. Raises ValueError for no candidates or too
        many."""
        ...


MOST_CANDIDATES = 8
"""The most sentences that an ``Interpreter`` chooses from."""


class SlotReader(Protocol):
    """Reads the value of a slot from the visitor's words with a language model."""

    def read(self, messages: Sequence[Message], slot: str, turn: Turn) -> str:
        """The value of the slot named ``slot`` in the last message, which is the visitor's; empty where there is none.
        The value need not occur in the words."""
        ...


class Finality(Protocol):
    """Judges by the sound of the last phrase whether the speaker has finished."""

    def log_odds(self, samples: Samples) -> float:
        """Natural log odds that the speaker has finished. ``samples`` are the last seconds at ``SAMPLE_RATE_HZ``, up to
        now. They include some 0.1 s of silence after the phrase."""
        ...


class VoiceEmbedder(Protocol):
    """Describes a speaker's voice, so that two stretches of speech can be compared."""

    def embed(self, speech: Samples) -> Samples:
        """A unit vector, float32. The more alike two voices are, the nearer to 1 is the vectors' product. ``speech`` is
        a second or more of speech at ``SAMPLE_RATE_HZ``, without long silences."""
        ...


class Sentences(Protocol):
    """What visitors of a site say, as far as the site tells."""

    def ends(self, text: str) -> float | None:
        """Probability that a sentence ends after these words; None where they are nothing that the site expects."""
        ...


class Embedder(Protocol):
    """Sentences to vectors by meaning."""

    def embed(self, sentences: Sequence[str]) -> Samples:
        """Unit vectors, float32, shape ``(len(sentences), dimensions)``."""
        ...


class AnswerJudge(Protocol):
    """Judges whether a text answers a question."""

    def log_odds(self, question: str, texts: Sequence[Sequence[str]]) -> list[float]:
        """Natural logarithm of the odds that each text answers the question. A text is a list of sentences: a fact and
        other questions that it answers."""
        ...


class Distress(Protocol):
    """Judges by the meaning of a sentence whether a person needs help at once."""

    def kinds(self, sentence: str) -> Mapping[str, float]:
        """Probability of each kind of emergency. What they lack to 1 is the probability that there is none."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Voiced:
    """Sound of (part of) a clause."""

    samples: Samples
    words: tuple[WordSpan, ...]
    """the words that end within ``samples``, as the text wrote them (split at white space, punctuation kept); ends
    count from the first sample of this piece"""


class Voice(Protocol):
    """Text to speech. It has no state of a conversation, so several threads may speak with one voice at once."""

    @property
    def rate_hz(self) -> int:
        """Rate of the samples it makes."""
        ...

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        """Speak one clause. Joined by spaces, the words of all pieces are the words of ``text``."""
        ...


TIME_ARGUMENTS = ("earliest", "latest")
"""Arguments of a function that lists what can be had (a form's ``offers``) beside those of slots: the ends of the span
of the day that the visitor wants, as HH:MM. Both belong to it."""

DAY_ARGUMENTS = ("first_day", "last_day")
"""The same for the ends of the span of days that the visitor wants, as YYYY-MM-DD."""


class Tool(Protocol):
    """Something the appliance can do for a visitor."""

    @property
    def name(self) -> str: ...

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """Run one of the tool's functions with values that the responder has checked.

        Raises PortError when the tool failed or took too long (its effect is then unknown and the visitor is told
        so). A refusal, such as a slot that is taken, is a result with ``ok=False``.
        """
        ...


@runtime_checkable
class Described(Protocol):
    """A tool that says what it can do, so that a site file is checked before any visitor talks."""

    @property
    def functions(self) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """For each function, what it cannot do without. Each of these maps the arguments, of which one must be given,
        to the kind of the slot that holds it."""
        ...


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a function of a ``Typed`` tool."""

    kinds: frozenset[str]
    """kinds of the slots whose values it takes"""
    needed: bool
    """whether the function cannot be called without it"""
    accepts: Callable[[str], bool]
    """whether it takes a value of a slot"""
    problem: str = ""
    """why no slot can hold it, where ``kinds`` is empty"""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function of a ``Typed`` tool takes and answers."""

    arguments: Mapping[str, Argument]
    answers: frozenset[str] | None
    """the fields that every answer has, at its top; None where that is not known"""


@runtime_checkable
class Typed(Protocol):
    """A tool whose functions take values of certain types and answer with data alone: ``ToolResult.say`` is empty, and
    the site's form has the words."""

    @property
    def signatures(self) -> Mapping[str, Signature]:
        """The functions that may be used, by name."""
        ...


@runtime_checkable
class Forgetful(Protocol):
    """A tool that keeps what visitors said only for some time."""

    def forget(self, record: Callable[[int], None]) -> None:
        """Delete the records that are due; it is called often. ``record`` gets the number of records that go, and keeps
        them by raising an exception. Raises PortError."""
        ...


class Ledger(Protocol):
    """An append-only account of what the appliance did."""

    def append(self, event: str, **details: str | int | float | bool | None) -> None:
        """Keep a record. Raises PortError when the ledger cannot be relied on any more; the caller must then not do
        what the record is about."""
        ...

    def checkpoint(self) -> object:
        """Make what was recorded provable. Raises PortError."""
        ...

    @property
    def fault(self) -> PortError | None:
        """Why nothing may be done that would have to be recorded; None where recording works."""
        ...


class RecordingWriter(Protocol):
    """A recording that is being made. Used by one thread."""

    @property
    def id(self) -> str: ...

    def add(self, kind: Literal["audio", "words"], piece: bytes) -> None:
        """Add a piece to the recording. Raises PortError."""
        ...

    def end(self) -> None:
        """Finish the recording. Raises PortError."""
        ...


class Archive(Protocol):
    """Keeps conversations where the site wants that. Several threads may use it."""

    def begin(self, line: LineId) -> RecordingWriter:
        """Begin a recording of a line. Raises PortError."""
        ...

    def expire(self) -> list[str]:
        """Destroy the recordings that were kept for long enough. Returns their ids. Raises PortError."""
        ...

    def calendar_ahead_s(self) -> float:
        """Seconds by which the calendar is ahead of the time that this box saw pass, where an operator must say whether
        to believe the calendar; 0 otherwise."""
        ...
