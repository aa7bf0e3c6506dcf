"""Opens the engines that the settings name: the one place that knows them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from appliance.brain.knowledge import entries, misfits
from appliance.brain.responder import Responder, SiteResponder
from appliance.config.box import Settings
from appliance.config.reader import ConfigError, located
from appliance.config.site import Site
from appliance.core.ports import (
    EchoCanceller,
    Finality,
    LanguageModel,
    Ledger,
    Recognizer,
    Tool,
    Vad,
    Voice,
    VoiceEmbedder,
)
from appliance.tools.audited import audited
from appliance.tools.choices import choices


@dataclass(frozen=True, slots=True)
class Engines:
    """What a daemon needs besides devices, built by ``assemble`` or by a test."""

    vad: Vad
    ear: Recognizer
    voice: Voice
    responder: Responder
    tools: Mapping[str, Tool]
    echo: EchoCanceller | None = None
    """without it the microphone is taken as it is"""
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
    open_model: Callable[[Settings], LanguageModel] | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> Engines:
    """Load every engine that the settings name. Takes seconds, and the first time with a site a minute; ``step`` is
    told what is done next. Raises PortError or ConfigError. With a ledger, every call of a tool that has an effect is
    recorded before it is made. ``open_air``: the microphone may hear the loudspeaker, so its echo is looked after.
    ``open_model``: in place of the language model's adapter, to watch its work.

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
    from appliance.engines.llm.slot_reader import StarterSlotReader
    from appliance.engines.speaker_embedding import VoiceNetwork
    from appliance.engines.tts.piper import PiperVoice
    from appliance.engines.vad.silero import SileroVad
    from appliance.tools.executable import open_tools

    tools = open_tools(site.tools, site.language, settings.state, now)
    if wrong := misfits(site, tools):
        raise ConfigError(located(settings.site, wrong))
    step("retrieval: the site's facts and what visitors ask")
    embedder = MiniLm(settings.brain.embedder, threads=1)
    listed = choices(site, tools)
    known = entries(site, listed)
    retrieval = Retrieval(known, embedder, site.language, cache=settings.kept / "retrieval.npz")
    if ledger is not None:
        tools = audited(tools, site, ledger)
    step("language model")
    sentences = SiteSentences(site, settings.kept)
    model = (open_model or LlamaModel)(settings)
    responder = SiteResponder(
        site,
        model,
        StarterSlotReader(model),
        retrieval,
        tools,
        listed,
        now,
        rephrase=settings.brain.rephrase,
        sentences=sentences,
    )
    echo = WebRtcCanceller(settings.audio) if open_air else None
    judge = settings.endpoint.finality
    finality = None if judge is None else FinalityNetwork(judge)
    voices = None if settings.audio.voices is None else VoiceNetwork(settings.audio.voices)
    step("ears: the words and sentences of this site")
    ear = open_ear(settings, site)
    step("voice")
    return Engines(SileroVad(), ear, PiperVoice(settings, site.language), responder, tools, echo, finality, voices)
