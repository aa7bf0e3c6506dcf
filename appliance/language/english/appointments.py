"""What the appointment book says in English. Pure."""

from __future__ import annotations

from datetime import date

from appliance.language.english.dates import say_date
from appliance.language.parts import AppointmentSentences

SENTENCES = AppointmentSentences(
    nobody="I have no appointments with anybody of that name.",
    free="{doctor} is free {on} at {times}.",
    free_in_all="There are {count} free times in all.",
    booked="Your appointment with {doctor} is {when}. Its number is {reference}.",
    moved="Your appointment with {doctor} is now {when}.",
    cancelled="Your appointment with {doctor} {when} is cancelled.",
    found="Your appointment with {doctor} is {when}.",
    when="{on} at {time}",
    locked="That number is locked for now. Please ask a member of staff.",
    not_found_by_name="I find no appointment with the number {reference} and that name.",
    not_found_by_day="I find no appointment with the number {reference} and that day.",
    passed="That day has passed.",
    too_far="I can only book up to {weeks} weeks ahead.",
    too_far_by_a_week="I can only book up to one week ahead.",
    not_here="{doctor} is not here {weekdays}.",
    nothing_free="{doctor} has nothing free {on}.",
    none_free="Nothing is free then.",
    nearest_days="The nearest days are {days}.",
    taken="{doctor} is not free {on} at {time}.",
    nearest_time="The nearest free time is {times}.",
    nearest_times="The nearest free times are {times}.",
)


def say_on(day: date, today: date) -> str:
    """ "today", "tomorrow, Friday", "on Monday, December seventh"."""
    said = say_date(day, today)
    return said if said.startswith("to") else f"on {said}"


def say_weekdays(day: date) -> str:
    """ "on Mondays"."""
    return f"on {day.strftime('%A')}s"
