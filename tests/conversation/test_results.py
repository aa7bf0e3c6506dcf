"""What a form says of a tool's data, and what is never said of it."""

from __future__ import annotations

from datetime import datetime

import pytest

from appliance.conversation.forms import Value
from appliance.conversation.results import Unsayable, say
from appliance.language.english import ENGLISH

NOW = datetime(2026, 11, 18, 14, 45)
DAY = Value("2026-11-20", "Friday, November twentieth")


def said(template: str, **data: object) -> str:
    return say(template, {"day": DAY}, data, NOW, ENGLISH)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Alder", "Alder"),
        ("  two\n lines ", "two lines"),
        (205, "205"),
        (2.5, "2.5"),
        (-3, "-3"),
        ("2026-11-27", ENGLISH.dates.say_date(datetime(2026, 11, 27).date(), NOW.date())),
        ("14:30", "half past two"),
        ("14:30:00", "half past two"),
        (["nine", 10, "11:00"], "nine, 10 and eleven o'clock"),
        ("Café Zoë, 5% off (today) for 3 € & more", "Café Zoë, 5% off (today) for 3 € & more"),
    ],
)
def test_a_field_fills_a_place(value: object, words: str) -> None:
    assert said("Room {x}.", x=value) == f"Room {words}."


def test_slots_and_fields_within_fields_fill_places_too() -> None:
    assert said("{day}: room {room.number}.", room={"number": 5}, day="nonsense") == f"{DAY.say}: room 5."
    assert said("nothing named", x="secret") == "Nothing named"


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            False,
            {},
            [],
            "",
            "   ",
            "...",
            "<b>now</b>",
            "**now**",
            "`ls`",
            "[link](x)",
            "{day}",
            "# title",
        ),
        *("a_b", "a|b", "a\\b", "~x~", "http://evil.example", "\x1b[2J", "a\x00b", "a\u202eb", "\ud800", "😀 hello"),
        *("привет", "你好", "x" * 201, 10**15, 1e22, 1e-9, float("inf"), float("nan"), "2026-02-30", "29:99"),
        *(["a", None], ["<b>"], [["a"]], ["a"] * 9, "a=b", "x > y", "\u200bzero"),
    ],
)
def test_what_cannot_or_should_not_be_said_is_refused_by_its_place(value: object) -> None:
    with pytest.raises(Unsayable, match=r"^x$"):
        said("Room {x}.", x=value)


@pytest.mark.parametrize("place", ["y", "x.y", "x.y.z", "x.__class__"])
def test_a_field_that_is_not_there_is_refused(place: str) -> None:
    with pytest.raises(Unsayable):
        said(f"Room {{{place}}}.", x="Alder")
