"""What a visitor's words do in a conversation, as far as it can be read off the words: good-bye, thanks, a person
please, a step back. Pure. ``confirmation`` reads yes and no, and retrieval finds any other meaning.

Recognised speech has no punctuation and its small words are often wrong, so each of these is recognised by phrases
that may stand anywhere in a short utterance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rapidfuzz import fuzz

from appliance.core.week import DAYS
from appliance.language.english.contractions import plain
from appliance.language.english.people import GIVEN_NAMES
from appliance.language.english.tokens import tokens
from appliance.language.parts import Courtesy, Leap, LeftOpen

_DO_NOT_KNOW = re.compile(
    r"\b(?:i )?(?:(?:don't|do not|didn't|can't|cannot) (?:know|remember|recall|have (?:it|one|a number|the number))|"
    r"no idea|forgot(?:ten)?|not sure|(?:lost|mislaid|misplaced|threw away|(?:can't|cannot|couldn't|can not) find) "
    r"(?:it|(?:the|my|that) (?:\w+ )?(?:number|letter|card|paper|note)))\b"
)
_GOODBYE = re.compile(
    r"\b(good ?bye|bye(?: bye)?|(?<!to )see (?:you|ya)(?: later| soon| tomorrow)?|have a (?:nice|good|great) (?:day|"
    r"evening|one)|"
    r"farewell|"
    r"so long)\b"
)
_NOTHING_MORE = re.compile(
    r"\b((?:that's|that is|that was) all i (?:need|needed|wanted)(?: to know)?|that's all|that is all|that was all|"
    r"that'll be all|that will be all|nothing else|nothing more|i'm done|"
    r"i am done|that's everything|that is everything|that's it for (?:now|today)|(?:no|not any) (?:more|further|"
    r"other) questions?|"
    r"(?:i'm|i am|we're|we are) (?:all set|finished|done)|that would be all|that does it|i have (?:all|everything) i "
    r"need|"
    r"i've got (?:all|everything) i need)\b"
)
_LEAVING = re.compile(
    r"\b(good ?night|night night|have (?:a|yourself a) (?:nice|good|great|lovely|wonderful|pleasant) "
    r"(?:day|night|evening|weekend|afternoon|morning|week|rest of the day)|take (?:care(?! of)|it easy)|adios|"
    r"later(?=$| thanks)|peace out|it is time to say goodbye|"
    r"i have to say goodbye|cheerio|ciao|until (?:next time|then|tomorrow)|"
    r"(?:i'll |we'll )?(?:(?:talk|speak|catch|see) (?:to )?you|talk|speak) (?:later|soon|around|another time)|catch "
    r"you later|so long|"
    r"i(?:'d| would| had|'ll| will)? (?:better|must|should|have to|need to|got to|gotta|really must)? ?"
    r"(?:be (?:off|going)|go|get going|leave|run|dash)(?: now)?|i(?:'ve| have) got to (?:go|leave|run|dash)(?: now)?|"
    r"i(?:'m| am) (?:off|leaving|going)(?: now| home)?|time (?:for me )?to (?:go|leave)|gotta (?:go|run)|"
    r"(?:it (?:was|has been) (?:very |really |so |always )*(?:nice|good|great|lovely|pleasant|a pleasure|"
    r"enjoyable)|i (?:really )?enjoyed) (?:to (?:have )?|our |having )?(?:(?:be able to )?(?:talk|talked|talking|"
    r"chat|chatting|speak|"
    r"speaking))(?: (?:to|with) you)?(?= (?:bye|later)|$))\b(?! to\b)"
)
"""ends a conversation where nothing else is said; some of it is also said of other things"""
_NO_GOODBYE = re.compile(
    r"\b(?:do not|don't|dont|not|never|no|without|before) (?:you )?(?:say |saying |want (?:to )?(?:say )?|a )?"
    r"good ?bye\b"
    r"(?! (?:for now|now|then|and|thanks|thank)\b)(?<!no goodbye)(?<!no good bye)|"
    r"\b(?:not|no|do not|don't|dont) (?:\w+ ){0,2}?(?:good ?bye|bye) yet\b|\bnot yet\b|\bsaid good ?bye\b|\bgood "
    r"?bye (?:yet|is)\b|"
    r"\b(?:one|another|a|more) (?:more |quick |last )?(?:question|thing)s?\b(?<!no more questions)(?<!no more question)"
)
"""speaks of a good-bye, or goes on after one"""
_DECLINES = re.compile(r"^(?:oh |um |uh |well )*no(?: no)*,? (?:thank|thanks|ta|cheers)\b")
_THANKS = re.compile(r"\b(thank you|thanks|thank|cheers|much appreciated|ta(?= very much| love| ever so|$))")
_GREETING = re.compile(r"^(?:oh )?(hello|hi|hey|good (?:morning|afternoon|evening|day)|howdy)\b")
_HOW_ARE_YOU = re.compile(
    r"\bhow are you\b(?! (?:open|going to|able))|\bhow's it going\b|\bhow do you do$|^and (?:you|yourself)$"
)
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
    r"at once|immediately|sooner|sooner rather than later|"
    r"urgent|urgently|quickly|very soon|soon|today if possible)(?: (?:please|if possible|if you can))*"
)
"""the same, when nothing else is said"""
_WHAT_IS_FIRST = r"what(?:'s| is) (?:the|your) (?:very )?(?:earliest|soonest)"
_ASKS_FIRST = re.compile(
    rf"(?:(?:um|uh|oh|well|and|so|okay) )*{_WHAT_IS_FIRST}"
    rf"(?: (?:{_AVAILABLE}|you|they|have|had|can|do|offer|there|is|that))*"
)
"""asks what the first is that can be had, and nothing else"""
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
    if _ASKS_FIRST.fullmatch(said):
        return frozenset({"soonest"})
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
    if _NO_GOODBYE.search(low):
        return False
    rest, found = _GOODBYE.subn(" ", low)
    if found:
        return len(_beside_courtesy(rest)) <= 2 and not _asks_within(rest)
    return any(found and not _beside_courtesy(rest) for rest, found in (p.subn(" ", low) for p in _OVER))


_OVER = (_NOTHING_MORE, _LEAVING)


def _asks_within(rest: str) -> bool:
    return asks_question(" ".join(rest.split())) or bool(re.search(r"\b(?:where|when|how much|which) ", rest))


def before_goodbye(text: str) -> str:
    """What was said beside a good-bye."""
    return " ".join(_GOODBYE.sub(" ", _plain(text)).split())


def holds_goodbye(text: str) -> bool:
    """Whether a word of farewell is among others."""
    return "bye" in text.lower()


def courtesy(text: str) -> Courtesy | None:
    """A sentence that only greets or thanks. One that goes on ("hello where is …") is not small talk."""
    low = _plain(text)
    beside = _HOW_ARE_YOU.sub(" ", low)
    if _HOW_ARE_YOU.search(low) and len(_beside_courtesy(beside)) <= 2 and not _asks_within(beside):
        return "how_are_you"
    if (
        _THANKS.search(low)
        and not _DECLINES.search(low)
        and not asks_question(low)
        and not _beside_courtesy(_THANKS.sub(" ", low))
    ):
        return "thanks"
    greeting = _GREETING.search(low)
    if greeting and len(low.split()) <= len(greeting.group().split()) + 2:
        return "greeting"
    return None


_GREETS = r"(?:hello|hi|hey|hiya|good (?:morning|afternoon|evening|day)|excuse me|pardon me|oh|um|okay|so|well)"
_APOLOGY = (
    r"(?:(?:i am |i'm )?(?:so |very |really |terribly )?sorry (?:to|for) (?:bother|disturb|interrupt|trouble)(?:ing)?"
    r"(?: you)?|sorry for (?:asking|the trouble)|(?:i )?hope (?:you don't|you do not) mind(?: me asking| my asking)?|"
    r"if you (?:don't|do not) mind(?: me asking| my asking)?|i hope (?:i am|i'm) not (?:bothering|disturbing) you)"
    r"(?: again| once more)?"
)
_INQUIRY = r"(?:how are you(?: doing)?|how's it going|how is it going)(?: today| this \w+)?"
_POLITE_BEFORE = re.compile(
    rf"^(?:{_GREETS}[, ]+)*(?:{_APOLOGY}|{_INQUIRY})[,.?!]*(?: (?:but|and|so|then|i was wondering))* "
)
_POLITE_AFTER = re.compile(
    r"(?<!\bsay)(?<!\bsaying)(?<!\bwrite)(?<!\bsay a)[,.?!]*(?: (?:and|so))?[, ]+(?:many thanks|thanks|"
    r"thank you|cheers)"
    r"(?: (?:for (?:your|the) (?:help|time|kindness)|for that|a lot|so much|very much|in advance|again|anyway|"
    r"then))*[.!]*$"
)


def without_courtesy(text: str) -> str:
    """What is asked between an apology or a "how are you" and a thank-you: "sorry to bother you but where is the lab"
    asks where it is. The text itself where it holds no such thing, or nothing else."""
    low = text.lower().replace("’", "'")
    before = _POLITE_BEFORE.match(low)
    if before and len(low[before.end() :].split()) > 2:
        text = text[before.end() :]
    after = _POLITE_AFTER.search(text.lower())
    asked = text[: after.start()] if after else text
    return asked if after and len(asked.split()) > 2 and asks_question(asked) else text


def _plain(text: str) -> str:
    return " ".join(word for word in tokens(text) if word not in ".,;:!?")


def _beside_courtesy(text: str) -> list[str]:
    """Words that are neither fillers nor courtesies."""
    rest = _GREETING.sub(" ", _THANKS.sub(" ", text).strip())
    return [word for word in rest.split() if word not in _FILLERS | _SMALL]


_WHO = r"(?:person|human(?: being)?|member of (?:the )?staff|staff member|employee|operator|receptionist|colleague)"
_SOMEONE = r"(?:someone|somebody|anyone|anybody)"
_OF_HERE = r"(?:an? |some |the |your |another |one of your )?(?:real |actual |living |live |human |other )*"
_HELPS = (
    r"(?:(?:who|that) (?:can|could|may|might|will|knows|works|understands) ?\w*|to (?:help|talk|speak|ask|come)|"
    r"from|at)"
)
_CAN_HELP = r"(?:who|that|to) (?:(?:can|could|might|may|would) )?(?:please )?(?:help|assist)"
_ENDS = r"(?=(?: (?:me|us|here|now|please|instead|today|then|quickly|there|with me|for me|right now))*$)"
_WISH = re.compile(
    rf"\b(?:speak|talk|put me through|connect me|transfer me|put me on)(?: \w+)? (?:to|with) {_OF_HERE}"
    rf"(?:{_WHO}|{_SOMEONE}|agent|staff|(?<=real )people|(?<=human )people)\b|"
    rf"\b(?:get|fetch|bring|find|send|give|call|ring|page|ask)(?: me| us| for)? (?!any){_OF_HERE}{_WHO}(?:{_ENDS}| "
    rf"{_HELPS}\b)|"
    rf"\b(?:get|fetch|bring|find|send|give|call)(?: me| us)? (?:someone|somebody)(?: else)?(?:{_ENDS}| {_HELPS}\b)|"
    rf"\b(?:want|need|prefer|would (?:really |much )?like|rather have|rather) {_OF_HERE}{_WHO}(?:{_ENDS}| {_HELPS}\b)|"
    rf"\b(?:want|need) (?:someone|somebody)(?:{_ENDS}| {_CAN_HELP}(?: me| us)?{_ENDS})|"
    rf"\b(?:is|are) (?:not )?there (?:not )?(?:{_SOMEONE}|no one|nobody|{_OF_HERE}(?:any )?(?:real )?(?:{_WHO}|people))"
    rf"(?: else)?(?: here| around)?(?: (?:that|who|whom))? (?:to (?:talk|speak) (?:to|with)|"
    r"(?:i|we) (?:can|could|may) (?:talk|speak) (?:to|with)|(?:(?:can|could|might) )?(?:help|assist)(?: me| us)?$)|"
    rf"\b(?:deal|dealing) with {_OF_HERE}{_WHO}\b|\bask {_SOMEONE} (?:here )?to (?:come|help)\b|"
    r"\b(?:speak|talk) (?:to|with) (?:your|the|a) (?:manager|supervisor|boss)\b|"
    r"\bget me (?:your|the|a) (?:manager|supervisor|boss)\b|"
    rf"^(?:hello |hi |please |excuse me )*(?:can|could|will|would) (?:please )?{_SOMEONE} (?:please )?(?:here )?"
    rf"(?:help|assist)(?: me| us)?(?: please)?$|"
    r"\b(?:put|connect|transfer) me (?:through|(?:over )?to (?:the |your )?(?:reception|front desk|switchboard|office|"
    r"information|desk))\b|"
    r"\bnot want to (?:talk|speak) (?:to|with) (?:an? |the |this |that )?(?:machine|computer|robot|bot|recording)\b"
)
"""asks for a person, as far as the words alone tell"""
_NAMED = re.compile(
    rf"\b(?:(?:real|actual|living) (?:person|human)|human being)\b|^{_OF_HERE}(?:{_WHO}|agent|representative)(?= "
    rf"please|$)"
)
"""names a person: a wish only where nothing is said about them"""
_POLITE = (
    r"(?:please|now|instead|thanks|thank you|no|yes|not (?:a|an|this) (?:machine|computer|robot|you)|i said|"
    r"okay|"
    r"sorry|just|well|um|uh|oh|hello|hi|hey|a|an|the|with|to|and|so|i|want|need|would like|prefer|would|"
    r"rather|have|speak|talk|get|give|find|fetch|bring|send|call|me|us|for|can|could|may|you|we|is there|"
    r"are there|where is|where are|where can|where do|any|some|here|around|someone|somebody|else|at all|"
    r"immediately|quickly|my|your|really|do not|how do|how can|see|ask|finally|at last|but|there|not|one|"
    r"do you not have|does|do you have|have you got|help)"
)
_ONLY_WISHED = re.compile(rf"(?:{_POLITE} )*{_POLITE}?")
_TOLD_OF = re.compile(
    r"\b(?:is|are|was|were|be|am|been|being|like|as|become|not just)(?: really| actually| even| also)?"
    r"(?: an?| the| any)?(?: really)?$"
)
"""what is said before someone who is only spoken of: "i am a member of staff", "you sound like a real person" """
_ADDRESSED = re.compile(
    r"(?:^|\b(?:please|just|then|and|or|now|go|better|not you|let us|you(?: please| just| to| should| must| could| can|"
    r" better| not| have to| need to| kindly| possibly| maybe| might| have| ever)*|quick|quickly|hurry|hello|hi|okay|"
    r"oh|no|"
    r"yes|me a favour|me a favor|someone|somebody|anyone|anybody))$"
)
"""words before "call someone" that ask the appliance to do it. Who asks "can i call someone" wants to telephone."""
_SUPPOSES = re.compile(
    r"\b(?:what happens|if (?:you|i|we|they|somebody|someone)|who (?:do|will|would) you|when (?:do|would|will|"
    r"should) you|"
    r"how (?:do|would|will|long|often)(?: \w+)? you|told to|said to|asked to|supposed to|was to|were to|allowed to|"
    r"may i|can i|could i|should i|must i|do i have to|where can i|where do i|how (?:do|can) i|"
    r"(?:my|his|her|our|the) \w+ (?:could|can|may|will|would|wants to|has to|had to))\b(?! (?:want|need|like|wish))"
)
"""words before a calling that is only talked about"""
_ASKS_WHAT = re.compile(
    r"^(?:(?:hello|hi|so|and|um|uh|sorry|excuse me|tell me|wait) )*(?:am i|are you|is this|is it)\b"
)
_LONG_AGO = re.compile(
    r"(?<!about )\b(?:yesterday|ago|last (?:week|month|year|time|night)|already|earlier|this morning)$"
)
_ONCE_WISHED = re.compile(r"\b(?:asked|wanted|tried|had) to$")
_THEN = re.compile(r"\b(?:yesterday|ago|last (?:week|month|year|time|night)|earlier)\b")
_CALL = re.compile(r"^(?:call|ring|phone|fetch|page|bring) ")
_ASKS_WHO_ANSWERS = re.compile(
    r"(?<!how )(?<!where )(?<!who )\b(?:do|did|am|was) i$|\b(?:are|were) (?:you|we)$|\bis (?:this|it)$"
)
"""words before "speak to a human" that ask what the appliance is"""
_VERBAL = re.compile(
    r"^(?:speak|talk|call|get|fetch|ring|phone|page|put|connect|transfer|see|ask|need|want|can|could|may|where|is|are|i|"
    r"send|bring|find|give|let|help|who|how|do)\b|\bplease$"
)
"""a phrase of a site that is a wish by itself; another one only names somebody"""

_NOT_WANTED = (
    r"(?:want|need|like|wish|to|you|me|ask|asked|for|have|having|please|really|just|ever|bother|rather|would|let|them|us|"
    r"yet|now|dare|think about|be|go|going|try|trying|and|even|intend|mean|say|said|said i wanted|wanted|at all|"
    r"here|there|in|point|any|a|an|the|think i|believe i|of|with)"
)
_NO_PERSON = re.compile(
    rf"(?<!why )\b(?:(?:do|does|did|would|should|must|need|will|shall|can) not|never|no (?:need|point|reason)|not|"
    rf"without|"
    rf"stop|nobody|no one|instead of|rather than)(?: {_NOT_WANTED})*$"
)
_NO_SUCH = re.compile(r"\b(?:no|not)(?: an?| any| the)?(?: real| more| other)*$")
"""before somebody who is named: "no person please" """
_ASKS_ONE = re.compile(
    r"\b(?:why (?:do|can|will|would|could) (?:not )?(?:i|you|we) not|why (?:do|can|could|will) not (?:i|you|we)|"
    r"(?:can|could|do|will|would) not (?:i|you|we|somebody|someone))\b|\bwhy can i not\b"
)
_CLAUSE = re.compile(
    r"[,.;!?]|\bbut\b|\binstead\b|(?<=\w )(?=(?:i|we) (?:just |only )?(?:want|need|prefer|would like|would prefer) "
    r"(?!to\b))|(?<=\w )(?=just (?:tell|show|say|give|get|call|want))|(?<=\w )(?=(?:please )?(?:tell|show) me\b)|"
    r"(?<=\w )(?=(?:where|when|what|how) (?:is|are|do|does|can|much|many|time)\b)|"
    r"(?<=\w )(?=(?:i|we) (?:just|only) )|(?<=\w )(?=(?:can|could|will|would) you )"
)
_CALLING = re.compile(
    r"\b(?:call|calling|fetch|fetching|get|getting|bother|bothering|disturb|ring|phone|alert|bring|send|involve|want|"
    r"(?<!no )need|speak|speaking|talk|talking|see|connect|transfer|put|ask(?:ed|ing)? (?:you )?for)\b"
    r"(?= (?:\w+ ){0,4}?(?:person|people|human|someone|somebody|anyone|anybody|staff|nurse|colleague|receptionist|"
    r"operator|agent|help)\b)"
)
_NAMED_KINDLY = re.compile(r"\b(?:person|human|staff|nurse)\b(?= please)")


def wants_person(text: str, phrases: Iterable[str] = ()) -> bool:
    """Whether the visitor would rather deal with a person, in the language's words or a site's ``phrases``. Who only
    mentions one, or asks not to call one, would not."""
    known = tuple(phrases)
    if refuses_person(text, known) or takes_back(text):
        return False
    clauses = _clauses(text)
    if _ASKS_WHAT.search(clauses[0] if clauses else ""):
        # "Am I speaking with a computer or a real, live person".
        clauses = clauses[:1]
    return any(_wishes(said, known) for said in clauses)


def _wishes(said: str, phrases: Sequence[str]) -> bool:
    spans = [(*match.span(), True) for match in _WISH.finditer(said)]
    spans += [(*match.span(), False) for match in _NAMED.finditer(said)]
    spans += [(at, end, bool(_VERBAL.search(phrase))) for at, end, phrase in _phrases_in(said, phrases)]
    return any(
        _wished(said[:at].strip(), said[at:end].strip(), said[end:].strip(), verbal) for at, end, verbal in spans
    )


def _wished(before: str, named: str, after: str, verbal: bool) -> bool:
    """Whether words that call for somebody, or only name them (not ``verbal``), are a wish between the others."""
    if not verbal:
        return not _TOLD_OF.search(before) and bool(_ONLY_WISHED.fullmatch(before) and _ONLY_WISHED.fullmatch(after))
    if _SUPPOSES.search(before) and (_CALL.match(named) or "if" in before or "happens" in before):
        return False
    if _CALL.match(named) and not _ADDRESSED.search(before) and re.search(r"\b(?:some|any)(?:one|body)$", named):
        return False
    if _ONCE_WISHED.search(before) and _THEN.search(after):
        return False
    return not (_LONG_AGO.search(after) or _ASKS_WHO_ANSWERS.search(before))


def refuses_person(text: str, phrases: Iterable[str] = ()) -> bool:
    """Whether the visitor wants no person to be called: "don't call someone", "i don't want to talk to a person". A
    site's ``phrases`` are refused like the language's own words."""
    known = tuple(phrases)
    callings = [(said, *calling) for said in _clauses(text) for calling in _callings(said, known)]
    verbal = [calling for calling in callings if calling[2]]
    return bool(callings) and all(_refused(*calling) for calling in verbal or callings)


def beside_person(text: str) -> str:
    """What is asked beside a person who is not wanted: "don't get anyone i just want to know where the lifts are"."""
    asked = [said for said in _clauses(text) if not _callings(said, ()) and _ASKS_SOMETHING.search(said)]
    return " ".join(asked)


_ASKS_SOMETHING = re.compile(
    r"\b(?:where|when|what|which|who|how|is there|are there|do you|can i|may i|tell me|show me|i (?:just |only "
    r")?(?:want|"
    r"need|would like)|looking for)\b"
)


def _clauses(text: str) -> list[str]:
    parts = re.split(r"[,.;:!?]", text.lower().replace("’", "'"))
    return [said for part in parts for piece in _CLAUSE.split(plain(part)) if (said := piece.strip())]


def _callings(said: str, phrases: Sequence[str]) -> list[tuple[int, bool]]:
    """Where a person is called for, or only named (not the second)."""
    named = [(match.start(), False) for match in _NAMED_KINDLY.finditer(said)]
    of_site = [(at, bool(_VERBAL.search(phrase))) for at, _, phrase in _phrases_in(said, phrases)]
    return [*((match.start(), True) for match in _CALLING.finditer(said)), *named, *of_site]


def _refused(said: str, at: int, verbal: bool) -> bool:
    before = said[:at].strip()
    return not _ASKS_ONE.search(said) and bool((_NO_PERSON if verbal else _NO_SUCH).search(before))


def _phrases_in(said: str, phrases: Iterable[str]) -> list[tuple[int, int, str]]:
    """Where phrases occur in words, allowing for a misheard letter or two in a long one: beginning, end and phrase."""
    heard = [(match.start(), match.end()) for match in re.finditer(r"\S+", said)]
    found = []
    for phrase in phrases:
        wanted = plain(phrase).split()
        for at in range(len(heard) - len(wanted) + 1 if wanted else 0):
            begins, ends = heard[at][0], heard[at + len(wanted) - 1][1]
            if _alike(said[begins:ends], " ".join(wanted)):
                found.append((begins, ends, " ".join(wanted)))
    return found


def _alike(said: str, wanted: str) -> bool:
    # "I called someone" and "i was talking to a person" tell what was done.
    told = re.fullmatch(r"(\w+?)(?:ed|ing)\b.*", said)
    other = bool(told) and not wanted.startswith(said.split()[0])
    return said == wanted or (len(wanted) >= 12 and not other and fuzz.ratio(said, wanted) >= 90)


_QUESTION = re.compile(
    r"^(?:(?:and|so|but|well|um|uh|oh|hi|hello|excuse me|sorry|hang on|hold on|one moment|"
    r"just a (?:second|moment|minute)|wait|by the way|please|okay|first)\b[, ]*)*"
    r"(?:where|when|what|what's|who|who's|which|how|why|is there|are there|do you|does|can i|may i|are|"
    r"could you tell|can you tell)\b"
)


def asks_question(text: str) -> bool:
    """Whether the words begin as a question does."""
    return bool(_QUESTION.search(text.lower()))


_GOES_ON = re.compile(
    r"^(?:(?:wait|hold on|hang on|um|uh|oh|well|so|sorry|hmm|okay|actually|or)\b[, ]*)*(?:and|what about|how about)\b"
)
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


_DAYS = "|".join(DAYS)
_TITLED = (
    r"(?:doctor|dr|nurse|sister|professor|mister|mr|mrs|miss|ms) (?!who\b|for\b|in\b|on\b|please\b)[\w'-]+"
    rf"(?: (?!on\b|at\b|to\b|for\b|in\b|about\b|and\b|or\b|next\b|this\b|today|tomorrow|please\b|now\b|"
    rf"{_DAYS})[\w'-]+)?"
)
_WANTS = (
    r"(?:(?:um|uh|oh|okay|so|and|but|hello|hi|hey|excuse me|sorry|please|just|(?:can|could|would|will|"
    r"may) (?:you|i|we)|"
    r"i (?:want|need|have|would like|am trying|wanted)(?: you)?(?: urgently)? to|would like to|let me|kindly|"
    r"possibly) )*"
)
_CALLS_NAMED = re.compile(
    rf"{_WANTS}(?:call|ring|phone|page|fetch|get me|get hold of|reach|message|text|email|"
    r"(?:speak|talk|have a word) (?:to|with)|put me through to|connect me (?:to|with)|give me)"
    rf" {_TITLED}(?: (?:for (?:me|us)|on the (?:phone|telephone)|please|now|right now|here|over|down|quickly|urgently|"
    r"directly|personally|in person))*|"
    r"(?:(?:hello|hi|um|uh|so|good (?:morning|afternoon|evening)) )*(?:i am|we are) here (?:to (?:see|meet)|for) "
    r"(?:mister|mr|mrs|miss|ms) [\w'-]+(?: [\w'-]+)?"
)
_TRAIT = (
    r"(?:an? (?:\w+ ){0,2}(?:man|woman|lady|gentleman|doctor|person|surgeon|specialist|he|she|nurse|professor|human)|"
    r"(?:any |very |really |quite )?(?:good|nice|kind|friendly|strict|patient|gentle|experienced)|young|old|"
    r"married|male|"
    r"female|the best|german|english|french|american)"
)
_ASKS_TRAIT = re.compile(
    rf"(?:(?:and|so|but|um|uh|hello|hi|excuse me|sorry) )*(?:is|was) (?:{_TITLED}|he|she) {_TRAIT}(?: (?:with|"
    rf"at|to|or) .+)?"
)
_RELATIVE = (
    r"(?:wife|husband|mother|father|mum|mom|mommy|dad|daddy|parents|son|daughter|child|children|kid|kids|baby|brother|"
    r"sister|friend|friends|partner|boyfriend|girlfriend|fiancee?|family|grand(?:mother|father|ma|pa|son|daughter)|"
    r"granny|grandad|aunt|uncle|cousin|nephew|niece|neighbou?r|colleague|boss|mate)"
)
_SOMEBODY = (
    rf"(?:(?:my|our|his|her) (?:\w+ )?(?:{_RELATIVE}|doctor|nurse|surgeon)|him|her|them|"
    rf"the (?:patient|doctor|nurse|staff)|{_TITLED})"
)
_HOW_IS = re.compile(
    rf"(?:(?:and|so|but|um|uh|hello|hi|excuse me|sorry) )*how (?:is|are|was)"
    rf" (?:(?:my|our|his|her) (?:\w+ )?{_RELATIVE}|the patient|{_TITLED}|he|she)"
    r"(?: (?:doing|feeling|getting on|today|now|keeping|after the operation|at the moment))*"
)
_HOWS = re.compile(r"\bhow(?:'s|s)\b")


def asks_no_task(text: str) -> bool:
    """Whether the words ask for no task, though they name whom tasks are about: to be put through to someone, what
    kind of person someone is, or how they are."""
    said = plain(_HOWS.sub("how is", text.lower()))
    return any(asked.fullmatch(said) for asked in (_CALLS_NAMED, _ASKS_TRAIT, _HOW_IS))


_PASSES_ON = re.compile(
    rf"{_WANTS}(?:tell|inform|notify|remind|message|text|let|say to|give a message to|pass on to) {_SOMEBODY}"
    r"(?: know)?(?: (?:that|i|we|to|where|when|how|about|it|he|she|they|my|the)\b.*)"
)
_FINDS_SOMEONE = re.compile(
    rf"{_WANTS}(?:(?:i )?(?:need |want |get )?(?:some )?help (?:me |us )?(?:to |with |in )?)?"
    rf"(?:find|finding|look for|looking for|locate|locating) (?:my|our|his|her) (?:\w+ )?(?:{_RELATIVE}|way)"
    r"(?: (?:around|here|please|in here|in the \w+|through the \w+|around here))*"
)
_ONLY_WHY = re.compile(
    r"(?:(?:and|but|so|oh|well|um|uh) )*(?:why|why not|why is that|how come|how so|what for)(?: then)?"
)


def needs_staff(text: str) -> bool:
    """Whether the visitor wants what no fact can give: a message passed on, somebody or their way found, or the reason
    of what was said ("why")."""
    said = plain(text)
    return any(asked.fullmatch(said) for asked in (_PASSES_ON, _FINDS_SOMEONE, _ONLY_WHY))


_OTHER_ONE = re.compile(
    r"(?:(?:no|not|sorry|oh|i mean|i meant|um|uh|wait|but) )*(?:not (?:that|this) one|(?:the|a|an) ?(?:other|"
    r"different|wrong) one|"
    r"another one|a different one)(?: (?:please|sorry|then))*"
)


_INTRODUCES = re.compile(
    r"(?:(?:hello|hi|hey|um|uh|so|and|good (?:morning|afternoon|evening)) )*"
    r"(?:(?:i am|this is|it is) (?P<given>\w+) [\w'-]+|my name is [\w'-]+(?: [\w'-]+)?)(?: (?:here|by the way))?"
)


def introduces(text: str) -> bool:
    """Whether the visitor tells who they are, and nothing else."""
    found = _INTRODUCES.fullmatch(plain(text))
    return found is not None and (found["given"] is None or found["given"] in GIVEN_NAMES)


def means_other(text: str) -> bool:
    """Whether the visitor means another one than was answered, without a word which: "no the other one"."""
    return bool(_OTHER_ONE.fullmatch(plain(text)))


def says_phrase(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases occurs in the words, allowing for a misheard letter or two in a long one."""
    return bool(_phrases_in(plain(text), phrases))


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
