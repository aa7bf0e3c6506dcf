"""A booted machine with the appliance in it as its unit runs it, and a sound server in place of air. The server is one
for the whole machine, as on a box without a sound card (a dynamic user reaches no user's sound server).
"""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
import yaml

from appliance.core.audio import SAMPLE_RATE_HZ, Samples
from tests.containers import CHECKOUT, Machine
from tests.pulse import BLOCK_S, from_pcm, sounding, to_pcm, understood

UNITS = CHECKOUT / "systemd"
UNIT = UNITS / "cloister.service"
QUESTION = CHECKOUT / "tests" / "data" / "pharmacy.flac"
EMBEDDER = "all-minilm-l6-v2.gguf"
ANSWER = {"pharmacy", "main", "hall", "flower", "shop", "beside"}
"""words of the answer to the question"""

_SOUND_SERVER = """
load-module module-null-sink sink_name=spk rate=16000 channels=1 format=s16le
load-module module-null-sink sink_name=micfeed rate=16000 channels=1 format=s16le
load-module module-remap-source source_name=mic master=micfeed.monitor
set-default-sink spk
set-default-source mic
load-module module-native-protocol-unix auth-anonymous=1 socket=/run/air/native
"""

_SOUND_UNIT = """
[Unit]
Before=cloister.service
Wants=awake@micfeed.service awake@spk.service
[Service]
Environment=HOME=/run/sound PULSE_RUNTIME_PATH=/run/sound PULSE_STATE_PATH=/run/sound PULSE_COOKIE=/run/sound/cookie
RuntimeDirectory=sound air
RuntimeDirectoryPreserve=yes
ExecStart=pulseaudio -n -F /etc/sound.pa --daemonize=no --exit-idle-time=-1 --disable-shm=yes --use-pid-file=no \\
    --disallow-module-loading
"""

# Idle sinks run in long blocks and lose the first 20 ms.
_AWAKE_UNIT = """
[Unit]
After=sound-server.service
BindsTo=sound-server.service
[Service]
Environment=PULSE_SERVER=unix:/run/air/native
ExecStartPre=sh -c 'until [ -S /run/air/native ]; do sleep 0.1; done'
ExecStart=pacat -p --device=%i --latency-msec=20 --raw --rate=16000 --channels=1 --format=s16le /dev/zero
"""

SOUND_DROP_IN = UNITS / "cloister-sound.conf"

_CODE = "/opt/cloister/code"
_SLOT = "/opt/cloister/a"

MOUNTS = {
    f"{_CODE}/appliance": CHECKOUT / "appliance",
    f"{_CODE}/systemd": CHECKOUT / "systemd",
    f"{_CODE}/packages": Path(sysconfig.get_path("purelib")),
    f"{_CODE}/models": CHECKOUT / "build" / "models",
}
"""This checkout and its environment, in place of an installed bundle: Debian 12 has the same version of Python."""

_RAW = "--raw --rate=16000 --channels=1 --format=s16le"


def install_code(machine: Machine) -> None:
    """Lay out this checkout's code and units, without models and configuration."""
    slot = machine.root / _SLOT.lstrip("/")
    (slot / "venv").mkdir(parents=True)
    (slot.parent / "current").symlink_to("a")
    subprocess.run(
        ["chroot", machine.root, "python3", "-m", "venv", "--without-pip", f"{_SLOT}/venv"],
        check=True,
        capture_output=True,
    )
    paths = slot / "venv/lib/python3.11/site-packages/cloister.pth"
    paths.write_text(f"{_CODE}\n{_CODE}/packages\n")
    command = slot / "venv/bin/cloister"
    command.write_text(
        f"#!{_SLOT}/venv/bin/python3\nimport sys\nfrom appliance.cli.main import main\nsys.exit(main())\n"
    )
    command.chmod(0o755)
    for pattern in ("*.service", "*.socket"):
        for unit in UNITS.glob(pattern):
            shutil.copy(unit, machine.root / "etc/systemd/system")


def install_appliance(machine: Machine) -> None:
    """Lay out what `cloister bundle install` lays out, with this checkout's code, models and unit."""
    install_code(machine)
    slot = machine.root / _SLOT.lstrip("/")
    starter = CHECKOUT / "models" / "starter"
    models = slot / "models"
    shutil.copytree(starter, models)
    box = yaml.safe_load((starter / "cloister.yaml").read_text())
    box["site"] = f"{_CODE}/appliance/sites/hospital.yaml"
    box["ear"]["moonshine"]["directory"] = f"{_CODE}/models/moonshine-tiny-en"
    box["ear"]["ctc"] = {"head": f"{_SLOT}/models/ctc/head.int8.onnx", "encoder": f"{_CODE}/models/moonshine-tiny-en"}
    brain = {name: f"{_SLOT}/models/{box['brain'][name]}" for name in ("model", "answers")}
    box["brain"] = brain | {"embedder": f"{_CODE}/models/{EMBEDDER}"}
    box["voice"]["model"] = f"{_SLOT}/models/{box['voice']['model']}"
    finality = {"weights": f"{_SLOT}/models/turns/finality.json", "encoder": f"{_CODE}/models/moonshine-tiny-en"}
    box["endpoint"]["finality"] = finality
    box |= {"state": "/var/lib/cloister", "prepared": "/var/lib/cloister/prepared"}
    box["control_socket"] = "/run/cloister/control"
    # What set-up prepared already need not be prepared again. systemd gives the folder to the dynamic user.
    (machine.root / "var/lib/private").mkdir(mode=0o700, exist_ok=True)
    shutil.copytree(CHECKOUT / "build" / "prepared", machine.root / "var/lib/private/cloister/prepared")
    etc = machine.root / "etc"
    (etc / "cloister").mkdir()
    (etc / "cloister/cloister.yaml").write_text(yaml.safe_dump(box))
    enable(machine, UNIT.name)


