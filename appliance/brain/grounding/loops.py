"""Whether a language model repeats itself. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from appliance.language import Language


def degenerate(text: str, language: Language) -> bool:
    """Whether a text loops: the same three words three times, the same two words twice running, or one word four
    times running."""
    words = language.tokens(text)
    if any(
        words[at : at + 2] == words[at + 2 : at + 4] and _has_a_word(words[at : at + 2]) for at in range(len(words) - 3)
    ):
        return True
    triples = Counter(tuple(words[at : at + 3]) for at in range(len(words) - 2))
    if any(count > 2 for count in triples.values()):
        return True
    return any(len(set(words[at : at + 4])) == 1 for at in range(len(words) - 3))


def _has_a_word(words: Sequence[str]) -> bool:
    """Whether any is a word: "5 5 5 5" may be a telephone number."""
    return any(word.isalpha() for word in words)
