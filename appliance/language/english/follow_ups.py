"""What a line means that only makes sense after what was said before: "and on sunday", "is it far", "when is she in".
Pure.

Such a line is completed to whole questions, best first; the retrieval then says which of them the site can answer. So a
rule may propose a question that nobody would ask, and must not leave out the one that was meant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from appliance.core.week import DAYS
from appliance.language.english.dates import find_times
from appliance.language.english.tokens import tokens, without_marks
from appliance.language.parts import Completed, PlaceAsked, Topic

_ARTICLE = r"(?:the|your|our|a|an)"
_THING = rf"({_ARTICLE} [\w' -]+?|[\w'-]+)"
_ABOUT = tuple(
    re.compile(pattern)
    for pattern in (
        rf"^(?:where|when|who|how|what)(?:'s| is| are| was) {_THING}(?: open| closed| today| here| cost)?$",
        rf"^(?:where|when|until when|how long|what time) (?:can i find|do i find|does|do|is|are) {_THING}"
        r"(?: open| close| closed| here)?$",
        rf"^(?:how much|what) (?:is|are|does|do) {_THING}(?: cost)?$",
        rf"^(?:is there|are there|do you have|do you sell|do you rent) ({_ARTICLE} [\w' -]+|[\w'-]+)(?: here)?$",
        rf"^how (?:do|can) i (?:get|go) to ({_ARTICLE} [\w' -]+)$",
        rf"^(?:can|may) i (?:have|borrow|rent|use|get|bring|take) ({_ARTICLE} [\w' -]+)$",
        r"^which (?:room|floor) is ([\w' -]+?)(?: in| on)?$",
    )
)
_NO_SUBJECT = frozenset(
    "i we you it they he she this that here there open money charge place way room floor number time get go one".split()
)
_SAID_OF = re.compile(
    r"^((?:The|Our) [A-Za-z' -]+?|[A-Z][\w-]+(?: [a-z]+)?(?: number \d+)?) (?:is|are|has|have|costs?|stops?|stands?|"
    r"starts?|can|may|opens?|waits?|takes?|goes|runs?)\b"
)
_TITLED = re.compile(r"\b((?:Doctor|Dr\.?|Professor|Father|Sister|Mr\.?|Mrs\.?|Ms\.?|Captain) (?:[A-Z][\w'-]+ ?){1,3})")
_FULL_NAME = re.compile(r"(?<!^)(?<![.!?] )\b([A-Z][a-z]+ [A-Z][a-z'-]+)\b")
_NOT_A_PERSON = re.compile(
    r"\b(?:Street|Road|Avenue|Lane|Square|Hall|Park|Wing|Guest|Hospital|Station|Room|Card|Day|House|Monday|Tuesday|"
    r"Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March|April|May|June|July|August|September|October|"
    r"November|December|Christmas|New|Saint)\b"
)


def thing(questions: Sequence[str], statement: str) -> str:
    """What questions and the statement that answers them are about, as in "the pharmacy"; empty where the words do not
    show it. What most of the questions name counts."""
    named: Counter[str] = Counter()
    for question in questions:
        low = question.lower().strip(" ?")
        for pattern in _ABOUT:
            found = pattern.match(low)
            if found and not _NO_SUBJECT & set(found[1].split()[:1]):
                named[re.sub(r"^(?:your|our|a|an) ", "the ", found[1])] += 1
                break
    said = _SAID_OF.match(statement)
    of = said[1] if said and said[1].split()[0].lower() not in _NO_SUBJECT else ""
    of = of[:1].lower() + of[1:] if of.startswith(("The ", "Our ")) else of
    if of and of.lower() in named:
        return of
    if named:
        return max(named, key=lambda name: (named[name], name.startswith("the "), -len(name)))
    return of if of.startswith(("the ", "our ")) or "number" in of else ""


def person(statement: str) -> str:
    """The one person whom a statement names, as in "Doctor Chen"; empty where it names none or several."""
    names = {name.strip() for name in _TITLED.findall(statement)}
    names = names or {name for name in _FULL_NAME.findall(statement) if not _NOT_A_PERSON.search(name)}
    return names.pop() if len(names) == 1 else ""


# --- what a line stands for -------------------------------------------------------------------------------------------

_LEAD = re.compile(
    r"^(?:(?:um|uh|oh|okay|ok|so|and|but|also|then|well|great|good|fine|thanks|thank you|alright|all right|yes|yeah|no|"
    r"wait|sorry|please|actually|by the way|now) )+(?=\S)"
)
_CLEFT = re.compile(r"^(what|where|who|when|which \w+) (?:was|is) it that ")
_TAIL = re.compile(r" (?:again|then|please|exactly)$")
_GOES_ON = re.compile(
    r"^(?:(?:and|no|sorry|oh|wait|so|okay) )*(?:(?:what|how) about|what of|same (?:question )?for|"
    r"i (?:mean|meant|said)|i (?:did |do |really )?want(?:ed)?|make that|rather|and) (?P<rest>.+)$"
)
_INDIRECT = re.compile(
    r"^(?:(?:no|and|but|so|sorry|well) )*(?:i (?:just |only |really )?(?:want|wanted|need|would like) to know|"
    r"i asked(?: you)?|"
    r"i am asking|i'm asking) (?P<ask>where|when|who|how much|how far) (?P<who>it|he|she|they) (?P<is>is|are)$"
)
"""asks in a statement: "no i want to know where it is" """
_TIME = re.compile(
    r"^(?:(?:on|at|in|for|until|after|before|by) )?(?:the )?(?:(?:next|this|every) )?(?:sun|mon|tues|wednes|thurs|fri|"
    r"satur)days?\b.*$|^(?:on |at |over |during )?(?:the )?(?:weekends?|weekdays?|holidays?|christmas|easter|"
    r"new year.*|nights?|evenings?|mornings?|afternoons?|today|tomorrow|tonight|now|right now|midnight|noon|"
    r"lunch ?time)(?: (?:morning|afternoon|evening|night))?$|^(?:at|until|after|before) .*$|"
    r"^in the (?:morning|afternoon|evening)s?$"
)
_ALSO_IN = re.compile(
    r"^(?:(?:and|so|but) )*(?:also )?(?P<rest>(?:in|on|at|for|with|near|inside) [\w' -]+?)(?: too| as well| also)$"
)
"""asks the same of another place or case: "in intensive care too" """
_VERB = re.compile(
    r"\b(?:is|are|am|was|do|does|did|can|could|may|will|would|should|must|has|have|need|want|get|go|bring|take|know)\b"
)
_BARE = {
    re.compile(pattern): whole
    for pattern, whole in {
        r"how much(?: (?:exactly|money))?|what price|what does that cost": "how much is {}",
        r"where(?: exactly| then)?|which place": "where is {}",
        r"(?:on )?(?:which|what) floor": "which floor is {} on",
        r"(?:in )?(?:which|what) room": "which room is {}",
        r"when|at what time|what time|which days?|on which days?|since when": "when is {} open",
        r"until when|how long|how late|until what time": "until when is {} open",
        r"who": "who is {}",
        r"what number": "what is the number of {}",
    }.items()
}
_HOW_MUCH = re.compile(r"how much (?P<rest>(?:for|with|without|per|a|an) .+)")
_DO_THAT = re.compile(r"\bdo (?:that|it|this|so)\b")
_DONE = re.compile(
    r"\b(?:can|do|may|should|must|could|have to|want to|need to|like to) "
    r"(?:i |we )?(?P<what>(?!you\b|it\b)\w+.*)"
)
_IT = re.compile(
    r"\b(?:(?P<verb>is|are|was|were|does|do|did|will|would|can|could|has|have|when|where|should|must) (?P<noun>it|they|"
    r"those|these|that place|this place|this one|that one|that)\b(?! (?:is|are|was|there|true|right|possible|okay|all|"
    r"one)\b)|"
    r"\b(?P<prep>to|of|for|at|in|about|with|find|get|have|buy|use|reach|see|visit|take|bring|borrow|rent|into|inside|"
    r"near|from|pay|order|book) (?P<object>it|them|one|some|that|those)\b(?! \w+ing\b))"
)
_OPENING = re.compile(r"\b(?:open(?:s|ed|ing)?|close[sd]?|shuts?|hours)\b")
_STAFF = re.compile(r"\bthey (?:have|sell|serve|offer|take|accept|make|speak|do)\b")
"""those who work there, rather than the place"""
_ACCEPTS = re.compile(r"\bdo they (?:take|accept)\b")
OF_ANYTHING = frozenset(
    """much many long big large small high tall old new far near close next wide deep heavy fast often late early
    expensive cheap dear floor room number phone telephone address price night day""".split()
)
_NAMES_ITSELF = re.compile(r"\b(?:what|which) (?:kind|sort|type)s? of ")
_HE = re.compile(r"\b(?P<who>he|she|him|her|they|them)(?P<is>'s)?\b(?! (?:room|office|number|name|phone))")
_HIS = re.compile(r"\b(?:his|her|their)\b(?= \w)")
_ITS = re.compile(r"\b(?:its|their) (?P<what>(?:(?:phone|telephone|room) )?(?:number|price|address|name|size|age))\b")
_THERE = re.compile(r"(?<!is )(?<!are )(?<!was )\b(?:over |up |down |in )?there\b(?! (?:is|are|a|an|any|some)\b)")


def complete(text: str, topic: Topic) -> list[Completed]:
    """Whole questions that a line may stand for after what was said before, best first. Empty where the line refers to
    nothing."""
    low = without_marks(text)
    others: list[str] = []
    same: list[str] = []
    low = _INDIRECT.sub(r"\g<ask> \g<is> \g<who>", low)
    goes_on = _GOES_ON.match(low)
    rest = goes_on["rest"] if goes_on else ""
    if rest and not re.match(r"(?:where|when|what|who|which|how|why|is|are|do|does|can|may|could|if)\b", rest):
        if _TIME.match(rest):
            same += [f"{base} {rest}" for base in _open(topic)]
        elif not _VERB.search(rest) and len(rest.split()) <= _MOST_WORDS:
            others += _instead(topic, rest)
    also = _ALSO_IN.match(low)
    if also and topic.question and not _VERB.search(also["rest"]):
        same.append(f"{topic.question} {also['rest']}")
    line = re.sub(r"^(where|when|what|who|how)'s\b", r"\1 is", _LEAD.sub("", low))
    line = _TAIL.sub("", _CLEFT.sub(r"\1 ", line))
    same += _bare(line, topic)
    pointing: list[Completed] = []
    if topic.person:
        named = _HIS.sub(f"{topic.person}'s", _HE.sub(rf"{topic.person}\g<is>", line))
        if named != line:
            pointing.append(Completed(_agreeing(named), about=topic.person))
    of = _ITS.search(line)
    if topic.thing and of:
        whole = f"{line[: of.start()]}the {of['what']} of {topic.thing}{line[of.end() :]}"
        pointing.append(Completed(whole, about=topic.thing))
    pointed = None if _STAFF.search(line) or _NAMES_ITSELF.search(line) else _IT.search(line)
    if pointed and not re.search(r"\bwhat time is it\b", line):
        kept = pointed["verb"] or pointed["prep"]
        things = [topic.place if _OPENING.search(line) else "", topic.thing]
        asked = [
            (f"{line[: pointed.start()]}{kept} {thing}{line[pointed.end() :]}", thing) for thing in things if thing
        ]
        pointing += [Completed(question, about=thing) for question, thing in dict.fromkeys(asked)]
    there = [_THERE.sub(f"at {topic.thing}", line, count=1)] if topic.thing and _THERE.search(line) else []
    return [
        *(Completed(question, another=True) for question in dict.fromkeys(others)),
        *map(Completed, dict.fromkeys(same)),
        *pointing,
        *(Completed(question, aside=True) for question in there),
    ]


_ANY_ONE = re.compile(
    r"(?:where|how much|which (?:room|floor)|how far|when) (?:is|are|was) (?:the )?"
    r"(?:nearest|next|closest|other|best|cheapest|nearby) (?:one|ones|place)"
    r"(?: (?:here|from here|open|nearby|around here|to here|in here))*|"
    r"(?:where|how) (?:can|could|do|would|might) (?:i|we|you|one) (?:then )?(?:get|find|buy|have|rent|borrow|see) "
    r"(?:one|some)(?: (?:here|nearby|around here|elsewhere|instead))*|"
    r"(?:is|are) there (?:one|some|any)(?: (?:here|nearby|near here|around here|in here|anywhere|somewhere|close by|"
    r"else(?:where)?))*|how much is one|(?:do|would) you have (?:one|some|any)(?: here)?|"
    r"who (?:has|sells) (?:one|some|them)"
)


def names_nothing(text: str) -> bool:
    """Whether a question asks for "one" of what was spoken of, and names nothing itself: "where is the nearest one
    then"."""
    low = without_marks(text)
    line = re.sub(r"^(where|how)'s\b", r"\1 is", _LEAD.sub("", low))
    return _ANY_ONE.fullmatch(_TAIL.sub("", line)) is not None


