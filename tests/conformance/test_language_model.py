"""The ``LanguageModel`` port: what a session promises, and that the sessions of one model are independent.

The engine is tested, not how well it answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest

import pytest

from appliance.core.facts import Message
from appliance.core.ports import LanguageModel, PortError, Session
from appliance.core.turn import Turn
from appliance.engines.llm.llama import LlamaModel
from tests.conformance.threads import at_once
from tests.engines.llm.test_llama import settings

SYSTEM = Message("system", "You are Ada, the voice assistant at St Mary's Hospital. Answer in a short sentence.")
PHARMACY = Message("facts", "fact: The pharmacy is on the ground floor, next to the main entrance.")
CAFE = Message("facts", "fact: The cafe is on the second floor, and it is open until six.")
ONE = [SYSTEM, Message("user", "where is the pharmacy"), PHARMACY]
OTHER = [SYSTEM, Message("user", "is there a cafe"), CAFE]
GRAMMAR = r'root ::= "{\"floor\": " [0-9] "}"'


@dataclass(frozen=True)
class Case:
    """An engine."""

    name: str
    open: Callable[[], LanguageModel]

    def __str__(self) -> str:
        return self.name


CASES = [Case("llama.cpp", lambda: LlamaModel(settings(context_tokens=512)))]


@pytest.fixture(scope="module", params=CASES, ids=str)
def model(request: pytest.FixtureRequest) -> LanguageModel:
    opened: LanguageModel = request.param.open()
    return opened


@pytest.fixture
def session(model: LanguageModel) -> Session:
    return model.session()


@pytest.fixture(scope="module")
def alone(model: LanguageModel) -> list[list[str]]:
    """The replies of a fresh session, in pieces."""
    return [pieces(model.session(), messages) for messages in (ONE, OTHER)]


def pieces(session: Session, messages: Sequence[Message], turn: Turn | None = None) -> list[str]:
    return list(session.generate(messages, turn or Turn(1), max_tokens=24))


def cancelled() -> Turn:
    turn = Turn(2)
    turn.cancel()
    return turn


def test_a_reply_comes_in_pieces_that_are_not_empty(alone: list[list[str]]) -> None:
    for reply in alone:
        assert len(reply) > 1 and all(type(piece) is str and piece for piece in reply)


@pytest.mark.parametrize("bound", [0, 1, 3])
def test_a_reply_has_no_more_tokens_than_it_may(session: Session, alone: list[list[str]], bound: int) -> None:
    reply = "".join(session.generate(ONE, Turn(1), max_tokens=bound))
    assert "".join(alone[0]).startswith(reply) and (bound > 0 or not reply)


def test_earlier_prompts_do_not_change_a_reply(session: Session, alone: list[list[str]]) -> None:
    pieces(session, OTHER)
    session.prefill([SYSTEM], "where is the ph", Turn(1))
    session.prefill([SYSTEM], "where was i", Turn(1))
    session.end_of_turn_probability([SYSTEM], "where is")
    assert pieces(session, ONE) == alone[0]


def test_forgetting_changes_no_reply(session: Session, alone: list[list[str]]) -> None:
    for kept in ([SYSTEM], [], [SYSTEM]):
        assert pieces(session, ONE) == alone[0]
        session.forget(kept)
        session.forget(kept)
        assert pieces(session, OTHER) == alone[1]


@pytest.mark.parametrize("text", ["", "w", "where is", "where is the pharmacy", "where " * 40])
def test_the_end_of_a_turn_has_a_probability(session: Session, text: str) -> None:
    first = session.end_of_turn_probability([SYSTEM], text)
    assert type(first) is float and 0.0 <= first <= 1.0
    assert session.end_of_turn_probability([SYSTEM], text) == first


def test_an_empty_conversation_is_no_error(session: Session, alone: list[list[str]]) -> None:
    session.prefill([], "", Turn(1))
    session.end_of_turn_probability([], "")
    pieces(session, [SYSTEM])
    pieces(session, [SYSTEM, Message("user", "")])
    assert pieces(session, ONE) == alone[0]


def test_a_cancelled_turn_ends_at_once_without_an_error(session: Session, alone: list[list[str]]) -> None:
    session.prefill(ONE, "where is", cancelled())
    assert pieces(session, ONE, cancelled()) == []
    assert pieces(session, ONE) == alone[0], "and the next one is as ever"


def test_a_turn_that_is_cancelled_meanwhile_gives_no_more_pieces(session: Session, alone: list[list[str]]) -> None:
    turn = Turn(3)
    reply = session.generate(ONE, turn, max_tokens=24)
    said = [next(reply)]
    turn.cancel()
    said += reply
    assert said == alone[0][:1]
    assert pieces(session, OTHER) == alone[1]


def test_a_reply_that_is_not_read_to_its_end_does_not_change_the_next(session: Session, alone: list[list[str]]) -> None:
    abandoned = session.generate(ONE, Turn(1), max_tokens=24)
    next(abandoned)
    assert pieces(session, OTHER) == alone[1]
    abandoned.close()  # type: ignore[attr-defined]  # a generator in every engine
    assert pieces(session, ONE) == alone[0]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_reply_obeys_its_grammar(session: Session, temperature: float) -> None:
    for messages in (ONE, OTHER):
        reply = "".join(session.generate(messages, Turn(1), grammar=GRAMMAR, temperature=temperature))
        assert 0 <= json.loads(reply)["floor"] <= 9


def test_a_session_works_after_a_failure(session: Session, alone: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="GBNF"):
        list(session.generate(ONE, Turn(1), grammar="root ::= ("))
    too_long = [SYSTEM, Message("user", "where " * 2000)]
    for call in (
        lambda: pieces(session, too_long),
        lambda: session.prefill(too_long, "", Turn(1)),
        lambda: session.end_of_turn_probability(too_long, ""),
    ):
        with pytest.raises(PortError) as error:
            call()
        assert "\n" not in str(error.value)
    assert pieces(session, ONE) == alone[0]


def test_two_sessions_in_turns_give_the_results_of_each_alone(model: LanguageModel, alone: list[list[str]]) -> None:
    replies: list[Iterator[str]] = [
        model.session().generate(messages, Turn(turn), max_tokens=24) for turn, messages in enumerate((ONE, OTHER))
    ]
    pairs = list(zip_longest(*replies))
    assert [[piece for piece in reply if piece is not None] for reply in zip(*pairs, strict=True)] == alone


def test_sessions_in_several_threads_give_the_results_of_each_alone(
    model: LanguageModel, alone: list[list[str]]
) -> None:
    works = [partial(pieces, model.session(), messages) for messages in (ONE, OTHER) * 2]
    assert at_once(works) == alone * 2


def test_a_session_in_several_threads_gives_the_results_of_one_thread(session: Session, alone: list[list[str]]) -> None:
    def judge() -> list[str]:
        return [f"{session.end_of_turn_probability([SYSTEM], text):.3f}" for text in ("where is", "where is it") * 4]

    works: list[Callable[[], list[str]]] = [partial(pieces, session, ONE), partial(pieces, session, OTHER), judge]
    one, other, judged = at_once(works)
    assert [one, other] == alone
    assert judged == judge()


def test_cancelling_in_one_session_stops_no_other(model: LanguageModel, alone: list[list[str]]) -> None:
    one, other = model.session(), model.session()
    turn = Turn(1)
    stopped, goes_on = one.generate(ONE, turn, max_tokens=24), other.generate(OTHER, Turn(1), max_tokens=24)
    said = [next(stopped)], [next(goes_on)]
    turn.cancel()
    assert said[0] + list(stopped) == alone[0][:1]
    assert said[1] + list(goes_on) == alone[1]


def test_a_session_outlives_the_reference_to_its_model(alone: list[list[str]]) -> None:
    assert [pieces(case.open().session(), ONE) for case in CASES] == [alone[0]] * len(CASES)
