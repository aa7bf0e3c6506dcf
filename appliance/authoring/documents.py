"""Reads documents as blocks: headings, lines of text and rows of tables, each with the place where it stands.

Markdown, plain text and CSV are read here. PDF and DOCX need the libraries of the dependency group ``documents``.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from appliance.config.reader import ConfigError, read_text
from appliance.core.ports import PortError


@dataclass(frozen=True, slots=True)
class Source:
    """Where in which document something stands."""

    file: str
    place: str
    """as in "line 12", "page 3", "row 4" """

    def __str__(self) -> str:
        return f"{self.file}, {self.place}"


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a line or wrapped lines of text, or a row of a table."""

    kind: Literal["heading", "text", "row"]
    text: str
    """of a row, its cells with commas"""
    source: Source
    paragraph: int = 0
    """lines with the same number stand in one paragraph, list or table"""
    cells: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    """of a row: the cells of the table's first row"""


def read(path: Path) -> list[Block]:
    """The blocks of a document, by the ending of its name. Raises ConfigError, and PortError where a library is
    missing."""
    readers: dict[str, Callable[[Path], list[Block]]] = {
        **dict.fromkeys((".md", ".markdown", ".txt", ".text"), _read_text),
        **dict.fromkeys((".csv", ".tsv"), _read_csv),
        ".pdf": _read_pdf,
        ".docx": _read_docx,
    }
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ConfigError([f"{path}: is none of {', '.join(sorted(readers))}"])
    return reader(path)


# --- text -------------------------------------------------------------------------------------------------------------

_WRAPPED = 50
"""Letters from which a line that ends within a sentence goes on in the next line."""

_BULLET = re.compile(r"^\s*(?:[-*+•–]|\d{1,2}[.)])\s+")
_FENCE = re.compile(r"^\s*(?:```|~~~)")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")


def _read_text(path: Path) -> list[Block]:
    lines = read_text(path).splitlines()
    name = path.name
    return list(_blocks([(line, Source(name, f"line {n}")) for n, line in enumerate(lines, 1)]))


def _blocks(lines: Sequence[tuple[str, Source]]) -> Iterator[Block]:
    """Blocks of the lines of a text. Tables, headings and lists are those of Markdown; in other texts, a short line
    that stands alone is a heading."""
    paragraph = 0
    at = 0
    while at < len(lines):
        line, source = lines[at]
        text = line.strip()
        following = lines[at + 1][0].strip() if at + 1 < len(lines) else ""
        if not text or _FENCE.match(text) or text.startswith("<!--"):
            paragraph += 1
            at += 1
        elif text.startswith("#"):
            paragraph += 1
            yield Block("heading", plain(text.lstrip("#")), source, paragraph)
            at += 1
        elif text.startswith("|") and re.fullmatch(r"\|?[\s:|-]+\|?", following) and "-" in following:
            paragraph += 1
            end = next((n for n in range(at, len(lines)) if not lines[n][0].strip().startswith("|")), len(lines))
            header = _cells(text)
            for row, where in lines[at + 2 : end]:
                yield _row(_cells(row), header, where, paragraph)
            at = end
        elif re.fullmatch(r"[=-]{3,}", following) and not _BULLET.match(line):
            paragraph += 1
            yield Block("heading", plain(text), source, paragraph)
            at += 2
        elif _RULE.match(text):
            paragraph += 1
            at += 1
        else:
            alone = not following and (at == 0 or not lines[at - 1][0].strip())
            if alone and len(text.split()) <= 6 and text[-1] not in ".!,;:" and not re.search(r"\d", text):
                yield Block("heading", plain(text), source, paragraph)
                at += 1
                continue
            # Each item of a list speaks of a thing of its own.
            paragraph += bool(_BULLET.match(line))
            parts, at = _wrapped(lines, at)
            yield Block("text", plain(" ".join(parts)), source, paragraph)


