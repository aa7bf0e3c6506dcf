"""The figures of ``cloister evaluate emergencies``, with a hum for a voice and an ear that knows what was meant."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.bench.workbench import emergencies
from appliance.bench.workbench.emergencies import SHEETS, Heard, Said, count, sheet, written
from appliance.config.box import load_settings
from appliance.config.site import Emergency, load_site
from appliance.conversation.emergency import Alarms
from appliance.core.audio import Samples
from appliance.core.facts import Transcript
from appliance.language.english import ENGLISH
from tests.bench.workbench.test_spoken import HUM, SETTINGS, Told
from tests.brain.test_responder import HOSPITAL

ALARMS = Alarms(Emergency(say="Help is on the way."), ENGLISH)


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
        hears=lambda settings, site: told,
        speak=speak,
    )
    assert len(told.said) == 1 + len(SHEETS) * 6
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
        hears=lambda settings, site: deaf,
        speak=lambda voice, text, pace: HUM,
    )
    assert len(figures.spoken["held out"].missed) == 2 and not figures.spoken["held out"].raised


def test_all_sheets_hold_every_kind_and_share_no_sentence() -> None:
    sheets = {name: sheet(name) for name in SHEETS}
    kinds = [{(said.alarming, said.kind) for said in sentences} for sentences in sheets.values()]
    assert kinds[0] == kinds[1] == kinds[2]
    texts = [{said.text for said in sentences} for sentences in sheets.values()]
    assert len(set().union(*texts)) == sum(map(len, texts))
    for held_out in ("held out", "strangers"):
        for alarming in (True, False):
            assert sum(said.alarming is alarming for said in sheets[held_out]) >= 150


@pytest.mark.slow
def test_few_emergencies_are_missed(starter: Path) -> None:
    settings = load_settings(starter)
    figures = emergencies.evaluate(settings, load_site(settings.site), Path("/nonexistent"))
    for half, missed, raised in (("development", 0.01, 0.06), ("held out", 0.02, 0.05), ("strangers", 0.03, 0.05)):
        counts = figures.both[half]
        assert len(counts.missed) <= missed * counts.said
        assert len(counts.raised) <= raised * counts.quiet
        assert len(counts.missed) <= len(figures.words[half].missed), "meaning finds more"
