"""The requirements of every language beyond what mypy checks, in one suite over all of them."""

import string
from dataclasses import fields
from datetime import date, datetime, time

import pytest

from appliance.config.site import KNOWN_LISTS, Emergency
from appliance.conversation.confirmation import decide
from appliance.conversation.emergency import Alarms
from appliance.language import Language, templates
from appliance.language.english import ENGLISH
from appliance.language.offered import LANGUAGES
from appliance.language.parts import EMERGENCIES
from appliance.language.spanish import SPANISH

NOW = datetime(2026, 11, 18, 14, 45)

pytestmark = pytest.mark.parametrize("language", [ENGLISH, SPANISH], ids=lambda language: language.tag)


def test_a_site_finds_a_language_by_its_tag(language: Language) -> None:
    assert LANGUAGES.get(language.tag, language) is language


def test_every_emergency_has_its_signs(language: Language) -> None:
    assert {sign.kind for sign in language.emergencies.SIGNS} == set(EMERGENCIES)
    assert not Alarms(Emergency("!"), language).raised("", whole=True)


def test_what_is_said_in_an_emergency_raises_the_alarm(language: Language) -> None:
    alarms = Alarms(Emergency("!"), language)
    assert set(language.grammar.EMERGENCIES) == set(EMERGENCIES)
    for kind, said in language.grammar.EMERGENCIES.items():
        for template in said:
            for text in templates.samples([template], {}, 12):
                assert alarms.raised(text, whole=True), (kind, text)


def test_each_template_expands_to_sentences(language: Language) -> None:
    grammar = language.grammar
    assert set(grammar.LISTS) == KNOWN_LISTS
    assert set(grammar.EXAMPLES) == {"name", "date", "time", "choice", "text", "reference", "number"}
    for name in grammar.LISTS:
        templates.check(f"{{{name}}}", grammar.LISTS)
    for answer in grammar.ANSWERS.values():
        for template in answer:
            templates.check(template, {"slot": ("x",)})
    answers = language.answers
    for template in (*answers.AGREEING, *answers.COURTESIES, *answers.TASK_AGREEING, *answers.CALL_AGREEING):
        templates.check(f"({template})", {**answers.LISTS, "verb": ("x",)})


def test_every_listed_date_is_read_as_a_date(language: Language) -> None:
    for said in templates.samples(language.grammar.LISTS["date"], language.grammar.LISTS, 60):
        assert language.dates.scan_dates(language.tokens(said), NOW, True), said


def test_every_listed_time_is_read_as_a_time(language: Language) -> None:
    for said in templates.samples(language.grammar.LISTS["time"], language.grammar.LISTS, 60):
        assert language.dates.find_times(language.tokens(said), True), said


def test_every_sentence_can_be_filled(language: Language) -> None:
    known = {
        *("doctor", "on", "when", "time", "times", "days", "reference", "weekdays", "weeks", "count"),
        *("question", "lower", "name", "role", "value", "values"),
    }
    for record in (language.replies, language.appointments.SENTENCES):
        for field in fields(record):
            value = getattr(record, field.name)
            for text in (value,) if isinstance(value, str) else value:
                assert text.strip()
                assert {place for _, place, _, _ in string.Formatter().parse(text) if place} <= known


def test_yes_agrees_no_refuses_and_all_phrases_have_words(language: Language) -> None:
    yes, no = {"en-US": ("yes", "no"), "es-ES": ("sí", "no")}[language.tag]
    assert (decide(yes, language), decide(no, language)) == ("agree", "refuse")
    assert all(language.tokens(phrase) for phrase in (*language.phrases.stop, *language.phrases.person))


@pytest.mark.parametrize("day", [date(2026, 11, 18), date(2026, 11, 19), date(2026, 12, 3), date(2027, 2, 1)])
def test_a_day_is_heard_as_it_is_said(language: Language, day: date) -> None:
    said = language.tokens(language.dates.say_date(day, NOW.date()))
    assert [hit.day for hit in language.dates.find_dates(said, NOW)][-1:] == [day]


@pytest.mark.parametrize("moment", [time(8), time(9, 15), time(10, 30), time(12), time(15, 45), time(19, 5)])
def test_a_time_is_heard_as_it_is_said(language: Language, moment: time) -> None:
    said = language.tokens(language.dates.say_time(moment, True))
    assert [hit.time for hit in language.dates.find_times(said, True)] == [moment]
