"""The search for a site's sentence in the probabilities of letters."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from appliance.core.audio import Samples
from appliance.engines.asr.site.net import SearchCosts
from appliance.engines.asr.site.ngram import END, START, BackoffModel, estimate
from appliance.engines.asr.site.search import OTHER, SiteSearch

LETTERS = " 'abcdefghijklmnopqrstuvwxyz"
SYMBOLS = {letter: number for number, letter in enumerate(LETTERS, 1)}
LANGUAGES = {
    "": estimate(
        [
            ("where is the pharmacy".split(), 1.0),
            ("where is the laboratory".split(), 1.0),
            ("when does the pharmacy open".split(), 1.0),
            ("see a doctor".split(), 0.2),
        ]
    ),
    "cafe": estimate([("a small coffee please".split(), 1.0), ("a large coffee with cream".split(), 3.0)]),
}
SEARCH = SiteSearch(LANGUAGES, SYMBOLS)


def said(text: str, sure: float = 0.9) -> Samples:
    """What a network would say for a text: each letter for one step with that probability, then the blank."""
    symbols = [0, *itertools.chain.from_iterable((1 + LETTERS.index(letter), 0) for letter in text)]
    likely = np.full((len(symbols), 1 + len(LETTERS)), (1 - sure) / len(LETTERS), np.float32)
    likely[np.arange(len(symbols)), symbols] = sure
    return np.log(likely)


def words(text: str, sure: float = 0.9) -> str:
    return " ".join(SEARCH.best(said(text, sure)).words)


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        ("where is the pharmacy", "where is the pharmacy"),
        ("where is the pharmacy ", "where is the pharmacy"),
        ("wher iz the farmacy", "where is the pharmacy"),
        ("where isthe pharmacy", "where is the pharmacy"),
        ("see a doctor", "see a doctor"),
        ("a large cofee with cream", "a large coffee with cream"),
        ("a small coffee with cream", "a small coffee with cream"),
        # Another subject's words follow only where the sound leaves no choice, as other speech.
        ("um so where is the pharmacy", f"{OTHER} where is the pharmacy"),
        ("my dog ate our homework", OTHER),
    ],
)
def test_the_sentence_that_fits_best_is_found(heard: str, found: str) -> None:
    assert words(heard) == found


def test_the_subject_is_told() -> None:
    assert SEARCH.best(said("a small coffee please")).subject == "cafe"


def test_nothing_is_found_in_nothing() -> None:
    assert SEARCH.best(np.empty((0, 1 + len(LETTERS)), np.float32)).words == ()


def test_silence_has_no_words() -> None:
    assert SEARCH.best(np.log(np.full((50, 1 + len(LETTERS)), 1e-3, np.float32)) + said("")[0]).words in ((), (OTHER,))


@pytest.mark.parametrize("text", ["where is a farmasee", "my dog ate all the books", ""])
def test_the_letters_are_told_as_they_were_read(text: str) -> None:
    assert SEARCH.best(said(text)).read == text


def path_score(language: BackoffModel, log_probs: Samples, sentence: tuple[str, ...], costs: SearchCosts) -> float:
    """The score of one sentence by definition: the best way to read it, with or without a last space, and its
    n-grams."""
    order = len(language.orders)
    marked = (START, *sentence, END)
    grams = (marked[max(0, i - order + 1) : i + 1] for i in range(1, len(marked)))
    log = sum(language.log10(gram) for gram in grams) * math.log(10) * costs.language
    text = " ".join(sentence)
    return log + max(reading_score(log_probs, way) for way in (text, f"{text} "))


def reading_score(log_probs: Samples, text: str) -> float:
    """The score of the best CTC path of a text."""
    symbols = [1 + LETTERS.index(letter) for letter in text]
    states = [*itertools.chain.from_iterable((0, symbol) for symbol in symbols), 0]
    best = [0.0] + [-math.inf] * (len(states) - 1)
    for step, row in enumerate(log_probs):
        came = list(best)
        for i, symbol in enumerate(states):
            before = [came[i], came[i - 1] if i else -math.inf]
            if i > 1 and symbol and symbol != states[i - 2]:
                before.append(came[i - 2])
            if step == 0:
                before = [0.0] if i < 2 else [-math.inf]
            best[i] = max(before) + float(row[symbol])
    return max(best[-2:])


def test_the_score_is_that_of_the_definition() -> None:
    """Against every sentence of up to three words, in sound that none of them fits."""
    language = estimate([(("a", "tea"), 1.0), (("two", "teas"), 2.0), (("a", "sea"), 1.0), (("see", "a", "tea"), 1.0)])
    costs = SearchCosts(other=1e3, joined=1e3)
    search = SiteSearch({"": language}, SYMBOLS, costs)
    chance = np.random.default_rng(3)
    for _ in range(20):
        scores = chance.normal(0, 2, (14, 1 + len(LETTERS)))
        log_probs = (scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))).astype(np.float32)
        sentences = itertools.chain.from_iterable(
            itertools.product(sorted(language.words), repeat=n) for n in (1, 2, 3)
        )
        best = max((path_score(language, log_probs, sentence, costs), sentence) for sentence in sentences)
        found = search.best(log_probs)
        assert found.words == best[1]
        assert found.fit == pytest.approx(best[0], abs=0.2)


def test_words_that_cannot_have_been_said_are_left_out_and_no_others() -> None:
    plants = [
        "anemone",
        "begonia",
        "dahlia",
        "geranium",
        "lavender",
        "magnolia",
        "primrose",
        "rhododendron",
        "wisteria",
    ]
    sentences = [((*pair, "in", "bloom"), 1.0) for pair in itertools.permutations(plants, 2)]
    search = SiteSearch({**LANGUAGES, "garden": estimate(sentences)}, SYMBOLS)
    heard = search._audible(said("where is the farmacy", sure=0.999))
    kept = {word for word, audible in zip(search._net.vocabulary, heard.tolist(), strict=True) if audible}
    assert {"where", "is", "the", "pharmacy"} <= kept
    assert "rhododendron" not in kept and len(kept) < len(search._net.vocabulary)
    assert search.best(said("where is the farmacy", sure=0.999)).words == ("where", "is", "the", "pharmacy")
    assert search.best(said("dahlia rhododendron in bloom")).words == ("dahlia", "rhododendron", "in", "bloom")


def test_a_net_of_some_words_holds_their_sentences_alone() -> None:
    net = SEARCH._net
    some = np.array([word in ("where", "is", "the", "pharmacy") for word in net.vocabulary])
    part = net.only(some)
    assert {part.vocabulary[word] for word in part.word_of.tolist()} == {"where", "is", "the", "pharmacy"}
    assert part.places < net.places and len(part.arc_first) == len(part.word_of)
    whole = net.only(np.ones(len(net.vocabulary), np.bool_))
    for name in ("word_of", "place_of", "arc_place", "arc_score", "shorter", "starts", "anywhere", "subject_at"):
        assert np.array_equal(getattr(whole, name), getattr(net, name))
