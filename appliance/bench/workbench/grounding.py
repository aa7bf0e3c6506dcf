"""``cloister evaluate grounding``: what share of a language model's wrong replies the check catches, and what share of
the right ones it lets through.

``questions/replies.jsonl`` holds replies that real models wrote (``grounding_replies``), each with the facts that it
had and a person's verdict. *Right*: what it says is true by the facts, and answers. *Partly*: true, but beside the
question, unfinished or garbled. *Wrong*: something in it is false, or the facts do not say it. *Declined*: it says that
it does not know, or cannot help. A wrong reply is caught when the check stops at one of its sentences. It is also
caught when its yes or no was cut off and a person judged the rest to be true (``rest``). The rules were made with the
replies to every second question, and the others are held out. Replies that were written and judged after the rules were
made (``late``) are counted apart.

Beside these, sentences of the facts are made false by a program (``grounding_changes``).
"""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from appliance.bench.markdown import Row, percent
from appliance.bench.workbench.grounding_changes import changes
from appliance.bench.workbench.material import QUESTIONS, read
from appliance.brain.compose import names
from appliance.brain.grounding.check import Check
from appliance.brain.grounding.sources import Sources, ungrounded
from appliance.config.box import Settings
from appliance.config.site import Site

SITES = ("hospital", "museum", "dental", "library")
REPLIES = QUESTIONS / "replies.jsonl"

Half = Literal["dev", "test", "late"]
HALVES: tuple[Half, ...] = ("dev", "test", "late")
"""The rules were made with ``dev``, and ``late`` was written and judged after them."""

Outcome = Literal["as written", "shortened", "stopped"]
"""What the check makes of a reply. A shortened one lost its yes or no, or a repetition."""

VERDICTS = ("right", "partly", "wrong", "declined")


@dataclass(frozen=True, slots=True)
class Judged:
    """A reply of a model's and what a person and the check make of it."""

    question: str
    reply: str
    model: str
    verdict: str
    fault: str
    half: Half
    outcome: Outcome
    passes_words: bool
    """whether each of its words has a source in the facts or the question, the check of earlier versions"""
    rest: str = ""
    """ "true" where a person judged the reply without its yes or no to say nothing false"""

    @property
    def stopped(self) -> bool:
        return self.outcome == "stopped" or (self.outcome == "shortened" and self.rest == "true")


