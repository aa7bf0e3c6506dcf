"""``cloister attest``: evidence about the running daemon, each piece with a claim, a verdict and the command that an
auditor types to see the same without us.

What the kernel can be asked is asked of the kernel. Only what the kernel cannot know (which configuration was read,
which switches are on) is the daemon's own statement, and says so. The claim that the network is shut off is tried out:
a throw-away child of the daemon, which inherits all its restrictions, tries to open sockets and io_uring, and the same
attempt is made outside them, where it must succeed, or the attempt would prove nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from appliance import TELEMETRY_SWITCHES, __version__
from appliance.attestation import fingerprint, systemd_units
from appliance.attestation.proc import Process, clock, encrypted_at_rest, file_system, keeps_overwritten, swaps
from appliance.bundle import BundleError, archive, running
from appliance.bundle import manifest as manifests
from appliance.config.box import Settings
from appliance.config.site import load_site
from appliance.control.client import Client
from appliance.core.ports import PortError
from appliance.engines.model_files import model_files
from appliance.isolation import deputies
from appliance.isolation.seal import WAYS, probe_in_child
from appliance.records import audit_verify, keys, retention, tpm
from appliance.tools.executable import separated

FORMAT = "cloister-attestation-1"

Verdict = Literal["ok", "warn", "fail", "unknown"]

_SITE_PROPERTIES = {"SupplementaryGroups", "Environment"}
"""what a site sets in a drop-in of its own: told, and no fault as long as the environment holds what it may"""

_MAY_BE_SET = re.compile(
    r"PATH|LANG|LANGUAGE|LC_[A-Z]+|TZ|HOME|USER|LOGNAME|SHELL|PWD|OLDPWD|SHLVL|_|TERM|TMPDIR"
    r"|INVOCATION_ID|JOURNAL_STREAM|NOTIFY_SOCKET|WATCHDOG_(PID|USEC)|SYSTEMD_EXEC_PID|MEMORY_PRESSURE_(WATCH|WRITE)"
    r"|(STATE|RUNTIME|CREDENTIALS|CACHE|LOGS|CONFIGURATION)_DIRECTORY|LISTEN_(PID|FDS|FDNAMES)"
    r"|PULSE_(SERVER|COOKIE)|PIPEWIRE_(REMOTE|RUNTIME_DIR)|XDG_RUNTIME_DIR|ALSA_CONFIG_PATH|CUDA_CACHE_DISABLE"
    r"|CLOISTER_[A-Z_]+"
)
"""variables that the process may be started with, besides those of its unit; CLOISTER_CONFIG names a file that the line
`configuration` hashes"""

_CHANGES_CODE = re.compile(
    r"LD_.*|PYTHON.*|GLIBC_TUNABLES|GCONV_PATH|LOCPATH|NLSPATH|MALLOC_.*|.*_PRELOAD|OPENSSL_.*|SSLKEYLOGFILE|BASH_ENV|ENV"
    r"|VIRTUAL_ENV_.*|OMP_TOOL.*|KMP_.*FILE.*|GGML_BACKEND.*|ORT_.*|CUDA_INJECTION.*|NVIDIA_.*|.*_LIBRARY_PATH|ALSA_PLUGIN.*"
)
"""variables that decide which code is run, or where what is in memory is written"""

_WRITABLE = ("/tmp", "/var/tmp", "/dev/shm", "/dev", "/run/cloister", "/run/lock")
"""mounts that the service may write to besides its state and the folder of exported checkpoints"""

LARGEST_REPORT = 2**24
"""bytes; a real one has about 30,000"""

_DEEPEST = 20
"""levels of JSON in a report; a real one has five"""

_AGREED_CLOCK_S = 1.0
"""the largest error that FINRA rule 4590 allows"""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at."""

    id: str
    claim: str
    verdict: Verdict
    by_hand: str
    """what an auditor types, as root"""
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one box at one time."""

    box: Mapping[str, str]
    at: str
    nonce: str
    version: str
    lines: tuple[Line, ...]

    def text(self) -> Iterator[str]:
        """Lines for a reader; the same content as the JSON. They hold what others wrote as it stands."""
        yield f"Attestation of {self.box['host']}, {self.at}, cloister {self.version}"
        yield f"machine {self.box['machine']}, key {self.box['key']}" + (f", nonce {self.nonce}" if self.nonce else "")
        for line in self.lines:
            yield ""
            yield f"[{line.verdict:^7}] {line.id}: {line.claim}"
            for name, value in line.evidence.items():
                yield f"          {name}: {_short(value)}"
            yield f"          by hand: {line.by_hand}"
        counts = {verdict: sum(line.verdict == verdict for line in self.lines) for verdict in _VERDICTS}
        yield ""
        yield ", ".join(f"{count} {verdict}" for verdict, count in counts.items())


_VERDICTS: tuple[Verdict, ...] = ("ok", "warn", "fail", "unknown")


@dataclass(frozen=True, slots=True)
class Look:
    """What every line is made from."""

    process: Process
    """the daemon"""
    answer: Mapping[str, Any]
    """all that it answered when it was asked for evidence"""
    statement: Mapping[str, Any]
    """of that, what it says of itself"""
    inside: Mapping[str, bool]
    """of that, ways to a network that its child tried, and whether each was refused"""
    config: Path
    settings: Settings
    catalog: Path


def attest(config: Path, settings: Settings, client: Client, nonce: str, catalog: Path) -> Report:
    """Look at everything. Raises PortError when the daemon does not answer."""
    answer = client.ask("evidence")
    statement: dict[str, Any] = dict(answer["statement"])  # type: ignore[call-overload]
    inside: dict[str, bool] = dict(answer["probe"])  # type: ignore[call-overload]
    look = Look(Process(client.daemon_pid), answer, statement, inside, config, settings, catalog)
    lines = tuple(check(look) for check in CHECKS.values())
    box = {
        "host": platform.node(),
        "machine": machine(),
        "key": keys.load_box_key(settings.state).public.fingerprint,
    }
    report = Report(box, datetime.now(UTC).isoformat(timespec="seconds"), nonce, __version__, lines)
    return _quoted(report)


def machine() -> str:
    """An identity of the box that gives away nothing else: machine-id(5) asks for a hash."""
    try:
        identity = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except OSError:
        identity = platform.node()
    return hashlib.sha256(f"cloister {identity}".encode()).hexdigest()[:16]


def as_json(report: Report) -> str:
    return json.dumps({"format": FORMAT, **asdict(report)}, indent=1)


def read_report(text: str) -> Report:
    """Raises ValueError when the text is no attestation."""
    try:
        fields = json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_no_number)
        if fields.pop("format") != FORMAT or _depth(fields) > _DEEPEST:
            raise ValueError
        lines = tuple(_read_line(line) for line in fields.pop("lines"))
        report = Report(lines=lines, **fields)
        texts = (report.at, report.nonce, report.version, *report.box.values())
        if set(report.box) != {"host", "machine", "key"} or not all(isinstance(text, str) for text in texts):
            raise ValueError
        if not _HOST.fullmatch(report.box["host"]) or datetime.fromisoformat(report.at).tzinfo is None:
            raise ValueError
        if len({line.id for line in lines}) != len(lines):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise ValueError("is no attestation") from None
    return report


_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,252}")
"""a name of a host, and of a file: no way to another folder"""


def _read_line(fields: Any) -> Line:
    line = Line(**fields)
    texts = (line.id, line.claim, line.verdict, line.by_hand)
    if not all(isinstance(text, str) for text in texts) or line.verdict not in _VERDICTS:
        raise ValueError
    if not isinstance(line.evidence, dict):
        raise ValueError
    return line


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def incomplete(report: Report) -> str | None:
    """Which lines a report lacks, if any."""
    missing = [name for name in CHECKS if name not in {line.id for line in report.lines}]
    if not missing:
        return None
    return f"lacks the lines {', '.join(missing)} (it was taken by version {report.version}, this is {__version__})"


def stale(report: Report, hours: float) -> str | None:
    """Why a report is too old to be believed, by this machine's clock, or from the future."""
    age_h = (datetime.now(UTC) - datetime.fromisoformat(report.at)).total_seconds() / 3600
    if age_h > hours:
        return f"was taken {age_h:.0f} hours ago; ask for a new one with a nonce, or allow its age with --max-age"
    return f"was taken {-age_h:.0f} hours in the future: compare the clocks" if age_h < -1 else None


