"""The built-in profile in a folder of a test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

STARTER = Path(__file__).resolve().parent.parent / "models" / "starter" / "cloister.yaml"


def copy_profile(folder: Path, **fields: object) -> Path:
    """Write the built-in ``cloister.yaml`` into ``folder``, with the models where they are and with ``fields`` of the
    file's top level changed. What an appliance writes goes to ``folder``, because an audit log has one writer and tests
    run beside each other."""
    own = _placed(yaml.safe_load(STARTER.read_text(encoding="utf-8")))
    path = folder / "cloister.yaml"
    path.write_text(yaml.safe_dump({**own, "state": "state", **fields}), encoding="utf-8")
    return path


def _placed(value: Any) -> Any:
    # Every text with a slash is a path, relative to the file.
    if isinstance(value, dict):
        return {name: _placed(inner) for name, inner in value.items()}
    return str((STARTER.parent / value).resolve()) if isinstance(value, str) and "/" in value else value
