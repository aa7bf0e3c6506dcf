"""English answers to yes-or-no questions, over words without contractions (``contractions``). Pure.

``=`` stands for a value as it was read back, ``#`` for another one (``confirmation.SAME`` and ``OTHER``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# --- what agrees ------------------------------------------------------------------------------------------------------

LISTS: Mapping[str, Sequence[str]] = {
    "good": (
        *("right", "correct", "fine", "good", "great", "perfect", "okay", "wonderful", "lovely", "excellent", "ideal"),
        *("brilliant", "splendid", "super", "awesome", "fantastic", "terrific", "nice", "true", "all right", "cool"),
        "(exactly|quite|absolutely|just|perfectly|all|completely|totally|so) (right|correct|fine|good|true|okay)",
        *("very (good|nice|well)", "(absolutely|just) perfect", "brilliant", "acceptable", "accurate"),
    ),
    "it": ("it", "that", "this"),
    "whole": ("it", "that", "this", "everything", "all", "it all", "that all", "all of (it|that)"),
    "us": ("me", "us"),
    "task": ("it", "that", "this", "one", "them", "[the|my|that|this|an] (appointment|booking)"),
    "person": ("someone", "somebody", "them", "him", "her", "a (person|human|colleague|nurse)", "a member of staff"),
}

AGREEING: Sequence[str] = (
    "yes|yeah|yea|yep|yup|yah|ya|ja|aye|uh huh|mm hmm|mhm|okay|okay dokey|all right|alrighty|sure|sure thing|roger",
    "of course|certainly|absolutely|definitely|exactly|precisely|indeed|affirmative|positive|totally|naturally",
    "(most|quite|very) certainly|for sure|surely|obviously|without [a] doubt|no doubt|very much so|by all means",
    "you bet|you got it|with pleasure|my pleasure|be my guest|very well|very true|yeap|roger that",
    "{good}",
    "(the|my) answer is [a] [definite|clear] yes|{it} is a [definite] yes [from me]|i [will] say yes|{it} is a fact",
    "{whole} is (actually|definitely|certainly|indeed|really) {good}",
    "{whole} (is|looks|sounds|seems) {good}",
    "(looks|sounds|seems) {good} [by|for|to|with] [{us}]",
    "fair enough [by|to|with] [{us}]",
    "{it} (would|will) be {good}",
    "that is me|{it} is (it|the one|how i want it)",
    "{it} is [exactly] (what i (said|meant|want|wanted)|it)",
    "(exactly|just) as you (say|said)",
    "[{it}] (works|does it|suits {us} [fine]|will do|would do|works for {us})",
    "{it} (is|would be|sounds|works) {good} (by|for|to|with) {us}",
    "{good} (by|for|to|with) {us}",
    "(please do|do please|do (it|that|so)|go ahead|go on|go for it|carry on|make it so|you (may|can)|you can go ahead)",
    "(let us|we can) (do|go with) {it}",
    "let us go",
    "i (do|would|want {it}|would like {it}|would love {it}|would love to|would like to|will take {it}|take {it})",
    "i would be happy to",
    "i (agree|accept|approve|confirm) [{it}]",
    "i can confirm [{it}]",
    "i am (sure|certain|positive)",
    "i am (fine|happy|okay|good) with {it}",
    "you are [quite|absolutely] (right|correct)",
    "confirm [{it}]|confirmed|accepted|agreed|approved|deal|done",
    "(no|not a) problem [at all]|no worries",
    "[i have|i have got] (no objection|no objections) [from me]|nothing against {it}",
    "i do not mind [at all]|i would not mind",
    "why not|[i] (do|can) not see why not",
    "gladly|happily|(i would be|i am) glad to",
    "(unfortunately|sadly|regrettably|[i am] afraid) (yes|yeah|so|i do|i must|i have to|it has to be)",
    "(yes|yeah|yep) (unfortunately|sadly|regrettably|sorry|i am sorry|i am afraid|i am afraid so)|sorry yes",
    "no {whole} is [all|absolutely|exactly|completely|quite] correct|no everything is (right|correct|fine|good)",
)
"""Each of these alone agrees. Contractions are written out (``contractions``)."""

TASK_AGREEING: Sequence[str] = (
    "[please|you can|you may|go ahead and|let us|i would like to|i want to|i would like you to|just] {verb} {task}",
    "[please] (can|could|will|would) you [please|just] {verb} {task}",
    "[unfortunately|sadly|i am afraid] i (want you to|need you to|have to|need to|must) {verb} {task}",
    "(hurry up and|please just|no please go ahead and|no go ahead and|yes and) {verb} {task}",
    "(go ahead and|let us) {verb}",
)
"""With the verb of what was asked about: "book it" agrees to a booking, and to nothing else."""

CALL_AGREEING: Sequence[str] = ("[please|you can|you may|go ahead and|just] call {person}",)

COURTESIES: Sequence[str] = (
    "please|thanks|thank you|thanks a lot|thank you [so|very] much|many thanks|cheers|kindly|already",
    "sir|madam|miss|mister|dear|darling|love|mate|my (friend|dear)|computer",
    "then|now|just|indeed|really|very much|for {us}|right away|straight away|at once|[but] (quickly|hurry|hurry up|"
    "fast)",
    "[but] as (quick|quickly|fast) as you can|i am|it is|that is|i do|i would|i will|i did|they are|we do|you do",
    "[as|like] i [already] (said|told you)|i have [already] said",
    "if you (could|would|please)|if you (do|would) not mind",
    "[on|at|for|with|in|in the name of|the|that|this|to] =",
    "= (is|would be|sounds|looks) {good} [by|for|to|with] [me|us]",
    "= (works|suits me|will do|works for {us})",
    "it is =",
)
"""Go with an agreement, and are none."""

VERBS: Mapping[str, Sequence[str]] = {
    "book": ("book", "make", "reserve", "schedule", "arrange", "put me down for", "sign me up for"),
    "move": ("move", "reschedule"),
    "cancel": ("cancel", "delete", "remove", "erase", "get rid of"),
    "call": ("call", "get"),
}
WISHED: Mapping[str, Sequence[str]] = {
    "move": ("move", "reschedule", "postpone", "change", "shift", "push", "delay"),
    "cancel": ("cancel", "delete"),
}
_ITS_OBJECT = r"(?:it|that|this|(?:the|my|that|this) (?:whole )?(?:appointment|booking)|the whole (?:thing|lot)|mine)"
_HEDGES = (
    r"(?:um|uh|er|hm+|oh|ah|well|so|or|but|and|no|yes|okay|actually|sorry|wait|please|just|maybe|perhaps|then|rather)"
)
_MAY_WISH = (
    r"(?:(?:can|could|may|would|will|shall) (?:i|we|you)|(?:i|we) (?:would (?:rather|prefer to|like to|prefer)|"
    r"want to|need to|"
    r"(?:might|could|may|would|can) (?:be able to|manage to)|(?:might|could|may|can)|"
    r"have to|prefer to)|is it possible to|would it be possible to|let us|let me|maybe|perhaps|just)"
)
WISHES_TO = re.compile(
    r"^(?:(?:um|uh|hm+|oh|well|or|no|yes|okay|so|but|and|actually|sorry|wait|please|just|rather|instead|maybe|perhaps|"
    r"possibly|then|to|not|never mind|(?:i|we|you) (?:can|could|might)|(?:forget|leave|drop|scrap|scratch) (?:it|"
    r"that|this)|"
    rf"(?:i )?do not (?:want to |need to )?\w+ {_ITS_OBJECT}|not \w+ {_ITS_OBJECT}|"
    r"(?:i|we) (?:(?:really|actually|just) )?(?:want|need|would like|would rather|would prefer|prefer|wanted|"
    r"have|meant|"
    r"mean|think i should)(?: you)?|(?:can|could|may|would|will) (?:i|we|you)|let us|let me|is it possible|"
    rf"better|rather than cancel(?:ing)?(?: {_ITS_OBJECT})?) )*(?P<verb>\w+) {_ITS_OBJECT}\b"
)
"""a wish to do something with what is booked"""
LATER_ON = re.compile(r"\b(?:later|afterwards|after that|if|in case|until when|how (?:late|soon)|any ?time)\b")
ASKS_CHANCE = re.compile(
    rf"(?:{_HEDGES} )*(?:is|would) (?:there|it) (?:still |be |also |maybe )*(?:(?:a|any) (?:chance|way|possibility)|"
    rf"possible)(?: still)?(?: for (?:me|us))? to (?:still |just )?(?P<verb>\w+) {_ITS_OBJECT}"
    r"(?: (?:instead|please|then|rather|to (?:another|a different) (?:day|time)))*"
)
WISHES_OTHERWISE = re.compile(
    rf"^(?:{_HEDGES} )*(?:{_MAY_WISH} )+(?:(?:maybe|perhaps|just|please|possibly|also|still) )*"
    r"(?:(?:come|have|make|take|get|do|see|be|bring|go for)\b(?!.*\b(?:not|cancel\w*)\b).*"
    r"\b(?:instead|(?:another|a different|some other|a later|an earlier|a better) (?:day|date|time|one|week)|"
    r"(?:hours?|minutes?|days?|weeks?|bit|little|much) (?:later|earlier|sooner)|(?:come|make it|have it) (?:later|"
    r"earlier|sooner)|it forward)\b|put (?:it|that|mine) (?:on|to|at|off|back|in)\b)"
    rf"|^(?:{_HEDGES} )*(?:put|make) (?:it|that) (?:(?:on|to|at|for) )?(?:(?:the )?\w+ )*?(?:instead|another day|"
    rf"another time)$|^(?:{_HEDGES} )*put (?:it|that) (?:on|to|at|off|back)\b"
    rf"|^(?:{_HEDGES} )*(?!.*\b(?:not|cancel\w*)\b).*\b(?:would|might|could) (?:be|suit|work|fit)(?: (?:me|us|for me|"
    rf"for us))? "
    r"(?:better|easier)\b"
)
"""wishes for another day or time in place of what is booked: "can we make it friday instead" """
TO_MOVE = "move"
MOVE = "move"

VERB_AGREEING: Sequence[str] = ("(yes|yeah|yep|yes please) {verb}",)
SAFE_VERB_AGREEING: Sequence[str] = ("[please] {verb} me in", "please {verb}")
SAFE_VERB_COURTESIES: Sequence[str] = ("{verb}",)
AGREEING_ALONE: frozenset[tuple[str, ...]] = frozenset({("please",)})
CLOSING: Sequence[tuple[str, ...]] = (("sir",), ("madam",), ("thanks",), ("please",), ("thank", "you"))
HESITATION = frozenset("um uh er ah oh well".split())
SECOND_HALVES = frozenset({"huh"})

TAGS = frozenset({"right", "correct", "okay"})
NOT_PLAIN: frozenset[tuple[str, ...]] = frozenset(
    {
        *(("yeah", "right"), ("right", "now"), ("right", "then"), ("yeah", "right", "thank", "you")),
        # "I'm good, thanks" declines.
        *(("i", "am", *how.split()) for how in ("good", "fine", "okay", "all right", "great", "cool", "all good")),
    }
)
"""made of agreeing words, and as often said for something else"""

# --- what does something else -----------------------------------------------------------------------------------------

_WHOLE_TASK = r"the (?:whole|entire|appointment|booking|thing|lot|process|task|action|command)"
_LEAD = r"^(?:(?:um|uh|er|ah|oh|well|so|and|but|yes|yeah|okay|sure|right|no|please|sorry|fine|great|hey|then|wait) )*"

GIVES_UP = re.compile(
    rf"\b(?:never mind|forget (?:about )?(?:it|that|this|everything|{_WHOLE_TASK})|leave (?:it|that|this)|"
    rf"let (?:it|that) be|(?:drop|skip|scrap|abort|undo) (?:it|that|this|{_WHOLE_TASK})|hang up|"
    r"let us (?:not|leave|stop|forget|drop)|i give up|get me out|i want out|"
    r"(?:stop|quit|halt|end|terminate|abort|discontinue|abandon) (?:talking|speaking|doing|processing|what you|"
    r"the (?:current )?(?:process|task|action|command))|"
    r"shut up|be quiet|hush|silence|terminate|discontinue|no more talking|"
    r"(?:chang(?:ed|e) my mind|(?<!having )(?<!have )(?:on )?second thoughts?)(?! .*[#=])|"
    r"no longer(?! (?:want|need))|not any ?more|"
    r"(?:maybe|perhaps) (?:another|some other) (?:time|day)$|another (?:time|day) (?:perhaps|maybe|then)$|"
    r"some other time$|"
    r"i will (?:come back|call|do it|do that|think about it)(?: \w+){0,3} (?:later|another time|some other time|"
    r"tomorrow)|"
    r"i will (?:think about it and )?come back|i am leaving|"
    r"(?<!do )(?<!where )i (?:really |actually )?(?:have to|must|need to|have got to|had better) (?:go|leave|"
    r"run|be going|"
    r"be off)(?: (?:now|already|sorry|bye|home|then|soon|really|thanks|thank you|please|anyway))*$|"
    r"(?:i will|let me) (?:call|come back|try|ask)(?: it)?(?: (?:again|back))? (?:later|another (?:time|day)|next \w+)|"
    r"have decided (?:against|not to|and i do not)|"
    r"(?:prefer|rather|like) (?:to )?(?:stop|quit|abort|cancel|leave)(?: (?:it|this|that))?$|"
    r"no,? thanks|no,? thank you)\b"
    r"|\b(?:do|does) not (?:want|need) (?:an?|any|to (?:book|go|move|cancel|change|do))\b"
    rf"|{_LEAD}(?:just )?(?:(?:can|could|will|would) you )?(?:please )?(?:stop|quit|end|abort)"
    rf"(?: (?:it|that|this|now|the \w+|please|everything|all of it|this booking|=))*$"
    rf"|{_LEAD}(?:(?:i (?:want|would like|need|have)|let me|i am going) to |let me |i |please )?(?:stop|quit|leave|"
    rf"exit|abort|halt|undo|scrap|scratch)(?: (?:please|now|here|it|this|that))*$"
    rf"|{_LEAD}(?:(?:(?:that|it) is )?enough(?: for (?:today|now|=|#)| now)?|end(?: (?:it|this|that))?)"
    r"(?: please| thank you)?$"
    rf"|{_LEAD}let us (?:just )?stop\b"
    r"|\b(?:do|does) not need (?:that|any of (?:it|this))(?: now)?$"
)
RETHINKS = re.compile(r"\b(?:chang(?:ed|e) my mind|(?<!having )(?<!have )second thoughts?)\b")
NOT_WANTED = re.compile(
    r"\b(?:do|does) not (?:want|need) (?:(?:(?:the|this|that) (?:appointment|booking)|this)\b|\w+(?: \w+)? any ?more\b|"
    r"any of (?:it|this)(?: now)?$)|\bno longer (?:want|need)s?\b"
)
"""of what is to be booked these words give it up; of what is to be cancelled they tell why"""
SAYS_INSTEAD = re.compile(
    rf"{_LEAD}(?=.* (?:i|make|let|give|take|change|instead|rather) )(?:cancel|forget|scratch|scrap|drop|undo|"
    r"leave|never mind)(?: (?:about )?(?:that|it|this))?(?: (?:and|but|no|"
    r"sorry|i|we|make|want|would|rather|like|have|need|prefer|let|us|me|give|take|do|change|to|it|instead|on|at|for|"
    r"book|meant|mean|said|please))* #"
)
"""takes back a value, and not the whole: "cancel that i want wednesday" """
CANCELS = re.compile(
    rf"{_LEAD}(?:just |but |i (?:want|would like|need|have) to |let me |(?:can|could|will|"
    rf"would) you )?(?:please )?cancel\b|\bcancel (?:it|that|this|the|everything)\b"
)
KEEPS_OLD = re.compile(
    r"\b(?:keep|leave|stick (?:with|to)|stay with|prefer) (?:(?:it|that|everything) (?:as|how|the way|where) it "
    r"(?:is|was)|(?:the|my) (?:old|original|first|existing|current|previous) (?:one|time|day|date|slot|appointment|"
    r"booking))\b"
    r"(?!.*[#=])"
)
NO_REFUSAL = re.compile(
    rf"{_LEAD}(?:(?:there is |there are |i have |with )?(?:no|nothing|not any|without any)(?: need)?(?: to)? "
    r"(?:changes?|corrections?|alterations?|complaints?|mistakes?|errors?|change|correct|fix|alter)(?: (?:anything|it|"
    r"that|needed|necessary|required|at all|from me|to make|there|for me|to it))*|"
    r"nothing (?:is |was )?wrong(?: (?:with (?:it|that|this|any of it)|there|here|at all))?|"
    r"(?:there is )?nothing (?:that )?(?:needs|has to|must) (?:to )?(?:be )?(?:chang\w+|correct\w+)|"
    r"i have (?:got )?no (?:other )?(?:choice|option|alternative))(?: (?:thanks|thank you|please|really|actually|"
    r"sorry|then|left))*$"
)
"""hold a "no" or a "nothing", and neither refuse nor agree: "no changes" """
ASKS = re.compile(
    rf"{_LEAD}(?!(?:can|could|may) i have (?:a|one) (?:moment|minute|second|sec)\b)"
    r"(?:what|which|who|whose|whom|when|where|why|how(?! nice)|is|are|was|were|am i|"
    r"(?:do|does|did)(?: not)? (?:i|you|we|they|he|she|it|=|the|doctor|my)|did|does|"
    r"(?:can|could|will|would|should|shall|may|must|have|has|had)(?: not)? (?:i|you|we|they|he|she|it|there|=|#|the|"
    r"doctor|my)|"
    r"pardon|excuse me|come again|say again|you mean|are you)\b"
    r"|^(?:so )?(?:it|that) (?:is|was) .*\b(?:is|was) (?:it|that)(?: not)?$"
    r"|= (?:is it|right|was it|no|correct|is it not|was it not|then)$|^really$|^sorry what$|\?"
)
DOUBTS = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably(?! not)|hopefully|presumably|not (?:so |too |to |quite |really |entirely |"
    r"completely |totally |actually |very |(?:a|one) hundred percent )?(?:sure|certain|confident)|"
    r"unsure|uncertain|undecided|idk|(?:no|a|any) (?:\w+ )?(?:clue|idea)|clueless|not have (?:that|the|an|"
    r"any) (?:information|answer|idea)|"
    r"not (?:decide|tell|answer|able to (?:say|tell|answer|decide))|not make up my mind|either (?:one|or)|^might$|"
    r"(?:do|did) not (?:really |even )?(?:know|remember)|no idea|(?:i|we) (?:\w+ )?(?:guess|suppose|wonder|might|"
    r"hope)|(?:i|we) think(?! not)|i believe|"
    r"kind of|sort of|more or less|depends?|either way|who knows|yes and no|"
    r"(?:could|might|may)(?: well)? be|(?:hard|difficult|tricky) to (?:say|tell|decide)|"
    r"fifty fifty|(?:can|could) not say|in two minds|decided|"
    r"(?:could|might|may) work|(?:give me|need|have) (?:some|a bit of|a little) (?:more )?time|as long as|wondering|"
    r"better (?:check|ask|look|see)|"
    r"let me (?:think|check|see|ask|look)|(?:have|need|ought|got) to (?:think|check|see|ask|look|wait)|"
    r"(?:must|should) (?:first )?(?:think|check|see|ask|look)|(?:have|would have) to check|"
    r"hold on|hang on|(?:one|another|a|just a|give me a|need a) (?:moment|second|minute|sec)|^wait|"
    r"wait$|wait a|"
    r"bear with me|thinking|torn|doubt|we will see|let us see|if (?:i|you|it|my|we|that|the|there)|unless|only if|"
    r"provided|as far as|so so|should work|should be)\b"
)
HESITATES = re.compile(r"^(?:(?:um|uh|er|hm+|ah|oh|well|mm+|so|like)(?: +|$))+$")
REFUSES = re.compile(
    r"\b(?:no(?! (?:rush|hurry|worries|comment|fuss)\b)|nope|nah|not|never|neither|none|nothing|wrong|"
    r"incorrect|false|negative|negatory|untrue|inaccurate|"
    r"invalid|naw|nay|nada|(?:i will|i would|will) pass|mistake|misunderstood|misheard|"
    r"heard me wrong|disagree|refuse|refused|object|decline|reject|rejected|denied|deny|"
    r"unfortunately|afraid|sadly|impossible|hate|dislike|bad|"
    r"too (?:early|late|soon|far|long|much|expensive|short)|busy|away|except|anything but|any \w+ but|everything but|"
    r"rather (?:not|no)|prefer not|without|hardly|far from it|out of the question|nonsense|no way|keep (?:it|"
    r"the|my)|let (?:it|that) stand)\b"
)
TURNS_TO_YES = re.compile(r"\b(?:yes|yeah|yep|yup)(?: (?:please|then|sorry|i think|i guess|thanks|thank you))*$")
KEEPS = re.compile(
    r"\bi (?:will|can|am going to)(?: (?:still|be able to|probably|definitely|actually|now))*(?: come| make it|"
    r" be there| keep it|"
    r" attend)(?: (?:to it|then|now|anyway|after all))*$"
)
BARRED = re.compile(
    r"\b(?:can|could|will) (?:not|no longer) (?:really |actually )?(?:come|make|keep|attend|be there|get there|go)\b"
)
UNDECIDED = frozenset({"yes and no", "maybe no", "maybe yes maybe no", "who knows", "yeah right"})
REFUSES_FIRST = re.compile(
    r"\b(?:do not think so|(?:of course|absolutely|certainly|definitely) not)\b"
    r"|^(?:um |uh |oh |well |sorry |yes |yeah |okay )*(?:no|nope|nah)\b(?! (?:idea|problem|objection|doubt|"
    r"matter|rush|hurry|worries|comment|fuss))(?!.*\b(?:if i|know)\b)"
    r"|\bno$"
)
CORRECTS = re.compile(
    r"\b(?:instead|(?<!not what )i (?:actually |really )?(?:meant|mean|said)|(?<!not )make (?:it|that)|change (?:it|"
    r"that|the)|or rather|rather (?:on|at)|"
    r"(?:another|a different|the wrong) (?:day|date|time|name|doctor|one)|one (?:hour|day) (?:later|earlier)|"
    r"(?:earlier|later) (?:please|would))\b"
)
ASKS_ABOUT = re.compile(
    rf"{_LEAD}(?:what|which|who|whose|when|where|why|how long|how much|how many|is|are|was|were|did|does|do you|do i|"
    rf"am i|"
    r"you mean|did you|has|have)\b(?! (?:about|#(?: \S+)? (?:possible|free|available|okay|fine|all right)))"
)
"""questions whose values are no wish: "did you say wednesday" changes nothing, "what about wednesday" does"""
ABOUT_LATER = re.compile(
    r"^(?:and |but |yes |okay |so |well |um |sorry |wait |just |oh )*(?:what (?:if|happens|about if)\b|"
    r"how (?:do|can|could|would|will|late|soon|early|easy|easily)\b|until when\b|"
    r"(?:will|would|am|are|is) (?:i|we|it|there)\b|"
    r"(?:can|could|may|do|does) (?:i|we|it|you) .*\b(?:later|afterwards|after that|still|up to|until|till|if|in case|"
    r"when|before|any ?time|for free|without|have to (?:pay|tell)|mind))\b"
    r"|\b(?:as long as|so long as|provided(?: that)?|assuming(?: that)?|only if|if|in case) (?:i|we) "
    r"(?:can|could|may|have to|need to|am able to|want to)\b"
)