# --- the lines ----------------------------------------------------------------------------------------------------


def _daemon(look: Look) -> Line:
    process, statement = look.process, look.statement
    same = statement.get("pid") in (process.pid, None)
    return Line(
        "daemon",
        "the process that answers is the appliance",
        "ok" if same else "fail",
        f"ss -xlp | grep control; ps -o pid,user,lstart,args -p {process.pid}",
        {
            "pid": process.pid,
            "command": (process.read("cmdline") or "").replace("\0", " ").strip(),
            "user": process.status().get("Uid", "").split("\t")[0],
            "version": statement.get("version"),
        },
    )


def _seccomp(look: Look) -> Line:
    process = look.process
    # One that ended while we looked has no status.
    threads = {task: status for task in process.tasks() if (status := process.status(task))}
    free = [task for task, status in threads.items() if status.get("Seccomp") != "2" or status.get("NoNewPrivs") != "1"]
    verdict: Verdict = "unknown" if not threads else "fail" if free else "ok"
    return Line(
        "seccomp",
        "every thread is under a seccomp filter and can gain no privileges",
        verdict,
        f"grep -H -e ^Seccomp: -e ^NoNewPrivs: /proc/{process.pid}/task/*/status",
        {
            "threads": len(threads),
            "without": free,
            "filters": sorted({status.get("Seccomp_filters", "?") for status in threads.values()}),
        },
    )


def _probe(look: Look) -> Line:
    process, inside = look.process, look.inside
    outside = probe_in_child()
    got_out = [way for way, refused in inside.items() if not refused]
    works = [way for way, refused in outside.items() if not refused]
    untried = [way for way in WAYS if way not in inside]
    blind = not {"AF_INET", "AF_INET6"} & set(works)
    return Line(
        "probe",
        "a child of the daemon can open no network socket and no io_uring; the same attempt succeeds outside",
        "fail" if got_out or untried else "unknown" if blind else "ok",
        f"gdb -p {process.pid} -batch -ex 'print (int)socket(2,1,0)' -ex 'print (int)syscall(425,1,0)'  # -1 twice; "
        "outside: python3 -c 'import socket; print(socket.socket())'",
        {"refused inside": [way for way, refused in inside.items() if refused], "not refused inside": got_out}
        | {"not tried inside": untried, "succeeds outside (control)": works},
    )


