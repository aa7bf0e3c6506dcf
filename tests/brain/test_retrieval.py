"""The retrieval on an embedder that only counts words, so that the test needs no model."""

import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from appliance.bench.workbench.material import read
from appliance.brain.knowledge import Entry, entries
from appliance.brain.retrieval import (
    BEYOND_DOUBT,
    JUDGED_ENTRIES,
    JUDGED_LINES,
    RICH,
    SIGNALS,
    THIN,
    UNANSWERED,
    Retrieval,
    thinness,
)
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


def test_the_most_probable_entries_come_first(retrieval: Retrieval) -> None:
    hits = retrieval.search("where is the elephant")
    assert 0.0 < sum(hit.probability for hit in hits) <= 1.0
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


# --- sites with few sentences -----------------------------------------------------------------------------------------


def site_with(lines: int) -> Site:
    asks = (
        "where do I swim",
        "I want to swim",
        "is there a pool",
        "which way to the water",
        "can we bathe",
        "a dip",
        "b",
        "c",
    )
    return Site("X", Persona("A", "b", "c"), facts=(SiteFact("pool", "The pool is behind the house.", asks[:lines]),))


@pytest.mark.parametrize(("lines", "share"), [(0, 1.0), (3, 1.0), (8, 0.0)])
def test_the_weights_are_those_of_the_sites_kind(lines: int, share: float) -> None:
    known = entries(site_with(lines), {})
    assert thinness(known) == pytest.approx(share)
    assert Retrieval(known, Words(), ENGLISH).weights == RICH.blended(THIN, share)


def test_between_the_kinds_is_a_blend() -> None:
    share = thinness(entries(site_with(5), {}))
    assert 0.0 < share < 1.0
    blend = RICH.blended(THIN, share)
    for rich, mixed, thin in zip(RICH.signals, blend.signals, THIN.signals, strict=True):
        assert min(rich, thin) <= mixed <= max(rich, thin)


def test_a_fact_that_no_question_was_written_for_is_found_by_what_the_rules_draft() -> None:
    entry = entries(site_with(0), {})[0]
    assert entry.asks[0] == "where is the pool" and entry.written == 0
    thin = Retrieval([entry], Words(), ENGLISH)
    assert "how do i get to the pool" in thin.sentences
    assert thin.nearest("where is a pool", entry) == "where is the pool"


class Judge:
    """Takes a text for an answer when it has a certain word, and remembers what it was asked."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[tuple[str, list[list[str]]]] = []

    def log_odds(self, question: str, texts: Sequence[Sequence[str]]) -> list[float]:
        self.asked.append((question, [list(text) for text in texts]))
        return [5.0 if self.word in text[0] else -50.0 for text in texts]


def floors(lines: int = 4) -> list[Entry]:
    """Six facts, each with the same questions but for a word."""
    asks = ("where is it {}", "which floor is {}", "i look for {}", "{} please")[:lines]
    places = ("gym", "pool", "bar", "sauna", "kitchen", "terrace")
    facts = tuple(
        SiteFact(place, f"The {place} is on floor {n}.", tuple(ask.format(place) for ask in asks))
        for n, place in enumerate(places)
    )
    return entries(Site("X", Persona("A", "b", "c"), facts=facts), {})


@pytest.fixture
def doubtful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every question is judged."""
    monkeypatch.setattr("appliance.brain.retrieval.BEYOND_DOUBT", 2.0)


@pytest.mark.usefixtures("doubtful")
def test_the_judge_reads_the_most_probable_entries_with_their_nearest_questions() -> None:
    judge = Judge("pool")
    retrieval = Retrieval(floors(), Words(), ENGLISH, judge=judge)
    retrieval.search("which floor is the pool on")
    assert retrieval.glance("which floor is the pool on") is None
    [(question, texts)] = judge.asked
    assert question == "which floor is the pool on" and len(texts) == JUDGED_ENTRIES
    assert texts[0][:2] == ["the pool is on floor 1.", "which floor is pool"]
    assert {len(text) for text in texts} == {1 + JUDGED_LINES}


@pytest.mark.usefixtures("doubtful")
def test_what_the_judge_says_counts() -> None:
    question = "which floor is the bar on"
    without = Retrieval(floors(), Words(), ENGLISH)
    agreed = Retrieval(floors(), Words(), ENGLISH, judge=Judge("bar"))
    denied = Retrieval(floors(), Words(), ENGLISH, judge=Judge("nothing"))
    assert without.search(question)[0].entry.id == "fact:bar"
    yes, no = (by.search(question)[0].probability for by in (agreed, denied))
    assert yes / (1 - yes) > 10 * no / (1 - no)


def test_an_entry_that_was_not_judged_has_the_least_odds() -> None:
    signals, _ = Retrieval(floors(), Words(), ENGLISH, judge=Judge("bar")).signals("which floor is the bar on")
    answers = signals[:, SIGNALS.index("answers")]
    assert sorted(answers) == [UNANSWERED] * (len(answers) - 1) + [5.0]


def test_a_judge_is_asked_only_where_there_is_a_doubt() -> None:
    judge = Judge("pharmacy")
    retrieval = Retrieval(entries(load_site(HOSPITAL), DOCTORS), Words(), ENGLISH, judge=judge)
    doubtful = "something with pharmacy and parking"
    sure = next(text for text in retrieval.sentences if retrieval.search(text)[0].probability >= BEYOND_DOUBT)
    judge.asked.clear()
    assert retrieval.glance(sure) == retrieval.search(sure)
    assert judge.asked == []
    retrieval.search(doubtful)
    assert [question for question, _ in judge.asked] == [doubtful]


def test_a_site_with_many_sentences_is_searched_by_its_own() -> None:
    known = entries(load_site(HOSPITAL), DOCTORS)
    assert thinness(known) == 0.0
    own = {text.lower() for entry in known for text in (*entry.asks, entry.say)}
    assert set(Retrieval(known, Words(), ENGLISH).sentences) <= own


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("i am so nervous", "talk:worry"),
        ("i am not nervous", None),
        ("you are not stupid", None),
        ("what terrible weather isn't it", "talk:weather"),
        ("tell me a joke", "talk:joke"),
        ("don't tell me a joke", None),
        ("oh i have another question", "talk:more_questions"),
        ("let me write that down please", "talk:hold"),
        ("tell me more about it please", "talk:no_more"),
        ("i am just looking around here", "talk:looking"),
        ("do you remember me from yesterday", "talk:acquaintance"),
        ("can you see me now", "talk:senses"),
        ("we just got married", "talk:good_news"),
        ("where is the pharmacy", None),
    ],
)
def test_small_talk_is_what_is_near_to_it_and_not_its_denial(retrieval: Retrieval, text: str, talk: str | None) -> None:
    found = retrieval.search(text)[0].entry
    assert (found.id if found.kind == "talk" else None) == talk


def test_no_remark_has_two_answers() -> None:
    asks = [ask.lower() for talk in ENGLISH.pleasantries for ask in talk.ask]
    assert len(asks) == len(set(asks))
