"""Runs pipecat's Smart Turn v3.2 on the same turns, in an environment of its own, for comparison.

It is never a part of the appliance. ``make smart-turn`` installs pipecat's own wheel under ``build/smart-turn``, and
``models/recipes/turns/smart_turn.py`` runs there as a process that takes sounds and returns decisions.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from appliance.bench.workbench.pauses import Turn, sound
from appliance.core.ports import PortError

CHECKOUT = Path(__file__).resolve().parents[3]
SCRIPT = CHECKOUT / "models" / "recipes" / "turns" / "smart_turn.py"
PYTHON = CHECKOUT / "build" / "smart-turn" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class Decision:
    """The time at which pipecat's VAD said that the user stopped, and Smart Turn's decision."""

    at_s: float
    probability: float


@dataclass(frozen=True, slots=True)
class Defaults:
    """pipecat's default values, as its classes give them."""

    vad_stop_s: float
    incomplete_timeout_s: float
    """silence after the detector's stop at which a turn ends even if it was judged incomplete"""


def decide(
    turns: Sequence[Turn], data: Path, keep: Path, python: Path, tell: Callable[[str], None]
) -> tuple[Defaults, list[tuple[Decision, ...]]]:
    """Smart Turn's decisions in each turn. Decisions that were kept are not computed again. Raises PortError."""
    if not python.exists():
        raise PortError(f"Smart Turn is not installed in {python.parent.parent}; run `make smart-turn`")
    folder = keep / "smart-turn"
    folder.mkdir(parents=True, exist_ok=True)
    # Without this, the wheel would write its log to the terminal, line by line.
    quiet = {**os.environ, "LOGURU_LEVEL": "ERROR", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with (
        tempfile.NamedTemporaryFile(suffix=".raw") as handed,
        subprocess.Popen(
            [python, "-I", "-B", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=quiet,
            text=True,
        ) as peer,
    ):
        assert peer.stdin is not None and peer.stdout is not None
        defaults = Defaults(**_answer(peer))
        found = []
        for number, turn in enumerate(turns):
            digest = hashlib.sha256(repr((turn.pieces, turn.quiet)).encode()).hexdigest()[:12]
            path = folder / f"{turn.id}-{digest}.json"
            if not path.exists():
                if number % 50 == 0:
                    tell(f"Smart Turn, turn {number + 1} of {len(turns)}")
                samples = sound(turn, data)
                Path(handed.name).write_bytes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
                peer.stdin.write(f"{handed.name}\n")
                peer.stdin.flush()
                path.write_text(json.dumps(_answer(peer)), encoding="utf-8")
            found.append(tuple(Decision(*row) for row in json.loads(path.read_text(encoding="utf-8"))))
        peer.stdin.close()
    return defaults, found


def _answer(peer: subprocess.Popen[str]) -> Any:
    assert peer.stdout is not None
    line = peer.stdout.readline()
    if not line:
        raise PortError("Smart Turn's process ended; run it by hand: see models/recipes/turns/README.md")
    return json.loads(line)
