"""A site as entries."""

from pathlib import Path

import pytest

from appliance.brain.knowledge import EXPANDED, Entry, entries, holding, names_place
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
        ("where is room 999", ""),
        ("is there room for 205 people", ""),
        ("who is on the second floor", ""),
        ("where is desk two", "cd"),
        ("what is on the second floor", "ae"),
        ("and the 2nd floor", "ae"),
        ("third floor please", ""),
        ("how do i get to the second floor", ""),
        ("where is the second floor", ""),
        ("where does the yellow line go", "e"),
        ("where does the blue line lead to", ""),
        ("where do i go with the yellow line", "e"),
        ("follow the yellow line and then what", ""),
        ("what is at desk number two", "cd"),
    ],
)
def test_a_numbered_thing_is_found_by_its_number(question: str, found: str) -> None:
    known = [
        Entry("a", "fact", "The heart clinic is in room 205 on the second floor.", ()),
        Entry("b", "fact", "Blood is taken in room 14.", ()),
        Entry("c", "fact", "Sign in at desk two.", ()),
        Entry("d", "fact", "Pay at desk two.", ()),
        Entry("e", "fact", "X-ray is on the second floor. Follow the yellow line.", ()),
    ]
    assert "".join(entry.id for entry in holding(known, question, ENGLISH)) == found


@pytest.mark.parametrize(
    ("question", "say", "names"),
    [
        ("where is room 412", "The heart clinic is in room 205.", False),
        ("where is room 205", "The heart clinic is in room 205.", True),
        ("where is room 210", "Rooms 200 to 220 are on the second floor.", True),
        ("where does the blue line go", "Follow the red line.", False),
        ("and in hall seven", "The sea paintings are in hall 7.", True),
        ("and in hall five", "The sea paintings are in hall 7.", False),
        ("what is on the sixth floor", "The lifts are in the main hall.", False),
        ("how do i get to the sixth floor", "The lifts are in the main hall.", True),
        ("where is the pharmacy", "The heart clinic is in room 205.", True),
        ("where does bus 12 stop", "The bus stops at the main entrance.", True),
    ],
)
def test_what_is_at_a_place_is_told_by_what_names_it(question: str, say: str, names: bool) -> None:
    assert names_place(Entry("a", "fact", say, ()), question, ENGLISH) == names
