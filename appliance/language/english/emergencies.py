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
    r"hardly) )*"
)
_BODY = r"(?:my|his|her|their|your|the|our)"
_SOMEBODY = (
    r"(?:i|he|she|we|they|somebody|someone|anybody|everybody|"
    r"this (?:man|woman|person|child|lady|guy|boy|girl|gentleman)|"
    r"(?:my|our|his|her|the|a|an|that|one of the) (?:\w+ ){0,4}?\w+)"
)
_PERSON = (
    r"(?:i|he|she|they|somebody|someone|baby|son|daughter|child|kid|toddler|boy|girl|brother|sister|wife|husband|"
    r"mother|father|mum|mom|mummy|mommy|dad|daddy|nan|gran|grandma|grandpa|grandad|granddad|grandmother|grandfather|"
    r"uncle|aunt|friend|boyfriend|girlfriend|colleague|teacher|man|woman|lady|guy|gentleman|person|patient|people)"
)
_RELATIVE = (
    r"(?:child|son|daughter|baby|kid|girl|boy|little girl|little boy|wife|husband|mother|father|mum|mom|dad|brother|"
    r"sister|friend|boyfriend|girlfriend)"
)
_RELATED = (
    r"(?:he|she|they|somebody|someone|baby|son|daughter|child|kid|toddler|boy|girl|brother|sister|wife|husband|mother|"
    r"father|mum|mom|dad|nan|grandma|grandpa|granddad|grandmother|grandfather|grandson|granddaughter|uncle|aunt|friend|"
    r"boyfriend|girlfriend|partner|colleague|man|woman|lady|guy|gentleman|person|patient|people|child|children|visitor)"
)
"""people of whom "dead" is no manner of speaking"""
_ONE = r"(?:me|him|her|us|them|somebody|someone|people|the \w+|a \w+|my (?:little )?\w+)"
_SELF = r"(?:myself|himself|herself|themselves|ourselves)"
_ANYBODY = r"(?:somebody|someone|anybody|anyone)"
_LIMB = r"(?:arm|leg|hand|finger|thumb|toe|foot|head|hair|neck)s?"
_AT_ONCE = r"(?:quick|quickly|now|fast|right now|right away|straight away|immediately|at once|urgently|asap)"
_RESPONDS = (
    r"(?:mov|answer|respond|respons|react|talk|speak|wak|breath|get(?:ting)? up|open(?:ing)? (?:his|her) eyes)\w*"
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
    *_signs(
        "breathing",
        r"(?:struggling|fighting|gasping) (?:\w+ ){0,2}?(?:for (?:air|breath)|with (?:\w+ )?breathing)",
        r"(?:is|are|am) no (?:breathing|breathe)|no (?:breathe|breathing)|breathes? no more|breathing (?:has )?stopped",
        r"not (?:\w+ )?(?:taken|taking|get|getting|got) (?:a|any|my|his|her|enough) (?:breath|air)",
        r"(?:tongue|lips|mouth|face|neck) (?:\w+ ){0,3}?(?:swelling|swollen|swells|swelled)",
        r"(?:is|am|are|was) (?:\w+ )?suffocating",
        r"gone (?:\w+ )?(?:blue|grey|gray|purple) (?:in|round|around)|lips (?:\w+ ){0,3}?(?:blue|grey|gray|purple)",
    ),
    *_signs(
        "breathing",
        r"(?:having|has|got|have) (?:an |a )?(?:\w+ )?asthma attack",
        r"(?:need|needs) (?:an? |his |her |my |some )?(?:epipen|oxygen)",
        r"(?:rattling|gurgling) (?:noise|sound)|panting and",
        rf"{_PERSON} (?:has |have |is |are )?(?:went|gone|going|turned|turning|goes) (?:\w+ )?(?:blue|grey|gray|"
        rf"purple)",
        r"breathing (?:is |sounds |feels )?(?:\w+ )?(?:terrible|shallow|worse)",
        r"not breathing (?:right|properly)|no air",
        whole=True,
    ),
    *_signs(
        "choking",
        r"(?:is|am|are|just) (?:suffocating|choking on)",
        r"stuck in (?:\w+ )?(?:throat|windpipe|airway)",
        r"choked and",
    ),
    *_signs("choking", r"(?:is|am|are) choking(?! up| hazard)", whole=True),
    *_signs(
        "choking",
        rf"{_PERSON} (?:choke|chokes|choked)(?! up| back)",
        r"(?:do|does|know|the|try) (?:the )?heimlich|went down the wrong (?:way|pipe)",
        r"swallowed (?:\w+ ){1,4}?and (?:it|he|she) (?:is|can) (?:\w+ )?(?:stuck|not|choking)",
        r"can not (?:cough|swallow) (?:\w+ ){0,3}?and",
        whole=True,
    ),
    *_signs(
        "heart",
        rf"{_NOW}having (?:a |another )?(?:massive |bad )?(?:heart attack|cardiac arrest|coronary)",
        rf"heart (?:has )?(?:just )?stopped|{_BODY} heart is not beating",
        r"(?:no|not have (?:a|any)|not (?:feel|find) (?:a|his|her|any|the)) (?:pulse|heartbeat)",
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
    *_signs(
        "heart",
        r"(?:is in|went into|has gone into|gone into) cardiac arrest",
        r"(?:clutch\w*|holding|holds) (?:at )?(?:his|her|my) (?:chest|heart)",
        r"heart (?:is|has) (?:not beating|stopped)",
    ),
    *_signs(
        "heart",
        r"cardiac arrest",
        r"(?:pressure|weight|tightness|pain|pains|squeezing) (?:\w+ ){0,3}?(?:on|in|across) (?:my |his |her |"
        r"the )?chest",
        r"chest (?:\w+ ){0,3}?(?:crushed|tight|killing|bursting|exploding)",
        r"pain\b.*\barm\b.*\bchest|chest\b.*\bpain\w*\b.*\b(?:arm|jaw)|pain\w*\b.*\bchest\b.*\b(?:arm|jaw)",
        r"heart is (?:racing|pounding|beating (?:so|very|really|too) fast)",
        r"(?:think|sure|it) (?:it )?is (?:my|his|her) heart$|problem with (?:my |his |her |the )?heart",
        r"(?:start|do|doing|know|needs?) (?:the )?(?:cpr|c p r)|get the defibrillator",
        whole=True,
    ),
    *_signs("stroke", rf"{_NOW}having (?:a )?stroke"),
    *_signs(
        "stroke",
        r"(?:mouth|face|lip) (?:\w+ ){0,4}?(?:droop\w*|dropped|crooked|lopsided|hanging|hangs|slack|sagging|"
        r"twisted)",
        r"(?:face|mouth)\b.*\bone side",
        r"(?:arm|arms|leg|legs|hand|side|face|half) (?:of (?:my|his|her) (?:body|face) )?(?:\w+ ){0,3}?(?:numb|"
        r"paraly[sz]ed|will not move|dropped and)",
        r"(?:suddenly|all of a sudden)\b.*\b(?:not|confused|numb|blind|nonsense|slurring)|(?:not|confused|"
        r"numb|blind|nonsense)\b.*\b(?:suddenly|all of a sudden)$",
        r"slurring|slurred|not find (?:his|her|my) words",
        r"can not (?:move|lift|raise|feel) (?:\w+ ){0,2}?(?:arm|leg|hand|side|legs|arms|body)",
        whole=True,
    ),
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
        "bleeding",
        r"(?:spurting|gushing|pouring|squirting|pumping|streaming) (?:\w+ )?blood",
        r"blood (?:\w+ ){0,4}?(?:everywhere|gushing|pouring|spurting|pumping|streaming|running down)",
        r"(?:coughing|throwing|vomiting|spitting|bringing|puking|coughed|threw|vomited|coughs) (?:up )?blood",
        r"(?:losing|loses) (?:\w+ ){0,3}?blood|bleeding (?:so |very )?(?:bad|badly|much)",
        r"pregnant and (?:\w+ ){0,2}?bleeding",
    ),
    *_signs(
        "bleeding",
        rf"{_PERSON} (?:bleeding|bleeds)",
        r"(?:loads|lots|a lot|pool) (?:of )?blood(?! (?:pressure|sugar|tests?))",
        r"blood (?:is )?(?:coming|comes|came) (?:out|from)|blood (?:is )?on the floor|covered in blood",
        rf"(?:cut|chopped|sliced|slashed|severed|tore|ripped) (?:off )?(?:his |her |my |their |a |two |three |"
        rf"the )+(?:\w+ )?{_LIMB}(?: (?:off|open|badly|really|on the|with)\b|$)",
        rf"cut {_SELF} (?:really |very )?(?:bad|badly|deep|deeply)",
        r"(?:wound|head)(?: (?:has|have|is|are|just))* (?:opened|split|torn) ?(?:open|apart|up)?\b.*"
        r"\b(?:blood|bleeding)",
        whole=True,
    ),
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
        r"keeled over|out cold|(?:lost|losing|loses) consciousness|blacked out",
        rf"(?:fell|fall|fallen|falls|dropped|collapsed|slipped|went down)\b.{{0,40}}\b(?:not|no) (?:\w+ )?{_RESPONDS}",
        r"(?:nobody|no one) can wake",
        r"gone (?:all |completely |totally )?(?:limp|floppy|lifeless)",
        rf"{_PERSON} (?:is |are )?(?:\w+ )?(?:lying|lies|laying) (?:\w+ ){{0,4}}?(?:floor|ground|pavement)",
    ),
    *_signs(
        "collapse",
        r"is passed out|(?:going to|about to) (?:pass out|passing out|faint|fainting|collapse|collapsing|"
        r"black out)",
        r"(?:feel|feeling|feels) (?:\w+ ){0,2}?faint(?! heart)",
        r"(?:is|went|goes) (?:\w+ )?(?:limp|floppy|lifeless)",
        rf"{_PERSON} (?:is |are )?(?:\w+ )?(?:lying|lies|laying) (?:there|here|outside|in|on|by|down)",
        rf"{_PERSON} (?:\w+ )?(?:fell|fall|fallen|dropped|slipped|collapsed)\b.*\b(?:head|floor|ground|stairs)",
        r"(?:hit|banged|smashed) (?:his|her|my) head\b.*\b(?:not|confused|dizzy|throwing|sick|blood|bleeding)",
        rf"{_PERSON} (?:over there |here )?(?:is|are|will|does|do) (?:not|no) {_RESPONDS}(?: me| us| up|"
        rf" any ?more| at all)*$|no wake up",
        r"(?:will|does) not (?:wake|answer me|open (?:his|her) eyes)|person down|man down",
        r"not making (?:any )?sense",
        whole=True,
    ),
    *_signs(
        "collapse",
        rf"{_SOMEBODY} (?:collapsed|fainted|passed out)(?! (?:leaflets|flyers|cards))",
        rf"{_SOMEBODY} (?:is|are) not moving",
        rf"(?:think|believe|afraid)(?: that)? (?:he|she|they|(?:my|our|this|that|the) (?:\w+ )?{_RELATED}) "
        r"(?:(?:is|are|has|have|just|may be|might be) )*(?:dead|died|dying)",
        rf"^(?:(?:oh|oh my god|god|no|please|help|somebody|jesus|come|quick|quickly) )+(?:{_RELATED}|(?:my|this|that|"
        rf"the|a) "
        rf"(?:\w+ )?{_RELATED}) (?:(?:is|are|has|have|just) )*(?:dead|died|fallen|fell|collapsed|hurt|injured|gone|"
        rf"down)\b"
        r"(?! (?:asleep|through|behind|to|for|home|out)\b).*",
        r"^(?P<he>he|she) is dead (?P=he) is dead",
        rf"(?:{_RELATED}|(?:my|this|that|the|a|our) (?:\w+ )?{_RELATED}) (?:(?:has|have|just) )*(?:fell|fallen|falls|"
        rf"slipped|"
        r"jumped) (?:in|into) (?:the |a |our |your )?(?:\w+ )?(?:pool|water|river|lake|pond|canal|fountain|sea|well|"
        r"shaft|"
        r"pit|hole|machine)",
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
        "seizure",
        r"(?:is|are|keeps|started) (?:\w+ ){0,4}?(?:jerking|twitching|convulsing|seizing|"
        r"shaking (?:uncontrollably|all over|violently))",
        r"eyes (?:have |are |just |\w+ )?(?:rolled|rolling) (?:back|up)|eyes rolled",
        r"foam(?:ing)? (?:on|at|from|around|in|out of) (?:his|her|the) mouth",
    ),
    *_signs(
        "seizure",
        r"having (?:\w+ ){0,4}?(?:seizure|fit|convulsion)s?$|(?:he|she) is fitting(?: on the \w+)?$|"
        r"having a fit (?:he|she|and|on|in|help)",
        r"(?:is|whole body is|are) (?:\w+ )?(?:shaking|jerking|twitching)(?: and| (?:he|she|on|in))",
        r"is epileptic and",
        whole=True,
    ),
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
        r"there is (?:a )?(?:fire|smoke)$|^(?:a )?fire(?: help)?$|we have a fire$|^(?:a )?fire (?:in|on|at|by) the",
        r"(?:caught|catching|catches) (?:on )?fire|set (?:\w+ ){0,4}?(?:on fire|alight|fire to)",
        r"(?:see|there (?:is|are)) (?:\w+ )?(?:fire|flames|smoke)",
        r"(?:gas|chemical|acid|ammonia|chlorine) (?:leak|spill)|leaking gas|(?:gas|ammonia|chlorine|acid) is leaking|"
        r"smells? (?:of|like) (?:gas|smoke|burning|ammonia|chlorine)",
        r"(?:explosion|exploded|blew up|has blown up)",
        r"(?:socket|plug|machine|battery|charger|cable|oven|computer|printer|engine|laptop|phone|lift|fuse ?box|"
        r"microwave|toaster|wire|wires|light) (?:is|are|has|started) (?:\w+ )?(?:smoking|sparking|melting|"
        r"burning|caught)",
        r"it (?:is )?burn(?:s|ing)(?: (?:in|over|up|down|behind|out|under)\b.*)?$",
        r"(?:something|it|building|house|kitchen|room|curtains?|bin|car|bed|roof|carpet|paper|wall|door|ward|lift|"
        r"toaster|oven) is (?:\w+ )?burning(?! hot)",
        r"i (?:can )?smell (?:\w+ )?(?:smoke|burning|gas|fire|ammonia|chlorine)",
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
    *_signs(
        "violence",
        rf"(?:going|trying|wants|want|threatens|threatened|threatening|says he will|"
        rf"(?<!i )will) (?:to )?(?:kill|hurt|stab|shoot|"
        rf"hit|beat|rape|strangle|attack) (?:me|him|her|us|them|somebody|someone|people|my {_RELATIVE})",
        rf"(?:is|are) (?:\w+ )?(?:choking|hurting|strangling|kicking|punching|beating) (?:me|him|her|us|"
        rf"my {_RELATIVE})",
        r"(?:was|been|being|just got|got|is) (?:\w+ )?(?:mugged|raped|kidnapped|assaulted)|forced himself on",
    ),
    *_signs(
        "violence",
        r"(?:is|are) shooting(?! (?:a|the|his|her) (?:film|movie|scene|video))",
        r"(?:there is|having|got into|started) a (?:\w+ )?(?:fight|brawl|robbery|shooting|stabbing|bomb)",
        r"(?:is|are) (?:\w+ )?fighting(?: and\b.*| (?:in|outside|with knives)\b.*)?$",
        rf"(?:punching|kicking|hitting|beating|stabbing|strangling|attacking) {_ONE}",
        r"(?:pushed|kicked|punched|slapped|choked|grabbed|hit|bit|threatened) (?:me|her|him|us)(?: (?:down|in|"
        r"by|on|with)"
        r"\b.*)?$",
        r"(?:following|chasing|after|stalking) (?:me|us|her)(?: and\b.*| i am\b.*)?$",
        rf"(?:took|taken|take|grab|grabbed|kidnapped|snatched|stole|steal) my {_RELATIVE}$",
        r"break in$|breaking in$|will not let (?:me|us) (?:go|leave|out)|hide me|mugged|robbed me",
        r"throwing (?:things|bottles|furniture)|smashing (?:things|everything|windows|the)",
        whole=True,
    ),
    *_signs(
        "self harm",
        r"(?:kill|hurt|harm|killing|hurting) (?:myself|himself|herself|themselves)",
        r"(?:took|taken|taking|had|has|swallowed) (?:an |a )?(?:overdose|too many (?:\w+ )?(?:pills|tablets))",
        r"do not want to live|want to die|end my life|take my (?:own )?life|suicidal|commit suicide",
        r"(?:swallowed|drank|drunk|ate|eaten|swallows) (?:\w+ )?(?:poison|bleach|a battery|batteries|acid|cleaner|"
        r"detergent|antifreeze)",
        r"(?:is|been|was|got|are|being) (?:poisoned|electrocuted|drugged|spiked)",
        rf"(?:hang|hanged|hanging|shoot|shot|killed) {_SELF}",
        r"(?:jump|jumping) (?:off|out of|from) (?:the|a) (?:roof|window|bridge|balcony|building)",
        r"(?:swallowed|taken|took|swallow|eaten|ate|drank|drunk) (?:\w+ ){0,6}?(?:pills|tablets|paracetamol|aspirins?|"
        r"medicine|poisonous|poison|bleach|battery|batteries|magnets?|cleaner|cleaning|detergent|weed ?killer|acid|"
        r"antifreeze|chemicals?)(?! (?:every|twice|as|for|in the|with))",
        r"carbon monoxide|in my drink|drink was spiked|(?:acid|bleach|chemicals?) in (?:his|her|my) eyes?",
        r"(?:snake|viper|adder|scorpion) (?:has )?bit|(?:bitten|bit|stung) by a (?:snake|viper|adder|scorpion)",
    ),
    *_signs(
        "self harm",
        rf"cutting {_SELF}|cut (?:my|his|her) (?:arms?|wrists?)",
        r"(?:going to|about to|will|wants to) jump|(?:want|wants) (?:it all )?to (?:end it|be over|be dead)|"
        r"want to be dead|"
        r"nothing (?:left )?to live for|no (?:reason|point) (?:to|in) (?:live|living)|can not (?:live|"
        r"go on)(?: like| any|$)",
        r"on the ledge",
        r"(?:something|drugs|pills|tablets) (?:and he|and she|and) (?:is|are) not (?:right|well)",
        whole=True,
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
        r"(?:baby|child) is coming(?: now| out)?$|going into labou?r|in labou?r(?! ward)",
        r"waters? (?:have |has |just |are |is )*(?:broke|broken|gone)(?= |$)",
        r"(?:is|am) giving birth|(?:having|have) (?:the|her|my|a) baby (?:right )?now|about to give birth",
        rf"(?:get|need|needs|send|call|fetch) (?:\w+ )?(?:a |an |the )?(?:doctor|nurse|medic|security|police|"
        rf"paramedics?|"
        rf"someone|somebody|help) (?:\w+ ){{0,3}}?{_AT_ONCE}(?! (?:who|to|for|about))",
        r"(?:call|get|send) (?:the )?security|call for help|(?:emergency|urgent|immediate|medical) help",
        r"(?:push|press|pull|sound|raise|hit) the (?:alarm|emergency|panic)(?! (?:exit|door))",
        r"been (?:hit|knocked down|run over)(?: by)?(?= |$)(?! (?:hard|with the bill|song))",
        r"hit by a (?:car|bus|truck|van|lorry|bike|tram)",
        r"(?:badly|seriously|terribly) (?:hurt|injured|burnt|burned)|hurt (?:really |very |so )?(?:bad|badly)",
        r"(?:is|am|are) (?:\w+ )?trapped",
    ),
    *_signs(
        "help",
        r"contractions|see the (?:baby s |babies )?head|head is (?:coming )?out|(?:need|have) to push$",
        r"baby (?:is )?(?:wants to come|come|comes|coming) ?(?:now|out)?(?: please)?$",
        r"pregnant\b.*\b(?:blood|bleeding|pains?|cramps|hurts)",
        r"(?:car|bus|truck|van|lorry|tram) (?:has )?(?:hit|ran over) (?:me|him|her|us|my \w+|a \w+)",
        r"(?:terrible|bad|horrible|awful|serious) accident|been an accident|something (?:terrible|"
        r"awful) (?:has )?happened",
        rf"{_LIMB} (?:\w+ ){{0,2}}?(?:caught|stuck|trapped|crushed) in",
        r"people (?:are|is) (?:hurt|injured|trapped)|in agony|unbearable pain|screaming in pain",
        r"scald\w* (?:him|her|my|the)|burned (?:his|her|my) (?:\w+ )?badly",
        r"can not swim|got a shock$|bone is (?:sticking|coming|showing)|broken (?:his|her|my) (?:neck|back)",
        r"fell (?:off|from|out of) (?:the|a) (?:ladder|roof|window|balcony|table|scaffold\w*)",
        r"(?:is|am|are) going to die|let (?:him|her|me) die|(?:is|am) dying$",
        r"we need (?:help|a doctor|a nurse|the police|an ambulance)$|needs? (?:help|a doctor) (?:\w+ )?" + _AT_ONCE,
        rf"(?:{_ANYBODY} (?:please )?(?:come|help (?:him|her|my \w+))|"
        rf"(?<!can )(?<!could )(?<!would )(?<!will ){_ANYBODY} (?:please )?help (?:us|me))"
        r"(?! (?:with|and fix|find|to))(?: (?:quick|quickly|fast|now|please))*$",
        r"^(?:\w+ )?help (?:my|our) (?:\w+ )?" + _PERSON + r"(?: please)?$|^help me please i am",
        r"(?:get|send|fetch|call) (?:someone|somebody)(?: "
        + _AT_ONCE
        + r")$|please hurry|please come quick\w*|come quick\w*$",
        r"doctor (?:please )?quick\w*|quick\w* (?:\w+ ){0,3}?(?:doctor|nurse|ambulance)|doctor (?:here )?quick",
        r"(?:somebody|someone|please) (?:get|call|fetch) a (?:nurse|doctor|medic)$|urgent (?:someone|somebody|"
        r"he|she|my)",
        whole=True,
    ),
    *_signs(
        "help",
        rf"(?<!can )(?<!could )(?<!would )(?<!will ){_ANYBODY} (?:please )?help(?! me (?:with|find|to)| with| find)",
        rf"{_ANYBODY} (?:please )?help (?:(?:me|us) )?(?:please )?{_AT_ONCE}",
        r"^(?:oh my god |oh god |please )*(?:help|help me|help us|help him|help her)(?: please| now| quick| quickly)*$",
        r"^(?:a |an |please )*(?:medical )?emergency(?: please| help)*$",
        r"^ambulance(?: please)?$|^police$",
        whole=True,
    ),
    *_signs(
        "breathing",
        r"(?:is|are|was) (?:\w+ )?breathing (?:very |so |really )?(?:fast|shallow|badly)|breathing is (?:\w+ )?fast",
        r"(?:having|has|in) (?:an? )?(?:anaphyla\w+|(?:bad |severe )?allergic (?:reaction|shock))",
        r"(?:need|needs|where is) (?:an? |his |her |my )?inhaler (?:right )?now|hard(?:er)? to breathe|"
        r"lungs are closing",
        whole=True,
    ),
    *_signs(
        "choking",
        r"(?:swallowed|swallows) (?:\w+ ){1,4}?(?:it |and it )?(?:will|can|does|is) (?:not come|not breathe|"
        r"not get|stuck)",
        r"(?:holding|clutching) (?:his|her|my) throat|(?:out of|in) (?:his|her|my) throat$|down the wrong (?:pipe|way)",
        whole=True,
    ),
    *_signs(
        "heart",
        r"pain (?:goes|runs|spreads|is going|moves) (?:from|down|into|to)\b.*\b(?:arm|jaw|neck|shoulder|back)",
        r"heart (?:is )?fluttering|heart hurts (?:so|really|very|bad)|(?:bring|get|fetch|where is) (?:the |"
        r"a )?defibrillator",
        r"chest hurts|^(?:a )?(?:heart attack|cardiac arrest) (?:here|in|over)",
        whole=True,
    ),
    *_signs(
        "stroke",
        r"(?:side|half) of (?:his|her|my) (?:face|body|mouth) (?:\w+ )*(?:fallen|strange|weak|funny|dropped|dead)",
        r"suddenly (?:\w+ ){0,2}?(?:mixing up|talking|slurring|forgot|sees|see)",
        r"worst headache of (?:my|his|her) life|does not (?:know|recognise|recognize) (?:me|who i am)",
        r"(?:my|his|her) (?:\w+ )?(?:arm|leg|hand|face|side) (?:is|has gone|went|feels) (?:\w+ )?(?:weak|dead)",
        whole=True,
    ),
    *_signs(
        "bleeding",
        r"^there is (?:\w+ )?blood$|blood (?:\w+ ){0,3}?(?:on|all over|down) the (?:stairs|floor|wall|bed|ground)",
        r"blood will not stop|not stop (?:it bleeding|the blood|the bleeding)|stop the blood|(?:soaked|"
        r"covered) in blood",
        r"(?:deep|huge|gaping|bleeding|bad|big) (?:cut|wound|gash)|cut (?:\w+ ){0,3}?and it is bleeding|cut everywhere",
        whole=True,
    ),
    *_signs(
        "collapse",
        r"(?:seems|very|all) confused|(?:fear|think|afraid|sure|believe)(?: that)? (?:\w+ )+is dead$|blacking out",
        r"(?:cold and stiff|lifeless)|legs (?:gave|are giving|give) way|everything is (?:spinning|blurry)",
        r"(?:sugar|blood sugar) is (?:\w+ ){0,3}?(?:low|high)|no (?:reaction|response|signs? of life)",
        whole=True,
    ),
    *_signs(
        "seizure",
        r"(?:will|does|can) not stop (?:\w+ )?(?:shaking|twitching|convulsing|jerking)|(?:attack|seizure|"
        r"fit) will not (?:end|stop)",
        r"whole body (?:\w+ )?(?:went|is|keeps|goes) (?:\w+ )?(?:stiff|cramping|jerking|shaking)|seizure coming",
        whole=True,
    ),
    *_signs(
        "fire",
        r"^(?:please |hurry |quick |help |oh god |oh no |somebody |fire |there is a )+fire$|(?:is|"
        r"are) in flames|filling with smoke",
        r"(?:sparks|smoke|flames) (?:\w+ ){0,3}?(?:coming out|shooting|flying)|(?:lit|started|made) a fire|"
        r"gas (?:is )?leaking",
        whole=True,
    ),
    *_signs(
        "violence",
        r"with a (?:\w+ )?(?:machete|axe|hammer|baseball bat|sword|crowbar)|(?:kill|killing) each other|"
        r"hear (?:\w+ )?shooting",
        rf"(?:attacked|stabbed|shot|robbed|hit|punched|beat|choked|assaulted|strangled) "
        rf"(?:me|him|her|us|somebody|someone|people|my {_RELATIVE})$",
        r"locked (?:me|us) in|holding (?:me|us) here|touched me and",
        whole=True,
    ),
    *_signs(
        "self harm",
        r"not want to (?:live|be alive|go on|exist)|rather be dead|cut (?:my|him|her)self on purpose|goodbye letter",
        r"(?:slashed|slit|cut) (?:my|his|her) (?:wrists?|arms?|throat)",
        r"(?:drugged|poisoned) (?:me|us|him|her)|(?:gas|fumes|smoke) (?:is|are) making|chemical spill|"
        r"chemicals? spilled",
        r"(?:bitten|bit|stung) by a (?:\w+ )?(?:spider|snake|scorpion)|(?:took|taken) drugs and|got (?:acid|"
        r"bleach|chemicals|lime) in",
        whole=True,
    ),
    *_signs(
        "help",
        r"see (?:the )?(?:babys|baby) (?:s )?head|baby come (?:out|now)|(?:having|"
        r"have) the baby (?:\w+ )?(?:here|now)|the cord is",
        r"pregnant and (?:there is|it|i have|water)|baby is not moving",
        rf"^(?:\w+ ){{0,2}}?help (?:this|that|the|my) (?:\w+ )?{_PERSON}(?: please)?$|{_PERSON} is (?:badly |"
        rf"really )?(?:hurt|injured)$",
        rf"(?:i|we|{_PERSON}) (?:(?:am|are|is|got|have|has|been|just|still) )+stuck in(?:side)? (?:the |a |this |"
        rf"that |your )?"
        r"(?:\w+ )?(?:lift|elevator|toilet|bathroom|shaft|cellar|vault|revolving door)(?! \w*(?:queue|line|shop|hall))",
        r"(?:is|are) (?:\w+ )?(?:in terrible pain|in so much pain|crushed|buried)|(?:was|got|been) (?:run over|"
        r"crushed|buried)",
        r"help in here|(?:somebody|someone|anyone) (?:please )?do something|(?:doctor|"
        r"nurse) (?:here )?it is (?:\w+ )?urgent",
        r"(?:broken|broke) (?:his|her|my) (?:\w+ )?(?:leg|arm|neck|back|hip)\b.*\b(?:not move|bone|showing)|"
        r"back is broken",
        r"^(?:please |oh god )*(?:save (?:him|her|my|us|this (?:man|woman|boy|girl|child|baby|lady))|"
        r"do not let (?:him|her|me|my \w+|this \w+) die)|"
        r"mayday|^s ?o ?s$",
        r"pain is (?:unbearable|killing me|too much)|unbearable pain|(?:came down|"
        r"collapsed) (?:and )?people are|set off the alarm",
        r"(?:scalded|burned|burnt) (?:his|her|my) (?:\w+ )?(?:arm|hand|leg|face)\b.*\b(?:badly|boiling|oil|water|bad)",
        whole=True,
    ),
)

