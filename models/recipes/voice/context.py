"""Where a token stands: in its word, its phrase, its sentence. The same tensor code runs in training and in ONNX."""

from __future__ import annotations

import torch
from torch import Tensor

from .features import BREAKS, PAUSES, STOPS, SYMBOLS, VOWELS

SIZE = 14
"""Features per token."""


def _table(symbols: frozenset[int]) -> Tensor:
    return torch.tensor([float(i in symbols) for i in range(SYMBOLS)])


_PAUSE, _BREAK, _STOP, _VOWEL = (_table(s) for s in (PAUSES, BREAKS, STOPS, VOWELS))


def context(base: Tensor, stress: Tensor) -> Tensor:
    """Features [tokens, SIZE] of one utterance's token ids and stress marks, both [tokens].

    espeak marks no stress on function words, so "this word has a primary stress" is the nearest thing to syntax
    that a phoneme sequence offers; with the distances to pauses, phrase ends and stressed syllables it carries
    most of what pitch and timing depend on.
    """
    one = torch.ones_like(base).float()
    index = torch.cumsum(one, 0) - 1
    count = torch.sum(one)
    pause, phrase_end, stop, vowel = _PAUSE[base], _BREAK[base], _STOP[base], _VOWEL[base]
    accent = (stress == 1).float()
    row, column = index[:, None], index[None, :]

    def since(flag: Tensor) -> Tensor:
        """Index of the nearest flagged token at or before each, -1 for none."""
        return torch.amax(torch.where(column <= row, flag[None] * (column + 1), torch.zeros_like(row)), 1) - 1

    def until(flag: Tensor) -> Tensor:
        """Index of the nearest flagged token at or after each, ``count`` for none."""
        mirrored = torch.where(column >= row, flag[None] * (count - column), torch.zeros_like(row))
        return count - torch.amax(mirrored, 1)

    def distance(tokens: Tensor, scale: float = 3) -> Tensor:
        return torch.log1p(torch.clamp(tokens, min=0)) / scale

    word = torch.cumsum(pause, 0)
    same_word = (word[:, None] == word[None, :]).float() * (1 - pause)[None] * (1 - pause)[:, None]
    last_break, next_break = since(phrase_end), until(phrase_end)
    words_left = torch.amax(torch.where(column == next_break[:, None], word[None], torch.zeros_like(row)), 1) - word
    words_done = word - torch.amax(torch.where(column == last_break[:, None], word[None], torch.zeros_like(row)), 1)
    ends_in_stop = torch.amax((column == next_break[:, None]).float() * stop[None], 1)
    following = until(torch.cat([accent[1:], accent[:1] * 0]))  # the next accent strictly after this token, less one
    nucleus = accent * (following + 1 > next_break).float()
    return torch.stack(
        [
            distance(index),
            distance(count - 1 - index),
            distance(index - last_break),
            distance(next_break - index),
            distance(index - since(pause)),
            distance(until(pause) - index),
            torch.amax(same_word * accent[None], 1),
            torch.sum(same_word * vowel[None], 1) / 3,
            ends_in_stop,
            distance(index - since(accent)),
            distance(until(accent) - index),
            distance(words_done, 2),
            distance(words_left, 2),
            nucleus,
        ],
        1,
    )
