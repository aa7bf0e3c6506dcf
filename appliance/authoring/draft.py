"""Drafts the entries of a site from the blocks of documents: facts, opening hours, and the questions for them. Pure.

Sentences are kept as the house wrote them, for a person to approve. Nothing is reworded but rows of tables and lines of
the form "Phone: 555 0123", which are no sentences. What cannot be taken is listed with the reason. Texts, questions and
hours that the reader of site files would refuse are not taken, by the reader's own rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from appliance.authoring.documents import Block, Source
from appliance.authoring.written_hours import WrittenHours, as_week, read_hours
from appliance.config.hours import parse_week
from appliance.config.reader import Hearable, Spoken
from appliance.core.plain_text import unprintable
from appliance.language import Language, templates

MOST_WORDS = 45
"""words of the longest sentence that is taken; a visitor keeps no more in mind"""

MOST_SENTENCES = 3
"""sentences of the longest fact"""

MOST_QUESTIONS = 8
"""questions that are drafted for an entry"""

MOST_LETTERS_OF_A_NAME = 200
"""letters of the longest heading that names a place"""


@dataclass(frozen=True, slots=True)
class FactDraft:
    """A fact as the documents give it."""

    id: str
    say: str
    ask: tuple[str, ...]
    sources: tuple[Source, ...]
    simple: str = ""


@dataclass(frozen=True, slots=True)
class HoursDraft:
    """Opening hours as the documents give them."""

    what: str
    hours: dict[str, str]
    ask: tuple[str, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A text that was not taken."""

    text: str
    source: Source
    why: str


