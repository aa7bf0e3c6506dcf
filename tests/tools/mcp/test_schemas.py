"""The part of JSON Schema that is understood: what is valid, what is not, and what is refused by name."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.tools.mcp.schemas import Schema, Unsupported, supported, wrong

ROOM = {
    "type": "object",
    "properties": {"floor": {"$ref": "#/$defs/Floor"}, "names": {"type": "array", "items": {"type": "string"}}},
    "required": ["floor"],
    "additionalProperties": False,
    "$defs": {"Floor": {"type": "integer", "minimum": 0, "maximum": 12}},
}


@pytest.mark.parametrize(
    ("schema", "right", "wrongs"),
    [
        (True, [1, None, {}], []),
        (False, [], [1, None]),
        ({}, [1, "a", []], []),
        ({"type": "integer"}, [1, 1.0, -3], [1.5, "1", True, None]),
        ({"type": "number"}, [1, 1.5], ["1", False]),
        ({"type": "boolean"}, [True, False], [0, 1, "true"]),
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({"enum": ["a", 1, None]}, ["a", 1, None], ["b", True, 1.5]),
        ({"const": "a"}, ["a"], ["b", None]),
        ({"minimum": 1, "exclusiveMaximum": 3}, [1, 2.9, "x"], [0, 3]),
        ({"exclusiveMinimum": 0, "maximum": 3}, [0.1, 3], [0, 4]),
        ({"multipleOf": 0.1}, [0.3, 1], [0.35]),
        ({"minLength": 1, "maxLength": 2}, ["a", "äö", 5], ["", "abc"]),
        ({"minItems": 1, "maxItems": 2}, [[1], "x"], [[], [1, 2, 3]]),
        ({"pattern": "^[A-Z]{2}[0-9]+$"}, ["AB12", 5], ["ab12", "xAB12"]),
        ({"format": "date"}, ["2026-12-01", 5], ["2026-13-01", "tomorrow"]),
        ({"format": "time"}, ["10:00:00", "10:00"], ["25:00"]),
        ({"format": "date-time"}, ["2026-12-01T10:00:00"], ["x"]),
        ({"format": "uuid"}, ["anything"], []),
        ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, ["a", 3], [2]),
        ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, [2, 3.5], [3]),
        ({"allOf": [{"type": "integer"}, {"minimum": 3}]}, [3], [2, 3.5]),
        (ROOM, [{"floor": 3}, {"floor": 0, "names": ["a"]}], [{}, {"floor": 13}, {"floor": 1, "x": 1}, []]),
        (ROOM, [], [{"floor": 1, "names": [1]}, {"floor": 1, "names": "a"}]),
    ],
)
def test_a_value_is_compared(schema: Schema, right: list[object], wrongs: list[object]) -> None:
    supported(schema, schema if isinstance(schema, dict) else {})
    root = schema if isinstance(schema, dict) else {}
    assert [wrong(value, schema, root) for value in right] == [None] * len(right)
    assert all(wrong(value, schema, root) for value in wrongs)


def test_what_is_wrong_is_named_without_the_value() -> None:
    assert wrong({"floor": 99}, ROOM, ROOM) == "`floor` must be at most 12"
    assert wrong({"floor": 1, "names": [{"deep": "secret"}]}, ROOM, ROOM) == "`names` must be of the type string"
    assert wrong({}, ROOM, ROOM) == "`floor` is missing"


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"not": {}}, "`not`"),
        ({"properties": {"a": {"if": {}}}}, "`if`"),
        ({"items": {"dependentSchemas": {}}}, "`dependentSchemas`"),
        ({"patternProperties": {}}, "`patternProperties`"),
        ({"type": "integre"}, "`type`"),
        ({"type": []}, "`type`"),
        ({"enum": 3}, "`enum`"),
        ({"minimum": "3"}, "`minimum`"),
        ({"minimum": True}, "`minimum`"),
        ({"multipleOf": 0}, "`multipleOf`"),
        ({"minLength": -1}, "`minLength`"),
        ({"required": "a"}, "`required`"),
        ({"properties": []}, "`properties`"),
        ({"anyOf": []}, "`anyOf`"),
        ({"pattern": "(a+)+$"}, "`pattern`"),
        ({"pattern": "(a|a)*$"}, "`pattern`"),
        ({"pattern": "(?=a)"}, "`pattern`"),
        ({"pattern": r"(a)\1"}, "`pattern`"),
        ({"pattern": "a*a*a*a*a*b"}, "`pattern`"),
        ({"pattern": "["}, "`pattern`"),
        ({"$ref": "https://example.org/schema"}, "`$ref`"),
        ({"$ref": "#/properties/a"}, "`$ref`"),
        ({"$ref": "#/$defs/None"}, "`$ref`"),
        ({"$defs": {"A": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"}, "without end"),
        ({"properties": {"a": 3}}, "no object"),
        ({"$ref": "#/$defs/A", "maximum": 3, "$defs": {"A": {"maximum": 2}}}, "`maximum` twice"),
        ({"\x1b[2J": 1}, r"\u001b"),
    ],
)
def test_what_is_not_understood_is_refused_by_name(schema: Schema, named: str) -> None:
    with pytest.raises(Unsupported) as caught:
        supported(schema, schema)
    assert named in str(caught.value) and str(caught.value).isprintable()


def test_a_schema_that_points_to_itself_ends() -> None:
    tree: Schema = {
        "$ref": "#/$defs/Tree",
        "$defs": {"Tree": {"type": "object", "properties": {"a": {"$ref": "#/$defs/Tree"}}}},
    }
    supported(tree, tree)
    assert wrong({"a": {"a": {}}}, tree, tree) is None
    assert wrong({"a": {"a": 3}}, tree, tree) == "`a.a` must be of the type object"
    circle: Schema = {"$ref": "#/$defs/A", "$defs": {"A": {"allOf": [{"$ref": "#/$defs/A"}]}}}
    with pytest.raises(Unsupported):
        wrong(1, circle, circle)


def test_a_schema_that_doubles_its_work_is_given_up() -> None:
    defs = {f"L{n}": {"anyOf": [{"$ref": f"#/$defs/L{n + 1}"}] * 2} for n in range(40)} | {"L40": {"type": "string"}}
    schema: Schema = {"$ref": "#/$defs/L0", "$defs": defs}
    with pytest.raises(Unsupported, match="too long"):
        wrong(1, schema, schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYWORDS = st.sampled_from(
    "type enum const minimum multipleOf minLength pattern required properties items anyOf allOf $ref $defs".split()
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(KEYWORDS, JSON, max_size=4), JSON)
def test_any_schema_is_understood_or_refused(schema: dict[str, object], value: object) -> None:
    try:
        supported(schema, schema)
        found = wrong(value, schema, schema)
    except Unsupported as error:
        found = str(error)
    assert found is None or found.isprintable()


def test_a_value_of_a_schema_can_be_json() -> None:
    assert wrong(json.loads("1e999"), {"minimum": 1, "multipleOf": 2}, {}) == "the value must be a multiple of 2"
