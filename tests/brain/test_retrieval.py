"""The retrieval on an embedder that only counts words, so that the test needs no model."""

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from appliance.bench.workbench.material import read
from appliance.brain.knowledge import entries
from appliance.brain.retrieval import Retrieval
from appliance.config.site import Persona, Site, SiteFact, load_site
from appliance.core.audio import Samples
from appliance.language.english import ENGLISH
from appliance.language.english.words import content_words, stem

HOSPITAL = Path(__file__).parents[2] / "appliance" / "sites" / "hospital.yaml"

DOCTORS = {"doctor": ("Doctor Chen", "Doctor Patel", "Doctor Miller")}


@functools.cache
def _direction(word: str) -> npt.NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "little")
    return np.random.default_rng(seed).standard_normal(64)


class Words:
    """An embedder that gives a sentence as the sum of one fixed random vector per stem."""

    def embed(self, sentences: Sequence[str]) -> Samples:
        rows = []
        for sentence in sentences:
            vector = np.full(64, 1e-3)
            for word in content_words(sentence) or ["-"]:
                vector += _direction(stem(word))
            rows.append(vector / np.linalg.norm(vector))
        return np.array(rows, dtype=np.float32)


@pytest.fixture(scope="module")
def retrieval() -> Retrieval:
    return Retrieval(entries(load_site(HOSPITAL), DOCTORS), Words(), ENGLISH)


@pytest.mark.parametrize(
    ("text", "identifier"),
    [
        ("where is the pharmacy", "fact:pharmacy_place"),
        ("when is the pharmacy open", "hours:pharmacy"),
        ("until when is the pharmacy opened", "hours:pharmacy"),
        ("what is the password of the wifi", "fact:wifi"),
        ("i would like an appointment with doctor chen", "form:book"),
        ("cancel my appointment", "form:cancel"),
        ("where is the maternty ward", "fact:maternity"),
    ],
)
def test_found(retrieval: Retrieval, text: str, identifier: str) -> None:
    assert retrieval.search(text)[0].entry.id == identifier


def test_probabilities_add_up_with_none(retrieval: Retrieval) -> None:
    probabilities = retrieval.probabilities(*retrieval.signals("where is the elephant"))
    assert probabilities.sum() == pytest.approx(1.0)
    assert len(probabilities) == len(retrieval.entries) + 1
    hits = retrieval.search("where is the elephant")
    assert [hit.probability for hit in hits] == sorted((hit.probability for hit in hits), reverse=True)


def test_no_words_find_nothing(retrieval: Retrieval) -> None:
    assert retrieval.search("  ") == []


@pytest.mark.parametrize("text", ['"', "* OR NEAR(", "a' OR 1=1 --", "¿dónde?", "''"])
def test_operators_of_the_query_language_are_plain_words(retrieval: Retrieval, text: str) -> None:
    hits = retrieval.search(text)
    assert len(hits) == 5 and 0.0 <= hits[-1].probability <= hits[0].probability <= 1.0


def test_a_site_of_one_fact() -> None:
    site = Site("X", Persona("A", "b", "c"), facts=(SiteFact("door", "The door is red."),))
    assert Retrieval(entries(site, {}), Words(), ENGLISH).search("which color is the door")[0].entry.id == "fact:door"


def test_a_site_without_facts_knows_nothing() -> None:
    assert Retrieval([], Words(), ENGLISH).search("which color is the door") == []


class Counting(Words):
    """An embedder that counts the sentences that it is given."""

    def __init__(self) -> None:
        self.sentences = 0

    def embed(self, sentences: Sequence[str]) -> Samples:
        self.sentences += len(sentences)
        return super().embed(sentences)


def test_vectors_are_kept_until_the_site_changes(tmp_path: Path) -> None:
    cache = tmp_path / "state" / "vectors.npz"
    site = Site("X", Persona("A", "b", "c"), facts=(SiteFact("door", "The door is red."),))
    first, second, third = Counting(), Counting(), Counting()
    made = Retrieval(entries(site, {}), first, ENGLISH, cache=cache)
    kept = Retrieval(entries(site, {}), second, ENGLISH, cache=cache)
    whole = first.sentences
    assert (whole > 100, second.sentences) == (True, 1)
    question = "which color is the door"
    assert kept.search(question)[0].probability == pytest.approx(made.search(question)[0].probability)
    other = Site("X", Persona("A", "b", "c"), facts=(SiteFact("door", "The door is green."),))
    Retrieval(entries(other, {}), third, ENGLISH, cache=cache)
    assert third.sentences == whole


def test_a_broken_cache_is_rebuilt(tmp_path: Path) -> None:
    cache = tmp_path / "vectors.npz"
    cache.write_bytes(b"PK\x03\x04 nothing")
    site = Site("X", Persona("A", "b", "c"), facts=(SiteFact("door", "The door is red."),))
    Retrieval(entries(site, {}), Words(), ENGLISH, cache=cache)
    with np.load(cache) as kept:
        assert len(kept["vectors"]) > 100


@pytest.mark.parametrize("name", ["hospital", "museum"])
def test_no_test_question_is_among_the_sites_own_phrases(name: str) -> None:
    sheet = read(name, "test")
    doctors = {"doctor": ("Doctor Chen", "Doctor Patel", "Doctor Miller")}
    own = {ask.lower() for entry in entries(sheet.site, doctors) for ask in entry.asks}
    assert {asked.text for asked in sheet.asked if not asked.say} & own == set()
