"""Compares the properties of a running unit with the signed unit file. It compares every property that
``systemctl show`` tells, not a fixed list.

A property that the unit file sets must be shown with that value, in systemd's spelling. A property that it does not set
must be as in a unit that sets nothing, which systemd shows for a unit that does not exist. Only properties that change
while a service runs and the order of starting (``_CHANGES``) are left out.
"""

from __future__ import annotations

import errno
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

Settings = dict[str, list[str]]
"""Values of each directive, in order. An empty value cancels those before it, and is left out."""

NO_SUCH_UNIT = "cloister-does-not-exist.service"

_CHANGES = re.compile(
    r".*Timestamp.*|.*PID|ExecMain.*|UID|GID|NRestarts|Result|\w+Result|Status\w*|ControlGroup(Id)?|InvocationID|Job"
    r"|Memory(Current|Available|Peak|SwapCurrent|SwapPeak|ZSwapCurrent)|Effective\w+|CPUUsageNSec|TasksCurrent"
    r"|IP(In|E)gress\w+|IO(Read|Write)(Bytes|Operations)|NFileDescriptorStore|FileDescriptorStoreMax"
    r"|Id|Names|Description|Documentation|(Active|Sub|Freezer)State|UnitFile(State|Preset)|LoadError|Can\w+|Extra\w+"
    r"|Before|After|Conflicts|ConflictedBy|RequiresMountsFor|WantsMountsFor|References|ReferencedBy|SliceOf"
    r"|(Wanted|Required|Triggered|Upheld|Bound)By|RequisiteOf|ConsistsOf|On\w+Of|\w+From|PropagatesReloadTo"
    r"|FragmentPath|SourcePath|DropInPaths|Markers|DebugInvocation|Following|ActivationDetails|OpenFile|RootEphemeral"
)
"""Properties that are not compared: those that change while it runs, those that other units set, and the order of
starting."""

_PULLS = ("Wants", "Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "Triggers", "OnFailure", "OnSuccess")
_IMPLIED_UNITS = re.compile(r".+\.mount|system\.slice|sysinit\.target|.*\.socket")
"""Units that systemd adds by itself to those that a unit pulls in."""

_YES, _NO = {"yes", "true", "on", "1", "y", "t"}, {"no", "false", "off", "0", "n", "f"}
_SPECIAL_ADDRESSES = {
    "any": {"0.0.0.0/0", "::/0"},
    "localhost": {"127.0.0.0/8", "::1/128"},
    "link-local": {"169.254.0.0/16", "fe80::/64"},
    "multicast": {"224.0.0.0/4", "ff00::/8"},
}
_UNITS_US = {
    **{"us": 1, "µs": 1, "ms": 1000, "s": 10**6, "sec": 10**6, "": 10**6, "min": 6 * 10**7, "m": 6 * 10**7},
    **{"minute": 6 * 10**7, "hour": 36 * 10**8, "week": 6048 * 10**8, "year": 31557600 * 10**6, "second": 10**6},
    **{"h": 36 * 10**8, "hr": 36 * 10**8, "d": 864 * 10**8, "day": 864 * 10**8, "w": 6048 * 10**8},
    **{"month": 2629800 * 10**6, "y": 31557600 * 10**6},
}
_EXEC_FLAGS = {"-": "ignore-failure", ":": "no-env-expand", "+": "privileged", "!": "no-setuid", "@": "argv0"}


def parse(text: str) -> Settings:
    """The settings of a unit file, all sections in one (no directive of [Unit] is one of [Service])."""
    settings: Settings = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        line = line.strip()
        if not line or line[0] in "#;[":
            continue
        name, separator, value = line.partition("=")
        if not separator:
            continue
        values = settings.setdefault(name.strip(), [])
        if value.strip():
            values.append(value.strip())
        else:
            values.clear()
    return settings


def show(unit: str | None) -> dict[str, str]:
    """The properties that systemd tells of a unit, or of itself for None. A property with several values has a line for
    each."""
    command = ["systemctl", "show", "--no-pager", *([unit] if unit else [])]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, cwd="/")
    found: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name, separator, value = line.partition("=")
        if separator:
            found[name] = f"{found[name]}\n{value}" if name in found else value
    return found


