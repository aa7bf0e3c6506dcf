"""What a visitor's words do in a conversation, as far as it can be read off the words: good-bye, thanks, a person
please, a step back. Pure. ``confirmation`` reads yes and no, and retrieval finds any other meaning.

Recognised speech has no punctuation and its small words are often wrong, so each of these is recognised by phrases
that may stand anywhere in a short utterance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz

from appliance.language.english.contractions import plain
from appliance.language.english.tokens import tokens
from appliance.language.parts import Courtesy, Leap, LeftOpen

_DO_NOT_KNOW = re.compile(
    r"\b(?:i )?(?:(?:don't|do not|didn't|can't|cannot) (?:know|remember|recall|have (?:it|one|a number|the number))|"
    r"no idea|forgot(?:ten)?|not sure|lost (?:it|the number))\b"
)
_GOODBYE = re.compile(
    r"\b(good ?bye|bye(?: bye)?|see you(?: later| soon| tomorrow)?|have a (?:nice|good|great) (?:day|evening|one)|"
    r"farewell|"
    r"so long)\b"
)
_NOTHING_MORE = re.compile(
    r"\b(that's all|that is all|that was all|that'll be all|that will be all|nothing else|nothing more|i'm done|"
    r"i am done|that's everything|that is everything|that's it for (?:now|today))\b"
)
_THANKS = re.compile(r"\b(thank you|thanks|thank|cheers|much appreciated)\b")
_GREETING = re.compile(r"^(?:oh )?(hello|hi|hey|good (?:morning|afternoon|evening|day)|howdy)\b")
_HOW_ARE_YOU = re.compile(r"\bhow are you\b(?! (?:open|going to|able))|\bhow's it going\b|\bhow do you do$")
_PEOPLE = (
    r"(?:doctors?|dentists?|physicians?|nurses?|specialists?|therapists?|consultants?|advis[eo]rs?|stylists?|vets?|"
    r"hairdressers?|colleagues?|person)"
)
_NO_MATTER = (
    r"(?:(?:doesn't|does not|don't|do not|won't) (?:really |much )?(?:matter|make any difference)(?: to me)?|"
    r"makes no difference(?: to me)?|i (?:really )?(?:don't|do not|couldn't) (?:really )?(?:mind|care)(?: about)?|"
    r"all the same(?: to me)?|no preference(?: (?:as to|for|about))?|no matter|(?:i am|i'm) (?:easy|flexible))"
)
_ANY = r"(?:any|either|whichever|whatever)"
_AVAILABLE = r"(?:one|time|slot|appointment|opening|day|date|doctor|possible|free|available|open)"


def _said(*ways: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(ways)})(?!\w)")


_OPEN: Mapping[LeftOpen, re.Pattern[str]] = {
    "soonest": _said(
        r"as (?:soon|early|quick|quickly) as (?:possible|you can|you could|i can)",
        r"asap|a s a p|the sooner the better|first available|right away|straight away",
        r"(?:see|get|have) (?:a|the|some) \w+ (?:quickly|soon|fast|urgently)",
        r"(?:earliest|soonest)(?! (?:on|at)\b)",
        rf"(?<!my )(?:first|next)(?: {_AVAILABLE})+(?:$| (?:you|please|that|there|with|is))",
        r"(?:first|next) thing you have",
    ),
    "choice": _said(
        rf"{_ANY} (?:free |available )?{_PEOPLE}",
        r"whoever(?:'s)?",
        r"anyone|anybody",
        rf"{_NO_MATTER} (?:with )?(?:who|whom|(?:which|what) {_PEOPLE}|the {_PEOPLE})",
        rf"(?:who|(?:which|what) {_PEOPLE}) (?:it is )?(?:doesn't|does not) matter",
        rf"the (?:first|next) (?:free |available )*{_PEOPLE}",
    ),
    "date": _said(
        rf"{_ANY} (?:day|date|weekday)s?|any ?day|whenever",
        rf"{_NO_MATTER} (?:when|(?:which|what) (?:day|date)|the (?:day|date))",
        r"(?:which|what) day (?:doesn't|does not) matter|every day is (?:fine|good|okay)",
    ),
    "time": _said(
        rf"{_ANY} (?:time|hour)s?|any ?time|whenever|all day",
        rf"{_NO_MATTER} (?:when|(?:at )?(?:which|what) (?:time|hour)|the (?:time|hour))",
    ),
    "asked": _said(
        _NO_MATTER,
        r"(?:any|either) (?:one|of (?:them|those|these|you|the (?:two|three))|will do|is (?:fine|good|okay))",
        r"whichever|whatever (?:you|is|works|suits|comes)|up to you|your choice|surprise me",
        r"(?:you|please) (?:can |may |could )?(?:choose|decide|pick)",
        r"anything (?:is )?(?:fine|goes|works|will do|you have)|all of them are (?:fine|okay)",
    ),
}
"""Words by which a visitor leaves something to the appliance"""
_ALONE = re.compile(rf"(?:{_ANY})(?: one)?(?: please)?")
"""leaves what was asked for to the appliance when nothing else is said"""
_AT_ONCE = re.compile(
    r"(?:(?:um|uh|oh|well|please|yes|as|it's|it is|this is|very|really|quite|if possible) )*(?:right now|now|"
    r"at once|immediately|"
    r"urgent|urgently|quickly|very soon|soon|today if possible)(?: (?:please|if possible|if you can))*"
)
"""the same, when nothing else is said"""
_NOT_OPEN = re.compile(
    r"\b(?:not|n't|never|without) (?:want |like |see |need )?(?:any|just any|anyone|anybody|whoever|either)\b|"
    r"^(?:is|are|does|do|has|have|did|was|can|could|who|what|why)\b(?! you (?:choose|pick|decide))|"
    r"\bwhoever (?:told|said|did|made|wrote)\b|\bneither\b|\bany (?:other|more|longer|idea|help|news|chance)\b"
)
_LEADING = (
    r"(?:(?:um|uh|oh|no|so|and|but|well|okay|yes|yeah|hi|hello|sorry|please|thanks|thank you|actually|look|listen|wait|"
    r"hey|good (?:morning|afternoon|evening)|i said|i told you) )*"
)
_HOLDER = r"(?:i|we|he|she|they|(?:my|our|his|her|the|this) \w+(?: \w+)?)"
_LATELY = r"(?:(?:really|actually|even|just|currently|at all|think (?:that )?(?:i|we|he|she|they)) )*"
_OTHERWISE = (
    r"(?:but|just|only|instead|(?:i|we|he|she) (?:just |only |do )?(?:want|need|would like|would rather|wanted|have|am|"
    r"was|wish)|(?:is|are) there|where|when|what|how|who|which|why|can (?:i|we|you)|could|do you|please tell|tell me)"
)
_REFUSED_TASK = re.compile(
    rf"^{_LEADING}(?:"
    rf"{_HOLDER} (?:do|does|did|would|will) not {_LATELY}(?:want|need|like|wish|care for|ask(?:ed)?(?: you)?|say|mean|"
    rf"intend|plan) {_LATELY}"
    r"(?:for |about )?(?:an?|any|another|to (?!come|keep|go|be|wait|attend|have (?:my|the|that|this)|know|say|hear)\w+|"
    r"you to \w+)|"
    rf"{_HOLDER} never (?:wanted|asked|said) (?:for |about )?(?:an?|any|to|anything)|"
    rf"{_HOLDER} (?:am|is|are) not (?:here|trying|going|asking|looking|calling|coming) (?:to|for|about)|"
    rf"{_HOLDER} (?:would|had) rather not \w+|{_HOLDER} (?:would )?prefer not to \w+|"
    r"(?:nobody|no one) (?:wants|needs|asked|said) (?:for |about )?(?:an?|any|to|anything)|"
    r"(?:do not|never) (?!you|i|we|they|know|have|understand|want|need|see|think|mind|remember|care|feel|like|believe|"
    r"speak|hear|get|find|worry|forget)\w+|"
    r"no (?:appointment|booking|reservation)s?"
    rf")\b(?P<object>(?: (?!{_OTHERWISE}\b)\w+)*)(?P<rest>.*)$"
)
_TAKEN_BACK = re.compile(
    r"(?<=\w) (?:(?:(?:no|wait|oh|sorry|actually|but) )+(?:do not|no|leave it|forget (?:about )?(?:it|that))|"
    r"(?:(?:no|wait|oh|sorry|actually|but) )*(?:no not (?:now|today|yet|me)|never mind|i changed my mind))"
    r"(?: (?:please|sorry|thanks|thank you))*$"
)
_STILL_HELD = re.compile(r"\b(?:any ?more|any longer|no longer|after all)\b")
"""what is not wanted any more is there, and is to be cancelled"""
_FILLERS = frozenset(
    "ha haha hah lol um uh er hmm oh well so like please yes yeah okay ok right and then the a no".split()
)
_SMALL = frozenset(
    """you very much that is all for now today i'll i be going then am my dear to everything help your great wonderful
    lovely perfect nice kind of helpful really a lot so good fine it was has have been this was's me us i've must go
    leaving later take care sir madam friend folks everybody too same""".split()
)
"""words that go with a good-bye or a thank-you and ask for nothing"""


_BEGINNING = (
    r"^(?:(?:um|uh|oh|no|okay|yes|sure|right|all right|alright|well|wait|sorry|please|can (?:we|i|you)|"
    r"could (?:we|i|you)|let us|let's|let me|"
    r"i want to|i'd like to|i would like to|just) )*"
)
_BACK = re.compile(
    rf"{_BEGINNING}(?:(?:go|step|take me|get) (?:a step |one step |one )?back(?: (?:one|a step|one step))?|back|"
    r"(?:the )?previous (?:question|step|one))(?: please)?$"
)
_START_AGAIN = re.compile(
    rf"{_BEGINNING}(?:(?:start|begin|do it|try)(?: it| this)? (?:over|again|anew|afresh|from the (?:start|beginning|"
    rf"top))"
    r"(?: again)?|restart|(?:(?:go |take me )?back to|from) (?:the (?:very )?(?:start|beginning|top)|scratch)|"
    r"(?:back to )?the first question)(?: please)?$"
)


def leap(text: str) -> Leap | None:
    """Whether the visitor wants to go back a step in a task, or to begin it anew."""
    said = " ".join(word for word in tokens(text) if word not in ".,;:!?")
    if _START_AGAIN.search(said):
        return "start_again"
    return "back" if _BACK.search(said) else None


def does_not_know(text: str) -> bool:
    """Whether the visitor cannot answer what was asked."""
    return bool(_DO_NOT_KNOW.search(text.lower()))


def takes_back(text: str) -> bool:
    """Whether the end of the words takes back all that was said before: "can you call a nurse no wait don't"."""
    return bool(_TAKEN_BACK.search(plain(text)))


def beside_refusal(text: str) -> str | None:
    """What is said beside a task that the visitor does not want: "i don't want an appointment just tell me where the
    cafe is". None where the words refuse none."""
    refused = _REFUSED_TASK.match(plain(text))
    if refused is None or _STILL_HELD.search(refused["object"]):
        return None
    return refused["rest"].strip()


