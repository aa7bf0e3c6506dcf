"""Utterances of people in need, and of people who are not: what the model learns to tell apart.

Each file of ``said`` has one utterance in a line, and headings: ``# raise KIND`` before what is an emergency,
``# quiet KIND`` before what is none. Files ending in ``_heard.tsv`` have what the appliance's ears made of utterances
that were spoken in noise: the words as heard, a tab, and the words that were said. ``emergencies_learnt.yaml`` and what
people say to assistants (published texts) come along.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from appliance.bench.workbench.corruption import Mishearing
from appliance.bench.workbench.emergencies import SHEETS, sheet, templates
from appliance.engines.embedding.distress import as_spoken
from appliance.language import templates as phrases
from appliance.language.parts import EMERGENCIES

FOLDER = Path(__file__).with_name("said")

KIND_OF = {"poisoning": "self harm", "birth": "help"}
"""Kinds of the sheets that a site file does not tell apart from another"""

OF_EACH = {"raise": 6, "quiet": 15}
"""The most sentences that are drawn from one template."""
ELSEWHERE: Mapping[str, int] = {
    "clinc150": 8000,
    "slurp_text": 2500,
    "restaurant8k": 2000,
    "taskmaster4_400": 1500,
    "banking77": 1000,
    "homeassistant_en_tests": 600,
    "snips7_validate": 250,
}
"""Published requests and answers to assistants that are no emergencies: files, and the most lines of each"""
ELSEWHERE_WEIGHT = 0.5
"""Their weight; that of others is 1."""
_MAY_BE_ONE = re.compile(r"\b(?:ambulance|emergency|police|help me|fire department|nine one one|911)\b")
MISHEARD, MISHEARD_WEIGHT = 0.35, 0.6
"""Share of the utterances that come a second time with words misheard, and their weight"""
MISHEARING_RATE = 0.15
"""Share of the words that are misheard then"""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One example."""

    text: str
    kind: int
    """0 for no emergency, else 1 and the position in ``EMERGENCIES``"""
    weight: float


def place(side: str, kind: str) -> int:
    """``Utterance.kind`` of a heading."""
    return 1 + EMERGENCIES.index(KIND_OF.get(kind, kind)) if side == "raise" else 0


def read(path: Path) -> Iterator[Utterance]:
    """The utterances of a file. Raises ValueError with the number of a heading that is none."""
    kind: int | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#"):
            side, _, name = line[1:].strip().partition(" ")
            if side not in OF_EACH:
                raise ValueError(f"{path.name}, line {number}: neither `# raise` nor `# quiet`")
            kind = place(side, name)
        elif line.strip() and kind is None:
            raise ValueError(f"{path.name}, line {number}: no heading before it")
        elif line.strip():
            yield Utterance(as_spoken(line), kind or 0, 1.0)


def read_all(folder: Path = FOLDER) -> list[Utterance]:
    """The utterances of all files, and those as the ears heard them."""
    found = [said for path in sorted(folder.glob("*.txt")) for said in read(path)]
    kinds = {said.text: said.kind for said in found}
    for path in sorted(folder.glob("*_heard.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            heard, _, said_words = line.partition("\t")
            found.append(Utterance(as_spoken(heard), kinds[as_spoken(said_words)], MISHEARD_WEIGHT))
    return found


def learnt(rng: Random) -> Iterator[Utterance]:
    """Sentences of ``emergencies_learnt.yaml``."""
    lists, sides = templates("emergencies_learnt")
    for side, kinds in sides.items():
        for kind, lines in kinds.items():
            for line in lines:
                said = sorted(set(map(as_spoken, phrases.expand(line, lists))))
                for text in rng.sample(said, min(len(said), OF_EACH[side])):
                    yield Utterance(text, place(side, kind), 1.0)


def elsewhere(texts: Path, rng: Random) -> Iterator[Utterance]:
    """What people say to assistants, of the training splits where there are such; none where the files are missing."""
    for name, most in ELSEWHERE.items():
        path = texts / f"{name}.jsonl"
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
        told = sorted({as_spoken(text) for row in rows for text in _told(row)})
        told = [text for text in told if not _MAY_BE_ONE.search(text)]
        for text in rng.sample(told, min(len(told), most)):
            yield Utterance(text, 0, ELSEWHERE_WEIGHT)


def _told(row: Mapping[str, Any]) -> list[str]:
    """The utterances of people in a line of a published file."""
    if "turns" in row:
        return [turn["text"] for turn in row["turns"] if turn["speaker"] == "user"]
    return [row["text"]] if row.get("split", "train") in ("train", "oos_train") else []


def utterances(texts: Path, rng: Random) -> list[Utterance]:
    """All that is trained on: nothing that the sheets of ``evaluate emergencies`` hold as well. ``texts`` is the folder
    of published sentences."""
    tested = {as_spoken(said.text) for half in SHEETS for said in sheet(half)}
    found = [*read_all(), *learnt(rng), *elsewhere(texts, rng)]
    found = [said for said in found if said.text and said.text not in tested]
    return [*found, *_misheard(found, rng)]


def _misheard(found: Sequence[Utterance], rng: Random) -> Iterator[Utterance]:
    hear = Mishearing(rng.randrange(1 << 30), MISHEARING_RATE)
    for said in found:
        if said.weight == 1.0 and rng.random() < MISHEARD:
            text, hit = hear.hear(said.text)
            if 0.0 < hit <= 0.4:
                yield Utterance(text, said.kind, MISHEARD_WEIGHT)
