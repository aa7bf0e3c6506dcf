"""Keeps the conversations of a run in a file as they end, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from appliance.bench.workbench.conversation_judge import Grade
from appliance.bench.workbench.conversation_sheet import Line
from appliance.core.facts import Outcome
from appliance.core.ports import PortError


@dataclass(frozen=True, slots=True)
class Exchange:
    """Words of the visitor, and the reply to them."""

    heard: str
    said: str
    outcome: Outcome
    cpu_ms: float
    """processor time from the end of the turn to the whole reply, all threads of the process together, without the work
    ahead of it"""

    @property
    def route(self) -> str:
        """How the reply was made."""
        return self.outcome.route or self.outcome.kind


@dataclass(frozen=True, slots=True)
class Judged:
    """A line of the script, and how it was replied to."""

    line: Line
    grade: Grade
    exchanges: tuple[Exchange, ...]
    suggested: int
    """how often "did you mean …?" was asked"""


class Journal:
    """The conversations of one run by their names. Without a file nothing is kept."""

    def __init__(self, path: Path | None, run: str) -> None:
        """Read what a run of the same kind kept, as ``run`` names it. Raises PortError for a file of another run."""
        self._path, self._kept = path, dict[str, Any]()
        if path is None:
            return
        try:
            first, *records = path.read_text(encoding="utf-8").splitlines()
            if json.loads(first) != {"run": run}:
                raise PortError(f"{path}: is of another run; name another file")
            self._kept = {record["name"]: record["turns"] for record in map(json.loads, records)}
        except FileNotFoundError:
            self._append({"run": run})
        except (ValueError, KeyError, TypeError) as error:
            raise PortError(f"{path}: is not a journal of conversations") from error

    def held(self, name: str, lines: Sequence[Line]) -> tuple[Judged, ...] | None:
        """The conversation with this name, if it was held."""
        turns = self._kept.get(name)
        if turns is None or [turn["text"] for turn in turns] != [line.text for line in lines]:
            return None
        return tuple(_judged(line, turn) for line, turn in zip(lines, turns, strict=True))

    def keep(self, name: str, conversation: Sequence[Judged]) -> None:
        """Keep a conversation that was held. Raises OSError."""
        turns = [
            {
                "text": judged.line.text,
                "grade": judged.grade,
                "suggested": judged.suggested,
                "exchanges": [asdict(exchange) for exchange in judged.exchanges],
            }
            for judged in conversation
        ]
        self._append({"name": name, "turns": turns})

    def _append(self, record: dict[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")


def _judged(line: Line, turn: dict[str, Any]) -> Judged:
    return Judged(line, turn["grade"], tuple(map(_exchange, turn["exchanges"])), turn["suggested"])


def _exchange(kept: dict[str, Any]) -> Exchange:
    """An exchange, with what of its outcome is counted and shown."""
    outcome = kept["outcome"]
    told = Outcome(kind=outcome["kind"], facts=tuple(outcome["facts"]), route=outcome["route"])
    return Exchange(kept["heard"], kept["said"], told, kept["cpu_ms"])
