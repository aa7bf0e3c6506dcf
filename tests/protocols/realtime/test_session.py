"""A session: the order of its events, who answers what, and what holds whatever happens."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.core.facts import PartialTranscript
from appliance.protocols.openai.realtime.events import Event
from tests.protocols.realtime.simulation import Simulation
from tests.protocols.rig import invalid

ITEM = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "where is room two"}]}
LIGHT = {
    "type": "function",
    "name": "switch_light",
    "parameters": {
        "type": "object",
        "properties": {"state": {"type": "string", "enum": ["on", "off"]}, "note": {"type": "string"}},
        "required": ["state"],
    },
}

HEARD = [
    "input_audio_buffer.speech_started",
    "input_audio_buffer.speech_stopped",
    "input_audio_buffer.committed",
    "conversation.item.added",
    "conversation.item.done",
    "conversation.item.input_audio_transcription.delta",
    "conversation.item.input_audio_transcription.completed",
]
ANSWERED = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    "response.output_audio_transcript.delta",
    "response.output_audio.delta",
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
]


def without_repeats(types: list[str]) -> list[str]:
    """The types, with one delta of sound for all that follow each other."""
    sound = "response.output_audio.delta"
    return [type for n, type in enumerate(types) if type != sound or types[n - 1] != sound]


def spoken_over(talk: Simulation) -> int:
    """A question is asked, and its answer is spoken over. Returns the number of events before the speech."""
    talk.says("where is room one")
    while talk.line.think() or talk.line.pump():
        pass
    talk.line.play()
    talk.line.now_s += 1  # speech in the first moment of a reply is the rest of what it answers
    mark = len(talk.events)
    talk.line.speak()
    return mark


def test_a_spoken_question_is_answered_in_the_order_that_clients_rely_on() -> None:
    talk = Simulation()
    assert talk.since() == ["session.created"]
    assert [event["type"] for event in talk.send("session.update", session={"type": "realtime"})] == ["session.updated"]
    mark = len(talk.events)
    talk.says("where is room one")
    while talk.line.think() or talk.line.pump():
        pass
    talk.line.settle()
    assert without_repeats(talk.since(mark)) == [*HEARD, *ANSWERED]
    item = talk.last("conversation.item.input_audio_transcription.completed")
    assert (item["transcript"], item["usage"]["type"]) == ("where is room one", "duration")
    done = talk.last("response.done")["response"]
    assert done["status"] == "completed"
    assert done["output"][0]["content"][0]["transcript"] == "You said where is room one. That is all."


def test_an_interruption_ends_the_response_before_the_turn_is_committed() -> None:
    talk = Simulation()
    mark = spoken_over(talk)
    while talk.line.pump():
        pass
    assert talk.since(mark) == [], "speech over a response may be a backchannel"
    talk.line.facts.append(PartialTranscript("stop please where is room two", talk.line.now_s + 0.5))
    while talk.line.pump():
        pass
    types = talk.since(mark)
    assert types[0] == "input_audio_buffer.speech_started" and types[-1] == "response.done"
    assert talk.last("response.done")["response"]["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    mark = len(talk.events)
    talk.line.end_turn("stop please where is room two")
    talk.line.settle()
    assert talk.since(mark)[:6] == HEARD[1:7]
    assert talk.last("response.done")["response"]["status"] == "completed"


def test_a_backchannel_is_no_turn() -> None:
    talk = Simulation()
    mark = spoken_over(talk)
    talk.line.end_turn("mm-hmm")
    talk.line.settle()
    assert "input_audio_buffer.committed" not in talk.since(mark)
    assert talk.last("response.done")["response"]["status"] == "completed"


@pytest.mark.parametrize("interrupt", [True, False])
def test_without_create_response_the_client_asks_for_each_answer(interrupt: bool) -> None:
    talk = Simulation()
    detection = {"type": "server_vad", "create_response": False, "interrupt_response": interrupt}
    talk.configure(turn_detection=detection)
    told = talk.last("session.updated")["session"]["audio"]["input"]["turn_detection"]
    assert (told["create_response"], told["interrupt_response"]) == (False, interrupt)
    talk.says("where is room one")
    talk.says("on the first floor")
    talk.line.settle()
    assert "response.created" not in talk.since()
    talk.send("response.create", response={"metadata": {"client": "7"}})
    assert talk.last("response.created")["response"]["metadata"] == {"client": "7"}
    talk.line.settle()
    assert talk.line.said == ["where is room one on the first floor"]
    assert talk.last("response.done")["response"]["metadata"] == {"client": "7"}
    mark = len(talk.events)
    talk.send("response.create")
    talk.line.settle()
    assert talk.since(mark) == ["response.created", "response.done"], "there is nothing to answer"


def test_push_to_talk_answers_what_was_committed_when_that_is_asked_for() -> None:
    talk = Simulation()
    talk.configure(turn_detection=None)
    (error,) = talk.send("input_audio_buffer.commit", event_id="mine")
    assert (error["error"]["code"], error["error"]["event_id"]) == ("input_audio_buffer_commit_empty", "mine")
    mark = len(talk.events)
    talk.append(1.0)
    talk.says("where is")
    talk.line.now_s = 0.9
    talk.line.speak()
    while talk.line.pump():
        pass
    talk.send("input_audio_buffer.commit")
    assert talk.since(mark) == ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]
    talk.send("response.create")
    assert talk.line.said == []
    talk.line.end_turn("room one")
    talk.line.settle()
    assert talk.line.said == ["where is room one"]
    assert talk.last("conversation.item.input_audio_transcription.completed")["transcript"] == "where is room one"
    assert "input_audio_buffer.speech_started" not in talk.since()


def test_what_was_cleared_is_not_answered() -> None:
    talk = Simulation()
    talk.configure(turn_detection=None)
    talk.append(1.0)
    talk.says("a slip of the tongue")
    talk.line.speak()
    talk.line.pump()
    talk.line.pump()
    assert [event["type"] for event in talk.send("input_audio_buffer.clear")] == ["input_audio_buffer.cleared"]
    talk.line.end_turn("and its end")
    talk.line.settle()
    talk.line.now_s = talk.line.client_end_s
    talk.append(1.0)
    talk.line.now_s = talk.line.client_end_s - 0.2
    talk.says("where is room one")
    talk.send("input_audio_buffer.commit")
    talk.line.now_s += 1
    talk.line.pass_time()
    talk.send("response.create")
    talk.line.settle()
    assert talk.line.said == ["where is room one"]


def test_a_response_is_cancelled_and_the_next_waits_for_its_end() -> None:
    talk = Simulation()
    talk.send("conversation.item.create", item=ITEM)
    talk.send("response.create")
    (error,) = talk.send("response.create", event_id="second")
    assert error["error"]["code"] == "conversation_already_has_active_response"
    while talk.line.pump() or talk.line.think():
        pass
    talk.line.play()
    assert talk.send("response.cancel") == []
    talk.send("conversation.item.create", item={**ITEM, "id": "mine"})
    talk.send("response.create", response={"metadata": {"n": "2"}})
    talk.line.settle()
    done = [event["response"] for event in talk.events if event["type"] == "response.done"]
    assert [response["status"] for response in done] == ["cancelled", "completed"]
    assert done[0]["status_details"]["reason"] == "client_cancelled" and done[1]["metadata"] == {"n": "2"}
    (error,) = talk.send("response.cancel")
    assert error["error"]["code"] == "response_cancel_not_active"
    assert error["error"]["message"].startswith("Cancellation failed")


@pytest.mark.parametrize(("end_ms", "told", "heard"), [(450, 450, "You said"), (-5, 0, ""), (10**9, 2000, None)])
def test_a_truncation_cuts_what_is_remembered_and_is_never_refused(end_ms: int, told: int, heard: str | None) -> None:
    talk = Simulation()
    talk.says("where is room one")
    talk.line.settle()
    item_id = talk.last("response.done")["response"]["output"][0]["id"]
    place = {"item_id": item_id, "content_index": 0, "audio_end_ms": end_ms}
    (truncated,) = talk.send("conversation.item.truncate", **place)
    assert (truncated["type"], truncated["audio_end_ms"]) == ("conversation.item.truncated", min(told, 1800))
    talk.line.settle()
    whole = "You said where is room one. That is all."
    assert [m.content for m in talk.line.state.history.messages[1:]] == [heard or whole][: 1 if heard != "" else 0]
    (event,) = talk.send("conversation.item.retrieve", item_id=item_id)
    assert event["item"]["content"][0]["transcript"] == (whole if heard is None else heard)


def test_a_truncation_of_the_active_response_counts_once_it_is_over() -> None:
    talk = Simulation()
    talk.says("where is room one")
    while talk.line.pump() or talk.line.think():
        pass
    talk.line.play()
    item_id = talk.last("response.output_item.added")["item"]["id"]
    talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=450)
    talk.send("response.cancel")
    talk.line.settle()
    assert [m.content for m in talk.line.state.history.messages] == ["where is room one", "You said"]


def test_a_written_response_has_words_and_no_sound() -> None:
    talk = Simulation(output_modalities=["text"])
    talk.says("where is room one")
    assert talk.line.hurried
    talk.line.settle()
    assert not any("audio" in type for type in talk.since() if type.startswith("response."))
    text = talk.last("response.output_text.done")["text"]
    assert text == "You said where is room one. That is all."
    deltas = [event["delta"] for event in talk.events if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == text


def test_an_answer_apart_from_the_conversation_leaves_no_item() -> None:
    talk = Simulation()
    talk.send("response.create", response={"conversation": "none", "input": [ITEM], "output_modalities": ["text"]})
    ((response, words),) = talk.apart
    assert words == "where is room two"
    assert talk.session.write_apart(response, "Upstairs.", None)
    talk.session.end_apart(response)
    assert talk.last("response.done")["response"]["conversation_id"] is None
    assert "conversation.item.added" not in talk.since()
    talk.send("response.create", response={"conversation": "none", "input": []})
    assert talk.last("response.done")["response"]["output"] == []


def test_a_transcription_session_tells_words_and_answers_nothing() -> None:
    talk = Simulation()
    talk.send("session.update", session={"type": "transcription"})
    assert talk.events[-1]["session"]["object"] == "realtime.transcription_session"
    talk.line.settle()
    talk.line.speak()
    for text in ("where", "where is", "where is rum", "where is room one"):
        talk.line.facts.append(PartialTranscript(text, talk.line.now_s))
    talk.line.end_turn("where is room one")
    talk.line.settle()
    deltas = [event["delta"] for event in talk.events if event["type"].endswith("transcription.delta")]
    assert deltas == ["where", " is", " room one"]
    (error,) = talk.send("response.create")
    assert error["error"]["code"] == "invalid_event"
    assert "response.created" not in talk.since()


def test_a_function_of_the_client_is_called_and_its_output_said() -> None:
    talk = Simulation(tools=[LIGHT])
    assert talk.last("session.created")["session"]["tools"] == [LIGHT]
    talk.line.settle()
    talk.says("please switch the light on")
    talk.line.settle()
    call = talk.last("response.function_call_arguments.done")
    assert (call["name"], json.loads(call["arguments"])) == ("switch_light", {"state": "on"})
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "The light is on."}
    talk.send("conversation.item.create", item=output)
    talk.send("response.create")
    talk.line.settle()
    assert talk.last("response.done")["response"]["output"][0]["content"][0]["transcript"] == "The light is on."
    talk.says("where is room one")
    talk.line.settle()
    assert talk.line.said == ["where is room one"], "what calls no function is the site's to answer"


UNSENDABLE = {"type": "message", "role": "user", "content": [{"type": "input_image", "image_url": "x"}]}
FREE_TEXT = {**LIGHT, "parameters": {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]}}

REFUSALS: list[tuple[str, dict[str, object], str, str | None]] = [
    ("nonsense", {}, "invalid_event", "type"),
    ("output_audio_buffer.clear", {}, "invalid_event", "type"),
    ("session.update", {}, "invalid_type", "session"),
    ("session.update", {"session": {"voice": "x"}}, "unknown_parameter", "session.voice"),
    ("session.update", {"session": {"type": "x"}}, "invalid_value", "session.type"),
    (
        "session.update",
        {"session": {"output_modalities": ["text", "audio"]}},
        "invalid_value",
        "session.output_modalities",
    ),
    (
        "session.update",
        {"session": {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 8000}}}}},
        "invalid_value",
        "session.audio.input.format.rate",
    ),
    (
        "session.update",
        {"session": {"audio": {"input": {"turn_detection": {"type": "magic"}}}}},
        "invalid_value",
        "session.audio.input.turn_detection.type",
    ),
    ("session.update", {"session": {"tools": [{"type": "mcp"}]}}, "tools_not_supported", "session.tools[0].type"),
    (
        "session.update",
        {"session": {"tools": [FREE_TEXT]}},
        "tools_not_supported",
        "session.tools[0].parameters.properties.q",
    ),
    ("session.update", {"session": {"prompt": {"id": "x" * 300_000}}}, "invalid_value", "session"),
    ("session.update", {"session": {"tool_choice": "always"}}, "invalid_value", "tool_choice"),
    ("response.create", {"response": {"tool_choice": {"name": "x"}}}, "invalid_value", "tool_choice"),
    ("input_audio_buffer.append", {"audio": "not base64"}, "invalid_value", "audio"),
    ("input_audio_buffer.commit", {}, "input_audio_buffer_commit_empty", None),
    ("conversation.item.create", {"item": UNSENDABLE}, "invalid_value", "item.content[0].type"),
    ("conversation.item.create", {"item": {**ITEM, "id": "taken"}}, "item_create_duplicate_item_id", "item.id"),
    (
        "conversation.item.create",
        {"item": ITEM, "previous_item_id": "x"},
        "item_create_invalid_previous_item_id",
        "previous_item_id",
    ),
    (
        "conversation.item.create",
        {"item": {"type": "function_call_output", "call_id": "c", "output": '{"a": 1}'}},
        "invalid_value",
        "item.output",
    ),
    ("conversation.item.retrieve", {"item_id": "x"}, "item_not_found", "item_id"),
    ("conversation.item.delete", {"item_id": "x"}, "item_not_found", "item_id"),
    ("conversation.item.truncate", {"item_id": "taken", "audio_end_ms": 1}, "invalid_value", "item_id"),
    ("response.create", {"response": {"magic": 1}}, "unknown_parameter", "response.magic"),
    ("response.create", {"response": {"metadata": {"a": 1}}}, "invalid_value", "response.metadata"),
    ("response.create", {"response": {"conversation": "x"}}, "invalid_value", "response.conversation"),
    ("response.cancel", {}, "response_cancel_not_active", None),
]


@pytest.mark.parametrize(("type", "fields", "code", "param"), REFUSALS)
def test_every_refusal_has_its_code_and_names_the_event(
    type: str, fields: dict[str, object], code: str, param: str | None
) -> None:
    talk = Simulation()
    talk.send("conversation.item.create", item={**ITEM, "id": "taken"})
    before = talk.session.configuration
    (event,) = talk.send(type, event_id="mine", **fields)
    error = event["error"]
    assert (event["type"], error["code"], error["param"], error["event_id"]) == ("error", code, param, "mine")
    assert talk.session.configuration == before


def test_functions_need_a_token_that_is_for_them() -> None:
    talk = Simulation(may_use_tools=False)
    (event,) = talk.send("session.update", session={"tools": [LIGHT]})
    assert event["error"]["code"] == "tools_not_allowed"
    (event,) = talk.send("response.create", response={"tools": [LIGHT]})
    assert event["error"]["code"] == "tools_not_allowed"
    assert talk.send("session.update", session={"tools": []})[0]["type"] == "session.updated"


def test_an_emergency_is_said_to_its_end() -> None:
    talk = Simulation()
    talk.configure(turn_detection=None)
    talk.says("code red")
    while talk.line.pump() or talk.line.think():
        pass
    talk.line.play()
    (event,) = talk.send("response.cancel")
    assert event["error"]["code"] == "response_cancel_not_active"
    talk.line.settle()
    done = talk.last("response.done")["response"]
    assert (done["status"], done["output"][0]["content"][0]["transcript"]) == ("completed", "Help is on the way.")


# --- whatever happens -------------------------------------------------------------------------------------------------

DETECTIONS: list[object] = [
    None,
    {"type": "server_vad", "create_response": True, "interrupt_response": True},
    {"type": "server_vad", "create_response": False, "interrupt_response": False},
    {"type": "semantic_vad", "create_response": False, "interrupt_response": True},
    {"type": "semantic_vad", "create_response": True, "interrupt_response": False},
]

ACTIONS = st.one_of(
    st.sampled_from(["pump"] * 6 + ["think"] * 3 + ["play"] * 3 + ["speak", "stop", "tick"]).map(
        lambda name: (name, None)
    ),
    st.sampled_from(["where is room one", "", "mm-hmm", "code red"]).map(lambda text: ("end", text)),
    st.sampled_from(DETECTIONS).map(lambda detection: ("detect", detection)),
    st.sampled_from(
        [
            ("response.create", {}),
            ("response.create", {"response": {"output_modalities": ["text"], "metadata": {"a": "b"}}}),
            ("response.create", {"response": {"conversation": "none", "input": [ITEM]}}),
            (
                "response.create",
                {"response": {"input": [ITEM], "audio": {"output": {"format": {"type": "audio/pcmu"}}}}},
            ),
            ("response.cancel", {}),
            ("conversation.item.create", {"item": ITEM}),
            ("input_audio_buffer.commit", {}),
            ("input_audio_buffer.clear", {}),
            ("session.update", {"session": {"tools": [LIGHT]}}),
            ("session.update", {"session": {"tools": []}}),
            ("session.update", {"session": {"output_modalities": ["text"]}}),
            ("session.update", {"session": {"audio": {"output": {"format": {"type": "audio/pcma"}}}}}),
            ("append", {}),
            ("truncate", {}),
            ("apart", {}),
        ]
    ),
)


def carry_out(talk: Simulation, name: str, value: object) -> None:
    match name:
        case "pump":
            talk.line.pump()
        case "think":
            talk.line.think()
        case "play":
            talk.line.play()
        case "speak":
            talk.line.speak()
        case "end":
            talk.line.end_turn(str(value))
        case "stop":
            talk.line.facts.append(PartialTranscript("stop please where is room two", talk.line.now_s))
        case "tick":
            talk.line.now_s += 1.0
            talk.line.pass_time()
        case "detect":
            talk.send("session.update", session={"audio": {"input": {"turn_detection": value}}})
        case "append":
            talk.append(0.5)
        case "apart":
            for response, _ in talk.apart:
                talk.session.write_apart(response, "Upstairs.", None)
                talk.session.end_apart(response)
        case "truncate":
            spoken = [e["item"]["id"] for e in talk.events if e["type"] == "response.output_item.added"]
            if spoken:
                talk.send("conversation.item.truncate", item_id=spoken[-1], content_index=0, audio_end_ms=300)
        case _:
            assert isinstance(value, dict)
            talk.send(name, **value)


def check(events: list[Event]) -> None:
    """The invariants of the protocol."""
    active: str | None = None
    open_items: set[str] = set()
    open_outputs: set[str] = set()
    open_parts: set[str] = set()
    over: set[str] = set()
    words: dict[str, str] = {}
    formats: dict[str, object] = {}
    for event in events:
        type, response_id = event["type"], event.get("response_id")
        if response_id is not None:
            assert response_id == active and response_id not in over, f"{type} of a response that is not active"
        match type:
            case "response.created":
                assert active is None, "two responses are active"
                active = str(event["response"]["id"])
                formats[active] = event["response"]["audio"]
            case "response.done":
                response = event["response"]
                assert response["id"] == active and not open_outputs and not open_parts
                assert response["audio"] == formats[response["id"]], "the configuration is the one at the beginning"
                over.add(response["id"])
                active = None
            case "response.output_item.added":
                open_outputs.add(event["item"]["id"])
            case "response.output_item.done":
                open_outputs.remove(event["item"]["id"])
            case "conversation.item.added":
                assert event["item"]["id"] not in open_items
                open_items.add(event["item"]["id"])
            case "conversation.item.done":
                open_items.remove(event["item"]["id"])
            case "response.content_part.added":
                open_parts.add(event["item_id"])
            case "response.content_part.done":
                open_parts.remove(event["item_id"])
            case "response.output_audio_transcript.delta" | "response.output_text.delta":
                words[event["item_id"]] = words.get(event["item_id"], "") + event["delta"]
            case "response.output_audio_transcript.done":
                assert event["transcript"] == words.get(event["item_id"], "")
            case "response.output_text.done":
                assert event["text"] == words.get(event["item_id"], "")
    assert active is None, "a response has no end"
    assert not open_items and not open_outputs and not open_parts


def test_speech_ends_a_response_that_is_thought_of_and_its_words_are_answered_with_the_next() -> None:
    talk = Simulation()
    talk.configure(turn_detection={"type": "server_vad", "create_response": False, "interrupt_response": True})
    talk.says("where is room one")
    talk.send("response.create")
    while talk.line.pump():
        pass
    talk.says("and room two")
    assert talk.last("response.done")["response"]["status_details"]["reason"] == "turn_detected"
    talk.send("response.create")
    talk.line.settle()
    assert talk.line.said[-1] == "where is room one and room two"
    assert talk.last("response.done")["response"]["status"] == "completed"


# A turn ends while a reply is being stopped for words that were written: those words were forgotten.
WRITTEN_THEN_SPOKEN: list[tuple[str, object]] = [
    ("speak", None),
    ("end", "where is room one"),
    ("response.create", {"response": {"input": [ITEM]}}),
    ("end", "where is room one"),
    ("detect", None),
]


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTIONS, max_size=50))
@example(WRITTEN_THEN_SPOKEN)
@example([WRITTEN_THEN_SPOKEN[2], ("speak", None), ("detect", None)])
def test_whatever_happens_every_response_has_one_end_and_all_that_was_added_is_done(
    actions: list[tuple[str, object]],
) -> None:
    talk = Simulation()
    for name, value in actions:
        carry_out(talk, name, value)
    carry_out(talk, "apart", None)
    talk.line.settle()
    for _ in range(4):  # whatever was committed is heard to its end
        talk.line.now_s = talk.line.client_end_s + 1
        talk.line.end_turn("")
        talk.line.pass_time()
        talk.line.settle()
        carry_out(talk, "apart", None)
    check(talk.events)


@pytest.mark.parametrize(
    ("format", "bytes_per_s"), [("audio/pcm", 48_000), ("audio/pcmu", 8_000), ("audio/pcma", 8_000)]
)
def test_no_sound_of_a_response_is_lost(format: str, bytes_per_s: int) -> None:
    talk = Simulation(audio={"output": {"format": {"type": format}}})
    talk.says("where is room one")
    talk.line.settle()
    sent = [event["delta"] for event in talk.events if event["type"] == "response.output_audio.delta"]
    assert len(b"".join(map(base64.b64decode, sent))) == pytest.approx(9 * 0.2 * bytes_per_s, abs=4)


def test_every_event_is_valid_by_the_types_of_the_openai_package() -> None:
    events: list[Event] = []
    sessions: list[dict[str, Any]] = [{}, {"tools": [LIGHT], "output_modalities": ["text"]}]
    for session in sessions:
        talk = Simulation(**session)
        for text in ("where is room one", "switch the light on please"):
            talk.says(text)
            talk.line.settle()
        for name, value in [
            ("truncate", {}),
            ("conversation.item.create", {"item": {**ITEM, "id": "mine"}}),
            ("response.create", {"response": {"metadata": {"a": "b"}}}),
            ("response.cancel", {}),
            *[("pump", None), ("think", None)] * 10,
            ("conversation.item.retrieve", {"item_id": "mine"}),
            ("conversation.item.delete", {"item_id": "mine"}),
            ("response.create", {"response": {"conversation": "none", "input": [ITEM]}}),
            ("apart", None),
            ("detect", None),
            ("append", None),
            ("input_audio_buffer.commit", {}),
            ("input_audio_buffer.clear", {}),
            ("session.update", {"session": {"type": "transcription"}}),
            ("nonsense", {}),
        ]:
            carry_out(talk, name, value)
        talk.line.settle()
        events += talk.events
    assert invalid("openai", "openai.types.realtime:RealtimeServerEvent", events) == ""
    assert {event["type"] for event in events} == ALL_EVENTS


ALL_EVENTS = {
    *("session.created", "session.updated", "error"),
    *HEARD,
    *ANSWERED,
    *("input_audio_buffer.cleared", "response.output_text.delta", "response.output_text.done"),
    *("response.function_call_arguments.delta", "response.function_call_arguments.done"),
    *("conversation.item.retrieved", "conversation.item.deleted", "conversation.item.truncated"),
}
