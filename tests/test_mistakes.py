"""Mistakes of authors of a site or box file. Each is one line that names file, line, field and remedy. None ends in a
traceback, and none is found only during a conversation."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from appliance.brain.knowledge import misfits
from appliance.cli.check import check, check_site, wrong_input
from appliance.cli.main import main
from appliance.config import nodes, reader, site
from appliance.config.box import load_settings
from appliance.config.reader import ConfigError, Hearable
from appliance.config.site import load_site
from appliance.core.ports import PortError
from appliance.language import templates as phrases
from appliance.language.english import ENGLISH, intents
from appliance.language.words import plain_words
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools
from tests.cli.command import cloister

SITE = """\
name: Oak Hill
persona: {name: Ada, role: the voice assistant, greeting: Hello.}
facts:
  - id: pharmacy
    say: The pharmacy is on the ground floor.
    ask: [where is the (pharmacy|chemist)]
  - id: cafe
    say: The cafe is in the hall.
    ask: [where is the cafe]
opening_hours:
  - what: the pharmacy
    hours: {monday-sunday: "08:00-18:00"}
    ask: [when is the pharmacy open]
speech:
  phrases: ["a {drink} please"]
  lists: {drink: [tea, coffee]}
tools:
  - name: book
    python: appliance.tools.appointments:AppointmentBook
    options: {doctors: [{name: Doctor Chen, hours: {monday: "09:00-12:00"}}]}
forms:
  - intent: book
    tool: book
    function: book
    check: check
    ask: ["an appointment with {doctor}"]
    slots:
      - {name: doctor, kind: choice, choices: ["@doctors"], ask: "Which doctor?"}
      - {name: date, kind: date, ask: "Which day?"}
      - {name: time, kind: time, ask: "What time?"}
      - {name: name, kind: name, ask: "What is your name?"}
    confirm: "{doctor}, {date} at {time}, for {name}?"
emergency: {phrases: [call for help], say: Call out for help., tool: pager}
hand_over: {phrases: [a human please], say: Please wait., tool: pager}
prompts: {no_match: ["Pardon?"], no_input: ["Hello?"]}
"""
SITE = SITE.replace("tools:\n", "tools:\n  - {name: pager, command: [/bin/true]}\n")

BOX = """\
site: site.yaml
ear:
  pocketsphinx: {site_weight: 0.5}
