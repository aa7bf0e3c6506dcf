"""An ear that costs much sits out utterances while many visitors speak."""

from __future__ import annotations

import gc

import numpy as np

from appliance.core.facts import Transcript
from appliance.engines.asr.crowd import Crowd, SparedEar
from tests.fakes import ScriptedEar


class Speaker:
    """Stands for a line's stream."""


SECOND = np.full(16_000, 0.1, np.float32)


def test_an_utterance_that_begins_in_a_large_crowd_is_sat_out_to_its_end() -> None:
    crowd, speakers = Crowd(1), [Speaker(), Speaker()]
    stream = SparedEar(ScriptedEar(["first", "third"]), crowd).stream()
    crowd.begin(speakers[0])
    stream.start()
    crowd.begin(speakers[1])
    assert stream.accept(SECOND) == "first" and stream.finish().text == "first", "the crowd came later"
    stream.start()
    crowd.end(speakers[1])
    assert stream.accept(SECOND) == "", "the crowd went, and the beginning was missed"
    stream.resume()
    assert stream.pause() == stream.finish() == Transcript("", 0.0, "scripted")
    stream.start()
    assert stream.accept(SECOND) == "third"


def test_a_line_that_is_closed_within_an_utterance_leaves_the_crowd() -> None:
    crowd, speaker = Crowd(0), Speaker()
    crowd.begin(speaker)
    crowd.begin(speaker)
    assert crowd.large
    del speaker
    gc.collect()
    assert not crowd.large
