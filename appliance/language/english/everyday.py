"""Everyday things that houses speak of, and what people ask of them everywhere. Pure.

Written from general knowledge of receptions.
"""

from __future__ import annotations

import re

_ASKED = (
    (
        r"toilets?|restrooms?|bathrooms?|washrooms?|wc|lavator(?:y|ies)",
        """
        where is the toilet, where is the bathroom, where are the restrooms, i need the restroom, where is the
        ladies room, where is the men's room, i have to go to the bathroom, where can i wash my hands, where is the
        loo, can i use the bathroom
        """,
    ),
    (
        r"park (?:\w+ ){0,3}(?:behind|in|on|for|at|below|under|free)|car ?park|parking (?:lot|spaces?|garage)|"
        r"parking is|garage is|you can park|park for",
        """
        where can i park, is there parking here, where do i leave my car, i came by car, is parking free, how much
        is parking, do i have to pay for parking, where can i put my car, how long can i park
        """,
    ),
    (
        r"wi-?fi|wireless|internet",
        """
        what is the wifi password, is there wifi, how do i get online, how do i connect to the internet, can i use
        the internet, which network do i use, my phone has no connection
        """,
    ),
    (
        r"lifts? (?:is|are)|elevators?",
        """
        where is the elevator, where is the lift, how do i get upstairs, i cannot climb stairs, is there an elevator
        """,
    ),
    (
        r"wheelchairs?|barrier-free|step-free|accessible",
        """
        can i come in with a wheelchair, is there access for wheelchairs, my mother cannot walk well, is it
        accessible, i cannot take the stairs
        """,
    ),
    (
        r"dogs? (?:are|stay|may|must|can|is)|pets (?:are|may|must)|no dogs|animals (?:are|may)",
        """
        can i bring my dog, are dogs allowed, may my dog come in, is my dog okay here, do you take pets, does my dog
        need a leash
        """,
    ),
    (
        r"smok(?:e|ing)",
        """
        can i smoke here, where can i smoke, is smoking allowed, i need a cigarette, may i have a cigarette, can i
        vape here
        """,
    ),
    (
        r"eat|food|drinks?|bottles?",
        """
        can i eat here, can i bring my own food, may i drink something, can i have my lunch here, may i bring a
        bottle of water
        """,
    ),
    (
        r"cafe|cafeteria|coffee|restaurant|snacks?|kiosk|canteen|bistro",
        """
        where can i get a coffee, where can i eat something, i am hungry, is there a cafe, can i buy something to
        eat, where can i get lunch, is there anything to drink
        """,
    ),
    (
        r"lockers?|cloakroom|wardrobes?",
        """
        where can i leave my bag, where can i put my things, is there a locker, where do i put my coat, can i lock
        up my stuff, do i need a coin for the locker
        """,
    ),
    (
        r"lost property|lost and found|(?:left|lost) (?:something|anything)|found things",
        """
        i lost something, did anybody find my umbrella, where is lost and found, i left my bag here, has my phone
        been handed in
        """,
    ),
    (
        r"cash|by card|credit cards?|cards? (?:are|is)|installments|payments?|we take (?:cash|cards)",
        """
        how can i pay, can i pay by card, do you take cash, do you take credit cards, can i pay with my phone, do
        you take visa, can i pay later, can i pay in parts
        """,
    ),
    (
        r"insurances?|insurers?|insured",
        """
        which insurance do you take, is my insurance accepted, does my insurance pay for it, am i covered here, do
        you take my insurance
        """,
    ),
    (
        r"discounts?|reduced|concessions?|students|seniors|pensioners",
        """
        is it cheaper for students, do i get a discount, what do seniors pay, is there a reduced price, do children
        pay less
        """,
    ),
    (
        r"children|kids|child|toddlers?|babies",
        """
        can i bring my child, is it for children too, how old must my child be, my son is four is that okay, what
        about my kids, is there something for the little ones
        """,
    ),
    (
        r"register|registration|sign up|enrol|application",
        """
        how do i sign up, where do i register, how do i join, do i have to register
        """,
    ),
    (
        r"cancel\w*|cancellations?",
        """
        what if i cannot come, can i cancel, do i have to pay if i cancel, i cannot make it, what if i do not show
        up, until when can i cancel
        """,
    ),
    (
        r"appointments?",
        """
        do i need an appointment, can i come without an appointment, i have an appointment
        """,
    ),
    (
        r"new (?:patients?|members?|guests?|customers?|visitors?)",
        """
        i am here for the first time, i have never been here, i am new here, what do i do the first time
        """,
    ),
    (
        r"take a seat|sign (?:the|in)|check in|report to|take a number|front desk",
        """
        i have an appointment, i am here for my appointment, where do i check in, what do i do first, who do i tell
        that i am here, where do i sign in
        """,
    ),
    (
        r"photos?|photography|pictures|film(?:ing)?",
        """
        can i take pictures, may i take photos, am i allowed to film, can i use my camera
        """,
    ),
    (
        r"first aid|injur\w+|defibrillator|hurt",
        """
        i hurt myself, somebody is hurt, i need a plaster, where is first aid, is there a doctor
        """,
    ),
    (
        r"pain|toothache|hurts?",
        """
        it hurts, i am in pain, it hurts really badly, can somebody see me today
        """,
    ),
    (
        r"afraid|nervous|anxious|scared",
        """
        i am scared, i am nervous, i am so afraid, can you give me something to calm down
        """,
    ),
    (
        r"at night|nights and|after hours|outside (?:opening|our) hours|on sundays",
        """
        what if it happens at night, who can i call at night, what do i do on a sunday, where do i go when you are
        closed
        """,
    ),
    (
        r"bus|tram|train|underground|subway|shuttle",
        """
        how do i get here by bus, where is the bus stop, when does the bus go, which bus do i take, how do i get to
        the station
        """,
    ),
    (
        r"taxis?|cab",
        """
        where can i get a taxi, can you call me a cab, i need a taxi
        """,
    ),
    (
        r"bikes?|bicycles?",
        """
        where can i leave my bike, can i rent a bike, is there a place for bicycles
        """,
    ),
    (
        r"showers?",
        """
        where are the showers, can i take a shower, where can i wash
        """,
    ),
    (
        r"changing rooms?|cabins?|get changed",
        """
        where can i get changed, where are the changing rooms, where do i change
        """,
    ),
    (
        r"swimming lessons?|courses?|class(?:es)?|lessons?|trainings?|workshops?",
        """
        do you have courses, when is the class, can i learn it here, how do i join a class, what does the course
        cost
        """,
    ),
    (
        r"guided tours?|tours?",
        """
        is there a tour, when is the next tour, can somebody show me around, how long is the tour
        """,
    ),
    (
        r"gift shop|shop|souvenirs?",
        """
        is there a shop, where can i buy something, do you sell souvenirs
        """,
    ),
    (
        r"vouchers?|gift cards?",
        """
        can i buy a voucher, do you have gift cards, i want to give it as a present
        """,
    ),
    (
        r"membership|members?|annual (?:ticket|pass)|season ticket",
        """
        how do i become a member, what does a membership cost, is there an annual ticket, how do i sign up
        """,
    ),
    (
        r"birthdays?",
        """
        can we have a birthday party here, my son has his birthday, do you do birthday parties
        """,
    ),
    (
        r"groups?|school class(?:es)?",
        """
        we are a group, can i come with a group, do you take school classes
        """,
    ),
    (
        r"phones? (?:silent|off|are|is)|switch off|phone calls|mobile phones",
        """
        can i use my phone, may i make a call, do i have to turn off my phone
        """,
    ),
    (
        r"charg(?:e|ing) (?:your|a|station|point)|sockets?|power outlets?",
        """
        where can i charge my phone, my battery is empty, is there a socket
        """,
    ),
    (
        r"drinking water|fountain|tap water|water dispenser",
        """
        where can i get water, i am thirsty, can i fill my bottle
        """,
    ),
    (
        r"quiet|silent|silence|noise",
        """
        where is it quiet, i need somewhere quiet, can i work in peace, is there a place without noise
        """,
    ),
    (
        r"copies|copy|print(?:s|er|ed|ing)?|scanner|scan",
        """
        can i print something, where is the printer, how much is a copy, can i make copies here, can i scan
        something
        """,
    ),
    (
        r"computers?",
        """
        can i use a computer, where are the computers, can i check my email, can i go on the internet here, how long
        may i use the computer
        """,
    ),
    (
        r"donat\w+|old (?:books|clothes|things)|used (?:books|clothes)",
        """
        can i give you my old things, do you take donations, where do i leave donations, i want to donate something
        """,
    ),
    (
        r"late (?:fee|books?)|overdue|fines?",
        """
        it is late what do i pay, is there a fine, how much is the fine, i am too late with it, what do i owe
        """,
    ),
    (
        r"rent(?:al|ed)?|borrow\w*|lend|hire",
        """
        can i rent one, can i borrow one, how long can i keep it, what does it cost to rent
        """,
    ),
    (
        r"renew\w*|extend\w*|extension",
        """
        can i keep it longer, how do i extend it, can i renew it, i need it a bit longer
        """,
    ),
    (
        r"give back|bring back|return(?:s|ed)?",
        """
        where do i bring it back, how do i return it, can i give it back at night
        """,
    ),
    (
        r"complain\w*|complaints?|feedback",
        """
        who do i complain to, i am not happy, i want to complain
        """,
    ),
    (
        r"our address is|we are at|street \d+|\d+ \w+ (?:street|road|avenue|lane|square)",
        """
        where are you, what is your address, how do i find you, which street are you on
        """,
    ),
    (
        r"e-?mail|our (?:phone )?number is|call us",
        """
        how can i reach you, what is your phone number, can i call you, do you have an email address
        """,
    ),
    (
        r"doctor|dr|physician|dentist|nurse",
        """
        which doctor do i see, who is the doctor, who will treat me
        """,
    ),
    (
        r"director|manager|head of|mayor|in charge",
        """
        who is in charge here, who runs this place, who is the boss
        """,
    ),
    (
        r"jobs?|vacanc(?:y|ies)|apprentic\w+|hiring",
        """
        do you have a job for me, are you hiring, can i work here
        """,
    ),
    (
        r"record(?:ed|ing)?|microphone|listening",
        """
        are you recording me, is somebody listening, what happens with what i say
        """,
    ),
    (
        r"fire alarm|assembly point|evacuat\w+|emergency exit",
        """
        what do i do when the alarm goes off, where is the emergency exit, what if there is a fire
        """,
    ),
    (
        r"identity card|id card|passport|photo id|proof of",
        """
        what do i have to bring, which papers do i need, do i need my id
        """,
    ),
    (
        r"rooms? (?:\w+ )?(?:holds?|for \w+ people)|meeting rooms?|conference rooms?",
        """
        can i book a room, do you have a room for a group, how many people fit in, is there a room where we can meet
        """,
    ),
)

SUBJECTS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(rf"\b(?:{pattern})\b"), tuple(" ".join(question.split()) for question in asked.split(",")))
    for pattern, asked in _ASKED
)
"""what a statement, in lower case, must hold, and the questions"""
