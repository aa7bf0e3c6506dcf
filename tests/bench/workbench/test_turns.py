"""The end-of-turn benchmark: its labels, its sound, its arithmetic. How well systems do on people is not tested."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from appliance.bench.workbench import end_of_turn, fit_end_of_turn, pauses, tracks
from appliance.bench.workbench.end_of_turn import Peer, Scorer
from appliance.bench.workbench.pauses import Piece, Silence, Turn
from appliance.bench.workbench.smart_turn import Decision, Defaults
from appliance.bench.workbench.tracks import Pause, Track, Words
from appliance.config.box import EndpointSettings
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import TurnScored
from appliance.hearing.end_of_turn import Fit, cues_of, odds
from appliance.hearing.prosody import PhraseEnd
from tests.fakes import LoudnessVad, ScriptedEar

SHARED = Path(os.environ.get("CLOISTER_SHARED", Path(__file__).resolve().parents[4] / "shared"))
FIT = Fit(bias=0.0, weights={"complete": 1.0}, centre={"complete": 0.0}, pause_s=0.6, pause_spread=0.6)

LABELS = pauses.read_labels()


def turn(name, holds, ends_s=4.0, group="orders", speaker="anna"):
    silences = tuple(Silence(begin_s, end_s, hold=True) for begin_s, end_s in holds)
    return Turn(name, group, speaker, (Piece("x", 0, 1),), ("x", 0, 1), (*silences, Silence(ends_s, ends_s + 4, False)))


def track(one, words="", lag_s=0.05):
    """A detector that is late by ``lag_s`` at each edge."""
    met = tuple(
        Pause(
            s.begin_s + lag_s,
            s.begin_s + lag_s + 0.1,
            s.end_s + lag_s,
            s.begin_s,
            (Words(s.begin_s + 0.15, words),),
            PhraseEnd(),
        )
        for s in one.silences
    )
    return Track(one, met)


# --- labels -----------------------------------------------------------------------------------------------------------


def test_every_turn_ends_once_and_its_silences_do_not_overlap() -> None:
    assert len(LABELS) > 500 and len({label.id for label in LABELS}) == len(LABELS)
    for label in LABELS:
        assert [s.hold for s in label.silences] == [True] * (len(label.silences) - 1) + [False]
        edges = [edge for s in label.silences for edge in (s.begin_s, s.end_s)]
        assert edges == sorted(edges) and edges[0] > pauses.LEAD_S - 0.1
        spoken_s = sum(piece.to_s - piece.from_s + piece.pause_s for piece in label.pieces)
        assert label.end.begin_s == pytest.approx(pauses.LEAD_S + spoken_s, abs=0.02)
        assert sum(s.built for s in label.silences) == sum(piece.pause_s > 0.13 for piece in label.pieces)


def test_no_speaker_is_in_both_halves() -> None:
    halves = {half: {label.speaker for label in turns} for half, turns in pauses.halves(LABELS)}
    assert not halves["fit"] & halves["report"]
    counts = [len(turns) for _, turns in pauses.halves(LABELS)]
    assert min(counts) > 0.35 * sum(counts)


def test_labels_are_written_as_they_were_read(tmp_path) -> None:
    pauses.write_labels(LABELS, tmp_path / "labels.json")
    assert (tmp_path / "labels.json").read_bytes() == pauses.LABELS.read_bytes()


@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="no recordings; set CLOISTER_SHARED")
@pytest.mark.parametrize("group", ["orders", "sentences", "calls", "digits"])
def test_what_is_labelled_as_silence_is_quieter_than_what_is_not(group) -> None:
    data = pauses.data_folder(SHARED)
    for label in pauses.drawn([label for label in LABELS if label.group == group], 4):
        samples = pauses.sound(label, data)
        silent = np.zeros(len(samples), dtype=bool)
        for silence in label.silences:
            silent[
                round((silence.begin_s + 0.05) * SAMPLE_RATE_HZ) : round((silence.end_s - 0.05) * SAMPLE_RATE_HZ)
            ] = True
        silent[: round(pauses.LEAD_S * SAMPLE_RATE_HZ)] = True
        loud, quiet = (float(np.mean(samples[part] ** 2)) for part in (~silent, silent))
        assert 10 * math.log10(loud / (quiet + 1e-12)) > 12, label.id
        assert len(samples) / SAMPLE_RATE_HZ == pytest.approx(label.end.begin_s + pauses.TAIL_S, abs=0.05)


# --- what systems do --------------------------------------------------------------------------------------------------


def test_a_fixed_silence_cuts_off_turns_at_longer_holds() -> None:
    one = turn("a", [(1.0, 1.4), (2.0, 2.9)])
    policy = end_of_turn.vad_only([track(one)], 0.6)
    assert policy.cut.tolist() == [1]
    assert policy.delay_s.tolist() == pytest.approx([0.65])
    assert end_of_turn.vad_only([track(one)], 0.3).cut.tolist() == [2]
    assert end_of_turn.vad_only([track(one)], 2.0).cut.tolist() == [0]


def test_holds_that_are_too_short_or_too_long_do_not_count() -> None:
    one = turn("a", [(1.0, 1.15), (2.0, 7.5)], ends_s=9.0)
    assert one.holds == ()


def test_the_appliance_waits_less_when_the_sentence_is_complete() -> None:
    opinions = {"whole": TurnScored("whole", 0.97), "half": TurnScored("half", 0.03)}
    whole, half = (
        end_of_turn.cloister([track(turn("a", [(1.0, 1.7)]), words)], opinions, EndpointSettings(), FIT, 4.0)
        for words in ("whole", "half")
    )
    assert whole.cut.tolist() == [1] and half.cut.tolist() == [0]
    assert whole.delay_s[0] < 0.6 < half.delay_s[0]


def test_a_late_score_counts_from_the_time_it_is_known() -> None:
    one = turn("a", [])
    base = track(one)
    (pause,) = base.pauses
    late = Pause(pause.from_s, pause.at_s, pause.to_s, 1.0, (Words(4.15, "half"), Words(5.0, "whole")), PhraseEnd())
    opinions = {"whole": TurnScored("whole", 0.98), "half": TurnScored("half", 0.02)}
    policy = end_of_turn.cloister([Track(one, (late,))], opinions, EndpointSettings(), FIT, 8.0)
    assert policy.delay_s[0] == pytest.approx(1.0 + end_of_turn.OPINION_S)


def test_smart_turn_fires_when_it_is_sure_and_at_its_timeout_when_not() -> None:
    one = turn("a", [(1.0, 2.0)])
    sure = Peer(Defaults(0.2, 3.0), ((Decision(1.25, 0.9), Decision(4.25, 0.9)),))
    unsure = Peer(Defaults(0.2, 3.0), ((Decision(1.25, 0.1), Decision(4.25, 0.1)),))
    fired = end_of_turn.smart_turn([one], sure, 0.5, 0.2, 3.2)
    assert fired.cut.tolist() == [1] and fired.delay_s.tolist() == pytest.approx([0.25])
    waited = end_of_turn.smart_turn([one], unsure, 0.5, 0.2, 3.2)
    assert waited.cut.tolist() == [0] and waited.delay_s.tolist() == pytest.approx([3.25])


# --- figures ----------------------------------------------------------------------------------------------------------


def test_figures_are_those_of_the_best_setting_within_the_budget() -> None:
    turns = [turn(str(n), [(1.0, 1.0 + length_s)]) for n, length_s in enumerate(np.linspace(0.25, 1.2, 100))]
    followed = [track(one, lag_s=0.0) for one in turns]
    curve = Scorer(turns).curve("VAD", [end_of_turn.vad_only(followed, s) for s in (0.29, 0.6, 1.16, 1.5)])
    assert curve.delay_at_5.value == pytest.approx(1.16)
    assert curve.cut_offs_at_300.value == pytest.approx(0.96, abs=0.02)
    assert curve.delay_at_5.low is not None and curve.delay_at_5.low <= 1.16
    rates = [rate for rate, _ in curve.points]
    assert rates == sorted(rates)


def test_an_unreachable_budget_is_reported() -> None:
    one = turn("a", [(1.0, 2.0)])
    curve = Scorer([one]).curve("VAD", [end_of_turn.vad_only([track(one)], 0.5)])
    assert curve.delay_at_5.value is None


def test_the_fit_finds_the_cue_that_marks_ends() -> None:
    chance = np.random.default_rng(0)
    followed = []
    for n in range(300):
        one = turn(str(n), [(1.0, 1.0 + float(chance.lognormal(-0.5, 0.5)) + 0.2)], ends_s=6.0)
        met = [
            Pause(
                s.begin_s,
                s.begin_s + 0.1,
                s.end_s,
                s.begin_s,
                (),
                PhraseEnd(pitch_st=float(chance.normal(-3.0 * (not s.hold), 2.0))),
            )
            for s in one.silences
        ]
        followed.append(Track(one, tuple(met)))
    table = fit_end_of_turn.fit(followed, {}, ["pitch_st"])
    rows = table["cues"]
    # Two normals 3 apart with spread 2: the log odds change by 3/4 a semitone, the ridge takes a little of it.
    assert rows["pitch_st"]["weight"] == pytest.approx(-0.75, abs=0.15)
    fitted = Fit(
        table["bias"], {"pitch_st": rows["pitch_st"]["weight"]}, {"pitch_st": rows["pitch_st"]["centre"]}, 1, 1
    )
    assert abs(odds(fitted, cues_of(PhraseEnd(pitch_st=-1.5), None))) < 0.3


def test_the_picture_is_drawn(tmp_path) -> None:
    pytest.importorskip("matplotlib")
    turns = [turn(str(n), [(1.0, 1.3 + n / 20)]) for n in range(12)]
    result = end_of_turn.measure("some", [track(one) for one in turns], {}, EndpointSettings(), FIT, None)
    assert end_of_turn.draw(tmp_path / "curve.png", [result]) is None
    assert (tmp_path / "curve.png").stat().st_size > 5_000
    assert "Cloister as shipped" in end_of_turn.table([result])


def test_the_benchmarks_listener_finds_the_labelled_silences(monkeypatch) -> None:
    one = turn("a", [(1.0, 1.5)], ends_s=2.5)
    chance = np.random.default_rng(0)
    samples = 0.1 * chance.standard_normal(round(6.5 * SAMPLE_RATE_HZ)).astype(np.float32)
    for begin_s, end_s in ((0.0, 0.5), (1.0, 1.5), (2.5, 6.5)):
        samples[round(begin_s * SAMPLE_RATE_HZ) : round(end_s * SAMPLE_RATE_HZ)] = 0.0
    met = list(tracks.listen(one, samples, LoudnessVad().stream(), ScriptedEar(["two words"]).stream()))
    assert [round(pause.from_s, 1) for pause in met] == [1.0, 2.5]
    assert met[0].to_s == pytest.approx(1.5, abs=0.1)
    assert met[0].words[-1].text == "two words" and met[0].turn_s == pytest.approx(0.5, abs=0.1)


# --- versions of a turn, and what can be laid beside published figures ------------------------------------------------


def broken(name: str, place_s: float, pause_s: float, spoken_s: float = 3.0) -> Turn:
    """An order of ``spoken_s`` that was broken after ``place_s``, with a short silence of its own later."""
    pieces = (Piece(name, 1.0, 1.0 + place_s, pause_s), Piece(name, 1.0 + place_s, 1.0 + spoken_s))
    lead_s = pauses.LEAD_S
    silences = (
        Silence(lead_s + place_s, lead_s + place_s + pause_s, hold=True, built=True),
        Silence(lead_s + pause_s + spoken_s - 0.4, lead_s + pause_s + spoken_s - 0.3, hold=True),
        Silence(lead_s + pause_s + spoken_s, lead_s + pause_s + spoken_s + 4, hold=False),
    )
    return Turn(name, "orders", name, pieces, (name, 0, 1), silences)


def test_the_complete_version_is_the_recording_as_it_was_spoken() -> None:
    one, whole = pauses.versions([broken("a", 1.2, 0.7)])
    assert one.unfinished and not whole.unfinished and whole.id == f"a{pauses.COMPLETE}"
    assert whole.pieces == (Piece("a", 1.0, 4.0),) and one.origin == whole.origin
    assert [s.hold for s in whole.silences] == [True, False]
    assert [s.begin_s for s in whole.silences] == pytest.approx([3.1, 3.5])
    assert [s.end_s for s in whole.silences] == pytest.approx([3.2, 7.5])
    assert pauses.versions([whole]) == [whole]


def test_ends_count_once_and_only_in_unmodified_recordings() -> None:
    one, whole = pauses.versions([broken("a", 1.2, 0.7)])
    scorer = Scorer([one, whole])
    assert scorer.count == 1 and scorer.ends.tolist() == [0, 1] and scorer.holds.tolist() == [1, 0]
    followed = [track(one, lag_s=0.0), track(whole, lag_s=0.2)]
    point = scorer.point("VAD", end_of_turn.vad_only(followed, 0.5))
    assert point.delay_s.value == pytest.approx(0.7) and point.cut_offs.value == 1.0 and point.turns_cut == 1.0
    assert (scorer.draws[:, 0] == scorer.draws[:, 1]).all()


def test_a_delay_may_count_from_the_end_that_the_detector_finds() -> None:
    followed = [track(turn("a", []), lag_s=0.08)]
    label, detector = (end_of_turn.vad_only(followed, 0.5, edge).delay_s[0] for edge in ("label", "detector"))
    assert label == pytest.approx(0.58) and detector == pytest.approx(0.5)
    one = turn("a", [])
    peer = Peer(Defaults(0.2, 3.0), ((Decision(4.28, 0.9),),))
    assert end_of_turn.smart_turn([one], peer, 0.5, 0.2, 3.2, "detector").delay_s[0] == pytest.approx(0.2)


def test_built_pauses_become_as_long_as_published_ones_and_no_longer() -> None:
    chance = np.random.default_rng(1)
    turns = [broken(str(n), 1.0, float(p)) for n, p in enumerate(np.clip(chance.lognormal(-0.2, 0.6, 400), 0.21, 5))]
    recorded = turn("recorded", [(1.0, 2.5)])
    followed = [track(one) for one in [*turns, recorded]]
    shorter = end_of_turn.as_published(followed)
    assert shorter[-1] == followed[-1]
    before = [t.turn.holds[0].end_s - t.turn.holds[0].begin_s for t in followed[:-1]]
    after = [t.turn.silences[0].end_s - t.turn.silences[0].begin_s for t in shorter[:-1]]
    assert all(new <= old + 1e-9 for new, old in zip(after, before, strict=True))
    assert np.argsort(before).tolist() == np.argsort(after).tolist()
    for share, length_s in end_of_turn.PUBLISHED[1:-1]:
        assert np.mean([x > length_s for x in after]) == pytest.approx(share, abs=0.01)
    # The detected pause ends earlier by as much as the pause was shortened. Other pauses are unchanged.
    for old, new, less_s in zip(followed, shorter[:-1], np.subtract(before, after), strict=False):
        assert old.pauses[0].to_s - new.pauses[0].to_s == pytest.approx(less_s)
        assert [p.to_s for p in old.pauses[1:]] == [p.to_s for p in new.pauses[1:]]


class _Loud:
    """A network that takes a phrase for final when its sound is longer than a second, and counts its calls."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def log_odds(self, samples):
        self.asked.append(len(samples))
        return 2.0 if len(samples) > SAMPLE_RATE_HZ else -2.0


