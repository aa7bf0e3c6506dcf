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
from appliance.language.found import FoundNumber

ALLOWED = re.compile(r"\b(?:shall i|should i|can i|may i|want me to|like me to|i will|i'll) (\w+)")

CALLED_NUMBER = frozenset({"number", "reference"})

TITLES = frozenset({"doctor", "dr", "mr", "mrs", "ms", "miss", "professor", "nurse"})

TAKEN_BACK = frozenset("no sorry rather actually mean meant wait make oops correction better said want prefer".split())

SLOT_WORDS: Mapping[str, frozenset[str]] = {
    "date": frozenset({"day", "date"}),
    "time": frozenset({"time", "hour"}),
    "name": frozenset({"name", "person"}),
    "reference": frozenset({"number", "digit", "digits"}),
}

_PEOPLE = frozenset(
    """people persons person adults adult children child kids kid men women man woman guests visitors others other
    friends colleagues boys girls babies baby seniors students teenagers grown ups of""".split()
)
HOW_MANY = re.compile(r"\bhow many\b")
LENGTH = frozenset({"long", "duration", "length"})
TIME_UNITS = frozenset(
    """hour hours hour's minute minutes mins day days night nights week weeks month months year years second
    seconds""".split()
)
_JUST_ME = re.compile(
    r"\b(?:just|only) (?:me|myself|for me)\b|\bonly one of us\b|\b(?:me|myself) (?:alone|only)\b|\balone\b"
)
_SOMEBODY = r"(?:my|our|a|the|one) (?!name)\w+"
_TWO_OF_US = re.compile(
    rf"^(?:(?:um|uh|oh|well|just|only|for|it's|it is|that's) )*(?:{_SOMEBODY} and (?:i|me|myself)|"
    rf"(?:me|myself|i) and {_SOMEBODY})(?: (?:only|please|that's all|thanks))*$|\bthe two of us\b|\bboth of us\b"
)
_WE_ARE = re.compile(
    r"\b(?:we are|we're|we will be|we'll be|there are|there will be|there'll be)(?: (?:now|only|just))*$"
)
_NO_MORE_SAID = re.compile(r"(?:(?:of us|people|persons|now|please|in total|altogether|in all|sorry) ?)*")
_MORE_OR_FEWER = re.compile(
    r"(?:(?P<more>more|extra|additional)|(?:fewer|less))(?: (?:people|persons?|guests?|visitors?|of us))?"
    r"(?= (?:please|then|actually|is|will|are)\b|$)"
)
_AND_ME = re.compile(r"\b(?:me|myself|i)(?: and| plus) (?:the |my |about )?$")
_AND_ME_TOO = re.compile(r"^(?:\w+ )?(?:and|plus) (?:me|myself|i)\b")
_A_PERSON = (
    r"(?:(?:person|adult|child|kid|man|woman|guest|visitor|friend|colleague|boy|girl|baby|senior|student|teenager|"
    r"client|customer|trainee|speaker|assistant|wheelchair user)\b|other$)"
)
_AND_ONE_MORE = re.compile(rf"^(?:(?!and|plus|or)\w+ )?(?:and|plus) (?:an?|one|my|our)(?: \w+)? {_A_PERSON}")
_SOME_OF = re.compile(r"^of (?:them|those|these|the)\b")


def counted(words: Sequence[str], found: Sequence[FoundNumber]) -> list[FoundNumber]:
    """How many people there are: "six adults and two children" are eight, "me and three others" four. Less than one and
    parts of one are no count."""
    for pattern, people in ((_TWO_OF_US, "2"), (_JUST_ME, "1")):
        if not found and (alone := pattern.search(" ".join(words))):
            start = alone.string.count(" ", 0, alone.start())
            return [FoundNumber(start, start + len(alone.group().split()), people)]
    parts: list[FoundNumber] = []
    for hit in found:
        if _SOME_OF.match(" ".join(words[hit.end : hit.end + 3])):
            continue
        between = words[parts[-1].end : hit.start] if parts else []
        if parts and between[-1:] in (["and"], ["plus"], [","]) and _PEOPLE.issuperset(between[:-1]) and between[:-1]:
            total = _whole(parts[-1].text) + _whole(hit.text)
            parts[-1] = FoundNumber(parts[-1].start, hit.end, str(total))
        elif parts and between == [","] and words[parts[-1].end - 1][0].isdigit() and words[hit.start][0].isdigit():
            # "2,5" is no count.
            parts[-1] = FoundNumber(parts[-1].start, hit.end, "0")
        else:
            parts.append(hit)
    with_me = [
        FoundNumber(hit.start, hit.end, str(_whole(hit.text) + 1))
        if _AND_ME.search(" ".join(words[: hit.start]) + " ") or _AND_ME_TOO.match(" ".join(words[hit.end :]))
        else FoundNumber(hit.start, hit.end, str(_whole(hit.text) + 1))
        if _whole(hit.text) and _AND_ONE_MORE.match(" ".join(words[hit.end :]))
        else hit
        for hit in parts
    ]
    return [hit for hit in with_me if _whole(hit.text) > 0]


