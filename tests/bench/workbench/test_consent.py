"""The figures of ``cloister evaluate consent``, which count what is done without a yes."""

from pathlib import Path

import pytest

from appliance.bench.workbench import consent
from appliance.conversation import slots
from appliance.conversation.confirmation import decide
from appliance.language import Language
from tests.conftest import CHECKOUT


@pytest.fixture(scope="module")
def utterances() -> list[tuple[str, str]]:
    sheets = [consent._sheet(name) for name in ("consent", "consent_held_out")]
    return [(text, kind) for sheet in sheets for text, kind in sheet.items()]


def test_there_is_enough_of_every_kind(utterances: list[tuple[str, str]]) -> None:
    kinds = [kind for _, kind in utterances]
    assert {kind: kinds.count(kind) >= 100 for kind in ("agree", "refuse", "doubt", "ask", "correct", "give_up")} == (
        dict.fromkeys(("agree", "refuse", "doubt", "ask", "correct", "give_up"), True)
    )


def test_no_effect_without_consent(utterances: list[tuple[str, str]]) -> None:
    figures = consent.confirm(utterances[::14])
    assert figures.tried >= 2000
    assert figures.done == ()
    assert figures.again <= 0.03 * figures.plain


@pytest.mark.slow
def test_a_quarter_of_the_evaluation_finds_no_effect_without_consent(utterances: list[tuple[str, str]]) -> None:
    """The whole takes minutes, and is measured where the table of the document is compared."""
    figures = consent.confirm(utterances[1::4])
    assert figures.tried >= 20_000
    assert figures.done == ()
    assert figures.again <= 0.03 * figures.plain


def test_the_document_tells_of_no_effect_without_consent() -> None:
    row = "| answers to a confirmation that are no plain yes: something was done | 0 |"
    assert row in (CHECKOUT / "appliance" / "bench" / "README.md").read_text(encoding="utf-8")


def test_no_utterance_is_taken_for_a_yes_that_is_none() -> None:
    figures = consent.evaluate(None, None, Path("/nonexistent"), limit=300)
    assert not any(told.wrongly_agreed for told in figures.told.values())
    assert "0 of" in figures.table()


def test_an_effect_without_consent_is_counted(
    utterances: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control. A decision that takes every "sure" for a yes is counted."""

    def careless(text: object, language: Language, verbs: object = ()) -> str:
        words = text if isinstance(text, str) else " ".join(text)  # type: ignore[arg-type]
        return "agree" if "sure" in words else decide(text, language, verbs)  # type: ignore[arg-type]

    monkeypatch.setattr(slots, "decide", careless)
    assert consent.confirm([("i'm not sure", "doubt"), ("sure", "agree")]).done
