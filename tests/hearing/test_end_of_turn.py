"""Endpointing as tables of (probability, seconds) rows, in silero's 32 ms windows."""

import math
from dataclasses import replace
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.box import EndpointSettings
from appliance.core.facts import AnswerKind, TurnScored
from appliance.hearing.end_of_turn import Endpoint, Fit, SilenceModel, cues_of, odds, read_fit, wait_s
from appliance.hearing.prosody import PhraseEnd

WINDOW_S = 0.032
SETTINGS = EndpointSettings(start_ms=96, end_ms=200, unfinished_ms=1800, longest_s=10.0)
FIT = Fit(bias=0.0, weights={"complete": 1.0}, centre={"complete": 0.0}, pause_s=0.6, pause_spread=0.6)


def follow(endpoint, spans, judged=None, start_s=0.0):
    """Feed (probability, seconds) spans; returns [(change, stream second)]. ``judged`` is told at each pause."""
    changes, at = [], start_s
    for probability, seconds in spans:
        for _ in range(round(seconds / WINDOW_S)):
            change = endpoint.hear(probability, at, at + WINDOW_S)
            at += WINDOW_S
            if change:
                changes.append((change, round(at, 3)))
            if change == "paused" and judged is not None:
                endpoint.judge(TurnScored("", judged))
    return changes


def names(changes):
    return [change for change, _ in changes]


def waited(endpoint, judged=None, before=()):
    """Seconds of silence until the turn ended, after a second of speech."""
    changes = follow(endpoint, [*before, (0.9, 1), (0.0, 4)], judged=judged)
    assert names(changes)[-1] == "ended"
    return changes[-1][1] - endpoint.speech_end_s


def endpoint(**more):
    return Endpoint(replace(SETTINGS, **more), FIT)


def test_a_complete_sentence_ends_soon_and_an_unfinished_one_late():
    sure, unsure, unfinished = (waited(endpoint(), judged) for judged in (0.97, 0.5, 0.03))
    assert sure < unsure < unfinished
    assert sure < 0.5 and unfinished > 1.2


def test_the_settings_bound_the_silence():
    assert SETTINGS.end_ms / 1000 <= waited(endpoint(patience_s=0.0), 1.0) < SETTINGS.end_ms / 1000 + 2 * WINDOW_S
    longest_s = SETTINGS.unfinished_ms / 1000
    assert waited(endpoint(patience_s=1e6), 0.0) == pytest.approx(longest_s, abs=2 * WINDOW_S)


def test_more_patience_waits_longer():
    waits = [waited(endpoint(patience_s=patience_s), 0.6) for patience_s in (0.5, 2, 8, 32)]
    assert waits == sorted(waits) and waits[0] < waits[-1]


def test_a_score_counts_only_in_the_pause_in_which_it_came():
    subject = endpoint()
    changes = follow(subject, [(0.9, 1), (0.0, 0.3), (0.9, 1)], judged=0.3)
    assert names(changes) == ["started", "paused", "resumed"]
    subject.judge(TurnScored("", 0.97))  # too late, since its pause is over
    subject.forget_speaker()
    assert follow(subject, [(0.0, 4)], start_s=2.3)[-1][0] == "ended"
    assert subject.silence_needed_s() == pytest.approx(endpoint().silence_needed_s())


@pytest.mark.parametrize(("kind", "longer"), [("value", True), ("confirm", False)])
def test_the_kind_of_answer_asked_for_changes_the_wait(kind, longer):
    subject = endpoint()
    subject.expect(kind)
    usual = waited(endpoint(), 0.6)
    assert (waited(subject, 0.6) > usual) == longer
    subject.forget_speaker()
    assert follow(subject, [(0.9, 1), (0.0, 4)], judged=0.6, start_s=100)[-1][1] - subject.speech_end_s == (
        pytest.approx(usual, abs=0.1)
    )


def test_dictation_is_waited_for():
    dictating, usual = endpoint(), endpoint()
    for subject in (dictating, usual):
        follow(subject, [(0.9, 1), (0.0, 0.2)])
        subject.judge(TurnScored("", 0.6, dictating=subject is dictating))
    assert dictating.silence_needed_s() > usual.silence_needed_s()


def test_the_speakers_own_pauses_are_learned():
    slow, quick = endpoint(), endpoint()
    long = [(0.9, 0.5), (0.0, 1.1)] * 3
    short = [(0.9, 0.5), (0.0, 0.25)] * 3
    waited_slow = waited(slow, 0.4, before=long)
    waited_quick = waited(quick, 0.4, before=short)
    assert waited_quick < waited(endpoint(), 0.4) < waited_slow


