"""What a sentence of a language model's may say, given the facts."""

from __future__ import annotations

import pytest

from appliance.brain.grounding.check import Check, Checked
from appliance.language.english import ENGLISH

COFFEE = "A regular coffee is two dollars eighty, and a large one is three dollars forty."
PHARMACY = "The pharmacy is in the main hall, beside the flower shop."
CAFE = "The cafe is in the main hall, opposite the lifts."
LIFTS = "The lifts are in the main hall, behind the information desk."
PARKING = "The car park is behind the hospital and costs two dollars an hour. The first thirty minutes are free."
OPERATION = (
    "On the day of your operation, come to desk four on the fifth floor at seven in the morning. Do not eat anything "
    "after midnight, and drink only clear water until five in the morning. Leave rings, watches and money at home."
)
BLOOD = "Blood is taken in room 14 on the ground floor. You do not need an appointment."
DONATION = "You can give blood every Wednesday from two to six in the afternoon, in room 16."
FLOWERS = "Flowers are welcome on every ward except intensive care."
DOGS = "Only guide dogs may come into the hospital."
CHEN = "For the heart, please see Doctor Chen. She is here from Monday to Thursday."
PATEL = "The doctor for children is Doctor Patel. He is here on Monday, Wednesday and Friday."
ROOMS = "The blue room holds eight people and the green room twenty. Both are free for two hours with a card."
LOAN = "Books can be kept for three weeks, and films for one week."
PRINTING = "A printed page costs ten cents in black and white and fifty cents in color."
VISITS = "Children may visit if an adult stays with them."
PICTURES = "You may take pictures without flash everywhere but in hall 7."
STROLLERS = "Strollers are welcome, but not in the submarine."
BUS = "Bus number 12 stops at the main entrance and goes to the railway station every ten minutes."
WIFI = "The wireless network is called Oak Guest. It is free and needs no password."
BED = "A parent may stay overnight on the children's ward. A bed costs nothing."
MILK = "The cafe has oat milk and soy milk at no extra charge."
FREE_DAY = "On the first Sunday of each month, the museum is free for everyone."
HOURS = (
    "The restaurant is open Tuesday to Thursday from eleven in the morning to five in the afternoon and Friday to "
    "Sunday from eleven in the morning to ten in the evening. It is closed on Monday."
)
NURSE = "A nurse brings you to your room, and the doctor speaks with you before the operation begins."
FIRE = "If the fire alarm rings, leave by the stairs and meet on the lawn in front of the hospital."
NAMES = ("Oak Hill Hospital", "Nora", "the voice at the reception")


