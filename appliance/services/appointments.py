"""The appointment book: doctors with weekly hours, appointments in an SQLite file.

A tool that a site uses as it is (``python: appliance.services.appointments:AppointmentBook``). Options: ``doctors``,
a list of ``{name, hours}`` where ``hours`` is written as opening hours are; ``minutes``, the length of an appointment
(30); ``weeks``, how far ahead one may book (26). Dates and times come as the host settled them, ISO 8601.

Two visitors never get the same time: the table has a unique key over doctor, date and time, and each change is one
transaction. A clash is refused with the nearest free times, in words and, for the host's form, as ``data``:
``{"slots": [names of the arguments at fault], "alternatives": [arguments that would do]}``.
"""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from appliance.config import parse_days, parse_spans
from appliance.messages import ToolResult
from appliance.ports import PortError
from appliance.when import say_date, say_list, say_time

_SCHEMA = """
CREATE TABLE IF NOT EXISTS appointments (
    reference TEXT PRIMARY KEY,
    doctor TEXT NOT NULL,
    date TEXT NOT NULL,
    time TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (doctor, date, time)
);
"""

OFFERED = 2
"""alternatives that are told to a visitor at a time; more are forgotten before they are heard"""


@dataclass(frozen=True, slots=True)
class Doctor:
    """Someone who sees patients."""

    name: str
    hours: Mapping[int, Sequence[tuple[time, time]]]
    """weekday, Monday = 0, to spans"""


@dataclass(frozen=True, slots=True)
class Place:
    """A time at a doctor's that may be free."""

    doctor: str
    day: date
    time: time


