"""``cloister bench turns``: measures turn-taking.

The parts are ``end-of-turn``, ``speculation``, ``barge-in``, ``voices`` and ``history`` (``memory``), each a module
beside this one, and ``speculation-cost``, which is measured only where it is named. What was heard is kept under
``build/turns``, so that a run that was stopped goes on where it was. Pictures and figures are written to
``build/turns`` too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.bench.markdown import Row
from appliance.bench.workbench import (
    barge_in,
    end_of_turn,
    history_check,
    pauses,
    smart_turn,
    speculation,
    speculation_cost,
    tracks,
)
from appliance.bench.workbench import speaker_recognition as voices
from appliance.bench.workbench.barge_in import BargeIn
from appliance.bench.workbench.end_of_turn import Edge, EndOfTurn, Peer
from appliance.bench.workbench.history_check import Memory
from appliance.bench.workbench.speaker_recognition import Voices
from appliance.bench.workbench.speculation import Speculation
from appliance.bench.workbench.speculation_cost import SpeculationCost
from appliance.bench.workbench.tracks import Track
from appliance.config.box import Settings, load_settings
from appliance.config.site import Site, load_site
from appliance.core.facts import TurnScored
from appliance.core.ports import PortError
from appliance.engines.asr.combined import open_ear
from appliance.engines.vad.silero import SileroVad
from appliance.hearing.end_of_turn import read_fit
from appliance.runtime.assemble import assemble

CHECKOUT = Path(__file__).resolve().parents[3]
KEEP = CHECKOUT / "build" / "turns"
STARTER = CHECKOUT / "models" / "starter" / "cloister.yaml"

PARTS = ("end-of-turn", "speculation", "barge-in", "voices", "history")

INTERRUPTIONS = 500


def _recorded(turn: pauses.Turn) -> bool:
    """Whether a turn is conversation or reading, and has no built pause."""
    whole = not turn.unfinished and not turn.id.endswith(pauses.COMPLETE)
    return turn.group in ("sentences", "calls", "meetings") and whole


SETS: tuple[tuple[str, bool, Callable[[pauses.Turn], bool]], ...] = (
    ("reported half", False, lambda turn: turn.group != "digits"),
    ("the same, counted as eot-bench counts", True, lambda turn: turn.group != "digits"),
    ("orders", False, lambda turn: turn.group == "orders"),
    ("orders, counted as eot-bench counts", True, lambda turn: turn.group == "orders"),
    ("recorded pauses only", False, _recorded),
    ("recorded pauses only, counted as eot-bench counts", True, _recorded),
    ("numbers built from digits", False, lambda turn: turn.group == "digits"),
)
"""Sets of turns: the name, whether ``end_of_turn.as_published`` applies, and which turns belong to it."""


@dataclass(frozen=True)
class TurnTaking:
    """All figures of turn-taking."""

    end_of_turn: tuple[EndOfTurn, ...]
    speculation: Speculation | None
    barge_in: BargeIn | None
    voices: Voices | None
    history: Memory | None
    notes: tuple[str, ...]
    cost: SpeculationCost | None = None

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        yield from end_of_turn.document(self.end_of_turn)
        for part in (self.speculation, self.cost, self.barge_in, self.voices, self.history):
            if part is not None:
                yield from part.document()

    def table(self) -> str:
        others = (self.speculation, self.cost, self.barge_in, self.voices, self.history)
        tables = [part.table() for part in others if part is not None]
        ends = [end_of_turn.table(self.end_of_turn)] if self.end_of_turn else []
        return "\n".join([*ends, *tables, *self.notes])


def bench(settings: Settings, site: Site, shared: Path, limit: int | None, parts: Sequence[str] = PARTS) -> TurnTaking:
    """Measure on ``limit`` turns of each group, evenly drawn. Raises PortError."""
    results: tuple[EndOfTurn, ...] = ()
    notes: list[str] = []
    if "end-of-turn" in parts:
        results, notes = measure_ends(settings, site, shared, limit)
    guessed = speculation.measure(settings, site, limit) if "speculation" in parts else None
    cost = speculation_cost.measure(settings, site, limit) if "speculation-cost" in parts else None
    KEEP.mkdir(parents=True, exist_ok=True)
    if guessed is not None:
        notes.append(speculation.draw(KEEP / "speculation.png", guessed) or f"picture: {KEEP / 'speculation.png'}")
    over = told_apart = remembered = None
    if "barge-in" in parts:
        over = barge_in.measure(settings, site, pauses.data_folder(shared), limit, _progress)
        notes.append(barge_in.draw(KEEP / "barge-in.png", over) or f"picture: {KEEP / 'barge-in.png'}")
    if "voices" in parts:
        told_apart = voices.measure(settings, site, pauses.data_folder(shared), limit, _progress)
    if "history" in parts:
        remembered = history_check.measure(settings, site, limit or INTERRUPTIONS)
        notes.append(history_check.draw(KEEP / "history.png", remembered) or f"picture: {KEEP / 'history.png'}")
    taken = TurnTaking(results, guessed, over, told_apart, remembered, tuple(notes), cost)
    (KEEP / "turns.json").write_text(json.dumps(dataclasses.asdict(taken), indent=1), encoding="utf-8")
    return taken


def measure_ends(
    settings: Settings, site: Site, shared: Path, limit: int | None
) -> tuple[tuple[EndOfTurn, ...], list[str]]:
    """Measure the end-of-turn part: every set of turns, on the reported half."""
    notes = []
    heard, opinions = material(shared, KEEP, limit, _progress, settings, site)
    reported = [track for track in heard if track.turn.half == "report"]
    turns = [track.turn for track in reported]
    peer = None
    try:
        defaults, decisions = smart_turn.decide(turns, pauses.data_folder(shared), KEEP, smart_turn.PYTHON, _progress)
        peer = Peer(defaults, tuple(decisions))
    except PortError as error:
        notes.append(f"without Smart Turn: {error}")
    results = []
    for name, published, belongs in SETS:
        chosen = [n for n, track in enumerate(reported) if belongs(track.turn)]
        mine = [reported[n] for n in chosen]
        if not any(track.turn.holds for track in mine):
            notes.append(f"{name}: no pauses in what was drawn")
            continue
        theirs = None if peer is None else Peer(peer.defaults, tuple(peer.decisions[n] for n in chosen))
        edge: Edge = "detector" if published else "label"
        mine = end_of_turn.as_published(mine) if published else mine
        results.append(end_of_turn.measure(name, mine, opinions, settings.endpoint, read_fit(), theirs, edge))
    digits = [track for track in reported if track.turn.group == "digits"]
    if digits:
        scorer = end_of_turn.Scorer([track.turn for track in digits])
        endpoint = settings.endpoint
        asked = end_of_turn.cloister(digits, opinions, endpoint, read_fit(), endpoint.patience_s, expecting_values=True)
        point = scorer.point("Cloister as shipped, number asked for", asked)
        last = results.pop()
        results.append(dataclasses.replace(last, points=(*last.points, point)))
    KEEP.mkdir(parents=True, exist_ok=True)
    missing = end_of_turn.draw(KEEP / "end-of-turn.png", results)
    notes.append(missing or f"picture: {KEEP / 'end-of-turn.png'}")
    return tuple(results), notes


def material(
    shared: Path,
    keep: Path,
    limit: int | None,
    tell: Callable[[str], None],
    settings: Settings | None = None,
    site: Site | None = None,
) -> tuple[list[Track], dict[str, TurnScored]]:
    """The turns as the appliance meets them, and its scores of their words."""
    settings = settings or load_settings(STARTER)
    site = site or load_site(settings.site)
    turns = pauses.versions(pauses.drawn(pauses.read_labels(), limit))
    data = pauses.data_folder(shared)
    keep.mkdir(parents=True, exist_ok=True)
    followed = tracks.follow(turns, data, keep, SileroVad().stream(), open_ear(settings, site).stream(), tell)
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        engines = assemble(dataclasses.replace(settings, state=Path(folder)), site)
        opinions = tracks.judge(followed, engines.responder(engines.tools, lambda: None), keep)
        if engines.finality is not None:
            assert settings.endpoint.finality is not None
            weights = settings.endpoint.finality.weights
            followed = tracks.sound_out(followed, data, keep, weights, engines.finality)
    return followed, opinions


def _progress(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
