"""The ``cloister`` command: collects the verbs, each of which has a file of its own.

Exit codes: 0 it worked; 1 it worked and the verdict is no (a check failed, a reply was wrong); 2 the command line or a
configuration file is wrong; 3 a device, model or tool cannot do its work, or a fault of ours; 130 it was interrupted.
One line on standard error gives the cause and the remedy.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable

from appliance import __version__
from appliance.cli import (
    appointments,
    attest,
    audit,
    bench,
    bundle,
    chat,
    check,
    demo,
    devices,
    evaluate,
    fleet,
    keys,
    models,
    operator,
    recordings,
    replay,
    run,
    say,
    site,
    status,
    talk,
    telephone,
    tokens,
    transcribe,
)
from appliance.cli.verb import CANNOT, INTERRUPTED, OK, WRONG_INPUT
from appliance.config.reader import ConfigError
from appliance.core.faults import fault
from appliance.core.plain_text import show
from appliance.core.ports import PortError

_VERBS = (
    *(run, status, demo, talk, chat, replay, site, check, devices, models, say, transcribe, evaluate, bench),
    *(audit, attest, fleet, operator, recordings, keys, appointments, tokens, telephone, bundle),
)
"""The verbs, in the order of the help."""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    root = argparse.ArgumentParser(
        prog="cloister",
        description="A voice appliance that never makes a network call.",
        epilog="Exit codes: 0 done, 1 the verdict is no, 2 wrong input, 3 a device, model or tool cannot do its work.",
    )
    root.add_argument("--version", action="version", version=f"cloister {__version__}")
    verbs = root.add_subparsers(title="verbs", metavar="VERB", required=True)
    for module in _VERBS:
        module.declare(verbs)
    return root


def main(arguments: list[str] | None = None) -> int:
    """Run one verb and return the exit code."""
    options = parser().parse_args(arguments)
    try:
        verb: Callable[[argparse.Namespace], int] = options.verb
        return verb(options)
    except ConfigError as error:
        for problem in error.problems:
            show(problem, to=sys.stderr)
        return WRONG_INPUT
    except PortError as error:
        show(f"cloister: {error}", to=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output closed the pipe (`| head`), which is no error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            show(f"cloister: {error.filename}: {error.strerror}; look at its owner and its mode", to=sys.stderr)
            return CANNOT
        if os.environ.get("CLOISTER_TRACEBACK"):
            raise
        # The message is left out, because it may quote a visitor's words, and standard error goes to the journal.
        print(
            f"cloister: a fault of ours: {fault(error)}; please report it, with what CLOISTER_TRACEBACK=1 shows",
            file=sys.stderr,
        )
        return CANNOT
