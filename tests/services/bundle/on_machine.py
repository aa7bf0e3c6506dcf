"""A program for a booted machine: one installation or one way back, with the real service manager and a small gate.
Arguments: `install BUNDLE` or `rollback`. The last line that it prints is the outcome."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from appliance.services.bundle import BundleError
from appliance.services.bundle.install import Steps, install, roll_back
from appliance.services.bundle.store import Store
from appliance.services.bundle.units import Services
from tests.services.bundle.synthetic import furnish

store = Store()
steps = Steps(furnish, lambda slot: None, Services(store, settle_s=3.0).activate)
try:
    outcome = install(store, Path(sys.argv[2]), steps) if sys.argv[1] == "install" else roll_back(store, steps)
    print(json.dumps(asdict(outcome)))
except BundleError as error:
    print(json.dumps({"refused": str(error)}))
