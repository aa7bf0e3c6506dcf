"""The command as an operator meets it: exit codes, one line for a mistake, no traceback."""

import re
import subprocess
import sys

import pytest

from appliance.cli.main import main, parser
from tests.cli.command import cloister
from tests.conftest import CHECKOUT


def test_help_names_every_verb():
    text = cloister("--help").stdout
    verbs = "run status demo talk chat replay check devices models say transcribe evaluate bench"
    for verb in [*verbs.split(), *"audit attest fleet operator keys appointments".split()]:
        assert re.search(rf"^    {verb}\s", text, re.M), verb


def test_the_command_line_imports_no_numpy():
    code = "import sys, appliance.cli.main; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False).returncode == 0


def test_every_file_that_declares_a_verb_is_collected():
    files = (CHECKOUT / "appliance" / "cli").glob("*.py")
    declaring = {path.stem for path in files if "def declare(verbs: Verbs) -> None:" in path.read_text()}
    (collected,) = [action.choices for action in parser()._actions if isinstance(action.choices, dict)]
    assert set(collected) == declaring and len(declaring) > 20


def test_an_unknown_verb_is_wrong_input():
    assert cloister("sing").returncode == 2


@pytest.mark.parametrize("verb", [["check"], ["run"], ["replay", "x.wav"], ["say", "x"], ["transcribe", "x.wav"]])
def test_a_broken_configuration_is_named_with_its_line_by_every_verb(verb, tmp_path):
    config = tmp_path / "cloister.yaml"
    config.write_text("site: site.yaml\nears: {}\nbrain: {model: m}\nvoice: {model: v}\n")
    done = cloister(*verb, "--config", config)
    said = done.stdout + done.stderr
    assert f"{config}:2: ears: there is no such field; did you mean 'ear'?" in said
    assert done.returncode == 2
    assert "Traceback" not in said


def test_an_internal_fault_is_one_line_that_quotes_nothing(monkeypatch, capsys, tmp_path):
    def broken(_):
        raise KeyError("my secret illness")

    monkeypatch.setattr("appliance.cli.status.load_settings", broken)
    assert main(["status", "--config", "x"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert (
        line.startswith("cloister: a fault of ours: KeyError in appliance.cli.status, line ") and "illness" not in line
    )
    monkeypatch.setenv("CLOISTER_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main(["status", "--config", "x"])
