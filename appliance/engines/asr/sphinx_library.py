"""Calls pocketsphinx's decoder through its C interface.

The package's own Python class holds the interpreter's lock while it decodes, which takes a third of a core for every
decoder. Nothing else in the process, not even the loudspeaker, would run meanwhile. ctypes releases the lock, and
several decoders run at the same time on several cores. The functions are those of ``pocketsphinx.h`` (5.x), which the
package's extension module exports.
"""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path
from typing import Any

from appliance.core.ports import PortError

_SHIFT = 1024
"""factor by which pocketsphinx divides its logarithms before it keeps them"""

_P, _S, _I = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "ps_config_init": (_P, (_P,)),
    "ps_config_free": (_I, (_P,)),
    "ps_config_set_str": (_P, (_P, _S, _S)),
    "ps_config_set_bool": (_P, (_P, _S, _I)),
    "ps_config_set_int": (_P, (_P, _S, ctypes.c_long)),
    "ps_init": (_P, (_P,)),
    "ps_free": (_I, (_P,)),
    "ps_start_utt": (_I, (_P,)),
    "ps_process_raw": (_I, (_P, _P, ctypes.c_size_t, _I, _I)),
    "ps_end_utt": (_I, (_P,)),
    "ps_get_hyp": (_S, (_P, ctypes.POINTER(ctypes.c_int32))),
    "ps_get_n_frames": (_I, (_P,)),
    "ps_get_logmath": (_P, (_P,)),
    "logmath_log_to_ln": (ctypes.c_double, (_P, _I)),
    "ps_get_cmn": (_S, (_P, _I)),
    "ps_set_cmn": (_I, (_P, _S)),
    "ps_reinit_feat": (_I, (_P, _P)),
}


@functools.cache
def _library() -> Any:
    """Load the extension module as a plain library. Raises PortError."""
    try:
        from pocketsphinx import _pocketsphinx
    except ImportError:
        raise PortError("ear: pocketsphinx is not installed; run `make setup`") from None
    lib = ctypes.CDLL(_pocketsphinx.__file__)
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


def acoustic_model() -> Path:
    """Folder of the US-English model that comes with the package. Raises PortError."""
    _library()
    import pocketsphinx

    return Path(pocketsphinx.get_model_path("en-us"))


class Decoder:
    """One search. Only one thread may use it at a time. Several decoders may work at once."""

    def __init__(self, **options: str | bool | int) -> None:
        """``options`` are pocketsphinx's own (``hmm``, ``lm``, ``dict`` …). The sound has 16 kHz unless they say
        otherwise. Raises PortError."""
        self._lib = lib = _library()
        config = lib.ps_config_init(None)
        for name, value in options.items():
            match value:
                case bool():
                    taken = lib.ps_config_set_bool(config, name.encode(), value)
                case int():
                    taken = lib.ps_config_set_int(config, name.encode(), value)
                case _:
                    taken = lib.ps_config_set_str(config, name.encode(), str(value).encode())
            if not taken:
                raise PortError(f"ear: pocketsphinx knows no option {name}")
        self._decoder = lib.ps_init(config)
        lib.ps_config_free(config)
        if not self._decoder:
            raise PortError(f"ear: pocketsphinx cannot load {options.get('lm')} and {options.get('dict')}")
        self._logarithms = lib.ps_get_logmath(self._decoder)

    def __del__(self) -> None:
        if decoder := getattr(self, "_decoder", None):
            self._lib.ps_free(decoder)

    def start(self) -> None:
        """Begin an utterance."""
        self._check(self._lib.ps_start_utt(self._decoder))

    def process(self, pcm: bytes, whole: bool = False) -> None:
        """Take more samples (16 bit, little-endian). With ``whole``, they are the whole utterance."""
        self._check(self._lib.ps_process_raw(self._decoder, pcm, len(pcm) // 2, False, whole))

    def end(self) -> None:
        self._check(self._lib.ps_end_utt(self._decoder))

    def hypothesis(self) -> tuple[str, float]:
        """The words so far, and the natural logarithm of their likelihood with the sound."""
        score = ctypes.c_int32()
        text = self._lib.ps_get_hyp(self._decoder, ctypes.byref(score))
        return (text or b"").decode(), _SHIFT * self._lib.logmath_log_to_ln(self._logarithms, score.value)

    @property
    def frames(self) -> int:
        """Frames of 10 ms heard of this utterance."""
        return int(self._lib.ps_get_n_frames(self._decoder))

    @property
    def means(self) -> bytes:
        """Cepstral means of the utterance, for another decoder's ``expect``."""
        found: bytes = self._lib.ps_get_cmn(self._decoder, False)
        return found

    def expect(self, means: bytes) -> None:
        """Begin the next utterance with these cepstral means."""
        self._check(self._lib.ps_set_cmn(self._decoder, means))

    def forget(self) -> None:
        """Drop the estimates of noise and level that come from the previous speaker."""
        self._check(self._lib.ps_reinit_feat(self._decoder, None))

    def _check(self, status: int) -> None:
        if status < 0:
            raise PortError("ear: pocketsphinx failed; its calls were made in the wrong order")