def _deputies(look: Look) -> Line:
    process, answer = look.process, dict(look.answer.get("deputies") or {})
    environment = dict(part.split("=", 1) for part in (process.read("environ") or "").split("\0") if "=" in part)
    server = {name: value for name, value in environment.items() if name.startswith("PULSE_")}
    claim = "no local service acts for it: neither the box's own nor a sound server that loads modules"
    by_hand = (
        f"nsenter -t {process.pid} -m find / -xdev -type s; nsenter -t {process.pid} -m ls -lR /run; "
        "pactl load-module module-null-sink  # as a user who may play; must be refused"
    )
    try:
        inside = deputies.read_found(answer)
        outside = deputies.read_found(deputies.look_in_child(everything=False, environment=server))
    except (PortError, ValueError) as error:
        return Line("deputies", claim, "unknown", by_hand, {"error": str(error)})
    # What the unit gives it: the manager's, to say that it is alive, and the sound server's.
    given = {environment.get("NOTIFY_SOCKET"), deputies.sound_server(environment)}
    others = [socket for socket in inside.sockets if socket not in given]
    acts = [name for name in inside.reached if name != deputies.ACCOMPLICE]
    passed = deputies.ACCOMPLICE in inside.reached
    verdict: Verdict = "fail" if acts else "warn" if others or passed or not inside.complete else "ok"
    return Line(
        "deputies",
        claim,
        verdict,
        by_hand,
        {
            "acts for it": acts,
            "refused or not in sight": sorted(set(inside.deputies) - set(inside.reached)),
            "answers outside (control)": [name for name in outside.reached if name != deputies.ACCOMPLICE],
            "sockets it can connect to": inside.sockets,
            "sockets it can see": inside.seen,
            "searched to the end": inside.complete,
        }
        | ({"note": "it can receive descriptors, since it talks with a sound server"} if passed else {}),
    )


def _tools(look: Look) -> Line:
    """Of the site file as it lies on the disk; that the daemon runs with it is another line."""
    declared = load_site(look.settings.site).tools
    apart = separated(declared)
    same = sorted(name for name, own in apart.items() if not own)
    return Line(
        "tools",
        "every program of the site's runs as a user of its own, in a unit of its own",
        "warn" if same else "ok",
        "systemctl list-sockets 'cloister-tool@*'; systemctl cat 'cloister-tool@.service'",
        {
            "units": sorted(name for name, own in apart.items() if own),
            "as the appliance's own user": same,
            "classes within the appliance": sorted(tool.name for tool in declared if tool.python),
        }
        | ({"note": "such a program can read the keys and the log, and write them"} if same else {}),
    )


def _namespace(look: Look) -> Line:
    process = look.process
    own, first = process.link("ns/net"), Process(1).link("ns/net")
    interfaces = process.interfaces()
    others = sorted(set(interfaces or ()) - {"lo"})
    carried = sum(sum(counts) for counts in (interfaces or {}).values())
    if interfaces is None or own is None:
        verdict: Verdict = "unknown"
    else:
        verdict = "ok" if own != first and not others else "warn"
    return Line(
        "network namespace",
        "it has a network namespace of its own with nothing but a loopback interface",
        verdict,
        f"readlink /proc/1/ns/net /proc/{process.pid}/ns/net; cat /proc/{process.pid}/net/dev",
        {"own": own, "of the box": first, "interfaces": sorted(interfaces or ()), "bytes carried": carried}
        | ({"note": "only seccomp stands between it and these interfaces"} if others else {}),
    )


def _sockets(look: Look) -> Line:
    process = look.process
    sockets = process.sockets(Process(1), Process(os.getpid()))
    foreign = sorted(kind for kind in (sockets or {}).values() if kind != "unix")
    return Line(
        "sockets",
        "every socket it holds is a Unix socket",
        "unknown" if sockets is None else "fail" if foreign else "ok",
        f"ls -l /proc/{process.pid}/fd | grep socket; cat /proc/1/net/unix /proc/{process.pid}/net/unix",
        {"unix": len(sockets or ()) - len(foreign), "other": foreign},
    )


def _privileges(look: Look) -> Line:
    process = look.process
    status = process.status()
    user = status.get("Uid", "?").split("\t")[0]
    powers = {name: status.get(name, "?") for name in ("CapEff", "CapPrm", "CapBnd")}
    none = not int(powers["CapEff"], 16) if powers["CapEff"] != "?" else None
    return Line(
        "privileges",
        "it is not root and holds no capability",
        "unknown" if none is None else "ok" if none and user != "0" else "warn",
        f"grep -e ^Uid -e ^Cap /proc/{process.pid}/status",
        {"user": user, **powers},
    )