def install_sound(machine: Machine) -> None:
    """Give the machine a microphone and a loudspeaker, from its next boot on."""
    etc = machine.root / "etc"
    (etc / "sound.pa").write_text(_SOUND_SERVER)
    (etc / "systemd/system/sound-server.service").write_text(_SOUND_UNIT)
    (etc / "systemd/system/awake@.service").write_text(_AWAKE_UNIT)
    enable(machine, "sound-server.service")
    drop_in = etc / "systemd/system/cloister.service.d"
    drop_in.mkdir(parents=True, exist_ok=True)
    shutil.copy(SOUND_DROP_IN, drop_in / "sound.conf")


def enable(machine: Machine, unit: str) -> None:
    """Start a unit at every boot."""
    wants = machine.root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / unit).symlink_to(f"/etc/systemd/system/{unit}")


class Kiosk:
    """The appliance on its machine, and a visitor who speaks into the microphone and listens to the loudspeaker."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine

    @property
    def pid(self) -> int:
        """The process id of the daemon, as the machine counts."""
        return int(self.machine.show("cloister", "MainPID"))

    @property
    def listens(self) -> bool:
        """Whether systemd was told that it is ready."""
        return self.machine.show("cloister", "ActiveState") == "active"

    def must_listen(self, within_s: float = 180) -> float:
        """Wait until it listens. Returns the seconds that it took."""
        return self.machine.wait_for("listening", lambda: self.listens, within_s)

    def must_be_another_than(self, pid: int, within_s: float = 180) -> float:
        """Wait until a new process listens. Returns the seconds that it took."""
        return self.machine.wait_for("a restart", lambda: self.pid not in (0, pid) and self.listens, within_s)

    def must_answer(self, expected: set[str] = ANSWER) -> None:
        """Ask aloud, and again as a visitor would, since on shared cores late sound is lost. A recogniser that does not
        know the site must understand the right answer."""
        for _ in range(4):
            words = self.answered()
            if len(expected & words) >= 2:
                return
        raise AssertionError(f"a stranger understood {sorted(words)}: {self.machine.journal('cloister')[-2000:]}")

    def mark(self) -> int:
        """Where the unit's journal ends now, for ``journal_since``. A cursor will not do: journalctl
        skips the first line of a unit after a cursor that stands on a line of another."""
        self.machine.run("journalctl", "--sync")
        return len(self.machine.journal("cloister"))

    def journal_since(self, mark: int) -> str:
        """The journal since then, by the unit and by systemd about it."""
        return self.machine.journal("cloister")[mark:]

    def say(self, samples: Samples) -> None:
        """Speak. Returns when all was said."""
        (self.machine.root / "var/tmp/say.raw").write_bytes(to_pcm(samples))
        self._shell(f"pacat -p --device=micfeed --latency-msec=2000 {_RAW} /var/tmp/say.raw")

    @contextmanager
    def recording(self) -> Iterator[Callable[[], Samples]]:
        """Record the loudspeaker. Yields a function that returns the samples so far, for use within the block."""
        name = f"heard-{uuid.uuid4().hex}"
        path = self.machine.root / f"var/tmp/{name}.raw"
        self.machine.shell(
            f"systemd-run --quiet --collect --unit={name} --setenv=PULSE_SERVER=unix:/run/air/native "
            f"sh -c 'exec parec --device=spk.monitor --latency-msec=20 {_RAW} > /var/tmp/{name}.raw'"
        )
        self.machine.wait_for("sound", lambda: path.exists() and path.stat().st_size > 0, 20)
        try:
            yield lambda: from_pcm(path.read_bytes())
        finally:
            self.machine.run("systemctl", "stop", name, check=False)
            path.unlink()

    def ask(self) -> None:
        """Ask aloud, without waiting for an answer."""
        self.say(soundfile.read(QUESTION, dtype="float32")[0])

    def answered(self) -> set[str]:
        """Ask the question aloud. Returns the words that such a recogniser understands of the answer."""
        with self.recording() as heard:
            time.sleep(1.0)
            self.ask()
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                loud = sounding(heard())
                if loud.any() and not loud[-round(2.5 / BLOCK_S) :].any():
                    break
                time.sleep(0.2)
            reply = heard()
        blocks = np.flatnonzero(sounding(reply))
        if not len(blocks):
            return set()
        block = round(BLOCK_S * SAMPLE_RATE_HZ)
        # Without the silence around it, which costs a recogniser as much time as speech.
        reply = reply[blocks[0] * block : (blocks[-1] + 1) * block]
        return understood(reply)

    def _shell(self, script: str) -> None:
        self.machine.shell(f"PULSE_SERVER=unix:/run/air/native {script}")
