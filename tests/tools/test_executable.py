"""Declared executables: their input, their allowed answers, and that they leave no process behind."""

import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from appliance.config.site import ToolSettings
from appliance.core.ports import PortError
from appliance.isolation.unix_socket import call_line
from appliance.language.english import ENGLISH
from appliance.tools.appointments import AppointmentBook
from appliance.tools.executable import Executable, open_tool
from tests.conftest import CHECKOUT
from tests.sealed_daemon import SITE, configure


def tool(tmp_path: Path, code: str, limit_s: float = 10.0, **options: object) -> Executable:
    script = tmp_path / "tool.py"
    script.write_text(f"#!{Path(sys.executable).resolve()}\nimport json, os, sys, time, subprocess\n{code}\n")
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


def test_the_environment_is_nearly_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    bell = tool(tmp_path, "print(json.dumps({'ok': True, 'say': ' '.join(sorted(os.environ))}))")
    names = set(bell.call("ring", {}).say.split())
    assert {"PATH", "CLOISTER_STATE"} <= names
    assert "SECRET" not in names


SAY = "print(json.dumps({'ok': True, 'say': %s}))"


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("sys.exit(3)", "status 3"),
        ("os.kill(os.getpid(), 9)", "status -9"),
        ("print('hello')", "JSON"),
        ("sys.stdout.buffer.write(b'\\xff\\xfe')", "JSON"),
        ("print('[' * 30000)", "JSON"),
        ("print('{\"a\":' * 5000)", "JSON"),
        ('print(\'{"ok": true, "say": "", "data": {"n": NaN}}\')', "JSON"),
        ('print(\'{"ok": true, "say": "", "data": {"n": \' + \'9\' * 5000 + \'}}\')', "JSON"),
        ('print(\'{"ok": true, "say": "", "data": {"n": 1e999}}\')', "nobody can say"),
        ("print(json.dumps([1]))", "must answer"),
        ("print(json.dumps({'ok': 'yes', 'say': ''}))", "must answer"),
        ("print(json.dumps({'ok': True, 'say': 'x' * 100000}))", "more than"),
        ("print(json.dumps({'ok': True, 'say': 'x' * 2001}))", "2000 letters"),
        (SAY % "'a\\ud800'", "nobody can say"),
        (SAY % "'a\\0b'", "nobody can say"),
        (SAY % "'a\\x1b[2J'", "nobody can say"),
        (SAY % "'a\\x9b2J'", "nobody can say"),
        (SAY % "'a\\u202eb'", "nobody can say"),
        ("print(json.dumps({'ok': True, 'say': '', 'data': {'a': ['\\ud800']}}))", "nobody can say"),
        ("print(json.dumps({'ok': True, 'say': '', 'data': {'\\ud800': 1}}))", "nobody can say"),
        ("print(json.dumps({'ok': True, 'say': '', 'data': []}))", "no object"),
        (
            "deep = {}\nfor _ in range(300): deep = {'a': deep}\n"
            "print(json.dumps({'ok': True, 'say': '', 'data': deep}))",
            "nested",
        ),
        ("print(json.dumps({'ok': True, 'say': 'done'}) * 2)", "JSON"),
    ],
)
def test_a_broken_answer_is_an_error(tmp_path: Path, code: str, word: str) -> None:
    with pytest.raises(PortError, match=word):
        tool(tmp_path, code).call("ring", {})


def test_line_ends_and_tabs_are_spoken_as_spaces(tmp_path: Path) -> None:
    bell = tool(tmp_path, "print(json.dumps({'ok': True, 'say': ' one\\n two\\tthree ', 'data': {'a': 'b\\nc'}}))")
    assert bell.call("ring", {}).say == "one two three"


def test_a_tool_has_a_state_folder_of_its_own(tmp_path: Path) -> None:
    bell = tool(tmp_path, SAY % "os.environ['CLOISTER_STATE']")
    assert bell.call("ring", {}).say == str(tmp_path / "tools" / "bell")
    assert (tmp_path / "tools" / "bell").stat().st_mode & 0o777 == 0o700


