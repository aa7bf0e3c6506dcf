"""One conversation line: a microphone, a speaker, and everything between them that belongs to one visitor.

A line has the threads ``listen``, ``recognize``, ``think`` and ``speak``, ``record`` where the site wants that, and the
devices' own.
``take`` carries out what the dialogue decides, in the appliance's one dialogue thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np

from appliance.brain.think import (
    DiscardSpeculation,
    Job,
    Preparation,
    Question,
    ResetConversation,
    Scoring,
    Thinker,
)
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.conversation import commands, dialogue
from appliance.core.audio import AudioFrame, level_dbfs
from appliance.core.facts import (
    AnswerExpected,
    ConversationClosed,
    ConversationOpened,
    EchoMeasured,
    Fact,
    LineId,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    Stamped,
    TimePassed,
    TurnScored,
    VoicedChunk,
)
from appliance.core.mailbox import Mailbox
from appliance.core.ports import Archive, EchoCanceller, Ledger, Microphone, Speaker
from appliance.core.turn import CommitSpeculation, Turn
from appliance.devices.echo_reference import Reference
from appliance.hearing.cross_talk import Proximity
from appliance.hearing.echo.delay import calibration_sound
from appliance.hearing.echo.stage import EchoStage
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import Listener, ListenerInput
from appliance.hearing.recognize import Recognizer, Utterance
from appliance.records.audit_trail import LineLedger
from appliance.records.recorder import Recorder
from appliance.runtime.engines import Engines
from appliance.runtime.journal import Journal
from appliance.runtime.schedule import Schedule, ScheduledEar, ScheduledFinality, ScheduledVoice
from appliance.runtime.turns import Turns
from appliance.speaking.speak import Clause, Talker
from appliance.tools.audited import audited

_LISTEN_FRAMES = 100
"""Most frames of microphone audio that may wait: two seconds. Older audio is dropped and counted."""

_UTTERANCE_WINDOWS = 64
"""Most windows of speech that may wait for the ear: two seconds. With more, the listener waits, and its own mailbox
fills."""

_RECORD_ITEMS = 2048
"""Most frames and facts that may wait to be recorded, some half a minute; more is a fault"""

_CALIBRATION = -1
"""Id of the turn that plays the calibration sound; the dialogue never gives this id to a turn"""

_PATIENCE_S = 5.0
"""Seconds that a thread may take to end"""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a line needs of the appliance that it belongs to."""

    facts: Mailbox[Stamped]
    """the mailbox of the dialogue thread"""
    publish: Callable[[Stamped], None]
    """tells all subscribers a fact"""
    call_for_help: Callable[[str, str], None]
    """asks for a tool's function that must not wait"""
    thread: Callable[[str, Callable[[], None]], threading.Thread]
    """makes a thread of that name, whose failure stops the appliance"""
    progress: Callable[[str], None]
    """notes that the loop of that name made progress"""
    ended: Callable[[str], None]
    """notes that the loop of that name is over"""
    schedule: Schedule
    """lets the most urgent calls of all lines work first"""


