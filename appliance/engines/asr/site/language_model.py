"""Makes language models and a vocabulary of what visitors of a site say: phrases, questions, forms, names, facts, and
what they say in an emergency.

The sentences are drawn from the site's templates alone. Each template has the same weight, except those that stand for
very many sentences (an order at the counter), whose weight grows with the logarithm of that number.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from appliance.config.site import Emergency, Site, SlotSettings
from appliance.engines.asr.site import ngram
from appliance.engines.asr.site.ngram import BackoffModel, estimate
from appliance.language import Language, words
from appliance.language import templates as phrases
from appliance.language.words import plain_words

_DRAWN = 4000
"""The most sentences that are drawn from one template."""
_FACT_WEIGHT = 0.1
"""Weight of a sentence that the appliance says. Visitors use its words too, but not its wording."""

_EMERGENCY_WEIGHT = 0.02
"""Weight of what visitors in need say, where all subjects are one model. It is rare, and its templates are many."""
EMERGENCY = "emergency"
"""Subject of what visitors in need say: the language's own sentences and the site's. It is a subject of its own, so
that no other sentence becomes less likely by it."""


def lists_of(site: Site) -> dict[str, Sequence[str]]:
    """The lists that a site's templates may use: its own, the kinds of slots, and its forms' slots by name."""
    lists: dict[str, Sequence[str]] = {**site.language.grammar.LISTS, **site.speech.lists}
    lists["name"] = (*site.speech.lists.get("name", ()), *site.language.grammar.LISTS["name"])
    for form in site.forms:
        for slot in form.slots:
            named = [choice for choice in slot.choices if not choice.startswith("@")]
            if slot.name not in lists:
                lists[slot.name] = named or lists.get(slot.kind, ())
    return lists


def subjects_of(site: Site) -> dict[str, list[str]]:
    """Templates of what visitors say, by subject; the site at large is the subject ``""``.

    Templates whose slot the site does not list (names, choices that a tool knows) are left to general English.
    """
    lists = lists_of(site)
    slots = {slot.name for form in site.forms for slot in form.slots}
    unlisted = {name for name in slots if not lists.get(name)}
    at_large: list[str] = [
        *site.speech.phrases,
        *(ask for fact in site.facts for ask in fact.ask),
        *(ask for hours in site.opening_hours for ask in hours.ask),
        *(ask for talk in site.small_talk for ask in talk.ask),
        *(site.emergency.not_emergencies if site.emergency else ()),
        # Visitors say these over replies. An ear that does not know them hears words of the site instead.
        *site.interruptions.stop,
        *site.interruptions.backchannels,
        *(way + phrase for phrase in site.hand_over.phrases for way in site.language.grammar.FOR_A_PERSON),
        *(answer for form in site.forms for slot in form.slots for answer in _answers(slot, site.language)),
        *(ask for form in site.forms for ask in form.ask),
    ]
    subjects: dict[str, Sequence[str]] = {"": at_large, **site.speech.subjects}
    if site.emergency:
        subjects[EMERGENCY] = [*subjects.get(EMERGENCY, ()), *_in_need(site.emergency, site.language)]
    return {
        subject: [
            template for template in dict.fromkeys(templates) if not any(f"{{{name}}}" in template for name in unlisted)
        ]
        for subject, templates in subjects.items()
    }


def _in_need(emergency: Emergency, language: Language) -> Iterator[str]:
    yield from emergency.phrases
    for kind in emergency.kinds:
        yield from language.grammar.EMERGENCIES[kind]


def _answers(slot: SlotSettings, language: Language) -> Iterator[str]:
    for answer in language.grammar.ANSWERS.get(slot.kind, ()):
        yield answer.replace("{slot}", f"{{{slot.name}}}")


def sentences_of(site: Site, subject: str = "") -> Iterator[tuple[tuple[str, ...], float]]:
    """Words and weights of sentences that visitors may say on a subject. The same site gives the same sentences.

    Raises ValueError for a template that cannot be expanded.
    """
    lists = lists_of(site)
    share = _EMERGENCY_WEIGHT if subject == EMERGENCY else 1.0
    for template in subjects_of(site)[subject]:
        number = phrases.count(template, lists)
        if number <= _DRAWN:
            drawn = list(phrases.expand(template, lists))
        else:
            drawn = list(phrases.samples([template], lists, _DRAWN))
        for sentence in drawn:
            yield spoken_form(sentence, site.language), share * (1 + math.log10(number)) / len(drawn)
    if not subject:
        for fact in site.facts:
            for sentence in _sentences(fact.say):
                yield spoken_form(sentence, site.language), _FACT_WEIGHT
        for word in vocabulary_of(site):
            yield (word,), _FACT_WEIGHT


def _sentences(text: str) -> list[str]:
    return [part for part in text.replace("! ", ". ").replace("? ", ". ").split(". ") if part.strip(" .")]


def spoken_form(sentence: str, language: Language) -> tuple[str, ...]:
    """A sentence's words as they are recognised: lower case, numbers in words, "x-ray" and "twenty-one" divided."""
    return tuple(plain_words(language.speech.spelled_out(sentence)))


def vocabulary_of(site: Site) -> tuple[str, ...]:
    """The words of a site's own vocabulary entries, as they are recognised."""
    return tuple(
        dict.fromkeys(
            itertools.chain.from_iterable(spoken_form(entry.word, site.language) for entry in site.speech.vocabulary)
        )
    )


def language_models(site: Site) -> tuple[dict[str, BackoffModel], BackoffModel | None]:
    """A language model for each subject that has sentences, and one for all together.

    Raises ValueError for a template that cannot be expanded.
    """
    sentences = {subject: list(sentences_of(site, subject)) for subject in subjects_of(site)}
    subjects = {subject: estimate(said) for subject, said in sentences.items() if said}
    return subjects, estimate(itertools.chain.from_iterable(sentences.values())) if subjects else None


def subject_models(site: Site) -> dict[str, BackoffModel]:
    """A language model for each subject that has sentences.

    Raises ValueError for a template that cannot be expanded.
    """
    sentences = ((subject, list(sentences_of(site, subject))) for subject in subjects_of(site))
    return {subject: estimate(said) for subject, said in sentences if said}


def program(site: Site) -> list[Path]:
    """Files of the code that the language models depend on, as ingredients of the cache's names."""
    language = site.language
    files = (__file__, ngram.__file__, phrases.__file__, words.__file__)
    return [Path(name) for name in (*files, language.speech.__file__, language.grammar.__file__) if name]
