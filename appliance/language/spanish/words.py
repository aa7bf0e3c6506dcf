"""Spanish words by what they do in a sentence, and their stems. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from appliance.language.spanish.dates import MONTHS, WEEKDAYS
from appliance.language.spanish.numbers import CARDINALS, ORDINALS
from appliance.language.spanish.tokens import tokens

FUNCTION_WORDS = frozenset(
    """a al ante antes aquel aquella aqui asi aun bajo cada como con cual cuales cuando cuanta cuantas cuanto cuantos de
    del desde despues donde durante e el ella ellas ellos en entre era es esa ese eso esos esta estaba estan estar este
    esto estos estoy fue ha han hasta hay he la las le les lo los mas me mi mis muy nos nosotros o os para pero por
    porque pues que quien quienes se sea ser si sin sobre son su sus tambien te tiene tienen tengo tu tus u un una unas
    uno unos usted ustedes va voy y ya yo puedo puede pueden podria hace hacen hacer""".split()
)
"""Words without content of their own, as tokens."""

PHRASING = frozenset(
    """abierto abierta ayuda bien bienvenido buenas buenos claro conocer cuesta cuestan decir dia dias diga digame
    encuentra encontrar gracias gustaria hola llamar llamo llegar mostrar necesito nombre numero perdon precio queda
    quiero quisiera saber siento tardes noches ver""".split()
)
ASSERTING = PHRASING & {"abierto", "abierta", "numero", "llamar"}

NEGATIONS = frozenset(
    "no nunca jamas nada nadie ningun ninguna ninguno sin tampoco cerrado cerrada excepto salvo".split()
)
AFFIRMING = frozenset({"si", "claro"})

COLORS = frozenset("rojo roja amarillo amarilla verde azul naranja blanco blanca negro negra gris rosa".split())

CRITICAL: frozenset[str] = (
    frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | NEGATIONS
    | COLORS
    | frozenset("hoy manana ayer diario".split())
    | frozenset(
        """izquierda derecha detras enfrente junto entre arriba abajo planta sotano norte sur este oeste dentro fuera
        primera segunda tercera cuarta quinta cerca""".split()
    )
)

ANSWERING = frozenset(
    """si no vale claro bueno bien perfecto correcto exacto exactamente cierto nunca quiza quizas acaso supongo creo
    gracias favor eh em mm pues desde luego supuesto acuerdo""".split()
)

NUMBERED = frozenset("sala habitacion planta puerta mostrador consulta ventanilla linea autobus anden numero".split())

MEASURES: Mapping[str, str] = {
    **dict.fromkeys(("€", "euro", "euros"), "euro"),
    **dict.fromkeys(("$", "dolar", "dolares"), "dollar"),
    **dict.fromkeys(("centimo", "centimos"), "cent"),
    **dict.fromkeys(("minuto", "minutos", "min"), "minute"),
    **dict.fromkeys(("hora", "horas", "h"), "hour"),
    **dict.fromkeys(("dia", "dias"), "day"),
    **dict.fromkeys(("semana", "semanas"), "week"),
    **dict.fromkeys(("mes", "meses"), "month"),
    **dict.fromkeys(("ano", "anos"), "year"),
    **dict.fromkeys(("metro", "metros", "m"), "meter"),
    **dict.fromkeys(("kilometro", "kilometros", "km"), "kilometer"),
    "%": "percent",
}

_ENDINGS = re.compile(
    r"(?<=\w{3})(?:amente|aciones|acion|adas|ados|ada|ado|idas|idos|ida|ido|ando|iendo|ones|es|as|os|[aeos])$"
)


_COMMONER = re.compile(r"\b(?:wáter|váter|water|retrete|lavabo|excusado)\b", re.IGNORECASE)


def stem(word: str) -> str:
    """A crude stem, which is the same for "cerrado", "cerrada" and "cerradas"."""
    return _ENDINGS.sub("", word)


def commoner(text: str) -> str:
    """A text with common words for less common ones; the text itself where it has none of them."""
    return _COMMONER.sub("aseo", text)


def content_words(text: str) -> list[str]:
    """Words that carry meaning: no function words, figures or marks."""
    return [
        word
        for word in tokens(text)
        if word[0].isalpha() and word not in FUNCTION_WORDS and word not in CARDINALS and word not in ORDINALS
    ]
