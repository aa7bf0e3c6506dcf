"""Compares two things that the site states: "which is cheaper, the soup or a coffee". The host calculates, and says the
facts that it calculated with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from appliance.brain.knowledge import Entry
from appliance.brain.meaning import Meaning, understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes.facts import state_fact
from appliance.brain.routes.unknown import offer_person
from appliance.brain.state import ResponderState
from appliance.conversation import opening_hours
from appliance.core.facts import Outcome
from appliance.language import Language
from appliance.language.parts import Comparison


def compare(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer a question that compares two things. None where it compares none, or where the site does not know both.
    The facts alone are said where they hold no values that can be compared."""
    language = request.site.language
    asked = language.comparisons.compares(text, state.topic)
    if asked is None:
        return offer_person(request, state) if language.comparisons.judges(text) else None
    first, second = (_surely(request, asked, item) for item in (asked.first, asked.second))
    if first is None or second is None:
        return None
    order = _order(request, asked, first.entry, second.entry)
    said = "" if order is None else language.comparisons.say_comparison(asked, order)
    answers = [state_fact(request, state, first.entry, first.question)]
    if second.entry is not first.entry:
        answers.append(state_fact(request, answers[0].state, second.entry, second.question))
    words = " ".join([*([said] if said else []), *(answer.text for answer in answers)])
    facts = tuple(fact for answer in answers for fact in answer.outcome.facts)
    return Answer(answers[-1].state, words, Outcome(facts=facts, route="comparison"))


def _surely(request: Request, asked: Comparison, item: str) -> Meaning | None:
    """The entry that surely answers one of the questions about a thing."""
    for question in request.site.language.comparisons.asking(asked, item):
        meant = understood(request, ResponderState(), question)
        if meant and not meant.entry.form and meant.probability >= request.thresholds.accept:
            return meant
    return None


def _order(request: Request, asked: Comparison, first: Entry, second: Entry) -> int | None:
    """Below 0 where the value of the first thing is the smaller one, 0 where they are equal; None where a value does
    not show. Floors have no order: they are equal or not."""
    language = request.site.language
    if asked.measure == "floor":
        floors = [language.comparisons.floor(entry.say) for entry in (first, second)]
        return int(floors[0] != floors[1]) if all(floors) else None
    if asked.measure in ("price", "duration"):
        read = price if asked.measure == "price" else duration
        values = [read(first.say, asked.first, language), read(second.say, asked.second, language)]
    else:
        values = [_minutes(request, asked, entry) for entry in (first, second)]
    one, other = values
    return None if one is None or other is None else (one > other) - (one < other)


def _minutes(request: Request, asked: Comparison, entry: Entry) -> int | None:
    """When a place opens or closes on the day that was named, or today, in minutes since the day began."""
    if entry.hours is None:
        return None
    language = request.site.language
    dates = language.dates.find_dates(language.tokens(asked.when), request.now)
    day = dates[0].day if dates else request.now.date()
    span = opening_hours.span(entry.hours, day)
    if span is None:
        return None
    moment = span[0] if asked.measure == "opens" else span[1]
    return round((moment - opening_hours.midnight(day)).total_seconds() / 60)


_CURRENCIES = frozenset({"dollar", "euro", "pound", "cent"})
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10_080, "month": 43_200, "year": 525_600}


def price(statement: str, item: str, language: Language) -> int | None:
    """Price in cents that a statement gives for an item. Where it has several prices, that of the clause with the
    item's words counts; None where this does not show."""
    found = [(words, amount) for words, span in _clauses(statement, language) for amount in _cents(span, language)]
    return _of_item(found, item, language)


def duration(statement: str, item: str, language: Language) -> int | None:
    """How long a thing takes in minutes, as a statement gives it; None where this does not show. Where it has several
    lengths of time, one that is said to be taken counts."""
    found = [(words, amount) for words, span in _clauses(statement, language) for amount in _lasts(span, language)]
    taken = [(words, amount) for words, amount in found if words & language.comparisons.LASTING]
    return _of_item(taken or found, item, language)


def _clauses(statement: str, language: Language) -> Iterator[tuple[frozenset[str], list[str]]]:
    """Yield the clauses of a statement: stems of their words, and their tokens. A figure stays in one piece: "one
    hundred and thirty dollars"."""
    words = language.tokens(statement)
    inside = {at for figure in language.numbers.figures(statement) for at in range(figure.start, figure.end)}
    clause: list[str] = []
    for at, word in enumerate([*words, "."]):
        if at == len(words) or (word in language.comparisons.JOINTS and at not in inside):
            yield frozenset(map(language.words.stem, clause)), clause
            clause = []
        else:
            clause.append(word)


def _of_item(found: Sequence[tuple[frozenset[str], int]], item: str, language: Language) -> int | None:
    """The amount of the clause that names the item; None where no clause names it better than the others."""
    if len(found) == 1:
        return found[0][1]
    wanted = [language.words.stem(word) for word in language.words.content_words(item)]
    # What tells one kind from another stands before the noun: "a large coffee".
    scores = sorted((2 * len(words & set(wanted[:-1])) + len(words & set(wanted[-1:])), n) for words, n in found)
    if not scores or scores[-1][0] == 0 or (len(scores) > 1 and scores[-1][0] == scores[-2][0]):
        return None
    return scores[-1][1]


def _cents(clause: Sequence[str], language: Language) -> Iterator[int]:
    """Yield the prices of a clause."""
    measures = language.words.MEASURES
    for figure in language.numbers.figures(" ".join(clause)):
        inside = [measures.get(word) for word in clause[max(0, figure.start - 1) : figure.end + 1]]
        values = sorted(int(key[2:]) for key in figure.keys if re.fullmatch(r"n:\d+", key))
        if not values or not any(measure in _CURRENCIES for measure in inside):
            continue
        # A whole amount counts as itself and as hundredths; one with a fraction, or in cents, as hundredths only.
        said = clause[figure.start : figure.end]
        parted = any(measures.get(word) in _CURRENCIES for word in said[1:-1]) or any("." in word for word in said)
        yield values[0] if parted or "cent" in inside else values[-1]


def _lasts(clause: Sequence[str], language: Language) -> Iterator[int]:
    """Yield the lengths of time of a clause, in minutes."""
    for number in language.numbers.find_numbers(clause):
        unit = language.words.MEASURES.get(clause[number.end]) if number.end < len(clause) else None
        if unit in _MINUTES and number.text.isdigit():
            yield int(number.text) * _MINUTES[unit]
