"""The network that judges answers, with the starter's weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.core.ports import PortError
from appliance.engines.embedding.answers import PAIR_TOKENS, AnswerNetwork, open_judge

MODEL = Path(__file__).parents[3] / "models" / "starter" / "answers" / "answers.q8.gguf"

RABBITS = "Doctor Osman treats rabbits, birds and guinea pigs on Tuesdays and Thursdays."
CHIP = "A chip costs thirty dollars and is put in without an appointment."


@pytest.fixture(scope="module")
def judge() -> AnswerNetwork:
    return AnswerNetwork(MODEL)


@pytest.mark.parametrize(
    ("text", "answered", "near"),
    [
        (RABBITS, "who looks after my guinea pig", "do you treat horses"),
        (RABBITS, "on which days can i come with my parrot", "how old do rabbits get"),
        (CHIP, "how much is it to have her chipped", "how much is an x-ray"),
        (CHIP, "can i just come by for the chip", "do you sell chips and burgers"),
    ],
)
def test_a_question_that_is_answered_has_better_odds_than_one_that_is_near(
    judge: AnswerNetwork, text: str, answered: str, near: str
) -> None:
    [yes], [no] = judge.log_odds(answered, [[text]]), judge.log_odds(near, [[text]])
    assert yes > no + 1.0


def test_each_text_is_judged_by_itself(judge: AnswerNetwork) -> None:
    question = "what does a chip cost"
    together = judge.log_odds(question, [[RABBITS], [CHIP], [CHIP, "can you chip my cat"]])
    assert together[:2] == [judge.log_odds(question, [[text]])[0] for text in (RABBITS, CHIP)]
    assert max(together[1:]) > together[0] + 1.0
    assert judge.log_odds(question, []) == []


def test_capital_letters_do_not_matter(judge: AnswerNetwork) -> None:
    assert judge.log_odds("WHO treats Birds", [[RABBITS]]) == judge.log_odds("who treats birds", [[RABBITS.upper()]])


def test_what_is_too_long_is_ignored(judge: AnswerNetwork) -> None:
    long = [RABBITS, *["who treats birds"] * PAIR_TOKENS]
    assert judge.log_odds("who treats birds", [long]) == judge.log_odds("who treats birds", [[*long, CHIP]])
    [odds] = judge.log_odds("where " * 500, [[RABBITS]])
    assert -50 < odds < 50


def test_errors_name_the_file_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"none\.gguf does not exist; correct `brain\.answers`"):
        AnswerNetwork(tmp_path / "none.gguf")
    (tmp_path / "wrong.gguf").write_bytes(b"not a model")
    with pytest.raises(PortError, match=r"wrong\.gguf is not a model that judges answers"):
        AnswerNetwork(tmp_path / "wrong.gguf")


def test_nothing_is_opened_where_the_settings_name_nothing() -> None:
    assert open_judge(None) is None
