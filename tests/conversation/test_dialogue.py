"""Turn-taking as tables of facts and the commands they cause. No thread, no clock."""

from collections import deque
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.conversation.barge_in import OVERLAP_S, Overlap
from appliance.conversation.commands import (
    CallTool,
    Cancel,
    Confirm,
    Duck,
    Fill,
    Forget,
    GoOn,
    Hold,
    Prepare,
    Publish,
    Reply,
    ScoreTurn,
    Speak,
)
from appliance.conversation.dialogue import EMERGENCY_TRIES, Dialogue, State
from appliance.conversation.history import History
from appliance.core.facts import (
    AnswerExpected,
    AsideNoticed,
    BargeInModeChanged,
    ClauseVoiced,
    ConversationClosed,
    ConversationOpened,
    DeviceReturned,
    Message,
    Outcome,
    OverlapJudged,
    PartialTranscript,
    Played,
    ReplyCut,
    ReplyInterrupted,
    ReplyStopped,
    ReplyThought,
    SoundHeard,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
    SpeechSuspected,
    StopReceived,
    TextReceived,
    TimePassed,
    Transcript,
    TurnEnded,
    TurnEndPredicted,
    TurnFailed,
    TurnScored,
    TurnTakingChanged,
    VisitorArrived,
    VisitorLeft,
    WordsGiven,
    WordSpan,
)
from appliance.core.manner import PLAIN, Manner
from tests.sites import SITE


class Talk:
    """A helper that feeds facts to a dialogue and remembers its commands."""

    def __init__(self, hold_s=0.8, **rules):
        self.rules = Dialogue(SITE, hold_s=hold_s, **rules)
        self.state = State()
        self.at_s = 0.0

    def tell(self, fact):
        self.state, commands = self.rules.step(self.state, fact)
        return list(commands)

    def speech(self):
        return self.tell(SpeechStarted(self.at_s))

    def partial(self, text):
        return self.tell(PartialTranscript(text, self.at_s))

    def says(self, text):
        self.at_s += 1
        commands = self.speech()
        self.at_s += 1
        return commands + self.tell(TurnEnded(Transcript(text, 0.9, "test"), self.at_s - 0.5, self.at_s))

    def voiced(self, text, per_word=1000, start=0):
        words = tuple(WordSpan(word, (i + 1) * per_word) for i, word in enumerate(text.split()))
        commands = self.tell(ClauseVoiced(self.state.turn_id, text, start, len(words) * per_word, words))
        # What is said over a reply is said well after its start, or it would be the rest of the question.
        self.at_s += 1
        return commands

    def replies(self, text, outcome=Outcome()):  # noqa: B008 - frozen
        thought = self.tell(ReplyThought(self.state.turn_id, text, outcome))
        self.voiced(text)
        return thought + self.tell(Played(self.state.turn_id, 99_999, True))

    def wait(self, seconds):
        commands = []
        for _ in range(round(seconds * 10)):
            self.at_s += 0.1
            commands += self.tell(TimePassed(self.at_s))
        return commands

    def predicts(self, text, complete=0.9):
        """The partial words arrive and are scored."""
        commands = self.tell(TurnEndPredicted(Transcript(text, 0.9, "test"), self.at_s))
        judged = [c for c in commands if isinstance(c, ScoreTurn)]
        told = [c for command in judged for c in self.tell(TurnScored(command.partial, complete))]
        return [c for c in commands if not isinstance(c, ScoreTurn)] + told

    def pauses(self, text):
        """The visitor falls silent, and the words so far arrive."""
        paused = self.tell(SpeechPaused(self.at_s, self.at_s - 0.1))
        return paused + self.tell(TurnEndPredicted(Transcript(text, 0.9, "test"), self.at_s))

    def ends(self, text):
        return self.tell(TurnEnded(Transcript(text, 0.9, "test"), self.at_s, self.at_s))


@pytest.fixture
def talk():
    return Talk()


def test_the_first_speech_opens_a_conversation(talk):
    assert talk.speech() == [Forget(), Publish(ConversationOpened(1, 0.0))]


def test_a_visitor_who_does_not_speak_is_greeted(talk):
    assert talk.tell(VisitorArrived())[-1] == Speak(1, "Hello.", Outcome(kind="smalltalk"))
    assert talk.tell(VisitorArrived()) == [], "once"


def test_a_question_is_answered_and_both_are_remembered(talk):
    commands = talk.says("where is the lift")
    assert commands[-1] == Reply(1, Transcript("where is the lift", 0.9, "test"), History())
    talk.replies("On the left.")
    assert talk.state.phase == "listening"
    assert talk.state.history.messages == (Message("user", "where is the lift"), Message("assistant", "On the left."))


def test_partials_are_prepared_and_pauses_judged(talk):
    talk.speech()
    assert talk.partial("where is") == [Prepare("where is", History())]
    assert talk.tell(TurnEndPredicted(Transcript("where is", 0.5, "test"), 1.0)) == [ScoreTurn("where is", History())]


def test_what_was_written_is_answered_and_ends_a_reply(talk):
    (forget, opened, reply) = talk.tell(TextReceived("where is room one"))
    assert isinstance(forget, Forget) and opened.fact.conversation_id == 1
    assert (reply.heard.text, reply.heard.ear) == ("where is room one", "text")
    talk.voiced("On the first floor.")
    assert talk.tell(TextReceived("and room two")) == [Cancel(reply.turn_id)]
    interrupted, second = talk.tell(ReplyStopped(reply.turn_id, 2000))
    assert interrupted.fact.heard == "On the"
    assert second.heard.text == "and room two" and second.history.messages[-1].interrupted


def test_everything_said_and_written_while_a_reply_is_being_stopped_is_answered(talk):
    (*_, reply) = talk.tell(TextReceived("where is room one"))
    talk.voiced("On the first floor.")
    assert talk.tell(TextReceived("and room two")) == [Cancel(reply.turn_id)]
    talk.speech()
    assert talk.ends("and room three") == []
    talk.tell(TurnTakingChanged(answers=False))
    _, second = talk.tell(ReplyStopped(reply.turn_id, 2000))
    assert second.heard.text == "and room two and room three"


def test_a_button_ends_a_reply_and_what_was_heard_of_it_is_remembered(talk):
    assert talk.tell(StopReceived()) == []
    talk.says("where is room one")
    talk.voiced("On the first floor.")
    (cancel,) = talk.tell(StopReceived())
    assert isinstance(cancel, Cancel)
    (interrupted,) = talk.tell(ReplyStopped(cancel.turn_id, 2000))
    assert interrupted.fact.heard == "On the" and talk.state.phase == "listening"
    talk.tell(TextReceived("help there is a fire"))
    assert talk.tell(StopReceived()) == [], "a call for help is said to its end"


def test_what_was_written_ends_no_call_for_help_and_may_call_for_it(talk):
    commands = talk.tell(TextReceived("help there is a fire"))
    assert any(isinstance(command, Speak) and command.outcome.kind == "emergency" for command in commands)
    assert talk.tell(TextReceived("where is room one")) == []


