"""Turns the sound of an utterance into words, beside the listener.

To decode what was said takes a tenth of a second and more. The listener must not wait for it, because it keeps the
line's time and decides when a turn is over. So it hands each utterance on, window by window, and gets the words back in
its own mailbox.

At a pause there are two answers. The first has the streaming words, which are there already where the ear keeps up with
the sound; a reply to them can be begun at once, unheard. The second has the words of all that the ear can do, and
corrects the first before a reply is heard.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from appliance.core.audio import Samples
from appliance.core.facts import Transcript
from appliance.core.mailbox import Mailbox, MailboxClosed
from appliance.core.ports import EarStream

UtteranceChange = Literal["started", "paused", "resumed", "ended"]


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """The next window of an utterance, and what happens at its end."""

    samples: Samples
    at_s: float
    """stream time at the end of the window"""
    stretch: int
    """number of the stretch of speech, or of silence, that the window belongs to; the words that come back have it"""
    change: UtteranceChange | None = None


@dataclass(frozen=True, slots=True)
class Recognized:
    """What an ear made of an utterance so far."""

    transcript: Transcript
    at_s: float
    stretch: int
    """that of the last window which was heard"""
    kind: Literal["partial", "streaming", "paused", "final"]
    """``partial``: while somebody speaks. In a pause, ``streaming`` are the words that were there when it began, and
    ``paused`` is all that the ear can tell. ``final``: the utterance is over"""


class Recognizer:
    """The ``recognize`` thread's work."""

    def __init__(self, ear: EarStream, tell: Callable[[Recognized], object]) -> None:
        """``tell`` gets the words."""
        self._ear = ear
        self._tell = tell
        self._partial = ""
        self._foretold: Transcript | None = None
        """in a pause: what was told of it"""

    def run(self, sounds: Mailbox[Utterance], progress: Callable[[], None]) -> None:
        """Work until the mailbox is closed."""
        try:
            while True:
                utterance = sounds.get(timeout_s=0.5)
                progress()
                if utterance is not None:
                    self.take(utterance)
        except MailboxClosed:
            return

    def take(self, utterance: Utterance) -> None:
        """Hear one window, in the order of the stream."""
        if utterance.change == "started":
            self._partial, self._foretold = "", None
            self._ear.start()
        elif utterance.change == "resumed":
            self._foretold = None
            self._ear.resume()
        elif utterance.change == "ended":
            self._tell(Recognized(self._ear.finish(), utterance.at_s, utterance.stretch, "final"))
            return
        partial = self._ear.accept(utterance.samples)
        changed, self._partial = partial != self._partial, partial
        if changed:
            self._tell(Recognized(self._unsure(partial), utterance.at_s, utterance.stretch, "partial"))
        if utterance.change == "paused" and (streaming := self._ear.streaming):
            self._tell(Recognized(self._unsure(streaming), utterance.at_s, utterance.stretch, "streaming"))
        # Where the ear is behind the sound, it may find more words that were said before the pause.
        if utterance.change == "paused" or (changed and self._foretold is not None):
            self._foretell(utterance)

    def _foretell(self, utterance: Utterance) -> None:
        transcript = self._ear.pause()
        if transcript != self._foretold:
            self._foretold = transcript
            self._tell(Recognized(transcript, utterance.at_s, utterance.stretch, "paused"))

    def _unsure(self, text: str) -> Transcript:
        """Words that are not clear: how sure the ear is of them shows only in the second pass."""
        return Transcript(text, 0.0, self._ear.name)
