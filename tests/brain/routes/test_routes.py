"""Every route as a table: the words and the state, the answer, and the state that follows."""

from dataclasses import replace

import pytest

from appliance.brain import knowledge
from appliance.brain.request import Answer
from appliance.brain.routes import (
    about_conversation,
    comparisons,
    decide,
    open_question,
    person,
    small_talk,
    tasks,
    unsure,
)
from appliance.brain.state import ResponderState, Suggestion
from appliance.conversation.forms import Form, Value
from appliance.core.facts import Message, Outcome, ToolResult
from appliance.language.parts import Courtesy
from tests.brain.routes.requests import ENTRIES, REPLIES, SITE, asked, form

IDLE = ResponderState()
BOOKING = replace(IDLE, form=Form(form("book"), values={"doctor": Value("Doctor Chen", "Doctor Chen")}, asked="date"))
OFFERED = replace(IDLE, offered_person=True, said="I don't know that.", outcome=Outcome(kind="unknown"))
SUGGESTED = replace(
    IDLE,
    suggested=Suggestion(ENTRIES["fact:wifi"], "my computer", ENTRIES["fact:parking"]),
    said="Did you mean: what is the wifi password?",
    outcome=Outcome(kind="confirm", facts=("fact:wifi",)),
)
TOLD = (Message("user", "where is the cafe"), Message("assistant", "The cafe is in room 4. It opens at nine."))


def summed_up(answer: Answer | None) -> tuple[str, str, str, str] | None:
    """Action, kind, route and words."""
    if answer is None:
        return None
    outcome = answer.outcome
    return outcome.action, outcome.kind, outcome.route, answer.words


@pytest.mark.parametrize(
    ("text", "state", "answered"),
    [
        ("can you repeat that", IDLE, ("continue", "answer", "conversation", TOLD[1].content)),
        ("which room was that", IDLE, ("continue", "answer", "conversation", "The cafe is in room 4.")),
        ("can you repeat that", OFFERED, ("continue", "unknown", "conversation", "I don't know that.")),
        ("where is the cafe", IDLE, None),
    ],
)
def test_say_again(text: str, state: ResponderState, answered: object) -> None:
    request, _ = asked(text, history=TOLD)
    answer = about_conversation.say_again(request, state)
    assert summed_up(answer) == answered
    assert answer is None or answer.state == state


def test_there_is_nothing_to_say_again_before_the_first_reply() -> None:
    answer = about_conversation.say_again(asked("can you repeat that")[0], IDLE)
    assert summed_up(answer) == ("continue", "smalltalk", "", knowledge.courtesy(SITE, "greeting"))


@pytest.mark.parametrize(
    ("text", "state", "answered"),
    [
        ("what time is it", IDLE, "It is two forty-five in the afternoon."),
        ("what time is it", BOOKING, "It is two forty-five in the afternoon. Now, on which day?"),
        ("what time is it open", IDLE, None),
    ],
)
def test_tell_time(text: str, state: ResponderState, answered: str | None) -> None:
    answer = about_conversation.tell_time(asked(text)[0], state)
    assert (answer and answer.words) == answered
    assert answer is None or answer.outcome.route == "clock"


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("can i talk to a real person", BOOKING, SITE.hand_over.say),
        ("where is the cafe", IDLE, None),
    ],
)
def test_hand_over(text: str, state: ResponderState, said: str | None) -> None:
    answer = person.hand_over(asked(text)[0], state)
    assert (answer and answer.words) == said
    assert answer is None or (answer.outcome.action == "hand_over" and answer.state.form is None)


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("don't call anyone", OFFERED, REPLIES.not_needed),
        ("don't call anyone", BOOKING, f"{REPLIES.all_right} Now, on which day?"),
        ("where is the cafe", OFFERED, None),
    ],
)
def test_leave_person(text: str, state: ResponderState, said: str | None) -> None:
    answer = person.leave_person(asked(text)[0], state)
    assert (answer and answer.words) == said
    assert answer is None or not answer.state.offered_person


READ_BACK = replace(BOOKING, form=replace(BOOKING.form, confirming=True)) if BOOKING.form else IDLE


