"""The composition root: opens the engines that the settings name, and puts an appliance together from them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from appliance.brain.knowledge import entries, misfits
from appliance.brain.listed import ListedSentences
from appliance.brain.responder import Responder, SiteResponder
from appliance.config.box import Settings
from appliance.config.reader import ConfigError, located
from appliance.config.site import Site
from appliance.core.ports import Archive, Ledger, Session, Tool
from appliance.runtime.appliance import Appliance
from appliance.runtime.clock import local_clock
from appliance.runtime.engines import Engines
from appliance.runtime.standby import OutOfOrder
from appliance.tools.choices import choices, idle_tools


def assemble(
    settings: Settings,
    site: Site,
    now: Callable[[], datetime] | None = None,
    *,
    open_air: bool = False,
    watch: Callable[[Session], Session] = lambda session: session,
    step: Callable[[str], None] = lambda _: None,
    talks: bool = True,
) -> Engines:
    """Load every engine that the settings name. This takes seconds, and a minute the first time with a site. ``now`` is
    the clock of conversations, by default that of the site's time zone. ``step`` is told what is done next. Raises
    PortError or ConfigError. ``open_air``: a microphone may hear its loudspeaker, so the echo is cancelled. ``watch``
    may stand before a line's session of the language model, to count what it does. ``talks`` is False where the work is
    only prepared. Servers of tools are then not started unless a form's choices come from them: where it is prepared,
    they would run as the appliance's user.

    Engines are imported here, at the last moment. So ``cloister --help`` and ``cloister check`` work, and say what is
    missing, on a machine where one of the libraries is not installed.
    """
    from appliance.brain.retrieval import Retrieval
    from appliance.engines.aec.webrtc import WebRtcCanceller
    from appliance.engines.asr.combined import missing_ears, open_ear, tells_times
    from appliance.engines.asr.site.sentence_ends import SiteSentences
    from appliance.engines.embedding.answers import open_judge
    from appliance.engines.embedding.distress import open_distress
    from appliance.engines.embedding.minilm import MiniLm
    from appliance.engines.end_of_phrase import FinalityNetwork
    from appliance.engines.llm.interpreter import LlamaInterpreter
    from appliance.engines.llm.llama import LlamaModel
    from appliance.engines.llm.slot_reader import slot_reader
    from appliance.engines.speaker_embedding import VoiceNetwork
    from appliance.engines.tts.piper import PiperVoice
    from appliance.engines.vad.silero import SileroVad
    from appliance.tools.executable import open_tools

    now = now or local_clock(site.zone)
    tools = open_tools(site.tools, site.language, settings.state, now, () if talks else idle_tools(site))
    if wrong := misfits(site, tools):
        raise ConfigError(located(settings.site, wrong))
    step("retrieval: the site's facts and what visitors ask")
    embedder = MiniLm(settings.brain.embedder, threads=1)
    listed = choices(site, tools)
    known = entries(site, listed)
    answers = open_judge(settings.brain.answers)
    distress = open_distress(settings.brain.distress, site.language)
    retrieval = Retrieval(known, embedder, site.language, cache=settings.kept / "retrieval.npz", judge=answers)
    step("language model")
    sentences = SiteSentences(site, settings.kept)
    asked = ListedSentences((ask, entry.id) for entry in known for ask in entry.asks)
    model = LlamaModel(settings)

    def responder(tools: Mapping[str, Tool], progress: Callable[[], None]) -> Responder:
        opened = model.session(progress)
        session = watch(opened)
        return SiteResponder(
            site,
            session,
            slot_reader(model.prompt, session),
            retrieval,
            tools,
            listed,
            now,
            composed=settings.brain.composed and model.measured.composes,
            interpreter=LlamaInterpreter(opened),
            sentences=sentences,
            distress=distress,
            listed=asked,
        )

    echo = partial(WebRtcCanceller, settings.audio) if open_air else None
    judge = settings.endpoint.finality
    finality = None if judge is None else FinalityNetwork(judge)
    voices = None if settings.audio.voices is None else VoiceNetwork(settings.audio.voices)
    step("ears: the words and sentences of this site")
    ear = open_ear(settings, site)
    step("voice")
    voice = PiperVoice(settings, site.language)
    measured = model.measured.known_model or not (model.prompt.asks or settings.brain.composed)
    return Engines(
        SileroVad(),
        ear,
        voice,
        responder,
        tools,
        echo,
        finality,
        voices,
        distress,
        model_measured=measured,
        model_composes=model.measured.composes,
        voice_aligned=voice.aligned,
        words_timed=tells_times(ear),
        missing_ears=missing_ears(ear),
    )


@contextmanager
def running(
    settings: Settings,
    site: Site,
    engines: Engines,
    ledger: Ledger | None = None,
    archive: Archive | None = None,
) -> Iterator[Appliance]:
    """Run an appliance, without lines yet, and stop it however the block ends. An appliance that is not stopped still
    holds its devices and resamplers when the interpreter ends, and libraries then report leaks on standard error.
    """
    appliance = Appliance(settings, site, engines, ledger, archive)
    before = threading.excepthook
    threading.excepthook = appliance.thread_failed
    try:
        appliance.start()
        yield appliance
    finally:
        appliance.stop()
        threading.excepthook = before


def open_standby(settings: Settings, site: Site) -> OutOfOrder:
    """Open what the box does while no conversation can be held: its voice and a VAD, but no ear and no language model.
    Raises PortError."""
    from appliance.devices.sound_card import open_sound_card
    from appliance.engines.tts.piper import PiperVoice
    from appliance.engines.vad.silero import SileroVad

    voice = PiperVoice(settings, site.language)
    devices = open_sound_card(settings.audio, voice.rate_hz)
    return OutOfOrder(*devices, SileroVad().stream(), voice, site.prompts.out_of_order, site.language)
