"""The engines of one process, which all lines share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from appliance.brain.responder import Responder
from appliance.core.ports import Distress, Ear, EchoCanceller, Finality, Tool, Vad, Voice, VoiceEmbedder


@dataclass(frozen=True, slots=True)
class Engines:
    """What an appliance needs besides devices, built by ``assemble`` or by a test."""

    vad: Vad
    ear: Ear
    voice: Voice
    responder: Callable[[Mapping[str, Tool], Callable[[], None]], Responder]
    """opens a responder for a line, on the line's tools; the second argument is called every few seconds while the
    language model works"""
    tools: Mapping[str, Tool]
    echo: Callable[[], EchoCanceller] | None = None
    """opens a canceller for a line; without it the microphone is taken as it is"""
    finality: Finality | None = None
    """without it, pitch and level alone say how a phrase ended"""
    voices: VoiceEmbedder | None = None
    """without it, loudness alone tells the visitor from others"""
    distress: Distress | None = None
    """without it, words alone tell of an emergency"""
    model_measured: bool = True
    """whether what the language model is good for was measured, or need not be; otherwise it is asked nothing"""
    model_composes: bool = True
    """whether the language model was measured to word facts well; otherwise they are said as they stand"""
    voice_aligned: bool = True
    """whether the voice tells where its words end; otherwise that is estimated"""
    words_timed: bool = False
    """whether the ears tell when words were said (``WordTimer``)"""
    missing_ears: tuple[str, ...] = ()
    """why each ear that the box names and that could not be opened is missing; the others hear without it"""
