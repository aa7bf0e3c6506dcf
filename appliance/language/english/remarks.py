"""Days, times and people in an English sentence that are no wish: those of a remark ("i've got the dentist on monday",
"doctor patel sent me"), and those of what is to be moved ("my tuesday appointment", "from ten to eleven"). Pure.

A remark ends at the first word of a wish or of another sentence: "i come back on monday *so* tuesday would be good".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.core.week import DAYS
from appliance.language.english.contractions import expanded
from appliance.language.english.dates import MONTHS
from appliance.language.english.numbers import CARDINALS, ORDINALS

_EVENT = (
    r"(?:dentist|meetings?|appointments?|class(?:es)?|lessons?|course|exams?|test|interview|wedding|funeral|party|"
    r"birthday|flight|train|bus|date|games?|match|conference|call|lecture|seminar|training|shifts?|trip|deadline|"
    r"visit|visitors?|guests?|dinner|lunch|breakfast|rehearsal|concert|hearing|court|commitments?|engagement|session|"
    r"delivery|graduation|anniversary|hairdresser|school|work|kids|children|grandchildren|plans|gym|yoga|swimming|"
    r"football|tennis|golf|choir|church|practice|physio|surgery|operation|scan|holiday|vacation|strike|parents)"
)
_WISH_VERB = (
    r"(?:see|come|book|make|get (?:an?|in|here|there|it|this|to see)|have (?:an?|it|the|my)|be (?:seen|there|here)|ask|"
    r"move|change|cancel|reschedule|know|speak|say|talk|do it|go with|choose|take)"
)
_ADV = (
    r"(?:(?:usually|always|often|normally|generally|mostly|only|already|also|still|just|actually|really|sometimes|"
    r"unfortunately|never|both|all) )*"
)
_OCCUPIED = (
    r"(?:at\b(?! your| the hospital| #)|in\b(?! town| pain| need| on| the (?:area|office|hospital|neighbou?rhood)|"
    r" a hurry| for| #)|on (?:holiday|vacation|leave|duty|call|shift|nights)|away|abroad|out\b|busy|booked|"
    r"working|travell?ing|"
    r"flying|leaving|teaching|visiting|playing|tied|having|getting|seeing\b(?! doctor| dr)|meeting|due|"
    r"going (?!to (?:need|want|be (?:free|here)|come|see|say|take|go (?:with|for))|for|with))"
)
_OCCUPATION = (
    r"(?:play|go(?! for| with)|leave|fly|travel|(?:come|get|am|go) back|return|arrive|start|finish|sleep|eat|swim|"
    r"teach|train|meet|pick|drop|look after|babysit|visit|run|sing|dance|work|cook|take (?:my|care|a)|left|came|went|"
    r"saw|had|called|spoke|got|missed|met|worked|get (?:up|off|out|home|in|married)|wake|open|close|was born)"
)
_OTHERS = (
    r"(?<!can )(?<!could )(?<!may )(?<!should )(?<!will )(?<!would )(?:(?:my|our|the|his|her|their) (?!name|"
    r"preference|choice|first|second|best|preferred|favou?rite|day|time|date|"
    r"appointment|number|reference|doctor|next|earliest|latest|last|answer|only|usual|normal|ideal|free|other|"
    r"surname)[\w']+(?: (?!is|was|has|and)[\w']+)?|"
    r"he|she|they)"
)
_OF_OTHERS = (
    r"(?:comes?|goes|gets?|starts?|leaves?|arrives?|works?|plays?|closes?|opens?|departs?|takes?|finish(?:es)?|ends?|"
    r"begins?|sleeps?|eats?|visits?|marries|turns|married|came|went|left|arrived|needs (?:me|picking))"
)
_HAS = rf"(?:have|has|had|got|have got|has got)(?: (?!no\b)[\w']+){{0,3}}? {_EVENT}"
_REMARK = (
    rf"(?:(?:i|we) {_ADV}(?:am|are|will be|have been) {_ADV}{_OCCUPIED}|"
    rf"(?:i|we) {_ADV}(?:was|were) (?:there|here|in|at|on|away|out|with)\b|"
    rf"(?:i|we) {_ADV}(?:have|has|had|have got|got|must) (?:to )?(?:go (?!for|with)|work\b|leave|fly|travel)|"
    rf"(?:i|we) {_ADV}(?:have|had|have got) to (?!{_WISH_VERB}\b)\w+|"
    rf"(?:i|we|{_OTHERS}) {_ADV}{_HAS}\b|"
    rf"(?:i|we) {_ADV}{_OCCUPATION}\b|"
    rf"(?:i|we) {_ADV}(?:will|shall|should|am going to|are going to) {_ADV}(?:know|find out|hear|decide|"
    r"(?:let|tell|ask|call|ring|phone) (?:you|him|her|them|my \w+))\b|"
    rf"(?:i|we) {_ADV}(?:am|are|will be) {_ADV}(?:off\b(?! (?:work|school|duty))|closed\b)|"
    r"(?:the|my|our) [\w']+ (?:is|are|will be) (?:always |usually )?(?:closed|shut)\b|"
    r"(?:something|things?|it)(?: else)?(?: has| have| had)? (?:came|come|comes) up\b|"
    rf"{_OTHERS} {_ADV}{_OF_OTHERS}\b|"
    r"(?:school|work|class|church|training|it|that|this) (?:starts?|started|begins?|began|ends?|ended|happened|"
    r"was(?! (?:supposed|meant|going|to be)))\b|"
    rf"{_OTHERS} (?:is|are|was|were|will be)(?: {_ADV}(?:{_OCCUPIED}|on|at|the|from|until)|(?= #))|"
    rf"(?:it|that|there) (?:is|was) (?:my|our|his|her|an?|the) (?:\w+ )?{_EVENT}\b|"
    r"\bsince\b)"
)
_WISH = (
    r"(?:want|wants|wanted|needs?|would|like to|prefer|can|could|may|might|shall|should|let us|how about|what about|"
    r"please|instead|rather|make it|book|available|free|able|possible|suits?|fine|best|better|perfect|okay|"
    r"ideal|choose|"
    r"say|meant|mean|said|told|asked|hoping|hope|thinking|think|so|but|then|wait|sorry|no|actually|maybe|perhaps|except|"
    r"[.;?!])"
)
_AMONG = r"(?: (?:and|or|nor|on|at|in|the|to|through|until|till|from|this|next|every|with|,))*"
_BEFORE = re.compile(rf"\b{_REMARK}(?: (?!{_WISH}(?!\S))[^\s#]+)*(?: #{_AMONG})* #$")
_HAS_WISH = re.compile(rf"(?<!\S){_WISH}(?!\S)")
_SUITS = re.compile(
    r"^(?:(?:morning|afternoon|evening) )?(?:(?:is|are|was|would be|will be|looks|sounds) (?:(?!that|"
    r"it)\w+ )?(?:good|fine|best|better|okay|perfect|"
    r"great|possible|ideal)|works|suits|would|instead|please|then$|so (?:that|it|they|then) "
    r"(?:(?:would|will|could|might|does) )?(?:suits?|works?|(?:is|are|be) (?:good|fine|best|better|great|perfect)))"
)
_AFTER = re.compile(
    r"^(?:(?:morning|afternoon|evening|night|oclock|am|pm|oh|well|um) )*"
    r"(?:(?:is|was) (?:when (?!i (?:can|could|would|want|am free|have time)|it suits)|"
    r"(?:my|our|his|her) (?!first|second|best|preferred|favou?rite|day off|free|only|choice|preference|lucky|answer)|"
    rf"(?:an?|the) (?:\w+ )?(?:{_EVENT}|day (?:of|when|my|that my))\b)|"
    r"(?:that|it) is (?:when (?!i (?:can|could|would|want|am free))|(?:my|our|his|her) )|"
    rf"there is (?:an?|the) |{_REMARK})"
)
_OF_ITS_OWN = re.compile(rf"^(?: ?(?<!\S)(?!{_WISH}(?!\S))[^\s#]+(?!\S))*? (?:on|at|until|till|from|by) #")
_ABOUT_PERSON = re.compile(
    r"^(?:is|was|has|does|did|who is|how is|how old is|what is) (?:\w+ )?#(?! (?:\w+ ){0,2}(?:free|available|in|"
    r"here|there|"
    r"working|possible|on duty|okay|have|got|work)\b)"
)
_SENT_BY = re.compile(
    r"^(?:who |already |has |had |just )*(?:sent|told|referred|recommended|gave|advised|treated|operated|said)\b|"
    r"^(?:is|was) (?:my|our|his|her) (?!doctor|first|second|usual|preferred|preference|choice|favou?rite|best)"
)
_GOES_TO = re.compile(
    rf"\b{_OTHERS} {_ADV}(?:is|was|goes|went|sees|saw|has(?! to (?:see|visit))|had|likes|loves|knows|hates)"
    r"(?: \w+){0,3} $"
)
_KNOWN = re.compile(
    r"\b(?:i am|i was|we are)(?: \w+)? (?:patient|patients) (?:of|with) (?:doctor |dr )?$|"
    r"\b(?:i|we) (?:\w+ )?(?:saw|was with|had|went to|spoke to|talked to|know) (?:doctor |dr )?$"
)


_FROM_THEN = frozenset((side, then) for side in ("after", "before") for then in ("that", "then"))


def in_remark(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a day or a time at tokens ``start`` to ``end`` belongs to a remark, and is not asked for."""
    after = " ".join(expanded(words[end:]))
    if _SUITS.match(after):
        return False
    if end - start > 2 and tuple(words[end - 2 : end]) in _FROM_THEN:
        # "I start work at nine so something after that"
        return False
    before = _marked(words[:start])
    if _BEFORE.search(f"{before} #"):
        return True
    remark = None if _HAS_WISH.search(before) else _AFTER.match(after := _marked(words[end:]))
    # "Half past ten, i have school at twelve": the remark has a time of its own.
    return remark is not None and not _OF_ITS_OWN.match(after[remark.end() :])


