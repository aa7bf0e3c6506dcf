"""Every command and every line of an attestation that the auditor's page names exists."""

from __future__ import annotations

import itertools
import re
import shlex

import pytest

from appliance.attestation.checks import CHECKS
from appliance.cli.main import parser
from appliance.config.box import AuditSettings, OperatorSettings
from appliance.config.site import Privacy
from tests.conftest import CHECKOUT

PAGE = (CHECKOUT / "systemd" / "AUDITOR.md").read_text()
BESIDE = (CHECKOUT / "systemd" / "SECURITY.md").read_text() + (CHECKOUT / "systemd" / "COMPARISON.md").read_text()
BLOCKS = re.findall(r"```console\n(.*?)```", PAGE, re.S)
TYPED = [line for block in BLOCKS for line in block.splitlines() if not line.startswith("#")]
SPANS = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", PAGE, flags=re.S))
OURS = sorted(
    {text for text in (*TYPED, *SPANS, *re.findall(r"`([^`\n]+)`", BESIDE)) if re.match(r"cloister \w", text)}
)
OTHERS = {
    *("jq", "base64", "openssl", "sed", "tr", "sha256sum", "tail"),
    *("cd", "find", "sort", "grep", "cat", "comm", "dpkg", "minisign"),
}
"""programs of the box's own system, or of the auditor's medium"""


def test_there_are_commands_to_check() -> None:
    assert len(OURS) >= 12 and len(TYPED) >= 10


@pytest.mark.parametrize("command", OURS)
def test_our_commands_exist(command: str) -> None:
    options = parser().parse_args(shlex.split(command)[1:])
    assert callable(options.verb)


def test_the_reader_knows_a_command_that_does_not_exist() -> None:
    """Control."""
    with pytest.raises(SystemExit):
        parser().parse_args(["audit", "forge"])


def test_the_other_commands_are_those_of_any_system() -> None:
    programs = set()
    for line in TYPED:
        words = shlex.split(re.sub(r"('[^']*'|\"[^\"]*\")| [|] ", _bar, line))
        programs |= {word for before, word in itertools.pairwise(["|", *words]) if before == "|"}
    assert programs - {"cloister"} == OTHERS


def _bar(match: re.Match[str]) -> str:
    """Make a bar between commands a word of its own. One within a text stays."""
    return match[1] or " '|' "


def named_lines(page: str) -> set[str]:
    spans = re.findall(r"lines? ((?:`[^`]+`(?:, )?)+)", page)
    named = {name for part in spans for name in re.findall(r"`([^`]+)`", part)}
    return {name for name in named if not name.startswith("cloister ")}


def test_the_lines_that_the_page_names_are_in_a_report() -> None:
    assert named_lines("see line `unit`, `probe`; and lines `absent`") == {"unit", "probe", "absent"}, "control"
    named = named_lines(PAGE)
    assert len(named) >= 10
    assert named <= set(CHECKS)


def test_the_page_explains_the_lines_about_unsigned_code() -> None:
    explained = set(re.findall(r"^- `([^`]+)`:", PAGE, re.M))
    assert explained == {"unit", "environment", "executable memory", "writing", "probe"}
    assert explained <= set(CHECKS)


@pytest.mark.parametrize(
    ("section", "record", "least"),
    [("operators", OperatorSettings(), 1), ("privacy", Privacy(), 1), ("audit", AuditSettings(), 1)],
)
def test_the_settings_that_the_page_names_exist(section: str, record: object, least: int) -> None:
    names = set(re.findall(rf"`{section}\.(\w+)`", PAGE)) - {"jsonl"}
    assert len(names) >= least
    assert not [name for name in names if not hasattr(record, name)]
    assert not hasattr(record, "forged"), "control"


def test_the_events_and_files_that_the_page_names_are_the_code_s() -> None:
    source = "".join(path.read_text() for path in (CHECKOUT / "appliance").rglob("*.py"))
    for name in ("calendar ahead", "claims_to_be", "clock.json", "--max-age", "loginuid"):
        assert name in PAGE and name in source


def test_the_security_page_is_short_and_its_tests_exist() -> None:
    assert len((CHECKOUT / "systemd" / "SECURITY.md").read_bytes()) <= 8000
    named = re.findall(r"tests/[\w/]+\.py", BESIDE)
    assert named and all((CHECKOUT / name).is_file() for name in named)
