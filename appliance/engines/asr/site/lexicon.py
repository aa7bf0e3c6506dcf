"""Pronunciations of words for recognisers that know phones: the model's dictionary, the site's entries, espeak-ng."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from appliance.config.site import VocabularyEntry
from appliance.core.ports import PortError
from appliance.engines.asr.site.language_model import spoken_form
from appliance.language import Language
from appliance.language.cmu_phones import cmu_phones, parse_phones

Pronunciations = dict[str, tuple[str, ...]]
"""Word to its pronunciations, each a string of CMU phones"""


def read_dictionary(path: Path) -> Pronunciations:
    """Read a dictionary in CMU's format: ``word PHONES`` per line, further pronunciations as ``word(2)``."""
    found: dict[str, list[str]] = defaultdict(list)
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            word, _, phones = line.strip().partition(" ")
            found[re.sub(r"\(\d+\)$", "", word)].append(phones.strip())
    return {word: tuple(ways) for word, ways in found.items() if word}


def write_dictionary(path: Path, pronunciations: Pronunciations) -> None:
    """Write a dictionary in CMU's format."""
    with path.open("w", encoding="utf-8") as file:
        for word, ways in sorted(pronunciations.items()):
            for n, phones in enumerate(ways, 1):
                file.write(f"{word}{f'({n})' if n > 1 else ''} {phones}\n")


def pronounce(
    words: Iterable[str], known: Pronunciations, language: Language, vocabulary: Sequence[VocabularyEntry] = ()
) -> Pronunciations:
    """Pronunciations of all ``words``: the site's own entries first, then the dictionary, then espeak-ng.

    An entry of several words ("Oak Hill") that gives phones cannot be divided; its words are looked up one by one.
    Raises PortError for a mistake in an entry and for a word that has no pronunciation in any of them.
    """
    special: Pronunciations = {}
    for entry in vocabulary:
        parts = spoken_form(entry.word, language)
        if len(parts) == 1 and entry.phones:
            try:
                special[parts[0]] = (" ".join(parse_phones(entry.phones)),)
            except ValueError as error:
                raise PortError(f"speech.vocabulary: {entry.word}: {error}") from None
        elif len(parts) == 1 and entry.sounds_like:
            special[parts[0]] = (_spelled(entry.sounds_like, known, language),)
    found: Pronunciations = {}
    for word in words:
        found[word] = special.get(word) or known.get(word) or (_spelled(word, {}, language),)
    return found


def _spelled(spelling: str, known: Pronunciations, language: Language) -> str:
    """Phones of a spelling."""
    words = spelling.lower().split()
    if words and all(word in known for word in words):
        return " ".join(known[word][0] for word in words)
    phones = cmu_phones(_espeak_ipa(spelling, language.espeak_voice))
    if not phones:
        raise PortError(f"speech.vocabulary: nobody knows how to pronounce {spelling!r}; give its `phones`")
    return " ".join(phones)


def _espeak_ipa(text: str, voice: str) -> str:
    # The import is late because a site without new words does not need it.
    from piper.phonemize_espeak import EspeakPhonemizer

    return "".join(sign for sentence in EspeakPhonemizer().phonemize(voice, text) for sign in sentence)
