"""Imports the workbench: the measurements that only a checkout has, in the folder ``workbench`` beside this module.

They need recordings of many people, questions with their right answers, or other systems. No site has these, so a box's
wheel leaves the folder out.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from appliance.core.ports import PortError

FOLDER = Path(__file__).with_name("workbench")


def open_workbench(module: str) -> ModuleType:
    """Import a module of the workbench. Raises PortError on a box."""
    if not FOLDER.is_dir():
        raise PortError(f"the workbench's {module!r} is not on a box; run this in a checkout of the sources")
    return importlib.import_module(f"appliance.bench.workbench.{module}")
