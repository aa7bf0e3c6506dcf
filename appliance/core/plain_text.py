r"""Text from outside, made safe for a terminal. Only this module decides which characters a terminal gets unchanged.

A reason, a name, a file's name or a whole report may hold characters that a terminal obeys instead of showing them
(escape sequences), that begin a line of their own (a forged record), that reorder what stands beside them (Unicode's
bidirectional controls), or that cannot be encoded at all (lone surrogates). Each of them is written as its number here,
``\u001b``, as JSON writes it. A text that becomes a record is refused on input instead (``unprintable``).
"""

from __future__ import annotations

import sys
import unicodedata
from typing import TextIO

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""General categories (Unicode Standard Annex 44): controls, format characters (bidirectional ones, zero-width ones),
surrogates, private use, unassigned, line and paragraph separators. Spaces (Zs) are not among them."""


def unprintable(text: str) -> bool:
    """Whether a text holds a character that a terminal would obey, hide or fail at. A line end is one."""
    if text.isprintable():
        return False
    return any(_obeyed(character) for character in text)


def printable(text: str) -> str:
    """The text with every such character written as its number. The result is one line, whatever the text held."""
    if text.isprintable():
        return text
    return "".join(_number(character) if _obeyed(character) else character for character in text)


def show(*lines: str, to: TextIO | None = None) -> None:
    """Print lines, each printable; standard output unless ``to`` is given. A character that the terminal's encoding
    lacks is written as its number too."""
    stream = sys.stdout if to is None else to
    encoding = getattr(stream, "encoding", None) or "utf-8"
    for line in lines:
        stream.write(printable(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _obeyed(character: str) -> bool:
    return unicodedata.category(character) in _UNPRINTABLE


def _number(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
