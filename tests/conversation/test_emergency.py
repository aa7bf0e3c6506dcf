"""Recognising that someone needs help at once."""

import pytest

from appliance.bench.workbench.consent import alarms
from appliance.config.site import Emergency
from appliance.conversation.emergency import Alarms, distressed
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


def test_a_phrase_with_a_harmless_continuation_waits_for_its_end() -> None:
    assert not BUILT_IN.raised("help", whole=False)
    assert BUILT_IN.raised("help", whole=True)
    assert BUILT_IN.raised("my husband is not breathing and", whole=False)


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


def test_distress_is_told_from_a_question_about_it() -> None:
    assert distressed("my husband is in terrible pain", ENGLISH)
    assert distressed("blood he is so pale", ENGLISH)
    assert not distressed("where do i give blood", ENGLISH)
    assert not distressed("where is the pharmacy", ENGLISH)


@pytest.mark.parametrize(("sheet", "said", "quiet"), [("emergencies", 450, 200), ("emergencies_held_out", 130, 100)])
def test_misses_and_false_alarms(sheet: str, said: int, quiet: int) -> None:
    figures = alarms(sheet)
    assert figures.said >= said and figures.quiet >= quiet
    assert len(figures.missed) <= 0.02 * figures.said, figures.missed
    assert len(figures.raised) <= 0.01 * figures.quiet, figures.raised
    assert len(figures.early) <= 0.02 * figures.quiet, figures.early
