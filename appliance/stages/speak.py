"""The words of a reply to sound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from appliance import clauses
from appliance.messages import ClauseVoiced, Fact, Samples, TurnFailed, VoicedChunk
from appliance.ports import PortError, Speaker, Voice
from appliance.turn import Confirmation, Mailbox, MailboxClosed, Turn


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
