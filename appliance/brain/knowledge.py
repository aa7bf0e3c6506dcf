"""Makes entries that can be found from a site: facts, opening hours, and the tasks a visitor may begin. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal, Protocol

from appliance.brain.signatures import mistyped, needed_arguments
from appliance.config.reader import Mistake
from appliance.config.site import FormSettings, OpeningHours, Site
from appliance.conversation.opening_hours import say_week
from appliance.core.ports import Described, Tool, Typed
from appliance.language import Language
from appliance.language import templates as phrases
from appliance.language.parts import Courtesy

EXPANDED = 24
"""The most sentences that are taken from one template. More of the same kind teach the retrieval nothing."""

DRAFTED = 2
"""how many drafts ask for an entry that the site gives no questions for; the first is read back to the visitor"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact, opening hours, a form or small talk that a visitor may want, and the sentences that ask for it."""

    id: str
    kind: Literal["fact", "hours", "form", "talk"]
    say: str
    """the fact or the answer as a sentence, or the intent of a form"""
    asks: tuple[str, ...]
    simple: str = ""
    """the fact in simpler words"""
    hours: OpeningHours | None = None
    form: FormSettings | None = None
    drafts: tuple[str, ...] = ()
    """questions that the entry answers, drafted by rules; they stand in for sentences that the author did not write"""

    def speaks_of(self, thing: str, language: Language) -> bool:
        """Whether the entry, or a question for it, names a thing."""
        named = set().union(*(stems(text, language) for text in (self.say, *self.asks)))
        return stems(thing, language) <= named

    @property
    def written(self) -> int:
        """How many of ``asks`` say more than the rules would."""
        return len({ask.lower() for ask in self.asks} - set(self.drafts))


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry that the visitor may have meant."""

    entry: Entry
    probability: float
    """calibrated probability that this entry answers the visitor; the rest up to 1 is for other entries and for none"""


class Finder(Protocol):
    """Finds the entries that a visitor may have meant."""

    def glance(self, text: str) -> Sequence[Hit] | None:
        """What ``search`` finds, or None where that costs too much for words that may not be the last."""
        ...

    def search(self, text: str) -> Sequence[Hit]:
        """The best entries, best first."""
        ...


def entries(site: Site, choices: Mapping[str, Sequence[str]]) -> list[Entry]:
    """All entries of a site. ``choices`` holds, by slot name, the values that fill the places in phrases of forms. A
    place without choices takes an example of its kind. What nobody wrote a question for is asked for by drafts."""
    rules = site.language.drafts
    found = []
    for fact in site.facts:
        say = " ".join(fact.say.split())
        drafts = (*(of_form := rules.of_form(say)), *rules.of_subjects(say))
        asks = _expand(fact.ask, {}) or tuple(of_form[:DRAFTED])
        found.append(Entry(f"fact:{fact.id}", "fact", say, asks, simple=fact.simple, drafts=drafts))
    for at, hours in enumerate(site.opening_hours):
        of_house = [] if at else rules.of_house_hours()
        drafts = (*rules.of_hours(hours.what.lower()), *of_house)
        asks = _expand(hours.ask, {}) or drafts[:DRAFTED]
        found.append(
            Entry(hours_id(hours.what), "hours", say_week(hours, site.language), asks, hours=hours, drafts=drafts)
        )
    for form in site.forms:
        lists = {slot.name: choices.get(slot.name) or site.language.grammar.EXAMPLES[slot.kind] for slot in form.slots}
        found.append(Entry(f"form:{form.intent}", "form", form.intent, _expand(form.ask, lists), form=form))
    return [*map(partial(_enriched, site.language), found), *_small_talk(site, found)]


def _enriched(language: Language, entry: Entry) -> Entry:
    """An entry that answers what the language has small talk for, asked for in the language's words too. A site that
    answers "who are you" then need not list all the ways to ask it."""
    own = {ask.lower() for ask in entry.asks}
    alike = [talk.ask for talk in language.pleasantries if own & {ask.lower() for ask in talk.ask}]
    more = [ask for asks in alike for ask in asks if ask.lower() not in own]
    return replace(entry, asks=(*entry.asks, *more)) if more and entry.kind == "fact" else entry


def _small_talk(site: Site, known: Sequence[Entry]) -> Iterator[Entry]:
    """Yield the site's small talk, and what the language has besides. What the site answers by another entry is left
    out."""
    own = {talk.id: talk for talk in site.small_talk}
    built_in = {talk.id: talk for talk in site.language.pleasantries}
    taken = {ask.lower() for entry in known for ask in entry.asks}
    taken |= {ask.lower() for talk in site.small_talk for ask in _expand(talk.ask, {})}
    words = {
        "name": site.persona.name,
        "role": site.persona.role,
        "site": site.name,
        "kept": _kept(site),
        "examples": _examples(known, site.language),
    }
    for talk in own.values():
        asks = _expand(talk.ask, {}) or (built_in[talk.id].ask if talk.id in built_in else ())
        yield Entry(f"talk:{talk.id}", "talk", talk.say, asks)
    for pleasantry in built_in.values():
        if pleasantry.id not in own and not taken & {ask.lower() for ask in pleasantry.ask}:
            yield Entry(f"talk:{pleasantry.id}", "talk", pleasantry.say.format(**words), pleasantry.ask)


HOLD: Literal["hold"] = "hold"
"""The small talk that is meant by "let me check my calendar"."""


def hours_id(what: str) -> str:
    """The identifier of a place's opening hours."""
    return "hours:" + what.lower().removeprefix("the ").replace(" ", "_")


