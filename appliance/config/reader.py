"""Reads a record from YAML and reports every mistake with its line. It knows nothing of the records that it reads."""

from __future__ import annotations

import difflib
import math
import re
import types
import typing
import unicodedata
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml

from appliance.config import nodes

S = TypeVar("S")

MOST_BYTES = 4_000_000
"""bytes of the largest configuration file"""


class ConfigError(Exception):
    """A configuration file has mistakes; ``problems`` lists them, one line each, as ``file:line: field: what``."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


# --- what a value must be -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Within:
    """A number from ``least`` to ``most``."""

    least: float
    most: float

    def wrong(self, value: float) -> str | None:
        if self.least <= value <= self.most:
            return None
        return f"must be from {self.least:g} to {self.most:g}, not {value:g}"


@dataclass(frozen=True, slots=True)
class Filled:
    """A text that is not blank, or a list that is not empty."""

    def wrong(self, value: str | Sequence[object]) -> str | None:
        if isinstance(value, str):
            return None if value.strip() else "must not be blank"
        return None if value else "must not be empty"


@dataclass(frozen=True, slots=True)
class Spoken:
    """A text that the voice can say. It holds a letter or a digit, and at most ``most`` letters."""

    most: int = 2000

    def wrong(self, value: str) -> str | None:
        if not any(c.isalnum() for c in value):
            return f"{value!r} holds nothing that can be said"
        return None if len(value) <= self.most else f"has more than {self.most} letters: nobody listens that long"


@dataclass(frozen=True, slots=True)
class Hearable:
    """Words that are looked for in what the ears wrote, in small Latin letters and digits. A phrase with none of
    these would be found in every silence, and one with letters of another script never."""

    def wrong(self, value: str) -> str | None:
        foreign = [c for c in unicodedata.normalize("NFKD", value) if c.isalpha() and not _is_latin(c)]
        if foreign and re.search(r"[a-z0-9]", value.lower()):
            return f"{value!r} holds {foreign[0]!r}, no Latin letter: the ears of this language can never hear it"
        if re.search(r"[a-z0-9]", value.lower()):
            return None
        return f"{value!r} holds no Latin letter and no digit: the ears of this language can never hear it"


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN ")


@dataclass(frozen=True, slots=True)
class Named:
    """A name that can stand in braces."""

    def wrong(self, value: str) -> str | None:
        return None if re.fullmatch(r"\w+", value) else f"{value!r} must be of letters, digits and underscores"


@dataclass(frozen=True, slots=True)
class TimeZone:
    """The name of a time zone, or nothing for that of the system."""

    def wrong(self, value: str) -> str | None:
        if not value:
            return None
        known = zoneinfo.available_timezones()
        if value in known:
            return None
        if not known:
            return f"{value!r}: this machine knows no time zones; install them: apt-get install tzdata"
        close = difflib.get_close_matches(value, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else "they are called after a city, as in 'Europe/Berlin'"
        return f"there is no time zone {value!r}; {hint} (Debian keeps old names in the package tzdata-legacy)"


@dataclass(frozen=True, slots=True)
class NameOf:
    """The name of one of ``values``. The record gets the value. ``what`` says what the values are, for messages."""

    values: Mapping[str, object]
    what: str


@dataclass(frozen=True, slots=True)
class Unlike:
    """A list of records no two of which have the same ``key``."""

    key: str


Text = Annotated[str, Filled()]
Sentence = Annotated[str, Spoken()]
Phrase = Annotated[str, Hearable()]


# --- what no single field can tell --------------------------------------------------------------------------------

Mistake = tuple[nodes.Path, str]
"""Where in a record something is wrong, and what. A record's ``mistakes`` finds them in what the file holds as it is
written (dicts, lists and texts), so that one mistake does not hide the others."""


def load_record(path: Path, kind: type[S]) -> S:
    """Read a YAML file as one frozen dataclass, by the rules of this module. Raises ConfigError."""
    node = compose(path)
    reader = _Reader(path)
    value = reader.read(node, kind, "")
    if reader.problems:
        raise ConfigError(reader.problems)
    return typing.cast(S, value)


def compose(path: Path) -> yaml.Node:
    """The YAML nodes of a file. Raises ConfigError."""
    text = read_text(path)
    try:
        node = nodes.compose(text)
    except nodes.NotYaml as error:
        raise ConfigError([f"{path}:{error.line}: is not YAML: {error.what}"]) from None
    if node is None:
        raise ConfigError([f"{path}: is empty"])
    return node


def located(path: Path, mistakes: Sequence[Mistake]) -> list[str]:
    """Lines as ``ConfigError`` has them, of mistakes that were found in the file at ``path`` after it was read."""
    try:
        root = compose(path)
    except ConfigError:
        return [f"{path}: {nodes.written(where)}: {what}" for where, what in mistakes]
    return [
        f"{path}:{nodes.find(root, where).start_mark.line + 1}: {nodes.written(where)}: {what}"
        for where, what in mistakes
    ]


def read_text(path: Path) -> str:
    """The text of a configuration file. Raises ConfigError."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError([f"{path}: is no file"])
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigError([f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}"]) from None
    if len(content) > MOST_BYTES:
        raise ConfigError([f"{path}: has more than {MOST_BYTES:,} bytes"])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: is not UTF-8 text (byte {error.start})"]) from None


class _Bad:
    """Stands for a value that was reported as a problem."""


_BAD = _Bad()

_LONGEST_LINE = 500
"""letters of the longest message; a longer one is cut"""


def did_you_mean(word: str, known: typing.Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; known are {', '.join(sorted(known)) or 'none'}"


class _Reader:
    """Walks YAML nodes along dataclass types and collects what is wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[str] = []

    def bad(self, node: yaml.Node, where: str, what: str) -> _Bad:
        # A message may quote the file. It is shown as one line, without characters that a terminal obeys.
        line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in f"{where or 'file'}: {what}")
        self.problems.append(f"{self.path}:{node.start_mark.line + 1}: {line[:_LONGEST_LINE]}")
        return _BAD

    def read(self, node: yaml.Node, kind: Any, where: str) -> Any:
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if (tag := nodes.odd_tag(node)) is not None:
            return self.bad(
                node, where, f"{tag!r} is no kind of value here; a text that begins with ! must be in quotes"
            )
        if origin is Annotated:
            return self._judged(node, kind, where)
        if is_dataclass(kind) and isinstance(kind, type):
            return self._record(node, kind, where)
        if origin in (types.UnionType, typing.Union):
            if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
                return None
            return self.read(node, next(a for a in arguments if a is not type(None)), where)
        if origin is tuple:
            return self._sequence(node, arguments[0], where)
        if origin is Mapping:
            return self._mapping(node, arguments[1], where)
        if origin is Literal:
            return self._literal(node, arguments, where)
        if kind is object:
            return self._anything(node, where)
        return self._scalar(node, kind, where)

    def _judged(self, node: yaml.Node, kind: Any, where: str) -> Any:
        """A value with conditions."""
        inner, *conditions = typing.get_args(kind)
        if isinstance(conditions[0], NameOf):
            return self._named(node, conditions[0], where)
        value = self.read(node, inner, where)
        for condition in conditions:
            if isinstance(condition, Unlike):
                self._unlike(node, condition.key, where)
            elif value is not _BAD and (what := condition.wrong(value)):
                return self.bad(node, where, what)
        return value

    def _named(self, node: yaml.Node, names: NameOf, where: str) -> Any:
        name = self._scalar(node, str, where)
        if name is _BAD or name in names.values:
            return name if name is _BAD else names.values[name]
        return self.bad(node, where, f"{name!r} is not possible; possible are {names.what}: {', '.join(names.values)}")

    def _unlike(self, node: yaml.Node, key: str, where: str) -> None:
        """Report records with the same ``key``. It looks at the nodes, so that other mistakes do not hide this one."""
        seen: dict[str, int] = {}
        for at, item in enumerate(node.value if isinstance(node, yaml.SequenceNode) else []):
            value = dict(nodes.items(item)).get(key)
            if not isinstance(value, yaml.ScalarNode):
                continue
            if value.value in seen:
                inner = f"{where}[{at}].{key}"
                self.bad(value, inner, f"{value.value!r} is the `{key}` of {where}[{seen[value.value]}] too")
            seen.setdefault(str(value.value), at)

    def _keys(self, node: yaml.MappingNode, where: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node, str, bool]]:
        """Each valid key, its value, where that is, and whether the key was given before."""
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.bad(
                    key, where, "a field's name must be plain text; a text that begins with a bracket must be in quotes"
                )
                continue
            name = str(key.value)
            inner = f"{where}.{name}" if where else name
            if key.tag.endswith(":merge") or nodes.odd_tag(key) is not None:
                self.bad(key, inner, "is no name of a field")
                continue
            yield key, value, inner, name in seen
            seen.add(name)

    def _record(self, node: yaml.Node, kind: type[Any], where: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self.bad(node, where, "must be a mapping of fields to values")
        hints = typing.get_type_hints(kind, include_extras=True)
        known = {f.name: f for f in fields(kind)}
        values: dict[str, Any] = {}
        for key, value, inner, again in self._keys(node, where):
            if key.value not in known:
                self.bad(key, inner, f"there is no such field{did_you_mean(str(key.value), known)}")
            elif again:
                self.bad(key, inner, "is given twice")
            else:
                values[key.value] = self.read(value, hints[key.value], inner)
        if hasattr(kind, "mistakes"):
            for path, what in kind.mistakes(nodes.raw(node)):
                inner = nodes.written(path)
                self.bad(nodes.find(node, path), f"{where}.{inner}" if where else inner, what)
        for name, f in known.items():
            if name not in values and f.default is MISSING and f.default_factory is MISSING:
                values[name] = self.bad(node, f"{where}.{name}" if where else name, "is missing")
        if any(value is _BAD for value in values.values()):
            return _BAD
        try:
            return kind(**values)
        except ValueError as error:
            return self.bad(node, where, str(error))

    def _sequence(self, node: yaml.Node, kind: Any, where: str) -> Any:
        if not isinstance(node, yaml.SequenceNode):
            return self.bad(node, where, "must be a list")
        values = [self.read(item, kind, f"{where}[{i}]") for i, item in enumerate(node.value)]
        return _BAD if any(value is _BAD for value in values) else tuple(values)

    def _mapping(self, node: yaml.Node, kind: Any, where: str) -> Any:
        if not isinstance(node, yaml.MappingNode):
            return self.bad(node, where, "must be a mapping")
        values: dict[str, Any] = {}
        for key, value, inner, again in self._keys(node, where):
            if again:
                self.bad(key, inner, "is given twice")
            if what := _unprintable(str(key.value)):
                self.bad(key, inner, what)
            values[str(key.value)] = self.read(value, kind, inner)
        return _BAD if any(value is _BAD for value in values.values()) else types.MappingProxyType(values)

    def _anything(self, node: yaml.Node, where: str) -> Any:
        """Anything that JSON can hold, since a program may get it."""
        if isinstance(node, yaml.MappingNode):
            found = self._mapping(node, object, where)
            return found if found is _BAD else dict(found)
        if isinstance(node, yaml.SequenceNode):
            found = self._sequence(node, object, where)
            return found if found is _BAD else list(found)
        tag = node.tag.rsplit(":", 1)[-1]
        if tag == "null":
            return None
        if tag in ("int", "float", "bool"):
            return self._scalar(node, {"int": int, "float": float, "bool": bool}[tag], where)
        if tag == "timestamp":
            # A date stays as it is written, since JSON has no dates and tools read them as ISO 8601.
            try:
                yaml.SafeLoader("").construct_object(node)
            except ValueError:
                return self.bad(node, where, f"there is no day {node.value!r}; a text must be in quotes")
        return self._scalar(node, str, where)

    def _literal(self, node: yaml.Node, allowed: tuple[Any, ...], where: str) -> Any:
        value = self._scalar(node, type(allowed[0]), where)
        if value is _BAD or value in allowed:
            return value
        names = [str(a).lower() if isinstance(a, bool) else str(a) for a in allowed]
        return self.bad(node, where, f"{node.value!r} is not possible; possible are {', '.join(names)}")

    def _scalar(self, node: yaml.Node, kind: Any, where: str) -> Any:
        wanted = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}[kind]
        if not isinstance(node, yaml.ScalarNode):
            return self.bad(node, where, f"must be {wanted}")
        tag = node.tag.rsplit(":", 1)[-1]
        if tag == "null":
            return self.bad(node, where, f"is empty, must be {wanted}")
        if kind in (str, Path) and (what := _unprintable(node.value)):
            return self.bad(node, where, what)
        if kind is str:
            return str(node.value)
        if kind is Path:
            if not node.value.strip():
                return self.bad(node, where, "must be a path, not blank")
            try:
                path = Path(node.value).expanduser()
            except RuntimeError:
                return self.bad(node, where, f"{node.value!r}: there is no such user")
            return path if path.is_absolute() else self.path.parent / path
        if kind is bool and tag == "bool":
            return str(node.value).lower() in ("true", "yes", "on")
        try:
            if kind is int and tag == "int":
                return int(node.value, 0)
            if kind is float and tag in ("int", "float") and math.isfinite(value := float(node.value)):
                return value
        except (ValueError, OverflowError):
            pass
        return self.bad(node, where, f"must be {wanted}, not {node.value!r}")


def _unprintable(text: str) -> str | None:
    """What a text holds that no voice can say and no screen should get: control characters, halves of characters, and
    marks that turn the direction of what follows."""
    for c in text:
        if (unicodedata.category(c) in ("Cc", "Cs", "Cn") and c not in "\n\t") or c in _TURNING:
            return f"holds the character U+{ord(c):04X}, which cannot be said or shown: take it out"
    return None


_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
