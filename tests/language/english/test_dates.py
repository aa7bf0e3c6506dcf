"""Dates and times in a visitor's words, on Wednesday, 18 November 2026."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language.english.dates import (
    find_dates,
    find_times,
    say_date,
    say_list,
    say_time,
    scan_dates,
)
from appliance.language.english.tokens import tokens
from appliance.language.found import RefusedDate

NOW = datetime(2026, 11, 18, 14, 45)
MONDAY = datetime(2026, 11, 16, 9, 0)
FEBRUARY = datetime(2027, 2, 10, 9, 0)


def dates(text: str, now: datetime = NOW, expected: bool = False) -> list[str]:
    return [found.day.isoformat() for found in find_dates(tokens(text), now, expected)]


def times(text: str, expected: bool = False) -> list[str]:
    return [f"{found.time:%H:%M}" for found in find_times(tokens(text), expected, NOW)]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-18"),
        ("tomorrow at nine", "2026-11-19"),
        ("the day after tomorrow", "2026-11-20"),
        ("on friday", "2026-11-20"),
        ("this friday", "2026-11-20"),
        ("next friday", "2026-11-27"),
        *((text, "2026-11-26") for text in ("thursday but not this one", "thursday not the next one")),
        ("monday but not the coming one", "2026-11-30"),
        *((text, "2026-11-26") for text in ("is the twenty sixth possible", "is the twenty sixth free")),
        ("wednesday", "2026-11-25"),
        ("monday next week", "2026-11-23"),
        ("next week on tuesday", "2026-11-24"),
        ("december first", "2026-12-01"),
        ("the third of december", "2026-12-03"),
        ("on the twelfth", "2026-12-12"),
        ("the twenty third", "2026-11-23"),
        ("monday the thirtieth", "2026-11-30"),
        ("january 5th", "2027-01-05"),
        ("twenty second of november", "2026-11-22"),
        # today by its date
        ("november eighteenth", "2026-11-18"),
        ("the eighteenth", "2026-11-18"),
        ("the 18th of november", "2026-11-18"),
        ("wednesday the eighteenth", "2026-11-18"),
        ("11/18", "2026-11-18"),
        ("18.11.2026", "2026-11-18"),
        # an offset before or after its anchor
        ("two weeks from today", "2026-12-02"),
        ("two weeks from friday", "2026-12-04"),
        ("a fortnight from tomorrow", "2026-12-03"),
        ("a week today", "2026-11-25"),
        ("tomorrow week", "2026-11-26"),
        ("a week from next tuesday", "2026-12-01"),
        ("three weeks from monday", "2026-12-14"),
        ("friday in two weeks", "2026-12-04"),
        ("a fortnight on friday", "2026-12-04"),
        ("a week from monday", "2026-11-30"),
        ("in three days", "2026-11-21"),
        ("in two weeks", "2026-12-02"),
        ("a couple of weeks from tomorrow", "2026-12-03"),
        ("a month from the first of december", "2027-01-01"),
        ("two days before december third", "2026-12-01"),
        ("three days after the first monday of december", "2026-12-10"),
        ("in a year", "2027-11-18"),
        ("in twelve more days", "2026-11-30"),
        ("the saturday after december first", "2026-12-05"),
        ("two mondays from now", "2026-11-30"),
        ("same day next week", "2026-11-25"),
        ("a month on friday", "2026-12-20"),
        ("first thing tomorrow", "2026-11-19"),
        ("tomorrow's fine", "2026-11-19"),
        # a weekday and its week or month
        ("friday of the following week", "2026-11-27"),
        ("the twentieth of the eleventh", "2026-11-20"),
        ("the monday after next", "2026-11-30"),
        ("monday after next", "2026-11-30"),
        ("monday the week after next", "2026-11-30"),
        ("the first monday of december", "2026-12-07"),
        ("last friday of the month", "2026-11-27"),
        ("the third wednesday in december", "2026-12-16"),
        ("the last sunday in march 2027", "2027-03-28"),
        ("the second tuesday of next month", "2026-12-08"),
        ("the last day of february", "2027-02-28"),
        # years
        ("january fifth two thousand twenty eight", "2028-01-05"),
        ("march third 2028", "2028-03-03"),
        ("the fifth of may twenty thirty", "2030-05-05"),
        ("thursday november eighteenth", "2027-11-18"),
        # the day that exists
        ("the thirty first", "2026-12-31"),
        ("the 31st", "2026-12-31"),
        # written
        ("2026-12-03", "2026-12-03"),
        ("12/25/2026", "2026-12-25"),
        ("25.12.2026", "2026-12-25"),
        ("dec. 25", "2026-12-25"),
        ("24th of the month", "2026-11-24"),
        # a day of the next month, where the one of this month is over
        ("the first of the month", "2026-12-01"),
        ("third of the month", "2026-12-03"),
        ("the first monday of the month", "2026-12-07"),
        ("the last friday of the month", "2026-11-27"),
        # what qualifies a day belongs to it
        ("the final monday of december", "2026-12-28"),
        ("the very last monday of december", "2026-12-28"),
        ("second to last monday of november", "2026-11-23"),
        ("the last but one monday in december", "2026-12-21"),
        ("the penultimate friday of december", "2026-12-18"),
        ("first wednesday of the new year", "2027-01-06"),
        ("the first monday of next year", "2027-01-04"),
        ("the first monday after december tenth", "2026-12-14"),
        ("the first monday after the fifteenth", "2026-12-21"),
        ("the second tuesday after the first", "2026-12-15"),
        ("the next monday after the first", "2026-12-07"),
        ("the monday before december tenth", "2026-12-07"),
        ("the first monday in the month after next", "2027-01-04"),
        ("in three weeks on monday", "2026-12-07"),
        ("in two weeks on tuesday", "2026-12-01"),
        ("in a fortnight on saturday", "2026-12-05"),
        ("the monday two weeks from now", "2026-11-30"),
        ("in the week of december seventh on tuesday", "2026-12-08"),
        ("on monday in the week after thanksgiving", "2026-11-30"),
        ("any tuesday in december", "2026-12-01"),
        ("a saturday in january", "2027-01-02"),
        ("tomorrow a week later", "2026-11-26"),
        ("the first available friday", "2026-11-20"),
        ("the first tuesday you have", "2026-11-24"),
        ("the tuesday after ten o'clock", "2026-11-24"),
        ("the tuesday closest to the tenth of december", "2026-12-08"),
        ("two mondays after christmas", "2027-01-04"),
        ("tuesday a week before christmas", "2026-12-15"),
        ("the monday but one", "2026-11-30"),
        ("a tuesday next month", "2026-12-01"),
        ("next month on a friday", "2026-12-04"),
        ("the fourth may be good", "2026-12-04"),
        # working days and ends of months
        ("the last weekday of november", "2026-11-30"),
        ("the last working day of november", "2026-11-30"),
        ("the first business day of january", "2027-01-04"),
        ("the first working day after christmas", "2026-12-28"),
        ("two business days from now", "2026-11-20"),
        ("the last day of december", "2026-12-31"),
        # days that everybody calls by name
        ("on christmas", "2026-12-25"),
        ("christmas eve at ten", "2026-12-24"),
        ("new years day", "2027-01-01"),
        ("the day after christmas", "2026-12-26"),
        ("two days before christmas", "2026-12-23"),
        ("the monday before christmas", "2026-12-21"),
        ("thanksgiving", "2026-11-26"),
        ("the wednesday before thanksgiving", "2026-11-25"),
        ("black friday", "2026-11-27"),
        ("labor day", "2027-09-06"),
        ("memorial day", "2027-05-31"),
        ("good friday", "2027-03-26"),
        ("easter monday", "2027-03-29"),
        ("monday of thanksgiving week", "2026-11-23"),
        ("the sunday of thanksgiving weekend", "2026-11-29"),
        ("thursday, thanksgiving", "2026-11-26"),
        ("easter twenty twenty eight", "2028-04-16"),
        ("the second day of christmas", "2026-12-26"),
        # counted in hours, and in hundreds
        ("in forty eight hours", "2026-11-20"),
        ("forty eight hours from now", "2026-11-20"),
        ("in two hours", "2026-11-18"),
        ("in ten hours", "2026-11-19"),
        ("an hour from now", "2026-11-18"),
        ("in a hundred days", "2027-02-26"),
        ("five days hence", "2026-11-23"),
        ("november the twenty five", "2026-11-25"),
        ("the third of next january", "2027-01-03"),
        ("the third of this coming december", "2026-12-03"),
        # of the year ahead, though it was said shortly after
        ("the third of march", "2027-03-03"),
        ("in march on the tenth", "2027-03-10"),
        ("in december the 4th", "2026-12-04"),
        ("in may, the second monday", "2027-05-10"),
        ("december on the first friday", "2026-12-04"),
        ("in december on the last monday", "2026-12-28"),
    ],
)
def test_dates(text: str, day: str) -> None:
    assert dates(text) == [day]


@pytest.mark.parametrize(
    ("text", "now", "day"),
    [
        ("thursday of next week", MONDAY, "2026-11-26"),
        ("the monday after next", MONDAY, "2026-11-30"),
        ("the 30th", FEBRUARY, "2027-03-30"),
        ("the 29th", FEBRUARY, "2027-03-29"),
        ("the 31st", datetime(2027, 4, 2), "2027-05-31"),
        ("the thirtieth", datetime(2027, 1, 31), "2027-03-30"),
        ("in one month", datetime(2027, 1, 31), "2027-02-28"),
        ("the first of next month", datetime(2026, 12, 5), "2027-01-01"),
        ("tomorrow", datetime(2026, 12, 31, 23, 59), "2027-01-01"),
        ("february twenty ninth", datetime(2027, 6, 1), "2028-02-29"),
    ],
)
def test_dates_of_other_days(text: str, now: datetime, day: str) -> None:
    assert dates(text, now) == [day]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("february thirtieth", "no such day"),
        ("november thirty first", "no such day"),
        ("june thirty first", "no such day"),
        ("the thirty second of december", "no such day"),
        ("february twenty ninth", "no such day"),
        ("the fifth tuesday of february twenty twenty seven", "no such day"),
        ("two weeks from february thirtieth", "no such day"),
        ("tuesday december third", "no such day"),
        ("last friday", "over"),
        ("yesterday", "over"),
        ("the fifth of this month", "over"),
        ("march third 2020", "over"),
        ("november seventeenth", "over"),
        ("the third of november", "over"),
        ("september first", "over"),
        ("november first this year", "over"),
        ("december eighth last year", "over"),
        ("tuesday last week", "over"),
        ("last week tuesday", "over"),
        ("three days ago", "over"),
        ("last christmas", "over"),
    ],
)
def test_an_impossible_day_is_refused_as_a_whole(text: str, why: str) -> None:
    for expected in (False, True):
        assert dates(text, expected=expected) == []
        assert [hit.why for hit in scan_dates(tokens(text), NOW, expected) if isinstance(hit, RefusedDate)] == [why]


@pytest.mark.parametrize(
    "text",
    [
        *("the second floor", "the first one", "two people", "i may come", "at three", "the third door on the left"),
        *("may two people visit at the same time", "just a second", "march in", "for the second time", "twice a week"),
        *("it takes five days", "i have been waiting for two weeks", "the first aid room", "one of the doctors"),
        *("the first week of december", "on a second thought", "give me a second", "the first thing i need"),
        # a day that is not the one that is meant
        *("the third week of december on monday", "the monday of the second week of december", "the tuesday after"),
        *("the weekend after christmas", "the week before christmas", "between christmas and new year's"),
        *("the second tuesday", "the final friday", "the tuesday after that please", "the week of december seventh"),
        *("the week after the tenth", "the month after christmas", "the monday around christmas", "in the new year"),
        *("thanksgiving monday", "the second half of december on a tuesday", "christmas week"),
        # things and people that are called like a day
        *("the christmas party", "merry christmas", "doctor easter", "my father's day off", "christmas trees"),
        *("my name is john smith the third", "robert jones the second please"),
        *("i can be there in five minutes", "it takes half an hour"),
    ],
)
def test_no_date(text: str) -> None:
    assert scan_dates(tokens(text), NOW) == []


def test_a_misheard_weekday_counts_only_when_a_day_was_asked_for() -> None:
    assert dates("wensday") == []
    assert dates("wensday", expected=True) == ["2026-11-25"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("first", ["2026-12-01"]),
        ("on the first please", ["2026-12-01"]),
        ("first or second", ["2026-12-01", "2026-12-02"]),
        ("december first", ["2026-12-01"]),
        ("i have a question first", []),
        ("first i have a question", []),
        ("first tell me where it is", []),
        ("may i ask something first", []),
    ],
)
def test_first_may_mean_beforehand_where_a_day_was_asked_for(text: str, days: list[str]) -> None:
    assert dates(text, expected=True) == days


def test_days_that_a_site_calls_by_name() -> None:
    named = {"Founder's Day": date(2026, 12, 12), "Christmas": date(2026, 12, 23)}
    for text, day in (
        ("are you open two days before founder's day", date(2026, 12, 10)),
        ("on christmas", date(2026, 12, 23)),
        # a longer name is another day
        ("on christmas eve", date(2026, 12, 24)),
        ("on christmas day", date(2026, 12, 25)),
    ):
        assert [hit.day for hit in find_dates(tokens(text), NOW, named=named)] == [day]
    assert find_dates(tokens("between christmas and new year"), NOW, named=named) == []
    assert find_dates(tokens("founder's day"), NOW) == []


def test_a_day_of_last_year_is_to_come_again() -> None:
    assert dates("the fifth of november", datetime(2027, 1, 10)) == ["2027-11-05"]


def test_the_third_may_be_a_day_where_one_was_asked_for() -> None:
    assert dates("well the third") == ["2026-12-03"]
    assert dates("doctor chen the third", expected=True) == ["2026-12-03"]
    assert dates("doctor chen the twenty third") == ["2026-11-23"]


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("at three", "15:00"),
        ("half past two", "14:30"),
        ("quarter to four", "15:45"),
        ("nine a m", "09:00"),
        ("nine oh five", "09:05"),
        ("ten thirty", "10:30"),
        ("two thirty please", "14:30"),
        ("eleven o'clock", "11:00"),
        ("noon", "12:00"),
        ("at seven in the evening", "19:00"),
        ("14:15", "14:15"),
        # the part of the day before the hour, or farther off
        ("tonight at eight", "20:00"),
        ("dinner at seven", "19:00"),
        ("breakfast at about seven", "07:00"),
        ("supper at half past six", "18:30"),
        ("at nine before dinner", "09:00"),
        ("lunch at one", "13:00"),
        ("this evening at seven", "19:00"),
        ("friday evening at seven", "19:00"),
        ("tomorrow night at nine", "21:00"),
        ("eight on tuesday evening", "20:00"),
        ("in the morning at five", "05:00"),
        ("tomorrow morning for an hour at six", "06:00"),
        ("good evening can i come at eight", "08:00"),
        ("twelve at night", "00:00"),
        ("twelve o'clock at night", "00:00"),
        ("half past midnight", "00:30"),
        ("quarter past midnight", "00:15"),
        ("two at night", "02:00"),
        # from now on
        ("in two hours", "16:45"),
        ("in an hour and twenty minutes", "16:05"),
        ("two hours from now", "16:45"),
        ("in a couple of hours", "16:45"),
        ("in half an hour's time", "15:15"),
        ("an hour before noon", "11:00"),
        ("thirty minutes past eight", "08:30"),
        ("five and twenty past two", "14:25"),
        ("14h30", "14:30"),
        # counts beside a time
        ("for four of us at seven in the evening", "19:00"),
        ("a table for two at half past seven tonight", "19:30"),
        ("for 4 at 9:45 pm", "21:45"),
        ("a table for 1 pm", "13:00"),
        ("on the tenth at eleven", "11:00"),
        ("nineteen hundred hours", "19:00"),
        ("december third twenty twenty six at ten", "10:00"),
        # counted from another time
        ("seven minutes to eleven", "10:53"),
        ("three minutes before noon", "11:57"),
        ("half an hour before noon", "11:30"),
        ("two hours before noon", "10:00"),
        ("half an hour after noon", "12:30"),
        ("an hour before ten", "09:00"),
        ("an hour and a half before noon", "10:30"),
        ("half an hour past nine", "09:30"),
        ("two hours before three", "13:00"),
        ("half an hour later than ten", "10:30"),
        ("two hours after three in the afternoon", "17:00"),
        ("an hour after midnight", "01:00"),
        ("ninety minutes after noon", "13:30"),
        ("quarter of an hour before nine", "08:45"),
        ("half an hour to noon", "11:30"),
        ("in the morning or at three", "15:00"),
    ],
)
def test_times(text: str, clock: str) -> None:
    assert times(text) == [clock]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "two people",
            "twelve",
            "the second one",
            "for three visitors",
            "for two hours",
            "in room ten",
            "ten minutes",
        ),
        *("december third twenty twenty six", "my number is four seven one two", "we are a party of six", "an hour"),
    ],
)
def test_no_time(text: str) -> None:
    assert times(text) == []


@pytest.mark.parametrize("text", ["five past", "quarter past", "twenty five", "for two hours", "for four of us"])
def test_an_incomplete_time_is_refused_even_when_one_was_asked_for(text: str) -> None:
    assert times(text, expected=True) == []


@pytest.mark.parametrize(
    ("text", "clocks"),
    [
        ("in the morning at ten or in the afternoon at two", ["10:00", "14:00"]),
        ("at ten or in the afternoon at two", ["10:00", "14:00"]),
        ("tomorrow evening at eight or on friday at ten in the morning", ["20:00", "10:00"]),
        ("at three or four in the afternoon", ["15:00", "16:00"]),
        ("at nine, in the evening", ["21:00"]),
        ("on friday in the evening, at seven", ["19:00"]),
    ],
)
def test_a_part_of_the_day_belongs_to_its_own_time(text: str, clocks: list[str]) -> None:
    assert times(text) == clocks


@pytest.mark.parametrize(
    ("text", "clocks"),
    [
        ("nine and a half", ["09:30"]),
        ("nine and a quarter please", ["09:15"]),
        ("nine and a half miles", []),
        ("an hour before closing", []),
        ("it is seven minutes to the ward", []),
    ],
)
def test_a_half_is_one_of_an_hour_where_it_counts_nothing(text: str, clocks: list[str]) -> None:
    assert times(text, expected=True) == clocks


@pytest.mark.parametrize(
    "text",
    [
        *("one last question does it cost anything", "one step back", "one more person", "one correction"),
        *("one appointment is enough", "you're the best one", "two steps back", "five stars", "we are four by the way"),
        *("that makes two more people", "i'd rather have a morning one", "no keep the tuesday one", "we're five"),
        *(
            "my two daughters come along",
            "another early one",
            "three questions for you",
            "one is enough",
            "it's ten to drive",
        ),
    ],
)
def test_a_number_that_counts_is_no_time_when_one_was_asked_for(text: str) -> None:
    assert times(text, expected=True) == []


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        *(
            (text, "11:00")
            for text in ("eleven works", "okay eleven then", "eleven would be fine", "eleven my bus is late")
        ),
        *(
            (text, "11:00")
            for text in ("make it eleven", "eleven on tuesday", "or maybe eleven instead", "eleven for me")
        ),
        *((text, "13:00") for text in ("one", "one please", "let's say one", "one works better", "the one oclock one")),
        *((text, "13:00") for text in ("in the afternoon one", "tuesday one", "the monday at one")),
        *((text, "11:00") for text in ("it's ten to drive so eleven", "eleven if you have it", "eleven to be safe")),
    ],
)
def test_a_bare_number_beside_words_of_a_time_is_one_when_one_was_asked_for(text: str, clock: str) -> None:
    assert times(text, expected=True) == [clock]


def test_a_duration_is_no_time_without_a_present() -> None:
    assert find_times(tokens("in two hours")) == []


def test_a_bare_number_is_a_time_when_one_was_asked_for() -> None:
    assert times("two", expected=True) == ["14:00"]


@pytest.mark.parametrize("today", [date(2026, 11, 18), date(2027, 1, 31), date(2028, 2, 29), date(2027, 12, 31)])
def test_every_date_of_a_year_is_heard_as_it_is_said(today: date) -> None:
    now = datetime.combine(today, time(14, 45))
    for ahead in range(366):
        day = today + timedelta(ahead)
        assert [found.day for found in find_dates(tokens(say_date(day, today)), now)] == [day]


def test_every_fifth_minute_of_a_day_is_heard_as_it_is_said() -> None:
    for minutes in range(0, 24 * 60, 5):
        moment = time(minutes // 60, minutes % 60)
        for lead in ("", "at ", "on tuesday at "):
            said = tokens(lead + say_time(moment, part_of_day=True))
            assert [found.time for found in find_times(said, now=NOW)] == [moment]


def test_every_time_is_heard_without_its_part_of_the_day_where_none_is_said() -> None:
    assert say_time(time(9, 0)) == "nine o'clock"
    assert say_time(time(19, 0)) == "seven in the evening"
    assert say_time(time(0, 20)) == "twelve twenty at night"
    assert say_time(time(12, 30), part_of_day=True) == "half past twelve"
    for minutes in range(0, 24 * 60, 5):
        moment = time(minutes // 60, minutes % 60)
        assert [found.time for found in find_times(tokens(say_time(moment)), True, NOW)] == [moment]


_SAID = st.sampled_from(
    """monday week a from the first second of december may next last in two weeks at ten thirty tonight for evening
    twenty half past day after before tomorrow 12/25 2026-12-25 0 99 february this month and , . an hour year""".split()
)


@given(st.lists(_SAID, max_size=12))
def test_any_words_are_read_within_their_bounds(words: list[str]) -> None:
    for expected in (False, True):
        for hit in (*scan_dates(words, NOW, expected), *find_times(words, expected, NOW)):
            assert 0 <= hit.start < hit.end <= len(words)
        assert all(hit.day >= NOW.date() for hit in find_dates(words, NOW, expected))


def test_lists() -> None:
    assert say_list(["a", "b", "c"]) == "a, b and c"
