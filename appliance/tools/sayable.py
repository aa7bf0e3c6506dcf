"""What a tool may answer, since all of it may be said aloud or put into another text. Pure."""

from __future__ import annotations

import math
import unicodedata

_BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C}
"""Letters that turn the direction of writing, and so display another text than there is"""


def can_be_said(text: str) -> bool:
    """Whether a line holds no control character, no half of a character and no letter that hides others."""
    return all(unicodedata.category(letter) not in ("Cc", "Cs", "Cn") and ord(letter) not in _BIDI for letter in text)


def sound(value: object, deepest: int) -> bool:
    """Whether all text in the value can be said, and it is not nested too deep."""
    if isinstance(value, str):
        return can_be_said(" ".join(value.split()))
    if isinstance(value, (dict, list)) and not deepest:
        return False
    if isinstance(value, dict):
        return all(can_be_said(name) and sound(item, deepest - 1) for name, item in value.items())
    if isinstance(value, list):
        return all(sound(item, deepest - 1) for item in value)
    return not isinstance(value, float) or math.isfinite(value)
