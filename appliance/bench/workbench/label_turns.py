"""Labels the turns of ``pauses``: ``python -m appliance.bench.workbench.label_turns [shared]`` writes ``turns.json``.

Speech is where silero's detector, over the whole recording, and the level agree. silero finds the stretches, and the
level in frames of 10 ms says where sound begins and ends in them. pocketsphinx with its own general English gives the
borders between words. The words that it recognises do not matter here.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pocketsphinx

from appliance.bench.workbench.pauses import (
    LEAD_S,
    LONGEST_S,
    SHORTEST_S,
    TAIL_S,
    Group,
    Piece,
    Silence,
    Turn,
    data_folder,
    recording,
    sound,
    write_labels,
)
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.engines.vad.silero import SileroVad

FRAME_S = 0.01
ABOVE_FLOOR_DB, BELOW_PEAK_DB = 9.0, 35.0
"""Decibels: a frame of speech is at least so far above the recording's silence and at most so far below its loudest."""
REACH_S = (0.35, 0.12)
"""Seconds before and after the detector's edge in which the edge of the sound is searched."""
SEGMENT_S = 0.1
"""Seconds: silero's stretches that are closer than this are joined, and shorter stretches are clicks."""
SHORTEST_LABEL_S = 0.05
STANDS_OUT_DB = 12.0
"""Decibels by which speech must be louder than the silences of its turn."""
NUMBERS_EACH = 8
"""Telephone numbers that are built for each speaker of digits."""
SEED = 20


@dataclass(frozen=True)
class Speech:
    """The speech and the silence of one recording."""

    spans: tuple[tuple[float, float], ...]
    """stretches of speech, in seconds"""
    quiet: tuple[float, float]
    """its longest silence"""


class Labeller:
    """Finds speech and borders between words."""

    def __init__(self) -> None:
        self._vad = SileroVad().stream()
        # Narrow beams and a single pass are five times faster, and hardly move the borders.
        self._decoder = pocketsphinx.Decoder(
            loglevel="FATAL", beam=1e-30, wbeam=1e-20, maxhmmpf=1500, fwdflat=False, bestpath=False
        )

    def speech(self, samples: Samples) -> Speech:
        size = self._vad.window_samples
        self._vad.reset()
        windows = [np.ascontiguousarray(samples[at : at + size]) for at in range(0, len(samples) - size + 1, size)]
        probabilities = [self._vad.probability(window) for window in windows]
        window_s = size / SAMPLE_RATE_HZ
        rough: list[list[float]] = []
        speaking = False
        for number, probability in enumerate(probabilities):
            speaking = probability >= (0.35 if speaking else 0.5)
            if speaking:
                begin_s, end_s = number * window_s, (number + 1) * window_s
                if rough and begin_s - rough[-1][1] < SEGMENT_S:
                    rough[-1][1] = end_s
                else:
                    rough.append([begin_s, end_s])
        rough = [span for span in rough if span[1] - span[0] >= SEGMENT_S]
        level = levels(samples)
        outside = np.ones(len(level), dtype=bool)
        for begin_s, end_s in rough:
            outside[max(0, _frame(begin_s - 0.2)) : _frame(end_s + 0.2)] = False
        floor_db = float(np.median(level[outside])) if outside.sum() >= 10 else float(np.percentile(level, 3))
        loud = level > max(floor_db + ABOVE_FLOOR_DB, float(np.percentile(level, 95)) - BELOW_PEAK_DB)
        spans = [_refined(loud, begin_s, end_s) for begin_s, end_s in rough]
        return Speech(tuple(spans), _longest_silence(spans, len(samples) / SAMPLE_RATE_HZ))

    def borders(self, samples: Samples, begin_s: float, end_s: float) -> list[float]:
        """Ends of words that another follows directly, in seconds, within ``begin_s`` and ``end_s``."""
        stretch = samples[round(begin_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)]
        self._decoder.start_utt()
        self._decoder.process_raw((stretch * 32767).astype("<i2").tobytes(), full_utt=True)
        self._decoder.end_utt()
        words = [s for s in self._decoder.seg() or () if s.word[0] not in "<["]
        ends = [begin_s + (word.end_frame + 1) * FRAME_S for word in words[:-1]]
        level = levels(samples)
        return [_quietest(level, at_s) for at_s in ends]


