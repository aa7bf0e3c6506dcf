"""Pronunciations: IPA, as espeak-ng writes it for US English, to CMU phones, as pocketsphinx's model knows them."""

from __future__ import annotations

import unicodedata

CMU_PHONES = frozenset(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)

_PHONES = {
    # Vowels and diphthongs. espeak joins r to a vowel; CMU writes it apart, but for the vowel of "nurse".
    **{"i": "IY", "ɪ": "IH", "ᵻ": "IH", "eɪ": "EY", "e": "EY", "ɛ": "EH", "æ": "AE", "a": "AA", "ɑ": "AA", "ɒ": "AA"},
    **{"ɔ": "AO", "oʊ": "OW", "o": "OW", "ʊ": "UH", "u": "UW", "ʌ": "AH", "ə": "AH", "ɐ": "AH", "ɚ": "ER", "ɜ": "ER"},
    **{"ɝ": "ER", "ɜɹ": "ER", "aɪ": "AY", "aʊ": "AW", "ɔɪ": "OY", "n̩": "AH N", "l̩": "AH L", "m̩": "AH M", "y": "UW"},
    # Consonants. A flap is the t or d of "water"; a glottal stop the t of "button".
    **{"b": "B", "tʃ": "CH", "d": "D", "ɾ": "T", "ð": "DH", "f": "F", "ɡ": "G", "g": "G", "h": "HH", "dʒ": "JH"},
    **{"k": "K", "l": "L", "ɫ": "L", "m": "M", "n": "N", "ŋ": "NG", "ɲ": "N Y", "p": "P", "ɹ": "R", "r": "R"},
    **{"s": "S", "ʃ": "SH", "t": "T", "ʔ": "T", "θ": "TH", "v": "V", "w": "W", "ʍ": "W", "j": "Y", "z": "Z"},
    **{"ʒ": "ZH", "x": "K", "ç": "HH", "β": "V", "ɣ": "G", "ʁ": "R"},
}
_LONGEST = max(map(len, _PHONES))
_UNHEARD = frozenset("ˈˌːˑʲʰ‍.-|_ ")
"""Stress, length, palatalisation, joiners: what CMU phones do not tell apart"""


def cmu_phones(ipa: str) -> tuple[str, ...]:
    """CMU phones of an IPA transcription; unknown signs are left out. Empty when nothing is left."""
    # A syllabic mark must stay with its consonant, and nothing else may be composed.
    signs = "".join(sign for sign in unicodedata.normalize("NFD", ipa) if sign not in _UNHEARD)
    phones: list[str] = []
    at = 0
    while at < len(signs):
        for length in range(min(_LONGEST, len(signs) - at), 0, -1):
            if (found := _PHONES.get(signs[at : at + length])) is not None:
                phones.extend(found.split())
                at += length
                break
        else:
            at += 1
    return tuple(phones)


def parse_phones(text: str) -> tuple[str, ...]:
    """CMU phones written by a person, stress digits allowed. Raises ValueError for one that does not exist."""
    phones = tuple(phone.rstrip("012") for phone in text.upper().split())
    for phone in phones:
        if phone not in CMU_PHONES:
            raise ValueError(f"{phone!r} is not a CMU phone; these are {' '.join(sorted(CMU_PHONES))}")
    if not phones:
        raise ValueError("a pronunciation needs at least one phone")
    return phones