def system_call_groups() -> dict[str, set[str]]:
    """The system calls of each group that ``SystemCallFilter`` can name, by this box's systemd."""
    if shutil.which("systemd-analyze") is None:
        return {}
    done = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
    )
    groups: dict[str, set[str]] = {}
    members: set[str] = set()
    for line in done.stdout.splitlines():
        if line.startswith("@"):
            members = groups.setdefault(line.strip(), set())
        elif line.startswith(" ") and not line.strip().startswith("#"):
            members.add(line.strip())
    return groups


def deviations(
    unit: str,
    signed: Settings,
    found: Mapping[str, str],
    unset: Mapping[str, str],
    manager: Mapping[str, str],
    groups: Mapping[str, set[str]],
) -> dict[str, str]:
    """Every property that is not as the signed unit file says, with its value and the right value.

    ``found``, ``unset`` and ``manager`` are what systemd shows of the unit, of one that does not exist, and of itself.
    """
    wanted = _wanted(unit, signed, groups)
    different: dict[str, str] = {}
    commands = {name for name in signed if name.startswith("Exec")}
    for name in sorted(set(found) | set(unset) | set(wanted) | commands):
        if _CHANGES.fullmatch(name) or (name.startswith("Exec") and name.endswith("Ex") and name[:-2] in found):
            continue
        value = found.get(name, "")
        if name in _PULLS:
            extra = {other for other in value.split() if not _IMPLIED_UNITS.fullmatch(other)}
            extra -= {other for text in signed.get(name, []) for other in text.split()}
            if extra:
                different[name] = f"also {' '.join(sorted(extra))}"
        elif name == "SystemCallFilter":
            if odd := _calls_beyond(signed, value, groups):
                different[name] = odd
        elif name.startswith("Exec") and (name in signed or name not in wanted):
            is_, should = _commands_shown(value, found.get(name + "Ex", "")), _commands(signed.get(name, []))
            if is_ != should and name not in ("ExecPaths", "ExecSearchPath"):
                different[name] = f"{_told(is_)}; signed: {_told(should)}"
            elif name in ("ExecPaths", "ExecSearchPath") and set(value.split()) != _words(signed.get(name, [])):
                different[name] = f"{value or 'nothing'}; signed: {' '.join(signed.get(name, [])) or 'nothing'}"
        elif name in wanted:
            if name not in found and name not in unset and _never_shown(name):
                continue
            # systemd does not show an empty property.
            if _plain(name, value) != wanted[name]:
                different[name] = f"{value or 'nothing'}; signed: {_told(wanted[name])}"
        else:
            expected = _unset(name, unset, manager, wanted)
            if value != expected:
                different[name] = f"{value or 'nothing'}; not in the signed unit, by itself {expected or 'nothing'}"
    return different


def _never_shown(name: str) -> bool:
    """Whether systemd shows a property of no unit, or shows it under another name."""
    return name.startswith(("LoadCredential", "SetCredential", "ImportCredential", "Condition", "Assert")) or name in (
        *("WantedBy", "RequiredBy", "Also", "Alias", "DefaultInstance", "Sockets", "ConfigurationDirectory"),
    )


def _unset(name: str, unset: Mapping[str, str], manager: Mapping[str, str], wanted: Mapping[str, object]) -> str:
    """The value of a property that a unit file does not set."""
    by_itself = {
        "LoadState": "loaded",
        "Slice": "system.slice",
        "NeedDaemonReload": "no",
        "Transient": "no",
        "StandardOutput": manager.get("DefaultStandardOutput", "journal"),
    }
    if name in by_itself:
        return by_itself[name]
    return manager.get(f"Default{name}", unset.get(name, ""))


