"""Turn-taking: ``step(state, fact) -> (state, commands)``.

Pure. Every decision of the appliance about who speaks is here; the thread around it only carries commands out. The
phases:

- ``idle``: no visitor is there. The first speech, or the arrival of a visitor, opens a conversation.
- ``listening``: it is the visitor's turn. Silence leads to re-prompts, then to the end of the conversation.
- ``thinking``: a reply is being made and nothing of it is audible yet.
- ``speaking``: a reply is audible. Any sound over it makes it quieter (``Duck``), and the first moment of speech
  makes it silent (``Hold``), since a tenth of a second does not tell an interruption from a "mm-hmm". The recognised
  words then decide (``barge_in``). An interruption cancels the reply; after anything else it goes on (``GoOn``). How
  much of that is done depends on how well the echo is cancelled (``hearing.echo``). Ducking always ends: with the
  sound, with the reply, or after ``OVERLAP_S``.

A visitor who goes on within the first moment of a reply (``GOES_ON_S``) had not finished. The reply yields at once and
counts as unheard, and what they said before and after it is one turn.

Emergency phrases are looked for in every partial transcript, in every phase, and always win. The sentence said in an
emergency is said to its end, whatever is shouted meanwhile. It is said again where it could not be heard to its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from appliance.config.site import Site
from appliance.conversation.barge_in import Action, AudibleReply, BargeIn, Outlasting, Overlap, Utterance
from appliance.conversation.commands import (
    CallTool,
    Cancel,
    Command,
    Confirm,
    Duck,
    Fill,
    Forget,
    GoOn,
    Hold,
    Prepare,
    Publish,
    Reply,
    ScoreTurn,
    Speak,
)
from appliance.conversation.emergency import Alarms, questions_of
from appliance.conversation.history import History, heard
from appliance.core.facts import (
    AnswerExpected,
    AsideNoticed,
    BargeInMode,
    BargeInModeChanged,
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    DeviceReturned,
    Fact,
    Outcome,
    OverlapJudged,
    PartialTranscript,
    Played,
    ReplyCut,
    ReplyInterrupted,
    ReplyStopped,
    ReplyThought,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSuspected,
    StopReceived,
    TextReceived,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnEndPredicted,
    TurnFailed,
    TurnScored,
    TurnTakingChanged,
    VisitorArrived,
    VisitorLeft,
    WordsGiven,
)
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import Distress

_SPECULATE_FROM = 0.1
"""Probability of being complete from which words that name nothing are answered before the turn is over."""

GOES_ON_S = 0.4
"""Seconds from the start of a reply within which speech is the rest of what it answers: nobody has understood and
answered the reply by then."""

_NOTICED_S = 0.1
"""Seconds of speech that are over when ``SpeechStarted`` is told"""

Phase = Literal["idle", "listening", "thinking", "speaking"]

_WRITTEN = "text"
"""The ear that a transcript names which was written"""

_LONGEST_NAME = 3
"""words of an answer to a question for a name that may be one"""

EMERGENCY_TRIES = 3
"""Most attempts at the sentence said in an emergency, where the voice fails at it."""


@dataclass(frozen=True, slots=True)
class AwaitedStop:
    """A reply was interrupted, and what was heard of it is not known yet."""

    deferred: TurnEnded | None = None
    """what the visitor finished saying meanwhile"""
    declined: bool = False
    """whether the reply is not wanted any more, heard or not (``StopReceived``)"""


# --- state --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """Everything the dialogue knows. Of a conversation only the two counters outlive it, and whether the sentence said
    in an emergency is still owed."""

    phase: Phase = "idle"
    now_s: float = 0.0
    conversation_id: int = 0
    turn_id: int = 0
    history: History = field(default_factory=History)
    visitor_speaking: bool = False
    utterance: Utterance | None = None
    """what is special about what the visitor is saying, or about the sound over the current reply"""
    mode: BargeInMode = "full"
    """how much of barge-in the echo allows"""
    taking: TurnTakingChanged = field(default_factory=TurnTakingChanged)
    """how the other end of the line wants turns to be taken"""
    later: TurnEnded | None = None
    """what was said over a reply that must not be interrupted"""
    speech_end_s: float = 0.0
    """when the speaker fell silent last"""
    awaiting_stop: AwaitedStop | None = None
    asked: str = ""
    """what the visitor said, to which the current reply answers"""
    unheard_id: int | None = None
    """id of the first unheard reply after the last one of which something was heard"""
    speculated: str | None = None
    """words that a speculative reply answers, while one is under way"""
    speculated_clear: bool = False
    """whether the ear was sure of those words"""
    predicted: Transcript | None = None
    """in a pause: what the visitor will have said if they say no more"""
    clauses: tuple[ClauseVoiced, ...] = ()
    filled: bool = False
    """whether the current reply begins with a sign of life (``Fill``)"""
    audible_s: float | None = None
    """when the current reply became audible; a sign of life is no reply"""
    yielded: bool = False
    """whether the current reply was stopped because the visitor had not finished"""
    outcome: Outcome | None = None
    """outcome of the current reply, once it is known"""
    asks: Outcome = field(default_factory=Outcome)
    """outcome of the last reply that was said to its end, which tells what the visitor was asked for"""
    manner: Manner = PLAIN
    """how the voice speaks with the visitor"""
    quiet_since_s: float = 0.0
    reprompts: int = 0
    apology_id: int = 0
    """the turn in which the visitor is told that the reply before it failed"""
    emergency_tries: int = 0
    """how often the sentence said in an emergency was begun in this conversation"""
    emergency_owed: bool = False
    """whether the loudspeaker was lost before that sentence had been heard"""


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
        distress: Distress | None = None,
    ) -> None:
        """``barge_in`` off is half duplex. ``hold_s`` and ``compares_voices`` are those of ``BargeIn``. ``shuts_out``:
        speech that ``AsideNoticed`` is about is not answered. ``distress`` is that of ``Alarms``."""
        self._site = site
        self._shuts_out = shuts_out
        self._speculate = speculate
        self._half_duplex = not barge_in
        self._barge_in = BargeIn(site.interruptions, hold_s=hold_s, compares_voices=compares_voices)
        self._alarms = Alarms(site.emergency, site.language, distress, questions_of(site))

    def step(self, state: State, fact: Fact) -> tuple[State, tuple[Command, ...]]:
        """What a fact changes, and what is to be done about it, in order."""
        match fact:
            case TimePassed():
                return self._time_passed(replace(state, now_s=fact.at_s), fact)
            case TextReceived():
                return self._text_received(state, fact)
            case StopReceived() if fact.turn_id in (None, state.turn_id) and state.phase in ("thinking", "speaking"):
                return self._stop_received(state)
            case ReplyCut():
                return replace(state, history=state.history.cut(fact.turn_id, fact.heard)), ()
            case TurnTakingChanged():
                return self._turn_taking_changed(state, fact)
            case WordsGiven() if state.phase in ("idle", "listening"):
                return self._words_given(state, fact)
            case VisitorArrived():
                return self._visitor_arrived(state)
            case VisitorLeft():
                return self._visitor_left(state)
            case SoundHeard():
                return self._over_reply(replace(state, now_s=fact.at_s), fact)
            case SpeechSuspected():
                return self._over_reply(replace(state, now_s=fact.at_s), fact)
            case SpeechStarted():
                return self._speech_started(replace(state, now_s=fact.at_s, visitor_speaking=True), fact)
            case AsideNoticed():
                return self._aside_noticed(replace(state, now_s=fact.at_s), fact)
            case SpeechResumed():
                return self._speech_resumed(replace(state, now_s=fact.at_s), fact)
            case BargeInModeChanged():
                return replace(state, mode=fact.mode), ()
            case TurnScored():
                return self._turn_scored(state, fact)
            case TurnEndPredicted():
                # The words of a moment may be known some time after it.
                return self._turn_end_predicted(replace(state, now_s=max(state.now_s, fact.at_s)), fact)
            case PartialTranscript():
                return self._partial(replace(state, now_s=max(state.now_s, fact.at_s)), fact)
            case SpeechPaused():
                return replace(state, now_s=fact.at_s, speech_end_s=fact.speech_end_s), ()
            case TurnEnded():
                return self._turn_ended(replace(state, now_s=fact.at_s, visitor_speaking=False), fact)
            case ClauseVoiced() if fact.turn_id == state.turn_id:
                # A clause that was under way when its reply was stopped still counts towards what was heard.
                state = replace(state, clauses=(*state.clauses, fact))
                return (self._begun(state) if state.phase == "thinking" else state), ()
            case ReplyThought() if fact.turn_id == state.turn_id and state.speculated is not None:
                return replace(state, outcome=fact.outcome), ()
            case ReplyThought() if fact.turn_id == state.turn_id and state.phase in ("thinking", "speaking"):
                state = replace(state, outcome=fact.outcome, manner=fact.outcome.manner)
                return state, self._act_on(fact.outcome)
            case TurnFailed() if fact.turn_id == state.turn_id and state.speculated is not None:
                # Whether it fails again is seen when the visitor has really finished.
                return self._unspeculate(state)
            case Played(finished=False) if fact.turn_id == state.turn_id and state.audible_s is None:
                sign_of_life = state.clauses[0].samples if state.filled and state.clauses else 0
                return (replace(state, audible_s=state.now_s) if fact.samples > sign_of_life else state), ()
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

    def _text_received(self, state: State, fact: TextReceived) -> tuple[State, tuple[Command, ...]]:
        """Answer what was written. It is meant for the appliance, so it ends any reply but the call for help."""
        if self._calls_for_help(state):
            return state, ()
        written = _written(fact.text, state.now_s)
        opened: tuple[Command, ...] = ()
        if state.phase == "idle":
            state, opened = self._open(state)
        state, cancel = self._unspeculate(self._without_overlap(state))
        if state.phase in ("thinking", "speaking"):
            state = replace(state, phase="listening", awaiting_stop=AwaitedStop(written))
            return state, (*cancel, Cancel(state.turn_id))
        state, commands = self._turn_ended(replace(state, utterance=None), written)
        return state, (*opened, *cancel, *commands)

    def _turn_taking_changed(self, state: State, fact: TurnTakingChanged) -> tuple[State, tuple[Command, ...]]:
        """Take turns in another way, and undo what was begun in the old way."""
        state, commands = (state, ()) if fact.answers else self._unspeculate(state)
        if not fact.interruptible and isinstance(state.utterance, Overlap):
            if state.utterance.lowers_reply:
                commands = (*commands, self._go_on(state))
            state = self._without_overlap(state)
        waits = state.phase == "listening" and state.asked and not state.awaiting_stop
        if waits and state.taking.answers and not fact.answers:
            # The rest of the visitor's sentence, for which this question waits, will begin no reply any more.
            state, replies = self._turn_ended(replace(state, taking=fact), _written("", state.now_s))
            return state, (*commands, *replies)
        return replace(state, taking=fact), commands

    def _words_given(self, state: State, fact: WordsGiven) -> tuple[State, tuple[Command, ...]]:
        opened: tuple[Command, ...] = ()
        if state.phase == "idle":
            state, opened = self._open(state)
        state, cancel = self._unspeculate(state)
        state = replace(state, asked=self._joined(state, fact.asked))
        state, speak = self._speak(state, fact.text, Outcome(kind="answer"))
        return state, (*opened, *cancel, *speak)

    def _stop_received(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if self._calls_for_help(state):
            return state, ()
        state = replace(self._without_overlap(state), phase="listening", awaiting_stop=AwaitedStop(declined=True))
        return replace(state, quiet_since_s=state.now_s), (Cancel(state.turn_id),)

    def _visitor_left(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if state.phase == "idle":
            return state, ()
        state, cancel = self._unspeculate(state)
        if state.phase in ("thinking", "speaking"):
            cancel = (*cancel, Cancel(state.turn_id))
        state, closed = self._close(state, "left")
        return state, (*cancel, *closed)

    def _begun(self, state: State) -> State:
        """A reply becomes audible. What follows a sign of life does so later."""
        return replace(state, phase="speaking", audible_s=None if state.filled else state.now_s)

    def _goes_on(self, state: State, fact: SpeechStarted) -> bool:
        """Whether the visitor had not finished what the current reply answers. Where the echo is not cancelled well,
        the speech may be that of the reply."""
        if not state.asked or fact.aside or self._mode(state) != "full":
            return False
        return state.audible_s is None or fact.at_s - _NOTICED_S <= state.audible_s + GOES_ON_S

    def _speech_started(self, state: State, fact: SpeechStarted) -> tuple[State, tuple[Command, ...]]:
        if self._may_be_spoken_over(state) and self._goes_on(state, fact):
            state = replace(self._unheard(state), phase="listening", utterance=None, yielded=True)
            return state, (Cancel(state.turn_id),)
        if self._may_be_spoken_over(state):
            return self._over_reply(state, fact)
        state = replace(state, utterance=None)
        if state.phase == "idle":
            return self._open(state)
        if state.phase == "thinking" and state.taking.interruptible and not self._calls_for_help(state):
            # Nothing was audible, so the visitor merely goes on. The words of both parts make one turn.
            return replace(self._unheard(state), phase="listening"), (Cancel(state.turn_id),)
        return state, ()

    def _aside_noticed(self, state: State, fact: AsideNoticed) -> tuple[State, tuple[Command, ...]]:
        """The speaker is not the visitor, though loudness did not tell them apart."""
        if isinstance(state.utterance, Overlap):
            return self._over_reply(state, fact)
        if state.phase != "listening" or state.utterance == "interruption_accepted" or state.asked:
            return state, ()
        if not self._shuts_out and not isinstance(state.utterance, Outlasting):
            return state, ()
        state, cancel = self._unspeculate(state)
        return replace(state, utterance="ignoring_input"), cancel

    def _partial(self, state: State, fact: PartialTranscript) -> tuple[State, tuple[Command, ...]]:
        if state.utterance != "emergency_raised" and self._is_emergency(fact.text):
            return self._emergency(state)
        if isinstance(state.utterance, Overlap):
            return self._over_reply(state, fact)
        if state.phase == "listening" and state.utterance != "ignoring_input" and fact.text:
            return state, (Prepare(self._joined(state, fact.text), state.history),)
        return state, ()

    # --- speculation ----------------------------------------------------------------------------------------------

    def _turn_end_predicted(self, state: State, fact: TurnEndPredicted) -> tuple[State, tuple[Command, ...]]:
        """Find out whether the words are complete."""
        heard = fact.transcript
        if isinstance(state.utterance, Overlap):
            if heard.text and not heard.confidence:
                return state, ()  # streaming words decide nothing over a reply
            return self._emergency(state) if self._is_emergency(heard.text) else self._over_reply(state, fact)
        words = self._joined(state, heard.text)
        if state.phase != "listening" or (words, heard.clear) == (state.speculated, state.speculated_clear):
            return state, ()
        if state.utterance in ("ignoring_input", "emergency_raised"):
            return state, ()
        if state.awaiting_stop or self._accompanied(state.utterance, heard.text):
            return state, ()
        if state.predicted is not None and state.predicted.text == words:
            # Their score is on its way.
            return replace(state, predicted=replace(heard, text=words)), ()
        state, cancel = self._unspeculate(state)
        if not heard.text or self._is_emergency(heard.text):
            return state, cancel
        heard = replace(heard, text=words)
        return replace(state, predicted=heard), (*cancel, ScoreTurn(words, state.history))

    def _turn_scored(self, state: State, scored: TurnScored) -> tuple[State, tuple[Command, ...]]:
        """Answer, unheard, what the visitor has probably finished saying."""
        heard = state.predicted
        if heard is None or heard.text != scored.text:
            return state, ()  # the visitor went on
        state = replace(state, predicted=None)
        complete = scored.answerable or scored.p_complete >= _SPECULATE_FROM
        if not self._speculate or not state.taking.answers or not complete:
            return state, ()
        state = replace(
            state,
            turn_id=state.turn_id + 1,
            speculated=heard.text,
            speculated_clear=heard.clear,
            clauses=(),
            outcome=None,
        )
        return state, (Reply(state.turn_id, heard, state.history, speculative=True, replaces=state.unheard_id),)

    def _unspeculate(self, state: State) -> tuple[State, tuple[Command, ...]]:
        """Discard the speculative reply, because the visitor goes on or said something else."""
        state = replace(state, predicted=None)
        if state.speculated is None:
            return state, ()
        return replace(self._unheard(state), speculated=None, clauses=(), outcome=None), (Cancel(state.turn_id),)

    def _confirm(self, state: State) -> tuple[State, tuple[Command, ...]]:
        """The speculative reply becomes the reply."""
        assert state.speculated is not None
        confirm: tuple[Command, ...] = (Confirm(state.turn_id),)
        state = replace(
            state,
            phase="thinking",
            asked=state.speculated,
            speculated=None,
            filled=False,
            yielded=False,
            reprompts=0,
            manner=state.outcome.manner if state.outcome else state.manner,
        )
        if state.clauses:
            state = self._begun(state)
        return state, (*confirm, *(self._act_on(state.outcome) if state.outcome else ()))

    def _act_on(self, outcome: Outcome) -> tuple[Command, ...]:
        """What is done for the outcome of a reply, as soon as it is known."""
        called = self._call("call_person", self._site.hand_over.tool) if outcome.action == "hand_over" else ()
        expected = (Publish(AnswerExpected(outcome.expects)),) if outcome.action == "continue" else ()
        return (*called, *expected)

    # --- the end of the visitor's turn ----------------------------------------------------------------------------

    def _turn_ended(self, state: State, fact: TurnEnded) -> tuple[State, tuple[Command, ...]]:
        text, utterance = fact.transcript.text, state.utterance
        if state.awaiting_stop:
            # The reply to this must know what was heard of the one that it interrupted.
            return self._defer(state, state.awaiting_stop, fact), ()
        if state.phase == "listening" and state.speculated is not None:
            if self._joined(state, text) == state.speculated and utterance != "emergency_raised":
                return self._confirm(replace(state, utterance=None, quiet_since_s=fact.at_s))
            state, cancel = self._unspeculate(state)
            state, commands = self._turn_ended(state, fact)
            return state, (*cancel, *commands)
        state = replace(state, predicted=None, utterance=None, quiet_since_s=fact.at_s)
        if utterance == "emergency_raised":
            return state, ()
        if self._is_emergency(text, whole=True, answer=self._answers(state, text)):
            return self._emergency(state)
        if isinstance(utterance, Overlap):
            return self._overlap_ended(replace(state, utterance=utterance), fact)
        if not state.taking.answers and fact.transcript.ear != _WRITTEN:
            return state, ()
        if state.phase in ("thinking", "speaking") and not state.taking.interruptible and text:
            return replace(state, later=_after(state.later, fact)), ()
        if utterance == "ignoring_input" or self._accompanied(utterance, text) or state.phase != "listening":
            return state, ()
        if not text and not state.asked:
            return self._not_understood(state)
        transcript = replace(fact.transcript, text=self._joined(state, text))
        state = replace(
            state,
            phase="thinking",
            turn_id=state.turn_id + 1,
            asked=transcript.text,
            filled=False,
            yielded=False,
            clauses=(),
            outcome=None,
            reprompts=0,
        )
        return state, (Reply(state.turn_id, transcript, state.history, replaces=state.unheard_id),)

    # --- speech over a reply --------------------------------------------------------------------------------------

    def _mode(self, state: State) -> BargeInMode:
        return "half_duplex" if self._half_duplex else state.mode

    def _may_be_spoken_over(self, state: State) -> bool:
        return state.phase == "speaking" and state.taking.interruptible and not self._calls_for_help(state)

    def _calls_for_help(self, state: State) -> bool:
        """Whether the current reply is the sentence said in an emergency. Nothing that is heard stops or softens it."""
        emergency = state.outcome is not None and state.outcome.action == "emergency"
        return emergency and state.phase in ("thinking", "speaking")

    def _over_reply(self, state: State, fact: Fact) -> tuple[State, tuple[Command, ...]]:
        """Let the rules of barge-in see a fact that comes while a reply is audible."""
        if not self._may_be_spoken_over(state):
            return state, ()
        overlap = state.utterance if isinstance(state.utterance, Overlap) else None
        text = " ".join(clause.text for clause in state.clauses)
        utterance, actions = self._barge_in.step(
            overlap, fact, AudibleReply(self._mode(state), text, state.speech_end_s)
        )
        state = replace(state, utterance=utterance)
        if utterance == "interruption_accepted":
            state = replace(state, phase="listening", awaiting_stop=AwaitedStop())
        since_s = overlap.since_s if overlap else state.now_s
        return state, tuple(command for action in actions for command in self._commands(state, action, since_s))

    def _commands(self, state: State, action: Action, since_s: float) -> tuple[Command, ...]:
        """What carries out an action of ``BargeIn.step``; ``since_s`` is when the overlap began."""
        match action:
            case "duck":
                return (Duck(state.turn_id),)
            case "hold":
                return (Hold(state.turn_id),)
            case "go_on":
                return (self._go_on(state),)
            case "interrupt":
                return Cancel(state.turn_id), self._judged(state, "interruption", since_s)
            case "backchannel" | "ignored":
                return (self._judged(state, action, since_s),)

    def _go_on(self, state: State) -> Command:
        return GoOn(state.turn_id, tuple(clause.start for clause in state.clauses))

    def _judged(self, state: State, kind: Literal["interruption", "backchannel", "ignored"], since_s: float) -> Publish:
        return Publish(OverlapJudged(state.turn_id, kind, state.now_s - since_s, state.now_s))

    def _speech_resumed(self, state: State, fact: SpeechResumed) -> tuple[State, tuple[Command, ...]]:
        if isinstance(state.utterance, Overlap):
            return self._over_reply(state, fact)
        return self._unspeculate(state)

    def _overlap_ended(self, state: State, fact: TurnEnded) -> tuple[State, tuple[Command, ...]]:
        state, commands = self._over_reply(state, fact)
        if state.awaiting_stop:
            # The words that stopped the reply are whole, and the utterance is over.
            state = self._defer(replace(state, utterance=None), state.awaiting_stop, fact)
        return state, commands

    def _defer(self, state: State, stop: AwaitedStop, fact: TurnEnded) -> State:
        return replace(state, awaiting_stop=replace(stop, deferred=_after(stop.deferred, fact)))

    def _accompanied(self, utterance: Utterance | None, text: str) -> bool:
        """Whether the words are a backchannel to the end of a reply; after a question they are the answer."""
        outlasts = isinstance(utterance, Outlasting) and not utterance.question
        return outlasts and self._barge_in.is_backchannel(text)

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
        # A lost loudspeaker reports every reply as finished at once.
        cut = any(clause.start + clause.samples > samples for clause in state.clauses) or not state.clauses
        owed = cut if outcome.action == "emergency" else state.emergency_owed
        state = replace(state, emergency_owed=owed)
        state, later = replace(self._remember(state, text), later=None), state.later
        utterance = state.utterance
        if isinstance(utterance, Overlap):
            utterance = self._outlasting(utterance, state, question=text.endswith("?"))
        state = replace(state, phase="listening", utterance=utterance, quiet_since_s=state.now_s, asks=outcome)
        if outcome.action == "continue":
            return self._turn_ended(state, later) if later else (state, ())
        reason = {"close": "goodbye", "hand_over": "handed over", "emergency": "emergency"}[outcome.action]
        return self._close(state, reason)

    def _outlasting(self, overlap: Overlap, state: State, *, question: bool) -> Utterance | None:
        """What an utterance over a reply is once that reply has ended."""
        if not overlap.is_speech:
            return None
        # Half duplex does not answer what began over a reply, and people in the background are never answered.
        if overlap.kind == "background" or self._mode(state) == "half_duplex":
            return "ignoring_input"
        return Outlasting(question)

    def _reply_stopped(self, state: State, fact: ReplyStopped) -> tuple[State, tuple[Command, ...]]:
        if self._calls_for_help(state):
            return self._say_in_emergency(state)
        text = heard(state.clauses, fact.samples)
        stop = state.awaiting_stop or AwaitedStop()
        deferred = _after(state.later, stop.deferred)
        commands: tuple[Command, ...] = ()
        filler = state.clauses[:1] if state.filled else ()
        if fact.samples > sum(clause.samples for clause in filler) and state.clauses and not state.yielded:
            state = self._remember(state, text, interrupted=True)
            commands = (Publish(ReplyInterrupted(fact.turn_id, text, state.now_s)),)
        elif stop.declined:
            state = self._remember(state, "")
        else:
            state = self._unheard(state)
        state = replace(state, clauses=(), outcome=None, asks=Outcome(), awaiting_stop=None, later=None, yielded=False)
        if deferred is None:
            return state, commands
        state, replies = self._turn_ended(state, deferred)
        return state, (*commands, *replies)

    def _turn_failed(self, state: State) -> tuple[State, tuple[Command, ...]]:
        if self._calls_for_help(state):
            if state.emergency_tries < EMERGENCY_TRIES:
                return self._say_in_emergency(state)
            return self._close(state, "emergency")
        # A reply that is held would hold the apology back as well.
        lowered = isinstance(state.utterance, Overlap) and state.utterance.lowers_reply
        goes_on = (self._go_on(state),) if lowered else ()
        failed_to_apologise = state.turn_id == state.apology_id
        state = replace(self._without_overlap(self._remember(state, "")), clauses=(), outcome=None)
        if failed_to_apologise:
            # The apology failed too, and is not tried again.
            return replace(state, phase="listening", quiet_since_s=state.now_s), goes_on
        state, speak = self._speak(state, self._site.prompts.failed, Outcome(kind="refused"))
        return replace(state, apology_id=state.turn_id), (*goes_on, *speak)

    def _remember(self, state: State, reply: str, *, interrupted: bool = False) -> State:
        history = state.history.visitor_said(state.asked) if state.asked else state.history
        history = history.visitor_heard(reply, interrupted=interrupted, turn_id=state.turn_id)
        return replace(state, history=history, asked="", unheard_id=None)

    def _unheard(self, state: State) -> State:
        """Nothing of the current reply was heard. The words it answers wait for the rest of the visitor's sentence."""
        return state if state.unheard_id is not None else replace(state, unheard_id=state.turn_id)

    def _speak(self, state: State, text: str, outcome: Outcome) -> tuple[State, tuple[Command, ...]]:
        outcome = replace(outcome, manner=state.manner)
        state = replace(
            state,
            phase="thinking",
            turn_id=state.turn_id + 1,
            filled=False,
            yielded=False,
            clauses=(),
            outcome=outcome,
            awaiting_stop=None,
        )
        return state, (Speak(state.turn_id, text, outcome),)

    # --- emergency, time, opening and closing ---------------------------------------------------------------------

    def _is_emergency(self, text: str, *, whole: bool = False, answer: bool = False) -> bool:
        return self._alarms.raised(text, whole=whole, answer=answer)

    def _answers(self, state: State, text: str) -> bool:
        """Whether words are what a task has asked for: one word or a short name where a name, a day or a number was
        asked for, or the wish for the first that is free."""
        language, asks = self._site.language, state.asks
        if asks.kind == "ask" and "soonest" in language.intents.leaves_open(text):
            return True
        words = language.tokens(text)
        if asks.expects != "value" or not 0 < len(words) <= _LONGEST_NAME:
            return False
        name = language.names.find_name(words, True)
        return len(words) == 1 or bool(name and (name.start, name.end) == (0, len(words)))

    def _emergency(self, state: State) -> tuple[State, tuple[Command, ...]]:
        emergency = self._site.emergency
        assert emergency is not None
        commands: tuple[Command, ...] = self._call("alarm", emergency.tool)
        state = replace(state, utterance="emergency_raised" if state.visitor_speaking else None)
        if self._calls_for_help(state):
            # The visitor shouts again while the sentence is being said already.
            return state, commands
        state = replace(state, asked="", reprompts=0, emergency_tries=0)
        state, said = self._say_in_emergency(state)
        return state, (*commands, *said)

    def _say_in_emergency(self, state: State) -> tuple[State, tuple[Command, ...]]:
        emergency = self._site.emergency
        assert emergency is not None
        opened: tuple[Command, ...] = ()
        cancel: tuple[Command, ...] = ()
        if state.phase == "idle":
            utterance = state.utterance
            state, opened = self._open(state)
            state = replace(state, utterance=utterance)
        else:
            state, cancel = self._unspeculate(state)
            if state.phase in ("thinking", "speaking") and not self._calls_for_help(state):
                cancel = (*cancel, Cancel(state.turn_id))
        state = self._without_overlap(state)
        state = replace(state, emergency_tries=state.emergency_tries + 1, emergency_owed=False)
        state, speak = self._speak(state, emergency.say, Outcome(action="emergency", kind="emergency"))
        return state, (*opened, *cancel, *speak)

    def _without_overlap(self, state: State) -> State:
        """The reply that the visitor speaks over has ended, and what they say is not about it."""
        return replace(state, utterance=None) if isinstance(state.utterance, Overlap) else state

    def _time_passed(self, state: State, fact: TimePassed) -> tuple[State, tuple[Command, ...]]:
        if isinstance(state.utterance, Overlap):
            return self._over_reply(state, fact)
        timeouts, quiet_s = self._site.timeouts, state.now_s - state.quiet_since_s
        if state.phase == "thinking" and state.asked and not state.filled and quiet_s >= timeouts.filler_s:
            return replace(state, filled=True), (Fill(state.turn_id, self._site.prompts.filler, state.manner),)
        if state.phase != "listening" or state.visitor_speaking or state.speculated is not None:
            return state, ()
        if not state.taking.prompts:
            return state, ()
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
            mode=state.mode,
            taking=state.taking,
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
            mode=state.mode,
            taking=state.taking,
            utterance="emergency_raised" if state.utterance == "emergency_raised" else None,
            emergency_owed=state.emergency_owed,
        )
        return state, (Forget(), Publish(closed))

    def _call(self, function: Literal["alarm", "call_person"], tool: str | None) -> tuple[Command, ...]:
        return (CallTool(tool, function),) if tool else ()

    def _joined(self, state: State, text: str) -> str:
        """The visitor's words so far, with those of a reply that was never audible."""
        return f"{state.asked} {text}".strip()


def _written(text: str, at_s: float) -> TurnEnded:
    """Words that were written, as a turn of the visitor."""
    return TurnEnded(Transcript(text, 1.0, _WRITTEN), at_s, at_s)


def _after(first: TurnEnded | None, second: TurnEnded | None) -> TurnEnded | None:
    """Two turns of the visitor as one, which counts as written if either was: what was written is always answered."""
    if first is None or second is None:
        return first or second
    words = f"{first.transcript.text} {second.transcript.text}".strip()
    ear = _WRITTEN if _WRITTEN in (first.transcript.ear, second.transcript.ear) else second.transcript.ear
    return replace(second, transcript=replace(second.transcript, text=words, ear=ear))
