"""One run of pipecat-ai 1.14.0 on the same line with the same engines.

``python run_pipecat.py --arm smart|vad|vadstop|moonshine|words --items questions --out x.json``

- ``smart``: pipecat's defaults (Silero VAD as shipped, start VAD+transcription, stop Smart Turn v3.2 local), the ear of
  Cloister's starter as a streaming STT service, its host as the LLM service, its Piper voice as the TTS service;
- ``vad``: end of turn by silence: VAD's recommended stop_secs 0.2 and ``SpeechTimeoutUserTurnStopStrategy`` such that
  both together are ``--silence`` seconds (default: the mean that Cloister waited);
- ``vadstop``: the same with ``VADParams(stop_secs=--silence)`` and no further time-out;
- ``moonshine``: as ``smart`` with Moonshine tiny alone, as pipecat's own MoonshineSTTService does it (a segment at a
  time, 0.5 s of silence appended);
- ``words``: as ``smart``, and the voice tells pipecat when each word ends (the stock Piper service does not).

``--sessions N`` runs N pipelines in this process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile
from common import BOX, Host, Line, Meter, Visitor, items_of, loud_starts, machine_state, rss_mb, score
from loguru import logger

from appliance.bench.demo.scenario import load_scenario
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import Message, Outcome, Transcript
from appliance.core.turn import Turn
from appliance.runtime.assemble import assemble

logger.remove()
logger.add(sys.stderr, level="WARNING")

from pipecat.audio.vad.silero import SileroVADAnalyzer  # noqa: E402
from pipecat.audio.vad.vad_analyzer import VADParams  # noqa: E402
from pipecat.frames.frames import (  # noqa: E402
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline  # noqa: E402
from pipecat.pipeline.worker import PipelineParams, PipelineWorker  # noqa: E402
from pipecat.processors.aggregators.llm_context import LLMContext  # noqa: E402
from pipecat.processors.aggregators.llm_response_universal import (  # noqa: E402
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection  # noqa: E402
from pipecat.services.llm_service import LLMService  # noqa: E402
from pipecat.services.settings import LLMSettings, STTSettings, TTSSettings  # noqa: E402
from pipecat.services.stt_service import STTService  # noqa: E402
from pipecat.services.tts_service import TTSService  # noqa: E402
from pipecat.transports.base_input import BaseInputTransport  # noqa: E402
from pipecat.transports.base_output import BaseOutputTransport  # noqa: E402
from pipecat.transports.base_transport import BaseTransport, TransportParams  # noqa: E402
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy  # noqa: E402
from pipecat.turns.user_turn_strategies import UserTurnStrategies  # noqa: E402
from pipecat.utils.time import time_now_iso8601  # noqa: E402
from pipecat.workers.runner import WorkerRunner  # noqa: E402

TTFS_P99 = 0.6
"""speech end to final transcript, as measured here (all transcripts are finalized, so it is only a safety net)"""


def lead_of(samples, rate_hz: int) -> int:
    """Samples of silence before the first sound."""
    starts = loud_starts(samples, rate_hz)
    return round(float(starts[0]) * rate_hz) if len(starts) else 0


class Shared:
    """Of one session: what happened when, and what the services must know of each other for the same brain."""

    def __init__(self) -> None:
        self.events: list[tuple[float, str, object]] = []
        self.confidence: list[tuple[str, float]] = []
        self.thinking = 0
        self.speaking = False
        self.synthesizing = 0

    def note(self, name: str, data: object = None) -> None:
        self.events.append((time.monotonic(), name, data))

    def busy(self) -> bool:
        return bool(self.thinking or self.speaking or self.synthesizing)


# --- transport ----------------------------------------------------------------------------------------------------


class LineInput(BaseInputTransport):
    """As pipecat's LocalAudioInputTransport: a device thread hands over 20 ms at a time."""

    def __init__(self, line: Line, params: TransportParams, ready: asyncio.Event) -> None:
        super().__init__(params)
        self.line, self.ready = line, ready

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)
        self.ready.set()

    def deliver(self, frame) -> None:
        audio = (np.clip(frame.samples, -1, 1) * 32767).astype(np.int16).tobytes()
        out = InputAudioRawFrame(audio=audio, sample_rate=SAMPLE_RATE_HZ, num_channels=1)
        asyncio.run_coroutine_threadsafe(self.push_audio_frame(out), self.get_event_loop())