def test_a_turn_is_answered_only_when_that_is_asked_for(talk):
    talk.tell(TurnTakingChanged(answers=False))
    commands = talk.says("where is room one")
    assert not [command for command in commands if isinstance(command, Reply | Speak)]
    assert talk.says("") == [], "nothing that was not understood is asked back about"
    (reply,) = talk.tell(TextReceived("where is room one"))
    assert isinstance(reply, Reply)
    talk.speech()
    talk.replies("On the first floor.")
    assert any(isinstance(command, CallTool) for command in talk.says("code red")), "an emergency is always answered"


def test_a_question_that_waits_for_its_rest_is_answered_when_the_rest_will_not_be(talk):
    reply = talk.says("where is room one")[-1]
    assert talk.speech() == [Cancel(reply.turn_id)]
    (second,) = talk.tell(TurnTakingChanged(answers=False))
    assert second.heard.text == "where is room one"
    assert talk.tell(TurnTakingChanged(answers=False)) == []


def test_what_was_speculated_is_not_said_when_answers_are_not_wanted_any_more(talk):
    talk.speech()
    (reply,) = talk.predicts("where is room one")
    assert talk.tell(TurnTakingChanged(answers=False)) == [Cancel(reply.turn_id)]
    talk.tell(ReplyStopped(reply.turn_id, 0))
    assert talk.ends("where is room one") == []


def test_without_answers_nothing_is_speculated(talk):
    talk.tell(TurnTakingChanged(answers=False))
    talk.speech()
    assert talk.predicts("where is room one") == []


@pytest.mark.parametrize("audible", [False, True])
def test_a_reply_that_must_not_be_interrupted_is_said_and_then_what_was_said_over_it_is_answered(talk, audible):
    talk.tell(TurnTakingChanged(interruptible=False))
    talk.says("where is room one")
    if audible:
        talk.voiced("On the first floor.")
    assert talk.speech() == [] and talk.partial("and room two please") == []
    assert talk.ends("and room two") == []
    assert talk.says("and room three") == []
    (expected, reply) = talk.replies("On the first floor.")
    assert isinstance(expected, Publish)
    assert reply.heard.text == "and room two and room three"
    assert [message.content for message in reply.history.messages][-1].startswith("On the first floor.")


def test_what_was_said_over_a_reply_that_must_not_be_interrupted_is_answered_when_it_is_declined(talk):
    talk.tell(TurnTakingChanged(interruptible=False))
    talk.says("where is room one")
    talk.voiced("On the first floor.")
    talk.says("and room two")
    assert talk.tell(StopReceived(talk.state.turn_id)) == [Cancel(talk.state.turn_id)]
    interrupted, reply = talk.tell(ReplyStopped(talk.state.turn_id, 2000))
    assert (interrupted.fact.heard, reply.heard.text) == ("On the", "and room two")


@pytest.mark.parametrize(("samples", "remembered"), [(0, ["where is room one"]), (1500, ["where is room one", "On"])])
def test_a_declined_reply_is_over_and_its_question_is_not_asked_again(talk, samples, remembered):
    talk.says("where is room one")
    talk.voiced("On the first floor.")
    assert talk.tell(StopReceived(talk.state.turn_id + 1)) == [], "another reply"
    assert talk.tell(StopReceived(talk.state.turn_id)) == [Cancel(talk.state.turn_id)]
    talk.tell(ReplyStopped(talk.state.turn_id, samples))
    reply = talk.says("thanks")[-1]
    assert reply.heard.text == "thanks" and [m.content for m in reply.history.messages] == remembered


def test_nothing_declines_the_sentence_said_in_an_emergency(talk):
    talk.says("code red")
    assert talk.tell(StopReceived(talk.state.turn_id)) == []


@pytest.mark.parametrize(
    ("heard", "remembered"), [("On the", ["where is room one", "On the"]), ("", ["where is room one"])]
)
def test_a_reply_is_cut_to_what_was_heard_of_it_at_the_other_end(talk, heard, remembered):
    talk.says("where is room one")
    turn_id = talk.state.turn_id
    talk.replies("On the first floor.")
    talk.tell(ReplyCut(turn_id, heard))
    talk.tell(ReplyCut(turn_id + 7, "nothing of that turn is remembered"))
    reply = talk.says("thanks")[-1]
    assert [message.content for message in reply.history.messages] == remembered


def test_silence_leads_to_nothing_where_no_prompts_are_wanted(talk):
    talk.tell(TurnTakingChanged(prompts=False))
    talk.says("where is room one")
    talk.replies("On the first floor.")
    assert talk.wait(60) == []


def test_given_words_are_said_as_the_reply_to_what_was_asked(talk):
    speak = talk.tell(WordsGiven("The door is open.", "open the door"))[-1]
    assert isinstance(speak, Speak) and speak.text == "The door is open."
    assert talk.tell(WordsGiven("One more.")) == [], "one reply at a time"
    talk.replies("The door is open.")
    assert [message.content for message in talk.state.history.messages] == ["open the door", "The door is open."]


def test_barge_in_stops_the_reply_and_keeps_only_what_was_heard(talk):
    talk.says("where is the lift")
    talk.voiced("On the left side of the hall.")
    assert talk.speech() == [Duck(1)]
    assert talk.partial("no the") == [Cancel(1), Publish(OverlapJudged(1, "interruption", 0.0, talk.at_s))]
    commands = talk.tell(ReplyStopped(1, 3500))
    assert commands == [Publish(ReplyInterrupted(1, "On the left", talk.at_s))]
    assert talk.state.history.messages[-1] == Message("assistant", "On the left", interrupted=True)
    assert talk.tell(Played(1, 3500, True)) == [], "late facts of the stopped reply mean nothing"
    assert talk.says("thanks")[-1].heard.text == "thanks"


def over_a_reply(mode="full", barge_in=True, reply="On the left side, by the stairs."):
    """A dialogue in which speech began over the reply a moment ago, and the commands that followed."""
    talk = Talk(barge_in=barge_in)
    talk.tell(BargeInModeChanged(mode, 20.0, 0.0))
    talk.says("where is the lift")
    talk.voiced(reply)
    return talk, talk.speech()


def kinds(commands):
    return [
        c.fact.kind if isinstance(c, Publish) and isinstance(c.fact, OverlapJudged) else type(c).__name__
        for c in commands
    ]


@pytest.mark.parametrize(
    ("mode", "after_s", "words", "done"),
    [
        ("full", 0.2, "where", []),
        ("full", 0.9, "where", ["Cancel", "interruption"]),
        ("full", 0.2, "where are", []),
        ("full", 0.2, "no", ["Cancel", "interruption"]),
        ("full", 0.2, "stop", ["Cancel", "interruption"]),
        ("full", 0.7, "mm hmm", []),
        ("full", 0.7, "okay yeah", []),
        ("full", 0.7, "okay but where", []),
        ("full", 0.9, "okay but where", ["Cancel", "interruption"]),
        ("full", 0.7, "", []),
        ("words", 0.7, "where are", []),
        ("words", 0.9, "where are the toilets", ["Cancel", "interruption"]),
        ("words", 0.7, "the left side by the stairs", []),
        ("words", 0.2, "wait", ["Cancel", "interruption"]),
        ("half_duplex", 0.7, "where are the toilets", []),
        ("half_duplex", 0.2, "stop", ["Cancel", "interruption"]),
    ],
)
def test_the_effect_of_words_over_a_reply(mode, after_s, words, done):
    talk, _ = over_a_reply(mode)
    talk.at_s += after_s
    assert kinds(talk.partial(words)) == done


