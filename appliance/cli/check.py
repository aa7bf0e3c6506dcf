"""``cloister check``: examines whether this box is ready. Each finding has a verdict, and a remedy when it is bad."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import resource
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml

from appliance.cli import verb
from appliance.cli.verb import OK, VERDICT_NO, WRONG_INPUT, Verbs, preparing, print_json
from appliance.config.box import DoorSettings, Settings, load_settings
from appliance.config.hours import parse_days
from appliance.config.reader import ConfigError, compose, read_text
from appliance.config.site import Site, load_site
from appliance.core.plain_text import show
from appliance.core.ports import PortError
from appliance.core.week import DAYS

if TYPE_CHECKING:
    from appliance.runtime.engines import Engines

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
_PROGRAM_MB = 350.0
"""Memory of the program and its libraries without models, in 10^6 bytes"""
_MEMORY_PER_FILE = 1.4
"""Memory that a model takes, relative to its files: weights are copied, and the work needs some too"""
_EAR_MB_PER_CORE = 120.0
"""Size of an int8 network that one core runs as fast as people speak when every utterance is heard some five times
while it grows. It is no measurement: networks of one size differ by a factor of three."""
"""Free space, in MiB, that the appointment book, logs and a crash report may need."""


def declare(verbs: Verbs) -> None:
    """Add the verb."""
    parser = verb.declare(
        verbs,
        "check",
        _check,
        "check configuration, models and devices, each with a verdict and a remedy",
        json_too=True,
    )
    parser.add_argument(
        "--fields",
        choices=["site", "box"],
        help="check nothing; print every field of that file with its type, range, default and meaning, as Markdown",
    )


def _check(options: argparse.Namespace) -> int:
    if options.fields:
        from appliance.config.fields import page

        print(page(options.fields))
        return OK
    findings = []
    for finding in check(options.config, options.site, preparing):
        findings.append(finding)
        if not options.json:
            show(*finding.line().split("\n"))
            sys.stdout.flush()
    if options.json:
        print_json([asdict(finding) for finding in findings])
    if wrong_input(findings):
        return WRONG_INPUT
    return VERDICT_NO if any(finding.verdict == "fail" for finding in findings) else OK


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of examining one thing."""

    what: str
    verdict: Literal["ok", "warn", "fail"]
    detail: str
    remedy: str = ""

    def line(self) -> str:
        mark = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}[self.verdict]
        return f"{mark}  {self.what}: {self.detail}" + (f"\n      -> {self.remedy}" if self.remedy else "")


def check(
    config: Path, site_override: Path | None = None, step: Callable[[str], None] = lambda _: None
) -> Iterator[Finding]:
    """Examine everything, and report each finding as soon as it is known. A bad finding raises no error. ``step`` is
    called with the name of each job that takes seconds, before the job is done."""
    try:
        settings = load_settings(config)
    except ConfigError as error:
        yield from (Finding("configuration", "fail", problem, _mend(config)) for problem in error.problems)
        return
    yield Finding("configuration", "ok", str(config))
    if site_override is not None:
        settings = replace(settings, site=site_override)
    try:
        site: Site | None = (loaded := load_site(settings.site))
        yield Finding("site", "ok", f"{settings.site} ({loaded.name})")
    except ConfigError as error:
        site = None
        yield from (Finding("site", "fail", problem, _mend(settings.site)) for problem in error.problems)
    else:
        yield from check_site(settings.site, loaded)
    yield from _isolation()
    yield from check_libraries()
    yield from check_models(settings)
    if site is not None:
        yield from _engines(settings, site, step)
    yield from _box(settings)
    yield from check_size(settings, _memory_mb(), len(os.sched_getaffinity(0)))
    yield from check_operators(settings)
    yield from check_control_socket(settings)
    yield from check_sound_server()
    yield from check_tools(site)
    yield from _devices(settings)


def wrong_input(findings: Iterable[Finding]) -> bool:
    """Whether a configuration file is at fault, rather than the box."""
    return any(finding.verdict == "fail" and finding.what in ("configuration", "site") for finding in findings)


def _mend(file: Path) -> str:
    return "mend the file" if file.exists() else "put the file there, or name another with -c (box) or -s (site)"


# --- the site, beyond what makes a file wrong -----------------------------------------------------------------------

FEWEST_ASKS = 8
"""The number of ways to ask for a fact from which the retrieval tells it well from others."""

_SAID_TO_CALL = re.compile(
    r"\b(?:i am|i'm|i will|i'll|we are|we're|we will|we'll|let me) (?:\w+ )?"
    r"(?:call|phon|ring|alert|notify|inform|fetch|send|get)\w*\b|"
    r"\b(?:help|somebody|someone|a \w+) (?:is|will be) (?:on (?:the|its|their|his|her) way|coming|with you)\b",
    re.IGNORECASE,
)
"""Sentences that make a visitor wait for a person."""

