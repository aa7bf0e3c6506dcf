"""Runs commands in processes that are forked from this one: ``python -m tests.cli.forking``.

Each line of standard input is a command as JSON: its arguments, its environment, and the files for its input, output
and errors. The exit code is printed when it has ended. This process has one thread and has opened nothing, so a command
begins as if it had just been started.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence

from appliance.cli.main import main

LONGEST_S = 300
"""a command that takes longer is killed"""


def become(arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[str]) -> None:
    """Make this process the one of a command."""
    signal.alarm(LONGEST_S)
    os.environ.clear()
    os.environ.update(environment)
    for descriptor, path in enumerate(files):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT if descriptor else os.O_RDONLY)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.argv = ["cloister", *arguments]


if __name__ == "__main__":
    for line in sys.stdin:
        assert threading.active_count() == 1
        child = os.fork()
        if child == 0:
            arguments, environment, files = json.loads(line)
            become(arguments, environment, files)
            sys.exit(main(arguments))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
