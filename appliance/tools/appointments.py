"""The appointment book: doctors with weekly hours, appointments in an SQLite file or in a PostgreSQL database.

A site uses this tool as it is (``python: appliance.tools.appointments:AppointmentBook``). Options: ``doctors``,
a list of ``{name, hours}`` where ``hours`` is written as opening hours are; ``minutes``, the length of an appointment
(30); ``weeks``, how far ahead a visitor may book (26); ``days``, how long an appointment is kept after its day (30);
``postgresql``, a database that several boxes share (``appointment_store.postgresql``), in place of a file of the box.
Dates and times come as the responder settled them, in ISO 8601.

Two visitors never get the same time. The table has a unique key over doctor, date and time, and each change is one
transaction, also where two processes or two boxes use one store. A clash is refused with the nearest free times, in
words and, for the responder's form, as ``data``: ``{"slots": [names of the arguments at fault], "alternatives":
[arguments that would do]}``. ``free`` tells the first ``told`` of them. A check of a visitor's appointment gives its
``record``, so that it can be moved to "the same time on friday".

A visitor who wants to hear of an appointment, move or cancel it says its number **and** the name it is for (or, on a
site whose forms ask for it, the day it is on, ``booked_for``). A number has seven random digits from 1 to 9. Zero is
left out because it is misheard, and seven digits are said as a telephone number is. So there are 4.8 million numbers
for each appointment that another person might look for under a name they know. At half a minute a try, a year of
talking day and night finds one in five. Eight digits would be safer still and are heard wrongly more often. A refusal
does not tell whether the number or the name was wrong, and after ``_MOST_TRIES`` wrong tries a number is locked for an
hour.
"""

from __future__ import annotations

import logging
import secrets
import threading
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from appliance.config.hours import END_OF_DAY, parse_week
from appliance.conversation.forms import say_reference
from appliance.core.facts import ToolResult
from appliance.core.ports import DAY_ARGUMENTS, TIME_ARGUMENTS, PortError
from appliance.language import Language
from appliance.language.english import ENGLISH
from appliance.tools.appointment_store.opening import store_of
from appliance.tools.appointment_store.store import Appointment, Away, Place, TimeTaken

log = logging.getLogger(__name__)

OFFERED = 2
"""Most alternatives that are told to a visitor at a time; more are forgotten before they are heard"""

_DIGITS = 7
_DRAWS = 100
"""Most draws of a number before the book is called full"""

_SAME_NAME = 0.75
"""Likeness of two words of a name, 0 to 1, from which they may be one word that was heard differently"""

_SAME_SOUND = 0.875
"""The same by the sounds of names alone, which are spelled in many ways"""

_MOST_TRIES = 5
_LOCKED = timedelta(hours=1)
_REMEMBERED = 10_000
"""Most numbers whose wrong tries are remembered; the oldest are forgotten first"""


_NUMBER = {"reference": "reference"}
_KEY = {"name": "name", "booked_for": "date"}
"""Arguments of which a visitor must know one beside the number"""
_DOCTOR, _DATE, _TIME = {"doctor": "choice"}, {"date": "date"}, {"time": "time"}


class _NoDoctor(Exception):
    """A site's form lists a doctor whom the book does not have."""


@dataclass(frozen=True, slots=True)
class Doctor:
    """A doctor and the hours in which they see patients."""

    name: str
    hours: Mapping[int, Sequence[tuple[time, time]]]
    """weekday, Monday = 0, to spans"""