_OFFERS_TO_CALL = re.compile(r"\bshall i (?:call|get|fetch)\b", re.IGNORECASE)

_SAYABLE = frozenset("‘’“”–—…€£°•·²³½¼¾×÷©®™§ªº")
"""Marks beyond Latin-1 letters that voices read or pass over."""


def check_site(path: Path, site: Site) -> Iterator[Finding]:
    """Yield findings about what is allowed in a site file and probably wrong."""
    yield from _calls(site)
    yield from _asks(site)
    yield from _letters(site)
    yield from _hours(site)
    yield from _names(site)
    yield from _cut_texts(path)


def _calls(site: Site) -> Iterator[Finding]:
    """Check that a tool calls a person wherever the site tells the visitor that a person comes."""
    told = (
        ("emergency", site.emergency.say if site.emergency else "", site.emergency and site.emergency.tool, "alarm"),
        ("hand_over", site.hand_over.say, site.hand_over.tool, "call_person"),
    )
    for who, say, tool, function in told:
        if not tool and _SAID_TO_CALL.search(say):
            yield Finding(
                who,
                "fail",
                f"`{who}.say` promises that somebody is called, and there is no tool that calls: {say!r}",
                f"name a tool with the function `{function}` in `{who}.tool` (appliance.tools.bell rings), or "
                "say what visitors must do themselves",
            )
    if site.emergency and not site.emergency.tool and not _SAID_TO_CALL.search(site.emergency.say):
        yield Finding("emergency", "warn", "nobody is called in an emergency", "name a tool in `emergency.tool`")
    if not site.hand_over.tool and _OFFERS_TO_CALL.search(site.prompts.unknown):
        yield Finding(
            "hand_over",
            "warn",
            f"`prompts.unknown` offers to call somebody, and no tool does: {site.prompts.unknown!r}",
            "name a tool in `hand_over.tool`, or change `prompts.unknown`",
        )


def _asks(site: Site) -> Iterator[Finding]:
    known = [(fact.id, fact.ask) for fact in site.facts] + [(hours.what, hours.ask) for hours in site.opening_hours]
    never = [name for name, ask in known if not ask]
    if never:
        yield Finding("questions", "warn", f"nobody asks for {_some(never)}", "write `ask` lines, as visitors ask")
    few = [name for name, ask in known if 0 < sum(_variants(line) for line in ask) < FEWEST_ASKS]
    if few:
        remedy = f"write at least {FEWEST_ASKS} `ask` lines for each, in different words"
        yield Finding("questions", "warn", f"fewer than {FEWEST_ASKS} ways to ask for {_some(few)}", remedy)
    words = [line for _, ask in known for line in ask if len(line.split()) == 1]
    if words:
        remedy = "a comma in [ ] begins a new question: put a text with commas in quotes"
        yield Finding("questions", "warn", f"questions of one word: {_some(words)}", remedy)


def _variants(template: str) -> int:
    from appliance.language import templates

    try:
        return templates.count(template, {})
    except ValueError:
        return 1


def _letters(site: Site) -> Iterator[Finding]:
    says = [fact.say for fact in site.facts] + [slot.ask for form in site.forms for slot in form.slots]
    says += [site.persona.greeting, site.persona.goodbye, site.hand_over.say]
    says += [site.emergency.say] if site.emergency else []
    odd = [word for say in says for word in say.split() if any(ord(c) > 0xFF and c not in _SAYABLE for c in word)]
    if odd:
        remedy = "write them in Latin letters, as they are to be said; leave pictures out"
        yield Finding("voice", "warn", f"words that the voice cannot say: {_some(dict.fromkeys(odd))}", remedy)


def _hours(site: Site) -> Iterator[Finding]:
    for hours in site.opening_hours:
        named = {day for days in hours.hours for day in parse_days(days)}
        missing = [DAYS[day] for day in range(7) if day not in named]
        if missing and named:
            what = f"{hours.what} has no hours for {_some(missing)}, and is taken to be closed then"
            yield Finding("opening hours", "warn", what, "name every day, as in `sunday: closed`")
        for text in (*hours.hours.values(), *hours.exceptions.values()):
            for opens, closes in re.findall(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})", text):
                length = (_minute(closes) - _minute(opens)) % (24 * 60)
                if _minute(closes) < _minute(opens) and length > 12 * 60:
                    what = f"{hours.what} is open over midnight for {length // 60} hours: {opens}-{closes}"
                    yield Finding("opening hours", "warn", what, "see whether the two times are the wrong way round")


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _names(site: Site) -> Iterator[Finding]:
    names = {slot.name for form in site.forms for slot in form.slots if slot.kind == "name"}
    if names - set(site.speech.lists):
        remedy = "list the names that are common among your visitors"
        yield Finding("names", "warn", f"there is no list of names in `speech.lists.{min(names)}`", remedy)


