"""Questions about the conversation itself: "can you repeat that", "which room was that". Pure.

They are recognised as whole sentences, since their words occur in every other question too. Those about now are in
``clock``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from appliance.core.manner import MannerWish
from appliance.language.english.clock import asks_clock, say_clock
from appliance.language.english.contractions import plain
from appliance.language.parts import Again, OwnQuestion, Simpler

__all__ = ["asks_again", "asks_clock", "asks_own", "asks_simpler", "say_clock"]

_LEAD = (
    r"(?:(?:um|uh|oh|er|hey|okay|so|no|yes|wait|well|and|but|please|sorry|excuse me|hello|computer|i am sorry|"
    r"i beg your pardon|"
    r"beg your pardon|pardon|pardon me|hang on|hold on) )*"
)
_TAIL = (
    r"(?: (?:again|please|for me|once more|one more time|now|then|just now|thank you|a bit|a little|sorry|over again|"
    r"to me|for (?:us|him|her|them|my \w+|our \w+|the \w+)|if you (?:can|could|would|do not mind)))*"
)
_CAN_YOU = (
    r"(?:(?:can|could|will|would|may) (?:you|i|we)(?: please| just| kindly)? |please |i (?:want|would like|"
    r"need) (?:you )?to |"
    r"would you mind |may i |let me |you (?:have|need) to |i (?:want|would like) )?"
)
_THAT = (
    r"(?: (?:that|it|this|what you (?:just )?(?:said|told me|asked)(?: earlier)?|"
    r"(?:the|that|your) (?:last )?(?:question|answer|sentence|part|bit|thing|options|one|list|response|message|phrase|"
    r"statement)(?: you (?:said|told me))?|over what you said|yourself|all of (?:it|that)|everything))?"
)
_AGAIN = [
    rf"{_CAN_YOU}(?:repeat|repeating|restate|rephrase){_THAT}",
    rf"{_CAN_YOU}(?:say|saying|tell me|read|give me|ask|ask me|hear|have){_THAT} (?:again|once more|one more time|"
    rf"once again|another time|over)",
    rf"{_CAN_YOU}(?:say|tell me|ask|ask me|hear)(?: \w+)?{_THAT} (?:again|once more|one more time|once again)",
    rf"{_CAN_YOU}(?:hear|have|get) (?:that|it|the question|the answer) (?:again|once more|repeated)",
    r"(?:could|can) (?:that|it|the question) be (?:repeated|said again)",
    r"i (?:need|want|would like|must have|am going to need|will need|am needing|need for|"
    r"have)(?: for)? (?:you )?(?:to )?(?:that |it |please )*(?:repeat|repeated|repeat it|repeat that|said again|"
    r"say (?:it|that) again|(?:ask|hear) (?:it|that|the question) again)",
    r"(?:can|could) i get you to (?:say|repeat) (?:that|it)(?: (?:again|once more))?",
    r"(?:what|come|say|once) again|again|once more|one more time|repeat",
    r"pardon(?: me)?|(?:i )?beg (?:your )?pardon|excuse me|sorry|sorry what|what|huh|come again|i am sorry|eh|"
    r"what what",
    r"(?:sorry )?what (?:did|do|have) you (?:just )?(?:say|said|ask|asked|tell me|mean by that)(?: to me)?",
    r"what (?:was|is) (?:that|it|the question|your question|the last (?:question|part|bit|thing)|it you (?:said|"
    r"asked)|said|that you (?:said|asked))",
    r"what (?:question )?(?:did|was it) (?:you|that you) (?:just )?(?:ask|asked|say|said)(?: me)?",
    r"what were you saying|what were the (?:options|choices)|what was i (?:asked|supposed to say)",
    r"i (?:did not|could not|can not|do not)(?: quite| really)? (?:hear|catch|get|understand|follow)(?: (?:you|that|"
    r"it|what you (?:just )?said|the question|that last one|a word|all of that|anything|the last \w+|you properly|"
    r"you well|you very well))?",
    r"i (?:did not|do not) (?:quite |really )?(?:hear|catch|get|understand)(?: (?:you|that|it|what you said|"
    r"the question))?",
    r"i (?:missed|misheard) (?:that|it|what you (?:just )?said|the question|you)(?: last (?:one|part))?|"
    r"i was not listening",
    rf"{_CAN_YOU}(?:speak|talk|say (?:it|that)|be|go|read (?:it|that)|repeat (?:it|that)|do (?:it|"
    rf"that))?(?: (?:a (?:bit|little)|much|some(?:what)?|any|more))* ?(?:louder|slower|slowly|loudly|clearly|clearer|"
    rf"up|quieter|quietly|softer|softly|faster|quicker|quickly|down)",
    r"(?:(?:(?:a (?:bit|little)|much|even) )?(?:louder|slower|quieter|softer|faster|quicker)|"
    r"speak up|slow down|speed up|keep it down|lower your voice|"
    r"(?:not )?(?:so|too|less) (?:fast|quick|quickly|quiet|quietly|loud|loudly|slow|slowly)|"
    r"(?:you are|you speak|you talk|that was|it is|that is)(?: much)? too (?:fast|quick|quiet|loud|slow)|"
    r"turn (?:it|the volume|the sound) (?:up|down)|turn (?:up|down) (?:the|your) (?:volume|sound|voice)|"
    r"(?:more |less )?volume(?: up| down)?|raise your voice)",
    r"(?:i can not|i can hardly) hear you",
]
_HARD_TO_HEAR = (
    r"(?:(?:it is|there is|this is)(?: just)? (?:too|so|very|really|quite|such a|so much|too much|a lot of|terribly)"
    r"(?: much)? (?:noisy|noise|racket|din|loud(?= (?:in )?(?:here|there)))(?: (?:in )?(?:here|there))?|"
    r"(?:because |since |you see )?(?:i am|i have|my (?:wife|husband|mother|father|mum|dad) is)"
    r"(?: a (?:bit|little)| quite| rather| very| slightly)? (?:deaf|hard of hearing|bad ears|a hearing aid)"
    r"(?: (?:in|on) \w+(?: \w+)?)?|"
    r"i (?:do|can) not hear (?:so |very |too )?(?:well|good|much)|"
    r"my (?:hearing|ears) (?:is|are) (?:not (?:so |very )?good|bad|poor|terrible)|"
    r"my hearing aid is (?:off|not working|broken))"
)
_REASON_RE = re.compile(
    rf"{_LEAD}(?:{_HARD_TO_HEAR}|i was (?:distracted|not listening|not paying attention|thinking of something else)|"
    r"(?:somebody|someone|my \w+) (?:was talking|interrupted me|distracted me)|"
    r"(?:a|the) (?:trolley|cart|phone|child|baby|announcement|door) "
    r"(?:went by|went past|came past|rang|screamed|cried|banged))"
)
"""why a reply is wanted again"""
_FORGOT_RE = re.compile(
    rf"{_LEAD}i (?:have |just |already )*(?:forgot|forgotten|did not remember|do not remember|can not remember|lost)"
    r"(?: (?:already|just))? (?:what you (?:just )?(?:said|told me)|what it was you said|what that was|"
    r"your (?:answer|last sentence|words)|the (?:answer|question) you (?:gave|asked))" + _TAIL
)
_AGAIN_RE = re.compile(rf"{_LEAD}(?:{'|'.join(_AGAIN)}){_TAIL}")
_LONGEST = 16
"""words of the longest question; a longer sentence asks something else"""

_FIGURE = r"\d|\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred)\b"
_TIME = rf"{_FIGURE}|\b(?:o'clock|past|morning|afternoon|evening|noon|midnight|minutes|hours?)\b"
_DAY = r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?|today|tomorrow|every day|weekdays|days?)\b"
_PERSON = r"\b(?:doctor|dr|mr|mrs|ms)\b|(?-i:\b[A-Z][a-z]+ [A-Z][a-z]+)"
_PRICE = r"\b(?:dollars?|euros?|pounds?|cents?|free|costs?)\b|[$€£]"
_PARTS = {
    **dict.fromkeys(("room", "floor", "desk", "building", "hall", "street", "address", "line", "gate", "ward")),
    **dict.fromkeys(
        ("station", "entrance", "door", "side", "clinic", "office", "department", "bus", "color", "colour")
    ),
    **dict.fromkeys(("doctor", "name", "person"), _PERSON),
    **dict.fromkeys(("room number", "number of the room"), r"\brooms? (?:number )?\w+"),
    **dict.fromkeys(("floor number", "number of the floor"), r"\bfloors?\b"),
    **dict.fromkeys(("telephone number", "phone number", "reference number", "number", "code", "digits"), _FIGURE),
    **dict.fromkeys(("time", "times", "hour", "hours"), _TIME),
    **dict.fromkeys(("day", "days", "date"), _DAY),
    **dict.fromkeys(("price", "cost", "amount"), _PRICE),
}
"""what may be asked for again, and which sentences hold it; None: those that name it"""
_WHERE = r"\b(?:floor|room|hall|beside|next to|opposite|behind|street|wing|basement|desk|entrance|corridor|line)\b"
_QUESTION_PARTS = {
    "where": _WHERE,
    **dict.fromkeys(("when", "what time", "at what time", "how long", "how late"), _TIME),
    "how much": _PRICE,
    "who": _PERSON,
}
_PART_RE = re.compile(
    rf"{_LEAD}(?:(?:and )?(?:which|what) (?P<noun>{'|'.join(_PARTS)})|(?P<question>{'|'.join(_QUESTION_PARTS)}))"
    r"(?: (?:number|exactly))? (?:(?:was|is) (?:that|it|this)(?: again| you said| once more| please| exactly| sorry)*|"
    r"did you (?:just )?say(?: (?:it|that) (?:is|was))?|was (?:that|it) you said|(?:was|is) it again|again)(?: again|"
    r" please| sorry)*|"
    rf"{_LEAD}what (?:was|is) (?:the|that) (?P<noun2>{'|'.join(_PARTS)})(?: (?:again|once more|please|you said|"
    rf"sorry))+|"
    rf"{_LEAD}(?:can|could) you (?:please )?(?:repeat|say) the (?P<noun3>{'|'.join(_PARTS)})(?: (?:again|once more|"
    rf"please|part))*|"
    rf"{_LEAD}(?:repeat|say|tell me|give me) (?:me )?the (?P<noun5>{'|'.join(_PARTS)})(?: (?:again|once more))"
    r"(?: (?:please|slowly|more slowly|very slowly))*|"
    rf"{_LEAD}(?:can|could|may) (?:i|we) (?:please )?(?:have|get|hear) the (?P<noun6>{'|'.join(_PARTS)})"
    r"(?: (?:again|once more))(?: please)?|"
    rf"{_LEAD}i (?:did not|could not)(?: quite| really)? (?:catch|hear|get) the (?P<noun7>{'|'.join(_PARTS)}){_TAIL}|"
    rf"{_LEAD}(?:the|which|what) (?P<noun4>{'|'.join(_PARTS)}) again(?: please)?"
)
_NOUNS = ("noun", "noun2", "noun3", "noun4", "noun5", "noun6", "noun7")
_BARE_NUMBER_RE = re.compile(
    rf"{_LEAD}what is (?:the|their)(?: (?:phone|telephone))? number{_TAIL}|{_LEAD}(?:the|what) (?:phone |"
    rf"telephone )?number(?: please)?"
)
_DIALLED = r"\b\d{3}[ -]?\d{3,4}\b|\b\d{5,}\b"
"""a telephone number in a reply"""
_FIRST_REPLY_RE = re.compile(
    rf"{_LEAD}what (?:was|is) the (?:very )?first thing (?:that )?you (?:said|told me){_TAIL}|"
    rf"{_LEAD}what did you (?:say|tell me) (?:at )?(?:the )?(?:very )?first{_TAIL}"
)
_OWN_RE = re.compile(
    rf"{_LEAD}(?:what (?:did|have) i (?:just )?(?:ask|asked)(?: you)?|what was my(?: (?P<which>first|last|"
    rf"previous))? question|"
    r"(?:which|what) question (?:was that|did i ask(?: you)?)|what (?:was|is) the (?P<which2>first|"
    r"last) (?:thing|question)"
    r" (?:that )?i asked(?: you)?)(?: (?P<which3>first|last|just now|before|earlier|in the beginning|at first))?"
)
_PLACED_RE = re.compile(
    rf"{_LEAD}(?:what (?:was|is) |{_CAN_YOU}(?:repeat|say) |repeat |say )?(?:me )?(?:the )?"
    rf"(?P<place>first|last|final|beginning|end)(?: (?:(?P<part>part|bit|sentence|point)|thing))?(?: of (?:that|it))?"
    rf"(?: (?:you said|you told me))?{_TAIL}"
)
_LOST_RE = re.compile(
    rf"{_LEAD}(?:i (?:did not|could not|can not)(?: quite| really)? (?:catch|hear|get|understand|follow)|i (?:missed|"
    rf"lost)|"
    r"i only (?:missed|lost)) the (?P<place>first|last|final|beginning|end|start)(?: (?:part|bit|sentence|words?|"
    r"thing))?"
    rf"(?: of (?:that|it|what you said))?(?: {_REASON_RE.pattern})?{_TAIL}|"
    rf"{_LEAD}the (?P<place2>first|last|final|beginning|end|start)(?: (?:part|bit|sentence|words?|thing))?(?: of "
    rf"(?:that|it))? "
    rf"(?:got lost|was lost|was drowned out|did not come through|was not clear|was unclear|was too (?:fast|quiet)|i "
    rf"missed)"
    rf"{_TAIL}"
)
"""a part of the reply was not heard"""
_AFTER_RE = re.compile(
    rf"{_LEAD}(?:and )?what (?:came|was|did you say|followed|else came)(?: next)? (?:after|behind|before) "
    r"(?:the |your |that )?(?P<thing>[\w' -]+?)" + _TAIL
)
_DETAIL_RE = re.compile(
    rf"{_LEAD}(?:and )?(?:what|which) (?:color|colour|floor|room|number|line|side|wing|door|day|bus) (?:was|were) "
    r"(?:the |that |this |those )(?P<thing>[\w'-]+?(?: [\w'-]+?)??)" + _TAIL
)
"""asks for a detail of a thing that the last reply named: "what colour was the line" """
_ABOUT_RE = re.compile(
    rf"{_LEAD}what (?:did|have) you (?:just )?(?:say|said|tell me|told me) (?:earlier |before |just now )?(?:about|"
    rf"of|on|"
    r"concerning) (?:the |your |that )?(?P<thing>[\w' -]+?)(?: (?:earlier|before|just now|again|please|a minute ago))*"
)
_PLACES = {"first": 0, "beginning": 0, "start": 0, "last": -1, "final": -1, "end": -1}
_WAS_RE = re.compile(
    rf"{_LEAD}(?:what|which|where|when|how much|who) (?:was|were) (?:the |your |that )?(?P<thing>[\w' -]+?)"
    rf"(?P<again>(?: (?:again|you said|once more|please))*)"
)
"""asks again for a thing that the last reply named: "where was the password again" """
_NEEDS_AGAIN = re.compile(
    r"\b(?:time|day|date|hours?) (?:is|was) (?:it|this)$|\b(?:which|what) \w+ is this$|"
    r"(?:where|when|who|how long|how late|how much|what time) (?:is|was) (?:it|this|that)$(?<!was that)(?<!was it)"
)
"""asks something new, or what the clock shows, and not what was said"""


def asks_again(text: str) -> Again | None:
    """Whether the visitor wants to hear the last reply once more, or a part of it."""
    said = plain(text)
    if not said or asks_clock(text):
        return None
    part = _PART_RE.fullmatch(said)
    if part and not _NEEDS_AGAIN.search(said):
        if part["question"]:
            return Again(_QUESTION_PARTS[part["question"]])
        noun = next(part[name] for name in _NOUNS if part[name])
        return Again(_PARTS[noun] or rf"\b{noun}s?\b")
    lost = _LOST_RE.fullmatch(said)
    if lost:
        return Again(place=_PLACES[lost["place"] or lost["place2"]])
    about = _ABOUT_RE.fullmatch(said)
    if about:
        return Again(_PARTS.get(about["thing"]) or _words_of(about["thing"]), only=True, earlier=True)
    if _FIRST_REPLY_RE.fullmatch(said):
        return Again(first=True)
    if _BARE_NUMBER_RE.fullmatch(said):
        return Again(_DIALLED if "phone" in said else rf"{_DIALLED}|\bnumber \d", only=True)
    placed = _PLACED_RE.fullmatch(said)
    if placed and placed["part"]:
        return Again(place=_PLACES[placed["place"]])
    asked = _asked_again(said) if said != "uh huh" else None
    if asked is not None:
        return Again(wishes=_wishes(said, asked))
    if placed and len(said.split()) > 1:
        return Again(place=_PLACES[placed["place"]])
    detail = _AFTER_RE.fullmatch(said) or _DETAIL_RE.fullmatch(said)
    if detail and len(said.split()) <= _LONGEST:
        return Again(_words_of(detail["thing"]), only=True)
    was = _WAS_RE.fullmatch(said)
    if was and len(said.split()) <= _LONGEST and (was["again"] or was["thing"] in _PARTS):
        noun = was["thing"].split()[-1]
        return Again(_PARTS.get(was["thing"]) or rf"\b{re.escape(noun)}", only=True)
    return None


def asks_own(text: str) -> OwnQuestion | None:
    """Which of their own questions the visitor wants to be told: "what did i ask you first"."""
    own = _OWN_RE.fullmatch(plain(text))
    if own is None:
        return None
    return (
        "first" if {own["which"], own["which2"], own["which3"]} & {"first", "in the beginning", "at first"} else "last"
    )


def _words_of(thing: str) -> str:
    """Pattern of the sentences that name a thing, by its last word."""
    return rf"\b{re.escape(thing.split()[-1])}"


_WISHES: Mapping[MannerWish, re.Pattern[str]] = {
    "louder": re.compile(
        r"\b(?:louder|loudly|speak up|talk up|raise your|more volume|volume up)\b(?<!so loudly)(?<!less loudly)|"
        r"\b(?:too|so) quiet|\b(?:can not|hardly) hear you\b|\bturn (?:it|the volume|the sound) up\b|\bturn up\b"
    ),
    "quieter": re.compile(
        r"\b(?:quieter|softer|softly|keep it down|lower your|less volume|volume down)\b|\b(?:too|so|less) loud|"
        r"(?<!so )(?<!too )\bquietly\b|\bturn (?:it|the volume|the sound) down\b|\bturn down\b"
    ),
    "slower": re.compile(r"\b(?:slower|slow down)\b|(?<!so )(?<!too )\bslowly\b|\b(?:too|so|less) (?:fast|quick)"),
    "faster": re.compile(r"\b(?:faster|quicker|speed up)\b|(?<!so )(?<!too )\bquickly\b|\b(?:too|so|less) slow"),
}


def _asked_again(said: str) -> str | None:
    """What asks again, where nothing else is said: one request or two of them ("i did not hear you can you repeat
    that"), or one with the reason for it. None where something else is said."""
    words = said.split()
    if len(words) > _LONGEST:
        return None
    if _asks(said):
        return said
    for at in range(2, len(words)):
        parts = (" ".join(words[:at]), " ".join(words[at:]))
        asking = [part for part in parts if _asks(part)]
        if asking and all(part in asking or _REASON_RE.fullmatch(part) for part in parts):
            return " ".join(asking)
    return None


def _wishes(said: str, asked: str) -> frozenset[MannerWish]:
    """How it is to be said. It is to be louder for those who hear little, whatever is too loud for them."""
    wishes = {wish for wish, pattern in _WISHES.items() if pattern.search(asked)}
    hardly = said != asked and re.search(_HARD_TO_HEAR, said)
    return frozenset(wishes | {"louder"} if hardly else wishes)


def _asks(said: str) -> bool:
    return bool(_AGAIN_RE.fullmatch(said) or _FORGOT_RE.fullmatch(said))


_EASY = (
    r"(?:in |with |using )?(?:(?:a )?(?:simpler|easier|easy|simple|plain|other|different|normal|everyday)(?: (?:words|"
    r"terms|english|language|way))?|more simply|simply|for (?:a child|dummies|children)|like i am (?:five|a child))"
)
_BRIEF = (
    r"(?:(?:a (?:bit|little) |much )?(?:shorter|briefer|more briefly|briefly|quicker)|in short|in brief|"
    r"in (?:one|a single) sentence|in a nutshell|in (?:a few|fewer|two) words|just the (?:important|main) (?:part|"
    r"parts|thing|things|point|points)|(?:just )?the short version|only the most important(?: part| thing)?)"
)
_SAY_IT = (
    rf"(?:{_CAN_YOU}(?:say|explain|put|tell me|make|repeat|give me|keep|word|phrase|summarise|summarize)"
    r"(?: me)?(?: (?:that|it|this|what you (?:just )?said))?(?: again)? ?)?"
)
_SIMPLER_RE = re.compile(
    rf"{_LEAD}(?:{_SAY_IT}{_EASY}|{_CAN_YOU}(?:simplify|explain) (?:that|it)(?: to me)?|what does that mean|"
    rf"what do you mean(?: by that)?|that (?:is|was) (?:too|very) (?:complicated|difficult|hard)|"
    rf"i do not (?:understand|know) what that means){_TAIL}"
)
_SHORTER_RE = re.compile(
    rf"{_LEAD}(?:{_SAY_IT}{_BRIEF}|{_CAN_YOU}(?:shorten|summarise|summarize) (?:that|it)|that (?:is|was) (?:too|"
    rf"very) (?:long|much)(?: for me| to remember)?|the short version){_TAIL}"
)


def asks_simpler(text: str) -> Simpler | None:
    """Whether the visitor wants the last reply in simpler or in fewer words."""
    said = plain(text)
    if len(said.split()) > _LONGEST:
        return None
    if _SHORTER_RE.fullmatch(said):
        return "shorter"
    return "simpler" if _SIMPLER_RE.fullmatch(said) else None
