"""Opens networks on onnxruntime, for the engines that run one."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_network(path: Path, threads: int = 1) -> Any:
    """Open an ``onnxruntime.InferenceSession`` on the CPU. Raises ValueError with the library's reason, in one line."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # These networks are small. More threads, or threads that spin while they wait, would take cores from other engines.
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exception types are not exported
        raise ValueError(str(error).splitlines()[0]) from None
