"""What a language must offer: its parts as Protocols that modules of its folder fulfil, and the values they give. Pure.

Names in capitals are tables and patterns, which shared rules apply (whether an answer agrees, what an emergency is).
Functions are rules that each language has in its own way. Where nothing else is said, a text is as it was heard or
written, and words are tokens, as ``Language.tokens`` gives them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal, Protocol, get_args

from appliance.core.manner import MannerWish
from appliance.language.found import (
    ClockTime,
    DayWindow,
    Figure,
    FoundDate,
    FoundName,
    FoundNumber,
    FoundTime,
    NamedDays,
    RefusedDate,
    Shift,
    TimeWindow,
)

ClockKind = Literal["time", "day", "both", "month", "year", "day of", "is day", "until day", "until time", "time in"]
Simpler = Literal["simpler", "shorter"]
OwnQuestion = Literal["first", "last"]
Leap = Literal["back", "start_again"]
LeftOpen = Literal["asked", "choice", "date", "time", "soonest"]
"""What a visitor leaves to the appliance: what was asked for, one of a list, the day, the time, or day and time if only
they are soon"""
Courtesy = Literal["thanks", "greeting", "how_are_you"]
EmergencyKind = Literal[
    "breathing",
    "choking",
    "heart",
    "stroke",
    "bleeding",
    "collapse",
    "seizure",
    "fire",
    "violence",
    "self harm",
    "help",
]
EMERGENCIES: tuple[EmergencyKind, ...] = get_args(EmergencyKind)


class Words(Protocol):
    """What words do in a sentence. Words are tokens, as ``Language.tokens`` gives them."""

    FUNCTION_WORDS: frozenset[str]
    """without content of their own"""
    PHRASING: frozenset[str]
    """phrase an answer and state nothing that could be wrong on its own"""
    ASSERTING: frozenset[str]
    """phrasing words that still need a source"""
    NEGATIONS: frozenset[str]
    AFFIRMING: frozenset[str]
    """as serious as a negation where no source has them"""
    CRITICAL: frozenset[str]
    """change an answer: each must occur in the sources as it is"""
    ANSWERING: frozenset[str]
    """say yes, no or perhaps, and state nothing else"""
    NUMBERED: frozenset[str]
    """name what is told apart by a number, as in "room 205" """
    COLORS: frozenset[str]
    """tell lines and doors apart too"""
    MEASURES: Mapping[str, str]
    """what a figure counts or measures, in the spellings that mean the same"""

    def content_words(self, text: str) -> list[str]:
        """Tokens that carry meaning: no function words, figures or marks."""
        ...

    def commoner(self, text: str) -> str:
        """A text with common words for less common ones ("where is the toilet" for "where's the loo"), and without a
        greeting before it; the text itself where it has neither."""
        ...

    def stem(self, word: str) -> str:
        """The same for words that differ in their endings only."""
        ...


class Statements(Protocol):
    """Words that turn a statement into another one though its content stays the same. Words are tokens."""

    STATING: frozenset[str]
    """function words that state something, so they need a source"""
    DIVIDING: frozenset[str]
    """stand between two parts of a sentence, as commas do"""
    NEGATING: frozenset[str]
    """deny what follows them"""
    LIMITING: frozenset[str]
    """limit what is said: a statement without its limit is another one"""
    EXCEPTING: frozenset[str]
    """take away from what was said before them"""
    CONDITIONS: frozenset[str]
    """begin a condition at the beginning of a sentence"""
    RELATIONS: frozenset[str]
    """place a thing near what follows them"""
    RANGES: Mapping[str, str]
    """which end of a range of times or days a word before it names: "from" or "to" """
    MODALS: Mapping[str, str]
    """whether a statement allows ("may") or demands ("must")"""
    PRONOUNS: frozenset[str]
    """stand for what was named before"""
    JOINING: frozenset[str]
    """stand within the name of a thing, as in "the doctor for children" """
    RATES: frozenset[str]
    """stand between a price and what it is for: "two dollars an hour" """
    NARROWING: frozenset[str]
    """narrow down the word before them: "children under twelve" """
    ARTICLES: frozenset[str]
    OF: frozenset[str]
    """stand within a place, as in "the end of the corridor" """
    PRICING: frozenset[str]
    """say that a figure beside them is an amount of money"""
    AGREEING: frozenset[str]
    REFUSING: frozenset[str]
    """answer a question with yes and with no"""
    UNDER_NEGATION: frozenset[str]
    """state nothing of their own after a negation"""
    NOTHING: frozenset[str]
    """negations that are answers themselves"""
    SAME: Mapping[str, str]
    """words that say the same as another in any statement"""
    LETTERS: frozenset[str]
    """letters and marks that the language writes besides those of ASCII"""


class Numbers(Protocol):
    """Numbers in tokens."""

    CARDINALS: dict[str, int]
    """words of single numbers"""

    def figures(self, text: str) -> list[Figure]:
        """Every number, price, ordinal and time of day of a text, in order, with keys to compare them by meaning."""
        ...

    def find_numbers(self, words: Sequence[str], expected: bool = False) -> list[FoundNumber]:
        """Numbers that were meant as such. ``expected``: one was just asked for."""
        ...

    def find_digits(self, words: Sequence[str]) -> list[FoundNumber]:
        """Rows of digits, as telephone numbers are said."""
        ...

    def time_at(self, words: Sequence[str], at: int) -> ClockTime | None:
        """The time of day that begins at a token. A bare number that could be one counts too (not ``marked``)."""
        ...


class Dates(Protocol):
    """Dates and times of day, in tokens and in speech."""

    def find_dates(
        self, words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
    ) -> list[FoundDate]:
        """Dates in order, none of them over. ``expected``: one was just asked for. ``named``: days that the site calls
        by name."""
        ...

    def scan_dates(
        self, words: Sequence[str], now: datetime, expected: bool = False, named: NamedDays | None = None
    ) -> list[FoundDate | RefusedDate]:
        """Every day that is named, in order, with those that cannot be meant."""
        ...

    def find_times(self, words: Sequence[str], expected: bool = False, now: datetime | None = None) -> list[FoundTime]:
        """Times of day in order. Without ``expected`` a bare number counts only where something says that it is one."""
        ...

    def say_time(self, moment: time, part_of_day: bool = False) -> str:
        """A time of day in words, as in "half past two"."""
        ...

    def say_date(self, day: date, today: date) -> str:
        """A day in words, as in "Thursday, December third"."""
        ...

    def say_list(self, items: Sequence[str]) -> str:
        """Items joined as in "a, b and c"."""
        ...


class TimeWindows(Protocol):
    """Spans of the day."""

    ASKS_FOR: re.Pattern[str]
    """in a question about a span: it asks what can be had, and does not ask what was said"""

    def find_window(self, words: Sequence[str], now: datetime) -> TimeWindow | None:
        """The span of the day that tokens name ("in the afternoon", "after three"), or None; of several, what they have
        in common."""
        ...


class DayWindows(Protocol):
    """Spans of days."""

    def find_window(self, words: Sequence[str], now: datetime) -> DayWindow | None:
        """The span of days that tokens name ("next week", "after monday"), or None; of several, what they have in
        common."""
        ...

    def leaves_open(self, words: Sequence[str]) -> bool:
        """Whether any day of a span will do: "some time next week"."""
        ...


class Shifts(Protocol):
    """Distances from a day or a time."""

    def find_shifts(self, words: Sequence[str]) -> list[Shift]:
        """Distances from a day or a time that was named before, in order: "a week later"."""
        ...


class Names(Protocol):
    """Names of people."""

    def find_name(self, words: Sequence[str], expected: bool) -> FoundName | None:
        """The name in tokens, the last where a correction stands between. ``expected``: one was just asked for."""
        ...

    def holds_day(self, words: Sequence[str]) -> bool:
        """Whether an answer to a question for a name is one that holds a weekday or an hour: "Wednesday Addams"."""
        ...

    def names_two(self, words: Sequence[str]) -> bool:
        """Whether an answer is the names of two people, of whom only one is asked for: "tim and tom baker"."""
        ...

    def tells_no_name(self, words: Sequence[str]) -> bool:
        """Whether tokens tell what a day or a time is, and give no name in place of another: "that's my birthday"."""
        ...


class Intents(Protocol):
    """What a visitor's words do in a conversation, as far as it can be read off the words."""

    def leap(self, text: str) -> Leap | None:
        """Whether the visitor wants to go back a step in a task, or to begin it anew."""
        ...

    def does_not_know(self, text: str) -> bool:
        """Whether the visitor cannot answer what was asked."""
        ...

    def takes_back(self, text: str) -> bool:
        """Whether the end of the words takes back all that was said before."""
        ...

    def beside_refusal(self, text: str) -> str | None:
        """What is said beside a task that the visitor does not want; None where the words refuse none."""
        ...

    def leaves_open(self, text: str) -> frozenset[LeftOpen]:
        """What the visitor leaves to the appliance: "whoever is free", "any day", "as soon as possible"."""
        ...

    def says_goodbye(self, text: str) -> bool:
        """Whether the conversation is over: a good-bye and hardly anything else."""
        ...

    def before_goodbye(self, text: str) -> str:
        """What was said beside a good-bye; all of it where there is none."""
        ...

    def holds_goodbye(self, text: str) -> bool:
        """Whether a word of farewell is among others."""
        ...

    def courtesy(self, text: str) -> Courtesy | None:
        """A sentence that only greets or thanks."""
        ...

    def without_courtesy(self, text: str) -> str:
        """What is asked beside an apology, a "how are you" or a thank-you; the text itself where nothing is."""
        ...

    def asks_no_task(self, text: str) -> bool:
        """Whether the words ask for no task, though they name whom tasks are about: to be put through to someone, what
        kind of person someone is, or how they are."""
        ...

    def needs_staff(self, text: str) -> bool:
        """Whether the visitor wants what no fact can give: a message passed on, somebody or their way found, or the
        reason of what was said."""
        ...

    def introduces(self, text: str) -> bool:
        """Whether the visitor tells who they are, and nothing else."""
        ...

    def means_other(self, text: str) -> bool:
        """Whether the visitor means another one than was answered, without a word which: "no the other one"."""
        ...

    def wants_person(self, text: str, phrases: Iterable[str] = ()) -> bool:
        """Whether the visitor would rather deal with a person, in the language's words or a site's ``phrases``."""
        ...

    def refuses_person(self, text: str, phrases: Iterable[str] = ()) -> bool:
        """Whether the visitor wants no person to be called, in the language's words or a site's ``phrases``."""
        ...

    def beside_person(self, text: str) -> str:
        """What is asked beside a person who is not wanted; empty where nothing is."""
        ...

    def asks_question(self, text: str) -> bool:
        """Whether the words begin as a question does."""
        ...

    def follows_up(self, text: str) -> bool:
        """Whether the words only make sense after what was said before."""
        ...

    def goes_on(self, text: str) -> bool:
        """Whether the words carry on a list of questions: "and on friday"."""
        ...

    def sounds_unfinished(self, text: str) -> bool:
        """Whether the words end where no sentence ends."""
        ...

    def dictates(self, text: str) -> bool:
        """Whether the words end in the middle of what is dictated piece by piece."""
        ...