class LineOutput(BaseOutputTransport):
    """As a sound card with a short buffer: a write returns once at most 20 ms of what was written before it wait."""

    def __init__(self, line: Line, params: TransportParams, shared: Shared) -> None:
        super().__init__(params)
        self.line, self.shared = line, shared
        self._room = asyncio.Event()
        self._keep = round(0.02 * line.speaker.rate_hz)

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        loop = self.get_event_loop()
        ring = self.line.ring

        def pulled() -> None:
            if not self._room.is_set() and ring.waiting <= self._keep:
                loop.call_soon_threadsafe(self._room.set)

        ring.on_pull = pulled
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        ring = self.line.ring
        self._room.clear()
        ring.write(frame.audio)
        if ring.waiting > self._keep:
            await self._room.wait()
        return True

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM):
        if isinstance(frame, BotStartedSpeakingFrame) and direction == FrameDirection.DOWNSTREAM:
            self.shared.speaking = True
            self.shared.note("bot_started")
        elif isinstance(frame, BotStoppedSpeakingFrame) and direction == FrameDirection.DOWNSTREAM:
            self.shared.speaking = False
            self.shared.note("bot_stopped")
        await super().push_frame(frame, direction)


class LineTransport(BaseTransport):
    def __init__(self, line: Line, shared: Shared, ready: asyncio.Event) -> None:
        super().__init__()
        params = TransportParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_in_sample_rate=SAMPLE_RATE_HZ,
            audio_out_sample_rate=line.speaker.rate_hz,
            audio_out_end_silence_secs=0,
        )
        self._in, self._out = LineInput(line, params, ready), LineOutput(line, params, shared)

    def input(self):
        return self._in

    def output(self):
        return self._out


# --- services -----------------------------------------------------------------------------------------------------


class EarSTT(STTService):
    """Cloister's ear as a streaming service: it hears speech as it comes, and finishes when the VAD says that the
    speech is over; the transcript is finalized, so nobody waits for a time-out."""

    PREROLL_S = 0.5

    def __init__(self, ear, shared: Shared, **kwargs) -> None:
        super().__init__(
            sample_rate=SAMPLE_RATE_HZ,
            ttfs_p99_latency=TTFS_P99,
            settings=STTSettings(model="ears", language=None),
            **kwargs,
        )
        self.ear, self.shared = ear, shared
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="stt")
        self._queue: asyncio.Queue = asyncio.Queue()
        self._task: asyncio.Task | None = None
        self._preroll = bytearray()
        self._hearing = False

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        self._task = self.create_task(self._work())

    async def cleanup(self) -> None:
        await super().cleanup()
        if self._task is not None:
            await self.cancel_task(self._task)
            self._task = None

    async def run_stt(self, audio: bytes):
        if self._hearing:
            self._queue.put_nowait(("audio", audio))
        else:
            self._preroll += audio
            keep = round(self.PREROLL_S * SAMPLE_RATE_HZ) * 2
            if len(self._preroll) > keep:
                del self._preroll[: len(self._preroll) - keep]
        return
        yield

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, VADUserStartedSpeakingFrame) and not self._hearing:
            self.shared.note("vad_start")
            self._hearing = True
            self._queue.put_nowait(("start", bytes(self._preroll)))
            self._preroll.clear()
        elif isinstance(frame, VADUserStoppedSpeakingFrame) and self._hearing:
            self.shared.note("vad_stop")
            self._hearing = False
            self._queue.put_nowait(("stop", b""))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            kind, audio = await self._queue.get()
            # Whatever waits is heard at once: less work where the ear is behind.
            joined = bytearray(audio)
            pending = None
            while kind in ("start", "audio") and not self._queue.empty():
                following, more = self._queue.get_nowait()
                if following != "audio":
                    pending = following
                    break
                joined += more
            samples = np.frombuffer(bytes(joined), np.int16).astype(np.float32) / 32768
            if kind == "start":
                await loop.run_in_executor(self._pool, self.ear.start)
            if kind in ("start", "audio") and len(samples):
                await loop.run_in_executor(self._pool, self.ear.accept, samples)
            if kind == "stop" or pending == "stop":
                heard = await loop.run_in_executor(self._pool, self._finish)
                self.shared.note("stt_final", heard.text)
                if heard.text:
                    self.shared.confidence.append((heard.text, heard.confidence))
                    await self.push_frame(
                        TranscriptionFrame(heard.text, self._user_id, time_now_iso8601(), finalized=True)
                    )
            elif pending == "start":
                await loop.run_in_executor(self._pool, self.ear.start)

    def _finish(self) -> Transcript:
        self.ear.pause()
        return self.ear.finish()


