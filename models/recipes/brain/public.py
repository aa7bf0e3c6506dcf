"""Public texts that widen the generator's wordings. Read by path, never copied; only their training halves are used.

clinc150 (CC BY 3.0); banking77, restaurant8k, SLURP text, Taskmaster-4 and MTS-Dialog (CC BY 4.0): JSON lines.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from .wording import as_heard

_SMALLTALK = {
    "greeting": "hello",
    "thank_you": "thanks",
    "goodbye": "bye",
    "are_you_a_bot": "who",
    "what_is_your_name": "who",
    "what_can_i_ask_you": "can",
}
_AMBIGUOUS = set(
    (
        "book_hotel book_flight restaurant_reservation schedule_meeting cancel_reservation cancel "
        "confirm_reservation accept_reservations maybe repeat user_name change_user_name how_busy meeting_schedule "
        "calendar calendar_update schedule_maintenance make_call directions date time how_old_are_you "
        "where_are_you_from who_do_you_work_for who_made_you what_are_your_hobbies do_you_have_pets"
    ).split()
)
_WH = re.compile(
    r"(what|where|when|who|whose|which|why|how|is|are|do|does|did|can you tell|could you tell|tell me|will|was|were|has"
    r"|have you|am i|i want to know)\b"
)


@dataclass
class Slotted:
    """A sentence, and which of its words fill which slots."""

    text: str
    slots: dict[str, str]
    requested: str | None = None
    intent: str | None = None


@dataclass
class PublicTexts:
    smalltalk: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    yes: list[str] = field(default_factory=list)
    no: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    """off-topic questions"""
    wishes: list[str] = field(default_factory=list)
    """off-topic requests"""
    slotted: list[Slotted] = field(default_factory=list)
    statements: list[str] = field(default_factory=list)
    """sentences that serve as facts of any wording"""

    def off_topic(self, rng: Random) -> str:
        return rng.choice(self.questions if rng.random() < 0.7 else self.wishes)


def _lines(path: Path) -> list[dict[str, object]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[?!,;\"()]|\.(?!\d)", " ", text.lower().replace("\u2019", "'"))).strip()


def read(folder: Path, held_out: bool = False) -> PublicTexts:
    """The training half of the texts in ``folder``, or their test half."""
    out = PublicTexts()
    train = not held_out
    for row in _lines(folder / "clinc150.jsonl"):
        text, intent, split = _plain(str(row["text"])), str(row["intent"]), str(row["split"])
        if (split in ("train", "oos_train", "oos_val", "val")) != train or intent in _AMBIGUOUS:
            continue
        if intent in _SMALLTALK:
            out.smalltalk[_SMALLTALK[intent]].append(text)
        elif intent in ("yes", "no"):
            (out.yes if intent == "yes" else out.no).append(text)
        else:
            (out.questions if _WH.match(text) else out.wishes).append(text)
    for row in _lines(folder / "banking77.jsonl"):
        if (row["split"] == "train") == train:
            text = _plain(str(row["text"]))
            if len(text.split()) < 25:
                (out.questions if _WH.match(text) else out.wishes).append(text)
    for row in _lines(folder / "restaurant8k.jsonl"):
        if (row["split"] == "train_0") == train and (sentence := _restaurant(row)):
            out.slotted.append(sentence)
    slurp = _lines(folder / "slurp_text.jsonl")
    for row in slurp:
        if (row["split"] == "devel") == train and (sentence := _slurp(row)):
            out.slotted.append(sentence)
    if train:
        for name, key in (("taskmaster4_400", "turns"), ("mts_dialog", "turns")):
            for row in _lines(folder / f"{name}.jsonl"):
                for turn in row[key]:  # type: ignore[union-attr, attr-defined]
                    for sentence in re.split(r"(?<=[.!])\s+", turn["text"].lower().replace("\u2019", "'")):
                        if (
                            6 <= len(sentence.split()) <= 20
                            and sentence.endswith(".")
                            and sentence.isascii()
                            and ":" not in sentence
                        ):
                            out.statements.append(sentence)
    return out


def _restaurant(row: dict[str, object]) -> Slotted | None:
    text = _plain(str(row["text"]))
    requested: list[str] = row["requested"] or []  # type: ignore[assignment]
    slots: dict[str, str] = {}
    names = {"date": "day", "time": "time", "people": "people", "first_name": "first name", "last_name": "last name"}
    for slot in row["slots"] or []:  # type: ignore[attr-defined]
        value = _plain(slot["value"])
        if names[slot["slot"]] in slots or not re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text):
            return None
        slots[names[slot["slot"]]] = value
    if "first name" in slots and "last name" in slots:
        full = f"{slots['first name']} {slots['last name']}"
        if full in text:
            del slots["first name"], slots["last name"]
            slots["name"] = full
    if requested and not slots:
        return None
    if requested:
        intent = "inform"
    elif re.search(r"\b(book|reserve|reservation|table for|make a)\b", text) and slots:
        intent = "book"
    else:
        return None
    asked = {"date": "day", "time": "time", "people": "people"}.get(requested[0], "name") if requested else None
    return Slotted(text, slots, asked, intent)


def _slurp(row: dict[str, object]) -> Slotted | None:
    slots: dict[str, str] = {}
    for name, value in re.findall(r"\[([^:\]]+) : ([^\]]+)\]", str(row["annotated"])):
        name = {"date": "day"}.get(name.strip(), name.strip().replace("_", " "))
        if name in slots:
            return None
        slots[name] = _plain(value)
    text = _plain(str(row["text"]))
    if not slots or any(not re.search(rf"(?<!\w){re.escape(v)}(?!\w)", text) for v in slots.values()):
        return None
    return Slotted(text, slots, None, "question" if _WH.match(text) else "other")


def about(statement: str, rng: Random) -> str:
    """A question that shares its rarer words with ``statement``."""
    words = [w for w in re.findall(r"[a-z']+", statement) if len(w) > 4] or statement.split()
    start = rng.randrange(len(words))
    topic = " ".join(words[start : start + rng.randint(1, 3)])
    return as_heard(
        rng.choice(
            [
                "what about {}",
                "tell me about {}",
                "{}",
                "i have a question about {}",
                "how is it with {}",
                "what can you say about {}",
                "do you know about {}",
            ]
        ).format(topic),
        rng,
    )
