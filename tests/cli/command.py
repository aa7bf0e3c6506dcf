"""A helper that runs the command in a process of its own."""

import os
import subprocess
import sys

from tests.conftest import CHECKOUT


def cloister(*arguments, **environment):
    """Run the command in a process of its own, since most verbs seal the process that they run in."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", *map(str, arguments)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
        check=False,
    )
