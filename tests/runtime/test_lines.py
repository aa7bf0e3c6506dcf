"""Several conversations at once on one set of engines, in virtual time. The lines share no state."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from appliance.brain.responder import Reply, SiteResponder
from appliance.brain.state import ResponderState
from appliance.cli.view import describe
from appliance.config.box import AudioSettings, load_settings
from appliance.config.site import Privacy, Recording, Site, load_site
from appliance.control.client import Client, request
from appliance.control.facts_json import stamped_record
from appliance.control.server import ControlSocket
from appliance.core.audio import FRAME_SAMPLES, AudioFrame, Samples
from appliance.core.facts import (
    ROOM,
    AudioDropped,
    ConversationClosed,
    ConversationOpened,
    EchoMeasured,
    LineId,
    Message,
    Played,
    ReplyInterrupted,
    ReplyThought,
    Stamped,
    TimePassed,
    Transcript,
    TurnFailed,
)
from appliance.core.mailbox import MailboxClosed
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import PortError, Tool, Voiced
from appliance.core.turn import Turn
from appliance.devices.simulated_room import EchoPath, impulse
from appliance.devices.wave import WaveLine, read_speech
from appliance.engines.aec.webrtc import WebRtcCanceller
from appliance.engines.llm.slot_reader import StarterSlotReader
from appliance.records import keys, recordings
from appliance.runtime.appliance import Appliance, ThreadFailed
from appliance.runtime.assemble import assemble, running
from appliance.runtime.engines import Engines
from appliance.runtime.line import Line
from appliance.runtime.watchdog import Watchdog
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools
from tests.brain.test_responder import HOSPITAL, NOW, Keywords, Parrot
from tests.conftest import CHECKOUT
from tests.control.test_operators import ListLedger
from tests.fakes import (
    VOICE_RATE_HZ,
    WORD_SAMPLES,
    LoudnessVad,
    RecordingTool,
    ScriptedEarStream,
    ScriptedResponder,
    ToneVoice,
    tone,
)
from tests.runtime.test_appliance import SETTINGS
from tests.sites import SITE
from tests.test_echo_conversation import Syllables

F = TypeVar("F")

CLIENT = "wyoming"
"""a door that clients come by"""

COUNTING = "one two three four five six seven eight nine ten eleven twelve."


class Ears:
    """One script for each stream, in the order in which they are opened."""

    def __init__(self, *scripts: list[str]) -> None:
        self._scripts = [list(script) for script in scripts]

    def stream(self) -> ScriptedEarStream:
        return ScriptedEarStream(self._scripts.pop(0))


class Lines:
    """An appliance with a wave line for the room and one for a client. Both keep in step."""

    def __init__(self, engines: Engines, site: Site = SITE, *, audio: AudioSettings | None = None, **kept: object):
        settings = replace(SETTINGS, audio=audio or AudioSettings())
        self.appliance = Appliance(settings, site, engines, **kept)  # type: ignore[arg-type]
        self.waves = {door: WaveLine(engines.voice.rate_hz, "fast") for door in (ROOM, CLIENT)}
        self.lines: dict[str, Line] = {}
        self.told: list[Stamped] = []
        self._closed: set[str] = set()
        self._until_s: dict[LineId, float] = {}
        self._reached = threading.Condition()
        self._follower = threading.Thread(target=self._follow)
        self._box = self.appliance.subscribe()

    def start(self) -> None:
        for wave in self.waves.values():
            wave.settled = lambda wave=wave: self.appliance.settled() and self._in_step(wave)  # type: ignore[misc]
        self._follower.start()
        self.appliance.start()
        for door, wave in self.waves.items():
            self.lines[door] = self.appliance.open_line(wave.microphone, wave.speaker, door)

    def _in_step(self, wave: WaveLine) -> bool:
        """Whether every line that goes on has kept up."""
        return all(
            wave.position_s <= other.position_s for door, other in self.waves.items() if door not in self._closed
        )

    def close(self, door: str) -> None:
        self._closed.add(door)
        self.appliance.close_line(self.lines[door])

    def _follow(self) -> None:
        try:
            while True:
                stamped = self._box.get()
                assert stamped is not None
                if isinstance(stamped.fact, TimePassed):
                    with self._reached:
                        self._until_s[stamped.line] = stamped.fact.at_s
                        self._reached.notify_all()
                else:
                    self.told.append(stamped)
        except MailboxClosed:
            with self._reached:
                self._until_s = dict.fromkeys(self.waves, float("inf"))
                self._reached.notify_all()

    def reach(self, seconds: float, *doors: str) -> None:
        """Wait until so much stream time has passed on the lines, or the appliance has ended."""
        with self._reached:
            assert self._reached.wait_for(
                lambda: all(self._until_s.get(door, 0.0) >= seconds for door in doors or (ROOM, CLIENT)), timeout=120
            )

    def stop(self) -> None:
        self.appliance.stop()
        if self._follower.ident is not None:
            self._follower.join(20)

    def run(self, seconds: float) -> None:
        """From start to end, with so much stream time on both lines."""
        self.start()
        try:
            self.reach(seconds)
            self.appliance.wait(timeout_s=0)
        finally:
            self.stop()

    def of(self, line: LineId, kind: type[F]) -> list[F]:
        return [stamped.fact for stamped in self.told if stamped.line == line and isinstance(stamped.fact, kind)]


@pytest.fixture
def opened() -> Iterator[Callable[..., Lines]]:
    """Opens lines, and ends them all."""
    all_lines: list[Lines] = []

    def make(engines: Engines, site: Site = SITE, **kept: object) -> Lines:
        all_lines.append(Lines(engines, site, **kept))  # type: ignore[arg-type]
        return all_lines[-1]

    yield make
    for lines in all_lines:
        lines.stop()


def scripted(room: ScriptedResponder, client: ScriptedResponder, **more: object) -> Engines:
    """Engines whose first line meets ``room``, the second ``client``; each ear hears what its responder is asked."""
    responders = [room, client]
    ears = Ears(*([question for question, _ in responder.script] for responder in (room, client)))
    parts = {"vad": LoudnessVad(), "voice": ToneVoice(), "tools": {"pager": RecordingTool()}, **more}
    return Engines(ear=ears, responder=lambda *_: responders.pop(0), **parts)  # type: ignore[arg-type]


def test_each_line_has_its_own_history_audit_records_and_captions(opened: Callable[..., Lines]) -> None:
    room = ScriptedResponder([("where is the lift", ["On the left."]), ("thank you", ["You are welcome."])])
    client = ScriptedResponder([("where is the cafe", ["In the hall."]), ("when does it close", ["At five."])])
    ledger = ListLedger()
    talk = opened(scripted(room, client), ledger=ledger)
    for wave in talk.waves.values():
        wave.say(tone(1.0), after_s=0.5)
        wave.say(tone(1.0), after_s=3.0)
    talk.run(8)
    assert [m.content for m in room.histories[1]] == ["where is the lift", "On the left."]
    assert [m.content for m in client.histories[1]] == ["where is the cafe", "In the hall."]
    assert [fact.turn_id for fact in talk.of(ROOM, ReplyThought)] == [1, 2]
    assert [fact.turn_id for fact in talk.of(CLIENT, ReplyThought)] == [1, 2]
    for line in (ROOM, CLIENT):
        events = [(record["event"], record.get("turn")) for record in ledger.records if record.get("line") == line]
        assert events == [("conversation opened", None), ("replied", 1), ("replied", 2)]
    captions = [text for stamped in talk.told if (text := describe(stamped)) and "[answer]" in text]
    assert sorted(captions) == [
        "cloister  On the left.   [answer]",
        "cloister  You are welcome.   [answer]",
        "wyoming   cloister  At five.   [answer]",
        "wyoming   cloister  In the hall.   [answer]",
    ]
    for line, words in ((ROOM, 3 + 3), (CLIENT, 3 + 2)):
        _, sound = talk.waves[line].recording()
        assert np.count_nonzero(sound) == pytest.approx(words * WORD_SAMPLES, rel=0.02), "nobody hears the other's"


def test_a_language_model_that_works_for_long_keeps_the_watchdog_fed(
    opened: Callable[..., Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only in the loop that waits for it: what a line evaluates while it is opened is no progress of a loop."""
    told: list[str] = []
    progress = Watchdog.progress

    def noted(watchdog: Watchdog, loop: str) -> None:
        told.append(loop)
        progress(watchdog, loop)

    class Slow(ScriptedResponder):
        goes_on: Callable[[], None]
        while_it_worked = 0

        def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
            before = told.count(f"think/{ROOM}")
            self.goes_on()
            self.while_it_worked += told.count(f"think/{ROOM}") - before
            return super().reply(state, heard, history, turn)

    slow = Slow([("where is the lift", ["On the left."])])

    def responder(_: Mapping[str, Tool], goes_on: Callable[[], None]) -> Slow:
        slow.goes_on = goes_on
        goes_on()
        return slow

    monkeypatch.setattr(Watchdog, "progress", noted)
    ears = Ears(["where is the lift"])
    talk = opened(Engines(LoudnessVad(), ears, ToneVoice(), responder, {"pager": RecordingTool()}))
    monkeypatch.delitem(talk.waves, CLIENT)
    talk.waves[ROOM].say(tone(1.0), after_s=0.5)
    talk.start()
    talk.reach(4, ROOM)
    talk.stop()
    assert slow.while_it_worked == 1
    assert f"think/{ROOM}" not in told[: told.index(f"listen/{ROOM}")]


