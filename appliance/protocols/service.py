"""What the protocols serve: the appliance with its engines, site and settings, and the doors that are open."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.ports import Ledger
from appliance.protocols.access import Tokens
from appliance.protocols.calls import Calls
from appliance.protocols.deepgram.agent import agent
from appliance.protocols.deepgram.flux import flux
from appliance.protocols.deepgram.listen import listen
from appliance.protocols.deepgram.speak import speak
from appliance.protocols.door import Door
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.health import health
from appliance.protocols.http import HttpServer, Route
from appliance.protocols.kiosk.page import page
from appliance.protocols.kiosk.session import session
from appliance.protocols.live_ears import EARS_AT_ONCE
from appliance.protocols.openai.audio import audio
from appliance.protocols.openai.chat import Chats, chat
from appliance.protocols.openai.models import models
from appliance.protocols.openai.realtime.client_secrets import ClientSecrets
from appliance.protocols.openai.realtime.connection import Realtime, open_realtime
from appliance.protocols.wyoming import WyomingServer
from appliance.runtime.appliance import Appliance
from appliance.runtime.engines import Engines


@dataclass(frozen=True, slots=True)
class Service:
    """What a protocol works with."""

    appliance: Appliance
    engines: Engines
    site: Site
    settings: Settings


def routes(service: Service, chats: Chats, realtime: Realtime) -> Sequence[Route]:
    """Everything that is served by HTTP and WebSocket."""
    places = threading.BoundedSemaphore(EARS_AT_ONCE)
    return (
        *health(service.appliance),
        *models(),
        *audio(service.engines, service.site, service.settings),
        *chat(chats),
        *realtime.routes(),
        *listen(service.engines, service.settings, places),
        *flux(service.engines, service.settings, places),
        *speak(service.engines, service.site.language),
        *agent(service.appliance, service.engines, service.site),
        *page(),
        *session(service.appliance, service.engines, service.site),
    )


@contextmanager
def open_doors(
    service: Service, tokens: Tokens | None = None, ledger: Ledger | None = None
) -> Iterator[Sequence[Door]]:
    """Open every door that the settings name, and close them however the block ends. With a ledger it is recorded who
    used them. Raises PortError."""
    record = DoorRecord(ledger)
    doors: list[Door] = []
    chats = Chats(service.engines, service.site, service.appliance.tools)
    secrets = ClientSecrets(tokens)
    realtime = open_realtime(*(service.appliance, service.engines, service.site, service.settings, chats, secrets))
    table = routes(service, chats, realtime)
    try:
        for number, settings in enumerate(service.settings.doors):
            server: HttpServer | WyomingServer | Calls
            if settings.speaks == "wyoming":
                server = WyomingServer(service.engines, service.site, service.settings, chats, record)
            elif settings.speaks == "calls":
                server = Calls(service.appliance, service.engines, service.site, record)
            else:
                server = HttpServer(table, record, secrets if settings.tokens else None)
            door = Door(settings, f"doors[{number}]", server.serve, server.turn_away)
            door.start()
            doors.append(door)
        yield doors
    finally:
        realtime.close()
        for door in doors:
            door.stop()
