"""Deepgram's interfaces at the level of their messages. Their own client is in ``clients``."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, unix_connect

from appliance.config.box import EndpointSettings
from appliance.core.audio import Samples
from appliance.protocols.deepgram.flux import patience
from appliance.protocols.sound import encode
from tests.conftest import CHECKOUT
from tests.fakes import tone
from tests.protocols.rig import Exchange, Served, invalid, served
from tests.protocols.test_openai_http import PAUSE, TWO_SENTENCES

PCM = "encoding=linear16&sample_rate=16000"
SHORT = np.zeros(8_000, np.float32)


def connect(box: Served, address: str) -> ClientConnection:
    return unix_connect(str(box.path), uri=f"ws://localhost{address}")


def send(client: ClientConnection, *parts: Samples | dict[str, object]) -> None:
    for part in parts:
        if isinstance(part, dict):
            client.send(json.dumps(part))
        else:
            sound = encode(part, "linear16")
            for at in range(0, len(sound), 6400):
                client.send(sound[at : at + 6400])


def messages(client: ClientConnection, until: Callable[[dict[str, object]], bool]) -> list[dict[str, object]]:
    """The texts that come, up to one that fits."""
    found: list[dict[str, object]] = []
    while not found or not until(found[-1]):
        message = client.recv(20)
        if isinstance(message, str):
            found.append(json.loads(message))
    return found


def of_type(name: str) -> Callable[[dict[str, object]], bool]:
    return lambda message: message["type"] == name


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory):
    with served(tmp_path_factory.mktemp("deepgram"), ["where is room one", "thank you"]) as box:
        yield box


def transcript(message: dict[str, object]) -> str:
    return str(message["channel"]["alternatives"][0]["transcript"])  # type: ignore[index]


def test_live_words_come_as_they_are_heard_and_whole_at_the_end(box: Served) -> None:
    with connect(box, f"/v1/listen?{PCM}&interim_results=true&vad_events=true&utterance_end_ms=1000") as client:
        send(client, tone(1.0), PAUSE, tone(0.8), {"type": "KeepAlive"}, {"type": "CloseStream"})
        told = messages(client, of_type("Metadata"))
        with pytest.raises(ConnectionClosed):
            client.recv(5)
    results = [message for message in told if message["type"] == "Results"]
    final = [message for message in results if message["is_final"]]
    assert [transcript(message) for message in final] == ["where is room one", "thank you"]
    assert [(message["speech_final"], message["from_finalize"]) for message in final] == [(True, False), (False, True)]
    assert [transcript(message) for message in results][:2] == ["where", "where is"]
    assert [message["type"] for message in told if message["type"] != "Results"] == [
        *("SpeechStarted", "UtteranceEnd", "SpeechStarted", "UtteranceEnd", "Metadata"),
    ]
    assert 0.8 < final[0]["start"] + final[0]["duration"] < 1.2 and final[1]["start"] > 3  # type: ignore[operator]


def test_a_recording_is_written_down_at_once(box: Served) -> None:
    status, _, body = box.ask(
        f"POST /v1/listen?utterances=true HTTP/1.1\nHost: x\nContent-Length: {len(TWO_SENTENCES)}", TWO_SENTENCES
    )
    results = json.loads(body)["results"]
    assert status == 200
    assert results["channels"][0]["alternatives"][0]["transcript"] == "where is room one thank you"
    assert [utterance["transcript"] for utterance in results["utterances"]] == ["where is room one", "thank you"]


def words_of(message: dict[str, object]) -> list[dict[str, object]]:
    words: list[dict[str, object]] = message["channel"]["alternatives"][0]["words"]  # type: ignore[index]
    return words


def turn_words(message: dict[str, object]) -> list[dict[str, object]]:
    words: list[dict[str, object]] = message["words"]  # type: ignore[assignment]
    return words


@pytest.fixture(scope="module")
def timed_box(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("timed")
    with served(folder, ["where is room one", "thank you"], words_timed=True) as box:
        yield box


def test_live_words_have_times_from_the_first_on(timed_box: Served) -> None:
    with connect(timed_box, f"/v1/listen?{PCM}&interim_results=true&utterance_end_ms=1000") as client:
        send(client, tone(1.0), PAUSE, tone(0.8), {"type": "Finalize"}, {"type": "CloseStream"})
        told = messages(client, of_type("Metadata"))
    results = [message for message in told if message["type"] == "Results"]
    for message in results:
        words = words_of(message)
        assert [word["word"] for word in words] == transcript(message).split()
        assert [word["punctuated_word"] for word in words] == transcript(message).split()
        start, duration = message["start"], message["duration"]
        assert all(start <= word["start"] < word["end"] <= start + duration + 0.002 for word in words)  # type: ignore[operator]
        assert {word["confidence"] for word in words} <= {0.9 if message["is_final"] else 0.0}
    assert len(words_of(results[0])) == 1 and not results[0]["is_final"]
    first, second = (words_of(message) for message in results if message["is_final"] and transcript(message))
    assert [word["start"] for word in first] == pytest.approx([0.0, 0.25, 0.5, 0.75], abs=0.02)
    assert second[0]["start"] == pytest.approx(2.7, abs=0.1)
    ends = [message["last_word_end"] for message in told if message["type"] == "UtteranceEnd"]
    assert ends == [first[-1]["end"], second[-1]["end"]]


def test_words_of_a_recording_have_times_and_those_of_each_utterance(timed_box: Served, box: Served) -> None:
    head = f"POST /v1/listen?utterances=true HTTP/1.1\nHost: x\nContent-Length: {len(TWO_SENTENCES)}"
    results = json.loads(timed_box.ask(head, TWO_SENTENCES)[2])["results"]
    words = results["channels"][0]["alternatives"][0]["words"]
    assert [word["word"] for word in words] == ["where", "is", "room", "one", "thank", "you"]
    assert [word for utterance in results["utterances"] for word in utterance["words"]] == words
    assert all(
        utterance["start"] <= word["start"] and word["end"] <= utterance["end"]
        for utterance in results["utterances"]
        for word in utterance["words"]
    )
    untimed = json.loads(box.ask(head, TWO_SENTENCES)[2])["results"]
    assert untimed["channels"][0]["alternatives"][0]["words"] == []


def test_words_of_turns_have_times_where_the_ears_tell_them(timed_box: Served, box: Served) -> None:
    found = []
    for place in (timed_box, box):
        with connect(place, f"/v2/listen?{PCM}&eager_eot_threshold=0.4") as client:
            send(client, tone(1.0), PAUSE)
            found.append(messages(client, lambda message: message.get("event") == "EndOfTurn")[1:])
    timed, untimed = ([turn_words(message) for message in told] for told in found)
    for told, words in zip(found, (timed, untimed), strict=True):
        assert [[word["word"] for word in those] for those in words] == [
            str(turn["transcript"]).split() for turn in told
        ]
    for turn, with_times in zip(found[0], timed, strict=True):
        assert all(turn["audio_window_start"] <= word["start"] < word["end"] for word in with_times)  # type: ignore[operator]
    assert [word["start"] for word in timed[-1]] == pytest.approx([0.0, 0.25, 0.5, 0.75], abs=0.02)
    assert all(word.keys() == {"word", "confidence"} for words in untimed for word in words)


@pytest.mark.parametrize(
    "address",
    [
        "/v1/listen",
        f"/v1/listen?{PCM}&diarize=true",
        "/v1/listen?encoding=opus&sample_rate=48000",
        "/v1/listen?encoding=linear16&sample_rate=4000",
        f"/v1/listen?{PCM}&endpointing=soon",
        f"/v2/listen?{PCM}&eot_threshold=2",
        "/v1/speak?encoding=mp3",
        "/v1/speak?container=wav",
    ],
)
def test_what_cannot_be_had_is_refused_by_name_before_the_connection(box: Served, address: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(box, address):
        pass
    assert refused.value.response.status_code == 400 and refused.value.response.body is not None
    assert "`" in json.loads(refused.value.response.body)["error"]["message"]


def test_only_so_many_are_heard_at_a_time(box: Served) -> None:
    with ExitStack() as held:
        for _ in range(4):
            held.enter_context(connect(box, f"/v1/listen?{PCM}"))
        with pytest.raises(InvalidStatus) as refused, connect(box, f"/v2/listen?{PCM}"):
            pass
        assert refused.value.response.status_code == 503
    ends_s = time.monotonic() + 10
    while time.monotonic() < ends_s:
        try:
            with connect(box, f"/v1/listen?{PCM}"):
                return
        except InvalidStatus:
            time.sleep(0.05)
    pytest.fail("no place became free")


def test_turns_are_foreseen_resumed_and_ended(box: Served) -> None:
    with connect(box, f"/v2/listen?{PCM}&eager_eot_threshold=0.4") as client:
        send(client, tone(0.5), np.zeros(4_000, np.float32), tone(0.8), PAUSE)
        told = messages(client, lambda message: message.get("event") == "EndOfTurn")
        send(client, tone(0.5), {"type": "ForceEndTurn"}, {"type": "Configure", "thresholds": {"eot_threshold": 0.8}})
        forced = messages(client, of_type("ConfigureFailure"))
    assert told[0]["type"] == "Connected"
    events = [str(message["event"]) for message in told[1:]]
    assert events[0] == "StartOfTurn" and events[-1] == "EndOfTurn"
    resumed = events.index("TurnResumed")
    assert "EagerEndOfTurn" in events[:resumed] and "EagerEndOfTurn" in events[resumed:]
    assert told[-1]["transcript"] == "where is room one" and told[-1]["trigger"] == "model"
    assert (forced[-2]["event"], forced[-2]["trigger"], forced[-2]["turn_index"]) == ("EndOfTurn", "manual", 1)
    assert [message["sequence_id"] for message in (*told, *forced)] == list(range(len(told) + len(forced)))


def test_who_wants_to_be_surer_waits_longer() -> None:
    usual = EndpointSettings()
    assert patience(usual, 0.7, 2000).patience_s == pytest.approx(usual.patience_s)
    assert patience(usual, 0.9, 2000).patience_s > usual.patience_s > patience(usual, 0.5, 2000).patience_s
    assert patience(usual, 0.7, 5000).unfinished_ms == 5000


def test_text_is_spoken_as_it_comes_and_cleared(box: Served) -> None:
    with connect(box, "/v1/speak?encoding=linear16&sample_rate=16000") as client:
        send(client, {"type": "Speak", "text": "One two "}, {"type": "Speak", "text": "three."}, {"type": "Flush"})
        sound = b""
        flushed = None
        while flushed is None:
            message = client.recv(20)
            if isinstance(message, bytes):
                sound += message
            elif json.loads(message)["type"] == "Flushed":
                flushed = json.loads(message)
        assert flushed["sequence_id"] == 0 and len(sound) / 32_000 == pytest.approx(0.6, abs=0.05)
        send(client, {"type": "Clear"}, {"type": "Dance"}, {"type": "Close"})
        told = messages(client, of_type("Flushed"))
        assert [message["type"] for message in told] == ["Cleared", "Warning", "Flushed"]


def settings(**more: object) -> dict[str, object]:
    audio = {"input": {"encoding": "linear16", "sample_rate": 16_000}, "output": {"encoding": "mulaw"}}
    return {"type": "Settings", "audio": audio, "agent": more}


def test_a_conversation_with_the_agent(tmp_path: Path) -> None:
    answers: list[Exchange] = [("where is room one", ["On the first floor."]), ("thank you", ["You are welcome."])]
    with served(tmp_path, ["where is room one"], answers) as box, connect(box, "/v1/agent/converse") as client:
        (welcome,) = messages(client, of_type("Welcome"))
        assert welcome["request_id"]
        send(client, tone(0.1), settings(think={"prompt": "Be a pirate", "functions": [{"name": "x"}]}))
        told = messages(client, lambda message: message.get("code") == "FUNCTIONS_IGNORED")
        assert [message.get("code", message["type"]) for message in told] == [
            *("SettingsApplied", "PROMPT_IGNORED", "FUNCTIONS_IGNORED"),
        ]
        send(client, tone(1.0), SHORT)
        sound, told = b"", []
        while not told or told[-1]["type"] != "AgentAudioDone":
            message = client.recv(20)
            if isinstance(message, bytes):
                assert any(message["type"] == "AgentStartedSpeaking" for message in told)
                sound += message
            else:
                told.append(json.loads(message))
        assert [message["type"] for message in told] == [
            *("UserStartedSpeaking", "ConversationText"),
            *sorted(("ConversationText", "AgentStartedSpeaking"), key=[m["type"] for m in told[2:4]].index),
            "AgentAudioDone",
        ]
        said = [(m["role"], m["content"]) for m in told if m["type"] == "ConversationText"]
        assert said == [("user", "where is room one"), ("assistant", "On the first floor.")]
        assert len(sound) == pytest.approx(8_000 * 0.8, rel=0.05)
        send(client, {"type": "InjectAgentMessage", "message": "Buy!"})
        assert messages(client, of_type("InjectionRefused"))
        send(client, {"type": "InjectUserMessage", "content": "thank you"})
        told = messages(client, lambda message: message.get("content") == "You are welcome.")
        assert told[-2 if told[-2]["type"] == "ConversationText" else 0]["content"] == "thank you"


@pytest.mark.parametrize(
    ("first", "code"),
    [
        ({"type": "InjectUserMessage", "content": "x"}, "SETTINGS_EXPECTED"),
        ({**settings(), "audio": {"input": {"encoding": "opus"}}}, "INVALID_SETTINGS"),
        ({**settings(), "audio": {"output": {"container": "ogg"}}}, "INVALID_SETTINGS"),
    ],
)
def test_settings_that_cannot_be_are_answered_and_the_connection_ends(
    box: Served, first: dict[str, object], code: str
) -> None:
    with connect(box, "/v1/agent/converse") as client:
        send(client, first)
        assert messages(client, of_type("Error"))[-1]["code"] == code
        with pytest.raises(ConnectionClosed) as closed:
            client.recv(5)
    assert closed.value.rcvd is not None and closed.value.rcvd.code == 1008


@pytest.mark.slow
@pytest.mark.parametrize("timed", [True, False], ids=["with times", "without"])
def test_words_are_valid_by_the_types_of_deepgrams_client(timed_box: Served, box: Served, timed: bool) -> None:
    place = timed_box if timed else box
    head = f"POST /v1/listen?utterances=true HTTP/1.1\nHost: x\nContent-Length: {len(TWO_SENTENCES)}"
    whole = json.loads(place.ask(head, TWO_SENTENCES)[2])
    with connect(place, f"/v1/listen?{PCM}&interim_results=true") as client:
        send(client, tone(1.0), {"type": "CloseStream"})
        live = [message for message in messages(client, of_type("Metadata")) if message["type"] == "Results"]
    with connect(place, f"/v2/listen?{PCM}") as client:
        send(client, tone(1.0), {"type": "ForceEndTurn"})
        turns = messages(client, lambda message: message.get("event") == "EndOfTurn")[1:]
    assert live and turns
    assert invalid("deepgram", "deepgram.types:ListenV1Response", [whole]) == ""
    assert invalid("deepgram", "deepgram.listen.v1.types:ListenV1Results", live) == ""
    assert invalid("deepgram", "deepgram.listen.v2.types:ListenV2TurnInfo", turns) == ""


@pytest.mark.slow
def test_deepgrams_own_client_holds_a_conversation(tmp_path: Path) -> None:
    python = CHECKOUT / ".tools" / "clients" / "deepgram" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{python} is missing: run `make clients`")
    (tmp_path / "said.raw").write_bytes(encode(np.concatenate([tone(1.2), np.zeros(40_000, np.float32)]), "linear16"))
    answers: list[Exchange] = [("where is room one", ["On the first floor."])]
    script = CHECKOUT / "tests" / "protocols" / "clients" / "deepgram_client.py"
    with served(tmp_path, ["where is room one"], answers, words_timed=True) as box:
        command = [str(python), "-I", "-B", str(script), str(box.path), str(tmp_path / "said.raw")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["listen"] == found["flux"] == "where is room one"
    assert {"StartOfTurn", "EndOfTurn"} <= set(found["flux_events"])
    assert found["agent"] == [["user", "where is room one"], ["assistant", "On the first floor."]]
    for words in (found["listen_words"], found["flux_words"]):
        assert [word for word, _, _ in words] == ["where", "is", "room", "one"]
        assert [end - start for _, start, end in words] == pytest.approx([0.2] * 4, abs=0.002)
    assert found["speak_s"] == pytest.approx(0.4, abs=0.05) and found["agent_s"] == pytest.approx(0.8, abs=0.1)
