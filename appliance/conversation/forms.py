"""A task of several turns as a form that the responder owns: what is missing, what was heard, corrected, confirmed.

The language model never decides what a form holds. ``slots.hear`` takes values out of the visitor's words by the kind
of each slot. ``step`` returns the next form and what to do next. Both are pure, and a form never changes.

What a visitor says last counts: "friday, no, thursday" is Thursday, "not doctor chen, doctor miller" is Doctor Miller,
and a value given while another was asked for is kept. Nothing has its effect before it was read back and agreed to.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time

from appliance.config.site import FormSettings, SlotSettings
from appliance.conversation.confirmation import Decision
from appliance.core.ports import DAY_ARGUMENTS, TIME_ARGUMENTS
from appliance.language.parts import Leap


@dataclass(frozen=True, slots=True)
class Value:
    """What a slot holds."""

    value: str
    """for the tool: a date as YYYY-MM-DD, a time as HH:MM, a choice as it is listed, a reference as digits"""
    say: str
    """as it is read back"""


@dataclass(frozen=True, slots=True)
class Window:
    """The span of the day in which a time is wanted: "in the afternoon", "not before ten"."""

    earliest: time | None = None
    latest: time | None = None
    """both ends belong to it"""
    last: bool = False
    """whether the last time of it is wanted, and not the first"""

    def holds(self, offer: Mapping[str, Value], slot: str) -> bool:
        """Whether an offer's time lies in it; an offer without a time does."""
        if slot not in offer:
            return True
        moment = time.fromisoformat(offer[slot].value)
        return (self.earliest is None or self.earliest <= moment) and (self.latest is None or moment <= self.latest)


