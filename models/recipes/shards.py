"""Reads shards of training data into memory that is mapped, not loaded.

A shard is ``shard-NNNN.npy``, the features of all its utterances one after another, and ``shard-NNNN.json``, with the
number of rows, the text and the kind of each.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Utterance:
    """Features of one utterance in a mapped shard, shape (rows, width), with its text and kind."""

    features: np.ndarray
    text: str
    kind: str


def load_shards(folder: Path, known: set[str], rows: str, width: int | None = None) -> list[Utterance]:
    """Utterances of the shards in ``folder`` that are not ``known`` yet; adds their names to ``known``. ``rows`` is how
    the entries name the number of their rows, and ``width`` what a row must have."""
    found: list[Utterance] = []
    for index in sorted(folder.glob("shard-*.json")):
        if index.name in known:
            continue
        known.add(index.name)
        features = np.load(index.with_suffix(".npy"), mmap_mode="r")
        at = 0
        for entry in json.loads(index.read_text()):
            found.append(Utterance(features[at : at + entry[rows]], entry["text"], entry["kind"]))
            at += entry[rows]
        if at != len(features) or width not in (None, features.shape[1]):
            raise SystemExit(f"{index.with_suffix('.npy')}: damaged; delete it with its .json and run `data` again")
    return found
