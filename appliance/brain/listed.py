"""Tells whether words are a whole question of the site, or the beginning of one. Pure.

Only a closed world knows all sentences that it expects. Words that are one of them, while none of another meaning goes
on from there, leave nothing open: "where can I eat something" has the answer of "where can I eat". Words with which
some of them only begin leave something open: nobody says "where is the eye" and stops.

The two probabilities are likelihood ratios, where as many words are whole as are not. They were counted on the 150
written development questions of the hospital, none of which was written from the site's own sentences, and on their 892
cuts after a word. Of the questions none is only the beginning of a sentence of the site, of the cuts 400 are. Of the
cuts two are a whole sentence of the site ("i am hungry"). How many visitors ask in just the site's words differs from
site to site; ``_WHOLE`` holds where one in twenty does.
"""

from __future__ import annotations

from collections.abc import Iterable

from appliance.language.words import plain_words

_WHOLE, _OPEN = 0.95, 0.02


class ListedSentences:
    """The sentences that a site lists as what visitors say."""

    def __init__(self, sentences: Iterable[tuple[str, str]]) -> None:
        """Sentences, each with the name of what it asks for."""
        listed: dict[tuple[str, ...], set[str]] = {}
        begun: dict[tuple[str, ...], set[str]] = {}
        for sentence, asked in sentences:
            words = tuple(plain_words(sentence))
            listed.setdefault(words, set()).add(asked)
            for count in range(1, len(words)):
                begun.setdefault(words[:count], set()).add(asked)
        self._whole = {words for words, asked in listed.items() if begun.get(words, set()) <= asked}
        self._open = begun.keys() - listed.keys()

    def p_whole(self, text: str) -> float | None:
        """Probability that the words are a whole question; None where the site's sentences do not tell."""
        words = tuple(plain_words(text))
        return _WHOLE if words in self._whole else _OPEN if words in self._open else None
