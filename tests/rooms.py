"""The rooms, drawn from their docstrings: ``python -m tests.rooms`` draws them anew in appliance/README.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "appliance"
PAGE = PACKAGE / "README.md"
BEGIN, END = "<!-- rooms: python -m tests.rooms -->\n", "<!-- end of rooms -->\n"

_LAST = re.compile(r"^Imports: (?P<imports>[a-z, ]+)\. (?P<purity>Pure|Pure but for [^.]+|Not pure)\.$")


@dataclass(frozen=True, slots=True)
class Room:
    """A top-level package of the product, as its ``__init__`` describes it."""

    name: str
    about: str
    """its first sentence"""
    imports: frozenset[str]
    purity: str


def rooms() -> Mapping[str, Room]:
    """All rooms by name. Raises ValueError where a docstring does not say what the room imports."""
    found = {}
    for path in sorted(PACKAGE.glob("*/__init__.py")):
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
        told = _LAST.match(paragraphs[-1])
        if told is None:
            raise ValueError(f"{path}: the last paragraph must say what the room imports and whether it is pure")
        below = frozenset(name.strip() for name in told["imports"].split(",")) - {"nothing"}
        about = re.split(r"(?<=\.)\s", paragraphs[0])[0]
        found[path.parent.name] = Room(path.parent.name, about, below, told["purity"])
    return found


def floors(house: Mapping[str, Room]) -> Iterator[list[str]]:
    """Rooms from the lowest floor up. A room stands one floor above the highest room that it imports."""
    left = dict(house)
    while left:
        floor = [name for name, room in left.items() if not room.imports & set(left)]
        if not floor:
            raise ValueError(f"these import each other in a circle: {sorted(left)}")
        yield floor
        for name in floor:
            del left[name]


def drawing() -> str:
    """The floors and a table of the rooms with the imports of each, in Markdown."""
    house = rooms()
    levels = list(floors(house))
    width = max(len(", ".join(level)) for level in levels)
    lines = ["```text"]
    for number, level in reversed(list(enumerate(levels))):
        lines.append(f"{number:>2}  | {', '.join(level).center(width)} |")
    lines += ["```", "", "| room | what lives there | imports | pure |", "|---|---|---|---|"]
    for level in levels:
        for name in level:
            room = house[name]
            below = ", ".join(other for floor in levels for other in floor if other in room.imports) or "nothing"
            lines.append(f"| `{name}` | {room.about.replace('``', '`')} | {below} | {_pure(room.purity)} |")
    return "\n".join(lines) + "\n"


def _pure(purity: str) -> str:
    return {"Pure": "yes", "Not pure": "no"}.get(purity, purity.replace("Pure but for", "but for"))


def drawn(page: str) -> str:
    """A page with the drawing in its place."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{drawing()}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
