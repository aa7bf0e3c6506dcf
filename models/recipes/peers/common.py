"""What both systems share: the line (a paced full-duplex device), the visitor, the clips and the scoring.

The line is Cloister's own ``WaveLine``: a thread on an absolute 20 ms schedule that delivers what the visitor says (and
the same faint room noise), takes 20 ms of the speaker's sound per step and records both sides on one clock. For the
peers only the queue behind the speaker is replaced, by ``Ring``. The visitor listens to the *sound* of the line and,
to know that a reply is over, to ``busy`` of the system under test.
"""

from __future__ import annotations

import os
import resource
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import appliance  # noqa: F401  (switches telemetry off)
from appliance.bench.demo.scenario import load_clips, load_scenario
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import Outcome, Transcript
from appliance.core.turn import Turn
from appliance.devices.wave import WaveLine

WORK = os.environ["PEERS_WORK"]
BOX = Path(os.environ["PEERS_BOX"])
DATA = Path(os.environ["PEERS_SHARED"], "data")
AUDIBLE = 10 ** (-50.0 / 20)
"""RMS of a 5 ms frame from which it is heard, as in Cloister's demonstration"""
PAUSE_S = 0.8
UNANSWERED_S = 7.0
PER_CONVERSATION = 6


@dataclass
class Item:
    id: str
    samples: np.ndarray
    start_s: float
    end_s: float
    says: str = ""
    counted: bool = True
    holds: tuple[tuple[float, float], ...] = ()


@dataclass
class Said:
    item: Item
    begin_s: float = 0.0
    """stream time of the clip's first sample"""
    note: str = ""

    @property
    def start_s(self) -> float:
        return self.begin_s + self.item.start_s

    @property
    def end_s(self) -> float:
        return self.begin_s + self.item.end_s


class Ring:
    """A sound card's play buffer: bytes in (int16), blocks out, silence when empty."""

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self._parts: deque[np.ndarray] = deque()
        self._lock = threading.Lock()
        self.waiting = 0
        self.written = 0
        self.pulled_sound = 0
        """samples of sound (not of silence for want of sound) that have left"""
        self.underruns = 0
        self.on_pull = lambda: None

    def write(self, audio: bytes) -> None:
        samples = np.frombuffer(audio, np.int16).astype(np.float32) / 32768
        with self._lock:
            self._parts.append(samples)
            self.waiting += len(samples)
            self.written += len(samples)

    def clear(self) -> None:
        with self._lock:
            self._parts.clear()
            self.waiting = 0

    def pull(self, count: int) -> np.ndarray:
        block = np.zeros(count, np.float32)
        with self._lock:
            at = 0
            while at < count and self._parts:
                part = self._parts[0]
                take = min(len(part), count - at)
                block[at : at + take] = part[:take]
                at += take
                if take == len(part):
                    self._parts.popleft()
                else:
                    self._parts[0] = part[take:]
            self.waiting -= at
            self.pulled_sound += at
            if 0 < at < count:
                self.underruns += 1
        self.on_pull()
        return block

    @property
    def idle(self) -> bool:
        return self.waiting == 0

    def close(self) -> None:
        pass


class Line(WaveLine):
    """``WaveLine`` that knows when its speaker was last heard, and its offset to the wall clock."""

    def __init__(self, rate_hz: int, ring: bool = False) -> None:
        super().__init__(rate_hz, "real", noise_dbfs=load_scenario().noise_dbfs)
        if ring:
            self._playback = Ring(rate_hz)
        self.ring = self._playback
        self.last_audible_s = -1e9
        self.first_audible_since = None
        self.offset_s = float("inf")
        self.lateness_s: list[float] = []

    def _play(self, step: int) -> None:
        super()._play(step)
        block = self._right[-1]
        if len(block) and np.sqrt(np.mean(block.astype(np.float64) ** 2)) > AUDIBLE:
            self.last_audible_s = step * 0.02

    def _next_frame(self):
        frame = super()._next_frame()
        ahead = time.monotonic() - frame.end_s
        self.offset_s = min(self.offset_s, ahead)
        self.lateness_s.append(ahead - self.offset_s)
        return frame

    def stream_s(self, monotonic_s: float) -> float:
        return monotonic_s - self.offset_s