@pytest.mark.parametrize(
    ("text", "state", "says"),
    [
        ("goodbye", IDLE, True),
        ("no goodbye", READ_BACK, True),
        ("perfect thanks bye", READ_BACK, False),
        ("where is the cafe", IDLE, False),
    ],
)
def test_say_goodbye(text: str, state: ResponderState, says: bool) -> None:
    answer = small_talk.say_goodbye(asked(text)[0], state)
    assert summed_up(answer) == (("close", "goodbye", "", SITE.persona.goodbye) if says else None)
    assert answer is None or answer.state.form is None


@pytest.mark.parametrize(
    ("text", "talk"), [("thank you", "thanks"), ("hello", "greeting"), ("how are you", "how_are_you"), ("cafe", None)]
)
def test_courtesies(text: str, talk: Courtesy | None) -> None:
    answer = small_talk.answer_courtesy(asked(text)[0], IDLE)
    assert (answer and answer.words) == (knowledge.courtesy(SITE, talk) if talk else None)


@pytest.mark.parametrize(
    ("text", "state", "answered"),
    [
        ("yes please", OFFERED, ("hand_over", "handover", "", SITE.hand_over.say)),
        ("no thank you", OFFERED, ("continue", "smalltalk", "", REPLIES.not_needed)),
        ("never mind", OFFERED, ("continue", "smalltalk", "", REPLIES.not_needed)),
        ("maybe", OFFERED, ("continue", "unknown", "", OFFERED.said)),
        ("where is the cafe", OFFERED, None),
        ("yes", SUGGESTED, ("continue", "answer", "fact", ENTRIES["fact:wifi"].say)),
        ("no", SUGGESTED, ("continue", "confirm", "", f"{REPLIES.or_meant} {ENTRIES['fact:parking'].asks[0]}?")),
        ("never mind", SUGGESTED, ("continue", "smalltalk", "", REPLIES.not_needed)),
        ("i'm not sure", SUGGESTED, ("continue", "confirm", "", SUGGESTED.said)),
        ("no where is the cafe", SUGGESTED, None),
        ("yes", IDLE, None),
    ],
)
def test_take_answer(text: str, state: ResponderState, answered: object) -> None:
    assert summed_up(unsure.take_answer(asked(text)[0], state)) == answered


def test_a_no_without_an_alternative_offers_a_person() -> None:
    assert SUGGESTED.suggested is not None
    state = replace(SUGGESTED, suggested=replace(SUGGESTED.suggested, otherwise=None))
    answer = unsure.take_answer(asked("no")[0], state)
    assert answer is not None and answer.outcome.kind == "unknown" and answer.state.offered_person


WIFI, PARKING = "fact:wifi", "fact:parking"


@pytest.mark.parametrize(
    ("found", "confidence", "kind", "facts"),
    [
        ({WIFI: 0.7}, 0.9, "answer", (WIFI,)),
        ({WIFI: 0.69}, 0.9, "confirm", (WIFI,)),
        ({WIFI: 0.12}, 0.9, "confirm", (WIFI,)),
        ({WIFI: 0.11}, 0.9, "unknown", ()),
        ({}, 0.9, "unknown", ()),
        # Words of which the ear was not sure.
        ({WIFI: 0.85}, 0.7, "answer", (WIFI,)),
        ({WIFI: 0.84}, 0.7, "confirm", (WIFI,)),
        ({WIFI: 0.3}, 0.7, "confirm", (WIFI,)),
        ({WIFI: 0.29}, 0.7, "reprompt", ()),
        ({}, 0.7, "reprompt", ()),
        # A task asks before it does anything.
        ({"form:book": 0.5}, 0.9, "ask", ()),
        ({"form:book": 0.49}, 0.9, "confirm", ("form:book",)),
    ],
)
def test_the_certainty_decides_how_a_question_is_answered(
    found: dict[str, float], confidence: float, kind: str, facts: tuple[str, ...]
) -> None:
    answer = open_question.answer(asked("my computer does not go", found, confidence=confidence)[0], IDLE)
    assert (answer.outcome.kind, answer.outcome.facts) == (kind, facts)


def test_unclear_words_are_asked_for_once() -> None:
    request, _ = asked("mumble", {WIFI: 0.2}, confidence=0.5)
    first = open_question.answer(request, IDLE)
    assert (first.outcome.kind, first.state.asked_again) == ("reprompt", True)
    assert open_question.answer(request, first.state).outcome.kind == "confirm"


