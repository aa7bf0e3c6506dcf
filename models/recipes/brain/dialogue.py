"""Whole conversations in the prompt format of README.md."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import NamedTuple

from . import booking, facts, wording
from .public import PublicTexts, about
from .wording import WEEKDAYS, as_heard, corrupt, expand, visitors, vocabulary


class Message(NamedTuple):
    role: str
    text: str
    learn: bool = True
    """whether an assistant message is a target (one whose facts were left out of the history is not)"""


REFUSALS = [
    "i'm sorry, i don't know that. shall i call someone?",
    "i don't have that information, sorry. shall i call someone?",
]
INTENTS = (
    "question",
    "book",
    "move",
    "cancel",
    "free_slots",
    "inform",
    "yes",
    "no",
    "person",
    "goodbye",
    "smalltalk",
    "other",
)


def system(rng: Random) -> tuple[str, str, str]:
    """A persona with rules; also its name and place."""
    words = vocabulary()
    name = rng.choice(words["assistants"])
    kind = rng.choice(words["sites"])
    site = rng.choice(
        [
            f"{wording.surname(rng)} {kind}",
            f"st {rng.choice(words['first_names'])}'s {kind}",
            f"{rng.choice(words['adjectives'])} {kind}",
            f"the {rng.choice(words['adjectives'])} {rng.choice(words['adjectives'])} {kind}",
        ]
    )
    assistant = "(voice assistant|reception assistant|assistant|receptionist)"
    who = expand(f"(you are|this is|your name is) {name}, the {assistant} (at|of|in) {site}.", rng)
    rules = rng.sample(words["rules"], rng.randint(0, 5))
    return expand(" ".join([who, *rules]), rng, {"weekday": rng.choice(WEEKDAYS)}), name, site


def _fact_turn(rng: Random, public: PublicTexts) -> list[Message]:
    """A question that the host's facts answer."""
    if rng.random() < 0.18:
        return _statement_turn(rng, public)
    fact = facts.make(rng)
    answer = fact.answer(rng)
    if fact.text.endswith(".") and rng.random() < 0.4:
        more = facts.another_sentence(rng) if rng.random() < 0.8 else rng.choice(public.statements)
        fact, answer = replace(fact, text=f"{fact.text} {more}"), f"{answer} {more}"
    if rng.random() < 0.75:  # the host is sure: say it, however garbled the question
        question = fact.question(rng)
        if rng.random() < 0.15:
            question = rng.choice(
                ["pardon", "can you repeat that", "sorry what", "again please", public.off_topic(rng)]
            )
        question = corrupt(question, rng, rng.choice([0, 0, 0.1, 0.2, 0.4]))
        user = Message("user", as_heard(question, rng))
        return [user, Message("facts", f"fact: {fact.text}"), Message("assistant", answer)]
    question = fact.question(rng)
    wanted = [fact]
    if rng.random() < 0.08:
        other = (
            facts.make(rng, place=fact.place, kind=rng.choice(["place_hours", "phone"]))
            if fact.place and rng.random() < 0.5
            else facts.make(rng)
        )
        if not facts.confusable(fact, other) and other.key != fact.key:
            question, answer = f"{question} and {expand(rng.choice(other.ask), rng)}", f"{answer} {other.answer(rng)}"
            wanted.append(other)
    listed = wanted + _distractors(wanted, rng, rng.randint(0 if len(wanted) > 1 else 1, 3))
    if rng.random() < 0.5:  # retrieval mostly brings the best first
        rng.shuffle(listed)
    question = corrupt(question, rng, rng.choice([0, 0, 0, 0.1]))
    return [Message("user", as_heard(question, rng)), Message("facts", _list(listed)), Message("assistant", answer)]


def _distractors(wanted: list[facts.Fact], rng: Random, count: int) -> list[facts.Fact]:
    out: list[facts.Fact] = []
    for _ in range(count * 3):
        if len(out) == count:
            break
        candidate = facts.near_miss(wanted[0], rng) if rng.random() < 0.6 else facts.make(rng)
        if not any(facts.confusable(w, candidate) or w.key == candidate.key for w in [*wanted, *out]):
            out.append(candidate)
    return out


