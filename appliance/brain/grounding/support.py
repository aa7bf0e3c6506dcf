"""Whether one sentence of one fact says what a part of a reply says. Pure.

A reply may leave out words of a fact and put it in another order, but each figure and name stays with what it is about.
These rules find what does not:

* *source*: every term occurs in the sentence, or in what the fact is about, as it is: with its unit, denied or not,
  behind the same place word, at the same end of a range, counting the same;
* *subject*: the words that narrow down what is spoken about are not left out ("late books", "children under twelve"),
  nor what a price is for ("an hour");
* *head*: what stands behind a comma or "and" is said with the word that it begins with ("and a large one is …"), and
  a sentence with a word of what it begins with ("the first thirty minutes are free"), in the reply or in the question;
* *rivals*: of two figures of one kind, as two prices, each is said with its own words, in the reply or in the question;
* *limits*: "only", "if", "except" and their like are not left out;
* *modals*: what is allowed is not demanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from appliance.brain.grounding.reading import Reading, Term
from appliance.language import Language


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of a fact."""

    fact: int
    """number of the fact"""
    reading: Reading
    about: frozenset[str]
    """stems of what the fact is about: the words that begin its sentences, and names in the others"""
    elsewhere: frozenset[str] = frozenset()
    """stems of the other words of the fact"""


def statements(facts: Sequence[str], language: Language) -> list[Statement]:
    """The sentences of facts, in order."""
    found: list[Statement] = []
    for number, fact in enumerate(facts):
        readings = [Reading.of(sentence, language) for sentence in language.sentences.sentences(fact) if sentence]
        topics = frozenset[str]().union(*(reading.topic for reading in readings))
        for reading in readings:
            names = (other.names for other in readings if other is not reading)
            others = frozenset(
                term.stem for other in readings if other is not reading for term in other.terms if not term.critical
            )
            found.append(Statement(number, reading, topics.union(*names), others))
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """Parts ``start`` to ``end`` (exclusive) of a reply's sentence."""

    reading: Reading
    start: int
    end: int

    @property
    def terms(self) -> tuple[Term, ...]:
        return tuple(term for term in self.reading.terms if self.start <= term.part < self.end)

    @property
    def modals(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.modals for part in self.reading.parts[self.start : self.end]))

    @property
    def limits(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.limits for part in self.reading.parts[self.start : self.end]))

    @property
    def negations(self) -> bool:
        return any(part.negations for part in self.reading.parts[self.start : self.end])


def fault(said: Said, statement: Statement, question: Reading) -> str:
    """The rule that a part of a reply breaks if it rests on a sentence; empty for none."""
    asked = {term.stem for term in question.terms}
    matched: list[tuple[Term, Term]] = []
    for term in said.terms:
        own = _match(term, statement)
        if own is not None:
            matched.append((term, own))
        elif term.critical or term.relation or not (term.phrasing or _names_topic(term, statement, asked)):
            return "source"
    news = [(term, own) for term, own in matched if own.stem not in statement.about and not own.phrasing]
    if not news and len(matched) < len(statement.reading.terms):
        return "nothing new"
    used = [own for _, own in news]
    if not _subjects(said, statement, {own for _, own in matched}, used, question):
        return "subject"
    for rule, holds in (("head", _heads), ("limits", _limits), ("modals", _modals)):
        if not holds(said, statement, used, question):
            return rule
    for part in {term.part for term, _ in news}:
        of_part = [own for term, own in news if term.part == part]
        if not _rivals(Said(said.reading, part, part + 1), statement, of_part, question):
            return "rivals"
    return ""


def _names_topic(term: Term, statement: Statement, asked: set[str]) -> bool:
    """Whether a word only says what the sentence is about: the fact begins with it, or holds it and the visitor asked
    with it."""
    return term.stem in statement.about or (term.stem in statement.elsewhere and term.stem in asked)


def _match(term: Term, statement: Statement) -> Term | None:
    """The term of a sentence that a term of a reply repeats."""
    return next((own for own in statement.reading.terms if _same(term, own)), None)


def repeats(term: Term, own: Term) -> bool:
    """Whether a term of a reply is the same word, or the same figure of the same, as one of a fact."""
    if term.keys or own.keys:
        counts_same = not term.counts or term.counts in own.beside
        return _same_figure(term.keys, own.keys) and not term.units - own.units and counts_same
    return term.stem == own.stem and (own.critical or not term.critical)


def _same(term: Term, own: Term) -> bool:
    if not repeats(term, own):
        return False
    if term.denied != own.denied or term.relation != own.relation:
        return False
    ends = {term.end, own.end}
    return "to" not in ends or len(ends) == 1


