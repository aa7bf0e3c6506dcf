"""Judging distress by the network that was trained to tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.conversation.emergency import P_EMERGENCY
from appliance.core.ports import PortError
from appliance.engines.embedding.distress import DistressNetwork, as_spoken, open_distress
from appliance.engines.embedding.minilm import DEFAULT
from appliance.language.english import ENGLISH
from appliance.language.parts import EMERGENCIES
from appliance.language.spanish import SPANISH
from tests.conftest import CHECKOUT

MODEL = CHECKOUT / "models" / "starter" / "distress" / "distress.q8.gguf"


@pytest.fixture(scope="module")
def network() -> DistressNetwork:
    return DistressNetwork(MODEL)


@pytest.mark.parametrize(
    "said",
    [
        *("my husband cannot breathe", "she has taken all of her sleeping pills", "i can see smoke in the kitchen"),
        *("he has a knife and he is shouting at the nurse", "her mouth droops and she cannot lift her arm"),
        *("he's gone all grey and sweaty and he's holding his chest", "we can't wake her up"),
    ],
)
def test_who_needs_help_is_told(network: DistressNetwork, said: str) -> None:
    kinds = network.kinds(said)
    assert set(kinds) == set(EMERGENCIES)
    assert P_EMERGENCY <= sum(kinds.values()) <= 1.0


@pytest.mark.parametrize("said", ["where is the fire exit", "i would like some tea", "my phone has died"])
def test_the_rest_is_no_emergency(network: DistressNetwork, said: str) -> None:
    assert sum(network.kinds(said).values()) < P_EMERGENCY / 2


def test_a_typed_sentence_is_judged_as_a_spoken_one(network: DistressNetwork) -> None:
    assert as_spoken("He\u2019s  NOT breathing!") == "he's not breathing"
    assert network.kinds("He\u2019s  NOT breathing!") == network.kinds("he's not breathing")


def test_a_language_that_was_not_learnt_has_no_judgement() -> None:
    assert open_distress(MODEL, ENGLISH) is not None
    assert open_distress(MODEL, SPANISH) is None
    assert open_distress(None, ENGLISH) is None


def test_a_file_that_does_not_judge_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PortError, match="is not a model that judges it"):
        DistressNetwork(DEFAULT)
    with pytest.raises(PortError, match="does not exist"):
        DistressNetwork(tmp_path / "none.gguf")