def courtesy(site: Site, kind: Courtesy | Literal["hold"]) -> str:
    """The answer to a visitor who greets, thanks or asks for a moment."""
    built_in = {talk.id: talk.say for talk in site.language.pleasantries}
    return {**built_in, **{talk.id: talk.say for talk in site.small_talk}}[kind]


def _kept(site: Site) -> str:
    """What is kept of a conversation, as a sentence."""
    replies, privacy = site.language.replies, site.privacy
    if privacy.log_transcripts or privacy.audit_transcripts:
        return replies.kept_in_log
    return replies.kept_encrypted.format(days=privacy.recording.days) if privacy.recording else replies.kept_nothing


def _examples(known: Sequence[Entry], language: Language) -> str:
    """One question about a fact, one about opening hours and what begins one task, as sentences."""
    first = {entry.kind: entry.asks[0] for entry in reversed(known) if entry.asks}
    asked = [f"{first[kind]}?" for kind in ("fact", "hours") if kind in first]
    said = [language.replies.ask_me, *asked] if asked else []
    return " ".join([*said, language.replies.or_say, f"{first['form']}."] if "form" in first else said)


def stems(text: str, language: Language) -> set[str]:
    """The stems of the words that mean something."""
    return {language.words.stem(word) for word in language.words.content_words(text)}


def holding(known: Iterable[Entry], question: str, language: Language) -> list[Entry]:
    """The entries that hold the numbered thing that a question names, as in "where is room 205", or the place by its
    number or colour of which nothing else is asked than what is there."""
    place = language.questions.place_asked(question)
    read = _placed if place else _numbered
    asked = read(place or question, language)
    return [entry for entry in known if asked and not entry.form and asked <= read(entry.say, language)]


def names_place(entry: Entry, question: str, language: Language) -> bool:
    """Whether an entry names the place, by its number or colour, about which nothing else is asked than where it is or
    what is there, or may include it ("rooms 200 to 220"). True for other questions."""
    place = language.questions.place_asked(question)
    if not place:
        return True
    asked = _placed(place, language)
    known = " . ".join((entry.say, entry.simple, *entry.asks))
    several = set(language.tokens(entry.say))
    return asked <= _placed(known, language) or any(f"{noun}s" in several for noun, _ in asked)


def _numbered(text: str, language: Language) -> frozenset[tuple[str, str]]:
    """Pairs of a numbered thing and its number, as in ("room", "205")."""
    words = language.tokens(text)
    return frozenset(
        (words[figure.start - 1], key.removeprefix("n:"))
        for figure in language.numbers.figures(text)
        if figure.start and words[figure.start - 1] in language.words.NUMBERED
        for key in figure.keys
        if key.startswith("n:")
    )


