"""The state of a conversation, and how it takes back replies that were not heard."""

import pytest

from appliance.brain.state import CONVERSATION_ROUTE, ResponderState, Unheard
from appliance.core.facts import Outcome
from appliance.core.turn import Turn
from appliance.language.parts import Topic

BEFORE = ResponderState(topic=Topic("before"), references={"reference": "1"})
DONE = ("Booked.", Outcome(kind="done"))


def after(turn_id: int, done: tuple[str, Outcome] | None = None) -> ResponderState:
    return ResponderState(topic=Topic("after"), references={"reference": "2"}, unheard=Unheard(turn_id, BEFORE, done))


@pytest.mark.parametrize(
    ("turn", "topic"),
    [
        (Turn(8), "after"),
        (Turn(8, replaces=7), "before"),
        (Turn(9, replaces=5), "before"),
        (Turn(9, replaces=8), "after"),
        (Turn(7), "before"),  # the same turn again, once it was confirmed
    ],
)
def test_a_reply_that_was_not_heard_is_taken_back(turn: Turn, topic: str) -> None:
    assert after(7).before(turn).topic.question == topic
    assert after(7).before(turn).unheard is None, "no more than one reply back is kept"


@pytest.mark.parametrize(("turn_id", "done", "topic"), [(7, None, "before"), (8, None, "after"), (7, DONE, "after")])
def test_a_speculation_is_discarded_by_its_turn_unless_a_tool_acted(
    turn_id: int, done: tuple[str, Outcome] | None, topic: str
) -> None:
    assert after(7, done).discarded(turn_id).topic.question == topic


def test_a_reply_that_failed_leaves_its_task_and_can_still_be_discarded() -> None:
    failed = after(7).abandoned(Turn(7))
    assert (failed.topic.question, failed.references) == ("", {"reference": "2"})
    assert failed.discarded(7) == BEFORE
    undecided = after(7).abandoned(Turn(8))
    assert (undecided.topic.question, undecided.references) == ("", {"reference": "2"})
    assert undecided.discarded(8).topic.question == "after"
    assert after(7).abandoned(Turn(8, replaces=7)).references == {"reference": "1"}


def test_a_reply_is_kept_unless_it_is_a_repetition() -> None:
    said = ResponderState().given("On the  left.", Outcome(facts=("lift",)))
    assert (said.said, said.outcome.facts) == ("On the left.", ("lift",))
    assert said.given("The left.", Outcome(route=CONVERSATION_ROUTE)) == said
