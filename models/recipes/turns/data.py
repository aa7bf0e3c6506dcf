"""Training data: recordings cut into clips once, then passes over them, each clip in a new guise.

Everything is written to one folder and what is there is not made again, so a run that was stopped goes on. A pass is
``readings-NN.npy`` (float32, clips × numbers of a state), in the order of ``clips.jsonl``: what the network's last
states are at the end of each clip.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import soundfile

from appliance.bench.workbench import pauses
from appliance.bench.workbench.label_turns import Labeller
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.engines.asr.moonshine import Encoder
from appliance.engines.end_of_phrase import reading

from . import clips
from .augment import Augmenter, noises
from .clips import Clip

FILLERS = ("um", "uh", "er", "let me see", "what is it called")
HESITATES = 0.15
"""share of the synthesized sentences that end in a filler, and so are not over"""


def make(out: Path, shared: Path, encoder: Path, piper: list[Path], takes: int, spoken: int, passes: int) -> None:
    """``takes`` of voice-kathleen, ``spoken`` synthesized sentences, so many passes."""
    out.mkdir(parents=True, exist_ok=True)
    data = pauses.data_folder(shared)
    labeller = Labeller()
    if not (out / "clips.jsonl").exists():
        found = [
            *_once(out / "labelled.jsonl", lambda: list(clips.labelled(data, labeller, Random(1)))),
            *_once(out / "kathleen.jsonl", lambda: _kathleen(data, labeller, takes)),
            *_once(out / "synthesized.jsonl", lambda: _synthesized(out, shared, piper, labeller, spoken)),
        ]
        clips.write(found, out / "clips.jsonl")
    known = clips.read(out / "clips.jsonl")
    noise, ear = noises(data / "C-noise"), Encoder(encoder)
    for number in range(passes):
        path = out / f"readings-{number:02d}.npy"
        if not path.exists():
            _save(path, render(known, [data, out], Augmenter(noise, seed=number), ear))
            print(f"pass {number}: {len(known)} clips", flush=True)


def render(known: list[Clip], folders: list[Path], augment: Augmenter, encoder: Encoder) -> np.ndarray:
    """One pass."""
    read = np.empty((len(known), encoder.width), np.float32)
    for number, clip in enumerate(known):
        path = next(folder / clip.recording for folder in folders if (folder / clip.recording).exists())
        read[number] = reading(encoder, augment(clip, pauses.recording(path)))
    return read


def _once(path: Path, found: object) -> list[Clip]:
    if not path.exists():
        clips.write(found(), path)  # type: ignore[operator]
        print(f"{path.stem}: {len(clips.read(path))} clips", flush=True)
    return clips.read(path)


def _kathleen(data: Path, labeller: Labeller, takes: int) -> list[Clip]:
    """Takes of one reader; those that the evaluation has are left out."""
    ours = {row["id"].removeprefix("kathleen-") for row in _manifest(data / "A-asr-dev")}
    rows = [row for row in _manifest(data / "voice-kathleen") if row["id"].rsplit("_", 1)[0] not in ours]
    chance, found = Random(2), []
    for row in chance.sample(rows, min(takes, len(rows))):
        name = f"voice-kathleen/{row['file']}"
        found += clips.spoken(name, "kathleen", "kathleen", pauses.recording(data / name), labeller, chance)
    return found


def _synthesized(out: Path, shared: Path, piper: list[Path], labeller: Labeller, count: int) -> list[Clip]:
    """Sentences of the example sites and general ones, by every synthesizer that is installed here."""
    from models.recipes.ear import text
    from models.recipes.ear.voices import available

    voices = available(piper)
    general = text.general_sentences(shared / "data" / "F-text")
    folder = out / "synthesized"
    folder.mkdir(exist_ok=True)
    chance, found = Random(3), []
    for number in range(count):
        make = chance.choice((text.cafe_order, text.reception_talk, lambda rng: rng.choice(general)))
        words = make(chance)
        if chance.random() < 0.3:
            # The comma makes the synthesizer pause as people do between two clauses.
            words = f"{words}, {chance.choice(('and ', 'but ', 'so ', ''))}{make(chance)}"
        hesitates = chance.random() < HESITATES
        if hesitates:
            whole = re.split(r" +", words)
            words = f"{' '.join(whole[: chance.randint(1, max(1, len(whole) - 1))])} {chance.choice(FILLERS)}"
        _, name, voice = chance.choices(voices, [share for share, _, _ in voices])[0]
        try:
            samples = voice(words, chance)
        except (OSError, ValueError, RuntimeError) as error:
            print(f"{name}: {error}", flush=True)
            continue
        if not SAMPLE_RATE_HZ // 2 < len(samples) < 15 * SAMPLE_RATE_HZ:
            continue
        samples = 0.5 * samples / (np.abs(samples).max() + 1e-6)
        silence = 1e-4 * np.random.default_rng(number).standard_normal(SAMPLE_RATE_HZ).astype(np.float32)
        path = folder / f"{number:05d}.flac"
        soundfile.write(path, np.concatenate((samples, silence)), SAMPLE_RATE_HZ)
        heard = clips.spoken(f"synthesized/{path.name}", name, "synthesized", pauses.recording(path), labeller, chance)
        found += [replace(c, kind="hold") if hesitates and c.kind == "end" else c for c in heard]
    return found


def _manifest(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def _save(path: Path, array: np.ndarray) -> None:
    draft = path.with_suffix(".draft.npy")
    np.save(draft, array)
    draft.rename(path)
