"""Conversations: the sheets, a visitor with a real responder, and what is counted and shown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import pytest
import yaml

from appliance.bench.questions import Engines, Rig
from appliance.bench.workbench import conversation, conversation_sheet
from appliance.bench.workbench.brain import NOW
from appliance.bench.workbench.conversation import ConversationFigures, RouteFigures, count, evaluate, hold, transcript
from appliance.bench.workbench.conversation_journal import Exchange, Judged
from appliance.bench.workbench.conversation_judge import Given, Grade, judge
from appliance.bench.workbench.conversation_sheet import KINDS, SHEETS, Line, Want, read
from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings
from appliance.core.facts import Outcome
from appliance.core.ports import PortError
from tests.bench.workbench.test_spoken import Told
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Words

Half = Literal["dev", "test"]
HALVES: tuple[Half, ...] = ("dev", "test")
SETTINGS = Settings(site=Path(), ear=EarSettings(), brain=BrainSettings(Path()), voice=VoiceSettings(Path()))


def test_there_are_enough_conversations_and_half_of_them_are_held_out() -> None:
    sizes = {half: sum(len(read(name, half).conversations) for name in SHEETS) for half in HALVES}
    assert sum(sizes.values()) >= 150
    assert abs(sizes["dev"] - sizes["test"]) <= 5
    for name in SHEETS:
        for half in HALVES:
            assert all(2 <= len(lines) <= 6 for lines in read(name, half).conversations)


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", SHEETS)
def test_every_kind_occurs_in_each_half_of_each_site(name: str, half: Half) -> None:
    kinds = Counter(line.kind for lines in read(name, half).conversations for line in lines)
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 2
    assert max(kinds.values()) <= 0.25 * kinds.total()


def test_the_halves_share_no_line_but_yes_and_the_like() -> None:
    dev, test = (
        {line.text for name in SHEETS for lines in read(name, half).conversations for line in lines} for half in HALVES
    )
    assert all(len(text.split()) <= 4 for text in dev & test)


def test_the_conversations_of_the_first_comparison_are_all_there() -> None:
    assert len(read("real_models", "dev").conversations) == 42
    assert not read("real_models", "test").conversations


@pytest.mark.parametrize(
    ("turn", "wrong"),
    [
        ({"openning": "where is it", "rests": "parking"}, "no kind 'openning'"),
        ({"opening": "where is it"}, "says nothing of the reply"),
        ({"opening": "where is it", "rest": "parking"}, "no field 'rest'"),
        ({"opening": "where is it", "rests": "garage"}, "no entry 'garage'"),
        ({"opening": "where is it", "rests": "parking", "say": 12}, "12 must be in quotes"),
        ({"booking": True, "is": "done"}, "True must be in quotes"),
        ({"booking": "yes", "is": "finished"}, "'finished' is none of unknown"),
        ({"comparison": "which", "rests": "parking", "compare": ["nicer", "a", "b"]}, "'nicer' is none of cheaper"),
        ({"conversation": "simpler please", "rests": "parking", "differs": "changed"}, "needs words to look for"),
    ],
)
def test_a_mistake_in_a_sheet_is_named(
    turn: dict[str, object], wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = (conversation_sheet.FOLDER / "town_hall_site.yaml").as_posix()
    (tmp_path / "x.yaml").write_text(yaml.safe_dump({"site": site, "dev": [[turn]]}, sort_keys=False))
    monkeypatch.setattr(conversation_sheet, "FOLDER", tmp_path)
    with pytest.raises(PortError, match=r"x.yaml: conversation 1 of dev: .*") as raised:
        read("x", "dev")
    assert wrong in str(raised.value)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    return Rig.open(read("hospital", "dev").site, Engines(Parrot(), Words()), tmp_path_factory.mktemp("rig"), NOW)


PARKING = Want(rests=("fact:parking",), say=("behind",))


def held(rig: Rig, *lines: Line) -> list[Judged]:
    return list(hold(rig, lines, read("hospital", "dev").entries))


def test_a_conversation_is_held_and_each_line_is_judged(rig: Rig, tmp_path: Path) -> None:
    judged = held(
        rig.emptied(tmp_path),
        Line("opening", "where can i park", (PARKING,)),
        Line("conversation", "say that again please", (Want(act="repeat"),)),
        Line("booking", "i would like an appointment with doctor chen", (Want(act="ask date"),)),
        Line("booking", "on monday", (Want(act="ask time"),)),
        Line("booking", "where can i park", (PARKING,)),
        Line("booking", "at ten", (Want(act="ask name"),)),
        Line("booking", "never mind", (Want(act="dropped"),)),
        Line("opening", "where can i park", (Want(rests=("fact:taxi",), say=("taxis",)),)),
    )
    assert [one.grade for one in judged] == [*["right"] * 7, "wrong"]
    assert all(len(one.exchanges) == 1 and not one.suggested for one in judged)


class Asking:
    """A rig whose replies are given."""

    def __init__(self, *replies: tuple[str, Outcome]) -> None:
        self.replies = list(replies)
        self.heard: list[str] = []
        self.expecting = None

    def begin(self) -> None: ...

    def reply(self, heard: object, history: object, *, prefilled: bool) -> tuple[str, Outcome]:
        self.heard.append(getattr(heard, "text", ""))
        return self.replies.pop(0)


BACK = ("Did you mean: where can I park?", Outcome(kind="confirm", facts=("fact:parking",)))
ELSEWHERE = ("Did you mean: where is a taxi?", Outcome(kind="confirm", facts=("fact:taxi",)))
ANSWER = ("It is behind the hospital.", Outcome(facts=("fact:parking",)))
DO_NOT_KNOW = ("I don't know that.", Outcome(kind="unknown"))
AGAIN = ("Sorry, I did not catch that.", Outcome(kind="reprompt"))
NOT_HERE = Want(act="unknown")


@pytest.mark.parametrize(
    ("want", "replies", "heard", "grade"),
    [
        (PARKING, [ANSWER], [], "right"),
        (PARKING, [BACK, ANSWER], ["yes"], "partly"),
        (PARKING, [ELSEWHERE, BACK, ANSWER], ["no", "yes"], "partly"),
        (PARKING, [ELSEWHERE, DO_NOT_KNOW], ["no"], "asked back"),
        (PARKING, [ELSEWHERE, ("Taxis wait outside.", Outcome(facts=("fact:taxi",)))], ["no"], "wrong"),
        (PARKING, [AGAIN, ANSWER], ["i have a car"], "partly"),
        (PARKING, [AGAIN, AGAIN], ["i have a car"], "asked back"),
        # It asks for ever.
        (PARKING, [ELSEWHERE] * 4, ["no"] * 3, "asked back"),
        (PARKING, [DO_NOT_KNOW], [], "refused"),
        # A guess about something that the site does not know is in vain, even where it gives up in the end.
        (NOT_HERE, [DO_NOT_KNOW], [], "right"),
        (NOT_HERE, [ELSEWHERE, DO_NOT_KNOW], ["no"], "asked back"),
        (NOT_HERE, [ELSEWHERE, ANSWER], ["no"], "wrong"),
        (Want(asks=("fact:parking",)), [BACK, ANSWER], ["yes"], "right"),
    ],
)
def test_a_right_reply_after_a_question_back_is_partly_right(
    want: Want, replies: list[tuple[str, Outcome]], heard: list[str], grade: Grade
) -> None:
    rig = Asking(*replies)
    line = Line("indirect", "i have a car", (want,))
    entries = {"fact:parking": "It is behind the hospital."}
    (judged,) = hold(rig, [line], entries)  # type: ignore[arg-type]
    assert rig.heard == ["i have a car", *heard]
    assert judged.grade == grade
    assert judged.suggested == min(len(heard), sum(outcome.kind == "confirm" for _, outcome in replies))


def test_a_line_of_a_form_means_its_beginning() -> None:
    assert Line("booking", "", (Want(act="ask date"),)).means(["form:book"])
    assert not Line("opening", "", (PARKING,)).means(["form:book"])


def test_nobody_means_an_entry_who_asks_for_what_the_site_does_not_know() -> None:
    assert not Line("judgement", "", (Want(act="unknown"), PARKING)).means(["fact:parking"])


def one(kind: Literal["opening", "absent"], grade: Grade, exchanges: int = 1) -> Judged:
    exchange = Exchange("where is it", "There.", Outcome(route="fact"), 10.0)
    return Judged(Line(kind, "where is it", (PARKING,)), grade, (exchange,) * exchanges, exchanges - 1)


def test_turns_are_counted_by_site_half_kind_and_grade() -> None:
    figures = count(
        [
            ("hotel", "dev", [one("opening", "right"), one("absent", "asked back", 2)]),
            ("hospital", "dev", [one("opening", "partly", 2), one("opening", "partly")]),
            ("hospital", "test", [one("opening", "wrong"), one("absent", "refused")]),
            ("real_models", "dev", [one("opening", "right")]),
        ]
    )
    assert figures.conversations == 4
    dev = figures.counts("dev")
    assert (dev.turns, dev.right, dev.partly, dev.after_asking, dev.asked_back, dev.suggested) == (4, 1, 2, 1, 1, 2)
    assert figures.counts("dev", "hospital").partly == 2
    assert figures.counts("dev", kind="absent").asked_back == 1
    # Three openings and one question that cannot be answered count alike.
    assert figures.mean_of_kinds("dev") == pytest.approx((1 / 6, 1 / 3, 0, 0.5, 0))
    # What everybody knows is counted apart.
    assert figures.counts("dev", "real_models").right == 1
    assert figures.right["dev"].share == 0.25
    assert (figures.wrong["test"].share, figures.wrong["test"].low, figures.wrong["test"].high) == (0.5, 0.5, 0.5)
    assert figures.routes == (RouteFigures("fact", 9, 1, 10.0, 10.0),)
    assert figures.all_routes == RouteFigures("all", 9, 1, 10.0, 10.0)
    assert "hotel, dev" in figures.table() and "hotel, test" not in figures.table()
    rows = {row.what: (row.figure, row.n) for row in figures.document()}
    assert rows["all, dev: right, partly, wrong, asked back, refused"][0].startswith("25.0 %; 50.0 %; 0.0 %")
    what = "share; wrong turns that it ended; processor time of a reply, median and 95th percentile"
    assert rows[f"route fact: {what}"] == ("100.0 %; 1; 10, 10 ms", 9)


def test_the_transcript_holds_the_dev_half_alone() -> None:
    lines = "\n".join(
        transcript([("hotel", "test", [one("opening", "right")]), ("hospital", "dev", [one("opening", "wrong")])])
    )
    assert "# hospital 1" in lines and "[wrong] opening" in lines and "wanted: Want(" in lines
    assert "hotel" not in lines


def test_a_few_conversations_of_each_sheet_are_held_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "SHEETS", ("town_hall",))
    monkeypatch.setattr(conversation, "KNOWN_SHEETS", ())
    show = tmp_path / "dev.txt"
    told: list[str] = []
    figures = evaluate(SETTINGS, None, Path(), 2, show=show, engines=Engines(Parrot(), Words()), tell=told.append)
    assert figures.conversations == 4
    assert len(told) == 4 and "town_hall, dev: 2 of 2 conversations" in told[1]
    assert show.read_text(encoding="utf-8").count("# town_hall") == 2
    assert evaluate(SETTINGS, None, Path(), 1, half="test", engines=Engines(Parrot(), Words())).conversations == 1


def test_a_run_that_was_stopped_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "SHEETS", ("town_hall",))
    monkeypatch.setattr(conversation, "KNOWN_SHEETS", ())
    kept = tmp_path / "kept.jsonl"

    def figures(show: Path) -> ConversationFigures:
        return evaluate(
            SETTINGS, None, Path(), 2, half="dev", show=show, engines=Engines(Parrot(), Words()), resume=kept
        )

    whole = figures(tmp_path / "whole.txt")
    first, one, _ = kept.read_text(encoding="utf-8").splitlines()
    kept.write_text(f"{first}\n{one}\n", encoding="utf-8")
    held = []
    monkeypatch.setattr(conversation, "hold", lambda *given: held.append(given) or hold(*given))
    again = figures(tmp_path / "again.txt")
    assert len(held) == 1 and again.cells == whole.cells
    assert (tmp_path / "again.txt").read_text() == (tmp_path / "whole.txt").read_text()
    for wrong in ('{"run": "another model"}\n', "hello\n", ""):
        kept.write_text(wrong)
        with pytest.raises(PortError, match=r"kept\.jsonl: is (of another run|not a journal)"):
            figures(tmp_path / "again.txt")


def test_the_lines_may_be_spoken_and_are_graded_by_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "SHEETS", ("town_hall",))
    monkeypatch.setattr(conversation, "KNOWN_SHEETS", ())
    told = Told()
    show = tmp_path / "dev.txt"
    figures = evaluate(
        SETTINGS,
        None,
        Path(),
        1,
        half="dev",
        show=show,
        spoken=True,
        engines=Engines(Parrot(), Words()),
        hears=lambda settings, site: told,
        speak=told.speak,
    )
    lines = [line.text for line in read("town_hall", "dev").conversations[0]]
    # The ear misunderstands the first line, which the responder lets the visitor say again.
    assert told.said == [lines[0], *lines]
    assert "    > where is the dentist" in show.read_text(encoding="utf-8")
    assert figures.heard is not None and figures.heard.questions == len(lines) + 1
    assert "word error rate" in figures.table()


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", [*SHEETS, "real_models"])
def test_the_facts_that_a_line_asks_for_are_a_right_reply(name: str, half: Half) -> None:
    sheet = read(name, half)
    for line in (line for lines in sheet.conversations for line in lines):
        want = line.wants[0]
        facts = want.rests or want.any[:1]
        if want.act or want.compare or want.differs or any(entry.startswith("hours:") for entry in facts):
            continue
        given = Given(" ".join(sheet.entries[fact] for fact in facts), Outcome(facts=facts))
        # Whether two things are the same, the visitor is not told by the facts alone.
        assert judge(line, given, sheet.entries) == ("partly" if line.kind == "comparison" else "right"), line.text


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("name", SHEETS)
def test_everything_that_a_site_knows_is_never_a_right_reply(name: str, half: Half) -> None:
    sheet = read(name, half)
    said = " ".join(sheet.entries.values())
    everything = Outcome(facts=tuple(entry for entry in sheet.entries if not entry.startswith("form:")))
    for line in (line for lines in sheet.conversations for line in lines):
        if line.kind != "conversation":
            assert judge(line, Given(said, everything), sheet.entries) != "right", line.text


@pytest.mark.parametrize(
    "reply",
    [
        Given("I don't know that. Shall I call someone who does?", Outcome(kind="unknown")),
        Given("Hello. How can I help you?", Outcome(kind="smalltalk")),
        Given("Sorry, I did not catch that.", Outcome(kind="reprompt")),
        Given("Yes.", Outcome()),
    ],
)
def test_one_reply_to_everything_is_seldom_right(reply: Given) -> None:
    for name in SHEETS:
        for half in HALVES:
            sheet = read(name, half)
            lines = [line for lines in sheet.conversations for line in lines]
            right = sum(judge(line, reply, sheet.entries) == "right" for line in lines)
            assert right <= 0.15 * len(lines)
