"""The responder's state of one conversation, as a value. Pure.

A reply can be stopped before it was heard, and the dialogue then joins the visitor's words with what follows. So a
reply that was not heard is taken back, unless a tool had its effect by then. The dialogue names the replies that were
not heard by the turn's id (``Turn.replaces``), and ``Unheard`` keeps the state before the last reply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appliance.brain.knowledge import Entry
from appliance.conversation.forms import Form
from appliance.conversation.hours_question import Asked
from appliance.core.facts import AnswerKind, Outcome
from appliance.core.manner import PLAIN, Manner
from appliance.core.turn import Turn
from appliance.language.parts import Topic

DICTATED = frozenset({"number", "reference", "date", "time", "name", "text"})
"""kinds of slots whose values people say piece by piece, with pauses to think or to read"""

CONVERSATION_ROUTE = "conversation"
"""route of a reply that repeats an earlier one"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The entry about which the last reply asked "Did you mean"."""

    entry: Entry
    text: str
    """the visitor's words"""
    otherwise: Entry | None
    """the entry that was probably meant if it was not this one"""


@dataclass(frozen=True, slots=True)
class HoursTopic:
    """The last question about opening hours."""

    entries: tuple[Entry, ...]
    """the places; several where the question named several"""
    asked: Asked


@dataclass(frozen=True, slots=True)
class Unheard:
    """What is needed to take back the last reply if the visitor did not hear it."""

    turn_id: int
    before: ResponderState
    done: tuple[str, Outcome] | None = None
    """its words and outcome where a tool had an effect for it, which cannot be taken back"""


@dataclass(frozen=True, slots=True)
class ResponderState:
    """Everything that the responder knows of one conversation, except its history."""

    form: Form | None = None
    offered_person: bool = False
    """the last reply asked whether to call someone"""
    suggested: Suggestion | None = None
    asked_again: bool = False
    """the last reply asked the visitor to say it once more"""
    references: Mapping[str, str] = field(default_factory=dict)
    """values that open the record which a tool made or changed in this conversation, by the name of the slot, for
    forms that ask for a reference"""
    offers: tuple[Mapping[str, str], ...] = ()
    """sets of arguments that the last look-up found to be available"""
    told: int = 0
    """how many of them, the first ones, the visitor was told of; 0 is all"""
    done: Form | None = None
    """the last task that made or changed something, so that the visitor may correct it or ask for another"""
    looked_up: Form | None = None
    """the last look-up, so that "and on friday" can be looked up too"""
    topic: Topic = field(default_factory=Topic)
    """what was answered last, so that "and on sunday" can be understood"""
    hours: HoursTopic | None = None
    """what was asked about opening hours, where these were answered last, so that "and at noon" keeps the day"""
    stated: Entry | None = None
    """the fact or the opening hours that the last reply stated, which may be wanted in simpler words"""
    manner: Manner = PLAIN
    """how the visitor wants the voice to speak"""
    said: str = ""
    """the last reply, which may be asked for again"""
    outcome: Outcome = field(default_factory=Outcome)
    """outcome of the last reply"""
    unheard: Unheard | None = None

    @property
    def expecting(self) -> str | None:
        """Kind of the slot just asked for, ``confirm`` after a yes-or-no question, None where any answer may come."""
        if self.offered_person or self.suggested:
            return "confirm"
        return self.form.expecting if self.form else None

    @property
    def answer_expected(self) -> AnswerKind:
        """The kind of answer that is expected, which decides how long the appliance waits for its end."""
        expecting = self.expecting
        return "confirm" if expecting == "confirm" else "value" if expecting in DICTATED else "anything"

    def moved_on(self) -> ResponderState:
        """The state without the question back, whose answer is no longer expected."""
        return replace(self, offered_person=False, suggested=None, asked_again=False)

    def given(self, text: str, outcome: Outcome) -> ResponderState:
        """The state after a reply in these words. A reply that repeats another does not replace it as the last."""
        if outcome.route == CONVERSATION_ROUTE:
            return self
        return replace(self, said=" ".join(text.split()), outcome=outcome)

    # --- replies that did not happen ------------------------------------------------------------------------------

    def unheard_by(self, turn: Turn) -> Unheard | None:
        """The last reply, where the visitor had not heard it when this turn began."""
        first = turn.id if turn.replaces is None else turn.replaces
        return self.unheard if self.unheard is not None and self.unheard.turn_id >= first else None

    def before(self, turn: Turn) -> ResponderState:
        """The state without the last reply, where the visitor had not heard it when this turn began."""
        unheard = self.unheard_by(turn)
        return unheard.before if unheard else replace(self, unheard=None)

    def discarded(self, turn_id: int) -> ResponderState:
        """The state without the speculative reply of a turn, if there is one. The effects of tools stay."""
        if self.unheard is None or self.unheard.turn_id != turn_id or self.unheard.done:
            return self
        return self.unheard.before

    def abandoned(self, turn: Turn) -> ResponderState:
        """The state after the reply of a turn failed. Its topic and task are dropped, because the next reply might fail
        there again. The values that open the visitor's records are kept."""
        if self.unheard is not None and self.unheard.turn_id == turn.id:
            return ResponderState(references=self.references, manner=self.manner, unheard=self.unheard)
        before = self.before(turn)
        return ResponderState(references=before.references, manner=before.manner, unheard=Unheard(turn.id, before))
