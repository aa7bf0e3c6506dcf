"""A visitor, a room and the appliance's own turn-taking in one thread, as fast as the machine allows.

The parts are the product's: playback, reference, echo canceller, VAD, ear, end of turn and ``dialogue``. Only the brain
is left out. A reply is a given text, so that the loudspeaker is busy for as long as wanted. One thread carries out each
decision between two frames, as the daemon's threads do when they are in time. How late an engine may be is measured
elsewhere (``cloister bench gap``). Time is counted in samples.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.conversation import dialogue
from appliance.conversation.commands import Cancel, Command, Duck, GoOn, Hold, Publish, Reply, Speak
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import (
    BargeInMode,
    BargeInModeChanged,
    ClauseVoiced,
    Fact,
    Outcome,
    OverlapJudged,
    Played,
    ReplyStopped,
    ReplyThought,
    Transcript,
    TurnEnded,
    VoicedChunk,
)
from appliance.core.mailbox import Mailbox
from appliance.core.ports import EarStream, EchoCanceller, VadStream, Voiced, VoiceEmbedder
from appliance.core.turn import Turn
from appliance.devices.echo_reference import Reference
from appliance.devices.playback import Playback
from appliance.devices.simulated_room import EchoPath, Room
from appliance.hearing.cross_talk import Proximity
from appliance.hearing.echo.delay import calibration_sound
from appliance.hearing.echo.meter import Echo
from appliance.hearing.echo.stage import EchoStage
from appliance.hearing.end_of_turn import Endpoint
from appliance.hearing.listen import ListenerInput, listener_with


@dataclass(slots=True)
class Log:
    """The events of a rehearsal, in seconds of stream time."""

    facts: list[tuple[float, Fact]] = field(default_factory=list)
    commands: list[tuple[float, Command]] = field(default_factory=list)
    played: list[Samples] = field(default_factory=list)
    """blocks of 20 ms that were played, at ``SAMPLE_RATE_HZ``"""

    def judged(self, since_s: float, until_s: float) -> list[OverlapJudged]:
        """The decisions about speech over a reply."""
        return [
            command.fact
            for at_s, command in self.commands
            if isinstance(command, Publish) and isinstance(command.fact, OverlapJudged) and since_s <= at_s < until_s
        ]

    def first(self, kind: type[Command], since_s: float, until_s: float) -> float | None:
        """Time of the first command of a kind, or None."""
        return next(
            (at_s for at_s, command in self.commands if isinstance(command, kind) and since_s <= at_s < until_s), None
        )


class Rehearsal:
    """One appliance in one room. It replies to every question as long as it is driven."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        clauses: Sequence[Sequence[Voiced]],
        vad: VadStream,
        ear: EarStream,
        canceller: EchoCanceller,
        path: EchoPath,
        mode: BargeInMode | None = None,
        voices: VoiceEmbedder | None = None,
    ) -> None:
        """``clauses`` are said over and over. Each is the pieces of a clause as the voice gave them, at
        ``SAMPLE_RATE_HZ``. With ``mode``, barge-in stays in that mode."""
        self.log = Log()
        self._clauses = clauses
        self._mode = mode
        self._next = 0
        self._facts: deque[Fact] = deque()
        self._playback = Playback(SAMPLE_RATE_HZ, queue_s=None)
        self._playback.start(self._facts.append)
        self._duck_gain = settings.audio.duck_gain
        self._room = Room(path)
        self._reference = Reference(SAMPLE_RATE_HZ)
        stage = EchoStage(canceller, self._reference.take, self._facts.append)
        self._stage = stage
        box: Mailbox[ListenerInput] = Mailbox("listen", 1, "drop_oldest")
        self._listener = listener_with(
            ear,
            box,
            self._facts.append,
            vad,
            Endpoint(settings.endpoint),
            echo=stage,
            proximity=Proximity(settings.audio.cross_talk_db),
            voices=voices,
        )
        self._rules = dialogue.Dialogue(
            site,
            barge_in=settings.audio.barge_in,
            speculate=False,
            hold_s=settings.audio.hold_ms / 1000,
            compares_voices=voices is not None,
            shuts_out=settings.audio.cross_talk_db > 0,
        )
        self.state = dialogue.State(mode=mode or "words")
        self._turn = Turn(0)
        self._step = 0
        calibration = Turn(-1)
        self._playback.write(VoicedChunk(-1, calibration_sound(SAMPLE_RATE_HZ)), calibration)
        self._playback.finish(calibration)

    @property
    def now_s(self) -> float:
        return self._step * FRAME_SAMPLES / SAMPLE_RATE_HZ

    @property
    def echo(self) -> Echo:
        """The current measurement of the echo."""
        return self._stage.echo

    def ask(self) -> None:
        """Let the appliance begin a reply, as if it had been asked something, unless it is speaking or spoken to."""
        if self.state.phase == "idle":
            self.state = replace(self.state, phase="listening")
        if self.state.phase == "listening" and not self.state.visitor_speaking:
            self._tell(TurnEnded(Transcript("go on", 1.0, "bench"), self.now_s, self.now_s))

    def frame(self, near: Samples) -> None:
        """Go on by 20 ms: the loudspeaker plays, the room gives its echo, and the visitor says ``near``."""
        position = self._step * FRAME_SAMPLES
        block = self._playback.pull(FRAME_SAMPLES)
        self.log.played.append(block)
        self._reference.put(block, position)
        self._room.play(block)
        heard = near + self._room.hear(FRAME_SAMPLES)
        self._step += 1
        self._reference.heard(position + FRAME_SAMPLES)
        self._listener.take(AudioFrame(heard.astype(np.float32), position))
        while self._facts:
            self._tell(self._facts.popleft())

    def _tell(self, fact: Fact) -> None:
        if isinstance(fact, BargeInModeChanged) and self._mode is not None:
            return
        if not isinstance(fact, Played) or fact.finished:
            self.log.facts.append((self.now_s, fact))
        self.state, commands = self._rules.step(self.state, fact)
        for command in commands:
            self.log.commands.append((self.now_s, command))
            self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        match command:
            case Reply() | Speak():
                self._turn = Turn(command.turn_id)
                self._speak()
            case Cancel():
                self._turn.cancel()
                self._facts.append(ReplyStopped(self._turn.id, self._playback.flush(self._turn)))
            case Duck():
                self._playback.duck(self._turn, self._duck_gain)
            case Hold():
                self._playback.hold(self._turn)
            case GoOn():
                self._playback.go_on(self._turn, command.starts)

    def _speak(self) -> None:
        position = 0
        for pieces in self._said():
            for voiced in pieces:
                words = " ".join(word.text for word in voiced.words)
                clause = ClauseVoiced(self._turn.id, words, position, len(voiced.samples), voiced.words)
                self._facts.append(clause)
                position += len(voiced.samples)
                self._playback.write(VoicedChunk(self._turn.id, voiced.samples), self._turn)
        self._facts.append(ReplyThought(self._turn.id, "", Outcome()))
        self._playback.finish(self._turn)

    def _said(self) -> Iterator[Sequence[Voiced]]:
        """The clauses of one reply, some twenty seconds in all."""
        samples = 0
        while samples < 20 * SAMPLE_RATE_HZ:
            pieces = self._clauses[self._next % len(self._clauses)]
            self._next += 1
            samples += sum(len(voiced.samples) for voiced in pieces)
            yield pieces