def _wanted(unit: str, signed: Settings, groups: Mapping[str, set[str]]) -> dict[str, object]:
    """The values that the properties must have which a signed unit file sets or implies. They can be compared with
    ``_plain`` of the shown values."""
    wanted: dict[str, object] = {}
    for name, values in signed.items():
        if name in _PULLS or name.startswith("Exec"):
            continue
        last = values[-1] if values else ""
        if name == "TimeoutSec":
            wanted["TimeoutStartUSec"] = wanted["TimeoutStopUSec"] = _microseconds(last)
        elif name.endswith("Sec"):
            wanted[f"{name[:-3]}USec"] = _microseconds(last)
        elif name.startswith("Limit"):
            soft, _, hard = last.partition(":")
            wanted[name], wanted[f"{name}Soft"] = _plain(name, hard or soft), _plain(name, soft)
        else:
            wanted[name] = _plain(name, "\n".join(values) if name in _SETS else last)
    if wanted.get("TimeoutStopUSec") is not None:
        wanted.setdefault("TimeoutAbortUSec", wanted["TimeoutStopUSec"])
    if wanted.get("DynamicUser") == "yes":
        name = unit.partition(".")[0]
        for implied, value in (("User", name), ("Group", name), *((p, "yes") for p in _BY_DYNAMIC_USER)):
            wanted.setdefault(implied, value)
    devices = set(signed.get("DeviceAllow", []))
    if "LoadCredentialEncrypted" in signed:
        devices.add("/dev/tpmrm0 rw")
    if wanted.get("ProtectClock") == "yes":
        devices.add("char-rtc r")
    if devices:
        wanted["DeviceAllow"] = frozenset(devices)
    return wanted


_BY_DYNAMIC_USER = ("RemoveIPC", "PrivateTmp", "RestrictSUIDSGID")
_SETS = {
    *("SupplementaryGroups", "NoExecPaths", "ReadWritePaths", "ReadOnlyPaths", "InaccessiblePaths", "BindPaths"),
    *("BindReadOnlyPaths", "TemporaryFileSystem", "RestrictAddressFamilies", "CapabilityBoundingSet", "Environment"),
    *("AmbientCapabilities", "StateDirectory", "RuntimeDirectory", "CacheDirectory", "LogsDirectory", "DeviceAllow"),
    *("PassEnvironment", "UnsetEnvironment", "EnvironmentFile", "EnvironmentFiles", "IPAddressAllow", "IPAddressDeny"),
    *("RestartPreventExitStatus", "RestartForceExitStatus", "SuccessExitStatus", "SystemCallArchitectures"),
    *("ExtensionImages", "MountImages", "BPFProgram", "IPIngressFilterPath", "IPEgressFilterPath", "JoinsNamespaceOf"),
    *("RestrictFileSystems", "RestrictNetworkInterfaces", "SocketBindAllow", "SocketBindDeny", "SystemCallLog"),
}
"""Properties whose values have no order."""


def _plain(name: str, value: str) -> object:
    """A value in one spelling, whether it comes from a unit file or from systemd."""
    if name.endswith("USec"):
        return _microseconds(value)
    if name in ("BindPaths", "BindReadOnlyPaths"):
        return frozenset(_bound(word) for word in value.split())
    if name.startswith("IPAddress"):
        return frozenset().union(*(_SPECIAL_ADDRESSES.get(word, {word}) for word in value.split()))
    if name == "DeviceAllow":
        return frozenset(line.strip() for line in value.splitlines() if line.strip())
    if name == "Environment":
        with suppress(ValueError):
            return frozenset(shlex.split(value))
    if name.endswith("Capabilities") or name == "CapabilityBoundingSet":
        return frozenset(value.lower().split())
    if name in _SETS:
        return frozenset(word.rstrip(":") for word in value.split())
    if name.startswith("Memory") or name.startswith("Limit"):
        return _bytes(value)
    if name == "SystemCallErrorNumber":
        return str(getattr(errno, value, value))
    if name.endswith("Signal"):
        return str(int(getattr(signal, value))) if value.startswith("SIG") and hasattr(signal, value) else value
    if name == "UMask" or name.endswith("Mode"):
        return value.zfill(4) if value.isdecimal() else value
    if value.lower() in _YES - {"1", "y", "t"}:
        return "yes"
    return "no" if value.lower() in _NO - {"0", "n", "f"} else value


def _bound(word: str) -> str:
    source, _, rest = word.partition(":")
    target, _, options = rest.partition(":")
    return f"{source}:{target or source}:{options or 'rbind'}"


