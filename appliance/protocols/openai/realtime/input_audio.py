"""The client's sound, and the visitor's turns in it, as the protocol tells them.

With turn detection the box says where a turn begins and ends. Without it (push to talk) the client commits what it has
appended. The words of a commit are known when its last sound was heard, so silence is put after it: the ears then end
the turn at once. That silence is no sound of the client's, and does not count.
"""

from __future__ import annotations

import base64
import binascii
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import TurnEnded
from appliance.devices.stream import TooMuchSound
from appliance.protocols.openai.realtime.configuration import Format
from appliance.protocols.openai.realtime.events import Refused, Send, new_id
from appliance.protocols.openai.realtime.items import Conversation, Item, spoken_item, tell_item
from appliance.protocols.openai.realtime.line import Line
from appliance.protocols.openai.realtime.responses import Response
from appliance.protocols.sound import Decoder

_LEAST_COMMIT_S = 0.1
"""Seconds of sound without which nothing can be committed"""

_ONSET_S = 0.5
"""Seconds after the last sound of a client within which speech in it would have been detected"""

_PADDING_S = 0.1
"""Seconds of silence that are added to the longest silence of a turn, so that a committed turn ends at once"""

_PREFIX_S = 0.4
"""Seconds before the detected start that belong to an utterance (``hearing.listen``)"""

_MOST_COMMITS = 100
"""Most turns that the client ended and that are not transcribed yet"""


@dataclass(slots=True)
class _Speech:
    """What the visitor is saying."""

    item_id: str
    start_ms: int
    over: Response | None
    """the audible response over which it began"""
    told: bool = False
    words: list[str] = field(default_factory=list)
    """the words of it that were told as deltas"""
    partial: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Commit:
    """A turn that the client ended, and that is not transcribed yet."""

    item: Item
    start_s: float
    end_s: float
    """where it begins and ends, in seconds of the client's sound"""


