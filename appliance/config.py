"""Configuration: YAML files to validated, immutable settings.

Two files. ``cloister.yaml`` (``Settings``) belongs to the box: devices, models, threads, paths. The site file
(``Site``) belongs to the place: who the appliance is, what it knows, what visitors say, what it may do and keep.

A file is checked whole; all mistakes are reported at once, each with its line, the path of the field and, for a name
that does not exist, the one that was probably meant. The dataclasses below are the reference: every field is
documented where it is declared, and a field without a default is required.
"""

from __future__ import annotations

import difflib
import itertools
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import date, time
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml

S = TypeVar("S")


class ConfigError(Exception):
    """A configuration file has mistakes; ``problems`` lists them, one line each, as ``file:line: field: what``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


# --- the box ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PocketsphinxSettings:
    """The ear for what a site expects and, where it listens alone, for general English too; its US-English model comes
    with the package."""

    site_weight: float = 0.75
    """share of the site's own language model against general English, 0..1"""
    model: Path | None = None
    """directory with another acoustic model, dictionary and language model"""


@dataclass(frozen=True, slots=True)
class SherpaSettings:
    """A sherpa-onnx recogniser. File names are relative to ``directory``."""

    directory: Path
    kind: Literal[
        "zipformer2_ctc",
        "transducer",
        "nemo_ctc",
        "offline_transducer",
        "offline_whisper",
        "offline_moonshine",
        "offline_nemo_ctc",
        "offline_medasr_ctc",
        "offline_sense_voice",
    ] = "zipformer2_ctc"
    files: Mapping[str, str] = field(default_factory=dict)
    """role to file name: ``model``, or ``encoder decoder joiner``, and ``tokens``; defaults by kind"""
    site_graph: bool = True
    """CTC only: decode along a word graph built from the site's phrases"""
    hotwords_score: float = 1.5
    """transducer only: boost of the site's vocabulary; 0 switches it off"""


@dataclass(frozen=True, slots=True)
class MoonshineSettings:
    """The ear for everything, and the judge of what the others heard."""

    directory: Path
    """where set-up puts the model"""


@dataclass(frozen=True, slots=True)
class EarSettings:
    """Which ears listen. Of several, the one whose words fit the sound best is believed; Moonshine tells."""

    moonshine: MoonshineSettings | None = None
    pocketsphinx: PocketsphinxSettings | None = None
    sherpa: SherpaSettings | None = None

    @property
    def configured(self) -> tuple[str, ...]:
        """Names of those that are."""
        return tuple(kind.name for kind in fields(self) if getattr(self, kind.name) is not None)


@dataclass(frozen=True, slots=True)
class BrainSettings:
    """The chat model and the retrieval model."""

    model: Path
    """GGUF file with a chat template"""
    embedder: Path | None = None
    """converted retrieval model; by default the one that set-up converts"""
    context_tokens: int = 1024
    rephrase: bool = False
    """facts in the language model's words instead of the site's. Each clause is checked, yet a small model turned true
    facts into false ones of the same words (3 of 36 answers)"""
    gpu_layers: int = -1
    """layers on the GPU when ``device`` is ``cuda``; -1 is all"""


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """A Piper voice."""

    model: Path
    """``.onnx`` file; its ``.onnx.json`` lies beside it"""
    speaker: int | None = None
    speed: float = 1.0
    """words per time relative to the voice's own pace"""
    loudness_dbfs: float = -23.0
    """level of the speech (RMS), the same for every clause"""


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """Sound devices, by (part of) the name that ``cloister devices`` prints."""

    microphone: str | None = None
    speaker: str | None = None
    barge_in: bool = True
    """whether speech over a reply may stop it, as far as the echo allows; without it only the emergency phrase and the
    words that always stop a reply do"""
    echo_cancellation: bool = True
    """take the loudspeaker's sound out of the microphone's; switch off for a device that does so itself"""
    noise_suppression: bool = False
    """make steady noise quieter; the bundled ears hear better without it"""
    gain_control: bool = False
    """make quiet speakers louder and loud ones quieter"""
    calibrate: bool = True
    """play a soft rushing at start, which measures the delay and the level of the echo"""
    cross_talk_db: float = 0.0
    """speech that begins this much quieter than the visitor's is somebody else's; 0 lets everybody be heard, 15 shuts
    out conversations across the room"""
    voices: Path | None = None
    """network that tells voices apart (ONNX): within a conversation, somebody of another voice who is somewhat quieter
    than the visitor does not interrupt a reply, nor steer the appliance where ``cross_talk_db`` is set. Off by default:
    numbers about a voice are biometric data in the eyes of GDPR and BIPA, although they are in memory only and
    forgotten with the conversation; visitors must be told, and where the law says so, asked"""
    duck_db: float = 18.0
    """how much quieter a reply gets as soon as there is a sound over it"""
    hold_ms: int = 0
    """speech over a reply that makes it silent until it is decided what the speech is; 0: the first moment of speech
    does. Larger where many people talk nearby: what was silent goes on with the clause from its start"""

    @property
    def duck_gain(self) -> float:
        """``duck_db`` as a factor."""
        return float(10 ** (-self.duck_db / 20))


