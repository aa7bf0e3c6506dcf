"""Clients of others hold a spoken conversation with a real daemon and the built-in models.

Each client runs in an environment of its own (``make clients``), because some need other versions of a library than the
product. They come over TCP, as through the front of a box, which the loopback stands for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import soxr

from appliance.config.box import DoorSettings, load_settings
from appliance.config.site import load_site
from appliance.devices.wave import read_speech
from appliance.protocols.service import Service, open_doors
from appliance.protocols.sound import encode
from appliance.runtime.assemble import assemble, running
from tests.conftest import CHECKOUT
from tests.protocols.loopback import Loopback

pytestmark = pytest.mark.slow

CLIENTS = CHECKOUT / ".tools" / "clients"
SCRIPTS = CHECKOUT / "tests" / "protocols" / "clients"
VISITOR = CHECKOUT / "appliance" / "bench" / "demo" / "visitor"


@dataclass
class Daemon:
    """A daemon behind a proxy, and a recorded visitor."""

    url: str
    question: Path
    interruption: Path

    def converse(self, environment: str, script: str) -> dict[str, object]:
        """Run a client's script. Returns its account."""
        home = CLIENTS / environment
        if not (home / ".ready").exists():
            pytest.skip(f"{home} is missing: run `make clients`")
        path = SCRIPTS / script
        if environment == "node":
            # Node looks for packages beside the script.
            program, path = shutil.which("node") or "node", Path(shutil.copy(path, home))
        else:
            program = str(home / "bin" / "python")
        answer = subprocess.run(
            [program, str(path), self.url, str(self.question), str(self.interruption)],
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
            cwd=home,
            env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": str(SCRIPTS)},
        )
        lines = [line for line in answer.stdout.splitlines() if line.startswith("{")]
        assert answer.returncode == 0 and lines, answer.stdout[-3000:] + answer.stderr[-6000:]
        account: dict[str, object] = json.loads(lines[-1])
        return account


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Iterator[Daemon]:
    folder = tmp_path_factory.mktemp("clients")
    for name in ("q_toilet", "q_pharmacy"):
        speech = read_speech(VISITOR / f"{name}.opus")
        (folder / name).write_bytes(encode(soxr.resample(speech, 16_000, 24_000), "linear16"))
    settings = replace(load_settings(starter), state=folder, doors=(DoorSettings(folder / "door.sock"),))
    site = load_site(settings.site)
    engines = assemble(settings, site)
    with (
        running(settings, site, engines) as appliance,
        open_doors(Service(appliance, engines, site, settings)),
        Loopback(folder / "door.sock") as front,
    ):
        yield Daemon(f"http://127.0.0.1:{front.port}/v1", folder / "q_toilet", folder / "q_pharmacy")


@pytest.mark.parametrize(
    ("environment", "script"),
    [
        ("openai", "openai_client.py"),
        ("agents", "agents_client.py"),
        ("node", "agents_client.mjs"),
        ("livekit", "livekit_client.py"),
        ("pipecat", "pipecat_client.py"),
    ],
)
def test_a_client_asks_interrupts_and_truncates(daemon: Daemon, environment: str, script: str) -> None:
    account = daemon.converse(environment, script)
    assert account["errors"] == []
    heard, said = account["heard"], account["said"]
    assert isinstance(heard, list) and isinstance(said, list)
    assert "toilet" in heard[0] and "pharmacy" in heard[-1], heard
    assert "toilets are on every floor" in said[0] and "pharmacy" in said[-1], said
    assert account["interrupted"]
    assert isinstance(account["truncated_ms"], int), "the client cut the answer to what was heard"
    assert account["audio_s"] > 5  # type: ignore[operator]
