"""The commands of the page, as they stand there but for the socket."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import soundfile

from tests.conftest import CHECKOUT
from tests.fakes import tone
from tests.protocols.rig import served

PAGE = (CHECKOUT / "appliance" / "protocols" / "README.md").read_text(encoding="utf-8")
CURLS = re.findall(r"^\$ (curl .*)$", PAGE, re.M)
ANSWERS = {"transcriptions": "where is room one", "chat": "Behind the house.", "listen": "where is room one"}


@pytest.mark.parametrize("command", CURLS)
def test_each_curl_gets_an_answer(command: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("needs curl: apt-get install curl")
    soundfile.write(tmp_path / "question.wav", tone(1.0), 16_000)
    with served(tmp_path, ["where is room one"], [("where can I park", ["Behind the house."])]) as box:
        words = [str(box.path) if word == "/run/cloister/api.sock" else word for word in shlex.split(command)]
        done = subprocess.run([*words, "-sS", "--max-time", "60"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = next((answer for name, answer in ANSWERS.items() if name in command), "")
    assert expected in done.stdout
    if "speech" in command:
        assert len(soundfile.read(tmp_path / "morning.wav")[0]) > 5_000


def test_every_way_is_shown() -> None:
    assert len(CURLS) == 4