@pytest.mark.parametrize(("second", "kept"), [(0.06, True), (0.05, False)])
def test_the_second_guess_must_be_likely_after_the_first_was_denied(second: float, kept: bool) -> None:
    answer = open_question.answer(asked("my computer", {WIFI: 0.4, PARKING: second})[0], IDLE)
    assert answer.state.suggested is not None
    assert answer.state.suggested.otherwise == (ENTRIES[PARKING] if kept else None)


@pytest.mark.parametrize("text", ["yes", "no thanks", "never mind"])
def test_a_yes_or_no_without_a_question_is_acknowledged(text: str) -> None:
    assert open_question.answer(asked(text)[0], IDLE).words == REPLIES.not_needed


def test_a_visitor_in_distress_is_offered_a_person_and_not_asked_back() -> None:
    answer = open_question.answer(asked("my mother is in terrible pain", {WIFI: 0.4})[0], IDLE)
    assert answer.outcome.kind == "unknown" and answer.state.offered_person


@pytest.mark.parametrize("text", ["i am so scared there is blood", "my mother is in terrible pain"])
@pytest.mark.parametrize("found", [{}, {WIFI: 0.9}])
def test_a_visitor_in_distress_is_not_asked_for_the_next_value(text: str, found: dict[str, float]) -> None:
    answer = tasks.go_on(asked(text, found)[0], BOOKING)
    assert answer is not None and not answer.then and "On which day" not in answer.text
    assert answer.state.form and (answer.state.offered_person or answer.outcome.facts)


def test_a_visitor_in_distress_is_not_asked_back_about_a_second_question() -> None:
    text = "where is the pharmacy and is the lift near i am in so much pain"
    by_text = {"where is the pharmacy": {PHARMACY: 0.9}, "is the lift near i am in so much pain": {WIFI: 0.4}}
    answer = open_question.answer(asked(text, by_text=by_text)[0], IDLE)
    assert answer.outcome.kind != "confirm" and answer.state.suggested is None


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        *(("i don't want an appointment", None), ("please don't book anything for me", None)),
        *(("i don't need an appointment where can i park", PARKING), ("my wife doesn't want to cancel it", None)),
        *(("book an appointment no wait don't", None), ("don't call a nurse where can i park", PARKING)),
    ],
)
def test_a_task_that_is_not_wanted_is_not_begun(text: str, fact: str | None) -> None:
    request, calls = asked(text, {"form:cancel": 0.9}, by_text={"where can i park": {PARKING: 0.9}})
    answer = open_question.answer(request, IDLE)
    assert answer.state.form is None and not calls.called
    assert answer.outcome.facts == (fact,) if fact else answer.words == REPLIES.not_needed


@pytest.mark.parametrize(
    ("text", "intent"),
    [("i said don't book it", None), ("i don't want to book one i want to cancel mine", "cancel")],
)
def test_a_task_that_is_refused_in_its_middle_is_left(text: str, intent: str | None) -> None:
    request, calls = asked(text, by_text={"i want to cancel mine": {"form:cancel": 0.9}})
    answer = tasks.go_on(request, BOOKING)
    assert answer and not calls.called
    assert (answer.state.form and answer.state.form.settings.intent) == intent
    assert intent or answer.words == REPLIES.stopped


def test_opening_hours_are_computed_and_a_fact_may_be_composed() -> None:
    open_now = open_question.answer(asked("is the pharmacy open now", {"hours:pharmacy": 0.9})[0], IDLE)
    assert (open_now.outcome.route, open_now.question) == ("opening hours", None)
    fact = open_question.answer(asked("where can i park", {PARKING: 0.9})[0], IDLE)
    assert (fact.outcome.route, fact.question) == ("fact", "where can i park")
    assert fact.state.topic.example == ENTRIES[PARKING].asks[0]


