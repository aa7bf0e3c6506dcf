"""Sentences to be spoken: café orders, hospital reception, and general requests.

Everything is spelled as the ear writes it: lower-case letters, apostrophes and blanks.
The café menu and the reception's wording are written from what such sites offer; nothing here
was taken from the evaluation recordings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

# --------------------------------------------------------------------------- spelling

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()


def spell_number(value: int) -> str:
    """Cardinal number in words, 0 to 999,999."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        return _TENS[value // 10] + (" " + _ONES[value % 10] if value % 10 else "")
    if value < 1000:
        rest = value % 100
        return f"{_ONES[value // 100]} hundred" + (" " + spell_number(rest) if rest else "")
    rest = value % 1000
    return f"{spell_number(value // 1000)} thousand" + (" " + spell_number(rest) if rest else "")


def spell_ordinal(value: int) -> str:
    """Ordinal number in words, 0 to 31."""
    if value <= 20:
        return _ORDINALS[value]
    if value == 30:
        return "thirtieth"
    return f"{_TENS[value // 10]} {_ORDINALS[value % 10]}"


def normalise(text: str, longest: int = 160) -> str | None:
    """Spell a written sentence for the ear; None if it cannot be spelled or has no sensible length."""
    text = text.lower().replace("-", " ").replace("’", "'").replace("&", " and ").replace("%", " percent ")
    text = re.sub(r"\b(\d{1,2}):00\b", lambda m: f" {spell_number(int(m[1]))} o'clock ", text)
    text = re.sub(
        r"\b(\d{1,2}):(\d\d)(?!\d)",
        lambda m: f" {spell_number(int(m[1]))} {'oh ' if m[2][0] == '0' else ''}{spell_number(int(m[2]))} ",
        text,
    )
    text = re.sub(r"\$ ?(\d{1,4})\b(?!\.)", lambda m: f" {spell_number(int(m[1]))} dollars ", text)
    text = re.sub(
        r"\b([0-3]?\d)(?:st|nd|rd|th)\b",
        lambda m: f" {spell_ordinal(int(m[1]))} " if int(m[1]) < 32 else m[0],
        text,
    )
    text = re.sub(r"\b(\d{1,2}) ?([ap])\.? ?m\b\.?", r"\1 \2 m", text)
    text = re.sub(r"\b\d{1,3}\b(?![.,:/]\d)", lambda m: f" {spell_number(int(m[0]))} ", text)
    text = re.sub(r"\bpm\b|\bp\.m\.?", "p m", re.sub(r"\ba\.m\.?", "a m", text))
    if re.search(r"[0-9@#_/<>{}\[\]$£€À-￿]", text):
        return None
    text = " ".join(re.sub(r"[^a-z' ]", " ", text).split())
    text = re.sub(r"(^| )'+|'+( |$)", r"\1\2", text).strip()
    return text if 2 <= len(text) <= longest else None


# --------------------------------------------------------------------------- café

MENU: dict[str, list[str]] = {
    "size": "small,medium,large,eight ounce,twelve ounce,sixteen ounce,twenty ounce".split(","),
    "roast": "light roast,medium roast,dark roast".split(","),
    "shots": "single shot,double shot,triple shot".split(","),
    "drink": ("americano,cappuccino,coffee,drip coffee,espresso,house coffee,iced coffee,iced mocha,latte,mocha").split(
        ","
    ),
    "milk": "milk,cream,soy milk,whole milk,skim milk,almond milk".split(","),
    "sweet": "sugar,brown sugar,sweetener".split(","),
}
"""What the example café offers: the menu that also stands in a café's site file."""

