"""Spanish answers to yes-or-no questions, without accents. Pure.

``=`` stands for a value as it was read back, ``#`` for another one (``confirmation.SAME`` and ``OTHER``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

LISTS: Mapping[str, Sequence[str]] = {
    "good": (
        *("bien", "correcto", "perfecto", "exacto", "estupendo", "genial", "vale", "cierto", "bueno", "fenomenal"),
        "(muy|todo|esta|esta todo|esta muy|todo esta) bien",
    ),
    "it": ("eso", "esto", "asi", "todo"),
    "task": ("la", "lo", "eso", "la cita", "mi cita", "la mia", "esa"),
}

AGREEING: Sequence[str] = (
    "si|sip|claro|vale|de acuerdo|por supuesto|desde luego|okay|okey|ok|venga|aja|efectivamente|naturalmente|como no",
    "claro que si|si claro|por supuesto que si|eso es|asi es|es correcto|me parece bien|me viene bien|esta bien asi",
    "{good}",
    "{it} (es|esta|me parece|me viene) {good}",
    "(hagalo|hazlo|adelante|proceda|confirmo|confirmado|confirmelo|confirmalo|hecho|trato hecho)",
    "(lo|la) (quiero|confirmo|acepto)",
    "estoy (de acuerdo|conforme|seguro|segura)",
    "(no hay|ningun|sin) problema",
    "no me importa",
)
"""Each of these alone agrees."""

TASK_AGREEING: Sequence[str] = ("[por favor|si] {verb} [{task}]",)
VERB_AGREEING: Sequence[str] = ()
SAFE_VERB_AGREEING: Sequence[str] = ()
SAFE_VERB_COURTESIES: Sequence[str] = ()
CALL_AGREEING: Sequence[str] = ("[por favor] (llame|llama|avise|avisa) [a alguien|a una persona]",)

COURTESIES: Sequence[str] = (
    "por favor|gracias|muchas gracias|senor|senora|senorita|entonces|pues|ya|ahora|ahora mismo|mismo|amable|muy amable",
    "[a el|a las|a la|el|la|con|para|de|a nombre de|es] =",
    "= (me viene|esta|me parece|va) {good}",
)
"""Go with an agreement, and are none."""

VERBS: Mapping[str, Sequence[str]] = {
    "reservo": ("reserve", "reserva", "reservela", "reservala", "reservemela", "apunteme", "apuntela"),
    "cambio": ("cambie", "cambia", "cambiela", "cambiala", "muevala"),
    "cancel": ("cancele", "cancela", "cancelela", "cancelala", "anule", "anula", "anulela", "anulala"),
    "call": ("llame", "llama", "avise", "avisa"),
}
WISHED: Mapping[str, Sequence[str]] = {
    "cambio": ("cambiarla", "cambiarlo", "moverla", "aplazarla", "cambie", "cambiela", "cambiala"),
    "cancel": ("cancelarla", "cancelarlo", "anularla", "cancele", "cancelela", "cancelala", "anulela"),
}
WISHES_TO = re.compile(
    r"^(?:(?:eh|em|no|si|vale|pero|y|mejor|perdon|espere|por favor|quiero|querria|quisiera|prefiero|puedo|puede|podria|"
    r"en realidad) )*(?P<verb>cambi\w+|mover\w+|aplazar\w+|cancel\w+|anul\w+)\b"
)
LATER_ON = re.compile(r"\b(?:mas tarde|despues|luego|si|hasta cuando)\b")
ASKS_CHANCE = re.compile(
    r"(?:(?:y|pero|no|mejor) )*(?:es|seria) (?:todavia )?posible "
    r"(?P<verb>(?:cambi|mov|aplaz|cancel|anul)\w+)(?: por favor)?"
)
WISHES_OTHERWISE = re.compile(
    r"^(?:(?:eh|em|no|si|vale|pero|y|o|mejor|perdon|espere|quiza|quizas|por favor) )*(?:puedo|podria|puede|"
    r"podriamos|quiero|"
    r"querria|quisiera|prefiero) (?:venir|ir|tenerla|ponerla|ponermela|tener)\b(?!.*\b(?:no|cancel\w*|anul\w*)\b).*"
    r"\b(?:en (?:su )?lugar|en vez|otro dia|otra hora|mas tarde|mas temprano|antes)\b"
)
TO_MOVE = "cambiarla"
MOVE = "cambio"
TURNS_TO_YES = re.compile(r"\bsi(?: (?:por favor|gracias|perdon))*$")
KEEPS_OLD = re.compile(
    r"\b(?:dejelo|dejela|dejalo|dejala|dejemosla|mantenga|mejor) (?:como (?:esta|estaba)|la (?:antigua|de antes|"
    r"original|anterior))\b(?!.*[#=])"
)
NO_REFUSAL = re.compile(
    r"^(?:(?:eh|pues|no|si) )*(?:(?:no hay )?nada que (?:cambiar|corregir)|sin cambios|ningun cambio|"
    r"no hay que cambiar nada|no tengo (?:mas remedio|otra opcion))$"
)
KEEPS = re.compile(r"\b(?:si que )?(?:voy a ir|ire|vendre|voy a venir)(?: al final| de todos modos)?$")
BARRED = re.compile(r"\bno (?:voy a poder|puedo|podre) (?:ir|venir|acudir)\b")
AGREEING_ALONE: frozenset[tuple[str, ...]] = frozenset({("por", "favor")})
NOT_PLAIN: frozenset[tuple[str, ...]] = frozenset({("ya",), ("bueno",), ("bueno", "pues")})
CLOSING: Sequence[tuple[str, ...]] = (("gracias",), ("senor",), ("senora",), ("por", "favor"), ("muchas",))
HESITATION = frozenset("eh em mm ah oh pues bueno".split())
SECOND_HALVES: frozenset[str] = frozenset()
TAGS = frozenset({"no", "verdad", "si", "correcto", "vale"})

_LEAD = r"^(?:(?:eh|em|ah|pues|bueno|y|pero|si|no|vale|perdon|espera|por favor|oiga|mejor) )*"

GIVES_UP = re.compile(
    r"\b(?:dejalo|dejelo|dejemoslo|olvidalo|olvidelo|da igual ya|ya no (?:hace falta|importa)|"
    r"no quiero (?:nada|seguir|ninguna|una cita|cita)|me (?:lo )?he arrepentido|he cambiado de idea|"
    r"otro dia (?:mejor|quizas|tal vez)?$|no gracias|nada gracias|me voy|tengo que irme|callate|silencio)\b"
    rf"|{_LEAD}(?:para|pare|basta|alto|fin|termina|termine|salir)(?: ya| por favor)*$"
)
ABOUT_LATER = re.compile(r"^(?:y |pero )*(?:puedo|podria|se puede|que pasa si|como puedo)\b")
RETHINKS = re.compile(r"\b(?:he cambiado de idea|me (?:lo )?he arrepentido|pensandolo (?:bien|mejor))\b")
NOT_WANTED = re.compile(r"\bya no (?:la |lo )?(?:quiero|necesito)\b|\bno (?:quiero|necesito) (?:la|esta|esa) cita\b")
SAYS_INSTEAD = re.compile(
    rf"{_LEAD}(?:dejelo|dejalo|olvidelo|olvidalo|cancelelo|cancela eso|olvide eso)(?: (?:y|que|mejor|quiero|prefiero|"
    r"pongame|digo|el|a|las|la|para|con))+ #"
)
CANCELS = re.compile(rf"{_LEAD}(?:quiero |puede |puedes )?(?:cancela|cancele|cancelar|anula|anule|anular)\b")
ASKS = re.compile(
    rf"{_LEAD}(?:que|cual|quien|cuando|donde|como|cuanto|por que|es|esta|hay|puedo|puede|seria|tiene|ha dicho|dijo)\b"
    r"|= (?:no|verdad|si|correcto|dice|dijo)$|\?"
)
ASKS_ABOUT = re.compile(
    rf"{_LEAD}(?:que|cual|quien|cuando|donde|como|ha dicho|dijo|has dicho|dice|es)\b(?! (?:tal|hay))"
)
HESITATES = re.compile(r"^(?:eh+|em+|mm+|ah|oh|pues|bueno|a ver| )+$")
DOUBTS = re.compile(
    r"\b(?:quiza|quizas|tal vez|a lo mejor|puede ser|no (?:lo )?se|no estoy segur[oa]|supongo|creo que(?! no)|depende|"
    r"no me acuerdo|a ver|un momento|espera|espere|dejeme (?:pensar|ver)|tengo que (?:pensar|mirar|ver)|ni idea|"
    r"mas o menos|si y no)\b"
)
UNDECIDED = frozenset({"si y no", "quien sabe"})
REFUSES_FIRST = re.compile(
    r"\b(?:creo que no|claro que no|por supuesto que no|desde luego que no|de ninguna manera|para nada)\b"
    r"|^(?:eh |pues |bueno |ah |perdon )*no\b(?! (?:hay problema|(?:lo )?se\b|me acuerdo|estoy segur|me importa))|\bno$"
)
CORRECTS = re.compile(
    r"\b(?:quise decir|queria decir|quiero decir|mejor (?:el|a las|a la|con|otro|otra)|en vez de|en lugar de|sino|"
    r"(?:otro|otra|distinto|distinta) (?:dia|hora|fecha|nombre|medico|doctor|doctora)|cambi\w+ (?:el|la|eso)|"
    r"(?:mas|un poco mas) (?:tarde|temprano|pronto))\b"
)
REFUSES = re.compile(
    r"\b(?:no|nunca|tampoco|nada|ninguno|ninguna|mal|incorrecto|falso|equivocado|equivocada|error|imposible|ocupad[oa]|"
    r"salvo|excepto|sin|demasiado)\b"
)
