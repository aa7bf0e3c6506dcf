"""What visitors of any site say in English, as templates (see ``templates``): dates, times, numbers, answers,
emergencies. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.language.english.people import FAMILY_NAMES, GIVEN_NAMES
from appliance.language.parts import EmergencyKind

_HOURS = "one two three four five six seven eight nine ten eleven twelve".split()
_TENS = "ten fifteen twenty twenty-five thirty thirty-five forty forty-five fifty fifty-five".split()
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
    " fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first twenty-second twenty-third"
    " twenty-fourth twenty-fifth twenty-sixth twenty-seventh twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
_MONTHS = "january february march april may june july august september october november december".split()

LISTS: Mapping[str, Sequence[str]] = {
    "date": (
        "today",
        "tomorrow",
        "[the] day after tomorrow",
        "[on|this|next] {a_weekday}",
        "[on] {a_weekday} [the] {an_ordinal} [of {a_month}]",
        "[on] [the] {an_ordinal} [of {a_month}]",
        "[on] {a_month} [the] {an_ordinal}",
    ),
    "time": (
        "[at] {an_hour} [o'clock|a m|p m|in the morning|in the afternoon]",
        "[at] {an_hour} {a_minute} [a m|p m]",
        "[at] half past {an_hour}",
        "[at] [a] quarter (past|to) {an_hour}",
        "[at] noon",
    ),
    "number": ("{a_digit}", "{an_hour}", "{a_minute}"),
    "reference": (
        "{a_digit} {a_digit} {a_digit} [{a_digit}]",
        "{a_digit} {a_digit} {a_digit} {a_digit} {a_digit} {a_digit} {a_digit}",
    ),
    "name": ("{given_name} {family_name}", "{family_name}", "{given_name}"),
    "given_name": GIVEN_NAMES,
    "family_name": FAMILY_NAMES,
    "a_weekday": ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    "a_month": _MONTHS,
    "an_ordinal": _ORDINALS,
    "an_hour": _HOURS,
    "a_minute": _TENS,
    "a_digit": ("(zero|oh)", *_HOURS[:9]),
}
"""What the kinds of slots sound like, for a site that does not list them itself."""

ANSWERS: Mapping[str, Sequence[str]] = {
    "date": ("{slot} [please]",),
    "time": ("{slot} [please]",),
    "name": ("[my name is|it is|I am|the name is] {slot}",),
    "choice": ("[with|to] {slot} [please]",),
    "reference": ("[it is|the number is|my number is|number] {slot}",),
    "number": ("[number] {slot}",),
}
"""How visitors answer the question for a slot, by its kind."""

FOR_A_PERSON: Sequence[str] = ("", "[can I|I want to|I would like to] ")
"""How visitors begin to ask for a person."""

EXAMPLES: Mapping[str, Sequence[str]] = {
    "name": ("maria lopez",),
    "date": ("friday",),
    "time": ("three",),
    "choice": ("that",),
    "text": ("this",),
    "reference": ("four seven one two",),
    "number": ("two",),
}
"""One value for each kind of slot, where a site's phrases leave a place."""

_RELATIVE = (
    "my husband|my wife|my son|my daughter|my mother|my father|my mum|my mom|my dad|my baby|my child|my brother|"
    "my sister|my friend|my grandmother|my grandfather|my grandma|my grandpa|my little (boy|girl)|my colleague"
)
_STRANGER = "somebody|someone|(a|this|the) (man|woman|lady|child|boy|girl)|an old (man|lady|woman)|the baby"
_WHO = f"(he|she|{_RELATIVE}|{_STRANGER})"
_IS = f"(he's|she's|{_WHO} is)"
_I_AM = f"(I'm|I am|{_IS})"
_HAS = f"(I have|I've got|he's got|she's got|{_WHO} has [got])"
_NOT = "(is not|isn't)"
_WHOSE = "(his|her|my)"
_WHOM = f"(him|her|{_RELATIVE}|this (man|woman|lady))"
_ONE = "(me|him|her|us|somebody|someone|people|my (wife|husband|son|daughter|friend|mother|father))"
_HELP = "[help|please help|please|quick|oh god|oh no|hurry]"
_NOW = "[now|quickly|right now|right away|immediately|please]"

