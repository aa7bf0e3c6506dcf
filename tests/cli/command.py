"""A helper that runs the command in a process of its own."""

from __future__ import annotations

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.conftest import CHECKOUT


def cloister(*arguments: object, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command, with ``text`` as its input, in a process of its own, since most verbs seal the process that they
    run in. It is forked from one that has imported the command, since that takes longer than most commands do."""
    words = [str(argument) for argument in arguments]
    with tempfile.TemporaryDirectory() as folder:
        given, out, err = (Path(folder) / name for name in ("stdin", "stdout", "stderr"))
        given.write_text(text)
        forking = _forking()
        assert forking.stdin is not None and forking.stdout is not None
        forking.stdin.write(json.dumps([words, dict(os.environ), [str(given), str(out), str(err)]]) + "\n")
        forking.stdin.flush()
        code = int(forking.stdout.readline())
        return subprocess.CompletedProcess(words, code, out.read_text(), err.read_text())


@functools.cache
def _forking() -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.cli.forking"]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    atexit.register(process.stdin.close)
    return process
