"""The watchdog takes the time of the slowest loop."""

from __future__ import annotations

import time

import pytest

from appliance.runtime.watchdog import Watchdog


def test_the_slowest_running_loop_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    dog = Watchdog()
    assert dog.stalled_s() == 0.0
    dog.progress("listen/room")
    now_s = 110.0
    dog.progress("dialogue")
    now_s = 113.0
    assert dog.stalled_s() == 13.0
    dog.forget("listen/room")
    assert dog.stalled_s() == 3.0, "its line was closed"
    dog.forget("listen/room")
