"""What visitors say about a task under way and about what they have booked: a moment please, a different day, "I have
an appointment". Pure.

All of it is read over words without contractions (``contractions``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.core.week import DAYS
from appliance.language.english.contractions import plain

_POLITE = r"(?:please|now|then|again|instead|first|if possible|if i may|thanks|thank you|sorry|for me)"
_FILLERS = (
    r"(?:um|uh|er|ah|oh|oh dear|oh no|hm+|well|so|and|but|no|yes|yeah|okay|sure|right|sorry|wait|please|actually|"
    r"hang on|hold on|hey|hi|"
    r"hello|look|excuse me|just|then|good (?:morning|afternoon|evening))"
)
_LEAD = rf"(?:{_FILLERS} )*"
_BOOKED = r"(?:appointment|booking|reservation)"

# --- a moment, please -------------------------------------------------------------------------------------------------

_MOMENT = (
    r"(?:(?:can|could|may) (?:you|i|we) )?(?:please )?(?:hold on|hang on|bear with me|hold the line|wait|"
    r"(?:give me|have|wait|hold on|hang on|just|need|i need)? ?(?:just )?(?:a|one|another|half a)(?: quick| short)? "
    r"(?:moment|minute|second|sec|tick)|not so fast|i am (?:still )?(?:looking|checking|thinking|searching))"
)
_BUSY = (
    r"(?:(?:someone|somebody|my \w+|the (?:phone|other line)) is (?:calling|ringing|phoning|talking|"
    r"speaking)(?: (?:me|to me))?|"
    r"(?:i|we) (?:have|need|want|got) to (?:check|look|get|find|see|ask|think|take this|answer)\b.*|"
    r"(?:let me|i will(?: just)?|i am going to|while i) (?:just )?(?:check|look|get|find|see|ask|think|search|"
    r"fetch|open|dig)"
    r"\b.*|i am (?:just )?(?:looking|checking|getting|finding|thinking|searching|writing|on the phone)\b.*|"
    r"i will be (?:right )?(?:back|with you)\b.*|it is (?:here )?somewhere|(?:where|what) (?:is|was|did i "
    r"put) (?:it|that)(?: now)?)"
)
_ASKS_FOR_TIME = re.compile(
    rf"{_LEAD}(?:(?:(?:can|could|may) i|let me|i (?:will|must|need to|have to)) think (?:about|on) (?:it|that)|"
    rf"{_MOMENT}(?: {_POLITE})*(?: (?:and |while )?{_BUSY})?|let me (?:just )?(?:look|check|see|"
    r"think|find|search)"
    rf"(?: [\w']+)*)(?: {_POLITE})*"
)


def asks_for_time(text: str) -> bool:
    """Whether the visitor needs a moment, and says nothing else."""
    return bool(_ASKS_FOR_TIME.fullmatch(plain(text)))


# --- another day ------------------------------------------------------------------------------------------------------

_WISH = (
    r"(?:(?:can|could|may|shall) (?:i|we|you) |is it possible to |would it be possible to |"
    r"(?:i|we) (?:want|need|would like|would rather|would prefer|have|prefer|wanted|think)(?: you)?(?: to)? |let us |"
    r"let me |how about |what about |maybe |perhaps |do you have |is there )*"
)
_BACK_TO = r"(?:(?:go|step|get|come|head|take me|bring me|skip|jump) )?back to|(?:return|go) to"
_ALTERED = r"change|alter|correct|fix|edit|redo|modify"
_HAVE = (
    r"(?:have|pick|choose|make it|do it(?: on)?|do|take|try|use|see|say|go with|go for|come(?: on| at)?|get|on|at|"
    r"with|to)"
)
_CHANGED = re.compile(
    rf"(?:{_LEAD}(?:(?:go|step) back|start again) )?{_LEAD}{_WISH}{_LEAD}"
    rf"(?:(?:{_BACK_TO}|{_ALTERED}) (?:(?:the|my|that) )?(?P<back>\w+)|"
    rf"(?:{_HAVE} )?(?:(?:a|the|some) )?(?:different|another|other|wrong|new|better) (?P<other>\w+)|"
    r"(?:the|that|my|you got the|you have the) (?P<wrong>\w+) (?:is|was|are) (?:wrong|not right|incorrect|not correct))"
    rf"(?: {_POLITE})*"
)
_LATER = re.compile(
    rf"{_LEAD}{_WISH}(?:(?:{_HAVE}|move it|make that) )?(?:(?:a (?:bit|little)|much|some|any) )*(?:later|"
    rf"earlier)(?: {_POLITE})*"
)


def changed(text: str) -> str:
    """What the visitor wants to give anew, as it is called: "day" of "could we make it another day", "time" of "go back
    to the time"; empty where the words do nothing of the kind."""
    said = plain(text)
    found = _CHANGED.fullmatch(said)
    if found:
        return found["back"] or found["other"] or found["wrong"]
    return "time" if _LATER.fullmatch(said) else ""


