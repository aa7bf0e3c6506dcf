"""Asks back instead of guessing, and takes the visitor's answer to that."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.knowledge import Entry
from appliance.brain.meaning import has_content
from appliance.brain.request import Answer, Request
from appliance.brain.routes.entry import take_up
from appliance.brain.routes.person import call, not_needed
from appliance.brain.routes.unknown import offer_person
from appliance.brain.state import ResponderState, Suggestion
from appliance.conversation.confirmation import decide
from appliance.core.facts import Outcome


def suggest(state: ResponderState, lead: str, entry: Entry, text: str, otherwise: Entry | None = None) -> Answer:
    """Ask whether ``entry`` was meant by ``text``; ``lead`` is said before its question."""
    state = replace(state, suggested=Suggestion(entry, text, otherwise))
    return Answer(state, f"{lead} {entry.asks[0]}?", Outcome(kind="confirm", facts=(entry.id,)))


def take_answer(request: Request, state: ResponderState) -> Answer | None:
    """Take the visitor's answer to "Shall I call someone" or "Did you mean". None when the words answer neither
    question."""
    if not (state.offered_person or state.suggested):
        return None
    decision = decide(request.text, request.site.language, {"call"} if state.offered_person else ())
    brief = not has_content(request, request.text)
    after = state.moved_on()
    if state.offered_person:
        if decision == "agree":
            return call(request, after)
        if decision == "give_up" or (decision == "refuse" and brief):
            # The task cannot go on, because a value that it needs is not available.
            return not_needed(request, replace(after, form=None))
    if state.suggested:
        meant = state.suggested
        if decision == "agree":
            return take_up(request, after, meant.entry, meant.text)
        if decision == "refuse" and brief:
            if meant.otherwise is None:
                return offer_person(request, after)
            return suggest(after, request.site.language.replies.or_meant, meant.otherwise, meant.text)
        if decision == "give_up":
            return not_needed(request, after)
    if decision == "doubt" and brief:
        return Answer(state, state.said, state.outcome)
    return None
