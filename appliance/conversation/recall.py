"""The last reply once more, or the part of it that was asked for. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.language import Language
from appliance.language.parts import Again


def said_again(again: Again, replies: Sequence[str], language: Language) -> str | None:
    """The last reply, or the sentences of the newest reply that hold the part; None when nothing was said.

    ``replies``: what the visitor heard, oldest first.
    """
    if not replies:
        return None
    for reply in reversed(replies):
        found = [
            s for s in language.sentences.sentences(reply) if again.part and re.search(again.part, s, re.IGNORECASE)
        ]
        if found:
            return " ".join(found)
    return replies[-1]