EMERGENCIES: Mapping[EmergencyKind, Sequence[str]] = {
    "breathing": (
        f"{_HELP} (I|{_WHO}) (can't|cannot|can hardly|can barely) breathe [any more|properly]",
        f"{_HELP} ({_IS} not|{_WHO} isn't) breathing [any more|at all]",
        f"{_HELP} {_WHO} (stopped|has stopped) breathing",
        f"{_WHO} has trouble breathing",
        "I have trouble breathing",
        f"{_I_AM} gasping for (air|breath)",
        "I can't (catch my breath|get any air|get enough air)",
        f"{_WHO} is (turning|going) blue",
        f"{_WHOSE} lips are [turning] blue",
        f"{_WHOSE} (throat|tongue|face) is swelling [up]",
        f"{_WHOSE} throat is closing [up]",
        f"{_I_AM} having (an|a bad) (asthma attack|allergic reaction)",
        f"{_HELP} {_I_AM} drowning",
    ),
    "choking": (
        f"{_HELP} {_I_AM} choking",
        f"{_HELP} {_IS} choking on (something|food|a nut|a sweet|meat|a toy)",
        f"(something|food|a bone|a coin) is stuck in {_WHOSE} throat",
        f"{_WHO} has (something|food|a bone|a coin) stuck in {_WHOSE} throat",
        f"{_HELP} {_IS} suffocating",
    ),
    "heart": (
        f"{_HELP} [I think] {_I_AM} having a heart attack",
        f"{_HAS} (chest pain|chest pains|terrible chest pain|strong chest pain|severe chest pain|[a] "
        f"[terrible|severe|strong] pain in ({_WHOSE}|the) chest)",
        "[help] my chest hurts [so much|really badly|very badly]",
        f"{_WHOSE} heart (stopped|has stopped) [beating]",
        f"(there's|there is|{_WHO} has) no pulse",
        f"{_IS} holding {_WHOSE} chest",
    ),
    "stroke": (
        f"{_HELP} [I think] {_I_AM} having a stroke",
        f"[I think] {_WHO} has had a stroke",
        f"{_WHOSE} (face|mouth) is (drooping|hanging)",
        f"one side of {_WHOSE} (face|body) is (numb|drooping|hanging|paralysed)",
        f"(I|{_WHO}) can't (move|lift|feel) {_WHOSE} [left|right] (arm|leg|side)",
        f"{_WHO} suddenly can't (speak|talk|see|walk|move)",
        f"{_WHOSE} speech is slurred",
    ),
    "bleeding": (
        f"{_HELP} {_I_AM} bleeding",
        f"{_HELP} {_I_AM} bleeding (badly|heavily|a lot|to death|very much|from the head|everywhere)",
        "the bleeding (won't|doesn't|will not) stop",
        "it won't stop bleeding",
        "(I|we) can't stop the bleeding",
        "there is (so much blood|a lot of blood|blood everywhere)",
        f"(I|{_WHO}) (lost|has lost) a lot of blood",
        f"{_IS} (coughing|throwing) up blood",
        f"(I cut|he cut|she cut) {_WHOSE} (wrist|throat|wrists)",
    ),
    "collapse": (
        f"{_HELP} {_IS} unconscious",
        f"{_HELP} {_WHO} (collapsed|has collapsed|has just collapsed|just collapsed|fainted|has fainted|passed out)",
        f"{_HELP} {_WHO} {_NOT} (responding|moving|waking up)",
        f"{_WHO} (won't|doesn't) (wake up|respond|move|answer me)",
        f"I can't wake {_WHOM} [up]",
        f"{_IS} lying on the (floor|ground) [and not moving]",
        f"{_WHO} fell [down] (the stairs|off a ladder) and {_NOT} moving",
        f"{_HELP} {_I_AM} dying",
        f"{_HELP} I think {_IS} (dead|dying)",
        "I'm (going|about) to (faint|pass out|collapse)",
    ),
    "seizure": (
        f"{_HELP} {_IS} having (a|an epileptic) (seizure|fit)",
        f"{_IS} shaking (uncontrollably|all over)",
        f"{_WHO} (can't|won't|doesn't) stop shaking",
        f"{_IS} foaming at the mouth",
    ),
    "fire": (
        "[help|quick|hurry] (there's|there is) a fire "
        "[in the (kitchen|toilet|basement|corridor|building|lift|room)|on the (ground|first|second|third) floor]",
        "fire fire",
        "help fire",
        "there is smoke (in the (corridor|room|building|kitchen)|coming out of the (wall|door|lift|window|room))",
        "the (building|kitchen|house|bin|car|curtain|room) is on fire",
        "(something|it) is burning [in the (kitchen|toilet|corridor|room)]",
        "(I can smell|I smell|it smells of) (smoke|gas|burning)",
        "I (can see|see) (smoke|flames|fire)",
        "there's a gas leak",
    ),
    "violence": (
        f"{_HELP} (a man|he|she|someone|somebody) (has|has got) a (knife|gun|weapon|bomb)",
        f"{_HELP} (a man|he|she|someone|somebody) is (attacking|hitting|beating|threatening|strangling) {_ONE}",
        f"{_HELP} (a man|he|she|someone|somebody) (attacked|stabbed|shot|robbed|hit) {_ONE}",
        "(a man|somebody|someone) is following me",
        f"(I|{_WHO}) (was|has been|have been) (stabbed|shot|attacked|robbed|raped)",
        f"{_HELP} he (is going to|wants to|is trying to|will) (kill|hurt) {_ONE}",
        "(there's|there is) a fight [here]",
        "they are fighting",
    ),
    "self harm": (
        "I want to (die|kill myself)",
        "I'm going to (kill|hurt) myself",
        "I don't want to live [any more]",
        "I want to end my life",
        f"(I|{_WHO}) (took|has taken) (an overdose|too many (pills|tablets))",
        f"(I|{_WHO}) (swallowed|drank|took) (bleach|poison|{_WHOSE} pills|pills|cleaning fluid|a battery)",
        f"{_WHO} (wants|is trying|tried) to kill (himself|herself)",
        f"(I|{_WHO}) (was|has been) poisoned",
    ),
    "help": (
        "help",
        "help me [please]",
        "help help",
        "somebody help [me|us|him|her]",
        "(please|quick) help (my|this) (husband|wife|son|daughter|mother|father|baby|man|woman|child)",
        f"(call|get|send|I need|we need) an ambulance {_NOW}",
        "[please] (call|get) the (police|fire brigade|fire department)",
        "[please] call (nine one one|nine nine nine|one one two)",
        "(we|I) need a (doctor|nurse) (now|quickly|right now|right away|immediately)",
        "get a (doctor|nurse) (now|quickly|right now|right away|immediately)",
        "(this|it) is an emergency",
        "(it's|we have) an emergency",
        "emergency",
        "(I|we) need help (now|quickly|right now|right away|immediately)",
        "the baby is coming",
        "my (wife|daughter|sister) is having (a|the|her) baby [right] now",
        f"{_WHO} is going into labour",
        "my waters [have] broke",
        f"{_WHO} (was|has been) hit by a car",
        f"{_IS} (badly|seriously) (hurt|injured)",
        f"{_I_AM} trapped",
        "there's been a (terrible|bad) accident",
    ),
}
"""What visitors in need say, by the kind of emergency. ``emergencies`` raises all of it."""
