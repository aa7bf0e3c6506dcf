"""What each operator may do at the control socket, and what is recorded of it."""

from __future__ import annotations

import contextlib
import errno
import grp
import json
import os
import pwd
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from appliance.cli.check import check_operators
from appliance.config.box import OperatorSettings, load_settings
from appliance.control.client import Client
from appliance.control.operators import Access, login_uid
from appliance.control.server import ControlSocket, has_place
from appliance.core.facts import PartialTranscript
from appliance.core.ports import PortError
from tests.control.test_server import FakeAppliance
from tests.sealed_daemon import configure

REASON = "a visitor collapsed while speaking"


class ListLedger:
    """A ledger that remembers its records, and fails when the test says so."""

    def __init__(self) -> None:
        self.records: list[dict[str, object]] = []
        self.checkpoints = 0
        self.fault: PortError | None = None

    def append(self, event: str, **details: object) -> None:
        if self.fault:
            raise self.fault
        self.records.append({"event": event, **details})

    def checkpoint(self) -> None:
        self.checkpoints += 1

    @property
    def events(self) -> list[str]:
        return [str(record["event"]) for record in self.records]


@pytest.fixture
def ledger() -> ListLedger:
    return ListLedger()


@pytest.fixture
def appliance() -> FakeAppliance:
    return FakeAppliance()


class Clock:
    """The clock of the socket, which a test advances."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("appliance.control.server.time", clock)
    return clock


@contextmanager
def serving(folder: Path, appliance: FakeAppliance, ledger: ListLedger, idle_s: float) -> Iterator[Path]:
    """A socket that ends a session after it was idle for a minute, by the clock that a test advances."""
    control = ControlSocket(
        folder / "control.sock",
        appliance,
        operators=OperatorSettings(idle_s=idle_s),
        ledger=ledger,
        statement=lambda: {"stated": True},
    )
    control.start()
    yield folder / "control.sock"
    control.stop()


@pytest.fixture
def path(tmp_path: Path, appliance: FakeAppliance, ledger: ListLedger) -> Iterator[Path]:
    with serving(tmp_path, appliance, ledger, idle_s=0.6) as path:
        yield path


@pytest.fixture
def patient(tmp_path: Path, appliance: FakeAppliance, ledger: ListLedger, clock: Clock) -> Iterator[Path]:
    """A minute passes, by the clock that a test advances."""
    with serving(tmp_path, appliance, ledger, idle_s=60.0) as path:
        yield path


def test_every_command_is_recorded_except_those_that_only_look(path: Path, ledger: ListLedger) -> None:
    with Client(path, "nurse joan") as client:
        client.ask("session")
        client.ask("status")
        client.ask("visitor")
        client.ask("checkpoint")
        answer = client.ask("evidence")
    assert answer["statement"] == {"stated": True} and answer["probe"]
    assert ledger.checkpoints == 1
    commands = [record.get("command") for record in ledger.records if record["event"] == "operator"]
    assert commands == ["session", "visitor", "checkpoint", "evidence"]
    assert {record["claims_to_be"] for record in ledger.records if record["event"] == "operator"} == {"nurse joan"}
    assert ledger.records[0]["user"] == pwd.getpwuid(os.getuid()).pw_name


def test_commands_refused_while_the_log_is_at_fault_write_nothing_to_it(path: Path, ledger: ListLedger) -> None:
    ledger.append = lambda event, **details: ledger.records.append({"event": event})  # type: ignore[method-assign]
    ledger.fault = PortError("no space left")
    for command in ("session", "visitor", "account", "break-glass"):
        with Client(path) as client, pytest.raises(PortError, match="no space left"):
            client.ask(command, REASON)
    assert ledger.records == []
    with Client(path) as client:
        assert client.ask("status")["ok"]


def test_a_session_ends_by_itself(path: Path, ledger: ListLedger) -> None:
    with Client(path) as client:
        client.ask("session")
        (goodbye,) = list(client.lines())
    assert "was ended after 0.6 s" in str(goodbye["error"])
    assert ledger.events[-2:] == ["operator idle", "operator session ended"]


def test_words_are_shown_only_after_break_glass(path: Path, ledger: ListLedger, appliance: FakeAppliance) -> None:
    with Client(path) as client:
        client.ask("session")
        with pytest.raises(PortError, match="break the glass first"):
            client.ask("words")
        for bad in ("", "because"):
            with pytest.raises(PortError, match="a reason is needed"):
                client.ask("break-glass", bad)
        assert "glass broken" not in ledger.events
        client.ask("break-glass", REASON)
        assert ledger.records[-1] == {"event": "glass broken", "user": ledger.records[-1]["user"], "reason": REASON}
        client.ask("words")
        appliance.publish(PartialTranscript("help me", 1.5))
        heard = list(client.lines())
    assert heard[0]["text"] == "help me"
    assert "operator stopped listening" in ledger.events, "a look through broken glass ends by itself"
    with Client(path) as client:
        client.ask("session")
        with pytest.raises(PortError, match="break the glass first"):
            client.ask("words")


def test_break_glass_needs_a_session(path: Path, ledger: ListLedger) -> None:
    with Client(path) as client, pytest.raises(PortError, match="within a session"):
        client.ask("break-glass", REASON)
    assert "glass broken" not in ledger.events


def test_a_command_that_cannot_be_recorded_is_refused(path: Path, ledger: ListLedger, appliance: FakeAppliance) -> None:
    ledger.fault = PortError("the disk is full")
    with Client(path) as client, pytest.raises(PortError, match="the disk is full"):
        client.ask("visitor")
    assert appliance.visitors == []


def test_unknown_users_and_groups_stop_the_start() -> None:
    with pytest.raises(PortError, match=r"operators\.say: there is no user 'nobody-at-all'"):
        Access(OperatorSettings(say=("nobody-at-all",)))
    with pytest.raises(PortError, match=r"operators\.listen: there is no group 'no-such-group'"):
        Access(OperatorSettings(listen=("@no-such-group",)))


def test_check_reports_unknown_users_and_groups(tmp_path: Path) -> None:
    settings = load_settings(configure(tmp_path, "operators: {listen: ['@no-such-group']}\naudit: {export: medium}\n"))
    findings = {finding.what: finding for finding in check_operators(settings)}
    assert findings["operators"].verdict == "fail" and "no-such-group" in findings["operators"].detail
    assert findings["audit export"].verdict == "warn" and findings["audit export"].remedy
    settings = load_settings(configure(tmp_path, "audit: {export: medium}\n"))
    (tmp_path / "medium").mkdir()
    assert [finding.verdict for finding in check_operators(settings)] == ["ok"]


CLIENT = """
import json, os, sys
from appliance.control.client import Client
from appliance.core.ports import PortError
from pathlib import Path
path, uid, gid, groups = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.loads(sys.argv[4])
os.setgroups(groups); os.setgid(gid); os.setuid(uid)
said = {}
for command in ("status", "visitor", "facts", "checkpoint"):
    try:
        with Client(Path(path)) as client: client.ask(command)
        said[command] = "done"
    except PortError as error: said[command] = str(error)