def recounted(words: Sequence[str], numbers: Sequence[FoundNumber], before: int) -> list[FoundNumber] | None:
    """How many people there are in place of the number ``before``, 0 for none: six for "one more person" of five, and
    for "we are six"."""
    for hit in numbers:
        lead, after = " ".join(words[: hit.start]), " ".join(words[hit.end :])
        if _whole(hit.text) and _WE_ARE.search(lead) and _NO_MORE_SAID.fullmatch(after):
            return [hit]
        change = _MORE_OR_FEWER.match(after) if before and _whole(hit.text) else None
        if change:
            total = before + _whole(hit.text) * (1 if change["more"] else -1)
            return [FoundNumber(hit.start, hit.end + len(change.group().split()), str(total))] if total > 0 else []
        if before and after.split()[:1] in (["more"], ["fewer"], ["less"]):
            # "One more question"
            return []
    return None


def _whole(text: str) -> int:
    """A whole number; 0 for any other."""
    return int(text) if text.isdecimal() else 0


MIDDLE = frozenset({"middle"})
NUMBERED = frozenset({"number", "option", "choice"})
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
_MORE_OF_A_TIME = r"(?! (?:oclock|pm|am|oh|ten|fifteen|twenty|thirty|forty|fifty|hundred|in the|\d))"
_WEATHER = (
    r"weather|sunny|sunshine|rain|raining|rainy|snow|snowing|hot|cold|warm|windy|traffic|"
    r"your (?:help|service|time|patience)|"
    r"(?:lovely|nice|beautiful|wonderful|busy|bad|long|hard|great) day"
)
_NOW = r"(?:today|tonight|tomorrow|this (?:morning|afternoon|evening))"
NO_VALUES = re.compile(
    # "One" in place of a thing: "another one", "the one on tuesday", "i need one for my wife".
    r"(?<!after )(?<!before )(?<!following )"
    r"\b(?:either|neither|another|different|other|same|last|next|previous|later|earlier|better|nice|good|right|wrong|new|"
    r"old|each|every|only|first|second|third|middle|no|which|this|that|the|my|any|some|have|has|had|got|need|want|get|"
    rf"like|give me|take|book|choose) one\b{_MORE_OF_A_TIME}|"
    r"\bone(?= (?:for (?:my|our|his|her|me|the)|of|with|that|who)\b)|"
    r"\b(?:one|a) (?:more )?(?:moment|second|minute|sec|thing|question)\b|\b(?:a|one) hundred percent\b|"
    r"\bfifty fifty\b|\bsecond thoughts?\b|"
    r"\b(?:first|second|third|another|last) (?:questions?|points?|of all|try|choice)\b|"
    r"(?<=\w\w )with(?:out)? (?:an?|one|two|double|no|the|three) [a-z](?:'s|s)?(?=$| )|"
    r"\b(?:check|ask|look|see|think|talk)\b.* first$|\bone of (?:them|those|these|the)\b|"
    # "That gives me time to think", "wonderful weather today", "can you hold it until tomorrow"
    rf"\b(?:give|gives|giving|gave|need|needs|have|has|had|enough|no|more|get|find) (?:me |us |you |him |her )?"
    rf"(?:some |more |enough |the )?time to\b|"
    rf"\b{_NOW} (?:is|was) (?:such )?an? \w+ day\b|\b(?:{_WEATHER})\b(?: \w+){{0,2}}? {_NOW}|"
    rf"\b{_NOW}'?s? weather\b|\bhow are you(?: \w+)? {_NOW}|"
    rf"\b(?:hold|keep|save)(?: (?:it|that|this|mine|them|(?:my|the|that) \w+))?(?: \w+)? (?:until|till|til) {_NOW}|"
    rf"\b(?:think about it|let you know|tell you|decide|call(?: you)?(?: back)?|ring(?: you)?(?: back)?)"
    rf"(?: (?:by|until|till|on|before))? {_NOW}"
)
BEFORE_A_TIME = frozenset({"at", "around", "about", "by", "until", "till", "to", "from", "in", "past"})
AT_A_TIME = frozenset({"at"})
NUMBER_OF = frozenset({"number", "reference", "appointment", "booking", "code"})

