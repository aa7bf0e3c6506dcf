"""``cloister bench lines``: measures how many conversations this box holds at once.

For each number of lines a process of its own loads the engines and opens the lines. First nobody speaks, which gives
what an idle line costs. Then a recorded visitor on each line asks questions in real time, up to a third of the time.

The *gap* of a reply runs from the end of speech, as labelled in the recording, to the first audible sample of the
reply, both in the sound of the line. A number of lines *holds* when 95 % of the gaps are below ``GOAL_S``, every
question got a reply and no sound was lost.

What is measured is kept for each number, so that a run that was broken off goes on where it was. The processor time of
the visitors and of their lines' devices is left out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from appliance.bench.demo.report import machine
from appliance.bench.demo.scenario import load_clips
from appliance.bench.lines.picture import Curve, Panel, draw
from appliance.bench.lines.visitors import Asked, Visitor, follow, load_asks, speaking_share
from appliance.bench.markdown import Row
from appliance.config.box import LineSettings, Settings, load_settings
from appliance.config.site import load_site
from appliance.core.audio import SAMPLE_RATE_HZ
from appliance.core.facts import LineId
from appliance.core.ports import PortError
from appliance.devices.wave import WaveLine
from appliance.runtime import admission
from appliance.runtime.assemble import assemble, running

NUMBERS = (1, 2, 4, 8, 16, 20)
"""Numbers of lines that are measured"""

MOST_LINES = 200

GOAL_S = 1.0
"""The gap in seconds that 95 % of the replies must stay below"""

TALK_S = 75.0
"""Seconds in which the visitors talk"""

IDLE_S = 6.0
"""Seconds in which nobody speaks yet"""

_BEGIN_WITHIN_S = 5.0
"""Seconds within which all visitors have begun"""

_SETTLE_S = 1.0

_CHILD_S = 600

_DOOR = "bench"

_HARNESS = ("wave line", "visitors")
"""Names of the threads that belong to the measurement and not to the appliance"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one number of lines. Times are in milliseconds, memory in 10^6 bytes."""

    lines: int
    asked: int
    right: int
    silent: int
    """questions without an audible reply"""
    gap_median: float
    gap_p95: float
    speaking: float
    """mean share of the time in which a visitor spoke"""
    cores: float
    """processor seconds of the appliance per second while the visitors talked"""
    idle: float
    """processor seconds per second of an idle line, as a share of one core"""
    memory: float
    """memory of a line"""
    lost_s: float
    """seconds of the visitors' speech that were lost"""
    late: float
    """largest delay of a frame at a device"""

    @property
    def holds(self) -> bool:
        """Whether so many lines are served well."""
        return self.asked > 0 and self.gap_p95 < 1000 * GOAL_S and not self.silent and not self.lost_s


@dataclass(frozen=True, slots=True)
class Result:
    """All numbers of lines."""

    model: str
    machine: str
    rows: tuple[Figures, ...]

    @property
    def most(self) -> int:
        """The largest number of lines that holds, with all smaller ones; 0 where none does."""
        most = 0
        for row in self.rows:
            if not row.holds:
                break
            most = row.lines
        return most

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for row in self.rows:
            wrong = row.asked - row.right
            figure = (
                f"gap {row.gap_median:.0f} and {row.gap_p95:.0f} ms; wrong {wrong}, silent {row.silent}; "
                f"{row.cores:.2f} cores; idle {100 * row.idle:.1f} % of a core and {row.memory:.0f} MB a line"
            )
            yield Row(f"{row.lines} lines: gap median and p95, replies, load", figure, row.asked)
        yield Row("most lines with p95 under one second", str(self.most))

    def table(self) -> str:
        """The figures as text for a terminal."""
        lines = [
            f"{self.model}, {self.machine}",
            "lines  asked  wrong  silent  gap ms  p95 ms  speaking  cores  idle %  MB/line  lost s  late ms",
        ]
        for r in self.rows:
            lines.append(
                f"{r.lines:>5}  {r.asked:>5}  {r.asked - r.right:>5}  {r.silent:>6}  {r.gap_median:>6.0f}  "
                f"{r.gap_p95:>6.0f}  {r.speaking:>8.2f}  {r.cores:>5.2f}  {100 * r.idle:>6.2f}  {r.memory:>7.1f}  "
                f"{r.lost_s:>6.1f}  {r.late:>7.0f}"
            )
        lines.append(f"most lines with p95 under one second: {self.most}")
        return "\n".join(lines)

    def picture(self) -> str:
        """The curves as SVG."""
        rows = self.rows
        return draw(
            f"Conversations at once, {self.machine}",
            [row.lines for row in rows],
            [
                Panel(
                    "response gap, milliseconds (goal: 95 % under one second)",
                    [Curve("median", [r.gap_median for r in rows]), Curve("95 %", [r.gap_p95 for r in rows])],
                    1000 * GOAL_S,
                ),
                Panel("processor cores in use", [Curve("cores", [r.cores for r in rows])]),
                Panel(
                    "replies that are wrong or missing, % of the questions",
                    [Curve("wrong", [100 * (r.asked - r.right) / max(1, r.asked) for r in rows])],
                ),
            ],
        )


def numbers_of(parts: Sequence[str]) -> Sequence[int]:
    """The numbers of lines that the operator wants, by default ``NUMBERS``. Raises PortError."""
    for part in parts:
        if not part.isascii() or not part.isdigit() or not 1 <= int(part) <= MOST_LINES:
            raise PortError(f"{part}: is no number of lines from 1 to {MOST_LINES}")
    return sorted({int(part) for part in parts}) or NUMBERS


