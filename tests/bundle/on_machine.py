"""A program for a booted machine: one installation or one rollback, with the real service manager and a small gate.
Arguments: `install BUNDLE`, `rollback`, or `kill BUNDLE`, which is an installation that is killed once it has switched.
The last line that it prints is the outcome."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path

from appliance.bundle import BundleError
from appliance.bundle.archive import Progress
from appliance.bundle.install import Steps, install, roll_back
from appliance.bundle.manifest import Manifest
from appliance.bundle.store import Store
from appliance.bundle.units import Services
from tests.bundle import synthetic


def furnish(slot: Path, of: Manifest, progress: Progress) -> None:
    """Add an `appliance` that has `cloister bundle`, which the rollback unit calls."""
    synthetic.furnish(slot, of, progress)
    package = slot / f"venv/lib/python{of.target.python}/site-packages/appliance"
    package.mkdir(parents=True)
    # The machine has none of the libraries that the other verbs need.
    (package / "__init__.py").write_text('__path__.append("/checkout/appliance")\n')
    (package / "__main__.py").write_text(
        "import sys\nfrom appliance.bundle.commands import main\nsys.exit(main(sys.argv[2:]))\n"
    )


def killed() -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return True


what, store = sys.argv[1], Store()
activate = killed if what == "kill" else Services(store, settle_s=3.0).activate
steps = Steps(furnish, lambda slot: None, activate)
try:
    outcome = roll_back(store, steps) if what == "rollback" else install(store, Path(sys.argv[2]), steps)
    print(json.dumps(asdict(outcome)))
except BundleError as error:
    print(json.dumps({"refused": str(error)}))
