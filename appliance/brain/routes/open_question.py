"""Answers words outside of any task, by what the retrieval finds."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.interpretation import interpreted
from appliance.brain.knowledge import Hit
from appliance.brain.meaning import Meaning, has_content, understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes import tasks
from appliance.brain.routes.comparisons import compare
from appliance.brain.routes.entry import take_up
from appliance.brain.routes.person import not_needed
from appliance.brain.routes.several import answer_several
from appliance.brain.routes.unknown import offer_person
from appliance.brain.routes.unsure import suggest
from appliance.brain.state import ResponderState
from appliance.conversation import slots
from appliance.conversation.confirmation import decide
from appliance.core.facts import Outcome
from appliance.language.templates import expand_all


def answer(request: Request, state: ResponderState) -> Answer:
    """Take up an entry that was surely meant, ask back where one is likely, and otherwise offer a person. Where the
    words were not clear, ask for them once more before guessing at a less likely entry."""
    site, limits = request.site, request.thresholds
    text = site.language.questions.corrected(request.text)
    again = request.unclear and not state.asked_again
    state = state.moved_on()
    taken = tasks.look_up_too(request, state, text) or tasks.take_offer(request, state, text)
    if taken:
        return taken
    # An offer is valid for one turn.
    state = replace(state, offers=())
    refused = _leave_task(request, state)
    if refused:
        return refused
    several = compare(request, state, text) or answer_several(request, state, text)
    if several:
        return several
    meant = interpreted(request, state, text, understood(request, state, text))
    accept = limits.accept_unclear if request.unclear else limits.accept
    if meant is not None and meant.probability >= (limits.accept_task if meant.entry.form else accept):
        return take_up(request, state, meant.entry, meant.question)
    if decide(text, site.language) in ("agree", "refuse", "give_up") and not has_content(request, text):
        return not_needed(request, state)
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