# --- what is free -----------------------------------------------------------------------------------------------------

_WHAT = r"(?:what|which)(?: other)? (?:times?|days?|dates?|slots?|appointments?|hours|ones?|openings)"
_FREE = r"(?:free|available|open|left|possible|vacant)"
_ASKS_FREE = re.compile(
    rf"{_LEAD}(?:(?:can|could) you (?:please )?tell me )?(?:{_WHAT} (?:is|are)(?: (?:there|still))*(?: there| {_FREE})|"
    r"what is(?: still)? "
    rf"{_FREE}|{_WHAT} (?:do|does|have|has|can|could|would) (?:you|he|she|they|doctor \w+|i|the doctor)(?: still)?"
    rf"(?: (?:have|got|offer|choose|pick|get|come|be))*(?: {_FREE})?|"
    rf"what (?:have you got|do you have|does (?:he|she|doctor \w+) have)(?: {_FREE})?|what are (?:my|the) options|"
    rf"when (?:are you|is (?:he|she|doctor \w+)) {_FREE}|(?:is|are) there any(?:thing)?(?: \w+)? {_FREE}|"
    rf"(?:tell|give|read) me (?:the|all the|your) (?:free|available|open)? ?(?:times|days|slots|options))\b"
)


def asks_free(text: str) -> bool:
    """Whether the visitor asks what can be had: "what times do you have"."""
    return bool(_ASKS_FREE.match(plain(text)))


# --- which one it is --------------------------------------------------------------------------------------------------

_AGAIN = (
    r"(?: (?:again|now|at the moment|right now|currently|so far|booked for|"
    r"then|exactly|please|sorry|actually|once more|you said|for))*"
)
_THE_ONE = r"(?:it|that|this|that one|this one|the appointment|my appointment|the booking)"
_ASKS_WHICH = re.compile(
    rf"{_LEAD}(?:(?:can|could|would) you (?:please )?(?:tell me|say|remind me) |(?:please )?remind me |do you know )?"
    rf"(?:(?:on |at )?(?:what|which) (?:time|day|date|doctor|one|appointment) (?:(?:is|was) {_THE_ONE}|"
    rf"{_THE_ONE} (?:is|was)|(?:is|was) {_THE_ONE} (?:on|at|for|with))|when (?:(?:is|was) {_THE_ONE}|"
    rf"{_THE_ONE} (?:is|was))|"
    rf"who (?:(?:is|was) {_THE_ONE}|{_THE_ONE} (?:is|was)) with){_AGAIN}"
    rf"|{_LEAD}(?:(?:is|was) (?:it|that|this)(?: not)? (?:(?:the|my) (?:one|appointment|booking)|on|at|with) .+|"
    r"do you mean (?:the|my) (?:one|appointment|booking) .+)"
)


_DAY_NAMES = "|".join(DAYS)
_ASKS_HELD = re.compile(
    rf"{_LEAD}(?:(?:can|could|would) you (?:please )?(?:tell me|say|remind me) |(?:please )?remind me |do you know )?"
    rf"(?!who (?:is|was) {_THE_ONE}\b(?! with))"
    r"(?:(?:with |on |at |for )?(?:(?:which|what) (?:day|date|time|weekday|doctor)|when|who|whom) "
    r"(?:did (?:i|we) (?:say|choose|pick|ask for|book|take)|did you (?:put me down for|book me(?: in)?(?: for)?|"
    r"write down|note|understand)|have you (?:put me down for|booked me(?: in)?(?: for)?)|"
    rf"am i (?:booked|down|put down)(?: in)?(?: for| with| on| at)?|(?:is|was) {_THE_ONE}(?: on| at| for| with)?|"
    rf"{_THE_ONE} (?:is|was)(?: on| at| for| with)?)|"
    r"(?:on )?(?:which|what) (?:week)?day|"
    rf"(?:is|was) {_THE_ONE} (?:not )?(?:(?:on|at) (?:a |the )?(?:{_DAY_NAMES}|noon)|"
    r"in the (?:morning|afternoon|evening)|"
    rf"with (?:doctor|dr) \w+)){_AGAIN}"
)


def asks_held(text: str) -> bool:
    """Whether the visitor asks for the day, the time or the person of what is being booked, or was just booked or
    looked up: "which day did i say", "is it in the morning"."""
    return bool(_ASKS_HELD.fullmatch(plain(text)))


def asks_which(text: str) -> bool:
    """Whether the visitor asks which appointment is spoken of, or when it is."""
    return bool(_ASKS_WHICH.fullmatch(plain(text)))


