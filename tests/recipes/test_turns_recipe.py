"""The finality network's recipe end to end on a little made-up speech: clips, guises, training, export, the adapter.

Run in the recipes' environment (models/recipes/requirements.txt); skipped, saying why, where torch is missing.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile

for _module in ("torch", "scipy", "soxr", "soundfile", "onnx"):
    pytest.importorskip(_module, reason=f"{_module} is not installed: use models/recipes/requirements.txt")

import onnx  # noqa: E402
import torch  # noqa: E402

from appliance.engines.finality import FinalityNetwork  # noqa: E402
from appliance.evaluation import pauses  # noqa: E402
from appliance.finality import BANDS, SHAPE, picture  # noqa: E402
from appliance.messages import SAMPLE_RATE_HZ, Samples  # noqa: E402
from appliance.ports import PortError  # noqa: E402
from models.recipes.turns import clips, data, export, training  # noqa: E402
from models.recipes.turns.augment import Augmenter  # noqa: E402
from models.recipes.turns.clips import Clip  # noqa: E402
from models.recipes.turns.model import Convolving, Finality, Shape  # noqa: E402


def buzz(seconds: float, hz: float, fall: float = 0.0) -> Samples:
    """A voice of sorts, whose pitch falls by so many octaves over its last half second."""
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
def test_what_was_recorded_after_the_last_sound_is_kept_and_the_rest_is_quiet(pause_s: float, kept_s: float) -> None:
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


def test_guises_differ_and_come_again_for_the_same_seed() -> None:
    samples = np.concatenate((buzz(1.8, 120), np.zeros(SAMPLE_RATE_HZ, np.float32)))
    first, again, other = (Augmenter([buzz(9, 300)], seed)(clip("a"), samples) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and (len(other) != len(first) or not np.array_equal(other, first))
    many = Augmenter([], 3)
    for _ in range(30):
        heard = many(clip("a"), samples)
        assert np.isfinite(heard).all() and heard.dtype == np.float32 and len(heard) > SAMPLE_RATE_HZ


def test_one_reader_and_machines_weigh_less_than_people_and_ends_as_much_as_the_rest() -> None:
    def some(source: str, kind: str, count: int) -> list[Clip]:
        return [Clip("a", "anna", source, kind, 0, 1, 0, (0, 1)) for _ in range(count)]

    known = [*some("orders", "end", 3), *some("calls", "cut", 9), *some("kathleen", "end", 50)]
    known += some("kathleen", "hold", 10)
    odds = training.draws(known)
    assert odds.sum() == pytest.approx(1.0)
    assert odds[:3].sum() == pytest.approx(odds[3:12].sum())
    assert odds[12:62].sum() == pytest.approx(odds[62:].sum()) and odds[12:].sum() < odds[:12].sum()


# --- training ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two passes over forty made-up speakers whose pitch falls when they have finished."""
    rate, known = SAMPLE_RATE_HZ, []
    for number in range(40):
        over = number % 2 == 0
        sound = np.concatenate((buzz(1.7, 90 + 4 * number, fall=0.8 * over), np.zeros(rate, np.float32)))
        soundfile.write(tmp_path / f"{number}.wav", sound, rate)
        known.append(Clip(f"{number}.wav", f"s{number}", "orders", "end" if over else "cut", 0.0, 1.7, 0.3, (1.8, 2.6)))
    clips.write(known, tmp_path / "clips.jsonl")
    for turn in range(2):
        shown = data.render(known, [tmp_path], Augmenter([], turn))
        assert shown.shape == (40, *SHAPE) and shown.dtype == np.float16
        np.save(tmp_path / f"pictures-{turn:02d}.npy", shown)
    monkeypatch.setattr(training, "BATCH", 16)
    return tmp_path


