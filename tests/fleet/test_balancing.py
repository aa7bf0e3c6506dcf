"""Three boxes behind a balancer, as the roles ``balancer`` and ``front`` write their HAProxy.

A caller gets a free place or is refused at once, a box that dies takes only its own conversations, and an update loses
no call.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import pytest
import yaml
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect, unix_connect

from tests.containers import CHECKOUT
from tests.fleet.authority import Authority

pytestmark = pytest.mark.slow

ROLES = CHECKOUT / "ansible/collections/ansible_collections/cloister/appliance/roles"
BALANCE = ROLES / "balancer/files/cloister-balance"
NAMES = ("north", "east", "south")
LINES = 2
"""places of each box"""
# A TLS socket that one thread closes while another reads may take the bytes of the next one with its number.
CALLER = """
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h

listen caller
    bind unix@{folder}/caller.sock
    server balancer 127.0.0.1:{port} ssl verify required ca-file {folder}/public.pem verifyhost balancer-1
"""
"""The callers' side of TLS, in a program of its own"""


def rendered(role: str, template: str, **variables: object) -> str:
    """A template of a role, as Ansible renders it with the role's defaults."""
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROLES / role / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render({**defaults, **variables})


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@dataclass
class Fleet:
    """The boxes, each with its front, and a balancer."""

    folder: Path
    boxes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    proxies: list[subprocess.Popen[str]] = field(default_factory=list)

    def start_box(self, name: str) -> None:
        """Start the daemon of a box."""
        path = self.folder / f"{name}.sock"
        path.unlink(missing_ok=True)
        box = subprocess.Popen(
            [sys.executable, "-m", "tests.fleet.box", str(path), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
        )
        assert box.stdout is not None and box.stdout.readline() == "ready\n"
        self.boxes[name] = box

    def tell(self, name: str, what: str) -> None:
        """Change a box, see ``tests.fleet.box``."""
        box = self.boxes[name]
        assert box.stdin is not None and box.stdout is not None
        box.stdin.write(f"{what}\n")
        box.stdin.flush()
        assert box.stdout.readline() == "changed\n"

    def start_proxy(self, name: str, settings: str) -> None:
        """Start an HAProxy in the foreground."""
        file = self.folder / f"{name}.cfg"
        file.write_text(settings.replace("log /dev/log local0", "log stdout format raw local0"))
        checked = subprocess.run(["haproxy", "-c", "-f", file], capture_output=True, text=True, check=False)
        assert checked.returncode == 0 and "WARNING" not in checked.stdout + checked.stderr, checked.stderr
        with (self.folder / f"{name}.log").open("w") as log:
            self.proxies.append(subprocess.Popen(["haproxy", "-db", "-f", file], text=True, stdout=log, stderr=log))

    def balance(self, *arguments: str, succeeds: bool = True) -> str:
        """Run the balancer's own program."""
        done = subprocess.run(
            [sys.executable, "-I", BALANCE, "--socket", self.folder / "admin.sock", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == succeeds, done.stderr
        return done.stdout + done.stderr

    def states(self) -> dict[str, str]:
        """The state of each box at the balancer."""
        return {name: box["state"].split()[0] for name, box in json.loads(self.balance("show")).items()}

    def conversations(self) -> dict[str, int]:
        """How many conversations the balancer counts at each box."""
        return {name: box["conversations"] for name, box in json.loads(self.balance("show")).items()}

    def call(self, path: str = "/talk") -> ClientConnection:
        """Begin a conversation. Raises InvalidStatus when the caller is refused."""
        return unix_connect(str(self.folder / "caller.sock"), f"ws://localhost{path}", compression=None, legacy=True)

    def must_be_refused(self) -> None:
        """Call while every place is taken."""
        with pytest.raises(InvalidStatus) as refused:
            self.call()
        response = refused.value.response
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
        assert json.loads(response.body)["error"]["code"] == "busy"

    def stop(self) -> None:
        """End every process."""
        for process in (*self.boxes.values(), *self.proxies):
            process.kill()
            process.wait()


def wait_for(holds: Callable[[], bool], what: str) -> None:
    for _ in range(400):
        if holds():
            return
        time.sleep(0.05)
    pytest.fail(f"{what} did not happen")


def answered(client: ClientConnection) -> tuple[str, int]:
    """Say something. Returns the box that answers, and how often it has answered in this conversation."""
    client.send("hello")
    name, count = str(client.recv(20)).split()
    return name, int(count)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    if shutil.which("haproxy") is None:
        pytest.skip("needs HAProxy: apt-get install haproxy")
    folder = tmp_path_factory.mktemp("fleet")
    site, public = Authority("site", folder), Authority("public", folder)
    made = Fleet(folder)
    balancer_port = free_port()
    try:
        balancer = folder / "balancer"
        balancer.mkdir()
        # To callers and to boxes a balancer is two: a name that the public knows, and one of the site.
        public.issue("balancer-1", balancer / "balancer.pem")
        site.issue("balancer-1", balancer / "balancer-client.pem")
        shutil.copy(site.file, balancer / "boxes.pem")
        boxes = []
        for name in NAMES:
            made.start_box(name)
            front = folder / name
            front.mkdir()
            site.issue(name, front / "box.pem")
            shutil.copy(site.file, front / "balancers.pem")
            port = free_port()
            boxes.append({"name": name, "address": "127.0.0.1", "port": port, "lines": LINES})
            settings = rendered(
                *("front", "haproxy.cfg.j2"),
                front_bind=f"127.0.0.1:{port}",
                front_folder=front,
                front_socket=folder / f"{name}.sock",
                front_balancers=["balancer-1", "balancer-2"],
                front_lines=LINES,
                front_user="",
            )
            made.start_proxy(f"{name}-front", settings)
        settings = rendered(
            *("balancer", "haproxy.cfg.j2"),
            balancer_bind=f"127.0.0.1:{balancer_port}",
            balancer_folder=balancer,
            balancer_admin_socket=folder / "admin.sock",
            balancer_boxes=boxes,
            balancer_user="",
        )
        made.start_proxy("balancer", settings)
        made.start_proxy("caller", CALLER.format(folder=folder, port=balancer_port))
        wait_for(lambda: (folder / "admin.sock").exists() and set(made.states().values()) == {"UP"}, "all boxes are up")
        yield made
    finally:
        made.stop()


@pytest.fixture
def calls(fleet: Fleet) -> Iterator[contextlib.ExitStack]:
    """Conversations, which end with the test. Then every box is empty and up again."""
    with contextlib.ExitStack() as stack:
        yield stack
    for name in NAMES:
        if fleet.boxes[name].poll() is not None:
            fleet.start_box(name)
        fleet.balance("ready", name)
    wait_for(
        lambda: set(fleet.states().values()) == {"UP"} and not any(fleet.conversations().values()), "all boxes are up"
    )


def filled(fleet: Fleet, calls: contextlib.ExitStack) -> list[ClientConnection]:
    """As many conversations as there are places."""
    clients = [calls.enter_context(fleet.call()) for _ in range(LINES * len(NAMES))]
    assert Counter(answered(client)[0] for client in clients) == dict.fromkeys(NAMES, LINES)
    return clients


def test_every_place_is_used_and_the_next_caller_is_refused_at_once(fleet: Fleet, calls: contextlib.ExitStack) -> None:
    clients = filled(fleet, calls)
    fleet.must_be_refused()
    box, _ = answered(clients[3])
    clients[3].close()
    wait_for(lambda: fleet.conversations()[box] < LINES, "the place is free")
    next_one = calls.enter_context(fleet.call())
    assert answered(next_one) == (box, 1)
    fleet.must_be_refused()
    assert [answered(client)[1] for client in clients[:3]] == [2, 2, 2], "the others go on"


def test_a_daemon_that_is_killed_takes_only_its_own_conversations(fleet: Fleet, calls: contextlib.ExitStack) -> None:
    clients = {client: answered(client)[0] for client in filled(fleet, calls)}
    fleet.boxes["east"].kill()
    fleet.boxes["east"].wait()
    for client, box in clients.items():
        if box == "east":
            with pytest.raises(ConnectionClosed):
                client.send("hello")
                client.recv(20)
        else:
            assert answered(client) == (box, 3)
    fleet.must_be_refused()
    ended = next(client for client, box in clients.items() if box == "north")
    ended.close()
    # Until a check has found the box dead, a caller may be sent there first, and then goes to another one.
    wait_for(lambda: fleet.conversations()["north"] < LINES, "the place is free")
    assert answered(calls.enter_context(fleet.call())) == ("north", 1)
    fleet.start_box("east")
    wait_for(lambda: fleet.states()["east"] == "UP", "the box is up again")
    assert answered(calls.enter_context(fleet.call())) == ("east", 1)


def test_an_update_of_every_box_loses_no_call(fleet: Fleet, calls: contextlib.ExitStack) -> None:
    """Each box is drained, restarted and taken back, while callers come and stay."""
    for name in NAMES:
        staying = [calls.enter_context(fleet.call()) for _ in NAMES]
        boxes = [answered(client)[0] for client in staying]
        assert sorted(boxes) == sorted(NAMES)
        with subprocess.Popen(
            [sys.executable, "-I", BALANCE, "--socket", fleet.folder / "admin.sock", "drain", name]
        ) as drain:
            wait_for(lambda name=name: fleet.states()[name] == "DRAIN", "the box is drained")  # type: ignore[misc]
            during = [calls.enter_context(fleet.call()) for _ in range(2)]
            assert name not in [answered(client)[0] for client in during]
            assert drain.poll() is None, "it waits for the conversation that is left"
            assert [answered(client) for client in staying] == [(box, 2) for box in boxes]
            staying[boxes.index(name)].close()
            assert drain.wait(20) == 0
        fleet.boxes[name].terminate()
        fleet.boxes[name].wait()
        fleet.start_box(name)
        fleet.balance("ready", name)
        wait_for(lambda name=name: fleet.states()[name] == "UP", "the box is back")  # type: ignore[misc]
        for client in (*staying, *during):
            if client is not staying[boxes.index(name)]:
                assert answered(client)[1] >= 2
                client.close()
        wait_for(lambda: not any(fleet.conversations().values()), "every conversation is over")


def test_a_box_whose_places_others_took_gets_no_caller(fleet: Fleet, calls: contextlib.ExitStack) -> None:
    fleet.tell("south", "taken")
    try:
        # At once: a caller who is sent there is refused by the box, and goes to another one.
        clients = [calls.enter_context(fleet.call()) for _ in range(2 * LINES)]
        assert Counter(answered(client)[0] for client in clients) == {"north": LINES, "east": LINES}
        wait_for(lambda: fleet.states()["south"] == "DOWN", "the box says that it is full")
        fleet.must_be_refused()
    finally:
        fleet.tell("south", "free")


def test_a_drain_that_takes_too_long_is_an_error_and_an_unknown_box_as_well(
    fleet: Fleet, calls: contextlib.ExitStack
) -> None:
    client = calls.enter_context(fleet.call())
    box, _ = answered(client)
    assert f"{box} still has 1 conversations" in fleet.balance("--within", "0", "drain", box, succeeds=False)
    assert "no box 'west'; known are north" in fleet.balance("drain", "west", succeeds=False)


def test_only_a_balancer_comes_to_the_front_of_a_box(fleet: Fleet) -> None:
    """A certificate of the site that is no balancer's is refused, and so is a caller without one."""
    port = int((fleet.folder / "north-front.cfg").read_text().partition("127.0.0.1:")[2].split()[0])
    for client, accepted in (
        (fleet.folder / "balancer/balancer-client.pem", True),
        (fleet.folder / "east/box.pem", False),
    ):
        context = ssl.create_default_context(cafile=str(fleet.folder / "site.pem"))
        context.load_cert_chain(client)
        context.check_hostname = False
        with contextlib.ExitStack() as held:
            if accepted:
                plain = connect(f"wss://127.0.0.1:{port}/talk", ssl=context, proxy=None, compression=None, legacy=True)
                assert answered(held.enter_context(plain)) == ("north", 1)
            else:
                with pytest.raises(InvalidStatus, match="403"):
                    connect(f"wss://127.0.0.1:{port}/talk", ssl=context, proxy=None, legacy=True)
    nameless = ssl.create_default_context(cafile=str(fleet.folder / "site.pem"))
    with pytest.raises((OSError, WebSocketException)):
        connect(f"wss://127.0.0.1:{port}/talk", ssl=nameless, proxy=None, legacy=True)


SECONDS = 10
MESSAGE = b"x" * 1400
"""20 ms of sound at 24 kHz with 16 bits, in base64, with the names around it, as OpenAI's protocol carries it"""


def test_what_a_conversation_costs_a_balancer_and_a_front(
    fleet: Fleet, calls: contextlib.ExitStack, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sound goes both ways at its own pace. The processor's time is told; it depends on the machine."""
    clients = [calls.enter_context(fleet.call("/sound")) for _ in range(LINES * len(NAMES))]
    before = [processor_s(proxy.pid) for proxy in fleet.proxies]
    begun_s = time.monotonic()
    for number in range(50 * SECONDS):
        time.sleep(max(0.0, begun_s + number * 0.02 - time.monotonic()))
        for client in clients:
            client.send(MESSAGE)
        for client in clients:
            assert client.recv(20) == MESSAGE
    spent = [processor_s(proxy.pid) - was for proxy, was in zip(fleet.proxies, before, strict=True)]
    *fronts, balancer, _ = spent
    with capsys.disabled():
        print(
            f"\n    of a core for each conversation: balancer {balancer / SECONDS / len(clients):.2%}, "
            f"front of its box {sum(fronts) / SECONDS / len(clients):.2%}"
        )


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