_KINDLY = r"(?:(?:please|maybe|perhaps|possibly|kindly|just|quickly) )*"

GENERAL = re.compile(
    r"^(?:(?:um|uh|oh|so|and|but|well|hi|hello|excuse me|sorry|please|okay|hey) )*"
    r"(?:what (?:do|should|can|would|must|happens?|if|are|is|does|about|to)|where|when|which|how|who|whose|why|"
    r"is (?:there |this|it|that|the|emergency)|(?:is|are) (?:\w+ ){1,5}?(?:allowed|permitted|welcome) (?:to|in)|are "
    r"(?:there|you|the|we|they)|do (?:you|they|we|i)|"
    r"does (?!any(?:one|body)|some(?:one|body))|did|will|"
    rf"should|would (?!you {_KINDLY}(?:call|help|get|send|fetch|come))|may|"
    rf"can (?:i|an?|you (?!{_KINDLY}(?:call|help|get|send|fetch|come))|we|he|she|it|(?:someone|somebody|anyone|"
    r"anybody) (?:please )?help me (?!(?:please|now|quick\w*|my|he|she|i|there|it|this|we|oh|somebody|someone|the|"
    r"a)\b)\w+)|"
    rf"could (?:i|we|you (?!{_KINDLY}(?:call|help|get|send|fetch|come)))|"
    r"in case|i (?:read|heard|saw|watched|learned|would like|want to (?:know|ask|book|learn|see)))\b"
    r"|\b(?:in (?:the )?case of|in an? (?:emergency|fire)|if (?:i|we|you|he|she|there|somebody|someone|a|an|the|my|"
    r"it)|what if|"
    r"for people with|patients? with|talk (?:on|about)|information (?:on|about)|leaflet|worry about|prevent|"
    r"(?<!are )(?:people|patients|those|children) (?:who|that)|"
    r"(?:doctor|nurse|consultant|surgeon|specialist|gp|therapist|midwife) (?:just )?(?:(?:says|said|asks|asked|thinks|"
    r"thought)(?: me| us)? (?:whether|if|that|i|he|she|my|we)|told (?:me|us) (?:that|i|he|she|my|we)))\b"
)
"""asked in general, not told of now"""

