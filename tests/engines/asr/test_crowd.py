"""An ear that costs much sits out utterances while many visitors speak."""

from __future__ import annotations

import gc

import numpy as np

from appliance.core.facts import Transcript
from appliance.engines.asr.crowd import SparedEar
from tests.fakes import ScriptedEar

SECOND = np.full(16_000, 0.1, np.float32)


def test_an_utterance_that_begins_in_a_crowd_is_sat_out_to_its_end() -> None:
    ears = ScriptedEar(["one", "two"])
    ear = SparedEar(ears, 2)
    first, second, third = (ear.stream() for _ in range(3))
    for stream in (first, second, third):
        stream.start()
    assert [stream.accept(SECOND) for stream in (first, second, third)] == ["one", "one", ""]
    assert [stream.sits_out for stream in (first, second, third)] == [False, False, True]
    third.resume()
    assert first.finish().text == "one"
    assert third.accept(SECOND) == "" and third.pause() == Transcript("", 0.0, "scripted"), "its beginning was missed"
    assert third.finish() == Transcript("", 0.0, "scripted")
    third.start()
    assert third.accept(SECOND) == "two" and len(ears.streams) == 2, "with what the first one had"


def test_an_utterance_may_end_without_a_result_or_be_begun_anew() -> None:
    ear = SparedEar(ScriptedEar(["one", "two", "three"]), 1)
    first, second = ear.stream(), ear.stream()
    first.start()
    first.start()
    assert first.accept(SECOND) != ""
    first.leave()
    first.leave()
    second.start()
    assert second.accept(SECOND) != ""


def test_a_line_that_is_closed_within_an_utterance_leaves_the_crowd() -> None:
    ears = ScriptedEar(["one"])
    ear = SparedEar(ears, 1)
    first, second = ear.stream(), ear.stream()
    first.start()
    del first
    gc.collect()
    second.start()
    assert second.accept(SECOND) == "one" and len(ears.streams) == 2
