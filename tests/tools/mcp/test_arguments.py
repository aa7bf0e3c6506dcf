"""The values of slots as a schema wants them, and the slots that can hold an argument."""

from __future__ import annotations

import pytest

from appliance.tools.mcp.arguments import Unfit, argument, convert
from appliance.tools.mcp.schemas import Schema

WORDS = {"with a projector": True, "without a projector": False, "the big one": "ROOM_7"}
ROOT: Schema = {"$defs": {"Kind": {"enum": ["quiet_room", "meeting-room"], "title": "Kind"}}}
MAYBE_TEXT = {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "string"}, "Jane Doe", "Jane Doe"),
        ({}, "Jane Doe", "Jane Doe"),
        (MAYBE_TEXT, "12", "12"),
        ({"type": ["integer", "null"]}, "12", 12),
        ({"type": "integer"}, "12", 12),
        ({"type": "integer"}, "12.0", 12),
        ({"type": "number"}, "2.5", 2.5),
        ({"type": "string", "format": "date"}, "2026-12-01", "2026-12-01"),
        ({"type": "string", "format": "time"}, "14:30", "14:30:00"),
        ({"$ref": "#/$defs/Kind"}, "Quiet room", "quiet_room"),
        ({"allOf": [{"$ref": "#/$defs/Kind"}], "description": "of the room"}, "meeting room", "meeting-room"),
        ({"enum": [1, 2]}, "2", 2),
        ({"const": "only"}, "Only", "only"),
        ({"enum": ["ROOM_7", "ROOM_8"]}, "the big one", "ROOM_7"),
        ({"type": "boolean"}, "with a projector", True),
        ({"type": "boolean"}, "Without a projector", False),
    ],
)
def test_a_text_becomes_a_value(schema: Schema, text: str, value: object) -> None:
    found = convert(text, schema, ROOT, WORDS)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "integer"}, "2.5"),
        ({"type": "integer"}, "Infinity"),
        ({"type": "integer"}, "twelve"),
        ({"type": "integer", "maximum": 12}, "13"),
        ({"type": "number"}, "NaN"),
        ({"type": "number"}, "1e999"),
        ({"type": "string", "maxLength": 3}, "Jane"),
        ({"type": "string", "format": "date"}, "2026-02-30"),
        ({"type": "string", "format": "time"}, "24:30"),
        ({"type": "boolean"}, "the big one"),
        ({"type": "boolean"}, "1"),
        ({"enum": ["a", "b"]}, "c"),
        ({"enum": [True]}, "1"),
    ],
)
def test_a_text_that_is_no_value_is_refused_without_quoting_it(schema: Schema, text: str) -> None:
    with pytest.raises(Unfit) as caught:
        convert(text, schema, ROOT, WORDS)
    assert text not in str(caught.value).split()


@pytest.mark.parametrize(
    ("schema", "kinds"),
    [
        ({"type": "string"}, {"name", "date", "time", "choice", "text", "reference", "number"}),
        (MAYBE_TEXT, {"name", "date", "time", "choice", "text", "reference", "number"}),
        ({"type": "string", "format": "date"}, {"date"}),
        ({"type": "string", "format": "time"}, {"time"}),
        ({"type": "integer"}, {"number", "reference"}),
        ({"type": "boolean"}, {"choice"}),
        ({"$ref": "#/$defs/Kind"}, {"choice"}),
    ],
)
def test_kinds_of_slots_that_hold_an_argument(schema: Schema, kinds: set[str]) -> None:
    assert argument(schema, ROOT, needed=True, words=WORDS).kinds == kinds


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "object"}, "the type `object`"),
        ({"type": "array"}, "the type `array`"),
        ({"type": "string", "format": "date-time"}, "the format `date-time`"),
        ({"type": "string", "format": "uuid"}, "the format `uuid`"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "a choice between schemas"),
        ({"type": "string", "not": {}}, "`not`"),
        (3, "no object"),
    ],
)
def test_what_no_slot_can_hold_is_named(schema: object, named: str) -> None:
    found = argument(schema, ROOT, needed=True, words=WORDS)
    assert not found.kinds and not found.accepts("x") and named in found.problem
