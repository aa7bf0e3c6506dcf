"""Questions in English that a statement answers, drafted by rules: from the form of its sentences, and from the
everyday things that it speaks of. Pure.

They stand in for paraphrases that nobody wrote. Those of form ("where is the sauna") are those that an author would
write first; those of subjects ("where can i park my car", of anything that speaks of parking) are what people ask of
such things everywhere. None of them adds anything to what is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from appliance.language.english.everyday import SUBJECTS
from appliance.language.english.sentences import sentences

# --- from the form of a sentence --------------------------------------------------------------------------------------

_PLACE = (
    r"(?:in|on|at|behind|beside|next to|near|opposite|below|above|under|between|down|up|through|to the (?:left|right)|"
    r"left of|right of|outside|inside|across|around|upstairs|downstairs)\b"
)
_NOT_A_PLACE = (
    r"(?:on|in|at) (?:\w*days?|the (?:morning|afternoon|evening)|the \w+ \w*day|request|time|your own)\b|at \w+$"
)
_MONEY = r"(?:dollars?|euros?|pounds?|cents?|pence|free|for nothing)\b|[$€£]"
_WHEN = (
    r"\b(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?|weekdays?|weekends?|"
    r"every (?:day|hour|\w+ hours|morning|evening|month|\w+day)|from [\w: ]{1,20}? to \w+|\d ?[ap]m|"
    r"at (?:half|quarter|noon|one|two|three|four|"
    r"five|six|seven|eight|nine|ten|eleven|twelve|\d)|until|in the (?:morning|afternoon|evening)|\d{1,2}:\d\d)\b"
)
_LONG = r"\b(?:seconds?|minutes?|half an hour|an hour|hours?|days?|weeks?|months?|years?)\b"

_IS = re.compile(
    r"^(?P<what>(?:the|our|a|an|all|most|every|your)? ?[\w' -]+?) (?P<verb>is|are|stands?|lies?|hangs?) (?P<rest>.+)$"
)
_THERE_IS = re.compile(
    r"^there (?P<verb>is|are) (?:also )?(?P<what>(?:a|an|one|two|three|four|five|six|some|no) [\w' -]+?|[\w' -]+?)"
    r"(?: (?P<rest>(?:in|on|at|behind|beside|next|near|opposite|for|right|below|above|under|every|with)\b.*))?$"
)
_COSTS = re.compile(r"^(?P<what>.+?) (?P<verb>costs?) (?P<rest>.+)$")
_AND_COSTS = re.compile(
    r"^(?P<what>(?:the|our|a|an)? ?[\w' -]+?) (?:is|are|has|have|holds?|stands?)\b.* and costs? (?P<rest>.+)$"
)
_PRICE_OF = re.compile(rf"^(?P<what>[\w' -]+?) (?:is|are) (?=[^.]*(?:{_MONEY}))(?P<rest>.+)$")
_FOR_MONEY = re.compile(rf"^(?P<what>.+?) for (?:[\w-]+ ){{0,4}}(?:{_MONEY})")
_TAKES = re.compile(rf"^(?P<what>[\w' -]+?) (?:costs? .* and )?(?:takes?|lasts?) (?P<rest>.*{_LONG}.*)$")
_BEGINS = re.compile(
    r"^(?P<what>[\w' -]+?) (?P<verb>begins?|starts?|opens?|closes?|leaves?|stops?|runs?|goes|ends?|meets?|arrives?|"
    r"comes?) (?P<rest>.+)$"
)
_YOU_CAN = re.compile(
    r"^(?P<before>.*?)\b(?:you|visitors|guests|patients|members|everyone) (?P<verb>can|may) "
    r"(?:also |only )?(?P<what>.+)$"
)
_MUST = re.compile(
    r"^(?:(?:please |always )+(?P<not>do not |don't |never )?|(?=(?:ask|bring|buy|call|choose|come|empty|enter|fetch|"
    r"fill|follow|get|give|go|keep|leave|order|park|pay|press|put|register|reserve|ring|show|sign|take|"
    r"tell|turn|use|wait|wear|"
    r"write)\b))(?P<what>.+)$"
)
_NEED = re.compile(r"^(?:you|visitors|guests) (?P<not>do not |don't )?(?P<verb>need|have|must|should)(?P<rest> .+)$")
_WE = re.compile(
    r"^we (?P<not>do not |don't )?(?:also )?(?P<verb>take|have|sell|offer|accept|serve|speak|treat|rent|lend|keep|"
    r"repair|hire|deliver|collect|make|show|buy|give|put) (?P<what>.+)$"
)
_SELLS = re.compile(r"^(?P<where>the [\w' -]+?) (?:also )?(?:sells|serves|has|offers) (?P<what>.+)$")
_DEGREES = re.compile(r"^(?P<what>.+?) (?:has|is|are) (?:\w+ )?\S+ degrees")
_REQUIRED = re.compile(
    r"^(?P<what>[\w' -]+?) (?:is|are) (?:not )?(?:required|needed|necessary|mandatory|compulsory|obligatory)\b"
)
_SOLD = re.compile(r"^(?P<what>[\w' -]+?) (?:is|are) (?:also )?sold\b")
_ALLOWED = re.compile(
    r"^(?P<what>[\w' -]+?) (?:is|are) (?:not |only |always |strictly )*"
    r"(?P<how>welcome|allowed|forbidden|permitted|prohibited|banned)\b"
)
_MAY = re.compile(r"^(?P<what>[\w' -]+?) (?P<how>may|can|must|should)(?: not| only)? (?P<do>.+)$")
_CALLED = re.compile(r"^(?P<what>(?:the|our) [\w' -]+?) is called (?P<rest>.+)$")
_PASSWORD = re.compile(r"\b(?:the|a) (?P<what>(?:password|code|pin|key))\b")
_IF = re.compile(
    r"^(?:if|when|in case|should) (?P<what>(?:you|your|somebody|someone|a|the) (?:[^,]+?)(?:,|"
    r" (?=you (?:can|may)))) .+$|"
    r"^.+,? if (?P<tail>you [^,]+)$"
)
_WHO = re.compile(
    r"^(?P<who>(?:(?:Doctor|Dr|Mr|Mrs|Ms|Captain|Professor|Mayor|Nurse|Father|Sister) )?[A-Z][a-z]+(?: [A-Z][a-z]+)+|"
    r"(?:Doctor|Dr|Mr|Mrs|Ms|Captain|Professor|Mayor|Nurse|Father|Sister) [A-Z][a-z]+) (?P<does>[a-z]+(?:s|ed)\b .+)$"
)
_BY = re.compile(r"^(?P<what>.+?) (?P<verb>is|are|was|were) (?P<done>\w+(?:ed|en|n|t)|led|run) by (?P<who>.+)$")
_PHONE = re.compile(r"\d{3} ?-?\d{4}|\b\d{3}(?: \d{3,})+")

_SWAPS = {
    "you": "i",
    "your": "my",
    "yours": "mine",
    "yourself": "myself",
    "are": "am",
    "we": "you",
    "us": "you",
    "our": "your",
}
_SWAPPED = re.compile(r"\b(?:you are|you have|you|yours|yourself|your|we|us|our)\b")


def _from_visitor(text: str) -> str:
    """Words as the visitor says them: "your car" is "my car"."""
    swapped = {"you are": "i am", "you have": "i have", **_SWAPS}
    return _SWAPPED.sub(lambda found: swapped[found.group()], text)


def _the(what: str) -> str:
    """A thing with "the": "a sauna" and "sauna" are "the sauna"."""
    bare = re.sub(r"^(?:the|our|a|an|one|some|your|every|all) ", "", what)
    return f"the {bare}"


def _bare(what: str) -> str:
    return re.sub(r"^(?:the|our|a|an|one|two|three|four|five|six|some|no|your|every|all) ", "", what)


_DANGLING = frozenset(
    "a an the at by for from in into of on or and next to up with per than before your my that then".split()
)


def _short(what: str, words: int = 7) -> str:
    """The first words of a long phrase, up to where another thought begins."""
    cut = re.split(r",| and (?=\w+ (?:is|are|costs?)\b)| but | which | that ", what)[0]
    kept = cut.split()[:words]
    while len(kept) > 1 and kept[-1] in _DANGLING:
        kept.pop()
    return " ".join(kept)


def of_form(statement: str) -> list[str]:
    """Questions that the form of the sentences shows, in lower case and without a question mark."""
    found: list[str] = []
    about = ""
    for sentence in sentences(statement):
        said = sentence.strip(" .!")
        if about:
            said = re.sub(
                r"^(?:It|They|This|These|Both)\b(?! (?:is|are) (?:not )?(?:allowed|possible|forbidden))", about, said
            )
        found += list(_of_sentence(said)) or [f"what about {_from_visitor(_beginning(said.lower()))}"]
        about = _subject(said) or about
    return list(dict.fromkeys(" ".join(question.split()) for question in found))


def _beginning(text: str) -> str:
    """The words before the verb, or the first few where none is known."""
    before = re.split(_VERB, text, maxsplit=1)[0].strip()
    return before if 0 < len(before.split()) <= 6 else " ".join(text.split()[:4])


def _subject(said: str) -> str:
    """What a sentence speaks of, for a pronoun in the next one; empty where it does not show."""
    text = said[:1].lower() + said[1:]
    match = _THERE_IS.match(text.lower()) or _COSTS.match(text) or _IS.match(text) or _BEGINS.match(text)
    what = _the(match["what"]) if match and _THERE_IS.match(text.lower()) else match["what"] if match else ""
    return "" if re.match(r"^(?:it|they|this|you|we|i|if|when|please)\b", what) or len(what.split()) > 5 else what


def _of_sentence(said: str) -> Iterator[str]:
    if who := _WHO.match(said):
        does = _short(who["does"].lower())
        yield f"who {does}"
        yield f"what is the name of the person who {does}"
    text = said.lower()
    if by := _BY.match(text):
        yield f"who {by['done']} {by['what']}"
        yield f"by whom {by['verb']} {by['what']} {by['done']}"
    if condition := _IF.match(text):
        case = _from_visitor((condition["what"] or condition["tail"]).strip(" ,"))
        yield case
        yield f"what if {case}"
        yield f"what do i do when {case}"
    rest = re.sub(
        r"^(?:if|when|in case|after|before|at|on|during|for|with|from|as) (?:[^,]+, |.+? (?=you (?:can|may) ))",
        "",
        text,
    )
    lead = text[: len(text) - len(rest)].strip(" ,")
    if lead and not condition:
        yield f"what about {_from_visitor(lead)}"
    yield from _of_thing(rest)
    yield from _of_visitor(rest, lead if not condition else "")
    if _PHONE.search(said):
        yield "what is the phone number"
        yield "which number do i call"


def _of_thing(text: str) -> Iterator[str]:
    """Questions about what the subject of a sentence is, costs, takes, where and when it is."""
    named = _CALLED.match(text)
    if named:
        yield f"what is {named['what']} called"
        yield f"what is the name of {named['what']}"
    if secret := _PASSWORD.search(text):
        yield f"what is the {secret['what']}"
    costs = _AND_COSTS.match(text) or _COSTS.match(text) or _PRICE_OF.match(text)
    if costs and not re.match(r"^(?:it|they|this|that|there|you|we)\b", costs["what"]):
        what = _from_visitor(costs["what"])
        do = "do" if re.search(r"\bcost\b", text) or (_is_plural(what) and not what.startswith("a ")) else "does"
        yield f"how much is {what}" if do == "does" else f"how much are {what}"
        yield f"what {do} {what} cost"
        yield f"the price of {what}"
    if takes := _TAKES.match(text):
        what = takes["what"]
        if not re.match(r"^(?:it|they|you|we)\b", what):
            yield f"how long does {what} take"
    there = _THERE_IS.match(text)
    if there:
        what = there["what"]
        yield f"{there['verb']} there {re.sub(r'^no (?=.*s$)', '', re.sub(r'^no (?!.*s$)', 'a ', what))}"
        yield f"do you have {re.sub(r'^no ', 'a ', what)}"
        if not what.startswith("no "):
            yield f"where {there['verb']} {_the(what)}"
    is_ = None if there else _IS.match(text)
    if is_ and not re.match(r"^(?:it|they|this|that|you|we|i)\b", is_["what"]):
        yield from _of_being(is_["what"].strip(), is_["verb"], is_["rest"])
    begins = None if there else _BEGINS.match(text)
    if begins and not re.search(r"^(?:it|they|you|we|please)\b|\b(?:is|are|be|not|always|now)$", begins["what"]):
        what, verb = begins["what"], begins["verb"]
        base = "go" if verb == "goes" else verb.removesuffix("s") if verb not in ("pass",) else verb
        do = "does" if verb.endswith("s") else "do"
        yield f"when {do} {what} {base}"
        yield f"what time {do} {what} {base}"
        if re.search(r"\bevery\b", begins["rest"]):
            yield f"how often {do} {what} {base}"
        if re.search(r"\b(?:from|at) the\b|" + _PLACE, begins["rest"]):
            yield f"where {do} {what} {base}"
    if warm := _DEGREES.match(text):
        yield f"how warm is {warm['what']}"
        yield f"what is the temperature of {warm['what']}"
        yield f"is {warm['what']} heated"
    if sold := _SOLD.match(text):
        yield f"where can i buy {sold['what']}"
        yield from (f"do you sell {item}" for item in re.split(r", | and | or ", sold["what"]))
    if needed := _REQUIRED.match(text):
        yield f"do i need {needed['what']}"
        yield f"are {needed['what']} required"
        yield f"must i have {needed['what']}"
    if (sells := _SELLS.match(text)) and not re.search(r"\d", sells["what"]):
        yield f"what is there at {sells['where']}"
        for item in re.split(r", | and | or ", sells["what"])[:4]:
            yield f"where can i get {_bare(item)}"
            yield f"do you have {_bare(item)}"
    if allowed := _ALLOWED.match(text):
        what = _from_visitor(allowed["what"])
        yield f"{'are' if _is_plural(what) else 'is'} {what} allowed"
        doing = [_base(word) for word in what.split() if word.endswith("ing")]
        if doing:
            yield from (f"can i {verb}" for verb in doing)
            yield from (f"may i {verb} here" for verb in doing)
        else:
            yield f"can i bring {what}"
            yield f"do you allow {what}"
    elif (may := _MAY.match(text)) and not re.match(r"^(?:it|they|you|we|i|how|what)\b", may["what"]):
        who, do = _from_visitor(may["what"]), _from_visitor(_short(may["do"]))
        if may["how"] in ("must", "should"):
            yield f"do {who} have to {do}"
            yield f"can {who} come without that"
        else:
            yield f"can {who} {do}"


def _base(doing: str) -> str:
    """The verb of a gerund: "running" is "run"."""
    stem = doing.removesuffix("ing")
    return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem


def _of_being(what: str, verb: str, rest: str) -> Iterator[str]:
    to_be = "are" if verb in ("are", "stand", "lie", "hang") else "is"
    asked = _from_visitor(what)
    if re.match(
        rf"(?:\w+ed (?:.*? )?|\w+en |right |just |directly |only |also |(?:kept|held|sold) (?:.*? )?)?{_PLACE}", rest
    ) and not re.match(_NOT_A_PLACE, rest):
        yield f"where {to_be} {asked}"
        if re.match(_PLACE, rest):
            yield f"how do i get to {asked}"
        yield f"where can i find {asked}"
        yield f"is there a {_bare(asked)} here" if to_be == "is" else f"are there {_bare(asked)} here"
        if re.search(r"\bfloor\b|\bbasement\b|\broof\b", rest):
            yield f"which floor {to_be} {asked} on"
        if re.search(r"\b(?:room|hall) \w+", rest):
            yield f"which room {to_be} {asked} in"
    if re.search(_WHEN, rest):
        state = " open" if rest.startswith("open") else ""
        yield f"when {to_be} {asked}{state}"
        yield f"what time {to_be} {asked}{state}"
        yield f"do you have {_bare(asked)}"


def _of_visitor(text: str, lead: str = "") -> Iterator[str]:
    """Questions about what a visitor can do, must do, and gets."""
    about = f" {_from_visitor(lead)}" if lead else ""
    if can := _YOU_CAN.match(text):
        denied = re.match(r"^not ", can["what"])
        what = _from_visitor(_short(re.sub(r"^(?:not|only|still|also) ", "", can["what"])))
        yield f"can i {what}{about}"
        if not denied:
            yield f"how do i {what}"
            if re.search(_PLACE, text):
                yield f"where can i {what}"
        if can["before"].strip():
            yield f"where can i {what} {_from_visitor(can['before'].strip(' ,'))}"
        if priced := _FOR_MONEY.match(can["what"]):
            yield f"how much is it to {_from_visitor(priced['what'])}"
    if must := _MUST.match(text):
        what = _from_visitor(_short(must["what"]))
        if must["not"]:
            yield f"can i {what}{about}"
            yield f"may i {what}{about}"
        else:
            yield f"do i have to {what}{about}"
            yield f"where do i {what}" if re.search(_PLACE, what) else f"how do i {what}"
    if need := _NEED.match(text):
        rest = _from_visitor(_short(need["rest"].strip()))
        to = "" if rest.startswith("to ") or need["verb"] == "need" else "to "
        yield f"do i {'need' if need['verb'] == 'need' else 'have'} {to}{rest}"
        yield f"what do i need{about}"
    if we := _WE.match(text):
        items = re.split(r", | and | or |, in ", we["what"])[:4]
        yield f"what do you {we['verb']}"
        yield f"do you {we['verb']} {_from_visitor(_short(we['what']))}"
        for item in items[:3]:
            yield f"do you {we['verb']} {_from_visitor(_short(item, 4))}"


# --- from everyday subjects -------------------------------------------------------------------------------------------


def of_subjects(statement: str) -> list[str]:
    """What people ask everywhere of the everyday things that a statement speaks of."""
    text = statement.lower()
    return list(dict.fromkeys(q for pattern, asked in SUBJECTS if pattern.search(text) for q in asked))


def of_hours(what: str) -> list[str]:
    """Questions for the opening hours of a place, or of what has hours."""
    be = "are" if what.endswith("s") and not what.endswith("ss") else "is"
    does = "do" if be == "are" else "does"
    return [
        f"when {be} {what} open",
        f"what are the opening hours of {what}",
        f"what time {does} {what} open",
        f"what time {does} {what} close",
        f"{be} {what} open now",
        f"until when {be} {what} open",
    ]


def of_house_hours() -> list[str]:
    """Questions for the opening hours of the house itself."""
    return [
        "when are you open",
        "what are your hours",
        "what time do you open",
        "what time do you close",
        "are you open now",
        "are you still open",
        "how late are you open",
        "until when can i come",
        "are you open on sunday",
        "how early can i come in the morning",
        "do you close over lunch",
        "when do you shut",
    ]


def everyday() -> list[str]:
    """All that ``of_subjects`` may give."""
    return list(dict.fromkeys(question for _, asked in SUBJECTS for question in asked))


# --- sentences of tables and lists ------------------------------------------------------------------------------------

_PRICE_HEADER = re.compile(
    r"^(?:price|prices|cost|costs|fee|fees|rate|charge|admission|per (?:day|hour|night|month))\b", re.I
)
_ROOM_HEADER = re.compile(r"^(?:room|office|desk|counter|window|gate|hall)(?: (?:no|number|nr)\.?)?$", re.I)
_PHONE_HEADER = re.compile(r"^(?:phone|telephone|tel|ext|extension|number|call)\b", re.I)
_NO_NOUN = frozenset(
    "item items what name names article articles service services product products offer offers for".split()
)
_HOURS_HEADING = re.compile(r"\b(?:opening|open|hours|times|when)\b", re.I)


def say_cell(row: str, row_header: str, header: str, value: str) -> str:
    """A cell of a table as a sentence: "The ticket Adult costs $6.50."."""
    kind = row_header.strip().lower()
    one = re.fullmatch(r"(?P<word>[A-Za-z]+)(?P<rest>(?: \(.*\))?)", row)
    noun = kind.removesuffix("s") if not kind.endswith("ss") else kind
    if one and kind.isalpha() and kind not in _NO_NOUN and noun not in row.lower():
        what = f"The {one['word'].lower()} {noun}{one['rest']}"
    elif _is_plural(row) or _PROPER.search(row):
        what = row[:1].upper() + row[1:]
    else:
        what = f"The {row[:1].lower()}{row[1:]}"
    value = value.rstrip(".")
    if _PRICE_HEADER.match(header):
        if value.lower() in ("free", "free of charge", "nothing"):
            return f"{what} {'are' if _is_plural(what) else 'is'} free."
        per = re.match(r"per \w+", header, re.I)
        return f"{what} {'cost' if _is_plural(what) else 'costs'} {value}{' ' + per.group().lower() if per else ''}."
    if _ROOM_HEADER.match(header):
        place = header.split()[0].lower()
        return f"{what} is {'at' if place in ('desk', 'counter', 'window', 'gate') else 'in'} {place} {value}."
    if header.lower() == "floor":
        floor = f"floor {value}" if value.isdigit() else f"the {value} floor" if value.isalpha() else f"the {value}"
        return f"{what} is on {floor}."
    if _PHONE_HEADER.match(header):
        return f"The phone number of {row} is {value}."
    be = "are" if _is_plural(header) else "is"
    return f"The {header.lower()} of {row} {be} {value}." if header else f"{what}: {value}."


_PROPER = re.compile(r"^(?:Dr|Mr|Mrs|Ms|Doctor|Professor)\b|^[A-Z][a-z]+ [A-Z]|^(?:the|The|our|Our) |[\d]")


def _is_plural(what: str) -> bool:
    head = re.split(r" (?:for|of|in|with|per|\()", what)[0]
    return head.endswith("s") and not head.endswith(("ss", "us", "is"))


def say_pair(name: str, value: str) -> str:
    """What a line such as "Phone: 555 0123" says, as a sentence."""
    value = value.rstrip(".")
    low = name.lower()
    if re.search(_MONEY, value.lower()) and len(value.split()) <= 5:
        return f"{name} costs {value}." if value.lower() != "free" else f"{name} is free."
    if _PHONE_HEADER.match(name):
        return f"The phone number is {value}."
    if len(value.split()) > 6:
        return f"{name}: {value}."
    return f"The {low} is {value}." if re.fullmatch(r"[a-z -]+", low) and len(low.split()) <= 3 else f"{name}: {value}."


_GOES_ON = re.compile(
    r"^(?:(?:it|they|this|that|these|those|both|there|then|also|otherwise|in that case|if so|please|each|another|"
    r"a later|its|their|we call|you get|you need|you must|you will)\b|(?:ask|bring|buy|call|choose|come|"
    r"enter|fetch|fill|follow|get|"
    r"give|keep|leave|order|pay|press|put|register|reserve|ring|show|sign|take|tell|turn|use|wait)\b)",
    re.I,
)
_GREETS = re.compile(
    r"^(?:welcome|hello|hi|dear|thank|thanks|enjoy|we look forward|have a|your team|see you)\b|"
    r"\bthis (?:page|leaflet|brochure)\b",
    re.I,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|can|may|must|should|need|needs|cost|costs|take|takes|begins?|starts?|"
    r"opens?|closes?|leaves?|"
    r"stops?|runs?|goes|ends?|sells?|serves?|offers?|holds?|accept|accepts|please|pay|bring|ask|call|come|"
    r"register|do not|"
    r"don't|will|stand|stands|lies?|meets?|treats?|sees|speaks?|wait|follow|use|keep|leave|put|tell|show|"
    r"ring|sign|order|"
    r"stay|reach|find|borrow|rent|allowed|forbidden|required|lasts?|comes?|collect|collected|closed)\b",
    re.I,
)


def goes_on(sentence: str) -> bool:
    """Whether a sentence speaks of what the one before it speaks of."""
    return bool(_GOES_ON.match(sentence))


def states(sentence: str) -> bool:
    """Whether a sentence tells a visitor something: it is no greeting, no heading and no fragment."""
    whole = sentence.endswith((".", "!")) or bool(_VERB.search(sentence))
    return len(sentence.split()) >= 3 and whole and not _GREETS.search(sentence) and "?" not in sentence


def called(heading: str) -> str:
    """A place as visitors call it, by a heading: "the pool" of "Riverside Swimming Pool"."""
    if _HOURS_HEADING.search(heading):
        heading = re.sub(r"\b(?:opening|open|hours|times|when|of|our|the|is|are)\b", " ", heading, flags=re.I)
    words = re.findall(r"[A-Za-z'-]+", heading)
    if not words:
        return ""
    low = heading.lower().split()
    return "the " + (
        " ".join(low).removeprefix("the ") if len(low) <= 2 and not heading[:1].isupper() else words[-1].lower()
    )