@dataclass(frozen=True, slots=True)
class Days:
    """The span of days in which a day is wanted: "next week", "not before monday"."""

    first: date | None = None
    last: date | None = None
    """both ends belong to it"""

    def holds(self, offer: Mapping[str, Value], slot: str) -> bool:
        """Whether an offer's day lies in it; an offer without a day does."""
        if slot not in offer:
            return True
        day = date.fromisoformat(offer[slot].value)
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What one utterance meant for a form."""

    values: Mapping[str, Value] = field(default_factory=dict)
    decision: Decision = "other"
    """what it answers to a yes-or-no question"""
    excluded: frozenset[str] = frozenset()
    """slots whose present value the visitor does not want"""
    unwanted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """values by slot that the visitor does not want: "any day but tuesday" """
    passed_over: frozenset[str] = frozenset()
    """slots of which values were named, and none that the visitor wants"""
    leap: Leap | None = None
    """the visitor wants to step back, or to start again"""
    unknown: bool = False
    """the visitor does not know what was asked"""
    any: bool = False
    """the visitor leaves the choice to the appliance"""
    open: frozenset[str] = frozenset()
    """slots whose values the visitor leaves to the appliance"""
    window: Window | None = None
    """the span of the day that the visitor wants, where the tool can tell what it has"""
    days: Days | None = None
    """the span of days that the visitor wants"""
    nth: int | None = None
    """the visitor picked an offer by its place; -1 is the last"""
    wrong: str | None = None
    """the slot that the visitor called wrong, or wants to give anew, without a better value"""
    marked: str = ""
    """the words, with marks in place of values (``confirmation.SAME`` and ``OTHER``)"""
    spells: bool = False
    """the visitor offers to spell a name"""
    moves: str = ""
    """the words, where they tell a day or a time by those of a record that is not open yet"""
    unsure: tuple[str, Value] | None = None
    """a slot, and a value that sounds somewhat like what was said"""

    @property
    def brings_nothing(self) -> bool:
        """Whether the form learns nothing from it, and need not go another way."""
        brought = (self.values, self.excluded, self.unwanted, self.leap, self.open, self.window, self.days, self.wrong)
        other = self.unknown or self.any or self.spells or self.nth is not None or self.unsure is not None
        return not any(brought) and not other and self.decision in ("other", "ask")


@dataclass(frozen=True, slots=True)
class Form:
    """A task under way."""

    settings: FormSettings
    values: Mapping[str, Value] = field(default_factory=dict)
    open: frozenset[str] = frozenset()
    """slots that the visitor leaves to the appliance, until the tool is asked what it has"""
    chosen: frozenset[str] = frozenset()
    """slots that were left open, and hold what the tool had; they are open again when another value changes"""
    unwanted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """values by slot that are not to be chosen for them: "any day but tuesday" """
    window: Window | None = None
    """the span of the day in which a time that was left open is to be chosen"""
    days: Days | None = None
    """the span of days in which a day is to be chosen, and in which a weekday lies"""
    asked: str | None = None
    """the slot that was asked for last"""
    confirming: bool = False
    changing: bool = False
    """the visitor refused what was read back and was asked what to change"""
    record: Mapping[str, Value] = field(default_factory=dict)
    """the day and the time of what the form is about, once the visitor has shown that it is theirs"""
    moves: str = ""
    """words that tell a day or a time by those of the record, until it is open"""
    offers: tuple[Mapping[str, Value], ...] = ()
    """alternatives that the visitor may take"""
    told: int = 0
    """how many of them the visitor was told of, the first ones; 0 is all"""
    suggested: str | None = None
    """the slot of the one offer, where the visitor was asked whether it is what they said"""
    declined: frozenset[str] = frozenset()
    """values of which the visitor said that they are not what they said"""
    misses: int = 0
    """turns in a row that brought nothing"""
    misheard: int = 0
    """times that a name was not understood, or was read back wrongly"""
    unopened: int = 0
    """times that the tool found no record by what the visitor said"""
    within: Form | None = None
    """the task in whose middle this look-up began, which goes on after it"""

    @property
    def missing(self) -> tuple[SlotSettings, ...]:
        return tuple(
            s for s in self.settings.slots if s.name not in self.values and s.name not in self.open and not s.optional
        )

    def slot(self, name: str) -> SlotSettings:
        return next(slot for slot in self.settings.slots if slot.name == name)

    @property
    def told_offers(self) -> tuple[Mapping[str, Value], ...]:
        """Alternatives that the visitor was told of: "the second one" is among these."""
        return self.offers[: self.told] if self.told else self.offers

    @property
    def lists(self) -> bool:
        """Whether the last question listed what may be picked by its place."""
        return bool(self.offers) or (self.asked is not None and self.slot(self.asked).kind == "choice")

    @property
    def expecting(self) -> str | None:
        """The kind of answer that the visitor will probably give: a slot's kind, or ``confirm``."""
        if self.confirming or self.suggested:
            return "confirm"
        return self.slot(self.asked).kind if self.asked else None


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask for a slot."""

    slot: SlotSettings
    again: bool = False
    """the last answer held nothing for it"""
    spelled: bool = False
    """a name may be spelled, because it was misheard"""


@dataclass(frozen=True, slots=True)
class Choose:
    """Look up what can be had, and choose the first of it for the slots that the visitor leaves open."""


@dataclass(frozen=True, slots=True)
class Suggest:
    """Ask whether a value is what the visitor said."""

    value: Value


@dataclass(frozen=True, slots=True)
class Confirm:
    """Read the form back."""

    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """Ask what is wrong with what was read back."""


@dataclass(frozen=True, slots=True)
class Call:
    """Everything is known and agreed: call the tool."""

    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Stopped:
    """The visitor gave the task up."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """The form does not get on; a person should help."""


Step = Ask | Choose | Suggest | Confirm | Change | Call | Stopped | Stuck

MAX_UNPRODUCTIVE_TURNS = 3
"""turns in a row without a usable word before a person is offered"""

MOST_UNOPENED = 3
"""times that a form may fail to open a record before a person is offered. A person helps an honest visitor sooner, and
a dishonest one cannot go on guessing."""

CHOSEN = ("choice", "date", "time")
"""kinds of slots whose values a visitor may leave to the appliance"""

MOST_MISHEARD = 2
"""times that a name may be misheard before a person is offered"""

OPENS_RECORDS = ("reference", "name")
"""kinds of slots by which a tool finds a visitor's record"""


