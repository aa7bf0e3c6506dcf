"""States a fact of the site, or its opening hours at the moment that is asked about."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.knowledge import Entry
from appliance.brain.request import Answer, Request
from appliance.brain.state import ResponderState
from appliance.conversation import opening_hours
from appliance.core.facts import Outcome


def state_fact(request: Request, state: ResponderState, entry: Entry, text: str) -> Answer:
    """State what the site says in answer to ``text``."""
    topic = entry.asks[0] if entry.asks else entry.say
    language = request.site.language
    subject = entry.hours.what if entry.hours else language.questions.subject(topic, entry.say)
    state = replace(state, topic=topic, subject=subject, looked_up=None)
    moment = opening_hours.answer(entry.hours, text, request.now, language) if entry.hours else None
    if moment:
        # The text is computed for this question and moment, so a model's wording can only make it wrong.
        return Answer(state, moment, Outcome(facts=(entry.id,), route="opening hours"))
    return Answer(state, entry.say, Outcome(facts=(entry.id,), route=entry.id.split(":")[0]), question=text)
