"""Numbers, prices and clock times as people say and write them, brought to one form.

``figures`` finds every figure of a text with *keys*: strings that two figures share when they may mean the same.
"half past ten", "10:30" and "ten thirty" share a key; so do "$3.50" and "three dollars fifty", "the 2nd" and "two",
"555 0170" and "five five five oh one seven zero". "2 am" and "2 pm" share none, but a plain "two" goes with either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from appliance.language.english.tokens import tokens
from appliance.language.found import ClockTime, Figure, FoundNumber
from appliance.language.grammar import Grammar, Row

UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")

CARDINALS: dict[str, int] = (
    {word: n for n, word in enumerate(UNITS)}
    | {word: n for n, word in enumerate(TEENS, 10)}
    | {word: n * 10 for n, word in enumerate(TENS, 2)}
    | {"fourty": 40, "ninty": 90}
)

_IRREGULAR = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}


def _ordinal_word(cardinal: str) -> str:
    if cardinal.endswith("y"):
        return cardinal[:-1] + "ieth"
    return _IRREGULAR.get(cardinal, cardinal + "th")


ORDINALS: dict[str, int] = {_ordinal_word(word): n for word, n in CARDINALS.items() if n}

_PUNCTUATION = frozenset(".,;:!?")


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring number words or numerals, read as one figure."""

    start: int
    end: int
    """tokens ``start`` to ``end`` (exclusive)"""
    digits: str
    """"forty eight" is 48, "five five five" 555, "ten thirty" 1030, "3.50" 350"""
    decimal: bool = False
    """written with a decimal point"""
    ordinal: bool = False
    clock: bool = False
    """written with a colon"""


SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}

NOUGHT = frozenset({"oh", "o", "nought", "naught", "zero"})

LONGEST_CARDINAL = 12
"""digits of the longest numeral that becomes a number; longer ones stay digits"""


def cardinal_at(words: Sequence[str], start: int) -> tuple[int, int] | None:
    """End and value of the longest whole number that begins at ``start``: "forty two", "two hundred three thousand",
    "a hundred and one", "12,000", "2 million". Neighbouring numbers are not joined: "ten thirty" is ten."""
    whole = current = 0
    begun = False
    scale_left = 10**12
    at = start
    while at < len(words):
        word = words[at]
        small = None if current % 100 else _small_at(words, at)
        if word == "a" and not begun and at + 1 < len(words) and words[at + 1] in _COUNTED:
            current, begun, at = 1, True, at + 1
        elif small and (not begun or words[at - 1] in _COUNTED or words[at - 1] == "and") and _fits(small[1], current):
            current += small[1]
            begun, at = True, small[0]
        elif word == "hundred" and 0 < current < 100:
            current, at = current * 100, at + 1
        elif word in SCALES and current and SCALES[word] < scale_left:
            scale_left = SCALES[word]
            whole, current, at = whole + current * scale_left, 0, at + 1
        elif word == "and" and words[at - 1 : at] and words[at - 1] in _COUNTED and _continues(words, at + 1):
            at += 1
        else:
            break
    return (at, whole + current) if begun else None


_COUNTED = frozenset({"hundred", *SCALES})


def _fits(small: int, current: int) -> bool:
    """What follows "hundred" is less than a hundred."""
    return not current or small < 100


def _continues(words: Sequence[str], at: int) -> bool:
    """Whether a number goes on behind "and": "a hundred and one", not "a hundred and one hundred"."""
    small = _small_at(words, at)
    return small is not None and small[1] < 100 and words[small[0] : small[0] + 1] != ["hundred"]