_NAMES_FREE = re.compile(rf"\b(?:{_FREE}|slots?|times|openings?|something|anything)\b")


def names_free(text: str) -> bool:
    """Whether the words are about what can be had: "is doctor chen free on friday"."""
    return bool(_NAMES_FREE.search(plain(text))) or asks_free(text)


# --- what is booked already -------------------------------------------------------------------------------------------

_OWN = re.compile(
    rf"\b(?:my|our|his|her|their|the (?:old|other|first|existing|last)|an?(?: (?:old|other|earlier|existing))?) "
    rf"(?:\w+ ){{0,2}}?{_BOOKED}s?\b|\bmine\b"
)
_NOT_OWN = re.compile(rf"\b(?:want|need|would like|book|make|have|get|i|about|for) (?:an|another|a new) {_BOOKED}\b")
_NUMBERED = re.compile(r"\bnumber (?:zero|one|two|three|four|five|six|seven|eight|nine|\d)")


def names_own(text: str) -> bool:
    """Whether the words are about something that the visitor has booked: "my appointment"."""
    said = plain(text)
    return bool(_OWN.search(_NOT_OWN.sub(" ", said)) or _NUMBERED.search(said))


_HOLDER = r"(?:i|we|he|she|they|(?:my|our) (?:little |old )?\w+|there is)"
_REST = (
    r"(?:but|where|when|what|how|which|who|can|could|do|does|is there|are there|may|will|should|and|"
    r"i (?:can|am|have|need|want|will)|please|am)"
)
_BESIDE_OWN = re.compile(
    rf"{_LEAD}(?:(?:i (?:think|believe|guess)|you know) )?"
    r"(?:(?:i|we) (?:am|are) (?:here|due|expected) (?:to see|for|with|by) (?:doctor|my doctor|the doctor)\b|"
    rf"{_HOLDER} (?:already |still |do |just |actually )*(?:have|has|had|made|got|booked|am here for|are here for|"
    r"am late for|are late for|am early for|am due for|came for|come for|am coming for)(?: (?:got|made|booked|"
    r"already))* "
    rf"(?:an?|my|our|his|her|the|one)(?: (?!{_REST}\b)\w+){{0,2}}? {_BOOKED}s?(?! (?:card|letter|slip|book)\b)|"
    rf"(?:my|our|his|her|my \w+ is) (?:\w+ )?{_BOOKED}(?=(?: (?!{_REST}\b)\w+)* (?:is|was) (?:at|on|today|"
    r"tomorrow|with|in|now)\b))"
    rf"(?P<details>(?: (?!{_REST}\b)\w+)*)(?: (?P<rest>.*))?$"
)
OWN = "i have an appointment"
_WANTS_ONE = re.compile(
    r"\b(?:want|need|would like|book|make|get|have) (?:to \w+ )?(?:an?other|an|a new|a second|one more|one)\b|"
    r"\bcan i (?:have|get)\b"
)
_BARRED = re.compile(
    r"\b(?:needs?|wants?|would like|would rather|ha(?:ve|s) to|wish(?:es)?) (?:to )?(?:have |come |get |be |"
    r"make )?(?:it |in |there |one )*"
    r"(?:(?:at |on |for )?(?:another|a different|some other) (?:day|time|date)|later|earlier|sooner)\b|"
    r"\bbut (?:i|my \w+|the \w+) (?:am|is|feel|feels|got|has|have|fell|broke|came|had)(?: got| so| too| really|"
    r" very| now| all)* "
    r"(?:ill|sick|unwell|not well|not feeling well|poorly|stuck|down|broken down|the flu|flu|covid|a (?:fever|cold|"
    r"temperature|flat tyre)|in bed|away|abroad|on holiday|working)\b|\bsomething (?:came|has come) up\b|"
    r"\b(?:can|could|will|shall|may) not (?:come|make|be|attend|keep|go|get)\b|\b(?:cancel|move|reschedule|postpone)\b"
)


def beside_own(text: str) -> str | None:
    """What is said beside the statement that something is booked: "my wife has an appointment with doctor chen where
    can i wait". None where nothing of the kind is stated, or another one is wanted too."""
    found = _BESIDE_OWN.match(plain(text))
    rest = (found["rest"] or "") if found else ""
    return rest if found and not _WANTS_ONE.search(rest) else None


def is_barred(text: str) -> bool:
    """Whether the visitor cannot keep what is booked, or wants it otherwise."""
    return bool(_BARRED.search(plain(text)))