def _list(listed: list[facts.Fact]) -> str:
    return "facts:\n" + "\n".join(f"- {fact.text}" for fact in listed)


def _statement_turn(rng: Random, public: PublicTexts) -> list[Message]:
    """Facts of any wording at all: the sentence that shares words with the question is the answer."""
    sentences = rng.sample(public.statements, rng.randint(2, 5))
    pieces = [sentences[0] + (f" {sentences.pop()}" if len(sentences) > 3 else ""), *sentences[1:]]
    target = rng.choice(pieces) if rng.random() < 0.8 else pieces[0]
    user = about(target.split(".")[0], rng)
    content = f"fact: {target}" if rng.random() < 0.5 else "facts:\n" + "\n".join(f"- {piece}" for piece in pieces)
    return [Message("user", user), Message("facts", content), Message("assistant", target)]


def _refusal_turn(rng: Random, public: PublicTexts) -> list[Message]:
    """A question that no fact answers, though some come close."""
    kind = rng.random()
    refusal = Message("assistant", rng.choice(REFUSALS))
    if kind < 0.2:
        fact = facts.make(rng)
        question = fact.question(rng) if rng.random() < 0.5 else public.off_topic(rng)
        return [Message("user", as_heard(question, rng)), Message("facts", "none"), refusal]
    if kind < 0.5:
        question = public.off_topic(rng)
        listed = [facts.make(rng) for _ in range(rng.randint(1, 4))]
    else:
        fact = facts.make(rng)
        question = fact.question(rng)
        listed = _distractors([fact], rng, rng.randint(1, 4)) or [facts.make(rng, "general")]
        listed = [f for f in listed if not facts.confusable(fact, f)] or [facts.make(rng, "fire")]
    return [
        Message("user", as_heard(corrupt(question, rng, rng.choice([0, 0, 0.15])), rng)),
        Message("facts", _list(listed)),
        refusal,
    ]


def _host_turn(rng: Random, public: PublicTexts) -> list[Message]:
    """Something the host decided, to be said."""
    kind = rng.random()
    said = {
        s: booking.SPOKEN[s](rng) for s in rng.sample(["name", "doctor", "day", "time"], rng.choice([0, 0, 1, 1, 2]))
    }
    user = (
        booking.opening(rng.choice(["book", "book", "move", "cancel", "free_slots"]), said, rng)
        if rng.random() < 0.5
        else _answer(rng)[1]
    )
    if kind < 0.3:
        content, reply = booking.ask(rng)
    elif kind < 0.6:
        content, reply = booking.confirm(rng)
    else:
        content, reply = booking.result(rng)
        user = rng.choice(visitors()["agree"] + public.yes[:40]) if rng.random() < 0.6 else user
    return [Message("user", as_heard(user, rng)), Message("tool", content), Message("assistant", reply)]


def _answer(rng: Random) -> tuple[str, str, str]:
    """Slot, sentence and value of a visitor's answer."""
    slot = rng.choice(
        ["name", "name", "day", "day", "time", "time", "doctor", "service", "reference", "people", "phone"]
    )
    value = booking.SPOKEN[slot](rng)
    return slot, booking.bare_answer(slot, value, rng), value


