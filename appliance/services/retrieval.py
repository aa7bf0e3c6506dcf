"""Finds what a visitor meant: by meaning, by words, and by sound, and says how sure it is.

Three signals per entry, each the best over the entry's sentences:

* *meaning*: cosine of sentence embeddings (paraphrases: "get my medicine" and "pharmacy"),
* *words*: BM25 of SQLite's FTS5 over stemmed words (names, numbers, codes, which embeddings blur),
* *sound*: how many of the entry's content words were heard, letting a word count that merely sounds alike
  (recognisers write "far messy" for "pharmacy").

A logistic model with a handful of weights turns them, and the lead over the runner-up, into the probability that
the entry answers the visitor. The weights were fitted by ``appliance/evaluation/brain.py --fit`` on development
questions only.
"""

from __future__ import annotations

import itertools
import math
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from appliance.config import Site
from appliance.grounding import FUNCTION_WORDS, content_words, stem
from appliance.knowledge import Entry, Hit, entries
from appliance.messages import Samples
from appliance.numerals import tokens
from appliance.ports import Embedder
from appliance.sounds import likeness


@dataclass(frozen=True, slots=True)
class Weights:
    """How the signals add up."""

    words: float = 0.25
    """rank score of an entry: meaning + ``words`` · words + ``sound`` · sound"""
    sound: float = 0.25
    slope: float = 14.0
    """certainty: slope · (score - middle) + lead · (score - runner-up's score)"""
    middle: float = 0.80
    lead: float = 6.0


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for one entry."""

    meaning: float
    words: float
    sound: float


class Retrieval:
    """In memory; built once from the site. Used by one thread at a time."""

    def __init__(
        self,
        site: Site,
        embedder: Embedder,
        choices: Mapping[str, Sequence[str]] | None = None,
        weights: Weights | None = None,
    ) -> None:
        """``choices``: values of the forms' ``choice`` slots by slot name (see ``knowledge.choices``)."""
        self.entries = tuple(entries(site, choices or {}))
        self.weights = weights or Weights()
        self._embedder = embedder
        sentences = [(n, text.lower()) for n, entry in enumerate(self.entries) for text in _sentences(entry)]
        self._owner = np.array([n for n, _ in sentences], dtype=np.int64)
        """entry of each sentence, shape (sentences,)"""
        self._vectors: Samples = embedder.embed([text for _, text in sentences])
        # One connection for one reader at a time; built in the main thread, read in another.
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._index.execute("CREATE VIRTUAL TABLE sentence USING fts5(text, tokenize = 'porter unicode61')")
        self._index.executemany(
            "INSERT INTO sentence (rowid, text) VALUES (?, ?)", [(n, text) for n, (_, text) in enumerate(sentences)]
        )
        self._keywords = [_keywords(_sentences(entry)) for entry in self.entries]
        spread = [word for keywords in self._keywords for word in keywords]
        self._rarity = {w: math.log(1 + len(self.entries) / spread.count(w)) for w in set(spread)}

    def search(self, text: str) -> list[Hit]:
        """The five best entries, best first; none when there are no words."""
        if not text.strip() or not self.entries:
            return []
        signals = self.signals(text)
        scores = [self.score(s) for s in signals]
        order = sorted(range(len(scores)), key=lambda n: -scores[n])[:5]
        hits = []
        for rank, n in enumerate(order):
            rival = scores[order[1 - rank]] if len(order) > 1 and rank < 2 else scores[order[0]]
            hits.append(Hit(self.entries[n], self.probability(scores[n], rival)))
        return hits

    def score(self, signals: Signals) -> float:
        return signals.meaning + self.weights.words * signals.words + self.weights.sound * signals.sound

    def probability(self, score: float, rival: float) -> float:
        w = self.weights
        return 1 / (1 + math.exp(-(w.slope * (score - w.middle) + w.lead * (score - rival))))

    def signals(self, text: str) -> list[Signals]:
        """What speaks for each entry, in their order."""
        meaning = self._meaning(text)
        words = self._words(text)
        sound = self._sound(text)
        return [Signals(float(m), w, s) for m, w, s in zip(meaning, words, sound, strict=True)]

    def _meaning(self, text: str) -> Samples:
        cosines = self._vectors @ self._embedder.embed([text.lower()])[0]
        best = np.full(len(self.entries), -1.0, dtype=np.float32)
        np.maximum.at(best, self._owner, cosines)
        return best

    def _words(self, text: str) -> list[float]:
        """0..1 per entry: BM25 relative to what the same words could reach at most."""
        best = [0.0] * len(self.entries)
        wanted = [w for w in tokens(text) if w[0].isalnum() and w not in FUNCTION_WORDS]
        if not wanted:
            return best
        query = " OR ".join('"' + w.replace('"', "") + '"' for w in dict.fromkeys(wanted))
        for rowid, rank in self._index.execute(
            "SELECT rowid, bm25(sentence) FROM sentence WHERE sentence MATCH ? ORDER BY rank LIMIT 40", (query,)
        ):
            owner = int(self._owner[rowid])
            best[owner] = max(best[owner], -float(rank))
        return [score / (score + 6.0) for score in best]

    def _sound(self, text: str) -> list[float]:
        """0..1 per entry: share of the visitor's content (weighed by rarity) that the entry's keywords explain."""
        heard = content_words(text)
        pairs = [first + second for first, second in itertools.pairwise(heard)]
        result = []
        for keywords in self._keywords:
            explained, total = 0.0, 0.6
            for word in heard:
                best = max(((_alike(word, k), self._rarity[k]) for k in keywords), default=(0.0, 1.0))
                rarity = best[1] if best[0] > 0 else 2.5
                explained += best[0] * rarity
                total += rarity
            bonus = max(((_alike(pair, k), self._rarity[k]) for pair in pairs for k in keywords), default=(0.0, 0.0))
            result.append(min(1.0, (explained + 0.5 * bonus[0] * bonus[1]) / total))
        return result


def _alike(heard: str, keyword: str) -> float:
    """0..1, 0 below the likeness of chance."""
    if stem(heard) == stem(keyword):
        return 1.0
    if len(heard) < 4 or len(keyword) < 4:
        return 0.0
    alike = likeness(heard, keyword)
    return max(0.0, (alike - 0.6) / 0.4) if alike >= 0.7 else 0.0


def _sentences(entry: Entry) -> tuple[str, ...]:
    return entry.asks if entry.kind == "form" else (*entry.asks, entry.say)


def _keywords(sentences: Sequence[str]) -> frozenset[str]:
    return frozenset(word for sentence in sentences for word in content_words(sentence))
