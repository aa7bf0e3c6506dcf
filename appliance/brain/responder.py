"""From the visitor's words to the words of a reply, and to what the tools do.

Who decides what: retrieval finds what was meant and says how sure it is, a form (``forms``) owns a task and its
values, the tool has the effect, and the language model phrases. Nothing it writes is said unchecked (``grounding``);
where the check fails, the fact is said as it stands. What must be worded exactly (questions for a slot, the reading
back, results, refusals) comes from the site and the tool, not from the model.

A reply is decided first, by one of the ``routes``, and then said. What is known of a conversation is a value that goes
in and comes out (``ResponderState``), as in ``dialogue.step``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from appliance.brain.compose import compose
from appliance.brain.knowledge import Finder, Hit
from appliance.brain.meaning import best
from appliance.brain.request import NeedsConfirmation, Request
from appliance.brain.routes import decide
from appliance.brain.state import ResponderState, Unheard
from appliance.brain.thresholds import Thresholds
from appliance.config.site import Persona, Site
from appliance.conversation import confirmation, slots
from appliance.core.facts import Message, Outcome, ToolResult, Transcript, TurnScored
from appliance.core.ports import Sentences, Session, SlotReader, Tool
from appliance.core.turn import Turn
from appliance.language import Language

P_CERTAINLY_COMPLETE = 0.95
"""probability that words are complete which the rules know to be all that is said"""

P_UNFINISHED = 0.05
"""the same of words that end where no sentence does"""

_KEPT_SEARCHES = 8
"""results of the retrieval that are kept; a turn needs at most three, and the same ones several times"""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that is decided."""

    state: ResponderState
    """of the conversation from now on, but for the reply's words (``ResponderState.given``)"""
    pieces: Iterator[str | Outcome]
    """checked pieces, as early as possible, and last one ``Outcome``"""

    def whole(self) -> tuple[ResponderState, str, Outcome]:
        """The conversation after the reply, its words with single spaces, and its outcome."""
        text, outcome = "", Outcome()
        for piece in self.pieces:
            if isinstance(piece, Outcome):
                outcome = piece
            else:
                text += piece
        return self.state.given(text, outcome), " ".join(text.split()), outcome


class Responder(Protocol):
    """Makes the replies of one conversation after the other. Used by one thread."""

    def begin(self) -> ResponderState:
        """A new visitor: forget everything of the previous one, what the language model has evaluated too."""
        ...

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        """Work ahead while the visitor is still speaking: the last partial transcript is mostly the final one."""
        ...

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        """Whether the visitor has finished, as far as the words tell."""
        ...

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        """Decide what is said. Raises PortError when a tool fails, and NeedsConfirmation before a tool is called for a
        turn that is speculative; the state is then as it was."""
        ...


class SiteResponder:
    """Replies with what a site knows and its tools do. What it is given may be shared by many conversations, but for
    the model's session."""

    def __init__(
        self,
        site: Site,
        model: Session,
        slot_reader: SlotReader,
        finder: Finder,
        tools: Mapping[str, Tool],
        choices: Mapping[str, Sequence[str]],
        now: Callable[[], datetime],
        *,
        rephrase: bool = False,
        sentences: Sentences | None = None,
        thresholds: Thresholds = Thresholds(),  # noqa: B008 - frozen
    ) -> None:
        """``choices``: the values of ``choice`` slots by slot name. ``rephrase``: facts in the model's words; otherwise
        they are said as they stand, which a model that only fills the smallest box says no worse and later."""
        self._site = site
        self._model = model
        self._slot_reader = slot_reader
        self._finder = finder
        self._tools = tools
        self._choices = choices
        self._now = now
        self._rephrase = rephrase
        self._sentences = sentences
        self._thresholds = thresholds
        self._system = system_prompt(site.persona, site.language)
        self.begin()

    def begin(self) -> ResponderState:
        self._model.forget([self._system])
        self._found: dict[str, Sequence[Hit]] = {}
        return ResponderState()

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        """Evaluate what is certain of the next prompt, and look up what it may mean."""
        self._model.prefill([self._system, *history], partial, turn)
        if not turn.cancelled:
            self._search(partial)

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        complete = self._p_complete(state, history, text)
        ends = self._sentences.ends(text) if self._sentences else None
        return TurnScored(text, complete, ends, self._site.language.intents.dictates(text))

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        unheard = state.unheard_by(turn)
        if unheard and unheard.done:
            # What was done cannot be taken back, and was not heard: say it again.
            return Reply(state, iter(unheard.done))
        before = state.before(turn)
        answer = decide(self._request(heard, history, turn), before)
        done = (answer.words, answer.outcome) if answer.done else None
        state = replace(answer.state, unheard=Unheard(turn.id, before, done))
        if self._rephrase and answer.question is not None:
            conversation = [self._system, *history]
            return Reply(state, compose(answer, self._model, conversation, self._site.language, turn))
        return Reply(state, iter((answer.words, answer.outcome)))

    def _p_complete(self, state: ResponderState, history: Sequence[Message], text: str) -> float:
        """Probability that the visitor has finished: where no rule knows, the language model's."""
        language = self._site.language
        intents, recall = language.intents, language.recall
        if intents.sounds_unfinished(text):
            return P_UNFINISHED
        if intents.says_goodbye(text) or intents.small_talk(text) or intents.wants_person(text):
            return P_CERTAINLY_COMPLETE
        if recall.asks_again(text) or recall.asks_clock(text):
            return P_CERTAINLY_COMPLETE
        form = state.form
        if form and form.asked and form.asked in slots.hear(text, form, self._choices, self._now(), language).values:
            return P_CERTAINLY_COMPLETE
        answers = (form and form.confirming) or state.offered_person
        if answers and confirmation.decide(text, language) in ("agree", "refuse", "give_up"):
            return P_CERTAINLY_COMPLETE
        hit = None if form else best(self._request(Transcript(text, 1.0, ""), history, Turn(0)), state, text)
        if hit and hit.probability >= self._thresholds.accept:
            # Words that name a fact or a task already are mostly all that is said.
            return P_CERTAINLY_COMPLETE
        return self._model.end_of_turn_probability([self._system, *history], text)

    def _request(self, heard: Transcript, history: Sequence[Message], turn: Turn) -> Request:
        def check(tool: str, function: str, arguments: Mapping[str, str]) -> ToolResult:
            return self._tools[tool].call(function, arguments)

        def act(tool: str, function: str, arguments: Mapping[str, str]) -> ToolResult:
            # A cancelled speculation leaves no trace.
            if not turn.confirmed:
                raise NeedsConfirmation
            return check(tool, function, arguments)

        def point_at(slot: str) -> str:
            return self._slot_reader.read([self._system, *history, Message("user", heard.text)], slot, turn)

        return Request(
            heard,
            history,
            self._now(),
            self._site,
            self._choices,
            self._search,
            check,
            act,
            point_at,
            self._thresholds,
        )

    def _search(self, text: str) -> Sequence[Hit]:
        """What was looked up while the visitor spoke is not looked up again."""
        if text not in self._found:
            if len(self._found) >= _KEPT_SEARCHES:
                self._found.clear()
            self._found[text] = self._finder.search(text)
        return self._found[text]


def system_prompt(persona: Persona, language: Language) -> Message:
    """What tells the language model who it is."""
    role = language.replies.role.format(name=persona.name, role=persona.role)
    return Message("system", f"{role} {persona.style[:1].upper()}{persona.style[1:]}".strip())