class AppointmentBook:
    """See the module."""

    name = "appointments"

    functions: Mapping[str, Sequence[Mapping[str, str]]] = {
        "doctors": (),
        "free": (_DOCTOR, _DATE),
        "check": (),
        "first_free": (),
        "book": (_DOCTOR, _DATE, _TIME, {"name": "name"}),
        "reschedule": (_NUMBER, _KEY, _DATE, _TIME),
        "cancel": (_NUMBER, _KEY),
        "look_up": (_NUMBER, _KEY),
    }
    """see ``ports.Described``"""

    speaks = True
    """see ``executable.open_tool``"""

    def __init__(
        self,
        options: Mapping[str, object],
        state: Path,
        now: Callable[[], datetime] = datetime.now,
        language: Language = ENGLISH,
    ) -> None:
        known = ("doctors", "minutes", "weeks", "days", "postgresql")
        if unknown := sorted(set(options) - set(known)):
            raise PortError(f"appointments: there is no option `{unknown[0]}`; known are {', '.join(known)}")
        self._doctors = _read_doctors(options.get("doctors"))
        self._minutes = _whole(options, "minutes", 30, most=24 * 60)
        self._weeks = _whole(options, "weeks", 26, most=520)
        self._days = _whole(options, "days", 30, least=0, most=36_500)
        self._now = now
        self._language = language
        self._say = language.appointments.SENTENCES
        self._store = store_of(options, state)
        self._lock = threading.Lock()
        self._looked_for_past: date | None = None
        self._tries: dict[str, tuple[int, datetime]] = {}
        """wrong tries by number, and when the last was"""
        self._calls: dict[str, Callable[[Mapping[str, str]], ToolResult]] = {
            "free": self._free,
            "check": self._check,
            "first_free": self._first_free,
            "book": self._book,
            "reschedule": self._reschedule,
            "cancel": self._cancel,
            "look_up": self._look_up,
        }
        try:
            self._store.prepare()
        except Away as away:
            # The box answers everything else meanwhile, and a visitor who wants an appointment is told.
            log.warning("%s", away)

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """Call one of ``doctors``, ``free(doctor, date)``, ``check(…)``, ``first_free(…)``,
        ``book(doctor, date, time, name)``, ``reschedule(reference, name, date, time)``, ``cancel(reference, name)``,
        ``look_up(reference, name)``; the last three take ``booked_for``, the appointment's date, in place of the
        name. ``first_free`` also takes the spans in ``ports.TIME_ARGUMENTS`` and ``ports.DAY_ARGUMENTS``."""
        if function == "doctors":
            doctors = list(self._doctors)
            return ToolResult(True, self._language.dates.say_list(doctors), {"choices": doctors})
        if function not in self._calls:
            raise PortError(f"the appointment book has no function {function!r}; it has {', '.join(self.functions)}")
        try:
            with self._lock, self._store:
                return self._calls[function](arguments)
        except _NoDoctor:
            return ToolResult(False, self._say.nobody, {"slots": ["doctor"]})
        except (KeyError, ValueError) as error:
            raise PortError(f"appointments.{function} got bad arguments: {type(error).__name__}") from error

    def forget(self, record: Callable[[int], None]) -> None:
        """Delete the appointments whose day is more than ``days`` ago. ``record`` is called with their number before
        they are deleted; they are kept if it raises. Looks once a day. Raises PortError.

        Setting the box's calendar ahead must not wipe the book. So a day that does not follow the last one seen is
        believed only on the day after it.
        """
        today = self._now().date()
        if self._looked_for_past == today:
            return
        with self._lock, self._store:
            self._store.forget(today, today - timedelta(self._days), record)
        self._looked_for_past = today

    # --- functions ------------------------------------------------------------------------------------------------

    def _free(self, arguments: Mapping[str, str]) -> ToolResult:
        doctor, day = self._doctor(arguments["doctor"]), date.fromisoformat(arguments["date"])
        refusal = self._not_that_day(doctor, day)
        if refusal:
            return refusal
        free = [place.time for place in self._free_places(doctor, [day])]
        told = _spread(free, 4)
        said = self._say.free.format(doctor=doctor.name, on=self._on(day), times=self._times_said(told))
        more = "" if len(free) <= 4 else " " + self._say.free_in_all.format(count=len(free))
        return ToolResult(
            True,
            said + more,
            {
                "alternatives": [
                    _as_offer(Place(doctor.name, day, moment))
                    for moment in [*told, *(moment for moment in free if moment not in told)]
                ],
                "told": len(told),
            },
        )

    def _check(self, arguments: Mapping[str, str]) -> ToolResult:
        """Check whether what is known so far of an appointment is possible. This has no effect."""
        moved = None
        if "reference" in arguments:
            if not _KEY.keys() & arguments.keys():
                # Only a visitor who knows the name or the day as well is told whether there is such a number.
                return ToolResult(True, "")
            opened = self._open(arguments)
            if isinstance(opened, ToolResult):
                return opened
            moved = opened.place
        name = moved.doctor if moved else arguments.get("doctor")
        if name is None or "date" not in arguments:
            return ToolResult(True, "", {"record": _as_offer(moved)} if moved else {})
        doctor, day = self._doctor(name), date.fromisoformat(arguments["date"])
        refusal = self._not_that_day(doctor, day)
        if refusal:
            return refusal
        if "time" in arguments:
            place = Place(doctor.name, day, time.fromisoformat(arguments["time"]))
            if place != moved and not self._is_free(place):
                return self._taken(doctor, place)
        return ToolResult(True, "", {"record": _as_offer(moved)} if moved else {})

    def _first_free(self, arguments: Mapping[str, str]) -> ToolResult:
        """The first free time of every doctor and day that what is known so far leaves open, the earliest first.
        ``earliest`` and ``latest`` are the ends of the span of the day that is wanted, ``first_day`` and ``last_day``
        those of the span of days."""
        name = arguments.get("doctor")
        if "reference" in arguments:
            opened = self._open(arguments)
            if isinstance(opened, ToolResult):
                return opened
            name = opened.place.doctor
        doctors = [self._doctor(name)] if name else list(self._doctors.values())
        today = self._now().date()
        ahead = (self._last_day() - today).days + 1
        given = arguments.get("date")
        first, last = (date.fromisoformat(arguments[end]) if end in arguments else None for end in DAY_ARGUMENTS)
        days = [
            day
            for day in ([date.fromisoformat(given)] if given else [today + timedelta(n) for n in range(ahead)])
            if given or ((first is None or first <= day) and (last is None or day <= last))
        ]
        free = [
            place for doctor in doctors for place in self._free_places(doctor, days) if place.day <= self._last_day()
        ]
        begin = time.fromisoformat(arguments.get("time") or arguments.get("earliest") or "00:00")
        end = time.fromisoformat(arguments.get("time") or arguments.get("latest") or "23:59")
        firsts: dict[tuple[date, str], Place] = {}
        for place in free:
            if begin <= place.time <= end:
                firsts.setdefault((place.day, place.doctor), place)
        if firsts:
            found = sorted(firsts.values(), key=lambda place: (place.day, place.time))
            return ToolResult(True, "", {"alternatives": [_as_offer(place) for place in found]})

        def distance(place: Place) -> int:
            return max(_minutes(begin) - _minutes(place.time), _minutes(place.time) - _minutes(end))

        near = sorted(free, key=lambda place: (distance(place), place.day))
        times = sorted({place.time: place for place in near[:OFFERED]}.values(), key=lambda place: place.time)
        # Where the span of the day has nothing, the day is not at fault.
        at_fault = {"time"} if free and arguments.keys() & set(TIME_ARGUMENTS) else {"date", "time"}
        said = self._say.none_free
        if times:
            nearest = self._say.nearest_times if len(times) > 1 else self._say.nearest_time
            said += " " + nearest.format(times=self._times_said([place.time for place in times]))
        return ToolResult(
            False,
            said,
            {
                "slots": sorted(arguments.keys() & at_fault),
                "alternatives": [_as_offer(place) for place in times],
            },
        )

    def _book(self, arguments: Mapping[str, str]) -> ToolResult:
        doctor = self._doctor(arguments["doctor"])
        place = Place(doctor.name, date.fromisoformat(arguments["date"]), time.fromisoformat(arguments["time"]))
        refusal = self._not_that_day(doctor, place.day)
        if refusal:
            return refusal
        if not self._is_free(place):
            return self._taken(doctor, place)
        reference = self._insert(place, arguments["name"])
        if reference is None:
            return self._taken(doctor, place)
        return ToolResult(
            True,
            self._say.booked.format(doctor=doctor.name, when=self._when(place), reference=say_reference(reference)),
            _as_data(Appointment(reference, place, arguments["name"])),
        )

    def _insert(self, place: Place, name: str) -> str | None:
        """Keep an appointment under a random number. Returns None when another visitor took the time first."""
        for _ in range(_DRAWS):
            reference = _draw_reference()
            if self._store.add(Appointment(reference, place, name)):
                return reference
            if not self._is_free(place):
                return None
        raise PortError(f"{self._store} is full: no number is free; delete old appointments")

    def _reschedule(self, arguments: Mapping[str, str]) -> ToolResult:
        old = self._open(arguments)
        if isinstance(old, ToolResult):
            return old
        doctor = self._doctor(old.place.doctor)
        place = Place(doctor.name, date.fromisoformat(arguments["date"]), time.fromisoformat(arguments["time"]))
        refusal = self._not_that_day(doctor, place.day)
        if refusal:
            return refusal
        if place != old.place and not self._is_free(place):
            return self._taken(doctor, place)
        try:
            moved = self._store.move(old, place.day, place.time)
        except TimeTaken:
            return self._taken(doctor, place)
        if not moved:
            return self._no_such(arguments)
        return ToolResult(
            True,
            self._say.moved.format(doctor=doctor.name, when=self._when(place)),
            _as_data(Appointment(old.reference, place, old.name)),
        )

    def _cancel(self, arguments: Mapping[str, str]) -> ToolResult:
        found = self._open(arguments)
        if isinstance(found, ToolResult):
            return found
        self._store.remove(found)
        said = self._say.cancelled.format(doctor=found.place.doctor, when=self._when(found.place))
        return ToolResult(True, said)

    def _look_up(self, arguments: Mapping[str, str]) -> ToolResult:
        found = self._open(arguments)
        if isinstance(found, ToolResult):
            return found
        said = self._say.found.format(doctor=found.place.doctor, when=self._when(found.place))
        return ToolResult(True, said, _as_data(found))

    # --- whose it is ----------------------------------------------------------------------------------------------

    def _open(self, arguments: Mapping[str, str]) -> Appointment | ToolResult:
        """The appointment whose number and name (or day) the arguments give, or a refusal."""
        reference = arguments["reference"]
        tries, last = self._tries.get(reference, (0, self._now()))
        if tries >= _MOST_TRIES and abs(self._now() - last) < _LOCKED:
            return ToolResult(
                False,
                self._say.locked,
                {"slots": sorted(_given(arguments))},
            )
        found = self._store.find(reference)
        if found is not None and found.place.day >= self._now().date() and _knows(arguments, found, self._language):
            self._tries.pop(reference, None)
            return found
        if tries >= _MOST_TRIES:
            tries = 0
        # Numbers that do not exist are locked as well, so that a lock tells nothing about a number.
        self._tries.pop(reference, None)
        self._tries[reference] = (tries + 1, self._now())
        if len(self._tries) > _REMEMBERED:
            del self._tries[next(iter(self._tries))]
        return self._no_such(arguments)

    def _no_such(self, arguments: Mapping[str, str]) -> ToolResult:
        said = self._say.not_found_by_name if "name" in arguments else self._say.not_found_by_day
        return ToolResult(
            False,
            said.format(reference=say_reference(arguments["reference"])),
            {"slots": sorted(_given(arguments))},
        )

    # --- what is free ---------------------------------------------------------------------------------------------

    def _doctor(self, name: str) -> Doctor:
        if name not in self._doctors:
            raise _NoDoctor
        return self._doctors[name]

    def _not_that_day(self, doctor: Doctor, day: date) -> ToolResult | None:
        """A refusal when the doctor cannot be seen at all on a day, else None."""
        today = self._now().date()
        if day < today:
            return ToolResult(False, self._say.passed, {"slots": ["date"]})
        if day > self._last_day():
            said = self._say.too_far if self._weeks > 1 else self._say.too_far_by_a_week
            return ToolResult(False, said.format(weeks=self._weeks), {"slots": ["date"]})
        if not doctor.hours.get(day.weekday()):
            weekdays = self._language.appointments.say_weekdays(day)
            why = self._say.not_here.format(doctor=doctor.name, weekdays=weekdays)
        elif not self._free_places(doctor, [day]):
            why = self._say.nothing_free.format(doctor=doctor.name, on=self._on(day))
        else:
            return None
        near = self._near_days(doctor, day)
        if near:
            dates = self._language.dates
            days = dates.say_list([dates.say_date(d, today) for d in near])
            why += " " + self._say.nearest_days.format(days=days)
        return ToolResult(False, why, {"slots": ["date"], "alternatives": [{"date": d.isoformat()} for d in near]})

    def _taken(self, doctor: Doctor, wanted: Place) -> ToolResult:
        """A refusal of one time, which offers the nearest free times."""
        free = self._free_places(doctor, [wanted.day])
        near = sorted(free, key=lambda p: abs(_minutes(p.time) - _minutes(wanted.time)))[:OFFERED]
        near.sort(key=lambda p: p.time)
        wish = self._language.dates.say_time(wanted.time)
        said = self._say.taken.format(doctor=doctor.name, on=self._on(wanted.day), time=wish)
        nearest = self._say.nearest_times if len(near) > 1 else self._say.nearest_time
        return ToolResult(
            False,
            f"{said} {nearest.format(times=self._times_said([place.time for place in near]))}",
            {
                "slots": ["time"],
                "alternatives": [{"date": p.day.isoformat(), "time": p.time.strftime("%H:%M")} for p in near],
            },
        )

    def _near_days(self, doctor: Doctor, day: date) -> list[date]:
        today = self._now().date()
        around = [day + timedelta(n) for distance in range(1, 15) for n in (-distance, distance)]
        possible = [d for d in around if today <= d <= self._last_day()]
        return sorted([d for d in possible if self._free_places(doctor, [d])][:OFFERED])

    def _last_day(self) -> date:
        return self._now().date() + timedelta(weeks=self._weeks)

    def _free_places(self, doctor: Doctor, days: Sequence[date]) -> list[Place]:
        now = self._now()
        taken = self._store.taken(doctor.name)
        return [
            Place(doctor.name, day, moment)
            for day in days
            for moment in self._times(doctor, day)
            if (day, moment) not in taken and datetime.combine(day, moment) > now.replace(tzinfo=None)
        ]

    def _is_free(self, place: Place) -> bool:
        return place in self._free_places(self._doctor(place.doctor), [place.day])

    def _times(self, doctor: Doctor, day: date) -> Iterator[time]:
        for opens, closes in doctor.hours.get(day.weekday(), ()):
            end = 24 * 60 if closes == END_OF_DAY else _minutes(closes)
            for minute in range(_minutes(opens), end - self._minutes + 1, self._minutes):
                yield time(*divmod(minute, 60))

    def _times_said(self, times: Sequence[time]) -> str:
        return self._language.dates.say_list([self._language.dates.say_time(moment) for moment in times])

    def _on(self, day: date) -> str:
        return self._language.appointments.say_on(day, self._now().date())

    def _when(self, place: Place) -> str:
        return self._say.when.format(on=self._on(place.day), time=self._language.dates.say_time(place.time))