class Tasks(Protocol):
    """What visitors say about a task under way and about what they have booked."""

    ORDERS: re.Pattern[str]
    """words that ask for a task by its values alone, with "#" in place of each; the group ``name`` may be a name"""
    WISHES: re.Pattern[str]
    """the beginning of a question that is a wish: "can i see doctor chen on monday" """
    SEES: re.Pattern[str]
    """the beginning of a wish to see somebody on a day, for which no time need be named"""
    PREFERS: re.Pattern[str]
    """words that want what was just done otherwise, with "=" in place of its values and "#" of others"""
    OWN: str
    """the plainest statement that something is booked"""

    def asks_for_time(self, text: str) -> bool:
        """Whether the visitor needs a moment, and says nothing else."""
        ...

    def changed(self, text: str) -> str:
        """What the visitor wants to give anew, as it is called: "day" of "could we make it another day"; or empty."""
        ...

    def asks_which(self, text: str) -> bool:
        """Whether the visitor asks which record is spoken of, or when it is."""
        ...

    def names_free(self, text: str) -> bool:
        """Whether the words are about what can be had."""
        ...

    def of_opposites(self, text: str, choices: Sequence[str]) -> str | None:
        """The one of two opposite choices ("with a screen", "without a screen") that an answer chooses without naming
        it; None where it chooses none."""
        ...

    def on_same_day(self, text: str) -> bool:
        """Whether another one is wanted on the day of the one that was booked."""
        ...

    def corrects(self, text: str) -> bool:
        """Whether the words surely correct what was just done, and begin nothing else."""
        ...

    def names_anew(self, text: str) -> bool:
        """Whether the words say what should have been said in place of something else: "it should be jon smith"."""
        ...

    def wants_same(self, text: str) -> bool:
        """Whether the visitor wants once more just what was booked, on another day: "the same again in two weeks"."""
        ...

    def asks_change(self, text: str) -> bool:
        """Whether a question asks for a change of what was just done: "can you make that ten thirty"."""
        ...

    def asks_held(self, text: str) -> bool:
        """Whether the visitor asks for the day, the time or the person of what is being booked, or was just booked or
        looked up."""
        ...

    def wishes_with_another(self, text: str) -> str:
        """What the visitor wants to do with another record than the one that is being made: "cancel" of "i want to
        cancel an appointment"; empty where nothing."""
        ...

    def restores(self, text: str) -> bool:
        """Whether the visitor wants back what was just cancelled or moved: "can you put it back"."""
        ...

    def wishes_other(self, said: str) -> int | None:
        """Which of the choices in the words, each a "#", the visitor wants in place of the one that a record has: 1
        in "from # to #". None where none is."""
        ...

    def undoes(self, text: str) -> bool:
        """Whether the visitor does not want what was just done: "undo that"."""
        ...

    def withdraws(self, text: str) -> bool:
        """Whether words that follow at once mean the same: "sorry i don't want it after all"."""
        ...

    def adds_another(self, text: str) -> bool:
        """Whether the visitor wants another one beside what was just read back: "yes and one for my wife at ten"."""
        ...

    def asks_booked(self, text: str) -> bool:
        """Whether the visitor asks what was booked just now."""
        ...

    def names_other(self, text: str) -> bool:
        """Whether the words are about another record than the one made just now: "my old one"."""
        ...

    def numbered(self, text: str) -> str:
        """The number of a record as it is said, with the word that calls it so; empty where none is."""
        ...

    def asks_free(self, text: str) -> bool:
        """Whether the visitor asks what can be had: "what times do you have"."""
        ...

    def names_own(self, text: str) -> bool:
        """Whether the words are about something that the visitor has booked: "my appointment"."""
        ...

    def beside_own(self, text: str) -> str | None:
        """What is said beside the statement that something is booked; None where nothing of the kind is stated."""
        ...

    def is_barred(self, text: str) -> bool:
        """Whether the visitor cannot keep what is booked, or wants it otherwise."""
        ...

    def lacks_one(self, text: str) -> bool:
        """Whether the visitor asks if something must be booked, or says that nothing is."""
        ...

    def asks_about_visit(self, text: str) -> bool:
        """Whether the visitor asks what they may or must do when they come: "can i bring my dog to the appointment"."""
        ...

    def asks_number(self, text: str) -> bool:
        """Whether the visitor wants to hear the number of what was booked once more."""
        ...

    def wants_another(self, text: str) -> bool:
        """Whether the visitor wants one more of what was booked."""
        ...

    def meant_otherwise(self, text: str) -> bool:
        """Whether the words correct what was said before: "sorry i meant wednesday"."""
        ...


