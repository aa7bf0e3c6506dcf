"""Whether a visitor needs help at once, by what they say: by its words, and by its meaning. Pure.

*Words*: the language's patterns per kind of emergency and a site's own phrases are compared with words without
contractions, so that "he's not breathing", "he isn't breathing" and "my husband is not breathing" are one. They are
looked at while they are being said. Words that may still go on harmlessly ("help" - "help me find the cafe"; "they
found him unconscious" - "on Monday") count only when the sentence is whole.

*Meaning*: ``Distress``, a port, judges whole sentences, and finds what no pattern knows. It also confirms what the
words tell: without it, a film about a fire would be one. It must be surer where the language's patterns of what is
general, past, denied or a manner of speaking hold. A site's own phrases need no confirmation.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from appliance.config.site import Emergency, Site
from appliance.core.ports import Distress
from appliance.language import Language, templates
from appliance.language.parts import EMERGENCIES, EmergencyKind, Sign
from appliance.language.templates import expand_all

P_EMERGENCY = 0.4
"""Probability from which a sentence is an emergency by its meaning. This and the others were chosen on the development
sheet and that of thresholds of ``evaluate emergencies``, and on requests to assistants."""
P_AGAINST_WORDS = 0.7
"""The same where words say that no person is in need now"""

P_CONFIRMED, P_CONFIRMED_EARLY = 0.02, 0.9
"""Probability below which words alone raise no alarm: at the end of a sentence, and while it is being said"""
PLAIN_WORDS = 8
"""The most words of a whole sentence whose signs need no confirmation: "would you call a doctor he has collapsed" """

P_DISTRESSED = 0.3
"""Probability from which a sentence may come from a visitor in need"""


class Alarms:
    """What one site takes for an emergency."""

    def __init__(
        self,
        settings: Emergency | None,
        language: Language,
        distress: Distress | None = None,
        questions: Collection[str] = (),
    ) -> None:
        """Without ``settings`` nothing is an emergency. Without ``distress``, words alone tell. ``questions`` are those
        that the site answers, as ``questions_of`` gives them. None of them is an emergency by its meaning."""
        self._language = language
        self._distress = distress
        self._questions = questions
        self._on = settings is not None
        self._phrases = self._words(settings.phrases if settings else ())
        self._never = self._words(settings.not_emergencies if settings else ())
        self._kinds: Collection[EmergencyKind] = settings.kinds if settings else ()
        self._signs = tuple(sign for sign in language.emergencies.SIGNS if sign.kind in self._kinds)

    def raised(self, text: str, *, whole: bool, answer: bool = False) -> bool:
        """Whether these words are an emergency. ``whole``: the sentence is over. ``answer``: they are what was asked
        for, a name as likely as not, so that only their words count and not their meaning, unless they tell of
        distress."""
        if not self._on:
            return False
        known = self._language.emergencies
        told = known.told(text)
        words = told
        for phrase in self._never:
            words = _without(words, phrase)
        said = _said(words)
        if not said:
            return False
        if not known.GENERAL.search(said) and any(self._says(said, text, phrase) for phrase in self._phrases):
            return True
        if _needs_help(said, self._signs, whole, self._language) and self._confirmed(text, whole):
            return True
        if not whole:
            return False
        # A sentence of which the site says that it is no emergency, or a question, is not judged by its meaning.
        judged = words == told and said not in self._questions
        if judged and not (answer and not known.DISTRESS.search(said)):
            denied = _denied(said, self._signs, self._language)
            if self._means(text, said, [kind for kind in self._kinds if kind not in denied]):
                return True
        return any(self._cries(cry) for cry in _cries(said, known.CRY))

    def _confirmed(self, text: str, whole: bool) -> bool:
        """Whether the meaning does not speak against an emergency that the words tell."""
        if self._distress is None or (whole and len(text.split()) <= PLAIN_WORDS):
            return True
        return self._probability(text, EMERGENCIES) >= (P_CONFIRMED if whole else P_CONFIRMED_EARLY)

    def _cries(self, cry: str) -> bool:
        """Whether what is cried behind other words tells of an emergency, which those would hide."""
        return _needs_help(cry, self._signs, True, self._language) or self._means(cry, cry, self._kinds)

    def distressed(self, text: str) -> bool:
        """Whether words may come from a visitor in need, also where the site knows no emergencies. They are not asked
        what they mean."""
        known = self._language.emergencies
        said = _said(known.told(text))
        if _needs_help(said, known.SIGNS, True, self._language):
            return True
        if _harmless(said, self._language):
            return False
        return bool(known.DISTRESS.search(said)) or self._probability(text, EMERGENCIES) >= P_DISTRESSED

    def _means(self, text: str, said: str, kinds: Collection[EmergencyKind]) -> bool:
        worded = self._language.emergencies.DISTRESS.search(said)
        if said.count(" ") < (1 if worded else 2) or self._language.emergencies.MINOR.search(said):
            # Of a word or two, as of a name, the meaning is a guess.
            return False
        least = P_AGAINST_WORDS if _harmless(said, self._language) else P_EMERGENCY
        return self._probability(text, kinds) >= least

    def _probability(self, text: str, kinds: Collection[EmergencyKind]) -> float:
        if self._distress is None:
            return 0.0
        return sum(p for kind, p in self._distress.kinds(text).items() if kind in kinds)

    def _says(self, said: str, text: str, phrase: tuple[str, ...]) -> bool:
        wanted = " ".join(phrase)
        if not wanted.isascii() and not any(word.isascii() for word in phrase) and wanted in text.lower():
            # Some scripts write no spaces between words.
            return True
        at = f" {said} ".find(f" {wanted} ")
        return at >= 0 and not self._language.emergencies.DENIED.search(said[: max(0, at - 1)].strip())

    def _words(self, templates: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The words of all that the templates stand for. A text without a word is left out, so that it matches
        nothing."""
        told = (self._language.full_words(text) for text in expand_all(tuple(templates)))
        return tuple(words for all_words in told if (words := tuple(word for word in all_words if word != "?")))


