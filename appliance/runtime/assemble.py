"""Opens the engines that the settings name: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from appliance.brain.knowledge import choices, entries, misfits
from appliance.brain.responder import Host
from appliance.config.box import Settings
from appliance.config.reader import ConfigError, located
from appliance.config.site import Site
from appliance.core.ports import (
    Ear,
    EchoCanceller,
    Finality,
    Ledger,
    Tool,
    Vad,
    Voice,
    VoiceEmbedder,
)
from appliance.tools.audited import audited


@dataclass(frozen=True, slots=True)
class Engines:
    """What a daemon needs besides devices, built by ``assemble`` or by a test."""

    vad: Vad
    ear: Ear
    voice: Voice
    host: Host
    tools: Mapping[str, Tool]
    echo: Callable[[], EchoCanceller] | None = None
    """opens one for a line; without it the microphone is taken as it is"""
    finality: Finality | None = None
    """without it, pitch and level alone say how a phrase ended"""
    voices: VoiceEmbedder | None = None
    """without it, loudness alone tells the visitor from others"""


def assemble(
    settings: Settings,
    site: Site,
    now: Callable[[], datetime] = datetime.now,
    ledger: Ledger | None = None,
    *,
    open_air: bool = False,
    step: Callable[[str], None] = lambda _: None,
) -> Engines:
    """Load every engine that the settings name. Takes seconds, and the first time with a site a minute; ``step`` is
    told what is done next. Raises PortError or ConfigError. With a ledger, every call of a tool that has an effect is
    recorded before it is made. ``open_air``: the microphone may hear the loudspeaker, so its echo is looked after.

    Engines are imported here, at the last moment, so that ``cloister --help`` and ``cloister check`` work, and say
    what is missing, on a machine where one of the libraries is not installed.
    """
    from appliance.brain.retrieval import Retrieval
    from appliance.engines.aec.webrtc import WebRtcCanceller
    from appliance.engines.asr.combined import open_ear
    from appliance.engines.asr.site.sentence_ends import SiteSentences
    from appliance.engines.embedding.minilm import MiniLm
    from appliance.engines.end_of_phrase import FinalityNetwork
    from appliance.engines.llm.llama import LlamaModel
    from appliance.engines.speaker_embedding import VoiceNetwork
    from appliance.engines.tts.piper import PiperVoice
    from appliance.engines.vad.silero import SileroVad
    from appliance.tools.executable import open_tools

    tools = open_tools(site.tools, settings.state, now)
    if wrong := misfits(site, tools):
        raise ConfigError(located(settings.site, wrong))
    step("retrieval: the site's facts and what visitors ask")
    embedder = MiniLm(settings.brain.embedder, threads=1)
    known = entries(site, choices(site, tools))
    retrieval = Retrieval(known, embedder, cache=settings.kept / "retrieval.npz")
    if ledger is not None:
        tools = audited(tools, site, ledger)
    step("language model")
    sentences = SiteSentences(site, settings.kept)
    host = Host(site, LlamaModel(settings).session(), retrieval, tools, now, settings.brain.rephrase, sentences)
    echo = partial(WebRtcCanceller, settings.audio) if open_air else None
    judge = settings.endpoint.finality
    finality = None if judge is None else FinalityNetwork(judge)
    voices = None if settings.audio.voices is None else VoiceNetwork(settings.audio.voices)
    step("ears: the words and sentences of this site")
    ear = open_ear(settings, site)
    step("voice")
    return Engines(SileroVad(), ear, PiperVoice(settings), host, tools, echo, finality, voices)