class Questions(Protocol):
    """What kind of answer a question wants, what it is about, and what is left of it after a correction."""

    def asked_for(self, question: str) -> frozenset[str]:
        """Kinds of answer that a question asks for ("place", "time", "price", …); empty when it does not show."""
        ...

    def demands(self, question: str) -> frozenset[str]:
        """The kinds without which a statement is no answer."""
        ...

    def given_by(self, statement: str) -> frozenset[str]:
        """Kinds of answer that a statement holds."""
        ...

    def can_answer(self, question: str, known: str) -> bool:
        """Whether an entry can answer a question at all, by what it says and is asked for (``known``): where the lift
        is does not answer that it is broken."""
        ...

    def place_asked(self, question: str) -> str:
        """The place, named by its number or colour, of which it is asked where it is or what is there: "yellow line" of
        "where does the yellow line go". Empty where something else is asked."""
        ...

    def corrected(self, question: str) -> str:
        """The question that is left when the visitor took part of it back."""
        ...


class Drafts(Protocol):
    """Questions that a statement answers, and sentences from tables, drafted by rules. Questions are in lower case,
    without a question mark."""

    def of_form(self, statement: str) -> list[str]:
        """Questions that the form of its sentences shows: "where is the sauna"."""
        ...

    def of_subjects(self, statement: str) -> list[str]:
        """What people ask everywhere of the everyday things that it speaks of."""
        ...

    def everyday(self) -> list[str]:
        """All that ``of_subjects`` may give."""
        ...

    def of_hours(self, what: str) -> list[str]:
        """Questions for the opening hours of ``what``."""
        ...

    def of_house_hours(self) -> list[str]:
        """Questions for the opening hours of the house itself."""
        ...

    def say_cell(self, row: str, row_header: str, header: str, value: str) -> str:
        """A cell of a table as a sentence: "Ten-visit card costs $55.". ``row`` is the first cell of its row."""
        ...

    def say_pair(self, name: str, value: str) -> str:
        """What a line such as "Phone: 555 0123" says, as a sentence."""
        ...

    def goes_on(self, sentence: str) -> bool:
        """Whether a sentence speaks of what the one before it speaks of."""
        ...

    def states(self, sentence: str) -> bool:
        """Whether a sentence tells a visitor something: it is no greeting, no heading and no fragment."""
        ...

    def called(self, heading: str) -> str:
        """A place as visitors call it, by a heading: "the pool" of "Riverside Swimming Pool"; empty for "Opening
        hours", which names none."""
        ...


@dataclass(frozen=True, slots=True)
class Topic:
    """What a conversation was last about."""

    question: str = ""
    """the question that was answered, complete"""
    example: str = ""
    """a question of the site for the same thing"""
    thing: str = ""
    """what it was about, as in "the pharmacy" """
    person: str = ""
    """the one whom the answer named, as in "Doctor Chen" """
    other: str = ""
    """the thing that it was about before, with which this one may be compared"""
    place: str = ""
    """the place with opening hours that the answer named, where the thing has none, as in "the cash desk" """


