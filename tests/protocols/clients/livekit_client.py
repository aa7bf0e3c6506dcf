"""A spoken conversation with LiveKit's plugin for OpenAI's Realtime interface, without a room."""

import asyncio

from livekit import rtc
from livekit.agents import utils
from livekit.plugins import openai
from rig import CHUNK, RATE_HZ, Account, Visitor, arguments


async def main() -> None:
    url, question, interruption = arguments()
    account, visitor = Account(), Visitor()
    async with utils.http_context.open():
        model = openai.realtime.RealtimeModel(base_url=url, api_key="any", model="cloister")
        session = model.session()
        generations: asyncio.Queue = asyncio.Queue()
        interrupted = asyncio.Event()
        session.on("generation_created", generations.put_nowait)
        session.on("input_speech_started", lambda _: interrupted.set())
        session.on("error", lambda event: account.errors.append(repr(event.error)))

        @session.on("input_audio_transcription_completed")
        def transcribed(event) -> None:
            if event.is_final:
                account.heard.append(event.transcript)

        @session.on("openai_server_event_received")
        def received(event) -> None:
            if event["type"] == "conversation.item.truncated":
                account.truncated_ms = event["audio_end_ms"]
            elif event["type"] == "response.done" and event["response"]["status"] == "cancelled":
                account.interrupted = True

        async def listen() -> None:
            async for chunk in visitor.chunks():
                session.push_audio(rtc.AudioFrame(chunk, RATE_HZ, 1, CHUNK // 2))

        async def answer(generation, *, interrupt: bool = False) -> None:
            """Take the sound and the words of a reply, and speak over it if that is wanted."""
            async for message in generation.message_stream:
                words: list[str] = []

                async def read(texts=message.text_stream, words=words) -> None:
                    async for text in texts:
                        words.append(str(text))

                reading = asyncio.create_task(read())
                received_s = 0.0
                async for frame in message.audio_stream:
                    account.audio_s += frame.duration
                    received_s += frame.duration
                    if interrupt and received_s > 0.8:
                        interrupt = False
                        interrupted.clear()
                        visitor.say(interruption)
                    if interrupted.is_set() and received_s > 0.8:
                        interrupted.clear()
                        session.interrupt()
                        session.truncate(
                            message_id=message.message_id, modalities=["audio"], audio_end_ms=int(received_s * 1000)
                        )
                await reading
                account.said.append("".join(words))
                interrupted.clear()

        microphone = asyncio.create_task(listen())
        visitor.say(question)
        await answer(await generations.get())
        # A reply that the program itself asks for: it waits for the response that echoes its metadata.
        asked = await session.generate_reply()
        async for message in asked.message_stream:
            async for _ in message.audio_stream:
                pass
        await generations.get()
        visitor.say(question)
        await answer(await generations.get(), interrupt=True)
        await answer(await generations.get())
        microphone.cancel()
        await session.aclose()
    account.tell()


asyncio.run(main())
