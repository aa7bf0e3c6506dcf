"""A site as entries."""

from pathlib import Path

import pytest

from appliance.brain.knowledge import EXPANDED, Entry, by_figure, entries
from appliance.config.site import load_site
from appliance.core.facts import ToolResult
from appliance.core.ports import PortError
from appliance.language.english import ENGLISH
from appliance.tools.choices import choices

SITE = load_site(Path(__file__).parents[2] / "appliance" / "sites" / "hospital.yaml")


class Doctors:
    name = "appointments"

    def __init__(self, data: dict[str, object]) -> None:
        self._data = data

    def call(self, function: str, arguments: object) -> ToolResult:
        assert function == "doctors"
        return ToolResult(True, "", self._data)


def test_everything_of_a_site_is_an_entry() -> None:
    found = entries(SITE, {"doctor": ("Doctor Chen",)})
    kinds = [entry.kind for entry in found]
    assert kinds.count("fact") == len(SITE.facts) >= 40
    assert kinds.count("hours") == len(SITE.opening_hours)
    assert kinds.count("form") == len(SITE.forms)
    assert len({entry.id for entry in found}) == len(found)


def test_form_phrases_are_filled() -> None:
    book = next(entry for entry in entries(SITE, {"doctor": ("Doctor Chen",)}) if entry.id == "form:book")
    assert any("Doctor Chen" in ask for ask in book.asks)
    assert not any("{" in ask or "|" in ask for ask in book.asks)
    assert len(book.asks) <= EXPANDED * len(book.form.ask if book.form else ())


def test_choices_come_from_the_tool() -> None:
    assert choices(SITE, {"appointments": Doctors({"choices": ["Doctor Chen"]})}) == {"doctor": ("Doctor Chen",)}


def test_a_tool_without_choices_is_named() -> None:
    with pytest.raises(PortError, match="appointments"):
        choices(SITE, {"appointments": Doctors({})})


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("where is room 205", "a"),
        ("where is room two oh five", "a"),
        ("what is in room 14", "b"),
        ("where is room 999", None),
        ("is there room for 205 people", None),
        ("who is on the second floor", None),
        ("where is desk two", None),
    ],
)
def test_a_numbered_thing_is_found_by_its_number(question: str, found: str | None) -> None:
    known = [
        Entry("a", "fact", "The heart clinic is in room 205 on the second floor.", ()),
        Entry("b", "fact", "Blood is taken in room 14.", ()),
        Entry("c", "fact", "Sign in at desk two.", ()),
        Entry("d", "fact", "Pay at desk two.", ()),
    ]
    hit = by_figure(known, question, ENGLISH)
    assert (hit.id if hit else None) == found
