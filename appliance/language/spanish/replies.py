"""What the appliance says of itself in Spanish, and phrases of visitors that a site need not list."""

from __future__ import annotations

from appliance.language.parts import Phrases, Replies

REPLIES = Replies(
    goodbye="Adiós.",
    called="Por supuesto. Aviso a alguien del personal.",
    not_called="Desde aquí no puedo llamar a nadie. Por favor, pregunte al personal.",
    no_input=("¿Sigue ahí?", "¿Puedo ayudarle en algo más?"),
    no_match=("Perdone, no le he entendido. ¿Puede repetirlo?",),
    filler="Un momento, por favor.",
    unknown="Eso no lo sé. ¿Llamo a alguien que lo sepa?",
    failed="Perdone, algo ha fallado. Por favor, pregunte al personal.",
    out_of_order="Ahora no puedo hablar con usted. Por favor, pregunte al personal.",
    not_known="Eso no lo sé.",
    rest_unknown="Lo otro no lo sé. ¿Llamo a alguien que lo sepa?",
    no_simpler="Solo sé decirlo así:",
    kept_nothing="Nada de lo que dice va a internet. Solo se guarda lo que me pida reservar.",
    kept_encrypted="Nada de lo que dice va a internet. Se guarda aquí {days} días, cifrado.",
    kept_in_log="Nada de lo que dice va a internet. Queda en un registro de esta casa.",
    ask_me="Pregúnteme, por ejemplo:",
    or_say="O diga:",
    not_needed="De acuerdo. ¿Puedo ayudarle en algo más?",
    what_else="¿Qué puedo hacer por usted?",
    not_changed="Desde aquí no puedo cambiarlo.",
    one_at_a_time="Una cosa después de otra, por favor.",
    stopped="De acuerdo, no he hecho nada. ¿Algo más?",
    all_right="De acuerdo.",
    change="¿Qué cambio?",
    meant="¿Se refiere a:",
    or_meant="¿O se refiere a:",
    which_one="¿Cuál quiere decir?",
    asked="Usted ha preguntado: {question}",
    value_meant="¿Quiere decir {value}?",
    again="Perdone, no le he entendido.",
    later="Me lo puede decir más tarde.",
    spell="También puede deletrearlo.",
    shall_call="¿Llamo a alguien que pueda ayudarle?",
    which_offer="¿Cuál prefiere?",
    one_offer="¿Le viene bien?",
    first_offer="Lo primero que hay libre: {values}.",
    keeps_choice="Solo puedo cambiarla a otro día o a otra hora. Para {value}, cancélela y pida una nueva.",
    cancelled_for_good="No puedo recuperarla, pero puedo reservar una nueva.",
    last_offer="Lo último que hay libre: {values}.",
    free_then="Entonces hay libre, {values}: {times}.",
    free_then_too="Entonces hay libre, entre otras horas, {values}: {times}.",
    now_asked="Sigamos. {question}",
    role="Eres {name}, {role}.",
)

PHRASES = Phrases(
    person=("hablar con una persona", "hablar con alguien", "una persona por favor"),
    stop=("para", "pare", "basta", "no", "espera", "espere", "un momento", "silencio"),
    backchannels=(
        *("mm", "mmm", "ajá", "aja", "eh", "ah", "oh", "sí", "si", "ya", "vale", "claro", "bien", "muy bien"),
        *("bueno", "de acuerdo", "perfecto", "exacto", "gracias", "entiendo", "ya veo", "okay", "ok"),
    ),
    agree="sí",
    refuse="no",
)
