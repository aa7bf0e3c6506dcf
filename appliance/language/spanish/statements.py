"""Words that turn a statement into another one though its content stays the same, for the check of replies; as tokens,
without accents. Pure."""

from __future__ import annotations

from collections.abc import Mapping

STATING = frozenset(
    """antes bajo cada desde despues durante entre hasta mas menos mismo misma muy otra otro sobre tambien todo toda
    todos todas ya""".split()
)
DIVIDING = frozenset({"y", "e", "o", "u", "pero", "mientras"})
NEGATING = frozenset("no nunca jamas nada nadie ningun ninguna ninguno sin tampoco excepto salvo menos ni".split())
LIMITING = frozenset("solo solamente unicamente excepto salvo sin si pero menos".split())
EXCEPTING = frozenset({"pero", "excepto", "salvo", "menos"})
CONDITIONS = frozenset("si despues cuando antes en para por durante".split())
RELATIONS = frozenset(
    """junto detras enfrente izquierda derecha entre encima debajo cerca dentro fuera frente lado final
    arriba abajo""".split()
)
RANGES: Mapping[str, str] = {
    **dict.fromkeys(("desde", "de", "despues"), "from"),
    **dict.fromkeys(("a", "hasta", "antes"), "to"),
}
MODALS: Mapping[str, str] = {
    **dict.fromkeys(("puede", "pueden", "puedes", "podria", "permitido", "permite"), "may"),
    **dict.fromkeys(("debe", "deben", "debes", "deberia", "obligatorio", "necesita", "necesitan"), "must"),
}
PRONOUNS = frozenset("ella ellos ellas esto esta estan este eso es son lo su sus usted se ambas ambos".split())
JOINING = frozenset({"de", "del", "la", "el", "los", "las", "para", "un", "una"})
RATES = frozenset("la el por al cada".split())
NARROWING = frozenset("menores mayores menos mas hasta".split())
ARTICLES = frozenset("un una el la los las su sus".split())
OF = frozenset({"de", "del"})
PRICING = frozenset("cuesta cuestan precio paga pagan vale valen".split())
AGREEING = frozenset("si claro exacto correcto por supuesto desde luego ciertamente".split())
REFUSING = frozenset({"no"})
UNDER_NEGATION = frozenset("nada nadie ningun ninguno ninguna nunca".split())
LETTERS = frozenset("áéíóúüñ¡¿")

NOTHING = frozenset({"nada", "nadie", "ninguno", "ninguna"})
"""Negations that are answers themselves"""

SAME: Mapping[str, str] = {
    **dict.fromkeys(("aseo", "aseos", "bano", "banos", "servicios"), "servicio"),
    **dict.fromkeys(("empieza", "empiezan"), "comienza"),
    **dict.fromkeys(("nino", "nina", "ninas"), "ninos"),
}
"""Words that say the same as another in any statement"""
