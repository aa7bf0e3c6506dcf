"""The evaluation's own parts, and a scripted visitor on a real responder."""

from pathlib import Path

import pytest
import yaml

from appliance.bench.questions import Asked, Engines, Rig, ask_all, clear
from appliance.bench.workbench.brain import NOW, evaluate, hold, hold_dialogues
from appliance.bench.workbench.corruption import Mishearing
from appliance.bench.workbench.material import QUESTIONS, read
from appliance.brain.knowledge import entries
from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings
from appliance.core.facts import Transcript
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Words


def test_there_are_enough_held_out_questions_and_dialogues() -> None:
    sheets = [read(name, "test") for name in ("hospital", "museum")]
    assert sum(asked.entry is not None for sheet in sheets for asked in sheet.asked) >= 200
    assert sum(asked.entry is None for sheet in sheets for asked in sheet.asked) >= 50
    dialogues = yaml.safe_load((QUESTIONS / "bookings.yaml").read_text(encoding="utf-8"))
    assert len(dialogues["test"]) >= 60


@pytest.mark.parametrize("name", ["hospital", "museum"])
@pytest.mark.parametrize("half", ["dev", "test"])
def test_every_question_names_the_entry_that_it_is_about(name: str, half: str) -> None:
    sheet = read(name, "dev" if half == "dev" else "test")
    known = {entry.id for entry in entries(sheet.site, {})}
    assert {asked.entry for asked in sheet.asked if asked.entry} <= known
    assert all(isinstance(word, str) for asked in sheet.asked for word in asked.say)


def test_the_halves_do_not_overlap() -> None:
    dev, test = ({asked.text for asked in read("hospital", half).asked} for half in ("dev", "test"))
    assert dev & test == set()


def test_mishearing_is_repeatable_and_changes_a_fifth_of_the_words() -> None:
    sentences = [asked.text for asked in read("hospital", "test").asked]
    once, again = ([mishear(s) for s in sentences] for mishear in (Mishearing(3), Mishearing(3)))
    assert once == again
    total = sum(len(s.split()) for s in sentences)
    kept = sum(len(set(s.split()) & set(m.split())) for s, m in zip(sentences, once, strict=True))
    assert 0.10 < 1 - kept / total < 0.30


def test_mishearing_returns_how_many_words_it_changed() -> None:
    assert Mishearing(3, rate=0.0).hear("where is the lift") == ("where is the lift", 0.0)
    shares = [Mishearing(seed).hear("where is the lift")[1] for seed in (1, 2, 3, 4)]
    assert set(shares) <= {0.0, 0.25, 0.5, 0.75} and max(shares) > 0


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return Rig.open(read("hospital", "dev").site, Engines(Parrot(), Words()), tmp_path_factory.mktemp("rig"), NOW)


PARKING = Asked("where can i leave my car", "fact:parking")
CLINIC = Asked("where is the skin clinic", None)
CAFE = Asked("is the cafe open now", "hours:cafe")


@pytest.mark.parametrize(
    ("asked", "heard", "counted"),
    [
        (PARKING, [clear("where can i leave my car")], {"right": 1}),
        # The question was understood the second time.
        (
            PARKING,
            [Transcript("where is the dentist", 0.3, "x"), clear("where can i leave my car")],
            {"asked_back": 1, "repeats": 1},
        ),
        (
            PARKING,
            [Transcript("where is the dentist", 0.3, "x"), clear("purple elephants")],
            {"refused": 1, "repeats": 1},
        ),
        # Without a visitor the question cannot be said once more.
        (PARKING, [Transcript("where is the dentist", 0.3, "x")], {"refused": 1}),
        (PARKING, [clear("what is the password of the wifi")], {"wrong": 1}),
        # An answer about one moment has few of the words of the week's sentence.
        (CAFE, [clear("is the cafe open now")], {"right": 1}),
        (CAFE, [clear("is the pharmacy open now")], {"wrong": 1}),
        (CLINIC, [clear("where is the dentist")], {"absent_refused": 1}),
        (CLINIC, [clear("what is the password of the wifi")], {"absent_refused": 0}),
    ],
)
def test_how_answers_are_counted(rig: Rig, asked: Asked, heard: list[Transcript], counted: dict[str, int]) -> None:
    answers = ask_all(rig, [asked], [heard])
    counts = ("right", "wrong", "refused", "absent_refused", "asked_back", "repeats")
    assert {name: getattr(answers, name) for name in counts} == {**dict.fromkeys(counts, 0), **counted}
    assert (answers.asked, answers.absent) == ((1, 0) if asked.entry else (0, 1))


def test_a_scripted_visitor_books(tmp_path: Path) -> None:
    rig = Rig.open(read("hospital", "dev").site, Engines(Parrot(), Words()), tmp_path, NOW)
    script = {
        "open": "i would like an appointment with doctor chen",
        "date": "on tuesday",
        "time": ["at ten"],
        "name": "maria lopez",
        "confirm": ["no at eleven", "yes"],
    }
    _, held = hold(rig, script, tmp_path)
    assert held == ["Chen 2026-11-24 11:00 Maria Lopez"]


def test_most_development_dialogues_succeed_with_a_retrieval_that_counts_words(tmp_path: Path) -> None:
    dialogues = hold_dialogues(Engines(Parrot(), Words()), "dev", tmp_path)
    assert dialogues.completed >= dialogues.held - 2, dialogues.lost


def test_a_short_evaluation_completes(tmp_path: Path) -> None:
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
