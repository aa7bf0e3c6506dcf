"""The ``cloister`` command: a thin verb per job.

Exit codes: 0 it worked; 1 it worked and the verdict is no (a check failed, a reply was wrong); 2 the command line or a
configuration file is wrong; 3 a device, model or tool cannot do its work, or a fault of ours; 130 it was interrupted.
One line says what and what to do.
"""

from __future__ import annotations

import argparse
import dataclasses
import getpass
import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from appliance import __version__
from appliance.cli import appointments, assurance
from appliance.config.box import Settings, load_settings
from appliance.config.reader import ConfigError
from appliance.config.site import Site, load_site
from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from appliance.core.facts import Transcript
from appliance.core.faults import fault
from appliance.core.plain_text import show
from appliance.core.ports import PortError

if TYPE_CHECKING:
    from appliance.bench.markdown import Measured
    from appliance.runtime.appliance import Daemon

CHECKOUT = Path(__file__).resolve().parents[2]
STARTER = CHECKOUT / "models" / "starter" / "cloister.yaml"
REFERENCE_SITE = CHECKOUT / "appliance" / "sites" / "hospital.yaml"
INSTALLED = Path("/etc/cloister/cloister.yaml")

OK, VERDICT_NO, WRONG_INPUT, CANNOT, INTERRUPTED = 0, 1, 2, 3, 130

_FORGET_EVERY_S = 600.0
"""how often tools are asked to forget what they have kept for long enough"""

