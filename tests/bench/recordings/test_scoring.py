"""What a system got wrong: against figures of jiwer 4.0.0, and the site's terms."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from appliance.bench.recordings.scoring import Terms, align, score, terms_of, values_right
from appliance.config.site import load_site

BY_JIWER = [
    ("where is the pharmacy", "where is the far messy", 2, 4, 6, 21),
    ("a b c d", "a x c", 2, 4, 3, 7),
    ("one two three", "one two three", 0, 3, 0, 13),
    ("hello", "hello there my friend", 3, 1, 16, 5),
    ("the quick brown fox jumps", "quick the brown ox jump", 4, 5, 10, 25),
    ("book an appointment with doctor okafor", "look an appointment with doctor oh kafer", 3, 6, 4, 38),
    ("yes", "no", 1, 1, 3, 3),
    ("please call me back on monday", "please call back monday morning", 3, 6, 11, 29),
]

NO_TERMS = Terms({})


@pytest.mark.parametrize(("said", "heard", "errors", "words", "character_errors", "characters"), BY_JIWER)
def test_errors_are_those_that_jiwer_counts(
    said: str, heard: str, errors: int, words: int, character_errors: int, characters: int
) -> None:
    found = score(tuple(said.split()), tuple(heard.split()), NO_TERMS)
    assert (found.errors, found.words, found.character_errors, found.characters) == (
        *(errors, words, character_errors, characters),
    )


words = st.lists(st.sampled_from("a b c where is the".split()), max_size=12).map(tuple)


@given(words, words)
def test_the_steps_of_an_alignment_give_both_texts_and_the_fewest_errors(
    said: tuple[str, ...], heard: tuple[str, ...]
) -> None:
    steps = align(said, heard)
    assert tuple(word for step in steps for word in step.said) == said
    assert tuple(word for step in steps for word in step.heard) == heard
    assert score(said, heard, NO_TERMS).errors == Levenshtein.distance(said, heard)


TERMS = Terms({("doctor", "chen"): "choices", ("chen",): "names", ("mri",): "lexicon"})


@pytest.mark.parametrize(
    ("said", "heard", "terms", "terms_heard", "false_terms"),
    [
        ("is doctor chen in", "is doctor chen in", 1, 1, 0),
        ("is doctor chen in", "is doctor chan in", 1, 0, 0),
        ("an mri with chen", "an mri with jen", 2, 1, 0),
        ("an mri with chen", "an m r i with chen", 2, 1, 0),
        ("hello there", "hello chen", 0, 0, 1),
        ("hello there", "hello doctor chen", 0, 0, 1),
    ],
)
def test_a_term_counts_where_all_of_its_words_were_heard(
    said: str, heard: str, terms: int, terms_heard: int, false_terms: int
) -> None:
    found = score(tuple(said.split()), tuple(heard.split()), TERMS)
    assert (found.terms, found.terms_heard, found.false_terms) == (terms, terms_heard, false_terms)
    assert sum(known for known, _ in found.kinds.values()) == terms


SITE = """
name: Bar
persona: {name: Ada, role: the voice of the bar, greeting: Welcome.}
speech:
  vocabulary: [{word: ristretto}]
  lists:
    name: [Okafor]
    drink: [iced coffee, coffee]
    size: [(small|large)]
"""


def test_the_terms_of_a_site_are_its_words_names_choices_and_lists(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    site = load_site(tmp_path / "site.yaml")
    assert terms_of(site, {"doctor": ("Dr. Chen",)}).found == {
        ("ristretto",): "lexicon",
        ("okafor",): "names",
        ("doctor", "chen"): "choices",
        ("iced", "coffee"): "lists",
        ("coffee",): "lists",
        ("small",): "lists",
        ("large",): "lists",
    }
    lists = ("drink", "size")
    assert values_right("a large iced coffee please", {"drink": "iced coffee", "size": "large"}, lists, site)
    assert not values_right("a large coffee please", {"drink": "iced coffee", "size": "large"}, lists, site)
    assert not values_right("a large iced coffee", {"drink": "iced coffee"}, lists, site), "another value was heard"
    assert values_right("a large iced coffee", {"drink": "iced coffee"}, ("drink",), site), "sizes are not looked at"