def test_a_reply_that_says_stop_itself_is_not_stopped_by_its_echo():
    talk, _ = over_a_reply("words", reply="The bus stops at the bus stop.")
    assert talk.partial("stop") == []
    talk, _ = over_a_reply("full", reply="The bus stops at the bus stop.")
    assert kinds(talk.partial("stop")) == ["Cancel", "interruption"]


@pytest.mark.parametrize(("mode", "done"), [("full", ["Duck"]), ("words", []), ("half_duplex", [])])
def test_only_the_full_mode_ducks(mode, done):
    assert kinds(over_a_reply(mode)[1]) == done


def test_a_cough_lets_the_reply_go_on_as_soon_as_it_is_over():
    talk, _ = over_a_reply()
    talk.voiced("And mind the step.", start=6000)
    talk.at_s += 0.4
    assert talk.pauses("")[0] == GoOn(1, (0, 6000))
    assert talk.tell(TurnEnded(Transcript("", 0.0, "test"), 4.0, 4.5)) == [], "and nothing is answered"
    assert talk.state.phase == "speaking"


def speaking(**options):
    talk = Talk(**options)
    talk.says("where is the lift")
    talk.voiced("On the left side.")
    return talk


@pytest.mark.parametrize("fact", [SoundHeard, SpeechSuspected])
def test_a_first_moment_of_sound_ducks_and_is_forgotten_when_nothing_follows(fact):
    talk = speaking()
    assert kinds(talk.tell(fact(talk.at_s))) == ["Duck"]
    assert kinds(talk.tell(fact(talk.at_s))) == []
    assert kinds(talk.wait(0.4)) == ["GoOn"]
    assert kinds(talk.tell(fact(talk.at_s))) == ["Duck"]
    assert talk.speech() == ([] if fact is SpeechSuspected else [Duck(1)])
    assert kinds(talk.partial("stop")) == ["Cancel", "interruption"]


@pytest.mark.parametrize(
    ("facts", "done"),
    [
        ([SoundHeard], ["Duck"]),
        ([SoundHeard, SoundHeard], ["Duck"]),
        ([SpeechSuspected], ["Hold"]),
        ([SoundHeard, SpeechSuspected], ["Duck", "Hold"]),
        ([SoundHeard, SpeechSuspected, SpeechSuspected, SoundHeard], ["Duck", "Hold"]),
        ([SoundHeard, SpeechSuspected, SpeechStarted], ["Duck", "Hold"]),
        ([SoundHeard, SpeechStarted], ["Duck", "Hold"]),
        ([SpeechStarted], ["Hold"]),
        ([SpeechStarted, SoundHeard, SpeechSuspected], ["Hold"]),
    ],
)
def test_at_the_first_moment_of_speech_a_reply_is_silent(facts, done):
    talk = speaking(hold_s=0.0)
    commands = [command for fact in facts for command in talk.tell(fact(talk.at_s))]
    assert kinds(commands) == done
    assert "GoOn" in kinds(talk.wait(OVERLAP_S + 0.2)), "and it goes on"


def test_a_backchannel_holds_the_reply_for_as_long_as_it_lasts():
    talk = speaking(hold_s=0.0)
    talk.tell(SpeechSuspected(talk.at_s))
    talk.speech()
    talk.at_s += 0.4
    assert kinds(talk.pauses("mm hmm")) == ["GoOn", "backchannel"]
    assert kinds(talk.tell(SpeechResumed(talk.at_s + 0.2))) == ["Hold"]


@pytest.mark.parametrize("words", ["stop", "wait"])
def test_a_short_word_that_stops_does_so_when_it_is_over(words):
    talk = speaking(hold_s=0.0)
    talk.speech()
    talk.at_s += 0.4
    assert kinds(talk.pauses(words)) == ["Cancel", "interruption"]


def test_an_emergency_is_heard_in_a_pause_over_a_reply():
    talk = speaking(hold_s=0.0)
    talk.speech()
    assert kinds(talk.pauses("code red")) == ["CallTool", "Cancel", "Speak"]


def test_words_that_become_clear_late_still_count():
    talk = speaking(hold_s=0.0)
    talk.speech()
    talk.at_s += 0.4
    talk.pauses("")
    assert kinds(talk.pauses("hold on")) == ["Cancel", "interruption"]


@pytest.mark.parametrize(
    ("words", "done"),
    [
        ("where are the toilets", []),
        ("no i don't think so", []),
        ("wait", ["Cancel", "interruption"]),
        ("code red", ["CallTool", "Cancel", "Speak"]),
    ],
)
def test_an_aside_ducks_nothing_and_stops_only_with_its_final_words(words, done):
    talk = speaking(hold_s=0.0)
    assert talk.tell(SpeechStarted(talk.at_s, aside=True)) == []
    talk.at_s += 0.9
    assert kinds(talk.partial(words.split()[0])) == []
    assert kinds(talk.pauses(words)) == done


def test_a_reply_goes_on_after_a_peak_of_talk_across_the_room():
    talk = speaking(hold_s=0.0)
    assert kinds(talk.tell(SpeechSuspected(talk.at_s))) == ["Hold"]
    assert kinds(talk.tell(SpeechStarted(talk.at_s + 0.1, aside=True))) == ["GoOn"]
    assert talk.state.utterance == Overlap("background", talk.at_s)


def test_an_aside_that_gets_as_loud_as_the_visitor_counts_as_theirs():
    talk = speaking(hold_s=0.0)
    talk.tell(SpeechStarted(talk.at_s, aside=True))
    assert kinds(talk.tell(SpeechSuspected(talk.at_s + 0.2))) == ["Hold"]
    talk.at_s += 1.1
    assert kinds(talk.partial("where")) == ["Cancel", "interruption"]


def test_an_aside_is_answered_while_no_reply_is_spoken():
    talk = Talk()
    talk.tell(SpeechStarted(talk.at_s, aside=True))
    assert kinds(talk.ends("where is the lift"))[-1] == "Reply"


def test_an_aside_over_the_end_of_a_reply_is_not_answered():
    talk = speaking(hold_s=0.0)
    talk.tell(SpeechStarted(talk.at_s, aside=True))
    talk.tell(ReplyThought(1, "On the left side.", Outcome()))
    talk.tell(Played(1, 9000, True))
    assert talk.ends("we should have lunch") == []


def greeted(**options):
    """A conversation in which it is the visitor's turn again."""
    talk = Talk(**options)
    talk.says("hello")
    talk.replies("Hello.")
    return talk


def test_a_voice_that_is_not_the_visitors_lets_the_reply_go_on():
    talk = speaking(hold_s=0.0)
    assert kinds(talk.tell(SpeechStarted(talk.at_s))) == ["Hold"]
    assert kinds(talk.tell(AsideNoticed(talk.at_s + 1.0))) == ["GoOn", "ignored"]
    talk.at_s += 1.4
    assert talk.partial("where are the toilets") == []
    assert talk.ends("where are the toilets") == []
    assert talk.state.phase == "speaking"