def _cut_texts(path: Path) -> Iterator[Finding]:
    """Find texts without quotes that end where YAML begins a comment: "Use lot #4"."""
    lines = read_text(path).splitlines()
    for node in _scalars(compose(path)):
        line = node.end_mark.line
        if node.style is not None or line >= len(lines):
            continue
        rest = lines[line][node.end_mark.column :]
        if re.match(r"\s+#[^\s#]", rest):
            what = (
                f"{path}:{line + 1}: the text {node.value!r} ends before {rest.strip()!r}, which is taken for a comment"
            )
            yield Finding("site", "warn", what, "put the whole text in quotes")


def _scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            yield from _scalars(value)


def _some(words: Iterable[str], most: int = 8) -> str:
    """A list for a message, cut where it gets long."""
    listed = list(words)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


# --- the box ----------------------------------------------------------------------------------------------------------


def _isolation() -> Iterator[Finding]:
    """Seal this process, as every verb does that listens, and try to open a network socket."""
    from appliance.isolation.seal import Needs, probe, seal

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
    """Check that every engine's library is installed, without importing it."""
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        return [Finding("libraries", "fail", f"missing: {', '.join(missing)}", "run `make setup` in the checkout")]
    return [Finding("libraries", "ok", f"{len(_LIBRARIES)} found")]


def check_models(settings: Settings) -> list[Finding]:
    """Check that every model file that the settings name is there."""
    from appliance.engines.model_files import model_files

    findings = []
    uses: dict[Path, dict[str, str]] = {}
    for what, path, remedy in model_files(settings):
        uses.setdefault(Path(os.path.normpath(path)), {})[what] = remedy
    for path, whats in uses.items():
        what, remedy = ", ".join(whats), next(iter(whats.values()))
        if not path.is_file():
            findings.append(Finding(what, "fail", f"{path} does not exist", remedy))
        elif path.stat().st_size == 0:
            findings.append(Finding(what, "fail", f"{path} is empty", remedy))
        else:
            findings.append(Finding(what, "ok", f"{path} ({path.stat().st_size / 2**20:.1f} MiB)"))
    return findings


def _engines(settings: Settings, site: Site, step: Callable[[str], None]) -> Iterator[Finding]:
    """Load everything once, as the daemon would."""
    from appliance.runtime.assemble import assemble

    try:
        engines = assemble(settings, site, step=step)
        yield Finding("engines", "ok", "all load")
        yield from check_preparation(settings, engines)
        yield from check_emergencies(settings, site)
    except ConfigError as error:
        for problem in error.problems:
            yield Finding("site", "fail", problem, "mend the file")
    except (PortError, OSError) as error:
        yield Finding("engines", "fail", str(error), "see the message")


def check_preparation(settings: Settings, engines: Engines) -> Iterator[Finding]:
    """Yield findings about models that run and could do more, and ears that do not run."""
    for missing in engines.missing_ears:
        yield Finding(
            "ear",
            "fail",
            missing,
            "take the files of this version, or leave that ear out of the configuration; the others hear alone",
        )
    if not engines.model_measured:
        yield Finding(
            "brain",
            "warn",
            f"what {settings.brain.model.name} is good for was not measured on this box, so it is asked nothing",
            "run `cloister models prepare`",
        )
    elif settings.brain.composed and not engines.model_composes:
        yield Finding(
            "brain",
            "warn",
            f"`composed` is on, and {settings.brain.model.name} was measured not to word this site's facts well enough "
            "or soon enough, so they are said as they stand",
            "take `composed` out, or use another model",
        )
    if not engines.voice_aligned:
        model = settings.voice.model
        yield Finding(
            "voice",
            "warn",
            f"{model.name} does not tell where its words end, so what a visitor heard before interrupting is estimated",
            f"in the checkout, on a workstation: {ALIGN} {model}",
        )


def check_emergencies(settings: Settings, site: Site) -> Iterator[Finding]:
    """Yield a finding where the box could judge by meaning whether somebody needs help, and does not."""
    from appliance.engines.embedding.distress import LANGUAGE

    if site.emergency and site.language.tag.startswith(LANGUAGE) and settings.brain.distress is None:
        yield Finding(
            "emergency",
            "warn",
            "no model judges what people mean, so an emergency is told by its words alone, and more of them are missed",
            "name `brain.distress` in the box's file, as models/starter/cloister.yaml does",
        )


ALIGN = ".tools/bin/uv run --no-sync --with onnx python -m piper.patch_voice_with_alignment"
"""Adds an output to a voice, in its file, and changes no weight."""


