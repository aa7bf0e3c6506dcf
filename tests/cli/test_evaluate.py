"""``cloister evaluate``: options that do not fit its part."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.cli.main import main


@pytest.mark.parametrize(
    ("option", "parts"),
    [
        (["--half", "dev"], "--half, --show and --resume are for `conversation` alone"),
        (["--resume", "dev.jsonl"], "--half, --show and --resume are for `conversation` alone"),
        (["--show", "dev.txt"], "--half, --show and --resume are for `conversation` alone"),
        (["--spoken"], "--spoken is for `conversation` and `emergencies` alone"),
    ],
)
def test_options_of_some_parts_are_refused_elsewhere(
    option: list[str], parts: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "brain", *option]) == 2
    assert capsys.readouterr().err == f"cloister evaluate brain: {parts}\n"


@pytest.mark.parametrize("option", [["--half", "dev"], ["--show", "dev.txt"]])
def test_emergencies_are_spoken_and_not_held(option: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "emergencies", "--spoken", *option]) == 2
    assert capsys.readouterr().err == (
        "cloister evaluate emergencies: --half, --show and --resume are for `conversation` alone\n"
    )


def test_the_held_out_half_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show = tmp_path / "test.txt"
    assert main(["evaluate", "conversation", "--half", "test", "--show", str(show)]) == 2
    assert "--show writes the dev half" in capsys.readouterr().err
    assert not show.exists()
