"""One door: a listening Unix socket, and a thread for each program that came in.

A door is bounded in the connections it serves. What goes wrong with one connection ends that connection and nothing
else, and is logged without what was said.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable

from appliance.config.box import DoorSettings
from appliance.core.faults import fault
from appliance.core.ports import PortError
from appliance.isolation.members import Members, group_number, user_name
from appliance.isolation.unix_socket import Connection, Listener
from appliance.protocols.access import Caller

log = logging.getLogger(__name__)

_PATIENCE_S = 5.0
"""Seconds that a client may take to read what it is sent, and that a thread may take to end"""

_LOOK_S = 1.0
"""Seconds after which the accepting thread looks whether it is to end"""

_REFUSALS = 8
"""Most clients who are told at a time that there is no place; more are disconnected without a word"""

Serve = Callable[[Connection, Caller], None]
"""Serves one connection until it ends. The connection is closed afterwards."""


class Door:
    """See the module. ``turn_away`` is told a connection that comes while all places are taken; it is closed then."""

    def __init__(
        self, settings: DoorSettings, name: str, serve: Serve, turn_away: Callable[[Connection], None]
    ) -> None:
        """Raises PortError for a user or a group that this box does not know."""
        self.settings = settings
        self.name = name
        self._serve = serve
        self._turn_away = turn_away
        self._group = group_number(settings.group, f"{name}.group") if settings.group else None
        self._members = Members(settings.users, f"{name}.users")
        self._lock = threading.Lock()
        self._serving: dict[threading.Thread, Connection] = {}
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._refusing = threading.BoundedSemaphore(_REFUSALS)

    def start(self) -> None:
        """Begin to serve. Raises PortError when the path cannot be used."""
        self._listener = Listener(self.settings.path, self._group, self.name)
        self._thread = threading.Thread(target=self._accept, args=(self._listener,), name="door", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect every program and remove the path; idempotent."""
        with self._lock:
            self._stopping = True
            serving = dict(self._serving)
        if self._listener is not None:
            self._listener.close()
        for connection in serving.values():
            connection.hang_up()
        for thread in (*serving, self._thread):
            if thread is not None and thread is not threading.current_thread():
                thread.join(timeout=_PATIENCE_S)

    @property
    def connections(self) -> int:
        """How many programs are connected."""
        with self._lock:
            return len(self._serving)

    def _accept(self, listener: Listener) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                connection = listener.accept(_PATIENCE_S, _LOOK_S)
                if connection is None:
                    return
                self._take(connection)

    def _take(self, connection: Connection) -> None:
        peer = connection.peer
        thread = threading.Thread(
            target=self._run, args=(connection, Caller(user_name(peer.uid))), name="door client", daemon=True
        )
        with self._lock:
            free = len(self._serving) < self.settings.connections and not self._stopping
            if free and (self.settings.tokens or self._members.has(peer.uid, peer.gids)):
                self._serving[thread] = connection
        if thread in self._serving:
            thread.start()
            return
        if free:
            log.warning("%s: user %s is not named in `users` and was refused", self.name, user_name(peer.uid))
        elif self._refusing.acquire(blocking=False):
            # Telling a client why takes as long as the client likes, up to a bound. The next one must not wait for it.
            threading.Thread(target=self._refuse, args=(connection,), name="door refusal", daemon=True).start()
            return
        connection.close()

    def _refuse(self, connection: Connection) -> None:
        try:
            with contextlib.suppress(OSError):
                self._turn_away(connection)
        finally:
            connection.close()
            self._refusing.release()

    def _run(self, connection: Connection, caller: Caller) -> None:
        try:
            self._serve(connection, caller)
        except OSError:
            pass  # the client has gone, or does not read
        except PortError as error:
            log.warning("%s: %s", self.name, error)
        except Exception as error:
            log.error("%s: serving a client failed: %s; please report it", self.name, fault(error))
        finally:
            with self._lock:
                self._serving.pop(threading.current_thread(), None)
            connection.close()
