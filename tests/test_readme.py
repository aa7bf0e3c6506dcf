"""The documents are right: commands parse, make targets and files exist, examples load, links have a target."""

from __future__ import annotations

import json
import re
import shlex
from itertools import chain
from pathlib import Path

import pytest

from appliance.cli.main import parser
from appliance.config.site import load_site
from tests import rooms
from tests.conftest import CHECKOUT

README_BYTES = 6_000
"""The largest README, in bytes, that a newcomer reads in five minutes."""

PAGES = {
    name: (CHECKOUT / name).read_text(encoding="utf-8")
    for name in (
        "README.md",
        "ansible/README.md",
        "appliance/EMBEDDER.md",
        "appliance/README.md",
        "appliance/bench/README.md",
        "appliance/hearing/README.md",
        "appliance/protocols/README.md",
        "appliance/sites/README.md",
        "models/README.md",
        "systemd/OPERATOR.md",
        "systemd/RECORDINGS.md",
    )
}


def blocks(language: str) -> list[tuple[str, str]]:
    """Code blocks of a language, each with its page."""
    return [
        (name, block)
        for name, page in PAGES.items()
        for block in re.findall(rf"^[ >]*```{language}\n(.*?)^[ >]*```", page, re.M | re.S)
    ]


COMMANDS = sorted(
    {
        line.strip().removeprefix("$ ").split("  #")[0].strip()
        for _, block in blocks("console")
        for line in block.splitlines()
        if line.strip().startswith("$ ")
    }
)
SPANS = sorted(
    {
        span.strip()
        for page in PAGES.values()
        for span in re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", page, flags=re.S))
    }
)
ELLIPSIS = ("…", "...")
VERBS = sorted({span for span in SPANS if re.match(r"cloister [a-z]", span) and not span.endswith(ELLIPSIS)})
"""commands of ours in the running text"""


def test_the_documents_have_commands_to_check() -> None:
    assert len([command for command in COMMANDS if command.startswith("cloister ")]) > 8
    assert len(VERBS) > 12


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].encode()) <= README_BYTES


def test_the_readme_has_every_verb() -> None:
    verbs = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    table = PAGES["README.md"].split("## Verbs")[1].split("\n## ")[0]
    assert set(re.findall(r"`([a-z]+)`", table)) == set(verbs)


def test_the_readme_leads_to_every_page() -> None:
    missing = [
        name for name in PAGES if name != "README.md" and name.removesuffix("/README.md") not in PAGES["README.md"]
    ]
    assert not missing


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("cloister ")])
def test_a_cloister_command_parses(command: str) -> None:
    options = parser().parse_args(shlex.split(command.split(" #")[0])[1:])
    assert callable(options.verb)


@pytest.mark.parametrize("command", VERBS)
def test_a_command_in_the_text_names_a_verb_and_options_that_exist(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Arguments may be left out in a text. A verb or an option must exist."""
    with pytest.raises(SystemExit) as ended:
        parser().parse_args([*_verb(command), "--help"])
    assert ended.value.code == 0
    helped = capsys.readouterr().out
    for option in re.findall(r"(?<= )--[a-z-]+", command):
        assert option in helped, f"{command}: there is no {option}"


def _verb(command: str) -> list[str]:
    """The verb of a command, with the job where it is a bundle's or a site's."""
    words = command.split()[1:]
    return words[:2] if words[0] in ("bundle", "site") and len(words) > 1 else words[:1]


MADE = sorted({match for text in (*SPANS, *COMMANDS) for match in re.findall(r"^make ([a-z-]+)", text)})


@pytest.mark.parametrize("target", MADE)
def test_a_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (CHECKOUT / "Makefile").read_text(), re.M)


NAMED = [span for span in SPANS if re.match(r"(appliance|models|systemd|ansible|tests)/", span)]


@pytest.mark.parametrize("path", NAMED)
def test_a_named_file_exists(path: str) -> None:
    assert (CHECKOUT / path).exists()


LINKS = [(name, link) for name, page in PAGES.items() for link in re.findall(r"\]\(([^)\s]+)\)", page)]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_has_a_target(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (CHECKOUT / page).parent / path if path else CHECKOUT / page
    assert target.exists()
    if anchor:
        titles = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
        assert anchor in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


@pytest.mark.parametrize(("page", "text"), blocks("yaml"))
def test_an_example_loads(page: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(text)
    assert load_site(tmp_path / "site.yaml").facts


@pytest.mark.parametrize(("page", "text"), blocks("json"))
def test_an_example_in_json_is_json(page: str, text: str) -> None:
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())


@pytest.mark.parametrize(("page", "text"), blocks("python"))
def test_an_example_in_python_compiles(page: str, text: str) -> None:
    compile(text, page, "exec")


def test_the_rooms_are_drawn_as_their_docstrings_say() -> None:
    page = PAGES["appliance/README.md"]
    assert page == rooms.drawn(page), "draw them again: python -m tests.rooms"


def test_the_table_of_ten_changes_names_existing_files() -> None:
    section = PAGES["appliance/README.md"].split("## Ten changes")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (?!change|---)(.*?) \| (.*) \|$", section, re.M)
    assert len(rows) == 10
    for change, files in rows:
        assert re.search(r"`(appliance|systemd)/[^`]+`", files), change


def test_no_long_sentence_occurs_twice() -> None:
    """A statement stands in one place, and the others link to it."""
    seen: dict[str, str] = {}
    for name, page in PAGES.items():
        text = re.sub(r"```.*?```", "", page, flags=re.S)
        paragraphs = re.split(r"\n\s*\n|^\|.*$", text, flags=re.M)
        sentences = chain.from_iterable(re.split(r"(?<=[.!?])\s+", " ".join(part.split())) for part in paragraphs)
        for sentence in sentences:
            if len(sentence) > 60:
                assert seen.setdefault(sentence, name) == name, f"in {seen[sentence]} and in {name}: {sentence}"


def test_the_conversation_in_the_readme_is_that_of_the_demonstration() -> None:
    """The demonstration has recorded each of the visitor's lines. Each fact is the hospital's own sentence."""
    (shown,) = re.findall(r"```text\n(visitor.*?)```", PAGES["README.md"], re.S)
    labels = json.loads((CHECKOUT / "appliance/bench/demo/visitor/labels.json").read_text(encoding="utf-8"))
    recorded = {label["says"].lower() for label in labels.values()}
    said = [re.sub(r"[^\w' ]", "", line).lower() for line in re.findall(r"^visitor +(.*)$", shown, re.M)]
    assert said and set(said) <= recorded
    site = load_site(CHECKOUT / "appliance/sites/hospital.yaml")
    known = [fact.say for fact in site.facts] + [slot.ask for form in site.forms for slot in form.slots]
    first, second, *_ = (line.removesuffix(" … (stops)") for line in re.findall(r"^appliance +(.*)$", shown, re.M))
    assert any(text.startswith(first) for text in known) and any(text.startswith(second) for text in known)