@dataclass(frozen=True, slots=True)
class FinalitySettings:
    """A speech network that hears whether somebody has finished."""

    weights: Path
    """what its states say (``models/recipes/turns`` makes it)"""
    encoder: Path
    """folder of the Moonshine model whose encoder they are for; the ears need not be Moonshine's"""


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """When a turn is over."""

    speech_threshold: float = 0.5
    """probability from which a window counts as speech"""
    start_ms: int = 96
    """speech that must be heard before a turn starts"""
    patience_s: float = 3.0
    """how many seconds of waiting it is worth not to cut a visitor off once: more waits longer"""
    end_ms: int = 200
    """the least silence that ends a turn, however sure it is"""
    unfinished_ms: int = 2000
    """the most silence that a turn lasts, however unfinished it sounds"""
    longest_s: float = 25.0
    """a turn is cut here whatever is heard"""
    finality: FinalitySettings | None = None
    """what judges by the sound whether a phrase was the last one; without it, pitch and level do"""
    speculate: bool = True
    """whether a reply is made, unheard, as soon as the visitor may have finished"""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """The audit log, which is always kept, in ``state``."""

    export: Path | None = None
    """folder on another medium, which gets every signed checkpoint; without one, nothing shows that the tail of the
    log was cut off"""
    checkpoint_s: float = 900.0
    """seconds between checkpoints"""


@dataclass(frozen=True, slots=True)
class OperatorSettings:
    """Who may do what at the control socket, besides root and the appliance's own user, who may do everything. Names
    are users, or groups as ``@group``."""

    group: str | None = None
    """group that may connect at all (mode 0660); the appliance's own user must be in it"""
    say: tuple[str, ...] = ()
    """may make the appliance act towards visitors"""
    listen: tuple[str, ...] = ()
    """may follow what it does, without the words"""
    administer: tuple[str, ...] = ()
    """may make checkpoints and take evidence"""
    break_glass: tuple[str, ...] = ()
    """may, with a reason that is recorded, follow what is said"""
    idle_s: float = 300.0
    """an operator's session ends after this long without a command, and so does every look through broken glass"""
    follow_s: float = 28_800.0
    """following facts without words, as a display on a wall does, ends after this long: a shift"""


@dataclass(frozen=True, slots=True)
class Settings:
    """``cloister.yaml``: one box."""

    site: Path
    """the site file"""
    ear: EarSettings
    brain: BrainSettings
    voice: VoiceSettings
    audio: AudioSettings = field(default_factory=AudioSettings)
    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    device: Literal["cpu", "cuda"] = "cpu"
    threads: int = 2
    """CPU cores the engines may use together"""
    state: Path = Path("state")
    """directory for what outlives a restart (the appointment book)"""
    prepared: Path | None = None
    """directory for what is worked out once from the configuration (the site's language); by default in ``state``"""
    control_socket: Path | None = None
    """Unix socket for ``cloister`` commands to a running daemon, mode 0600; off by default"""
    operators: OperatorSettings = field(default_factory=OperatorSettings)
    audit: AuditSettings = field(default_factory=AuditSettings)

    @property
    def kept(self) -> Path:
        """Where what was worked out from the configuration is kept."""
        return self.prepared or self.state / "prepared"


