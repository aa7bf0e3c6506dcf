"""What flows through the appliance: audio, and facts in the past tense.

A fact states what happened and when, in seconds of microphone audio since the stream began (``at_s``). Time is
counted in samples, so a recording replayed at any speed yields the same facts. Facts are immutable and may be handed
to any number of subscribers; the ones that carry words are never logged or stored unless the site asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from appliance.core.audio import Samples
from appliance.core.manner import PLAIN, Manner

CLEAR_SPEECH_CONFIDENCE = 0.8
"""Confidence of an ear from which its words are taken as they are. Of 21 questions in noise, the six with more than one
wrong word in ten all lay below, and so did four that were right."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What a recogniser made of one utterance."""

    text: str
    """lower-case words separated by single spaces; empty when nothing was understood"""
    confidence: float
    """0..1, mean probability of a piece of a word; 1 where an ear cannot tell"""
    ear: str
    """name of the recogniser that heard it"""
    p_stop: float | None = None
    """probability 0..1 that a mark which ends a sentence follows these words, by an ear that writes marks; None where
    none does"""

    @property
    def clear(self) -> bool:
        """Whether the recogniser was sure of the words."""
        return self.confidence >= CLEAR_SPEECH_CONFIDENCE


@dataclass(frozen=True, slots=True)
class WordSpan:
    """One spoken word and where its sound ends, in samples from the start of its clause."""

    text: str
    end: int


@dataclass(frozen=True, slots=True)
class WordTime:
    """One word that was heard and when it was said, in seconds."""

    text: str
    start_s: float
    end_s: float


# --- facts about the visitor ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SoundHeard:
    """There is a sound over a reply that is not the reply's echo. The fact is published again while the sound lasts."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SpeechSuspected:
    """A first moment of sound may be speech; ``SpeechStarted`` follows if it goes on."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """A person began to speak."""

    at_s: float
    aside: bool = False
    """whether the speech is much quieter than the visitor's; ``SpeechSuspected`` follows if that changes"""


@dataclass(frozen=True, slots=True)
class AsideNoticed:
    """The speaker's voice is not the visitor's, and it is quieter. ``SpeechSuspected`` follows if that changes."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The speaker fell silent. The turn may be over."""

    at_s: float
    speech_end_s: float
    """when the last speech was heard"""


Cue = Literal["sound", "melody", "words", "site", "form", "speaker"]
"""What tells whether a visitor has finished: how the last phrase sounded, its pitch, level and length, whether the
words are complete by themselves, whether they are to the site, what was asked for, and how long this speaker's pauses
are."""


@dataclass(frozen=True, slots=True)
class TurnEndPredicted:
    """The visitor pauses. ``transcript`` holds the whole turn if they say no more."""

    transcript: Transcript
    at_s: float


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """The speaker went on after a pause."""

    at_s: float


@dataclass(frozen=True, slots=True)
class PartialTranscript:
    """The words recognised so far in the current utterance. They replace the previous partial."""

    text: str
    at_s: float


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The visitor finished. An empty transcript means that sound was heard but no words."""

    transcript: Transcript
    speech_end_s: float
    at_s: float
    decided: Cue | None = None
    """what had the greatest part in how long the silence lasted; None where it was the longest turn or silence"""


@dataclass(frozen=True, slots=True)
class TextReceived:
    """The visitor wrote instead of speaking."""

    text: str


@dataclass(frozen=True, slots=True)
class TurnTakingChanged:
    """The program at the other end of a line wants turns to be taken in this way. An emergency is answered in any."""

    answers: bool = True
    """whether what the visitor says is answered at once; otherwise only ``TextReceived`` is"""
    interruptible: bool = True
    """whether the visitor's speech stops a reply; otherwise what was said meanwhile is answered after the reply"""
    prompts: bool = True
    """whether silence leads to a question whether the visitor is there, and in the end closes the conversation"""


@dataclass(frozen=True, slots=True)
class WordsGiven:
    """The program at the other end of a line says what is to be replied."""

    text: str
    asked: str = ""
    """the visitor's words to which it replies"""


@dataclass(frozen=True, slots=True)
class StopReceived:
    """The reply is not wanted any more: by a button and not by a word, or by the program at the other end."""

    turn_id: int | None = None
    """the reply that is meant; None for the one that is under way"""


