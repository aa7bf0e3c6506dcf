"""A real Chromium with a microphone that plays a file opens the kiosk's page and uses it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.conftest import CHECKOUT
from tests.fakes import tone
from tests.protocols.loopback import Loopback
from tests.protocols.rig import Exchange, served
from tests.protocols.test_kiosk import LONG

CLIENTS = CHECKOUT / ".tools" / "clients" / "node"
"""where ``make clients`` puts what the scripts of ``clients`` import"""

SCRIPT = CHECKOUT / "tests" / "protocols" / "clients" / "kiosk.mjs"

pytestmark = [pytest.mark.slow]


def test_a_visitor_talks_touches_and_reads(tmp_path: Path) -> None:
    chromium = shutil.which("chromium")
    if chromium is None or shutil.which("node") is None:
        pytest.skip("needs chromium and node: apt-get install chromium nodejs")
    if not (CLIENTS / "node_modules" / "playwright-core").is_dir():
        pytest.skip("needs the clients: make clients")
    # The browser plays it once from the moment at which the page opens the microphone.
    said = np.concatenate([np.zeros(48_000, np.float32), tone(1.2), np.zeros(480_000, np.float32)])
    soundfile.write(tmp_path / "said.wav", said, 16_000)
    answers: list[Exchange] = [("where is room one", ["On the first floor."]), ("long", [LONG])]
    shutil.copy(SCRIPT, CLIENTS / SCRIPT.name)
    with served(tmp_path, ["where is room one"], answers) as box, Loopback(box.path) as front:
        command = ["node", SCRIPT.name, f"http://127.0.0.1:{front.port}", chromium, str(tmp_path / "said.wav")]
        if pictures := os.environ.get("CLOISTER_PICTURES"):
            command.append(pictures)
        browser = subprocess.Popen(command, cwd=CLIENTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert browser.stdout is not None and browser.stderr is not None
        seen: dict[str, object] = {}
        for line in browser.stdout:
            if line == "LOSE\n":
                front.cut()
            elif line == "LOST\n":
                front.mend()
            else:
                seen = json.loads(line)
        assert browser.wait(30) == 0, browser.stderr.read()
    assert seen["errors"] == []
    assert seen["requests"] == [f"http://127.0.0.1:{front.port}"], "the page loads nothing but its own files"
    assert (seen["title"], seen["language"], seen["first_focus"]) == ("Test Clinic", "en-US", "attract")
    assert [text.splitlines()[-1] for text in seen["captions"]] == [  # type: ignore[attr-defined]
        *("Hello.", "where is room one", "On the first floor."),
    ]
    assert {name: seen[name] for name in seen if name.startswith("axe")} == {
        f"axe_{name}": [] for name in ("attract", "talk", "contrast", "emergency")
    }
    assert (seen["live"], seen["live_when_asked"]) == (None, "polite")
    assert seen["stopped"] and seen["muted"] == "The microphone is off"
    assert seen["lost"] == "Connection lost. Trying again …" and seen["back"] == "Ready"
    assert seen["emergency"] == "Help is on the way."
