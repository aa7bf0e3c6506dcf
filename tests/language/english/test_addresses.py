"""How dictated text is stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language.english.addresses import text_value


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("john@example.com", "john@example.com"),
        ("it's John.Smith@example.com.", "John.Smith@example.com"),
        ("john at example dot com", "john@example.com"),
        ("my e-mail is mary underscore jones at gmail dot com", "mary_jones@gmail.com"),
        ("anna dash lee four two at example dot co dot uk", "anna-lee42@example.co.uk"),
        ("j o h n at example dot com", "john@example.com"),
        ("we meet at the dot on the wall", "we meet at the dot on the wall"),
        ("uh, -5 degrees", "-5 degrees"),
        ("next to   the bus stop", "next to the bus stop"),
    ],
)
def test_dictated_text(said: str, kept: str) -> None:
    assert text_value(said) == kept


@given(st.text())
def test_any_text_is_kept(text: str) -> None:
    assert isinstance(text_value(text), str)
