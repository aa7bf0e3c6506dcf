"""Fits the retrieval's weights: ``python -m appliance.bench.workbench.fit_retrieval rich`` or ``thin`` prints them.

Those of rich sites use the hospital's development questions, clean and misheard, questions whose fact was taken away,
and the site's own phrases, asked of a retrieval without them. Those of thin sites use six small sites with four `ask`
lines a fact, and the hospital, each with all, two and none of its lines; the small sites also with three and seven
facts only. All are fitted once without and once with a model that judges whether the most probable entries answer the
question, and are reported for each small site, or each part of the hospital's questions, by weights that were fitted to
the others. No test questions are read, and neither are the museum, the dental practice and the library.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from appliance.bench.remembering import RememberingEmbedder
from appliance.bench.workbench.corruption import Mishearing
from appliance.bench.workbench.material import read
from appliance.bench.workbench.paraphrases import with_lines
from appliance.brain.knowledge import Entry, entries
from appliance.brain.retrieval import SIGNALS, Retrieval, Weights
from appliance.config.site import Site
from appliance.core.ports import AnswerJudge, Embedder
from appliance.engines.embedding.answers import AnswerNetwork
from appliance.engines.embedding.minilm import MiniLm

Array = npt.NDArray[np.float64]

THIN_SITES = ("hotel", "town_hall", "gym", "vet", "campsite", "theatre")

DOCTORS = {"doctor": ("Doctor Chen", "Doctor Patel", "Doctor Miller")}

PARTS = 4
"""Number of parts of the site's phrases. Each phrase is a question to a retrieval without its part."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question with its signals."""

    signals: Array
    """shape (entries, signals)"""
    elsewhere: float
    wanted: int
    """index of the entry, or the number of entries for none"""
    hidden: int | None
    """index of the entry that is taken away, if one is"""
    weight: float
    group: str
    site: str = "hospital"


def examples(embedder: Embedder, judge: AnswerJudge, seed: int = 7) -> list[Example]:
    """The examples for the fit to rich sites."""
    embedder = RememberingEmbedder(embedder)
    sheet = read("hospital", "dev")
    # Small talk is not weighed with the others.
    everything = [entry for entry in entries(sheet.site, DOCTORS) if entry.kind != "talk"]
    retrieval = Retrieval(everything, embedder, sheet.site.language, judge=judge)
    place = {entry.id: n for n, entry in enumerate(retrieval.entries)}
    nobody = len(place)
    misheard = Mishearing(seed)
    found: list[Example] = []

    def add(by: Retrieval, text: str, wanted: int, weight: float, group: str) -> None:
        signals, elsewhere = by.signals(text)
        found.append(Example(signals, elsewhere, wanted, None, weight, group))
        if group == "present":
            found.append(Example(signals, elsewhere, nobody, wanted, 0.4, "taken away"))

    for asked in sheet.asked:
        wanted = nobody if asked.entry is None else place[asked.entry]
        add(retrieval, asked.text, wanted, 2.0, "absent" if asked.entry is None else "present")
        for _ in range(2):
            group = "absent, misheard" if asked.entry is None else "present, misheard"
            add(retrieval, misheard(asked.text), wanted, 0.7, group)
    for part in range(PARTS):
        fewer, held_out = _without(everything, part)
        less = Retrieval(fewer, embedder, sheet.site.language, judge=judge)
        for identifier, text in held_out:
            add(less, text, place[identifier], 0.5, "own phrase")
            add(less, misheard(text), place[identifier], 0.4, "own phrase, misheard")
    return found


