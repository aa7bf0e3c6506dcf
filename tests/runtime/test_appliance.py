"""The whole daemon with scripted engines and wave devices, faster than real time and deterministic."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.config.box import AudioSettings, BrainSettings, EarSettings, EndpointSettings, Settings, VoiceSettings
from appliance.config.site import Privacy, Site
from appliance.core.facts import (
    ROOM,
    AudioDropped,
    ClauseSkipped,
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    Outcome,
    Played,
    ReplyInterrupted,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    SpeechResumed,
    TimePassed,
    TurnEnded,
    TurnEndPredicted,
    TurnFailed,
)
from appliance.core.mailbox import MailboxClosed
from appliance.core.manner import PLAIN
from appliance.core.ports import Archive, EchoCanceller, Ledger, PortError, Vad, Voice, VoiceEmbedder
from appliance.devices.simulated_room import EchoPath
from appliance.devices.wave import WaveLine
from appliance.hearing.overload import TOO_BUSY, Overload
from appliance.runtime.appliance import Appliance, ThreadFailed
from appliance.runtime.engines import Engines
from tests.fakes import (
    VOICE_RATE_HZ,
    WORD_SAMPLES,
    LoudnessVad,
    PitchVoices,
    RecordingTool,
    ScriptedEar,
    ScriptedResponder,
    ToneVoice,
    tone,
)
from tests.sites import SITE

Exchange = tuple[str, list[str | Outcome | Exception]]
"""a question and the pieces of its answer"""

SETTINGS = Settings(
    site="unused",  # type: ignore[arg-type]
    ear=EarSettings(),
    brain=BrainSettings(model="unused"),  # type: ignore[arg-type]
    voice=VoiceSettings(model="unused"),  # type: ignore[arg-type]
    # These tests do not depend on how the fitted weights judge tones.
    endpoint=EndpointSettings(patience_s=1.0, unfinished_ms=700),
)


@dataclass
class Rig:
    """An appliance with one fast wave line, and the facts it told."""

    ear: ScriptedEar
    responder: ScriptedResponder
    barge_in: bool = True
    site: Site = SITE
    tool: RecordingTool = field(default_factory=RecordingTool)
    ledger: Ledger | None = None
    archive: Archive | None = None
    echo: EchoPath | None = None
    canceller: Callable[[], EchoCanceller] | None = None
    voice: Voice = field(default_factory=ToneVoice)
    vad: Vad = field(default_factory=LoudnessVad)
    voices: VoiceEmbedder | None = None
    cross_talk_db: float = 0.0
    unfinished_ms: int = SETTINGS.endpoint.unfinished_ms

    def __post_init__(self):
        settings = replace(
            SETTINGS,
            audio=AudioSettings(barge_in=self.barge_in, cross_talk_db=self.cross_talk_db),
            endpoint=replace(SETTINGS.endpoint, unfinished_ms=self.unfinished_ms),
        )
        engines = Engines(
            *(self.vad, self.ear, self.voice, lambda *_: self.responder, {"pager": self.tool}),
            echo=self.canceller,
            voices=self.voices,
        )
        self.appliance = Appliance(settings, self.site, engines, self.ledger, self.archive)
        self.line = WaveLine(VOICE_RATE_HZ, "fast", self.appliance.settled, echo=self.echo)
        self.facts = []
        self._box = self.appliance.subscribe()

    def start(self):
        self.appliance.start()
        self.appliance.open_line(self.line.microphone, self.line.speaker)

    def run(self, seconds, arrives=False):
        """Let ``seconds`` of stream time pass. Returns the facts, without the ticks. ``arrives``: a sensor sees the
        visitor."""
        self.start()
        if arrives:
            self.appliance.visitor_arrived()
        done = threading.Event()

        def follow():
            try:
                while True:
                    stamped = self._box.get()
                    assert stamped is not None, "it waits as long as it takes"
                    if isinstance(stamped.fact, TimePassed):
                        if stamped.fact.at_s >= seconds:
                            done.set()
                    else:
                        self.facts.append(stamped.fact)
            except MailboxClosed:
                return

        follower = threading.Thread(target=follow)
        follower.start()
        try:
            while not done.is_set() and not self.appliance.wait(timeout_s=0.02):
                pass
        finally:
            self.appliance.stop()
            follower.join()
        return self.facts

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]


def test_a_question_is_heard_answered_and_spoken():
    rig = Rig(
        ScriptedEar(["where is the lift"]),
        ScriptedResponder([("where is the lift", ["On the left, ", "by the stairs.", Outcome(facts=("lift",))])]),
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(6)
    assert [fact.transcript.text for fact in rig.of(TurnEnded)] == ["where is the lift"]
    (thought,) = rig.of(ReplyThought)
    assert (thought.text, thought.outcome.facts) == ("On the left, by the stairs.", ("lift",))
    assert rig.of(Played)[-1] == Played(1, 6 * WORD_SAMPLES, finished=True)
    _, appliance = rig.line.recording()
    assert np.count_nonzero(appliance) > 0.98 * 6 * WORD_SAMPLES
    assert rig.responder.partials[-1] == "where is the lift", "it was prepared while the visitor spoke"
    assert rig.responder.script == []
    assert [stream.script for stream in rig.ear.streams] == [[]]


def test_two_runs_tell_the_same_facts():
    def once():
        rig = Rig(
            ScriptedEar(["one", "two"]), ScriptedResponder([("one", ["First answer."]), ("two", ["Second answer."])])
        )
        rig.line.say(tone(1.0), after_s=0.5)
        rig.line.say(tone(1.0), after_s=3.0)
        return [str(fact) for fact in rig.run(8)]

    assert once() == once()


def test_speech_over_a_reply_stops_it_and_only_what_was_heard_is_remembered():
    words = "one two three four five six seven eight nine ten eleven twelve."
    rig = Rig(
        ScriptedEar(["count", "stop counting"]), ScriptedResponder([("count", [words]), ("stop counting", ["Yes."])])
    )
    rig.line.say(tone(1.0), after_s=0.5)
    interruption = rig.line.say(tone(1.0), after_s=2.0)
    rig.run(8)
    (interrupted,) = rig.of(ReplyInterrupted)
    heard = interrupted.heard.split()
    assert 0 < len(heard) < 12
    assert words.startswith(interrupted.heard)
    assert [m.content for m in rig.responder.histories[1]] == ["count", interrupted.heard]
    # Silent within the sum of the onset that the endpoint needs, a window, a block and the fade.
    _, appliance = rig.line.recording()
    after = appliance[interruption + round(0.2 * VOICE_RATE_HZ) : interruption + round(1.0 * VOICE_RATE_HZ)]
    assert not after.any()


LIFT_AND_COAT: list[Exchange] = [("where is the lift", ["On the left."]), ("have you seen my coat", ["No."])]


@pytest.mark.parametrize(("cross_talk_db", "heard"), [(0.0, 2), (15.0, 1)])
def test_speech_from_across_the_room_is_not_answered(cross_talk_db, heard):
    rig = Rig(
        ScriptedEar(["where is the lift", "have you seen my coat"]),
        ScriptedResponder(LIFT_AND_COAT[:heard]),
        cross_talk_db=cross_talk_db,
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(0.12 * tone(1.0), after_s=2.5)
    rig.run(6)
    assert len(rig.of(TurnEnded)) == heard


COAT: Exchange = ("have you seen my coat anywhere at all", ["No."])
COUNTING = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen."
VISITOR_HZ, OTHER_HZ = 220.0, 440.0


@pytest.mark.parametrize(
    ("hz", "gain", "interrupts"),
    [
        (VISITOR_HZ, 0.4, True),
        (OTHER_HZ, 0.4, False),
        (OTHER_HZ, 1.0, True),
        (VISITOR_HZ, 0.15, True),
        (OTHER_HZ, 0.15, False),
    ],
)
def test_another_voice_that_is_quieter_does_not_interrupt(hz, gain, interrupts):
    """A level of 1 is as loud as the visitor, 0.4 is 8 dB quieter and 0.15 is 16 dB quieter."""
    rig = Rig(
        ScriptedEar(["count", "have you seen my coat anywhere at all"]),
        ScriptedResponder([("count", [COUNTING]), *([COAT] if interrupts else [])]),
        voices=PitchVoices(),
    )
    rig.line.say(tone(1.5, VISITOR_HZ), after_s=0.5)
    rig.line.say(gain * tone(1.8, hz), after_s=1.2)
    rig.run(9)
    assert bool(rig.of(ReplyInterrupted)) is interrupts


def test_without_the_voice_network_another_voice_interrupts():
    rig = Rig(
        ScriptedEar(["count", "have you seen my coat anywhere at all"]),
        ScriptedResponder([("count", [COUNTING]), COAT]),
    )
    rig.line.say(tone(1.5, VISITOR_HZ), after_s=0.5)
    rig.line.say(0.4 * tone(1.8, OTHER_HZ), after_s=1.2)
    rig.run(9)
    assert rig.of(ReplyInterrupted)


@pytest.mark.parametrize(("leaves_s", "interrupts"), [(2.0, False), (36.0, True)])
def test_the_end_of_a_conversation_forgets_the_voice(leaves_s, interrupts):
    """The next visitor has said too little for a voice, so no speech counts as another person's."""
    rig = Rig(
        ScriptedEar(["hello", "count", "have you seen my coat anywhere at all"]),
        ScriptedResponder(
            [
                ("hello", ["Hello."]),
                ("count", [COUNTING]),
                *([COAT] if interrupts else []),
            ]
        ),
        voices=PitchVoices(),
    )
    rig.line.say(tone(1.5, VISITOR_HZ), after_s=0.5)
    rig.line.say(tone(0.6, VISITOR_HZ), after_s=leaves_s)
    rig.line.say(0.4 * tone(1.8, OTHER_HZ), after_s=1.2)
    rig.run(12 + leaves_s)
    assert len(rig.of(ConversationClosed)) == interrupts
    assert bool(rig.of(ReplyInterrupted)) is interrupts


