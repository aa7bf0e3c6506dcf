"""A person's name in a visitor's words. Pure.

A name is what is left of an answer when nothing in it does anything else. So the tables below list what introduces a
name, what stands around one, and words that are no names; everything else may be one, in any script. Words that are
names too ("will", "price", "ten") count beside a word that is nothing else. Words are compared without accents and
said as they were written; spelled letters are put together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rapidfuzz import fuzz

from appliance.core.week import DAYS
from appliance.language.english.numbers import CARDINALS, FILLERS, ORDINALS
from appliance.language.english.words import FUNCTION_WORDS, PHRASING
from appliance.language.found import FoundName
from appliance.language.words import written

_RELATIVES = (
    "son daughter wife husband mother father child kid baby friend mom mum dad sister brother partner boy "
    "girl nephew niece "
    "grandmother grandfather grandson granddaughter uncle aunt cousin boyfriend girlfriend"
)
_SURE_LEADS = (
    "my name is",
    "my name's",
    "my full name is",
    "my first name is",
    "the name is",
    "the name's",
    "spelled",
    "spelt",
    "name is",
    "his name is",
    "his name's",
    "her name's",
    "calls me",
    "her name is",
    "i am called",
    "i'm called",
    "they call me",
    "you can call me",
    "call me",
    "under the name of",
    "under the name",
    "my names",
    "i go by",
    "under my name",
    "is called",
    "he's called",
    "she's called",
    "is named",
    "on behalf of",
    "pronounced",
    "name to",
    "use the name",
    "under",
    "on name",
    "in the name of",
    "on the name of",
    "for the name of",
    "for the name",
    "on the name",
    "name of",
)
_WEAK_LEADS = (
    *(f"for my {relative}" for relative in _RELATIVES.split()),
    *(f"my {relative}" for relative in _RELATIVES.split()),
    *(f"my little {relative}" for relative in _RELATIVES.split()),
    "it's for",
    "it's from",
    "it is from",
    "this is from",
    "that's from",
    "it's me",
    "it is me",
    "put",
    "would be",
    "name",
    "this is",
    "i am",
    "i'm",
    "for",
    "it's",
    "it is",
    "that's",
    "that is",
    "put down",
    "write",
    "write down",
    "note down",
    "take down",
    "the patient is",
    "patient is",
    "the caller is",
    "the visitor is",
    "mister",
    "mr",
    "mrs",
    "ms",
    "miss",
)
"""Words that anything may follow. Unless a name was asked for, two words must follow that look like nothing else."""

_TITLES = frozenset("doctor dr mister mr mrs ms miss professor prof".split())
_AROUND = frozenset(
    """please thanks thank yes yeah yep okay ok sure hello hi hey oh speaking here again certainly course of right
    sorry and then just only""".split()
)
"""stand before or after a name in an answer"""

PARTICLES = frozenset("van der den de la del da das di do dos du von vom zu zum ter ten bin bint ibn y".split())
"""written small within a name"""

_NAMES_TOO = frozenset(
    """will may mark april june august grace hope art faith joy rose drew bill frank ruth jack summer autumn dawn violet
    ivy ruby pearl olive daisy brown white black green king young price grant park bell stone woods brooks bishop knight
    banks gates ward west lane miles page french small bond rich english strong noble rivers weeks church winter field
    major north south east penny blue""".split()
)
"""words that alone are a name, where one was asked for"""
_WITHIN_NAMES = frozenset(
    """an so do in to van der den de la del da das di dos du von vom zu zum ter ten bin bint ibn y le
    price child young day king long free field white black brown green good best new old early friend baby park love
    early grant may will mark church march home right call hand wise strong rich west north south east summer winter
    story street book rest miles page major minor bell lane bush woods rivers stone penny holiday sunday monday friday
    noon kid son law case power ward small weeks blue deal bond banks gates brooks bishop knight noble english
    french ireland tuesday wednesday thursday saturday""".split()
)
"""words that belong to a name beside one that is nothing else"""
_ONLY_BEFORE = frozenset("an so do in to will may".split())
"""of these, words that begin the next sentence when they end a name and something follows"""
_BEFORE_OBJECTS = frozenset("book call mark hold move".split())
_OBJECTS = frozenset("it that this me us him her them the my".split())
"""behind one of the words before, begin the next sentence: "mary smith book it for her" """

_NO_NAME = (
    FUNCTION_WORDS
    | frozenset("myself yourself himself herself itself ourselves yourselves themselves each".split())
    | (PHRASING - {"dear"})
    | frozenset(CARDINALS)
    | frozenset(ORDINALS)
    | frozenset(
        """name names surname last spelled spelt spelling appointment doctor dr mr mrs ms miss visit son daughter wife
        husband mother father mom mum dad sister brother partner child kid baby friend patient checkup check monday
        tuesday wednesday thursday friday saturday sunday today tomorrow tonight yesterday morning afternoon evening
        night week month year next book booking booked slot no yes yeah yep not nope nah really now later someone
        somebody anyone anybody nobody me him us two people person thing things looking calling phoning coming going
        trying having feeling sick ill late early new old fine good great afraid thinking wondering hoping correct
        wrong again earlier instead change make makes put write number speaking january february march september
        october november december oclock noon midday midnight half quarter past minute minutes hour hours moment second
        pardon guess quit exit cancel stop back repeat repeating louder slower already ignore instruction instructions
        joke anonymous private privacy secret confidential personal nothing none anything everything something whatever
        whoever whichever skip pass wait hang hold want wants wanted need needs needed like likes rather give gives
        giving given gave mean means meant know knows knew think thinks thought believe forget forgot forgotten
        remember remind mind minds changed business necessary required important matter matters why because yet
        course excuse beg continue proceed start over done finish finished leave left forward return
        previous question answer answers same different other another else before after ago always never ever
        talk talking speak spoke listen listening hearing heard understand understood stupid ridiculous urgent
        emergency hurry hurt hurts pain help helping human operator agent staff receptionist reception desk
        room floor ward hospital clinic pharmacy cafe toilet toilets bathroom entrance exit parking lift lifts
        elevator stairs blood test tests results result scan surgery operation treatment prescription medicine
        table party reservation reservations bookings group guests adults children kids dinner lunch breakfast
        confirm confirmed agree agreed deal perfect exactly absolutely definitely actually maybe perhaps possibly
        probably likely sometime anytime day days weeks months pm am when where what which minus plus point
        don't doesn't didn't can't cannot won't wouldn't couldn't shouldn't isn't aren't wasn't weren't ain't haven't
        hasn't hadn't gonna wanna gotta lemme gimme dunno please thanks thank hello hi hey bye goodbye sorry uh um er
        erm hmm ah huh eh what's who's how's there's here's it'll i'll you'll they'll we've they've he'd she'd
        dollars euros pounds percent degrees trust trusting care cares tired bored busy lost stuck confused unsure
        curious kidding joking serious crazy mad angry available impossible possible allowed supposed able silly
        complicated difficult easy funny umm ummm hmmm uhh ha haha la big small red blue yellow purple orange everyone
        everybody calls called hyphen dash capital certain uncertain undecided decided incorrect false true
        enough cold hot warm dark noisy crowded raining snowing sunny outside inside percent moment second either
        neither better easier preferable convenient goodness sake god god's heaven heaven's condition
        conditions circumstances protest duress pressure rush comment quite bad madam ma'am file files record
        records system written pronounced without comma middle gladly happily unfortunately sadly put letter
        letters spell mine ours yours hers theirs misspelled misspelt mistaken""".split()
    )
)
"""No names, unless a table above says so."""

_TAKES_BACK = frozenset({"no", "not", "sorry", "wait", "actually", "rather", "mean", "meant"})


def find_names(words: Sequence[str], expected: bool) -> list[FoundName]:
    """Names in a text (see ``tokens``), in order. ``expected``: a name was just asked for. What stands between
    two of them may take the first back."""
    words, places = _joined(words)
    if expected and names_two(words):
        return []
    found = (
        _by_parts(words)
        or _named_before(words)
        or _led(words, expected)
        or (_alone(words) if expected else _opening(words))
    )
    return [FoundName(places[hit.start][0], places[hit.end - 1][1], hit.name) for hit in found]


_TELLS_OTHER = re.compile(
    r"\b(?:that's|that is|that was|it's|it is|this is)(?: also| just| actually| already)? (?:(?:my|our|his|her|"
    r"their|an?|the) |\w+'s |"
    r"\w+ (?:day|night|week|time)\b)(?!.*\b(?:names?|named|called|surname|for|under)\b)"
    # "I have no choice"
    r"|\b(?:have|has|had|got|see|is|are|there's) no \w+$"
)


def tells_no_name(words: Sequence[str]) -> bool:
    """Whether words tell what a day or a time is, and give no name in place of another: "no that's my birthday"."""
    return bool(_TELLS_OTHER.search(" ".join(words)))


def holds_day(words: Sequence[str]) -> bool:
    """Whether an answer is a name that holds a weekday or an hour, and nothing else: "Joe Friday"."""
    plain = [word for word in words if word not in _AROUND and word[0].isalnum()]
    while plain and (lead := next((n for n in (4, 3, 2, 1) if tuple(plain[:n]) in _ALL_LEADS), 0)):
        plain = plain[lead:]
    if len(plain) != 2 or not {*DAYS, "noon"} & {*plain}:
        return False
    other = plain[1] if plain[0] in DAYS else plain[0]
    return _is_plain(other) or (other in _NAMES_TOO and other == plain[0])


def names_two(words: Sequence[str]) -> bool:
    """Whether an answer is the names of two people, of whom only one is asked for: "tim and tom baker"."""
    if "and" not in words[1:-1]:
        return False
    at = list(words).index("and")
    one, other = _name_from(words, 0, at), _name_from(words, at + 1)
    return bool(one and other and (one.start, one.end, other.start, other.end) == (0, at, at + 1, len(words)))


def find_name(words: Sequence[str], expected: bool) -> FoundName | None:
    """The name in a text, the last where a correction stands between."""
    found = find_names(words, expected)
    chosen = found[0] if found else None
    for hit in found[1:]:
        between = list(words[chosen.end : hit.start]) if chosen else []
        # "It's tom not tim" takes back the second.
        if _TAKES_BACK & set(between) and between != ["not"]:
            chosen = hit
    return chosen


# --- letters ------------------------------------------------------------------------------------------------------

_TIMES = {"double": 2, "triple": 3}


_SPELLING = frozenset("that's it's spelled spelt spelling is that with , .".split())
"""between a name and its letters"""
_SPELLED_LIKE = 60
"""least likeness, of 100, of a name and its letters"""


class _Spelled(str):
    """A word put together from letters. It is a name, whichever word it is."""

    __slots__ = ()


def _joined(words: Sequence[str]) -> tuple[list[str], list[tuple[int, int]]]:
    """The words with spelled ones put together and fillers left out, and the first and last (exclusive) of the words
    that each comes from."""
    kept: list[str] = []
    places: list[tuple[int, int]] = []
    at = _end_of_letters(words)
    while at < len(words):
        spelled = _spelled_at(words, at)
        if spelled:
            end, word = spelled
            if (
                words[end : end + 1] == ["with"]
                and words[end + 1 : end + 2] in (["a"], ["an"])
                and _ends_in_letter(words, end)
            ):
                # "b r o w n with an e"
                word, end = word + words[end + 2], end + 3
            follows = words[end] if end < len(words) else ""
            if follows == word:
                # "k a h n kahn"
                end += 1
            before = len(kept) - 1
            while before > 0 and kept[before] in _SPELLING:
                before -= 1
            if len(kept) > 1 and "".join(kept[-2:]) == word:
                # "john smith j o h n s m i t h"
                places[-1] = (places[-1][0], end)
            elif kept and kept[before][0] == word[0] and fuzz.ratio(kept[before], word) >= _SPELLED_LIKE:
                # "smith s m i t h", "khan, that's k a h n": the letters are surer.
                if kept[before] != word:
                    kept[before] = _Spelled(word)
                del kept[before + 1 :], places[before + 1 :]
                places[before] = (places[before][0], end)
            else:
                kept.append(_Spelled(word))
                places.append((at, end))
            at = end
        else:
            small = words[at] in ("small", "lowercase") and _is_letter(words[at + 1 : at + 2])
            if small and kept[-1:] == ["m"] and words[at + 1] == "c" and at + 2 < len(words):
                # "capital m small c donald"
                kept[-1] = _Spelled(f"mc{words[at + 2]}")
                places[-1] = (places[-1][0], at + 3)
                at += 3
                continue
            if words[at] not in FILLERS and words[at] not in ("capital", "uppercase") and not small:
                kept.append(words[at])
                places.append((at, at + 1))
            at += 1
    return kept, places


_COUNTED_LETTER = re.compile(
    r"(?:with )?(?:double|two|one|a single|single) [^\W\d_](?:'s)?"
    r"(?: (?:and )?not (?:with )?(?:double|two|one|a single|single|just "
    r"one) [^\W\d_](?:'s)?) "
)


def _end_of_letters(words: Sequence[str]) -> int:
    """The end of a remark about a letter with which an answer begins: "double l not one l phillips"."""
    remark = _COUNTED_LETTER.match(" ".join(words))
    return len(remark.group().split()) if remark else 0


def _is_letter(word: Sequence[str]) -> bool:
    return len(word) == 1 and len(word[0]) == 1 and word[0].isalpha()


def _ends_in_letter(words: Sequence[str], at: int) -> bool:
    """Whether nothing but a letter follows "with an"."""
    return _is_letter(words[at + 2 : at + 3]) and len(words) == at + 3


_NATO = {
    word: word[0]
    for word in """alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november
    oscar papa quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu""".split()
}
"""the radio alphabet; at least three of its words stand for letters, since some are names"""


def _radio_at(words: Sequence[str], at: int) -> tuple[int, str] | None:
    end, letters = at, ""
    while end < len(words) and words[end] in _NATO:
        letters += _NATO[words[end]]
        end += 1
    return (end, letters) if len(letters) >= 3 else None


def _spelled_at(words: Sequence[str], at: int) -> tuple[int, str] | None:
    """End and word of letters said one by one: "k a h n", "w as in william a r d", "double l o y d". At least three,
    or two and nothing else; fewer are initials."""
    if radio := _radio_at(words, at):
        return radio
    letters, end = "", at
    while (read := _letter_at(words, end, letters)) is not None:
        end, more = read
        letters += more
    spaced = words[end : end + 1] == ["space"] and _is_letter(words[end + 1 : end + 2])
    if len(letters) >= 2 and spaced:
        # "d e space v r i e s"
        return end + 1, letters
    if len(letters) >= 3 or (len(letters) == 2 and at == 0 and end == len(words)):
        return end, letters
    return None


def _letter_at(words: Sequence[str], at: int, before: str) -> tuple[int, str] | None:
    if at >= len(words):
        return None
    word = words[at]
    times = _TIMES.get(word, 1)
    if times > 1:
        if words[at + 1 : at + 2] == ["u"] and word == "double":
            return at + 2, "w"
        letter = words[at + 1] if at + 1 < len(words) else ""
        return (at + 2, letter * times) if len(letter) == 1 and letter.isalpha() else None
    if word in ("am", "pm") and before not in ("", "i"):
        # ``tokens`` takes "a m" for a time of day.
        return at + 1, word
    if len(word) != 1 or not word.isalpha():
        return None
    example = words[at + 3] if words[at + 1 : at + 3] == ["as", "in"] and at + 3 < len(words) else ""
    if not example and words[at + 1 : at + 2] in (["for"], ["like"]) and at + 2 < len(words):
        return (at + 3, word) if words[at + 2].startswith(word) and len(words[at + 2]) > 1 else (at + 1, word)
    if example:
        return at + 4, word
    dotted = words[at + 1 : at + 2] in (["."], [","]) and at + 2 < len(words) and len(words[at + 2]) == 1
    return at + 1 + dotted, word


# --- where a name stands ------------------------------------------------------------------------------------------

_LEADS: dict[str, list[tuple[tuple[str, ...], bool]]] = {}
for _lead in (*_SURE_LEADS, *_WEAK_LEADS):
    _LEADS.setdefault(_lead.split()[0], []).append((tuple(_lead.split()), _lead in _SURE_LEADS))

_ALL_LEADS = {tuple(lead.split()) for lead in (*_SURE_LEADS, *_WEAK_LEADS)}


def _led(words: Sequence[str], expected: bool) -> list[FoundName]:
    """Names behind what introduces one; those behind a sure lead before the others."""
    sure: list[FoundName] = []
    weak: list[FoundName] = []
    for at, word in enumerate(words):
        for lead, certain in _LEADS.get(word, ()):
            if tuple(words[at : at + len(lead)]) != lead:
                continue
            start = at + len(lead)
            hit = _name_from(words, start + (words[start : start + 1] in _BEFORE_NAMES))
            if hit is None:
                continue
            if certain:
                sure.append(hit)
            elif expected or (
                _plain_words(words, hit) >= 2 and _ends_here(words, hit.end) and not _is_day(words, at, hit)
            ):
                weak.append(hit)
    if real := _really_called(words, [*sure, *weak]):
        return [real]
    found = sorted(sure or weak, key=lambda hit: (hit.start, -hit.end))
    first = found[:1]
    # "My name is john no james": what follows a correction needs no lead of its own.
    if first and (after := _corrected(words, first[0].end)):
        first.append(after)
    return first if len(first) > 1 else [hit for n, hit in enumerate(found) if n == 0 or hit.start >= found[n - 1].end]


_BEFORE_NAMES = ([","], ["really"], ["actually"], ["called"], ["named"])
"""one of these may stand between a lead and the name: "for my daughter really emma smith" """


def _is_day(words: Sequence[str], at: int, hit: FoundName) -> bool:
    """Whether words behind "that is" tell what a day or a time is: "that's market day"."""
    return bool(_SAYS_WHAT.match(words[at])) and words[hit.end - 1] in ("day", "week", "night", "time")


_SAYS_WHAT = re.compile(r"(?:that|it|this)(?:'s)?$")
_NICKNAME = re.compile(r"(?:you can |they |everybody |everyone |people |friends )?calls? me$|i go by$")
_REALLY = re.compile(
    r"but (?:it's|it is|my (?:real |full |official |proper )?name(?: is|'s)|the (?:card|name|passport|"
    r"file) (?:says|is)|officially|"
    r"i'm|i am|really|on (?:the|my) (?:card|passport) it's)( actually| really| officially)?$"
)


def _really_called(words: Sequence[str], hits: Sequence[FoundName]) -> FoundName | None:
    """The name that is set against a nickname: "call me bill but it's william shaw"."""
    if not any(_NICKNAME.search(" ".join(words[: hit.start])) for hit in hits):
        return None
    for at in range(len(words)):
        if "but" in words[:at] and _REALLY.search(" ".join(words[:at])):
            hit = _name_from(words, at)
            if hit and hit.start == at and _plain_words(words, hit) >= 2:
                return hit
    return None


def _corrected(words: Sequence[str], end: int) -> FoundName | None:
    at = end
    while at < len(words) and (words[at] in _TAKES_BACK or words[at] in ("i", ",", ".", "it's", "is")):
        at += 1
    return _name_from(words, at) if _TAKES_BACK & set(words[end:at]) else None


def _alone(words: Sequence[str]) -> list[FoundName]:
    """An answer that is a name: each stretch between marks and corrections that holds nothing else, or that begins
    with at least two words of a name."""
    found: list[FoundName] = []
    for start, end in _stretches(words):
        while start < end and words[start] in _AROUND | {"from"}:
            start += 1
        while greeting := next((g for g in _GREETINGS if words[start : start + len(g)] == g), None):
            start += len(greeting)
            while start < end and words[start] in _AROUND:
                start += 1
        # "smith with an e", "smith will do"
        last = end
        end = next((at for at in range(start + 1, end) if _is_remark(words[at:end])), end)
        if words[end - 2 : end] == ["thank", "you"]:
            end -= 2
        while end > start and words[end - 1] in _AROUND:
            end -= 1
        hit = _name_from(words, start, end)
        if hit and (hit.end == end or _plain_words(words, hit) >= 2):
            found.append(hit)
            follows = _name_from(words, hit.end + _REMARK, last) if end < last else None
            if follows and follows.start == hit.end + _REMARK and follows.end == last:
                found.append(follows)
    return _over_remarks(words, found)


def _over_remarks(words: Sequence[str], found: Sequence[FoundName]) -> list[FoundName]:
    """Names, where one goes on behind a remark about a letter of it: "deborah with an h deborah kline", "anne without
    an e parker"."""
    joined: list[FoundName] = []
    for hit in found:
        before = joined[-1] if joined else None
        between = list(words[before.end : hit.start]) if before else []
        if before and (_ABOUT_LETTER.fullmatch(" ".join(between)) or between == _LEFT_OUT):
            again = hit.name.split()[0].lower() == before.name.split()[0].lower()
            name = hit.name if again else f"{before.name} {hit.name}"
            joined[-1] = FoundName(before.start, hit.end, name)
        else:
            joined.append(hit)
    return joined


