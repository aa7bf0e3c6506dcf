"""OpenAI's interfaces over HTTP: transcriptions, speech and the conversation in writing."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.core.facts import Outcome
from appliance.protocols.hearing import Segment
from appliance.protocols.openai.audio import subrip
from tests.fakes import tone
from tests.protocols.rig import Served, invalid, served


def recording(*parts: object, kind: str = "WAV") -> bytes:
    written = io.BytesIO()
    soundfile.write(written, np.concatenate(parts), 16_000, format=kind)  # type: ignore[arg-type]
    return written.getvalue()


PAUSE = np.zeros(32_000, np.float32)
TWO_SENTENCES = recording(tone(1.0), PAUSE, tone(1.0))


def upload(
    box: Served, sound: bytes, chunked: bool = False, **fields: str | Sequence[str]
) -> tuple[int, dict[str, str], bytes]:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, given in fields.items()
        for text in ([given] if isinstance(given, str) else given)
    ]
    head = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    body = "".join(parts).encode() + head.encode() + sound + b"\r\n--b--\r\n"
    length = f"Content-Length: {len(body)}"
    if chunked:
        body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:777], body[777:])) + b"0\r\n\r\n"
        length = "Transfer-Encoding: chunked"
    return box.ask(
        f"POST /v1/audio/transcriptions HTTP/1.1\nHost: x\nContent-Type: multipart/form-data; boundary=b\n{length}",
        body,
    )


def post(box: Served, path: str, **value: object) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps(value).encode()
    return box.ask(f"POST {path} HTTP/1.1\nHost: x\nContent-Length: {len(body)}", body)


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory):
    with served(tmp_path_factory.mktemp("http"), ["where is room one", "thank you"]) as box:
        yield box


@pytest.mark.parametrize("chunked", [False, True])
def test_a_recording_is_written_down(box: Served, chunked: bool) -> None:
    status, _, body = upload(box, TWO_SENTENCES, chunked)
    assert (status, json.loads(body)["text"]) == (200, "where is room one thank you")


def test_every_format_holds_the_same_words(box: Served) -> None:
    verbose = json.loads(upload(box, TWO_SENTENCES, response_format="verbose_json")[2])
    assert [segment["text"] for segment in verbose["segments"]] == ["where is room one", "thank you"]
    assert verbose["duration"] == 4.0 and verbose["language"] == "english"
    first, second = verbose["segments"]
    assert first["start"] < 0.3 and 0.8 < first["end"] < 1.3 < second["start"] < second["end"] <= 4.0
    assert upload(box, TWO_SENTENCES, response_format="text")[2] == b"where is room one thank you\n"
    subtitles = upload(box, TWO_SENTENCES, response_format="srt")[2].decode()
    assert subtitles.startswith("1\n00:00:00,") and "\n\n2\n" in subtitles
    assert upload(box, TWO_SENTENCES, response_format="vtt")[2].startswith(b"WEBVTT\n\n1\n00:00:00.")
    events = upload(box, TWO_SENTENCES, stream="true")[2].decode()
    deltas = [json.loads(line[6:]) for line in events.splitlines() if line.startswith("data: ")]
    assert [delta["type"] for delta in deltas] == [*["transcript.text.delta"] * 2, "transcript.text.done"]
    assert deltas[-1]["text"] == "where is room one thank you" == "".join(delta["delta"] for delta in deltas[:-1])


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3"])
def test_other_files_are_read(box: Served, kind: str) -> None:
    assert json.loads(upload(box, recording(tone(1.0), PAUSE, kind=kind))[2])["text"] == "where is room one"


@pytest.mark.parametrize(
    ("sound", "fields", "status", "text"),
    [
        (b"no sound", {}, 400, "cannot be read as sound"),
        (recording(np.zeros(0, np.float32)), {}, 400, "holds no sound"),
        (TWO_SENTENCES, {"response_format": "diarized_json"}, 400, "diarized_json"),
        (TWO_SENTENCES, {"language": "de"}, 400, "this box hears 'en'"),
        (TWO_SENTENCES, {"timestamp_granularities[]": "word"}, 400, "times of segments only"),
        (TWO_SENTENCES, {"timestamp_granularities[]": "letter"}, 400, "'letter'"),
    ],
)
def test_what_cannot_be_written_down_is_said(
    box: Served, sound: bytes, fields: dict[str, str], status: int, text: str
) -> None:
    answer = upload(box, sound, False, **fields)
    assert answer[0] == status and text in json.loads(answer[2])["error"]["message"]


@pytest.fixture(scope="module")
def timed_box(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("timed")
    with served(folder, ["where is room one", "thank you"], words_timed=True) as box:
        yield box


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (["word"], {"words"}),
        (["segment", "word"], {"segments", "words"}),
        (["segment"], {"segments"}),
        ([], {"segments"}),
    ],
    ids=["words", "both", "segments", "none"],
)
def test_times_of_words_are_told_where_they_are_wanted(timed_box: Served, wanted: list[str], told: set[str]) -> None:
    fields: dict[str, str | list[str]] = {"response_format": "verbose_json", "timestamp_granularities[]": wanted}
    verbose = json.loads(upload(timed_box, TWO_SENTENCES, False, **fields)[2])
    assert verbose.keys() & {"segments", "words"} == told
    assert verbose["text"] == "where is room one thank you"
    if "words" in told:
        words = verbose["words"]
        assert [word["word"] for word in words] == verbose["text"].split()
        assert [round(word["end"] - word["start"], 3) for word in words] == [0.2] * 6
        # The ears hear a little before the tone, and the scripted words are a quarter of a second apart from there on.
        assert words[0]["start"] == pytest.approx(0.0, abs=0.02) and words[3]["start"] == pytest.approx(0.75, abs=0.02)
        assert words[4]["start"] == pytest.approx(2.7, abs=0.1)
    if told == {"segments", "words"}:
        assert verbose["segments"][1]["start"] <= words[4]["start"] and verbose["segments"][1]["end"] >= words[5]["end"]


@pytest.mark.parametrize(
    "fields", [{}, {"response_format": "srt"}, {"response_format": "verbose_json", "stream": "true"}]
)
def test_times_of_words_need_an_answer_that_holds_them(timed_box: Served, fields: dict[str, str]) -> None:
    status, _, body = upload(timed_box, TWO_SENTENCES, False, **fields, **{"timestamp_granularities[]": "word"})
    assert status == 400 and "verbose_json" in json.loads(body)["error"]["message"]


@pytest.mark.slow
@pytest.mark.parametrize("wanted", [["word"], ["segment", "word"], ["segment"]])
def test_times_are_valid_by_the_types_of_openais_client(timed_box: Served, wanted: list[str]) -> None:
    fields: dict[str, str | list[str]] = {"response_format": "verbose_json", "timestamp_granularities[]": wanted}
    verbose = json.loads(upload(timed_box, TWO_SENTENCES, False, **fields)[2])
    assert invalid("openai", "openai.types.audio:TranscriptionVerbose", [verbose]) == ""


def test_no_word_is_later_than_the_end_of_a_recording(timed_box: Served) -> None:
    fields = {"response_format": "verbose_json", "timestamp_granularities[]": "word"}
    verbose = json.loads(upload(timed_box, recording(tone(0.6)), False, **fields)[2])
    assert [word["end"] for word in verbose["words"]] == [0.2, 0.45, 0.6, 0.6]


def test_silence_is_no_speech(box: Served) -> None:
    assert json.loads(upload(box, recording(PAUSE))[2])["text"] == ""


def test_a_form_that_was_cut_off_is_refused(box: Served) -> None:
    head = "POST /v1/audio/transcriptions HTTP/1.1\nHost: x\nContent-Type: multipart/form-data; boundary=b"
    assert box.ask(f"{head}\nContent-Length: 5", b"--b\r\n")[0] == 400
    assert (
        box.ask(head.replace("multipart/form-data; boundary=b", "text/plain") + "\nContent-Length: 1", b"x")[0] == 415
    )


def test_times_in_subtitles() -> None:
    assert subrip([Segment(3661.5, 3662.0005, "a", 1.0)]) == "1\n01:01:01,500 --> 01:01:02,000\na\n"


@pytest.mark.parametrize("kind", ["wav", "pcm", "flac", "opus", "mp3"])
def test_a_text_is_spoken_in_every_format(box: Served, kind: str) -> None:
    status, headers, body = post(box, "/v1/audio/speech", input="One two three.", voice="x", response_format=kind)
    assert status == 200 and headers["content-type"].startswith("audio/")
    body = _unchunked(body) if headers.get("transfer-encoding") == "chunked" else body
    raw = {"samplerate": 24_000, "channels": 1, "format": "RAW", "subtype": "PCM_16"} if kind == "pcm" else {}
    samples, rate_hz = soundfile.read(io.BytesIO(body), dtype="float32", **raw)
    assert rate_hz in (24_000, 48_000)
    assert len(samples) / rate_hz == pytest.approx(0.6, abs=0.1) and np.abs(samples).max() > 0.05


def _unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        whole, body = whole + body[: int(size, 16)], body[int(size, 16) + 2 :]
    return whole


def test_speech_as_events(box: Served) -> None:
    body = _unchunked(post(box, "/v1/audio/speech", input="One.", response_format="pcm", stream_format="sse")[2])
    events = [json.loads(line[6:]) for line in body.decode().splitlines() if line]
    assert {event["type"] for event in events} == {"speech.audio.delta", "speech.audio.done"}
    assert len(b"".join(base64.b64decode(event["audio"]) for event in events[:-1])) == pytest.approx(9600, abs=600)


@pytest.mark.parametrize(
    "wanted",
    [{}, {"input": "..."}, {"input": "x" * 5000}, {"input": "a", "response_format": "aac"}, {"input": "a", "speed": 4}],
)
def test_what_cannot_be_spoken_is_refused(box: Served, wanted: dict[str, object]) -> None:
    assert post(box, "/v1/audio/speech", **wanted)[0] == 400


def test_models_are_listed_and_found(box: Served) -> None:
    listed = json.loads(box.ask("GET /v1/models HTTP/1.1\nHost: x")[2])
    assert [model["id"] for model in listed["data"]] == ["cloister", "cloister-transcribe", "cloister-speech"]
    assert box.ask("GET /v1/models/cloister HTTP/1.1\nHost: x")[0] == 200
    assert box.ask("GET /v1/models/gpt HTTP/1.1\nHost: x")[0] == 404


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": "user" if n % 2 == 0 else "assistant", "content": text} for n, text in enumerate(texts)]


def test_a_conversation_goes_on_by_its_messages(tmp_path: Path) -> None:
    answers = [("one", ["First."]), ("two", ["Second."]), ("two", ["Again."])]
    with served(tmp_path, [], answers) as box:  # type: ignore[arg-type]
        first = json.loads(post(box, "/v1/chat/completions", messages=said("one"))[2])
        assert first["choices"][0]["message"]["content"] == "First."
        begun = box.responder.begun
        for answer in ("Second.", "Again."):
            body = post(box, "/v1/chat/completions", messages=said("one", "First.", "two"), stream=True)[2]
            events = [line[6:] for line in _unchunked(body).decode().splitlines() if line]
            assert events.pop() == "[DONE]"
            deltas = [json.loads(event)["choices"][0] for event in events]
            assert "".join(delta["delta"].get("content", "") for delta in deltas) == answer
            assert [delta["finish_reason"] for delta in deltas][-1] == "stop"
            assert [message.content for message in box.responder.histories[-1]] == ["one", "First."]
        assert box.responder.begun > begun, "the second time it was a branch, which has no state to go on with"


def test_an_emergency_in_writing_is_one(tmp_path: Path) -> None:
    with served(tmp_path, [], [("hello", ["Hello.", Outcome()])]) as box:
        body = json.loads(post(box, "/v1/chat/completions", messages=said("help, code red"))[2])
        assert body["choices"][0]["message"]["content"] == "Help is on the way."
        assert [*box.tool.calls] == ["alarm"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"messages": []},
        {"messages": said("a", "b")},
        {"messages": said(" ")},
        {"messages": [{"role": "tool", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        {"messages": said("x" * 3000)},
        {"messages": said("a"), "tools": [{}]},
        {"messages": said("a"), "n": 2},
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(box: Served, wanted: dict[str, object]) -> None:
    status, _, body = post(box, "/v1/chat/completions", **wanted)
    assert status == 400 and "`" in json.loads(body)["error"]["message"]
