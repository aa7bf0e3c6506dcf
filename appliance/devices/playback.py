"""The queue of voiced sound between ``speak`` and a device, shared by every speaker.

The device pulls a block at a time and looks at the turn in each, so whatever late engines still produce, the sound of
a cancelled turn ends with the block that is being played: in the next one at most ``FADE_S`` of it is heard, fading
to nothing, because a cut in the middle of a wave would be a click.

What was played is counted where it leaves for the device. A device that buffers plays it that much later; it counts
as heard all the same, since nothing can call it back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from appliance.messages import Played, Samples, VoicedChunk
from appliance.turn import Turn

QUEUE_S = 4.0
"""seconds of sound that may wait before ``write`` does"""

FADE_S = 0.005
"""seconds in which a flushed turn falls silent"""

REPORT_S = 0.1
"""seconds of played sound between two ``Played`` facts"""

_WAIT_S = 0.02
"""how long a blocked ``write`` waits before it looks at its turn again"""

_REMEMBERED_TURNS = 16
"""turns whose count of played samples is kept"""


@dataclass(slots=True, eq=False)
class _Reply:
    """What the queue knows of one turn."""

    turn: Turn
    written: int = 0
    played: int = 0
    reported: int = 0
    ended: bool = False
    """flushed or finished: nothing more of it is taken"""


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
        self._tail: Samples | None = None
        """what is still heard of a flushed reply, already fading"""
        self._played: Callable[[Played], None] = lambda _: None
        self._open = True
        self._suspended = False

    def start(self, played: Callable[[Played], None]) -> None:
        """Report to ``played``, which is called in the thread that pulls and must only pass the fact on."""
        self._played = played

    def write(self, chunk: VoicedChunk, turn: Turn) -> bool:
        """Queue sound; waits while the queue is full. False if the turn is cancelled, flushed or finished, or the
        playback closed."""
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
            # A copy, since the engine may use its buffer again.
            samples = np.array(chunk.samples, dtype=np.float32)
            if len(samples):
                self._pieces.append(_Piece(reply, samples))
                self._waiting += len(samples)
                reply.written += len(samples)
            return True

    def finish(self, turn: Turn) -> None:
        """No more sound of this turn comes."""
        with self._condition:
            reply = self._reply(turn)
            if turn.cancelled or reply.ended:
                return
            reply.ended = True
            if not self._suspended:
                self._pieces.append(_Piece(reply, None))
                return
        self._played(Played(reply.turn.id, reply.played, finished=True))

    def flush(self, turn: Turn) -> int:
        """Drop what waits of this turn. Returns the samples of it that were played."""
        with self._condition:
            reply = self._reply(turn)
            self._drop(reply)
            return reply.played

    def suspend(self) -> None:
        """The device is gone: drop what waits and what is still written, so that no writer waits for it, and report
        replies as finished with what was played of them."""
        with self._condition:
            self._suspended = True
            ends = [piece for piece in self._pieces if piece.samples is None and not piece.reply.turn.cancelled]
            self._pieces.clear()
            self._waiting = 0
            self._tail = self._sounding = None
            self._condition.notify_all()
        for end in ends:
            self._played(Played(end.reply.turn.id, end.reply.played, finished=True))

    def resume(self) -> None:
        """The device is back; what is written from now on is played."""
        with self._condition:
            self._suspended = False

    def close(self) -> None:
        """Drop everything and release whoever waits in ``write``."""
        with self._condition:
            self._open = False
            self._pieces.clear()
            self._waiting = 0
            self._tail = None
            self._condition.notify_all()

    @property
    def idle(self) -> bool:
        """Whether nothing waits that may be played or reported."""
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
                    # Only a guess that the visitor has finished: not a sample of it is heard.
                    break
                if piece.samples is None:
                    self._pieces.popleft()
                    facts.append(Played(reply.turn.id, reply.played, finished=True))
                    continue
                taken = piece.samples[: count - filled]
                block[filled : filled + len(taken)] = taken
                filled += len(taken)
                self._waiting -= len(taken)
                reply.played += len(taken)
                sounding = reply
                if len(taken) == len(piece.samples):
                    self._pieces.popleft()
                else:
                    piece.samples = piece.samples[len(taken) :]
                if reply.played - reply.reported >= self._report_every:
                    reply.reported = reply.played
                    facts.append(Played(reply.turn.id, reply.played, finished=False))
            if self._tail is not None:
                heard = self._tail[:count]
                block[: len(heard)] += heard
                self._tail = self._tail[count:] if len(self._tail) > count else None
            # Only a sound that ran to the very end of the block would click if it were cut here.
            self._sounding = sounding if filled == count else None
            self._condition.notify_all()
        for fact in facts:
            self._played(fact)
        return block

    def _reply(self, turn: Turn) -> _Reply:
        reply = self._replies.get(turn.id)
        if reply is None or reply.turn is not turn:
            # Another conversation may count its turns from one again.
            self._replies.pop(turn.id, None)
            reply = self._replies[turn.id] = _Reply(turn)
            if len(self._replies) > _REMEMBERED_TURNS:
                del self._replies[next(iter(self._replies))]
        return reply

    def _drop(self, reply: _Reply) -> None:
        """Forget what waits of a reply but for the few samples in which it fades."""
        mine = [piece.samples for piece in self._pieces if piece.reply is reply and piece.samples is not None]
        self._pieces = deque(piece for piece in self._pieces if piece.reply is not reply)
        self._waiting -= sum(map(len, mine))
        if reply is self._sounding and mine:
            tail = np.concatenate(mine)[: self._fade]
            # From just below one to zero over the whole fade, however little is left to fade.
            self._tail = tail * np.linspace(1.0, 0.0, len(tail) + 1, dtype=np.float32)[1:]
        if reply is self._sounding:
            self._sounding = None
        reply.ended = True
        self._condition.notify_all()
