"""Compile the packages that are published without a wheel: llama.cpp and the echo canceller.

A checkout runs this before anything is installed (``python3 -m appliance.bundle.native``), so it imports the
standard library alone; ``bundle build`` calls it for wheels that run on every box of the architecture.

- The sources and the build tools are those of ``uv.lock`` and ``build-tools.txt``, compared by hash.
- What is never used is left out: llama.cpp's ``common`` library (half of its compile, and an HTTP client), and of the
  echo canceller's build all but the one library, whose sources are joined (``unity``).
- llama.cpp's processor code is a library of its own. A checkout gets the one for the best instruction set that this
  machine announces, if it holds a trial (``engines/cpu_trial.py``); a bundle gets one per generation of processors.
- A wheel is kept in a folder that says what it was made from, with its hash beside it; one failing build costs the
  other nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from appliance.bundle import BundleError, Cannot
from appliance.bundle.unity import CompileError, build

CHECKOUT = Path(__file__).resolve().parents[2]

PACKAGES = ("llama-cpp-python", "aec-audio-processing")
"""what is compiled, in this order"""

TOOLS = Path(__file__).with_name("build-tools.txt")
"""the tools for building, each by its hash"""

_SUM = "wheel.sha256"
_TRIAL = CHECKOUT / "appliance/engines/llm/cpu_trial.py"

_X86_LEVELS: Mapping[str, tuple[str, ...]] = {
    "zen4": ("SSE42", "AVX", "F16C", "FMA", "AVX2", "BMI2", "AVX512", "AVX512_VBMI", "AVX512_VNNI", "AVX512_BF16"),
    "icelake": ("SSE42", "AVX", "F16C", "FMA", "AVX2", "BMI2", "AVX512", "AVX512_VBMI", "AVX512_VNNI"),
    "cascadelake": ("SSE42", "AVX", "F16C", "FMA", "AVX2", "BMI2", "AVX512", "AVX512_VNNI"),
    "skylakex": ("SSE42", "AVX", "F16C", "FMA", "AVX2", "BMI2", "AVX512"),
    "alderlake": ("SSE42", "AVX", "F16C", "FMA", "AVX2", "BMI2", "AVX_VNNI"),
    "haswell": ("SSE42", "AVX", "F16C", "FMA", "AVX2", "BMI2"),
    "ivybridge": ("SSE42", "AVX", "F16C"),
    "sandybridge": ("SSE42", "AVX"),
    "sse42": ("SSE42",),
    "x64": (),
}
"""llama.cpp's instruction sets for 64-bit x86, best first, by its own names for them. Not sapphirerapids: it differs by
AMX, which virtual machines announce and do not always allow."""

_ANNOUNCED_AS: Mapping[str, tuple[str, ...]] = {
    "SSE42": ("sse4_2",),
    "AVX512_VBMI": ("avx512vbmi",),
    "AVX512": ("avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"),
}
"""what /proc/cpuinfo calls an instruction set where that is not its name in small letters"""

_FINE_PRINT = re.compile(r"error:|fatal error|Error |not found|No space left|Killed|cannot find", re.IGNORECASE)
"""a line of a compiler's output that tells why it failed"""

Progress = Callable[[int, int], None]
"""called with the number of steps that are done, and of all"""


@dataclass(frozen=True, slots=True)
class Source:
    """A locked source package."""

    name: str
    version: str
    sha256: str

    def pinned(self) -> str:
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n"


def locked_source(name: str) -> Source:
    """The source of a package in this checkout's lock file."""
    lock: dict[str, Any] = tomllib.loads((CHECKOUT / "uv.lock").read_text(encoding="utf-8"))
    package = next(package for package in lock["package"] if package["name"] == name)
    return Source(name, package["version"], package["sdist"]["hash"].removeprefix("sha256:"))


def x86_level(announced: frozenset[str]) -> Iterator[str]:
    """The instruction sets that a processor with these flags announces, best first."""
    for level, features in _X86_LEVELS.items():
        flags = [flag for feature in features for flag in _ANNOUNCED_AS.get(feature, (feature.lower(),))]
        if announced.issuperset(flags):
            yield level


def wheel(name: str, every_box: bool, uv: str, cache: Path, progress: Progress) -> Path:
    """The wheel of a package, compiled unless ``cache`` holds it. ``every_box``: for all processors of this
    architecture, not for this machine alone. Raises Cannot, whose message names the log.
    """
    source = locked_source(name)
    cache = cache.resolve()
    folder = cache / f"{name}-{source.version}-{_made_from(source, every_box)}"
    if (kept := _kept(folder)) is not None:
        return kept
    cache.mkdir(parents=True, exist_ok=True)
    log = cache / f"{name}.log"
    with tempfile.TemporaryDirectory(dir=cache, prefix=f"{name}-") as scratch, log.open("w", encoding="utf-8") as out:
        workshop = _Workshop(Path(scratch), uv, out, progress)
        try:
            workshop.unpack(source)
            made = workshop.llama(every_box) if name == "llama-cpp-python" else workshop.echo_canceller()
        except (CompileError, subprocess.CalledProcessError, OSError) as error:
            if isinstance(error, CompileError):
                out.write(str(error))
            out.flush()
            raise Cannot(f"{name} could not be compiled: {_why(log, error)}\n  the whole output: {log}") from None
        folder.mkdir(exist_ok=True)
        finished = Path(shutil.move(made, folder / made.name))
    (folder / _SUM).write_text(sha256(finished) + "\n", encoding="utf-8")
    return finished


