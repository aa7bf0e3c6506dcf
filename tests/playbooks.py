"""Runs the playbooks of the collection with the Ansible that ``make lint-fleet`` sets up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from tests.conftest import CHECKOUT

ANSIBLE = CHECKOUT / "ansible"
PROGRAM = ANSIBLE / ".venv" / "bin" / "ansible-playbook"


def play(
    name: str,
    inventory: Path,
    *arguments: str,
    within: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    output: TextIO | int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    """Run a playbook, ``within`` a command such as ``ip netns exec``. Its errors go where its ``output`` goes."""
    return subprocess.run(
        [*within, str(PROGRAM), "-i", str(inventory), f"cloister.appliance.{name}", *arguments],
        cwd=ANSIBLE,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**(os.environ if environment is None else environment), "ANSIBLE_NOCOLOR": "1"},
    )