class Visitor:
    """Says the items one after another, each 0.8 s after the reply before it was over."""

    def __init__(self, line: Line, busy, pause_s: float = PAUSE_S, said=lambda item: None) -> None:
        self.line, self.busy, self.pause_s, self.on_said = line, busy, pause_s, said
        self.said: list[Said] = []

    def _until(self, moment_s: float) -> None:
        while (left := moment_s - self.line.position_s) > 0:
            time.sleep(min(0.05, max(0.002, left)))

    def _reply_over(self, since_s: float) -> str:
        line = self.line
        while True:
            time.sleep(0.02)
            now = line.position_s
            if line.last_audible_s < since_s:
                if now - since_s > UNANSWERED_S and not self.busy():
                    return "unanswered"
                if now - since_s > 20:
                    return "stuck"
                continue
            quiet = now - line.last_audible_s
            if (quiet >= 0.3 and not self.busy()) or quiet >= 4.0:
                return ""

    def run(self, items: list[Item]) -> list[Said]:
        for item in items:
            begin = self.line.say(item.samples, after_s=self.pause_s)
            said = Said(item, begin / SAMPLE_RATE_HZ)
            self.said.append(said)
            self._until(said.end_s)
            said.note = self._reply_over(said.end_s)
            self.on_said(item)
        return self.said


# --- material -----------------------------------------------------------------------------------------------------


def clip_item(clip, **more) -> Item:
    return Item(
        clip.id, clip.samples, clip.speech_start / SAMPLE_RATE_HZ, clip.speech_end / SAMPLE_RATE_HZ, clip.says, **more
    )


def questions(limit: int | None = None, offset: int = 0, goodbyes: bool = True) -> list[Item]:
    """The 33 recorded single questions; a good-bye (not counted) after every six; first one to warm up."""
    clips = load_clips()
    names = [name for name in clips if name.startswith("q_")]
    names = names[offset:] + names[:offset]
    names = names[:limit]
    items = [clip_item(clips["park"], counted=False), clip_item(clips["goodbye"], counted=False)]
    for n, name in enumerate(names):
        items.append(clip_item(clips[name]))
        if goodbyes and n % PER_CONVERSATION == PER_CONVERSATION - 1:
            items.append(clip_item(clips["goodbye"], counted=False))
    return items


def pausing(limit: dict[str, int], part: int = 0) -> list[Item]:
    """Recorded turns with pauses inside (the half that nothing of Cloister was fitted on), both with pauses of the
    recording's own and with ones put between two words."""
    from appliance.bench.workbench import pauses

    clips = load_clips()
    turns = [t for t in pauses.read_labels() if t.half == "report" and t.holds and t.end.begin_s <= 12.0]
    chosen = []
    for group, count in limit.items():
        chosen += pauses.drawn([t for t in turns if t.group == group], count * (part + 1))[count * part :]
    items = [clip_item(clips["park"], counted=False)]
    for turn in chosen:
        sound = pauses.sound(turn, DATA).astype(np.float32)
        level = np.sqrt(np.mean(sound[np.abs(sound) > 0.1 * np.abs(sound).max()] ** 2))
        sound = np.clip(sound * (10 ** (-23 / 20) / max(level, 1e-6)), -1, 1)
        end = turn.end.begin_s
        # Half a second of the recording's own quiet after the end; the room's noise goes on on the line.
        sound = sound[: round((end + 0.5) * SAMPLE_RATE_HZ)]
        items.append(
            Item(
                f"{turn.group}:{turn.id}",
                sound,
                pauses.LEAD_S,
                end,
                holds=tuple((h.begin_s, h.end_s) for h in turn.holds),
            )
        )
    return items