def _microseconds(text: str) -> float:
    """Microseconds of a time span as unit files and systemd write it; infinity for none."""
    if text in ("infinity", ""):
        return float("inf")
    total_us = 0.0
    for number, unit in re.findall(r"([0-9.]+)\s*([a-zµ]*)", text):
        if unit not in _UNITS_US:
            return float("nan")  # it equals nothing, so the property is reported
        total_us += float(number) * _UNITS_US[unit]
    return total_us


def _bytes(text: str) -> object:
    """A number of bytes. An amount from 256 MiB up to the whole memory becomes a share of it, in whole percent."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    share = re.fullmatch(r"(\d+)%", text)
    number = re.fullmatch(r"(\d+)([KMGT]?)", text)
    if share:
        amount = memory * int(share[1]) // 100
    elif number:
        amount = int(number[1]) * 1024 ** " KMGT".index(number[2] or " ")
    else:
        return text
    # systemd rounds a share to whole pages, so bytes would differ.
    return amount if amount < 2**28 or amount > memory else f"{round(amount * 100 / memory)} % of the memory"


def _words(values: Sequence[str]) -> set[str]:
    return {word for value in values for word in value.split()}


def _commands(values: Sequence[str]) -> list[str]:
    """Commands of a unit file: their arguments, and the privileges that they have and the service does not."""
    found = []
    for value in values:
        rest = value.lstrip("".join(_EXEC_FLAGS))
        prefix = value[: len(value) - len(rest)]
        flags = sorted({_EXEC_FLAGS[letter] for letter in prefix})
        found.append(" ".join([" ".join(rest.split()), *(f"({flag})" for flag in flags)]))
    return found


def _commands_shown(plain: str, extended: str) -> list[str]:
    """Commands that systemd shows, in the form of ``_commands``."""
    found = []
    for line in (extended or plain).splitlines():
        arguments = re.search(r"argv\[\]=(.*?) ; (?:flags|ignore_errors)=", line)
        flags = re.search(r" ; flags=(.*?) ; ", line)
        told = sorted(flags[1].split()) if flags else []
        found.append(" ".join([arguments[1] if arguments else line, *(f"({flag})" for flag in told)]))
    return found


def _calls_beyond(signed: Settings, shown: str, groups: Mapping[str, set[str]]) -> str:
    """System calls that the service may make although the signed unit does not allow them; empty when there is none."""
    rules = signed.get("SystemCallFilter", [])
    if not rules or rules[0].startswith("~"):
        is_ = " ".join(sorted(shown.split()))
        return (
            "" if is_ == " ".join(sorted(_words(rules))) else f"{is_[:200] or 'nothing'}; signed: {rules or 'nothing'}"
        )
    if not shown or shown.startswith("~"):
        return f"{shown[:200] or 'none'}: more may be called than the signed unit allows"
    if any(word.lstrip("~").startswith("@") for rule in rules for word in rule.split()) and not groups:
        return "cannot be compared: systemd-analyze does not tell what its groups stand for"
    allowed: set[str] = set()
    for rule in rules:
        taken = rule.startswith("~")
        for word in rule.removeprefix("~").split():
            members = set(_members(word.partition(":")[0], groups))
            allowed = allowed - members if taken else allowed | members
    beyond = sorted(set(shown.split()) - allowed)
    return f"also {' '.join(beyond[:40])}" if beyond else ""


def _members(word: str, groups: Mapping[str, set[str]]) -> Iterator[str]:
    if not word.startswith("@"):
        yield word
    for member in groups.get(word, ()):
        yield from _members(member, groups)


def _told(value: object) -> str:
    if isinstance(value, (frozenset, set)):
        return " ".join(sorted(map(str, value))) or "nothing"
    if isinstance(value, list):
        return ", ".join(value) or "nothing"
    if isinstance(value, float):
        return f"{value / 1e6:g} s"
    return str(value) or "nothing"


def read(path: Path) -> Settings:
    """Read the settings of a unit file. Raises OSError and ValueError."""
    return parse(path.read_text(encoding="utf-8"))
