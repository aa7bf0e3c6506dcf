"""Answers questions about the conversation and the time: "can you repeat that", "which room was that", "what time is
it"."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.request import Answer, Request
from appliance.brain.routes.tasks import resume
from appliance.brain.state import CONVERSATION_ROUTE, ResponderState
from appliance.conversation import recall
from appliance.core.facts import Outcome


def say_again(request: Request, state: ResponderState) -> Answer | None:
    """Repeat the last reply, or the part of it that is asked for. Nothing else changes."""
    language = request.site.language
    again = language.recall.asks_again(request.text)
    if not again:
        return None
    state = replace(state, manner=state.manner.changed(again.wishes))
    heard = [message.content for message in request.history if message.role == "assistant"]
    words = recall.said_again(again, [*heard, *([state.said] if state.said else [])], language)
    if words is None:
        return Answer(state, language.replies.small_talk["greeting"], Outcome(kind="smalltalk"))
    return Answer(state, words, Outcome(kind=state.outcome.kind, facts=state.outcome.facts, route=CONVERSATION_ROUTE))


def tell_time(request: Request, state: ResponderState) -> Answer | None:
    known = request.site.language.recall
    clock = known.asks_clock(request.text)
    if not clock:
        return None
    words = known.say_clock(clock, request.now)
    return resume(request, replace(state, offered_person=False, suggested=None), words, Outcome(route="clock"))
