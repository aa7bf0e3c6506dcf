"""The last reply once more, or the part of it that was asked for. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.language import Language
from appliance.language.parts import Again


def said_again(again: Again, replies: Sequence[str], language: Language) -> str | None:
    """The last reply, or the sentences of the newest reply that hold the part; None when nothing was said,
    or when something else was asked (``Again.only``).

    ``replies``: what the visitor heard, oldest first.
    """
    if not replies:
        return None
    if again.first:
        return replies[0]
    if again.place is not None:
        return language.sentences.sentences(replies[-1])[again.place]
    for reply in reversed(replies[-1:] if again.only and not again.earlier else replies):
        sentences = language.sentences.sentences(reply)
        # What was asked back ("Did you mean: where is the cafe?") said nothing of it.
        told = [s for s in sentences if not s.endswith("?")] if again.earlier else sentences
        found = [s for s in told if again.part and re.search(again.part, s, re.IGNORECASE)]
        if found:
            return " ".join(found)
    return None if again.only else replies[-1]
