"""A program that a test kills: one installation or one way back on a synthetic box. Arguments: what, box, bundle."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from appliance.services.bundle import BundleError
from appliance.services.bundle.install import install, roll_back
from appliance.services.bundle.store import Store
from tests.services.bundle.synthetic import Box

what, root, bundle = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
here = Box(Store(root), broken={8} if what == "fail" else set())


def seen() -> bool:
    """Bring the service up, and note which versions were seen to do so."""
    up = here.activate()
    if up:
        with (root / "seen").open("a") as out:
            out.write(f"{here.runs()}\n")
    return up


steps = replace(here.steps(), activate=seen)
try:
    if what == "rollback":
        roll_back(here.store, steps)
    else:
        install(here.store, bundle, steps)
except BundleError:
    sys.exit(1)
