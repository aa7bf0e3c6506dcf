"""A model's vocabulary, which turns texts into tokens and back."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence
from typing import Any


class Vocabulary:
    """See the module. Several threads may use it at once."""

    def __init__(self, lib: Any, vocab: Any) -> None:
        self._lib = lib
        self.native = vocab
        self.count: int = lib.llama_vocab_n_tokens(vocab)

    @property
    def bos(self) -> str:
        """Text of the token that begins a prompt; empty where there is none."""
        return self.text(self._lib.llama_vocab_bos(self.native))

    @property
    def eos(self) -> str:
        """Text of the token that ends a prompt; empty where there is none."""
        return self.text(self._lib.llama_vocab_eos(self.native))

    @functools.cached_property
    def beginning(self) -> list[int]:
        """The token that every prompt of this model begins with, if it has one."""
        return [self._lib.llama_vocab_bos(self.native)] if self._lib.llama_vocab_get_add_bos(self.native) else []

    @functools.cached_property
    def controls(self) -> dict[str, int]:
        """The tokens that mean something to the model beyond their letters (roles, ends of turns), by their texts."""
        return self._having(self._lib.LLAMA_TOKEN_ATTR_CONTROL | self._lib.LLAMA_TOKEN_ATTR_UNKNOWN)

    @functools.cached_property
    def added(self) -> dict[str, int]:
        """The tokens that llama.cpp finds in every text, by their texts, because they were added to a trained
        vocabulary. Some of them mark parts of a prompt, as ``<tool_call>`` does."""
        return self._having(self._lib.LLAMA_TOKEN_ATTR_USER_DEFINED)

    @functools.cached_property
    def marks(self) -> list[int]:
        """The tokens that write the end of a sentence and nothing else: full stops, question marks, line breaks."""
        pieces = ((token, self.piece(token).strip(b" ")) for token in range(self.count))
        return [token for token, piece in pieces if piece and not piece.strip(b".?!\n") and piece[:2] != b".."]

    def ending(self, tokens: Sequence[int]) -> list[int]:
        """``tokens``, together with the tokens that end a turn in any template."""
        ending = [*tokens, self._lib.llama_vocab_eot(self.native), self._lib.llama_vocab_eos(self.native)]
        return sorted({token for token in ending if token >= 0})

    def ends_reply(self, token: int) -> bool:
        return bool(self._lib.llama_vocab_is_eog(self.native, token))

    def swallows_space(self, token: int) -> tuple[bool, bool]:
        """Whether a control token takes the white space before and after it."""
        attributes = self._lib.llama_vocab_get_attr(self.native, token)
        return bool(attributes & self._lib.LLAMA_TOKEN_ATTR_LSTRIP), bool(
            attributes & self._lib.LLAMA_TOKEN_ATTR_RSTRIP
        )

    def numbers(self, text: str) -> list[int]:
        """The tokens of a text, none of which is a control token."""
        data = text.encode()
        room = len(data) + 8
        buffer = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self.native, data, len(data), buffer, room, False, False)
        return buffer[:count]

    def piece(self, token: int) -> bytes:
        """The bytes that a token spells, which may be part of a letter."""
        buffer = ctypes.create_string_buffer(256)
        count = self._lib.llama_token_to_piece(self.native, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, count)]

    def text(self, token: int) -> str:
        """How the vocabulary writes a token; empty for a negative number, which stands for no token."""
        return "" if token < 0 else (self._lib.llama_vocab_get_text(self.native, token) or b"").decode()

    def _having(self, attributes: int) -> dict[str, int]:
        return {text: token for token, held, text in self._special if held & attributes}

    @functools.cached_property
    def _special(self) -> list[tuple[int, int, str]]:
        """Number, attributes and text of the tokens that are no ordinary ones and have more than one letter."""
        lib = self._lib
        wanted = lib.LLAMA_TOKEN_ATTR_CONTROL | lib.LLAMA_TOKEN_ATTR_UNKNOWN | lib.LLAMA_TOKEN_ATTR_USER_DEFINED
        held = ((token, lib.llama_vocab_get_attr(self.native, token)) for token in range(self.count))
        return [(token, has, text) for token, has in held if has & wanted and len(text := self.text(token)) > 1]
