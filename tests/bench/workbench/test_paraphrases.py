"""The brain with fewer and fewer lines of a site."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.bench.questions import Engines
from appliance.bench.remembering import RememberingEmbedder
from appliance.bench.workbench import paraphrases
from appliance.bench.workbench.material import read
from appliance.bench.workbench.paraphrases import evaluate, with_lines
from appliance.config.box import load_settings
from tests.brain.test_responder import Parrot
from tests.brain.test_retrieval import Counting, Words


@pytest.mark.parametrize(("lines", "most"), [(0, 0), (3, 3), (10, 4), (None, 4)])
def test_a_site_keeps_as_many_lines_as_are_wanted(lines: int | None, most: int) -> None:
    site = with_lines(read("library", "test").site, lines)
    assert {len(fact.ask) for fact in site.facts} == {most}
    assert len(site.opening_hours[0].ask) == most


def test_the_lines_that_are_kept_are_evenly_drawn() -> None:
    all_lines = read("library", "test").site.facts[0].ask
    assert with_lines(read("library", "test").site, 2).facts[0].ask == (all_lines[0], all_lines[2])


def test_figures_are_told_by_site_and_lines(starter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paraphrases, "SITES", ("library",))
    monkeypatch.setattr(paraphrases, "LINES", (0, None))
    engines = Engines(Parrot(), RememberingEmbedder(Words()))
    figures = evaluate(load_settings(starter), None, Path(), limit=2, engines=engines)
    assert [row.what for row in figures.document()] == [
        "library, 0 lines: right at once; after asking back",
        "library, 0 lines: wrong; questions back for each hundred",
        "library, all lines: right at once; after asking back",
        "library, all lines: wrong; questions back for each hundred",
    ]
    assert figures.table().count("\n") == 3


def test_a_vector_is_made_once() -> None:
    embedder = Counting()
    remembering = RememberingEmbedder(embedder)
    first = remembering.embed(["where is it", "when is it"])
    again = remembering.embed(["when is it", "where is it", "who is it"])
    assert embedder.sentences == 3
    assert (first[0] == again[1]).all()
