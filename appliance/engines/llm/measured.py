"""What a chat model was found to be good for on a box: ``cloister models prepare`` measures it and writes it down."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from appliance.core.calibration import Calibration
from appliance.core.ports import AskCosts, PortError

FILE = "brain.json"
"""name of the file, in the folder for what is prepared"""

_HASHED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Measured:
    """See the module. The defaults are those of a model that was not measured, which is asked nothing."""

    model: str = ""
    """fingerprint of the model file"""
    sentences: str = ""
    """fingerprint of the site's sentences that it was measured with"""
    turn_end: Calibration = field(default_factory=Calibration)
    """of its opinion that a visitor's turn is over"""
    known: Calibration = field(default_factory=Calibration)
    """of its opinion that one of the candidates is meant, against none of them"""
    among: float = 0.0
    """weight of its opinion which of the candidates is meant"""
    costs: AskCosts = field(default_factory=AskCosts)
    """what asking it costs here"""
    composing: float = 0.0
    """share of the site's facts that it words rightly; 0 where it is no good at it, or too slow"""

    @property
    def composes(self) -> bool:
        """Whether it may word facts."""
        return self.composing > 0

    @property
    def known_model(self) -> bool:
        """Whether this was measured, and is not the default."""
        return bool(self.model)


def fingerprint(model: Path) -> str:
    """Tells one model file from another: a hash of its size, its beginning and its end. A hash of all of it would take
    seconds at every start. Raises OSError."""
    size = model.stat().st_size
    with model.open("rb") as file:
        beginning = file.read(_HASHED_BYTES)
        file.seek(max(0, size - _HASHED_BYTES))
        return hashlib.sha256(b"%d\n" % size + beginning + file.read()).hexdigest()


def read(folder: Path, model: Path) -> Measured:
    """What was measured of this model file; the defaults where nothing was."""
    try:
        kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
        found = Measured(
            kept["model"],
            kept["sentences"],
            Calibration(**kept["turn_end"]),
            Calibration(**kept["known"]),
            kept["among"],
            AskCosts(**kept["costs"]),
            kept["composing"],
        )
        return found if found.model == fingerprint(model) else Measured()
    except (OSError, ValueError, KeyError, TypeError):
        return Measured()  # nothing was measured yet, or by another program


def write(folder: Path, model: Path, measured: Measured) -> None:
    """Keep what was measured of a model file. Raises PortError."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".new")
        kept = asdict(replace(measured, model=fingerprint(model)))
        scratch.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        scratch.replace(path)
    except OSError as error:
        raise PortError(f"what the language model is good for cannot be kept in {path}: {error.strerror}") from error
