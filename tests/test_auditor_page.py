"""Every command on the auditor's page exists, and every line of an attestation that it names."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest

from appliance import attest
from appliance.cli import _parser
from appliance.config import OperatorSettings, Privacy
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "systemd" / "AUDITOR.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.S)
TYPED = [line for block in BLOCKS for line in block.splitlines() if not line.startswith("#")]
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.S))
OURS = sorted({text for text in (*TYPED, *SPANS) if re.match(r"cloister ", text)})
OTHERS = {
    *("jq", "base64", "openssl", "sed", "tr", "sha256sum"),
    *("cd", "find", "sort", "grep", "cat", "comm", "dpkg", "minisign"),
}
"""programs of the box's own system, or of the auditor's medium"""


def test_there_are_commands_to_check() -> None:
    assert len(OURS) >= 12 and len(TYPED) >= 10


@pytest.mark.parametrize("command", OURS)
def test_our_commands_exist(command: str) -> None:
    options = _parser().parse_args(shlex.split(command)[1:])
    assert callable(options.verb)


def test_the_reader_knows_a_command_that_does_not_exist() -> None:
    """Control."""
    with pytest.raises(SystemExit):
        _parser().parse_args(["audit", "forge"])


def test_the_other_commands_are_those_of_any_system() -> None:
    programs = set()
    for line in TYPED:
        words = shlex.split(re.sub(r"('[^']*'|\"[^\"]*\")| [|] ", _bar, line))
        programs |= {word for before, word in itertools.pairwise(["|", *words]) if before == "|"}
    assert programs - {"cloister"} == OTHERS


def _bar(match: re.Match[str]) -> str:
    """A bar between commands as a word of its own; one within a text stays."""
    return match[1] or " '|' "


def test_the_lines_that_the_page_names_are_in_a_report() -> None:
    source = (CHECKOUT / "appliance" / "attest.py").read_text()
    named = {
        name for part in re.findall(r"lines? ((?:`[^`]+`(?:, )?)+)", PAGE) for name in re.findall(r"`([^`]+)`", part)
    }
    assert len(named) >= 10
    missing = {name for name in named if f'"{name}"' not in source}
    assert not missing
    assert attest.FORMAT


def test_the_settings_that_the_page_names_exist() -> None:
    for name in re.findall(r"`operators\.(\w+)`", PAGE):
        assert hasattr(OperatorSettings(), name)
    for name in re.findall(r"`privacy\.(\w+)`", PAGE):
        assert hasattr(Privacy(), name)
