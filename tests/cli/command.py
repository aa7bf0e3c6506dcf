"""The command in a process of its own, since most verbs seal theirs."""

import os
import subprocess
import sys

from tests.conftest import CHECKOUT


def cloister(*arguments, **environment):
    """Run the command in a process of its own, since most verbs seal theirs."""
    return subprocess.run(
        [sys.executable, "-m", "appliance", *map(str, arguments)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
        check=False,
    )
