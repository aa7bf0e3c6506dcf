"""Offers a person when nothing that the site knows fits."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.request import Answer, Request
from appliance.brain.state import ResponderState
from appliance.core.facts import Outcome


def offer_person(request: Request, state: ResponderState) -> Answer:
    return Answer(replace(state, offered_person=True), request.site.prompts.unknown, Outcome(kind="unknown"))