_MOST_EXPANDED = 200
"""sentences of one template above which it is left out"""


def questions_of(site: Site) -> frozenset[str]:
    """Questions that a site answers, as words without contractions: "my father can not walk" asks for a wheelchair."""
    asks = [ask for part in (site.facts, site.opening_hours, site.forms) for entry in part for ask in entry.ask]
    plain = [ask for ask in asks if "{" not in ask and templates.count(ask, {}) <= _MOST_EXPANDED]
    return frozenset(_said(site.language.emergencies.told(text)) for text in expand_all(tuple(plain)))


def _said(words: Sequence[str]) -> str:
    return " ".join(word for word in words if word != "?")


def _cries(said: str, cry: re.Pattern[str]) -> list[str]:
    """What follows each cry that does not begin the sentence."""
    return [said[found.start() :] for found in cry.finditer(said) if found.start() and said[found.end() :].strip()]


def _without(words: list[str], phrase: tuple[str, ...]) -> list[str]:
    length = len(phrase)
    for at in range(len(words) - length + 1):
        if tuple(words[at : at + length]) == phrase:
            return words[:at] + words[at + length :]
    return words


def _harmless(said: str, language: Language) -> bool:
    """Whether words show that no person is in need now."""
    known = language.emergencies
    return any(pattern.search(said) for pattern in (known.GENERAL, known.NOT_REAL, known.BEFORE_NOW))


def _needs_help(said: str, signs: Sequence[Sign], whole: bool, language: Language) -> bool:
    known = language.emergencies
    if _harmless(said, language) or (known.PAST.search(said) and not whole):
        return False
    for sign in signs:
        if sign.whole and not whole:
            continue
        found = sign.pattern.search(said)
        if found is None:
            continue
        if not _is_denied(said, found, language):
            return True
    return False


def _denied(said: str, signs: Sequence[Sign], language: Language) -> frozenset[EmergencyKind]:
    """Kinds of which a sign is denied: "she isn't having a stroke"."""
    found = ((sign.kind, sign.pattern.search(said)) for sign in signs)
    return frozenset(kind for kind, match in found if match and _is_denied(said, match, language))


def _is_denied(said: str, found: re.Match[str], language: Language) -> bool:
    known = language.emergencies
    return bool(known.DENIED.search(said[: found.start()].strip())) and not known.STATES.search(found.group())
