"""A site's own questions: they are read with the entry that should answer each, counted, and each miss is listed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from appliance.bench.questions import Asked, Engines
from appliance.bench.site import evaluate, read_questions
from appliance.brain.knowledge import Entry, entries
from appliance.config.box import load_settings
from appliance.config.reader import ConfigError
from appliance.config.site import Site, load_site
from appliance.core.ports import PortError
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Words

NOW = datetime(2026, 11, 18, 14, 45)

SITE = """
name: Elm Road Library
persona: {name: Ada, role: the voice of the library, greeting: Welcome.}
facts:
  - {id: card, say: A library card is free., ask: [how do I get a library card, what does a card cost]}
  - {id: printer, say: The printer is on the second floor., ask: [where is the printer, thank you very much]}
opening_hours:
  - {what: the library, hours: {tuesday-friday: "10:00-19:00"}, ask: [when does the library open]}
tools:
  - name: rooms
    python: appliance.tools.appointments:AppointmentBook
    options: {doctors: [{name: Doctor Chen, hours: {monday-friday: "09:00-12:00"}}]}
forms:
  - intent: book
    tool: rooms
    function: book
    ask: [I want an appointment]
    slots:
      - {name: doctor, kind: choice, choices: ["@doctors"], ask: "Which doctor?"}
      - {name: date, kind: date, ask: "On which day?"}
      - {name: time, kind: time, ask: "At what time?"}
      - {name: name, kind: name, ask: "What is your name?"}
    confirm: "{doctor}, {date} at {time}, for {name}. Shall I book it?"
"""


@pytest.fixture
def site(tmp_path: Path) -> Site:
    (tmp_path / "site.yaml").write_text(SITE)
    return load_site(tmp_path / "site.yaml")


@pytest.fixture
def known(site: Site) -> list[Entry]:
    return entries(site, {"doctor": ("Doctor Chen",)})


def test_questions_are_read_with_the_entry_that_answers_them(tmp_path: Path, known: list[Entry]) -> None:
    file = tmp_path / "questions.yaml"
    file.write_text("card: [How do I join]\nthe library: [are you open]\nbook: [a date]\nnothing: [who are you]\n")
    assert read_questions(file, known) == [
        Asked("how do i join", "fact:card"),
        Asked("are you open", "hours:library"),
        Asked("a date", "form:book"),
        Asked("who are you", None),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("crad: [a]\n", ":1: the site has nothing called 'crad'; did you mean 'card'"),
        ("card: [a]\nprinter: where is it\n", ":2: printer: must be a list of questions"),
        ("card: [a]\nprinter: [{a: b}]\n", ":2: printer: must be a list of questions"),
        ("- card\n", ":1: must be a mapping"),
        ("card: [a\n", ": is not YAML"),
        ("", ": is empty"),
    ],
)
def test_a_mistake_is_reported_with_its_line(text: str, told: str, tmp_path: Path, known: list[Entry]) -> None:
    file = tmp_path / "questions.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        read_questions(file, known)
    assert any(told in problem for problem in error.value.problems), error.value.problems


def test_a_file_without_a_question_is_refused(tmp_path: Path, known: list[Entry]) -> None:
    (tmp_path / "none.yaml").write_text("card: []\n")
    with pytest.raises(PortError, match="holds no question"):
        read_questions(tmp_path / "none.yaml", known)


def test_every_miss_is_listed(tmp_path: Path, site: Site, starter: Path) -> None:
    """An answer that is only polite counts as a miss. A task counts as right once it has begun."""
    file = tmp_path / "questions.yaml"
    file.write_text("printer: [where is the printer]\ncard: [purple elephants]\nnothing: [where is the moon]\n")
    figures = evaluate(load_settings(starter), site, file, now=NOW, engines=Engines(Parrot(), Words()))
    assert figures.own.asked == 6
    assert figures.own.right + figures.own.asked_back + figures.own.wrong + figures.own.refused == 6
    (astray,) = [miss for miss in figures.misses if miss.question == "thank you very much"]
    assert astray.wanted == "printer"
    assert not [miss for miss in figures.misses if miss.wanted == "book"]
    assert figures.natural is not None and (figures.natural.asked, figures.natural.absent) == (2, 1)
    lost = [miss for miss in figures.misses if miss.question == "purple elephants"]
    assert [(miss.wanted, miss.how) for miss in lost] == [("card", "no answer")]
    assert all(line in figures.table() for line in lost[0].lines())
    assert [row.n for row in figures.document()][:1] == [6]
