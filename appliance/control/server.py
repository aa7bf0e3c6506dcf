"""The local control socket: commands to a running appliance, and its facts, as lines of JSON.

The socket is off unless ``control_socket`` is configured. Its path is for its owner alone, or for one group. The mode
of a path can be changed later, so the kernel also reports who connected, and the configuration says what that user may
do (``operators``).

A connection sends one line, ``{"command": "status"}``, and gets one line, ``{"ok": true, …}`` or ``{"ok": false,
"code": "…", "error": "…"}``. The code is for programs (``Code``). After ``{"command": "facts"}`` more lines follow, one
per fact, each with the conversation line that it is about, until either side closes. After ``{"command": "session"}``
any number of commands may follow, until the operator is idle for too long.

Whatever an operator does, and what they were refused, is in the audit log before it happens. The only exception is
``status``. It tells nothing of a conversation, monitors ask it every few seconds, and it does not keep a session open.

Peers are served within bounds, so that none of them can shut out others, fill the disk or end the appliance. The bounds
are connections per user, with one place that is kept for root, time for a line, and commands per user. A fault while a
peer is served ends that peer's connection.

Facts leave this process without the words in them, because the reader of the socket may write them to a disk. The words
are included where the site switched ``privacy.publish_transcripts`` on, or an operator broke the glass. Every text
field of a fact is withheld until it is declared harmless (``facts_json``).
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

from appliance import __version__
from appliance.config.box import OperatorSettings
from appliance.control.facts_json import fact_record, stamped_record
from appliance.control.limits import Allowance
from appliance.control.operators import REASON_LETTERS, Access, Operator, Role
from appliance.core.facts import ROOM, EchoMeasured, LineId, Stamped, TimePassed
from appliance.core.faults import fault
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.plain_text import unprintable
from appliance.core.ports import Ledger, PortError
from appliance.isolation import deputies
from appliance.isolation.members import user_name
from appliance.isolation.seal import probe_in_child
from appliance.isolation.unix_socket import Connection, LineTooLong, Listener
from appliance.records import audit_events, recordings

log = logging.getLogger(__name__)

Code = Literal["busy", "fault", "idle", "limited", "malformed", "no_glass", "refused", "slow", "unknown", "unrecorded"]
"""Why a command was not carried out"""

_CONNECTIONS = 8
"""Most connections that are served at a time; the last place is kept for root"""

_CONNECTIONS_OF_A_USER = 4
"""Most connections of one user who is not root"""

_COMMANDS_AT_ONCE = 30
_COMMANDS_PER_S = 0.1
"""Most recorded commands of one user, at once and per second. Further commands are not carried out; their number is
recorded once a minute."""

_OWN_COMMANDS_AT_ONCE = 1000
_OWN_COMMANDS_PER_S = 1.0
"""Most recorded commands of root and of the appliance's own user, who wipe recordings by the hundred"""

_SWEEP_S = 1.0
"""Seconds between two searches for numbers of refusals that are due to be recorded"""

_PATIENCE_S = 5.0
"""Seconds that a peer may take to send its command or to read a line"""


class Line(Protocol):
    """What the socket reports of a line."""

    def condition(self) -> Mapping[str, object]:
        """The line's id, what it does, and since when."""
        ...

    @property
    def echo(self) -> EchoMeasured | None:
        """The last measurement of the echo; None before something was played."""
        ...


class Appliance(Protocol):
    """What the socket needs of the appliance."""

    def subscribe(self) -> Mailbox[Stamped]:
        """A mailbox of every fact from now on. It is closed when the appliance stops or the reader is too slow."""
        ...

    def unsubscribe(self, box: Mailbox[Stamped]) -> None: ...

    def visitor_arrived(self, line: LineId) -> None:
        """Greet a visitor on a line. Raises PortError when there is no such line."""
        ...

    def stalled_s(self) -> float: ...

    def condition(self) -> Mapping[str, object]:
        """The site, and how many conversations were opened today."""
        ...

    @property
    def lines(self) -> Mapping[LineId, Line]:
        """The lines that are open."""
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
"""The role that each command needs; None where any role will do"""

ACCOUNTS = audit_events.accounts("cli.recordings")
"""Events that the command line causes itself and has recorded first, by ``account``. All but the last are about an
existing recording."""

