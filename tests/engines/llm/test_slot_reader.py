"""How the starter model is asked for a slot's value, and how its answers are read."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from appliance.core.facts import Message
from appliance.core.turn import Turn
from appliance.engines.llm.prompts import PLAIN, STARTER
from appliance.engines.llm.slot_reader import StarterSlotReader, slot_reader


class Scripted:
    """A model that writes what it is told to."""

    def __init__(self, writes: str) -> None:
        self._writes = writes

    def generate(self, messages: Sequence[Message], turn: Turn, **options: Any) -> Iterator[str]:
        self.asked, self.grammar = list(messages), options["grammar"]
        yield from self._writes

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None: ...

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        return 0.0

    def forget(self, kept: Sequence[Message]) -> None: ...


@pytest.mark.parametrize(
    ("writes", "value"),
    [
        ('{"intent": "inform", "name": " john smith"}', "john smith"),
        ('{"intent": "other"}', ""),
        ('{"intent": "inform", "date": " friday"}', ""),
        ('{"intent": "inform", "name": " jo', ""),
        ("", ""),
    ],
)
def test_the_value_that_the_model_writes(writes: str, value: str) -> None:
    model = Scripted(writes)
    said = Message("user", "it is john smith")
    assert StarterSlotReader(model).read([said], "name", Turn(1)) == value
    assert model.asked == [said, Message("tool", "understand: name")]
    assert '\\"name\\": ' in model.grammar and '"goodbye"' in model.grammar


def test_a_model_that_was_not_trained_to_read_slots_is_not_asked() -> None:
    model = Scripted('{"intent": "inform", "name": " john smith"}')
    said = [Message("user", "it is john smith")]
    assert slot_reader(PLAIN, model).read(said, "name", Turn(1)) == ""
    assert not hasattr(model, "asked")
    assert slot_reader(STARTER, model).read(said, "name", Turn(1)) == "john smith"
