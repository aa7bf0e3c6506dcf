"""Answers with the entry that the visitor means: begins its task, or states its fact."""

from __future__ import annotations

from appliance.brain.knowledge import Entry
from appliance.brain.request import Answer, Request
from appliance.brain.routes import facts, small_talk, tasks
from appliance.brain.state import ResponderState


def take_up(request: Request, state: ResponderState, entry: Entry, text: str) -> Answer:
    """Begin the task or state the fact of ``entry``, which ``text`` means."""
    if entry.form:
        return tasks.start(request, state, entry.form, text)
    if entry.kind == "talk":
        return small_talk.answer_small_talk(state, entry)
    return facts.state_fact(request, state, entry, text)
