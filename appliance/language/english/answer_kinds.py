"""What kind of answer a question wants (a place, a time, a price, a person), and what is left of it when the visitor
corrected themselves in it. Pure.

Sentence embeddings hardly tell "where is the pharmacy" from "when is the pharmacy open"; the question word does.
"""

from __future__ import annotations

import re

from appliance.language.english import follow_ups
from appliance.language.english.contractions import plain
from appliance.language.english.numbers import CARDINALS, ORDINALS
from appliance.language.english.people import GIVEN_NAMES
from appliance.language.english.words import COLORS
from appliance.language.parts import Topic

_ASKED = {
    "place": r"\bwhere|which (?:way|floor|room|street|hall|direction|pier|door)|what (?:floor|room|street|hall)|"
    r"how (?:do|can|would|could) i (?:get|go|come|reach|find)|looking for|point me|show me|direct me",
    "time": r"\bwhen\b|what time|which time|how late|until|what hours|opening|\bhours\b|\bopen\b|\bclose[sd]?\b|"
    r"what days?|which days?",
    "price": r"how much|\bcosts?\b|\bprice|\bpay\b|\bcharge\b|\bfee\b|for free|expensive|cheap|admission",
    "person": r"\bwho\b|whose|name of|which doctor|\bwho's\b",
    "number": r"number|\bcall\b|\bring\b|\bphone\b|\bdial\b|\breach\b",
    "duration": r"how long|how many (?:days|minutes|hours)|how much longer|how soon|how often",
    "permission": r"\b(?:can|may|could) (?:i|we|my|children|kids|parents|visitors|the)\b|allowed|permitted|okay to|"
    r"all right to|\bis it okay|forbidden",
    "existence": r"\bis there|are there|do you (?:have|take|sell|offer|serve)|\bany\b",
}
_SAID = {
    "place": r"\b(?:floor|room|hall|beside|next to|opposite|behind|street|wing|basement|line|desk|entrance|corridor|"
    r"yard|roof|pier|stairs)\b",
    "time": r"\b(?:day|monday|tuesday|wednesday|thursday|friday|saturday|sunday|morning|afternoon|evening|noon|every|"
    r"night)\b",
    "price": r"\b(?:dollars?|euros?|pounds?|free|nothing|charge|cents)\b|[$€£]",
    "person": r"\b(?:doctor|captain|mr|mrs)\b",
    "number": r"\d{3}",
    "duration": r"\b(?:minutes|hours|days|weeks)\b",
    "permission": r"\b(?:may|can|allowed|welcome|only|please|except)\b",
}
_DEMANDED = {
    "time": r"^(?:and |so |but )?(?:when|what time|at what time|until when|how late|from when)\b(?!.*\bwhere\b)",
    "price": r"^(?:and |so |but )?(?:how much (?:is|are|does|do)|what do(?:es)? .* cost|what is the price)\b",
    "person": r"^(?:and |so |but )?(?:who(?:'s| is| are| runs| leads| treats)|which doctor|what is the name of)\b",
    "number": r"\b(?:phone|telephone|fax) number\b",
}
_ASKED_RE = {kind: re.compile(pattern) for kind, pattern in _ASKED.items()}
_SAID_RE = {kind: re.compile(pattern) for kind, pattern in _SAID.items()}
_DEMANDED_RE = {kind: re.compile(pattern) for kind, pattern in _DEMANDED.items()}
_FULL_NAME = re.compile(r"\b[A-Z][a-z]+ [A-Z][a-z]+\b")


def asked_for(question: str) -> frozenset[str]:
    """Kinds of answer that a question's words ask for; empty when they do not show it."""
    return frozenset(kind for kind, pattern in _ASKED_RE.items() if pattern.search(question.lower()))


def demands(question: str) -> frozenset[str]:
    """The kinds without which a statement is no answer: "who is …" wants a person, whatever else is known."""
    return frozenset(kind for kind, pattern in _DEMANDED_RE.items() if pattern.search(question.lower()))


def given_by(statement: str) -> frozenset[str]:
    """Kinds of answer that a statement holds."""
    kinds = {kind for kind, pattern in _SAID_RE.items() if pattern.search(statement.lower())}
    return frozenset(kinds | ({"person"} if _FULL_NAME.search(statement) else set()))


# --- what cannot answer -----------------------------------------------------------------------------------------------

