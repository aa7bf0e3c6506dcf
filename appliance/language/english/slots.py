"""English around the values of a form: what excludes one, takes one back, calls one by its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from appliance.core.week import DAYS
from appliance.language.english.numbers import CARDINALS, ORDINALS
from appliance.language.english.remarks import in_remark as in_remark
from appliance.language.english.remarks import knows_person as knows_person
from appliance.language.english.remarks import of_other_person as of_other_person
from appliance.language.english.remarks import of_record as of_record
from appliance.language.english.remarks import without_from_to as without_from_to

ALLOWED = re.compile(r"\b(?:shall i|should i|can i|may i|want me to|like me to|i will|i'll) (\w+)")

CALLED_NUMBER = frozenset({"number", "reference"})

TITLES = frozenset({"doctor", "dr", "mr", "mrs", "ms", "miss", "professor", "nurse"})

TAKEN_BACK = frozenset("no sorry rather actually mean meant wait make oops correction better said want prefer".split())

SLOT_WORDS: Mapping[str, frozenset[str]] = {
    "date": frozenset({"day", "date"}),
    "time": frozenset({"time", "hour"}),
    "name": frozenset({"name"}),
    "reference": frozenset({"number"}),
}

PLACES: Mapping[str, int] = {
    "first": 0,
    "second": 1,
    "third": 2,
    "last": -1,
    "former": 0,
    "latter": -1,
    "earlier": 0,
    "later": -1,
}

BEFORE_PLACE = frozenset({"the"})
AFTER_PLACE = frozenset({"", "one", "time", "option", "please", ".", "is", "would", "works", "sounds", "that", "i"})
NO_VALUES = re.compile(
    r"\b(?:one|a) (?:more )?(?:moment|second|minute|sec|thing|question)\b|\b(?:a|one) hundred percent\b|"
    r"\bfifty fifty\b|"
    r"\b(?:check|ask|look|see|think|talk)\b.* first$|\bone of (?:them|those|these|the)\b"
)
BEFORE_A_TIME = frozenset({"at", "around", "about", "by", "until", "till", "to", "from", "in", "past"})
NUMBER_OF = frozenset({"number", "reference", "appointment", "booking", "code"})

NUMBER_IS = frozenset({("number", "is")})
NAME_TAKEN_BACK = frozenset(
    "no nope sorry wait actually it's it is its my name i said am i'm mean meant rather not the that's that under for "
    "should be wrong oh um uh and".split()
)
SAYS_ANEW = frozenset("no nope sorry said mean meant actually name not wait i'm".split())
AFTER_NO = frozenset(
    "way chance problem idea doubt good need point never more thanks money luck use matter hurry wonder worries "
    "deal objection joke kidding sir madam man".split()
)

GIVEN_NAME = frozenset({"first", "given"})
FAMILY_NAME = frozenset({"last", "family", "second", "surname"})
OFFERS_TO_SPELL = re.compile(
    r"\b(?:can|shall|should|may|let|could|will|i'll|want|like|need)(?: \w+){0,4} spell "
    r"(?:it|that|(?:my|the) (?:first |last )?name)\b"
)

NOT = frozenset({"not"})

JOINING = frozenset("and or nor ,".split())
AMONG = JOINING | frozenset("on at in with the".split())
CHANGES_TO = frozenset("to instead like want prefer rather could can".split())

# --- what is not wanted -----------------------------------------------------------------------------------------------

_NEGATING = frozenset(
    """not never except excluding besides without neither nor hate dislike busy away than cannot cant dont didnt wont
    isnt""".split()
)
_COMPLETE = frozenset("right correct good fine okay true it that what sure certain mind only bad".split())
"""words after "not" that complete a sentence. What follows is another one: "that is not right wednesday please" """

_BOUNDARIES = frozenset(". , ; : ! ? no so because instead rather actually sorry please wait make oops".split())
_ANY = frozenset("any anything anytime every everything everyday all anyone anybody time day".split())
_BAD_AFTER = re.compile(
    r"^(?:(?:is|was|would be|will be|are|looks|sounds|it is|in general|morning|afternoon|evening|for me) )*"
    r"(?:(?:is|was|would be|will be|are) not|isn't|isnt|aren't|wasn't|wouldn't|would not|"
    r"(?:does|do|did|will|can) not|doesn't|doesnt|don't|won't|wont|can't|cannot|"
    r"not (?:possible|good|free|convenient|available|okay|right|working|great|ideal)|not$|"
    r"bad|impossible|too\b|no good|out\b|difficult|wrong|inconvenient|never|neither|no use|full|(?:an? )?(?:bad|busy) )"
)
_LEADING_TO = frozenset("on at in for with the this next any a an to of from".split())
"""may stand between a word that denies and the value that it denies"""


def excludes(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a value at tokens ``start`` to ``end`` is one that the visitor does not want: "not on tuesday", "any day
    but tuesday", "tuesday is bad", "i never said tuesday"."""
    if _BAD_AFTER.match(" ".join(words[end : end + 5])):
        return True
    at = start - 1
    while at >= 0 and start - at <= 7:
        word = words[at]
        if word == "but":
            return at > 0 and bool(_ANY & set(words[max(0, at - 2) : at]))
        if word in ("than",) or (word == "of" and words[at - 1 : at] == ["instead"]):
            return True
        following = words[at + 1] if at + 1 < len(words) else ""
        if word == "no" and at == start - 1 and words[start].endswith("s") and words[start][:-1] in DAYS:
            return True
        if word in _BOUNDARIES and not (word == "make" and following not in ("it", "that")):
            return False
        if word in _NEGATING or word.endswith("n't"):
            if _LEADING_TO.issuperset(words[at + 1 : start]):
                # "Not monday *not* tuesday": it denies what follows at once, whatever stands before.
                return words[at - 1 : at] != ["why"]
            of_another = any(_starts_value(before) for before in words[max(0, at - 2) : at])
            return following not in _COMPLETE and words[at - 1 : at] != ["why"] and not of_another
        if _starts_value(word) and following not in ("or", "and", "nor"):
            return False
        at -= 1
    return False


_DAYS = frozenset(
    """today tonight tomorrow noon midnight january february april june july august september october november
    december""".split()
)
"""words of days and hours beside the weekdays; "may" and "march" are other words too"""


def _starts_value(word: str) -> bool:
    """A day, a number or a title: another value, to which an earlier "not" belonged."""
    return word in _DAYS or word in DAYS or word in CARDINALS or word in ORDINALS or word in TITLES or word[0].isdigit()