class Line:
    """See the module. Only the dialogue thread calls ``take``. Any thread may call the other methods."""

    def __init__(
        self,
        id: LineId,
        settings: Settings,
        site: Site,
        engines: Engines,
        microphone: Microphone,
        speaker: Speaker,
        surroundings: Surroundings,
        ledger: Ledger | None = None,
        archive: Archive | None = None,
        *,
        open_air: bool = True,
    ) -> None:
        self.id = id
        self._microphone = microphone
        self._speaker = speaker
        self._surroundings = surroundings
        self._duck_gain = settings.audio.duck_gain
        open_echo = engines.echo if open_air else None
        self._calibrates = settings.audio.calibrate and open_echo is not None
        self._dialogue = dialogue.Dialogue(
            site,
            barge_in=settings.audio.barge_in,
            speculate=settings.endpoint.speculate,
            hold_s=settings.audio.hold_ms / 1000,
            compares_voices=engines.voices is not None,
            shuts_out=settings.audio.cross_talk_db > 0,
            distress=engines.distress,
        )
        self._state = dialogue.State()
        self._since = datetime.now().astimezone()
        self._turns = Turns()
        self._journal = Journal(id, words=site.privacy.log_transcripts)
        self._heard: Mailbox[ListenerInput] = Mailbox(
            "listen", _LISTEN_FRAMES, "drop_oldest", droppable=lambda item: isinstance(item, AudioFrame)
        )
        self._utterances: Mailbox[Utterance] = Mailbox("recognize", _UTTERANCE_WINDOWS, "wait")
        self._jobs: Mailbox[Job] = Mailbox("think", 256, "fault")
        self._clauses: Mailbox[Clause | CommitSpeculation] = Mailbox("speak", 64, "wait")
        self._recording: Mailbox[AudioFrame | Fact] | None = None
        self._reference: Reference | None = None
        self._echo_measured: EchoMeasured | None = None
        self._ended = threading.Event()
        self._muted = False
        self._last: AudioFrame | None = None
        own_ledger = None if ledger is None else LineLedger(ledger, id)
        tools = engines.tools if own_ledger is None else audited(engines.tools, site, own_ledger)
        self._threads: dict[str, threading.Thread] = {}
        schedule = surroundings.schedule
        recognizer = Recognizer(ScheduledEar(engines.ear.stream(), schedule), self._heard.put)
        loops: dict[str, Callable[[], None]] = {
            "listen": Listener(
                self._heard,
                self.tell,
                engines.vad.stream(),
                self._utterances.put,
                Endpoint(settings.endpoint),
                self._progress("listen"),
                self._echo_stage(settings, open_echo),
                Proximity(settings.audio.cross_talk_db),
                None if engines.finality is None else ScheduledFinality(engines.finality, schedule),
                engines.voices,
            ).run,
            "recognize": partial(recognizer.run, self._utterances, self._progress("recognize")),
            "think": Thinker(
                self._jobs,
                self._clauses,
                self.tell,
                engines.responder(tools, self._thinking),
                site.language,
                self._progress("think"),
            ).run,
            "speak": Talker(
                self._clauses, self.tell, ScheduledVoice(engines.voice, schedule), speaker, self._progress("speak")
            ).run,
        }
        if archive is not None and site.privacy.recording is not None:
            self._recording = Mailbox("record", _RECORD_ITEMS, "fault")
            loops["record"] = Recorder(
                self._recording, archive, id, own_ledger, site.privacy.recording, self._progress("record")
            ).run
        self._threads = {name: surroundings.thread(f"{name}/{id}", loop) for name, loop in loops.items()}

    def _echo_stage(self, settings: Settings, open_echo: Callable[[], EchoCanceller] | None) -> EchoStage | None:
        if open_echo is None:
            return None
        self._reference = Reference(self._speaker.rate_hz)
        self._speaker.tap(self._reference.put)
        always = settings.audio.noise_suppression or settings.audio.gain_control
        return EchoStage(open_echo(), self._reference.take, self.tell, always=always)

    def _thinking(self) -> None:
        """The language model goes on with its work. It also works while a line is opened, before the loop runs."""
        if threading.current_thread() is self._threads.get("think"):
            self._surroundings.progress(f"think/{self.id}")

    def _progress(self, loop: str) -> Callable[[], None]:
        return lambda: self._surroundings.progress(f"{loop}/{self.id}")

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads, then the devices. Raises PortError when a device cannot be opened."""
        for name, thread in self._threads.items():
            self._surroundings.progress(f"{name}/{self.id}")
            thread.start()
        self._speaker.start(self.tell, self.tell)
        if self._calibrates:
            self._calibrate()
        self._microphone.start(self._hear, self.tell, self._ended.set)

    def _calibrate(self) -> None:
        """Play a soft sound that the echo stage can find in the microphone's sound before the first visitor speaks."""
        turn = Turn(_CALIBRATION)
        sound = calibration_sound(self._speaker.rate_hz)
        self._speaker.write(VoicedChunk(turn.id, sound), turn)
        self._speaker.finish(turn)

    def stop_listening(self) -> None:
        """Stop the microphone; idempotent."""
        self._microphone.stop()

    def close(self) -> None:
        """Say nothing more, and let the loops end after what waits for them; idempotent."""
        self._turns.cancel_all()
        # Nobody waits for the words any more, and to hear them takes time.
        self._utterances.discard(lambda _: True)
        for box in (self._heard, self._utterances, self._jobs, self._clauses):
            box.close()

    def join(self) -> None:
        """Wait for the loops that ``close`` ends."""
        for name in ("listen", "recognize", "think", "speak"):
            self._join(name)

    def finish(self) -> None:
        """End the recording, which then holds all facts of the other loops, and the speaker; idempotent."""
        if self._recording is not None:
            self._recording.close()
            self._join("record")
        self._speaker.stop()

    def _join(self, name: str) -> None:
        thread = self._threads[name]
        if thread is not threading.current_thread() and thread.ident is not None:
            thread.join(timeout=_PATIENCE_S)
        self._surroundings.ended(f"{name}/{self.id}")

    # --- what an operator sees ------------------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether the microphone reported that no more audio will come, as a recording does."""
        return self._ended.is_set()

    @property
    def frames_waiting(self) -> int:
        """How many frames, and other things that the listener is told, wait for it."""
        return len(self._heard)

    @property
    def boxes(self) -> list[Mailbox[Any]]:
        """The mailboxes in which work of this line may wait."""
        boxes: list[Mailbox[Any]] = [self._heard, self._utterances, self._jobs, self._clauses]
        return boxes if self._recording is None else [*boxes, self._recording]

    def condition(self) -> dict[str, object]:
        """What the line does: ``idle`` while there is no visitor, else ``listening``, ``thinking`` or ``speaking``; and
        since when."""
        return {"line": self.id, "phase": self._state.phase, "since": self._since.isoformat(timespec="seconds")}

    @property
    def echo(self) -> EchoMeasured | None:
        """How well the echo is cancelled, as last measured while sound was played."""
        return self._echo_measured

    # --- facts ----------------------------------------------------------------------------------------------------

    def tell(self, fact: Fact) -> None:
        """Hand a fact to the dialogue."""
        self._surroundings.facts.put(Stamped(self.id, fact, time.monotonic()))

    def mute(self, on: bool) -> None:
        """Hear silence instead of the microphone, until it is switched off again."""
        self._muted = on

    @property
    def level_dbfs(self) -> float:
        """Level of what the microphone heard last."""
        return level_dbfs(self._last.samples) if self._last is not None else -120.0

    def _hear(self, frame: AudioFrame) -> None:
        """Take a frame. This runs in the microphone's own thread, so it only copies."""
        if self._muted:
            frame = replace(frame, samples=np.zeros_like(frame.samples))
        self._last = frame
        if self._reference is not None:
            self._reference.heard(frame.position + len(frame.samples))
        self._heard.put(frame)
        if self._recording is not None:
            self._recording.put(frame)

    def _publish(self, stamped: Stamped) -> None:
        self._journal.write(stamped.fact)
        if self._recording is not None and not isinstance(stamped.fact, TimePassed):
            self._recording.put(stamped.fact)
        self._surroundings.publish(stamped)

    def _publish_now(self, fact: Fact) -> None:
        self._publish(Stamped(self.id, fact, time.monotonic()))

    # --- the dialogue thread --------------------------------------------------------------------------------------

    def take(self, stamped: Stamped) -> None:
        """Let the dialogue step, and carry out what it commands."""
        if not self._turns.withholds(stamped.fact):
            self._publish(stamped)
        if isinstance(stamped.fact, TurnScored):
            self._heard.put(stamped.fact)
        elif isinstance(stamped.fact, EchoMeasured):
            self._echo_measured = stamped.fact
        phase = self._state.phase
        self._state, commands = self._dialogue.step(self._state, stamped.fact)
        if self._state.phase != phase:
            self._since = datetime.now().astimezone()
        for command in commands:
            self._carry_out(command)

    def _carry_out(self, command: commands.Command) -> None:
        match command:
            case commands.Reply():
                turn = Turn(command.turn_id, speculative=command.speculative, replaces=command.replaces)
                self._jobs.put(Question(self._turns.begin(turn), command.heard, command.history))
            case commands.Confirm():
                turn, withheld = self._turns.confirm(command.turn_id)
                for fact in withheld:
                    # A withheld fact becomes known only now, however long ago it happened.
                    self._publish_now(fact)
                confirmation = CommitSpeculation(turn)
                self._jobs.put(confirmation)
                self._clauses.put(confirmation, turn)
            case commands.Speak():
                turn = self._turns.begin(Turn(command.turn_id))
                self.tell(ReplyStarted(turn.id))
                self.tell(ReplyThought(turn.id, command.text, command.outcome))
                self._clauses.put(Clause(turn, command.text, command.outcome.manner), turn)
                self._clauses.put(Clause(turn, None), turn)
            case commands.Fill():
                turn = self._turns.current(command.turn_id)
                self._clauses.put(Clause(turn, command.text, command.manner), turn)
            case commands.Cancel():
                turn = self._turns.cancel(command.turn_id)
                self.tell(ReplyStopped(turn.id, self._speaker.flush(turn)))
                if not turn.confirmed:
                    self._jobs.put(DiscardSpeculation(turn.id))
            case commands.Duck():
                self._speaker.duck(self._turns.current(command.turn_id), self._duck_gain)
            case commands.Hold():
                self._speaker.hold(self._turns.current(command.turn_id))
            case commands.GoOn():
                self._speaker.go_on(self._turns.current(command.turn_id), command.starts)
            case commands.Prepare():
                self._jobs.put(Preparation(command.partial, command.history, self._turns.prepare()))
            case commands.ScoreTurn():
                self._jobs.put(Scoring(command.partial, command.history))
            case commands.Forget():
                self._turns.supersede()
                self._jobs.put(ResetConversation())
            case commands.CallTool():
                self._surroundings.call_for_help(command.tool, command.function)
            case commands.Publish():
                if isinstance(command.fact, AnswerExpected | ConversationOpened | ConversationClosed):
                    self._heard.put(command.fact)
                self._publish_now(command.fact)