def test_the_network_is_asked_once_per_pause_with_the_sound_until_then(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tracks, "sound", lambda one, data: np.zeros(10 * SAMPLE_RATE_HZ, np.float32))
    model = tmp_path / "weights.json"
    model.write_bytes(b"one")
    followed = [track(turn("a", [(0.6, 0.9)], ends_s=2.0))]
    judge = _Loud()
    (judged,) = tracks.sound_out(followed, tmp_path, tmp_path, model, judge)
    assert judge.asked == [round(pause.at_s * SAMPLE_RATE_HZ) for pause in followed[0].pauses]
    assert [pause.phrase.final for pause in judged.pauses] == [-2.0, 2.0]
    assert tracks.sound_out(followed, tmp_path, tmp_path, model, judge) == [judged] and len(judge.asked) == 2
    model.write_bytes(b"another")
    tracks.sound_out(followed, tmp_path, tmp_path, model, judge)
    assert len(judge.asked) == 4


def test_weights_are_fitted_to_networks_not_trained_on_the_speaker(tmp_path, monkeypatch) -> None:
    names = [f"speaker {n}" for n in range(12)]
    followed = [track(turn(name, [(1.0, 1.5)], speaker=name)) for name in names]
    asked: dict[str, list[str]] = {}

    def sound_out(mine, data, keep, path, network):
        asked[path.name] = [one.turn.speaker for one in mine]
        return mine

    monkeypatch.setattr(fit_end_of_turn, "sound_out", sound_out)
    monkeypatch.setattr(fit_end_of_turn, "FinalityNetwork", lambda settings: None)
    judged = fit_end_of_turn.unheard(followed, tmp_path, [tmp_path / "0", tmp_path / "1"], tmp_path)
    assert {name for mine in asked.values() for name in mine} == set(names) and len(judged) == len(names)
    assert all(pauses.fold(name, 2) == int(number) for number, mine in asked.items() for name in mine)


