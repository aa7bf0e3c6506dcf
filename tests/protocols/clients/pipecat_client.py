"""A spoken conversation with Pipecat's service for OpenAI's Realtime interface."""

import asyncio

from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from rig import RATE_HZ, Account, Visitor, arguments

logger.remove()


class Tap(FrameProcessor):
    """Sees what flows past it, in both directions."""

    def __init__(self, see) -> None:
        super().__init__()
        self._see = see

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        self._see(frame)
        await self.push_frame(frame, direction)


class Service(OpenAIRealtimeLLMService):
    """The service, with a look at the raw events that tell when a response is over."""

    def __init__(self, seen, **options) -> None:
        super().__init__(**options)
        self._seen = seen

    async def _handle_evt_response_done(self, event) -> None:
        self._seen(event)
        await super()._handle_evt_response_done(event)

    async def send_client_event(self, event) -> None:
        self._seen(event)
        await super().send_client_event(event)


async def main() -> None:
    url, question, interruption = arguments()
    account, visitor = Account(), Visitor()
    over = asyncio.Event()
    answers, received_s, spoke, words = 0, 0.0, False, []

    def see(frame: Frame) -> None:
        nonlocal received_s, spoke
        if isinstance(frame, TTSAudioRawFrame):
            seconds = len(frame.audio) / 2 / RATE_HZ
            account.audio_s += seconds
            received_s += seconds
            if answers == 1 and received_s > 0.8 and not spoke:
                spoke = True
                visitor.say(interruption)
        elif isinstance(frame, TTSTextFrame):
            words.append(frame.text)
        elif isinstance(frame, TranscriptionFrame):
            account.heard.append(frame.text)
        elif isinstance(frame, ErrorFrame):
            account.errors.append(frame.error)

    def seen(event) -> None:
        nonlocal answers, received_s
        if event.type == "conversation.item.truncate":
            account.truncated_ms = event.audio_end_ms
        elif event.type == "response.done":
            account.said.append(" ".join(words))
            words.clear()
            received_s = 0.0
            answers += 1
            account.interrupted |= event.response.status == "cancelled"
            if answers == 1:
                visitor.say(question)
            elif answers == 3:
                over.set()

    service = Service(seen, api_key="any", base_url=url.replace("http", "ws", 1) + "/realtime")
    task = PipelineTask(Pipeline([Tap(see), service, Tap(see)]), params=PipelineParams())

    async def listen() -> None:
        async for chunk in visitor.chunks():
            await task.queue_frame(InputAudioRawFrame(chunk, RATE_HZ, 1))

    async def end() -> None:
        await over.wait()
        await task.cancel()

    microphone, ending = asyncio.create_task(listen()), asyncio.create_task(end())
    visitor.say(question)
    await PipelineRunner(handle_sigint=False).run(task)
    microphone.cancel()
    await ending
    account.tell()


asyncio.run(main())
