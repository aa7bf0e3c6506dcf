"""The site file: who the appliance is, what it knows and what it can do."""

from __future__ import annotations

import dataclasses
import re
import string
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from appliance.config import nodes
from appliance.config.hours import parse_special_days, parse_week
from appliance.config.reader import (
    Filled,
    Hearable,
    Mistake,
    Named,
    NameOf,
    Phrase,
    Sentence,
    Text,
    TimeZone,
    Unlike,
    Within,
    did_you_mean,
    load_record,
)
from appliance.language import Language
from appliance.language import templates as phrases
from appliance.language.english import ENGLISH
from appliance.language.offered import LANGUAGES
from appliance.language.parts import EMERGENCIES, EmergencyKind


class _LeftOut(tuple[str, ...]):
    """See ``LEFT_OUT``."""

    __slots__ = ()


LEFT_OUT: tuple[str, ...] = _LeftOut()
"""A list that a site does not give, which differs from an empty one. ``Site`` puts the language's list there, as it
puts the language's sentence in place of an empty one."""


# --- the place ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Persona:
    """Who speaks."""

    name: Text
    """what the appliance calls itself"""
    role: Text
    """what it is, as in "the voice assistant at Oak Hill Hospital reception" """
    greeting: Sentence
    """said when a conversation opens"""
    goodbye: Sentence = ""
    """said when the visitor takes leave"""
    style: str = ""
    """one more instruction for the language model, as in "be brief and kind" """


@dataclass(frozen=True, slots=True)
class SiteFact:
    """Something the appliance knows. It is said as it stands, unless the box's `brain.composed` is on."""

    id: Text
    """short name, unlike every other fact's; replies, the log and tests refer to the fact by it"""
    say: Sentence
    """one or two plain sentences"""
    ask: tuple[Phrase, ...] = ()
    """ways visitors ask for it, at least eight in different words; they train the ear and the retrieval. `(a|b)` is a
    choice and `[x]` an option"""
    simple: Sentence = ""
    """the same in simpler or fewer words, for visitors who ask for that"""


@dataclass(frozen=True, slots=True)
class SmallTalk:
    """Small talk that the appliance answers, such as a joke. It states nothing about the place."""

    id: Text
    """short name. One that the language has too (`greeting`, `joke`, `weather`, …) replaces what is built in"""
    say: Sentence
    """the answer"""
    ask: tuple[Phrase, ...] = ()
    """what visitors say for it. Without any, it is what is built in under this name"""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours of one place; becomes a fact, and lets the appliance say whether it is open now."""

    what: Sentence
    """the place, as visitors call it: "the pharmacy" """
    hours: Mapping[str, str]
    """days to spans, as in ``monday-friday: 08:00-18:00`` or ``sunday: closed``; several spans by comma, and over
    midnight as in ``friday-saturday: 20:00-02:00``. A day that is not named is closed"""
    ask: tuple[Phrase, ...] = ()
    """ways visitors ask for them"""
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """days that differ, to spans: one day as in ``2026-12-24: 08:00-12:00``, a day of every year as in
    ``12-25: closed``, several as in ``2026-12-27 to 2027-01-02: closed``. A name may stand before the date, as in
    ``Christmas Day 12-25: closed``; visitors can then ask for it. Where two entries hold the same day, the first
    counts. Spans are written as those of the week are"""

    def __post_init__(self) -> None:
        parse_week(self.hours)
        parse_special_days(self.exceptions)


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """A word the ears would not know, or would pronounce wrongly."""

    word: Text
    """the word as it is written"""
    phones: str | None = None
    """CMU phones, as in "Y AE L AH N AA R D"; otherwise the pronunciation is derived"""
    sounds_like: str | None = None
    """an English spelling that sounds like it"""


@dataclass(frozen=True, slots=True)
class Speech:
    """What visitors of this site say; it builds the ears' language models, not the answers."""

    phrases: tuple[Phrase, ...] = ()
    """sentences; ``{list}`` stands for any entry of a list, ``(a|b)`` for a choice, ``[x]`` for an option"""
    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """phrases that belong together, as orders at a counter do, by the name of the subject. Each subject is also
    listened for on its own, with no other words: far more accurate, for some percent of a core each"""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """words that fill the ``{list}`` places of phrases, by the name of the list. The list ``name`` adds names of people
    to those that the language has; a list of ``given_name`` or ``family_name`` takes the place of the language's"""
    vocabulary: tuple[VocabularyEntry, ...] = ()
    """words whose pronunciation the ears must be told"""

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        for name in _dict(raw.get("lists")):
            if what := Named().wrong(name):
                yield ("lists", name), what