DESK_ACCOUNTS = audit_events.accounts("cli.appointments")
"""Such events about the appointment book; the appointment's number goes in the field ``recording``"""

TOKEN_ACCOUNTS = audit_events.accounts("cli.tokens")
"""Such events about the tokens of programs; the token's name goes in the field ``recording``"""

_REFUSAL_S = 60.0
"""Seconds within which a user without a role who connects again is counted, not recorded or logged again"""


class ControlSocket:
    """Serves one appliance. ``words`` lets facts carry what was said. ``statement`` is what the appliance says of
    itself when an operator takes evidence."""

    def __init__(
        self,
        path: Path,
        appliance: Appliance,
        *,
        words: bool = False,
        operators: OperatorSettings | None = None,
        ledger: Ledger | None = None,
        statement: Callable[[], dict[str, object]] = dict,
        archive: Path | None = None,
    ) -> None:
        """Raises PortError when an operator is named who does not exist."""
        self._archive = archive
        self._path = path
        self._appliance: Appliance = appliance
        self._words = words
        self._settings = operators or OperatorSettings()
        self._access = Access(self._settings)
        self._ledger = ledger
        self._statement = statement
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, tuple[Connection, int]] = {}
        """each thread's connection, with the number of its user"""
        self._commands = Allowance(_COMMANDS_AT_ONCE, _COMMANDS_PER_S)
        self._own_commands = Allowance(_OWN_COMMANDS_AT_ONCE, _OWN_COMMANDS_PER_S)
        self._own = {user_name(0), user_name(os.getuid())}
        self._strangers = Allowance(1, 1 / _REFUSAL_S, _REFUSAL_S)
        self._stopping = False

    def start(self) -> None:
        """Begin to serve. Raises PortError when the path cannot be used."""
        self._listener = Listener(self._path, self._access.group)
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), name="control", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect every peer and remove the path; idempotent."""
        with self._lock:
            self._stopping = True
            serving = dict(self._connections)
        if self._listener is not None:
            self._listener.close()
        for connection, _ in serving.values():
            connection.close()
        for thread in (*serving, self._thread):
            if thread is not None:
                thread.join(timeout=_PATIENCE_S)
        self._sweep(everything=True)

    def _accept(self, listener: Listener) -> None:
        while True:
            connection: Connection | None = None
            with contextlib.suppress(TimeoutError):
                connection = listener.accept(_PATIENCE_S, _SWEEP_S)
                if connection is None:
                    return
            if connection is not None:
                try:
                    self._admit(connection)
                except Exception as error:  # it concerns this peer alone; the next is served
                    connection.close()
                    log.error("control socket: a peer could not be served: %s", fault(error))
            self._sweep()

    def _admit(self, connection: Connection) -> None:
        peer = connection.peer
        operator = self._access.operator(peer.uid, peer.gids)
        if operator is None:
            self._refuse_stranger(user_name(peer.uid))
            _turn_away(connection, "refused", _STRANGER)
            return
        thread = threading.Thread(target=self._serve, args=(connection, operator), name="control peer", daemon=True)
        with self._lock:
            served = not self._stopping and has_place(peer.uid, [uid for _, uid in self._connections.values()])
            if served:
                self._connections[thread] = (connection, peer.uid)
        if not served:
            _turn_away(connection, "busy", _BUSY)
            return
        try:
            thread.start()
        except RuntimeError:
            with self._lock:
                del self._connections[thread]
            _turn_away(connection, "busy", _BUSY)

    def _refuse_stranger(self, user: str) -> None:
        with self._lock:
            tells = self._strangers.take(user, time.monotonic())
        if tells:
            log.warning("control socket: user %s was refused", user)
            self._record_or_log("operator refused", user)

    def _may_ask(self, user: str) -> float | None:
        """None when the user may have another command recorded, else the seconds that they have to wait."""
        allowance = self._own_commands if user in self._own else self._commands
        with self._lock:
            return None if allowance.take(user, time.monotonic()) else allowance.wait_s(user)

    def _sweep(self, *, everything: bool = False) -> None:
        """Log and record the numbers of refusals that were not recorded one by one."""
        now_s = time.monotonic()
        with self._lock:
            limited = self._commands.due(now_s, now=everything) + self._own_commands.due(now_s, now=everything)
            refused = self._strangers.due(now_s, now=everything)
        for user, more in limited:
            log.warning("control socket: %d more commands of user %s were not carried out", more, user)
            self._record_or_log("operator limited", user, more=more)
        for user, more in refused:
            log.warning("control socket: user %s was refused %d more times", user, more)
            self._record_or_log("operator refused", user, more=more)

    def _record(self, event: str, user: str, **details: str | int | float | bool | None) -> None:
        if self._ledger is not None:
            self._ledger.append(event, user=user, **details)

    def _record_or_log(self, event: str, user: str, **details: int) -> None:
        if self._ledger is not None and self._ledger.fault is not None:
            return  # the room left is for how the appliance ends
        try:
            self._record(event, user, **details)
        except PortError as error:
            log.error("%s", error)

    def _serve(self, connection: Connection, operator: Operator) -> None:
        try:
            with connection:
                # The log is written before the peer sees the connection close.
                try:
                    _Session(self, connection, operator).run()
                except OSError:
                    return  # the peer is gone or does not read
                except PortError as error:
                    log.error("control socket: %s", error)
                except Exception as error:  # a peer can end no more than its own connection
                    log.error("control socket: serving user %s failed: %s", operator.user, fault(error))
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]


def has_place(uid: int, connected: Sequence[int]) -> bool:
    """Whether one more connection of user ``uid`` is served beside those of the users in ``connected``."""
    if uid == 0:
        return len(connected) < _CONNECTIONS
    others = sum(1 for other in connected if other != 0)
    return len(connected) < _CONNECTIONS and others < _CONNECTIONS - 1 and connected.count(uid) < _CONNECTIONS_OF_A_USER


def _turn_away(connection: Connection, code: Code, error: str) -> None:
    # A line fits into the buffer of a socket that nothing was sent to, so this does not wait for the peer.
    with connection, contextlib.suppress(OSError):
        connection.send_line(json.dumps({"ok": False, "code": code, "error": error}))


class _Session:
    """One operator's connection."""

    def __init__(self, control: ControlSocket, connection: Connection, operator: Operator) -> None:
        self._control = control
        self._connection = connection
        self._operator = operator
        self._open = False
        """whether more than one command may come"""
        self._glass_broken = False
        self._active_s = time.monotonic()
        """when the last command other than ``status`` came, by ``time.monotonic``"""

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
        left_s = self._active_s + idle_s - time.monotonic() if self._open else _PATIENCE_S
        try:
            # The session's time is over, although the next command may have arrived already.
            if left_s <= 0:
                raise TimeoutError
            return self._connection.receive_line(left_s)
        except TimeoutError:
            if self._connection.begun:
                self._refuse("slow", f"a line must be complete within {_PATIENCE_S:g} s")
            elif self._open:
                self._record("operator idle", after_s=idle_s)
                self._refuse("idle", f"the session was ended after {idle_s:g} s without a command")
            return None
        except (LineTooLong, UnicodeDecodeError):
            self._refuse("malformed", _ONE_LINE)
            return None

    def _answer(self, line: str) -> None:
        request = _read(line)
        if request is None:
            self._refuse("malformed", _ONE_LINE)
            return
        command = request.pop("command")
        if any(unprintable(text) for text in request.values()):
            self._refuse("malformed", "a text may hold no control characters, line ends or halves of surrogate pairs")
            return
        said = {name: request.get(name, "")[:500] for name in ("reason", "event", "recording", "line")}
        claimed = request.get("as", "")[:64]
        if command not in _ROLE_OF:
            self._refuse("unknown", f"there is no such command; known: {', '.join(sorted(_ROLE_OF))}")
            return
        if command != "status" and not self._may_go_on():
            return
        role = _ROLE_OF[command]
        if role is not None and role not in self._operator.roles:
            self._record("operator refused", command=command)
            self._refuse(
                "refused",
                f"{self._operator.user} may not {role.replace('_', ' ')}; see `operators` in the configuration",
            )
            return
        if command != "status":
            # Counted from the command, not from its answer, after which the operator may already wait.
            self._active_s = time.monotonic()
        try:
            if command not in ("status", "account"):
                self._record("operator", command=command, **({"claims_to_be": claimed} if claimed else {}))
            self._do(command, said)
        except PortError as error:
            self._refuse("unrecorded" if self._ledger_fault() else "refused", str(error))
        if command in ("facts", "words"):
            # The operator followed what happened until now.
            self._active_s = time.monotonic()

    def _may_go_on(self) -> bool:
        """Whether another command can be recorded."""
        if ledger_fault := self._ledger_fault():
            # This is not recorded: the room left is for how the appliance ends, and repeated commands would fill it.
            self._refuse("unrecorded", str(ledger_fault))
            return False
        wait_s = self._control._may_ask(self._operator.user)
        if wait_s is not None:
            self._refuse("limited", f"too many commands of {self._operator.user}; the next in {wait_s:.0f} s")
            return False
        return True

    def _ledger_fault(self) -> PortError | None:
        ledger = self._control._ledger
        return None if ledger is None else ledger.fault

    def _do(self, command: str, said: Mapping[str, str]) -> None:
        appliance = self._control._appliance
        match command:
            case "status":
                lines = [_line_record(line) for line in appliance.lines.values()]
                self._agree(version=__version__, **appliance.condition(), stalled_s=appliance.stalled_s(), lines=lines)
            case "visitor":
                appliance.visitor_arrived(said["line"] or ROOM)
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
                around = deputies.look_in_child(everything=True)
                self._agree(statement=self._control._statement(), probe=probe_in_child(), deputies=around)
            case "break-glass":
                self._break_glass(said["reason"])
            case "account" if said["event"] in DESK_ACCOUNTS:
                self._record(said["event"], appointment=said["recording"])
                self._agree()
            case "account" if said["event"] in TOKEN_ACCOUNTS:
                self._record(said["event"], token=said["recording"])
                self._agree()
            case "account" if said["event"] in ACCOUNTS[:-1] and not self._recorded(said["recording"]):
                self._refuse("refused", "there is no recording of that id")
            case "account" if said["event"] in ACCOUNTS:
                self._record(said["event"], recording=said["recording"], reason=said["reason"])
                self._agree()
            case "account":
                self._refuse("refused", f"only these are recorded for others: {', '.join(ACCOUNTS)}")
            case "words" if self._glass_broken:
                self._send_facts(True, self._control._settings.idle_s)
                self._record("operator stopped listening")
            case "words":
                self._refuse(
                    "no_glass", 'break the glass first: {"command": "break-glass", "reason": …} in the same session'
                )

    def _recorded(self, identity: str) -> bool:
        folder = self._control._archive
        return folder is not None and recordings.exists(folder, identity)

    def _break_glass(self, reason: str) -> None:
        if not self._open:
            self._refuse("refused", 'break the glass within a session: {"command": "session"} first')
        elif len(reason.strip()) < REASON_LETTERS:
            self._refuse("refused", f"a reason is needed, of {REASON_LETTERS} letters or more")
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
                if stamped is None or isinstance(stamped.fact, TimePassed):
                    # Ten ticks a second would hide the other facts, so none is sent. See whether the peer still reads.
                    if self._connection.gone:
                        return
                else:
                    self._send(stamped_record(stamped, words=words))
        except MailboxClosed:
            return
        finally:
            self._control._appliance.unsubscribe(facts)

    def _record(self, event: str, **details: str | int | float | bool | None) -> None:
        self._control._record(event, self._operator.user, **details)

    def _agree(self, **answer: object) -> None:
        self._send({"ok": True, **answer})

    def _refuse(self, code: Code, error: str) -> None:
        self._send({"ok": False, "code": code, "error": error})

    def _send(self, record: Mapping[str, object]) -> None:
        self._connection.send_line(json.dumps(record))


def _line_record(line: Line) -> dict[str, object]:
    measured = line.echo
    return {**line.condition(), "echo": None if measured is None else fact_record(measured, words=False)}


_ONE_LINE = 'one line of JSON is expected, such as {"command": "status"}; every value is a text'
_STRANGER = "refused; only root, the appliance's own user and those whom `operators` names are served"
_BUSY = "busy: as many are connected as may be, of this user or of all together; try again in a while"


def _read(line: str) -> dict[str, str] | None:
    """A request; None for anything but an object of texts with a ``command``."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(request, dict) or "command" not in request:
        return None
    if not all(isinstance(value, str) for value in request.values()):
        return None
    return request
