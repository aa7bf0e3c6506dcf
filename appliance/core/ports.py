"""The appliance's sockets for the outside world: devices, engines and tools, as Protocols.

Stages see these and never a library. Every call may block in native code; those that take a ``Turn`` return early,
without an error, once it is cancelled.

An *engine* owns weights and is opened once: ``Vad``, ``Ear``, ``LanguageModel``. Its ``stream`` or ``session`` owns the
state of one conversation. One thread at a time uses a stream; the streams of one engine may be used by several threads
at once, and none changes what another one gives. What has no such state (``Voice``, the embedders) may be called by
several threads. A stream's memory is given back when the last reference to it goes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from appliance.core.audio import AudioFrame, Samples
from appliance.core.facts import (
    DeviceLost,
    DeviceReturned,
    Message,
    Played,
    ToolResult,
    Transcript,
    VoicedChunk,
    WordSpan,
)
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
        """Begin delivering. ``changed`` reports a lost or returned device; ``ended`` that no more audio will come
        (a recording). Raises PortError when the device cannot be opened at all."""
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
        """Queue sound; blocks in short waits while a few seconds are waiting already. False if ``turn`` is
        cancelled."""
        ...

    def finish(self, turn: Turn) -> None:
        """No more sound of this turn comes; ``Played(finished=True)`` follows when the last sample has left."""
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
        """Tell ``listener`` all sound that leaves, silence too, with the position of its first sample since the
        start; in the device's own thread, so it must only copy."""
        ...

    def stop(self) -> None: ...


class EchoCanceller(Protocol):
    """Takes out of the microphone's sound what the loudspeaker put into it. It learns one room: a line has its own."""

    def cancel(self, reference: Samples, microphone: Samples) -> Samples:
        """``reference`` is what was played, ``microphone`` what was heard, each ``FRAME_SAMPLES`` of them, and the
        reference is never later than its echo. Returns as many samples without the echo."""
        ...

    def expect_delay(self, delay_s: float) -> None:
        """The echo was measured to be this much later than its reference."""
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
        """Of the ear, as transcripts give it."""
        ...

    def start(self) -> None:
        """Begin an utterance, forgetting any unfinished one."""
        ...

    def accept(self, samples: Samples) -> str:
        """Take more audio at ``SAMPLE_RATE_HZ``, any length; returns the partial text so far."""
        ...

    def pause(self) -> Transcript:
        """The speaker fell silent: work ahead on what ``finish`` will say, and tell what it would probably say now.
        Until ``resume`` only silence follows."""
        ...

    def resume(self) -> None:
        """The speaker went on after a ``pause``: what was worked out ahead no longer holds."""
        ...

    def finish(self) -> Transcript:
        """End the utterance."""
        ...


class LanguageModel(Protocol):
    """A chat model."""

    def session(self) -> Session:
        """Begin conversations, one after the other, with a prefix of their own. Raises PortError where there is no
        memory for it."""
        ...


class Session(Protocol):
    """What a ``LanguageModel`` evaluated for one line: a prefix that what two consecutive calls share is kept in.

    The one kind of state that several threads may use at once: they take turns, token by token, so that the end of a
    turn is judged while a reply is being written.
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
        """Keep nothing of earlier calls but what comes of ``kept``, the messages that every conversation begins
        with."""
        ...


class Finality(Protocol):
    """Whether somebody has finished, by how their last phrase sounded."""

    def log_odds(self, samples: Samples) -> float:
        """Natural log odds that the speaker has finished. ``samples``: the last seconds at ``SAMPLE_RATE_HZ``, up to
        now, some 0.1 s of silence after the phrase included."""
        ...


class VoiceEmbedder(Protocol):
    """What somebody's voice is like, so that two stretches of speech can be compared."""

    def embed(self, speech: Samples) -> Samples:
        """A unit vector, float32; the more alike two voices are, the nearer to 1 is the vectors' product.
        ``speech``: a second or more of it at ``SAMPLE_RATE_HZ``, without long silences."""
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


@dataclass(frozen=True, slots=True, eq=False)
class Voiced:
    """Sound of (part of) a clause."""

    samples: Samples
    words: tuple[WordSpan, ...]
    """the words that end within ``samples``, as the text wrote them (split at white space, punctuation kept); ends
    count from the first sample of this piece"""


class Voice(Protocol):
    """Text to speech. Without the state of a conversation: several threads may speak with one voice at once."""

    @property
    def rate_hz(self) -> int:
        """Rate of the samples it makes."""
        ...

    def synthesize(self, text: str, turn: Turn) -> Iterator[Voiced]:
        """Speak one clause. Joined by spaces, the words of all pieces are the words of ``text``."""
        ...


class Tool(Protocol):
    """Something the appliance can do for a visitor."""

    @property
    def name(self) -> str: ...

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """Run one of the tool's functions with values the host has checked.

        Raises PortError when the tool failed or took too long (its effect is then unknown and the visitor is told
        so); a refusal, such as a slot that is taken, is a result with ``ok=False``.
        """
        ...


@runtime_checkable
class Described(Protocol):
    """A tool that says what it can do, so that a site file is checked before anybody talks."""

    @property
    def functions(self) -> Mapping[str, Sequence[Mapping[str, str]]]:
        """Function to what it cannot do without. For each of these, the arguments of which one must be given, and the
        kind of the slot that holds it."""
        ...


@runtime_checkable
class Forgetful(Protocol):
    """A tool that keeps what visitors said only for some time."""

    def forget(self, record: Callable[[int], None]) -> None:
        """Delete what is due; called often. ``record`` is told how many records go, and keeps them by raising. Raises
        PortError."""
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
        """Why nothing may go on that would have to be recorded."""
        ...


class Archive(Protocol):
    """Keeps conversations where the site wants that."""

    def begin(self) -> str:
        """Begin a recording; its identity. Raises PortError."""
        ...

    def add(self, kind: Literal["audio", "words"], piece: bytes) -> None:
        """Add to the recording that was begun. Raises PortError."""
        ...

    def end(self) -> None:
        """Finish the recording. Raises PortError."""
        ...

    def expire(self) -> list[str]:
        """Destroy what was kept for long enough; identities. Raises PortError."""
        ...

    def calendar_ahead_s(self) -> float:
        """By how much the calendar is ahead of the time that passed as far as this box saw, when an operator must say
        whether to believe it; 0 otherwise."""
        ...
