"""A phrase that is spoken to the real daemon is found nowhere afterwards: not in a file, the journal, any write of any
thread, a core or swap. With recording on it is found in the export alone.

The words that the ears hear are not known beforehand. A first run with the words switched on gives the words to look
for, from its journal. It is the control of the search as well.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile

from appliance.core.audio import SAMPLE_RATE_HZ
from tests.conftest import CHECKOUT
from tests.profiles import copy_profile
from tests.sealed_daemon import cloister

pytestmark = pytest.mark.slow

PHRASE = "My brother George keeps a purple elephant behind the piano."
"""Nothing that a site expects: what a site expects is written when its language is prepared."""


@dataclass
class Spoken:
    """The traces that a run left."""

    folder: Path
    journal: str
    writes: str
    """arguments of every system call that takes data out of the process"""
    status: str
    """/proc/PID/status at the end of the conversation"""

    def files(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}

    @property
    def config(self) -> Path:
        return self.folder / "cloister.yaml"


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory, starter: Path) -> Path:
    path = tmp_path_factory.mktemp("speech") / "phrase.wav"
    subprocess.run(
        [sys.executable, "-m", "appliance", "say", PHRASE, "-o", path, "--config", starter], cwd=CHECKOUT, check=True
    )
    return path


def configure(folder: Path, privacy: str) -> Path:
    """The built-in hospital's box, with everything that it writes in ``folder``."""
    site = (CHECKOUT / "appliance" / "sites" / "hospital.yaml").read_text()
    (folder / "site.yaml").write_text(re.sub(r"\nprivacy:\n(  .*\n)+", f"\nprivacy: {privacy}\n", site))
    return copy_profile(folder, site="site.yaml", control_socket="control.sock")


def speak(folder: Path, speech: Path, privacy: str, end: signal.Signals = signal.SIGTERM) -> Spoken:
    """The real daemon, in a home and with a temporary folder of its own, hears the phrase and answers."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace: apt-get install strace")
    configure(folder, privacy)
    places = {name: str(folder / name.lower()) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    for place in places.values():
        Path(place).mkdir()
    log = folder.parent / f"{folder.name}.strace"
    calls = "trace=write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg,memfd_create"
    daemon = subprocess.Popen(
        [
            *("strace", "-f", "-qq", "-s", "9999999", "-e", calls, "-e", "signal=none", "-o", log),
            *(sys.executable, "-m", "tests.sealed_daemon", folder / "cloister.yaml", "spoken", speech),
        ],
        cwd=folder,
        env={**os.environ, **places, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2),
    )
    assert daemon.stdout is not None and daemon.stderr is not None
    assert daemon.stdout.readline() == "done\n", daemon.stderr.read()
    (child,) = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
    status = Path(f"/proc/{child}/status").read_text()
    os.kill(int(child), end)
    _, journal = daemon.communicate(timeout=60)
    return Spoken(folder, journal, log.read_text(errors="replace"), status)


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory, speech: Path) -> Spoken:
    """The words are switched on."""
    folder = tmp_path_factory.mktemp("control")
    return speak(folder, speech, "{log_transcripts: true, audit_transcripts: true}")


@pytest.fixture(scope="module")
def heard(control: Spoken) -> list[str]:
    """Every three words in a row of the transcript. Three such words must not be in the site's own phrases."""
    (text,) = set(re.findall(r"visitor: (.+)", control.journal))
    words = text.split()
    assert len(words) >= 5, text
    return [" ".join(words[i : i + 3]) for i in range(len(words) - 2)]


def found(needles: list[str], content: bytes) -> list[str]:
    """The phrases that occur in ``content``, in any encoding in which a program may write text."""
    low = content.lower()
    return [n for n in needles if any(n.encode(code) in low for code in ("utf-8", "utf-16-le", "utf-32-le"))]


def sound_of(speech: Path) -> list[bytes]:
    """20 ms from the loudest part, as samples of either type."""
    samples, rate = soundfile.read(speech, dtype="float32")
    if rate != SAMPLE_RATE_HZ:
        import soxr

        samples = soxr.resample(samples, rate, SAMPLE_RATE_HZ)
    at = int(np.argmax(np.abs(samples)))
    piece = samples[at : at + 320]
    return [piece.astype("<f4").tobytes(), (piece * 32767).astype("<i2").tobytes()]


def test_the_search_finds_the_words_when_they_are_switched_on(control: Spoken, heard: list[str]) -> None:
    """The positive control. With the words switched on they are in the journal, the audit log and the writes."""
    assert found(heard, control.journal.encode()) == heard
    assert found(heard, (control.folder / "state" / "audit" / "audit.jsonl").read_bytes()) == heard
    assert found(heard, control.writes.encode()) == heard


def test_no_trace_of_the_words_is_left(tmp_path: Path, speech: Path, heard: list[str]) -> None:
    """Recording is off, and the daemon ends in the worst way, by a signal that dumps core."""
    left = speak(tmp_path, speech, "{}", signal.SIGABRT)
    assert "conversation 1 closed" in left.journal, "there was a conversation"
    assert found(heard, left.journal.encode()) == []
    assert found(heard, left.writes.encode()) == [], "not even for a moment, in a file or a socket"
    files = left.files()
    assert any(path.name == "audit.jsonl" for path in files)
    for path, content in files.items():
        assert found(heard, content) == [], path
        assert not [piece for piece in sound_of(speech) if piece in content], path
    assert not list(tmp_path.glob("**/core*")), "no core"
    assert re.search(r"VmSwap:\s+0 kB", left.status), "nothing of it is in swap"
    if resource.getrlimit(resource.RLIMIT_MEMLOCK)[1] == resource.RLIM_INFINITY:
        assert not re.search(r"VmLck:\s+0 kB", left.status), "and nothing can get there"


def test_cores_are_written_here_by_a_process_that_is_not_sealed(tmp_path: Path) -> None:
    """Positive control of the one above, where this machine's core pattern lets a file appear."""
    if Path("/proc/sys/kernel/core_pattern").read_text()[:1] in ("|", "/"):
        pytest.skip("the kernel hands cores to another program or place here")
    code = f"import resource, os; resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)); x = '{PHRASE}' * 9; os.abort()"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False)
    (core,) = tmp_path.glob("core*")
    assert PHRASE.encode() in core.read_bytes()


def test_the_words_are_only_in_an_exported_recording(tmp_path: Path, speech: Path, heard: list[str]) -> None:
    left = speak(tmp_path, speech, "{recording: {days: 30, audio: true}}")
    assert found(heard, left.journal.encode()) == []
    assert found(heard, left.writes.encode()) == []
    for path, content in left.files().items():
        assert found(heard, content) == [], path
        assert not [piece for piece in sound_of(speech) if piece in content], path
    (recording,) = (tmp_path / "state" / "recordings").glob("*.rec")
    reason = "the test asks for it"
    done = cloister(left.config, "recordings", "export", recording.stem, "--reason", reason, "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    exported = b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())
    assert found(heard, exported) == heard
    assert sound_of(speech)[1] in exported, "to the sample"
