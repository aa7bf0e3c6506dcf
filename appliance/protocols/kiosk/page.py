"""Serves the page's files. They are the same for everybody and hold nothing of the site, so they need no token."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from appliance.protocols.http import Exchange, Route

_FILES = {
    "/kiosk": ("index.html", "text/html; charset=utf-8"),
    "/kiosk/kiosk.css": ("kiosk.css", "text/css; charset=utf-8"),
    "/kiosk/kiosk.js": ("kiosk.js", "text/javascript; charset=utf-8"),
    "/kiosk/worklet.js": ("worklet.js", "text/javascript; charset=utf-8"),
}

_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self'; "
        "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'",
    ),
    ("Permissions-Policy", "microphone=(self), camera=(), geolocation=()"),
    ("Referrer-Policy", "no-referrer"),
)
"""The page loads nothing but its own files, runs no script that came as text, and stands in no other page"""


def page() -> Iterator[Route]:
    """The routes."""
    folder = resources.files("appliance.protocols.kiosk") / "page"
    for path, (name, kind) in _FILES.items():
        body = (folder / name).read_bytes()

        def answer(exchange: Exchange, body: bytes = body, kind: str = kind) -> None:
            exchange.respond(200, body, kind, _HEADERS)

        yield Route("GET", path, answer)


def size() -> int:
    """Bytes of the whole page."""
    folder = resources.files("appliance.protocols.kiosk") / "page"
    return sum(len((folder / name).read_bytes()) for name, _ in _FILES.values())
