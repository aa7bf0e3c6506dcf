"""The local control socket: commands to a running appliance, and its facts, as lines of JSON.

Off unless ``control_socket`` is configured. The path is for its owner alone, or for one group; because a mode can be
changed later, the kernel is asked as well who connected, and the configuration says what that one may (``operators``).

A connection sends one line, ``{"command": "status"}``, and gets one line, ``{"ok": true, …}`` or ``{"ok": false,
"error": "…"}``. After ``{"command": "facts"}`` more lines follow, one per fact, until either side closes. After
``{"command": "session"}`` any number of commands may follow, until the operator is idle for too long.

Whatever an operator does, and what they were refused, is in the audit log before it happens; only ``status``, which
tells nothing and is asked every few seconds by monitors, is not.

Facts leave this process without the words in them unless the site switched ``privacy.publish_transcripts`` on, or an
operator broke the glass: whoever reads the socket may write what it reads to a disk. What is a word is decided by
exclusion, so a text field that is added to a fact is withheld until somebody declares it harmless here.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance import __version__
from appliance.config import OperatorSettings
from appliance.messages import EchoMeasured, Fact
from appliance.ports import Ledger, PortError
from appliance.services.isolation import probe_in_child
from appliance.services.local_socket import Connection, LineTooLong, Listener, connect
from appliance.services.operators import Access, Operator, Role, user_name
from appliance.turn import Mailbox, MailboxClosed

log = logging.getLogger(__name__)

HARMLESS_TEXT = {"reason", "device", "ear", "action", "kind", "facts", "tools", "rung"}
"""Text fields of facts that hold identifiers or technical reasons, never what somebody said."""

_CONNECTIONS = 8
"""how many are served at a time"""

_PATIENCE_S = 5.0
"""how long a peer may take to send its command or to read a line"""


class StampedFact(Protocol):
    """A fact and when it became known, by ``time.monotonic``."""

    @property
    def fact(self) -> Fact: ...

    @property
    def monotonic_s(self) -> float: ...


S = TypeVar("S", bound=StampedFact)


class Appliance(Protocol[S]):
    """What the socket needs of the daemon."""

    def subscribe(self) -> Mailbox[S]:
        """Every fact from now on; closed when the appliance stops or the reader is too slow."""
        ...

    def unsubscribe(self, box: Mailbox[S]) -> None: ...

    def visitor_arrived(self) -> None: ...

    def stalled_s(self) -> float: ...

    def echo(self) -> EchoMeasured | None:
        """The last measurement, once something was played."""
        ...


_ROLE_OF: dict[str, Role | None] = {
    "account": "administer",
    "break-glass": "break_glass",
    "checkpoint": "administer",
    "evidence": "administer",
    "facts": "listen",
    "session": None,
    "status": None,
    "visitor": "say",
    "words": "break_glass",
}
"""which role a command takes; None: any"""

ACCOUNTS = ("recording held", "recording released", "recording wiped", "recording exported")
"""what the command line does itself and has recorded first, by ``account``"""

DESK_ACCOUNTS = ("appointments listed", "appointments exported", "appointment cancelled")
"""likewise, of the appointment book; the number goes in the field ``recording``"""

_REASON_LETTERS = 10
"""a reason shorter than this is none"""

_REFUSAL_S = 60.0
"""a stranger who knocks again within this time is not recorded again, or they could fill the log"""


class ControlSocket:
    """Serves one appliance. ``words`` lets facts carry what was said; ``statement`` is what the appliance says of
    itself to whoever takes evidence."""

    def __init__(
        self,
        path: Path,
        appliance: Appliance[S],
        *,
        words: bool = False,
        operators: OperatorSettings | None = None,
        ledger: Ledger | None = None,
        statement: Callable[[], dict[str, object]] = dict,
    ) -> None:
        """Raises PortError when an operator is named who does not exist."""
        self._path = path
        self._appliance: Appliance[Any] = appliance
        self._words = words
        self._settings = operators or OperatorSettings()
        self._access = Access(self._settings)
        self._ledger = ledger
        self._statement = statement
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, Connection] = {}
        self._refused_s: dict[int, float] = {}
        self._stopping = False

    def start(self) -> None:
        """Begin to serve. Raises PortError when the path cannot be used."""
        self._listener = Listener(self._path, self._access.group)
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect everybody and remove the path; idempotent."""
        with self._lock:
            self._stopping = True
            serving = dict(self._connections)
        if self._listener is not None:
            self._listener.close()
        for connection in serving.values():
            connection.close()
        for thread in (*serving, self._thread):
            if thread is not None:
                thread.join(timeout=_PATIENCE_S)

    def _accept(self, listener: Listener) -> None:
        while (connection := listener.accept(_PATIENCE_S)) is not None:
            peer = connection.peer
            operator = self._access.operator(peer.uid, peer.gids)
            if operator is None:
                self._refuse_stranger(peer.uid)
                connection.close()
                continue
            thread = threading.Thread(target=self._serve, args=(connection, operator), name="control peer", daemon=True)
            with self._lock:
                served = len(self._connections) < _CONNECTIONS and not self._stopping
                if served:
                    self._connections[thread] = connection
            if served:
                thread.start()
            else:
                connection.close()

    def _refuse_stranger(self, uid: int) -> None:
        log.warning("control socket: user %d was refused", uid)
        now_s = time.monotonic()
        if now_s - self._refused_s.get(uid, -_REFUSAL_S) >= _REFUSAL_S:
            self._refused_s[uid] = now_s
            try:
                self._record("operator refused", user_name(uid))
            except PortError as error:
                log.error("%s", error)

    def _record(self, event: str, user: str, **details: str | int | float | bool | None) -> None:
        if self._ledger is not None:
            self._ledger.append(event, user=user, **details)

    def _serve(self, connection: Connection, operator: Operator) -> None:
        try:
            with connection:
                _Session(self, connection, operator).run()
        except OSError:
            return  # the peer is gone or does not read
        except PortError as error:
            log.error("control socket: %s", error)
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]


