"""Asks the real responder questions about a site in writing, and counts how they were answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from appliance.brain.compose import COMPOSED_ROUTE
from appliance.brain.grounding.coverage import covers
from appliance.brain.grounding.sources import Sources, ungrounded
from appliance.brain.knowledge import Entry, entries
from appliance.brain.responder import SiteResponder
from appliance.brain.retrieval import Retrieval
from appliance.config.box import Settings
from appliance.config.site import FormSettings, Site
from appliance.core.facts import Message, Outcome, Transcript, TurnScored
from appliance.core.ports import AnswerJudge, Embedder, Interpreter, Session, SlotReader, Tool
from appliance.core.turn import Turn
from appliance.engines.llm.slot_reader import StarterSlotReader, slot_reader
from appliance.language import Language
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and the entry that answers it; ``entry`` is None when the site does not know."""

    text: str
    entry: str | None
    say: tuple[str, ...] = ()
    """words that the reply must hold; if empty, it must hold what the entry says"""


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts of how questions were answered."""

    asked: int
    """questions that the site can answer"""
    right: int
    wrong: int
    """questions that were answered with something else"""
    refused: int
    """questions to which the reply was "don't know" although the site knows"""
    absent: int
    """questions that the site cannot answer"""
    absent_refused: int
    replaced: int
    """replies in which the check replaced the model's words"""
    asked_back: int
    """right answers after "did you mean …?" and a yes, or after saying it again; they are not among ``right``"""
    repeats: int
    """how often the visitor was asked to say a question again"""
    guesses: int
    """how often "did you mean …?" was asked about something that the site does not know"""
    suggested: int = 0
    """questions, known or not, after which "did you mean …?" was asked"""

    @property
    def accuracy(self) -> float:
        return self.right / max(1, self.asked)

    @property
    def accuracy_after_asking_back(self) -> float:
        return (self.right + self.asked_back) / max(1, self.asked)

    @property
    def refusals(self) -> float:
        return self.absent_refused / max(1, self.absent)

    @property
    def confidently_wrong(self) -> float:
        """Share of all questions that got a wrong answer."""
        return (self.wrong + self.absent - self.absent_refused) / max(1, self.asked + self.absent)


def share(part: int, whole: int) -> str:
    """A count of a total, as text for a reader."""
    return f"{part} of {whole} ({part / max(1, whole):.1%})"


def say_answers(name: str, a: Answers) -> str:
    return (
        f"{name}: right {share(a.right, a.asked)}, "
        f"after asking back {share(a.right + a.asked_back, a.asked)}, "
        f"refused when absent {share(a.absent_refused, a.absent)}, "
        f"confidently wrong {a.confidently_wrong:.1%}; asked to repeat {share(a.repeats, a.asked + a.absent)}, "
        f"wrong guesses per absent question {a.guesses / max(1, a.absent):.2f}, "
        f'"did you mean" {share(a.suggested, a.asked + a.absent)}'
    )


@dataclass(frozen=True, slots=True)
class Engines:
    """The engines that are measured."""

    model: Session
    embedder: Embedder
    slot_reader: Callable[[Session], SlotReader] = StarterSlotReader
    interpreter: Interpreter | None = None
    judge: AnswerJudge | None = None
    """judges whether a fact answers a question"""
    measured: bool = True
    """whether what the language model is good for was measured, or need not be; otherwise it is asked nothing"""


def open_engines(settings: Settings) -> Engines:
    """Open the models that the settings name. Raises PortError."""
    from appliance.engines.embedding.answers import open_judge
    from appliance.engines.embedding.minilm import MiniLm
    from appliance.engines.llm.interpreter import LlamaInterpreter
    from appliance.engines.llm.llama import LlamaModel

    model = LlamaModel(settings)
    session = model.session()
    reader = partial(slot_reader, model.prompt)
    measured = model.measured.known_model or not model.prompt.asks
    judge = open_judge(settings.brain.answers)
    return Engines(session, MiniLm(settings.brain.embedder), reader, LlamaInterpreter(session), judge, measured)


# --- questions ----------------------------------------------------------------------------------------------------


