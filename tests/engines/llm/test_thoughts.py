"""No word of a thought is heard, however the marks are cut into pieces, and all else is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.engines.llm.thoughts import CLOSES, OPENS, without_thoughts

PLAIN = st.text("ab <>/think\n", max_size=12).filter(lambda text: OPENS not in text and CLOSES not in text)


def cut(text: str, sizes: list[int]) -> list[str]:
    """The text in pieces of these sizes, again and again."""
    pieces, at, number = [], 0, 0
    while at < len(text):
        size = sizes[number % len(sizes)]
        pieces.append(text[at : at + size])
        at, number = at + size, number + 1
    return pieces


SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(st.lists(PLAIN, min_size=1, max_size=4), SIZES)
def test_thoughts_are_left_out_and_nothing_else_but_the_space_after_them(said: list[str], sizes: list[int]) -> None:
    text = f"{OPENS}secret{CLOSES}".join(said)
    heard = "".join(without_thoughts(cut(text, sizes)))
    assert "secret" not in heard
    assert heard.split() == "".join([said[0], *(part.lstrip() for part in said[1:])]).split()


@given(PLAIN, SIZES)
def test_a_reply_without_thoughts_is_as_it_was(said: str, sizes: list[int]) -> None:
    assert "".join(without_thoughts(cut(said, sizes))) == said
    assert all(without_thoughts(cut(said, sizes)))


@given(PLAIN, PLAIN, SIZES)
def test_a_thought_that_the_prompt_opened_is_left_out(thought: str, said: str, sizes: list[int]) -> None:
    heard = "".join(without_thoughts(cut(f"{thought}{CLOSES}{said}", sizes), thinking=True))
    assert heard == said.lstrip()


@given(PLAIN, SIZES)
def test_a_thought_that_is_not_closed_ends_the_reply(thought: str, sizes: list[int]) -> None:
    assert "".join(without_thoughts(cut(f"{OPENS}{thought}", sizes))) == ""
