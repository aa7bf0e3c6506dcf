"""Asks the starter model for a slot's value, in the words and the grammar that its recipe trained it with
(``models/recipes/brain``). Other models are not asked."""

from __future__ import annotations

import json
from collections.abc import Sequence

from appliance.core.facts import Message
from appliance.core.ports import Session, SlotReader
from appliance.core.turn import Turn
from appliance.engines.llm.prompts import Prompt

_MAX_TOKENS = 48
_INTENTS = (
    *("question", "book", "move", "cancel", "free_slots", "inform", "yes", "no", "person", "goodbye", "smalltalk"),
    "other",
)


class StarterSlotReader:
    """Asks a session of the starter model for the value of a slot."""

    def __init__(self, model: Session) -> None:
        self._model = model

    def read(self, messages: Sequence[Message], slot: str, turn: Turn) -> str:
        """The slot's value in the last message, as the model reads it. It is empty when the answer is of no use."""
        task = Message("tool", f"understand: {slot}")
        pieces = self._model.generate([*messages, task], turn, max_tokens=_MAX_TOKENS, grammar=_grammar(slot))
        try:
            return str(json.loads("".join(pieces)).get(slot, "")).strip()
        except ValueError:
            return ""


class NoSlotReader:
    """Finds no value. Models that were not trained to read slots write one of the words that their grammar allows,
    whatever was said."""

    def read(self, messages: Sequence[Message], slot: str, turn: Turn) -> str:
        """Nothing, at no cost."""
        return ""


def slot_reader(prompt: Prompt, session: Session) -> SlotReader:
    """The reader for a session of a model with this prompt."""
    return StarterSlotReader(session) if "tool" in prompt.roles else NoSlotReader()


def _grammar(slot: str) -> str:
    """GBNF of the model's answer about one slot."""
    intents = " | ".join(f'"{intent}"' for intent in _INTENTS)
    return (
        'root ::= "{\\"intent\\": \\"" intent "\\"" slot? "}"\n'
        f"intent ::= {intents}\n"
        f'slot ::= ", \\"{slot}\\": \\" " [a-z0-9:.\' -]+ "\\""\n'
    )