def levels(samples: Samples) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Level of each frame of 10 ms in dBFS."""
    frame = round(FRAME_S * SAMPLE_RATE_HZ)
    frames = samples[: len(samples) // frame * frame].reshape(-1, frame).astype(np.float64)
    result: np.ndarray[Any, np.dtype[np.float64]] = 10 * np.log10(np.mean(frames**2, axis=1) + 1e-10)
    return result


def _frame(at_s: float) -> int:
    return round(at_s / FRAME_S)


def _refined(loud: np.ndarray[Any, np.dtype[np.bool_]], begin_s: float, end_s: float) -> tuple[float, float]:
    """The edges of the sound near the detector's."""
    before, after = REACH_S
    first = max(0, _frame(begin_s - after))
    starts = np.flatnonzero(loud[first : _frame(begin_s + before)])
    last = max(0, _frame(end_s - before))
    ends = np.flatnonzero(loud[last : _frame(end_s + after)])
    begin_s = (first + int(starts[0])) * FRAME_S if len(starts) else begin_s
    end_s = (last + int(ends[-1]) + 1) * FRAME_S if len(ends) else end_s
    return begin_s, max(end_s, begin_s + FRAME_S)


def _longest_silence(spans: Sequence[tuple[float, float]], seconds: float) -> tuple[float, float]:
    edges = [0.0, *(edge for span in spans for edge in span), seconds]
    gaps = [(edges[i] + 0.05, edges[i + 1] - 0.05) for i in range(0, len(edges), 2)]
    return max(gaps, key=lambda gap: gap[1] - gap[0])


def _quietest(level: np.ndarray[Any, np.dtype[np.float64]], at_s: float) -> float:
    near = range(max(0, _frame(at_s) - 4), min(len(level), _frame(at_s) + 5))
    return (min(near, key=lambda i: level[i]) + 0.5) * FRAME_S


# --- turns --------------------------------------------------------------------------------------------------------


def one_turn_each(
    data: Path, folder: str, group: Group, labeller: Labeller, pauses_s: Sequence[float], chance: np.random.Generator
) -> Iterator[Turn]:
    """Turns of recordings that hold one turn each. A turn without a pause of its own is given one."""
    for entry in _manifest(data / folder):
        file = f"{folder}/{entry['file']}"
        samples = recording(data / file)
        speech = labeller.speech(samples)
        if not speech.spans or speech.quiet[1] - speech.quiet[0] < 0.1:
            continue
        begin_s, end_s = speech.spans[0][0], speech.spans[-1][1]
        speaker = str(entry["speaker"] or entry["id"])
        pauses = [(a[1], b[0]) for a, b in itertools.pairwise(speech.spans)]
        breaks: list[tuple[float, float]] = []
        if not any(after - before >= SHORTEST_S for before, after in pauses):
            borders = [at_s for at_s in labeller.borders(samples, begin_s, end_s) if begin_s + 0.3 < at_s < end_s - 0.2]
            if borders:
                breaks = [(float(chance.choice(borders)), float(chance.choice(pauses_s)))]
        yield _turn(
            f"{group}-{entry['id']}", group, speaker, file, (begin_s, end_s), pauses, breaks, (file, *speech.quiet)
        )


