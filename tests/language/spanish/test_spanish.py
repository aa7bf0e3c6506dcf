"""Spanish behind the same interface: numbers, dates, times, names, yes and no, corrections, and spoken forms."""

from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config.site import OpeningHours
from appliance.conversation import opening_hours
from appliance.conversation.confirmation import decide
from appliance.language.parts import ClockQuestion, Comparison, Counted
from appliance.language.spanish import SPANISH
from appliance.language.spanish.numbers import cardinal_at, say_cardinal

NOW = datetime(2026, 11, 18, 14, 45)
"""a Wednesday"""


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("hoy", "2026-11-18"),
        ("mañana a las diez", "2026-11-19"),
        ("pasado mañana", "2026-11-20"),
        ("el lunes por la tarde", "2026-11-23"),
        ("el próximo viernes", "2026-11-20"),
        ("el jueves que viene", "2026-11-19"),
        ("el tres de diciembre", "2026-12-03"),
        ("jueves, 3 de diciembre de 2026", "2026-12-03"),
        ("el quince", "2026-12-15"),
        ("el treinta y uno", "2026-12-31"),
        ("dentro de dos semanas", "2026-12-02"),
        ("el 3/12", "2026-12-03"),
        ("el lunes de la semana que viene", "2026-11-23"),
        ("el treinta de febrero", None),
        ("el viernes tres de diciembre", None),
        ("ayer", None),
        ("por la mañana", None),
    ],
)
def test_dates(text: str, day: str | None) -> None:
    found = SPANISH.dates.find_dates(SPANISH.tokens(text), NOW)
    assert [str(hit.day) for hit in found] == ([day] if day else [])


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("a las diez y media", "10:30"),
        ("a las once menos cuarto", "10:45"),
        ("a las cuatro en punto", "16:00"),
        ("a la una y cuarto de la tarde", "13:15"),
        ("a las 10:30", "10:30"),
        ("el lunes por la tarde a las ocho", "20:00"),
        ("a las ocho y veinte", "08:20"),
        ("a mediodía", "12:00"),
        ("dentro de dos horas", "16:45"),
        ("tres personas", None),
    ],
)
def test_times(text: str, moment: str | None) -> None:
    found = SPANISH.dates.find_times(SPANISH.tokens(text), now=NOW)
    assert [hit.time.strftime("%H:%M") for hit in found] == ([moment] if moment else [])


@given(st.integers(0, 999_999))
def test_every_number_is_read_as_it_is_said(number: int) -> None:
    words = SPANISH.tokens(say_cardinal(number))
    assert cardinal_at(words, 0) == (len(words), number)


@given(st.dates(date(2026, 11, 18), date(2027, 11, 17)))
def test_every_day_is_read_as_it_is_said(day: date) -> None:
    found = SPANISH.dates.find_dates(SPANISH.tokens(SPANISH.dates.say_date(day, NOW.date())), NOW)
    assert [hit.day for hit in found][-1:] == [day]


@given(st.times().map(lambda moment: moment.replace(second=0, microsecond=0)))
def test_every_time_is_read_as_it_is_said(moment: time) -> None:
    said = SPANISH.dates.say_time(moment, True)
    assert [hit.time for hit in SPANISH.dates.find_times(SPANISH.tokens(f"a {said}"))] == [moment]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("me llamo José García López", "José García López"),
        ("soy maría de la cruz", "María de la Cruz"),
        ("a nombre de Núñez", "Núñez"),
        ("Ana Müller", "Ana Müller"),
        ("eh me llamo ana no perdón me llamo eva ruiz", "Eva Ruiz"),
        ("no sé", None),
        ("el viernes a las diez", None),
    ],
)
def test_names(text: str, name: str | None) -> None:
    found = SPANISH.names.find_name(SPANISH.tokens(text), True)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        *(("sí", "agree"), ("sí, por favor", "agree"), ("vale, gracias", "agree"), ("claro que sí", "agree")),
        *(("resérvela", "agree"), ("es correcto", "agree"), ("de acuerdo", "agree"), ("muy bien", "agree")),
        *(("no", "refuse"), ("creo que no", "refuse"), ("no, el día está mal", "refuse"), ("quizás", "doubt")),
        *(("no lo sé", "doubt"), ("¿qué ha dicho?", "ask"), ("déjelo", "give_up"), ("cancele", "give_up")),
        *(("sí pero mejor el viernes", "correct"), ("sí y no", "doubt"), ("eh", "doubt"), ("hola", "other")),
    ],
)
def test_answers(text: str, decision: str) -> None:
    assert decide(text, SPANISH, {"reservo"}) == decision


