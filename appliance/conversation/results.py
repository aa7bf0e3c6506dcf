"""What a tool answered, in the words of a form (``FormSettings.say``). Pure.

The sentence is the site's. The tool's data fills its places, and only with what a voice can say and a visitor should
hear: numbers, dates, times of day, and short texts of letters, digits and the punctuation of prose. Anything else
(markup, addresses of web pages, pictures, other scripts, long texts) is refused.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time

from appliance.conversation.forms import Value
from appliance.language import Language

LONGEST_TEXT = 200
"""Most letters of a text that fills a place"""

MOST_ITEMS = 8
"""Most entries of a list that fills a place"""

_MOST_DIGITS = 15
_PUNCTUATION = frozenset(" .,;:!?'\"()-–—/&%+@’‘“”…°")


class Unsayable(Exception):
    """The data has nothing to say for a place. The message names the place."""


def say(
    template: str, values: Mapping[str, Value], data: Mapping[str, object], now: datetime, language: Language
) -> str:
    """The sentence with its places filled: by the values of slots, as they are read back, or else by the fields of the
    data. Raises Unsayable."""
    said = []
    for before, place, _, _ in string.Formatter().parse(template):
        said.append(before)
        if place is None:
            continue
        filling = values[place].say if place in values else _say(_field(data, place), now, language)
        if filling is None:
            raise Unsayable(place)
        said.append(filling)
    text = "".join(said)
    return text[:1].upper() + text[1:]


def _field(data: Mapping[str, object], path: str) -> object:
    found: object = data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _say(value: object, now: datetime, language: Language) -> str | None:
    if isinstance(value, list):
        items = [_say(item, now, language) for item in value if not isinstance(item, list)]
        whole = [item for item in items if item is not None]
        return language.dates.say_list(whole) if 0 < len(whole) == len(value) <= MOST_ITEMS else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        written = f"{value:.{_MOST_DIGITS}g}"
        return written if re.fullmatch(r"-?\d+(\.\d+)?", written) and abs(value) < 10**_MOST_DIGITS else None
    if not isinstance(value, str):
        return None
    text = " ".join(value.split())
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return language.dates.say_date(date.fromisoformat(text), now.date())
        if re.fullmatch(r"\d\d:\d\d(:\d\d)?", text):
            return language.dates.say_time(time.fromisoformat(text))
    except ValueError:
        return None
    return text if _is_prose(text) else None


def _is_prose(text: str) -> bool:
    if len(text) > LONGEST_TEXT or "//" in text or not any(letter.isalnum() for letter in text):
        return False
    return all(_belongs_to_prose(letter) for letter in text)


def _belongs_to_prose(letter: str) -> bool:
    kind = unicodedata.category(letter)
    if kind[0] == "L":
        return unicodedata.name(letter, "").startswith("LATIN ") or letter in "ªº"
    return letter in _PUNCTUATION or kind in ("Mn", "Nd", "No", "Sc")
