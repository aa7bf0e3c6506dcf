"""One telephone call: sound and keys between the caller and the box, then a hang-up or a transfer.

The box paces what it sends. Because its clock and the telephone's are two, a little sound is kept waiting, and what is
too much is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from baresip import BaresipError, Call, CallState, DigitEvent, Event, StackEvent

from appliance.core.faults import fault
from appliance.protocols.audiosocket import FRAME_MS, KEY, RATES_HZ, TRANSFER, WIDE_SOUND
from appliance.telephone.box import Box, Busy
from appliance.telephone.settings import TelephoneSettings
from appliance.telephone.sound import CallSound

log = logging.getLogger(__name__)

_SET_UP_S = 10.0
"""Seconds within which an answered call must have sound"""

_LAST_SOUND_S = 0.5
"""Seconds that the last of the box's sound may take to leave"""

_TRANSFER_S = 30.0
"""Seconds within which a person must have answered"""


class BridgedCall:
    """A call that came in. ``number`` names it in the log, where the caller's number does not belong."""

    def __init__(self, call: Call, settings: TelephoneSettings, number: int) -> None:
        self._call = call
        self._sound = CallSound(call)
        self._settings = settings
        self._number = number
        self._box: Box | None = None
        self._changed = asyncio.Event()
        """set when the call was established or has ended"""
        call.on(self._on_event)
        call.on_dtmf(self._on_key)

    async def hold(self) -> None:
        """Answer the call if the box takes it, and hold it until one side ends it."""
        try:
            await self._hold()
        except Busy as busy:
            log.warning("call %d: the box does not take it: %s", self._number, busy)
        except BaresipError as error:
            log.warning("call %d: %s", self._number, fault(error))
        finally:
            await self.end()

    async def end(self) -> None:
        """Hang up; a call that was not answered is told that the line is busy. Idempotent."""
        if self._call.state is CallState.CLOSED:
            return
        with contextlib.suppress(BaresipError):
            await (self._call.reject() if self._call.state is CallState.INCOMING else self._call.hangup())

    async def _hold(self) -> None:
        box = await Box.open(self._settings.door, transfers=self._settings.person is not None)
        try:
            await self._call.answer()
            async with asyncio.timeout(_SET_UP_S):
                await self._changed.wait()
        except TimeoutError:
            box.close()
            return
        except BaseException:
            box.close()
            raise
        log.info("call %d: answered", self._number)
        while await self._converse(box) == TRANSFER and self._established:
            await self._all_sent()
            if await self._transfer():
                break
            # The caller is not left alone with a line that nobody answers: the box begins again.
            box = await Box.open(self._settings.door, transfers=True)
        await self._all_sent()
        log.info("call %d: over", self._number)

    @property
    def _established(self) -> bool:
        return self._call.state is CallState.ESTABLISHED

    def _on_event(self, event: StackEvent) -> None:
        if event.event in (Event.CALL_ESTABLISHED, Event.CALL_CLOSED):
            self._changed.set()
        if event.event is Event.CALL_CLOSED and self._box is not None:
            self._box.close()

    def _on_key(self, key: DigitEvent) -> None:
        if self._box is not None:
            self._box.send(KEY, key.digit.encode())

    # --- sound ------------------------------------------------------------------------------------------------------

    async def _converse(self, box: Box) -> int:
        """Carry sound until the box or the caller ends the conversation. Returns the kind of the box's last frame."""
        self._box = box
        hearing = asyncio.create_task(self._hear(box))
        try:
            kind = WIDE_SOUND
            while self._established and kind in RATES_HZ:
                kind, payload = await box.next()
                # In the other kind the box is silent, until it knows the call's rate.
                if kind == WIDE_SOUND:
                    self._sound.write(payload)
            return kind
        finally:
            self._box = None
            hearing.cancel()
            box.close()

    async def _hear(self, box: Box) -> None:
        """Send what the caller says. A frame leaves though the caller's side sends nothing (on hold), so that the box
        knows that there is still a call."""
        while True:
            box.send(WIDE_SOUND, self._sound.read())
            await asyncio.sleep(FRAME_MS / 1000)

    async def _all_sent(self) -> None:
        """Wait until what the box said last has left."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LAST_SOUND_S):
                while self._established and self._sound.waiting:
                    await asyncio.sleep(FRAME_MS / 1000)

    # --- a person ---------------------------------------------------------------------------------------------------

    async def _transfer(self) -> bool:
        """Hand the caller over to a person. Returns whether the caller has left this call for one."""
        person = self._settings.person
        assert person is not None, "the box asks for it only where there is one"
        try:
            if person.address is not None:
                await self._call.transfer(person.address, timeout=_TRANSFER_S)
            else:
                assert person.keys is not None
                self._changed.clear()
                await self._call.send_dtmf(person.keys)
                async with asyncio.timeout(_TRANSFER_S):
                    await self._changed.wait()
        except (BaresipError, TimeoutError) as error:
            log.warning("call %d: no person was reached: %s", self._number, type(error).__name__)
            return not self._established
        log.info("call %d: transferred", self._number)
        return True
