"""Changes words as a recogniser might mishear them. The seed is fixed, so that figures can be reproduced.

Each word is hit with the same probability. Of the hits 70 % become another common word that sounds like it (by
CMU phones, one of the five nearest), 15 % any common word, and 15 % are lost. A large-vocabulary recogniser errs
roughly like this. The likeness used here (phones) is not the one that the retrieval uses (letters and consonants).
"""

from __future__ import annotations

import random
from functools import cache
from importlib import resources
from pathlib import Path

from rapidfuzz import fuzz, process

SOUNDS_ALIKE, ANY_WORD = 0.70, 0.85
"""Borders of the draw between a word that sounds alike, any word, and a lost word."""


class Mishearing:
    """Corrupts sentences. The same seed and sentences give the same errors."""

    def __init__(self, seed: int, rate: float = 0.2) -> None:
        self._chance = random.Random(seed)
        self._rate = rate
        text = resources.files("appliance.bench.workbench").joinpath("questions/common_words.txt").read_text("utf-8")
        phones = _pronunciations()
        self._phones = {word: phones[word] for word in text.split() if word in phones}
        self._all_phones = phones
        self._nearest: dict[str, list[str]] = {}

    def __call__(self, sentence: str) -> str:
        return self.hear(sentence)[0]

    def hear(self, sentence: str) -> tuple[str, float]:
        """The words as misheard, and the share of them that was hit."""
        words = sentence.lower().split()
        heard = []
        hit = 0
        for word in words:
            if self._chance.random() >= self._rate:
                heard.append(word)
                continue
            hit += 1
            draw = self._chance.random()
            if draw < SOUNDS_ALIKE:
                heard.append(self._chance.choice(self._near(word)))
            elif draw < ANY_WORD:
                heard.append(self._chance.choice(sorted(self._phones)))
        if not heard:
            return sentence.lower(), 0.0
        return " ".join(heard), hit / len(words)

    def _near(self, word: str) -> list[str]:
        if word not in self._nearest:
            phones = self._all_phones.get(word)
            if phones is None:
                found = process.extract(word, list(self._phones), scorer=fuzz.ratio, limit=6)
                names = [str(name) for name, _, _ in found]
            else:
                found = process.extract(phones, self._phones, scorer=fuzz.ratio, limit=8)
                names = [str(name) for _, _, name in found]
            self._nearest[word] = [name for name in names if name != word][:5]
        return self._nearest[word]


@cache
def _pronunciations() -> dict[str, str]:
    """Word to phones, one character each, from pocketsphinx's own dictionary."""
    import pocketsphinx

    path = Path(pocketsphinx.get_model_path()) / "en-us" / "cmudict-en-us.dict"
    codes: dict[str, str] = {}
    words: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phones = line.split()
        if "(" not in word:
            words[word] = "".join(codes.setdefault(phone, chr(0x100 + len(codes))) for phone in phones)
    return words