_PRESENCE = re.compile(
    r"(?:is|will|was|are) (?:he|she|they)(?: be)?(?: also| usually| still)? (?:here|in|there|around|at work|"
    r"working|on duty)"
    rf"(?: (?:too|also|then|now|today|tomorrow|tonight|on|at|in the|this|next|every|{'|'.join(DAYS)})\b.*)?"
)


def asks_presence(text: str) -> bool:
    """Whether it is asked if the one who was spoken of is there at some time: "is she here on friday"."""
    return _PRESENCE.fullmatch(_LEAD.sub("", without_marks(text))) is not None


def of_staff(text: str) -> bool:
    """Whether it is asked what those who work at a place accept: "do they take cards"."""
    return _ACCEPTS.search(text.lower()) is not None


def _bare(line: str, topic: Topic) -> list[str]:
    """Questions for a line that holds little more than a question word, or "do that"."""
    found: list[str] = []
    if topic.thing:
        for pattern, whole in _BARE.items():
            if pattern.fullmatch(line):
                about = topic.place if topic.place and _OPENING.search(whole) else topic.thing
                found.append(whole.format(about))
        price = _HOW_MUCH.fullmatch(line)
        if price:
            found.append(f"how much is {topic.thing} {price['rest']}")
    done = _DO_THAT.search(line)
    what = _DONE.search(topic.question)
    if done and what:
        found.append(f"{line[: done.start()]}{what['what']}{line[done.end() :]}")
    return found


