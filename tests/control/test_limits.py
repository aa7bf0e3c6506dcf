"""The rate limit of one user, as a table of times."""

from __future__ import annotations

from appliance.control.limits import Allowance


def test_a_burst_then_a_trickle() -> None:
    allowance = Allowance(3, 0.5)
    assert [allowance.take("a", 0.0) for _ in range(5)] == [True, True, True, False, False]
    assert allowance.wait_s("a") == 2.0
    assert [allowance.take("a", 2.0) for _ in range(2)] == [True, False]
    assert [allowance.take("a", 1000.0) for _ in range(4)] == [True, True, True, False], (
        "no more than the burst is saved"
    )


def test_each_user_has_an_allowance_of_their_own() -> None:
    allowance = Allowance(1, 1.0)
    assert allowance.take("a", 0.0) and not allowance.take("a", 0.0)
    assert allowance.take("b", 0.0)


def test_refused_requests_are_reported_once_per_window() -> None:
    allowance = Allowance(1, 0.001, window_s=60)
    for second in range(30):
        allowance.take("a", float(second))
    assert allowance.due(30.0) == [], "the window is not over"
    assert allowance.due(61.0) == [("a", 29)]
    assert allowance.due(62.0) == []
    allowance.take("a", 63.0)
    assert allowance.due(64.0) == []
    assert allowance.due(64.0, now=True) == [("a", 1)], "at the end of it all"


def test_the_memory_for_users_is_bounded() -> None:
    allowance = Allowance(1, 0.001)
    for number in range(100_000):
        allowance.take(f"user {number}", 0.0)
    assert len(allowance._buckets) < 300
    told = dict(allowance.due(0.0, now=True))
    assert sum(told.values()) > 99_000 and set(told) == {"others"}
    allowance.due(10_000.0)
    assert allowance._buckets == {}, "who has been quiet is forgotten"
