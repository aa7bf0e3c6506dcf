"""Speech over a reply: what is known about the visitor's utterance, and what is done to the reply meanwhile.

Pure. ``dialogue`` keeps one ``Utterance`` and hands over every fact that comes while a reply is audible. ``step`` says
what the utterance is then, and what is done to the reply. A listener's "mm-hmm" asks it to go on, and most
sounds of a public place are not meant for it. Stopping for them is the commonest fault of voice appliances. A
recogniser hears words even in a cough, so one odd word proves nothing until the sound has lasted.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from appliance.config.site import Interruptions
from appliance.core.facts import (
    AsideNoticed,
    BargeInMode,
    Fact,
    PartialTranscript,
    SoundHeard,
    SpeechResumed,
    SpeechStarted,
    SpeechSuspected,
    TimePassed,
    TurnEnded,
    TurnEndPredicted,
)
from appliance.language.templates import expand_all
from appliance.language.words import plain_words

OVERLAP_S = 3.0
"""Seconds after which speech over a reply is not meant for the appliance, since a visitor's words would have been
recognised by then. The reply goes on."""

SUSPICION_S = 0.2
"""Seconds for which a reply stays ducked or held when a first moment of sound turned out not to be speech."""

# --- the value ----------------------------------------------------------------------------------------------------

OverlapKind = Literal["sound", "suspected", "background", "watched", "ducked", "held", "restored"]
"""What the sound over a reply is, and what was done to the reply for it. Before it is known to be speech, a ``sound``
ducks and ``suspected`` speech ducks or holds. Speech of people in the ``background``, by its loudness or its voice,
changes nothing. For the visitor's speech the reply is ``ducked``, ``held``, ``restored`` after either, or left as it is
(``watched``)."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """There is sound over the current reply."""

    kind: OverlapKind
    since_s: float

    @property
    def is_speech(self) -> bool:
        """Whether an utterance has begun."""
        return self.kind not in ("sound", "suspected")

    @property
    def lowers_reply(self) -> bool:
        """Whether the reply is not at its full level."""
        return self.kind in ("sound", "suspected", "ducked", "held")


@dataclass(frozen=True, slots=True)
class Outlasting:
    """The utterance began over a reply that has ended since."""

    question: bool
    """whether that reply ended with a question, which the utterance may answer"""


Utterance = Overlap | Outlasting | Literal["interruption_accepted", "ignoring_input", "emergency_raised"]
"""What is special about what the visitor is saying: it is over a reply or began over one, it stopped a reply, it is not
answered, or it has raised the emergency already."""


# --- what follows -------------------------------------------------------------------------------------------------

Action = Literal["duck", "hold", "go_on", "interrupt", "backchannel", "ignored"]
"""What is done to the reply (``duck``, ``hold``, ``go_on`` after either, ``interrupt``), or what the overlap was found
to be where it does not interrupt: a ``backchannel``, or ``ignored`` because it went on for long or is the
background's."""


@dataclass(frozen=True, slots=True)
class AudibleReply:
    """The reply that is spoken over, as far as ``step`` depends on it."""

    mode: BargeInMode
    """how much of barge-in the echo allows"""
    text: str = ""
    """what it has said so far"""
    speech_end_s: float = 0.0
    """when the speaker fell silent last"""

    @property
    def words(self) -> frozenset[str]:
        """Its words as a recogniser would write them."""
        return frozenset(plain_words(self.text))


Step = tuple[Overlap | Literal["interruption_accepted"] | None, tuple[Action, ...]]


