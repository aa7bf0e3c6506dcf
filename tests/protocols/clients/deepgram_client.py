"""Deepgram's own client holds a conversation at a door, and has a recording heard and a text spoken.

Run by the interpreter of its own environment: ``python deepgram_client.py SOCKET RECORDING``. The recording is raw
16-bit sound at 16 kHz. Prints what came, as one JSON object.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from deepgram import DeepgramClient
from deepgram.agent.v1.types import AgentV1Settings
from websockets.sync.client import unix_connect

SOCKET, SOUND = sys.argv[1], Path(sys.argv[2]).read_bytes()
CHUNK = 3200


class Transport:
    """The SDK's own way to bring another transport: its messages over a Unix socket."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        path = url.split("/", 3)[3]
        self._socket = unix_connect(SOCKET, uri=f"ws://localhost/{path}", additional_headers=headers)
        self._socket.__enter__()

    def send(self, data: object) -> None:
        self._socket.send(data if isinstance(data, str | bytes) else json.dumps(data))

    def recv(self) -> str | bytes:
        return self._socket.recv(30)

    def __iter__(self):
        yield from self._socket

    def close(self) -> None:
        self._socket.close()


client = DeepgramClient(api_key="secret", transport_factory=Transport)
found: dict[str, object] = {}


def spoken(send: object) -> None:
    for at in range(0, len(SOUND), CHUNK):
        send(SOUND[at : at + CHUNK])  # type: ignore[operator]
        time.sleep(CHUNK / 32_000 / 2)


with client.listen.v1.connect(model="nova-3", encoding="linear16", sample_rate="16000") as heard:
    spoken(heard.send_media)
    heard.send_close_stream()
    texts, words = [], []
    for message in heard:
        if message.type == "Results" and message.is_final:
            words += [[word.word, word.start, word.end] for word in message.channel.alternatives[0].words]
            texts.append(message.channel.alternatives[0].transcript)
        if message.type == "Metadata":
            break
    found["listen"] = " ".join(text for text in texts if text)
    found["listen_words"] = words

with client.listen.v2.connect(model="flux-general-en", encoding="linear16", sample_rate="16000") as heard:
    speaker = threading.Thread(target=spoken, args=(heard.send_media,), daemon=True)
    speaker.start()
    events = []
    for message in heard:
        if message.type == "TurnInfo":
            events.append(message.event)
            if message.event == "EndOfTurn":
                found["flux"] = message.transcript
                found["flux_words"] = [[word.word, word.start, word.end] for word in message.words]
                break
    found["flux_events"] = sorted(set(events))
    speaker.join()

with client.speak.v1.connect(model="aura-2", encoding="linear16", sample_rate="24000") as voice:
    from deepgram.speak.v1.types import SpeakV1Flush, SpeakV1Text

    voice.send_text(SpeakV1Text(text="Hello there."))
    voice.send_flush(SpeakV1Flush(type="Flush"))
    sound = 0
    for message in voice:
        if isinstance(message, bytes):
            sound += len(message)
        elif message.type == "Flushed":
            break
    found["speak_s"] = sound / 48_000

with client.agent.v1.connect() as agent:
    told: list[object] = []
    done = threading.Event()

    def listen() -> None:
        for message in agent:
            told.append(message)
            if not isinstance(message, bytes) and message.type == "AgentAudioDone":
                done.set()
                return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    agent.send_settings(
        AgentV1Settings.model_validate(
            {
                "audio": {
                    "input": {"encoding": "linear16", "sample_rate": 16_000},
                    "output": {"encoding": "linear16", "sample_rate": 24_000, "container": "none"},
                },
                "agent": {"listen": {"provider": {"type": "deepgram", "version": "v1", "model": "nova-3"}}},
            }
        )
    )
    spoken(agent.send_media)
    done.wait(60)
    texts = [message for message in told if not isinstance(message, bytes)]
    found["agent"] = [[message.role, message.content] for message in texts if message.type == "ConversationText"]
    found["agent_types"] = sorted({message.type for message in texts})
    found["agent_s"] = sum(len(message) for message in told if isinstance(message, bytes)) / 48_000

print(json.dumps(found))