# --- the place ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Persona:
    """Who speaks."""

    name: str
    """what the appliance calls itself"""
    role: str
    """what it is, as in "the voice assistant at Oak Hill Hospital reception" """
    greeting: str
    """said when a conversation opens"""
    goodbye: str = "Goodbye."
    style: str = ""
    """one more instruction for the language model, as in "be brief and kind" """


@dataclass(frozen=True, slots=True)
class SiteFact:
    """Something the appliance knows. It may be said as it stands."""

    id: str
    say: str
    """one or two plain sentences"""
    ask: tuple[str, ...] = ()
    """ways visitors ask for it; they train the ear and the retrieval"""


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours of one place; becomes a fact, and lets the appliance say whether it is open now."""

    what: str
    """as in "the pharmacy" """
    hours: Mapping[str, str]
    """days to spans, as in ``monday-friday: 08:00-18:00`` or ``sunday: closed``; several spans by comma, and over
    midnight as in ``friday-saturday: 20:00-02:00``"""
    ask: tuple[str, ...] = ()
    exceptions: Mapping[str, str] = field(default_factory=dict)
    """days that differ, to spans: one day as in ``2026-12-24: 08:00-12:00``, a day of every year as in
    ``12-25: closed``, several as in ``2026-12-27 to 2027-01-02: closed``; each with the name that visitors use for it,
    if it has one, as in ``Christmas Day 12-25: closed``. What stands first counts."""

    def __post_init__(self) -> None:
        parse_week(self.hours)
        for dates, spans in self.exceptions.items():
            parse_special_day(dates)
            parse_spans(spans)


@dataclass(frozen=True, slots=True)
class VocabularyEntry:
    """A word the ears would not know, or would pronounce wrongly."""

    word: str
    phones: str | None = None
    """CMU phones, as in "Y AE L AH N AA R D"; otherwise the pronunciation is derived"""
    sounds_like: str | None = None
    """an English spelling that sounds like it"""


@dataclass(frozen=True, slots=True)
class Speech:
    """What visitors of this site say; it builds the ears' language models, not the answers."""

    phrases: tuple[str, ...] = ()
    """sentences; ``{list}`` stands for any entry of a list, ``(a|b)`` for a choice, ``[x]`` for an option"""
    subjects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """phrases that belong together, as orders at a counter do, by the name of the subject. Each subject is also
    listened for on its own, with no other words: far more accurate, for some percent of a core each"""
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    vocabulary: tuple[VocabularyEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """A tool: an executable (JSON on standard input and output, no shell) or a Python class."""

    name: str
    command: tuple[str, ...] = ()
    """absolute path and arguments of an executable"""
    python: str | None = None
    """``package.module:Class``, built with ``options``, the state directory and a clock"""
    options: Mapping[str, object] = field(default_factory=dict)
    """passed to the tool"""
    time_limit_s: float = 5.0

    def __post_init__(self) -> None:
        if bool(self.command) == bool(self.python):
            raise ValueError("needs either `command` (an executable) or `python` (package.module:Class)")
        if self.command and not self.command[0].startswith("/"):
            raise ValueError(f"`command` must start with an absolute path, not {self.command[0]!r}")


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """One thing a form must know before its tool is called."""

    name: str
    ask: str
    """the question that asks for it"""
    kind: Literal["name", "date", "time", "choice", "text", "reference", "number"] = "text"
    choices: tuple[str, ...] = ()
    """for ``choice``: the values; ``@function`` of the tool lists them when it starts"""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class FormSettings:
    """A task of several turns: slots to fill, a confirmation, a tool's function."""

    intent: str
    """short name, as in ``book``"""
    tool: str
    function: str
    ask: tuple[str, ...]
    """ways visitors begin it, ``(a|b)``, ``[x]`` and ``{slot}`` allowed"""
    slots: tuple[SlotSettings, ...] = ()
    confirm: str | None = None
    """question asked before the tool has its effect, with ``{slot}`` places; none for a look-up"""
    check: str | None = None
    """function without effect that is called with the values known so far, whenever one is new, and refuses early
    what cannot be had"""


EmergencyKind = Literal[
    "breathing",
    "choking",
    "heart",
    "stroke",
    "bleeding",
    "collapse",
    "seizure",
    "fire",
    "violence",
    "self harm",
    "help",
]
EMERGENCIES: tuple[EmergencyKind, ...] = typing.get_args(EmergencyKind)


@dataclass(frozen=True, slots=True)
class Emergency:
    """What always wins, whatever the appliance is doing: that somebody needs help at once."""

    say: str
    phrases: tuple[str, ...] = ()
    """the site's own, beside those that are built in"""
    kinds: tuple[EmergencyKind, ...] = EMERGENCIES
    """which kinds the appliance knows by itself, in many words; ``[]`` leaves the site's phrases alone"""
    not_emergencies: tuple[str, ...] = ()
    """what is none here, though it sounds like one: "the fire is on" where there is a fireplace"""
    tool: str | None = None
    """tool whose ``alarm`` function is called at once"""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Asking for a person."""

    phrases: tuple[str, ...] = ("speak to a person", "talk to a human", "real person", "a human please")
    say: str = "Of course. I am calling a member of staff for you."
    tool: str | None = None
    """tool whose ``call_person`` function is called"""


@dataclass(frozen=True, slots=True)
class Recording:
    """What is kept of conversations, encrypted, and for how long. Visitors must be told; that is the site's duty."""

    days: int
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

    stop: tuple[str, ...] = ("stop", "stop it", "no", "wait", "wait a minute", "hold on", "be quiet", "never mind")
    """always stop it, even where the echo allows no other barge-in"""
    backchannels: tuple[str, ...] = (
        *("mm", "mmm", "mm hmm", "hm", "hmm", "mhm", "uh huh", "uh", "um", "ah", "oh", "huh", "aha"),
        *("yeah", "yes", "yep", "yup", "okay", "ok", "o k", "right", "all right", "alright", "sure", "fine", "good"),
        *("great", "cool", "nice", "i see", "got it", "oh i see", "really", "wow", "thanks", "thank you", "ha"),
        *("exactly", "of course", "perfect", "very good"),
    )
    """a listener's; the reply goes on"""


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
    """Seconds of stream time."""

    no_input_s: float = 8.0
    """silence after a reply before the visitor is asked again"""
    close_s: float = 12.0
    """silence after the last re-prompt before the conversation is closed"""
    reprompts: int = 2
    """re-prompts for silence, or for words that were not understood, in a row"""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Fixed sentences."""

    no_input: tuple[str, ...] = ("Are you still there?", "Can I help you with anything else?")
    no_match: tuple[str, ...] = ("Sorry, I did not catch that. Could you say it again?",)
    unknown: str = "I don't know that. Shall I call someone who does?"
    failed: str = "Sorry, something went wrong on my side. Please ask a member of staff."
    out_of_order: str = "I cannot talk with you now. Please ask a member of staff."
    """said to whoever speaks while no conversation can be recorded, because the disk is full"""


@dataclass(frozen=True, slots=True)
class Site:
    """The site file: one place."""

    name: str
    persona: Persona
    language: Literal["en-US"] = "en-US"
    facts: tuple[SiteFact, ...] = ()
    opening_hours: tuple[OpeningHours, ...] = ()
    speech: Speech = field(default_factory=Speech)
    tools: tuple[ToolSettings, ...] = ()
    forms: tuple[FormSettings, ...] = ()
    emergency: Emergency | None = None
    hand_over: HandOver = field(default_factory=HandOver)
    interruptions: Interruptions = field(default_factory=Interruptions)
    privacy: Privacy = field(default_factory=Privacy)
    timeouts: Timeouts = field(default_factory=Timeouts)
    prompts: Prompts = field(default_factory=Prompts)

    def __post_init__(self) -> None:
        names = {tool.name for tool in self.tools}
        for form in self.forms:
            if form.tool not in names:
                raise ValueError(f"form {form.intent!r} wants the tool {form.tool!r}{_did_you_mean(form.tool, names)}")
        for who, tool in (
            ("emergency", self.emergency and self.emergency.tool),
            ("hand_over", self.hand_over.tool),
        ):
            if tool and tool not in names:
                raise ValueError(f"`{who}` wants the tool {tool!r}{_did_you_mean(tool, names)}")
        seen: set[str] = set()
        for fact in self.facts:
            if fact.id in seen:
                raise ValueError(f"two facts have the id {fact.id!r}")
            seen.add(fact.id)


DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

END_OF_DAY = time(23, 59, 59)
"""How midnight at the end of a day is kept: the last time that a day has. It is written 24:00."""

Spans = tuple[tuple[time, time], ...]
"""Opening spans of one day in order, each from a time to a later one."""


def parse_days(text: str) -> tuple[int, ...]:
    """Days of a week, Monday = 0, from "monday-friday", "saturday-monday", "saturday" or "monday, wednesday". Raises
    ValueError."""
    found: list[int] = []
    for part in text.lower().split(","):
        ends = [end.strip() for end in part.split("-")]
        for end in ends:
            if end not in DAYS:
                raise ValueError(f"{end!r} is not a day{_did_you_mean(end, DAYS)}")
        if len(ends) > 2:
            raise ValueError(f"{part.strip()!r} is not a span of days such as monday-friday")
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        days = [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
        if twice := set(days) & set(found):
            raise ValueError(f"{text.strip()!r} names {DAYS[min(twice)]} twice")
        found.extend(days)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day, or some days in a row, with hours of their own."""

    name: str
    """as visitors call it, such as "Christmas Day"; empty where it has no name"""
    first: tuple[int | None, int, int]
    """year (None: every year), month and day"""
    last: tuple[int | None, int, int]

    def holds(self, day: date) -> bool:
        """Whether ``day`` is one of them."""
        at = (day.month, day.day)
        first, last = self.first[1:], self.last[1:]
        if self.first[0] is None:
            return first <= at <= last if first <= last else at >= first or at <= last
        return (self.first[0], *first) <= (day.year, *at) <= (self.last[0] or self.first[0], *last)

    def next(self, today: date) -> date | None:
        """The first of these days that has not passed; None where all have, or where the year has no such day."""
        for year in (today.year, today.year + 1) if self.first[0] is None else (self.first[0],):
            try:
                day = date(year, *self.first[1:])
            except ValueError:
                continue
            if day >= today:
                return day
            if self.holds(today):
                return today
        return None


def parse_special_day(text: str) -> SpecialDay:
    """A key of ``OpeningHours.exceptions``. Raises ValueError."""
    one = r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})"
    match = re.fullmatch(rf"\s*(\D*?)\s*{one}(?:\s+to\s+{one})?\s*", text)
    if not match:
        raise ValueError(f"{text.strip()!r} is not a date such as 2026-12-24, 12-25 or 2026-12-27 to 2027-01-02")
    name, *parts = match.groups()
    ends = []
    for year, month, day in (parts[:3], parts[3:] if parts[4] else parts[:3]):
        # A leap year, so that 02-29 is a day of every year.
        try:
            date(int(year or 2024), int(month), int(day))
        except ValueError:
            raise ValueError(f"{text.strip()!r}: there is no such day") from None
        ends.append((int(year) if year else None, int(month), int(day)))
    if (ends[0][0] is None) != (ends[1][0] is None):
        raise ValueError(f"{text.strip()!r}: give the year on both sides, or on none")
    if ends[0][0] is not None and (ends[1][0] or 0, *ends[1][1:]) < (ends[0][0], *ends[0][1:]):
        raise ValueError(f"{text.strip()!r} ends before it begins")
    return SpecialDay(name.strip(" :"), ends[0], ends[1])