def test_an_answer_without_end_is_cut_short(tmp_path: Path) -> None:
    """The tool is stopped long before its time, and this process never holds what it wrote."""
    code = "while True: os.write(1, b'x' * 65536)"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    with pytest.raises(PortError, match="more than 65536 bytes and was killed"):
        tool(tmp_path, code, limit_s=300.0).call("ring", {})
    assert time.monotonic() - begun < 150
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024, "KiB"


def test_output_that_a_child_holds_open_is_not_waited_for(tmp_path: Path) -> None:
    code = f"subprocess.Popen(['/bin/sleep', '600'])\n{SAY % repr('done')}"
    assert tool(tmp_path, code, limit_s=300.0).call("ring", {}).say == "done"


def test_a_tool_need_not_read_its_request(tmp_path: Path) -> None:
    bell = tool(tmp_path, SAY % "'done'", words="x" * 1_000_000)
    assert bell.call("ring", {}).say == "done"
    reading = tool(tmp_path, SAY % "str(len(json.load(sys.stdin)['options']['words']))", words="x" * 1_000_000)
    assert reading.call("ring", {}).say == "1000000"
    shut = tool(tmp_path, f"os.close(0)\ntime.sleep(0.2)\n{SAY % repr('done')}", words="x" * 1_000_000)
    assert shut.call("ring", {}).say == "done"