def _unit(look: Look) -> Line:
    process = look.process
    unit = _unit_name(process)
    by_hand = (
        f"systemctl show {unit}; systemctl cat {unit}; systemd-analyze security {unit}; "
        f"systemctl show {systemd_units.NO_SUCH_UNIT}  # the last: how is what a unit does not set"
    )
    claim = "systemd runs it as its signed unit file says, and as no other says"
    if not Path("/run/systemd/system").is_dir() or shutil.which("systemctl") is None:
        return Line("unit", claim, "warn", by_hand, {"note": "there is no systemd here; the process has no unit"})
    found = systemd_units.show(unit)
    if found.get("MainPID") != str(process.pid):
        return Line("unit", claim, "warn", by_hand, {"note": f"it is not the main process of {unit}"})
    signed = _signed_unit(unit)
    drop_ins = found.get("DropInPaths", "").split()
    evidence: dict[str, Any] = {"unit": unit, "unit file": found.get("FragmentPath"), "drop-ins": drop_ins}
    if signed is None:
        note = "there is no signed unit file to compare with"
        return Line("unit", claim, "fail" if running.slot() else "warn", by_hand, {**evidence, "note": note})
    evidence["compared with"] = str(signed)
    try:
        texts = [signed.read_text(encoding="utf-8")]
        # A drop-in that came with the bundle, byte for byte, is as signed as the unit.
        ours = {text: path.name for path in signed.parent.glob("*.conf") if (text := path.read_bytes())}
        foreign = [path for path in drop_ins if (content := _content(Path(path))) is None or content not in ours]
        texts += [Path(path).read_text(encoding="utf-8") for path in drop_ins if path not in foreign]
    except (OSError, ValueError) as error:
        return Line("unit", claim, "fail", by_hand, {**evidence, "error": str(error)})
    calls = systemd_units.system_call_groups()
    different = systemd_units.deviations(
        unit,
        systemd_units.parse("\n".join(texts)),
        found,
        systemd_units.show(systemd_units.NO_SUCH_UNIT),
        systemd_units.show(None),
        calls,
    )
    if _content(Path(found.get("FragmentPath", ""))) != signed.read_bytes():
        different["FragmentPath"] = f"{found.get('FragmentPath')} is not the signed file"
    # Its verdict is that of the line `environment`, which knows what may be in it.
    serious = set(different) - _SITE_PROPERTIES
    return Line(
        "unit",
        claim,
        "fail" if serious else "warn" if different or foreign else "ok",
        by_hand,
        {**evidence, "drop-ins that nobody signed": foreign, "deviates from the signed unit": different},
    )


def _unit_name(process: Process) -> str:
    group = (process.read("cgroup") or "").strip().rsplit("/", 1)[-1]
    return group if re.fullmatch(r"[\w@.-]+\.service", group) else "cloister.service"


def _signed_unit(unit: str) -> Path | None:
    """The unit file of the bundle, as signed, or of the checkout."""
    slot = running.slot()
    if slot is None:
        path = fingerprint.PACKAGE.parent / "systemd" / unit
        return path if path.is_file() else None
    path = slot / "systemd" / unit
    try:
        entry = manifests.decode((slot / archive.MANIFEST).read_bytes()).find(f"systemd/{unit}")
        return path if entry is not None and fingerprint.file_hash(path) == entry.sha256 else None
    except (OSError, PortError, BundleError):
        return None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _environment(look: Look) -> Line:
    process = look.process
    found = process.environment()
    signed = _signed_unit(_unit_name(process))
    own: set[str] = set(TELEMETRY_SWITCHES)
    if signed is not None:
        for text in systemd_units.read(signed).get("Environment", []):
            own |= {word.partition("=")[0] for word in shlex.split(text)}
    names = sorted(found or ())
    bad = [name for name in names if _CHANGES_CODE.fullmatch(name) and name not in own]
    unknown = [name for name in names if name not in own and name not in bad and not _MAY_BE_SET.fullmatch(name)]
    return Line(
        "environment",
        "it was started with no variable that changes which code it runs, and with none that has no business there",
        "unknown" if found is None else "fail" if bad else "warn" if unknown else "ok",
        f"tr '\\0' '\\n' < /proc/{process.pid}/environ",
        {"names": names, "change which code is run": bad, "not on the list of what may be there": unknown},
    )


def _cores(look: Look) -> Line:
    process, statement = look.process, look.statement
    limit, dumpable = process.core_limit(), statement.get("dumpable")
    verdict: Verdict = "unknown" if limit is None else "ok" if limit == "0 0" and dumpable is False else "fail"
    return Line(
        "cores",
        "it leaves no core: the limit is zero and the kernel holds it for not dumpable",
        verdict,
        f"grep core /proc/{process.pid}/limits; stat -c %U /proc/{process.pid}/mem  # root although the user is not",
        {"limit": limit, "dumpable (its own statement)": dumpable},
    )


def _memory(look: Look) -> Line:
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
    bad = both or nameless or gone or elsewhere
    return Line(
        "executable memory",
        "no memory is writable and executable at once; code comes from files that are still there, lie in the slot or "
        "among the system's libraries, and that only root can change",
        "unknown" if mapped is None else "fail" if bad or (loose and running.slot()) else "warn" if loose else "ok",
        f"grep x /proc/{process.pid}/maps | awk '{{print $2, $6, $7}}' | sort -u",
        {
            "files": len(files),
            "writable too": both,
            "not from a file": sorted(nameless),
            "deleted, or only in memory": gone,
            "from elsewhere": elsewhere,
            "may be from": list(roots),
            "can be changed by others than root": loose,
        }
        | (
            {"note": f"{_TRAMPOLINES}: calls from C into Python, written through another mapping"}
            if trampolines
            else {}
        ),
    )


