"""The responder on a scripted retrieval and a scripted model, with the real appointment book and the example site."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from appliance.brain.knowledge import Entry, Hit, entries
from appliance.brain.request import NeedsConfirmation
from appliance.brain.responder import Reply, SiteResponder
from appliance.config.site import FormSettings, Site, SlotSettings, load_site
from appliance.conversation.forms import Form
from appliance.core.facts import Message, Outcome, Transcript
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.engines.llm.slot_reader import StarterSlotReader
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools

NOW = datetime(2026, 11, 18, 14, 45)
HOSPITAL = Path(__file__).parents[2] / "appliance" / "sites" / "hospital.yaml"


class Keywords:
    """A retrieval that finds the entry whose keyword occurs in the words."""

    def glance(self, text: str) -> list[Hit]:
        return self.search(text)

    def __init__(self, site: Site, doctors: dict[str, tuple[str, ...]]) -> None:
        self._entries = {entry.id: entry for entry in entries(site, doctors)}
        self.searched: list[str] = []
        self._words = {
            "car": "fact:parking",
            "operation": "fact:operation_day",
            "director": "fact:head_doctor",
            "pharmacy open": "hours:pharmacy",
            "move": "form:move",
            "cancel my": "form:cancel",
            "when is my": "form:look_up",
            "free": "form:free",
            "appointment": "form:book",
        }

    def search(self, text: str) -> list[Hit]:
        self.searched.append(text)
        for word, identifier in self._words.items():
            if word in text:
                return [Hit(self._entries[identifier], 0.9)]
        if "machine" in text:
            return [Hit(self._entries["fact:cash_machine"], 0.4), Hit(self._entries["fact:wifi"], 0.2)]
        return [Hit(self._entries["fact:wifi"], 0.3 if "computer" in text else 0.1)]


class Parrot:
    """A model that says the texts that it was given, and nothing without one."""

    def __init__(self) -> None:
        self.says: list[str] = []
        self.prompts: list[list[Message]] = []
        self.written: list[str] = []
        """words of the last text that were read"""

    def prefill(self, messages: Sequence[Message], partial: str, turn: Turn) -> None:
        self.prompts.append([*messages, Message("user", partial)])

    def generate(
        self,
        messages: Sequence[Message],
        turn: Turn,
        *,
        max_tokens: int = 160,
        grammar: str | None = None,
        temperature: float = 0.0,
    ) -> Iterator[str]:
        self.prompts.append(list(messages))
        text = self.says.pop(0) if self.says else ""
        self.written = []
        for word in text.split():
            self.written.append(word)
            yield f"{word} "

    def end_of_turn_probability(self, messages: Sequence[Message], text: str) -> float:
        return 0.5

    def forget(self, kept: Sequence[Message]) -> None:
        self.kept = list(kept)


class Conversation:
    """A conversation with a visitor who hears every reply to its end."""

    def __init__(self, state: Path, composed: bool = True) -> None:
        site = load_site(HOSPITAL)
        self.model = Parrot()
        self.tools = open_tools(site.tools, site.language, state, lambda: NOW)
        listed, slots = choices(site, self.tools), StarterSlotReader(self.model)
        self.finder = Keywords(site, listed)
        self.responder = SiteResponder(
            site, self.model, slots, self.finder, self.tools, listed, lambda: NOW, composed=composed
        )
        self.state = self.responder.begin()
        self.history: list[Message] = []
        self._turns = 0
        self._unheard: int | None = None

    def turn(self, *, speculative: bool = False) -> Turn:
        self._turns += 1
        return Turn(self._turns, speculative=speculative, replaces=self._unheard)

    def hear_last(self) -> None:
        """Record that the visitor has heard the last reply after all."""
        self._unheard = None

    def say(self, text: str, heard: bool = True, confidence: float = 0.9) -> tuple[str, Outcome]:
        turn = self.turn()
        self._unheard = None if heard else turn.id if self._unheard is None else self._unheard
        try:
            self.state, reply, outcome = self.reply(text, turn, confidence).whole()
        except PortError:
            self.state = self.state.abandoned(turn)
            raise
        if heard:
            self.history += [Message("user", text), Message("assistant", reply)]
        return reply, outcome

    def reply(self, text: str, turn: Turn, confidence: float = 0.9) -> Reply:
        return self.responder.reply(self.state, Transcript(text, confidence, "test"), self.history, turn)

    def answerable(self, text: str) -> bool:
        return self.responder.score(self.state, self.history, text).answerable

    def p_complete(self, text: str) -> float:
        return self.responder.score(self.state, self.history, text).p_complete

    def meets_another(self) -> None:
        """Begin the conversation of a new visitor."""
        self.state = self.responder.begin()
        self.history.clear()


@pytest.fixture
def talk(tmp_path: Path) -> Conversation:
    return Conversation(tmp_path)


DIRECTOR = "The director of the hospital is Doctor Margaret Stone."


def test_a_grounded_wording_is_said(talk: Conversation) -> None:
    talk.model.says = ["our director is doctor margaret stone."]
    reply, outcome = talk.say("who is the director")
    assert reply == "Our director is Doctor Margaret Stone."
    assert outcome == Outcome(facts=("fact:head_doctor",))
    assert outcome.route == "composed"


@pytest.mark.parametrize(
    "words",
    [
        "the director is doctor margaret miller.",
        "the director is 3 doctor margaret stone.",
        "doctor margaret doctor margaret doctor margaret doctor margaret stone.",
        "the hospital.",
        "",
    ],
)
def test_an_ungrounded_wording_is_replaced_by_the_fact(talk: Conversation, words: str) -> None:
    talk.model.says = [words]
    reply, outcome = talk.say("who is the director")
    assert reply == DIRECTOR
    assert (outcome.replaced, outcome.route) == (True, "fact")


def test_a_fact_that_the_model_left_out_is_said_unchanged(talk: Conversation) -> None:
    talk.model.says = ["the car park is behind the hospital and costs two dollars an hour."]
    reply, _ = talk.say("how many minutes can i leave the car")
    assert reply == (
        "The car park is behind the hospital and costs two dollars an hour. The first thirty minutes are free."
    )


def test_a_part_of_a_fact_that_answers_is_the_whole_answer(talk: Conversation) -> None:
    talk.model.says = ["the car park is behind the hospital."]
    assert talk.say("where do i leave the car")[0] == "The car park is behind the hospital."


def test_a_sentence_that_fails_is_replaced_by_those_of_the_fact_that_were_not_said(talk: Conversation) -> None:
    talk.model.says = ["the car park is behind the hospital and costs two dollars an hour. it is open all night."]
    reply, outcome = talk.say("where do i leave the car")
    assert reply == (
        "The car park is behind the hospital and costs two dollars an hour. The first thirty minutes are free."
    )
    assert outcome.replaced and outcome.route == "composed"


def test_the_model_is_stopped_at_the_word_that_no_fact_holds(talk: Conversation) -> None:
    talk.model.says = ["our director is in the garden with many roses and so on."]
    assert talk.say("who is the director")[0] == DIRECTOR
    assert talk.model.written == "our director is in the garden with ".split()


def test_what_a_model_did_not_finish_is_not_said(talk: Conversation) -> None:
    talk.model.says = ["our director is doctor margaret stone " + "and doctor margaret stone " * 40]
    assert talk.say("who is the director")[0] == DIRECTOR


def test_plain_facts_need_no_model(tmp_path: Path) -> None:
    plain = Conversation(tmp_path, composed=False)
    assert plain.say("who is the director")[0] == DIRECTOR
    assert plain.model.prompts == []


def test_the_answer_depends_on_the_hour(talk: Conversation) -> None:
    assert (
        talk.say("is the pharmacy open now")[0] == "Yes, the pharmacy is open now, until half past six in the evening."
    )
    assert talk.say("is the pharmacy open on sunday")[0] == "On Sunday, the pharmacy is closed."


def test_an_unknown_question_is_handed_over(talk: Conversation) -> None:
    reply, outcome = talk.say("who won the match")
    assert (reply, outcome.kind) == ("I don't know that. Shall I call someone who does?", "unknown")
    assert talk.state.expecting == "confirm"
    assert talk.say("yes please")[1] == Outcome("hand_over", "handover")


def test_declining_a_person_continues_the_conversation(talk: Conversation) -> None:
    talk.say("who won the match")
    assert talk.say("no thank you")[1].action == "continue"
    assert talk.say("who is the director")[1].facts == ("fact:head_doctor",)


def test_a_likely_entry_is_asked_back(talk: Conversation) -> None:
    reply, outcome = talk.say("my computer does not go")
    assert (reply, outcome.kind) == ("Did you mean: what is the wifi password?", "confirm")
    assert talk.state.expecting == "confirm"
    assert talk.say("yes")[1].facts == ("fact:wifi",)
    talk.say("my computer does not go")
    assert talk.say("no")[1].kind == "unknown"
    talk.say("my computer does not go")
    assert talk.say("who is the director")[1].facts == ("fact:head_doctor",)


def test_after_a_no_the_next_best_is_asked_and_then_a_person_is_offered(talk: Conversation) -> None:
    assert talk.say("that machine over there")[1].facts == ("fact:cash_machine",)
    assert talk.say("no")[0] == "Or did you mean: what is the wifi password?"
    assert talk.say("no")[1].kind == "unknown"
    talk.say("that machine over there")
    talk.say("no")
    assert talk.say("yes")[1].facts == ("fact:wifi",)


def test_mumbled_words_that_mean_nothing_are_asked_for_once_more(talk: Conversation) -> None:
    reply, outcome = talk.say("which broiler the stick is on", confidence=0.6)
    assert outcome.kind == "reprompt" and not outcome.facts
    assert reply == "Sorry, I did not catch that. Could you say it again?"
    # Only once. The second time the answer is "don't know".
    assert talk.say("which broiler the stick is on", confidence=0.6)[1].kind == "unknown"
    # After words that were understood, it may be asked again.
    talk.say("where can i leave my car", confidence=0.9)
    assert talk.say("which broiler the stick is on", confidence=0.6)[1].kind == "reprompt"


def test_mumbled_words_are_said_once_more_before_they_are_guessed_at(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = talk.finder.search("leave my car")[0].entry
    monkeypatch.setattr(talk.finder, "search", lambda text: [Hit(entry, 0.2)])
    assert talk.say("weave my scarf", confidence=0.6)[1].kind == "reprompt"
    # The second time, a guess is better than no answer.
    assert talk.say("leaf my scarf", confidence=0.6)[1].facts == (entry.id,)
    assert talk.say("yes")[1].kind == "answer"
    assert talk.say("leave my scarf", confidence=0.9)[1].kind == "confirm"


def test_clear_words_that_mean_nothing_are_not_asked_for_again(talk: Conversation) -> None:
    assert talk.say("what is the capital of france")[1].kind == "unknown"


def test_mumbled_words_are_asked_back_at_a_lower_certainty(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = talk.finder.search("leave my car")[0].entry
    monkeypatch.setattr(talk.finder, "search", lambda text: [Hit(entry, 0.8)])
    assert talk.say("weave my scarf", confidence=0.6)[1].kind == "confirm"
    assert talk.say("yes", confidence=0.6)[1].facts == (entry.id,)
    assert talk.say("leave my car", confidence=0.9)[1].kind == "answer"


def test_a_person_and_goodbye(talk: Conversation) -> None:
    assert talk.say("can i talk to a real person")[1].action == "hand_over"
    assert talk.say("thank you goodbye")[1] == Outcome("close", "goodbye")


def test_booked_then_moved_then_cancelled(talk: Conversation) -> None:
    asked = [
        talk.say("i would like an appointment with doctor chen"),
        talk.say("on wednesday please"),
        talk.say("at ten o'clock"),
        talk.say("my name is john smith"),
    ]
    assert [outcome.kind for _, outcome in asked] == ["ask", "ask", "ask", "confirm"]
    assert asked[-1][0].startswith("Doctor Chen, Wednesday, November twenty-fifth at ten o'clock, for John Smith.")
    reply, outcome = talk.say("yes please")
    assert (outcome.kind, outcome.tools) == ("done", ("appointments.book",))
    assert "Wednesday, November twenty-fifth at ten o'clock" in reply
    # The number of the new appointment is not asked for.
    assert talk.say("i want to move my appointment")[0] == "To which day?"
    talk.say("to thursday at eleven")
    assert "tomorrow, Thursday at eleven o'clock" in talk.say("yes that is right")[0]
    assert "Shall I cancel" in talk.say("cancel my appointment")[0]
    assert talk.say("yes")[1].tools == ("appointments.cancel",)


@pytest.mark.parametrize(
    ("said", "asked", "first"),
    [
        (
            ("whoever is free", "on tuesday", "at ten"),
            "day time name",
            "Doctor Chen, Tuesday, November twenty-fourth at ten",
        ),
        (
            ("it doesn't matter which doctor", "any day is fine", "any time"),
            "day time name",
            "Doctor Chen, today at three",
        ),
        (("as soon as possible",), "name", "Doctor Chen, today at three"),
        (("anyone", "the earliest you have"), "day name", "Doctor Chen, today at three"),
        (("doctor patel", "any day", "at eight"), "day time name", "Doctor Patel, Friday, November twentieth at eight"),
        (("doctor miller", "any day but thursday", "at eleven"), "day time name", "Doctor Miller, Friday, November"),
        (("whichever", "tomorrow", "whenever suits you"), "day time name", "Doctor Chen, tomorrow, Thursday at nine"),
        (("i have no preference", "friday at three", "i mean at two"), "day name", "Doctor Patel, Friday, November"),
    ],
)
def test_what_is_left_open_is_looked_up_and_read_back(
    talk: Conversation, said: tuple[str, ...], asked: str, first: str
) -> None:
    questions = {"day": "On which day?", "time": "At what time?", "name": "What is your name, please?"}
    talk.say("i want an appointment")
    for text, following in zip(said, asked.split(), strict=False):
        assert talk.say(text)[0].endswith(questions[following])
    if len(said) > len(asked.split()):
        talk.say(said[-1])
    read_back, outcome = talk.say("john smith")
    assert read_back.startswith(first) and outcome.kind == "confirm"
    assert talk.say("yes")[1].kind == "done"


@pytest.mark.parametrize(
    ("said", "read_back"),
    [
        (("on tuesday", "in the afternoon", "john smith"), "twenty-fourth at one o'clock"),
        (("tuesday afternoon", "john smith"), "twenty-fourth at one o'clock"),
        (("on tuesday", "not before ten", "john smith"), "twenty-fourth at ten o'clock"),
        (("tuesday morning", "after ten", "john smith"), "twenty-fourth at ten o'clock"),
        (
            ("tuesday at ten", "john smith", "do you have anything later"),
            "at half past ten",
        ),
        (
            ("tuesday at ten", "john smith", "in the afternoon would be better"),
            "twenty-fourth at one o'clock",
        ),
        (("tuesday at ten", "john smith", "is that in the afternoon"), "twenty-fourth at ten"),
        (("tuesday afternoon", "john smith", "no on monday please"), "Monday, November twenty-third at one o'clock"),
    ],
)
def test_a_time_is_chosen_in_the_span_of_the_day_that_is_wanted(
    talk: Conversation, said: tuple[str, ...], read_back: str
) -> None:
    talk.say("i want an appointment with doctor chen")
    for text in said:
        answer, outcome = talk.say(text)
    assert outcome.kind == "confirm" and read_back in answer


@pytest.mark.parametrize(
    ("said", "read_back"),
    [
        (("next week", "at ten", "john smith"), "Monday, November twenty-third at ten"),
        (("not this week", "thursday", "at ten", "john smith"), "Thursday, November twenty-sixth at ten"),
        (("some time in december", "as early as possible", "john smith"), "Tuesday, December first at nine"),
        (("after monday", "at ten", "john smith"), "Tuesday, November twenty-fourth at ten"),
        (("on tuesday at ten", "john smith", "can we do it next month"), "Tuesday, December first at ten"),
        (("next week in the afternoon", "john smith"), "Monday, November twenty-third at one"),
        (("as soon as possible but not today and not tomorrow", "john smith"), "Monday, November twenty-third at nine"),
        (("next week", "actually tomorrow", "at ten", "john smith"), "tomorrow, Thursday at ten"),
    ],
)
def test_a_day_is_chosen_in_the_span_of_days_that_is_wanted(
    talk: Conversation, said: tuple[str, ...], read_back: str
) -> None:
    talk.say("i want an appointment with doctor chen")
    for text in said:
        answer, outcome = talk.say(text)
    assert outcome.kind == "confirm" and read_back in answer


def test_a_look_up_s_times_are_counted_as_they_were_said(talk: Conversation) -> None:
    said = talk.say("when is doctor chen free on tuesday")[0]
    assert "nine o'clock, eleven o'clock" in said
    talk.say("the second one")
    assert talk.state.form and talk.state.form.values["time"].value == "11:00"


def test_no_time_in_the_span_of_the_day_that_is_wanted(talk: Conversation) -> None:
    talk.say("i want an appointment with doctor chen on tuesday")
    answer, outcome = talk.say("in the evening")
    assert outcome.kind == "refused" and answer.startswith("Nothing is free then. The nearest free times are")
    assert talk.say("no in the morning")[0].startswith("The first that is free: nine o'clock.")


def test_what_was_chosen_is_chosen_anew_when_the_visitor_changes_the_day(talk: Conversation) -> None:
    for text in ("i want an appointment as soon as possible", "any doctor", "mary jones", "no"):
        talk.say(text)
    assert talk.say("on friday")[0].startswith("Doctor Patel, Friday, November twentieth at eight")


def test_an_appointment_is_moved_as_soon_as_possible(talk: Conversation) -> None:
    for text in ("i want an appointment with doctor miller on friday at eleven", "mary jones", "yes"):
        talk.say(text)
    assert talk.say("move my appointment")[0] == "To which day?"
    assert "to today at three o'clock. Is that right?" in talk.say("as soon as possible")[0]


def test_a_step_back_over_what_was_left_open(talk: Conversation) -> None:
    talk.say("i want an appointment")
    talk.say("whoever is free")
    assert talk.say("go back")[0].startswith("Which doctor")


def test_a_doctor_whose_name_sounds_only_somewhat_alike_is_asked_about(talk: Conversation) -> None:
    talk.say("i want an appointment")
    assert talk.say("doctor meyer on thursday")[0] == "Do you mean Doctor Miller?"
    assert talk.state.expecting == "confirm"
    assert talk.say("yes please")[0] == "At what time?"
    talk.say("at eleven")
    assert talk.say("john smith")[0].startswith("Doctor Miller, tomorrow, Thursday at eleven")


def test_a_doctor_who_was_not_meant_is_not_asked_about_again(talk: Conversation) -> None:
    talk.say("i want an appointment")
    assert talk.say("doctor meyer")[0] == "Do you mean Doctor Miller?"
    assert talk.say("no")[0].startswith("Which doctor would you like to see")
    assert "Do you mean" not in talk.say("doctor meyer")[0]
    assert talk.say("doctor chen then")[0] == "On which day?"


@pytest.mark.parametrize("said", ["doctor shen", "no doctor chen", "i said chen"])
def test_another_doctor_in_place_of_the_one_who_was_asked_about(talk: Conversation, said: str) -> None:
    talk.say("i want an appointment")
    talk.say("doctor meyer")
    assert talk.say(said)[0] == "On which day?"
    assert talk.state.form and talk.state.form.values["doctor"].value == "Doctor Chen"


def test_a_doctor_is_asked_about_again_after_a_question(talk: Conversation) -> None:
    talk.say("i want an appointment")
    talk.say("doctor meyer")
    assert talk.say("is the pharmacy open now")[0].endswith("Do you mean Doctor Miller?")


def test_an_unavailable_time_is_refused_before_the_next_question(talk: Conversation) -> None:
    reply, outcome = talk.say("an appointment with doctor chen on friday at ten")
    assert outcome.kind == "refused"
    assert reply.startswith("Doctor Chen is not here on Fridays.")
    assert talk.state.expecting == "date"
    assert talk.say("thursday then")[0] == "What is your name, please?"


def test_a_free_time_is_taken(talk: Conversation) -> None:
    talk.say("when is doctor chen free tomorrow")
    assert talk.say("then at eleven please")[0] == "What is your name, please?"


def test_a_question_in_the_middle_of_a_form_is_answered(talk: Conversation) -> None:
    talk.say("i would like an appointment with doctor chen")
    reply, _ = talk.say("how many minutes can i leave the car")
    assert reply.startswith("The car park is behind the hospital")
    assert reply.endswith("Now, on which day?")
    assert talk.say("on wednesday")[0] == "At what time?"


def test_who_asks_for_time_in_the_middle_of_a_form_gets_it(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = Entry("talk:hold", "talk", "Take your time.", ("let me check my calendar",))
    sure = Entry("talk:sure", "talk", "That is what they told me.", ("are you sure",))
    talk.say("i would like an appointment with doctor chen")
    with monkeypatch.context() as patched:
        patched.setattr(talk.finder, "search", lambda text: [Hit(hold, 0.9)])
        assert talk.say("let me check my calendar")[0] == "Take your time."
        patched.setattr(talk.finder, "search", lambda text: [Hit(sure, 0.9)])
        assert talk.say("are you sure about that")[0] == "That is what they told me. Now, on which day?"
        assert talk.say("on wednesday")[0] == "At what time?", "a value is one whatever it resembles"
        talk.say("at ten")
        talk.say("john smith")
        patched.setattr(talk.finder, "search", lambda text: [Hit(hold, 0.9)])
        assert talk.say("let me check my calendar")[0] == "Take your time."
        patched.setattr(talk.finder, "search", lambda text: [Hit(sure, 0.9)])
        assert talk.say("i am not so sure")[0].endswith("Shall I book it?"), "a doubt is no remark"


def test_a_look_up_in_the_middle_of_a_task_is_about_what_the_task_knows(talk: Conversation) -> None:
    talk.say("i would like an appointment with doctor chen")
    talk.say("on wednesday")
    reply, _ = talk.say("what times are free")
    assert reply.startswith("Doctor Chen is free on Wednesday")
    assert talk.say("then at eleven please")[0] == "What is your name, please?"


def test_an_unheard_reply_is_taken_back(talk: Conversation) -> None:
    talk.say("an appointment", heard=False)
    assert talk.say("an appointment with doctor chen")[0] == "On which day?"


def test_an_action_reported_unheard_is_reported_again(talk: Conversation) -> None:
    talk.say("an appointment with doctor chen on wednesday at ten")
    talk.say("john smith")
    done = talk.say("yes", heard=False)
    assert talk.say("yes please") == done


def somebody_elses(talk: Conversation) -> str:
    """The number of an appointment of Mary Jones, another visitor, as it is spoken."""
    wanted = {"doctor": "Doctor Chen", "date": "2026-11-19", "time": "10:00", "name": "Mary Jones"}
    return " ".join(str(talk.tools["appointments"].call("book", wanted).data["reference"]))


@pytest.mark.parametrize("task", ["cancel my appointment", "i want to move my appointment", "when is my appointment"])
def test_a_number_without_the_name_opens_no_appointment(talk: Conversation, task: str) -> None:
    number = somebody_elses(talk)
    talk.say(task)
    for tries in range(3):
        reply, _ = talk.say(number)
        assert reply == "And what is your name, please?", "also where there is no such number"
        reply, _ = talk.say(("john smith", "peter brown", "karen white")[tries])
        assert reply.startswith("I find no appointment with the number")
    assert reply.endswith("Shall I call someone who can help you?")
    assert talk.state.expecting == "confirm"
    assert talk.say("yes")[1].action == "hand_over"


def test_a_visitor_who_was_misheard_once_can_still_cancel(talk: Conversation) -> None:
    number = somebody_elses(talk)
    talk.say("cancel my appointment")
    talk.say("1 1 1 1 1 1 1")
    assert talk.say("mary jones")[0].endswith("What is the number of your appointment?")
    talk.say(number)
    assert "Shall I cancel" in talk.say("mary jones")[0]
    assert talk.say("yes")[1].tools == ("appointments.cancel",)


def test_a_second_booking_asks_for_the_name_again(talk: Conversation) -> None:
    talk.say("an appointment with doctor chen on wednesday at ten")
    talk.say("john smith")
    talk.say("yes")
    talk.say("an appointment with doctor chen on wednesday at eleven")
    assert talk.state.expecting == "name"


def test_a_new_visitor_knows_nothing_of_the_last(talk: Conversation) -> None:
    talk.say("an appointment with doctor chen on wednesday at ten")
    talk.say("john smith")
    talk.say("yes")
    talk.meets_another()
    assert talk.say("cancel my appointment")[0] == "What is the number of your appointment?"


def test_the_model_may_extract_a_name_that_was_said(talk: Conversation) -> None:
    talk.say("an appointment with doctor chen on wednesday at ten")
    talk.model.says = ['{"intent": "inform", "name": " will may"}']
    assert "for Will May" in talk.say("that would be will may")[0]


@pytest.mark.parametrize("answer", ['{"intent": "inform", "name": " john smith"}', "nonsense", "{}"])
def test_the_model_may_not_extract_a_name_that_was_not_said(talk: Conversation, answer: str) -> None:
    talk.say("an appointment with doctor chen on wednesday at ten")
    talk.model.says = [answer]
    assert (
        talk.say("well you know")[0] == "Sorry, I did not get that. What is your name, please? You can also spell it."
    )


def test_a_tool_that_fails_ends_the_task(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    talk.say("an appointment with doctor chen on wednesday at ten")
    talk.say("john smith")

    def fail(function: str, arguments: object) -> None:
        raise PortError("the disk is full")

    monkeypatch.setattr(talk.tools["appointments"], "call", fail)
    with pytest.raises(PortError):
        talk.say("yes")
    assert talk.state.expecting is None


def test_the_end_of_the_turn(talk: Conversation) -> None:
    assert talk.p_complete("i would like an appointment with") < 0.1
    assert talk.p_complete("where is the cafe") == 0.5, "nothing here answers that: the model's opinion"
    assert talk.p_complete("who is the director") == 0.5, "whether words name a fact says nothing of their end"
    assert talk.answerable("who is the director") and not talk.answerable("where is the cafe")
    assert not talk.answerable("who is the director and"), "something is to follow"
    assert talk.p_complete("goodbye") > 0.9
    talk.say("an appointment with doctor chen")
    assert talk.p_complete("on wednesday") > 0.9


@pytest.mark.parametrize(
    ("length", "said", "complete", "dictating"),
    [
        (4, "four seven", False, True),
        (4, "four seven one two", True, False),
        (4, "my name is wilson", None, False),
        (0, "four seven", True, True),
        (0, "four seven one two", True, True),
    ],
)
def test_a_number_of_a_known_length_is_waited_for(
    talk: Conversation, length: int, said: str, complete: bool | None, dictating: bool
) -> None:
    slot = SlotSettings("reference", "Number?", "reference", length=length)
    form = FormSettings("look_up", "appointments", "look_up", ("when",), (slot,))
    talk.state = replace(talk.state, form=Form(form, asked="reference"))
    scored = talk.responder.score(talk.state, (), said)
    assert scored.dictating is dictating
    assert complete is None or (scored.p_complete > 0.9 if complete else scored.p_complete < 0.1)
    assert scored.p_whole is None, "a value may go on"


def test_a_retrieval_done_while_listening_is_not_repeated(talk: Conversation) -> None:
    talk.responder.listen("who is the director", [], Turn(8))
    talk.say("who is the director")
    assert talk.finder.searched == ["who is the director"]


def test_a_retrieval_that_costs_much_waits_for_the_last_words(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk.finder, "glance", lambda text: None)
    talk.responder.listen("who is", [], Turn(8))
    talk.say("who is the director")
    assert talk.finder.searched == ["who is the director"]


def test_the_prompt_is_only_appended_to(talk: Conversation) -> None:
    talk.responder.listen("who is", [], Turn(9))
    talk.say("who is the director")
    early, late = talk.model.prompts
    assert late[0] == early[0]
    assert late[1] == Message("user", "who is the director")
    assert late[2] == Message("facts", f"fact: {DIRECTOR}")


# --- speculation ------------------------------------------------------------------------------------------------------


def speculate(talk: Conversation, text: str) -> Turn:
    """Answer words that may not be all of the turn. Returns the turn of the reply, which was not heard."""
    turn = talk.turn(speculative=True)
    with pytest.raises(NeedsConfirmation):
        talk.reply(text, turn)
    return turn


def booking(talk: Conversation) -> None:
    for words in ("i would like an appointment with doctor chen", "on wednesday", "at ten o'clock", "john smith"):
        _, outcome = talk.say(words)
    assert outcome.kind == "confirm"


def test_an_unconfirmed_turn_books_nothing(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    booking(talk)
    called: list[str] = []
    book = talk.tools["appointments"]
    call = book.call
    monkeypatch.setattr(book, "call", lambda function, arguments: called.append(function) or call(function, arguments))
    turn = speculate(talk, "yes")
    assert called == []
    talk.state = talk.state.discarded(turn.id)
    assert talk.state.expecting == "confirm", "the visitor is still to say yes or no"
    _, outcome = talk.say("yes please")
    assert outcome.kind == "done" and called == ["book"]


def test_a_confirmed_turn_books_once(talk: Conversation) -> None:
    booking(talk)
    turn = speculate(talk, "yes")
    turn.confirm()
    _, _, outcome = talk.reply("yes", turn).whole()
    assert outcome.kind == "done"


def test_what_a_speculative_reply_changed_is_taken_back(talk: Conversation) -> None:
    talk.say("i would like an appointment")
    before = talk.state.expecting
    turn = talk.turn(speculative=True)
    talk.state, _, _ = talk.reply("with doctor chen", turn).whole()
    assert talk.state.expecting != before
    talk.state = talk.state.discarded(turn.id)
    assert talk.state.expecting == before


def test_discarding_a_speculation_that_never_ran_takes_nothing_back(talk: Conversation) -> None:
    """The speculation was cancelled before it ran. The visitor had heard the reply before it."""
    talk.say("i would like an appointment with doctor chen")
    assert talk.state.discarded(talk.turn(speculative=True).id) == talk.state
    assert talk.say("on wednesday")[0] == "At what time?"


def test_the_state_of_a_conversation_does_not_grow_with_its_replies(talk: Conversation) -> None:
    for _ in range(5):
        talk.say("who is the director")
    assert talk.state.unheard is not None and talk.state.unheard.before.unheard is None


def test_heard_and_unheard_replies_are_told_apart_by_their_id(talk: Conversation) -> None:
    """The words of the history do not tell, because they are equal where the same is said again and again."""
    booking(talk)
    reply, outcome = talk.say("yes please", heard=False)
    assert outcome.kind == "done"
    assert talk.say("yes please", heard=False) == (reply, outcome), "nobody heard it: it is said again"
    talk.hear_last()
    assert talk.say("yes please", heard=False)[1].kind != "done"


def test_a_reply_that_failed_leaves_its_task_and_keeps_what_was_given_out(talk: Conversation) -> None:
    booking(talk)
    talk.say("yes please")
    talk.say("i would like an appointment")
    assert talk.state.expecting
    talk.state = talk.state.abandoned(talk.turn())
    assert talk.state.expecting is None
    assert "Its number is" not in talk.say("cancel my appointment")[0]
    assert talk.state.expecting == "confirm", "the number is known"


# --- nothing without consent, and the conversation itself -------------------------------------------------------------


@pytest.mark.parametrize("text", ["of course not", "nope", "nah", "no thank you", "don't call someone", "never mind"])
def test_no_person_is_called_when_none_is_wanted(talk: Conversation, text: str) -> None:
    talk.say("who won the match")
    assert talk.say(text)[1].action == "continue"
    assert talk.state.expecting is None


@pytest.mark.parametrize(
    "text", ["yes", "yep", "absolutely", "alright", "go ahead", "sounds good", "yes please call somebody"]
)
def test_a_person_is_called_when_one_is_wanted(talk: Conversation, text: str) -> None:
    talk.say("who won the match")
    assert talk.say(text)[1].action == "hand_over"


@pytest.mark.parametrize(
    "text", ["don't call someone", "please don't call a member of staff", "i don't want to talk to a person"]
)
def test_no_person_is_called_when_the_visitor_forbids_it(talk: Conversation, text: str) -> None:
    assert talk.say(text)[1].action == "continue"


def test_a_doubtful_answer_is_asked_again(talk: Conversation) -> None:
    asked = talk.say("who won the match")[0]
    assert talk.say("maybe")[0] == asked
    suggested = talk.say("my computer does not go")[0]
    assert talk.say("i'm not sure")[0] == suggested
    assert talk.say("yes")[1].facts == ("fact:wifi",)


@pytest.mark.parametrize(
    "text", ["absolutely not", "i can't come on wednesday", "okay never mind", "is that wednesday", "maybe"]
)
def test_no_booking_without_a_plain_yes(talk: Conversation, text: str) -> None:
    booking(talk)
    assert talk.say(text)[1].tools == ()


def test_a_yes_with_a_good_bye_is_asked_again_before_the_visitor_goes(talk: Conversation) -> None:
    booking(talk)
    reply, outcome = talk.say("perfect thanks bye")
    assert outcome.action == "continue" and reply.endswith("Shall I book it?")
    assert talk.say("no goodbye")[1].action == "close"


def test_no_thanks_gives_the_task_up(talk: Conversation) -> None:
    booking(talk)
    assert talk.say("no thanks")[0].startswith("All right, I won't do that.")


@pytest.mark.parametrize("text", ["can you repeat that", "pardon", "what was the question", "louder please", "what"])
def test_the_last_reply_is_said_again(talk: Conversation, text: str) -> None:
    for line in ("who is the director", "an appointment with doctor chen", "on wednesday at ten", "john smith"):
        said, outcome = talk.say(line)
        again = talk.say(text)
        assert again[0] == said
        assert again[1].facts == outcome.facts
    assert talk.say("yes please")[1].kind == "done"


def test_the_voice_speaks_as_the_visitor_wants_until_another_comes(talk: Conversation) -> None:
    first, _ = talk.say("where do i leave the car")
    assert talk.state.manner == PLAIN
    for text, manner in (
        ("louder please", Manner(4.0)),
        ("not so fast", Manner(4.0, 0.85)),
        ("quieter", Manner(0.0, 0.85)),
        ("faster", PLAIN),
        ("slower", Manner(0.0, 0.85)),
    ):
        assert talk.say(text)[0] == first
        assert talk.state.manner == manner
    talk.say("i would like an appointment with doctor chen")
    assert talk.say("speak up")[0] == "On which day?"
    assert talk.state.manner == Manner(4.0, 0.85)
    talk.meets_another()
    assert talk.state.manner == PLAIN


def test_part_of_a_reply_is_said_again(talk: Conversation) -> None:
    talk.say("where can i leave my car")
    assert talk.say("how much was that")[0] == (
        "The car park is behind the hospital and costs two dollars an hour. The first thirty minutes are free."
    )
    assert talk.say("can you repeat that")[0].startswith("The car park is behind the hospital")


def test_a_repetition_before_any_reply(talk: Conversation) -> None:
    assert talk.say("can you repeat that")[1].kind == "smalltalk"


def test_the_clock_in_the_middle_of_a_form(talk: Conversation) -> None:
    talk.say("i would like an appointment with doctor chen")
    assert talk.say("what time is it")[0] == "It is two forty-five in the afternoon. Now, on which day?"
    assert talk.say("on wednesday")[0] == "At what time?"


def test_a_look_up_is_repeated_for_another_day(talk: Conversation) -> None:
    talk.say("when is doctor chen free tomorrow")
    reply, outcome = talk.say("and on monday")
    assert reply.startswith("Doctor Chen is free on Monday")
    assert outcome.kind == "answer"
    assert talk.say("and doctor miller")[0].startswith("Doctor Miller is not here on Mondays.")


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("where is the pharmacy no wait i mean the car", "fact:parking"),
        ("who is the director", "fact:head_doctor"),
    ],
)
def test_a_correction_in_a_question_counts(talk: Conversation, text: str, subject: str) -> None:
    assert talk.say(text)[1].facts == (subject,)


@pytest.mark.parametrize("text", ["that's all wrong", "is there nothing else", "thank you but i asked for the cafe"])
def test_a_good_bye_within_a_sentence_does_not_end_the_conversation(talk: Conversation, text: str) -> None:
    _, outcome = talk.say(text)
    assert outcome.action == "continue"
    assert outcome.kind != "smalltalk" or text == "that's all wrong"


def test_a_visitor_in_distress_is_not_asked_back(talk: Conversation, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = talk.finder.search("leave my car")[0].entry
    monkeypatch.setattr(talk.finder, "search", lambda text: [Hit(entry, 0.4)])
    assert talk.say("my mother is in terrible pain")[1].kind == "unknown"
    assert talk.say("my mother is in terrible traffic")[1].kind == "confirm"


def test_nothing_to_answer(talk: Conversation) -> None:
    for text in ("never mind", "yes", "okay", "no"):
        assert talk.say(text)[1].kind == "smalltalk", text


def test_a_refusal_does_not_begin_another_form(talk: Conversation) -> None:
    booking(talk)
    assert talk.say("no i can't move on wednesday")[0] == "On which day?"


@pytest.mark.parametrize("said", ["no not {day} on monday", "not {day} monday please", "no not on {day} but on monday"])
@pytest.mark.parametrize("day", ["tomorrow", "thursday"])
def test_another_day_than_the_one_that_was_read_back(talk: Conversation, said: str, day: str) -> None:
    booking(talk)
    talk.say("thursday")
    assert "Monday" in talk.say(said.format(day=day))[0]


def test_a_value_that_is_not_wanted_is_asked_for_again_in_the_middle_of_a_form(talk: Conversation) -> None:
    talk.say("i would like an appointment with doctor chen")
    assert talk.say("not doctor chen")[0].startswith("Which doctor")
    assert talk.say("doctor patel")[0] == "On which day?"
    assert talk.say("on monday")[0] == "At what time?"
    assert talk.say("not on monday at ten o'clock")[0] == "On which day?"
