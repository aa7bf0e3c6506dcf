"""A conversation in Spanish from the greeting to the good-bye.

The dialogue, the responder, the forms, the retrieval and the appointment book are those of every site. Only the site
and its language are Spanish.
"""

import functools
import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from appliance.brain.knowledge import entries
from appliance.brain.responder import SiteResponder
from appliance.brain.retrieval import Retrieval
from appliance.config.reader import ConfigError
from appliance.config.site import (
    Emergency,
    FormSettings,
    OpeningHours,
    Persona,
    Site,
    SiteFact,
    SlotSettings,
    ToolSettings,
    load_site,
)
from appliance.core.audio import Samples
from appliance.engines.llm.slot_reader import StarterSlotReader
from appliance.language.spanish import SPANISH
from appliance.runtime.written import Chat
from appliance.tools.choices import choices
from appliance.tools.executable import open_tools
from tests.brain.test_responder import Parrot

NOW = datetime(2026, 11, 18, 14, 45)
"""a Wednesday"""

SITE = Site(
    name="Clínica del Parque",
    persona=Persona("Olmo", "el asistente de voz de la recepción", "Bienvenido a la Clínica del Parque."),
    language=SPANISH,
    facts=(
        SiteFact("aparcamiento", "El aparcamiento está en el sótano y es gratis.", ("dónde puedo aparcar el coche",)),
        SiteFact("cafeteria", "La cafetería está en la primera planta.", ("dónde está la cafetería", "quiero un café")),
    ),
    opening_hours=(
        OpeningHours(
            "la farmacia",
            {"monday-friday": "08:00-18:00", "saturday": "09:00-12:00"},
            ("cuándo abre la farmacia", "está abierta la farmacia"),
        ),
    ),
    tools=(
        ToolSettings(
            "citas",
            python="appliance.tools.appointments:AppointmentBook",
            options={
                "doctors": [
                    {"name": "la doctora Núñez", "hours": {"monday, thursday": "09:00-13:00"}},
                    {"name": "el doctor Müller", "hours": {"friday": "15:00-18:00"}},
                ]
            },
        ),
    ),
    forms=(
        FormSettings(
            "book",
            "citas",
            "book",
            ("quiero una cita", "quiero pedir cita [con {doctor}]", "necesito una cita para el médico"),
            (
                SlotSettings("doctor", "¿Con quién?", "choice", ("@doctors",)),
                SlotSettings("date", "¿Para qué día?", "date"),
                SlotSettings("time", "¿A qué hora?", "time"),
                SlotSettings("name", "¿A qué nombre?", "name"),
            ),
            confirm="¿Reservo con {doctor}, {date}, a {time}, a nombre de {name}?",
            check="check",
            offers="first_free",
        ),
    ),
    emergency=Emergency("Pida ayuda en voz alta. Aviso a alguien."),
)


@functools.cache
def _direction(stem: str) -> npt.NDArray[np.float64]:
    seed = int.from_bytes(hashlib.sha256(stem.encode()).digest()[:4], "little")
    return np.random.default_rng(seed).standard_normal(64)


class Words:
    """An embedder that gives a sentence as the sum of one fixed random vector per stem."""

    def embed(self, sentences: Sequence[str]) -> Samples:
        rows = []
        for sentence in sentences:
            vector = np.full(64, 1e-3)
            for word in SPANISH.words.content_words(sentence) or ["-"]:
                vector += _direction(SPANISH.words.stem(word))
            rows.append(vector / np.linalg.norm(vector))
        return np.array(rows, dtype=np.float32)


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    tools = open_tools(SITE.tools, SITE.language, tmp_path, lambda: NOW)
    listed, model = choices(SITE, tools), Parrot()
    retrieval, slots = Retrieval(entries(SITE, listed), Words(), SPANISH), StarterSlotReader(model)
    return Chat(SITE, tools, lambda watched: SiteResponder(SITE, model, slots, retrieval, watched, listed, lambda: NOW))