def test_how_the_phrase_ends_counts():
    fit = replace(FIT, weights={"pitch_st": -0.5, "complete": 1.0}, centre={"pitch_st": 0.0, "complete": 0.0})
    falling, level = Endpoint(SETTINGS, fit), Endpoint(SETTINGS, fit)
    for subject, pitch_st in ((falling, -4.0), (level, 1.0)):
        follow(subject, [(0.9, 1), (0.0, 0.2)])
        subject.sounded(PhraseEnd(pitch_st=pitch_st))
    assert falling.silence_needed_s() < level.silence_needed_s()


@pytest.mark.parametrize(
    ("final", "complete", "shorter"),
    [(2.0, None, True), (-2.0, None, False), (3.0, 0.4, True), (-3.0, 0.6, False)],
)
def test_the_networks_finality_counts_beside_the_words(final, complete, shorter):
    fit = replace(FIT, weights={"final": 0.8, "complete": 1.0}, centre={"final": 0.0, "complete": 0.0})
    heard, unheard = Endpoint(SETTINGS, fit), Endpoint(SETTINGS, fit)
    for subject in (heard, unheard):
        follow(subject, [(0.9, 1), (0.0, 0.2)])
        subject.sounded(PhraseEnd(final=final if subject is heard else None))
        if complete is not None:
            subject.judge(TurnScored("", complete))
    assert (heard.silence_needed_s() < unheard.silence_needed_s()) is shorter


def test_a_stop_that_the_ear_would_write_ends_a_turn_sooner_until_the_visitor_goes_on():
    fit = replace(FIT, weights={"stop": 0.8}, centre={"stop": 0.0})
    needed_s, later_s = {}, set()
    for p_stop in (0.05, None, 0.95):
        subject = Endpoint(SETTINGS, fit)
        follow(subject, [(0.9, 1), (0.0, 0.2)])
        subject.await_words()
        subject.words_known(p_stop)
        needed_s[p_stop] = subject.silence_needed_s()
        follow(subject, [(0.9, 0.5), (0.0, 0.2)], start_s=1.2)
        later_s.add(subject.silence_needed_s())
    assert needed_s[0.95] < needed_s[None] < needed_s[0.05]
    assert len(later_s) == 1, "it holds for its pause alone"


@pytest.mark.parametrize(
    ("scored", "phrase", "asked", "decided", "quicker"),
    [
        (TurnScored("", 0.9, 0.5, p_whole=0.95), PhraseEnd(), "anything", "site", True),
        (TurnScored("", 0.9, 0.5, p_whole=0.02), PhraseEnd(), "anything", "site", False),
        (TurnScored("", 0.5, answerable=True), PhraseEnd(), "anything", "site", True),
        (TurnScored("", 0.97, 0.15), PhraseEnd(), "anything", "words", True),
        (TurnScored("", 0.5, 0.15), PhraseEnd(final=4.0), "anything", "sound", True),
        (TurnScored("", 0.5, 0.15), PhraseEnd(final=-4.0), "anything", "sound", False),
        (TurnScored("", 0.6, 0.15, dictating=True), PhraseEnd(), "value", "form", False),
        (TurnScored("", 0.5, 0.15), PhraseEnd(), "confirm", "form", True),
    ],
)
def test_a_cue_that_decides_is_named(scored, phrase, asked: AnswerKind, decided, quicker):
    weights = {"final": 0.9, "complete": 0.6, "ends": 0.6}
    fit = replace(FIT, weights=weights, centre={"final": 0.0, "complete": 0.0, "ends": -1.7})
    verdict = SilenceModel(fit).verdict(phrase, scored, SETTINGS, patience_s=3.0, expected=asked)
    usual = SilenceModel(fit).verdict(PhraseEnd(), None, SETTINGS, patience_s=3.0)
    assert verdict.decided == decided
    assert (verdict.silence_s < usual.silence_s) is quicker


def test_a_turn_does_not_end_while_its_words_are_awaited():
    subject = endpoint()
    assert names(follow(subject, [(0.9, 1), (0.0, 0.2)])) == ["started", "paused"]
    subject.await_words()
    assert names(follow(subject, [(0.0, 4)], start_s=1.2)) == []
    subject.words_known()
    assert names(follow(subject, [(0.0, 0.1)], start_s=5.2)) == ["ended"]


