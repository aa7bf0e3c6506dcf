"""The retention time, by which recordings are kept. It is what this box saw pass, not what its calendar says.

A calendar can be changed from outside: by NTP, by GPS, by a battery that is empty. One look at a calendar that stands
ten years ahead must not destroy what has to be kept for seven. So the box keeps a time of its own beside its
recordings, in ``clock.json``:

- While the box is on, it goes on with the time since boot, which cannot be set.
- It catches up with the calendar, as after a night switched off, by a day per boot at most.
- When the calendar is further ahead than that, as after a holiday or after it was set, the time waits for an
  operator: ``cloister recordings catch-up --reason …``, which is recorded. Until then recordings are kept for longer.

This does not stop an attacker who can boot the box again and again, with the calendar a day further each time. Each of
these boots is in the audit log. On a box that is off for more than a day at a time, every week, an operator must catch
up.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from appliance.core.ports import PortError
from appliance.records.audit_log import boot, clocks
from appliance.records.whole_file import write_whole

FORMAT = "cloister-retention-1"

CATCH_UP_S = 86_400.0
"""Most seconds by which the time follows the calendar within one boot, without an operator"""

_NAME = "clock.json"


@dataclass(frozen=True, slots=True)
class Retention:
    """The retention time at one look."""

    time_s: float
    """seconds since 1970 by this box's own count"""
    calendar_s: float
    """seconds since 1970 by its calendar"""
    up_s: float
    """seconds since boot"""
    boot: str
    caught_up_s: float
    """seconds by which the time followed the calendar in this boot"""

    @property
    def ahead_s(self) -> float:
        """Seconds by which the calendar is ahead and waits for an operator; 0 when that is no more than a day."""
        ahead_s = self.calendar_s - self.time_s
        return ahead_s if ahead_s > CATCH_UP_S else 0.0


def look(folder: Path, newest_s: float | None) -> Retention:
    """Advance the time to now, and keep it in ``folder``. ``newest_s`` is when the newest recording was begun, by this
    time. It is None when there is none and the calendar can be believed. Raises PortError."""
    now = _now()
    before = peek(folder)
    if newest_s is None:
        seen = now
    elif before is None:
        # This also covers a lost file: losing it advances the time by at most a day past the newest recording.
        seen = replace(now, time_s=min(now.calendar_s, newest_s + CATCH_UP_S))
    else:
        seen = _go_on(before, now)
    _keep(folder, seen)
    return seen


def peek(folder: Path) -> Retention | None:
    """The time at the last look; None when there was none or its file is damaged."""
    try:
        fields: dict[str, Any] = json.loads((folder / _NAME).read_text(encoding="ascii"))
        if fields.pop("format") != FORMAT or not isinstance(fields["boot"], str):
            return None
        numbers = [fields[name] for name in ("time_s", "calendar_s", "up_s", "caught_up_s")]
        if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
            return None
        return Retention(**fields)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def ahead_s(folder: Path) -> float:
    """Seconds by which the calendar is ahead now and waits for an operator; 0 when it does not. Changes nothing."""
    before = peek(folder)
    return _go_on(before, _now()).ahead_s if before else 0.0


def catch_up(folder: Path) -> None:
    """Take the calendar's time, in either direction, because an operator has checked it. Raises PortError."""
    _keep(folder, _now())


def _now() -> Retention:
    now, up_s = clocks()
    return Retention(now.timestamp(), now.timestamp(), up_s, boot(), 0.0)


def _go_on(before: Retention, now: Retention) -> Retention:
    same = now.boot == before.boot and now.up_s >= before.up_s
    passed_s = now.up_s - before.up_s if same else now.up_s
    time_s = before.time_s + passed_s
    caught_up_s = before.caught_up_s if same else 0.0
    follows_s = min(max(now.calendar_s - time_s, 0.0), max(CATCH_UP_S - caught_up_s, 0.0))
    return replace(now, time_s=time_s + follows_s, caught_up_s=caught_up_s + follows_s)


def _keep(folder: Path, seen: Retention) -> None:
    try:
        write_whole(folder / _NAME, json.dumps({"format": FORMAT, **asdict(seen)}))
    except OSError as error:
        raise PortError(f"recordings {folder}: {error.strerror}; the folder must be writable by this user") from None