CAFE_HOURS, DESK_HOURS = "hours:cafe", "hours:information_desk"
BY_PLACE = {
    "is the pharmacy open on saturday": {"hours:pharmacy": 0.9},
    "when is the pharmacy open": {"hours:pharmacy": 0.9},
    "when is the cafe open": {CAFE_HOURS: 0.9},
    "when is the flower shop open": {DESK_HOURS: 0.9},
    "are you open then": {DESK_HOURS: 0.9},
    "when is the lab open": {"hours:laboratory": 0.9},
    "when is the billing office open": {"hours:billing_office": 0.9},
    "is the cafe open on sunday": {CAFE_HOURS: 0.9},
    "is the flower shop open on sunday": {DESK_HOURS: 0.4},
    "when does the flower shop close": {DESK_HOURS: 0.9},
    "where is the flower shop": {"fact:flower_shop": 0.9},
}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("and at noon",), "Yes, the pharmacy is open on Saturday at noon, until one in the afternoon."),
        (("and at two", "and at noon"), "Yes, the pharmacy is open on Saturday at noon, until one in the afternoon."),
        (
            ("and on monday", "and tuesday"),
            "On Tuesday, the pharmacy is open from eight in the morning to half past six",
        ),
        (("and the cafe",), "On Saturday, the cafe is open from nine in the morning to five in the afternoon."),
        (("and the cafe", "and at six"), "No, the cafe is closed on Saturday at six in the evening."),
        (("so i can come on saturday then",), "On Saturday, the pharmacy is open from nine"),
        (("is it open then",), "On Saturday, the pharmacy is open from nine"),
        (("are you open then",), "On Saturday, the information desk is open"),
        (("and the day after that",), "On Sunday, the pharmacy is closed."),
        (("and the day after that", "and a day later"), "On Monday, the pharmacy is open"),
        (("is it open the day before that",), "On Friday, the pharmacy is open"),
        (("no on friday",), "On Friday, the pharmacy is open"),
        (("no today",), "Today, the pharmacy is open"),
        (("no today", "at six"), "Yes, the pharmacy is open today at six in the evening"),
    ],
)
def test_a_follow_up_keeps_what_it_does_not_name(lines: tuple[str, ...], said: str) -> None:
    answer = open_question.answer(asked("is the pharmacy open on saturday", by_text=BY_PLACE)[0], IDLE)
    for line in lines:
        answer = open_question.answer(asked(line, by_text=BY_PLACE)[0], answer.state)
    assert answer.outcome.route == "opening hours" and answer.words.startswith(said)


@pytest.mark.parametrize(
    ("text", "facts", "offered"),
    [
        ("are the cafe and the pharmacy open on sunday", (CAFE_HOURS, "hours:pharmacy"), False),
        ("is the pharmacy open on saturday and is the cafe", ("hours:pharmacy", CAFE_HOURS), False),
        ("is the pharmacy open on saturday and the cafe on monday", ("hours:pharmacy", CAFE_HOURS), False),
        # the flower shop has no hours, and those of another place are not told instead
        ("are the flower shop and the cafe open on sunday", (CAFE_HOURS,), True),
    ],
)
def test_hours_of_several_places(text: str, facts: tuple[str, ...], offered: bool) -> None:
    answer = open_question.answer(asked(text, by_text=BY_PLACE)[0], IDLE)
    assert (answer.outcome.facts, answer.state.offered_person) == (facts, offered)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("which opens earlier the lab the cafe or the pharmacy", "The laboratory opens today at seven in the morning."),
        ("which closes first the cafe the pharmacy or the billing office", "The billing office closes today at four"),
        ("what closes last today", "The information desk closes today at nine in the evening."),
    ],
)
def test_the_first_and_the_last_of_several_places(text: str, said: str) -> None:
    assert open_question.answer(asked(text, by_text=BY_PLACE)[0], IDLE).words.startswith(said)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        # the hours of another place are no answer
        ("is the flower shop open on sunday", ("fact:flower_shop",)),
        ("when does the flower shop close", ("fact:flower_shop",)),
        ("is the cafe open on sunday", (CAFE_HOURS,)),
    ],
)
def test_a_place_without_hours(text: str, facts: tuple[str, ...]) -> None:
    answer = open_question.answer(asked(text, by_text=BY_PLACE)[0], IDLE)
    assert answer.outcome.facts == facts and ("I don't know that." in answer.words) == (facts != (CAFE_HOURS,))


def test_a_line_after_several_places_is_about_all_of_them() -> None:
    both = open_question.answer(asked("are the cafe and the pharmacy open on sunday", by_text=BY_PLACE)[0], IDLE)
    answer = open_question.answer(asked("and on saturday", by_text=BY_PLACE)[0], both.state)
    assert answer.outcome.facts == (CAFE_HOURS, "hours:pharmacy")


def test_all_places_that_are_open_are_named() -> None:
    answer = open_question.answer(asked("what is open on sunday")[0], IDLE)
    assert answer.words == "The information desk, visiting and the cafe are open on Sunday."
    assert answer.outcome.facts == (DESK_HOURS, "hours:visiting", CAFE_HOURS)


