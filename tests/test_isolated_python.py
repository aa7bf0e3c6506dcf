"""Every Python that the package starts looks for code in its own place only. With ``-I`` neither the current folder nor
a variable of the environment nor a user's own packages come first. With ``-B`` it leaves no compiled code behind, which
root would write into the slot, where it is not signed.

Read from the source with ``ast``. A start of Python is found by the program: ``sys.executable``, a name or an
attribute called after Python, or a text that ends in ``python`` or ``python3``. In a list of arguments the option must
be the next element.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from appliance.isolation.seal import probe, probe_in_child

ROOT = Path(__file__).resolve().parent.parent
_PYTHON = re.compile(r"(^|[/ ])python(3(\.\d+)?)?$")
_SHELL = re.compile(r"(^|[\s;|&/])python(3(\.\d+)?)?\s+(?!-I\b)(-\w|\S+\.pyz?\b)")


def _text(node: ast.AST) -> str:
    """The words of an expression that name the started program."""
    if isinstance(node, ast.Starred):
        return ""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("str", "Path") and node.args:
        return _text(node.args[0])
    if isinstance(node, ast.BinOp):
        return f"{_text(node.left)}/{_text(node.right)}" if isinstance(node.op, ast.Div) else ""
    if isinstance(node, ast.Attribute):
        return {"executable": "python", "_base_executable": "python", "INTERPRETER": "python"}.get(node.attr, "")
    if isinstance(node, ast.Name):
        return {"executable": "python", "interpreter": "python"}.get(node.id, node.id)
    return ""


def starts_without(source: str) -> list[int]:
    """Lines in which a Python is started without ``-I`` and then ``-B``."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.List | ast.Tuple):
            elements = list(_flat(node))
            # A Python without arguments is a path among others. Started like that, it would wait for input.
            for place, first in enumerate(elements[:-1]):
                if _PYTHON.search(_text(first)) and [_option(e) for e in elements[place + 1 : place + 3]] != [
                    "-I",
                    "-B",
                ]:
                    found.add(first.lineno)
    return sorted(found)


def _flat(node: ast.List | ast.Tuple) -> list[ast.expr]:
    """The elements of a list, those of a tuple that is unpacked in it among them."""
    found: list[ast.expr] = []
    for element in node.elts:
        inner = element.value if isinstance(element, ast.Starred) else element
        found += (
            _flat(inner) if isinstance(element, ast.Starred) and isinstance(inner, ast.List | ast.Tuple) else [element]
        )
    return found


def _option(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


SOURCES = sorted((ROOT / "appliance").rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_python_is_started_without_isolation(path: Path) -> None:
    lines = starts_without(path.read_text(encoding="utf-8"))
    assert not lines, f"{path.relative_to(ROOT)}: lines {lines} start Python without -I -B"


@pytest.mark.parametrize(
    "started",
    [
        '[sys.executable, "-c", code]',
        '[sys.executable, "-m", "pip", *more]',
        '[str(sys.executable), "x.py"]',
        '["/usr/bin/python3", "-m", "x"]',
        '["python3.11", "x.py"]',
        '[slot / "venv/bin/python", "-c", "1"]',
        '[str(slot / "venv/bin/python3"), "-B", "-m", "appliance"]',
        '[sys.executable, "-I", "-m", "appliance"]',
        '[f"{slot}/venv/bin/python3", "-m", "appliance"]',
        '[*("unshare", "--net"), *("python3", "-c", "1")]',
        '[str(slot / closure.INTERPRETER), "-m", "x"]',
        "[python, SCRIPT]",
        '("timeout", "5", sys.executable, "-c", "1")',
    ],
)
def test_the_reader_sees_every_kind_of_start(started: str) -> None:
    """This is the control. Each start is found, and is not found once it is isolated."""
    assert starts_without(f"run({started})") == [1]
    isolated = re.sub(r'(executable\)?|python[\d.]*"\)?|INTERPRETER\)|python), ', r'\1, "-I", "-B", ', started, count=1)
    assert isolated != started and starts_without(f"run({isolated})") == [], isolated


UNITS = sorted((ROOT / "systemd").glob("*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_start_python_isolated_and_programs_by_full_path(unit: Path) -> None:
    starts = re.findall(r"^Exec\w+=[-+!:@|]*(.*)$", unit.read_text(encoding="utf-8"), re.M)
    for command in starts:
        program, *arguments = command.split()
        assert program.startswith("/"), command
        assert not _PYTHON.search(program) or arguments[:2] == ["-I", "-B"], command
    assert not any(_SHELL.search(command) for command in starts)


def test_the_fleet_starts_python_isolated() -> None:
    for path in sorted((ROOT / "ansible").rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            if re.search(r"python3?['\"]?, ", line) and "argv" in line:
                assert re.search(r"python3?['\"]?, ['\"]?-I\b", line), f"{path}: {line}"


def test_the_probe_runs_our_modules_and_none_of_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module with a name of the standard library lies in the current folder and in PYTHONPATH. The control shows that
    such a file is found without -I."""
    (tmp_path / "json.py").write_text("raise SystemExit('planted')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    control = subprocess.run([sys.executable, "-c", "import json"], capture_output=True, text=True, check=False)
    assert "planted" in control.stderr, "control"
    assert set(probe_in_child()) == set(probe())