def _chat_turn(rng: Random, public: PublicTexts, name: str, site: str) -> list[Message]:

    def mix(own: list[str], kind: str) -> str:
        return rng.choice(own if rng.random() < 0.6 or not public.smalltalk[kind] else public.smalltalk[kind])

    kind = rng.choice(["hello", "thanks", "bye", "who", "can", "how", "person"])
    if kind == "hello":
        user, reply = (
            mix(visitors()["hello"], "hello"),
            rng.choice([f"hello, this is {name} at {site}. how can i help you?", "hello. how can i help you?"]),
        )
    elif kind == "thanks":
        user, reply = (
            mix(visitors()["thanks"], "thanks"),
            rng.choice(["you're welcome. is there anything else?", "you're welcome."]),
        )
    elif kind == "bye":
        user, reply = mix(visitors()["bye"], "bye"), rng.choice(["goodbye. have a nice day.", "goodbye."])
    elif kind == "who":
        user, reply = (
            mix(visitors()["who"], "who"),
            f"i'm {name}, the voice assistant at {site}, a computer program. how can i help you?",
        )
    elif kind == "can":
        user, reply = (
            mix(visitors()["can"], "can"),
            "i can answer questions about this place and help you with appointments.",
        )
    elif kind == "how":
        user, reply = rng.choice(visitors()["how"]), "i'm well, thank you. how can i help you?"
    else:
        user, reply = (
            expand(rng.choice(visitors()["person"]), rng),
            "of course. i'll call someone for you, please wait here.",
        )
    return [Message("user", as_heard(user, rng)), Message("tool", "chat"), Message("assistant", reply)]


# --- understanding ---------------------------------------------------------------------------------------------------

_USUAL_SLOTS = ["name", "doctor", "day", "time"]


def _json(intent: str, asked: list[str], slots: dict[str, str]) -> str:
    return json.dumps({"intent": intent, **{s: f" {slots[s]}" for s in asked if s in slots}})


def _heard(text: str, protected: dict[str, str], rng: Random, rate: float) -> str:
    """A recogniser's version of ``text`` in which the values stay as they are (what was heard *is* the value)."""
    text = as_heard(text, rng)
    if not rate:
        return text
    marks = {f"zq{i}q": value for i, value in enumerate(protected.values())}
    for mark, value in marks.items():
        text = text.replace(value, mark, 1)
    out = " ".join(word if word in marks else corrupt(word, rng, rate) for word in text.split())
    for mark, value in marks.items():
        out = out.replace(mark, value)
    return out


