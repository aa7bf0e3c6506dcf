"""Functions that a client can carry out, and the visitor's words that call one. Pure.

The brain answers from the site and does not know the client's functions. So a function is called by a plain rule: the
visitor's words hold every word of its name (``open_the_door``: "please open the door"), and a value for each parameter
that it needs. A value is one of a list (``enum``), a number in digits, or none. A function that needs anything else,
such as free text, is refused, because it would never be called.

The client's functions are apart from the site's tools: nothing of the site is offered to a client, and no function of
a client is called for the site.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from appliance.protocols.openai.realtime.configuration import Fields
from appliance.protocols.openai.realtime.events import Refused

_MOST = 64
"""Most functions of one session"""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a function takes."""

    name: str
    choices: tuple[str, ...]
    """the values that it may have; empty for a number"""
    needed: bool
    whole: bool = False
    """whether it is a whole number"""

    def value(self, words: Sequence[str]) -> str | int | float | None:
        """The value that the words hold; None where they hold none."""
        if self.choices:
            found = [choice for choice in self.choices if _holds(words, _words(choice))]
            return max(found, key=len, default=None)
        pattern = r"-?\d+" if self.whole else r"-?\d+(\.\d+)?"
        number = next((word for word in words if re.fullmatch(pattern, word)), None)
        return None if number is None else int(number) if self.whole else float(number)


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a client."""

    name: str
    parameters: tuple[Parameter, ...]

    def arguments(self, text: str) -> str | None:
        """What to call it with, as JSON; None where the words lack something that it needs."""
        words = _words(text)
        values = {parameter.name: parameter.value(words) for parameter in self.parameters}
        if any(parameter.needed and values[parameter.name] is None for parameter in self.parameters):
            return None
        return json.dumps({name: value for name, value in values.items() if value is not None})


def called(functions: Sequence[Function], choice: Any, text: str) -> tuple[Function, str] | None:
    """The function that the visitor's words call, and its arguments. ``choice`` is the client's ``tool_choice``. None
    where the site is to answer. Raises Refused where a function was demanded that the words do not suffice for."""
    if choice == "none":
        return None
    if isinstance(choice, Mapping):
        return _demanded([function for function in functions if function.name == choice.get("name")], text)
    if choice == "required":
        return _demanded(functions, text)
    words = _words(text)
    named_ones = [function for function in functions if _holds(words, _words(function.name))]
    for function in sorted(named_ones, key=lambda function: len(function.name), reverse=True):
        arguments = function.arguments(text)
        if arguments is not None:
            return function, arguments
    return None


def check_choice(functions: Sequence[Function], choice: Any) -> None:
    """Raise Refused for a ``tool_choice`` that names no function of the client's."""
    if isinstance(choice, Mapping):
        if not any(function.name == choice.get("name") for function in functions):
            raise Refused("invalid_value", f"there is no function {str(choice.get('name'))[:64]!r}", "tool_choice")
    elif choice not in ("auto", "none", "required"):
        raise Refused("invalid_value", "`tool_choice` must be auto, none, required or a function", "tool_choice")


def _demanded(functions: Sequence[Function], text: str) -> tuple[Function, str]:
    for function in functions:
        arguments = function.arguments(text)
        if arguments is not None:
            return function, arguments
    raise Refused("function_arguments_missing", "the visitor's words do not hold what the function needs")


def read_functions(tools: Sequence[Fields], where: str = "session.tools") -> tuple[Function, ...]:
    """The functions of a session. Raises Refused for any that could not be called."""
    if len(tools) > _MOST:
        raise Refused("invalid_value", f"`{where}` has more than {_MOST} functions", where)
    functions = tuple(_read(tool, f"{where}[{number}]") for number, tool in enumerate(tools))
    if len({function.name for function in functions}) < len(functions):
        raise Refused("invalid_value", f"`{where}` has two functions of one name", where)
    return functions


def sayable(output: str) -> str:
    """What the box says when a function answered ``output``. Raises Refused for data that is no sentence."""
    try:
        value = json.loads(output)
    except (ValueError, RecursionError):
        value = output
    if isinstance(value, bool | int | float) or value is None:
        value = output
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text:
        what = "the output of a function is said as it is, so it must be a sentence"
        raise Refused("invalid_value", what, "item.output")
    return text


def _read(tool: Fields, where: str) -> Function:
    if tool.get("type") != "function":
        what = f"`{where}.type` must be function: this box calls no server of others"
        raise Refused("tools_not_supported", what, f"{where}.type")
    name = tool.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Refused("invalid_value", f"`{where}.name` must be letters, digits, _ or -", f"{where}.name")
    schema = tool.get("parameters") or {}
    properties = schema.get("properties") or {} if isinstance(schema, Mapping) else None
    needed = schema.get("required") or [] if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or not isinstance(needed, Sequence):
        raise Refused("invalid_value", f"`{where}.parameters` must be a JSON schema", f"{where}.parameters")
    parameters = []
    for key, kind in properties.items():
        parameter = _parameter(str(key), kind, key in needed)
        if parameter is not None:
            parameters.append(parameter)
        elif key in needed:
            at = f"{where}.parameters.properties.{key}"
            what = f"`{at}` is needed and cannot be read from the visitor's words: give an `enum`, or make it optional"
            raise Refused("tools_not_supported", what, at)
    return Function(name, tuple(parameters))


def _parameter(name: str, kind: object, needed: bool) -> Parameter | None:
    if not isinstance(kind, Mapping):
        return None
    choices = kind.get("enum")
    if isinstance(choices, Sequence) and choices and all(isinstance(choice, str) for choice in choices):
        return Parameter(name, tuple(choices), needed)
    if kind.get("type") in ("integer", "number"):
        return Parameter(name, (), needed, whole=kind.get("type") == "integer")
    return None


def _words(text: str) -> list[str]:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).replace("_", " ").replace("-", " ")
    return re.findall(r"\w+(?:\.\d+)?", spaced.lower())


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    return bool(wanted) and set(wanted) <= set(words)
