"""``cloister bench wait``: how long Cloister, Pipecat and LiveKit Agents let people wait, and how often they cut in.

Each system runs in a process of its own and in real time, on Cloister's own wave line, with the same ears, brain and
voice, so that only turn-taking and pipeline differ (``models/recipes/peers``, which also says how the peers are
installed). The runs of the systems take turns.

- *Plain questions* are the 33 recorded ones of the demonstration. The gap runs from the labelled end of speech to the
  first sound of the answer.
- *Turns with pauses inside* are those of the reported half of ``pauses``, orders, sentences and calls. A reply that is
  heard before the end of the turn is *early*. The mean wait is over the turns that were not cut off. Cloister runs with
  several values of ``endpoint.patience_s`` and Pipecat with several silences as well, which gives each a curve.

Results are kept under ``build/wait``, so a run that was stopped goes on where it was. The machine must have nothing
else to do: ``others`` is the number of cores that other processes used meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from appliance.bench.markdown import Row, percent
from appliance.core.ports import PortError

CHECKOUT = Path(__file__).resolve().parents[3]
KEEP = CHECKOUT / "build" / "wait"
SCRIPTS = CHECKOUT / "models" / "recipes" / "peers"

REPEATS, TURNS = 3, 100
"""Runs of the plain questions, and turns with pauses in each run"""

PATIENCE_S = (3.0, 12.0)
"""Other values of ``endpoint.patience_s`` than the box's, for the curve"""

SILENCES_S = (0.5, 0.8, 1.2)
"""Silences after which Pipecat ends a turn without its network, for the curve"""

_LONGEST_RUN_S = 3600.0

PARTS = ("questions", "pauses")


@dataclass(frozen=True, slots=True)
class Arm:
    """One system with its settings."""

    system: str
    setting: str
    script: str
    arguments: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.system}, {self.setting}"


CLOISTER = Arm("Cloister", "as the box is set", "run_cloister.py")
PIPECAT = Arm("Pipecat", "Smart Turn v3.2", "run_pipecat.py", ("--arm", "smart"))
LIVEKIT = Arm("LiveKit", "its turn detector, preemptive", "run_livekit.py", ("--arm", "best"))

ARMS: Mapping[str, Sequence[Arm]] = {
    "questions": (CLOISTER, PIPECAT, LIVEKIT),
    "pauses": (
        *(CLOISTER, PIPECAT, LIVEKIT),
        *(
            Arm("Cloister", f"patience {patience_s:.0f} s", "run_cloister.py", ("--patience", str(patience_s)))
            for patience_s in PATIENCE_S
        ),
        *(
            Arm("Pipecat", f"{1000 * s:.0f} ms of silence", "run_pipecat.py", ("--arm", "vad", "--silence", str(s)))
            for s in SILENCES_S
        ),
        Arm("LiveKit", "its turn detector", "run_livekit.py", ("--arm", "default")),
    ),
}


@dataclass(frozen=True, slots=True)
class Wait:
    """The figures of one system on one kind of turns."""

    part: str
    system: str
    setting: str
    turns: int
    early: int
    unanswered: int
    mean_s: float
    median_s: float
    p95_s: float
    others: float
    """cores that other processes used"""


@dataclass(frozen=True)
class Waiting:
    """The figures of all systems."""

    waits: tuple[Wait, ...]
    notes: tuple[str, ...]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for wait in self.waits:
            gap = f"{wait.median_s:.2f}, {wait.p95_s:.2f}, {wait.mean_s:.2f} s; {percent(wait.early, wait.turns)} early"
            yield Row(f"{wait.part}: {wait.system}, {wait.setting}: median, 95th percentile, mean", gap, wait.turns)

    def table(self) -> str:
        head = f"{'':<48}{'median':>8}{'p95':>7}{'mean':>7}{'early':>8}{'none':>6}{'n':>6}{'others':>8}"
        lines = [
            f"{f'{w.part}: {w.system}, {w.setting}':<48}{w.median_s:>8.2f}{w.p95_s:>7.2f}{w.mean_s:>7.2f}"
            f"{100 * w.early / w.turns:>6.1f} %{w.unanswered:>6}{w.turns:>6}{w.others:>8.2f}"
            for w in self.waits
        ]
        return "\n".join([head, *lines, *self.notes])


