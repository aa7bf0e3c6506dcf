"""``cloister evaluate ears``: what each ear of the box is worth, by leaving it out.

Every ear hears every recording once, by itself, so that its processor time can be told from that of the others. Then
the judge weighs the words of each set of ears, so one pass over the recordings gives the figures of all sets. An ear
with a second pass at the pause also counts without it: its *streaming* words are those of the moment at which the pause
begins.

- *answers*: recorded questions of the demonstration that get the same answer as their written words;
- *words*: recorded questions whose words are exactly right;
- *orders*: orders of ``commands-dev``, clean and in noise, whose slots are all right (of the recordings on which
  nothing was tuned);
- *while somebody speaks*: processor seconds for each second of sound;
- *at the pause*: processor seconds from the pause on until the words are known, the judge's weighing included.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path
from typing import TypeVar

from appliance.bench.demo.scenario import load_clips, load_scenario
from appliance.bench.markdown import Row
from appliance.bench.workbench.ear import TUNED_ON, Cutter, noise_name, order_slots, recorded_orders
from appliance.bench.workbench.pauses import data_folder
from appliance.brain.responder import Responder
from appliance.config.box import Settings
from appliance.config.site import Site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Outcome, Transcript
from appliance.core.ports import EarStream, PortError
from appliance.core.turn import Turn
from appliance.engines.asr.combined import CombinedEar, believed, open_ear
from appliance.engines.asr.moonshine import Decoded, MoonshineStream, transcript
from appliance.runtime.assemble import assemble

SNRS_DB: Sequence[float | None] = (None, 15.0, 6.0)
NOISE = ", ".join(noise_name(snr_db) for snr_db in SNRS_DB)

_WINDOW = 512
_BEFORE_S = 0.4
"""seconds that the appliance hears before the first speech"""
_SILENCE = round(0.13 * SAMPLE_RATE_HZ)
"""samples of silence before a pause is one"""

T = TypeVar("T")


@dataclass(frozen=True)
class EarsFigures:
    """What one set of ears is worth. Times are processor seconds."""

    ears: tuple[str, ...]
    answers: int
    words: int
    questions: int
    orders_right: tuple[int, ...]
    """at each of ``SNRS_DB``"""
    orders: int
    """at each of them"""
    speaking: float
    """processor seconds for each second of sound"""
    pause_s: float
    """mean processor seconds at a pause"""


@dataclass(frozen=True)
class EarsEvaluation:
    """The figures of every set of ears that holds the judge, the whole set first."""

    sets: tuple[EarsFigures, ...]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for s in self.sets:
            orders = ", ".join(map(str, s.orders_right))
            right = f"{s.answers}, {s.words} of {s.questions}; {orders} of {s.orders}"
            cost = f"{s.speaking:.2f}; {1000 * s.pause_s:.0f} ms"
            yield Row(f"{', '.join(s.ears)}: answers, words right; orders right {NOISE}", right, s.questions + s.orders)
            yield Row(f"{', '.join(s.ears)}: processor seconds a second of speech; at the pause", cost, s.questions)

    def table(self) -> str:
        orders = f"orders {NOISE}"
        head = f"{'ears':<44}{'answers':>8}{'words':>6}{'of':>4}{orders:>26}{'of':>4}{'speaking':>9}{'pause':>8}"
        rows = [
            f"{', '.join(s.ears):<44}{s.answers:>8}{s.words:>6}{s.questions:>4}"
            f"{', '.join(map(str, s.orders_right)):>26}{s.orders:>4}{s.speaking:>9.2f}{1000 * s.pause_s:>5.0f} ms"
            for s in self.sets
        ]
        return "\n".join([head, *rows, "speaking: processor seconds a second of sound; pause: processor milliseconds"])


def evaluate(settings: Settings, site: Site, shared: Path, limit: int | None = None) -> EarsEvaluation:
    """Measure on the recorded questions and ``limit`` orders. Raises PortError where there is only one ear."""
    ear = open_ear(settings, site)
    if not isinstance(ear, CombinedEar):
        raise PortError("evaluate ears: this box has one ear, so there is none to leave out")
    judge, others = ear.parts
    streams = [other.stream() for other in others]
    judging = judge.stream()
    clips = [clip for name, clip in load_clips().items() if name.startswith("q_")]
    said = [clip.says for clip in clips]
    cutter = Cutter()
    orders = [
        [o for o in recorded_orders(data_folder(shared), cutter, snr_db, limit) if o.number >= TUNED_ON]
        for snr_db in SNRS_DB
    ]
    heard_questions = [
        _hear(
            clip.samples[max(0, clip.speech_start - round(_BEFORE_S * SAMPLE_RATE_HZ)) : clip.speech_end + _SILENCE],
            judging,
            streams,
        )
        for clip in clips
    ]
    heard_orders = [[_hear(order.samples, judging, streams) for order in level] for level in orders]
    names = heard_questions[0].names
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        begins = datetime.fromisoformat(load_scenario().now)
        engines = assemble(dataclasses.replace(settings, state=Path(folder)), site, lambda: begins)
        responder = engines.responder(engines.tools, lambda: None)
        answered: dict[str, tuple[str, tuple[str, ...]]] = {}
        results = []
        for chosen in _sets(names):
            texts = [heard.by(chosen, judging) for heard in heard_questions]
            asked = [(words, text) for words, (text, _) in zip(said, texts, strict=True)]
            for text in {text for pair in asked for text in pair} - answered.keys():
                answered[text] = _answer(responder, text)
            right = tuple(
                sum(order_slots(heard.by(chosen, judging)[0], site) == order.slots for order, heard in level)
                for level in (zip(*both, strict=True) for both in zip(orders, heard_orders, strict=True))
            )
            results.append(
                EarsFigures(
                    ears=(*(names[n] for n in chosen), judging.name),
                    answers=sum(answered[words] == answered[text] for words, text in asked),
                    words=sum(words == text for words, text in asked),
                    questions=len(said),
                    orders_right=right,
                    orders=len(orders[0]),
                    speaking=sum(h.speaking(chosen) for h in heard_questions)
                    / sum(h.length_s for h in heard_questions),
                    pause_s=sum(pause_s for _, pause_s in texts) / len(texts),
                )
            )
    return EarsEvaluation(tuple(results))


_STREAMING = " streaming"


def _sets(names: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """The sets of ears, the largest first. No ear is in one both with its second pass and without."""
    for count in range(len(names), -1, -1):
        for chosen in combinations(range(len(names)), count):
            ears = [names[n].removesuffix(_STREAMING) for n in chosen]
            if len(set(ears)) == len(ears):
                yield chosen


@dataclass(frozen=True)
class _Heard:
    """What each ear heard of one recording, and the processor seconds that it took."""

    length: int
    names: tuple[str, ...]
    others: tuple[Transcript, ...]
    own: Decoded
    speaking_s: tuple[float, ...]
    """of the other ears, and last of the judge"""
    pause_s: tuple[float, ...]
    """likewise"""

    @property
    def length_s(self) -> float:
        return self.length / SAMPLE_RATE_HZ

    def speaking(self, chosen: Sequence[int]) -> float:
        return sum(self.speaking_s[n] for n in chosen) + self.speaking_s[-1]

    def by(self, chosen: Sequence[int], judge: MoonshineStream) -> tuple[str, float]:
        """The words of a set of ears, and the processor seconds at the pause."""
        if not chosen:
            return transcript(self.own).text, self.pause_s[-1]
        others = [self.others[n] for n in chosen]
        judged, weighing_s = _took(lambda: believed(judge, self.own, others, self.length))
        return judged.text, sum(self.pause_s[n] for n in chosen) + self.pause_s[-1] + weighing_s


def _hear(samples: Samples, judge: MoonshineStream, others: Sequence[EarStream]) -> _Heard:
    names, speaking_s, pause_s, transcripts = [], [], [], []
    for other in others:
        streaming, listening_s = _took(lambda other=other: _listen(other, samples))  # type: ignore[misc]  # bound
        heard, seconds = _took(other.pause)
        names += [other.name, f"{other.name}{_STREAMING}"]
        transcripts += [heard, Transcript(streaming, 1.0, other.name)]
        speaking_s += [listening_s, listening_s]
        pause_s += [seconds, 0.0]
    _, listening_s = _took(lambda: _listen(judge, samples))
    own, seconds = _took(judge.heard)
    return _Heard(len(samples), tuple(names), tuple(transcripts), own, (*speaking_s, listening_s), (*pause_s, seconds))


def _listen(ear: EarStream, samples: Samples) -> str:
    """Let an ear hear a recording. Returns its streaming words at the end."""
    ear.start()
    return [ear.accept(samples[at : at + _WINDOW]) for at in range(0, len(samples), _WINDOW)][-1]


def _took(call: Callable[[], T]) -> tuple[T, float]:
    """What a call gives, and the processor seconds of all threads meanwhile."""
    begun_s = time.process_time()
    result = call()
    return result, time.process_time() - begun_s


def _answer(responder: Responder, text: str) -> tuple[str, tuple[str, ...]]:
    """What the first question of a conversation is answered with: the kind of the reply, and the facts."""
    reply = responder.reply(responder.begin(), Transcript(text, 1.0, ""), (), Turn(1))
    outcomes = [piece for piece in reply.pieces if isinstance(piece, Outcome)]
    return (outcomes[-1].kind, outcomes[-1].facts) if outcomes else ("", ())
