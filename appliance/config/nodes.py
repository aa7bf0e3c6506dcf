"""Reads YAML text into bounded nodes, and says in plain words what is wrong with it. Pure.

A file of a few hundred bytes can stand for gigabytes (aliases of aliases), contain itself or nest until the stack is
used up. What is read here is counted as if every alias were written out, and refused beyond what a site file needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

MOST_NODES = 100_000
"""most nodes of a file, its aliases written out; the largest site has some thousand"""

MOST_DEPTH = 40
"""most nodes within each other; a site file has eight"""

Path = tuple[str | int, ...]
"""where a node is: keys of mappings and positions in lists, from the root on"""

_PLAIN_TAGS = frozenset({"str", "int", "float", "bool", "null", "timestamp", "seq", "map"})

_WORDS = (
    (r"found character '\\t'", "a tab stands where only spaces may: use spaces to indent"),
    (r"found character '([@`%])'", "a text that begins with {0} must be in quotes: put this text in quotes"),
    (r"mapping values are not allowed", "a colon and a space within a text: put this text in quotes"),
    (
        r"expected <block end>, but found '(?:<scalar>|<anchor>|<alias>|\{|\[|,)",
        "text goes on after a closing bracket or quote, or a line is indented too far: put the whole text in quotes",
    ),
    (r"expected <block end>", "this line is indented by more or fewer spaces than those before it that belong to it"),
    (
        r"could not find expected ':'",
        "this is neither a field (with a colon and a space) nor a list entry (with a dash and a space): mend its "
        "indent, or put the text in quotes",
    ),
    (r"unexpected end of stream", "a quote is opened here and never closed"),
    (
        r"expected ',' or '([\]}])'",
        "what is opened with a bracket is not closed by {0}, or an entry must be in quotes",
    ),
    (r"found undefined alias|expected alphabetic or numeric", "a text that begins with * or & must be in quotes"),
    (r"tag|expected URI", "a text that begins with ! must be in quotes"),
    (r"sequence entries are not allowed", "a list entry (dash and space) must stand on a line of its own"),
    (r"expected a single document|found another document", "there is more than one document: take out the line `---`"),
    (
        r"unknown escape character|expected escape sequence",
        "in double quotes a backslash begins an escape: use single quotes",
    ),
    (r"expected the node content", "a value is missing here, or a text that begins with a mark must be in quotes"),
    (r"chomping or indentation|expected a comment or a line break", "a text after | or > begins on the next line"),
)
"""patterns of the parser's messages, and our messages; the first that is found counts"""


class NotYaml(Exception):
    """The text cannot be read; ``line`` counts from 1."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class _Loader(yaml.SafeLoader):
    """Counts the nodes while it composes them."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._counted = 0
        self._depth = 0
        self._sizes: dict[int, int] = {}
        """how many nodes each complete node stands for, by its identity"""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            node = super().compose_node(parent, index)
            if id(node) not in self._sizes:
                raise NotYaml(line, f"*{event.anchor} contains itself")
            self._count(self._sizes[id(node)], line)
            return node
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise NotYaml(line, f"nests deeper than {MOST_DEPTH} brackets or indents")
        before = self._counted
        self._count(1, line)
        node = super().compose_node(parent, index)
        self._sizes[id(node)] = self._counted - before
        self._depth -= 1
        return node

    def _count(self, number: int, line: int) -> None:
        self._counted += number
        if self._counted > MOST_NODES:
            raise NotYaml(line, f"stands for more than {MOST_NODES:,} values")


def compose(text: str) -> yaml.Node | None:
    """The root of a text; None when it holds nothing. Raises NotYaml."""
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise NotYaml(line, f"the character U+{error.character:04X} cannot stand in a file") from None
    except yaml.MarkedYAMLError as error:
        problem = error.problem or error.context or ""
        mark = error.context_mark if "unexpected end of stream" in problem else error.problem_mark
        raise NotYaml(mark.line + 1 if mark else 1, in_plain_words(problem)) from None


def in_plain_words(problem: str) -> str:
    """A parser's message in words for a person who writes their first file."""
    for pattern, words in _WORDS:
        if match := re.search(pattern, problem):
            return words.format(*match.groups())
    return problem


def odd_tag(node: yaml.Node) -> str | None:
    """The node's tag where no text of ours has it, such as ``!!python/name``; None otherwise."""
    prefix, _, kind = str(node.tag).rpartition("tag:yaml.org,2002:")
    return None if not prefix and kind in _PLAIN_TAGS else str(node.tag).replace("tag:yaml.org,2002:", "!!")


def items(node: object) -> Iterator[tuple[str, yaml.Node]]:
    """Keys and values of a mapping; nothing for another node. Keys that are no plain text are left out."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                yield str(key.value), value


def raw(node: yaml.Node) -> object:
    """What a node holds as dicts, lists, texts and None, whatever else may be wrong with it."""
    if isinstance(node, yaml.MappingNode):
        return {key: raw(value) for key, value in items(node)}
    if isinstance(node, yaml.SequenceNode):
        return [raw(item) for item in node.value]
    return None if node.tag.endswith(":null") else str(node.value)


def find(node: yaml.Node, path: Path) -> yaml.Node:
    """The node at a path, or the last one that exists on the way."""
    for step in path:
        inner: yaml.Node | None = None
        if isinstance(step, int) and isinstance(node, yaml.SequenceNode) and step < len(node.value):
            inner = node.value[step]
        elif isinstance(step, str):
            inner = dict(items(node)).get(step)
        if inner is None:
            return node
        node = inner
    return node


def written(path: Path) -> str:
    """A path as it is shown: ``forms[2].slots[0].name``."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
