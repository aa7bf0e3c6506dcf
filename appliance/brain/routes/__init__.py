"""The routes by which a reply comes about, in the order in which they are tried. Each is a function of a request and
the conversation's state, pure up to the calls that the request offers. The first that answers is taken."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.request import Answer, Request
from appliance.brain.routes import about_conversation, open_question, person, small_talk, tasks, unsure
from appliance.brain.state import ResponderState

ROUTES = (
    tasks.tell_record,
    tasks.tell_held,
    about_conversation.say_again,
    about_conversation.tell_own_question,
    about_conversation.say_simpler,
    about_conversation.tell_time,
    person.hand_over,
    person.leave_person,
    small_talk.say_goodbye,
    tasks.undo,
    unsure.take_answer,
    tasks.go_on,
    small_talk.answer_courtesy,
)


def decide(request: Request, state: ResponderState) -> Answer:
    """What is said next. Raises PortError and NeedsConfirmation."""
    if state.form is None:
        asked = request.site.language.intents.without_courtesy(request.text)
        request = replace(request, heard=replace(request.heard, text=asked))
    for route in ROUTES:
        answer = route(request, state)
        if answer is not None:
            return answer
    return open_question.answer(request, state)
