"""Appointments: what visitors say, what a host then asks for, confirms and reports, and how that is spoken."""

from __future__ import annotations

import json
import re
from random import Random

from . import wording
from .wording import MONTHS, NUMBERS, ORDINALS, WEEKDAYS, expand, vocabulary

# --- values as visitors speak them -----------------------------------------------------------------------------------


def spoken_day(rng: Random) -> str:
    weekday, month = rng.choice(WEEKDAYS), rng.choice(MONTHS)
    return rng.choice(
        [
            weekday, weekday, weekday, weekday, f"next {weekday}", f"this {weekday}", "tomorrow", "today", "the day after tomorrow", "next week",
            f"the {rng.choice(ORDINALS)}", f"{month} {rng.choice(ORDINALS)}", f"the {rng.choice(ORDINALS)} of {month}", f"{weekday} the {rng.choice(ORDINALS)}",
            f"{weekday} {month} {rng.choice(ORDINALS)}", f"{month} {rng.randint(1, 30)}", f"{rng.randint(1, 30)} {month}", f"{weekday} {rng.randint(1, 30)} {month}",
            f"{weekday} {rng.choice(['morning', 'afternoon'])}" if rng.random() < 0.3 else weekday, f"a week on {weekday}" if rng.random() < 0.3 else weekday,
        ]
    )  # fmt: skip


def spoken_time(rng: Random) -> str:
    hour = rng.choice(NUMBERS)
    return rng.choice(
        [
            f"{rng.randint(1, 12)} {rng.choice(['am', 'pm'])}", f"{rng.randint(1, 12)}:{rng.choice(['30', '15', '45', '00'])}",
            f"half past {hour}", f"quarter past {hour}", f"quarter to {hour}", f"ten past {hour}", f"twenty to {hour}", f"{hour} thirty", f"{hour} fifteen",
            f"{hour} forty five", f"{hour} o'clock", hour, f"{hour} in the morning", f"{hour} in the afternoon", f"{hour} am", f"{hour} p m", f"{hour} pm",
            f"{hour} thirty {rng.choice(['am', 'pm'])}", f"{hour} o'clock in the {rng.choice(['morning', 'afternoon', 'evening'])}",
            rng.choice(["noon", "midday", "lunchtime", "the morning", "the afternoon", "first thing", "as early as possible", "any time"]),
        ]
    )  # fmt: skip


def spoken_name(rng: Random) -> str:
    kind = rng.random()
    name = wording.person(rng) if kind < 0.8 else f"{rng.choice(['mr', 'mrs', 'ms'])} {wording.surname(rng)}" if kind < 0.87 else rng.choice(vocabulary()["first_names"])
    return " ".join(wording.garble(w, rng) if rng.random() < 0.08 else w for w in name.split())


def spoken_doctor(rng: Random) -> str:
    return f"{rng.choice(['dr', 'doctor', 'dr', 'doctor', 'nurse', 'professor'])} {wording.surname(rng)}"


def spoken_reference(rng: Random) -> str:
    return rng.choice([f"{rng.choice('abcdefghjkmnpqrstuvwxyz')} {' '.join(rng.choice(NUMBERS[:9]) for _ in range(rng.randint(1, 3)))}", f"{rng.choice('abcdefghkmnprstxyz')}{wording.digits(rng, rng.randint(1, 4))}", wording.digits(rng, 4)])


def spoken_people(rng: Random) -> str:
    return rng.choice([rng.choice(NUMBERS), str(rng.randint(1, 12))])


def spoken_phone(rng: Random) -> str:
    return " ".join(rng.choice(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]) for _ in range(rng.randint(4, 7))) if rng.random() < 0.7 else wording.phone(rng).replace("extension ", "")


def service(rng: Random) -> str:
    return rng.choice(vocabulary()["departments"]) if rng.random() < 0.6 else f"{'an' if (s := rng.choice(vocabulary()['services']))[0] in 'aeiou' else 'a'} {s}"


