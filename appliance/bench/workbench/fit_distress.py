"""Fits the weights that judge distress by meaning: ``python -m appliance.bench.workbench.fit_distress FILE``
writes ``appliance/engines/embedding/distress.json``; FILE is ``clinc150.jsonl`` of the evaluation data.

It is fitted to sentences of ``questions/emergencies_learnt.yaml``, and to utterances of clinc150's training split
(CC BY 3.0), which are requests to an assistant and no emergencies. A sentence that the two sheets of
``evaluate emergencies`` hold as well is left out. Takes some minutes, nearly all of them for the vectors.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.bench.workbench.emergencies import HALVES, sheet, templates
from appliance.engines.embedding.distress import WEIGHTS, as_spoken
from appliance.engines.embedding.minilm import MiniLm
from appliance.language import templates as phrases
from appliance.language.parts import EMERGENCIES

OF_EACH = {"raise": 10, "quiet": 30}
"""The most sentences that are drawn from one template."""
ELSEWHERE = 3000
"""Number of utterances of clinc150."""
ELSEWHERE_WEIGHT = 0.5
"""Their weight; that of a sentence of the sheet is 1."""

KIND_OF = {"poisoning": "self harm", "birth": "help"}
"""Kinds of the sheets that a site file does not tell apart from another"""

SCALE, DECAY, ROUNDS, RATE = 10.0, 1e-3, 300, 0.03
"""As in ``brain.entry_classifier``, but for the stronger weight decay, which was chosen on the development half"""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence of the fit."""

    text: str
    kind: int
    """0 for no emergency, else 1 and the position in ``EMERGENCIES``"""
    weight: float


def examples(clinc150: Path, chance: random.Random) -> Iterator[Example]:
    """The sentences of the fit."""
    tested = {as_spoken(said.text) for half in HALVES for said in sheet(half)}
    lists, sides = templates("emergencies_learnt")
    for side, kinds in sides.items():
        for kind, lines in kinds.items():
            place = 1 + EMERGENCIES.index(KIND_OF.get(kind, kind)) if side == "raise" else 0
            for line in lines:
                said = [text for text in map(as_spoken, phrases.expand(line, lists)) if text not in tested]
                for text in chance.sample(said, min(len(said), OF_EACH[side])):
                    yield Example(text, place, 1.0)
    entries = (json.loads(line) for line in clinc150.read_text(encoding="utf-8").splitlines())
    others = [entry["text"] for entry in entries if entry["split"] in ("train", "oos_train")]
    for text in chance.sample(others, ELSEWHERE):
        yield Example(as_spoken(text), 0, ELSEWHERE_WEIGHT)


def fit(vectors: Array, found: Sequence[Example]) -> tuple[Array, Array]:
    """Fit by maximum likelihood with weight decay, using Adam: biases (1 + kinds,), weights (1 + kinds, dimensions)."""
    middle = vectors.mean(axis=0)
    inputs = np.hstack([(vectors - middle) * SCALE, np.ones((len(vectors), 1))])
    kinds = np.array([example.kind for example in found])
    share = np.array([example.weight for example in found])
    share /= share.sum()
    weights = np.zeros((inputs.shape[1], 1 + len(EMERGENCIES)))
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    decay = np.full((len(weights), 1), DECAY)
    decay[-1] = 0.0
    for step in range(1, ROUNDS + 1):
        error = inputs @ weights
        error = np.exp(error - error.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(len(kinds)), kinds] -= 1
        gradient = inputs.T @ (error * share[:, None]) + decay * weights
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        weights -= RATE * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    steep = weights[:-1].T * SCALE
    return weights[-1] - steep @ middle, steep


def main() -> None:
    """Fit, and write the weights."""
    parser = argparse.ArgumentParser(prog="python -m appliance.bench.workbench.fit_distress", description=__doc__)
    parser.add_argument("clinc150", type=Path, help="clinc150.jsonl of the evaluation data")
    found = list(examples(parser.parse_args().clinc150, random.Random(1)))
    vectors = MiniLm(threads=1).embed([example.text for example in found]).astype(np.float64)
    bias, weights = fit(vectors, found)
    table = {
        "kinds": EMERGENCIES,
        "bias": [round(value, 4) for value in bias.tolist()],
        "weights": [[round(value, 3) for value in row] for row in weights.tolist()],
    }
    WEIGHTS.write_text(json.dumps(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
