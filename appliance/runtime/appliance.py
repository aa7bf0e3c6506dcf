"""The composition root: builds everything from the configuration, starts and joins every thread in one place.

Threads: ``listen``, ``dialogue``, ``think``, ``speak``, ``alarm`` and ``errand`` (calls for help, which must not wait
for the language model) and, where they are wanted, ``audit`` and ``record``, besides the devices' own. The first
exception in any of them stops the process, and the service manager starts it again: a voice appliance that is half
alive is worse than one that says why it restarts. What visitors, tools and peers of the control socket cause is caught
where they are served, and never comes so far.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from appliance.brain.think import Amnesia, Job, Judgement, Preparation, Question, Retraction, Thinker
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.conversation import commands, dialogue
from appliance.core.audio import AudioFrame
from appliance.core.facts import (
    AnswerExpected,
    AudioDropped,
    ClauseSkipped,
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    DeviceLost,
    DeviceReturned,
    EchoMeasured,
    Fact,
    LadderClimbed,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    Rung,
    TimePassed,
    TurnEnded,
    TurnFailed,
    TurnJudged,
    VisitorArrived,
    VoicedChunk,
)
from appliance.core.faults import fault
from appliance.core.mailbox import Mailbox, MailboxClosed, MailboxFull
from appliance.core.ports import (
    Archive,
    Ledger,
    Microphone,
    PortError,
    Speaker,
)
from appliance.core.turn import Confirmation, Turn
from appliance.devices.echo_reference import Reference
from appliance.hearing.cross_talk import Proximity
from appliance.hearing.echo.delay import calibration_sound
from appliance.hearing.echo.stage import EchoStage
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import Heard, Listener
from appliance.hearing.overload import Overload
from appliance.records.audit_trail import Auditor, record_of
from appliance.records.recorder import Recorder
from appliance.runtime.assemble import Engines
from appliance.runtime.errands import Errands
from appliance.runtime.threads import name_this_thread
from appliance.speaking.speak import Line, Talker

log = logging.getLogger("cloister")

_LISTEN_FRAMES = 100
"""Two seconds of microphone audio may wait; older audio is dropped and counted."""

_CALIBRATION = -1
"""a turn that no dialogue ever numbers"""

_SUBSCRIBER_FACTS = 2048
"""Facts that may wait for one subscriber before it is disconnected."""

_ACCOUNT_FACTS = 1024
"""Facts that may wait for the audit log, which drops nothing; more is a fault, as with a disk that hangs."""

_RECORD_ITEMS = 2048
"""Frames and facts that may wait to be recorded, some half a minute; more is a fault"""


_RETRACTED_TURNS = 16


RUNGS: Mapping[Rung, str] = {
    "full": "any speech over a reply counts",
    "words": "only words over a reply count",
    "half_duplex": "nothing said over a reply counts but words that always stop it",
}


class ThreadFailed(PortError):
    """A fault of ours ended a thread, and with it the appliance. Its cause may quote what was said; this does not."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A fact and when it became known, by ``time.monotonic``."""

    fact: Fact
    monotonic_s: float


