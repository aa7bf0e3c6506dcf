"""The health gate: before a new version may run, it must understand a spoken question and answer it right.

The question is a recording in the bundle, which is played to the new slot's own program through the wave devices. VAD,
ear, brain and voice do their real work with the bundle's models, while the old version goes on talking to visitors. No
sound card is needed. The words of the answer come from the bundle too, and no visitor's data is involved.

The new version has no rights during the test. Where root installs, it runs as a user that exists for this test alone,
in network and mount namespaces of its own, which have no interface and no socket of the system's services. Where that
cannot be arranged, nothing is installed.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from appliance.bundle import Cannot, Refused

QUESTION, ANSWER, SETTINGS, SITE = "question.flac", "answer.txt", "cloister.yaml", "site.yaml"
"""Files in the folder ``health`` of a slot: the recording, words that the answer must contain, and configuration."""

_LONGEST_S = 300
"""The longest time, in seconds, for the test. Models are loaded, and the site's language models are made first."""

_USERS = range(61184, 65520)
"""Numbers of systemd's dynamic users (systemd.exec(5)), which no account has."""

_NEW_MOUNTS, _NEW_NETWORK = 0x00020000, 0x40000000
"""CLONE_NEWNS, CLONE_NEWNET of sched.h"""
_READ_ONLY, _RECURSIVE, _PRIVATE = 0x1, 0x4000, 0x40000
"""MS_RDONLY, MS_REC, MS_PRIVATE of sys/mount.h"""
_NO_NEW_PRIVILEGES = 38
"""PR_SET_NO_NEW_PRIVS of sys/prctl.h"""


def spoken_question(slot: Path) -> None:
    """Ask the version in a slot the question. Raises Refused with what it did instead of answering, and Cannot when it
    cannot be run safely."""
    health = slot / "health"
    expected = (health / ANSWER).read_text(encoding="utf-8").strip().lower()
    scratch = health / "state"
    command = [str(slot / "venv/bin/python3"), "-I", "-B", "-m", "appliance", "replay", "--fast"]
    try:
        run = tried([*command, "--config", str(health / SETTINGS), str(health / QUESTION)], scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    answers = " ".join(line for line in run.stdout.splitlines() if line.startswith("cloister"))
    if run.returncode != 0:
        said = run.stderr.strip().splitlines()
        raise Refused(f"the new version failed its spoken test: {said[-1] if said else run.returncode}")
    if expected not in answers.lower():
        raise Refused(f"the new version failed its spoken test: it answered {answers!r}, not {expected!r}")


def tried(command: list[str], scratch: Path, longest_s: float = _LONGEST_S) -> subprocess.CompletedProcess[str]:
    """Run a program that is not trusted yet, with a folder ``scratch`` that is made for it, and end all its processes
    afterwards. Raises Refused when it does not end, and Cannot when its rights cannot be taken away."""
    scratch.mkdir(mode=0o700)
    user = _free_user()
    if user is not None:
        os.chown(scratch, user, user)
    environment = {"PATH": os.defpath, "HOME": str(scratch), "TMPDIR": str(scratch), "LC_ALL": "C.UTF-8"}
    try:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=None if user is None else _without_rights(user),
        )
    except subprocess.SubprocessError:
        raise Cannot(
            "the new version would have to be tried with root's rights, because this machine lets nobody make "
            "namespaces (unshare: CLONE_NEWNET, CLONE_NEWNS); nothing was changed"
        ) from None
    except OSError as error:
        if user is not None and (closed := _closed_to_others(Path(command[0]))) is not None:
            raise Cannot(
                f"{closed}: the new version is tried as a user without rights, who may not enter this folder "
                f"(chmod o+x {closed}); nothing was changed"
            ) from None
        raise Refused(f"the new version failed its spoken test: {error}") from None
    try:
        out, err = process.communicate(timeout=longest_s)
    except subprocess.TimeoutExpired as error:
        raise Refused(f"the new version failed its spoken test: {error}") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        # This also ends processes that left the group. The next pass finds a process that is forked meanwhile.
        while user is not None and (left := [pid for pid, owner in _processes() if owner == user]):
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def _closed_to_others(program: Path) -> Path | None:
    """The first folder above a program that only its owner and group may enter."""
    return next((folder for folder in reversed(program.parents) if not folder.stat().st_mode & stat.S_IXOTH), None)


def _free_user() -> int | None:
    """A user number that no account and no process has. None where this process has no rights that could be dropped."""
    if os.geteuid() != 0 or not _mapped(_USERS[-1]):
        return None
    running = {owner for _, owner in _processes()}
    accounts = {account.pw_uid for account in pwd.getpwall()}
    return next(number for number in reversed(_USERS) if number not in running | accounts)


def _processes() -> Iterator[tuple[int, int]]:
    """Yield the number of each process and of the user that it belongs to."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                # A zombie still belongs to its user, and need not be ended.
                if "\nState:\tZ" not in (entry / "status").read_text(encoding="utf-8"):
                    yield int(entry.name), entry.stat().st_uid


def _mapped(user: int) -> bool:
    """Whether the user namespace of this process maps a number. A namespace that a user without rights has made maps
    its own root alone, which has no rights either."""
    try:
        lines = Path("/proc/self/uid_map").read_text(encoding="ascii").splitlines()
    except OSError:
        return True
    spans = [tuple(map(int, line.split())) for line in lines]
    return any(first <= user < first + count for first, _, count in spans)


def _without_rights(user: int) -> Callable[[], None]:
    """A function that a child calls before it becomes the program. It drops the network, other services' sockets and
    root."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mount.argtypes = [ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p]

    def give_up() -> None:
        _done(libc.unshare(_NEW_MOUNTS | _NEW_NETWORK))
        _done(libc.mount(b"none", b"/", None, _RECURSIVE | _PRIVATE, None))
        if Path("/run").is_dir():
            _done(libc.mount(b"tmpfs", b"/run", b"tmpfs", _READ_ONLY, b"size=4k"))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        _done(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))

    return give_up


def _done(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "refused")