def checked(sentence: str, *facts: str, question: str = "") -> Checked:
    return Check(facts, question, NAMES, ENGLISH).sentence(sentence)


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (COFFEE, COFFEE),
        (COFFEE, "A large coffee is three dollars forty."),
        (COFFEE, "A large coffee costs $3.40."),
        (COFFEE, "A regular coffee is two dollars eighty."),
        (COFFEE, "A large coffee costs three dollars forty, while a regular coffee costs two dollars eighty."),
        (ROOMS, "The green room holds twenty people."),
        (ROOMS, "The blue room holds eight people and the green room twenty."),
        (LOAN, "Films can be kept for one week."),
        (PRINTING, "A page in color costs fifty cents."),
        (PHARMACY, "You can find the pharmacy in the main hall."),
        (PHARMACY, "The pharmacy is located beside the flower shop."),
        (PHARMACY, "The pharmacy of Oak Hill Hospital is in the main hall."),
        (PARKING, "The car park costs two dollars an hour."),
        (PARKING, "The car park is free for the first thirty minutes."),
        (OPERATION, "Do not eat anything after midnight."),
        (OPERATION, "You can drink only clear water until 5 in the morning."),
        (DONATION, "You can give blood on Wednesday from two to six in the afternoon."),
        (CHEN, "Doctor Chen is here from Monday to Thursday."),
        (PATEL, "Doctor Patel is here on Wednesday."),
        (PATEL, "Doctor Patel is the doctor for children."),
        (BUS, "Bus 12 goes to the railway station every ten minutes."),
        (WIFI, "The network is free and needs no password."),
        (WIFI, "You do not need a password for the wireless network."),
        (BED, "A bed costs nothing."),
        (VISITS, "Children may visit if an adult stays with them."),
        (PICTURES, "You may take pictures without flash everywhere except in hall 7."),
        (STROLLERS, "Strollers are not welcome in the submarine."),
        (HOURS, "The restaurant is open Friday to Sunday from eleven in the morning to ten in the evening."),
        (HOURS, "It is closed on Monday."),
        (NURSE, "A nurse brings you to your room."),
        (FIRE, "Meet on the lawn if the fire alarm rings."),
        ("You can park behind the house for free.", "Parking is free."),
        (FREE_DAY, "On the first Sunday of each month, the museum is free for everyone."),
    ],
)
def test_what_rests_on_the_fact_is_said_as_it_is_written(fact: str, sentence: str) -> None:
    assert checked(sentence, fact, question="tell me about it") == Checked(sentence)


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        # figures with what they are about
        ((COFFEE,), "A regular coffee is three dollars forty, and a large one is two dollars eighty."),
        ((COFFEE,), "A regular coffee is three dollars forty."),
        ((COFFEE,), "A large coffee is two dollars eighty."),
        ((COFFEE,), "A large coffee is three euros forty."),
        ((COFFEE,), "A large coffee is €3.40."),
        ((ROOMS,), "The blue room holds twenty people."),
        ((ROOMS,), "The green room holds eight people."),
        ((ROOMS,), "The blue room holds eight cards."),
        ((LOAN,), "Books can be kept for one week, and films for three weeks."),
        ((LOAN,), "Books can be kept for one week."),
        ((LOAN,), "Films can be kept for three weeks."),
        ((PRINTING,), "A printed page costs fifty cents in black and white and ten cents in color."),
        ((PARKING,), "The first two minutes are free."),
        ((PARKING,), "The car park is free."),
        ((PARKING,), "Thirty minutes cost two dollars."),
        ((DONATION,), "You can give blood until two in the afternoon."),
        ((DONATION,), "You can give blood from six in the afternoon."),
        ((DONATION,), "You can give blood in room 2."),
        ((BUS,), "Bus 12 stops at the railway station."),
        ((BUS,), "Bus 10 goes to the railway station."),
        ((HOURS,), "The restaurant is open on Friday from eleven in the morning to five in the afternoon."),
        ((HOURS,), "The restaurant is open Tuesday to Thursday until ten in the evening."),
        # names and places with what they are about
        ((HOURS,), "The restaurant is open on Monday."),
        ((HOURS,), "The restaurant is closed on Tuesday."),
        ((NURSE,), "The doctor brings you to your room."),
        ((NURSE,), "The doctor speaks with you after the operation begins."),
        ((FIRE,), "Leave by the lawn and meet on the stairs."),
        ((FIRE,), "Leave by the stairs."),
        ((HOURS,), "The restaurant closes on Monday."),
        (("A guided tour takes fifty minutes.",), "A guided tour costs fifty minutes."),
        ((CHEN, PATEL), "Doctor Patel is here from Monday to Thursday."),
        ((CHEN, PATEL), "Doctor Chen is the doctor for children."),
        ((CHEN,), "Doctor Chen is here on Friday."),
        ((CHEN,), "Doctor Chen is here on Monday and Thursday."),
        ((PHARMACY, CAFE), "The cafe is in the main hall, beside the flower shop."),
        ((PHARMACY, CAFE), "The pharmacy is opposite the lifts."),
        ((PHARMACY,), "The pharmacy is in the flower shop."),
        ((PHARMACY,), "The flower shop is in the main hall."),
        ((LIFTS,), "The information desk is behind the lifts."),
        ((CAFE, LIFTS), "The cafe is in the main hall, behind the lifts."),
        ((PHARMACY, PARKING), "The pharmacy is in the main hall and costs two dollars an hour."),
        # negations and limits
        ((OPERATION,), "You must not eat anything after midnight, drink only clear water until five in the morning."),
        ((OPERATION,), "Eat after midnight."),
        ((OPERATION,), "You can drink water until five in the morning."),
        ((BLOOD,), "You need an appointment."),
        ((FLOWERS,), "Flowers are welcome on every ward."),
        ((FLOWERS,), "Flowers are welcome on every ward and intensive care."),
        ((DOGS,), "Dogs may come into the hospital."),
        ((VISITS,), "Children may visit."),
        ((VISITS,), "Children must visit if an adult stays with them."),
        ((PICTURES,), "You may take pictures everywhere."),
        ((PICTURES,), "You may take pictures in hall 7."),
        ((STROLLERS,), "Strollers are welcome."),
        ((STROLLERS,), "Strollers are welcome in the submarine."),
        ((WIFI,), "The network is not free and needs a password."),
        ((MILK,), "Oat milk costs extra."),
        ((BED,), "A bed costs extra."),
        ((FREE_DAY,), "The museum is free for everyone."),
        ((FREE_DAY,), "The museum is free every Sunday."),
        # what narrows down a subject or a price
        (("Children under twelve get in free.",), "Children get in free."),
        (("Late books cost twenty cents a day.",), "Books cost twenty cents a day."),
        (("Late books cost twenty cents a day.",), "Late books cost twenty cents."),
        (("A ticket for adults costs nine dollars.",), "A ticket costs nine dollars."),
        (("New patients fill in the blue form.",), "Patients fill in the blue form."),
        ((PARKING,), "The car park costs two dollars."),
        (("Students and people over sixty-five pay six dollars.",), "People pay six dollars."),
        # what no fact says
        ((COFFEE,), "The soup is cheaper than a large coffee."),
        ((CHEN,), "Doctor Chen speaks Spanish."),
        ((PHARMACY,), "The garden is in the main hall."),
        # writing
        ((PHARMACY,), "**The pharmacy** is in the main hall."),
        ((PHARMACY,), "# The pharmacy is in the main hall."),
        ((PHARMACY,), "药房 is in the main hall."),
        ((PHARMACY,), "Аптека is in the main hall."),
        ((PHARMACY,), "The pharmacy is in the main hall \U0001f60a."),
        ((PHARMACY,), "<think>The pharmacy is in the main hall."),
        ((PHARMACY,), "The pharmacy is in the main hall for $."),
        ((PHARMACY,), "The pharmacy is in the main hall in the main hall in the main hall."),
        ((PHARMACY,), "The pharmacy is in the main the main hall."),
    ],
)
def test_what_says_something_else_is_not_said(facts: tuple[str, ...], sentence: str) -> None:
    got = checked(sentence, *facts)
    assert (got.spoken, bool(got.fault)) == ("", True)


