"""Turn-taking: ``step(state, fact) -> (state, commands)``.

Pure. Every decision of the appliance about who speaks is here; the thread around it only carries commands out. The
phases:

- ``idle``: nobody is there. The first speech, or the arrival of a visitor, opens a conversation.
- ``listening``: it is the visitor's turn. Silence leads to re-prompts, then to the end of the conversation.
- ``thinking``: a reply is being made and nothing of it is audible yet.
- ``speaking``: a reply is audible. Sound over it makes it quieter (``Duck``), the first moment of speech silent
  (``Hold``): nobody can tell an interruption from a "mm-hmm" by its first tenth of a second, and who is interrupted
  falls silent first and then listens. Then it is found out what the speech is (``overlap``): for an interruption the
  reply is cancelled, for all else it goes on (``GoOn``). How much of that is done depends on how well the echo is
  cancelled (``echo``). Ducking always ends: with the sound, with the reply, or after ``OVERLAP_S``.

Emergency phrases are looked for in every partial transcript, in every phase, and always win. What is said to them is
said to its end, whatever is shouted meanwhile, and again where it could not be heard to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from appliance.config.site import Site
from appliance.conversation.barge_in import Judgement, Verdict, plain
from appliance.conversation.commands import (
    CallTool,
    Cancel,
    Command,
    Confirm,
    Duck,
    Forget,
    GoOn,
    Hold,
    Judge,
    Prepare,
    Publish,
    Reply,
    Speak,
)
from appliance.conversation.emergency import Alarms
from appliance.conversation.history import History, heard
from appliance.core.facts import (
    AnswerExpected,
    AsideNoticed,
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    DeviceReturned,
    Fact,
    LadderClimbed,
    Outcome,
    OverlapJudged,
    PartialTranscript,
    Played,
    ReplyInterrupted,
    ReplyStopped,
    ReplyThought,
    Rung,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSuspected,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnFailed,
    TurnForeseen,
    TurnJudged,
    VisitorArrived,
    VisitorLeft,
)

_SPECULATE_FROM = 0.1
"""Probability of being complete from which words are answered before the turn is over."""

Phase = Literal["idle", "listening", "thinking", "speaking"]

OVERLAP_S = 3.0
"""After this long what speaks over a reply is not speaking to the appliance (a visitor's words would have been
recognised by then): the reply goes on."""

EMERGENCY_TRIES = 3
"""So often the sentence said in an emergency is tried, when the voice fails at it."""

SUSPICION_S = 0.2
"""For this long a reply stays ducked or held when a first moment of sound turned out not to be speech."""

Overlap = Literal["sounded", "suspected", "watched", "ducked", "held", "restored"]
"""What was done about the sound over the current reply. Before it is certain that it is speech: ``Duck``; ``Duck`` or
``Hold``. Since then: nothing; ``Duck``; ``Hold``; ``GoOn``."""

_LOWERED: tuple[Overlap, ...] = ("sounded", "suspected", "ducked", "held")
"""the reply is not at its full level"""


# --- state --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """Everything the dialogue knows. Of a conversation nothing outlives it but the two counters, and whether a sentence
    said in an emergency is still owed."""

    phase: Phase = "idle"
    now_s: float = 0.0
    conversation_id: int = 0
    turn_id: int = 0
    history: History = field(default_factory=History)
    visitor_speaking: bool = False
    deaf: bool = False
    """half duplex: this utterance began while a reply was audible and is not answered"""
    rung: Rung = "full"
    """how much of barge-in the echo allows"""
    overlap: Overlap | None = None
    """this utterance is over the current reply, and what was done about it"""
    overlap_since_s: float = 0.0
    speech_end_s: float = 0.0
    """before the pause that the speaker makes"""
    aside: bool = False
    """this utterance is not the visitor's, by its loudness or its voice"""
    heeded: bool = False
    """this utterance stopped a reply"""
    stopping: bool = False
    """a reply was interrupted, and what was heard of it is not known yet"""
    deferred: TurnEnded | None = None
    """what the visitor finished saying meanwhile"""
    over_question: bool | None = None
    """this utterance began over a reply that has ended since; whether that was a question"""
    alarmed: bool = False
    """this utterance already raised the emergency"""
    partial: str = ""
    asked: str = ""
    """what the visitor said, to which the current reply answers"""
    unheard_id: int | None = None
    """the first reply of which nothing was heard, since the last one of which something was"""
    speculated: str | None = None
    """words that a speculative reply answers, while one is under way"""
    foreseen: Transcript | None = None
    """in a pause: what the visitor will have said if they say no more"""
    clauses: tuple[ClauseVoiced, ...] = ()
    outcome: Outcome | None = None
    """of the current reply, once it is known"""
    quiet_since_s: float = 0.0
    reprompts: int = 0
    apology_id: int = 0
    """the turn in which the visitor is told that the reply before it failed"""
    emergency_tries: int = 0
    """how often the sentence said in an emergency was begun in this conversation"""
    emergency_owed: bool = False
    """the loudspeaker was lost before that sentence had been heard"""