@pytest.mark.parametrize(
    ("after_s", "words", "done"),
    [
        (0.3, "stop", ["Cancel", "interruption"]),
        (0.9, "where are", []),
        (1.2, "where are", []),
        (1.4, "where are", ["Cancel", "interruption"]),
    ],
)
def test_where_voices_are_compared_words_wait_for_them(after_s, words, done):
    talk = speaking(hold_s=0.0, compares_voices=True)
    talk.speech()
    talk.at_s += after_s
    assert kinds(talk.partial(words)) == done


@pytest.mark.parametrize(("words", "done"), [("stop", "Cancel"), ("code red", "CallTool")])
def test_stop_words_and_emergencies_win_in_any_voice(words, done):
    talk = speaking(hold_s=0.0)
    talk.tell(SpeechStarted(talk.at_s))
    talk.tell(AsideNoticed(talk.at_s + 1.0))
    talk.at_s += 1.2
    assert done in kinds(talk.pauses(words))


def test_a_reply_that_went_on_is_not_held_again_for_another_voice():
    talk = speaking(hold_s=0.0)
    talk.speech()
    talk.at_s += 0.3
    talk.pauses("mm hmm")
    assert talk.tell(AsideNoticed(talk.at_s + 0.1)) == []
    assert talk.tell(SpeechResumed(talk.at_s + 0.2)) == []


def test_words_that_stopped_a_reply_are_answered_in_any_voice():
    talk = speaking(hold_s=0.0, shuts_out=True)
    talk.speech()
    talk.at_s += 0.9
    assert kinds(talk.partial("where are the toilets")) == ["Cancel", "interruption"]
    talk.tell(ReplyStopped(1, 4000))
    assert talk.tell(AsideNoticed(talk.at_s + 0.1)) == []
    assert kinds(talk.ends("where are the toilets")) == ["Reply"]


@pytest.mark.parametrize(("shuts_out", "done"), [(False, ["Reply"]), (True, [])])
def test_a_turn_in_another_voice_is_answered_unless_the_site_shuts_others_out(shuts_out, done):
    talk = greeted(shuts_out=shuts_out)
    talk.speech()
    talk.tell(AsideNoticed(talk.at_s + 1.0))
    assert kinds(talk.ends("have you seen my coat")) == done
    assert kinds(talk.says("where is the lift"))[-1] == "Reply", "the next turn is another"


def test_an_emergency_is_heard_in_a_turn_that_is_shut_out():
    talk = greeted(shuts_out=True)
    talk.speech()
    talk.tell(AsideNoticed(talk.at_s + 1.0))
    assert "CallTool" in kinds(talk.partial("code red"))


def test_a_question_under_way_is_answered_although_another_voice_goes_on():
    talk = Talk(shuts_out=True)
    talk.says("where is the lift")
    assert kinds(talk.tell(SpeechStarted(talk.at_s))) == ["Cancel"]
    talk.tell(AsideNoticed(talk.at_s + 1.0))
    (reply,) = talk.ends("have you seen my coat")
    assert reply.heard.text == "where is the lift have you seen my coat"


def test_a_speculation_on_another_voice_is_dropped():
    talk = greeted(shuts_out=True)
    talk.speech()
    talk.pauses("have you seen my coat")
    talk.tell(TurnScored("have you seen my coat", 1.0))
    assert kinds(talk.tell(AsideNoticed(talk.at_s + 1.0))) == ["Cancel"]


def test_another_voice_over_the_end_of_a_reply_is_not_answered():
    talk = speaking(hold_s=0.0)
    talk.speech()
    talk.tell(ReplyThought(1, "On the left side.", Outcome()))
    talk.tell(Played(1, 9000, True))
    talk.tell(AsideNoticed(talk.at_s + 1.0))
    assert talk.ends("we should have lunch") == []


@pytest.mark.parametrize("fact", [SoundHeard, SpeechSuspected])
@pytest.mark.parametrize("mode", ["words", "half_duplex"])
def test_suspected_speech_counts_in_the_full_mode_only(mode, fact):
    talk = speaking()
    talk.tell(BargeInModeChanged(mode, 9.0, 0.0))
    assert talk.tell(fact(talk.at_s)) == []


def test_a_backchannel_is_not_answered():
    talk, _ = over_a_reply()
    talk.partial("mm hmm")
    commands = talk.tell(TurnEnded(Transcript("mm hmm", 0.9, "test"), 4.0, 4.5))
    assert kinds(commands) == ["GoOn", "backchannel"]
    assert talk.state.phase == "speaking"


def test_an_interruption_found_in_the_final_words_is_answered():
    talk, _ = over_a_reply()
    commands = talk.tell(TurnEnded(Transcript("toilets", 0.9, "test"), talk.at_s + 0.6, talk.at_s + 1.0))
    assert kinds(commands) == ["Cancel", "interruption"]
    commands = talk.tell(ReplyStopped(1, 3500))
    assert kinds(commands[1:]) == ["Reply"]
    assert commands[1].heard.text == "toilets"
    assert commands[1].history.messages[-1] == Message("assistant", "On the left", interrupted=True), (
        "it knows what was heard"
    )


def test_speech_that_stays_undecided_holds_the_reply_and_then_lets_it_go_on():
    talk, commands = over_a_reply()
    commands += talk.wait(10)
    assert kinds(commands) == ["Duck", "Hold", "GoOn", "ignored"]
    assert talk.state.phase == "speaking"
    assert kinds(talk.partial("where are the toilets")) == ["Cancel", "interruption"], "words still count"


def test_a_speaker_who_goes_on_after_a_pause_is_ducked_for_again():
    talk, _ = over_a_reply()
    talk.at_s += 0.4
    talk.pauses("")
    assert kinds(talk.tell(SpeechResumed(talk.at_s + 0.2))) == ["Duck"]
    talk.at_s += 0.7
    assert kinds(talk.partial("excuse me")) == ["Cancel", "interruption"]


@pytest.mark.parametrize(("reply", "replies"), [("Shall I call someone?", ["Reply"]), ("On the left.", [])])
def test_a_yes_that_began_over_the_end_of_a_reply_answers_only_a_question(reply, replies):
    talk, _ = over_a_reply(reply=reply)
    talk.tell(ReplyThought(1, reply, Outcome()))
    talk.tell(Played(1, 9000, True))
    assert kinds(talk.tell(TurnEnded(Transcript("yes", 0.9, "test"), 4.0, 4.5))) == replies


def test_half_duplex_does_not_answer_what_began_over_the_end_of_a_reply():
    talk, _ = over_a_reply(barge_in=False)
    talk.tell(ReplyThought(1, "On the left.", Outcome()))
    talk.tell(Played(1, 9000, True))
    assert talk.tell(TurnEnded(Transcript("and the toilets", 0.9, "test"), 4.0, 4.5)) == []


def test_a_reply_that_fails_while_it_is_held_does_not_hold_the_apology_back():
    talk, _ = over_a_reply()
    talk.wait(1)
    assert kinds(talk.tell(TurnFailed(1, "model is gone"))) == ["GoOn", "Speak"]


def test_a_held_reply_goes_on_when_it_must_not_be_interrupted_any_more():
    talk, _ = over_a_reply()
    assert kinds(talk.tell(TurnTakingChanged(interruptible=False))) == ["GoOn"]
    assert talk.wait(1) == []


