"""Invented sites: their facts, questions that these answer, and questions that are near and that they do not answer.

Each file of ``invented`` has one thing in a line, by its first character: ``@`` a site, ``>`` a fact, ``+`` questions
that the fact answers, ``-`` questions that are near to it and that nothing on the site answers, ``=`` questions that
people ask of such a site and that it does not answer. Questions are separated by ``|``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

from .pairs import Pair, joined, plain

FOLDER = Path(__file__).with_name("invented")

Vectors = npt.NDArray[np.float32]


@dataclass(slots=True)
class Fact:
    """A fact with its questions."""

    say: str
    answered: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Invented:
    """One invented site."""

    name: str
    facts: list[Fact] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


def read_all(folder: Path = FOLDER) -> list[Invented]:
    """The sites of all files in a folder. Raises ValueError as ``read`` does."""
    return [site for path in sorted(folder.glob("*.txt")) for site in read(path)]


def read(path: Path) -> list[Invented]:
    """The sites of a file. Raises ValueError with the number of a line that is none of the five kinds."""
    found: list[Invented] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        kind, rest = line[0], line[1:].strip()
        questions = [plain(question) for question in rest.split("|")]
        if kind == "@":
            found.append(Invented(rest))
        elif kind == ">":
            found[-1].facts.append(Fact(plain(rest)))
        elif kind == "+":
            found[-1].facts[-1].answered = questions
        elif kind == "-":
            found[-1].facts[-1].near = questions
        elif kind == "=":
            found[-1].absent = questions
        else:
            raise ValueError(f"{path.name}, line {number}: begins with {kind!r}")
    return found


def sentences(sites: Sequence[Invented]) -> list[str]:
    """All sentences of the sites, each once."""
    return sorted(
        {
            text
            for site in sites
            for text in (*site.absent, *(t for fact in site.facts for t in (fact.say, *fact.answered, *fact.near)))
        }
    )


def pairs(
    sites: Sequence[Invented], embed: Callable[[Sequence[str]], Vectors], rng: Random, taught: bool = True
) -> list[Pair]:
    """A question with the fact that answers it, and with the facts of its site that are nearest without answering it.
    A fact comes with none to four of the other questions that it answers, as a site's author may have written them.
    ``taught``: the nearness of the two by ``embed`` is to be learnt too."""
    found: list[Pair] = []
    for site in sites:
        says = embed([fact.say for fact in site.facts])
        lines = [(line, n) for n, fact in enumerate(site.facts) for line in fact.answered]
        known = embed([line for line, _ in lines])

        def nearest(question: str, vector: Vectors) -> list[int]:
            """The facts by nearness, by the best of their sentences but the question itself."""
            scores = says @ vector  # noqa: B023
            for (line, owner), cosine in zip(lines, known @ vector, strict=True):  # noqa: B023
                if line != question:
                    scores[owner] = max(scores[owner], cosine)
            return [int(n) for n in np.argsort(-scores)]

        def text(n: int, question: str) -> str:
            fact = site.facts[n]  # noqa: B023
            others = [line for line in fact.answered if line != question]
            return joined([fact.say, *rng.sample(others, min(len(others), rng.choice((0, 1, 2, 3, 4, 4))))])

        def add(question: str, n: int, answered: bool, weight: float) -> None:
            whole = text(n, question)
            vector = embed([question])[0]
            cosine = float((embed(whole.split(" [SEP] ")) @ vector).max()) if taught else None
            found.append(Pair(question, whole, float(answered), weight, cosine))

        for question, owner in lines:
            add(question, owner, True, 1.5)
            others = [n for n in nearest(question, embed([question])[0]) if n != owner]
            for n in (others[0], rng.choice(others[1:])):
                add(question, n, False, 0.75)
        for owner, fact in enumerate(site.facts):
            for question in fact.near:
                add(question, owner, False, 1.5)
                add(question, next(n for n in nearest(question, embed([question])[0]) if n != owner), False, 0.45)
        for question in site.absent:
            order = nearest(question, embed([question])[0])
            add(question, order[0], False, 1.0)
            add(question, rng.choice(order[1:4]), False, 0.45)
    rng.shuffle(found)
    return found
