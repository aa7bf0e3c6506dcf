"""When the words of a known text were said, by probabilities of letters that are known too."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from appliance.core.audio import Samples
from appliance.engines.asr.alignment import Span, spans

LETTERS = "_ abeost"
"""The symbols: the blank, the space, and some letters"""
SPACE = LETTERS.index(" ")


def symbols(text: str) -> list[list[int]]:
    """The words of a text, of which one may hold a ``+`` for a space."""
    return [[LETTERS.index(letter.replace("+", " ")) for letter in word] for word in text.split(" ")]


def heard(steps: str, sure: float = 0.9) -> Samples:
    """Log probabilities of steps in which each of these symbols is likely, and all others are equally unlikely."""
    likely = np.full((len(steps), len(LETTERS)), (1 - sure) / (len(LETTERS) - 1))
    likely[np.arange(len(steps)), [LETTERS.index(symbol) for symbol in steps]] = sure
    log_probs: Samples = np.log(likely).astype(np.float32)
    return log_probs


def steps_of(steps: str, text: str, sure: float = 0.9) -> list[tuple[int, int]]:
    return [(span.first, span.last) for span in spans(heard(steps, sure), symbols(text), SPACE)]


@pytest.mark.parametrize(
    ("steps", "text", "found"),
    [
        ("__ss_oo__  _aatt_", "so at", [(2, 6), (12, 15)]),
        ("so at", "so at", [(0, 1), (3, 4)]),
        ("s", "s", [(0, 0)]),
        ("_be_e_", "bee", [(1, 4)]),
        ("_bee_e__", "bee", [(1, 5)]),
        ("_at_at_", "at at", [(1, 2), (4, 5)]),
        ("_at_to_", "at to", [(1, 2), (4, 5)]),
        ("atto_", "at to", [(0, 1), (3, 4)]),
        ("at  _  _ ___  to", "at to", [(0, 1), (14, 15)]),
        ("__at_ to__be_", "at+to be", [(2, 7), (10, 11)]),
    ],
    ids=[
        *("words with silence around", "words at the edges", "one step", "repeated letter", "repeated and long letter"),
        *(
            "repeated word",
            "letter repeated over a gap",
            "no gap between equal letters",
            "long silence",
            "word said as two",
        ),
    ],
)
def test_each_word_has_the_steps_of_its_letters(steps: str, text: str, found: list[tuple[int, int]]) -> None:
    assert steps_of(steps, text) == found


def test_a_word_that_was_not_heard_lies_between_its_neighbours() -> None:
    first, unheard, last = steps_of("__at____to__", "at be to")
    assert first == (2, 3) and last == (8, 9)
    assert 3 < unheard[0] < unheard[1] < 8


def test_the_likelier_of_two_places_is_taken() -> None:
    both = np.concatenate([heard("__at__", 0.5), heard("__at__", 0.9)])
    assert spans(both, symbols("at"), SPACE) == (Span(8, 9),)


@pytest.mark.parametrize(
    ("steps", "text"),
    [("at", "bat"), ("be", "bee"), ("", "at"), ("sat", "so at")],
    ids="letter repeat silent words".split(),
)
def test_a_text_that_does_not_fit_has_no_times(steps: str, text: str) -> None:
    assert spans(heard(steps), symbols(text), SPACE) == ()


def test_a_word_without_letters_lies_between_its_neighbours() -> None:
    words = [[], *symbols("at"), [], *symbols("to"), [SPACE]]
    found = [(span.first, span.last) for span in spans(heard("_at__to_"), words, SPACE)]
    assert found == [(1, 1), (1, 2), (2, 2), (5, 6), (6, 6)]
    assert spans(heard("__"), [[]], SPACE) == (Span(0, 0),)
    assert spans(heard("__"), [], SPACE) == ()


def test_the_path_is_the_likeliest_of_all() -> None:
    """Compared with every way to spell a text along a few random steps."""
    rng = np.random.default_rng(3)
    for _ in range(20):
        likely = np.log(rng.dirichlet(np.ones(len(LETTERS)), 6)).astype(np.float32)
        (found,) = spans(likely, symbols("ata"), SPACE)
        best = max(_ways(likely), key=lambda way: way[0])
        assert (found.first, found.last) == best[1]


def _ways(likely: Samples) -> list[tuple[float, tuple[int, int]]]:
    """Score, first and last step of every way to spell "ata"."""
    a, t = LETTERS.index("a"), LETTERS.index("t")
    outside = np.logaddexp(likely[:, 0], likely[:, SPACE])
    ways = []
    for b, c, d, e, f, g in itertools.combinations_with_replacement(range(len(likely) + 1), 6):
        if not (b < c and d < e and f < g):
            continue
        score = outside[:b].sum() + likely[b:c, a].sum() + likely[c:d, 0].sum() + likely[d:e, t].sum()
        score += likely[e:f, 0].sum() + likely[f:g, a].sum() + outside[g:].sum()
        ways.append((float(score), (b, g - 1)))
    return ways
