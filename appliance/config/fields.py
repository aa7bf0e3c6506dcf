"""The reference of a configuration file: every field with its type, range, default and meaning, as Markdown.

It is made from the records themselves and from the docstrings below their fields, so the page cannot differ from what
the reader accepts.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from appliance.config.box import Settings
from appliance.config.reader import Filled, Hearable, Named, NameOf, Spoken, TimeZone, Unlike, Within
from appliance.config.site import LEFT_OUT, Persona, Site
from appliance.language import Language

_SCALARS = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    object: "anything that JSON can hold",
}

_KINDS = {Filled: "text, not blank", Spoken: "sentence", Hearable: "phrase", Named: "name", TimeZone: "time zone"}
"""What a text is called for each condition on it"""

_FILLED_IN = Site(name="", persona=Persona(name="", role="", greeting=""))
"""a site with the language's own sentences, which a site file may leave out"""

_LONGEST_DEFAULT = 90
"""letters of the longest default in a table; a longer one is cut"""


@dataclass(frozen=True, slots=True)
class Described:
    """One field, as a row of the reference has it."""

    name: str
    kind: str
    default: str
    meaning: str


def page(file: Literal["site", "box"]) -> str:
    """The reference of the site's file or of the box's, as Markdown."""
    kind, title = (Site, "The site's file") if file == "site" else (Settings, "The box's file, `cloister.yaml`")
    made = f"Written by `cloister check --fields {file}` from the records that read the file."
    return "\n\n".join([f"# {title}, field by field", made, *(_section(*found) for found in records(kind))])


def described(kind: type[Any]) -> tuple[Described, ...]:
    """The fields of a record, in order."""
    hints = typing.get_type_hints(kind, include_extras=True)
    meanings = _meanings(kind)
    return tuple(
        Described(f.name, _written(hints[f.name]), _default(kind, f, hints[f.name]), meanings.get(f.name, ""))
        for f in fields(kind)
    )


def _section(record: type[Any], where: str) -> str:
    about = " ".join((record.__doc__ or "").split())
    rows = [f"| `{d.name}` | {d.kind} | {d.default} | {d.meaning} |" for d in described(record)]
    head = ["| field | type | default | meaning |", "|---|---|---|---|"]
    title = f"`{where}`" if where else "At the top"
    return "\n".join([f"## {title}", "", _markdown(about), "", *head, *rows])


def records(kind: type[Any], where: str = "") -> Iterator[tuple[type[Any], str]]:
    """A record and those inside it, each with the path that leads there: ``forms[].slots[]``."""
    yield kind, where
    for name, hint in typing.get_type_hints(kind, include_extras=True).items():
        inner, mark = _inner(hint)
        if is_dataclass(inner) and isinstance(inner, type):
            yield from records(inner, f"{where}.{name}{mark}" if where else f"{name}{mark}")


def _inner(hint: Any) -> tuple[Any, str]:
    """The innermost type of a hint, and ``[]`` where the hint is a list."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated and any(isinstance(condition, NameOf) for condition in arguments[1:]):
        return str, ""
    if origin is Annotated or origin is tuple:
        inner, mark = _inner(arguments[0])
        return inner, mark + ("[]" if origin is tuple else "")
    if origin in (types.UnionType, typing.Union):
        return _inner(next(a for a in arguments if a is not type(None)))
    return hint, ""


def _written(hint: Any) -> str:
    """A type as it is called for the author of a file."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        inner, conditions = arguments[0], arguments[1:]
        if names := next((c for c in conditions if isinstance(c, NameOf)), None):
            return "one of " + ", ".join(f"`{name}`" for name in names.values)
        written = next((_KINDS[type(c)] for c in conditions if type(c) in _KINDS and inner is str), _written(inner))
        for condition in conditions:
            if isinstance(condition, Within):
                written += f", {condition.least:,.10g} to {condition.most:,.10g}"
            elif isinstance(condition, Filled) and inner is not str:
                written += ", not empty"
            elif isinstance(condition, Unlike):
                written += f", no two of the same `{condition.key}`"
        return written
    if origin in (types.UnionType, typing.Union):
        return _written(next(a for a in arguments if a is not type(None)))
    if origin is tuple:
        return f"list of {_plural(arguments[0])}"
    if origin is Mapping:
        return f"mapping to {_plural(arguments[1])}"
    if origin is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in arguments)
    return "record" if is_dataclass(hint) else _SCALARS[hint]


def _plural(hint: Any) -> str:
    written = _written(hint)
    first, comma, rest = written.partition(",")
    if first in ("text", "sentence", "phrase", "name", "number", "path", "record"):
        return f"{first}s{comma}{rest}"
    return written if written.startswith(("list", "anything")) else f"values, each {written}"


def _default(kind: type[Any], f: Field[Any], hint: Any) -> str:
    """The default as it would be written in YAML."""
    if f.default is MISSING and f.default_factory is MISSING:
        return "**required**"
    value = f.default if f.default_factory is MISSING else f.default_factory()
    if value is LEFT_OUT or value == "":
        given = (getattr(_FILLED_IN, record.name) for record in fields(_FILLED_IN))
        value = next((getattr(record, f.name) for record in given if type(record) is kind), value)
    if isinstance(value, Language):
        return f"`{value.tag}`"
    if value is None:
        return "none"
    if is_dataclass(value):
        return "the fields' own"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple | Mapping):
        if not value:
            return "none"
        if set(value) == set(typing.get_args(typing.get_args(hint)[0])):
            return "all"
        return f"`[{_cut(', '.join(map(str, value)))}]`"
    return f"`{_cut(str(value))}`" if value != "" else "none"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_DEFAULT else text[: text.rindex(" ", 0, _LONGEST_DEFAULT)] + " …"


def _meanings(kind: type[Any]) -> dict[str, str]:
    """The docstring below each field of a record."""
    module = ast.parse(inspect.getsource(sys.modules[kind.__module__]))
    body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    found = {}
    for line, below in itertools.pairwise(body):
        match line, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = _markdown(" ".join(text.split()))
    return found


def _markdown(text: str) -> str:
    """A docstring in Markdown: code in single backticks, and no bar that would end a cell."""
    return text.replace("``", "`").replace("|", "\\|")
