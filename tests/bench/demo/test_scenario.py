"""The scenario fits its recordings, and the recordings fit their labels."""

from __future__ import annotations

import re

import numpy as np
import pytest

from appliance.bench.demo.scenario import VISITOR, load_clips, load_scenario, spoken_s
from appliance.bench.workbench.record import load_lines
from appliance.config.reader import ConfigError
from appliance.config.site import load_site
from appliance.core.audio import SAMPLE_RATE_HZ

CLIPS = load_clips()
SCENARIO = load_scenario()
LINES = {line.id: line for line in load_lines().lines}


def test_the_scenario_covers_what_the_demonstration_must_show() -> None:
    kinds = [step.expect.kind for step in SCENARIO.steps]
    assert len(SCENARIO.steps) >= 8
    assert kinds.count(("answer",)) >= 3
    assert ("unknown",) in kinds
    booked = [step.expect.appointment for step in SCENARIO.steps if step.expect.appointment]
    assert len(booked) == 2 and booked[0] != booked[1]
    assert [step for step in SCENARIO.steps if step.interrupts]
    assert SCENARIO.steps[-1].expect.closes


def test_the_wanted_facts_are_those_of_the_site() -> None:
    facts = {f"fact:{fact.id}": fact for fact in load_site(SCENARIO.site).facts}
    for step in SCENARIO.steps:
        for wanted in (name for name in step.expect.facts if name.startswith("fact:")):
            for pattern in step.expect.says:
                assert re.search(pattern, facts[wanted].say, re.IGNORECASE), f"{wanted} never says {pattern}"


def test_every_line_of_the_scenario_is_recorded() -> None:
    assert set(CLIPS) == set(LINES)
    assert {step.line for step in SCENARIO.steps} <= set(CLIPS)


def test_voices_and_paces_vary_and_differ_from_the_appliances_voice() -> None:
    assert {clip.voice for clip in CLIPS.values()} == {"slt", "rms", "awb", "kal16"}
    assert len({line.stretch for line in LINES.values()}) >= 3
    assert len(CLIPS) >= 41


def test_recordings_are_small() -> None:
    assert sum(path.stat().st_size for path in VISITOR.iterdir()) < 1_500_000


@pytest.mark.parametrize("name", sorted(CLIPS))
def test_the_label_is_where_the_speech_ends(name: str) -> None:
    clip = CLIPS[name]
    assert clip.says == LINES[name].says and clip.voice == LINES[name].voice
    assert 0 < clip.speech_start < clip.speech_end < len(clip.samples)
    assert 0.3 < spoken_s(clip) < 8
    # The room adds a tail after the end of speech, which is far quieter than the speech itself.
    speech = clip.samples[clip.speech_start : clip.speech_end]
    level = np.sqrt(np.mean(np.square(speech)))
    assert np.isclose(20 * np.log10(level), -26, atol=1.0)
    tail = clip.samples[clip.speech_end + SAMPLE_RATE_HZ // 10 :]
    assert np.sqrt(np.mean(np.square(tail))) < level / 10
    last = clip.samples[clip.speech_end - SAMPLE_RATE_HZ // 20 : clip.speech_end]
    assert np.sqrt(np.mean(np.square(last))) > level / 100


def test_a_bad_pattern_is_an_error_with_its_line(tmp_path) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(
        "site: a.yaml\nnow: 2026-11-23T09:00\nnoise_dbfs: -60\nsteps:\n  - {line: x, expect: {says: ['(']}}\n"
    )
    with pytest.raises(ConfigError, match=r"scenario.yaml:5: .*not a regular expression"):
        load_scenario(path)
