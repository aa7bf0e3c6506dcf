"""Answers words outside of any task, by what the retrieval finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from appliance.brain.interpretation import interpreted
from appliance.brain.knowledge import Hit, courtesy, holding
from appliance.brain.meaning import Meaning, has_content, understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes import tasks
from appliance.brain.routes.comparisons import compare
from appliance.brain.routes.entry import take_up
from appliance.brain.routes.facts import topic_of
from appliance.brain.routes.hours import answer_hours
from appliance.brain.routes.person import not_needed
from appliance.brain.routes.several import MOST, answer_several
from appliance.brain.routes.unknown import offer_person
from appliance.brain.routes.unsure import suggest
from appliance.brain.state import ResponderState
from appliance.conversation import slots
from appliance.conversation.confirmation import decide
from appliance.conversation.forms import opens_record
from appliance.core.facts import Outcome
from appliance.language.templates import expand_all


def answer(request: Request, state: ResponderState) -> Answer:
    """Take up an entry that was surely meant, ask back where one is likely, and otherwise offer a person. Where the
    words were not clear, ask for them once more before guessing at a less likely entry."""
    site, limits = request.site, request.thresholds
    text = site.language.questions.corrected(request.text)
    again = request.unclear and not state.asked_again
    if state.suggested and not state.suggested.entry.form and not state.topic.example:
        # What was asked about is what "it" stands for.
        topic = topic_of(state.topic, state.suggested.entry, state.suggested.text, site)
        state = replace(state, topic=topic)
    state = state.moved_on()
    taken = (
        tasks.amend(request, state, text)
        or tasks.do_another(request, state, text)
        or tasks.look_up_too(request, state, text)
        or tasks.take_offer(request, state, text)
    )
    if taken:
        return taken
    # An offer is valid for one turn.
    state = replace(state, offers=())
    # "I changed my mind" is about what was done just now, where something was.
    left = tasks.do_as_wished(request, state) or _leave_task(request, state)
    if left:
        return left
    if unable := _without_task(request, state, text):
        return unable
    beside = site.language.tasks.beside_own(text)
    if beside is not None:
        return _about_own(request, state, beside)
    if site.language.tasks.lacks_one(text):
        return _about_none(request, state, text)
    # "Could doctor chen see me on monday" is a wish without a time.
    sees = site.language.tasks.SEES.match(site.language.questions.corrected(text))
    begun = tasks.begin_by_values(request, state, text, {"date"} if sees else {"date", "time"})
    if begun:
        return begun
    several = (
        answer_hours(request, state, text) or compare(request, state, text) or answer_several(request, state, text)
    )
    if several:
        return several
    meant = interpreted(request, state, text, understood(request, state, text))
    if meant and site.language.tasks.wants_another(text) and not site.language.tasks.is_barred(text):
        # One more is no change of the one that is booked. "I can't come, I need another" is.
        new = [hit for hit in meant.hits if not (hit.entry.form and opens_record(hit.entry.form))]
        meant = _only(meant, new) if new else None
    if meant and site.language.tasks.asks_about_visit(text):
        told = [hit for hit in meant.hits if not hit.entry.form]
        meant = _only(meant, told) if told else None
    accept = limits.accept_unclear if request.unclear else limits.accept
    if meant is not None and meant.probability >= (limits.accept_task if meant.entry.form else accept):
        return take_up(request, state, meant.entry, meant.question)
    begun = tasks.begin_by_values(request, state, text)
    if begun:
        return begun
    if decide(text, site.language) in ("agree", "refuse", "give_up") and not has_content(request, text):
        return _more(request, state) if _wants_more(request, state, text) else not_needed(request, state)
    if request.distressed(text):
        # A visitor in need is offered a person at once, and is not asked what they mean.
        return offer_person(request, state)
    guess = _guess(request, state, meant, text) if meant else None
    if meant and guess and guess.probability >= (limits.ask_unclear if again else limits.ask):
        otherwise = meant.alternative(limits.ask_alternative)
        return suggest(state, site.language.replies.meant, guess.entry, meant.question, otherwise)
    if again:
        return Answer(replace(state, asked_again=True), site.prompts.no_match[0], Outcome(kind="reprompt"))
    return offer_person(request, state)


def _without_task(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer words for which no task may be begun, and no fact be guessed at: they name a place, tell who the visitor
    is, or want what only a person can do. None for other words."""
    intents = request.site.language.intents
    if state.stated and intents.means_other(text):
        return Answer(state, request.site.language.replies.which_one, Outcome(kind="reprompt"))
    if intents.needs_staff(text):
        return offer_person(request, state)
    if intents.introduces(text):
        return Answer(state, courtesy(request.site, "greeting"), Outcome(kind="smalltalk"))
    if request.site.language.questions.place_asked(text):
        return _tell_what_is_at(request, state, text)
    if not intents.asks_no_task(text):
        return None
    meant = understood(request, state, text)
    told = meant and meant.entry.kind in ("fact", "hours") and meant.probability >= request.thresholds.accept
    return take_up(request, state, meant.entry, meant.question) if meant and told else offer_person(request, state)