def _same_figure(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two figures mean the same. Bare numbers do by their number alone: "eight" may be 20:00, and so may
    "twenty"."""
    numbers, others = ({key for key in keys if key.startswith("n:")} for keys in (one, other))
    return bool(numbers & others if numbers and others else one & other)


def _words(said: Said, question: Reading) -> tuple[set[str], set[str]]:
    """Stems that a part of a reply says, and those together with the question's."""
    own = {term.stem for term in said.terms}
    return own, own | {term.stem for term in question.terms}


def _subjects(said: Said, statement: Statement, used: set[Term], news: Sequence[Term], question: Reading) -> bool:
    own, words = _words(said, question)
    counted = {term.counts for term in statement.reading.terms}
    parts = {term.part for term in news if term.stem not in counted}
    if any(term.rate and term.rate not in own for term in used):
        return False
    for leading in (statement.reading.leading[part] for part in parts):
        spoken = [n for n, term in enumerate(leading) if term in used or (term.stem in words and not term.keys)]
        if not spoken:
            continue
        first, last = spoken[0], spoken[-1]
        # "Late books", but not "a ticket for adults", in which "adults" may stand alone.
        while first and leading[first - 1].at == leading[first].at - 1:
            first -= 1
        # "under" and "over" narrow down the word before them.
        while last + 1 < len(leading) and leading[last + 1].narrows:
            last += 2
        missing = set(range(first, min(last + 1, len(leading)))) - set(spoken)
        if any(not leading[number].idle for number in missing):
            return False
    return True


def _heads(said: Said, statement: Statement, news: Sequence[Term], question: Reading) -> bool:
    _, words = _words(said, question)
    first = statement.reading.leading[0] if statement.reading.leading else ()
    within = all(own.part == 0 for own in news)
    if first and within and not {term.stem for term in first} & words and not set(news) & set(first):
        return False
    for part in {own.part for own in news} - {0}:
        head = next((term for term in statement.reading.terms if term.part == part), None)
        if head is not None and head not in news and not head.phrasing and head.stem not in words:
            return False
    return True


def _rivals(said: Said, statement: Statement, news: Sequence[Term], question: Reading) -> bool:
    own, words = _words(said, question)
    terms = statement.reading.terms
    for figure in (own for own in news if own.keys):
        exclusive = _exclusive(terms, figure.part)
        # Where the reply does not say which of the two it means, the question does.
        heard = own if exclusive & own else words
        for rival in terms:
            if rival.part == figure.part or not _rival(figure, rival) or rival in news:
                continue
            if heard & set(_beside_rival(terms, rival, figure, statement)):
                return False
    return True


def _rival(figure: Term, other: Term) -> bool:
    return bool(other.keys) and figure.units == other.units and figure.numbers == other.numbers


def _exclusive(terms: Sequence[Term], part: int) -> set[str]:
    elsewhere = {term.stem for term in terms if term.part != part}
    return {term.stem for term in terms if term.part == part and not term.keys} - elsewhere


def _beside_rival(terms: Sequence[Term], rival: Term, figure: Term, statement: Statement) -> Iterator[str]:
    """The words that belong to another figure of the same kind alone."""
    exclusive = _exclusive(terms, rival.part)
    of_rival = [term for term in terms if term.part == rival.part and term.stem in exclusive]
    if rival.part > figure.part:
        yield from (term.stem for term in of_rival)
        return
    first = next(iter(of_rival), None)
    if first is not None and first.at < rival.at:
        yield first.stem
    # The first word behind a figure is what it counts, and the later figure counts the same.
    behind = [term for term in of_rival if term.at > rival.at]
    yield from (term.stem for term in behind if term.stem != rival.counts)


def _limits(said: Said, statement: Statement, news: Sequence[Term], question: Reading) -> bool:
    _, words = _words(said, question)
    parts, terms = statement.reading.parts, statement.reading.terms
    used = {own.part for own in news}
    if said.limits and not any(part.limits or part.conditional for part in parts):
        return False
    if said.negations and not any(part.negations for part in parts):
        return False
    for number, part in enumerate(parts):
        limits = part.limits
        attached = number > 0 and bool(limits & set(part.opened))
        if limits and (number in used or (attached and number - 1 in used)):
            if not (said.limits or (said.negations and part.negations)):
                return False
            if attached and not words & {term.stem for term in terms if term.part == number}:
                return False
        if part.conditional and number == 0 and used - {0} and not _holds_condition(words, terms):
            return False
    return True


def _holds_condition(words: set[str], terms: Sequence[Term]) -> bool:
    """Whether the condition that a sentence begins with is met by the words of the reply and the question: "on the
    first Sunday, …"."""
    condition = [term for term in terms if term.part == 0 and not term.phrasing]
    critical = {term.stem for term in condition if term.critical and term.at}
    return critical <= words and (not condition or any(term.stem in words for term in condition))


def _modals(said: Said, statement: Statement, news: Sequence[Term], question: Reading) -> bool:
    demanded = frozenset[str]().union(*(statement.reading.parts[own.part].modals for own in news))
    return not said.modals or not demanded or bool(said.modals & demanded)
