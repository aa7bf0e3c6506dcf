"""Measures what speculation costs: the part ``speculation-cost`` of ``cloister bench turns``.

The visitors of the demonstration talk with the daemon as fast as it computes, once with ``endpoint.speculate`` and
once without. At that pace all work that is begun is done to its end, so no visitor can make it cost more. Processor
time and memory alone are counted, so this needs no quiet machine.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.bench.demo.report import machine
from appliance.bench.markdown import Row
from appliance.bench.workbench import speculation
from appliance.bench.workbench.speculation import Run
from appliance.config.box import Settings
from appliance.config.site import Site


@dataclass(frozen=True, slots=True)
class SpeculationCost:
    """Two runs of the same conversation."""

    model: str
    """name of the language model's file"""
    machine: str
    speculating: Run
    without: Run
    memory_mb: float
    """the most memory of the process with one line held, the simulated room included"""

    def document(self) -> Iterator[Row]:
        """Yield the rows of a table for a document."""
        run, plain = self.speculating, self.without
        yield Row(f"{self.model}: processor time a turn", f"{run.cpu_s:.2f} s", run.turns)
        yield Row("... of it speculation (less a run without)", f"{run.cpu_s - plain.cpu_s:+.2f} s", plain.turns)
        yield Row("... of it the language model, while visitors speak", f"{run.ahead_s:.2f} s", run.turns)
        yield Row("speculative replies, right", f"{run.speculations}, {run.confirmed}", run.turns)
        wasted = f"{run.wasted_tokens:.1f} tokens, {run.wasted_synthesis_s:.2f} s of sound"
        yield Row("made for nothing, a turn", wasted, run.turns)
        yield Row("memory at most", f"{self.memory_mb:,.0f} MB")

    def table(self) -> str:
        """The figures as text for a reader."""
        rows = "\n".join(f"  {row.what}: {row.figure}" for row in self.document())
        broken = [f"  broken off: {run.broken_off}" for run in (self.speculating, self.without) if run.broken_off]
        head = f"cost of speculation, {self.speculating.turns} turns of the demonstration on {self.machine}"
        return "\n".join([head, rows, *broken])


def measure(settings: Settings, site: Site, limit: int | None) -> SpeculationCost:
    """Hold the conversation twice, or ``limit`` lines of it, after a line that fills the caches. Raises PortError."""
    speculation.bound(settings, site, 1)
    # A second set of engines in the process would count too.
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    speculating = speculation.bound(settings, site, limit)
    without = speculation.bound(settings, site, limit, speculating=False)
    return SpeculationCost(settings.brain.model.name, machine(), speculating, without, memory_mb)
