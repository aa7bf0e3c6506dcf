"""The sentences of ``cloister evaluate language`` and its own arithmetic."""

from datetime import datetime
from pathlib import Path

import yaml

from appliance.bench.workbench import language

NOW = datetime(2026, 11, 18, 14, 45)


def test_there_are_enough_sentences_and_none_occurs_twice() -> None:
    data = yaml.load(language.SENTENCES.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    kinds = {kind: [" ".join(case[:-1]) for case in cases] for kind, cases in data.items() if isinstance(cases, list)}
    assert sum(map(len, kinds.values())) >= 600
    assert all(len(said) == len(set(said)) for said in kinds.values())


def test_every_sentence_is_judged_without_the_shared_material(tmp_path: Path) -> None:
    found = language.measure(tmp_path)
    assert [note for note in found.notes if "Skipped" in note]
    right, of = map(sum, zip(*(kind.tuned for kind in found.kinds), strict=True))
    # A changed rule must still understand what was understood before.
    assert right / of > 0.95
    assert len(found.wrong) == of - right
    right, of = map(sum, zip(*(kind.held_out for kind in found.kinds), strict=True))
    assert right / of > 0.85


def test_a_wrong_value_is_counted_as_wrong() -> None:
    assert language._compare("2026-11-19", "2026-11-20", str) == (False, "2026-11-19")
    assert language._compare("none", "ask", str)[0]
    assert language._compare("b", "a | b", str)[0]
    assert language._holds("Yes, it is open now.", "Yes;open now;!closed")[0]
    assert not language._holds("Yes, it is open until noon.", "No")[0]
    assert not language._holds("No, it is closed.", "No;!closed")[0]
    assert not language._holds(None, "Yes")[0]
    assert language._holds(None, "week")[0]


def test_the_heard_value_is_that_of_the_slot() -> None:
    assert language.hear("tomorrow", ("date",), NOW, asked=True) == "2026-11-19"
    assert language.hear("hello", ("date",), NOW, asked=True) == ""
