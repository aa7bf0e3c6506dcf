"""Finds the entry that the visitor's words mean, alone or as a continuation of what was said before. Pure but for the
search."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from appliance.brain.knowledge import Entry, Hit, names_place, stems
from appliance.brain.request import Request
from appliance.brain.state import ResponderState
from appliance.language import Language
from appliance.language.parts import Completed, Topic


@dataclass(frozen=True, slots=True)
class Meaning:
    """What words mean, in the retrieval's judgement."""

    question: str
    """the complete question that they stand for"""
    hits: Sequence[Hit]
    """entries that answer it, best first; at least one"""

    @property
    def entry(self) -> Entry:
        return self.hits[0].entry

    @property
    def probability(self) -> float:
        return self.hits[0].probability

    @property
    def guesses(self) -> Sequence[Hit]:
        """The hits that can be asked about. It is never asked whether small talk was meant."""
        return [hit for hit in self.hits if hit.entry.asks and hit.entry.kind != "talk"]

    def guess(self) -> Hit | None:
        """The most probable entry that can be asked about."""
        return next(iter(self.guesses), None)

    def alternative(self, least: float) -> Entry | None:
        """The entry that was probably meant if it was not the ``guess``; ``least`` is the probability that it needs."""
        guess, second, *_ = [*self.guesses, None, None]
        if guess is None or second is None:
            return None
        return second.entry if second.probability >= least * (1 - guess.probability) else None


def understood(request: Request, state: ResponderState, text: str) -> Meaning | None:
    """What the words mean: the first reading that the retrieval is sure of, or the one that it holds most probable.
    None where it finds nothing. What a pronoun stands for is what the answer has to be about."""
    found: list[Meaning] = []
    accept = request.thresholds.accept
    whole = request.site.language.follow_ups.complete(text, state.topic)
    subjects = _subjects(whole)
    asks_for_unknown = _asks_for_unknown(request, state, text)
    for reading in _readings(request, state.topic, text, whole):
        hits = tuple(hit for hit in request.search(reading.question) if _can_answer(request, hit.entry, text))
        if reading.another and state.stated:
            hits = _without(hits, state.stated)
        hits = _about_subjects(request, state, text, subjects, reading, hits)
        if asks_for_unknown:
            hits = tuple(hit for hit in hits if hit.entry.id in state.outcome.facts)
        if not hits:
            continue
        meaning = Meaning(reading.question, hits)
        if meaning.probability >= accept:
            return meaning
        found.append(meaning)
    if state.stated and _held(request, state.stated, text) and _can_answer(request, state.stated, text):
        others = [hit for hit in (found[0].hits if found else ()) if hit.entry is not state.stated]
        return Meaning(text, (Hit(state.stated, accept), *others))
    return max(found, key=lambda meaning: meaning.probability, default=None)


def _asks_for_unknown(request: Request, state: ResponderState, text: str) -> bool:
    """Whether the words ask for one of what the last reply did not know: "where is the nearest one then"."""
    unsure = state.outcome.kind in ("unknown", "confirm")
    return unsure and request.site.language.follow_ups.names_nothing(text)


def is_about_subject(request: Request, state: ResponderState, text: str, entry: Entry) -> bool:
    """Whether an entry is about what a pronoun in the words stands for, or the words name something else that it is
    about: "can i bring my dog in it". True for words without a pronoun."""
    whole = request.site.language.follow_ups.complete(text, state.topic)
    return _is_about(request, state, text, _subjects(whole), entry)


def _is_about(request: Request, state: ResponderState, text: str, subjects: Collection[str], entry: Entry) -> bool:
    """``is_about_subject``, where it is known what the pronouns may stand for."""
    language, topic = request.site.language, state.topic
    if entry is state.stated or entry.form or entry.kind == "talk":
        return True
    if topic.thing and language.follow_ups.of_staff(text):
        return not _of_another_place(request, topic, entry)
    if not subjects and state.stated and not (topic.thing or topic.person or state.stated.hours):
        # "It" stands for what has no name here, and not for a place.
        return entry.kind != "hours" or not _holds_pronoun(text, language)
    if not subjects or any(entry.speaks_of(subject, language) for subject in subjects):
        return True
    house = stems(request.site.name, language)
    if any(stems(subject, language) <= house for subject in subjects):
        return True
    named = telling_words(text, language)
    return entry.kind != "hours" and any(entry.speaks_of(word, language) for word in named)


def _subjects(whole: Iterable[Completed]) -> frozenset[str]:
    """What the pronouns in words may stand for; ``whole`` are the questions that the words were completed to."""
    return frozenset(reading.about for reading in whole if reading.about)


def _holds_pronoun(text: str, language: Language) -> bool:
    """Whether the words hold a pronoun for a thing. Only a line about something is completed, so that the pronoun gets
    a thing to stand for, whatever its name."""
    return bool(_subjects(language.follow_ups.complete(text, Topic(thing="it"))))


