"""The reader of grammar rules: order, options, left recursion, bounds."""

from collections.abc import Iterator, Sequence
from typing import Any

from appliance.language.grammar import IMPOSSIBLE, Grammar


def digit(words: Sequence[str], at: int, context: Any) -> Iterator[tuple[int, Any]]:
    if words[at].isdecimal():
        yield at + 1, int(words[at]) if words[at] != "0" else IMPOSSIBLE


SUMS = Grammar(
    [
        ("sum", "<digit>", lambda c, n: n),
        ("sum", "minus|less <digit>", lambda c, n: -n),
        ("sum", "<sum> plus the? <digit>", lambda c, a, b: a + b),
        ("sum", "twice <sum>", lambda c, n: 2 * n),
        ("sum", "<digit> <digit>? please", lambda c, a, b: (a, b)),
        ("sum", "<digit> maybe", lambda c, n: None),
    ],
    {"digit": digit},
)


def read(text: str) -> Any:
    hit = SUMS.match("sum", text.split(), 0, None)
    return hit and hit[1]


def test_rows_build_on_each_other() -> None:
    assert read("3") == 3
    assert read("less 3") == -3
    assert read("1 plus the 2 plus 3") == 6
    assert read("twice 2 plus 1") == 6


def test_the_longest_reading_counts_and_the_rest_is_left() -> None:
    assert SUMS.match("sum", "1 plus 2 plus".split(), 0, None) == (3, 3)
    assert read("plus 2") is None


def test_an_optional_symbol_that_is_left_out_is_none() -> None:
    assert read("4 please") == (4, None)
    assert read("4 5 please") == (4, 5)


def test_a_row_may_refuse() -> None:
    assert SUMS.match("sum", "4 maybe".split(), 0, None) == (1, 4)


def test_a_row_built_on_an_impossible_one_is_impossible() -> None:
    assert read("twice 0") is IMPOSSIBLE
    assert read("1 plus 0") is IMPOSSIBLE


def test_depth_and_repetition_are_bounded() -> None:
    assert read("twice " * 10_000 + "1") is None
    hit = SUMS.match("sum", ("1 " + "plus 1 " * 10_000).split(), 0, None)
    assert hit is not None
    assert hit[0] < 20
