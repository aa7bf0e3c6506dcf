"""Has one profile or two hear a site's recordings, and scores them and the transcripts of other systems alike."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance import __version__
from appliance.bench.demo.report import machine
from appliance.bench.questions import Engines, clear, open_engines
from appliance.bench.recordings.answers import Answering, known_to
from appliance.bench.recordings.hearing import Heard, Listening, audio_key, brain_key, ear_key
from appliance.bench.recordings.journal import Journal
from appliance.bench.recordings.manifest import Manifest, Recording, read_manifest
from appliance.bench.recordings.normalisation import FORM, normalised
from appliance.bench.recordings.outcomes import (
    Comparison,
    Division,
    Figures,
    How,
    Outcome,
    System,
    compare,
    divided,
    divisions_of,
    figures,
    truth_key,
)
from appliance.bench.recordings.progress import Progress
from appliance.bench.recordings.scoring import Score, Terms, score, terms_of, values_right
from appliance.bench.site import name_of
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import Samples
from appliance.core.facts import Transcript
from appliance.core.ports import EarStream, PortError, VadStream
from appliance.devices.wave import read_speech
from appliance.engines.asr.site.language_model import spoken_form

FORMAT = "cloister-recordings/1"
"""Of the JSON that is printed, and read again by ``--against``"""


@dataclass(frozen=True, slots=True)
class Profile:
    """A box's configuration with a site, under the name that reports give it."""

    name: str
    settings: Settings
    site: Site