@dataclass(frozen=True, slots=True)
class ReplyCut:
    """Less of a reply was heard at the other end of a line than was sent. The reply is over."""

    turn_id: int
    heard: str
    """the words that were heard"""


@dataclass(frozen=True, slots=True)
class VisitorArrived:
    """A visitor has come and has not spoken yet. A button, a sensor or the control socket reports it."""


@dataclass(frozen=True, slots=True)
class VisitorLeft:
    """The line is closed. No visitor can hear or be heard on it any more."""


@dataclass(frozen=True, slots=True)
class TurnScored:
    """How likely it is that the visitor's sentence is complete."""

    text: str
    """the partial transcript it is about"""
    p_complete: float
    """probability 0..1 that the words are a complete sentence, by the language model"""
    p_ends: float | None = None
    """probability 0..1 that a sentence of the site ends there; None where the words are none of the site's"""
    dictating: bool = False
    """whether the words end in the middle of a dictation: digits, letters, parts of an address"""
    p_whole: float | None = None
    """probability 0..1 that they are a whole question that the site knows, with nothing open, where as many are as are
    not; None where they are none that it knows"""
    answerable: bool = False
    """whether they already name a fact or a task, with nothing open, so that a reply to them can be made"""


# --- facts about the appliance ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReplyStarted:
    """The first words of a reply exist (the model's first token, or a fixed sentence)."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class ClauseVoiced:
    """A clause of a reply was synthesized and handed to the speaker."""

    turn_id: int
    text: str
    start: int
    """first sample of the clause, counted from the start of the reply at the speaker's rate"""
    samples: int
    words: tuple[WordSpan, ...]


@dataclass(frozen=True, slots=True)
class ReplyThought:
    """The reply is complete as text. Its sound may still be playing."""

    turn_id: int
    text: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Played:
    """Sound of a reply left the speaker."""

    turn_id: int
    samples: int
    """samples of this reply played so far, at the speaker's rate"""
    finished: bool
    """whether this was the last of the reply"""


@dataclass(frozen=True, slots=True)
class ReplyStopped:
    """A cancelled reply fell silent."""

    turn_id: int
    samples: int
    """samples of this reply that had left the speaker, at the speaker's rate"""


Action = Literal["continue", "hand_over", "close", "emergency"]


AnswerKind = Literal["anything", "confirm", "value"]
"""What an answer is expected to be: anything, yes or no, or something dictated piece by piece (a number, a date, a
name, an e-mail address, an identifier)."""


OutcomeKind = Literal[
    "answer",
    "unknown",
    "ask",
    "confirm",
    "done",
    "refused",
    "smalltalk",
    "handover",
    "goodbye",
    "emergency",
    "reprompt",
]
"""What kind of reply it was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reply meant for the conversation, and what it rested on (for the record, never containing words said)."""

    action: Action = "continue"
    """what the dialogue does once the reply was spoken"""
    kind: OutcomeKind = "answer"
    facts: tuple[str, ...] = ()
    """identifiers of the site facts used"""
    tools: tuple[str, ...] = ()
    """``tool.function`` names called with effect"""
    replaced: bool = False
    """whether the grounding check replaced the model's words"""
    expects: AnswerKind = "anything"
    """the kind of answer that the reply asked for"""
    manner: Manner = PLAIN
    """how the voice speaks from this reply on"""
    route: str = field(default="", compare=False)
    """how the reply was made, where ``kind`` does not tell; it helps to find faults. One of ``fact | opening hours |
    several facts | comparison | small talk | form | conversation | clock | composed``"""


@dataclass(frozen=True, slots=True)
class AnswerExpected:
    """What the appliance has just asked for."""

    kind: AnswerKind


# --- facts about the world ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A tick of stream time, so that time-outs need no clock."""

    at_s: float


@dataclass(frozen=True, slots=True)
class AudioDropped:
    """Microphone audio was lost because listening fell behind."""

    samples: int
    at_s: float


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """A sound device stopped delivering or accepting audio."""

    device: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceReturned:
    """A lost sound device works again."""

    device: str


BargeInMode = Literal["half_duplex", "words", "full"]
"""How much of barge-in the echo allows; see ``hearing.echo``."""