brain: {model: models/brain.gguf}
voice: {model: /opt/voice.onnx, speed: 1}
state: state
threads: 2
"""


def written(folder: Path, text: str | bytes, name: str = "site.yaml") -> Path:
    path = folder / name
    path.write_bytes(text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text)
    return path


def problems(folder: Path, text: str | bytes) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_site(written(folder, text))
    for problem in caught.value.problems:
        assert problem.isprintable(), problem
        assert len(problem) < 700
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_the_site_without_a_mistake_is_read(tmp_path: Path) -> None:
    site = load_site(written(tmp_path, SITE))
    tools = open_tools(site.tools, site.language, tmp_path)
    assert misfits(site, tools) == []
    assert choices(site, tools) == {"doctor": ("Doctor Chen",)}


FIELDS = [
    # (the right text, the wrong text in its place, the field, words of the message)
    # --- what a form says
    ("{doctor}, {date} at", "{doctor}, {dya} at", "forms[0].confirm", "no slot 'dya'"),
    ("{doctor}, {date} at", "100% {sure, {date} at", "forms[0].confirm", "brace"),
    ("{doctor}, {date} at", "{doctor}} {date} at", "forms[0].confirm", "brace"),
    ("{doctor}, {date} at", "{}, {date} at", "forms[0].confirm", "no slot ''"),
    ("{doctor}, {date} at", "{0}, {date} at", "forms[0].confirm", "no slot '0'"),
    ("{doctor}, {date} at", "{doctor.name}, {date} at", "forms[0].confirm", "no slot 'doctor.name'"),
    ("{doctor}, {date} at", "{doctor!r}, {date} at", "forms[0].confirm", "no slot 'doctor!r'"),
    ("{doctor}, {date} at", "{doctor:>99}, {date} at", "forms[0].confirm", "no slot 'doctor:>99'"),
    ('choices: ["@doctors"]', "choices: []", "forms[0].slots[0].choices", "needs choices"),
    ('choices: ["@doctors"], ', "", "forms[0].slots[0].choices", "needs choices"),
    ('choices: ["@doctors"]', 'choices: ["Doctor (Chen"]', "forms[0].slots[0].choices[0]", "without brackets"),
    ('choices: ["@doctors"]', 'choices: ["..."]', "forms[0].slots[0].choices[0]", "no Latin letter"),
    ("name: date, kind", "name: doctor, kind", "forms[0].slots[1].name", "'doctor' is the `name`"),
    ("name: date, kind", "name: the day, kind", "forms[0].slots[1].name", "letters, digits and underscores"),
    ('ask: "Which day?"', 'ask: "?"', "forms[0].slots[1].ask", "nothing that can be said"),
    ('ask: ["an appointment with {doctor}"]', "ask: []", "forms[0].ask", "must not be empty"),
    ("tool: book\n", "tool: bok\n", "forms[0].tool", "did you mean 'book'"),
    # --- templates
    ("the (pharmacy|chemist)", "the (pharmacy|chemist", "facts[0].ask[0]", "is never closed"),
    ("the (pharmacy|chemist)", "the pharmacy)", "facts[0].ask[0]", "closes or divides nothing"),
    ("[where is the cafe]", '["where is {the} cafe"]', "facts[1].ask[0]", "no list 'the'"),
    ("[where is the cafe]", '["[where is the cafe]"]', "facts[1].ask[0]", "says nothing once"),
    ("[where is the cafe]", '["???"]', "facts[1].ask[0]", "no Latin letter"),
    ('with {doctor}"]', 'with {dentist}"]', "forms[0].ask[0]", "no list 'dentist'"),
    ("a {drink} please", "a {drnk} please", "speech.phrases[0]", "no list 'drnk'"),
    ("drink: [tea, coffee]", "drink: [tea, '{drink}']", "speech.lists.drink[1]", "contains itself"),
    ("drink: [tea, coffee]", "drink: [tea, 'coff[ee']", "speech.lists.drink[1]", "never closed"),
    ("drink: [tea, coffee]", "drink: [tea, coffee], two words: [a]", "speech.lists.two words", "letters, digits"),
    # --- phrases that would match every silence
    ("phrases: [call for help]", "phrases: [救命]", "emergency.phrases[0]", "can never hear it"),
    ("phrases: [call for help]", "phrases: ['']", "emergency.phrases[0]", "can never hear it"),
    ("phrases: [call for help]", "phrases: ['!?']", "emergency.phrases[0]", "can never hear it"),
    ("phrases: [call for help]", "phrases: [помогите]", "emergency.phrases[0]", "can never hear it"),
    ("phrases: [call for help]", "phrases: [a 救命]", "emergency.phrases[0]", "can never hear it"),
    ("phrases: [call for help]", "phrases: [нет воздуха 2]", "emergency.phrases[0]", "can never hear it"),
    ("phrases: [call for help]", "phrases: [], kinds: []", "emergency.kinds", "nothing is an emergency"),
    ("phrases: [call for help]", "kinds: []", "emergency.kinds", "nothing is an emergency"),
    ("phrases: [call for help]", "kinds: [dragons]", "emergency.kinds[0]", "is not possible"),
    ("phrases: [call for help]", "phrases: ['(fire|smoke']", "emergency.phrases[0]", "is never closed"),
    ("phrases: [call for help]", "phrases: ['{fire}']", "emergency.phrases[0]", "there is no list 'fire'"),
    ("phrases: [call for help]", "phrases: ['[help]']", "emergency.phrases[0]", "says nothing"),
    (
        "phrases: [call for help]",
        "phrases: ['(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e)(a|b|c|d|e) fire']",
        "emergency.phrases[0]",
        "stands for 3125 sentences",
    ),
    ("phrases: [call for help]", "not_emergencies: ['fire)']", "emergency.not_emergencies[0]", "closes or divides"),
    ("phrases: [call for help]", "not_emergencies: ['?']", "emergency.not_emergencies[0]", "can never hear it"),
    ("phrases: [a human please]", "phrases: ['a (human|person']", "hand_over.phrases[0]", "is never closed"),
    ("phrases: [a human please]", "phrases: [真人]", "hand_over.phrases[0]", "can never hear it"),
    # --- lists and texts that are empty, or too long
    ('no_match: ["Pardon?"]', "no_match: []", "prompts.no_match", "must not be empty"),
    ('no_input: ["Hello?"]', "no_input: []", "prompts.no_input", "must not be empty"),
    ('no_match: ["Pardon?"]', "no_match: ['']", "prompts.no_match[0]", "nothing that can be said"),
    ("say: The cafe is in the hall.", "say: ''", "facts[1].say", "nothing that can be said"),
    ("say: The cafe is in the hall.", "say: '...'", "facts[1].say", "nothing that can be said"),
    ("say: The cafe is in the hall.", f"say: {'word ' * 500}", "facts[1].say", "more than 2000 letters"),
    ("name: Oak Hill", "name: ' '", "name", "must not be blank"),
    # --- the same twice
    ("id: cafe", "id: pharmacy", "facts[1].id", "'pharmacy' is the `id` of facts[0] too"),
    ("where is the cafe", "Where is  the pharmacy", "", ""),
    ("[where is the cafe]", "[when is the pharmacy open]", "opening_hours[0].ask[0]", "also asks for facts[1] (cafe)"),
    (
        '{monday-sunday: "08:00-18:00"}',
        "{monday: '08:00-09:00', monday: closed}",
        "opening_hours[0].hours.monday",
        "twice",
    ),
    (
        '{monday-sunday: "08:00-18:00"}',
        "{monday-friday: '08:00-09:00', friday: closed}",
        "opening_hours[0]",
        "friday is in",
    ),
    (
        '{monday-sunday: "08:00-18:00"}',
        "{monday: '08:00-09:00'}\n    exceptions: {12-25: closed, 12-25: closed}",
        "opening_hours[0].exceptions.12-25",
        "twice",
    ),
    (
        '{monday-sunday: "08:00-18:00"}',
        "{monday: '08:00-09:00'}\n    exceptions: {12-25: closed, Christmas 12-25: '08:00-12:00'}",
        "opening_hours[0]",
        "the same day, given twice",
    ),
    (
        '{monday-sunday: "08:00-18:00"}',
        "{monday: '08:00-09:00'}\n    exceptions: {12-32: closed}",
        "opening_hours[0]",
        "there is no such day",
    ),
    ("lists: {drink: [tea, coffee]}", "lists: {drink: [tea], drink: [coffee]}", "speech.lists.drink", "twice"),
    ("options: {doctors", "options: {a: {b: 1, b: 2}, doctors", "tools[1].options.a.b", "twice"),
    ("name: book\n", "name: pager\n", "tools[1].name", "'pager' is the `name` of tools[0] too"),
    # --- keys and values that are none
    ("name: Oak Hill", "? [a, b]\n: x\nname: Oak Hill", "file", "must be plain text"),
    ("lists: {drink", "lists: {[a]: [b], drink", "speech.lists", "must be plain text"),
    ("options: {doctors", "options: {? {a: b} : c, doctors", "tools[1].options", "must be plain text"),
    ("name: Oak Hill", "<<: {name: x}\nname: Oak Hill", "<<", "no name of a field"),
    ("say: The cafe is in the hall.", "say: !!python/name:os.system", "facts[1].say", "'!!python/name:os.system'"),
    ("say: The cafe is in the hall.", "say: !important The cafe.", "facts[1].say", "must be in quotes"),
    (
        "options: {doctors",
        "options: {a: !!python/object/apply:os.system [id], doctors",
        "tools[1].options.a",
        "!!python",
    ),
    ("options: {doctors", "options: {a: !!binary aGVsbG8=, doctors", "tools[1].options.a", "'!!binary'"),
    ("options: {doctors", "options: {a: !!set {b}, doctors", "tools[1].options.a", "'!!set'"),
    ("options: {doctors", "options: {a: 2026-13-45, doctors", "tools[1].options.a", "no day '2026-13-45'"),
    ("options: {doctors", "options: {a: 2026-02-30, doctors", "tools[1].options.a", "no day '2026-02-30'"),
    ("options: {doctors", "options: {a: .nan, doctors", "tools[1].options.a", "must be a number"),
    ("options: {doctors", "options: {a: -.inf, doctors", "tools[1].options.a", "must be a number"),
    ("options: {doctors", "options: {? !!int 1 : 2, doctors", "", ""),
    ("say: The cafe is in the hall.", 'say: "The cafe\\x07."', "facts[1].say", "U+0007"),
    ("say: The cafe is in the hall.", 'say: "The cafe\\0."', "facts[1].say", "U+0000"),
    ("say: The cafe is in the hall.", 'say: "The \\ud800 cafe."', "facts[1].say", "U+D800"),
    ("say: The cafe is in the hall.", 'say: "The \\u202e cafe."', "facts[1].say", "U+202E"),
    ("lists: {drink", 'lists: {"a\\x1b[2J": [b], drink', "speech.lists.a\\x1b[2J", ""),
    # --- numbers
    ("hand_over:", "timeouts: {no_input_s: -5}\nhand_over:", "timeouts.no_input_s", "from 0.5 to 3600, not -5"),
    ("hand_over:", "timeouts: {reprompts: -1}\nhand_over:", "timeouts.reprompts", "from 0 to 10"),
    ("hand_over:", "timeouts: {close_s: .inf}\nhand_over:", "timeouts.close_s", "must be a number, not '.inf'"),
    ("hand_over:", "timeouts: {close_s: .nan}\nhand_over:", "timeouts.close_s", "must be a number"),
    (
        "hand_over:",
        f"timeouts: {{reprompts: {'9' * 5000}}}\nhand_over:",
        "timeouts.reprompts",
        "must be a whole number",
    ),
    ("hand_over:", f"timeouts: {{close_s: {'9' * 500}.0}}\nhand_over:", "timeouts.close_s", "must be a number"),
    ("    options:", "    time_limit_s: 0\n    options:", "tools[1].time_limit_s", "from 0.1 to 15"),
    ("    options:", "    time_limit_s: 60\n    options:", "tools[1].time_limit_s", "from 0.1 to 15"),
    ("hand_over:", "privacy: {recording: {days: 0}}\nhand_over:", "privacy.recording.days", "from 1 to"),
    # --- tools
    ("appointments:AppointmentBook", "appointments", "tools[1].python", "package.module:Class"),
    (
        "python: appliance.tools.appointments:AppointmentBook",
        "python: ':A'",
        "tools[1].python",
        "package.module:Class",
    ),
    (
        "python: appliance.tools.appointments:AppointmentBook",
        "python: '.a:B'",
        "tools[1].python",
        "package.module:Class",
    ),
]


@pytest.mark.parametrize(("right", "wrong", "where", "words"), FIELDS)
def test_a_mistake_is_named_with_its_own_line_and_field(
    tmp_path: Path, right: str, wrong: str, where: str, words: str
) -> None:
    assert SITE.count(right) >= 1, right
    text = SITE.replace(right, wrong, 1)
    if not words and not where:
        return load_and_forget(tmp_path, text)
    found = problems(tmp_path, text)
    line = line_of(SITE, right)
    named = [problem for problem in found if f": {where}" in problem and words in problem]
    assert named, found
    assert any(
        abs(int(problem.split(":")[1]) - line) <= wrong.count("\n") or "opening_hours" in where for problem in named
    )
    return None


def load_and_forget(tmp_path: Path, text: str) -> None:
    """The file is accepted or refused, but a refusal is one line."""
    try:
        load_site(written(tmp_path, text))
    except ConfigError as error:
        assert error.problems  # noqa: PT017 (a file that is accepted passes as well)


def test_every_mistake_at_once(tmp_path: Path) -> None:
    """Each row is applied where it does not undo another. No mistake hides another."""
    text, expected = SITE, []
    for right, wrong, where, words in FIELDS:
        if not words or "'9" in wrong or text.count(right) != 1 or right not in SITE or "\n" in wrong:
            continue
        text = text.replace(right, wrong, 1)
        expected.append((where.split("[")[0].split(".")[0], words))
    found = problems(tmp_path, text)
    assert len(expected) >= 12
    for where, words in expected:
        assert any(where in problem and words in problem for problem in found), (where, words)


TYPING = [
    # (a beginner's text, the line, words of the message)
    ("facts:\n\t- id: a\n", 2, "use spaces to indent"),
    ("facts:\n  - id: a\n    say: Mind: the step\n", 3, "put this text in quotes"),
    ("facts:\n  - id: a\n    ask:\n      - {doctor} please\n", 4, "put the whole text in quotes"),
    ("facts:\n  - id: a\n    ask:\n      - [please] book\n", 4, "put the whole text in quotes"),
    ("facts:\n  - id: a\n    say: 'It's here'\n", 3, "put the whole text in quotes"),
    ('facts:\n  - id: a\n    say: "unclosed\n', 3, "a quote is opened here and never closed"),
    ("facts:\n  - id: a\n   say: x\n", 3, "indented by more or fewer spaces"),
    ("name: x\n  role: y\n", 2, "put this text in quotes"),
    ("name: x\njust words\nrole: y\n", 3, "neither a field"),
    ("ask: [a, b\nname: x\n", 2, "not closed by ]"),
    ("hours: {a: b\nname: x\n", 2, "not closed by }"),
    ("say: @home\n", 1, "put this text in quotes"),
    ("say: `x`\n", 1, "put this text in quotes"),
    ("say: *star\n", 1, "must be in quotes"),
    ("name: !wow\n", 1, "must be in quotes"),
    ("a: 1\n---\nb: 2\n", 2, "more than one document"),
    ('say: "C:\\path"\n', 1, "single quotes"),
    ("name: - a\n", 1, "on a line of its own"),
    ("name: a\x07b\n", 1, "U+0007"),
    ("name: |x\n  a\n", 1, "begins on the next line"),
]


@pytest.mark.parametrize(("text", "line", "words"), TYPING)
def test_common_yaml_mistakes_are_explained_in_plain_words(tmp_path: Path, text: str, line: int, words: str) -> None:
    (problem, *_) = problems(tmp_path, text)
    assert problem.startswith(f"site.yaml:{line}: "), problem
    assert words in problem, problem


def test_bombs_are_refused_at_once(tmp_path: Path) -> None:
    layers = "".join(f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    bombs = {
        "aliases of aliases": f"x0: &a0 [b]\n{layers}",
        "two thousand by two thousand": f"a: &a [{'x, ' * 2000}]\nfacts: [{'*a, ' * 2000}]\n",
        "itself": "facts: &a [*a]\n",
        "itself, deeper": "facts: &a {b: {c: [*a]}}\n",
        "brackets": "facts: " + "[" * 5000,
        "braces": "facts: " + "{a: " * 5000,
        "dashes": "- " * 5000,
        "options": SITE.replace("options: {", f"options: {{b: [{'[' * 60}{']' * 60}], "),
    }
    begun = time.process_time()
    for name, text in bombs.items():
        (problem, *_) = problems(tmp_path, text)
        assert "contains itself" in problem or "more than" in problem or "deeper than" in problem, name
    templates = {
        "brackets": SITE.replace("a {drink} please", "(" * 5000 + ")" * 5000),
        "lists of lists": SITE.replace(
            "lists: {", "lists: {" + "".join(f"l{n}: ['{{l{n + 1}}} {{l{n + 1}}}'], " for n in range(60)) + "l60: [a], "
        ),
        "a chain of lists": SITE.replace(
            "lists: {", "lists: {" + "".join(f"l{n}: ['{{l{n + 1}}}'], " for n in range(3000)) + "l3000: [a], "
        ),
    }
    for name, text in templates.items():
        assert problems(tmp_path, text.replace("[((", "['((").replace("))]", "))']")), name
    assert time.process_time() - begun < 60, "a bomb that goes off takes minutes"


def test_paths_that_are_not_plain_files_are_refused(tmp_path: Path) -> None:
    for path in (Path("/dev/zero"), tmp_path, tmp_path / "none.yaml", Path("a\0b")):
        with pytest.raises(ConfigError) as caught:
            load_site(path)
        assert len(caught.value.problems) == 1
    big = written(tmp_path, b"#" * (reader.MOST_BYTES + 1))
    with pytest.raises(ConfigError, match="bytes"):
        load_site(big)


@pytest.mark.parametrize(
    ("right", "wrong", "where", "words"),
    [
        ("threads: 2", "threads: 0", "threads", "from 1 to 1024, not 0"),
        ("threads: 2", "threads: -4", "threads", "from 1 to 1024"),
        ("speed: 1", "speed: 0", "voice.speed", "from 0.25 to 4"),
        ("speed: 1", "loudness_dbfs: 20", "voice.loudness_dbfs", "from -60 to -6"),
        ("site_weight: 0.5", "site_weight: 7", "ear.pocketsphinx.site_weight", "from 0 to 1"),
        ("threads: 2", "endpoint: {speech_threshold: 7}", "endpoint.speech_threshold", "from 0.01 to 0.99"),
        ("threads: 2", "endpoint: {longest_s: 0}", "endpoint.longest_s", "from 1 to 600"),
        ("threads: 2", "endpoint: {end_ms: 900, unfinished_ms: 800}", "endpoint", "less than `end_ms`"),
        ("threads: 2", "audio: {duck_db: -3}", "audio.duck_db", "from 0 to 100"),
        ("threads: 2", "audio: {hold_ms: -1}", "audio.hold_ms", "from 0"),
        ("models/brain.gguf", "~nosuchuser/brain.gguf", "brain.model", "no such user"),
        ("models/brain.gguf", "''", "brain.model", "not blank"),
        ("threads: 2", "audit: {checkpoint_s: 0}", "audit.checkpoint_s", "from 1"),
        ("threads: 2", "operators: {idle_s: 0}", "operators.idle_s", "from 1"),
    ],
)
def test_a_mistake_in_a_box_file_names_the_range(
    tmp_path: Path, right: str, wrong: str, where: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(written(tmp_path, BOX.replace(right, wrong)))
    (problem,) = caught.value.problems
    assert f": {where}: " in problem and words in problem


# --- what the tools say ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong", "where", "words"),
    [
        ("function: book\n", "function: boook\n", ("forms", 0, "function"), "no function 'boook'"),
        ("check: check\n", "check: chekc\n", ("forms", 0, "check"), "no function 'chekc'"),
        ("@doctors", "@dentists", ("forms", 0, "slots", 0, "choices", 0), "no function 'dentists'"),
        ("{name: date, kind: date,", "{name: date, kind: text,", ("forms", 0, "slots"), "`date` of the kind `date`"),
        ("{name: name, kind: name,", "{name: person, kind: name,", ("forms", 0, "slots"), "`name` of the kind `name`"),
        (
            "say: Call out for help., tool: pager",
            "say: Call., tool: book",
            ("emergency", "tool"),
            "no function 'alarm'",
        ),
        ("say: Please wait., tool: pager", "say: Please., tool: book", ("hand_over", "tool"), "'call_person'"),
    ],
)
def test_a_site_that_asks_what_its_tool_cannot_do_is_refused(
    tmp_path: Path, right: str, wrong: str, where: tuple[str | int, ...], words: str
) -> None:
    text = SITE.replace(right, wrong).replace("for {name}", "") if "person" in wrong else SITE.replace(right, wrong)
    path = written(tmp_path, text)
    site = load_site(path)
    ((place, what), *_) = misfits(site, open_tools(site.tools, site.language, tmp_path))
    assert place == where and words in what
    (line,) = reader.located(path, [(place, what)])
    assert line.startswith(f"{path}:{line_of(text, wrong) if 'slots' not in where else line.split(':')[1]}: ")


def test_a_form_that_opens_a_record_by_its_number_alone_is_refused(tmp_path: Path) -> None:
    form = """\
  - {intent: cancel, tool: book, function: cancel, ask: [cancel it],
     slots: [{name: reference, kind: reference, ask: "Which number?"}]}
