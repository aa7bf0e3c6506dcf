"""What the README shows works: its commands parse, its make targets exist, its site loads."""

import re
import shlex

import pytest

from appliance.cli.main import _parser
from appliance.config.site import load_site
from tests.conftest import CHECKOUT

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.removeprefix("$ ").split("  #")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.startswith("$ ")
]


def test_there_are_commands():
    assert len(COMMANDS) > 8


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("cloister ")])
def test_a_cloister_command_parses(command):
    options = _parser().parse_args(shlex.split(command.split(" #")[0])[1:])
    assert callable(options.verb)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make ")])
def test_a_make_target_exists(command):
    assert re.search(rf"^{command.split()[1]}:", (CHECKOUT / "Makefile").read_text(), re.M)


@pytest.mark.parametrize("path", re.findall(r"`((?:appliance|workbench|models|systemd|ansible|tests)/[^`]*)`", README))
def test_a_named_file_exists(path):
    assert (CHECKOUT / path).exists()


@pytest.mark.parametrize("text", re.findall(r"```yaml\n(.*?)```", README, re.S))
def test_an_example_loads(text, tmp_path):
    (tmp_path / "site.yaml").write_text(text)
    assert load_site(tmp_path / "site.yaml").facts
