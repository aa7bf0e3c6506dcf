"""Measures the brain through the daemon's own path: held-out questions and scripted booking dialogues, text in.

Questions are asked one by one to a fresh conversation of a responder that is built as the daemon builds it: the real
retrieval, chat model, tools and checks. A question is answered rightly when the reply rests on the right entry and
holds its figures, its critical words and most of its other content (``coverage.covers``), or the words that the
sheet demands. When the responder asks back ("did you mean …?"), the visitor says yes if that is it and no otherwise. An
answer after that is counted apart. An answer to a question that the site cannot answer, or one that rests on another
entry, is *confidently wrong*. Dialogues are complete when every appointment afterwards is exactly the wanted one.

Misheard questions come from ``corruption``. All seeds are fixed. They are asked twice: first as an ear reports them
that is not sure of words of which more than ``UNCLEAR`` are wrong, then as if the ear were sure. The responder
may ask the visitor to repeat words of which the ear is not sure. The visitor then says the same, and it is misheard
again, by another draw at the same rate. Time is fixed to a Wednesday afternoon.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from appliance.bench.markdown import Row, percent
from appliance.bench.questions import Answers, Asked, Engines, Rig, ask_all, clear, open_engines, say_answers, share
from appliance.bench.workbench.corruption import Mishearing
from appliance.bench.workbench.material import QUESTIONS, Half, read
from appliance.brain.responder import system_prompt
from appliance.config.box import Settings
from appliance.config.site import Site, load_site
from appliance.core.facts import Message, Outcome, Transcript
from appliance.core.ports import PortError, Session
from appliance.core.turn import Turn

NOW = datetime(2026, 11, 18, 14, 45)
"""Date and time at which everything is asked: a Wednesday."""

MISHEARD_RATE = 0.2
"""Share of words that are wrong in misheard questions."""

UNCLEAR = 0.1
"""Share of wrong words above which the ear is not sure of what it heard."""

_UNTUNED = ("ordinary", "dental", "library")
"""Sheets with which no weight, threshold or sentence was chosen: the hospital's visitors in ordinary people's words,
and two small sites as newcomers write them, with four or five ``ask`` lines a fact. They are counted apart."""

LONGEST_DIALOGUE = 14
"""The most turns of the visitor before a dialogue counts as lost."""


@dataclass(frozen=True, slots=True)
class Found:
    """Figures of the retrieval alone."""

    asked: int
    first: int
    """number of questions for which the right entry came first"""
    auc: float
    """probability that a known question gets a higher top probability than an unknown one"""


@dataclass(frozen=True, slots=True)
class Dialogues:
    """Figures of booking dialogues."""

    held: int
    completed: int
    slots: int
    """slots that had to be heard"""
    slots_right: int
    """those of them that are right in the appointment"""
    lost: tuple[str, ...]
    """first lines of the dialogues that went wrong"""


@dataclass(frozen=True, slots=True)
class FirstToken:
    """Milliseconds from the question to the model's first token, medians."""

    turns: int
    warm_ms: float
    """where the words were prefilled while the visitor spoke"""
    cold_ms: float
    """where nothing was evaluated before"""