def step(form: Form, heard: FormAnswer) -> tuple[Form, Step]:
    """Take in what was heard and decide what comes next."""
    if heard.decision == "give_up":
        return form, Stopped()
    if heard.leap:
        return _leap(form, heard.leap)
    if heard.unknown and form.asked and not heard.values and not heard.open:
        return form, Stuck()
    if form.confirming and heard.decision == "ask":
        # A question about a value changes nothing: "did you say wednesday".
        heard = replace(heard, values={}, excluded=frozenset(), unsure=None)
    picked = _pick(form, heard)
    values = {**{name: value for name, value in form.values.items() if name not in heard.excluded}, **picked}
    # With several offers, or at the reading back, "any of them" leaves nothing open.
    left = frozenset() if form.offers or form.confirming else heard.open - values.keys() - form.open
    when = time_slot(form.settings)
    if when and heard.window and when not in picked and not heard.window.holds(values, when):
        del values[when]
    if when and heard.window and when not in values:
        left |= {when}
    day = date_slot(form.settings)
    if day and heard.days and day not in picked and not heard.days.holds(values, day):
        del values[day]
    if day and heard.days and day not in values and (day in heard.open or day in form.values):
        left |= {day}
    new_days = heard.days is not None and heard.days != form.days
    progress = new_days or values != dict(form.values) or (bool(heard.values) and not form.confirming) or bool(left)
    if any(form.slot(name).kind in CHOSEN and form.values.get(name) != value for name, value in picked.items()):
        left |= form.chosen - picked.keys()
        values = {name: value for name, value in values.items() if name not in left}
    form = replace(
        form,
        open=(form.open | left) - values.keys(),
        chosen=form.chosen - left - picked.keys(),
        unwanted={**form.unwanted, **heard.unwanted},
        moves=heard.moves or ("" if {when, day} & picked.keys() else form.moves),
        window=heard.window or (None if when in picked else form.window),
        days=heard.days or (form.days if form.days and form.days.holds(values, str(day)) else None),
    )
    if (heard.window and when in left) or (heard.days and day in left):
        form = replace(form, offers=(), suggested=None, changing=False)
    if picked and (form.suggested is None or form.suggested in picked):
        form = replace(form, offers=(), suggested=None)
    form = replace(form, values=values, misses=0 if progress else form.misses + 1)
    if heard.unsure and heard.unsure[0] not in picked:
        return _suggest(form, *heard.unsure)
    name = _name(form.settings)
    if name in picked and form.asked == name:
        # A visitor who gave a name in the end may correct it once more.
        form = replace(form, misheard=min(form.misheard, MOST_MISHEARD - 1))
    if _misheard(form, heard, picked):
        form = replace(form, misheard=form.misheard + 1)
        if form.misheard >= MOST_MISHEARD + bool(picked):
            return replace(form, asked=_name(form.settings)), Stuck()
    if progress:
        return proceed(form)
    if heard.spells:
        form, following = proceed(replace(_without(form, {str(_name(form.settings))}), misses=0))
        return form, replace(following, spelled=True) if isinstance(following, Ask) else following
    if form.suggested and heard.decision in ("refuse", "correct"):
        declined = form.declined | {value.value for value in form.offers[0].values()}
        form = replace(form, offers=(), suggested=None, declined=declined)
        return (form, Stuck()) if form.misses >= MAX_UNPRODUCTIVE_TURNS else proceed(form)
    if form.confirming and heard.decision == "agree":
        return replace(form, confirming=False, misses=0), Call(arguments(form))
    if heard.wrong:
        anew = _without(replace(form, offers=(), suggested=None, misses=0), {heard.wrong})
        return _ask_for(anew, heard.wrong)
    if form.confirming and heard.decision in ("refuse", "correct"):
        if not _changeable(form):
            return form, Stopped()
        return replace(form, confirming=False, changing=True, asked=None, misses=0), Change()
    if form.changing and heard.decision == "refuse":
        return form, Stopped()
    if form.misses >= MAX_UNPRODUCTIVE_TURNS:
        return form, Stuck()
    return proceed(form, again=not heard.unwanted)


def time_slot(settings: FormSettings) -> str | None:
    """The slot for a time of day, where a form has one and no more."""
    found = [slot.name for slot in settings.slots if slot.kind == "time"]
    return found[0] if len(found) == 1 else None


