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
from tests.protocols.loopback import Loopback
from tests.protocols.rig import Exchange, served

PAGE = (CHECKOUT / "appliance" / "protocols" / "README.md").read_text(encoding="utf-8")
CURLS = re.findall(r"^\$ (curl .*)$", PAGE, re.M)
ANSWERS = {
    "transcriptions": "where is room one",
    "chat": "Behind the house.",
    "listen": "where is room one",
    "client_secrets": "ek_",
}


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


@pytest.mark.slow
@pytest.mark.parametrize(("language", "environment"), [("python", "openai"), ("js", "node")])
def test_each_program_of_openai_gets_an_answer(language: str, environment: str, tmp_path: Path) -> None:
    home = CHECKOUT / ".tools" / "clients" / environment
    if not (home / ".ready").exists():
        pytest.skip(f"{home} is missing: run `make clients`")
    (program,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.S)
    with served(tmp_path, [], [("where can I park", ["Behind the house."])]) as box, Loopback(box.path) as front:
        program = program.replace("/run/cloister/api.sock", str(box.path)).replace(
            "127.0.0.1:8080", f"127.0.0.1:{front.port}"
        )
        script = home / "page.mjs" if language == "js" else tmp_path / "page.py"
        script.write_text(program, encoding="utf-8")
        interpreter = shutil.which("node") if language == "js" else str(home / "bin" / "python")
        assert interpreter is not None
        done = subprocess.run([interpreter, script], cwd=home, capture_output=True, text=True, timeout=120)
    assert "Behind the house." in done.stdout, done.stderr


@pytest.mark.slow
def test_deepgrams_program_gets_an_answer(tmp_path: Path) -> None:
    python = CHECKOUT / ".tools" / "clients" / "deepgram" / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{python} is missing: run `make clients`")
    (program,) = re.findall(r"```python deepgram\n(.*?)```", PAGE, re.S)
    soundfile.write(tmp_path / "question.wav", tone(1.0), 16_000)
    with served(tmp_path, ["where is room one"]) as box, Loopback(box.path) as front:
        program = program.replace("127.0.0.1:8080", f"127.0.0.1:{front.port}")
        command = [str(python), "-c", program]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "where is room one\n", done.stderr


def test_wyomings_program_gets_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = re.findall(r"```python wyoming\n(.*?)```", PAGE, re.S)
    answers: list[Exchange] = [("where can I park", ["Behind the house."])]
    with served(tmp_path, [], answers, speaks="wyoming") as box:
        exec(program.replace("/run/cloister/wyoming.sock", str(box.path)), {})
    assert capsys.readouterr().out == "Behind the house.\n"


def test_every_way_is_shown() -> None:
    assert len(CURLS) == 5
