"""The real Moonshine network, as set-up installs it, on recordings of other synthesizers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.ports import PortError
from appliance.engines.asr import moonshine
from appliance.engines.asr.moonshine import Decoded, Moonshine, SharedEncoder, Tokens

DATA = Path(__file__).parents[2] / "data"
ORDER = "can i have a large iced coffee with soy milk please"
HEARD = ORDER.replace("iced", "ized")
"""What Moonshine hears: it does not know the menu of a site, so one word is wrong."""
ROUNDING = 2.0
"""What the rounding of an int8 network may change of a log probability when other words stand beside it"""


@pytest.fixture(scope="module")
def network(directory: Path) -> Moonshine:
    return Moonshine(directory)


def hear(network: Moonshine, samples: Samples) -> Decoded:
    return network.write(SharedEncoder(network.encoder).states(samples))


@pytest.fixture(scope="module")
def heard(network: Moonshine, order: Samples) -> Decoded:
    return hear(network, order)


def test_speech_is_understood_without_knowing_the_site(heard: Decoded) -> None:
    assert moonshine.said(heard) == HEARD
    assert heard.confidence > 0.7


def test_scoring_its_own_words_gives_the_decoded_probability(network: Moonshine, heard: Decoded) -> None:
    (own,) = network.fits(heard.states, [heard.text])
    assert own.log_probability == pytest.approx(heard.log_probability, abs=ROUNDING)
    assert own.tokens == heard.tokens


def test_words_that_sound_less_alike_are_less_likely(network: Moonshine, heard: Decoded) -> None:
    sentences = [ORDER, ORDER.replace("soy", "whole"), "where is the pharmacy"]
    own, near, far = (fit.log_probability for fit in network.stream().fits(heard.states, sentences))
    assert own > near > far


def test_a_stop_is_likelier_after_a_sentence_than_within_it(network: Moonshine, order: Samples, heard: Decoded) -> None:
    within = hear(network, order[: len(order) // 4])
    assert within.p_stop is not None and heard.p_stop is not None
    assert within.p_stop + 0.2 < heard.p_stop < 1.0
    own, plain = network.fits(heard.states, [heard.text, heard.text.rstrip("?.")])
    assert own.p_stop == pytest.approx(heard.p_stop, abs=0.1)
    assert plain.p_stop == pytest.approx(own.p_stop, abs=0.1), "it is told of what follows the last word"
    assert network.stream().pause().p_stop is None, "nothing was said"


def test_a_long_and_a_short_text_do_not_change_each_other(network: Moonshine, heard: Decoded) -> None:
    together = network.fits(heard.states, ["No.", heard.text])
    apart = [network.fits(heard.states, [text])[0] for text in ("No.", heard.text)]
    assert [fit.tokens for fit in together] == [fit.tokens for fit in apart]
    likely = [fit.log_probability for fit in apart]
    assert [fit.log_probability for fit in together] == pytest.approx(likely, abs=ROUNDING)


@pytest.mark.parametrize("seconds", [0.0, 0.01, 0.1, 1.0])
def test_silence_gives_few_words(network: Moonshine, seconds: float) -> None:
    silence = hear(network, np.zeros(int(seconds * SAMPLE_RATE_HZ), np.float32))
    assert len(silence.text.split()) <= 2
    assert 0.0 <= silence.confidence <= 1.0


def test_a_network_that_repeats_itself_is_stopped(network: Moonshine) -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, 8 * SAMPLE_RATE_HZ).astype(np.float32)
    words = hear(network, noise).text.split()
    assert all(words[i : i + 4] != words[i + 4 : i + 8] for i in range(len(words)))


def test_an_utterance_longer_than_it_was_trained_on_is_heard_from_its_end(network: Moonshine, order: Samples) -> None:
    long = np.concatenate((np.zeros(32 * SAMPLE_RATE_HZ, np.float32), order))
    assert moonshine.said(hear(network, long)).endswith("milk please")


def test_partial_results_come_with_the_samples_and_not_with_the_clock(network: Moonshine, order: Samples) -> None:
    ear = network.stream()

    def partial_results() -> list[str]:
        ear.start()
        return [ear.accept(order[at : at + 512]) for at in range(0, len(order), 512)]

    first = partial_results()
    assert first == partial_results()
    assert first[0] == ""
    assert len(set(first)) > 3


def test_the_transcript_of_a_pause_holds_until_the_speaker_goes_on(network: Moonshine, order: Samples) -> None:
    ear = network.stream()
    ear.start()
    ear.accept(order[: len(order) // 2])
    half = ear.pause()
    ear.accept(np.zeros(8_000, np.float32))
    assert ear.finish() == half
    ear.resume()
    ear.start()
    ear.accept(order[: len(order) // 2])
    assert ear.pause() == half
    ear.resume()
    ear.accept(order[len(order) // 2 :])
    assert ear.finish().text == HEARD


def test_pieces_of_words_are_those_that_the_model_was_trained_with(directory: Path) -> None:
    tokens = Tokens((directory / "tokenizer.bin").read_bytes())
    # Commoner pieces have lower numbers. A character without a piece of its own is given byte by byte.
    assert tokens.encoded("It was my idea to a T.") == [739, 471, 590, 2969, 304, 263, 323, 29889]
    for text in ("Can I have a 16-ounce latte?", "naïve ☕ \U00012000"):
        assert tokens.text(tokens.encoded(text)) == text


def test_a_missing_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(PortError, match=r"encoder_model\.ort is missing; run `cloister models prepare`"):
        Moonshine(tmp_path)


def test_a_damaged_file_is_one_clear_line(tmp_path: Path) -> None:
    for name in moonshine.FILES:
        (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(PortError, match="is no Moonshine model") as raised:
        Moonshine(tmp_path)
    assert "\n" not in str(raised.value)


def test_a_package_with_another_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(moonshine.FILES, "tokenizer.bin", "0" * 64)
    with pytest.raises(PortError, match=r"tokenizer\.bin is not the file it should be"):
        moonshine.install(tmp_path)
    assert not (tmp_path / "tokenizer.bin").exists()
