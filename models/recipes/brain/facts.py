"""Facts of imaginary sites, ways to ask for each, and ways to say it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from random import Random

import yaml

from . import wording
from .wording import HERE, INDIRECT, ORDINALS, WEEKDAYS, expand, vocabulary


@dataclass(frozen=True)
class Fact:
    """One fact. ``key`` names what it is about: two facts of one site never share it."""

    key: tuple[str, str]
    text: str
    """as the site wrote it"""
    ask: tuple[str, ...]
    """templates of questions, slots filled"""
    say: tuple[str, ...]
    """templates of answers, slots filled"""
    place: str = ""

    def question(self, rng: Random) -> str:
        text = expand(rng.choice(self.ask), rng)
        if rng.random() < 0.5:
            text = expand(f"{wording.BEFORE} {text} {wording.AFTER}", rng)
        return text

    def answer(self, rng: Random) -> str:
        """The fact as a sentence: its own, or another wording of it."""
        own = is_sentence(self.text)
        if own and (not self.say or rng.random() < 0.5):
            return self.text
        if self.say:
            return expand(rng.choice(self.say), rng)
        head, _, rest = self.text.partition(":")
        return f"{head.strip()}: {rest.strip()}."


def is_sentence(text: str) -> bool:
    return text.endswith(".") and not re.match(r"[^.]{3,40}: ", text)


@cache
def _kinds() -> dict[str, dict[str, list[str]]]:
    kinds: dict[str, dict[str, list[str]]] = yaml.safe_load((HERE / "facts.yaml").read_text(encoding="utf-8"))
    return kinds


# How often each kind is drawn; the others once.
_WEIGHTS = {"location": 5, "general": 3, "place_hours": 2.5, "site_hours": 2, "price": 2.5, "phone": 2, "role": 2, "person_place": 2}


def _place(rng: Random) -> tuple[str, list[str], bool]:
    """Name, other names, plural."""
    words = vocabulary()
    kind = rng.random()
    if kind < 0.6:
        entry = rng.choice(words["places"])
        plural = entry.startswith("*")
        name, *others = [part.strip() for part in entry.lstrip("*").split("/")]
        return name, others, plural
    noun = rng.choice(words["room_nouns"])
    if kind < 0.75:
        return f"{rng.choice(words['adjectives'])} {noun}", [], False
    if kind < 0.88:
        return f"{wording.surname(rng)} {noun}", [], False
    return f"{noun} {rng.choice([str(rng.randint(1, 40)), rng.choice('abcdefg')])}", [], False


def _the(name: str) -> str:
    return name if re.search(r" ([a-g]|\d+)$", name) else f"the {name}"


def _where(rng: Random) -> str:
    words = vocabulary()
    floor = expand("(on the <o> floor|on the <o> floor|on the ground floor|in the basement|on the (top|lower|upper) (floor|level)|on level <n>)", rng, {"o": rng.choice(ORDINALS[:12]), "n": str(rng.randint(1, 12))})
    near = "the " + rng.choice([rng.choice(words["landmarks"]), _place(rng)[0]])
    spot = expand(
        "(next to <t>|opposite <t>|behind <t>|past <t> on the (left|right)|across from <t>|just after <t>|to the (left|right) of <t>|by <t>|near <t>|beside <t>|between <t> and the <u>"
        "|at the end of the (long |left |right |main |)(corridor|hallway)|in the (north|south|east|west|new|old) wing|in room <n>|in building <b>|in building <b>, room <n>|through the (double|glass|blue|green) doors|<m> metres from <t>)",
        rng,
        {"t": near, "u": rng.choice(words["landmarks"]), "n": str(rng.randint(1, 499)), "b": rng.choice("abcdefgh"), "m": str(rng.choice([20, 50, 100, 200]))},
    )
    kind = rng.random()
    return floor if kind < 0.25 else f"{floor}, {spot}" if kind < 0.7 else f"in room {rng.randint(1, 499)}, {floor}" if kind < 0.8 else spot


def _hours(rng: Random) -> str:
    def span() -> str:
        a, b = wording.clock(rng), wording.clock(rng)
        return rng.choice([f"from {a} to {b}", f"{a} to {b}", f"between {a} and {b}", f"from {a} until {b}"])

    def days() -> str:
        first, last = sorted(rng.sample(range(7), 2))
        return rng.choice([f"{WEEKDAYS[first]} to {WEEKDAYS[last]}", f"on {WEEKDAYS[first]} and {WEEKDAYS[last]}", "on weekdays", "monday to friday", "monday to saturday"])

    kind = rng.random()
    if kind < 0.25:
        return span()
    if kind < 0.4:
        return rng.choice(["every day ", "daily "]) + span()
    if kind < 0.65:
        return f"{days()}, {span()}"
    if kind < 0.78:
        return f"{days()} {span()}, closed on {rng.choice(WEEKDAYS)}"
    if kind < 0.93:
        return f"monday to friday {span()}, {rng.choice(['saturday', 'on saturday', 'saturday and sunday', 'at weekends'])} {span()}"
    return rng.choice(["24 hours a day", "day and night", "all day except on " + rng.choice(WEEKDAYS)])


def _price(rng: Random) -> str:
    unit = rng.choice(["pounds", "euros", "dollars"])
    amount = rng.choice([rng.randint(2, 12), rng.randint(2, 60), rng.randint(61, 300)])
    text = rng.choice([f"{amount} {unit}", f"{amount} {unit}", f"{amount} {unit} {rng.randint(1, 9)}0", f"{amount}.{rng.randint(1, 9)}0 {unit}"])
    if rng.random() < 0.3:
        text += rng.choice([" per hour", " a day", " per person", " each", " per night", " a week", " for 2 hours"])
    return text if rng.random() < 0.93 else rng.choice(["free", "nothing"])


def _general_value(rng: Random) -> str:
    words = vocabulary()["general_words"]
    return rng.choice(
        [
            lambda: rng.choice(words),
            lambda: f"{rng.choice(words)} {rng.choice(words)}",
            lambda: wording.digits(rng, rng.randint(2, 5)),
            lambda: wording.clock(rng),
            lambda: rng.choice(WEEKDAYS),
            lambda: wording.person(rng),
            lambda: f"{rng.choice(vocabulary()['adjectives'])} {rng.choice(vocabulary()['room_nouns'])}",
            lambda: f"{rng.choice('abcdefghjk')} {rng.randint(1, 99)}",
            lambda: f"{rng.choice(words)} {rng.randint(1, 99)}",
        ]
    )()


def article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeioux' and not noun.startswith('uni') else 'a'} {noun}"


def make(rng: Random, kind: str | None = None, place: str | None = None) -> Fact:
    """A fact of a random (or the given) kind, about a random (or the given) place."""
    words = vocabulary()
    kinds = _kinds()
    if kind is None:
        kind = rng.choices(list(kinds), [_WEIGHTS.get(k, 1) for k in kinds])[0]
    name, others, plural = (place, [], False) if place else _place(rng)
    asked = rng.choice(others) if others and rng.random() < 0.3 else name
    item, service = rng.choice(words["items"]), rng.choice(words["services"])
    day1, day2 = sorted(rng.sample(range(7), 2))
    documents = rng.sample(["your id card", "your passport", "a photo id", "your insurance card", "your referral letter", "your appointment letter", "a pen", "a list of your medicines", "proof of address", "your booking number", "a recent photo", "warm clothes"], 2)
    languages = rng.sample(["polish", "arabic", "spanish", "french", "german", "turkish", "hindi", "russian", "chinese", "portuguese", "italian", "dutch", "urdu", "greek"], 2)
    slots = {
        "the": _the(name), "place": name, "is": "are" if plural else "is",
        "ask_place": asked, "ask_the": _the(asked) if asked == name else f"the {asked}",
        "where": _where(rng), "hours": _hours(rng), "hours_short": f"{wording.clock(rng)} to {wording.clock(rng)}",
        "a_day": rng.choice(WEEKDAYS), "two_days": rng.choice([f"{WEEKDAYS[day1]} and {WEEKDAYS[day2]}", f"{WEEKDAYS[day1]}s", f"{WEEKDAYS[day1]}s and {WEEKDAYS[day2]}s", f"{WEEKDAYS[day1]} to {WEEKDAYS[day2]}"]),
        "phone": wording.phone(rng), "price": _price(rng), "item": item, "a_item": article(item), "service": service, "a_service": article(service),
        "role": rng.choice(words["roles"]), "person": wording.person(rng) if rng.random() < 0.7 else wording.titled(rng),
        "doctor": wording.titled(rng), "surname": wording.surname(rng), "field": rng.choice(words["specialities"]),
        "relative": rng.choice(["mother", "father", "wife", "husband", "son", "daughter", "friend", "grandmother", "brother", "sister"]),
        "minutes": rng.choice([f"{rng.choice([5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 90])} minutes", f"about {rng.choice([10, 20, 30, 45])} minutes", f"{rng.randint(2, 5)} hours", "half an hour", "an hour"]),
        "n": str(rng.randint(2, 24)), "m": str(rng.choice([2, 3, 4, 5, 6, 8, 10, 12, 14, 15, 16, 18, 20, 25, 30, 40, 45, 48, 60, 72])),
        "document": documents[0], "document2": documents[1], "clothes": rng.choice(["loose clothes", "short sleeves", "comfortable shoes", "no jewellery", "swimwear"]),
        "belonging": rng.choice(["phone", "wallet", "keys", "bag", "glasses", "umbrella", "hat", "scarf", "jacket", "hearing aid", "purse", "ring"]),
        "word": rng.choice(words["general_words"]), "word2": rng.choice(words["general_words"]), "clock": wording.clock(rng),
        "dish": f"{rng.choice(['tomato', 'chicken', 'pumpkin', 'lentil', 'mushroom', 'fish', 'leek', 'bean', 'carrot', 'beef', 'lemon', 'cheese'])} {rng.choice(['pie', 'curry', 'stew', 'pasta', 'salad', 'tart', 'sandwich', 'cake'])}",
        "soup": rng.choice(["tomato", "pumpkin", "lentil", "leek", "pea", "mushroom", "onion", "carrot"]), "side": rng.choice(["rice", "bread", "salad", "chips", "potatoes", "green beans"]),
        "happening": rng.choice(["concert", "quiz", "talk", "reading", "film", "workshop", "choir", "market", "dance class", "lecture"]),
        "colour": rng.choice(["blue", "red", "green", "yellow", "orange", "purple", "white", "black"]), "ordinal": rng.choice(ORDINALS[:12]),
        "lang": languages[0], "lang2": languages[1], "key": rng.choice(words["general_keys"]), "value": _general_value(rng), "indirect": INDIRECT,
    }
    table = kinds[kind]
    fill = lambda templates: tuple(re.sub(r"<(\w+)>", lambda m: slots[m.group(1)], t) for t in templates)  # noqa: E731
    text = expand(rng.choice(table["texts"]), rng, slots)
    about = {"location": name, "place_hours": name, "phone": name, "follow_line": name, "place_general": f"{slots['key']} {name}", "price": item, "role": slots["role"], "person_place": slots["doctor"], "person_days": slots["doctor"], "person_field": slots["field"], "duration": service, "before_service": service, "availability": service, "general": slots["key"], "language": slots["lang"]}
    return Fact((kind, about.get(kind, "")), text, fill(table["asks"]), fill(table.get("says", [])), name if kind in ("location", "place_hours", "phone", "follow_line") else "")


# Kinds whose questions may rightly be answered by a fact of the other kind; never used as distractors of each other.
_OVERLAP = [
    {"location", "follow_line", "general"}, {"site_hours", "visiting"}, {"parking", "price"}, {"parking", "location"}, {"payment", "location"},
    {"check_in", "documents"}, {"check_in", "person_place"}, {"before_service", "documents"}, {"before_service", "duration"}, {"menu", "menu_diet"},
    {"lost", "location"}, {"transport", "taxi"}, {"availability", "duration"}, {"person_days", "person_field"}, {"prescription", "location"},
    {"role", "complaint"}, {"wheelchair", "location"}, {"taxi", "location"}, {"transport", "location"}, {"smoking", "location"}, {"fire", "location"},
    {"luggage", "location"}, {"event", "tour"}, {"person_days", "person_place"}, {"availability", "prescription"}, {"results", "prescription"},
]


def confusable(a: Fact, b: Fact) -> bool:
    """Whether a question for ``a`` could rightly be answered with ``b``."""
    (kind_a, about_a), (kind_b, about_b) = a.key, b.key
    if kind_a == kind_b:
        shared = set(about_a.split()) & set(about_b.split()) - {"the", "of", "room", "office", "a"}
        return about_a == about_b or bool(shared)
    if {kind_a, kind_b} in _OVERLAP:
        # what a parking ticket costs does not answer where the library is, even though both kinds can overlap
        if kind_b == "location" or kind_a == "location":
            word = {"parking": "park", "lost": "lost", "taxi": "taxi", "transport": "bus", "smoking": "smok", "luggage": "lock", "prescription": "pharm", "payment": "cash", "follow_line": ""}
            other = kind_a if kind_b == "location" else kind_b
            where = about_b if kind_b == "location" else about_a
            return other in ("general",) or word.get(other, "\0") in where and (other != "follow_line" or about_a == about_b)
        return about_a == about_b or not (about_a and about_b)
    return False


def near_miss(fact: Fact, rng: Random) -> Fact:
    """A fact that retrieval might bring although it does not answer: same kind about something else, or same place, other thing."""
    if fact.place and rng.random() < 0.5:
        other = rng.choice([k for k in ("location", "place_hours", "phone") if k != fact.key[0] and not (fact.key[0] == "follow_line" and k == "location")])
        return make(rng, other, fact.place)
    for _ in range(10):
        candidate = make(rng, fact.key[0])
        if not confusable(fact, candidate):
            return candidate
    return make(rng, "general")