_MORE: dict[str, list[str]] = {
    "size": "extra large,regular,tall,short,grande,ten ounce,medium sized,small sized,large sized".split(","),
    "roast": "blonde roast,decaf,half caf,french roast".split(","),
    "shots": "extra shot,quadruple shot,two shots,one shot,three shots".split(","),
    "drink": (
        "flat white,macchiato,cortado,tea,green tea,black tea,hot chocolate,chai latte,iced latte,cold brew,"
        "iced tea,caramel latte,vanilla latte,black coffee,iced americano,decaf coffee,lemonade,hot mocha,"
        "water,orange juice,filter coffee,white mocha,iced cappuccino"
    ).split(","),
    "milk": "oat milk,coconut milk,half and half,whipped cream,foam,low fat milk,two percent milk".split(","),
    "sweet": "honey,vanilla syrup,caramel,stevia,white sugar,cane sugar,syrup,cinnamon,hazelnut syrup".split(","),
}
AMOUNTS = "some,a bit of,a little bit of,lots of,a lot of".split(",")
"""How much milk or sugar the example café's menu knows."""
_MORE_AMOUNTS = "a little,extra,no,a splash of,plenty of,two,more,less,light".split(",")
_LEADS = (
    "can i get,can i have,could i have,could i get,may i have,may i get,i want,i'd like,i would like,give me,"
    "get me,make me,brew,brew me,please make,please make me,can you make me,could you make me,can you make,"
    "could you make,would you make me,i'll have,i'll take,i will have,i will take,let me get,let me have,"
    "i need,can i please have,can i please get,could i please have,could i please get,please give me,"
    "please get me,i'd love,i would love,i'm going to have,i'll get,i want to order,i'd like to order,"
    "i would like to order,can you get me,could you get me,can you brew,could you brew,can you brew me,"
    "i'd like to have,i would like to have,we'd like,bring me,fix me,prepare,order,start,make,pour me,"
    "i think i'll have,is it possible to get,do you have,how about,just,i feel like,i'm looking for,"
    "i'd like to get,hook me up with,i could use,i wanna get,i want to get,may i please have,i'm having"
).split(",")
_OPEN = (
    "hi,hello,hey,hi there,good morning,good afternoon,um,uh,so,okay,yeah,yes,yes please,alright,well,hmm,hey there"
).split(",")
_CLOSE = "please,please,please,thanks,thank you,to go,for here,that's all,and that's it,thank you very much".split(",")
_CAFE_TALK = (
    "how much is that,what sizes do you have,is the espresso strong,do you have oat milk,that's all thanks,"
    "no sugar please,no milk please,make it a large,actually make it a medium,no i said medium,"
    "can you make that a double shot,two of those please,for here please,to go please,"
    "cancel my order,start over,can i change my order,what do you recommend,is there soy milk,"
    "i'll pay by card,can i pay with cash,where is the sugar,extra hot please,not too hot,no foam,"
    "with room for cream,make that decaf,what's in a mocha,what kinds of roast do you have,yes that's right,"
    "no that's wrong,that's everything,hold the milk,hold the sugar,what time do you close,is the coffee fresh,"
    "i'm allergic to nuts,can i have a receipt,the same again please,just black,nothing else thank you"
).split(",")


def _pick(rng: Random, slot: str, menu_share: float) -> str:
    return rng.choice(MENU[slot] if rng.random() < menu_share else _MORE[slot])


def _article(rng: Random, following: str) -> str:
    return rng.choice(["an" if following[0] in "aeiou" else "a"] * 6 + ["", "", "one", "the", "my", "a", "two"])


def _addition(rng: Random, slot: str, menu_share: float) -> str:
    item = _pick(rng, slot, menu_share)
    if rng.random() < 0.2:
        return item
    amounts = AMOUNTS if rng.random() < menu_share else _MORE_AMOUNTS
    return f"{rng.choice(amounts)} {item}"