class HostLLM(LLMService):
    """Cloister's host (retrieval, forms, llama.cpp, checks) as an LLM service: the same brain."""

    def __init__(self, host, site, shared: Shared, context: LLMContext) -> None:
        super().__init__(
            settings=LLMSettings(
                model="cloister-starter",
                system_instruction=None,
                temperature=0.0,
                max_tokens=120,
                top_p=None,
                top_k=None,
                frequency_penalty=None,
                presence_penalty=None,
                seed=None,
                filter_incomplete_user_turns=False,
                user_turn_completion_config=None,
                use_provider_thinking_default=False,
            )
        )
        self.host, self.site, self.shared, self.context = host, site, shared, context
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="llm")
        self._closed = False

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            try:
                self.shared.thinking += 1
                self.shared.note("llm_start")
                await self.push_frame(LLMFullResponseStartFrame())
                await self._answer(frame.context)
            finally:
                self.shared.thinking -= 1
            await self.push_frame(LLMFullResponseEndFrame())
        else:
            await self.push_frame(frame, direction)

    async def _answer(self, context: LLMContext) -> None:
        messages = list(context.messages)
        if self._closed:
            # The conversation is over: the next visitor must find nothing of it.
            self._closed = False
            last = messages[-1:]
            context.set_messages(list(last))
            messages = last
            await asyncio.get_running_loop().run_in_executor(self._pool, self.host.open)
        if messages and messages[-1]["role"] == "developer":
            # pipecat asks for words that it did not understand to be said again.
            await self._push_llm_text(self.site.prompts.no_match[0])
            return
        words = [messages.pop()["content"]] if messages else [""]
        # A turn that was called over too early goes on in a second message; but where a reply was audible in between
        # (and nothing of it was kept) the second is a question of its own.
        starts = [n for n, (_, kind, _) in enumerate(self.shared.events) if kind == "llm_start"]
        since = self.shared.events[starts[-2] :] if len(starts) > 1 else []
        answered = any(kind == "bot_started" for _, kind, _ in since)
        while messages and messages[-1]["role"] == "user" and not answered:
            words.insert(0, messages.pop()["content"])
        text = " ".join(words)
        history = tuple(
            Message("assistant" if m["role"] == "assistant" else "user", m["content"])
            for m in messages
            if m["role"] in ("user", "assistant")
        )[-24:]
        said = [c for t, c in self.shared.confidence[-len(words) or None :]]
        heard = Transcript(text, min(said, default=1.0), "ear")
        turn = Turn(len(self.shared.events))
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue = asyncio.Queue()

        def think() -> None:
            try:
                for piece in self.host.reply(heard, history, turn):
                    if turn.cancelled:
                        break
                    loop.call_soon_threadsafe(pieces.put_nowait, piece)
            finally:
                loop.call_soon_threadsafe(pieces.put_nowait, None)

        future = loop.run_in_executor(self._pool, think)
        reply = []
        try:
            while (piece := await pieces.get()) is not None:
                if isinstance(piece, Outcome):
                    self._closed = piece.action == "close"
                    self.shared.note("outcome", (piece.kind, list(piece.facts)))
                    continue
                if not reply:
                    self.shared.note("first_token", piece)
                reply.append(piece)
                await self._push_llm_text(piece)
            await future
            self.shared.note("reply", "".join(reply))
        except asyncio.CancelledError:
            turn.cancel()
            self.shared.note("reply_cancelled", "".join(reply))
            raise


class PiperTTS(TTSService):
    """As pipecat's PiperTTSService (a sentence at a time), on Cloister's loaded Piper voice."""

    def __init__(self, voice, shared: Shared, words: bool) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            push_text_frames=not words,
            sample_rate=voice.rate_hz,
            settings=TTSSettings(model=None, voice="kathleen", language=None),
        )
        self.voice, self.shared, self._words = voice, shared, words
        self._lock = threading.Lock()

    async def run_tts(self, text: str, context_id: str):
        self.shared.note("tts_text", text)
        self.shared.synthesizing += 1
        iterator = self.voice.synthesize(text, Turn(0))
        elapsed_s = 0.0 if context_id != getattr(self, "_elapsed_of", None) else self._elapsed_s
        self._elapsed_of = context_id

        def following():
            with self._lock:
                return next(iterator, None)

        try:
            while (voiced := await asyncio.to_thread(following)) is not None:
                self.shared.note(
                    "tts_audio",
                    (
                        text,
                        len(voiced.samples),
                        [(w.text, w.end) for w in voiced.words],
                        lead_of(voiced.samples, self.voice.rate_hz),
                    ),
                )
                audio = (voiced.samples.clip(-1, 1) * 32767).astype(np.int16).tobytes()
                if self._words:
                    ends = [(w.text, elapsed_s + w.end / self.voice.rate_hz) for w in voiced.words]
                    await self.add_word_timestamps(ends, context_id)
                elapsed_s += len(voiced.samples) / self.voice.rate_hz
                self._elapsed_s = elapsed_s
                yield TTSAudioRawFrame(audio, self.sample_rate, 1, context_id=context_id)
        finally:
            self.shared.synthesizing -= 1


