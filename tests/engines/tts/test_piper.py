"""The real starter voice: loudness, words, cancellation, and the error for an operator when it cannot be loaded."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from appliance.config.box import BrainSettings, EarSettings, Settings, VoiceSettings
from appliance.core.manner import Manner
from appliance.core.ports import PortError, Voiced
from appliance.core.turn import Turn
from appliance.engines.tts.piper import LOUDEST_DBFS, PiperVoice, active_rms, soft_limit
from appliance.language.english import ENGLISH
from tests.conftest import REAL_MODELS

MODEL = Path(__file__).resolve().parents[3] / "models" / "starter" / "voice" / "en_US-kathleen-small.onnx"
CLAUSES = ("Yes.", "The pharmacy is on the ground floor, next to the main entrance.", "Please wait here.")


def settings(**voice: object) -> Settings:
    wanted = dataclasses.replace(VoiceSettings(MODEL), **voice)  # type: ignore[arg-type]  # any field, by name
    return Settings(Path("site.yaml"), EarSettings(), BrainSettings(Path("brain.gguf")), wanted, threads=1)


@pytest.fixture(scope="module")
def voice() -> PiperVoice:
    return PiperVoice(settings(), ENGLISH)


def joined(pieces: list[Voiced]) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.concatenate([piece.samples for piece in pieces])


def level_dbfs(voice: PiperVoice, text: str) -> float:
    return 20 * float(np.log10(active_rms(joined(list(voice.synthesize(text, Turn(1)))), voice.rate_hz)))


def test_speech_is_finite_within_full_scale_and_lasts_as_long_as_its_words(voice: PiperVoice) -> None:
    sound = joined(list(voice.synthesize("Your appointment is on Monday at half past nine.", Turn(1))))
    assert sound.dtype == np.float32
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1
    assert 1.8 < len(sound) / voice.rate_hz < 5


def test_every_clause_has_the_loudness_that_was_asked_for(voice: PiperVoice) -> None:
    for clause in CLAUSES:
        assert level_dbfs(voice, clause) == pytest.approx(-23, abs=2.5), clause


def test_loudness_is_a_setting(voice: PiperVoice) -> None:
    quiet = PiperVoice(settings(loudness_dbfs=-35.0), ENGLISH)
    assert level_dbfs(quiet, CLAUSES[1]) == pytest.approx(-35, abs=1.5)


def test_a_visitor_may_have_the_voice_louder_and_quieter_within_limits(voice: PiperVoice) -> None:
    def level(speaker: PiperVoice, manner: Manner) -> float:
        sound = joined(list(speaker.synthesize(CLAUSES[1], Turn(1), manner)))
        assert np.abs(sound).max() <= 1
        return 20 * float(np.log10(active_rms(sound, speaker.rate_hz)))

    plain = level(voice, Manner())
    assert level(voice, Manner(gain_db=8.0)) == pytest.approx(plain + 8, abs=1.5)
    assert level(voice, Manner(gain_db=-8.0)) == pytest.approx(plain - 8, abs=1.5)
    loud = PiperVoice(settings(loudness_dbfs=-14.0), ENGLISH)
    assert level(loud, Manner(gain_db=8.0)) == pytest.approx(LOUDEST_DBFS, abs=2.5)


def samples(voice: PiperVoice, manner: Manner = Manner()) -> int:  # noqa: B008  # a value that never changes
    """How long a sentence lasts in all when it is said eight times, since the voice draws the length of each sound."""
    return sum(len(joined(list(voice.synthesize(CLAUSES[1], Turn(1), manner)))) for _ in range(8))


def test_a_visitor_may_have_the_voice_slower_and_faster(voice: PiperVoice) -> None:
    plain, slow, fast = (samples(voice, Manner(pace=pace)) for pace in (1.0, 0.6, 1.4))
    assert slow / plain == pytest.approx(1 / 0.6, abs=0.15)
    assert fast / plain == pytest.approx(1 / 1.4, abs=0.08)


def test_speed_shortens(voice: PiperVoice) -> None:
    fast = PiperVoice(settings(speed=1.5), ENGLISH)
    assert samples(fast) / samples(voice) == pytest.approx(1 / 1.5, abs=0.08)


@pytest.mark.parametrize(
    "text",
    [
        CLAUSES[1],
        "Dr. Smith is in room 214, and the ICU is on the 2nd floor.",
        "You can call 555-0142. It is open from 8:00-18:30.",
        "Welcome! How can I help you today? Please speak after the tone.",
        "It is on the left of the hall, isn't it?",
    ],
)
def test_words_end_in_order_within_the_sound_and_are_the_written_ones(voice: PiperVoice, text: str) -> None:
    pieces = list(voice.synthesize(text, Turn(1)))
    assert [word.text for piece in pieces for word in piece.words] == text.split()
    for piece in pieces:
        ends = [word.end for word in piece.words]
        assert ends == sorted(ends)
        assert all(0 < end <= len(piece.samples) for end in ends)
    assert pieces[-1].words[-1].end > 0.9 * len(pieces[-1].samples)


def test_words_end_where_they_are_heard(voice: PiperVoice) -> None:
    """A long pause between two words: the first must end before it, the second after."""
    (piece,) = voice.synthesize("Stop, here.", Turn(1))
    stop, here = piece.words
    middle = piece.samples[stop.end - voice.rate_hz // 100 : stop.end + voice.rate_hz // 50]
    assert active_rms(middle, voice.rate_hz) < active_rms(piece.samples, voice.rate_hz)
    # The voice draws its lengths at random: 0.64 to 0.77 in 40 tries.
    assert 0.25 < stop.end / here.end < 0.9


def test_what_is_said_reaches_no_log(voice: PiperVoice, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        list(voice.synthesize("Nobody may read rutabaga.", Turn(1)))
    assert "rutabaga" not in caplog.text


def broken(tmp_path: Path) -> Settings:
    (tmp_path / "voice.onnx").write_bytes(b"no model")
    (tmp_path / "voice.onnx.json").write_bytes(Path(f"{MODEL}.json").read_bytes())
    return settings(model=tmp_path / "voice.onnx")


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (lambda tmp: settings(model=tmp / "none.onnx"), "none.onnx is missing"),
        (broken, "cannot be loaded"),
        (lambda tmp: settings(speaker=3), "speaker: 3"),
        (lambda tmp: settings(speed=0.0), "above 0"),
        (lambda tmp: dataclasses.replace(settings(), device="cuda"), "device: cpu"),
    ],
)
def test_an_operator_is_told_what_is_wrong(tmp_path: Path, wanted: Callable[[Path], Settings], says: str) -> None:
    with pytest.raises(PortError, match=says) as error:
        PiperVoice(wanted(tmp_path), ENGLISH)
    assert "\n" not in str(error.value)


def test_the_limiter_leaves_speech_alone_and_bends_peaks() -> None:
    samples = np.array([0.0, 0.3, -0.7, 0.9, -3.0], np.float32)
    limited = soft_limit(samples)
    assert limited[:3] == pytest.approx(samples[:3])
    assert 0.7 < limited[3] < 0.9
    assert -1.0 <= limited[4] < -0.99


def test_the_starter_voice_tells_where_words_end(voice) -> None:
    assert voice.aligned


@pytest.mark.parametrize(("name", "aligned"), [("en_US-joe-medium.onnx", False), ("en_US-joe-aligned.onnx", True)])
def test_a_voice_of_others_speaks_and_says_whether_it_tells_where_words_end(name, aligned) -> None:
    path = Path(REAL_MODELS) / name
    if not (REAL_MODELS and path.is_file()):
        pytest.skip(f"needs {name} in the folder that CLOISTER_REAL_MODELS names")
    real = PiperVoice(settings(model=path), ENGLISH)
    assert real.aligned == aligned
    pieces = list(real.synthesize(CLAUSES[1], Turn(1)))
    assert " ".join(word.text for piece in pieces for word in piece.words) == CLAUSES[1]
    assert all(word.end <= len(piece.samples) for piece in pieces for word in piece.words)
