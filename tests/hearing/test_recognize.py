"""The recognizer beside the listener: what it answers at each change, and that the listener never waits for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import numpy as np

from appliance.config.box import EndpointSettings
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame
from appliance.core.facts import (
    Fact,
    PartialTranscript,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnEndPredicted,
)
from appliance.core.mailbox import Mailbox
from appliance.hearing.end_of_turn import Endpoint, Fit
from appliance.hearing.listen import Listener, ListenerInput
from appliance.hearing.recognize import Recognized, Recognizer, Utterance
from tests.fakes import LoudnessVad, tone

FIT = Fit(bias=4.0, weights={}, centre={}, pause_s=0.6, pause_spread=0.6)
WINDOW = np.zeros(512, np.float32)


@dataclass
class TwoPassEar:
    """An ear whose streaming words are corrected by a second pass."""

    streaming: str = "where is the cafe"
    name: str = "two-pass"
    calls: list[str] = field(default_factory=list)

    def start(self) -> None:
        self.calls.append("start")

    def accept(self, samples: np.ndarray) -> str:
        return "where is the cafe"

    def pause(self) -> Transcript:
        return Transcript("where is the chapel", 0.7, self.name)

    def resume(self) -> None:
        self.calls.append("resume")

    def finish(self) -> Transcript:
        self.calls.append("finish")
        return Transcript("where is the chapel please", 0.8, self.name)


def answers(ear: TwoPassEar) -> list[tuple[str, str]]:
    told: list[Recognized] = []
    recognizer = Recognizer(ear, told.append)
    for number, change in enumerate(("started", None, "paused", None, "resumed", "paused", "ended")):
        recognizer.take(Utterance(WINDOW, float(number), number, change))  # type: ignore[arg-type]  # a literal each
    assert ear.calls == ["start", "resume", "finish"]
    return [(words.kind, words.transcript.text) for words in told]


def test_the_streaming_words_come_first_and_the_second_pass_corrects_them() -> None:
    streaming, second = ("streaming", "where is the cafe"), ("paused", "where is the chapel")
    final = ("final", "where is the chapel please")
    assert answers(TwoPassEar()) == [("partial", "where is the cafe"), *(streaming, second) * 2, final]
    assert answers(TwoPassEar(streaming="")) == [("partial", "where is the cafe"), second, second, final]


def talked(seconds: float) -> list[AudioFrame]:
    """A second of speech, so many seconds of silence, and a second of speech."""
    quiet = np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)
    sound = np.concatenate((np.zeros(8000, np.float32), tone(1.0), quiet, tone(1.0), np.zeros(48_000, np.float32)))
    return [
        AudioFrame(sound[at : at + FRAME_SAMPLES], at) for at in range(0, len(sound) - FRAME_SAMPLES, FRAME_SAMPLES)
    ]


def told(frames: list[AudioFrame], late: int, only: str = "") -> list[Fact]:
    """The facts where the words (of one kind only) come so many frames late."""
    facts: list[Fact] = []
    waiting: list[tuple[int, Recognized]] = []
    number = 0

    def wait(words: Recognized) -> None:
        waiting.append((number + late * (only in ("", words.kind)), words))

    recognizer = Recognizer(TwoPassEar(), wait)
    heard: Mailbox[ListenerInput] = Mailbox("test", 1, "fault")
    endpoint = Endpoint(EndpointSettings(), FIT)
    listener = Listener(heard, facts.append, LoudnessVad().stream(), recognizer.take, endpoint, lambda: None)
    for number, frame in enumerate(frames):
        listener.take(frame)
        while waiting and waiting[0][0] <= number:
            listener.take(waiting.pop(0)[1])
    return facts


def kinds(facts: list[Fact]) -> list[str]:
    return [type(fact).__name__ for fact in facts if not isinstance(fact, TimePassed)]


def test_a_turn_does_not_end_before_its_words_are_known_and_all_facts_keep_their_order() -> None:
    prompt, late = told(talked(1.5), 0), told(talked(1.5), 30)
    both = [[f for f in facts if isinstance(f, TurnEnded)] for facts in (prompt, late)]
    assert [len(ends) for ends in both] == [2, 2]
    assert all(a.transcript == b.transcript and a.at_s < b.at_s < a.at_s + 0.65 for a, b in zip(*both, strict=True))
    for facts in (prompt, late):
        order = [f for f in facts if isinstance(f, SpeechStarted | TurnEnded)]
        assert [type(f) for f in order] == [SpeechStarted, TurnEnded] * 2


def test_a_visitor_who_goes_on_before_the_words_are_known_is_not_cut_off() -> None:
    assert kinds(told(talked(0.6), 0)).count("TurnEnded") == 2
    facts = told(talked(0.6), 30)
    assert kinds(facts).count("TurnEnded") == 1 and any(isinstance(f, SpeechResumed) for f in facts)
    paused = next(f for f in facts if isinstance(f, SpeechPaused))
    foretold = [f for f in facts if isinstance(f, TurnEndPredicted)]
    assert all(f.at_s > paused.at_s + 0.5 for f in foretold), "words of a pause that is over are not told"


def test_what_begins_before_the_last_words_are_known_is_told_after_them() -> None:
    facts = told(talked(0.5), 20, "final")
    frames_late = [f for f in facts if isinstance(f, TurnEnded | SpeechStarted | PartialTranscript)]
    assert [type(f).__name__ for f in frames_late if not isinstance(f, PartialTranscript)] == [
        "SpeechStarted",
        "TurnEnded",
    ] * 2


def test_the_listener_takes_sound_while_the_ear_is_at_work() -> None:
    """The ear hangs at the pause; the listener's time goes on."""
    released = threading.Event()

    class Hanging(TwoPassEar):
        def pause(self) -> Transcript:
            released.wait(20)
            return super().pause()

    facts: list[Fact] = []
    heard: Mailbox[ListenerInput] = Mailbox("listen", 10_000, "fault")
    sounds: Mailbox[Utterance] = Mailbox("recognize", 1000, "wait")
    listener = Listener(
        *(heard, facts.append, LoudnessVad().stream(), sounds.put, Endpoint(EndpointSettings(), FIT), lambda: None)
    )
    thread = threading.Thread(target=Recognizer(Hanging(), heard.put).run, args=(sounds, lambda: None), daemon=True)
    thread.start()
    try:
        for frame in talked(0.3):
            listener.take(frame)
    finally:
        released.set()
        heard.close()
        sounds.close()
        thread.join(20)
    assert not thread.is_alive()
    assert {"SpeechPaused", "SpeechResumed"} <= set(kinds(facts)) and "TurnEndPredicted" not in kinds(facts)
