"""A new site: it is begun from a template and asked its own questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.bench.questions import Answers
from appliance.bench.site import Miss, SiteFigures
from appliance.cli.check import check_site
from appliance.cli.main import main
from appliance.cli.site import templates
from appliance.config.box import Settings
from appliance.config.site import Site, load_site


@pytest.mark.parametrize("template", templates())
def test_every_template_passes_the_check(template: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "mine.yaml"
    assert main(["site", "new", template, "-o", str(target)]) == 0
    assert not [finding for finding in check_site(target, load_site(target)) if finding.verdict == "fail"]
    assert f"cloister check --site {target}" in capsys.readouterr().out
    assert f"# Check it with: cloister check --site {target}\n" in target.read_text()


def test_an_existing_file_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "mine.yaml"
    target.write_text("mine")
    assert main(["site", "new", "dental", "-o", str(target)]) == 3
    assert target.read_text() == "mine"
    assert capsys.readouterr().err == f"cloister: {target}: is there already; name another file with -o\n"
    assert main(["site", "new", "dental", "-o", str(tmp_path / "no" / "mine.yaml")]) == 3
    assert "cannot be written: No such file or directory" in capsys.readouterr().err


def test_a_site_is_drafted_from_documents(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mill.md").write_text("# The Mill\n\nMon-Fri 9-17\n\nThe cafe is upstairs.\n\nHello!\n")
    (tmp_path / "prices.csv").write_text("Drink,Price\nTea,$2\n")
    (tmp_path / "old.txt").write_text("The tea costs $3.\n")
    target = tmp_path / "mill.yaml"
    files = [str(tmp_path / name) for name in ("mill.md", "prices.csv", "old.txt")]
    assert main(["site", "import", *files, "-o", str(target)]) == 0
    told = capsys.readouterr().out
    assert "3 facts and 1 opening hours" in told
    assert "not taken (1, listed at the end of the file):\n  mill.md, line 7" in told
    site = load_site(target)
    assert site.facts[0].say == "The cafe is upstairs."
    assert site.opening_hours[0].hours["monday-friday"] == "09:00-17:00"
    assert not [finding for finding in check_site(target, site) if finding.verdict == "fail"]
    before = target.read_text()
    assert main(["site", "import", *files, "-o", str(target)]) == 3
    assert target.read_text() == before
    assert "is there already" in capsys.readouterr().err


def test_sources_that_contradict_each_other_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.txt").write_text("The car park costs $2 an hour.\n")
    (tmp_path / "old.txt").write_text("The car park costs $3 an hour.\n")
    target = tmp_path / "x.yaml"
    assert main(["site", "import", str(tmp_path / "new.txt"), str(tmp_path / "old.txt"), "-o", str(target)]) == 0
    assert "old.txt, line 1 contradicts new.txt, line 1" in capsys.readouterr().out
    assert target.read_text().count("# contradiction: ") == 2


def test_documents_that_hold_nothing_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.md").write_text("Hello!\n")
    assert main(["site", "import", str(tmp_path / "a.md"), "-o", str(tmp_path / "x.yaml")]) == 3
    assert "nothing in it could be taken" in capsys.readouterr().err
    assert main(["site", "import", str(tmp_path / "a.xls"), "-o", str(tmp_path / "x.yaml")]) == 2
    assert not (tmp_path / "x.yaml").exists()


def test_a_site_is_tested_with_its_own_questions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a figure is made of is tested with its module."""
    target, missed = tmp_path / "mine.yaml", [False]
    assert main(["site", "new", "dental", "-o", str(target)]) == 0
    answers = Answers(1, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    miss = Miss("do you pull teeth", "pulling", "no answer", "I don't know that.")

    def evaluate(settings: Settings, site: Site, questions: Path | None, limit: int | None) -> SiteFigures:
        assert (site.name, questions, limit) == (load_site(target).name, tmp_path / "more.yaml", 3)
        return SiteFigures(site.name, answers, None, (miss,) if missed[0] else ())

    monkeypatch.setattr("appliance.bench.site.evaluate", evaluate)
    monkeypatch.setattr("appliance.cli.site_test.seal_process", lambda: None)
    command = ["site", "test", "--site", str(target), "--questions", str(tmp_path / "more.yaml"), "--limit", "3"]
    assert main(command) == 0
    missed[0] = True
    assert main(command) == 1
    assert "'do you pull teeth' (pulling): no answer" in capsys.readouterr().out
