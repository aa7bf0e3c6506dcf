"""Pairs from published texts, for the first stage of the training.

* QNLI (from SQuAD): questions, with a sentence that answers them or one that does not.
* BoolQ: questions, with their passage or with one whose own question is near.
* CLINC150, BANKING77 and SLURP: sentences with others of the same intent, or of an intent that is near.
* Neighbours among all sentences, by the teacher's vectors: only how near they are is learnt.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from .pairs import Pair, joined, plain
from .sites import Vectors
from .teacher import Teacher

INTENTS = ("clinc150", "banking77", "slurp_text")
UTTERANCES = (*INTENTS, "snips7_validate", "homeassistant_en_tests", "restaurant8k")
DIALOGUES = ("sgd_test_500", "taskmaster4_400")
FEWEST = 8
"""Sentences that an intent must have"""
PASSAGES = 8000
OF_INTENTS = 14000
BLOCK = 500


def sentences(texts: Path, boolq: Path | None) -> list[str]:
    """What the teacher reads: sentences of 3 to 28 words, each once. ``texts`` is the folder ``F-text``."""
    found: list[str] = []
    for name in UTTERANCES:
        found += [row["text"] for row in _rows(texts / f"{name}.jsonl")]
    for name in DIALOGUES:
        found += [turn["text"] for row in _rows(texts / f"{name}.jsonl") for turn in row["turns"]]
    for row in _rows(boolq):
        found += [row["question"], *re.split(r"(?<=[.!?]) ", row["passage"].split(" -- ", 1)[-1])[:2]]
    return list(dict.fromkeys(text for text in map(plain, found) if 3 <= len(text.split()) <= 28))


def labelled(texts: Path, boolq: Path | None, qnli: Path | None, teacher: Teacher, rng: Random) -> list[Pair]:
    """Pairs of which somebody said whether the one answers the other. A file that is None is left out."""
    found = [*_of_qnli(qnli), *_of_intents(texts, teacher, rng), *_of_passages(boolq, teacher, rng)]
    rng.shuffle(found)
    return found


def neighbours(texts: Sequence[str], count: int, teacher: Teacher, rng: Random) -> Iterator[Pair]:
    """Pairs of a short sentence with one of its neighbours, mostly, or with any other."""
    vectors = teacher.embed(texts)
    short = [n for n, text in enumerate(texts) if len(text.split()) <= 14]
    rng.shuffle(short)
    for start in range(0, min(count, len(short)), BLOCK):
        some = short[start : start + BLOCK]
        for n, cosines in zip(some, vectors[some] @ vectors.T, strict=True):
            if rng.random() < 0.85:
                rank = min(len(texts) - 2, int(np.exp(rng.uniform(np.log(1.5), np.log(60)))))
                nearest = np.argpartition(-cosines, rank + 1)[: rank + 2]
                other = int(nearest[np.argsort(-cosines[nearest])[rank]])
            else:
                other = rng.randrange(len(texts))
            yield Pair(texts[n], texts[other], None, 0.0, float(cosines[other]))


def _of_qnli(path: Path | None) -> Iterator[Pair]:
    if path is None:
        return
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        _, question, sentence, label = line.split("\t")
        yield Pair(plain(question), plain(sentence), float(label == "entailment"), 1.0, None)


def _of_intents(texts: Path, teacher: Teacher, rng: Random) -> Iterator[Pair]:
    by_intent: dict[str, list[str]] = defaultdict(list)
    for name in INTENTS:
        for row in _rows(texts / f"{name}.jsonl"):
            if "oos" not in row["intent"]:
                by_intent[f"{name}:{row['intent']}"].append(plain(row["text"]))
    by_intent = {name: said for name, said in by_intent.items() if len(said) >= FEWEST}
    names = list(by_intent)
    if len(names) < 5:
        return
    middles: Vectors = np.stack([teacher.embed(by_intent[name]).mean(axis=0) for name in names])
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    said = [(text, name) for name in names for text in by_intent[name]]
    rng.shuffle(said)
    for text, name in said[:OF_INTENTS]:
        count, same = rng.randint(1, 4), rng.random() < 0.4
        of = name
        if not same:
            order = np.argsort(-(middles @ teacher.embed([text])[0]))
            of = rng.choice([names[n] for n in order[:4] if names[n] != name])
        others = [other for other in by_intent[of] if other != text]
        yield Pair(text, joined(rng.sample(others, count)), float(same), 1.0, None)


def _of_passages(path: Path | None, teacher: Teacher, rng: Random) -> Iterator[Pair]:
    rows = list(_rows(path))
    rng.shuffle(rows)
    rows = rows[:PASSAGES]
    questions = [plain(row["question"]) for row in rows]
    if len(rows) < 5:
        return
    vectors = teacher.embed(questions)
    for n, row in enumerate(rows):
        passage = plain(row["passage"] if rng.random() < 0.5 else row["passage"].split(" -- ", 1)[-1])
        if rng.random() < 0.5:
            yield Pair(questions[n], passage, 1.0, 1.0, None)
            continue
        order = np.argsort(-(vectors @ vectors[n]))[1:5]
        others = [questions[k] for k in order if rows[k]["passage"] != row["passage"]]
        if others:
            yield Pair(rng.choice(others), passage, 0.0, 1.0, None)


def _rows(path: Path | None) -> Iterator[dict[str, Any]]:
    """The records of a file with one JSON object in a line; none where there is no file."""
    if path is not None and path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)
