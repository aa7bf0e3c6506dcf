"""The reference page of the configuration's fields equals the records."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from appliance.config.box import Settings
from appliance.config.fields import described, page, records
from appliance.config.reader import Within
from appliance.config.site import Site
from tests.conftest import CHECKOUT


@pytest.mark.parametrize(("file", "where"), [("site", "appliance/sites/FIELDS.md"), ("box", "systemd/FIELDS.md")])
def test_the_page_is_as_its_command_writes_it(file: Literal["site", "box"], where: str) -> None:
    text = (CHECKOUT / where).read_text(encoding="utf-8")
    assert text == page(file) + "\n", f"write it again: cloister check --fields {file} > {where}"


@pytest.mark.parametrize("kind", [Site, Settings])
def test_every_field_has_a_meaning(kind: type[Any]) -> None:
    bare = [f"{where}.{d.name}" for record, where in records(kind) for d in described(record) if not d.meaning]
    assert not bare


def test_records_inside_records_have_their_path() -> None:
    where = [path for _, path in records(Site)]
    assert where[0] == "" and {"persona", "facts[]", "forms[].slots[]", "privacy.recording"} <= set(where)


@dataclass(frozen=True)
class Lamp:
    """A lamp."""

    place: Path
    """where it hangs, ``left|right``"""
    watts: Annotated[float, Within(0.5, 2_000_000)] = 5.0
    color: Literal["warm", "cold"] | None = None
    names: tuple[str, ...] = field(default=("a", "b"))
    """two of them"""


def test_a_field_has_its_type_range_default_and_meaning() -> None:
    place, watts, color, names = described(Lamp)
    assert (place.kind, place.default, place.meaning) == ("path", "**required**", r"where it hangs, `left\|right`")
    assert (watts.kind, watts.default, watts.meaning) == ("number, 0.5 to 2,000,000", "`5.0`", "")
    assert (color.kind, color.default) == ("one of `warm`, `cold`", "none")
    assert (names.kind, names.default, names.meaning) == ("list of texts", "`[a, b]`", "two of them")