@dataclass(frozen=True, slots=True)
class Price:
    """What a box costs, and how long it lasts."""

    box: float
    """in any currency"""
    years: float

    def per_minute(self, processor_s: float) -> float:
        """Cost of a minute of sound that takes ``processor_s``: that share of the box's life. Power is not counted."""
        cores = os.cpu_count() or 1
        return self.box * processor_s / (self.years * 365.25 * 86_400 * cores)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Everything that a report says. It holds no word of what was said."""

    source: str
    program: str
    machine: str
    others: float | None
    """share of the machine that others used while the profile heard"""
    mixed: int
    """recordings of which several channels were averaged"""
    price: Price | None
    systems: tuple[System, ...]
    """the profile first, then the one it is compared with, then other systems"""
    comparisons: tuple[Comparison, ...]
    """the profile against each of the others"""
    divisions: tuple[Division, ...]
    normalisation: str = FORM

    def json(self) -> dict[str, Any]:
        """The evaluation as it is printed: figures, and the outcome of each recording, without words."""
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in ("source", "program", "machine", "others", "mixed")},
            "normalisation": self.normalisation,
            "systems": [
                {
                    "name": system.name,
                    "figures": asdict(known := figures(system.outcomes)),
                    "cost_per_minute": self.cost(known),
                    "groups": {
                        division.column: {
                            name: asdict(figures(found)) for name, found in divided(system.outcomes, division).items()
                        }
                        for division in self.divisions
                    },
                    "outcomes": [asdict(outcome) for outcome in system.outcomes],
                }
                for system in self.systems
            ],
            "comparisons": [asdict(comparison) for comparison in self.comparisons],
        }

    def cost(self, known: Figures) -> float | None:
        """Cost of a minute of sound, where the price of the box is known."""
        if self.price is None or known.processor_s_per_min is None:
            return None
        return self.price.per_minute(known.processor_s_per_min)


@dataclass(frozen=True, slots=True)
class Words:
    """What was said and heard, by recording: for the page, and where an operator asks to see it."""

    said: Mapping[str, tuple[str, ...]]
    heard: Mapping[str, Mapping[str, tuple[str, ...]]]
    """normalised words, by system and recording"""


class Recordings:
    """The recordings of a folder, and what is right about them at a site."""

    def __init__(
        self, manifest: Manifest, site: Site, terms: Terms, work: Path, now: datetime, unit: str | None
    ) -> None:
        self.manifest = manifest
        self.site = site
        self.terms = terms
        self.now = now
        self._work = work
        self._unit = unit

    @classmethod
    def open(
        cls,
        place: Path,
        site: Site,
        work: Path,
        *,
        renamed: Mapping[str, str] | None = None,
        channel: int | None = None,
        limit: int | None = None,
        unit: str | None = None,
        now: datetime | None = None,
    ) -> Recordings:
        """Read the manifest. ``work`` is the folder of the journals, ``unit`` a column whose values are drawn together
        by the bootstrap, ``limit`` the number of recordings that are taken, evenly drawn. Raises ConfigError and
        PortError."""
        now = now or datetime.now()
        entries, choices = known_to(site, now)
        names = [name_of(entry) for entry in entries]
        manifest = read_manifest(place, site, names, renamed=renamed, channel=channel)
        if limit is not None and limit < len(manifest.recordings):
            every = len(manifest.recordings) / limit
            manifest = replace(manifest, recordings=tuple(manifest.recordings[int(n * every)] for n in range(limit)))
        if unit is not None and unit not in manifest.columns:
            raise manifest.no_column(unit)
        return cls(manifest, site, terms_of(site, choices), work, now, unit)

    def only(self, recordings: Sequence[Recording]) -> Recordings:
        """The same with some of the recordings."""
        manifest = replace(self.manifest, recordings=tuple(recordings))
        return Recordings(manifest, self.site, self.terms, self._work, self.now, self._unit)

    def heard_by(
        self, profile: Profile, open_listening: Callable[[Profile], Listening] | None = None
    ) -> list[tuple[str, Heard]]:
        """What a profile hears: the key of each sound, and the result, from the journal where it is there. Raises
        PortError."""
        journal = Journal(self._work, ear_key(profile.settings, profile.site))
        listening: Listening | None = None
        progress = Progress(f"{profile.name}: hearing", len(self.manifest.recordings))
        results = []
        with closing(journal), progress:
            for recording in self.manifest.recordings:
                samples = sound_of(recording)
                key = audio_key(samples)
                kept = journal.get(key)
                if kept is None:
                    listening = listening or (open_listening or open_ears)(profile)
                    heard = listening.hear(samples)
                    journal.put(key, asdict(heard))
                else:
                    heard = Heard.read(kept)
                results.append((key, heard))
                progress.step(kept=kept is not None)
        return results

    def system(
        self,
        profile: Profile,
        heard: Sequence[tuple[str, Heard]],
        engines: Engines | None = None,
    ) -> System:
        """Score what a profile heard, and ask its responder where the manifest wants an answer."""
        pairs = list(zip(self.manifest.recordings, heard, strict=True))
        transcripts = [(recording, Transcript(one.text, one.confidence, "ears")) for recording, (_, one) in pairs]
        answers = self._answers(profile, profile.name, transcripts, engines)
        outcomes = [
            replace(
                self._outcome(recording, key, one.audio_s, one.text),
                answer=answers.get(recording.id),
                confidence=one.confidence,
                latency_s=one.latency_s,
                processor_s=one.processor_s,
            )
            for recording, (key, one) in pairs
        ]
        return System(profile.name, tuple(outcomes))

    def other_system(
        self,
        name: str,
        profile: Profile,
        heard: Sequence[tuple[str, Heard]],
        engines: Engines | None = None,
    ) -> System:
        """Score the transcripts of another system, which the manifest holds, in the same way; the responder is that of
        ``profile``. A row without a transcript is left out."""
        pairs = [
            (recording, one)
            for recording, one in zip(self.manifest.recordings, heard, strict=True)
            if name in recording.hypotheses
        ]
        language = self.site.language
        transcripts = [
            (recording, clear(" ".join(spoken_form(recording.hypotheses[name], language)))) for recording, _ in pairs
        ]
        answers = self._answers(profile, name, transcripts, engines)
        outcomes = [
            replace(
                self._outcome(recording, key, one.audio_s, recording.hypotheses[name]),
                answer=answers.get(recording.id),
            )
            for recording, (key, one) in pairs
        ]
        return System(name, tuple(outcomes))

    def words(self, heard: Mapping[str, Sequence[tuple[str, Heard]]]) -> Words:
        """What was said and heard, by the name of the system; other systems' come from the manifest."""
        language = self.site.language
        recordings = self.manifest.recordings
        texts = {
            name: {one.id: result.text for one, (_, result) in zip(recordings, results, strict=True)}
            for name, results in heard.items()
        }
        for name in self.manifest.systems:
            texts[name] = {one.id: one.hypotheses[name] for one in recordings if name in one.hypotheses}
        return Words(
            {one.id: normalised(one.text, language) for one in recordings if one.text is not None},
            {name: {id: normalised(text, language) for id, text in by_id.items()} for name, by_id in texts.items()},
        )

    def _outcome(self, recording: Recording, key: str, seconds: float, text: str) -> Outcome:
        return Outcome(
            recording.id,
            key,
            truth_key(recording, self.site.language),
            seconds,
            recording.groups.get(self._unit, "") if self._unit else "",
            recording.groups,
            self._score(recording, text),
            values_right(text, recording.values, self.manifest.lists, self.site) if recording.values else None,
        )

    def _score(self, recording: Recording, text: str) -> Score | None:
        if recording.text is None:
            return None
        language = self.site.language
        return score(normalised(recording.text, language), normalised(text, language), self.terms)

    def _answers(
        self,
        profile: Profile,
        name: str,
        transcripts: Sequence[tuple[Recording, Transcript]],
        engines: Engines | None,
    ) -> dict[str, How]:
        asked = [
            (recording, heard)
            for recording, heard in transcripts
            if recording.entry is not None or recording.answer is not None
        ]
        if not asked:
            return {}
        journal = Journal(self._work, "answers-" + brain_key(profile.settings, profile.site))
        progress = Progress(f"{name}: asking", len(asked))
        found: dict[str, How] = {}
        with (
            closing(journal),
            Answering(profile.site, engines or open_engines(profile.settings), self.now, journal) as answering,
            progress,
        ):
            for recording, heard in asked:
                found[recording.id] = answering.ask(recording, heard)
                progress.step()
        return found