@pytest.mark.parametrize(
    ("first", "line", "found", "facts"),
    [
        # an answer about another thing is none
        ("fact:flower_shop", "when does it open", DESK_HOURS, ()),
        ("fact:wheelchair", "how much is it", "fact:cafe_coffee_price", ()),
        ("fact:billing", "do they take cards", "fact:cafe_payment", ()),
        ("fact:disabled_parking", "is it open all night", DESK_HOURS, ()),
        # the last fact tells what is asked
        ("fact:billing", "what's their number", "fact:phone_number", ("fact:billing",)),
        ("fact:volunteers", "what's her number", "fact:phone_number", ("fact:volunteers",)),
        ("fact:parking", "how much is it", "fact:cafe_coffee_price", ("fact:parking",)),
        # what the words name themselves may be meant
        ("fact:pharmacy_place", "is it possible to bring a dog", "fact:dogs", ("fact:dogs",)),
        ("fact:pharmacy_place", "is it open", "hours:pharmacy", ("hours:pharmacy",)),
        ("fact:pharmacy_place", "where can i park", "fact:parking", ("fact:parking",)),
    ],
)
def test_a_pronoun_is_about_its_subject(first: str, line: str, found: str, facts: tuple[str, ...]) -> None:
    state = open_question.answer(asked(ENTRIES[first].asks[0], {first: 0.9})[0], IDLE).state
    answer = open_question.answer(asked(line, {found: 0.9})[0], state)
    assert answer.outcome.facts == facts


PHARMACY, HOURS = "fact:pharmacy_place", "hours:pharmacy"
SOUP, COFFEE, CAKE = "fact:cafe_soup", "fact:cafe_coffee_price", "fact:cafe_cake"
ONE_BY_ONE = {
    "where is the pharmacy": {PHARMACY: 0.9},
    "when does the pharmacy close": {HOURS: 0.9},
    "where can i park": {PARKING: 0.9},
    "how much is the soup": {SOUP: 0.9},
    "how much is a large coffee": {COFFEE: 0.9},
    "how much is the cake": {CAKE: 0.9},
    "where is the lift": {WIFI: 0.3},
    "i want an appointment": {"form:book": 0.9},
    "can i make an appointment": {"form:book": 0.9},
}


@pytest.mark.parametrize(
    ("text", "facts", "begins"),
    [
        ("where is the pharmacy and when does it close", (PHARMACY, HOURS), False),
        ("where is the pharmacy and where can i park", (PHARMACY, PARKING), False),
        ("where can i park and can i make an appointment", (PARKING,), True),
    ],
)
def test_both_questions_of_a_sentence_are_answered(text: str, facts: tuple[str, ...], begins: bool) -> None:
    answer = open_question.answer(asked(text, by_text=ONE_BY_ONE)[0], IDLE)
    assert answer.outcome.facts == facts
    assert (answer.state.form is not None) == begins
    assert all(ENTRIES[fact].say.split()[0] in answer.words for fact in facts)


def test_two_facts_may_be_composed_together() -> None:
    answer = open_question.answer(asked("where is the pharmacy and where can i park", by_text=ONE_BY_ONE)[0], IDLE)
    assert answer.facts == (ENTRIES[PHARMACY].say, ENTRIES[PARKING].say)
    assert answer.question == "where is the pharmacy and where can i park"


def test_hours_that_were_computed_stay_in_the_words_of_the_host() -> None:
    answer = open_question.answer(asked("where is the pharmacy and when does it close", by_text=ONE_BY_ONE)[0], IDLE)
    assert answer.question is None


@pytest.mark.parametrize("text", ["where is a place and where is the lift", "where is a place"])
def test_a_sentence_is_one_question_where_no_part_is_sure(text: str) -> None:
    unsure = {"where is a place": {PHARMACY: 0.3}, "where is the lift": {WIFI: 0.3}}
    both = {**unsure, "where is a place and where is the lift": {PHARMACY: 0.8}}
    answer = open_question.answer(asked(text, {PHARMACY: 0.8}, by_text=both if "and" in text else None)[0], IDLE)
    assert answer.outcome.facts == (PHARMACY,)