_HEAPS = ("[heap]", "[stack]", "[anon]")


def _code_roots() -> tuple[str, ...]:
    """Where executable files may lie: the slot, the system's libraries, and the interpreter; in a checkout, where its
    environment and its Python are instead of the slot."""
    slot = running.slot()
    system = ("/usr/lib/", "/usr/lib32/", "/usr/lib64/", "/lib/", "/lib32/", "/lib64/", "/usr/bin/python3")
    if slot is not None:
        return (f"{slot.resolve()}/", *system)
    own = (fingerprint.PACKAGE.parent, Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_path("platlib")))
    python = Path(sys.executable).resolve()
    return (*dict.fromkeys(f"{folder.resolve()}/" for folder in own if folder != Path("/usr")), *system, str(python))


def _changeable(process: Process, path: str) -> bool:
    """Whether others than root may change a file that the process runs code from, as it sees that file."""
    try:
        found = Path(f"/proc/{process.pid}/root{path}").stat()
    except OSError:
        return True
    return found.st_uid != 0 or bool(found.st_mode & 0o022)


_TRAMPOLINES = "/memfd:libffi (deleted)"
"""what libffi, which ctypes is made of, keeps for callbacks"""


def _swap(look: Look) -> Line:
    process = look.process
    status, used = process.status(), swaps()
    locked, swapped = status.get("VmLck", "?"), status.get("VmSwap", "?")
    return Line(
        "swap",
        "nothing of its memory was written to a swap device",
        "ok" if not used or swapped == "0 kB" else "warn",
        f"cat /proc/swaps; grep -e VmSwap -e VmLck /proc/{process.pid}/status",
        {"swap devices": used, "swapped out": swapped, "locked": locked}
        | ({"note": "what is not swapped out now can be later: encrypt the swap or switch it off"} if used else {}),
    )


def _writable(look: Look) -> Line:
    process, settings = look.process, look.settings
    files, mounts = process.files(), process.writable_mounts()
    state = str(settings.state.resolve())
    outside = sorted(
        {
            file.target
            for file in files or ()
            if file.writable
            and file.target.startswith("/")
            and not file.target.startswith((state + "/", "/dev/", "/proc/", "/memfd:"))
        }
    )
    allowed = {*_WRITABLE, state, str(settings.state), f"/var/lib/private/{Path(state).name}"}
    allowed |= {str(settings.audit.export.resolve())} if settings.audit.export else set()
    beyond = [
        mount
        for mount in mounts or ()
        if not any(mount == place or mount.startswith(place + "/") for place in allowed)
        # A socket that is mounted alone, as the sound server's, is no place to write to.
        and not Path(f"/proc/{process.pid}/root{mount}").is_socket()
    ]
    shut_in = _is_shut_in(process)
    return Line(
        "writing",
        "it holds no file open for writing outside its state folder, and could not write elsewhere",
        "unknown"
        if files is None or mounts is None
        else "fail"
        if beyond and shut_in
        else "warn"
        if outside or beyond
        else "ok",
        f"grep -l 'flags:.*[12]$' /proc/{process.pid}/fdinfo/*; ls -l /proc/{process.pid}/fd; "
        f"grep -w rw /proc/{process.pid}/mountinfo",
        {"state": state, "files elsewhere": outside, "writable mounts": mounts, "that should not be": beyond},
    )


def _is_shut_in(process: Process) -> bool:
    """Whether it has mounts of its own, other than this command's, as its unit gives it."""
    own, ours = process.link("ns/mnt"), Process(os.getpid()).link("ns/mnt")
    return own is not None and own != ours


def _telemetry(look: Look) -> Line:
    process, statement = look.process, look.statement
    switches = statement.get("telemetry") or {}
    wrong = sorted(name for name, value in TELEMETRY_SWITCHES.items() if switches.get(name) != value)
    names = " ".join(f"-ex 'print (char*)getenv(\"{name}\")'" for name in TELEMETRY_SWITCHES)
    return Line(
        "telemetry",
        "the libraries' reporting is switched off (its own statement)",
        "fail" if wrong else "ok",
        f"gdb -p {process.pid} -batch {names}",
        {"switches": switches, "not set": wrong},
    )


def _code(look: Look) -> Line:
    statement = look.statement
    now, begun = fingerprint.code_hash(), statement.get("code")
    by_hand = f"cd {fingerprint.PACKAGE}; find * -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    evidence: dict[str, Any] = {"code": now, "code when it started (its own statement)": begun}
    slot = running.slot()
    if slot is None:
        evidence["note"] = "a checkout: there is no signed manifest to compare with"
        return Line("code", "the code is what was signed", "warn" if now == begun else "fail", by_hand, evidence)
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-m", "appliance", "bundle", "status", "--verify", "--json"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        evidence["bundle"] = json.loads(done.stdout).get("current")
    except ValueError:
        evidence["bundle"] = (done.stdout + done.stderr).strip()[-300:]
    manifest = slot / "manifest.json"
    evidence["manifest"] = fingerprint.file_hash(manifest)
    good = done.returncode == 0 and now == begun
    return Line(
        "code",
        "code, libraries and models are those of the signed bundle",
        "ok" if good else "fail",
        f"cd {slot}; minisign -Vm manifest.json -x manifest.minisig -p /etc/cloister/keys/KEY.pub; "
        f"sha256sum --quiet -c code.sha256; {by_hand}",
        evidence,
    )


