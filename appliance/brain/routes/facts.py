"""States a fact of the site, or its opening hours at the moment that is asked about."""

from __future__ import annotations

import re
from dataclasses import replace

from appliance.brain.knowledge import Entry
from appliance.brain.request import Answer, Request
from appliance.brain.state import HoursTopic, ResponderState
from appliance.config.site import Site
from appliance.conversation import opening_hours
from appliance.conversation.hours_question import Asked
from appliance.core.facts import Outcome
from appliance.language.parts import Topic


def state_fact(request: Request, state: ResponderState, entry: Entry, text: str, asked: Asked | None = None) -> Answer:
    """State what the site says in answer to ``text``. ``asked``: what is asked about opening hours, where ``text`` does
    not say all of it."""
    language, now = request.site.language, request.now
    topic = topic_of(state.topic, entry, text, request.site)
    state = replace(state, topic=topic, stated=entry, looked_up=None, hours=None)
    moment = None
    if entry.hours:
        asked = asked or opening_hours.ask(entry.hours, text, now, language)
        state = replace(state, hours=HoursTopic((entry,), asked))
        moment = opening_hours.say(entry.hours, asked, now, language)
    if moment:
        # The text is computed for this question and moment, so a model's wording can only make it wrong.
        return Answer(state, moment, Outcome(facts=(entry.id,), route="opening hours"))
    return Answer(state, entry.say, Outcome(facts=(entry.id,), route=entry.id.split(":")[0]), question=text)


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