_MOST_WORDS = 6
"""most words of a thing that takes the place of the last subject"""


def _open(topic: Topic) -> list[str]:
    """Questions that a day or time may be added to."""
    asked = topic.question
    timed = re.search(r"\b(?:when|open|close[sd]?|hours|what time|until|here|in|free|available)\b", asked)
    first = [re.sub(r" (?:on \w+days?|today|tomorrow|now|at the moment|tonight)\b", "", asked)] if timed else []
    named = [f"when is {topic.person} in"] if topic.person else []
    things = [f"when is {thing} open" for thing in (topic.place, topic.thing) if thing]
    return [*first, *things, *named, *([] if timed else [asked])]


def _instead(topic: Topic, thing: str) -> list[str]:
    """The last question with another thing in the place of its subject."""
    core = re.sub(rf"^{_ARTICLE} ", "", topic.thing)
    for_whom = re.search(r" for (?!.* for )[\w' -]+$", topic.question)
    if for_whom and thing.startswith("for "):
        return [f"{topic.question[: for_whom.start()]} {thing}"]
    thing = thing.removeprefix("for ")
    for asked in (topic.question, topic.example):
        at = asked.find(core) if core else -1
        if at >= 0:
            start = re.search(rf"(?:\b{_ARTICLE} (?:[\w']+ ){{0,2}})?$", asked[:at])
            named = re.sub(r"\bone$", core, thing)
            return [f"{asked[: start.start() if start else at]}{named}{asked[at + len(core) :]}"]
    for kind, whole in (
        (r"^(?:where|how do i (?:get|find)|which (?:way|floor|room))", "where is {}"),
        (r"\bopen|\bclose|^when|hours", "when is {} open"),
        (r"how much|cost|price|pay", "how much is {}"),
        (r"^(?:can|may|am i allowed)", "can i bring {}"),
        (r"^(?:do you|is there|are there)", "do you have {}"),
        (r"^who|which doctor", "who is {}"),
    ):
        if re.search(kind, topic.question or topic.example):
            return [whole.format(thing)]
    return [thing]


