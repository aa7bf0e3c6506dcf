"""The playbook ``balance`` on booted machines, a part of ``make test-fleet``.

There are two balancers, and a box with a stand-in for the appliance behind its door.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.containers import CHECKOUT, Machine, need_containers
from tests.fleet.authority import Authority
from tests.fleet.wire import NAMESPACE, Wire, outside
from tests.playbooks import PROGRAM, play

pytestmark = pytest.mark.slow

BALANCERS = ("balancer-1", "balancer-2")
MACHINES = (*BALANCERS, "reception")
WIRE = Wire(MACHINES)
CALLERS = "10.77.0.50"

APPLIANCE = """
import http.server, os, socketserver
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "9")
        self.end_headers()
        self.wfile.write(b"reception")
    def address_string(self):
        return ""
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    pass
os.makedirs("/run/cloister", exist_ok=True)
server = Server("/run/cloister/lan.sock", Handler)
os.chmod("/run/cloister/lan.sock", 0o666)
server.serve_forever()
"""
CALLER = """
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
context.check_hostname = False
print(urllib.request.urlopen(sys.argv[1], context=context, timeout=5).read().decode())
"""


@dataclass
class Site:
    """The machines, and the controller on their wire."""

    folder: Path
    machines: dict[str, Machine]
    inventory: dict[str, object]
    output: str = ""

    def play(self, *arguments: str) -> dict[str, int]:
        """Set everything up. Returns how many tasks changed something on each machine."""
        (self.folder / "hosts.yml").write_text(yaml.safe_dump(self.inventory))
        within = ("ip", "netns", "exec", NAMESPACE)
        done = play("balance", self.folder / "hosts.yml", *arguments, within=within)
        assert done.returncode == 0, done.stdout[-6000:]
        return {name: int(n) for name, n in re.findall(r"^(\S+)\s+: ok=\d+\s+changed=(\d+)", done.stdout, re.M)}

    def call(self) -> str:
        """The answer to a caller, or why there is none."""
        public = str(self.folder / "public.pem")
        command = ["ip", "netns", "exec", NAMESPACE, sys.executable, "-c", CALLER, f"https://{CALLERS}/", public]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return (done.stdout or done.stderr.strip().rpartition("\n")[2]).strip()

    def until_answered(self) -> None:
        """Call until the box answers."""
        ends_s = time.monotonic() + 60
        while (answer := self.call()) != "reception":
            if time.monotonic() > ends_s:
                journals = [self.machines[name].journal("keepalived")[-1500:] for name in BALANCERS]
                pytest.fail("\n".join([answer, *journals]))
            time.sleep(0.3)

    def holder(self) -> str:
        """The balancer that has the callers' address."""
        (one,) = [name for name in BALANCERS if CALLERS in self.machines[name].run("ip", "addr", "show", "dev", "eth0")]
        return one


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    need_containers()
    if not PROGRAM.exists():
        pytest.skip("needs ansible-core in ansible/.venv: make test-fleet sets it up")
    folder = CHECKOUT / "build" / "balancers"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    own, public = Authority("site", folder), Authority("public", folder)
    public.issue("callers", folder / "callers.pem")
    machines: dict[str, Machine] = {}
    try:
        WIRE.lay()
        outside("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "id"))
        for name in MACHINES:
            own.issue(name, folder / f"{name}.pem")
            machine = Machine(
                name,
                CHECKOUT / "build" / "machines" / name,
                network_namespace=f"cloister-{name}",
                capabilities=("CAP_NET_ADMIN",),
            )
            machines[name] = machine
            ssh = machine.root / "root/.ssh"
            ssh.mkdir(mode=0o700, exist_ok=True)
            shutil.copy(folder / "id.pub", ssh / "authorized_keys")
            machine.boot()
        machines["reception"].run("systemd-run", "--unit=stand-in", "python3", "-c", APPLIANCE)
        known = WIRE.inside("ssh-keyscan", "-t", "ed25519", *map(WIRE.address, MACHINES))
        (folder / "known_hosts").write_text(known)
        yield Site(folder, machines, inventory(folder))
    finally:
        for machine in machines.values():
            machine.discard()
        WIRE.remove()


def inventory(folder: Path) -> dict[str, object]:
    def hosts(names: tuple[str, ...]) -> dict[str, object]:
        return {name: {"ansible_host": WIRE.address(name)} for name in names}

    balancers = {
        "balancer_address": f"{CALLERS}/24",
        "balancer_interface": "eth0",
        "balancer_own_address": "{{ ansible_host }}",
        "balancer_peer_addresses": "{{ groups['balancers'] | map('extract', hostvars, 'ansible_host')"
        " | difference([ansible_host]) }}",
        "balancer_certificate": str(folder / "callers.pem"),
        "balancer_client_certificate": f"{folder}/{{{{ inventory_hostname }}}}.pem",
        "balancer_boxes_ca": str(folder / "site.pem"),
        "balancer_boxes": [{"name": "reception", "address": WIRE.address("reception"), "lines": 2}],
    }
    appliances = {
        "front_lines": 2,
        "front_balancers": list(BALANCERS),
        "front_certificate": f"{folder}/{{{{ inventory_hostname }}}}.pem",
        "front_balancers_ca": str(folder / "site.pem"),
    }
    everywhere = {
        "ansible_user": "root",
        "ansible_ssh_private_key_file": str(folder / "id"),
        "ansible_ssh_common_args": f"-o UserKnownHostsFile={folder / 'known_hosts'}",
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    groups = {
        "balancers": {"hosts": hosts(BALANCERS), "vars": balancers},
        "appliances": {"hosts": hosts(("reception",)), "vars": appliances},
    }
    return {"all": {"children": groups, "vars": everywhere}}


def test_two_balancers_and_a_box_are_set_up_and_callers_always_reach_one(site: Site) -> None:
    did = site.play()
    assert all(did[name] > 0 for name in MACHINES)
    site.until_answered()
    assert dict.fromkeys(MACHINES, 0) == site.play("--check") == site.play(), "again, in check mode and for real"

    first = site.holder()
    shown = json.loads(site.machines[first].run("cloister-balance", "show"))
    assert shown["reception"]["most"] == 2 and shown["reception"]["state"].startswith("UP")
    for name in MACHINES:
        users = site.machines[name].run("ps", "-o", "user=", "-C", "haproxy").split()
        assert "haproxy" in users, "who carries what is said is not root"

    site.machines[first].run("systemctl", "stop", "haproxy")
    site.until_answered()
    second = site.holder()
    assert second != first, "the address went to the balancer that works"
    site.machines[first].run("systemctl", "start", "haproxy")
    site.machines[second].run("systemctl", "stop", "keepalived")
    site.until_answered()
    assert site.holder() == first

    site.machines[first].run("cloister-balance", "drain", "reception")
    assert "503" in site.call()
    site.machines[first].run("cloister-balance", "ready", "reception")
    site.until_answered()