def _models(look: Look) -> Line:
    settings, catalog = look.settings, look.catalog
    uses: dict[str, list[str]] = {}
    for what, path, _ in model_files(settings):
        uses.setdefault(str(path), []).append(what)
    hashes: dict[str, str] = {}
    missing = []
    for name in uses:
        try:
            hashes[name] = fingerprint.file_hash(Path(name))
        except PortError:
            missing.append(name)
    known, source = _published(catalog)
    unlisted = sorted(name for name, shown in hashes.items() if shown not in known)
    return Line(
        "models",
        "every model file is there and has a hash that its publisher stated",
        "fail" if missing else "warn" if unlisted else "ok",
        "sha256sum " + " ".join(map(shlex.quote, uses)),
        {name: f"{shown}  {', '.join(uses[name])}" for name, shown in hashes.items()}
        | {"missing": missing, "compared with": source, "not in there": unlisted},
    )


def _published(catalog: Path) -> tuple[set[str], str]:
    """Hashes to compare models with, and where they stand."""
    slot = running.slot()
    source = slot / "manifest.json" if slot else catalog
    try:
        text = source.read_text(encoding="utf-8")
    except OSError:
        return set(), "nothing"
    return set(re.findall(r"\b[0-9a-f]{64}\b", text)), str(source)


def _configuration(look: Look) -> Line:
    config, settings, statement = look.config, look.settings, look.statement
    now = {"configuration": fingerprint.file_hash(config), "site": fingerprint.file_hash(settings.site)}
    changed = sorted(name for name, value in now.items() if statement.get(name) != value)
    signed = _signed_configuration()
    own = {"other than in the signed bundle": sorted(name for name in now if signed.get(name) != now[name])}
    return Line(
        "configuration",
        "it runs with the configuration that lies on the disk",
        "warn" if changed else "ok",
        f"sha256sum {shlex.quote(str(config))} {shlex.quote(str(settings.site))}",
        {**now, "changed since it started": changed, **(own if signed else {})},
    )


def _signed_configuration() -> dict[str, str]:
    """Hashes of the configuration that the installed bundle brought; a site may have its own instead."""
    slot = running.slot()
    if slot is None:
        return {}
    files = {file.path: file.sha256 for file in manifests.decode((slot / archive.MANIFEST).read_bytes()).files}
    return {"configuration": files.get("config/cloister.yaml", ""), "site": files.get("config/site.yaml", "")}


def _data(look: Look) -> Line:
    settings, statement = look.settings, look.statement
    kept: dict[str, str] = {}
    for entry in sorted(settings.state.iterdir()) if settings.state.is_dir() else ():
        files = [p for p in ([entry] if entry.is_file() else entry.rglob("*")) if p.is_file()]
        kept[entry.name] = f"{len(files)} files, {sum(p.stat().st_size for p in files)} bytes"
    privacy = statement.get("privacy") or {}
    switched_on = sorted(name for name, value in privacy.items() if value)
    return Line(
        "data",
        "what is kept, where and for how long (switches: its own statement)",
        "warn" if switched_on else "ok",
        f"find {shlex.quote(str(settings.state))} -type f | xargs ls -l; "
        f"grep -A9 ^privacy: {shlex.quote(str(settings.site))}",
        {"state": str(settings.state), "kept": kept, "privacy": privacy, "words are kept by": switched_on}
        | {"the audit log is kept": "for good"},
    )


def _at_rest(look: Look) -> Line:
    settings = look.settings
    encrypted = encrypted_at_rest(settings.state)
    verdict: Verdict = "unknown" if encrypted is None else "ok" if encrypted else "warn"
    return Line(
        "encryption at rest",
        "the state folder lies on an encrypted device",
        verdict,
        f"lsblk -s -o NAME,TYPE $(findmnt -no SOURCE -T {shlex.quote(str(settings.state))})  # crypt",
        {"encrypted": encrypted},
    )


def _keys(look: Look) -> Line:
    settings = look.settings
    places = {name: keys.find(name, settings.state) for name in keys.NAMES}
    in_clear = sorted(name for name, place in places.items() if place and place.parent == settings.state / "keys")
    opened_by = {name: tpm.binding(tpm.CREDENTIALS / f"cloister.{name}") for name in keys.NAMES}
    return Line(
        "keys",
        "its keys are credentials that systemd decrypts for the service alone",
        "warn" if in_clear else "ok",
        "ls -l /run/credentials/cloister.service /etc/credstore.encrypted "
        f"{shlex.quote(str(settings.state / 'keys'))}; cloister keys show",
        {name: str(place) if place else None for name, place in places.items()}
        | {"credentials are opened by": {name: means for name, means in opened_by.items() if means}}
        | ({"note": "a key in the state folder protects against nobody who reads the disk"} if in_clear else {}),
    )