def _wrapped(lines: Sequence[tuple[str, Source]], at: int) -> tuple[list[str], int]:
    """The line at ``at`` with those that it goes on in, and the place after them."""
    parts = [_BULLET.sub("", lines[at][0]).strip()]
    while at + 1 < len(lines):
        before, following = parts[-1], lines[at + 1][0]
        goes_on = following.strip()[:1].islower() or len(before) >= _WRAPPED
        ended = before[-1:] in ".!?:;" or not following.strip() or _BULLET.match(following)
        if ended or not goes_on or following.lstrip()[:1] in "#|>":
            break
        parts.append(following.strip())
        at += 1
    return parts, at + 1


def _cells(line: str) -> tuple[str, ...]:
    return tuple(plain(cell) for cell in re.split(r"(?<!\\)\|", line.strip().strip("|")))


def _row(cells: Sequence[str], header: Sequence[str], source: Source, paragraph: int) -> Block:
    cells = tuple(cell.strip() for cell in cells)
    return Block("row", ", ".join(filter(None, cells)), source, paragraph, cells, tuple(header))


def plain(text: str) -> str:
    """A text without marks of Markdown, with single spaces."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|<[^>]+>", " ", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", r"\2", text)
    return " ".join(text.replace("\u00a0", " ").replace("\\|", "|").strip(" >").split())


# --- tables -----------------------------------------------------------------------------------------------------------


def _read_csv(path: Path) -> list[Block]:
    text = read_text(path)
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    try:
        rows = list(csv.reader(io.StringIO(text), dialect, strict=True))
    except csv.Error as error:
        raise ConfigError([f"{path}: is not CSV: {error}"]) from None
    numbered = [(row, n) for n, row in enumerate(rows, 1) if any(cell.strip() for cell in row)]
    if not numbered:
        return []
    header = tuple(cell.strip() for cell in numbered[0][0])
    return [_row(row, header, Source(path.name, f"row {n}"), 1) for row, n in numbered[1:]]


# --- other formats ----------------------------------------------------------------------------------------------------


def _missing(path: Path, library: str) -> PortError:
    return PortError(
        f"{path}: needs {library}, of the dependency group `documents`: "
        "`uv sync --group documents` in the checkout installs it; or save the document as text"
    )


def _read_pdf(path: Path) -> list[Block]:
    try:
        import pypdf
    except ModuleNotFoundError:
        raise _missing(path, "pypdf") from None
    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    except (OSError, pypdf.errors.PyPdfError) as error:
        raise ConfigError([f"{path}: cannot be read as PDF: {error}"]) from None
    lines = [
        (line, Source(path.name, f"page {number}"))
        for number, text in enumerate(pages, 1)
        for line in [*text.splitlines(), ""]
    ]
    if not any(line.strip() for line, _ in lines):
        raise ConfigError([f"{path}: holds no text; a scanned page must be read by a person"])
    return list(_blocks(lines))


def _read_docx(path: Path) -> list[Block]:
    try:
        import docx
    except ModuleNotFoundError:
        raise _missing(path, "python-docx") from None
    try:
        document = docx.Document(str(path))
    except Exception as error:  # the library raises what its zip and XML readers raise
        raise ConfigError([f"{path}: cannot be read as DOCX: {error}"]) from None
    return list(_of_docx(document, path.name))


def _of_docx(document: Any, name: str) -> Iterator[Block]:
    numbers = itertools.count(1)
    group = 0
    for part in document.iter_inner_content():
        if hasattr(part, "rows"):
            group += 1
            header, *rows = [[cell.text for cell in row.cells] for row in part.rows] or [[]]
            for number, row in enumerate(rows, 2):
                yield _row(row, header, Source(name, f"row {number} of a table"), group)
            continue
        source = Source(name, f"paragraph {next(numbers)}")
        style = str(part.style.name) if part.style is not None else ""
        text = plain(part.text)
        listed = style.startswith("List")
        group += not listed
        if text:
            yield Block("heading" if style.startswith(("Heading", "Title")) else "text", text, source, group)