@dataclass(frozen=True, slots=True)
class McpSettings:
    """A server that speaks MCP (Model Context Protocol) on standard input and output."""

    command: tuple[str, ...]
    """absolute path and arguments of the server"""
    functions: Mapping[str, str] = field(default_factory=dict)
    """the functions that may be used, each with the hash of its schemas (``sha256:…``), as ``cloister site pin`` prints
    them. A server that does not have one of them, or has it with another schema, is refused"""
    words: Mapping[str, object] = field(default_factory=dict)
    """what visitors choose to the value that the server gets, where the two differ, as in ``with a projector: true`` or
    ``quiet room: ROOM_TYPE_2``"""

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        command = _list(raw.get("command"))
        if "command" in raw and not (command and str(command[0]).startswith("/")):
            path: nodes.Path = ("command", 0) if command else ("command",)
            yield path, f"`command` must start with an absolute path, not {command[0] if command else 'nothing'!r}"
        for name, pin in _dict(raw.get("functions")).items():
            if not re.fullmatch(r"sha256:[0-9a-f]{64}", str(pin)):
                yield ("functions", name), "must be `sha256:` and 64 hexadecimal digits; `cloister site pin` prints it"


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """A tool: an executable (JSON on standard input and output, no shell), a Python class, or an MCP server."""

    name: Text
    """by which forms, ``emergency`` and ``hand_over`` refer to it"""
    command: tuple[str, ...] = ()
    """absolute path and arguments of an executable"""
    python: str | None = None
    """``package.module:Class``; it is constructed with ``options``, the state directory and a clock, and a class with
    ``speaks = True`` with the site's language as well"""
    mcp: McpSettings | None = None
    """a server that is started once and answers all calls"""
    options: Mapping[str, object] = field(default_factory=dict)
    """passed to the tool: texts, numbers, true and false, lists and mappings. An MCP server gets none"""
    time_limit_s: Annotated[float, Within(0.1, 15)] = 5.0
    """a call that takes longer is broken off; the visitor waits meanwhile"""

    @property
    def program(self) -> tuple[str, ...]:
        """Path and arguments of the program that the tool is. A Python class is none."""
        return self.mcp.command if self.mcp is not None else self.command

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        command, python = _list(raw.get("command")), raw.get("python")
        mcp = raw.get("mcp")
        named = {"command": bool(command), "python": python is not None, "mcp": mcp is not None}
        given = [name for name, is_given in named.items() if is_given]
        if len(given) != 1:
            yield (
                (given[-1] if given else "command",),
                ("needs either `command` (an executable), `python` (package.module:Class) or `mcp` (an MCP server)"),
            )
        elif mcp is not None:
            if raw.get("options"):
                yield ("options",), "an MCP server gets no options; name what it needs in `mcp.command`"
        elif command and not str(command[0]).startswith("/"):
            yield ("command", 0), f"`command` must start with an absolute path, not {command[0]!r}"
        elif python is not None and not re.fullmatch(r"\w+(\.\w+)*:\w+", str(python)):
            yield ("python",), f"must be package.module:Class, not {python!r}"


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """One thing a form must know before its tool is called."""

    name: Annotated[str, Named()]
    """letters, digits and underscores; the tool gets the value under this name"""
    ask: Sentence
    """the question that asks for it"""
    kind: Literal["name", "date", "time", "choice", "text", "reference", "number"] = "text"
    """what the answer is read as; a ``reference`` is a number that is told digit by digit"""
    choices: tuple[str, ...] = ()
    """for ``choice``: the values; ``@function`` of the tool lists them when it starts"""
    optional: bool = False
    """whether the tool can be called without it; it is not asked for then"""
    length: Annotated[int, Within(0, 40)] = 0
    """for a ``reference``: how many digits it has, so that the appliance waits for the last and for no more; 0 where
    that differs"""

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        choices = _list(raw.get("choices"))
        if raw.get("length") and raw.get("kind") != "reference":
            yield ("length",), "is for a slot of the kind `reference`"
        if raw.get("kind") == "choice" and not choices:
            yield ("choices",), "a slot of the kind `choice` needs choices"
        for at, choice in enumerate(choices):
            if choice is not None and set(str(choice)) & set("()[]{}|"):
                yield ("choices", at), f"{choice!r} must be plain text, without brackets"
            elif choice is not None and (what := Hearable().wrong(str(choice))):
                yield ("choices", at), what


