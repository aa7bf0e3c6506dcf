"""``cloister evaluate emergencies``: measures how many emergencies are missed, and how many false alarms there are.

The sheets are ``questions/emergencies.yaml`` (patterns were chosen with it), ``emergencies_thresholds.yaml``
(thresholds of meaning were), ``emergencies_held_out.yaml`` (looked at only to report) and
``emergencies_strangers.yaml`` (the same, by an author who saw neither a pattern nor another sheet). Counted are misses,
false alarms, and false alarms by the words so far, while the sentence is still being said. Each is counted by the words
alone, and by words and meaning together, as on a box. With ``--shared``, utterances of clinc150's test split, which ask
an assistant for things and are no emergencies, are counted too.

With ``--spoken``, Debian's flite and espeak-ng, neither of which made sound for the training of an ear, say at most
``SPOKEN`` sentences of each side, in the rooms and the noise of ``evaluate spoken``. The ears of the settings hear them
as on the appliance: what they have heard so far counts as well as what they have heard at the end.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from appliance.bench.markdown import Row, percent
from appliance.bench.workbench.material import QUESTIONS, drawn
from appliance.bench.workbench.record import Line, reverberate, synthesize
from appliance.bench.workbench.spoken import PACES, ROOMS, SNR_DB, VOICES, HearingCounts, in_noise
from appliance.bench.workbench.voice import espeak
from appliance.config.box import Settings
from appliance.config.site import Emergency, Site
from appliance.conversation.emergency import Alarms
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import Distress, Ear, EarStream, PortError
from appliance.engines.asr.combined import open_ear
from appliance.engines.embedding.distress import open_distress
from appliance.language import templates as phrases
from appliance.language.english import ENGLISH

SHEETS: Mapping[str, str] = {
    "development": "emergencies",
    "thresholds": "emergencies_thresholds",
    "held out": "emergencies_held_out",
    "strangers": "emergencies_strangers",
}
"""Files of sentences by what they are for"""
SPOKEN = 100
"""The most sentences of each side of a sheet that are said, without ``--limit``"""
ESPEAK = "espeak-ng"

_ELSEWHERE = ("test", "oos_test")
_BLOCK = SAMPLE_RATE_HZ // 10

Sides = Mapping[str, Mapping[str, Sequence[str]]]
"""``raise`` and ``quiet``, each with lines by kind"""

Speak = Callable[[str, str, float], Samples]
"""Says a text, given the voice, the text and the pace"""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a sheet."""

    text: str
    alarming: bool
    kind: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a sentence came to: its words so far, one after the other, and all of them."""

    so_far: Sequence[str]
    whole: str


@dataclass(frozen=True, slots=True)
class AlarmCounts:
    """Counts of one sheet."""

    said: int
    """number of emergencies"""
    missed: tuple[str, ...]
    quiet: int
    """number of sentences that are none"""
    raised: tuple[str, ...]
    """false alarms at the end of the sentence or before"""
    early: tuple[str, ...]
    """those of the false alarms that its first words alone raised"""

    def row(self, what: str) -> Iterator[Row]:
        yield Row(f"{what}: missed", percent(len(self.missed), self.said), self.said)
        figure = f"{percent(len(self.raised), self.quiet)}; {len(self.early)}"
        yield Row(f"{what}: false alarms; of these, number by the first words", figure, self.quiet)

    def line(self, what: str) -> str:
        return (
            f"{what}: missed {_share(self.missed, self.said)}, false alarms {_share(self.raised, self.quiet)}, "
            f"{len(self.early)} of these by the first words alone"
        )


@dataclass(frozen=True, slots=True)
class EmergencyFigures:
    """All figures of emergencies."""

    words: Mapping[str, AlarmCounts]
    """by the words alone, by sheet"""
    both: Mapping[str, AlarmCounts]
    """by words and meaning, by sheet"""
    spoken: Mapping[str, AlarmCounts] = field(default_factory=dict)
    """by words and meaning, after the ears; empty unless asked for"""
    heard: Mapping[str, HearingCounts] = field(default_factory=dict)
    elsewhere: AlarmCounts | None = None
    """clinc150's utterances; None without the shared data"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for name in self.both:
            yield from self.words[name].row(f"{name}, typed, by the words alone")
            yield from self.both[name].row(f"{name}, typed, by words and meaning")
        for name, counts in self.spoken.items():
            yield from counts.row(f"{name}, spoken, noise at {SNR_DB:g} dB")
            h = self.heard[name]
            yield Row(f"{name}, spoken: word error rate", percent(h.errors, h.words), h.words)
        if self.elsewhere:
            raised = self.elsewhere.raised
            yield Row("clinc150 (test): false alarms", percent(len(raised), self.elsewhere.quiet), self.elsewhere.quiet)

    def table(self) -> str:
        """The figures as text for a reader. Sentences are shown of the development sheet alone."""
        lines = []
        for name in self.both:
            lines.append(self.words[name].line(f"{name}, typed, words alone"))
            lines.append(self.both[name].line(f"{name}, typed, words and meaning"))
            if name in self.spoken:
                h = self.heard[name]
                lines.append(self.spoken[name].line(f"{name}, spoken, noise at {SNR_DB:g} dB"))
                lines.append(f"  word error rate {h.errors / max(1, h.words):.1%} of {h.words} words")
        if self.elsewhere:
            lines.append(f"clinc150 (test): false alarms {_share(self.elsewhere.raised, self.elsewhere.quiet)}")
        shown = self.both["development"]
        lines += [f"  missed: {text}" for text in shown.missed[:30]]
        lines += [
            f"  false: {text}" for text in (*shown.raised, *(self.elsewhere.raised if self.elsewhere else ()))[:40]
        ]
        return "\n".join(lines)


