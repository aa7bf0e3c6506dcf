"""How words sound: for recognisers that write "farm assy" where "pharmacy" was said, and "doctor win" for "Doctor
Nguyen". Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from appliance.language import phone_likeness
from appliance.language.english.name_sounds import KNOWN
from appliance.language.phone_likeness import Phones
from appliance.language.words import fold, plain_words

_GROUPS = (
    (r"^(?:kn|gn|pn|wr)", lambda m: m.group()[1]),
    (r"tion|sion|ssion|cian", "xn"),
    (r"sch|sh|ch|tch|dge|cia|tia", "x"),
    (r"ph|v", "f"),
    (r"gh(?=t|$)", ""),
    (r"gh", "k"),
    (r"th", "t"),
    (r"ck|q|x", "k"),
    (r"c(?=[eiy])|z", "s"),
    (r"c|g(?![eiy])", "k"),
    (r"g|j", "x"),
    (r"b", "p"),
    (r"d", "t"),
    (r"m", "n"),
    (r"(?<=.)[hw]", ""),
    (r"(?<!^)[aeiouy]+", ""),
    (r"^[aeiouy]+", "a"),
    (r"(.)\1+", r"\1"),
)


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """The consonants of a word, those that are easily confused written alike: "pharmacy" and "farmesy" are
    both ``frns``."""
    code = re.sub(r"[^a-z]", "", word.lower())
    for pattern, replacement in _GROUPS:
        code = re.sub(pattern, replacement, code)
    return code


@lru_cache(maxsize=50_000)
def likeness(a: str, b: str) -> float:
    """0..1; 1 for the same letters, high for the same sounds. May be given several words as one string."""
    a, b = a.replace(" ", ""), b.replace(" ", "")
    if a == b:
        return 1.0
    letters = fuzz.ratio(a, b) / 100
    code_a, code_b = skeleton(a), skeleton(b)
    # Short skeletons agree by chance.
    trust = min(1.0, (len(code_a) + len(code_b)) / 8)
    sounds = fuzz.ratio(code_a, code_b) / 100 * trust
    return 0.5 * letters + 0.5 * max(letters, sounds) if sounds > letters else letters


# --- names ------------------------------------------------------------------------------------------------------------

_FRONT = "[eiy]"
_VOWEL = "[aeiouy]"
_END = "(?![a-z])"
_ENDING = "(?:e?s)?(?![a-z])"

_LETTERS: tuple[tuple[str, str], ...] = (
    # beginnings
    (r"\bkn|\bgn|\bpn", "N"),
    (r"\bwr", "R"),
    (r"\bwh(?=o)", "HH"),
    (r"\bx", "Z"),
    (r"\bps", "S"),
    (r"\bmc(?=[ckg])", "M AH"),
    (r"\bo(?=(?:brien|neil|connor|hara|dell|donnell|reilly|leary)l?\b)", "OW"),
    (r"\bmc", "M AH K"),
    # endings
    (rf"tion|sion|cian|ssion{_END}", "SH AH N"),
    (rf"(?<=[a-z])ough{_END}", "AO F"),
    (rf"(?<=[a-z][a-z])ski{_END}|sky{_END}", "S K IY"),
    (rf"wicz{_END}", "V IH CH"),
    (rf"(?<=[bcdfgkpstz])le{_END}", "AH L"),
    (rf"(?<=[bcdfgkpstz])les{_END}", "AH L Z"),
    (rf"(?<=[a-z])mb{_END}", "M"),
    (rf"(?<=ns)on{_END}|(?<=rs)on{_END}|(?<=[a-z][a-z])son{_END}", "S AH N"),
    (rf"(?<=[a-z][a-z])man{_END}", "M AH N"),
    (rf"(?<=[a-z][a-z])ed{_END}", "D"),
    # groups of consonants
    (r"schw", "SH W"),
    (r"sch(?=[mnlr])|sch", "SH"),
    (r"tch|cz", "CH"),
    (r"tsch", "CH"),
    (r"dg(?=e)", "JH"),
    (r"ch(?=r)", "K"),
    (r"ch", "CH"),
    (r"sh|(?<=[a-z])tz?sch", "SH"),
    (r"zh", "ZH"),
    (r"ph", "F"),
    (r"th", "TH"),
    (r"wh", "W"),
    (r"kh", "K"),
    (r"bh", "B"),
    (r"dh", "D"),
    (r"rh", "R"),
    (rf"(?<=i)gh(?=t)|(?<=[aeiou])gh(?=t|{_END})", ""),
    (r"gh", "G"),
    (r"ck|kk|cc(?![eiy])|q(?!u)", "K"),
    (r"qu(?=e\b)", "K"),
    (r"qu", "K W"),
    (r"ng(?=[aeiou][a-z])(?<!\bng)", "NG G"),
    (r"ng", "NG"),
    (r"nk", "NG K"),
    (r"x", "K S"),
    (rf"sc(?={_FRONT})", "S"),
    (rf"cc(?={_FRONT})", "K S"),
    (r"ci(?=[aou])", "SH"),
    (rf"c(?={_FRONT})", "S"),
    (r"c", "K"),
    (r"gg", "G"),
    (r"(?<=[a-z])g(?=e(?!r)|y)", "JH"),
    (r"\bg(?=eo|y|en[^a-z]|era|erm)", "JH"),
    (r"\bgil(?=es)", "JH AY L"),
    (r"g", "G"),
    (r"j", "JH"),
    (r"tz", "T S"),
    (r"zz|z", "Z"),
    (rf"ss|(?<={_VOWEL})s(?=s)", "S"),
    (rf"(?<=[aeiouylmnrwdbgv])s{_END}", "Z"),
    (rf"(?<={_VOWEL})s(?={_VOWEL})", "Z"),
    (r"s", "S"),
    (r"pp|p", "P"),
    (r"bb|b", "B"),
    (r"dd|d", "D"),
    (r"tt|t", "T"),
    (r"ff|f", "F"),
    (r"v", "V"),
    (r"k", "K"),
    (r"ll|l", "L"),
    (r"mm|m", "M"),
    (r"nn|n", "N"),
    (r"(?<=[aeiouy])h(?![aeiouy])", ""),
    (r"h", "HH"),
    # vowels before r
    (r"(?:ear|eir|ere|eer|ier)(?![aeiou])", "IH R"),
    (r"air|are|ayer(?=s)", "EH R"),
    (rf"(?<=[a-z][a-z])ard{_END}", "ER D"),
    (r"arr(?=[aeiouy])", "EH R"),
    (r"aar|arr|ar(?![aeiouyr])", "AA R"),
    (rf"(?<=[a-z][a-z])or{_END}", "ER"),
    (r"orr(?=[aeiouy])", "AO R"),
    (r"oor|our|oar|orr?e?(?![aiouy])", "AO R"),
    (r"err(?=[aeiouy])", "EH R"),
    (r"(?<=[aeo])ir(?![aeiouy])", "ER"),
    (r"(?:er|ir|ur|yr)r?e?(?![aeiouyr])|(?:ir|ur)(?=r[aeiouy])", "ER"),
    (r"rr|r", "R"),
    # groups of vowels
    (r"eigh|aigh", "EY"),
    (r"augh|aw|au", "AO"),
    (r"igh", "AY"),
    (r"oy|oi", "OY"),
    (r"ow(?=[ndl]?e?s?\b)|ou(?=gh)|(?<=ll)ow(?=ay)", "OW"),
    (r"ow|ou", "AW"),
    (r"oo|eu|ew|ue|uu", "UW"),
    (r"oa|oe", "OW"),
    (r"ee|ea", "IY"),
    (r"ay|ai|ey(?=[a-z])|ei(?=g)", "EY"),
    (r"eil", "IY L"),
    (r"ei|uy", "AY"),
    (rf"ie(?=[a-z])|ey{_END}|ie{_END}|(?<=[a-z])y{_END}(?<=[a-z][a-z]y)", "IY"),
    (r"(?<=[bcdfghklmnprstvwz])y(?=[aeiou])", "AY"),
    (rf"y(?={_VOWEL})", "Y"),
    (r"w(?=[aeiouyr])", "W"),
    (r"w", ""),
    # silent and long vowels
    (rf"(?<=[aeiouy][a-z])es{_END}", "Z"),
    (rf"(?<=[a-z])ye{_END}", "AY"),
    (rf"(?<=[a-z][a-z])e{_END}", ""),
    (rf"a(?=[^aeiouywrxh]e{_ENDING})", "EY"),
    (rf"i(?=[^aeiouywrxh]e{_ENDING})|y(?=[^aeiouywrxh]e{_ENDING})", "AY"),
    (rf"o(?=[^aeiouywrxh]e{_ENDING})", "OW"),
    (rf"u(?=[^aeiouywrxh]e{_ENDING})", "UW"),
    (r"i(?=[nl]d\b)", "AY"),
    (r"o(?=l[dlt])", "OW"),
    (r"(?<=[a-z])a\b|a(?=h\b)", "AH"),
    (r"(?<=[a-z])i\b", "IY"),
    (r"(?<=[a-z])o\b", "OW"),
    (r"(?<=[a-z])u\b", "UW"),
    (r"(?<=[a-z])y(?=[^aeiou])", "IH"),
    (r"ye?\b", "AY"),
    (r"a(?=l[kmt])|a(?=ll\b)", "AO"),
    (r"a", "AE"),
    (r"e", "EH"),
    (r"i", "IH"),
    (r"o", "AA"),
    (r"u", "AH"),
    (r"y", "Y"),
)
"""What letters stand for in an English reading, the first that fits: a rough one, for names of every origin"""
_READ = re.compile("|".join(f"(?P<r{n}>{pattern})" for n, (pattern, _) in enumerate(_LETTERS)))


def _read(word: str) -> Phones:
    """CMU phones of a word by its letters."""
    phones = [_LETTERS[int((match.lastgroup or "r0")[1:])][1] for match in _READ.finditer(word)]
    return tuple(" ".join(phones).split())


@lru_cache(maxsize=20_000)
def pronunciations(text: str) -> tuple[Phones, ...]:
    """How a name may be said, in CMU phones: as its letters are read in English, and as ``KNOWN`` has it. The first
    words of several may be said in one way only."""
    ways: list[Phones] = [()]
    for word in plain_words(fold(text)):
        known = KNOWN.get(word, ())
        read = _read(word.replace("'", ""))
        ways = [before + way for before in ways[:_MOST_WAYS] for way in (*known, read)]
    return tuple(dict.fromkeys(way for way in ways if way))


_MOST_WAYS = 4


@lru_cache(maxsize=50_000)
def name_likeness(a: str, b: str) -> float:
    """0..1, how alike two names sound; 1 for the same letters or the same phones."""
    return 1.0 if a == b else phone_likeness.likeness(pronunciations(a), pronunciations(b))
