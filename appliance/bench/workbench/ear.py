"""``cloister evaluate ear``: measures how well the ears understand people.

It uses recordings of people beside the checkout (``../shared/data``), none of which trained anything here:

- *words*: sentences read aloud (``A-asr-dev``), speakers of English as a first language and others apart, with the
  site's language and with general English alone;
- *orders*: what visitors of a cafe order (``commands-dev``), clean and in noise (second halves of ``C-noise``; the
  network trains on the first). An order is right when every slot is, and no other was heard.

Every recording is cut as the appliance cuts it: from a little before the first speech to a little after the last. All
tuning was done on the first 100 recordings of the orders, so those and the rest are reported apart.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from appliance.bench.markdown import Row, percent
from appliance.bench.workbench.material import drawn, recordings_in
from appliance.bench.workbench.voice import word_distance
from appliance.config.box import EarSettings, Settings
from appliance.config.site import HandOver, Site, Speech
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import EarStream, PortError
from appliance.engines.asr.combined import CombinedStream, open_ear
from appliance.engines.vad.silero import SileroVad
from appliance.language import templates
from appliance.language.words import plain_words

SNRS_DB: Sequence[float | None] = (None, 24.0, 15.0, 6.0)
"""Signal-to-noise ratios of the orders, in dB; None is as recorded."""
TUNED_ON = 100
"""Number of the recordings of orders on which thresholds were chosen."""

_SLOTS: Mapping[str, str] = {
    "coffeeDrink": "drink",
    "numberOfShots": "shots",
    "roast": "roast",
    "size": "size",
    "milkAmount": "milk",
    "sugarAmount": "sugar",
}
"""Names of the slots in the recordings' list, and of the site's lists that hold their values"""

_BLOCK = SAMPLE_RATE_HZ // 10
_TIMED = 10
"""Number of recordings of each group of speakers for which the ear's time is measured."""
_BEFORE_S, _AFTER_S = 0.35, 0.6
"""Seconds that the appliance hears around speech: its pre-roll, and the silence that ends a turn."""
_SPEECH, _QUIET = 0.5, 0.35
"""Probability from which a window is speech, and below which it is no longer speech."""
_ONSET_WINDOWS = 3


@dataclass(frozen=True)
class WordFigures:
    """Word errors of one ear on one group of speakers."""

    ear: str
    language: str
    """``site``: the site's language with general English; ``general``: English alone"""
    speakers: str
    sentences: int
    words: int
    errors: int
    """substitutions, insertions, deletions"""

    @property
    def rate(self) -> float:
        return self.errors / self.words


@dataclass(frozen=True)
class OrderFigures:
    """Orders that one ear understood at one signal-to-noise ratio."""

    ear: str
    snr_db: float | None
    recordings: str
    """``tuned on`` or ``held out``"""
    orders: int
    exact: int
    """orders with all slots right and no other"""
    slots: int
    slots_right: int


@dataclass(frozen=True)
class Speed:
    """The processing time of one ear."""

    ear: str
    audio_s: float
    busy_s: float
    last_word_ms: float
    """median time of ``finish``, which a visitor waits once the utterance is over"""

    @property
    def real_time_factor(self) -> float:
        return self.busy_s / self.audio_s


@dataclass(frozen=True)
class EarEvaluation:
    """All figures of the ears."""

    words: tuple[WordFigures, ...]
    orders: tuple[OrderFigures, ...]
    speed: tuple[Speed, ...]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for w in self.words:
            what = f"word error rate, {w.speakers}: {w.ear}, language {w.language}"
            yield Row(what, f"{100 * w.rate:.1f} % of {w.words} words", w.sentences)
        for o in self.orders:
            what = f"orders all right, {o.recordings}, {noise_name(o.snr_db)}: {o.ear}"
            yield Row(what, percent(o.exact, o.orders), o.orders)
        for s in self.speed:
            figure = f"{s.real_time_factor:.2f}; {s.last_word_ms:.0f} ms"
            yield Row(f"real-time factor; what is left at the end of a turn: {s.ear}", figure, f"{s.audio_s:.0f} s")

    def table(self) -> str:
        lines = [f"{'words':<14}{'language':<10}{'speakers':<12}{'sentences':>9}{'words':>7}{'error rate':>12}"]
        lines += [
            f"{w.ear:<14}{w.language:<10}{w.speakers:<12}{w.sentences:>9}{w.words:>7}{w.rate:>12.1%}"
            for w in self.words
        ]
        lines += ["", f"{'orders':<14}{'noise':<10}{'recordings':<12}{'orders':>9}{'exact':>8}{'slots right':>13}"]
        lines += [
            f"{o.ear:<14}{noise_name(o.snr_db):<10}{o.recordings:<12}{o.orders:>9}{o.exact / o.orders:>8.1%}"
            f"{o.slots_right / o.slots:>13.1%}"
            for o in self.orders
        ]
        lines += ["", f"{'speed':<14}{'real-time factor':>18}{'finish, median':>18}"]
        lines += [f"{s.ear:<14}{s.real_time_factor:>18.3f}{s.last_word_ms:>15.0f} ms" for s in self.speed]
        return "\n".join(lines)


