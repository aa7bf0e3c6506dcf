"""A new site: it is begun from a template and asked its own questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.cli.check import check_site
from appliance.cli.main import main
from appliance.cli.site import templates
from appliance.config.site import load_site


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
