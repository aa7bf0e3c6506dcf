"""The part of JSON Schema (2020-12) that is understood, and whether a value is as a schema wants it. Pure.

The ``jsonschema`` package would bring four more, one of them compiled, for schemas of a few lines. What is not
understood is refused by name (``Unsupported``), before any visitor talks, so that nothing is taken for valid that was
not looked at.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from appliance.core.plain_text import printable

Schema = Mapping[str, object]

_ANNOTATIONS = frozenset(
    {
        *("$schema", "$id", "$comment", "$defs", "definitions", "title", "description", "default", "examples"),
        *("deprecated", "readOnly", "writeOnly", "format"),
    }
)
"""keywords that make no value invalid; the formats of dates and times are looked at nevertheless"""

_TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: (
        not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
    ),
}

_MOST_STEPS = 10_000
"""Most schemas that one value is compared with; a schema can double its own work at every level"""

_LONGEST_NAMED = 80
"""Most letters of what a message takes from a schema"""

_LONGEST_PATTERN = 200
_LONGEST_MATCHED = 2_000
"""Most letters of a pattern, and of a text that is compared with one"""


class Unsupported(Exception):
    """A schema uses something that is not understood. The message names it, in a line that can be shown."""

    def __init__(self, what: str) -> None:
        super().__init__(printable(what[:_LONGEST_NAMED]))


@dataclass
class _Steps:
    left: int = _MOST_STEPS

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Unsupported("a schema that takes too long to compare")


def supported(schema: object, root: Schema) -> None:
    """Raises Unsupported where a part of the schema is not understood. ``root`` is the whole schema, which ``$ref``
    points into."""
    _look(schema, root, (), _Steps())


def wrong(value: object, schema: object, root: Schema) -> str | None:
    """What the schema wants that the value is not, as in "`floor` must be at most 12"; None when the value is as it
    should be. The value itself is not in it. Raises Unsupported."""
    try:
        return next(_faults(value, schema, root, "", _Steps()), None)
    except RecursionError:
        raise Unsupported("a `$ref` that leads to itself") from None


def follow(schema: object, root: Schema) -> Schema:
    """The schema that a ``$ref`` points to, or the schema itself. Raises Unsupported."""
    for _ in range(8):
        if not isinstance(schema, dict):
            raise Unsupported("a schema that is no object")
        reference = schema.get("$ref")
        if reference is None:
            return schema
        found = re.fullmatch(r"#/(\$defs|definitions)/([^/~%]+)", str(reference))
        shelf = root.get(found[1]) if found else None
        if found is None or not isinstance(shelf, dict) or found[2] not in shelf:
            raise Unsupported("a `$ref` to something else than `#/$defs/NAME`")
        besides = {name: part for name, part in schema.items() if name != "$ref"}
        inner = shelf[found[2]]
        schema = merged(inner, besides) if isinstance(inner, dict) else inner
    raise Unsupported("a `$ref` that leads to another without end")


def merged(schema: Schema, besides: Schema) -> Schema:
    """A schema with the keywords that stand beside it. Raises Unsupported where both say something of the same."""
    for keyword in set(schema) & set(besides) - _ANNOTATIONS:
        if schema[keyword] != besides[keyword]:
            raise Unsupported(f"`{keyword}` twice for one value")
    return {**schema, **besides}


# --- what is understood -------------------------------------------------------------------------------------------


def _look(schema: object, root: Schema, seen: tuple[str, ...], steps: _Steps) -> None:
    steps.take()
    if isinstance(schema, bool):
        return
    if isinstance(schema, dict) and "$ref" in schema:
        if str(schema["$ref"]) in seen:
            return  # it was looked at on the way here
        seen = (*seen, str(schema["$ref"]))
    followed = follow(schema, root)
    for keyword, told in followed.items():
        if keyword in _ANNOTATIONS:
            continue
        if keyword not in _KEYWORDS:
            raise Unsupported(f"`{keyword}`")
        if not _KEYWORDS[keyword].formed(told):
            raise Unsupported(f"`{keyword}` with a value of another kind than it has")
        for inner in _KEYWORDS[keyword].inner(told):
            _look(inner, root, seen, steps)


def _is_number(told: object) -> bool:
    return isinstance(told, int | float) and not isinstance(told, bool) and math.isfinite(told)


def _is_count(told: object) -> bool:
    return type(told) is int and told >= 0


def _is_types(told: object) -> bool:
    listed = told if isinstance(told, list) else [told]
    return bool(listed) and all(isinstance(name, str) and name in _TYPES for name in listed)


def _is_pattern(told: object) -> bool:
    """Whether a pattern can be compared with a text in a time that grows moderately with it: no group is repeated, none
    looks around or back, and there are few repetitions."""
    if not isinstance(told, str) or len(told) > _LONGEST_PATTERN:
        return False
    bare = re.sub(r"\\[^\d]", "x", re.sub(r"\[(?:\\.|[^\]\\])*\]", "x", re.sub(r"\\d", "x", told)))
    if re.search(r"\)[*+{?]|\(\?|\\", bare) or len(re.findall(r"[*+{]", bare)) > 4:
        return False
    try:
        re.compile(told)
    except re.error:
        return False
    return True


# --- whether a value is valid ---------------------------------------------------------------------------------------

_Faults = Iterator[str]


def _faults(value: object, schema: object, root: Schema, where: str, steps: _Steps) -> _Faults:
    steps.take()
    if isinstance(schema, bool):
        if not schema:
            yield f"{where or 'the value'} is not allowed"
        return
    followed = follow(schema, root)
    for keyword, told in followed.items():
        if keyword in _KEYWORDS:
            yield from _KEYWORDS[keyword].faults(value, told, followed, root, where, steps)
    if "format" in followed and isinstance(value, str) and not _has_format(value, str(followed["format"])):
        yield f"{where or 'the value'} must be a {followed['format']}"


def _has_format(value: str, named: str) -> bool:
    read: Mapping[str, Callable[[str], object]] = {
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "date-time": datetime.fromisoformat,
    }
    try:
        if named in read:
            read[named](value)
    except ValueError:
        return False
    return True


def _limit(holds: Callable[[Decimal, Decimal], bool], words: str) -> Callable[..., _Faults]:
    def faults(value: object, told: object, _followed: Schema, _root: Schema, where: str, _steps: _Steps) -> _Faults:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return
        try:
            fits = holds(Decimal(str(value)), Decimal(str(told)))
        except ArithmeticError:
            fits = False
        if not fits:
            yield f"{where or 'the value'} must be {words} {told}"

    return faults


def _length(kind: type[str] | type[list[object]], least: bool, what: str) -> Callable[..., _Faults]:
    def faults(value: object, told: object, _followed: Schema, _root: Schema, where: str, _steps: _Steps) -> _Faults:
        assert isinstance(told, int)
        if isinstance(value, kind) and (len(value) < told if least else len(value) > told):
            yield f"{where or 'the value'} must have at {'least' if least else 'most'} {told} {what}"

    return faults


def _type(value: object, told: object, _followed: Schema, _root: Schema, where: str, _steps: _Steps) -> _Faults:
    listed = [str(name) for name in (told if isinstance(told, list) else [told])]
    if not any(_TYPES[name](value) for name in listed):
        yield f"{where or 'the value'} must be of the type {' or '.join(listed)}"


def _same(first: object, second: object) -> bool:
    return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def _enum(value: object, told: object, _followed: Schema, _root: Schema, where: str, _steps: _Steps) -> _Faults:
    assert isinstance(told, list)
    if not any(_same(value, item) for item in told):
        yield f"{where or 'the value'} must be one of those that are listed"


def _const(value: object, told: object, _followed: Schema, _root: Schema, where: str, _steps: _Steps) -> _Faults:
    if not _same(value, told):
        yield f"{where or 'the value'} must be what is laid down"


def _pattern(value: object, told: object, _followed: Schema, _root: Schema, where: str, _steps: _Steps) -> _Faults:
    if isinstance(value, str) and (len(value) > _LONGEST_MATCHED or not re.search(str(told), value)):
        yield f"{where or 'the value'} must be of another form"


def _within(where: str, name: str) -> str:
    name = printable(name[:_LONGEST_NAMED])
    return f"{where[:-1]}.{name}`" if where else f"`{name}`"


def _properties(value: object, told: object, _followed: Schema, root: Schema, where: str, steps: _Steps) -> _Faults:
    assert isinstance(told, dict)
    if isinstance(value, dict):
        for name, inner in told.items():
            if name in value:
                yield from _faults(value[name], inner, root, _within(where, name), steps)


def _required(value: object, told: object, _followed: Schema, _root: Schema, where: str, _steps: _Steps) -> _Faults:
    assert isinstance(told, list)
    if isinstance(value, dict):
        yield from (f"{_within(where, str(name))} is missing" for name in told if name not in value)


def _additional(value: object, told: object, followed: Schema, root: Schema, where: str, steps: _Steps) -> _Faults:
    known = followed.get("properties", {})
    assert isinstance(known, dict)
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in known:
                yield from _faults(inner, told, root, _within(where, name), steps)


def _items(value: object, told: object, _followed: Schema, root: Schema, where: str, steps: _Steps) -> _Faults:
    for item in value if isinstance(value, list) else []:
        yield from _faults(item, told, root, where, steps)


def _all_of(value: object, told: object, _followed: Schema, root: Schema, where: str, steps: _Steps) -> _Faults:
    assert isinstance(told, list)
    for inner in told:
        yield from _faults(value, inner, root, where, steps)


def _some_of(least: int, most: int | None) -> Callable[..., _Faults]:
    def faults(value: object, told: object, _followed: Schema, root: Schema, where: str, steps: _Steps) -> _Faults:
        assert isinstance(told, list)
        fitting = sum(next(_faults(value, inner, root, where, steps), None) is None for inner in told)
        if fitting < least or (most is not None and fitting > most):
            yield f"{where or 'the value'} is none of those that are possible"

    return faults


def _is_schemas(told: object) -> bool:
    return isinstance(told, list) and bool(told)


@dataclass(frozen=True, slots=True)
class _Keyword:
    """One keyword of the language."""

    formed: Callable[[Any], bool]
    """whether its value is of the kind that it has"""
    faults: Callable[..., _Faults]
    inner: Callable[[Any], Iterable[object]] = lambda told: ()
    """the schemas in its value"""


_KEYWORDS: Mapping[str, _Keyword] = {
    "type": _Keyword(_is_types, _type),
    "enum": _Keyword(lambda told: isinstance(told, list), _enum),
    "const": _Keyword(lambda _: True, _const),
    "minimum": _Keyword(_is_number, _limit(lambda value, told: value >= told, "at least")),
    "maximum": _Keyword(_is_number, _limit(lambda value, told: value <= told, "at most")),
    "exclusiveMinimum": _Keyword(_is_number, _limit(lambda value, told: value > told, "more than")),
    "exclusiveMaximum": _Keyword(_is_number, _limit(lambda value, told: value < told, "less than")),
    "multipleOf": _Keyword(
        lambda told: _is_number(told) and told > 0, _limit(lambda value, told: value % told == 0, "a multiple of")
    ),
    "minLength": _Keyword(_is_count, _length(str, True, "letters")),
    "maxLength": _Keyword(_is_count, _length(str, False, "letters")),
    "minItems": _Keyword(_is_count, _length(list, True, "entries")),
    "maxItems": _Keyword(_is_count, _length(list, False, "entries")),
    "pattern": _Keyword(_is_pattern, _pattern),
    "required": _Keyword(
        lambda told: isinstance(told, list) and all(isinstance(name, str) for name in told), _required
    ),
    "properties": _Keyword(lambda told: isinstance(told, dict), _properties, lambda told: list(told.values())),
    "additionalProperties": _Keyword(lambda told: isinstance(told, bool | dict), _additional, lambda told: [told]),
    "items": _Keyword(lambda told: isinstance(told, bool | dict), _items, lambda told: [told]),
    "allOf": _Keyword(_is_schemas, _all_of, list),
    "anyOf": _Keyword(_is_schemas, _some_of(1, None), list),
    "oneOf": _Keyword(_is_schemas, _some_of(1, 1), list),
}
