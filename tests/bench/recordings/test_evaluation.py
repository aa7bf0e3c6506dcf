"""An evaluation from manifest to figures, with an ear that hears what it is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from appliance.bench.questions import Engines
from appliance.bench.recordings.evaluation import Evaluation, Price, Words, evaluate, read_result
from appliance.bench.recordings.gates import failures, read_gate
from appliance.bench.recordings.journal import forget
from appliance.bench.recordings.outcomes import Division, System, divided, figures, read_division
from appliance.bench.recordings.report import Report, worst
from appliance.cli.verb import _plain
from appliance.config.reader import ConfigError
from appliance.config.site import Site, load_site
from appliance.core.ports import PortError
from tests.bench.recordings import place
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Words as WordEmbedder

SAID = ["where is the printer", "what does a card cost", "give me a large tea", "is mister Okafor in", "hello there"]
HEARD = ["where is the printer", "what does a car cost", "give me a large tea", "is mister oh kafer in", ""]
OTHER = ["where is a printer", "what does a card cost", "give me a large tea", "is mister okafor in", "hello there"]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return place.site(tmp_path / "site")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five recordings, of which two want an answer and one an order."""
    folder = tmp_path / "own"
    rows = []
    for number, (said, other) in enumerate(zip(SAID, OTHER, strict=True)):
        place.sound(folder / f"{number}.wav", number)
        rows.append({"audio": f"{number}.wav", "text": said, "hypothesis:other": other, "age": 10 * number})
    rows[0]["entry"] = "printer"
    rows[1]["answer"] = "free"
    rows[2] |= {"list:drink": "tea", "list:size": "large"}
    (folder / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder


def ear(folder: Path, heard: list[str] = HEARD) -> place.ToldEar:
    return place.told({folder / f"{number}.wav": text for number, text in enumerate(heard)})


def run(folder: Path, site: Site, work: Path, told: place.ToldEar, **options: object) -> tuple[Evaluation, Words]:
    recordings = place.opened(folder, site, work)
    return evaluate(
        recordings,
        [place.profile("box", site)],
        open_listening=place.ears({"box": told}),  # type: ignore[arg-type]  # an ear that is told
        engines=Engines(Parrot(), WordEmbedder()),
        **options,  # type: ignore[arg-type]  # passed on as they are
    )


def test_the_figures_of_a_box_and_of_another_system(folder: Path, site: Site, tmp_path: Path) -> None:
    evaluation, words = run(folder, site, tmp_path / "work", ear(folder), price=Price(900, 5))
    box, other = evaluation.systems
    known = figures(box.outcomes)
    # card > car; okafor > oh kafer (two); hello there is missing (two). Said: 4 + 5 + 5 + 4 + 2.
    assert (known.rates["wer"].value, known.rates["wer"].n) == (5 / 20, 20)
    assert known.kinds == {"lists": (2, 2), "lexicon": (1, 0)}
    assert (known.rates["terms"].value, known.rates["values"].value) == (1 / 3, 0.0)
    assert known.answers == {"right": 1, "no answer": 1} or known.answers == {"right": 2}
    assert known.latency is not None and (known.latency.median_s, known.latency.n) == (0.2, 4)
    assert known.processor_s_per_min == pytest.approx(60 * 0.5 / 2.5)
    assert evaluation.cost(known) is not None
    assert figures(other.outcomes).rates["wer"].value == 1 / 20
    assert figures(other.outcomes).rates["answers"].n == 2 and figures(other.outcomes).rates["values"].value == 0
    (comparison,) = evaluation.comparisons
    found = comparison.differences["wer"]
    assert found.value == pytest.approx(4 / 20)
    assert (found.better, found.worse, comparison.paired) == (1, 3, 5)
    assert words.heard["box"]["3.wav"] == ("is", "mister", "oh", "kafer", "in")
    assert evaluation.others == pytest.approx(0.05)


def test_no_figure_holds_a_word_that_was_said(folder: Path, site: Site, tmp_path: Path) -> None:
    evaluation, words = run(folder, site, tmp_path / "work", ear(folder))
    report = Report(evaluation)
    written = (
        json.dumps(evaluation.json()) + report.table() + "".join(row.what + row.figure for row in report.document())
    )
    for word in ("mister", "Okafor", "okafor", "kafer", "hello"):
        assert word not in written
    asked_for = Report(evaluation, tuple(worst(evaluation.systems[0], words, 2))).table()
    assert "[okafor > oh kafer]" in asked_for and "[hello there > ]" in asked_for


def test_a_run_that_was_killed_goes_on_where_it_was(folder: Path, site: Site, tmp_path: Path) -> None:
    first = ear(folder)
    first.fails_at = 4
    with pytest.raises(KeyboardInterrupt):
        run(folder, site, tmp_path / "work", first)
    second = ear(folder)
    evaluation, _ = run(folder, site, tmp_path / "work", second)
    assert second.calls == 2, "three were kept"
    third = ear(folder)
    again, _ = run(folder, site, tmp_path / "work", third)
    assert third.calls == 0 and again.systems == evaluation.systems
    forget(tmp_path / "work")
    assert list((tmp_path / "work").glob("*")) == []


def test_another_site_or_sound_is_heard_anew(folder: Path, site: Site, tmp_path: Path) -> None:
    run(folder, site, tmp_path / "work", ear(folder))
    place.sound(folder / "0.wav", 77)
    changed = ear(folder)
    run(folder, site, tmp_path / "work", changed)
    assert changed.calls == 1
    (tmp_path / "site" / "site.yaml").write_text(place.SITE.replace("[tea, coffee]", "[tea, coffee, water]"))
    other = ear(folder)
    run(folder, load_site(tmp_path / "site" / "site.yaml"), tmp_path / "work", other)
    assert other.calls == 5


def test_nothing_is_written_beside_the_recordings(folder: Path, site: Site, tmp_path: Path) -> None:
    before = sorted(path.name for path in folder.rglob("*"))
    run(folder, site, tmp_path / "work", ear(folder))
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_printed_result_is_compared_with_a_later_version(folder: Path, site: Site, tmp_path: Path) -> None:
    earlier, _ = run(folder, site, tmp_path / "work", ear(folder))
    (tmp_path / "a.json").write_text(json.dumps(earlier.json(), default=_plain))
    result = read_result(tmp_path / "a.json")
    assert result.outcomes == earlier.systems[0].outcomes
    worse = ear(folder, ["", "", "", "", ""])
    later, _ = run(folder, site, tmp_path / "other", worse, earlier=result)
    found = later.comparisons[0].differences["wer"]
    assert (later.comparisons[0].second, found.worse, found.better) == (str(tmp_path / "a.json"), 4, 0)
    manifest = folder / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("hello there", "hello you"))
    changed, _ = run(folder, site, tmp_path / "work", ear(folder), earlier=result)
    assert (changed.comparisons[0].paired, changed.comparisons[0].left_out) == (4, 1), "another text is right there"


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"format": "cloister-recordings/1", "systems": []}', '{"format": 3}']
)
def test_a_file_that_is_no_result_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(PortError, match="is no result of `cloister evaluate recordings --json`"):
        read_result(tmp_path / "a.json")
    with pytest.raises(PortError, match="cannot be read"):
        read_result(tmp_path / "none.json")


