"""Writes a draft as a site file, each entry with its source and a mark for the person who approves it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from appliance.authoring.agreement import Pair
from appliance.authoring.documents import Source
from appliance.authoring.draft import Draft, LeftOut
from appliance.core.plain_text import printable

WIDTH = 118
"""letters of a line"""


def site_text(draft: Draft, found: Sequence[Pair], check: str, *, part: bool = False) -> str:
    """A whole site file, or with ``part`` the facts and opening hours alone, to be put into one. ``check`` is the
    command that checks it."""
    lines = [
        "# Drafted from documents. A person reads each entry that is marked `# approve:`, changes what is not right,",
        _note(f"and takes the mark away. Then: {check}"),
        "",
    ]
    if not part:
        name = draft.title or "NAME OF THE PLACE"
        lines += [
            "# approve: who speaks",
            f"name: {_scalar(name)}",
            "persona:",
            "  name: Ada",
            f"  role: {_scalar(f'the voice assistant of {name}')}",
            f"  greeting: {_scalar(f'Welcome to {name}. How can I help you?')}",
            "",
        ]
    told: dict[str, list[str]] = {}
    for pair in found:
        told.setdefault(pair.first.id, []).append(_about(pair, pair.second.id, pair.second.sources[0]))
        told.setdefault(pair.second.id, []).append(_about(pair, pair.first.id, pair.first.sources[0]))
    if draft.facts:
        lines.append("facts:")
    for fact in draft.facts:
        lines.append(f"  {_approve(fact.sources)}")
        lines += [f"  {_note(what)}" for what in told.get(fact.id, ())]
        lines += [f"  - id: {_scalar(fact.id)}", f"    say: {_scalar(fact.say)}"]
        lines += [f"    simple: {_scalar(fact.simple)}"] if fact.simple else []
        lines += _asks(fact.ask)
    if draft.hours:
        lines += ["", "opening_hours:"]
    for hours in draft.hours:
        lines.append(f"  {_approve(hours.sources)}")
        lines += [f"  - what: {_scalar(hours.what)}", "    hours:"]
        lines += [f"      {days}: {_scalar(spans)}" for days, spans in hours.hours.items()]
        lines += _asks(hours.ask)
    if draft.left_out:
        lines += ["", "# Not taken:", *(_comment(left) for left in draft.left_out)]
    return "\n".join(lines) + "\n"


def _about(pair: Pair, other: str, source: Source) -> str:
    if pair.kind == "duplicate":
        return f"duplicate: says the same as `{other}` ({source}); keep one"
    return f"contradiction: `{other}` ({source}) says otherwise; keep what is right"


def _comment(left: LeftOut) -> str:
    text = " ".join(left.text.split())
    return _note(f"  {left.source}: {left.why}: {text if len(text) <= WIDTH else text[:WIDTH] + ' …'}")


def _approve(sources: Sequence[Source]) -> str:
    return _note(f"approve: from {'; '.join(map(str, sources))}")


def _note(text: str) -> str:
    """A comment. It may hold the name of a file, which may hold a line end."""
    return f"# {printable(text)}"


def _asks(questions: Sequence[str]) -> Iterator[str]:
    if questions:
        yield "    ask:"
        for question in questions:
            yield f"      - {_scalar(question)}"


def _scalar(text: str) -> str:
    """A text as YAML has it in one line, in quotes where it needs them."""
    return yaml.safe_dump(text, allow_unicode=True, width=10**6).removesuffix("\n...\n").strip()
