"""What the appliance says of itself in English, and phrases of visitors that a site need not list."""

from __future__ import annotations

from appliance.language.parts import Phrases, Replies

REPLIES = Replies(
    goodbye="Goodbye.",
    called="Of course. I am calling a member of staff for you.",
    not_called="I cannot call anybody from here. Please ask a member of staff.",
    no_input=("Are you still there?", "Can I help you with anything else?"),
    no_match=("Sorry, I did not catch that. Could you say it again?",),
    filler="One moment, please.",
    unknown="I don't know that. Shall I call someone who does?",
    failed="Sorry, something went wrong on my side. Please ask a member of staff.",
    out_of_order="I cannot talk with you now. Please ask a member of staff.",
    not_known="I don't know that.",
    rest_unknown="The other thing I don't know. Shall I call someone who does?",
    no_simpler="I can only put it like this:",
    kept_nothing="Nothing you say goes to the internet. Only what you ask me to book is kept.",
    kept_encrypted="Nothing you say goes to the internet. It is kept here for {days} days, encrypted.",
    kept_in_log="Nothing you say goes to the internet. It is written to a log in this house.",
    ask_me="Ask me, for example:",
    or_say="Or say:",
    not_needed="All right. Is there anything else I can help you with?",
    what_else="What can I do for you?",
    not_changed="I can't change that from here.",
    one_at_a_time="One after the other, please.",
    stopped="All right, I won't do that. Is there anything else?",
    all_right="All right.",
    change="What shall I change?",
    meant="Did you mean:",
    or_meant="Or did you mean:",
    which_one="Which one do you mean?",
    asked="You asked: {question}",
    value_meant="Do you mean {value}?",
    again="Sorry, I did not get that.",
    later="You can tell me so later.",
    spell="You can also spell it.",
    shall_call="Shall I call someone who can help you?",
    which_offer="Which would you like?",
    one_offer="Would you like that?",
    first_offer="The first that is free: {values}.",
    keeps_choice="I can move it only to another day or time. For {value}, please cancel it and book a new one.",
    cancelled_for_good="I can't bring it back, but I can book a new one.",
    last_offer="The last that is free: {values}.",
    free_then="Free then, {values}: {times}.",
    free_then_too="Free then, among other times, {values}: {times}.",
    now_asked="Now, {lower}",
    role="You are {name}, {role}.",
)

PHRASES = Phrases(
    person=("speak to a person", "talk to a human", "real person", "a human please"),
    stop=("stop", "stop it", "no", "wait", "wait a minute", "hold on", "be quiet", "never mind"),
    backchannels=(
        *("mm", "mmm", "mm hmm", "hm", "hmm", "mhm", "uh huh", "uh", "um", "ah", "oh", "huh", "aha"),
        *("yeah", "yes", "yep", "yup", "okay", "ok", "o k", "right", "all right", "alright", "sure", "fine", "good"),
        *("great", "cool", "nice", "i see", "got it", "oh i see", "really", "wow", "thanks", "thank you", "ha"),
        *("exactly", "of course", "perfect", "very good"),
    ),
    agree="yes",
    refuse="no",
)
