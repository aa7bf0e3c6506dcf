"""Authors copy the sites of the cookbook, so these have no mistake and no warning, and give the promised replies."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.cli.check import check_site
from appliance.config.site import ToolSettings, load_site
from appliance.tools.executable import Executable
from tests.cli.command import cloister
from tests.conftest import CHECKOUT

COOKBOOK = CHECKOUT / "appliance" / "sites" / "cookbook"
SITES = sorted(path.stem for path in COOKBOOK.glob("*.yaml"))
HERE: Mapping[str, str] = {
    "/usr/local/libexec/cloister": str(COOKBOOK / "tools"),
    "/opt/cloister/current/venv/bin/python3": sys.executable,
    '/usr/bin/aplay, -q, "-"': "/bin/cat",
}
"""programs and paths of a box that the sites name, and their substitutes in a checkout without a sound card"""

SAID: Mapping[str, tuple[tuple[str, str], ...]] = {
    "reception": (
        ("are you recording me", "Nothing leaves this box"),
        ("are you open at Christmas", "the reception is closed"),
        ("can I speak to a person", "Please ring the bell"),
    ),
    "dental": (
        ("I need an appointment with Doctor Nguyen", "On which day?"),
        ("tomorrow", "At what time?"),
        ("ten o'clock", "What is your name"),
        ("Anna Clark", "for Anna Clark. Shall I book it?"),
        ("yes please", "Your appointment with Doctor Nguyen"),
        ("my gums are bleeding", "I don't know that"),
    ),
    "library": (
        ("how many weeks can I have this book", "three weeks"),
        ("how late is the reading room open on friday", "one in the morning"),
    ),
    "trading-desk": (
        ("when do bonds settle", "two days"),
        ("I want to leave a message for compliance", "Who is it from?"),
        ("Anna Berg", "What is the message?"),
        ("the fax is broken", "Shall I leave it?"),
        ("yes", "I have left your message"),
    ),
    "shared-office": (
        ("where can I print a document", "copy room"),
        ("I need a meeting room for tomorrow", "At what time?"),
        ("ten o'clock", "For how many people?"),
        ("thirteen", "With a screen"),
        ("with a screen", "Shall I book it?"),
        ("yes please", "There is no such room then. For how many people?"),
        ("twelve", "for 12 people"),
        ("yes please", "The room Cedar is yours"),
        ("I need a meeting room for tomorrow", "At what time?"),
        ("ten o'clock", "For how many people?"),
        ("nine people", "With a screen"),
        ("without a screen", "Shall I book it?"),
        ("yes please", "There is no such room then. What shall I change?"),
        ("for six people", "for 6 people"),
        ("yes please", "The room Birch is yours"),
    ),
    "factory": (
        ("where do I unload this", "gate two"),
        ("the fire is on", "I don't know that"),
        ("there is a gas leak", "I am ringing the bell"),
        ("I want to speak to the porter", "I am calling the porter"),
    ),
}
"""the words said to each site, line by line, and the words that the reply must hold"""


def run(*arguments: str) -> str:
    done = cloister(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The site file of the test's parameter, with the paths of this machine in place of those of a box."""
    text = (COOKBOOK / f"{request.param}.yaml").read_text(encoding="utf-8")
    for there, here in HERE.items():
        text = text.replace(there, here)
    path = tmp_path / "site.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_there_is_one_for_each_trade() -> None:
    assert sorted(SAID) == SITES


@pytest.mark.parametrize("name", SITES)
def test_the_site_loads_without_a_warning(name: str) -> None:
    path = COOKBOOK / f"{name}.yaml"
    doubts = [finding for finding in check_site(path, load_site(path)) if finding.what != "emergency"]
    assert not doubts


@pytest.mark.parametrize("name", SITES)
def test_help_is_promised_only_where_a_tool_calls_it(name: str) -> None:
    path = COOKBOOK / f"{name}.yaml"
    assert not [finding for finding in check_site(path, load_site(path)) if finding.verdict == "fail"]


@pytest.mark.parametrize("name", SITES)
def test_the_site_names_the_command_that_checks_it(name: str) -> None:
    text = (COOKBOOK / f"{name}.yaml").read_text(encoding="utf-8")
    assert f"# Check it with: cloister check --site appliance/sites/cookbook/{name}.yaml\n" in text


@pytest.mark.parametrize("site", ["trading-desk", "factory"], indirect=True)
def test_the_tool_does_what_the_site_asks_of_it(site: Path, tmp_path: Path) -> None:
    loaded = load_site(site)
    tool = Executable(loaded.tools[0], tmp_path)
    functions = [form.function for form in loaded.forms]
    functions += ["alarm"] if loaded.emergency and loaded.emergency.tool else []
    functions += ["call_person"] if loaded.hand_over.tool else []
    assert functions
    for function in functions:
        assert tool.call(function, {"name": "Anna Berg", "text": "the fax is broken"}).ok


def test_a_message_is_kept_until_it_is_fetched(tmp_path: Path) -> None:
    settings = ToolSettings(name="message", command=(str(COOKBOOK / "tools" / "message"),))
    Executable(settings, tmp_path).call("leave", {"name": "Anna Berg", "text": "the fax is broken"})
    (kept,) = (tmp_path / "tools" / "message").iterdir()
    assert json.loads(kept.read_text()) == {"name": "Anna Berg", "text": "the fax is broken"}


@pytest.mark.slow
@pytest.mark.parametrize("site", SITES, indirect=True)
def test_the_check_finds_nothing_that_fails(site: Path) -> None:
    findings = json.loads(run("check", "--site", str(site), "--json"))
    assert {"what": "engines", "verdict": "ok", "detail": "all load", "remedy": ""} in findings


@pytest.mark.slow
@pytest.mark.parametrize(("site", "said"), SAID.items(), indirect=["site"], ids=list(SAID))
def test_the_site_gives_the_promised_replies(site: Path, said: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("".join(f"{line}\n" for line, _ in said))
    turns = run("chat", "--site", str(site), "--script", str(script), "--now", "2026-11-18T14:45", "--json")
    replies = [json.loads(turn)["reply"] for turn in turns.splitlines()]
    assert len(replies) == len(said)
    for reply, (line, part) in zip(replies, said, strict=True):
        assert part in reply, f"{line!r} was answered {reply!r}"
