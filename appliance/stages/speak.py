"""The words of a reply to sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from appliance import clauses
from appliance.messages import ClauseVoiced, Fact, Samples, TurnFailed, VoicedChunk
from appliance.ports import PortError, Speaker, Voice, Voiced
from appliance.turn import Confirmation, Mailbox, MailboxClosed, Turn

_AUDIBLE_DBFS = -50.0
"""a frame of 5 ms above this is heard"""
_ONSET_FRAMES = 2
"""kept before the first one that is: the onset of a soft consonant"""


@dataclass(frozen=True, slots=True)
class Line:
    """One clause to say; None marks the end of the reply."""

    turn: Turn
    text: str | None


class Talker:
    """The ``speak`` thread's work.

    Of a speculative turn only the first clause is synthesized, and waits in the speaker; the other lines are kept until
    the turn is confirmed. They are kept here instead of waited with: a loop that waits takes no cancellation.
    """

    def __init__(
        self,
        lines: Mailbox[Line | Confirmation],
        tell: Callable[[Fact], None],
        voice: Voice,
        speaker: Speaker,
        progress: Callable[[], None],
    ) -> None:
        self._lines = lines
        self._tell = tell
        self._voice = voice
        self._speaker = speaker
        self._progress = progress
        self._turn_id = 0
        self._position = 0
        self._held: list[Line] = []

    def run(self) -> None:
        """Until the mailbox is closed."""
        try:
            while True:
                line = self._lines.get(timeout_s=0.5)
                self._progress()
                if isinstance(line, Confirmation):
                    held, self._held = self._held, []
                    for kept in held:
                        self._take(kept)
                elif line is not None:
                    self._take(line)
        except MailboxClosed:
            return

    def _take(self, line: Line) -> None:
        if line.turn.cancelled:
            return
        if line.turn.id != self._turn_id:
            self._turn_id, self._position, self._held = line.turn.id, 0, []
        first = self._position == 0 and line.text is not None
        if self._held or not (line.turn.confirmed or first):
            self._held.append(line)
        elif line.text is None:
            self._speaker.finish(line.turn)
        else:
            try:
                self._say(line.turn, line.text)
            except PortError as error:
                self._tell(TurnFailed(line.turn.id, str(error)))

    def _say(self, turn: Turn, text: str) -> None:
        for voiced in self._voice.synthesize(text, turn):
            self._progress()
            if turn.cancelled:
                return
            if self._position == 0:
                voiced = at_once(voiced, self._voice.rate_hz)
            # The dialogue learns of the words before any of them can be heard. A voice that gives a clause in several
            # pieces tells each with its own words.
            said = " ".join(word.text for word in voiced.words)
            self._tell(ClauseVoiced(turn.id, said, self._position, len(voiced.samples), voiced.words))
            self._position += len(voiced.samples)
            if not self._speaker.write(VoicedChunk(turn.id, voiced.samples), turn):
                return


def at_once(voiced: Voiced, rate_hz: int) -> Voiced:
    """The same without the silence before its first sound. A voice begins a sentence with some 60 ms of it, which a
    visitor who waits for the reply would wait for as well."""
    frame = rate_hz // 200
    frames = voiced.samples[: len(voiced.samples) // frame * frame].reshape(-1, frame)
    audible = np.flatnonzero(np.mean(frames**2, axis=1) > 10 ** (_AUDIBLE_DBFS / 10))
    silent = max(0, int(audible[0]) - _ONSET_FRAMES) * frame if len(audible) else 0
    words = tuple(replace(word, end=max(0, word.end - silent)) for word in voiced.words)
    return Voiced(voiced.samples[silent:], words)


def say_all(voice: Voice, text: str) -> Samples:
    """A whole text as sound, at the voice's rate."""
    turn = Turn(0)
    pieces = [voiced.samples for clause in clauses.split([text]) for voiced in voice.synthesize(clause, turn)]
    return np.concatenate(pieces) if pieces else np.empty(0, np.float32)
