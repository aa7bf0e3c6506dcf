"""Finds the entries that a visitor may have meant, with probabilities, by meaning, words, sound and kind of answer.

Signals per entry (a fact, opening hours, a task):

* *meaning*: cosines of sentence embeddings: the best sentence of the entry, the mean of the best three, and the
  fact itself ("get my medicine" and "pharmacy"),
* *learnt*: the log probability by a classifier of such embeddings, fitted to the site's own sentences,
* *words*: BM25 of SQLite's FTS5 over stemmed words (names, numbers, codes, which embeddings blur),
* *sound*: the share of the visitor's content words that the entry explains, where a word also counts when it merely
  sounds alike (recognisers write "far messy" for "pharmacy"),
* *kind*: whether the entry gives the kind of answer that was asked for (a place, a time, a price), or lacks what
  the question demands,
* *lead*: by how much the best entry is ahead of the next one, and the others behind it, by meaning and by sound,
* *answers*: the log odds that the entry answers the question, by a model that reads both together. It is asked for
  the most probable entries, and only where the other signals leave a doubt, since each costs milliseconds.

A softmax over all entries and *none of them* turns the weighted signals into probabilities. "None" has a signal of
its own: how near the question is to what people ask elsewhere (``elsewhere.txt``; what the site itself covers is
left out). Small talk is not weighed with them: it is what is near to a sentence of small talk, and to nothing of the
site.

A site on which much was written for each entry, and one whose author wrote a line or two, need different weights: where
few sentences are known, a visitor's are rarely near one of them. So there are two sets, ``RICH`` and ``THIN``, and
between them is a blend. ``RICH_JUDGED`` and ``THIN_JUDGED`` take their place once the most probable entries were
judged. A thin site is also searched by what the rules of the language draft from its facts (``Entry.drafts``), and what
people ask of everyday things that the site does not speak of counts as asked elsewhere.
All weights were fitted on development questions only: ``python -m appliance.bench.workbench.fit_retrieval``.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import sqlite3
import threading
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz, process

from appliance.brain import entry_classifier
from appliance.brain.entry_classifier import Discriminant
from appliance.brain.knowledge import Entry, Hit, holding
from appliance.core.audio import Samples
from appliance.core.ports import AnswerJudge, Embedder, PortError
from appliance.language import Language
from appliance.language.parts import Questions

SIGNALS = (
    "best",
    "three",
    "said",
    "words",
    "sound",
    "kind",
    "form",
    "lacks",
    "learnt",
    "lead",
    "lead by sound",
    "answers",
)
"""columns of ``Retrieval.signals``"""

ANSWERS = SIGNALS.index("answers")

COVERED = 0.72
"""Cosine from which a question of ``elsewhere.txt`` counts as covered by the site."""


SAME = 0.999
"""Cosine from which two vectors of one sentence count as made by the same model."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of the signals, in the order of ``SIGNALS``, and those of "none of them"."""

    signals: tuple[float, ...]
    none: float
    elsewhere: float

    def blended(self, other: Weights, share: float) -> Weights:
        """These weights with a share, 0 to 1, of ``other``."""
        mixed = tuple((1 - share) * a + share * b for a, b in zip(self.signals, other.signals, strict=True))
        none = (1 - share) * self.none + share * other.none
        return Weights(mixed, none, (1 - share) * self.elsewhere + share * other.elsewhere)


RICH = Weights((3.27, 1.5, 1.27, -0.54, 2.85, 0.39, -0.6, -2.48, 0.76, 0.0, 0.0, 0.0), 0.53, 6.41)
"""for sites with ``MANY`` written sentences for each entry"""

THIN = Weights((1.72, 1.55, 3.71, -0.21, -0.2, 0.19, -1.37, -1.9, 0.59, 2.71, 1.09, 0.0), -0.76, 6.99)
"""for sites with ``FEW`` of them or fewer"""

THIN_JUDGED = Weights((0.69, 0.88, 2.21, -0.25, -0.39, 0.11, -0.94, -1.2, 0.42, 2.86, 0.77, 0.56), -1.79, 5.64)
"""for the same sites, where a model has judged the most probable entries"""

