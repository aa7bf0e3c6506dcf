"""Writes the conversations of one line to the archive, where the site wants them kept.

The microphone's frames arrive here before it is known that a conversation begins with them. So the last second is held
in memory. Outside a conversation no older sound exists.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable

import numpy as np

from appliance.config.site import Recording
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import (
    ConversationClosed,
    ConversationOpened,
    Fact,
    LineId,
    ReplyInterrupted,
    ReplyThought,
    TurnEnded,
)
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Archive, Ledger, RecordingWriter

_BEFORE_S = 1.0
"""Seconds of audio that are kept from before a conversation opened; its first word began at most that much earlier"""

_PIECE_FRAMES = SAMPLE_RATE_HZ // FRAME_SAMPLES
"""Frames that are encrypted and written at a time: a second of audio"""


class Recorder:
    """Does the ``record`` thread's work. An archive that fails ends the thread, and with it the appliance, because a
    conversation that must be recorded is not held without a recording."""

    def __init__(
        self,
        heard: Mailbox[AudioFrame | Fact],
        archive: Archive,
        line: LineId,
        ledger: Ledger | None,
        policy: Recording,
        progress: Callable[[], None],
    ) -> None:
        self._heard = heard
        self._archive = archive
        self._line = line
        self._ledger = ledger
        self._policy = policy
        self._progress = progress
        self._frames: deque[Samples] = deque(maxlen=round(_BEFORE_S * SAMPLE_RATE_HZ / FRAME_SAMPLES))
        self._recording: RecordingWriter | None = None

    def run(self) -> None:
        """Record until the mailbox is closed. Raises PortError."""
        try:
            while True:
                item = self._heard.get(timeout_s=0.5)
                self._progress()
                if isinstance(item, AudioFrame):
                    self._hear(item)
                elif item is not None:
                    self._take(item)
        except MailboxClosed:
            self._end()

    def _hear(self, frame: AudioFrame) -> None:
        if not self._policy.audio:
            return
        self._frames.append(frame.samples)
        if self._recording is not None and len(self._frames) >= _PIECE_FRAMES:
            self._write_audio(self._recording)

    def _take(self, fact: Fact) -> None:
        match fact:
            case ConversationOpened():
                self._end()
                self._recording = self._archive.begin(self._line)
                self._account("recording begun", self._recording)
            case ConversationClosed():
                self._end()
            case TurnEnded():
                self._write_words("visitor", fact.transcript.text, fact.at_s)
            case ReplyThought():
                self._write_words("appliance", fact.text, None)
            case ReplyInterrupted():
                self._write_words("heard of that", fact.heard, fact.at_s)

    def _write_words(self, who: str, text: str, at_s: float | None) -> None:
        if self._policy.transcripts and self._recording is not None:
            said = {"line": self._line, "who": who, "text": text, "at_s": at_s}
            self._recording.add("words", json.dumps(said).encode())

    def _write_audio(self, recording: RecordingWriter) -> None:
        """Write the sound as signed 16-bit little-endian samples."""
        if self._frames:
            samples = np.concatenate(self._frames)
            self._frames.clear()
            recording.add("audio", (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())

    def _end(self) -> None:
        if self._recording is None:
            return
        recording, self._recording = self._recording, None
        self._write_audio(recording)
        recording.end()
        self._account("recording ended", recording)

    def _account(self, event: str, recording: RecordingWriter) -> None:
        if self._ledger is not None:
            self._ledger.append(event, recording=recording.id)
