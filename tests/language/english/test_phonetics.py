"""Words that sound alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language.english.phonetics import likeness, name_likeness, skeleton
from appliance.language.spanish import SPANISH


@pytest.mark.parametrize(
    ("heard", "meant", "other"),
    [
        ("farmacy", "pharmacy", "garden"),
        ("miler", "miller", "chen"),
        ("wensday", "wednesday", "monday"),
        ("shen", "chen", "patel"),
    ],
)
def test_the_intended_word_is_more_alike(heard: str, meant: str, other: str) -> None:
    assert likeness(heard, meant) > 0.6
    assert likeness(heard, meant) > likeness(heard, other) + 0.2


def test_skeletons_ignore_sounds_that_are_confused() -> None:
    assert skeleton("pharmacy") == skeleton("farmesy")
    assert likeness("cafe", "cafe") == 1.0
    assert likeness("far messy", "farmessy") == 1.0


SAME = """
nguyen/win nguyen/winn nguyen/wynn nguyen/new-yen nguyen/nooyen nguyen/when chen/shen chen/jen chen/chan patel/patil
patel/patelle miller/muller miller/milla smith/smyth wright/right wright/rite white/wight weber/webber vaughan/vawn
taylor/tailor sean/shawn schmidt/shmitt qiu/chew pham/fam ngo/no murphy/murphey moore/more leigh/lee khan/can
kaur/core katz/cats jorge/horhay johnson/jonson huang/wong green/greene fisher/fischer cole/coal bailey/bayley
garcia/garsia hernandez/fernandez davis/davies allen/alan collins/colins zhang/jang phillips/philips reid/reed
thompson/tomson lewis/louis gray/grey xu/shoe
"""
NEAR = """
miller/meyer miller/milner nguyen/nugent nguyen/gwen chen/chung patel/hotel wilson/wilton wilson/nelson stone/stein
kelly/kerry hill/hall king/kim price/rice hughes/huge taylor/tyler phillips/phelps baker/barker harris/harrison
jones/james johnson/jackson long/wrong ross/rose
"""
OTHER = """
nguyen/patel nguyen/miller chen/gin miller/taylor patel/chen smith/jones brown/green taylor/wilson weber/wheeler
walker/clark chen/wilson miller/parking patel/tuesday garcia/smith wright/young nguyen/appointment hughes/roberts
"""


def pairs(table: str) -> list[tuple[str, str]]:
    return [(name, heard.replace("-", " ")) for pair in table.split() for name, heard in [pair.split("/")]]


@pytest.mark.parametrize(("name", "heard"), pairs(SAME))
def test_a_name_sounds_the_same_when_it_is_written_otherwise(name: str, heard: str) -> None:
    assert name_likeness(name, heard) >= 0.895
    assert name_likeness(name, heard) == name_likeness(heard, name)


@pytest.mark.parametrize(("name", "heard"), pairs(NEAR))
def test_a_name_that_sounds_somewhat_alike(name: str, heard: str) -> None:
    assert 0.64 <= name_likeness(name, heard) < 0.895


@pytest.mark.parametrize(("name", "heard"), pairs(OTHER))
def test_a_name_that_sounds_otherwise(name: str, heard: str) -> None:
    assert name_likeness(name, heard) < 0.64


@pytest.mark.parametrize(
    ("name", "heard", "least", "most"),
    [
        ("Núñez", "nunez", 0.7, 0.95),
        ("Vázquez", "basques", 0.895, 1),
        ("Giménez", "jimenez", 0.895, 1),
        ("Ybarra", "ibarra", 0.895, 1),
        ("Hernández", "ernandes", 0.895, 1),
        ("López", "pérez", 0, 0.64),
    ],
)
def test_spanish_names(name: str, heard: str, least: float, most: float) -> None:
    assert least <= SPANISH.name_likeness(name, heard) <= most


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_can_be_compared(one: str, other: str) -> None:
    assert 0 <= name_likeness(one, other) <= 1
    assert 0 <= SPANISH.name_likeness(one, other) <= 1
