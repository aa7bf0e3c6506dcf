"""``cloister chat``: a conversation in writing with the real responder, for site authors, tests and debugging.

A visitor's line goes the way that spoken words go, without the sound. ``dialogue`` decides about emergencies, about the
opening and the closing of a conversation and about calling a person. The responder finds the reply with retrieval, the
forms, the tools and the language model of the box. The clock stands still, at a moment that may be given.

After a conversation was closed (good-bye, hand-over, emergency), the next line opens a new one, as the next words do
at the appliance.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from appliance.cli import verb
from appliance.cli.verb import OK, Verbs, load, seal_process
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.ports import PortError, Tool
from appliance.runtime.clock import local_clock

if TYPE_CHECKING:
    from appliance.brain.responder import Responder
    from appliance.runtime.written import Chat, Exchange


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "chat",
        _chat,
        "talk with the appliance in writing: the same replies, tools and emergencies, without sound; after a "
        "conversation was closed, the next line opens a new one",
    )
    parser.add_argument(
        "--script", type=Path, metavar="FILE", help="a visitor's line per line; - reads standard input (default: ask)"
    )
    parser.add_argument(
        "--now", type=_moment, metavar="TIME", help="what the clock shows all the while, as in 2026-11-18T14:45"
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where the tools keep their state, such as the appointment book (default: a new folder, thrown away)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per visitor's line")


def _moment(text: str) -> datetime:
    """Read a date and time from the command line."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 2026-11-18T14:45") from None


def _chat(options: argparse.Namespace) -> int:
    seal_process()
    settings, site = load(options)
    draft = options.site is not None
    _converse(settings, site, options.script, options.now, options.state, as_json=options.json, draft=draft)
    return OK


def open_chat(settings: Settings, site: Site, now: Callable[[], datetime], state: Path, cache: Path) -> Chat:
    """Open the brain of a box for a site, with its tools, whose state is in ``state``. ``cache`` is the file that keeps
    the vectors of the site's sentences. Takes seconds. Raises PortError."""
    from appliance.brain.knowledge import entries
    from appliance.brain.responder import SiteResponder
    from appliance.brain.retrieval import Retrieval
    from appliance.engines.embedding.answers import open_judge
    from appliance.engines.embedding.distress import open_distress
    from appliance.engines.embedding.minilm import MiniLm
    from appliance.engines.llm.interpreter import LlamaInterpreter
    from appliance.engines.llm.llama import LlamaModel
    from appliance.engines.llm.slot_reader import slot_reader
    from appliance.runtime.written import Chat
    from appliance.tools.choices import choices
    from appliance.tools.executable import open_tools

    tools = open_tools(site.tools, site.language, state, now)
    embedder = MiniLm(settings.brain.embedder, threads=1)
    listed = choices(site, tools)
    known = entries(site, listed)
    judge = open_judge(settings.brain.answers)
    distress = open_distress(settings.brain.distress, site.language)
    retrieval = Retrieval(known, embedder, site.language, cache=cache if _writable(cache) else None, judge=judge)
    loaded = LlamaModel(settings)
    model = loaded.session()
    slots = slot_reader(loaded.prompt, model)

    def open_responder(watched: Mapping[str, Tool]) -> Responder:
        return SiteResponder(
            site,
            model,
            slots,
            retrieval,
            watched,
            listed,
            now,
            composed=settings.brain.composed and loaded.measured.composes,
            interpreter=LlamaInterpreter(model),
            distress=distress,
        )

    def failed(error: PortError) -> None:
        print(f"cloister: {error}", file=sys.stderr)

    return Chat(site, tools, open_responder, distress, failed)


def _writable(file: Path) -> bool:
    existing = file
    while not existing.exists():
        existing = existing.parent
    return os.access(existing, os.W_OK)


def _converse(
    settings: Settings,
    site: Site,
    script: Path | None,
    now: datetime | None,
    state: Path | None,
    *,
    as_json: bool,
    draft: bool,
) -> None:
    """Hold the conversation of a script, or of the terminal. ``draft`` says that the site is not the box's own, so the
    daemon's cache holds other sentences and stays as it is. Raises PortError."""
    clock = local_clock(site.zone) if now is None else lambda: now
    cache = settings.kept / ("retrieval-draft.npz" if draft else "retrieval.npz")
    with _lines(script) as lines, _book(state) as directory:
        chat = open_chat(settings, site, clock, directory, cache)
        interactive = script is None and sys.stdin.isatty() and not as_json
        if interactive:
            print(f"{site.persona.name}: {chat.greet()}", flush=True)
        for line in _asked(lines, prompt=interactive):
            exchange = chat.say(line)
            if as_json:
                print(json.dumps(asdict(exchange), ensure_ascii=False), flush=True)
            else:
                print("\n".join(describe(exchange, site.persona.name, echo=not interactive)), flush=True)


def describe(exchange: Exchange, name: str, *, echo: bool) -> Iterator[str]:
    """Yield the lines of an exchange for a reader. With ``echo`` they include the visitor's line, which a terminal
    shows already."""
    if echo:
        yield f"visitor: {exchange.visitor}"
    for call in exchange.tools:
        given = ", ".join(f"{key}={value}" for key, value in call.arguments.items())
        yield f"    {call.tool}.{call.function}({given}){'' if call.ok else ' refused'}"
    notes = ", ".join([exchange.route, *exchange.facts])
    yield f"{name}: {exchange.reply}   [{notes}]"
    if exchange.closed:
        yield "    (the conversation is over; the next line opens a new one)"


def _asked(lines: TextIO, *, prompt: bool) -> Iterator[str]:
    """Yield the visitor's lines, without blank ones."""
    while True:
        if prompt:
            print("> ", end="", flush=True)
        line = lines.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


@contextmanager
def _lines(script: Path | None) -> Iterator[TextIO]:
    """Open the input in UTF-8: a file, or standard input for None and for "-". Raises PortError."""
    if script is None or str(script) == "-":
        yield sys.stdin
        return
    try:
        text = script.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PortError(f"{script}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise PortError(f"{script}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    yield io.StringIO(text)


@contextmanager
def _book(state: Path | None) -> Iterator[Path]:
    """The folder of the tools' state: ``state``, or one that is removed afterwards."""
    if state is not None:
        yield state
        return
    with tempfile.TemporaryDirectory(prefix="cloister-chat-") as directory:
        yield Path(directory)