# --- scoring ------------------------------------------------------------------------------------------------------


def loud_starts(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    frame = rate_hz // 200
    frames = sound[: len(sound) // frame * frame].reshape(-1, frame).astype(np.float64)
    loud = np.sqrt(np.mean(frames**2, axis=1)) > AUDIBLE
    return np.flatnonzero(loud) * frame / rate_hz


def score(said: list[Said], speaker: np.ndarray, rate_hz: int) -> list[dict]:
    starts = loud_starts(speaker, rate_hz)
    rows = []
    for n, s in enumerate(said):
        nxt = said[n + 1] if n + 1 < len(said) else None
        until = nxt.start_s if nxt is not None else 1e9
        during = starts[(starts >= s.start_s) & (starts < s.end_s)]
        after = starts[(starts >= s.end_s) & (starts < until)]
        row = {
            "id": s.item.id,
            "counted": s.item.counted,
            "start_s": s.start_s,
            "end_s": s.end_s,
            "until_s": until,
            "note": s.note,
            "early": bool(len(during)),
            "early_at_s": float(during[0]) if len(during) else None,
            "first_audible_s": float(after[0]) if len(after) else None,
            "gap_s": None,
            "holds": [(s.begin_s + a, s.begin_s + b) for a, b in s.item.holds],
        }
        if len(after):
            row["gap_s"] = float(after[0]) - s.end_s
        rows.append(row)
    return rows


class Host:
    """Cloister's brain, as a service of others calls it."""

    def __init__(self, engines) -> None:
        self._responder = engines.responder(engines.tools, lambda: None)
        self.open()

    def open(self) -> None:
        """Begin a conversation."""
        self._state = self._responder.begin()

    def reply(self, heard: Transcript, history, turn: Turn):
        """Pieces of a reply, and its outcome."""
        decided = self._responder.reply(self._state, heard, history, turn)
        self._state = decided.state
        text, outcome = "", Outcome()
        for piece in decided.pieces:
            if isinstance(piece, Outcome):
                outcome = piece
            else:
                text += piece
            yield piece
        self._state = self._state.given(text, outcome)


# --- resources ----------------------------------------------------------------------------------------------------


class Meter:
    """CPU of this process, and of everybody else on the machine, over a stretch of time."""

    def __init__(self) -> None:
        self.wall = time.monotonic()
        self.own = self._own()
        self.all, self.steal = self._machine()

    @staticmethod
    def _own() -> float:
        u = resource.getrusage(resource.RUSAGE_SELF)
        c = resource.getrusage(resource.RUSAGE_CHILDREN)
        return u.ru_utime + u.ru_stime + c.ru_utime + c.ru_stime

    @staticmethod
    def _machine() -> tuple[float, float]:
        f = [int(x) for x in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
        hz = os.sysconf("SC_CLK_TCK")
        busy = sum(f[:8]) - f[3] - f[4]
        return busy / hz, f[7] / hz

    def read(self) -> dict:
        wall = time.monotonic() - self.wall
        own = self._own() - self.own
        busy, steal = self._machine()
        return {
            "wall_s": wall,
            "cpu_s": own,
            "cpu_share": own / wall,
            "foreign_cores": (busy - self.all - own) / wall,
            "steal_cores": (steal - self.steal) / wall,
            "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
        }


def rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def items_of(kind: str, limit: int | None, offset: int) -> list[Item]:
    if kind == "questions":
        return questions(limit, offset)
    if kind == "pauses":
        n = limit or 30
        return pausing({"orders": round(n * 0.4), "sentences": round(n * 0.4), "calls": round(n * 0.2)}, offset)
    raise ValueError(kind)


def machine_state() -> dict:
    return {"load": os.getloadavg(), "nice": os.nice(0), "at": time.strftime("%H:%M:%S")}