def test_two_runs_of_two_lines_tell_the_same_facts(opened: Callable[..., Lines]) -> None:
    def once() -> list[list[str]]:
        first, second = ScriptedResponder([("one", [COUNTING])]), ScriptedResponder([("two", ["Second answer."])])
        talk = opened(scripted(first, second))
        talk.waves[ROOM].say(tone(1.0), after_s=0.5)
        talk.waves[CLIENT].say(tone(0.7), after_s=0.9)
        talk.run(5)
        return [[str(fact) for fact in talk.of(line, object)] for line in (ROOM, CLIENT)]

    first, second = once(), once()
    shortest = [min(len(a), len(b)) for a, b in zip(first, second, strict=True)]
    assert min(shortest) > 10
    assert [a[:n] for a, n in zip(first, shortest, strict=True)] == [
        b[:n] for b, n in zip(second, shortest, strict=True)
    ]


def test_each_line_has_its_own_echo(opened: Callable[..., Lines]) -> None:
    responders = [ScriptedResponder([("count", [f"{COUNTING} ", COUNTING])]) for _ in range(2)]
    engines = scripted(*responders, voice=Syllables(), echo=lambda: WebRtcCanceller(AudioSettings()))
    talk = opened(engines)
    talk.waves[ROOM] = WaveLine(VOICE_RATE_HZ, "fast", echo=EchoPath(delay_s=0.2, gain_db=-6.0, impulse=impulse(0.3)))
    for wave in talk.waves.values():
        wave.say(tone(1.0), after_s=1.5)
    talk.run(9)
    room, client = (talk.of(line, EchoMeasured)[-1] for line in (ROOM, CLIENT))
    assert room.erle_db is not None and room.erle_db > 15 and room.delay_s == pytest.approx(0.2, abs=0.005)
    assert client.erle_db is None, "no echo comes back there"
    assert talk.lines[ROOM].echo == room and talk.lines[CLIENT].echo == client