def _small_at(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """End and value of a number below a hundred in words, or of a numeral."""
    if at >= len(words):
        return None
    word = words[at]
    if word[0].isdigit():
        digits = word.replace(",", "")
        return (at + 1, int(digits)) if digits.isdecimal() and len(digits) <= LONGEST_CARDINAL else None
    value = CARDINALS.get(word)
    if value is None:
        return None
    if value >= 20 and at + 1 < len(words) and 1 <= CARDINALS.get(words[at + 1], 0) <= 9:
        return at + 2, value + CARDINALS[words[at + 1]]
    return at + 1, value


def ordinal_at(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """End and value of a place below a hundred: "third", "3rd", "twenty third"."""
    if at >= len(words):
        return None
    word = words[at]
    if word[0].isdigit():
        return (at + 1, int(word[:-2])) if word[-1].isalpha() and len(word) <= 5 else None
    if word in ORDINALS:
        return at + 1, ORDINALS[word]
    tens = CARDINALS.get(word, 0)
    if tens >= 20 and at + 1 < len(words) and 1 <= ORDINALS.get(words[at + 1], 0) <= 9:
        return at + 2, tens + ORDINALS[words[at + 1]]
    return None


def run_at(words: Sequence[str], start: int) -> Run | None:
    """The run of number words that begins at ``start``, as long as it goes."""
    groups: list[str] = []
    at = start
    ordinal = decimal = clock = False
    while at < len(words) and not ordinal:
        word = words[at]
        nth = ordinal_at(words, at)
        if nth:
            at, ordinal = nth[0], True
            groups.append(str(nth[1]))
        elif word[0].isdigit() and not (word.replace(",", "").isdecimal() and len(word) <= LONGEST_CARDINAL):
            clock = clock or ":" in word
            decimal = decimal or "." in word
            groups.append(re.sub(r"\D", "", word))
            at += 1
        elif word in ("oh", "o") and groups:
            groups.append("0")
            at += 1
        else:
            number = cardinal_at(words, at)
            if number is None:
                break
            # "0014" keeps its noughts
            numeral = word.replace(",", "")
            at, text = number[0], numeral if number[0] == at + 1 and numeral.isdecimal() else str(number[1])
            groups.append(text)
            nth = ordinal_at(words, at + (words[at : at + 1] == ["and"])) if words[at - 1] in _COUNTED else None
            if nth:
                groups[-1] = str(number[1] + nth[1])
                at, ordinal = nth[0], True
    if not groups:
        return None
    return Run(start, at, "".join(groups), decimal, ordinal, clock)


FILLERS = frozenset({"uh", "um", "er", "erm", "hmm", "ah", "well", "like"})

_DOZENS = {
    ("a", "dozen"): 12,
    ("one", "dozen"): 12,
    ("half", "a", "dozen"): 6,
    ("a", "half", "dozen"): 6,
    ("two", "dozen"): 24,
    ("three", "dozen"): 36,
    ("a", "couple"): 2,
    ("a", "pair"): 2,
}
_FRACTIONS = {
    ("and", "a", "half"): Decimal("0.5"),
    ("and", "half"): Decimal("0.5"),
    ("and", "a", "quarter"): Decimal("0.25"),
    ("and", "three", "quarters"): Decimal("0.75"),
    ("a", "half"): Decimal("0.5"),
    ("one", "half"): Decimal("0.5"),
    ("half",): Decimal("0.5"),
    ("a", "quarter"): Decimal("0.25"),
    ("one", "quarter"): Decimal("0.25"),
    ("quarter",): Decimal("0.25"),
    ("three", "quarters"): Decimal("0.75"),
}
_SIGNS = frozenset({"minus", "negative"})
_NO_COUNT = frozenset({"the", "that", "this", "which", "no", "any", "every"})
"""before "one", which then counts nothing"""


def find_numbers(words: Sequence[str], expected: bool = False) -> list[FoundNumber]:
    """Numbers in a text, in order. Without ``expected``, when none was asked for, a number must count something that
    follows it, and places such as "second" are none."""
    found: list[FoundNumber] = []
    at = 0
    while at < len(words):
        number = _number_at(words, at)
        place = ordinal_at(words, at)
        if words[at] == "one" and words[at - 1 : at] == ["no"]:
            at += 1
        elif (end := _third_at(words, at)) is not None:
            # No figure says a third.
            at = end
        elif expected and _has_decimal_comma(words, at):
            # "2,5" may be two and a half, or two numbers.
            at += 3
        elif place and (number is None or place[0] >= number[0]):
            if expected:
                found.append(FoundNumber(at, place[0], str(place[1])))
            at = place[0]
        elif number:
            end, value = number
            pronoun = words[at] == "one" and end == at + 1 and words[at - 1 : at] and words[at - 1] in _NO_COUNT
            if expected or (not pronoun and end < len(words) and words[end][0].isalpha()):
                found.append(FoundNumber(at, end, value))
            at = end
        else:
            at += 1
    return found


def _has_decimal_comma(words: Sequence[str], at: int) -> bool:
    pair = words[at : at + 3]
    more = words[at + 3 : at + 4] == [","] or words[at - 1 : at] == [","]
    return len(pair) == 3 and pair[1] == "," and pair[0].isdecimal() and pair[2].isdecimal() and not more


def _third_at(words: Sequence[str], at: int) -> int | None:
    """The end of "a third", "two thirds"."""
    if words[at] == "a" and words[at + 1 : at + 2] == ["third"]:
        return at + 2
    number = cardinal_at(words, at)
    if number and (words[number[0] : number[0] + 1] == ["thirds"] or tuple(words[at : at + 2]) == ("one", "third")):
        return number[0] + 1
    return None


def _number_at(words: Sequence[str], start: int) -> tuple[int, str] | None:
    """End and figures of a number: with a sign, a point, a fraction or a scale."""
    signed = words[start] in _SIGNS
    at = start + signed
    amount = _amount_at(words, at) if at < len(words) else None
    if amount is None:
        return None
    at, value = amount
    if words[at : at + 1] and words[at] in SCALES and value % 1:
        value, at = value * SCALES[words[at]], at + 1
    elif words[at : at + 1] and words[at] in _COLLOQUIAL:
        value, at = value * _COLLOQUIAL[words[at]], at + 1
    elif (cents := _cents_at(words, at)) and value % 1 == 0:
        at, value = cents[0], value + cents[1]
    text = f"{-value if signed else value:f}"
    return at, text.rstrip("0").rstrip(".") if "." in text else text


_LARGE = {"hundred": 100, **SCALES}
_COLLOQUIAL = {"k": 1000, "grand": 1000}


def _and_a_half_of(words: Sequence[str], end: int, dozens: Decimal) -> tuple[int, Decimal]:
    """ "A dozen and a half"."""
    if words[end : end + 3] == ["and", "a", "half"] and words[end - 1] == "dozen":
        return end + 3, dozens + 6
    return end, dozens


def _cents_at(words: Sequence[str], at: int) -> tuple[int, Decimal] | None:
    """End and value of what follows a price: "(twenty) dollars fifty", "(twenty) dollars and five cents"."""
    if at >= len(words) or words[at] not in _CURRENCY:
        return None
    cents_at = at + 1 + (words[at + 1 : at + 2] == ["and"])
    cents = cardinal_at(words, cents_at) if cents_at < len(words) else None
    if cents is None or cents[1] > 99 or ordinal_at(words, cents_at):
        return None
    end, value = cents
    follows = words[end] if end < len(words) else ""
    named = follows in _SMALL_CHANGE
    # "Three dollars two people", "three dollars fifty people"
    if not named and (value < 10 or cents_at > at + 1 or follows[:1].isalpha()):
        return None
    return end + named, Decimal(value) / 100


def _amount_at(words: Sequence[str], at: int) -> tuple[int, Decimal] | None:
    for table in (_DOZENS, _FRACTIONS):
        for phrase, amount in table.items():
            if phrase[0] == "and" or tuple(words[at : at + len(phrase)]) != phrase:
                continue
            end = at + len(phrase)
            scale = end + (words[end : end + 1] == ["of"])
            if words[scale : scale + 1] == ["a"] and words[scale + 1 : scale + 2] and words[scale + 1] in _LARGE:
                # "half a million"
                return scale + 2, amount * Decimal(_LARGE[words[scale + 1]])
            if table is _DOZENS:
                return _and_a_half_of(words, end, Decimal(amount))
            return end, Decimal(amount)
    word = words[at]
    if word[0].isdigit() and "." in word:
        plain = word.replace(",", "")
        return (at + 1, Decimal(plain)) if _POINT.fullmatch(plain) else None
    if part := _WRITTEN_FRACTION.fullmatch(word):
        return at + 1, Decimal(part[1]) / Decimal(part[2])
    whole = _spoken_digits(words, at) or _joined_cardinal(words, at)
    nought = word in NOUGHT and whole is None
    end, value = (at + 1, 0) if nought else whole or (at, 0)
    decimals = ""
    if words[end : end + 1] == ["point"]:
        at = end + 1
        while at < len(words) and (digits := _digits_of(words[at])) and len(decimals + digits) <= LONGEST_CARDINAL:
            decimals, at = decimals + digits, at + 1
        if decimals:
            return at, Decimal(f"{value}.{decimals}")
    if whole is None and (not nought or word == "o"):
        return None
    follows = words[end] if end < len(words) else ""
    if (part := _WRITTEN_FRACTION.fullmatch(follows)) is not None:
        return end + 1, value + Decimal(part[1]) / Decimal(part[2])
    if follows.removesuffix("s") in _PARTS_OF_ONE:
        return end + 1, value / _PARTS_OF_ONE[follows.removesuffix("s")]
    for phrase, fraction in _FRACTIONS.items():
        if phrase[0] == "and" and tuple(words[end : end + len(phrase)]) == phrase:
            return end + len(phrase), value + fraction
    return end, Decimal(value)


_POINT = re.compile(rf"\d{{1,{LONGEST_CARDINAL}}}\.\d{{1,{LONGEST_CARDINAL}}}")


_WRITTEN_FRACTION = re.compile(r"(\d)/(2|4|5|8|10)")
_PARTS_OF_ONE = {"quarter": Decimal(4), "fifth": Decimal(5), "eighth": Decimal(8), "tenth": Decimal(10)}


def _joined_cardinal(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """A whole number, also "hundred and five", "two fifty" and "1 250"."""
    if words[at] == "hundred":
        number = cardinal_at(["a", *words[at : at + 8]], 0)
        return (at + number[0] - 1, number[1]) if number else None
    number = cardinal_at(words, at)
    if number is None:
        return None
    end, value = number
    more = cardinal_at(words, end) if end < len(words) and value < 1000 and not ordinal_at(words, end) else None
    if more and words[at] in CARDINALS and value < 100 and 10 <= more[1] < 100 and words[end] in CARDINALS:
        return more[0], value * 100 + more[1]
    if more and words[at].isdecimal() and len(words[end]) == 3 and words[end].isdecimal() and more[0] == end + 1:
        return more[0], value * 1000 + more[1]
    return number


def _spoken_digits(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """ "one five oh": at least three digits, or two with a nought, said one by one."""
    end = at
    while end < len(words) and len(_digits_of(words[end])) == 1 and end - at < LONGEST_CARDINAL:
        end += 1
    digits = "".join(_digits_of(word) for word in words[at:end])
    return (end, int(digits)) if len(digits) > 2 or (len(digits) == 2 and digits[1] == "0") else None


def _digits_of(word: str) -> str:
    """The digits of a numeral, or the digit that a word below ten says."""
    if word.isdecimal():
        return word
    if word in NOUGHT:
        return "0"
    value = CARDINALS.get(word, 10)
    return str(value) if value < 10 else ""


_REPEATED = {"double": 2, "triple": 3, "treble": 3, "quadruple": 4}
_BETWEEN_DIGITS = FILLERS | {",", "and", "then", "dash", "hyphen"}


def find_digits(words: Sequence[str]) -> list[FoundNumber]:
    """Rows of digits as a number of an appointment or a telephone is said: "four double seven two", "oh four seven
    one", "forty seven twelve", "four seven, uh, one two"."""
    found: list[FoundNumber] = []
    at = 0
    while at < len(words):
        digits, end, skipped = "", at, 0
        place = ordinal_at(words, at)
        if place:
            at = place[0]
            continue
        while (part := _part_of_digits(words, end)) is not None:
            end, more = part
            if digits and words[end - 1] in _INTERJECTIONS and not _may_end_row(words, end):
                end, skipped = end - 1, 1
                break
            digits += more
            between = end
            while between < len(words) and words[between] in _BETWEEN_DIGITS:
                between += 1
            if between == end or _part_of_digits(words, between) is None:
                continue
            end = between
        if digits:
            found.append(FoundNumber(at, end, digits))
        at = max(end + skipped, at + 1)
    return _corrected(found, words)


_INTERJECTIONS = frozenset({"oh", "o"})
_BEHIND_A_ROW = frozenset("please thanks thank is was at on in for to yes no . , ; : ! ?".split())


def _may_end_row(words: Sequence[str], end: int) -> bool:
    """Whether a nought before ``end`` is a digit, and no "oh" that begins what is said next: "five oh and it's tom"."""
    at = end
    while at < len(words) and words[at] in _BETWEEN_DIGITS - {","}:
        at += 1
    return at == len(words) or words[at] in _BEHIND_A_ROW or _part_of_digits(words, at) is not None


_LIKE = 0.5
"""share of its digits that a row keeps when it is corrected"""


def _corrected(found: Sequence[FoundNumber], words: Sequence[str]) -> list[FoundNumber]:
    """The rows, where "not four seven one three four seven one two" is two of them."""
    rows: list[FoundNumber] = []
    for row in found:
        second = _second_half(row, words) if words[row.start - 1 : row.start] == ["not"] else None
        if second:
            rows += [FoundNumber(row.start, second.start, row.text[: len(second.text)]), second]
        else:
            rows.append(row)
    return rows


def _second_half(row: FoundNumber, words: Sequence[str]) -> FoundNumber | None:
    """The second of two rows that are alike, where they were read as one."""
    half = len(row.text) // 2
    first, second = row.text[:half], row.text[half:]
    alike = sum(one == other for one, other in zip(first, second, strict=False))
    if half < 3 or len(first) != len(second) or alike < _LIKE * half:
        return None
    middle = next((at for at in range(row.start + 1, row.end) if _said_digits(words[at : row.end]) == second), None)
    return FoundNumber(middle, row.end, second) if middle is not None else None


def _said_digits(words: Sequence[str]) -> str:
    digits, at = "", 0
    while part := _part_of_digits(words, at):
        digits, at = digits + part[1], part[0]
    return digits if at == len(words) else ""


def _part_of_digits(words: Sequence[str], at: int) -> tuple[int, str] | None:
    """End and digits of the next piece of a row of digits."""
    if at >= len(words):
        return None
    word = words[at]
    times = _REPEATED.get(word)
    if times:
        digit = _digits_of(words[at + 1]) if at + 1 < len(words) else ""
        return (at + 2, digit * times) if len(digit) == 1 else None
    if word in NOUGHT:
        return at + 1, "0"
    if word[0].isdigit():
        return (at + 1, re.sub(r"\D", "", word)) if not word[-1].isalpha() and ":" not in word else None
    if word == "a" or ordinal_at(words, at):
        return None
    number = cardinal_at(words, at)
    if number and 2 <= number[1] <= 6 and number[0] < len(words) and words[number[0]][:-1] in UNITS:
        # "four sevens"
        return number[0] + 1, str(CARDINALS[words[number[0]][:-1]]) * number[1]
    return (number[0], str(number[1])) if number else None


def duration_at(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """End and minutes of "two hours", "half an hour", "an hour and a half", "twenty minutes"."""
    for phrase, minutes in _DURATIONS:
        if tuple(words[at : at + len(phrase)]) == phrase:
            return at + len(phrase), minutes
    if words[at] not in ("a", "an", "one") and words[at] not in CARDINALS and not words[at][0].isdigit():
        return None
    couple = words[at + 1 : at + 3] == ["couple", "of"]
    number = (at + 3, 2) if couple else (at + 1, 1) if words[at] in ("a", "an") else cardinal_at(words, at)
    if number is None or number[0] >= len(words) or number[1] > _MOST_COUNTED:
        return None
    end, count = number
    half = words[end : end + 3] == ["and", "a", "half"]
    end += 3 * half
    if end >= len(words):
        return None
    unit = (
        60
        if words[end] in ("hour", "hours", "hour's")
        else 1
        if words[end] in ("minute", "minutes", "min", "mins", "minute's")
        else 0
    )
    if not unit or (unit == 1 and count < 60 and words[end + 1 : end + 2] in PAST_OR_TO):
        return None
    end += 1
    minutes = count * unit + (unit // 2 if half else 0)
    if unit == 60 and words[end : end + 3] == ["and", "a", "half"]:
        return end + 3, minutes + 30
    if unit == 60:
        more = cardinal_at(words, end + (words[end : end + 1] == ["and"]))
        if more and more[1] < 60 and words[more[0] : more[0] + 1] == ["minutes"]:
            return more[0] + 1, minutes + more[1]
    # "Nineteen hundred hours" is a time.
    return None if count >= 100 and unit == 60 else (end, minutes)


_DURATIONS = (
    (("half", "an", "hour's"), 30),
    (("half", "an", "hour"), 30),
    (("half", "hour"), 30),
    (("a", "half", "hour"), 30),
    (("a", "quarter", "of", "an", "hour"), 15),
    (("quarter", "of", "an", "hour"), 15),
    (("three", "quarters", "of", "an", "hour"), 45),
)


_MOST_COUNTED = 24 * 60
PAST_OR_TO = (["past"], ["to"], ["after"], ["before"], ["till"])
"""what stands between minutes and their hour"""


@dataclass(frozen=True, slots=True)
class _Clock:
    """What a row of the clock reads."""

    hour: int
    minute: int = 0
    certain: bool = False
    marked: bool = True


def in_part_of_day(hour: int, part: str) -> int:
    """The hour on the clock of 24 hours that "eight" and "evening" mean. ``part``: am, pm or a part of the day."""
    if hour > 12:
        return hour
    if part in ("am", "morning") or (part in ("night", "tonight") and (hour < 5 or hour == 12)):
        return hour % 12
    if part == "evening" and hour == 12:
        return 0
    return hour % 12 + 12


PARTS_OF_DAY = frozenset({"morning", "afternoon", "evening", "night", "tonight"})


def _at_part(before: str, clock: _Clock, part: str) -> _Clock | None:
    if clock.certain and clock.hour <= 12:
        # Noon and midnight have no other half.
        return clock
    return _Clock(in_part_of_day(clock.hour, part), clock.minute, True)


def _past(before: str, minutes: int, hour: _Clock) -> _Clock:
    return _Clock(hour.hour, minutes, hour.certain)


def _to(before: str, minutes: int, hour: _Clock) -> _Clock | None:
    # "From nine to five" is no time before five, and only fives are counted towards the hour.
    return None if before in ("from", "between") or minutes % 5 else _minutes_to(before, minutes, hour)


def _minutes_to(before: str, minutes: int, hour: _Clock) -> _Clock:
    return _moved(hour, -minutes)


_HALF_A_DAY = 12 * 60


def _moved(clock: _Clock, minutes: int) -> _Clock:
    """So many minutes later, or earlier below 0."""
    at = clock.hour * 60 + clock.minute + minutes
    if clock.certain or clock.hour > 12:
        hour, minute = divmod(at % (2 * _HALF_A_DAY), 60)
        return _Clock(hour, minute, True)
    hour, minute = divmod(at % _HALF_A_DAY, 60)
    return _Clock(hour or 12, minute)


def _half(before: str, hour: _Clock) -> _Clock | None:
    return None if hour.certain or hour.hour > 12 else _Clock(hour.hour, 30)


CLOCK_ROWS: tuple[Row, ...] = (
    ("clock", "<figures>", lambda _, clock: clock),
    ("clock", "<named>", lambda _, clock: clock),
    ("clock", "twelve <named>", lambda _, clock: clock),
    ("clock", "half past|after <hour>", lambda c, hour: _past(c, 30, hour)),
    # as the British say
    ("clock", "half <hour>", _half),
    ("clock", "a? quarter past|after <hour>", lambda c, hour: _past(c, 15, hour)),
    ("clock", "a? quarter to|till|til|before|of <hour>", lambda c, hour: _to("", 15, hour)),
    ("clock", "<minutes> minutes|minute? past|after <hour>", _past),
    ("clock", "<minutes> to|till|til|before <hour>", _to),
    ("clock", "<minutes> minutes|minute to|till|til|before <hour>", _minutes_to),
    ("clock", "<many> minutes past|after <hour>", _past),
    ("clock", "<many> minutes to|till|til|before <hour>", _minutes_to),
    ("clock", "<stretch> before <clock>", lambda _, minutes, clock: _moved(clock, -minutes)),
    ("clock", "<stretch> after|past <clock>", lambda _, minutes, clock: _moved(clock, minutes)),
    ("clock", "<stretch> earlier than <clock>", lambda _, minutes, clock: _moved(clock, -minutes)),
    ("clock", "<stretch> later than <clock>", lambda _, minutes, clock: _moved(clock, minutes)),
    ("clock", "<stretch> to|till <named>", lambda _, minutes, clock: _moved(clock, -minutes)),
    ("clock", "<half_hour>", lambda _, clock: clock),
    ("clock", "<clock> oclock|sharp", lambda _, clock: replace(clock, marked=True)),
    ("clock", "<clock> on the dot", lambda _, clock: replace(clock, marked=True)),
    (
        "clock",
        "<clock> hours",
        lambda _, clock: replace(clock, certain=True, marked=True) if clock.hour * 100 + clock.minute >= 100 else None,
    ),
    ("clock", "<clock> <half>", _at_part),
    ("half", "<meridian>", lambda _, half: half),
    ("half", "in the <part>", lambda _, part: part),
    ("half", "at|this|tomorrow <part>", lambda _, part: part),
    ("half", "tonight", lambda _: "tonight"),
)
"""How a time of day is said; the context is the word before."""


def _read_figures(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, _Clock]]:
    """ "ten", "ten thirty", "nine oh five", "oh eight hundred", "930", "10:30", "14.15": hour and minute as they are;
    no longer number is cut in two."""
    run = run_at(words, at + (words[at] == "oh"))
    if run is None or run.ordinal or len(run.digits) > 4 or words[at] == "a":
        return
    spoken = not words[run.start][0].isdigit()
    if spoken and "thousand" in words[run.start : run.end]:
        return
    first = cardinal_at(words, run.start)
    if first and first[0] < run.end and len(run.digits) <= 2:
        # "2-3", "two three": the first of two.
        yield first[0], _Clock(first[1], 0, first[1] == 0)
        return
    hour, minute = (int(run.digits), 0) if len(run.digits) <= 2 else divmod(int(run.digits), 100)
    if hour <= 23 and minute <= 59:
        yield run.end, _Clock(hour, minute, hour > 12 or hour == 0, run.clock)


def _read_named(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, _Clock]]:
    if words[at] in ("noon", "midday", "midnight"):
        yield at + 1, _Clock(0 if words[at] == "midnight" else 12, 0, True)


def _read_hour(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, _Clock]]:
    yield from _read_named(words, at, before)
    number = cardinal_at(words, at)
    if number and 1 <= number[1] <= 23 and not ordinal_at(words, at):
        yield number[0], _Clock(number[1])


def _read_minutes(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, int]]:
    number = cardinal_at(words, at)
    if tuple(words[at : at + 3]) == ("five", "and", "twenty"):
        yield at + 3, 25
    elif number and 1 <= number[1] <= 29:
        yield number


def _read_many(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, int]]:
    number = cardinal_at(words, at)
    if number and 30 <= number[1] <= 59:
        yield number


def _read_stretch(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, int]]:
    """Minutes of "half an hour", "two hours"."""
    stretch = duration_at(words, at)
    if stretch and stretch[1] < _HALF_A_DAY:
        yield stretch


