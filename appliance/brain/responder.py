"""The host that checks: from the visitor's words to the words of a reply, and to what the tools do.

Who decides what: retrieval finds what was meant and says how sure it is, a form (``forms``) owns a task and its
values, the tool has the effect, and the language model phrases. Nothing it writes is said unchecked (``grounding``);
where the check fails, the fact is said as it stands. What must be worded exactly (questions for a slot, the reading
back, results, refusals) comes from the site and the tool, not from the model.

A reply can be stopped before it was heard, and the dialogue then joins the visitor's words with what follows. So
the state of each conversation is a value, and a reply that never became part of the history is taken back, unless a
tool had its effect by then.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from appliance.brain import grounding
from appliance.brain.knowledge import Entry, Finder, Hit, choices
from appliance.config.site import FormSettings, Site, SlotSettings
from appliance.conversation import emergency, forms, opening_hours, recall
from appliance.conversation.confirmation import decide
from appliance.conversation.forms import Form, Heard, Value
from appliance.core.facts import AnswerKind, Message, Outcome, ToolResult, Transcript
from appliance.core.ports import Sentences, Session, Tool
from appliance.core.turn import Turn
from appliance.language.english import answer_kinds, intents, sentences, words
from appliance.language.english.numbers import tokens
from appliance.speaking import clauses

SURE = 0.7
"""probability from which an entry is taken to be what was meant"""

SURE_TASK = 0.5
"""the same for a task, which asks before it does anything"""

CLEAR = 0.8
"""confidence of the ear from which its words are taken as they are. Of 21 questions in noise, the six with more than a
wrong word among ten all lay below, and so did four that were right."""

SURE_OF_MUMBLED = 0.85
"""``SURE`` for words that were not clear"""

LIKELY = 0.12
"""probability from which the visitor is asked whether it was"""

LIKELY_OF_MUMBLED = 0.3
"""the same for words that were not clear: what is less likely is not guessed at before they were said once more"""

OTHERWISE = 0.1
"""``LIKELY`` of the next best entry, once the visitor has said that it was not the best"""

DIGRESSION = 0.5
"""the same in the middle of a form, where the words are more probably an answer"""

DICTATED = frozenset({"number", "reference", "date", "time", "name", "text"})
"""kinds of slots whose values people say piece by piece, with pauses to think or to read"""

SMALL_TALK = {
    "thanks": "You are welcome. Is there anything else?",
    "greeting": "Hello. How can I help you?",
    "how_are_you": "I am fine, thank you. How can I help you?",
}
NOT_NEEDED = "All right. Is there anything else I can help you with?"
STOPPED = "All right, I have left it. Is there anything else?"
ALL_RIGHT = "All right."
CHANGE = "What shall I change?"
MEANT = "Did you mean:"
OR_MEANT = "Or did you mean:"
AGAIN = "Sorry, I did not get that."
SHALL_CALL = "Shall I call someone who can help you?"


@dataclass(frozen=True, slots=True)
class _Suggestion:
    """Asked back rather than guessed."""

    entry: Entry
    text: str
    """the visitor's words"""
    otherwise: Entry | None
    """what was probably meant if not this"""


@dataclass(frozen=True, slots=True)
class _State:
    """What the host remembers of one conversation."""

    form: Form | None = None
    offered_person: bool = False
    """the last reply asked whether to call someone"""
    suggested: _Suggestion | None = None
    """the last reply asked whether this was meant"""
    references: Mapping[str, str] = field(default_factory=dict)
    """what opens the record that a tool made or changed in this conversation: values of slots of forms that ask for
    a reference, by name"""
    offers: tuple[Mapping[str, str], ...] = ()
    """arguments that would do, as the last look-up found them"""
    asked_again: bool = False
    """the last reply asked to hear it once more"""
    topic: str = ""
    """how the last thing answered is asked for, so that "and on sunday" can be understood"""
    subject: str = ""
    """what it is about, so that "is it open on sunday" can be understood: "the pharmacy" """
    looked_up: Form | None = None
    """the last look-up, so that "and on friday" can be looked up too"""
    said: str = ""
    """the last reply, which may be asked for again"""
    outcome: Outcome = field(default_factory=Outcome)
    """of the last reply"""


class NeedsConfirmation(Exception):
    """The answer needs a tool, and the visitor may not have finished: ask again once they have."""


