"""Probabilities from which the responder answers, asks back or goes on. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Probabilities, as the retrieval calibrates them, that an entry is what the visitor meant."""

    accept: float = 0.7
    """probability from which an entry is taken to be what the visitor meant"""
    accept_task: float = 0.5
    """``accept`` for a task, which asks before it has an effect"""
    accept_unclear: float = 0.85
    """``accept`` for words that are not clear (``Transcript.clear``)"""
    ask: float = 0.12
    """probability from which the visitor is asked whether the entry was meant"""
    ask_unclear: float = 0.3
    """``ask`` for words that were not clear. Below it the visitor is asked to say them once more"""
    ask_alternative: float = 0.1
    """``ask`` for the next best entry, once the visitor has said that it was not the best"""
    digress: float = 0.5
    """``accept`` in the middle of a form, where the words are more probably an answer to its question"""
