"""The intent of words in a conversation."""

import pytest

from appliance.language.english import intents


@pytest.mark.parametrize(
    "text", ["goodbye", "thank you goodbye", "okay bye bye", "no that's all thank you", "have a nice day"]
)
def test_goodbye(text: str) -> None:
    assert intents.says_goodbye(text)


@pytest.mark.parametrize(
    "text", ["that's all i know about the parking fee", "i would like an appointment", "bye the way where is the cafe"]
)
def test_no_goodbye(text: str) -> None:
    assert not intents.says_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        "can i talk to a real person",
        "i want to speak to someone",
        "call a nurse or call somebody",
        "i'd rather talk with a human",
    ],
)
def test_person(text: str) -> None:
    assert intents.wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "are you a real person",
        "which doctor treats people",
        "can i speak to a priest",
    ],
)
def test_no_person(text: str) -> None:
    assert not intents.wants_person(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("thank you very much", "thanks"),
        ("hello", "greeting"),
        ("hi how are you", "how_are_you"),
        ("hello where is the cafe", None),
    ],
)
def test_small_talk(text: str, kind: str | None) -> None:
    assert intents.courtesy(text) == kind


@pytest.mark.parametrize(
    ("text", "unfinished"),
    [("i would like an appointment with", True), ("where is the", True), ("where is the pharmacy", False), ("", False)],
)
def test_unfinished_sentences(text: str, unfinished: bool) -> None:
    assert intents.sounds_unfinished(text) is unfinished


def test_follow_ups() -> None:
    assert intents.follows_up("and when does it open")
    assert intents.follows_up("what about sunday")
    assert not intents.follows_up("is there a pharmacy")
    assert not intents.follows_up("what time is it")


def test_phrases_allow_a_misheard_word() -> None:
    assert intents.says_phrase("i want to speak to a parson", ["speak to a person"])
    assert not intents.says_phrase("i want to speak", ["speak to a person"])


@pytest.mark.parametrize(
    ("text", "dictating"),
    [
        ("my number is five five", True),
        ("oh seven nine", True),
        ("b as in bravo", False),
        ("it is j r", True),
        ("anna dot", False),
        ("anna at example dot", False),
        ("can we meet at one", False),
        ("can i", False),
        ("seven", False),
        ("", False),
    ],
)
def test_dictation_is_told_from_sentences(text, dictating):
    assert intents.dictates(text) == dictating


@pytest.mark.parametrize(
    "text",
    [
        "that's all wrong",
        "is there nothing else",
        "is that all",
        "that's all i wanted to know about parking where is it",
    ],
)
def test_more_words_that_are_no_goodbye(text: str) -> None:
    assert not intents.says_goodbye(text)


@pytest.mark.parametrize("text", ["how do you do an x-ray", "thank you but i asked for the cafe", "thanks where is it"])
def test_words_that_are_no_small_talk(text: str) -> None:
    assert intents.courtesy(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "don't call someone",
        "please don’t call a member of staff",
        "i don't want to talk to a person",
        "no need to call anyone",
        "i'd rather not talk to a human",
        "never call a nurse",
    ],
)
def test_no_person_is_wanted(text: str) -> None:
    assert intents.refuses_person(text)
    assert not intents.wants_person(text, ["call someone", "member of staff", "call a nurse"])


@pytest.mark.parametrize(
    "text",
    [
        "why can't i talk to a real person",
        "i don't want a machine, i want to talk to a person",
        "can't you call someone",
        "call a nurse",
        "why don't you call someone",
    ],
)
def test_a_person_is_wanted(text: str) -> None:
    assert not intents.refuses_person(text)
    assert intents.wants_person(text, ["call someone", "member of staff", "call a nurse"])


@pytest.mark.parametrize(
    ("text", "leap"),
    [
        ("go back", "back"),
        ("can we go back please", "back"),
        ("start again", "start_again"),
        ("let's start over", "start_again"),
        ("from the beginning", "start_again"),
        ("back to the start please", "start_again"),
        ("sure start again", "start_again"),
        ("when does she come back", None),
        ("i'd like my money back", None),
        ("does the tour start again at three", None),
    ],
)
def test_leaps_to_another_subject(text: str, leap: str | None) -> None:
    assert intents.leap(text) == leap


