"""Words that sound alike."""

import pytest

from appliance.language.english.phonetics import likeness, skeleton


@pytest.mark.parametrize(
    ("heard", "meant", "other"),
    [
        ("farmacy", "pharmacy", "garden"),
        ("miler", "miller", "chen"),
        ("wensday", "wednesday", "monday"),
        ("shen", "chen", "patel"),
    ],
)
def test_the_intended_word_is_more_alike(heard: str, meant: str, other: str) -> None:
    assert likeness(heard, meant) > 0.6
    assert likeness(heard, meant) > likeness(heard, other) + 0.2


def test_skeletons_ignore_sounds_that_are_confused() -> None:
    assert skeleton("pharmacy") == skeleton("farmesy")
    assert likeness("cafe", "cafe") == 1.0
    assert likeness("far messy", "farmessy") == 1.0
