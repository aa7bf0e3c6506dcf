"""How the engines that run a network of their own on onnxruntime open it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_network(path: Path, threads: int = 1) -> Any:
    """An ``onnxruntime.InferenceSession`` on the CPU. Raises ValueError with the library's reason, in one line."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Small networks: a pool of threads, or threads that wait by spinning, would take cores from engines that need them.
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exception types are not exported
        raise ValueError(str(error).splitlines()[0]) from None
