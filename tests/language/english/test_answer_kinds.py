"""The kind of answer that a question asks for."""

import pytest

from appliance.language.english import answer_kinds
from appliance.language.english.answer_kinds import asked_for, demands, given_by


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("where is the pharmacy", "place"),
        ("until when is the pharmacy open", "time"),
        ("how much is a coffee", "price"),
        ("who is the director", "person"),
        ("what is the phone number", "number"),
        ("how long does it take", "duration"),
        ("can i bring my dog", "permission"),
    ],
)
def test_kinds_asked_for_by_a_question(question: str, kind: str) -> None:
    assert kind in asked_for(question)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("The chapel is on the second floor.", "place"),
        ("It costs two dollars.", "price"),
        ("The social worker is Helen Brooks.", "person"),
        ("Call 555 0142.", "number"),
    ],
)
def test_kinds_given_by_a_statement(statement: str, kind: str) -> None:
    assert kind in given_by(statement)


def test_only_a_plain_question_word_demands_a_kind() -> None:
    assert demands("who is the director") == {"person"}
    assert demands("when does it open") == {"time"}
    assert demands("i would like to know something") == frozenset()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("where is the pharmacy no wait i mean the cafe", "where is the cafe"),
        ("where is the pharmacy sorry the cafe", "where is the cafe"),
        ("not the pharmacy the cafe where is it", "where is the cafe"),
        ("where is the eye clinic no sorry the heart clinic", "where is the heart clinic"),
        ("is the pharmacy open on saturday no on sunday", "is the pharmacy open on sunday"),
        ("is the pharmacy open on saturday sorry sunday", "is the pharmacy open on sunday"),
        ("is the pharmacy no the cafe open now", "is the cafe open now"),
        ("where is the pharmacy i mean when is it open", "when is the pharmacy open"),
        ("where is the pharmacy no sorry where is the cafe", "where is the cafe"),
        ("where is the cafe not the pharmacy", "where is the cafe"),
        ("where is the pharmacy", "where is the pharmacy"),
        ("sorry where is the pharmacy", "sorry where is the pharmacy"),
        ("no", "no"),
        ("", ""),
    ],
)
def test_what_is_left_after_a_correction(said: str, meant: str) -> None:
    assert answer_kinds.corrected(said) == meant