@pytest.mark.parametrize(
    ("text", "ends", "offered"),
    [
        ("where is the pharmacy and where is the lift", "Did you mean: what is the wifi password?", False),
        ("where is the pharmacy and where is the moon", REPLIES.rest_unknown, True),
    ],
)
def test_one_question_is_answered_and_the_other_asked_back(text: str, ends: str, offered: bool) -> None:
    answer = open_question.answer(asked(text, by_text=ONE_BY_ONE)[0], IDLE)
    assert answer.words == f"{ENTRIES[PHARMACY].say} {ends}"
    assert answer.state.offered_person == offered and (answer.state.suggested is None) == offered


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("which is cheaper the soup or a large coffee", "A large coffee is cheaper."),
        ("is the soup cheaper than the cake", "No."),
        ("which costs more the cake or the soup", "The soup is more expensive."),
    ],
)
def test_the_host_compares_and_says_the_facts(text: str, begins: str) -> None:
    answer = open_question.answer(asked(text, by_text=ONE_BY_ONE)[0], IDLE)
    assert answer.words.startswith(begins) and answer.outcome.route == "comparison"
    assert all(ENTRIES[fact].say in answer.words for fact in answer.outcome.facts)


def test_an_opinion_is_not_guessed_at() -> None:
    answer = open_question.answer(asked("which doctor is better chen or miller", {WIFI: 0.5})[0], IDLE)
    assert answer.outcome.kind == "unknown"


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("which is cheaper two coffees or a soup", "A soup is cheaper."),
        ("what costs more three regular coffees or a soup", "Three regular coffees are more expensive."),
        ("is one soup cheaper than two regular coffees", "Yes."),
    ],
)
def test_a_number_of_things_costs_that_many_times_the_price(text: str, begins: str) -> None:
    coffee = {f"how much is {coffees}": {COFFEE: 0.9} for coffees in ("coffees", "regular coffees")}
    soup = {f"how much is {soup}": {SOUP: 0.9} for soup in ("soup", "a soup")}
    assert open_question.answer(asked(text, by_text={**coffee, **soup})[0], IDLE).words.startswith(begins)


@pytest.mark.parametrize(
    ("statement", "item", "paid"),
    [
        ("The car park costs two dollars an hour.", "the car park", (200, "hour")),
        ("Television costs $3 a day.", "television", (300, "day")),
        ("Cake is three dollars twenty a slice.", "cake", (320, "")),
        ("The soup is four dollars.", "the soup", (400, "")),
        ("The cafe is in hall 3.", "the cafe", (None, "")),
    ],
)
def test_what_is_paid_by_the_hour(statement: str, item: str, paid: tuple[int | None, str]) -> None:
    assert comparisons.rate(statement, item, SITE.language) == paid


@pytest.mark.parametrize(
    ("statement", "item", "cents"),
    [
        (ENTRIES[COFFEE].say, "a large coffee", 340),
        (ENTRIES[COFFEE].say, "a regular coffee", 280),
        (ENTRIES[SOUP].say, "the soup", 450),
        ("A ticket is $2.50, a pass is 12 euros.", "a pass", 1200),
        ("The stamp is eighty cents.", "the stamp", 80),
        ("Tea and coffee are two dollars.", "tea", 200),
        ("A ticket is $2, a pass is $9.", "a dog", None),
        ("The cafe is in hall 3.", "the cafe", None),
    ],
)
def test_the_price_of_an_item(statement: str, item: str, cents: int | None) -> None:
    assert comparisons.price(statement, item, SITE.language) == cents


STATED = replace(
    IDLE,
    said=ENTRIES["fact:operation_day"].say,
    outcome=Outcome(facts=("fact:operation_day",)),
    stated=ENTRIES["fact:operation_day"],
)


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        ("can you say that in simpler words", STATED, ENTRIES["fact:operation_day"].simple),
        ("can you make that shorter", STATED, ENTRIES["fact:operation_day"].simple),
        (
            "shorter please",
            replace(STATED, stated=ENTRIES["fact:x_ray"], said="It is on the first floor. Follow the yellow line."),
            "It is on the first floor.",
        ),
        ("simpler please", replace(IDLE, said="Good."), f"{REPLIES.no_simpler} Good."),
        ("simpler please", IDLE, None),
        ("where is a simpler way", STATED, None),
    ],
)
def test_say_simpler(text: str, state: ResponderState, words: str | None) -> None:
    answer = about_conversation.say_simpler(asked(text)[0], state)
    assert (answer and answer.words) == words
    assert answer is None or (answer.state == state and answer.outcome.facts == state.outcome.facts)


