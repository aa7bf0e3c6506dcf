"""Turns the words of a reply into sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from appliance.core.audio import Samples
from appliance.core.facts import ClauseSkipped, ClauseVoiced, Fact, TurnFailed, VoicedChunk
from appliance.core.faults import fault
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.manner import PLAIN, Manner
from appliance.core.ports import Speaker, Voice, Voiced
from appliance.core.turn import CommitSpeculation, Turn
from appliance.language import Language
from appliance.speaking import clauses

_AUDIBLE_DBFS = -50.0
"""level above which a frame of 5 ms is audible"""
_ONSET_FRAMES = 2
"""frames kept before the first audible one, for the onset of a soft consonant"""

LONGEST_LETTERS = 400
"""Letters of the longest text that a voice gets at a time. The memory that a voice takes grows with the square of the
length, and a tool may answer with 64 KiB that hold no full stop."""

_SILENT_REPLIES = 3
"""Replies in a row of which no clause could be said, after which the voice is at fault and not the texts."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause to say. The text None marks the end of the reply."""

    turn: Turn
    text: str | None
    manner: Manner = PLAIN


class Talker:
    """The ``speak`` thread's work.

    Of a speculative turn only the first clause is synthesized, and waits in the speaker. The others are kept here until
    the turn is confirmed. The loop does not wait with them, because then it could take no cancellation.

    A clause that the voice fails at is left out and published (``ClauseSkipped``). Clauses come from a site, a tool or
    a model, and one text that cannot be said must not silence the appliance. A reply of which nothing could be
    said has failed.
    """

    def __init__(
        self,
        clauses: Mailbox[Clause | CommitSpeculation],
        tell: Callable[[Fact], None],
        voice: Voice,
        speaker: Speaker,
        progress: Callable[[], None],
    ) -> None:
        self._clauses = clauses
        self._tell = tell
        self._voice = voice
        self._speaker = speaker
        self._progress = progress
        self._turn_id = 0
        self._position = 0
        self._held: list[Clause] = []
        self._skipped: Exception | None = None
        """why the last clause of the current reply was left out, if one was"""
        self._silent_replies = 0

    def run(self) -> None:
        """Say clauses until the mailbox is closed."""
        try:
            while True:
                item = self._clauses.get(timeout_s=0.5)
                self._progress()
                if isinstance(item, CommitSpeculation):
                    held, self._held = self._held, []
                    for kept in held:
                        self._take(kept)
                elif item is not None:
                    self._take(item)
        except MailboxClosed:
            return

    def _take(self, clause: Clause) -> None:
        if clause.turn.cancelled:
            return
        if clause.turn.id != self._turn_id:
            self._turn_id, self._position, self._held, self._skipped = clause.turn.id, 0, [], None
        first = self._position == 0 and clause.text is not None
        if self._held or not (clause.turn.confirmed or first):
            self._held.append(clause)
        elif clause.text is None:
            self._finish(clause.turn)
        else:
            for text in pieces(clause.text):
                self._try_to_say(clause.turn, text, clause.manner)

    def _finish(self, turn: Turn) -> None:
        if self._position or self._skipped is None:
            self._silent_replies = 0
            self._speaker.finish(turn)
            return
        self._silent_replies += 1
        if self._silent_replies >= _SILENT_REPLIES:
            raise self._skipped
        self._tell(TurnFailed(turn.id, fault(self._skipped)))

    def _try_to_say(self, turn: Turn, text: str, manner: Manner) -> None:
        if turn.cancelled:
            return
        try:
            if len(text) > LONGEST_LETTERS:
                raise ValueError("a word that no voice can say")
            self._say(turn, text, manner)
        except Exception as error:  # a native library may raise anything about a text
            self._skipped = error
            self._tell(ClauseSkipped(turn.id, fault(error)))

    def _say(self, turn: Turn, text: str, manner: Manner) -> None:
        for voiced in self._voice.synthesize(text, turn, manner):
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


def pieces(text: str) -> Iterator[str]:
    """A clause in parts of at most ``LONGEST_LETTERS``, cut between words; a longer word is a part of its own."""
    part: list[str] = []
    letters = 0
    for word in text.split():
        if part and letters + len(word) > LONGEST_LETTERS:
            yield " ".join(part)
            part, letters = [], 0
        part.append(word)
        letters += len(word) + 1
    if part:
        yield " ".join(part)


def at_once(voiced: Voiced, rate_hz: int) -> Voiced:
    """``voiced`` without the silence before its first sound. A voice begins a sentence with some 60 ms of silence, for
    which a visitor would have to wait."""
    frame = rate_hz // 200
    frames = voiced.samples[: len(voiced.samples) // frame * frame].reshape(-1, frame)
    audible = np.flatnonzero(np.mean(frames**2, axis=1) > 10 ** (_AUDIBLE_DBFS / 10))
    silent = max(0, int(audible[0]) - _ONSET_FRAMES) * frame if len(audible) else 0
    words = tuple(replace(word, end=max(0, word.end - silent)) for word in voiced.words)
    return Voiced(voiced.samples[silent:], words)


def spoken(
    voice: Voice, text: str, language: Language, manner: Manner = PLAIN, turn: Turn | None = None
) -> Iterator[Samples]:
    """A text as sound, piece by piece, at the voice's rate. A cancelled ``turn`` ends it."""
    return spoken_as_it_comes(voice, [text], language, manner, turn)


def spoken_as_it_comes(
    voice: Voice, texts: Iterable[str], language: Language, manner: Manner = PLAIN, turn: Turn | None = None
) -> Iterator[Samples]:
    """``spoken``, of a text that comes in parts: each clause as soon as it is certain."""
    turn = turn or Turn(0)
    for clause in clauses.split(texts, language):
        for part in pieces(clause):
            for voiced in voice.synthesize(part, turn, manner):
                yield voiced.samples


def say_all(voice: Voice, text: str, language: Language) -> Samples:
    """A whole text as sound, at the voice's rate."""
    return np.concatenate([np.empty(0, np.float32), *spoken(voice, text, language)])
