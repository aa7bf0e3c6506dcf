"""The queue of voiced sound between ``speak`` and a device, shared by every speaker.

The device pulls a block at a time and looks at the turn in each. So the sound of a cancelled turn ends with the block
that is being played, whatever late engines still produce. In the next block at most ``FADE_S`` of it is heard, fading
to nothing, because a cut in the middle of a wave would be a click.

A reply can be made quieter for a while (``duck``), stopped without being forgotten (``hold``) and let go on, from the
clause in which it was stopped (``go_on``). Every change of loudness is a ramp, for the same reason.

What was played is counted where it leaves for the device. A device that buffers plays it that much later. It counts
as heard all the same, since it cannot be called back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from appliance.core.audio import Samples
from appliance.core.facts import Played, VoicedChunk
from appliance.core.turn import Turn

QUEUE_S = 4.0
"""Most seconds of sound in the queue; ``write`` waits when it is full"""

FADE_S = 0.005
"""Seconds in which a flushed turn falls silent"""

RAMP_S = 0.02
"""Seconds in which the gain goes from nothing to full, or as far as it has to"""

REPORT_S = 0.1
"""Seconds of played sound between two ``Played`` facts"""

_WAIT_S = 0.02
"""Seconds that a blocked ``write`` waits before it looks at its turn again"""

_REMEMBERED_TURNS = 16
"""Most turns whose count of played samples is kept"""


@dataclass(slots=True, eq=False)
class _Reply:
    """What the queue knows of one turn."""

    turn: Turn
    written: int = 0
    played: int = 0
    furthest: int = 0
    """most samples ever played; ``played`` steps back when a held reply goes on"""
    reported: int = 0
    ended: bool = False
    """whether it was flushed or finished, so that no more of it is taken"""
    gain: float = 1.0
    held: bool = False
    kept: list[Samples] = field(default_factory=list)
    """its sound so far, for stepping back"""


@dataclass(slots=True, eq=False)
class _Piece:
    """Sound of a reply, or its end when there are no samples."""

    reply: _Reply
    samples: Samples | None


class Playback:
    """Sound waiting to be played, in the order it was written.

    ``queue_s`` bounds what waits; without it ``write`` never blocks.
    """

    def __init__(self, rate_hz: int, queue_s: float | None = QUEUE_S, fade_s: float = FADE_S) -> None:
        self.rate_hz = rate_hz
        self._capacity = None if queue_s is None else round(queue_s * rate_hz)
        self._fade = round(fade_s * rate_hz)
        self._report_every = round(REPORT_S * rate_hz)
        self._condition = threading.Condition()
        self._pieces: deque[_Piece] = deque()
        self._waiting = 0
        self._replies: dict[int, _Reply] = {}
        self._sounding: _Reply | None = None
        """the reply whose sound ended the last block"""
        self._heard: Turn | None = None
        """the turn whose sound was in the last block"""
        self._tail: Samples | None = None
        """samples of a flushed reply that are still to be heard, already fading"""
        self._gained: _Reply | None = None
        """the reply that ``_gain`` belongs to"""
        self._gain = 1.0
        self._ramp = 1.0 / max(1, round(RAMP_S * rate_hz))
        self._position = 0
        self._played: Callable[[Played], None] = lambda _: None
        self._tap: Callable[[Samples, int], None] = lambda _samples, _position: None
        self._open = True
        self._suspended = False

    def start(self, played: Callable[[Played], None]) -> None:
        """Report to ``played`` from now on. It is called in the thread that pulls and must only pass the fact on."""
        self._played = played

    def tap(self, listener: Callable[[Samples, int], None]) -> None:
        """Give ``listener`` every block that leaves, silence too, with the position of its first sample since the
        first block. It is called in the thread that pulls, so it must only copy."""
        self._tap = listener

    def write(self, chunk: VoicedChunk, turn: Turn) -> bool:
        """Queue sound. Waits while the queue is full. False if the turn is cancelled, flushed or finished, or the
        playback is closed."""
        with self._condition:
            while True:
                reply = self._reply(turn)
                if turn.cancelled or reply.ended or not self._open:
                    return False
                if self._capacity is None or self._waiting < self._capacity:
                    break
                self._condition.wait(_WAIT_S)
            if self._suspended:
                return True
            # Copy it, since the engine may use its buffer again.
            samples = np.array(chunk.samples, dtype=np.float32)
            if len(samples):
                self._pieces.append(_Piece(reply, samples))
                self._waiting += len(samples)
                reply.written += len(samples)
                reply.kept.append(samples)
            return True

    def finish(self, turn: Turn) -> None:
        """Note that no more sound of this turn comes."""
        with self._condition:
            reply = self._reply(turn)
            if turn.cancelled or reply.ended:
                return
            reply.ended = True
            if not self._suspended:
                self._pieces.append(_Piece(reply, None))
                return
        self._played(Played(reply.turn.id, reply.furthest, finished=True))

    def flush(self, turn: Turn) -> int:
        """Drop what waits of this turn. Returns how many samples of it were played."""
        with self._condition:
            reply = self._reply(turn)
            self._drop(reply)
            return reply.furthest

    def duck(self, turn: Turn, gain: float) -> None:
        """Play on at ``gain`` times the level."""
        with self._condition:
            self._reply(turn).gain = gain

    def hold(self, turn: Turn) -> None:
        """Fall silent and keep what is left."""
        with self._condition:
            reply = self._reply(turn)
            if not reply.held and not turn.cancelled:
                reply.held = True
                self._fade_out(reply)

    def go_on(self, turn: Turn, starts: Sequence[int]) -> None:
        """Play on at full level. A reply that was held goes on at the last of ``starts`` (positions in samples of the
        reply) that had been reached, so that no word is heard from its middle."""
        with self._condition:
            reply = self._reply(turn)
            reply.gain = 1.0
            if not reply.held:
                return
            reply.held = False
            start = max((start for start in starts if start <= reply.played), default=0)
            again = np.concatenate([np.zeros(0, np.float32), *reply.kept])[start : reply.played]
            if len(again):
                self._pieces.appendleft(_Piece(reply, again))
                self._waiting += len(again)
                reply.played = start
            self._gained, self._gain = reply, 0.0

    def suspend(self) -> None:
        """Stop, because the device is gone. Drop what waits and what is still written, so that no writer waits for the
        device, and report replies as finished with what was played of them."""
        with self._condition:
            self._suspended = True
            ends = [piece for piece in self._pieces if piece.samples is None and not piece.reply.turn.cancelled]
            self._pieces.clear()
            self._waiting = 0
            self._tail = self._sounding = None
            self._condition.notify_all()
        for end in ends:
            self._played(Played(end.reply.turn.id, end.reply.furthest, finished=True))

    def resume(self) -> None:
        """Play what is written from now on, because the device is back."""
        with self._condition:
            self._suspended = False

    def close(self) -> None:
        """Drop everything and release the threads that wait in ``write``."""
        with self._condition:
            self._open = False
            self._pieces.clear()
            self._waiting = 0
            self._tail = None
            self._condition.notify_all()

    @property
    def sounding(self) -> Turn | None:
        """The turn whose sound was in the last block; None where it was silent."""
        with self._condition:
            return self._heard

    @property
    def idle(self) -> bool:
        """Whether nothing waits that may be played or reported. A speculative reply may not."""
        with self._condition:
            return self._tail is None and not any(piece.reply.turn.confirmed for piece in self._pieces)

    def pull(self, count: int) -> Samples:
        """The next ``count`` samples for the device, padded with silence."""
        block = np.zeros(count, dtype=np.float32)
        facts: list[Played] = []
        with self._condition:
            filled = 0
            sounding: _Reply | None = None
            while self._pieces and (filled < count or self._pieces[0].samples is None):
                piece = self._pieces[0]
                reply = piece.reply
                if reply.turn.cancelled:
                    self._drop(reply)
                    continue
                if not reply.turn.confirmed:
                    # The reply is speculative, so not a sample of it is heard yet.
                    break
                if piece.samples is None:
                    if reply.held:
                        break
                    self._pieces.popleft()
                    reply.kept.clear()
                    facts.append(Played(reply.turn.id, reply.furthest, finished=True))
                    continue
                if reply.held:
                    break
                if reply is not self._gained:
                    self._gained, self._gain = reply, reply.gain
                taken = piece.samples[: count - filled]
                block[filled : filled + len(taken)] = taken
                filled += len(taken)
                self._waiting -= len(taken)
                reply.played += len(taken)
                reply.furthest = max(reply.furthest, reply.played)
                sounding = reply
                if len(taken) == len(piece.samples):
                    self._pieces.popleft()
                else:
                    piece.samples = piece.samples[len(taken) :]
                if reply.furthest - reply.reported >= self._report_every:
                    reply.reported = reply.furthest
                    facts.append(Played(reply.turn.id, reply.furthest, finished=False))
            if self._tail is not None:
                heard = self._tail[:count]
                block[: len(heard)] += heard
                self._tail = self._tail[count:] if len(self._tail) > count else None
            self._apply_gain(block)
            # A cut here would click only for a sound that ran to the very end of the block.
            self._sounding = sounding if filled == count else None
            self._heard = sounding.turn if sounding is not None else None
            self._condition.notify_all()
            position, self._position = self._position, self._position + count
        for fact in facts:
            self._played(fact)
        self._tap(block, position)
        return block

    def _apply_gain(self, block: Samples) -> None:
        wanted = self._gained.gain if self._gained else 1.0
        if self._gain == wanted == 1.0:
            return
        step = self._ramp if wanted > self._gain else -self._ramp
        gains = self._gain + step * np.arange(1, len(block) + 1, dtype=np.float32)
        gains = np.minimum(gains, wanted) if step > 0 else np.maximum(gains, wanted)
        self._gain = float(gains[-1])
        block *= gains

    def _reply(self, turn: Turn) -> _Reply:
        reply = self._replies.get(turn.id)
        if reply is None or reply.turn is not turn:
            # Another conversation may number its turns from one again.
            self._replies.pop(turn.id, None)
            reply = self._replies[turn.id] = _Reply(turn)
            if len(self._replies) > _REMEMBERED_TURNS:
                del self._replies[next(iter(self._replies))]
        return reply

    def _drop(self, reply: _Reply) -> None:
        """Drop what waits of a reply, except the few samples in which it fades."""
        self._fade_out(reply)
        self._waiting -= sum(map(len, self._waiting_of(reply)))
        self._pieces = deque(piece for piece in self._pieces if piece.reply is not reply)
        reply.ended = True
        reply.kept.clear()
        self._condition.notify_all()

    def _fade_out(self, reply: _Reply) -> None:
        """Let the sound that is playing fall silent in the next few samples."""
        mine = self._waiting_of(reply)
        if reply is self._sounding and mine:
            tail = np.concatenate(mine)[: self._fade]
            # The gain falls from just below one to zero over the whole fade, however little is left to fade.
            self._tail = tail * np.linspace(1.0, 0.0, len(tail) + 1, dtype=np.float32)[1:]
        if reply is self._sounding:
            self._sounding = None

    def _waiting_of(self, reply: _Reply) -> list[Samples]:
        return [piece.samples for piece in self._pieces if piece.reply is reply and piece.samples is not None]


class QueuedSpeaker:
    """The part of the ``Speaker`` port that the queue carries out; a device adds what pulls from it."""

    _playback: Playback

    def write(self, chunk: VoicedChunk, turn: Turn) -> bool:
        return self._playback.write(chunk, turn)

    def finish(self, turn: Turn) -> None:
        self._playback.finish(turn)

    def flush(self, turn: Turn) -> int:
        return self._playback.flush(turn)

    def duck(self, turn: Turn, gain: float) -> None:
        self._playback.duck(turn, gain)

    def hold(self, turn: Turn) -> None:
        self._playback.hold(turn)

    def go_on(self, turn: Turn, starts: Sequence[int]) -> None:
        self._playback.go_on(turn, starts)

    def tap(self, listener: Callable[[Samples, int], None]) -> None:
        self._playback.tap(listener)
