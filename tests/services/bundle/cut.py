"""A program that a test kills: one installation or one way back on a synthetic box. Arguments: what, box, bundle."""

from __future__ import annotations

import sys
from pathlib import Path

from appliance.services.bundle import BundleError
from appliance.services.bundle.install import install, roll_back
from appliance.services.bundle.store import Store
from tests.services.bundle.synthetic import Box

what, root, bundle = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
here = Box(Store(root), broken={8} if what == "fail" else set())
try:
    if what == "rollback":
        roll_back(here.store, here.steps())
    else:
        install(here.store, bundle, here.steps())
except BundleError:
    sys.exit(1)
