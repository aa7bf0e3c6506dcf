"""Words over a reply, as tables."""

import pytest

from appliance.config import Interruptions
from appliance.overlap import Judgement

RULES = Judgement(Interruptions())


@pytest.mark.parametrize("text", ["mm-hmm", "okay", "Yeah, okay.", "oh I see", "all right thank you", "uh huh"])
def test_backchannels(text):
    assert RULES.is_backchannel(text)
    assert RULES.partial(text, 2.0, "full", ()) == "backchannel"
    assert RULES.final(text, "full", ()) == "backchannel"


@pytest.mark.parametrize("text", ["", "no", "okay but", "not okay", "right ward"])
def test_not_backchannels(text):
    assert not RULES.is_backchannel(text)


@pytest.mark.parametrize("rung", ["full", "words", "half_duplex"])
@pytest.mark.parametrize("text", ["stop", "wait", "please stop", "wait a minute please", "hold on"])
def test_stop_words_always_stop(text, rung):
    assert RULES.partial(text, 0.1, rung, ()) == "interruption"
    assert RULES.final(text, rung, ()) == "interruption"


def test_a_stop_word_within_a_sentence_is_a_word_like_others():
    assert RULES.partial("the stop is", 0.1, "half_duplex", ()) == "undecided"


def test_a_site_has_its_own_words():
    rules = Judgement(Interruptions(stop=("genug",), backchannels=("genau",)))
    assert rules.partial("genug", 0.1, "full", ()) == "interruption"
    assert rules.partial("genau", 2.0, "full", ()) == "backchannel"
    assert rules.partial("okay then", 0.1, "full", ()) == "interruption"


@pytest.mark.parametrize(
    ("rung", "text", "own", "verdict"),
    [
        ("full", "where", ("where",), "interruption"),
        ("words", "where is", ("where",), "backchannel"),
        ("words", "where is it", (), "interruption"),
        ("words", "", (), "backchannel"),
        ("half_duplex", "where is it now", (), "backchannel"),
    ],
)
def test_final_words(rung, text, own, verdict):
    assert RULES.final(text, rung, own) == verdict
