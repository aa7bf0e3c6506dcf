"""What visitors say in Spanish about a task under way and about what they have booked, in words without
accents. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from appliance.language.spanish.tokens import plain

_LEAD = r"(?:(?:eh|em|ah|oh|pues|bueno|si|no|vale|perdon|perdone|espera|por favor|oiga|y|pero|hola) )*"
_END = r"(?: (?:por favor|gracias|ahora|entonces|mejor))*"
_ASKS_FOR_TIME = re.compile(
    rf"{_LEAD}(?:un (?:momento|momentito|segundo|minuto)|espere(?: un (?:momento|segundo|minuto))?|"
    rf"(?:dejeme|deje que) (?:mirar|ver|pensar|buscar)(?:lo)?)(?: que \w+)?{_END}"
)
_CHANGED = re.compile(
    rf"{_LEAD}(?:(?:quiero|querria|quisiera|prefiero|puedo|podemos|mejor) )?(?:(?:cambiar|volver a(?:l)?|"
    r"corregir) (?:(?:el|la|mi) )?"
    rf"(?P<back>\w+)|(?:otro|otra) (?P<other>\w+)|(?:el|la) (?P<wrong>\w+) (?:esta mal|no es correct[oa])){_END}"
)
_ASKS_FREE = re.compile(rf"{_LEAD}(?:que|cuales) (?:horas?|dias?|citas?) (?:hay|tiene|tienen|quedan|estan)\b")
_OWN = re.compile(r"\b(?:mi|mis|nuestra|su) (?:\w+ )?(?:cita|citas|reserva)\b|\bnumero \w+")
_BESIDE_OWN = re.compile(
    rf"{_LEAD}(?:ya )?(?:tengo|tenemos|tiene) (?:ya )?(?:una|mi|la) (?:cita|reserva)(?: (?!pero|donde|cuando|"
    r"que|como|puedo)\w+)*"
    r"(?: (?P<rest>.*))?$"
)
_BARRED = re.compile(r"\bno (?:puedo|podemos) (?:ir|venir|acudir)\b|\b(?:cancelar|cambiar|anular|aplazar)\w*\b")
_LACKS = re.compile(rf"{_LEAD}(?:no tengo (?:cita|ninguna cita)|(?:necesito|hace falta|hay que pedir) cita)")
_VISIT = re.compile(
    rf"{_LEAD}(?:puedo|podemos|tengo que|debo) (?:llevar|traer|comer|beber|venir)\b.* (?:a|antes de) la cita$"
)
_NUMBER_AGAIN = re.compile(
    rf"{_LEAD}(?:(?:me )?(?:repite|repita|puede repetir|diga|dice)(?:me)? (?:el|mi) numero|cual (?:es|era) "
    r"(?:el|mi) numero)"
    r"(?: (?:otra vez|de nuevo|por favor|despacio|mas despacio))*"
)
_ANOTHER = re.compile(r"\b(?:otra cita|otra para|una mas|una para mi \w+ tambien)\b")
_LO_MISMO = re.compile(rf"{_LEAD}(?:lo mismo|la misma cita)(?: otra vez)? (?:dentro de|en|el|la semana)\b")
_MEANT = re.compile(rf"{_LEAD}(?:quise decir|queria decir|quiero decir|he dicho|dije|mejor)\b|^(?:no|perdon|perdone)\b")
_BETWEEN = r"(?:#|con|el|la|a|las|para|y|me llamo|soy)"
ORDERS = re.compile(
    rf"{_LEAD}(?:(?:quiero|querria|quisiera|reserveme|apunteme|deme|"
    rf"(?:puedo|podria|podemos|podriamos) (?:ver|pedir|reservar)) )?"
    rf"(?:{_BETWEEN} )*#(?: {_BETWEEN})*?"
    rf"(?P<name>(?: \w+){{2,3}})?{_END}"
)
WISHES = re.compile(rf"{_LEAD}(?:puedo|podria|podemos|podriamos) (?:ver|pedir|reservar)\b")
OWN = "tengo una cita"


def asks_for_time(text: str) -> bool:
    return bool(_ASKS_FOR_TIME.fullmatch(plain(text)))


def changed(text: str) -> str:
    found = _CHANGED.fullmatch(plain(text))
    return found["back"] or found["other"] or found["wrong"] if found else ""


def asks_free(text: str) -> bool:
    return bool(_ASKS_FREE.match(plain(text)))


def names_own(text: str) -> bool:
    return bool(_OWN.search(plain(text)))


def beside_own(text: str) -> str | None:
    found = _BESIDE_OWN.match(plain(text))
    return (found["rest"] or "") if found else None


def is_barred(text: str) -> bool:
    return bool(_BARRED.search(plain(text)))


def lacks_one(text: str) -> bool:
    return bool(_LACKS.fullmatch(plain(text)))


def asks_about_visit(text: str) -> bool:
    return bool(_VISIT.match(plain(text)))


def asks_number(text: str) -> bool:
    return bool(_NUMBER_AGAIN.fullmatch(plain(text)))


def wants_same(text: str) -> bool:
    return bool(_LO_MISMO.match(plain(text)))


def wants_another(text: str) -> bool:
    return bool(_ANOTHER.search(plain(text))) or wants_same(text)


def meant_otherwise(text: str) -> bool:
    return bool(_MEANT.match(plain(text)))


_CUAL = re.compile(
    rf"{_LEAD}(?:(?:cuando|a que hora|que dia|para cuando|con quien|que cita) (?:es|era|fue)(?: (?:la|mi|esa) cita)?|"
    rf"(?:es|era) (?:la|esa) (?:de|del|con)\b.*){_END}"
)
_LIBRE = re.compile(r"\b(?:libre|libres|disponible|disponibles|hueco|huecos|horas|citas)\b")
_OPUESTOS = re.compile(r"(?P<no>con|sin) (?:una? |el |la )?(?P<thing>[\w ]+)")
_MISMO_DIA = re.compile(r"\b(?:(?:el )?mismo dia|ese dia|justo (?:despues|antes))\b")
_CORRIGE = re.compile(rf"{_LEAD}(?:quise decir|queria decir|he dicho|dije|deberia ser|tendria que ser)\b")
_OTRO_NOMBRE = re.compile(rf"{_LEAD}(?:deberia ser|tendria que ser|tendria que haber sido)\b")
PREFERS = re.compile(
    rf"{_LEAD}(?:(?:eso |= |a esa hora )?(?:es|seria) (?:demasiado|muy) (?:pronto|temprano|tarde)|"
    r"(?:(?:el|la|a las|con) )?# (?:me )?(?:iria|vendria|seria|va|viene) mejor|"
    r"(?:ese|esa) no es (?:el|la|mi) (?:dia|hora|nombre)|(?:el|la) (?:dia|hora|nombre) (?:esta mal|no es correct[oa])|"
    rf"(?:mejor )?(?:un poco )?mas (?:tarde|temprano|pronto)){_END}"
)
_CAMBIA = re.compile(rf"{_LEAD}(?:puede|podria|puedes|podrias) (?:cambiarla|cambiarlo|ponerla|ponerlo|moverla) ")
_LO_DICHO = re.compile(
    rf"{_LEAD}(?:(?:que|a que|para que) (?:dia|hora)|cuando|con quien) "
    r"(?:he dicho|dije|es|era|tengo la cita)(?: por favor)?"
)
_CON_OTRA = re.compile(
    rf"{_LEAD}(?:quiero|quisiera|querria|necesito) (?P<verb>cancelar|anular|cambiar|mover|aplazar) (?:una|otra) "
    r"(?:cita|reserva)\b.*"
)
_RECUPERA = re.compile(
    rf"{_LEAD}(?:(?:puede|podria|quiero) )?(?:recuperarla|recuperela|recuperarlo|restaurarla|la quiero de vuelta|"
    r"la necesito(?: despues de todo)?|dejela como estaba)(?: por favor)?"
)
_OTRO = (
    re.compile(r"\bde # a (?P<wanted>#)"),
    re.compile(r"\bcambi\w+(?: \w+){0,3} (?:a|con|por) (?P<wanted>#)"),
    re.compile(r"\bcon (?P<wanted>#) en (?:su )?lugar\b"),
)
_DESHACE = re.compile(rf"{_LEAD}(?:deshaga|anule|anula|cancele|cancela|borre|quite) (?:eso|esto|esa|la cita){_END}")
_DESISTE = re.compile(
    rf"{_LEAD}(?:al final |ya )?(?:no (?:la|lo) (?:quiero|necesito)|he cambiado de (?:idea|opinion)|dejelo|dejalo|"
    rf"olvidelo|olvidalo|(?:ha sido|fue) un error|me he equivocado)(?: (?:al final|ya|despues de todo))?{_END}"
)
_ADEMAS = re.compile(
    rf"{_LEAD}(?:tambien |ademas )?(?:(?:quiero|necesito|querria) )?(?:otra (?:para|el|a las|tambien|mas)|una mas|"
    r"una (?:tambien|para mi \w+))\b"
)
_RESERVADO = re.compile(rf"{_LEAD}(?:que|cual) (?:cita )?(?:he reservado|acabo de reservar|reserve){_END}")
_OTRA = re.compile(r"\b(?:cita (?:vieja|antigua|anterior)|(?:la|mi) (?:vieja|antigua|otra|anterior))\b")
_NUMERO = re.compile(r"\bnumero (?:es )?(?:(?:cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|\d+) ?){3,}")


def asks_held(text: str) -> bool:
    return bool(_LO_DICHO.fullmatch(plain(text)))


def asks_which(text: str) -> bool:
    return bool(_CUAL.fullmatch(plain(text)))


def names_free(text: str) -> bool:
    return bool(_LIBRE.search(plain(text))) or asks_free(text)


def of_opposites(text: str, choices: Sequence[str]) -> str | None:
    read = [_OPUESTOS.fullmatch(plain(choice)) for choice in choices]
    found = {hit["no"]: choice for hit, choice in zip(read, choices, strict=True) if hit}
    if len(read) != 2 or len(found) != 2 or len({hit["thing"] for hit in read if hit}) != 1:
        return None
    said = plain(text)
    if re.fullmatch(rf"(?:no|sin|no (?:la|lo) (?:necesito|necesitamos|quiero)|no hace falta){_END}", said):
        return found["sin"]
    return found["con"] if re.fullmatch(rf"(?:si|con|claro|vale){_END}", said) else None


def on_same_day(text: str) -> bool:
    return bool(_MISMO_DIA.search(plain(text)))


def corrects(text: str) -> bool:
    return bool(_CORRIGE.match(plain(text)))


def names_anew(text: str) -> bool:
    return bool(_OTRO_NOMBRE.match(plain(text)))


def asks_change(text: str) -> bool:
    return bool(_CAMBIA.match(plain(text)))


def wishes_with_another(text: str) -> str:
    found = _CON_OTRA.fullmatch(plain(text))
    return found["verb"] if found else ""


def restores(text: str) -> bool:
    return bool(_RECUPERA.fullmatch(plain(text)))


def wishes_other(said: str) -> int | None:
    found = next((hit for pattern in _OTRO if (hit := pattern.search(said))), None)
    return said.count("#", 0, found.start("wanted")) if found else None


def undoes(text: str) -> bool:
    return bool(_DESHACE.fullmatch(plain(text)))


def withdraws(text: str) -> bool:
    return bool(_DESISTE.fullmatch(plain(text)))


def adds_another(text: str) -> bool:
    return bool(_ADEMAS.match(plain(text)))


def asks_booked(text: str) -> bool:
    return bool(_RESERVADO.fullmatch(plain(text)))


def names_other(text: str) -> bool:
    return bool(_OTRA.search(plain(text)))


def numbered(text: str) -> str:
    found = _NUMERO.search(plain(text))
    return found[0].strip() if found else ""


SEES = re.compile(rf"{_LEAD}(?:me puede ver|puede verme|podria verme) (?:el doctor|la doctora)\b")
