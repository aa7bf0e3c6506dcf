"""How a command finds the modules that only a checkout has."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.bench import checkout
from appliance.core.ports import PortError


@pytest.mark.parametrize("part", ["ear", "voice", "brain", "spoken", "language", "consent", "emergencies"])
def test_every_part_of_evaluate_is_a_module_of_the_workbench(part: str) -> None:
    assert callable(checkout.open_workbench(part).evaluate)


def test_the_turns_are_measured_on_the_workbench() -> None:
    turns = checkout.open_workbench("turns")
    assert callable(turns.bench) and turns.PARTS


def test_without_a_workbench_the_command_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkout, "FOLDER", tmp_path / "workbench")
    with pytest.raises(PortError, match="'brain' is not on a box"):
        checkout.open_workbench("brain")