def test_a_fact_in_the_middle_of_a_task_may_be_about_the_person_it_names() -> None:
    found = {"what does Doctor Chen do": {"fact:heart_doctor": 0.9}}
    answer = tasks.go_on(asked("and what does she do", by_text=found)[0], BOOKING)
    assert answer is not None and answer.outcome.facts == ("fact:heart_doctor",)


# --- tasks ------------------------------------------------------------------------------------------------------------

TAKEN = ToolResult(False, "That is taken.", {"slots": ["date"]})
FREE_AT: dict[str, object] = {
    "alternatives": [{"date": "2026-11-19", "time": "10:00"}, {"date": "2026-11-19", "time": "11:00"}]
}


def test_a_task_begins_with_the_words_and_the_known_values() -> None:
    request, _ = asked("i would like an appointment with doctor chen")
    answer = tasks.start(request, IDLE, form("book"), request.text)
    assert answer.words == "On which day?" and answer.state.expecting == "date"
    known = replace(IDLE, references={"reference": "4712345", "name": "John Smith"})
    answer = tasks.start(asked("cancel it")[0], known, form("cancel"), "cancel it")
    assert answer.outcome.kind == "confirm", "the number of their own appointment is not asked for"


@pytest.mark.parametrize(
    ("text", "found", "results", "kind", "expecting"),
    [
        ("on wednesday", {}, (), "ask", "time"),
        ("well you know", {}, (), "ask", "date"),
        ("on wednesday", {}, (TAKEN,), "refused", "date"),
        ("never mind", {}, (), "smalltalk", None),
        ("i don't know", {}, (), "unknown", "confirm"),
        ("where can i leave the car", {PARKING: 0.5}, (), "answer", "date"),
        ("where can i leave the car", {PARKING: 0.49}, (), "ask", "date"),
        ("when is my appointment", {"form:look_up": 0.9}, (), "ask", "reference"),
    ],
)
def test_words_in_the_middle_of_a_task(
    text: str, found: dict[str, float], results: tuple[ToolResult, ...], kind: str, expecting: str | None
) -> None:
    answer = tasks.go_on(asked(text, found, results=results)[0], BOOKING)
    assert answer is not None
    assert (answer.outcome.kind, answer.state.expecting) == (kind, expecting)


def test_going_on_outside_of_a_task_gives_no_answer() -> None:
    assert tasks.go_on(asked("on wednesday")[0], IDLE) is None


FULL = Form(
    form("book"),
    values={
        "doctor": Value("Doctor Chen", "Doctor Chen"),
        "date": Value("2026-11-25", "Wednesday"),
        "time": Value("10:00", "ten"),
        "name": Value("John Smith", "John Smith"),
    },
    confirming=True,
)


def test_a_task_that_is_agreed_to_is_done() -> None:
    booked = ToolResult(True, "Booked.", {"reference": "4712345", "name": "John Smith"})
    request, calls = asked("yes", results=(booked,))
    answer = tasks.go_on(request, replace(IDLE, form=FULL))
    assert answer is not None and answer.done and answer.state.form is None
    assert answer.outcome == Outcome(kind="done", tools=("appointments.book",))
    assert [function for _, function, _ in calls.called] == ["book"]
    assert answer.state.references == {"reference": "4712345", "name": "John Smith"}


def test_offers_are_remembered_and_choosing_one_begins_the_task() -> None:
    free = Form(form("free"), values={"doctor": Value("Doctor Chen", "Doctor Chen")}, asked="date")
    looked_up = tasks.go_on(
        asked("tomorrow", results=(ToolResult(True, "At ten or eleven.", FREE_AT),))[0], replace(IDLE, form=free)
    )
    assert looked_up is not None and len(looked_up.state.offers) == 2 and not looked_up.done
    taken = tasks.take_offer(asked("then at eleven please")[0], looked_up.state, "then at eleven please")
    assert taken is not None and taken.state.form is not None
    assert taken.state.form.values["time"].value == "11:00"
    assert tasks.take_offer(asked("is it far")[0], looked_up.state, "is it far") is None
    again = tasks.look_up_too(asked("and on monday")[0], looked_up.state, "and on monday")
    assert again is not None and again.outcome.kind == "answer"


@pytest.mark.parametrize(("pointed_at", "kind"), [("wilson", "confirm"), ("john smith", "ask"), ("", "ask")])
def test_the_model_may_point_at_words_that_were_said(pointed_at: str, kind: str) -> None:
    nameless = replace(FULL, values={k: v for k, v in FULL.values.items() if k != "name"}, confirming=False)
    state = replace(IDLE, form=replace(nameless, asked="name"))
    answer = tasks.go_on(asked("the name on the card says wilson", pointed_at=pointed_at)[0], state)
    assert answer is not None and answer.outcome.kind == kind


