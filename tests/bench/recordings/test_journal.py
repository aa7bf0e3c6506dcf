"""What a run that was killed leaves behind, and the next one makes of it."""

from __future__ import annotations

import io
import stat
from pathlib import Path

import pytest

from appliance.bench.recordings.journal import Journal, forget
from appliance.bench.recordings.progress import Progress
from appliance.core.ports import PortError


def test_results_are_there_in_the_next_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "work", "x")
    journal.put("a", {"text": "naïve \n line"})
    journal.put("b", {"text": ""})
    journal.close()
    again = Journal(tmp_path / "work", "x")
    assert (again.get("a"), again.get("b"), again.get("c"), len(again)) == (
        *({"text": "naïve \n line"}, {"text": ""}, None, 2),
    )
    again.close()


def test_all_journals_are_forgotten_and_other_files_stay(tmp_path: Path) -> None:
    for name in ("a" * 32, "answers-" + "0" * 32):
        Journal(tmp_path, name).close()
    (tmp_path / "manifest.jsonl").write_text("mine")
    (tmp_path / "prepared" / "x").mkdir(parents=True)
    forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.jsonl"]
    forget(tmp_path / "none")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    Journal(tmp_path / "work", "x").close()
    assert stat.S_IMODE((tmp_path / "work" / "x.jsonl").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "work").stat().st_mode) == 0o700


def test_a_line_that_a_kill_tore_is_made_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "x")
    journal.put("a", {"n": 1})
    journal.put("b", {"n": 2})
    journal.close()
    path = tmp_path / "x.jsonl"
    path.write_bytes(path.read_bytes()[:-5])
    torn = Journal(tmp_path, "x")
    assert (torn.get("a"), torn.get("b")) == ({"n": 1}, None)
    torn.put("b", {"n": 2})
    torn.close()
    assert Journal(tmp_path, "x").get("b") == {"n": 2}


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PortError, match="name another folder with --work"):
        Journal(tmp_path / "file" / "work", "x")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_a_terminal_alone() -> None:
    terminal, file = Terminal(), io.StringIO()
    for to in (terminal, file):
        with pytest.raises(PortError), Progress("hearing", 2, to) as progress:
            progress.step(kept=True)
            progress.step()
            raise PortError("a file is damaged")
    assert terminal.getvalue().startswith("\rhearing [") and "2 of 2" in terminal.getvalue()
    assert terminal.getvalue().endswith("\n"), "the error has a line of its own"
    assert file.getvalue() == ""