@pytest.mark.parametrize("shape", [None, Shape(width=16, hidden=32)])
def test_the_network_learns_and_a_training_that_was_stopped_goes_on(work: Path, shape: Shape | None) -> None:
    training.train(work, work / "run", steps=40, stop=10, shape=shape)
    assert torch.load(work / "run" / "checkpoint.pt", weights_only=True)["step"] == 10
    network = training.train(work, work / "run", steps=40, shape=shape)
    assert torch.load(work / "run" / "checkpoint.pt", weights_only=True)["step"] == 40
    shown = torch.from_numpy(np.load(work / "pictures-01.npy").astype(np.float32))
    verdicts = network(shown).detach().numpy()
    assert verdicts[::2].mean() > verdicts[1::2].mean() + 0.5


def test_the_network_sees_nothing_of_what_comes_later() -> None:
    block = Convolving(Shape(width=8, hidden=16)).eval().blocks[0]
    x = torch.randn(1, 30, 8)
    changed = x.clone()
    changed[:, 20:] += 1.0
    assert torch.allclose(block(x)[:, :20], block(changed)[:, :20])


@pytest.mark.parametrize("shape", [None, Shape(width=16, hidden=32)])
def test_the_exported_network_says_what_the_trained_one_says(work: Path, shape: Shape | None) -> None:
    export.make(work, steps=4, folds=2, out=work / "out", shape=shape)
    network = Finality(shape).eval()
    network.load_state_dict(torch.load(work / "all" / "checkpoint.pt", weights_only=True)["average"])
    exported = FinalityNetwork(work / "out" / export.NAME)
    for hz in (100.0, 180.0):
        heard = np.concatenate((buzz(2.0, hz), np.zeros(2000, np.float32)))
        wanted = network(torch.from_numpy(picture(heard)[None])).item()
        assert exported.log_odds(heard) == pytest.approx(wanted, abs=1e-3)
    assert (work / "fold-0" / export.NAME).is_file() and (work / "fold-1" / export.NAME).is_file()
    assert (work / "out" / export.NAME).stat().st_size < 2_000_000


# --- the adapter, on networks of a few numbers ------------------------------------------------------------------------


def network(path: Path, shape: list[int | str], weight: float) -> Path:
    """A network whose verdict is ``weight`` times how voiced the stretch is."""
    helper, kind = onnx.helper, onnx.TensorProto
    pick = np.zeros((SHAPE[1], 1), np.float32)
    pick[BANDS] = weight
    nodes = [
        helper.make_node("ReduceMean", ["pictures"], ["mean"], axes=[1], keepdims=0),
        helper.make_node("MatMul", ["mean", "pick"], ["product"]),
        helper.make_node("Flatten", ["product"], ["flat"], axis=1),
        helper.make_node("ReduceSum", ["flat", "axes"], ["log_odds"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes,
        "finality",
        [helper.make_tensor_value_info("pictures", kind.FLOAT, shape)],
        [helper.make_tensor_value_info("log_odds", kind.FLOAT, ["batch"])],
        [
            helper.make_tensor("pick", kind.FLOAT, pick.shape, pick.ravel()),
            helper.make_tensor("axes", kind.INT64, [1], [1]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def test_the_verdict_is_the_networks_within_reason(tmp_path: Path) -> None:
    path = network(tmp_path / "a.onnx", ["batch", *SHAPE], 1.0)
    voiced = picture(buzz(3.5, 120))[:, BANDS].mean()
    assert FinalityNetwork(path).log_odds(buzz(3.5, 120)) == pytest.approx(voiced, abs=1e-4)
    assert FinalityNetwork(network(tmp_path / "b.onnx", ["batch", *SHAPE], 100.0)).log_odds(buzz(3.5, 120)) == 4.0
    assert FinalityNetwork(network(tmp_path / "c.onnx", ["batch", *SHAPE], -100.0)).log_odds(buzz(3.5, 120)) == -4.0


def test_a_network_for_other_pictures_is_refused(tmp_path: Path) -> None:
    path = network(tmp_path / "other.onnx", ["batch", 100, SHAPE[1]], 1.0)
    with pytest.raises(PortError, match=r"wants \[100, 42\] numbers and is shown \[320, 42\]"):
        FinalityNetwork(path)