@dataclass(frozen=True, slots=True)
class FormSettings:
    """A task of several turns: slots to fill, a confirmation, a tool's function."""

    intent: Text
    """short name, as in ``book``"""
    tool: str
    """name of the tool"""
    function: Text
    """what the tool is to do once every slot is known and the visitor has agreed"""
    ask: Annotated[tuple[Phrase, ...], Filled()]
    """ways visitors begin it, ``(a|b)``, ``[x]`` and ``{slot}`` allowed"""
    slots: Annotated[tuple[SlotSettings, ...], Unlike("name")] = ()
    """what must be known, in the order in which it is asked for"""
    confirm: Sentence | None = None
    """question asked before the tool has its effect, with ``{slot}`` places; none for a look-up"""
    check: Text | None = None
    """function without effect. It is called with the values known so far whenever one is new, and refuses early what
    cannot be had"""
    offers: Text | None = None
    """function without effect. It is called with the values known so far when the visitor leaves others open ("whoever
    is free", "as soon as possible", "in the afternoon"), and lists what can be had, the first first. `earliest` and
    `latest`, as HH:MM, are the ends of the span of the day that the visitor wants, `first_day` and `last_day`, as
    YYYY-MM-DD, those of the span of days"""
    say: Sentence | None = None
    """what is said when the tool has done it, in place of the tool's own words. ``{slot}`` stands for what the visitor
    said, and ``{field}`` or ``{field.field}`` for what the tool answered. An MCP server has no words of its own"""
    refused: Sentence | None = None
    """what is said when the tool refuses, in place of the tool's own words"""

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        slots = [str(name) for slot in _list(raw.get("slots")) if (name := _dict(slot).get("name")) is not None]
        yield from _templates(raw, ("ask",), dict.fromkeys(slots, ("x",)))
        confirm = raw.get("confirm")
        if isinstance(confirm, str) and (what := _misplaced(confirm, slots)):
            yield ("confirm",), what
        say = raw.get("say")
        if isinstance(say, str):
            try:
                places(say)
            except ValueError as error:
                yield ("say",), str(error)


@dataclass(frozen=True, slots=True)
class Emergency:
    """Somebody needs help at once. It comes before everything else that the appliance is doing."""

    say: Sentence
    """what the visitor is told at once"""
    phrases: tuple[Phrase, ...] = ()
    """the site's own, beside those that are built in, ``(a|b)`` and ``[x]`` allowed"""
    kinds: tuple[EmergencyKind, ...] = EMERGENCIES
    """which kinds the appliance knows by itself, in many words; ``[]`` leaves the site's phrases alone"""
    not_emergencies: tuple[Phrase, ...] = ()
    """sentences that sound like an emergency and are none here, ``(a|b)`` and ``[x]`` allowed: "the fire is on" where
    there is a fireplace"""
    tool: str | None = None
    """tool whose ``alarm`` function is called at once"""

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        yield from _expandable(raw, ("phrases", "not_emergencies"))
        if raw.get("kinds") == [] and not raw.get("phrases"):
            yield ("kinds",), "without a kind and without `phrases`, nothing is an emergency; leave `kinds` out for all"


@dataclass(frozen=True, slots=True)
class HandOver:
    """Asking for a person."""

    phrases: tuple[Phrase, ...] = LEFT_OUT
    """ways visitors ask for a person, ``(a|b)`` and ``[x]`` allowed"""
    say: Sentence = ""
    """the answer. By default: with ``tool``, that a member of staff is being called; without, that the visitor must ask
    one"""
    tool: str | None = None
    """tool whose ``call_person`` function is called"""

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        yield from _expandable(raw, ("phrases",))


