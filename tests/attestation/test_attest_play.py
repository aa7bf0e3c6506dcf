"""The playbook `attest` without booted machines: the box is a sealed daemon here, and the controller reaches it without
ssh. What it fetches is real, and so is what the controller says of it.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.playbooks import PROGRAM, play
from tests.sealed_daemon import clean_environment, cloister, configure, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM.exists(), reason="needs ansible/.venv: make lint-fleet"),
    pytest.mark.skipif(os.geteuid() != 0, reason="the play writes into /run as root"),
]


@dataclass
class Controller:
    """The controller's folder, with an inventory of the one box."""

    folder: Path
    box: Path
    """the configuration of the box"""

    def __post_init__(self) -> None:
        program = self.folder / "program"
        words = f'[ "$word" = --config=/etc/cloister/cloister.yaml ] && word=--config={self.box}; set -- "$@" "$word"'
        program.write_text(
            f'#!/bin/sh\nfor word in "$@"; do shift; {words}; done\nexec {sys.executable} -m appliance "$@"\n'
        )
        program.chmod(0o755)
        (self.folder / "hosts.json").write_text(
            json.dumps({"appliances": {"hosts": {os.uname().nodename: {"ansible_connection": "local"}}}})
        )

    def attest(self) -> str:
        """Run the play. Returns its output."""
        variables = {
            "appliance_command": str(self.folder / "program"),
            "appliance_program": str(self.folder / "program"),
            "appliance_reports": str(self.folder / "reports"),
            "appliance_audit_logs": str(self.folder / "audit-logs"),
            "appliance_pinned_keys": str(self.folder / "pinned-keys"),
            "ansible_python_interpreter": sys.executable,
        }
        environment = {**clean_environment(), "PYTHONPATH": str(CHECKOUT)}
        inventory = self.folder / "hosts.json"
        done = play("attest", inventory, "-e", json.dumps(variables), environment=environment)
        assert done.returncode == 0, done.stdout
        return done.stdout


def test_the_log_of_a_box_is_kept_until_one_comes_that_was_made_anew(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    config = configure(tmp_path / "box")
    controller = Controller(tmp_path, config)
    kept = tmp_path / "audit-logs" / os.uname().nodename
    with serving(config):
        assert "NOT WHOLE" not in controller.attest()
        first = (kept / "audit.jsonl").read_text()
    assert sorted(path.name for path in kept.iterdir()) == ["audit.jsonl", "checkpoints.jsonl", "seals.jsonl"]
    (audit,) = tmp_path.joinpath("box").rglob("audit.jsonl")
    shutil.rmtree(audit.parent)
    with serving(config):
        assert "NOT WHOLE" in controller.attest()
        assert cloister(config, "audit", "verify").returncode == 0, "in itself it is whole"
        assert "NOT WHOLE" in controller.attest()
    assert len(list(kept.glob("not-whole-*"))) == 1 and (kept / "fetched").is_dir()
    assert (kept / "audit.jsonl").read_text() == first
