"""The running appliance: engines, lines, audit log, calls for help.

Threads: ``dialogue``, which steps every line; ``alarm`` and ``errand`` (calls for help, which must not wait for the
language model); ``audit`` and ``expiry`` where they are wanted; and each line's own (``line``). The first exception in
any of them stops the process, and the service manager starts it again, because a voice appliance that half works is
worse than one that says why it restarts. Errors that visitors, tools and peers of the control socket cause are caught
where they are served, and never stop the process. A device or an engine that fails for the line of a client as it may
fail (PortError) ends that line, and the other conversations go on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.facts import ROOM, ConversationOpened, LineId, Stamped, VisitorArrived, VisitorLeft
from appliance.core.faults import fault
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Archive, Ledger, Microphone, PortError, Speaker, Tool
from appliance.records.audit_trail import Auditor, record_of
from appliance.records.expiry import Expiry
from appliance.runtime.admission import Admission, Slots, most_lines
from appliance.runtime.engines import Engines
from appliance.runtime.errands import Errands
from appliance.runtime.line import Line, Surroundings
from appliance.runtime.schedule import Schedule
from appliance.runtime.subscribers import Subscribers
from appliance.runtime.threads import name_this_thread
from appliance.runtime.watchdog import Watchdog
from appliance.tools.audited import audited

log = logging.getLogger("cloister")

_DIALOGUE_FACTS = 4096
"""Most facts of all lines that may wait for the dialogue thread; more is a fault"""

_ACCOUNT_FACTS = 1024
"""Most facts that may wait for the audit log, which drops nothing; more is a fault, as with a disk that hangs"""

_PATIENCE_S = 5.0
"""Seconds that a thread may take to end"""


class ThreadFailed(PortError):
    """A fault of ours ended a thread, and with it the appliance. Its cause may quote what was said. This does not."""


class Appliance:
    """One set of engines, and any number of lines. Every method may be called from any thread but those of a line."""

    def __init__(
        self,
        settings: Settings,
        site: Site,
        engines: Engines,
        ledger: Ledger | None = None,
        archive: Archive | None = None,
    ) -> None:
        """With a ledger, what the appliance does is recorded, and a tool's call with an effect is recorded before it is
        made. With an archive, conversations are recorded where the site wants that."""
        self._settings = settings
        self._site = site
        self._engines = engines
        self._ledger = ledger
        self._archive = archive
        self.tools: Mapping[str, Tool] = engines.tools if ledger is None else audited(engines.tools, site, ledger)
        """the tools as the appliance itself calls them, for any line"""
        self._facts: Mailbox[Stamped] = Mailbox("dialogue", _DIALOGUE_FACTS, "fault")
        self._account: Mailbox[Stamped] = Mailbox("audit", _ACCOUNT_FACTS, "fault")
        self._errands = Errands(self.tools, settings.state)
        self._subscribers = Subscribers()
        self._watchdog = Watchdog()
        self._lines: dict[LineId, Line] = {}
        self._admission = Admission(most_lines(settings))
        self._schedule = Schedule(settings.threads)
        self._lines_of_door: dict[str, int] = {}
        """how many lines were ever opened, by door"""
        self._lock = threading.Lock()
        self._stopping = False
        self._failure: PortError | None = None
        self._done = threading.Event()
        self._day = datetime.now().date()
        self._conversations = 0
        """number of conversations of the day"""
        loops: dict[str, Callable[[], None]] = {
            "dialogue": self._run_dialogue,
            "alarm": lambda: self._errands.run("alarm", lambda: self._watchdog.progress("alarm")),
            "errand": lambda: self._errands.run("call_person", lambda: self._watchdog.progress("errand")),
        }
        self._expiry: Expiry | None = None
        if archive is not None and site.privacy.recording is not None:
            self._expiry = Expiry(archive, ledger, lambda: self._watchdog.progress("expiry"))
            loops["expiry"] = self._expiry.run
        if ledger is not None:
            auditor = Auditor(
                self._account,
                ledger,
                lambda: self._watchdog.progress("audit"),
                lambda error: self._failed("audit", error),
                checkpoint_s=settings.audit.checkpoint_s,
                words=site.privacy.audit_transcripts,
            )
            loops["audit"] = auditor.run
        self._threads = {name: self._thread(name, loop) for name, loop in loops.items()}

    # --- life -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads; lines may be opened from now on."""
        for name, thread in self._threads.items():
            self._watchdog.progress(name)
            thread.start()

    def open_line(self, microphone: Microphone, speaker: Speaker, door: str = ROOM, *, open_air: bool = True) -> Line:
        """Begin to listen on a line that came by a ``door``, which its id names. ``open_air``: the microphone may hear
        the speaker. Raises LinesBusy at once when every line is taken (``slots``), and PortError when one of its
        devices or an engine's stream cannot be opened, or the appliance is going down. ``close_line`` frees the
        slot."""
        with self._lock:
            self._check_going_on()
            count = self._lines_of_door.get(door, 0) + 1
            id = door if count == 1 else f"{door}-{count}"
            self._admission.admit(id)
            self._lines_of_door[door] = count
        try:
            return self._open(id, microphone, speaker, open_air)
        except BaseException:
            self._admission.release(id)
            raise

    def _open(self, id: LineId, microphone: Microphone, speaker: Speaker, open_air: bool) -> Line:
        surroundings = Surroundings(
            self._facts,
            self._publish,
            self._errands.put,
            lambda name, loop: self._thread(name, loop, id),
            self._watchdog.progress,
            self._watchdog.forget,
            self._schedule,
        )
        line = Line(
            id,
            *(self._settings, self._site, self._engines, microphone, speaker, surroundings),
            ledger=self._ledger,
            archive=self._archive,
            open_air=open_air,
        )
        with self._lock:
            self._check_going_on()
            self._lines[line.id] = line
        try:
            line.start()
        except PortError:
            self.close_line(line)
            raise
        return line

    def _check_going_on(self) -> None:
        if self._stopping:
            raise PortError("the appliance is going down")

    def close_line(self, line: Line) -> None:
        """End a line, its conversation and its threads; the others go on. Idempotent."""
        line.stop_listening()
        # The dialogue thread ends what is being said and forgets the line. Without that thread, this is done here.
        if not self._facts.put(Stamped(line.id, VisitorLeft(), time.monotonic())):
            self._forget(line)
        line.join()
        line.finish()
        self._subscribers.line_closed(line.id)
        self._admission.release(line.id)

    def stop(self) -> None:
        """Close every line and join every thread; idempotent."""
        with self._lock:
            self._stopping = True
            lines = list(self._lines.values())
        for line in lines:
            line.stop_listening()
        for line in lines:
            line.close()
        self._errands.close()
        self._facts.close()
        for line in lines:
            line.join()
        for name in ("dialogue", "alarm", "errand"):
            self._join(name)
        for line in lines:
            line.finish()
        if self._expiry is not None:
            self._expiry.close()
            self._join("expiry")
        # The audit thread is joined last, so that the facts of the others are still recorded.
        if self._ledger is not None:
            self._account.close()
            self._join("audit")
        self._done.set()
        self._subscribers.close()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Block until a thread failed or ``stop`` was called. True when that happened. Raises PortError when a thread
        failed: its own, or ThreadFailed for any other error."""
        finished = self._done.wait(timeout_s)
        if self._failure is not None:
            raise self._failure
        return finished

    def settled(self) -> bool:
        """Whether nothing is under way: no item waits and no loop is busy.

        With this, wave devices run as fast as the appliance can follow. Counting what was accepted before and after
        makes the look at several mailboxes consistent.
        """
        with self._lock:
            lines = list(self._lines.values())
        boxes: list[Mailbox[Any] | Errands] = [self._facts, self._errands, self._account]
        for line in lines:
            boxes += line.boxes
        before = [box.accepted for box in boxes]
        return not any(box.busy for box in boxes) and before == [box.accepted for box in boxes]

    def stalled_s(self) -> float:
        """Seconds since the slowest loop last made progress. The watchdog is fed only while this is small."""
        return self._watchdog.stalled_s()

    # --- what an operator sees and does ---------------------------------------------------------------------------

    @property
    def lines(self) -> Mapping[LineId, Line]:
        """The lines that are open."""
        with self._lock:
            return dict(self._lines)

    @property
    def slots(self) -> Slots:
        """How many lines are open, and how many callers are still admitted: none once the appliance goes down."""
        slots = self._admission.slots
        return Slots(slots.open, 0) if self._stopping or self._done.is_set() else slots

    def condition(self) -> dict[str, object]:
        """The site, how many conversations were opened today, and the slots for lines."""
        return {
            "site": self._site.name,
            "conversations_today": self._conversations if self._day == datetime.now().date() else 0,
            "slots": self.slots.condition(),
        }

    def visitor_arrived(self, line: LineId = ROOM) -> None:
        """Greet a visitor who stands before the appliance. Raises PortError when there is no such line."""
        if line not in self.lines:
            raise PortError(f"there is no line {line!r}; open: {', '.join(self.lines) or 'none'}")
        self.lines[line].tell(VisitorArrived())

    def subscribe(self, line: LineId | None = None) -> Mailbox[Stamped]:
        """Every fact of every line, or of one line, from now on. A subscriber that falls behind finds its mailbox
        closed."""
        return self._subscribers.add(line)

    def unsubscribe(self, box: Mailbox[Stamped]) -> None:
        """End a subscription."""
        self._subscribers.remove(box)

    # --- threads --------------------------------------------------------------------------------------------------

    def thread_failed(self, arguments: threading.ExceptHookArgs) -> None:
        """A ``threading.excepthook``, for the threads that devices start: a failure there stops the appliance too."""
        name = arguments.thread.name if arguments.thread else "unknown"
        self._failed(name, arguments.exc_value or RuntimeError(f"{name} ended"))

    def _thread(self, name: str, loop: Callable[[], None], line: LineId = ROOM) -> threading.Thread:
        """A thread whose failure stops the appliance. On the line of a client, a PortError ends that line alone."""

        def guarded() -> None:
            name_this_thread(name)
            try:
                loop()
            except PortError as error:
                if line == ROOM:
                    self._failed(name, error)
                else:
                    self._line_failed(line, name, error)
            except BaseException as error:
                self._failed(name, error)

        return threading.Thread(target=guarded, name=name, daemon=True)

    def _line_failed(self, id: LineId, name: str, error: PortError) -> None:
        log.error("the line %s is closed, because its thread %s failed: %s", id, name, error)
        line = self.lines.get(id)
        if line is not None:
            # The thread that failed cannot wait for itself to end, nor for those that wait for it.
            threading.Thread(target=self.close_line, args=(line,), name=f"close/{id}", daemon=True).start()

    def _join(self, name: str) -> None:
        thread = self._threads[name]
        if thread is not threading.current_thread() and thread.ident is not None:
            thread.join(timeout=_PATIENCE_S)
        self._watchdog.forget(name)

    def _failed(self, name: str, error: BaseException) -> None:
        failure = error
        if not isinstance(failure, PortError):
            failure = ThreadFailed(f"the {name} thread failed: {fault(error)}; please report it")
            failure.__cause__ = error
        log.critical("%s", failure)
        if self._failure is None:
            self._failure = failure
        self._done.set()
        # Closing tells the subscribers that no more facts will come.
        self._subscribers.close()

    def _run_dialogue(self) -> None:
        try:
            while True:
                stamped = self._facts.get(timeout_s=0.5)
                self._watchdog.progress("dialogue")
                # Facts that the loops of a closed line still tell concern no conversation, so they are dropped.
                line = None if stamped is None else self._lines.get(stamped.line)
                if stamped is None or line is None:
                    continue
                line.take(stamped)
                if isinstance(stamped.fact, VisitorLeft):
                    self._forget(line)
        except MailboxClosed:
            return

    def _forget(self, line: Line) -> None:
        with self._lock:
            self._lines.pop(line.id, None)
        line.close()

    def _publish(self, stamped: Stamped) -> None:
        if isinstance(stamped.fact, ConversationOpened):
            today = datetime.now().date()
            self._conversations = self._conversations + 1 if self._day == today else 1
            self._day = today
        if self._ledger is not None and record_of(stamped.fact, words=self._site.privacy.audit_transcripts) is not None:
            self._account.put(stamped)
        self._subscribers.publish(stamped)
