"""Makes the report of the demonstration: a verdict for each line, and the times of its stages."""

from __future__ import annotations

import platform
import sqlite3
import statistics
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from appliance.bench.demo.scenario import Appointment, Expectation
from appliance.bench.demo.visitor import Exchange, matches

STAGES = ("end of turn", "words known", "first token", "first clause", "first audible")
"""Stages after the end of speech, in order."""


def read_book(state: Path) -> list[Appointment]:
    """Read all entries of the appointment book from its database."""
    with closing(sqlite3.connect(f"file:{state / 'appointments.sqlite3'}?mode=ro", uri=True)) as book:
        rows = book.execute("SELECT doctor, date, time, name FROM appointments ORDER BY date, time")
        return [Appointment(*row) for row in rows]


def problems(expect: Expectation, exchange: Exchange, book: list[Appointment]) -> list[str]:
    """What is wrong with an answer. The list is empty when it is right."""
    wrong = []
    outcome = exchange.outcome
    if exchange.failed is not None:
        wrong.append(f"the reply failed: {exchange.failed}")
    if not exchange.reply:
        wrong.append("there was no reply")
    if expect.kind and (outcome is None or outcome.kind not in expect.kind):
        wrong.append(f"the reply is of kind {outcome.kind if outcome else 'none'}, not {' or '.join(expect.kind)}")
    wrong += [f"the reply lacks {pattern!r}" for pattern in expect.says if not matches(pattern, exchange.reply)]
    wrong += [f"the reply contains {pattern!r}" for pattern in expect.never if matches(pattern, exchange.reply)]
    used = outcome.facts if outcome else ()
    wrong += [f"the reply does not rest on the fact {fact!r}" for fact in expect.facts if fact not in used]
    if expect.appointment is not None and book != [expect.appointment]:
        wrong.append(f"the book holds {book or 'nothing'}, not {expect.appointment}")
    if expect.closes and exchange.closed is None:
        wrong.append("the conversation went on")
    if exchange.closed is not None and not expect.closes:
        wrong.append(f"the conversation was closed: {exchange.closed}")
    if exchange.cut and not exchange.interrupted:
        wrong.append("the interruption did not stop the reply")
    return wrong


def times_ms(exchange: Exchange) -> dict[str, float | None]:
    """Milliseconds from the labelled end of speech to each stage."""
    moments = (
        *(exchange.turn_ended_s, exchange.words_known_s, exchange.first_token_s),
        *(exchange.first_clause_s, exchange.first_audible_s),
    )
    return {
        stage: None if moment is None else round(1000 * (moment - exchange.speech_end_s), 1)
        for stage, moment in zip(STAGES, moments, strict=True)
    }


def entry(exchange: Exchange, wrong: list[str]) -> dict[str, Any]:
    """The entry of the report about one line of the visitor."""
    return {
        "line": exchange.clip.id,
        "voice": exchange.clip.voice,
        "said": exchange.clip.says,
        "attempts": exchange.attempts,
        "heard": [asdict(transcript) for transcript in exchange.heard],
        "reply": exchange.reply,
        "outcome": asdict(exchange.outcome) if exchange.outcome else None,
        "interrupted": exchange.interrupted,
        "silent_after_ms": None if exchange.silent_after_s is None else round(1000 * exchange.silent_after_s, 1),
        "closed": exchange.closed,
        "speech_start_s": round(exchange.speech_start_s, 4),
        "speech_end_s": round(exchange.speech_end_s, 4),
        "times_ms": times_ms(exchange),
        "right": not wrong,
        "problems": wrong,
    }


def summary(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """The verdict and the response gap over all lines."""
    gaps = [e["times_ms"]["first audible"] for e in entries if e["times_ms"]["first audible"] is not None]
    return {
        "lines": len(entries),
        "right": sum(e["right"] for e in entries),
        "said_twice": sum(e["attempts"] > 1 for e in entries),
        "gap_median_ms": round(statistics.median(gaps), 1) if gaps else None,
        "gap_max_ms": max(gaps) if gaps else None,
        "machine": machine(),
    }


def machine() -> str:
    """A name for the kind of machine, to print beside figures."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()
