"""Answers questions about opening hours that are no question about one place: a line that goes on with the last one,
several places in one question, and all places ("what is open on sunday")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from appliance.brain.knowledge import Entry, hours_id, stems
from appliance.brain.meaning import understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes.facts import spoken_of_last, state_fact
from appliance.brain.state import ResponderState
from appliance.conversation import hours_question, opening_hours
from appliance.conversation.hours_question import Asked
from appliance.core.facts import Outcome
from appliance.language import Language
from appliance.language.parts import Comparison

ROUTE = "opening hours"


def answer_hours(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer a question about opening hours that the search for one entry would not understand. None for others."""
    return (
        go_on(request, state, text)
        or _several_places(request, state, text)
        or _all_places(request, state, text)
        or _ranked(request, state, text)
        or _without_hours(request, state, text)
        or _than_a_time(request, state, text)
        or _still_time(request, state, text)
    )


def go_on(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer a line that names another day, time or place than the last question about opening hours: "and at noon",
    "and the cafe"."""
    before = state.hours
    if before is None or state.form or state.looked_up or state.outcome.tools:
        return None
    language, now = request.site.language, request.now
    named = opening_hours.named_days(request.site.opening_hours, now)
    later = hours_question.shifted(text, before.asked, now, language)
    if later:
        return _state_all(request, state, [(entry, state.topic.question, later) for entry in before.entries])
    line = hours_question.follows(text, now, language, named=named)
    if line is None:
        return None
    asked = spoken_of_last(request, state) if line.same else before.asked.then(line.asked)
    asked = asked or (before.asked if line.place or line.same else None)
    other = place(request, line.place) if line.place else None
    entries = before.entries if not line.place else (other,) if other else ()
    if asked is None or not entries:
        return None
    return _state_all(request, state, [(entry, state.topic.question, asked) for entry in entries])


def _state_all(request: Request, state: ResponderState, questions: Sequence[tuple[Entry, str, Asked | None]]) -> Answer:
    """State the hours of one or several places, each with its question and what that asks."""
    answers: list[Answer] = []
    for entry, question, asked in questions:
        answers.append(state_fact(request, state, entry, question, asked))
        state = answers[-1].state
    if len(answers) == 1:
        return answers[0]
    entries = tuple(entry for entry, _, _ in questions)
    state = replace(state, hours=state.hours and replace(state.hours, entries=entries))
    ids = tuple(entry.id for entry in entries)
    return Answer(state, " ".join(answer.text for answer in answers), Outcome(facts=ids, route=ROUTE))


def place(request: Request, name: str) -> Entry | None:
    """The opening hours of the place of that name."""
    language = request.site.language
    for question in language.drafts.of_hours(name)[:1]:
        hits = request.search(question)
        if hits and hits[0].entry.hours and hits[0].probability >= request.thresholds.accept:
            return hits[0].entry if hits[0].entry.speaks_of(name, language) else None
    return None


def _several_places(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer one question about several places. Of a place without hours, offer a person."""
    language = request.site.language
    parts = language.follow_ups.places(text)
    if len(parts) < 2:
        return None
    found = [(part, place(request, part.place)) for part in parts]
    known = [(part, entry) for part, entry in found if entry and entry.hours]
    if not known:
        return None
    told = _state_all(request, state, [(entry, part.question, None) for part, entry in known])
    if len(known) == len(found):
        return told
    # What is joined here was computed, or is the site's sentence: no model may reword it with the offer.
    offered = replace(told.state, offered_person=True)
    return replace(told, state=offered, text=f"{told.text} {language.replies.rest_unknown}", question=None)


def _all_places(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Say which of the site's places are open, or close, at the time that is asked about."""
    places, language = request.site.opening_hours, request.site.language
    asked = hours_question.asks_all(text, request.now, language, named=opening_hours.named_days(places, request.now))
    if asked is None or not places:
        return None
    say = opening_hours.say_closing if asked.kind == "closes" else opening_hours.say_open
    said, chosen = say(places, asked, request.now, language)
    if not said:
        return None
    ids = tuple(hours_id(hours.what) for hours in chosen)
    return Answer(replace(state, hours=None), said, Outcome(facts=ids, route=ROUTE))


def _ranked(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Say which place opens or closes first, or last, of all places or of those that are named. Two are compared."""
    places, language = request.site.opening_hours, request.site.language
    asked = hours_question.ranks(text, request.now, language, named=opening_hours.named_days(places, request.now))
    if asked is None or len(asked.places) in (1, 2) or not places:
        return None
    found = [place(request, name) for name in asked.places]
    named = [entry.hours for entry in found if entry and entry.hours]
    if len(named) < len(found):
        return None
    said, chosen = opening_hours.say_ranked(named or places, asked, request.now, language)
    if not said:
        return None
    ids = tuple(hours_id(hours.what) for hours in chosen)
    return Answer(replace(state, hours=None), said, Outcome(facts=ids, route=ROUTE))


def _without_hours(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer a question about the hours of a place of which the site only knows something else, where the search finds
    the hours of another place."""
    language = request.site.language
    found = language.hours.NAMES_PLACE.match(" ".join(language.tokens(text)))
    if found is None:
        return None
    name = found["place"]
    meant = understood(request, state, text)
    hours = meant.entry.hours if meant else None
    if meant is None or hours is None or meant.entry.speaks_of(name, language) or _is_house(request, name):
        return None
    asking = language.comparisons.asking(Comparison("distance", False, name, name, ""), name)
    hits = [hit for question in asking for hit in request.search(question)[:1] if hit.entry.kind == "fact"]
    fact = next((hit.entry for hit in hits if hit.probability >= request.thresholds.accept), None)
    if fact is None or not _asked_for(fact, name, language) or fact.speaks_of(hours.what, language):
        # Where both are spoken of, one may be another word for the other.
        return None
    told = state_fact(request, state, fact, text)
    return replace(told, text=f"{language.replies.not_known} {told.text}", question=None)


def _asked_for(fact: Entry, name: str, language: Language) -> bool:
    """Whether one of the questions for a fact names a place."""
    return any(stems(name, language) <= stems(ask, language) for ask in fact.asks)


def _is_house(request: Request, name: str) -> bool:
    """Whether a place is the whole site: "the museum"."""
    language = request.site.language
    return stems(name, language) <= stems(request.site.name, language)


def _than_a_time(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer whether a place is open later than a time of day. It is compared with no other place."""
    if not hours_question.than_a_time(text, request.now, request.site.language):
        return None
    meant = understood(request, state, text)
    if meant is None or meant.entry.hours is None or meant.probability < request.thresholds.accept:
        return None
    return state_fact(request, state, meant.entry, meant.question)


def _still_time(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer whether there is still time to come to a place: say when it closes."""
    language = request.site.language
    found = language.hours.TOO_LATE.search(" ".join(language.tokens(text)))
    entry = place(request, found["place"]) if found and found["place"] else None
    return state_fact(request, state, entry, text) if entry else None
