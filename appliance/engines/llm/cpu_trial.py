"""Tries one of llama.cpp's processor libraries: multiplies small matrices with it and compares the products.

A processor may announce instructions that the machine does not allow (virtual machines do so with AMX), and the first
such instruction ends the process. So each library is tried in a process of its own before it is used:
``python3 -I cpu_trial.py LIBRARY`` exits with 0 if it may be used. The module needs the standard library alone, because
a set-up tries a library before anything is installed.
"""

from __future__ import annotations

import ctypes
import math
import operator
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ROWS, _COLUMNS = 32, 256
"""size of the weights. 256 columns are the smallest block that every quantization has"""

_BATCHES = (1, 16)
"""tokens in a product: one token and many use different kernels"""

_TYPES = {"f32": 0, "f16": 1, "q4_0": 2, "q8_0": 8, "q4_K": 12, "q5_K": 13, "q6_K": 14, "bf16": 30}
"""ggml's numbers of the types that models in GGUF files have"""

_TOLERANCE = 0.1
"""Largest difference from the exact product, in parts of the product of the norms. Four bits keep two parts in a
hundred; a wrong instruction gives something unrelated."""

_GRAPH_BYTES = 1 << 20


class _InitParameters(ctypes.Structure):
    _fields_ = (("mem_size", ctypes.c_size_t), ("mem_buffer", ctypes.c_void_p), ("no_alloc", ctypes.c_bool))


def trial(library: Path) -> str:
    """What is wrong with the products of a library, or an empty text. An instruction that is not allowed ends the
    process."""
    base, ggml = (_pointers(ctypes.CDLL(str(library.with_name(name)))) for name in ("libggml-base.so", "libggml.so"))
    registered = ggml.ggml_backend_load(str(library).encode())
    if not registered:
        return "cannot be loaded"
    device = ggml.ggml_backend_reg_dev_get(_pointer(registered), ctypes.c_size_t(0))
    backend = ggml.ggml_backend_dev_init(_pointer(device), None)
    for kind in list(_buffer_kinds(ggml, registered, device)):
        for name, number in _TYPES.items():
            for batch in _BATCHES:
                error = _product_error(base, _pointer(backend), _pointer(device), _pointer(kind), number, batch)
                if not error <= _TOLERANCE:
                    return f"a wrong product of {name}"
    return ""


def _buffer_kinds(ggml: Any, registered: int, device: int) -> Iterator[int]:
    """The kinds of buffer for weights: as they are, and packed for one set of instructions each."""
    yield ggml.ggml_backend_dev_buffer_type(_pointer(device))
    found = ggml.ggml_backend_reg_get_proc_address(_pointer(registered), b"ggml_backend_dev_get_extra_bufts")
    if found:
        extra = ctypes.CFUNCTYPE(ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p)(found)(_pointer(device))
        at = 0
        while extra and extra[at]:
            yield extra[at]
            at += 1


def _product_error(base: Any, backend: Any, device: Any, kind: Any, number: int, batch: int) -> float:
    """Difference between the product of a small matrix and the exact one, or 0 where the library does not offer it."""
    weights = [[math.sin(0.37 * row + 0.11 * column) for column in range(_COLUMNS)] for row in range(_ROWS)]
    inputs = [[math.cos(0.23 * row - 0.07 * column) for column in range(_COLUMNS)] for row in range(batch)]
    held, worked = (
        _pointer(base.ggml_init(_InitParameters(_GRAPH_BYTES, None, no_alloc=True))) for _ in ("weights", "the rest")
    )
    columns = ctypes.c_int64(_COLUMNS)
    left = _pointer(base.ggml_new_tensor_2d(held, number, columns, ctypes.c_int64(_ROWS)))
    right = _pointer(base.ggml_new_tensor_2d(worked, 0, columns, ctypes.c_int64(batch)))
    product = _pointer(base.ggml_mul_mat(worked, left, right))
    buffers = [base.ggml_backend_alloc_ctx_tensors_from_buft(held, kind)]
    # A tensor shows which instructions it is for only once it has memory.
    if buffers[0] and base.ggml_backend_dev_supports_op(device, product):
        buffers.append(base.ggml_backend_alloc_ctx_tensors(worked, backend))
        row_bytes = base.ggml_row_size(number, columns)
        packed = ctypes.create_string_buffer(_ROWS * row_bytes)
        flat = _floats(weights)
        base.ggml_quantize_chunk(number, flat, packed, *map(ctypes.c_int64, (0, _ROWS, _COLUMNS)), None)
        base.ggml_backend_tensor_set(left, packed, ctypes.c_size_t(0), ctypes.c_size_t(len(packed)))
        given = _floats(inputs)
        base.ggml_backend_tensor_set(right, given, ctypes.c_size_t(0), ctypes.c_size_t(ctypes.sizeof(given)))
        graph = _pointer(base.ggml_new_graph(worked))
        base.ggml_build_forward_expand(graph, product)
        computed = (ctypes.c_float * (_ROWS * batch))()
        if base.ggml_backend_graph_compute(backend, graph) != 0:
            return math.inf
        base.ggml_backend_tensor_get(product, computed, ctypes.c_size_t(0), ctypes.c_size_t(ctypes.sizeof(computed)))
        error: float = max(
            abs(computed[at * _ROWS + row] - sum(map(operator.mul, weights[row], inputs[at])))
            for at in range(batch)
            for row in range(_ROWS)
        ) / (math.hypot(*weights[0]) * math.hypot(*inputs[0]))
    else:
        error = 0.0
    for buffer in filter(None, buffers):
        base.ggml_backend_buffer_free(_pointer(buffer))
    for context in (held, worked):
        base.ggml_free(context)
    return error


def _floats(rows: list[list[float]]) -> Any:
    return (ctypes.c_float * sum(map(len, rows)))(*(value for row in rows for value in row))


def _pointer(address: int | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(address)


def _pointers(library: ctypes.CDLL) -> ctypes.CDLL:
    """Declare those results of the library's functions that are not an int."""
    for name in (
        *("ggml_backend_load", "ggml_backend_reg_dev_get", "ggml_backend_dev_init", "ggml_backend_dev_buffer_type"),
        *("ggml_backend_reg_get_proc_address", "ggml_init", "ggml_new_tensor_2d", "ggml_mul_mat", "ggml_new_graph"),
        *("ggml_backend_alloc_ctx_tensors_from_buft", "ggml_backend_alloc_ctx_tensors"),
    ):
        if hasattr(library, name):
            getattr(library, name).restype = ctypes.c_void_p
    if hasattr(library, "ggml_row_size"):
        library.ggml_row_size.restype = ctypes.c_size_t
        library.ggml_quantize_chunk.restype = ctypes.c_size_t
    if hasattr(library, "ggml_backend_dev_supports_op"):
        library.ggml_backend_dev_supports_op.restype = ctypes.c_bool
    return library


if __name__ == "__main__":
    found = trial(Path(sys.argv[1]))
    print(found or "holds")
    sys.exit(1 if found else 0)
