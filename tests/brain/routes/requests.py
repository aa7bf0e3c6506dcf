"""Requests as a route sees them, with what may be asked of the retrieval, the tools and the model written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from appliance.brain.knowledge import Entry, Hit, entries
from appliance.brain.request import Request
from appliance.config.site import FormSettings, load_site
from appliance.conversation.emergency import Alarms
from appliance.core.facts import Message, ToolResult, Transcript

SITE = load_site(Path(__file__).parents[3] / "appliance" / "sites" / "hospital.yaml")
REPLIES = SITE.language.replies
NOW = datetime(2026, 11, 18, 14, 45)
CHOICES = {"doctor": ("Doctor Chen", "Doctor Patel", "Doctor Miller")}
ENTRIES: Mapping[str, Entry] = {entry.id: entry for entry in entries(SITE, CHOICES)}
DONE = ToolResult(True, "It is done.")


class Calls:
    """What a route asked for."""

    def glance(self, text: str) -> list[Hit]:
        return self.search(text)

    def __init__(
        self,
        found: Mapping[str, float],
        by_text: Mapping[str, Mapping[str, float]],
        results: Sequence[ToolResult],
        pointed_at: str,
    ) -> None:
        self._found = found
        self._by_text = by_text
        self._results = list(results)
        self._pointed_at = pointed_at
        self.searched: list[str] = []
        self.called: list[tuple[str, str, Mapping[str, str]]] = []

    def search(self, text: str) -> list[Hit]:
        self.searched.append(text)
        found = self._by_text.get(text, self._found)
        return [Hit(ENTRIES[name], probability) for name, probability in found.items()]

    def call(self, tool: str, function: str, arguments: Mapping[str, str]) -> ToolResult:
        self.called.append((tool, function, dict(arguments)))
        return self._results.pop(0) if self._results else DONE

    def point_at(self, slot: str) -> str:
        return self._pointed_at


def asked(
    text: str,
    found: Mapping[str, float] | None = None,
    *,
    by_text: Mapping[str, Mapping[str, float]] | None = None,
    confidence: float = 1.0,
    history: Sequence[Message] = (),
    results: Sequence[ToolResult] = (),
    pointed_at: str = "",
) -> tuple[Request, Calls]:
    """A request and a record of its calls. ``found`` has probabilities by entry for any text, ``by_text`` for certain
    texts, ``results`` the tool's results in
    order."""
    calls = Calls(found or {}, by_text or {}, results, pointed_at)
    heard = Transcript(text, confidence, "test")
    distressed = Alarms(SITE.emergency, SITE.language).distressed
    request = Request(
        heard, history, NOW, SITE, CHOICES, calls.search, calls.call, calls.call, calls.point_at, distressed
    )
    return request, calls


def form(intent: str) -> FormSettings:
    return next(settings for settings in SITE.forms if settings.intent == intent)
