"""One run of livekit-agents 1.8.9 on the same line with the same engines: an ``AgentSession`` without a room, with
audio input and output of its own (as its console does), and STT, LLM and TTS plugins around Cloister's engines.

``default``: everything as it comes (bundled silero VAD, local end-of-turn detector v1-mini, preemptive generation of
the LLM's answer); ``best``: preemptive synthesis as well.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile
from common import BOX, Host, Line, Meter, Ring, Visitor, items_of, machine_state, rss_mb, score
from livekit import rtc
from livekit.agents import Agent, AgentSession, inference, llm, stt, tts
from livekit.agents import vad as lkvad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, NOT_GIVEN
from livekit.agents.voice import io

from appliance.bench.demo.scenario import load_scenario
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import Message, Outcome, Transcript
from appliance.core.turn import Turn
from appliance.runtime.assemble import assemble


class Shared:
    def __init__(self) -> None:
        self.events: list[tuple[float, str, object]] = []
        self.confidence: list[tuple[str, float]] = []
        self.state = "listening"
        self.closed = False

    def note(self, name: str, data: object = None) -> None:
        self.events.append((time.monotonic(), name, data))

    def busy(self) -> bool:
        return self.state in ("thinking", "speaking")


class LineInput(io.AudioInput):
    def __init__(self, loop) -> None:
        super().__init__(label="line")
        self._loop, self._queue = loop, asyncio.Queue()

    def deliver(self, frame) -> None:
        audio = (np.clip(frame.samples, -1, 1) * 32767).astype(np.int16).tobytes()
        out = rtc.AudioFrame(audio, SAMPLE_RATE_HZ, 1, len(audio) // 2)
        self._loop.call_soon_threadsafe(self._queue.put_nowait, out)

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._queue.get()


class HeldRing(Ring):
    """A ring that can be paused."""

    held = False

    def pull(self, count: int):
        if self.held:
            self.on_pull()
            return np.zeros(count, np.float32)
        return super().pull(count)


class LineOutput(io.AudioOutput):
    def __init__(self, line: Line, shared: Shared) -> None:
        super().__init__(
            label="line", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=line.speaker.rate_hz
        )
        self.line, self.ring, self.shared = line, line.ring, shared
        self._pushed = 0
        self._base = 0
        self._flushing: asyncio.Task | None = None
        self._interrupted = asyncio.Event()

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._flushing is not None and not self._flushing.done():
            await self._flushing
        if not self._pushed:
            self._base = self.ring.pulled_sound
            self._interrupted.clear()
            self.shared.note("tts_audio")
            self.on_playback_started(created_at=time.time())
        self._pushed += frame.samples_per_channel
        self.ring.write(bytes(frame.data))

    def flush(self) -> None:
        super().flush()
        if self._pushed:
            self._flushing = asyncio.create_task(self._playout())

    def clear_buffer(self) -> None:
        self.ring.clear()
        self.ring.held = False
        if self._pushed:
            self._interrupted.set()

    async def _playout(self) -> None:
        while not self._interrupted.is_set() and self.ring.waiting:
            await asyncio.sleep(0.01)
        interrupted = self._interrupted.is_set()
        played = (
            (self.ring.pulled_sound - self._base) / self.ring.rate_hz
            if interrupted
            else self._pushed / self.ring.rate_hz
        )
        self._pushed = 0
        self._interrupted.clear()
        self.on_playback_finished(playback_position=played, interrupted=interrupted)

    def pause(self) -> None:
        super().pause()
        self.shared.note("paused")
        self.ring.held = True

    def resume(self) -> None:
        super().resume()
        self.shared.note("resumed")
        self.ring.held = False


class EarSTT(stt.STT):
    """Cloister's ear, streaming: hears speech as it comes (found by LiveKit's own VAD, as its StreamAdapter finds it),
    and is finished at the end of speech."""

    def __init__(self, ear, shared: Shared) -> None:
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))
        self.ear, self.shared = ear, shared
        self.vad = inference.VAD()
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="stt")

    async def _recognize_impl(self, buffer, *, language=NOT_GIVEN, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        raise NotImplementedError

    def stream(self, *, language=NOT_GIVEN, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        return EarStream(self, conn_options)


class EarStream(stt.RecognizeStream):
    PREROLL_S = 0.5

    def __init__(self, parent: EarSTT, conn_options) -> None:
        super().__init__(stt=parent, conn_options=conn_options, sample_rate=SAMPLE_RATE_HZ)
        self.ear, self.shared, self.pool, self.vad = parent.ear, parent.shared, parent.pool, parent.vad

    async def _run(self) -> None:
        stream = self.vad.stream()
        loop = asyncio.get_running_loop()
        work: asyncio.Queue = asyncio.Queue()
        preroll = bytearray()
        hearing = False

        async def forward() -> None:
            async for given in self._input_ch:
                if isinstance(given, self._FlushSentinel):
                    stream.flush()
                    continue
                stream.push_frame(given)
                audio = bytes(given.data)
                if hearing:
                    work.put_nowait(("audio", audio))
                else:
                    preroll.extend(audio)
                    keep = round(self.PREROLL_S * SAMPLE_RATE_HZ) * 2
                    if len(preroll) > keep:
                        del preroll[: len(preroll) - keep]
            stream.end_input()

        async def notice() -> None:
            nonlocal hearing
            async for event in stream:
                if event.type == lkvad.VADEventType.START_OF_SPEECH:
                    self.shared.note("vad_start")
                    hearing = True
                    work.put_nowait(("start", bytes(preroll)))
                    preroll.clear()
                    self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.START_OF_SPEECH))
                elif event.type == lkvad.VADEventType.END_OF_SPEECH:
                    self.shared.note("vad_stop")
                    hearing = False
                    ended = time.time() - event.silence_duration - event.inference_duration
                    self._event_ch.send_nowait(
                        stt.SpeechEvent(type=stt.SpeechEventType.END_OF_SPEECH, speech_end_time=ended)
                    )
                    work.put_nowait(("stop", ended))

        async def hear() -> None:
            pending = None
            while True:
                kind, data = pending or await work.get()
                pending = None
                if kind in ("start", "audio"):
                    joined = bytearray(data)
                    while not work.empty():
                        following = work.get_nowait()
                        if following[0] != "audio":
                            pending = following
                            break
                        joined += following[1]
                    samples = np.frombuffer(bytes(joined), np.int16).astype(np.float32) / 32768
                    if kind == "start":
                        await loop.run_in_executor(self.pool, self.ear.start)
                    if len(samples):
                        await loop.run_in_executor(self.pool, self.ear.accept, samples)
                else:
                    heard = await loop.run_in_executor(self.pool, self._finish)
                    self.shared.note("stt_final", heard.text)
                    if heard.text:
                        self.shared.confidence.append((heard.text, heard.confidence))
                        self._event_ch.send_nowait(
                            stt.SpeechEvent(
                                type=stt.SpeechEventType.FINAL_TRANSCRIPT,
                                alternatives=[stt.SpeechData("en", heard.text, confidence=heard.confidence)],
                                speech_end_time=data,
                            )
                        )

        tasks = [asyncio.create_task(f()) for f in (forward, notice, hear)]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await stream.aclose()

    def _finish(self) -> Transcript:
        self.ear.pause()
        return self.ear.finish()


class HostLLM(llm.LLM):
    def __init__(self, host, site, shared: Shared) -> None:
        super().__init__()
        self.host, self.site, self.shared = host, site, shared
        self.pool = ThreadPoolExecutor(1, thread_name_prefix="llm")

    def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
        return HostStream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class HostStream(llm.LLMStream):
    async def _run(self) -> None:
        parent: HostLLM = self._llm
        shared, host = parent.shared, parent.host
        shared.note("llm_start")
        messages = [
            m for m in self._chat_ctx.items if getattr(m, "type", "") == "message" and m.role in ("user", "assistant")
        ]
        messages = [m for m in messages if m.created_at >= getattr(shared, "opened", 0.0)]
        loop = asyncio.get_running_loop()
        if shared.closed:
            shared.closed = False
            await loop.run_in_executor(parent.pool, host.open)
        words = [messages.pop().text_content or ""] if messages else [""]
        starts = [n for n, (_, kind, _) in enumerate(shared.events) if kind == "llm_start"]
        since = shared.events[starts[-2] :] if len(starts) > 1 else []
        answered = any(kind == "tts_audio" for _, kind, _ in since)
        while messages and messages[-1].role == "user" and not answered:
            words.insert(0, messages.pop().text_content or "")
        text = " ".join(words)
        history = tuple(Message(m.role, m.text_content or "", bool(m.interrupted)) for m in messages)[-24:]
        said = [c for t, c in shared.confidence[-len(words) :]]
        heard = Transcript(text, min(said, default=1.0), "ear")
        turn = Turn(len(shared.events))
        pieces: asyncio.Queue = asyncio.Queue()

        def think() -> None:
            try:
                for piece in host.reply(heard, history, turn):
                    if turn.cancelled:
                        break
                    loop.call_soon_threadsafe(pieces.put_nowait, piece)
            finally:
                loop.call_soon_threadsafe(pieces.put_nowait, None)

        loop.run_in_executor(parent.pool, think)
        reply = []
        try:
            while (piece := await pieces.get()) is not None:
                if isinstance(piece, Outcome):
                    shared.note("outcome", (piece.kind, list(piece.facts)))
                    continue
                if not reply:
                    shared.note("first_token", piece)
                reply.append(piece)
                self._event_ch.send_nowait(
                    llm.ChatChunk(id=uuid.uuid4().hex, delta=llm.ChoiceDelta(role="assistant", content=piece))
                )
            shared.note("reply", "".join(reply))
        except asyncio.CancelledError:
            turn.cancel()
            shared.note("reply_cancelled", "".join(reply))
            raise


class PiperTTS(tts.TTS):
    def __init__(self, voice, shared: Shared) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=voice.rate_hz, num_channels=1)
        self.voice, self.shared, self.lock = voice, shared, threading.Lock()

    def synthesize(self, text: str, *, conn_options=DEFAULT_API_CONNECT_OPTIONS):
        return PiperStream(tts=self, input_text=text, conn_options=conn_options)


class PiperStream(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        parent: PiperTTS = self._tts
        parent.shared.note("tts_text", self._input_text)
        output_emitter.initialize(
            request_id=uuid.uuid4().hex, sample_rate=parent.sample_rate, num_channels=1, mime_type="audio/pcm"
        )
        iterator = parent.voice.synthesize(self._input_text, Turn(0))

        def following():
            with parent.lock:
                return next(iterator, None)

        while (voiced := await asyncio.to_thread(following)) is not None:
            parent.shared.note(
                "tts_voiced", (self._input_text, len(voiced.samples), [(w.text, w.end) for w in voiced.words])
            )
            output_emitter.push((voiced.samples.clip(-1, 1) * 32767).astype(np.int16).tobytes())
        output_emitter.flush()


def timeline(rows, line, events) -> None:
    for n, row in enumerate(rows):
        lo = row["start_s"] - 0.1
        hi = rows[n + 1]["start_s"] - 0.1 if n + 1 < len(rows) else 1e9
        mine = [(line.stream_s(t), k, d) for t, k, d in events if lo <= line.stream_s(t) < hi]
        row["heard"] = " ".join(d for _, k, d in mine if k == "user_final" and d)
        row["reply"] = next((d for _, k, d in reversed(mine) if k == "reply"), "")
        row["kind"], row["facts"] = next((d for _, k, d in reversed(mine) if k == "outcome"), ("", []))
        row["speculations"] = sum(k == "llm_start" for _, k, _ in mine)
        audible = row["first_audible_s"] if row["first_audible_s"] is not None else 1e9
        for key in ("vad_stop", "stt_final", "turn_end", "llm_start", "first_token", "tts_text"):
            times = [s for s, k, _ in mine if k == key and s <= audible + 0.05]
            if times:
                row[f"{key}_s"] = times[0] if key == "tts_text" else times[-1]
        times = [s for s, k, _ in mine if k == "tts_audio" and s <= audible + 0.05]
        if times:
            row["tts_audio_s"] = times[-1]


async def run(o) -> None:
    settings = load_settings(BOX)
    site = load_site(settings.site)
    begins = datetime.fromisoformat(load_scenario().now)
    folder = tempfile.mkdtemp(prefix="h-peer-state-", dir=os.environ["PEERS_WORK"])
    settings = replace(
        settings, state=Path(folder), control_socket=None, endpoint=replace(settings.endpoint, finality=None)
    )
    t0 = time.monotonic()
    engines = await asyncio.to_thread(assemble, settings, site, lambda: begins)
    loaded_s = time.monotonic() - t0
    shared = Shared()
    line = Line(engines.voice.rate_hz)
    line._playback = line.ring = HeldRing(engines.voice.rate_hz)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(16))
    ear = EarSTT(engines.ear.stream(), shared)
    handling = {} if o.arm == "default" else {"preemptive_generation": {"preemptive_tts": True}}
    session = AgentSession(
        stt=ear,
        llm=HostLLM(Host(engines), site, shared),
        tts=PiperTTS(engines.voice, shared),
        turn_handling=handling,
        aec_warmup_duration=None,
        user_away_timeout=None,
    )

    @session.on("agent_state_changed")
    def _(event) -> None:
        shared.state = event.new_state
        shared.note("state", event.new_state)

    @session.on("user_input_transcribed")
    def _(event) -> None:
        if event.is_final:
            shared.note("user_final", event.transcript)

    @session.on("conversation_item_added")
    def _(event) -> None:
        item = event.item
        if getattr(item, "type", "") == "message":
            shared.note("item", (item.role, item.text_content, getattr(item, "interrupted", False)))
            if item.role == "user":
                shared.note("turn_end", item.text_content)

    audio_in = LineInput(loop)
    session.input.audio = audio_in
    # As LiveKit's RoomIO does it: what was heard of an interrupted reply is kept in step with the sound.
    from livekit.agents.voice.transcription import TranscriptSynchronizer

    class NoText(io.TextOutput):
        def __init__(self) -> None:
            super().__init__(label="none", next_in_chain=None)

        async def capture_text(self, text: str) -> None:
            pass

        def flush(self) -> None:
            pass

    if o.arm != "nosync":
        synchronizer = TranscriptSynchronizer(next_in_chain_audio=LineOutput(line, shared), next_in_chain_text=NoText())
        session.output.audio = synchronizer.audio_output
        session.output.transcription = synchronizer.text_output
    else:
        session.output.audio = LineOutput(line, shared)
    await session.start(Agent(instructions="You are Oak."), record=False)
    rest_mb = rss_mb()
    line.start(audio_in.deliver, lambda: None)
    idle = Meter()
    await asyncio.sleep(3.0)
    idle = idle.read()
    before = machine_state()

    def after(item) -> None:
        if item.id == "goodbye":
            shared.closed = True
            shared.opened = time.time()

    meter = Meter()
    visitor = Visitor(line, shared.busy, said=after)
    said = await asyncio.to_thread(visitor.run, items_of(o.items, o.limit, o.offset))
    usage = meter.read()
    speaker = np.concatenate([np.zeros(0, np.float32), *line._right])
    rate = line.speaker.rate_hz
    rows = score(said, speaker, rate)
    timeline(rows, line, shared.events)
    result = {
        "system": "livekit",
        "arm": f"livekit-{o.arm}",
        "items": o.items,
        "loaded_s": loaded_s,
        "rest_mb": rest_mb,
        "idle": idle,
        "usage": usage,
        "before": before,
        "after": machine_state(),
        "turns": rows,
        "late_p99_ms": 1000 * float(np.percentile(line.lateness_s, 99)),
        "late_max_ms": 1000 * max(line.lateness_s),
    }
    o.out.write_text(json.dumps(result, indent=1, default=str))
    if o.limit is None:
        import soxr

        left = soxr.resample(np.concatenate(line._left), SAMPLE_RATE_HZ, rate).astype(np.float32)
        n = max(len(left), len(speaker))
        both = np.stack([np.pad(left, (0, n - len(left))), np.pad(speaker, (0, n - len(speaker)))], axis=1)
        soundfile.write(o.out.with_suffix(".flac"), both.clip(-1, 1), rate)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--arm", default="default")
    parser.add_argument("--items", default="questions")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