def telling_words(text: str, language: Language) -> list[str]:
    """The content words that show what is asked about."""
    known = language.words
    empty = known.ANSWERING | known.PHRASING | known.NEGATIONS | language.follow_ups.OF_ANYTHING
    return [word for word in known.content_words(text) if word not in empty]


def _of_another_place(request: Request, topic: Topic, entry: Entry) -> bool:
    """Whether an entry names one of the site's places, and not the one that is spoken of, where it is one."""
    places = [hours.what for hours in request.site.opening_hours]
    here = {place for place in (topic.thing, topic.place) if place in places}
    named = {place for place in places if place.lower() in entry.say.lower()}
    return bool(here and named) and not named & here


def _about_subjects(
    request: Request,
    state: ResponderState,
    text: str,
    subjects: Collection[str],
    reading: Completed,
    hits: Sequence[Hit],
) -> tuple[Hit, ...]:
    """The hits that are about what a pronoun stands for, and tell what is asked. What was just stated is surely meant
    where it tells that."""
    language, questions = request.site.language, request.site.language.questions
    if (told := _presence_told(state, reading, text, language)) is not None:
        return (Hit(told, request.thresholds.accept), *_without(hits, told))
    fitting = tuple(hit for hit in hits if _is_about(request, state, text, subjects, hit.entry))
    wanted = questions.asked_for(reading.question) if subjects else frozenset[str]()
    sure = [hit for hit in hits if hit.probability >= request.thresholds.accept]
    if not wanted:
        # What is not sure is asked back, and may be about something else.
        return fitting if sure else tuple(hits)
    if sure and sure[0] in fitting:
        return fitting
    telling = tuple(hit for hit in fitting if wanted & questions.given_by(hit.entry.say))
    stated = state.stated
    if (
        stated
        and reading.about
        # "And the one for children" names what the last answer does not speak of.
        and all(stated.speaks_of(thing, language) for thing in (reading.about, *telling_words(text, language)))
        and wanted & questions.given_by(stated.say)
    ):
        return (Hit(stated, request.thresholds.accept), *_without(telling, stated))
    return telling


def _presence_told(state: ResponderState, reading: Completed, text: str, language: Language) -> Entry | None:
    """The fact stated last, where it tells when the one is there about whose presence the words ask."""
    told, person = state.stated, state.topic.person
    if told is None or not person or reading.about != person or not language.follow_ups.asks_presence(text):
        return None
    return told if told.speaks_of(person, language) and "time" in language.questions.given_by(told.say) else None


def _readings(request: Request, topic: Topic, text: str, whole: Sequence[Completed]) -> Iterator[Completed]:
    """Yield the questions that the words may stand for, in the order in which they are tried. ``whole`` are those that
    the topic completes."""
    language = request.site.language
    alone = Completed(text)
    # "Is it open" refers to the last topic, even where "open" alone would find another entry.
    yield from (reading for reading in whole if not reading.aside)
    yield alone
    yield from (reading for reading in whole if reading.aside)
    commoner = language.words.commoner(text)
    if commoner != text:
        yield Completed(commoner)
    brief = language.intents.asks_question(text) or len(text.split()) <= _ELLIPSIS
    brief = brief and not language.follow_ups.of_staff(text)
    if not whole and topic.example and brief and language.intents.follows_up(text):
        yield Completed(f"{topic.example} {text}")


def _can_answer(request: Request, entry: Entry, text: str) -> bool:
    """Whether an entry can answer the words at all. A task may be about anything."""
    if entry.kind in ("form", "talk"):
        return True
    language = request.site.language
    known = " ".join((entry.say, entry.simple, *entry.asks))
    return language.questions.can_answer(text, known) and names_place(entry, text, language)


_ELLIPSIS = 4
"""most words of a line that goes on with the last question and is none itself"""


def _without(hits: Sequence[Hit], entry: Entry) -> tuple[Hit, ...]:
    """Hits without an entry that cannot be meant. Its probability is shared out among the others."""
    rest = 1 - sum(hit.probability for hit in hits if hit.entry is entry)
    return tuple(
        replace(hit, probability=hit.probability / rest) for hit in hits if hit.entry is not entry and rest > 0
    )


def _held(request: Request, stated: Entry, text: str) -> bool:
    """Whether a fact that was just stated holds all that a question names, and the kind of answer that it wants: "is
    the first hour free" after the fact about parking."""
    words, questions = request.site.language.words, request.site.language.questions
    empty = words.ANSWERING | (words.PHRASING - words.ASSERTING)
    named = {words.stem(word) for word in words.content_words(text) if word not in empty}
    wanted = questions.asked_for(text)
    if not named or (wanted and not wanted & questions.given_by(stated.say)):
        return False
    return named <= stems(stated.say, request.site.language)


def has_content(request: Request, text: str) -> bool:
    """Whether the visitor said more than yes, no or "I don't know"."""
    words = request.site.language.words
    empty = words.ANSWERING | words.PHRASING | words.NEGATIONS
    return any(word not in empty for word in words.content_words(text))
