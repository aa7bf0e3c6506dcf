"""What the ears learn from a site file, and the language models made of it."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.site import Emergency, Interruptions, SiteFact, Speech, VocabularyEntry, load_site
from appliance.engines.asr.site import language_model, lexicon
from appliance.engines.asr.site.language_model import spoken_form
from appliance.engines.asr.site.ngram import END, START, estimate, mix, read_arpa
from appliance.language.english import ENGLISH
from tests.sites import SITE

HOSPITAL = Path(__file__).parents[4] / "appliance" / "sites" / "hospital.yaml"

sentences = st.lists(
    st.tuples(st.lists(st.sampled_from("abcde"), max_size=5).map(tuple), st.floats(0.1, 3)), min_size=1, max_size=12
)


def total_after(model, history):
    return sum(10 ** model.log10((*history, word)) for word in (*model.words, END))


@given(sentences)
def test_probabilities_after_each_history_sum_to_one(said) -> None:
    model = estimate(said)
    for history in ((), (START,), *(gram for gram in model.orders[1] if gram[-1] != END)):
        assert total_after(model, history[-2:]) == pytest.approx(1, abs=0.01)


@given(sentences, sentences, st.floats(0.1, 0.9))
def test_mixed_probabilities_lie_between_both(one, other, share) -> None:
    special, general = estimate(one), estimate(other, order=2)
    mixed = mix(special, general, share)
    for word in mixed.words:
        low, high = sorted(10 ** model.log10((word,)) for model in (special, general))
        assert low - 1e-9 <= 10 ** mixed.log10((word,)) <= high + 1e-9
    assert total_after(mixed, (START,)) == pytest.approx(1, abs=0.02)


def test_a_written_model_is_read_back(tmp_path: Path) -> None:
    model = estimate([(("a", "b", "c"), 1.0), (("a", "c"), 2.0)])
    model.write(tmp_path / "m.arpa")
    again = read_arpa((tmp_path / "m.arpa").read_text().splitlines())
    for gram in (("a",), (START, "a"), ("a", "b", "c"), ("b", "a"), ("c", END)):
        assert again.log10(gram) == pytest.approx(model.log10(gram), abs=1e-3)
    assert again.log10(("nothing",)) < -90


def test_likelier_sentences_have_higher_probability() -> None:
    model = estimate([(("small", "tea"), 1.0), (("large", "tea"), 3.0)])
    assert 10 ** model.log10((START, "large")) / 10 ** model.log10((START, "small")) == pytest.approx(3, rel=0.05)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Where is room 14?", "where is room fourteen"),
        ("the X-ray, please", "the x ray please"),
        ("I can't come on the 21st", "i can't come on the twenty first"),
        ("It costs $4.50", "it costs four dollars fifty"),
    ],
)
def test_spoken_form(written: str, words: str) -> None:
    said = " ".join(spoken_form(written, ENGLISH))
    assert said.replace(" and fifty cents", " fifty") == words


def test_the_hospitals_language_models_have_its_words() -> None:
    subjects, whole = language_model.language_models(load_site(HOSPITAL))
    assert set(subjects) == {"", "cafe", language_model.EMERGENCY}
    assert whole is not None
    assert {"cappuccino", "sixteen", "sweetener"} <= subjects["cafe"].words
    assert {"pharmacy", "patel", "fourteenth", "appointment"} <= subjects[""].words
    assert "pharmacy" not in subjects["cafe"].words
    assert frozenset().union(*(subject.words for subject in subjects.values())) == whole.words
    assert not any(any(c.isdigit() for c in word) for word in whole.words)


def test_a_site_without_phrases_has_no_language_model() -> None:
    silent = dataclasses.replace(
        SITE,
        emergency=None,
        hand_over=dataclasses.replace(SITE.hand_over, phrases=()),
        speech=Speech(),
        interruptions=Interruptions(stop=(), backchannels=()),
    )
    assert language_model.language_models(silent) == ({}, None)


def test_stop_words_and_backchannels_are_in_the_model() -> None:
    _, whole = language_model.language_models(SITE)
    assert whole is not None
    assert {"stop", "wait", "hmm", "okay"} <= whole.words
    assert whole.log10((START, "stop")) > whole.log10((START, "the"))
    assert whole.log10((START, "stop", END)) > math.log10(0.2), "it may be all that is said"


def test_what_visitors_in_need_say_is_a_subject_of_its_own() -> None:
    emergency = Emergency(say="Help is coming.", phrases=("the reactor leaks",), kinds=("fire",))
    site = dataclasses.replace(SITE, emergency=emergency)
    subjects, _ = language_model.language_models(site)
    need = subjects[language_model.EMERGENCY]
    assert {"reactor", "fire", "smoke"} <= need.words
    assert not {"reactor", "unconscious"} & subjects[""].words, "no other sentence becomes less likely"
    assert "unconscious" not in need.words, "the site takes this kind away"
    named = dataclasses.replace(site, speech=Speech(subjects={language_model.EMERGENCY: ("open the hatch",)}))
    assert {"hatch", "reactor"} <= language_model.language_models(named)[0][language_model.EMERGENCY].words


def test_words_of_facts_are_in_the_model() -> None:
    site = dataclasses.replace(SITE, facts=(SiteFact("a", "Doctor Zanzibar is in room 9."),))
    subjects, _ = language_model.language_models(site)
    assert {"zanzibar", "nine"} <= subjects[""].words
    assert math.isclose(total_after(subjects[""], ("room",)), 1, abs_tol=0.01)


def test_pronunciations_come_from_the_site_then_the_dictionary_then_espeak() -> None:
    known = {"oak": ("OW K",), "data": ("D EY T AH", "D AE T AH"), "yell": ("Y EH L",), "nard": ("N AA R D",)}
    vocabulary = (
        VocabularyEntry("Data", phones="D AA1 T AH0"),
        VocabularyEntry("Yelanard", sounds_like="yell nard"),
    )
    found = lexicon.pronounce(("oak", "data", "yelanard", "zorbulant"), known, ENGLISH, vocabulary)
    assert found["oak"] == ("OW K",)
    assert found["data"] == ("D AA T AH",)
    assert found["yelanard"] == ("Y EH L N AA R D",)
    assert found["zorbulant"][0].startswith("Z AO R B")


def test_a_written_dictionary_is_read_back(tmp_path: Path) -> None:
    words = {"data": ("D EY T AH", "D AE T AH"), "oak": ("OW K",)}
    lexicon.write_dictionary(tmp_path / "d", words)
    assert lexicon.read_dictionary(tmp_path / "d") == words


def test_unseen_counts_the_sequences_that_no_phrase_has() -> None:
    model = estimate([(("a", "mocha", "with", "milk"), 1.0), (("a", "latte"), 1.0)])
    assert model.unseen(("a", "mocha", "with", "milk")) == 0
    assert model.unseen(("a", "mocha", "with")) == 0
    assert model.unseen(("a", "latte", "with", "milk")) == 2
    assert model.unseen(("with", "a")) == 2


def test_the_names_of_a_site_are_added_to_those_of_the_language() -> None:
    hospital = load_site(HOSPITAL)
    lists = language_model.lists_of(hospital)
    assert set(hospital.speech.lists["name"]) | set(ENGLISH.grammar.LISTS["name"]) == set(lists["name"])
    words = {word for sentence, _ in language_model.sentences_of(hospital) for word in sentence}
    assert {"watson", "gonzalez", "josephine"} <= words


def test_a_site_may_list_its_own_family_names() -> None:
    speech = Speech(phrases=("my name is {family_name}",), lists={"family_name": ("quattlebaum",)})
    site = dataclasses.replace(SITE, speech=speech)
    said = {" ".join(sentence) for sentence, _ in language_model.sentences_of(site)}
    assert "my name is quattlebaum" in said and "my name is smith" not in said
