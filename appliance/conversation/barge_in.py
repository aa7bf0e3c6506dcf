"""What speech over a reply is: an interruption, a backchannel, or nothing that was meant for the appliance.

Pure; ``dialogue`` asks with every partial transcript and decides what follows. A listener's "mm-hmm" says go on, and
most sounds of a public place say nothing at all; to stop for them is the commonest fault of voice appliances. A
recogniser hears words even in a cough, so one odd word proves nothing until the sound has lasted.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from appliance.config.site import Interruptions
from appliance.core.facts import Rung
from appliance.language.words import plain_words

Verdict = Literal["interruption", "backchannel", "undecided"]

_SURE_S = 0.8
"""speech from which the words of a sentence that goes on count: what was understood of its beginning is often wrong,
and the reply is silent already"""

_COMPARED_S = 1.3
"""the same where voices are compared, which takes a second of speech: nobody waits for it, the reply is silent"""

_WHOLE_S = 0.5
"""and those of one that is over: listeners' backchannels are mostly shorter, and an ear makes words of a cough"""

_FEWEST_WORDS = {"full": 1, "words": 3, "half_duplex": 1_000_000}
"""words that make an interruption; among a residue of echo, one or two odd words are still the residue"""


class Judgement:
    """The rules with one site's words."""

    def __init__(self, words: Interruptions, *, compares_voices: bool = False) -> None:
        self._sure_s = _COMPARED_S if compares_voices else _SURE_S
        self._stop = [plain_words(phrase) for phrase in words.stop]
        self._backchannels = tuple(
            sorted((plain_words(phrase) for phrase in words.backchannels), key=len, reverse=True)
        )

    def partial(self, text: str, speech_s: float, rung: Rung, own: Collection[str]) -> Verdict:
        """Judge the words so far. ``speech_s`` is how long the speaker has been heard; ``own`` are the words that the
        reply says, which count for nothing below the full rung."""
        return self._judge(text, speech_s, rung, own, self._sure_s)

    def _judge(self, text: str, speech_s: float, rung: Rung, own: Collection[str], sure_s: float) -> Verdict:
        words = plain_words(text)
        if rung != "full":
            words = [word for word in words if word not in own]
        if self.is_stop(words):
            return "interruption"
        left = self._without_backchannels(words)
        if not left:
            return "backchannel" if words else "undecided"
        certain = len(left) >= _FEWEST_WORDS[rung] and speech_s >= sure_s
        return "interruption" if certain else "undecided"

    def final(self, text: str, speech_s: float, rung: Rung, own: Collection[str]) -> Verdict:
        """Judge a whole utterance; what is left undecided is no interruption."""
        verdict = self._judge(text, speech_s, rung, own, _WHOLE_S)
        return "backchannel" if verdict == "undecided" else verdict

    def aside(self, text: str) -> Verdict:
        """Judge a whole utterance of somebody in the background: "stop" and nothing else. Among people who talk to each
        other, a sentence begins or ends with "no" or "wait" every other minute."""
        return "interruption" if plain_words(text) in self._stop else "backchannel"

    def is_stop(self, words: list[str]) -> bool:
        """Whether the words hold a phrase that always stops a reply, at their start or end: in the middle of a
        sentence, "stop" may be a bus stop."""
        return any(words[: len(phrase)] == phrase or words[-len(phrase) :] == phrase for phrase in self._stop if phrase)

    def is_backchannel(self, text: str) -> bool:
        """Whether the words are nothing but backchannels, and there are some."""
        words = plain_words(text)
        return bool(words) and not self._without_backchannels(words)

    def _without_backchannels(self, words: list[str]) -> list[str]:
        left: list[str] = []
        at = 0
        while at < len(words):
            length = next((len(p) for p in self._backchannels if p and words[at : at + len(p)] == p), 0)
            if length:
                at += length
            else:
                left.append(words[at])
                at += 1
        return left
