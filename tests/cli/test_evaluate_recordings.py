"""``evaluate recordings`` and ``site learn`` with the real ears, on speech that is synthesized here."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import soundfile

from appliance.config.box import load_settings
from appliance.core.turn import Turn
from appliance.engines.tts.piper import PiperVoice
from appliance.language.english import ENGLISH
from tests.bench.recordings.place import SITE
from tests.cli.command import cloister
from tests.conftest import CHECKOUT

SAID = {
    "Where is the pharmacy?": "pharmacy_place",
    "Where can I park my car?": None,
    "I would like a large latte.": None,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Path:
    """Three sentences in the product's own voice, and one in flite's, if there is one, with a manifest."""
    folder = tmp_path_factory.mktemp("own")
    voice = PiperVoice(load_settings(starter), ENGLISH)
    rows = []
    for number, (text, entry) in enumerate(SAID.items()):
        name = f"canary-{number}.flac"
        pieces = [voiced.samples for voiced in voice.synthesize(text, Turn(number))]
        soundfile.write(folder / name, [sample for piece in pieces for sample in piece], voice.rate_hz)
        row = {"audio": name, "text": text, "voice": "own", "speaker": f"s{number}", "hypothesis:human": text}
        rows.append(row | ({"entry": entry} if entry else {}))
    if flite := shutil.which("flite"):
        text = "what time does the pharmacy open"
        subprocess.run([flite, "-voice", "kal", "-t", text, "-o", str(folder / "flite.wav")], check=True)
        rows.append({"audio": "flite.wav", "text": text, "voice": "flite", "speaker": "flite"})
    (folder / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    return folder


def test_a_folder_is_evaluated_and_compared_with_its_own_result(folder: Path, tmp_path: Path, starter: Path) -> None:
    before = sorted(path.name for path in folder.iterdir())
    run = ("evaluate", "recordings", folder, "--config", starter, "--work", tmp_path / "work")
    first = cloister(*run, "--json", "--html", tmp_path / "page.html", "--gate", "cer=0.9", "--price", 900)
    assert (first.returncode, first.stderr) == (0, "")
    result = json.loads(first.stdout)
    own, human = result["systems"]
    assert own["figures"]["rates"]["wer"]["value"] < 0.4 and human["figures"]["rates"]["wer"]["value"] == 0
    assert own["figures"]["answers"] == {"right": 1}
    assert own["figures"]["latency"]["n"] == len(own["outcomes"]) and own["cost_per_minute"] > 0
    assert "latte" not in first.stdout
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o600
    page = (tmp_path / "page.html").read_text()
    assert page.count("<audio") == len(own["outcomes"]) and "latte" in page
    (tmp_path / "result.json").write_text(first.stdout)
    again = cloister(*run, "--against", tmp_path / "result.json", "--gate", "no-worse", "--markdown", "--by", "voice")
    assert again.returncode == 0
    assert "| +0.0 (+0.0 to +0.0); 1 |" in again.stdout and "voice own: word error rate" in again.stdout
    failed = cloister(*run, "--gate", "wer=-1", "--forget", "--worst", 1)
    assert failed.returncode == 1 and failed.stderr.startswith("gate wer=-1: wer is ")
    assert "said:" in failed.stdout and list((tmp_path / "work").iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == before, "nothing is written beside the recordings"


def test_mistakes_are_told_before_anything_is_opened(folder: Path, tmp_path: Path, starter: Path) -> None:
    (tmp_path / "bad.csv").write_text("audio,text\nnone.wav,hello\nnone.wav,\n")
    done = cloister("evaluate", "recordings", tmp_path / "bad.csv", "--config", starter, "--work", tmp_path / "work")
    assert done.returncode == 2 and done.stdout == ""
    lines = done.stderr.splitlines()
    assert "bad.csv:2: " in lines[0] and "there is no such file" in lines[0] and "bad.csv:3: " in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("brain", "--html", "x"), "--html belongs to `cloister evaluate recordings`, not to `brain`"),
        (("brain", "folder"), "FOLDER belongs to `cloister evaluate recordings`, not to `brain`"),
        (("recordings",), "name the folder of the recordings"),
        (("recordings", "x", "--gate", "speed=1"), "--gate speed=1: must be no-worse, or the most"),
        (("recordings", "x", "--by", "=2"), "--by =2: names no column"),
        (("recordings", "x", "--column", "audio"), "--column audio: must be NAME=COLUMN"),
        (("recordings", "x", "--limit", "0"), "--limit: at least one recording must be left"),
        (("recordings", "x"), "x: there is no such folder"),
    ],
)
def test_a_wrong_command_line_is_one_line(arguments: tuple[str, ...], told: str, starter: Path) -> None:
    done = cloister("evaluate", *arguments, "--config", starter)
    assert done.returncode == 2 and told in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("flite") is None, reason="needs flite to say sentences in several voices")
def test_words_of_several_speakers_are_tried_on_others(tmp_path: Path, starter: Path) -> None:
    """Four of flite's voices read sentences with words that no ear knows. Whatever comes of it, the figures are told,
    the site's file is as it was, and sentences that were read aloud say nothing about patience."""
    sentences = ("where is the okonjo collection", "may i renew my zyzzyva membership")
    rows = []
    for voice in ("slt", "rms", "awb", "kal16"):
        for number, text in enumerate(sentences):
            name = f"{voice}-{number}.wav"
            subprocess.run(["flite", "-voice", voice, "-t", text, "-o", str(tmp_path / name)], check=True)
            rows.append({"audio": name, "text": text, "speaker": voice})
    (tmp_path / "manifest.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "site.yaml").write_text(SITE)
    output = tmp_path / "learned"
    done = cloister(
        *("site", "learn", tmp_path, "--config", starter, "--site", tmp_path / "site.yaml"),
        *("--work", tmp_path / "work", "-o", output, "--forget"),
    )
    assert done.stderr == "" and done.returncode == (0 if output.exists() else 1)
    lines = done.stdout.splitlines()
    assert lines[0] == "learnt from 4 recordings, tried on 4 others, by speaker"
    assert any(line.startswith("  word error rate: ") for line in lines)
    assert "  0 and 0 pauses within turns are too few: 30 are needed in each half" in lines
    assert "zyzzyva" not in done.stdout and (tmp_path / "site.yaml").read_text() == SITE
    assert list((tmp_path / "work").iterdir()) == []


@pytest.mark.slow
def test_recordings_of_people(shared: Path, tmp_path: Path, starter: Path) -> None:
    """Groups of a public set, read with its own names of columns."""
    done = cloister(
        *("evaluate", "recordings", shared / "A-asr-dev", "--config", starter, "--work", tmp_path / "work"),
        *("--column", "audio=file", "--by", "accent", "--by", "age=16", "--limit", "4", "--json"),
    )
    assert done.returncode == 0, done.stderr
    (system,) = json.loads(done.stdout)["systems"]
    assert system["figures"]["recordings"] == 4 and set(system["groups"]) == {"accent", "age"}
    assert CHECKOUT.as_posix() not in json.dumps(system["outcomes"])