OVERLAP_FACTS = st.one_of(
    st.builds(SoundHeard, st.just(0.0)),
    st.builds(SpeechSuspected, st.just(0.0)),
    st.builds(SpeechStarted, st.just(0.0), st.booleans()),
    st.builds(AsideNoticed, st.just(0.0)),
    st.builds(SpeechPaused, st.just(0.0), st.just(0.0)),
    st.builds(
        TurnEndPredicted,
        st.builds(Transcript, st.sampled_from(["", "yes", "hello you", "stop"]), st.just(0.5), st.just("test")),
        st.just(0.0),
    ),
    st.builds(SpeechResumed, st.just(0.0)),
    st.builds(PartialTranscript, st.sampled_from(["", "mm hmm", "hello you there", "stop", "code red"]), st.just(0.0)),
    st.builds(
        TurnEnded,
        st.builds(Transcript, st.sampled_from(["", "yes", "hello", "code red"]), st.just(0.5), st.just("test")),
        st.just(0.0),
        st.just(0.0),
    ),
    st.builds(BargeInModeChanged, st.sampled_from(["full", "words", "half_duplex"]), st.just(9.0), st.just(0.0)),
    st.builds(TurnFailed, st.just(1), st.just("")),
    st.builds(TurnTakingChanged, st.booleans(), st.booleans()),
    st.builds(StopReceived),
    st.builds(TextReceived, st.just("hello")),
    st.floats(0.1, 3.0),
)


@given(st.lists(OVERLAP_FACTS, max_size=30), st.booleans(), st.sampled_from([0.0, 0.8]))
def test_ducking_always_ends(facts, barge_in, hold_s):
    """Whatever happens over a reply, a ducked or held reply goes on or is cancelled, at the latest when the overlap has
    been undecided for ``OVERLAP_S``."""
    talk = speaking(barge_in=barge_in, hold_s=hold_s)
    low = set()

    def follow(commands):
        for command in commands:
            match command:
                case Duck() | Hold():
                    assert command.turn_id == talk.state.turn_id, "only what is being said is ducked"
                    low.add(command.turn_id)
                case GoOn() | Cancel():
                    low.discard(command.turn_id)
                    if isinstance(command, Cancel):
                        follow(talk.tell(ReplyStopped(command.turn_id, 500)))
                case Reply() | Speak():
                    follow(talk.voiced("Something else."))

    for fact in facts:
        if isinstance(fact, float):
            follow(talk.wait(fact))
        else:
            fields = {"at_s": talk.at_s} if hasattr(fact, "at_s") else {}
            follow(talk.tell(replace(fact, **fields)))
    follow(talk.wait(OVERLAP_S + 0.2))
    assert not low


def test_speech_before_a_reply_is_audible_continues_the_turn(talk):
    talk.says("i would like an appointment")
    assert talk.speech() == [Cancel(1)]
    talk.tell(ReplyStopped(1, 0))
    commands = talk.tell(TurnEnded(Transcript("on friday", 0.9, "test"), 4.0, 4.5))
    whole = Transcript("i would like an appointment on friday", 0.9, "test")
    assert commands == [Reply(2, whole, History(), replaces=1)]


@pytest.mark.parametrize("say", ["nothing", "thinking", "speaking", "speculating"])
def test_a_visitor_who_left_ends_the_conversation(talk, say):
    """The line is closed, so no good-bye is said."""
    assert talk.tell(VisitorLeft()) == [], "nobody was there"
    talk.speech()
    if say == "speculating":
        talk.predicts("where is the lift")
    elif say != "nothing":
        talk.ends("where is the lift")
    if say == "speaking":
        talk.voiced("On the left.")
    commands = talk.tell(VisitorLeft())
    closed = [Forget(), Publish(ConversationClosed(1, talk.state.now_s, "left"))]
    assert commands == ([] if say == "nothing" else [Cancel(1)]) + closed
    assert talk.state.phase == "idle" and talk.state.history == History()
    assert talk.tell(ReplyStopped(1, 500)) == talk.tell(VisitorLeft()) == []


def test_a_reply_names_the_first_of_those_before_it_that_were_not_heard(talk):
    """It is named by its id, since repeated words make the histories of a heard and an unheard reply equal."""

    def asks():
        talk.speech()
        return next(c for c in talk.ends("where is the lift") if isinstance(c, Reply))

    for number in range(1, 31):
        reply = asks()
        assert (reply.turn_id, reply.replaces) == (number, None)
        talk.replies("On the left.")
    assert asks().replaces is None
    assert asks().replaces == 31
    assert talk.speech() == [Cancel(32)]
    talk.tell(ReplyStopped(32, 0))
    assert talk.predicts("and the stairs")[-1].replaces == 31
    assert talk.ends("and the stairs then")[-1] == Reply(
        34,
        Transcript("where is the lift where is the lift and the stairs then", 0.9, "test"),
        talk.state.history,
        replaces=31,
    )
    talk.replies("On the left.")
    assert asks().replaces is None


def test_a_cough_before_a_reply_is_audible_does_not_lose_the_question(talk):
    talk.says("where is the lift")
    talk.speech()
    talk.tell(ReplyStopped(1, 0))
    commands = talk.tell(TurnEnded(Transcript("", 0.0, "test"), 4.0, 4.5))
    assert [c.heard.text for c in commands if isinstance(c, Reply)] == ["where is the lift"]


def test_a_clause_under_way_when_the_reply_was_stopped_counts_as_heard(talk):
    talk.says("where is the lift")
    talk.speech()
    talk.voiced("On the left.")
    talk.tell(ReplyStopped(1, 2000))
    assert talk.state.history.messages[-1] == Message("assistant", "On the", interrupted=True)


def test_half_duplex_ignores_what_is_said_over_a_reply():
    talk = Talk(barge_in=False)
    talk.says("where is the lift")
    talk.voiced("On the left.")
    assert talk.says("and the stairs") == []
    talk.tell(ReplyThought(1, "On the left.", Outcome()))
    talk.tell(Played(1, 3000, True))
    assert [type(c) for c in talk.says("and the stairs")] == [Reply]


@pytest.mark.parametrize("barge_in", [True, False])
@pytest.mark.parametrize("phase", ["idle", "listening", "thinking", "speaking"])
def test_the_emergency_phrase_always_wins(phase, barge_in):
    talk = Talk(barge_in=barge_in)
    if phase != "idle":
        talk.says("hello there")
    if phase == "listening":
        talk.replies("Hello.")
    if phase == "speaking":
        talk.voiced("Hello and welcome to the clinic.")
    turn = talk.state.turn_id
    before = talk.speech()
    commands = before + talk.partial("please, code RED now")
    assert CallTool("pager", "alarm") in commands
    assert [c.text for c in commands if isinstance(c, Speak)] == ["Help is on the way."]
    if phase in ("thinking", "speaking"):
        assert Cancel(turn) in commands
    after = talk.partial("please code red now hurry")
    assert not [c for c in after if isinstance(c, CallTool | Speak)], "once per utterance"
    assert talk.tell(TurnEnded(Transcript("please code red now hurry", 0.9, "test"), 9.0, 9.5)) == []
    closed = talk.replies("Help is on the way.", Outcome(action="emergency", kind="emergency"))
    assert Publish(ConversationClosed(1, talk.state.now_s, "emergency")) in closed


