"""sherpa-onnx ears: the real starter network, a site's word graph, and the arguments of each kind of model."""

from __future__ import annotations

import dataclasses
import heapq
import inspect
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import kaldifst
import numpy as np
import pytest
import sherpa_onnx
import soundfile

from appliance.config.box import SherpaSettings, load_settings
from appliance.config.site import Speech, VocabularyEntry
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.ports import PortError
from appliance.engines.asr import sherpa
from appliance.engines.asr.sherpa import OfflineEar, OnlineEar, open_sherpa
from appliance.engines.asr.site import graph as site_graph
from appliance.engines.asr.site.ngram import estimate
from tests.ears import STREAMING
from tests.sites import SITE

ROOT = Path(__file__).parents[3]
STARTER = ROOT / "models" / "starter" / "ear"
SETTINGS = load_settings(ROOT / "models" / "starter" / "cloister.yaml")
ORDER, _ = soundfile.read(ROOT / "tests" / "data" / "order.flac", dtype="float32")
CAFE = dataclasses.replace(
    SITE,
    speech=Speech(
        phrases=("where is the pharmacy",),
        subjects={"cafe": ("can I have a {size} {drink} [with {milk}] [please]",)},
        lists={
            "size": ("small", "large"),
            "drink": ("coffee", "iced coffee", "tea"),
            "milk": ("soy milk", "cream"),
        },
        vocabulary=(VocabularyEntry("yelanard", phones="Y EH L AH N AA R D"),),
    ),
)
LETTERS = {"<blk>": 0, "▁": 1, "'": 2, **{letter: i + 3 for i, letter in enumerate("abcdefghijklmnopqrstuvwxyz")}}

needs_network = pytest.mark.skipif(not (STARTER / "ear.int8.onnx").is_file(), reason="the starter ear is not there")


# --- word graph ---------------------------------------------------------------------------------------------------


def graph_cost(path: Path, symbols: list[int]) -> float | None:
    """The lowest cost of a sequence of token numbers through a graph. None if the graph does not allow it."""
    fst = kaldifst.StdVectorFst.read(str(path))
    best: dict[tuple[int, int], float] = {}
    queue = [(0.0, fst.start, 0)]
    while queue:
        cost, state, at = heapq.heappop(queue)
        if best.get((state, at), float("inf")) <= cost:
            continue
        best[state, at] = cost
        for arc in kaldifst.ArcIterator(fst, state):
            step = 0 if arc.ilabel == 0 else 1
            if step == 0 or (at < len(symbols) and arc.ilabel == symbols[at] + 1):
                heapq.heappush(queue, (cost + arc.weight.value, arc.nextstate, at + step))
    ends = [
        cost + fst.final(state).value
        for (state, at), cost in best.items()
        if at == len(symbols) and fst.final(state).value != float("inf")
    ]
    return min(ends, default=None)


def letters(text: str, blank_between: bool = True) -> list[int]:
    """The output of a network for a text: every letter twice, a blank between doubled letters."""
    symbols: list[int] = [0]
    for letter in text.replace(" ", "▁"):
        number = LETTERS[letter]
        if blank_between and symbols[-1] == number:
            symbols.append(0)
        symbols += [number, number]
    return [*symbols, 0]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("graph") / "site.fst"
    said: dict[str, list[tuple[tuple[str, ...], float]]] = {
        "": [(("where", "is", "it"), 1.0)],
        "cafe": [(("small", "coffee"), 1.0), (("large", "coffee"), 3.0), (("large", "tea"), 1.0)],
    }
    site_graph.write_site_graph(path, {name: estimate(s) for name, s in said.items()}, LETTERS, scale=1.0)
    return path


def test_sentences_of_the_site_pass_the_graph(graph: Path) -> None:
    likely = graph_cost(graph, letters("large coffee"))
    rare = graph_cost(graph, letters("small coffee"))
    assert likely is not None and rare is not None and likely < rare
    assert graph_cost(graph, letters("where is it")) is not None


def test_a_trailing_space_may_follow_the_last_word(graph: Path) -> None:
    assert graph_cost(graph, letters("large tea ")) == pytest.approx(graph_cost(graph, letters("large tea")))


