"""How sure the responder must be before it answers, asks back or goes on. Pure."""

from __future__ import annotations

from dataclasses import dataclass

CLEAR_SPEECH_CONFIDENCE = 0.8
"""confidence of the ear from which its words are taken as they are. Of 21 questions in noise, the six with more than a
wrong word among ten all lay below, and so did four that were right."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities, as the retrieval calibrates them, that an entry is what the visitor meant."""

    accept: float = 0.7
    """from which an entry is taken to be what was meant"""
    accept_task: float = 0.5
    """the same for a task, which asks before it does anything"""
    accept_unclear: float = 0.85
    """``accept`` for words below ``CLEAR_SPEECH_CONFIDENCE``"""
    ask: float = 0.12
    """from which the visitor is asked whether it was meant"""
    ask_unclear: float = 0.3
    """the same for words that were not clear: before a guess at what is less likely they are asked for once more"""
    ask_alternative: float = 0.1
    """``ask`` for the next best entry, once the visitor has said that it was not the best"""
    digress: float = 0.5
    """``accept`` in the middle of a form, where the words are more probably an answer"""