# --- a session ----------------------------------------------------------------------------------------------------


class Session:
    def __init__(self, o, engines, site, number: int) -> None:
        self.o, self.shared = o, Shared()
        self.line = Line(engines.voice.rate_hz, ring=True)
        self.ready = asyncio.Event()
        self.context = LLMContext()
        transport = LineTransport(self.line, self.shared, self.ready)
        stt = EarSTT(engines.ear.stream(), self.shared)
        strategies, vad = None, SileroVADAnalyzer()
        if o.arm == "vad":
            wait = SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=max(0.0, o.silence - 0.2))
            strategies = UserTurnStrategies(stop=[wait])
        elif o.arm == "vadstop":
            vad = SileroVADAnalyzer(params=VADParams(stop_secs=o.silence))
            strategies = UserTurnStrategies(stop=[SpeechTimeoutUserTurnStopStrategy(user_speech_timeout=0.0)])
        pair = LLMContextAggregatorPair(
            self.context, user_params=LLMUserAggregatorParams(user_turn_strategies=strategies, vad_analyzer=vad)
        )
        user, assistant = pair

        @user.event_handler("on_user_turn_started")
        async def started(*_):
            self.shared.note("turn_start")

        @user.event_handler("on_user_turn_stopped")
        async def stopped(aggregator, strategy, message):
            self.shared.note("turn_end", message.content)

        @assistant.event_handler("on_assistant_turn_stopped")
        async def answered(aggregator, message):
            self.shared.note("assistant", (message.content, message.interrupted))

        llm = self.llm = HostLLM(Host(engines), site, self.shared, self.context)
        tts = PiperTTS(engines.voice, self.shared, words=o.arm == "words")
        self.input = transport.input()
        pipeline = Pipeline([self.input, stt, user, llm, tts, transport.output(), assistant])
        self.worker = PipelineWorker(
            pipeline,
            name=f"session{number}",
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
            params=PipelineParams(
                audio_in_sample_rate=SAMPLE_RATE_HZ,
                audio_out_sample_rate=self.line.speaker.rate_hz,
            ),
        )

    def said(self, item) -> None:
        if item.id == "goodbye":
            # Whatever was understood: the next visitor must find nothing of this one, as in Cloister.
            self.llm._closed = True

    def start_line(self) -> None:
        self.line.start(self.input.deliver, lambda: None)

    def result(self, said) -> dict:
        speaker = np.concatenate([np.zeros(0, np.float32), *self.line._right])
        rate = self.line.speaker.rate_hz
        rows = score(said, speaker, rate)
        timeline(rows, self.line, self.shared.events)
        return {
            "turns": rows,
            "late_p99_ms": 1000 * float(np.percentile(self.line.lateness_s, 99)),
            "late_max_ms": 1000 * max(self.line.lateness_s),
            "underruns": self.line.ring.underruns,
        }

    def save(self, path: Path) -> None:
        import soxr

        rate = self.line.speaker.rate_hz
        speaker = np.concatenate([np.zeros(0, np.float32), *self.line._right])
        left = soxr.resample(np.concatenate(self.line._left), SAMPLE_RATE_HZ, rate).astype(np.float32)
        n = max(len(left), len(speaker))
        both = np.stack([np.pad(left, (0, n - len(left))), np.pad(speaker, (0, n - len(speaker)))], axis=1)
        soundfile.write(path, both.clip(-1, 1), rate)


