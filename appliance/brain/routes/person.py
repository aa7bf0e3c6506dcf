"""Calls a person when the visitor asks for one, and calls none when the visitor declines."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.meaning import has_content
from appliance.brain.request import Answer, Request
from appliance.brain.routes.tasks import go_on, names_change, resume
from appliance.brain.state import ResponderState
from appliance.core.facts import Outcome
from appliance.language.templates import expand_all


def hand_over(request: Request, state: ResponderState) -> Answer | None:
    """Call a person if the visitor asks for one."""
    phrases = expand_all(request.site.hand_over.phrases)
    wanted = request.site.language.intents.wants_person(request.text, phrases)
    return call(request, state.moved_on()) if wanted and not names_change(request, state) else None


def call(request: Request, state: ResponderState) -> Answer:
    """Answer that a person is called."""
    return Answer(replace(state, form=None), request.site.hand_over.say, Outcome("hand_over", "handover"))


def leave_person(request: Request, state: ResponderState) -> Answer | None:
    """Answer a visitor who asks that no person be called."""
    intents = request.site.language.intents
    if not intents.refuses_person(request.text, expand_all(request.site.hand_over.phrases)):
        return None
    rest = intents.beside_refusal(request.text) or intents.beside_person(request.text)
    beside = bool(rest) and has_content(request, rest)
    if state.form and beside:
        return go_on(replace(request, heard=replace(request.heard, text=rest)), state)
    if beside:
        # "Don't call a nurse just tell me where the toilets are": what is said beside it is answered.
        return None
    if state.form and not state.offered_person:
        return resume(request, state.moved_on(), request.site.language.replies.all_right, Outcome(kind="smalltalk"))
    return not_needed(request, replace(state.moved_on(), form=None))


def not_needed(request: Request, state: ResponderState) -> Answer:
    """Answer a visitor who declined what was offered."""
    return Answer(state, request.site.language.replies.not_needed, Outcome(kind="smalltalk"))
