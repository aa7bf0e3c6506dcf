"""A reader of rules over words: each rule is a row of a table.

A row is a symbol, a pattern and a function. ``("day", "<count> <unit> from|after <day>", later)`` says that a count, a
unit, "from" or "after" and a day are a day themselves, and ``later(context, count, unit, day)`` says which. In a
pattern ``a|b`` is one of several words, a ``?`` behind a part makes it optional, and ``<symbol>`` is what other rows of
the table, or a function of the lexicon, read. The values of the symbols are handed to the row's function in order; it
returns None where the row does not fit after all. A row may begin with its own symbol ("<day> in two weeks").

Every way to read the words from a place on is tried, so rows may stand in any order. Of two rows that read the same
words the first counts. Depth and repetition are bounded, so that no text takes long. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Lexer = Callable[[Sequence[str], int, Any], Iterable[tuple[int, Any]]]
"""Reads a symbol from the words at a place, in a context: pairs of end (exclusive) and value"""

Row = tuple[str, str, Callable[..., Any]]
"""Symbol, pattern and what the pattern means"""

IMPOSSIBLE: Final = object()
"""A value that was said but does not exist, such as the thirtieth of february. Values made from it are impossible."""

DEEPEST = 5
"""most rows within rows, as in "a week from the day after tomorrow" """

MOST_REPEATED = 3
"""most times in a row that a row is applied which begins with its own symbol"""


@dataclass(frozen=True, slots=True)
class _Part:
    words: frozenset[str]
    """empty for a symbol"""
    symbol: str
    optional: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    parts: tuple[_Part, ...]
    starts: frozenset[str]
    """words that the rule can begin with; empty where a symbol may come first"""
    make: Callable[..., Any]


def _compile(pattern: str) -> tuple[_Part, ...]:
    parts = []
    for text in pattern.split():
        optional = text.endswith("?")
        text = text.removesuffix("?")
        if text.startswith("<"):
            parts.append(_Part(frozenset(), text[1:-1], optional))
        else:
            parts.append(_Part(frozenset(text.split("|")), "", optional))
    return tuple(parts)


def _starts(parts: Sequence[_Part]) -> frozenset[str]:
    starts: frozenset[str] = frozenset()
    for part in parts:
        if part.symbol:
            return frozenset()
        starts |= part.words
        if not part.optional:
            return starts
    return starts


class Grammar:
    """A table of rows with the lexicon they rest on."""

    def __init__(self, rows: Iterable[Row], lexicon: Mapping[str, Lexer]) -> None:
        self.lexicon = dict(lexicon)
        self.rules: dict[str, list[_Rule]] = {}
        self.extending: dict[str, list[_Rule]] = {}
        """rules that begin with their own symbol, without it"""
        for symbol, pattern, make in rows:
            parts = _compile(pattern)
            if parts[0].symbol == symbol:
                self.extending.setdefault(symbol, []).append(_Rule(parts[1:], _starts(parts[1:]), make))
            else:
                self.rules.setdefault(symbol, []).append(_Rule(parts, _starts(parts), make))

    def match(self, symbol: str, words: Sequence[str], at: int, context: Any) -> tuple[int, Any] | None:
        """End (exclusive) and value of the longest reading of ``symbol`` that begins at ``at``; None for none."""
        found = _Reading(self, words, context).match(symbol, at)
        if not found:
            return None
        end = max(found)
        return end, found[end]


class _Reading:
    """One attempt to read the words from one place on."""

    def __init__(self, grammar: Grammar, words: Sequence[str], context: Any) -> None:
        self._grammar = grammar
        self._words = words
        self._context = context
        self._known: dict[tuple[str, int], dict[int, Any]] = {}
        self._depth = 0

    def match(self, symbol: str, at: int) -> dict[int, Any]:
        """Ends and values of every reading of a symbol."""
        if at >= len(self._words):
            return {}
        if (symbol, at) in self._known:
            return self._known[symbol, at]
        lexer = self._grammar.lexicon.get(symbol)
        if lexer:
            found = dict(lexer(self._words, at, self._context))
        elif self._depth >= DEEPEST:
            return {}
        else:
            self._depth += 1
            found = {}
            for rule in self._grammar.rules.get(symbol, ()):
                self._apply(rule, at, (), found)
            self._extend(symbol, found)
            self._depth -= 1
        self._known[symbol, at] = found
        return found

    def _extend(self, symbol: str, found: dict[int, Any]) -> None:
        rules = self._grammar.extending.get(symbol, ())
        fresh = dict(found)
        for _ in range(MOST_REPEATED if rules else 0):
            longer: dict[int, Any] = {}
            for end, value in fresh.items():
                for rule in rules:
                    self._apply(rule, end, (value,), longer)
            fresh = {end: value for end, value in longer.items() if end not in found}
            found.update(fresh)

    def _apply(self, rule: _Rule, at: int, values: tuple[Any, ...], found: dict[int, Any]) -> None:
        if rule.starts and (at >= len(self._words) or self._words[at] not in rule.starts):
            return
        for end, given in self._run(rule.parts, at):
            if end in found:
                continue
            arguments = values + given
            if any(argument is IMPOSSIBLE for argument in arguments):
                found[end] = IMPOSSIBLE
            else:
                try:
                    value = rule.make(self._context, *arguments)
                except OverflowError:
                    # No calendar reaches there: "the day after december thirty first 9999".
                    continue
                if value is not None:
                    found[end] = value

    def _run(self, parts: tuple[_Part, ...], at: int) -> Iterator[tuple[int, tuple[Any, ...]]]:
        if not parts:
            yield at, ()
            return
        part, rest = parts[0], parts[1:]
        if part.symbol:
            for end, value in self.match(part.symbol, at).items():
                for last, values in self._run(rest, end):
                    yield last, (value, *values)
        elif at < len(self._words) and self._words[at] in part.words:
            yield from self._run(rest, at + 1)
        if part.optional:
            for last, values in self._run(rest, at):
                # A symbol that is left out is handed over as None.
                yield last, (None, *values) if part.symbol else values
