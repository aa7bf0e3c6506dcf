"""Whether a visitor needs help at once, by what they say. Pure.

The language's patterns per kind of emergency and a site's own phrases are compared with words without contractions, so
that "he's not breathing", "he isn't breathing" and "my husband is not breathing" are one.

The words are looked at while they are being said. Words that may still go on harmlessly ("help" - "help me find the
cafe") count only when the sentence is whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from appliance.config.site import Emergency
from appliance.language import Language
from appliance.language.parts import EmergencyKind, Sign


class Alarms:
    """What one site takes for an emergency."""

    def __init__(self, settings: Emergency | None, language: Language) -> None:
        """Without ``settings`` nothing is an emergency."""
        self._language = language
        self._on = settings is not None
        self._phrases = self._words(settings.phrases if settings else ())
        self._never = self._words(settings.not_emergencies if settings else ())
        kinds: Collection[EmergencyKind] = settings.kinds if settings else ()
        self._signs = tuple(sign for sign in language.emergencies.SIGNS if sign.kind in kinds)

    def raised(self, text: str, *, whole: bool) -> bool:
        """Whether these words are an emergency. ``whole``: the sentence is over."""
        if not self._on:
            return False
        words = self._language.emergencies.told(text)
        for phrase in self._never:
            words = _without(words, phrase)
        said = " ".join(word for word in words if word != "?")
        if not said:
            return False
        if not self._language.emergencies.GENERAL.search(said) and any(
            self._says(said, text, phrase) for phrase in self._phrases
        ):
            return True
        return _needs_help(said, self._signs, whole, self._language)

    def _says(self, said: str, text: str, phrase: tuple[str, ...]) -> bool:
        wanted = " ".join(phrase)
        if not wanted.isascii() and not any(word.isascii() for word in phrase) and wanted in text.lower():
            # Some scripts write no spaces between words.
            return True
        at = f" {said} ".find(f" {wanted} ")
        return at >= 0 and not self._language.emergencies.DENIED.search(said[: max(0, at - 1)].strip())

    def _words(self, texts: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The words of each text. A text without a word is left out, so that it matches nothing."""
        told = (self._language.full_words(text) for text in texts)
        return tuple(words for all_words in told if (words := tuple(word for word in all_words if word != "?")))


def _without(words: list[str], phrase: tuple[str, ...]) -> list[str]:
    length = len(phrase)
    for at in range(len(words) - length + 1):
        if tuple(words[at : at + length]) == phrase:
            return words[:at] + words[at + length :]
    return words


def _needs_help(said: str, signs: Sequence[Sign], whole: bool, language: Language) -> bool:
    known = language.emergencies
    for sign in signs:
        if sign.whole and not whole:
            continue
        found = sign.pattern.search(said)
        if found is None or known.GENERAL.search(said) or known.NOT_REAL.search(said):
            continue
        if known.BEFORE_NOW.search(said):
            continue
        if known.DENIED.search(said[: found.start()].strip()) and not known.STATES.search(found.group()):
            continue
        return True
    return False


def distressed(text: str, language: Language) -> bool:
    """Whether words that are no sure emergency may come from a visitor in need. They are not asked back about."""
    known = language.emergencies
    said = " ".join(word for word in known.told(text) if word != "?")
    return _needs_help(said, known.SIGNS, True, language) or (
        bool(known.DISTRESS.search(said))
        and not known.GENERAL.search(said)
        and not known.NOT_REAL.search(said)
        and not known.BEFORE_NOW.search(said)
    )
