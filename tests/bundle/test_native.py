"""Compiling packages without a published wheel: instruction sets, joined sources, kept wheels, error messages."""

import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.bundle import Cannot, native, unity

NEWEST = frozenset(
    "sse4_2 avx f16c fma avx2 bmi2 avx512f avx512cd avx512vl avx512dq avx512bw avx512vbmi avx512_vnni "
    "avx512_bf16 amx_tile amx_int8 avx_vnni".split()
)


@pytest.mark.parametrize(
    ("announced", "best"),
    [
        (NEWEST, "zen4"),
        (NEWEST - {"avx512_bf16"}, "icelake"),
        (NEWEST - {"avx512_bf16", "avx512vbmi"}, "cascadelake"),
        (NEWEST - {"avx512_bf16", "avx512vbmi", "avx512_vnni"}, "skylakex"),
        (NEWEST - {"avx512dq"}, "alderlake"),
        (frozenset("sse4_2 avx f16c fma avx2 bmi2".split()), "haswell"),
        (frozenset("sse4_2 avx".split()), "sandybridge"),
        (frozenset(), "x64"),
    ],
)
def test_the_best_instruction_set_that_is_announced_comes_first(announced: frozenset[str], best: str) -> None:
    levels = list(native.x86_level(announced))
    assert levels[0] == best and levels[-1] == "x64"


def test_the_lock_names_every_source() -> None:
    for name in native.PACKAGES:
        source = native.locked_source(name)
        assert len(source.sha256) == 64 and source.pinned().startswith(f"{name}=={source.version} --hash=sha256:")


def test_a_kept_wheel_counts_only_with_its_hash(tmp_path: Path) -> None:
    assert native._kept(tmp_path / "missing") is None
    wheel = tmp_path / "x-1-py3-none-any.whl"
    wheel.write_bytes(b"content")
    assert native._kept(tmp_path) is None, "the run that made it was cut off"
    (tmp_path / "wheel.sha256").write_text(native.sha256(wheel) + "\n")
    assert native._kept(tmp_path) == wheel
    wheel.write_bytes(b"changed")
    assert native._kept(tmp_path) is None


def test_a_package_that_fails_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wheel(name: str, every_box: bool, uv: str, cache: Path, progress: native.Progress) -> Path:
        if name == "llama-cpp-python":
            raise Cannot("llama-cpp-python could not be compiled: error: no such luck")
        return cache / f"{name}.whl"

    monkeypatch.setattr(native, "wheel", wheel)
    assert native.main(["--cache", str(tmp_path)]) == 3
    printed = capsys.readouterr()
    assert printed.out == f"{tmp_path}/aec-audio-processing.whl\n"
    assert printed.err == "cloister: llama-cpp-python could not be compiled: error: no such luck\n"


@pytest.mark.parametrize(
    ("output", "line"),
    [
        ("[1/3] ok\nx.cc:1:1: fatal error: Python.h: No such file\ncompilation terminated\n", "fatal error: Python.h"),
        ("a\ncc1plus: out of space: No space left on device\nmore", "No space left on device"),
        ("nothing that tells", "exit status 3"),
    ],
)
def test_of_a_long_output_the_line_that_matters_is_shown(tmp_path: Path, output: str, line: str) -> None:
    log = tmp_path / "log"
    log.write_text(output)
    assert line in native._why(log, subprocess.CalledProcessError(3, ["ninja"]))


needs_compiler = pytest.mark.skipif(shutil.which("c++") is None, reason="needs a C++ compiler: apt-get install g++")


def _commands(folder: Path, sources: dict[str, str]) -> list[str]:
    """The commands that ninja would list for a program of these sources in one static library."""
    objects = []
    for name, text in sources.items():
        (folder / name).write_text(text)
        objects.append(f"lib.a.p/{name}.o")
    compiled = [f"c++ -O0 -MD -MQ {o} -MF {o}.d -o {o} -c {o[8:-2]}" for o in objects]
    return [*compiled, f"rm -f lib.a && ar csrD lib.a {' '.join(objects)}", "c++ -o program lib.a"]


@needs_compiler
def test_sources_are_joined_and_those_that_clash_are_not(tmp_path: Path) -> None:
    """Two of the four sources define the same local name, which no compiler accepts in one file."""
    sources = {
        "main.cc": "int one(); int two(); int three(); int main() { return one() + two() + three() - 6; }",
        "one.cc": "namespace { int value = 1; } int one() { return value; }",
        "two.cc": "namespace { int value = 2; } int two() { return value; }",
        "three.cc": "int three() { return 3; }",
    }
    steps: list[tuple[int, int]] = []
    unity.build(_commands(tmp_path, sources), tmp_path, 1, lambda done, total: steps.append((done, total)))
    assert subprocess.run([tmp_path / "program"], check=False).returncode == 0
    assert steps[-1] == (4, 4)
    objects = {path.name for path in (tmp_path / "lib.a.p").glob("*.o")}
    assert len(objects) < len(sources), "nothing was joined"


@needs_compiler
def test_a_source_that_does_not_compile_alone_is_shown(tmp_path: Path) -> None:
    sources = {"main.cc": "int main() { return 0; }", "wrong.cc": "int wrong() { return undeclared; }"}
    with pytest.raises(unity.CompileError, match="undeclared"):
        unity.build(_commands(tmp_path, sources), tmp_path, 1, lambda done, total: None)
