"""What every store of appointments promises, and the statements that all of them run."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Self, TypeVar

from appliance.core.ports import PortError

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Place:
    """A time at a doctor's that may be free."""

    doctor: str
    day: date
    time: time


@dataclass(frozen=True, slots=True)
class Appointment:
    """An appointment as the book keeps it."""

    reference: str
    place: Place
    name: str


class TimeTaken(Exception):
    """An appointment was moved to a time that another one has."""


class Away(PortError):
    """The store cannot be reached now, or takes no one now, and may later."""


Row = Sequence[object]
"""A row of an answer; days and times as text in ISO 8601, or as what their ``str`` is"""

_SELECT = "SELECT reference, doctor, date, time, name FROM appointments"


class Store(ABC):
    """Keeps appointments. No two have the same number, nor the same doctor, date and time, also where several processes
    use the store. Each change is a transaction.

    A store is used in a ``with`` block, which holds a connection, by one thread at a time. Entering it and every method
    raise PortError, after which a change may or may not have been made.
    """

    @abstractmethod
    def prepare(self) -> None:
        """Make what is missing of the store, so that it can be used. Outside of the ``with`` block. Raises Away
        where that has to wait."""

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    @abstractmethod
    def _run(self, statement: str, values: Mapping[str, str]) -> tuple[Sequence[Row], int]:
        """Run a statement with the ``values`` of its named parameters. Returns its rows, and how many rows it read or
        changed. Raises TimeTaken when a row with the same key is there."""

    @abstractmethod
    def _alone(self) -> AbstractContextManager[None]:
        """A transaction during which no other process is in such a one."""

    def taken(self, doctor: str) -> set[tuple[date, time]]:
        """The days and times at which a doctor has an appointment."""
        rows, _ = self._run("SELECT date, time FROM appointments WHERE doctor = :doctor", {"doctor": doctor})
        return set(self._read(rows, lambda row: (_day(row[0]), _time(row[1]))))

    def find(self, reference: str) -> Appointment | None:
        """The appointment with a number."""
        rows, _ = self._run(f"{_SELECT} WHERE reference = :reference", {"reference": reference})
        return next(iter(self._read(rows, _appointment)), None)

    def everything(self) -> list[Appointment]:
        """All appointments, in order of time."""
        rows, _ = self._run(f"{_SELECT} ORDER BY date, time, doctor", {})
        return self._read(rows, _appointment)

    def add(self, appointment: Appointment) -> bool:
        """Keep a new appointment. Returns False when another has its number or its time."""
        place = appointment.place
        values = {
            **{"reference": appointment.reference, "doctor": place.doctor, "name": appointment.name},
            **{"date": place.day.isoformat(), "time": _minute(place.time)},
        }
        # A conflict that is no error appears in no log of a server, where it would show when a doctor is seen.
        _, added = self._run(
            "INSERT INTO appointments (reference, doctor, date, time, name) "
            "VALUES (:reference, :doctor, :date, :time, :name) ON CONFLICT DO NOTHING",
            values,
        )
        return added == 1

    def move(self, appointment: Appointment, day: date, moment: time) -> bool:
        """Move an appointment to another time of its doctor. Returns False when it is gone. Raises TimeTaken."""
        values = {
            **{"reference": appointment.reference, "name": appointment.name},
            **{"date": day.isoformat(), "time": _minute(moment)},
        }
        _, moved = self._run(
            "UPDATE appointments SET date = :date, time = :time WHERE reference = :reference AND name = :name", values
        )
        return moved == 1

    def remove(self, appointment: Appointment) -> bool:
        """Take an appointment out. Returns False when it is gone."""
        values = {"reference": appointment.reference, "name": appointment.name}
        _, removed = self._run("DELETE FROM appointments WHERE reference = :reference AND name = :name", values)
        return removed == 1

    def forget(self, today: date, kept_since: date, record: Callable[[int], None]) -> None:
        """Delete the appointments before ``kept_since``, when the store was last asked to do so on the day before
        ``today``. ``record`` is called with their number before they are deleted; they are kept if it raises."""
        with self._alone():
            rows, _ = self._run("SELECT day FROM seen", {})
            seen = max(self._read(rows, lambda row: _day(row[0])), default=today)
            if today - seen == timedelta(1):
                due = {"due": kept_since.isoformat()}
                rows, _ = self._run("SELECT count(*) FROM appointments WHERE date < :due", due)
                if number := int(str(rows[0][0])):
                    record(number)
                    self._run("DELETE FROM appointments WHERE date < :due", due)
            self._run("DELETE FROM seen", {})
            self._run("INSERT INTO seen VALUES (:day)", {"day": today.isoformat()})

    def _read(self, rows: Sequence[Row], parse: Callable[[Row], _T]) -> list[_T]:
        try:
            return [parse(row) for row in rows]
        except ValueError as error:
            raise PortError(f"{self} cannot be read or changed: it holds something else ({error})") from None


def _appointment(row: Row) -> Appointment:
    reference, doctor, day, moment, name = row
    return Appointment(str(reference), Place(str(doctor), _day(day), _time(moment)), str(name))


def _day(value: object) -> date:
    return date.fromisoformat(str(value))


def _time(value: object) -> time:
    return time.fromisoformat(str(value))


def _minute(moment: time) -> str:
    return moment.strftime("%H:%M")
