"""How the answer to a yes-or-no question is understood."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation.confirmation import OTHER, SAME, decide
from appliance.language.english import ENGLISH


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        *((text, "agree") for text in ("yes", "Yes.", "yes please", "that's right", "yeah go ahead", "sure why not")),
        *(
            (text, "agree")
            for text in ("yep", "yup", "alright", "go ahead", "sounds good", "absolutely", "i don't mind")
        ),
        *(
            (text, "agree")
            for text in ("no problem", "no objection", "yes but hurry", "um yes", "i said yes", "uh huh")
        ),
        *((text, "agree") for text in ("okay thank you", "you're right", "that’s fine", "please", "by all means")),
        *(
            (text, "refuse")
            for text in ("absolutely not", "of course not", "certainly not", "no", "nope", "nah", "sure not")
        ),
        *(
            (text, "refuse")
            for text in ("yes no", "yeah no", "okay no", "yes i mean no", "yes please don't", "i would not")
        ),
        *(
            (text, "refuse")
            for text in ("of course i don't", "sure i don't think so", "i cannot do that", "that's not right")
        ),
        *((text, "refuse") for text in ("that isn't okay", "exactly not", "not good", "yes but not right", "no way")),
        *(
            (text, "doubt")
            for text in ("i'm not sure", "maybe", "yes and no", "hold on", "i don't know", "yeah maybe", "hmm")
        ),
        *((text, "other") for text in ("i'm good", "i'm good thanks", "i'm fine thank you", "i am all good")),
        *((text, "doubt") for text in ("okay wait", "i guess so", "yes i think", "let me check", "yeah right")),
        *((text, "ask") for text in ("what", "okay?", "yes but where is it", "are you sure", "how much is it", "why")),
        *((text, "give_up") for text in ("never mind", "okay never mind", "ok stop", "okay cancel", "yes cancel it")),
        *((text, "give_up") for text in ("no thanks", "quit", "exit", "stop please", "i want to cancel", "forget it")),
        *((text, "give_up") for text in ("i changed my mind", "please cancel that", "yes but cancel the whole thing")),
        *(
            (text, "give_up")
            for text in ("i have to go", "i've got to run", "maybe another day", "i want to stop here")
        ),
        *((text, "give_up") for text in ("on second thoughts", "second thoughts no", "on second thought leave it")),
        *((text, "other") for text in ("no changes", "nothing to change", "no need to change anything", "no errors")),
        *((text, "give_up") for text in ("i don't want this appointment", "no wait i don't want this", "hang up")),
        *(
            (text, "ask")
            for text in (
                "where do i have to go",
                "do i have to go to desk two",
                "how do i cancel it",
                "can i cancel later",
            )
        ),
        *((text, "ask") for text in ("what if i need to cancel it", "will i be able to cancel it")),
        *((text, "correct") for text in ("another day", "could we make it another day", "i want another time")),
        *((text, "agree") for text in ("gladly", "no objections", "no that's all correct", "just book it already")),
        *((text, "agree") for text in ("could you book that please", "i want you to book it", "put me down for that")),
        *((text, "agree") for text in ("no please go ahead and book it", "hurry up and book it")),
        *((text, "refuse") for text in ("no that's fine", "no that's okay", "no that's not correct")),
        *((text, "other") for text in ("friday", "doctor miller", "", "thank you", "thanks", "i have to go to work")),
    ],
)
def test_an_answer(text: str, decision: str) -> None:
    assert decide(text, ENGLISH, {"book"}) == decision


@pytest.mark.parametrize(
    ("text", "verbs", "agrees"),
    [
        ("book it", {"book"}, True),
        ("book it", {"cancel"}, False),
        ("yes book it", {"cancel"}, False),
        ("yes cancel it", {"cancel"}, True),
        ("please cancel it", {"cancel"}, True),
        ("yes cancel it", {"book"}, False),
        ("okay cancel", {"cancel"}, False),
        ("cancel", {"cancel"}, False),
        ("don't cancel it", {"cancel"}, False),
        ("yes move it", {"move"}, True),
        ("yes please call somebody", {"call"}, True),
        ("call somebody", set(), False),
        *((text, {"cancel"}, True) for text in ("unfortunately yes", "i'm afraid so", "sadly yes", "yes i'm sorry")),
        *((text, {"cancel"}, True) for text in ("get rid of it", "remove it", "could you cancel it please")),
        *((text, {"cancel"}, True) for text in ("yes unfortunately", "unfortunately i have to", "yes if you could")),
        *((text, {"cancel"}, False) for text in ("no wait yes", "i'd hate to but yes", "yes if you could move it")),
        *(
            (text, {"cancel"}, False)
            for text in ("i'm afraid not", "unfortunately not", "let it stand", "i'll keep it")
        ),
        *((text, {"cancel"}, False) for text in ("sorry", "i no longer want it", "i'd rather move it", "do i have to")),
        *((text, {"move"}, False) for text in ("change it", "cancel it", "could you book it")),
    ],
)
def test_the_verb_of_the_question_agrees(text: str, verbs: set[str], agrees: bool) -> None:
    assert (decide(text, ENGLISH, verbs) == "agree") is agrees


@pytest.mark.parametrize(
    ("words", "decision"),
    [
        (["yes", "on", SAME], "agree"),
        (["yes", SAME, "at", SAME], "agree"),
        ([SAME], "other"),
        ([SAME, "is", "fine"], "other"),
        (["on", SAME, "right"], "ask"),
        (["on", SAME, "?"], "ask"),
        ([SAME, "yes"], "agree"),
        ([SAME, "yeah"], "agree"),
        (["at", SAME, "yes", "please"], "agree"),
        ([SAME, "yes", "?"], "ask"),
        ([SAME, "no"], "refuse"),
        ([OTHER, "yes"], "correct"),
        (["is", "that", SAME], "ask"),
        (["did", "you", "say", SAME], "ask"),
        (["maybe", SAME], "doubt"),
        ([SAME, "is", "too", "early"], "refuse"),
        (["yes", OTHER], "correct"),
        (["yes", "but", "on", OTHER], "correct"),
        (["what", "about", OTHER], "correct"),
        (["did", "you", "say", OTHER], "ask"),
        (["cancel", OTHER], "give_up"),
        (["cancel", "that", "i", "want", OTHER], "correct"),
        (["forget", "it", "make", "it", OTHER], "correct"),
        (["cancel", "it", "on", OTHER], "give_up"),
    ],
)
def test_values_among_the_words(words: list[str], decision: str) -> None:
    assert decide(words, ENGLISH, {"book"}) == decision


_YES = ("yes", "yeah", "okay", "sure", "absolutely", "of course", "that's right", "go ahead", "book it", "perfect")
_TAKEN_BACK = ("not", "no", "never mind", "cancel", "stop", "don't", "wait", "but where", "maybe", "wednesday", "never")


@given(st.sampled_from(_YES), st.sampled_from(_TAKEN_BACK), st.sampled_from(_YES), st.booleans())
def test_refusal_beats_agreement_wherever_both_occur(yes: str, other: str, more: str, first: bool) -> None:
    text = f"{other} {yes}" if first else f"{yes} {other} {more}"
    assert decide(text, ENGLISH, {"book"}) != "agree" or text.startswith("no problem")


@given(st.text())
def test_any_text_is_decided(text: str) -> None:
    decide(text, ENGLISH, {"book"})


def test_recorded_answers_of_strangers(shared: Path) -> None:
    """In clinc150, none of 150 utterances that say no, cancel, doubt or ask to hear it again counts as agreement."""
    file = shared / "F-text" / "clinc150.jsonl"
    if not file.exists():
        pytest.skip(f"needs {file}")
    entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    agreed = {
        kind: [e["text"] for e in entries if e["intent"] == kind and decide(e["text"], ENGLISH) == "agree"]
        for kind in ("yes", "no", "maybe", "cancel", "repeat")
    }
    assert len(agreed.pop("yes")) >= 90, "most of the others speak of what is true"
    assert not any(agreed.values()), agreed
