"""Held-out figures of the exported model, through the appliance's own llama.cpp engine."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import yaml

from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings
from appliance.core.facts import Message
from appliance.core.turn import Turn
from appliance.engines.llm.llama import LlamaModel

from . import dialogue, public
from .wording import HERE, corrupt

SYSTEM = Message(
    "system",
    "You are Ada, the voice assistant at St Catherine's Hospital. Answer in one or two short sentences. "
    "Use only the facts given.",
)
REFUSAL = re.compile(r"don't know|don't have")


def grammar(slots: list[str]) -> str:
    """GBNF of the ``understand`` reply."""
    intents = " | ".join(f'"{intent}"' for intent in dialogue.INTENTS)
    optional = " ".join(f'(", \\"{slot}\\": \\"" value)?' for slot in slots)
    return (
        f'root ::= "{{\\"intent\\": \\"" intent "\\"" {optional} "}}"\n'
        f"intent ::= {intents}\n"
        'value ::= " " [a-z0-9:.\' -]{1,60} "\\""\n'
    )


@dataclass
class Report:
    right: dict[str, list[bool]] = field(default_factory=dict)
    wrong: list[dict[str, str]] = field(default_factory=list)

    def note(self, kind: str, ok: bool, **what: str) -> None:
        self.right.setdefault(kind, []).append(ok)
        if not ok:
            self.wrong.append({"kind": kind, **what})


class Speaker:
    def __init__(self, path: Path, threads: int) -> None:
        brain, voice = BrainSettings(model=path), VoiceSettings(model=Path("none"))
        settings = Settings(site=Path("none"), ear=EarSettings(), brain=brain, voice=voice, threads=threads)
        self.model = LlamaModel(settings)

    def reply(self, *messages: tuple[str, str], rules: str | None = None) -> str:
        prompt = [SYSTEM, *(Message(role, text) for role, text in messages)]  # type: ignore[arg-type]
        return "".join(self.model.generate(prompt, Turn(0), max_tokens=90, grammar=rules))

    def ends(self, *messages: tuple[str, str], text: str) -> float:
        return self.model.end_of_turn_probability([SYSTEM, *(Message(r, t) for r, t in messages)], text)  # type: ignore[arg-type]


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9:. ]", " ", text.lower()).replace("  ", " ")


def _holds(reply: str, needed: list[str]) -> bool:
    return all(_plain(str(word)) in _plain(reply) for word in needed)


def _facts(speaker: Speaker, items: list[Any], off_topic: list[str], report: Report, rng: Random) -> None:
    for rate, label in ((0.0, ""), (0.2, ", 20 % words corrupted")):
        for fact, questions, needed in items:
            others = [f for f, _, n in items if f != fact and not set(map(str, n)) & set(map(str, needed))]
            for asked in questions:
                question = corrupt(asked, rng, rate)
                reply = speaker.reply(("user", question), ("facts", f"fact: {fact}"))
                report.note(f"says the one fact{label}", _holds(reply, needed), asked=question, fact=fact, reply=reply)
                listed = [fact, *rng.sample(others, 2)]
                rng.shuffle(listed)
                reply = speaker.reply(("user", question), ("facts", "facts:\n" + "\n".join(f"- {f}" for f in listed)))
                report.note(
                    f"chooses among three{label}", _holds(reply, needed), asked=question, fact=fact, reply=reply
                )
    for asked in [q for _, qs, _ in items for q in qs[:1]] + off_topic:
        others = [f for f, qs, _ in items if asked not in qs]
        reply = speaker.reply(
            ("user", asked), ("facts", "facts:\n" + "\n".join(f"- {f}" for f in rng.sample(others, 2)))
        )
        report.note("refuses when none of two fits", bool(REFUSAL.search(reply)), asked=asked, reply=reply)
        reply = speaker.reply(("user", asked), ("facts", "none"))
        report.note("refuses on `none`", bool(REFUSAL.search(reply)), asked=asked, reply=reply)


def _understanding(
    speaker: Speaker, items: list[Any], texts: public.PublicTexts | None, report: Report, rng: Random
) -> None:
    asked = ["name", "doctor", "day", "time"]
    for text, expected in items:
        found = _parse(speaker.reply(("user", text), ("tool", f"understand: {', '.join(asked)}"), rules=grammar(asked)))
        report.note(
            "intent, hand-written", found.get("intent") == expected["intent"], said=text, found=json.dumps(found)
        )
        report.note("intent and slots, hand-written", found == expected, said=text, found=json.dumps(found))
    if texts is None:
        return
    restaurant = [s for s in texts.slotted if s.intent in ("inform", "book")]
    for sentence in rng.sample(restaurant, 200):
        slots = ["name", "day", "time", "people"]
        expected = {k: v for k, v in sentence.slots.items() if k in slots}
        before = (
            [
                (
                    "assistant",
                    {
                        "day": "for which day?",
                        "time": "at what time?",
                        "people": "for how many people?",
                        "name": "what name is it under?",
                    }[sentence.requested],
                )
            ]
            if sentence.requested in slots
            else []
        )
        found = _parse(
            speaker.reply(
                *before, ("user", sentence.text), ("tool", f"understand: {', '.join(slots)}"), rules=grammar(slots)
            )
        )
        found.pop("intent", None)
        report.note(
            "slots, restaurant8k test half",
            found == expected,
            said=sentence.text,
            found=json.dumps(found),
            expected=json.dumps(expected),
        )


def _parse(reply: str) -> dict[str, str]:
    try:
        return {key: value.strip() for key, value in json.loads(reply).items()}
    except json.JSONDecodeError:
        return {}


def _auc(whole: list[float], cut: list[float]) -> float:
    a, b = np.array(whole)[:, None], np.array(cut)[None]
    return float((a > b).mean() + 0.5 * (a == b).mean())


def _end_of_turn(
    speaker: Speaker, held_out: dict[str, Any], texts: public.PublicTexts | None, rng: Random
) -> dict[str, dict[str, float]]:
    groups: dict[str, list[tuple[tuple[tuple[str, str], ...], str]]] = {
        "site questions": [((), q) for _, questions, _ in held_out["facts"] for q in questions],
        "requests and answers": [
            ((("user", "i need an appointment"), ("assistant", "for which day?")) if e["intent"] == "inform" else (), t)
            for t, e in held_out["understand"]
        ],
    }
    if texts is not None:
        groups["clinc150 test half"] = [
            ((), t) for t in rng.sample([t for t in texts.questions + texts.wishes if 5 <= len(t.split()) <= 14], 150)
        ]
    out = {}
    for name, items in groups.items():
        whole, cut = [], []
        for history, text in items:
            words = text.split()
            if len(words) < 3:
                continue
            whole.append(speaker.ends(*history, text=text))
            cut.append(
                speaker.ends(*history, text=" ".join(words[: rng.randint(max(1, len(words) // 3), len(words) - 1)]))
            )
        threshold = float(np.quantile(cut, 0.95))
        out[name] = {
            "auc": _auc(whole, cut),
            "sentences": len(whole),
            "ends found at 5 % false": float((np.array(whole) > threshold).mean()),
            "threshold": threshold,
        }
    return out


def _speed(speaker: Speaker) -> dict[str, float]:
    """Milliseconds, medians of five."""
    fact = ("facts", "fact: The pharmacy is on the ground floor, next to the main entrance.")
    times: dict[str, list[float]] = {"first token, cold": [], "first token, prefix warm": [], "ms per token": []}
    for i in range(5):
        question = f"where is the pharmacy number {i}"
        for label in ("first token, cold", "first token, prefix warm"):
            if label.endswith("cold"):
                speaker.model.prefill([Message("system", f"{i}")], "x", Turn(0))
            else:
                speaker.model.prefill([SYSTEM], question + " please", Turn(0))
                question += " please"
            began = time.perf_counter()
            pieces = speaker.model.generate([SYSTEM, Message("user", question), Message(*fact)], Turn(0))  # type: ignore[arg-type]
            next(pieces)
            first = time.perf_counter()
            count = sum(1 for _ in pieces)
            times[label].append((first - began) * 1e3)
            times["ms per token"].append((time.perf_counter() - first) * 1e3 / max(1, count))
    return {label: float(np.median(values)) for label, values in times.items()}


def evaluate(model: Path, folder: Path, report_path: Path | None, threads: int) -> dict[str, Any]:
    """Print the figures; also write them, with every wrong answer, to ``report_path``."""
    held_out = yaml.safe_load((HERE / "heldout.yaml").read_text(encoding="utf-8"))
    texts = public.read(folder, held_out=True) if folder.is_dir() else None
    rng = Random(20261122)
    speaker, report = Speaker(model, threads), Report()
    _facts(speaker, held_out["facts"], held_out["off_topic"], report, rng)
    for content, needed in held_out["tool"]:
        reply = speaker.reply(("user", "okay"), ("tool", content))
        report.note("says what the host decided", _holds(reply, needed), content=content, reply=reply)
    _understanding(speaker, held_out["understand"], texts, report, rng)
    figures: dict[str, Any] = {
        kind: {"right": float(np.mean(oks)), "of": len(oks)} for kind, oks in report.right.items()
    }
    figures["end of turn"] = _end_of_turn(speaker, held_out, texts, rng)
    figures["speed"] = _speed(speaker)
    print(json.dumps(figures, indent=1))
    if report_path is not None:
        report_path.write_text(json.dumps({"figures": figures, "wrong": report.wrong}, indent=1), encoding="utf-8")
    return figures
