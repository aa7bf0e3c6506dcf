"""Pins and forms for a site file, drafted from what a server offers, for a person to approve. Pure.

The server's texts appear in comments and in questions of a draft, as plain letters on one line, cut short. None has an
effect before a person has put it into the site file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from appliance.core.ports import Argument, Signature
from appliance.tools.mcp.arguments import plain, spoken, values
from appliance.tools.mcp.functions import Function
from appliance.tools.mcp.schemas import Schema
from appliance.tools.mcp.tool import TEXT

_LONGEST = 120
"""Most letters that are taken from a text of the server's"""

_Lines = Iterator[str]


def pins(offered: Sequence[Function]) -> list[str]:
    """The lines of ``functions`` in a site file."""
    lines = []
    for function in offered:
        if about := letters(function.description or function.title):
            lines.append(f"# the server says: {about}")
        lines.append(f"{_scalar(function.name)}: {function.pin}")
    return lines


def form(tool: str, function: Function, words: Mapping[str, object]) -> list[str]:
    """The lines of a form that calls the function. Raises Unsupported."""
    signature = function.signature(words)
    asked = {name: argument for name, argument in signature.arguments.items() if argument.kinds}
    title = letters(function.title) or spoken(function.name)
    lines = [
        f"# Drafted from {_scalar(tool)}, {_scalar(function.name)}. Every text is yours to change: visitors hear it.",
        f"- intent: {_scalar(function.name)}",
        f"  tool: {_scalar(tool)}",
        f"  function: {_scalar(function.name)}",
        "  ask:  # at least eight ways in which visitors begin it",
        f"    - {_text(letters(title).lower() or 'begin')}",
    ]
    if asked:
        lines.append("  slots:")
    for name, argument in asked.items():
        lines += _slot(function.takes, name, argument)
    for name, argument in signature.arguments.items():
        if argument.problem:
            lines.append(f"    # left out: {letters(name)}, because {letters(argument.problem)}")
    if not function.read_only:
        said = ", ".join(f"{spoken(name)} {{{name}}}" for name, argument in asked.items() if argument.needed)
        lines.append(f"  confirm: {_text(f'{title}: {said}. Is that right?' if said else f'{title}?')}")
    lines.append(f"  say: {_text(_answer(title, signature))}")
    lines.append(f"  refused: {_text('Sorry, that is not possible.')}")
    return lines


def letters(text: str) -> str:
    """A text of the server's as one short line of letters, digits and simple punctuation."""
    line = " ".join(re.sub(r"[^\w\s.,;:!?'’()/%&+-]|_", " ", text).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST].rpartition(" ")[0] + " …"


def _slot(root: Schema, name: str, argument: Argument) -> _Lines:
    properties = root["properties"]
    assert isinstance(properties, dict)
    schema = plain(properties[name], root)
    title, about = letters(str(schema.get("title", ""))), letters(str(schema.get("description", "")))
    listed, kind = values(schema), _kind(name, argument)
    question = about if about.endswith("?") else f"{title or spoken(name).capitalize()}?"
    yield f"    - name: {_scalar(name)}"
    yield f"      ask: {_text(question)}" + (f"  # the server says: {about}" if about and about != question else "")
    yield f"      kind: {kind}"
    if kind == "choice" and listed is not None:
        yield f"      choices: [{', '.join(_text(letters(spoken(value))) for value in listed)}]"
    elif kind == "choice":
        chosen = [f"with {spoken(name)}", f"without {spoken(name)}"]
        yield f"      choices: [{', '.join(map(_text, chosen))}]"
        yield f"      # and in the tool's mcp: `words: {{{_text(chosen[0])}: true, {_text(chosen[1])}: false}}`"
    if not argument.needed:
        yield "      optional: true"


def _kind(name: str, argument: Argument) -> str:
    """The kind of slot that an argument most likely is."""
    if len(argument.kinds) == 1:
        return min(argument.kinds)
    if "number" in argument.kinds and "text" not in argument.kinds:
        return "number"
    return "name" if re.fullmatch(r"(.*_)?name", name) else "text"


def _answer(title: str, signature: Signature) -> str:
    if signature.answers is None:
        return f"{title}: {{{TEXT}}}"
    told = [field for field in sorted(signature.answers) if re.fullmatch(r"\w+", field)]
    return ", ".join(f"{spoken(field)} {{{field}}}" for field in told) or f"{title}: done."


def _scalar(name: str) -> str:
    """A name in YAML."""
    return name if re.fullmatch(r"[A-Za-z_][\w-]*", name) and name.lower() not in _NOT_TEXT else _text(name)


_NOT_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
"""words that YAML takes for something else than text"""


def _text(text: str) -> str:
    """A text in YAML, in quotes, which JSON's are too."""
    return json.dumps(text, ensure_ascii=False)
