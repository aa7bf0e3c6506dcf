"""Single checks of the attestation, on real processes that were tampered with."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from appliance.attestation import checks
from appliance.attestation.check import Look
from appliance.attestation.checks import CHECKS, models, probe
from appliance.attestation.fleet import compare
from appliance.attestation.proc import Process
from appliance.attestation.report import Report
from appliance.config.box import load_settings
from appliance.engines.model_files import model_files
from appliance.isolation.seal import WAYS
from tests.conftest import CHECKOUT

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may look into a process that is not dumpable")


def test_every_check_has_a_file_of_its_own_that_is_collected() -> None:
    folder = Path(checks.__file__).parent
    assert {path.stem.replace("_", " ") for path in folder.glob("[!_]*.py")} == set(CHECKS)


def look(pid: int, **changed: Any) -> Look:
    starter_settings = load_settings(CHECKOUT / "models" / "starter" / "cloister.yaml")
    fields = {"answer": {}, "statement": {}, "inside": dict.fromkeys(WAYS, True), "config": Path()}
    return Look(Process(pid), **{**fields, "settings": starter_settings, "catalog": Path("/absent"), **changed})


@contextmanager
def child(code: str, **environment: str) -> Iterator[int]:
    """A separate Python process that has run ``code``."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", f"{code}\nprint(flush=True)\nimport time; time.sleep(600)"],
        env={"PATH": "/usr/bin", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "name",
    [
        *("LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME", "GLIBC_TUNABLES"),
        *("OPENSSL_CONF", "GCONV_PATH", "SSLKEYLOGFILE", "MALLOC_TRACE"),
    ],
)
def test_a_variable_that_changes_the_code_is_a_fault(name: str) -> None:
    with child("", **{name: "/dev/null" if name == "LD_PRELOAD" else "x"}) as pid:
        line = CHECKS["environment"].line(look(pid))
        assert (line.verdict, line.evidence["change which code is run"]) == ("fail", [name])


def test_an_unknown_variable_is_reported() -> None:
    with child("", HTTPS_PROXY="x", PULSE_SERVER="unix:/run/x") as pid:
        line = CHECKS["environment"].line(look(pid))
        assert (line.verdict, line.evidence["not on the list of what may be there"]) == ("warn", ["HTTPS_PROXY"])
    with child("", PULSE_SERVER="unix:/run/x") as pid:
        assert CHECKS["environment"].line(look(pid)).verdict == "ok"


EXECUTABLE = """
import ctypes, mmap, os, shutil, sys
source = next(line.split()[5] for line in open("/proc/self/maps") if "/libc.so" in line or "/libc-" in line)
path = {path!r}
{prepare}
mapped = mmap.mmap(fd, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
{after}
"""


@pytest.mark.parametrize(
    ("how", "prepare", "after", "where"),
    [
        ("elsewhere", "shutil.copy(source, path); fd = os.open(path, os.O_RDONLY)", "", "from elsewhere"),
        (
            "deleted",
            "shutil.copy(source, path); fd = os.open(path, os.O_RDONLY)",
            "os.unlink(path)",
            "deleted, or only in memory",
        ),
        (
            "memory file",
            "fd = os.memfd_create('evil'); os.write(fd, bytes(4096))",
            "",
            "deleted, or only in memory",
        ),
        (
            "memory file that is called as libffi's",
            "fd = os.memfd_create('libffi2'); os.write(fd, bytes(4096))",
            "",
            "deleted, or only in memory",
        ),
        ("anonymous", "fd = -1", "", "not from a file"),
    ],
)
def test_executable_memory_from_elsewhere_is_a_fault(how: str, prepare: str, after: str, where: str) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        code = EXECUTABLE.format(path=f"{folder}/evil.so", prepare=prepare, after=after)
        if how == "anonymous":
            code = code.replace("mmap.MAP_PRIVATE", "mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS")
        with child(code) as pid:
            line = CHECKS["executable memory"].line(look(pid))
            assert line.verdict == "fail" and line.evidence[where], line.evidence
        with child("") as pid:
            assert CHECKS["executable memory"].line(look(pid)).verdict == "ok", "control"


