"""The recipe of the end-of-turn weights on a little made-up speech: clips, guises, training, and the written file.

Run it in the recipes' environment (models/recipes/requirements.txt). It is skipped with the reason without scipy.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile

pytest.importorskip("scipy", reason="scipy is not installed: use models/recipes/requirements.txt")

from appliance.bench.workbench import pauses
from appliance.config.box import FinalitySettings
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.engines.asr import moonshine
from appliance.engines.asr.moonshine import Encoder
from appliance.engines.end_of_phrase import FinalityNetwork, reading
from models.recipes.turns import clips, data, training
from models.recipes.turns.augment import Augmenter
from models.recipes.turns.clips import Clip


def buzz(seconds: float, hz: float, fall: float = 0.0) -> Samples:
    """A buzz instead of a voice. Its pitch falls by so many octaves over its last half second."""
    clock = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch = hz * 2.0 ** (-fall * np.clip((clock - seconds + 0.5) / 0.5, 0, 1))
    phase = 2 * np.pi * np.cumsum(pitch) / SAMPLE_RATE_HZ
    return sum(0.1 / k * np.sin(k * phase) for k in range(1, 12)).astype(np.float32)  # type: ignore[union-attr]


def clip(name: str, kind: str = "end", **more: object) -> Clip:
    place = {"begin_s": 0.2, "at_s": 1.7, "pause_s": 0.0, "quiet": (1.8, 2.4)}
    return Clip(name, "anna", "orders", kind, **{**place, **more})  # type: ignore[arg-type]


# --- clips ------------------------------------------------------------------------------------------------------------


def test_one_sentence_gives_its_end_its_pauses_and_some_borders_between_words() -> None:
    found = list(
        clips._clips(
            "a", "anna", "orders", (1.0, 6.0), [(3.0, 0.5)], [1.1, 2.0, 2.95, 3.2, 4.0, 4.5, 5.0, 5.4, 5.9], (6.1, 7.0),
            Random(0), after_s=1.0,
        )
    )  # fmt: skip
    assert [(c.at_s, c.pause_s) for c in found if c.kind == "end"] == [(6.0, 1.0)]
    assert [(c.at_s, c.pause_s) for c in found if c.kind == "hold"] == [(3.0, 0.5)]
    cuts = [c.at_s for c in found if c.kind == "cut"]
    assert len(cuts) == clips.CUTS and set(cuts) <= {2.0, 4.0, 4.5, 5.0, 5.4}
    assert [c.over for c in found] == [c.kind == "end" for c in found]


def test_moments_of_the_built_sound_are_found_in_the_recording() -> None:
    labels = [turn for turn in pauses.read_labels() if turn.unfinished][:50]
    for turn in labels:
        assert clips.recorded_s(turn, turn.end.begin_s) == pytest.approx(turn.pieces[-1].to_s, abs=0.01)
        (broken,) = [s for s in turn.silences if s.built]
        assert clips.recorded_s(turn, broken.begin_s) == pytest.approx(turn.pieces[0].to_s, abs=0.01)


@pytest.mark.parametrize(("pause_s", "kept_s"), [(0.0, 0.0), (0.1, 0.1), (2.0, 0.25)])
def test_the_recorded_silence_after_a_clip_is_kept_and_the_rest_is_quiet(pause_s: float, kept_s: float) -> None:
    samples = np.ones(3 * SAMPLE_RATE_HZ, np.float32)
    samples[round(1.8 * SAMPLE_RATE_HZ) :] = 0.01
    heard = clips.sound(clip("a", pause_s=pause_s), samples, 0.25)
    rate = SAMPLE_RATE_HZ
    assert len(heard) == round(2.25 * rate)  # half a second of quiet, 1.5 s of speech, 0.25 s of silence
    assert heard[: rate // 2].max() < 0.02 and heard[rate] == 1.0
    loud_after = (heard[2 * rate :] > 0.5).sum() / rate
    assert loud_after == pytest.approx(min(kept_s, 0.1), abs=0.001)


def test_clips_are_written_as_they_are_read(tmp_path: Path) -> None:
    some = [clip("a"), clip("b", "hold", pause_s=0.4)]
    clips.write(some, tmp_path / "clips.jsonl")
    assert clips.read(tmp_path / "clips.jsonl") == some


def test_guises_differ_and_repeat_with_the_seed() -> None:
    samples = np.concatenate((buzz(1.8, 120), np.zeros(SAMPLE_RATE_HZ, np.float32)))
    first, again, other = (Augmenter([buzz(9, 300)], seed)(clip("a"), samples) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and (len(other) != len(first) or not np.array_equal(other, first))
    many = Augmenter([], 3)
    for _ in range(30):
        heard = many(clip("a"), samples)
        assert np.isfinite(heard).all() and heard.dtype == np.float32 and len(heard) > SAMPLE_RATE_HZ


def test_the_weights_of_clips_by_source_and_kind() -> None:
    def some(source: str, kind: str, count: int) -> list[Clip]:
        return [Clip("a", "anna", source, kind, 0, 1, 0, (0, 1)) for _ in range(count)]

    known = [*some("orders", "end", 3), *some("calls", "cut", 9), *some("kathleen", "end", 50)]
    known += some("kathleen", "hold", 10)
    odds = training.shares(known)
    assert odds.sum() == pytest.approx(len(known))
    assert odds[:3].sum() == pytest.approx(odds[3:12].sum())
    assert odds[12:62].sum() == pytest.approx(odds[62:].sum()) and odds[12:].sum() < odds[:12].sum()


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("model")
    moonshine.install(made)
    return made


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, encoder: Path) -> Path:
    """Two passes over forty made-up speakers whose pitch falls when they have finished."""
    folder, rate, known = tmp_path_factory.mktemp("work"), SAMPLE_RATE_HZ, []
    for number in range(40):
        over = number % 2 == 0
        sound = np.concatenate((buzz(1.7, 90 + 4 * number, fall=0.8 * over), np.zeros(rate, np.float32)))
        soundfile.write(folder / f"{number}.wav", sound, rate)
        known.append(Clip(f"{number}.wav", f"s{number}", "orders", "end" if over else "cut", 0.0, 1.7, 0.3, (1.8, 2.6)))
    clips.write(known, folder / "clips.jsonl")
    for turn in range(2):
        read = data.render(known, [folder], Augmenter([], turn), Encoder(encoder))
        assert read.shape == (40, 288) and read.dtype == np.float32
        np.save(folder / f"readings-{turn:02d}.npy", read)
    return folder


def test_the_weights_tell_ends_from_holds_of_unheard_speakers(work: Path) -> None:
    known = clips.read(work / "clips.jsonl")
    unheard = {clip.speaker for clip in known[:10]}
    bias, weights = training.train(work, unheard)
    verdicts = bias + np.load(work / "readings-01.npy")[:10] @ weights
    assert verdicts[::2].mean() > verdicts[1::2].mean() + 0.5


def test_the_written_file_has_the_trained_weights(work: Path, encoder: Path) -> None:
    training.make(work, encoder, folds=2, out=work / "out")
    bias, weights = training.train(work, set())
    network = FinalityNetwork(FinalitySettings(work / "out" / training.NAME, encoder))
    for hz in (100.0, 180.0):
        heard = np.concatenate((buzz(2.0, hz), np.zeros(2000, np.float32)))
        wanted = float(np.clip(bias + reading(Encoder(encoder), heard) @ weights, -4, 4))
        assert network.log_odds(heard) == pytest.approx(wanted, abs=1e-2)
    folds = [(work / f"fold-{number}" / training.NAME).read_text() for number in (0, 1)]
    assert folds[0] != folds[1] != (work / "out" / training.NAME).read_text()
