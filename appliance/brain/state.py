"""What the responder keeps of one conversation, as a value. Pure.

A reply can be stopped before it was heard, and the dialogue then joins the visitor's words with what follows. So a
reply that was not heard is taken back, unless a tool had its effect by then. The dialogue tells by a turn's id which
replies were not heard (``Turn.replaces``), and ``Unheard`` keeps what the last one can be taken back to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from appliance.brain.knowledge import Entry
from appliance.conversation.forms import Form
from appliance.core.facts import AnswerKind, Outcome
from appliance.core.turn import Turn

DICTATED = frozenset({"number", "reference", "date", "time", "name", "text"})
"""kinds of slots whose values people say piece by piece, with pauses to think or to read"""

CONVERSATION_ROUTE = "conversation"
"""route of a reply that repeats an earlier one"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The last reply asked whether this was meant."""

    entry: Entry
    text: str
    """the visitor's words"""
    otherwise: Entry | None
    """what was probably meant if not this"""


@dataclass(frozen=True, slots=True)
class Unheard:
    """The last reply, which may turn out not to have been heard."""

    turn_id: int
    before: ResponderState
    done: tuple[str, Outcome] | None = None
    """what it said and meant where a tool had an effect for it, which cannot be taken back"""


@dataclass(frozen=True, slots=True)
class ResponderState:
    """Everything that the responder knows of one conversation beside its history."""

    form: Form | None = None
    offered_person: bool = False
    """the last reply asked whether to call someone"""
    suggested: Suggestion | None = None
    asked_again: bool = False
    """the last reply asked to hear it once more"""
    references: Mapping[str, str] = field(default_factory=dict)
    """what opens the record that a tool made or changed in this conversation: values of slots of forms that ask for
    a reference, by name"""
    offers: tuple[Mapping[str, str], ...] = ()
    """arguments that would do, as the last look-up found them"""
    looked_up: Form | None = None
    """the last look-up, so that "and on friday" can be looked up too"""
    topic: str = ""
    """how the last thing answered is asked for, so that "and on sunday" can be understood"""
    subject: str = ""
    """what it is about, so that "is it open on sunday" can be understood: "the pharmacy" """
    said: str = ""
    """the last reply, which may be asked for again"""
    outcome: Outcome = field(default_factory=Outcome)
    """of the last reply"""
    unheard: Unheard | None = None

    @property
    def expecting(self) -> str | None:
        """Kind of the slot just asked for, ``confirm`` after a yes-or-no question, None for anything."""
        if self.offered_person or self.suggested:
            return "confirm"
        return self.form.expecting if self.form else None

    @property
    def answer_expected(self) -> AnswerKind:
        """How patiently the next answer is to be waited for."""
        expecting = self.expecting
        return "confirm" if expecting == "confirm" else "value" if expecting in DICTATED else "anything"

    def moved_on(self) -> ResponderState:
        """What was asked back is no longer waited for."""
        return replace(self, offered_person=False, suggested=None, asked_again=False)

    def given(self, text: str, outcome: Outcome) -> ResponderState:
        """The reply was given in these words; one that repeats another leaves that to be the last."""
        if outcome.route == CONVERSATION_ROUTE:
            return self
        return replace(self, said=" ".join(text.split()), outcome=outcome)

    # --- replies that did not happen ------------------------------------------------------------------------------

    def unheard_by(self, turn: Turn) -> Unheard | None:
        """The last reply, where the visitor had not heard it when this turn began."""
        first = turn.id if turn.replaces is None else turn.replaces
        return self.unheard if self.unheard is not None and self.unheard.turn_id >= first else None

    def before(self, turn: Turn) -> ResponderState:
        """Without the last reply, where the visitor had not heard it when this turn began."""
        unheard = self.unheard_by(turn)
        return unheard.before if unheard else replace(self, unheard=None)

    def discarded(self, turn_id: int) -> ResponderState:
        """Without the speculative reply of a turn, if there is one; what a tool did stays."""
        if self.unheard is None or self.unheard.turn_id != turn_id or self.unheard.done:
            return self
        return self.unheard.before

    def abandoned(self, turn: Turn) -> ResponderState:
        """After the reply of a turn failed: without what it was about, or the next one might fail there again. What
        opens the visitor's records is kept."""
        if self.unheard is not None and self.unheard.turn_id == turn.id:
            return ResponderState(references=self.references, unheard=self.unheard)
        before = self.before(turn)
        return ResponderState(references=before.references, unheard=Unheard(turn.id, before))
