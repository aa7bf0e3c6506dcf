"""The local time of a place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo


def local_clock(zone: tzinfo | None, utc: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Callable[[], datetime]:
    """A clock that shows the local time of a zone, as a clock on the wall does: without an offset. With None it is
    that of the system.

    What is opened, booked or asked for is told in the time of the wall, so nothing needs the offset. An hour that a
    summer time leaves out is never shown, and one that it repeats is shown twice.
    """
    return lambda: utc().astimezone(zone).replace(tzinfo=None, fold=0)