def timeline(rows, line, events) -> None:
    for n, row in enumerate(rows):
        lo = row["start_s"] - 0.1
        hi = rows[n + 1]["start_s"] - 0.1 if n + 1 < len(rows) else 1e9
        mine = [(line.stream_s(t), k, d) for t, k, d in events if lo <= line.stream_s(t) < hi]
        row["heard"] = " ".join(d for _, k, d in mine if k == "turn_end" and d)
        row["reply"] = next((d for _, k, d in reversed(mine) if k == "reply"), "")
        row["kind"] = next((d[0] for _, k, d in reversed(mine) if k == "outcome"), "")
        row["facts"] = next((d[1] for _, k, d in reversed(mine) if k == "outcome"), [])
        row["interruptions"] = sum(k == "reply_cancelled" for _, k, _ in mine)
        row["turn_ends"] = sum(k == "turn_end" for _, k, _ in mine)
        # the reply that was heard after the end: the last chain of events before it
        audible = row["first_audible_s"] if row["first_audible_s"] is not None else 1e9
        for key in ("vad_stop", "stt_final", "turn_end", "llm_start", "first_token"):
            times = [s for s, k, _ in mine if k == key and s <= audible + 0.05]
            if times:
                row[f"{key}_s"] = times[-1]
        since = row.get("llm_start_s", lo)
        for key in ("tts_text", "tts_audio"):
            times = [(s, d) for s, k, d in mine if k == key and s >= since]
            if times:
                row[f"{key}_s"] = times[0][0]
                if key == "tts_text":
                    row["first_clause"] = times[0][1]


async def run(o) -> None:
    settings = load_settings(BOX)
    site = load_site(settings.site)
    begins = datetime.fromisoformat(load_scenario().now)
    t0 = time.monotonic()
    sets = []
    for _ in range(o.sessions):
        folder = tempfile.mkdtemp(prefix="h-peer-state-", dir=os.environ["PEERS_WORK"])
        # pipecat hears ends of turns with its own network and has no use for Cloister's.
        mine = replace(
            settings, state=Path(folder), control_socket=None, endpoint=replace(settings.endpoint, finality=None)
        )
        sets.append(await asyncio.to_thread(assemble, mine, site, lambda: begins))
    loaded_s = time.monotonic() - t0
    sessions = [Session(o, engines, site, n) for n, engines in enumerate(sets)]
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(*(s.worker for s in sessions))
    running = asyncio.create_task(runner.run())
    for s in sessions:
        await asyncio.wait_for(s.ready.wait(), 30)
    rest_mb = rss_mb()
    before = machine_state()
    meter = idle = None

    async def converse(n: int, s: Session):
        await asyncio.sleep(n * o.stagger)
        s.start_line()
        await asyncio.sleep(3.0 if n else 0.0)
        visitor = Visitor(s.line, s.shared.busy, said=s.said)
        return await asyncio.to_thread(visitor.run, items_of(o.items, o.limit, o.offset + 5 * n))

    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(8 + 3 * o.sessions))
    sessions[0].start_line() if o.sessions == 1 else None
    if o.sessions == 1:
        idle = Meter()
        await asyncio.sleep(3.0)
        idle = idle.read()
        meter = Meter()
        visitor = Visitor(sessions[0].line, sessions[0].shared.busy, said=sessions[0].said)
        said = [await asyncio.to_thread(visitor.run, items_of(o.items, o.limit, o.offset))]
    else:
        meter = Meter()
        said = await asyncio.gather(*(converse(n, s) for n, s in enumerate(sessions)))
    usage = meter.read()
    results = [s.result(x) for s, x in zip(sessions, said, strict=True)]
    result = {
        "system": "pipecat",
        "arm": o.arm,
        "items": o.items,
        "silence": o.silence,
        "loaded_s": loaded_s,
        "rest_mb": rest_mb,
        "idle": idle,
        "usage": usage,
        "before": before,
        "after": machine_state(),
        **results[0],
        "sessions": results[1:],
    }
    o.out.write_text(json.dumps(result, indent=1, default=str))
    if o.limit is None and o.sessions == 1:
        sessions[0].save(o.out.with_suffix(".flac"))
    for s in sessions:
        s.line.stop()
    await runner.cancel()
    with contextlib.suppress(Exception):
        await asyncio.wait_for(running, 10)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--arm", default="smart")
    parser.add_argument("--items", default="questions")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--silence", type=float, default=0.6)
    parser.add_argument("--sessions", type=int, default=1)
    parser.add_argument("--stagger", type=float, default=2.3)
    parser.add_argument("--out", type=Path, required=True)
    o = parser.parse_args()
    asyncio.run(run(o))
    import os

    os._exit(0)


if __name__ == "__main__":
    main()
