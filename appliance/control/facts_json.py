"""Facts as JSON, with or without the words that were said. Pure."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from appliance.core.facts import Fact, Stamped

HARMLESS_TEXT = {"reason", "device", "ear", "action", "kind", "mode"}
"""Text fields of facts that hold technical reasons, never what a visitor said. The identifiers of the facts and tools
that a reply rested on are not among them, because ``fact:hiv_clinic`` tells what the visitor asked about."""


def stamped_record(stamped: Stamped, *, words: bool) -> dict[str, object]:
    """A fact and the line that it is about, as JSON. ``words`` is as in ``fact_record``."""
    return {"line": stamped.line, **fact_record(stamped.fact, words=words)}


def fact_record(fact: Fact, *, words: bool) -> dict[str, object]:
    """A fact as JSON. Without ``words`` every text that a visitor may have said is null."""
    return {"fact": type(fact).__name__, **_record(fact, words)}


def _record(value: Any, words: bool) -> dict[str, object]:
    return {
        field.name: _plain(getattr(value, field.name), words or field.name in HARMLESS_TEXT, words)
        for field in fields(value)
    }


def _plain(value: object, text: bool, words: bool) -> object:
    if is_dataclass(value):
        return _record(value, words)
    if isinstance(value, (tuple, list)):
        return [_plain(item, text, words) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return str(value) if text else None
