"""Asks a language model questions to the sites of the workbench with facts at hand, and writes what it answers, for a
person to judge: ``python -m appliance.bench.workbench.grounding_replies MODEL.gguf OUT.jsonl``.

The questions are those of ``questions/grounding.yaml``, and every so many of the sheets of the brain. Each is asked
with one to three facts: those that it is about, and others that the retrieval finds near it. The prompts are the
product's own and three that users of small models write. A run that was stopped goes on where it stopped.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from appliance.bench.workbench.grounding import SITES, open_sites
from appliance.bench.workbench.material import QUESTIONS, read
from appliance.brain.knowledge import entries
from appliance.brain.responder import system_prompt
from appliance.brain.retrieval import Retrieval
from appliance.config.box import load_settings
from appliance.config.site import Site
from appliance.core.facts import Message
from appliance.core.turn import Turn
from appliance.engines.embedding.minilm import MiniLm
from appliance.engines.llm.llama import LlamaModel

MAX_TOKENS = 56

STYLES: Mapping[str, str] = {
    "product": "{question}",
    "plain": "Facts:\n{facts}\n\nQuestion: {question}",
    "sentence": "Facts:\n{facts}\n\nQuestion: {question}\nAnswer in one short sentence.",
    "careful": "Facts:\n{facts}\n\nQuestion: {question}\nUse only the facts. Say that you do not know if they do not "
    "answer the question.",
}
"""What the visitor's message holds, by style. The product's own has the facts in a message after it."""


@dataclass(frozen=True, slots=True)
class Posed:
    """A question as it is put to a model."""

    site: str
    kind: str
    question: str
    facts: tuple[str, ...]
    style: str
    after: tuple[str, str] | None = None
    """the visitor's words and the reply before a follow-up"""


def pose(every: int, shift: int = 0) -> Iterator[Posed]:
    """Every question with its facts and its prompt. ``every`` so many of the sheets' questions are taken, and
    ``shift`` gives each question another prompt."""
    written = yaml.safe_load((QUESTIONS / "grounding.yaml").read_text(encoding="utf-8"))
    styles = itertools.cycle(STYLES)
    embedder = MiniLm(None, threads=1)
    for _ in range(shift):
        next(styles)
    for name in SITES:
        sheet = read(name, "test")
        known = entries(sheet.site, {slot.name: () for form in sheet.site.forms for slot in form.slots})
        retrieval = Retrieval(known, embedder, sheet.site.language)
        said = {entry.id: entry.say for entry in known}
        for number, asked in enumerate(sheet.asked):
            if number % every == shift % every:
                hits = [hit.entry.say for hit in retrieval.search(asked.text) if hit.entry.form is None]
                own = [said[asked.entry]] if asked.entry in said and number % 3 else []
                facts = _distinct([*own, *hits])[: 1 + number % 3]
                yield Posed(name, "sheet" if asked.entry else "absent", asked.text, facts, next(styles))
        for kind, questions in written[name].items():
            for number, item in enumerate(questions):
                hits = [hit.entry.say for hit in retrieval.search(item["ask"]) if hit.entry.form is None]
                about = [said[f"fact:{identifier}"] for identifier in item["about"]]
                facts = _distinct([*about, *hits])[: len(about) + number % 2]
                after = tuple(item["after"]) if "after" in item else None
                yield Posed(name, kind, item["ask"], facts, next(styles), after)


def _distinct(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def prompt(posed: Posed, site: Site) -> list[Message]:
    """The messages that put a question to a model."""
    before = [Message("user", posed.after[0]), Message("assistant", posed.after[1])] if posed.after else []
    listed = "\n".join(f"- {fact}" for fact in posed.facts)
    words = STYLES[posed.style].format(question=posed.question, facts=listed)
    messages = [system_prompt(site.persona, site.language), *before, Message("user", words)]
    if posed.style == "product":
        messages.append(Message("facts", "\n".join(f"fact: {fact}" for fact in posed.facts)))
    return messages


def main() -> None:
    """Ask a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path, help="JSON lines, which a person completes with verdicts")
    parser.add_argument("--every", type=int, default=3, help="one in so many of the sheets' questions")
    parser.add_argument("--shift", type=int, default=0, help="gives each question another prompt")
    options = parser.parse_args()
    starter = load_settings(Path(__file__).parents[3] / "models" / "starter" / "cloister.yaml")
    settings = replace(starter, threads=1, brain=replace(starter.brain, model=options.model))
    session = LlamaModel(settings).session()
    sites = open_sites()
    done = set(_keys(options.out))
    with options.out.open("a", encoding="utf-8") as out:
        for number, posed in enumerate(pose(options.every, options.shift)):
            if (posed.site, posed.question, posed.style) in done:
                continue
            pieces = session.generate(prompt(posed, sites[posed.site]), Turn(number), max_tokens=MAX_TOKENS)
            reply = " ".join("".join(pieces).split())
            row = {
                **{"site": posed.site, "kind": posed.kind, "after": posed.after, "question": posed.question},
                **{"facts": posed.facts, "style": posed.style, "model": options.model.stem, "reply": reply},
            }
            print(json.dumps(row, ensure_ascii=False), file=out, flush=True)


def _keys(path: Path) -> Iterator[tuple[Any, ...]]:
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row["site"], row["question"], row["style"]


if __name__ == "__main__":
    main()