def test_more_follow_ups() -> None:
    assert intents.follows_up("is it open on sunday")
    assert intents.follows_up("are they open")
    assert intents.goes_on("and on friday") and not intents.goes_on("is it free")


@pytest.mark.parametrize("phrase", ["", " ", "...", "?"])
def test_a_phrase_without_words_is_never_said(phrase: str) -> None:
    assert not intents.says_phrase("where is the pharmacy", [phrase])
    assert not intents.says_phrase("", [phrase])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        *(
            (text, "choice")
            for text in ("whoever is free", "whoever's available please", "any doctor", "anyone", "anybody")
        ),
        *((text, "choice") for text in ("either doctor is fine", "no matter who", "whoever")),
        *((text, "asked") for text in ("i have no preference", "it doesn't matter", "i don't mind", "you choose")),
        *(
            (text, "asked")
            for text in ("any of them", "any one", "whichever", "whatever you have", "up to you", "either one")
        ),
        *((text, "asked") for text in ("it's all the same to me", "i don't care", "makes no difference to me")),
        *((text, "soonest") for text in ("as soon as possible", "the earliest one", "the earliest you have", "asap")),
        *((text, "soonest") for text in ("the first available", "the next free appointment", "as early as you can")),
        *((text, "soonest") for text in ("the next one you have", "your earliest please", "the sooner the better")),
        *(
            (text, "soonest")
            for text in ("immediately", "right now please", "at once", "it's urgent", "today if possible")
        ),
        *((text, "") for text in ("not right now", "i'm outside right now", "is it urgent")),
        *((text, "date") for text in ("any day is fine", "any day", "any day of the week")),
        *((text, "time") for text in ("any time", "anytime", "any hour is fine", "whatever time")),
        *((text, "choice") for text in ("it doesn't matter which doctor", "i don't care who", "i do not mind who")),
        *(
            (text, "choice")
            for text in ("it does not matter to me which doctor", "i have no preference for which doctor")
        ),
        ("it doesn't matter what time", "time"),
        ("i don't mind which day", "date"),
        ("whenever", "date time"),
        ("the next available doctor", "choice soonest"),
        ("whoever is free as soon as possible", "choice soonest"),
        ("any doctor on any day", "choice date"),
        *((text, "") for text in ("i do not want anyone", "who is free", "whoever told you that was wrong", "monday")),
        *(
            (text, "")
            for text in ("is anyone there", "next tuesday", "the first", "the first of december", "doctor chen")
        ),
        *(
            (text, "")
            for text in ("not just any doctor", "my first appointment", "i need an appointment", "the next week")
        ),
        *((text, "") for text in ("do you have any other day", "neither", "an appointment with a doctor for my son")),
    ],
)
def test_what_is_left_to_the_appliance(text: str, left: str) -> None:
    assert intents.leaves_open(text) == set(left.split())


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        *((text, "") for text in ("i don't want an appointment", "I do not need any appointment today, thank you.")),
        *((text, "") for text in ("my husband doesn't want an appointment", "nobody asked for an appointment")),
        *((text, "") for text in ("i don't think i need an appointment", "i'm not here to book anything")),
        *((text, "") for text in ("please don't cancel my appointment", "i would rather not book it")),
        *((text, "") for text in ("i don't want you to move it", "i never asked for an appointment")),
        ("i don't want an appointment just tell me where the cafe is", "just tell me where the cafe is"),
        ("no i don't want to cancel it i want to move it", "i want to move it"),
        ("i don't want an appointment on tuesday can i come on monday", "can i come on monday"),
        *((text, None) for text in ("i don't need my appointment any more", "i don't want to come to my appointment")),
        *((text, None) for text in ("i can't come to my appointment", "i don't have an appointment")),
        *((text, None) for text in ("i want an appointment", "i don't know when my appointment is")),
        *((text, None) for text in ("don't i need an appointment", "i don't need an appointment any more")),
        *((text, None) for text in ("what if i don't want an appointment", "i don't want to wait so long")),
    ],
)
def test_a_task_that_is_not_wanted(text: str, beside: str | None) -> None:
    assert intents.beside_refusal(text) == beside