class AppointmentBook:
    """See the module."""

    name = "appointments"

    def __init__(self, options: Mapping[str, object], state: Path, now: Callable[[], datetime] = datetime.now) -> None:
        self._doctors = _read_doctors(options.get("doctors"))
        self._minutes = _whole(options, "minutes", 30)
        self._weeks = _whole(options, "weeks", 26)
        self._now = now
        self._file = state / "appointments.sqlite3"
        self._lock = threading.Lock()
        self._functions: dict[str, Callable[[Mapping[str, str]], ToolResult]] = {
            "doctors": lambda _: ToolResult(True, say_list(list(self._doctors)), {"choices": list(self._doctors)}),
            "free": self._free,
            "check": self._check,
            "book": self._book,
            "reschedule": self._reschedule,
            "cancel": self._cancel,
            "look_up": self._look_up,
        }
        try:
            state.mkdir(parents=True, exist_ok=True)
            with closing(self._connect()) as book:
                book.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise PortError(f"the appointment book {self._file} cannot be opened: {error}") from error

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """``doctors``, ``free(doctor, date)``, ``check(…)``, ``book(doctor, date, time, name)``,
        ``reschedule(reference, date, time)``, ``cancel(reference)``, ``look_up(reference)``."""
        if function not in self._functions:
            raise PortError(f"the appointment book has no function {function!r}; it has {', '.join(self._functions)}")
        try:
            with self._lock:
                return self._functions[function](arguments)
        except sqlite3.Error as error:
            raise PortError(f"the appointment book {self._file} failed: {error}") from error
        except (KeyError, ValueError) as error:
            raise PortError(f"appointments.{function} got bad arguments: {error!r}") from error

    # --- functions ------------------------------------------------------------------------------------------------

    def _free(self, arguments: Mapping[str, str]) -> ToolResult:
        doctor, day = self._doctor(arguments["doctor"]), date.fromisoformat(arguments["date"])
        refusal = self._not_that_day(doctor, day)
        if refusal:
            return refusal
        free = [place.time for place in self._free_places(doctor, [day])]
        said = say_list([say_time(moment) for moment in _spread(free, 4)])
        more = "" if len(free) <= 4 else f" There are {len(free)} free times in all."
        return ToolResult(
            True,
            f"{doctor.name} is free {self._on(day)} at {said}.{more}",
            {
                "alternatives": [
                    {"doctor": doctor.name, "date": day.isoformat(), "time": t.strftime("%H:%M")} for t in free
                ]
            },
        )

    def _check(self, arguments: Mapping[str, str]) -> ToolResult:
        """Whether what is known so far of an appointment is possible; has no effect."""
        moved = None
        if "reference" in arguments:
            moved = self._find(arguments["reference"])
            if moved is None:
                return _no_such(arguments["reference"])
        name = moved.doctor if moved else arguments.get("doctor")
        if name is None or "date" not in arguments:
            return ToolResult(True, "")
        doctor, day = self._doctor(name), date.fromisoformat(arguments["date"])
        refusal = self._not_that_day(doctor, day)
        if refusal:
            return refusal
        if "time" in arguments:
            place = Place(doctor.name, day, time.fromisoformat(arguments["time"]))
            if place != moved and not self._is_free(place):
                return self._taken(doctor, place)
        return ToolResult(True, "")

    def _book(self, arguments: Mapping[str, str]) -> ToolResult:
        doctor = self._doctor(arguments["doctor"])
        place = Place(doctor.name, date.fromisoformat(arguments["date"]), time.fromisoformat(arguments["time"]))
        refusal = self._not_that_day(doctor, place.day)
        if refusal:
            return refusal
        if not self._is_free(place):
            return self._taken(doctor, place)
        with closing(self._connect()) as book, book:
            taken = {row[0] for row in book.execute("SELECT reference FROM appointments")}
            # Drawn by lot, so that one number does not tell the next visitor's; without zeros, which are misheard.
            reference = next(r for r in iter(_draw_reference, None) if r not in taken)
            book.execute(
                "INSERT INTO appointments VALUES (?, ?, ?, ?, ?)",
                (reference, doctor.name, place.day.isoformat(), place.time.strftime("%H:%M"), arguments["name"]),
            )
        return ToolResult(
            True,
            f"Your appointment with {doctor.name} is {self._when(place)}. Its number is {' '.join(reference)}.",
            {"reference": reference, **_as_data(place)},
        )

    def _reschedule(self, arguments: Mapping[str, str]) -> ToolResult:
        old = self._find(arguments["reference"])
        if old is None:
            return _no_such(arguments["reference"])
        doctor = self._doctor(old.doctor)
        place = Place(doctor.name, date.fromisoformat(arguments["date"]), time.fromisoformat(arguments["time"]))
        refusal = self._not_that_day(doctor, place.day)
        if refusal:
            return refusal
        if place != old and not self._is_free(place):
            return self._taken(doctor, place)
        with closing(self._connect()) as book, book:
            book.execute(
                "UPDATE appointments SET date = ?, time = ? WHERE reference = ?",
                (place.day.isoformat(), place.time.strftime("%H:%M"), arguments["reference"]),
            )
        return ToolResult(
            True,
            f"Your appointment with {doctor.name} is now {self._when(place)}.",
            {"reference": arguments["reference"], **_as_data(place)},
        )

    def _cancel(self, arguments: Mapping[str, str]) -> ToolResult:
        place = self._find(arguments["reference"])
        if place is None:
            return _no_such(arguments["reference"])
        with closing(self._connect()) as book, book:
            book.execute("DELETE FROM appointments WHERE reference = ?", (arguments["reference"],))
        return ToolResult(True, f"Your appointment with {place.doctor} {self._when(place)} is cancelled.")

    def _look_up(self, arguments: Mapping[str, str]) -> ToolResult:
        place = self._find(arguments["reference"])
        if place is None:
            return _no_such(arguments["reference"])
        data: dict[str, object] = {"reference": arguments["reference"], **_as_data(place)}
        return ToolResult(True, f"Your appointment with {place.doctor} is {self._when(place)}.", data)

    # --- what is free ---------------------------------------------------------------------------------------------

    def _doctor(self, name: str) -> Doctor:
        if name not in self._doctors:
            raise ValueError(f"no doctor {name!r}")
        return self._doctors[name]

    def _not_that_day(self, doctor: Doctor, day: date) -> ToolResult | None:
        """A refusal when the doctor cannot be seen at all on a day."""
        today = self._now().date()
        if day < today or day > today + timedelta(weeks=self._weeks):
            return ToolResult(False, f"I can only book up to {self._weeks} weeks ahead.", {"slots": ["date"]})
        if not doctor.hours.get(day.weekday()):
            why = f"{doctor.name} is not here on {day.strftime('%A')}s."
        elif not self._free_places(doctor, [day]):
            why = f"{doctor.name} has nothing free {self._on(day)}."
        else:
            return None
        near = self._near_days(doctor, day)
        said = f" The nearest days are {say_list([self._day(d) for d in near])}." if near else ""
        return ToolResult(
            False, why + said, {"slots": ["date"], "alternatives": [{"date": d.isoformat()} for d in near]}
        )

    def _taken(self, doctor: Doctor, wanted: Place) -> ToolResult:
        """A refusal of one time, with the nearest that are free."""
        free = self._free_places(doctor, [wanted.day])
        near = sorted(free, key=lambda p: abs(_minutes(p.time) - _minutes(wanted.time)))[:OFFERED]
        near.sort(key=lambda p: p.time)
        said = say_list([say_time(place.time) for place in near])
        verb = "times are" if len(near) > 1 else "time is"
        return ToolResult(
            False,
            f"{doctor.name} is not free {self._on(wanted.day)} at {say_time(wanted.time)}. "
            f"The nearest free {verb} {said}.",
            {
                "slots": ["time"],
                "alternatives": [{"date": p.day.isoformat(), "time": p.time.strftime("%H:%M")} for p in near],
            },
        )

    def _near_days(self, doctor: Doctor, day: date) -> list[date]:
        today = self._now().date()
        around = [day + timedelta(n) for distance in range(1, 15) for n in (-distance, distance)]
        near = [d for d in around if d >= today and self._free_places(doctor, [d])][:OFFERED]
        return sorted(near)

    def _free_places(self, doctor: Doctor, days: Sequence[date]) -> list[Place]:
        now = self._now()
        with closing(self._connect()) as book:
            taken = set(book.execute("SELECT date, time FROM appointments WHERE doctor = ?", (doctor.name,)))
        return [
            Place(doctor.name, day, moment)
            for day in days
            for moment in self._times(doctor, day)
            if (day.isoformat(), moment.strftime("%H:%M")) not in taken
            and datetime.combine(day, moment) > now.replace(tzinfo=None)
        ]

    def _is_free(self, place: Place) -> bool:
        return place in self._free_places(self._doctor(place.doctor), [place.day])

    def _times(self, doctor: Doctor, day: date) -> Iterator[time]:
        for opens, closes in doctor.hours.get(day.weekday(), ()):
            for minute in range(_minutes(opens), _minutes(closes) - self._minutes + 1, self._minutes):
                yield time(*divmod(minute, 60))

    def _find(self, reference: str) -> Place | None:
        with closing(self._connect()) as book:
            row = book.execute(
                "SELECT doctor, date, time FROM appointments WHERE reference = ?", (reference,)
            ).fetchone()
        return Place(row[0], date.fromisoformat(row[1]), time.fromisoformat(row[2])) if row else None

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=2.0)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _day(self, day: date) -> str:
        return say_date(day, self._now().date())

    def _on(self, day: date) -> str:
        said = self._day(day)
        return said if said.startswith("to") else f"on {said}"

    def _when(self, place: Place) -> str:
        return f"{self._on(place.day)} at {say_time(place.time)}"


