"""The meter by which a language model's calls are timed, and what the operator is told of its skills."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from appliance.brain.aptitude import Verdict
from appliance.engines.llm.llama import LlamaSession
from appliance.runtime.aptitude import ProcessorMeter, _verdict


class Session:
    threads = 4

    def __init__(self) -> None:
        self.alone = False

    @contextmanager
    def on_one_thread(self) -> Iterator[None]:
        self.alone = True
        yield
        self.alone = False


def waits() -> None:
    """A busy neighbour has the processor for 50 ms."""
    time.sleep(0.05)


def works() -> None:
    begun = time.thread_time()
    while time.thread_time() - begun < 0.02:
        pass


@pytest.mark.parametrize(
    ("call", "gpu", "least_s", "most_s"),
    [
        (waits, False, 0.0, 0.04 / Session.threads),
        (works, False, 0.02 / Session.threads, 0.04 / Session.threads),
        (waits, True, 0.05, float("inf")),
    ],
    ids=["waiting costs nothing", "work is shared by the threads", "a GPU's work is waited for"],
)
def test_a_call_costs_the_processor_time_of_the_threads(
    call: Callable[[], None], gpu: bool, least_s: float, most_s: float
) -> None:
    session = Session()
    meter = ProcessorMeter(cast(LlamaSession, session), gpu=gpu)
    alone, cost_s = meter(lambda: (call(), session.alone)[1])
    assert alone and not session.alone
    assert least_s <= cost_s < most_s


@pytest.mark.parametrize(
    ("verdict", "says", "never"),
    [
        ("useful", "80% right, in 2.0 s; used", "not"),
        ("not good enough", "80% right, in 2.0 s; not good enough, so not used", "slow"),
        ("too slow", "too slow: 2.0 s", "%"),
        ("cannot be asked", "not measured", "%"),
    ],
)
def test_the_operator_is_told_whether_a_model_was_wrong_or_slow(verdict: Verdict, says: str, never: str) -> None:
    told = _verdict(verdict, 2.0, "80% right")
    assert says in told and never not in told