@pytest.mark.parametrize(
    ("text", "back"),
    [
        *((text, True) for text in ("can you call a nurse no wait don't", "i want to speak to a person never mind")),
        *((text, True) for text in ("book an appointment no wait don't", "call someone no not now thanks")),
        *((text, True) for text in ("cancel my appointment no wait leave it", "i want a person i changed my mind")),
        *(
            (text, False)
            for text in ("never mind", "no don't", "where is the pharmacy", "i don't know if i do or do not")
        ),
        *((text, False) for text in ("friday no thursday", "not tomorrow no", "where can i leave it")),
    ],
)
def test_what_was_said_is_taken_back(text: str, back: bool) -> None:
    assert intents.takes_back(text) is back
    assert not back or not intents.wants_person(text)


HOSPITAL = ["speak to a person", "talk to a human", "real person", "a human please", "member of staff", "call a nurse"]
HOSPITAL += ["call someone", "speak to someone"]
"""phrases of a site, some of which only name somebody"""


@pytest.mark.parametrize(
    "text",
    [
        *("am i talking to a real person", "is this a real person", "is there a real person behind you"),
        *("you sound like a real person", "i thought you were a real person"),
        *("my daughter spoke to a real person yesterday", "i am a member of staff where do i park"),
        *("i'm a member of staff where do i park", "a member of staff was rude to me"),
        *("a member of staff told me to come here", "my mother is a member of staff"),
        *("can a member of staff visit", "may i call someone with my mobile"),
        *("is it allowed to call someone on the ward", "can i call someone from here"),
        *("i was told to call someone at the lab", "what happens if you call someone"),
        *("a member of staff told me friday", "is he a real person or a computer too", "are you a real person"),
        *("are you a member of staff", "i want to speak to doctor chen", "who can i talk to about my bill"),
        *("where can i ring my wife from", "where can i call someone", "do i need someone to drive me home"),
        *("can i bring someone", "can someone visit me", "i was rude to a member of staff"),
        *("i'm waiting for someone", "my friend is a nurse here", "do members of staff park free"),
        *("how do staff members get in", "is the priest a real person", "she is a living person"),
        *("i have to call someone first", "can i talk to my doctor by phone"),
        *("do you talk to people in spanish", "i lost the number of someone"),
        *("i met a member of staff at the lift", "what does a member of staff earn"),
        *("the member of staff at the desk sent me here", "i need someone's signature"),
        *("do i speak to a human", "is a human reading this", "i want to get a person out of hospital"),
        *("i want to call someone", "where can i find a wheelchair", "would a real person know that"),
        *("every human being needs water", "who is the member of staff for complaints"),
        *(
            "am i talking to a human",
            "am i speaking with ai or a real, live person",
            "i spoke to a colleague of yours this morning",
            "where do members of staff eat",
            "can i thank a member of staff",
            "a person in a wheelchair needs which entrance",
            "someone told me to ask you",
            "i'm talking to my manager can you wait",
        ),
    ],
)
def test_who_only_mentions_a_person_calls_none(text: str) -> None:
    assert not intents.wants_person(text, HOSPITAL) and not intents.refuses_person(text, HOSPITAL)


