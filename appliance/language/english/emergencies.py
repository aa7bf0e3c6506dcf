"""English that tells that a person needs help at once, over words without contractions. Pure.

What is asked in general ("what do I do if there is a fire"), told of the past ("he had a stroke last year"), denied or
only a manner of speaking is no emergency.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.language.english.contractions import full_words
from appliance.language.parts import EmergencyKind, Sign

_NOW = (
    r"(?:(?:is|am|are|has been|have been|has|have|keeps|just|now|suddenly|about to|think|still|really|only|barely|"
    r"hardly|not) )*"
)
_BODY = r"(?:my|his|her|their|your|the|our)"
_SOMEBODY = (
    r"(?:i|he|she|we|they|somebody|someone|anybody|everybody|this (?:man|woman|person|child|lady|guy)|"
    r"(?:my|our|his|her|the|a|an|that|one of the) (?:\w+ ){0,4}?\w+)"
)


def _signs(kind: EmergencyKind, *patterns: str, whole: bool = False) -> list[Sign]:
    return [Sign(kind, re.compile(rf"\b(?:{pattern})\b"), whole) for pattern in patterns]


SIGNS: Sequence[Sign] = (
    *_signs(
        "breathing",
        r"(?:can|could) (?:not|hardly|barely) (?:breathe?|get (?:any |enough )?air|catch \w+ breath)",
        r"(?:not|stopped|stops|barely|hardly|quit|struggling to|fighting to) (?:breathing|breathe|"
        r"get air)(?! for \w+ test)",
        r"does not breathe?",
        r"(?:trouble|difficulty|difficulties|problems?) (?:breathing|to breathe|getting air)",
        r"gasping(?: for (?:air|breath))?",
        r"(?:lips|face|he|she|baby|skin|it) (?:is|are|has|have)? ?(?:turning |turned |going |gone |all )*blue(?= |"
        r"$)(?! line)",
        r"throat is (?:closing|swelling|swollen)",
        r"(?:anaphyla\w+|allergic) shock",
        r"(?:is|am|are|just) drowning",
    ),
    *_signs("choking", r"(?:is|am|are|just) (?:suffocating|choking on)", r"stuck in \w+ throat", r"choked and"),
    *_signs("choking", r"(?:is|am|are) choking(?! up| hazard)", whole=True),
    *_signs(
        "heart",
        rf"{_NOW}having (?:a |another )?(?:massive |bad )?(?:heart attack|cardiac arrest|coronary)",
        rf"heart (?:has )?(?:just )?stopped|{_BODY} heart is not beating",
        r"(?:no|not have (?:a|any)|not (?:feel|find) (?:a|his|her|any|the)) pulse",
        r"(?:terrible|bad|strong|severe|sharp|crushing|stabbing|awful|heavy|sudden|intense) (?:chest pains?|"
        r"pains? in \w+ chest)",
    ),
    *_signs(
        "heart",
        r"(?:have|has|had|got|getting|feel|feeling|with) (?:a |got |some |such )*(?:\w+ )?(?:chest pains?|"
        r"pains? in (?:my|his|her|the) chest)",
        rf"{_BODY} chest (?:really |suddenly |also )*(?:hurts|is hurting|is tight|feels tight|aches|is killing)",
        r"(?:had|got|gets|has) a heart attack",
        r"^(?:help )?(?:a )?(?:heart attack|chest pains?)(?: help)?$|\bheart attack (?:help|quick|now)",
        r"^my \w+ heart attack$",
        whole=True,
    ),
    *_signs("stroke", rf"{_NOW}having (?:a )?stroke"),
    *_signs(
        "stroke",
        r"face (?:is|looks) (?:drooping|hanging|crooked|lopsided)|face has (?:dropped|drooped)",
        r"(?:side|half) of (?:\w+ )?(?:face|body|mouth) (?:\w+ )*(?:drooping|hanging|numb|paralysed|paralyzed|down)",
        r"(?:can|could) not (?:move|lift|feel) (?:his|her|my|one|the) (?:\w+ )?(?:arm|leg|face|side|legs|arms)",
        r"suddenly (?:can|could) not (?:talk|speak|see|walk|move)",
        r"speech is (?:slurred|gone)|slurring (?:his|her)",
        r"(?:have|has|had|got|is) (?:just )?had a stroke|^(?:a )?stroke$",
        whole=True,
    ),
    *_signs(
        "bleeding",
        r"bleeding (?:badly|heavily|out|to death|a lot|so much|very much|like crazy|everywhere|from (?:the|his|her|"
        r"my) (?:head|neck|ears?|mouth|leg|arm|chest))",
        r"bleeding (?:\w+ )?(?:will|does|has|can|would) not (?:stop\w*|be stopped)|(?:can|could|will|"
        r"does) not (?:stop (?:the )?|be stopped )?bleeding",
        r"(?:will|does|would) not stop bleeding|it will not stop bleeding|bleeding and it (?:will|does) not stop",
        r"(?:blood (?:is )?everywhere|so much blood|(?:losing|lost) (?:a lot of|so much|too much|lots of) blood|"
        r"pool of blood)",
        r"cut (?:his|her|my|their) (?:wrists?|throat|artery|neck)",
        r"artery (?:is|was)",
    ),
    *_signs("bleeding", rf"{_SOMEBODY} (?:is|am|are) (?:\w+ )?bleeding", whole=True),
    *_signs(
        "collapse",
        r"(?:is|am|are|went|gone|lies|lying|lay|found \w+|fell|falls|has gone) (?:\w+ )?unconscious(?! of)",
        r"(?:is|are) (?:not (?:responding|reacting|responsive|waking up|conscious|coming to)|unresponsive)",
        r"(?:does|do|will|can|could) not (?:respond|react|wake(?: (?:him|her|them|up|my \w+)(?: up)?)?)(?! to (?:my|"
        r"your|the))",
        r"(?:lying|lies|fell|down|fallen|floor)\b.{0,40}\b(?:is not moving|and not moving|not move|motionless)",
        r"(?:has|have) (?:just )?(?:collapsed|fainted|passed out)|just (?:collapsed|fainted|passed out)",
    ),
    *_signs(
        "collapse",
        rf"{_SOMEBODY} (?:collapsed|fainted|passed out)(?! (?:leaflets|flyers|cards))",
        rf"{_SOMEBODY} (?:is|are) not moving",
        r"(?:think|believe|afraid) (?:he|she|they) (?:is|are) dead",
        r"(?:is|am|are) dying(?! (?:for|of|to|laughing|battery|out|down|from (?:laughter|boredom|thirst|heat|hunger)))",
        whole=True,
    ),
    *_signs(
        "seizure",
        r"(?:is|am|are|just|having|started) (?:\w+ ){0,2}?(?:a |an )(?:epileptic )?(?:seizure|epileptic fit|"
        r"convulsion)(?! (?:clinic|unit|medication))",
        r"(?:is|are|am) (?:having |suddenly )?(?:convulsing|convulsions|seizing)|having (?:convulsions|seizures)",
        r"foaming at (?:the|his|her) mouth|shaking all over and",
    ),
    *_signs("seizure", r"(?:is|am|are) having a fit(?! about| over)", r"(?:has|had|got) a seizure", whole=True),
    *_signs(
        "fire",
        r"(?:there is|we have|i see|can see|see|it is|saw) (?:a )?(?:fire|flames|smoke|burning) (?:in|on|at|coming|"
        r"over|behind|everywhere|under|out)",
        r"(?:full of|filled with) smoke|smoke (?:is )?(?:everywhere|coming|pouring|filling)|i (?:can )?see (?:flames|"
        r"smoke)",
        r"fire fire|help (?:a )?fire",
        r"(?<!you )(?:is|are) on fire(?! (?:today|duty|watch|tonight|drill))",
    ),
    *_signs(
        "fire",
        r"there is (?:a )?(?:fire|smoke)$|^(?:a )?fire(?: help)?$|we have a fire$",
        r"(?:something|it|building|house|kitchen|room|curtains?|bin|car|bed|roof|carpet|paper|wall|door|ward|lift|"
        r"toaster|oven) is (?:\w+ )?burning(?! hot)",
        r"i (?:can )?smell (?:\w+ )?(?:smoke|burning|gas|fire)",
        whole=True,
    ),
    *_signs(
        "violence",
        r"(?:has|have|had|got|with|pulled|carrying|holding|waving) (?:got )?a (?:\w+ )?(?:knife|gun|weapon|pistol|"
        r"rifle|bomb)(?! (?:collection|set|drawer))",
        r"(?:is|are|am|being|was|were|been|got) (?:being |just |been )?(?:attacking|hitting|beating|threatening|"
        r"stabbing|strangling|kicking|punching|robbing|raping|assaulting|attacked|beaten|robbed|stabbed|assaulted|"
        r"raped|strangled) ?(?:me|him|her|us|them|people|someone|somebody|a \w+|my \w+|up|the \w+)?(?! (?:cake|"
        r"problem))",
        r"(?:been|was|got|were|is) (?:shot|stabbed)(?! (?:at|down|for|in (?:black|colou?r)))",
        r"hit me and|wo?n?t? ?let me go he|(?:going|trying|wants|threatens|threatened) to (?:kill|hurt|stab|"
        r"shoot) (?:me|him|her|us|them|somebody|someone|people)",
        r"(?:he|she|they|somebody|someone) (?:hit|attacked|stabbed|shot|robbed) (?:me|him|her|us|my \w+)",
    ),
    *_signs("violence", r"(?:is|are) shooting(?! (?:a|the|his|her) (?:film|movie|scene|video))", whole=True),
    *_signs(
        "self harm",
        r"(?:kill|hurt|harm|killing|hurting) (?:myself|himself|herself|themselves)",
        r"(?:took|taken|taking|had|has|swallowed) (?:an |a )?(?:overdose|too many (?:\w+ )?(?:pills|tablets))",
        r"do not want to live|want to die|end my life|take my (?:own )?life|suicidal|commit suicide",
        r"(?:swallowed|drank|drunk|ate|eaten|swallows) (?:\w+ )?(?:poison|bleach|a battery|batteries|acid|cleaner|"
        r"detergent|antifreeze)",
        r"(?:is|been|was|got) (?:poisoned|electrocuted)",
    ),
    *_signs(
        "help",
        r"(?:call|get|send|fetch|bring|need|needs|want) (?:me |us |him |her |for )?(?:an |"
        r"the )?ambulance(?! (?:entrance|driver|station|service|ride|bill|cost))",
        r"(?:call|dial|ring) (?:nine one one|911|nine nine nine|999|one one two|112)",
        r"(?:call|get|need|send|fetch) (?:the |a )?(?:police|fire brigade|fire department|paramedics?)(?! (?:station|"
        r"officer|number|report|check))",
        r"(?:get|need|send|call|fetch|where is) (?:me |us |him |her )?a (?:doctor|nurse|medic) (?:quick|quickly|now|"
        r"right now|right away|immediately|at once|fast|urgently|here)",
        r"(?:this|it|there|we|i|that) (?:is|have|has) (?:really |actually )?(?:an? )?(?:medical |"
        r"real )?emergency(?! (?:exit|entrance|room|department|ward|number|door|contact|pharmacy|appointment|stairs|"
        r"contraception|unit|lights?|phone))",
        r"help help",
        r"(?:get|need|want) (?:some )?help (?:now|quick|quickly|right now|right away|immediately|at once|fast|"
        r"over here|urgently)",
        r"(?:baby|child) is coming(?: now| out)?$|water(?:s)? (?:just )?broke|going into labou?r|in labou?r(?! ward)",
    ),
    *_signs(
        "help",
        r"(?:somebody|someone|anybody|please somebody|anyone) (?:please )?help(?! me (?:with|find|to)| with| find)",
        r"^(?:oh my god |oh god |please )*(?:help|help me|help us|help him|help her)(?: please| now| quick| quickly)*$",
        r"^(?:a |an |please )*(?:medical )?emergency(?: please| help)*$",
        r"^ambulance(?: please)?$|^police$",
        whole=True,
    ),
)

GENERAL = re.compile(
    r"^(?:(?:um|uh|oh|so|and|but|well|hi|hello|excuse me|sorry|please|okay|hey) )*"
    r"(?:what (?:do|should|can|would|must|happens?|if|are|is|does|about|to)|where|when|which|how|who|whose|why|"
    r"is (?:there|this|it|that|the|emergency)|are (?:there|you|the|we|they)|do (?:you|they|we|i)|does|did|will|"
    r"should|would|may|"
    r"can (?:i|you (?!(?:please )?(?:call|help|get|send))|we|he|she|it|someone help me (?:with|to|find|carry))|"
    r"could (?:i|we|you (?!(?:please )?(?:call|help|get|send)))|"
    r"in case|i (?:read|heard|saw|watched|learned|would like|want to (?:know|ask|book|learn|see)))\b"
    r"|\b(?:in (?:the )?case of|in an? (?:emergency|fire)|if (?:i|we|you|he|she|there|somebody|someone|a|an|the|my|"
    r"it)|what if|"
    r"for people with|patients? with|talk (?:on|about)|information (?:on|about)|leaflet|worry about|prevent)\b"
)
"""asked in general, not told of now"""

BEFORE_NOW = re.compile(
    r"\b(?:(?:last|this past) (?:night|week|month|year|summer|winter|spring|autumn|fall|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday)|"
    r"yesterday|(?:days?|weeks?|months?|years?|long time) ago|(?:in|since|until) (?:january|february|march|april|may|"
    r"june|july|august|september|october|november|december|(?:19|20)\d\d|the nineties)|"
    r"when (?:i|he|she|we|they) (?:was|were)|as a (?:child|kid|boy|girl|baby)|used to|at (?:her|his|my|our|"
    r"the) wedding|"
    r"once|in the past|before (?:he|she|i) (?:came|was)|this morning|(?:is|was) (?:much |a lot )?better (?:now|"
    r"again)|recovered|survived|after (?:my|his|her|the) (?:heart attack|stroke|seizure))\b"
)
NOT_REAL = re.compile(
    r"\b(?:clinic|unit|specialist|extinguisher|drill|fire alarm|alarm test|exit|course|group|film|movie|news|"
    r"television|tv|"
    r"on stage|play|game|book about|story|joke|fireplace|barbecue|appointment|checkup|check up|practice|training|"
    r"driver|brought|"
    r"no emergency|not an emergency|not (?:a|really an|so) (?:emergency|urgent)|just (?:a question|kidding|joking)|"
    r"due in|next (?:week|month|year)|tomorrow|of boredom|laughing|for a (?:coffee|cigarette|drink|smoke|test)|"
    r"my (?:phone|battery|laptop|tablet|watch|bill)|"
    r"(?:phone|battery|laptop|tablet|car|meeting|wifi|network|computer|screen|printer|lift|elevator|door|deal|"
    r"market) (?:has |is |just |have )?(?:\w+ )?(?:collapsed|dying|dead|died|responding|moving|starting))\b"
)
DENIED = re.compile(
    r"\b(?:do not|does not|no need to|need not|never|without|not|no)(?: (?:need|want|have|call|get|to|you|me|an|a|"
    r"the|please|any|worry|send|really|there is|is))*$"
)
STATES = re.compile(r"\b(?:not|barely|hardly|stopped) (?:breath|respond|mov|react|wak|conscious)")

DISTRESS = re.compile(
    r"\b(?:help me|scared|bleeding|blood|unconscious|collapsed|fainted|choking|seizure|dying|dead|attack(?:ed|ing)?|"
    r"hurts? (?:so|very|really|bad)|"
    r"terrible pain|so much pain|in pain|emergency|ambulance|fire|smoke|knife|gun|overdose|poison|suicide|kill|"
    r"can not breathe|not breathing|heart attack|chest pain|stroke|panic|violent|stabbed|raped|beaten)\b"
)

_IS = re.compile(r"(\w)'s (?=(?:not|just|gone|been|had|got|stopped|collapsed|unconscious|\w+ing)\b)")


def told(text: str) -> list[str]:
    """Words without contractions, also after a noun: "my son's choking"."""
    return full_words(_IS.sub(r"\1 is ", text.lower().replace("’", "'")))
