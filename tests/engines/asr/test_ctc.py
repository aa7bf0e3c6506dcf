"""The CTC ear: the head that comes with the starter profile, and what it says of heads that cannot be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from appliance.config.box import CtcSettings, EarSettings, load_settings
from appliance.config.site import HandOver, Speech
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.ports import PortError
from appliance.engines.asr.combined import open_ear
from appliance.engines.asr.ctc import CtcEar, transcript
from appliance.engines.asr.site.search import OTHER, Found
from tests.sites import SITE

ROOT = Path(__file__).parents[3]
HEAD = ROOT / "models" / "starter" / "ctc" / "head.int8.onnx"
CAFE = dataclasses.replace(
    SITE,
    speech=Speech(
        phrases=("where is {place}",),
        subjects={"cafe": ("can I have a {size} {drink} [with {milk}] [please]",)},
        lists={
            "place": ("the pharmacy", "the laboratory"),
            "size": ("small", "large"),
            "drink": ("coffee", "iced coffee", "tea"),
            "milk": ("soy milk", "cream"),
        },
    ),
)


@pytest.fixture(scope="module")
def ear(directory: Path, tmp_path_factory: pytest.TempPathFactory) -> CtcEar:
    return CtcEar(CtcSettings(HEAD, directory), CAFE, tmp_path_factory.mktemp("kept"))


def hear(ear: CtcEar, sound: Samples) -> Transcript:
    stream = ear.stream()
    stream.start()
    stream.accept(sound)
    return stream.finish()


def test_an_order_is_heard_along_the_site_s_language(ear: CtcEar, order: Samples) -> None:
    heard = hear(ear, order)
    assert "large iced coffee with soy milk" in heard.text
    assert heard.confidence > 0.5


@pytest.mark.parametrize("level", [0.0, 1e-3, 0.1])
def test_noise_is_no_sentence_of_the_site(ear: CtcEar, level: float) -> None:
    noise = level * np.random.default_rng(0).standard_normal(2 * SAMPLE_RATE_HZ)
    assert hear(ear, noise.astype(np.float32)).confidence < 0.5


def test_other_speech_is_not_taken_for_words() -> None:
    heard = transcript(Found((OTHER, "tea", OTHER), "cafe", -20.0, "who did teach you that"))
    assert (heard.text, heard.confidence) == ("", 0.0)


def test_stretches_of_other_speech_are_left_out() -> None:
    assert transcript(Found((OTHER, "a", "large", "tea"), "cafe", -20.0, "um a large te")).text == "a large tea"


def test_the_fewer_letters_were_read_otherwise_the_surer_are_the_words() -> None:
    reads = ("a large tea", "a larg tea", "a larj te", "the lark teeth")
    sure = [transcript(Found(("a", "large", "tea"), "", -9.0, read)).confidence for read in reads]
    assert sure == sorted(sure, reverse=True) and sure[0] > 0.9 and sure[-1] < 0.1
    assert transcript(Found((OTHER,), "", -5.0, "")).confidence == 0.0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "head.onnx is missing"), (b"no network", "is no CTC head")],
    ids=["none", "broken"],
)
def test_a_head_that_cannot_be_is_one_clear_line(
    content: bytes | None, complaint: str, directory: Path, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "head.onnx").write_bytes(content)
    with pytest.raises(PortError, match=complaint) as error:
        CtcEar(CtcSettings(tmp_path / "head.onnx", directory), CAFE, tmp_path)
    assert "\n" not in str(error.value)


def test_a_site_without_sentences_has_nothing_to_listen_for(directory: Path, tmp_path: Path) -> None:
    silent = dataclasses.replace(
        SITE, facts=(), opening_hours=(), small_talk=(), forms=(), emergency=None, hand_over=HandOver(phrases=()),
        speech=Speech(), interruptions=dataclasses.replace(SITE.interruptions, stop=(), backchannels=()),
    )  # fmt: skip
    with pytest.raises(PortError, match=r"leave `ear\.ctc` out"):
        CtcEar(CtcSettings(HEAD, directory), silent, tmp_path)


def test_it_may_be_the_only_ear(directory: Path, tmp_path: Path) -> None:
    settings = load_settings(ROOT / "models" / "starter" / "cloister.yaml")
    alone = dataclasses.replace(settings, ear=EarSettings(ctc=CtcSettings(HEAD, directory)), prepared=tmp_path)
    assert isinstance(open_ear(alone, CAFE), CtcEar)
