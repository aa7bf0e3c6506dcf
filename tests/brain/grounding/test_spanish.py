"""What a sentence of a language model's may say, given Spanish facts."""

from __future__ import annotations

import pytest

from appliance.brain.grounding.check import Check
from appliance.language.spanish import SPANISH

CAFE = "Un café pequeño cuesta dos euros, y un café grande tres euros."
FARMACIA = "La farmacia está en la segunda planta, junto a la cafetería."
PERROS = "Solo los perros guía pueden entrar en el hospital."
FLORES = "Las flores están permitidas en todas las plantas excepto en cuidados intensivos."
CITA = "La sangre se toma en la sala 14. No necesita cita."
DOCTORA = "La doctora Ruiz trata el corazón. Está aquí los lunes y los jueves."
HORAS = "Puede donar sangre los miércoles de dos a seis de la tarde."


def passes(sentence: str, *facts: str, question: str = "") -> str:
    return Check(facts, question, ("Hospital del Mar",), SPANISH).sentence(sentence).spoken


@pytest.mark.parametrize(
    ("fact", "sentence"),
    [
        (CAFE, "Un café grande cuesta tres euros."),
        (CAFE, "Un café pequeño cuesta 2 €."),
        (FARMACIA, "La farmacia está en la segunda planta."),
        (FARMACIA, "Está junto a la cafetería."),
        (FARMACIA, "La farmacia del Hospital del Mar está en la segunda planta."),
        (PERROS, "Solo los perros guía pueden entrar."),
        (FLORES, "Las flores están permitidas en todas las plantas excepto en cuidados intensivos."),
        (CITA, "No necesita cita."),
        (DOCTORA, "La doctora Ruiz está aquí los lunes."),
        (HORAS, "Puede donar sangre los miércoles de dos a seis de la tarde."),
    ],
)
def test_what_rests_on_the_fact_is_said(fact: str, sentence: str) -> None:
    assert passes(sentence, fact) == sentence


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ((CAFE,), "Un café grande cuesta dos euros."),
        ((CAFE,), "Un café grande cuesta tres dólares."),
        ((FARMACIA,), "La farmacia está en la tercera planta."),
        ((FARMACIA,), "La cafetería está en la segunda planta."),
        ((PERROS,), "Los perros pueden entrar en el hospital."),
        ((PERROS,), "Los perros guía deben entrar solo en el hospital."),
        ((FLORES,), "Las flores están permitidas en todas las plantas."),
        ((CITA,), "Necesita cita."),
        ((DOCTORA,), "La doctora Ruiz está aquí los martes."),
        ((DOCTORA, CITA), "La doctora Ruiz se toma en la sala 14."),
        ((HORAS,), "Puede donar sangre hasta las dos de la tarde."),
        ((FARMACIA,), "La **farmacia** está en la segunda planta."),
        ((FARMACIA,), "药房 está en la segunda planta."),
    ],
)
def test_what_says_something_else_is_not_said(facts: tuple[str, ...], sentence: str) -> None:
    assert passes(sentence, *facts) == ""


@pytest.mark.parametrize(
    ("question", "fact", "sentence", "spoken"),
    [
        ("¿puedo traer flores a cuidados intensivos?", FLORES, f"Sí, {FLORES[0].lower()}{FLORES[1:]}", FLORES),
        (
            "¿puedo traer mi perro?",
            PERROS,
            "No, solo los perros guía pueden entrar.",
            "Solo los perros guía pueden entrar.",
        ),
        ("¿está la farmacia en la segunda planta?", FARMACIA, "Sí, está en la segunda planta.", None),
        ("¿necesito cita?", CITA, "No, no necesita cita.", None),
        ("¿necesito cita?", CITA, "Sí.", ""),
    ],
)
def test_yes_and_no(question: str, fact: str, sentence: str, spoken: str | None) -> None:
    assert passes(sentence, fact, question=question) == (sentence if spoken is None else spoken)