def test_two_profiles_side_by_side_and_gates(folder: Path, site: Site, tmp_path: Path) -> None:
    told = {"box": ear(folder), "good": ear(folder, SAID)}
    evaluation, words = evaluate(
        place.opened(folder, site, tmp_path / "work"),
        [place.profile("box", site), place.profile("good", site, threshold=0.4)],
        open_listening=place.ears(told),  # type: ignore[arg-type]  # ears that are told
        engines=Engines(Parrot(), WordEmbedder()),
    )
    assert [system.name for system in evaluation.systems] == ["box", "good", "other"]
    assert words.heard["good"]["3.wav"] != words.heard["box"]["3.wav"] and told["good"].calls == 5
    known, comparison = figures(evaluation.systems[0].outcomes), evaluation.comparisons[0]
    passing = [read_gate(text) for text in ("wer=0.25", "terms=0.4", "latency=0.3", "no-worse")]
    assert failures(passing, known, comparison) == [], "three of five are worse, which chance may do"
    assert failures([read_gate("wer=0.2")], known, comparison) == ["gate wer=0.2: wer is 0.25"]
    assert "nothing to compare with" in failures([read_gate("no-worse")], known, None)[0]
    for bad in ("wer", "speed=1", "no-worse=1", "wer=x"):
        with pytest.raises(ValueError):
            read_gate(bad)


