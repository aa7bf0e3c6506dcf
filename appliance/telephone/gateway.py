"""The gateway between an exchange and a box: registration, limits, and the end that lets calls go on for a while."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import signal

from baresip import Account, BaresipError, Call, Config, Event, RegistrationError, Runtime, StackEvent, UserAgent

from appliance.core.faults import fault
from appliance.core.ports import PortError
from appliance.telephone.call import BridgedCall
from appliance.telephone.settings import TelephoneSettings

log = logging.getLogger(__name__)

_CODECS = {"g722": "g722/16000/1", "alaw": "pcma", "ulaw": "pcmu"}

_SILENT_S = 60
"""Seconds without a packet of sound after which a call is gone; a caller on hold is not"""


def run(settings: TelephoneSettings) -> None:
    """Take calls until SIGTERM or SIGINT, and then let those that there are go on for a while. Raises PortError when
    the SIP stack does not start or stops, ConfigError for the password."""
    # It would log numbers of callers.
    logging.getLogger("baresip").setLevel(logging.CRITICAL)
    password = settings.password
    try:
        asyncio.run(_Gateway(settings, password).run())
    except BaresipError as error:
        raise PortError(f"telephone: {error}") from None


class _Gateway:
    def __init__(self, settings: TelephoneSettings, password: str) -> None:
        self._settings = settings
        self._password = password
        self._numbers = itertools.count(1)
        self._calls: dict[asyncio.Task[None], BridgedCall] = {}
        self._died = False
        self._told = asyncio.Event()
        self._told_again = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._tell)
        runtime = Runtime()

        def dead() -> None:
            self._died = True
            self._told.set()

        runtime.on_dead = dead
        await runtime.start(self._config())
        try:
            agent = await UserAgent.create(runtime, self._account(), transfer_policy="reject")
            agent.on(_log_registration)
            agent.on_incoming(self._take)
            if self._password:
                # The stack tries again by itself.
                with contextlib.suppress(RegistrationError):
                    await agent.register()
            log.info("taking calls at %s", self._settings.listen)
            await self._told.wait()
            if self._died:
                raise PortError("telephone: the SIP stack has stopped; the process must be started again")
            await self._drain(runtime, agent)
        finally:
            await runtime.close()

    def _tell(self) -> None:
        """Take a signal: the first lets calls end, the second ends them."""
        (self._told_again if self._told.is_set() else self._told).set()

    def _config(self) -> Config:
        host, _, _ = self._settings.listen.rpartition(":")
        # Twice two ports a call: a port that has just been closed is not taken again at once.
        last = self._settings.rtp_from + 4 * self._settings.calls + 1
        return Config(
            net_interface=host.strip("[]"),
            max_concurrent_calls=self._settings.calls,
            rtp_timeout=_SILENT_S,
            native_log_level="error",
            extra_config_text=(f"sip_listen {self._settings.listen}\nrtp_ports {self._settings.rtp_from}-{last}\n"),
        )

    def _account(self) -> Account:
        return Account(
            user=self._settings.user,
            domain=self._settings.exchange,
            password=self._password,
            auth_user=self._settings.auth_user,
            reg_interval=600 if self._password else 0,
            transport=self._settings.transport,
            audio_codecs=tuple(_CODECS[codec] for codec in self._settings.codecs),
            dtmf_mode="auto",
            # A trunk's calls are for numbers, not for this user.
            extra_params=("catchall=yes",),
        )

    def _take(self, incoming: Call) -> None:
        call = BridgedCall(incoming, self._settings, next(self._numbers))
        # A call may have come before the SIP stack knew that it takes no more.
        task = asyncio.create_task(call.end() if self._stopping else call.hold())
        self._calls[task] = call
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._calls[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a call failed: %s; please report it", fault(error))

    async def _drain(self, runtime: Runtime, agent: UserAgent) -> None:
        """Take no more calls, and let those that there are end. Being told a second time ends them at once."""
        self._stopping = True
        log.info("stopping: %d calls go on for at most %g s", len(self._calls), self._settings.drain_s)
        if self._password:
            with contextlib.suppress(BaresipError):
                await agent.unregister()
        drained = asyncio.create_task(runtime.drain())
        again = asyncio.create_task(self._told_again.wait())
        await asyncio.wait((drained, again), timeout=self._settings.drain_s, return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        drained.cancel()
        for call in tuple(self._calls.values()):
            await call.end()
        if self._calls:
            await asyncio.wait(tuple(self._calls), timeout=5.0)


def _log_registration(event: StackEvent) -> None:
    if event.event is Event.REGISTER_OK:
        log.info("the exchange knows this telephone")
    elif event.event is Event.REGISTER_FAIL:
        log.warning("the exchange does not take this telephone: %s", event.text or "no answer")
