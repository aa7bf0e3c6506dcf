"""The ``Voice`` port: what a clause promises, and that several threads may speak with one voice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from appliance.core.ports import Voice, Voiced
from appliance.core.turn import Turn
from appliance.engines.tts.piper import PiperVoice
from appliance.language.english import ENGLISH
from tests.conformance.threads import at_once
from tests.engines.tts.test_piper import settings
from tests.fakes import ToneVoice

CLAUSES = ("Yes.", "It is on the ground floor, next to room 214.", "Welcome! How can I help you?")


@dataclass(frozen=True)
class Case:
    """An engine or a fake."""

    name: str
    open: Callable[[], Voice]

    def __str__(self) -> str:
        return self.name


CASES = [Case("piper", lambda: PiperVoice(settings(), ENGLISH)), Case("tone", ToneVoice)]


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    made: Case = request.param
    return made


@pytest.fixture(scope="module")
def voice(case: Case) -> Voice:
    return case.open()


def pieces(voice: Voice, text: str) -> list[Voiced]:
    return list(voice.synthesize(text, Turn(1)))


def words(voiced: list[Voiced]) -> list[str]:
    return [word.text for piece in voiced for word in piece.words]


def sound(voiced: list[Voiced]) -> bytes:
    return b"".join(piece.samples.tobytes() for piece in voiced)


def test_the_sample_rate_suits_speech(voice: Voice) -> None:
    assert type(voice.rate_hz) is int and 8_000 <= voice.rate_hz <= 48_000


@pytest.mark.parametrize("text", CLAUSES)
def test_a_clause_is_sound_and_its_words(voice: Voice, text: str) -> None:
    said = pieces(voice, text)
    assert words(said) == text.split()
    for piece in said:
        assert piece.samples.dtype == np.float32 and piece.samples.ndim == 1
        assert np.isfinite(piece.samples).all() and np.abs(piece.samples).max() <= 1.0
        ends = [word.end for word in piece.words]
        assert ends == sorted(ends) and all(0 < end <= len(piece.samples) for end in ends)


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_no_words_are_no_sound(voice: Voice, text: str) -> None:
    assert pieces(voice, text) == []


@pytest.mark.parametrize("text", ["...", "😀", "\x00", "人", "[[", "<speak>", "a" * 300])
def test_no_text_raises_an_error(voice: Voice, text: str) -> None:
    assert words(pieces(voice, text)) in ([], text.split())


def test_a_cancelled_turn_is_silent_without_an_error(voice: Voice) -> None:
    turn = Turn(1)
    turn.cancel()
    assert list(voice.synthesize(CLAUSES[2], turn)) == []


def test_a_turn_that_is_cancelled_meanwhile_gets_no_more_pieces(voice: Voice) -> None:
    turn = Turn(1)
    speaking = voice.synthesize(CLAUSES[2], turn)
    next(speaking)
    turn.cancel()
    assert list(speaking) == []


def test_a_clause_that_is_not_read_to_its_end_does_not_change_the_next(voice: Voice) -> None:
    next(voice.synthesize(CLAUSES[2], Turn(1)))
    assert words(pieces(voice, CLAUSES[1])) == CLAUSES[1].split()


def test_two_clauses_in_turns_keep_their_words(voice: Voice) -> None:
    one, other = voice.synthesize(CLAUSES[2], Turn(1)), voice.synthesize(CLAUSES[1], Turn(2))
    said = [next(one)], [next(other)]
    assert [words([*begun, *rest]) for begun, rest in zip(said, (one, other), strict=True)] == [
        CLAUSES[2].split(),
        CLAUSES[1].split(),
    ]


def test_several_threads_may_speak_at_once(voice: Voice) -> None:
    said = at_once([partial(pieces, voice, text) for text in CLAUSES * 2])
    assert [words(voiced) for voiced in said] == [text.split() for text in CLAUSES * 2]
    for voiced in said:
        assert all(0 < word.end <= len(piece.samples) for piece in voiced for word in piece.words)


def test_a_second_voice_changes_nothing_that_the_first_one_says(case: Case) -> None:
    alone = case.open()
    expected = [sound(pieces(alone, text)) for text in CLAUSES]
    one = case.open()
    said = [sound(pieces(one, CLAUSES[0]))]
    other = case.open()
    for text in CLAUSES[1:]:
        pieces(other, CLAUSES[0])
        said.append(sound(pieces(one, text)))
    assert said == expected
