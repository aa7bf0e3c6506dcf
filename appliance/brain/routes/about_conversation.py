"""Answers questions about the conversation and the time: "can you repeat that", "which room was that", "in simpler
words", "what time is it"."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain import knowledge
from appliance.brain.request import Answer, Request
from appliance.brain.routes.tasks import names_change, resume
from appliance.brain.state import CONVERSATION_ROUTE, ResponderState
from appliance.conversation import recall, slots
from appliance.conversation.confirmation import decide
from appliance.conversation.forms import Form, opens_record, say_reference
from appliance.core.facts import Outcome
from appliance.language import Language


def say_again(request: Request, state: ResponderState) -> Answer | None:
    """Repeat the last reply, or the part of it that is asked for. Nothing else changes."""
    language = request.site.language
    if _asks_told(request, state):
        return Answer(state, state.said, replace(state.outcome, route=CONVERSATION_ROUTE))
    number = _number(request, state)
    if number:
        return Answer(state, number, Outcome(kind=state.outcome.kind, route=CONVERSATION_ROUTE))
    again = language.recall.asks_again(request.text)
    if not again or _agrees(request, state):
        return None
    if again.place is not None and state.form and (state.form.lists or _asks_time(request, state.form)):
        # "The first" picks what was listed last, "first thing" is a time of day.
        return None
    state = replace(state, manner=state.manner.changed(again.wishes))
    heard = [message.content for message in request.history if message.role == "assistant"]
    words = recall.said_again(again, [*heard, *([state.said] if state.said else [])], language)
    if words is None and again.only:
        return None
    if words is None:
        return Answer(state, knowledge.courtesy(request.site, "greeting"), Outcome(kind="smalltalk"))
    return Answer(state, words, Outcome(kind=state.outcome.kind, facts=state.outcome.facts, route=CONVERSATION_ROUTE))


def tell_own_question(request: Request, state: ResponderState) -> Answer | None:
    """Tell what the visitor asked first, or last. Nothing else changes."""
    language = request.site.language
    which = language.recall.asks_own(request.text)
    asked = [message.content for message in request.history if message.role == "user"]
    if which is None or not asked:
        return None
    question = asked[0 if which == "first" else -1].strip(" .?!")
    said = f"{language.replies.asked.format(question=question)}."
    return Answer(state, said, Outcome(kind=state.outcome.kind, route=CONVERSATION_ROUTE))


def _asks_time(request: Request, form: Form) -> bool:
    """Whether a time was asked for, and the words name a span of the day."""
    language = request.site.language
    asked = form.asked is not None and form.slot(form.asked).kind == "time"
    return asked and language.time_windows.find_window(language.tokens(request.text), request.now) is not None


def _asks_told(request: Request, state: ResponderState) -> bool:
    """Whether the visitor asks for the day, the time or the person that the last reply told of a record."""
    language = request.site.language
    of_record = state.done is not None or (state.looked_up is not None and opens_record(state.looked_up.settings))
    told = state.form is None and bool(state.outcome.tools) and of_record
    return told and language.tasks.asks_held(request.text) and not language.recall.asks_clock(request.text)


def _number(request: Request, state: ResponderState) -> str:
    """The sentence that told the number of what was booked in this conversation, where it is asked for once more; the
    whole reply where the visitor asks what was booked."""
    language = request.site.language
    whole = state.done is not None and language.tasks.asks_booked(request.text)
    if not state.references or not (whole or language.tasks.asks_number(request.text)):
        return ""
    numbers = [say_reference(value) for value in state.references.values() if value.isdecimal()]
    heard = [state.said, *(message.content for message in reversed(request.history) if message.role == "assistant")]
    told = (part for reply in heard for part in ([reply] if whole else language.sentences.sentences(reply)))
    return next((sentence for sentence in told if any(number in sentence for number in numbers)), "")


def _agrees(request: Request, state: ResponderState) -> bool:
    """Whether the words agree to what was read back: "yes sorry"."""
    form, language = state.form, request.site.language
    if form is None or not form.confirming or state.offered_person:
        return False
    return decide(request.text, language, slots.verbs(form.settings, language)) == "agree"


def say_simpler(request: Request, state: ResponderState) -> Answer | None:
    """Say the last fact in the simpler words that the site has for it. Without any, a shorter one is the sentence that
    answers, and the words that are there."""
    language = request.site.language
    wanted = language.recall.asks_simpler(request.text)
    if not wanted or not state.said:
        return None
    entry = state.stated if state.stated and state.stated.id in state.outcome.facts else None
    words = entry.simple if entry else ""
    if not words and wanted == "shorter":
        words = _answering(state.said, state.topic.question if entry else "", language)
    words = words or f"{language.replies.no_simpler} {state.said}"
    return Answer(state, words, Outcome(kind=state.outcome.kind, facts=state.outcome.facts, route=CONVERSATION_ROUTE))


def _answering(said: str, question: str, language: Language) -> str:
    """The first sentence of a reply that gives the kind of answer that was asked for; empty where it is one
    sentence."""
    found = language.sentences.sentences(said)
    wanted = language.questions.asked_for(question)
    giving = [sentence for sentence in found if wanted & language.questions.given_by(sentence)]
    return (giving or found)[0] if len(found) > 1 else ""


def tell_time(request: Request, state: ResponderState) -> Answer | None:
    known = request.site.language.recall
    clock = known.asks_clock(request.text)
    if not clock or (clock.about and _knows(request)) or names_change(request, state):
        return None
    words = known.say_clock(clock, request.now)
    return resume(request, replace(state, offered_person=False, suggested=None), words, Outcome(route="clock"))


def _knows(request: Request) -> bool:
    """Whether the site has an entry of its own that surely answers, as for a holiday that it keeps."""
    hits = request.search(request.text)
    return bool(hits) and hits[0].probability >= request.thresholds.accept
