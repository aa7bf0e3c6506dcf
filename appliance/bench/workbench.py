"""The way to the workbench: the measurements that only a checkout has, in the folder ``workbench`` beside this package.

They need recordings of many people, questions with their right answers or other systems, which no site has. A box's
wheel holds this package alone.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import appliance
from appliance.core.ports import PortError

FOLDER = Path(appliance.__file__).resolve().parents[1] / "workbench"


def open_workbench(module: str) -> ModuleType:
    """Import a module of the workbench. Raises PortError on a box."""
    if not FOLDER.is_dir():
        raise PortError(f"the workbench's {module!r} is not on a box; run this in a checkout of the sources")
    return importlib.import_module(f"workbench.{module}")
