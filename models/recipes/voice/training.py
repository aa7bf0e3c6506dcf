"""What every training stage needs: a schedule by step count, a moving average, checkpoints to resume from, a log."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

torch.set_num_threads(1)  # the networks are small: a second thread costs more in waiting than it gives


def learning_rate(step: int, steps: int, peak: float, warm_up: int = 200, flat: float = 0.3) -> float:
    """Linear warm-up, flat until that fraction of the steps, then a cosine down to 2 % of the peak."""
    done = step / max(1, steps)
    fall = 1.0 if done < flat else 0.5 * (1 + math.cos(math.pi * (done - flat) / (1 - flat))) + 0.02
    return peak * min(1.0, (step + 1) / warm_up) * fall


class Run:
    """One training stage: modules and optimizers by name, resumed from ``path`` if that exists.

    ``net`` is the module whose moving average is what later stages use (``averaged``).
    """

    def __init__(
        self,
        path: Path,
        net: nn.Module,
        parts: dict[str, Any],
        steps: int,
        peak: float,
        decay: float = 0.999,
        warm_up: int = 200,
    ) -> None:
        self.path, self.net, self.steps, self.decay = path, net, steps, decay
        self.peak, self.warm_up = peak, warm_up
        self.average = copy.deepcopy(net).eval().requires_grad_(False)
        self.parts: dict[str, Any] = {"net": net, "average": self.average, **parts}
        self.step = 0
        self.cpu_s = 0.0
        """Processor seconds spent on this stage, over all its runs."""
        if path.exists():
            state = torch.load(path)
            for name, part in self.parts.items():
                if name in state:
                    part.load_state_dict(state[name])
            self.step, self.cpu_s = state["step"], state["cpu_s"]
        torch.manual_seed(self.step)
        self._started_s = time.process_time() - self.cpu_s
        self._sums: dict[str, list[float]] = {}

    def __iter__(self) -> Iterator[int]:
        """The steps still to do; the optimizers get their learning rate, the average and the checkpoint are kept."""
        while self.step < self.steps:
            rate = learning_rate(self.step, self.steps, self.peak, self.warm_up)
            for name, part in self.parts.items():
                if isinstance(part, torch.optim.Optimizer) and not name.startswith("discriminator"):
                    for group in part.param_groups:
                        group["lr"] = rate
            yield self.step
            self.step += 1
            keep = min(self.decay, self.step / (self.step + 20))
            with torch.no_grad():
                for old, new in zip(self.average.parameters(), self.net.parameters(), strict=True):
                    old.lerp_(new, 1 - keep)
            if self.step % 100 == 0 or self.step == self.steps:
                self._report()
            if self.step % 100 == 0 or self.step == self.steps:
                self.save()

    def note(self, **values: torch.Tensor) -> None:
        """Collect figures for the log line that comes every 100 steps."""
        for name, value in values.items():
            self._sums.setdefault(name, []).append(float(value.detach()))

    def _report(self) -> None:
        self.cpu_s = time.process_time() - self._started_s
        means = "  ".join(f"{name} {sum(v) / len(v):.4f}" for name, v in self._sums.items())
        print(f"{self.path.stem} {self.step}/{self.steps}  {self.cpu_s / 60:.1f} core min  {means}", flush=True)
        self._sums.clear()

    def save(self) -> None:
        """Write the checkpoint so that a kill at any moment leaves either the old or the new one."""
        self.cpu_s = time.process_time() - self._started_s
        state = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save({**state, "step": self.step, "cpu_s": self.cpu_s}, self.path.with_suffix(".part"))
        self.path.with_suffix(".part").replace(self.path)


def averaged(path: Path, net: nn.Module) -> nn.Module:
    """The moving average of a finished (or running) stage, for use."""
    net.load_state_dict(torch.load(path)["average"])
    return net.eval().requires_grad_(False)


def adversarial_terms(
    real: list[list[torch.Tensor]], fake: list[list[torch.Tensor]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Least-squares generator loss and relative feature matching, over several discriminators' layer outputs."""
    fool = torch.stack([((f[-1].float() - 1) ** 2).mean() for f in fake]).sum()
    hidden = [
        (r.detach().float(), f.float())
        for judge in zip(real, fake, strict=True)
        for r, f in list(zip(*judge, strict=True))[:-1]
    ]
    match = torch.stack([(r - f).abs().mean() / r.abs().mean().clamp(min=1e-3) for r, f in hidden]).sum()
    return fool, match


def discriminator_loss(real: list[list[torch.Tensor]], fake: list[list[torch.Tensor]]) -> torch.Tensor:
    """Least squares: 1 for recordings, 0 for the network's."""
    terms = [((r[-1].float() - 1) ** 2).mean() + (f[-1].float() ** 2).mean() for r, f in zip(real, fake, strict=True)]
    return torch.stack(terms).sum()
