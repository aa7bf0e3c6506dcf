"""Whether a reply says what a fact says. Pure."""

from __future__ import annotations

from appliance.brain.grounding.sources import Sources
from appliance.language import Language


def covers(reply: str, fact: str, language: Language, asked: str = "", least: float = 0.6) -> bool:
    """Whether a reply says what the fact says: all its figures, and at least the share ``least`` of those of its
    content words that the visitor did not say already."""
    words, said = language.words, Sources.of([reply], language)
    if any(not figure.keys & said.figures for figure in language.numbers.figures(fact)):
        return False
    asked_stems = {words.stem(word) for word in words.content_words(asked)}
    wanted = [words.stem(word) for word in words.content_words(fact)]
    new = [word for word in wanted if word not in asked_stems] or wanted
    critical = [word for word in words.content_words(fact) if word in words.CRITICAL]
    if any(word not in said.words for word in critical):
        return False
    if not new:
        return True
    return sum(word in said.stems for word in new) >= least * len(new)
