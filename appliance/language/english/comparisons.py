"""English questions that compare two things, and the sentences that answer them: "which is cheaper, the soup or a
coffee". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from appliance.language.english.numbers import CARDINALS
from appliance.language.english.tokens import without_marks
from appliance.language.parts import Comparison, Counted, Measure, Topic

_ITEM = r"(?P<{}>(?:(?:the|a|an|your|our|my) )?[\w' -]+?)"
_FIRST, _SECOND = _ITEM.format("first"), _ITEM.format("second")
_WHEN = (
    r"(?P<when>(?:on |at )?(?:the )?(?:(?:sun|mon|tues|wednes|thurs|fri|satur)days?|weekends?|today|tomorrow|tonight)"
    r"(?: (?:morning|afternoon|evening|night))?)"
)
_WHICH = r"(?:which|what|who)(?: (?:one|place|clinic|room|office|shop|desk|way|option|floor))?"
_BE = r"(?:is|are|would be|will be)"
_ADJECTIVES: dict[str, tuple[Measure, bool]] = {
    **dict.fromkeys(("cheaper", "less expensive", "cheapest", "the cheaper", "less"), ("price", False)),
    **dict.fromkeys(("more expensive", "dearer", "pricier", "more", "the dearer"), ("price", True)),
    **dict.fromkeys(("faster", "quicker", "the faster", "the quicker", "fastest", "quickest"), ("duration", False)),
    **dict.fromkeys(("slower",), ("duration", True)),
    **dict.fromkeys(
        ("closer", "nearer", "the closer", "the nearer", "less far", "closest", "nearest"), ("distance", False)
    ),
    **dict.fromkeys(("further away", "farther away", "further", "farther", "more distant"), ("distance", True)),
    **dict.fromkeys(("open longer", "open later", "longer open", "open late"), ("closes", True)),
    **dict.fromkeys(
        ("higher", "higher up", "further up", "upstairs from", "above", "on a higher floor"), ("height", True)
    ),
    **dict.fromkeys(("lower", "lower down", "further down", "below", "on a lower floor"), ("height", False)),
}
_VERBS: dict[str, tuple[Measure, bool]] = {
    **dict.fromkeys(
        ("closes first", "closes earlier", "close first", "close earlier", "shuts first"), ("closes", False)
    ),
    **dict.fromkeys(("close before", "close earlier than", "shut before"), ("closes", False)),
    **dict.fromkeys(
        ("closes later", "closes last", "close later", "close later than", "close after"), ("closes", True)
    ),
    **dict.fromkeys(("is open longer", "stays open longer", "stays open later"), ("closes", True)),
    **dict.fromkeys(("stay open longer than", "stay open later than", "stay open after"), ("closes", True)),
    **dict.fromkeys(("opens first", "opens earlier", "open first", "open earlier", "open before"), ("opens", False)),
    **dict.fromkeys(("open earlier than",), ("opens", False)),
    **dict.fromkeys(("opens later", "open later than", "open after", "opens last"), ("opens", True)),
    **dict.fromkeys(("takes longer", "take longer", "take longer than", "takes longest"), ("duration", True)),
    **dict.fromkeys(("takes less time", "take less time", "takes less long"), ("duration", False)),
    **dict.fromkeys(("costs more", "cost more", "cost more than"), ("price", True)),
    **dict.fromkeys(("costs less", "cost less", "cost less than"), ("price", False)),
}


_ALIKE: dict[str, Measure] = {
    **dict.fromkeys(("expensive", "cheap", "dear", "much"), "price"),
    **dict.fromkeys(("fast", "quick"), "duration"),
}
"""after "as": whether two things are alike is asked"""
_EQUALLY: dict[str, Measure] = {
    **dict.fromkeys(("cost the same", "the same price", "equally expensive", "cost the same amount"), "price"),
    **dict.fromkeys(("take the same time", "take equally long", "equally fast", "take as long"), "duration"),
    **dict.fromkeys(("close at the same time", "closed at the same time"), "closes"),
    **dict.fromkeys(("open at the same time",), "opens"),
    **dict.fromkeys(("cost as much",), "price"),
    **dict.fromkeys(("open as early",), "opens"),
    **dict.fromkeys(("close as late",), "closes"),
}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_AHEAD = rf"^(?:(?:um|so|and|okay|well|please|tell me|can you tell me|do you know) )*(?:{_WHEN},? )?"
_BEHIND = rf"(?: {_WHEN.replace('<when>', '<then>')})?$"
_ADJECTIVE = rf"(?P<adjective>(?:the )?(?:{_any(_ADJECTIVES)})|as (?:{_any(_ALIKE)}))(?: (?:one|option|choice|way))?"
_VERB = rf"(?P<verb>{_any(_VERBS)})"
_CHOICE = rf"{_WHICH} (?:{_BE} {_ADJECTIVE}|{_VERB})"
_PAIR = rf"(?:(?:between|of|out of) )?{_FIRST} (?:or|and) {_SECOND}"
_SAMENESS = rf"(?P<same>{_any(_EQUALLY)})"
_PATTERNS = tuple(
    re.compile(_AHEAD + pattern + _BEHIND)
    for pattern in (
        rf"{_CHOICE}(?: {_WHEN.replace('<when>', '<amid>')})?,? {_FIRST} or {_SECOND}",
        rf"{_PAIR},? {_CHOICE}",
        rf"(?:is|are) it {_ADJECTIVE} {_FIRST} or {_SECOND}",
        rf"(?:is|are) {_FIRST} or {_SECOND} {_ADJECTIVE}",
        rf"how much (?P<adjective>{_any(_ADJECTIVES)}) {_BE} {_FIRST} than {_SECOND}",
        rf"(?:what is|is there) (?:a |the )?(?:price )?difference (?:in price )?between {_FIRST} (?P<cost>and) "
        rf"{_SECOND}",
        rf"how much (?:is|are|do|does|would|will) {_FIRST} (?P<together>and) {_SECOND} (?:be |cost )?"
        r"(?:together|altogether|all together|in total|in all)",
        rf"(?P<whether>is|are) {_FIRST} (?P<adjective>above|below|upstairs from) {_SECOND}",
        rf"(?P<whether>is|are) {_FIRST} (?:(?:a lot|a bit|much) )?{_ADJECTIVE} (?:than|as) {_SECOND}",
        rf"(?P<whether>would|will) {_FIRST} be (?:(?:a lot|a bit|much) )?{_ADJECTIVE} (?:than|as) {_SECOND}",
        rf"(?P<whether>does|do|would|will) {_FIRST} {_VERB} {_SECOND}",
        rf"(?P<whether>do|does|are|is) {_FIRST} and {_SECOND} (?:both )?{_SAMENESS}",
        rf"(?P<whether>does|is) {_FIRST} (?P<same>cost as much|open as early|close as late|take as long) as {_SECOND}",
    )
)
_SAME = re.compile(
    _AHEAD + rf"(?P<whether>is|are) (?:{_FIRST} and {_SECOND} (?:both )?(?:on|in) the same (?P<place>floor|level)|"
    rf"{_FIRST.replace('first', 'one')} (?:on|in) the same (?P<storey>floor|level) (?:as|with|like) "
    rf"{_SECOND.replace('second', 'other')})" + _BEHIND
)
_NAMELESS = tuple(
    re.compile(_AHEAD + pattern + r"(?: (?:of (?:the )?(?:two|both|them|those)|then|now))*" + _BEHIND)
    for pattern in (
        rf"{_WHICH} (?:of (?:the two|them|those|both) )?{_BE} {_ADJECTIVE}",
        rf"{_WHICH} (?:of (?:the two|them|those|both) )?{_VERB}",
        r"(?P<whether>are) (?:they|those|these|both|the two)(?: both)? (?:on|in) the same (?P<floor>floor|level)",
    )
)
"""name no things"""
_GOOD = r"(?:good|nice|kind|tasty|friendly|pretty|clever)"
_JUDGES = re.compile(
    r"\b(?:which|who|what|is|are)\b.*\b(?:better|nicer|friendlier|kinder|smarter|prettier|tastier|best|worst|worse)\b"
    r"(?!.* way (?:to|of)\b)(?:.*\bor\b|.*\bdoctor|.*\bnurse|$)|"
    r"\b(?:which|who|what)\b.* (?:best|nicest|friendliest|kindest|prettiest|tastiest|most beautiful)"
    r"(?! (?:way|time|day|price|route|bus|number|entrance)\b)(?: \w+)?"
    r"(?: here| around here| in \w+| in the \w+| of all)?$|"
    r"^(?:(?:and|so|but|well) )*(?:is|are|was) (?:he|she|it|they|that|the [\w ]+?|doctor \w+) (?:any|really|actually) "
    rf"{_GOOD}$|\b(?:doing a good job|a good (?:doctor|mayor|cook|teacher|person|idea))\b|"
    rf"^(?:(?:and|so|but|well) )*(?:is|are) (?:the|your) [\w ]+? (?:here )?{_GOOD}(?: here)?$|"
    rf"^(?:(?:and|so|but|well) )*how {_GOOD} (?:is|are) |\bdo you think .* {_GOOD}$|"
    r"\bworth (?:it|the money|the price|seeing|a visit)$|\bwho(?:'s| is) better\b|"
    r"\bwould you (?:rather |yourself )?(?:take|choose|recommend|pick|prefer|vote|eat|buy|order|go to|see|stay)\b|"
    r"\bwhat (?:do|would|can) you recommend\b|\b(?:should|shall) i (?:vote for|believe in)\b|"
    r"\bwho(?:m)? should i vote\b|\bdo you (?:prefer|like best)\b"
)
_ASKING: dict[Measure, tuple[str, ...]] = {
    "price": ("how much is {}", "what does {} cost", "{}"),
    "duration": ("how long does {} take", "how long does it take to get {}", "{}"),
    "closes": ("when does {} close{}", "when is {} open{}"),
    "opens": ("when does {} open{}", "when is {} open{}"),
    "distance": ("where is {}", "where do i find {}", "how do i get to {}", "{}"),
    "height": ("which floor is {} on", "where is {}", "where do i find {}", "{}"),
    "floor": ("which floor is {} on", "where is {}", "where do i find {}", "{}"),
}
JOINTS = frozenset({",", ";", ".", "and", "but", "or"})
LASTING = frozenset({"tak", "last"})
_FLOOR = re.compile(
    r"\b(ground|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|top|lower|upper) (?:floor|level)\b|"
    r"\b(basement)\b"
)
STOREYS: Mapping[str, int] = {
    "basement": -1,
    **{
        word: at
        for at, word in enumerate(
            ("ground", *"first second third fourth fifth sixth seventh eighth ninth tenth".split())
        )
    },
}
_RESULTS = {
    ("price", False): "{} is cheaper.",
    ("price", True): "{} is more expensive.",
    ("duration", False): "{} is faster.",
    ("duration", True): "{} takes longer.",
    ("closes", False): "{} closes first.",
    ("closes", True): "{} is open longer.",
    ("opens", False): "{} opens first.",
    ("opens", True): "{} opens later.",
    ("height", True): "{} is higher up.",
    ("height", False): "{} is lower down.",
}
_EQUAL = {
    "price": "Both cost the same.",
    "duration": "Both take the same time.",
    "closes": "Both close at the same time.",
    "opens": "Both open at the same time.",
    "height": "Both are on the same floor.",
}


def compares(text: str, topic: Topic) -> Comparison | None:
    """What a question compares; None where it compares nothing that can be calculated. Where it names no things, they
    are those of the topic: "and which is cheaper"."""
    low = without_marks(text, "?.!;")
    low = re.sub(r"\b(what|which|who)'s\b", r"\1 is", low)
    same = _SAME.match(low)
    if same:
        first, second = (same["first"], same["second"]) if same["place"] else (same["one"], same["other"])
        return Comparison("floor", False, first, second, "", True)
    named = next((found for pattern in _PATTERNS if (found := pattern.match(low))), None)
    if named:
        first, second = (_thing(named[name], topic) for name in ("first", "second"))
        if _SEVERAL.search(first) or _SEVERAL.search(second):
            return None
        return _comparison(named, first, second) if first != second else None
    nameless = next((found for pattern in _NAMELESS if (found := pattern.match(low))), None)
    return _comparison(nameless, topic.other, topic.thing) if nameless and topic.other and topic.thing else None


_SEVERAL = re.compile(
    r"\w, |(?<!\bof)(?<!\bin)(?<!\bon)(?<!\bat)(?<!\bto)(?<!\bby)(?<!\bfor)(?<!\bfrom)(?<!\bwith) (?:the|your) "
)
"""two things in a row, as in "the laboratory the cafe", and not "the table by the window" """
_BESIDE = re.compile(r"^(?:(?:to )?(?:take|taking|go|going|use|get|have|pay) )?(?:(?:by|with|for|in|on|via) )?(?=\S)")
_COSTS = re.compile(r" (?:costs?|takes?|is|does)$")


def _thing(said: str, topic: Topic) -> str:
    """A thing without the words around it, and that of the topic for a pronoun: "to take the bus", "that"."""
    if said in ("it", "that", "this", "they", "those") and topic.thing:
        return topic.thing
    return _COSTS.sub("", _BESIDE.sub("", said))


def _comparison(found: re.Match[str], first: str, second: str) -> Comparison:
    said = found.groupdict()
    when, whether = said.get("when") or said.get("amid") or said.get("then") or "", bool(said.get("whether"))
    if said.get("floor"):
        return Comparison("floor", False, first, second, when, whether)
    if said.get("together"):
        return Comparison("price", False, first, second, when, together=True)
    if said.get("cost"):
        return Comparison("price", True, first, second, when)
    words = said.get("adjective")
    alike = _EQUALLY.get(said.get("same") or "") or _ALIKE.get((words or "").removeprefix("as "))
    if alike:
        return Comparison(alike, True, first, second, when, whether, same=True)
    measure, more = _ADJECTIVES[words.removeprefix("the ")] if words else _VERBS[found["verb"]]
    return Comparison(measure, more, first, second, when, whether)


_UNIT = r"(?:hour|day|week|month|night|year|minute)s?"
_SOME = r"(?:an?|one|half an?|the whole|a whole|a full|\d+|[a-z]+)"
_TIMED = re.compile(
    rf"^(?:{_SOME} {_UNIT}(?:'s?)? (?:of |at |in |with )(?:the )?(?P<of>.+)|"
    rf"{_SOME} (?:hours|days|weeks|months|nights|minutes)(?:'s?)? (?P<for>.+)|"
    rf"(?P<thing>.+?) (?:for|per|by) {_SOME} {_UNIT}|(?P<all>.+?) (?:all day|overnight|by the hour))$"
)
_COUNT = re.compile(r"^(?:the |my |our )?(?P<number>a (?:couple|pair|dozen)(?: of)?|\d+|[a-z]+(?: of)?) (?P<thing>.+)$")
_GROUPS = {
    "couple of": 2,
    "a couple of": 2,
    "a couple": 2,
    "a pair of": 2,
    "a dozen of": 12,
    "both": 2,
    "a dozen": 12,
    "dozen": 12,
}


def counted(item: str) -> Counted:
    """How much of a thing an item of a comparison is: "four adult tickets", "two hours of parking"."""
    timed = _TIMED.match(item)
    if timed:
        return Counted(1, next(thing for thing in timed.groupdict().values() if thing), uncountable=True)
    if re.search(r"\b(?:and|plus|with)\b", item):
        return Counted(1, item, uncountable=True)
    many = _COUNT.match(item)
    if many is None:
        return Counted(1, item)
    said = many["number"]
    number = int(said) if said.isdigit() else _GROUPS.get(said) or CARDINALS.get(said, 0)
    return Counted(number, many["thing"]) if number else Counted(1, item)


def judges(text: str) -> bool:
    """Whether a question asks for an opinion: "which doctor is better"."""
    return bool(_JUDGES.search(text.lower()))


def asking(comparison: Comparison, item: str) -> list[str]:
    """Questions for what is compared of one of the two things, best first."""
    when = f" {comparison.when}" if comparison.when else ""
    return [whole.format(item, when) for whole in _ASKING[comparison.measure]]


def floor(statement: str) -> str:
    """The floor that a statement names; empty where it names none or several."""
    named = {found[0] or found[1] for found in _FLOOR.findall(statement.lower())}
    return named.pop() if len(named) == 1 else ""


def say_comparison(comparison: Comparison, order: int) -> str:
    """The answer. ``order`` is below 0 where the value of the first thing is the smaller one, and 0 where they are
    equal."""
    if comparison.measure == "floor":
        return "Yes." if order == 0 else "No."
    if order == 0:
        return "Yes." if comparison.same else _EQUAL[comparison.measure]
    first_wins = (order > 0) == comparison.more
    if comparison.whether and not comparison.same:
        return "Yes." if first_wins else "No."
    winner = comparison.first if first_wins else comparison.second
    said = re.sub(r"^(?:your|our|my) ", "the ", winner)
    result = _RESULTS[comparison.measure, comparison.more].format(said[:1].upper() + said[1:])
    if comparison.measure == "price" and counted(winner).number > 1:
        result = result.replace(" is ", " are ")
    return f"No. {result}" if comparison.same else result