def cafe_order(rng: Random, menu_share: float = 0.85) -> str:
    """One order; sizes, shots, roasts, milk and sugar come in any number and many orders.

    ``menu_share`` is the probability that an item is on the example menu and not something else that people ask for.
    """
    words: list[str] = []
    if rng.random() < 0.15:
        words.append(rng.choice(_OPEN))
    lead = rng.random() < 0.88
    if lead:
        words.append(rng.choice(_LEADS))
        if rng.random() < 0.04:
            words.append(rng.choice(["um", "uh", "like", "maybe"]))
    before = [s for s in ("size", "roast", "shots") if rng.random() < 0.52]
    rng.shuffle(before)
    after = [before.pop() for _ in range(len(before)) if rng.random() < 0.12]
    core = [_pick(rng, s, menu_share) for s in (*before, "drink")]
    if rng.random() < (0.85 if lead else 0.4):
        words.append(_article(rng, core[0]))
    words += core
    extras = [s for s in ("milk", "sweet") if rng.random() < 0.58]
    rng.shuffle(extras)
    if rng.random() < 0.04:
        extras = []
        words.append(rng.choice(["black", "no sugar", "no milk", "without sugar", "without milk", "with no sugar"]))
    if extras:
        words.append(rng.choice(["with"] * 9 + ["and", "add", "plus", "with", "and add", "and put"]))
        words.append(_addition(rng, extras[0], menu_share))
        for slot in extras[1:]:
            words.append(rng.choice(["and"] * 8 + ["and with", "with", "plus", "and also"]))
            words.append(_addition(rng, slot, menu_share))
    for slot in after:
        value = _pick(rng, slot, menu_share)
        words.append(
            rng.choice(
                [value, f"make it {_article(rng, value)} {value}", f"in {_article(rng, value)} {value}", f"and {value}"]
            )
        )
    if rng.random() < 0.18:
        words.append(rng.choice(_CLOSE))
    return " ".join(" ".join(words).split())


def cafe_fragment(rng: Random, menu_share: float = 0.85) -> str:
    """A part of an order: an answer to a question, a correction, a single item."""
    slot = rng.choice(list(MENU))
    value = _addition(rng, slot, menu_share) if slot in ("milk", "sweet") else _pick(rng, slot, menu_share)
    other = _pick(rng, rng.choice(["size", "roast", "shots", "drink"]), menu_share)
    return rng.choice(
        [value, value, f"{value} please", f"{other} {value}", f"no {value}", f"actually {value}", f"make it {value}",
         f"with {value}", f"{value} and {other}", f"{value} or {other}", f"i said {value}", f"can i get {value}",
         rng.choice(_CAFE_TALK), rng.choice(_CAFE_TALK)]
    )  # fmt: skip


# --------------------------------------------------------------------------- hospital reception