_PARTS_OF_AN_HOUR = {("and", "a", "half"): 30, ("and", "a", "quarter"): 15, ("and", "three", "quarters"): 45}
_BEHIND_A_TIME = frozenset("at on in please or and for sharp oclock am pm with if . , ?".split())


def _read_half_hour(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, _Clock]]:
    """ "Nine and a half", where nothing follows that there may be so many of."""
    number = cardinal_at(words, at)
    if number is None or not 1 <= number[1] <= 12:
        return
    for phrase, minute in _PARTS_OF_AN_HOUR.items():
        end = number[0] + len(phrase)
        if tuple(words[number[0] : end]) == phrase and (end == len(words) or words[end] in _BEHIND_A_TIME):
            yield end, _Clock(number[1], minute, marked=False)


def _read_part(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, str]]:
    if words[at] in PARTS_OF_DAY:
        yield at + 1, words[at]


def _read_meridian(words: Sequence[str], at: int, before: str) -> Iterator[tuple[int, str]]:
    if words[at] in ("am", "pm"):
        yield at + 1, words[at]


_CLOCK = Grammar(
    CLOCK_ROWS,
    {
        "figures": _read_figures,
        "named": _read_named,
        "hour": _read_hour,
        "minutes": _read_minutes,
        "many": _read_many,
        "stretch": _read_stretch,
        "half_hour": _read_half_hour,
        "part": _read_part,
        "meridian": _read_meridian,
    },
)
_CLOCK_STARTS = frozenset({"noon", "midday", "midnight", "half", "a", "an", "quarter", "oh", *CARDINALS})


