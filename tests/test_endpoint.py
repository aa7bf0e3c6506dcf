"""Endpointing as tables of (probability, seconds) rows, in silero's 32 ms windows."""

from hypothesis import given
from hypothesis import strategies as st

from appliance.config import EndpointSettings
from appliance.endpoint import Endpoint

WINDOW_S = 0.032
SETTINGS = EndpointSettings(start_ms=96, end_ms=600, unfinished_ms=1400, longest_s=10.0)


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
                endpoint.judge(judged)
    return changes


def names(changes):
    return [change for change, _ in changes]


def test_a_complete_sentence_ends_after_the_short_silence():
    endpoint = Endpoint(SETTINGS)
    changes = follow(endpoint, [(0.0, 1), (0.9, 2), (0.0, 2)], judged=0.9)
    assert names(changes) == ["started", "paused", "ended"]
    ended = dict(changes)["ended"]
    assert 0.6 <= ended - endpoint.speech_end_s < 0.6 + 2 * WINDOW_S


def test_an_unfinished_sentence_waits_longer():
    endpoint = Endpoint(SETTINGS)
    changes = follow(endpoint, [(0.9, 1), (0.0, 3)], judged=0.0)
    assert 1.4 <= dict(changes)["ended"] - endpoint.speech_end_s < 1.4 + 2 * WINDOW_S


def test_an_opinion_between_the_two_waits_in_between():
    endpoint = Endpoint(SETTINGS)
    changes = follow(endpoint, [(0.9, 1), (0.0, 3)], judged=0.25)
    assert 1.0 <= dict(changes)["ended"] - endpoint.speech_end_s < 1.0 + 2 * WINDOW_S


def test_a_pause_inside_a_sentence_is_resumed_and_forgets_the_opinion():
    endpoint = Endpoint(SETTINGS)
    changes = follow(endpoint, [(0.9, 1), (0.0, 0.4), (0.9, 1)], judged=1.0)
    assert names(changes) == ["started", "paused", "resumed"]
    endpoint.judge(0.0)  # too late: it was about the pause that is over
    changes = follow(endpoint, [(0.0, 2)], start_s=2.4)
    assert changes[-1][0] == "ended"


def test_a_click_is_no_speech():
    assert follow(Endpoint(SETTINGS), [(0.0, 1), (0.9, 0.064), (0.0, 1)]) == []


def test_a_probability_between_the_thresholds_keeps_a_turn_but_starts_none():
    assert follow(Endpoint(SETTINGS), [(0.45, 2)]) == []
    assert names(follow(Endpoint(SETTINGS), [(0.9, 0.5), (0.45, 2)])) == ["started"]


def test_a_turn_is_cut_at_the_longest():
    changes = follow(Endpoint(SETTINGS), [(0.9, 11)])
    assert names(changes)[:2] == ["started", "ended"]
    assert 10.0 <= changes[1][1] < 10.1


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 40)), max_size=30), st.floats(0, 1))
def test_changes_always_alternate_properly(spans, judged):
    endpoint = Endpoint(SETTINGS)
    changes = names(follow(endpoint, [(p, n * WINDOW_S) for p, n in spans], judged=judged))
    allowed = {
        None: {"started"},
        "started": {"paused", "ended"},
        "paused": {"resumed", "ended"},
        "resumed": {"paused", "ended"},
        "ended": {"started"},
    }
    for before, after in zip([None, *changes], changes, strict=False):
        assert after in allowed[before]
    assert endpoint.speech_start_s <= endpoint.speech_end_s
