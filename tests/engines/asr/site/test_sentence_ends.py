"""Where a site's sentences end, on a site of two phrases."""

from dataclasses import replace

import pytest

from appliance.config.site import Speech
from appliance.core.ports import PortError
from appliance.engines.asr.site.sentence_ends import SiteSentences
from tests.sites import SITE

SPEECH = Speech(phrases=("where is the lift",), subjects={"cafe": ("a (small|large) (latte|tea) [with milk]",)})


@pytest.fixture
def sentences(tmp_path):
    return SiteSentences(replace(SITE, speech=SPEECH), tmp_path)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("a large", 0.0, 0.01),
        ("a large latte", 0.3, 0.7),
        ("a large latte with", 0.0, 0.01),
        ("a large latte with milk", 0.95, 1.0),
        ("where is the", 0.0, 0.01),
        ("Where is the lift", 0.9, 1.0),
    ],
)
def test_sentences_end_where_the_site_ends_them(sentences, text, low, high):
    assert low <= sentences.ends(text) <= high


@pytest.mark.parametrize("text", ["", "the weather was cold and grey"])
def test_other_sentences_have_no_probability_of_an_end(sentences, text):
    assert sentences.ends(text) is None


def test_a_template_that_cannot_be_expanded_is_reported(tmp_path):
    with pytest.raises(PortError, match="speech"):
        SiteSentences(replace(SITE, speech=Speech(phrases=("a {nowhere}",))), tmp_path)