_WHETHER_ONE = re.compile(
    rf"{_LEAD}(?:(?:do|does|will|would) (?:i|we|you|he|she|one)(?: \w+)? (?:need|require|have to (?:have|make|book)|"
    rf"need to (?:make|book)) (?:an?|any)(?: \w+)? {_BOOKED}|(?:must|should) (?:i|we) (?:have|make|book) an? {_BOOKED}|"
    rf"(?:i|we|he|she) (?:do|does) not (?:have|have got) (?:an?|any|one)(?: {_BOOKED})?|"
    rf"(?:i|we) have (?:got )?no {_BOOKED}|(?:is|are) (?:an? )?{_BOOKED}s? (?:necessary|needed|required)|"
    rf"(?:can|may|could) (?:i|we) come without (?:an? )?{_BOOKED})(?: (?P<rest>.*))?"
)


def lacks_one(text: str) -> bool:
    """Whether the visitor asks if something must be booked, or says that nothing is."""
    found = _WHETHER_ONE.fullmatch(plain(text))
    return found is not None and not _WANTS_ONE.search(found["rest"] or "")


_VISIT = re.compile(
    rf"{_LEAD}(?:can|may|could|should|must|do|shall|am|is|are) (?:i|we|my \w+|he|she|they)(?: \w+)*? (?:bring|"
    r"take|wear|eat|"
    r"drink|drive|come with|need|have to|allowed|leave|stay|wait|sit|smoke|use)\b.*"
    rf" (?:to|before|for|after|during|at|with|until) (?:the|my|our|an|his|her) (?:\w+ )?{_BOOKED}$"
)


def asks_about_visit(text: str) -> bool:
    """Whether the visitor asks what they may or must do when they come: "can i bring my dog to the appointment"."""
    return bool(_VISIT.match(plain(text)))


_NUMBER_AGAIN = re.compile(
    rf"{_LEAD}(?:(?:can|could|would|will) (?:you|i) (?:please )?)?(?:(?:say|repeat|tell me|give me|read|read "
    r"out|hear|have|"
    r"spell) (?:me )?(?:the|my|that|its) (?:\w+ )?number|what (?:is|was) (?:the|my|that|its) "
    r"(?:(?:appointment|booking|reference) )?"
    r"number|(?:i )?(?:did not|could not|do not|have not) (?:quite )?(?:catch|get|hear|understand|have|write "
    r"down|note) "
    r"(?:the|my|that|its) (?:\w+ )?number|(?:i )?missed (?:the|my|that) number|the number(?= (?:again|please|"
    r"once|slow|one)))"
    r"(?: (?:again|once more|one more time|slowly|slower|more slowly|please|you said|for me|sorry|of (?:the|"
    r"my) appointment|"
    r"a bit slower|then|thanks))*"
)


def asks_number(text: str) -> bool:
    """Whether the visitor wants to hear the number of what was booked once more."""
    return bool(_NUMBER_AGAIN.fullmatch(plain(text)))


# --- a thing, or none -------------------------------------------------------------------------------------------------

_OPPOSITES = re.compile(r"with(?P<no>out)? (?:an? |any |the )?(?P<thing>[\w ]+)")
_KINDLY = r"(?: (?:please|thanks|thank you|then|i think|actually|this time|sorry))*"
_ANY = r"(?:an?|any|the|that|one|some)"
_NONE_NEEDED = (
    r"(?:(?:i|we|you|they) )?(?:(?:really|probably|actually) )?(?:(?:do|will|would|did) not (?:really |"
    r"actually )?(?:need|want|"
    r"require|use|be needing|be using)|no need for|need no|can do without|not)"
)
_NEEDED = (
    r"(?:i|we) (?:(?:do|will|would|really|definitely|certainly|will definitely) )*(?:need|want|like|take|have|use)"
)


def of_opposites(text: str, choices: Sequence[str]) -> str | None:
    """The one of "with a screen" and "without a screen" that an answer chooses without naming it: "no", "we don't need
    one", "screen please". None where the choices are no such two, or the answer does something else."""
    read = [_OPPOSITES.fullmatch(choice.lower()) for choice in choices]
    if len(read) != 2 or not all(read):
        return None
    found = {bool(hit["no"]): choice for hit, choice in zip(read, choices, strict=True) if hit}
    if len(found) != 2 or len({hit["thing"] for hit in read if hit}) != 1:
        return None
    thing = rf"(?:{re.escape(next(hit['thing'] for hit in read if hit))}|one|it|that)"
    object_ = rf"(?: {_ANY})?(?: {thing})"
    said = plain(text)
    none = rf"(?:without(?:{object_})?|no {thing}|{_NONE_NEEDED}{object_}|not necessary|not needed|none)"
    some = rf"(?:with(?:{object_})?|{_NEEDED}{object_}|(?:{_ANY} )?{thing}|that would be (?:nice|good|great|useful))"
    refuses = rf"{_LEAD}(?:(?:no|nope|nah)(?: {none})?|{none}){_KINDLY}"
    agrees = rf"{_LEAD}(?:(?:yes|yeah|yep|yup|sure|of course|definitely|okay)(?: {some})?|{some}|please){_KINDLY}"
    tells_why = r"(?:yes|yeah|yep) (?:we|i|because)\b(?!.*\b(?:but|not|no|or|if|wait|without)\b).*"
    if re.fullmatch(refuses, said):
        return found[True]
    return found[False] if re.fullmatch(agrees, said) or re.fullmatch(tells_why, said) else None


