"""The words of a site that are said, and when one counts as heard."""

from __future__ import annotations

from collections import Counter

import pytest
import yaml

from appliance.bench.workbench import site_words
from appliance.bench.workbench.site_words import VOICES, heard, utterances_of
from tests.sites import SITE

DATA = yaml.safe_load(site_words._WORDS.read_text(encoding="utf-8"))


def test_every_word_is_said_by_every_voice_and_in_different_sentences() -> None:
    said = list(utterances_of(DATA["words"], DATA["sentences"]))
    assert len(said) >= 200
    assert set(Counter(spoken.word for spoken in said).values()) == {len(VOICES)}
    assert {(spoken.word, spoken.voice) for spoken in said} == {
        (word, voice) for words in DATA["words"].values() for word in words for voice in VOICES
    }
    assert len({spoken.sentence for spoken in said if spoken.word == "tramadol"}) == 3


@pytest.mark.parametrize(
    ("text", "is_heard"),
    [
        ("how do i get to the linden court", True),
        ("how do i get to linden court", True),
        ("how do i get to the linden courtyard", False),
        ("", False),
    ],
)
def test_a_word_is_heard_with_all_its_parts(text: str, is_heard: bool) -> None:
    assert heard("the linden court", text, SITE) == is_heard