def _disposal(look: Look) -> Line:
    state = look.settings.state
    copies = keeps_overwritten(state)
    return Line(
        "disposal",
        "a key that is overwritten on this file system is gone from it (flash below it may keep old cells for a while)",
        "warn" if copies else "ok",
        f"findmnt -no FSTYPE,OPTIONS -T {shlex.quote(str(state))}  # not btrfs, zfs, f2fs, overlay, data=journal",
        {"file system": file_system(state)[0], "copies": copies},
    )


def _retention(look: Look) -> Line:
    folder = look.settings.state / "recordings"
    ahead_s = retention.ahead_s(folder)
    seen = retention.peek(folder)
    return Line(
        "retention",
        "recordings are kept by the time that this box saw pass, and its calendar agrees with that",
        "warn" if ahead_s else "ok",
        f"cat {shlex.quote(str(folder / 'clock.json'))}; date +%s; cut -d' ' -f1 /proc/uptime",
        {"calendar ahead, days": round(ahead_s / 86_400, 1), "last look": asdict(seen) if seen else None},
    )


def _clock(look: Look) -> Line:
    del look
    found = clock()
    close = found is not None and found.synchronised and found.max_error_s <= _AGREED_CLOCK_S
    return Line(
        "clock",
        "the clock is synchronised, to within a second",
        "unknown" if found is None else "ok" if close else "warn",
        "timedatectl show -p NTPSynchronized; chronyc tracking",
        asdict(found) if found else {},
    )


def _log(look: Look) -> Line:
    settings = look.settings
    folder, medium = settings.state / "audit", settings.audit.export
    exported = medium / f"{platform.node()}-checkpoints.jsonl" if medium else None
    there = exported is not None and exported.is_file()
    checkpoints = [path for path in (folder / "checkpoints.jsonl", exported) if path is not None and path.is_file()]
    try:
        key = keys.load_box_key(settings.state).public
        found = audit_verify.verify(folder / "audit.jsonl", checkpoints, key)
        outside = audit_verify.verify(folder / "audit.jsonl", [exported] if exported and there else [], key)
    except PortError as error:
        return Line("audit log", _LOG, "unknown", "cloister audit verify", {"error": str(error)})
    return Line(
        "audit log",
        _LOG,
        "fail" if found.problems else "ok" if there and outside.last_checkpoint == found.last_checkpoint else "warn",
        "cloister audit verify --checkpoints MEDIUM/HOST-checkpoints.jsonl --key PEM; "
        f"tail -n1 {shlex.quote(str(folder / 'audit.jsonl'))} | tr -d '\\n' | sha256sum",
        {
            "records": found.count,
            "head": found.head,
            "covered by checkpoints": found.covered,
            "last checkpoint": found.last_checkpoint,
            "covered by those outside": outside.covered,
            "last checkpoint outside": outside.last_checkpoint,
            "exported to": str(exported) if exported else None,
            "problems": [problem.what for problem in found.problems],
            "clock set": found.clock_set[-9:],
        },
    )


def _tpm(_: Look) -> Line:
    there = tpm.transport() is not None
    return Line(
        "tpm",
        "its TPM signs what was booted, and with it this report",
        "unknown" if there else "warn",
        f"tpm2_pcrread sha256:{','.join(map(str, tpm.PCRS))}; cloister keys public tpm-key",
        {} if there else {"note": "there is no TPM"},
    )


def _quoted(report: Report) -> Report:
    """The same with the signature of the TPM, if there is one, over everything but its own line."""
    line = _line(report, "tpm")
    if line.verdict == "warn":
        return report
    qualifying = _digest(report)
    try:
        evidence = tpm.quote(qualifying)
        quoted = tpm.check(evidence, qualifying)
    except (PortError, ValueError) as error:
        line = replace(line, evidence={"error": str(error)})
    else:
        counts = {"switched on": quoted.resets, "woken": quoted.restarts, "powered for ms": quoted.clock_ms}
        line = replace(line, verdict="ok", evidence={**evidence, **counts})
    return replace(report, lines=tuple(line if other.id == "tpm" else other for other in report.lines))


def check_tpm(report: Report, key: str, like: Report | None = None) -> None:
    """Check the quote in a report against the TPM's public key (PEM), and the measured boot against that in another
    report. Raises ValueError."""
    line = _line(report, "tpm")
    try:
        quoted = tpm.check(line.evidence, _digest(report), key)
    except ValueError as error:
        raise ValueError(f"the quote of its TPM {error}") from None
    if like is not None:
        before = _line(like, "tpm").evidence.get("pcrs")
        known = before if isinstance(before, dict) else {}
        changed = sorted((pcr for pcr, value in quoted.pcrs.items() if known.get(pcr) != value), key=int)
        if changed:
            raise ValueError(f"another system was booted than in the report to compare with: PCR {', '.join(changed)}")


def _line(report: Report, identifier: str) -> Line:
    found = [line for line in report.lines if line.id == identifier]
    if len(found) != 1:
        raise ValueError(f"the report has no line {identifier!r}, or several")
    return found[0]


def _digest(report: Report) -> bytes:
    rest = replace(report, lines=tuple(line for line in report.lines if line.id != "tpm"))
    return hashlib.sha256(as_json(rest).encode()).digest()