def _without(everything: Sequence[Entry], part: int) -> tuple[list[Entry], list[tuple[str, str]]]:
    """The entries without one part of their phrases, and some of these with the entry they ask for."""
    fewer, held_out = [], []
    for entry in everything:
        # Neighbouring phrases of a task differ only in a name or a day.
        block, step = (6, 8) if entry.kind == "form" else (1, 2)
        out = [n for n in range(len(entry.asks)) if n // block % PARTS == part]
        if len(out) < len(entry.asks):
            fewer.append(replace(entry, asks=tuple(text for n, text in enumerate(entry.asks) if n not in out)))
            held_out += [(entry.id, entry.asks[n].lower()) for n in out[::step]]
        else:
            fewer.append(entry)
    return fewer, held_out


def thin_examples(embedder: Embedder, judge: AnswerJudge, seed: int = 7) -> list[Example]:
    """The examples for the fit to thin sites."""
    embedder = RememberingEmbedder(embedder)
    misheard = Mishearing(seed)
    found: list[Example] = []
    for name in (*THIN_SITES, "hospital"):
        sheet = read(name, "dev")
        for kind, site in _thinner(sheet.site, name):
            retrieval = Retrieval(entries(site, DOCTORS), embedder, site.language, judge=judge)
            place = {entry.id: n for n, entry in enumerate(retrieval.entries)}
            small = len(site.facts) < len(sheet.site.facts)
            for asked in sheet.asked:
                # The fact of a question may be one that a smaller site does not have.
                wanted = place.get(asked.entry or "", len(place))
                here = "absent" if wanted == len(place) else "present"
                weight = AWAY if small else 1.0
                for text, of, how in ((asked.text, weight, ""), (misheard(asked.text), 0.3, ", misheard")):
                    if small and how:
                        continue
                    signals, elsewhere = retrieval.signals(text)
                    found.append(Example(signals, elsewhere, wanted, None, of, f"{kind}, {here}{how}", name))
                    if here == "present" and not how and not small:
                        group = f"{kind}, taken away"
                        found.append(Example(signals, elsewhere, len(place), wanted, AWAY, group, name))
    return found


def _thinner(site: Site, name: str) -> list[tuple[str, Site]]:
    """A site with fewer lines, and, but for the hospital, with fewer facts, each with a name for the report."""
    lines = (0, 2, 3) if name == "hospital" else (0, 2, None)
    found = [(f"{'all' if most is None else most} lines", with_lines(site, most)) for most in lines]
    if name != "hospital":
        chance = random.Random(name)
        for facts in (3, 7):
            kept = tuple(chance.sample(site.facts, facts))
            found.append((f"{facts} facts", replace(site, facts=kept)))
    return found


AWAY = 0.4
"""Weight of a question whose fact was taken away, and of every question to a smaller site."""


def fit(found: Sequence[Example], rounds: int = 900, decay: float = 1e-3) -> Weights:
    """Fit by maximum likelihood, with Adam, over the softmax of entries and none."""
    count, places, width = len(found), max(len(e.signals) for e in found), found[0].signals.shape[1]
    signals = np.zeros((count, places, width))
    mask = np.full((count, places), -1e3)
    for row, example in enumerate(found):
        signals[row, : len(example.signals)] = example.signals
        mask[row, : len(example.signals)] = 0.0
        if example.hidden is not None:
            mask[row, example.hidden] = -1e3
    elsewhere = np.array([e.elsewhere for e in found])
    # None of them is the last place, whatever the number of a site's entries.
    wanted = np.array([places if e.wanted == len(e.signals) else e.wanted for e in found])
    weight = np.array([e.weight for e in found])
    weight /= weight.sum()
    parameters = np.zeros(width + 2)
    first, second = np.zeros_like(parameters), np.zeros_like(parameters)
    for step in range(1, rounds + 1):
        none = parameters[width] + parameters[width + 1] * elsewhere
        scores = np.concatenate([signals @ parameters[:width] + mask, none[:, None]], axis=1)
        error = np.exp(scores - scores.max(axis=1, keepdims=True))
        error /= error.sum(axis=1, keepdims=True)
        error[np.arange(count), wanted] -= 1
        error *= weight[:, None]
        gradient = np.concatenate(
            [
                np.einsum("ne,nes->s", error[:, :places], signals) + decay * parameters[:width],
                [error[:, places].sum(), (error[:, places] * elsewhere).sum()],
            ]
        )
        first = 0.9 * first + 0.1 * gradient
        second = 0.99 * second + 0.01 * gradient**2
        parameters -= 0.05 * first / (1 - 0.9**step) / (np.sqrt(second / (1 - 0.99**step)) + 1e-9)
    rounded = [round(float(p), 2) for p in parameters]
    return Weights(tuple(rounded[:width]), rounded[width], rounded[width + 1])


def report(found: Sequence[Example], by: Weights | Mapping[str, Weights], sure: float) -> list[str]:
    """Lines with the shares answered rightly, answered wrongly and refused, by group. ``by`` may hold weights for each
    site."""
    lines = []
    for group in dict.fromkeys(example.group for example in found):
        right = wrong = total = top = 0
        for e in (e for e in found if e.group == group):
            weights = by if isinstance(by, Weights) else by[e.site]
            scores = np.append(e.signals @ np.array(weights.signals), weights.none + weights.elsewhere * e.elsewhere)
            if e.hidden is not None:
                scores[e.hidden] = -1e3
            p = np.exp(scores - scores.max())
            p /= p.sum()
            best = int(np.argmax(p[:-1]))
            total += 1
            top += best == e.wanted
            if p[best] >= sure:
                right += best == e.wanted
                wrong += best != e.wanted
        lines.append(
            f"{group:24} n={total:4}  first {top / total:.3f}  right {right / total:.3f}  wrong {wrong / total:.3f}"
        )
    return lines


def _say(weights: Weights) -> str:
    names = (*SIGNALS, "none", "elsewhere")
    return str(dict(zip(names, (*weights.signals, weights.none, weights.elsewhere), strict=True)))


def _rich() -> None:
    """Print the weights for rich sites, without and with a judge of answers, and figures of each part of the examples
    by weights that were fitted to the others."""
    judged = examples(MiniLm(), AnswerNetwork(ANSWERS))
    without = [replace(e, signals=np.where(np.arange(len(SIGNALS)) < RICH_SIGNALS, e.signals, 0.0)) for e in judged]
    for title, found in (("RICH", without), ("RICH_JUDGED", judged)):
        # Examples of one question follow one another, and stay together.
        found = [replace(e, site=str(n // TOGETHER % FOLDS)) for n, e in enumerate(found)]
        fitted = {site: fit([e for e in found if e.site != site], rounds=400) for site in map(str, range(FOLDS))}
        for sure in (0.3, 0.5, 0.6, 0.7):
            print(f"{title}, sure from {sure}, held out")
            print("\n".join(report(found, fitted, sure)))
        print(title, _say(fit(found)))


TOGETHER, FOLDS = 12, 4

RICH_SIGNALS = 9
"""How many of ``SIGNALS`` the weights of rich sites use without a judge: the leads bring nothing there."""


def _thin() -> None:
    """Print the weights for thin sites, without and with a judge of answers, and figures of each small site by weights
    that were fitted to the others."""
    judged = thin_examples(MiniLm(), AnswerNetwork(ANSWERS))
    without = [replace(e, signals=np.where(np.arange(len(SIGNALS)) < THIN_SIGNALS, e.signals, 0.0)) for e in judged]
    for title, found in (("THIN", without), ("THIN_JUDGED", judged)):
        fitted = {name: fit([e for e in found if e.site != name], rounds=300) for name in THIN_SITES}
        for sure in (0.5, 0.6, 0.7, 0.8):
            print(f"{title}, sure from {sure}, held out")
            print("\n".join(report([e for e in found if e.site in fitted], fitted, sure)))
        print(title, _say(fit(found)))


THIN_SIGNALS = SIGNALS.index("answers")
"""How many of ``SIGNALS`` the weights of thin sites use without a judge"""

ANSWERS = Path(__file__).parents[3] / "models" / "starter" / "answers" / "answers.q8.gguf"


def main() -> None:
    """See the module."""
    {"rich": _rich, "thin": _thin}[sys.argv[1]]()


if __name__ == "__main__":
    main()