@dataclass(frozen=True, slots=True)
class Recording:
    """What is kept of conversations, encrypted, and for how long. Visitors must be told; that is the site's duty."""

    days: Annotated[int, Within(1, 36_500)]
    """after this many days a recording's key is destroyed, unless it is on hold"""
    audio: bool = False
    """what the microphone heard, from a second before the conversation opened until it closed"""
    transcripts: bool = True
    """the words of both sides"""

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError("`days` must be 1 or more")
        if not (self.audio or self.transcripts):
            raise ValueError("keeps neither `audio` nor `transcripts`; leave `recording` away")


@dataclass(frozen=True, slots=True)
class Interruptions:
    """Words said over a reply."""

    stop: tuple[Phrase, ...] = LEFT_OUT
    """these always stop a reply, even where the echo allows no other barge-in; ``(a|b)`` and ``[x]`` allowed"""
    backchannels: tuple[Phrase, ...] = LEFT_OUT
    """sounds of a listener (backchannels), ``(a|b)`` and ``[x]`` allowed; the reply goes on"""

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        yield from _expandable(raw, ("stop", "backchannels"))


@dataclass(frozen=True, slots=True)
class Privacy:
    """Everything is off unless the site switches it on."""

    log_transcripts: bool = False
    """write what was said to the log"""
    publish_transcripts: bool = False
    """send what was said to subscribers of the control socket; otherwise they learn that something was said"""
    recording: Recording | None = None
    """keep conversations, encrypted; nothing is kept without it"""
    audit_transcripts: bool = False
    """write what was said to the audit log, which is kept for good and cannot be erased in parts"""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long silence may last, in seconds of received sound."""

    no_input_s: Annotated[float, Within(0.5, 3600)] = 8.0
    """silence after a reply before the visitor is asked again"""
    close_s: Annotated[float, Within(0.5, 3600)] = 12.0
    """silence after the last re-prompt before the conversation is closed"""
    filler_s: Annotated[float, Within(0.5, 3600)] = 1.0
    """silence after the visitor's words before a reply that is still being made begins with `prompts.filler`"""
    reprompts: Annotated[int, Within(0, 10)] = 2
    """re-prompts for silence, or for words that were not understood, in a row"""


@dataclass(frozen=True, slots=True)
class Prompts:
    """The appliance's fixed sentences; the language has its own for those that are left out."""

    no_input: Annotated[tuple[Sentence, ...], Filled()] = LEFT_OUT
    """said after ``timeouts.no_input_s`` of silence, in turn"""
    no_match: Annotated[tuple[Sentence, ...], Filled()] = LEFT_OUT
    """said when the words were not understood, in turn"""
    filler: Sentence = ""
    """said before a reply that takes long, as one that waits for a tool does"""
    unknown: Sentence = ""
    """said when no fact fits; offer a call only where ``hand_over.tool`` can make one"""
    failed: Sentence = ""
    """said when a tool failed"""
    out_of_order: Sentence = ""
    """spoken when the disk is full and nothing can be recorded"""


@dataclass(frozen=True, slots=True)
class Kiosk:
    """The kiosk's page."""

    questions: tuple[Text, ...] = ()
    """questions that a visitor may touch, as they stand on the buttons; the first way to ask for each of the first six
    facts where it is left out"""


