"""The network: MiniLM on a question and a text together, the mean of its states, and two linear heads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel, BertTokenizerFast

from appliance.engines.embedding.answers import PAIR_TOKENS, QUESTION_TOKENS
from appliance.engines.embedding.minilm import DIMENSIONS, installed

from .pairs import Pair

_BEGIN, _MARK = 101, 102


class AnswerModel(nn.Module):
    """Column 0 of its output is the log odds that the text answers the question, column 1 how near they are to the
    teacher, which is trained along and not exported. The embeddings of tokens stay MiniLM's."""

    def __init__(self, source: Path | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        folder = str(source or installed())
        self.tokenizer = BertTokenizerFast.from_pretrained(folder)
        self.bert = AutoModel.from_pretrained(
            folder,
            add_pooling_layer=False,
            hidden_dropout_prob=dropout,
            attention_probs_dropout_prob=0.0,
            attn_implementation="eager",
        )
        self.head = nn.Linear(DIMENSIONS, 2)
        nn.init.normal_(self.head.weight, std=0.02)
        nn.init.zeros_(self.head.bias)
        for parameter in self.bert.embeddings.parameters():
            parameter.requires_grad_(False)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """``ids`` and ``mask`` have the shape (pairs, tokens), the output (pairs, 2)."""
        found: Tensor = self.head(self.pooled(ids, mask))
        return found

    def pooled(self, ids: Tensor, mask: Tensor) -> Tensor:
        """The mean of the states of each input, shape (inputs, dimensions)."""
        states = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids)).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        return (states.float() * weights).sum(1) / weights.sum(1)

    def batch(self, pairs: Sequence[Pair]) -> tuple[Tensor, Tensor]:
        """Token numbers and mask, shape (pairs, tokens)."""
        rows = []
        for pair in pairs:
            asked = self._tokens(pair.question, QUESTION_TOKENS - 2)
            text = self._tokens(pair.text, PAIR_TOKENS - 3 - len(asked))
            rows.append([_BEGIN, *asked, _MARK, *text, _MARK])
        return _filled(rows)

    def sentences(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Token numbers and mask of sentences alone, shape (sentences, tokens)."""
        return _filled([[_BEGIN, *self._tokens(text, PAIR_TOKENS - 2), _MARK] for text in texts])

    def _tokens(self, text: str, most: int) -> list[int]:
        found: list[int] = self.tokenizer(text, add_special_tokens=False, truncation=True, max_length=most).input_ids
        return found


def _filled(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token numbers with zeros after the shorter rows, and 1 where a token is."""
    ids = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for row, tokens in zip(ids, rows, strict=True):
        row[: len(tokens)] = torch.tensor(tokens)
    return ids, (ids > 0).long()