class InputAudio:
    """See the module. Its owner lets one thread at a time use it, but for ``decoded``."""

    def __init__(self, send: Send, line: Line, items: Conversation, longest_silence_s: float) -> None:
        """``longest_silence_s`` ends any turn."""
        self._send = send
        self._line = line
        self._items = items
        self._silence = np.zeros(round((longest_silence_s + _PADDING_S) * SAMPLE_RATE_HZ), np.float32)
        self._decoder: tuple[Format, Decoder] | None = None
        self._appended_s = 0.0
        """seconds of sound since the last commit"""
        self._padding_s = 0.0
        """seconds of silence that were put after commits"""
        self._speech: _Speech | None = None
        self._in_turn = False
        self._dropped = False
        """whether the words of the current turn were cleared"""
        self._said: deque[tuple[float, str]] = deque(maxlen=_MOST_COMMITS)
        """with push to talk: words and where they ended, until they are committed"""
        self._commits: deque[_Commit] = deque()

    @property
    def settled(self) -> bool:
        """Whether all that was committed is transcribed."""
        return not self._commits

    def forget_turn(self) -> None:
        """Begin anew, because turns are detected in another way from now on."""
        self._speech, self._appended_s = None, 0.0
        self._said.clear()

    # --- the client's side ------------------------------------------------------------------------------------------

    def decoded(self, audio: object, written: Format) -> tuple[Samples, float]:
        """The samples that a client appends, and how many seconds they last. Only one thread appends, and it takes no
        lock for this, which may take long. Raises Refused."""
        try:
            data = base64.b64decode(audio if isinstance(audio, str) else "!", validate=True)
        except (binascii.Error, ValueError):
            raise Refused("invalid_value", "`audio` must be sound in base64", "audio") from None
        if self._decoder is None or self._decoder[0] != written:
            self._decoder = written, Decoder(written.coding, written.rate_hz)
        return self._decoder[1].decode(data), len(data) / written.bytes_per_s

    def append(self, samples: Samples, seconds: float) -> None:
        """Hand sound to the line. Raises Refused when too much waits there."""
        try:
            self._line.hear(samples)
        except TooMuchSound:
            raise Refused("input_audio_buffer_full", "more sound waits than is taken at a time", "audio") from None
        self._appended_s += seconds

    def commit(self) -> Item:
        """End a turn. Returns its item. Raises Refused where there is nothing to commit."""
        if self._appended_s < _LEAST_COMMIT_S:
            what = f"Error committing input audio buffer: it has {self._appended_s * 1000:.0f}ms, which is too little"
            raise Refused("input_audio_buffer_commit_empty", what)
        if len(self._commits) >= _MOST_COMMITS:
            raise Refused("input_audio_buffer_full", f"{_MOST_COMMITS} turns wait to be transcribed")
        end_s = self._line.client_end_s
        item = self._add(new_id("item"))
        self._commits.append(_Commit(item, end_s - self._appended_s, end_s))
        self._appended_s = 0.0
        self._pad()
        return item

    def clear(self, *, detects: bool) -> None:
        """Drop what was appended since the last commit."""
        committed_s = self._commits[-1].end_s if self._commits else 0.0
        self._line.forget(committed_s + len(self._silence) / SAMPLE_RATE_HZ if self._commits else 0.0)
        self._appended_s = 0.0
        if not detects:
            self._keep(lambda end_s: end_s <= committed_s)
            self._dropped = self._in_turn and not self._commits
            if self._dropped:
                self._pad()
        self._send("input_audio_buffer.cleared")

    # --- the line's side --------------------------------------------------------------------------------------------

    def start_turn(self, at_s: float, *, detects: bool, over: Response | None, at_once: bool) -> None:
        """Take that the visitor began to speak, ``over`` a response. ``at_once``: the client is told now, and not when
        it proves to be a turn."""
        self._in_turn = True
        if detects:
            start_ms = max(0, self._ms(at_s) - round(_PREFIX_S * 1000))
            self._speech = _Speech(new_id("item"), start_ms, over)
            if at_once:
                self.tell_start()

    def tell_start(self) -> None:
        """Tell the client that the visitor speaks, if it was not told yet."""
        if self._speech is not None and not self._speech.told:
            self._speech.told = True
            start_ms = self._speech.start_ms
            self._send("input_audio_buffer.speech_started", item_id=self._speech.item_id, audio_start_ms=start_ms)

    def tell_partial(self, text: str) -> None:
        """Tell the words on which two partial transcripts agree."""
        speech = self._speech
        if speech is None:
            return
        words = text.split()
        agreed = 0
        while agreed < min(len(words), len(speech.partial)) and words[agreed] == speech.partial[agreed]:
            agreed += 1
        speech.partial = words
        if words[: len(speech.words)] == speech.words and agreed > len(speech.words):
            self._tell_delta(speech.item_id, words[len(speech.words) : agreed], first=not speech.words)
            speech.words = words[:agreed]

    def end_turn(self, fact: TurnEnded, active: Response | None, *, transcribes: bool) -> Item | None:
        """Take the end of a detected turn. Returns its item; None for what was said over the ``active`` response and
        did not interrupt it."""
        self._in_turn = False
        speech = self._speech
        if speech is None or (not speech.told and speech.over is not None and speech.over is active):
            self._speech = None
            return None
        self.tell_start()
        self._speech = None
        end_ms = self._ms(fact.speech_end_s)
        self._send("input_audio_buffer.speech_stopped", item_id=speech.item_id, audio_end_ms=end_ms)
        self._appended_s = 0.0
        item = self._add(speech.item_id)
        self._transcribe(item, fact.transcript.text, (end_ms - speech.start_ms) / 1000, speech.words, transcribes)
        return item

    def hear_words(self, fact: TurnEnded) -> None:
        """Take words that a client will commit."""
        self._in_turn = False
        if not self._dropped:
            self._said.append((self._line.client_s(fact.speech_end_s), fact.transcript.text))
        self._dropped = False

    def settle(self, at_s: float, *, transcribes: bool) -> bool:
        """Transcribe the commits that were heard to their end. Returns whether there were any."""
        heard_s = self._line.client_s(at_s)
        settled = False
        while self._commits and not self._in_turn:
            commit = self._commits[0]
            ended = heard_s >= commit.end_s and any(end_s >= commit.end_s - _ONSET_S for end_s, _ in self._said)
            until_s = commit.end_s + _ONSET_S
            if heard_s < until_s and not ended:
                break
            self._commits.popleft()
            words = " ".join(words for end_s, words in self._said if end_s <= until_s and words)
            self._keep(_after(until_s))
            self._transcribe(commit.item, words, commit.end_s - commit.start_s, [], transcribes)
            settled = True
        return settled

    # ----------------------------------------------------------------------------------------------------------------

    def _ms(self, at_s: float) -> int:
        """Milliseconds of the client's sound at a time of the line."""
        return max(0, round((self._line.client_s(at_s) - self._padding_s) * 1000))

    def _pad(self) -> None:
        """Let the current turn end."""
        try:
            self._line.hear(self._silence)
        except TooMuchSound:
            return  # it ends with the silence that follows
        self._padding_s += len(self._silence) / SAMPLE_RATE_HZ

    def _keep(self, wanted: Callable[[float], bool]) -> None:
        kept = [(end_s, words) for end_s, words in self._said if wanted(end_s)]
        self._said.clear()
        self._said.extend(kept)

    def _add(self, item_id: str) -> Item:
        item = spoken_item(item_id)
        previous = self._items.add(item)
        self._send("input_audio_buffer.committed", item_id=item_id, previous_item_id=previous)
        tell_item(self._send, item, previous)
        return item

    def _transcribe(self, item: Item, text: str, length_s: float, told: list[str], transcribes: bool) -> None:
        item["content"][0]["transcript"] = text
        if not transcribes:
            return
        words = text.split()
        if words[: len(told)] == told:
            self._tell_delta(item["id"], words[len(told) :], first=not told)
        usage = {"type": "duration", "seconds": max(0.0, round(length_s, 3))}
        type = "conversation.item.input_audio_transcription.completed"
        self._send(type, item_id=item["id"], content_index=0, transcript=text, usage=usage)

    def _tell_delta(self, item_id: str, words: list[str], *, first: bool) -> None:
        if words:
            delta = " ".join(words) if first else " " + " ".join(words)
            type = "conversation.item.input_audio_transcription.delta"
            self._send(type, item_id=item_id, content_index=0, delta=delta)


def _after(until_s: float) -> Callable[[float], bool]:
    return lambda end_s: end_s > until_s
