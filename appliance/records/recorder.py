"""Conversations to the archive, where the site wants them kept.

The microphone's frames are seen here before anybody knows that a conversation begins with them, so the last second is
held in memory; outside a conversation nothing older than that exists.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Callable

import numpy as np

from appliance.config.site import Recording
from appliance.core.audio import FRAME_SAMPLES, SAMPLE_RATE_HZ, AudioFrame, Samples
from appliance.core.facts import ConversationClosed, ConversationOpened, Fact, ReplyInterrupted, ReplyThought, TurnEnded
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import Archive, Ledger

log = logging.getLogger(__name__)

_BEFORE_S = 1.0
"""audio from before a conversation opened; its first word began that much earlier at most"""

_PIECE_FRAMES = SAMPLE_RATE_HZ // FRAME_SAMPLES
"""a second of audio is encrypted and written at a time"""

_EXPIRY_S = 3600.0
"""how often it is looked for what was kept for long enough"""


class Recorder:
    """The ``record`` thread's work. An archive that fails ends it, and with it the appliance: a conversation that must
    be recorded is not held otherwise."""

    def __init__(
        self,
        heard: Mailbox[AudioFrame | Fact],
        archive: Archive,
        ledger: Ledger | None,
        policy: Recording,
        progress: Callable[[], None],
    ) -> None:
        self._heard = heard
        self._archive = archive
        self._ledger = ledger
        self._policy = policy
        self._progress = progress
        self._frames: deque[Samples] = deque(maxlen=round(_BEFORE_S * SAMPLE_RATE_HZ / FRAME_SAMPLES))
        self._identity: str | None = None
        self._calendar_told = False

    def run(self) -> None:
        """Until the mailbox is closed. Raises PortError."""
        due_s = time.monotonic()
        try:
            while True:
                item = self._heard.get(timeout_s=0.5)
                self._progress()
                if isinstance(item, AudioFrame):
                    self._hear(item)
                elif item is not None:
                    self._take(item)
                if time.monotonic() >= due_s:
                    due_s = time.monotonic() + _EXPIRY_S
                    for identity in self._archive.expire():
                        self._account("recording expired", identity)
                    self._look_at_calendar()
        except MailboxClosed:
            self._end()

    def _look_at_calendar(self) -> None:
        """Told once, until somebody has looked after it."""
        ahead_s = self._archive.calendar_ahead_s()
        if ahead_s and not self._calendar_told:
            log.error(
                "the calendar is %.1f days ahead of the time that recordings are kept by; if it is right, "
                "`cloister recordings catch-up --reason …`; until then they are kept for longer",
                ahead_s / 86_400,
            )
            if self._ledger is not None:
                self._ledger.append("calendar ahead", days=round(ahead_s / 86_400, 1))
        self._calendar_told = ahead_s > 0

    def _hear(self, frame: AudioFrame) -> None:
        if not self._policy.audio:
            return
        self._frames.append(frame.samples)
        if self._identity is not None and len(self._frames) >= _PIECE_FRAMES:
            self._write_audio()

    def _take(self, fact: Fact) -> None:
        match fact:
            case ConversationOpened():
                self._end()
                self._identity = self._archive.begin()
                self._account("recording begun", self._identity)
            case ConversationClosed():
                self._end()
            case TurnEnded():
                self._write_words("visitor", fact.transcript.text, fact.at_s)
            case ReplyThought():
                self._write_words("appliance", fact.text, None)
            case ReplyInterrupted():
                self._write_words("heard of that", fact.heard, fact.at_s)

    def _write_words(self, who: str, text: str, at_s: float | None) -> None:
        if self._policy.transcripts and self._identity is not None:
            self._archive.add("words", json.dumps({"who": who, "text": text, "at_s": at_s}).encode())

    def _write_audio(self) -> None:
        """Signed 16-bit little-endian samples."""
        if self._frames:
            samples = np.concatenate(self._frames)
            self._frames.clear()
            self._archive.add("audio", (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())

    def _end(self) -> None:
        if self._identity is None:
            return
        self._write_audio()
        self._archive.end()
        self._account("recording ended", self._identity)
        self._identity = None

    def _account(self, event: str, identity: str) -> None:
        if self._ledger is not None:
            self._ledger.append(event, recording=identity)