SPOKEN = {"name": spoken_name, "doctor": spoken_doctor, "day": spoken_day, "time": spoken_time, "reference": spoken_reference, "service": service, "people": spoken_people, "phone": spoken_phone}
SYNONYMS = {"service": ["service", "department", "reason", "treatment"], "people": ["people", "guests"], "doctor": ["doctor", "doctor", "doctor", "person", "staff"], "day": ["day", "day", "day", "date"], "reference": ["reference", "booking number"]}


def _on(day: str) -> str:
    return day if re.match(r"(next|this|tomorrow|today|the day|a week)", day) else f"on {day}"


def _at(time: str, rng: Random) -> str:
    if re.match(r"(first|as early|any)", time):
        return time
    return f"in {time}" if time.startswith("the ") else rng.choice(["at", "at", "at", "around", "for", "about"]) + f" {time}"


_OPENINGS = {
    "book": [
        "(can|could|may) i (book|make|get|have|schedule) an appointment <rest>", "i('d like| want| need|'m calling| would like) to (book|make|schedule|arrange|set up) an appointment <rest>", "i need an appointment <rest>",
        "(book|make|schedule) (me |)an appointment <rest>", "i('d like| want| need| would like) to see <whom> <rest>", "do you have (an appointment|anything|a slot|a place) <rest>", "can you (book|fit|squeeze|put) me in <rest>",
        "i'm (here|calling) to (book|make) an appointment <rest>", "an appointment <rest>", "is it possible to (see <whom>|get an appointment|come) <rest>", "could you (make|book) (me |)an appointment <rest>", "i was told to (book|make) an appointment <rest>",
        "(can|could) i (come in|be seen|come to see <whom>) <rest>", "i want an appointment <rest>",
    ],
    "move": [
        "(can|could) (i|you) (move|change|reschedule|shift|postpone) my appointment <rest>", "i('d like| want| need|'ve got| have) to (move|change|reschedule|shift|push back|postpone) my (appointment|booking) <rest>",
        "i (can't make|can't come to|won't make|can't keep) my appointment (can|could) (i|we) (move|change) it <rest>", "(move|change|reschedule) my appointment <rest>", "can we (make|do) my appointment (another day|another time|later|earlier) <rest>",
        "is it possible to (move|change|shift) my appointment <rest>", "something came up can i (come another day|have another time) <rest>", "please (move|put) (it|my appointment) <rest>",
    ],
    "cancel": [
        "(can|could) (i|you) cancel my (appointment|booking) <rest>", "i('d like| want| need|'ve got| have) to cancel my (appointment|booking) <rest>", "(please |)cancel my (appointment|booking) <rest>",
        "i (can't|won't) (come|make it|be able to come) <rest> please cancel (it|my appointment)", "i don't need my appointment (any more|anymore) <rest>", "(delete|remove|drop) my (appointment|booking) <rest>",
    ],
    "free_slots": [
        "(when|what times) (is <whom>|are you|do you have anything|do you have time) (free|available|) <rest>", "(what|which) (times|slots|appointments) are (free|available|open|left) <rest>", "(is|are) there (any|) (free|open|available) (slots|times|appointments) <rest>",
        "when (can i come|could i come|is the next free appointment|is the earliest appointment|is the next free slot) <rest>", "what do you have (free|available|open) <rest>", "which (days|times) are possible <rest>", "when is there (something|anything) free <rest>", "what('s| is) the (next|earliest|first) (free |available |)(time|slot|appointment) <rest>",
    ],
}  # fmt: skip


