"""Checks the memory that the daemon may run as code, and the files that it comes from."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from appliance.attestation import fingerprint
from appliance.attestation.check import Check, Found, Look
from appliance.attestation.proc import Process
from appliance.bundle import running

_HEAPS = ("[heap]", "[stack]", "[anon]")

_TRAMPOLINES = "/memfd:libffi (deleted)"
"""The mapping in which libffi, on which ctypes is built, keeps the code of callbacks."""


def _by_hand(look: Look) -> str:
    return f"grep x /proc/{look.process.pid}/maps | awk '{{print $2, $6, $7}}' | sort -u"


def _look(look: Look) -> Found:
    process = look.process
    mapped = process.executable_memory()
    both = sorted({mapping.path or "anonymous" for mapping in mapped or () if mapping.writable})
    files = sorted({m.path for m in mapped or () if m.path.startswith("/") and m.path != _TRAMPOLINES})
    nameless = {m.path or "anonymous" for m in mapped or () if not m.path.startswith(("/", "[")) or m.path in _HEAPS}
    gone = [path for path in files if path.endswith(" (deleted)") or path.startswith(("/memfd:", "/dev/", "/SYSV"))]
    roots = _code_roots()
    elsewhere = [path for path in files if path not in gone and not any(path.startswith(root) for root in roots)]
    loose = [path for path in files if path not in (*gone, *elsewhere) and _changeable(process, path)]
    trampolines = any(mapping.path == _TRAMPOLINES for mapping in mapped or ())
    note = f"{_TRAMPOLINES}: calls from C into Python, written through another mapping"
    bad = both or nameless or gone or elsewhere
    return "unknown" if mapped is None else "fail" if bad or (
        loose and running.slot()
    ) else "warn" if loose else "ok", {
        "files": len(files),
        "writable too": both,
        "not from a file": sorted(nameless),
        "deleted, or only in memory": gone,
        "from elsewhere": elsewhere,
        "may be from": list(roots),
        "can be changed by others than root": loose,
        **({"note": note} if trampolines else {}),
    }


def _code_roots() -> tuple[str, ...]:
    """Folders in which executable files may lie: the slot, the system's libraries, and the interpreter. A checkout has
    the folders of its environment and its Python instead of the slot."""
    slot = running.slot()
    system = ("/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/lib/", "/lib32/", "/lib64/", "/usr/bin/python3")
    if slot is not None:
        return (f"{slot.resolve()}/", *system)
    own = (fingerprint.PACKAGE.parent, Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_path("platlib")))
    python = Path(sys.executable).resolve()
    return (*dict.fromkeys(f"{folder.resolve()}/" for folder in own if folder != Path("/usr")), *system, str(python))


def _changeable(process: Process, path: str) -> bool:
    """Whether another user than root may change a file that the process runs code from, as the process sees the
    file."""
    try:
        found = Path(f"/proc/{process.pid}/root{path}").stat()
    except OSError:
        return True
    return found.st_uid != 0 or bool(found.st_mode & 0o022)


CHECK = Check(
    "executable memory",
    "no memory is writable and executable at once; code comes from files that are still there, lie in the slot or "
    "among the system's libraries, and that only root can change",
    _by_hand,
    _look,
)