@dataclass(frozen=True, slots=True)
class EchoMeasured:
    """How well the echo canceller works. The fact is published every few seconds while sound is played."""

    at_s: float
    erle_db: float | None
    """how much quieter it makes the echo (ERLE), in dB; None while no echo can be heard"""
    loss_db: float | None
    """level of the echo at the microphone against what was played, in dB; None while no echo can be heard"""
    delay_s: float | None
    """seconds by which the microphone is later than the loudspeaker; None while they are not known"""
    mode: BargeInMode


@dataclass(frozen=True, slots=True)
class BargeInModeChanged:
    """The echo is cancelled better or worse than before, so more or less barge-in is allowed."""

    mode: BargeInMode
    erle_db: float | None
    at_s: float


# --- facts about the conversation ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConversationOpened:
    """A conversation with a new visitor began. Nothing of the previous one is used any more."""

    conversation_id: int
    at_s: float


@dataclass(frozen=True, slots=True)
class ConversationClosed:
    """The conversation ended."""

    conversation_id: int
    at_s: float
    reason: str
    """``goodbye | silence | handed over | emergency | left``"""


@dataclass(frozen=True, slots=True)
class ReplyInterrupted:
    """The visitor spoke over a reply, and it was stopped."""

    turn_id: int
    heard: str
    """the words whose sound had left the speaker"""
    at_s: float


@dataclass(frozen=True, slots=True)
class OverlapJudged:
    """The dialogue decided what the speech over a reply is."""

    turn_id: int
    kind: Literal["interruption", "backchannel", "ignored"]
    """``ignored``: noise, or a conversation of other people; it went on for long without being an interruption"""
    speech_s: float
    """seconds for which it had been heard"""
    at_s: float


@dataclass(frozen=True, slots=True)
class TurnFailed:
    """A reply could not be made, or nothing of it could be said."""

    turn_id: int
    reason: str
    """class and place of the error (``faults.fault``); its message may hold what was said"""


@dataclass(frozen=True, slots=True)
class ClauseSkipped:
    """A clause of a reply could not be said. The reply goes on with the next one."""

    turn_id: int
    reason: str
    """as in ``TurnFailed``"""


Fact = (
    SoundHeard
    | SpeechSuspected
    | SpeechStarted
    | AsideNoticed
    | SpeechPaused
    | SpeechResumed
    | TurnEndPredicted
    | PartialTranscript
    | TurnEnded
    | TextReceived
    | TurnTakingChanged
    | WordsGiven
    | StopReceived
    | ReplyCut
    | VisitorArrived
    | VisitorLeft
    | TurnScored
    | AnswerExpected
    | ReplyStarted
    | ClauseVoiced
    | ReplyThought
    | Played
    | ReplyStopped
    | TimePassed
    | AudioDropped
    | DeviceLost
    | DeviceReturned
    | EchoMeasured
    | BargeInModeChanged
    | ConversationOpened
    | ConversationClosed
    | ReplyInterrupted
    | OverlapJudged
    | TurnFailed
    | ClauseSkipped
)


LineId = str
"""Names one line for as long as the process lives. It is the door by which the line came, and from the second line of a
door on a number follows (``room``, ``wyoming``, ``wyoming-2``). Turns and conversations are counted on each line from
1, so the line's id and the count together are unique in the process."""

ROOM: LineId = "room"
"""the line of a box's own microphone and loudspeaker"""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A fact, the line it is about, and when it became known."""

    line: LineId
    fact: Fact
    monotonic_s: float
    """by ``time.monotonic``"""


@dataclass(frozen=True, slots=True, eq=False)
class VoicedChunk:
    """A piece of synthesized speech on its way to the speaker."""

    turn_id: int
    samples: Samples


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the chat that a language model sees."""

    role: Literal["system", "user", "assistant", "facts", "tool"]
    content: str
    interrupted: bool = False
    """whether the visitor spoke over the rest of it"""
    turn_id: int | None = field(default=None, compare=False)
    """the reply that it was"""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool answered."""

    ok: bool
    say: str
    """one plain sentence or fact for the visitor; every figure and name in it is true"""
    data: dict[str, object] = field(default_factory=dict)
    """machine-readable details"""
