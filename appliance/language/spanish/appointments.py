"""What the appointment book says in Spanish. Pure."""

from __future__ import annotations

from datetime import date

from appliance.language.parts import AppointmentSentences
from appliance.language.spanish.dates import say_date, say_weekday

SENTENCES = AppointmentSentences(
    nobody="No tengo citas con nadie de ese nombre.",
    free="{doctor} tiene libre {on} a {times}.",
    free_in_all="Hay {count} horas libres en total.",
    booked="Su cita con {doctor} es {when}. Su número es {reference}.",
    moved="Su cita con {doctor} es ahora {when}.",
    cancelled="Su cita con {doctor} {when} queda cancelada.",
    found="Su cita con {doctor} es {when}.",
    when="{on} a {time}",
    locked="Ese número está bloqueado por ahora. Por favor, pregunte al personal.",
    not_found_by_name="No encuentro ninguna cita con el número {reference} y ese nombre.",
    not_found_by_day="No encuentro ninguna cita con el número {reference} y ese día.",
    passed="Ese día ya ha pasado.",
    too_far="Solo puedo reservar con hasta {weeks} semanas de antelación.",
    too_far_by_a_week="Solo puedo reservar con hasta una semana de antelación.",
    not_here="{doctor} no está {weekdays}.",
    nothing_free="{doctor} no tiene nada libre {on}.",
    none_free="No hay nada libre entonces.",
    nearest_days="Los días más cercanos son {days}.",
    taken="{doctor} no está libre {on} a {time}.",
    nearest_time="La hora libre más cercana es {times}.",
    nearest_times="Las horas libres más cercanas son {times}.",
)


def say_on(day: date, today: date) -> str:
    """ "hoy", "mañana, jueves", "el lunes, siete de diciembre"."""
    said = say_date(day, today)
    return said if said.startswith(("hoy", "mañana")) else f"el {said}"


def say_weekdays(day: date) -> str:
    """ "los lunes"."""
    name = say_weekday(day.weekday())
    return f"los {name if name.endswith('s') else f'{name}s'}"
