"""English words by what they do in a sentence, and their stems. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from appliance.core.week import DAYS
from appliance.language.english.dates import MONTHS
from appliance.language.english.numbers import CARDINALS, ORDINALS
from appliance.language.english.tokens import tokens

FUNCTION_WORDS = frozenset(
    """a about above after all also am an and any are as at be because been before being both but by can could did do
    does doing down each for from further had has have he her here hers him his how i if in into is it its just may
    me might more most must my of off on once or other our out over own same shall she should so some such than that
    the their them then there these they this those through to too under until up upon us very was we were what when
    where which while who whom whose why will with within would yes you your yours i'm i'd i'll i've you'll you're
    you've it's that's there's we're we'll he's she's they're what's where's who's let's let o'clock oclock s ll re ve
    d m t o per via""".split()
)
"""Words without content of their own."""

PHRASING = frozenset(
    """ask call called certainly come cost costs course currently dear exactly find found free get give glad go got
    happy hear hello hi know known like look located made make means name named need number of okay open opening ok
    please pleasure price reach right say see situated sorry speak still sure take takes tell thank thanks time today
    told want way welcome well help""".split()
)
"""Words that phrase an answer and state nothing that could be wrong on its own."""

ASSERTING = PHRASING & {"free", "open", "today", "right", "still", "takes", "take", "number", "call"}
"""Phrasing words that still need a source, since they can be wrong."""

NEGATIONS = frozenset(
    """no not never none nothing nobody without cannot can't don't doesn't isn't aren't won't wasn't weren't didn't
    couldn't shouldn't unable closed except only""".split()
)

AFFIRMING = frozenset({"yes", "yeah", "yep"})

COLORS = frozenset({"red", "yellow", "green", "blue", "orange", "white", "black", "purple", "brown", "grey", "pink"})

CLOSED_CLASSES = (
    frozenset(DAYS) | {"weekday", "weekdays", "weekend", "weekends", "tomorrow", "yesterday", "tonight", "daily"},
    frozenset(MONTHS) - {"may"},
    COLORS,
    frozenset(
        """left right behind opposite beside between above below upstairs downstairs ground basement north south east
        west inside outside front back first second third fourth fifth sixth near beyond""".split()
    ),
    NEGATIONS,
)
"""Words that change an answer; each must occur in the sources as it is."""

CRITICAL: frozenset[str] = frozenset().union(*CLOSED_CLASSES)

ANSWERING = frozenset(
    """yes yeah yep yup no nope nah sure okay ok fine good great perfect correct exactly right wrong not never
    absolutely definitely certainly course maybe perhaps probably possibly think guess suppose rather really thank
    thanks mind alright all please way sounds works kind sort hmm hm mm uh um er oh""".split()
)
"""Words that answer, and state nothing else."""

NUMBERED = frozenset(
    """room desk floor ward hall gate bus line tram platform pier counter window number extension code building
    door""".split()
)
"""What is told apart by a number."""

MEASURES: Mapping[str, str] = {
    **dict.fromkeys(("$", "dollar", "dollars", "buck", "bucks"), "dollar"),
    **dict.fromkeys(("€", "euro", "euros"), "euro"),
    **dict.fromkeys(("£", "pound", "pounds", "quid"), "pound"),
    **dict.fromkeys(("cent", "cents", "pence", "penny"), "cent"),
    **dict.fromkeys(("%", "percent", "percentage"), "percent"),
    **dict.fromkeys(("second", "seconds", "sec", "secs"), "second"),
    **dict.fromkeys(("minute", "minutes", "min", "mins"), "minute"),
    **dict.fromkeys(("hour", "hours", "hr", "hrs"), "hour"),
    **dict.fromkeys(("day", "days"), "day"),
    **dict.fromkeys(("week", "weeks"), "week"),
    **dict.fromkeys(("month", "months"), "month"),
    **dict.fromkeys(("year", "years"), "year"),
    **dict.fromkeys(("meter", "meters", "metre", "metres", "m"), "meter"),
    **dict.fromkeys(("kilometer", "kilometers", "kilometre", "kilometres", "km"), "kilometer"),
    **dict.fromkeys(("mile", "miles"), "mile"),
    **dict.fromkeys(("foot", "feet", "ft"), "foot"),
    **dict.fromkeys(("inch", "inches"), "inch"),
    **dict.fromkeys(("gram", "grams", "g"), "gram"),
    **dict.fromkeys(("milligram", "milligrams", "mg"), "milligram"),
    **dict.fromkeys(("kilogram", "kilograms", "kilo", "kilos", "kg"), "kilogram"),
    **dict.fromkeys(("liter", "liters", "litre", "litres"), "liter"),
    **dict.fromkeys(("milliliter", "milliliters", "millilitre", "millilitres", "ml"), "milliliter"),
    **dict.fromkeys(("degree", "degrees"), "degree"),
    **dict.fromkeys(("yen", "franc", "francs", "rupee", "rupees", "peso", "pesos", "crown", "crowns", "yuan"), "other"),
}
"""What a figure counts or measures, in the spellings that mean the same."""


def stem(word: str) -> str:
    """A crude stem, which is the same for "closes", "closed" and "closing"."""
    word = word.removesuffix("'s")
    for ending, least in (
        ("ings", 3),
        ("ing", 3),
        ("ies", 2),
        ("ied", 2),
        ("es", 3),
        ("ed", 3),
        ("s", 2),
        ("e", 3),
        ("y", 3),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            return word[: -len(ending)]
    return word


_COMMONER = {
    r"(?:the )?(?:loo|lavvy|bog|john|ladies|gents|khazi|wc|w c|little (?:boys'?|girls'?) room|powder room)": "the "
    r"toilet",
    r"spend a penny": "use the toilet",
    r"parched|dying of thirst": "thirsty",
    r"starving|famished|peckish": "hungry",
    r"(?:have|get|had|having|give|giving) (?:my |some |his |her )?blood (?:drawn|taken)|(?:a )?blood draw": "have a "
    r"blood test",
    r"hole in the wall|cashpoint|a t m|atm": "cash machine",
    r"chemist'?s?": "pharmacy",
    r"(?:can you |could you |please |i need )?help (?:me )?(?:to |with )?(?:find|finding) (?:my|"
    r"the) way to": "where is",
    r"a and e|a & e|casualty": "the emergency department",
    r"ciggy|ciggies|smoke break": "cigarette",
    r"cuppa|brew": "cup of tea",
    r"specs": "glasses",
    r"telly": "television",
    r"brolly": "umbrella",
    r"pushchair|buggy|stroller": "pram",
    r"grub|a bite": "something to eat",
}
_GREETED = re.compile(
    r"(?:(?:hello|hi|hey|hiya|good (?:morning|afternoon|evening|day)|bye|good ?bye|okay|thanks|thank you|"
    r"excuse me)[,. ]+(?:there )?)+(?=\w+ \w+ )"
)
_COMMONER_RE = tuple((re.compile(rf"\b(?:{words})(?!\w)"), common) for words, common in _COMMONER.items())


def commoner(text: str) -> str:
    """A text with common words for less common ones ("where is the toilet" for "where's the loo"), and without a
    greeting before it; the text itself where it has neither."""
    text = _GREETED.sub("", text.lower()) if _GREETED.match(text.lower()) else text
    for pattern, common in _COMMONER_RE:
        text = pattern.sub(common, text.lower()) if pattern.search(text.lower()) else text
    return text


def content_words(text: str) -> list[str]:
    """Words that carry meaning: no function words, figures or marks."""
    return [
        word
        for word in tokens(text)
        if word[0].isalpha()
        and word not in FUNCTION_WORDS
        and word not in CARDINALS
        and word not in ORDINALS
        and word not in ("hundred", "am", "pm")
    ]