@pytest.mark.parametrize(("cross_talk_db", "answered"), [(0.0, 2), (20.0, 1)])
def test_another_voice_is_answered_in_silence_unless_the_site_shuts_others_out(cross_talk_db, answered):
    rig = Rig(
        ScriptedEar(["where is the lift", "have you seen my coat"]),
        ScriptedResponder(LIFT_AND_COAT[:answered]),
        voices=PitchVoices(),
        cross_talk_db=cross_talk_db,
    )
    rig.line.say(tone(1.5, VISITOR_HZ), after_s=0.5)
    rig.line.say(0.4 * tone(1.5, OTHER_HZ), after_s=2.5)
    rig.run(7)
    assert len(rig.of(TurnEnded)) == 2
    assert len(rig.of(ReplyThought)) == answered


def test_in_half_duplex_a_reply_is_spoken_to_its_end():
    rig = Rig(
        ScriptedEar(["count", "ignored"]),
        ScriptedResponder([("count", ["one two three four five six seven eight."])]),
        barge_in=False,
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(1.0), after_s=1.2)
    rig.run(7)
    assert rig.of(Played)[-1] == Played(1, 8 * WORD_SAMPLES, finished=True)
    assert rig.of(ReplyInterrupted) == []


def test_the_emergency_phrase_calls_the_tool_at_once():
    rig = Rig(
        ScriptedEar(["count", "code red in room four"]),
        ScriptedResponder([("count", ["one two three four five six seven eight."])]),
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(2.0), after_s=1.2)
    rig.run(12)
    assert rig.tool.calls == ["alarm"]
    assert [fact.text for fact in rig.of(ReplyThought)][-1] == "Help is on the way."
    assert [fact.reason for fact in rig.of(ConversationClosed)] == ["emergency"]


