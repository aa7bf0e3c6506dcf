"""Answers greetings, thanks and other small talk, and the good-bye that ends a conversation."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain import knowledge
from appliance.brain.knowledge import Entry
from appliance.brain.request import Answer, Request
from appliance.brain.state import ResponderState
from appliance.conversation import slots
from appliance.conversation.confirmation import decide
from appliance.conversation.forms import Form
from appliance.core.facts import Outcome


def say_goodbye(request: Request, state: ResponderState) -> Answer | None:
    if not request.site.language.intents.says_goodbye(request.text):
        return None
    if state.form and not _leaves(request, state.form):
        return None
    return Answer(replace(state.moved_on(), form=None), request.site.persona.goodbye, Outcome("close", "goodbye"))


def answer_courtesy(request: Request, state: ResponderState) -> Answer | None:
    """Answer words that only greet or thank."""
    courtesy = request.site.language.intents.courtesy(request.text)
    return _chat(state, knowledge.courtesy(request.site, courtesy)) if courtesy else None


def answer_small_talk(state: ResponderState, entry: Entry) -> Answer:
    """Answer with an entry of small talk."""
    return _chat(state, entry.say)


def _chat(state: ResponderState, words: str) -> Answer:
    return Answer(state.moved_on(), words, Outcome(kind="smalltalk", route="small talk"))


def wait(request: Request, state: ResponderState) -> Answer:
    """Give the visitor the moment that they ask for."""
    return _chat(state, knowledge.courtesy(request.site, knowledge.HOLD))


def _leaves(request: Request, form: Form) -> bool:
    """Whether a good-bye in the middle of a form ends the conversation. A visitor who says "perfect thanks bye" to the
    reading back believes that the task is done, so they are asked again."""
    language = request.site.language
    beside = language.intents.before_goodbye(request.text)
    if form.confirming and decide(beside, language, slots.verbs(form.settings, language)) == "agree":
        return False
    return language.intents.holds_goodbye(request.text)
