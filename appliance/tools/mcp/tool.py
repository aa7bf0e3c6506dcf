"""A server of MCP as a ``Tool``: values of slots in, fields of an answer out."""

from __future__ import annotations

import json
import weakref
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from appliance.config.site import ToolSettings
from appliance.core.facts import ToolResult
from appliance.core.ports import DAY_ARGUMENTS, TIME_ARGUMENTS, PortError, Signature
from appliance.tools.mcp.arguments import Unfit, convert
from appliance.tools.mcp.functions import Function, differences
from appliance.tools.mcp.schemas import Schema, Unsupported, wrong
from appliance.tools.mcp.server import RETRY_S, Server
from appliance.tools.sayable import sound

LARGEST_ANSWER = 64 * 1024
"""Most letters of an answer, as of a program's (``keeper``)"""

_DEEPEST = 16
"""Most levels of objects within objects in an answer"""

TEXT = "text"
"""name of the field that holds an answer that is plain text"""


class McpTool:
    """A ``Typed`` tool. It says nothing itself: a form has the words.

    A value that is not as the function wants it ("for ninety people") is refused with the slot at fault, and the
    function is not called. An answer that the server marks as an error (``isError``) is a refusal as well."""

    def __init__(self, settings: ToolSettings, state: Path, retry_s: float = RETRY_S) -> None:
        """Start the server. ``state`` is the appliance's state folder. Raises PortError when the tool cannot be used,
        among other reasons because the server is not as the site file pins it."""
        assert settings.mcp is not None
        self.name = settings.name
        self._limit_s = settings.time_limit_s
        self._words = settings.mcp.words
        pinned = settings.mcp.functions
        if not pinned:
            raise PortError(f"tool {self.name}: the site file pins no function; `cloister site pin FILE` prints all")
        self._server = Server(settings, state, partial(_approve, self.name, pinned), retry_s)
        weakref.finalize(self, self._server.close)
        self._functions = {function.name: function for function in self._server.functions if function.name in pinned}
        self.signatures: Mapping[str, Signature] = {
            name: self._signature(function) for name, function in self._functions.items()
        }
        """see ``ports.Typed``"""

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        """Call a function of the server. Raises PortError when it fails, takes too long or answers something that
        cannot be used."""
        if function not in self._functions:
            raise PortError(f"tool {self.name}: {function} is not pinned; pinned are {', '.join(self._functions)}")
        called = self._functions[function]
        values, at_fault = self._values(called, arguments)
        if at_fault:
            return ToolResult(False, "", {"slots": at_fault})
        if missing := wrong(values, called.takes, called.takes):
            raise PortError(f"tool {self.name}: {function} is called without what it needs: {missing}")
        return self._read(called, self._server.call(function, values, self._limit_s))

    def close(self) -> None:
        """End the server."""
        self._server.close()

    def _signature(self, function: Function) -> Signature:
        try:
            return function.signature(self._words)
        except Unsupported as error:
            self._server.close()
            why = f"its schema uses {error}, which is not understood here"
            raise PortError(f"tool {self.name}: {function.name} cannot be used: {why}") from None

    def _values(self, function: Function, arguments: Mapping[str, str]) -> tuple[dict[str, object], list[str]]:
        """The arguments as the function takes them, and the names of those that are not as it wants them."""
        properties = function.takes.get("properties")
        known: Schema = properties if isinstance(properties, dict) else {}
        values: dict[str, object] = {}
        at_fault = []
        for name, text in arguments.items():
            if name not in known and name in (*TIME_ARGUMENTS, *DAY_ARGUMENTS):
                # A server need not know spans of time: what it offers outside of one is not chosen.
                continue
            if name not in known:
                raise PortError(f"tool {self.name}: {function.name} takes no {name!r}")
            try:
                values[name] = convert(text, known[name], function.takes, self._words)
            except Unfit:
                at_fault.append(name)
        return values, at_fault

    def _read(self, function: Function, result: Mapping[str, object]) -> ToolResult:
        """The result of a call. Raises PortError."""

        def unusable(why: str) -> PortError:
            return PortError(f"tool {self.name}: {function.name} answered {why}")

        content, failed = result.get("content"), result.get("isError", False)
        if not isinstance(content, list) or not isinstance(failed, bool):
            raise unusable("something that is no result of a call")
        texts = []
        for block in content:
            kind = block.get("type") if isinstance(block, dict) else None
            if kind != "text" or not isinstance(block.get("text"), str):
                shown = kind if kind in ("image", "audio", "resource", "resource_link") else "something"
                raise unusable(f"with {shown} beside or instead of text; only text can be used")
            texts.append(block["text"])
        if failed:
            # What it says of the error is for a language model, and may quote anything.
            return ToolResult(False, "")
        structured = result.get("structuredContent")
        if function.answers is None:
            fields = _fields(texts)
        elif isinstance(structured, dict):
            fields = structured
        else:
            raise unusable("without the structured content that its schema promises")
        if sum(map(len, texts)) > LARGEST_ANSWER or len(json.dumps(fields)) > LARGEST_ANSWER:
            raise unusable(f"with more than {LARGEST_ANSWER} letters")
        if not sound(fields, _DEEPEST):
            raise unusable(f"with letters that cannot be said, or nested deeper than {_DEEPEST}")
        if function.answers is not None:
            try:
                fault = wrong(fields, function.answers, function.answers)
            except Unsupported as error:
                raise unusable(f"something that its schema is not understood for: {error}") from None
            if fault:
                raise unusable(f"something else than its schema promises: {fault}")
        return ToolResult(True, "", fields)


def _approve(tool: str, pinned: Mapping[str, str], offered: Sequence[Function]) -> None:
    """Raises PortError when the functions differ from the pinned ones."""
    if found := list(differences(pinned, offered)):
        raise PortError(
            f"tool {tool}: its server is not as the site file pins it: {'; '.join(found)}. Look at what it offers now "
            "(`cloister site pin FILE`) before you pin it anew"
        )


def _fields(texts: Sequence[str]) -> dict[str, object]:
    """Fields of an answer without a schema: those of the JSON object that is its text, or the text itself."""
    text = "\n".join(texts)
    try:
        fields = json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        fields = None
    return fields if isinstance(fields, dict) else {TEXT: text}