def date_slot(settings: FormSettings) -> str | None:
    """The slot for a day, where a form has one and no more."""
    found = [slot.name for slot in settings.slots if slot.kind == "date"]
    return found[0] if len(found) == 1 else None


def _name(settings: FormSettings) -> str | None:
    """The slot that holds the visitor's name."""
    return next((slot.name for slot in settings.slots if slot.kind == "name"), None)


def _misheard(form: Form, heard: FormAnswer, picked: Mapping[str, Value]) -> bool:
    """Whether a name was asked for and not given, or is not the one that was read back."""
    name = _name(form.settings)
    if name is None or heard.spells:
        return False
    if form.asked == name:
        return not (picked or heard.unwanted or heard.window or heard.days) and heard.wrong in (None, name)
    return (form.confirming or form.changing) and (name in picked or name in heard.excluded or heard.wrong == name)


def _suggest(form: Form, slot: str, value: Value) -> tuple[Form, Step]:
    """Ask whether a value is what the visitor said, unless that does not get on."""
    if form.misses >= MAX_UNPRODUCTIVE_TURNS:
        return form, Stuck()
    misses = form.misses if form.suggested else 0
    form = replace(form, offers=({slot: value},), suggested=slot, asked=slot, misses=misses)
    return replace(form, confirming=False, changing=False), Suggest(value)


def _leap(form: Form, leap: Leap) -> tuple[Form, Step]:
    """Begin anew, or ask once more for the slot that was filled last. A step back from the first question stops."""
    if leap == "start_again":
        return proceed(Form(form.settings))
    before = list(itertools.takewhile(lambda slot: slot.name != form.asked, form.settings.slots))
    filled = [slot.name for slot in before if slot.name in form.values or slot.name in form.open]
    if not filled:
        return form, Stopped()
    return proceed(_without(replace(form, offers=(), suggested=None, misses=0), filled[-1:]))


def _ask_for(form: Form, name: str) -> tuple[Form, Step]:
    """Ask for a slot that the visitor wants to give anew, before others that are missing."""
    slot = form.slot(name)
    form = replace(form, asked=name, confirming=False, changing=False)
    return form, Ask(slot, spelled=slot.kind == "name" and bool(form.misheard))


def _changeable(form: Form) -> bool:
    """Whether the visitor chose anything that was read back. Otherwise a "no" leaves things as they are."""
    return any(form.slot(name).kind not in OPENS_RECORDS for name in form.values) or not opens_record(form.settings)


def _without(form: Form, slots: Collection[str]) -> Form:
    values = {name: value for name, value in form.values.items() if name not in slots}
    return replace(form, values=values, open=form.open - set(slots))


def proceed(form: Form, again: bool = False) -> tuple[Form, Step]:
    """What comes next with the values as they are."""
    if form.suggested:
        return form, Suggest(form.offers[0][form.suggested])
    record = opens_record(form.settings)
    if form.open and not any(slot.kind in CHOSEN or record for slot in form.missing):
        return form, Choose()
    if form.missing:
        slot = form.missing[0]
        again = again and form.asked == slot.name
        spelled = slot.kind == "name" and bool(form.misheard)
        return replace(form, asked=slot.name, confirming=False, changing=False), Ask(slot, again, spelled)
    if form.settings.confirm is None:
        return replace(form, asked=None), Call(arguments(form))
    return replace(form, asked=None, confirming=True, changing=False), Confirm(read_back(form))


def arguments(form: Form) -> dict[str, str]:
    """The tool's arguments."""
    return {name: value.value for name, value in form.values.items()}


def window_arguments(form: Form) -> dict[str, str]:
    """The ends of the spans of the day and of days, for the tool that lists what can be had (``ports.TIME_ARGUMENTS``,
    ``ports.DAY_ARGUMENTS``)."""
    times = (form.window.earliest, form.window.latest) if form.window else (None, None)
    days = (form.days.first, form.days.last) if form.days else (None, None)
    return {name: moment.strftime("%H:%M") for name, moment in zip(TIME_ARGUMENTS, times, strict=True) if moment} | {
        name: day.isoformat() for name, day in zip(DAY_ARGUMENTS, days, strict=True) if day
    }