class Daemon:
    """One conversation line: a microphone, a speaker, and everything between them."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        engines: Engines,
        microphone: Microphone,
        speaker: Speaker,
        ledger: Ledger | None = None,
        archive: Archive | None = None,
    ) -> None:
        self._site = site
        self._engines = engines
        self._microphone = microphone
        self._speaker = speaker
        self._dialogue = dialogue.Dialogue(
            site,
            barge_in=settings.audio.barge_in,
            speculate=settings.endpoint.speculate,
            hold_s=settings.audio.hold_ms / 1000,
            compares_voices=engines.voices is not None,
            shuts_out=settings.audio.cross_talk_db > 0,
        )
        self._heard: Mailbox[Heard] = Mailbox("listen", _LISTEN_FRAMES, "drop_oldest")
        self._facts: Mailbox[Stamped] = Mailbox("dialogue", 4096, "fault")
        self._jobs: Mailbox[Job] = Mailbox("think", 256, "fault")
        self._lines: Mailbox[Line | Confirmation] = Mailbox("speak", 64, "wait")
        self._errands = Errands(engines.tools, settings.state)
        self._account: Mailbox[Fact] = Mailbox("audit", _ACCOUNT_FACTS, "fault")
        self._turns: dict[int, Turn] = {}
        self._preparation: Turn | None = None
        self._withheld: list[Stamped] = []
        """facts about a speculative reply"""
        self._retracted: deque[int] = deque(maxlen=_RETRACTED_TURNS)
        """the last speculative replies that never were; facts about them may still come"""
        self._subscribers: list[Mailbox[Stamped]] = []
        self._subscribers_lock = threading.Lock()
        self._progress_s: dict[str, float] = {}
        self._failure: PortError | None = None
        self._overload = Overload()
        self._phase: dialogue.Phase = "idle"
        self._phase_since = datetime.now().astimezone()
        self._conversations: tuple[date, int] = (self._phase_since.date(), 0)
        """of the day"""
        self._done = threading.Event()
        self._ended = threading.Event()
        self._reference: Reference | None = None
        echo: EchoStage | None = None
        if engines.echo is not None:
            self._reference = Reference(speaker.rate_hz)
            speaker.tap(self._reference.put)
            always = settings.audio.noise_suppression or settings.audio.gain_control
            echo = EchoStage(engines.echo(), self._reference.take, self.tell, always=always)
        self._echo_measured: EchoMeasured | None = None
        self._calibrates = settings.audio.calibrate and engines.echo is not None
        self._duck_gain = settings.audio.duck_gain
        listener = Listener(
            self._heard,
            self.tell,
            engines.vad.stream(),
            engines.ear.stream(),
            Endpoint(settings.endpoint),
            lambda: self._made_progress("listen"),
            echo,
            Proximity(settings.audio.cross_talk_db),
            engines.finality,
            engines.voices,
        )
        thinker = Thinker(self._jobs, self._lines, self.tell, engines.host, lambda: self._made_progress("think"))
        talker = Talker(self._lines, self.tell, engines.voice, speaker, lambda: self._made_progress("speak"))
        loops: dict[str, Callable[[], None]] = {
            "listen": listener.run,
            "dialogue": self._run_dialogue,
            "think": thinker.run,
            "speak": talker.run,
            "alarm": lambda: self._errands.run("alarm", lambda: self._made_progress("alarm")),
            "errand": lambda: self._errands.run("call_person", lambda: self._made_progress("errand")),
        }
        self._audited = ledger is not None
        self._recording: Mailbox[AudioFrame | Fact] | None = None
        if archive is not None and site.privacy.recording is not None:
            self._recording = Mailbox("record", _RECORD_ITEMS, "fault")
            recorder = Recorder(
                self._recording,
                archive,
                ledger,
                site.privacy.recording,
                lambda: self._made_progress("record"),
            )
            loops["record"] = recorder.run
        if ledger is not None:
            auditor = Auditor(
                self._account,
                ledger,
                lambda: self._made_progress("audit"),
                lambda error: self._failed("audit", error),
                checkpoint_s=settings.audit.checkpoint_s,
                words=site.privacy.audit_transcripts,
            )
            # The last to be joined: what the others still tell is recorded.
            loops["audit"] = auditor.run
        self._threads = [
            threading.Thread(target=self._guarded, args=(name, loop), name=name, daemon=True)
            for name, loop in loops.items()
        ]

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads, then the devices. Raises PortError when a device cannot be opened."""
        for thread in self._threads:
            self._made_progress(thread.name)
            thread.start()
        self._speaker.start(self.tell, self._device_changed)
        if self._calibrates:
            self._calibrate()
        self._microphone.start(self._hear, self._device_changed, self._ended.set)

    def _calibrate(self) -> None:
        """Play something soft that the echo stage can find in the microphone's sound before anybody speaks."""
        turn = Turn(_CALIBRATION)
        sound = calibration_sound(self._speaker.rate_hz)
        self._speaker.write(VoicedChunk(turn.id, sound), turn)
        self._speaker.finish(turn)

    def stop(self) -> None:
        """Stop the devices and join every thread; idempotent."""
        self._microphone.stop()
        for turn in self._turns.values():
            turn.cancel()
        for box in (self._heard, self._jobs, self._lines, self._errands, self._facts):
            box.close()
        for thread in self._threads:
            if thread.name == "record" and self._recording is not None:
                self._recording.close()
            if thread.name == "audit":
                self._account.close()
            if thread is not threading.current_thread() and thread.ident is not None:
                thread.join(timeout=5.0)
        self._speaker.stop()
        self._done.set()
        with self._subscribers_lock:
            for subscriber in self._subscribers:
                subscriber.close()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until a thread failed or ``stop`` was called; True when that happened. Raises PortError when one
        failed: its own, or ThreadFailed for any other error."""
        finished = self._done.wait(timeout_s)
        if self._failure is not None:
            raise self._failure
        return finished

    @property
    def ended(self) -> bool:
        """Whether the microphone said that no more audio will come (a recording)."""
        return self._ended.is_set()

    def settled(self) -> bool:
        """Whether nothing is under way: no item waits and no loop is busy.

        Lets wave devices run as fast as the appliance can follow. Counting what was accepted before and after makes
        the look at several mailboxes one look.
        """
        boxes: list[Mailbox[Any] | Errands] = [
            *(self._heard, self._facts, self._jobs, self._lines, self._errands, self._account)
        ]
        if self._recording is not None:
            boxes.append(self._recording)
        before = [box.accepted for box in boxes]
        return not any(box.busy for box in boxes) and before == [box.accepted for box in boxes]

    def stalled_s(self) -> float:
        """Seconds since the slowest loop last made progress; the watchdog is fed only while this is small."""
        now = time.monotonic()
        return max(now - progress for progress in self._progress_s.values())

    def condition(self) -> dict[str, object]:
        """What it does, for an operator: ``idle`` while nobody is there, else ``listening``, ``thinking`` or
        ``speaking``; since when; at which site; how many conversations were opened today."""
        day, count = self._conversations
        return {
            "phase": self._phase,
            "since": self._phase_since.isoformat(timespec="seconds"),
            "site": self._site.name,
            "conversations_today": count if day == datetime.now().date() else 0,
        }

    def echo(self) -> EchoMeasured | None:
        """How well the echo is cancelled, as last measured while something was played."""
        return self._echo_measured

    # --- facts ----------------------------------------------------------------------------------------------------

    def tell(self, fact: Fact) -> None:
        """Hand a fact to the dialogue; callable from any thread."""
        self._facts.put(Stamped(fact, time.monotonic()))

    def visitor_arrived(self) -> None:
        """Somebody stands before the appliance: greet them."""
        self.tell(VisitorArrived())

    def subscribe(self) -> Mailbox[Stamped]:
        """Every fact from now on. A subscriber that falls behind finds its mailbox closed."""
        box: Mailbox[Stamped] = Mailbox("subscriber", _SUBSCRIBER_FACTS, "fault")
        with self._subscribers_lock:
            self._subscribers.append(box)
        return box

    def unsubscribe(self, box: Mailbox[Stamped]) -> None:
        box.close()
        with self._subscribers_lock:
            self._subscribers = [other for other in self._subscribers if other is not box]

    def _publish(self, stamped: Stamped) -> None:
        if self._audited and record_of(stamped.fact, words=self._site.privacy.audit_transcripts) is not None:
            self._account.put(stamped.fact)
        if self._recording is not None and not isinstance(stamped.fact, TimePassed):
            self._recording.put(stamped.fact)
        with self._subscribers_lock:
            for box in list(self._subscribers):
                try:
                    box.put(stamped)
                except MailboxFull:
                    log.warning("a subscriber was too slow and was disconnected")
                    box.close()
                    self._subscribers.remove(box)

    def _log(self, fact: Fact) -> None:
        """The journal of what happened, never of what was said unless the site wants that."""
        match fact:
            case ConversationOpened():
                log.info("conversation %d opened", fact.conversation_id)
            case ConversationClosed():
                log.info("conversation %d closed: %s", fact.conversation_id, fact.reason)
            case TurnFailed():
                log.error("reply %d failed: %s", fact.turn_id, fact.reason)
            case ClauseSkipped():
                log.error("a clause of reply %d cannot be said: %s", fact.turn_id, fact.reason)
            case AudioDropped():
                log.warning("%.0f ms of microphone audio were lost", fact.samples / 16)
                if too_busy := self._overload.see(fact):
                    log.error("%s", too_busy)
            case DeviceLost():
                log.error("%s lost: %s", fact.device, fact.reason)
            case DeviceReturned():
                log.info("%s works again", fact.device)
            case LadderClimbed():
                quality = "" if fact.erle_db is None else f" (the echo is cancelled by {fact.erle_db:.0f} dB)"
                log.info("barge-in: %s%s", RUNGS[fact.rung], quality)
            case TurnEnded() if self._site.privacy.log_transcripts:
                log.info("visitor: %s", fact.transcript.text)
            case ReplyThought() if self._site.privacy.log_transcripts:
                log.info("cloister: %s", fact.text)

    # --- loops ----------------------------------------------------------------------------------------------------

    def _guarded(self, name: str, loop: Callable[[], None]) -> None:
        name_this_thread(name)
        try:
            loop()
        except BaseException as error:
            self._failed(name, error)

    def thread_failed(self, arguments: threading.ExceptHookArgs) -> None:
        """A ``threading.excepthook``, for the threads that devices start: a failure there stops the daemon too."""
        name = arguments.thread.name if arguments.thread else "unknown"
        self._failed(name, arguments.exc_value or RuntimeError(f"{name} ended"))

    def _failed(self, name: str, error: BaseException) -> None:
        failure = error
        if not isinstance(failure, PortError):
            failure = ThreadFailed(f"the {name} thread failed: {fault(error)}; please report it")
            failure.__cause__ = error
        log.critical("%s", failure)
        if self._failure is None:
            self._failure = failure
        self._done.set()
        # Who follows the facts learns that no more will come.
        with self._subscribers_lock:
            for subscriber in self._subscribers:
                subscriber.close()

    def _made_progress(self, name: str) -> None:
        self._progress_s[name] = time.monotonic()

    def _hear(self, frame: AudioFrame) -> None:
        """In the microphone's own thread: only copies."""
        if self._reference is not None:
            self._reference.heard(frame.position + len(frame.samples))
        self._heard.put(frame)
        if self._recording is not None:
            self._recording.put(frame)

    def _device_changed(self, change: DeviceLost | DeviceReturned) -> None:
        self.tell(change)

    def _run_dialogue(self) -> None:
        state = dialogue.State()
        try:
            while True:
                stamped = self._facts.get(timeout_s=0.5)
                self._made_progress("dialogue")
                if stamped is None:
                    continue
                if not self._withhold(stamped):
                    self._log(stamped.fact)
                    self._publish(stamped)
                if isinstance(stamped.fact, TurnJudged):
                    self._heard.put(stamped.fact)
                elif isinstance(stamped.fact, EchoMeasured):
                    self._echo_measured = stamped.fact
                state, commands = self._dialogue.step(state, stamped.fact)
                if state.phase != self._phase:
                    self._phase, self._phase_since = state.phase, datetime.now().astimezone()
                for command in commands:
                    self._carry_out(command)
        except MailboxClosed:
            return

    def _carry_out(self, command: commands.Command) -> None:
        match command:
            case commands.Reply():
                turn = self._begin(command.turn_id, speculative=command.speculative)
                self._jobs.put(Question(turn, command.heard, command.history))
            case commands.Confirm():
                turn = self._turns[command.turn_id]
                turn.confirm()
                withheld, self._withheld = self._withheld, []
                for stamped in withheld:
                    self._log(stamped.fact)
                    # It becomes known only now, whenever it came to be.
                    self._publish(Stamped(stamped.fact, time.monotonic()))
                confirmation = Confirmation(turn)
                self._jobs.put(confirmation)
                self._lines.put(confirmation, turn)
            case commands.Speak():
                turn = self._begin(command.turn_id)
                self.tell(ReplyStarted(turn.id))
                self.tell(ReplyThought(turn.id, command.text, command.outcome))
                self._lines.put(Line(turn, command.text), turn)
                self._lines.put(Line(turn, None), turn)
            case commands.Cancel():
                turn = self._turns[command.turn_id]
                turn.cancel()
                self.tell(ReplyStopped(turn.id, self._speaker.flush(turn)))
                if not turn.confirmed:
                    self._retracted.append(turn.id)
                    self._withheld.clear()
                    self._jobs.put(Retraction())
            case commands.Duck():
                self._speaker.duck(self._turns[command.turn_id], self._duck_gain)
            case commands.Hold():
                self._speaker.hold(self._turns[command.turn_id])
            case commands.GoOn():
                self._speaker.go_on(self._turns[command.turn_id], command.starts)
            case commands.Prepare():
                self._supersede_preparation()
                self._preparation = Turn(0)
                self._jobs.put(Preparation(command.partial, command.history, self._preparation))
            case commands.Judge():
                self._jobs.put(Judgement(command.partial, command.history))
            case commands.Forget():
                self._supersede_preparation()
                self._jobs.put(Amnesia())
            case commands.CallTool():
                self._errands.put(command.tool, command.function)
            case commands.Publish():
                self._log(command.fact)
                if isinstance(command.fact, ConversationOpened):
                    day, count = self._conversations
                    today = datetime.now().date()
                    self._conversations = (today, count + 1 if day == today else 1)
                if isinstance(command.fact, AnswerExpected | ConversationOpened | ConversationClosed):
                    self._heard.put(command.fact)
                self._publish(Stamped(command.fact, time.monotonic()))

    def _withhold(self, stamped: Stamped) -> bool:
        """Whether a fact is about a speculative reply, of which nobody is told before it is confirmed, and nobody ever
        if it is not."""
        fact = stamped.fact
        if not isinstance(fact, ReplyStarted | ClauseVoiced | ClauseSkipped | ReplyThought | ReplyStopped | TurnFailed):
            return False
        if fact.turn_id in self._retracted:
            return True
        turn = self._turns.get(fact.turn_id)
        if turn is None or turn.confirmed:
            return False
        self._withheld.append(stamped)
        return True

    def _begin(self, turn_id: int, *, speculative: bool = False) -> Turn:
        self._supersede_preparation()
        # Only the current turn can still be cancelled.
        self._turns = {turn_id: Turn(turn_id, speculative=speculative)}
        return self._turns[turn_id]

    def _supersede_preparation(self) -> None:
        if self._preparation is not None:
            self._preparation.cancel()
