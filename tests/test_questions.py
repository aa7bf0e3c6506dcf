"""What kind of answer a question wants."""

import pytest

from appliance.questions import asked_for, demands, given_by


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
def test_asked_for(question: str, kind: str) -> None:
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
def test_given_by(statement: str, kind: str) -> None:
    assert kind in given_by(statement)


def test_only_a_plain_question_word_demands() -> None:
    assert demands("who is the director") == {"person"}
    assert demands("when does it open") == {"time"}
    assert demands("i would like to know something") == frozenset()
