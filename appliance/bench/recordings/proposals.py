"""What a site's file might say that it does not: words that are misheard, and phrases that people use. Pure.

Nothing is proposed that was said less often than ``at_least`` times, by as many people where the manifest tells them
apart: what one person said once may be about that person alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from appliance.bench.recordings.manifest import NOTHING, Recording
from appliance.bench.recordings.normalisation import normalised
from appliance.bench.recordings.scoring import align
from appliance.config.site import Site, VocabularyEntry
from appliance.engines.asr.site.language_model import spoken_form, subject_models
from appliance.engines.asr.site.ngram import BackoffModel
from appliance.language import Language
from appliance.language.words import plain_words

_MISHEARD = 0.5
"""Share of the times below which a word that was heard right counts as one that the ears do not know"""
_SHORTEST = 3
"""Letters of the shortest word that is proposed"""
_ALIKE = 0.5
"""Likeness (``Language.likeness``) from which what was heard instead of a word tells how it is pronounced"""
_TEMPLATE = str.maketrans(dict.fromkeys("()[]{}|", " "))


@dataclass(frozen=True, slots=True)
class Word:
    """A word that the ears should know, or know otherwise."""

    word: str
    sounds_like: str | None
    said: int
    """times that it was said in the recordings that it was learnt from"""
    heard: int
    """and heard right in them"""
    held_out: tuple[int, int, int] | None = None
    """times that it was said in the recordings held out, and heard right in them without and with the proposals"""

    @property
    def entry(self) -> VocabularyEntry:
        return VocabularyEntry(self.word, sounds_like=self.sounds_like)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that people use and the site lacks."""

    text: str
    kind: Literal["speech", "fact", "hours", "form"]
    entry: str
    """name of what it asks for; empty for ``speech``"""
    said: int


# --- words --------------------------------------------------------------------------------------------------------


def misheard(
    pairs: Sequence[tuple[Recording, str]], who: Mapping[str, str], language: Language, at_least: int
) -> list[Word]:
    """Words that are heard wrongly more often than not. ``pairs`` are recordings with what was heard, ``who`` tells
    who speaks in each."""
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    speakers: defaultdict[str, set[str]] = defaultdict(set)
    instead: defaultdict[str, Counter[str]] = defaultdict(Counter)
    written: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for recording, heard in pairs:
        if recording.text is None:
            continue
        words = normalised(recording.text, language)
        said.update(words)
        for word in words:
            speakers[word].add(who[recording.id])
        for word in plain_words(recording.text):
            written["".join(normalised(word, language))][word] += 1
        for step in align(words, normalised(heard, language)):
            if step.kind == "equal":
                right.update(step.said)
            elif len(step.said) == 1 and step.heard:
                instead[step.said[0]][" ".join(step.heard)] += 1
    found = []
    for word, number in sorted(said.items(), key=lambda item: (right[item[0]] - item[1], item[0])):
        small = len(word) < _SHORTEST or word in language.words.FUNCTION_WORDS or not written[word]
        if small or len(speakers[word]) < at_least or right[word] >= _MISHEARD * number:
            continue
        alike = [
            other
            for other, times in instead[word].most_common()
            if times >= at_least and language.likeness(word, other.replace(" ", "")) >= _ALIKE
        ]
        found.append(Word(written[word].most_common(1)[0][0], alike[0] if alike else None, number, right[word]))
    return found


def measured(
    words: Sequence[Word],
    recordings: Sequence[Recording],
    before: Sequence[str],
    after: Sequence[str],
    language: Language,
) -> list[Word]:
    """The words with how often each was heard right in recordings, before and after."""

    def right(word: str, texts: Sequence[str]) -> tuple[int, int]:
        said = heard = 0
        for recording, text in zip(recordings, texts, strict=True):
            for step in align(normalised(recording.text or "", language), normalised(text, language)):
                said += step.said.count(word)
                heard += step.said.count(word) if step.kind == "equal" else 0
        return said, heard

    found = []
    for one in words:
        word = "".join(normalised(one.word, language))
        (said, without), (_, with_it) = right(word, before), right(word, after)
        found.append(replace(one, held_out=(said, without, with_it)))
    return found


def with_words(site: Site, words: Sequence[Word]) -> Site:
    """The site with more words in its vocabulary."""
    entries = {word.word: word.entry for word in words}
    kept = (entry for entry in site.speech.vocabulary if entry.word.lower() not in entries)
    return replace(site, speech=replace(site.speech, vocabulary=(*kept, *entries.values())))


# --- phrases ------------------------------------------------------------------------------------------------------


def lacking(
    recordings: Sequence[Recording], who: Mapping[str, str], site: Site, kinds: Mapping[str, str], at_least: int
) -> list[Phrase]:
    """Phrases that the site's own sentences do not cover. ``kinds`` has the kind of each entry (``Entry.kind``) by its
    name."""
    models = list(subject_models(site).values())
    texts: defaultdict[tuple[str, tuple[str, ...]], Counter[str]] = defaultdict(Counter)
    speakers: defaultdict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for recording in recordings:
        words = () if recording.text is None else spoken_form(recording.text, site.language)
        if recording.text is None or not words or not _strange(words, models):
            continue
        entry = "" if recording.entry in (None, NOTHING) else str(recording.entry)
        texts[entry, words][plain(recording.text)] += 1
        speakers[entry, words].add(who[recording.id])
    found = []
    for (entry, words), written in sorted(texts.items(), key=lambda item: (-item[1].total(), item[0])):
        if len(speakers[entry, words]) >= at_least:
            kind = _kind(kinds.get(entry, ""))
            found.append(Phrase(written.most_common(1)[0][0], kind, "" if kind == "speech" else entry, written.total()))
    return found


def _strange(words: Sequence[str], models: Sequence[BackoffModel]) -> bool:
    return all(model.unseen(words) for model in models)


def _kind(name: str) -> Literal["speech", "fact", "hours", "form"]:
    kinds: dict[str, Literal["speech", "fact", "hours", "form"]] = {"fact": "fact", "hours": "hours", "form": "form"}
    return kinds.get(name, "speech")


def plain(text: str) -> str:
    """A text as a phrase of a site file: without the marks of templates and at the end."""
    text = " ".join(text.translate(_TEMPLATE).split()).rstrip(" .,;:!?")
    return text.lower() if text.isupper() else text


def with_phrases(site: Site, phrases: Sequence[Phrase]) -> Site:
    """The site with more phrases."""

    def more(kind: str, name: str) -> tuple[str, ...]:
        return tuple(phrase.text for phrase in phrases if (phrase.kind, phrase.entry) == (kind, name))

    return replace(
        site,
        facts=tuple(replace(fact, ask=(*fact.ask, *more("fact", fact.id))) for fact in site.facts),
        opening_hours=tuple(
            replace(hours, ask=(*hours.ask, *more("hours", hours.what))) for hours in site.opening_hours
        ),
        forms=tuple(replace(form, ask=(*form.ask, *more("form", form.intent))) for form in site.forms),
        speech=replace(site.speech, phrases=(*site.speech.phrases, *more("speech", ""))),
    )
