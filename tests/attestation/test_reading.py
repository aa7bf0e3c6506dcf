"""Reports that an attacker may have written. Each gets a verdict, and its text reaches the terminal only escaped."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.attestation.fleet import Row, table
from appliance.attestation.reading import read_report
from appliance.core.plain_text import show, unprintable
from tests.attestation.made_up import box_report, fleet
from tests.sealed_daemon import cloister


def without(name: str) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        fields["lines"] = [line for line in fields["lines"] if line["id"] != name]

    return change


def setting(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        at: Any = fields
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = to

    return change


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


NO_WORDS: tuple[object, ...] = (None, [], {})

ODD: dict[str, Callable[[dict[str, Any]], None]] = {
    **{f"host {host!r}": setting("box", "host", to=host) for host in ("../evil", "a/b", "..", ".", "", "x\0y", "a..b")},
    **{
        f"host {host!r}": setting("box", "host", to=host) for host in (["one"], None, 7, "\ud800", "\x1b[2J", "x" * 999)
    },
    **{
        f"verdict {verdict!r}": setting("lines", 3, "verdict", to=verdict)
        for verdict in (*("great", "OK", ""), *NO_WORDS)
    },
    "no line": setting("lines", to=[]),
    "lines are a number": setting("lines", to=3),
    "lines are texts": setting("lines", to=["ok"]),
    "a line twice": lambda fields: fields["lines"].append(fields["lines"][0]),
    "a line without its seccomp": without("seccomp"),
    "an evidence that is a list": setting("lines", 3, "evidence", to=[1]),
    "an evidence that is deep": setting("lines", 3, "evidence", to={"x": nested(500)}),
    "an id that is a list": setting("lines", 3, "id", to=["seccomp"]),
    "a line with more fields": setting("lines", 3, "more", to=1),
    "a report with more fields": setting("more", to=1),
    "a box with more fields": setting("box", "more", to="x"),
    "a box that is a text": setting("box", to="one"),
    "a time that is none": setting("at", to="yesterday"),
    "a time without a zone": setting("at", to="2026-11-22T12:00:00"),
    "a nonce that is a number": setting("nonce", to=5),
    "another format": setting("format", to="cloister-attestation-9"),
    "infinity": setting("lines", 3, "evidence", to={"x": float("inf")}),
}


@pytest.mark.parametrize("odd", ODD)
def test_a_malformed_report_is_a_row_that_is_not_believed(odd: str, tmp_path: Path, starter: Path) -> None:
    good, bad = box_report(tmp_path, "good"), box_report(tmp_path, "bad", change=ODD[odd])
    (tmp_path.parent / "evil.pem").write_text((tmp_path / "bad.pem").read_text())
    done = fleet(starter, good, bad)
    assert done.returncode == 1 and done.stderr == ""
    assert [line for line in done.stdout.splitlines() if line.startswith("bad ") and "NOT BELIEVED" in line]
    (told,) = [line for line in done.stdout.splitlines() if line.startswith(f"FAIL {bad}:")]
    assert len(told) - len(str(bad)) < 330, "of what is wrong, whatever the folder is called"
    assert [line for line in done.stdout.splitlines() if line.startswith("good ") and line.endswith("  -")]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, "null", "[]", "3", '"x"', "NaN", "", '{"format": "x", "format": "y"}']
)
def test_a_signed_text_that_is_not_a_report_is_refused(text: str, tmp_path: Path, starter: Path) -> None:
    bad = box_report(tmp_path, "bad", signed_as_it_stands=text)
    done = fleet(starter, bad)
    assert done.returncode == 1 and f"FAIL {bad}: is no attestation" in done.stdout
    assert cloister(starter, "attest", "verify", bad).returncode == 1


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}", b"[" * 100_000, b"null", b'{"signed": "\\ud800"}'])
def test_a_file_that_is_not_a_report_is_a_row(content: bytes, tmp_path: Path, starter: Path) -> None:
    good = box_report(tmp_path, "good")
    (tmp_path / "bad.json").write_bytes(content)
    done = fleet(starter, good, tmp_path / "bad.json", tmp_path / "absent.json", tmp_path)
    assert done.returncode == 1
    assert sum("NOT BELIEVED" in line for line in done.stdout.splitlines()) == 3


def test_control_characters_in_a_report_do_not_reach_the_terminal(tmp_path: Path, starter: Path) -> None:
    hostile = "\x1b[2J\x1b]0;x\x07\x9b1m \u202e \ud800 \u2028 x\nFAIL forged"

    def change(fields: dict[str, Any]) -> None:
        fields["version"] = fields["nonce"] = hostile
        fields["lines"][3] |= {"claim": hostile, "by_hand": hostile, "verdict": "fail", "evidence": {hostile: hostile}}

    bad = box_report(tmp_path, "bad", change=change)
    for done in (
        cloister(starter, "attest", "verify", bad),
        cloister(starter, "attest", "verify", bad, "--json"),
        fleet(starter, bad, nonce=hostile),
        fleet(starter, bad),
        cloister(starter, "fleet", "report", bad, "--json"),
    ):
        text = done.stdout + done.stderr
        assert text and not [line for line in text.splitlines() if unprintable(line) or line.startswith("FAIL forged")]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_report_gets_a_verdict(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One field, wherever it stands, is replaced by any value."""
    values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None)),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=5,
    )

    def change(fields: dict[str, Any]) -> None:
        at: Any = fields
        while True:
            step = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
            if not isinstance(at[step], (dict, list)) or not at[step] or data.draw(st.booleans()):
                at[step] = data.draw(values)
                return
            at = at[step]

    folder = tmp_path_factory.mktemp("fuzzed")
    text = json.loads(box_report(folder, "one", change=change).read_text())["signed"]
    try:
        report = read_report(text)
    except ValueError:
        return
    list(report.text())
    rows = [Row(folder / "one.json", "one", report), Row(folder / "two.json", "two", report)]
    show(*table(rows), to=io.StringIO())
    json.dumps(dataclasses.asdict(report))
    assert all(line.verdict in ("ok", "warn", "fail", "unknown") for line in report.lines)