@dataclass(frozen=True, slots=True)
class Completed:
    """A whole question that a line may stand for."""

    question: str
    another: bool = False
    """whether it asks about another thing than the last one, so that the last answer cannot answer it"""
    aside: bool = False
    """whether the reference is only where something is asked about, as "there" in "can i bring my son there" """
    about: str = ""
    """the thing or person that a pronoun stands for, which an answer has to be about"""


@dataclass(frozen=True, slots=True)
class PlaceAsked:
    """One of several places whose opening hours are asked for."""

    place: str
    question: str


class FollowUps(Protocol):
    """What a line means after what was said before, and the questions of one sentence."""

    OF_ANYTHING: frozenset[str]
    """content words with which any thing may be asked about, as "big" in "how big is it" """

    def asks_presence(self, text: str) -> bool:
        """Whether it is asked if the one who was spoken of is there at some time: "is she here on friday"."""
        ...

    def of_staff(self, text: str) -> bool:
        """Whether it is asked what those who work at a place accept: "do they take cards"."""
        ...

    def names_nothing(self, text: str) -> bool:
        """Whether a question asks for "one" of what was spoken of, and names nothing itself: "where is the nearest one
        then"."""
        ...

    def thing(self, questions: Sequence[str], statement: str) -> str:
        """What questions and their answer are about, as in "the pharmacy"; empty when it does not show."""
        ...

    def person(self, statement: str) -> str:
        """The one person whom a statement names; empty where it names none or several."""
        ...

    def complete(self, text: str, topic: Topic) -> Sequence[Completed]:
        """Whole questions that a line may stand for, best first; empty where it refers to nothing."""
        ...

    def split(self, text: str) -> Sequence[str]:
        """The questions of a sentence, in order; the sentence alone where it asks one."""
        ...

    def places(self, text: str) -> Sequence[PlaceAsked]:
        """The places of a question about the opening hours of several, with the question for each; empty for other
        questions."""
        ...