class _Session:
    """One operator's connection."""

    def __init__(self, control: ControlSocket, connection: Connection, operator: Operator) -> None:
        self._control = control
        self._connection = connection
        self._operator = operator
        self._open = False
        """whether more than one command may come"""
        self._glass_broken = False

    def run(self) -> None:
        """Answer until the operator leaves or is idle. Raises OSError, and PortError when the log is at fault."""
        try:
            while (line := self._next_line()) is not None:
                self._answer(line)
                if not self._open:
                    return
        finally:
            if self._open:
                self._record("operator session ended")

    def _next_line(self) -> str | None:
        idle_s = self._control._settings.idle_s
        self._connection.give_up_after(idle_s if self._open else _PATIENCE_S)
        try:
            return self._connection.receive_line()
        except TimeoutError:
            if self._open:
                self._record("operator idle", after_s=idle_s)
                self._refuse(f"the session was ended after {idle_s:g} s without a command")
            return None
        except (LineTooLong, UnicodeDecodeError):
            self._refuse(_ONE_LINE)
            return None
        finally:
            self._connection.give_up_after(_PATIENCE_S)

    def _answer(self, line: str) -> None:
        try:
            request = json.loads(line)
            command = request["command"]
            said = {name: str(request.get(name, ""))[:500] for name in ("reason", "event", "recording")}
            claimed = str(request["as"])[:64] if "as" in request else None
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._refuse(_ONE_LINE)
            return
        if command not in _ROLE_OF:
            self._refuse(f"there is no such command; known: {', '.join(sorted(_ROLE_OF))}")
            return
        ledger = self._control._ledger
        if ledger is not None and ledger.fault is not None and command != "status":
            # Not recorded: the room left is for how the appliance ends, and whoever asks on and on would take it.
            self._refuse(str(ledger.fault))
            return
        role = _ROLE_OF[command]
        if role is not None and role not in self._operator.roles:
            self._record("operator refused", command=command)
            self._refuse(
                f"{self._operator.user} may not {role.replace('_', ' ')}; see `operators` in the configuration"
            )
            return
        try:
            if command not in ("status", "account"):
                self._record("operator", command=command, **({"claims_to_be": claimed} if claimed else {}))
            self._do(command, said)
        except PortError as error:
            self._refuse(str(error))

    def _do(self, command: str, said: Mapping[str, str]) -> None:
        appliance = self._control._appliance
        match command:
            case "status":
                measured = appliance.echo()
                echo = None if measured is None else fact_record(measured, words=False)
                self._agree(version=__version__, stalled_s=appliance.stalled_s(), echo=echo)
            case "visitor":
                appliance.visitor_arrived()
                self._agree()
            case "session":
                self._open = True
                self._agree(user=self._operator.user, roles=sorted(self._operator.roles))
            case "facts":
                self._send_facts(self._control._words, self._control._settings.follow_s)
            case "checkpoint":
                if self._control._ledger is not None:
                    self._control._ledger.checkpoint()
                self._agree()
            case "evidence":
                self._agree(statement=self._control._statement(), probe=probe_in_child())
            case "break-glass":
                self._break_glass(said["reason"])
            case "account" if said["event"] in DESK_ACCOUNTS:
                self._record(said["event"], appointment=said["recording"])
                self._agree()
            case "account" if said["event"] in ACCOUNTS:
                self._record(said["event"], recording=said["recording"], reason=said["reason"])
                self._agree()
            case "account":
                self._refuse(f"only these are recorded for others: {', '.join(ACCOUNTS)}")
            case "words" if self._glass_broken:
                self._send_facts(True, self._control._settings.idle_s)
                self._record("operator stopped listening")
            case "words":
                self._refuse('break the glass first: {"command": "break-glass", "reason": …} in the same session')

    def _break_glass(self, reason: str) -> None:
        if not self._open:
            self._refuse('break the glass within a session: {"command": "session"} first')
        elif len(reason.strip()) < _REASON_LETTERS:
            self._refuse(f"a reason is needed, of {_REASON_LETTERS} letters or more")
        else:
            self._record("glass broken", reason=reason[:500])
            log.warning("%s broke the glass", self._operator.user)
            self._glass_broken = True
            self._agree()

    def _send_facts(self, words: bool, longest_s: float) -> None:
        facts = self._control._appliance.subscribe()
        ends_s = time.monotonic() + longest_s
        try:
            self._agree()
            while not self._control._stopping and time.monotonic() < ends_s:
                stamped = facts.get(timeout_s=0.5)
                if stamped is not None:
                    self._send(fact_record(stamped.fact, words=words))
        except MailboxClosed:
            return
        finally:
            self._control._appliance.unsubscribe(facts)

    def _record(self, event: str, **details: str | int | float | bool | None) -> None:
        self._control._record(event, self._operator.user, **details)

    def _agree(self, **answer: object) -> None:
        self._send({"ok": True, **answer})

    def _refuse(self, error: str) -> None:
        self._send({"ok": False, "error": error})

    def _send(self, record: Mapping[str, object]) -> None:
        self._connection.send_line(json.dumps(record))


