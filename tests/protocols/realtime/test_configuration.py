"""A session's configuration: merged by presence, and shown as it is in effect."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.core.facts import TurnTakingChanged
from appliance.protocols.openai.realtime.configuration import Configuration, merged, updated
from appliance.protocols.openai.realtime.events import Refused
from appliance.protocols.openai.realtime.functions import called, read_functions, sayable
from tests.protocols.realtime.simulation import BOX


def after(*updates: dict[str, Any]) -> dict[str, Any]:
    """The session as it is told after updates."""
    configuration = Configuration()
    for update in updates:
        configuration = updated(configuration, update)
    return configuration.shown("sess_1", 1, BOX)


def detection(**fields: object) -> dict[str, Any]:
    return {"audio": {"input": {"turn_detection": fields}}}


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3}}, {"a": {"b": 3, "c": 2}}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"tools": [1]}, {"tools": []}, {"tools": []}),
        ({"tools": [1]}, {}, {"tools": [1]}),
    ],
)
def test_only_what_an_update_names_changes(before: Any, change: Any, expected: Any) -> None:
    assert merged(before, change) == expected


def test_a_later_update_keeps_what_it_does_not_name() -> None:
    first = detection(type="semantic_vad", create_response=False)
    told = after(
        first, detection(interrupt_response=False), {"instructions": "x", "tracing": "auto"}, {"type": "realtime"}
    )
    turns = told["audio"]["input"]["turn_detection"]
    assert turns == {
        "type": "semantic_vad",
        "create_response": False,
        "interrupt_response": False,
        "eagerness": "auto",
    }
    off = after(first, {"audio": {"input": {"turn_detection": None}}})
    assert off["audio"]["input"]["turn_detection"] is None
    on = after(first, {"audio": {"input": {"turn_detection": None}}}, detection(type="server_vad"))
    assert on["audio"]["input"]["turn_detection"]["create_response"] is True, "what was cleared is forgotten"


def test_what_the_box_decides_is_shown_as_it_is() -> None:
    told = after(
        {"instructions": "Talk like a pirate.", "model": "x", "max_output_tokens": 7},
        {"audio": {"output": {"voice": "marin", "speed": 1.5}}},
        detection(type="server_vad", threshold=0.9, silence_duration_ms=100, idle_timeout_ms=5000),
    )
    assert "pirate" not in told["instructions"] and told["model"] == "cloister"
    assert told["audio"]["output"] == {
        "format": {"type": "audio/pcm", "rate": 24000},
        "voice": "cloister",
        "speed": 1.0,
    }
    turns = told["audio"]["input"]["turn_detection"]
    assert (turns["threshold"], turns["silence_duration_ms"], turns["idle_timeout_ms"]) == (0.5, 200, 8000)


@pytest.mark.parametrize(
    ("update", "taking"),
    [
        ({}, TurnTakingChanged(True, True, False)),
        (detection(type="server_vad", idle_timeout_ms=5000), TurnTakingChanged(True, True, True)),
        (detection(create_response=False), TurnTakingChanged(False, True, False)),
        (detection(interrupt_response=False), TurnTakingChanged(True, False, False)),
        ({"audio": {"input": {"turn_detection": None}}}, TurnTakingChanged(False, False, False)),
        ({"type": "transcription"}, TurnTakingChanged(False, True, False)),
        ({"tools": [{"type": "function", "name": "f"}]}, TurnTakingChanged(False, True, False)),
    ],
)
def test_the_line_takes_turns_as_the_client_wants(update: dict[str, Any], taking: TurnTakingChanged) -> None:
    assert updated(Configuration(), update).turn_taking == taking


def function(name: str, **properties: object) -> dict[str, Any]:
    return {"type": "function", "name": name, "parameters": {"properties": properties, "required": list(properties)}}


FUNCTIONS = [
    function("open_door"),
    function("setTemperature", degrees={"type": "integer"}),
    function("play-music", room={"enum": ["kitchen", "dining room"]}),
    function("play"),
]


@pytest.mark.parametrize(
    ("text", "choice", "expected"),
    [
        ("please open the door", "auto", ("open_door", "{}")),
        ("please open the door", "none", None),
        ("where is the door", "auto", None),
        ("set the temperature to 21", "auto", ("setTemperature", '{"degrees": 21}')),
        ("set the temperature higher", "auto", None),
        ("play some music in the dining room", "auto", ("play-music", '{"room": "dining room"}')),
        ("play some music", "auto", ("play", "{}")),
        ("what a day", {"type": "function", "name": "open_door"}, ("open_door", "{}")),
        ("what a day", "required", ("open_door", "{}")),
    ],
)
def test_a_function_is_called_by_its_words(text: str, choice: Any, expected: tuple[str, str] | None) -> None:
    found = called(read_functions(FUNCTIONS), choice, text)
    assert (None if found is None else (found[0].name, found[1])) == expected


def test_a_demanded_function_without_its_values_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        called(read_functions(FUNCTIONS), {"type": "function", "name": "setTemperature"}, "warmer please")
    assert refused.value.code == "function_arguments_missing"


@pytest.mark.parametrize(
    ("output", "said"),
    [("It is  open.", "It is open."), ('"It is open."', "It is open."), ("21", "21"), ("true", "true")],
)
def test_the_output_of_a_function_is_said_as_it_is(output: str, said: str) -> None:
    assert sayable(output) == said


@pytest.mark.parametrize("output", ["", "{}", '{"a": 1}', "[1]"])
def test_data_is_no_sentence(output: str) -> None:
    with pytest.raises(Refused):
        sayable(output)
