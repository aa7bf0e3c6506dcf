"""Words over a reply, as tables."""

import pytest

from appliance.config.site import Interruptions
from appliance.conversation.barge_in import Judgement
from appliance.language.english import ENGLISH

RULES = Judgement(Interruptions(ENGLISH.phrases.stop, ENGLISH.phrases.backchannels))


@pytest.mark.parametrize("text", ["mm-hmm", "okay", "Yeah, okay.", "oh I see", "all right thank you", "uh huh"])
def test_backchannels(text):
    assert RULES.is_backchannel(text)
    assert RULES.partial(text, 2.0, "full", ()) == "backchannel"
    assert RULES.final(text, 2.0, "full", ()) == "backchannel"


@pytest.mark.parametrize("text", ["", "nope", "okay but", "not okay", "right ward"])
def test_not_backchannels(text):
    assert not RULES.is_backchannel(text)


@pytest.mark.parametrize("rung", ["full", "words", "half_duplex"])
@pytest.mark.parametrize("text", ["stop", "wait", "please stop", "wait a minute please", "hold on"])
def test_stop_words_always_stop(text, rung):
    assert RULES.partial(text, 0.1, rung, ()) == "interruption"
    assert RULES.final(text, 0.1, rung, ()) == "interruption"


def test_a_stop_word_within_a_sentence_is_a_word_like_others():
    assert RULES.partial("the stop is", 0.1, "half_duplex", ()) == "undecided"


def test_a_site_has_its_own_words():
    rules = Judgement(Interruptions(stop=("genug",), backchannels=("genau",)))
    assert rules.partial("genug", 0.1, "full", ()) == "interruption"
    assert rules.partial("genau", 2.0, "full", ()) == "backchannel"
    assert rules.partial("okay then", 0.9, "full", ()) == "interruption"


def test_words_that_are_over_count_sooner_than_those_that_go_on():
    assert RULES.partial("toilets", 0.6, "full", ()) == "undecided"
    assert RULES.final("toilets", 0.6, "full", ()) == "interruption"


@pytest.mark.parametrize(
    ("rung", "text", "speech_s", "own", "verdict"),
    [
        ("full", "where", 0.7, ("where",), "interruption"),
        ("full", "where", 0.3, (), "backchannel"),  # a cough that sounded like a word
        ("words", "where is it", 0.7, ("where",), "backchannel"),
        ("words", "where is it", 0.7, (), "interruption"),
        ("words", "where is it", 0.3, (), "backchannel"),
        ("words", "", 0.7, (), "backchannel"),
        ("half_duplex", "where is it now", 5.0, (), "backchannel"),
    ],
)
def test_final_words(rung, text, speech_s, own, verdict):
    assert RULES.final(text, speech_s, rung, own) == verdict
