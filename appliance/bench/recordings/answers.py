"""Puts what was heard to the site's own responder, and tells whether the answer is the one that the manifest wants."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import get_args

from appliance.bench.questions import Asked, Engines, Rig, ask
from appliance.bench.recordings.journal import Journal
from appliance.bench.recordings.manifest import NOTHING, Recording
from appliance.bench.recordings.outcomes import How
from appliance.bench.site import name_of
from appliance.brain.grounding.sources import Sources, ungrounded
from appliance.brain.knowledge import Entry, entries
from appliance.config.site import Site
from appliance.core.facts import Transcript
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools


def known_to(site: Site, now: datetime) -> tuple[list[Entry], Mapping[str, Sequence[str]]]:
    """What a site can answer, and the choices of its forms, those that its tools list included. Raises PortError."""
    with tempfile.TemporaryDirectory() as state:
        listed = choices(site, open_tools(site.tools, site.language, Path(state), lambda: now))
    return entries(site, listed), listed


class Answering:
    """A site's responder, with tools whose state is thrown away. Used as a context."""

    def __init__(self, site: Site, engines: Engines, now: datetime, journal: Journal | None = None) -> None:
        """Open the responder. ``journal`` keeps how each question was answered. Raises PortError."""
        self._now, self._site, self._journal = now, site, journal
        self._closing = ExitStack()
        state = Path(self._closing.enter_context(tempfile.TemporaryDirectory()))
        self._rig = Rig.open(site, engines, state, now)
        self._ids = {name_of(entry): entry.id for entry in self._rig.retrieval.entries}

    def __enter__(self) -> Answering:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def ask(self, recording: Recording, heard: Transcript) -> How:
        """Ask in a conversation of its own."""
        said = (heard.text, round(heard.confidence, 4), recording.entry, recording.answer, self._now.date().isoformat())
        key = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]
        if self._journal is not None and (kept := self._journal.get(key)) is not None:
            return _how(str(kept["how"]))
        how = self._asked(recording, heard)
        if self._journal is not None:
            self._journal.put(key, {"how": how})
        return how

    def _asked(self, recording: Recording, heard: Transcript) -> How:
        if not heard.text:
            return "right" if recording.entry == NOTHING else "no answer"
        entry = self._ids.get(recording.entry or NOTHING)
        if entry is None and recording.entry not in (None, NOTHING):
            return "no answer"  # another profile's site may lack what the manifest asks for
        wanted = () if recording.answer is None else (recording.answer,)
        one = ask(self._rig, Asked(heard.text, entry, wanted), iter([heard]))
        if recording.entry is None:
            sources = Sources.of([one.said], self._site.language)
            holds = not ungrounded(recording.answer or "", sources)
            return "right" if holds else "wrong" if one.answered else "no answer"
        if entry is None:
            return "wrong" if one.answered else "right"
        if not one.answered:
            return "no answer"
        if not one.right:
            return "wrong"
        return "asked back" if one.suggested else "right"


def _how(word: str) -> How:
    found: How = next(how for how in get_args(How) if how == word)
    return found
