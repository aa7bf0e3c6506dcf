"""Manifests: each form is read, and every mistake is reported with its file and line, all at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.bench.recordings.manifest import Manifest, read_manifest
from appliance.config.reader import ConfigError
from appliance.core.ports import PortError
from tests.bench.recordings import place

ENTRIES = ("card", "printer", "the library")


def read(folder: Path, tmp_path: Path, **options: object) -> Manifest:
    return read_manifest(folder, place.site(tmp_path / "site"), ENTRIES, **options)  # type: ignore[arg-type]  # as is


def mistakes(folder: Path, tmp_path: Path, **options: object) -> list[str]:
    with pytest.raises(ConfigError) as error:
        read(folder, tmp_path, **options)
    return [problem.replace(f"{folder}/", "") for problem in error.value.problems]


def test_a_folder_of_sounds_with_texts_beside_them(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1, rate_hz=8_000)
    place.sound(folder / "desk" / "b.flac", 2, channels=2, rate_hz=44_100)
    (folder / "a.txt").write_text("where is\nthe printer\n")
    (folder / "desk" / "b.1.txt").write_text("hello")
    (folder / "desk" / "b.2.txt").write_text("good morning")
    found = read(folder, tmp_path).recordings
    assert [(one.id, one.text, one.channel, dict(one.groups)) for one in found] == [
        ("a.wav", "where is the printer", None, {}),
        ("desk/b.flac#1", "hello", 1, {"folder": "desk"}),
        ("desk/b.flac#2", "good morning", 2, {"folder": "desk"}),
    ]


def test_a_table_of_any_kind(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1, channels=2, seconds=2)
    rows = [
        "audio;text;start;end;channel;accent;hypothesis:other;list:drink",
        'a.wav;"tea; please";0.5;1.5;2;north;t please;tea',
        "",
        "a.wav;coffee;;;mix;;;",
    ]
    (folder / "manifest.csv").write_bytes("\r\n".join(rows).encode("utf-8-sig"))
    manifest = read(folder, tmp_path)
    first, second = manifest.recordings
    assert (first.id, first.text, first.start_s, first.end_s) == ("a.wav#2[0.5-1.5]", "tea; please", 0.5, 1.5)
    assert (first.hypotheses, first.groups, first.values) == (
        {"other": "t please"},
        {"accent": "north"},
        {"drink": "tea"},
    )
    assert (second.id, second.channel, manifest.mixed) == ("a.wav", None, 1)
    assert manifest.systems == ("other",) and manifest.columns == ("accent",) and manifest.lists == {"drink"}


def test_a_manifest_of_another_program_is_read_with_its_own_names(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1, channels=2)
    row = {"path": "a.wav", "text": None, "slots": {"what": "tea"}, "tags": ["x"], "age": 31}
    (folder / "list.jsonl").write_text(json.dumps(row) + "\n")
    renamed = {"audio": "path", "list:drink": "slots.what"}
    (one,) = read(folder / "list.jsonl", tmp_path, renamed=renamed, channel=2).recordings
    assert (one.id, one.channel, one.values, one.groups) == ("a.wav#2", 2, {"drink": "tea"}, {"age": "31"})


def test_the_channel_of_the_command_does_not_count_where_a_file_has_one(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1)
    (folder / "a.txt").write_text("hello")
    assert read(folder, tmp_path, channel=2).recordings[0].channel is None


def test_every_mistake_of_a_table_is_reported_at_once_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1)
    (folder / "text.wav").write_text("no sound")
    rows = [
        "audio,text,start,end,channel,entry,list:drink,list:dish,hypothesis:",
        "b.wav,hello,,,,,,,",
        ",hello,,,,,,,",
        "a.wav,,,,,,,,",
        'a.wav,"...",0.1,,,,,,',
        "a.wav,hello,x,-1,,,,,",
        "a.wav,hello,0.4,0.2,,,,,",
        "a.wav,hello,9,,,,,,",
        "a.wav,hello,,0.3,two,,,,",
        "a.wav,hello,,0.31,3,,,,",
        "a.wav,hello,,0.32,,crad,,,",
        "a.wav,,,0.33,,,cofee,,",
        "a.wav,,,0.34,,,,soup,",
        "a.wav,hello,,0.35,,,,,x",
        "a.wav,hello,,0.36,,,,,x,y",
        "text.wav,hello,,,,,,,",
        "a.wav,hello,,0.37,,,,,",
        "a.wav,hello,,0.37,,,,,",
    ]
    (folder / "manifest.csv").write_text("\n".join(rows) + "\n")
    found = mistakes(folder, tmp_path)
    expected = [
        "manifest.csv:15: has 10 cells, not 9",
        "manifest.csv:2: b.wav: cannot be read as sound (there is no such file)",
        "manifest.csv:3: `audio` is missing",
        "manifest.csv:4: says nothing that is right",
        "manifest.csv:5: `text` holds no word",
        "manifest.csv:6: `start` must be seconds, not 'x'",
        "manifest.csv:6: `end` must be seconds, not '-1'",
        "manifest.csv:7: `start` (0.4) is not before `end` (0.2)",
        "manifest.csv:8: `start` is 9 s, and the sound 0.50 s long",
        "manifest.csv:9: `channel` must be 1, 2, … or mix, not 'two'",
        "manifest.csv:10: channel 3: the file has 1",
        "manifest.csv:11: the site has nothing called 'crad'; did you mean 'card'?",
        "manifest.csv:12: the list 'drink' has no value 'cofee'; did you mean 'coffee'?",
        "manifest.csv:13: the site has no list 'dish'; known are drink, size",
        "manifest.csv:14: `hypothesis:` needs the name of the system",
        "manifest.csv:16: text.wav: cannot be read as sound",
        "manifest.csv:18: the same sound as in",
    ]
    for line in expected:
        assert any(problem.startswith(line) for problem in found), (line, found)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["{"], "manifest.jsonl:1: is not JSON"),
        (["", "[1]"], "manifest.jsonl:2: must be an object"),
        (['{"audio": "a.wav", "text": 3}', '{"file": "a.wav"}'], "manifest.jsonl:2: `audio` is missing"),
        (['{"file": "a.wav", "text": "x"}'], "manifest.jsonl:1: there is no column 'audio'; if it is 'file': --column"),
        (["[" * 100_000], "manifest.jsonl:1: is not JSON"),
    ],
)
def test_a_line_that_is_no_row(lines: list[str], told: str, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1)
    (folder / "manifest.jsonl").write_text("\n".join(lines))
    assert any(told in problem for problem in mistakes(folder, tmp_path))


def test_mistakes_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1)
    place.sound(folder / "b.wav", 2, channels=2)
    (folder / "b.txt").write_text("hello")
    (folder / "b.1.txt").write_text("hello")
    (folder / "c.txt").write_text("of no sound")
    assert mistakes(folder, tmp_path) == [
        "a.wav: has no text beside it (a.txt)",
        "b.txt: b.wav has texts for its channels too: leave one or the other",
    ]
    assert "there is no such folder" in mistakes(tmp_path / "none", tmp_path)[0]
    (tmp_path / "empty").mkdir()
    with pytest.raises(PortError, match=r"holds no manifest.csv or .jsonl"):
        read(tmp_path / "empty", tmp_path)


def test_an_unknown_column_to_rename_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    place.sound(folder / "a.wav", 1)
    (folder / "manifest.csv").write_text("audio,sentence\na.wav,hello\n")
    found = mistakes(folder, tmp_path, renamed={"text": "sentance"})
    assert "manifest.csv:1: there is no column 'sentance'; did you mean 'sentence'?" in found


@given(content=st.binary(max_size=300), name=st.sampled_from(["manifest.csv", "manifest.jsonl"]))
def test_a_manifest_of_any_bytes_is_read_or_refused(
    content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / name).write_bytes(content)
    with pytest.raises((ConfigError, PortError)):
        read(folder, folder)
