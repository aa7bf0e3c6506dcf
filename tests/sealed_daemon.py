"""A daemon in a process of its own, sealed and audited as `cloister run` does it, on a line that is silent.

Run as ``python -m tests.sealed_daemon CONFIG``, or with ``unsealed`` behind that as a control without a seal.
``serving`` does that and waits until it answers. Its engines are scripted, because the tests look at the process around
them. With ``spoken FILE`` the real engines hear a recording, as fast as they can. ``done`` is printed when it was
answered and the conversation is over.
"""

from __future__ import annotations

import io
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from appliance.cli.main import main as run_verb
from appliance.cli.process import until_told
from appliance.config.box import load_settings
from appliance.config.site import load_site
from appliance.control.client import request
from appliance.control.limits import Allowance
from appliance.control.server import ControlSocket
from appliance.core.ports import PortError
from appliance.devices.wave import WaveLine, read_speech
from appliance.isolation.seal import lock_memory, seal
from appliance.runtime import evidence
from appliance.runtime.assemble import assemble, running
from appliance.runtime.engines import Engines
from tests.fakes import VOICE_RATE_HZ, LoudnessVad, ScriptedEar, ScriptedResponder, ToneVoice

# Not from conftest, which brings pytest and hypothesis into the daemon: a third of what its start costs.
CHECKOUT = Path(__file__).resolve().parent.parent

SITE = """
name: Test Clinic
persona: {name: Ada, role: the voice assistant of a test clinic, greeting: Hello.}
"""


def configure(folder: Path, more: str = "", site: str = SITE) -> Path:
    """Write the configuration of a box in ``folder``, with models that are files of a few bytes."""
    (folder / "site.yaml").write_text(site)
    for name in ("brain.gguf", "voice.onnx", "voice.onnx.json"):
        (folder / name).write_text(f"stands for {name}")
    config = folder / "cloister.yaml"
    config.write_text(
        "site: site.yaml\near: {pocketsphinx: {}}\nbrain: {model: brain.gguf}\nvoice: {model: voice.onnx}\n"
        f"state: state\ncontrol_socket: control.sock\n{more}"
    )
    return config


def clean_environment() -> dict[str, str]:
    """The variables of this process's environment that a service would be started with."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ")
    return {name: value for name, value in os.environ.items() if name in kept}


@contextmanager
def serving(config: Path, *how: str) -> Iterator[subprocess.Popen[str]]:
    """A running daemon."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sealed_daemon", config, *how],
        cwd=CHECKOUT,
        env=clean_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for _ in range(2400):
            try:
                request(config.parent / "control.sock", "status")
                break
            except PortError:
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(60)


@dataclass
class Done:
    """The exit status and the output of a verb."""

    returncode: int
    stdout: str
    stderr: str


def cloister(config: Path, *arguments: object) -> Done:
    """Run a verb that does not seal in this process."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        code = run_verb([*map(str, arguments), "--config", str(config)])
    return Done(code, out.getvalue(), err.getvalue())


def main(config: Path, *how: str) -> None:
    if "unsealed" in how:
        kept = socket.socket(socket.AF_INET)
        kept.bind(("127.0.0.1", 0))
    else:
        seal()
    if "unbounded" in how:
        # For a test that fills a disk with records of commands.
        Allowance.take = lambda *_: True  # type: ignore[method-assign]
    settings = load_settings(config)
    site = load_site(settings.site)
    lock_memory()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    with evidence.audited_run(config, settings) as ledger:
        if "spoken" in how:
            engines = assemble(settings, site)
            line = WaveLine(engines.voice.rate_hz, "fast", record=False)
            line.say(read_speech(Path(how[-1])), after_s=0.5)
            line.hang_up(after_s=60.0)
        else:
            engines = Engines(LoudnessVad(), ScriptedEar([]), ToneVoice(), lambda *_: ScriptedResponder([]), {})
            line = WaveLine(VOICE_RATE_HZ, "real")
        archive = evidence.open_archive(settings, site)
        assert settings.control_socket is not None
        with until_told() as told, running(settings, site, engines, ledger, archive) as appliance:
            line.settled = appliance.settled
            control = ControlSocket(
                settings.control_socket,
                appliance,
                operators=settings.operators,
                ledger=ledger,
                statement=evidence.statement(config, settings, site, ledger),
                archive=settings.state / "recordings",
            )
            room = appliance.open_line(line.microphone, line.speaker)
            control.start()
            over = False
            while not told.is_set() and not appliance.wait(timeout_s=0.1):
                if room.ended and not over and appliance.settled():
                    over = True
                    print("done", flush=True)
            control.stop()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), *sys.argv[2:])
    except PortError as error:
        sys.exit(f"cloister: {error}")
