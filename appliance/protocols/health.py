"""``GET /healthz``: whether this box takes another conversation, for a balancer or a monitor.

It answers 200 while there is a free place, and 503 when there is none or the box is stuck. It needs no token, because
it tells nothing of a conversation.
"""

from __future__ import annotations

from collections.abc import Iterator

from appliance.protocols.http import Exchange, Route
from appliance.runtime.appliance import Appliance

STALLED_S = 20.0
"""A loop without progress for so many seconds is stuck"""


def health(appliance: Appliance) -> Iterator[Route]:
    """The route."""

    def answer(exchange: Exchange) -> None:
        stuck, slots = appliance.stalled_s() >= STALLED_S, appliance.slots
        ready = not stuck and slots.free > 0
        exchange.respond_json(200 if ready else 503, {"ok": not stuck, "slots": slots.condition()})

    yield Route("GET", "/healthz", answer)