RICH_JUDGED = Weights((1.68, 1.45, 1.13, -0.62, 1.5, 0.19, -0.52, -2.38, 0.51, 1.47, 0.94, 0.49), -1.36, 6.36)
"""as ``RICH``, where a model has judged the most probable entries"""

BEYOND_DOUBT = 0.97
"""Probability of an entry, or of none, from which nothing is judged any more"""

JUDGED_ENTRIES = 3
"""How many entries are judged, the most probable ones"""

JUDGED_LINES = 2
"""How many questions that an entry is known to answer are read with it, the nearest ones"""

UNANSWERED = -4.0
"""Least log odds that count. Entries that are not judged have them."""

FEW, MANY = 3.5, 6.0


def thinness(entries: Sequence[Entry]) -> float:
    """How much of ``THIN`` the weights of a site take, 0 to 1, by the mean number of written sentences of its facts and
    opening hours."""
    counts = [entry.written for entry in entries if entry.kind in ("fact", "hours")]
    mean = sum(counts) / len(counts) if counts else MANY
    return min(1.0, max(0.0, (MANY - mean) / (MANY - FEW)))


NAMED = 0.8
"""Probability that is given to the one entry with the room, desk or line whose number the visitor said. Several that
are at the place about which the visitor asks share it."""


TALK = 0.62
"""Cosine with a sentence of small talk from which words count as that small talk."""

UNLIKE_TALK = 0.4
"""Probability of an entry of the site from which words must be nearer to small talk."""

SURELY_TALK = 0.9
"""``TALK`` where an entry of the site is probable too."""


