"""Spanish: enough to hold a conversation in writing and to build on.

Words are compared without accents (``words.Tokens``), so the tables are written without them; what is said has them.
No site may choose it yet (``offered``): there are no ears, no voice and no retrieval by meaning for it.
"""

from __future__ import annotations

from appliance.language import Language
from appliance.language.spanish import (
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
from appliance.language.spanish.phonetics import likeness, name_likeness
from appliance.language.spanish.pleasantries import PLEASANTRIES
from appliance.language.spanish.replies import PHRASES, REPLIES
from appliance.language.spanish.tokens import expanded, full_words, text_value, tokens

SPANISH = Language(
    tag="es-ES",
    espeak_voice="es",
    fts5_tokenizer="unicode61 remove_diacritics 2",
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
