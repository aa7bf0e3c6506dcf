"""``cloister check``: is this box ready? Each finding has a verdict, and a remedy when it is bad."""

from __future__ import annotations

import importlib.util
import os
import resource
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from appliance.config import ConfigError, Settings, Site, load_settings, load_site
from appliance.engines import moonshine
from appliance.ports import PortError

_LIBRARIES = (
    "onnxruntime",
    "sherpa_onnx",
    "pocketsphinx",
    "llama_cpp",
    "piper",
    "soxr",
    "soundfile",
    "kaldifst",
    "cryptography",
)

_FREE_MIB = 200
"""Space that the appointment book, logs and a crash report may need."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    verdict: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""

    def line(self) -> str:
        mark = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}[self.verdict]
        return f"{mark}  {self.what}: {self.detail}" + (f"\n      -> {self.remedy}" if self.remedy else "")


def check(config: Path, site_override: Path | None = None) -> list[Finding]:
    """Look at everything; never raises for what it finds."""
    findings: list[Finding] = []
    try:
        settings = load_settings(config)
    except ConfigError as error:
        return [Finding("configuration", "fail", problem, "mend the file") for problem in error.problems]
    findings.append(Finding("configuration", "ok", str(config)))
    if site_override is not None:
        settings = replace(settings, site=site_override)
    try:
        site: Site | None = load_site(settings.site)
        findings.append(Finding("site", "ok", f"{settings.site} ({site.name if site else ''})"))
    except ConfigError as error:
        site = None
        findings += [Finding("site", "fail", problem, "mend the file") for problem in error.problems]
    findings += _isolation()
    findings += check_libraries()
    findings += check_models(settings)
    if site is not None:
        findings += _engines(settings, site)
    findings += _box(settings)
    findings += check_operators(settings)
    findings += check_control_socket(settings)
    findings += check_sound_server()
    findings += check_tools(site)
    findings += _devices(settings)
    return findings


def _isolation() -> Iterator[Finding]:
    """Seal this very process, as every verb does that listens, and try to break out."""
    from appliance.services.isolation import Needs, probe, seal

    try:
        seal(Needs.here())
    except PortError as error:
        yield Finding("isolation", "fail", str(error), "run on a kernel with seccomp")
        return
    open_ways = [way for way, refused in probe().items() if not refused]
    if open_ways:
        yield Finding("isolation", "fail", f"not refused: {', '.join(open_ways)}", "do not use this box")
    else:
        yield Finding("isolation", "ok", f"the kernel refused all of {len(probe())} ways out that were tried")


def check_libraries() -> list[Finding]:
    """Whether every engine's library is installed, without importing it."""
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        return [Finding("libraries", "fail", f"missing: {', '.join(missing)}", "run `make setup` in the checkout")]
    return [Finding("libraries", "ok", f"{len(_LIBRARIES)} found")]


def check_models(settings: Settings) -> list[Finding]:
    """Whether every model file that the settings name is there."""
    findings = []
    for what, path, remedy in model_files(settings):
        if not path.is_file():
            findings.append(Finding(what, "fail", f"{path} does not exist", remedy))
        elif path.stat().st_size == 0:
            findings.append(Finding(what, "fail", f"{path} is empty", remedy))
        else:
            findings.append(Finding(what, "ok", f"{path} ({path.stat().st_size / 2**20:.1f} MiB)"))
    return findings


def model_files(settings: Settings) -> Iterator[tuple[str, Path, str]]:
    """What each model file is, where it must be, and how to get it."""
    bring = "put the file there, or name another in the configuration; `cloister models` lists models that run"
    yield "brain", settings.brain.model, bring
    if settings.brain.embedder is not None:
        yield "retrieval", settings.brain.embedder, "run `cloister models prepare`"
    yield "voice", settings.voice.model, bring
    yield "voice settings", settings.voice.model.with_name(settings.voice.model.name + ".json"), bring
    if settings.endpoint.finality is not None:
        yield "end of turn", settings.endpoint.finality.weights, bring
        yield "end of turn", settings.endpoint.finality.encoder / moonshine.ENCODER, "run `cloister models prepare`"
    if settings.audio.voices is not None:
        yield "voices", settings.audio.voices, bring
    if settings.ear.moonshine is not None:
        for name in moonshine.FILES:
            yield "ear", settings.ear.moonshine.directory / name, "run `cloister models prepare`"
    if settings.ear.sherpa is not None:
        for role, name in settings.ear.sherpa.files.items():
            yield f"ear {role}", settings.ear.sherpa.directory / name, bring


