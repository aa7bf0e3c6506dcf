"""What an interpreter does with the session of its line: what it costs, and how its judgement is calibrated."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.core.calibration import Calibration
from appliance.core.facts import Message
from appliance.core.ports import AskCosts
from appliance.core.turn import Turn
from appliance.engines.llm import llama, measured
from appliance.engines.llm.interpreter import LlamaInterpreter
from appliance.engines.llm.llama import LlamaModel, LlamaSession
from appliance.engines.llm.measured import Measured
from tests.engines.llm.test_llama import SYSTEM, settings
from tests.engines.llm.tiny import Tiny, make

HISTORY = [Message("user", "where is the cafe"), Message("assistant", "In the hall.")]
CANDIDATES = ["where is the cafe", "when is it open", "who cooks"]


@pytest.fixture(params=["llama", "mamba"])
def model(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LlamaModel:
    """Random weights that are said to be good for everything."""
    monkeypatch.setattr(llama, "ASK_TOKENS", 2048)
    path = make(tmp_path / "tiny.gguf", Tiny(architecture=request.param))
    measured.write(tmp_path, path, Measured(known=Calibration(0.5, 1.0), among=0.5, costs=AskCosts(1.0, 1.0)))
    return LlamaModel(replace(settings(path), prepared=tmp_path))


def asked(interpreter: LlamaInterpreter, session: LlamaSession) -> tuple[object, object, int]:
    """A rewritten line, a judgement, and the tokens that both evaluate."""
    before = session.evaluated_tokens
    rewritten = interpreter.rewrite(HISTORY, "and when", Turn(1))
    return rewritten, interpreter.judge("and when", CANDIDATES, Turn(1)), session.evaluated_tokens - before


def test_the_fixed_words_are_read_once_for_all_visitors_and_lines(model: LlamaModel) -> None:
    session = model.session()
    interpreter = LlamaInterpreter(session)
    fixed = sum(len(beginning.tokens) for beginning in model.beginnings.values())
    assert fixed == session.evaluated_tokens > 1000
    first = asked(interpreter, session)
    session.prefill([SYSTEM], "i have a secret", Turn(1))
    session.forget([])
    next_visitor = asked(interpreter, session)
    other = model.session()
    other_line = asked(LlamaInterpreter(other), other)
    for rewritten, judged, cost in (next_visitor, other_line):
        assert (rewritten, cost) == (first[0], first[2])
        assert judged == pytest.approx(first[1], abs=1e-4), "but for the order of sums"
    assert first[2] < fixed / 4
    again = asked(interpreter, session)[2]
    assert again <= next_visitor[2], "a model that cannot forget a part keeps the fixed words"


def test_what_a_visitor_said_is_forgotten_with_the_rest(model: LlamaModel) -> None:
    session = model.session()
    interpreter = LlamaInterpreter(session)
    interpreter.judge("i have a secret", CANDIDATES, Turn(1))
    assert b"secret" in written(session), "control"
    session.forget([])
    assert b"secret" not in written(session)
    assert all(
        session._lib.llama_memory_seq_pos_max(session._memory, sequence.number) == len(sequence.cached) - 1
        for sequence in session._sequences.values()
    )


def written(session: LlamaSession) -> bytes:
    cached = [token for sequence in session._sequences.values() for token in sequence.cached]
    return b"".join(session._vocabulary.piece(token) for token in cached)


def test_a_judgement_is_calibrated(model: LlamaModel) -> None:
    interpreter = LlamaInterpreter(model.session())
    *own, own_none = interpreter.opinion("and when", CANDIDATES, Turn(1))
    *judged, none = interpreter.judge("and when", CANDIDATES, Turn(1))
    known = math.log(sum(map(math.exp, own))) - own_none
    assert math.log(sum(map(math.exp, judged))) - none == pytest.approx(0.5 * known + 1.0)
    assert judged[0] - judged[1] == pytest.approx(0.5 * (own[0] - own[1]))
