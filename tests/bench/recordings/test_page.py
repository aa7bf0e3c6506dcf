"""The page: read by an HTML parser, it refers to nothing outside, runs nothing, and escapes what it is given."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import stat
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import soundfile

from appliance.bench.questions import Engines
from appliance.bench.recordings import page, plots
from appliance.bench.recordings.evaluation import evaluate
from appliance.bench.recordings.outcomes import Division
from appliance.bench.recordings.plots import Span
from appliance.core.ports import PortError
from tests.bench.recordings import place
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Words

EVIL = "</script><img src=http://evil.example/x onerror=alert(1)>\"'&\u202e"

VOID = {"meta", "img", "link", "br", "hr", "input", "source", "base", "area", "col", "embed", "track", "wbr"}

REFERRING = {"src", "href", "data", "action", "srcset", "poster", "background", "xlink:href", "cite", "formaction"}


class Reader(HTMLParser):
    """Collects what a page refers to, and sees that every element is closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def close(self) -> None:
        super().close()
        assert self._open == []


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    reader.close()
    return reader


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return write(tmp_path, 10_000_000)


def write(tmp_path: Path, most_bytes: int) -> Path:
    """A page about three recordings whose names and words are hostile, and another system's."""
    folder = tmp_path / "own"
    rows = []
    for number in range(3):
        name = f"{number}<b>&\"'.wav"
        place.sound(folder / name, number, seconds=0.3 + 0.1 * number)
        rows.append(
            {"audio": name, "text": "where is the printer", "hypothesis:<i>": EVIL, "group<u>": EVIL + str(number % 2)}
        )
    rows[0] |= {"entry": "printer", "list:drink": "tea"}
    (folder / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    site = place.site(tmp_path / "site")
    ear = place.told({folder / str(row["audio"]): "where was a printer script" for row in rows})
    recordings = place.opened(folder, site, tmp_path / "work")
    evaluation, words = evaluate(
        recordings,
        [place.profile("box<s>", site)],
        open_listening=place.ears({"box<s>": ear}),  # type: ignore[arg-type]  # an ear that is told
        engines=Engines(Parrot(), Words()),
        divisions=[Division("group<u>")],
    )
    target = tmp_path / "page.html"
    page.write(target, evaluation, words, recordings.manifest, most_bytes=most_bytes)
    with pytest.raises(PortError, match="cannot be written"):
        page.write(target / "x.html", evaluation, words, recordings.manifest, most_bytes=most_bytes)
    return target


def test_the_page_refers_to_nothing_outside_and_runs_nothing(written: Path) -> None:
    elements = read(written).elements
    assert not {"script", "link", "iframe", "object", "embed", "base", "form", "img", "a"} & {
        tag for tag, _ in elements
    }
    for tag, attributes in elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (tag, attributes)
        for name in REFERRING & set(attributes):
            assert tag == "audio" and str(attributes[name]).startswith("data:audio/flac;base64,"), (tag, name)
    text = written.read_text(encoding="utf-8")
    assert not re.search(r"@import|url\(|expression\(", text)
    # The names of the XML's own vocabularies are no references.
    assert set(re.findall(r"https?://[^\s\"'<>&]+", text)) <= {"http://www.w3.org/2000/svg", "http://evil.example/x"}


def test_its_policy_forbids_all_but_its_own_style_and_sound(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    (policy,) = [a["content"] for tag, a in read(written).elements if tag == "meta" and "http-equiv" in a]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "media-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<audio")


def test_whatever_it_is_given_is_shown_as_text(written: Path) -> None:
    reader = read(written)
    shown = "".join(reader.text)
    assert "<img src=http://evil.example/x" in shown and "box<s>" in shown and "0<b>&\"'.wav" in shown
    assert {tag for tag, _ in reader.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "strong", "code", "table"),
        *("caption", "tr", "th", "td", "figure", "figcaption", "svg", "desc", "line", "text", "circle", "rect"),
        *("polyline", "article", "audio", "del", "ins", "b"),
    }
    assert "\u202e" not in written.read_text(encoding="utf-8"), "characters that turn what follows are shown by number"


def test_each_recording_can_be_heard_and_its_words_compared(written: Path) -> None:
    elements = read(written).elements
    sounds = [str(a["src"]).partition(",")[2] for tag, a in elements if tag == "audio"]
    assert len(sounds) == 3
    samples, rate_hz = soundfile.read(io.BytesIO(base64.b64decode(sounds[0])))
    assert rate_hz == 16_000 and len(samples) in (4_800, 6_400, 8_000)
    text = written.read_text(encoding="utf-8")
    assert "where <del>is the</del> <ins>was a</ins> printer <ins>script</ins>" in text


def test_plots_are_told_to_those_who_cannot_see_them(written: Path) -> None:
    text = written.read_text(encoding="utf-8")
    drawn = re.findall(r"<svg .*?</svg>", text, re.DOTALL)
    assert len(drawn) >= 4
    names = []
    for svg in drawn:
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        ids = {element.get("id"): element for element in root if element.get("id")}
        labels = (root.get("aria-labelledby") or "").split()
        assert [ids[label].tag.rpartition("}")[2] for label in labels] == ["title", "desc"]
        assert all(ids[label].text for label in labels)
        names += labels
    assert len(names) == len(set(names)), "ids are unlike each other within a page"
    assert [a for tag, a in read(written).elements if tag == "html"] == [{"lang": "en"}]


@pytest.mark.parametrize(("most_bytes", "players"), [(0, 0), (13_000, 1), (10_000_000, 3)])
def test_the_sound_in_the_page_is_bounded(tmp_path: Path, most_bytes: int, players: int) -> None:
    target = write(tmp_path, most_bytes)
    sounds = [str(a["src"]) for tag, a in read(target).elements if tag == "audio"]
    assert len(sounds) == players
    assert sum(map(len, sounds)) <= most_bytes + 40 * players


def test_only_its_owner_can_read_it(written: Path) -> None:
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert [path.name for path in written.parent.glob(".*")] == []


def test_a_plot_of_one_value_and_of_nothing_but_zeros() -> None:
    for svg in (
        plots.spans("one", [Span("a", 0.0, 0.0, 0.0)], unit="%"),
        plots.spans("two", [Span("a" * 60, -3.0, -5.0, 1.0)], unit="points", zero=True),
        plots.histogram("three", [0.0, 0.0], unit="%"),
        plots.cumulative("four", [0.0], unit="ms"),
    ):
        assert "nan" not in svg
        ElementTree.fromstring(svg[svg.index("<svg") : svg.index("</svg>") + 6])
