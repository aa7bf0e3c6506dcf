"""Loads llama.cpp's library, once for the chat model and the sentence embedder.

Its processor code is a library of its own, in one variant (a checkout) or one per generation of processors (a bundle).
The best variant is loaded that this machine announces to suit and that passes a trial in a child process.
"""

from __future__ import annotations

import ctypes
import functools
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from appliance.core.ports import PortError
from appliance.engines.llm import cpu_trial

_log = logging.getLogger(__name__)

_TRIAL_S = 60
"""The longest time for a trial, in seconds. A trial takes a quarter of a second, and a variant that hangs fails."""

_NOT_DEVICES = ("libggml.so", "libggml-base.so")


@functools.cache
def library() -> Any:
    """Load llama-cpp-python's low-level module, silenced and initialised. Raises PortError."""
    try:
        import llama_cpp.llama_cpp as lib
    except ImportError:
        raise PortError("llama-cpp-python is not installed; run `make setup`") from None
    lib.llama_log_set(_silence(lib), ctypes.c_void_p(0))
    folder = Path(lib.__file__).parent / "lib"
    variants = processor_variants(folder)
    for other in sorted(folder.glob("libggml-*.so")):
        if other.name not in _NOT_DEVICES and not other.name.startswith("libggml-cpu"):
            lib._lib.ggml_backend_load(str(other).encode())
    if variants:
        best = next((variant for variant in variants if holds(variant)), None)
        if best is None:
            raise PortError(
                f"language model: none of the {len(variants)} libraries for this processor in {folder} works; build "
                "llama-cpp-python on this machine (`make setup` in a checkout)"
            )
        lib._lib.ggml_backend_load(str(best).encode())
    lib.llama_backend_init()
    return lib


def processor_variants(folder: Path) -> list[Path]:
    """The processor libraries that this processor announces to suit, best first by llama.cpp's own score. The list is
    empty for a build that has its processor code inside, which our set-up does not make."""
    scored = []
    for path in folder.glob("libggml-cpu*.so"):
        loaded = ctypes.CDLL(str(path))
        if hasattr(loaded, "ggml_backend_score") and (score := loaded.ggml_backend_score()) > 0:
            scored.append((score, path.name, path))
    return [path for _, _, path in sorted(scored, reverse=True)]


def holds(variant: Path) -> bool:
    """Whether a processor library gives right products here. An instruction that is not allowed ends only the child
    process of the trial."""
    trial = [sys.executable, "-I", "-B", cpu_trial.__file__, str(variant)]
    try:
        # The child's environment is empty, so that a library preloaded into this process (a test's clock) is left out.
        ended = subprocess.run(trial, cwd="/", env={}, capture_output=True, stdin=subprocess.DEVNULL, timeout=_TRIAL_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        _log.warning("%s is not used: its trial could not be made: %s", variant.name, type(error).__name__)
        return False
    if ended.returncode != 0:
        said = ended.stdout.decode(errors="replace").strip().splitlines()[-1:] or [f"status {ended.returncode}"]
        _log.warning("%s is not used: its trial failed: %s", variant.name, said[0])
    return ended.returncode == 0


@functools.cache
def _silence(lib: Any) -> Any:
    """A log callback that says nothing, because llama.cpp would write prompts' details to stderr. The cache keeps it
    alive."""
    return lib.llama_log_callback(lambda level, text, data: None)