def of_other_person(words: Sequence[str], start: int, end: int) -> bool:
    """Whether the person at tokens ``start`` to ``end`` is only spoken of: "doctor patel sent me", "is doctor chen a
    man", "my wife goes to doctor chen"."""
    before, after = " ".join(expanded(words[:start])), " ".join(expanded(words[end:]))
    return bool(
        _SENT_BY.match(after) or _GOES_TO.search(f"{before} ") or _ABOUT_PERSON.search(f"{before} # {after}".strip())
    )


def knows_person(words: Sequence[str], start: int) -> bool:
    """Whether the person at a token is one whom the visitor knows, and may want again: "i'm a patient of doctor chen".
    Another who is named counts more."""
    return bool(_KNOWN.search(" ".join(expanded(words[:start])) + " "))


_RECORD = r"(?:appointment|booking|reservation|visit|slot)"
_HELD = re.compile(
    rf"\b(?:(?:my|the|our|his|her|this|that)(?! new)|(?:have|had|got|made|"
    rf"booked) an?) (?:\w+ )?{_RECORD}(?: with (?:doctor |dr )?\w+)?"
    r"(?: (?:is|was|on|of|at|from|in|scheduled|booked|set|currently|now|originally|which|that|the|down|supposed to be|"
    r"#|is for|was for|booked for|set for|scheduled for))* $|"
    r"\b(?:the|my)(?: current| old| present)? one (?:(?:is|was|on|at|for|from|#) )*$|"
    r"\b(?:it|that|mine) (?:is|was) (?:currently |now |still |originally |down |booked |set |scheduled )*"
    r"(?:on|for|at|from)(?: the)?(?: #(?: at| on)?)* $|"
    r"\b(?:i am|we are|i was) (?:currently |now |still )*(?:booked|down|scheduled)(?: \w+)? (?:on|for|"
    r"at)(?: #(?: at| on)?)* $|"
    r"\binstead of (?:the |my |on |at )*$"
)
_CALLED = re.compile(rf"^(?:# |oclock |at |morning |afternoon )*{_RECORD}\b|^(?:# )?one to\b")
_MY = re.compile(r"\b(?:my|the|our|this|that|his|her)(?: #| on| at)* $")
_NOW = re.compile(r"^(?:# |at )*(?:now|currently|at the moment|right now|so far|originally)\b")
_FROM = re.compile(r"\bfrom (?:the |this |on |at |next )*(?:# |at |on )*$")
_TO = re.compile(r"^(?:(?!to\b)\S+ )*?to\b.*#")