DESCENDANTS = {
    "in a session of its own": "subprocess.Popen(['/bin/sleep', '600'], start_new_session=True)",
    "whose parent has ended": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv('/bin/sleep', ['/bin/sleep', '600'])
    os._exit(0)
os.wait()
import pathlib
def sleeping():
    for commandline in pathlib.Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if commandline.read_bytes().startswith(b'/bin/sleep\\x00600'):
                return True
        except OSError:
            pass
while not sleeping():
    time.sleep(0.01)
""",
    "that ignores what can be ignored": """
if os.fork() == 0:
    os.setsid()
    import signal
    for number in range(1, 32):
        if number not in (9, 19): signal.signal(number, signal.SIG_IGN)
    os.execv('/bin/sleep', ['/bin/sleep', '600'])
""",
    "that others are born of": """
for _ in range(5):
    if os.fork() == 0:
        os.setsid()
        for _ in range(3):
            if os.fork() == 0: os.execv('/bin/sleep', ['/bin/sleep', '600'])
        time.sleep(600)
""",
}


@pytest.mark.parametrize("how", DESCENDANTS)
@pytest.mark.parametrize("end", ["answers", "takes too long"])
def test_no_descendant_outlives_a_tool(tmp_path: Path, how: str, end: str) -> None:
    mark = f"descends-from-{uuid.uuid4().hex}"
    last = SAY % "'done'" if end == "answers" else "time.sleep(600)"
    bell = tool(
        tmp_path, f"os.environ['MARK'] = '{mark}'\n{DESCENDANTS[how]}\n{last}", limit_s=5.0 if end == "answers" else 3.0
    )
    seen: set[int] = set()
    watching = threading.Event()

    def watch() -> None:
        while not watching.is_set():
            seen.update(_marked(mark))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        if end == "answers":
            assert bell.call("ring", {}).ok
        else:
            with pytest.raises(PortError, match="longer than"):
                bell.call("ring", {})
        left = _marked(mark)
    finally:
        watching.set()
        watcher.join()
    assert not left
    if end == "takes too long":
        assert seen, "control: there was one"


def _marked(mark: str) -> set[int]:
    """Processes with the mark in their environment."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if mark.encode() in entry.read_bytes():
                found.add(int(entry.parent.name))
    return found


@pytest.mark.parametrize("how", ["in place", "by another file"])
def test_a_program_that_was_changed_since_the_start_is_not_run(tmp_path: Path, how: str) -> None:
    bell = tool(tmp_path, SAY % "'as it was'")
    script = tmp_path / "tool.py"
    assert bell.call("ring", {}).say == "as it was"
    script.touch()
    assert bell.call("ring", {}).say == "as it was", "the same content is the same program"
    other = script if how == "in place" else tmp_path / "other.py"
    other.write_text(script.read_text().replace("as it was", "as I like"))
    other.chmod(0o755)
    other.replace(script)
    with pytest.raises(PortError, match=r"tool.py was changed since the start"):
        bell.call("ring", {})


def test_a_script_among_the_arguments_counts_as_well(tmp_path: Path) -> None:
    script = tmp_path / "bell.sh"
    script.write_text('echo \'{"ok": true, "say": "as it was"}\'')
    bell = Executable(ToolSettings("bell", command=("/bin/sh", str(script)), time_limit_s=10.0), tmp_path)
    assert bell.call("ring", {}).say == "as it was"
    script.write_text('echo \'{"ok": true, "say": "as I like"}\'')
    with pytest.raises(PortError, match=r"bell.sh was changed"):
        bell.call("ring", {})


# --- a unit of its own ----------------------------------------------------------------------------------------------

MANAGER = """
import os, socket, sys
path, config, state = sys.argv[1:]
listening = socket.socket(socket.AF_UNIX)
listening.bind(path)
listening.listen()
print("listening", flush=True)
while True:
    # As systemd does it: look whether somebody calls, then hand the listening socket over.
    import select
    select.select([listening], [], [])
    pid = os.fork()
    if pid == 0:
        os.dup2(listening.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", STATE_DIRECTORY=state)
        code = f"import sys; sys.path.insert(0, {os.getcwd()!r}); from appliance.tools.unit import main; "
        code += f"sys.exit(main(['--config', {config!r}, 'bell']))"
        os.execv(sys.executable, [sys.executable, "-I", "-c", code])
    os.waitpid(pid, 0)
"""


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A manager that starts the tool's unit when it is called. Yields the unit's own folder."""
    folder, state = tmp_path / "sockets", tmp_path / "its-own"
    folder.mkdir()
    state.mkdir()
    site = f"tools: [{{name: bell, command: [{tmp_path / 'tool.py'}], options: {{volume: 3}}, time_limit_s: 10.0}}]\n"
    config = configure(tmp_path, site=SITE + site)
    with subprocess.Popen(
        [sys.executable, "-c", MANAGER, folder / "bell", config, state], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as manager:
        assert manager.stdout is not None and manager.stdout.readline() == "listening\n"
        monkeypatch.setenv("CLOISTER_TOOLS", str(folder))
        yield state
        manager.kill()


def test_a_tool_in_a_unit_of_its_own_answers_as_without_one(tmp_path: Path, outside: Path) -> None:
    say = "r['function'] + r['arguments']['who'] + str(r['options']['volume']) + ' ' + os.environ['CLOISTER_STATE']"
    bell = tool(tmp_path, f"r = json.load(sys.stdin)\n{SAY % say}")
    for _ in range(2):
        assert bell.call("ring", {"who": "x"}).say == f"ringx3 {outside}"


def test_a_tool_in_its_unit_has_no_network(tmp_path: Path, outside: Path) -> None:
    code = f"import socket\ntry: socket.socket()\nexcept OSError as e: {SAY % 'str(e)'}"
    assert "not supported" in tool(tmp_path, code).call("ring", {}).say


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("sys.exit(3)", "status 3"),
        ("while True: os.write(1, b'x' * 65536)", "more than 65536 bytes and was killed"),
        ("print('hello')", "JSON"),
    ],
)
def test_errors_of_a_tool_in_its_unit_are_reported(tmp_path: Path, outside: Path, code: str, word: str) -> None:
    with pytest.raises(PortError, match=word):
        tool(tmp_path, code).call("ring", {})


def test_the_time_limit_holds_in_the_unit_too(tmp_path: Path, outside: Path) -> None:
    mark = f"descends-from-{uuid.uuid4().hex}"
    code = f"os.environ['MARK'] = '{mark}'\nsubprocess.Popen(['/bin/sleep', '600'], start_new_session=True)\n"
    with pytest.raises(PortError, match=r"longer than 2 s"):
        tool(tmp_path, f"{code}time.sleep(600)", limit_s=2.0).call("ring", {})
    for _ in range(1000):
        if not _marked(mark):
            return
        time.sleep(0.02)
    pytest.fail("it lives on although nobody waits")


def test_a_request_to_a_unit_names_only_the_function_and_its_arguments(tmp_path: Path, outside: Path) -> None:
    """The site file names the program. Other fields of a request are ignored."""
    tool(tmp_path, SAY % "'the declared one'")
    request = {"function": "ring", "arguments": {}, "command": ["/bin/false"], "environment": {}, "limit_s": 0}
    answer = json.loads(call_line(tmp_path / "sockets" / "bell", json.dumps(request), 100_000, 20.0))
    assert not answer["problem"]
    for nonsense in ("[]", "{}", "x", "[" * 5000, '{"function": "ring", "arguments": 3}'):
        answer = json.loads(call_line(tmp_path / "sockets" / "bell", nonsense, 100_000, 20.0))
        assert answer["problem"] and not answer["output"]


@pytest.mark.parametrize(
    "line",
    [
        *("[]", "x", "{}", '{"problem": 3}', '{"output": 3}', '{"output": "!"}', '{"more": ""}', "[" * 50_000),
        *('{"problem": "\\u001b[2J"}', '{"problem": "\\ud800"}', json.dumps({"problem": "x" * 400}), ""),
    ],
)
def test_a_malformed_answer_of_a_unit_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    """The tool has the user of its unit and may answer in its place."""
    monkeypatch.setenv("CLOISTER_TOOLS", str(tmp_path))
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bell"))
        listening.listen()

        def answer() -> None:
            with listening.accept()[0] as connected:
                connected.recv(1000)
                with contextlib.suppress(OSError):
                    connected.sendall(f"{line}\n".encode() if line else b"")

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            with pytest.raises(PortError, match=r"^tool bell: ring [ -~]*$"):
                tool(tmp_path, "pass").call("ring", {})
        finally:
            thread.join()


def test_a_unit_that_answers_without_end_is_cut_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOISTER_TOOLS", str(tmp_path))
    sent: list[int] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "bell"))
        listening.listen()

        def answer() -> None:
            with listening.accept()[0] as connected, contextlib.suppress(OSError):
                while sum(sent) < 50_000_000:
                    sent.append(connected.send(b"x" * 65536))

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(PortError, match="was not answered by its unit"):
            tool(tmp_path, "pass", limit_s=100.0).call("ring", {})
        thread.join()
    assert sum(sent) < 1_000_000


def test_a_unit_that_does_not_listen_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOISTER_TOOLS", str(tmp_path))
    with pytest.raises(PortError, match=r"systemctl enable --now cloister-tool@bell.socket"):
        tool(tmp_path, "pass")


def test_the_processes_of_a_tool_are_killed_with_it(tmp_path: Path) -> None:
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
    # The process is killed, and its parent has not asked for its status yet.
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[-1].split()[0] == "Z"


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="/nowhere/bell"):
        open_tool(ToolSettings("bell", command=("/nowhere/bell",)), tmp_path, datetime.now, ENGLISH)


def test_a_python_class(tmp_path: Path) -> None:
    doctors = [{"name": "Doctor Chen", "hours": {"monday": "09:00-10:00"}}]
    settings = ToolSettings("book", python="appliance.tools.appointments:AppointmentBook", options={"doctors": doctors})
    assert isinstance(open_tool(settings, tmp_path, datetime.now, ENGLISH), AppointmentBook)
    with pytest.raises(PortError, match="Nothing"):
        open_tool(ToolSettings("book", python="appliance.tools.appointments:Nothing"), tmp_path, datetime.now, ENGLISH)