class Host:
    """See the module. Used by one thread."""

    def __init__(
        self,
        site: Site,
        model: Session,
        retrieval: Finder,
        tools: Mapping[str, Tool],
        now: Callable[[], datetime],
        rephrase: bool = False,
        sentences: Sentences | None = None,
    ) -> None:
        """``rephrase``: facts in the model's words; otherwise they are said as they stand, which a model that only
        fills the smallest box says no worse and later."""
        self._rephrase = rephrase
        self._sentences = sentences
        self._site = site
        self.model = model
        self._retrieval = retrieval
        self._tools = tools
        self._now = now
        self._choices = choices(site, tools)
        persona = site.persona
        role = f"You are {persona.name}, {persona.role}."
        self.system = Message("system", f"{role} {persona.style[:1].upper()}{persona.style[1:]}".strip())
        self.open()

    def open(self) -> None:
        """A new visitor: forget everything of the previous one, what the language model has evaluated too."""
        self.model.forget([self.system])
        self._state = _State()
        self._found: tuple[str, Sequence[Hit]] = ("", ())
        self._before: tuple[tuple[int, int], _State] | None = None
        """what the last reply came after (``_place``), and the state before it"""
        self._effect: tuple[str, Outcome] | None = None
        self._turn = Turn(0)

    @property
    def expecting(self) -> str | None:
        """Kind of the slot just asked for, ``confirm`` after a yes-or-no question, None for anything."""
        if self._state.offered_person or self._state.suggested:
            return "confirm"
        return self._state.form.expecting if self._state.form else None

    @property
    def answer_expected(self) -> AnswerKind:
        """How patiently the next answer is to be waited for."""
        expecting = self.expecting
        return "confirm" if expecting == "confirm" else "value" if expecting in DICTATED else "anything"

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None:
        """Evaluate what is certain of the next prompt, and look up what it may mean, while the visitor is still
        speaking: the last partial transcript is mostly the final one."""
        self.model.prefill([self.system, *history], partial, turn)
        if not turn.cancelled:
            self._search(partial)

    def end_of_turn_probability(self, history: Sequence[Message], text: str) -> float:
        """Probability that the visitor has finished."""
        if intents.sounds_unfinished(text):
            return 0.05
        if intents.says_goodbye(text) or intents.small_talk(text) or intents.wants_person(text):
            return 0.95
        if recall.asks_again(text) or recall.asks_clock(text):
            return 0.95
        form = self._state.form
        if form and form.asked and form.asked in self._hear(text, form).values:
            return 0.95
        if ((form and form.confirming) or self._state.offered_person) and decide(text) in (
            "agree",
            "refuse",
            "give_up",
        ):
            return 0.95
        hit = None if form else self._best(text)
        if hit and hit.probability >= SURE:
            # Words that name a fact or a task already are mostly all that is said.
            return 0.95
        return self.model.end_of_turn_probability([self.system, *history], text)

    def ends(self, text: str) -> float | None:
        """Probability that a sentence of the site ends after these words."""
        return self._sentences.ends(text) if self._sentences else None

    def reply(self, heard: Transcript, history: Sequence[Message], turn: Turn) -> Iterator[str | Outcome]:
        """Checked pieces of the reply, as early as possible, and last one ``Outcome``. Raises PortError when a tool
        fails; the form is then dropped. Raises NeedsConfirmation before a tool is called for a speculative
        turn."""
        self._turn = turn
        place = _place(history)
        if self._before and self._before[0] == place:
            if self._effect:
                # What was done cannot be taken back, and was not heard: say it again.
                yield self._effect[0]
                yield self._effect[1]
                return
            self._state = self._before[1]
        self._before, self._effect = (place, self._state), None
        said = ""
        for piece in self._decide(heard, history, turn):
            if not isinstance(piece, Outcome):
                said += piece
            elif piece.route != _CONVERSATION:
                self._state = replace(self._state, said=" ".join(said.split()), outcome=piece)
            yield piece

    def retract(self) -> None:
        """Take back what the last reply changed: it was speculative, and will not be said."""
        if self._before and not self._effect:
            self._state = self._before[1]

    def abandon(self) -> None:
        """The last reply failed in the middle: leave what it was about, or the next one might fail there again."""
        self._state = _State(references=self._state.references)

    # --- what to do -----------------------------------------------------------------------------------------------

    def _decide(self, heard: Transcript, history: Sequence[Message], turn: Turn) -> Iterator[str | Outcome]:
        text, state = heard.text, self._state
        about = self._about_the_conversation(text, history)
        if about:
            return about
        self._state = replace(state, offered_person=False, suggested=None, asked_again=False)
        if intents.wants_person(text, self._site.hand_over.phrases):
            return self._hand_over()
        if intents.refuses_person(text):
            return self._no_person(state)
        if intents.says_goodbye(text) and not (state.form and not _leaves(state.form, text)):
            self._state = replace(self._state, form=None)
            return _fixed(self._site.persona.goodbye, Outcome("close", "goodbye"))
        asked = self._answer_to_question(text, state, history, turn)
        if asked:
            return asked
        if state.form:
            return self._go_on(state.form, text, history, turn)
        talk = intents.small_talk(text)
        if talk:
            return _fixed(SMALL_TALK[talk], Outcome(kind="smalltalk"))
        mumbled = heard.confidence < CLEAR
        return self._begin(
            answer_kinds.corrected(text), history, turn, mumbled, again=mumbled and not state.asked_again
        )

    def _about_the_conversation(self, text: str, history: Sequence[Message]) -> Iterator[str | Outcome] | None:
        """ "Can you repeat that", "which room was that", "what time is it": nothing else changes."""
        state = self._state
        again = recall.asks_again(text)
        if again:
            heard = [message.content for message in history if message.role == "assistant"]
            words = recall.said_again(again, [*heard, *([state.said] if state.said else [])])
            outcome = Outcome(kind=state.outcome.kind, facts=state.outcome.facts, route=_CONVERSATION)
            if words is None:
                return _fixed(SMALL_TALK["greeting"], Outcome(kind="smalltalk"))
            return _fixed(words, outcome)
        clock = recall.asks_clock(text)
        if clock:
            words = recall.say_clock(clock, self._now())
            self._state = replace(state, offered_person=False, suggested=None)
            return self._resume(words, Outcome(route="clock"))
        return None

    def _answer_to_question(
        self, text: str, state: _State, history: Sequence[Message], turn: Turn
    ) -> Iterator[str | Outcome] | None:
        """What follows when the last reply was "Shall I call someone" or "Did you mean"; None when the words answer
        neither, and mean something of their own."""
        if not (state.offered_person or state.suggested):
            return None
        decision = decide(text, {"call"} if state.offered_person else ())
        brief = not _has_content(text)
        if state.offered_person:
            if decision == "agree":
                return self._hand_over()
            if decision == "give_up" or (decision == "refuse" and brief):
                # What the task could not get on without is not to be had.
                self._state = replace(self._state, form=None)
                return _fixed(NOT_NEEDED, Outcome(kind="smalltalk"))
        meant = state.suggested
        if meant:
            if decision == "agree":
                return self._take_up(meant.entry, meant.text, history, turn)
            if decision == "refuse" and brief:
                return self._suggest(OR_MEANT, meant.otherwise, meant.text) if meant.otherwise else self._unknown()
            if decision == "give_up":
                return _fixed(NOT_NEEDED, Outcome(kind="smalltalk"))
        if decision == "doubt" and brief:
            self._state = state
            return _fixed(state.said, state.outcome)
        return None

    def _no_person(self, state: _State) -> Iterator[str | Outcome]:
        """Asked not to call somebody."""
        if state.form and not state.offered_person:
            return self._resume(ALL_RIGHT, Outcome(kind="smalltalk"))
        self._state = replace(self._state, form=None)
        return _fixed(NOT_NEEDED, Outcome(kind="smalltalk"))

    def _resume(self, words: str, outcome: Outcome) -> Iterator[str | Outcome]:
        """Say something, and ask again for what a task needs."""
        yield words
        if self._state.form:
            form, following = forms.proceed(self._state.form)
            self._state = replace(self._state, form=form)
            yield _now_asked(following)
        yield outcome

    def _begin(
        self, text: str, history: Sequence[Message], turn: Turn, mumbled: bool, again: bool
    ) -> Iterator[str | Outcome]:
        """A visitor's words outside of any form; ``again``: ask to hear them once more rather than guess."""
        hit = self._best(text)
        taken = self._look_up_too(text) or self._take_offer(text)
        if taken:
            return taken
        sure = SURE_OF_MUMBLED if mumbled else SURE
        if hit is None or hit.probability < (SURE_TASK if hit.entry.form else sure):
            if decide(text) in ("agree", "refuse", "give_up") and not _has_content(text):
                return _fixed(NOT_NEEDED, Outcome(kind="smalltalk"))
            if emergency.distressed(text):
                # Who is in need is offered a person, and is not asked what they mean.
                return self._unknown()
            if hit and hit.probability >= (LIKELY_OF_MUMBLED if again else LIKELY) and hit.entry.asks:
                return self._suggest(MEANT, hit.entry, text, self._otherwise(hit, text))
            if again:
                self._state = replace(self._state, asked_again=True)
                return _fixed(self._site.prompts.no_match[0], Outcome(kind="reprompt"))
            return self._unknown()
        return self._take_up(hit.entry, text, history, turn)

    def _take_up(self, entry: Entry, text: str, history: Sequence[Message], turn: Turn) -> Iterator[str | Outcome]:
        """Do or say what was meant."""
        if entry.form:
            return self._start(entry.form, text)
        return self._answer(entry, text, history, turn)

    def _suggest(self, words: str, entry: Entry, text: str, otherwise: Entry | None = None) -> Iterator[str | Outcome]:
        """Ask back rather than guess."""
        self._state = replace(self._state, suggested=_Suggestion(entry, text, otherwise))
        return _fixed(f"{words} {entry.asks[0]}?", Outcome(kind="confirm", facts=(entry.id,)))

    def _otherwise(self, hit: Hit, text: str) -> Entry | None:
        """What is likely to be meant once ``hit`` turned out not to be."""
        for other in self._search(text):
            if other.entry is not hit.entry and other.entry.asks:
                return other.entry if other.probability >= OTHERWISE * (1 - hit.probability) else None
        return None

    def _best(self, text: str) -> Hit | None:
        """What was most probably meant, alone or as a continuation of what was answered last."""
        hits = list(self._search(text))[:1]
        state = self._state
        if not state.topic or not intents.follows_up(text):
            return max(hits, key=lambda hit: hit.probability, default=None)
        full = answer_kinds.with_subject(text, state.subject)
        if full is not None:
            # "It" is what was talked about, whatever else the rest of the words would find.
            named = list(self._retrieval.search(full))[:1]
            if named and named[0].probability >= SURE:
                return named[0]
            hits += named
        elif hits and hits[0].probability >= SURE and not intents.goes_on(text):
            return hits[0]
        hits += list(self._retrieval.search(f"{state.topic} {text}"))[:1]
        return max(hits, key=lambda hit: hit.probability, default=None)

    def _search(self, text: str) -> Sequence[Hit]:
        if self._found[0] != text:
            self._found = (text, self._retrieval.search(text))
        return self._found[1]

    def _unknown(self) -> Iterator[str | Outcome]:
        self._state = replace(self._state, offered_person=True)
        return _fixed(self._site.prompts.unknown, Outcome(kind="unknown"))

    def _hand_over(self) -> Iterator[str | Outcome]:
        self._state = replace(self._state, form=None)
        return _fixed(self._site.hand_over.say, Outcome("hand_over", "handover"))

    # --- facts ----------------------------------------------------------------------------------------------------

    def _answer(self, entry: Entry, text: str, history: Sequence[Message], turn: Turn) -> Iterator[str | Outcome]:
        """Say a fact: in the model's words where they pass the check, else as it stands."""
        topic = entry.asks[0] if entry.asks else entry.say
        subject = entry.hours.what if entry.hours else answer_kinds.subject(topic, entry.say)
        self._state = replace(self._state, topic=topic, subject=subject, looked_up=None)
        fact = entry.say
        moment = opening_hours.answer(entry.hours, text, self._now()) if entry.hours else None
        if moment:
            # Worked out for this question and moment; a model can only spoil it.
            return _fixed(moment, Outcome(facts=(entry.id,), route="opening hours"))
        return self._phrase(fact, entry.id, text, history, turn)

    def _phrase(
        self, fact: str, identifier: str, text: str, history: Sequence[Message], turn: Turn
    ) -> Iterator[str | Outcome]:
        if not self._rephrase:
            yield fact
            yield Outcome(facts=(identifier,), route=identifier.split(":")[0])
            return
        prompt = [self.system, *history, Message("user", text), Message("facts", f"fact: {fact}")]
        sources = grounding.Sources.of((fact, text))
        unsaid = sentences.sentences(fact)
        pending: list[str] = []
        said: list[str] = []
        for clause in clauses.split(self.model.generate(prompt, turn, max_tokens=120)):
            if turn.cancelled:
                return
            pending.append(clause)
            if grounding.ungrounded(clause, sources) or grounding.degenerate(" ".join((*said, *pending))):
                break
            # Held back until it says at least one sentence of the fact: half an answer is worse than none.
            covered = [s for s in unsaid if grounding.covers(" ".join(pending), s, text)]
            if covered:
                unsaid = [s for s in unsaid if s not in covered]
                piece = _spoken_case(" ".join(pending), fact)
                said, pending = [*said, *pending], []
                yield f"{piece} "
        if turn.cancelled:
            return
        if unsaid:
            yield " ".join(unsaid)
        yield Outcome(facts=(identifier,), replaced=bool(unsaid))

    # --- forms ----------------------------------------------------------------------------------------------------

    def _start(self, settings: FormSettings, text: str) -> Iterator[str | Outcome]:
        """Begin a task with what the visitor said along with the wish."""
        known = {
            slot.name: forms.value_of(slot, self._state.references[slot.name], self._now())
            for slot in (settings.slots if forms.opens_record(settings) else ())
            if slot.kind in ("reference", "name") and slot.name in self._state.references
        }
        form = Form(settings, values=known)
        self._state = replace(self._state, looked_up=None)
        heard = self._hear(text, form)
        return self._advance(form, Heard(values=heard.values), text)

    def _hear(self, text: str, form: Form) -> Heard:
        return forms.hear(text, form, self._choices, self._now())

    def _go_on(self, form: Form, text: str, history: Sequence[Message], turn: Turn) -> Iterator[str | Outcome]:
        """A visitor's words in the middle of a task."""
        heard = self._hear(text, form)
        new = {name for name, value in heard.values.items() if form.slot(name).kind != "name"}
        if form.confirming:
            new = {name for name in new if form.values.get(name) != heard.values[name]}
        question = intents.asks_question(text) or (form.confirming and heard.decision == "ask")
        moves_on = heard.decision == "give_up" or heard.leap is not None
        hit = None if moves_on or len(text.split()) < 3 else self._best(text)
        open_minded = heard.decision in ("other", "ask") or not form.confirming
        aside = question or (not heard.values and not heard.unwanted and open_minded)
        if hit and not new and aside and hit.probability >= DIGRESSION:
            if hit.entry.form and hit.entry.form.intent != form.settings.intent:
                return self._start(hit.entry.form, text)
            if not hit.entry.form and question:
                return self._digress(form, hit.entry, text, history, turn)
        if hit and new and hit.probability >= DIGRESSION and not hit.entry.form and _asks_outright(text):
            # "What are your hours on friday" names no day for the appointment.
            return self._digress(form, hit.entry, text, history, turn)
        if not heard.values and not moves_on and not heard.unknown and heard.decision == "other" and form.asked:
            heard = replace(heard, values=self._second_opinion(form, text, history, turn))
        return self._advance(form, heard, text)

    def _digress(
        self, form: Form, entry: Entry, text: str, history: Sequence[Message], turn: Turn
    ) -> Iterator[str | Outcome]:
        """Answer a question in the middle of a task, then ask again for what the task needs."""
        outcome = Outcome()
        for piece in self._answer(entry, text, history, turn):
            if isinstance(piece, Outcome):
                outcome = piece
            else:
                yield piece
        form, following = forms.proceed(form)
        self._state = replace(self._state, form=form)
        yield _now_asked(following)
        yield outcome

    def _second_opinion(self, form: Form, text: str, history: Sequence[Message], turn: Turn) -> dict[str, Value]:
        """Ask the model where in the words the slot's value is; only words that were said count."""
        assert form.asked is not None
        slot = form.slot(form.asked)
        if slot.kind == "choice":
            return {}
        task = Message("tool", f"understand: {slot.name}")
        pieces = self.model.generate(
            [self.system, *history, Message("user", text), task], turn, max_tokens=48, grammar=_grammar(slot)
        )
        try:
            value = str(json.loads("".join(pieces)).get(slot.name, "")).strip()
        except ValueError:
            return {}
        said, wanted = tokens(text), tokens(value)
        if not wanted or not any(said[at : at + len(wanted)] == wanted for at in range(len(said))):
            return {}
        again = forms.hear(
            value, replace(form, confirming=False, changing=False, offers=()), self._choices, self._now()
        )
        return {name: v for name, v in again.values.items() if name == slot.name}

    def _advance(self, form: Form, heard: Heard, text: str) -> Iterator[str | Outcome]:
        before = form.values
        form, following = forms.step(form, heard)
        if dict(form.values) != dict(before) and not isinstance(following, forms.Stopped | forms.Stuck):
            refusal = self._refusal(form)
            if refusal:
                return self._refuse(form, refusal)
        return self._say_step(form, following, text)

    def _refusal(self, form: Form) -> ToolResult | None:
        """What the tool's check has against the values so far."""
        if form.settings.check is None:
            return None
        result = self._tools[form.settings.tool].call(form.settings.check, forms.arguments(form))
        return None if result.ok else result

    def _refuse(self, form: Form, result: ToolResult) -> Iterator[str | Outcome]:
        at_fault = [name for name in _strings(result.data.get("slots")) if name in form.values]
        references = {k: v for k, v in self._state.references.items() if k not in at_fault}
        form = forms.refuse(form, at_fault, self._read_offers(form.settings, _alternatives(result)))
        if form.unopened >= forms.MOST_UNOPENED:
            self._state = replace(self._state, form=None, references=references, offered_person=True)
            return _fixed(f"{result.say} {SHALL_CALL}", Outcome(kind="unknown"))
        form, following = forms.proceed(form) if not form.offers else (form, None)
        self._state = replace(self._state, form=form, references=references)
        ask = f" {following.slot.ask}" if isinstance(following, forms.Ask) else " Which would you like?"
        if len(form.offers) == 1:
            ask = " Would you like that?"
        return _fixed(f"{result.say}{ask}", Outcome(kind="refused"))

    def _read_offers(self, settings: FormSettings, offers: Sequence[Mapping[str, str]]) -> list[dict[str, Value]]:
        """Alternatives as values of a form's slots."""
        slots = {slot.name: slot for slot in settings.slots}
        return [
            {n: forms.value_of(slots[n], v, self._now()) for n, v in offer.items() if n in slots} for offer in offers
        ]

    def _say_step(self, form: Form, following: forms.Step, text: str) -> Iterator[str | Outcome]:
        self._state = replace(self._state, form=form)
        match following:
            case forms.Ask(slot, again):
                return _fixed(f"{AGAIN} {slot.ask}" if again else slot.ask, Outcome(kind="ask"))
            case forms.Confirm(question):
                return _fixed(question, Outcome(kind="confirm"))
            case forms.Change():
                return _fixed(CHANGE, Outcome(kind="ask"))
            case forms.Stopped():
                self._state = replace(self._state, form=None)
                return _fixed(STOPPED, Outcome(kind="smalltalk"))
            case forms.Stuck():
                return self._unknown()
            case forms.Call(arguments):
                return self._call(form, arguments)

    def _call(self, form: Form, arguments: Mapping[str, str]) -> Iterator[str | Outcome]:
        settings = form.settings
        self._may_call()
        # Dropped first: when the tool fails, the visitor is told so and starts anew.
        self._state = replace(self._state, form=None)
        result = self._tools[settings.tool].call(settings.function, arguments)
        if not result.ok:
            return self._refuse(form, result)
        named = {n: str(result.data[n]) for n in self._reference_slots() if n in result.data}
        self._state = replace(
            self._state,
            references={**self._state.references, **named},
            offers=_alternatives(result) if settings.confirm is None else (),
            looked_up=form if settings.confirm is None else None,
        )
        outcome = Outcome(
            kind="answer" if settings.confirm is None else "done", tools=(f"{settings.tool}.{settings.function}",)
        )
        if settings.confirm is not None:
            self._effect = (result.say, outcome)
        return _fixed(result.say, outcome)

    def _may_call(self) -> None:
        """Before a tool is called that has an effect, or whose calls are recorded: a cancelled speculation leaves no
        trace."""
        if not self._turn.confirmed:
            raise NeedsConfirmation

    def _reference_slots(self) -> set[str]:
        return {
            slot.name
            for form in self._site.forms
            if forms.opens_record(form)
            for slot in form.slots
            if slot.kind in ("reference", "name")
        }

    def _take_offer(self, text: str) -> Iterator[str | Outcome] | None:
        """After a look-up said what is free: "then at ten please" begins the task that takes it."""
        offers = self._state.offers
        self._state = replace(self._state, offers=())
        if not offers or intents.asks_question(text):
            return None
        for settings in self._site.forms:
            if settings.confirm is None or any(slot.kind == "reference" for slot in settings.slots):
                continue
            if set(offers[0]) <= {slot.name for slot in settings.slots}:
                form = Form(settings, offers=tuple(self._read_offers(settings, offers)))
                heard = self._hear(text, form)
                if heard.values or heard.nth is not None:
                    return self._advance(form, replace(heard, decision="other", any=False), text)
        return None

    def _look_up_too(self, text: str) -> Iterator[str | Outcome] | None:
        """After a look-up: "and on friday" looks up the same for another day."""
        before = self._state.looked_up
        if before is None or not intents.goes_on(text):
            return None
        heard = self._hear(text, before)
        new = {name: value for name, value in heard.values.items() if before.values.get(name) != value}
        return self._advance(before, Heard(values=new), text) if new else None