def leaves_open(text: str) -> frozenset[LeftOpen]:
    """What the visitor leaves to the appliance: "whoever is free", "any day", "as soon as possible"."""
    said = " ".join(word for word in tokens(text) if word not in ".,;:!?")
    if _NOT_OPEN.search(said):
        return frozenset()
    found = {what for what, pattern in _OPEN.items() if pattern.search(said)}
    if _ALONE.fullmatch(said):
        return frozenset({"asked"})
    if _AT_ONCE.fullmatch(said):
        return frozenset({"soonest"})
    # "I don't mind which day" leaves the day open, whatever was asked for.
    return frozenset(found - {"asked"} or found)


def says_goodbye(text: str) -> bool:
    """Whether the conversation is over: a good-bye and hardly anything else, and no question."""
    low = _plain(text)
    if asks_question(low) or re.search(r"^(?:is|are|was|isn't) (?:that|there|it)\b|\?", text.lower()):
        return False
    rest, found = _GOODBYE.subn(" ", low)
    if found:
        return len(_beside_courtesy(rest)) <= 2
    rest, found = _NOTHING_MORE.subn(" ", low)
    return bool(found) and not _beside_courtesy(rest)


def before_goodbye(text: str) -> str:
    """What was said beside a good-bye."""
    return " ".join(_GOODBYE.sub(" ", _plain(text)).split())


