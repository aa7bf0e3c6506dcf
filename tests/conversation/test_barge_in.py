"""Speech over a reply as tables: what is done to the reply at each fact, and how words are judged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.site import Interruptions
from appliance.conversation.barge_in import (
    OVERLAP_S,
    SUSPICION_S,
    AudibleReply,
    BargeIn,
    Overlap,
    OverlapWords,
)
from appliance.core.facts import (
    AsideNoticed,
    PartialTranscript,
    Played,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSuspected,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnEndPredicted,
)
from appliance.language.english import ENGLISH

WORDS = Interruptions(ENGLISH.phrases.stop, ENGLISH.phrases.backchannels)
RULES = OverlapWords(WORDS)


@pytest.mark.parametrize("text", ["mm-hmm", "okay", "Yeah, okay.", "oh I see", "all right thank you", "uh huh"])
def test_backchannels(text):
    assert RULES.is_backchannel(text)
    assert RULES.partial(text, 2.0, "full", ()) == "backchannel"
    assert RULES.final(text, 2.0, "full", ()) == "backchannel"


@pytest.mark.parametrize("text", ["", "nope", "okay but", "not okay", "right ward"])
def test_not_backchannels(text):
    assert not RULES.is_backchannel(text)


@pytest.mark.parametrize("mode", ["full", "words", "half_duplex"])
@pytest.mark.parametrize("text", ["stop", "wait", "please stop", "wait a minute please", "hold on"])
def test_stop_words_always_stop(text, mode):
    assert RULES.partial(text, 0.1, mode, ()) == "interruption"
    assert RULES.final(text, 0.1, mode, ()) == "interruption"


def test_a_stop_word_within_a_sentence_is_a_word_like_others():
    assert RULES.partial("the stop is", 0.1, "half_duplex", ()) == "undecided"


def test_a_site_has_its_own_words():
    rules = OverlapWords(Interruptions(stop=("genug",), backchannels=("genau",)))
    assert rules.partial("genug", 0.1, "full", ()) == "interruption"
    assert rules.partial("genau", 2.0, "full", ()) == "backchannel"
    assert rules.partial("okay then", 0.9, "full", ()) == "interruption"


def test_a_site_writes_its_words_as_templates():
    rules = OverlapWords(Interruptions(stop=("(stop|halt) [it]",), backchannels=("[oh] (genau|klar)",)))
    assert all(rules.is_stop(said.split()) for said in ("stop", "halt", "halt it"))
    assert all(rules.is_backchannel(said) for said in ("genau", "oh klar"))
    assert not rules.is_stop(["it"])


def test_final_words_interrupt_sooner_than_partial_ones():
    assert RULES.partial("toilets", 0.6, "full", ()) == "undecided"
    assert RULES.final("toilets", 0.6, "full", ()) == "interruption"


@pytest.mark.parametrize(
    ("mode", "text", "speech_s", "own", "verdict"),
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
def test_final_words(mode, text, speech_s, own, verdict):
    assert RULES.final(text, speech_s, mode, own) == verdict


# --- step -----------------------------------------------------------------------------------------------------------

BEGAN_S = 10.0
KINDS = ("sound", "suspected", "background", "watched", "ducked", "held", "restored")
HEARD = Transcript("where are the toilets", 0.9, "test")
COUGH = Transcript("", 0.0, "test")
ACCEPTED = "interruption_accepted"


def step(kind, fact, *, hold_s=0.0, mode="full", text="On the left side.", speech_end_s=BEGAN_S):
    """The effect of a fact on an overlap that began at ``BEGAN_S``: its new kind (or what stands in its place), and the
    actions."""
    overlap = Overlap(kind, BEGAN_S) if kind else None
    rules = BargeIn(WORDS, hold_s=hold_s)
    after, actions = rules.step(overlap, fact, AudibleReply(mode, text, speech_end_s))
    return after.kind if isinstance(after, Overlap) else after, actions


def at(fact, after_s, *values):
    return fact(*values, at_s=BEGAN_S + after_s)


@pytest.mark.parametrize(
    ("kind", "fact", "after", "actions"),
    [
        # The first moments of a sound.
        (None, at(SoundHeard, 0), "sound", ("duck",)),
        ("sound", at(SoundHeard, 0.1), "sound", ()),
        ("suspected", at(SoundHeard, 0.1), "suspected", ()),
        ("restored", at(SoundHeard, 0.1), "restored", ()),
        (None, at(SpeechSuspected, 0), "suspected", ("hold",)),
        ("sound", at(SpeechSuspected, 0.1), "suspected", ("hold",)),
        ("suspected", at(SpeechSuspected, 0.1), "suspected", ()),
        ("held", at(SpeechSuspected, 0.1), "held", ()),
        ("watched", at(SpeechSuspected, 0.1), "watched", ()),
        ("background", at(SpeechSuspected, 0.1), "held", ("hold",)),
        # The sound is speech.
        (None, at(SpeechStarted, 0), "held", ("hold",)),
        ("sound", at(SpeechStarted, 0.1), "held", ("hold",)),
        ("suspected", at(SpeechStarted, 0.1), "held", ()),
        ("held", at(SpeechStarted, 0.1), "held", ()),
        (None, SpeechStarted(BEGAN_S, aside=True), "background", ()),
        ("suspected", SpeechStarted(BEGAN_S + 0.1, aside=True), "background", ("go_on",)),
        ("held", at(AsideNoticed, 1.0), "background", ("go_on", "ignored")),
        ("sound", at(AsideNoticed, 0.1), "background", ("go_on", "ignored")),
        ("watched", at(AsideNoticed, 1.0), "background", ()),
        (None, at(AsideNoticed, 1.0), None, ()),
        # The words of the speech.
        ("held", at(PartialTranscript, 0.9, "where are"), ACCEPTED, ("interrupt",)),
        ("held", at(PartialTranscript, 0.3, "where are"), "held", ()),
        ("held", at(PartialTranscript, 0.3, "stop"), ACCEPTED, ("interrupt",)),
        ("restored", at(PartialTranscript, 0.9, "where are"), ACCEPTED, ("interrupt",)),
        ("background", at(PartialTranscript, 0.9, "stop"), "background", ()),
        (None, at(PartialTranscript, 0.9, "stop"), None, ()),
        # A pause, and what follows it.
        ("held", at(TurnEndPredicted, 0.5, COUGH), "restored", ("go_on", "backchannel")),
        ("watched", at(TurnEndPredicted, 0.5, COUGH), "watched", ()),
        ("background", at(TurnEndPredicted, 0.5, HEARD), "background", ()),
        ("background", at(TurnEndPredicted, 0.5, Transcript("wait", 0.9, "test")), ACCEPTED, ("interrupt",)),
        ("restored", at(SpeechResumed, 0.7), "held", ("hold",)),
        ("restored", at(SpeechResumed, OVERLAP_S), "restored", ()),
        ("held", at(SpeechResumed, 0.7), "held", ()),
        # The speech is over.
        ("held", TurnEnded(HEARD, BEGAN_S + 0.6, BEGAN_S + 1.0), ACCEPTED, ("interrupt",)),
        ("held", TurnEnded(HEARD, BEGAN_S + 0.3, BEGAN_S + 1.0), None, ("go_on", "backchannel")),
        ("restored", TurnEnded(COUGH, BEGAN_S + 0.3, BEGAN_S + 1.0), None, ()),
        ("background", TurnEnded(HEARD, BEGAN_S + 0.9, BEGAN_S + 1.0), None, ()),
        # The speech lasts.
        ("sound", at(TimePassed, SUSPICION_S - 0.1), "sound", ()),
        ("sound", at(TimePassed, SUSPICION_S + 0.1), None, ("go_on",)),
        ("suspected", at(TimePassed, SUSPICION_S + 0.1), None, ("go_on",)),
        ("held", at(TimePassed, OVERLAP_S - 0.1), "held", ()),
        ("held", at(TimePassed, OVERLAP_S), "watched", ("go_on", "ignored")),
        ("background", at(TimePassed, OVERLAP_S), "background", ()),
        # Facts that do not concern the overlap.
        ("held", SpeechPaused(BEGAN_S + 1, BEGAN_S + 0.9), "held", ()),
        (None, Played(1, 100, False), None, ()),
    ],
)
def test_each_fact_where_speech_holds_the_reply_at_once(kind, fact, after, actions):
    assert step(kind, fact) == (after, actions)


@pytest.mark.parametrize(
    ("kind", "fact", "after", "actions"),
    [
        (None, at(SpeechSuspected, 0), "suspected", ("duck",)),
        ("sound", at(SpeechSuspected, 0.1), "suspected", ()),
        ("suspected", at(SpeechStarted, 0.1), "ducked", ()),
        (None, at(SpeechStarted, 0), "ducked", ("duck",)),
        ("ducked", at(TimePassed, 0.7), "ducked", ()),
        ("ducked", at(TimePassed, 0.8), "held", ("hold",)),
        ("ducked", at(TimePassed, OVERLAP_S), "watched", ("go_on", "ignored")),
        ("restored", at(SpeechResumed, 0.7), "ducked", ("duck",)),
    ],
)
def test_each_fact_where_speech_ducks_before_it_holds(kind, fact, after, actions):
    assert step(kind, fact, hold_s=0.8) == (after, actions)


@pytest.mark.parametrize("mode", ["words", "half_duplex"])
@pytest.mark.parametrize(
    ("kind", "fact", "after", "actions"),
    [
        (None, at(SoundHeard, 0), None, ()),
        (None, at(SpeechSuspected, 0), None, ()),
        ("background", at(SpeechSuspected, 0.1), "background", ()),
        (None, at(SpeechStarted, 0), "watched", ()),
        (None, SpeechStarted(BEGAN_S, aside=True), "background", ()),
        ("watched", at(PartialTranscript, 0.3, "stop"), ACCEPTED, ("interrupt",)),
        ("watched", at(PartialTranscript, 0.9, "the left side"), "watched", ()),
        ("watched", TurnEnded(COUGH, BEGAN_S + 0.3, BEGAN_S + 1.0), None, ()),
    ],
)
def test_outside_of_full_mode_nothing_is_lowered(mode, kind, fact, after, actions):
    assert step(kind, fact, mode=mode) == (after, actions)


FACTS = st.one_of(
    st.builds(SoundHeard, st.floats(10, 15)),
    st.builds(SpeechSuspected, st.floats(10, 15)),
    st.builds(SpeechStarted, st.floats(10, 15), st.booleans()),
    st.builds(AsideNoticed, st.floats(10, 15)),
    st.builds(PartialTranscript, st.sampled_from(["", "stop", "mm hmm", "where are the"]), st.floats(10, 15)),
    st.builds(TurnEndPredicted, st.sampled_from([HEARD, COUGH]), st.floats(10, 15)),
    st.builds(SpeechResumed, st.floats(10, 15)),
    st.builds(TurnEnded, st.sampled_from([HEARD, COUGH]), st.floats(10, 15), st.floats(10, 15)),
    st.builds(TimePassed, st.floats(10, 15)),
)


@given(st.lists(FACTS, max_size=20), st.sampled_from([0.0, 0.8]), st.sampled_from(["full", "words", "half_duplex"]))
def test_the_overlap_says_whether_the_reply_is_lowered(facts, hold_s, mode):
    """A reply that was lowered is at its full level again, or interrupted, exactly when the overlap says so."""
    rules, lowered = BargeIn(WORDS, hold_s=hold_s), False
    overlap: Overlap | None = None
    for fact in facts:
        after, actions = rules.step(overlap, fact, AudibleReply(mode))
        for action in actions:
            assert action != "go_on" or lowered, "nothing goes on that was not lowered"
            lowered = action in ("duck", "hold") or (lowered and action not in ("go_on", "interrupt"))
        if isinstance(after, str):
            assert after == ACCEPTED
            return
        overlap = after
        assert lowered == (overlap is not None and overlap.lowers_reply)
