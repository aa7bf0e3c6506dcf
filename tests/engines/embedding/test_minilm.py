"""The retrieval model, against a plain numpy forward of the weights it was converted from."""

from __future__ import annotations

import math
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from appliance.core.ports import PortError
from appliance.engines.embedding import minilm
from appliance.engines.embedding.minilm import DIMENSIONS, MiniLm, convert

SENTENCES = [
    "Where is the pharmacy?",
    "i would like to book an appointment with doctor lee on tuesday the third of march at half past ten",
    "The café's opening hours: 8 a.m. to 6 p.m., naïve façade; $3.50!",
    "x",
    "electroencephalography unbelievableness zyxwv",
]


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "deeper" / "minilm.gguf"
    convert(path)
    return path


@pytest.fixture(scope="module")
def model(converted: Path) -> MiniLm:
    return MiniLm(converted)


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    return load_file(minilm.installed() / "model.safetensors")


def reference(weights: dict[str, Any], tokens: list[int]) -> Any:
    """BERT with mean pooling as its paper has it, float64."""
    w = {name: array.astype(np.float64) for name, array in weights.items()}

    def norm(x: Any, name: str) -> Any:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
        return scaled * w[f"{name}.weight"] + w[f"{name}.bias"]

    def linear(x: Any, name: str) -> Any:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    e = "embeddings."
    x = w[f"{e}word_embeddings.weight"][tokens] + w[f"{e}position_embeddings.weight"][: len(tokens)]
    x = norm(x + w[f"{e}token_type_embeddings.weight"][0], f"{e}LayerNorm")
    for layer in range(6):
        name = f"encoder.layer.{layer}"
        q, k, v = (
            linear(x, f"{name}.attention.self.{part}").reshape(len(tokens), 12, 32).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(32)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(len(tokens), DIMENSIONS)
        x = norm(x + linear(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm")
        inner = linear(x, f"{name}.intermediate.dense")
        gelu = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        x = norm(x + linear(gelu, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    pooled = x.mean(0)
    return pooled / np.linalg.norm(pooled)


def test_vectors_agree_with_the_reference(model: MiniLm, weights: dict[str, Any]) -> None:
    vectors = model.embed(SENTENCES)
    assert vectors.shape == (len(SENTENCES), DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for sentence, vector in zip(SENTENCES, vectors, strict=True):
        assert vector @ reference(weights, model.tokens(sentence)) > 0.999, sentence


def test_sentences_are_cut_into_the_right_pieces(model: MiniLm) -> None:
    vocabulary = (minilm.installed() / "vocab.txt").read_text(encoding="utf-8").splitlines()
    pieces = [vocabulary[t] for t in model.tokens("The café's EEG, unbelievableness!")]
    assert pieces == ["[CLS]", "the", "cafe", "'", "s", "ee", "##g", ",", "unbelievable", "##ness", "!", "[SEP]"]


def test_meaning_beats_words(model: MiniLm) -> None:
    question, right, wrong = model.embed(
        ["i need my tablets", "You can collect prescriptions at the pharmacy.", "Please do not place tables here."]
    )
    assert question @ right > question @ wrong + 0.1


def test_empty_and_very_long_text(model: MiniLm) -> None:
    assert model.embed([]).shape == (0, DIMENSIONS)
    empty, long, longer = model.embed(["", "word " * 400, "word " * 500])
    assert np.isfinite(empty).all()
    assert long @ longer == pytest.approx(1, abs=1e-6)  # both are cut at the same place


def test_threads_get_the_results_of_one_thread(model: MiniLm) -> None:
    alone = model.embed(SENTENCES)
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(model.embed(SENTENCES))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        np.testing.assert_array_equal(result, alone)


def test_converting_again_does_nothing(converted: Path) -> None:
    before = converted.stat().st_mtime_ns
    time.sleep(0.01)
    convert(converted)
    assert converted.stat().st_mtime_ns == before
    assert list(converted.parent.iterdir()) == [converted]


def test_other_weights_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "model"
    shutil.copytree(minilm.installed(), source)
    weights = source / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    with pytest.raises(PortError, match="not the official"):
        convert(tmp_path / "out.gguf", source)
    assert not (tmp_path / "out.gguf").exists()


def test_errors_name_the_file_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"none\.gguf does not exist; run `cloister models prepare`"):
        MiniLm(tmp_path / "none.gguf")
    (tmp_path / "wrong.gguf").write_bytes(b"not a model")
    with pytest.raises(PortError, match=r"wrong\.gguf is not all-MiniLM"):
        MiniLm(tmp_path / "wrong.gguf")
    with pytest.raises(PortError, match="cannot be read"):
        convert(tmp_path / "out.gguf", tmp_path)