print(json.dumps(said))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can act as other users")
def test_the_kernel_gives_the_user_and_the_configuration_the_role(appliance: FakeAppliance) -> None:
    """Real processes of other users: one is named, one has a supplementary group, one has no role here."""
    named = pwd.getpwnam("daemon")
    group = grp.getgrnam("audio")
    folder = Path(f"/tmp/operators-{os.getpid()}")
    folder.mkdir()
    folder.chmod(0o755)
    ledger = ListLedger()
    settings = OperatorSettings(group="audio", say=("daemon",), listen=("@audio",))
    control = ControlSocket(folder / "control.sock", appliance, operators=settings, ledger=ledger)
    control.start()
    try:
        mode = (folder / "control.sock").stat()
        assert (stat.S_IMODE(mode.st_mode), mode.st_gid) == (0o660, group.gr_gid)

        def as_user(uid: int, gid: int, *groups: int) -> dict[str, str]:
            done = subprocess.run(
                [sys.executable, "-c", CLIENT, folder / "control.sock", str(uid), str(gid), json.dumps(groups)],
                capture_output=True,
                text=True,
                check=True,
            )
            said: dict[str, str] = json.loads(done.stdout)
            return said

        speaker = as_user(named.pw_uid, group.gr_gid)
        assert speaker["visitor"] == "done" and speaker["facts"] == "done", "by name, and by its first group"
        assert "daemon may not administer" in speaker["checkpoint"]
        listener = as_user(65_534, 65_534, group.gr_gid)
        assert listener["facts"] == "done" and "may not say" in listener["visitor"], "by a supplementary group"
        assert "Permission denied" in as_user(65_534, 65_534)["status"], "the path is closed to others"
        (folder / "control.sock").chmod(0o666)
        assert "refused" in as_user(65_534, 65_534)["status"], "and so is the door behind it"
        assert ledger.events.count("operator refused") == 4, "three commands, and the stranger once"
    finally:
        control.stop()
        folder.rmdir()


