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
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from appliance import TELEMETRY_SWITCHES, __version__
from appliance.check import model_files
from appliance.config import Settings
from appliance.ports import PortError
from appliance.services import audit, fingerprint, keys, tpm
from appliance.services.bundle import archive, running
from appliance.services.bundle import manifest as manifests
from appliance.services.control import Client
from appliance.services.isolation import probe_in_child
from appliance.services.processes import Process, clock, encrypted_at_rest, swaps

FORMAT = "cloister-attestation-1"

Verdict = Literal["ok", "warn", "fail", "unknown"]

SANDBOX = {
    "PrivateNetwork": "yes",
    "RestrictAddressFamilies": "AF_UNIX",
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "DevicePolicy": "closed",
    "CapabilityBoundingSet": "",
    "RestrictNamespaces": "yes",
    "MemoryDenyWriteExecute": "yes",
    "LimitCORE": "0",
}
"""what the unit must say, in the words of ``systemctl show``"""

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

    def text(self) -> str:
        """For a reader; the same content as the JSON."""
        shown = [
            f"Attestation of {self.box['host']}, {self.at}, cloister {self.version}",
            f"machine {self.box['machine']}, key {self.box['key']}" + (f", nonce {self.nonce}" if self.nonce else ""),
        ]
        for line in self.lines:
            shown.append(f"\n[{line.verdict:^7}] {line.id}: {line.claim}")
            shown += [f"          {name}: {_short(value)}" for name, value in line.evidence.items()]
            shown.append(f"          by hand: {line.by_hand}")
        counts = {verdict: sum(line.verdict == verdict for line in self.lines) for verdict in _VERDICTS}
        shown.append("\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
        return "\n".join(shown)


_VERDICTS: tuple[Verdict, ...] = ("ok", "warn", "fail", "unknown")


def attest(config: Path, settings: Settings, client: Client, nonce: str, catalog: Path) -> Report:
    """Look at everything. Raises PortError when the daemon does not answer."""
    answer = client.ask("evidence")
    statement: dict[str, Any] = dict(answer["statement"])  # type: ignore[call-overload]
    inside: dict[str, bool] = dict(answer["probe"])  # type: ignore[call-overload]
    process = Process(client.daemon_pid)
    lines = (
        _daemon(process, statement),
        _seccomp(process),
        _probe(process, inside),
        _namespace(process),
        _sockets(process),
        _privileges(process),
        _unit(process),
        _cores(process, statement),
        _memory(process),
        _swap(process),
        _writable(process, settings),
        _telemetry(process, statement),
        _code(process, statement),
        _models(settings, catalog),
        _configuration(config, settings, statement),
        _data(settings, statement),
        _at_rest(settings),
        _keys(settings),
        _clock(),
        _log(settings),
    )
    box = {
        "host": platform.node(),
        "machine": machine(),
        "key": keys.load_box_key(settings.state).public.fingerprint,
    }
    report = Report(box, datetime.now(UTC).isoformat(timespec="seconds"), nonce, __version__, lines)
    return replace(report, lines=(*lines, _tpm(report)))


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
        fields = json.loads(text)
        if fields.pop("format") != FORMAT:
            raise ValueError
        lines = tuple(Line(**line) for line in fields.pop("lines"))
        return Report(lines=lines, **fields)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise ValueError("is no attestation") from None


# --- the lines ----------------------------------------------------------------------------------------------------


def _daemon(process: Process, statement: Mapping[str, Any]) -> Line:
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


def _seccomp(process: Process) -> Line:
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


def _probe(process: Process, inside: Mapping[str, bool]) -> Line:
    outside = probe_in_child()
    got_out = [way for way, refused in inside.items() if not refused]
    works = [way for way, refused in outside.items() if not refused]
    blind = not {"AF_INET", "AF_INET6"} & set(works)
    return Line(
        "probe",
        "a child of the daemon can open no network socket and no io_uring; the same attempt succeeds outside",
        "fail" if got_out or not inside else "unknown" if blind else "ok",
        f"gdb -p {process.pid} -batch -ex 'print (int)socket(2,1,0)' -ex 'print (int)syscall(425,1,0)'  # -1 twice; "
        "outside: python3 -c 'import socket; print(socket.socket())'",
        {"refused inside": [way for way, refused in inside.items() if refused], "not refused inside": got_out}
        | {"succeeds outside (control)": works},
    )


def _namespace(process: Process) -> Line:
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


def _sockets(process: Process) -> Line:
    sockets = process.sockets(Process(1), Process(os.getpid()))
    foreign = sorted(kind for kind in (sockets or {}).values() if kind != "unix")
    return Line(
        "sockets",
        "every socket it holds is a Unix socket",
        "unknown" if sockets is None else "fail" if foreign else "ok",
        f"ls -l /proc/{process.pid}/fd | grep socket; cat /proc/1/net/unix /proc/{process.pid}/net/unix",
        {"unix": len(sockets or ()) - len(foreign), "other": foreign},
    )


def _privileges(process: Process) -> Line:
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


def _unit(process: Process) -> Line:
    group = (process.read("cgroup") or "").strip().rsplit("/", 1)[-1]
    unit = group if re.fullmatch(r"[\w@.-]+\.service", group) else "cloister.service"
    names = ",".join(("MainPID", "FragmentPath", "DropInPaths", "SystemCallFilter", *SANDBOX))
    by_hand = f"systemctl show {unit} -p {names}; systemd-analyze security {unit}; systemctl cat {unit}"
    claim = "systemd keeps it in the sandbox of its unit"
    if not Path("/run/systemd/system").is_dir() or shutil.which("systemctl") is None:
        return Line("unit", claim, "warn", by_hand, {"note": "there is no systemd here; the process has no unit"})
    shown = subprocess.run(["systemctl", "show", unit, "-p", names], capture_output=True, text=True, check=False)
    found = dict(line.split("=", 1) for line in shown.stdout.splitlines() if "=" in line)
    if found.get("MainPID") != str(process.pid):
        return Line("unit", claim, "warn", by_hand, {"note": f"it is not the main process of {unit}"})
    calls = set(found.pop("SystemCallFilter", "").split())
    weaker = {name: found.get(name) for name, wanted in SANDBOX.items() if found.get(name) != wanted}
    uring = sorted(call for call in calls if call.startswith("io_uring"))
    return Line(
        "unit",
        claim,
        "fail" if weaker or uring else "ok",
        by_hand,
        {**found, "weaker than it should be": weaker, "system calls allowed": len(calls), "io_uring": uring},
    )


def _cores(process: Process, statement: Mapping[str, Any]) -> Line:
    limit, dumpable = process.core_limit(), statement.get("dumpable")
    verdict: Verdict = "unknown" if limit is None else "ok" if limit == "0 0" and dumpable is False else "fail"
    return Line(
        "cores",
        "it leaves no core: the limit is zero and the kernel holds it for not dumpable",
        verdict,
        f"grep core /proc/{process.pid}/limits; stat -c %U /proc/{process.pid}/mem  # root although the user is not",
        {"limit": limit, "dumpable (its own statement)": dumpable},
    )


def _memory(process: Process) -> Line:
    mapped = process.executable_memory()
    both = sorted({mapping.path or "anonymous" for mapping in mapped or () if mapping.writable})
    elsewhere = sorted(
        {
            m.path or "anonymous"
            for m in mapped or ()
            if not m.path.startswith(("/", "[")) or m.path.endswith("(deleted)")
        }
        - {_TRAMPOLINES}
    )
    trampolines = any(mapping.path == _TRAMPOLINES for mapping in mapped or ())
    return Line(
        "executable memory",
        "no memory is writable and executable at once, and code comes from files that are still there",
        "unknown" if mapped is None else "fail" if both else "warn" if elsewhere else "ok",
        f"grep x /proc/{process.pid}/maps | awk '{{print $2, $6}}' | sort -u",
        {"files": len({m.path for m in mapped or ()}), "writable too": both, "not from a file": elsewhere}
        | (
            {"note": f"{_TRAMPOLINES}: calls from C into Python, written through another mapping"}
            if trampolines
            else {}
        ),
    )


_TRAMPOLINES = "/memfd:libffi (deleted)"
"""what libffi, which ctypes is made of, keeps for callbacks"""


def _swap(process: Process) -> Line:
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


def _writable(process: Process, settings: Settings) -> Line:
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
    root_writable = "/" in (mounts or ())
    return Line(
        "writing",
        "it holds no file open for writing outside its state folder, and could not write elsewhere",
        "unknown" if files is None or mounts is None else "warn" if outside or root_writable else "ok",
        f"grep -l 'flags:.*[12]$' /proc/{process.pid}/fdinfo/*; ls -l /proc/{process.pid}/fd; "
        f"grep -w rw /proc/{process.pid}/mountinfo",
        {"state": state, "files elsewhere": outside, "writable mounts": mounts},
    )


def _telemetry(process: Process, statement: Mapping[str, Any]) -> Line:
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


def _code(process: Process, statement: Mapping[str, Any]) -> Line:
    now, begun = fingerprint.code_hash(), statement.get("code")
    by_hand = f"cd {fingerprint.PACKAGE}; find * -name '*.py' | LC_ALL=C sort | xargs sha256sum | sha256sum"
    evidence: dict[str, Any] = {"code": now, "code when it started (its own statement)": begun}
    slot = running.slot()
    if slot is None:
        evidence["note"] = "a checkout: there is no signed manifest to compare with"
        return Line("code", "the code is what was signed", "warn" if now == begun else "fail", by_hand, evidence)
    done = subprocess.run(
        [sys.executable, "-m", "appliance", "bundle", "status", "--verify", "--json"],
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


def _models(settings: Settings, catalog: Path) -> Line:
    hashes: dict[str, str] = {}
    missing = []
    for what, path, _ in model_files(settings):
        try:
            hashes[what] = f"{fingerprint.file_hash(path)}  {path}"
        except PortError:
            missing.append(str(path))
    known, source = _published(catalog)
    unlisted = sorted(what for what, shown in hashes.items() if shown.split()[0] not in known)
    return Line(
        "models",
        "every model file is there and has a hash that its publisher stated",
        "fail" if missing else "warn" if unlisted else "ok",
        "sha256sum " + " ".join(shlex.quote(shown.split("  ", 1)[1]) for shown in hashes.values()),
        {**hashes, "missing": missing, "compared with": source, "not in there": unlisted},
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


def _configuration(config: Path, settings: Settings, statement: Mapping[str, Any]) -> Line:
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


def _data(settings: Settings, statement: Mapping[str, Any]) -> Line:
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


def _at_rest(settings: Settings) -> Line:
    encrypted = encrypted_at_rest(settings.state)
    verdict: Verdict = "unknown" if encrypted is None else "ok" if encrypted else "warn"
    return Line(
        "encryption at rest",
        "the state folder lies on an encrypted device",
        verdict,
        f"lsblk -s -o NAME,TYPE $(findmnt -no SOURCE -T {shlex.quote(str(settings.state))})  # crypt",
        {"encrypted": encrypted},
    )


def _keys(settings: Settings) -> Line:
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


def _clock() -> Line:
    found = clock()
    close = found is not None and found.synchronised and found.max_error_s <= _AGREED_CLOCK_S
    return Line(
        "clock",
        "the clock is synchronised, to within a second",
        "unknown" if found is None else "ok" if close else "warn",
        "timedatectl show -p NTPSynchronized; chronyc tracking",
        asdict(found) if found else {},
    )


def _log(settings: Settings) -> Line:
    folder, medium = settings.state / "audit", settings.audit.export
    exported = medium / f"{platform.node()}-checkpoints.jsonl" if medium else None
    there = exported is not None and exported.is_file()
    checkpoints = [path for path in (folder / "checkpoints.jsonl", exported) if path is not None and path.is_file()]
    try:
        key = keys.load_box_key(settings.state).public
        found = audit.verify(folder / "audit.jsonl", checkpoints, key)
        outside = audit.verify(folder / "audit.jsonl", [exported], key).covered if exported and there else 0
    except PortError as error:
        return Line("audit log", _LOG, "unknown", "cloister audit verify", {"error": str(error)})
    return Line(
        "audit log",
        _LOG,
        "fail" if found.problems else "ok" if there else "warn",
        "cloister audit verify --checkpoints MEDIUM/HOST-checkpoints.jsonl --key PEM; "
        f"tail -n1 {shlex.quote(str(folder / 'audit.jsonl'))} | tr -d '\\n' | sha256sum",
        {
            "records": found.count,
            "head": found.head,
            "covered by checkpoints": found.covered,
            "covered by those outside": outside,
            "exported to": str(exported) if exported else None,
            "problems": [problem.what for problem in found.problems],
            "clock set": found.clock_set[-9:],
        },
    )


def _tpm(report: Report) -> Line:
    """Made last, over the report without this line: the TPM of the box signs which report it is."""
    claim = "its TPM signs what was booted, and with it this report"
    by_hand = f"tpm2_pcrread sha256:{','.join(map(str, tpm.PCRS))}; cloister keys public tpm-key"
    if tpm.transport() is None:
        return Line("tpm", claim, "warn", by_hand, {"note": "there is no TPM"})
    qualifying = _digest(report)
    try:
        evidence = tpm.quote(qualifying)
        quoted = tpm.check(evidence, qualifying)
    except (PortError, ValueError) as error:
        return Line("tpm", claim, "unknown", by_hand, {"error": str(error)})
    counts = {"switched on": quoted.resets, "woken": quoted.restarts, "powered for ms": quoted.clock_ms}
    return Line("tpm", claim, "ok", by_hand, {**evidence, **counts})


def check_tpm(report: Report, key: str, like: Report | None = None) -> None:
    """Check the quote in a report against the TPM's public key (PEM), and the measured boot against that in another
    report. Raises ValueError."""
    line = _line(report, "tpm")
    rest = replace(report, lines=tuple(other for other in report.lines if other is not line))
    try:
        quoted = tpm.check(line.evidence, _digest(rest), key)
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
    return hashlib.sha256(as_json(report).encode()).digest()


_LOG = "the audit log is whole, and its checkpoints leave the box"


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
    "unit": tuple(SANDBOX),
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


def table(reports: Mapping[str, Report]) -> Iterator[str]:
    """One row per box, one column per line, and below it how the odd ones differ."""
    identifiers = list(dict.fromkeys(line.id for report in reports.values() for line in report.lines))
    differences = {difference.line: difference for difference in compare(reports)}
    width = max(len(box) for box in reports)
    yield f"{'box':<{width}}  {'taken':<25}  ok  warn  fail  unknown  differs in"
    for box, report in reports.items():
        counts = [sum(line.verdict == verdict for line in report.lines) for verdict in _VERDICTS]
        odd = [name for name in identifiers if name in differences and box in differences[name].odd]
        numbers = f"{counts[0]:>2}  {counts[1]:>4}  {counts[2]:>4}  {counts[3]:>7}"
        yield f"{box:<{width}}  {report.at:<25}  {numbers}  {', '.join(odd) or '-'}"
    for difference in differences.values():
        yield ""
        yield f"{difference.line}:"
        usual = next(box for box in reports if box not in difference.odd)
        for box in (usual, *difference.odd):
            which = "most" if box == usual else box
            yield f"  {which + ':':<{width + 1}} {_evidence(reports[box], difference.line)}"
    failed = [(box, line) for box, report in reports.items() for line in report.lines if line.verdict == "fail"]
    for box, line in failed:
        yield f"FAIL {box}: {line.id}: {line.claim}: {_short(line.evidence)}"


def _evidence(report: Report, identifier: str) -> str:
    line = next((line for line in report.lines if line.id == identifier), None)
    if line is None:
        return "absent"
    names = COMPARED.get(identifier)
    shared = line.evidence if not names else {n: v for n, v in line.evidence.items() if n in names}
    return f"{line.verdict} {_short(shared)}"