Measure = Literal["price", "duration", "closes", "opens", "floor", "height", "distance"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question that compares two things."""

    measure: Measure
    """what is compared; ``floor``: whether they are on the same one; ``height``: which one is higher up"""
    more: bool
    """whether the one with the higher price or the later time is wanted"""
    first: str
    second: str
    """the things, as they were said: "the soup" """
    when: str = ""
    """the day, as it was said: "on saturdays" """
    whether: bool = False
    """whether the answer is yes or no"""
    same: bool = False
    """whether it is asked if both are the same"""
    together: bool = False
    """whether both are wanted, and not which of them"""


@dataclass(frozen=True, slots=True)
class Counted:
    """How much of a thing is meant, as in "four adult tickets" and "two hours of parking"."""

    number: int
    thing: str
    """without the number, as in "adult tickets" """
    uncountable: bool = False
    """whether no number times a price is what it costs: a length of time, or several things"""


class Comparisons(Protocol):
    """Questions that compare two things, and their answers."""

    JOINTS: frozenset[str]
    """between the clauses of a sentence"""
    LASTING: frozenset[str]
    """stems of words that say how long a thing takes"""

    def compares(self, text: str, topic: Topic) -> Comparison | None:
        """What a question compares; None where it compares nothing that can be calculated. Where it names no things,
        they are those of the topic: "and which is cheaper"."""
        ...

    def judges(self, text: str) -> bool:
        """Whether a question asks for an opinion: "which doctor is better"."""
        ...

    def asking(self, comparison: Comparison, item: str) -> Sequence[str]:
        """Questions for what is compared of one of the two things, best first."""
        ...

    STOREYS: Mapping[str, int]
    """how high up the floors are that ``floor`` gives; one that depends on the house is left out"""

    def counted(self, item: str) -> Counted:
        """How much of a thing an item of a comparison is."""
        ...

    def floor(self, statement: str) -> str:
        """The floor that a statement names; empty where it names none or several."""
        ...

    def say_comparison(self, comparison: Comparison, order: int) -> str:
        """The answer. ``order`` is below 0 where the value of the first thing is the smaller one, and 0 where they are
        equal."""
        ...


@dataclass(frozen=True, slots=True)
class Sign:
    """One way to say that a person needs help."""

    kind: EmergencyKind
    pattern: re.Pattern[str]
    """of words without contractions, with single spaces"""
    whole: bool
    """whether it counts only when the sentence is over, because it may go on to something harmless"""


class Answers(Protocol):
    """What answers a yes-or-no question (see ``confirmation``). Templates (see ``templates``) and patterns are of words
    with contractions written out, where "=" stands for a value as it was read back and "#" for another one."""

    LISTS: Mapping[str, Sequence[str]]
    """of the templates; ``verb`` is added, with the verbs of what was asked"""
    AGREEING: Sequence[str]
    """each of these alone agrees"""
    TASK_AGREEING: Sequence[str]
    """with the verb of what was asked: "book it" agrees to a booking, and to nothing else"""
    VERB_AGREEING: Sequence[str]
    """with the verb alone"""
    SAFE_VERB_AGREEING: Sequence[str]
    """the same where the verb is not "cancel", which is also said to be left in peace"""
    SAFE_VERB_COURTESIES: Sequence[str]
    CALL_AGREEING: Sequence[str]
    """where it was asked whether to call a person"""
    COURTESIES: Sequence[str]
    """go with an agreement, and are none"""
    VERBS: Mapping[str, Sequence[str]]
    """of what may be asked ("book", "move", "cancel", "call"), in visitors' words"""
    WISHED: Mapping[str, Sequence[str]]
    """of what may be wished for with something that is booked. Some of the words mean other things too, so that they
    agree to nothing."""
    WISHES_TO: re.Pattern[str]
    """a wish to do something with what is booked; its group ``verb`` is what"""
    LATER_ON: re.Pattern[str]
    """words of a question about what is done only later, if at all"""
    ASKS_CHANCE: re.Pattern[str]
    """a whole question whether something can be done with what is booked; its group ``verb`` is what"""
    WISHES_OTHERWISE: re.Pattern[str]
    """a wish for another day or time in place of what is booked: "can we make it friday instead" """
    TO_MOVE: str
    """the one of the words of ``WISHED`` for such a wish"""
    MOVE: str
    """the verb of ``VERBS`` for a moving"""
    TURNS_TO_YES: re.Pattern[str]
    """ends in a yes, which is none where a refusal stands before it: "no wait yes" """
    KEEPS_OLD: re.Pattern[str]
    """what is to be moved stays where it is, which gives up a moving"""
    NO_REFUSAL: re.Pattern[str]
    """hold a word that refuses, and neither refuse nor agree: "no changes" """
    KEEPS: re.Pattern[str]
    """the visitor will come after all, which refuses a cancelling"""
    BARRED: re.Pattern[str]
    """the visitor cannot come, which refuses no cancelling"""
    AGREEING_ALONE: frozenset[tuple[str, ...]]
    """agree when nothing else is said"""
    NOT_PLAIN: frozenset[tuple[str, ...]]
    """made of agreeing words, and as often said for something else"""
    CLOSING: Sequence[tuple[str, ...]]
    """courtesies at the end"""
    HESITATION: frozenset[str]
    """before an answer"""
    SECOND_HALVES: frozenset[str]
    """make an answer of the hesitation before them"""
    TAGS: frozenset[str]
    """behind a repeated value they ask"""
    GIVES_UP: re.Pattern[str]
    RETHINKS: re.Pattern[str]
    """gives up what is not wanted any more, unless a value is given beside it"""
    ABOUT_LATER: re.Pattern[str]
    """asks whether something may be given up later"""
    CANCELS: re.Pattern[str]
    """gives up what is not a cancelling itself"""
    NOT_WANTED: re.Pattern[str]
    """says that what is to be booked, or is booked, is not wanted"""
    SAYS_INSTEAD: re.Pattern[str]
    """takes back a value, and gives another: "cancel that i want #" """
    UNDECIDED: frozenset[str]
    """whole sentences"""
    REFUSES_FIRST: re.Pattern[str]
    """refuses, whatever else is said"""
    REFUSES: re.Pattern[str]
    """refuses where the words neither correct, ask nor doubt"""
    CORRECTS: re.Pattern[str]
    ASKS: re.Pattern[str]
    ASKS_ABOUT: re.Pattern[str]
    """questions whose values are no wish: "did you say wednesday" """
    HESITATES: re.Pattern[str]
    DOUBTS: re.Pattern[str]


class Slots(Protocol):
    """What stands around the values of a form. Words are tokens."""

    ALLOWED: re.Pattern[str]
    """in a lower-case question that asks to be allowed something, its one group is the verb: "shall I *book* it" """
    CALLED_NUMBER: frozenset[str]
    """say that a number is a reference, and no time"""
    TITLES: frozenset[str]
    """before the name of a choice"""
    TAKEN_BACK: frozenset[str]
    """between two values, take the first back"""
    SLOT_WORDS: Mapping[str, frozenset[str]]
    """name a slot, by its kind"""
    PLACES: Mapping[str, int]
    """places of offers: first is 0, last is -1"""
    MIDDLE: frozenset[str]
    """the place between the first and the last of three"""
    NUMBERED: frozenset[str]
    """before the number of a place: "number two" """
    BEFORE_PLACE: frozenset[str]
    AFTER_PLACE: frozenset[str]
    """words behind a place; "" is the end"""
    NO_VALUES: re.Pattern[str]
    """phrases that hold a number or an ordinal, and no value; of tokens, with single blanks"""
    BEFORE_A_TIME: frozenset[str]
    AT_A_TIME: frozenset[str]
    """those of them behind which a number counts nobody"""
    NUMBER_OF: frozenset[str]
    """before a reference"""
    NUMBER_IS: frozenset[tuple[str, str]]
    NAME_TAKEN_BACK: frozenset[str]
    """may stand before a name that takes the place of another"""
    SAYS_ANEW: frozenset[str]
    """one of these must, unless the visitor was asked what to change"""
    AFTER_NO: frozenset[str]
    """no names after "no" """
    FOR_ANOTHER: re.Pattern[str]
    """before the name of another person whom the visitor speaks for; of tokens, with single blanks"""
    NOT_FOR_ME: re.Pattern[str]
    """says that it is for another person, and not who that is; of tokens, with single blanks"""
    CALL_ME: re.Pattern[str]
    """gives a single name that is a given name; of tokens, with single blanks"""
    NO_TEXT_YET: re.Pattern[str]
    """says that the visitor has no text yet; of tokens, with single blanks"""
    ALL_OF_IT: re.Pattern[str]
    """answers that all of what was read back is to be changed; of tokens, with single blanks"""
    MAKES: frozenset[tuple[str, ...]]
    """two words before a bare time which takes the place of the one before"""
    RIGHT: re.Pattern[str]
    """behind the word for a slot, say that it is right"""
    WRONG: re.Pattern[str]
    """behind the word for a slot, say that it is wrong"""
    GIVEN_NAME: frozenset[str]
    """behind one of these a single name is a given name"""
    MIDDLE_NAME: frozenset[str]
    """behind one of these a single name stands between the given and the family name"""
    FAMILY_NAME: frozenset[str]
    """behind one of these a single name is a family name"""
    OFFERS_TO_SPELL: re.Pattern[str]
    """the visitor offers to spell a name; of tokens, with single blanks"""
    NOT: frozenset[str]
    BUT: str
    """behind it stands what is not right"""
    JOINING: frozenset[str]
    """join two values, so that what is said of one is said of both"""
    AMONG: frozenset[str]
    """may stand between joined values"""
    SAME_AS_BEFORE: Mapping[str, re.Pattern[str]]
    """says that a day or a time stays as it is, by the kind of its slot; of tokens"""
    BOTH: re.Pattern[str]
    """takes any of several offers; of tokens"""
    AROUND_A_VALUE: frozenset[str]
    """may stand around a value that takes the place of an earlier one, where a name was asked for"""
    CHANGING: frozenset[str]
    """with the word for a slot, say that it is to be changed"""
    HOW_MANY: re.Pattern[str]
    """in the question for a number, which is then a count; in lower case"""
    LENGTH: frozenset[str]
    """in the question for a number, ask how long something takes"""
    TIME_UNITS: frozenset[str]
    """what a number in front of them counts is no other number"""
    CHANGES_TO: frozenset[str]
    """with one of these, a day or a time beside the number of a record is what it is to be changed to"""

    def excludes(self, words: Sequence[str], start: int, end: int) -> bool:
        """Whether a value at tokens ``start`` to ``end`` (exclusive) is one that the visitor does not want."""
        ...

    def counted(self, words: Sequence[str], found: Sequence[FoundNumber]) -> list[FoundNumber]:
        """How many people or things there are, by the numbers in tokens: those that are counted together as one."""
        ...

    def recounted(self, words: Sequence[str], numbers: Sequence[FoundNumber], before: int) -> list[FoundNumber] | None:
        """How many people or things there are in place of the number ``before``, 0 for none, where the words say so:
        six for "one more person" of five. ``numbers`` are all in the tokens. None where they say nothing of it."""
        ...

    def in_remark(self, words: Sequence[str], start: int, end: int) -> bool:
        """Whether a day or a time at tokens ``start`` to ``end`` belongs to a remark: "i've got the dentist on
        monday"."""
        ...

    def of_other_person(self, words: Sequence[str], start: int, end: int) -> bool:
        """Whether the person at tokens ``start`` to ``end`` is only spoken of: "doctor patel sent me"."""
        ...

    def knows_person(self, words: Sequence[str], start: int) -> bool:
        """Whether the person at a token is one whom the visitor knows. Another who is named counts more."""
        ...

    def of_record(self, words: Sequence[str], start: int, end: int) -> bool:
        """Whether a day or a time at tokens ``start`` to ``end`` is that of what the visitor wants to move: "from
        tuesday", "my ten o'clock appointment"."""
        ...

    def without_from_to(self, words: Sequence[str]) -> list[str]:
        """The words, as many, with the ends of "from ten to eleven" apart, so that they are no time together."""
        ...


HoursKind = Literal["state", "closes", "lasts", "opens", "reopens", "pauses", "always", "night", "holidays", "week"]
"""What is asked about opening hours. ``state``: whether it is open; ``lasts``: how long it is still open; ``pauses``:
when it closes for a break; ``always``: whether it ever closes; ``week``: nothing in particular"""

HoursDoubt = Literal["over", "no such day", "unknown day", "unknown time", "holidays"]
"""Why the hours of a day or time that was named cannot be told"""

HoursRelation = Literal[
    "at", "until", "between", "from", "before", "by", "part", "opens", "closes", "closes before", "closes after"
]
"""What a time has to do with the hours. ``part`` is a part of the day; the last four ask when it opens or closes."""


class Hours(Protocol):
    """Questions about opening hours, and the sentences that answer them (see ``opening_hours``). ``what`` is a place or
    what has hours, as a site writes it; ``on``, ``when``, ``until`` and ``spans`` are what the functions here say."""

    YES_OR_NO: re.Pattern[str]
    """Patterns are of tokens, with single blanks."""
    CLOSED: re.Pattern[str]
    STATE: re.Pattern[str]
    ALWAYS: re.Pattern[str]
    CLOSES: re.Pattern[str]
    """asks when it closes"""
    LASTS: re.Pattern[str]
    """asks how long it is still open: until a break of the day, where there is one"""
    OPENS_AND_CLOSES: re.Pattern[str]
    """asks when it opens and when it closes"""
    UNTIL_OPEN: re.Pattern[str]
    """asks how long it is until it opens"""
    OPENS: re.Pattern[str]
    REOPENS: re.Pattern[str]
    """asks when it opens again after a break of the day"""
    PAUSES: re.Pattern[str]
    """asks about the break of the day"""
    TOO_LATE: re.Pattern[str]
    """asks whether there is still time to come; ``place`` is where to"""
    VERB: re.Pattern[str]
    """asks whether it opens or closes, rather than whether it is open; ends with the verb"""
    CLOSING_VERB: re.Pattern[str]
    PAST: re.Pattern[str]
    """asks what was"""
    HOLIDAYS: re.Pattern[str]
    AT_NIGHT: re.Pattern[str]
    AROUND_THE_CLOCK: re.Pattern[str]
    WEEKEND: frozenset[str]
    CURRENT: frozenset[str]
    """ask about the present moment"""
    THIS_WEEKEND: re.Pattern[str]
    NEXT_WEEKEND: re.Pattern[str]
    NIGHT: frozenset[str]
    NOT: frozenset[str]
    TAKEN_BACK: frozenset[str]
    OR: frozenset[str]
    """between two times, of which one is meant"""
    SPECIAL_DAY: re.Pattern[str]
    """names a day whose date the words do not say. This pattern and those that follow are of words with "#" in place of
    each time, "@" of each day and "~" of other words for a part of the day."""
    UNREAD: re.Pattern[str]
    """reads like a day or time, though nothing was found in it; ``what`` is what it names"""
    UNREAD_DAY: re.Pattern[str]
    """the same beside a time"""
    PLACES: frozenset[str]
    """words of a place behind a preposition: "on the ground floor" """
    BETWEEN: re.Pattern[str]
    EITHER: re.Pattern[str]
    """two times of which one is meant"""
    RELATIONS: Sequence[tuple[HoursRelation, re.Pattern[str]]]
    """the first that fits counts; without any, it is asked about "at" """
    ALL_OPEN: re.Pattern[str]
    """asks which places are open, or ``closed``"""
    ALL_CLOSING: re.Pattern[str]
    """asks which places close"""
    FIRST_OR_LAST: re.Pattern[str]
    """asks which place opens (``opens``) or closes first (``first``) or last, of all or of some (``places``)"""
    NEXT_PLACE: re.Pattern[str]
    """stands between the places of a row"""
    NAMES_PLACE: re.Pattern[str]
    """asks whether or when a ``place`` is open"""
    LEADING: frozenset[str]
    """stand before a line that goes on with the last question"""
    GOING_ON: frozenset[str]
    """all words that such a line holds beside days and times"""
    THEN: str
    """means the day and time that were named"""
    SAME_TIME: re.Pattern[str]
    """means the time that was named"""
    CONCLUDES: str
    """begins a line that draws a conclusion from the hours: "so i can't come on saturday" """
    CONCLUDING: frozenset[str]
    """words of such a line"""
    ARTICLES: frozenset[str]
    """before the name of a place"""
    THAN_A_TIME: re.Pattern[str]
    """asks whether a place is open later than a time"""
    BARE_KINDS: Mapping[str, HoursKind]
    """what is asked in few words: "and close" """
    DAY_NAMES: Mapping[str, int]
    """how a day, Monday = 0, is written in a list of hours, in lower case, abbreviated too"""
    NAMED_DAYS: Mapping[str, Sequence[int]]
    """names of several days"""
    SPAN_WORDS: frozenset[str]
    """stand between the ends of a span of days or times"""
    SHUT: frozenset[str]
    """written where there are no hours"""
    ROUND_THE_CLOCK: re.Pattern[str]
    AROUND_HOURS: frozenset[str]
    """stand around days and times in a list of hours, and name nothing"""
    NOW: str
    ALL_DAY: str
    YES: str
    NO: str
    PARTLY: str
    """sentences: whether it is open for a span of the day"""
    DOUBTS: Mapping[HoursDoubt, str]

    def untangled(self, words: Sequence[str]) -> list[str]:
        """Tokens in which the ends of a span of time are two times."""
        ...

    def closes_places(self, day: date) -> bool:
        """Whether a day is a holiday on which most places keep other hours."""
        ...

    def say_usually(self, week: str) -> str:
        """The sentence about the week, said of days that may differ."""
        ...

    def say_places(self, places: Sequence[str], is_open: bool, when: str) -> str:
        """Which places are open, or closed; none is said too."""
        ...

    def say_closing_places(self, places: Sequence[str], on: str, closes: time) -> str: ...

    def say_opening_places(self, places: Sequence[str], on: str, opens: time) -> str:
        """Which places, at least one, open at a time of a day."""
        ...

    def say_span(self, opens: time, closes: time) -> str: ...

    def say_until(self, closes: time, on: str = "") -> str: ...

    def say_at(self, on: str, moment: time) -> str: ...

    def say_on(self, day: date, today: date, name: str, near: bool) -> str:
        """A day; ``name`` is what the site calls it. One that is ``near`` needs no date."""
        ...

    def say_whether(self, what: str, is_open: bool, asked_closed: bool, when: str, until: str = "") -> str:
        """Yes or no to "is it open" or "is it closed"."""
        ...

    def say_fits(self, what: str, fits: bool, on: str, until: str) -> str:
        """Yes or no to "is it open until seven"."""
        ...

    def say_open_now(self, what: str, until: str) -> str: ...

    def say_always_open(self, what: str) -> str: ...

    def say_closed(self, what: str, *, today: bool = False) -> str: ...

    def say_opens(self, what: str, on: str, opens: time, *, pronoun: bool) -> str: ...

    def say_closes(self, what: str, closes: time, *, today: bool) -> str: ...

    def say_day(self, what: str, on: str, spans: Sequence[str]) -> str: ...

    def say_days(self, what: str, name: str, first: date, last: date, today: date, spans: Sequence[str]) -> str:
        """Several days in a row with hours of their own."""
        ...

    def say_week(
        self, what: str, opened: Sequence[tuple[Sequence[int], Sequence[str]]], closed: Sequence[Sequence[int]]
    ) -> str:
        """Runs of weekdays, Monday = 0, with their spans, and those on which it is closed. No days are every day."""
        ...


class Emergencies(Protocol):
    """What tells that a person needs help at once. Patterns are of what ``told`` gives, with single spaces."""

    SIGNS: Sequence[Sign]
    """at least one for each of ``EMERGENCIES``"""
    GENERAL: re.Pattern[str]
    """asks in general, and tells of no person in need"""
    NOT_REAL: re.Pattern[str]
    """a manner of speaking, a thing of that name, or a joke"""
    BEFORE_NOW: re.Pattern[str]
    """tells of the past"""
    PAST: re.Pattern[str]
    """verbs of the past, which the end of the sentence may put long ago"""
    DENIED: re.Pattern[str]
    """denies the sign that follows"""
    STATES: re.Pattern[str]
    """signs that are negations themselves"""
    MINOR: re.Pattern[str]
    """hurts and losses that need no help at once: no emergency by their meaning"""
    CRY: re.Pattern[str]
    """begins what has just happened, behind a question: "where is the lab oh god he has fallen" """
    DISTRESS: re.Pattern[str]
    """words that may come from a visitor in need"""

    def told(self, text: str) -> list[str]:
        """Words without contractions, and question marks."""
        ...


@dataclass(frozen=True, slots=True)
class Again:
    """The last reply is wanted once more."""

    part: str = ""
    """pattern of the sentences that are wanted, where the visitor said which; empty is all"""
    wishes: frozenset[MannerWish] = frozenset()
    """how it is to be said"""
    only: bool = False
    """whether something else was asked where no sentence holds the part; only the last reply counts then"""
    earlier: bool = False
    """whether earlier replies count even so"""
    place: int | None = None
    """place of the wanted sentence in the reply: 0 is the first, -1 the last"""
    first: bool = False
    """whether the first reply of the conversation is wanted"""


@dataclass(frozen=True, slots=True)
class ClockQuestion:
    """A question that the clock and the calendar answer."""

    kind: ClockKind
    about: str = ""
    """the day, the time or the stretch of time that it is about, as it was said"""
    weekday: int | None = None
    """the weekday that the day is asked to be, Monday = 0"""


class Recall(Protocol):
    """Questions about the conversation itself, and about now."""

    def asks_again(self, text: str) -> Again | None:
        """Whether the visitor wants to hear the last reply once more, or a part of it."""
        ...

    def asks_own(self, text: str) -> OwnQuestion | None:
        """Which of their own questions the visitor wants to be told: "what did i ask you first"."""
        ...

    def asks_simpler(self, text: str) -> Simpler | None:
        """Whether the visitor wants the last reply in simpler or in fewer words."""
        ...

    def asks_clock(self, text: str) -> ClockQuestion | None:
        """Whether the visitor asks what the clock or the calendar shows."""
        ...

    def say_clock(self, asked: ClockQuestion, now: datetime) -> str:
        """ "It is two forty-five in the afternoon." """
        ...


class Sentences(Protocol):
    """Where sentences end."""

    def sentences(self, text: str) -> list[str]:
        """A text cut into its sentences."""
        ...

    def ends_sentence(self, text: str, end: int) -> bool:
        """Whether the full stop, or other strong mark, before ``end`` ends a sentence."""
        ...


class Speech(Protocol):
    """How a written text is said."""

    __file__: str | None
    MEASURED: str
    """a sentence in which all common sounds occur; it gives a voice its gain"""

    def spoken(self, text: str) -> list[tuple[str, str]]:
        """Pairs of written word and spoken form, which a voice is given; some forms are empty."""
        ...

    def spelled_out(self, text: str) -> str:
        """A text as an ear hears it, numbers in words."""
        ...


class SiteGrammar(Protocol):
    """What visitors of any site say, as templates."""

    __file__: str | None
    LISTS: Mapping[str, Sequence[str]]
    """what the kinds of slots sound like, under the names that every site may use (``config.site.KNOWN_LISTS``)"""
    ANSWERS: Mapping[str, Sequence[str]]
    """how visitors answer the question for a slot, by its kind; ``{slot}`` is the slot"""
    FOR_A_PERSON: Sequence[str]
    """how they begin to ask for a person"""
    EXAMPLES: Mapping[str, Sequence[str]]
    """one value for each kind of slot, where a site's phrases leave a place"""
    EMERGENCIES: Mapping[EmergencyKind, Sequence[str]]
    """what visitors in need say, by the kind of emergency; ``Emergencies`` tells all of it"""


@dataclass(frozen=True, slots=True)
class AppointmentSentences:
    """What the appointment book says.

    Places: ``{doctor}``, ``{on}`` (``Appointments.say_on``), ``{when}`` (the sentence of that name), ``{time}``,
    ``{times}``, ``{days}``, ``{reference}``, ``{weekdays}``, ``{weeks}`` and ``{count}``.
    """

    nobody: str
    free: str
    free_in_all: str
    booked: str
    moved: str
    cancelled: str
    found: str
    when: str
    locked: str
    not_found_by_name: str
    not_found_by_day: str
    passed: str
    too_far: str
    too_far_by_a_week: str
    not_here: str
    nothing_free: str
    none_free: str
    """no doctor is free"""
    nearest_days: str
    taken: str
    nearest_time: str
    nearest_times: str


class Appointments(Protocol):
    """What the appointment book says."""

    SENTENCES: AppointmentSentences

    def say_on(self, day: date, today: date) -> str:
        """ "today", "on Monday, December seventh"."""
        ...

    def say_weekdays(self, day: date) -> str:
        """ "on Mondays"."""
        ...


@dataclass(frozen=True, slots=True)
class Pleasantry:
    """Small talk that an appliance answers at any place, unless a site answers it otherwise."""

    id: str
    """a ``Courtesy``, or any other name"""
    ask: tuple[str, ...]
    """what visitors say, as templates; a site's entry that is asked for by one of them takes its place"""
    say: str
    """``{name}``, ``{role}`` and ``{site}`` are those of the site, ``{examples}`` some questions that it can answer,
    ``{kept}`` is what it keeps of a conversation (``Replies.kept_nothing`` and the others)"""


@dataclass(frozen=True, slots=True)
class Replies:
    """Sentences that the appliance says of itself. A site may word the first ones otherwise."""

    goodbye: str
    called: str
    """a person is asked for, and called"""
    not_called: str
    """a person is asked for, and cannot be called from here"""
    no_input: tuple[str, ...]
    no_match: tuple[str, ...]
    filler: str
    """before a reply that takes long"""
    unknown: str
    """offers to call a person"""
    failed: str
    out_of_order: str
    not_known: str
    """the answer to a question in the middle of a task that nothing answers, before the task goes on"""
    rest_unknown: str
    """after the answer to one of two questions; offers to call a person"""
    no_simpler: str
    """before a fact for which the site has no simpler words"""
    kept_nothing: str
    kept_encrypted: str
    """``{days}``: for how long"""
    kept_in_log: str
    ask_me: str
    """before questions that can be asked"""
    or_say: str
    """before a sentence that begins a task"""
    not_needed: str
    """the visitor declined what was offered"""
    what_else: str
    """the visitor says that there is something else"""
    not_changed: str
    """before the offer of a person: what was done cannot be changed or taken back here"""
    one_at_a_time: str
    """before a question is asked again: the visitor wants another one before the first is done"""
    stopped: str
    """a task was given up"""
    all_right: str
    change: str
    """asks what is wrong with what was read back"""
    meant: str
    """before a question that the visitor may have meant"""
    or_meant: str
    which_one: str
    """asks which one is meant, where another one is"""
    asked: str
    """tells what the visitor asked: ``{question}``"""
    value_meant: str
    """asks whether ``{value}`` was meant, which was not heard well"""
    again: str
    """before a question that was not answered"""
    later: str
    """the visitor asks what can be done about a task once it is done"""
    spell: str
    """behind the question for a name that was not understood: it may be spelled"""
    shall_call: str
    which_offer: str
    """after several offers"""
    one_offer: str
    """after one offer"""
    first_offer: str
    """says what was chosen where the visitor left it open: ``{values}``"""
    last_offer: str
    """the same, where the last that can be had was wanted"""
    keeps_choice: str
    """says that a moving does not change to ``{value}`` what was chosen, and what does"""
    cancelled_for_good: str
    """says that what was cancelled cannot be brought back, before a new booking begins"""
    free_then: str
    """says what is free in a span of the day: ``{times}``, and ``{values}`` for the rest of what was asked"""
    free_then_too: str
    """the same, where there are more"""
    now_asked: str
    """asks again for what a task needs, after something else was said: ``{question}`` is the question, ``{lower}`` the
    same with a small first letter"""
    role: str
    """tells the language model who it is: ``{name}`` and ``{role}`` of the persona"""


@dataclass(frozen=True, slots=True)
class Phrases:
    """What visitors say, where a site does not list it otherwise."""

    person: tuple[str, ...]
    """ask for a person"""
    stop: tuple[str, ...]
    """always stop a reply"""
    backchannels: tuple[str, ...]
    """a listener's"""
    agree: str
    """agrees when asked yes or no"""
    refuse: str
    """refuses when asked yes or no"""
