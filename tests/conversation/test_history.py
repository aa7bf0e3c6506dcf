from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation.history import DROPPED_TOGETHER, KEPT_MESSAGES, History, heard
from appliance.core.facts import ClauseVoiced, Message, WordSpan


def clause(text, start, per_word=100):
    words = tuple(WordSpan(word, (i + 1) * per_word) for i, word in enumerate(text.split()))
    return ClauseVoiced(1, text, start, len(words) * per_word, words)


FIRST = clause("The pharmacy is on the ground floor,", 0)
SECOND = clause("next to the main entrance.", FIRST.samples)


def test_a_reply_played_to_its_end_is_remembered_literally():
    assert heard((FIRST, SECOND), 10_000) == "The pharmacy is on the ground floor, next to the main entrance."


def test_words_that_were_not_played_were_not_heard():
    assert heard((FIRST, SECOND), 0) == ""
    assert heard((), 500) == ""


def test_a_word_counts_when_its_whole_sound_was_audible():
    assert heard((FIRST, SECOND), 199) == "The"
    assert heard((FIRST, SECOND), 200) == "The pharmacy"
    assert heard((FIRST, SECOND), FIRST.samples + 250) == "The pharmacy is on the ground floor, next to"


@given(st.integers(0, 1500))
def test_the_heard_words_are_a_prefix_of_the_reply(samples):
    said = f"{FIRST.text} {SECOND.text}".split()
    assert said[: len(heard((FIRST, SECOND), samples).split())] == heard((FIRST, SECOND), samples).split()


def test_history_keeps_the_latest_messages_only():
    history = History()
    for i in range(KEPT_MESSAGES):
        history = history.visitor_said(f"question {i}").visitor_heard(f"answer {i}")
    assert len(history.messages) == KEPT_MESSAGES
    assert history.messages[-1] == Message("assistant", f"answer {KEPT_MESSAGES - 1}")
    assert history.visitor_heard("") is history


def test_old_messages_go_several_at_a_time():
    """Each time the oldest message changes, the language model evaluates all of what remains."""
    history, oldest = History(), []
    for i in range(100):
        history = history.visitor_said(f"question {i}")
        oldest.append(history.messages[0].content)
        assert history.messages[-1].content == f"question {i}"
        assert KEPT_MESSAGES - DROPPED_TOGETHER < len(history.messages) <= KEPT_MESSAGES or i < KEPT_MESSAGES
    changes = [i for i in range(1, 100) if oldest[i] != oldest[i - 1]]
    assert changes == list(range(KEPT_MESSAGES, 100, DROPPED_TOGETHER))