_WATCHDOG_STALL_S = 20.0
"""A loop without progress for this long is stuck: longer than any engine call, shorter than a visitor's patience."""


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        verb: Callable[[argparse.Namespace], int] = options.verb
        return verb(options)
    except ConfigError as error:
        for problem in error.problems:
            show(problem, to=sys.stderr)
        return WRONG_INPUT
    except PortError as error:
        show(f"cloister: {error}", to=sys.stderr)
        return CANNOT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`| head`), which is its right.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            show(f"cloister: {error.filename}: {error.strerror}; look at its owner and its mode", to=sys.stderr)
            return CANNOT
        if os.environ.get("CLOISTER_TRACEBACK"):
            raise
        # A message may quote what was said, and standard error is the journal.
        print(
            f"cloister: a fault of ours: {fault(error)}; please report it, with what CLOISTER_TRACEBACK=1 shows",
            file=sys.stderr,
        )
        return CANNOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cloister",
        description="A voice appliance that never makes a network call.",
        epilog="Exit codes: 0 done, 1 the verdict is no, 2 wrong input, 3 a device, model or tool cannot do its work.",
    )
    parser.add_argument("--version", action="version", version=f"cloister {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)

    def verb(
        name: str, run: Callable[[argparse.Namespace], int], about: str, *, json_too: bool = False
    ) -> argparse.ArgumentParser:
        sub = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        sub.set_defaults(verb=run)
        default = Path(os.environ.get("CLOISTER_CONFIG", INSTALLED if INSTALLED.exists() else STARTER))
        sub.add_argument(
            "-c",
            "--config",
            type=Path,
            default=default,
            metavar="FILE",
            help="cloister.yaml of this box (default: %(default)s)",
        )
        sub.add_argument(
            "-s", "--site", type=Path, metavar="FILE", help="site file, instead of the one the configuration names"
        )
        if json_too:
            sub.add_argument("--json", action="store_true", help="print JSON, for a program to read")
        return sub

    verb("run", _run, "run the daemon on this box's microphone and speaker, as the service does")

    status = verb("status", _status, "ask the running daemon how it is, through its control socket")
    status.add_argument("--follow", action="store_true", help="print its facts as they happen, a line of JSON each")
    status.add_argument("--visitor", action="store_true", help="tell it that a visitor arrived, as a sensor would")

    demo = verb("demo", _demo, "let a recorded visitor talk with the appliance and check every reply", json_too=True)
    demo.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("build/demo"),
        metavar="DIR",
        help="where the recording, report and picture go (default: %(default)s)",
    )
    demo.add_argument("--fast", action="store_true", help="as fast as this machine can, instead of in real time")
    demo.add_argument("--aloud", action="store_true", help="also play the conversation on the sound card")

    talk = verb("talk", _talk, "talk with the appliance here, with a live view of what it hears and how fast it is")
    talk.add_argument("--greet", action="store_true", help="let the appliance speak first")

    chat = verb(
        "chat",
        _chat,
        "talk with the appliance in writing: the same replies, tools and emergencies, without sound; after a "
        "conversation was closed, the next line opens a new one",
    )
    chat.add_argument(
        "--script", type=Path, metavar="FILE", help="a visitor's line per line; - reads standard input (default: ask)"
    )
    chat.add_argument(
        "--now", type=_moment, metavar="TIME", help="what the clock shows all the while, as in 2026-11-18T14:45"
    )
    chat.add_argument(
        "--state",
        type=Path,
        metavar="DIR",
        help="where the tools keep their state, such as the appointment book (default: a new folder, thrown away)",
    )
    chat.add_argument("--json", action="store_true", help="print one JSON object per visitor's line")

    replay = verb("replay", _replay, "let a recording talk with the appliance", json_too=True)
    replay.add_argument("file", type=Path, help="sound file with a visitor's speech, any rate")
    replay.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write the conversation as a stereo file, visitor left, appliance right",
    )
    replay.add_argument("--fast", action="store_true", help="as fast as this machine can, instead of in real time")

    check = verb(
        "check", _check, "check configuration, models and devices, each with a verdict and a remedy", json_too=True
    )
    check.add_argument(
        "--fields",
        choices=["site", "box"],
        help="check nothing; print every field of that file with its type, range, default and meaning, as Markdown",
    )
    verb("devices", _devices, "list sound devices", json_too=True)

    models = verb(
        "models",
        _models,
        "list the models that run here; verify those of this box, or prepare them for its site",
        json_too=True,
    )
    models.add_argument("action", choices=["list", "show", "verify", "prepare"], nargs="?", default="list")
    models.add_argument("id", nargs="?", help="model to show")

    say = verb("say", _say, "speak a text")
    say.add_argument("text")
    say.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write a sound file instead of using the speaker"
    )

    transcribe = verb("transcribe", _transcribe, "write down what is said in recordings", json_too=True)
    transcribe.add_argument("files", type=Path, nargs="+", metavar="file")

    evaluate = verb(
        "evaluate", _evaluate, "measure how good the ear, the voice or the brain is, in a checkout", json_too=True
    )
    evaluate.add_argument(
        "part",
        choices=["ear", "voice", "brain", "spoken", "language", "consent"],
        help="ear: recordings of people; voice: how well it is understood; brain: written questions and dialogues; "
        "spoken: questions said by flite in noise, heard and answered (takes a quarter of an hour without --limit); "
        "language: dates, times, numbers, names and opening hours in written sentences; "
        "consent: yes and no, emergencies, and that nothing is done without a yes",
    )
    evaluate.add_argument("--limit", type=int, metavar="N", help="use only the first N samples of each set")
    evaluate.add_argument(
        "--shared", type=Path, metavar="DIR", help="recordings to measure with (default: $CLOISTER_SHARED or ../shared)"
    )

    bench = verb("bench", _bench, "measure how fast this box is", json_too=True)
    bench.add_argument(
        "what",
        choices=["gap", "turns", "processor"],
        nargs="?",
        default="gap",
        help="gap: response gap, memory, start-up, idle load; turns: end of turn, speculation, barge-in, history (in a "
        "checkout); processor: tokens per second of the language model with each library for this processor",
    )
    bench.add_argument("--limit", type=int, metavar="N", help="turns: use only N turns of each group")
    for measuring in (evaluate, bench):
        measuring.add_argument(
            "--markdown",
            action="store_true",
            help="print a table in Markdown with command, date, kind of machine and sample sizes, for a document",
        )
    bench.add_argument("--part", action="append", metavar="NAME", help="turns: only this part; may be repeated")
    bench.add_argument(
        "--shared", type=Path, metavar="DIR", help="recordings to measure with (default: $CLOISTER_SHARED or ../shared)"
    )
    assurance.register(verb)
    appointments.register(verb)

    from appliance.bundle import commands

    bundle = verbs.add_parser("bundle", help="build, verify, install and take back signed bundles")
    bundle.set_defaults(verb=commands.run)
    more = commands.declare(bundle)
    build = more.add_parser(
        "build", help="put everything that a box needs into one signed file (on a connected machine)"
    )
    build.set_defaults(job=_build_bundle)
    build.add_argument("-o", "--output", type=Path, required=True, metavar="NAME.cloister-bundle")
    build.add_argument("--version", type=int, required=True, metavar="N", help="number of the bundle, grows with each")
    build.add_argument("--key", type=Path, required=True, metavar="FILE", help="secret key, of `cloister bundle key`")
    build.add_argument(
        "-c",
        "--config",
        type=Path,
        default=STARTER,
        metavar="FILE",
        help="cloister.yaml that names the models (default: %(default)s)",
    )
    build.add_argument(
        "-s", "--site", type=Path, metavar="FILE", help="site file, instead of the one the configuration names"
    )
    build.add_argument(
        "--wheel", type=Path, action="append", default=[], metavar="FILE", help="use this wheel, do not fetch or build"
    )
    build.add_argument(
        "--question", type=Path, metavar="FILE", help="recording of a question that this site can answer"
    )
    build.add_argument("--expect", metavar="WORDS", help="words that the answer to --question must contain")
    build.add_argument(
        "--name", metavar="NAME", help="product, whose versions are counted (default: from --output, without -VERSION)"
    )
    build.add_argument("--made", default=commands.today(), metavar="DATE", help="date of the build (default: today)")
    build.add_argument(
        "--not-after", default="", metavar="DATE", help="the last date on which boxes install it (default: none)"
    )
    sign = more.add_parser("sign", help="let one more key sign a bundle, a consent or a revocation list")
    sign.set_defaults(job=_sign_bundle)
    sign.add_argument("file", type=Path)
    sign.add_argument("--key", type=Path, required=True, metavar="FILE", help="secret key")
    installer = more.add_parser("installer", help="write the installer for a box that has no version yet")
    installer.set_defaults(job=_write_installer)
    installer.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    installer.add_argument("--key", type=Path, metavar="FILE", help="secret key: also sign it, in FILE.minisig")
    return parser