# --- another one ------------------------------------------------------------------------------------------------------

_BESIDES = r"(?:also|too|as well) (?:book|put|get|sign|squeeze|fit|have) (?:in )?my \w+"
_ANOTHER = re.compile(
    rf"\b{_BESIDES}|\b(?:book|put|sign|squeeze|fit) my \w+ in\b|"
    rf"\b(?:another|a second|one more|an additional|a further) (?:one|{_BOOKED}|time slot)\b|\banother for\b|"
    rf"{_LEAD}(?:i (?:need|want|would like) )?(?:also )?(?:one|an? {_BOOKED}|the same)(?: (?:too|also|as well|"
    r"again))? for (?:my|our|him|her|his)\b|"
    rf"\b(?:one|an? {_BOOKED}) for (?:my \w+|him|her) (?:too|also|as well)\b|\bone more (?:please|for)\b"
)
_SAME_AGAIN = re.compile(
    rf"{_LEAD}(?:(?:can|could|may) i (?:have|get|book) |(?:i|we) (?:need|want|would like) |book )?(?:me )?the same"
    rf"(?: (?:thing|one|{_BOOKED}|time))?(?: (?:once more|again|too|please))* (?:in|on|next|the (?:week|day|month)|"
    r"(?:a|one|two|three|four|six) (?:weeks?|months?|days?))\b(?!.*\bfor (?:my|our|him|her|his)\b)"
)
_CHANGE_IT = (
    r"(?:(?:can|could|would|will|may) (?:you|we|i) (?:(?:please|just|maybe|still) )*(?:make|change|put|move|push) "
    r"(?:it|that|this)\b)"
)
_MEANT = re.compile(
    rf"{_LEAD}(?:i (?:actually |really )?(?:meant|mean|said|wanted|asked for|should have said)|make (?:it|"
    r"that)|(?:it|that) should (?:be|have been)|change (?:it|that) to|rather|not)\b"
    rf"|{_LEAD}{_CHANGE_IT}"
    rf"|^(?:(?:um|uh|oh|but|ah|hang on|wait) )*(?:no|sorry|oops|wrong)\b"
)


_SAME_DAY = re.compile(r"\b(?:(?:the )?same day|that day|(?:right|straight|directly|just) (?:after|before))\b")


def on_same_day(text: str) -> bool:
    """Whether another one is wanted on the day of the one that was booked."""
    return bool(_SAME_DAY.search(plain(text)))


def wants_same(text: str) -> bool:
    """Whether the visitor wants once more just what was booked, on another day: "the same again in two weeks"."""
    return bool(_SAME_AGAIN.match(plain(text)))


def wants_another(text: str) -> bool:
    """Whether the visitor wants one more of what was booked: "and one for my wife"."""
    return bool(_ANOTHER.search(plain(text))) or wants_same(text)


