"""What a server offers: its pins, how it differs from them, and the drafts for a site file."""

from __future__ import annotations

import dataclasses
import json

import pytest
import yaml

from appliance.tools.mcp import drafts
from appliance.tools.mcp.functions import Function, NotAFunction, differences, read
from appliance.tools.mcp.schemas import Unsupported
from tests.tools.mcp.rooms import BOOK, FREE

BOOKING = read(BOOK)
ECHO = read({"name": "echo", "inputSchema": FREE, "annotations": {"readOnlyHint": True, "title": "Echo"}})


def test_a_pin_is_of_the_schemas_and_not_of_the_order_of_their_keys() -> None:
    turned = json.loads(json.dumps(BOOK["inputSchema"], sort_keys=True))
    assert read({**BOOK, "inputSchema": turned}).pin == BOOKING.pin
    assert read({**BOOK, "description": "other"}).pin == BOOKING.pin
    assert dataclasses.replace(BOOKING, answers=None).pin != BOOKING.pin
    changed = {**turned, "properties": {**turned["properties"], "day": {"type": "string"}}}
    assert read({**BOOK, "inputSchema": changed}).pin != BOOKING.pin


def test_differences_are_named() -> None:
    pinned = {"book_room": BOOKING.pin, "echo": ECHO.pin}
    assert not list(differences(pinned, [ECHO, BOOKING])), "the order is no difference"
    assert not list(differences({"echo": ECHO.pin}, [ECHO, BOOKING])), "what is not pinned cannot be called"
    other = dataclasses.replace(ECHO, takes={})
    missing, changed = differences(pinned, [other])
    assert missing == "'book_room' is pinned, and the server does not offer it; it offers echo"
    assert changed == f"'echo' has another schema than the pinned one: {other.pin} instead of {ECHO.pin}"


@pytest.mark.parametrize(
    "entry",
    [
        *(3, {}, {"name": "x"}, {"name": "", "inputSchema": {}}, {"name": "a\nb", "inputSchema": {}}),
        {"name": "x" * 129, "inputSchema": {}},
        {"name": "x", "inputSchema": []},
        {"name": "x", "inputSchema": {}, "outputSchema": 3},
    ],
)
def test_something_else_is_no_function(entry: object) -> None:
    with pytest.raises(NotAFunction):
        read(entry)


def test_a_signature_has_the_arguments_and_the_fields_of_every_answer() -> None:
    signature = BOOKING.signature({"with a projector": True})
    assert {name: argument.needed for name, argument in signature.arguments.items()} == {
        **{"day": True, "people": True, "kind": False, "projector": False},
    }
    assert signature.answers == frozenset({"room", "day"})
    assert signature.arguments["projector"].accepts("with a projector")
    assert not signature.arguments["projector"].accepts("without a projector")
    assert ECHO.signature({}).answers is None


@pytest.mark.parametrize(
    ("schema", "named"),
    [
        ({"type": "object", "anyOf": [{"required": ["a"]}]}, "`anyOf` for all arguments"),
        ({"type": "object", "dependentRequired": {}}, "`dependentRequired`"),
        ({"type": "object", "properties": [], "required": []}, "`properties`"),
    ],
)
def test_a_function_of_which_no_call_can_be_made_is_refused(schema: object, named: str) -> None:
    with pytest.raises(Unsupported, match=named):
        read({"name": "x", "inputSchema": schema}).signature({})


def test_an_argument_whose_name_no_slot_can_have_is_left_out() -> None:
    function = read({"name": "x", "inputSchema": {"properties": {"room-type": {}, "floor": {}}}})
    assert function.signature({}).arguments["room-type"].problem == "no slot can have that name"
    lines = drafts.form("rooms", function, {})
    assert "    # left out: room-type, because no slot can have that name" in lines
    assert [slot["name"] for slot in yaml.safe_load("\n".join(lines))[0]["slots"]] == ["floor"]


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_form_is_drafted() -> None:
    (form,) = yaml.safe_load("\n".join(drafts.form("rooms", BOOKING, {})))
    assert (form["tool"], form["function"], form["ask"]) == ("rooms", "book_room", ["book a room"])
    assert form["slots"] == [
        {"name": "day", "ask": "Day?", "kind": "date"},
        {"name": "people", "ask": "How many people come?", "kind": "number"},
        {
            **{"name": "kind", "ask": "Kind of room?", "kind": "choice"},
            **{"choices": ["meeting room", "quiet room"], "optional": True},
        },
        {
            **{"name": "projector", "ask": "Projector?", "kind": "choice"},
            **{"choices": ["with projector", "without projector"], "optional": True},
        },
    ]
    assert form["confirm"] == "Book a room: day {day}, people {people}. Is that right?"
    assert form["say"] == "day {day}, room {room}"


def test_a_look_up_is_not_confirmed() -> None:
    (form,) = yaml.safe_load("\n".join(drafts.form("rooms", ECHO, {})))
    assert "confirm" not in form and form["say"] == "Echo: {text}"
    assert form["slots"] == [{"name": "x", "ask": "X?", "kind": "text", "optional": True}]


HOSTILE = '"}\n  - {evil: true} # \x1b[2J \u202e\ud800 ' + "x" * 500


def test_texts_of_a_server_cannot_leave_their_place_in_a_draft() -> None:
    schema = {"properties": {"a": {"title": HOSTILE, "description": HOSTILE, "enum": [HOSTILE, "b"]}}, "required": []}
    function = Function("no", schema, None, HOSTILE, HOSTILE, False)
    lines = drafts.form("rooms", function, {})
    assert all(line.isprintable() for line in lines)
    (form,) = yaml.safe_load("\n".join(lines))
    assert set(form) == {"intent", "tool", "function", "ask", "slots", "confirm", "say", "refused"}
    assert form["function"] == "no", "YAML would take it for false"
    pinned = yaml.safe_load("\n".join(drafts.pins([function, BOOKING])))
    assert pinned == {"no": function.pin, "book_room": BOOKING.pin}