# --- their order ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state", "kind", "route"),
    [
        ("what time is it", SUGGESTED, "answer", "clock"),
        ("can i talk to a real person", BOOKING, "handover", ""),
        ("goodbye", OFFERED, "goodbye", ""),
        ("yes", OFFERED, "handover", ""),
        ("on wednesday", BOOKING, "ask", ""),
        ("thank you", IDLE, "smalltalk", "small talk"),
        ("where can i park", OFFERED, "answer", "fact"),
    ],
)
def test_the_first_route_that_answers_is_taken(text: str, state: ResponderState, kind: str, route: str) -> None:
    answer = decide(asked(text, {PARKING: 0.9})[0], state)
    assert (answer.outcome.kind, answer.outcome.route) == (kind, route)
    assert answer.state.suggested is None, "what was asked back is no longer waited for"


def test_what_a_fact_cannot_answer_is_not_answered_by_it() -> None:
    for text in ("the lift is out of order", "there is no soap in the lift"):
        answer = open_question.answer(asked(text, {WIFI: 0.9})[0], IDLE)
        assert answer.outcome.kind == "unknown" and answer.state.offered_person


def test_what_was_just_said_is_not_suggested_to_a_visitor_who_corrects_it() -> None:
    stated = replace(IDLE, stated=ENTRIES[WIFI])
    answer = open_question.answer(asked("no the garden", {WIFI: 0.4})[0], stated)
    assert answer.outcome.kind == "unknown"
    assert open_question.answer(asked("the garden", {WIFI: 0.4})[0], IDLE).outcome.kind == "confirm"


def test_what_is_said_beside_a_refused_person_is_answered_in_a_task_too() -> None:
    request, _ = asked("no need to call anyone where is the cafe", by_text={"where is the cafe": {WIFI: 0.9}})
    answer = person.leave_person(request, BOOKING)
    assert answer and ENTRIES[WIFI].say in answer.text and answer.state.form


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("can you call doctor chen", "unknown"),
        ("is doctor chen a man", "unknown"),
        ("please tell my wife i am in the cafe", "unknown"),
        ("i am john smith", "smalltalk"),
        ("i want to speak with doctor chen on tuesday", "ask"),
    ],
)
def test_words_that_only_name_whom_a_task_is_about_begin_none(text: str, kind: str) -> None:
    answer = decide(asked(text, {"form:book": 0.9})[0], IDLE)
    assert (answer.state.form is not None) == (kind == "ask")
    assert answer.outcome.kind == kind or answer.state.form


def test_what_is_at_a_place_is_told_together() -> None:
    found = {"fact:children": 0.3, "fact:heart_clinic": 0.3, "fact:lifts": 0.2}
    answer = decide(asked("what is on the second floor", found)[0], IDLE)
    assert answer.outcome.facts == ("fact:children", "fact:heart_clinic")
    answer = decide(asked("what is on the sixth floor", found)[0], IDLE)
    assert answer.outcome.kind == "unknown"


def test_when_a_person_is_there_is_told_by_the_fact_about_them() -> None:
    state = open_question.answer(asked("who is the heart doctor", {"fact:heart_doctor": 0.9})[0], IDLE).state
    answer = decide(asked("is she in on friday", {"form:free": 0.9})[0], state)
    assert answer.outcome.facts == ("fact:heart_doctor",)


def test_another_one_is_asked_for() -> None:
    state = open_question.answer(asked("where is the lab", {"fact:laboratory": 0.9})[0], IDLE).state
    assert decide(asked("no the other one")[0], state).words == "Which one do you mean?"


@pytest.mark.parametrize(
    ("text", "said"), [("what did i ask you first", "You asked: where is the cafe."), ("ask", None)]
)
def test_the_visitors_own_question_is_told(text: str, said: str | None) -> None:
    answer = about_conversation.tell_own_question(asked(text, history=TOLD)[0], IDLE)
    assert (answer and answer.words) == said


def test_what_is_said_beside_an_apology_is_answered() -> None:
    answer = decide(asked("sorry to bother you but what time is it")[0], IDLE)
    assert answer.outcome.route == "clock"
