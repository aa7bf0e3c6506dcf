"""Text that a visitor dictates, as it is kept: e-mail addresses put together, fillers left out. Pure."""

from __future__ import annotations

import re

from appliance.language.english.numbers import CARDINALS

_WRITTEN = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_SIGNS = {"dot": ".", "underscore": "_", "dash": "-", "hyphen": "-", "minus": "-", "plus": "+", "period": "."}
_FILLERS = re.compile(r"^(?:(?:uh|um|er|erm|hmm|well)\b[, ]*)+", re.IGNORECASE)


def text_value(text: str) -> str:
    """A free answer: as it was said, or the e-mail address in it ("john at example dot com")."""
    text = _FILLERS.sub("", " ".join(text.split()))
    found = _WRITTEN.search(text) if "@" in text else None
    return found[0].rstrip(".") if found else _dictated(text) or text


def _dictated(text: str) -> str | None:
    """The address that is dictated in a text: a word, "at", and a name with a "dot" in it."""
    words = text.lower().split()
    if "at" not in words or "dot" not in words[words.index("at") :]:
        return None
    at = len(words) - 1 - words[::-1].index("at")
    domain = _put_together(words[at + 1 :])
    if any(len(part) > 1 and any(len(word) > 1 for word in part) for part in _between_signs(words[at + 1 :])):
        # "at the dot on the wall": a part of a domain is one word, or letters.
        return None
    name = _put_together(_own_words(words[:at]))
    if not name or not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", domain) or not re.fullmatch(r"[\w.+-]+", name):
        return None
    return f"{name}@{domain}"


def _between_signs(words: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        if word in _SIGNS:
            parts.append([])
        elif word not in CARDINALS:
            parts[-1].append(word)
    return parts


def _own_words(words: list[str]) -> list[str]:
    """What belongs to the name before the "at": no lead such as "my address is"."""
    for at in range(len(words) - 1, -1, -1):
        if words[at] in ("is", "it's", "its", "address", "mail", "email", "to"):
            return words[at + 1 :]
    return words


def _put_together(words: list[str]) -> str:
    put = ""
    for word in words:
        value = CARDINALS.get(word, 10)
        put += _SIGNS.get(word) or ("0" if word == "oh" else str(value) if value < 10 else word)
    return put
