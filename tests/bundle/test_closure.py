"""A slot holds what was signed and nothing else. The files that a red team hid there, and similar ones, are reported.

Each attack is made on an installed slot. An untouched slot is the control.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.bundle import Refused, archive, closure, install
from appliance.bundle.furnish import check_slot
from appliance.bundle.manifest import decode
from tests.bundle.synthetic import KEY, PYTHON, Box, box, write
from tests.containers import CHECKOUT

pytestmark = pytest.mark.skipif(not PYTHON.exists(), reason=f"needs the system's own {PYTHON}")

ROOT = os.geteuid() == 0
PACKAGES = f"venv/lib/{PYTHON.name}/site-packages"


@pytest.fixture
def here(tmp_path: Path) -> Box:
    here = Box(box(tmp_path / "box"))
    install.install(here.store, write(tmp_path, 7), here.steps())
    return here


@pytest.fixture
def slot(here: Box) -> Path:
    return here.store.path("a")


def violations(here: Box) -> list[str]:
    slot = here.store.path("a")
    manifest = decode((slot / "manifest.json").read_bytes())
    return list(closure.violations(slot, manifest, here.store.owner()))


def add(slot: Path, path: str, content: bytes = b"print('EVIL')\n") -> None:
    (slot / path).parent.mkdir(parents=True, exist_ok=True)
    (slot / path).write_bytes(content)


def replace(slot: Path, path: str, content: bytes) -> None:
    assert (slot / path).exists()
    (slot / path).unlink()
    (slot / path).write_bytes(content)


def relink(slot: Path, target: str | Path) -> None:
    (slot / closure.INTERPRETER).unlink()
    (slot / closure.INTERPRETER).symlink_to(target)


def copied_interpreter(slot: Path) -> None:
    copy = slot.parent / PYTHON.name
    shutil.copy(PYTHON, copy)
    relink(slot, copy)


def interpreter_of_the_slot(slot: Path) -> None:
    (slot / closure.INTERPRETER).unlink()
    shutil.copy(PYTHON, slot / closure.INTERPRETER)


def bound(slot: Path) -> None:
    path = slot / "a-socket"
    own = socket.socket(socket.AF_UNIX)
    before = Path.cwd()
    os.chdir(slot)  # the name of a socket may have 108 bytes
    try:
        own.bind(path.name)
    finally:
        os.chdir(before)
        own.close()


def linked(slot: Path) -> None:
    model = slot / "models/voice/voice.onnx"
    elsewhere = slot.parent / "voice.onnx"
    model.rename(elsewhere)
    model.symlink_to(elsewhere)


def linked_folder(slot: Path) -> None:
    (slot / "models").rename(slot.parent / "models")
    (slot / "models").symlink_to(slot.parent / "models")


ATTACKS: dict[str, Callable[[Path], object]] = {
    # Files that ran or were loaded without being noticed.
    "a .pth file": lambda slot: add(slot, f"{PACKAGES}/evil.pth", b"import os\n"),
    "a .pyc of an unchanged source": lambda slot: add(slot, f"{PACKAGES}/x/__pycache__/a.cpython-311.pyc"),
    "a .pyc beside its source": lambda slot: add(slot, "venv/program.pyc"),
    "the program of an operator": lambda slot: replace(slot, closure.LAUNCHER, b"#!/bin/sh\necho EVIL\n"),
    "packages of the system": lambda slot: add(
        slot, closure.CONFIGURATION, closure.environment(PYTHON).replace(b"false", b"true")
    ),
    "another home": lambda slot: add(slot, closure.CONFIGURATION, closure.environment(slot / "x")),
    "one line more": lambda slot: add(slot, closure.CONFIGURATION, closure.environment(PYTHON) + b"executable = /x\n"),
    "a copy of the interpreter": copied_interpreter,
    "a copy of the interpreter in the slot": interpreter_of_the_slot,
    "another program of the system": lambda slot: relink(slot, "/usr/bin/env"),
    "a program of the system's name elsewhere": lambda slot: relink(slot, f"/usr/local/bin/{PYTHON.name}"),
    "an interpreter that is not there": lambda slot: relink(slot, "/usr/bin/python2.7"),
    "a relative interpreter": lambda slot: relink(slot, os.path.relpath(PYTHON, slot / "venv/bin")),
    "an interpreter that leads to itself": lambda slot: relink(slot, slot / closure.INTERPRETER),
    "no interpreter": lambda slot: (slot / closure.INTERPRETER).unlink(),
    "a library in a folder that is scanned": lambda slot: add(slot, f"{PACKAGES}/llama_cpp/lib/libggml-cpu-x.so"),
    "a unit": lambda slot: add(slot, "systemd/evil.service", b"[Service]\nExecStart=/evil\n"),
    "a model": lambda slot: add(slot, "models/voice/other.onnx"),
    "sitecustomize": lambda slot: add(slot, f"{PACKAGES}/sitecustomize.py"),
    "usercustomize": lambda slot: add(slot, f"{PACKAGES}/usercustomize.py"),
    "a package": lambda slot: add(slot, f"{PACKAGES}/json/__init__.py"),
    "a namespace of packages": lambda slot: (slot / PACKAGES / "yaml").mkdir(parents=True),
    "another version's packages": lambda slot: add(slot, "venv/lib/python3.12/site-packages/x.py"),
    "a second environment": lambda slot: add(slot, "venv2/bin/python3"),
    "a hidden file": lambda slot: add(slot, "models/.hidden"),
    "a file at the top": lambda slot: add(slot, "pyvenv.cfg"),
    "wheels": lambda slot: add(slot, "wheels/empty-1-py3-none-any.whl", b""),
    "an empty folder": lambda slot: (slot / "tmp").mkdir(),
    "folders in folders": lambda slot: (slot / "models" / ("x/" * 100)).mkdir(parents=True),
    "a name that breaks lines": lambda slot: add(slot, "models/a\nb"),
    "a name that is no text": lambda slot: Path(os.fsdecode(os.fsencode(slot) + b"/models/\xff")).mkdir(),
    "a list of code of one's own": lambda slot: add(slot, "code.sha256", b""),
    # Entries that are not plain files.
    "a link instead of a model": linked,
    "a link instead of a folder": linked_folder,
    "a link beside": lambda slot: (slot / "models/link").symlink_to("/etc/passwd"),
    "a pipe": lambda slot: os.mkfifo(slot / "models/pipe"),
    "a socket": bound,
    # Rights.
    "a model that others may write": lambda slot: (slot / "models/voice/voice.onnx").chmod(0o666),
    "a program that a group may write": lambda slot: (slot / "venv/program").chmod(0o664),
    "a folder that others may write": lambda slot: (slot / "venv").chmod(0o1777),
    "a slot that others may write": lambda slot: slot.chmod(0o777),
    "a place that others may write": lambda slot: slot.parent.chmod(0o777),
    "the rights of who wrote it": lambda slot: (slot / closure.LAUNCHER).chmod(0o4755),
    # Changes that the list of files found already.
    "a changed program": lambda slot: add(slot, "venv/program"),
    "a missing program": lambda slot: (slot / "venv/program").unlink(),
    "a missing model": lambda slot: (slot / "models/voice/voice.onnx").unlink(),
    "a changed unit": lambda slot: add(slot, "systemd/cloister.service"),
    "a missing list of code": lambda slot: (slot / "code.sha256").unlink(),
}


def test_an_untouched_slot_has_no_finding(here: Box) -> None:
    assert violations(here) == []
    check_slot(here.store, "a")


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_unsigned_entry_is_reported(attack: str, here: Box, slot: Path) -> None:
    ATTACKS[attack](slot)
    found = violations(here)
    assert found and all(line.isprintable() for line in found), attack
    with pytest.raises(Refused):
        check_slot(here.store, "a")


@pytest.mark.skipif(not ROOT, reason="needs root, to give files to others and to mount")
def test_entries_of_other_users_or_file_systems_are_reported(here: Box, slot: Path) -> None:
    model = slot / "models/voice/voice.onnx"
    for path in (model, slot / "models", slot, slot.parent):
        os.chown(path, 1, 1)
        assert any("belongs to user 1" in line for line in violations(here)), path
        os.chown(path, 0, 0)
    os.mknod(slot / "models/null", 0o20666, os.makedev(1, 3))
    assert any("models/null: is a device" in line for line in violations(here))
    (slot / "models/null").unlink()
    assert violations(here) == []
    if subprocess.run(["mount", "--bind", "/etc/hostname", model], capture_output=True).returncode == 0:
        try:
            assert any(line.startswith("models/voice/voice.onnx: ") for line in violations(here))
        finally:
            subprocess.run(["umount", model], check=True)
    if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", slot / "models"], capture_output=True).returncode == 0:
        try:
            assert any(line == "models: is mounted from elsewhere" for line in violations(here))
        finally:
            subprocess.run(["umount", slot / "models"], check=True)


@pytest.mark.skipif(not ROOT, reason="needs root, to be somebody else for a while")
def test_an_entry_that_the_service_cannot_read_is_reported(here: Box, slot: Path, tmp_path: Path) -> None:
    """The service checks the slot as a user without rights."""
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == 0 and folder.is_relative_to("/tmp/pytest-of-root"):
            folder.chmod(folder.stat().st_mode | 0o011)
    (slot / "models").chmod(0o700)
    (slot / "config/site.yaml").chmod(0o600)
    os.seteuid(65534)
    try:
        found = violations(here)
    finally:
        os.seteuid(0)
    assert "models: cannot be read: Permission denied" in found
    assert "config/site.yaml: is not the file that was signed" in found


@pytest.mark.parametrize("field", [b'"version": 7', b'"name": "oakhill"', b'"manifest_sha256": "'])
def test_the_record_of_a_slot_says_what_is_signed(field: bytes, here: Box, slot: Path) -> None:
    """The minimum versions are taken from this record where the box lost them."""
    record = slot / "slot.json"
    content = record.read_bytes()
    assert field in content
    record.write_bytes(
        content.replace(field, field.replace(b"7", b"6").replace(b"oak", b"elm").replace(b': "', b': "0'))
    )
    with pytest.raises(Refused, match=r"slot\.json: does not say what the signed manifest says"):
        check_slot(here.store, "a")


@pytest.mark.skipif(shutil.which("jq") is None or shutil.which("minisign") is None, reason="needs jq and minisign")
def test_the_auditors_commands_find_the_same_without_our_code(here: Box, slot: Path, tmp_path: Path) -> None:
    """The test runs the commands on the auditor's page, on a slot as it was installed and on one with an added file."""
    page = (CHECKOUT / "systemd/AUDITOR.md").read_text()
    (block,) = (b for b in re.findall(r"```console\n(.*?)```", page, re.S) if "minisign -V" in b)
    block = block.replace("/tmp/", f"{tmp_path}/").replace("-user root", f"-user {os.geteuid()}")
    block = block.replace("/opt/cloister", str(slot.parent)).replace("KEY", KEY.public().line())
    block = "\n".join(line for line in block.splitlines() if not line.startswith("dpkg"))

    def typed() -> list[str]:
        run = subprocess.run(["sh", "-c", block], capture_output=True, text=True, check=False)
        said = [line for line in (run.stdout + run.stderr).splitlines() if "comment" not in line.lower()]
        return [line for line in said if line and not line.startswith(("home", "include", "#!", "exec"))]

    ours = [archive.MANIFEST, archive.SIGNATURE, "slot.json", closure.LAUNCHER, closure.CONFIGURATION]
    assert sorted(typed()) == sorted([*ours, f"./{closure.INTERPRETER}"])
    for attack in ("a .pth file", "a model that others may write", "a pipe", "a link beside", "a changed program"):
        before, program = set(slot.rglob("*")), (slot / "venv/program").read_bytes()
        ATTACKS[attack](slot)
        assert len(typed()) > len(ours) + 1, attack
        for path in set(slot.rglob("*")) - before:
            if path.is_dir() and not path.is_symlink():
                continue
            path.unlink()
        (slot / "models/voice/voice.onnx").chmod(0o644)
        (slot / "venv/program").write_bytes(program)


def test_the_launcher_runs_the_slot_s_own_interpreter_isolated(slot: Path, tmp_path: Path) -> None:
    """It does so through a link to the slot, from any folder, whatever the environment says."""
    packages = slot / PACKAGES / "appliance"
    packages.mkdir(parents=True)
    (packages / "__init__.py").write_text("")
    (packages / "__main__.py").write_text("import sys, json; print(sys.prefix, sys.argv[1:], sys.flags.isolated)")
    (slot / closure.LAUNCHER).chmod(0o755)
    (tmp_path / "json.py").write_text("raise SystemExit('planted')")
    (tmp_path / "readlink").write_text("#!/bin/sh\necho /planted\n")
    (tmp_path / "readlink").chmod(0o755)
    link = tmp_path / "current"
    link.symlink_to(slot)
    run = subprocess.run(
        [link / closure.LAUNCHER, "a b", "*"],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:{os.defpath}", "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.stdout == f"{slot}/venv ['a b', '*'] 1\n", run.stderr
    assert not list(slot.rglob("*.pyc"))