def _agreeing(question: str) -> str:
    """A question whose verb agrees with a name in the place of "they"."""
    return re.sub(r"^(when|where|how|what)? ?are (?=doctor|[A-Z])", lambda m: f"{m[1] or ''} is ".lstrip(), question)


# --- two questions in one sentence ------------------------------------------------------------------------------------

_BEGINS = (
    r"(?:where|when|what|who|which|how|why|is|are|do|does|did|can|could|may|will|would|should|must|until when|at what|"
    r"on which|in which|am)\b"
)
_JOINT = re.compile(
    rf"(?:,? (?:and|or|but|plus)(?: (?:also|then|by the way|please|tell me|could you tell me|can you tell me|"
    rf"i want to know|another question|secondly))*|,|\?|;|\.| also) (?={_BEGINS})"
)
_AND = re.compile(r",? (?:and|or)(?: also)? ")
_NOUN_PHRASE = re.compile(r"^(?:(?:the|a|an|my|our|your|his|her|their|some|any) )?[\w'-]+(?: [\w'-]+){0,2}$")
_DOES = re.compile(r"\b(?:come|go|sit|stop|try|wait|call|ask|stay|walk|run|drive|open|start|pick up|lost)$")
"""ends with what is done, and goes on with what else: "come and see" """
_PURPOSE = re.compile(r" (?:to|for|with|when|if|into|in|on) .*$")
_NEEDS = re.compile(r"i (?:need|want|am looking for|'m looking for) (?:a|an|the) ")
_OWN = r"(?:the|a|an|my|our|your|his|her|their|some|any)"


