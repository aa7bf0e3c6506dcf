"""A program that a test kills. It does one installation, one rollback or accepts one statement, on a synthetic box.
Arguments: what, box, bundle or statement."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from appliance.bundle import BundleError
from appliance.bundle.install import accept, install, roll_back
from appliance.bundle.store import Store
from tests.bundle.synthetic import Box

what, root, bundle = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
here = Box(Store(root), broken={8} if what == "fail" else set())


def seen() -> bool:
    """Bring the service up, and note the version that came up."""
    up = here.activate()
    if up:
        with (root / "seen").open("a") as out:
            out.write(f"{here.runs()}\n")
    return up


steps = replace(here.steps(), activate=seen)
try:
    if what == "rollback":
        roll_back(here.store, steps)
    elif what == "accept":
        accept(here.store, bundle, "ann")
    else:
        install(here.store, bundle, steps)
except BundleError:
    sys.exit(1)