def _given(arguments: Mapping[str, str]) -> set[str]:
    """The names of the arguments that were given to open a record."""
    return arguments.keys() & (_KEY | _NUMBER).keys()


def _knows(arguments: Mapping[str, str], appointment: Appointment, language: Language) -> bool:
    """Whether the arguments prove that the appointment is the visitor's. Every argument that is given must be right."""
    if "name" in arguments and not same_name(arguments["name"], appointment.name, language):
        return False
    if "booked_for" in arguments and date.fromisoformat(arguments["booked_for"]) != appointment.place.day:
        return False
    return bool(_KEY.keys() & arguments.keys())


def same_name(said: str, kept: str, language: Language) -> bool:
    """Whether two names may be the same. Every word of the shorter must sound like one of the longer, and the last
    words, which are mostly family names, must sound alike. "John Smith" is "Jon Smyth" and "Smith", but not "John"."""
    one, other = sorted((_name_words(said), _name_words(kept)), key=len)

    def alike(word: str, candidate: str) -> bool:
        if word == candidate or language.likeness(word, candidate) >= _SAME_NAME:
            return True
        # Sean is Shawn, and Maier Meyer.
        return language.name_likeness(word, candidate) >= _SAME_SOUND

    if not one or not alike(one[-1], other[-1]):
        return False
    return all(any(alike(word, candidate) for candidate in other) for word in one)