def understand(rng: Random, public: PublicTexts, name: str) -> list[Message]:
    """What the visitor wants and which values were said, as JSON."""
    asked = list(_USUAL_SLOTS)
    if rng.random() < 0.6:
        asked = rng.sample(
            [*_USUAL_SLOTS, "service", "reference", "people", "phone"], rng.choice([1, 1, 2, 3, 4, 5, 6])
        )
    before: list[Message] = []
    slots: dict[str, str] = {}
    kind = rng.random()
    rate = rng.choice([0, 0, 0, 0.1, 0.2])
    if kind < 0.34:
        intent = rng.choices(["book", "move", "cancel", "free_slots"], [4, 2, 2, 2])[0]
        pool = {
            "book": ["doctor", "service", "day", "time", "name", "people"],
            "move": ["day", "time", "name", "reference"],
            "cancel": ["day", "name", "reference"],
            "free_slots": ["doctor", "service", "day"],
        }[intent]
        slots = {
            s: booking.SPOKEN[s](rng) for s in pool if rng.random() < (0.45 if s in ("day", "time", "doctor") else 0.22)
        }
        if "service" in slots and "doctor" in slots:
            del slots["service"]
        text = booking.opening(intent, slots, rng)
    elif kind < 0.6:
        intent = "inform"
        slot, text, value = _answer(rng)
        slots = {slot: value}
        if rng.random() < 0.4:  # a host that only doubts the one it asked for
            asked = [slot]
        elif slot not in asked:
            asked.insert(rng.randint(0, len(asked)), slot)
        if rng.random() < 0.15 and (second := rng.choice([s for s in _USUAL_SLOTS if s != slot])):
            slots[second] = booking.SPOKEN[second](rng)
            text = f"{text} {rng.choice(['', 'and'])} {booking.bare_answer(second, slots[second], rng)}"
        if rng.random() < 0.25:
            text = expand(f"(no|no sorry|sorry|no no|wait|actually|no actually) (|make it|i meant|i said) {text}", rng)
            intent = "no" if text.startswith("no") else "inform"
            before = [Message("assistant", booking.confirm(rng)[1], False)]
        elif rng.random() < 0.8:
            before = [Message("assistant", expand(rng.choice(visitors()["asks"][slot]), rng), False)]
    elif kind < 0.72:
        chosen = rng.choice(public.slotted)
        text, slots, intent = chosen.text, chosen.slots, chosen.intent or "other"
        others = [
            s
            for s in asked
            if s not in slots
            and not (s == "name" and any("name" in k for k in slots))
            and s not in ("service", "phone", "reference")
        ]
        asked = list(slots) + rng.sample(others, min(len(others), rng.randint(0, 2)))
        if rng.random() < 0.6:
            rng.shuffle(asked)
        if chosen.requested in visitors()["asks"]:
            before = [Message("assistant", expand(rng.choice(visitors()["asks"][chosen.requested]), rng), False)]
    else:
        intent = rng.choices(
            ["question", "yes", "no", "person", "goodbye", "smalltalk", "other"], [6, 2, 2, 2, 2, 3, 1.5]
        )[0]
        if intent == "question":
            text = facts.make(rng).question(rng) if rng.random() < 0.75 else rng.choice(public.questions)
        elif intent in ("yes", "no"):
            text = (
                rng.choice(visitors()["agree"] if intent == "yes" else visitors()["decline"])
                if rng.random() < 0.6
                else rng.choice(public.yes if intent == "yes" else public.no)
            )
            before = [Message("assistant", booking.confirm(rng)[1], False)] if rng.random() < 0.7 else []
        elif intent == "person":
            text = expand(f"{wording.BEFORE} {rng.choice(visitors()['person'])}", rng)
        elif intent == "goodbye":
            text = rng.choice(visitors()["bye"]) if rng.random() < 0.6 else rng.choice(public.smalltalk["bye"])
        elif intent == "smalltalk":
            text = (
                rng.choice(
                    visitors()["hello"]
                    + visitors()["thanks"]
                    + visitors()["who"]
                    + visitors()["can"]
                    + visitors()["how"]
                )
                if rng.random() < 0.6
                else rng.choice(public.smalltalk[rng.choice(["hello", "thanks", "who", "can"])])
            )
        else:
            text = rng.choice(public.wishes)
        rate = min(rate, 0.1)
    user = _heard(text, slots, rng, rate)
    slots = {s: v for s, v in slots.items() if v in user}
    return [
        *before,
        Message("user", user),
        Message("tool", f"understand: {', '.join(asked)}"),
        Message("assistant", _json(intent, asked, slots)),
    ]


# --- whole conversations ---------------------------------------------------------------------------------------------


def dialogue(rng: Random, public: PublicTexts, longest: int = 6) -> list[Message]:
    """One training sequence: a conversation of up to ``longest`` turns."""
    prompt, name, site = system(rng)
    out = [Message("system", prompt)]
    talk = rng.random() >= 0.36
    turns = rng.randint(1, longest)
    if not talk and rng.random() < 0.7:
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            out += _speech_turn(rng, public, name, site)
        out = _without_notes(out) if rng.random() < 0.4 else out
        tail = understand(rng, public, name)
        return out + (
            tail
            if len(out) > 1 or tail[0].role == "user"
            else [Message("user", as_heard(booking.opening("book", {}, rng), rng)), *tail]
        )
    for _ in range(turns):
        out += (
            _speech_turn(rng, public, name, site)
            if talk
            else [m for m in understand(rng, public, name) if m.role != "assistant" or m.learn]
        )
    if talk and turns > 1 and rng.random() < 0.25:
        out = _without_notes(out[:-3]) + out[-3:]
    return out


def _speech_turn(rng: Random, public: PublicTexts, name: str, site: str) -> list[Message]:
    kind = rng.random()
    if kind < 0.64:
        return _fact_turn(rng, public)
    if kind < 0.74:
        return _refusal_turn(rng, public)
    if kind < 0.93:
        return _host_turn(rng, public)
    return _chat_turn(rng, public, name, site)


def _without_notes(messages: list[Message]) -> list[Message]:
    """A history whose facts and tool messages were dropped; its replies are context, not targets."""
    return [m._replace(learn=m.role != "assistant") for m in messages if m.role not in ("facts", "tool")]