def split(text: str) -> list[str]:
    """The questions of a sentence that asks several, in order; the sentence alone where it asks one. Of "can i bring
    flowers and my dog", the second is "can i bring my dog"."""
    low = text.lower().replace("’", "'").strip(" ?.!")
    low = " ".join(low.split())
    parts = [part.strip(" ,?.") for part in _JOINT.split(low)]
    parts = [_LEAD.sub("", part) for part in parts if part]
    whole = [part for part in parts if len(part.split()) > 1]
    if len(whole) > 1:
        return _each(whole)
    return _shared(low) or [text]


def _each(parts: Sequence[str]) -> list[str]:
    """Questions one by one, with the things of one that names several: "where are the pharmacy and the cafe and when do
    they close"."""
    found: list[str] = []
    things: list[str] = []
    for part in parts:
        each = _shared(part)
        if things and not each and (they := _THEY.search(part)):
            found += [f"{part[: they.start()]}{thing}{part[they.end() :]}" for thing in things]
            continue
        things = [match["thing"] for one in each if (match := _OF_ONE.match(one))]
        found += each or [part]
    return found


_THEY = re.compile(r"\b(?:they|them|those|both)\b")
_OF_ONE = re.compile(rf"^(?:where|when|what|which \w+) (?:is|are) (?P<thing>{_OWN} [\w' -]+)$")
_ROW = re.compile(
    r"^(?P<frame>where (?:is|are)|where (?:do|can) i find|when (?:is|are)|do you have|is there) "
    rf"(?P<row>{_OWN} .+)$"
)
_NEXT = re.compile(
    r",? (?:and|or) |, |(?<!\bof)(?<!\bin)(?<!\bon)(?<!\bat)(?<!\bto)(?<!\bfor)(?<!\bfrom)(?<!\bwith)(?<!\bby) "
    rf"(?={_OWN} )"
)
"""where the next thing of a row begins: "the chapel the cash machine", and not "the end of the hall" """


