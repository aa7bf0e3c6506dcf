"""Shared fixtures: where the evaluation data is, and the starter profile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# On shared cores, a deadline measures how busy the machine is, not how fast the code.
settings.register_profile("cloister", deadline=None)
settings.load_profile("cloister")

CHECKOUT = Path(__file__).resolve().parent.parent

GIVEN_WHEELS = [f"--wheel={wheel}" for wheel in os.environ.get("CLOISTER_WHEELS", "").split()]
"""Options for `cloister bundle build`. A given wheel saves half an hour of building llama.cpp for every processor."""


REAL_MODELS = os.environ.get("CLOISTER_REAL_MODELS", "")
"""Folder with models of others, as ``cloister models fetch`` gets them. Without it, tests that need one skip."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded human speech and noise. Tests that need it skip where it is missing."""
    path = Path(os.environ.get("CLOISTER_SHARED", CHECKOUT.parent / "shared")) / "data"
    if not path.is_dir():
        pytest.skip(f"needs the evaluation recordings, and {path} does not exist")
    return path


@pytest.fixture(scope="session")
def starter() -> Path:
    """The settings of the built-in profile."""
    return CHECKOUT / "models" / "starter" / "cloister.yaml"
