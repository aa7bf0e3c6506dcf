"""Opening hours, asked on Wednesday, 18 November 2026, at 14:45."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.site import OpeningHours
from appliance.conversation.hours_question import asks_all, follows, ranks, read
from appliance.conversation.opening_hours import answer, ask, say, say_closing, say_open, say_ranked, say_week
from appliance.language.english import ENGLISH

NOW = datetime(2026, 11, 18, 14, 45)
PHARMACY = OpeningHours("the pharmacy", {"monday-friday": "08:00-12:00, 13:00-18:30", "saturday": "09:00-13:00"})
VISITING = OpeningHours("visiting", {"monday-sunday": "10:00-20:00"})


def test_the_week_is_said_in_groups() -> None:
    assert say_week(PHARMACY, ENGLISH) == (
        "The pharmacy is open Monday to Friday from eight in the morning to noon and from one in the afternoon to half "
        "past six in the evening and Saturday from nine in the morning to one in the afternoon. It is closed on Sunday."
    )
    assert (
        say_week(VISITING, ENGLISH) == "Visiting hours are every day from ten in the morning to eight in the evening."
    )


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("is it open now", "Yes, the pharmacy is open now, until half past six in the evening."),
        ("is it open on sunday", "On Sunday, the pharmacy is closed."),
        (
            "is it open tomorrow at half past twelve",
            "No, the pharmacy is closed tomorrow at half past twelve.",
        ),
        (
            "when does it close on saturday",
            "On Saturday, the pharmacy is open from nine in the morning to one in the afternoon.",
        ),
    ],
)
def test_answers(question: str, said: str) -> None:
    found = answer(PHARMACY, question, NOW, ENGLISH)
    assert found is not None
    assert found.startswith(said)


def test_closed_now_says_when_it_opens() -> None:
    late = datetime(2026, 11, 21, 15, 0)
    assert answer(PHARMACY, "is it open now", late, ENGLISH) == (
        "No, the pharmacy is closed now. It opens on Monday at eight in the morning."
    )


def test_the_week_is_meant_when_no_day_is_named() -> None:
    assert answer(PHARMACY, "when is the pharmacy open", NOW, ENGLISH) is None


CAFE = OpeningHours("the cafe", {"monday-friday": "13:00-18:00, 08:00-12:00", "sunday": "10:00-17:00"})
BAR = OpeningHours("the bar", {"monday-sunday": "20:00-24:00, 00:00-02:00"})
CLUB = OpeningHours("the club", {"friday": "22:00-24:00", "saturday": "00:00-03:00"})
DESK = OpeningHours("the emergency desk", {"monday-sunday": "00:00-24:00"})
TOILETS = OpeningHours("the toilets", {"tuesday-friday": "08:00-18:00"})
HOLIDAYS = OpeningHours(
    "the shop",
    {"monday-saturday": "09:00-18:00"},
    exceptions={
        "Christmas Day 12-25": "closed",
        "Christmas Eve 12-24": "09:00-12:00",
        "2026-12-28 to 2026-12-30": "closed",
        "2026-11-20": "09:00-13:00",
    },
)


@pytest.mark.parametrize(
    ("hours", "question", "said"),
    [
        (PHARMACY, "is the pharmacy closed now", "No, the pharmacy is open now, until half past six in the evening."),
        (PHARMACY, "is it closed", "No, the pharmacy is open now, until half past six in the evening."),
        (PHARMACY, "is it open", "Yes, the pharmacy is open now, until half past six in the evening."),
        (PHARMACY, "is it closed on sunday", "On Sunday, the pharmacy is closed."),
        (PHARMACY, "when does it close", "The pharmacy closes today at half past six in the evening."),
        (
            PHARMACY,
            "when does it open",
            "The pharmacy is open now, until half past six in the evening. It opens tomorrow at eight in the morning.",
        ),
        (
            PHARMACY,
            "when do you open in the morning",
            "The pharmacy is open now, until half past six in the evening. It",
        ),
        (DESK, "when do you open in the morning", "The emergency desk is open now, day and night."),
        (BAR, "when do you open in the morning", "The bar opens today at eight in the evening."),
        (PHARMACY, "is it open until seven", "No, the pharmacy is open today until half past six in the evening."),
        (PHARMACY, "is it open until six", "Yes, the pharmacy is open today until half past six in the evening."),
        (PHARMACY, "is it open on saturday sorry sunday", "On Sunday, the pharmacy is closed."),
        (PHARMACY, "is it open tomorrow no sunday", "On Sunday, the pharmacy is closed."),
        (PHARMACY, "not on saturday but on sunday is it open", "On Sunday, the pharmacy is closed."),
        (PHARMACY, "is it open on december sixth", "On Sunday, December sixth, the pharmacy is closed."),
        (
            PHARMACY,
            "is it open on november eighteenth",
            "Today, the pharmacy is open from eight in the morning to noon and from one in the afternoon to half past",
        ),
        (
            PHARMACY,
            "is it open this evening at seven",
            "No, the pharmacy is closed today at seven in the evening. It opens tomorrow at eight in the morning.",
        ),
        (CAFE, "is it still open at eight", "No, the cafe is closed today at eight in the evening. It opens tomorrow"),
        (CAFE, "is it open at half past twelve tomorrow", "No, the cafe is closed tomorrow at half past twelve"),
        (BAR, "is it open now", "No, the bar is closed now. It opens today at eight in the evening."),
        (BAR, "is it open at midnight", "Yes, the bar is open tomorrow at midnight, until two in the morning."),
        (BAR, "when does it close", "The bar closes at two in the morning."),
        (BAR, "is it open tonight at eleven", "Yes, the bar is open today at eleven in the evening, until two in the"),
        (CLUB, "is it open on friday night at one", "Yes, the club is open on Saturday at one in the morning, until"),
        (CLUB, "is it open on friday", "On Friday, the club is open from ten in the evening to three in the morning."),
        (CLUB, "is it open on saturday", "On Saturday, the club is closed."),
        (DESK, "is it open now", "Yes, the emergency desk is open now, day and night."),
        (DESK, "when does it close", "The emergency desk is open day and night."),
        (TOILETS, "are they open on sunday", "On Sunday, the toilets are closed."),
        (TOILETS, "are they closed now", "No, the toilets are open now, until six in the evening."),
        (
            HOLIDAYS,
            "are you open on christmas day",
            "On Friday, December twenty-fifth, Christmas Day, the shop is closed.",
        ),
        (
            HOLIDAYS,
            "is it open on december 24",
            "On Thursday, December twenty-fourth, Christmas Eve, the shop is open from nine in the morning to noon.",
        ),
        (HOLIDAYS, "is it open on december twenty ninth", "On Tuesday, December twenty-ninth, the shop is closed."),
        (
            HOLIDAYS,
            "is it open on december thirty first",
            "On Thursday, December thirty-first, the shop is open from nine",
        ),
        (
            HOLIDAYS,
            "is it open on friday",
            "On Friday, the shop is open from nine in the morning to one in the afternoon.",
        ),
        (HOLIDAYS, "are you open on public holidays", "On Friday, the shop is open from nine in the morning to one"),
        (HOLIDAYS, "is it open on christmas eve at two", "No, the shop is closed on Thursday, December twenty-fourth,"),
    ],
)
def test_more_answers(hours: OpeningHours, question: str, said: str) -> None:
    found = answer(hours, question, NOW, ENGLISH)
    assert found is not None
    assert found.startswith(said)


def test_unsorted_spans_are_sorted() -> None:
    early = datetime(2026, 11, 18, 7, 0)
    assert answer(CAFE, "is it open", early, ENGLISH) == (
        "No, the cafe is closed now. It opens today at eight in the morning."
    )


def test_the_last_second_before_midnight_is_open() -> None:
    assert str(answer(BAR, "is it open now", datetime(2026, 11, 18, 23, 59, 59, 500_000), ENGLISH)).startswith("Yes")
    assert str(answer(BAR, "is it open now", datetime(2026, 11, 19, 1, 59), ENGLISH)).startswith("Yes")
    assert str(answer(BAR, "is it open now", datetime(2026, 11, 19, 2, 0), ENGLISH)).startswith("No")


def test_a_closed_day_is_told_when_it_opens_again() -> None:
    christmas = datetime(2026, 12, 25, 10, 0)
    assert answer(HOLIDAYS, "is it open now", christmas, ENGLISH) == (
        "No, the shop is closed now. It opens tomorrow at nine in the morning."
    )


def test_days_that_differ_soon_are_told_with_the_week() -> None:
    said = answer(HOLIDAYS, "when is the shop open", NOW, ENGLISH)
    assert said == (
        "The shop is open Monday to Saturday from nine in the morning to six in the evening. It is closed on Sunday. "
        "On Friday, the shop is open from nine in the morning to one in the afternoon."
    )


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (BAR, "The bar is open every day from eight in the evening to two in the morning."),
        (DESK, "The emergency desk is open day and night."),
        (TOILETS, "They are closed Saturday to Monday."),
        (OpeningHours("the shop", {"tuesday-friday": "08:00-12:00"}), "It is closed Saturday to Monday."),
        (
            OpeningHours("the shop", {"tuesday": "08:00-12:00", "thursday": "08:00-12:00", "friday": "08:00-12:00"}),
            "It is closed on Wednesday and from Saturday to Monday.",
        ),
        (OpeningHours("the shop", {"tuesday-saturday": "08:00-12:00"}), "It is closed on Sunday and Monday."),
        (OpeningHours("the shop", {}), "The shop is closed."),
    ],
)
def test_more_weeks(hours: OpeningHours, said: str) -> None:
    assert say_week(hours, ENGLISH).endswith(said)


LAB = OpeningHours("the lab", {"monday-friday": "07:00-11:30, 13:00-15:00"})
CHEMIST = OpeningHours("the chemist", {"monday-friday": "08:00-18:30", "saturday": "09:00-13:00"})
PUB = OpeningHours("the pub", {"friday-saturday": "20:00-02:00"})
EVENING_BAR = OpeningHours("the bar", {"monday-sunday": "17:00-24:00"})
READING_ROOM = OpeningHours("the reading room", {"monday-thursday": "09:00-22:00", "friday-saturday": "14:00-01:00"})


@pytest.mark.parametrize(
    ("question", "doubt"),
    [
        ("was it open yesterday", "That day is over."),
        ("was it open last saturday", "That day is over."),
        ("was it open on monday", "That day is over."),
        ("were you open last weekend", "That day is over."),
        ("is it open on the thirty first of november", "There is no such day."),
        ("is it open on february thirtieth", "There is no such day."),
        ("when does it close on the thirtieth of february", "There is no such day."),
        ("is it open on my birthday", "I don't know the hours for that day."),
        ("is it open on ramadan", "I don't know the hours for that day."),
        ("is it open on carnival at two", "I don't know the hours for that day."),
        ("will it be open when the play ends", "I don't know the hours for that time."),
        ("is it open during the strike", "I don't know the hours for that time."),
        ("is it open after the concert", "I don't know the hours for that time."),
        ("is it open over the summer", "I don't know the hours for that time."),
        ("will it be open by the time my shift ends", "I don't know the hours for that time."),
        ("is it open past closing time", "I don't know the hours for that time."),
        ("is it open next month", "I don't know the hours for that time."),
        ("is it open for breakfast", "I don't know the hours for that time."),
        ("is it open on the holidays", "I don't know the hours on holidays."),
        ("do you open on bank holidays", "I don't know the hours on holidays."),
    ],
)
def test_a_day_that_cannot_be_told_is_not_now(question: str, doubt: str) -> None:
    assert str(answer(CHEMIST, question, NOW, ENGLISH)).startswith(f"{doubt} Usually, the chemist is open Monday to")


@pytest.mark.parametrize(
    "day",
    [
        *("easter monday", "palm sunday", "maundy thursday", "mothers day", "new years day", "valentines day"),
        *("veterans' day", "martin luther king day", "diwali", "king day", "election day", "holy wednesday"),
    ],
)
def test_a_holiday_is_known_by_its_name(day: str) -> None:
    asked = read(f"is it open on {day}", NOW, ENGLISH)
    assert asked.by_name or asked.days == ("unknown day",)


@pytest.mark.parametrize("question", ["is it open on a weekday", "is it open in the evening", "is it open on sunday"])
def test_other_days_are_no_holidays(question: str) -> None:
    asked = read(question, NOW, ENGLISH)
    assert not asked.by_name and "unknown day" not in asked.days


@pytest.mark.parametrize(
    "question",
    [
        "is it open at the moment",
        "is the chemist on the ground floor open",
        "is the chemist at the hospital open",
        "is it still open",
        "is the chemist by the entrance open",
        "is it open at this hour",
        "is it open right now",
        "is the chemist around the corner open",
    ],
)
def test_now_is_meant_where_no_time_is_named(question: str) -> None:
    assert str(answer(CHEMIST, question, NOW, ENGLISH)).startswith("Yes, the chemist is open now, until half past six")


@pytest.mark.parametrize(
    ("hours", "question", "said"),
    [
        # spans of the day
        (LAB, "is it open between ten and two", "Not all of that time. Tomorrow, the lab is open from seven in"),
        (LAB, "is it open between eight and nine tomorrow", "Yes. Tomorrow, the lab is open"),
        (LAB, "is it closed between twelve and one", "Yes. Tomorrow, the lab is open"),
        (LAB, "can i come between half past eleven and one", "No. Tomorrow, the lab is open"),
        (CHEMIST, "is it open from eight to seven", "Not all of that time. Today, the chemist is open from eight"),
        (CHEMIST, "is it open before nine on saturday", "No. On Saturday, the chemist is open from nine"),
        (CHEMIST, "is it open before ten on saturday", "Yes. On Saturday, the chemist is open from nine"),
        (CHEMIST, "is it open by eight", "Yes. Tomorrow, the chemist is open from eight"),
        (CHEMIST, "is it open after six", "Yes. Today, the chemist is open from eight"),
        (CHEMIST, "is it open later than six", "Yes. Today, the chemist is open from eight"),
        (CHEMIST, "is it open after seven", "No. Today, the chemist is open from eight"),
        (CHEMIST, "is it open on saturday afternoon", "Yes. On Saturday, the chemist is open from nine"),
        (CHEMIST, "is it open on saturday evening", "No. On Saturday, the chemist is open from nine"),
        (LAB, "is it open during lunch", "Not all of that time. The lab is open Monday to Friday"),
        (LAB, "is it open early in the morning", "Yes. The lab is open Monday to Friday"),
        (LAB, "is it open in the evening", "No. The lab is open Monday to Friday"),
        # an hour without its half is near to the hours
        (
            LAB,
            "can i come at a quarter to twelve",
            "No, the lab is closed tomorrow at eleven forty-five in the morning.",
        ),
        (LAB, "can i come at ten", "Yes, the lab is open tomorrow at ten in the morning"),
        (CHEMIST, "is it open at eight", "No, the chemist is closed today at eight in the evening."),
        # opens or closes then
        (CHEMIST, "does it open at seven", "No. Today, the chemist is open from eight"),
        (CHEMIST, "did it open at eight today", "Yes. Today, the chemist is open from eight"),
        (CHEMIST, "i heard it closes at six", "No. Today, the chemist is open"),
        (CHEMIST, "does it close at half past six", "Yes. Today, the chemist is open"),
        (CHEMIST, "does it close before seven", "Yes. Today, the chemist is open"),
        (CHEMIST, "does it close after seven", "No. Today, the chemist is open"),
        (LAB, "does it close at noon", "No. Today, the lab is open"),
        (LAB, "when does it reopen after lunch", "The lab opens today at one in the afternoon."),
        (LAB, "when does it close for lunch", "Today, the lab is open from seven in the morning to half past eleven"),
        # time that is left
        (CHEMIST, "in how many hours does it close", "The chemist closes today at half past six in the evening."),
        (CHEMIST, "how much time do i have until it closes", "The chemist closes today at half past six"),
        (CHEMIST, "is it too late for the chemist", "The chemist closes today at half past six"),
        (CHEMIST, "what's the latest i can come", "The chemist closes today at half past six"),
        # several days
        (
            CHEMIST,
            "is it open on saturday and sunday",
            "On Saturday, the chemist is open from nine in the morning to "
            "one in the afternoon. On Sunday, the chemist is closed.",
        ),
        (
            CHEMIST,
            "today or tomorrow is it open",
            "Today, the chemist is open from eight in the morning to half past "
            "six in the evening. Tomorrow, the chemist is open",
        ),
        (
            CHEMIST,
            "is it open from saturday to monday",
            "On Saturday, the chemist is open from nine in the morning to "
            "one in the afternoon. On Sunday, the chemist is closed. On Monday, the chemist is open",
        ),
        (
            CHEMIST,
            "is it open now and also on sunday",
            "Yes, the chemist is open now, until half past six in the evening. On Sunday, the chemist is closed.",
        ),
        (VISITING, "is visiting over at eight", "Yes, visiting is closed today at eight in the evening."),
        (VISITING, "is visiting over", "No, visiting is open now"),
        (CHEMIST, "is it open on weekdays at two", "Yes, the chemist is open tomorrow at two in the afternoon"),
        (CHEMIST, "is it open next weekend", "On Saturday, November twenty-eighth, the chemist is open"),
        # always
        (CHEMIST, "are you open twenty four seven", "No. The chemist is open Monday to Friday"),
        (CHEMIST, "are you open round the clock", "No. The chemist is open Monday to Friday"),
        (DESK, "are you open round the clock", "Yes, the emergency desk is open now, day and night."),
        # over midnight
        (READING_ROOM, "is it open at midnight on friday", "Yes, the reading room is open on Saturday at midnight"),
        (READING_ROOM, "is it open after midnight on friday", "Yes. On Friday, the reading room is open from two"),
        (
            READING_ROOM,
            "is it open at half past twelve on friday night",
            "Yes, the reading room is open on Saturday at",
        ),
        (READING_ROOM, "is it open at two in the morning on friday", "No, the reading room is closed on Friday at two"),
        (PUB, "is it open friday at one", "Yes, the pub is open on Saturday at one in the morning"),
        # today at noon or behind it, where that is over, unless the place is open in the night to come
        (
            LAB,
            "can i come at half past twelve today",
            "No, the lab is closed today at half past twelve. It opens today",
        ),
        (CHEMIST, "is it open at twelve thirty today", "Yes, the chemist is open today at half past twelve, until"),
        (CHEMIST, "is it open today at one", "Yes, the chemist is open today at one in the afternoon"),
        (LAB, "is it open at two today", "Yes, the lab is open today at two in the afternoon"),
        (BAR, "is it open today at one", "Yes, the bar is open tomorrow at one in the morning, until two"),
        (BAR, "is it open today at midnight", "Yes, the bar is open tomorrow at midnight"),
        (CHEMIST, "is it open today at half past twelve at night", "No, the chemist is closed tomorrow at half past"),
        (EVENING_BAR, "is it open today at one", "No, the bar is closed today at one in the afternoon. It opens today"),
        (CHEMIST, "is it open at five today", "Yes, the chemist is open today at five in the afternoon"),
        # one of two times
        (CHEMIST, "does it close at twelve or one on saturday", "On Saturday, the chemist is open from nine in the"),
        (CHEMIST, "does it open at eight or at nine", "Today, the chemist is open from eight"),
        (
            LAB,
            "is it open at ten or four on friday",
            "Yes, the lab is open on Friday at ten in the morning, until half past eleven in the morning. "
            "No, the lab is closed on Friday at four",
        ),
        # how long
        (LAB, "how long until it opens", "The lab is open now, until three in the afternoon. It opens tomorrow"),
        (LAB, "how much time do i have until you close", "The lab closes today at three"),
        (VISITING, "how long do i still have until visiting hours end", "Visiting ends today at eight in the evening."),
        # a holiday that is named by its date
        (CHEMIST, "is it open on the twenty fifth of december", "I don't know the hours on holidays."),
        (CHEMIST, "is it open on january first at ten", "I don't know the hours on holidays."),
        (CHEMIST, "is it open on november twenty sixth", "I don't know the hours on holidays."),
        (CHEMIST, "is it open on the twenty third of december", "On Wednesday, December twenty-third, the chemist is"),
    ],
)
def test_times_and_days(hours: OpeningHours, question: str, said: str) -> None:
    assert str(answer(hours, question, NOW, ENGLISH)).startswith(said)


@pytest.mark.parametrize(
    ("when", "question", "said"),
    [
        (
            "10:00",
            "how long until the lab closes",
            "The lab is open now, until half past eleven in the morning. Today,",
        ),
        ("10:00", "until when is the lab open", "The lab is open now, until half past eleven in the morning. Today,"),
        ("10:00", "in how many minutes does the lab close", "The lab is open now, until half past eleven in the"),
        ("10:00", "how much longer is the lab open", "The lab is open now, until half past eleven in the morning."),
        ("10:00", "when does the lab close", "The lab closes today at three in the afternoon."),
        ("13:30", "until when is the lab open", "The lab closes today at three in the afternoon."),
        ("12:00", "how long is the lab closed", "The lab opens today at one in the afternoon."),
        ("12:00", "how much longer is it closed", "The lab opens today at one in the afternoon."),
        ("12:00", "in how many minutes does it open", "The lab opens today at one in the afternoon."),
        ("12:00", "how long until you open", "The lab opens today at one in the afternoon."),
        ("12:00", "how long do i have to wait until you open again", "The lab opens today at one in the afternoon."),
        ("12:00", "how long are you open", "The lab closes today at three in the afternoon."),
        ("13:10", "is it open at twelve today", "No, the lab is closed today at noon."),
    ],
)
def test_around_a_break(when: str, question: str, said: str) -> None:
    now = datetime.fromisoformat(f"2026-11-18 {when}")
    assert str(answer(LAB, question, now, ENGLISH)).startswith(said)


@pytest.mark.parametrize(
    "question",
    [
        "is there a day it is closed",
        "which days is it closed",
        "is it open during the week",
        "is it open next week",
        "when does it open and when does it close",
        "what time do you open and close",
    ],
)
def test_the_week_answers(question: str) -> None:
    assert answer(CHEMIST, question, NOW, ENGLISH) is None


@pytest.mark.parametrize(
    ("when", "question", "said"),
    [
        ("2026-11-21 00:30", "is it open until two", "Yes, the pub is open today until two in the morning."),
        ("2026-11-21 00:30", "is it open until three", "No, the pub is open today until two in the morning."),
        ("2026-11-22 01:15", "is it open today", "The pub is open now, until two in the morning."),
        ("2026-11-22 01:15", "is it open tonight", "The pub is open now, until two in the morning."),
        ("2026-11-22 03:00", "is it open today", "Today, the pub is closed."),
    ],
)
def test_what_began_last_night_goes_on(when: str, question: str, said: str) -> None:
    assert answer(PUB, question, datetime.fromisoformat(when), ENGLISH) == said


@pytest.mark.parametrize(
    ("first", "line", "said"),
    [
        ("is it open tomorrow", "and saturday", "On Saturday, the chemist is open from nine"),
        ("is it open on friday", "tuesday too", "On Tuesday, the chemist is open from eight"),
        ("is it open on friday", "how about the twenty eighth", "On Saturday, November twenty-eighth, the chemist is"),
        ("when does it open", "how many hours until it closes", "The chemist closes today at half past six"),
        ("when does it close", "on sunday", "On Sunday, the chemist is closed."),
        ("is it open on saturday at two", "and at noon", "Yes, the chemist is open on Saturday at noon"),
        ("is it open on saturday", "and at ten", "Yes, the chemist is open on Saturday at ten in the morning"),
        ("is it open on saturday", "until when", "On Saturday, the chemist is open from nine"),
        ("is it open on saturday", "and when does it close", "On Saturday, the chemist is open from nine"),
        ("when does it open on saturday", "and close", "On Saturday, the chemist is open from nine"),
        ("is it open on saturday", "in the afternoon", "Yes. On Saturday, the chemist is open from nine"),
        ("is it open on saturday", "is it open at two", "No, the chemist is closed on Saturday at two"),
        ("is it open on saturday", "is it open now", "Yes, the chemist is open now"),
        ("is it open on saturday", "is it open", "Yes, the chemist is open now"),
        ("is it open on sunday", "when then", "On Sunday, the chemist is closed. It opens on Monday at eight"),
        ("is it open on saturday at noon", "and on sunday", "No, the chemist is closed on Sunday at noon."),
        ("does it open at seven", "and at eight", "Yes. Today, the chemist is open from eight"),
        ("is it open on sunday", "so i can't come on sunday then", "On Sunday, the chemist is closed."),
        ("when does it close", "is it open at noon on saturday", "Yes, the chemist is open on Saturday at noon"),
        ("is it open on monday", "and on carnival", "I don't know the hours for that day."),
        ("is it open on my birthday", "and on monday", "On Monday, the chemist is open from eight"),
        ("is it closed on saturday at two", "and at noon", "No, the chemist is open on Saturday at noon"),
        (
            "is it open on friday at seven",
            "and on saturday at the same time",
            "No, the chemist is closed on Saturday at",
        ),
        ("is it open on friday at four", "and saturday same time", "No, the chemist is closed on Saturday at four"),
        ("is it open on friday at four", "and at that time on monday", "Yes, the chemist is open on Monday at four"),
        # the half of the day for a time without one
        ("is it open at six", "in the morning", "No, the chemist is closed tomorrow at six in the morning."),
        (
            "is it open on friday at seven",
            "in the evening",
            "No, the chemist is closed on Friday at seven in the evening",
        ),
        ("does it close at eight", "in the morning", "No. Today, the chemist is open from eight"),
        ("is it open at noon", "in the morning", "Yes. The chemist is open"),
        ("is it open on friday at six", "and saturday morning", "Yes. On Saturday, the chemist is open from nine"),
    ],
)
def test_a_line_replaces_what_it_names(first: str, line: str, said: str) -> None:
    goes_on = follows(line, NOW, ENGLISH)
    assert goes_on and not goes_on.place
    asked = ask(CHEMIST, first, NOW, ENGLISH).then(goes_on.asked)
    assert asked and str(say(CHEMIST, asked, NOW, ENGLISH)).startswith(said)


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("and the cafe", "the cafe"),
        ("and the billing office on monday", "the billing office"),
        ("and is the bar", "the bar"),
    ],
)
def test_a_line_may_name_another_place(line: str, place: str) -> None:
    goes_on = follows(line, NOW, ENGLISH)
    assert goes_on and goes_on.place == place


@pytest.mark.parametrize(
    "line",
    [
        "is the cafe open",
        "where is it",
        "and do i need an appointment",
        "i want to come on friday",
        "when do you close",
        "",
    ],
)
def test_other_lines_do_not_go_on(line: str) -> None:
    assert follows(line, NOW, ENGLISH) is None


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what is open on sunday", "The cafe is open on Sunday."),
        ("what's still open now", "The chemist, the cafe and the lab are open now."),
        (
            "who is still open at eight tonight",
            "Nothing that I know the hours of is open today at eight in the evening.",
        ),
        ("which places are closed on sunday", "The chemist and the lab are closed on Sunday."),
        ("is anything open on saturday", "The chemist is open on Saturday."),
    ],
)
def test_all_places(question: str, said: str) -> None:
    asked = asks_all(question, NOW, ENGLISH)
    assert asked and say_open([CHEMIST, CAFE, LAB], asked, NOW, ENGLISH)[0] == said


def test_places_that_close_at_a_time() -> None:
    asked = asks_all("what closes at six thirty", NOW, ENGLISH)
    assert asked
    said, places = say_closing([CHEMIST, CAFE, LAB], asked, NOW, ENGLISH)
    assert (said, places) == ("The chemist closes today at half past six in the evening.", [CHEMIST])


@pytest.mark.parametrize(
    ("question", "at", "said"),
    [
        # each place closes at one of the two times that "six" may mean
        ("what closes at six", "18 14:45", "The cafe closes today at six in the evening."),
        ("what closes at six in the morning", "18 04:45", "The bakery closes today at six in the morning."),
        ("what closes at ten", "18 08:30", "The bakery closes today at ten in the morning."),
        ("what closes at ten", "18 14:45", "The reading room closes today at ten in the evening."),
        ("what closes at six in the evening", "18 04:45", "The cafe closes today at six in the evening."),
        ("what closes at two", "18 14:45", "The bar closes tomorrow at two in the morning."),
        ("what closes at two in the morning", "18 01:00", "The bar closes today at two in the morning."),
        ("what closes at two on friday", "18 14:45", "The bar and the pub close on Saturday at two in the morning."),
        ("what closes at midnight", "18 14:45", "The museum closes today at midnight."),
        # the hall is open for days on end, and closes at five on saturday
        ("what closes at five", "18 14:45", "Nothing that I know the hours of closes today at five in the afternoon."),
        ("what closes at five on saturday", "18 14:45", "The hall closes on Saturday at five in the afternoon."),
        ("what closes at four", "18 14:45", "Nothing that I know the hours of closes today at four in the afternoon."),
    ],
)
def test_places_that_close_at_different_times(question: str, at: str, said: str) -> None:
    now = datetime.strptime(f"2026-11-{at}", "%Y-%m-%d %H:%M")
    bakery = OpeningHours("the bakery", {"monday-friday": "01:00-06:00, 08:00-10:00"})
    museum = OpeningHours("the museum", {"wednesday": "10:00-24:00"})
    hall = OpeningHours("the hall", {"monday-friday": "00:00-24:00", "saturday": "00:00-17:00"})
    asked = asks_all(question, now, ENGLISH)
    assert asked and say_closing([CAFE, BAR, bakery, PUB, museum, hall, READING_ROOM], asked, now, ENGLISH)[0] == said


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what closes first today", "The lab closes today at three in the afternoon."),
        ("who closes last today", "The chemist closes today at half past six in the evening."),
        ("what opens first in the morning", "The lab opens today at seven in the morning."),
        ("which place opens earliest tomorrow", "The lab opens tomorrow at seven in the morning."),
        ("what opens first on saturday", "The chemist opens on Saturday at nine in the morning."),
        ("what closes last on christmas", ""),
    ],
)
def test_the_first_and_the_last_of_all_places(question: str, said: str) -> None:
    asked = ranks(question, NOW, ENGLISH)
    assert asked and not asked.places
    assert say_ranked([CHEMIST, CAFE, LAB, DESK], asked, NOW, ENGLISH)[0] == said


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("which opens earlier the lab the cafe or the chemist", ("the lab", "the cafe", "the chemist")),
        ("which opens earlier, the lab, the cafe or the chemist", ("the lab", "the cafe", "the chemist")),
        ("which closes last the cafe or the gift shop on friday", ("the cafe", "the gift shop")),
        ("what opens first in the morning the cafe or the lab", ("the cafe", "the lab")),
    ],
)
def test_the_first_and_the_last_of_some_places(question: str, places: tuple[str, ...]) -> None:
    asked = ranks(question, NOW, ENGLISH)
    assert asked and asked.places == places


@pytest.mark.parametrize(
    "question",
    [
        "what closes at six",
        "which floor opens first aid",
        "who comes first",
        "what closes first at six",
        "is it the first",
    ],
)
def test_other_questions_rank_no_places(question: str) -> None:
    assert ranks(question, NOW, ENGLISH) is None


@pytest.mark.parametrize(
    "question", ["what is open source", "what is open heart surgery", "is the cafe open", "who opens the door"]
)
def test_other_questions_ask_of_no_places(question: str) -> None:
    assert asks_all(question, NOW, ENGLISH) is None


def test_what_is_asked_are_values() -> None:
    asked = read("is it closed on saturday at two", NOW, ENGLISH)
    assert (asked.kind, asked.closed, [str(day) for day in asked.days]) == ("state", True, ["2026-11-21"])
    assert asked.time and asked.time.relation == "at"


@pytest.mark.parametrize(
    ("day", "question", "days"),
    [
        *((16, f"is it open {said}", [21, 22]) for said in ("this weekend", "at the weekend", "on weekends")),
        (16, "is it open next weekend", [28, 29]),
        (21, "is it open this weekend", [21, 22]),
        (21, "is it open next weekend", [28, 29]),
        (22, "is it open this weekend", [22]),
        *((22, f"is it open {said}", [28, 29]) for said in ("next weekend", "at the weekend", "on weekends")),
    ],
)
def test_a_weekend(day: int, question: str, days: list[int]) -> None:
    asked = read(question, datetime(2026, 11, day, 9, 0), ENGLISH)
    assert [f"{found}"[-2:] for found in asked.days] == [f"{day}" for day in days]


@given(st.text(), st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))
def test_any_question_has_an_answer_or_none(question: str, now: datetime) -> None:
    for hours in (PHARMACY, BAR, DESK, HOLIDAYS):
        answer(hours, question, now, ENGLISH)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))
def test_open_and_closed_are_opposites(now: datetime) -> None:
    for hours in (PHARMACY, CAFE, BAR, HOLIDAYS):
        opened, closed = (
            str(answer(hours, "is it open now", now, ENGLISH)),
            str(answer(hours, "is it closed now", now, ENGLISH)),
        )
        assert {opened.split(",")[0], closed.split(",")[0]} == {"Yes", "No"}
        assert opened.split(",", 1)[1] == closed.split(",", 1)[1]


def test_hours_over_midnight_belong_to_both_days() -> None:
    bar = OpeningHours("the bar", {"friday-saturday": "20:00-02:00", "sunday-thursday": "closed"})
    open_at = {
        when: str(answer(bar, "is it open now", datetime.fromisoformat(when), ENGLISH)).startswith("Yes")
        for when in ("2026-11-20 19:59", "2026-11-20 23:30", "2026-11-21 01:30", "2026-11-21 03:00", "2026-11-22 01:59")
    }
    assert list(open_at.values()) == [False, True, True, False, True]


@pytest.mark.parametrize(
    ("when", "is_open"),
    [
        ("2026-12-24 23:00", True),
        ("2026-12-25 01:00", True),  # what began on Christmas Eve goes on, though the day is closed
        ("2026-12-25 21:00", False),
        ("2026-12-26 01:00", False),
        ("2027-01-01 04:59", True),
        ("2027-01-01 05:00", False),
    ],
)
def test_days_that_differ_go_over_midnight(when: str, is_open: bool) -> None:
    bar = OpeningHours(
        "the bar",
        {"monday-sunday": "20:00-02:00"},
        exceptions={"12-25": "closed", "New Year's Eve 12-31": "18:00-05:00"},
    )
    said = str(answer(bar, "is it open now", datetime.fromisoformat(when), ENGLISH))
    assert said.startswith("Yes") == is_open