SHOUTS = [
    SoundHeard(9.0),
    SpeechSuspected(9.0),
    SpeechStarted(9.1),
    PartialTranscript("help", 9.2),
    PartialTranscript("stop stop stop", 9.3),
    AsideNoticed(9.4),
    SpeechPaused(9.5, 9.4),
    TurnEndPredicted(Transcript("stop stop stop", 0.9, "test"), 9.5),
    SpeechResumed(9.6),
    TimePassed(14.0),
    TurnEnded(Transcript("stop stop stop", 0.9, "test"), 14.0, 14.5),
    SpeechStarted(15.0),
    PartialTranscript("code red", 15.5),
    TurnEnded(Transcript("code red", 0.9, "test"), 16.0, 16.5),
    VisitorArrived(),
    TimePassed(60.0),
]


@pytest.mark.parametrize("audible", [False, True])
@pytest.mark.parametrize("rules", [{}, {"hold_s": 0.0}, {"barge_in": False}, {"shuts_out": True}])
def test_shouting_neither_stops_nor_ducks_the_emergency_message(rules, audible):
    talk = Talk(**rules)
    talk.speech()
    talk.partial("code red")
    turn = talk.state.turn_id
    talk.tell(TurnEnded(Transcript("code red", 0.9, "test"), 8.0, 8.5))
    if audible:
        talk.voiced("Help is on the way.")
    done = [command for fact in SHOUTS for command in talk.tell(fact)]
    assert done == [CallTool("pager", "alarm")], "help is called again, by the second utterance that names it"
    assert talk.state.turn_id == turn and talk.state.phase == ("speaking" if audible else "thinking")
    closed = talk.replies("Help is on the way.", Outcome(action="emergency", kind="emergency"))
    assert Publish(ConversationClosed(1, talk.state.now_s, "emergency")) in closed


def test_the_emergency_message_is_tried_again_when_the_voice_fails(talk):
    talk.speech()
    commands = talk.partial("code red")
    said = 0
    while any(isinstance(command, Speak) for command in commands):
        (speak,) = [command for command in commands if isinstance(command, Speak)]
        assert speak.text == "Help is on the way."
        said += 1
        commands = talk.tell(TurnFailed(speak.turn_id, "RuntimeError"))
        assert not [command for command in commands if isinstance(command, CallTool)], "help was called once"
    assert said == EMERGENCY_TRIES
    assert talk.state.phase == "idle"


def test_the_emergency_message_is_said_again_when_it_was_stopped(talk):
    talk.speech()
    talk.partial("code red")
    talk.voiced("Help is on the way.")
    (again,) = talk.tell(ReplyStopped(talk.state.turn_id, 300))
    assert again == Speak(talk.state.turn_id, "Help is on the way.", Outcome(action="emergency", kind="emergency"))


@pytest.mark.parametrize("voiced", [True, False])
def test_the_emergency_message_is_said_when_a_lost_speaker_is_back(talk, voiced):
    talk.speech()
    talk.partial("code red")
    if voiced:
        talk.voiced("Help is on the way.")
    talk.tell(Played(talk.state.turn_id, 900, True))
    assert talk.state.phase == "idle" and talk.state.emergency_owed
    commands = talk.tell(DeviceReturned("speaker"))
    assert [c.text for c in commands if isinstance(c, Speak)] == ["Help is on the way."]
    talk.replies("Help is on the way.", Outcome(action="emergency", kind="emergency"))
    assert talk.tell(DeviceReturned("speaker")) == [], "it was heard"


def test_an_apology_that_cannot_be_said_is_not_repeated_for_ever(talk):
    talk.says("where is the lift")
    (apology,) = talk.tell(TurnFailed(1, "RuntimeError"))
    assert talk.tell(TurnFailed(apology.turn_id, "RuntimeError")) == []
    assert talk.state.phase == "listening"
    assert [type(c) for c in talk.says("where is the lift")] == [Reply], "the next question is answered"


def test_an_emergency_is_found_in_the_final_words_too(talk):
    assert CallTool("pager", "alarm") in talk.says("call for help")
    assert CallTool("pager", "alarm") not in Talk().says("i recall for helping")


def test_silence_is_re_prompted_and_then_ends_the_conversation(talk):
    talk.says("hello")
    talk.replies("Hello.")
    spoken = []
    for _ in range(400):
        for command in talk.wait(0.1):
            if isinstance(command, Speak):
                spoken.append(command.text)
                talk.replies(command.text, command.outcome)
            if isinstance(command, Publish):
                assert isinstance(command.fact, ConversationClosed) and command.fact.reason == "silence"
                assert spoken == ["Still there?", "Anything else?"]
                assert talk.state.history == History(), "nothing of the visitor remains"
                return
    raise AssertionError("the conversation never ended")


def test_fixed_sentences_are_spoken_as_the_visitor_wants(talk):
    talk.says("speak up please")
    talk.replies("It is on the left.", Outcome(manner=Manner(4.0)))
    (still_there,) = [command for command in talk.wait(9) if isinstance(command, Speak)]
    assert still_there.outcome.manner == Manner(4.0)
    talk.tell(ReplyThought(still_there.turn_id, still_there.text, still_there.outcome))
    assert talk.state.manner == Manner(4.0)
    talk.says("goodbye")
    talk.replies("Goodbye.", Outcome(action="close", kind="goodbye", manner=Manner(4.0)))
    talk.says("hello")
    assert talk.state.manner == PLAIN


def test_a_speculative_reply_changes_the_voice_when_it_is_confirmed(talk):
    talk.speech()
    talk.pauses("not so fast")
    (reply,) = talk.tell(TurnScored("not so fast", 0.95))
    assert isinstance(reply, Reply) and reply.speculative
    talk.tell(ReplyThought(talk.state.turn_id, "It is on the left.", Outcome(manner=Manner(pace=0.85))))
    assert talk.state.manner == PLAIN
    talk.ends("not so fast")
    assert talk.state.manner == Manner(pace=0.85)


def test_a_speaking_visitor_is_not_re_prompted(talk):
    talk.says("hello")
    talk.replies("Hello.")
    talk.speech()
    assert talk.wait(30) == []


def test_words_that_were_not_understood_lead_to_a_person(talk):
    spoken = []
    for _ in range(3):
        command = talk.says("")[-1]
        spoken.append(command.text)
        last = talk.replies(command.text, command.outcome)
    assert spoken == ["Pardon?", "Again, please?", "I am calling someone."]
    assert CallTool("pager", "call_person") in last
    assert talk.state.phase == "idle"


def test_a_hand_over_calls_the_person_before_the_sentence_is_over(talk):
    talk.says("i want to talk to a person")
    thought = talk.tell(ReplyThought(1, "Of course.", Outcome(action="hand_over", kind="handover")))
    assert thought == [CallTool("pager", "call_person")]


def test_a_goodbye_ends_the_conversation_after_it_was_said(talk):
    talk.says("bye")
    commands = talk.replies("Goodbye.", Outcome(action="close", kind="goodbye"))
    assert commands == [Forget(), Publish(ConversationClosed(1, talk.state.now_s, "goodbye"))]
    assert talk.speech()[-1] == Publish(ConversationOpened(2, talk.at_s))


