"""A site's tool in its unit, called by the appliance's own code from within the appliance's own sandbox."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml

from tests.containers import CHECKOUT, Machine
from tests.systemd.kiosk import UNIT, Kiosk

pytestmark = pytest.mark.slow

TOOL = """#!/usr/bin/python3
import json, os, subprocess, sys
request = json.load(sys.stdin)
what = request["arguments"].get("what", "")
def reach(attempt):
    try: return bool(attempt()) or True
    except OSError: return False
def network():
    import socket
    return socket.socket(socket.AF_INET)
def local(path):
    import socket
    socket.socket(socket.AF_UNIX).connect(path)
state = os.environ["CLOISTER_STATE"]
if what == "reach":
    data = {
        "uid": os.getuid(),
        "the state of the appliance": reach(lambda: os.listdir("/var/lib/cloister")),
        "the state of the appliance, by its other name": reach(lambda: os.listdir("/var/lib/private/cloister")),
        "the log": reach(lambda: open("/var/lib/private/cloister/audit/audit.jsonl", "a")),
        "the keys": reach(lambda: os.listdir("/var/lib/private/cloister/keys")),
        "credentials": reach(lambda: os.listdir("/run/credentials")),
        "the control socket": reach(lambda: local("/run/cloister/control")),
        "D-Bus": reach(lambda: local("/run/dbus/system_bus_socket")),
        "a network": reach(network),
        "the memory of the appliance": reach(lambda: open("/proc/%s/mem" % request["arguments"]["pid"])),
        "another program": reach(lambda: open("/usr/local/bin/bell", "a")),
        "its own folder": reach(lambda: open(state + "/kept", "a").write("x")),
    }
elif what == "stay":
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.environ["MARK"] = "left-behind"
            os.execv("/bin/sleep", ["left-behind", "600"])
        os._exit(0)
    data = {}
elif what == "count":
    with open(state + "/calls", "a") as calls: calls.write("x")
    data = {"calls": os.path.getsize(state + "/calls"), "state": state}
print(json.dumps({"ok": True, "say": "done", "data": data}))
"""

CALL = """
import json, sys
from pathlib import Path
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.isolation.seal import Needs, seal
from appliance.tools.executable import open_tools
seal(Needs.here())
settings = load_settings(Path("/etc/cloister/cloister.yaml"))
site = load_site(settings.site)
bell = [tool for tool in site.tools if tool.name == "bell"]
tool = open_tools(bell, site.language, Path("/var/lib/probe"))["bell"]
import time
for arguments in json.loads(Path("/etc/calls.json").read_text()):
    begun = time.monotonic()
    data = dict(tool.call("ring", arguments).data)
    print("CALLED", json.dumps({"data": data, "s": time.monotonic() - begun}), flush=True)
"""


@pytest.fixture(scope="module")
def bell(machine: Machine) -> Iterator[Kiosk]:
    """The box with a tool that belongs to the site."""
    box = Kiosk(machine)
    box.must_listen()
    program = machine.root / "usr/local/bin/bell"
    program.write_text(TOOL)
    program.chmod(0o755)
    config = machine.root / "etc/cloister/cloister.yaml"
    before = config.read_text()
    settings = yaml.safe_load(before)
    site = yaml.safe_load((CHECKOUT / "appliance/sites/hospital.yaml").read_text())
    site["tools"].append({"name": "bell", "command": ["/usr/local/bin/bell"], "time_limit_s": 15})
    (machine.root / "etc/cloister/site-with-bell.yaml").write_text(yaml.safe_dump(site))
    config.write_text(yaml.safe_dump(settings | {"site": "/etc/cloister/site-with-bell.yaml"}))
    try:
        yield box
    finally:
        config.write_text(before)
        machine.shell("systemctl disable --now cloister-tool@bell.socket; systemctl restart cloister")
        box.must_listen()


def calls(box: Kiosk, *arguments: dict[str, str]) -> list[dict[str, object]]:
    """The answer of the tool to the appliance's code in the appliance's sandbox."""
    (box.machine.root / "etc/calls.json").write_text(json.dumps(arguments))
    (box.machine.root / "etc/call.py").write_text(CALL)
    unit = re.sub(
        r"^(Type|NotifyAccess|Restart|WatchdogSec|Requires|After|Wants)=.*\n", "", UNIT.read_text(), flags=re.M
    )
    unit = unit.replace("StateDirectory=cloister", "StateDirectory=probe").replace(
        "/var/lib/cloister", "/var/lib/probe"
    )
    command = "/opt/cloister/current/venv/bin/python3 -I /etc/call.py"
    unit = re.sub(r"^ExecStart=.*$", f"Type=oneshot\nExecStart={command}", unit, flags=re.M)
    (box.machine.root / "etc/systemd/system/call.service").write_text(unit)
    box.machine.shell("systemctl daemon-reload")
    mark = len(box.machine.journal("call"))
    box.machine.shell("systemctl start call || true; journalctl --sync")
    told = box.machine.journal("call")[mark:]
    found = [json.loads(line.removeprefix("CALLED ")) for line in told.splitlines() if line.startswith("CALLED ")]
    assert len(found) == len(arguments), told
    return found


def test_a_tool_without_its_unit_is_refused_with_the_remedy(bell: Kiosk) -> None:
    mark = bell.mark()
    bell.machine.run("systemctl", "restart", "cloister", check=False)
    remedy = "systemctl enable --now cloister-tool@bell.socket"
    bell.machine.wait_for("a refusal", lambda: remedy in bell.journal_since(mark), 90)


def test_the_tool_reaches_nothing_of_the_appliance(bell: Kiosk, told: list[str]) -> None:
    bell.machine.run("systemctl", "enable", "--now", "cloister-tool@bell.socket")
    bell.machine.run("systemctl", "restart", "cloister")
    bell.must_listen()
    (answer,) = calls(bell, {"what": "reach", "pid": str(bell.pid)})
    reached = dict(answer["data"])  # type: ignore[call-overload]
    uid = reached.pop("uid")
    assert uid not in (0, int(bell.machine.shell(f"stat -c %u /proc/{bell.pid}")))
    assert {name for name, done in reached.items() if done} == {"its own folder"}
    told.append(f"a tool reaches 0 of {len(reached) - 1} things of the appliance's")


def test_the_tool_keeps_files_between_calls(bell: Kiosk, told: list[str]) -> None:
    answers = calls(bell, *[{"what": "count"}] * 5)
    assert [a["data"]["calls"] for a in answers] == [1, 2, 3, 4, 5]  # type: ignore[index]
    assert {a["data"]["state"] for a in answers} == {"/var/lib/cloister-tools/bell"}  # type: ignore[index]
    told.append("a call of a tool in its unit: " + ", ".join(f"{float(str(a['s'])):.2f} s" for a in answers))


def test_processes_that_the_tool_leaves_behind_are_killed(bell: Kiosk) -> None:
    calls(bell, {"what": "stay"})
    gone = "! pgrep -f left[-]behind"
    bell.machine.wait_for("its end", lambda: bell.machine.shell(f"({gone}) && echo gone || true").strip() == "gone", 20)


def test_other_users_cannot_call_the_tool(bell: Kiosk) -> None:
    tried = bell.machine.shell("setpriv --reuid=65534 --clear-groups ls /run/cloister-tools/open 2>&1 || true")
    assert "Permission denied" in tried
