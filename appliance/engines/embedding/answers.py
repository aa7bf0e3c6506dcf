"""Judges whether a fact answers a question, with MiniLM's layers trained on pairs of both, which llama.cpp runs.

The question and the sentences of the fact are one input, so that each word of the one is compared with the words of the
other. "Do you treat horses" is near to a fact on rabbits, and is not answered by it; vectors of whole sentences hardly
tell. ``models/recipes/answers`` made the weights.

The last layer's scale and offset hold the linear head too: the log odds are the sum of the pooled vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from appliance.core.ports import PortError
from appliance.engines.embedding.minilm import Encoder, WrongEncoder

QUESTION_TOKENS = 34
"""The most tokens of a question, with the mark before it and the one after it, as in training"""
PAIR_TOKENS = 72
"""The most tokens of a question and the sentences together, as in training. The rest is ignored."""


def open_judge(model: Path | None) -> AnswerNetwork | None:
    """The judge that the settings name, if they name one. Raises PortError."""
    return None if model is None else AnswerNetwork(model)


class AnswerNetwork:
    """The ``AnswerJudge`` port. Calls from several threads take turns."""

    def __init__(self, model: Path, threads: int = 1) -> None:
        """Load the model that the settings name. Raises PortError."""
        if not model.is_file():
            raise PortError(f"answers: {model} does not exist; correct `brain.answers`, or leave it out")
        try:
            self._encoder = Encoder(model, threads)
        except WrongEncoder:
            raise PortError(
                f"answers: {model} is not a model that judges answers; models/starter/answers has one"
            ) from None

    def log_odds(self, question: str, texts: Sequence[Sequence[str]]) -> list[float]:
        """Natural logarithm of the odds that each text answers the question."""
        asked = _marked(self._encoder.tokens(question.lower()), QUESTION_TOKENS)
        return [float(self._encoder.pooled(self._pair(asked, text)).sum()) for text in texts]

    def _pair(self, asked: list[int], text: Sequence[str]) -> list[int]:
        """The question's tokens and those of each sentence, with a mark after each."""
        tokens = list(asked)
        for sentence in text:
            tokens += self._encoder.tokens(sentence.lower())[1:]
        return _marked(tokens, PAIR_TOKENS)


def _marked(tokens: list[int], most: int) -> list[int]:
    """At most so many tokens. The last one, which is a mark, stays."""
    return tokens if len(tokens) <= most else [*tokens[: most - 1], tokens[-1]]
