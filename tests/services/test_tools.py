"""Declared executables: what they get, what they may answer, and that nothing of them is left behind."""

import os
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from appliance.config import ToolSettings
from appliance.ports import PortError
from appliance.services.appointments import AppointmentBook
from appliance.services.tools import Executable, open_tool


def tool(tmp_path: Path, code: str, limit_s: float = 10.0, **options: object) -> Executable:
    script = tmp_path / "tool.py"
    script.write_text(f"#!{sys.executable}\nimport json, os, sys, time, subprocess\n{code}\n")
    script.chmod(0o755)
    return Executable(ToolSettings("bell", command=(str(script),), options=options, time_limit_s=limit_s), tmp_path)


def test_json_in_json_out(tmp_path: Path) -> None:
    bell = tool(
        tmp_path,
        "r = json.load(sys.stdin)\nsay = r['function'] + r['arguments']['who']\n"
        "print(json.dumps({'ok': True, 'say': say, 'data': r}))",
        volume=3,
    )
    result = bell.call("ring", {"who": "$(reboot); `id`"})
    assert result.ok
    assert result.say == "ring$(reboot); `id`"
    assert result.data["options"] == {"volume": 3}


def test_the_environment_is_all_but_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    bell = tool(tmp_path, "print(json.dumps({'ok': True, 'say': ' '.join(sorted(os.environ))}))")
    names = set(bell.call("ring", {}).say.split())
    assert {"PATH", "CLOISTER_STATE"} <= names
    assert "SECRET" not in names


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("sys.exit(3)", "status 3"),
        ("print('hello')", "JSON"),
        ("print(json.dumps([1]))", "must answer"),
        ("print(json.dumps({'ok': 'yes', 'say': ''}))", "must answer"),
        ("print(json.dumps({'ok': True, 'say': 'x' * 100000}))", "more than"),
    ],
)
def test_a_broken_answer_is_an_error(tmp_path: Path, code: str, word: str) -> None:
    with pytest.raises(PortError, match=word):
        tool(tmp_path, code).call("ring", {})


def test_what_it_started_is_killed_with_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "child = subprocess.Popen(['/bin/sleep', '60'])\n"
        f"open({str(pid_file)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    with pytest.raises(PortError, match="longer than"):
        tool(tmp_path, code, limit_s=3.0).call("ring", {})
    child = int(pid_file.read_text())
    for _ in range(100):
        if _gone(child):
            return
        time.sleep(0.05)
    pytest.fail("the tool's child lives on")


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # Killed, and nobody has asked for its status yet.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0] == "Z"


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="/nowhere/bell"):
        open_tool(ToolSettings("bell", command=("/nowhere/bell",)), tmp_path, datetime.now)


def test_a_python_class(tmp_path: Path) -> None:
    doctors = [{"name": "Doctor Chen", "hours": {"monday": "09:00-10:00"}}]
    settings = ToolSettings(
        "book", python="appliance.services.appointments:AppointmentBook", options={"doctors": doctors}
    )
    assert isinstance(open_tool(settings, tmp_path, datetime.now), AppointmentBook)
    with pytest.raises(PortError, match="Nothing"):
        open_tool(ToolSettings("book", python="appliance.services.appointments:Nothing"), tmp_path, datetime.now)