"""
    site = load_site(written(tmp_path, SITE.replace("emergency:", f"{form}emergency:")))
    ((place, what),) = misfits(site, open_tools(site.tools, site.language, tmp_path))
    assert place == ("forms", 1, "slots")
    assert "`name` of the kind `name` or `booked_for` of the kind `date`" in what


def test_names_that_a_tool_lists_must_be_plain(tmp_path: Path) -> None:
    site = load_site(written(tmp_path, SITE.replace("name: Doctor Chen", "name: Doctor Chen (heart)")))
    with pytest.raises(PortError, match="plain names"):
        choices(site, open_tools(site.tools, site.language, tmp_path))


# --- probable mistakes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong", "verdict", "words"),
    [
        ("The cafe is in the hall.", "Use lot #4 behind the house.", "warn", "ends before '#4 behind"),
        ("[where is the cafe]", "[well, where is the cafe]", "warn", "questions of one word: well"),
        ("\n    ask: [where is the cafe]", "", "warn", "nobody asks for cafe"),
        ("The cafe is in the hall.", "Ask for Nguyễn Thị Hà.", "warn", "Nguyễn"),
        ("The cafe is in the hall.", "The cafe is here 😀.", "warn", "😀"),
        ("{monday-sunday:", "{monday-friday:", "warn", "no hours for saturday, sunday"),
        ('"08:00-18:00"', '"18:00-08:00"', "warn", "over midnight for 14 hours: 18:00-08:00"),
        (
            '"08:00-18:00"}',
            '"08:00-18:00"}\n    exceptions: {12-24: "18:00-08:00"}',
            "warn",
            "for 14 hours: 18:00-08:00",
        ),
        ("Call out for help., tool: pager", "I am calling a nurse.", "fail", "promises that somebody is called"),
        ("Call out for help., tool: pager", "Help is on the way.", "fail", "promises that somebody is called"),
        ("Please wait., tool: pager", "I'll get someone for you.", "fail", "promises that somebody is called"),
        ("Please wait., tool: pager", "Go to the desk.", "warn", "offers to call somebody"),
        ("Call out for help., tool: pager", "Call out for help.", "warn", "nobody is called"),
        ("name: Oak Hill", "name: Oak Hill", "warn", "fewer than 8 ways to ask for pharmacy, cafe"),
        ("name: Oak Hill", "name: Oak Hill", "warn", "no list of names in `speech.lists.name`"),
    ],
)
def test_check_warns_of_probable_mistakes(tmp_path: Path, right: str, wrong: str, verdict: str, words: str) -> None:
    assert right in SITE
    path = written(tmp_path, SITE.replace(right, wrong, 1))
    found = [finding for finding in check_site(path, load_site(path)) if words in finding.detail]
    assert [finding.verdict for finding in found] == [verdict]
    assert all(finding.remedy for finding in found)


def test_check_does_not_warn_of_a_right_site(tmp_path: Path) -> None:
    asks = ", ".join(f"where is the cafe {n}" for n in range(8))
    text = SITE.replace("where is the cafe", asks).replace("where is the (pharmacy|chemist)", asks.replace("cafe", "p"))
    text = text.replace("when is the pharmacy open", asks.replace("where is the cafe", "when is it open"))
    text = text.replace("lists: {", "lists: {name: [ann hill], ").replace("in the hall.", "in the café. # a comment")
    path = written(tmp_path, text)
    assert list(check_site(path, load_site(path))) == []


def test_the_hand_over_of_a_site_without_a_tool_promises_nothing(tmp_path: Path) -> None:
    plain_site = "name: A\npersona: {name: A, role: a, greeting: Hi.}\n"
    assert "Please ask" in load_site(written(tmp_path, plain_site)).hand_over.say
    called = plain_site + "tools: [{name: p, command: [/bin/true]}]\nhand_over: {tool: p}\n"
    assert "I am calling" in load_site(written(tmp_path, called)).hand_over.say


def test_check_tells_a_wrong_file_from_a_box_that_is_not_ready(tmp_path: Path) -> None:
    findings = list(check(tmp_path / "none.yaml"))
    assert wrong_input(findings)
    assert "put the file there" in findings[0].remedy
    assert cloister("check", "--config", tmp_path / "none.yaml").returncode == 2
    box = written(tmp_path, BOX, "cloister.yaml")
    done = cloister("check", "--config", box)
    assert done.returncode == 2 and "site.yaml: cannot be read" in done.stdout


def test_a_state_folder_that_cannot_be_made_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, SITE)
    (tmp_path / "state").write_text("a file")
    box = written(tmp_path, BOX, "cloister.yaml")
    done = cloister("check", "--config", box)
    assert f"FAIL  state: {tmp_path}/state is no folder" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr

    def no_permission() -> None:
        raise PermissionError(13, "Permission denied", "/var/lib/cloister/prepared")

    monkeypatch.setattr("appliance.devices.sound_card.list_devices", no_permission)
    assert main(["devices"]) == 3
    assert capsys.readouterr().err.startswith("cloister: /var/lib/cloister/prepared: Permission denied")


# --- whole kinds ----------------------------------------------------------------------------------------------------


def test_the_lists_that_every_site_may_use_are_those_of_the_ears() -> None:
    assert set(ENGLISH.grammar.LISTS) == site.KNOWN_LISTS


@given(st.text(max_size=20))
@example("é")
@example("\u212a")
@example("ſ")
def test_an_accepted_phrase_has_words(text: str) -> None:
    if Hearable().wrong(text) is None:
        assert plain_words(text), "an emergency phrase would be found in every silence"
        assert not intents.says_phrase("", [text])


@given(st.text(alphabet="ab(){}[]| ", max_size=30))
def test_an_accepted_template_can_be_expanded(text: str) -> None:
    lists = {"a": ("x", "y z"), "b": ("{a} w",)}
    try:
        phrases.check(text, lists)
    except ValueError:
        return
    assert phrases.count(text, lists) >= 1
    assert all(phrases.samples([text], lists, 3))


@given(st.binary(max_size=200) | st.text(alphabet=":-[]{}#&*!|>'\"%@`,? \n\tabc0", max_size=80).map(str.encode))
def test_no_file_ends_in_a_traceback(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load_site(path)


@given(st.data())
def test_a_site_with_one_value_replaced_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    import yaml

    site = yaml.safe_load(SITE)
    spots: list[tuple[Any, Any]] = []

    def walk(value: object) -> None:
        if isinstance(value, dict | list):
            for key in value if isinstance(value, dict) else range(len(value)):
                spots.append((value, key))
                walk(value[key])

    walk(site)
    holder, key = data.draw(st.sampled_from(spots))
    values: st.SearchStrategy[object] = (
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just([]) | st.just({})
    )
    holder[key] = data.draw(values | st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values))
    path = tmp_path_factory.getbasetemp() / "mutated.yaml"
    path.write_text(yaml.safe_dump(site, allow_unicode=True), "utf-8", "surrogatepass")
    try:
        load_site(path)
    except ConfigError as error:
        assert all(problem.startswith(f"{path}") for problem in error.problems)  # noqa: PT017 (as above)


def test_parser_messages_are_put_into_plain_words() -> None:
    assert nodes.in_plain_words("mapping values are not allowed here") != "mapping values are not allowed here"
    assert nodes.in_plain_words("something new") == "something new"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berln", "there is no time zone 'Europe/Berln'; did you mean 'Europe/Berlin'?"),
        ("Oak Hill", "they are called after a city, as in 'Europe/Berlin'"),
        ("../../etc/passwd", "there is no time zone '../../etc/passwd'"),
        ("Nowhere/Nothing", "(Debian keeps old names in the package tzdata-legacy)"),
    ],
)
def test_a_time_zone_that_does_not_exist(tmp_path: Path, zone: str, words: str) -> None:
    (problem,) = problems(tmp_path, f"{SITE}time_zone: {zone}\n")
    assert "time_zone" in problem and words in problem


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC", ""])
def test_a_time_zone_that_exists(tmp_path: Path, zone: str) -> None:
    assert load_site(written(tmp_path, f'{SITE}time_zone: "{zone}"\n')).time_zone == zone


def test_a_machine_without_time_zones_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", lambda: set[str]())
    (problem,) = problems(tmp_path, f"{SITE}time_zone: Europe/Berlin\n")
    assert "apt-get install tzdata" in problem