_FAULTS = (
    r"(?:broken|out of order|out of service|out of use|not working|not running|jammed|stuck|blocked|clogged|flooded|"
    r"leaking|"
    r"overflowing|filthy|dirty|disgusting|smelly|stinking|a mess|faulty|defective|damaged|cracked|not clean|unclean|"
    r"down|"
    r"sticky|switched off|vandali[sz]ed)"
)
_OF_THE_HOUSE = (
    r"(?:the|your|this|that|one of (?:the|your)|all (?:the|your)|both) (?!(?:\w+ )?(?:wi-?fi|internet|network|bone|"
    r"leg|arm|"
    r"doctor|nurse)\b)(?:[\w'-]+ ){1,4}?"
)
_COMPLAINS = re.compile(
    rf"^(?:(?:um|uh|oh|so|and|but|well|hello|hi|excuse me|sorry|i think|hey|why) )*(?:(?:is|are) )?{_OF_THE_HOUSE}"
    r"(?:(?:is|are|was|were|seems?|looks?|keeps?|has been|have been|(?:does|do)(?:n't| not) seem)(?: to be)? )?"
    rf"(?:(?:really|very|so|all|completely|still|again|always|absolutely|too|just|a bit|quite) )*{_FAULTS}\b|"
    rf"^(?:(?:so|and|but|hello|hi|excuse me) )*(?:is|are) {_OF_THE_HOUSE}(?:(?:still|currently|back) )?(?:working|"
    rf"fixed|"
    r"repaired|in order|in service)(?: again| now| yet)?$|"
    rf"\b{_OF_THE_HOUSE}(?:do(?:es)?(?:n't| not) (?:work|flush|come|move|print|start|turn|give)|won't (?:work|flush|"
    rf"come|move|"
    rf"print|start|open|close|turn)|has broken down|have broken down|(?:has |have )?stopped working|stinks?|smells?|"
    rf"(?:has |have )?(?:ate|eaten|swallowed) my)\b|"
    r"\bthere(?:'s| is| are) (?:no|not any)(?: more)? (?:toilet paper|paper|soap|(?:paper )?towels?|hot water|light|"
    r"tissues|"
    r"toilet roll)\b(?! (?:allowed|needed))|\b(?:no|(?<!i'm )(?<!i am )(?<!we're )(?<!we are )out of) (?:toilet "
    r"paper|soap|toilet roll|paper towels)\b"
)
"""tells that a thing of the house is in a bad state"""
_ON_FAULTS = (
    r"\b(?:broken|out of order|not work\w*|dirty|complain\w*|complaints?|faults?|faulty|repairs?|"
    r"report\w*|defect\w*|damage\w*)\b"
)
_FED = (
    r"(?:teas?|coffees?|beers?|wines?|juices?|sandwich(?:es)?|salads?|pizzas?|soups?|cakes?|ice creams?|colas?|"
    r"cokes?|lemonades?|"
    r"burgers?|muffins?|croissants?|cookies|hot chocolates?|cappuccinos?|lattes?|espressos?|milk|water)"
)
_KIN = (
    r"husband|wife|mother|mum|mom|father|dad|brother|sister|grandm\w+|granny|grandf\w+|grandpa|grandad|aunt|uncle|"
    r"cousin|nephew|niece|partner|fiancee?|girlfriend|boyfriend|friend|colleague|neighbou?r|relative"
)
_CHILDREN = r"son|daughter|child|kid|baby|boy|girl|grandson|granddaughter"
_GIVEN = "|".join(GIVEN_NAMES)
_BEDROOM = r"(?:room|ward|bed|floor|unit)"
_STAYS = r"(?: (?:lying|staying|sleeping|being treated|being kept))?"
_AT_ONCE = r"(?: (?:now|here|please|today|again|then|at the moment|right now|still|a patient(?: here)?))*$"


def _room_of(person: str) -> tuple[str, ...]:
    """Patterns of questions in which room a person is."""
    return (
        rf"\b(?:what|which) {_BEDROOM} (?:is|was|has) {person}{_STAYS}(?: (?:in|on))?{_AT_ONCE}",
        rf"\b(?:what|which) {_BEDROOM} (?:did|have|are) (?:they|you) (?:put|place|moved?|keeping) {person}(?: in| on)?"
        rf"{_AT_ONCE}",
        rf"\b(?:what|which) {_BEDROOM} {person} is(?: in| on)?{_AT_ONCE}",
        rf"\b{person}(?:'?s|s') {_BEDROOM}(?: number)?(?: is)?{_AT_ONCE}",
        rf"\b{_BEDROOM}(?: number)? (?:of|for) {person}{_AT_ONCE}",
    )