@dataclass(frozen=True, slots=True)
class BrainFigures:
    """All figures of the brain."""

    half: str
    clean: Answers
    misheard: Answers
    """misheard questions from an ear that knows when it is not sure"""
    taken_for_clear: Answers
    """the same words from an ear that is sure of all of them"""
    phrased: Answers
    """clean questions, with the facts in the model's words (``brain.composed``) instead of the site's"""
    found_clean: Found
    found_misheard: Found
    dialogues: Dialogues
    first_token: FirstToken
    sites: Mapping[str, Answers] = field(default_factory=dict)
    """clean questions, by site"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for name, answers in (
            *((name, answers) for name, answers in self.sites.items()),
            ("all", self.clean),
            (f"{MISHEARD_RATE:.0%} of the words misheard", self.misheard),
            ("the same words, by an ear that is sure of all", self.taken_for_clear),
            ("facts in the model's words", self.phrased),
        ):
            yield from answer_rows(name, answers)
        answered = self.phrased.right + self.phrased.asked_back + self.phrased.wrong
        yield Row("the model's words replaced by the fact", percent(self.phrased.replaced, answered), answered)
        for name, found in (("", self.found_clean), (", misheard", self.found_misheard)):
            yield Row(f"retrieval alone: right entry first{name}", percent(found.first, found.asked), found.asked)
            every = self.clean.asked + self.clean.absent
            yield Row(f"retrieval alone: known told from unknown{name}, AUC", f"{found.auc:.3f}", every)
        d = self.dialogues
        yield Row("booking dialogues exactly right", percent(d.completed, d.held), d.held)
        yield Row("slots of them", percent(d.slots_right, d.slots), d.slots)
        token = self.first_token
        yield Row("first token, warm and cold, median", f"{token.warm_ms:.0f} and {token.cold_ms:.0f} ms", token.turns)

    def table(self) -> str:
        """The figures as text for a reader."""
        answered = self.phrased.right + self.phrased.asked_back + self.phrased.wrong
        lines = [
            f"questions ({self.half} half): {self.clean.asked} the sites can answer, {self.clean.absent} they cannot",
            *(say_answers(f"  {name}", a) for name, a in self.sites.items()),
            say_answers("clean", self.clean),
            say_answers(f"{MISHEARD_RATE:.0%} of the words misheard", self.misheard),
            say_answers("  ... the ear sure of all of them", self.taken_for_clear),
            say_answers("clean, facts in the model's words", self.phrased),
            f"model's words replaced by the fact: {share(self.phrased.replaced, answered)}",
            f"retrieval alone: right entry first {share(self.found_clean.first, self.found_clean.asked)}, "
            f"misheard {share(self.found_misheard.first, self.found_misheard.asked)}; known or unknown: "
            f"AUC {self.found_clean.auc:.3f}, misheard {self.found_misheard.auc:.3f}",
            f"booking dialogues completed exactly: {share(self.dialogues.completed, self.dialogues.held)}; "
            f"slots {share(self.dialogues.slots_right, self.dialogues.slots)}",
            *(f"  lost: {opening}" for opening in self.dialogues.lost),
            f"first token, median of {self.first_token.turns}: {self.first_token.warm_ms:.0f} ms warm, "
            f"{self.first_token.cold_ms:.0f} ms cold",
        ]
        return "\n".join(lines)


def answer_rows(name: str, a: Answers) -> Iterator[Row]:
    """Yield the rows of a table about how questions were answered."""
    every = a.asked + a.absent
    right = f"{percent(a.right, a.asked)}; {percent(a.right + a.asked_back, a.asked)}"
    yield Row(f"{name}: right at once; after asking back", right, a.asked)
    wrong = f"{100 * a.confidently_wrong:.1f} %; {percent(a.repeats, every)}"
    yield Row(f"{name}: confidently wrong; asked to say it again", wrong, every)
    refused = f"{percent(a.absent_refused, a.absent)}; {a.guesses / max(1, a.absent):.2f}"
    yield Row(f"{name}, fact absent: refused; guesses in vain for each", refused, a.absent)
    yield Row(f'{name}: "did you mean …?" was asked', percent(a.suggested, every), every)


def evaluate(
    settings: Settings,
    site: Site | None,
    shared: Path,
    limit: int | None = None,
    half: Half = "test",
    engines: Engines | None = None,
) -> BrainFigures:
    """Measure the brain of ``settings``. ``limit`` takes the first so many questions of each site and dialogues.

    Takes minutes. The questions come with their own sites and nothing of them is in the evaluation data, so ``site``
    and ``shared`` play no part. Raises PortError.
    """
    del site, shared
    engines = engines or open_engines(settings)
    clean: list[Answers] = []
    phrased: list[Answers] = []
    misheard: list[Answers] = []
    taken_for_clear: list[Answers] = []
    found: dict[bool, list[tuple[Asked, Any]]] = {False: [], True: []}
    sites: dict[str, Answers] = {}
    with tempfile.TemporaryDirectory() as directory:
        for name in ("hospital", "museum"):
            sheet = read(name, half)
            if not sheet.asked:
                continue
            rig = Rig.open(sheet.site, engines, Path(directory) / name, NOW)
            asked = sheet.asked[:limit]
            clearly = [[clear(a.text)] for a in asked]
            clean.append(ask_all(rig, asked, clearly))
            sites[name] = clean[-1]
            phrased.append(ask_all(rig.composing(), asked, clearly))
            first, again = Mishearing(seed=1, rate=MISHEARD_RATE), Mishearing(seed=2, rate=MISHEARD_RATE)
            noisy = [[_mishear(first, a.text), _mishear(again, a.text)] for a in asked]
            misheard.append(ask_all(rig, asked, noisy))
            taken_for_clear.append(ask_all(rig, asked, [[clear(once.text)] for once, _ in noisy]))
            found[False] += [(a, rig.retrieval.search(a.text)) for a in asked]
            found[True] += [(a, rig.retrieval.search(once.text)) for a, (once, _) in zip(asked, noisy, strict=True)]
        for name in _UNTUNED if half == "test" else ():
            sheet = read(name, half)
            asked = sheet.asked[:limit]
            rig = Rig.open(sheet.site, engines, Path(directory) / name, NOW)
            sites[name] = ask_all(rig, asked, [[clear(a.text)] for a in asked])
        dialogues = hold_dialogues(engines, half, Path(directory), limit)
        first_token = _time_first_token(engines, half, Path(directory) / "time")
    return BrainFigures(
        half,
        total(clean),
        total(misheard),
        total(taken_for_clear),
        total(phrased),
        _found(found[False]),
        _found(found[True]),
        dialogues,
        first_token,
        sites,
    )


def _mishear(mishearing: Mishearing, text: str) -> Transcript:
    words, hit = mishearing.hear(text)
    return Transcript(words, 1.0 if hit <= UNCLEAR else 0.0, "text")


def total(parts: Sequence[Answers]) -> Answers:
    """Add up the answers of several sites."""
    return Answers(*(sum(values) for values in zip(*map(astuple, parts), strict=True)))


def _found(results: Sequence[tuple[Asked, Any]]) -> Found:
    known = [(asked, hits) for asked, hits in results if asked.entry]
    first = sum(bool(hits) and hits[0].entry.id == asked.entry for asked, hits in known)
    tops = np.array([hits[0].probability if hits else 0.0 for _, hits in known])
    others = np.array([hits[0].probability if hits else 0.0 for asked, hits in results if not asked.entry])
    auc = float(np.mean((tops[:, None] > others) + 0.5 * (tops[:, None] == others))) if len(others) else float("nan")
    return Found(len(known), first, auc)


# --- dialogues ----------------------------------------------------------------------------------------------------


def hold_dialogues(engines: Engines, half: Half, state: Path, limit: int | None = None) -> Dialogues:
    """Let every scripted visitor of a half talk to the hospital."""
    site = load_site(QUESTIONS / "../../../sites/hospital.yaml")
    scripts = yaml.safe_load((QUESTIONS / "bookings.yaml").read_text(encoding="utf-8"))[half][:limit]
    rig: Rig | None = None
    completed = slots = slots_right = 0
    lost = []
    for number, script in enumerate(scripts):
        directory = state / f"dialogue{number}"
        rig = Rig.open(site, engines, directory, NOW) if rig is None else rig.emptied(directory)
        heard = hold(rig, script, directory)
        wanted = sorted(script["want"])
        last, held = heard
        hears = all(word in last.lower() for word in script.get("hear", ()))
        if held == wanted and hears:
            completed += 1
        else:
            lost.append(f"{script['open']} -> {', '.join(held) or 'no appointment'}")
        for one, other in zip(wanted, [*held, *([""] * len(wanted))], strict=False):
            slots += 4
            slots_right += sum(a == b for a, b in zip(_parts(one), _parts(other), strict=True))
    return Dialogues(len(scripts), completed, slots, slots_right, tuple(lost))


def hold(rig: Rig, script: Mapping[str, Any], state: Path) -> tuple[str, list[str]]:
    """Hold one dialogue. Returns the last reply, and the appointments afterwards."""
    references = []
    for text in script.get("has", ()):
        doctor, day, moment, name = _parts(text)
        arguments = {"doctor": f"Doctor {doctor}", "date": day, "time": moment, "name": name}
        booked = rig.tools["appointments"].call("book", arguments)
        if not booked.ok:
            raise PortError(f"bookings.yaml: {text!r} cannot exist: {booked.say}")
        references.append(str(booked.data["reference"]))
    lines = {key: list(value) if isinstance(value, list) else [value] for key, value in script.items()}
    history: list[Message] = []
    said: str | None = script["open"]
    reply = ""
    for _ in range(LONGEST_DIALOGUE):
        if said is None:
            break
        said = said.replace("REF", " ".join(_spoken_digits(references[0])) if references else "")
        reply, outcome = rig.reply(clear(said), history)
        history += [Message("user", said), Message("assistant", reply)]
        said = _answer(rig.expecting, outcome, lines)
    return reply, sorted(_appointments(state))


def _answer(expecting: str | None, outcome: Outcome, lines: dict[str, list[str]]) -> str | None:
    """The visitor's next line, or None when there is none."""
    if outcome.action != "continue" or outcome.kind in ("done", "smalltalk", "unknown"):
        return None
    if outcome.kind == "confirm" and outcome.facts:
        # The reply was "did you mean …?", and scripted visitors only ever want a task done.
        return "yes" if outcome.facts[0].startswith("form:") else "no"
    key = expecting or ("any" if outcome.kind == "ask" else "then")
    return lines[key].pop(0) if lines.get(key) else None


