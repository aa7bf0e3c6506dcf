"""The words of a reply to sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from appliance import clauses
from appliance.messages import ClauseVoiced, Fact, Samples, TurnFailed, VoicedChunk
from appliance.ports import PortError, Speaker, Voice
from appliance.turn import Mailbox, MailboxClosed, Turn


@dataclass(frozen=True, slots=True)
class Line:
    """One clause to say; None marks the end of the reply."""

    turn: Turn
    text: str | None


class Talker:
    """The ``speak`` thread's work."""

    def __init__(
        self,
        lines: Mailbox[Line],
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

    def run(self) -> None:
        """Until the mailbox is closed."""
        try:
            while True:
                line = self._lines.get(timeout_s=0.5)
                self._progress()
                if line is None or line.turn.cancelled:
                    continue
                if line.turn.id != self._turn_id:
                    self._turn_id, self._position = line.turn.id, 0
                if line.text is None:
                    self._speaker.finish(line.turn)
                    continue
                try:
                    self._say(line.turn, line.text)
                except PortError as error:
                    self._tell(TurnFailed(line.turn.id, str(error)))
        except MailboxClosed:
            return

    def _say(self, turn: Turn, text: str) -> None:
        for voiced in self._voice.synthesize(text, turn):
            self._progress()
            if turn.cancelled:
                return
            # The dialogue learns of the words before any of them can be heard. A voice that gives a clause in several
            # pieces tells each with its own words.
            said = " ".join(word.text for word in voiced.words)
            self._tell(ClauseVoiced(turn.id, said, self._position, len(voiced.samples), voiced.words))
            self._position += len(voiced.samples)
            if not self._speaker.write(VoicedChunk(turn.id, voiced.samples), turn):
                return


def say_all(voice: Voice, text: str) -> Samples:
    """A whole text as sound, at the voice's rate."""
    turn = Turn(0)
    pieces = [voiced.samples for clause in clauses.split([text]) for voiced in voice.synthesize(clause, turn)]
    return np.concatenate(pieces) if pieces else np.empty(0, np.float32)
