"""A spoken conversation with the Realtime session of the openai-agents package."""

import asyncio
import os

os.environ["OPENAI_AGENTS_DISABLE_TRACING"] = "1"

from agents.realtime import RealtimeAgent, RealtimeRunner
from rig import RATE_HZ, Account, Visitor, arguments


async def main() -> None:
    url, question, interruption = arguments()
    account, visitor = Account(), Visitor()
    runner = RealtimeRunner(RealtimeAgent(name="visitor", instructions="Answer."))
    address = url.replace("http", "ws", 1) + "/realtime?model=cloister"
    async with await runner.run(model_config={"api_key": "any", "url": address}) as session:

        async def listen() -> None:
            async for chunk in visitor.chunks():
                await session.send_audio(chunk)

        microphone = asyncio.create_task(listen())
        visitor.say(question)
        answers, received_s, spoke = 0, 0.0, False
        async for event in session:
            if event.type == "audio":
                seconds = len(event.audio.data) / 2 / RATE_HZ
                account.audio_s += seconds
                received_s += seconds
                if answers == 1 and received_s > 0.8 and not spoke:
                    spoke = True
                    visitor.say(interruption)
            elif event.type == "audio_interrupted":
                account.interrupted = True
            elif event.type == "error":
                account.errors.append(str(event.error))
            elif event.type == "raw_model_event" and event.data.type == "raw_server_event":
                raw = event.data.data
                match raw["type"]:
                    case "conversation.item.input_audio_transcription.completed":
                        account.heard.append(raw["transcript"])
                    case "response.output_audio_transcript.done":
                        account.said.append(raw["transcript"])
                    case "conversation.item.truncated":
                        account.truncated_ms = raw["audio_end_ms"]
                    case "response.created":
                        received_s = 0.0
                    case "response.done":
                        answers += 1
                        if answers == 1:
                            visitor.say(question)
                        elif answers == 3:
                            break
        microphone.cancel()
    account.tell()


asyncio.run(main())