class Retrieval:
    """The index over a site's entries. It is built once from the site and kept in memory. Several threads may use
    it."""

    def __init__(
        self,
        entries: Sequence[Entry],
        embedder: Embedder,
        language: Language,
        weights: Weights | None = None,
        cache: Path | None = None,
        judge: AnswerJudge | None = None,
    ) -> None:
        """``cache`` is a file that keeps the vectors of the entries' sentences, so that only the first start takes the
        time to make them. Nothing that a visitor says is written to it. ``weights`` are those of the site's kind unless
        they are given. Without a ``judge`` nothing is known of whether an entry answers a question."""
        self.entries = tuple(entry for entry in entries if entry.kind != "talk")
        self._talk = tuple(entry for entry in entries if entry.kind == "talk")
        everyday = language.drafts.everyday()
        # A language without such questions has none that could stand in for those of a thin site, and no judge.
        thin = thinness(self.entries) if everyday else 0.0
        self._judge = judge if everyday else None
        self.weights = weights or RICH.blended(THIN, thin)
        """of the signals but the judge's"""
        self._judged = weights or RICH_JUDGED.blended(THIN_JUDGED, thin)
        """of all signals"""
        self._embedder = embedder
        self._language = language
        words = language.words
        asked = [_asked(entry, drafted=thin > 0) for entry in self.entries]
        said = [() if entry.kind == "form" else (entry.say,) for entry in self.entries]
        sentences = [
            (n, text.lower())
            for n, texts in enumerate(zip(asked, said, strict=True))
            for text in (*texts[0], *texts[1])
        ]
        self.sentences = [text for _, text in sentences]
        self._owner = np.array([n for n, _ in sentences], dtype=np.int64)
        """entry of each sentence, shape (sentences,)"""
        talk = [(n, text.lower()) for n, entry in enumerate(self._talk) for text in entry.asks]
        self._talk_sentences = [text for _, text in talk]
        self._talk_owner = np.array([n for n, _ in talk], dtype=np.int64)
        """entry of small talk of each of its sentences, shape (sentences,)"""
        elsewhere = [*_elsewhere(), *(everyday if thin > 0 else ())]
        embedded = [*self.sentences, *elsewhere, *(text for _, text in talk)]
        made = _make(embedded, self._owner, len(self.entries), embedder, cache)
        parts = np.cumsum([len(self.sentences), len(elsewhere)])
        self._vectors, others, self._talk_vectors = np.split(made.vectors, parts)
        self._learnt = made.learnt
        nearest = (others @ self._vectors.T).max(axis=1, initial=-1.0)
        self._elsewhere = others[nearest < COVERED]
        self._reading = threading.Lock()
        """held by the one thread that reads the index"""
        self._index = sqlite3.connect(":memory:", check_same_thread=False)
        self._index.execute(f"CREATE VIRTUAL TABLE sentence USING fts5(text, tokenize = '{language.fts5_tokenizer}')")
        self._index.executemany("INSERT INTO sentence (rowid, text) VALUES (?, ?)", enumerate(self.sentences))
        texts = [(*a, *s) for a, s in zip(asked, said, strict=True)]
        self._keywords = [frozenset(w for text in of for w in words.content_words(text)) for of in texts]
        self._vocabulary = sorted(set().union(*self._keywords))
        self._by_stem: dict[str, list[str]] = {}
        for word in self._vocabulary:
            self._by_stem.setdefault(words.stem(word), []).append(word)
        occurrences = list(itertools.chain.from_iterable(self._keywords))
        self._rarity = {w: math.log(1 + len(self.entries) / occurrences.count(w)) for w in self._vocabulary}
        self._kinds = [_kinds(entry, a, language.questions) for entry, a in zip(self.entries, asked, strict=True)]

    def glance(self, text: str) -> list[Hit] | None:
        """See ``Finder.glance``. It takes some 10 ms of processor time, and ``search`` 70 where a judge is asked."""
        return self._search(text, None)

    def search(self, text: str) -> list[Hit]:
        """The five best entries, best first. The list is empty when the text has no words."""
        return self._search(text, self._judge) or []

    def _search(self, text: str, judge: AnswerJudge | None) -> list[Hit] | None:
        """See ``search``; None where a judge would have to be asked and is not given."""
        if not text.strip() or not self.entries:
            return []
        vector = self._embedder.embed([text.lower()])[0]
        signals, elsewhere = self._signals(text, vector)
        probabilities = _probabilities(self.weights, signals, elsewhere)
        if self._judge is not None and probabilities.max() < BEYOND_DOUBT:
            if judge is None:
                return None
            signals = self._with_answers(judge, text, vector, signals, elsewhere)
            probabilities = _probabilities(self._judged, signals, elsewhere)
        best = np.argsort(-probabilities[:-1])[:5]
        hits = [Hit(self.entries[n], float(probabilities[n])) for n in best]
        talk = self._small_talk(text, vector, hits[0].probability)
        if talk is not None:
            return [Hit(talk, NAMED), *hits[:4]]
        # "Third floor" asks for what is there, and is like "how do i get to the third floor" too.
        asks_place = bool(self._language.questions.place_asked(text))
        held = holding(self.entries, text, self._language) if hits[0].probability < NAMED or asks_place else []
        if not held or (len(held) > 1 and not asks_place):
            return hits
        others = [hit for hit in hits if hit.entry not in held]
        return [*(Hit(entry, NAMED / len(held)) for entry in held), *others][: max(5, len(held))]

    def nearest(self, text: str, entry: Entry) -> str:
        """The sentence of an entry that is nearest to a text by meaning."""
        texts = (*entry.asks, entry.say)
        cosines = self._embedder.embed([known.lower() for known in texts]) @ self._embedder.embed([text.lower()])[0]
        return texts[int(np.argmax(cosines))]

    def signals(self, text: str) -> tuple[npt.NDArray[np.float64], float]:
        """Signals of each entry, shape (entries, len(SIGNALS)), and the nearness to what is asked elsewhere. A judge is
        asked of every text."""
        vector = self._embedder.embed([text.lower()])[0]
        rows, nearest = self._signals(text, vector)
        return (rows if self._judge is None else self._with_answers(self._judge, text, vector, rows, nearest)), nearest

    def _small_talk(self, text: str, vector: Samples, otherwise: float) -> Entry | None:
        """The small talk that is meant by a text with this vector. ``otherwise`` is the best entry's probability."""
        if not len(self._talk_vectors):
            return None
        cosines = self._talk_vectors @ vector
        nearest = int(cosines.argmax())
        needed = TALK if otherwise < UNLIKE_TALK else SURELY_TALK
        likely = cosines[nearest] >= max(needed, float((self._vectors @ vector).max(initial=-1.0)))
        # Vectors hardly tell "i am not nervous" from "i am nervous".
        denied = self._denies(text) and not self._denies(self._talk_sentences[nearest])
        return self._talk[self._talk_owner[nearest]] if likely and not denied else None

    def _denies(self, text: str) -> bool:
        """Whether a negation stands in a text, but for a question tag: "nice weather isn't it"."""
        known = self._language.words
        words = [word for word in self._language.tokens(text) if word[0].isalnum()]
        tagged = len(words) > 2 and words[-1] in known.FUNCTION_WORDS
        return any(word in known.NEGATIONS for word in (words[:-2] if tagged else words))

    def _signals(self, text: str, vector: Samples) -> tuple[npt.NDArray[np.float64], float]:
        """See ``signals``, without a judge."""
        cosines = self._vectors @ vector
        rows = np.zeros((len(self.entries), len(SIGNALS)))
        questions = self._language.questions
        wanted, demanded = questions.asked_for(text), questions.demands(text)
        for n, entry in enumerate(self.entries):
            own = cosines[self._owner == n]
            best = np.sort(own)[::-1][:3]
            rows[n, 0] = best[0]
            rows[n, 1] = best.mean()
            rows[n, 2] = own[-1] if entry.kind != "form" else rows[n, 1]
            rows[n, 5] = len(wanted & self._kinds[n]) / len(wanted) if wanted else 0.0
            rows[n, 6] = entry.kind == "form"
            rows[n, 7] = bool(demanded) and not demanded & self._kinds[n]
        rows[:, 3] = self._words(text)
        rows[:, 4] = self._sound(text)
        rows[:, 8] = self._learnt.log_probabilities(vector)
        rows[:, 9], rows[:, 10] = _lead(rows[:, 0]), _lead(rows[:, 4])
        return rows, float((self._elsewhere @ vector).max()) if len(self._elsewhere) else 0.0

    def _with_answers(
        self,
        judge: AnswerJudge,
        text: str,
        vector: Samples,
        signals: npt.NDArray[np.float64],
        elsewhere: float,
    ) -> npt.NDArray[np.float64]:
        """The signals with the log odds, at least ``UNANSWERED``, that each entry answers a text."""
        chosen = np.argsort(-_probabilities(self.weights, signals, elsewhere)[:-1])[:JUDGED_ENTRIES]
        cosines = self._vectors @ vector
        texts = []
        for n in chosen:
            known = np.flatnonzero(self._owner == n)
            said = known[-1:] if self.entries[n].kind != "form" else known[:0]
            asked = known[: len(known) - len(said)]
            nearest = asked[np.argsort(-cosines[asked])][:JUDGED_LINES]
            texts.append([self.sentences[k] for k in (*said, *nearest)])
        judged = signals.copy()
        judged[:, ANSWERS] = UNANSWERED
        judged[chosen, ANSWERS] = np.maximum(judge.log_odds(text, texts), UNANSWERED)
        return judged

    def _words(self, text: str) -> list[float]:
        """BM25 of each entry, saturated to 0..1."""
        best = [0.0] * len(self.entries)
        function_words = self._language.words.FUNCTION_WORDS
        wanted = [w for w in self._language.tokens(text) if w[0].isalnum() and w not in function_words]
        if not wanted:
            return best
        query = " OR ".join('"' + word.replace('"', "") + '"' for word in dict.fromkeys(wanted))
        ranked = "SELECT rowid, bm25(sentence) FROM sentence WHERE sentence MATCH ? ORDER BY rank LIMIT 60"
        with self._reading:
            rows = self._index.execute(ranked, (query,)).fetchall()
        for rowid, rank in rows:
            owner = int(self._owner[rowid])
            best[owner] = max(best[owner], -float(rank))
        return [score / (score + 6.0) for score in best]

    def _sound(self, text: str) -> list[float]:
        """Share, 0..1 for each entry, of the visitor's content words, weighted by rarity, that its keywords explain."""
        heard = self._language.words.content_words(text)
        alike = [self._alike(word) for word in heard]
        pairs = [self._alike(first + second) for first, second in itertools.pairwise(heard)]
        shares = []
        for keywords in self._keywords:
            explained, total = 0.0, 0.6
            for candidates in alike:
                likeness_, rarity = _strongest(candidates, keywords, self._rarity, otherwise=2.5)
                explained += likeness_ * rarity
                total += rarity
            joined = max((_strongest(p, keywords, self._rarity, 0.0) for p in pairs), default=(0.0, 0.0))
            shares.append(min(1.0, (explained + 0.5 * joined[0] * joined[1]) / total))
        return shares

    def _alike(self, heard: str) -> dict[str, float]:
        """Keywords of the site that a heard word may be, each with its likeness, 0..1."""
        found = dict.fromkeys(self._by_stem.get(self._language.words.stem(heard), ()), 1.0)
        if len(heard) >= 4:
            for keyword, _, _ in process.extract(heard, self._vocabulary, scorer=fuzz.ratio, limit=8, score_cutoff=45):
                alike = self._language.likeness(heard, keyword) if len(keyword) >= 4 else 0.0
                if alike >= 0.7 and keyword not in found:
                    found[keyword] = (alike - 0.6) / 0.4
        return found


