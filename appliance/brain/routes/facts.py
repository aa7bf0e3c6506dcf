"""States a fact of the site, or its opening hours at the moment that is asked about."""

from __future__ import annotations

import re
from dataclasses import replace

from appliance.brain.knowledge import Entry
from appliance.brain.request import Answer, Request
from appliance.brain.state import HoursTopic, ResponderState
from appliance.config.site import Site
from appliance.conversation import hours_question, opening_hours
from appliance.conversation.hours_question import Asked
from appliance.core.facts import Outcome
from appliance.language.parts import Topic


def state_fact(request: Request, state: ResponderState, entry: Entry, text: str, asked: Asked | None = None) -> Answer:
    """State what the site says in answer to ``text``. ``asked``: what is asked about opening hours, where ``text`` does
    not say all of it."""
    language, now = request.site.language, request.now
    then = _then(request, state, text) if entry.hours and asked is None else None
    topic = topic_of(state.topic, entry, text, request.site)
    state = replace(state, topic=topic, stated=entry, looked_up=None, hours=None)
    moment = None
    if entry.hours:
        asked = asked or opening_hours.ask(entry.hours, text, now, language)
        if then and asked.kind == "state" and not (asked.days or asked.time or asked.now):
            asked = replace(asked, days=then.days, time=then.time, by_name=then.by_name)
        state = replace(state, hours=HoursTopic((entry,), asked))
        moment = opening_hours.say(entry.hours, asked, now, language)
    if moment:
        # The text is computed for this question and moment, so a model's wording can only make it wrong.
        return Answer(state, moment, Outcome(facts=(entry.id,), route="opening hours"))
    return Answer(state, entry.say, Outcome(facts=(entry.id,), route=entry.id.split(":")[0]), question=text)


def _then(request: Request, state: ResponderState, text: str) -> Asked | None:
    """What "then" stands for where a question ends in it."""
    language = request.site.language
    asks = any(hours_question.asks_then(said, language) for said in (text, request.text))
    return spoken_of_last(request, state) if asks else None


def spoken_of_last(request: Request, state: ResponderState) -> Asked | None:
    """The day and the time for which "then" stands: those of the last question about opening hours, of the last reply,
    or of what the visitor said before it."""
    language, now = request.site.language, request.now
    clock = state.outcome.route == "clock"
    if state.hours and not clock:
        return state.hours.asked
    before = next((message.content for message in reversed(request.history) if message.role == "user"), "")
    named = hours_question.spoken_of(state.said, now, language, clock=clock)
    if named is None:
        return hours_question.spoken_of(before, now, language)
    # The calendar tells the date of "christmas".
    by_name = clock and bool(language.hours.SPECIAL_DAY.search(before.lower()))
    return replace(named, by_name=named.by_name or by_name)


def topic_of(before: Topic, entry: Entry, question: str, site: Site) -> Topic:
    known = site.language.follow_ups
    thing = entry.hours.what if entry.hours else known.thing(entry.asks, entry.say)
    other = before.thing if before.thing != thing else before.other
    places = [hours.what for hours in site.opening_hours]
    named = [place for place in places if re.search(rf"\b{re.escape(place.lower())}\b", entry.say.lower())]
    # "The museum shop" is not the museum, and "the restaurant Blue Whale" is the restaurant.
    named = [place for place in named if not re.match(rf"{re.escape(place.lower())} [a-z]", thing)]
    place = named[0] if len(named) == 1 and thing not in places else ""
    return Topic(question, entry.asks[0] if entry.asks else entry.say, thing, known.person(entry.say), other, place)