_LOG = "the audit log is whole, and its checkpoints leave the box"


CHECKS: dict[str, Callable[[Look], Line]] = {
    "daemon": _daemon,
    "seccomp": _seccomp,
    "probe": _probe,
    "deputies": _deputies,
    "tools": _tools,
    "network namespace": _namespace,
    "sockets": _sockets,
    "privileges": _privileges,
    "unit": _unit,
    "environment": _environment,
    "cores": _cores,
    "executable memory": _memory,
    "swap": _swap,
    "writing": _writable,
    "telemetry": _telemetry,
    "code": _code,
    "models": _models,
    "configuration": _configuration,
    "data": _data,
    "retention": _retention,
    "encryption at rest": _at_rest,
    "keys": _keys,
    "disposal": _disposal,
    "clock": _clock,
    "audit log": _log,
    "tpm": _tpm,
}
"""every line of a report, and what makes it; a report that lacks one is not complete"""


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= 400 else text[:397] + "..."


# --- many boxes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A line in which boxes are not alike."""

    line: str
    values: Mapping[str, str]
    """box to what it has"""
    odd: tuple[str, ...]
    """boxes that differ from most"""


COMPARED = {
    "daemon": ("version",),
    "seccomp": ("filters",),
    "code": ("code", "manifest"),
    "models": None,
    "configuration": ("configuration", "site"),
    "data": ("privacy", "words are kept by"),
    "unit": ("deviates from the signed unit", "drop-ins that nobody signed"),
    "environment": ("names",),
    "telemetry": ("switches",),
}
"""evidence that boxes of one fleet share; None: all of it"""


def compare(reports: Mapping[str, Report]) -> list[Difference]:
    """Where the boxes differ: in a verdict, or in evidence that they should share."""
    found = []
    identifiers = dict.fromkeys(line.id for report in reports.values() for line in report.lines)
    for identifier in identifiers:
        values = {box: _value(report, identifier) for box, report in reports.items()}
        counts: dict[str, int] = {}
        for value in values.values():
            counts[value] = counts.get(value, 0) + 1
        if len(counts) > 1:
            usual = max(counts, key=lambda value: counts[value])
            odd = tuple(box for box, value in values.items() if value != usual)
            found.append(Difference(identifier, values, odd))
    return found


def _value(report: Report, identifier: str) -> str:
    line = next((line for line in report.lines if line.id == identifier), None)
    if line is None:
        return "absent"
    names = COMPARED.get(identifier, ())
    shared = line.evidence if names is None else {n: line.evidence[n] for n in names if n in line.evidence}
    if not shared:
        return line.verdict
    digest = hashlib.sha256(json.dumps(shared, sort_keys=True).encode()).hexdigest()[:8]
    return f"{line.verdict} {digest}"


@dataclass(slots=True)
class Row:
    """A file that was handed in as a box's report."""

    file: Path
    label: str
    """what it is called in the table: no two files are called the same"""
    report: Report | None = None
    """None when it is none"""
    problems: list[str] = field(default_factory=list)
    """why it is not believed"""


def table(rows: Sequence[Row]) -> Iterator[str]:
    """One row per file, and below them how the odd boxes differ and what is bad. The lines hold what others wrote as
    it stands."""
    good = {row.label: row.report for row in rows if row.report is not None and not row.problems}
    identifiers = list(dict.fromkeys(line.id for report in good.values() for line in report.lines))
    differences = {difference.line: difference for difference in compare(good)}
    width = max(len(row.label) for row in rows)
    yield f"{'box':<{width}}  {'taken':<25}  ok  warn  fail  unknown  differs in"
    for row in rows:
        if row.label not in good or row.report is None:
            taken = row.report.at[:25] if row.report else "?"
            yield f"{row.label:<{width}}  {taken:<25}  NOT BELIEVED, see below"
            continue
        counts = [sum(line.verdict == verdict for line in row.report.lines) for verdict in _VERDICTS]
        odd = [name for name in identifiers if name in differences and row.label in differences[name].odd]
        numbers = f"{counts[0]:>2}  {counts[1]:>4}  {counts[2]:>4}  {counts[3]:>7}"
        yield f"{row.label:<{width}}  {row.report.at:<25}  {numbers}  {', '.join(odd) or '-'}"
    for difference in differences.values():
        yield ""
        yield f"{difference.line}:"
        usual = next(box for box in good if box not in difference.odd)
        for box in (usual, *difference.odd):
            which = "most" if box == usual else box
            yield f"  {which + ':':<{width + 1}} {_evidence(good[box], difference.line)}"
    for box, report in good.items():
        for line in report.lines:
            if line.verdict == "fail":
                yield f"FAIL {box}: {line.id}: {line.claim}: {_short(line.evidence)}"
    for row in rows:
        for problem in row.problems:
            yield f"FAIL {row.file}: {problem}"


def _evidence(report: Report, identifier: str) -> str:
    line = next((line for line in report.lines if line.id == identifier), None)
    if line is None:
        return "absent"
    names = COMPARED.get(identifier)
    shared = line.evidence if not names else {n: v for n, v in line.evidence.items() if n in names}
    return f"{line.verdict} {_short(shared)}"