def of_record(words: Sequence[str], start: int, end: int) -> bool:
    """Whether a day or a time at tokens ``start`` to ``end`` is that of what the visitor wants to move."""
    before, after = _marked(words[:start], " "), _marked(words[end:])
    if _FROM.search(before) and _TO.match(after):
        return True
    if _MY.search(before) and _CALLED.match(after):
        return True
    return bool(_HELD.search(before) or _NOW.match(after))


_OF_A_TIME = frozenset(CARDINALS) | {"quarter", "half", "minutes"}


def without_from_to(words: Sequence[str]) -> list[str]:
    """The words with "at" for a "to" that leads to what something is changed to: "from ten to eleven" is not ten
    minutes to eleven."""
    return [
        "at" if word == "to" and at and ("from" in words[:at] or words[at - 1] not in _OF_A_TIME) else word
        for at, word in enumerate(words)
    ]


_VALUES = (
    frozenset(CARDINALS)
    | frozenset(ORDINALS)
    | frozenset(DAYS)
    | frozenset(f"{day}s" for day in DAYS)
    | (frozenset(MONTHS) - {"may", "march"})
    | frozenset("today tonight tomorrow noon midnight half quarter past".split())
)


def _marked(words: Sequence[str], end: str = "") -> str:
    """The words with contractions written out and one mark in place of those of a day or a time in a row."""
    marks: list[str] = []
    for word in expanded(words):
        one = word == "one" and marks[-1:] in (["the"], ["my"], ["current"], ["old"], ["present"])
        mark = "#" if (word in _VALUES or word[0].isdigit()) and not one else word
        if mark == "oclock" and marks and marks[-1] == "#":
            continue
        if mark != "#" or marks[-1:] != ["#"]:
            marks.append(mark)
    said = " ".join(marks)
    return f"{said}{end}" if said else ""