class BargeIn:
    """The rules of one site."""

    def __init__(self, words: Interruptions, *, hold_s: float = 0.0, compares_voices: bool = False) -> None:
        """A reply falls silent after ``hold_s`` seconds of speech over it; at 0 the first moment is enough.
        ``compares_voices`` says that ``AsideNoticed`` may come."""
        self._words = OverlapWords(words, compares_voices=compares_voices)
        self._hold_s = hold_s

    def is_backchannel(self, text: str) -> bool:
        """Whether the words are nothing but backchannels, and there are some."""
        return self._words.is_backchannel(text)

    def step(self, overlap: Overlap | None, fact: Fact, reply: AudibleReply) -> Step:
        """What a fact makes of the overlap, and what is to be done, in order. Facts that say nothing about what the
        visitor says over the reply change nothing."""
        match fact:
            case SoundHeard() if reply.mode == "full" and (overlap is None or overlap.kind == "sound"):
                return Overlap("sound", fact.at_s), ("duck",) if overlap is None else ()
            case SpeechSuspected() if reply.mode == "full":
                return self._suspected(overlap, fact.at_s)
            case SpeechStarted():
                return self._started(overlap, fact, reply.mode)
        if overlap is None:
            return None, ()
        match fact:
            case AsideNoticed():
                # Loudness did not tell the speaker from the visitor. The reply is no longer lowered for this speech.
                return replace(overlap, kind="background"), ("go_on", "ignored") if overlap.lowers_reply else ()
            case PartialTranscript() if overlap.kind != "background":
                speech_s = fact.at_s - overlap.since_s
                verdict = self._words.partial(fact.text, speech_s, reply.mode, reply.words)
                return _interrupted() if verdict == "interruption" else (overlap, ())
            case TurnEndPredicted():
                return self._paused(overlap, fact.transcript.text, reply)
            case SpeechResumed() if overlap.kind == "restored" and fact.at_s - overlap.since_s < OVERLAP_S:
                return self._lowered(overlap)
            case TurnEnded():
                if self._verdict(overlap, fact.transcript.text, fact.speech_end_s, reply) == "interruption":
                    return _interrupted()
                return None, ("go_on", "backchannel") if overlap.lowers_reply else ()
            case TimePassed():
                return self._lasts(overlap, fact.at_s)
        return overlap, ()

    def _suspected(self, overlap: Overlap | None, at_s: float) -> Step:
        if overlap is not None and overlap.kind == "background":
            # The speech got as loud as the visitor's, so it is the visitor's.
            return self._lowered(overlap)
        if overlap is not None and overlap.is_speech:
            return overlap, ()
        suspected = Overlap("suspected", at_s)
        if overlap is not None and overlap.kind == "suspected":
            return suspected, ()
        if not self._hold_s:
            return suspected, ("hold",)
        return suspected, ("duck",) if overlap is None else ()

    def _started(self, overlap: Overlap | None, fact: SpeechStarted, mode: BargeInMode) -> Step:
        if overlap is not None and overlap.kind in ("ducked", "held"):
            return overlap, ()
        if overlap is not None and not overlap.is_speech:
            if fact.aside:
                return replace(overlap, kind="background"), ("go_on",)
            lowered, actions = self._lowered(overlap)
            return lowered, () if overlap.kind == "suspected" else actions
        if fact.aside:
            return Overlap("background", fact.at_s), ()
        watched = Overlap("watched", fact.at_s)
        return self._lowered(watched) if mode == "full" else (watched, ())

    def _paused(self, overlap: Overlap, text: str, reply: AudibleReply) -> Step:
        """The sound is over and its words are known. Decide at once, without waiting for the end of the turn."""
        if self._verdict(overlap, text, reply.speech_end_s, reply) == "interruption":
            return _interrupted()
        if overlap.kind not in ("ducked", "held"):
            return overlap, ()
        return replace(overlap, kind="restored"), ("go_on", "backchannel")

    def _lasts(self, overlap: Overlap, at_s: float) -> Step:
        lasted_s = at_s - overlap.since_s
        if not overlap.is_speech:
            return (overlap, ()) if lasted_s < SUSPICION_S else (None, ("go_on",))
        if overlap.kind in ("ducked", "held") and lasted_s >= OVERLAP_S:
            return replace(overlap, kind="watched"), ("go_on", "ignored")
        if overlap.kind == "ducked" and lasted_s >= self._hold_s:
            return replace(overlap, kind="held"), ("hold",)
        return overlap, ()

    def _lowered(self, overlap: Overlap) -> Step:
        if self._hold_s:
            return replace(overlap, kind="ducked"), ("duck",)
        return replace(overlap, kind="held"), ("hold",)

    def _verdict(self, overlap: Overlap, text: str, speech_end_s: float, reply: AudibleReply) -> Verdict:
        if overlap.kind == "background":
            return self._words.background(text)
        return self._words.final(text, speech_end_s - overlap.since_s, reply.mode, reply.words)