def test_each_line_has_its_own_forms(opened: Callable[..., Lines], tmp_path: Path) -> None:
    site = load_site(HOSPITAL)
    tools = open_tools(site.tools, site.language, tmp_path, lambda: NOW)
    expecting: list[list[str | None]] = []
    """what each line's responder expects after each of its replies"""

    class Watched(SiteResponder):
        expecting: list[str | None]

        def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
            decided = super().reply(state, heard, history, turn)
            self.expecting.append(decided.state.expecting)
            return decided

    def responder(own_tools: Mapping[str, Tool], _: Callable[[], None]) -> SiteResponder:
        listed, model = choices(site, own_tools), Parrot()
        slots = StarterSlotReader(model)
        made = Watched(site, model, slots, Keywords(site, listed), own_tools, listed, lambda: NOW)
        made.expecting = []
        expecting.append(made.expecting)
        return made

    ears = Ears(
        ["i would like an appointment with doctor chen", "on wednesday"],
        ["where do i leave my car", "i would like an appointment"],
    )
    ledger = ListLedger()
    talk = opened(Engines(LoudnessVad(), ears, ToneVoice(), responder, tools), site, ledger=ledger)
    for wave in talk.waves.values():
        wave.say(tone(1.0), after_s=0.5)
        wave.say(tone(1.0), after_s=9.0)
    talk.run(14)
    assert [own[-1] for own in expecting] == ["time", "choice"], "the one has its doctor and day, the other neither"
    called = [record for record in ledger.records if record["event"] == "tool called"]
    assert all(record["line"] in (ROOM, CLIENT) for record in called)


