"""A session on a simulated line: the real dialogue, with a brain, a voice and a clock that move when a test says so."""

from __future__ import annotations

import base64
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from appliance.conversation.commands import Cancel, Publish, Reply, Speak
from appliance.conversation.dialogue import Dialogue, State
from appliance.core.audio import Samples
from appliance.core.facts import (
    ClauseVoiced,
    Fact,
    Outcome,
    Played,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    SpeechStarted,
    TextReceived,
    TimePassed,
    Transcript,
    TurnEnded,
    VisitorArrived,
    WordSpan,
)
from appliance.protocols.openai.realtime.configuration import Box
from appliance.protocols.openai.realtime.events import Event
from appliance.protocols.openai.realtime.responses import Response
from appliance.protocols.openai.realtime.session import Session
from tests.fakes import VOICE_RATE_HZ, WORD_SAMPLES
from tests.sites import SITE

BOX = Box("cloister", "cloister-transcribe", "en", 0.5, 200, 8000)
BLOCK = VOICE_RATE_HZ // 50
STEP_S = 0.1


@dataclass
class SimulatedLine:
    """Facts wait in a queue, work of the brain and the voice in another, and voiced sound in a third."""

    session: Session | None = None
    dialogue: Dialogue = field(default_factory=lambda: Dialogue(SITE, speculate=False))
    state: State = field(default_factory=State)
    facts: deque[Fact] = field(default_factory=deque)
    work: deque[ReplyStarted | ClauseVoiced | ReplyThought] = field(default_factory=deque)
    sound: deque[tuple[int, int]] = field(default_factory=deque)
    """samples that wait to be played, by turn; 0 for the end of a reply"""
    played: dict[int, int] = field(default_factory=dict)
    stopped: set[int] = field(default_factory=set)
    now_s: float = 0.0
    client_end_s: float = 0.0
    hurried: bool = False
    said: list[str] = field(default_factory=list)
    """the questions that were replied to"""

    # what a session asks of a line

    def hear(self, samples: Samples) -> None:
        self.client_end_s += len(samples) / 16_000

    def forget(self, from_s: float) -> None:
        self.client_end_s = min(self.client_end_s, max(self.now_s, from_s))

    def client_s(self, at_s: float) -> float:
        return min(at_s, self.client_end_s)

    def hurry(self, hurried: bool) -> None:
        self.hurried = hurried

    def write(self, text: str) -> None:
        self.facts.append(TextReceived(text))

    def greet(self) -> None:
        self.facts.append(VisitorArrived())

    def tell(self, fact: Fact) -> None:
        self.facts.append(fact)

    # what moves it

    def pump(self) -> bool:
        """Let the dialogue take the next fact."""
        if not self.facts:
            return False
        fact = self.facts.popleft()
        self._publish(fact)
        self.state, commands = self.dialogue.step(self.state, fact)
        for command in commands:
            match command:
                case Reply():
                    self.said.append(command.heard.text)
                    answer = f"You said {command.heard.text}." if command.heard.text else "Yes."
                    self.work.append(ReplyStarted(command.turn_id))
                    self._voice(command.turn_id, answer)
                    self._voice(command.turn_id, "That is all.", len(answer.split()) * WORD_SAMPLES)
                    self.work.append(ReplyThought(command.turn_id, answer, Outcome()))
                case Speak():
                    self.facts.append(ReplyThought(command.turn_id, command.text, command.outcome))
                    self._voice(command.turn_id, command.text)
                    self.work.append(ReplyStarted(command.turn_id))
                case Cancel():
                    mine = self.played.get(command.turn_id, 0)
                    self.stopped.add(command.turn_id)
                    self.facts.append(ReplyStopped(command.turn_id, mine))
                case Publish():
                    self._publish(command.fact)
        return True

    def _voice(self, turn_id: int, text: str, start: int = 0) -> None:
        words = tuple(WordSpan(word, (i + 1) * WORD_SAMPLES) for i, word in enumerate(text.split()))
        self.work.append(ClauseVoiced(turn_id, text, start, len(words) * WORD_SAMPLES, words))

    def _publish(self, fact: Fact) -> None:
        assert self.session is not None
        self.session.fact(fact)

    def think(self) -> bool:
        """Do the next piece of the brain's and the voice's work."""
        while self.work and self.work[0].turn_id in self.stopped:
            self.work.popleft()
        if not self.work:
            return False
        fact = self.work.popleft()
        self.facts.append(fact)
        if isinstance(fact, ClauseVoiced):
            self.sound.append((fact.turn_id, fact.samples))
        if not any(other.turn_id == fact.turn_id for other in self.work):
            self.sound.append((fact.turn_id, 0))
        return True

    def play(self) -> bool:
        """Let the next second leave, at most to the end of a reply."""
        assert self.session is not None
        for _ in range(50):
            while self.sound and self.sound[0][0] in self.stopped:
                self.sound.popleft()
            if not self.sound:
                self.session.sound(np.zeros(BLOCK, np.float32), None)
                return False
            turn_id, samples = self.sound.popleft()
            if not samples:
                self.facts.append(Played(turn_id, self.played.get(turn_id, 0), True))
                return True
            self.played[turn_id] = self.played.get(turn_id, 0) + BLOCK
            if samples > BLOCK:
                self.sound.appendleft((turn_id, samples - BLOCK))
            self.session.sound(np.full(BLOCK, 0.1, np.float32), turn_id)
        return True

    def speak(self) -> None:
        """The visitor begins to speak."""
        self.pass_time()
        self.facts.append(SpeechStarted(self.now_s))

    def end_turn(self, text: str) -> None:
        """The visitor has finished."""
        self.pass_time()
        self.facts.append(TurnEnded(Transcript(text, 0.9, "test"), self.now_s - 0.01, self.now_s))

    def pass_time(self) -> None:
        self.now_s += STEP_S
        self.facts.append(TimePassed(self.now_s))

    def settle(self) -> None:
        """Let everything happen that is under way."""
        for _ in range(10_000):
            if not (self.pump() or self.think() or self.play()):
                return
        raise AssertionError("the line does not come to rest")


