"""An entry was found to be what the visitor means: the task it begins, or the fact it states."""

from __future__ import annotations

from appliance.brain.knowledge import Entry
from appliance.brain.request import Answer, Request
from appliance.brain.routes import facts, tasks
from appliance.brain.state import ResponderState


def take_up(request: Request, state: ResponderState, entry: Entry, text: str) -> Answer:
    """Do or say what was meant by ``text``."""
    if entry.form:
        return tasks.start(request, state, entry.form, text)
    return facts.state_fact(request, state, entry, text)