def test_each_line_is_recorded_by_itself(opened: Callable[..., Lines], tmp_path: Path) -> None:
    key = keys.WrappingKey(bytes(range(32)))
    site = replace(SITE, privacy=Privacy(recording=Recording(days=30)))
    talk = opened(
        scripted(ScriptedResponder([("one", ["First."])]), ScriptedResponder([("two", ["Second."])])),
        site,
        archive=recordings.Archive(tmp_path, key, days=30),
        ledger=(ledger := ListLedger()),
    )
    for wave in talk.waves.values():
        wave.say(tone(1.0), after_s=0.5)
    talk.run(5)
    kept = {one.line: one.id for one in recordings.listed(tmp_path)}
    for line, said in ((ROOM, "First."), (CLIENT, "Second.")):
        pieces = [piece.decode() for _, piece in recordings.pieces(tmp_path, kept[line], key)]
        assert len(pieces) == 2 and said in pieces[1] and all(f'"line": "{line}"' in piece for piece in pieces)
        begun = {
            record["recording"] for record in ledger.records if record.get("line") == line and "recording" in record
        }
        assert begun == {kept[line]}


def test_speech_over_a_reply_stops_that_reply_alone(opened: Callable[..., Lines]) -> None:
    room = ScriptedResponder([("count", [COUNTING]), ("stop counting", ["Yes."])])
    client = ScriptedResponder([("count", [COUNTING])])
    talk = opened(scripted(room, client))
    for wave in talk.waves.values():
        wave.say(tone(1.0), after_s=0.5)
    talk.waves[ROOM].say(tone(1.0), after_s=2.0)
    talk.run(8)
    (interrupted,) = talk.of(ROOM, ReplyInterrupted)
    assert 0 < len(interrupted.heard.split()) < 12
    assert talk.of(CLIENT, ReplyInterrupted) == []
    assert talk.of(CLIENT, Played)[-1] == Played(1, 12 * WORD_SAMPLES, finished=True), "a turn of the same number"


def alive(line: LineId) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.endswith(f"/{line}")]