def test_the_words_of_the_visitor_are_no_source() -> None:
    said = "You may bring your dog to the heart of the hospital."
    assert checked(said, DOGS, question="may i bring my dog to the heart of the hospital").fault


@pytest.mark.parametrize(
    ("question", "fact", "sentence", "spoken"),
    [
        ("is doctor patel here on wednesday", PATEL, "Yes, Doctor Patel is here on Wednesday.", None),
        (
            "is the wireless network free",
            WIFI,
            "Yes, it is free and needs no password.",
            "It is free and needs no password.",
        ),
        ("do i need a password for the wireless network", WIFI, "No, it needs no password.", None),
        ("do i need an appointment to have blood taken", BLOOD, "No, you do not need an appointment.", None),
        (
            "do i need an appointment to have blood taken",
            BLOOD,
            "Yes, you do not need an appointment.",
            "You do not need an appointment.",
        ),
        ("can i bring flowers to intensive care", FLOWERS, f"Yes, {FLOWERS[0].lower()}{FLOWERS[1:]}", FLOWERS),
        ("may i bring my dog", DOGS, "No, only guide dogs may come into the hospital.", DOGS),
        ("may i bring my dog", DOGS, "Sure! Only guide dogs may come into the hospital.", DOGS),
        (
            "is the car park free",
            PARKING,
            "Yes, the first thirty minutes are free.",
            "The first thirty minutes are free.",
        ),
        ("is the pharmacy in the basement", PHARMACY, "Yes, it is in the main hall.", "It is in the main hall."),
        ("is the chapel open", PHARMACY, "Yes.", ""),
        ("is the chapel open", PHARMACY, "No!", ""),
    ],
)
def test_yes_and_no_are_said_where_the_fact_states_them(
    question: str, fact: str, sentence: str, spoken: str | None
) -> None:
    """``None`` is the sentence as it is written."""
    assert checked(sentence, fact, question=question).spoken == (sentence if spoken is None else spoken)


@pytest.mark.parametrize(
    ("question", "sentence", "passes"),
    [
        ("what does a large coffee cost", "Three dollars forty.", True),
        ("what does a large coffee cost", "It costs three dollars forty.", True),
        ("what does a large coffee cost", "Two dollars eighty.", False),
        ("what does a regular coffee cost", "Two dollars eighty.", True),
        ("what does a regular coffee cost", "Three dollars forty.", False),
    ],
)
def test_a_short_answer_is_about_what_was_asked(question: str, sentence: str, passes: bool) -> None:
    assert bool(checked(sentence, COFFEE, question=question).spoken) is passes


