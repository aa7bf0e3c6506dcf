"""The ``VoiceEmbedder`` and ``Embedder`` ports, which keep nothing from one call to the next."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import Embedder, VoiceEmbedder
from appliance.engines.embedding.minilm import MiniLm, convert
from appliance.engines.speaker_embedding import VoiceNetwork
from tests.brain.test_retrieval import Words
from tests.conformance.threads import at_once
from tests.fakes import PitchVoices

NETWORK = Path(__file__).parents[2] / "models" / "starter" / "voices" / "speaker.onnx"
SENTENCES = ("where is the pharmacy", "i would like a coffee", "", "x", "人", "where " * 600)


@pytest.fixture(scope="module", params=[partial(VoiceNetwork, NETWORK), PitchVoices], ids=["network", "pitch"])
def voices(request: pytest.FixtureRequest) -> VoiceEmbedder:
    opened: VoiceEmbedder = request.param()
    return opened


@pytest.fixture(scope="module", params=[MiniLm, Words], ids=["minilm", "words"])
def embedder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    kind: Callable[..., Embedder] = request.param
    if kind is not MiniLm:
        return kind()
    path = tmp_path_factory.mktemp("minilm") / "minilm.gguf"
    convert(path)
    return kind(path)


@pytest.mark.parametrize("seconds", [1.0, 1.6, 3.0])
def test_a_voice_is_a_unit_vector(voices: VoiceEmbedder, order: Samples, seconds: float) -> None:
    speech = order[: round(seconds * SAMPLE_RATE_HZ)]
    found = voices.embed(speech)
    assert found.ndim == 1 and found.dtype == np.float32
    assert float(found @ found) == pytest.approx(1.0, abs=1e-4)
    assert np.array_equal(voices.embed(speech), found), "and the same each time"


def test_voices_from_several_threads_equal_those_from_one(
    voices: VoiceEmbedder, order: Samples, pharmacy: Samples
) -> None:
    speeches = [order[:SAMPLE_RATE_HZ], pharmacy[:SAMPLE_RATE_HZ]] * 2
    alone = [voices.embed(speech).tolist() for speech in speeches]
    assert [found.tolist() for found in at_once([partial(voices.embed, speech) for speech in speeches])] == alone


def test_any_sentence_is_a_unit_vector(embedder: Embedder) -> None:
    found = embedder.embed(SENTENCES)
    assert found.dtype == np.float32 and found.shape[0] == len(SENTENCES)
    assert np.linalg.norm(found, axis=1) == pytest.approx(np.ones(len(SENTENCES)), abs=1e-4)


def test_a_sentence_does_not_change_the_others(embedder: Embedder) -> None:
    together = embedder.embed(SENTENCES)
    apart = np.concatenate([embedder.embed([sentence]) for sentence in SENTENCES])
    assert together == pytest.approx(apart, abs=1e-5)


def test_sentences_from_several_threads_equal_those_from_one(embedder: Embedder) -> None:
    works = [partial(embedder.embed, [sentence]) for sentence in SENTENCES * 2]
    found = at_once(works)
    assert all(np.array_equal(vectors, work()) for vectors, work in zip(found, works, strict=True))