def _turn(
    id: str,
    group: Group,
    speaker: str,
    file: str,
    span: tuple[float, float],
    pauses: Sequence[tuple[float, float]],
    breaks: Sequence[tuple[float, float]],
    quiet: tuple[str, float, float],
) -> Turn:
    """A turn from a stretch of one recording, with the pauses that ``breaks`` (place, length) give."""
    begin_s, end_s = span[0] - 0.05, span[1]
    places = [begin_s, *(at_s for at_s, _ in breaks), end_s]
    lengths = [*(pause_s for _, pause_s in breaks), 0.0]
    pieces = tuple(Piece(file, places[i], places[i + 1], lengths[i]) for i in range(len(lengths)))

    def built_s(at_s: float) -> float:
        return at_s - begin_s + LEAD_S + sum(pause_s for place_s, pause_s in breaks if place_s < at_s)

    silences = [Silence(built_s(a), built_s(b), hold=True) for a, b in pauses]
    for n, (at_s, pause_s) in enumerate(breaks):
        begun_s = at_s - begin_s + LEAD_S + sum(length for _, length in breaks[:n])
        silences.append(Silence(begun_s, begun_s + pause_s, hold=True, built=True))
    silences.sort(key=lambda silence: silence.begin_s)
    ends_s = built_s(end_s)
    return Turn(id, group, speaker, pieces, quiet, (*silences, Silence(ends_s, ends_s + TAIL_S, hold=False)))


def calls(data: Path, labeller: Labeller) -> Iterator[Turn]:
    """Turns of both sides of the calls. A turn lasts until the other side speaks."""
    entries = [entry for entry in _manifest(data / "D-dialog") if "conversation" in entry]
    spoken = {entry["id"]: labeller.speech(recording(data / "D-dialog" / entry["file"])) for entry in entries}
    for entry in entries:
        (other,) = [e for e in entries if e["conversation"] == entry["conversation"] and e["id"] != entry["id"]]
        file, speech = f"D-dialog/{entry['file']}", spoken[entry["id"]]
        for number, run in enumerate(_runs(speech.spans, spoken[other["id"]].spans)):
            pauses = [(a[1], b[0]) for a, b in itertools.pairwise(run)]
            yield _turn(
                f"calls-{entry['id']}-{number}",
                "calls",
                entry["id"],
                file,
                (run[0][0], run[-1][1]),
                pauses,
                (),
                (file, *speech.quiet),
            )


def _runs(
    mine: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]
) -> Iterator[list[tuple[float, float]]]:
    """Stretches of one side, joined until the other side speaks. Those that the other side overlaps at an edge are left
    out."""
    run: list[tuple[float, float]] = []
    for span in mine:
        between = run and any(begin < span[0] and end > run[-1][1] for begin, end in others)
        if run and (between or span[0] - run[-1][1] > LONGEST_S):
            yield run
            run = []
        if any(begin < span[1] and end > span[0] for begin, end in others):
            run = []
            continue
        run.append(span)
    if run:
        yield run


def meetings(data: Path, labeller: Labeller) -> Iterator[Turn]:
    """Turns as people labelled them, without those that overlap another person's."""
    for entry in _manifest(data / "D-dialog"):
        turns = entry.get("turns")
        if not turns:
            continue
        file = f"D-dialog/{entry['file']}"
        samples = recording(data / file)
        speech = labeller.speech(samples)
        if speech.quiet[1] - speech.quiet[0] < 0.15:
            continue
        for number, turn in enumerate(turns):
            apart = all(o is turn or o["end"] <= turn["start"] or o["start"] >= turn["end"] for o in turns)
            cut = turn["end"] >= entry["seconds"] - 0.1
            spans = [s for s in speech.spans if s[0] >= turn["start"] - 0.2 and s[1] <= turn["end"] + 0.2]
            if not apart or cut or not spans or spans[-1][1] - spans[0][0] < 0.6:
                continue
            pauses = [(a[1], b[0]) for a, b in itertools.pairwise(spans)]
            yield _turn(
                f"meetings-{entry['id']}-{number}",
                "meetings",
                f"ami-{turn['speaker']}",
                file,
                (spans[0][0], spans[-1][1]),
                pauses,
                (),
                (file, *speech.quiet),
            )


