"""The visitor's words to the words of a reply."""

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
    """Evaluate a partial transcript; worth nothing once a newer job waits."""

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
    """Reply to this."""

    turn: Turn
    transcript: Transcript
    history: History


@dataclass(frozen=True, slots=True)
class DiscardSpeculation:
    """The visitor went on, and the speculative reply of this turn never was."""

    turn_id: int


@dataclass(frozen=True, slots=True)
class ResetConversation:
    """A new visitor: forget the previous one."""


Job = Preparation | Scoring | Question | CommitSpeculation | DiscardSpeculation | ResetConversation


@dataclass
class _Reply:
    """A reply under construction."""

    clauses: list[str] = field(default_factory=list)
    text: str = ""
    """as the responder gives it"""
    outcome: Outcome = field(default_factory=Outcome)


class Thinker:
    """The ``think`` thread's work.

    An error costs what was being done and no more: work ahead is left undone, a reply has failed, which the visitor is
    told. What visitors say and tools answer has more forms than anybody has tried, and the next visitor is served.
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
        """what the responder knows of the conversation"""
        self._progress = progress
        self._deferred: Question | None = None
        """a speculative question whose answer would have an effect"""
        self._logged: set[str] = set()
        """errors at work ahead; each is in the journal once, since such work is done several times a second"""

    def run(self) -> None:
        """Until the mailbox is closed."""
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
        except Exception as error:  # the reply comes without it, later
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
                if not self._clauses.put(Clause(turn, clause), turn):
                    return
        except NeedsConfirmation:
            self._deferred = question
            return
        except Exception as error:  # of a tool, a model or the rules, about words of any kind
            self._state = self._state.abandoned(turn)
            self._tell(TurnFailed(turn.id, fault(error)))
            return
        self._state = self._state.given(reply.text, reply.outcome)
        if turn.cancelled:
            return
        outcome = replace(reply.outcome, expects=self._state.answer_expected)
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
