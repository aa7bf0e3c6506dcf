"""Small talk in Spanish, as any place may answer it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from appliance.language.parts import Pleasantry

PLEASANTRIES: Sequence[Pleasantry] = (
    Pleasantry("greeting", ("hola", "buenos días", "buenas tardes"), "Hola. ¿En qué puedo ayudarle?"),
    Pleasantry("thanks", ("gracias", "muchas gracias"), "De nada. ¿Algo más?"),
    Pleasantry(
        "how_are_you",
        ("cómo está", "cómo estás", "qué tal", "qué tal el día"),
        "Muy bien, gracias. ¿En qué puedo ayudarle?",
    ),
    Pleasantry(
        "who_are_you",
        ("quién eres", "quién es usted", "eres un robot", "es usted una persona", "cómo te llamas", "qué eres"),
        "Soy {name}, {role}. Soy un ordenador.",
    ),
    Pleasantry(
        "what_can_you_do",
        ("qué puedes hacer", "en qué me puede ayudar", "qué puedo preguntar", "qué sabes", "cómo funciona esto"),
        "Respondo a preguntas sobre {site}. {examples}",
    ),
    Pleasantry(
        "privacy",
        ("me estás grabando", "se graba esto", "qué hace con lo que digo", "quién me escucha", "esto es privado"),
        "{kept}",
    ),
    Pleasantry(
        "joke",
        ("cuéntame un chiste", "sabes algún chiste", "di algo gracioso", "hazme reír"),
        "¿Qué le dice un pez a otro? Nada.",
    ),
    Pleasantry(
        "weather",
        (
            "qué buen tiempo hace",
            "qué calor hace hoy",
            "qué frío hace",
            "está lloviendo otra vez",
            "qué día tan bonito",
        ),
        "Desde aquí no veo la calle. ¿Puedo ayudarle en algo?",
    ),
    Pleasantry(
        "worry",
        ("estoy muy nervioso", "estoy nerviosa por mañana", "tengo miedo", "estoy preocupada", "me siento solo"),
        "Lo siento. Si quiere hablar con una persona, dígamelo.",
    ),
    Pleasantry(
        "praise",
        ("eres muy amable", "muy bien hecho", "qué listo eres", "me has ayudado mucho"),
        "Gracias, muy amable. ¿Algo más?",
    ),
    Pleasantry(
        "blame",
        ("eres tonto", "no entiendes nada", "no sirves para nada", "eso no es lo que pregunté"),
        "Lo siento. Dígalo con otras palabras, o pida hablar con una persona.",
    ),
    Pleasantry(
        "listening",
        ("me oyes", "está ahí", "me está escuchando", "hay alguien ahí"),
        "Sí, le oigo. ¿En qué puedo ayudarle?",
    ),
)
