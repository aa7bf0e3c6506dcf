"""Text to tokens: the chat format, a byte-level BPE, and the weight of each token in the loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from .dialogue import Message, dialogue
from .public import PublicTexts

VOCABULARY = 4096
CHAT_TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' }}"
    "{% if m['role'] == 'user' or m['role'] == 'assistant' %}{{ ' ' }}{% endif %}"
    "{{ (m['content'] or '') | trim | lower }}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""The space before what is spoken makes a word the same token wherever it stands: repeating a fact is plain copying."""

# The pattern llama.cpp calls "qwen2"; each digit is a token of its own.
_SPLIT = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPACED = ("user", "assistant")
ROLES = ("system", "user", "assistant", "facts", "tool")

USER_WEIGHT = 0.3
"""of the visitor's words in the loss"""
USER_END_WEIGHT = 0.7
"""of the end of the visitor's message: this is the end-of-turn skill"""


def _spoken(message: Message) -> str:
    return (" " if message.role in _SPACED else "") + message.text.strip().lower()


def train_tokenizer(public: PublicTexts, path: Path, dialogues: int = 12_000, seed: int = 12345) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()

    def texts() -> Iterator[str]:
        rng = Random(seed)
        for _ in range(dialogues):
            for message in dialogue(rng, public):
                yield f"{message.role}\n"
                yield _spoken(message)
        yield from (f" {text}" for text in public.statements)

    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=3,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))
    return tokenizer


class Encoder:
    """Dialogues to (token ids, loss weights)."""

    def __init__(self, path: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(path))
        self.start = self.tokenizer.token_to_id("<|im_start|>")
        self.end = self.tokenizer.token_to_id("<|im_end|>")
        self.newline: list[int] = self.tokenizer.encode("\n").ids
        self.roles: dict[str, list[int]] = {role: self.tokenizer.encode(f"{role}\n").ids for role in ROLES}

    def words(self, text: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(text).ids
        return ids

    def encode(self, messages: Sequence[Message]) -> tuple[list[int], list[float]]:
        ids: list[int] = []
        weights: list[float] = []
        for message in messages:
            head = [self.start, *self.roles[message.role]]
            body = self.words(_spoken(message))
            ids += [*head, *body, self.end, *self.newline]
            if message.role == "assistant" and message.learn:
                inner = [1.0] * (len(body) + 1)
            elif message.role == "user":
                inner = [USER_WEIGHT] * len(body) + [USER_END_WEIGHT]
            else:
                inner = [0.0] * (len(body) + 1)
            weights += [0.0] * len(head) + inner + [0.0] * len(self.newline)
        return ids, weights