def _is_remark(words: Sequence[str]) -> bool:
    """Whether words behind a name are about it, and no part of it."""
    said = " ".join(words)
    return bool(_SPELLED_WITH.match(said) or _SUFFICES.fullmatch(said))


_GREETINGS = (
    *(["good", "morning"], ["good", "afternoon"], ["good", "evening"], ["thank", "you"], ["excuse", "me"]),
    *([who, how] for who in ("i'm", "am") for how in ("fine", "good", "well", "okay", "great")),
)
_REMARK = 3
"""words of a remark about a letter"""
_LEFT_OUT = ["."] * 3
"""stands in place of one that gives no value"""
_ABOUT_LETTER = re.compile(r"with(?:out)? (?:an?|the|one|no|two|double) [^\W\d_]")
_SPELLED_WITH = re.compile(r"with(?:out)? (?:an?|one|two|double|no|the)\b|as in (?!\w$)|like (?:the|in|a)\b")
_SUFFICES = re.compile(
    r"(?:(?:will|would|should|shall|can) (?:do|be (?:fine|enough|okay|good|all right))|is (?:fine|enough|okay|"
    r"good|all right|"
    r"all you need|sufficient)|does it)(?: (?:please|thanks|thank you|for now|i think))*"
)
_BEHIND = (("is", "my", "name"), ("is", "the", "name"), ("is", "what", "you"))