@dataclass(frozen=True, slots=True)
class _Workshop:
    """A temporary folder in which one package is compiled."""

    scratch: Path
    uv: str
    log: Any
    """where the output goes"""
    progress: Progress

    @property
    def source(self) -> Path:
        return self.scratch / "source"

    @property
    def tools(self) -> Path:
        """Where the build tools' programs are."""
        return self.scratch / "tools/bin"

    def unpack(self, source: Source) -> None:
        """Install the build tools, and fetch and unpack the source; both are compared with their hashes."""
        self._run([self.uv, "venv", "--quiet", f"--python={sys.executable}", str(self.scratch / "tools")])
        python = str(self.tools / "python")
        self._run(
            [
                *(self.uv, "pip", "install", "--quiet", f"--python={python}"),
                *("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(TOOLS)),
            ]
        )
        wanted = self.scratch / "source.txt"
        wanted.write_text(source.pinned(), encoding="utf-8")
        self._run(
            [
                *(python, "-I", "-B", "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"),
                *("--require-hashes", "--no-build-isolation"),
                *("--dest", str(self.scratch), "--requirement", str(wanted)),
            ]
        )
        archive = next(self.scratch.glob("*.tar.gz"))
        with tarfile.open(archive) as content:
            # The archive is the one that was locked, by its hash; Debian 12's Python knows no filters yet.
            content.extractall(self.scratch / "unpacked")
        next((self.scratch / "unpacked").iterdir()).rename(self.source)

    def llama(self, every_box: bool) -> Path:
        """The wheel of llama-cpp-python; for this machine alone, the best that holds a trial."""
        if every_box:
            return self._llama(["-DGGML_CPU_ALL_VARIANTS=ON"])
        if platform.machine() != "x86_64":
            return self._llama([])
        announced = _announced()
        for level in x86_level(announced):
            made = self._llama([f"-DGGML_{feature}=ON" for feature in _X86_LEVELS[level]])
            if self._holds(made):
                return made
            self.log.write(f"{level}: announced by this machine, but its trial failed\n")
            made.unlink()
        raise CompileError("error: no instruction set that this machine announces held its trial")

    def _llama(self, options: list[str]) -> Path:
        without_common = self.scratch / "without_common.cmake"
        without_common.write_text("set(LLAMA_BUILD_COMMON OFF)\n", encoding="utf-8")
        every_feature = sorted({feature for features in _X86_LEVELS.values() for feature in features})
        arguments = [
            f"-DCMAKE_PROJECT_llama.cpp_INCLUDE={without_common}",
            # Not "native": a processor may announce what the machine does not allow.
            *("-DGGML_NATIVE=OFF", "-DGGML_BACKEND_DL=ON"),
            *(f"-DGGML_{feature}=OFF" for feature in every_feature if f"-DGGML_{feature}=ON" not in options),
            *("-DCMAKE_INSTALL_BINDIR=llama_cpp/lib", "-DCMAKE_INSTALL_LIBDIR=llama_cpp/lib"),
            *("-DLLAVA_BUILD=OFF", "-DLLAMA_BUILD_TOOLS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_TESTS=OFF"),
            *("-DLLAMA_BUILD_SERVER=OFF", "-DLLAMA_CURL=OFF", "-DLLAMA_OPENSSL=OFF"),
            *options,
        ]
        return self._wheel(
            "scikit_build_core.build",
            {
                "CMAKE_ARGS": shlex.join(arguments),
                "CMAKE_GENERATOR": "Ninja",
                # Kept for the next instruction set, should this one fail its trial.
                "SKBUILD_BUILD_DIR": str(self.scratch / "build"),
            },
        )

    def _holds(self, wheel: Path) -> bool:
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder, zipfile.ZipFile(wheel) as content:
            content.extractall(folder)
            libraries = Path(folder) / "llama_cpp/lib"
            trial = [sys.executable, "-I", "-B", str(_TRIAL), str(libraries / "libggml-cpu.so")]
            return subprocess.run(trial, cwd="/", stdout=self.log, stderr=self.log, check=False).returncode == 0

    def echo_canceller(self) -> Path:
        """The wheel of aec-audio-processing. Its set-up takes the library that it finds below ``install/lib``."""
        webrtc = self.source / "webrtc-audio-processing"
        build_folder = webrtc / "build"
        shutil.rmtree(build_folder, ignore_errors=True)
        configure = ["--buildtype=release", "-Doptimization=2", "--default-library=shared", "--wrap-mode=nodownload"]
        self._run(["meson", "setup", *configure, str(build_folder)], webrtc)
        library = "webrtc/modules/audio_processing/libwebrtc-audio-processing-2.so.1"
        listed = self._output(["ninja", "-C", str(build_folder), "-t", "commands", library])
        commands = [line for line in listed.splitlines() if not line.startswith("ninja: ")]
        build(commands, build_folder, len(os.sched_getaffinity(0)), self.progress)
        place = webrtc / "install/lib"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(build_folder / library, place / "libwebrtc-audio-processing-2.so")
        return self._wheel("setuptools.build_meta", {})

    def _wheel(self, backend: str, environment: dict[str, str]) -> Path:
        """Let the package's own build backend (PEP 517) make a wheel."""
        into = self.scratch / "wheel"
        into.mkdir(exist_ok=True)
        code = f"import sys; from {backend} import build_wheel; build_wheel(sys.argv[1])"
        self._run([str(self.tools / "python"), "-I", "-B", "-c", code, str(into)], self.source, environment)
        return next(into.glob("*.whl"))

    def _run(self, command: list[str], folder: Path | None = None, environment: dict[str, str] | None = None) -> None:
        """Run a program with its output in the log, and tell how far ninja says that it is."""
        with subprocess.Popen(
            command,
            cwd=folder,
            env=self._environment() | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                self.log.write(line)
                if step := re.match(r"\[(\d+)/(\d+)\]", line):
                    self.progress(int(step[1]), int(step[2]))
        if process.returncode != 0:
            raise subprocess.CalledProcessError(process.returncode, command[:3])

    def _output(self, command: list[str]) -> str:
        return subprocess.run(
            command, env=self._environment(), stdout=subprocess.PIPE, stderr=self.log, text=True, check=True
        ).stdout

    def _environment(self) -> dict[str, str]:
        """This process's, with the build tools first, and without what would change what is built."""
        foreign = re.compile(r"(CMAKE|SKBUILD|C|CXX|CPP|LD)(_ARGS|_GENERATOR|_BUILD_DIR|FLAGS)$")
        kept = {name: value for name, value in os.environ.items() if not foreign.match(name)}
        return kept | {"PATH": f"{self.tools}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def _kept(folder: Path) -> Path | None:
    """The wheel of an earlier run, if it is still what that run made; without its sum it was not finished."""
    with contextlib.suppress(OSError):
        expected = (folder / _SUM).read_text(encoding="utf-8").strip()
        return next((path for path in folder.glob("*.whl") if sha256(path) == expected), None)
    return None


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _made_from(source: Source, every_box: bool) -> str:
    """A short hash of everything that decides what a wheel holds."""
    parts = [source.sha256, sysconfig.get_platform(), sys.implementation.cache_tag or "", str(every_box)]
    if not every_box:
        parts += sorted(_announced())
    recipe = [Path(__file__), Path(__file__).with_name("unity.py"), TOOLS]
    return hashlib.sha256("\n".join([*parts, *(path.read_text("utf-8") for path in recipe)]).encode()).hexdigest()[:12]


def _announced() -> frozenset[str]:
    """The instruction sets that this machine's processor announces; empty where the kernel names none."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("flags"):
                return frozenset(line.partition(":")[2].split())
    return frozenset()


def _why(log: Path, error: Exception) -> str:
    """The first line of a log that tells why it failed, else what failed."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in lines if _FINE_PRINT.search(line)), str(error))


class _Steps:
    """Progress on standard error: a line that grows on a terminal, otherwise one line per quarter."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = -1

    def __call__(self, done: int, total: int) -> None:
        percent = 100 * done // max(total, 1)
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{self._what}: {percent:3} %" + ("\n" if done >= total else ""))
        elif percent // 25 > self._shown:
            print(f"{self._what}: {percent} %", file=sys.stderr)
        self._shown = percent // 25
        sys.stderr.flush()


def main(arguments: list[str] | None = None) -> int:
    """Compile both packages for this machine and print the paths of their wheels. Exit code 3: one failed."""
    parser = argparse.ArgumentParser(prog="python3 -m appliance.bundle.native", description=main.__doc__)
    parser.add_argument("--uv", default="uv", help="the uv to use")
    parser.add_argument("--cache", type=Path, default=CHECKOUT / "build/native", help="where wheels are kept")
    options = parser.parse_args(arguments)
    problems = []
    for name in PACKAGES:
        try:
            print(wheel(name, False, options.uv, options.cache, _Steps(f"compiling {name}")), flush=True)
        except BundleError as error:
            problems.append(str(error))
    for problem in problems:
        print(f"cloister: {problem}", file=sys.stderr)
    return 3 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
