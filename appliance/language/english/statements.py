"""Words that turn a statement into another one though its content stays the same, for the check of replies. Pure."""

from __future__ import annotations

from collections.abc import Mapping

STATING = frozenset(
    """above after all any around as before below between both each during few further more most other over own same
    than through too under until up down out off again once such very against""".split()
)
"""Function words that state something, so they need a source."""

DIVIDING = frozenset({"and", "or", "but", "while", "whereas"})
"""Stand between two parts of a sentence, as commas do."""

NEGATING = frozenset(
    """not no never none nothing nobody without cannot can't don't doesn't isn't aren't won't wasn't weren't didn't
    couldn't shouldn't mustn't hasn't haven't except unable neither nor""".split()
)
"""Deny what follows them."""

LIMITING = frozenset({"only", "if", "unless", "except", "without", "but"})
"""Limit what is said. A statement without its limit is another one."""

EXCEPTING = frozenset({"but", "except"})
"""Take away from what was said before them."""

CONDITIONS = frozenset("if after when before on at in for during".split())
"""Begin a condition at the beginning of a sentence, as in "on Sundays, …"."""

RELATIONS = frozenset(
    """beside behind opposite next left right between above below under near across inside outside front beyond
    end""".split()
)
"""Place what follows them; what follows is not where the thing itself is."""

RANGES: Mapping[str, str] = {
    **dict.fromkeys(("from", "after", "since"), "from"),
    **dict.fromkeys(("to", "until", "till", "before", "by", "through"), "to"),
}
"""Which end of a range of times or days a word before it names"""

MODALS: Mapping[str, str] = {
    **dict.fromkeys(("can", "may", "could", "might", "allowed"), "may"),
    **dict.fromkeys(("must", "should", "shall", "required", "ought", "need", "needs"), "must"),
}
"""Whether a statement allows or demands"""

PRONOUNS = frozenset("it they he she its their his her them him this that these those you one both".split())
"""Stand for what was named before."""

JOINING = frozenset({"of", "for", "to", "the", "a", "an", "'s", "s"})
"""Stand within the name of a thing, as in "the doctor for children" """

RATES = frozenset("a an per each every".split())
"""Stand between a price and what it is for"""

NARROWING = frozenset("under over above below more less than until".split())
"""Narrow down the word before them"""

ARTICLES = frozenset("a an the your our".split())

OF = frozenset({"of"})
"""Stand within a place, as in "the end of the corridor" """

PRICING = frozenset("cost costs costing price pay pays".split())
"""Say that a figure beside them is an amount of money"""

AGREEING = frozenset("yes yeah yep sure certainly absolutely definitely correct exactly of course".split())
REFUSING = frozenset({"no", "nope"})
"""Answer a question with yes and with no"""

UNDER_NEGATION = frozenset("anything anyone anybody any ever either".split())
"""State nothing of their own after a negation"""

LETTERS = frozenset[str]()
"""Letters and marks that the language writes besides those of ASCII"""

NOTHING = frozenset({"nothing", "nobody", "none"})
"""Negations that are answers themselves"""

SAME: Mapping[str, str] = {
    **dict.fromkeys(("pay", "pays", "paid", "price", "costing"), "cost"),
    **dict.fromkeys(("big", "bigger"), "large"),
    **dict.fromkeys(("little",), "small"),
    **dict.fromkeys(("begin", "begins"), "start"),
    **dict.fromkeys(("shut", "shuts"), "close"),
    **dict.fromkeys(("elevator", "elevators"), "lift"),
    **dict.fromkeys(("restroom", "restrooms", "bathroom", "bathrooms", "washroom", "toilets"), "toilet"),
    **dict.fromkeys(("photo", "photos", "photograph", "photographs", "pictures"), "picture"),
    **dict.fromkeys(("telephone", "telephones", "phones"), "phone"),
    **dict.fromkeys(("kid", "kids", "child"), "children"),
    **dict.fromkeys(("lab", "labs"), "laboratory"),
    **dict.fromkeys(("colour", "colours"), "color"),
    **{"kept": "keep", "held": "hold", "taken": "take", "took": "take", "given": "give", "seen": "see", "made": "make"},
    **{"brought": "bring", "bought": "buy", "sold": "sell", "lain": "lie", "lies": "lie", "stood": "stand"},
    **{"spoken": "speak", "shown": "show", "known": "know", "told": "tell", "sent": "send", "met": "meet"},
}
"""Words that say the same as another in any statement"""