def test_a_visitor_who_leaves_is_forgotten():
    rig = Rig(ScriptedEar(["hello"]), ScriptedResponder([("hello", ["Hello."])]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(40)
    assert [fact.text for fact in rig.of(ReplyThought)] == ["Hello.", "Still there?", "Anything else?"]
    assert [fact.reason for fact in rig.of(ConversationClosed)] == ["silence"]
    assert rig.responder.begun == 2, "at the opening and at the end"


def test_an_unfinished_sentence_is_waited_for():
    def end_of(complete):
        responder = ScriptedResponder([("i would like", ["Yes?"])], complete=complete)
        rig = Rig(ScriptedEar(["i would like"]), responder, unfinished_ms=2000)
        rig.line.say(tone(1.0), after_s=0.5)
        rig.run(6)
        (ended,) = rig.of(TurnEnded)
        return ended.at_s - ended.speech_end_s

    assert end_of(complete=0.0) - end_of(complete=1.0) > 0.3


def test_a_failing_responder_is_admitted_aloud():
    rig = Rig(ScriptedEar(["hello"]), ScriptedResponder([("hello", [PortError("the model file is damaged")])]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(6)
    (failed,) = rig.of(TurnFailed)
    assert failed.reason.startswith("PortError in appliance.brain.think, line ")
    assert [fact.text for fact in rig.of(ReplyThought)] == [SITE.prompts.failed]
    assert rig.responder.discarded == 1, "the guess failed, and the reply after it"


class BrokenVad(LoudnessVad):
    """A VAD that fails after a second, with a message that quotes the visitor's words."""

    def __init__(self):
        self.windows = 0

    def probability(self, window):
        self.windows += 1
        if self.windows > 30:
            raise ValueError("my secret illness")
        return super().probability(window)


def test_an_exception_in_any_thread_stops_the_daemon_and_quotes_nothing(caplog):
    rig = Rig(ScriptedEar(["hello"]), ScriptedResponder([]), vad=BrokenVad())
    rig.line.say(tone(1.0), after_s=0.5)
    with pytest.raises(
        ThreadFailed, match=r"the listen/room thread failed: ValueError in appliance\.hearing\.listen, line "
    ):
        rig.run(6)
    assert "listen/room thread failed" in caplog.text and "illness" not in caplog.text


def test_a_subscriber_learns_that_a_failing_daemon_ended():
    rig = Rig(ScriptedEar(["hello"]), ScriptedResponder([]), vad=BrokenVad())
    box = rig.appliance.subscribe()
    rig.line.say(tone(1.0), after_s=0.5)
    rig.start()
    try:
        with pytest.raises(MailboxClosed):
            while True:
                assert box.get(timeout_s=20) is not None
    finally:
        rig.appliance.stop()


@pytest.mark.parametrize("error", [KeyError("day"), RecursionError(), ValueError("my secret illness")])
def test_a_fault_in_one_reply_is_admitted_and_the_next_question_is_answered(error, caplog):
    rig = Rig(ScriptedEar(["one", "two"]), ScriptedResponder([("one", ["Well, ", error]), ("two", ["Second answer."])]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(1.0), after_s=6.0)
    rig.run(12)
    (failed,) = rig.of(TurnFailed)
    assert failed.reason.startswith(type(error).__name__) and "illness" not in failed.reason
    assert [fact.text for fact in rig.of(ReplyThought)][-1] == "Second answer."
    assert "illness" not in caplog.text


class BadGuesser(ScriptedResponder):
    """A responder that fails when it works ahead of a reply."""

    def listen(self, partial, history, turn):
        raise PortError("llama.cpp could not evaluate the prompt")

    def score(self, state, history, text):
        raise IndexError("my secret illness")


def test_an_error_in_working_ahead_does_not_fail_the_reply(caplog):
    rig = Rig(ScriptedEar(["where is the lift"]), BadGuesser([LIFT]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(8)
    (thought,) = rig.of(ReplyThought)
    assert thought.text == LIFT[1][0]
    assert rig.of(TurnFailed) == []
    assert caplog.text.count("work ahead of a reply failed: PortError") == 1, "it is tried several times a second"
    assert "illness" not in caplog.text


class PickyVoice(ToneVoice):
    """A voice that fails at some texts, as a native library does at NUL and at half a surrogate."""

    def synthesize(self, text, turn, manner=PLAIN):
        if "\x00" in text:
            raise ValueError(f"embedded null character in {text}")
        text.encode()
        yield from super().synthesize(text, turn, manner)


@pytest.mark.parametrize("bad", ["It is\x00 five.", "Half a \ud800 pair.", "x" * 500])
def test_a_clause_that_cannot_be_voiced_is_left_out_and_reported(bad):
    pieces: list[str | Outcome | Exception] = ["It is on the left. ", f"{bad} ", "By the stairs."]
    rig = Rig(
        ScriptedEar(["where is the lift", "again"]),
        ScriptedResponder([("where is the lift", pieces), ("again", pieces)]),
    )
    rig.voice = PickyVoice()
    rig.__post_init__()
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(1.0), after_s=5.0)
    rig.run(12)
    assert [fact.text for fact in rig.of(ClauseVoiced)] == ["It is on the left.", "By the stairs."] * 2
    assert {fact.turn_id for fact in rig.of(ClauseSkipped)} == {1, 2}
    assert not any(bad in fact.reason for fact in rig.of(ClauseSkipped))
    assert rig.of(TurnFailed) == []


def test_a_reply_of_which_no_clause_can_be_voiced_has_failed():
    rig = Rig(
        ScriptedEar(["where is the lift"]), ScriptedResponder([("where is the lift", ["\x00"])]), voice=PickyVoice()
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(8)
    assert [fact.reason.split()[0] for fact in rig.of(TurnFailed)] == ["ValueError"]
    assert [fact.text for fact in rig.of(ClauseVoiced)] == [SITE.prompts.failed]


class BrokenVoice(ToneVoice):
    def synthesize(self, text, turn, manner=PLAIN):
        raise RuntimeError("no memory on the device")
        yield


def test_a_voice_that_fails_at_every_clause_ends_the_daemon():
    """It may work after a restart. A silent appliance is worse than none."""
    rig = Rig(ScriptedEar(["one"] * 9), ScriptedResponder([("one", ["First answer."])] * 9), voice=BrokenVoice())
    for _ in range(3):
        rig.line.say(tone(1.0), after_s=4.0)
    with pytest.raises(ThreadFailed, match="the speak/room thread failed: RuntimeError"):
        rig.run(20)
    assert len(rig.of(TurnFailed)) == 2


class DeadPager(RecordingTool):
    """A tool that takes long and returns no result."""

    def call(self, function, arguments):
        self.calls.append(function)
        time.sleep(0.05)
        raise PortError("tool pager: alarm took longer than 5 s and was killed")


def test_repeated_calls_for_help_do_not_end_the_appliance():
    """A red team filled a queue of 16 with 23 calls to a pager that did not answer, and the appliance ended."""
    cries = 24
    rig = Rig(ScriptedEar(["code red"] * cries), ScriptedResponder([]), tool=DeadPager())
    for _ in range(cries):
        rig.line.say(tone(0.5), after_s=1.2)
    rig.run(cries * 1.7 + 5)
    assert rig.tool.calls and set(rig.tool.calls) == {"alarm"}
    assert [fact.reason for fact in rig.of(ConversationClosed)][-1] == "emergency"


def test_the_status_tells_what_the_appliance_does():
    rig = Rig(ScriptedEar(["one"]), ScriptedResponder([("one", ["First answer."])]))
    slots = {"open": 0, "most": 4, "free": 4}
    assert rig.appliance.condition() == {"site": "Test Clinic", "conversations_today": 0, "slots": slots}
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(4)
    stopped = {"open": 1, "most": 0, "free": 0}
    assert rig.appliance.condition() == {"site": "Test Clinic", "conversations_today": 1, "slots": stopped}
    condition = rig.appliance.lines[ROOM].condition()
    assert (condition["line"], condition["phase"]) == ("room", "listening")
    assert datetime.fromisoformat(str(condition["since"])).tzinfo is not None


def test_a_machine_that_is_too_busy_is_reported_as_busy():
    overload = Overload()
    told = [overload.see(AudioDropped(3200, second / 2)) for second in range(40)]
    (sentence,) = [text for text in told if text]
    assert sentence.startswith(TOO_BUSY) and told.index(sentence) == 4
    assert overload.see(AudioDropped(3200, 100.0)) is None, "a hiccup"
    assert overload.see(AudioDropped(32_000, 101.0)), "and again a minute later"


def test_a_greeting_opens_the_conversation():
    rig = Rig(ScriptedEar([]), ScriptedResponder([]))
    rig.run(2, arrives=True)
    assert [fact.conversation_id for fact in rig.of(ConversationOpened)] == [1]
    assert [fact.text for fact in rig.of(ReplyThought)] == ["Hello."]


@pytest.mark.parametrize("switched_on", [False, True])
def test_words_are_logged_only_if_the_site_says_so(switched_on, caplog):
    site = replace(SITE, privacy=Privacy(log_transcripts=switched_on))
    rig = Rig(ScriptedEar(["canary question"]), ScriptedResponder([("canary question", ["Canary answer."])]), site=site)
    rig.line.say(tone(1.0), after_s=0.5)
    with caplog.at_level("DEBUG"):
        rig.run(30)
    assert "conversation 1 opened" in caplog.text
    assert ("canary" in caplog.text.lower()) is switched_on


# --- speculation ------------------------------------------------------------------------------------------------------

LIFT: Exchange = ("where is the lift", ["On the left, by the stairs.", Outcome(facts=("lift",))])


def test_a_speculative_reply_is_ready_when_the_turn_ends_and_silent_before():
    rig = Rig(ScriptedEar(["where is the lift"]), ScriptedResponder([LIFT], complete=0.5))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(6)
    kinds = [type(fact) for fact in rig.facts]
    assert kinds.index(TurnEnded) < kinds.index(ReplyThought), "nobody is told of a guess"
    (predicted,) = rig.of(TurnEndPredicted)
    (ended,) = rig.of(TurnEnded)
    assert ended.at_s - predicted.at_s > 0.1
    _, appliance = rig.line.recording()
    begins = np.flatnonzero(appliance)[0] / VOICE_RATE_HZ
    assert ended.at_s - 0.02 <= begins <= ended.at_s + 0.04, "within a block of the end, and not before"
    assert rig.responder.discarded == 0 and rig.responder.script == []


def test_a_speculation_is_dropped_when_the_visitor_goes_on():
    site = replace(SITE, privacy=Privacy(log_transcripts=True))
    rig = Rig(ScriptedEar(["where is the lift"]), ScriptedResponder([LIFT], complete=0.3), site=site)
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(1.0), after_s=0.25)
    rig.run(8)
    assert [type(f) for f in rig.facts if isinstance(f, SpeechResumed | TurnEnded)] == [SpeechResumed, TurnEnded]
    assert rig.responder.discarded == 1
    assert rig.responder.histories == [()], "the history knows nothing of it"
    (thought,) = rig.of(ReplyThought)
    assert {f.turn_id for f in rig.facts if isinstance(f, ReplyStarted | ReplyStopped | Played)} == {thought.turn_id}
    (ended,) = rig.of(TurnEnded)
    _, appliance = rig.line.recording()
    assert np.flatnonzero(appliance)[0] / VOICE_RATE_HZ >= ended.at_s - 0.02
    assert np.count_nonzero(appliance) <= 6 * WORD_SAMPLES, "the reply is heard once"


class PatientResponder(ScriptedResponder):
    """A responder that takes repeated words as one question. A visitor who goes on before a reply says one sentence."""

    def reply(self, state, heard, history, turn):
        assert not heard.text.replace(LIFT[0], "").strip()
        return super().reply(state, replace(heard, text=LIFT[0]), history, turn)


@settings(max_examples=12)
@example([(0.717, 0.611), (0.777, 0.735), (0.688, 0.857), (0.637, 0.25)], 0.601)
@given(st.lists(st.tuples(st.floats(0.3, 1.0), st.floats(0.15, 0.9)), min_size=1, max_size=4), st.floats(0.0, 1.0))
def test_every_heard_reply_answers_an_ended_turn(parts, complete):
    """For speech with pauses of any length, no reply is heard before a turn ended, nor without a turn."""
    responder = PatientResponder([LIFT] * 12, complete=complete)
    rig = Rig(ScriptedEar(["where is the lift"] * 12), responder)
    for speech_s, pause_s in parts:
        rig.line.say(tone(speech_s), after_s=pause_s)
    rig.run(sum(map(sum, parts)) + 6)
    ends = [fact.at_s for fact in rig.of(TurnEnded)]
    thought = rig.of(ReplyThought)
    _, appliance = rig.line.recording()
    heard = np.flatnonzero(appliance)
    assert ends and heard[0] / VOICE_RATE_HZ >= ends[0] - 0.02
    # A reply that was held without an interruption goes back to the start of its clause.
    assert len(heard) <= 2 * sum(len(t.text.split()) for t in thought) * WORD_SAMPLES
    assert len({t.turn_id for t in thought}) == len(thought) <= len(ends)
