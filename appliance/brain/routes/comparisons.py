"""Compares two things that the site states: "which is cheaper, the soup or a coffee". The host calculates, and says the
facts that it calculated with."""

from __future__ import annotations

import re
from dataclasses import replace

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
    asked = language.comparisons.compares(text)
    if asked is None:
        return offer_person(request, state) if language.comparisons.judges(text) else None
    first, second = (_surely(request, state, question) for question in language.comparisons.asking(asked))
    if first is None or second is None:
        return None
    order = _order(request, asked, first.entry, second.entry)
    said = "" if order is None else language.comparisons.say_comparison(asked, order)
    one = state_fact(request, state, first.entry, first.question)
    if second.entry is first.entry:
        words, facts = one.text, one.outcome.facts
        after = one.state
    else:
        two = state_fact(request, one.state, second.entry, second.question)
        words, facts, after = f"{one.text} {two.text}", (*one.outcome.facts, *two.outcome.facts), two.state
    # Neither of the two is what "it" means now.
    after = replace(after, topic=replace(after.topic, thing="", person=""))
    return Answer(after, f"{said} {words}".strip(), Outcome(facts=facts, route="comparison"))


def _surely(request: Request, state: ResponderState, question: str) -> Meaning | None:
    """The entry that surely answers a question about one thing."""
    meant = understood(request, replace(state, topic=type(state.topic)()), question)
    return meant if meant and not meant.entry.form and meant.probability >= request.thresholds.accept else None


def _order(request: Request, asked: Comparison, first: Entry, second: Entry) -> int | None:
    """Below 0 where the value of the first thing is the smaller one, 0 where they are equal; None where a value does
    not show. Floors have no order: they are equal or not."""
    language = request.site.language
    if asked.measure == "floor":
        floors = [language.comparisons.floor(entry.say) for entry in (first, second)]
        return int(floors[0] != floors[1]) if all(floors) else None
    if asked.measure == "price":
        values = [price(first.say, asked.first, language), price(second.say, asked.second, language)]
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


_CLAUSE = re.compile(r"[,;.] |, and | and ")


def price(statement: str, item: str, language: Language) -> int | None:
    """Price in cents that a statement gives for an item. Where it has several prices, that of the clause with the
    item's words counts; None where this does not show."""
    clauses = [
        (clause, amount) for clause in _CLAUSE.split(statement) if (amount := _cents(clause, language)) is not None
    ]
    if len(clauses) == 1:
        return clauses[0][1]
    stem = language.words.stem
    wanted = [stem(word) for word in language.words.content_words(item)]
    scores: list[tuple[int, int]] = []
    for clause, amount in clauses:
        held = {stem(word) for word in language.words.content_words(clause)}
        # What tells one kind from another stands before the noun: "a large coffee".
        scores.append((2 * len(held & set(wanted[:-1])) + len(held & set(wanted[-1:])), amount))
    scores.sort(reverse=True)
    if not scores or scores[0][0] == 0 or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _cents(clause: str, language: Language) -> int | None:
    """The one price of a clause; None where it has none or several."""
    words = language.tokens(clause)
    measures = language.words.MEASURES
    found: list[int] = []
    for figure in language.numbers.figures(clause):
        inside = [measures.get(word) for word in words[max(0, figure.start - 1) : figure.end + 1]]
        values = sorted(int(key[2:]) for key in figure.keys if re.fullmatch(r"n:\d+", key))
        if not values or not any(measure in _CURRENCIES for measure in inside):
            continue
        # A whole amount counts as itself and as hundredths; one with a fraction, or in cents, as hundredths only.
        said = words[figure.start : figure.end]
        parted = any(measures.get(word) in _CURRENCIES for word in said[1:-1]) or any("." in word for word in said)
        found.append(values[0] if parted or "cent" in inside else values[-1])
    return found[0] if len(found) == 1 else None


_CURRENCIES = frozenset({"dollar", "euro", "pound", "cent"})