def _named_before(words: Sequence[str]) -> list[FoundName]:
    """ "John Smith is my name"."""
    for at, word in enumerate(words):
        if word != "is" or tuple(words[at : at + 3]) not in _BEHIND:
            continue
        for start in range(max(0, at - _LONGEST), at):
            hit = _name_from(words, start, at)
            if hit and hit.end == at:
                return [hit]
    return []


_FIRST = frozenset({"first", "given"})
_LAST = frozenset({"last", "family", "second"})
_DOUBLE = {("double", how) for how in ("barrelled", "barreled", "barrel")}


def _by_parts(words: Sequence[str]) -> list[FoundName]:
    """ "first name john last name smith", "surname lee first name anna", "smith comma john"."""
    if "comma" in words:
        at = list(words).index("comma")
        family, given = _name_from(words, 0, at), _name_from(words, at + 1)
        if family and given and family.end == at:
            return [FoundName(family.start, given.end, f"{given.name} {family.name}")]
    if whole := _with_middle(words):
        return [whole]
    if called := _parts_called_behind(words):
        return [called]
    first = last = None
    for at, word in enumerate(words):
        named = words[at + 1 : at + 2] == ["name"]
        if (named and word in _FIRST | _LAST) or word in ("surname", "surname's"):
            start = at + 1 + named
            start += words[start : start + 1] in (["is"], ["to"], ["as"])
            start += 2 if tuple(words[start : start + 2]) in _DOUBLE else 0
            hit = _name_from(words, start + (words[start : start + 1] in (["is"], [","])))
            if hit and word in _FIRST:
                first = first or hit
            elif hit:
                last = last or hit
                # "My surname is baker tom baker"
                said = hit.name.split()
                if len(said) > 2 and said[0] == said[-1]:
                    return [FoundName(hit.start, hit.end, " ".join(said[1:]))]
    if first and not last:
        # "Parker, first name peter"
        lead = first.start - 2 - (words[first.start - 1] == "is")
        family = _name_from(words, 0, lead) if lead > 0 else None
        if family and (family.start, family.end) == (0, lead - (words[lead - 1] == ",")) and " " not in family.name:
            last = family
    if first and last:
        return [FoundName(min(first.start, last.start), max(first.end, last.end), f"{first.name} {last.name}")]
    return [hit for hit in (first, last) if hit]