def opening(intent: str, said: dict[str, str], rng: Random) -> str:
    """A visitor's request with some of the values in it."""
    template = rng.choice(_OPENINGS[intent])
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
    for slot, wordings in (("name", ["my name is <v>", "i'm <v>", "this is <v>", "it's for <v>", "name is <v>", "under <v>", "for <v>"]), ("reference", ["reference <v>", "my reference is <v>", "the number is <v>", "the reference is <v>"]), ("phone", ["my phone number is <v>", "you can reach me on <v>", "phone <v>"])):
        if slot in said:
            part = rng.choice(wordings).replace("<v>", said[slot])
            text = f"{part} {rng.choice(['', 'and', 'and'])} {text}" if rng.random() < 0.3 and slot == "name" else f"{text} {rng.choice(['', 'and'])} {part}"
    return expand(f"{wording.BEFORE} {text} (||||please|thanks)", rng)


_ANSWERS = {
    "name": ["my name is <v>", "it's <v>", "<v>", "<v>", "<v>", "this is <v>", "<v> speaking", "under <v>", "the name('s| is) <v>", "i'm <v>", "(um|uh) <v>", "that's <v>", "put it under <v>", "<v> please", "for <v>", "yes it's <v>"],
    "day": ["<on>", "<v>", "<v>", "<v> please", "(um|uh|maybe|how about|what about) <v>", "<v> (would be good|is fine|works|if possible|is best)", "can i come <on>", "let's (say|do) <v>", "i'd prefer <v>", "i can come <on>", "do you have anything <on>"],
    "time": ["<at>", "<v>", "<v>", "<v> please", "(um|uh|maybe|how about|what about) <v>", "<v> (would be good|is fine|works|if possible|is best)", "let's (say|do) <v>", "i'd prefer <v>", "make it <v>", "<at> would be good"],
    "doctor": ["<v>", "<v> please", "with <v>", "i'd like to see <v>", "(um|uh) <v>", "i think it's <v>", "it was <v>", "to <v>", "<v> if possible"],
    "service": ["<v>", "<v> please", "it's for <v>", "for <v>", "i need <v>", "(um|uh) <v>", "it's about <v>"],
    "reference": ["<v>", "it's <v>", "the reference is <v>", "my number is <v>", "(um|uh) <v>"],
    "people": ["<v>", "<v> people", "for <v>", "there are <v> of us", "we are <v>", "just <v>"],
    "phone": ["<v>", "it's <v>", "my number is <v>", "you can call <v>"],
}  # fmt: skip


def bare_answer(slot: str, value: str, rng: Random) -> str:
    return expand(rng.choice(_ANSWERS[slot]), rng, {"v": value, "on": _on(value), "at": _at(value, rng)})


YES = ["yes", "yes please", "yeah", "yep", "that's right", "correct", "yes that's right", "yes that's correct", "sure", "okay", "go ahead", "sounds good", "perfect", "right", "exactly", "yes thank you", "fine", "yes do that", "that works", "please do", "that is fine"]
NO = ["no", "nope", "no thanks", "no thank you", "not really", "that's wrong", "no that's not right", "no forget it", "never mind", "no leave it", "stop", "no i changed my mind", "that is not correct", "wait no"]
PERSON = [
    "(can|could|may) i (talk|speak) to (a person|someone|a human|a real person|somebody|a member of staff|the receptionist)", "(get|call|fetch|find) (me |)(a person|someone|a human|the staff|help)", "i (need|want) (a person|a human|to talk to someone|to speak to a human|a real person|staff)",
    "is there (a person|someone|anybody|a human) (here|i can talk to)", "let me (talk|speak) to (a person|somebody|a human)", "(i'd rather|i want to) talk to a (person|human)", "(human|person|operator|staff|help) please", "i don't want to talk to a (machine|computer|robot)", "connect me to (someone|a person|reception)",
]  # fmt: skip

# --- values as a host writes them, checked and in full ---------------------------------------------------------------


