"""Recognising that someone needs help at once."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from appliance.bench.workbench.emergencies import count, sheet, written
from appliance.config.site import Emergency
from appliance.conversation.emergency import (
    P_AGAINST_WORDS,
    P_CONFIRMED,
    P_CONFIRMED_EARLY,
    P_DISTRESSED,
    P_EMERGENCY,
    Alarms,
)
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
    assert alarms.raised(text, whole=True, answer=True) is raised
    assert alarms.raised(f"please {text} my husband", whole=True)


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


def test_of_two_words_the_meaning_counts_where_one_tells_of_distress() -> None:
    assert by_meaning(collapse=1.0).raised("so scared", whole=True)
    assert not by_meaning(collapse=1.0).raised("grandad turned", whole=True)


def test_the_meaning_confirms_what_the_words_tell() -> None:
    said = "he is not breathing"
    assert BUILT_IN.raised(said, whole=False)
    long = "the man on the second floor next to the lift is not breathing"
    assert BUILT_IN.raised(long, whole=True)
    assert by_meaning(collapse=P_CONFIRMED).raised(long, whole=True)
    assert not by_meaning(collapse=P_CONFIRMED - 0.01).raised(long, whole=True)
    assert by_meaning(collapse=0.0).raised(said, whole=True), "a short sentence is plain"
    assert by_meaning(collapse=P_CONFIRMED_EARLY).raised(said, whole=False)
    assert not by_meaning(collapse=P_CONFIRMED_EARLY - 0.01).raised(said, whole=False)


def test_the_phrase_of_a_site_needs_no_confirmation() -> None:
    alarms = Alarms(Emergency("Help.", phrases=("code blue",)), ENGLISH, Meaning(collapse=0.0))
    assert alarms.raised("code blue", whole=True) and alarms.raised("code blue", whole=False)


@pytest.mark.parametrize(
    "text",
    ["what if grandad turns to jelly", "grandad turned to jelly last year", "grandad turned to jelly in the film"],
)
def test_of_what_is_general_past_or_a_story_the_meaning_must_be_surer(text: str) -> None:
    assert by_meaning(collapse=P_AGAINST_WORDS).raised(text, whole=True)
    assert not by_meaning(collapse=P_AGAINST_WORDS - 0.01).raised(text, whole=True)
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


@pytest.mark.parametrize(
    "text",
    [
        *("oh my god he's dead", "he's dead he's dead", "i think my husband just died"),
        *("where is the pharmacy oh god he's fallen over",),
        *("could you maybe call a doctor my friend isn't waking up", "a child fell into the swimming pool"),
        *("stroke", "somebody help", "help me", "somebody help me", "please somebody help"),
        *("can somebody help him please", "can somebody help me quick"),
        *("can somebody help me my husband collapsed", "oh no my mum has just collapsed"),
        *("how late is it oh god she's not breathing", "where do i pay help my wife fainted"),
        *("do you know where hurry he's choking", "oh my god my baby fell off the table"),
        *("i think my father is dying", "i'm afraid my wife has died", "my little boy fell into the river"),
        *("a girl has fallen into the fountain and she can't swim",),
        *("could you please get a nurse she's passed out", "could you perhaps call an ambulance"),
        *("can you quickly call a doctor my dad's had a stroke", "can anyone help me quickly"),
        *("can someone help me my son is choking", "somebody please help", "anybody help", "someone help us"),
        *("jesus he's been stabbed", "is the cafe open oh my god there's a fire"),
        *("my son's nose is bleeding and it won't stop",),
        *("my husband broke his leg and the bone is sticking out",),
        *("he fell and broke his arm and he's unconscious", "please god somebody my baby isn't breathing"),
        *("she's having a heart attack", "he may be having a stroke", "my daughter just slipped into the pool"),
        *("help my grandfather is unconscious", "please come quick my sister collapsed"),
        *("she cut herself badly", "there are people who can't breathe in the lift", "i'm having a stroke"),
        *("my friend is not waking up", "an old man fell into the lake"),
        *("would you call a doctor he has collapsed", "where's the nurse quick my husband's stopped breathing"),
        *("excuse me this lady has fallen and she isn't moving", "oh no there's blood everywhere"),
        *("hurry up he's got no pulse", "my baby swallowed a coin and he's choking"),
        *("someone's drowning in the pool", "the nurse is gone and my mum can't breathe"),
        *("he just hanged himself", "there's a man with a gun", "a woman collapsed by the lifts"),
        *("i took too many pills", "my arm is numb and my chest hurts", "please i can't stop the bleeding"),
        *("she's foaming at the mouth", "get help he's dying", "oh god i think he's dead"),
        *("my waters just broke", "the kitchen's on fire", "my dad fell down the stairs and won't wake up"),
        *("they're beating him up outside", "my wife is unconscious", "stroke", "fire", "ambulance please"),
        *("this man needs an ambulance",),
    ],
)
def test_more_that_is_raised_by_the_words_alone(text: str) -> None:
    assert BUILT_IN.raised(text, whole=True)


@pytest.mark.parametrize(
    "text",
    [
        *("i'm not having a heart attack don't worry", "i work with people who can't breathe"),
        *("the doctor says i'm not breathing deep enough", "the nurse asked whether i can't breathe at night"),
        *("is somebody bleeding allowed to wait here", "i said goodbye to my doctor already"),
        *("my flowers are dying where is water", "my car won't start can somebody help"),
        *("someone broke into my car", "my legs won't carry me any more", "i've cut my finger a little"),
        *("my nose is bleeding a bit where do i go", "my daughter broke her arm", "the market is bleeding"),
        *("trading is suffocating me", "dolores", "secret", "blood", "gun", "ella hurt"),
        *("as soon as possible please i need a doctor", "i need to see a doctor quickly"),
        *("can somebody help me", "can anybody help", "could someone help me please"),
        *("he's not having a stroke", "i am not having a heart attack"),
        *("she isn't having a stroke the doctor said", "are people bleeding allowed in the waiting room"),
        *("is my father allowed to eat before the test",),
        *("the doctor said i can't breathe properly because of the cold", "my doctor thinks i had a stroke"),
        *("the nurse told me he's unconscious until tomorrow", "my son broke his wrist last week"),
        *("my daughter has broken her finger", "i twisted my ankle a bit"),
        *("i cut my thumb slightly while cooking", "my feet are killing me"),
        *("somebody broke into our car last night", "someone has broken into my locker"),
        *("the roses are dying in this heat", "our company is bleeding money"),
        *("the stock market is bleeding again", "work is suffocating me", "these taxes are suffocating us"),
        *("i would like to see a doctor as soon as possible", "i want to see a dentist today please"),
        *("can somebody help me with my bags", "could anybody help me find the lab", "would someone help me"),
        *("will somebody help me please", "can anyone help us", "hello can someone please help"),
        *("oh my god is it that late already", "oh god i forgot my appointment", "oh no i lost my bag"),
        *("oh my god the queue is long", "where is the pharmacy oh no wait i mean the cafe"),
        *("where do i pay oh god i forgot my card", "help where is the exit", "my son fell into a deep sleep"),
        *("my phone fell into the toilet", "my keys fell into the lift shaft"),
        *("my husband is in intensive care may i see him", "when can we visit her she's unconscious"),
        *("i work with patients who have strokes", "i want to help people who are dying"),
        *("my flowers are dead", "is a bleeding nose a reason for the emergency room", "miller", "silence"),
        *("needles", "pain", "martha stabb", "doctor death", "rose", "hunter"),
        *("my nose was bleeding this morning", "i cut my finger a little can i get a plaster"),
        *("my legs are tired can i borrow a wheelchair", "he said goodbye and left"),
        *("please call me as soon as possible", "i'd like an appointment as soon as possible with a doctor"),
        *("is anyone allowed to visit a patient in a coma", "the tree outside is dead", "my battery is dying"),
        *("a dead battery", "hurry up please", "it's not a fire it's steam"),
    ],
)
def test_more_that_is_none_by_the_words(text: str) -> None:
    words = text.split()
    assert not BUILT_IN.raised(text, whole=True)
    assert not any(BUILT_IN.raised(" ".join(words[:n]), whole=False) for n in range(len(words)))


@pytest.mark.parametrize(
    "text",
    [
        *("i work with people who can't breathe", "the doctor says i'm not breathing deep enough"),
        *("the nurse asked whether i can't breathe at night", "is somebody bleeding allowed to wait here"),
        *("i said goodbye to my doctor already", "my flowers are dying where is water"),
        *("someone broke into my car", "my legs won't carry me any more", "i've cut my finger a little"),
        *("my nose is bleeding a bit where do i go", "my daughter broke her arm", "the market is bleeding"),
        *("trading is suffocating me", "dolores", "secret", "blood", "gun", "ella hurt"),
        *("as soon as possible please i need a doctor", "i need to see a doctor quickly"),
        *("can somebody help me", "can anybody help", "could someone help me please"),
        *("are people bleeding allowed in the waiting room", "is my father allowed to eat before the test"),
        *("the doctor said i can't breathe properly because of the cold", "my doctor thinks i had a stroke"),
        *("the nurse told me he's unconscious until tomorrow", "my son broke his wrist last week"),
        *("my daughter has broken her finger", "i twisted my ankle a bit"),
        *("i cut my thumb slightly while cooking", "my feet are killing me"),
        *("somebody broke into our car last night", "someone has broken into my locker"),
        *("the roses are dying in this heat", "our company is bleeding money"),
        *("the stock market is bleeding again", "work is suffocating me", "these taxes are suffocating us"),
        *("i would like to see a doctor as soon as possible", "i want to see a dentist today please"),
        *("can somebody help me with my bags", "would someone help me", "will somebody help me please"),
        *("can anyone help us", "hello can someone please help", "oh god i forgot my appointment"),
        *("help where is the exit", "my phone fell into the toilet"),
        *("my husband is in intensive care may i see him", "when can we visit her she's unconscious"),
        *("i work with patients who have strokes", "i want to help people who are dying"),
        *("my flowers are dead", "miller", "silence", "needles", "pain", "martha stabb", "doctor death"),
        *("rose", "hunter", "my nose was bleeding this morning"),
        *("i cut my finger a little can i get a plaster", "my legs are tired can i borrow a wheelchair"),
        *("he said goodbye and left", "please call me as soon as possible"),
        *("i'd like an appointment as soon as possible with a doctor",),
        *("is anyone allowed to visit a patient in a coma", "my battery is dying"),
    ],
)
def test_of_what_is_small_general_or_denied_the_meaning_must_be_surer(text: str) -> None:
    assert not by_meaning(help=P_AGAINST_WORDS - 0.01).raised(text, whole=True)


def test_what_is_small_has_no_meaning() -> None:
    assert not by_meaning(help=1.0).raised("my daughter broke her arm", whole=True)


@pytest.mark.parametrize(
    ("text", "raised"),
    [
        *(
            (text, True)
            for text in ("i'm stuck in the lift", "we are stuck in the elevator", "my son is stuck in the toilet")
        ),
        *(
            (text, False)
            for text in ("i'm stuck in the lift queue", "i'm stuck in traffic", "my bag is stuck in the lift")
        ),
    ],
)
def test_who_is_stuck(text: str, raised: bool) -> None:
    assert BUILT_IN.raised(text, whole=True) is raised
