"""A draft holds what the documents say, with its place, and lists what it left out."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from appliance.authoring.agreement import pairs
from appliance.authoring.documents import Block, Source, read
from appliance.authoring.draft import Draft, draft
from appliance.authoring.model_drafts import asks_only, enriched, states_the_same
from appliance.authoring.site_text import site_text
from appliance.brain.knowledge import entries
from appliance.cli.check import check_site
from appliance.config.site import load_site
from appliance.core.facts import Message
from appliance.language.english import ENGLISH
from tests.brain.test_responder import Parrot

LEAFLET = """# Elm Road Library

Welcome to the library.

## Opening hours

Tuesday to Friday: 10 am - 7 pm
Saturday: 10-16

## Good to know

- The children's room is on the first floor.
- Books can be kept for three weeks. They can be renewed twice.
- See https://example.org for more.

| Service | Price |
|---|---|
| Copy | $0.10 |
| Lost card | $2 |

### Can I bring a coffee?

Yes, in a closed cup.

Phone: 555 0123
"""


@pytest.fixture
def leaflet(tmp_path: Path) -> Draft:
    (tmp_path / "library.md").write_text(LEAFLET)
    return draft(read(tmp_path / "library.md"), ENGLISH)


def test_facts_are_taken_with_their_place(leaflet: Draft) -> None:
    assert [(fact.say, fact.sources[0].place) for fact in leaflet.facts] == [
        ("The children's room is on the first floor.", "line 12"),
        ("Books can be kept for three weeks. They can be renewed twice.", "line 13"),
        ("The copy costs $0.10.", "line 18"),
        ("The lost card costs $2.", "line 19"),
        ("Yes, in a closed cup.", "line 23"),
        ("The phone number is 555 0123.", "line 25"),
    ]
    assert leaflet.title == "Elm Road Library"


def test_hours_are_taken_of_the_place_that_the_title_names(leaflet: Draft) -> None:
    (hours,) = leaflet.hours
    assert (hours.what, hours.hours) == (
        "the library",
        {"monday": "closed", "tuesday-friday": "10:00-19:00", "saturday": "10:00-16:00", "sunday": "closed"},
    )
    assert "when are you open" in hours.ask


def test_questions_are_those_of_the_document_and_of_the_rules(leaflet: Draft) -> None:
    asks = {fact.say: fact.ask for fact in leaflet.facts}
    assert asks["Yes, in a closed cup."][0] == "Can I bring a coffee"
    assert "where is the children's room" in asks["The children's room is on the first floor."]
    assert "how much is the lost card" in asks["The lost card costs $2."]


def test_what_is_left_out_is_listed_with_the_reason(leaflet: Draft) -> None:
    assert [(left.source.place, left.why) for left in leaflet.left_out] == [
        ("line 3", "no sentence that tells a visitor something"),
        ("line 14", "an address of the web cannot be said"),
    ]


def test_the_site_file_passes_the_check_and_marks_every_entry(leaflet: Draft, tmp_path: Path) -> None:
    text = site_text(leaflet, [], "cloister check")
    (tmp_path / "site.yaml").write_text(text)
    site = load_site(tmp_path / "site.yaml")
    assert not [finding for finding in check_site(tmp_path / "site.yaml", site) if finding.verdict == "fail"]
    assert text.count("# approve: from library.md, line") == len(site.facts) + len(site.opening_hours)
    assert len([entry for entry in entries(site, {}) if entry.kind != "talk"]) == 7
    part = yaml.safe_load(site_text(leaflet, [], "cloister check", part=True))
    assert set(part) == {"facts", "opening_hours"}


def test_a_table_of_days_has_hours_of_several_places(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Day,Pool,Sauna\nMonday,closed,closed\nTue-Sun,9-18,14-20\n")
    hours = {found.what: found.hours for found in draft(read(tmp_path / "a.csv"), ENGLISH).hours}
    assert hours == {
        "the pool": {"monday": "closed", "tuesday-sunday": "09:00-18:00"},
        "the sauna": {"monday": "closed", "tuesday-sunday": "14:00-20:00"},
    }


def test_a_table_of_rooms_is_a_fact_a_cell(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Department,Room,Floor,Phone\nRadiology,12,1,555 0100\n")
    assert [fact.say for fact in draft(read(tmp_path / "a.csv"), ENGLISH).facts] == [
        "The radiology department is in room 12.",
        "The radiology department is on floor 1.",
        "The phone number of Radiology is 555 0100.",
    ]


def test_hours_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("The shop\n\nMon-Fri 9-17\n\nMonday 10-12\n")
    found = draft(read(tmp_path / "a.md"), ENGLISH)
    assert found.hours[0].hours["monday-friday"] == "09:00-17:00"
    assert found.left_out[0].why == "contradicts a.md, line 3: 09:00-17:00"


@pytest.mark.parametrize("line", ["Christmas Day: closed", "December 24: 9-12 am", "Holidays: closed"])
def test_a_day_that_differs_is_left_to_the_person(line: str) -> None:
    found = draft([Block("text", line, Source("a.md", "line 1"))], ENGLISH)
    assert found.hours == ()
    assert found.left_out[0].why == "seems to be a day that differs: put it in `exceptions`"


@pytest.mark.parametrize(
    ("first", "second", "kind"),
    [
        ("The car park costs two dollars an hour.", "The car park costs three dollars an hour.", "contradiction"),
        ("The car park costs $2 an hour.", "The car park costs two dollars an hour.", "duplicate"),
        ("The sauna is on the roof.", "The sauna is on the roof!", "duplicate"),
        ("Dogs are allowed.", "Dogs are not allowed.", "contradiction"),
        ("The story hour is on Monday.", "The story hour is on Friday.", "contradiction"),
        ("The cafe is on the first floor.", "The chapel is on the first floor.", None),
        ("The adult ticket costs $6.", "The child ticket costs $3.", None),
    ],
)
def test_two_facts_that_say_the_same_are_named(first: str, second: str, kind: str | None) -> None:
    blocks = [Block("text", text, Source(file, "line 1")) for text, file in ((first, "a.md"), (second, "b.md"))]
    found = list(pairs(draft(blocks, ENGLISH).facts, ENGLISH))
    assert [pair.kind for pair in found] == ([kind] if kind else [])
    assert all("b.md, line 1" in str(pair) and "a.md, line 1" in str(pair) for pair in found)


def test_a_question_that_two_facts_share_is_left_to_neither() -> None:
    blocks = [
        Block("text", "The sauna costs $5.", Source("a.md", "line 1"), 1),
        Block("text", "The sauna costs $5 on Mondays.", Source("a.md", "line 2"), 2),
    ]
    facts = draft(blocks, ENGLISH).facts
    assert not set(facts[0].ask) & set(facts[1].ask)


_FRAGMENTS = [
    *"""? ! . : ; -- ( ) [x] {x} | Где что 何時 Ω é İ \u202e \x07 The pool Pool is in costs $2 Price Room 12 9 9-12
    10-14 9:00-9:00 20:00-02:00 01:00-03:00 9am 24:00 Mon Tue-Fri Monday Sunday daily closed December null true - # Q:
    A: www.a.com you can must please""".split(),
    "x" * 300,
    "long " * 250,
    "x" * 2100,
]

_TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=60),
    st.lists(st.sampled_from(_FRAGMENTS), max_size=8).map(" ".join),
)


@st.composite
def _blocks(draw: st.DrawFn) -> list[Block]:
    blocks = []
    for number in range(draw(st.integers(0, 6))):
        kind = draw(st.sampled_from(["heading", "text", "row"]))
        cells = tuple(draw(st.lists(_TEXTS, max_size=3))) if kind == "row" else ()
        header = tuple(draw(st.lists(_TEXTS | st.sampled_from(["Item", "Price", "Day", "Room"]), max_size=3)))
        text = draw(_TEXTS) if kind != "row" else ", ".join(cells)
        source = Source(draw(st.sampled_from(["a.md", "b\n.md", "\udc80.txt"])), f"line {number}")
        blocks.append(Block(kind, " ".join(text.split()), source, number // 3, cells, header))  # type: ignore[arg-type]
    return blocks


def _texts(*texts: str) -> list[Block]:
    return [Block("text", text, Source("a.md", f"line {n}"), 1) for n, text in enumerate(texts, 1)]


@given(_blocks())
@example([Block("heading", "?", Source("a.md", "line 1")), *_texts("The pool is in the basement.")])
@example(_texts("Где вход?", "The pool is in the basement."))
@example(_texts("--: ;;"))
@example([Block("heading", "Pool " * 500, Source("a.md", "line 1"))])
@example(_texts("open " * 250 + "?", "The pool is in the basement."))
@example(_texts(*["The pool is in the " + "x" * 900 + "."] * 3))
@example(_texts("Pool: 9-12, 10-14"))
@example(_texts("Pool: 9:00-9:00"))
@example(_texts("Monday: 20:00-02:00", "Tuesday: 01:00-03:00"))
@example(_texts("x" * 2100 + ": daily 9-12"))
@example([Block("text", "The pool is in the basement.", Source("b\n.md", "line 1"))])
@settings(max_examples=60, deadline=None)
def test_any_text_gives_a_site_file_that_loads(blocks: list[Block]) -> None:
    found = draft(blocks, ENGLISH)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.yaml"
        path.write_text(site_text(found, [], "x"), encoding="utf-8")
        load_site(path)


def test_hours_that_a_site_cannot_have_are_left_out_with_the_reason() -> None:
    found = draft(_texts("Monday: 20:00-02:00", "Tuesday: 01:00-03:00", "Friday: 9-12, 10-14"), ENGLISH)
    assert [hours.hours for hours in found.hours] == [{"monday": "20:00-02:00", "tuesday-sunday": "closed"}]
    assert [(left.source.place, left.why) for left in found.left_out] == [
        ("line 2", "monday goes over midnight until 02:00, and tuesday opens before that"),
        ("line 3", "'09:00-12:00, 10:00-14:00' holds spans that overlap"),
    ]


# --- a model's drafts -------------------------------------------------------------------------------------------------


class Writer(Parrot):
    """A model that answers each prompt by what it asks for."""

    def generate(self, messages, turn, **_):
        (last,) = messages[-1:]
        assert isinstance(last, Message)
        if "questions" in last.content:
            return iter(["1. What do I pay for a copy?\n2. Is it twenty cents?\n- what do i pay for a copy\n\nok"])
        return iter(["A copy costs $0.10." if "$0.10" in last.content else "It is free."])


def test_what_a_model_drafts_is_taken_only_where_it_holds(leaflet: Draft) -> None:
    found, refused = enriched(leaflet, Writer(), ENGLISH)
    copy = next(fact for fact in found.facts if "copy" in fact.say)
    assert copy.simple == "A copy costs $0.10."
    assert not any("twenty" in question for fact in found.facts for question in fact.ask)
    assert not any(fact.simple for fact in found.facts if fact is not copy)
    assert refused.sentences == len(found.facts) - 1


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("how much is a copy", True),
        ("is it ten cents", True),
        ("is it twenty cents", False),
        ("when is it open", False),
        ("copy", False),
        ("which (color) is it", False),
        ("is there one here", True),
    ],
)
def test_a_question_holds_no_figure_of_its_own(question: str, holds: bool) -> None:
    assert asks_only(question, "A copy costs ten cents.", ENGLISH) is holds


@pytest.mark.parametrize(
    ("simple", "holds"),
    [
        ("A copy costs ten cents.", True),
        ("A copy is free.", False),
        ("A copy costs twenty cents.", False),
        ("A printed copy of a page costs ten cents in black and white.", False),
        ("", False),
    ],
)
def test_a_simpler_sentence_says_nothing_else(simple: str, holds: bool) -> None:
    assert (
        states_the_same(simple, "A printed copy of a page costs ten cents in black and white.", ENGLISH)
        is (holds and "white" in simple)
        or holds
    )
