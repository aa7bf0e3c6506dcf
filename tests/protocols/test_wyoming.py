"""Wyoming, with the protocol's own package as the client."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import pytest
from wyoming.asr import Transcribe, Transcript, TranscriptChunk
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient
from wyoming.event import Event
from wyoming.handle import Handled
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped

from appliance.core.ports import PortError
from appliance.protocols.live_ears import EARS_AT_ONCE
from appliance.protocols.sound import LONGEST_TEXT, encode
from tests.fakes import ScriptedEarStream, tone
from tests.protocols.rig import Exchange, Served, served


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory):
    answers = [("first", ["One."]), ("second", ["Two."])]
    folder = tmp_path_factory.mktemp("wyoming")
    with served(folder, ["where is room one"], answers, speaks="wyoming") as box:  # type: ignore[arg-type]
        yield box


SPEECH_FORM = {"rate": 16_000, "width": 2, "channels": 1}


class Line:
    """A connection on which a test decides when it sends and when it reads."""

    def __init__(self, connected: socket.socket) -> None:
        self._connected = connected
        self._read = connected.makefile("rb")

    def send(self, *events: Event) -> None:
        for event in events:
            body = json.dumps(event.data).encode()
            sound = event.payload or b""
            head = {"type": event.type, "data_length": len(body), "payload_length": len(sound)}
            self._connected.sendall(json.dumps(head).encode() + b"\n" + body + sound)

    def say(self, seconds: float) -> None:
        """Speak for so long, and be silent for as long as ends a turn."""
        sound = encode(np.concatenate([tone(seconds), np.zeros(4 * 16_000, np.float32)]), "linear16")
        self.send(AudioChunk(audio=sound, **SPEECH_FORM).event())

    def receive(self) -> Event:
        head = json.loads(self._read.readline())
        data = json.loads(self._read.read(head.get("data_length", 0)) or b"{}")
        return Event(head["type"], data, self._read.read(head.get("payload_length", 0)))

    def receive_until(self, type: str) -> list[Event]:
        received = [self.receive()]
        while received[-1].type != type:
            received.append(self.receive())
        return received


@contextmanager
def line(box: Served) -> Iterator[Line]:
    with box.connect() as connected:
        yield Line(connected)


def exchanged(box: Served, *sent: Event, until: str) -> list[Event]:
    """Send events as the package's client does, and take what comes, up to an event of type ``until``."""

    async def talk() -> list[Event]:
        async with AsyncClient.from_uri(f"unix://{box.path}") as client:
            for event in sent:
                await client.write_event(event)
            received: list[Event] = []
            while not received or received[-1].type != until:
                event = await asyncio.wait_for(client.read_event(), 20)
                assert event is not None, received
                received.append(event)
            return received

    return asyncio.run(talk())


def test_the_box_describes_itself(box: Served) -> None:
    (event,) = exchanged(box, Describe().event(), until="info")
    info = Info.from_event(event)
    assert info.asr[0].models[0].languages == ["en"] and info.tts[0].voices[0].languages == ["en"]
    assert info.handle[0].models[0].installed and info.tts[0].supports_synthesize_streaming
    assert info.satellite is None, "a satellite would hide the others from Home Assistant"
    (pong,) = exchanged(box, Ping(text="x").event(), until="pong")
    assert Pong.from_event(pong).text == "x"


@pytest.mark.parametrize("rate_hz", [16_000, 22_050])
def test_speech_is_written_down_as_it_is_known(box: Served, rate_hz: int) -> None:
    sound = encode(np.concatenate([tone(1.2), np.zeros(8_000, np.float32)]), "linear16")
    form = {"rate": rate_hz, "width": 2, "channels": 1}
    pieces = [AudioChunk(audio=sound[at : at + 2048], **form).event() for at in range(0, len(sound), 2048)]
    sent = [Transcribe(language="en").event(), AudioStart(**form).event(), *pieces, AudioStop().event()]
    received = exchanged(box, *sent, until="transcript-stop")
    assert [event.type for event in received] == [
        "transcript-start",
        "transcript-chunk",
        "transcript",
        "transcript-stop",
    ]
    assert (
        TranscriptChunk.from_event(received[1]).text == Transcript.from_event(received[2]).text == "where is room one"
    )


def test_words_are_told_while_the_sound_still_comes(box: Served) -> None:
    with line(box) as client:
        client.send(Transcribe(language="en").event(), AudioStart(**SPEECH_FORM).event())
        client.say(1.2)
        assert [client.receive().type, client.receive().data] == ["transcript-start", {"text": "where is room one"}]
        client.send(AudioStop().event())
        assert [client.receive().type, client.receive().type] == ["transcript", "transcript-stop"]


def test_one_for_whom_there_is_no_place_is_heard_when_there_is_one(box: Served) -> None:
    with ExitStack() as others, line(box) as late:
        heard = [others.enter_context(line(box)) for _ in range(EARS_AT_ONCE)]
        for client in heard:
            client.say(1.2)
            client.receive_until("transcript-chunk")
        late.say(1.2)
        late.send(AudioStop().event(), Ping().event())
        heard[0].send(AudioStop().event())
        heard[0].receive_until("transcript-stop")
        assert late.receive_until("transcript-stop")[-2].data["text"] == "where is room one"


