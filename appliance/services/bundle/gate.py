"""The health gate: a new version must understand a spoken question and answer it right before it may run.

The question is a recording in the bundle, played to the new slot's own program through the wave devices: voice
activity, ear, brain and voice do their real work with the bundle's models, while the old version goes on talking to
visitors. No sound card is needed. The words of the answer are the bundle's as well; nothing of a visitor is involved.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from appliance.services.bundle import Refused

QUESTION, ANSWER, SETTINGS, SITE = "question.flac", "answer.txt", "cloister.yaml", "site.yaml"
"""files in the folder ``health`` of a slot: the recording, words that the answer must contain, what to run with"""

_LONGEST_S = 300
"""seconds; models are loaded and the site's language is worked out for the first time"""


def spoken_question(slot: Path) -> None:
    """Ask a slot. Raises Refused with what it did instead of answering."""
    health = slot / "health"
    expected = (health / ANSWER).read_text(encoding="utf-8").strip().lower()
    scratch = health / "state"
    command = [str(slot / "venv/bin/python"), "-I", "-m", "appliance", "replay", "--fast"]
    try:
        run = subprocess.run(
            [*command, "--config", str(health / SETTINGS), str(health / QUESTION)],
            env={"PATH": os.defpath, "HOME": str(scratch), "LC_ALL": "C.UTF-8"},
            cwd=slot,
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"the new version failed its spoken test: {error}") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    answers = " ".join(line for line in run.stdout.splitlines() if line.startswith("cloister"))
    if run.returncode != 0:
        said = run.stderr.strip().splitlines()
        raise Refused(f"the new version failed its spoken test: {said[-1] if said else run.returncode}")
    if expected not in answers.lower():
        raise Refused(f"the new version failed its spoken test: it answered {answers!r}, not {expected!r}")