def time_at(words: Sequence[str], at: int) -> ClockTime | None:
    """The time of day that begins at token ``at``. A bare number that could be one counts too (not ``marked``)."""
    if words[at] not in _CLOCK_STARTS and not words[at][0].isdigit():
        return None
    hit = _CLOCK.match("clock", words, at, words[at - 1] if at else "")
    if hit is None:
        return None
    end, clock = hit
    return ClockTime(at, end, clock.hour, clock.minute, clock.certain, clock.marked)


def _time_keys(hour: int, minute: int, certain: bool) -> set[str]:
    keys = {f"t:{hour:02}{minute:02}"}
    if not certain and 1 <= hour <= 12:
        keys.add(f"t:{(hour + 12) % 24:02}{minute:02}")
    return keys


_CURRENCY = frozenset({"dollar", "dollars", "euro", "euros", "pound", "pounds"})
_SMALL_CHANGE = frozenset({"cent", "cents", "pence"})


def figures(text: str) -> list[Figure]:
    """Every number, price, ordinal and time of day of a text, in order."""
    words = tokens(text)
    found: list[Figure] = []
    at = 0
    while at < len(words):
        if words[at] in _PUNCTUATION or (words[at] == "second" and words[at - 1 : at] in (["a"], ["per"])):
            at += 1
            continue
        figure = _figure_at(words, at)
        if figure:
            found.append(figure)
            at = figure.end
        else:
            at += 1
    return found