def _name_words(name: str) -> list[str]:
    """The words of a name, without case and accents."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    return "".join(c if c.isalnum() else " " for c in letters).split()


def _draw_reference() -> str:
    return "".join(secrets.choice("123456789") for _ in range(_DIGITS))


def _as_data(found: Appointment) -> dict[str, object]:
    place = found.place
    return {
        "reference": found.reference,
        "name": found.name,
        "doctor": place.doctor,
        "date": place.day.isoformat(),
        "time": place.time.strftime("%H:%M"),
    }


def _as_offer(place: Place) -> dict[str, object]:
    return {"doctor": place.doctor, "date": place.day.isoformat(), "time": place.time.strftime("%H:%M")}


def _minutes(moment: time) -> int:
    """Minutes since midnight."""
    return moment.hour * 60 + moment.minute


def _spread(items: Sequence[time], number: int) -> list[time]:
    """At most ``number`` of the items, evenly spread over all."""
    if len(items) <= number:
        return list(items)
    return [items[round(n * (len(items) - 1) / (number - 1))] for n in range(number)]


def _whole(options: Mapping[str, object], key: str, default: int, *, least: int = 1, most: int) -> int:
    value = options.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise PortError(
            f"appointments: the option `{key}` must be a whole number from {least} to {most}, not {value!r}"
        )
    return value


def _read_doctors(value: object) -> dict[str, Doctor]:
    if not isinstance(value, list) or not value:
        raise PortError("appointments: the option `doctors` must be a list of {name, hours}")
    doctors: dict[str, Doctor] = {}
    for entry in value:
        if not isinstance(entry, dict) or "name" not in entry or not isinstance(entry.get("hours"), dict):
            raise PortError(
                f"appointments: a doctor needs `name` and `hours`, as in {{monday-friday: '09:00-12:00'}}: {entry!r}"
            )
        name = str(entry["name"])
        if name in doctors:
            raise PortError(f"appointments: two doctors are called {name!r}")
        try:
            week = parse_week({str(days): str(spans) for days, spans in entry["hours"].items()})
        except ValueError as error:
            raise PortError(f"appointments: hours of {name}: {error}") from None
        doctors[name] = Doctor(name, dict(enumerate(week)))
    return doctors