def numbers(data: Path, labeller: Labeller, pauses_s: Sequence[float], chance: np.random.Generator) -> Iterator[Turn]:
    """Telephone numbers: ten recorded digits of one speaker in groups of 3, 3 and 4."""
    by_speaker: dict[str, list[tuple[str, tuple[float, float]]]] = {}
    for entry in _manifest(data / "digits"):
        file = f"digits/{entry['file']}"
        level = levels(recording(data / file))
        loud = np.flatnonzero(level > level.max() - BELOW_PEAK_DB)
        span = (int(loud[0]) * FRAME_S, (int(loud[-1]) + 1) * FRAME_S)
        by_speaker.setdefault(entry["speaker"], []).append((file, span))
    # The recordings are cut to the digit, so a call's silence fills the gaps.
    call = next(entry for entry in _manifest(data / "D-dialog") if "conversation" in entry)
    quiet = labeller.speech(recording(data / "D-dialog" / call["file"])).quiet
    for speaker, digits in sorted(by_speaker.items()):
        for number in range(NUMBERS_EACH):
            pieces, silences, at_s = [], [], LEAD_S
            for place in range(10):
                file, (begin_s, end_s) = digits[int(chance.integers(len(digits)))]
                grouped = place in (2, 5)
                gap_s = float(chance.choice(pauses_s)) if grouped else float(chance.uniform(0.06, 0.12))
                pieces.append(Piece(file, begin_s, end_s, 0.0 if place == 9 else gap_s))
                at_s += end_s - begin_s
                if grouped:
                    silences.append(Silence(at_s, at_s + gap_s, hold=True, built=True))
                if place == 9:
                    silences.append(Silence(at_s, at_s + TAIL_S, hold=False))
                at_s += gap_s
            yield Turn(
                f"digits-{speaker}-{number}",
                "digits",
                speaker,
                tuple(pieces),
                (f"D-dialog/{call['file']}", *quiet),
                tuple(silences),
            )


def consultation_pauses(data: Path) -> list[float]:
    """Lengths of the pauses between two stretches of one speaker, while the other was silent."""
    lengths = []
    for line in (data / "F-text" / "primock57_timed.jsonl").read_text(encoding="utf-8").splitlines():
        turns = sorted(json.loads(line)["turns"], key=lambda turn: float(turn["start"]))
        until_s = 0.0
        for turn, following in itertools.pairwise(turns):
            until_s = max(until_s, turn["end"])
            if turn["speaker"] == following["speaker"]:
                lengths.append(following["start"] - until_s)
    return [length for length in lengths if SHORTEST_S <= length <= LONGEST_S]


def usable(turn: Turn, data: Path) -> Turn | None:
    """The turn without labelled silences that hold sound. None where its speech is hardly louder than its silences (the
    other side of a call, heard through this one)."""
    silences = tuple(s for s in turn.silences if s.end_s - s.begin_s >= SHORTEST_LABEL_S)
    samples = sound(turn, data)
    level = levels(samples)
    silent = np.zeros(len(level), dtype=bool)
    for begin_s, end_s in [(0.0, LEAD_S), *((s.begin_s, s.end_s) for s in silences)]:
        silent[_frame(begin_s) : _frame(end_s)] = True
    power = 10 ** (level / 10)
    stands_out_db = 10 * np.log10(power[~silent].mean() / power[silent].mean())
    return replace(turn, silences=silences) if stands_out_db >= STANDS_OUT_DB else None


def _manifest(folder: Path) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Write the labels, which takes minutes."""
    data = data_folder(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CLOISTER_SHARED", "../shared")))
    labeller, chance = Labeller(), np.random.default_rng(SEED)
    pauses_s = consultation_pauses(data)
    turns = [
        *one_turn_each(data, "commands-dev", "orders", labeller, pauses_s, chance),
        *one_turn_each(data, "A-asr-dev", "sentences", labeller, pauses_s, chance),
        *calls(data, labeller),
        *meetings(data, labeller),
        *numbers(data, labeller, pauses_s, chance),
    ]
    turns = [turn for labelled in turns if (turn := usable(labelled, data)) is not None]
    write_labels(turns)
    for group in ("orders", "sentences", "calls", "meetings", "digits"):
        mine = [turn for turn in turns if turn.group == group]
        holds = [hold for turn in mine for hold in turn.holds]
        print(f"{group:<10} {len(mine):>4} turns {sum(h.built for h in holds):>4} built holds", end="")
        print(f" {sum(not h.built for h in holds):>4} recorded holds")


if __name__ == "__main__":
    main()
