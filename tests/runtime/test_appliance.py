"""The whole daemon with scripted engines and wave devices, faster than real time and the same each time."""

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
    TurnFailed,
    TurnForeseen,
)
from appliance.core.mailbox import MailboxClosed
from appliance.core.ports import Archive, EchoCanceller, Ledger, PortError, Tool, Vad, Voice, VoiceEmbedder
from appliance.devices.simulated_room import EchoPath
from appliance.devices.wave import WaveLine
from appliance.hearing.overload import TOO_BUSY, Overload
from appliance.runtime.appliance import Daemon, ThreadFailed
from appliance.runtime.assemble import Engines
from appliance.tools.audited import audited
from tests.fakes import (
    VOICE_RATE_HZ,
    WORD_SAMPLES,
    LoudnessVad,
    PitchVoices,
    RecordingTool,
    ScriptedEar,
    ScriptedHost,
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
    # What the fitted table makes of tones is no matter of these tests.
    endpoint=EndpointSettings(patience_s=1.0, unfinished_ms=700),
)


@dataclass
class Rig:
    """A daemon on a fast wave line, and the facts it told."""

    ear: ScriptedEar
    host: ScriptedHost
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
        self.line = WaveLine(VOICE_RATE_HZ, "fast", echo=self.echo)
        settings = replace(
            SETTINGS,
            audio=AudioSettings(barge_in=self.barge_in, cross_talk_db=self.cross_talk_db),
            endpoint=replace(SETTINGS.endpoint, unfinished_ms=self.unfinished_ms),
        )
        tools: dict[str, Tool] = {"pager": self.tool}
        if self.ledger is not None:
            tools = audited(tools, self.site, self.ledger)
        engines = Engines(
            *(self.vad, self.ear, self.voice, self.host, tools, self.canceller),  # type: ignore[arg-type]
            voices=self.voices,
        )
        line = self.line
        self.daemon = Daemon(settings, self.site, engines, line.microphone, line.speaker, self.ledger, self.archive)
        self.line.settled = self.daemon.settled
        self.facts = []
        self._box = self.daemon.subscribe()

    def run(self, seconds):
        """Let ``seconds`` of stream time pass; returns the facts, without the ticks."""
        self.daemon.start()
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
            while not done.is_set() and not self.daemon.wait(timeout_s=0.02):
                pass
        finally:
            self.daemon.stop()
            follower.join()
        return self.facts

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]