def read_back(form: Form) -> str:
    """The confirmation with its places filled."""
    said = {slot.name: "" for slot in form.settings.slots} | {n: v.say for n, v in form.values.items()}
    text = (form.settings.confirm or "").format_map(said)
    return text[:1].upper() + text[1:]


def choose(form: Form, values: Mapping[str, Value]) -> Form:
    """Fill the slots that were left open with what can be had. ``form.window`` stays, since a slot that was chosen is
    chosen anew when another value changes."""
    return replace(
        form, values={**values, **form.values}, open=frozenset(), chosen=form.chosen | values.keys(), misses=0
    )


def refuse(form: Form, slots: Sequence[str], offers: Sequence[Mapping[str, Value]] = ()) -> Form:
    """Empty slots whose values cannot be had, and remember what was offered instead."""
    values = {name: value for name, value in form.values.items() if name not in slots}
    missing = next((slot.name for slot in form.settings.slots if slot.name not in values), None)
    form = replace(
        form,
        values=values,
        offers=tuple(offers),
        told=0,
        suggested=None,
        confirming=False,
        changing=False,
        asked=missing,
    )
    unopened = any(form.slot(name).kind in OPENS_RECORDS for name in slots)
    return replace(form, unopened=form.unopened + 1) if unopened else form


def opens_record(settings: FormSettings) -> bool:
    """Whether a form is about something that exists and that a visitor must know the number of."""
    return any(slot.kind == "reference" for slot in settings.slots)


def say_reference(reference: str) -> str:
    """A number digit by digit, a longer one in two groups, as telephone numbers are said: "2 3 5, 3 4 1 6"."""
    half = len(reference) // 2 if len(reference) > 5 else 0
    groups = (reference[:half], reference[half:])
    return ", ".join(" ".join(group) for group in groups if group)


def _pick(form: Form, heard: FormAnswer) -> Mapping[str, Value]:
    """The values heard, completed from the offer they point at: "the second one", "at ten then", "yes"."""
    if not form.offers:
        return heard.values
    offers = tuple(offer for offer in form.offers if not refused(offer, heard.unwanted))
    if not offers:
        return heard.values
    if heard.values:
        matching = [o for o in offers if all(_same(o[n], v) for n, v in heard.values.items() if n in o)]
        narrowed = any(name in offers[0] for name in heard.values)
        if narrowed and matching:
            return {**heard.values, **matching[0]}
        return heard.values
    when = time_slot(form.settings)
    if heard.window and when:
        if heard.window.last:
            # What was offered need not be all that can be had.
            return {}
        return next((offer for offer in offers if when in offer and heard.window.holds(offer, when)), {})
    told = tuple(offer for offer in form.told_offers if offer in offers)
    if heard.nth is not None and -len(told) <= heard.nth < len(told):
        return told[heard.nth]
    if heard.any or (heard.decision == "agree" and len(offers) == 1):
        return offers[0]
    return {}


def suits(form: Form, offer: Mapping[str, Value]) -> bool:
    """Whether an offer may be chosen for the slots that the visitor left open."""
    when = time_slot(form.settings)
    in_window = form.window is None or when is None or form.window.holds(offer, when)
    day = date_slot(form.settings)
    in_days = form.days is None or day is None or form.days.holds(offer, day)
    return in_window and in_days and not refused(offer, form.unwanted)


def refused(offer: Mapping[str, Value], unwanted: Mapping[str, frozenset[str]]) -> bool:
    """Whether an offer holds a value that the visitor does not want."""
    return any(name in offer and offer[name].value in values for name, values in unwanted.items())


def _same(offered: Value, heard: Value) -> bool:
    """Whether a value points at an offer; "monday" means the monday that was offered."""
    if offered.value == heard.value:
        return True
    try:
        day, named = date.fromisoformat(offered.value), date.fromisoformat(heard.value)
        # A later day is another one: "a week later".
        return day.weekday() == named.weekday() and named <= day
    except ValueError:
        return False
