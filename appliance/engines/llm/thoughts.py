"""Leaves out of a reply what a model thinks: the text between ``<think>`` and ``</think>``.

Templates are told not to let a model think aloud, and some do not know that option. What is thought is not meant for a
visitor, and parts of it would pass the check of a reply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

OPENS, CLOSES = "<think>", "</think>"


def without_thoughts(pieces: Iterable[str], thinking: bool = False) -> Iterator[str]:
    """Yield the pieces without thoughts. ``thinking`` says that the prompt has opened one. The beginning of a piece is
    held back while it may be that of a mark. A thought that is not closed ends the reply."""
    held, begins = "", False
    for piece in pieces:
        held += piece
        while True:
            before, mark, after = held.partition(CLOSES if thinking else OPENS)
            if not mark:
                break
            if not thinking and (said := before.lstrip() if begins else before):
                yield said
            held, thinking, begins = after, not thinking, True
        if begins and not thinking:
            held = held.lstrip()
        kept = _beginning_of(CLOSES if thinking else OPENS, held)
        if not thinking and (said := held[: len(held) - kept]):
            begins = False
            yield said
        held = held[len(held) - kept :]
    if held and not thinking:
        yield held


def _beginning_of(mark: str, text: str) -> int:
    """The number of letters at the end of ``text`` that ``mark`` begins with."""
    return next((n for n in range(min(len(mark) - 1, len(text)), 0, -1) if text.endswith(mark[:n])), 0)
