"""Whole questions of a site, and beginnings of them."""

import pytest

from appliance.brain.listed import ListedSentences

LISTED = ListedSentences(
    ("Where is the eye clinic?", "can i park here", "where can i park", "where can i park my bicycle", "I am hungry.")
)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("where is the eye clinic", "whole"),
        ("i am hungry", "whole"),
        ("where is the eye", "open"),
        ("where", "open"),
        ("where can i park", None),  # a whole one, and the beginning of another
        ("where can i park my", "open"),
        ("where is the eye clinic and", None),
        ("good morning", None),
        ("", None),
    ],
)
def test_words_of_the_site_are_whole_or_open(text, known):
    p_whole = LISTED.p_whole(text)
    assert known == (None if p_whole is None else "whole" if p_whole > 0.5 else "open")
