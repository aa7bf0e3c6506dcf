"""pocketsphinx through its C interface."""

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from appliance.core.ports import PortError
from appliance.engines.asr.site.ngram import estimate
from appliance.engines.asr.sphinx_library import Decoder, acoustic_model


@pytest.fixture
def decoder(tmp_path: Path) -> Decoder:
    folder = acoustic_model()
    language = tmp_path / "one.arpa"
    estimate([(("the",), 1.0)]).write(language)
    language.with_suffix(".dict").write_text("the DH AH\n")
    acoustic = next(folder.glob("*/mdef")).parent
    return Decoder(
        hmm=str(acoustic), lm=str(language), dict=str(language.with_suffix(".dict")), loglevel="FATAL", bestpath=False
    )


def test_other_python_threads_run_while_it_decodes(decoder: Decoder) -> None:
    noise = (np.random.default_rng(0).normal(0, 3000, 16000 * 30)).astype("<i2").tobytes()
    decoder.start()
    worker = threading.Thread(target=decoder.process, args=(noise,))
    worker.start()
    steps = 0
    while worker.is_alive():
        steps += 1
        time.sleep(0)
    decoder.end()
    # With the lock held for the whole call, this thread would get through its loop once or twice.
    assert steps > 20
    assert decoder.frames > 2900


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(PortError, match="no option colour"):
        Decoder(colour="red", loglevel="FATAL")


def test_calls_in_the_wrong_order_are_errors(decoder: Decoder) -> None:
    with pytest.raises(PortError, match="wrong order"):
        decoder.end()