def holds_goodbye(text: str) -> bool:
    """Whether a word of farewell is among others."""
    return "bye" in text.lower()


def courtesy(text: str) -> Courtesy | None:
    """A sentence that only greets or thanks. One that goes on ("hello where is …") is not small talk."""
    low = _plain(text)
    if _HOW_ARE_YOU.search(low) and len(_beside_courtesy(_HOW_ARE_YOU.sub(" ", low))) <= 2:
        return "how_are_you"
    if _THANKS.search(low) and not asks_question(low) and not _beside_courtesy(_THANKS.sub(" ", low)):
        return "thanks"
    greeting = _GREETING.search(low)
    if greeting and len(low.split()) <= len(greeting.group().split()) + 2:
        return "greeting"
    return None


def _plain(text: str) -> str:
    return " ".join(word for word in tokens(text) if word not in ".,;:!?")


def _beside_courtesy(text: str) -> list[str]:
    """Words that are neither fillers nor courtesies."""
    rest = _GREETING.sub(" ", _THANKS.sub(" ", text).strip())
    return [word for word in rest.split() if word not in _FILLERS | _SMALL]


_PERSON = re.compile(
    r"\b(?:speak|talk|get|put me through|connect me|transfer me)(?: \w+)? (?:to|with|me) (?:a |an |some |the )?"
    r"(?:real |actual |living |human |other )*(?:person|human(?: being)?|someone|somebody|people|agent|operator|"
    r"member of (?:the )?staff|staff|receptionist|colleague)\b|"
    r"\b(?:real|actual|living) (?:person|human)\b|\bhuman being\b|"
    r"\bcall (?:a (?:person|human|colleague|member of staff)|someone|somebody)\b"
)