def _figure_at(words: Sequence[str], at: int) -> Figure | None:
    time = time_at(words, at)
    if time and (time.marked or time.certain) and (time.marked or time.hour * 100 + time.minute >= 100):
        keys = _time_keys(time.hour, time.minute, time.certain)
        if not (time.certain and time.hour < 13 and time.marked):
            keys |= {f"n:{time.hour}{time.minute:02}"} | ({f"n:{time.hour}"} if not time.minute else set())
        return Figure(at, time.end, frozenset(keys))
    run = run_at(words, at)
    if run is None:
        return None
    digits, end = run.digits, run.end
    keys = {f"n:{digits}"}
    priced = at > 0 and words[at - 1] in "$€£"
    if end < len(words) and words[end] in _CURRENCY:
        priced = True
        cents_at = end + 1
        if cents_at < len(words) and words[cents_at] == "and":
            cents_at += 1
        cents = run_at(words, cents_at) if cents_at < len(words) else None
        # "three dollars fifty", but not "three dollars two people"
        spoken_cents = cents and not cents.ordinal and len(cents.digits) == 2
        if cents and spoken_cents and not run.decimal:
            digits, end = f"{digits}{cents.digits}", cents.end
            if end < len(words) and words[end] in _SMALL_CHANGE:
                end += 1
            keys = {f"n:{digits}"}
        else:
            end += 1
    if priced and run.decimal and len(words[at].rsplit(".", 1)[-1]) == 1:
        keys = {f"n:{digits}0"}
    if run.decimal or priced:
        whole = {key for key in keys if key.endswith("00")}
        keys |= {key[:-2] for key in whole} | ({f"n:{digits}00"} if priced and not run.decimal else set())
    elif not run.ordinal and not priced:
        number = int(digits) if len(digits) <= LONGEST_CARDINAL else 0
        if 1 <= number <= 24:
            keys |= _time_keys(number % 24, 0, number > 12)
        elif len(digits) in (3, 4) and number // 100 <= 23 and number % 100 <= 59:
            keys |= _time_keys(number // 100, number % 100, number // 100 > 12)
    return Figure(at, end, frozenset(keys))


def say_cardinal(number: int) -> str:
    """In words, up to 99; larger numbers in figures."""
    if number < 20:
        return (UNITS + TEENS)[number]
    if number < 100:
        tens, unit = divmod(number, 10)
        return TENS[tens - 2] + (f"-{UNITS[unit]}" if unit else "")
    return str(number)


def say_ordinal(number: int) -> str:
    """In words, up to the ninety-ninth."""
    if number < 20 or number % 10 == 0:
        return _ordinal_word(say_cardinal(number))
    tens, unit = divmod(number, 10)
    return f"{TENS[tens - 2]}-{_ordinal_word(UNITS[unit])}"
