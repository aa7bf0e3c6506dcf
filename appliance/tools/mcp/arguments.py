"""The value of a slot, which is a text, as a schema wants it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal

from appliance.core.ports import Argument
from appliance.tools.mcp.schemas import Schema, Unsupported, follow, merged, supported, wrong

_ANY_TEXT = frozenset({"name", "date", "time", "choice", "text", "reference", "number"})
_KINDS: Mapping[str, frozenset[str]] = {
    "integer": frozenset({"number", "reference"}),
    "number": frozenset({"number", "reference"}),
    "boolean": frozenset({"choice"}),
}
"""kinds of slots by the type of an argument"""
_FORMATS: Mapping[str, frozenset[str]] = {"date": frozenset({"date"}), "time": frozenset({"time"})}
"""kinds of slots by the format of an argument of the type string"""


class Unfit(Exception):
    """A text is no value of an argument. The message names what is wanted, and not the text."""


def plain(schema: object, root: Schema) -> Schema:
    """The schema of an argument without what only says that it may be null or is defined elsewhere. Raises
    Unsupported."""
    found = follow(schema, root)
    for keyword in ("anyOf", "oneOf", "allOf"):
        options = found.get(keyword)
        if isinstance(options, list):
            left = [option for option in options if follow(option, root).get("type") != "null"]
            if len(left) == 1:
                around = {name: told for name, told in found.items() if name != keyword}
                found = merged(plain(left[0], root), around)
    named = found.get("type")
    if isinstance(named, list) and len(left := [name for name in named if name != "null"]) == 1:
        found = {**found, "type": left[0]}
    return found


def values(schema: Schema) -> list[object] | None:
    """The values that alone are possible, where the schema lists them."""
    if "const" in schema:
        return [schema["const"]]
    listed = schema.get("enum")
    return [value for value in listed if value is not None] if isinstance(listed, list) else None


def spoken(value: object) -> str:
    """A value that a schema lists, as a visitor would say it: "quiet_room" is "quiet room"."""
    return " ".join(re.sub(r"[_\-]+", " ", str(value)).split())


def argument(schema: object, root: Schema, *, needed: bool, words: Mapping[str, object]) -> Argument:
    """What a slot must be that holds this argument. ``words`` are the site's (``McpSettings.words``)."""
    try:
        supported(schema, root)
        of = plain(schema, root)
        kinds = _kinds(of)
    except Unsupported as error:
        return Argument(frozenset(), needed, lambda _: False, f"its schema uses {error}, which is not understood here")

    def accepts(text: str) -> bool:
        try:
            convert(text, schema, root, words)
        except Unfit:
            return False
        return True

    return Argument(kinds, needed, accepts)


def _kinds(schema: Schema) -> frozenset[str]:
    if values(schema) is not None:
        return frozenset({"choice"})
    named, form = str(schema.get("type", "string")), schema.get("format")
    if named == "string" and form is not None:
        if form not in _FORMATS:
            raise Unsupported(f"the format `{form}`")
        return _FORMATS[str(form)]
    if named not in ("string", *_KINDS) or not {"anyOf", "oneOf", "allOf"}.isdisjoint(schema):
        raise Unsupported(f"the type `{named}`" if named not in ("string", *_KINDS) else "a choice between schemas")
    return _KINDS.get(named, _ANY_TEXT)


def convert(text: str, schema: object, root: Schema, words: Mapping[str, object]) -> object:
    """The value that a text stands for, valid by the schema. Raises Unfit. A date goes as YYYY-MM-DD, and a time of day
    as HH:MM:SS without a zone, since the visitor means the time of the place."""
    try:
        value = _value(text, plain(schema, root), words)
        fault = wrong(value, schema, root)
    except Unsupported as error:
        raise Unfit(f"must fit a schema with {error}") from None
    if fault is not None:
        raise Unfit(fault.removeprefix("the value "))
    return value


def _value(text: str, schema: Schema, words: Mapping[str, object]) -> object:
    listed, named, form = values(schema), schema.get("type", "string"), schema.get("format")
    if listed is not None or named == "boolean":
        possible: list[object] = [True, False] if listed is None else listed
        meant = [value for said, value in words.items() if _key(said) == _key(text)]
        meant += [value for value in possible if str(value) == text]
        meant += [value for value in possible if _key(spoken(value)) == _key(text)]
        for value in meant:
            if any(type(value) is type(one) and value == one for one in possible):
                return value
        raise Unfit("must be one of those that are listed, or among the tool's `mcp.words`")
    try:
        if named in ("integer", "number"):
            if not re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", text, re.ASCII):
                raise ValueError
            number = Decimal(text)
            return int(number) if named == "integer" and number == number.to_integral_value() else float(number)
        if form == "date":
            return date.fromisoformat(text).isoformat()
        if form == "time":
            return time.fromisoformat(text).strftime("%H:%M:%S")
    except ValueError:
        raise Unfit(f"must be a {form or named}") from None
    return text


def _key(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
