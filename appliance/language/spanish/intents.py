"""What a visitor's Spanish words do in a conversation: good-bye, thanks, a person please, a step back. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz

from appliance.language.parts import Courtesy, Leap, LeftOpen
from appliance.language.spanish.tokens import plain, tokens
from appliance.language.words import plain_words

_BEGINNING = r"^(?:(?:eh|em|no|si|vale|bueno|espera|perdon|por favor|podemos|puedes|puede|quiero|vamos a|solo) )*"
_BACK = re.compile(rf"{_BEGINNING}(?:volver|volvamos|vuelve|vuelva|ir|un paso) (?:un paso )?(?:hacia )?atras$|^atras$")
_START_AGAIN = re.compile(
    rf"{_BEGINNING}(?:(?:empezar|empecemos|empieza|empiece|comenzar) (?:otra vez|de nuevo|desde el principio)|"
    r"(?:otra vez )?desde el principio)$"
)
_DO_NOT_KNOW = re.compile(r"\bno (?:lo )?(?:se|recuerdo|me acuerdo|tengo (?:el|ese|ningun) numero)\b|\bni idea\b")
_NO_MATTER = r"(?:(?:me |nos )?(?:da|es) (?:igual|lo mismo)|no (?:me |nos )?importa|no tengo preferencia|tanto me da)"
_OPEN: Mapping[LeftOpen, re.Pattern[str]] = {
    "soonest": re.compile(
        r"\b(?:lo antes posible|cuanto antes|lo mas pronto(?: posible)?|lo mas temprano(?: posible)?|en seguida|"
        r"lo primero que (?:tenga|tengan|haya)|"
        r"(?:el|la) primer[ao]? (?:cita |hora |hueco |dia )?(?:libre|que (?:haya|tenga|tengan)|disponible|posible))\b"
    ),
    "choice": re.compile(
        r"\b(?:cualquier (?:medico|medica|doctor|doctora|dentista)|cualquiera de (?:ellos|los dos|los tres|ellas)|"
        r"quien (?:sea|este libre|tenga (?:hora|tiempo|hueco)|pueda)|(?:el|la) que (?:este libre|pueda|tenga hueco)|"
        rf"{_NO_MATTER} (?:con )?(?:quien|(?:que|cual|el|la) (?:medico|doctor|doctora|medica|dentista)))\b"
    ),
    "date": re.compile(
        rf"\b(?:cualquier dia|cuando (?:sea|quiera|pueda|haya)|{_NO_MATTER} (?:cuando|(?:que|el) dia))\b"
    ),
    "time": re.compile(
        r"\b(?:(?:a )?cualquier hora|a la hora que sea|cuando (?:sea|quiera|pueda|haya)|"
        rf"{_NO_MATTER} (?:cuando|(?:a )?(?:que|la) hora))\b"
    ),
    "asked": re.compile(
        rf"\b(?:cualquiera|{_NO_MATTER}|lo mismo|(?:el|la|lo) que sea|como (?:quiera|prefiera|usted diga)|"
        r"(?:elija|decida|escoja) (?:usted|tu)|(?:usted|tu) (?:elige|decide|elija|decida)|lo que haya)\b"
    ),
}
"""Words by which a visitor leaves something to the appliance"""
_NOT_OPEN = re.compile(r"\b(?:no (?:quiero|con|a)|sin) (?:cualquiera?|ninguno)\b")
_TAKEN_BACK = re.compile(
    r"(?<=\w) (?:(?:no|espere|espera|perdon|pero) )*(?:mejor no|no no|no espere|no espera|dejelo|dejalo|olvidelo|"
    r"olvidalo|no lo haga|he cambiado de idea)(?: por favor| gracias)*$"
)
_REFUSED_TASK = re.compile(
    r"^(?:(?:eh|em|pues|bueno|no|hola|perdon|por favor|oiga|mire) )*"
    r"(?:(?:yo |mi \w+ )?no (?:quiero|quiere|queria|necesito|necesita|pido|vengo a)"
    r" (?:un|una|ningun|ninguna|otro|otra|(?!ir|venir|esperar)\w+r)|"
    r"no (?:me )?(?:reserve|cancele|anule|cambie|mueva|haga|pida|llame)s?)\b"
    r"(?P<object>(?: (?!(?:pero|solo|sino|quiero|queria|donde|cuando|como|que|quien|puedo|puede|hay)\b)\w+)*)"
    r"(?P<rest>.*)$"
)
_GOODBYE = re.compile(r"\b(?:adios|hasta (?:luego|pronto|manana|la vista|otra)|chao|nos vemos|buen dia)\b")
_NO_GOODBYE = re.compile(
    r"\b(?:no|nunca|sin) (?:me |te |le )?(?:dig\w+|decir|quiero decir) adios|\badios (?:todavia|aun) no|"
    r"\badios (?:\w+ )?(?:donde|cuando|como|cuanto)\b|\botra pregunta\b"
)
_NOTHING_MORE = re.compile(r"\b(?:nada mas|eso es todo|es todo|ya esta|ya esta todo)\b")
_THANKS = re.compile(r"\b(?:(?:muchas |mil )?gracias|se lo agradezco)\b")
_GREETING = re.compile(r"^(?:hola|buenos dias|buenas tardes|buenas noches|buenas)\b")
_HOW_ARE_YOU = re.compile(r"\b(?:que tal(?: esta| estas)?|como (?:esta|estas|te va|le va))$")
_SMALL = frozenset(
    """eh em mm pues bueno vale si no claro muy amable muchas y por favor todo usted a ti luego entonces ya perfecto
    estupendo genial senor senora hoy ha sido de nada eso es""".split()
)
_PERSON = re.compile(
    r"\b(?:hablar|pongame|ponme|paseme|pasame|comunicar\w*|atien\w+) (?:\w+ )?con (?:alguien|una persona|un humano|"
    r"un operador|una operadora|un empleado|un companero|una recepcionista|recepcion|el personal|una enfermera)\b|"
    r"\b(?:persona|humano) (?:de verdad|real)\b|"
    r"\bllam\w+ a (?:alguien|nadie|una persona|un companero|una enfermera)\b"
)
_MENTIONED = re.compile(
    r"\b(?:eres|es usted|estoy hablando|hablo|pareces|parece|pense que|crei que|hay (?:una persona|un humano) .* "
    r"detras|"
    r"soy|mi \w+ es) (?:\w+ ){0,3}?(?:persona|humano|del personal)\b|\bhablo con (?:una persona|un humano)\b"
)
_NO_PERSON = re.compile(r"\b(?:no|nunca|sin|tampoco)(?: \w+){0,3}$")
_ASKS_SOMETHING = re.compile(r"\b(?:solo (?:quiero|quisiera|digame|dime)|digame|dime|donde|cuando|cuanto|hay)\b.+")
_QUESTION = re.compile(
    r"^(?:(?:y|pero|bueno|eh|hola|perdon|perdone|oiga|por favor|buenos dias|buenas tardes)[, ]+)*"
    r"(?:(?:a|en|de|por|con|para|desde|hasta) )?"
    r"(?:que|quien|quienes|cual|cuales|donde|adonde|cuando|como|cuanto|cuanta|cuantos|cuantas|hay|esta|estan|tienen|"
    r"puedo|se puede|me puede decir|sabe|abren|cierran)\b"
)
_GOES_ON = re.compile(r"^y (?!(?:ya|eso) )|^que (?:hay|pasa) de\b")
_REFERS = re.compile(r"\b(?:eso|ahi|alli|ella|ello|ese|esa)\b|^(?:y )?(?:esta|abre|cierra|cuesta|abren|cierran)\b")
_DANGLING = frozenset(
    """un una unos unas el la los las mi su a en de del al con por para y o pero porque si que quien donde cuando como
    es son eh em doctor doctora senor senora""".split()
)
_DICTATED = re.compile(
    r"[a-zñ]|\d+|cero|uno|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|doble|punto|arroba|guion",
)
_LIKE_A_PHRASE = 90
"""likeness, of 100, from which a phrase of 12 letters or more was probably said"""


def _beside_courtesy(text: str) -> list[str]:
    rest = _GREETING.sub(" ", _THANKS.sub(" ", text).strip())
    return [word for word in rest.split() if word not in _SMALL]


def leap(text: str) -> Leap | None:
    """Whether the visitor wants to go back a step in a task, or to begin it anew."""
    said = plain(text)
    if _START_AGAIN.search(said):
        return "start_again"
    return "back" if _BACK.search(said) else None


def does_not_know(text: str) -> bool:
    """Whether the visitor cannot answer what was asked."""
    return bool(_DO_NOT_KNOW.search(plain(text)))


def takes_back(text: str) -> bool:
    """Whether the end of the words takes back all that was said before: "llame a una enfermera no mejor no"."""
    return bool(_TAKEN_BACK.search(plain(text)))


def beside_refusal(text: str) -> str | None:
    """What is said beside a task that the visitor does not want: "no quiero una cita solo saber dónde está el café".
    None where the words refuse none."""
    refused = _REFUSED_TASK.match(plain(text))
    return refused["rest"].strip() if refused else None


def leaves_open(text: str) -> frozenset[LeftOpen]:
    """What the visitor leaves to the appliance: "el que esté libre", "cualquier día", "lo antes posible"."""
    said = plain(text)
    if _NOT_OPEN.search(said):
        return frozenset()
    found = {what for what, pattern in _OPEN.items() if pattern.search(said)}
    # "Me da igual qué día" leaves the day open, whatever was asked for.
    return frozenset(found - {"asked"} or found)


def says_goodbye(text: str) -> bool:
    """Whether the conversation is over: a good-bye and hardly anything else, and no question."""
    said = plain(text)
    if asks_question(text) or "?" in text or _NO_GOODBYE.search(said):
        return False
    rest, found = _GOODBYE.subn(" ", said)
    if found:
        return len(_beside_courtesy(rest)) <= 2
    rest, found = _NOTHING_MORE.subn(" ", said)
    return bool(found) and not _beside_courtesy(rest)


def before_goodbye(text: str) -> str:
    """What was said beside a good-bye."""
    return " ".join(_GOODBYE.sub(" ", plain(text)).split())


def holds_goodbye(text: str) -> bool:
    """Whether a word of farewell is among others."""
    return bool(_GOODBYE.search(plain(text)))


def courtesy(text: str) -> Courtesy | None:
    """A sentence that only greets or thanks."""
    said = plain(text)
    if _HOW_ARE_YOU.search(said) and not _beside_courtesy(_HOW_ARE_YOU.sub(" ", said)):
        return "how_are_you"
    if _THANKS.search(said) and not asks_question(text) and not _beside_courtesy(said):
        return "thanks"
    greeting = _GREETING.search(said)
    return "greeting" if greeting and len(said.split()) <= len(greeting.group().split()) + 1 else None


_APOLOGY = re.compile(
    r"^(?:(?:hola|buenos dias|buenas tardes|buenas noches|buenas|oiga)[, ]+)*"
    r"(?:(?:perdone|perdon|disculpe|siento)(?: que (?:le|te) moleste| la molestia)?|que tal(?: esta)?|"
    r"como esta(?: usted)?)"
    r"(?: (?:pero|y))?[,. ]+(?=\w+ \w+ \w+)"
)
_THANKED = re.compile(r"[,. ]+(?:y )?(?:muchas )?gracias(?: por (?:su|la) ayuda)?[.!]*$")
_TITLED = r"(?:el |la |al |a la |con el |con la )?(?:doctora?|enfermer[ao]|senora?|profesora?) [a-z]+"
_CALLS_NAMED = re.compile(
    rf"(?:(?:puede|puedes|podria|quiero|quisiera|por favor) )*(?:llamar|avisar|llame|avise|hablar)(?: a)? {_TITLED}"
    r"(?: (?:por favor|ahora))*"
)
_HOW_IS = re.compile(
    r"(?:y )?como (?:esta|sigue|se encuentra) (?:mi|su|el|la) (?:marido|mujer|esposa|esposo|madre|padre|hij[ao]|"
    r"herman[ao]|"
    r"abuel[ao]|paciente|amig[ao])(?: hoy)?"
)
_PASSES_ON = re.compile(
    r"(?:(?:puede|puedes|podria|por favor) )*(?:decirle|digale|avisar|avise) a (?:mi|su) \w+ (?:que|donde|cuando) .+"
)
_ONLY_WHY = re.compile(r"(?:y |pero )?por que(?: no)?")
_OTHER_ONE = re.compile(r"(?:no )*(?:(?:el|la) otr[ao]|es[ea] no|otr[ao])(?: por favor)?")


def without_courtesy(text: str) -> str:
    """What is asked beside an apology, a "qué tal" or a thank-you; the text itself where nothing is."""
    said = plain(text)
    rest = _THANKED.sub("", _APOLOGY.sub("", said))
    return rest if rest != said and len(rest.split()) > 2 and asks_question(rest) else text


def asks_no_task(text: str) -> bool:
    """Whether the words ask for no task, though they name whom tasks are about."""
    return any(asked.fullmatch(plain(text)) for asked in (_CALLS_NAMED, _HOW_IS))


def needs_staff(text: str) -> bool:
    """Whether the visitor wants what no fact can give: a message passed on, or the reason of what was said."""
    return any(asked.fullmatch(plain(text)) for asked in (_PASSES_ON, _ONLY_WHY))


_INTRODUCES = re.compile(r"(?:hola |buenos dias |buenas tardes )*me llamo [a-z]+(?: [a-z]+)?")


def introduces(text: str) -> bool:
    """Whether the visitor tells who they are, and nothing else."""
    return bool(_INTRODUCES.fullmatch(plain(text)))


def means_other(text: str) -> bool:
    """Whether the visitor means another one than was answered, without a word which."""
    return bool(_OTHER_ONE.fullmatch(plain(text)))


def wants_person(text: str, phrases: Iterable[str] = ()) -> bool:
    """Whether the visitor would rather deal with a person."""
    known = tuple(phrases)
    if refuses_person(text, known) or _MENTIONED.search(plain(text)):
        return False
    return bool(_PERSON.search(plain(text))) or _phrase_at(text, known) is not None


def refuses_person(text: str, phrases: Iterable[str] = ()) -> bool:
    """Whether the visitor wants no person to be called, in the language's words or a site's ``phrases``."""
    said = plain(text)
    found = _PERSON.search(said)
    before = said[: found.start()] if found else _phrase_at(text, phrases)
    return before is not None and bool(_NO_PERSON.search(before.strip()))


def beside_person(text: str) -> str:
    """What is asked beside a person who is not wanted: "no llame a nadie solo quiero saber dónde está el café"."""
    asked = _ASKS_SOMETHING.search(plain(text))
    return asked.group().strip() if asked else ""


def _phrase_at(text: str, phrases: Iterable[str]) -> str | None:
    """The words before the first of the phrases that is said; None where none is."""
    said = tokens(text)
    for phrase in phrases:
        wanted = tokens(phrase)
        for at in range(len(said) - len(wanted) + 1 if wanted else 0):
            window = said[at : at + len(wanted)]
            alike = fuzz.ratio(" ".join(window), " ".join(wanted)) >= _LIKE_A_PHRASE
            if window == wanted or (len(phrase) >= 12 and alike):
                return " ".join(said[:at])
    return None


def asks_question(text: str) -> bool:
    """Whether the words begin as a question does."""
    return "¿" in text or bool(_QUESTION.search(plain(text)))


def follows_up(text: str) -> bool:
    """Whether the words only make sense after what was said before."""
    said = plain(text)
    return bool(_GOES_ON.search(said) or _REFERS.search(said)) and len(said.split()) <= 9


def goes_on(text: str) -> bool:
    """Whether the words carry on a list of questions: "y el viernes"."""
    return bool(_GOES_ON.search(plain(text)))


def sounds_unfinished(text: str) -> bool:
    """Whether the words end where no sentence ends: "quiero una cita con"."""
    words = tokens(text)
    return bool(words) and words[-1] in _DANGLING


def dictates(text: str) -> bool:
    """Whether the words end in the middle of what is dictated piece by piece."""
    words = plain_words(text)[-2:]
    return len(words) == 2 and all(_DICTATED.fullmatch(word) for word in words) and words[0] not in ("a", "y", "o")