_NO_PERSON = re.compile(
    r"(?<!why )\b(?:don't|do not|dont|never|no need|not|rather not|without|no|won't|stop|there's no need|you needn't)"
    r"(?: \w+){0,3}$"
)
_ASKS_FOR_ONE = re.compile(
    r"\b(?:why (?:don't|can't|not)|can't|cannot|couldn't|can not) (?:i|you|we|somebody|someone)\b"
)
_CLAUSE = re.compile(r"[,.;!?]| but | i (?:want|need|prefer|would like) (?!to)| just | instead ")


def wants_person(text: str, phrases: Iterable[str] = ()) -> bool:
    """Whether the visitor would rather deal with a person, in the language's words or a site's ``phrases``. A visitor
    who asks not to call a person would not."""
    low = text.lower().replace("’", "'")
    if re.search(r"\bare you\b", low) or refuses_person(low) or takes_back(low):
        return False
    return bool(_PERSON.search(low)) or says_phrase(low, phrases)


def refuses_person(text: str) -> bool:
    """Whether the visitor wants no person to be called: "don't call someone", "i don't want to talk to a person"."""
    said = [part for part in _CLAUSE.split(text.lower().replace("’", "'")) if part]
    wishes = [(part, match) for part in said for match in _CALLING.finditer(part)]
    return bool(wishes) and all(
        _NO_PERSON.search(part[: match.start()].strip()) and not _ASKS_FOR_ONE.search(part) for part, match in wishes
    )


_CALLING = re.compile(
    r"\b(?:call|calling|fetch|get|bother|disturb|ring|phone|alert|bring|send|involve|want|need|speak|talk|see|"
    r"connect|transfer|put)\b"
    r"(?= (?:\w+ ){0,4}?(?:person|people|human|someone|somebody|anyone|anybody|staff|nurse|colleague|receptionist|"
    r"operator|agent|help)\b)|\b(?:person|human|staff|nurse)\b(?= please)"
)


_QUESTION = re.compile(
    r"^(?:(?:and|so|but|well|um|uh|oh|hi|hello|excuse me|sorry|hang on|hold on|one moment|"
    r"just a (?:second|moment|minute)|wait|by the way|please|okay|first)\b[, ]*)*"
    r"(?:where|when|what|what's|who|who's|which|how|why|is there|are there|do you|does|can i|may i|are|"
    r"could you tell|can you tell)\b"
)


def asks_question(text: str) -> bool:
    """Whether the words begin as a question does."""
    return bool(_QUESTION.search(text.lower()))


_GOES_ON = re.compile(r"^(?:and|what about|how about)\b")
_REFERS = re.compile(
    r"(?<!what time is )\b(?:it|they|them)\b|\bis that (?:on|in|at|open|far|near)\b|(?<!is )(?<!are )(?<!was )\bthere\b"
)


def follows_up(text: str) -> bool:
    """Whether the words only make sense after what was said before: "and when does it open", "what about sunday",
    "is it free"."""
    low = text.lower()
    return bool(_GOES_ON.search(low) or _REFERS.search(low)) and len(low.split()) <= 9


def goes_on(text: str) -> bool:
    """Whether the words carry on a list of questions: "and on friday", "what about doctor miller"."""
    return bool(_GOES_ON.search(text.lower()))


def says_phrase(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases occurs in the words, allowing for a misheard letter or two in a long one."""
    heard = tokens(text)
    for phrase in phrases:
        wanted = tokens(phrase)
        if not any(word[0].isalnum() for word in wanted):
            continue  # a phrase without words cannot be heard
        for at in range(len(heard) - len(wanted) + 1):
            window = heard[at : at + len(wanted)]
            if window == wanted or (len(phrase) >= 12 and fuzz.ratio(" ".join(window), " ".join(wanted)) >= 90):
                return True
    return False


_DANGLING = frozenset(
    """a an the my your our his her their this at on in to for with of from by and or but because if when where what
    who which how is are was can could would should will do does um uh er i we doctor mr mrs""".split()
)


def sounds_unfinished(text: str) -> bool:
    """Whether the words end where no sentence ends: "i would like an appointment with"."""
    words = tokens(text)
    return bool(words) and words[-1] in _DANGLING and text.strip() not in ("where is it", "who is it")


_SPELLED = re.compile(
    r"[a-z]|\d+|zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|dot|at|dash|hyphen"
)


def dictates(text: str) -> bool:
    """Whether the words end in the middle of what is dictated piece by piece: at least two digits, letters or parts of
    an address at the end. What begins an ordinary sentence or ends one ("at one") is no dictation."""
    words = text.lower().split()[-2:]
    return len(words) == 2 and all(_SPELLED.fullmatch(word) for word in words) and words[0] not in ("at", "a", "i")