_CORRECTS = re.compile(
    rf"{_LEAD}(?:i (?:actually |really )?(?:meant|said|should have said)\b(?! (?:to|thank|thanks))|make (?:it|that)\b|"
    rf"(?:it|that) should (?:be|have been)\b|change (?:it|that) to\b|{_CHANGE_IT})"
)
_DEGREE = r"(?:(?:a (?:bit|little)|much|far|way|rather|quite|really|just|still|even) )*"
_MADE = r"(?:name|day|date|time|hour|doctor|week|person|one)"
PREFERS = re.compile(
    rf"{_LEAD}(?:(?:i think|i am afraid) )?(?:"
    # "Wednesday would be better", "half past ten suits me better"
    rf"(?:(?:on|at|maybe|perhaps|with) )*#(?: \w+)? (?:(?:would|might|could) )?(?:be|is|suits?|works?|fits?)"
    rf"(?: me| us)?(?: for (?:me|us))? {_DEGREE}better(?: for (?:me|us))?|"
    rf"(?:that|it|this|=|(?!the (?!time|day)|what|when)\w+(?: \w+){{0,2}}?) (?:is|would be) {_DEGREE}too "
    rf"(?:early|late|soon|far away)(?: for (?:me|us))?|"
    rf"(?:(?:can|could|would|may|shall) (?:you|we|i) )?(?:please )?(?:make|do|have|move|put)(?: it| that)?"
    rf"(?: (?:to|at|for))? {_DEGREE}(?:(?:an? )?(?:earlier|later|sooner)|a (?:different|later|earlier) {_MADE}|"
    rf"(?:an)?other {_MADE})|{_DEGREE}(?:earlier|later)|(?:a different|another) (?:day|time|date|doctor)|"
    rf"(?:that|this|it) (?:is|was) (?:the |a )?wrong {_MADE}|(?:that|this|it) (?:is|was) not (?:the |my )?(?:right )?"
    rf"{_MADE}|(?:you (?:have|got|booked|wrote|took) )?the wrong {_MADE}|the {_MADE} (?:is|was) (?:wrong|not right|"
    rf"incorrect|not correct|misspelled|spelled wrong)|my name is (?:wrong|misspelled|spelled wrong|"
    rf"not [=\w]+(?: \w+)?)"
    rf")(?: {_POLITE})*"
)
"""of words with "=" in place of a value of what was just done and "#" of another one: the visitor wants it otherwise"""
_NAMES_ANEW = re.compile(rf"{_LEAD}(?:it|that|the name) should (?:be|have been)\b")
_CHANGES = re.compile(rf"{_LEAD}{_CHANGE_IT}")
_UNDOES = re.compile(
    rf"{_LEAD}(?:(?:can|could|would) (?:you|we|i) )?(?:please )?(?:undo|reverse|revert|take back|scrap|scratch|cancel|"
    rf"delete|remove) (?:it|that|this|that one|this one|the {_BOOKED}|that {_BOOKED}|the last (?:one|{_BOOKED})|"
    rf"everything)"
    rf"(?: (?:back|again))?(?: {_POLITE})*"
)
_WITH_ANOTHER = re.compile(
    rf"{_LEAD}(?:(?:i|we) (?:want|need|would like|wanted|have|would rather|came)(?: to)?|"
    r"(?:can|could|may) (?:i|we|you)) "
    r"(?:please |just )?(?P<verb>cancel|move|reschedule|postpone|change) "
    rf"(?:an|another|an? (?:old|other|existing)|my (?:old|other|existing)) {_BOOKED}\b.*"
)
_RESTORES = re.compile(
    rf"{_LEAD}(?:(?:can|could|would|will) (?:you|we|i) |(?:i|we) (?:want|would like|need|have) (?:you )?(?:to )?)?"
    r"(?:please |just )?(?:"
    r"(?:put|bring|get|give|have|take|move|change|set|switch)(?: me)? (?:it|that|mine|my appointment|the appointment)"
    r" back(?! (?:by|an?|one|two|half|to (?!where|how|what|the (?:old|way|original))))(?: .*)?|"
    r"(?:restore|reinstate|uncancel|undo|reverse|revert) (?:it|that|my appointment|the appointment|the cancellation)|"
    r"(?:it|that|my appointment|the appointment)(?: back)?(?: .*)? after all|"
    r"(?:keep|have) (?:it|that|my appointment|the appointment)(?: .*)? after all)"
    rf"(?: (?:{_POLITE}|again))*"
)
_OTHER_CHOICE = (
    re.compile(r"\bfrom # (?:over )?to (?P<wanted>#)"),
    re.compile(
        r"\b(?:change|switch|move|swap|transfer|put)(?:d|ed)?(?: (?:it|that|this|me|mine|over|(?:my|the) \w+))* to "
        r"(?P<wanted>#)"
    ),
    re.compile(r"(?P<wanted>#) instead\b"),
    re.compile(r"\b(?:to be|(?:have|make|do|move|change|switch|want|need) it(?: to be)?) with (?P<wanted>#)"),
    re.compile(
        rf"^{_LEAD}(?:i|we) (?:would |really |do )*(?:want|like|need|prefer|rather)"
        r"(?: (?:to )?(?:see|have|go to|be with|come to))? (?:with )?(?P<wanted>#)(?: please| now| then| this time)*$"
    ),
)
_ITS = rf"(?:it|that|this|(?:it|that) one|one|the {_BOOKED}|that {_BOOKED}|the whole thing)"
_AFTER_ALL = r"(?: (?:after all|any ?more|any longer|now|really|then|actually|at all|please|sorry|thanks|thank you))*"
_WITHDRAWS = re.compile(
    rf"{_LEAD}(?:i (?:think|guess|am afraid) (?:that )?)?(?:never mind|forget (?:about )?{_ITS}|"
    rf"(?:leave|drop|scratch|scrap) (?:it|that)|"
    rf"(?:i|we)(?: (?:really|actually|just))* (?:(?:do|did)(?: (?:really|actually))? not (?:really |actually |even )?"
    rf"(?:want|need)|no longer (?:want|need)|will not (?:want|need|be needing))(?: {_ITS}| to (?:book|have|do) {_ITS})|"
    rf"i (?:have )?(?:just )?changed my mind(?: about (?:it|that|this))?|on second thoughts? (?:no|rather not)|"
    r"(?:(?:i|we) )?(?:would |had )?(?:rather|better|prefer) (?:not|to leave it|to leave that)"
    rf"(?: (?:to )?(?:have|book|do|go|come|take|want|keep)(?: {_ITS})?)?|"
    r"(?:that|it|this) (?:was|is) (?:all )?(?:an? |my |by )?(?:mistake|accident|error|misunderstanding)|"
    r"i made a mistake|i (?:booked|made|did|said) (?:it|that|this) by (?:mistake|accident)|"
    r"i did not mean (?:to|that|it)(?: (?:book|do|make|say) (?:it|that|one|anything))?|"
    r"(?:actually|wait) no|no (?:wait|actually))"
    rf"(?: (?:never mind|(?:please )?cancel (?:it|that)|(?:i )?do not (?:want|need) {_ITS}|(?:i )?changed my mind|"
    rf"forget (?:it|that)|leave (?:it|that)))?{_AFTER_ALL}"
)
"""what is meant by whoever says it at once after a task was done"""
_FURTHER = (
    r"(?:another|one more|an additional|a second|a further|an extra|(?:one|an? \w+|the same) (?:also|too|as well))"
)
_ADDS = re.compile(
    rf"^(?!(?:\w+ )*?(?:no|not|instead|rather)\b)(?:(?:{_FILLERS}|and|also|that is \w+|great|perfect|book it|"
    r"do that|fine|thanks|thank you) )*"
    r"(?:and|also|plus|then)(?: (?:and|also|then|please|maybe|i|we|would|like|want|need|book|make|have|"
    r"could|can|may|you|get|me|us|do|afterwards))*"
    rf"(?: after (?:that|it))? (?:{_FURTHER}\b|(?:one|an {_BOOKED}|a booking|the same)"
    r"(?: (?:thing|please|again))? (?:for (?!me\b|(?:[\w']+ )?(?:minutes?|hours?)\b)|on |with |at |in |next |"
    r"tomorrow|also|too|as well)|"
    r"(?:my|our|her|his|the) \w+ (?:(?:also|too|would|will) )*(?:needs?|wants?|like|have) "
    rf"(?:one|(?:an|another) {_BOOKED}|a booking|to (?:come (?:too|as well|also)|see|book|have one|be seen))\b)"
)
"""begins with what may be a yes: "another day" by itself wants what was read back otherwise"""
_ASKS_BOOKED = re.compile(
    rf"{_LEAD}(?:(?:what|which {_BOOKED}|what {_BOOKED}|when) (?:did|have) (?:i|we|you) (?:just |now )?(?:book|"
    rf"booked|make|"
    rf"made|reserve|reserved|get|got)|what (?:is|was) (?:it )?(?:that )?(?:i|we|you) (?:just |have )?booked)"
    r"(?: (?:me|us|for me|for us|just now|there|again|exactly|now|then|please|in|into))*"
)
_OTHER_ONE = re.compile(rf"\b(?:old|older|other|previous|earlier|existing|former|first|second) (?:one|{_BOOKED}s?)\b")
_NUMBERED_DIGITS = re.compile(
    r"\bnumber (?:is )?(?:(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|\d+) ?){3,}"
)


