"""Recognising that someone needs help at once."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from appliance.bench.workbench.emergencies import count, sheet, written
from appliance.config.site import Emergency
from appliance.conversation.emergency import P_DISTRESSED, P_EMERGENCY, P_WITH_WORD, Alarms
from appliance.language.english import ENGLISH

BUILT_IN = Alarms(Emergency(say="Help is on the way."), ENGLISH)


@pytest.mark.parametrize(
    "text",
    [
        *("it's an emergency", "he's not breathing", "he isn't breathing", "i cannot breathe", "I can’t breathe"),
        *("I canʼt breathe", "i'm having a heart attack", "my husband is having a heart attack", "she is choking"),
        *("my husband is not breathing", "my son's choking", "somebody collapsed", "my wife is having a stroke"),
        *("there is a fire in the kitchen", "a man has a knife", "he is bleeding badly", "help", "call an ambulance"),
        *(
            "she won't wake up",
            "he is unconscious",
            "she's having a seizure",
            "he took an overdose",
            "this is an emergency",
        ),
        *("HE IS NOT BREATHING!", "im having a heart attack", "he isnt breathing", "my daughter can't breathe"),
    ],
)
def test_an_emergency_is_raised(text: str) -> None:
    assert BUILT_IN.raised(text, whole=True)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "my phone died",
            "where is the heart clinic",
            "where is the fire exit",
            "i am choking up",
            "it's not an emergency",
        ),
        *("what do i do in case of fire", "what should i do if somebody collapses", "he had a stroke last year", ""),
        *("is this the emergency exit", "can you help me", "help me find the cafe", "i'm dying for a coffee"),
        *("don't call an ambulance", "how much does an ambulance cost", "i gave blood this morning", "?"),
    ],
)
def test_no_emergency_is_raised(text: str) -> None:
    assert not BUILT_IN.raised(text, whole=True)
    words = text.split()
    assert not any(BUILT_IN.raised(" ".join(words[:n]), whole=False) for n in range(len(words)))


class Alarmed:
    """A judge that takes every text for an emergency."""

    def kinds(self, sentence: str) -> Mapping[str, float]:
        return {"collapse": 1.0}


@pytest.mark.parametrize(
    ("text", "raised"), [("dolores", False), ("secret", False), ("help", True), ("fire", True), ("heart attack", True)]
)
def test_an_answer_is_not_judged_by_its_meaning(text: str, raised: bool) -> None:
    alarms = Alarms(Emergency(say="Help is on the way."), ENGLISH, Alarmed())
    assert alarms.raised(text, whole=True)
    assert alarms.raised(text, whole=True, answer=True) is raised


def test_a_phrase_with_a_harmless_continuation_waits_for_its_end() -> None:
    assert not BUILT_IN.raised("help", whole=False)
    assert BUILT_IN.raised("help", whole=True)
    assert BUILT_IN.raised("my husband is not breathing and", whole=False)


@pytest.mark.parametrize(
    "text", ["they found him unconscious", "he was stabbed", "i couldn't breathe", "he had no pulse"]
)
def test_the_past_waits_for_the_end_of_the_sentence(text: str) -> None:
    assert not BUILT_IN.raised(text, whole=False)
    assert BUILT_IN.raised(text, whole=True)
    assert not BUILT_IN.raised(f"{text} last year", whole=True)


def test_a_site_adds_and_removes() -> None:
    settings = Emergency("Help.", phrases=("code blue", "救命", "I can’t see!"), kinds=("fire",))
    settings = Emergency(settings.say, settings.phrases, settings.kinds, not_emergencies=("the grill is on fire",))
    site = Alarms(settings, ENGLISH)
    assert site.raised("code blue in room two", whole=False)
    assert site.raised("i can't see", whole=True) and site.raised("i cannot see", whole=True)
    assert site.raised("救命啊", whole=True)
    assert site.raised("the roof is on fire", whole=True)
    assert not site.raised("the grill is on fire", whole=True)
    assert not site.raised("she is not breathing", whole=True), "a kind that the site left out"
    assert not site.raised("don't call code blue", whole=True)
    assert not Alarms(None, ENGLISH).raised("she is not breathing", whole=True)


@pytest.mark.parametrize("phrase", ["", "...", "  ", "?!"])
def test_a_phrase_without_words_matches_nothing(phrase: str) -> None:
    site = Alarms(Emergency("Help.", phrases=(phrase,)), ENGLISH)
    assert not site.raised("", whole=True)
    assert not site.raised("where is the pharmacy", whole=True)


def test_a_site_writes_templates() -> None:
    settings = Emergency("Help.", phrases=("code (blue|red) [in room two]",), kinds=())
    site = Alarms(replace(settings, not_emergencies=("code blue (drill|test)",)), ENGLISH)
    assert site.raised("code blue", whole=True) and site.raised("there is a code red in room two", whole=True)
    assert not site.raised("code green", whole=True)
    assert not site.raised("code blue test", whole=True)


def test_distress_is_told_from_a_question_about_it() -> None:
    assert BUILT_IN.distressed("my husband is in terrible pain")
    assert BUILT_IN.distressed("blood he is so pale")
    assert not BUILT_IN.distressed("where do i give blood")
    assert not BUILT_IN.distressed("where is the pharmacy")
    assert Alarms(None, ENGLISH).distressed("he is not breathing"), "a site without emergencies"


class Meaning:
    """A judgement that the test gives."""

    def __init__(self, **kinds: float) -> None:
        self._kinds = kinds

    def kinds(self, sentence: str) -> Mapping[str, float]:
        return self._kinds


def by_meaning(**kinds: float) -> Alarms:
    return Alarms(Emergency("Help."), ENGLISH, Meaning(**kinds))


ODD = "grandad turned to jelly"
"""words of no pattern"""


def test_meaning_tells_where_no_word_does() -> None:
    assert not BUILT_IN.raised(ODD, whole=True)
    assert by_meaning(collapse=P_EMERGENCY).raised(ODD, whole=True)
    assert by_meaning(collapse=P_EMERGENCY / 2, heart=P_EMERGENCY / 2).raised(ODD, whole=True), "of several kinds"
    assert not by_meaning(collapse=P_EMERGENCY - 0.01).raised(ODD, whole=True)


def test_meaning_waits_for_the_end_of_the_sentence() -> None:
    assert not by_meaning(collapse=1.0).raised(ODD, whole=False)


def test_a_word_of_distress_and_meaning_go_together() -> None:
    assert by_meaning(collapse=P_WITH_WORD).raised("i am so scared for him", whole=True)
    assert not by_meaning(collapse=P_WITH_WORD).raised(ODD, whole=True)


@pytest.mark.parametrize(
    "text",
    ["what if grandad turns to jelly", "grandad turned to jelly last year", "grandad turned to jelly in the film"],
)
def test_what_is_general_past_or_a_story_overrules_the_meaning(text: str) -> None:
    assert not by_meaning(collapse=1.0).raised(text, whole=True)
    assert not by_meaning(collapse=1.0).distressed(text)


def test_a_kind_or_a_sentence_that_a_site_takes_away_has_no_meaning_either() -> None:
    settings = Emergency("Help.", kinds=("fire",), not_emergencies=("grandad turned",))
    assert not Alarms(settings, ENGLISH, Meaning(collapse=1.0)).raised(ODD, whole=True)
    assert not Alarms(settings, ENGLISH, Meaning(fire=1.0)).raised(ODD, whole=True)
    assert Alarms(settings, ENGLISH, Meaning(fire=1.0)).raised("grandma turned to jelly", whole=True)
    assert not Alarms(None, ENGLISH, Meaning(fire=1.0)).raised(ODD, whole=True)


def test_less_meaning_is_distress() -> None:
    assert by_meaning(collapse=P_DISTRESSED).distressed(ODD)
    assert not by_meaning(collapse=P_DISTRESSED - 0.01).distressed(ODD)


def test_the_words_alone_know_the_development_half() -> None:
    figures = count([(said, written(said.text)) for said in sheet("development")], BUILT_IN)
    assert figures.said >= 750 and figures.quiet >= 500
    assert len(figures.missed) <= 0.01 * figures.said, figures.missed
    assert len(figures.raised) <= 0.02 * figures.quiet, figures.raised