def test_unseen_word_sequences_cost_more_but_pass(graph: Path) -> None:
    seen, unseen = graph_cost(graph, letters("large tea")), graph_cost(graph, letters("small tea"))
    assert seen is not None and unseen is not None and unseen > seen + 2


@pytest.mark.parametrize("text", ["larg coffee", "large cofee", "large coffee is it", "where tea"])
def test_other_spellings_and_changes_of_subject_do_not_pass(graph: Path, text: str) -> None:
    assert graph_cost(graph, letters(text)) is None


def test_doubled_letters_need_a_blank(graph: Path) -> None:
    assert graph_cost(graph, letters("large coffee", blank_between=False)) is None


@pytest.mark.parametrize(
    ("word", "tokens", "spelling"),
    [
        ("tea", LETTERS, [22, 7, 3, 1]),
        ("tea", {"<blk>": 0, "▁": 1, "▁te": 2, "a": 3, "t": 4, "e": 5}, [2, 3]),
        ("tea", {"<blk>": 0, "T": 1, "E": 2, "A": 3, "▁": 4}, [1, 2, 3, 4]),
        ("tea", {"<blk>": 0, "t": 1, "e": 2, "▁": 3}, None),
    ],
)
def test_spelling(word: str, tokens: dict[str, int], spelling: list[int] | None) -> None:
    assert site_graph.spell(word, tokens) == spelling


def test_tokens_without_a_blank_are_refused() -> None:
    with pytest.raises(PortError, match="no CTC model"):
        site_graph.blank_of({"a": 0})


def test_a_broken_token_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "tokens.txt").write_text("<blk> 0\na b\n")
    with pytest.raises(PortError, match="'a b' is not a line of `symbol number`"):
        site_graph.read_tokens(tmp_path / "tokens.txt")


# --- the starter network ------------------------------------------------------------------------------------------