def test_closing_a_line_does_not_end_the_other(opened: Callable[..., Lines]) -> None:
    room = ScriptedResponder([("count", [COUNTING]), ("thank you", ["You are welcome."])])
    client = ScriptedResponder([("count", [COUNTING])])
    ledger = ListLedger()
    talk = opened(scripted(room, client), ledger=ledger)
    talk.waves[ROOM].say(tone(1.0), after_s=0.5)
    talk.waves[ROOM].say(tone(1.0), after_s=4.0)
    talk.waves[CLIENT].say(tone(1.0), after_s=0.5)
    talk.start()
    talk.reach(2.5)
    assert len(alive(CLIENT)) == 4
    talk.close(CLIENT)
    assert list(talk.appliance.lines) == [ROOM] and alive(CLIENT) == []
    talk.close(CLIENT)
    talk.reach(9, ROOM)
    talk.appliance.wait(timeout_s=0)
    closed = {"event": "conversation closed", "line": CLIENT, "conversation": 1, "reason": "left"}
    talk.stop()
    assert closed in ledger.records
    assert [fact.reason for fact in talk.of(CLIENT, ConversationClosed)] == ["left"]
    assert talk.of(ROOM, ConversationClosed) == []
    assert [fact.text for fact in talk.of(ROOM, ReplyThought)] == [COUNTING, "You are welcome."]
    assert [m.content for m in room.histories[1]] == ["count", COUNTING]


def test_a_client_that_comes_again_is_another_line(opened: Callable[..., Lines]) -> None:
    responders = [ScriptedResponder([("hello", ["Hello."])]) for _ in range(3)]
    ears = Ears(*[["hello"]] * 3)
    engines = Engines(LoudnessVad(), ears, ToneVoice(), lambda *_: responders.pop(0), {})
    talk = opened(engines)
    talk.waves[CLIENT].say(tone(1.0), after_s=0.5)
    talk.start()
    talk.reach(3)
    talk.close(CLIENT)
    again = WaveLine(VOICE_RATE_HZ, "fast", talk.appliance.settled)
    again.say(tone(1.0), after_s=0.5)
    line = talk.appliance.open_line(again.microphone, again.speaker, CLIENT)
    assert line.id == "wyoming-2"
    talk.reach(3, line.id)
    talk.stop()
    opened_conversations = [(s.line, s.fact) for s in talk.told if isinstance(s.fact, ConversationOpened)]
    assert [(line, fact.conversation_id) for line, fact in opened_conversations] == [("wyoming", 1), ("wyoming-2", 1)]
    assert [fact.text for fact in talk.of("wyoming-2", ReplyThought)] == ["Hello."]


def test_the_end_of_the_process_ends_both_lines(opened: Callable[..., Lines]) -> None:
    talk = opened(scripted(ScriptedResponder([("count", [COUNTING])]), ScriptedResponder([("count", [COUNTING])])))
    for wave in talk.waves.values():
        wave.say(tone(1.0), after_s=0.5)
    talk.start()
    talk.reach(2.5)
    assert len(alive(ROOM)) == len(alive(CLIENT)) == 4
    talk.stop()
    assert alive(ROOM) == alive(CLIENT) == []
    with pytest.raises(PortError, match="going down"):
        wave = WaveLine(VOICE_RATE_HZ, "fast")
        talk.appliance.open_line(wave.microphone, wave.speaker, CLIENT)


class OneBreaks(LoudnessVad):
    """A VAD whose second stream fails after a second."""

    def __init__(self) -> None:
        self._streams = 0

    def stream(self) -> LoudnessVad:
        self._streams += 1
        return self if self._streams == 1 else BrokenStream()


class BrokenStream(LoudnessVad):
    def __init__(self) -> None:
        self._windows = 0

    def probability(self, window: Samples) -> float:
        self._windows += 1
        if self._windows > 30:
            raise ValueError("my secret illness")
        return super().probability(window)


def test_a_fault_in_the_pipeline_of_one_line_ends_the_process(opened: Callable[..., Lines]) -> None:
    talk = opened(scripted(ScriptedResponder([]), ScriptedResponder([]), vad=OneBreaks()))
    with pytest.raises(ThreadFailed, match="the listen/wyoming thread failed: ValueError"):
        talk.run(6)