def bench(box: Path, shared: Path, peers: Path, limit: int | None, parts: Sequence[str] = PARTS) -> Waiting:
    """Measure with the box's file, on ``limit`` questions and turns of each run. ``peers`` has the peers' environments.
    Raises PortError when a run fails."""
    KEEP.mkdir(parents=True, exist_ok=True)
    waits, notes = [], []
    for part in parts:
        repeats = REPEATS if part == "questions" else 1
        found: dict[Arm, list[dict[str, Any]]] = {arm: [] for arm in ARMS[part]}
        for repeat in range(repeats):
            for arm in ARMS[part]:
                python = _python(arm, peers)
                if python.is_file():
                    found[arm].append(_run(arm, python, part, repeat, box.resolve(), shared, limit))
        notes += [f"without {arm.name}: {_python(arm, peers)} is missing" for arm, runs in found.items() if not runs]
        waits += [_wait(part, arm, runs) for arm, runs in found.items() if runs]
    pauses = [wait for wait in waits if wait.part == "pauses"]
    if pauses:
        notes.append(draw(KEEP / "wait.svg", pauses) or f"picture: {KEEP / 'wait.svg'}")
    return Waiting(tuple(waits), tuple(notes))


def _python(arm: Arm, peers: Path) -> Path:
    if arm.system == "Cloister":
        return Path(sys.executable)
    return peers / ("venv" if arm.system == "Pipecat" else "venv-lk") / "bin" / "python"


def _run(arm: Arm, python: Path, part: str, repeat: int, box: Path, shared: Path, limit: int | None) -> dict[str, Any]:
    """What one run measured. A run that was kept is not made again. Raises PortError."""
    count = limit if part == "questions" else limit or TURNS
    name = f"{part}-{repeat}-{count or 'all'}-{arm.system}-{arm.setting}".replace(" ", "_")
    out = KEEP / f"{name}.json"
    if not out.is_file():
        print(f"{arm.name}: {part}", file=sys.stderr, flush=True)
        # The peers run with their own packages and find ours by a variable, so they cannot be isolated.
        peer = str(python)
        command = [peer, str(SCRIPTS / arm.script), "--items", part, "--out", str(out), *arm.arguments]
        command += [] if count is None else ["--limit", str(count)]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{SCRIPTS}:{CHECKOUT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PEERS_BOX": str(box),
            "PEERS_WORK": str(KEEP),
            "PEERS_SHARED": str(shared),
            "HF_HUB_OFFLINE": "1",
            "DO_NOT_TRACK": "1",
        }
        with (KEEP / f"{name}.log").open("w", encoding="utf-8") as log:
            try:
                subprocess.run(command, env=environment, stdout=log, stderr=log, timeout=_LONGEST_RUN_S, check=False)
            except subprocess.TimeoutExpired:
                raise PortError(f"bench wait: {arm.name} did not end; see {log.name}") from None
        if not out.is_file():
            raise PortError(f"bench wait: {arm.name} failed; see {log.name}")
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def _wait(part: str, arm: Arm, runs: Sequence[dict[str, Any]]) -> Wait:
    turns = [turn for run in runs for turn in run["turns"] if turn["counted"]]
    gaps = [turn["gap_s"] for turn in turns if turn["gap_s"] is not None and not turn["early"]]
    gaps = gaps or [float("nan")]
    return Wait(
        part=part,
        system=arm.system,
        setting=arm.setting,
        turns=len(turns),
        early=sum(turn["early"] for turn in turns),
        unanswered=sum(turn["gap_s"] is None for turn in turns),
        mean_s=float(np.mean(gaps)),
        median_s=float(np.median(gaps)),
        p95_s=float(np.percentile(gaps, 95)),
        others=float(np.mean([run["usage"]["foreign_cores"] for run in runs])),
    )


def draw(path: Path, waits: Sequence[Wait]) -> str | None:
    """Write the picture of the curves. Returns the reason where it cannot, because matplotlib is missing."""
    try:
        import matplotlib
    except ImportError:
        return "no picture: matplotlib is not installed"
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7, 5), layout="constrained")
    colours = {"Cloister": "#d1495b", "Pipecat": "#4c78a8", "LiveKit": "#72b7b2"}
    for system, colour in colours.items():
        points = sorted(
            (wait.mean_s, 100 * wait.early / wait.turns, wait.setting) for wait in waits if wait.system == system
        )
        axis.plot([x for x, _, _ in points], [y for _, y, _ in points], "o-", color=colour, label=system)
        for x, y, setting in points:
            axis.annotate(setting, (x, y), textcoords="offset points", xytext=(5, 4), fontsize=7)
    turns = min(wait.turns for wait in waits)
    axis.set(xlabel="mean wait, seconds", ylabel="early replies, % of turns", xlim=(0, None), ylim=(0, None))
    axis.set_title(f"recorded turns with pauses inside, n = {turns} for each point", fontsize=10)
    axis.legend(frameon=False)
    figure.savefig(path)
    pyplot.close(figure)
    return None
