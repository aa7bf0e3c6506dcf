"""Limits how often one user may ask. Each user has a token bucket, and requests beyond it are counted.

A peer can ask, be refused and connect again and again at no cost to itself. This must not cost the appliance a record,
a line of the journal or a write to the disk each time.
"""

from __future__ import annotations

from dataclasses import dataclass

_MOST_USERS = 256
"""Most users that are counted apart; the others share a bucket"""

_OTHERS = "others"


@dataclass
class _Bucket:
    tokens: float
    filled_s: float
    over: int = 0
    over_since_s: float = 0.0


class Allowance:
    """Allows each user ``burst`` requests at once, then ``per_s`` a second. Counts refusals for one report a window.

    A window lasts ``window_s``. Times are seconds by any clock that does not go back. Two threads must not use this at
    once.
    """

    def __init__(self, burst: int, per_s: float, window_s: float = 60.0) -> None:
        self._burst = burst
        self._per_s = per_s
        self._window_s = window_s
        self._buckets: dict[str, _Bucket] = {}

    def take(self, user: str, now_s: float) -> bool:
        """Whether the user may do it now. A refusal is counted."""
        bucket = self._bucket(user, now_s)
        bucket.tokens = min(float(self._burst), bucket.tokens + (now_s - bucket.filled_s) * self._per_s)
        bucket.filled_s = now_s
        if bucket.tokens >= 1:
            bucket.tokens -= 1
            return True
        if bucket.over == 0:
            bucket.over_since_s = now_s
        bucket.over += 1
        return False

    def wait_s(self, user: str) -> float:
        """Seconds that the user has to wait after ``take`` returned False."""
        bucket = self._buckets.get(user)
        return 0.0 if bucket is None else max(0.0, (1 - bucket.tokens) / self._per_s)

    def due(self, now_s: float, *, now: bool = False) -> list[tuple[str, int]]:
        """Users whose window is over (with ``now``, all users), and how often each was refused in it."""
        told: list[tuple[str, int]] = []
        for user, bucket in list(self._buckets.items()):
            if bucket.over and (now or now_s - bucket.over_since_s >= self._window_s):
                told.append((user, bucket.over))
                bucket.over = 0
            elif not bucket.over and bucket.tokens + (now_s - bucket.filled_s) * self._per_s >= self._burst:
                del self._buckets[user]
        return told

    def _bucket(self, user: str, now_s: float) -> _Bucket:
        if user not in self._buckets and len(self._buckets) >= _MOST_USERS:
            user = _OTHERS
        return self._buckets.setdefault(user, _Bucket(float(self._burst), now_s))