def _row(low: str) -> list[str]:
    """Questions about three things or more in a row; empty for others."""
    row = _ROW.match(_LEAD.sub("", low))
    things = _NEXT.split(row["row"]) if row else []
    if row is None or len(things) < 3:
        return []
    whole = all(_NOUN_PHRASE.match(thing) and not _VERB.search(thing) for thing in things)
    return [f"{row['frame']} {thing}" for thing in things] if whole else []


def _shared(low: str) -> list[str]:
    """Questions whose beginning is said once."""
    if row := _row(low):
        return row
    found = list(_AND.finditer(low))
    begins = _LEAD.sub("", low)
    if len(found) != 1 or not (re.match(_BEGINS, begins) or _NEEDS.match(begins)):
        return []
    left, right = _LEAD.sub("", low[: found[0].start()]), _PURPOSE.sub("", low[found[0].end() :])
    if not _NOUN_PHRASE.match(right) or _DOES.search(left) or _VERB.search(right) or len(left.split()) < 3:
        return []
    if _times(left, right):
        return []
    words = left.split()
    determiners = [n for n, word in enumerate(words) if n and re.fullmatch(_OWN, word)]
    frame = words[: determiners[-1]] if determiners and len(words) - determiners[-1] <= _MOST_WORDS else words[:-1]
    return [left, " ".join([*frame, right])]


def _times(left: str, right: str) -> bool:
    """Whether the ends that "or" joins are two times of one question: "does it close at five or six"."""
    before, behind = tokens(left), tokens(right)
    ends = any(hit.end == len(before) for hit in find_times(before))
    return ends and any(hit.start == 0 for hit in find_times(behind, True))


# --- several places in one question about opening hours ---------------------------------------------------------------