PHARMACY = OpeningHours("la farmacia", {"monday-friday": "08:00-18:00", "saturday": "09:00-12:00"})


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("¿está abierta ahora?", "Sí, la farmacia está abierta ahora, hasta las seis de la tarde."),
        ("¿está cerrada el domingo?", "El domingo, la farmacia está cerrada."),
        ("¿está abierta el treinta de febrero?", "Ese día no existe. Normalmente, la farmacia está abierta"),
        ("¿está abierta en carnaval?", "No sé el horario de ese día. Normalmente, la farmacia está abierta"),
        ("¿está abierta durante la huelga?", "No sé el horario de ese momento. Normalmente, la farmacia"),
        ("¿estaba abierta ayer?", "Ese día ya ha pasado. Normalmente, la farmacia está abierta"),
        (
            "¿está abierta el sábado y el domingo?",
            "El sábado, la farmacia está abierta de las nueve de la mañana a mediodía. "
            "El domingo, la farmacia está cerrada.",
        ),
        ("¿está abierta antes de las nueve el sábado?", "No. El sábado, la farmacia está abierta"),
        ("¿está abierta después de las cinco?", "Sí. Hoy, la farmacia está abierta"),
        ("¿a qué hora cierra?", "La farmacia cierra hoy a las seis de la tarde."),
        ("y el sábado", "El sábado, la farmacia está abierta de las nueve de la mañana a mediodía."),
        ("está abierta el veinticinco de diciembre", "No sé el horario de los días festivos."),
        ("está abierta a las dos o a las siete el viernes", "Sí, la farmacia está abierta el viernes a las dos de la"),
        ("cuánto falta para que cierre", "La farmacia cierra hoy a las seis de la tarde."),
    ],
)
def test_opening_hours(question: str, said: str) -> None:
    assert str(opening_hours.answer(PHARMACY, question, NOW, SPANISH)).startswith(said)


def test_the_week() -> None:
    assert opening_hours.say_week(PHARMACY, SPANISH) == (
        "La farmacia está abierta de lunes a viernes de las ocho de la mañana a las seis de la tarde y los sábados de "
        "las nueve de la mañana a mediodía. Cierra los domingos."
    )


def test_texts_have_a_spoken_form() -> None:
    said = " ".join(form for _, form in SPANISH.speech.spoken("Abre a las 8:30 y cuesta 3,50€. La Sra. Ruiz, sala 12."))
    assert said == "Abre a las ocho y treinta y cuesta tres euros con cincuenta. La señora Ruiz, sala doce."
    assert SPANISH.sentences.sentences("La Sra. Ruiz está aquí. Pase.") == ["La Sra. Ruiz está aquí.", "Pase."]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("¿qué día es mañana?", "Mañana es jueves, diecinueve de noviembre."),
        ("qué día es el veinticuatro", "Ese día es martes, veinticuatro de noviembre."),
        ("qué día fue ayer", "Ayer fue martes, diecisiete de noviembre."),
        ("es hoy jueves", "No, hoy es miércoles, dieciocho de noviembre."),
        ("en qué mes estamos", "Es noviembre."),
        ("qué año es", "Es el año 2026."),
        ("qué día es el concierto", None),
        ("es miércoles", None),
    ],
)
def test_what_the_calendar_shows(text: str, answer: str | None) -> None:
    question = SPANISH.recall.asks_clock(text)
    assert (SPANISH.recall.say_clock(question, NOW) if question else None) == answer


def test_every_time_is_heard_as_it_is_said() -> None:
    for minutes in range(0, 24 * 60, 5):
        moment = time(minutes // 60, minutes % 60)
        said = SPANISH.tokens("a " + SPANISH.dates.say_time(moment))
        assert [found.time for found in SPANISH.dates.find_times(said, True, NOW)] == [moment]


def test_corrections_and_recall() -> None:
    corrected = SPANISH.questions.corrected("dónde está la farmacia, perdón, la cafetería")
    assert corrected == "dónde está la cafetería"
    assert SPANISH.recall.asks_again("¿puede repetirlo, por favor?") is not None
    assert SPANISH.recall.asks_again("¿dónde está la farmacia?") is None
    assert SPANISH.recall.say_clock(ClockQuestion("both"), NOW) == (
        "Hoy es miércoles, dieciocho de noviembre. Son las tres menos cuarto de la tarde."
    )


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    words = SPANISH.tokens(text)
    decide(text, SPANISH)
    opening_hours.answer(PHARMACY, text, NOW, SPANISH)
    SPANISH.names.find_name(words, True)
    SPANISH.numbers.figures(text)
    SPANISH.numbers.find_digits(words)
    SPANISH.speech.spelled_out(text)
    SPANISH.intents.wants_person(text, SPANISH.phrases.person)
    SPANISH.questions.corrected(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        *(
            (text, "choice")
            for text in ("el que esté libre", "me da igual qué médico", "quien sea", "cualquier doctor")
        ),
        *((text, "date") for text in ("cualquier día", "me da igual el día", "no importa qué día")),
        *((text, "time") for text in ("a cualquier hora", "a la hora que sea", "no me importa la hora")),
        *((text, "soonest") for text in ("lo antes posible", "cuanto antes", "la primera hora que haya")),
        *(
            (text, "asked")
            for text in ("me da igual", "cualquiera", "no tengo preferencia", "elija usted", "el que sea")
        ),
        ("cuando sea", "date time"),
        *((text, "") for text in ("el martes", "no quiero ninguno", "con el doctor chen", "la primera planta")),
    ],
)
def test_what_is_left_to_the_appliance(text: str, left: str) -> None:
    assert SPANISH.intents.leaves_open(text) == set(left.split())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("g a r c í a", "Garcia"),
        ("ge a erre ce i a", "Garcia"),
        ("me llamo eme u eñe o zeta", "Muñoz"),
        ("ana y luis", "Ana y Luis"),
        ("me llamo ana garcía", "Ana García"),
    ],
)
def test_names_are_spelled(text: str, name: str) -> None:
    found = SPANISH.names.find_name(SPANISH.tokens(text), True)
    assert found and found.name == name


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        *((text, "louder") for text in ("más alto", "hable más alto por favor", "no le oigo", "un poco más fuerte")),
        *((text, "quieter") for text in ("más bajo", "no tan alto", "baje el volumen")),
        *((text, "slower") for text in ("más despacio", "más lento por favor", "no tan rápido", "despacio por favor")),
        *((text, "faster") for text in ("más rápido", "demasiado lento", "puede hablar más deprisa")),
        ("repita por favor", ""),
    ],
)
def test_wishes_about_the_voice(text: str, wishes: str) -> None:
    again = SPANISH.recall.asks_again(text)
    assert again and again.wishes == set(wishes.split())


