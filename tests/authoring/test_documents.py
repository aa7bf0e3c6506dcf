"""Documents are read as headings, lines and rows, each with its place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from appliance.authoring.documents import Block, plain, read
from appliance.config.reader import ConfigError
from appliance.core.ports import PortError


def shape(blocks: list[Block]) -> list[tuple[str, str, str]]:
    return [(block.kind, block.text, block.source.place) for block in blocks]


def written(tmp_path: Path, name: str, text: str) -> list[Block]:
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read(tmp_path / name)


def test_markdown(tmp_path: Path) -> None:
    text = (
        "# The **Mill**\n\nThe mill is [open](x.html) to\nvisitors.\n\n- Dogs stay outside.\n"
        "- A long line that is wrapped by the editor goes on\n  in the next one.\n\n"
        "| Ticket | Price |\n|---|---|\n| Adult | $5 |\n\nTimes\n=====\n\nMon: 9-5\nTue: 9-6\n"
    )
    assert shape(written(tmp_path, "a.md", text)) == [
        ("heading", "The Mill", "line 1"),
        ("text", "The mill is open to visitors.", "line 3"),
        ("text", "Dogs stay outside.", "line 6"),
        ("text", "A long line that is wrapped by the editor goes on in the next one.", "line 7"),
        ("row", "Adult, $5", "line 12"),
        ("heading", "Times", "line 14"),
        ("text", "Mon: 9-5", "line 17"),
        ("text", "Tue: 9-6", "line 18"),
    ]


def test_items_of_a_list_are_paragraphs_of_their_own(tmp_path: Path) -> None:
    first, second = written(tmp_path, "a.md", "- The lockers take a coin.\n- Please shower first.\n")
    assert first.paragraph != second.paragraph
    first, second = written(tmp_path, "b.md", "The lockers take a coin.\nYou get it back.\n")
    assert first.paragraph == second.paragraph


def test_a_short_line_that_stands_alone_is_a_heading_of_a_text(tmp_path: Path) -> None:
    blocks = written(tmp_path, "a.txt", "Opening hours\n\nMon-Fri 9-17\n\nThe door is red.\n")
    assert [block.kind for block in blocks] == ["heading", "text", "text"]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv(tmp_path: Path, mark: str) -> None:
    text = f"Room{mark}Floor\nLaboratory{mark}2\n\nX-ray{mark}1\n"
    first, second = written(tmp_path, "rooms.csv", text)
    assert (first.cells, first.header, first.source.place) == (("Laboratory", "2"), ("Room", "Floor"), "row 2")
    assert second.source.place == "row 4"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xls", b"x", "is none of .csv"),
        ("a.md", b"\xff\xfe", "is not UTF-8 text"),
        ("a.csv", b'a,b\n"x,1\n', "is not CSV"),
    ],
)
def test_a_document_that_cannot_be_read_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError) as error:
        read(tmp_path / name)
    assert len(error.value.problems) == 1 and told in error.value.problems[0]


def test_a_missing_document_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.md")


@pytest.mark.parametrize(("name", "library"), [("a.pdf", "pypdf"), ("a.docx", "docx")])
def test_the_group_is_named_that_has_the_missing_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(PortError, match="uv sync --group documents"):
        read(tmp_path / name)


@pytest.mark.parametrize(("name", "library"), [("a.pdf", "pypdf"), ("a.docx", "docx")])
def test_a_broken_file_of_another_format_is_refused(tmp_path: Path, name: str, library: str) -> None:
    pytest.importorskip(library)
    (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(ConfigError, match="cannot be read as"):
        read(tmp_path / name)


def test_docx(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_heading("The Mill")
    document.add_paragraph("Dogs stay outside.")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ("Ticket", "Price", "Adult", "$5"), strict=True
    ):
        cell.text = text
    document.save(str(tmp_path / "a.docx"))
    assert shape(read(tmp_path / "a.docx")) == [
        ("heading", "The Mill", "paragraph 1"),
        ("text", "Dogs stay outside.", "paragraph 2"),
        ("row", "Adult, $5", "row 2 of a table"),
    ]


def test_pdf(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    (tmp_path / "a.pdf").write_bytes(_pdf("The mill is open every day."))
    assert shape(read(tmp_path / "a.pdf")) == [("text", "The mill is open every day.", "page 1")]


def _pdf(text: str) -> bytes:
    """One page with one line."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    written, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + b"xref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        table,
        len(written),
    )


@pytest.mark.parametrize(
    ("text", "read_as"),
    [
        ("**bold** and *thin*", "bold and thin"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("see [the map](map.png) ![x](y.png)", "see the map"),
        ("a\u00a0b <br> c", "a b c"),
    ],
)
def test_marks_of_markdown_are_taken_away(text: str, read_as: str) -> None:
    assert plain(text) == read_as
