"""The form in which transcripts are compared. A text that comes out otherwise than here is a new version of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bench.recordings.normalisation import FORM, VERSION, normalised
from appliance.language.english import ENGLISH

VERSION_1 = {
    "Dr. Chen, at 10:30, OK?": "doctor chen at ten thirty okay",
    "doctor chen at ten thirty okay": "doctor chen at ten thirty okay",
    "Where's room 205?": "where is room two zero five",
    "where is room two oh five": "where is room two zero five",
    "THEN HE WENT TO THE ICU": "then he went to the icu",
    "I'd like um a latte [noise] <unk> (laughs) please": "i would like a latte please",
    "The colour was grey; it costs $3.50.": "the color was gray it costs three dollars fifty",
    "x-ray at twenty-one": "x ray at twenty one",
    "Call 555-0142": "call five five five zero one four two",
    "café Núñez": "cafe nunez",
    "1,200 people": "one two hundred people",
    "oh no, not one, oh": "oh no not one oh",
    "I can't, won’t and don´t": "i can not will not and do not",
    "[silence]": "",
    "": "",
}


@pytest.mark.parametrize(("text", "words"), VERSION_1.items())
def test_the_form_of_version_one(text: str, words: str) -> None:
    assert VERSION == 1 and FORM == "cloister-spoken/1"
    assert " ".join(normalised(text, ENGLISH)) == words


@given(st.text(max_size=200))
def test_every_text_has_a_form_of_words_without_blanks(text: str) -> None:
    assert all(word and not word.isspace() and " " not in word for word in normalised(text, ENGLISH))


@given(st.lists(st.sampled_from("where is the pharmacy doctor chen coffee at nine please".split()), max_size=12))
def test_plain_words_stay_as_they_are(words: list[str]) -> None:
    assert normalised(" ".join(words), ENGLISH) == tuple(words)
