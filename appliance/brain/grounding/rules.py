"""Rules that find what a reply says otherwise than the fact, though all its words are the fact's. Pure.

A reply may leave out words of a fact and put it in another order, but each figure and name stays with what it is about.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from appliance.brain.grounding.reading import Reading, Term
from appliance.brain.grounding.statement import Said, Statement

_MONEY = frozenset({"dollar", "euro", "pound", "cent", "other"})
"""units of figures that are amounts of money"""


@dataclass(frozen=True)
class Claim:
    """A part of a reply and the sentence that it may rest on."""

    said: Said
    statement: Statement
    question: Reading
    repeated: frozenset[Term]
    """terms of the sentence that the part repeats"""
    new: tuple[tuple[Term, Term], ...]
    """terms of the part that say more than what the sentence is about, each with the one that it repeats"""

    @functools.cached_property
    def own(self) -> frozenset[str]:
        """stems of the part"""
        return frozenset(term.stem for term in self.said.terms)

    @functools.cached_property
    def heard(self) -> frozenset[str]:
        """stems of the part and of the question"""
        return self.own | {term.stem for term in self.question.terms}

    @functools.cached_property
    def rests_on(self) -> frozenset[Term]:
        """terms of the sentence that are said beyond what it is about"""
        return frozenset(own for _, own in self.new)

    @property
    def parts(self) -> set[int]:
        """parts of the sentence that these terms are from"""
        return {own.part for own in self.rests_on}


def keeps_rate(claim: Claim) -> bool:
    """What a price is for is not left out: "two dollars an hour"."""
    return not any(term.rate and term.rate not in claim.own for term in claim.repeated)


def prices_money(claim: Claim) -> bool:
    """What costs something costs an amount of money, and not fifty minutes."""
    for part in range(claim.said.start, claim.said.end):
        terms = [term for term in claim.said.terms if term.part == part]
        figures = [term for term in terms if term.keys]
        if figures and any(term.prices for term in terms) and not any(term.units & _MONEY for term in figures):
            return False
    return True


def keeps_subject(claim: Claim) -> bool:
    """What narrows down a subject is not left out: "late books", "children under twelve"."""
    counted = {term.counts for term in claim.statement.reading.terms}
    for part in {own.part for own in claim.rests_on if own.stem not in counted}:
        leading = claim.statement.reading.leading[part]
        spoken = [
            number
            for number, term in enumerate(leading)
            if term in claim.repeated or (term.stem in claim.heard and not term.keys)
        ]
        if not spoken:
            continue
        first, last = spoken[0], spoken[-1]
        # "Late books", but not "a ticket for adults", in which "adults" may stand alone.
        while first and leading[first - 1].at == leading[first].at - 1:
            first -= 1
        while last + 1 < len(leading) and leading[last + 1].narrows:
            last += 2
        missing = set(range(first, min(last + 1, len(leading)))) - set(spoken)
        if any(not leading[number].idle for number in missing):
            return False
    return True


def keeps_head(claim: Claim) -> bool:
    """What stands behind a comma or "and" is said with the word that it begins with ("and a large one is …"), and a
    sentence with a word of what it begins with ("the first thirty minutes are free"), in the reply or the question."""
    reading = claim.statement.reading
    leading = reading.leading[0]
    if leading and claim.parts <= {0} and not claim.heard & {term.stem for term in leading}:
        return bool(claim.rests_on & set(leading))
    heads = (next(term for term in reading.terms if term.part == part) for part in claim.parts - {0})
    return all(head in claim.rests_on or head.phrasing or head.stem in claim.heard for head in heads)


def tells_rivals_apart(claim: Claim) -> bool:
    """Of two figures of one kind, as two prices, each is said with its own words, in the reply or in the question."""
    for part in {term.part for term, _ in claim.new}:
        own = frozenset(term.stem for term in claim.said.terms if term.part == part)
        asked = frozenset(term.stem for term in claim.question.terms)
        said = [figure for term, figure in claim.new if term.part == part]
        if not _tells_apart(said, own, own | asked, claim.statement.reading.terms):
            return False
    return True


def _tells_apart(said: Sequence[Term], own: frozenset[str], heard: frozenset[str], terms: Sequence[Term]) -> bool:
    for figure in (term for term in said if term.keys):
        # Where the reply does not say which of the two it means, the question does.
        words = own if _exclusive(terms, figure.part) & own else heard
        for rival in terms:
            if _are_rivals(figure, rival) and rival not in said and words & set(_beside(rival, figure, terms)):
                return False
    return True


def _are_rivals(one: Term, other: Term) -> bool:
    same_kind = one.units == other.units and one.numbers == other.numbers
    return bool(other.keys) and one.part != other.part and same_kind


def _exclusive(terms: Sequence[Term], part: int) -> set[str]:
    elsewhere = {term.stem for term in terms if term.part != part}
    return {term.stem for term in terms if term.part == part and not term.keys} - elsewhere


def _beside(rival: Term, figure: Term, terms: Sequence[Term]) -> Iterator[str]:
    """The words that belong to a rival of a figure, and not to the figure."""
    exclusive = _exclusive(terms, rival.part)
    words = [term for term in terms if term.part == rival.part and term.stem in exclusive]
    if rival.part > figure.part:
        yield from (term.stem for term in words)
        return
    # The later part may go on with what the earlier is about, but not with the word that its own first word takes the
    # place of: "a regular coffee … and a large one", "on Tuesday … and on Friday", "ten cents in black … and fifty".
    head = next(term for term in terms if term.part == figure.part)
    before = [term for term in words if term.at < rival.at and not head.keys]
    yield from (term.stem for term in before if term.critical) if head.critical else (t.stem for t in before[:1])
    yield from (term.stem for term in words if term.at > rival.at and term.stem != rival.counts)


def keeps_limits(claim: Claim) -> bool:
    """ "Only", "if", "except" and their like are neither left out nor put in, nor is the condition that a sentence
    begins with."""
    said, parts = claim.said, claim.statement.reading.parts
    if said.limits and not any(part.limits or part.conditional for part in parts):
        return False
    if said.negations and not any(part.negations for part in parts):
        return False
    for number, part in enumerate(parts):
        attached = number > 0 and bool(part.limits & set(part.opened))
        if part.limits and (number in claim.parts or (attached and number - 1 in claim.parts)):
            if not (said.limits or (said.negations and part.negations)):
                return False
            if attached and not claim.heard & {t.stem for t in claim.statement.reading.terms if t.part == number}:
                return False
    return not (parts[0].conditional and claim.parts - {0}) or _holds_condition(claim)


def _holds_condition(claim: Claim) -> bool:
    """Whether the reply or the question holds the condition that a sentence begins with: "on the first Sunday, …"."""
    condition = [term for term in claim.statement.reading.terms if term.part == 0 and not term.phrasing]
    critical = {term.stem for term in condition if term.critical and term.at}
    return critical <= claim.heard and (not condition or any(term.stem in claim.heard for term in condition))


def keeps_modals(claim: Claim) -> bool:
    """What is allowed is not demanded, and the other way round."""
    parts = claim.statement.reading.parts
    modals = frozenset[str]().union(*(parts[number].modals for number in claim.parts))
    return not claim.said.modals or not modals or bool(claim.said.modals & modals)


RULES: Mapping[str, Callable[[Claim], bool]] = {
    "rate": keeps_rate,
    "money": prices_money,
    "subject": keeps_subject,
    "head": keeps_head,
    "limits": keeps_limits,
    "modals": keeps_modals,
    "rivals": tells_rivals_apart,
}
"""Each rule by its name: whether a claim holds it"""
