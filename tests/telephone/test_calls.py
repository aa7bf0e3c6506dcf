"""Real SIP calls on loopback: telephone, gateway, door, and an appliance with scripted engines."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from appliance.core.facts import Outcome
from tests.protocols.rig import Exchange, served

baresip = pytest.importorskip("baresip", reason="needs baresip-python: uv sync --group telephone")

from tests.telephone.phones import LOOPBACK, gateway, phones  # noqa: E402 - it needs baresip

pytestmark = pytest.mark.slow

ASKED: Exchange = ("where is room one", ["On the first floor."])
HANDED: Exchange = ("speak to a person", ["I am calling someone.", Outcome("hand_over", "handover")])


def door(folder: Path, heard: list[str], answers: list[Exchange], connections: int = 16):
    return served(folder, heard, answers, speaks="calls", connections=connections, lines=16)


@pytest.mark.parametrize("codec", ["pcma", "pcmu", "g722/16000/1"])
def test_a_caller_is_greeted_heard_answered_and_transferred_to_a_person(tmp_path: Path, codec: str) -> None:
    async def hold() -> None:
        async with phones() as at:
            person_at = f"sip:person@{LOOPBACK}:{at.port}"
            with gateway(tmp_path, box.path, person={"address": person_at}) as running:
                person, caller = await at.agent("person", codec), await at.agent("caller", codec)
                answered = asyncio.Event()
                person.on_incoming(lambda call: asyncio.ensure_future(call.answer()).add_done_callback(
                    lambda _: answered.set()
                ))  # fmt: skip
                phone = await at.call(caller, running.uri)
                await phone.until_heard()
                await phone.listen(1.0)
                await phone.speak()
                await phone.until(lambda: box.responder.histories)
                await phone.until_heard()
                await phone.listen(1.0)
                await phone.call.send_dtmf("0")
                await phone.until(lambda: phone.call.transfer_request)
                assert phone.call.transfer_request.target == person_at
                await phone.call.accept_transfer()
                await asyncio.wait_for(answered.wait(), 20)
                await phone.until(lambda: phone.over)
                running.tell()
                assert "transferred" in running.end()

    with door(tmp_path, ["where is room one"], [ASKED, HANDED]) as box:
        asyncio.run(hold())
        assert not box.responder.script


def test_keys_fill_a_number_and_the_box_hangs_up(tmp_path: Path) -> None:
    async def hold() -> None:
        async with phones() as at:
            with gateway(tmp_path, box.path) as running:
                phone = await at.call(await at.agent("caller"), running.uri)
                await phone.until_heard()
                for keys, left in (("0", 2), ("170555#", 1), ("1", 0)):
                    await phone.call.send_dtmf(keys)
                    await phone.until(lambda left=left: len(box.responder.script) == left)
                    await phone.until_heard()
                await phone.until(lambda: phone.over)

    answers: list[Exchange] = [
        ("speak to a person", ["What is your number?", Outcome(kind="ask", expects="value")]),
        ("170555", ["Is that right?", Outcome(kind="confirm", expects="confirm")]),
        ("yes", ["Good.", Outcome(action="close")]),
    ]
    with door(tmp_path, [], answers) as box:
        asyncio.run(hold())


def test_an_exchange_that_takes_no_refer_is_told_by_keys(tmp_path: Path) -> None:
    async def hold() -> None:
        async with phones() as at:
            with gateway(tmp_path, box.path, person={"keys": "*2200"}) as running:
                phone = await at.call(await at.agent("caller"), running.uri)
                await phone.until_heard()
                await phone.call.send_dtmf("0")
                await phone.until(lambda: phone.keys == "*2200")
                await phone.call.hangup()
                running.until("transferred")

    with door(tmp_path, [], [HANDED]) as box:
        asyncio.run(hold())


def test_a_caller_whose_transfer_fails_is_greeted_again(tmp_path: Path) -> None:
    async def hold() -> None:
        async with phones() as at:
            with gateway(tmp_path, box.path, person={"address": f"sip:person@{LOOPBACK}:{at.port}"}) as running:
                phone = await at.call(await at.agent("caller"), running.uri)
                await phone.until_heard()
                await phone.call.send_dtmf("0")
                await phone.until(lambda: phone.call.transfer_request)
                await phone.call.reject_transfer()
                running.until("no person was reached")
                await phone.listen(0.2)
                await phone.until_heard()
                await phone.call.hangup()

    with door(tmp_path, [], [HANDED]) as box:
        asyncio.run(hold())


def test_ten_callers_speak_at_once_and_the_next_hears_the_busy_tone(tmp_path: Path) -> None:
    async def hold() -> None:
        async with phones() as at:
            with gateway(tmp_path, box.path, calls=10) as running:
                caller = await at.agent("caller")
                lines = await asyncio.gather(*(at.call(caller, running.uri) for _ in range(10)))
                await asyncio.gather(*(line.until_heard() for line in lines))
                with pytest.raises(baresip.CallBusy):
                    await at.call(caller, running.uri)
                await asyncio.gather(*(line.listen(1.5) for line in lines))
                await asyncio.gather(*(line.speak() for line in lines))
                await lines[0].until(lambda: not box.responder.script, within_s=60)
                await asyncio.gather(*(line.until_heard() for line in lines))
                await lines[0].call.hangup()
                await lines[0].until(lambda: lines[0].over)
                await asyncio.sleep(1.0)
                await (await at.call(caller, running.uri)).until_heard()

    with door(tmp_path, ["where is room one"] * 10, [ASKED] * 10) as box:
        box.responder.complete = 0.0  # the one script of all lines knows no guesses
        asyncio.run(hold())


def test_a_full_box_and_a_box_that_is_not_there_are_busy(tmp_path: Path) -> None:
    async def hold() -> None:
        async with phones() as at:
            caller = await at.agent("caller")
            with gateway(tmp_path, box.path) as running:
                phone = await at.call(caller, running.uri)
                with pytest.raises(baresip.CallBusy):
                    await at.call(caller, running.uri)
                await phone.call.hangup()
            with gateway(tmp_path, tmp_path / "none.sock") as running:
                with pytest.raises(baresip.CallBusy):
                    await at.call(caller, running.uri)
                running.tell()
                assert "cannot be reached: No such file" in running.end()

    with door(tmp_path, [], [], connections=1) as box:
        asyncio.run(hold())


@pytest.mark.parametrize("again", [False, True])
def test_a_gateway_that_is_stopped_lets_its_calls_end(tmp_path: Path, again: bool) -> None:
    async def hold() -> None:
        async with phones() as at:
            caller = await at.agent("caller")
            with gateway(tmp_path, box.path) as running:
                phone = await at.call(caller, running.uri)
                running.tell()
                running.until("stopping: 1 calls")
                with pytest.raises(baresip.CallBusy):
                    await at.call(caller, running.uri)
                await phone.until_heard()
                assert not phone.over
                if again:
                    running.tell(signal.SIGTERM)
                else:
                    await phone.call.hangup()
                await phone.until(lambda: phone.over)
                await asyncio.to_thread(running.end)

    with door(tmp_path, [], []) as box:
        asyncio.run(hold())
