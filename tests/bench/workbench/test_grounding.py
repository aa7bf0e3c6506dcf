"""The judged replies of real models, and what the check makes of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from appliance.bench.workbench.grounding import REPLIES, SITES, VERDICTS, Grounding, evaluate, half_of, open_sites
from appliance.bench.workbench.grounding_changes import changes
from appliance.brain.compose import names
from appliance.brain.grounding.check import Check
from appliance.config.box import Settings
from appliance.language.english import ENGLISH


@pytest.fixture(scope="module")
def figures(starter: Path) -> Grounding:
    from appliance.config.box import load_settings

    settings: Settings = load_settings(starter)
    return evaluate(settings, next(iter(open_sites().values())), Path(), None)


def test_each_reply_was_judged() -> None:
    rows = [json.loads(line) for line in REPLIES.read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 300
    assert {row["verdict"] for row in rows} == set(VERDICTS)
    assert all(row["fault"] for row in rows if row["verdict"] in ("wrong", "partly"))
    assert {row["site"] for row in rows} == set(SITES)
    halves = Counter(half_of(row["question"]) for row in rows)
    assert min(halves.values()) > len(rows) / 3


def test_the_check_catches_what_is_wrong_and_lets_facts_through(figures: Grounding) -> None:
    """The shares when the rules were made, rounded down. They must not fall."""
    for half, caught, passed in (("dev", 0.99, 0.5), ("test", 0.97, 0.5), ("late", 0.94, 0.5)):
        wrong = [reply for reply in figures.replies if (reply.half, reply.verdict) == (half, "wrong")]
        right = [reply for reply in figures.replies if (reply.half, reply.verdict) == (half, "right")]
        assert sum(reply.stopped for reply in wrong) >= caught * len(wrong)
        assert sum(not reply.stopped for reply in right) >= passed * len(right)
    assert figures.facts[0] == figures.facts[1]
    stopped, made = (sum(counts) for counts in zip(*figures.made.values(), strict=True))
    assert stopped >= 0.99 * made


def test_the_table_names_each_model_and_each_change(figures: Grounding) -> None:
    table = figures.table()
    assert (
        "cloister-starter: wrong, caught" in table
        and "qwen2.5-coder-0.5b: wrong, caught" in table
        and "qwen2.5-coder-1.5b: wrong, caught" in table
    )
    assert all(kind in table for kind in figures.made)
    assert len(list(figures.document())) == 11


def test_no_sentence_that_passes_is_stopped_while_it_is_written() -> None:
    sites = open_sites()
    for line in REPLIES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        language = sites[row["site"]].language
        check = Check(row["facts"], row["question"], names(sites[row["site"]]), language)
        for sentence in language.sentences.sentences(row["reply"]):
            words = sentence.split()
            stopped = any(check.hopeless(" ".join(words[:count]) + " ") for count in range(1, len(words) + 1))
            spoken = check.sentence(sentence).spoken
            assert not (stopped and spoken), sentence
            if not spoken:
                break


def test_the_changes_of_a_sentence() -> None:
    made = dict(
        changes("Doctor Chen is here from two to six, beside room 12.", ["See Doctor Patel in room 9."], ENGLISH)
    )
    assert made["figures swapped"] == "Doctor Chen is here from six to two, beside room 12."
    assert made["negated"] == "Doctor Chen is not here from two to six, beside room 12."
    assert made["other name"] == "Doctor Patel is here from two to six, beside room 12."
    assert made["other place"] == "Doctor Chen is here from two to six, behind room 12."
    assert made["other figure"] == "Doctor Chen is here from 9 to six, beside room 12."
    limited = dict(changes("Flowers are welcome everywhere except in the tower.", [], ENGLISH))
    assert limited["limit dropped"] == "Flowers are welcome everywhere."