def test_a_question_is_heard_answered_and_spoken():
    rig = Rig(
        ScriptedEar(["where is the lift"]),
        ScriptedHost([("where is the lift", ["On the left, ", "by the stairs.", Outcome(facts=("lift",))])]),
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(6)
    assert [fact.transcript.text for fact in rig.of(TurnEnded)] == ["where is the lift"]
    (thought,) = rig.of(ReplyThought)
    assert (thought.text, thought.outcome.facts) == ("On the left, by the stairs.", ("lift",))
    assert rig.of(Played)[-1] == Played(1, 6 * WORD_SAMPLES, finished=True)
    _, appliance = rig.line.recording()
    assert np.count_nonzero(appliance) > 0.98 * 6 * WORD_SAMPLES
    assert rig.host.partials[-1] == "where is the lift", "it was prepared while the visitor spoke"
    assert rig.host.script == []
    assert [stream.script for stream in rig.ear.streams] == [[]]


def test_two_runs_tell_the_same_facts():
    def once():
        rig = Rig(ScriptedEar(["one", "two"]), ScriptedHost([("one", ["First answer."]), ("two", ["Second answer."])]))
        rig.line.say(tone(1.0), after_s=0.5)
        rig.line.say(tone(1.0), after_s=3.0)
        return [str(fact) for fact in rig.run(8)]

    assert once() == once()


def test_speech_over_a_reply_stops_it_and_only_what_was_heard_is_remembered():
    words = "one two three four five six seven eight nine ten eleven twelve."
    rig = Rig(ScriptedEar(["count", "stop counting"]), ScriptedHost([("count", [words]), ("stop counting", ["Yes."])]))
    rig.line.say(tone(1.0), after_s=0.5)
    interruption = rig.line.say(tone(1.0), after_s=2.0)
    rig.run(8)
    (interrupted,) = rig.of(ReplyInterrupted)
    heard = interrupted.heard.split()
    assert 0 < len(heard) < 12
    assert words.startswith(interrupted.heard)
    assert [m.content for m in rig.host.histories[1]] == ["count", interrupted.heard]
    # Silent within the onset that the endpoint wants to hear, a window, a block and the fade.
    _, appliance = rig.line.recording()
    after = appliance[interruption + round(0.2 * VOICE_RATE_HZ) : interruption + round(1.0 * VOICE_RATE_HZ)]
    assert not after.any()


LIFT_AND_COAT: list[Exchange] = [("where is the lift", ["On the left."]), ("have you seen my coat", ["No."])]


@pytest.mark.parametrize(("cross_talk_db", "heard"), [(0.0, 2), (15.0, 1)])
def test_people_across_the_room_do_not_steer_the_appliance(cross_talk_db, heard):
    rig = Rig(
        ScriptedEar(["where is the lift", "have you seen my coat"]),
        ScriptedHost(LIFT_AND_COAT[:heard]),
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
    """1 is as loud as the visitor, 0.4 8 dB and 0.15 16 dB quieter."""
    rig = Rig(
        ScriptedEar(["count", "have you seen my coat anywhere at all"]),
        ScriptedHost([("count", [COUNTING]), *([COAT] if interrupts else [])]),
        voices=PitchVoices(),
    )
    rig.line.say(tone(1.5, VISITOR_HZ), after_s=0.5)
    rig.line.say(gain * tone(1.8, hz), after_s=1.2)
    rig.run(9)
    assert bool(rig.of(ReplyInterrupted)) is interrupts


def test_without_voices_the_same_interrupts():
    rig = Rig(
        ScriptedEar(["count", "have you seen my coat anywhere at all"]),
        ScriptedHost([("count", [COUNTING]), COAT]),
    )
    rig.line.say(tone(1.5, VISITOR_HZ), after_s=0.5)
    rig.line.say(0.4 * tone(1.8, OTHER_HZ), after_s=1.2)
    rig.run(9)
    assert rig.of(ReplyInterrupted)


@pytest.mark.parametrize(("leaves_s", "interrupts"), [(2.0, False), (36.0, True)])
def test_the_end_of_a_conversation_forgets_the_voice(leaves_s, interrupts):
    """The next visitor has said too little for a voice: nobody is another's."""
    rig = Rig(
        ScriptedEar(["hello", "count", "have you seen my coat anywhere at all"]),
        ScriptedHost(
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
        ScriptedHost(LIFT_AND_COAT[:answered]),
        voices=PitchVoices(),
        cross_talk_db=cross_talk_db,
    )
    rig.line.say(tone(1.5, VISITOR_HZ), after_s=0.5)
    rig.line.say(0.4 * tone(1.5, OTHER_HZ), after_s=2.5)
    rig.run(7)
    assert len(rig.of(TurnEnded)) == 2
    assert len(rig.of(ReplyThought)) == answered


def test_half_duplex_speaks_to_the_end():
    rig = Rig(
        ScriptedEar(["count", "ignored"]),
        ScriptedHost([("count", ["one two three four five six seven eight."])]),
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
        ScriptedHost([("count", ["one two three four five six seven eight."])]),
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(2.0), after_s=1.2)
    rig.run(12)
    assert rig.tool.calls == ["alarm"]
    assert [fact.text for fact in rig.of(ReplyThought)][-1] == "Help is on the way."
    assert [fact.reason for fact in rig.of(ConversationClosed)] == ["emergency"]


def test_a_visitor_who_leaves_is_forgotten():
    rig = Rig(ScriptedEar(["hello"]), ScriptedHost([("hello", ["Hello."])]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(40)
    assert [fact.text for fact in rig.of(ReplyThought)] == ["Hello.", "Still there?", "Anything else?"]
    assert [fact.reason for fact in rig.of(ConversationClosed)] == ["silence"]
    assert rig.host.opened == 2, "at the opening and at the end"


def test_an_unfinished_sentence_is_waited_for():
    def end_of(complete):
        host = ScriptedHost([("i would like", ["Yes?"])], complete=complete)
        rig = Rig(ScriptedEar(["i would like"]), host, unfinished_ms=2000)
        rig.line.say(tone(1.0), after_s=0.5)
        rig.run(6)
        (ended,) = rig.of(TurnEnded)
        return ended.at_s - ended.speech_end_s

    assert end_of(complete=0.0) - end_of(complete=1.0) > 0.3


def test_a_brain_that_fails_is_admitted_aloud():
    rig = Rig(ScriptedEar(["hello"]), ScriptedHost([("hello", [PortError("the model file is damaged")])]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(6)
    (failed,) = rig.of(TurnFailed)
    assert failed.reason.startswith("PortError in appliance.brain.think, line ")
    assert [fact.text for fact in rig.of(ReplyThought)] == [SITE.prompts.failed]
    assert rig.host.abandoned == 2, "the guess, and the reply"


class BrokenVad(LoudnessVad):
    """Fails after a second, with a message that quotes what was said."""

    def __init__(self):
        self.windows = 0

    def probability(self, window):
        self.windows += 1
        if self.windows > 30:
            raise ValueError("my secret illness")
        return super().probability(window)


def test_an_exception_in_any_thread_stops_the_daemon_and_quotes_nothing(caplog):
    rig = Rig(ScriptedEar(["hello"]), ScriptedHost([]), vad=BrokenVad())
    rig.line.say(tone(1.0), after_s=0.5)
    with pytest.raises(
        ThreadFailed, match=r"the listen thread failed: ValueError in appliance\.hearing\.listen, line "
    ):
        rig.run(6)
    assert "listen thread failed" in caplog.text and "illness" not in caplog.text


def test_who_follows_the_facts_of_a_daemon_that_fails_learns_that_it_ended():
    rig = Rig(ScriptedEar(["hello"]), ScriptedHost([]), vad=BrokenVad())
    box = rig.daemon.subscribe()
    rig.line.say(tone(1.0), after_s=0.5)
    rig.daemon.start()
    try:
        with pytest.raises(MailboxClosed):
            while True:
                assert box.get(timeout_s=20) is not None
    finally:
        rig.daemon.stop()


@pytest.mark.parametrize("error", [KeyError("day"), RecursionError(), ValueError("my secret illness")])
def test_a_fault_in_one_reply_is_admitted_and_the_next_question_is_answered(error, caplog):
    rig = Rig(ScriptedEar(["one", "two"]), ScriptedHost([("one", ["Well, ", error]), ("two", ["Second answer."])]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(1.0), after_s=6.0)
    rig.run(12)
    (failed,) = rig.of(TurnFailed)
    assert failed.reason.startswith(type(error).__name__) and "illness" not in failed.reason
    assert [fact.text for fact in rig.of(ReplyThought)][-1] == "Second answer."
    assert "illness" not in caplog.text


class BadGuesser(ScriptedHost):
    """Cannot work ahead."""

    def listen(self, partial, history, turn):
        raise PortError("llama.cpp could not evaluate the prompt")

    def end_of_turn_probability(self, history, text):
        raise IndexError("my secret illness")


def test_an_error_in_working_ahead_costs_what_was_worked_ahead(caplog):
    rig = Rig(ScriptedEar(["where is the lift"]), BadGuesser([LIFT]))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(8)
    (thought,) = rig.of(ReplyThought)
    assert thought.text == LIFT[1][0]
    assert rig.of(TurnFailed) == []
    assert caplog.text.count("work ahead of a reply failed: PortError") == 1, "it is tried several times a second"
    assert "illness" not in caplog.text


class PickyVoice(ToneVoice):
    """Fails at some texts, as a native library does at NUL and at half a surrogate."""

    def synthesize(self, text, turn):
        if "\x00" in text:
            raise ValueError(f"embedded null character in {text}")
        text.encode()
        yield from super().synthesize(text, turn)


@pytest.mark.parametrize("bad", ["It is\x00 five.", "Half a \ud800 pair.", "x" * 500])
def test_a_clause_that_cannot_be_said_is_left_out_and_told(bad):
    pieces: list[str | Outcome | Exception] = ["It is on the left. ", f"{bad} ", "By the stairs."]
    rig = Rig(
        ScriptedEar(["where is the lift", "again"]), ScriptedHost([("where is the lift", pieces), ("again", pieces)])
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


def test_a_reply_of_which_nothing_can_be_said_has_failed():
    rig = Rig(ScriptedEar(["where is the lift"]), ScriptedHost([("where is the lift", ["\x00"])]), voice=PickyVoice())
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(8)
    assert [fact.reason.split()[0] for fact in rig.of(TurnFailed)] == ["ValueError"]
    assert [fact.text for fact in rig.of(ClauseVoiced)] == [SITE.prompts.failed]


class BrokenVoice(ToneVoice):
    def synthesize(self, text, turn):
        raise RuntimeError("no memory on the device")
        yield


def test_a_voice_that_says_nothing_at_all_ends_the_daemon():
    """Restarted it may work; silent it is worse than none."""
    rig = Rig(ScriptedEar(["one"] * 9), ScriptedHost([("one", ["First answer."])] * 9), voice=BrokenVoice())
    for _ in range(3):
        rig.line.say(tone(1.0), after_s=4.0)
    with pytest.raises(ThreadFailed, match="the speak thread failed: RuntimeError"):
        rig.run(20)
    assert len(rig.of(TurnFailed)) == 2


class DeadPager(RecordingTool):
    """Takes its time and answers nothing."""

    def call(self, function, arguments):
        self.calls.append(function)
        time.sleep(0.05)
        raise PortError("tool pager: alarm took longer than 5 s and was killed")


def test_shouting_for_help_again_and_again_ends_nothing():
    """Red team: a pager that does not answer and 23 calls filled a queue of 16, and the appliance was gone."""
    cries = 24
    rig = Rig(ScriptedEar(["code red"] * cries), ScriptedHost([]), tool=DeadPager())
    for _ in range(cries):
        rig.line.say(tone(0.5), after_s=1.2)
    rig.run(cries * 1.7 + 5)
    assert rig.tool.calls and set(rig.tool.calls) == {"alarm"}
    assert [fact.reason for fact in rig.of(ConversationClosed)][-1] == "emergency"


def test_an_operator_is_told_what_it_does():
    rig = Rig(ScriptedEar(["one"]), ScriptedHost([("one", ["First answer."])]))
    assert rig.daemon.condition()["phase"] == "idle"
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(4)
    condition = rig.daemon.condition()
    assert (condition["phase"], condition["site"], condition["conversations_today"]) == ("listening", "Test Clinic", 1)
    assert datetime.fromisoformat(str(condition["since"])).tzinfo is not None


def test_a_machine_that_is_too_busy_is_called_that():
    overload = Overload()
    told = [overload.see(AudioDropped(3200, second / 2)) for second in range(40)]
    (sentence,) = [text for text in told if text]
    assert sentence.startswith(TOO_BUSY) and told.index(sentence) == 4
    assert overload.see(AudioDropped(3200, 100.0)) is None, "a hiccup"
    assert overload.see(AudioDropped(32_000, 101.0)), "and again a minute later"


def test_a_greeting_opens_the_conversation():
    rig = Rig(ScriptedEar([]), ScriptedHost([]))
    rig.daemon.visitor_arrived()
    rig.run(2)
    assert [fact.conversation_id for fact in rig.of(ConversationOpened)] == [1]
    assert [fact.text for fact in rig.of(ReplyThought)] == ["Hello."]


@pytest.mark.parametrize("switched_on", [False, True])
def test_what_was_said_is_logged_only_when_the_site_wants_that(switched_on, caplog):
    site = replace(SITE, privacy=Privacy(log_transcripts=switched_on))
    rig = Rig(ScriptedEar(["canary question"]), ScriptedHost([("canary question", ["Canary answer."])]), site=site)
    rig.line.say(tone(1.0), after_s=0.5)
    with caplog.at_level("DEBUG"):
        rig.run(30)
    assert "conversation 1 opened" in caplog.text
    assert ("canary" in caplog.text.lower()) is switched_on


# --- speculation ------------------------------------------------------------------------------------------------------

LIFT: Exchange = ("where is the lift", ["On the left, by the stairs.", Outcome(facts=("lift",))])


def test_a_speculative_reply_is_ready_when_the_turn_ends_and_silent_before():
    rig = Rig(ScriptedEar(["where is the lift"]), ScriptedHost([LIFT], complete=0.5))
    rig.line.say(tone(1.0), after_s=0.5)
    rig.run(6)
    kinds = [type(fact) for fact in rig.facts]
    assert kinds.index(TurnEnded) < kinds.index(ReplyThought), "nobody is told of a guess"
    (foreseen,) = rig.of(TurnForeseen)
    (ended,) = rig.of(TurnEnded)
    assert ended.at_s - foreseen.at_s > 0.1
    _, appliance = rig.line.recording()
    begins = np.flatnonzero(appliance)[0] / VOICE_RATE_HZ
    assert ended.at_s - 0.02 <= begins <= ended.at_s + 0.04, "within a block of the end, and not before"
    assert rig.host.retracted == 0 and rig.host.script == []


def test_a_speculation_that_the_visitor_talks_on_over_leaves_no_trace():
    site = replace(SITE, privacy=Privacy(log_transcripts=True))
    rig = Rig(ScriptedEar(["where is the lift"]), ScriptedHost([LIFT], complete=0.3), site=site)
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(1.0), after_s=0.25)
    rig.run(8)
    assert [type(f) for f in rig.facts if isinstance(f, SpeechResumed | TurnEnded)] == [SpeechResumed, TurnEnded]
    assert rig.host.retracted == 1
    assert rig.host.histories == [()], "the history knows nothing of it"
    (thought,) = rig.of(ReplyThought)
    assert {f.turn_id for f in rig.facts if isinstance(f, ReplyStarted | ReplyStopped | Played)} == {thought.turn_id}
    (ended,) = rig.of(TurnEnded)
    _, appliance = rig.line.recording()
    assert np.flatnonzero(appliance)[0] / VOICE_RATE_HZ >= ended.at_s - 0.02
    assert np.count_nonzero(appliance) <= 6 * WORD_SAMPLES, "the reply is heard once"


class PatientHost(ScriptedHost):
    """Hears one question however often it was said: who goes on before a reply is heard has said one sentence."""

    def reply(self, heard, history, turn):
        assert not heard.text.replace(LIFT[0], "").strip()
        return super().reply(replace(heard, text=LIFT[0]), history, turn)


@settings(max_examples=12)
@example([(0.717, 0.611), (0.777, 0.735), (0.688, 0.857), (0.637, 0.25)], 0.601)
@given(st.lists(st.tuples(st.floats(0.3, 1.0), st.floats(0.15, 0.9)), min_size=1, max_size=4), st.floats(0.0, 1.0))
def test_whatever_the_pauses_every_reply_heard_answers_an_ended_turn(parts, complete):
    """Speech with pauses of any length: nothing is heard before a turn ended, and no reply without one."""
    host = PatientHost([LIFT] * 12, complete=complete)
    rig = Rig(ScriptedEar(["where is the lift"] * 12), host)
    for speech_s, pause_s in parts:
        rig.line.say(tone(speech_s), after_s=pause_s)
    rig.run(sum(map(sum, parts)) + 6)
    ends = [fact.at_s for fact in rig.of(TurnEnded)]
    thought = rig.of(ReplyThought)
    _, appliance = rig.line.recording()
    heard = np.flatnonzero(appliance)
    assert ends and heard[0] / VOICE_RATE_HZ >= ends[0] - 0.02
    # A reply that was held for what turned out to be nothing goes back to the start of its clause.
    assert len(heard) <= 2 * sum(len(t.text.split()) for t in thought) * WORD_SAMPLES
    assert len({t.turn_id for t in thought}) == len(thought) <= len(ends)
