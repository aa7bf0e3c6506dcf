"""Templates with alternatives and slots, the vocabulary they draw from, and what a recogniser makes of speech."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

HERE = Path(__file__).parent
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"<(\w+)>")

BEFORE = (
    "(|||||excuse me|hi|hello|hi there|um|uh|sorry|hey|good morning|okay|please|so|yeah|right"
    "|one more thing|and|also|well)"
)
AFTER = "(|||||please|thanks|thank you|then|here|exactly)"
INDIRECT = (
    "(can you tell me|could you tell me|do you know|i'd like to know|i was wondering|i need to know|tell me"
    "|i want to know|any idea|would you know|can you say|please tell me|i wonder|may i ask)"
)


def expand(template: str, rng: Random, slots: dict[str, str] | None = None) -> str:
    """Choose among ``(a|b)`` (innermost first), then fill ``<slot>``."""
    while match := _ALTERNATIVES.search(template):
        template = template[: match.start()] + rng.choice(match.group(1).split("|")) + template[match.end() :]
    if slots:
        template = _SLOT.sub(lambda m: slots[m.group(1)], template)
    return re.sub(r" +", " ", template).strip()


@cache
def vocabulary() -> dict[str, Any]:
    """vocabulary.yaml with its word strings split into lists."""
    raw = yaml.safe_load((HERE / "vocabulary.yaml").read_text(encoding="utf-8"))
    return {
        key: value if isinstance(value, list) else [w.strip() for w in value.split("," if "," in value else None)]
        for key, value in raw.items()
    }


@cache
def visitors() -> dict[str, Any]:
    """visitors.yaml: what visitors say, and how a host's questions are worded."""
    phrases: dict[str, Any] = yaml.safe_load((HERE / "visitors.yaml").read_text(encoding="utf-8"))
    return phrases


def surname(rng: Random) -> str:
    """A real one, or one nobody has, so that names are copied and not remembered."""
    words = vocabulary()
    if rng.random() < 0.5:
        middle = rng.choice(words["syllables_first"]) if rng.random() < 0.4 else ""
        return rng.choice(words["syllables_first"]) + middle + rng.choice(words["syllables_last"])
    return rng.choice(words["last_names"])


def person(rng: Random) -> str:
    return f"{rng.choice(vocabulary()['first_names'])} {surname(rng)}"


def titled(rng: Random) -> str:
    return f"{rng.choice(vocabulary()['titles'])} {surname(rng)}"


def digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def phone(rng: Random) -> str:
    return rng.choice(
        [
            f"555 {digits(rng, 4)}",
            f"0{digits(rng, 4)} {digits(rng, 3)} {digits(rng, 3)}",
            f"extension {digits(rng, rng.choice([2, 3, 4]))}",
            f"{digits(rng, 3)} {digits(rng, 4)}",
            f"0{digits(rng, 3)} {digits(rng, 6)}",
            digits(rng, rng.choice([3, 4, 6])),
        ]
    )


WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = "january february march april may june july august september october november december".split()
NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
ORDINALS = (
    "first,second,third,fourth,fifth,sixth,seventh,eighth,ninth,tenth,eleventh,twelfth,thirteenth,fourteenth,fifteenth,"
    "sixteenth,seventeenth,eighteenth,nineteenth,twentieth,twenty first,twenty second,twenty fifth,twenty eighth,"
    "thirtieth"
).split(",")


def value(kind: str, rng: Random, **given: str) -> str:
    """A value of a kind that vocabulary.yaml has templates for: ``spoken_day``, ``host_time``, ``hours`` and so on."""
    words = vocabulary()
    first, second = sorted(rng.sample(range(7), 2))
    date = rng.randint(1, 31)
    ending = {1: "st", 2: "nd", 3: "rd"}.get(date % 10 if date not in (11, 12, 13) else 0, "th")
    landmarks = rng.sample(words["landmarks"], 2)
    slots = {
        "weekday": WEEKDAYS[first], "weekday2": WEEKDAYS[second], "weekday3": rng.choice(WEEKDAYS),
        "month": rng.choice(MONTHS), "date": str(date), "nth": f"{date}{ending}",
        "ordinal": rng.choice(ORDINALS), "ordinal12": rng.choice(ORDINALS[:12]), "level": str(rng.randint(1, 12)),
        "hour": rng.choice(NUMBERS), "hour9": str(rng.randint(7, 9)), "hour12": str(rng.randint(1, 12)),
        "hour19": str(rng.randint(7, 19)), "hour24": str(rng.randint(1, 12)),
        "minute": rng.choice(["00", "30", "15", "45", f"{rng.randrange(12) * 5:02d}"]),
        "clock": clock(rng), "clock2": clock(rng),
        "fives": str(rng.choice([5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 90])),
        "few": str(rng.randint(2, 5)), "room": str(rng.randint(1, 499)), "letter": rng.choice("abcdefgh"),
        "metres": str(rng.choice(words["landmark_metres"])), "landmark": f"the {landmarks[0]}",
        "landmark2": f"the {landmarks[1]}", **given,
    }  # fmt: skip
    if kind == "hours":
        slots |= {"span": value("span", rng), "span2": value("span", rng), "days": value("days", rng)}
    return expand(rng.choice(words[kind]), rng, slots)


def clock(rng: Random) -> str:
    """A time of day as a site writes it, in figures or in words."""
    if rng.random() < 0.3:
        return expand(rng.choice(vocabulary()["clock_words"]), rng, {"hour": rng.choice(NUMBERS)})
    hour, minute = rng.randint(1, 12), rng.choice(["00", "15", "30", "45", f"{rng.randrange(60):02d}"])
    half = rng.choice(["am", "pm"])
    later = f"{rng.randint(7, 22)}:{minute}"
    return rng.choice([f"{hour} {half}", f"{hour} {half}", f"{hour}:{minute} {half}", later, f"{hour} o'clock"])


def corrupt(text: str, rng: Random, rate: float) -> str:
    """Words dropped, replaced or garbled at ``rate``, as a recogniser would."""
    kept = []
    common = vocabulary()["common_words"]
    for word in text.split():
        if rng.random() >= rate:
            kept.append(word)
            continue
        kind = rng.random()
        if kind < 0.35:
            continue
        if kind < 0.65:
            kept.append(rng.choice(common))
        elif kind < 0.9 and len(word) > 2:
            kept.append(garble(word, rng))
        else:
            kept += [word, rng.choice(["um", "uh", word])]
    return " ".join(kept) or text


def garble(word: str, rng: Random) -> str:
    """One or two letters of a word changed."""
    for _ in range(rng.choice([1, 1, 2])):
        at = rng.randrange(len(word))
        kind = rng.random()
        letter = rng.choice("aeiou" if word[at] in "aeiou" else "bcdfghklmnprstvw")
        word = (
            word[:at]
            + (letter if kind < 0.6 else "" if kind < 0.8 and len(word) > 2 else word[at] * 2)
            + word[at + 1 :]
        )
    return word


def as_heard(text: str, rng: Random) -> str:
    """What a recogniser would hand over: lower-case, mostly without punctuation."""
    text = text.lower().replace("\u2019", "'").strip()
    if rng.random() < 0.92:
        text = re.sub(r"[?!,;\"()]|\.(?!\d)", " ", text)
    return re.sub(r"\s+", " ", text).strip()