_FIRST = (
    "james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph "
    "jessica thomas sarah charles karen christopher lisa daniel nancy matthew betty anthony sandra mark ashley "
    "donald emily steven kimberly andrew margaret paul donna joshua michelle kenneth carol kevin amanda brian "
    "melissa george deborah timothy stephanie ronald rebecca edward laura jason helen jeffrey sharon ryan cynthia "
    "jacob kathleen gary amy nicholas angela eric shirley jonathan anna stephen brenda larry pamela justin emma "
    "scott nicole brandon samantha benjamin katherine samuel christine gregory maria frank diane alexander ruth "
    "patrick julie jack olivia dennis joyce jerry virginia tyler victoria aaron kelly jose lauren adam christina "
    "nathan joan henry evelyn peter grace zachary judith kyle hannah walter megan ahmed fatima priya wei ming "
    "carlos sofia ivan olga hans greta pierre claire luca marta omar leila raj anita"
).split()
_LAST = (
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson "
    "anderson thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis "
    "robinson walker young allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera "
    "campbell mitchell carter roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart "
    "morris morales murphy cook rogers gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim "
    "cox ward richardson watson brooks chavez wood bennett gray mendoza ruiz hughes price alvarez castillo "
    "sanders patel myers long ross foster jimenez powell jenkins perry russell sullivan bell coleman butler "
    "henderson barnes fisher vasquez simmons jordan patterson fraser keller weber novak rossi okafor singh chen "
    "khan schmidt larsen costa silva murray stone fox marsh wells hart"
).split()
_DEPARTMENTS = (
    "cardiology,radiology,oncology,pediatrics,the maternity ward,the emergency room,the emergency department,"
    "neurology,orthopedics,dermatology,urology,the eye clinic,the x ray department,the laboratory,the blood lab,"
    "the pharmacy,physiotherapy,physical therapy,the intensive care unit,surgery,day surgery,admissions,"
    "the outpatient clinic,the dental clinic,the chapel,the cafeteria,the gift shop,the waiting room,"
    "the main entrance,the reception desk,the information desk,the ultrasound room,gynecology,psychiatry,"
    "ear nose and throat,the vaccination center,the billing office,medical records,the sleep clinic,"
    "the diabetes clinic,the children's ward,the stroke unit,the recovery room,the blood donation center,geriatrics"
).split(",")
_PLACES = (
    "the restroom,the bathroom,the toilet,the elevator,the lift,the stairs,the parking lot,the car park,"
    "the bus stop,the taxi stand,an a t m,a wheelchair,the vending machine,the drinking fountain,the exit,"
    "the lost and found,a phone charger,the library,the garden,the prayer room,the baby changing room"
).split(",")
_DAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_MONTHS = "january february march april may june july august september october november december".split()
_REASONS = (
    "a check up,a blood test,an x ray,a follow up,a vaccination,a flu shot,a scan,an m r i,my knee,my back,"
    "a headache,chest pain,a cough,a rash,my results,a prescription,a second opinion,physiotherapy,"
    "an eye test,a hearing test,my annual physical,a sprained ankle,an ultrasound,a consultation,my shoulder"
).split(",")
_RECEPTION_TALK = (
    "i have an appointment,i'd like to check in,i want to make an appointment,i need to cancel my appointment,"
    "i want to move my appointment,can i reschedule,when is my appointment,what time do you open,"
    "when do you close,are you open on weekends,what are the visiting hours,is there parking,how much is parking,"
    "is there wifi,what is the wifi password,where can i get something to eat,can i speak to a person,"
    "i need to talk to someone,please call a nurse,i need a doctor,i need an interpreter,can you help me,help,"
    "this is an emergency,do you take my insurance,which floor is it on,how do i get there,i'm here to visit my mother,"
    "i'm visiting a patient,i lost my card,do i need a referral,how long is the wait,can i bring flowers,"
    "are children allowed,are dogs allowed,is there a pharmacy here,can i get a copy of my records,yes,no,"
    "yes please,no thank you,that's right,that's correct,that is wrong,no that's not right,thank you,goodbye,bye,"
    "thank you goodbye,good morning,hello,hi,good afternoon,stop,wait,one moment please,say that again please,"
    "sorry what was that,can you repeat that,i didn't understand,never mind,cancel that,start over,go back,"
    "speak louder please,speak slower please,what can you do,who are you,are you a robot,okay,sure,great,perfect,"
    "that works,that's fine,that works for me,none of those,the first one,the second one,the last one,"
    "do you have anything earlier,do you have anything later,is there anything else free,in the morning,"
    "in the afternoon,as soon as possible,any time is fine,i can't make it,i feel sick,i feel dizzy,"
    "my child has a fever,i fell down,it hurts,i can't breathe,call security,where is the fire exit"
).split(",")


def clock_time(rng: Random) -> str:
    """A time of day as people say it."""
    hour, minute = rng.randint(1, 12), rng.choice([0, 0, 0, 15, 30, 30, 45, 10, 20, 40, 50, 5, 25, 35, 55])
    part = rng.choice(["", "", "", " a m", " p m", " in the morning", " in the afternoon"])
    if minute == 0:
        return f"{spell_number(hour)}{rng.choice(['', '', chr(32) + 'o' + chr(39) + 'clock'])}{part}"
    spoken = f"oh {spell_number(minute)}" if minute < 10 else spell_number(minute)
    said = [f"{spell_number(hour)} {spoken}"] * 4
    if minute == 30:
        said.append(f"half past {spell_number(hour)}")
    if minute == 15:
        said.append(f"a quarter past {spell_number(hour)}")
    if minute == 45:
        said.append(f"a quarter to {spell_number(hour % 12 + 1)}")
    return f"{rng.choice(said)}{part}"


def calendar_day(rng: Random) -> str:
    """A day as people say it."""
    day, month, date = rng.choice(_DAYS), rng.choice(_MONTHS), spell_ordinal(rng.randint(1, 31))
    return rng.choice(
        ["tomorrow", "today", day, day, f"next {day}", f"this {day}", f"on {day}", f"{month} {date}",
         f"the {date} of {month}", f"on the {date}", f"{day} the {date}", "the day after tomorrow", "next week",
         f"{day} {month} {date}"]
    )  # fmt: skip