_ONE_LINE = 'one line of JSON is expected, such as {"command": "status"}'


def fact_record(fact: Fact, *, words: bool) -> dict[str, object]:
    """A fact as JSON; without ``words`` every text that somebody may have said is null."""
    return {"fact": type(fact).__name__, **_record(fact, words)}


def _record(value: Any, words: bool) -> dict[str, object]:
    return {
        field.name: _plain(getattr(value, field.name), words or field.name in HARMLESS_TEXT, words)
        for field in fields(value)
    }


def _plain(value: object, text: bool, words: bool) -> object:
    if is_dataclass(value):
        return _record(value, words)
    if isinstance(value, (tuple, list)):
        return [_plain(item, text, words) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value) if text else None


class Client:
    """An operator's end of the socket."""

    def __init__(self, path: Path, claims_to_be: str | None = None, timeout_s: float = 120.0) -> None:
        """Raises PortError when nobody answers there."""
        self._path = path
        self._connection = connect(path, timeout_s)
        self._claims = {"as": claims_to_be} if claims_to_be else {}

    @property
    def daemon_pid(self) -> int:
        """The process that listens there, vouched for by the kernel."""
        return self._connection.peer.pid

    def ask(self, command: str, reason: str = "", **more: str) -> dict[str, object]:
        """Send a command. Raises PortError when it is refused."""
        request = {"command": command, **self._claims, **({"reason": reason} if reason else {}), **more}
        try:
            self._connection.send_line(json.dumps(request))
            answer = self._receive()
        except (ConnectionResetError, BrokenPipeError):
            answer = None  # closed before it was read
        except OSError as error:
            raise PortError(f"control socket {self._path}: {error.strerror or error}") from None
        if answer is None:
            raise PortError(
                f"control socket {self._path}: refused; only root, the appliance's own user and those whom `operators` "
                "names are served"
            )
        if not answer.get("ok"):
            raise PortError(f"control socket {self._path}: {answer.get('error')}")
        return answer

    def lines(self) -> Iterator[dict[str, object]]:
        """What follows until the appliance ends it."""
        self._connection.give_up_after(86_400.0)
        while (line := self._receive()) is not None:
            yield line

    def _receive(self) -> dict[str, object] | None:
        line = self._connection.receive_line()
        if line is None:
            return None
        answer: dict[str, object] = json.loads(line)
        return answer

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def request(path: Path, command: str) -> dict[str, object]:
    """Send one command to a running appliance. Raises PortError when it cannot be reached or refuses."""
    with Client(path) as client:
        return client.ask(command)


def follow(path: Path) -> Iterator[dict[str, object]]:
    """The facts of a running appliance until it stops. Raises PortError when it cannot be reached or refuses."""
    with Client(path) as client:
        client.ask("facts")
        yield from client.lines()
