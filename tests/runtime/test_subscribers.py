"""A subscriber receives every fact from its beginning on, or is disconnected. The others still receive every fact."""

from __future__ import annotations

import pytest

from appliance.core.facts import ROOM, Stamped, TimePassed
from appliance.core.mailbox import MailboxClosed
from appliance.runtime import subscribers
from appliance.runtime.subscribers import Subscribers


def tick(number: int) -> Stamped:
    return Stamped(ROOM, TimePassed(number / 10), number / 10)


def test_a_slow_subscriber_is_disconnected(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(subscribers, "_WAITING_FACTS", 3)
    everybody = Subscribers()
    slow, quick = everybody.add(), everybody.add()
    for number in range(5):
        everybody.publish(tick(number))
        assert quick.get(timeout_s=0) == tick(number)
    assert [slow.get(timeout_s=0) for _ in range(3)] == [tick(number) for number in range(3)]
    with pytest.raises(MailboxClosed):
        slow.get(timeout_s=0)
    assert caplog.text.count("too slow") == 1
    everybody.remove(slow)


def test_no_fact_follows_after_a_subscriber_left_or_all_closed() -> None:
    everybody = Subscribers()
    leaves, stays = everybody.add(), everybody.add()
    everybody.remove(leaves)
    everybody.publish(tick(1))
    everybody.close()
    with pytest.raises(MailboxClosed):
        leaves.get(timeout_s=0)
    assert stays.get(timeout_s=0) == tick(1)
    with pytest.raises(MailboxClosed):
        stays.get(timeout_s=0)
