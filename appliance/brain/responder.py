"""Makes replies: from the visitor's words to the words of a reply and to calls of tools.

Each part decides one thing. Retrieval finds the entry that was meant and its probability. A form (``forms``) owns a
task and its values. The tool has the effect. On a box that composes, the language model words the facts that were found
(``compose``), and ``grounding`` checks each sentence of it. What must be worded exactly (questions for a slot, the
reading back, results, refusals) comes from the site and the tool, not from the model.

One of the ``routes`` decides a reply first; then it is said. The state of a conversation is a value that goes in and
comes out (``ResponderState``), as in ``dialogue.step``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol

from appliance.brain.compose import compose
from appliance.brain.knowledge import Finder, Hit
from appliance.brain.listed import ListedSentences
from appliance.brain.meaning import Meaning, understood
from appliance.brain.request import NeedsConfirmation, Request
from appliance.brain.routes import decide
from appliance.brain.state import ResponderState, Unheard
from appliance.brain.thresholds import Thresholds
from appliance.config.site import Persona, Site
from appliance.conversation import confirmation, slots
from appliance.conversation.emergency import Alarms, questions_of
from appliance.core.facts import Message, Outcome, ToolResult, Transcript, TurnScored
from appliance.core.ports import Distress, Interpreter, Sentences, Session, SlotReader, Tool
from appliance.core.turn import Turn
from appliance.language import Language

P_CERTAINLY_COMPLETE = 0.95
"""``p_complete`` of words that the rules know to be a whole utterance"""

Heard = Literal["nothing", "value", "part", "whole"]
"""How much was heard of what a form has asked for. A ``value`` may go on, a ``part`` must, a ``whole`` one does not."""

P_UNFINISHED = 0.05
"""``p_complete`` of words that end where no sentence can end"""

_KEPT_SEARCHES = 24
"""The most results of the retrieval that are kept. A turn needs each of its readings several times, and a sentence with
three questions has about a dozen."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply whose content is decided."""

    state: ResponderState
    """state of the conversation from now on, but for the reply's words (``ResponderState.given``)"""
    pieces: Iterator[str | Outcome]
    """checked pieces, as early as possible, and last one ``Outcome``"""

    def whole(self) -> tuple[ResponderState, str, Outcome]:
        """Run the reply to its end: the state after it, its words with single spaces, and its outcome."""
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
        """Begin with a new visitor. Forget everything of the previous one, also what the language model has
        evaluated."""
        ...

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        """Work ahead while the visitor is still speaking, because the last partial transcript is mostly the final
        one."""
        ...

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        """Score whether the visitor has finished, by the words alone."""
        ...

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        """Decide what is said. Raises PortError when a tool fails, and NeedsConfirmation before a tool is called for a
        turn that is speculative; the state is then as it was."""
        ...


