"""The loop that makes replies: how the conversation's state changes when a reply fails or was only speculative."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from appliance.brain.request import NeedsConfirmation
from appliance.brain.responder import Reply
from appliance.brain.state import ResponderState, Unheard
from appliance.brain.think import DiscardSpeculation, Job, Question, ResetConversation, Scoring, Thinker
from appliance.conversation.history import History
from appliance.core.facts import Fact, Message, Outcome, ReplyThought, Transcript, TurnFailed, TurnScored
from appliance.core.mailbox import Mailbox
from appliance.core.turn import CommitSpeculation, Turn
from appliance.language.english import ENGLISH
from appliance.language.parts import Topic
from appliance.speaking.speak import Clause


class Counting:
    """A responder whose state counts its replies. It fails, or waits for a confirmation, where the test says so."""

    def begin(self) -> ResponderState:
        return ResponderState(references={"reference": "kept"})

    def listen(self, partial: str, history: Sequence[Message], turn: Turn) -> None: ...

    def score(self, state: ResponderState, history: Sequence[Message], text: str) -> TurnScored:
        return TurnScored(state.topic.question, 1.0)

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        if heard.text == "act" and not turn.confirmed:
            raise NeedsConfirmation
        before = state.before(turn)
        after = replace(before, topic=Topic(f"{before.topic.question}."), unheard=Unheard(turn.id, before))
        return Reply(after, self._pieces(heard.text))

    def _pieces(self, text: str) -> Iterator[str | Outcome]:
        yield "Well. "
        if text == "fail":
            raise ValueError(text)
        yield "Done."
        yield Outcome(kind="done")


class Rig:
    def __init__(self) -> None:
        self.jobs: Mailbox[Job] = Mailbox("think", 64, "fault")
        clauses: Mailbox[Clause | CommitSpeculation] = Mailbox("speak", 64, "fault")
        self.facts: list[Fact] = []
        self.thinker = Thinker(self.jobs, clauses, self.facts.append, Counting(), ENGLISH, lambda: None)

    def does(self, *jobs: Job) -> None:
        for job in jobs:
            self.thinker._do(job)

    @property
    def replies(self) -> int:
        """How many replies the conversation knows of."""
        self.does(Scoring("", History()))
        judged = self.facts.pop()
        assert isinstance(judged, TurnScored)
        return len(judged.text)


def question(turn: Turn, text: str = "where") -> Question:
    return Question(turn, Transcript(text, 1.0, "test"), History())


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.does(ResetConversation())
    return made


def test_a_reply_changes_the_state_and_a_new_visitor_resets_it(rig: Rig) -> None:
    rig.does(question(Turn(1)), question(Turn(2)))
    assert rig.replies == 2
    assert [fact.text for fact in rig.facts if isinstance(fact, ReplyThought)] == ["Well. Done.", "Well. Done."]
    rig.does(ResetConversation())
    assert rig.replies == 0


def test_a_speculation_is_taken_back_and_the_reply_before_it_is_not(rig: Rig) -> None:
    rig.does(question(Turn(1)), question(Turn(2, speculative=True)), DiscardSpeculation(2))
    assert rig.replies == 1
    cancelled = Turn(3, speculative=True)
    cancelled.cancel()
    rig.does(question(cancelled), DiscardSpeculation(3))
    assert rig.replies == 1, "it was cancelled before it was worked on"


def test_a_reply_that_needs_a_confirmation_waits_for_it(rig: Rig) -> None:
    turn = Turn(1, speculative=True)
    rig.does(question(turn, "act"))
    assert rig.replies == 0 and rig.facts == []
    turn.confirm()
    rig.does(CommitSpeculation(turn))
    assert rig.replies == 1


def test_a_reply_that_fails_ends_its_task_and_keeps_what_was_given_out(rig: Rig) -> None:
    rig.does(question(Turn(1)), question(Turn(2), "fail"))
    (failed,) = [fact for fact in rig.facts if isinstance(fact, TurnFailed)]
    assert failed.reason.startswith("ValueError") and rig.replies == 0
    assert rig.thinker._state.references == {"reference": "kept"}
