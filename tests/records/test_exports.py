"""Writing into folders that an attacker prepared with real links, FIFOs, devices, sockets and mounts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.core.ports import PortError
from appliance.records import exports
from tests.conftest import CHECKOUT

root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root may make devices and mounts")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "of root"
    path.write_bytes(b"precious\n")
    return path


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    path = tmp_path / "stick"
    path.mkdir()
    return path


def link(target: Path, victim: Path) -> None:
    target.symlink_to(victim)


def dangling(target: Path, victim: Path) -> None:
    target.symlink_to(victim.with_name("not there yet"))


def hard_link(target: Path, victim: Path) -> None:
    target.hardlink_to(victim)


def fifo(target: Path, victim: Path) -> None:
    os.mkfifo(target)


def listening(target: Path, victim: Path) -> None:
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(target))


def folder(target: Path, victim: Path) -> None:
    target.mkdir()


TRAPS: dict[str, Callable[[Path, Path], None]] = {
    "a link": link,
    "a link to nothing": dangling,
    "a second name of another file": hard_link,
    "a FIFO": fifo,
    "a socket": listening,
    "a folder": folder,
}


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("how", ["new", "append"])
def test_a_trap_is_refused_and_its_target_is_untouched(how: str, trap: str, stick: Path, victim: Path) -> None:
    TRAPS[trap](stick / "report.json", victim)
    before = sorted(path.name for path in victim.parent.iterdir())
    with pytest.raises(PortError, match=r"report\.json: "):
        if how == "new":
            exports.write_new(stick / "report.json", b"evidence")
        else:
            with exports.Folder(stick) as opened:
                opened.append("report.json")
    assert victim.read_bytes() == b"precious\n"
    assert sorted(path.name for path in victim.parent.iterdir()) == before


@root_only
@pytest.mark.parametrize("device", [(1, 3), (5, 0)])
def test_a_device_is_not_opened(device: tuple[int, int], stick: Path) -> None:
    """The devices are /dev/null and /dev/tty."""
    try:
        os.mknod(stick / "x", 0o666 | 0o020000, os.makedev(*device))
    except PermissionError:
        pytest.skip("may not make devices here")
    for attempt in (lambda: exports.write_new(stick / "x", b""), lambda: exports.Folder(stick).append("x")):
        with pytest.raises(PortError, match=r"already|device"):
            attempt()


@root_only
def test_a_file_of_another_user_is_not_appended_to(stick: Path) -> None:
    (stick / "x").write_bytes(b"")
    os.chown(stick / "x", 4711, 4711)
    with exports.Folder(stick) as opened:
        with pytest.raises(PortError, match="belongs to user 4711"):
            opened.append("x")
        opened.append("x", owners=[4711]).close()


@pytest.mark.parametrize("path", ["inner/report.json", "inner/deeper/report.json"])
def test_no_folder_on_the_way_may_be_a_link(path: str, stick: Path, tmp_path: Path) -> None:
    (tmp_path / "etc" / "deeper").mkdir(parents=True)
    (stick / "inner").symlink_to(tmp_path / "etc")
    with pytest.raises(PortError, match=r"'inner' in it is a symbolic link; name the folder itself: .*/etc"):
        exports.write_new(stick / path, b"evidence")
    assert [path.name for path in (tmp_path / "etc").rglob("*")] == ["deeper"]


def test_a_magic_link_in_proc_is_refused(stick: Path, victim: Path) -> None:
    """A magic link leads to an open file without a path."""
    with victim.open("rb") as opened:
        (stick / "x").symlink_to(f"/proc/self/fd/{opened.fileno()}")
        with pytest.raises(PortError, match="link"), exports.Folder(stick) as folder:
            folder.append("x")


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc/x", "x\0y"])
def test_a_name_with_a_path_is_refused(name: str, stick: Path) -> None:
    with exports.Folder(stick) as opened, pytest.raises(PortError, match="is no name of a file"):
        opened.create(name)


def test_control_plain_files_are_written_and_appended_to(stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exports.write_new(stick / "report.json", b"evidence")
    assert (stick / "report.json").read_bytes() == b"evidence"
    assert (stick / "report.json").stat().st_mode & 0o777 == 0o600
    with exports.Folder(stick / "new" / "inner", make=True) as opened:
        for _ in range(2):
            with opened.append("lines") as file:
                exports.write_all(file, b"line\n")
        opened.sync()
    assert (stick / "new" / "inner" / "lines").read_bytes() == b"line\nline\n"
    assert (stick / "new").stat().st_mode & 0o777 == 0o700
    monkeypatch.chdir(stick)
    exports.write_new(Path("here.json"), b"1")
    exports.write_new(Path("new/../there.json"), b"2")
    assert (stick / "here.json").exists() and (stick / "there.json").exists()


@root_only
def test_a_folder_on_the_way_need_not_be_readable(tmp_path: Path) -> None:
    """A service that is not root needs this, because /run/cloister has mode 0711."""
    code = """
    import os, pathlib, sys
    from appliance.records import exports
    os.chdir(sys.argv[1])
    os.makedirs("outer/medium"); os.chown("outer/medium", 4711, 4711); os.chmod("outer", 0o711)
    os.setgid(4711); os.setuid(4711)
    exports.write_new(pathlib.Path("outer/medium/report"), b"evidence")
    print(open("outer/medium/report").read())
    """
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "evidence\n", done.stderr


def test_a_kernel_without_openat2_refuses_the_same(stick: Path, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_openat2", lambda *_: None)
    for trap in TRAPS.values():
        target = stick / trap.__name__
        trap(target, victim)
        with exports.Folder(stick) as opened, pytest.raises(PortError):
            opened.append(target.name)
        with pytest.raises(PortError):
            exports.write_new(target, b"")
    exports.write_new(stick / "plain", b"x")
    assert victim.read_bytes() == b"precious\n"


def test_a_write_that_fails_is_undone(stick: Path) -> None:
    code = """
    import pathlib, resource, signal, sys
    from appliance.records import exports
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700))
    try: exports.write_new(pathlib.Path(sys.argv[1]) / "x", bytes(5000))
    except Exception as error: print(type(error).__name__, error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), stick],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "PortError" in done.stdout and "File too large" in done.stdout
    assert not list(stick.iterdir())


