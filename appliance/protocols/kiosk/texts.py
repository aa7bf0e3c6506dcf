"""The page's own words, by language. Everything else on it is the site's."""

from __future__ import annotations

from collections.abc import Mapping

_ENGLISH = {
    "idle": "Ready",
    "listening": "Listening",
    "hearing": "I hear you",
    "thinking": "One moment",
    "speaking": "Speaking",
    "muted": "The microphone is off",
    "lost": "Connection lost. Trying again …",
    "busy": "All places are taken. Please try again in a moment.",
    "refused": "This page may not connect: it needs a token.",
    "no_microphone": "No microphone. You can touch a question or write.",
    "captions_off": "Captions are off here.",
    "start": "Touch here and speak",
    "questions": "Questions people ask",
    "captions": "What was said",
    "visitor": "You",
    "write": "Write your question",
    "send": "Send",
    "stop": "Stop",
    "repeat": "Repeat",
    "mute": "Microphone off",
    "unmute": "Microphone on",
    "contrast": "Contrast",
    "larger": "Larger text",
    "smaller": "Smaller text",
    "aloud": "Let a screen reader read captions",
    "settings": "Display",
    "level": "Microphone level",
    "emergency": "Emergency",
    "close": "Close",
    "again": "can you repeat that",
}

_SPANISH = {
    "idle": "Listo",
    "listening": "Escucho",
    "hearing": "Le oigo",
    "thinking": "Un momento",
    "speaking": "Hablo",
    "muted": "El micrófono está apagado",
    "lost": "Se perdió la conexión. Lo intento de nuevo …",
    "busy": "Todos los puestos están ocupados. Inténtelo de nuevo en un momento.",
    "refused": "Esta página no puede conectarse: necesita una ficha.",
    "no_microphone": "No hay micrófono. Puede tocar una pregunta o escribir.",
    "captions_off": "Aquí no hay subtítulos.",
    "start": "Toque aquí y hable",
    "questions": "Preguntas frecuentes",
    "captions": "Lo que se ha dicho",
    "visitor": "Usted",
    "write": "Escriba su pregunta",
    "send": "Enviar",
    "stop": "Parar",
    "repeat": "Repetir",
    "mute": "Apagar el micrófono",
    "unmute": "Encender el micrófono",
    "contrast": "Contraste",
    "larger": "Texto más grande",
    "smaller": "Texto más pequeño",
    "aloud": "Que el lector de pantalla lea los subtítulos",
    "settings": "Pantalla",
    "level": "Nivel del micrófono",
    "emergency": "Emergencia",
    "close": "Cerrar",
    "again": "puede repetir eso",
}

TEXTS: Mapping[str, Mapping[str, str]] = {"en": _ENGLISH, "es": _SPANISH}
"""by the first part of a language's tag"""
