"""Answers two questions of one sentence: "where is the pharmacy and when does it close"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from appliance.brain.meaning import Meaning, understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes import tasks
from appliance.brain.routes.facts import state_fact
from appliance.brain.routes.hours import go_on
from appliance.brain.routes.unsure import suggest
from appliance.brain.state import ResponderState
from appliance.core.facts import Outcome

MOST = 4
"""questions that are answered in one reply; a listener keeps no more in mind"""


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found for the questions of a sentence."""

    state: ResponderState
    facts: tuple[Answer, ...]
    task: Meaning | None
    """the first task that is begun"""
    open: tuple[Meaning | None, ...]
    """questions of which the site is not sure, with what it finds for them"""

    @property
    def words(self) -> str:
        return " ".join(answer.text for answer in self.facts)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(fact for answer in self.facts for fact in answer.outcome.facts)


def answer_several(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer every question of a sentence, and begin the task that it names. Of one that the site does not surely know,
    ask back, or offer a person. None where the sentence asks one question, or no question of which the site is sure."""
    parts = request.site.language.follow_ups.split(text)[:MOST]
    if len(parts) < 2:
        return None
    found = _read(request, state, parts)
    if found.open:
        return _answer_some(request, found, text) if len(found.open) == 1 else None
    if len(found.facts) + bool(found.task) < 2:
        return None
    told = [answer.outcome.facts for answer in found.facts]
    if found.facts[0].state.hours and all(told) and len(set(told)) == 1 and not found.task and not _differ(found.facts):
        # Several days of one place are one question about its hours.
        return None
    if found.task and found.task.entry.form:
        begun = tasks.start(request, found.state, found.task.entry.form, found.task.question)
        return replace(begun, text=f"{found.words} {begun.text}", outcome=replace(begun.outcome, facts=found.ids))
    # Hours that were computed for this moment stay in the host's words.
    question = None if any(answer.question is None for answer in found.facts) else text
    outcome = Outcome(facts=found.ids, route="several facts")
    return Answer(found.state, found.words, outcome, question, tuple(answer.text for answer in found.facts))


def _differ(facts: Sequence[Answer]) -> bool:
    """Whether it is asked of one place when it closes on one day and when it opens on another."""
    asked = [answer.state.hours.asked for answer in facts if answer.state.hours]
    kinds = {one.kind for one in asked}
    return len({one.days for one in asked}) > 1 and kinds <= {"opens", "closes"} and len(kinds) > 1


def _read(request: Request, state: ResponderState, parts: Sequence[str]) -> _Read:
    limits = request.thresholds
    accept = limits.accept_unclear if request.unclear else limits.accept
    facts: list[Answer] = []
    unsure: list[Meaning | None] = []
    task: Meaning | None = None
    recall = request.site.language.recall
    for part in parts:
        if clock := recall.asks_clock(part):
            facts.append(Answer(state, recall.say_clock(clock, request.now), Outcome(route="clock")))
            continue
        if told := go_on(request, state, part):
            facts.append(told)
            state = told.state
            continue
        meant = understood(request, state, part)
        if meant and any(meant.entry.id in answer.outcome.facts for answer in facts):
            continue
        if meant is None or meant.probability < (limits.accept_task if meant.entry.form else accept):
            if request.site.language.intents.asks_question(part):
                unsure.append(meant)
        elif meant.entry.form:
            task = task or meant
        elif meant.entry.kind != "talk":
            facts.append(state_fact(request, state, meant.entry, meant.question))
            state = facts[-1].state
    return _Read(state, tuple(facts), task, tuple(unsure))


def _answer_some(request: Request, found: _Read, text: str) -> Answer | None:
    """Answer the questions of which the site is sure, and ask back about the other one. None where that would be a
    guess at what was one question."""
    if not found.facts or found.task or request.unclear:
        return None
    whole = understood(request, found.state, text)
    if whole and whole.probability >= request.thresholds.accept and whole.entry.id not in found.ids:
        return None
    replies = request.site.language.replies
    guess = found.open[0].guess() if found.open[0] else None
    unsaid = guess if guess and guess.entry.id not in found.ids and not request.distressed(text) else None
    if unsaid and unsaid.probability >= request.thresholds.ask:
        asked = suggest(found.state, replies.meant, unsaid.entry, text)
        return replace(asked, text=f"{found.words} {asked.text}", outcome=replace(asked.outcome, route="several facts"))
    state = replace(found.state, offered_person=True)
    return Answer(state, f"{found.words} {replies.rest_unknown}", Outcome(facts=found.ids, route="several facts"))