MOUNTED = """
import pathlib, subprocess, sys
from appliance.core.ports import PortError
from appliance.records import exports
folder = pathlib.Path(sys.argv[1])
def mount(*what): subprocess.run(["mount", *what], check=True)
mount("-t", "tmpfs", "tmpfs", folder)
(folder / "root").write_bytes(b"precious")
(folder / "same").write_bytes(b"")
mount("--bind", folder / "root", folder / "same")          # a mount of the same file system
(folder / "other").write_bytes(b"")
mount("--bind", "/proc/self/comm", folder / "other")       # and of another
for openat2 in (True, False):
    if not openat2: exports._openat2 = lambda *_: None
    for name in ("same", "other"):
        try:
            exports.Folder(folder).append(name)
            print(name, openat2, "opened")
        except PortError as error: print(name, openat2, "refused:", error)
"""


@root_only
def test_another_file_system_under_the_name_is_refused(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not make mount namespaces here")
    done = subprocess.run(
        ["unshare", "--mount", sys.executable, "-c", MOUNTED, tmp_path],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    refused = [line for line in done.stdout.splitlines() if "refused" in line]
    # Without openat2, a mount of the same file system cannot be told from a file of it.
    assert [line.split()[:2] for line in refused] == [["same", "True"], ["other", "True"], ["other", "False"]]


def test_only_a_plain_file_of_limited_size_is_read(stick: Path) -> None:
    (stick / "report").write_bytes(b"12345")
    assert exports.read(stick / "report", 5) == b"12345"
    with pytest.raises(PortError, match="more than 4 bytes"):
        exports.read(stick / "report", 4)
    os.mkfifo(stick / "fifo")
    for path in (stick / "fifo", stick, Path("/dev/zero"), stick / "absent", stick / "x\0y"):
        with pytest.raises(PortError, match=f"{str(path)[:20]}"):
            exports.read(path, 5)
