"""The figures of ``cloister evaluate emergencies``, with a hum for a voice and an ear that knows what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from appliance.bench.workbench import emergencies
from appliance.bench.workbench.emergencies import HALVES, Heard, Said, count, sheet, written
from appliance.config.box import load_settings
from appliance.config.site import Emergency, load_site
from appliance.conversation.emergency import Alarms
from appliance.core.audio import Samples
from appliance.core.facts import Transcript
from appliance.engines.embedding.minilm import DIMENSIONS
from appliance.language.english import ENGLISH
from tests.bench.workbench.test_spoken import HUM, SETTINGS, Told
from tests.brain.test_responder import HOSPITAL

ALARMS = Alarms(Emergency(say="Help is on the way."), ENGLISH)


class Blank:
    """An embedder that tells nothing."""

    def embed(self, sentences: Sequence[str]) -> Samples:
        return np.zeros((len(sentences), DIMENSIONS), np.float32)


class Deaf(Told):
    """An ear that hears nothing."""

    def finish(self) -> Transcript:
        return replace(super().finish(), text="")


def test_misses_and_false_alarms_are_counted() -> None:
    counts = count(
        [
            (Said("he is not breathing", True, "breathing"), written("he is not breathing")),
            (Said("he is odd", True, "stroke"), written("he is odd")),
            (Said("where is the cafe", False, "ordinary"), written("where is the cafe")),
            (Said("help me find the cafe", False, "ordinary"), Heard(["help"], "help me")),
            (Said("he is unconscious of it", False, "idioms"), written("he is unconscious of it")),
        ],
        ALARMS,
    )
    assert (counts.said, counts.missed) == (2, ("he is odd",))
    assert (counts.quiet, counts.raised) == (
        3,
        ("help me find the cafe (heard: help me)", "he is unconscious of it"),
    )
    assert counts.early == ("he is unconscious of it",)


def test_sentences_are_typed_and_spoken() -> None:
    told = Told()

    def speak(voice: str, text: str, pace: float) -> Samples:
        told.said.append(text)
        return HUM

    told.said.append("")  # the ear misunderstands only the first
    figures = emergencies.evaluate(
        SETTINGS,
        load_site(HOSPITAL),
        Path("/nonexistent"),
        limit=3,
        spoken=True,
        embedder=Blank(),
        hears=lambda settings, site: told,
        speak=speak,
    )
    assert len(told.said) == 1 + 2 * 6
    assert figures.spoken == figures.both and figures.elsewhere is None
    assert figures.both["held out"].said == figures.both["held out"].quiet == 3
    assert all(heard.questions == 6 and heard.words for heard in figures.heard.values())
    assert "development, spoken" in figures.table()


def test_what_is_not_heard_is_missed() -> None:
    deaf = Deaf()
    deaf.said += ["", ""]
    figures = emergencies.evaluate(
        SETTINGS,
        load_site(HOSPITAL),
        Path("/nonexistent"),
        limit=2,
        spoken=True,
        embedder=Blank(),
        hears=lambda settings, site: deaf,
        speak=lambda voice, text, pace: HUM,
    )
    assert len(figures.spoken["held out"].missed) == 2 and not figures.spoken["held out"].raised


def test_both_halves_hold_every_kind_and_share_no_sentence() -> None:
    halves = {half: sheet(half) for half in HALVES}
    kinds = {half: {(said.alarming, said.kind) for said in sentences} for half, sentences in halves.items()}
    assert kinds["development"] == kinds["held out"]
    assert not {said.text for said in halves["development"]} & {said.text for said in halves["held out"]}
    for alarming in (True, False):
        assert sum(said.alarming is alarming for said in halves["held out"]) >= 150


@pytest.mark.slow
def test_few_emergencies_are_missed(starter: Path) -> None:
    settings = load_settings(starter)
    figures = emergencies.evaluate(settings, load_site(settings.site), Path("/nonexistent"))
    for half, missed, raised in (("development", 0.01, 0.025), ("held out", 0.08, 0.04)):
        counts = figures.both[half]
        assert len(counts.missed) <= missed * counts.said
        assert len(counts.raised) <= raised * counts.quiet
        assert len(counts.missed) <= len(figures.words[half].missed), "meaning finds more"
