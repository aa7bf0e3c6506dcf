"""The evaluation's own parts, and a scripted visitor on a real host."""

from pathlib import Path

import pytest
import yaml

from appliance.config import BrainSettings, EarSettings, Settings, VoiceSettings
from appliance.evaluation.brain import Engines, Rig, evaluate, hold, hold_dialogues
from appliance.evaluation.corruption import Mishearing
from appliance.evaluation.material import QUESTIONS, read
from appliance.knowledge import entries
from tests.services.test_retrieval import Words
from tests.stages.test_host import Parrot


def test_there_are_enough_held_out_questions_and_dialogues() -> None:
    sheets = [read(name, "test") for name in ("hospital", "museum")]
    assert sum(asked.entry is not None for sheet in sheets for asked in sheet.asked) >= 200
    assert sum(asked.entry is None for sheet in sheets for asked in sheet.asked) >= 50
    dialogues = yaml.safe_load((QUESTIONS / "bookings.yaml").read_text(encoding="utf-8"))
    assert len(dialogues["test"]) >= 60


@pytest.mark.parametrize("name", ["hospital", "museum"])
@pytest.mark.parametrize("half", ["dev", "test"])
def test_every_question_is_about_something(name: str, half: str) -> None:
    sheet = read(name, "dev" if half == "dev" else "test")
    known = {entry.id for entry in entries(sheet.site, {})}
    assert {asked.entry for asked in sheet.asked if asked.entry} <= known
    assert all(isinstance(word, str) for asked in sheet.asked for word in asked.say)


def test_the_halves_do_not_overlap() -> None:
    dev, test = ({asked.text for asked in read("hospital", half).asked} for half in ("dev", "test"))
    assert dev & test == set()


def test_mishearing_is_repeatable_and_hits_a_fifth_of_the_words() -> None:
    sentences = [asked.text for asked in read("hospital", "test").asked]
    once, again = ([mishear(s) for s in sentences] for mishear in (Mishearing(3), Mishearing(3)))
    assert once == again
    total = sum(len(s.split()) for s in sentences)
    kept = sum(len(set(s.split()) & set(m.split())) for s, m in zip(sentences, once, strict=True))
    assert 0.10 < 1 - kept / total < 0.30


def test_a_scripted_visitor_books(tmp_path: Path) -> None:
    rig = Rig(read("hospital", "dev").site, Engines(Parrot(), Words()), tmp_path)
    script = {
        "open": "i would like an appointment with doctor chen",
        "date": "on tuesday",
        "time": ["at ten"],
        "name": "maria lopez",
        "confirm": ["no at eleven", "yes"],
    }
    _, held = hold(rig, script, tmp_path)
    assert held == ["Chen 2026-11-24 11:00 Maria Lopez"]


def test_most_development_dialogues_come_out_even_where_words_are_only_counted(tmp_path: Path) -> None:
    dialogues = hold_dialogues(Engines(Parrot(), Words()), "dev", tmp_path)
    assert dialogues.completed >= dialogues.held - 2, dialogues.lost


def test_a_short_evaluation_runs_through(tmp_path: Path) -> None:
    settings = Settings(
        site=tmp_path,
        ear=EarSettings(),
        brain=BrainSettings(tmp_path),
        voice=VoiceSettings(tmp_path),
    )
    figures = evaluate(settings, None, tmp_path, limit=3, half="dev", engines=Engines(Parrot(), Words()))
    assert (figures.clean.asked, figures.dialogues.held, figures.first_token.turns) == (3, 3, 30)
    assert figures.clean.right + figures.clean.asked_back + figures.clean.wrong + figures.clean.refused == 3
    assert "booking dialogues completed exactly" in figures.table()
