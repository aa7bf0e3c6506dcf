"""The evaluation of the ears, on recordings made here and a scripted ear."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.bench.workbench import ear as evaluation
from appliance.bench.workbench.material import drawn
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import PortError

ROOT = Path(__file__).parents[3]
SETTINGS = load_settings(ROOT / "models" / "starter" / "cloister.yaml")
HOSPITAL = load_site(ROOT / "appliance" / "sites" / "hospital.yaml")
ORDER, _ = soundfile.read(ROOT / "tests" / "data" / "order.flac", dtype="float32")


class ScriptedEar:
    """An ear that returns the same sentence for any sound, and notes how much it heard."""

    name = "scripted"

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def stream(self) -> ScriptedEar:
        return self

    def start(self) -> None:
        self.seconds.append(0.0)

    def accept(self, samples: Samples) -> str:
        self.seconds[-1] += len(samples) / SAMPLE_RATE_HZ
        return ""

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def finish(self) -> Transcript:
        return Transcript("can i have a large iced coffee with soy milk", 0.9, self.name)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Evaluation data in the form of the real one."""

    def folder(name: str, entries: list[dict[str, object]], sounds: list[Samples]) -> None:
        path = tmp_path / "data" / name
        path.mkdir(parents=True)
        for n, (entry, sound) in enumerate(zip(entries, sounds, strict=True)):
            entry["file"] = f"{n}.wav"
            soundfile.write(path / f"{n}.wav", sound, SAMPLE_RATE_HZ)
        (path / "manifest.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    silence = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    padded = np.concatenate([silence, ORDER, silence])
    right = {"size": "large", "coffeeDrink": "iced coffee", "milkAmount": "soy milk"}
    texts = ["Can I have a large iced coffee?", "Something else", None, "Room 12"]
    sources = ["someone", "jimbozhang/speechocean762", "someone", "someone"]
    folder(
        "A-asr-dev",
        [{"text": text, "source": source, "seconds": 3.0} for text, source in zip(texts, sources, strict=True)],
        [padded] * 4,
    )
    folder("commands-dev", [{"slots": right}, {"slots": {**right, "size": "small"}}], [padded] * 2)
    noise = np.random.default_rng(1).normal(0, 0.1, 8 * SAMPLE_RATE_HZ).astype(np.float32)
    folder("C-noise", [{}], [noise])
    return tmp_path


def test_words_and_orders_are_counted(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ear = ScriptedEar()
    monkeypatch.setattr(evaluation, "open_ear", lambda settings, site: ear)
    figures = evaluation.evaluate(SETTINGS, HOSPITAL, shared)
    native, plain, other, _ = figures.words
    assert (native.speakers, native.language, native.sentences) == ("native", "site", 1)
    assert (native.words, native.errors) == (7, 3)
    assert plain.language == "general"
    assert (other.speakers, other.words, other.errors) == ("non-native", 2, 10)
    assert [order.snr_db for order in figures.orders] == [None, 24.0, 15.0, 6.0]
    for order in figures.orders:
        assert (order.recordings, order.orders, order.exact) == ("tuned on", 2, 1)
        assert (order.slots, order.slots_right) == (6, 5)
    table = figures.table()
    assert "42.9%" in table and "50.0%" in table and "83.3%" in table and "15 dB" in table
    json.dumps(dataclasses.asdict(figures))


def test_recordings_are_cut_as_the_appliance_cuts_them(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ear = ScriptedEar()
    monkeypatch.setattr(evaluation, "open_ear", lambda settings, site: ear)
    evaluation.evaluate(SETTINGS, HOSPITAL, shared, limit=1)
    spoken_s = len(ORDER) / SAMPLE_RATE_HZ
    assert all(spoken_s - 0.5 < seconds < spoken_s + 1.2 for seconds in ear.seconds if seconds)


@pytest.mark.parametrize("snr_db", [24.0, 6.0])
def test_noise_has_the_level_that_was_asked_for(shared: Path, snr_db: float) -> None:
    add = evaluation._noise(shared / "data")
    quiet = ORDER * 0.3
    noise = add(quiet, snr_db, 3) - quiet
    ratio = evaluation._speech_power(quiet) / float(np.mean(noise**2))
    assert 10 * np.log10(ratio) == pytest.approx(snr_db, abs=0.2)
    assert np.array_equal(add(quiet, snr_db, 3), add(quiet, snr_db, 3))


def test_missing_recordings_are_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="no recordings there; set CLOISTER_SHARED"):
        evaluation.evaluate(SETTINGS, HOSPITAL, tmp_path)


def test_slots_are_named_as_the_recordings_name_them() -> None:
    heard = "may i have a small double shot latte with a bit of brown sugar and whole milk"
    assert evaluation.order_slots(heard, HOSPITAL) == {
        "size": "small",
        "numberOfShots": "double shot",
        "coffeeDrink": "latte",
        "sugarAmount": "a bit of brown sugar",
        "milkAmount": "whole milk",
    }


def test_a_limited_number_of_recordings_is_drawn_evenly() -> None:
    assert list(drawn(range(10), 4)) == [0, 2, 5, 7]
    assert list(drawn(range(3), None)) == [0, 1, 2]
