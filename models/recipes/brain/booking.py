"""Appointments: what visitors say, what a host then asks for, confirms and reports, and how that is spoken."""

from __future__ import annotations

import json
import re
from random import Random

from . import wording
from .wording import NUMBERS, expand, visitors, vocabulary

# --- values as visitors speak them -----------------------------------------------------------------------------------


def spoken_day(rng: Random) -> str:
    return wording.value("spoken_day", rng)


def spoken_time(rng: Random) -> str:
    return wording.value("spoken_time", rng)


def spoken_name(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.8:
        name = wording.person(rng)
    elif kind < 0.87:
        name = f"{rng.choice(['mr', 'mrs', 'ms'])} {wording.surname(rng)}"
    else:
        name = rng.choice(vocabulary()["first_names"])
    return " ".join(wording.garble(w, rng) if rng.random() < 0.08 else w for w in name.split())


def spoken_doctor(rng: Random) -> str:
    return f"{rng.choice(['dr', 'doctor', 'dr', 'doctor', 'nurse', 'professor'])} {wording.surname(rng)}"


def spoken_reference(rng: Random) -> str:
    letter = rng.choice("abcdefghjkmnpqrstuvwxyz")
    spelled = " ".join(rng.choice(NUMBERS[:9]) for _ in range(rng.randint(1, 3)))
    written = wording.digits(rng, rng.randint(1, 4))
    return rng.choice([f"{letter} {spelled}", f"{letter}{written}", wording.digits(rng, 4)])


def spoken_people(rng: Random) -> str:
    return rng.choice([rng.choice(NUMBERS), str(rng.randint(1, 12))])


def spoken_phone(rng: Random) -> str:
    return (
        " ".join(
            rng.choice(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
            for _ in range(rng.randint(4, 7))
        )
        if rng.random() < 0.7
        else wording.phone(rng).replace("extension ", "")
    )


def service(rng: Random) -> str:
    return (
        rng.choice(vocabulary()["departments"])
        if rng.random() < 0.6
        else f"{'an' if (s := rng.choice(vocabulary()['services']))[0] in 'aeiou' else 'a'} {s}"
    )


SPOKEN = {
    "name": spoken_name,
    "doctor": spoken_doctor,
    "day": spoken_day,
    "time": spoken_time,
    "reference": spoken_reference,
    "service": service,
    "people": spoken_people,
    "phone": spoken_phone,
}
SYNONYMS = {
    "service": ["service", "department", "reason", "treatment"],
    "people": ["people", "guests"],
    "doctor": ["doctor", "doctor", "doctor", "person", "staff"],
    "day": ["day", "day", "day", "date"],
    "reference": ["reference", "booking number"],
}


def _on(day: str) -> str:
    return day if re.match(r"(next|this|tomorrow|today|the day|a week)", day) else f"on {day}"


def _at(time: str, rng: Random) -> str:
    if re.match(r"(first|as early|any)", time):
        return time
    return (
        f"in {time}"
        if time.startswith("the ")
        else rng.choice(["at", "at", "at", "around", "for", "about"]) + f" {time}"
    )


def opening(intent: str, said: dict[str, str], rng: Random) -> str:
    """A visitor's request with some of the values in it."""
    template = rng.choice(visitors()["openings"][intent])
    pieces = []
    whom = said.get("doctor") or said.get("service")
    if "<whom>" in template and not whom:
        template = template.replace("<whom>", rng.choice(["someone", "a doctor", "somebody"]))
    elif "<whom>" in template and whom:
        template = template.replace("<whom>", whom)
    elif whom:
        pieces.append(("with " if "doctor" in said or rng.random() < 0.3 else "for ") + whom)
    if "service" in said and "doctor" in said and said["service"] not in template:
        pieces.append(f"for {said['service']}")
    old = f"(on|from|of) {spoken_day(rng)} " if intent == "move" and rng.random() < 0.15 else ""
    if "day" in said:
        pieces.append((("to " if rng.random() < 0.8 else "") + said["day"]) if intent == "move" else _on(said["day"]))
    if "time" in said:
        pieces.append(("to " + said["time"]) if intent == "move" and "day" not in said else _at(said["time"], rng))
    if "people" in said:
        pieces.append(f"for {said['people']} people")
    if rng.random() < 0.25:
        rng.shuffle(pieces)
    text = expand(template.replace("<rest>", old + " ".join(pieces)), rng)
    for slot, wordings in (
        ("name", ["my name is <v>", "i'm <v>", "this is <v>", "it's for <v>", "name is <v>", "under <v>", "for <v>"]),
        ("reference", ["reference <v>", "my reference is <v>", "the number is <v>", "the reference is <v>"]),
        ("phone", ["my phone number is <v>", "you can reach me on <v>", "phone <v>"]),
    ):
        if slot in said:
            part = rng.choice(wordings).replace("<v>", said[slot])
            text = (
                f"{part} {rng.choice(['', 'and', 'and'])} {text}"
                if rng.random() < 0.3 and slot == "name"
                else f"{text} {rng.choice(['', 'and'])} {part}"
            )
    return expand(f"{wording.BEFORE} {text} (||||please|thanks)", rng)


def bare_answer(slot: str, value: str, rng: Random) -> str:
    return expand(rng.choice(visitors()["answers"][slot]), rng, {"v": value, "on": _on(value), "at": _at(value, rng)})


# --- values as a host writes them, checked and in full ---------------------------------------------------------------


def host_day(rng: Random) -> str:
    return wording.value("host_day", rng)


def host_time(rng: Random) -> str:
    return wording.value("host_time", rng)


def host_reference(rng: Random) -> str:
    return rng.choice(
        [
            f"{rng.choice('abcdefghjkmnpqrstuvwxyz')}{wording.digits(rng, rng.randint(1, 3))}",
            wording.digits(rng, rng.randint(2, 5)),
            f"{rng.choice('abcdefghjkmn')} {rng.randint(1, 99)}",
        ]
    )


def host_doctor(rng: Random) -> str:
    return f"{rng.choice(['dr', 'dr', 'dr', 'doctor', 'nurse', 'professor', 'mr', 'mrs'])} {wording.surname(rng)}"


HOST = {
    "doctor": host_doctor,
    "service": service,
    "day": host_day,
    "time": host_time,
    "name": lambda r: wording.person(r),
    "reference": host_reference,
    "people": lambda r: str(r.randint(1, 12)),
    "phone": wording.phone,
}


def phrase(slot: str, value: str, rng: Random) -> str:
    """A slot's value inside a sentence."""
    match slot:
        case "doctor":
            return f"with {value}"
        case "service":
            return f"for {value}"
        case "day":
            return value if value.split()[0] in ("tomorrow", "today", "next") else f"on {value}"
        case "time":
            return f"at {value}"
        case "name":
            return rng.choice([f"for {value}", f"under the name {value}", f"for {value}"])
        case "people":
            return f"for {value} people"
        case _:
            return f"{slot} {value}"


def ask(rng: Random) -> tuple[str, str]:
    """The host's ``ask:`` message and how it is said."""
    order = list(visitors()["asks"])
    known = {
        s: HOST[s](rng)
        for s in rng.sample(["doctor", "service", "day", "time", "name"], rng.choice([0, 0, 0, 1, 1, 2, 3]))
    }
    if rng.random() < 0.2:
        slot = rng.choice(visitors()["other_slots"])
        question = rng.choice(
            [
                f"what is the {slot}, please?",
                f"which {slot}, please?",
                f"may i have the {slot}, please?",
                f"and the {slot}?",
            ]
        )
    else:
        slot = rng.choice([s for s in order[:5] * 2 + order[5:] if s not in known])
        question = expand(rng.choice(visitors()["asks"][slot]), rng)
        slot = rng.choice(SYNONYMS.get(slot, [slot])[:3]) if slot == "day" else slot
    message = f"ask: {slot}" + (f"; known: {', '.join(f'{s} {v}' for s, v in known.items())}" if known else "")
    lead = rng.choice(["", "", "sure. ", "of course. ", "okay. ", "all right. "])
    if known and rng.random() < 0.35:
        slot_known = list(known)[-1]
        lead = rng.choice(["okay, ", "all right, ", ""]) + phrase(slot_known, known[slot_known], rng) + ". "
    return message, lead + question


_ORDER = ["service", "doctor", "day", "time", "people", "name", "phone", "reference"]


def _fields(values: dict[str, str]) -> str:
    return "; ".join(f"{slot}: {value}" for slot, value in values.items())


def _clause(values: dict[str, str], rng: Random) -> str:
    """All values in one phrase: "with dr lee on tuesday 3 march at 10:30, for maria lopez"."""
    text = ""
    for slot in _ORDER:
        if slot in values:
            text += (", " if slot in ("name", "phone", "reference", "people") and text else " ") + phrase(
                slot, values[slot], rng
            )
    return text.strip()


def _some(rng: Random, always: list[str], maybe: list[str]) -> dict[str, str]:
    picked = [s for s in _ORDER if s in always or (s in maybe and rng.random() < 0.5)]
    values = {s: HOST[s](rng) for s in picked}
    if rng.random() < 0.3:
        items = list(values.items())
        rng.shuffle(items)
        values = dict(items)
    return values


def confirm(rng: Random) -> tuple[str, str]:
    """The host's ``confirm:`` message and how it is said."""
    kind = rng.choice(["book", "book", "move", "cancel"])
    if kind == "cancel":
        values = _some(rng, ["day"], ["doctor", "time", "name", "reference", "service"])
        text = rng.choice(
            [
                f"so i'll cancel the appointment {_clause(values, rng)}, right?",
                f"shall i cancel the appointment {_clause(values, rng)}?",
                f"just to check: cancel the appointment {_clause(values, rng)}. is that right?",
            ]
        )
    elif kind == "move":
        values = _some(rng, ["day", "time"], ["doctor", "name", "service", "reference"])
        text = rng.choice(
            [
                f"so i'll move the appointment: {_clause(values, rng)}, right?",
                f"your new appointment would be {_clause(values, rng)}. is that right?",
                f"shall i move it: {_clause(values, rng)}?",
            ]
        )
    else:
        values = _some(
            rng, ["day", "time", rng.choice(["doctor", "doctor", "service"])], ["name", "name", "people", "phone"]
        )
        text = rng.choice(
            [
                f"so that's an appointment {_clause(values, rng)}, right?",
                f"just to check: {_clause(values, rng)}. is that right?",
                f"so that's {_clause(values, rng)}. shall i book it?",
            ]
        )
    return f"confirm: {kind}; {_fields(values)}", text


def result(rng: Random) -> tuple[str, str]:
    """The host's ``result:`` message and how it is said."""
    kind = rng.choice(
        ["booked", "booked", "moved", "moved", "cancelled", "free", "free", "taken", "not found", "closed", "failed"]
    )
    extra = ""
    match kind:
        case "booked":
            values = _some(rng, ["day", "time", rng.choice(["doctor", "service"])], ["name", "reference", "reference"])
            text = (
                rng.choice(["that's booked", "done, you're booked", "your appointment is booked", "you're all set"])
                + ": "
                + _clause({k: v for k, v in values.items() if k != "reference"}, rng)
                + "."
            )
            extra = values.get("reference", "")
        case "moved":
            values = _some(rng, ["day", "time"], ["doctor", "name", "reference"])
            text = (
                rng.choice(["that's changed", "done, your new appointment is", "your appointment is moved"])
                + ": "
                + _clause({k: v for k, v in values.items() if k != "reference"}, rng)
                + "."
            )
            text = text.replace("is: ", "is ")
            extra = values.get("reference", "")
        case "cancelled":
            values = _some(rng, [], ["doctor", "day", "time", "name"])
            text = f"your appointment {_clause(values, rng)}".strip() + rng.choice(
                [" is cancelled.", " has been cancelled."]
            )
        case "free":
            times = sorted({host_time(rng) for _ in range(rng.randint(1, 4))})
            values = _some(rng, [], ["doctor", "day"]) | {"times": ", ".join(times)}
            listed = times[0] if len(times) == 1 else ", ".join(times[:-1]) + " and " + times[-1]
            where = _clause({k: v for k, v in values.items() if k != "times"}, rng)
            text = rng.choice(
                [
                    f"i have {listed} {where}.",
                    f"{where} there is {listed}.".strip(),
                    f"free times {where} are {listed}.",
                    f"{where}, {listed} {'is' if len(times) == 1 else 'are'} free.".lstrip(", "),
                ]
            )
            text += rng.choice(["", " which would you like?", " would that suit you?"])
        case "taken":
            values = _some(rng, ["day", "time"], ["doctor"])
            where = _clause(values, rng)
            text = rng.choice(
                [
                    f"i'm sorry, {values['time']} {phrase('day', values['day'], rng)} is taken.",
                    f"sorry, there is nothing free {where}.",
                    f"i'm sorry, that time {where} is taken.",
                ]
            )
            if rng.random() < 0.7:
                free = host_time(rng)
                values["next"] = free if rng.random() < 0.6 else f"{host_day(rng)}, {free}"
                text += rng.choice(
                    [
                        f" the next free time is {values['next']}.",
                        f" how about {values['next']}?",
                        f" the next free time is {values['next']}. would that suit you?",
                    ]
                )
        case "not found":
            values = _some(rng, [], ["name", "reference", "day"])
            text = f"i'm sorry, i can't find an appointment {_clause(values, rng)}".strip() + "."
        case "closed":
            values = _some(rng, ["day"], ["doctor"])
            text = "i'm sorry, " + (
                f"{values['doctor']} is not here {phrase('day', values['day'], rng)}."
                if "doctor" in values
                else f"we are closed {phrase('day', values['day'], rng)}."
            )
            text += rng.choice(["", " which other day would suit you?"])
        case _:
            values = {}
            text = "i'm sorry, that did not work. shall i call someone?"
    if extra:
        text += rng.choice([f" your reference is {extra}.", f" the reference is {extra}."])
    shape = rng.random()
    if shape < 0.2:
        message = json.dumps({"status": kind, **values})
    elif shape < 0.35 and values:  # a tool that already answers in a sentence is repeated as it is
        message = text
    else:
        message = kind + ("; " + _fields(values) if values else "")
    return f"result: {message}", re.sub(r" +", " ", text).replace(" ,", ",").replace(" .", ".")