def _with_middle(words: Sequence[str]) -> FoundName | None:
    """ "Tom, middle name Lee, Baker"."""
    at = next((at for at in range(1, len(words) - 2) if tuple(words[at : at + 2]) == ("middle", "name")), None)
    if at is None:
        return None
    given = _name_from(words, at - 1 - (words[at - 1] == ","), at)
    rest = _name_from(words, at + 2 + (words[at + 2] == "is"))
    if given is None or rest is None or " " not in rest.name:
        return None
    return FoundName(given.start, rest.end, f"{given.name} {rest.name}")


_CALLS = frozenset({"is", "that's", "it's", "as", ","})


def _parts_called_behind(words: Sequence[str]) -> FoundName | None:
    """ "baker is the last name tom the first": both parts, each with what it is behind it."""
    parts: dict[str, FoundName] = {}
    begin = 0
    for at, word in enumerate(words):
        which = "first" if word in _FIRST else "last" if word in _LAST else ""
        if not which or at == 0 or words[at - 1] not in ("the", "my"):
            continue
        end = at - 1
        while end > begin and words[end - 1] in _CALLS:
            end -= 1
        ending = (_name_from(words, start, end) for start in range(begin, end))
        hit = next((hit for hit in ending if hit and hit.end == end), None)
        if hit is None:
            continue
        begin = at + 1 + (words[at + 1 : at + 2] == ["name"])
        parts[which] = FoundName(hit.start, begin, hit.name)
    if len(parts) < 2:
        return None
    start, end = min(hit.start for hit in parts.values()), max(hit.end for hit in parts.values())
    return FoundName(start, end, f"{parts['first'].name} {parts['last'].name}")


