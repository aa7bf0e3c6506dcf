"""IPA to CMU phones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language.cmu_phones import CMU_PHONES, cmu_phones, parse_phones


@pytest.mark.parametrize(
    ("word", "ipa", "phones"),
    [
        ("lactose", "lˈæktoʊs", "L AE K T OW S"),
        ("cappuccino", "kˌæpuːtʃˈiːnoʊ", "K AE P UW CH IY N OW"),
        ("button", "bˈʌʔn̩", "B AH T AH N"),
        ("water", "wˈɔːɾɚ", "W AO T ER"),
        ("nurse", "nˈɜːs", "N ER S"),
        ("fire", "fˈaɪɚ", "F AY ER"),
        ("choice", "tʃˈɔɪs", "CH OY S"),
        ("the judge", "ðə dʒˈʌdʒ", "DH AH JH AH JH"),
        ("pediatrics", "pˌiːdɪʲˈætɹɪks", "P IY D IH AE T R IH K S"),
        ("nothing heard", "ˈː", ""),
    ],
)
def test_espeak_to_cmu(word: str, ipa: str, phones: str) -> None:
    assert " ".join(cmu_phones(ipa)) == phones


@given(st.text())
def test_only_cmu_phones_come_out(text: str) -> None:
    assert set(cmu_phones(text)) <= CMU_PHONES


def test_phones_written_by_a_person_may_carry_stress() -> None:
    assert parse_phones("y eh1 l ah0 n aa2 r d") == ("Y", "EH", "L", "AH", "N", "AA", "R", "D")


@pytest.mark.parametrize(("text", "message"), [("Y EX L", "'EX' is not a CMU phone"), ("  ", "at least one")])
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_phones(text)