@pytest.mark.parametrize(
    "text",
    [
        *("this is no use get me a person", "no good get me a human", "i'm not happy get me a person"),
        *("don't be silly call a nurse", "i don't want you i want a person"),
        *("isn't there anybody i can speak to", "is there a human i can talk to", "fetch a human", "operator"),
        *("put me through to reception", "get me a person", "get me someone", "just get me somebody who knows"),
        *("this isn't helping can i talk to a person", "you can't help me get me a member of staff"),
        *("no not you a real person", "why can't i talk to a person", "i don't want to talk to a machine"),
        *("call someone for me please", "i need a person", "i'd prefer a human"),
        *("could you get me somebody from the staff", "can i speak to someone"),
        *("i'd prefer to speak with a real person", "is there someone who can help me"),
        *("is there anyone here who can help", "human please", "a real person please", "real person"),
        *("can i have a real person please", "i want a real person", "can somebody help me"),
        *("could anyone help us please", "i want to speak to somebody in charge"),
        *("let me talk to a human being", "can you call a member of staff", "call a nurse please"),
        *("please send someone", "can a nurse come can you call a nurse", "give me a human"),
        *("can't i just talk to a real person", "transfer me to an agent", "i would like to talk to someone"),
        *("i need to talk to someone", "are there any real people i can talk to", "yes call someone"),
        *("is there nobody i can talk to", "why don't you call someone", "can i see a real person"),
        *("i need a member of staff", "i want a member of staff please"),
        *("could you please ask a member of staff to come", "would you call someone"),
        *("i said i want a real person", "how do i speak to a human", "where can i find a member of staff"),
        *("i was told to speak to someone about my bill",),
        *(
            "i'd rather deal with a human being",
            "please ask somebody to come",
            "let me speak to your manager",
            "can you connect me with somebody who works here",
            "this robot is useless get somebody",
            "am i able to speak to someone",
        ),
    ],
)
def test_ways_to_ask_for_a_person(text: str) -> None:
    assert intents.wants_person(text, HOSPITAL) and not intents.refuses_person(text, HOSPITAL)


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        *((text, "") for text in ("i never asked for a member of staff", "don't bother anybody", "no person please")),
        *((text, "") for text in ("i do not want you to call anyone", "please do not put me through to anyone")),
        *((text, "") for text in ("there's no need to ring anyone", "you don't have to call someone")),
        ("please don't get anyone i just want to know where the lifts are", "just want to know where the lifts are"),
        ("no need to call anyone just tell me where the lifts are", "tell me where the lifts are"),
        ("without calling anyone can you tell me where the chapel is", "tell me where the chapel is"),
        ("there's no need to ring anyone where is the exit", "where is the exit"),
    ],
)
def test_a_person_who_is_not_wanted(text: str, beside: str) -> None:
    assert intents.refuses_person(text, HOSPITAL) and not intents.wants_person(text, HOSPITAL)
    assert intents.beside_person(text).endswith(beside) and bool(intents.beside_person(text)) == bool(beside)


def test_a_phrase_of_a_site_can_be_refused() -> None:
    phrases = ["speak to a trader", "talk to a trader"]
    assert intents.refuses_person("i don't want to talk to a trader", phrases)
    assert not intents.wants_person("i don't want to talk to a trader", phrases)
    assert intents.wants_person("can i speak to a trader", phrases)


@pytest.mark.parametrize(
    "text",
    [
        *("goodbye", "bye", "thank you goodbye", "okay bye bye", "no that's all thank you", "have a nice day"),
        *("no goodbye", "no thanks bye", "well i must be off", "i'd better be going", "talk to you later"),
        *("take care", "until next time", "no more questions", "i'm all set thanks", "good night"),
        *("i have to go now thanks", "see you later", "that's all thanks"),
        *("ok that's everything thank you bye bye", "see you tomorrow at ten then", "thanks take care"),
        *("okay i'm off", "right i'll be going then thanks", "bye for now", "i've got to run bye"),
        *("no further questions thank you", "we're done thanks", "i have everything i need thank you"),
        *("goodbye and thanks for your help", "good bye then", "i must go"),
        *(
            "thanks that's all i needed",
            "have a lovely evening",
            "night night",
            "it was nice talking to you",
            "i must dash now thank you",
        ),
    ],
)
def test_more_ways_to_say_goodbye(text: str) -> None:
    assert intents.says_goodbye(text)


