"""Answers two questions of one sentence: "where is the pharmacy and when does it close"."""

from __future__ import annotations

from dataclasses import replace

from appliance.brain.meaning import Meaning, understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes import tasks
from appliance.brain.routes.facts import state_fact
from appliance.brain.state import ResponderState
from appliance.core.facts import Outcome

MOST = 3
"""questions that are answered in one reply; more of them nobody could keep in mind"""


def answer_several(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer every question of a sentence, and begin the task that it names. None where the sentence asks one question,
    or where the site is not sure of all of them and of different answers."""
    parts = request.site.language.follow_ups.split(text)[:MOST]
    if len(parts) < 2:
        return None
    limits = request.thresholds
    accept = limits.accept_unclear if request.unclear else limits.accept
    answers: list[Answer] = []
    task: Meaning | None = None
    done: set[str] = set()
    for part in parts:
        meant = understood(request, state, part)
        if meant is None or meant.probability < (limits.accept_task if meant.entry.form else accept):
            return None
        if meant.entry.id in done or meant.entry.kind == "talk":
            continue
        done.add(meant.entry.id)
        if meant.entry.form:
            task = task or meant
            continue
        answer = state_fact(request, state, meant.entry, meant.question)
        state = answer.state
        answers.append(answer)
    if len(answers) + bool(task) < 2:
        return None
    words = " ".join(answer.text for answer in answers)
    facts = tuple(fact for answer in answers for fact in answer.outcome.facts)
    if task and task.entry.form:
        begun = tasks.start(request, state, task.entry.form, task.question)
        return replace(begun, text=f"{words} {begun.text}", outcome=replace(begun.outcome, facts=facts))
    return Answer(state, words, Outcome(facts=facts, route="several facts"))