def host_day(rng: Random) -> str:
    weekday, day, month = rng.choice(WEEKDAYS), rng.randint(1, 31), rng.choice(MONTHS)
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day not in (11, 12, 13) else 0, "th")
    return rng.choice([f"{weekday} {day} {month}", f"{weekday} {day} {month}", f"{weekday}, {day} {month}", f"{weekday} the {day}{suffix} of {month}", f"{weekday} the {rng.choice(ORDINALS)} of {month}", f"{weekday}, {month} {day}", f"{month} {day}", weekday, "tomorrow", "today", f"next {weekday}", f"{weekday} {day} {month} 2027"])


def host_time(rng: Random) -> str:
    hour, minute = rng.randint(7, 19), rng.choice(["00", "30", "15", "45", f"{rng.randrange(12) * 5:02d}"])
    return rng.choice([f"{hour}:{minute}", f"{hour}:{minute}", f"{hour:02d}:{minute}", f"{(hour - 1) % 12 + 1}:{minute} {'am' if hour < 12 else 'pm'}", f"{(hour - 1) % 12 + 1} {'am' if hour < 12 else 'pm'}", f"half past {rng.choice(NUMBERS)}", f"{rng.choice(NUMBERS)} o'clock", f"{rng.choice(NUMBERS)} thirty"])


def host_reference(rng: Random) -> str:
    return rng.choice([f"{rng.choice('abcdefghjkmnpqrstuvwxyz')}{wording.digits(rng, rng.randint(1, 3))}", wording.digits(rng, rng.randint(2, 5)), f"{rng.choice('abcdefghjkmn')} {rng.randint(1, 99)}"])


def host_doctor(rng: Random) -> str:
    return f"{rng.choice(['dr', 'dr', 'dr', 'doctor', 'nurse', 'professor', 'mr', 'mrs'])} {wording.surname(rng)}"


HOST = {"doctor": host_doctor, "service": service, "day": host_day, "time": host_time, "name": lambda r: wording.person(r), "reference": host_reference, "people": lambda r: str(r.randint(1, 12)), "phone": wording.phone}


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


_ASKS = {
    "name": ["what name (is it|should i put it) under?", "(may|can) i have your name, please?", "what's your name, please?", "and your name, please?", "under which name?"],
    "doctor": ["who would you like to see?", "with which doctor?", "which doctor would you like to see?", "and with whom?"],
    "service": ["what is the appointment for?", "what can we do for you?", "what is it for?"],
    "day": ["for which day?", "which day would you like?", "what day would suit you?", "on which day?", "and for which day?"],
    "time": ["at what time?", "what time would suit you?", "and at what time?", "which time would you like?"],
    "reference": ["what is your reference, please?", "may i have your booking reference?", "which reference is on your booking?"],
    "people": ["for how many people?", "how many people will come?"],
    "phone": ["what is your phone number, please?", "on which number can we reach you?"],
}  # fmt: skip
_OTHER_SLOTS = ["date of birth", "postcode", "size", "colour", "room", "insurance number", "email address", "drink", "milk", "reason", "first name", "address", "number of nights", "company", "language", "table", "ticket type", "host", "car registration", "patient number"]


def ask(rng: Random) -> tuple[str, str]:
    """The host's ``ask:`` message and how it is said."""
    order = list(_ASKS)
    known = {s: HOST[s](rng) for s in rng.sample(["doctor", "service", "day", "time", "name"], rng.choice([0, 0, 0, 1, 1, 2, 3]))}
    if rng.random() < 0.2:
        slot = rng.choice(_OTHER_SLOTS)
        question = rng.choice([f"what is the {slot}, please?", f"which {slot}, please?", f"may i have the {slot}, please?", f"and the {slot}?"])
    else:
        slot = rng.choice([s for s in order[:5] * 2 + order[5:] if s not in known])
        question = expand(rng.choice(_ASKS[slot]), rng)
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
            text += (", " if slot in ("name", "phone", "reference", "people") and text else " ") + phrase(slot, values[slot], rng)
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
        text = rng.choice([f"so i'll cancel the appointment {_clause(values, rng)}, right?", f"shall i cancel the appointment {_clause(values, rng)}?", f"just to check: cancel the appointment {_clause(values, rng)}. is that right?"])
    elif kind == "move":
        values = _some(rng, ["day", "time"], ["doctor", "name", "service", "reference"])
        text = rng.choice([f"so i'll move the appointment: {_clause(values, rng)}, right?", f"your new appointment would be {_clause(values, rng)}. is that right?", f"shall i move it: {_clause(values, rng)}?"])
    else:
        values = _some(rng, ["day", "time", rng.choice(["doctor", "doctor", "service"])], ["name", "name", "people", "phone"])
        text = rng.choice([f"so that's an appointment {_clause(values, rng)}, right?", f"just to check: {_clause(values, rng)}. is that right?", f"so that's {_clause(values, rng)}. shall i book it?"])
    return f"confirm: {kind}; {_fields(values)}", text