def test_a_turn_waits_a_moment_for_the_score_of_its_words():
    unscored, scored, late = (endpoint() for _ in range(3))
    for subject in (unscored, scored, late):
        follow(subject, [(0.9, 1), (0.0, 0.2)])
        subject.await_words()
        follow(subject, [(0.0, 3)], start_s=1.2)
        subject.words_known()
    scored.judge(TurnScored("", 0.9))
    assert names(follow(scored, [(0.0, 0.032)], start_s=4.2)) == ["ended"]
    assert names(follow(unscored, [(0.0, 0.032)], start_s=4.2)) == []
    assert names(follow(unscored, [(0.0, 0.032)], start_s=4.232)) == ["ended"]
    late.judge(TurnScored("", 0.02, p_whole=0.02))
    assert late.silence_needed_s() > scored.silence_needed_s()


def test_the_length_of_a_turn_is_no_cue():
    assert not {"turn_s", "at_s"} & set(cues_of(PhraseEnd(), None))


@given(st.floats(-6, 6), st.floats(0, 50), st.floats(0.3, 3))
def test_the_wait_has_the_lowest_cost(log_odds, patience_s, factor):
    """No other silence is cheaper by the formula of the module, and no wait is longer when an end is likelier."""
    wait = wait_s(FIT, log_odds, patience_s, factor, 2.0)
    over = 1 / (1 + math.exp(-log_odds))

    def cost(at_s):
        median_s = FIT.pause_s * factor
        longer = 1 - NormalDist(math.log(median_s), FIT.pause_spread).cdf(math.log(at_s)) if at_s > 0 else 1.0
        return patience_s * (1 - over) * longer + over * at_s

    assert 0 <= wait <= 2.0
    assert all(cost(wait) <= cost(at / 50) + 1e-9 for at in range(101))
    assert wait_s(FIT, log_odds + 0.5, patience_s, factor, 2.0) <= wait


def test_the_shipped_fit_is_plausible():
    fit = read_fit()
    assert set(fit.weights) <= set(cues_of(PhraseEnd(final=0.0), None, 0.5))
    assert fit.weights["complete"] > 0, "words that sound complete make an end likelier"
    assert fit.weights["final"] > 0, "and so does a phrase that sounds like the last one"
    assert fit.weights["stop"] > 0, "and a full stop that the ear would write"
    assert 0.2 < fit.pause_s < 2 and 0.2 < fit.pause_spread < 1.5


def test_without_a_network_the_weights_are_those_fitted_without_it():
    fit = read_fit()
    assert fit.alone is not None and set(fit.weights) - set(fit.alone.weights) == {"final"}
    deaf = cues_of(PhraseEnd(), None)
    assert "final" not in deaf and odds(fit, deaf) == odds(fit.alone, deaf) != odds(replace(fit, alone=None), deaf)


def test_a_click_does_not_start_a_turn():
    assert follow(Endpoint(SETTINGS), [(0.0, 1), (0.9, 0.064), (0.0, 1)]) == []


def test_a_probability_between_the_thresholds_keeps_a_turn_but_starts_none():
    assert follow(Endpoint(SETTINGS), [(0.45, 2)]) == []
    assert names(follow(Endpoint(SETTINGS), [(0.9, 0.5), (0.45, 2)])) == ["started"]


def test_a_turn_ends_at_the_longest_length():
    changes = follow(Endpoint(SETTINGS), [(0.9, 11)])
    assert names(changes)[:2] == ["started", "ended"]
    assert 10.0 <= changes[1][1] < 10.1


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 40)), max_size=30), st.floats(0, 1))
def test_changes_follow_each_other_in_an_allowed_order(spans, judged):
    subject = Endpoint(SETTINGS)
    changes = names(follow(subject, [(p, n * WINDOW_S) for p, n in spans], judged=judged))
    allowed = {
        None: {"started"},
        "started": {"paused", "ended"},
        "paused": {"resumed", "ended"},
        "resumed": {"paused", "ended"},
        "ended": {"started"},
    }
    for before, after in zip([None, *changes], changes, strict=False):
        assert after in allowed[before]
    assert subject.speech_start_s <= subject.speech_end_s


def test_no_wait_follows_the_value_that_was_asked_for():
    asked, usual = endpoint(), endpoint()
    asked.expect("value")
    assert waited(asked, 0.95) == waited(usual, 0.95)
    assert waited(asked, 0.8) > waited(usual, 0.8)
