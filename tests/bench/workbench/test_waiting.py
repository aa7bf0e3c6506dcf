"""The figures of gaps and early replies, from results of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.bench.workbench import waiting
from appliance.core.ports import PortError


def run(gaps: list[float | None], early: int = 0) -> dict[str, object]:
    turns = [{"counted": True, "gap_s": gap, "early": n < early} for n, gap in enumerate(gaps)]
    return {"turns": [*turns, {"counted": False, "gap_s": 9.0, "early": True}], "usage": {"foreign_cores": 0.1}}


def test_the_figures_are_of_all_runs_and_of_turns_that_were_not_cut_off() -> None:
    wait = waiting._wait("pauses", waiting.CLOISTER, [run([0.1, 0.4, 0.6], early=1), run([0.5, None])])
    assert (wait.turns, wait.early, wait.unanswered) == (5, 1, 1)
    assert (wait.mean_s, wait.median_s, wait.others) == pytest.approx((0.5, 0.5, 0.1))
    found = waiting.Waiting((wait,), ("a note",))
    assert "20.0 %" in found.table() and "a note" in found.table()
    assert [row.n for row in found.document()] == [5]


def test_the_picture_shows_every_setting(tmp_path: Path) -> None:
    waits = [waiting._wait("pauses", arm, [run([0.4, 0.6], early=1)]) for arm in waiting.ARMS["pauses"]]
    assert waiting.draw(tmp_path / "wait.svg", waits) is None
    assert (tmp_path / "wait.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_kept_results_are_not_measured_again_and_a_failed_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "KEEP", tmp_path)
    kept = tmp_path / "questions-0-all-Cloister-as_the_box_is_set.json"
    kept.write_text('{"turns": []}', encoding="utf-8")
    arguments = (waiting.CLOISTER, Path("/bin/false"), "questions", 0, Path("box"), Path("shared"), None)
    assert waiting._run(*arguments) == {"turns": []}
    kept.unlink()
    with pytest.raises(PortError, match="Cloister, as the box is set failed; see "):
        waiting._run(*arguments)


@pytest.mark.slow
def test_our_own_run_asks_a_question_in_real_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starter: Path
) -> None:
    """The peers are not installed here, but what all runs share is the same."""
    monkeypatch.setattr(waiting, "KEEP", tmp_path)
    python = waiting._python(waiting.CLOISTER, tmp_path)
    turns = waiting._run(waiting.CLOISTER, python, "questions", 0, starter, tmp_path, 1)["turns"]
    (turn,) = [turn for turn in turns if turn["counted"]]
    assert turn["gap_s"] > 0 and turn["decided"]
