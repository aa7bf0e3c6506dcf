"""The local control socket: commands to a running appliance, and its facts, as lines of JSON.

Off unless ``control_socket`` is configured. The path has mode 0600 and, because a mode can be changed later, the
kernel is asked as well who connected: only the appliance's own user and root are served.

A connection sends one line, ``{"command": "status"}``, and gets one line, ``{"ok": true, …}`` or ``{"ok": false,
"error": "…"}``. After ``{"command": "facts"}`` more lines follow, one per fact, until either side closes.

Facts leave this process without the words in them unless the site switched ``privacy.publish_transcripts`` on: whoever
reads the socket may write what it reads to a disk. What is a word is decided by exclusion, so a text field that is
added to a fact is withheld until somebody declares it harmless here.
"""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from appliance import __version__
from appliance.messages import Fact
from appliance.ports import PortError
from appliance.services.local_socket import Connection, LineTooLong, Listener, connect
from appliance.turn import Mailbox, MailboxClosed

log = logging.getLogger(__name__)

HARMLESS_TEXT = {"reason", "device", "ear", "action", "kind", "facts", "tools"}
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


class ControlSocket:
    """Serves one appliance. ``words`` lets facts carry what was said."""

    def __init__(self, path: Path, appliance: Appliance[S], *, words: bool = False) -> None:
        self._path = path
        self._appliance: Appliance[Any] = appliance
        self._words = words
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._connections: dict[threading.Thread, Connection] = {}
        self._stopping = False

    def start(self) -> None:
        """Begin to serve. Raises PortError when the path cannot be used."""
        self._listener = Listener(self._path)
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
            uid = connection.peer_uid
            if uid not in (0, os.getuid()):
                log.warning("control socket: user %d was refused", uid)
                connection.close()
                continue
            thread = threading.Thread(target=self._serve, args=(connection,), name="control peer", daemon=True)
            with self._lock:
                served = len(self._connections) < _CONNECTIONS and not self._stopping
                if served:
                    self._connections[thread] = connection
            if served:
                thread.start()
            else:
                connection.close()

    def _serve(self, connection: Connection) -> None:
        try:
            with connection:
                self._answer(connection)
        except OSError:
            return  # the peer is gone or does not read
        finally:
            with self._lock:
                del self._connections[threading.current_thread()]

    def _answer(self, connection: Connection) -> None:
        try:
            line = connection.receive_line()
            command = json.loads(line)["command"] if line is not None else None
        except (LineTooLong, ValueError, TypeError, KeyError, RecursionError):
            _send(connection, {"ok": False, "error": 'one line of JSON is expected, such as {"command": "status"}'})
            return
        match command:
            case None:
                return
            case "status":
                _send(connection, {"ok": True, "version": __version__, "stalled_s": self._appliance.stalled_s()})
            case "visitor":
                self._appliance.visitor_arrived()
                _send(connection, {"ok": True})
            case "facts":
                self._send_facts(connection)
            case _:
                _send(connection, {"ok": False, "error": "there is no such command; known: facts, status, visitor"})

    def _send_facts(self, connection: Connection) -> None:
        facts = self._appliance.subscribe()
        try:
            _send(connection, {"ok": True})
            while not self._stopping:
                stamped = facts.get(timeout_s=0.5)
                if stamped is not None:
                    _send(connection, fact_record(stamped.fact, words=self._words))
        except MailboxClosed:
            return
        finally:
            self._appliance.unsubscribe(facts)


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


def request(path: Path, command: str) -> dict[str, object]:
    """Send one command to a running appliance. Raises PortError when it cannot be reached or refuses."""
    with connect(path) as connection:
        return _ask(connection, path, command)


def follow(path: Path) -> Iterator[dict[str, object]]:
    """The facts of a running appliance until it stops. Raises PortError when it cannot be reached or refuses."""
    with connect(path, timeout_s=3600.0) as connection:
        _ask(connection, path, "facts")
        while (line := connection.receive_line()) is not None:
            yield json.loads(line)


def _ask(connection: Connection, path: Path, command: str) -> dict[str, object]:
    try:
        connection.send_line(json.dumps({"command": command}))
        line = connection.receive_line()
    except OSError as error:
        raise PortError(f"control socket {path}: {error.strerror or error}") from None
    if line is None:
        raise PortError(f"control socket {path}: refused; only root and the appliance's own user are served")
    answer: dict[str, object] = json.loads(line)
    if not answer.get("ok"):
        raise PortError(f"control socket {path}: {answer.get('error')}")
    return answer


def _send(connection: Connection, record: Mapping[str, object]) -> None:
    connection.send_line(json.dumps(record))