def corrects(text: str) -> bool:
    """Whether the words surely correct what was just done, and begin nothing else: "it should be wednesday"."""
    return bool(_CORRECTS.match(plain(text)))


def names_anew(text: str) -> bool:
    """Whether the words say what should have been said in place of something else: "it should be jon smith"."""
    return bool(_NAMES_ANEW.match(plain(text)))


def asks_change(text: str) -> bool:
    """Whether a question asks for a change of what was just done: "can you make that ten thirty"."""
    return bool(_CHANGES.match(plain(text)))


def wishes_with_another(text: str) -> str:
    """What the visitor wants to do with another record than the one that is being made: "cancel" of "i want to
    cancel an appointment"; empty where nothing."""
    found = _WITH_ANOTHER.fullmatch(plain(text))
    return found["verb"] if found else ""


def restores(text: str) -> bool:
    """Whether the visitor wants back what was just cancelled or moved: "can you put it back"."""
    return bool(_RESTORES.fullmatch(plain(text)))


def wishes_other(said: str) -> int | None:
    """Which of the choices in the words, each a "#", the visitor wants in place of the one that a record has: 1
    in "from # to #". None where none is."""
    found = next((hit for pattern in _OTHER_CHOICE if (hit := pattern.search(said))), None)
    return said.count("#", 0, found.start("wanted")) if found else None