def parse_spans(text: str) -> Spans:
    """Opening spans of one day from "08:00-12:00, 13:00-18:00", in order; empty for "closed". Raises ValueError, also
    for spans that overlap or go over midnight."""
    for opens, closes in (spans := _read_spans(text)):
        if closes <= opens:
            raise ValueError(f"{opens:%H:%M}-{closes:%H:%M} ends before it begins")
    return spans


def _read_spans(text: str) -> Spans:
    """As ``parse_spans``; the last may go over midnight, as in "20:00-02:00"."""
    if text.strip().lower() == "closed":
        return ()
    spans: list[tuple[time, time]] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", part, re.ASCII)
        if not match:
            raise ValueError(f"{part.strip()!r} is not a span such as 08:00-18:00, nor `closed`")
        h1, m1, h2, m2 = map(int, match.groups())
        try:
            # 24:00 is written by people who mean midnight at the end of the day.
            closes = END_OF_DAY if (h2, m2) == (24, 0) else time(h2, m2)
            opens = time(h1, m1)
        except ValueError:
            raise ValueError(f"{part.strip()!r} holds a time that does not exist") from None
        if opens == closes:
            raise ValueError(f"{part.strip()!r} ends when it begins; all day is 00:00-24:00")
        spans.append((opens, closes))
    spans.sort()
    for (begins, closes), (opens, _) in itertools.pairwise(spans):
        if closes <= begins or opens < closes:
            raise ValueError(f"{text.strip()!r} holds spans that overlap")
    return tuple(spans)


