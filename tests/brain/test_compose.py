"""What is said of the words that a language model writes, and what of the facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from appliance.brain.compose import compose
from appliance.brain.request import Answer
from appliance.brain.state import ResponderState
from appliance.config.site import Persona, Site
from appliance.core.facts import Message, Outcome
from appliance.core.turn import Turn

PHARMACY = "The pharmacy is in the main hall, beside the flower shop."
SOUP = "The soup of the day is tomato soup with bread, for four dollars fifty."
COFFEE = "A regular coffee is two dollars eighty, and a large one is three dollars forty."
PARKING = "The car park is behind the hospital and costs two dollars an hour. The first thirty minutes are free."


class Writer:
    """A session of a model that writes a text, letter by letter."""

    def __init__(self, text: str, turn: Turn | None = None) -> None:
        self.text = text
        self.written = ""
        self.prompt: Sequence[Message] = ()
        self._cancels = turn

    def generate(
        self,
        messages: Sequence[Message],
        turn: Turn,
        *,
        max_tokens: int = 160,
        grammar: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[str]:
        self.prompt = messages
        for number, letters in enumerate(self.text[at : at + 4] for at in range(0, len(self.text), 4)):
            if number == max_tokens:
                return
            if self._cancels and number == 3:
                self._cancels.cancel()
            self.written += letters
            yield letters

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None: ...

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        return 0.5

    def forget(self, kept: Sequence[Message]) -> None: ...


def said(model: Writer, *facts: str, question: str, then: str = "") -> tuple[str, Outcome]:
    outcome = Outcome(facts=("fact:a",), kind="answer", route="fact")
    answer = Answer(ResponderState(), " ".join(facts), outcome, question, facts, then)
    pieces = list(compose(answer, model, [], site(), Turn(1)))
    assert isinstance(pieces[-1], Outcome)
    words = "".join(piece for piece in pieces if isinstance(piece, str))
    return " ".join(words.split()), pieces[-1]


def site() -> Site:
    return Site(name="Oak Hill Hospital", persona=Persona("Nora", "the voice at the reception", "Hello."))


@pytest.mark.parametrize(
    ("facts", "question", "text", "reply", "replaced"),
    [
        ((PHARMACY,), "where is the pharmacy", "It is in the main hall.", "It is in the main hall.", False),
        ((COFFEE,), "what is a large coffee", "Three dollars forty", "Three dollars forty.", False),
        ((COFFEE,), "what is a large coffee", "Two dollars eighty.", COFFEE, True),
        (
            (SOUP, COFFEE),
            "what do the soup and a large coffee cost",
            "The soup costs four dollars fifty. A large coffee costs three dollars forty.",
            "The soup costs four dollars fifty. A large coffee costs three dollars forty.",
            False,
        ),
        (
            (SOUP, COFFEE),
            "which is cheaper the soup or a large coffee",
            "The soup costs four dollars fifty. It is cheaper than a large coffee.",
            f"The soup costs four dollars fifty. {COFFEE}",
            True,
        ),
        (
            (SOUP, COFFEE),
            "which is cheaper the soup or a large coffee",
            "The soup is cheaper.",
            f"{SOUP} {COFFEE}",
            True,
        ),
        (
            (SOUP, COFFEE),
            "what is the soup",
            "The soup is tomato soup with bread.",
            f"The soup is tomato soup with bread. {COFFEE}",
            True,
        ),
        ((PARKING,), "is the car park free", "Yes, the car park is free.", PARKING, True),
        ((PARKING,), "is the car park free", "No.", PARKING, True),
        ((PARKING,), "is the car park free", "<think>Let me see.</think> It is free.", PARKING, True),
        ((PARKING,), "is the car park free", "", PARKING, True),
        ((PHARMACY,), "where is the pharmacy", f"{PHARMACY} {PHARMACY}", PHARMACY, False),
        (
            (PHARMACY,),
            "where is the pharmacy",
            "The pharmacy is in the main hall in the main hall in the " * 9,
            PHARMACY,
            True,
        ),
        (
            (PHARMACY,),
            "where is the pharmacy",
            "Nora here: the pharmacy is in the main hall.",
            "Nora here: the pharmacy is in the main hall.",
            False,
        ),
    ],
)
def test_each_sentence_is_the_models_or_the_facts(
    facts: tuple[str, ...], question: str, text: str, reply: str, replaced: bool
) -> None:
    assert said(Writer(text), *facts, question=question)[0] == reply
    assert said(Writer(text), *facts, question=question)[1].replaced is replaced


def test_the_route_says_whether_words_of_the_model_were_said() -> None:
    assert said(Writer("It is in the main hall."), PHARMACY, question="where is the pharmacy")[1].route == "composed"
    assert said(Writer("It is in the garden."), PHARMACY, question="where is the pharmacy")[1].route == "fact"


def test_what_follows_the_answer_is_said_after_it() -> None:
    words, _ = said(Writer("In the main hall."), PHARMACY, question="where is the pharmacy", then=" Now, on which day?")
    assert words == "In the main hall. Now, on which day?"


def test_the_model_sees_the_facts_and_writes_no_further_than_its_first_fault() -> None:
    model = Writer("The pharmacy is in the garden behind the big house on the hill.")
    said(model, PHARMACY, SOUP, question="where is the pharmacy")
    assert model.prompt[-1] == Message("facts", f"fact: {PHARMACY}\nfact: {SOUP}")
    assert model.written in "The pharmacy is in the garden behind"


def test_a_sentence_that_the_limit_cuts_is_not_said() -> None:
    long = "The pharmacy is in the main hall, beside the flower shop" + " and beside the flower shop" * 30
    assert said(Writer(long), PHARMACY, question="where is the pharmacy")[0] == PHARMACY


def test_nothing_is_said_for_a_cancelled_turn() -> None:
    turn = Turn(1)
    answer = Answer(ResponderState(), PHARMACY, Outcome(), "where is the pharmacy")
    assert list(compose(answer, Writer("It is in the main hall. Yes.", turn), [], site(), turn)) == []