def _engines(settings: Settings, site: Site) -> Iterator[Finding]:
    """Load everything once, as the daemon would."""
    from appliance.daemon import assemble

    try:
        assemble(settings, site)
        yield Finding("engines", "ok", "all load")
    except (PortError, ConfigError) as error:
        yield Finding("engines", "fail", str(error), "see the message")


def _box(settings: Settings) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    yield Finding(
        "cores",
        "ok" if cores >= settings.threads else "warn",
        f"{cores} usable, {settings.threads} configured",
        "" if cores >= settings.threads else f"set `threads: {cores}`",
    )
    place = settings.state if settings.state.exists() else settings.state.parent
    while not place.exists():
        place = place.parent
    free_mib = shutil.disk_usage(place).free // 2**20
    yield Finding(
        "disk",
        "ok" if free_mib >= _FREE_MIB else "fail",
        f"{free_mib} MiB free at {place}",
        "" if free_mib >= _FREE_MIB else "free some space",
    )
    if not os.access(place, os.W_OK):
        yield Finding("state", "fail", f"{place} is not writable", "change its owner, or `state` in the configuration")
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield Finding(
        "open files",
        "ok" if soft >= 256 else "warn",
        f"limit {soft}",
        "" if soft >= 256 else "raise it: ulimit -n 1024",
    )


def check_operators(settings: Settings) -> Iterator[Finding]:
    """Whether those exist whom the configuration names, and whether checkpoints leave the box."""
    from appliance.services.operators import Access

    try:
        Access(settings.operators)
        yield Finding("operators", "ok", "all exist" if settings.control_socket else "the control socket is off")
    except PortError as error:
        yield Finding("operators", "fail", str(error), "add them to the box, or mend the configuration")
    export = settings.audit.export
    if export is not None and not export.is_dir():
        yield Finding("audit export", "warn", f"{export} is not there", "put the medium in, or mend `audit.export`")


def check_sound_server() -> Iterator[Finding]:
    """Whether the sound server, where there is one, would open the network for whoever talks to it."""
    from appliance.services.deputies import sound_server, sound_server_loads_modules

    try:
        loads = sound_server_loads_modules()
    except OSError as error:
        yield Finding("sound server", "warn", f"{sound_server()} cannot be asked: {error.strerror}", "start it")
        return
    if loads:
        yield Finding(
            "sound server",
            "fail",
            f"{sound_server()} loads modules for whoever plays through it, and with them opens the network",
            "start PulseAudio with `--disallow-module-loading`; PipeWire: `pulse.allow-module-loading = false`",
        )
    elif loads is not None:
        yield Finding("sound server", "ok", f"{sound_server()} refuses to load modules")


def check_tools(site: Site | None) -> Iterator[Finding]:
    """Whether the site's programs run as other users."""
    from appliance.services.tools import separated

    for name, own in separated(site.tools if site else ()).items():
        if own:
            yield Finding(f"tool {name}", "ok", "runs as a user of its own, in a unit of its own")
        else:
            yield Finding(
                f"tool {name}",
                "warn",
                "runs as the user of the appliance: it can read its keys, and its log, and change them",
                f"systemctl enable --now cloister-tool@{name}.socket",
            )


def check_control_socket(settings: Settings) -> Iterator[Finding]:
    """Whether the group that the configuration names is the one that can connect."""
    import grp

    path, group = settings.control_socket, settings.operators.group
    if path is None or group is None or not path.is_socket():
        return
    status = path.stat()
    try:
        reaches = status.st_gid == grp.getgrnam(group).gr_gid and status.st_mode & 0o060 == 0o060
    except KeyError:
        return  # told by `check_operators`
    if reaches:
        yield Finding("control socket", "ok", f"the group {group} can connect to {path}")
    else:
        yield Finding(
            "control socket",
            "fail",
            f"the group {group} cannot connect to {path}",
            f"put `[Socket]`, `SocketGroup={group}`, `SocketMode=0660` into "
            "/etc/systemd/system/cloister.socket.d/operators.conf, and start cloister.socket and cloister again",
        )


def _devices(settings: Settings) -> Iterator[Finding]:
    from appliance.devices.sound_card import find_device

    for direction, name in (("microphone", settings.audio.microphone), ("speaker", settings.audio.speaker)):
        try:
            device = find_device(name, "input" if direction == "microphone" else "output")
            yield Finding(direction, "ok", device.name)
        except PortError as error:
            # The demonstration and replays need none, so a box without a sound card is not broken, only mute.
            yield Finding(direction, "warn", str(error), "`cloister devices` lists what there is")