def _tell_what_is_at(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Tell all that is found at a place of which it is asked what is there: "what is on the second floor". None where
    one fact or none tells it."""
    language = request.site.language
    facts = [hit.entry for hit in request.search(text) if hit.entry.kind == "fact"]
    found = holding(facts, text, language)[:MOST]
    if len(found) < 2:
        return None
    # Of a long fact only the sentence about the place is wanted.
    parts = [replace(entry, say=said) for entry in found for said in language.sentences.sentences(entry.say)]
    told = " ".join(part.say for part in holding(parts, text, language)) or " ".join(entry.say for entry in found)
    outcome = Outcome(facts=tuple(entry.id for entry in found), route="several facts")
    return Answer(replace(state, stated=None, hours=None), told, outcome)


def _wants_more(request: Request, state: ResponderState, text: str) -> bool:
    """Whether the visitor says yes to "Is there anything else"."""
    offered = state.outcome.kind == "smalltalk" and state.said.endswith("?")
    return offered and decide(text, request.site.language) == "agree"


def _more(request: Request, state: ResponderState) -> Answer:
    return Answer(state, request.site.language.replies.what_else, Outcome(kind="smalltalk"))


def _about_own(request: Request, state: ResponderState, beside: str) -> Answer:
    """Answer a visitor who has something booked: what they say beside it, or else what the site says of it. They do not
    want another one. Only where they cannot keep it, a task is begun."""
    limits, tasks_said = request.thresholds, request.site.language.tasks
    barred = tasks_said.is_barred(beside)
    found: list[Meaning] = []
    whole = understood(request, state, f"{tasks_said.OWN} {beside}" if barred else request.text)
    if whole and whole.probability >= limits.accept and _about_what_is_there(whole.hits[0], barred):
        # "I have an appointment at the heart clinic" names a place.
        number = tasks_said.numbered(request.text)
        given = f"{beside} {number}".strip() if number not in beside else beside
        return take_up(request, state, whole.entry, given if whole.entry.form else whole.question)
    for said in dict.fromkeys((f"{tasks_said.OWN} {beside}".strip(), beside, tasks_said.OWN)):
        meant = understood(request, state, said) if has_content(request, said) else None
        hits = [hit for hit in meant.hits if _about_what_is_there(hit, barred)] if meant else []
        if meant is None or not hits:
            continue
        meant = _only(meant, hits)
        if meant.probability >= (limits.accept_task if meant.entry.form else limits.accept):
            # What is booked is no value of what is wanted: "on friday but i need to move it".
            number = tasks_said.numbered(request.text)
            given = f"{beside} {number}".strip() if number not in beside else beside
            return take_up(request, state, meant.entry, given if meant.entry.form else meant.question)
        found.append(meant)
    return _suggest_best(request, state, found)


def _only(meant: Meaning, hits: Sequence[Hit]) -> Meaning:
    """What is meant where only some of the hits can be. The others leave their probability to these."""
    rest = 1 - sum(hit.probability for hit in meant.hits) + sum(hit.probability for hit in hits)
    return Meaning(meant.question, [replace(hit, probability=hit.probability / rest) for hit in hits])


def _about_none(request: Request, state: ResponderState, text: str) -> Answer:
    """Answer a visitor who has nothing booked, or asks if something must be. No task is begun that they did not ask
    for."""
    meant = understood(request, state, text)
    hits = [hit for hit in meant.hits if _begins_something(hit) or not hit.entry.form] if meant else []
    if meant is None or not hits:
        return offer_person(request, state)
    meant = Meaning(meant.question, hits)
    if not meant.entry.form and meant.probability >= request.thresholds.accept:
        return take_up(request, state, meant.entry, meant.question)
    return _suggest_best(request, state, [meant])


def _suggest_best(request: Request, state: ResponderState, found: Sequence[Meaning]) -> Answer:
    best = max(found, key=lambda meaning: meaning.probability, default=None)
    guess = best.guess() if best else None
    if best and guess and guess.probability >= request.thresholds.ask:
        return suggest(state, request.site.language.replies.meant, guess.entry, best.question)
    return offer_person(request, state)


def _begins_something(hit: Hit) -> bool:
    form = hit.entry.form
    return form is not None and form.confirm is not None and not opens_record(form)


def _about_what_is_there(hit: Hit, barred: bool) -> bool:
    """Whether an entry may be meant by a visitor who has something booked. ``barred``: they cannot keep it."""
    form = hit.entry.form
    if barred:
        return form is not None and form.confirm is not None and opens_record(form)
    return form is None and hit.entry.kind != "talk"


def _guess(request: Request, state: ResponderState, meant: Meaning, text: str) -> Hit | None:
    """The most probable entry that can be asked about. "No the stairs" does not mean what was just said."""
    words, language = request.site.language.tokens(text), request.site.language
    refused = state.stated if words and words[0] in language.statements.REFUSING else None
    return next((hit for hit in meant.guesses if hit.entry is not refused), None)


def _leave_task(request: Request, state: ResponderState) -> Answer | None:
    """Begin no task that the visitor does not want, and answer what they say beside it. None where the words refuse no
    task of the site."""
    intents, text = request.site.language.intents, request.text
    if intents.takes_back(text):
        return not_needed(request, state)
    no_person = intents.refuses_person(text, expand_all(request.site.hand_over.phrases))
    rest = (intents.beside_person(text) or None) if no_person else intents.beside_refusal(text)
    if rest is None or not (no_person or _names_task(request, text) or _means_task(request, state, text)):
        return None
    if not has_content(request, rest):
        return not_needed(request, state)
    return answer(replace(request, heard=replace(request.heard, text=rest)), state)


def _means_task(request: Request, state: ResponderState, text: str) -> bool:
    meant = understood(request, state, text)
    hits = meant.hits if meant else ()
    return any(hit.entry.form and hit.probability >= request.thresholds.ask for hit in hits)


def _names_task(request: Request, text: str) -> bool:
    language = request.site.language
    return any(slots.names_verb(text, form, language) for form in request.site.forms)
