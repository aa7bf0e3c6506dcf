"""Codings of sound, against the tables of G.711 as soundfile knows them."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from appliance.protocols.sound import Coding, Decoder, Encoder, decode, encode

SUBTYPES: dict[Coding, str] = {"mulaw": "ULAW", "alaw": "ALAW"}


@pytest.mark.parametrize("coding", SUBTYPES)
def test_both_laws_are_those_of_libsndfile(coding: Coding) -> None:
    codes = bytes(range(256))
    raw = {"samplerate": 8000, "channels": 1, "format": "RAW", "subtype": SUBTYPES[coding]}
    theirs, _ = soundfile.read(io.BytesIO(codes), dtype="int16", **raw)
    assert np.array_equal((decode(codes, coding) * 32768).astype(np.int16), theirs)
    assert np.array_equal(decode(encode(decode(codes, coding), coding), coding), decode(codes, coding))
    loud = np.array([-2, -1, 0, 1, 2], np.float32)
    assert np.abs(decode(encode(loud, coding), coding) - loud.clip(-1, 1)).max() < 0.03


def test_sixteen_bits_survive_and_clip() -> None:
    values = np.array([-1, -0.5, 0, 0.5, 32767 / 32768], np.float32)
    assert np.array_equal(decode(encode(values, "linear16"), "linear16"), values)
    assert decode(encode(np.array([3.0], np.float32), "linear16"), "linear16")[0] == np.float32(32767 / 32768)


@pytest.mark.parametrize(("coding", "rate_hz"), [("linear16", 24_000), ("mulaw", 8_000), ("alaw", 8_000)])
def test_a_tone_survives_there_and_back_in_odd_pieces(coding: Coding, rate_hz: int) -> None:
    tone = (0.5 * np.sin(2 * np.pi * 440 * np.arange(22_050) / 22_050)).astype(np.float32)
    encoder, decoder = Encoder(22_050, coding, rate_hz), Decoder(coding, rate_hz)
    sent = encoder.encode(tone[:9_999]) + encoder.encode(tone[9_999:], last=True)
    assert len(sent) == pytest.approx(rate_hz * (2 if coding == "linear16" else 1), abs=4)
    heard = np.concatenate([decoder.decode(sent[at : at + 333]) for at in range(0, len(sent), 333)])
    assert len(heard) > 14_500
    spectrum = np.abs(np.fft.rfft(heard[2_000:12_000]))
    assert spectrum.argmax() == pytest.approx(440 * 10_000 / 16_000, abs=1)
    assert not len(encoder.encode(np.zeros(0, np.float32), last=True))
