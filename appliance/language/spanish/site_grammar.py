"""What visitors of any site say in Spanish, as templates (see ``templates``): dates, times, numbers, answers,
emergencies. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.language.parts import EmergencyKind
from appliance.language.spanish.dates import say_weekday
from appliance.language.spanish.numbers import say_cardinal
from appliance.language.spanish.people import FAMILY_NAMES, GIVEN_NAMES

LISTS: Mapping[str, Sequence[str]] = {
    "date": (
        *("hoy", "mañana", "pasado mañana", "[el|este] {a_weekday}", "el [próximo] {a_weekday}"),
        *(
            "el {a_weekday} que viene",
            "el [día] {an_ordinal} [de {a_month}]",
            "[el] {a_weekday} {an_ordinal} de {a_month}",
        ),
    ),
    "time": (
        "[a] (la|las) {an_hour} [en punto|de la mañana|de la tarde]",
        "[a] (la|las) {an_hour} y (media|cuarto|{a_minute})",
        "[a] (la|las) {an_hour} menos cuarto",
        "[a] mediodía",
    ),
    "number": ("{a_digit}", "{an_hour}", "{a_minute}"),
    "reference": (
        "{a_digit} {a_digit} {a_digit} [{a_digit}]",
        "{a_digit} {a_digit} {a_digit} {a_digit} {a_digit} {a_digit} {a_digit}",
    ),
    "name": ("{given_name} {family_name} [{family_name}]", "{family_name}", "{given_name}"),
    "given_name": GIVEN_NAMES,
    "family_name": FAMILY_NAMES,
    "a_weekday": tuple(say_weekday(day) for day in range(7)),
    "a_month": tuple(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()
    ),
    "an_ordinal": ("primero", *(say_cardinal(day) for day in range(1, 32))),
    "an_hour": ("una", *(say_cardinal(hour) for hour in range(2, 13))),
    "a_minute": tuple(say_cardinal(minute) for minute in range(5, 60, 5)),
    "a_digit": tuple(say_cardinal(digit) for digit in range(10)),
}
"""What the kinds of slots sound like, for a site that does not list them itself."""

ANSWERS: Mapping[str, Sequence[str]] = {
    "date": ("{slot} [por favor]",),
    "time": ("{slot} [por favor]",),
    "name": ("[me llamo|soy|mi nombre es] {slot}",),
    "choice": ("[con] {slot} [por favor]",),
    "reference": ("[es el|el número es|número] {slot}",),
    "number": ("[número] {slot}",),
}
"""How visitors answer the question for a slot, by its kind."""

FOR_A_PERSON: Sequence[str] = ("", "[quiero|puedo|me gustaría] ")

EXAMPLES: Mapping[str, Sequence[str]] = {
    "name": ("maría lópez",),
    "date": ("viernes",),
    "time": ("las tres",),
    "choice": ("eso",),
    "text": ("esto",),
    "reference": ("cuatro siete uno dos",),
    "number": ("dos",),
}
"""One value for each kind of slot, where a site's phrases leave a place."""

_WHO = (
    "(mi (marido|mujer|esposo|esposa|hijo|hija|madre|padre|abuela|abuelo|hermano|hermana|bebé)|"
    "(un|este) (señor|hombre|niño)|(una|esta) (señora|mujer|niña))"
)
_HELP = "[ayuda|por favor|rápido|dios mío]"

EMERGENCIES: Mapping[EmergencyKind, Sequence[str]] = {
    "breathing": (
        f"{_HELP} no puedo respirar",
        f"{_HELP} [{_WHO}] no puede respirar",
        f"{_HELP} [{_WHO}] no respira",
        f"{_HELP} [{_WHO}] se ahoga",
        "me ahogo",
    ),
    "choking": (f"{_HELP} [{_WHO}] se (está atragantando|ha atragantado)",),
    "heart": (
        f"{_HELP} [{_WHO}] tiene un (infarto|ataque al corazón)",
        "[creo que] tengo un infarto",
        "(tengo|tiene) dolor en el pecho",
        "me duele [mucho] el pecho",
        "no tiene pulso",
    ),
    "stroke": (f"[{_WHO}] tiene un (ictus|derrame cerebral)", "no puede mover (el brazo|la pierna)"),
    "bleeding": (
        f"{_HELP} [{_WHO}] está sangrando (mucho|sin parar)",
        "sangra (mucho|sin parar)",
        "hay sangre por todas partes",
    ),
    "collapse": (
        f"{_HELP} [{_WHO}] (se ha desmayado|está inconsciente|ha perdido el conocimiento)",
        f"{_HELP} [{_WHO}] no (reacciona|se mueve)",
    ),
    "seizure": (f"{_HELP} [{_WHO}] tiene (convulsiones|un ataque epiléptico)",),
    "fire": (f"{_HELP} hay (fuego|un incendio|humo|llamas)", f"{_HELP} se está quemando [la cocina|el edificio]"),
    "violence": (
        f"{_HELP} [un hombre] (tiene|lleva) (una pistola|un cuchillo|un arma)",
        f"{_HELP} me (ataca|pega|quiere matar)",
    ),
    "self harm": ("quiero (morir|morirme|suicidarme)", "me quiero matar", "ha tomado (demasiadas|muchas) pastillas"),
    "help": (
        "ayuda",
        "socorro",
        "auxilio",
        "emergencia",
        "es una emergencia",
        "[por favor] (necesito|llame a|llamen a|pidan) una ambulancia",
        "[por favor] llame a (la policía|los bomberos)",
    ),
}
"""What visitors in need say, by the kind of emergency. ``emergencies`` raises all of it."""
