"""``cloister appointments``: reads and changes the appointment book, for the people at a desk. Each reading and each
change is in the audit log first, since the book holds visitors' names."""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.cli import verb
from appliance.cli.account import account
from appliance.cli.verb import OK, Verbs, print_json
from appliance.config.box import Settings, load_settings
from appliance.config.reader import ConfigError
from appliance.config.site import Site, load_site
from appliance.core.plain_text import printable, show
from appliance.core.ports import PortError
from appliance.records import exports
from appliance.runtime.clock import local_clock

if TYPE_CHECKING:
    from appliance.tools.appointment_store.store import Appointment, Store

BOOK = "appliance.tools.appointments:AppointmentBook"
"""The class by which a site file names the tool."""

_LONGEST_LINE = 75
"""The most octets of a line of a calendar file (RFC 5545, 3.1)."""


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "appointments",
        _appointments,
        "list, export or cancel the appointments in the book",
        json_too=True,
    )
    parser.add_argument("action", choices=["list", "export", "cancel"])
    parser.add_argument(
        "number", nargs="?", help="cancel: the number of the appointment, blanks or none between digits"
    )
    parser.add_argument("--from", dest="first", metavar="DATE", help="first day, as 2026-11-23 (default: today)")
    parser.add_argument("--to", dest="last", metavar="DATE", help="last day (default: all that are booked)")
    parser.add_argument("--doctor", metavar="NAME", help="only appointments with them")
    parser.add_argument("--format", choices=["csv", "ics"], default="csv", help="export: a table, or a calendar")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="export: write a new file (default: print)")


def _appointments(options: argparse.Namespace) -> int:
    from appliance.tools.appointment_store.opening import store_of

    settings = load_settings(options.config)
    site = load_site(options.site or settings.site)
    book = _options(site)
    store = store_of(book, settings.state)
    if options.action == "cancel":
        return _cancel(options, settings, store)
    if options.number is not None:
        raise ConfigError([f"cloister appointments {options.action}: takes no number; see --from, --to and --doctor"])
    first, last = (
        _day("--from", options.first) or local_clock(site.zone)().date(),
        _day("--to", options.last) or date.max,
    )
    if last < first:
        raise ConfigError([f"cloister appointments: --to {last} is before the first day, {first}"])
    with store:
        kept = store.everything()
    found = [
        appointment
        for appointment in kept
        if first <= appointment.place.day <= last and options.doctor in (None, appointment.place.doctor)
    ]
    if options.action == "list":
        account(settings, "appointments listed", {"appointment": ""})
        if options.json:
            print_json([_plain(one) for one in found])
        else:
            show(*_listing(found))
        return OK
    account(settings, "appointments exported", {"appointment": ""})
    text = as_calendar(found, _minutes(book), datetime.now(UTC)) if options.format == "ics" else as_table(found)
    if options.output is None:
        sys.stdout.write(text)
    else:
        exports.write_new(options.output, text.encode())
        told = {"file": str(options.output), "appointments": len(found)}
        show(json.dumps(told) if options.json else f"{options.output}: {len(found)} appointments")
    return OK


def _cancel(options: argparse.Namespace, settings: Settings, store: Store) -> int:
    number = "".join(c for c in options.number or "" if not c.isspace())
    if not (number.isascii() and number.isdecimal()):
        raise ConfigError(["cloister appointments cancel: needs the number of an appointment; `list` shows them"])
    with store:
        found = store.find(number)
    if found is None:
        raise PortError(f"there is no appointment with the number {number}; `cloister appointments list` shows them")
    account(settings, "appointment cancelled", {"appointment": number})
    with store:
        removed = store.remove(found)
    if not removed:
        raise PortError(f"the appointment with the number {number} was cancelled by somebody else meanwhile")
    if options.json:
        print_json(_plain(found))
    else:
        show(f"cancelled: {_listing([found])[0]}")
    return OK


def _options(site: Site) -> Mapping[str, object]:
    """The options of the site's book. Raises PortError where the site has none."""
    for tool in site.tools:
        if tool.python == BOOK:
            return tool.options
    raise PortError(f"the site {site.name} has no appointment book (a tool with `python: {BOOK}`)")


def _minutes(book: Mapping[str, object]) -> int:
    """Minutes that an appointment lasts."""
    minutes = book.get("minutes", 30)
    return minutes if isinstance(minutes, int) else 30


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise ConfigError([f"cloister appointments: {option} must be a day such as 2026-11-23, not {text!r}"]) from None


# --- how appointments are written -----------------------------------------------------------------------------------


def _plain(appointment: Appointment) -> dict[str, str]:
    place = appointment.place
    return {
        "date": place.day.isoformat(),
        "time": place.time.strftime("%H:%M"),
        "doctor": place.doctor,
        "name": appointment.name,
        "number": appointment.reference,
    }


def _listing(appointments: Sequence[Appointment]) -> list[str]:
    """A line for each appointment. Visitors' words are printed as plain letters, so they cannot control a terminal."""
    rows = [[printable(value) for value in _plain(appointment).values()] for appointment in appointments]
    if not rows:
        return ["no appointments"]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(value.ljust(width) for value, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def as_table(appointments: Sequence[Appointment]) -> str:
    """CSV (RFC 4180) with a line of names. A text that a spreadsheet would take for a formula begins with an
    apostrophe, as OWASP recommends."""
    target = io.StringIO()
    table = csv.writer(target)
    table.writerow(["date", "time", "doctor", "name", "number"])
    for appointment in appointments:
        values = [printable(value) for value in _plain(appointment).values()]
        table.writerow([f"'{value}" if value[:1] in ("=", "+", "-", "@") else value for value in values])
    return target.getvalue()


def as_calendar(appointments: Sequence[Appointment], minutes: int, now: datetime) -> str:
    """iCalendar (RFC 5545) with an event for each appointment, in the local time of its reader. ``now`` is in UTC."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cloister//appointments//EN"]
    for appointment in appointments:
        place = appointment.place
        begins = datetime.combine(place.day, place.time)
        lines += [
            "BEGIN:VEVENT",
            f"UID:{appointment.reference}@cloister",
            f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}",
            f"DTSTART:{begins:%Y%m%dT%H%M%S}",
            f"DTEND:{begins + timedelta(minutes=minutes):%Y%m%dT%H%M%S}",
            f"SUMMARY:{_escaped(f'{appointment.name} with {place.doctor}')}",
            f"DESCRIPTION:{_escaped(f'Number {appointment.reference}')}",
            "END:VEVENT",
        ]
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def _escaped(text: str) -> str:
    text = printable(text)
    for mark in ("\\", ";", ","):
        text = text.replace(mark, f"\\{mark}")
    return text


def _folded(line: str) -> str:
    """Fold a line into lines of at most ``_LONGEST_LINE`` octets, never within a letter."""
    folded, length = "", 0
    for letter in line:
        size = len(letter.encode())
        if length + size > _LONGEST_LINE:
            folded, length = f"{folded}\r\n ", 1
        folded, length = folded + letter, length + size
    return folded