def test_a_failed_reply_is_admitted(talk):
    talk.says("where is the lift")
    commands = talk.tell(TurnFailed(1, "model is gone"))
    assert [c.text for c in commands] == [SITE.prompts.failed]
    assert talk.tell(TurnFailed(1, "again")) == [], "of a reply that is already over"


# --- the visitor goes on ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after_s", "yields"), [(-0.05, True), (0.0, True), (0.39, True), (0.41, False), (1.0, False)])
@pytest.mark.parametrize("speculative", [False, True])
def test_a_reply_yields_to_a_visitor_who_had_not_finished(talk, after_s, yields, speculative):
    talk.speech()
    if speculative:
        talk.predicts("where is the cafe")
        talk.voiced("In the hall on the left.")
        talk.ends("where is the cafe")
    else:
        talk.ends("where is the cafe")
        talk.voiced("In the hall on the left.")
        talk.at_s -= 1
    first = talk.state.turn_id
    began_s = talk.at_s
    talk.at_s = began_s + after_s + 0.1  # a tenth of a second of speech is over when it is noticed
    assert (Cancel(first) in talk.speech()) is yields
    if not yields:
        return
    assert talk.tell(ReplyStopped(first, 3500)) == [], "nothing of it counts as heard"
    talk.at_s += 1
    (reply,) = talk.ends("and the shop")
    assert (reply.heard.text, reply.history, reply.replaces) == ("where is the cafe and the shop", History(), first)


@pytest.mark.parametrize("case", ["greeting", "aside", "poor echo"])
def test_a_reply_yields_only_where_the_visitor_surely_goes_on(talk, case):
    if case == "greeting":
        talk.tell(VisitorArrived())
    else:
        talk.says("where is the cafe")
    talk.voiced("In the hall on the left.")
    talk.at_s -= 0.9
    if case == "poor echo":
        talk.tell(BargeInModeChanged("words", 8.0, talk.at_s))
    assert Cancel(talk.state.turn_id) not in talk.tell(SpeechStarted(talk.at_s, aside=case == "aside"))


def test_a_reply_to_streaming_words_is_kept_when_the_second_pass_agrees(talk):
    talk.speech()
    (_,) = talk.tell(TurnEndPredicted(Transcript("where is the cafe", 0.0, "test"), talk.at_s))
    assert talk.tell(TurnEndPredicted(Transcript("where is the cafe", 0.6, "test"), talk.at_s)) == [], (
        "while it is scored"
    )
    (reply,) = talk.tell(TurnScored("where is the cafe", 0.9))
    assert reply.heard.confidence == 0.6
    assert talk.tell(TurnEndPredicted(Transcript("where is the cafe", 0.7, "test"), talk.at_s)) == []
    corrected = talk.tell(TurnEndPredicted(Transcript("where is the chapel", 0.7, "test"), talk.at_s))
    assert corrected == [Cancel(reply.turn_id), ScoreTurn("where is the chapel", History())]


def test_words_that_turn_out_clear_are_answered_anew(talk):
    """Sure words may be answered where unsure ones are asked back about."""
    talk.speech()
    talk.tell(TurnEndPredicted(Transcript("where is the cafe", 0.0, "test"), talk.at_s))
    (reply,) = talk.tell(TurnScored("where is the cafe", 0.9))
    anew = talk.tell(TurnEndPredicted(Transcript("where is the cafe", 0.9, "test"), talk.at_s))
    assert anew == [Cancel(reply.turn_id), ScoreTurn("where is the cafe", History())]


# --- speculation ------------------------------------------------------------------------------------------------------


def test_a_probable_turn_is_answered_by_speculation_and_confirmed(talk):
    talk.speech()
    assert talk.predicts("where is the lift") == [
        Reply(1, Transcript("where is the lift", 0.9, "test"), History(), speculative=True)
    ]
    assert talk.state.phase == "listening", "it is still the visitor's turn"
    assert talk.voiced("On the left.") == []
    assert talk.tell(ReplyThought(1, "On the left.", Outcome(expects="confirm"))) == []
    assert talk.ends("where is the lift") == [Confirm(1), Publish(AnswerExpected("confirm"))]
    assert talk.state.phase == "speaking"
    talk.tell(Played(1, 3000, True))
    assert talk.state.history.messages == (Message("user", "where is the lift"), Message("assistant", "On the left."))


def test_a_reply_that_is_not_ready_at_the_end_is_waited_for(talk):
    talk.speech()
    talk.predicts("where is the lift")
    assert talk.ends("where is the lift") == [Confirm(1)]
    assert talk.state.phase == "thinking"
    talk.replies("On the left.")
    assert talk.state.history.messages[-1] == Message("assistant", "On the left.")


@pytest.mark.parametrize(
    "going_on",
    [
        SpeechResumed(1.0),
        TurnEndPredicted(Transcript("where is the lift please", 0.9, "test"), 1.0),
        TurnEndPredicted(Transcript("", 0.0, "test"), 1.0),
        TurnFailed(1, "the model is gone"),
    ],
)
def test_a_speculation_is_dropped_when_the_visitor_says_more(talk, going_on):
    talk.speech()
    before = talk.state.history
    talk.predicts("where is the lift")
    talk.voiced("On the left.")
    talk.tell(ReplyThought(1, "On the left.", Outcome(action="hand_over")))
    commands = talk.tell(going_on)
    assert commands[0] == Cancel(1)
    assert talk.state.history == before and talk.state.clauses == () and talk.state.outcome is None
    assert not [c for c in commands if isinstance(c, CallTool | Confirm)]
    talk.tell(ReplyStopped(1, 0))
    assert talk.state.history == before and talk.state.asked == ""


def test_other_words_at_the_end_are_answered_anew(talk):
    talk.speech()
    talk.predicts("where is the")
    assert talk.ends("where is the lift") == [
        Cancel(1),
        Reply(2, Transcript("where is the lift", 0.9, "test"), History(), replaces=1),
    ]


def test_the_same_words_are_not_speculated_on_twice(talk):
    talk.speech()
    talk.predicts("where is the lift")
    assert talk.predicts("where is the lift") == []


@pytest.mark.parametrize("text", ["", "please call for help"])
def test_empty_words_and_emergencies_are_not_speculated_on(talk, text):
    talk.speech()
    assert talk.predicts(text) == []


def test_words_that_break_off_are_not_answered_yet(talk):
    talk.speech()
    assert talk.predicts("where is the", complete=0.02) == []
    assert [type(c) for c in talk.predicts("where is the lift")] == [Reply], "judged anew as words come"


def test_a_late_score_starts_nothing(talk):
    talk.speech()
    assert talk.tell(TurnEndPredicted(Transcript("where is", 0.9, "test"), 1.0)) == [ScoreTurn("where is", History())]
    talk.tell(SpeechResumed(1.2))
    assert talk.tell(TurnScored("where is", 0.9)) == []


def test_speculation_can_be_switched_off():
    talk = Talk(speculate=False)
    talk.speech()
    assert talk.predicts("where is the lift") == []
    assert [type(c) for c in talk.ends("where is the lift")] == [Reply]


def test_an_emergency_drops_a_speculation(talk):
    talk.speech()
    talk.predicts("please code")
    commands = talk.partial("please code red now")
    assert commands[:2] == [CallTool("pager", "alarm"), Cancel(1)]
    assert [c.turn_id for c in commands if isinstance(c, Speak)] == [2]


