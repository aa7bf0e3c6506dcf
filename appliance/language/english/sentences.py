"""Where an English sentence ends. Pure."""

from __future__ import annotations

import re

from appliance.language.english.normalise import ABBREVIATIONS, BEFORE_A_NUMBER, NUMBERED_PLACES, UNITS, ends_before

_ONLY_AFTER_A_NUMBER = frozenset({"in.", "m.", "s.", "l.", "h.", "g.", "mi."})
_ONLY_CAPITAL = frozenset(
    """sat. sun. mon. mar. jan. jun. co. ct. rev. gen. dec. rep. col. hon. adm. maj. temp.""".split()
)
"""Abbreviations that are words or names as well"""
_INITIALS = re.compile(r"[A-Za-z](?:\.[A-Za-z])+\.")
_INITIAL = re.compile(r"[A-Z]\.")
_JOINED = re.compile(r"[-–—/]")
_FIRST_WORD = re.compile(r"([A-Za-z']+)[\s,]")


_ANYTHING = re.compile(r"\S")
_LOOK_BACK = 60
"""most characters of a text that are looked at before a mark"""


def ends_sentence(text: str, end: int) -> bool:
    """Whether the full stop, or other strong mark, before ``end`` ends a sentence. An abbreviation's does not, but at
    the end of the text."""
    *_, before, word = ["", *text[max(0, end - _LOOK_BACK) : end].split()[-2:]] if end else ["", ""]
    # "Mon.-Fri."
    word = _JOINED.split(word.lstrip("([\"'"))[-1]
    if not word.endswith(".") or word.endswith("..") or not _ANYTHING.search(text, end):
        return True
    ahead = text[end : end + _LOOK_BACK].lstrip()
    follows = ahead[:1]
    lower = word.lower()
    abbreviates = lower in ABBREVIATIONS or lower[:-1] in UNITS or _INITIALS.fullmatch(word)
    # A word that has not ended yet may go on: "The" to "Theodore".
    if abbreviates and (first := _FIRST_WORD.match(ahead)) and ends_before(word, first[1]):
        return True
    if abbreviates and follows.islower() and lower not in _ONLY_AFTER_A_NUMBER | {"no."}:
        return lower in _ONLY_CAPITAL and lower != "temp." and not word[0].isupper()
    if _INITIALS.fullmatch(word):
        return False
    if _INITIAL.fullmatch(word):
        # "Room B. Then", "so am I. But"
        return before.lower() in NUMBERED_PLACES or (word in ("I.", "A.") and not before[:1].isupper())
    if lower in _ONLY_AFTER_A_NUMBER and follows.islower():
        return not before[-1:].isdigit()
    if lower not in ABBREVIATIONS:
        return True
    if lower in _ONLY_AFTER_A_NUMBER:
        return not before[-1:].isdigit()
    if lower in BEFORE_A_NUMBER:
        return not follows.isdigit()
    return lower in _ONLY_CAPITAL and not word[0].isupper()


_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


def sentences(text: str) -> list[str]:
    """A fact cut into its sentences."""
    text = text.strip()
    found: list[str] = []
    begin = 0
    for gap in _SENTENCE_END.finditer(text):
        if ends_sentence(text, gap.start()):
            found.append(text[begin : gap.start()])
            begin = gap.end()
    return [*found, text[begin:]]
