"""``/v1/models``: the names under which this box is asked. Whatever name a client sends, there is one of each."""

from __future__ import annotations

from collections.abc import Iterator

from appliance.protocols.http import Exchange, HttpError, Route
from appliance.protocols.openai.audio import SPEAKER, TRANSCRIBER

CONVERSATION = "cloister"
"""the site's own conversation: in writing and spoken"""

_MODELS = (CONVERSATION, TRANSCRIBER, SPEAKER)


def models() -> Iterator[Route]:
    """The routes."""
    yield Route("GET", "/v1/models", lambda exchange: _list(exchange), "models")
    yield Route("GET", "/v1/models/{id}", _one, "models")


def _list(exchange: Exchange) -> None:
    exchange.respond_json(200, {"object": "list", "data": [_model(name) for name in _MODELS]})


def _one(exchange: Exchange) -> None:
    name = exchange.parameters["id"]
    if name not in _MODELS:
        raise HttpError(404, f"there is no model {name!r}; there are {', '.join(_MODELS)}", "model_not_found")
    exchange.respond_json(200, _model(name))


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "cloister"}