@dataclass(frozen=True, slots=True)
class Draft:
    """All that was drafted."""

    title: str
    """first heading of the documents; empty where there is none"""
    facts: tuple[FactDraft, ...]
    hours: tuple[HoursDraft, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(slots=True)
class _Said:
    """Sentences that belong together."""

    text: str
    source: Source
    paragraph: tuple[str, int]
    heading: str
    questions: tuple[str, ...] = ()
    sentences: int = 1


@dataclass(slots=True)
class _Reader:
    """Reads the blocks of all documents one after the other."""

    language: Language
    said: list[_Said] = field(default_factory=list)
    hours: dict[str, tuple[dict[int, str], list[Source]]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    title: str = ""
    heading: str = ""
    question: tuple[str, ...] = ()
    """heading or line that ends in a question mark: it asks for what follows"""

    def take(self, block: Block) -> None:
        """Read a block."""
        block = replace(block, text=visible(block.text), cells=tuple(map(visible, block.cells)))
        if block.kind == "heading":
            self._take_heading(block.text)
        elif block.kind == "row":
            self._take_row(block)
        else:
            self._take_text(block)

    def _take_heading(self, text: str) -> None:
        if text.endswith("?"):
            self.question = (text.rstrip("? "),)
            return
        if Spoken(MOST_LETTERS_OF_A_NAME).wrong(text):
            text = ""
        self.title = self.title or text
        self.heading, self.question = text, ()

    # --- tables ---

    def _take_row(self, block: Block) -> None:
        header, cells = tuple(map(visible, block.header)), block.cells
        if len(cells) < 2 or not cells[0]:
            self._leave(block.text, block.source, "a row without a name and a value")
            return
        days = read_hours(f"{cells[0]}: closed", self.language)
        if days is not None and not days.what and len(days.days) < 8 and self._names_days(cells[0]):
            for name, cell in zip(header[1:] or ("",), cells[1:], strict=False):
                hours = read_hours(f"{cells[0]}: {cell}", self.language)
                if hours is None or hours.what:
                    self._leave(f"{cells[0]}: {cell}", block.source, "these hours were not understood")
                else:
                    self._take_hours(replace(hours, what=name), block.source)
            return
        for name, cell in zip(header[1:], cells[1:], strict=False):
            if not cell or cell in ("-", "–", "—"):
                continue
            hours = read_hours(cell, self.language)
            if hours is not None and not hours.what:
                self._take_hours(replace(hours, what=cells[0]), block.source)
            else:
                say = self.language.drafts.say_cell(cells[0], header[0], name, cell)
                self._say(say, block, sure=True)

    def _names_days(self, cell: str) -> bool:
        hours = self.language.hours
        words = re.findall(r"[^\W\d]+", cell.lower())
        return bool(words) and (words[0] in hours.DAY_NAMES or words[0] in hours.NAMED_DAYS)

    # --- lines ---

    def _take_text(self, block: Block) -> None:
        text = block.text
        if asked := re.match(r"^(?:Q|Question)[:.]\s*(?P<what>.+)$", text, re.IGNORECASE):
            self.question = (asked["what"].rstrip("? "),)
            return
        if text.endswith("?"):
            self.question = (text.rstrip("? "),)
            return
        text = re.sub(r"^(?:A|Answer)[:.]\s+", "", text)
        if hours := read_hours(text, self.language):
            self._take_hours(hours, block.source)
            return
        pair = re.match(r"^(?P<name>[^:.!?]{2,40}):\s+(?P<value>[^:]+)$", text)
        if pair and not self.language.drafts.states(pair["value"]):
            self._say(self.language.drafts.say_pair(pair["name"].strip(), pair["value"].strip()), block, sure=True)
            return
        for sentence in self.language.sentences.sentences(text):
            hours = read_hours(sentence, self.language)
            if hours is not None:
                self._take_hours(hours, block.source)
            else:
                self._say(sentence, block)

    def _say(self, sentence: str, block: Block, *, sure: bool = False) -> None:
        sentence = " ".join(sentence.split())
        ended = sentence if sentence[-1:] in ".!" else f"{sentence}."
        if why := Spoken().wrong(ended) or ("" if sure else self._unfit(sentence)):
            self._leave(sentence, block.source, why)
            return
        sentence = ended
        last = self.said[-1] if self.said else None
        paragraph = (block.source.file, block.paragraph)
        joins = (
            not sure
            and last is not None
            and last.paragraph == paragraph
            and last.sentences < MOST_SENTENCES
            and (self.language.drafts.goes_on(sentence) or bool(last.questions))
            and not Spoken().wrong(f"{last.text} {sentence}")
        )
        if joins and last is not None:
            last.text += f" {sentence}"
            last.sentences += 1
            return
        self.said.append(_Said(sentence, block.source, paragraph, self.heading, self.question))
        self.question = ()

    def _unfit(self, sentence: str) -> str:
        """Why a sentence is not taken; empty where it is."""
        if re.search(r"https?://|www\.|\w\.(?:com|org|net|html?)\b", sentence):
            return "an address of the web cannot be said"
        if len(sentence.split()) > MOST_WORDS:
            return f"longer than {MOST_WORDS} words: say it shorter"
        if not self.language.drafts.states(sentence):
            return "no sentence that tells a visitor something"
        return ""

    def _leave(self, text: str, source: Source, why: str) -> None:
        self.left_out.append(LeftOut(text, source, why))

    # --- hours ---

    def _take_hours(self, hours: WrittenHours, source: Source) -> None:
        if hours.special:
            self._leave(
                f"{hours.what}: {hours.days[0]}", source, "seems to be a day that differs: put it in `exceptions`"
            )
            return
        # The first that names a place: the line itself, the heading above it, the title.
        heads = (hours.what, self.heading if self.heading != self.title else "", self.title)
        names = (self.language.drafts.called(head) for head in heads if not Spoken(MOST_LETTERS_OF_A_NAME).wrong(head))
        what = next(filter(None, names), HOUSE)
        days, sources = self.hours.get(what, ({}, []))
        for day, spans in hours.days.items():
            if days.get(day, spans) != spans:
                self._leave(f"{what}: {spans}", source, f"contradicts {sources[0]}: {days[day]}")
                return
        together = {**days, **hours.days}
        try:
            parse_week(as_week(together))
        except ValueError as error:
            self._leave(f"{what}: {'; '.join(dict.fromkeys(hours.days.values()))}", source, str(error))
            return
        self.hours[what] = (together, [*sources, source])


def visible(text: str) -> str:
    """A text with a blank for each character that a site file cannot hold."""
    return " ".join("".join(" " if unprintable(character) else character for character in text).split())


HOUSE = "the house"
"""what opening hours belong to where neither a heading nor a line says it"""


def draft(blocks: Sequence[Block], language: Language) -> Draft:
    """Draft the entries of a site from the blocks of its documents, in their order."""
    reader = _Reader(language)
    for block in blocks:
        reader.take(block)
    used: set[str] = set()
    facts = [
        FactDraft(
            _id(said.text, language, used),
            said.text,
            questions([*said.questions, *language.drafts.of_form(said.text)])[:MOST_QUESTIONS],
            (said.source,),
        )
        for said in reader.said
    ]
    hours = [
        HoursDraft(
            what,
            as_week(days),
            questions(_of_hours(n, what, language))[:MOST_QUESTIONS],
            tuple(dict.fromkeys(sources)),
        )
        for n, (what, (days, sources)) in enumerate(reader.hours.items())
    ]
    return unambiguous(Draft(reader.title, tuple(facts), tuple(hours), tuple(reader.left_out)))


def _of_hours(number: int, what: str, language: Language) -> Iterator[str]:
    """The questions for opening hours. Those of the first place are those of the house."""
    if number == 0:
        yield from language.drafts.of_house_hours()[: MOST_QUESTIONS // 2]
    yield from language.drafts.of_hours(what)


def questions(drafted: Iterable[str]) -> tuple[str, ...]:
    """Questions as a site file takes them: without marks of templates, and without those that the ears cannot hear,
    that are too long, or that differ from another in capitals only."""
    kept: dict[str, str] = {}
    for question in drafted:
        words = re.sub(r"[()\[\]{}|]", " ", question).split()
        text = " ".join(words)
        if not Hearable().wrong(text) and len(words) <= templates.MOST_WORDS:
            kept.setdefault(text.lower(), text)
    return tuple(kept.values())


def _id(say: str, language: Language, used: set[str]) -> str:
    """A short name for a fact, of its first words with content."""
    words = [re.sub(r"\W", "", word) for word in language.words.content_words(say)]
    stem = "_".join([word for word in words if word and not word[0].isdigit()][:3]) or "fact"
    name, number = stem, 2
    while name in used:
        name, number = f"{stem}_{number}", number + 1
    used.add(name)
    return name


def unambiguous(found: Draft) -> Draft:
    """A draft without questions that two entries share: which of them is meant cannot be told."""
    counts: dict[str, int] = {}
    for ask in (*(fact.ask for fact in found.facts), *(hours.ask for hours in found.hours)):
        for question in ask:
            counts[question.lower()] = counts.get(question.lower(), 0) + 1

    def own(ask: Sequence[str]) -> tuple[str, ...]:
        return tuple(question for question in ask if counts[question.lower()] == 1)

    return replace(
        found,
        facts=tuple(replace(fact, ask=own(fact.ask)) for fact in found.facts),
        hours=tuple(replace(hours, ask=own(hours.ask)) for hours in found.hours),
    )