BEFORE_NOW = re.compile(
    r"\b(?:(?:last|this past) (?:night|week|month|year|summer|winter|spring|autumn|fall|monday|tuesday|wednesday|"
    r"thursday|friday|saturday|sunday)|"
    r"yesterday|(?:days?|weeks?|months?|years?|long time) ago|(?:in|since|until) (?:january|february|march|april|may|"
    r"june|july|august|september|october|november|december|(?:19|20)\d\d|the nineties)|"
    r"when (?:i|he|she|we|they) (?:was|were)|as a (?:child|kid|boy|girl|baby)|used to|at (?:her|his|my|our|"
    r"the) wedding|"
    r"once|in the past|(?:on|since|last) (?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|holiday)|"
    r"in (?:spring|summer|autumn|winter)|for (?:weeks|months|years|days)|all (?:night|week)|(?:died|passed away) "
    r"(?:of|in|last|on|at|when)|at school|ten years back|gone now|fine now|(?:on|to) ward|comes? for|"
    r"before (?:he|she|i) (?:came|was)|this morning|(?:is|was) (?:much |a lot )?better (?:now|"
    r"again)|recovered|survived|after (?:my|his|her|the) (?:heart attack|stroke|seizure))\b"
)
PAST = re.compile(r"\b(?:was|were|had|found|(?:did|could) not)\b")
_IN_NEED = (
    r"\b(?:breath\w*|bleed\w*|blood|chok\w*|unconscious|fire|smoke|heart|stroke|collapsed|fell|fallen|faint\w*|stuck|"
    r"trapped|attack\w*|seizure|dying)\b"
)
NOT_REAL = re.compile(
    r"\b\w+ more (?:people|persons?|guests?|visitors?|adults?|children|kids)"
    r"(?: (?:with (?:me|us)|please|are coming|coming|will come|too|then|now))*$|"
    r"\bhelp(?:ing)? from (?:an?|some|the|your|staff|human|real)\b|"
    r"\bhelp(?:ing)? (?:us|him|her|them|(?:my|our|his|her|the) \w+) (?:in|into|up|down|out of|find|with|park|get|carry|"
    r"across|over|to (?:find|get|park|carry)|fill|read|write|use|move|lift)\b"
    rf"(?!.*{_IN_NEED})|\bneeds? help (?:getting|finding|carrying|parking|filling)\b(?!.*{_IN_NEED})|"
    r"^(?:hello |hi |excuse me )*is (?:anybody|somebody|anyone|someone) (?:there|here|home|in)$|"
    r"^is (?:choking|drowning|bleeding|fainting) (?:an?|the|covered|dangerous|common|bad|normal|included|treated)\b|"
    r"(?:^no (?:i|we|he|she|it)|\b(?:nearly|almost) (?:had|died|choked|fainted)|\b(?:drowning|suffocating|"
    r"choking) in (?!the|my|his|her|water|smoke)|"
    r"\bno (?:one|need|smoke|fire|fight|danger|blood|chest pain)|\bnot got (?:any )?(?:trouble|pain|chest pain))\b|"
    r"\b(?:nobody (?:is|was|has)|not (?:bleeding|choking|unconscious|hurt|"
    r"hurting|(?:in )?(?:any )?(?:pain|danger))|did not faint|stopped bleeding|bleeding (?:has )?stopped (?:by|"
    r"now|again|yesterday|an)|when i (?:saw|heard|read)|smoke outside|^(?:please )?do not (?:respond|react|move|"
    r"wake|talk|panic)|i am here (?:about|for|to)|"
    r"pulled a muscle|not hear (?:well|you|properly)|had (?:two|three|several)|sent me|nothing is|"
    r"false alarm|a mistake|misunderstanding|only tripped|was nothing|breathing (?:fine|normally|well|again)|"
    r"song|dream\w*|pretend\w*|rehears\w*|practi[sc]ing|kidding|joking|ha ha|fake|costume|zombie|toy gun|scene|novel|"
    r"series|forms|paperwork|emails|money|wants? to be a|through my nose|"
    r"clinic|unit|specialist|extinguisher|drill|fire alarm|alarm test|exit|course|group|film|movie|news|"
    r"television|tv|"
    r"on stage|play|game|book about|story|joke|fireplace|barbecue|appointment|checkup|check up|practice|training|"
    r"driver|brought|"
    r"in the (?:book|film|movie|game|play|series|song)|thriller|certificate|to sign|"
    r"no emergency|not an emergency|not (?:a|really an|so) (?:emergency|urgent)|just (?:a question|kidding|joking)|"
    r"due in|next (?:week|month|year)|tomorrow|of boredom|laughing|for a (?:coffee|cigarette|drink|smoke|test)|"
    r"my (?:phone|battery|laptop|tablet|watch|bill)|"
    r"in (?:intensive care|the icu|icu)|on a ventilator|(?:can|may|could|when can) (?:i|we) (?:see|visit) (?:him|her|"
    r"them)|"
    r"nose (?:is|keeps|was|started) (?:\w+ )?bleeding(?! (?:and|badly|heavily|a lot|so|very|like|will|does|non|"
    r"everywhere))|"
    r"(?:cut|bleeding|bleeds|burned|burnt|scratched) (?:\w+ ){0,3}?(?:a little|a bit|slightly|a tiny bit)|"
    r"see (?:a|the|your|some) (?:doctor|dentist|nurse|specialist)(?: (?:quick|quickly|soon|as soon as possible|today|"
    r"fast|"
    r"please|urgently))*$|"
    r"(?:trading|work|job|debts?|desk|taxes|collar|tie|silence|boredom|bureaucracy) (?:is|are) suffocating|"
    r"(?:phone|battery|laptop|tablet|car|meeting|wifi|network|computer|screen|printer|lift|elevator|door|deal|"
    r"server|tent|"
    r"shelf|economy|chair|table|machine|vacuum cleaner|cleaner|plant|plants|engine|band|team|player|"
    r"market|flowers?|roses|tree|trees|garden|stock|stocks|shares|company|business|firm|wallet|bank|budget) "
    r"(?:has |is |are |just |have |does |will )?(?:\w+ )?(?:collapsed|dying|dead|died|respond|responding|"
    r"move|moving|starting|choking|bleeding|suffocating)|(?:band|team|player|market) (?:is |was )?(?:\w+ )?on fire)\b"
)
DENIED = re.compile(
    r"\b(?:do not|does not|no need to|need not|never|without|not|(?<!\boh )no)"
    r"(?: (?:need|want|have|call|get|to|you|me|an|a|the|please|any|worry|send|really|there is|is))*$"
)
MINOR = re.compile(
    r"\b(?:(?:broke|broken|sprained|twisted|hurt|bruised|pulled|cut) (?:his|her|my) (?:\w+ )?(?:arm|wrist|finger|toe|"
    r"ankle|"
    r"hand|foot|thumb|nose|elbow|knee|shoulder|collarbone|tooth)|cut (?:\w+ ){0,3}?(?:a little|a bit|slightly)|"
    r"(?:legs?|feet) (?:will|do|does|can|is|are)(?: not)? (?:carry|tired|sore|hurt|hurting|killing)|"
    r"(?:broke|broken) into (?:my|our|his|her|the) (?:car|van|truck|bike|locker|flat|office|shop)|"
    r"(?:said|say|saying) good ?bye|as soon as possible|"
    rf"^(?:please |hello |excuse me |sorry )*(?:can|could|would|will) {_ANYBODY} (?:please )?help(?: me| us)?(?: "
    rf"please)?$)\b(?!.*\b(?:bone|not (?:move|moving|stop)|blood|bleeding|scream\w*|badly|"
    r"sticking|unconscious|breath\w*|knife|gun|still (?:here|there|inside)|and he|and she)\b)"
)
CRY = re.compile(
    r"\b(?:oh (?:my )?(?:god|no|lord|gosh)|jesus|help(?! me| us| you| with| desk| point|s)|hurry|quick(?! question))\b"
)
STATES = re.compile(r"\b(?:not|barely|hardly|stopped) (?:breath|respond|mov|react|wak|conscious)")

DISTRESS = re.compile(
    r"\b(?:help me|scared|bleeding|blood|unconscious|collapsed|fainted|choking|seizure|dying|dead|attack(?:ed|ing)?|"
    r"hurts? (?:so|very|really|bad)|"
    r"terrible pain|so much pain|in pain|emergency|ambulance|fire|smoke|knife|gun|overdose|poison|suicide|kill|"
    r"can not breathe|not breathing|heart attack|chest pain|stroke|panic|violent|stabbed|raped|beaten)\b"
)

_IS = re.compile(
    r"(\w)'s (?=(?:not|just|gone|been|had|got|stopped|collapsed|unconscious|caught|swallowed|drunk|eaten|cut|lost|"
    r"fallen|taken|passed|fainted|broken|hurt|run|set|split|on fire|full of|all|in labou?r|\w+ing)\b)"
)


def told(text: str) -> list[str]:
    """Words without contractions, also after a noun: "my son's choking"."""
    return full_words(_IS.sub(r"\1 is ", text.lower().replace("’", "'")))
