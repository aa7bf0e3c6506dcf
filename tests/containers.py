"""Booted Debian machines to test in: systemd as the first process, an overlay over one tree that all of them share,
optionally a network namespace of their own. No docker, no image from elsewhere.

The tree is made once, by ``make build/tree`` (debootstrap, which needs a mirror). What a machine changes stays
in its own folder and can be thrown away with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
TREE = Path(os.environ.get("CLOISTER_TREE", CHECKOUT / "build" / "tree"))
"""a Debian tree with systemd, see the Makefile"""


def need_containers() -> None:
    """Skip the test, with the reason, where machines cannot be booted."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to boot a container")
    if shutil.which("systemd-nspawn") is None:
        pytest.skip("needs systemd-nspawn: apt-get install systemd-container")
    if not (TREE / "sbin" / "init").is_symlink() and not (TREE / "sbin" / "init").exists():
        pytest.skip(f"needs a Debian tree in {TREE}: make build/tree")


class Machine:
    """One container. ``folder`` keeps what it writes."""

    def __init__(
        self,
        name: str,
        folder: Path,
        *,
        mounts: Mapping[str, Path] | None = None,
        network_namespace: str | None = None,
        capabilities: tuple[str, ...] = (),
    ) -> None:
        """``mounts``: paths inside to folders or files outside, read-only. ``capabilities``: what the machine may do
        beyond what every container may, as ``CAP_NET_ADMIN`` in its own network."""
        self.name = name
        self.root = folder / "root"
        """its file system, seen from outside"""
        self._folder = folder
        self._mounts = mounts or {}
        self._network = network_namespace
        # DeviceAllow and IPAddressDeny take effect only with this one.
        self._capabilities = ("CAP_BPF", *capabilities)
        self._process: subprocess.Popen[bytes] | None = None
        self._leader: int | None = None
        for part in ("upper", "work", "root"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        if self.root.is_mount():  # a killed run may have left it
            _outside("umount", str(self.root))
        layers = f"lowerdir={TREE},upperdir={folder / 'upper'},workdir={folder / 'work'}"
        _outside("mount", "-t", "overlay", "overlay", "-o", layers, str(self.root))
        (self.root / "etc" / "hostname").write_text(f"{name}\n")
        (self.root / "etc" / "machine-id").write_text(f"{uuid.uuid4().hex}\n")

    def boot(self, within_s: float = 240) -> None:
        """Switch the machine on and wait until systemd has started everything."""
        network = f"--network-namespace-path=/run/netns/{self._network}" if self._network else "--private-network"
        with (self._folder / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [
                    *("systemd-nspawn", "--boot", f"--directory={self.root}", f"--machine={self.name}"),
                    *("--register=no", "--keep-unit", "--console=pipe", "--link-journal=no", network),
                    *(f"--capability={','.join(self._capabilities)}", "--system-call-filter=bpf perf_event_open"),
                    *(f"--bind-ro={outside}:{inside}" for inside, outside in self._mounts.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
            )
        deadline = time.monotonic() + within_s
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        while True:
            assert self._process.poll() is None, f"{self.name} did not boot: see {self._folder / 'console.log'}"
            assert time.monotonic() < deadline, f"{self.name} does not come up: see {self._folder / 'console.log'}"
            if found := children.read_text().split():
                self._leader = int(found[0])
                if self.run("systemctl", "is-system-running", check=False).strip() in ("running", "degraded"):
                    return
            time.sleep(0.1)

    def run(self, *command: str, check: bool = True, given: str | None = None, within_s: float = 300) -> str:
        """Run a command inside as root. Returns its output, both streams together. ``given`` is its standard input."""
        assert self._leader is not None, "the machine is off"
        done = subprocess.run(
            ["nsenter", "-t", str(self._leader), "-a", *command],
            stdin=subprocess.DEVNULL if given is None else None,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=within_s,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        )
        if check and done.returncode:
            told = self.run("journalctl", "-n", "30", "-o", "cat", check=False) if "systemctl" in str(command) else ""
            pytest.fail(f"{self.name}: {' '.join(command)}: {done.stdout}{told}")
        return done.stdout

    def shell(self, script: str, *, check: bool = True) -> str:
        """Run a piece of shell inside."""
        return self.run("sh", "-euc", script, check=check)

    def show(self, unit: str, field: str) -> str:
        """One property of a unit."""
        return self.run("systemctl", "show", f"--property={field}", "--value", unit).strip()

    def journal(self, unit: str, *, since: str | None = None) -> str:
        """The journal of a unit."""
        window = ("--since", since) if since else ()
        return self.run("journalctl", "--no-pager", "-o", "cat", "-u", unit, *window, check=False)

    def wait_for(self, what: str, holds: Callable[[], bool], within_s: float) -> float:
        """Wait until something holds. Returns the seconds that it took."""
        begun = time.monotonic()
        while not holds():
            assert time.monotonic() - begun < within_s, f"{self.name}: {what} did not happen in {within_s:.0f} s"
            time.sleep(0.1)
        return time.monotonic() - begun

    def off(self) -> None:
        """Switch the machine off. What it wrote stays."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(180)
            self._process = None
            self._leader = None

    def discard(self) -> None:
        """Switch the machine off and throw away what it wrote."""
        self.off()
        _outside("umount", str(self.root))
        shutil.rmtree(self._folder)


def _outside(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
