"""A client's conversation: spoken, written, interrupted, and closed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from appliance.core.audio import Samples
from appliance.core.facts import Fact, ReplyInterrupted, ReplyThought, TurnEnded
from appliance.core.mailbox import MailboxClosed
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.protocols.client_line import ClientLine
from tests.fakes import VOICE_RATE_HZ, tone
from tests.protocols.rig import Exchange, Served, served


def facts_until(line: ClientLine, kind: type[Fact], within_s: float = 20.0) -> Iterator[Fact]:
    ends_s = time.monotonic() + within_s
    while time.monotonic() < ends_s:
        stamped = line.facts.get(timeout_s=0.5)
        if stamped is not None:
            yield stamped.fact
            if isinstance(stamped.fact, kind):
                return
    pytest.fail(f"no {kind.__name__} came")


def opened(box: Served, played: list[tuple[Samples, Turn | None]]) -> ClientLine:
    return ClientLine(
        box.service.appliance, "test", VOICE_RATE_HZ, lambda samples, turn: played.append((samples, turn)), lead_s=0.1
    )


def test_a_question_said_in_one_piece_is_answered_in_sound(tmp_path: Path) -> None:
    played: list[tuple[Samples, Turn | None]] = []
    with served(tmp_path, ["where is room one"], [("where is room one", ["On the first floor."])]) as box:
        line = opened(box, played)
        line.hear(np.concatenate([tone(1.0), np.zeros(8_000, np.float32)]))
        heard = [fact for fact in facts_until(line, ReplyThought) if isinstance(fact, TurnEnded)]
        assert [fact.transcript.text for fact in heard] == ["where is room one"]
        for _ in range(500):
            if any(turn is not None for _, turn in played):
                break
            time.sleep(0.01)
        assert any(np.abs(samples).max() > 0.01 for samples, turn in played if turn is not None)
        assert line.id == "test"
        line.close()
        line.close()
        assert not box.service.appliance.lines
        with pytest.raises(MailboxClosed):
            while True:
                line.facts.get(timeout_s=1)


def test_a_written_question_is_answered_and_a_second_one_ends_the_reply(tmp_path: Path) -> None:
    answers: list[Exchange] = [("first", ["One two three four five six seven eight nine ten."]), ("second", ["Yes."])]
    with served(tmp_path, [], answers) as box:
        line = opened(box, [])
        line.write("first")
        list(facts_until(line, ReplyThought))
        time.sleep(0.3)
        line.write("second")
        told = list(facts_until(line, ReplyThought))
        assert [type(fact) for fact in told if isinstance(fact, ReplyInterrupted | ReplyThought)] == [
            ReplyInterrupted,
            ReplyThought,
        ]
        line.close()


def test_a_client_whose_sound_cannot_be_sent_loses_its_line_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(samples: Samples, turn: Turn | None) -> None:
        raise BrokenPipeError("my secret illness")

    with served(tmp_path) as box:
        appliance = box.service.appliance
        stays = opened(box, [])
        line = ClientLine(appliance, "test", VOICE_RATE_HZ, gone)
        with pytest.raises(MailboxClosed):
            while True:
                line.facts.get(timeout_s=5)
        with pytest.raises(PortError, match="test-2: the line is closed"):
            line.hear(tone(0.1))
        line.close()
        stays.hear(tone(0.1))
        assert list(appliance.lines) == ["test"] and not appliance.wait(timeout_s=0)
        stays.close()
    assert caplog.text.count("a client's sound could not be sent: BrokenPipeError") == 1
    assert "illness" not in caplog.text