@pytest.mark.parametrize("edge", ["label", "detector"])
def test_the_sweep_over_peers_equals_each_policy_alone(edge) -> None:
    opinions = {"whole": TurnScored("whole", 0.97), "half": TurnScored("half", 0.1)}
    followed = [track(turn(str(n), [(1.0, 1.2 + n / 5)]), words) for n in range(5) for words in ("whole", "half", "")]
    policies = {policy.name: policy for policy in end_of_turn.swept(followed, opinions, FIT, edge)}
    for threshold, least_s, most_s in ((0.5, 0.4, 1.1), (0.99, 0.2, 1.3), (0.02, 0.3, 0.7)):

        def fires_s(one, pause, settings=(threshold, least_s, most_s)):
            threshold, least_s, most_s = settings
            word = pause.words[0].text
            known = opinions.get(word)
            sure = 1 / (1 + math.exp(-odds(FIT, cues_of(pause.phrase, known)))) > threshold
            # The word is known at 0.1 s and scored 50 ms later. Without a word, the pause is noticed after 0.1 s.
            since_s = 0.1 + end_of_turn.OPINION_S if word else 0.1
            return pause.from_s + (max(least_s, since_s) if sure else most_s)

        wanted = end_of_turn.policy("", followed, fires_s, edge)
        got = policies[f"{[threshold, least_s, most_s]}"]
        assert got.cut.tolist() == wanted.cut.tolist()
        assert got.delay_s.tolist() == pytest.approx(wanted.delay_s.tolist())
