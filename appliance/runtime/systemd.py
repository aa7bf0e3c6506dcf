"""Notifies systemd (``Type=notify``): ready, status, alive, stopping. Sends nothing when systemd does not listen.

The protocol is one datagram to the address in ``NOTIFY_SOCKET`` (sd_notify(3)). A dependency would be longer than this
module. ``connect`` comes first, before the process is sealed and can connect to nothing.
"""

from __future__ import annotations

import logging
import os

from appliance.isolation.unix_socket import Notifier

log = logging.getLogger(__name__)

_manager: Notifier | None = None


def connect() -> None:
    """Find the service manager that started this process, if one did."""
    global _manager
    disconnect()
    address = os.environ.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return  # there is no address, or one of a kind (vsock) that the appliance may not open
    name = os.fsencode(address)
    try:
        _manager = Notifier(b"\0" + name[1:] if address[0] == "@" else name)
    except OSError as error:
        log.warning("the service manager at %s cannot be told: %s", address, error.strerror)


def disconnect() -> None:
    """Tell the service manager nothing more."""
    global _manager
    if _manager is not None:
        _manager.close()
        _manager = None


def ready(status: str) -> None:
    """Tell that the appliance listens."""
    _send(f"READY=1\nSTATUS={_one_line(status)}")


def status(text: str) -> None:
    """Set the text that ``systemctl status`` shows."""
    _send(f"STATUS={_one_line(text)}")


def not_ready_yet(text: str) -> None:
    """Tell that the start takes up to another minute from now. ``text`` says why."""
    _send(f"EXTEND_TIMEOUT_USEC=60000000\nSTATUS={_one_line(text)}")


def watchdog() -> None:
    """Tell that every loop has made progress."""
    _send("WATCHDOG=1")


def stopping() -> None:
    """Tell that the appliance is going down on purpose."""
    _send("STOPPING=1\nSTATUS=stopping")


def _one_line(text: str) -> str:
    # A line end in a status would begin another assignment of the protocol.
    return " ".join(text.split())


def _send(message: str) -> None:
    if _manager is None:
        return
    try:
        _manager.send(message.encode())
    except OSError as error:
        log.warning("the service manager cannot be told: %s", error.strerror)