def evaluate(
    recordings: Recordings,
    profiles: Sequence[Profile],
    earlier: System | None = None,
    *,
    divisions: Sequence[Division] = (),
    price: Price | None = None,
    open_listening: Callable[[Profile], Listening] | None = None,
    engines: Engines | None = None,
) -> tuple[Evaluation, Words]:
    """Hear the recordings with each profile, and compare the first with the others, with an ``earlier`` result and with
    the transcripts that the manifest holds. Raises ConfigError and PortError."""
    for division in divisions:
        if division.column not in recordings.manifest.columns:
            raise recordings.manifest.no_column(division.column)
    heard = {one.name: recordings.heard_by(one, open_listening) for one in profiles}
    systems = [recordings.system(one, heard[one.name], engines) for one in profiles]
    first = heard[profiles[0].name]
    if earlier is not None:
        systems.append(earlier)
    systems += [recordings.other_system(name, profiles[0], first, engines) for name in recordings.manifest.systems]
    names = [system.name for system in systems]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise PortError(f"two systems are called {twice!r}: give one of them another name")
    divisions = tuple(divisions or divisions_of(systems[0].outcomes))
    systems = [_without_columns(system, divisions) for system in systems]
    evaluation = Evaluation(
        str(recordings.manifest.source),
        __version__,
        machine(),
        _mean([one.others for _, one in first if one.others is not None]),
        recordings.manifest.mixed,
        price,
        tuple(systems),
        tuple(compare(systems[0], other) for other in systems[1:]),
        divisions,
    )
    return evaluation, recordings.words(heard)


def _without_columns(system: System, divisions: Sequence[Division]) -> System:
    """The system without the columns that divide nothing: they may hold anything, what was said too."""
    columns = {division.column for division in divisions}
    return System(
        system.name,
        tuple(
            replace(one, groups={name: value for name, value in one.groups.items() if name in columns})
            for one in system.outcomes
        ),
    )


def _mean(shares: Sequence[float]) -> float | None:
    return sum(shares) / len(shares) if shares else None


def sound_of(recording: Recording) -> Samples:
    """The sound of a recording. Raises PortError."""
    return read_speech(recording.audio, channel=recording.channel, start_s=recording.start_s, end_s=recording.end_s)


def open_ears(profile: Profile) -> Listening:
    """The ears of a profile. Raises PortError."""
    from appliance.engines.asr.combined import open_ear
    from appliance.engines.vad.silero import SileroVad

    ear: EarStream = open_ear(profile.settings, profile.site).stream()
    vad: VadStream = SileroVad().stream()
    return Listening(ear, vad, profile.settings.endpoint, accelerated=profile.settings.device != "cpu")


def read_result(path: Path) -> System:
    """The first system of a result that ``--json`` printed. Raises PortError."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        if result["format"] != FORMAT:
            raise ValueError
        return System(str(path), tuple(_outcomes(result["systems"][0]["outcomes"])))
    except OSError as error:
        raise PortError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise PortError(f"{path}: is no result of `cloister evaluate recordings --json`") from None


def _outcomes(rows: Sequence[Mapping[str, Any]]) -> Iterator[Outcome]:
    for row in rows:
        counts = row["score"]
        known = None
        if counts is not None:
            kinds = {kind: (int(said), int(heard)) for kind, (said, heard) in counts["kinds"].items()}
            known = Score(**{**counts, "kinds": kinds})
        yield Outcome(**{**row, "score": known})
