"""A site as entries."""

from pathlib import Path

import pytest

from appliance.config import load_site
from appliance.knowledge import EXPANDED, choices, entries
from appliance.messages import ToolResult
from appliance.ports import PortError

SITE = load_site(Path(__file__).parents[1] / "appliance" / "sites" / "hospital.yaml")


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