def bench(
    settings: Settings, config: Path, output: Path, numbers: Sequence[int] = NUMBERS, talk_s: float | None = None
) -> Result:
    """Measure ``numbers`` of lines, for each of which ``output`` keeps a file, and draw ``lines.svg`` there. A number
    whose file is there already is not measured again. Raises PortError when a measurement fails."""
    output.mkdir(parents=True, exist_ok=True)
    rows = [_kept(output / f"lines-{n}.json", n, config, talk_s or TALK_S) for n in numbers]
    result = Result(settings.brain.model.name, machine(), tuple(rows))
    (output / "lines.svg").write_text(result.picture(), encoding="utf-8")
    return result


def keep(settings: Settings, result: Result) -> None:
    """Let the box admit as many lines as were measured to hold. Raises PortError when none does, or when the limit
    cannot be written."""
    if not result.most:
        raise PortError("no number of lines held, so no limit is kept; measure again while nothing else runs")
    admission.keep(settings.kept, result.most)


def _kept(path: Path, number: int, config: Path, talk_s: float) -> Figures:
    if path.exists():
        return Figures(**json.loads(path.read_text(encoding="utf-8")))
    figures = _in_child(config, number, talk_s)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(asdict(figures)) + "\n", encoding="utf-8")
    scratch.replace(path)
    return figures


def _in_child(config: Path, number: int, talk_s: float) -> Figures:
    command = [sys.executable, "-I", "-B", "-m", __name__, str(config.resolve()), str(number), str(talk_s)]
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=_CHILD_S, check=True)
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"status {error.returncode}"]
        raise PortError(f"{number} lines could not be measured: {said[-1]}") from None
    except subprocess.TimeoutExpired:
        raise PortError(f"{number} lines could not be measured within {_CHILD_S} s") from None
    return Figures(**json.loads(done.stdout))


def measure(
    settings: Settings, number: int, talk_s: float, idle_s: float = IDLE_S, pace: Literal["fast", "real"] = "real"
) -> Figures:
    """Measure one number of lines in this process. At the fast pace, what the clock says means nothing."""
    asks, recordings = load_asks(), load_clips()
    clips = [(recordings[name], fact) for name, fact in asks.asks.items()]
    begins = datetime.fromisoformat(asks.now)
    with tempfile.TemporaryDirectory(prefix="cloister-bench-") as folder:
        settings = replace(
            settings, site=asks.site, state=Path(folder), control_socket=None, lines=LineSettings(most=number)
        )
        site = load_site(asks.site)
        engines = assemble(settings, site, lambda: begins)
        with running(settings, site, engines) as appliance:
            facts = appliance.subscribe()
            visitors: dict[LineId, Visitor] = {}
            following = threading.Thread(target=follow, args=(facts, visitors), name="visitors", daemon=True)
            following.start()
            before_mb = _resident_mb()
            waves: dict[LineId, WaveLine] = {}
            for _ in range(number):
                wave = WaveLine(engines.voice.rate_hz, pace, noise_dbfs=asks.noise_dbfs, record=False)
                wave.settled = lambda: appliance.settled() and not facts.busy
                waves[appliance.open_line(wave.microphone, wave.speaker, _DOOR).id] = wave

            def passes(seconds: float) -> float:
                """Let time pass on every line. Returns the processor seconds per second that it took."""
                ends_s = [(wave, wave.position_s + seconds) for wave in waves.values()]
                begun_s, used_s = time.monotonic(), _used_s()
                while any(wave.position_s < end_s for wave, end_s in ends_s):
                    appliance.wait(timeout_s=0.02)
                return (_used_s() - used_s) / (time.monotonic() - begun_s)

            passes(_SETTLE_S)
            idle = passes(idle_s)
            for at, (line, wave) in enumerate(waves.items()):
                visitors[line] = Visitor(wave, clips, at * len(clips) // number, 0.5 + at * _BEGIN_WITHIN_S / number)
            cores = passes(talk_s)
            memory_mb = (_resident_mb() - before_mb) / number
            asked = [one for visitor in visitors.values() for one in visitor.measured()]
            share = speaking_share([one for v in visitors.values() for one in v.asked[:-1]], talk_s * number)
            appliance.unsubscribe(facts)
            following.join()
    lost = sum(visitor.lost for visitor in visitors.values()) / SAMPLE_RATE_HZ
    late_s = max(wave.late_s for wave in waves.values())
    return _figures(number, asked, share, cores, idle / number, memory_mb, lost, 1000 * late_s)


def _figures(number: int, asked: Sequence[Asked], *rest: float) -> Figures:
    gaps = [1000 * one.gap_s for one in asked if one.gap_s is not None]
    return Figures(
        *(number, len(asked), sum(one.right for one in asked), len(asked) - len(gaps)),
        *((float(np.median(gaps)), float(np.percentile(gaps, 95))) if gaps else (0.0, 0.0)),
        *rest,
    )


def _used_s() -> float:
    """Processor seconds of the appliance so far, without the threads of the measurement."""
    return time.process_time() - _harness_s()


def _harness_s() -> float:
    """Processor seconds of the threads of the measurement."""
    ticks = 0
    for thread in threading.enumerate():
        if thread.name in _HARNESS and thread.native_id is not None:
            text = Path(f"/proc/self/task/{thread.native_id}/stat").read_text(encoding="ascii", errors="replace")
            ticks += sum(map(int, text.rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main(arguments: Sequence[str]) -> None:
    """Measure one number of lines. ``arguments`` are the configuration, the number and the seconds of talk."""
    config, number, talk_s = arguments
    print(json.dumps(asdict(measure(load_settings(Path(config)), int(number), float(talk_s)))), flush=True)
    # On a box with too many lines, a library may still be at work for one of them, and must not be taken apart.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
