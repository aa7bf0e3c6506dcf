"""One run of Cloister's own appliance on the line: ``python run_cloister.py --items questions --out x.json``.

``--patience`` is another ``endpoint.patience_s``.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import soundfile
from common import BOX, Line, Meter, Visitor, items_of, machine_state, rss_mb, score

from appliance.bench.demo.scenario import load_scenario
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import (
    AudioDropped,
    ClauseVoiced,
    PartialTranscript,
    Played,
    ReplyInterrupted,
    ReplyStarted,
    ReplyStopped,
    ReplyThought,
    SpeechPaused,
    TimePassed,
    TurnEnded,
    TurnEndPredicted,
    TurnScored,
)
from appliance.core.mailbox import MailboxClosed
from appliance.runtime.assemble import assemble, running
from appliance.runtime.line import Line as OwnLine

RAW: list[tuple[float, object]] = []
"""when each fact became known inside, those about unheard replies included"""


def note(self, fact, tell=OwnLine.tell) -> None:
    if not isinstance(fact, TimePassed | PartialTranscript):
        RAW.append((time.monotonic(), fact))
    tell(self, fact)


OwnLine.tell = note


class Watch(threading.Thread):
    """Follows the published facts: whether a reply is under way, and what was said."""

    def __init__(self, box) -> None:
        super().__init__(daemon=True)
        self.box, self.facts = box, []
        self._turn_open = self._reply = False

    def busy(self) -> bool:
        return self._reply

    def run(self) -> None:
        try:
            while True:
                stamped = self.box.get(timeout_s=1.0)
                if stamped is None or isinstance(stamped.fact, TimePassed):
                    continue
                fact = stamped.fact
                self.facts.append((stamped.monotonic_s, fact))
                match fact:
                    case ReplyStarted():
                        self._reply = True
                    case Played() if fact.finished:
                        self._reply = False
                    case ReplyStopped():
                        self._reply = False
        except MailboxClosed:
            return


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--arm", default="cloister")
    parser.add_argument("--items", default="questions")
    parser.add_argument("--limit", type=int)
    parser.add_argument("--offset", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--patience", type=float)
    o = parser.parse_args()
    settings = load_settings(BOX)
    site = load_site(settings.site)
    # A sign of life is no answer. Without it, the first sound is the answer's.
    site = replace(site, timeouts=replace(site.timeouts, filler_s=1e6))
    begins = datetime.fromisoformat(load_scenario().now)
    if o.patience is not None:
        settings = replace(settings, endpoint=replace(settings.endpoint, patience_s=o.patience))
    folder = tempfile.mkdtemp(prefix="h-peer-state-", dir=os.environ["PEERS_WORK"])
    settings = replace(settings, state=Path(folder), control_socket=None)
    t0 = time.monotonic()
    engines = assemble(settings, site, lambda: begins)
    loaded_s = time.monotonic() - t0
    items = items_of(o.items, o.limit, o.offset)
    line = Line(engines.voice.rate_hz)
    with running(settings, site, engines) as appliance:
        watch = Watch(appliance.subscribe())
        watch.start()
        appliance.open_line(line.microphone, line.speaker)
        rest_mb = rss_mb()
        idle = Meter()
        time.sleep(3.0)
        idle = idle.read()
        before = machine_state()
        meter = Meter()
        said = Visitor(line, watch.busy).run(items)
        usage = meter.read()
        speaker = np.concatenate([np.zeros(0, np.float32), *line._right])
        microphone = np.concatenate([np.zeros(0, np.float32), *line._left])
        rate = line.speaker.rate_hz
        rows = score(said, speaker, rate)
        timeline(rows, line, watch.facts, RAW)
        result = {
            "system": "cloister",
            "arm": o.arm,
            "items": o.items,
            "loaded_s": loaded_s,
            "rest_mb": rest_mb,
            "idle": idle,
            "usage": usage,
            "before": before,
            "after": machine_state(),
            "late_p99_ms": 1000 * float(np.percentile(line.lateness_s, 99)),
            "late_max_ms": 1000 * max(line.lateness_s),
            "turns": rows,
        }
        try:
            appliance.wait(timeout_s=0)
        except Exception as error:
            result["failed"] = repr(error)
    o.out.write_text(json.dumps(result, indent=1, default=str))
    if o.limit is None:
        import soxr

        left = soxr.resample(microphone, SAMPLE_RATE_HZ, rate).astype(np.float32)
        n = max(len(left), len(speaker))
        both = np.stack([np.pad(left, (0, n - len(left))), np.pad(speaker, (0, n - len(speaker)))], axis=1)
        soundfile.write(o.out.with_suffix(".flac"), both.clip(-1, 1), rate)


def timeline(rows, line, published, raw) -> None:
    """Moments of each turn, in stream seconds, and its words."""
    for n, row in enumerate(rows):
        lo = row["start_s"] - 0.1
        hi = rows[n + 1]["start_s"] - 0.1 if n + 1 < len(rows) else 1e9

        def inside(t, lo=lo, hi=hi) -> bool:
            return lo <= line.stream_s(t) < hi

        row["heard"], row["reply"] = "", ""
        for t, f in published:
            if not inside(t):
                continue
            match f:
                case TurnEnded():
                    row["heard"] = f"{row['heard']} {f.transcript.text}".strip()
                    row["turn_end_s"], row["turn_end_known_s"] = f.at_s, line.stream_s(t)
                    row["vad_end_s"], row["decided"] = f.speech_end_s, f.decided
                case ReplyStarted():
                    row["reply_published_s"] = line.stream_s(t)
                    row["answering"] = f.turn_id
                case ReplyThought():
                    row["reply"], row["kind"] = f.text, f.outcome.kind
                    row["replaced"], row["facts"] = f.outcome.replaced, list(f.outcome.facts)
                case ReplyInterrupted():
                    row.setdefault("interrupted_heard", []).append(f.heard)
        answering = row.get("answering")
        row["speculations"] = 0
        started: set[int] = set()
        for t, f in raw:
            if not inside(t):
                continue
            s = line.stream_s(t)
            match f:
                case SpeechPaused():
                    row["paused_s"], row["paused_known_s"] = f.at_s, s
                case TurnEndPredicted():
                    row["foreseen_s"] = s
                case TurnScored():
                    row["judged_s"] = s
                case ReplyStarted():
                    started.add(f.turn_id)
                    if f.turn_id == answering:
                        row["first_token_s"] = s
                case ClauseVoiced() if f.turn_id == answering and "first_clause_s" not in row:
                    row["first_clause_s"] = s
                    row["first_clause"] = f.text
                case AudioDropped():
                    row["dropped"] = row.get("dropped", 0) + f.samples
        row["speculations"] = len(started)


if __name__ == "__main__":
    main()