@dataclass(frozen=True, slots=True)
class Grounding:
    """All figures of the check."""

    replies: tuple[Judged, ...]
    made: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """sentences that a program made false, by kind: how many are stopped, and all"""
    facts: tuple[int, int] = (0, 0)
    """the sentences of the facts themselves: how many pass, and all"""

    def _of(self, half: Half, verdict: str, model: str = "") -> list[Judged]:
        return [r for r in self.replies if r.half == half and r.verdict == verdict and model in r.model]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document: the held-out half, and what a program made."""
        wrong, right = self._of("test", "wrong"), self._of("test", "right")
        yield Row("wrong replies caught", percent(sum(r.stopped for r in wrong), len(wrong)), len(wrong))
        yield Row("... by words alone", percent(sum(not r.passes_words for r in wrong), len(wrong)), len(wrong))
        yield Row("right replies let through", percent(sum(not r.stopped for r in right), len(right)), len(right))
        yield Row("... by words alone", percent(sum(r.passes_words for r in right), len(right)), len(right))
        partly = self._of("test", "partly")
        yield Row(
            "partly right replies let through", percent(sum(not r.stopped for r in partly), len(partly)), len(partly)
        )
        for name, model in (("the same models", "qwen"), ("the starter", "starter")):
            wrong, right = self._of("late", "wrong", model), self._of("late", "right", model)
            told = f"of {name}, judged after the rules were made"
            yield Row(f"wrong replies {told}: caught", percent(sum(r.stopped for r in wrong), len(wrong)), len(wrong))
            passed = percent(sum(not r.stopped for r in right), len(right))
            yield Row(f"right replies {told}: let through", passed, len(right))
        stopped, made = (sum(counts) for counts in zip(*self.made.values(), strict=True))
        yield Row("facts made false by a program, caught", percent(stopped, made), made)
        yield Row("facts as they are let through", percent(*self.facts), self.facts[1])

    def table(self) -> str:
        models = sorted({r.model for r in self.replies})
        lines = ["| replies of models | dev | held out | after the rules |", "|---|---|---|---|"]
        for model in ("", *models):
            name = model or "all models"
            for verdict, word in (("wrong", "caught"), ("right", "let through"), ("partly", "let through")):
                cells = []
                for half in HALVES:
                    of = self._of(half, verdict, model)
                    hits = sum(r.stopped for r in of) if verdict == "wrong" else sum(not r.stopped for r in of)
                    cells.append(_share(hits, len(of)))
                lines.append(f"| {name}: {verdict}, {word} | {' | '.join(cells)} |")
        for verdict, word in (("wrong", "caught"), ("right", "let through")):
            cells = []
            for half in HALVES:
                of = self._of(half, verdict)
                hits = sum(r.passes_words == (verdict == "right") for r in of)
                cells.append(_share(hits, len(of)))
            lines.append(f"| by words alone: {verdict}, {word} | {' | '.join(cells)} |")
        faults = Counter(r.fault for r in self.replies if r.verdict == "wrong")
        for fault, count in faults.most_common():
            caught = sum(r.stopped for r in self.replies if r.verdict == "wrong" and r.fault == fault)
            lines.append(f"| wrong, {fault}: caught, all | {_share(caught, count)} | | |")
        cut = sum(r.outcome == "shortened" for r in self.replies)
        lines.append(f"| shortened, all | {cut} | | |")
        lines.append(f"| declined, all | {sum(r.verdict == 'declined' for r in self.replies)} | | |")
        lines += ["", "| facts made false by a program | caught |", "|---|---|"]
        lines += [f"| {kind} | {_share(*counts)} |" for kind, counts in self.made.items()]
        lines.append(f"\nfacts as they are, let through: {_share(*self.facts)}")
        lines += [f"wrong and said: {r.question} -> {r.reply}" for r in self._of("dev", "wrong") if not r.stopped]
        return "\n".join(lines)


def evaluate(settings: Settings, site: Site, shared: Path, limit: int | None) -> Grounding:
    """Check every reply. ``limit`` takes the first so many. The box and its site are not used."""
    rows = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()][:limit]
    sites = open_sites()
    made, facts = _made(list(sites.values()))
    return Grounding(tuple(judge(row, sites[row["site"]]) for row in rows), made, facts)


def open_sites() -> dict[str, Site]:
    """The sites that the replies are about, by name."""
    return {name: read(name, "test").site for name in SITES}


def half_of(question: str) -> Half:
    """The half that a question belongs to, with all replies to it."""
    return "dev" if zlib.crc32(question.encode()) % 2 else "test"


def judge(row: Mapping[str, Any], site: Site) -> Judged:
    """Check one reply."""
    sources = Sources.of([*row["facts"], row["question"], *names(site)], site.language)
    return Judged(
        row["question"],
        row["reply"],
        row["model"],
        row["verdict"],
        row.get("fault", ""),
        "late" if row.get("late") else half_of(row["question"]),
        outcome(row["reply"], row["facts"], row["question"], site),
        not ungrounded(row["reply"], sources),
        row.get("rest", ""),
    )


def outcome(reply: str, facts: Sequence[str], question: str, site: Site) -> Outcome:
    """What the check makes of a reply."""
    check = Check(facts, question, names(site), site.language)
    cut = False
    for sentence in site.language.sentences.sentences(reply):
        checked = check.sentence(sentence)
        if checked.fault:
            return "stopped"
        cut = cut or len(checked.spoken.split()) < len(sentence.split())
    if not check.rested:
        return "stopped"
    return "shortened" if cut else "as written"


def _made(sites: Sequence[Site]) -> tuple[dict[str, tuple[int, int]], tuple[int, int]]:
    """The sentences of the sites' facts: what a program makes of them, by kind, and they themselves."""
    stopped: Counter[str] = Counter()
    made: Counter[str] = Counter()
    passed = asked = 0
    for site in sites:
        said = [" ".join(fact.say.split()) for fact in site.facts]
        for number, fact in enumerate(said):
            others = [*said[number + 1 :], *said[:number]]
            question = site.facts[number].ask[0]
            for sentence in site.language.sentences.sentences(fact):
                asked += 1
                passed += outcome(sentence, [fact], question, site) == "as written"
                for kind, changed in changes(sentence, others[:8], site.language):
                    made[kind] += 1
                    caught = outcome(changed, [fact, *others[:2]], question, site) != "as written"
                    stopped[kind] += caught
    return {kind: (stopped[kind], count) for kind, count in made.items()}, (passed, asked)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "0"
