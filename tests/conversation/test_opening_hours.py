"""Opening hours, asked on Wednesday, 18 November 2026, at 14:45."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.site import OpeningHours
from appliance.conversation.opening_hours import answer, say_week
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