def test_an_appointment_is_booked(chat: Chat) -> None:
    assert chat.greet() == "Bienvenido a la Clínica del Parque."
    assert chat.say("quiero pedir cita con la doctora nuñez").reply == "¿Para qué día?"
    assert chat.say("el viernes").reply == (
        "la doctora Núñez no está los viernes. Los días más cercanos son mañana, jueves y lunes, veintitrés de "
        "noviembre. ¿Cuál prefiere?"
    )
    assert chat.say("pues el lunes").reply == "¿A qué hora?"
    assert chat.say("a las diez menos cuarto").reply == (
        "la doctora Núñez no está libre el lunes, veintitrés de noviembre a las diez menos cuarto. Las horas libres "
        "más cercanas son las nueve y media y las diez. ¿Cuál prefiere?"
    )
    assert chat.say("a las diez").reply == "¿A qué nombre?"
    assert chat.say("me llamo José Peña").reply == (
        "¿Reservo con la doctora Núñez, lunes, veintitrés de noviembre, a las diez, a nombre de José Peña?"
    )
    assert chat.say("no, a las diez y media").reply.startswith("¿Reservo con la doctora Núñez, lunes, veintitrés de")
    done = chat.say("sí, por favor")
    assert done.reply.startswith(
        "Su cita con la doctora Núñez es el lunes, veintitrés de noviembre a las diez y media."
    )
    assert [(call.function, call.ok) for call in done.tools] == [("book", True)]
    assert done.tools[0].arguments == {
        **{"doctor": "la doctora Núñez", "date": "2026-11-23", "time": "10:30", "name": "José Peña"},
    }
    assert chat.say("muchas gracias").reply == "De nada. ¿Algo más?"
    closing = chat.say("adiós")
    assert (closing.reply, closing.closed) == ("Adiós.", True)


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("¿dónde puedo aparcar?", "El aparcamiento está en el sótano y es gratis."),
        ("¿dónde está la cafeteria?", "La cafetería está en la primera planta."),
        ("¿está abierta la farmacia ahora?", "Sí, la farmacia está abierta ahora, hasta las seis de la tarde."),
        ("¿está abierta la farmacia el domingo?", "El domingo, la farmacia está cerrada."),
        ("¿qué hora es?", "Son las tres menos cuarto de la tarde."),
        ("quiero hablar con una persona", SPANISH.replies.not_called),
        ("hola", "Hola. ¿En qué puedo ayudarle?"),
    ],
)
def test_questions(chat: Chat, asked: str, reply: str) -> None:
    assert chat.say(asked).reply == reply


def test_an_uncertain_question_is_asked_back(chat: Chat) -> None:
    asked = chat.say("¿venden billetes de lotería?").reply
    assert asked == "¿Se refiere a: cuándo abre la farmacia?"
    assert chat.say("no").reply == SPANISH.replies.unknown
    assert chat.say("no, gracias").reply == SPANISH.replies.not_needed


def test_what_is_left_open_is_looked_up(chat: Chat) -> None:
    assert chat.say("quiero una cita").reply == "¿Con quién?"
    assert chat.say("el que esté libre").reply == "¿Para qué día?"
    assert chat.say("lo antes posible").reply == (
        "Lo primero que hay libre: la doctora Núñez, mañana, jueves, las nueve. ¿A qué nombre?"
    )
    assert chat.say("me llamo Ana Gil").reply == (
        "¿Reservo con la doctora Núñez, mañana, jueves, a las nueve, a nombre de Ana Gil?"
    )
    assert [call.function for call in chat.say("sí").tools] == ["book"]


def test_a_doctor_is_known_by_the_sound_of_the_name(chat: Chat) -> None:
    assert chat.say("quiero una cita").reply == "¿Con quién?"
    assert chat.say("la doctora muñoz").reply == "¿Quiere decir la doctora Núñez?"
    assert chat.say("sí").reply == "¿Para qué día?"


def test_a_name_is_spelled_and_misheard(chat: Chat) -> None:
    for said in ("una cita con el doctor Müller el viernes a las cuatro", "pues", "eh"):
        reply = chat.say(said).reply
    assert reply == f"{SPANISH.replies.again} {SPANISH.replies.shall_call}"
    assert chat.say("g i l").reply.endswith("a nombre de Gil?")


def test_nothing_is_done_without_a_yes(chat: Chat) -> None:
    for said in ("una cita con el doctor Müller el viernes a las cuatro", "Ana Gil"):
        chat.say(said)
    refused = chat.say("mejor no, déjelo")
    assert refused.reply == SPANISH.replies.stopped
    assert not any(call.function == "book" for call in refused.tools)


def test_an_emergency_in_spanish_is_recognised(chat: Chat) -> None:
    exchange = chat.say("mi marido se ha desmayado")
    assert exchange.emergency
    assert exchange.reply.startswith("Pida ayuda en voz alta.")


def test_no_site_may_choose_spanish_yet(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("name: A\nlanguage: es-ES\npersona: {name: B, role: C, greeting: Hola}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_site(path)
    assert caught.value.problems == [
        f"{path}:2: language: 'es-ES' is not possible; possible are the languages with ears and a voice: en-US"
    ]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("perdone que le moleste pero dónde está el café", "donde esta el cafe"),
        ("dónde está el café y gracias", "donde esta el cafe"),
        ("gracias", "gracias"),
        ("hola qué tal", "hola qué tal"),
    ],
)
def test_what_is_asked_beside_courtesies(text: str, asked: str) -> None:
    assert SPANISH.intents.without_courtesy(text) == asked


def test_words_that_begin_no_task() -> None:
    intents = SPANISH.intents
    assert intents.asks_no_task("puede llamar a la doctora chen") and intents.asks_no_task("cómo está mi marido")
    assert not intents.asks_no_task("quiero una cita con la doctora chen")
    assert intents.needs_staff("por qué") and intents.means_other("no la otra") and intents.introduces("me llamo juan")


def test_places_and_own_questions() -> None:
    assert SPANISH.questions.place_asked("a dónde va la línea azul") == "linea azul"
    assert SPANISH.questions.place_asked("dónde está la farmacia") == ""
    assert SPANISH.recall.asks_own("qué le he preguntado primero") == "first"
    assert SPANISH.follow_ups.asks_presence("está el viernes")