def test_surely_worse_does_not_pass(folder: Path, site: Site, tmp_path: Path) -> None:
    many = tmp_path / "many"
    for number in range(8):
        place.sound(many / f"{number}.wav", 100 + number)
        (many / f"{number}.txt").write_text("where is the printer")
    texts = {many / f"{number}.wav": "where is a printer" for number in range(8)}
    right = dict.fromkeys(texts, "where is the printer")
    good, _ = run(many, site, tmp_path / "good", place.told(right))
    bad, _ = run(
        many,
        site,
        tmp_path / "bad",
        place.told(texts),
        earlier=System("g", good.systems[0].outcomes),
    )
    (failure, *_) = failures([read_gate("no-worse")], figures(bad.systems[0].outcomes), bad.comparisons[0])
    assert failure == "gate no-worse: wer is +25.0 points from g (p = 0.0078)"


def test_groups_of_a_column(folder: Path, site: Site, tmp_path: Path) -> None:
    evaluation, _ = run(folder, site, tmp_path / "work", ear(folder), divisions=[read_division("age=15,30")])
    groups = divided(evaluation.systems[0].outcomes, Division("age", (15.0, 30.0)))
    assert {name: len(found) for name, found in groups.items()} == {
        "under 15": 2,
        "15 to under 30": 1,
        "30 and over": 2,
    }
    assert list(groups) == ["under 15", "15 to under 30", "30 and over"]
    table = Report(evaluation).table()
    assert "by age" in table and "15 to under 30" in table
    for bad in ("=3", "age=3,2", "age=x"):
        with pytest.raises(ValueError):
            read_division(bad)


def test_a_sample_is_drawn_evenly_and_by_a_known_column(folder: Path, site: Site, tmp_path: Path) -> None:
    some = place.opened(folder, site, tmp_path / "work", limit=2)
    assert [one.id for one in some.manifest.recordings] == ["0.wav", "2.wav"]
    with pytest.raises(ConfigError, match="no column 'aeg' to divide by; did you mean 'age'"):
        place.opened(folder, site, tmp_path / "work", unit="aeg")
    with pytest.raises(ConfigError, match="no column 'speaker'"):
        run(folder, site, tmp_path / "work", ear(folder), divisions=[Division("speaker")])


def test_names_from_a_manifest_cannot_command_a_terminal(folder: Path, site: Site, tmp_path: Path) -> None:
    manifest = folder / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("hypothesis:other", "hypothesis:\\u001b[2J\\u202e"))
    evaluation, _ = run(folder, site, tmp_path / "work", ear(folder))
    report = Report(evaluation)
    for text in (report.table(), "".join(row.what for row in report.document())):
        assert "\\u001b[2J" in text and "\x1b" not in text and "\u202e" not in text


def test_two_systems_of_one_name_are_refused(folder: Path, site: Site, tmp_path: Path) -> None:
    manifest = folder / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("hypothesis:other", "hypothesis:box"))
    with pytest.raises(PortError, match="two systems are called 'box'"):
        run(folder, site, tmp_path / "work", ear(folder))
