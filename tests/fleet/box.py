"""A daemon with scripted engines behind a door, as a process of its own, for tests of balancing.

Run as ``python -m tests.fleet.box SOCKET NAME``. At ``/talk`` each WebSocket is a conversation on a line of its own:
what a client writes is answered with ``NAME`` and the number of answers so far. At ``/sound`` every message comes back.
What is read from standard input changes the box: ``taken`` has it say that every place is taken, and refuse callers, as
when others than the balancer took them; ``free`` ends that.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from appliance.brain.responder import Reply
from appliance.brain.state import ResponderState
from appliance.config.box import DoorSettings
from appliance.core.facts import Message, ReplyThought, Transcript
from appliance.core.mailbox import MailboxClosed
from appliance.core.turn import Turn
from appliance.isolation.seal import seal
from appliance.protocols.client_line import ClientLine
from appliance.protocols.door import Door
from appliance.protocols.door_record import DoorRecord
from appliance.protocols.http import Exchange, HttpError, HttpServer, Route
from appliance.protocols.websocket import WebSocketClosed
from appliance.runtime.appliance import Appliance
from appliance.runtime.assemble import running
from appliance.runtime.engines import Engines
from tests.fakes import VOICE_RATE_HZ, LoudnessVad, ScriptedEar, ScriptedResponder, ToneVoice, spoken
from tests.runtime.test_appliance import SETTINGS
from tests.sites import SITE


class SameAnswer(ScriptedResponder):
    """A responder that has one answer to everything."""

    def reply(self, state: ResponderState, heard: Transcript, history: Sequence[Message], turn: Turn) -> Reply:
        return Reply(state, spoken(["Yes."]))


class Box:
    """See the module."""

    def __init__(self, name: str, appliance: Appliance) -> None:
        self._name = name
        self._appliance = appliance
        self.taken = threading.Event()

    def health(self, exchange: Exchange) -> None:
        """Serve ``/healthz`` in place of the daemon's own route."""
        exchange.respond_json(503 if self.taken.is_set() else 200, {})

    def talk(self, exchange: Exchange) -> None:
        """Hold a conversation."""
        if self.taken.is_set():
            raise HttpError(503, "every place is taken")
        line = ClientLine(self._appliance, "test", VOICE_RATE_HZ, lambda *_: None)
        client = exchange.websocket()
        said = 0
        try:
            while True:
                line.write(str(client.receive()))
                while not isinstance(getattr(line.facts.get(timeout_s=20), "fact", None), ReplyThought):
                    pass
                said += 1
                client.send(f"{self._name} {said}")
        except (WebSocketClosed, MailboxClosed):
            line.close()


def give_back(exchange: Exchange) -> None:
    """Send back whatever the client sends."""
    client = exchange.websocket()
    with contextlib.suppress(WebSocketClosed):
        while True:
            client.send(client.receive())


def main(path: str, name: str) -> None:
    seal()
    engines = Engines(LoudnessVad(), ScriptedEar([]), ToneVoice(), lambda *_: SameAnswer([]), {})
    with running(SETTINGS, SITE, engines) as appliance:
        box = Box(name, appliance)
        routes = {"/talk": box.talk, "/healthz": box.health, "/sound": give_back}
        server = HttpServer([Route("GET", path, handler) for path, handler in routes.items()], DoorRecord(None))
        door = Door(DoorSettings(Path(path)), "doors[0]", server.serve, server.turn_away)
        door.start()
        print("ready", flush=True)
        for line in sys.stdin:
            (box.taken.set if line.strip() == "taken" else box.taken.clear)()
            print("changed", flush=True)
        door.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