_NO_PLACE = (
    r"(?!(?:and|or|the|open|is|are|do|does|there|it|they|you|we|i|he|she|that|this|any|anything|something|when|too|"
    r"also|as)\b)"
)
_PLACE = rf"(?:(?:the|your|our) )?{_NO_PLACE}[\w'-]+(?: {_NO_PLACE}(?!close)[\w'-]+){{0,2}}"
_OPENS = (
    r"(?:still |also |be |being )*(?:open|close|closes|closed|shut|closing)\b(?! (?:longer|later|earlier|first|last)\b)"
)
_NO_DAY = r"(?!(?:morning|afternoon|evening|night|weekend|week|holiday|day|\w+day|\w+th|\w+st|first|second|third)s?\b)"
_PLACES = re.compile(
    r"^(?P<ask>(?:until |till )?(?:when|what time|how late|how long) (?:do|does|is|are|will)|"
    r"is|are|do|does|will|were|was)"
    rf"(?: both| either)? (?P<places>{_PLACE}(?:(?:,| and| or|, and|, or) {_PLACE})+)(?: both| all)? "
    rf"(?P<rest>{_OPENS}.*)$"
)
_ALSO = re.compile(
    r"^(?P<ask>(?:until |till )?(?:when|what time|how late|how long) (?:do|does|is|are|will)|is|are|do|does|will) "
    rf"(?P<first>{_PLACE}) (?P<rest>{_OPENS}.*?),? (?:and|or) (?:(?:also|is|are|does|do|what about|how about) )*"
    rf"(?P<second>(?:the|your|our) {_NO_DAY}{_PLACE})(?: too| as well| also)*$"
)
_AND_PLACE = re.compile(r",? (?:and|or) |, ")
_WHEN_BEGINS = (
    rf"(?:on|at|in|until|till|before|after|from|during|over|by|this|next|today|tomorrow|tonight|now|"
    rf"{'|'.join(f'{day}s?' for day in DAYS)})\b"
)
_WHEN = rf"{_WHEN_BEGINS}.*"
_HOUSE = rf"(?:the|your|our) {_NO_DAY}(?!{_WHEN_BEGINS})[\w'-]+(?: (?!{_WHEN_BEGINS}|open\b|close)[\w'-]+){{0,3}}"
_FIRST_OF_EACH = tuple(
    re.compile(pattern)
    for pattern in (
        r"^(?P<ask>(?:until |till )?(?:when|what time|how late|how long) (?:do|does|is|are|will)|is|are|do|does|will) "
        rf"(?P<place>{_HOUSE}) (?P<opens>{_OPENS}) (?P<when>{_WHEN})$",
        rf"^(?P<when>{_WHEN_BEGINS}.*?) (?P<ask>is|are|do|does|will) (?P<place>{_HOUSE}) (?P<opens>{_OPENS})$",
        rf"^what are the (?:opening )?hours (?:of|for) (?P<place>{_HOUSE}) (?P<when>{_WHEN})$",
    )
)
_ASKED_TOO = r"^(?:(?:also|is|are|does|do|will|what about|how about|when is|of|for) )*"
_NEXT_OF_EACH = tuple(
    re.compile(_ASKED_TOO + pattern)
    for pattern in (
        rf"(?P<place>{_HOUSE})(?: {_OPENS})?(?P<when> {_WHEN})?$",
        rf"(?P<when>{_WHEN_BEGINS}.*?) (?:(?:is|are) )?(?P<place>{_HOUSE})(?: {_OPENS})?$",
    )
)


def _each_its_own(line: str) -> list[PlaceAsked]:
    """The places of a question that asks of each for a day of its own: "is the pharmacy open on sunday and the cafe on
    monday". Empty where they share the days."""
    clauses = [clause.strip() for clause in _AND_PLACE.split(line)]
    first = next((found for pattern in _FIRST_OF_EACH if (found := pattern.match(clauses[0]))), None)
    if first is None:
        return []
    named, whens = [first["place"]], [first["when"]]
    for clause in clauses[1:]:
        found = next((found for pattern in _NEXT_OF_EACH if (found := pattern.match(clause))), None)
        if found:
            named.append(found["place"])
            whens.append((found["when"] or "").strip())
        else:
            # "On sunday and monday"
            whens[-1] = f"{whens[-1]} and {clause}".strip()
    if not any(whens[1:]):
        return []
    for at in reversed(range(len(whens) - 1)):
        # "The laboratory and the cafe on monday"
        whens[at] = whens[at] or whens[at + 1]
    whens = [when or whens[at - 1] for at, when in enumerate(whens)]
    asked = first.groupdict()
    ask, opens = asked.get("ask", "when is"), asked.get("opens", "open")
    return [PlaceAsked(name, f"{ask} {name} {opens} {when}") for name, when in zip(named, whens, strict=True)]


def places(text: str) -> list[PlaceAsked]:
    """The places of a question about the opening hours of several, with the question for each; empty for other
    questions."""
    low = without_marks(text, "?.!;")
    line = _LEAD.sub("", low)
    if each := _each_its_own(line):
        return each
    several, also = _PLACES.match(line), _ALSO.match(line)
    if several:
        named = _AND_PLACE.split(several["places"])
        article = next((found[0] for name in named if (found := re.match(rf"{_ARTICLE} ", name))), "")
        named = [name if re.match(rf"{_ARTICLE} ", name) else f"{article}{name}" for name in named]
        return [PlaceAsked(name, f"{several['ask']} {name} {several['rest']}") for name in named]
    if also:
        named = [also["first"], also["second"]]
        return [PlaceAsked(name, f"{also['ask']} {name} {also['rest']}") for name in named]
    return []