def evaluate(settings: Settings, site: Site, shared: Path, limit: int | None = None) -> EarEvaluation:
    """Measure the ears of ``settings`` at ``site``, on at most ``limit`` recordings of each group, evenly drawn.

    Raises PortError when the recordings are not there, or the site has no cafe to order from.
    """
    data = recordings_in(shared, "A-asr-dev", "commands-dev", "C-noise")
    missing = [name for name in _SLOTS.values() if name not in site.speech.lists]
    if missing:
        raise PortError(f"{site.name}: has no list {', '.join(missing)}, so orders cannot be evaluated here")
    cutter = Cutter()
    heard = Listener(open_ear(settings, site).stream())
    plain = Listener(open_ear(settings, _without_language(site)).stream())
    sentences = _sentences(data, cutter, limit)
    words = [
        figures
        for speakers, recordings in sentences.items()
        for language, listener in (("site", heard), ("general", plain))
        for figures in _words(language, speakers, listener, recordings)
    ]
    orders = [
        figures
        for snr_db in SNRS_DB
        for figures in _understood(heard, site, snr_db, recorded_orders(data, cutter, snr_db, limit))
    ]
    timed = [samples for recordings in sentences.values() for _, samples in recordings[:_TIMED]]
    speeds = [_speed(name, open_ear(alone, site).stream(), timed) for name, alone in _alone_and_together(settings)]
    return EarEvaluation(tuple(words), tuple(orders), tuple(speeds))


def noise_name(snr_db: float | None) -> str:
    return "clean" if snr_db is None else f"{snr_db:.0f} dB"


def _alone_and_together(settings: Settings) -> Iterator[tuple[str, Settings]]:
    ears = settings.ear
    for kind in ears.configured:
        yield kind, dataclasses.replace(settings, ear=EarSettings(**{kind: getattr(ears, kind)}))
    if len(ears.configured) > 1:
        yield "together", settings


def _without_language(site: Site) -> Site:
    """The site with nothing that an ear could learn from it."""
    return dataclasses.replace(
        site,
        facts=(),
        opening_hours=(),
        forms=(),
        emergency=None,
        hand_over=HandOver(phrases=()),
        speech=Speech(),
    )


class Listener:
    """Runs an ear on recordings. Of a combined ear, it also gives the text of each part."""

    def __init__(self, ear: EarStream) -> None:
        self._ear = ear
        self.ears = (*ear.names, "together") if isinstance(ear, CombinedStream) else (ear.name,)

    def hear(self, samples: Samples) -> dict[str, str]:
        """Texts by ear."""
        _listen(self._ear, samples)
        ear = self._ear
        transcripts = ear.finish_each() if isinstance(ear, CombinedStream) else (ear.finish(),)
        return {name: transcript.text for name, transcript in zip(self.ears, transcripts, strict=True)}


def _listen(ear: EarStream, samples: Samples) -> None:
    ear.start()
    for at in range(0, len(samples), _BLOCK):
        ear.accept(samples[at : at + _BLOCK])


def _speed(name: str, ear: EarStream, recordings: Sequence[Samples]) -> Speed:
    busy_s, finish_s = 0.0, []
    for samples in recordings:
        begun = time.monotonic()
        _listen(ear, samples)
        spoken = time.monotonic()
        ear.finish()
        done = time.monotonic()
        busy_s += done - begun
        finish_s.append(done - spoken)
    audio_s = sum(map(len, recordings)) / SAMPLE_RATE_HZ
    return Speed(name, audio_s, busy_s, 1000 * float(np.median(finish_s)))


class Cutter:
    """Cuts recordings to the speech in them."""

    def __init__(self) -> None:
        self._vad = SileroVad().stream()

    def cut(self, samples: Samples) -> Samples:
        window = self._vad.window_samples
        self._vad.reset()
        probabilities = np.array(
            [
                self._vad.probability(np.ascontiguousarray(samples[at : at + window]))
                for at in range(0, len(samples) - window + 1, window)
            ]
        )
        certain = (probabilities >= _SPEECH).astype(int)
        onsets = np.flatnonzero(np.convolve(certain, np.ones(_ONSET_WINDOWS, dtype=int), "valid") == _ONSET_WINDOWS)
        if not len(onsets):
            return samples
        first, last = int(onsets[0]) * window, (int(np.flatnonzero(probabilities >= _QUIET)[-1]) + 1) * window
        return samples[max(0, first - int(_BEFORE_S * SAMPLE_RATE_HZ)) : last + int(_AFTER_S * SAMPLE_RATE_HZ)]