class Dialogue:
    """The rules of one site."""

    def __init__(
        self,
        site: Site,
        *,
        barge_in: bool = True,
        speculate: bool = True,
        hold_s: float = 0.0,
        compares_voices: bool = False,
        shuts_out: bool = False,
    ) -> None:
        """``hold_s`` of speech over a reply make it silent; at 0 the first moment does. ``compares_voices``:
        ``AsideNoticed`` may come; ``shuts_out``: whom it is about is not answered."""
        self._site = site
        self._hold_s = hold_s
        self._shuts_out = shuts_out
        self._speculate = speculate
        self._barge_in = barge_in
        self._overlaps = Judgement(site.interruptions, compares_voices=compares_voices)
        self._alarms = Alarms(site.emergency)

    def step(self, state: State, fact: Fact) -> tuple[State, tuple[Command, ...]]:
        """What a fact changes, and what is to be done about it, in order."""
        match fact:
            case TimePassed():
                return self._time_passed(replace(state, now_s=fact.at_s))
            case VisitorArrived():
                return self._visitor_arrived(state)
            case VisitorLeft():
                return self._visitor_left(state)
            case SoundHeard():
                return self._sound_heard(replace(state, now_s=fact.at_s))
            case SpeechSuspected():
                return self._speech_suspected(replace(state, now_s=fact.at_s))
            case SpeechStarted():
                return self._speech_started(replace(state, now_s=fact.at_s, visitor_speaking=True, aside=fact.aside))
            case AsideNoticed():
                return self._aside_noticed(replace(state, now_s=fact.at_s, aside=True))
            case SpeechResumed():
                return self._speech_resumed(replace(state, now_s=fact.at_s))
            case LadderClimbed():
                return replace(state, rung=fact.rung), ()
            case TurnJudged():
                return self._turn_judged(state, fact)
            case TurnForeseen():
                return self._turn_foreseen(replace(state, now_s=fact.at_s), fact.transcript)
            case PartialTranscript():
                return self._partial(replace(state, now_s=fact.at_s, partial=fact.text))
            case SpeechPaused():
                return replace(state, now_s=fact.at_s, speech_end_s=fact.speech_end_s), ()
            case TurnEnded():
                return self._turn_ended(replace(state, now_s=fact.at_s, visitor_speaking=False), fact)
            case ClauseVoiced() if fact.turn_id == state.turn_id:
                # One that was under way when its reply was stopped still counts towards what was heard.
                phase = "speaking" if state.phase == "thinking" else state.phase
                return replace(state, phase=phase, clauses=(*state.clauses, fact)), ()
            case ReplyThought() if fact.turn_id == state.turn_id and state.speculated is not None:
                return replace(state, outcome=fact.outcome), ()
            case ReplyThought() if fact.turn_id == state.turn_id and state.phase in ("thinking", "speaking"):
                return replace(state, outcome=fact.outcome), self._act_on(fact.outcome)
            case TurnFailed() if fact.turn_id == state.turn_id and state.speculated is not None:
                # Whether it fails again is seen when the visitor has really finished.
                return self._unspeculate(state)
            case Played(finished=True) if fact.turn_id == state.turn_id and state.phase in ("thinking", "speaking"):
                return self._reply_finished(state, fact.samples)
            case ReplyStopped() if fact.turn_id == state.turn_id:
                return self._reply_stopped(state, fact)
            case TurnFailed() if fact.turn_id == state.turn_id and state.phase in ("thinking", "speaking"):
                return self._turn_failed(state)
            case DeviceReturned() if state.emergency_owed and not self._calls_for_help(state):
                return self._say_in_emergency(state)
        return state, ()

    # --- the visitor ----------------------------------------------------------------------------------------------

    def _visitor_arrived(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.phase != "idle":
            return state, ()
        state, opened = self._open(state)
        state, speak = self._speak(state, self._site.persona.greeting, Outcome(kind="smalltalk"))
        return state, (*opened, *speak)

    def _visitor_left(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.phase == "idle":
            return state, ()
        state, cancel = self._unspeculate(state)
        if state.phase in ("thinking", "speaking"):
            cancel = (*cancel, Cancel(state.turn_id))
        state, closed = self._close(state, "left")
        return state, (*cancel, *closed)

    def _speech_started(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.overlap in ("ducked", "held"):
            return state, ()
        if state.overlap in ("sounded", "suspected"):
            before = state.overlap
            state = replace(state, partial="", deaf=False, alarmed=False, heeded=False, over_question=None)
            if state.aside:
                return self._go_on(replace(state, overlap="watched"), before)
            state, lowered = self._lower(state)
            return state, () if before == "suspected" else lowered
        state = replace(state, partial="", deaf=False, alarmed=False, heeded=False, overlap=None, over_question=None)
        if state.phase == "idle":
            return self._open(state)
        if self._calls_for_help(state):
            return state, ()
        if state.phase == "thinking":
            # Nothing was audible: the visitor merely goes on. The words of both parts make one turn.
            return replace(self._unheard(state), phase="listening"), (Cancel(state.turn_id),)
        if state.phase == "speaking":
            return self._overlap_began(state)
        return state, ()

    def _aside_noticed(self, state: State) -> tuple[State, tuple[Command, ...]]:
        """Somebody talks whom loudness did not tell from the visitor: nothing falls silent for them any more."""
        if state.overlap is not None:
            state, goes_on = self._go_on(replace(state, overlap="watched"), state.overlap)
            return state, (*goes_on, self._judged(state, "ignored")) if goes_on else ()
        began_over_reply = state.over_question is not None
        if state.phase != "listening" or state.heeded or state.asked or not (self._shuts_out or began_over_reply):
            return state, ()
        state, cancel = self._unspeculate(state)
        return replace(state, deaf=True), cancel

    def _partial(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if not state.alarmed and self._is_emergency(state.partial):
            return self._emergency(state)
        if state.overlap is not None:
            return self._overlap_heard(state)
        if state.phase == "listening" and not state.deaf and state.partial:
            return state, (Prepare(self._joined(state, state.partial), state.history),)
        return state, ()

    # --- speculation ----------------------------------------------------------------------------------------------

    def _turn_foreseen(self, state: State, heard: Transcript) -> tuple[State, tuple[Command, ...]]:
        """Find out whether the words are complete."""
        if state.overlap is not None:
            return self._overlap_paused(state, heard.text)
        words = self._joined(state, heard.text)
        if state.phase != "listening" or state.deaf or state.alarmed or words == state.speculated:
            return state, ()
        if state.stopping or self._accompanied(state, heard.text):
            return state, ()
        state, cancel = self._unspeculate(state)
        if not heard.text or self._is_emergency(heard.text):
            return state, cancel
        heard = replace(heard, text=words)
        return replace(state, foreseen=heard), (*cancel, Judge(words, state.history))

    def _turn_judged(self, state: State, judged: TurnJudged) -> tuple[State, tuple[Command, ...]]:
        """Answer, unheard, what the visitor has probably finished saying."""
        heard = state.foreseen
        if heard is None or heard.text != judged.text:
            return state, ()  # the visitor went on
        state = replace(state, foreseen=None)
        if not self._speculate or judged.complete < _SPECULATE_FROM:
            return state, ()
        state = replace(state, turn_id=state.turn_id + 1, speculated=heard.text, clauses=(), outcome=None)
        return state, (Reply(state.turn_id, heard, state.history, speculative=True, replaces=state.unheard_id),)

    def _unspeculate(self, state: State) -> tuple[State, tuple[Command, ...]]:
        """The visitor goes on, or said something else: the speculative reply never was."""
        state = replace(state, foreseen=None)
        if state.speculated is None:
            return state, ()
        return replace(self._unheard(state), speculated=None, clauses=(), outcome=None), (Cancel(state.turn_id),)

    def _confirm(self, state: State) -> tuple[State, tuple[Command, ...]]:
        """The speculative reply becomes the reply."""
        assert state.speculated is not None
        confirm: tuple[Command, ...] = (Confirm(state.turn_id),)
        state = replace(
            state,
            phase="speaking" if state.clauses else "thinking",
            asked=state.speculated,
            speculated=None,
            reprompts=0,
        )
        return state, (*confirm, *(self._act_on(state.outcome) if state.outcome else ()))

    def _act_on(self, outcome: Outcome) -> tuple[Command, ...]:
        """What a reply means beside its words, as soon as it is known."""
        called = self._call("call_person", self._site.hand_over.tool) if outcome.action == "hand_over" else ()
        expected = (Publish(AnswerExpected(outcome.expects)),) if outcome.action == "continue" else ()
        return (*called, *expected)

    # --- the end of the visitor's turn ----------------------------------------------------------------------------

    def _turn_ended(self, state: State, fact: TurnEnded) -> tuple[State, tuple[Command, ...]]:
        text = fact.transcript.text
        if state.stopping:
            # The reply to this must know what was heard of the one that it interrupted.
            return replace(state, deferred=fact), ()
        if state.phase == "listening" and state.speculated is not None:
            if self._joined(state, text) == state.speculated and not state.alarmed:
                state = replace(state, partial="", deaf=False, over_question=None, quiet_since_s=fact.at_s)
                return self._confirm(state)
            state, cancel = self._unspeculate(state)
            state, commands = self._turn_ended(state, fact)
            return state, (*cancel, *commands)
        state = replace(state, foreseen=None)
        alarmed, deaf, accompanied = state.alarmed, state.deaf, self._accompanied(state, text)
        state = replace(state, partial="", deaf=False, alarmed=False, over_question=None, quiet_since_s=fact.at_s)
        if alarmed:
            return self._overlap_over(state)
        if self._is_emergency(text, whole=True):
            return self._emergency(state)
        if state.overlap is not None:
            return self._overlap_ended(state, fact)
        if accompanied or deaf or state.phase != "listening":
            return state, ()
        if not text and not state.asked:
            return self._not_understood(state)
        transcript = replace(fact.transcript, text=self._joined(state, text))
        state = replace(
            state,
            phase="thinking",
            turn_id=state.turn_id + 1,
            asked=transcript.text,
            clauses=(),
            outcome=None,
            reprompts=0,
        )
        return state, (Reply(state.turn_id, transcript, state.history, replaces=state.unheard_id),)

    # --- speech over a reply --------------------------------------------------------------------------------------

    def _rung(self, state: State) -> Rung:
        return state.rung if self._barge_in else "half_duplex"

    def _sound_heard(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if not self._may_be_lowered(state) or self._rung(state) != "full" or state.overlap not in (None, "sounded"):
            return state, ()
        ducks = (Duck(state.turn_id),) if state.overlap is None else ()
        return replace(state, overlap="sounded", overlap_since_s=state.now_s), ducks

    def _speech_suspected(self, state: State) -> tuple[State, tuple[Command, ...]]:
        before = state.overlap
        if before == "watched" and state.aside and self._rung(state) == "full":
            return self._lower(replace(state, aside=False))
        if not self._may_be_lowered(state) or self._rung(state) != "full":
            return state, ()
        if before not in (None, "sounded", "suspected"):
            return state, ()
        state = replace(state, overlap="suspected", overlap_since_s=state.now_s)
        if before == "suspected":
            return state, ()
        if not self._hold_s:
            return state, (Hold(state.turn_id),)
        return state, (Duck(state.turn_id),) if before is None else ()

    def _may_be_lowered(self, state: State) -> bool:
        return state.phase == "speaking" and not self._calls_for_help(state)

    def _calls_for_help(self, state: State) -> bool:
        """Whether the current reply is the sentence said in an emergency. Nothing that is heard stops or softens it."""
        emergency = state.outcome is not None and state.outcome.action == "emergency"
        return emergency and state.phase in ("thinking", "speaking")

    def _overlap_began(self, state: State) -> tuple[State, tuple[Command, ...]]:
        state = replace(state, overlap="watched", overlap_since_s=state.now_s)
        return self._lower(state) if self._rung(state) == "full" and not state.aside else (state, ())

    def _lower(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if self._hold_s:
            return replace(state, overlap="ducked"), (Duck(state.turn_id),)
        return replace(state, overlap="held"), (Hold(state.turn_id),)

    def _overlap_heard(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.aside:
            return state, ()
        verdict = self._overlaps.partial(
            state.partial, state.now_s - state.overlap_since_s, self._rung(state), self._own_words(state)
        )
        return self._interrupt(state) if verdict == "interruption" else (state, ())

    def _overlap_paused(self, state: State, text: str) -> tuple[State, tuple[Command, ...]]:
        """A sound is over, and what it was is known: go on at once, without waiting for the end of the turn."""
        if not state.alarmed and self._is_emergency(text):
            return self._emergency(state)
        if self._overlap_verdict(state, text, state.speech_end_s) == "interruption":
            return self._interrupt(state)
        if state.overlap not in ("ducked", "held"):
            return state, ()
        state, goes_on = self._go_on(replace(state, overlap="restored"), state.overlap)
        return state, (*goes_on, self._judged(state, "backchannel"))

    def _speech_resumed(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.overlap == "restored" and state.now_s - state.overlap_since_s < OVERLAP_S:
            return self._lower(state)
        return self._unspeculate(state)

    def _overlap_ended(self, state: State, fact: TurnEnded) -> tuple[State, tuple[Command, ...]]:
        if self._overlap_verdict(state, fact.transcript.text, fact.speech_end_s) != "interruption":
            return self._overlap_over(state)
        state, stops = self._interrupt(state)
        return replace(state, deferred=fact), stops

    def _overlap_verdict(self, state: State, text: str, speech_end_s: float) -> Verdict:
        if state.aside:
            return self._overlaps.aside(text)
        speech_s = speech_end_s - state.overlap_since_s
        return self._overlaps.final(text, speech_s, self._rung(state), self._own_words(state))

    def _overlap_over(self, state: State) -> tuple[State, tuple[Command, ...]]:
        done = state.overlap
        state, commands = self._go_on(replace(state, overlap=None), done)
        return state, (*commands, self._judged(state, "backchannel")) if commands else ()

    def _overlap_lasts(self, state: State) -> tuple[State, tuple[Command, ...]]:
        since_s = state.now_s - state.overlap_since_s
        if state.overlap in ("sounded", "suspected"):
            if since_s < SUSPICION_S:
                return state, ()
            return self._go_on(replace(state, overlap=None), state.overlap)
        if state.overlap in ("ducked", "held") and since_s >= OVERLAP_S:
            state, commands = self._go_on(replace(state, overlap="watched"), state.overlap)
            return state, (*commands, self._judged(state, "ignored"))
        if state.overlap == "ducked" and since_s >= self._hold_s:
            return replace(state, overlap="held"), (Hold(state.turn_id),)
        return state, ()

    def _go_on(self, state: State, done: Overlap | None) -> tuple[State, tuple[Command, ...]]:
        starts = tuple(clause.start for clause in state.clauses)
        return state, (GoOn(state.turn_id, starts),) if done in _LOWERED else ()

    def _interrupt(self, state: State) -> tuple[State, tuple[Command, ...]]:
        judged = self._judged(state, "interruption")
        state = replace(state, phase="listening", overlap=None, stopping=True, heeded=True)
        return state, (Cancel(state.turn_id), judged)

    def _judged(self, state: State, kind: Literal["interruption", "backchannel", "ignored"]) -> Publish:
        return Publish(OverlapJudged(state.turn_id, kind, state.now_s - state.overlap_since_s, state.now_s))

    def _accompanied(self, state: State, text: str) -> bool:
        """Whether the words are a backchannel to the end of a reply; after a question they are the answer."""
        return state.over_question is False and self._overlaps.is_backchannel(text)

    def _own_words(self, state: State) -> frozenset[str]:
        return frozenset(word for clause in state.clauses for word in plain(clause.text).split())

    def _not_understood(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.reprompts >= self._site.timeouts.reprompts:
            outcome = Outcome(action="hand_over", kind="handover")
            return self._speak(replace(state, reprompts=0), self._site.hand_over.say, outcome)
        prompts = self._site.prompts.no_match
        text = prompts[min(state.reprompts, len(prompts) - 1)]
        return self._speak(replace(state, reprompts=state.reprompts + 1), text, Outcome(kind="reprompt"))

    # --- the reply ------------------------------------------------------------------------------------------------

    def _reply_finished(self, state: State, samples: int) -> tuple[State, tuple[Command, ...]]:
        text = " ".join(clause.text for clause in state.clauses)
        outcome = state.outcome or Outcome()
        # A lost loudspeaker ends what it is given at once.
        cut = any(clause.start + clause.samples > samples for clause in state.clauses) or not state.clauses
        owed = cut if outcome.action == "emergency" else state.emergency_owed
        state = replace(state, emergency_owed=owed)
        state = self._remember(state, text)
        over = state.overlap not in (None, "sounded", "suspected")
        over_question = text.endswith("?") if over else None
        state = replace(
            state,
            phase="listening",
            # Half duplex does not answer what began over a reply, and nobody answers asides.
            deaf=over and (state.aside or self._rung(state) == "half_duplex"),
            overlap=None,
            over_question=over_question,
            quiet_since_s=state.now_s,
        )
        if outcome.action == "continue":
            return state, ()
        reason = {"close": "goodbye", "hand_over": "handed over", "emergency": "emergency"}[outcome.action]
        return self._close(state, reason)

    def _reply_stopped(self, state: State, fact: ReplyStopped) -> tuple[State, tuple[Command, ...]]:
        if self._calls_for_help(state):
            return self._say_in_emergency(state)
        text = heard(state.clauses, fact.samples)
        deferred = state.deferred
        commands: tuple[Command, ...] = ()
        if state.clauses and fact.samples > 0:
            state = self._remember(state, text, interrupted=True)
            commands = (Publish(ReplyInterrupted(fact.turn_id, text, state.now_s)),)
        else:
            state = self._unheard(state)
        state = replace(state, clauses=(), outcome=None, stopping=False, deferred=None)
        if deferred is None:
            return state, commands
        state, replies = self._turn_ended(state, deferred)
        return state, (*commands, *replies)

    def _turn_failed(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if self._calls_for_help(state):
            if state.emergency_tries < EMERGENCY_TRIES:
                return self._say_in_emergency(state)
            return self._close(state, "emergency")
        # What is held would hold the apology back as well.
        state, goes_on = self._go_on(state, state.overlap)
        failed_to_apologise = state.turn_id == state.apology_id
        state = replace(self._remember(state, ""), clauses=(), outcome=None, overlap=None)
        if failed_to_apologise:
            # What cannot be said is not said on and on.
            return replace(state, phase="listening", quiet_since_s=state.now_s), goes_on
        state, speak = self._speak(state, self._site.prompts.failed, Outcome(kind="refused"))
        return replace(state, apology_id=state.turn_id), (*goes_on, *speak)

    def _remember(self, state: State, reply: str, *, interrupted: bool = False) -> State:
        history = state.history.visitor_said(state.asked) if state.asked else state.history
        return replace(state, history=history.visitor_heard(reply, interrupted=interrupted), asked="", unheard_id=None)

    def _unheard(self, state: State) -> State:
        """The current reply did not happen. What it answers waits for the rest of the visitor's sentence."""
        return state if state.unheard_id is not None else replace(state, unheard_id=state.turn_id)

    def _speak(self, state: State, text: str, outcome: Outcome) -> tuple[State, tuple[Command, ...]]:
        state = replace(
            state,
            phase="thinking",
            turn_id=state.turn_id + 1,
            clauses=(),
            outcome=outcome,
            stopping=False,
            deferred=None,
        )
        return state, (Speak(state.turn_id, text, outcome),)

    # --- emergency, time, opening and closing ---------------------------------------------------------------------

    def _is_emergency(self, text: str, *, whole: bool = False) -> bool:
        return self._alarms.raised(text, whole=whole)

    def _emergency(self, state: State) -> tuple[State, tuple[Command, ...]]:
        emergency = self._site.emergency
        assert emergency is not None
        commands: tuple[Command, ...] = self._call("alarm", emergency.tool)
        if self._calls_for_help(state):
            # They shout again: they are told already.
            return replace(state, alarmed=state.visitor_speaking), commands
        state = replace(state, alarmed=state.visitor_speaking, overlap=None, asked="", reprompts=0, emergency_tries=0)
        state, said = self._say_in_emergency(state)
        return state, (*commands, *said)

    def _say_in_emergency(self, state: State) -> tuple[State, tuple[Command, ...]]:
        emergency = self._site.emergency
        assert emergency is not None
        opened: tuple[Command, ...] = ()
        cancel: tuple[Command, ...] = ()
        if state.phase == "idle":
            alarmed = state.alarmed
            state, opened = self._open(state)
            state = replace(state, alarmed=alarmed)
        else:
            state, cancel = self._unspeculate(state)
            if state.phase in ("thinking", "speaking") and not self._calls_for_help(state):
                cancel = (*cancel, Cancel(state.turn_id))
        state = replace(state, emergency_tries=state.emergency_tries + 1, emergency_owed=False, overlap=None)
        state, speak = self._speak(state, emergency.say, Outcome(action="emergency", kind="emergency"))
        return state, (*opened, *cancel, *speak)

    def _time_passed(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.overlap is not None:
            return self._overlap_lasts(state)
        if state.phase != "listening" or state.visitor_speaking or state.speculated is not None:
            return state, ()
        timeouts, quiet_s = self._site.timeouts, state.now_s - state.quiet_since_s
        if state.reprompts >= timeouts.reprompts:
            return self._close(state, "silence") if quiet_s >= timeouts.close_s else (state, ())
        if quiet_s < timeouts.no_input_s:
            return state, ()
        prompts = self._site.prompts.no_input
        text = prompts[min(state.reprompts, len(prompts) - 1)]
        return self._speak(replace(state, reprompts=state.reprompts + 1), text, Outcome(kind="reprompt"))

    def _open(self, state: State) -> tuple[State, tuple[Command, ...]]:
        state = State(
            phase="listening",
            now_s=state.now_s,
            conversation_id=state.conversation_id + 1,
            turn_id=state.turn_id,
            visitor_speaking=state.visitor_speaking,
            partial=state.partial,
            rung=state.rung,
            quiet_since_s=state.now_s,
            emergency_owed=state.emergency_owed,
        )
        return state, (Forget(), Publish(ConversationOpened(state.conversation_id, state.now_s)))

    def _close(self, state: State, reason: str) -> tuple[State, tuple[Command, ...]]:
        closed = ConversationClosed(state.conversation_id, state.now_s, reason)
        state = State(
            now_s=state.now_s,
            conversation_id=state.conversation_id,
            turn_id=state.turn_id,
            visitor_speaking=state.visitor_speaking,
            rung=state.rung,
            alarmed=state.alarmed,
            emergency_owed=state.emergency_owed,
        )
        return state, (Forget(), Publish(closed))

    def _call(self, function: Literal["alarm", "call_person"], tool: str | None) -> tuple[Command, ...]:
        return (CallTool(tool, function),) if tool else ()

    def _joined(self, state: State, text: str) -> str:
        """The visitor's words so far, with those of a reply that was never audible."""
        return f"{state.asked} {text}".strip()