def _moment(text: str) -> datetime:
    """A point in time on the command line."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 2026-11-18T14:45") from None


# --- shared parts -------------------------------------------------------------------------------------------------


def _load(options: argparse.Namespace) -> tuple[Settings, Site]:
    settings = load_settings(options.config)
    if options.site is not None:
        settings = dataclasses.replace(settings, site=options.site)
    return settings, load_site(settings.site)


def _seal(*, sound: bool = False) -> None:
    """From here on this process can open no socket but a local one, and connect to nothing but, where it uses
    ``sound``, the sound server of this box."""
    from appliance.isolation.seal import Needs, seal

    seal(Needs.here() if sound else Needs())


def _shared(options: argparse.Namespace) -> Path:
    given: Path | None = options.shared
    return given or Path(os.environ.get("CLOISTER_SHARED", CHECKOUT.parent / "shared"))


def _print_json(value: object) -> None:
    show(*json.dumps(value, indent=2, default=_plain).split("\n"))


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    return str(value)


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; SIGUSR1 prints every thread's stack."""
    import faulthandler

    told = threading.Event()

    def tell(_signal: int, _frame: FrameType | None) -> None:
        told.set()

    faulthandler.register(signal.SIGUSR1, all_threads=True)
    before = {number: signal.signal(number, tell) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _running(daemon: Daemon) -> Iterator[None]:
    """The daemon, from its start to its end, however that comes. What is not stopped still holds its devices and
    resamplers when the interpreter ends, and libraries then complain on standard error that they leak."""
    before = threading.excepthook
    threading.excepthook = daemon.thread_failed
    try:
        daemon.start()
        yield
    finally:
        daemon.stop()
        threading.excepthook = before


# --- verbs --------------------------------------------------------------------------------------------------------


def _run(options: argparse.Namespace) -> int:
    from appliance.bundle import running
    from appliance.control.server import ControlSocket
    from appliance.devices.sound_card import open_sound_card, require_sound_card
    from appliance.isolation.seal import lock_memory
    from appliance.runtime import systemd
    from appliance.runtime.appliance import Daemon
    from appliance.runtime.assemble import assemble
    from appliance.tools.audited import forget_what_is_due

    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    systemd.connect()
    _seal(sound=True)
    lock_memory()
    settings, site = _load(options)
    if reason := assurance.unrecordable(settings):
        _stand_by(settings, site, reason)
        # Started anew, it finds room.
        raise reason
    require_sound_card(settings.audio)
    with assurance.accounted(options.config, settings) as ledger:
        installations = assurance.Installations(running.store(), settings.state, ledger)
        installations.tell()
        systemd.status("loading models")
        settings = assurance.signed_models(settings)
        engines = assemble(settings, site, ledger=ledger, open_air=True)
        microphone, speaker = open_sound_card(settings.audio, engines.voice.rate_hz)
        archive = assurance.archive(settings, site)
        daemon = Daemon(settings, site, engines, microphone, speaker, ledger, archive)
        control = (
            ControlSocket(
                settings.control_socket,
                daemon,
                words=site.privacy.publish_transcripts,
                operators=settings.operators,
                ledger=ledger,
                statement=assurance.statement(options.config, settings, site, ledger),
                archive=settings.state / "recordings",
            )
            if settings.control_socket
            else None
        )
        with _until_told() as told, _running(daemon):
            if control is not None:
                control.start()
            systemd.ready("listening")
            logging.getLogger("cloister").info("listening for %s", site.name)
            forget_s = 0.0
            try:
                while not told.is_set() and not daemon.wait(timeout_s=1.0):
                    installations.tell()
                    if time.monotonic() >= forget_s:
                        forget_what_is_due(engines.tools)
                        forget_s = time.monotonic() + _FORGET_EVERY_S
                    if daemon.stalled_s() < _WATCHDOG_STALL_S:
                        systemd.watchdog()
            finally:
                systemd.stopping()
                if control is not None:
                    control.stop()
    return OK


def _stand_by(settings: Settings, site: Site, reason: PortError) -> None:
    """Tell visitors that there is no talking, until conversations can be recorded."""
    from appliance.devices.sound_card import open_sound_card
    from appliance.engines.tts.piper import PiperVoice
    from appliance.engines.vad.silero import SileroVad
    from appliance.runtime import systemd
    from appliance.runtime.standby import OutOfOrder

    logging.getLogger("cloister").error("%s", reason)
    voice = PiperVoice(assurance.signed_models(settings))
    devices = open_sound_card(settings.audio, voice.rate_hz)
    with _until_told() as told:

        def over() -> bool:
            systemd.not_ready_yet(f"out of order: {reason}")
            return told.is_set() or assurance.unrecordable(settings) is None

        OutOfOrder(*devices, SileroVad().stream(), voice, site.prompts.out_of_order).until(over)


def _status(options: argparse.Namespace) -> int:
    from appliance.control.client import follow, request

    path = load_settings(options.config).control_socket
    if path is None:
        raise PortError(
            f"the control socket is off; add the lines `control_socket: control.sock` and `operators: {{listen: "
            f"[{getpass.getuser()}]}}` to {options.config}, then start `cloister run` again"
        )
    if options.visitor:
        request(path, "visitor")
    elif options.follow:
        for fact in follow(path):
            show(json.dumps(fact))
            sys.stdout.flush()
    else:
        _print_json(request(path, "status"))
    return OK


def _demo(options: argparse.Namespace) -> int:
    _seal(sound=options.aloud)
    from appliance.bench.demo.runner import run_demo

    # Not on the record: its visitor is a recording, and its tools act on a book of their own, which is thrown away.

    return run_demo(options.config, options.output, fast=options.fast, aloud=options.aloud, as_json=options.json)


def _talk(options: argparse.Namespace) -> int:
    from appliance.cli.view import LevelMeter, LiveView
    from appliance.devices.sound_card import open_sound_card, require_sound_card
    from appliance.runtime.appliance import Daemon
    from appliance.runtime.assemble import assemble

    logging.basicConfig(level=logging.ERROR, format="%(levelname)s %(message)s", stream=sys.stderr)
    _seal(sound=True)
    settings, site = _load(options)
    require_sound_card(settings.audio)
    print("loading models …", file=sys.stderr)
    # Whoever talks here is a visitor like any other: on the record, and recorded where the site wants that.
    with assurance.accounted(options.config, settings) as ledger:
        engines = assemble(settings, site, ledger=ledger, open_air=True)
        microphone, speaker = open_sound_card(settings.audio, engines.voice.rate_hz)
        meter = LevelMeter(microphone)
        daemon = Daemon(settings, site, engines, meter, speaker, ledger, assurance.archive(settings, site))
        view = LiveView(daemon.subscribe(), meter, sys.stdout)
        with _until_told() as told, _running(daemon):
            if options.greet:
                daemon.visitor_arrived()
            try:
                while not told.is_set() and not daemon.wait(timeout_s=0.1):
                    view.refresh()
            finally:
                view.close()
    return OK


def _chat(options: argparse.Namespace) -> int:
    from appliance.cli import chat

    _seal()
    settings, site = _load(options)
    draft = options.site is not None
    chat.run(settings, site, options.script, options.now, options.state, as_json=options.json, draft=draft)
    return OK


def _replay(options: argparse.Namespace) -> int:
    from appliance.cli.view import narrate
    from appliance.devices.wave import WaveLine, read_speech
    from appliance.runtime.appliance import Daemon
    from appliance.runtime.assemble import assemble

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    _seal()
    settings, site = _load(options)
    speech = read_speech(options.file)
    # A recording asks, and the tools do for it what they do for a visitor: on the record like a visitor's.
    with assurance.accounted(options.config, settings) as ledger:
        engines = assemble(settings, site, ledger=ledger)
        line = WaveLine(engines.voice.rate_hz, "fast" if options.fast else "real")
        daemon = Daemon(settings, site, engines, line.microphone, line.speaker, ledger)
        line.settled = daemon.settled
        facts = daemon.subscribe()
        # After the last word the reply must be heard: the line stays open until the appliance has been quiet a while.
        end_s = (line.say(speech, after_s=0.5) + len(speech)) / SAMPLE_RATE_HZ
        with _until_told() as told, _running(daemon):
            for text in narrate(facts, told, end_s, as_json=options.json):
                show(text)
                sys.stdout.flush()
            daemon.wait(timeout_s=0)  # raises what ended it, where something did
            interrupted = told.is_set()
    if interrupted:
        return INTERRUPTED
    if options.output:
        line.save_stereo(options.output)
    return OK


def _check(options: argparse.Namespace) -> int:
    from appliance.cli.check import check, wrong_input
    from appliance.config.fields import page

    if options.fields:
        print(page(options.fields))
        return OK
    findings = []
    for finding in check(options.config, options.site, _preparing):
        findings.append(finding)
        if not options.json:
            show(*finding.line().split("\n"))
            sys.stdout.flush()
    if options.json:
        _print_json([dataclasses.asdict(finding) for finding in findings])
    if wrong_input(findings):
        return WRONG_INPUT
    return VERDICT_NO if any(finding.verdict == "fail" for finding in findings) else OK


def _devices(options: argparse.Namespace) -> int:
    from appliance.devices.sound_card import list_devices

    devices = list_devices()
    if options.json:
        _print_json([dataclasses.asdict(device) for device in devices])
    elif not devices:
        print("no sound device found")
    else:
        for device in devices:
            show(device.line())
    return OK


def _models(options: argparse.Namespace) -> int:
    from appliance.engines import catalog

    if options.action == "prepare":
        return _prepare_models(options)
    if options.action == "verify":
        from appliance.cli.check import check_models

        findings = check_models(load_settings(options.config))
        for finding in findings:
            show(*finding.line().split("\n"))
        return VERDICT_NO if any(finding.verdict == "fail" for finding in findings) else OK
    models = catalog.load_catalog(catalog.CATALOG)
    if options.action == "show":
        if options.id is None:
            raise PortError("`cloister models show` needs the id of a model; `cloister models` lists them")
        model = models.find(options.id)
        if options.json:
            _print_json(catalog.as_json(model))
        else:
            print("\n".join(catalog.description(model)))
    elif options.json:
        _print_json([catalog.as_json(model) for model in models.models])
    else:
        print("\n".join(catalog.lines(models.models)))
    return OK


def _prepare_models(options: argparse.Namespace) -> int:
    """Do at set-up what the first start would otherwise wait for."""
    from appliance.engines.asr import moonshine
    from appliance.engines.embedding.minilm import convert
    from appliance.runtime.assemble import assemble

    _seal()
    settings, site = _load(options)
    if settings.brain.embedder is not None and not settings.brain.embedder.exists():
        print(f"converting the retrieval model to {settings.brain.embedder}", flush=True)
        convert(settings.brain.embedder)
    if settings.ear.moonshine is not None and not settings.ear.moonshine.directory.exists():
        print(f"putting the ear's model into {settings.ear.moonshine.directory}", flush=True)
        moonshine.install(settings.ear.moonshine.directory)
    assemble(settings, site, step=_preparing)
    return OK


def _preparing(what: str) -> None:
    """Tell what takes seconds, and the first time longer."""
    show(f"preparing {what} …", to=sys.stderr)
    sys.stderr.flush()


def _say(options: argparse.Namespace) -> int:
    from appliance.engines.tts.piper import PiperVoice
    from appliance.speaking.speak import say_all

    _seal(sound=not options.output)
    settings = load_settings(options.config)
    if not any(c.isalnum() for c in options.text):
        raise ConfigError(["cloister say: there is nothing to say in that text"])
    voice = PiperVoice(settings)
    if options.output:
        from appliance.devices.wave import write_sound

        write_sound(options.output, say_all(voice, options.text), voice.rate_hz)
        return OK
    from appliance.devices.sound_card import play

    play(settings.audio, say_all(voice, options.text), voice.rate_hz)
    return OK


def _transcribe(options: argparse.Namespace) -> int:
    from appliance.devices.wave import read_speech
    from appliance.engines.asr.combined import open_ear
    from appliance.engines.vad.silero import SileroVad
    from appliance.hearing.listen import holds_speech

    _seal()
    settings, site = _load(options)
    recordings: list[tuple[Path, Samples]] = []
    results: list[dict[str, object]] = []
    for file in options.files:
        try:
            recordings.append((file, read_speech(file)))
        except PortError as error:
            # The others are written down all the same.
            print(f"cloister: {error}", file=sys.stderr)
            results.append({"file": str(file), "error": str(error)})
    ear, vad = (open_ear(settings, site).stream(), SileroVad().stream()) if recordings else (None, None)
    for file, speech in recordings:
        assert ear is not None and vad is not None
        begun = time.monotonic()
        heard = Transcript("", 0.0, "silence")
        # An ear makes words of anything, also of nothing.
        if holds_speech(vad, speech):
            ear.start()
            ear.accept(speech)
            heard = ear.finish()
        seconds = len(speech) / SAMPLE_RATE_HZ
        results.append(
            {
                "file": str(file),
                "text": heard.text,
                "confidence": heard.confidence,
                "ear": heard.ear,
                "seconds": seconds,
                "real_time_factor": (time.monotonic() - begun) / seconds,
            }
        )
        if not options.json:
            show(heard.text if len(options.files) == 1 else f"{file}: {heard.text}")
            sys.stdout.flush()
    if options.json:
        order = [str(file) for file in options.files]
        _print_json(sorted(results, key=lambda result: order.index(str(result["file"]))))
    return CANNOT if len(recordings) < len(options.files) else OK


def _evaluate(options: argparse.Namespace) -> int:
    from appliance.bench.checkout import open_workbench

    _seal()
    module = open_workbench(options.part)
    settings, site = _load(options)
    result = module.evaluate(settings, site, _shared(options), options.limit)
    _print_figures(options, ["evaluate", options.part], result)
    return OK


def _bench(options: argparse.Namespace) -> int:
    _seal()
    if options.what == "turns":
        from appliance.bench.checkout import open_workbench

        turns = open_workbench("turns")
        settings, site = _load(options)
        result = turns.bench(settings, site, _shared(options), options.limit, options.part or turns.PARTS)
    elif options.what == "processor":
        from appliance.bench import processor

        settings, _ = _load(options)
        result = processor.bench(settings, options.config)
    else:
        from appliance.bench import gap

        settings, site = _load(options)
        result = gap.bench(settings, site, datetime.now())
    parts = [word for part in options.part or () for word in ("--part", part)]
    _print_figures(options, ["bench", options.what, *parts], result)
    return OK


def _print_figures(options: argparse.Namespace, command: list[str], result: Measured) -> None:
    """In the form that was asked for; ``command`` is what measured them, but for the options that both verbs have."""
    from appliance.bench.markdown import markdown

    if options.json:
        _print_json(result)
    elif options.markdown:
        limit = [] if options.limit is None else ["--limit", str(options.limit)]
        print(markdown(" ".join(["cloister", *command, *limit]), result, date.today()))
    else:
        print(result.table())


def _build_bundle(options: argparse.Namespace) -> int:
    from appliance.attestation import fingerprint
    from appliance.bundle import WrongInput, commands
    from appliance.bundle.builder import INSTALLER, Recipe, build

    if (options.question is None) != (options.expect is None):
        raise WrongInput("--question and --expect belong together")
    question, answer, question_site = CHECKOUT / "tests/data/pharmacy.flac", "main hall", REFERENCE_SITE
    if options.question is not None:
        question, answer = options.question, options.expect
        question_site = options.site or load_settings(options.config).site
    recipe = Recipe(
        checkout=CHECKOUT,
        settings=options.config,
        site=options.site,
        name=options.name or options.output.name.removesuffix(".cloister-bundle").removesuffix(f"-{options.version}"),
        version=options.version,
        made=options.made,
        not_after=options.not_after,
        question=question,
        answer=answer,
        question_site=question_site,
        given=tuple(options.wheel),
    )
    key = commands.secret_key(options.key)
    bundle = build(recipe, key, options.output, commands.Bar())
    print(f"{options.output}: version {bundle.version}, {len(bundle.files)} files, {bundle.size() / 1e6:.0f} MB")
    installer = options.output.with_name(INSTALLER)
    print(
        f"{installer}: for boxes that have no version yet. Write on paper, for who installs them:\n"
        f"  key     {key.public().line()}\n  SHA-256 {fingerprint.file_hash(installer)}"
    )
    return OK


def _sign_bundle(options: argparse.Namespace) -> int:
    from appliance.bundle import builder, commands

    key = commands.secret_key(options.key)
    print(f"{options.file}: {key.id} signed {builder.add_signature(options.file, key, commands.Bar())}")
    return OK


def _write_installer(options: argparse.Namespace) -> int:
    from appliance.bundle import builder, commands

    key = commands.secret_key(options.key) if options.key else None
    print(f"{builder.write_installer(options.output, key)}  {options.output}")
    return OK