class SiteResponder:
    """Replies with what a site knows and its tools do. Many conversations may share what it is given, but for the
    model's session."""

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
        composed: bool = False,
        interpreter: Interpreter | None = None,
        sentences: Sentences | None = None,
        distress: Distress | None = None,
        listed: ListedSentences = ListedSentences(()),  # noqa: B008 - frozen
        thresholds: Thresholds = Thresholds(),  # noqa: B008 - frozen
    ) -> None:
        """``choices`` holds the values of ``choice`` slots by slot name. With ``composed``, facts are said in
        the model's words as far as these pass the check, and otherwise as they stand."""
        self._site = site
        self._model = model
        self._slot_reader = slot_reader
        self._finder = finder
        self._tools = tools
        self._choices = choices
        self._now = now
        self._composed = composed
        self._interpreter = interpreter
        self._sentences = sentences
        self._listed = listed
        self._alarms = Alarms(site.emergency, site.language, distress, questions_of(site))
        self._thresholds = thresholds
        self._system = system_prompt(site.persona, site.language)
        self.begin()

    def begin(self) -> ResponderState:
        self._model.forget([self._system])
        self._found: dict[str, Sequence[Hit]] = {}
        return ResponderState()

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        """Evaluate the certain part of the next prompt, and look up what the words may mean."""
        self._model.prefill([self._system, *history], partial, turn)
        if partial not in self._found and not turn.cancelled:
            self._keep(partial, self._finder.glance(partial))

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        asked = self._heard_of_asked(state, text)
        complete = self._p_complete(state, history, text, asked)
        ends = self._sentences.ends(text) if self._sentences else None
        # A value may go on: "ten" - "thirty", "december twenty" - "fifth".
        whole = None if state.form else self._p_whole(text)
        dictating = asked == "part" or (asked != "whole" and self._site.language.intents.dictates(text))
        unfinished = self._site.language.intents.sounds_unfinished(text)
        answerable = not unfinished and self._meant(state, history, text) is not None
        return TurnScored(text, complete, ends, dictating, whole, answerable)

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        unheard = state.unheard_by(turn)
        if unheard and unheard.done:
            # A tool had its effect, which cannot be taken back, and the visitor did not hear of it. Say it again.
            return Reply(state, iter(unheard.done))
        before = state.before(turn)
        answer = decide(self._request(heard, history, turn), before)
        done = (answer.words, answer.outcome) if answer.done else None
        state = replace(answer.state, unheard=Unheard(turn.id, before, done))
        if self._composed and answer.question is not None:
            conversation = [self._system, *history]
            return Reply(state, compose(answer, self._model, conversation, self._site, turn))
        return Reply(state, iter((answer.words, answer.outcome)))

    def _heard_of_asked(self, state: ResponderState, text: str) -> Heard:
        """How much the words give of what a form has asked for."""
        form = state.form
        if form is None or form.asked is None:
            return "nothing"
        value = slots.hear(text, form, self._choices, self._now(), self._site.language).values.get(form.asked)
        if value is None:
            return "nothing"
        slot = form.slot(form.asked)
        if slot.kind == "reference" and slot.length:
            return "whole" if len(value.value) >= slot.length else "part"
        # A row of digits or letters of any length may go on.
        return "whole" if slot.kind in ("date", "time", "number", "choice") else "value"

    def _meant(self, state: ResponderState, history: Sequence[Message], text: str) -> Meaning | None:
        """What the words surely mean, outside of a form."""
        if state.form:
            return None
        meant = understood(self._request(Transcript(text, 1.0, ""), history, Turn(0)), state, text)
        return meant if meant and meant.probability >= self._thresholds.accept else None

    def _p_whole(self, text: str) -> float | None:
        """Probability that the words are all that is said: a question of the site, or about the conversation."""
        recall = self._site.language.recall
        about = self._asks_again(text) or recall.asks_simpler(text) or recall.asks_clock(text)
        if about or self._site.language.intents.says_goodbye(text):
            return P_CERTAINLY_COMPLETE
        return self._listed.p_whole(text)

    def _asks_again(self, text: str) -> bool:
        """Whether the words ask for the last reply once more, whatever it was. "What is the number" may go on."""
        again = self._site.language.recall.asks_again(text)
        return again is not None and not again.only

    def _p_complete(self, state: ResponderState, history: Sequence[Message], text: str, asked: Heard) -> float:
        """Probability that the visitor has finished: by the rules, or by the language model where no rule applies."""
        language = self._site.language
        intents, recall = language.intents, language.recall
        if intents.sounds_unfinished(text):
            return P_UNFINISHED
        if intents.says_goodbye(text) or intents.courtesy(text) or intents.wants_person(text):
            return P_CERTAINLY_COMPLETE
        if self._asks_again(text) or recall.asks_simpler(text) or recall.asks_clock(text):
            return P_CERTAINLY_COMPLETE
        form = state.form
        if asked == "part":
            return P_UNFINISHED
        if asked != "nothing":
            return P_CERTAINLY_COMPLETE
        answers = (form and form.confirming) or state.offered_person
        if answers and confirmation.decide(text, language) in ("agree", "refuse", "give_up"):
            return P_CERTAINLY_COMPLETE
        return self._model.end_of_turn_probability([self._system, *history], text)

    def _request(self, heard: Transcript, history: Sequence[Message], turn: Turn) -> Request:
        def check(tool: str, function: str, arguments: Mapping[str, str]) -> ToolResult:
            return self._tools[tool].call(function, arguments)

        def act(tool: str, function: str, arguments: Mapping[str, str]) -> ToolResult:
            # A cancelled speculation must not change the state.
            if not turn.confirmed:
                raise NeedsConfirmation
            return check(tool, function, arguments)

        def point_at(slot: str) -> str:
            return self._slot_reader.read([self._system, *history, Message("user", heard.text)], slot, turn)

        def rewrite(line: str) -> str | None:
            model = self._interpreter
            return model.rewrite(history, line, turn) if model and model.costs.rewrite_s is not None else None

        def judge(line: str, candidates: Sequence[str]) -> Sequence[float]:
            model = self._interpreter
            return model.judge(line, candidates, turn) if model and model.costs.judge_s is not None else ()

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
            self._alarms.distressed,
            rewrite,
            judge,
            self._thresholds,
        )

    def _search(self, text: str) -> Sequence[Hit]:
        """Search, or take the result from the cache if the same text was searched while the visitor spoke."""
        if text not in self._found:
            self._keep(text, self._finder.search(text))
        return self._found[text]

    def _keep(self, text: str, hits: Sequence[Hit] | None) -> None:
        """Keep what was found for a text, if it was looked for."""
        if hits is not None:
            if len(self._found) >= _KEPT_SEARCHES:
                self._found.clear()
            self._found[text] = hits


def system_prompt(persona: Persona, language: Language) -> Message:
    """The system prompt, which tells the language model its role."""
    role = language.replies.role.format(name=persona.name, role=persona.role)
    return Message("system", f"{role} {persona.style[:1].upper()}{persona.style[1:]}".strip())