class Rig:
    """A responder as the daemon builds it, at a fixed time, and one conversation with it."""

    def __init__(
        self,
        site: Site,
        engines: Engines,
        tools: Mapping[str, Tool],
        retrieval: Retrieval,
        now: datetime,
        *,
        composed: bool = False,
    ) -> None:
        self.site = site
        self.engines = engines
        self.tools = tools
        self.retrieval = retrieval
        self._now = now
        self._composed = composed
        slots = engines.slot_reader(engines.model)
        listed = choices(site, tools)
        self._responder = SiteResponder(
            site,
            engines.model,
            slots,
            retrieval,
            tools,
            listed,
            lambda: now,
            composed=composed,
            interpreter=engines.interpreter,
        )
        self.begin()
        self._turns = 0

    @classmethod
    def open(cls, site: Site, engines: Engines, state: Path, now: datetime) -> Rig:
        """Open a rig, with tools that keep their state in ``state``, a scratch directory."""
        tools = open_tools(site.tools, site.language, state, lambda: now)
        known = entries(site, choices(site, tools))
        retrieval = Retrieval(known, engines.embedder, site.language, judge=engines.judge)
        return cls(site, engines, tools, retrieval, now)

    def composing(self) -> Rig:
        """The same rig with facts in the model's words."""
        return Rig(self.site, self.engines, self.tools, self.retrieval, self._now, composed=True)

    def emptied(self, state: Path) -> Rig:
        """The same rig with an empty book in ``state``. It keeps the retrieval, whose making takes as long as hundreds
        of dialogues."""
        tools = open_tools(self.site.tools, self.site.language, state, lambda: self._now)
        return Rig(self.site, self.engines, tools, self.retrieval, self._now, composed=self._composed)

    def begin(self) -> None:
        """Begin with another visitor."""
        self._state = self._responder.begin()

    @property
    def expecting(self) -> str | None:
        """Kind of the slot just asked for (see ``ResponderState.expecting``)."""
        return self._state.expecting

    def score(self, text: str) -> TurnScored:
        """Whether a visitor who has said so much has finished, by the words alone."""
        return self._responder.score(self._state, (), text)

    def reply(
        self, heard: Transcript, history: Sequence[Message] = (), *, prefilled: bool = True
    ) -> tuple[str, Outcome]:
        """Reply to one turn, whose words are prefilled as the daemon does it. Without that the reply is the same."""
        self._turns += 1
        turn = Turn(self._turns)
        if prefilled:
            self._responder.listen(heard.text, history, turn)
        self._state, said, outcome = self._responder.reply(self._state, heard, history, turn).whole()
        return said, outcome


def ask_all(rig: Rig, questions: Sequence[Asked], heard: Sequence[Iterable[Transcript]]) -> Answers:
    """Ask every question in a new conversation. ``heard`` holds the ear's transcripts of each question: the first time,
    and whenever it is said again."""
    return answers([(asked, ask(rig, asked, iter(hearings))) for asked, hearings in zip(questions, heard, strict=True)])


def answers(all_asked: Sequence[tuple[Asked, Asking]]) -> Answers:
    """Count how questions were answered."""
    right = wrong = refused = absent = absent_refused = replaced = asked_back = repeats = guesses = suggested = 0
    for asked, one in all_asked:
        replaced += one.outcome.replaced
        repeats += one.repeated
        suggested += bool(one.suggested)
        if asked.entry is None:
            absent += 1
            absent_refused += not one.answered
            guesses += one.suggested
        elif not one.answered:
            refused += 1
        elif one.right:
            right += not (one.suggested or one.repeated)
            asked_back += bool(one.suggested or one.repeated)
        else:
            wrong += 1
    known = right + asked_back + wrong + refused
    return Answers(
        known, right, wrong, refused, absent, absent_refused, replaced, asked_back, repeats, guesses, suggested
    )


@dataclass(frozen=True, slots=True)
class Asking:
    """How one question was answered."""

    said: str
    """the last reply"""
    outcome: Outcome
    answered: bool
    right: bool
    suggested: int
    """how often "did you mean …?" was asked"""
    repeated: int
    """how often the question had to be said again"""


def ask(rig: Rig, asked: Asked, hearings: Iterator[Transcript]) -> Asking:
    """Ask a question, say yes or no to what is asked back, and say it again when that is asked for."""
    rig.begin()
    suggested = repeated = 0
    history: list[Message] = []
    heard = words = next(hearings)
    while True:
        said, outcome = rig.reply(heard, history)
        history += [Message("user", heard.text), Message("assistant", said)]
        if outcome.kind == "confirm" and outcome.facts:
            suggested += 1
            heard = clear("yes" if asked.entry in outcome.facts else "no")
        elif outcome.kind == "reprompt" and (again := next(hearings, None)):
            repeated += 1
            heard = words = again
        else:
            break
    entry = next((entry for entry in rig.retrieval.entries if entry.id == asked.entry), None)
    if entry is not None and entry.form is not None:
        answered = right = _begun(entry.form, outcome)
    else:
        answered = bool(outcome.facts) or outcome.kind in ("ask", "done", "confirm", "refused")
        right = asked.entry in outcome.facts and _holds(said, asked, words.text, entry, outcome, rig.site.language)
    return Asking(said, outcome, answered, right, suggested, repeated)


def _begun(form: FormSettings, outcome: Outcome) -> bool:
    """Whether a task was begun: its tool was called, or the visitor was asked for what it needs."""
    asks = outcome.kind in ("ask", "confirm", "refused") and not outcome.facts
    return asks or f"{form.tool}.{form.function}" in outcome.tools


def clear(text: str) -> Transcript:
    """A transcript of which the ear is sure."""
    return Transcript(text, 1.0, "text")


def _holds(said: str, asked: Asked, heard: str, entry: Entry | None, outcome: Outcome, language: Language) -> bool:
    """Whether a reply holds what the question asks for. ``entry`` is the entry that answers it."""
    if asked.say:
        return not any(ungrounded(words, Sources.of([said], language)) for words in asked.say)
    if entry and entry.hours:
        # The reply about opening hours depends on the moment, and shares few words with the sentence for the week. So
        # the name of the place shows that they were said.
        return not ungrounded(entry.hours.what, Sources.of([said], language))
    say = entry.say if entry else ""
    if outcome.route == COMPOSED_ROUTE:
        # A part of the fact is an answer if it gives what was asked for, such as a place.
        wanted = language.questions.asked_for(heard) & language.questions.given_by(say)
        if wanted and wanted <= language.questions.given_by(said):
            return True
    return covers(said, say, language, heard)