@pytest.mark.parametrize(
    "text",
    [
        *("don't say goodbye", "no goodbye yet i have a question", "bye bye where is the exit"),
        *("goodbye is not what i wanted to hear", "i don't want to say goodbye yet"),
        *("my wife said goodbye to me here", "i said goodbye to my doctor already", "that's not all"),
        *("is that all", "that's all wrong", "that's all i know about it"),
        *("where can i say goodbye to my dead father", "take care of my mother"),
        *("who takes care of the flowers", "i'm going to the lab", "i have to go to the toilet"),
        *("i need to leave my bag", "i must go to room five", "i did not have a good night", "where do i go"),
        *("i have to leave my car here", "i am leaving tomorrow", "bye the way where is the cafe"),
        *("before i say goodbye one more question", "bye oh wait one more thing"),
        *("how do i say goodbye in spanish", "can i go now", "when can i go home", "not yet goodbye"),
        *("i want to go", "so how do i get going", "i'm done with the blood test", "time to go to the doctor"),
        *(
            "did you have a nice weekend",
            "it's nice to see you",
            "i'm off to the lab where is it",
            "have a good time",
        ),
    ],
)
def test_words_that_speak_of_a_goodbye_or_go_on_after_it(text: str) -> None:
    assert not intents.says_goodbye(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        *((text, None) for text in ("no thank you", "no thanks", "oh no thanks")),
        *((text, "thanks") for text in ("ta", "ta very much", "oh cheers", "yes thank you")),
    ],
)
def test_a_thank_you_that_declines_is_none(text: str, kind: str | None) -> None:
    assert intents.courtesy(text) == kind


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("excuse me sorry to bother you but could you tell me where the lab is", "could you tell me where the lab is"),
        ("sorry to bother you again but where is the car park", "where is the car park"),
        ("I hope you don't mind me asking but is there a cash machine", "is there a cash machine"),
        ("how are you doing today and where is the lab", "where is the lab"),
        ("hello how are you where is the pharmacy", "where is the pharmacy"),
        ("where is the cafe and thanks", "where is the cafe"),
        ("how much is the tv, thank you very much.", "how much is the tv"),
        ("how are you", "how are you"),
        ("sorry to bother you", "sorry to bother you"),
        ("no thank you", "no thank you"),
        ("where do i say thank you", "where do i say thank you"),
        ("i would like an appointment thanks", "i would like an appointment thanks"),
        ("thanks where is it", "thanks where is it"),
    ],
)
def test_what_is_asked_beside_courtesies(text: str, asked: str) -> None:
    assert intents.without_courtesy(text) == asked


@pytest.mark.parametrize(
    ("text", "none"),
    [
        ("can you call doctor chen", True),
        ("call doctor patel please", True),
        ("i'd like to talk to doctor miller", True),
        ("i want to speak with doctor chen", True),
        ("put me through to nurse joy", True),
        ("is doctor chen a man", True),
        ("is she a good doctor", True),
        ("is doctor miller good with kids", True),
        ("how is my husband doing", True),
        ("how's my wife", True),
        ("i am here to see mister miller", True),
        ("can i see doctor chen", False),
        ("i want to speak with doctor chen on tuesday", False),
        ("can i talk to doctor chen tomorrow at ten", False),
        ("is doctor chen here today", False),
        ("is doctor patel free on friday", False),
        ("can you call me a cab", False),
        ("how is the weather", False),
        ("how is my appointment changed", False),
    ],
)
def test_words_that_begin_no_task(text: str, none: bool) -> None:
    assert intents.asks_no_task(text) == none


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("please tell my wife i'm waiting in the cafe", True),
        ("could you let my husband know where i am", True),
        ("can you tell my doctor i am late", True),
        ("can you help me find my mother", True),
        ("i need help finding my way", True),
        ("why", True),
        ("and why not", True),
        ("tell me where the lab is", False),
        ("let me know when the cafe opens", False),
        ("can you help me find the pharmacy", False),
        ("help me find my way to the lab", False),
        ("why is it taking so long", False),
    ],
)
def test_what_only_a_person_can_do(text: str, needed: bool) -> None:
    assert intents.needs_staff(text) == needed


@pytest.mark.parametrize(
    ("text", "introduced"),
    [
        ("i am john smith", True),
        ("hello my name is peter", True),
        ("i am allergic to nuts", False),
        ("i am feeling sick", False),
        ("my name is john smith and i have an appointment", False),
    ],
)
def test_who_the_visitor_is(text: str, introduced: bool) -> None:
    assert intents.introduces(text) == introduced


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("no the other one", True),
        ("not that one", True),
        ("the other one please", True),
        ("no", False),
        ("not that", False),
    ],
)
def test_another_one_is_meant(text: str, other: bool) -> None:
    assert intents.means_other(text) == other
