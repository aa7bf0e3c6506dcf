"""The loop that turns the visitor's words into the words of a reply."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from appliance.brain.request import NeedsConfirmation
from appliance.brain.responder import Responder
from appliance.brain.state import ResponderState
from appliance.conversation.history import History
from appliance.core.facts import Fact, Outcome, ReplyStarted, ReplyThought, Transcript, TurnFailed
from appliance.core.faults import fault
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.turn import CommitSpeculation, Turn
from appliance.language import Language
from appliance.speaking import clauses
from appliance.speaking.speak import Clause

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Evaluate a partial transcript. The job is skipped once a newer one waits."""

    partial: str
    history: History
    turn: Turn
    """cancelled by the next job"""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Estimate whether a partial transcript is complete."""

    partial: str
    history: History


@dataclass(frozen=True, slots=True)
class Question:
    """Reply to a transcript."""

    turn: Turn
    transcript: Transcript
    history: History


@dataclass(frozen=True, slots=True)
class DiscardSpeculation:
    """Discard the speculative reply of a turn, because the visitor went on."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class ResetConversation:
    """Forget the previous visitor, because a new one has come."""


Job = Preparation | Scoring | Question | CommitSpeculation | DiscardSpeculation | ResetConversation


@dataclass
class _Reply:
    """A reply under construction."""

    clauses: list[str] = field(default_factory=list)
    text: str = ""
    """the words so far, as the responder gives them"""
    outcome: Outcome = field(default_factory=Outcome)


class Thinker:
    """The ``think`` thread's work.

    An error ends only the job in which it happens. Work ahead is then left undone; a reply fails, and the visitor is
    told so. Visitors' words and tools' answers have more forms than tests can cover, so the thread goes on after an
    error and serves the next visitor.
    """

    def __init__(
        self,
        jobs: Mailbox[Job],
        clauses: Mailbox[Clause | CommitSpeculation],
        tell: Callable[[Fact], None],
        responder: Responder,
        language: Language,
        progress: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._clauses = clauses
        self._tell = tell
        self._responder = responder
        self._language = language
        self._state = ResponderState()
        """the responder's state of the conversation"""
        self._progress = progress
        self._deferred: Question | None = None
        """a speculative question that waits for confirmation, because its answer would have an effect"""
        self._logged: set[str] = set()
        """errors at work ahead that were logged. Each is logged once, since such work is done several times a second"""

    def run(self) -> None:
        """Do the jobs of the mailbox until it is closed."""
        try:
            while True:
                job = self._jobs.get(timeout_s=0.5)
                self._progress()
                if job is not None:
                    self._do(job)
        except MailboxClosed:
            return

    def _do(self, job: Job) -> None:
        match job:
            case Preparation() if not job.turn.cancelled:
                self._work_ahead(lambda: self._responder.listen(job.partial, job.history.messages, job.turn))
            case Scoring():
                self._work_ahead(lambda: self._judge(job))
            case Question() if not job.turn.cancelled:
                self._reply(job)
            case CommitSpeculation() if self._deferred is not None and self._deferred.turn is job.turn:
                question, self._deferred = self._deferred, None
                self._reply(question)
            case DiscardSpeculation():
                self._deferred = None
                self._state = self._state.discarded(job.turn_id)
            case ResetConversation():
                self._state = self._responder.begin()

    def _work_ahead(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the reply does not need this work, it only comes later without it
            what = fault(error)
            if what not in self._logged:
                self._logged.add(what)
                log.error("work ahead of a reply failed: %s", what)

    def _judge(self, job: Scoring) -> None:
        self._tell(self._responder.score(self._state, job.history.messages, job.partial))

    def _reply(self, question: Question) -> None:
        turn, reply = question.turn, _Reply()
        try:
            for clause in clauses.split(self._pieces(question, reply), self._language):
                if turn.cancelled:
                    return
                if not reply.clauses:
                    self._tell(ReplyStarted(turn.id))
                reply.clauses.append(clause)
                if not self._clauses.put(Clause(turn, clause, self._state.manner), turn):
                    return
        except NeedsConfirmation:
            self._deferred = question
            return
        except Exception as error:  # a tool, a model or the rules may fail at any words
            self._state = self._state.abandoned(turn)
            self._tell(TurnFailed(turn.id, fault(error)))
            return
        self._state = self._state.given(reply.text, reply.outcome)
        if turn.cancelled:
            return
        outcome = replace(reply.outcome, expects=self._state.answer_expected, manner=self._state.manner)
        self._tell(ReplyThought(turn.id, " ".join(reply.clauses), outcome))
        self._clauses.put(Clause(turn, None), turn)

    def _pieces(self, question: Question, reply: _Reply) -> Iterator[str]:
        decided = self._responder.reply(self._state, question.transcript, question.history.messages, question.turn)
        self._state = decided.state
        for piece in decided.pieces:
            self._progress()
            if isinstance(piece, Outcome):
                reply.outcome = piece
            else:
                reply.text += piece
                yield piece