def test_a_person_is_called_only_when_the_turn_is_over(talk):
    talk.speech()
    talk.predicts("i want to talk to a person")
    assert talk.tell(ReplyThought(1, "Of course.", Outcome(action="hand_over", kind="handover"))) == []
    assert talk.ends("i want to talk to a person") == [Confirm(1), CallTool("pager", "call_person")]


FACTS = st.one_of(
    st.builds(SpeechStarted, st.just(0.0)),
    st.builds(AsideNoticed, st.just(0.0)),
    st.builds(PartialTranscript, st.sampled_from(["", "hello", "code red"]), st.just(0.0)),
    st.builds(
        TurnEnded,
        st.builds(Transcript, st.sampled_from(["", "hello", "code red"]), st.just(0.5), st.just("test")),
        st.just(0.0),
        st.just(0.0),
    ),
    st.builds(TimePassed, st.floats(0, 60)),
    st.just(VisitorArrived()),
    st.builds(
        TurnEndPredicted,
        st.builds(Transcript, st.sampled_from(["", "hello"]), st.just(0.5), st.just("test")),
        st.just(0.0),
    ),
    st.builds(SpeechResumed, st.just(0.0)),
    st.builds(TurnScored, st.just("hello"), st.floats(0, 1)),
    st.builds(SoundHeard, st.just(0.0)),
    st.builds(SpeechSuspected, st.just(0.0)),
    st.just(DeviceReturned("speaker")),
    st.builds(TurnTakingChanged, st.booleans(), st.booleans(), st.booleans()),
    st.builds(StopReceived, st.sampled_from([None, 1])),
    st.builds(WordsGiven, st.just("Yes."), st.just("hello")),
    st.builds(TextReceived, st.sampled_from(["hello", "code red"])),
    st.builds(ReplyCut, st.integers(1, 3), st.sampled_from(["", "Some"])),
)


@given(st.lists(st.tuples(FACTS, st.integers(0, 3)), max_size=40), st.booleans(), st.booleans())
def test_a_cancelled_reply_is_never_spoken_about_again(steps, barge_in, shuts_out):
    """Whatever happens, reply numbers rise, only a current reply is cancelled, and each at most once. The emergency
    message is neither cancelled nor lowered."""
    talk = Talk(barge_in=barge_in, shuts_out=shuts_out)
    started, cancelled, confirmed, urgent = [], [], [], set()
    for fact, progress in steps:
        commands = deque(talk.tell(fact))
        while commands:
            command = commands.popleft()
            if isinstance(command, Reply | Speak):
                started.append(command.turn_id)
            if isinstance(command, Speak) and command.outcome.kind == "emergency":
                urgent.add(command.turn_id)
            if isinstance(command, Cancel | Duck | Hold):
                assert command.turn_id not in urgent
            if isinstance(command, Confirm):
                assert command.turn_id == started[-1] and command.turn_id not in cancelled
                confirmed.append(command.turn_id)
            if isinstance(command, Cancel):
                assert command.turn_id == started[-1]
                assert command.turn_id not in cancelled
                cancelled.append(command.turn_id)
                commands.extend(talk.tell(ReplyStopped(command.turn_id, 500)))
        assert started == sorted(set(started))
        if talk.state.speculated is not None:
            assert talk.state.turn_id not in cancelled and talk.state.phase == "listening"
            if progress > 0:
                talk.voiced("guessed words")
        if talk.state.phase == "listening":
            said = [m.content for m in talk.state.history.messages if m.role == "assistant"]
            assert "guessed words" not in said or confirmed, "only what was confirmed is remembered"
        if talk.state.phase in ("thinking", "speaking"):
            assert talk.state.turn_id not in cancelled
            if progress > 0:
                talk.voiced("some words")
            if progress > 1:
                talk.tell(ReplyThought(talk.state.turn_id, "some words", talk.state.outcome or Outcome()))
            if progress > 2:
                talk.tell(Played(talk.state.turn_id, 2000, True))


# --- a reply that takes long ------------------------------------------------------------------------------------------

FILLER = SITE.prompts.filler


def test_a_reply_that_takes_long_begins_with_a_sign_of_life(talk):
    talk.says("where is the cafe")
    assert talk.wait(0.8) == []
    assert talk.wait(0.3) == [Fill(talk.state.turn_id, FILLER, PLAIN)]
    assert talk.wait(5) == [], "once for each reply"
    talk.voiced(FILLER)
    assert talk.state.phase == "speaking"
    talk.voiced("In the hall.", start=3000)
    talk.tell(Played(talk.state.turn_id, 99_999, True))
    assert talk.state.history.messages[-1] == Message("assistant", f"{FILLER} In the hall.")
    talk.says("and when does it open")
    assert [type(command) for command in talk.wait(1.2)] == [Fill]


def test_a_reply_that_is_there_in_time_has_no_sign_of_life(talk):
    talk.says("where is the cafe")
    talk.wait(0.5)
    talk.voiced("In the hall.")
    assert not [command for command in talk.wait(3) if isinstance(command, Fill)]


def test_fixed_sentences_have_no_sign_of_life(talk):
    talk.tell(VisitorArrived())
    assert talk.wait(3) == []


@pytest.mark.parametrize(("samples", "heard"), [(0, False), (2000, False), (3000, False), (4000, True)])
def test_a_sign_of_life_alone_is_no_reply(talk, samples, heard):
    """A visitor who goes on while only the sign of life was audible has not been answered: both parts are one turn."""
    talk.says("where is the cafe")
    talk.wait(1.2)
    talk.voiced(FILLER)
    talk.voiced("In the hall on the left.", start=3000)
    talk.tell(Played(talk.state.turn_id, samples, False))
    talk.at_s += 0.5
    talk.speech()
    talk.partial("and the shop next to it please")
    commands = talk.tell(ReplyStopped(talk.state.turn_id, samples))
    assert bool([c for c in commands if isinstance(c, Publish) and isinstance(c.fact, ReplyInterrupted)]) == heard
    assert (talk.state.asked == "") == heard


def test_a_sign_of_life_is_said_in_the_manner_that_the_visitor_asked_for(talk):
    louder = PLAIN.changed(["louder"])
    talk.says("louder please")
    talk.replies("In the hall.", Outcome(manner=louder))
    talk.says("where is the cafe")
    assert talk.wait(1.2) == [Fill(talk.state.turn_id, FILLER, louder)]


def test_a_fixed_sentence_after_a_reply_with_a_sign_of_life_has_none(talk):
    """The first clause of a fixed sentence is heard like any other."""
    talk.says("where is the cafe")
    talk.wait(1.2)
    talk.voiced(FILLER)
    talk.tell(Played(talk.state.turn_id, 99_999, True))
    assert [type(command) for command in talk.wait(SITE.timeouts.no_input_s + 0.1)] == [Speak]
    talk.voiced("Are you still there?")
    talk.at_s += 0.5
    talk.speech()
    talk.partial("no i mean where is the shop")
    commands = talk.tell(ReplyStopped(talk.state.turn_id, 2000))
    assert [c for c in commands if isinstance(c, Publish) and isinstance(c.fact, ReplyInterrupted)]
