"""Calls for help: kept until they are made, once for many, also across a restart."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from appliance.core.facts import ToolResult
from appliance.core.ports import PortError
from appliance.runtime.errands import FUNCTIONS, Errands


class Pager:
    """A pager whose calls each wait for the test, and end as the script says. Without a script they succeed."""

    name = "pager"

    def __init__(self, *script: ToolResult | Exception, waits: bool = False) -> None:
        self._script = list(script)
        self._let = threading.Semaphore(0) if waits else None
        self.calls: list[str] = []
        self.begun = threading.Semaphore(0)

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        self.calls.append(function)
        self.begun.release()
        if self._let is not None:
            assert self._let.acquire(timeout=20)
        result = self._script.pop(0) if self._script else ToolResult(True, "done")
        if isinstance(result, Exception):
            raise result
        return result

    def let_through(self, calls: int = 1) -> None:
        assert self._let is not None
        self._let.release(calls)


@contextmanager
def at_work(errands: Errands) -> Iterator[None]:
    threads = [threading.Thread(target=errands.run, args=(function, lambda: None)) for function in FUNCTIONS]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        errands.close()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(4000):
        if condition():
            return
        threading.Event().wait(0.005)
    pytest.fail("it never came to be")


def test_calls_of_a_kind_are_merged_while_one_waits(tmp_path: Path) -> None:
    pager = Pager(waits=True)
    errands = Errands({"pager": pager}, tmp_path)
    with at_work(errands):
        errands.put("pager", "alarm")
        assert pager.begun.acquire(timeout=20)
        for _ in range(1000):
            errands.put("pager", "alarm")
        assert errands.busy
        pager.let_through(2)
        wait_until(lambda: not errands.busy)
    assert pager.calls == ["alarm"] * 2, "the one that was under way, and one for the thousand after it"


def test_a_slow_call_does_not_delay_calls_of_another_kind(tmp_path: Path) -> None:
    pager = Pager(waits=True)
    errands = Errands({"pager": pager}, tmp_path)
    with at_work(errands):
        errands.put("pager", "call_person")
        assert pager.begun.acquire(timeout=20)
        errands.put("pager", "alarm")
        assert pager.begun.acquire(timeout=20), "while the other is still not answered"
        pager.let_through(2)
    assert pager.calls == ["call_person", "alarm"]


@pytest.mark.parametrize(
    "failure",
    [PortError("took longer than 5 s"), ToolResult(False, "nobody is there"), KeyError("a fault of the tool")],
)
def test_a_call_is_tried_until_it_succeeds(
    tmp_path: Path, failure: ToolResult | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    pager = Pager(*[failure] * 4)
    errands = Errands({"pager": pager}, tmp_path, retry_s=0.001)
    with at_work(errands):
        errands.put("pager", "alarm")
        wait_until(lambda: len(pager.calls) == 5 and not (tmp_path / "errands.json").exists())
    assert pager.calls == ["alarm"] * 5
    assert caplog.text.count("it is called again") == 4


def test_a_call_that_waits_for_a_retry_does_not_count_as_busy(tmp_path: Path) -> None:
    """Otherwise a recording that is replayed faster than real time would wait for it."""
    pager = Pager(*[PortError("no answer")] * 9)
    errands = Errands({"pager": pager}, tmp_path, retry_s=60)
    with at_work(errands):
        errands.put("pager", "alarm")
        wait_until(lambda: bool(pager.calls) and not errands.busy)
    assert pager.calls == ["alarm"], "and the end does not wait for it either"


def test_an_unfinished_call_is_made_after_a_restart(tmp_path: Path) -> None:
    dead = Errands({"pager": Pager(PortError("no answer"))}, tmp_path, retry_s=60)
    with at_work(dead):
        dead.put("pager", "alarm")
        wait_until(lambda: not dead.busy)
    assert json.loads((tmp_path / "errands.json").read_text()) == [["pager", "alarm"]]
    pager = Pager()
    with at_work(Errands({"pager": pager}, tmp_path)):
        wait_until(lambda: not (tmp_path / "errands.json").exists())
    assert pager.calls == ["alarm"]
    with at_work(Errands({"pager": pager}, tmp_path)):
        pass
    assert pager.calls == ["alarm"], "once"


def test_a_call_is_on_the_disk_before_it_is_tried(tmp_path: Path) -> None:
    """The process may be killed while the tool is at work."""
    pager = Pager(waits=True)
    errands = Errands({"pager": pager}, tmp_path)
    with at_work(errands):
        errands.put("pager", "alarm")
        assert pager.begun.acquire(timeout=20)
        assert json.loads((tmp_path / "errands.json").read_text()) == [["pager", "alarm"]]
        pager.let_through()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"{}",
        b"3",
        b"[3, null, [], {}]",
        b"[" * 100_000,
        b'[["gone", "alarm"], ["pager", "open_the_safe"], ["pager"], ["pager", "alarm", "x"], [[], {}]]',
        b"\xff\xfe",
    ],
)
def test_a_damaged_file_of_calls_makes_no_call(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "errands.json").write_bytes(content)
    pager = Pager()
    with at_work(Errands({"pager": pager}, tmp_path)):
        pass
    assert pager.calls == []


def test_a_call_that_cannot_be_saved_is_made(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "errands.new").mkdir()
    pager = Pager()
    errands = Errands({"pager": pager}, tmp_path)
    with at_work(errands):
        errands.put("pager", "alarm")
        wait_until(lambda: pager.calls == ["alarm"] and not errands.busy)
    assert "are not kept" in caplog.text


def test_without_a_state_folder_nothing_is_written(tmp_path: Path) -> None:
    pager = Pager(PortError("no answer"))
    errands = Errands({"pager": pager}, tmp_path / "none", retry_s=60)
    with at_work(errands):
        errands.put("pager", "alarm")
        wait_until(lambda: pager.calls == ["alarm"] and not errands.busy)
    assert list(tmp_path.iterdir()) == []
