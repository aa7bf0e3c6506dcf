"""``cloister bench processor``: measures tokens per second of the language model with each processor library.

A checkout has one library for this processor, a bundle one per generation. Each library that this processor announces
to suit runs in a process of its own, in turn, ``ROUNDS`` times over, so that a busy machine slows all of them alike.
They run with one thread, and the seconds are those of the processor: on a quiet machine they are those of the clock.
Figures are medians, and libraries are compared by ratios within the run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.bench.demo.report import machine
from appliance.bench.markdown import Row
from appliance.config.box import Settings, load_settings
from appliance.core.facts import Message
from appliance.core.ports import PortError
from appliance.core.turn import Turn
from appliance.engines.llm import library as llama_library
from appliance.engines.llm.llama import LlamaModel

ROUNDS = 5
PROMPT_WORDS = 120
"""Words of the prompt: about 450 tokens. The starter model has room for 1,024."""
REPLY_TOKENS = 48

_CHILD_S = 600


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one processor library."""

    library: str
    holds: bool
    """whether its trial succeeded; otherwise it was not measured"""
    prompt: float
    """tokens per second of processor time while a prompt is read, median"""
    reply: float
    """tokens per second of processor time while a reply is written, median"""


@dataclass(frozen=True, slots=True)
class Result:
    """All libraries, best first by llama.cpp's own score."""

    model: str
    machine: str
    rounds: int
    rows: tuple[Figures, ...]

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        for row in self.rows:
            figure = f"{row.prompt:,.0f}, {row.reply:,.0f}" if row.holds else "fails its trial, is never used"
            what = f"{row.library}: tokens a processor second of a prompt, of a reply"
            yield Row(what, figure, self.rounds if row.holds else "")

    def table(self) -> str:
        """Text, with each library as a multiple of the last, which is the oldest."""
        oldest = next((row for row in reversed(self.rows) if row.holds), None)
        lines = [f"{self.model}, one thread, {self.rounds} rounds, medians; {self.machine}"]
        for row in self.rows:
            if not row.holds or oldest is None:
                lines.append(f"{row.library:<34} fails its trial, is never used")
                continue
            ratios = f"x {row.prompt / oldest.prompt:.2f} and {row.reply / oldest.reply:.2f}"
            lines.append(
                f"{row.library:<34} prompt {row.prompt:7.1f}, reply {row.reply:6.1f} tokens/processor second  {ratios}"
            )
        return "\n".join(lines)


def bench(settings: Settings, config: Path, only: Sequence[str] = (), rounds: int | None = None) -> Result:
    """Measure every library that this processor announces to suit, or those of them that ``only`` names. Raises
    PortError where llama.cpp has none."""
    import llama_cpp.llama_cpp as lib

    variants = llama_library.processor_variants(Path(lib.__file__).parent / "lib")
    if not variants:
        raise PortError("this build of llama-cpp-python has its processor code inside; there is nothing to compare")
    if unknown := sorted(set(only) - {variant.name for variant in variants}):
        raise PortError(f"{unknown[0]}: known are {', '.join(variant.name for variant in variants)}")
    variants = [variant for variant in variants if not only or variant.name in only]
    rounds = rounds or ROUNDS
    trusted = [variant for variant in variants if llama_library.holds(variant)]
    measured: dict[Path, list[tuple[float, float]]] = {variant: [] for variant in trusted}
    for _ in range(rounds):
        for variant in trusted:
            measured[variant].append(_in_child(variant, config))
    rows = [
        Figures(
            variant.name,
            variant in measured,
            *(statistics.median(column) for column in zip(*measured.get(variant, [(0.0, 0.0)]), strict=True)),
        )
        for variant in variants
    ]
    return Result(settings.brain.model.name, machine(), rounds, tuple(rows))


def _in_child(variant: Path, config: Path) -> tuple[float, float]:
    command = [sys.executable, "-I", "-B", "-m", __name__, str(variant), str(config.resolve())]
    try:
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=_CHILD_S, check=True)
    except subprocess.SubprocessError as error:
        raise PortError(f"{variant.name}: could not be measured ({type(error).__name__})") from None
    prompt, reply = json.loads(done.stdout)
    return float(prompt), float(reply)


def _measure(wanted: Path, settings: Settings) -> tuple[float, float]:
    """Tokens per processor second of a prompt and of a reply, with this library and no other."""
    # llama.cpp must use this variant and no other.
    llama_library.holds = lambda variant: variant == wanted
    model = LlamaModel(replace(settings, threads=1, brain=replace(settings.brain, gpu_layers=0))).session()
    list(model.generate([Message("user", "hello")], Turn(0), max_tokens=2))
    before = model.evaluated_tokens
    messages = [Message("user", " ".join(f"word{number}" for number in range(PROMPT_WORDS)))]
    begun = time.process_time()
    model.prefill(messages, "", Turn(1))
    read_s, read = time.process_time() - begun, model.evaluated_tokens - before
    before, begun = model.evaluated_tokens, time.process_time()
    # A grammar that never ends keeps the model from ending before the count.
    list(model.generate(messages, Turn(2), max_tokens=REPLY_TOKENS, grammar="root ::= [a-z ] root"))
    written_s, written = time.process_time() - begun, model.evaluated_tokens - before
    return read / read_s, written / written_s


def main(arguments: Sequence[str]) -> None:
    """Measure one library. ``arguments`` are its path and that of a configuration."""
    variant, config = map(Path, arguments)
    print(json.dumps(_measure(variant, load_settings(config))))


if __name__ == "__main__":
    main(sys.argv[1:])