def parse_week(hours: Mapping[str, str]) -> tuple[Spans, ...]:
    """Spans of the seven days, Monday first; a day that is not named is closed. What goes over midnight, as in
    ``friday: 20:00-02:00``, is two spans, one on each day. Raises ValueError for days that are named twice and spans
    that overlap."""
    days: list[list[tuple[time, time]]] = [[] for _ in DAYS]
    spills: list[tuple[int, time]] = []
    named: dict[int, str] = {}
    for names, text in hours.items():
        spans = _read_spans(text)
        for day in parse_days(names):
            if day in named:
                raise ValueError(f"{DAYS[day]} is in {named[day]!r} and in {names!r}")
            named[day] = names
            for opens, closes in spans:
                if closes > opens:
                    days[day].append((opens, closes))
                    continue
                days[day].append((opens, END_OF_DAY))
                if closes > time(0):
                    spills.append((day, closes))
    for day, closes in spills:
        following = days[(day + 1) % 7]
        if following and following[0][0] < closes:
            raise ValueError(
                f"{DAYS[day]} goes over midnight until {closes:%H:%M}, and {DAYS[(day + 1) % 7]} opens before that"
            )
        following.insert(0, (time(0), closes))
    return tuple(tuple(spans) for spans in days)


# --- reading ------------------------------------------------------------------------------------------------------