NUMBER_IS = frozenset({("number", "is")})
NAME_TAKEN_BACK = frozenset(
    "no nope sorry wait actually it's it is its my name i said am i'm mean meant rather not the that's that under for "
    "should be wrong oh um uh and isn't you got have heard spelled misspelled pronounced change to just only".split()
)
SAYS_ANEW = frozenset("no nope sorry said mean meant actually name not isn't wait i'm".split())
AFTER_NO = frozenset(
    "way chance problem idea doubt good need point never more thanks money luck use matter hurry wonder worries rush "
    "comment quite bad convenient condition conditions circumstances protest ma'am go either neither fuss "
    "bother trouble regrets complaints questions excuses clue harm sense time rest interest "
    "change changes alteration alterations correction corrections mistake mistakes error errors choice option options "
    "alternative deal objection joke kidding sir madam man".split()
)

FOR_ANOTHER = re.compile(r"^(?:.* )?(?:for|it's|it is|that's) my (?:\w+ )?\w+(?: (?:really|actually|called|named))?$")
_RELATIVE = (
    r"(?:son|daughter|wife|husband|mother|father|mum|mom|dad|child|kid|baby|friend|sister|brother|partner|boy|girl|"
    r"nephew|niece|uncle|aunt|cousin|boyfriend|girlfriend|fianc[eé]e?|colleague|neighbou?r|boss|"
    r"grand(?:mother|father|son|daughter))"
)
NOT_FOR_ME = re.compile(
    rf"^(?!(?:\w+ )*(?:yes|yeah|yep|correct|right)\b(?!.*\bbut\b))(?:.* )?(?:for (?:my|our) (?:\w+ )?{_RELATIVE}|"
    rf"(?:under|in|on|with|use|have) (?:my|our) (?:\w+ )?{_RELATIVE}'s(?: (?:last |full |own )?name)?|"
    r"for someone else|for somebody else)(?: (?:really|actually|instead|please|not (?:for )?me|sorry))*$"
)
CALL_ME = re.compile(r"\b(?:calls?(?: me)?|known as|i go by) \w+$")
NO_TEXT_YET = re.compile(
    r"^(?:(?:um|uh|oh|well|hmm|sorry|actually) )*(?:i (?:don't|do not) know(?: yet)?(?: (?:what|how) to (?:say|write|"
    r"put|tell|leave|put it|say it))?(?: yet)?|i'm not sure(?: yet)? what to (?:say|write|put|tell|leave)(?: yet)?|"
    r"what (?:should|shall|can|could|do) i (?:say|write|put|tell|leave))(?: \w+)?$"
)
ALL_OF_IT = re.compile(
    r"^(?:(?:um|uh|oh|well|no|just|change|pretty much) )*(?:everything|all of (?:it|that|them)|the (?:whole|"
    r"entire) (?:thing|lot)|the lot|it all)(?: (?:please|is wrong|really|actually))*$"
)
GIVEN_NAME = frozenset({"first", "given"})
MIDDLE_NAME = frozenset({"middle"})
FAMILY_NAME = frozenset({"last", "family", "second", "surname"})
OFFERS_TO_SPELL = re.compile(
    r"\b(?:can|shall|should|may|let|could|will|i'll|want|like|need)(?: \w+){0,4} spell "
    r"(?:it|that|(?:my|the) (?:first |last )?name)\b"
)