def _elsewhere() -> list[str]:
    """Questions that people ask at any reception or machine, one in each line of ``elsewhere.txt``."""
    text = resources.files("appliance.brain").joinpath("elsewhere.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line]


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """The parts of the retrieval that take long to compute."""

    vectors: Samples
    learnt: Discriminant


def _make(
    sentences: Sequence[str], owners: npt.NDArray[np.int64], entries: int, embedder: Embedder, cache: Path | None
) -> _Made:
    """Make the vectors of the sentences, and the classifier of the first of them, which belong to ``owners``. They are
    read from ``cache`` when it holds those of the same sentences by the same model."""
    digest = hashlib.sha256("\n".join((*sentences, *map(str, owners))).encode()).hexdigest()
    if cache is not None:
        try:
            with np.load(cache, allow_pickle=False) as kept:
                vectors: Samples = kept["vectors"]
                if str(kept["digest"]) == digest and float(vectors[-1] @ embedder.embed(sentences[-1:])[0]) > SAME:
                    return _Made(vectors, Discriminant(kept["middle"], kept["weights"]))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            pass  # there is no cache yet, or another program wrote it: it is made anew
    vectors = embedder.embed(sentences)
    made = _Made(vectors, entry_classifier.fit(vectors[: len(owners)], owners, entries))
    if cache is not None:
        try:
            cache.parent.mkdir(parents=True, exist_ok=True)
            scratch = cache.with_suffix(".new.npz")
            learnt = made.learnt
            np.savez(scratch, vectors=vectors, middle=learnt.middle, weights=learnt.weights, digest=np.array(digest))
            scratch.replace(cache)
        except OSError as error:
            raise PortError(
                f"the vectors of the site's sentences cannot be kept in {cache}: {error.strerror}"
            ) from error
    return made


def _strongest(
    candidates: Mapping[str, float], keywords: frozenset[str], rarity: Mapping[str, float], otherwise: float
) -> tuple[float, float]:
    """Likeness and rarity of the best candidate for a word that the entry holds."""
    return max(((alike, rarity[k]) for k, alike in candidates.items() if k in keywords), default=(0.0, otherwise))


def _probabilities(w: Weights, signals: npt.NDArray[np.float64], elsewhere: float) -> npt.NDArray[np.float64]:
    """Probability of each entry, and last that of none of them, shape (entries + 1,)."""
    scores = np.append(signals @ np.array(w.signals), w.none + w.elsewhere * elsewhere)
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), dtype=np.float64)


def _lead(signal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """By how much the best is ahead of the next one, and every other one behind the best, shape as given."""
    if len(signal) < 2:
        return np.zeros_like(signal)
    second, first = np.sort(signal)[-2:]
    lead: npt.NDArray[np.float64] = np.where(signal == first, first - second, signal - first)
    return lead


def _asked(entry: Entry, *, drafted: bool) -> tuple[str, ...]:
    """The sentences that ask for an entry."""
    return tuple(dict.fromkeys((*entry.asks, *entry.drafts))) if drafted else entry.asks


def _kinds(entry: Entry, asked: Sequence[str], questions: Questions) -> frozenset[str]:
    """Kinds of answer that an entry gives or is asked for."""
    kinds = set().union(*(questions.asked_for(ask) for ask in asked))
    if entry.kind == "hours":
        kinds.add("time")
    return frozenset(kinds | (questions.given_by(entry.say) if entry.kind == "fact" else set()))
