"""Home Assistant takes the box as ear, agent and voice: its core, its integration for Wyoming and its Assist pipeline.

Run by the interpreter of its own environment: ``python homeassistant_client.py PORT FOLDER QUESTION...``. The door is
at the port of this machine, the folder gets Home Assistant's configuration, and a question is raw 16-bit sound at
16 kHz. The questions are asked in one conversation. Prints what came, as one JSON object.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import socket
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from homeassistant import bootstrap
from homeassistant.components import assist_pipeline, stt, tts
from homeassistant.const import __version__
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry
from homeassistant.runner import RuntimeConfig
from wyoming.asr import Transcript

DOOR, FOLDER, QUESTIONS = int(sys.argv[1]), Path(sys.argv[2]), [Path(name).read_bytes() for name in sys.argv[3:]]

CHUNK = 640
"""bytes of 20 ms"""

SOUND = stt.SpeechMetadata(
    language="en",
    format=stt.AudioFormats.WAV,
    codec=stt.AudioCodecs.PCM,
    bit_rate=stt.AudioBitRates.BITRATE_16,
    sample_rate=stt.AudioSampleRates.SAMPLERATE_16000,
    channel=stt.AudioChannels.CHANNEL_MONO,
)


class Complaints(logging.Handler):
    """What Home Assistant logs as an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {record.getMessage()}")


async def started() -> tuple[HomeAssistant, str]:
    """A running Home Assistant without its pages and automations, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (FOLDER / "configuration.yaml").write_text(
        f"http: {{server_host: 127.0.0.1, server_port: {port}}}\nassist_pipeline:\nmedia_source:\n", encoding="utf-8"
    )
    bootstrap.DEFAULT_INTEGRATIONS.clear()
    bootstrap.CRITICAL_INTEGRATIONS.clear()
    # What it needs is in its environment. It fetches nothing.
    hass = await bootstrap.async_setup_hass(RuntimeConfig(config_dir=str(FOLDER), skip_pip=True))
    assert hass is not None
    await hass.async_start()
    return hass, f"http://127.0.0.1:{port}"


async def added(hass: HomeAssistant) -> tuple[dict[str, object], dict[str, str]]:
    """Add the box by its address, as a person does. Returns what came of it, and the entities by their kind."""
    flow = await hass.config_entries.flow.async_init("wyoming", context={"source": "user"})
    address = {"host": "127.0.0.1", "port": DOOR}
    result = await hass.config_entries.flow.async_configure(flow["flow_id"], address)
    await hass.async_block_till_done()
    entities = entity_registry.async_get(hass).entities.values()
    return result, {entity.domain: entity.entity_id for entity in entities if entity.platform == "wyoming"}


async def pipeline_of(hass: HomeAssistant, entities: dict[str, str]) -> str:
    """An assistant all of whose parts are the box."""
    settings = {
        **{"name": "box", "language": "en", "wake_word_entity": None, "wake_word_id": None},
        **{"stt_engine": entities["stt"], "stt_language": "en"},
        **{"conversation_engine": entities["conversation"], "conversation_language": "en"},
        **{"tts_engine": entities["tts"], "tts_language": "en", "tts_voice": "cloister"},
    }
    return (await hass.data["assist_pipeline"].pipeline_store.async_create_item(settings)).id


async def microphone(sound: bytes) -> AsyncIterator[bytes]:
    """A question between silences, four times as fast as it was said. Home Assistant finds its end."""
    for data in (bytes(CHUNK * 15), sound, bytes(CHUNK * 1_000)):
        for at in range(0, len(data), CHUNK):
            yield data[at : at + CHUNK]
            await asyncio.sleep(0.005)


class Assistant:
    """Runs of the pipeline, in one conversation."""

    def __init__(self, hass: HomeAssistant, pipeline: str, address: str) -> None:
        self._hass = hass
        self._pipeline = pipeline
        self._address = address
        self._conversation: str | None = None

    async def ask(self, sound: bytes) -> dict[str, object]:
        """What was heard of a question, what was said, and the sound that came."""
        events = await self._run(sound)
        data = {str(event.type): event.data for event in events}
        found: dict[str, object] = {"events": [str(event.type) for event in events]}
        if "error" in data:
            return found | {"error": data["error"]["code"]}
        found["heard"] = data["stt-end"]["stt_output"]["text"]
        output = data["intent-end"]["intent_output"]
        self._conversation = output["conversation_id"]
        found["said"] = output["response"]["speech"]["plain"]["speech"]
        found["kind"] = output["response"]["response_type"]
        url = self._address + data["tts-end"]["tts_output"]["url"]
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            found["seconds"], found["loudest"] = measured(await answer.read())
        return found

    async def _run(self, sound: bytes) -> list[assist_pipeline.PipelineEvent]:
        events: list[assist_pipeline.PipelineEvent] = []
        await assist_pipeline.async_pipeline_from_audio_stream(
            self._hass,
            context=Context(),
            event_callback=events.append,
            stt_metadata=SOUND,
            stt_stream=microphone(sound),
            pipeline_id=self._pipeline,
            conversation_id=self._conversation,
            # Sound as the box sends it. Other formats are made by ffmpeg, which need not be there.
            tts_audio_output={tts.ATTR_PREFERRED_FORMAT: "wav"},
        )
        return events


def measured(wav: bytes) -> tuple[float, int]:
    """Seconds and the loudest sample of a wave file. The head of one that was streamed does not tell its length."""
    with wave.open(io.BytesIO(wav)) as opened:
        rate_hz, sound = opened.getframerate(), wav[44:]
        assert (opened.getsampwidth(), opened.getnchannels()) == (2, 1)
    return len(sound) / 2 / rate_hz, max(abs(sample) for sample in memoryview(sound).cast("h"))


async def spoken_before_its_end(hass: HomeAssistant, voice: str) -> bool | None:
    """Whether the first sound of a text comes before its end was written, as language models write. None where this
    release waits for the end by itself."""
    if not hasattr(tts.ResultStream, "async_set_message_stream"):
        return None
    stream = tts.async_create_stream(hass, voice, "en", {tts.ATTR_PREFERRED_FORMAT: "wav"})
    sounding = asyncio.Event()
    early: list[bool] = []

    async def text() -> AsyncIterator[str]:
        yield "The pharmacy is on the ground floor. The ca"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(sounding.wait(), 20)
        early.append(sounding.is_set())
        yield "fe is beside it."

    stream.async_set_message_stream(text())
    received = 0
    async for data in stream.async_stream_result():
        received += len(data)
        # More than the head of the file.
        if received > 1_000:
            sounding.set()
    return early == [True]


async def main() -> None:
    hass, address = await started()
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    result, entities = await added(hass)
    assistant = Assistant(hass, await pipeline_of(hass, entities), address)
    found = {
        "version": __version__,
        "names_conversations": "context" in Transcript("x", context={"conversation_id": "x"}).event().data,
        "added": [result["type"], result.get("title")],
        "entities": entities,
        "runs": [await assistant.ask(question) for question in QUESTIONS],
        "early": await spoken_before_its_end(hass, entities["tts"]),
        "complaints": complaints.lines.copy(),
        "silence": await assistant.ask(b""),
    }
    await hass.async_stop(force=True)
    print(json.dumps(found))


asyncio.run(main())