class Simulation:
    """A session, its line, and every event that left."""

    def __init__(self, may_use_tools: bool = True, **session: Any) -> None:
        self.events: list[Event] = []
        self.apart: list[tuple[Response, str]] = []
        self.line = SimulatedLine()
        self.session = Session(
            lambda type, /, **fields: self.events.append(
                {"type": type, "event_id": f"event_{len(self.events)}", **fields}
            ),
            self.line,
            BOX,
            VOICE_RATE_HZ,
            2.0,
            1_900_000_000,
            lambda response, words: self.apart.append((response, words)),
            may_use_tools=may_use_tools,
        )
        self.line.session = self.session
        self.session.open({"type": "realtime", **session})

    def send(self, type: str, **fields: object) -> list[Event]:
        """Take a client's event. Returns what left because of it."""
        before = len(self.events)
        self.session.take({"type": type, **fields})
        return self.events[before:]

    def append(self, seconds: float) -> None:
        sound = np.zeros(round(24_000 * seconds), "<i2").tobytes()
        self.send("input_audio_buffer.append", audio=base64.b64encode(sound).decode())

    def configure(self, **audio_input: object) -> None:
        self.send("session.update", session={"type": "realtime", "audio": {"input": audio_input}})
        self.line.settle()

    def says(self, text: str) -> None:
        """The visitor says something, and the dialogue learns of it."""
        self.line.speak()
        self.line.end_turn(text)
        while self.line.pump():
            pass

    def since(self, mark: int = 0) -> list[str]:
        """The types of the events after the first ``mark``."""
        return [event["type"] for event in self.events[mark:]]

    def last(self, type: str) -> Event:
        """The last event of a type."""
        return next(event for event in reversed(self.events) if event["type"] == type)