def result(rng: Random) -> tuple[str, str]:
    """The host's ``result:`` message and how it is said."""
    kind = rng.choice(["booked", "booked", "moved", "moved", "cancelled", "free", "free", "taken", "not found", "closed", "failed"])
    extra = ""
    match kind:
        case "booked":
            values = _some(rng, ["day", "time", rng.choice(["doctor", "service"])], ["name", "reference", "reference"])
            text = rng.choice(["that's booked", "done, you're booked", "your appointment is booked", "you're all set"]) + ": " + _clause({k: v for k, v in values.items() if k != "reference"}, rng) + "."
            extra = values.get("reference", "")
        case "moved":
            values = _some(rng, ["day", "time"], ["doctor", "name", "reference"])
            text = rng.choice(["that's changed", "done, your new appointment is", "your appointment is moved"]) + ": " + _clause({k: v for k, v in values.items() if k != "reference"}, rng) + "."
            text = text.replace("is: ", "is ")
            extra = values.get("reference", "")
        case "cancelled":
            values = _some(rng, [], ["doctor", "day", "time", "name"])
            text = f"your appointment {_clause(values, rng)}".strip() + rng.choice([" is cancelled.", " has been cancelled."])
        case "free":
            times = sorted({host_time(rng) for _ in range(rng.randint(1, 4))})
            values = _some(rng, [], ["doctor", "day"]) | {"times": ", ".join(times)}
            listed = times[0] if len(times) == 1 else ", ".join(times[:-1]) + " and " + times[-1]
            where = _clause({k: v for k, v in values.items() if k != "times"}, rng)
            text = rng.choice([f"i have {listed} {where}.", f"{where} there is {listed}.".strip(), f"free times {where} are {listed}.", f"{where}, {listed} {'is' if len(times) == 1 else 'are'} free.".lstrip(", ")])
            text += rng.choice(["", " which would you like?", " would that suit you?"])
        case "taken":
            values = _some(rng, ["day", "time"], ["doctor"])
            where = _clause(values, rng)
            text = rng.choice([f"i'm sorry, {values['time']} {phrase('day', values['day'], rng)} is taken.", f"sorry, there is nothing free {where}.", f"i'm sorry, that time {where} is taken."])
            if rng.random() < 0.7:
                free = host_time(rng)
                values["next"] = free if rng.random() < 0.6 else f"{host_day(rng)}, {free}"
                text += rng.choice([f" the next free time is {values['next']}.", f" how about {values['next']}?", f" the next free time is {values['next']}. would that suit you?"])
        case "not found":
            values = _some(rng, [], ["name", "reference", "day"])
            text = f"i'm sorry, i can't find an appointment {_clause(values, rng)}".strip() + "."
        case "closed":
            values = _some(rng, ["day"], ["doctor"])
            text = f"i'm sorry, " + (f"{values['doctor']} is not here {phrase('day', values['day'], rng)}." if "doctor" in values else f"we are closed {phrase('day', values['day'], rng)}.")  # noqa: F541
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
