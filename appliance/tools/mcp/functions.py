"""The functions that a server offers, and how they differ from what a site file pins. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from appliance.core.ports import Argument, Signature
from appliance.tools.mcp.arguments import argument
from appliance.tools.mcp.schemas import Schema, Unsupported, supported

LONGEST_NAME = 128
"""Most letters of a function's name (MCP 2025-11-25)"""

_SHOWN = 20
"""Most names in a message"""


class NotAFunction(Exception):
    """An entry of a server's list is no function."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function as a server offers it. Its texts are the server's, for an author's eyes only."""

    name: str
    takes: Schema
    """JSON Schema of its arguments, ``inputSchema``"""
    answers: Schema | None
    """JSON Schema of its structured answers, ``outputSchema``"""
    title: str
    description: str
    read_only: bool
    """whether the server says that calls have no effect"""

    @property
    def pin(self) -> str:
        """Hash of both schemas, texts included, as a site file pins it."""
        schemas = {"inputSchema": self.takes, "outputSchema": self.answers}
        written = json.dumps(schemas, sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(written.encode()).hexdigest()}"

    def signature(self, words: Mapping[str, object]) -> Signature:
        """What it takes and answers. ``words`` are the site's (``McpSettings.words``). Raises Unsupported where no call
        of the function can be made, because of its schemas."""
        around = {name: told for name, told in self.takes.items() if name != "properties"}
        supported(around, self.takes)
        properties = self.takes.get("properties", {})
        needed = self.takes.get("required", [])
        if not isinstance(properties, dict) or not isinstance(needed, list):
            raise Unsupported("`properties` with a value of another kind than it has")
        if unknown := {"anyOf", "oneOf", "allOf", "enum", "const", "$ref"} & set(self.takes):
            raise Unsupported(f"`{min(unknown)}` for all arguments at once")
        arguments = {
            name: argument(inner, self.takes, needed=name in needed, words=words)
            if re.fullmatch(r"\w+", name)
            else Argument(frozenset(), name in needed, lambda _: False, "no slot can have that name")
            for name, inner in properties.items()
        }
        if self.answers is None:
            return Signature(arguments, None)
        supported(self.answers, self.answers)
        always = self.answers.get("required", [])
        return Signature(arguments, frozenset(map(str, always if isinstance(always, list) else [])))


def read(entry: object) -> Function:
    """A function from an entry of ``tools/list``. Raises NotAFunction."""
    if not isinstance(entry, dict):
        raise NotAFunction
    name, takes, answers = entry.get("name"), entry.get("inputSchema"), entry.get("outputSchema")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise NotAFunction
    if not isinstance(takes, dict) or not (answers is None or isinstance(answers, dict)):
        raise NotAFunction
    hints = entry.get("annotations")
    read_only = isinstance(hints, dict) and hints.get("readOnlyHint") is True
    title = entry.get("title") or (hints.get("title") if isinstance(hints, dict) else None)
    return Function(name, takes, answers, _text(title), _text(entry.get("description")), read_only)


def differences(pinned: Mapping[str, str], offered: Sequence[Function]) -> Iterator[str]:
    """How the offered functions differ from the pinned ones, one line each. A function that is offered and not pinned
    is no difference, because it cannot be called."""
    known = {function.name: function for function in offered}
    for name, pin in pinned.items():
        if name not in known:
            there = ", ".join(sorted(known)[:_SHOWN]) or "none"
            yield f"{name!r} is pinned, and the server does not offer it; it offers {there}"
        elif known[name].pin != pin:
            yield f"{name!r} has another schema than the pinned one: {known[name].pin} instead of {pin}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
