"""The text that a voice is given to say, as tables."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.language.english import normalise as spoken_module
from appliance.language.english.normalise import cardinal, ordinal, spoken


def said(text: str) -> str:
    return " ".join(form for _, form in spoken(text))


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        # times
        ("It is 10:30 now.", "It is ten thirty now."),
        ("At 3:05, please.", "At three oh five, please."),
        ("We open at 10:00.", "We open at ten o'clock."),
        ("We close at 17:00.", "We close at seventeen hundred."),
        ("From 8:00 to 18:30", "From eight o'clock to eighteen thirty"),
        ("8:00-18:30", "eight o'clock to eighteen thirty"),
        ("9am", "nine A.M"),
        ("at 9 a.m. today", "at 9 A.M today"),
        ("at 9 a.m.", "at 9 A.M."),
        ("3:30 PM", "three thirty P.M"),
        ("3:00 pm.", "three P.M."),
        ("9:15am", "nine fifteen A.M"),
        ("9-5", "9 to 5"),
        ("Monday-Friday", "Monday to Friday"),
        ("a score of 99:99", "a score of 99:99"),
        # prices
        ("It costs $3.50.", "It costs three dollars fifty."),
        ("$1", "one dollar"),
        ("€4,", "four euros,"),
        ("£12.99", "twelve pounds ninety nine"),
        ("$0.50", "fifty cents"),
        ("$2.05", "two dollars and five cents"),
        ("$3.00", "three dollars"),
        ("$1,250", "one thousand two hundred fifty dollars"),
        ("$2 million", "two million dollars"),
        # telephone numbers and codes
        ("Call 555-0142.", "Call five five five, zero one four two."),
        ("415-555-0142", "four one five, five five five, zero one four two"),
        ("(415) 555-0142", "(four one five) five five five, zero one four two"),
        ("+1 415 555 0142", "plus one, four one five, five five five, zero one four two"),
        ("Call 911 now", "Call nine one one now"),
        ("extension 4021", "extension four zero two one"),
        ("ext. 421", "extension four two one"),
        ("reference AB-1234", "reference A.B, one two three four"),
        # rooms
        ("Room 214 is there.", "Room two one four is there."),
        ("room B12", "room B12"),
        ("room B214", "room B, two one four"),
        ("Gate 7", "Gate 7"),
        ("There are 214 beds.", "There are 214 beds."),
        # dates
        ("on November 22", "on November twenty second"),
        ("22 November 2026", "twenty second of November twenty twenty six"),
        ("2026-11-02", "November second, twenty twenty six"),
        ("in 2007", "in two thousand seven"),
        ("2026 people", "2026 people"),
        # abbreviations
        ("Dr. Smith is in.", "Doctor Smith is in."),
        ("Dr Lee", "Doctor Lee"),
        ("on Oak Dr.", "on Oak Drive."),
        ("St. Mary is on Main St. today", "Saint Mary is on Main Street today"),
        ("Mr. Jones and Ms. Lee", "Mister Jones and Miz Lee"),
        ("No. 5", "number 5"),
        ("No.", "no."),
        ("5 mg or 5mg, 1 kg", "5 milligrams or 5 milligrams, 1 kilogram"),
        ("X-ray & MRI", "X-ray and M.R.I"),
        ("The ICU is full.", "The I.C.U is full."),
        ("It is OK.", "It is OK."),
        ("Please DO NOT enter.", "Please DO NOT enter."),
        ("DO NOT USE ICU", "DO NOT USE ICU"),
        # what espeak does well stays
        ("20% of 24 hours, 12.5 and 1,250", "20% of 24 hours, 12.5 and 1,250"),
        ("the 2nd floor", "the 2nd floor"),
        ("Wait... what?", "Wait... what?"),
        ("a well-known so-called thing", "a well-known so-called thing"),
        ("info@example.org", "info@example.org"),
    ],
)
def test_spoken_form(written: str, heard: str) -> None:
    assert said(written) == heard


@given(st.text(alphabet=st.sampled_from("aAbZ 019.:-–$€,()'\"?!+#%&stdrpmo\n"), max_size=60))
def test_written_words_are_kept_and_each_has_a_form(text: str) -> None:
    pairs = spoken(text)
    assert [written for written, _ in pairs] == text.split()
    assert all(form.strip() for written, form in pairs if any(c.isalnum() for c in written))


@pytest.mark.parametrize(
    ("n", "words", "place"),
    [
        (0, "zero", None),
        (1, "one", "first"),
        (12, "twelve", "twelfth"),
        (20, "twenty", "twentieth"),
        (31, "thirty one", "thirty first"),
        (100, "one hundred", None),
        (999_999, "nine hundred ninety nine thousand nine hundred ninety nine", None),
    ],
)
def test_numbers(n: int, words: str, place: str | None) -> None:
    assert cardinal(n) == words
    if place:
        assert ordinal(n) == place


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        # dates
        ("on 25.12.2026", "on December twenty fifth, twenty twenty six"),
        ("by 12/25/2026", "by December twenty fifth, twenty twenty six"),
        ("on 25/12/2026.", "on December twenty fifth, twenty twenty six."),
        ("on 12/3 only", "on December third only"),
        ("Dec. 25", "December twenty fifth"),
        ("on Sept. 3, 2027", "on September third, twenty twenty seven"),
        ("the 1990s and the 80s", "the nineteen nineties and the eighties"),
        ("32.12.2026", "three two, one two, two zero two six"),
        # telephone numbers
        ("Call 0170 5550142", "Call zero one seven zero, five five five zero one four two"),
        ("Its number is 5550142", "Its number is five five five zero one four two"),
        ("ext. 1204", "extension one two zero four"),
        ("dial x1204", "dial extension one two zero four"),
        ("3000000 people", "3000000 people"),
        # fractions, sums, rates
        ("1/2 tablet", "one half tablet"),
        ("1 1/2 hours", "1 and a half hours"),
        ("3/4 of it", "three quarters of it"),
        ("$5/hour", "five dollars per hour"),
        ("$2-$4", "two to four dollars"),
        ("$1.2 million", "one point two million dollars"),
        ("$3.5", "three dollars fifty"),
        ("5€ or 5 €", "five euros or 5 euros"),
        ("24/7", "twenty four seven"),
        ("5 mg/kg", "5 milligrams per kilogram"),
        ("10 km/h", "10 kilometers per hour"),
        ("3 m, 5 ft.", "3 meters, 5 feet."),
        ("6 ft 2 in", "6 feet 2 inches"),
        ("5 in the morning", "5 in the morning"),
        ("10 sq. ft.", "10 square feet."),
        ("-5 °C", "minus 5 degrees Celsius"),
        ("and/or", "and or"),
        ("$5k or US$5", "five thousand dollars or five dollars"),
        ("7 days/week", "7 days per week"),
        ("7.30 a.m.", "seven thirty A.M."),
        ("8:00 a.m.-5:00 p.m.", "eight A.M to five P.M."),
        ("zip 94103-1234", "zip nine four one zero three, one two three four"),
        ("~5 min", "about 5 minutes"),
        # ranges and Roman numbers
        ("Jan.-Mar.", "January to March."),
        ("Mon/Wed/Fri", "Monday, Wednesday, Friday"),
        ("the 5th-7th", "the 5th to 7th"),
        ("p. 12", "page 12"),
        ("Rooms 201-205", "Rooms two zero one to two zero five"),
        ("Mon.-Fri.", "Monday to Friday."),
        ("Sat. and Sun.", "Saturday and Sunday."),
        ("It sat. Then it rose", "It sat. Then it rose"),
        ("World War II", "World War two"),
        ("Louis XIV", "Louis the fourteenth"),
        ("an IV drip", "an I.V drip"),
        ("I am here", "I am here"),
        # abbreviations
        ("Rm. 205", "Room two zero five"),
        ("P.O. Box 12", "P.O Box 12"),
        ("the U.S. embassy", "the U.S embassy"),
        ("J. R. Smith", "J R Smith"),
        ("Martin King Jr.", "Martin King Junior."),
        ("Mt. Sinai", "Mount Sinai"),
        ("12 Oak Ave. near it", "12 Oak Avenue near it"),
        # what is written and never said
        ("**Important:** _mask_", "Important: mask"),
        ("Welcome 😀 ✓", "Welcome  "),
        ("see [the map](http://map).", "see the map."),
        ("北京 is far", " is far"),
        ("Hello </s>", "Hello "),
        ("# Hours", " Hours"),
        ("Café Müller", "Café Müller"),
        # a mark that stands alone between two ends
        ("Mon - Fri", "Monday to Friday"),
        ("Sat – Sun", "Saturday to Sunday"),
        ("Jan - Mar", "January to March"),
        ("9:00 AM - 5:00 PM", "nine A.M to five P.M"),
        ("8:00 - 18:30", "eight o'clock to eighteen thirty"),
        ("5 - 10 minutes", "5 to 10 minutes"),
        ("9 a.m. – 5 p.m.", "9 A.M to 5 P.M."),
        ("Dec 24 – Jan 2", "December twenty fourth to January second"),
        ("ages 6 – 12", "ages 6 to 12"),
        ("$5 - $10", "five dollars to ten dollars"),
        ("noon-2pm or noon - 3 pm", "noon to two P.M or noon to 3 P.M"),
        ("10 / 2", "10 over 2"),
        ("Mon / Wed", "Monday and Wednesday"),
        ("10 - 2 = 8", "10 minus 2 equals 8"),
        ("Room 5 - the lab", "Room 5  the lab"),
        ("Room 5 - 3 beds", "Room 5  3 beds"),
        ("Rooms 5 - 8", "Rooms 5 to 8"),
        ("We have 5 — 3 are free", "We have 5 — 3 are free"),
        ("Call 555 - 0142", "Call five five five  zero one four two"),
        ("wait < 5 min", "wait less than 5 minutes"),
        ("> 18 years", "more than 18 years"),
        (">18 years, <= 5", "more than 18 years, at most 5"),
        ("> a quote", " a quote"),
        # fractions behind a figure, cents, codes of currencies
        ("1½ hours", "1 and a half hours"),
        ("2¼ lbs.", "2 and a quarter pounds."),
        ("a 3½-hour tour", "a 3 and a half hour tour"),
        ("50¢ a copy", "fifty cents a copy"),
        ("3.20 EUR", "three euros twenty "),
        ("USD 20", " twenty dollars"),
        ("EUR", "EUR"),
        # what only looks like a unit, a date or a length
        ("5G or 4G", "5G or 4G"),
        ("5 L", "5 liters"),
        ("BP 120/80", "BP one twenty over eighty"),
        ("138/92 mmHg", "one thirty eight over ninety two millimeters of mercury"),
        ("16/9", "sixteen nine"),
        ("2026-12-01T09:30", "December first, twenty twenty six at nine thirty"),
        ("5'10\" and 6' 2\"", "5 feet 10 inches and 6 feet 2 inches"),
        # units beside words, and before what they describe
        ("$15 per hr", "fifteen dollars per hour"),
        ("every 4-6 hrs.", "every 4 to 6 hours."),
        ("Our hrs. are", "Our hours are"),
        ("1/2 tsp.", "one half teaspoon."),
        ("2 tbsp. daily", "2 tablespoons daily"),
        ("6 mos. old", "6 months old"),
        ("a 5 lb. bag", "a 5 pound bag"),
        ("a 6 ft. wall", "a 6 foot wall"),
        ("the 20 min. walk", "the 20 minute walk"),
        ("a 5lb bag", "a 5 pound bag"),
        ("the 5 min. are over", "the 5 minutes are over"),
        ("It is 6 ft. tall", "It is 6 feet tall"),
        # abbreviations, and the words that are no abbreviations
        ("Min. age", "Minimum age"),
        ("Lt. Col. Brown", "Lieutenant Colonel Brown"),
        ("Rep. Kim and the rep. are in", "Representative Kim and the rep. are in"),
        ("Rte. 9", "Route 9"),
        ("St. John's Hosp.", "Saint John's Hospital."),
        ("see ch. 4, pg. 2, art. 7", "see chapter 4, page 2, article 7"),
        ("the art. It", "the art. It"),
        ("the temp. is 20", "the temperature is 20"),
        ("Attn. Billing", "Attention Billing"),
        ("Mon.-Fri. 9-5", "Monday to Friday 9 to 5"),
        # an abbreviation that ends a sentence
        ("at 9 a.m. The cafe", "at 9 A.M. The cafe"),
        ("on Elm St. The lab", "on Elm Street. The lab"),
        ("5 min. Please wait", "5 minutes. Please wait"),
        ("in the U.S. She", "in the U.S. She"),
        ("pens, etc. We", "pens, et cetera. We"),
        ("Dr. The", "Doctor The"),
        ("Bldg. A. The lift", "Building A. The lift"),
    ],
)
def test_more_spoken_forms(written: str, heard: str) -> None:
    assert said(written) == heard


@given(st.text())
def test_any_text_has_a_form_that_a_voice_can_say(text: str) -> None:
    pairs = spoken(text)
    assert [written for written, _ in pairs] == text.split()
    for _, form in pairs:
        form.encode()
        assert "\x00" not in form


@pytest.mark.parametrize("text", ["10²", "²", "③", "\ud800", "a\x00b", "9" * 5000, "$" + "9" * 5000, "٣:٤٥", "½", "m²"])
def test_odd_characters_raise_no_error(text: str) -> None:
    spoken(text)


EDGES = re.compile(r"^([(\[\"'~]*)(.*?)((?:\.{2,})?[)\]\"',;:!?…]*)$", re.DOTALL)
"""the marks around a word, as a pattern that is right but too slow"""


@given(st.text(alphabet="()[]\"'~,;:!?….ab1", max_size=12))
def test_a_word_is_cut_as_the_pattern_would(word: str) -> None:
    match = EDGES.match(word)
    assert match is not None
    opening, core, closing = match.groups()
    if core.endswith(".") and not spoken_module._keeps_dot(core):
        core, closing = core[:-1], "." + closing
    assert spoken_module._parts(word) == (opening, core, closing)


@pytest.mark.parametrize(
    "text",
    ["," * 60_000, "(" * 60_000, "a" + "!" * 60_000, "." * 60_000, "WORD " * 12_000, "5 " * 30_000, "a, " * 20_000],
)
def test_a_page_of_anything_is_read_in_linear_time(text: str) -> None:
    """The bound is CPU time, with room for a slow machine. These texts once took from 20 s to minutes."""
    begun = time.process_time()
    spoken(text)
    assert time.process_time() - begun < 8
