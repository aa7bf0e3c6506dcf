"""How the talker treats the first sound of a reply. Tests of whole daemons cover the rest of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from appliance.core.audio import Samples
from appliance.core.facts import ClauseVoiced, Fact, VoicedChunk, WordSpan
from appliance.core.mailbox import Mailbox
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import Voiced
from appliance.core.turn import CommitSpeculation, Turn
from appliance.speaking.speak import Clause, Talker, at_once

RATE_HZ = 16_000


def sound(silent_s: float, loud_s: float = 0.3) -> Samples:
    tone = 0.1 * np.sin(np.arange(round(loud_s * RATE_HZ)) / 5)
    return np.concatenate((np.zeros(round(silent_s * RATE_HZ)), tone)).astype(np.float32)


@pytest.mark.parametrize(("silent_s", "dropped_s"), [(0.0, 0.0), (0.008, 0.0), (0.06, 0.05), (0.5, 0.49)])
def test_a_reply_begins_with_its_first_sound(silent_s: float, dropped_s: float) -> None:
    voiced = Voiced(sound(silent_s), (WordSpan("yes", 100), WordSpan("sir", len(sound(silent_s)))))
    begun = at_once(voiced, RATE_HZ)
    dropped = round(dropped_s * RATE_HZ)
    assert np.array_equal(begun.samples, voiced.samples[dropped:])
    assert [word.text for word in begun.words] == ["yes", "sir"]
    assert begun.words[0].end == max(0, 100 - dropped) and begun.words[-1].end == len(begun.samples)


@pytest.mark.parametrize("samples", [np.zeros(0, np.float32), np.zeros(30, np.float32), np.zeros(4000, np.float32)])
def test_a_wholly_silent_clause_is_unchanged(samples: Samples) -> None:
    assert len(at_once(Voiced(samples, ()), RATE_HZ).samples) == len(samples)


class SlowVoice:
    """A voice that begins every clause with 60 ms of silence."""

    rate_hz = RATE_HZ

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        yield Voiced(sound(0.06), (WordSpan(text, len(sound(0.06))),))


class Queue:
    """A speaker that keeps what it is given."""

    def __init__(self) -> None:
        self.written: list[int] = []

    def write(self, chunk: VoicedChunk, turn: Turn) -> bool:
        self.written.append(len(chunk.samples))
        return True

    def finish(self, turn: Turn) -> None:
        self.written.append(0)


def test_only_the_first_clause_of_a_reply_loses_its_silence() -> None:
    clauses: Mailbox[Clause | CommitSpeculation] = Mailbox("test", 10, "wait")
    facts: list[Fact] = []
    speaker = Queue()
    for number in (1, 2):
        turn = Turn(number)
        for text in ("one", "two", None):
            clauses.put(Clause(turn, text), turn)
    clauses.close()
    Talker(clauses, facts.append, SlowVoice(), speaker, lambda: None).run()  # type: ignore[arg-type]
    whole = len(sound(0.06))
    short = whole - round(0.05 * RATE_HZ)
    assert speaker.written == [short, whole, 0, short, whole, 0]
    voiced = [fact for fact in facts if isinstance(fact, ClauseVoiced)]
    assert [(fact.start, fact.samples) for fact in voiced] == [(0, short), (short, whole)] * 2


class Heedful(SlowVoice):
    """A voice that notes how it is to speak."""

    def __init__(self) -> None:
        self.manners: list[Manner] = []

    def synthesize(self, text: str, turn: Turn, manner: Manner = PLAIN) -> Iterator[Voiced]:
        self.manners.append(manner)
        return super().synthesize(text, turn)


def test_each_clause_is_spoken_in_its_manner() -> None:
    clauses: Mailbox[Clause | CommitSpeculation] = Mailbox("test", 10, "wait")
    voice = Heedful()
    for number, manner in enumerate((PLAIN, Manner(4.0, 0.85), PLAIN), 1):
        turn = Turn(number)
        clauses.put(Clause(turn, "one", manner), turn)
        clauses.put(Clause(turn, None), turn)
    clauses.close()
    Talker(clauses, [].append, voice, Queue(), lambda: None).run()  # type: ignore[arg-type]
    assert voice.manners == [PLAIN, Manner(4.0, 0.85), PLAIN]
