"""Words without contractions: "he's not breathing" and "he isn't breathing" become "he is not breathing". Pure.

Recognised and typed speech drops apostrophes or writes other ones, so rules that compare words compare these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from appliance.language.words import words_and_questions

_WHOLE = {
    "cannot": "can not",
    "can't": "can not",
    "cant": "can not",
    "won't": "will not",
    "wont": "will not",
    "shan't": "shall not",
    "ain't": "is not",
    "aint": "is not",
    "let's": "let us",
    "lets": "let us",
    "im": "i am",
    "ive": "i have",
    "youre": "you are",
    "youve": "you have",
    "theyre": "they are",
    "thats": "that is",
    "whats": "what is",
    "wheres": "where is",
    "whos": "who is",
    "theres": "there is",
    "hes": "he is",
    "shes": "she is",
    "its": "it is",
    "nevermind": "never mind",
    "alright": "all right",
    "ok": "okay",
    "okey": "okay",
    "gonna": "going to",
    "wanna": "want to",
    "gotta": "got to",
    "gimme": "give me",
    "lemme": "let me",
    "dunno": "do not know",
    "y'all": "you all",
    "ma'am": "madam",
    "mustn't": "must not",
    "o'clock": "oclock",
}
_WITHOUT_APOSTROPHE = re.compile(r"(do|does|did|is|are|was|were|has|have|had|could|would|should|must|need)nt")
_NOT = re.compile(r"(\w+)n't")
_ENDINGS = {"m": "am", "re": "are", "ve": "have", "ll": "will", "d": "would"}
_IS = frozenset(
    """that it this what who where when how why he she there here everything everybody everyone somebody someone
    something nobody nothing one""".split()
)


def full_words(text: str) -> list[str]:
    """Lower-case words and question marks of a text, contractions written out; letters of every script count."""
    return expanded(words_and_questions(text))


def plain(text: str) -> str:
    """The full words of a text without question marks, with single spaces."""
    return " ".join(word for word in full_words(text) if word != "?")


def expanded(words: Iterable[str]) -> list[str]:
    """Lower-case words with contractions written out; what is no contraction stays as it is."""
    full: list[str] = []
    for word in words:
        full += _expand(word).split() if word.isascii() else [word]
    return full


def _expand(word: str) -> str:
    if word in _WHOLE:
        return _WHOLE[word]
    bare = _WITHOUT_APOSTROPHE.fullmatch(word) or _NOT.fullmatch(word)
    if bare:
        return f"{bare[1]} not"
    stem, mark, ending = word.rpartition("'")
    if mark and ending in _ENDINGS:
        return f"{stem} {_ENDINGS[ending]}"
    if mark and ending == "s" and stem in _IS:
        return f"{stem} is"
    return word