def recorded(path: Path) -> Samples:
    samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    mono: Samples = soxr.resample(samples.mean(axis=1), rate_hz, SAMPLE_RATE_HZ).astype(np.float32)
    return mono


def manifest(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


# --- words --------------------------------------------------------------------------------------------------------


def _sentences(data: Path, cutter: Cutter, limit: int | None) -> dict[str, list[tuple[list[str], Samples]]]:
    """Words and sound of the sentences read aloud, by group of speakers, without digits and long readings."""
    folder = data / "A-asr-dev"
    entries = [
        entry
        for entry in manifest(folder)
        if entry["text"] and not any(c.isdigit() for c in str(entry["text"])) and float(str(entry["seconds"])) < 30
    ]
    groups = {
        "native": [entry for entry in entries if "speechocean" not in str(entry["source"])],
        "non-native": [entry for entry in entries if "speechocean" in str(entry["source"])],
    }
    return {
        speakers: [
            (plain_words(str(entry["text"])), cutter.cut(recorded(folder / str(entry["file"]))))
            for entry in drawn(group, limit)
        ]
        for speakers, group in groups.items()
    }


def _words(
    language: str, speakers: str, listener: Listener, recordings: Sequence[tuple[list[str], Samples]]
) -> Iterator[WordFigures]:
    heard = [listener.hear(samples) for _, samples in recordings]
    said = [words for words, _ in recordings]
    for ear in listener.ears:
        errors = sum(word_distance(words, texts[ear].split()) for words, texts in zip(said, heard, strict=True))
        yield WordFigures(ear, language, speakers, len(said), sum(map(len, said)), errors)


# --- orders -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Order:
    """A recorded order, cut to the speech in it."""

    number: int
    slots: Mapping[str, str]
    samples: Samples


def recorded_orders(data: Path, cutter: Cutter, snr_db: float | None, limit: int | None) -> list[Order]:
    """At most ``limit`` orders, evenly drawn, as they were recorded or with noise."""
    folder = data / "commands-dev"
    numbered = drawn(list(enumerate(manifest(folder))), limit)
    noise = _noise(data) if snr_db is not None else None
    orders = []
    for number, entry in numbered:
        samples = recorded(folder / str(entry["file"]))
        if noise is not None and snr_db is not None:
            samples = noise(samples, snr_db, number)
        slots = entry["slots"]
        assert isinstance(slots, dict)
        orders.append(Order(number, slots, cutter.cut(samples)))
    return orders


def _noise(data: Path) -> Callable[[Samples, float, int], Samples]:
    folder = data / "C-noise"
    noises = [recorded(folder / str(entry["file"])) for entry in manifest(folder)]
    # The network was trained on the first halves, so the second halves are used.
    noises = [noise[len(noise) // 2 :] for noise in noises]

    def add(samples: Samples, snr_db: float, seed: int) -> Samples:
        chance = np.random.default_rng(seed)
        noise = noises[int(chance.integers(len(noises)))]
        noise = np.tile(noise, -(-len(samples) // len(noise)) + 1)
        begin = int(chance.integers(len(noise) - len(samples)))
        noise = noise[begin : begin + len(samples)]
        gain = np.sqrt(_speech_power(samples) / (float(np.mean(noise**2)) + 1e-12) / 10 ** (snr_db / 10))
        mixed = samples + gain * noise
        within: Samples = (mixed / max(1.0, float(np.abs(mixed).max()))).astype(np.float32)
        return within

    return add


def _speech_power(samples: Samples) -> float:
    """Mean power of the frames within 30 dB of the loudest, which are speech without its pauses."""
    frame = SAMPLE_RATE_HZ // 50
    powers = np.mean(samples[: len(samples) // frame * frame].reshape(-1, frame) ** 2, axis=1)
    return float(powers[powers > powers.max() / 1000].mean())


def _understood(
    listener: Listener, site: Site, snr_db: float | None, orders: Sequence[Order]
) -> Iterator[OrderFigures]:
    heard = [listener.hear(order.samples) for order in orders]
    for ear in listener.ears:
        understood = [order_slots(texts[ear], site) for texts in heard]
        for recordings, tuned in (("tuned on", True), ("held out", False)):
            both = zip(orders, understood, strict=True)
            pairs = [(order.slots, slots) for order, slots in both if (order.number < TUNED_ON) == tuned]
            if pairs:
                yield OrderFigures(
                    ear,
                    snr_db,
                    recordings,
                    len(pairs),
                    sum(said == slots for said, slots in pairs),
                    sum(len(said) for said, _ in pairs),
                    sum(slots.get(slot) == value for said, slots in pairs for slot, value in said.items()),
                )


def order_slots(text: str, site: Site) -> dict[str, str]:
    """Slots of an order by the names of the recordings' list."""
    found = templates.find_slots(text, site.speech.lists, _SLOTS.values())
    return {slot: found[name] for slot, name in _SLOTS.items() if name in found}