def test_a_device_that_cannot_be_opened_ends_its_line_alone(opened: Callable[..., Lines]) -> None:
    class Unplugged:
        rate_hz = VOICE_RATE_HZ

        def start(self, *_: object) -> None:
            raise PortError("microphone: it was unplugged")

        def stop(self) -> None:
            pass

    responders = [ScriptedResponder([("hello", ["Hello."])]) for _ in range(3)]
    ears = Ears(*[["hello"]] * 3)
    engines = Engines(LoudnessVad(), ears, ToneVoice(), lambda *_: responders.pop(0), {})
    talk = opened(engines)
    talk.waves[ROOM].say(tone(1.0), after_s=0.5)
    talk.start()
    with pytest.raises(PortError, match="unplugged"):
        talk.appliance.open_line(Unplugged(), Unplugged(), "openai")  # type: ignore[arg-type]
    assert alive("openai") == [] and list(talk.appliance.lines) == [ROOM, CLIENT]
    talk.reach(4)
    talk.appliance.wait(timeout_s=0)
    talk.stop()
    assert [fact.text for fact in talk.of(ROOM, ReplyThought)] == ["Hello."]


def test_a_fault_while_a_peer_is_served_ends_that_peer_alone(
    opened: Callable[..., Lines], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record, failing = stamped_record, threading.Event()

    def breaks_once(stamped: Stamped, *, words: bool) -> dict[str, object]:
        if not failing.is_set():
            failing.set()
            raise KeyError("my secret illness")
        return record(stamped, words=words)

    monkeypatch.setattr("appliance.control.server.stamped_record", breaks_once)
    talk = opened(scripted(ScriptedResponder([("one", ["First."])]), ScriptedResponder([("two", ["Second."])])))
    control = ControlSocket(tmp_path / "s", talk.appliance)
    control.start()
    before, threading.excepthook = threading.excepthook, talk.appliance.thread_failed
    try:
        with Client(tmp_path / "s") as peer:
            peer.ask("facts")
            for wave in talk.waves.values():
                wave.say(tone(1.0), after_s=0.5)
            talk.start()
            assert list(peer.lines()) == [], "its connection ended"
        talk.reach(5)
        talk.appliance.wait(timeout_s=0)
        status = request(tmp_path / "s", "status")
        assert [line["line"] for line in status["lines"]] == [ROOM, CLIENT]  # type: ignore[attr-defined]
    finally:
        threading.excepthook = before
        control.stop()
        talk.stop()
    assert [fact.text for fact in talk.of(ROOM, ReplyThought)] == ["First."]
    assert [fact.text for fact in talk.of(CLIENT, ReplyThought)] == ["Second."]
    assert "KeyError" in caplog.text and "illness" not in caplog.text


@pytest.mark.slow
def test_the_starters_engines_hold_two_conversations(starter: Path, tmp_path: Path) -> None:
    settings = replace(load_settings(starter), state=tmp_path)
    site = load_site(settings.site)
    engines = assemble(settings, site, lambda: datetime(2026, 11, 18, 14, 45))
    questions = {ROOM: "appliance/bench/workbench/question.flac", CLIENT: "tests/data/station.flac"}
    ledger = ListLedger()
    with running(settings, site, engines, ledger) as appliance:
        waves = {door: WaveLine(engines.voice.rate_hz, "fast", appliance.settled) for door in (ROOM, CLIENT)}
        box = appliance.subscribe()
        for door, wave in waves.items():
            wave.say(read_speech(CHECKOUT / questions[door]), after_s=0.5)
            appliance.open_line(wave.microphone, wave.speaker, door)
        replies: dict[LineId, str] = {}
        while len(replies) < 2:
            stamped = box.get(timeout_s=60)
            assert stamped is not None
            if isinstance(stamped.fact, ReplyThought):
                replies[stamped.line] = stamped.fact.text.lower()
    assert "main hall" in replies[ROOM]
    assert "station" in replies[CLIENT]
    assert {record["line"] for record in ledger.records if record["event"] == "replied"} == {ROOM, CLIENT}


class FailsForOne(Ears):
    """Ears whose second stream fails in its first utterance, as an engine may fail."""

    def stream(self) -> ScriptedEarStream:
        stream = super().stream()
        return stream if len(self._scripts) else FailingStream(stream.script)


class FailingStream(ScriptedEarStream):
    def accept(self, samples: Samples) -> str:
        raise PortError("ear: there is no memory left")


class SilentForOne(ToneVoice):
    """A voice that fails at one line's reply."""

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        if text == "Second.":
            raise PortError("voice: it cannot say that")
        return super().synthesize(text, turn, manner)


def hold_two(opened: Callable[..., Lines], engines: Engines) -> Lines:
    talk = opened(engines)
    for wave in talk.waves.values():
        wave.say(tone(1.0), after_s=0.5)
    talk.waves[ROOM].say(tone(1.0), after_s=3.5)
    talk.start()
    return talk


def test_an_engine_that_fails_for_a_clients_line_ends_that_line_alone(
    opened: Callable[..., Lines], caplog: pytest.LogCaptureFixture
) -> None:
    room = ScriptedResponder([("one", ["First."]), ("thank you", ["You are welcome."])])
    engines = replace(scripted(room, ScriptedResponder([])), ear=FailsForOne(["one", "thank you"], ["two"]))
    talk = hold_two(opened, engines)
    own = talk.appliance.subscribe(CLIENT)
    talk._closed.add(CLIENT)
    talk.reach(7, ROOM)
    talk.appliance.wait(timeout_s=0)
    slots = talk.appliance.slots
    talk.stop()
    assert [fact.text for fact in talk.of(ROOM, ReplyThought)] == ["First.", "You are welcome."]
    assert slots.open == 1 and alive(CLIENT) == []
    assert (
        "the line wyoming is closed, because its thread listen/wyoming failed: ear: there is no memory" in caplog.text
    )
    with pytest.raises(MailboxClosed):
        while True:
            assert own.get(timeout_s=0) is not None, "what follows the line is told that it is closed"


def test_a_reply_that_fails_on_one_line_is_no_matter_to_the_other(opened: Callable[..., Lines]) -> None:
    room = ScriptedResponder([("one", ["First."]), ("thank you", ["You are welcome."])])
    client = ScriptedResponder([("two", ["Second."])])
    talk = hold_two(opened, scripted(room, client, voice=SilentForOne()))
    talk.reach(7)
    talk.appliance.wait(timeout_s=0)
    talk.stop()
    assert [fact.text for fact in talk.of(ROOM, ReplyThought)] == ["First.", "You are welcome."]
    assert [fact.turn_id for fact in talk.of(CLIENT, TurnFailed)] == [1]


def test_a_client_that_floods_its_line_loses_its_own_sound_alone(opened: Callable[..., Lines]) -> None:
    room = ScriptedResponder([("one", ["First."]), ("thank you", ["You are welcome."])])
    talk = hold_two(opened, scripted(room, ScriptedResponder([("two", ["Second."])])))
    line = talk.lines[CLIENT]
    talk.reach(3)
    for position in range(3000):
        line._hear(AudioFrame(np.zeros(FRAME_SAMPLES, np.float32), (1000 + position) * FRAME_SAMPLES))
    talk.reach(7, ROOM)
    talk.appliance.wait(timeout_s=0)
    talk.stop()
    assert [fact.text for fact in talk.of(ROOM, ReplyThought)] == ["First.", "You are welcome."]
    assert talk.of(CLIENT, AudioDropped) and not talk.of(ROOM, AudioDropped)