def test_a_short_answer_rests_on_the_fact_that_the_question_names() -> None:
    facts = ("The heart clinic is in room 205.", "The eye clinic is in room 118.")
    assert checked("In room 118.", *facts, question="where is the eye clinic").spoken
    assert checked("In room 205.", *facts, question="where is the eye clinic").fault


def test_what_does_not_name_its_subject_goes_on_with_the_last() -> None:
    lines = (
        "X-ray is on the first floor. Follow the yellow line.",
        "The heart clinic is in room 205. Follow the red line.",
    )
    check = Check(lines, "where is x-ray", NAMES, ENGLISH)
    assert check.sentence("X-ray is on the first floor.").spoken
    assert check.sentence("Follow the red line.").fault
    assert check.sentence("Follow the yellow line.").spoken


def test_nothing_is_said_twice() -> None:
    check = Check([PHARMACY], "where is the pharmacy", NAMES, ENGLISH)
    assert check.sentence("The pharmacy is in the main hall.").spoken
    assert check.sentence("You can find the pharmacy in the main hall.") == Checked("")
    assert check.unsaid(failed=True) == []


@pytest.mark.parametrize(
    ("question", "said", "failed", "unsaid"),
    [
        ("what does the car park cost", "The car park costs two dollars an hour.", False, []),
        ("what does the car park cost", "The car park costs two dollars an hour.", True, [1]),
        ("how long can i park for free", "The car park is behind the hospital.", False, [1]),
        ("what does the car park cost", "", False, [0, 1]),
    ],
)
def test_what_was_not_said_of_a_fact_is_said_where_it_is_needed(
    question: str, said: str, failed: bool, unsaid: list[int]
) -> None:
    check = Check([PARKING], question, NAMES, ENGLISH)
    if said:
        assert check.sentence(said).spoken
    sentences = ENGLISH.sentences.sentences(PARKING)
    assert check.unsaid(failed=failed) == [sentences[number] for number in unsaid]


@pytest.mark.parametrize(
    ("begun", "hopeless"),
    [
        ("The pharm", False),
        ("The pharmacy is in the main ", False),
        ("Yes, the pharmacy ", False),
        ("The pharmacy of Oak Hill Hospital is ", False),
        ("The garden is ", True),
        ("The **", True),
        ("<th", True),
        ("药", True),
        ("The pharmacy is in the main the main h", True),
        ("I'm sorry, but I can't assist ", True),
    ],
)
def test_a_beginning_that_cannot_pass_is_known_at_the_piece(begun: str, hopeless: bool) -> None:
    assert Check([PHARMACY], "where is the pharmacy", NAMES, ENGLISH).hopeless(begun) is hopeless


def test_a_figure_may_still_be_growing() -> None:
    check = Check([COFFEE], "what does a large coffee cost", NAMES, ENGLISH)
    words = "A large coffee is three dollars forty.".split()
    assert not any(check.hopeless(" ".join(words[:count])) for count in range(len(words) + 1))


@pytest.mark.parametrize(
    "text",
    ["", " ", ".", ",,,", "and, and and", "no", "No. No.", "-", "…", "¡", "$", "7", "six", "(", "\u200b", "A" * 500],
)
def test_any_text_is_checked(text: str) -> None:
    check = Check([PHARMACY], text, NAMES, ENGLISH)
    assert check.hopeless(text) in (True, False)
    assert check.sentence(text).spoken == ""
    assert check.unsaid(failed=True) == [PHARMACY]


def test_a_long_list_is_checked_in_few_steps() -> None:
    """Each part rests on the fact, but the last, and there are many ways to take parts together."""
    said = "The pharmacy is in the main hall, " * 30 + "in the garden."
    assert Check([PHARMACY, CAFE, LIFTS] * 3, "", NAMES, ENGLISH).sentence(said).fault
    listed = ", ".join(f"room {number}" for number in range(60))
    assert Check([f"The rooms are {listed}."], "", NAMES, ENGLISH).sentence(f"The rooms are {listed}, garden.").fault


def test_no_facts_support_nothing() -> None:
    assert Check([], "", NAMES, ENGLISH).sentence(PHARMACY).fault