def _share(part: Sequence[str], whole: int) -> str:
    return f"{len(part)} of {whole} ({len(part) / max(1, whole):.1%})"


def evaluate(
    settings: Settings,
    site: Site,
    shared: Path,
    limit: int | None = None,
    *,
    spoken: bool = False,
    hears: Callable[[Settings, Site], Ear] = open_ear,
    speak: Speak | None = None,
) -> EmergencyFigures:
    """Measure with the built-in knowledge of ``site``'s language, on at most ``limit`` sentences of each side of a
    sheet. Takes a minute, and with ``spoken`` half an hour. ``site`` is otherwise only what the ears are opened for.
    Raises PortError."""
    distress = open_distress(settings.brain.distress, ENGLISH)
    words, both = _alarms(None), _alarms(distress)
    sheets = {name: _limited(sheet(name), limit) for name in SHEETS}
    typed = {name: [(said, written(said.text)) for said in sentences] for name, sentences in sheets.items()}
    by_ear: dict[str, AlarmCounts] = {}
    heard: dict[str, HearingCounts] = {}
    if spoken:
        if speak is None and shutil.which("flite") is None:
            raise PortError("evaluate emergencies: the visitors' voices need flite; install it: apt-get install flite")
        ear = hears(settings, site).stream()
        for name, sentences in sheets.items():
            heard[name] = HearingCounts()
            few = _limited(sentences, limit or SPOKEN)
            by_ear[name] = count(
                [(said, _hear(said.text, number, ear, heard[name], speak or say)) for number, said in enumerate(few)],
                both,
            )
    return EmergencyFigures(
        {name: count(pairs, words) for name, pairs in typed.items()},
        {name: count(pairs, both) for name, pairs in typed.items()},
        by_ear,
        heard,
        _elsewhere(shared / "data" / "F-text" / "clinc150.jsonl", limit, both),
    )


def _alarms(distress: Distress | None) -> Alarms:
    return Alarms(Emergency(say="Help is on the way."), ENGLISH, distress)


def templates(name: str) -> tuple[phrases.Lists, Sides]:
    """The lists and the templates of ``questions/<name>.yaml``."""
    read = yaml.safe_load((QUESTIONS / f"{name}.yaml").read_text(encoding="utf-8"))
    return read.pop("lists", {}), read


def sheet(name: str) -> list[Said]:
    """The sentences of a sheet."""
    lists, sides = templates(SHEETS[name])
    return [
        Said(text, side == "raise", kind)
        for side, kinds in sides.items()
        for kind, lines in kinds.items()
        for line in lines
        for text in phrases.expand(line, lists)
    ]


def _limited(sentences: Sequence[Said], limit: int | None) -> list[Said]:
    """At most ``limit`` sentences of each side, evenly drawn."""
    return [
        said
        for alarming in (True, False)
        for said in drawn([said for said in sentences if said.alarming is alarming], limit)
    ]


def written(text: str) -> Heard:
    """A sentence as it is typed, word by word."""
    words = text.split()
    return Heard([" ".join(words[:n]) for n in range(1, len(words))], text)


def count(sentences: Iterable[tuple[Said, Heard]], alarms: Alarms) -> AlarmCounts:
    """Count misses and false alarms."""
    said = quiet = 0
    missed, raised, early = [], [], []
    for sentence, heard in sentences:
        soon = any(alarms.raised(part, whole=False) for part in heard.so_far)
        alarm = soon or alarms.raised(heard.whole, whole=True)
        text = sentence.text if heard.whole == sentence.text else f"{sentence.text} (heard: {heard.whole})"
        if sentence.alarming:
            said += 1
            missed += [] if alarm else [text]
        else:
            quiet += 1
            raised += [text] if alarm else []
            early += [text] if soon else []
    return AlarmCounts(said, tuple(missed), quiet, tuple(raised), tuple(early))


def say(voice: str, text: str, pace: float) -> Samples:
    """A text in one of the voices. espeak-ng's pace is its own."""
    return espeak(text) if voice == ESPEAK else synthesize(Line(id="", voice=voice, says=text), pace)


def _hear(text: str, seed: int, ear: EarStream, heard: HearingCounts, speak: Speak) -> Heard:
    """What the ears hear when a sentence is said in a room with noise. The same seed says it in the same way."""
    chance, noise = random.Random(seed), np.random.default_rng(seed)
    voice = chance.choice((*VOICES, ESPEAK) if shutil.which(ESPEAK) else VOICES)
    pace, room = chance.choice(PACES), chance.choice(ROOMS)
    samples = in_noise(reverberate(speak(voice, text, pace), room, noise), SNR_DB, noise)
    ear.start()
    so_far = [ear.accept(samples[at : at + _BLOCK]) for at in range(0, len(samples), _BLOCK)]
    transcript = ear.finish()
    heard.note(text, transcript)
    return Heard(list(dict.fromkeys(so_far)), transcript.text)


def _elsewhere(path: Path, limit: int | None, alarms: Alarms) -> AlarmCounts | None:
    if not path.exists():
        return None
    entries = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    texts = [entry["text"] for entry in entries if entry["split"] in _ELSEWHERE]
    return count([(Said(text, False, ""), written(text)) for text in drawn(texts, limit)], alarms)