def test_code_that_a_user_other_than_root_can_change_is_reported() -> None:
    own = CHECKOUT / "build" / "loose.so"
    own.parent.mkdir(exist_ok=True)
    try:
        code = EXECUTABLE.format(
            path=str(own), prepare="shutil.copy(source, path); os.chmod(path, 0o666); fd = os.open(path, 0)", after=""
        )
        with child(code) as pid:
            line = CHECKS["executable memory"].line(look(pid))
            assert line.evidence["can be changed by others than root"] == [str(own)]
            assert line.verdict == "warn", "a checkout; in a slot it is a fault"
    finally:
        own.unlink(missing_ok=True)


def test_every_model_file_has_a_line_of_its_own(tmp_path: Path) -> None:
    """Two files with one use, and one file with two."""
    starter_settings = load_settings(CHECKOUT / "models" / "starter" / "cloister.yaml")
    files = list(dict.fromkeys(str(path) for _, path, _ in model_files(starter_settings)))
    uses = [what for what, _, _ in model_files(starter_settings)]
    assert len(files) > len(set(uses)), "there are files that share a use, or this shows nothing"
    line = CHECKS["models"].line(look(os.getpid()))
    told = [name for name in line.evidence if name.startswith("/")] + list(line.evidence["missing"])
    assert sorted(told) == sorted(files)
    assert sorted(shlex.split(line.by_hand)[1:]) == sorted(files)


def test_one_bit_of_any_model_file_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [tmp_path / name for name in ("a", "b", "c", "d")]
    for path in names:
        path.write_bytes(bytes(64))
    uses = [("ear", names[0], ""), ("ear", names[1], ""), ("end of turn", names[2], ""), ("end of turn", names[3], "")]
    monkeypatch.setattr(models, "model_files", lambda settings: iter(uses))

    def report() -> Report:
        line = CHECKS["models"].line(look(os.getpid()))
        return Report({"host": "x", "machine": "m", "key": "k"}, "", "", "", (line,))

    before = report()
    for path in names:
        path.write_bytes(bytes(63) + b"\1")
        assert compare({"one": before, "two": report()}), path
        path.write_bytes(bytes(64))
    assert not compare({"one": before, "two": report()}), "control"


@pytest.mark.parametrize("way", WAYS)
def test_an_attempt_that_the_probe_left_out_is_a_fault(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "probe_in_child", lambda: dict.fromkeys(WAYS, False))  # outside, nothing is refused
    inside = dict.fromkeys(WAYS, True)
    assert CHECKS["probe"].line(look(os.getpid(), inside=inside)).verdict == "ok"
    del inside[way]
    line = CHECKS["probe"].line(look(os.getpid(), inside=inside))
    assert (line.verdict, line.evidence["not tried inside"]) == ("fail", [way])


def test_a_socket_that_the_configuration_does_not_name_is_a_fault(tmp_path: Path) -> None:
    from dataclasses import replace

    from appliance.config.box import DoorSettings

    door = tmp_path / "api.sock"
    listen = f"import socket; s = socket.socket(socket.AF_UNIX); s.bind({str(door)!r}); s.listen()"
    with child(listen) as pid:
        found = look(pid)
        line = CHECKS["doors"].line(found)
        assert (line.verdict, line.evidence["not in the configuration"]) == ("fail", [str(door)])
        named = replace(found.settings, doors=(DoorSettings(door, tokens=True),))
        line = CHECKS["doors"].line(replace(found, settings=named))
        assert (line.verdict, line.evidence["doors"][str(door)]["tokens"]) == ("ok", True)
    with child("") as pid:
        line = CHECKS["doors"].line(look(pid, settings=named))
        assert (line.verdict, line.evidence["not open"]) == ("fail", [str(door)])