def test_nonsense_in_a_session_is_answered_with_an_error(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(5)
        peer.connect(str(path))
        peer.sendall(b'{"command": "session"}\nnonsense\n{"command": "status"}\n')
        received = b""
        while received.count(b"\n") < 3:
            received += peer.recv(4096)
    answers = [json.loads(line) for line in received.splitlines()]
    assert [answer["ok"] for answer in answers] == [True, False, True]


def test_a_session_that_is_busy_is_not_idle(patient: Path, clock: Clock) -> None:
    with Client(patient) as client:
        client.ask("session")
        for _ in range(5):
            clock.now_s += 40.0
            client.ask("visitor")


def test_repeated_looking_does_not_keep_a_session_open(patient: Path, clock: Clock, ledger: ListLedger) -> None:
    """This is automatic logoff. A monitor in a forgotten session would otherwise keep the glass broken for ever."""
    with Client(patient) as client:
        client.ask("session")
        for _ in range(2):
            clock.now_s += 25.0
            client.ask("status")
        clock.now_s += 25.0
        with pytest.raises(PortError, match=r"was ended after 60 s"):
            for _ in range(2):
                client.ask("status")
    assert "operator idle" in ledger.events


# --- bounds -----------------------------------------------------------------------------------------------------------


def ask_raw(path: Path, *lines: bytes) -> list[dict[str, object]]:
    """The answers to lines that are sent in one connection."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(20)
        peer.connect(str(path))
        with suppress(OSError):  # turned away before it could ask
            peer.sendall(b"".join(line + b"\n" for line in lines))
            peer.shutdown(socket.SHUT_WR)
        received = b""
        while more := peer.recv(65_536):
            received += more
    return [json.loads(line) for line in received.splitlines()]


def test_repeated_refused_commands_do_not_fill_the_log(
    tmp_path: Path, appliance: FakeAppliance, ledger: ListLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A red team made 6,614 records in 15 s as a user without a role."""
    monkeypatch.setattr("appliance.control.server._OWN_COMMANDS_AT_ONCE", 10)
    monkeypatch.setattr("appliance.control.server._OWN_COMMANDS_PER_S", 1e-6)
    control = ControlSocket(tmp_path / "s", appliance, ledger=ledger)
    control.start()
    answers = ask_raw(tmp_path / "s", b'{"command": "session"}', *[b'{"command": "visitor"}'] * 500)
    assert [answer["ok"] for answer in answers] == [True] * 10 + [False] * 491
    assert {answer.get("code") for answer in answers[10:]} == {"limited"}
    assert len(appliance.visitors) == 9, "what is not recorded is not done"
    assert ask_raw(tmp_path / "s", b'{"command": "status"}')[0]["ok"], "looking is free"
    control.stop()
    assert ledger.events == [*["operator"] * 10, "operator session ended", "operator limited"]
    assert ledger.records[-1]["more"] == 491


def test_repeated_connections_of_a_user_without_a_role_are_counted(
    tmp_path: Path, appliance: FakeAppliance, ledger: ListLedger, caplog: pytest.LogCaptureFixture
) -> None:
    """A red team made 40,158 lines in the journal in 10 s, and journald dropped the service's other lines."""
    control = ControlSocket(tmp_path / "s", appliance, ledger=ledger)
    for _ in range(5000):
        control._refuse_stranger("mallory")
    assert len(caplog.records) == 1
    control.start()
    control.stop()
    assert [record["event"] for record in ledger.records] == ["operator refused"] * 2
    assert ledger.records[1] == {"event": "operator refused", "user": "mallory", "more": 4999}
    assert "mallory was refused 4999 more times" in caplog.text


@pytest.mark.parametrize(
    ("uid", "connected", "served"),
    [
        (7, [], True),
        (7, [7, 7, 7], True),
        (7, [7, 7, 7, 7], False),
        (8, [7, 7, 7, 7], True),
        (8, [7, 7, 7, 7, 9, 9, 9], False),
        (0, [7, 7, 7, 7, 9, 9, 9], True),
        (0, [0] * 7, True),
        (0, [0] * 8, False),
        (7, [0] * 7, True),
        (7, [0] * 8, False),
    ],
)
def test_no_user_takes_all_places_and_one_is_kept_for_root(uid: int, connected: list[int], served: bool) -> None:
    assert has_place(uid, connected) is served


def test_a_full_socket_answers_busy(path: Path) -> None:
    with ExitStack() as open_:
        # Take all places as root, or all places of one user as another user.
        for _ in range(8 if os.getuid() == 0 else 4):
            open_.enter_context(Client(path)).ask("session")
        with Client(path) as client, pytest.raises(PortError, match="busy: as many are connected"):
            client.ask("status")
        (answer,) = ask_raw(path)
        assert answer["code"] == "busy"


def test_a_command_sent_byte_by_byte_is_cut_off(
    tmp_path: Path, appliance: FakeAppliance, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Each byte comes well before the time limit of a single read."""
    monkeypatch.setattr("appliance.control.server._PATIENCE_S", 0.3)
    path = tmp_path / "s"
    control = ControlSocket(path, appliance)
    control.start()
    request.addfinalizer(control.stop)
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(path))
        peer.settimeout(0.02)
        received = b""
        for _ in range(2000):
            try:
                peer.sendall(b" ")
                received += peer.recv(4096)
            except TimeoutError:
                continue
            except OSError:
                # The socket was closed while a byte was on its way. What was said before is still there to be read.
                with contextlib.suppress(OSError):
                    received += peer.recv(4096)
                break
        else:
            pytest.fail("it went on for ever")
    assert b'"slow"' in received


@pytest.mark.parametrize("field", ["as", "reason", "event", "recording"])
@pytest.mark.parametrize("bad", ["a\nb", "\x1b[2J", "\x00", "\u202egnp.exe", "\ud800", "\u2028", "\x85"])
def test_text_that_could_forge_a_record_or_a_line_is_refused(
    path: Path, ledger: ListLedger, field: str, bad: str
) -> None:
    (answer,) = ask_raw(path, json.dumps({"command": "visitor", field: f"joan {bad}"}).encode())
    assert (answer["ok"], answer["code"]) == (False, "malformed")
    assert ledger.records == []


def test_text_in_other_scripts_is_accepted(path: Path, ledger: ListLedger) -> None:
    assert ask_raw(path, json.dumps({"command": "visitor", "as": "Zoë Nguyễn 李"}).encode())[0]["ok"]
    assert ledger.records[0]["claims_to_be"] == "Zoë Nguyễn 李"


def test_a_fault_while_a_peer_is_served_ends_that_peer(
    path: Path, appliance: FakeAppliance, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked: list[object] = []
    monkeypatch.setattr(threading, "excepthook", hooked.append)

    def broken() -> dict[str, object]:
        raise KeyError("my secret illness")

    monkeypatch.setattr(appliance, "condition", broken)
    with Client(path) as client, pytest.raises(PortError, match="closed without an answer"):
        client.ask("status")
    with Client(path) as client:
        client.ask("visitor")
    assert hooked == [], "it never came to the hook that stops the daemon"
    assert "KeyError" in caplog.text and "illness" not in caplog.text


def test_a_process_without_free_descriptors_accepts_again_later(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`accept` fails then. Its exception once ended the accepting thread."""
    real, failures = socket.socket.accept, [OSError(errno.EMFILE, "Too many open files")] * 2

    def accept(listening: socket.socket) -> tuple[socket.socket, object]:
        if failures:
            raise failures.pop()
        return real(listening)

    monkeypatch.setattr(socket.socket, "accept", accept)
    with Client(path) as client:
        client.ask("visitor")
    with Client(path) as client:
        client.ask("visitor")
    assert failures == [] and "Too many open files" in caplog.text


def test_the_login_user_is_used_if_the_kernel_has_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for content, expected in (("4294967295", os.getuid()), ("1000\n", 1000), ("", os.getuid()), ("x", os.getuid())):
        monkeypatch.setattr(Path, "read_text", lambda *_, content=content, **__: content)
        assert login_uid() == expected