def _place(history: Sequence[Message]) -> tuple[int, int]:
    """Where in a conversation a reply comes. The number of the last message tells apart what the messages themselves do
    not, once the oldest are forgotten and the same is said again and again."""
    return len(history), history[-1].number if history else 0


def _fixed(text: str, outcome: Outcome) -> Iterator[str | Outcome]:
    """A reply that is known as a whole."""
    yield text
    yield outcome


def _leaves(form: Form, text: str) -> bool:
    """Whether a good-bye in the middle of a form is one: "perfect thanks bye" at the reading back believes that it is
    done, so it is asked again."""
    if form.confirming and decide(intents.before_goodbye(text), forms.verbs(form.settings)) == "agree":
        return False
    return "bye" in text.lower()


_CONVERSATION = "conversation"
"""route of a reply that was given before"""

_ANSWERING = frozenset(
    """yes yeah yep yup no nope nah sure okay ok fine good great perfect correct exactly right wrong not never
    absolutely definitely certainly course maybe perhaps probably possibly think guess suppose rather really thank
    thanks mind alright all please way sounds works kind sort hmm hm mm uh um er oh""".split()
)


def _has_content(text: str) -> bool:
    """Whether more was said than yes or no, or that one does not know."""
    return any(
        word not in _ANSWERING and word not in words.PHRASING and word not in words.NEGATIONS
        for word in words.content_words(text)
    )


