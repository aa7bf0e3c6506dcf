"""A unit as systemd shows it, compared with its signed file. The input is real output of systemd with one change."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from appliance.attestation import systemd_units
from tests.conftest import CHECKOUT

DATA = Path(__file__).resolve().parent.parent / "data" / "units"
MEMORY = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
CALLS = {"@system-service": {"@basic", "@aio", "@privileged"}, "@basic": {"read", "write"}, "@aio": {"io_uring_setup"}}
CALLS |= {"@privileged": {"chown", "mount"}, "@resources": {"nice"}}


def shown(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    text = (DATA / f"{name}.txt").read_text().replace("@MEMORY@", str(MEMORY * 85 // 100 // 4096 * 4096))
    for line in text.splitlines():
        property_, _, value = line.partition("=")
        found[property_] = f"{found[property_]}\n{value}" if property_ in found else value
    found["SystemCallFilter"] = "read seccomp write" if name == "found" else ""
    return found


def compared(changed: Mapping[str, str | None] | None = None, more: str = "") -> dict[str, str]:
    found = shown("found")
    for name, value in (changed or {}).items():
        found.pop(name, None)
        if value is not None:
            found[name] = value
    signed = systemd_units.parse((DATA / "signed.service").read_text() + more)
    return systemd_units.deviations("cloister.service", signed, found, shown("unset"), shown("manager"), CALLS)


def test_a_unit_as_signed_has_no_deviation() -> None:
    assert compared() == {}


EXEC = "{ path=/bin/true ; argv[]=/bin/true ; ignore_errors=no ; start_time=[n/a] ; pid=0 }"
EXEC_EX = "{ path=/bin/true ; argv[]=/bin/true ; flags=privileged ; start_time=[n/a] ; pid=0 }"
WEAKER: dict[str, str | None] = {
    **dict.fromkeys(("PrivateNetwork", "NoNewPrivileges", "DynamicUser", "MemoryDenyWriteExecute", "PrivateTmp"), "no"),
    **dict.fromkeys(("RemoveIPC", "PrivateMounts", "ProtectClock", "ProtectKernelModules", "RestrictSUIDSGID"), "no"),
    **dict.fromkeys(("NoExecPaths", "IPAddressDeny", "RestrictAddressFamilies", "SystemCallArchitectures"), None),
    "ExecStartPre": EXEC,
    "ExecStopPost": EXEC,
    "ExecReload": EXEC,
    "ExecStart": EXEC,
    "ExecPaths": "/usr /opt/cloister /var/lib/cloister",
    "NoExecPaths": "/var/lib/cloister",
    "Environment": "HOME=/var/lib/cloister LD_PRELOAD=/usr/local/lib/evil.so",
    "EnvironmentFiles": "/etc/evil (ignore_errors=no)",
    "BindPaths": "/root:/mnt:rbind",
    "BindReadOnlyPaths": "/run/dbus:/run/dbus:rbind",
    "RootDirectory": "/srv/other",
    "TemporaryFileSystem": "/usr:rw",
    "SupplementaryGroups": "audio disk",
    "User": "root",
    "Group": "root",
    "AmbientCapabilities": "cap_net_admin",
    "CapabilityBoundingSet": "cap_net_admin",
    "RestrictAddressFamilies": "AF_UNIX AF_INET",
    "IPAddressDeny": "10.0.0.0/8",
    "IPAddressAllow": "0.0.0.0/0",
    "DeviceAllow": "char-alsa rw\nchar-mem rw",
    "DevicePolicy": "auto",
    "ProtectSystem": "full",
    "ProtectHome": "read-only",
    "ProtectProc": "default",
    "UMask": "0022",
    "StateDirectoryMode": "0755",
    "LimitCORE": "infinity",
    "LimitNOFILE": "999999",
    "MemoryMax": "infinity",
    "MemorySwapMax": "infinity",
    "OOMScoreAdjust": "0",
    "WatchdogUSec": "infinity",
    "TimeoutStopUSec": "1min 30s",
    "RestartUSec": "10min",
    "Restart": "no",
    "WorkingDirectory": "/tmp",
    "Type": "simple",
    "NotifyAccess": "all",
    "Slice": "user.slice",
    "NetworkNamespacePath": "/run/netns/out",
    "JoinsNamespaceOf": "sshd.service",
    "Wants": "sound.target cloister-bundle.service tmp.mount evil.service",
    "OnFailure": "evil.service",
    "StandardOutput": "file:/srv/log",
    "SystemCallFilter": "read write io_uring_setup",
    "NeedDaemonReload": "yes",
    "Transient": "yes",
    "SomethingOfALaterSystemd": "yes",
    "LoadCredential": "x:/etc/shadow",
    "SecureBits": "1",
    "KillSignal": "9",
    "Delegate": "yes",
}


@pytest.mark.parametrize("name", WEAKER)
def test_every_property_that_deviates_is_named(name: str) -> None:
    extended = {"ExecStartEx": None} if name == "ExecStart" else {}
    assert set(compared({name: WEAKER[name], **extended})) == {name}


def test_a_command_with_privileges_is_not_the_same_command() -> None:
    found = shown("found")
    flags = found["ExecStartEx"].replace("flags=", "flags=privileged")
    assert set(compared({"ExecStartEx": flags})) == {"ExecStart"}
    assert "(privileged)" in compared({"ExecStartPre": EXEC, "ExecStartPreEx": EXEC_EX})["ExecStartPre"]


@pytest.mark.parametrize(
    ("more", "changed"),
    [
        ("BindReadOnlyPaths=/usr /opt\n", {"BindReadOnlyPaths": "/opt:/opt:rbind /usr:/usr:rbind"}),
        ("TemporaryFileSystem=/run:ro\n", {"TemporaryFileSystem": "/run:ro"}),
        ("BindPaths=/run/systemd/notify\n", {"BindPaths": "/run/systemd/notify:/run/systemd/notify:rbind"}),
        ("TimeoutStopSec=90\nTimeoutAbortSec=2m\n", {"TimeoutStopUSec": "1min 30s", "TimeoutAbortUSec": "2min"}),
        ("UMask=27\n", {"UMask": "0027"}),
        ("KillSignal=SIGINT\n", {"KillSignal": "2"}),
        ("IPAddressAllow=localhost\n", {"IPAddressAllow": "127.0.0.0/8 ::1/128"}),
        ("Environment=A=1 'B=two words'\n", {"Environment": 'HOME=/var/lib/cloister "B=two words" A=1'}),
        ("ExecStartPre=+/bin/true\n", {"ExecStartPre": EXEC, "ExecStartPreEx": EXEC_EX}),
        ("ProtectHome=\nProtectHome=tmpfs\n", {"ProtectHome": "tmpfs"}),
        ("MemoryMax=1G\n", {"MemoryMax": str(2**30)}),
        ("LimitNOFILE=1024:4096\n", {"LimitNOFILE": "4096", "LimitNOFILESoft": "1024"}),
        ("SystemCallFilter=\nSystemCallFilter=read\n", {"SystemCallFilter": "read"}),
        ("NoExecPaths=\nExecPaths=\n", {"NoExecPaths": None, "ExecPaths": None}),
    ],
)
def test_another_spelling_of_a_signed_value_is_no_deviation(more: str, changed: Mapping[str, str | None]) -> None:
    assert compared(changed, "[Service]\n" + more) == {}
    assert compared(None, "[Service]\n" + more) != {}, "and not having it deviates"


def test_a_unit_may_be_stricter_in_its_system_calls_and_a_signed_drop_in_may_allow_more() -> None:
    assert compared({"SystemCallFilter": "read"}) == {}
    assert compared({"SystemCallFilter": "read nice"}, "[Service]\nSystemCallFilter=@resources\n") == {}


def test_a_unit_file_is_read_as_systemd_reads_it() -> None:
    text = "# a comment\n[Unit]\nDescription=x\n[Service]\nExecStart=/bin/a \\\n  --long\nA=1\nA=\nA=2\nA=3\n;b\nodd\n"
    assert systemd_units.parse(text) == {"Description": ["x"], "ExecStart": ["/bin/a    --long"], "A": ["2", "3"]}


def test_the_groups_of_system_calls_are_those_of_this_systemd() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    groups = systemd_units.system_call_groups()
    assert "socket" in groups["@network-io"] and "@network-io" in groups["@system-service"]
    signed = systemd_units.read(CHECKOUT / "systemd" / "cloister.service")
    assert "mount" in systemd_units._calls_beyond(signed, "read mount", groups)
    assert systemd_units._calls_beyond(signed, "read futex", groups) == ""