def load_settings(path: Path) -> Settings:
    """Read ``cloister.yaml``; relative paths in it are relative to the file. Raises ConfigError."""
    return load_record(path, Settings)


def load_site(path: Path) -> Site:
    """Read a site file. Raises ConfigError."""
    return load_record(path, Site)


def load_record(path: Path, kind: type[S]) -> S:
    """Read a YAML file as one frozen dataclass, by the rules of this module. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text (byte {error.start})"]) from None
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f"{mark.line + 1}" if mark else "?"
        raise ConfigError([f"{path}:{line}: is not YAML: {error.problem or error.context}"]) from None
    reader = _Reader(path)
    if node is None:
        raise ConfigError([f"{path}: is empty"])
    value = reader.read(node, kind, "")
    if reader.problems:
        raise ConfigError(reader.problems)
    return typing.cast(S, value)


class _Bad:
    """Stands for a value that was reported as a problem."""


_BAD = _Bad()


def _did_you_mean(word: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known)) or 'none'}"


class _Reader:
    """Walks YAML nodes along dataclass types and collects what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def bad(self, node: yaml.Node, where: str, what: str) -> _Bad:
        self.problems.append(f"{self.path}:{node.start_mark.line + 1}: {where or 'file'}: {what}")
        return _BAD

    def read(self, node: yaml.Node, kind: Any, where: str) -> Any:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if is_dataclass(kind) and isinstance(kind, type):
            return self._record(node, kind, where)
        if origin in (types.UnionType, typing.Union):
            if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
                return None
            return self.read(node, next(a for a in arguments if a is not type(None)), where)
        if origin is tuple:
            return self._sequence(node, arguments[0], where)
        if origin is Mapping:
            return self._mapping(node, arguments[1], where)
        if origin is Literal:
            return self._literal(node, arguments, where)
        if kind is object:
            return yaml.SafeLoader("").construct_object(node, deep=True)
        return self._scalar(node, kind, where)

    def _record(self, node: yaml.Node, kind: type[Any], where: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self.bad(node, where, "must be a mapping of fields to values")
        hints = typing.get_type_hints(kind)
        known = {f.name: f for f in fields(kind)}
        values: dict[str, Any] = {}
        for key, value in node.value:
            inner = f"{where}.{key.value}" if where else str(key.value)
            if key.value not in known:
                self.bad(key, inner, f"there is no such field{_did_you_mean(str(key.value), known)}")
            elif key.value in values:
                self.bad(key, inner, "is given twice")
            else:
                values[key.value] = self.read(value, hints[key.value], inner)
        for name, f in known.items():
            if name not in values and f.default is MISSING and f.default_factory is MISSING:
                values[name] = self.bad(node, f"{where}.{name}" if where else name, "is missing")
        if any(value is _BAD for value in values.values()):
            return _BAD
        try:
            return kind(**values)
        except ValueError as error:
            return self.bad(node, where, str(error))

    def _sequence(self, node: yaml.Node, kind: Any, where: str) -> Any:
        if not isinstance(node, yaml.SequenceNode):
            return self.bad(node, where, "must be a list")
        values = [self.read(item, kind, f"{where}[{i}]") for i, item in enumerate(node.value)]
        return _BAD if any(value is _BAD for value in values) else tuple(values)

    def _mapping(self, node: yaml.Node, kind: Any, where: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self.bad(node, where, "must be a mapping")
        values = {str(key.value): self.read(value, kind, f"{where}.{key.value}") for key, value in node.value}
        return _BAD if any(value is _BAD for value in values.values()) else types.MappingProxyType(values)

    def _literal(self, node: yaml.Node, allowed: tuple[Any, ...], where: str) -> Any:
        value = self._scalar(node, type(allowed[0]), where)
        if value is _BAD or value in allowed:
            return value
        names = [str(a).lower() if isinstance(a, bool) else str(a) for a in allowed]
        return self.bad(node, where, f"{node.value!r} is not possible; possible are {', '.join(names)}")

    def _scalar(self, node: yaml.Node, kind: Any, where: str) -> Any:
        wanted = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}[kind]
        if not isinstance(node, yaml.ScalarNode):
            return self.bad(node, where, f"must be {wanted}")
        tag = node.tag.rsplit(":", 1)[-1]
        if tag == "null":
            return self.bad(node, where, f"is empty, must be {wanted}")
        if kind is str:
            return str(node.value)
        if kind is Path:
            path = Path(node.value).expanduser()
            return path if path.is_absolute() else self.path.parent / path
        if kind is bool and tag == "bool":
            return str(node.value).lower() in ("true", "yes", "on")
        try:
            if kind is int and tag == "int":
                return int(node.value, 0)
            if kind is float and tag in ("int", "float"):
                return float(node.value)
        except ValueError:
            pass
        return self.bad(node, where, f"must be {wanted}, not {node.value!r}")
