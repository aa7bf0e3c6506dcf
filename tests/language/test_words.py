"""One way to cut a text into words, for every script."""

import pytest

from appliance.language.english import ENGLISH
from appliance.language.words import Tokens, fold, plain_words, words_and_questions, written


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don’t stop, Zoë!", ["don't", "stop", "zoë"]),
        ("Where’s the 'X-ray' room?", ["where's", "the", "x", "ray", "room"]),
        ("人 здравствуйте", ["人", "здравствуйте"]),
        ("Frau Müller, señor Núñez", ["frau", "müller", "señor", "núñez"]),
        ("snake_case 'quoted' ...", ["snake", "case", "quoted"]),
        ("", []),
    ],
)
def test_plain_words(text, words):
    assert plain_words(text) == words


def test_a_question_mark_counts_where_questions_are_told_by_it():
    assert words_and_questions("¿Dónde está?") == ["dónde", "está", "?"]


def test_tokens_compare_without_accents_and_remember_how_a_word_was_written():
    words = Tokens()("Señor Núñez, 人: 3.50 €")
    assert words == ["senor", "nunez", ",", "人", ":", "3.50", "€"]
    assert [written(word) for word in words[:2]] == ["Señor", "Núñez"]
    assert fold("MÜLLER") == "muller"


def test_a_languages_ordinals_and_other_marks_stay_in_one_token():
    assert Tokens()("the 2nd") == ["the", "2", "nd"]
    assert Tokens(ordinal="st|nd")("the 2nd") == ["the", "2nd"]


@pytest.mark.parametrize(
    ("text", "common"),
    [
        ("where's the loo", "where's the toilet"),
        ("i'm parched", "i'm thirsty"),
        ("they told me to have blood drawn", "they told me to have a blood test"),
        ("hello there where is the atm", "where is the cash machine"),
        ("bye bye where is the exit", "where is the exit"),
        *((text, text) for text in ("where is the toilet", "hello", "good morning", "Where are the lockers")),
    ],
)
def test_less_common_words_have_common_ones(text, common):
    assert ENGLISH.words.commoner(text) == common