def _no_such(reference: str) -> ToolResult:
    return ToolResult(False, f"I find no appointment with the number {' '.join(reference)}.", {"slots": ["reference"]})


def _draw_reference() -> str:
    return "".join(secrets.choice("123456789") for _ in range(4))


def _as_data(place: Place) -> dict[str, object]:
    return {"doctor": place.doctor, "date": place.day.isoformat(), "time": place.time.strftime("%H:%M")}


def _minutes(moment: time) -> int:
    """Minutes since midnight."""
    return moment.hour * 60 + moment.minute


def _spread(items: Sequence[time], number: int) -> list[time]:
    """At most so many of the items, evenly over all."""
    if len(items) <= number:
        return list(items)
    return [items[round(n * (len(items) - 1) / (number - 1))] for n in range(number)]


def _whole(options: Mapping[str, object], key: str, default: int) -> int:
    value = options.get(key, default)
    if not isinstance(value, int) or value < 1:
        raise PortError(f"appointments: the option `{key}` must be a whole number above 0, not {value!r}")
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
        hours: dict[int, list[tuple[time, time]]] = {}
        try:
            for days, spans in entry["hours"].items():
                for day in parse_days(str(days)):
                    hours.setdefault(day, []).extend(parse_spans(str(spans)))
        except ValueError as error:
            raise PortError(f"appointments: hours of {entry['name']}: {error}") from None
        doctors[str(entry["name"])] = Doctor(str(entry["name"]), hours)
    return doctors