def _whereabouts_of(person: str) -> tuple[str, ...]:
    """Patterns of questions where a person is."""
    return (
        rf"\b(?:where is|where's|where (?:can|do|could|will|would) i find|where (?:can|do) (?:i|we) (?:visit|see)|"
        rf"how do i (?:find|get to)) {person}{_STAYS}{_AT_ONCE}",
        rf"\bwhere {person} is{_STAYS}{_AT_ONCE}",
        rf"^(?:and |so |hello |excuse me )*is {person} (?:still |already )?(?:here|a patient|in)\b",
    )


_TITLED_NAME = r"(?:mr|mrs|ms|miss|mister|missus)\.? (?:[\w-]+ )??(?P<named>[\w-]+?)"
_WHOLE_NAME = rf"(?:{_GIVEN}) (?P<named>[\w-]+?)"
_OF_PATIENTS = (
    r"\b(?:where (?:is|are) (?:a|the|my) patients?|find (?:a|the|my|your) patient|room of a patient|"
    rf"patient information|patient enquiries|(?:which|what) {_BEDROOM} is (?:a|the|my) patient)\b"
)
_OWN_RELATIVE = r"(?:my|our|her|his) (?:\w+ )?(?P<named>{})"
_WHO_IS_WHERE = tuple(
    (question, rf"{_OF_PATIENTS}|{needed}")
    # What names the same relative may tell of another one: "my husband is in intensive care".
    for questions, needed in (
        (_room_of(_OWN_RELATIVE.format(f"{_KIN}|{_CHILDREN}")), r"\bmy {named}'?s? room"),
        (_whereabouts_of(_OWN_RELATIVE.format(_KIN)), r"\bwhere is my {named}\b"),
        (_room_of(_TITLED_NAME), r"\b{named}"),
        (_whereabouts_of(_TITLED_NAME), r"\b{named}"),
        (_room_of(_WHOLE_NAME), r"\b{named}"),
        (_whereabouts_of(_WHOLE_NAME), r"\b{named}"),
        (_room_of(rf"(?P<named>{_GIVEN})"), r"\b{named}"),
    )
    for question in questions
)
"""questions where somebody is whom a site hardly knows, and what a statement that answers them holds"""
_NEEDS = (
    *_WHO_IS_WHERE,
    (
        rf"\b(?:how much (?:is|are|does|do|for|would)|what do(?:es)?|price of|what is the price of) (?:an? |the |"
        rf"your |one )?"
        rf"(?:\w+ (?:of )?)?(?P<named>{_FED})(?: (?:cost|please|here|there))*$",
        r"\b{named}",
    ),
    (r"\b(?:emergency|fire) (?:exits?|escapes?|stairs)\b", r"\b(?:exits?|escapes?|way out)\b"),
    (
        r"^(?:no |and |sorry )*(?:(?:where|how) .*|i (?:want|need|meant?|said) )?the (?:stairs|staircase|stairway)$",
        r"\bstair",
    ),
    (
        r"\bhow old (?:is|are|was|were) (?!i\b|we\b|my\b|you\b)",
        r"\b(?:years?|old|age|born|birthday|built|founded|century|since|1[0-9]{3}|20\d\d|opened in|(?:nine|eight|"
        r"seven)teen)\b",
    ),
    (r"\bhow deep\b", r"\b(?:deep|depth|met(?:er|re)s?|feet|foot|fathoms?|kilomet(?:er|re)s?)\b"),
    (
        r"\bhow (?:high|tall) (?:is|are|was|were|did)\b"
        r"(?!.*\b(?:price|fees?|limit|rate|charges?|cost|fine|interest|rent|deposit|tax|temperature|risk|chances?|score)\b)",
        r"\b(?:high|tall|height|met(?:er|re)s?|feet|foot|stor(?:e?y|ies)|floors)\b",
    ),
    (
        r"\bhow heavy\b|\bhow much (?:does|did|do) .* weigh\b",
        r"\b(?:heavy|weigh\w*|kilos?|kilograms?|tons?|tonnes?|pounds)\b",
    ),
    (
        r"\b(?:lost (?:my|our) way|(?:i'm|i am|we're|we are|i got|we got|am i|getting) lost)\b",
        r"\b(?:lost (?:my|your|our) way|(?:i am|we are|gets?) lost|maps?|directions|find your way)\b",
    ),
    (
        r"\b(?:lost|can't find|cannot find|looking for) my (?:\w+ )?(?:wife|husband|son|daughter|child|children|"
        r"kids?|mother|"
        r"father|mum|mom|dad|boy|girl|baby|friend|friends|group|family|brother|sister|grandm\w+|grandf\w+|grandpa|partner)\b(?!')",
        r"\b(?:lost (?:child|children|person|people|my (?:\w+ )?(?:wife|husband|son|daughter|child|children|kids?|"
        r"friend|group))|"
        r"missing|visit\w*|patients?|wards?|call(?:ed)? out|announce\w*|loudspeaker|meeting point|find my|looking "
        r"for my)\b",
    ),
)
_PLURAL = re.compile(r"e?s$")
_NEEDS_RE = tuple((re.compile(question), known) for question, known in _NEEDS)
"""questions that only some statements can answer, and what those hold: "how much is a tea" needs the tea, since a
coffee is near to it"""


