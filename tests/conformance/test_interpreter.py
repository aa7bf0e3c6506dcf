"""The ``Interpreter`` port. Whether the answers are good is measured, not tested."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.core.facts import Message
from appliance.core.ports import MOST_CANDIDATES, AskCosts, Interpreter
from appliance.core.turn import Turn
from appliance.engines.llm import llama
from appliance.engines.llm.interpreter import LlamaInterpreter
from appliance.engines.llm.llama import LlamaModel
from tests.conformance.threads import at_once
from tests.conftest import REAL_MODELS
from tests.engines.llm.test_llama import MODEL, settings
from tests.engines.llm.tiny import Tiny, make
from tests.fakes import ScriptedInterpreter

HISTORY = [
    Message("user", "who is the doctor for hearts"),
    Message("assistant", "For the heart, please see Doctor Chen."),
]
LINE = "when is she in"
COMPLETE = "when is doctor chen in"
CANDIDATES = ["when is the pharmacy open", "when is doctor chen here", "where is the heart clinic"]


@dataclass(frozen=True)
class Case:
    """An interpreter."""

    name: str
    open: Callable[[Path], Interpreter]
    """it is given a folder of its own"""
    needs: Path | None = None
    """a file of somebody else's"""

    def __str__(self) -> str:
        return self.name


def of(model: Path) -> Interpreter:
    return LlamaInterpreter(LlamaModel(settings(model)).session())


def real(name: str) -> Case:
    path = Path(REAL_MODELS) / name
    return Case(name, lambda _: of(path), path)


CASES = [
    Case("fake", lambda _: ScriptedInterpreter({LINE: COMPLETE}, {LINE: CANDIDATES[1]})),
    Case("starter", lambda _: of(MODEL)),
    Case("random weights", lambda folder: of(make(folder / "tiny.gguf", Tiny()))),
    Case("random weights, recurrent", lambda folder: of(make(folder / "tiny.gguf", Tiny(architecture="mamba")))),
    real("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"),
    real("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
]


@pytest.fixture(scope="module", params=CASES, ids=str)
def interpreter(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    case: Case = request.param
    if case.needs is not None and not (REAL_MODELS and case.needs.is_file()):
        pytest.skip(f"needs {case.needs.name} in the folder that CLOISTER_REAL_MODELS names")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(llama, "ASK_TOKENS", 2048)  # random weights have a token for each byte
        return case.open(tmp_path_factory.mktemp("model"))


def cancelled() -> Turn:
    turn = Turn(2)
    turn.cancel()
    return turn


def test_what_a_call_costs_is_known_or_it_must_not_be_made(interpreter: Interpreter) -> None:
    assert type(interpreter.costs) is AskCosts
    assert all(cost is None or cost > 0 for cost in (interpreter.costs.rewrite_s, interpreter.costs.judge_s))


@pytest.mark.parametrize("line", [LINE, "and on sundays", "Where IS it?", "zq"])
def test_a_rewritten_line_is_a_question_in_lower_case_without_marks(interpreter: Interpreter, line: str) -> None:
    answer = interpreter.rewrite(HISTORY, line, Turn(1))
    assert answer is None or (answer != line and re.fullmatch(r"[a-z0-9'ß-öø-ÿ-]+( [a-z0-9'ß-öø-ÿ-]+)+", answer))
    assert interpreter.rewrite(HISTORY, line, Turn(1)) == answer


@pytest.mark.parametrize("count", [1, 3, MOST_CANDIDATES])
def test_a_judgement_is_a_distribution_over_the_candidates_and_none(interpreter: Interpreter, count: int) -> None:
    candidates = [CANDIDATES[n % 3] for n in range(count)]
    judged = interpreter.judge(LINE, candidates, Turn(1))
    assert len(judged) in (0, count + 1)
    assert all(type(one) is float and one <= 0 for one in judged)
    assert not judged or sum(map(math.exp, judged)) == pytest.approx(1)
    assert interpreter.judge(LINE, candidates, Turn(1)) == judged


@pytest.mark.parametrize("count", [0, MOST_CANDIDATES + 1])
def test_too_few_and_too_many_candidates_are_an_error(interpreter: Interpreter, count: int) -> None:
    with pytest.raises(ValueError, match="candidates"):
        interpreter.judge(LINE, ["where is it"] * count, Turn(1))


def test_a_cancelled_turn_gives_nothing_and_the_next_is_as_ever(interpreter: Interpreter) -> None:
    rewritten, judged = interpreter.rewrite(HISTORY, LINE, Turn(1)), interpreter.judge(LINE, CANDIDATES, Turn(1))
    assert interpreter.rewrite(HISTORY, LINE, cancelled()) is None
    assert not interpreter.judge(LINE, CANDIDATES, cancelled())
    assert interpreter.rewrite(HISTORY, LINE, Turn(3)) == rewritten
    assert interpreter.judge(LINE, CANDIDATES, Turn(3)) == judged


def test_what_does_not_fit_gives_nothing(interpreter: Interpreter) -> None:
    assert interpreter.rewrite(HISTORY, "where is it " * 1000, Turn(1)) is None
    assert not interpreter.judge("where is it " * 1000, CANDIDATES, Turn(1)) or type(interpreter) is ScriptedInterpreter
    assert interpreter.rewrite([], "", Turn(1)) is None


def test_calls_in_several_threads_give_the_results_of_one(interpreter: Interpreter) -> None:
    rewritten, judged = interpreter.rewrite(HISTORY, LINE, Turn(1)), interpreter.judge(LINE, CANDIDATES, Turn(1))
    works: list[Callable[[], object]] = [
        lambda: interpreter.rewrite(HISTORY, LINE, Turn(1)),
        lambda: interpreter.judge(LINE, CANDIDATES, Turn(1)),
    ]
    assert at_once(works * 2) == [rewritten, judged] * 2
