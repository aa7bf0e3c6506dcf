"""What may be shown of an error: its class and the place that raised it. The message is never shown, because it quotes
the value that was at fault, and that may be what a visitor said."""

from __future__ import annotations

from types import TracebackType

_PACKAGE = __name__.partition(".")[0]


def fault(error: BaseException) -> str:
    """The class of an error and the innermost line of this package that it passed, as "ValueError in
    appliance.language.english.normalise, line 188"."""
    place = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__"))
        if module == _PACKAGE or module.startswith(f"{_PACKAGE}."):
            place = f" in {module}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{place}"