def can_answer(question: str, known: str) -> bool:
    """Whether an entry can answer a question at all, by what it says and is asked for (``known``): where the lift is
    does not answer that it is broken, and what a coffee costs is not the price of a tea."""
    asked, holds = question.lower().replace("’", "'").strip(" .?!"), known.lower()
    if _COMPLAINS.search(asked) and not re.search(_ON_FAULTS, holds):
        return False
    for pattern, needed in _NEEDS_RE:
        found = pattern.search(asked)
        if found is None:
            continue
        named = found.groupdict().get("named")
        # One of several is enough: "coffees" are named by "a coffee".
        if not re.search(needed.format(named=_PLURAL.sub("", named)) if named else needed, holds):
            return False
    return True


# --- places by number or colour ---------------------------------------------------------------------------------------

_NUMBER = rf"(?:\d+[a-z]?|{'|'.join(CARDINALS)})"
_NTH = rf"(?:\d+(?:st|nd|rd|th)|{'|'.join(ORDINALS)})"
_NUMBERED = (
    r"(?:room|hall|ward|desk|line|door|gate|counter|window|platform|building) (?:number )?"
    rf"{_NUMBER}(?: {_NUMBER}){{0,3}}"
)
_COLORED = rf"(?:{'|'.join(COLORS)}) (?:line|door)"
_FLOOR = rf"{_NTH} floor"
_PLACE_ASKED = tuple(
    re.compile(rf"(?:(?:and|so|um|uh|hello|hi|excuse me|sorry|please|okay) )*{asked}(?: please)?")
    for asked in (
        rf"(?:what is|what are|what can i (?:find|see)|what do you have|which \w+ (?:is|are)|what about)"
        rf"(?: there)? (?:in|on|at|behind) (?:the )?(?P<place>{_NUMBERED}|{_COLORED}|{_FLOOR})",
        rf"where (?:is|are) (?:the )?(?P<place>{_NUMBERED}|{_COLORED})",
        rf"where (?:do|does) (?:the )?(?P<place>{_COLORED}|line {_NUMBER}) (?:go|lead|take (?:me|you)|end)(?: to)?",
        r"where (?:do|will|can) (?:i|we|you) (?:go|get|end up|come)(?: to)? (?:with|along|on|by|if (?:i|we|you) follow)"
        rf" (?:the )?(?P<place>{_COLORED})",
        rf"(?:in|on|at|what about)? ?(?:the )?(?P<place>{_NUMBERED}|{_COLORED}|{_FLOOR})",
    )
)


def place_asked(question: str) -> str:
    """The place, named by its number or colour, of which it is asked where it is or what is there."""
    said = plain(question)
    return next((found["place"] for asked in _PLACE_ASKED if (found := asked.fullmatch(said))), "")


# --- corrections ------------------------------------------------------------------------------------------------------

