"""What a visitor's words do in a conversation, as far as it can be read off the words: yes, no, never mind,
good-bye, a person please. Pure; meaning beyond these words is the retrieval's business.

Recognised speech has no punctuation and its small words are often wrong, so each of these is recognised by phrases
that may stand anywhere in a short utterance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from rapidfuzz import fuzz

from appliance.numerals import tokens

Answer = Literal["yes", "no"]

_YES = re.compile(
    r"\b(yes|yeah|yep|yup|ja|sure|correct|exactly|right|okay|ok|fine|perfect|great|absolutely|definitely|certainly|"
    r"of course|please do|go ahead|do it|do that|sounds good|that's it|that works|good|alright|all right|"
    r"i would|i do|book it|move it|cancel it|make it so|confirm|confirmed|agreed)\b"
)
_NO = re.compile(
    r"\b(no|nope|nah|not (?:right|correct|quite|really|that|at all|now)|wrong|incorrect|isn't right|"
    r"don't|do not|rather not|i'd rather|actually not)\b"
)
_SURE_YES = re.compile(r"^(?:um |uh |oh |well )*(?:yes|yeah|yep|yup|sure|correct|exactly|of course|okay|ok)\b")
_SURE_NO = re.compile(r"^(?:um |uh |oh |well |sorry )*(?:no|nope|nah|wrong|not)\b")

_STOP = re.compile(
    r"\b(never ?mind|forget (?:it|about it|that)|leave it|drop it|stop (?:it|that|this)|stop$|abort|"
    r"(?:don't|do not) (?:want|need) (?:it|that|this|an appointment|to book|the appointment)(?: any ?more)?|"
    r"changed my mind|cancel (?:that|this|it)|let's not|i'll (?:do it|come back|call) (?:later|another time)|"
    r"start (?:over|again))\b"
)
_DO_NOT_KNOW = re.compile(
    r"\b(?:i )?(?:(?:don't|do not|didn't|can't|cannot) (?:know|remember|recall|have (?:it|one|a number|the number))|"
    r"no idea|forgot(?:ten)?|not sure|lost (?:it|the number))\b"
)
_GOODBYE = re.compile(
    r"\b(good ?bye|bye(?: bye)?|see you(?: later| soon)?|have a (?:nice|good|great) (?:day|evening|one)|farewell|"
    r"that's all|that is all|that was all|that'll be all|that will be all|nothing else|i'm done|"
    r"that's everything|so long)\b"
)
_THANKS = re.compile(r"\b(thank you|thanks|thank|cheers|much appreciated)\b")
_GREETING = re.compile(r"^(?:oh )?(hello|hi|hey|good (?:morning|afternoon|evening|day)|howdy)\b")
_HOW_ARE_YOU = re.compile(r"\bhow are you\b|\bhow's it going\b|\bhow do you do\b")
_ANY = re.compile(
    r"\b(?:any(?: (?:time|day|one|of (?:them|those)|doctor))|either(?: one)?|whichever|whatever|"
    r"doesn't matter|does not matter|don't mind|do not mind|don't care|you choose|"
    r"(?:the )?(?:first|earliest|next|soonest)(?: (?:one|possible|available|free))?(?: time| slot| appointment)?$|"
    r"as (?:soon|early) as possible)\b"
)
_FILLERS = frozenset("um uh er hmm oh well so like please yes yeah okay ok and then the a".split())


_SMALL = frozenset("you very much that is all for now i'll be going then i am my dear to everything help".split())


def answer(text: str) -> Answer | None:
    """Whether the words agree or disagree; None when they do neither or both."""
    text = " ".join(word for word in tokens(text) if word not in ".,;:!?")
    if _SURE_NO.search(text) and not text.startswith(("no problem", "no worries", "not bad")):
        return "no"
    if _SURE_YES.search(text):
        return "no" if re.search(r"\b(?:but|not right|wrong)\b", text) else "yes"
    no, yes = bool(_NO.search(text)), bool(_YES.search(text))
    if no and re.search(r"\b(?:why not|no problem|no worries)\b", text):
        return "yes"
    if no:
        return "no"
    return "yes" if yes and len(text.split()) <= 8 else None


def stops(text: str) -> bool:
    """Whether the visitor gives the task up."""
    return bool(_STOP.search(text.lower()))


def does_not_know(text: str) -> bool:
    """Whether the visitor cannot answer what was asked."""
    return bool(_DO_NOT_KNOW.search(text.lower()))


def takes_any(text: str) -> bool:
    """Whether the visitor leaves the choice to us."""
    return bool(_ANY.search(text.lower()))


def says_goodbye(text: str) -> bool:
    """Whether the conversation is over: a good-bye and hardly anything else."""
    rest, found = _GOODBYE.subn(" ", text.lower())
    if not found:
        return False
    rest = _NO.sub(" ", _YES.sub(" ", _THANKS.sub(" ", rest)))
    return sum(word[0].isalnum() and word not in _FILLERS | _SMALL for word in tokens(rest)) <= 2


def small_talk(text: str) -> Literal["thanks", "greeting", "how_are_you"] | None:
    """A sentence that only greets or thanks. One that goes on ("hello where is …") is not small talk."""
    low = " ".join(word for word in tokens(text) if word not in ".,;:!?")
    if _HOW_ARE_YOU.search(low) and len(low.split()) <= 8:
        return "how_are_you"
    if (
        _THANKS.search(low)
        and len(low.split()) <= 9
        and not re.search(r"\b(?:where|when|what|who|how|can|is|i need)\b", low)
    ):
        return "thanks"
    greeting = _GREETING.search(low)
    if greeting and len(low.split()) <= len(greeting.group().split()) + 2:
        return "greeting"
    return None


_PERSON = re.compile(
    r"\b(?:speak|talk|get|put me through|connect me|transfer me)(?: \w+)? (?:to|with|me) (?:a |an |some |the )?"
    r"(?:real |actual |living |human |other )*(?:person|human(?: being)?|someone|somebody|people|agent|operator|"
    r"member of (?:the )?staff|staff|receptionist|colleague)\b|"
    r"\b(?:real|actual|living) (?:person|human)\b|\bhuman being\b|"
    r"\bcall (?:a (?:person|human|colleague|member of staff)|someone|somebody)\b"
)


def wants_person(text: str) -> bool:
    """Whether the visitor would rather deal with somebody of flesh and blood."""
    return bool(_PERSON.search(text.lower())) and not re.search(r"\bare you\b", text.lower())


_QUESTION = re.compile(
    r"^(?:(?:and|so|but|well|um|uh|oh|hi|hello|excuse me|sorry|wait|by the way|please|okay|first)\b[, ]*)*"
    r"(?:where|when|what|what's|who|who's|which|how|why|is there|are there|do you|does|can i|may i|are|"
    r"could you tell|can you tell)\b"
)


def asks_question(text: str) -> bool:
    """Whether the words begin as a question does."""
    return bool(_QUESTION.search(text.lower()))


_FOLLOWS = re.compile(r"^(?:and|what about|how about)\b|(?<!what time )(?<!is )(?<!are )\b(?:it|there|they|them)\b")


def follows_up(text: str) -> bool:
    """Whether the words only make sense after what was said before: "and when does it open", "what about sunday"."""
    return bool(_FOLLOWS.search(text.lower())) and len(text.split()) <= 8


def says_phrase(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases occurs in the words, allowing for a misheard letter or two in a long one."""
    heard = tokens(text)
    for phrase in phrases:
        wanted = tokens(phrase)
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