def _interrupted() -> Step:
    return "interruption_accepted", ("interrupt",)


# --- words --------------------------------------------------------------------------------------------------------

Verdict = Literal["interruption", "backchannel", "undecided"]

_SURE_S = 0.8
"""seconds of speech from which the words of an unfinished sentence count. What was understood of its beginning is often
wrong, and the reply is silent already."""

_COMPARED_S = 1.3
"""replaces ``_SURE_S`` where voices are compared, which takes a second of speech; the reply is silent meanwhile"""

_WHOLE_S = 0.5
"""seconds of speech from which the words of a finished sentence count. Listeners' backchannels are mostly shorter, and
an ear makes words of a cough."""

_FEWEST_WORDS = {"full": 1, "words": 3, "half_duplex": 1_000_000}
"""fewest words that make an interruption, by barge-in mode; one or two odd words may be a residue of echo"""


class OverlapWords:
    """Judges the words over a reply, with one site's own phrases."""

    def __init__(self, words: Interruptions, *, compares_voices: bool = False) -> None:
        self._sure_s = _COMPARED_S if compares_voices else _SURE_S
        self._stop = [plain_words(phrase) for phrase in expand_all(words.stop)]
        self._backchannels = tuple(
            sorted((plain_words(phrase) for phrase in expand_all(words.backchannels)), key=len, reverse=True)
        )

    def partial(self, text: str, speech_s: float, mode: BargeInMode, own: Collection[str]) -> Verdict:
        """Judge the words so far. ``speech_s`` is how long the speaker has been heard; ``own`` are the words that the
        reply says, which count for nothing below the full mode."""
        return self._judge(text, speech_s, mode, own, self._sure_s)

    def _judge(self, text: str, speech_s: float, mode: BargeInMode, own: Collection[str], sure_s: float) -> Verdict:
        words = plain_words(text)
        if mode != "full":
            words = [word for word in words if word not in own]
        if self.is_stop(words):
            return "interruption"
        left = self._without_backchannels(words)
        if not left:
            return "backchannel" if words else "undecided"
        certain = len(left) >= _FEWEST_WORDS[mode] and speech_s >= sure_s
        return "interruption" if certain else "undecided"

    def final(self, text: str, speech_s: float, mode: BargeInMode, own: Collection[str]) -> Verdict:
        """Judge a whole utterance. Words that are left undecided are no interruption."""
        verdict = self._judge(text, speech_s, mode, own, _WHOLE_S)
        return "backchannel" if verdict == "undecided" else verdict

    def background(self, text: str) -> Verdict:
        """Judge a whole utterance of people in the background. Only a stop word alone interrupts. Among people who talk
        to each other, a sentence begins or ends with "no" or "wait" every other minute."""
        return "interruption" if plain_words(text) in self._stop else "backchannel"

    def is_stop(self, words: list[str]) -> bool:
        """Whether the words hold a stop word (or phrase) at their start or end. In the middle of a sentence, "stop" may
        be a bus stop."""
        return any(words[: len(phrase)] == phrase or words[-len(phrase) :] == phrase for phrase in self._stop if phrase)

    def is_backchannel(self, text: str) -> bool:
        """Whether the words are nothing but backchannels, and there are some."""
        words = plain_words(text)
        return bool(words) and not self._without_backchannels(words)

    def _without_backchannels(self, words: list[str]) -> list[str]:
        left: list[str] = []
        at = 0
        while at < len(words):
            length = next((len(p) for p in self._backchannels if p and words[at : at + len(p)] == p), 0)
            if length:
                at += length
            else:
                left.append(words[at])
                at += 1
        return left