_TAKEN_BACK = re.compile(
    # "There's no paper" and "i have no money" take nothing back.
    r"(?<!\bthere's)(?<!\bthere is)(?<!\bthere are)(?<!\bthere was)(?<!\bhave)(?<!\bhas)(?<!\bhad)(?<!\bgot)"
    r"(?<!\bwith)(?<!\bsee)(?<!\bby)(?<!\bin)[,.]? (?:(?:oh|uh|um) )?(?:(?:no|wait|sorry|oops|actually|"
    r"rather|or rather|scratch that|correction|i mean|i meant|"
    r"i'm sorry|excuse me|i wanted to say|i should say|not that|make that|let me start again)[, ]+)+(?=\S)"
)
_STRONG = re.compile(
    r"\b(?:no wait|wait no|no sorry|sorry no|no no|i mean|i meant|or rather|scratch that|correction|no actually|"
    r"actually no|"
    r"make that|sorry|oops|i wanted to say|i should say|no)\b"
)
_DROPPED = re.compile(
    r"(?<=\w)[,.?]? (?:(?:actually|oh|no|wait|sorry|but|um|uh),? )*(?:never mind|nevermind|forget (?:it|that|"
    r"about (?:it|that))|leave it)"
    r"(?: that)?,? (?:(?:actually|rather|instead|just|and|but|please|tell me),? )*"
    r"(?=(?:where|when|what|which|who|how|is there|are there|is the|are the|is it|do you|can i|may i|"
    r"can you tell|could you tell)\b)"
)
"""drops the question before it for the one behind it; "never mind" alone drops all"""
_NOTHING_SAID = re.compile(r"(?:(?:no|oh|sorry|wait|um|uh|and|but|well)[, ]*)+")
_DETERMINER = r"(?:the|a|an|my|your|our|this|that|doctor|room|desk|floor|bus)"
_NOT_THIS = re.compile(
    rf"^(?:no )?(?:i (?:do not|don't) (?:mean|want|need)|not) (?P<wrong>{_DETERMINER} \w+(?: (?!{_DETERMINER}\b|"
    rf"where|when|what|how|but|i\b)\w+)?),? "
    rf"(?:but |i (?:mean|want|need) )?(?P<right>{_DETERMINER} .+)$"
)
_NOT_THAT = re.compile(
    rf"^(?P<right>(?:where|when|how|what|is|are|who|which)\b.*?),? (?:and )?not (?:to )?{_DETERMINER} \w+(?: \w+)?$"
)
_NOT_THE_OTHER = re.compile(
    rf"^(?:(?:no|sorry|i (?:want|wanted|need|mean|meant|said|asked for)|please|it was|it's) )*"
    rf"(?P<right>{_DETERMINER}(?: (?!is\b|are\b|was\b|does\b|do\b|has\b|not\b|where\b|when\b)\w+){{1,4}}),? (?:and "
    rf")?not "
    rf"{_DETERMINER} \w+(?: \w+){{0,2}}$"
)
_TRAILING_QUESTION = re.compile(
    r"^(?P<what>.+?),? (?P<ask>where|when|who|what|how much) (?P<verb>is|are|does|do) (?:it|they|that|he|"
    r"she)(?P<rest> .*)?$"
)


def corrected(question: str) -> str:
    """The question that is left when the visitor took part of it back: "where is the pharmacy no wait i mean the cafe"
    asks where the cafe is."""
    text = question
    denied = _NOT_THIS.match(text.lower())
    if denied:
        text = denied["right"]
        turned = _TRAILING_QUESTION.match(text)
        return f"{turned['ask']} {turned['verb']} {turned['what']}{turned['rest'] or ''}" if turned else text
    contrasted = _NOT_THAT.match(text.lower())
    if contrasted:
        return contrasted["right"]
    other = _NOT_THE_OTHER.match(text.lower())
    if other:
        return other["right"]
    dropped = _DROPPED.search(text.lower())
    if dropped:
        return corrected(text[dropped.end() :])
    last = None
    for found in _TAKEN_BACK.finditer(text.lower()):
        if found.start() and _STRONG.search(found.group()):
            last = found
    if last is None:
        return text
    before, after = text[: last.start()].strip(" ,."), text[last.end() :].strip(" ,.")
    if _NOTHING_SAID.fullmatch(before.lower()):
        # What is taken back was said before: "no i mean the pharmacy".
        return text
    if re.match(r"(?:where|when|what|who|which|how|is|are|do|does|can|could|may|i|is there)\b", after.lower()):
        whole = follow_ups.complete(after, Topic(thing=follow_ups.thing([before], "")))
        return whole[0].question if whole else after
    return _replaced(corrected(before), after)


_LEADS = ("on", "at", "in", "for", "to", "with", "from", "by", "until")


def _replaced(before: str, after: str) -> str:
    """``before`` with its last phrase of the same kind replaced by ``after``."""
    words, new = before.split(), after.lower().split()
    starts = [n for n, word in enumerate(words) if word.lower() == new[0]]
    if new[0] in _LEADS and starts:
        return " ".join([*words[: starts[-1]], after])
    determiners = [n for n, word in enumerate(words) if n and re.fullmatch(_DETERMINER, word.lower())]
    if re.fullmatch(_DETERMINER, new[0]) and determiners:
        at = determiners[-1]
        return " ".join([*words[:at], after, *_after_phrase(words, at)])
    if len(words) > 1 and not re.fullmatch(_DETERMINER, new[0]):
        return " ".join([*words[: -len(new)], after]) if len(words) > len(new) else after
    return after


_AFTER_A_PHRASE = frozenset("open closed close free cost costs today tomorrow now on at in and please".split())


def _after_phrase(words: list[str], at: int) -> list[str]:
    """What follows a noun phrase that begins at ``at`` and is probably not of it: "is the pharmacy *open now*"."""
    end = next((n for n in range(at + 2, len(words)) if words[n].lower() in _AFTER_A_PHRASE), len(words))
    return words[end:]
