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
_WEIGHTS = {
    "location": 5,
    "general": 3,
    "place_hours": 2.5,
    "site_hours": 2,
    "price": 2.5,
    "phone": 2,
    "role": 2,
    "person_place": 2,
}


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
    given = {"landmark": f"the {_place(rng)[0]}"} if rng.random() < 0.5 else {}
    floor, spot = wording.value("floor", rng), wording.value("spot", rng, **given)
    kind = rng.random()
    if kind < 0.25:
        return floor
    if kind < 0.7:
        return f"{floor}, {spot}"
    return f"in room {rng.randint(1, 499)}, {floor}" if kind < 0.8 else spot


def price(rng: Random) -> str:
    unit = rng.choice(["pounds", "euros", "dollars"])
    amount = rng.choice([rng.randint(2, 12), rng.randint(2, 60), rng.randint(61, 300)])
    tens = rng.randint(1, 9)
    word, cents = rng.choice(wording.NUMBERS), rng.choice(["twenty", "thirty", "forty", "fifty", "eighty"])
    figures = [f"{amount} {unit}", f"{amount} {unit}", f"{amount} {unit} {tens}0", f"{amount}.{tens}0 {unit}"]
    text = rng.choice([*figures, f"{word} {unit}", f"{word} {unit} {cents}"])
    if rng.random() < 0.3:
        text += rng.choice([" per hour", " a day", " per person", " each", " per night", " a week", " for 2 hours"])
    return text if rng.random() < 0.93 else rng.choice(["free", "nothing"])


def another_sentence(rng: Random) -> str:
    """What a fact may go on with."""
    words = vocabulary()
    return wording.value(
        "more", rng, price=price(rng), person=wording.titled(rng), phone=wording.phone(rng),
        colour=rng.choice(words["colours"]), document=rng.choice(words["documents"]),
    )  # fmt: skip


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
    documents, languages = rng.sample(words["documents"], 2), rng.sample(words["languages"], 2)
    slots = {
        "the": _the(name), "place": name, "is": "are" if plural else "is",
        "ask_place": asked, "ask_the": _the(asked) if asked == name else f"the {asked}",
        "where": _where(rng), "hours": wording.value("hours", rng), "hours_short": wording.value("span", rng),
        "a_day": rng.choice(WEEKDAYS), "two_days": wording.value("two_days", rng), "clock": wording.clock(rng),
        "minutes": wording.value("duration", rng), "n": str(rng.randint(2, 24)),
        "m": str(rng.choice([2, 3, 4, 5, 6, 8, 10, 12, 14, 15, 16, 18, 20, 25, 30, 40, 45, 48, 60, 72])),
        "phone": wording.phone(rng), "price": price(rng), "indirect": INDIRECT, "ordinal": rng.choice(ORDINALS[:12]),
        "item": item, "a_item": article(item), "service": service, "a_service": article(service),
        "role": rng.choice(words["roles"]), "doctor": wording.titled(rng), "surname": wording.surname(rng),
        "person": wording.person(rng) if rng.random() < 0.7 else wording.titled(rng),
        "field": rng.choice(words["specialities"]), "relative": rng.choice(words["relatives"]),
        "document": documents[0], "document2": documents[1], "clothes": rng.choice(words["clothes"]),
        "belonging": rng.choice(words["belongings"]), "lang": languages[0], "lang2": languages[1],
        "word": rng.choice(words["general_words"]), "word2": rng.choice(words["general_words"]),
        "dish": f"{rng.choice(words['dish_of'])} {rng.choice(words['dish'])}", "soup": rng.choice(words["soups"]),
        "side": rng.choice(words["sides"]), "happening": rng.choice(words["happenings"]),
        "colour": rng.choice(words["colours"]), "key": rng.choice(words["general_keys"]), "value": _general_value(rng),
    }  # fmt: skip
    table = kinds[kind]
    fill = lambda templates: tuple(re.sub(r"<(\w+)>", lambda m: slots[m.group(1)], t) for t in templates)  # noqa: E731
    text = expand(rng.choice(table["texts"]), rng, slots)
    about = {
        "location": name,
        "place_hours": name,
        "phone": name,
        "follow_line": name,
        "place_general": f"{slots['key']} {name}",
        "price": item,
        "role": slots["role"],
        "person_place": slots["doctor"],
        "person_days": slots["doctor"],
        "person_field": slots["field"],
        "duration": service,
        "before_service": service,
        "availability": service,
        "general": slots["key"],
        "language": slots["lang"],
    }
    return Fact(
        (kind, about.get(kind, "")),
        text,
        fill(table["asks"]),
        fill(table.get("says", [])),
        name if kind in ("location", "place_hours", "phone", "follow_line") else "",
    )


# Kinds whose questions may rightly be answered by a fact of the other kind; never used as distractors of each other.
_OVERLAP = {
    frozenset(pair.split("/"))
    for pair in (
        "site_hours/visiting parking/price check_in/documents check_in/person_place before_service/documents "
        "before_service/duration menu/menu_diet transport/taxi availability/duration person_days/person_field "
        "person_days/person_place role/complaint event/tour availability/prescription results/prescription"
    ).split()
}
# Kinds whose questions are answered by where a place is, when the place's name holds the word.
_ANSWERED_BY_PLACE = {
    "parking": "park", "payment": "cash", "lost": "lost", "taxi": "taxi", "transport": "bus", "smoking": "smok",
    "luggage": "lock", "prescription": "pharm", "wheelchair": "wheel", "fire": "fire",
}  # fmt: skip


def confusable(a: Fact, b: Fact) -> bool:
    """Whether a question for ``a`` could rightly be answered with ``b``."""
    (kind_a, about_a), (kind_b, about_b) = a.key, b.key
    if kind_a == kind_b:
        return about_a == about_b or bool(set(about_a.split()) & set(about_b.split()) - {"the", "of", "room", "office"})
    kinds = frozenset((kind_a, kind_b))
    if kinds == {"location", "follow_line"}:
        return about_a == about_b
    for where, place, other in ((kind_a, about_a, kind_b), (kind_b, about_b, kind_a)):
        if where == "location" and other in _ANSWERED_BY_PLACE:
            return _ANSWERED_BY_PLACE[other] in place
    return kinds in _OVERLAP and (about_a == about_b or not (about_a and about_b))


def near_miss(fact: Fact, rng: Random) -> Fact:
    """A fact that retrieval might bring in vain: of the same kind about something else, or about the same place."""
    if fact.place and rng.random() < 0.5:
        other = rng.choice(
            [
                k
                for k in ("location", "place_hours", "phone")
                if k != fact.key[0] and not (fact.key[0] == "follow_line" and k == "location")
            ]
        )
        return make(rng, other, fact.place)
    for _ in range(10):
        candidate = make(rng, fact.key[0])
        if not confusable(fact, candidate):
            return candidate
    return make(rng, "general")