def _box(settings: Settings) -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    yield Finding(
        "cores",
        "ok" if cores >= settings.threads else "warn",
        f"{cores} usable, {settings.threads} configured",
        "" if cores >= settings.threads else f"set `threads: {cores}`",
    )
    place = _standing(settings.state)
    if os.path.lexists(settings.state) and place != settings.state:
        yield Finding("state", "fail", f"{settings.state} is no folder that can be used", "name another with `state`")
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


def check_size(settings: Settings, memory_mb: float, cores: int) -> Iterator[Finding]:
    """Check whether a box of this memory and these cores can bear the models. The figures are estimates from the sizes
    of the files, and no measurement."""
    from appliance.engines.model_files import model_files

    sizes: dict[Path, float] = {}
    for _, path, _ in model_files(settings):
        if path.is_file():
            sizes[path.resolve()] = path.stat().st_size / 1e6
    wanted_mb = _PROGRAM_MB + _MEMORY_PER_FILE * sum(sizes.values())
    enough = wanted_mb <= memory_mb
    yield Finding(
        "memory",
        "ok" if enough else "warn",
        f"the models take about {wanted_mb:.0f} MB (estimated), and the box has {memory_mb:.0f}",
        "" if enough else "take smaller models (`cloister models`), or a box with more memory",
    )
    ear = settings.ear.sherpa
    if ear is not None and ear.kind.startswith("offline_"):
        paths = [(ear.directory / name).resolve() for name in ear.files.values()]
        ear_mb = sum(sizes.get(path, 0.0) for path in paths)
        needed = max(1, round(ear_mb / _EAR_MB_PER_CORE))
        yield Finding(
            "ear",
            "ok" if cores >= needed else "warn",
            f"{ear.kind} of {ear_mb:.0f} MB hears whole utterances, again and again as they grow: {needed} cores to "
            f"itself (estimated), and {cores} are usable",
            "" if cores >= needed else "measure it on your recordings: cloister evaluate recordings FOLDER",
        )


def _memory_mb() -> float:
    """The box's memory in 10^6 bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6


def _standing(path: Path) -> Path:
    """The folder itself, or the nearest folder above it that exists and may be read."""
    for place in (path, *path.absolute().parents):
        try:
            if place.is_dir():
                return place
        except OSError:
            continue
    return Path("/")


def check_operators(settings: Settings) -> Iterator[Finding]:
    """Check that the operators whom the configuration names exist, and that checkpoints leave the box."""
    from appliance.control.operators import Access

    try:
        Access(settings.operators)
        yield Finding("operators", "ok", "all exist" if settings.control_socket else "the control socket is off")
    except PortError as error:
        yield Finding("operators", "fail", str(error), "add them to the box, or mend the configuration")
    for number, door in enumerate(settings.doors):
        yield check_door(f"doors[{number}]", door)
    export = settings.audit.export
    if export is not None and not export.is_dir():
        yield Finding("audit export", "warn", f"{export} is not there", "put the medium in, or mend `audit.export`")


def check_door(name: str, door: DoorSettings) -> Finding:
    """Check that the users and the group whom a door names exist, and that its path can be made."""
    from appliance.isolation.members import Members, group_number

    try:
        Members(door.users, f"{name}.users")
        if door.group is not None:
            group_number(door.group, f"{name}.group")
    except PortError as error:
        return Finding(name, "fail", str(error), "add them to the box, or mend the configuration")
    if not door.path.parent.is_dir():
        remedy = f"make the folder, or let systemd make the socket: cloister-door@{door.path.stem}.socket"
        return Finding(name, "warn", f"{door.path.parent} is not there", remedy)
    who = "each request must bring a token" if door.tokens else f"for {', '.join(door.users) or 'root alone'}"
    return Finding(name, "ok", f"{door.path}: {door.speaks}, {who}")


def check_sound_server() -> Iterator[Finding]:
    """Check that the sound server, where there is one, does not open the network for its clients."""
    from appliance.isolation.deputies import sound_server, sound_server_loads_modules

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
    """Check that the site's programs run as other users."""
    from appliance.tools.executable import separated

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
    """Check that the group that the configuration names is the one that can connect."""
    import grp

    path, group = settings.control_socket, settings.operators.group
    if path is None or group is None or not path.is_socket():
        return
    status = path.stat()
    try:
        reaches = status.st_gid == grp.getgrnam(group).gr_gid and status.st_mode & 0o060 == 0o060
    except KeyError:
        return  # `check_operators` reports it
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
            # The demonstration and replays need no sound card, so a box without one is no failure.
            yield Finding(direction, "warn", str(error), "`cloister devices` lists what there is")