def _parts(appointment: str) -> tuple[str, str, str, str]:
    doctor, day, moment, name = (*appointment.split(" ", 3), "", "", "", "")[:4]
    return doctor, day, moment, name


def _spoken_digits(reference: str) -> list[str]:
    from appliance.language.english.numbers import UNITS

    return [UNITS[int(digit)] for digit in reference]


def _appointments(state: Path) -> list[str]:
    with closing(sqlite3.connect(state / "appointments.sqlite3")) as book:
        rows = book.execute("SELECT doctor, date, time, name FROM appointments").fetchall()
    return [f"{doctor.removeprefix('Doctor ')} {day} {moment} {name}" for doctor, day, moment, name in rows]


# --- time ---------------------------------------------------------------------------------------------------------


def _time_first_token(engines: Engines, half: Half, state: Path, turns: int = 30) -> FirstToken:
    """Measure the time from the end of the question to the model's first token, with everything prefilled and with
    nothing."""
    sheet = read("hospital", half)
    rig = Rig.open(sheet.site, engines, state, NOW)
    entries = {entry.id: entry.say for entry in rig.retrieval.entries}
    known = [asked for asked in sheet.asked if asked.entry][:turns]
    warm, cold = [], []
    for number, asked in enumerate(known):
        turn = Turn(number)
        system = system_prompt(sheet.site.persona, sheet.site.language)
        prompt = [system, Message("user", asked.text), Message("facts", f"fact: {entries[str(asked.entry)]}")]
        engines.model.prefill([Message("system", f"{number}")], "", turn)
        cold.append(_first_token_ms(engines.model, prompt, turn))
        engines.model.prefill([Message("system", f"{number}")], "", turn)
        engines.model.prefill([system], asked.text, turn)
        warm.append(_first_token_ms(engines.model, prompt, turn))
    return FirstToken(len(known), statistics.median(warm), statistics.median(cold))


def _first_token_ms(model: Session, prompt: Sequence[Message], turn: Turn) -> float:
    began = time.perf_counter()
    for _ in model.generate(prompt, turn, max_tokens=1):
        break
    return (time.perf_counter() - began) * 1000
