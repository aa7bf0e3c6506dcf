import threading

import pytest

from appliance.core.mailbox import Mailbox, MailboxClosed, MailboxFull
from appliance.core.turn import Turn


def test_items_come_in_order_and_close_ends_the_receiver():
    box: Mailbox[int] = Mailbox("box", 3, "fault")
    assert [box.put(i) for i in range(3)] == [True] * 3
    box.close()
    assert [box.get(), box.get(), box.get()] == [0, 1, 2]
    with pytest.raises(MailboxClosed):
        box.get()
    assert box.put(4) is False


def test_a_full_mailbox_of_facts_is_a_fault():
    box: Mailbox[int] = Mailbox("facts", 1, "fault")
    box.put(1)
    with pytest.raises(MailboxFull, match="facts"):
        box.put(2)


def test_a_full_mailbox_drops_the_oldest_and_reports_it():
    dropped: list[int] = []
    box: Mailbox[int] = Mailbox("mic", 2, "drop_oldest", dropped.append)
    for i in range(4):
        box.put(i)
    assert dropped == [0, 1]
    assert [box.get(), box.get()] == [2, 3]


def test_waiting_for_room_ends_when_the_turn_is_cancelled():
    box: Mailbox[str] = Mailbox("speak", 1, "wait")
    turn = Turn(1)
    box.put("first", turn)
    accepted: list[bool] = []
    waiter = threading.Thread(target=lambda: accepted.append(box.put("second", turn)))
    waiter.start()
    turn.cancel()
    waiter.join(timeout=5)
    assert accepted == [False]
    assert len(box) == 1


def test_waiting_for_room_ends_when_there_is_room():
    box: Mailbox[str] = Mailbox("speak", 1, "wait")
    box.put("first")
    accepted: list[bool] = []
    waiter = threading.Thread(target=lambda: accepted.append(box.put("second", Turn(1))))
    waiter.start()
    assert box.get() == "first"
    waiter.join(timeout=5)
    assert accepted == [True]
    assert box.get() == "second"


def test_busy_lasts_until_the_receiver_comes_back():
    box: Mailbox[int] = Mailbox("box", 3, "fault")
    assert not box.busy
    box.put(1)
    assert box.busy
    box.get()
    assert box.busy, "the item is being handled"
    assert box.get(timeout_s=0.0) is None
    assert not box.busy
    assert box.accepted == 1


def test_discard_removes_the_unwanted_items():
    box: Mailbox[int] = Mailbox("box", 9, "fault")
    for i in range(5):
        box.put(i)
    assert box.discard(lambda i: i % 2 == 0) == 3
    assert [box.get(), box.get()] == [1, 3]