def _opening(words: Sequence[str]) -> list[FoundName]:
    """ "John Smith speaking", "Anna Lee, i have an appointment"."""
    start = 0
    while start < len(words) and words[start] in _AROUND | {","}:
        start += 1
    hit = _name_from(words, start)
    if hit is None or _plain_words(words, hit) < 2 or hit.end >= len(words):
        return []
    follows = words[hit.end]
    capital = all(written(word)[0].isupper() for word in words[hit.start : hit.end] if word not in PARTICLES)
    return [hit] if follows in ("speaking", "here") or (capital and follows in (",", ".", "and", "for", "i")) else []


def _stretches(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    start = 0
    for at, word in enumerate(words):
        mark = not word[0].isalnum() and not (
            word == "." and at and words[at - 1].isalpha() and len(words[at - 1]) == 1
        )
        if mark or word in _TAKES_BACK:
            yield start, at
            start = at + 1
    yield start, len(words)


_LONGEST = 6
"""words of the longest name"""
_WINDOW = 20
"""most tokens that are read of a name: titles, words, the full stops of initials, and one that follows"""


def _name_from(words: Sequence[str], start: int, last: int | None = None) -> FoundName | None:
    """The name that begins at ``start``: as many words as may belong to one, up to ``last`` (exclusive)."""
    words = words[start : min(start + _WINDOW, len(words) if last is None else last)]
    hit = _name_at_start(words)
    return hit and FoundName(hit.start + start, hit.end + start, hit.name)


def _name_at_start(words: Sequence[str]) -> FoundName | None:
    start = 0
    while start < len(words) and (
        words[start] in _TITLES or (start and words[start] == "." and words[start - 1] in _TITLES)
    ):
        start += 1
    end = start
    taken: list[str] = []
    while end < len(words) and len(taken) < _LONGEST:
        word = words[end]
        if (word == "." and taken and len(taken[-1]) == 1) or (
            word == "," and taken and words[end + 1 : end + 2] in _GENERATIONS
        ):
            end += 1
            continue
        if not _may_belong(word):
            break
        taken.append(word)
        end += 1
    while taken and end < len(words) and _begins_next(taken[-1], words[end]):
        taken.pop()
        end -= 1
    if len(taken) > 2 and isinstance(taken[1], _Spelled) and taken[0] == taken[-1] != taken[1]:
        # "vogel l e n a vogel": the family name was begun, and then said in its place.
        taken = taken[1:]
    while taken and taken[-1] in ("hyphen", "dash"):
        taken.pop()
        end -= 1
    if len(taken) > 2 and words[end : end + 1] == ["is"] and words[end + 1 : end + 2] in _WHOSE:
        # "Jane Smith John is my husband"
        taken.pop()
        end -= 1
    if not taken or taken[0] in ("hyphen", "dash") or not any(_is_plain(word) or word in _NAMES_TOO for word in taken):
        return None
    if len(taken) == 1 and len(taken[0]) == 1 and taken[0].isascii():
        return None
    return FoundName(start, end, said_as_name([written(word) for word in taken]))


def _begins_next(word: str, follows: str) -> bool:
    """Whether a word that may end a name begins the next sentence."""
    return follows[0].isalnum() and (word in _ONLY_BEFORE or (word in _BEFORE_OBJECTS and follows in _OBJECTS))


_WHOSE = (["my"], ["the"], ["his"], ["her"], ["our"])
_GENERATIONS = (["jr"], ["sr"], ["junior"], ["senior"])


def _may_belong(word: str) -> bool:
    if word in _NAMES_TOO or word in _WITHIN_NAMES or word in ("hyphen", "dash"):
        return True
    return word[0].isalpha() and (_is_plain(word) or (len(word) == 1 and word not in ("a", "i")))


def _is_plain(word: str) -> bool:
    """Whether a word is a name as far as the tables know, and nothing else."""
    if isinstance(word, _Spelled):
        return True
    return word[0].isalpha() and (len(word) > 1 or not word.isascii()) and word not in _NO_NAME | _WITHIN_NAMES


def _plain_words(words: Sequence[str], hit: FoundName) -> int:
    """Words from the first on that is nothing but a name."""
    said = words[hit.start : hit.end]
    first = next((n for n, word in enumerate(said) if _is_plain(word) or word in _NAMES_TOO), len(said))
    # "Frank Long" has two, "new glasses" has one.
    return sum(word in _WITHIN_NAMES or _is_plain(word) or word in _NAMES_TOO for word in said[first:])


def _ends_here(words: Sequence[str], end: int) -> bool:
    """After a name comes a mark, a preposition or nothing, hardly a further noun."""
    if words[end + 1 : end + 2] == ["is"] and words[end + 2 : end + 3] in _WHOSE:
        return True
    return end >= len(words) or words[end] in FUNCTION_WORDS or not words[end][0].isalpha()


# --- how it is written --------------------------------------------------------------------------------------------

_JOINED = re.compile(r"[^'-]+|['-]")


def said_as_name(words: Sequence[str]) -> str:
    """Words of a name as it is written: "Maria van der Berg", "Patrick O'Brien", "Anne-Marie". Capitals that were
    written stay, unless all are."""
    parts: list[str] = []
    for n, word in enumerate(words):
        if word in ("o", "O") and n + 1 < len(words):
            # "o brien"
            parts.append("O'")
        elif word in ("hyphen", "dash"):
            parts.append("-")
        elif word.islower() and word.strip("-") in PARTICLES and n:
            parts.append(word)
        elif word.islower() or (word.isupper() and len(word) > 2):
            parts.append("".join(_capital(part) for part in _JOINED.findall(word.lower().removesuffix("'s"))))
        else:
            parts.append(word.removesuffix("'s"))
    return re.sub(r"(O'|-) ", r"\1", " ".join(parts).replace(" -", "-"))


def _capital(part: str) -> str:
    if part.startswith("mc") and len(part) > 4:
        return "Mc" + part[2:].capitalize()
    return part[:1].upper() + part[1:]
