"""All mistakes in a configuration are found at once, each with its line, and named so that they can be corrected."""

from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest

from appliance.config.box import load_settings
from appliance.config.hours import (
    END_OF_DAY,
    parse_days,
    parse_spans,
    parse_special_day,
    parse_special_days,
    parse_week,
)
from appliance.config.reader import ConfigError
from appliance.config.site import HandOver, Persona, Site, load_site
from appliance.language.english import ENGLISH
from appliance.language.spanish import SPANISH

SITE = """\
name: Oak Hill
persona:
  name: Ada
  role: the voice assistant at Oak Hill
  greeting: Hello.
facts:
  - id: pharmacy
    say: The pharmacy is on the ground floor.
    ask: [where is the (pharmacy|chemist)]
opening_hours:
  - what: the pharmacy
    hours: {monday-friday: "08:00-18:00", sunday: closed}
"""

SETTINGS = """\
site: site.yaml
ear:
  pocketsphinx: {site_weight: 0.5}
brain: {model: models/brain.gguf}
voice: {model: /opt/voice.onnx, speed: 1}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "file.yaml"
    path.write_text(text)
    return path


def problems(load, tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    return [problem.replace(str(tmp_path), "") for problem in caught.value.problems]


def test_a_site_is_read_into_immutable_values(tmp_path):
    site = load_site(written(tmp_path, SITE))
    assert site.facts[0].ask == ("where is the (pharmacy|chemist)",)
    assert site.opening_hours[0].hours["sunday"] == "closed"
    assert site.privacy.log_transcripts is False
    with pytest.raises(AttributeError):
        site.name = "other"  # type: ignore[misc]


def test_what_a_site_leaves_out_comes_from_its_language(tmp_path):
    site = load_site(written(tmp_path, SITE + "interruptions: {stop: []}\nprompts: {unknown: No idea.}\n"))
    assert site.language is ENGLISH
    assert (site.interruptions.stop, site.interruptions.backchannels) == ((), ENGLISH.phrases.backchannels)
    assert (site.prompts.unknown, site.prompts.failed) == ("No idea.", ENGLISH.replies.failed)
    assert (site.persona.goodbye, site.hand_over.say) == (ENGLISH.replies.goodbye, ENGLISH.replies.not_called)
    spanish = Site("A", Persona("B", "C", "Hola."), SPANISH, hand_over=HandOver(tool="timbre"))
    assert (spanish.prompts.no_input, spanish.hand_over.say) == (SPANISH.replies.no_input, SPANISH.replies.called)
    assert replace(spanish, name="D").interruptions.stop == SPANISH.phrases.stop


def test_paths_are_relative_to_their_file(tmp_path):
    settings = load_settings(written(tmp_path, SETTINGS))
    assert settings.site == tmp_path / "site.yaml"
    assert settings.brain.model == tmp_path / "models" / "brain.gguf"
    assert settings.voice.model == Path("/opt/voice.onnx")
    assert settings.voice.speed == 1.0


def test_all_mistakes_are_reported_each_with_its_line_and_field(tmp_path):
    text = SITE.replace("say: The", "sya: The").replace("greeting: Hello.", "greetings: Hello.")
    assert problems(load_site, tmp_path, text) == [
        "/file.yaml:5: persona.greetings: there is no such field; did you mean 'greeting'?",
        "/file.yaml:3: persona.greeting: is missing",
        "/file.yaml:8: facts[0].sya: there is no such field; did you mean 'say'?",
        "/file.yaml:7: facts[0].say: is missing",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("monday-friday", "monday-fryday", 11, "'fryday' is not a day; did you mean 'friday'?"),
        ("monday-friday", "friday-monday", 11, "sunday is in 'friday-monday' and in 'sunday'"),
        ("monday-friday", '"monday-friday, friday"', 11, "'monday-friday, friday' names friday twice"),
        ("monday-friday", "monday-wednesday-friday", 11, "is not a span of days such as monday-friday"),
        ("08:00-18:00", "08:00-12:00, 11:00-18:00", 11, "'08:00-12:00, 11:00-18:00' holds spans that overlap"),
        ("08:00-18:00", "20:00-02:00, 21:00-22:00", 11, "holds spans that overlap"),
        ("08:00-18:00", "08:00-08:00", 11, "'08:00-08:00' ends when it begins; all day is 00:00-24:00"),
        ("08:00-18:00", "08:00-18:60", 11, "'08:00-18:60' holds a time that does not exist"),
        ("08:00-18:00", "25:00-26:00", 11, "'25:00-26:00' holds a time that does not exist"),
        (
            *("08:00-18:00", "10:00-12:00, 20:00-11:00", 11),
            "monday goes over midnight until 11:00, and tuesday opens before that",
        ),
        ("08:00-18:00", "eight to six", 11, "'eight to six' is not a span such as 08:00-18:00, nor `closed`"),
        ("id: pharmacy", "id:", 7, "facts[0].id: is empty, must be text"),
        ("[where is the (pharmacy|chemist)]", "where", 9, "facts[0].ask: must be a list"),
    ],
)
def test_a_mistake_is_reported_with_its_line(tmp_path, old, new, line, message):
    (problem,) = problems(load_site, tmp_path, SITE.replace(old, new))
    assert problem.startswith(f"/file.yaml:{line}: ")
    assert problem.endswith(message)


def test_wrong_types_and_unknown_choices(tmp_path):
    text = SETTINGS + "device: gpu\nthreads: two\naudio: {barge_in: 3}\nendpoint: [1]\n"
    assert [p.split(": ", 1)[1] for p in problems(load_settings, tmp_path, text)] == [
        "device: 'gpu' is not possible; possible are cpu, cuda",
        "threads: must be a whole number, not 'two'",
        "audio.barge_in: must be true or false, not '3'",
        "endpoint: must be a mapping of fields to values",
    ]


def test_references_inside_a_site_are_checked(tmp_path):
    text = SITE + "tools: [{name: book, command: [/bin/true]}]\nhand_over: {tool: bok}\n"
    assert problems(load_site, tmp_path, text)[0].endswith(
        "14: hand_over.tool: there is no tool 'bok'; did you mean 'book'?"
    )
    text = SITE + "tools: [{name: book, command: [true.sh]}]\n"
    assert "absolute path" in problems(load_site, tmp_path, text)[0]
    text = SITE + "tools: [{name: book}]\n"
    assert "needs either `command`" in problems(load_site, tmp_path, text)[0]


def test_a_file_that_cannot_be_read_is_reported(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: cannot be read: No such file"):
        load_site(tmp_path / "nowhere.yaml")
    assert "is not YAML" in problems(load_site, tmp_path, "name: [unclosed\n")[0]
    assert problems(load_site, tmp_path, "") == ["/file.yaml: is empty"]
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load_site(tmp_path / "latin.yaml")


def test_a_field_given_twice_is_refused(tmp_path):
    assert problems(load_site, tmp_path, SITE + "name: Other\n") == ["/file.yaml:13: name: is given twice"]


def test_opening_days_and_spans_are_read():
    assert parse_days("monday-wednesday, sunday") == (0, 1, 2, 6)
    assert parse_spans("08:00-12:00, 13:00-24:00") == (
        (time(8), time(12)),
        (time(13), time(23, 59, 59)),
    )
    assert parse_spans("13:00-18:00, 08:00-12:00") == ((time(8), time(12)), (time(13), time(18)))
    assert parse_spans("closed") == ()
    assert parse_days("saturday-monday") == (5, 6, 0)
    assert parse_spans("20:00-02:00") == ((time(20), time(2)),)


def test_special_days_with_names_and_ranges_are_read():
    days = parse_special_days({"Christmas Eve 12-24": "20:00-02:00", "2026-12-24 to 2026-12-26": "closed"})
    assert [special.name for special, _ in days] == ["Christmas Eve", ""]
    assert [spans for _, spans in days] == [((time(20), time(2)),), ()]


@pytest.mark.parametrize(
    ("exceptions", "what"),
    [
        ({"12-24": "closed", "Christmas Eve 12-24": "09:00-12:00"}, "the same day, given twice"),
        ({"2026-12-24": "closed", "2026-12-24 to 2026-12-24": "closed"}, "the same day, given twice"),
        ({"12-32": "closed"}, "no such day"),
        ({"christmas": "closed"}, "is not a date"),
        ({"2026-12-27 to 2026-12-24": "closed"}, "ends before it begins"),
        ({"12-24": "08:00"}, "is not a span"),
        ({"12-24": "08:00-12:00, 11:00-13:00"}, "overlap"),
    ],
)
def test_mistakes_in_days_that_differ(exceptions, what):
    with pytest.raises(ValueError, match=what):
        parse_special_days(exceptions)


def test_hours_over_midnight_are_two_spans():
    week = parse_week({"friday-saturday": "20:00-02:00", "sunday": "closed", "monday": "18:00-00:00"})
    late, early = (time(20), END_OF_DAY), (time(0), time(2))
    assert week == (((time(18), END_OF_DAY),), (), (), (), (late,), (early, late), (early,))
    assert parse_week({"sunday": "22:00-01:00"})[0] == ((time(0), time(1)),)
    assert parse_week({"monday-sunday": "00:00-24:00"}) == (((time(0), END_OF_DAY),),) * 7


@pytest.mark.parametrize(
    ("text", "name", "day", "holds"),
    [
        ("2026-12-24", "", "2026-12-24", True),
        ("2026-12-24", "", "2027-12-24", False),
        ("12-25", "", "2030-12-25", True),
        ("Christmas Day 12-25", "Christmas Day", "2026-12-25", True),
        ("the works holiday: 2026-12-27 to 2027-01-02", "the works holiday", "2027-01-01", True),
        ("2026-12-27 to 2027-01-02", "", "2027-01-03", False),
        ("12-27 to 01-02", "", "2028-01-02", True),
        ("12-27 to 01-02", "", "2028-01-03", False),
        ("02-29", "", "2028-02-29", True),
    ],
)
def test_special_days(text, name, day, holds):
    special = parse_special_day(text)
    assert special.name == name
    assert special.holds(date.fromisoformat(day)) is holds


def test_the_next_special_day():
    today = date(2026, 12, 26)
    assert parse_special_day("12-25").next(today) == date(2027, 12, 25)
    assert parse_special_day("2026-12-25").next(today) is None
    assert parse_special_day("12-20 to 12-31").next(today) == today
    assert parse_special_day("02-29").next(today) is None


def test_invalid_special_days_are_reported_with_their_place(tmp_path):
    for key in ("christmas", "02-30", "2026-13-01", "2027-01-02 to 2026-12-27", "2026-01-02 to 01-03"):
        text = SITE + f'    exceptions: {{"{key}": closed}}\n'
        found = problems(load_site, tmp_path, text)
        assert len(found) == 1
        assert key in found[0]
        assert "opening_hours[0]" in found[0]
    good = "    exceptions: {2026-12-24: '08:00-12:00', 12-25: closed}\n"
    assert set(load_site(written(tmp_path, SITE + good)).opening_hours[0].exceptions) == {"2026-12-24", "12-25"}
