"""llama.cpp's library, loaded once for the chat model and the sentence embedder."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path
from typing import Any

from appliance.ports import PortError


@functools.cache
def library() -> Any:
    """llama-cpp-python's low-level module, silenced and initialised. Raises PortError."""
    try:
        import llama_cpp.llama_cpp as lib
    except ImportError:
        raise PortError("llama-cpp-python is not installed; run `make setup`") from None
    lib.llama_log_set(_silence(lib), ctypes.c_void_p(0))
    # A portable build keeps its processor code in a library per generation of processors, and loads the one that is
    # the best for this box; in another build there is nothing beside to load.
    lib._lib.ggml_backend_load_all_from_path(str(Path(lib.__file__).parent / "lib").encode())
    lib.llama_backend_init()
    return lib


@functools.cache
def _silence(lib: Any) -> Any:
    """A log callback that says nothing; kept alive by the cache. llama.cpp would write prompts' details to stderr."""
    return lib.llama_log_callback(lambda level, text, data: None)
