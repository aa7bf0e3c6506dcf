"""English: its words, numbers, dates, names and spoken forms."""

from __future__ import annotations

from appliance.language import Language
from appliance.language.english import (
    answer_kinds,
    answers,
    appointments,
    comparisons,
    dates,
    day_windows,
    drafts,
    emergencies,
    follow_ups,
    hours,
    intents,
    names,
    normalise,
    numbers,
    recall,
    sentences,
    shifts,
    site_grammar,
    slots,
    statements,
    tasks,
    time_windows,
    words,
)
from appliance.language.english.addresses import text_value
from appliance.language.english.contractions import expanded, full_words
from appliance.language.english.phonetics import likeness, name_likeness
from appliance.language.english.pleasantries import PLEASANTRIES
from appliance.language.english.replies import PHRASES, REPLIES
from appliance.language.english.tokens import tokens

ENGLISH = Language(
    tag="en-US",
    espeak_voice="en-us",
    fts5_tokenizer="porter unicode61",
    tokens=tokens,
    full_words=full_words,
    expanded=expanded,
    likeness=likeness,
    name_likeness=name_likeness,
    text_value=text_value,
    words=words,
    statements=statements,
    numbers=numbers,
    dates=dates,
    time_windows=time_windows,
    day_windows=day_windows,
    shifts=shifts,
    names=names,
    intents=intents,
    tasks=tasks,
    questions=answer_kinds,
    drafts=drafts,
    follow_ups=follow_ups,
    comparisons=comparisons,
    answers=answers,
    slots=slots,
    hours=hours,
    emergencies=emergencies,
    recall=recall,
    sentences=sentences,
    speech=normalise,
    grammar=site_grammar,
    appointments=appointments,
    replies=REPLIES,
    pleasantries=PLEASANTRIES,
    phrases=PHRASES,
)
