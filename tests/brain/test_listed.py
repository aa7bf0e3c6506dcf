"""Whole questions of a site, and beginnings of them."""

import pytest

from appliance.brain.listed import ListedSentences

LISTED = ListedSentences(
    [
        *(("Where is the eye clinic?", "eyes"), ("can i park here", "park"), ("I am hungry.", "cafe")),
        *(
            ("where can i park", "park"),
            ("where can i park my car", "park"),
            ("where can i park my bicycle", "bicycle"),
        ),
        *(("where can i eat", "cafe"), ("where can i eat something warm", "cafe")),
    ]
)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("where is the eye clinic", "whole"),
        ("i am hungry", "whole"),
        ("where is the eye", "open"),
        ("where", "open"),
        ("where can i park", None),  # a whole one, and the beginning of one that asks for something else
        ("where can i eat", "whole"),  # those that go on have the same answer
        ("where can i eat something", "open"),
        ("where can i park my", "open"),
        ("where is the eye clinic and", None),
        ("good morning", None),
        ("", None),
    ],
)
def test_words_of_the_site_are_whole_or_open(text, known):
    p_whole = LISTED.p_whole(text)
    assert known == (None if p_whole is None else "whole" if p_whole > 0.5 else "open")