@needs_network
def test_the_network_hears_an_order_along_the_graph() -> None:
    ear = open_sherpa(STREAMING, SETTINGS, CAFE).stream()
    for _ in range(2):
        ear.start()
        partial = [ear.accept(ORDER[at : at + 512]) for at in range(0, len(ORDER), 512)]
        transcript = ear.finish()
        assert "large iced coffee with soy milk" in transcript.text
        assert transcript.ear == "sherpa"
        assert any(partial) and len(partial[len(partial) // 2]) < len(transcript.text)


@needs_network
def test_silence_gives_at_most_one_word() -> None:
    ear = open_sherpa(STREAMING, SETTINGS, CAFE).stream()
    ear.start()
    ear.accept(np.zeros(SAMPLE_RATE_HZ, np.float32))
    assert len(ear.finish().text.split()) <= 1


# --- other models -------------------------------------------------------------------------------------------------

KINDS = {
    "zipformer2_ctc": (sherpa_onnx.OnlineRecognizer, "from_zipformer2_ctc"),
    "transducer": (sherpa_onnx.OnlineRecognizer, "from_transducer"),
    "nemo_ctc": (sherpa_onnx.OnlineRecognizer, "from_nemo_ctc"),
    "offline_transducer": (sherpa_onnx.OfflineRecognizer, "from_transducer"),
    "offline_whisper": (sherpa_onnx.OfflineRecognizer, "from_whisper"),
    "offline_moonshine": (sherpa_onnx.OfflineRecognizer, "from_moonshine"),
    "offline_canary": (sherpa_onnx.OfflineRecognizer, "from_nemo_canary"),
    "offline_nemo_ctc": (sherpa_onnx.OfflineRecognizer, "from_nemo_ctc"),
    "offline_medasr_ctc": (sherpa_onnx.OfflineRecognizer, "from_medasr_ctc"),
    "offline_sense_voice": (sherpa_onnx.OfflineRecognizer, "from_sense_voice"),
}


def model_folder(tmp_path: Path, kind: str) -> SherpaSettings:
    """Empty files with the usual names."""
    settings = SherpaSettings(directory=tmp_path, kind=kind)  # type: ignore[arg-type]
    defaults = sherpa._FILES.get(kind.removeprefix("offline_"), sherpa._FILES["model"])
    for name in defaults.values():
        (tmp_path / name).touch()
    (tmp_path / defaults["tokens"]).write_text("".join(f"{token} {n}\n" for token, n in LETTERS.items()))
    return settings


@pytest.mark.parametrize("kind", KINDS)
def test_the_library_takes_the_arguments_of_each_kind(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = model_folder(tmp_path, kind)
    owner, name = KINDS[kind]
    signature = inspect.signature(getattr(owner, name))
    made: dict[str, Any] = {}

    def maker(**arguments: Any) -> SimpleNamespace:
        signature.bind(**arguments)  # TypeError for an argument that the installed version does not have
        made.update(arguments)
        return SimpleNamespace()

    monkeypatch.setattr(owner, name, maker)
    ear = open_sherpa(settings, dataclasses.replace(SETTINGS, device="cuda", threads=3), CAFE)
    assert isinstance(ear, OfflineEar if kind.startswith("offline_") else OnlineEar)
    assert (made["provider"], made["num_threads"]) == ("cuda", 1), "a small model"
    monkeypatch.setattr(sherpa, "_SMALL_BYTES", 0)
    open_sherpa(settings, dataclasses.replace(SETTINGS, device="cuda", threads=3), CAFE)
    assert made["num_threads"] == 3
    assert ("ctc_graph" in made) == (kind == "zipformer2_ctc")
    if kind == "transducer":
        assert made["decoding_method"] == "modified_beam_search"


def test_hotwords_go_to_a_transducer_and_to_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, str]] = []
    streams = SimpleNamespace(create_stream=lambda **given: asked.append(given))
    for kind in ("transducer", "nemo_ctc"):
        owner, name = KINDS[kind]
        monkeypatch.setattr(owner, name, lambda **_: streams)
        open_sherpa(model_folder(tmp_path, kind), SETTINGS, CAFE).stream()
    assert asked == [{"hotwords": "y e l a n a r d ▁"}, {}]


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    settings = model_folder(tmp_path, "offline_whisper")
    (tmp_path / "decoder.onnx").unlink()
    with pytest.raises(PortError, match=r"the decoder is missing: .*decoder\.onnx"):
        open_sherpa(settings, SETTINGS, CAFE)


def test_an_unknown_role_is_one_clear_line(tmp_path: Path) -> None:
    settings = dataclasses.replace(model_folder(tmp_path, "nemo_ctc"), files={"encodr": "x"})
    with pytest.raises(PortError, match="nemo_ctc has no encodr; it has model, tokens"):
        open_sherpa(settings, SETTINGS, CAFE)


class CountingRecognizer:
    """A recogniser whose words are the number of samples that it was given."""

    def __init__(self) -> None:
        self.lengths: list[int] = []

    def create_stream(self) -> SimpleNamespace:
        stream = SimpleNamespace(result=SimpleNamespace(text=""))
        stream.accept_waveform = lambda rate, samples: setattr(stream, "samples", samples)
        return stream

    def decode_stream(self, stream: SimpleNamespace) -> None:
        self.lengths.append(len(stream.samples))
        stream.result.text = f"Heard, {len(stream.samples)}!"


def test_a_growing_window_costs_no_more_than_four_times_the_whole() -> None:
    counting = CountingRecognizer()
    ear = OfflineEar(counting).stream()
    block = np.zeros(320, np.float32)
    ear.start()
    partial = [ear.accept(block) for _ in range(500)]
    assert ear.finish().text == "heard 160000"
    assert counting.lengths[-1] == 160_000
    assert sum(counting.lengths[:-1]) <= 4 * 160_000
    assert partial[0] == "" and len(set(partial)) >= 6
    ear.start()
    ear.accept(block)
    assert ear.finish().text == "heard 320"


@pytest.mark.parametrize(
    ("written", "plain"),
    [("▁HELLO▁WORLD", "hello world"), ("It's 10, isn't it?", "it's 10 isn't it"), (" Thank you. ", "thank you")],
)
def test_transcripts_are_plain_words(written: str, plain: str) -> None:
    assert sherpa._plain(written) == plain
