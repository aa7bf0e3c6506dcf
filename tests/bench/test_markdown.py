"""A table of figures names what makes it reproducible."""

from __future__ import annotations

import types
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import pytest

from appliance.bench.markdown import Measured, Row, markdown, percent
from appliance.bench.workbench import consent, emergencies, language
from appliance.bench.workbench.spoken import HearingCounts
from appliance.cli.main import main
from appliance.config.box import load_settings
from appliance.config.site import load_site
from tests.conftest import CHECKOUT

NOWHERE = Path("/nonexistent")


class Two:
    """Two figures."""

    def table(self) -> str:
        return ""

    def document(self) -> Iterable[Row]:
        return [Row("first sound, median", "61 ms", 21), Row("a|b", "2 %")]


def test_a_table_has_command_date_machine_and_sample_sizes() -> None:
    assert markdown("cloister bench gap", Two(), date(2026, 11, 28), on="2 x Abacus") == (
        "`cloister bench gap`, 2026-11-28, 2 x Abacus:\n\n"
        "| what | figure | n |\n|---|---|---|\n| first sound, median | 61 ms | 21 |\n| a\\|b | 2 % |  |"
    )


def test_a_share_of_an_empty_sample_is_none() -> None:
    assert (percent(183, 213), percent(0, 0)) == ("85.9 %", "-")


PAGE = (CHECKOUT / "appliance" / "bench" / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("module", [consent, emergencies, language])
def test_the_table_in_the_document_equals_a_new_measurement(
    module: types.ModuleType, shared: Path, starter: Path
) -> None:
    """No clock and no draw changes these figures. If the outcome differs, write the table again."""
    settings = load_settings(starter)
    measured = module.evaluate(settings, load_site(settings.site), shared.parent, None)
    command = f"cloister evaluate {module.__name__.rsplit('.', 1)[-1]}"
    _, *rows = markdown(command, measured, date.today()).splitlines()
    assert "\n".join(rows) in PAGE, f"write it again: {command} --markdown"


def measured_by_language() -> Measured:
    return language.measure(NOWHERE, limit=2)


def measured_by_consent() -> Measured:
    told = consent.Told({"agree": 2}, {"agree": 1}, ())
    return consent.ConsentFigures({"sheet": told}, consent.Confirmations(4, (), 2, 1))


def measured_by_emergencies() -> Measured:
    counts = emergencies.AlarmCounts(said=3, missed=("help",), quiet=2, raised=(), early=())
    sheets = dict.fromkeys(emergencies.SHEETS, counts)
    heard = {name: HearingCounts() for name in sheets}
    return emergencies.EmergencyFigures(sheets, sheets, sheets, heard, counts)


@pytest.mark.parametrize("measure", [measured_by_language, measured_by_consent, measured_by_emergencies])
def test_every_row_has_a_figure(measure: type[Measured]) -> None:
    rows = list(measure().document())
    assert rows and all(row.what and row.figure for row in rows)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.cli.evaluate.seal_process", lambda: None)
    assert main(["evaluate", "language", "--limit", "2", "--shared", str(NOWHERE), "--markdown"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("`cloister evaluate language --limit 2`, 20")
    assert "| what | figure | n |" in printed and "| all | " in printed
