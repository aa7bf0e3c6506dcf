"""The visitor's words to the words of a reply."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from appliance import clauses, intents
from appliance.history import History
from appliance.messages import Fact, Outcome, ReplyStarted, ReplyThought, Transcript, TurnFailed, TurnJudged
from appliance.ports import PortError
from appliance.stages.host import Host, NeedsConfirmation
from appliance.stages.speak import Line
from appliance.turn import Confirmation, Mailbox, MailboxClosed, Turn


@dataclass(frozen=True, slots=True)
class Preparation:
    """Evaluate a partial transcript; worth nothing once a newer job waits."""

    partial: str
    history: History
    turn: Turn
    """cancelled by the next job"""


@dataclass(frozen=True, slots=True)
class Judgement:
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
class Retraction:
    """The visitor went on, and the speculative reply never was."""


@dataclass(frozen=True, slots=True)
class Amnesia:
    """A new visitor: forget the previous one."""


Job = Preparation | Judgement | Question | Confirmation | Retraction | Amnesia


@dataclass
class _Reply:
    """A reply under construction."""

    text: list[str] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)


class Thinker:
    """The ``think`` thread's work."""

    def __init__(
        self,
        jobs: Mailbox[Job],
        lines: Mailbox[Line | Confirmation],
        tell: Callable[[Fact], None],
        host: Host,
        progress: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._lines = lines
        self._tell = tell
        self._host = host
        self._progress = progress
        self._deferred: Question | None = None
        """a speculative question whose answer would have an effect"""

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
                self._host.listen(job.partial, job.history.messages, job.turn)
            case Judgement():
                complete = self._host.end_of_turn_probability(job.history.messages, job.partial)
                ends = self._host.ends(job.partial)
                self._tell(TurnJudged(job.partial, complete, ends, intents.dictates(job.partial)))
            case Question() if not job.turn.cancelled:
                self._reply(job)
            case Confirmation() if self._deferred is not None and self._deferred.turn is job.turn:
                question, self._deferred = self._deferred, None
                self._reply(question)
            case Retraction():
                self._deferred = None
                self._host.retract()
            case Amnesia():
                self._host.open()

    def _reply(self, question: Question) -> None:
        turn, reply = question.turn, _Reply()
        try:
            for clause in clauses.split(self._pieces(question, reply)):
                if turn.cancelled:
                    return
                if not reply.text:
                    self._tell(ReplyStarted(turn.id))
                reply.text.append(clause)
                if not self._lines.put(Line(turn, clause), turn):
                    return
        except NeedsConfirmation:
            self._deferred = question
            return
        except PortError as error:
            self._tell(TurnFailed(turn.id, str(error)))
            return
        if turn.cancelled:
            return
        outcome = replace(reply.outcome, expects=self._host.answer_expected)
        self._tell(ReplyThought(turn.id, " ".join(reply.text), outcome))
        self._lines.put(Line(turn, None), turn)

    def _pieces(self, question: Question, reply: _Reply) -> Iterator[str]:
        for piece in self._host.reply(question.transcript, question.history.messages, question.turn):
            self._progress()
            if isinstance(piece, Outcome):
                reply.outcome = piece
            else:
                yield piece