def undoes(text: str) -> bool:
    """Whether the visitor does not want what was just done: "undo that"."""
    return bool(_UNDOES.fullmatch(plain(text)))


def withdraws(text: str) -> bool:
    """Whether words that follow a task at once mean that the visitor does not want what was done: "never mind", "i
    don't need it after all"."""
    return bool(_WITHDRAWS.fullmatch(plain(text)))


def adds_another(text: str) -> bool:
    """Whether the visitor wants another one beside what was just read back: "yes and one for my wife at ten"."""
    return bool(_ADDS.match(plain(text)))


def asks_booked(text: str) -> bool:
    """Whether the visitor asks what was booked just now."""
    return bool(_ASKS_BOOKED.fullmatch(plain(text)))


def names_other(text: str) -> bool:
    """Whether the words are about another record than the one made just now: "my old one"."""
    return bool(_OTHER_ONE.search(plain(text)))


def numbered(text: str) -> str:
    """The number of a record with the word before it: "number 4 7 1 2 3 5 6"; empty where none is said."""
    found = _NUMBERED_DIGITS.search(plain(text))
    return found[0].strip() if found else ""


def meant_otherwise(text: str) -> bool:
    """Whether the words correct what was said before: "sorry i meant wednesday"."""
    return bool(_MEANT.match(plain(text)))


# --- a task by its values ---------------------------------------------------------------------------------------------

_ORDER_VERB = (
    r"(?:(?:(?:can|could|will|would) you )?(?:please )?(?:book|reserve|schedule|put|sign|give|get|make|"
    r"arrange|set up|fix|squeeze|fit|pencil)(?: (?:me|us|my \w+))?"
    r"(?: (?:down|in|up|something|anything|a (?:slot|time)))*|"
    r"(?:i|we) (?:would like|want|need|will take|will have|would love|would like to (?:see|have|book)|want to "
    r"(?:see|book))|"
    r"(?:can|could|may) (?:i|we) (?:please |maybe |possibly )?(?:have|get|see|book|come to)(?: something| anything)?|"
    r"(?:i|we|he|she|my \w+) (?:needs?|wants?|ha(?:s|ve)|must|would like)(?: to)? (?:see|visit|go to))"
)
_PATIENT = (
    r"(?:me|us|him|her|my (?:little |old )?(?:son|daughter|wife|husband|mother|father|mum|mom|dad|child|kid|baby|"
    r"sister|brother|partner|friend|boy|girl|grand\w+))"
)
_ASKS_PERSON = (
    rf"(?:(?:can|could|would|will) # (?:please |maybe |possibly )?(?:see|fit|squeeze|take) {_PATIENT}(?: in)?|"
    rf"does # (?:still )?have (?:any |some )?(?:time|room|a slot|an appointment) for {_PATIENT})"
)
"""a wish that is put as a question about the person, who is marked with "#" """
_BETWEEN = (
    r"(?:#|in the name of|under the name(?: of)?|the name(?: is|'s)|my name's|"
    r"some ?time|any ?time|maybe|perhaps|possibly|preferably|"
    r"with|for|on|at|to|in|the|and|then|please|thanks|thank you|an? appointment|my name is|name|i am|it is|"
    r"if possible|about|around)"
)
ORDERS = re.compile(
    rf"{_LEAD}(?:(?:{_ORDER_VERB} )?(?:{_BETWEEN} )*#|{_ASKS_PERSON})(?: {_BETWEEN})*(?P<name>(?: \w[\w'-]*){{2,3}}?)?"
    rf"(?: {_BETWEEN})*(?: unless [^#]*)?"
)
"""of words with "#" in place of every value"""

_PERSON = r"(?:doctor|dr|mister|mr|mrs|ms|miss) \w+"
WISHES = re.compile(
    rf"{_LEAD}(?:(?:can|could|may) (?:i|we) (?:please |maybe |possibly )?(?:have|get|see|book|come to)\b|"
    rf"(?:can|could|will|would) you (?:please )?(?:book|put|squeeze|fit|sign|pencil)\b|"
    rf"{_ASKS_PERSON.replace('#', _PERSON)}\b)"
)
"""of a question that is a wish: "can i see doctor chen on monday" """

SEES = re.compile(
    rf"{_LEAD}(?:(?:can|could|will|would) (?:{_PERSON} (?:see|fit|squeeze)|you (?:please )?(?:squeeze|fit))\b|"
    rf"(?:i|we|he|she|my \w+) (?:needs?|ha(?:s|ve)|must)(?: to)? (?:see|visit) {_PERSON}|"
    r".*\bappointment with\b.*\bunless\b)"
)
"""of a wish to see somebody on a day, for which no time need be named"""
