"""The check of a reply that a model writes, sentence by sentence. Pure, but for the state of one reply.

A sentence may be said when each of its parts rests on one sentence of one fact (``support``), and it holds nothing
that is not plain writing (``sources``). A part that does not name what it is about, as in "it costs two dollars",
rests on the fact of the part before it, or on the fact that the question names. The visitor's words are no source.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from appliance.brain.grounding import loops, polarity
from appliance.brain.grounding.reading import Reading, Term
from appliance.brain.grounding.sources import Sources, foreign, ungrounded
from appliance.brain.grounding.statement import Said, Statement, statements
from appliance.brain.grounding.support import fault
from appliance.language import Language

_GROWS = 2
"""How many words behind a figure may still become part of it, as in "seven in the morning" """

_MOST_PARTS = 16
"""Parts of a sentence that are checked. The work grows with their cube, and no listener follows more."""

_SIGNS = frozenset("$€£%")


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of a model's that was checked."""

    spoken: str
    """what may be said of it; empty for nothing"""
    fault: str = ""
    """the rule that it broke, where nothing may be said"""


class Check:
    """Checks one reply. ``statements`` that the reply rests on so far are in ``rested``."""

    def __init__(self, facts: Sequence[str], question: str, names: Sequence[str], language: Language) -> None:
        """``facts`` are those found for the question, the likeliest first. ``names`` are the site's and the persona's,
        which a reply may say anywhere."""
        self._language = language
        self._sources = Sources.of([*facts, *names], language)
        self._facts = Sources.of(facts, language)
        self._names = [re.compile(rf"\b{re.escape(name)}(?:['’]s)?(?!\w)", re.IGNORECASE) for name in names if name]
        self._question_text = question
        self._question = Reading.of(question, language)
        self.statements = statements(facts, language)
        self.rested: list[Statement] = []
        self._said: list[str] = []
        self._meant = self._meant_fact()
        self._name_stems = {term.stem for name in names for term in Reading.of(name, language).terms}
        self._six = next(word for word, value in language.numbers.CARDINALS.items() if value == 6)
        self._denies = any(part.negations for own in self.statements for part in own.reading.parts)

    def hopeless(self, begun: str) -> bool:
        """Whether a sentence that is being written cannot pass, whatever follows. The last word may be unfinished."""
        words = begun.rsplit(None, 1)[0] if len(begun.split()) > 1 else ""
        if self._is_foreign(begun):
            return True
        if loops.degenerate(" ".join((*self._said, words)), self._language):
            return True
        _, _, rest = polarity.cut(words, self._language)
        rest = self._without_names(rest)
        tokens = self._language.tokens(rest)
        reading = Reading.of(" ".join(tokens[: self._end_of_certain(rest, len(tokens))]), self._language)
        denies = any(part.negations for part in reading.parts) and not self._denies
        return denies or not all(term.phrasing or self._occurs(term) for term in reading.terms)

    def _end_of_certain(self, text: str, count: int) -> int:
        """The first token of a figure that may still be growing, or the number of tokens: "three dollars" forty, "seven
        in" the morning, "half past" six."""
        numbers = self._language.numbers
        last = [figure.start for figure in numbers.figures(text) if figure.end >= count - _GROWS]
        return min([count, *last, *(figure.start for figure in numbers.figures(f"{text} {self._six}")[-1:])])

    def _occurs(self, term: Term) -> bool:
        return term.stem in self._name_stems or any(
            term.repeats(own) for statement in self.statements for own in statement.reading.terms
        )

    def sentence(self, sentence: str) -> Checked:
        """Check the next sentence of the reply."""
        answer, lead, rest = polarity.cut(sentence, self._language)
        if not rest:
            return Checked("")
        checked = self._without_names(rest)
        if self._is_foreign(checked):
            return Checked("", "writing")
        if self._bare_sign(checked):
            return Checked("", "sign")
        if loops.degenerate(" ".join((*self._said, checked)), self._language):
            return Checked("", "loop")
        broken = "source"
        for text in self._readings(rest):
            reading = Reading.of(text, self._language)
            found = self._rest(reading, self.rested[-1].fact if self.rested else None)
            if not isinstance(found, str):
                break
            broken = found
        else:
            return Checked("", broken)
        if self._adds_nothing(reading, found):
            return Checked("")
        keeps = answer and all(polarity.stated(answer, said, own, self._question) for said, own in found)
        self.rested += [own for _, own in found]
        self._said.append(checked)
        spoken = f"{lead} {rest}" if keeps else rest
        return Checked(spoken[:1].upper() + spoken[1:])

    def unsaid(self, *, failed: bool) -> list[str]:
        """The sentences of the facts that must still be said as they stand: those of a fact of which nothing was said,
        and the others of a fact where the reply ``failed`` or did not yet give what the question asks for."""
        found: list[str] = []
        for number in sorted({own.fact for own in self.statements}):
            own = [statement for statement in self.statements if statement.fact == number]
            left = [statement.reading.text for statement in own if statement not in self.rested]
            if len(left) == len(own) or failed or not self.answers(number):
                found += left
        return found

    def answers(self, number: int) -> bool:
        """Whether what was said gives the kinds of answer that the question asks for and fact ``number`` gives."""
        questions = self._language.questions
        fact = " ".join(own.reading.text for own in self.statements if own.fact == number)
        wanted = questions.asked_for(self._question_text) & questions.given_by(fact)
        return wanted <= questions.given_by(" ".join(self._said))

    def _rest(self, reading: Reading, before: int | None) -> list[tuple[Said, Statement]] | str:
        """The parts of a sentence, each with the statement that it rests on, as many as possible taken together;
        otherwise the rule that the sentence breaks. ``before`` is the fact of what was said before."""
        if len(reading.parts) > _MOST_PARTS:
            return "length"

        @functools.cache
        def rest(start: int, before: int | None) -> list[tuple[Said, Statement]] | str:
            broken = "source"
            for end in range(len(reading.parts), start, -1):
                said = Said(reading, start, end)
                for own in self._candidates(said, before):
                    broken = fault(said, own, self._question)
                    if broken:
                        continue
                    if end == len(reading.parts):
                        return [(said, own)]
                    following = rest(end, own.fact)
                    if not isinstance(following, str):
                        return [(said, own), *following]
                    broken = following
            return broken

        return rest(0, before)

    def _candidates(self, said: Said, before: int | None) -> Iterator[Statement]:
        stems = {term.stem for term in said.terms}
        fact = self._meant if before is None else before
        for own in self.statements:
            if own.fact == fact or stems & own.about:
                yield own

    def _meant_fact(self) -> int:
        """The fact that shares most words with the question; the first of several."""
        asked = {term.stem for term in self._question.terms}
        shared = [
            len(asked & {t.stem for own in self.statements if own.fact == number for t in own.reading.terms})
            for number in range(1 + max((own.fact for own in self.statements), default=-1))
        ]
        return shared.index(max(shared)) if shared else 0

    def _adds_nothing(self, reading: Reading, found: Sequence[tuple[Said, Statement]]) -> bool:
        """Whether all of a sentence was said before."""
        if not self._said or not all(own in self.rested for _, own in found):
            return False
        return not ungrounded(reading.text, Sources.of(self._said, self._language))

    def _is_foreign(self, text: str) -> bool:
        return any(mark not in self._sources.written for mark in foreign(text, self._language))

    def _bare_sign(self, text: str) -> bool:
        """Whether a sign of a currency stands where no figure is."""
        tokens = self._language.tokens(text)
        inside = {
            at
            for figure in self._language.numbers.figures(text)
            for at in (figure.start - 1, *range(figure.start, figure.end + 1))
        }
        return any(word in _SIGNS and at not in inside for at, word in enumerate(tokens))

    def _readings(self, text: str) -> Iterator[str]:
        """A sentence as it stands, and with those words of a name alone that the facts hold, and without names."""
        yield text
        bare = self._without_names(text)
        if bare != text:
            yield self._without_names(text, lambda name: " ".join(w for w in name.split() if self._known(w)))
            yield bare

    def _known(self, word: str) -> bool:
        return not ungrounded(word, self._facts)

    def _without_names(self, text: str, kept: Callable[[str], str] = lambda name: "") -> str:
        for name in self._names:
            text = name.sub(lambda found: f" {kept(found[0])} ", text)
        return text
