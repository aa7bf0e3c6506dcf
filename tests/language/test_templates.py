"""Phrase templates: expansion, sampling, looking for slot values."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language import templates

LISTS = {
    "size": ("small", "large"),
    "drink": ("coffee", "iced coffee", "tea"),
    "milk": ("(soy|whole) milk", "cream"),
    "some_milk": ("{milk}", "a bit of {milk}"),
}


@pytest.mark.parametrize(
    ("template", "sentences"),
    [
        ("hello", ["hello"]),
        ("a (b|c) d", ["a b d", "a c d"]),
        ("[please] tea", ["tea", "please tea"]),
        ("tea[ please]", ["tea", "tea please"]),
        ("[a|the] {size} one", [
            "small one", "large one", "a small one", "a large one", "the small one",
            "the large one"]),
        ("(a [b|c]|d)", ["a", "a b", "a c", "d"]),
        ("with {some_milk}", [
            "with soy milk", "with whole milk", "with cream",
            "with a bit of soy milk", "with a bit of whole milk", "with a bit of cream",
        ]),
        ("(a|a)", ["a"]),
    ],
)  # fmt: skip
def test_expand(template: str, sentences: list[str]) -> None:
    assert list(templates.expand(template, LISTS)) == sentences


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a (b", r"'\(' at position 3 .* never closed"),
        ("a [b)", r"'\)' at position 5 .* does not close the '\['"),
        ("a) b", r"'\)' at position 2 .* closes or divides nothing"),
        ("a|b", r"'\|' at position 2"),
        ("a {size", r"'\{' at position 3 .* never closed"),
        ("a } b", r"'\}' at position 3"),
        ("a {no such} b", r"'no such' at position 4"),
        ("a {sise} b", r"no list 'sise' \(at position 3\); known are drink, milk"),
    ],
)
def test_mistakes_are_reported_with_their_position(template: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        templates.check(template, LISTS)


def test_a_list_that_contains_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="'a' contains itself"):
        templates.check("{a}", {"a": ("x {b}",), "b": ("y [{a}]",)})


def test_count_agrees_with_expand() -> None:
    template = "[please] give me [a|the] {size} {drink} [with {some_milk}]"
    assert templates.count(template, LISTS) == len(list(templates.expand(template, LISTS))) == 2 * 3 * 2 * 3 * 7


@given(st.integers())
def test_samples_are_expansions_and_repeat_with_the_seed(seed: int) -> None:
    template = "[a] {size} {drink} [with {some_milk}]"
    sentence = templates.sample(template, LISTS, random.Random(seed))
    assert sentence == templates.sample(template, LISTS, random.Random(seed))
    assert sentence in set(templates.expand(template, LISTS))


def test_samples_take_templates_in_turn() -> None:
    assert list(templates.samples(["a", "b", "c"], {}, 5)) == ["a", "b", "c", "a", "b"]


@pytest.mark.parametrize(
    ("transcript", "slots"),
    [
        ("I'd like a large iced coffee with a bit of soy milk", {
            "size": "large", "drink": "iced coffee", "some_milk": "a bit of soy milk"}),
        ("coffee with cream please", {"drink": "coffee", "some_milk": "cream"}),
        ("small coffee no large", {"size": "small", "drink": "coffee"}),
        ("two iced things", {}),
        ("", {}),
    ],
)  # fmt: skip
def test_find_slots_takes_the_longest_entry(transcript: str, slots: dict[str, str]) -> None:
    assert templates.find_slots(transcript, LISTS, ("size", "drink", "some_milk")) == slots


def test_two_lists_may_share_an_entry() -> None:
    lists = {"from": ("ward one", "ward two"), "to": ("ward one", "ward two")}
    assert templates.find_slots("ward two and then ward one", lists) == {"from": "ward two", "to": "ward one"}
