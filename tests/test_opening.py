"""Opening hours, asked on Wednesday, 18 November 2026, at 14:45."""

from datetime import datetime

import pytest

from appliance.config import OpeningHours
from appliance.opening import answer, say_week

NOW = datetime(2026, 11, 18, 14, 45)
PHARMACY = OpeningHours("the pharmacy", {"monday-friday": "08:00-12:00, 13:00-18:30", "saturday": "09:00-13:00"})
VISITING = OpeningHours("visiting", {"monday-sunday": "10:00-20:00"})


def test_week() -> None:
    assert say_week(PHARMACY) == (
        "The pharmacy is open Monday to Friday from eight in the morning to noon and from one in the afternoon to half "
        "past six in the evening and Saturday from nine in the morning to one in the afternoon. It is closed on Sunday."
    )
    assert say_week(VISITING) == "Visiting hours are every day from ten in the morning to eight in the evening."


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("is it open now", "Yes, the pharmacy is open now, until half past six in the evening."),
        ("is it open on sunday", "On Sunday, the pharmacy is closed."),
        (
            "is it open tomorrow at half past twelve",
            "No, the pharmacy is closed tomorrow at half past twelve in the afternoon.",
        ),
        (
            "when does it close on saturday",
            "On Saturday, the pharmacy is open from nine in the morning to one in the afternoon.",
        ),
    ],
)
def test_answers(question: str, said: str) -> None:
    found = answer(PHARMACY, question, NOW)
    assert found is not None
    assert found.startswith(said)


def test_closed_now_says_when_it_opens() -> None:
    late = datetime(2026, 11, 21, 15, 0)
    assert answer(PHARMACY, "is it open now", late) == (
        "No, the pharmacy is closed now. It opens on Monday at eight in the morning."
    )


def test_the_week_is_meant_when_no_day_is_named() -> None:
    assert answer(PHARMACY, "when is the pharmacy open", NOW) is None


def test_hours_over_midnight_belong_to_both_days() -> None:
    bar = OpeningHours("the bar", {"friday-saturday": "20:00-02:00", "sunday-thursday": "closed"})
    open_at = {
        when: str(answer(bar, "is it open now", datetime.fromisoformat(when))).startswith("Yes")
        for when in ("2026-11-20 19:59", "2026-11-20 23:30", "2026-11-21 01:30", "2026-11-21 03:00", "2026-11-22 01:59")
    }
    assert list(open_at.values()) == [False, True, True, False, True]
