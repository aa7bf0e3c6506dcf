"""What the language model adds where the retrieval is not sure of the words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from appliance.brain.request import Request
from appliance.brain.routes import open_question
from appliance.brain.state import ResponderState
from appliance.core.facts import Message
from appliance.language.parts import Topic
from tests.brain.routes.requests import ENTRIES, asked

WIFI, PARKING, CAFE = "fact:wifi", "fact:parking", "fact:cafe_place"
AFTER_CAFE = ResponderState(topic=Topic("where is the cafe", "where is the cafe", "the cafe"), said="In the hall.")
SAID = (Message("user", "where is the cafe"), Message("assistant", "It is in the hall."))


def with_model(
    request: Request, rewritten: str | None = None, meant: str | None = None, sure: float = 0.95
) -> tuple[Request, list[str]]:
    """The request with a model that completes every line to ``rewritten``, and judges that the entry ``meant`` is
    meant, or none. The list holds what it was asked."""
    calls: list[str] = []

    def rewrite(line: str) -> str | None:
        calls.append(f"rewrite {line}")
        return rewritten

    def judge(line: str, candidates: Sequence[str]) -> Sequence[float]:
        calls.append(f"judge {line}")
        chosen = ENTRIES[meant].asks[0] if meant else None
        at = candidates.index(chosen) if chosen in candidates else len(candidates)
        return [math.log(sure if n == at else (1 - sure) / len(candidates)) for n in range(len(candidates) + 1)]

    return replace(request, rewrite=rewrite, judge=judge), calls


@pytest.mark.parametrize(
    ("found", "meant", "kind", "facts"),
    [
        ({WIFI: 0.5, PARKING: 0.2}, WIFI, "answer", (WIFI,)),
        ({WIFI: 0.4, PARKING: 0.3}, PARKING, "answer", (PARKING,)),
        ({WIFI: 0.3}, None, "unknown", ()),
        ({WIFI: 0.6}, None, "confirm", (WIFI,)),
    ],
)
def test_a_judgement_decides_whether_to_answer_or_to_ask_back(
    found: Mapping[str, float], meant: str | None, kind: str, facts: tuple[str, ...]
) -> None:
    request, calls = with_model(asked("the computer thing", found)[0], meant=meant, sure=0.85)
    answer = open_question.answer(request, ResponderState())
    assert (answer.outcome.kind, answer.outcome.facts) == (kind, facts)
    assert calls == ["judge the computer thing"]


@pytest.mark.parametrize("found", [{WIFI: 0.9}, {WIFI: 0.1}])
def test_a_model_is_not_asked_where_the_retrieval_is_sure(found: Mapping[str, float]) -> None:
    request, calls = with_model(asked("what is the wifi called that you have in here", found)[0], meant=WIFI)
    open_question.answer(request, ResponderState())
    assert calls == []


@pytest.mark.parametrize(
    ("line", "rewritten", "facts"),
    [
        ("and is it hot in there", "is the cafe hot", (CAFE,)),
        ("and is it hot in there", "is uncle ben in the cafe", (WIFI,)),
        ("and is it hot in there", None, (WIFI,)),
        ("and is it hot in there", "is the hall hot", (WIFI,)),
    ],
)
def test_a_completed_line_counts_where_it_names_nothing_new_and_is_found(
    line: str, rewritten: str | None, facts: tuple[str, ...]
) -> None:
    by_text = {"is the cafe hot": {CAFE: 0.9}, "is uncle ben in the cafe": {CAFE: 0.9}, "is the hall hot": {CAFE: 0.4}}
    request, calls = with_model(asked(line, {WIFI: 0.3}, by_text=by_text, history=SAID)[0], rewritten, WIFI, sure=0.5)
    answer = open_question.answer(request, AFTER_CAFE)
    assert answer.outcome.facts == facts and calls == [f"judge {line}", f"rewrite {line}"]


@pytest.mark.parametrize(
    ("meant", "sure", "kind", "fact", "asked_for"),
    [
        (WIFI, 0.97, "answer", WIFI, ["judge"]),
        (WIFI, 0.6, "confirm", WIFI, ["judge", "rewrite"]),
        (CAFE, 0.6, "answer", CAFE, ["judge", "rewrite"]),
    ],
    ids=["a sure judgement", "one that a completed line contradicts", "one that it agrees with"],
)
def test_a_judgement_comes_before_a_completed_line(
    meant: str, sure: float, kind: str, fact: str, asked_for: list[str]
) -> None:
    line = "and is it hot in there"
    found, by_text = {WIFI: 0.3, CAFE: 0.25}, {"is the cafe hot": {CAFE: 0.9}}
    request, calls = with_model(asked(line, found, by_text=by_text, history=SAID)[0], "is the cafe hot", meant, sure)
    answer = open_question.answer(request, AFTER_CAFE)
    assert (answer.outcome.kind, answer.outcome.facts) == (kind, (fact,))
    assert [call.split()[0] for call in calls] == asked_for


def test_a_statement_is_not_completed() -> None:
    line = "my grandmother would so much like to see the sea once more before winter"
    request, calls = with_model(asked(line, {WIFI: 0.3}, history=SAID)[0], "where is the sea")
    open_question.answer(request, AFTER_CAFE)
    assert calls == [f"judge {line}"]