def full_name(rng: Random) -> str:
    """A person's name."""
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def reception_talk(rng: Random) -> str:
    """One sentence of a visitor at a hospital's reception."""
    name, last, doctor = full_name(rng), rng.choice(_LAST), f"doctor {rng.choice(_LAST)}"
    day, time, reason = calendar_day(rng), clock_time(rng), rng.choice(_REASONS)
    department, place = rng.choice(_DEPARTMENTS), rng.choice(_PLACES)
    bare = department.removeprefix("the ")
    digits = " ".join(rng.choice([*_ONES[:10], "oh"]) for _ in range(rng.randint(3, 10)))
    number = spell_number(rng.choice([rng.randint(0, 120), rng.randint(100, 999)]))
    spelled = " ".join(rng.choice([last, rng.choice(_FIRST)]))
    if rng.random() < 0.2:
        return rng.choice(_RECEPTION_TALK)
    return rng.choice(
        [
            f"where is {department}", f"how do i get to {department}", f"which floor is {department} on",
            f"can you tell me the way to {department}", f"when does {department} open",
            f"is {department} open on {day}",
            f"what are the opening hours of {department}", f"i'm looking for {department}", f"where can i find {place}",
            f"where is {place}", f"is there {place} nearby", f"where is the nearest {place.split(' ', 1)[-1]}",
            f"what time does {department} close", f"what is the phone number of {department}",
            f"i have an appointment with {doctor}", f"i have an appointment at {time}", f"is {doctor} in today",
            f"i'm here to see {doctor}", f"when is {doctor} available", f"can i see {doctor} {day}",
            f"where is {doctor}'s office", f"my name is {name}", f"this is {name}", f"{name}", f"it's {name}",
            f"i'm {name}", f"the name is {name}", f"my last name is {last}", f"{time}", f"{day}", f"{day} at {time}",
            f"at {time}", f"{time} {day}", f"can i come {day} at {time}", f"i'd like an appointment {day} at {time}",
            f"i'd like to make an appointment with {doctor}", f"i need an appointment for {reason}",
            f"i want to book an appointment for {reason} {day}", f"it's for {reason}", f"{reason}", f"i need {reason}",
            f"can you move my appointment to {day}", f"please change it to {time}", f"no {time} please",
            f"make it {time} instead", f"can we do {time}", f"how about {day} at {time}", f"what about {time}",
            f"do you have anything {day}", f"is {time} free", f"i'd like to move my appointment to {day} at {time}",
            f"cancel my appointment on {day}", f"my phone number is {digits}", f"{digits}",
            f"my date of birth is {day}",
            f"room {number}", f"where is room {number}", f"ward {number}", f"i'm in room {number}", f"{number}",
            f"my number is {digits}", f"the code is {digits}", f"that's spelled {spelled}", f"{spelled}",
            f"i'm visiting {name}", f"which room is {name} in", f"could i speak to {doctor} please",
            f"how much does {reason} cost", f"how long does {reason} take", f"do i need to fast before {reason}",
            f"i'd like to book {reason} with {doctor} {day}", f"does {doctor} work in {department}", f"{bare} please",
            f"yes {time} is fine", f"yes {day} works for me", f"no i meant {day}", f"no not {day}", f"actually {time}",
            f"i was told to go to {department}", f"can you call {department}", f"take me to {department}",
            f"book me in with {doctor} {day} at {time} please", f"could you tell me when {department} closes",
        ]
    )  # fmt: skip


# --------------------------------------------------------------------------- general requests


def general_sentences(folder: Path) -> list[str]:
    """Sentences of the public text sets in ``folder`` (JSON lines), normalised and without repeats."""
    found: set[str] = set()

    def texts() -> Iterator[str]:
        for name in (
            "clinc150",
            "banking77",
            "slurp_text",
            "restaurant8k",
            "snips7_validate",
            "homeassistant_en_tests",
        ):
            for line in _lines(folder / f"{name}.jsonl"):
                yield json.loads(line).get("text") or ""
        for name in ("taskmaster4_400", "mts_dialog"):
            for line in _lines(folder / f"{name}.jsonl"):
                for turn in json.loads(line).get("turns") or []:
                    yield from re.split(r"(?<=[.?!]) +", turn["text"])

    for text in texts():
        spelled = normalise(text, 90)
        if spelled and spelled.count(" ") < 18:
            found.add(spelled)
    return sorted(found)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