@dataclass(frozen=True, slots=True)
class Site:
    """The site file: one place. The language has its own words for what is left out."""

    name: Text
    """name of the place"""
    persona: Persona
    """who speaks"""
    language: Annotated[Language, NameOf(LANGUAGES, "the languages with ears and a voice")] = ENGLISH
    """of visitors and of the appliance, by its tag"""
    time_zone: Annotated[str, TimeZone()] = ""
    """in which opening hours, appointments and "tomorrow" are meant, as in ``Europe/Berlin``; that of the system where
    it is left out"""
    facts: Annotated[tuple[SiteFact, ...], Unlike("id")] = ()
    """what the appliance knows"""
    opening_hours: Annotated[tuple[OpeningHours, ...], Unlike("what")] = ()
    """when which place is open"""
    small_talk: Annotated[tuple[SmallTalk, ...], Unlike("id")] = ()
    """small talk of the place's own, beside what the language has"""
    speech: Speech = field(default_factory=Speech)
    """what visitors say, for the ears"""
    tools: Annotated[tuple[ToolSettings, ...], Unlike("name")] = ()
    """programs and classes that can do something"""
    forms: Annotated[tuple[FormSettings, ...], Unlike("intent")] = ()
    """tasks that need several turns, such as a booking"""
    emergency: Emergency | None = None
    """what is said and done when somebody needs help at once; without it, an emergency is a question like any other"""
    hand_over: HandOver = field(default_factory=HandOver)
    """what happens when a visitor asks for a person"""
    interruptions: Interruptions = field(default_factory=Interruptions)
    """words over a reply that stop it, and words that do not"""
    privacy: Privacy = field(default_factory=Privacy)
    """what is kept of what was said: nothing, unless it is switched on here"""
    timeouts: Timeouts = field(default_factory=Timeouts)
    """how long silence may last"""
    prompts: Prompts = field(default_factory=Prompts)
    """the appliance's fixed sentences"""
    kiosk: Kiosk = field(default_factory=Kiosk)
    """the kiosk's page, where a door serves it"""

    @property
    def zone(self) -> zoneinfo.ZoneInfo | None:
        """The time zone; None is that of the system."""
        return zoneinfo.ZoneInfo(self.time_zone) if self.time_zone else None

    def __post_init__(self) -> None:
        replies, phrases = self.language.replies, self.language.phrases
        called = replies.called if self.hand_over.tool else replies.not_called
        filled: dict[str, object] = {
            "persona": _filled(self.persona, goodbye=replies.goodbye),
            "hand_over": _filled(self.hand_over, phrases=phrases.person, say=called),
            "interruptions": _filled(self.interruptions, stop=phrases.stop, backchannels=phrases.backchannels),
            "prompts": _filled(
                self.prompts, **{f.name: getattr(replies, f.name) for f in dataclasses.fields(self.prompts)}
            ),
        }
        for name, record in filled.items():
            object.__setattr__(self, name, record)

    @staticmethod
    def mistakes(raw: Mapping[str, object]) -> Iterator[Mistake]:
        """See ``Mistake``."""
        forms = [_dict(form) for form in _list(raw.get("forms"))]
        yield from _unknown_tools(raw, forms)
        yield from _asked_twice(raw)
        yield from _other_choices(forms)
        for part in ("facts", "opening_hours", "small_talk"):
            for at, entry in enumerate(_list(raw.get(part))):
                for path, what in _templates(_dict(entry), ("ask",), {}):
                    yield (part, at, *path), what
        yield from _speech_templates(_dict(raw.get("speech")), forms)


Record = TypeVar("Record", Persona, HandOver, Interruptions, Prompts)


def _filled(record: Record, **of_the_language: Any) -> Record:
    """The record with what it leaves out."""
    left_out = {name for name in of_the_language if (value := getattr(record, name)) == "" or value is LEFT_OUT}
    return dataclasses.replace(record, **{name: of_the_language[name] for name in left_out})


KNOWN_LISTS = frozenset(
    """date time number reference name given_name family_name a_weekday a_month an_ordinal an_hour a_minute
    a_digit""".split()
)
"""lists that every site may use in ``speech``, without writing them"""


