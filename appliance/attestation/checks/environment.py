"""Checks the environment variables that the daemon was started with."""

from __future__ import annotations

import re
import shlex

from appliance import TELEMETRY_SWITCHES
from appliance.attestation import signed_unit, systemd_units
from appliance.attestation.check import Check, Found, Look

_MAY_BE_SET = re.compile(
    r"PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|HOME|USER|LOGNAME|SHELL|PWD|OLDPWD|SHLVL|_|TERM|TMPDIR"
    r"|INVOCATION_ID|JOURNAL_STREAM|NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|SYSTEMD_EXEC_PID|MEMORY_PRESSURE_(WATCH|WRITE)"
    r"|(STATE|RUNTIME|CREDENTIALS|CACHE|LOGS|CONFIGURATION)_DIRECTORY|LISTEN_(PID|FDS|FDNAMES)"
    r"|PULSE_(SERVER|COOKIE)|PIPEWIRE_(REMOTE|RUNTIME_DIR)|XDG_RUNTIME_DIR|ALSA_CONFIG_PATH|CUDA_CACHE_DISABLE"
    r"|CLOISTER_[A-Z_]+"
)
"""Variables that the process may be started with, besides those of its unit. CLOISTER_CONFIG names a file that the
check `configuration` hashes."""

_CHANGES_CODE = re.compile(
    r"LD_.*|PYTHON.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|NLSPATH|MALLOC_.*|.*_PRELOAD|OPENSSL_.*|SSLKEYLOGFILE|BASH_ENV|ENV"
    r"|VIRTUAL_ENV_.*|OMP_TOOL.*|KMP_.*FILE.*|GGML_BACKEND.*|ORT_.*|CUDA_INJECTION.*|NVIDIA_.*|.*_LIBRARY_PATH|ALSA_PLUGIN.*"
)
"""Variables that decide which code is run, or where the content of memory is written."""


def _by_hand(look: Look) -> str:
    return f"tr '\\0' '\\n' < /proc/{look.process.pid}/environ"


def _look(look: Look) -> Found:
    found = look.process.environment()
    signed = signed_unit.file_of(signed_unit.name_of(look.process))
    own: set[str] = set(TELEMETRY_SWITCHES)
    if signed is not None:
        for text in systemd_units.read(signed).get("Environment", []):
            own |= {word.partition("=")[0] for word in shlex.split(text)}
    names = sorted(found or ())
    bad = [name for name in names if _CHANGES_CODE.fullmatch(name) and name not in own]
    unknown = [name for name in names if name not in own and name not in bad and not _MAY_BE_SET.fullmatch(name)]
    return "unknown" if found is None else "fail" if bad else "warn" if unknown else "ok", {
        "names": names,
        "change which code is run": bad,
        "not on the list of what may be there": unknown,
    }


CHECK = Check(
    "environment",
    "it was started with no variable that changes which code it runs, and with none that has no business there",
    _by_hand,
    _look,
    shared=("names",),
)
