"""``cloister evaluate telephone``: how much worse the ears hear over a telephone.

It uses the recordings of ``evaluate ear``: the words of sentences read aloud (``A-asr-dev``) and what visitors of a
cafe order (``commands-dev``). Each is heard as recorded and as a telephone carries it, at 8 kHz, coded and decoded by
G.711 as the doors do it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from appliance.bench.markdown import Row, percent
from appliance.bench.workbench.ear import Cutter, Listener, manifest, order_slots, recorded
from appliance.bench.workbench.material import drawn, recordings_in
from appliance.bench.workbench.voice import word_distance
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.engines.asr.combined import open_ear
from appliance.language.words import plain_words
from appliance.protocols.sound import Coding, Decoder, Encoder

_RATE_HZ = 8_000
_LONGEST_S = 12.0
"""Longest sentence; a longer one is a reading"""


def over_telephone(coding: Coding, samples: Samples) -> Samples:
    """The sound after a telephone line: 8 kHz, coded and decoded."""
    coded = Encoder(SAMPLE_RATE_HZ, coding, _RATE_HZ).encode(samples, last=True)
    return Decoder(coding, _RATE_HZ).decode(coded)


LINES: Mapping[str, Callable[[Samples], Samples]] = {
    "as recorded": lambda samples: samples,
    "G.711 A-law": partial(over_telephone, "alaw"),
    "G.711 µ-law": partial(over_telephone, "mulaw"),
}
"""What carries the sound"""


@dataclass(slots=True)
class LineFigures:
    """What one ear heard over one line."""

    line: str
    ear: str
    sentences: int = 0
    words: int = 0
    errors: int = 0
    """substitutions, insertions, deletions"""
    orders: int = 0
    exact: int = 0
    """orders with all slots right and no other"""


@dataclass(frozen=True, slots=True)
class TelephoneFigures:
    """All figures."""

    lines: tuple[LineFigures, ...]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for one in self.lines:
            if one.words:
                rate = f"{percent(one.errors, one.words)} of {one.words} words"
                yield Row(f"word errors, {one.line}: {one.ear}", rate, one.sentences)
        for one in self.lines:
            if one.orders:
                yield Row(f"orders all right, {one.line}: {one.ear}", percent(one.exact, one.orders), one.orders)

    def table(self) -> str:
        """The figures as text for a terminal."""
        head = f"{'line':<14}{'ear':<14}{'sentences':>9}{'words':>7}{'errors':>8}{'orders':>8}{'all right':>11}"
        return "\n".join(
            [
                head,
                *(
                    f"{one.line:<14}{one.ear:<14}{one.sentences:>9}{one.words:>7}{percent(one.errors, one.words):>8}"
                    f"{one.orders:>8}{percent(one.exact, one.orders):>11}"
                    for one in self.lines
                ),
            ]
        )


def evaluate(settings: Settings, site: Site, shared: Path, limit: int | None = None) -> TelephoneFigures:
    """Measure the ears of ``settings`` at ``site``, on at most ``limit`` sentences and as many orders, evenly drawn.

    Raises PortError when the recordings are not there.
    """
    data = recordings_in(shared, "A-asr-dev", "commands-dev")
    listener, cutter = Listener(open_ear(settings, site).stream()), Cutter()
    figures = {(line, ear): LineFigures(line, ear) for line in LINES for ear in listener.ears}

    def heard(path: Path) -> Iterator[tuple[LineFigures, str]]:
        samples = recorded(path)
        for line, carried in LINES.items():
            for ear, text in listener.hear(cutter.cut(carried(samples))).items():
                yield figures[line, ear], text

    sentences = [
        (data / "A-asr-dev" / str(entry["file"]), plain_words(str(entry["text"])))
        for entry in manifest(data / "A-asr-dev")
        if entry["text"]
        and not any(c.isdigit() for c in str(entry["text"]))
        and float(str(entry["seconds"])) < _LONGEST_S
    ]
    for path, words in drawn(sentences, limit):
        for one, text in heard(path):
            one.sentences += 1
            one.words += len(words)
            one.errors += word_distance(words, text.split())
    for entry in drawn(manifest(data / "commands-dev"), limit):
        for one, text in heard(data / "commands-dev" / str(entry["file"])):
            one.orders += 1
            one.exact += order_slots(text, site) == entry["slots"]
    return TelephoneFigures(tuple(figures.values()))