def _asks_outright(text: str) -> bool:
    """A question that proposes nothing: "what about friday" does."""
    return intents.asks_question(text) and not intents.goes_on(text)


def _now_asked(following: forms.Step) -> str:
    """What a task needs, after something else was said."""
    if isinstance(following, forms.Ask):
        return f" Now, {_lower_first(following.slot.ask)}"
    return f" {following.text}" if isinstance(following, forms.Confirm) else ""


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _spoken_case(clause: str, fact: str) -> str:
    """A small model writes lower case; give words back the capitals that they have in the fact, for logs and
    screens and for the voice's sake."""
    inner = [word.strip(".,;:!?") for sentence in sentences.sentences(fact) for word in sentence.split()[1:]]
    capitals = {word.lower(): word for word in inner if word != word.lower()}
    words = [
        capitals[bare] + word[len(bare) :] if (bare := word.strip(".,;:!?")) and bare in capitals else word
        for word in clause.split()
    ]
    spoken = " ".join(words)
    return spoken[:1].upper() + spoken[1:]


def _alternatives(result: ToolResult) -> tuple[Mapping[str, str], ...]:
    """What a tool offers instead: sets of arguments that would do."""
    listed = result.data.get("alternatives")
    return tuple(
        {str(name): str(value) for name, value in offer.items()}
        for offer in (listed if isinstance(listed, list) else [])
        if isinstance(offer, Mapping)
    )


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _grammar(slot: SlotSettings) -> str:
    """GBNF of the model's answer about one slot."""
    return (
        'root ::= "{\\"intent\\": \\"" intent "\\"" slot? "}"\n'
        'intent ::= "question" | "book" | "move" | "cancel" | "free_slots" | "inform" | "yes" | "no" | "person" | '
        '"goodbye" | "smalltalk" | "other"\n'
        f'slot ::= ", \\"{slot.name}\\": \\" " [a-z0-9:.\' -]+ "\\""\n'
    )