def _dict(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else []


def _unknown_tools(raw: Mapping[str, object], forms: Sequence[Mapping[str, object]]) -> Iterator[Mistake]:
    names = [str(_dict(tool).get("name")) for tool in _list(raw.get("tools"))]
    wanted: list[tuple[nodes.Path, object]] = [
        (("forms", at, "tool"), form.get("tool")) for at, form in enumerate(forms)
    ]
    wanted += [((who, "tool"), _dict(raw.get(who)).get("tool")) for who in ("emergency", "hand_over")]
    for path, name in wanted:
        if name is not None and name not in names:
            yield path, f"there is no tool {name!r}{did_you_mean(str(name), names)}"


def _asked_twice(raw: Mapping[str, object]) -> Iterator[Mistake]:
    """Report words that two things share, since which of them is meant cannot be told."""
    seen: dict[str, str] = {}
    for part, key in (("facts", "id"), ("opening_hours", "what"), ("small_talk", "id")):
        for at, entry in enumerate(_list(raw.get(part))):
            of = _dict(entry)
            for number, ask in enumerate(_list(of.get("ask"))):
                words = " ".join(str(ask).lower().split())
                owner = f"{part}[{at}] ({of.get(key)})"
                if words in seen:
                    yield (part, at, "ask", number), f"{ask!r} also asks for {seen[words]}: take one of them out"
                seen.setdefault(words, owner)


def _other_choices(forms: Sequence[Mapping[str, object]]) -> Iterator[Mistake]:
    """Slots of one name share their choices, since the ears and the retrieval know them by name."""
    seen: dict[str, object] = {}
    for at, form in enumerate(forms):
        for number, slot in enumerate(_dict(slot) for slot in _list(form.get("slots"))):
            choices = _list(slot.get("choices"))
            if choices and seen.setdefault(str(slot.get("name")), choices) != choices:
                yield (
                    ("forms", at, "slots", number, "choices"),
                    f"another form has a slot {slot.get('name')!r} with other choices: give one of them another name",
                )


def _speech_templates(speech: Mapping[str, object], forms: Sequence[Mapping[str, object]]) -> Iterator[Mistake]:
    lists: dict[str, Sequence[str]] = dict.fromkeys(KNOWN_LISTS, ("x",))
    lists |= {
        str(name): ("x",)
        for form in forms
        for slot in _list(form.get("slots"))
        if (name := _dict(slot).get("name")) is not None
    }
    own = _dict(speech.get("lists"))
    lists |= {name: tuple(str(entry) for entry in _list(entries)) for name, entries in own.items()}
    for path, what in _templates(speech, ("phrases",), lists):
        yield ("speech", *path), what
    for part in ("subjects", "lists"):
        for name in _dict(speech.get(part)):
            for path, what in _templates(_dict(speech.get(part)), (name,), lists):
                yield ("speech", part, *path), what


def _templates(raw: Mapping[str, object], path: nodes.Path, lists: phrases.Lists) -> Iterator[Mistake]:
    """Bad templates of the list that a record holds at a key."""
    for at, template in enumerate(_list(raw.get(str(path[-1])))):
        try:
            phrases.check(str(template), lists)
        except ValueError as error:
            yield (*path, at), str(error)


_MOST_EXPANDED = 1000
"""sentences that one template may stand for where each of them is looked for in what a visitor says"""


def _expandable(raw: Mapping[str, object], keys: Sequence[str]) -> Iterator[Mistake]:
    """Bad templates without lists of each list of a record, and those that stand for too many sentences."""
    for key in keys:
        bad = dict(_templates(raw, (key,), {}))
        yield from bad.items()
        for at, template in enumerate(_list(raw.get(key))):
            if (key, at) not in bad and (number := phrases.count(str(template), {})) > _MOST_EXPANDED:
                yield (key, at), f"stands for {number} sentences; {_MOST_EXPANDED} are allowed"


def _misplaced(text: str, slots: Sequence[str]) -> str | None:
    """What is wrong with the ``{slot}`` places of a text."""
    try:
        found = _places(text)
    except ValueError as error:
        return str(error)
    return next(
        (f"there is no slot {place!r}{did_you_mean(place, slots)}" for place in found if place not in slots), None
    )


def places(text: str) -> list[str]:
    """The names in the ``{name}`` places of a text, in order; ``name.name`` too. Raises ValueError."""
    found = _places(text)
    for place in found:
        if not re.fullmatch(r"\w+(\.\w+)*", place):
            raise ValueError(f"{place!r} is no name of a slot or of a field")
    return found


def _places(text: str) -> list[str]:
    """What stands in the braces of a text, in order. Raises ValueError."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError:
        raise ValueError(f"{text!r}: a brace is not closed, or closes nothing") from None
    return [
        name + (f"!{how}" if how else "") + (f":{spec}" if spec else "")
        for _, name, spec, how in parsed
        if name is not None
    ]


def load_site(path: Path) -> Site:
    """Read a site file. Raises ConfigError."""
    return load_record(path, Site)
