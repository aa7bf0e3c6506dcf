"""Compares two things that the site states: "which is cheaper, the soup or a coffee". The host calculates, and says the
facts that it calculated with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from appliance.brain.knowledge import Entry
from appliance.brain.meaning import Meaning, understood
from appliance.brain.request import Answer, Request
from appliance.brain.routes.facts import state_fact
from appliance.brain.routes.unknown import offer_person
from appliance.brain.state import ResponderState
from appliance.conversation import opening_hours
from appliance.core.facts import Outcome
from appliance.language import Language
from appliance.language.parts import Comparison, Counted


def compare(request: Request, state: ResponderState, text: str) -> Answer | None:
    """Answer a question that compares two things. None where it compares none, or where the site does not know both.
    The facts alone are said where they hold no values that can be compared."""
    language = request.site.language
    asked = language.comparisons.compares(text, state.topic)
    if asked is None:
        return offer_person(request, state) if language.comparisons.judges(text) else None
    amounts = _amounts(asked, language)
    first, second = (_surely(request, asked, amount.thing) for amount in amounts)
    if first is None or second is None:
        return None
    order = None if asked.together else _order(request, asked, amounts, first.entry, second.entry)
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
        if meant and meant.entry.kind in ("fact", "hours") and meant.probability >= request.thresholds.accept:
            return meant
    return None


def _amounts(asked: Comparison, language: Language) -> tuple[Counted, Counted]:
    """How much is compared of each of the two things. Only prices are of so many."""
    if asked.measure != "price":
        return Counted(1, asked.first), Counted(1, asked.second)
    return language.comparisons.counted(asked.first), language.comparisons.counted(asked.second)


def _order(request: Request, asked: Comparison, amounts: Sequence[Counted], *entries: Entry) -> int | None:
    """Below 0 where the value of the first thing is the smaller one, 0 where they are equal; None where a value does
    not show. On ``floor``, they are equal or not."""
    language = request.site.language
    if asked.measure in ("floor", "height"):
        floors = [language.comparisons.floor(entry.say) for entry in entries]
        if asked.measure == "floor":
            return int(floors[0] != floors[1]) if all(floors) else None
        values = [language.comparisons.STOREYS.get(floor) for floor in floors]
    elif asked.measure == "price":
        values = _prices(amounts, entries, language)
    elif asked.measure == "duration":
        values = [duration(e.say, amount.thing, language) for e, amount in zip(entries, amounts, strict=True)]
    else:
        values = [_minutes(request, asked, entry) for entry in entries]
    one, other = values
    return None if one is None or other is None else (one > other) - (one < other)


def _prices(amounts: Sequence[Counted], entries: Sequence[Entry], language: Language) -> list[int | None]:
    """What each amount costs. None where that is not the price times the number: what is paid by the hour may be free
    at first, and what is for four may be said with that number."""
    found = [rate(entry.say, amount.thing, language) for entry, amount in zip(entries, amounts, strict=True)]
    (one, other), units = found, {per for _, per in found}
    if len(units) > 1 or any(amount.uncountable for amount in amounts):
        return [None, None]
    numbers = [amount.number for amount in amounts]
    for entry, number in zip(entries, numbers, strict=True):
        if number > 1 and (units != {""} or str(number) in _numbers_beside_prices(entry.say, language)):
            return [None, None]
    return [None if cents is None else cents * number for (cents, _), number in zip((one, other), numbers, strict=True)]


def _numbers_beside_prices(statement: str, language: Language) -> frozenset[str]:
    words, measures = language.tokens(statement), language.words.MEASURES
    found = language.numbers.find_numbers(words)
    around = ((number.text, words[max(0, number.start - 1) : number.end + 1]) for number in found)
    return frozenset(text for text, near in around if not any(measures.get(word) in _CURRENCIES for word in near))


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


_Amount = TypeVar("_Amount", int, tuple[int, str])
_CURRENCIES = frozenset({"dollar", "euro", "pound", "cent"})
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10_080, "month": 43_200, "year": 525_600}


def price(statement: str, item: str, language: Language) -> int | None:
    """Price in cents that a statement gives for an item. Where it has several prices, that of the clause with the
    item's words counts; None where this does not show."""
    return rate(statement, item, language)[0]


def rate(statement: str, item: str, language: Language) -> tuple[int | None, str]:
    """The price in cents, and the unit of time for which it is paid; the unit is empty for what is paid once."""
    found = [(words, paid) for words, span in _clauses(statement, language) for paid in _cents(span, language)]
    return _of_item(found, item, language) or (None, "")


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


def _of_item(found: Sequence[tuple[frozenset[str], _Amount]], item: str, language: Language) -> _Amount | None:
    """The amount of the clause that names the item; None where no clause names it better than the others."""
    if len(found) == 1:
        return found[0][1]
    wanted = [language.words.stem(word) for word in language.words.content_words(item)]
    # What tells one kind from another stands before the noun: "a large coffee".
    scores = sorted((2 * len(words & set(wanted[:-1])) + len(words & set(wanted[-1:])), n) for words, n in found)
    if not scores or scores[-1][0] == 0 or (len(scores) > 1 and scores[-1][0] == scores[-2][0]):
        return None
    return scores[-1][1]


def _cents(clause: Sequence[str], language: Language) -> Iterator[tuple[int, str]]:
    """Yield the prices of a clause, each with the unit of time for which it is paid."""
    measures = language.words.MEASURES
    for figure in language.numbers.figures(" ".join(clause)):
        inside = [measures.get(word) for word in clause[max(0, figure.start - 1) : figure.end + 1]]
        values = sorted(int(key[2:]) for key in figure.keys if re.fullmatch(r"n:\d+", key))
        if not values or not any(measure in _CURRENCIES for measure in inside):
            continue
        # A whole amount counts as itself and as hundredths; one with a fraction, or in cents, as hundredths only.
        said = clause[figure.start : figure.end]
        parted = any(measures.get(word) in _CURRENCIES for word in said[1:-1]) or any("." in word for word in said)
        yield values[0] if parted or "cent" in inside else values[-1], _paid_per(clause, figure.end, language)


def _paid_per(clause: Sequence[str], at: int, language: Language) -> str:
    """The unit of time behind a price, as in "two dollars an hour"."""
    measures = language.words.MEASURES
    behind = [word for word in clause[at : at + 3] if measures.get(word) not in _CURRENCIES]
    unit = measures.get(behind[1], "") if len(behind) > 1 and behind[0] in language.statements.RATES else ""
    return unit if unit in _MINUTES else ""


def _lasts(clause: Sequence[str], language: Language) -> Iterator[int]:
    """Yield the lengths of time of a clause, in minutes."""
    for number in language.numbers.find_numbers(clause):
        unit = language.words.MEASURES.get(clause[number.end]) if number.end < len(clause) else None
        if unit in _MINUTES and number.text.isdigit():
            yield int(number.text) * _MINUTES[unit]