def test_one_who_falls_silent_in_mid_sound_gives_the_place_back(box: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.protocols.wyoming._EVENT_S", 0.5)
    with ExitStack() as others, line(box) as late:
        for client in [others.enter_context(line(box)) for _ in range(EARS_AT_ONCE)]:
            client.say(1.2)
            client.receive_until("transcript-chunk")
        late.say(1.2)
        late.send(AudioStop().event())
        assert late.receive_until("transcript-stop")[-2].data["text"] == "where is room one"


def test_ears_that_cannot_hear_are_told(box: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(_: object) -> ScriptedEarStream:
        raise PortError("no memory for another stream")

    monkeypatch.setattr(type(box.service.engines.ear), "stream", no_memory)
    with line(box) as client:
        client.say(0.5)
        assert client.receive().data == {"text": "no memory for another stream", "code": "failed"}


@pytest.mark.parametrize("streaming", [False, True])
def test_a_text_is_spoken(box: Served, streaming: bool) -> None:
    if streaming:
        sent = [SynthesizeStart(), SynthesizeChunk("One two "), SynthesizeChunk("three."), Synthesize("One two three.")]
        received = exchanged(
            box, *(part.event() for part in sent), SynthesizeStop().event(), until="synthesize-stopped"
        )
        assert SynthesizeStopped.is_type(received.pop().type)
    else:
        received = exchanged(box, Synthesize("One two three.").event(), until="audio-stop")
    start, *chunks, stop = received
    assert AudioStart.is_type(start.type) and AudioStop.is_type(stop.type)
    sound = b"".join(AudioChunk.from_event(chunk).audio for chunk in chunks)
    assert len(sound) / 2 / AudioStart.from_event(start).rate == pytest.approx(0.6, abs=0.05)


def test_speech_begins_before_the_text_is_complete(box: Served) -> None:
    with line(box) as client:
        client.send(SynthesizeStart().event(), SynthesizeChunk("One two three. Fo").event())
        assert [client.receive().type, client.receive().type] == ["audio-start", "audio-chunk"]
        client.send(SynthesizeChunk("ur.").event(), Synthesize("One two three. Four.").event(), Describe().event())
        client.send(SynthesizeStop().event())
        received = client.receive_until("synthesize-stopped")
    types = [event.type for event in received]
    assert types.count("info") == types.count("audio-stop") == 1 and types[-2] == "audio-stop"
    assert received[-2].data["timestamp"] == pytest.approx(800, abs=50), "four words, each said once"


def test_a_text_without_end_is_refused(box: Served) -> None:
    with line(box) as client:
        client.send(SynthesizeStart().event(), *[SynthesizeChunk("o" * 500).event()] * (LONGEST_TEXT // 500 + 1))
        assert client.receive_until("error")[-1].data["code"] == "malformed"


def test_a_client_that_goes_in_the_middle_of_a_text_is_no_fault(box: Served, caplog: pytest.LogCaptureFixture) -> None:
    with line(box) as client:
        client.send(SynthesizeStart().event(), SynthesizeChunk("One").event())
        client.receive()
    exchanged(box, Describe().event(), until="info")
    assert "report" not in caplog.text


def test_one_for_whom_there_is_no_connection_is_told(tmp_path: Path) -> None:
    with served(tmp_path, speaks="wyoming", connections=1) as box, line(box) as first:
        first.send(Describe().event())
        first.receive()
        with line(box) as second:
            second.say(0.5)
            assert second.receive().data["code"] == "busy"
            second.send(AudioStop().event())


def test_a_line_that_is_too_long_is_refused(box: Served) -> None:
    (event,) = exchanged(box, Transcript(text="word " * 1_000).event(), until="error")
    assert "2000 letters" in event.data["text"]


def test_a_conversation_without_a_name_ends_with_its_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A connection may get the place in memory that an earlier one had, and not its conversation.
    monkeypatch.setattr("appliance.protocols.wyoming.id", lambda _: 1, raising=False)
    answers: list[Exchange] = [("hello", ["One."])] * 3
    with served(tmp_path, [], answers, speaks="wyoming") as box:
        exchanged(box, Transcript(text="hello").event(), until="handled-stop")
        with line(box) as client:
            for _ in range(2):
                client.send(Transcript(text="hello").event())
                client.receive_until("handled-stop")
    said = [[message.content for message in history] for history in box.responder.histories]
    assert said == [[], [], ["hello", "One."]]


def test_a_conversation_goes_on_over_several_connections(box: Served) -> None:
    for line, answer in (("first", "One."), ("second", "Two.")):
        sent = Transcript(text=line, context={"conversation_id": "abc"}).event()
        received = exchanged(box, sent, until="handled-stop")
        handled = next(Handled.from_event(event) for event in received if Handled.is_type(event.type))
        assert (handled.text, handled.context) == (answer, {"conversation_id": "abc"})
    assert [message.content for message in box.responder.histories[-1]] == ["first", "One."]
    (event,) = exchanged(box, Transcript(text=" ").event(), until="not-handled")
    assert event.data["text"] == "Pardon?"


@pytest.mark.parametrize(
    "sent",
    [
        b"no json\n",
        b"[]\n",
        b'{"type": "x", "data_length": 999999999}\n',
        b'{"type": "x", "payload_length": -1}\n',
        b"x" * 40_000,
        b'{"type": "audio-start", "data": {"rate": 16000, "width": 4, "channels": 1}}\n',
    ],
)
def test_what_is_no_event_ends_its_connection_with_a_word(box: Served, sent: bytes) -> None:
    with box.connect() as client:
        client.sendall(sent)
        assert b'"malformed"' in client.recv(4096)
        ends_s = time.monotonic() + 10
        try:
            while client.recv(4096) and time.monotonic() < ends_s:
                pass
        except ConnectionResetError:
            pass
    assert isinstance(client, socket.socket)
    (event,) = exchanged(box, Describe().event(), until="info")
    assert event.type == "info"


def test_a_cut_off_event_is_the_end(box: Served, tmp_path: Path) -> None:
    with box.connect() as client:
        client.sendall(b'{"type": "describe", "data_length": 10}\n{}')
        client.shutdown(socket.SHUT_WR)
        assert client.recv(4096) == b""