SAME_AS_BEFORE: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(
        r"\b(?:the )?same (?:day|date)\b|\bthat (?:same )?day\b|\b(?:keep|leave) the (?:day|date)\b|"
        r"(?<!not )\b(?:only|just) the (?:time|hour)\b|\bthe (?:day|date) (?:can |may |should |must )?stays?\b"
    ),
    "time": re.compile(
        r"\b(?:at )?(?:the )?same (?:time|hour)\b(?! next)|\bthat (?:same )?time\b|"
        r"\b(?:keep|leave) the (?:time|hour)\b|"
        r"(?<!not )\b(?:only|just) the (?:day|date)\b|\bthe (?:time|hour) (?:can |may |should |must )?stays?\b"
    ),
}
BOTH = re.compile(
    r"\b(?:both|they|either|all)(?: of (?:them|those|these|the \w+))?(?: times| days)?(?: one)? "
    r"(?:(?:are|is|would|will|be|suit|work)\b ?)+(?!not)(?:fine|good|okay|all right|possible|great|for me|me|$)"
)
AROUND_A_VALUE = NAME_TAKEN_BACK | frozenset(
    "make at on please instead better oclock let's have take want wanted like would i'd i'll could can we or but wrong "
    "be . , prefer time day thanks then say did hold hang".split()
)
MAKES: frozenset[tuple[str, ...]] = frozenset({("make", "it"), ("make", "that"), ("it", "to"), ("that", "to")})
"""before a bare time, that it takes the place of the one before: "tom baker but make it three" """
_IS_RIGHT = r"(?:is|was|are|'s) (?:all )?(?:right|fine|good|correct|okay|ok|perfect|great)"
RIGHT = re.compile(rf"^{_IS_RIGHT}\b")
WRONG = re.compile(
    r"^(?:(?:is|was|are|seems|looks|'s) (?:all )?(?:not|wrong|incorrect|off|mistaken)|isn't|wasn't|aren't)\b"
)
CHANGING = frozenset("wrong change different another other".split())

NOT = frozenset({"not", "isn't"})
BUT = "but"

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

_BOUNDARIES = frozenset(
    ". , ; : ! ? no so because instead rather actually sorry please wait make oops what how it's".split()
)
_WISHING = frozenset("want need would prefer said meant mean wanted".split())
_ANY = frozenset("any anything anytime every everything everyday all anyone anybody".split())
_BAD_AFTER = re.compile(
    r"^(?:(?:is|was|would be|will be|are|looks|sounds|it is|in general|morning|afternoon|evening|for me) )*"
    r"(?:(?:is|was|would be|will be|are) not|isn't|isnt|aren't|wasn't|wouldn't|would not|"
    r"(?:does|do|did|will|can) not|doesn't|doesnt|don't|won't|wont|can't|cannot|"
    r"not (?:possible|good|free|convenient|available|okay|right|working|great|ideal)|not$|"
    r"bad|impossible|too\b|"
    r"(?:a (?:bit|little)|rather|quite|far|way|very) (?:too )?(?:early|late)\b|"
    r"no good|out\b|difficult|wrong|inconvenient|never|neither|no use|full|(?:an? )?(?:bad|busy) )"
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
            # "All correct but i'm jon smythe" excludes nothing.
            return at > 0 and words[at - 1] not in _COMPLETE and bool(_ANY & set(words[max(0, at - 3) : at]))
        if word == "than" and words[at - 1 : at] == ["more"] and words[max(0, at - 2) : at - 1] in (["no"], ["not"]):
            # "No more than ten"
            return False
        if word in ("than",) or (word == "of" and words[at - 1 : at] == ["instead"]):
            return True
        following = words[at + 1] if at + 1 < len(words) else ""
        if word == "no" and at == start - 1 and words[start].endswith("s") and words[start][:-1] in DAYS:
            return True
        if word == "it" and _cannot_make_it(words, at, start, end):
            return True
        if word in _BOUNDARIES and not (word == "make" and following not in ("it", "that")):
            return False
        if word in ("i", "we") and following in _WISHING and words[at - 1 : at] not in (["think"], ["believe"]):
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


_OF_A_WISH = frozenset("would could might is works suits instead please".split())


def _cannot_make_it(words: Sequence[str], at: int, start: int, end: int) -> bool:
    """ "I can't make it on tuesday", where "it" is at ``at``; not "i can't make it tuesday would be better"."""
    before = words[max(0, at - 2) : at]
    denies = len(before) == 2 and before[1] == "make" and (before[0] in _NEGATING or before[0].endswith("n't"))
    wishes = end < len(words) and words[end] in _OF_A_WISH
    return denies and not wishes and _LEADING_TO.issuperset(words[at + 1 : start])


_DAYS = frozenset(
    """today tonight tomorrow noon midnight january february april june july august september october november
    december""".split()
)
"""words of days and hours beside the weekdays; "may" and "march" are other words too"""


def _starts_value(word: str) -> bool:
    """A day, a number or a title: another value, to which an earlier "not" belonged."""
    return word in _DAYS or word in DAYS or word in CARDINALS or word in ORDINALS or word in TITLES or word[0].isdigit()
