"""A spoken conversation with the client of the openai package."""

import asyncio
import base64

from openai import AsyncOpenAI
from rig import RATE_HZ, Account, Visitor, arguments


async def main() -> None:
    url, question, interruption = arguments()
    account, visitor = Account(), Visitor()
    client = AsyncOpenAI(api_key="any", base_url=url)
    async with client.realtime.connect(model="cloister") as connection:
        first = await connection.recv()
        assert first.type == "session.created", first
        turns = {"type": "semantic_vad", "interrupt_response": True}
        transcription = {"model": "cloister-transcribe"}
        await connection.session.update(
            session={"type": "realtime", "audio": {"input": {"turn_detection": turns, "transcription": transcription}}}
        )

        async def listen() -> None:
            async for chunk in visitor.chunks():
                await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())

        microphone = asyncio.create_task(listen())
        visitor.say(question)
        answers, item_id, received_ms, spoke = 0, "", 0.0, False
        async for event in connection:
            match event.type:
                case "conversation.item.input_audio_transcription.completed":
                    account.heard.append(event.transcript)
                case "response.output_item.added":
                    item_id, received_ms = event.item.id, 0.0
                case "response.output_audio.delta":
                    seconds = len(base64.b64decode(event.delta)) / 2 / RATE_HZ
                    account.audio_s += seconds
                    received_ms += seconds * 1000
                    if answers == 1 and received_ms > 800 and not spoke:
                        spoke = True
                        visitor.say(interruption)
                case "input_audio_buffer.speech_started" if answers == 1 and spoke:
                    await connection.conversation.item.truncate(
                        item_id=item_id, content_index=0, audio_end_ms=int(received_ms) - 200
                    )
                case "conversation.item.truncated":
                    account.truncated_ms = event.audio_end_ms
                case "response.output_audio_transcript.done":
                    account.said.append(event.transcript)
                case "response.done":
                    answers += 1
                    if answers == 1:
                        visitor.say(question)
                    elif answers == 2:
                        account.interrupted = event.response.status == "cancelled"
                    else:
                        break
                case "error":
                    account.errors.append(event.error.message)
        microphone.cancel()
    account.tell()


asyncio.run(main())
