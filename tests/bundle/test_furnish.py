"""From wheels to an environment, with the real pip and a package of three files: no index, no file without its hash."""

from __future__ import annotations

import ensurepip
import hashlib
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.bundle import Cannot, Refused, closure
from appliance.bundle import furnish as furnishing
from appliance.bundle.builder import _installed_files, _requirements
from appliance.bundle.furnish import furnish
from appliance.bundle.manifest import Manifest, decode
from tests.bundle import synthetic

WHEEL = {
    "greeting/__init__.py": b"WORDS = 'good morning'\n",
    "greeting-1.dist-info/METADATA": b"Metadata-Version: 2.1\nName: greeting\nVersion: 1\nRequires-Dist: torch\n",
    "greeting-1.dist-info/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}


def wheel(folder: Path, contents: dict[str, bytes]) -> Path:
    path = folder / "greeting-1-py3-none-any.whl"
    record = "".join(f"{name},,\n" for name in [*contents, "greeting-1.dist-info/RECORD"]).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in {**contents, "greeting-1.dist-info/RECORD": record}.items():
            out.writestr(name, content)
    return path


@pytest.fixture
def slot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A slot whose files have been copied."""
    places = [*Path(ensurepip.__file__).parent.glob("_bundled/pip-*.whl"), *Path("/usr/share").glob("*/pip-*.whl")]
    if not places:
        pytest.skip("needs pip's wheel: apt-get install python3-venv")
    if not synthetic.PYTHON.exists():
        pytest.skip(f"needs the system's own {synthetic.PYTHON}")
    # On a box, too, the system's interpreter runs the installer.
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    wheels = tmp_path / "slot/wheels"
    wheels.mkdir(parents=True)
    (wheels / places[0].name).write_bytes(places[0].read_bytes())
    lay_down(wheels.parent, WHEEL)
    return wheels.parent


def lay_down(slot: Path, contents: dict[str, bytes]) -> None:
    built = [wheel(slot / "wheels", contents), *(slot / "wheels").glob("pip-*")]
    files = synthetic.files(7) | {"requirements.txt": _requirements(built), "code.sha256": _installed_files(built)}
    files = {path: content for path, content in files.items() if not path.startswith("wheels/")}
    for path, content in files.items():
        (slot / path).parent.mkdir(exist_ok=True, parents=True)
        (slot / path).write_bytes(content)
    (slot / "manifest.json").write_bytes(manifest(slot).encode())


def manifest(slot: Path, installed_bytes: int = 10**8) -> Manifest:
    files = {
        str(path.relative_to(slot)): path.read_bytes()
        for path in slot.rglob("*")
        if path.is_file() and "wheels" not in path.parts and not path.name.startswith("manifest")
    }
    return replace(synthetic.manifest(7, contents=files), installed_bytes=installed_bytes)


@pytest.mark.slow
def test_an_environment_without_an_index(slot: Path) -> None:
    """It works although the package asks for torch, and pip is not left in the environment."""
    furnish(slot, manifest(slot), lambda *_: None)
    python = slot / closure.INTERPRETER
    said = subprocess.run(
        [python, "-I", "-B", "-c", "import greeting; print(greeting.WORDS)"], capture_output=True, text=True
    )
    assert said.stdout == "good morning\n", said.stderr
    assert subprocess.run([python, "-I", "-B", "-c", "import pip"], capture_output=True).returncode != 0
    assert not (slot / "wheels").exists()
    assert not list(closure.violations(slot, manifest_of(slot))), "and nothing that pip wrote of its own"
    code = next(slot.glob("venv/lib/python*/site-packages/greeting/__init__.py"))
    code.write_text("WORDS = 'hello'\n")
    assert list(closure.violations(slot, manifest_of(slot))) == [
        f"{code.relative_to(slot)}: is not the file that was signed"
    ]


def manifest_of(slot: Path) -> Manifest:
    return decode((slot / "manifest.json").read_bytes())


@pytest.mark.slow
def test_data_programs_and_headers_of_a_wheel(slot: Path) -> None:
    """Data is installed and checked. Programs and headers are not installed."""
    more = {
        "greeting-1.data/data/share/greeting/words": b"hello",
        "greeting-1.data/data/bin/greeting-2": b"#!python\n",
        "greeting-1.data/scripts/greeting-3": b"#!python\n",
        "greeting-1.data/headers/greeting.h": b"int words;",
        "greeting-1.dist-info/entry_points.txt": b"[console_scripts]\ngreet = greeting:WORDS\n",
    }
    lay_down(slot, {**WHEEL, **more})
    furnish(slot, manifest(slot), lambda *_: None)
    assert (slot / "venv/share/greeting/words").read_bytes() == b"hello"
    assert {path.name for path in (slot / "venv/bin").iterdir()} == {"python3", "cloister"}
    assert {path.name for path in (slot / "venv").iterdir()} == {"bin", "lib", "share", "pyvenv.cfg"}


@pytest.mark.slow
def test_pip_takes_no_wheel_whose_hash_is_not_listed(slot: Path) -> None:
    listed = slot / "requirements.txt"
    sha256 = hashlib.sha256((slot / "wheels/greeting-1-py3-none-any.whl").read_bytes()).hexdigest()
    listed.write_text(listed.read_text().replace(sha256, "0" * 64))
    with pytest.raises(Cannot, match="installing failed"):
        furnish(slot, manifest(slot), lambda *_: None)


def refused_before_pip(slot: Path, monkeypatch: pytest.MonkeyPatch, match: str, limit: int = 10**8) -> None:
    monkeypatch.setattr(furnishing, "_run", lambda *_: pytest.fail("was installed"))
    with pytest.raises(Refused, match=match):
        furnish(slot, manifest(slot, limit), lambda *_: None)


def test_a_wheel_that_unpacks_to_too_much_is_refused(slot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wheel has fifty megabytes of zeros in fifty kilobytes."""
    lay_down(slot, {**WHEEL, "greeting/bomb": bytes(50_000_000)})
    assert (slot / "wheels/greeting-1-py3-none-any.whl").stat().st_size < 100_000
    refused_before_pip(slot, monkeypatch, "unfold", limit=20_000_000)


@pytest.mark.parametrize("path", ["../outside", "/etc/cron.d/x", "greeting/../../x"])
def test_a_wheel_with_paths_outside_is_refused(slot: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_down(slot, {**WHEEL, path: b"x"})
    refused_before_pip(slot, monkeypatch, "no wheel should")


def test_a_file_that_is_not_a_wheel_is_refused(slot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (slot / "wheels/greeting-1-py3-none-any.whl").write_bytes(b"PK nothing")
    refused_before_pip(slot, monkeypatch, "is not a wheel")