@pytest.mark.parametrize(
    ("text", "noun"),
    [("quiero otro día", "dia"), ("cambiar la hora", "hora"), ("otro día me voy", ""), ("el lunes", "")],
)
def test_what_is_to_be_given_anew(text: str, noun: str) -> None:
    assert SPANISH.tasks.changed(text) == noun


def test_what_is_said_of_what_is_booked() -> None:
    tasks = SPANISH.tasks
    assert tasks.asks_for_time("un momento por favor") and not tasks.asks_for_time("el lunes")
    assert tasks.beside_own("tengo una cita con la doctora pero no puedo ir") == "pero no puedo ir"
    assert tasks.beside_own("quiero una cita") is None and tasks.is_barred("no puedo ir")
    assert tasks.lacks_one("no tengo cita") and not tasks.lacks_one("quiero una cita")
    assert tasks.asks_number("me repite el número por favor") and tasks.asks_free("qué horas hay")
    assert tasks.wants_another("otra cita para mi mujer") and tasks.meant_otherwise("perdón quise decir el martes")
    assert tasks.asks_about_visit("puedo traer a mi perro a la cita") and tasks.names_own("mi cita")


@pytest.mark.parametrize(
    ("text", "wants", "refuses"),
    [
        ("quiero hablar con una persona", True, False),
        *((text, False, False) for text in ("¿estoy hablando con una persona de verdad?", "pareces una persona real")),
        *(
            (text, False, True)
            for text in ("no llame a nadie", "no llame a una enfermera solo dígame dónde está el café")
        ),
    ],
)
def test_a_person_is_wanted_refused_or_only_mentioned(text: str, wants: bool, refuses: bool) -> None:
    intents = SPANISH.intents
    assert (intents.wants_person(text), intents.refuses_person(text)) == (wants, refuses)


def test_what_is_asked_beside_a_refused_person() -> None:
    assert SPANISH.intents.beside_person("no llame a nadie, dígame dónde está el café") == "digame donde esta el cafe"
    assert SPANISH.intents.beside_person("no llame a nadie") == ""


def test_a_goodbye_that_is_none() -> None:
    assert SPANISH.intents.says_goodbye("adiós")
    assert not any(SPANISH.intents.says_goodbye(text) for text in ("no diga adiós", "adiós, dónde está la salida"))


def test_a_number_of_things_and_a_length_of_time() -> None:
    assert SPANISH.comparisons.counted("cuatro entradas") == Counted(4, "entradas")
    assert SPANISH.comparisons.counted("dos horas de aparcamiento") == Counted(1, "aparcamiento", uncountable=True)
    assert SPANISH.comparisons.counted("la sopa") == Counted(1, "la sopa")
    compared = Comparison("price", False, "dos cafes", "una sopa")
    assert SPANISH.comparisons.say_comparison(compared, -1) == "Dos cafes cuestan menos."


def test_where_a_thing_is_does_not_answer_that_it_is_broken() -> None:
    assert not SPANISH.questions.can_answer("el ascensor está averiado", "Los ascensores están en la sala.")
    assert SPANISH.questions.can_answer("dónde está el ascensor", "Los ascensores están en la sala.")
    assert SPANISH.words.commoner("dónde está el váter") == "dónde está el aseo"


def test_what_was_done_is_taken_back_or_wanted_otherwise() -> None:
    known = SPANISH.tasks
    assert known.withdraws("ya no la necesito") and known.withdraws("perdón he cambiado de idea")
    assert not known.withdraws("no gracias") and not known.withdraws("quiero otra")
    assert known.adds_another("sí y otra para mi mujer a las once") and not known.adds_another("sí y gracias")
    assert known.wants_same("lo mismo dentro de dos semanas") and not known.wants_same("lo mismo")
    assert known.PREFERS.fullmatch("es demasiado temprano") and known.PREFERS.fullmatch("el # me viene mejor")