def _placed(text: str, language: Language) -> frozenset[tuple[str, str]]:
    """``_numbered``, with places named by a colour or by their order: ("line", "yellow"), ("floor", "4")."""
    words, known = language.tokens(text), language.words
    found = set(_numbered(text, language))
    for figure in language.numbers.figures(text):
        first = words[figure.start]
        numbers = {key.removeprefix("n:") for key in figure.keys if key.startswith("n:")}
        before = words[max(0, figure.start - 2) : figure.start]
        if len(before) == 2 and known.NUMBERED.issuperset(before):
            # "Desk number two"
            found |= {(before[0], number) for number in numbers}
        ordinal = not first.isdecimal() and first not in language.numbers.CARDINALS
        if ordinal and set(words[figure.end : figure.end + 1]) <= known.NUMBERED:
            found |= {(noun, number) for noun in words[figure.end : figure.end + 1] for number in numbers}
    for at, word in enumerate(words):
        if word in known.COLORS:
            beside = words[max(0, at - 1) : at] + words[at + 1 : at + 2]
            found |= {(noun, word) for noun in beside if noun in known.NUMBERED}
    # The word "number" names no place of its own beside another.
    nouns = {number for noun, number in found if noun != "number"}
    return frozenset((noun, number) for noun, number in found if noun != "number" or number not in nouns)


def _expand(templates: Sequence[str], lists: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    sentences: list[str] = []
    for template in templates:
        if phrases.count(template, lists) <= EXPANDED:
            sentences += phrases.expand(template, lists)
        else:
            sentences += phrases.samples([template], lists, EXPANDED)
    return tuple(itertools.chain(dict.fromkeys(sentences)))


def misfits(site: Site, tools: Mapping[str, Tool]) -> list[Mistake]:
    """Mistakes where the site asks of a tool what the tool cannot do. Only tools that say what they can do are
    checked."""
    found: list[Mistake] = []
    for at, form in enumerate(site.forms):
        tool = tools[form.tool]
        known = _functions(tool)
        if known is None:
            continue
        where = ("forms", at)
        for field, function in (("function", form.function), ("check", form.check), ("offers", form.offers)):
            if function is not None and function not in known:
                found.append(((*where, field), _no_function(form.tool, function, known)))
        for number, slot in enumerate(form.slots):
            for choice, value in enumerate(slot.choices):
                if value.startswith("@") and value[1:] not in known:
                    path = (*where, "slots", number, "choices", choice)
                    found.append((path, _no_function(form.tool, value[1:], known)))
        if isinstance(tool, Typed):
            found += mistyped(where, form, tool.signatures)
        if not isinstance(tool, Described):
            continue
        slots = {slot.name: slot.kind for slot in form.slots}
        for needed in tool.functions.get(form.function, ()):
            if any(slots.get(name) == kind for name, kind in needed.items()):
                continue
            wanted = " or ".join(f"`{name}` of the kind `{kind}`" for name, kind in needed.items())
            found.append(((*where, "slots"), f"{form.tool}.{form.function} needs a slot {wanted}"))
    callers = (
        ("emergency", site.emergency and site.emergency.tool, "alarm"),
        ("hand_over", site.hand_over.tool, "call_person"),
    )
    for who, name, function in callers:
        caller = tools.get(name) if name else None
        known = _functions(caller) if caller else None
        if known is not None and function not in known:
            found.append(((who, "tool"), _no_function(str(name), function, known)))
        elif isinstance(caller, Typed) and needed_arguments(caller.signatures[function]):
            found.append(((who, "tool"), f"{name}.{function} is called without arguments, and needs some"))
    return found


def _functions(tool: Tool) -> Collection[str] | None:
    """The functions of a tool that says what it can do."""
    if isinstance(tool, Described):
        return tool.functions
    return tool.signatures if isinstance(tool, Typed) else None


def _no_function(name: str, function: str, known: Collection[str]) -> str:
    return f"the tool {name!r} has no function {function!r}; it has {', '.join(sorted(known))}"
