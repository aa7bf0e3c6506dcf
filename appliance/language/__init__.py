"""How people say things: words, numbers, dates, times, names, and how they are spoken. One folder per language.

A ``Language`` is a value. A site chooses it by its tag, and it is passed to whatever works on words; there is no global
one. It is a record of parts. A part is a module of the language's folder; ``parts`` has the Protocols that say what
each must offer, and mypy checks the modules against them. So a new language is a folder of tables and functions, and
what holds in every language (when a form is complete, when a shop is open) stands outside these folders. The languages
that a site may choose are in ``offered``.

Imports: core. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from appliance.language.parts import (
    Answers,
    Appointments,
    Comparisons,
    Dates,
    DayWindows,
    Drafts,
    Emergencies,
    FollowUps,
    Hours,
    Intents,
    Names,
    Numbers,
    Phrases,
    Pleasantry,
    Questions,
    Recall,
    Replies,
    Sentences,
    Shifts,
    SiteGrammar,
    Slots,
    Speech,
    Statements,
    Tasks,
    TimeWindows,
    Words,
)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Language:
    """See the module."""

    tag: str
    """BCP 47, as in "en-US" """
    espeak_voice: str
    """that pronounces words which no dictionary has"""
    fts5_tokenizer: str
    """of SQLite's full text search, with the language's stemmer where there is one"""
    tokens: Callable[[str], list[str]]
    """Cuts a text into words to compare, figures, currency signs and marks."""
    full_words: Callable[[str], list[str]]
    """Lower-case words and question marks of a text, contractions written out."""
    expanded: Callable[[Iterable[str]], list[str]]
    """Lower-case words with contractions written out; what is no contraction stays as it is."""
    likeness: Callable[[str, str], float]
    """0..1, how alike two words sound; 1 for the same letters."""
    name_likeness: Callable[[str, str], float]
    """The same for two names, by the sounds of their letters: of names that are heard as other words."""
    text_value: Callable[[str], str]
    """A free answer as it is kept: without fillers, an e-mail address put together."""
    words: Words
    statements: Statements
    numbers: Numbers
    dates: Dates
    time_windows: TimeWindows
    day_windows: DayWindows
    shifts: Shifts
    names: Names
    intents: Intents
    tasks: Tasks
    questions: Questions
    drafts: Drafts
    follow_ups: FollowUps
    comparisons: Comparisons
    answers: Answers
    slots: Slots
    hours: Hours
    emergencies: Emergencies
    recall: Recall
    sentences: Sentences
    speech: Speech
    grammar: SiteGrammar
    appointments: Appointments
    replies: Replies
    pleasantries: Sequence[Pleasantry]
    phrases: Phrases

    def __repr__(self) -> str:
        return repr(self.tag)
