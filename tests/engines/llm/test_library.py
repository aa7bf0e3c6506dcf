"""The choice of llama.cpp's processor library: the best that announces itself and passes a trial."""

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from appliance.core.ports import PortError
from appliance.engines.llm import library as llama_library

pytest.importorskip("llama_cpp")


def _installed() -> Path:
    spec = find_spec("llama_cpp")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent / "lib"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the installed libraries."""
    copy = tmp_path / "lib"
    shutil.copytree(_installed(), copy, symlinks=True)
    return copy


def _with_code(folder: Path, name: str, initialise: str, score: int = 1 << 20) -> Path:
    """A processor library that announces itself as the best, compiled here."""
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    source = folder / "library.c"
    source.write_text(
        f"int ggml_backend_score(void) {{ return {score}; }}\nvoid *ggml_backend_init(void) {{ {initialise} }}\n"
    )
    library = folder / name
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    return library


def test_the_installed_library_passes_its_trial() -> None:
    variants = llama_library.processor_variants(_installed())
    assert variants and llama_library.holds(variants[0])


def test_a_library_with_an_instruction_that_is_not_allowed_fails_its_trial_alone(folder: Path) -> None:
    wrong = _with_code(folder, "libggml-cpu-wrong.so", "__builtin_trap(); return 0;")
    assert not llama_library.holds(wrong)
    # It announces itself as the best, and the next one is taken.
    variants = llama_library.processor_variants(folder)
    assert variants[0] == wrong
    assert next(variant for variant in variants if llama_library.holds(variant)).name != wrong.name


def test_a_library_that_does_not_load_fails_its_trial(folder: Path) -> None:
    assert not llama_library.holds(_with_code(folder, "libggml-cpu-none.so", "return 0;"))
    assert not llama_library.holds(folder / "missing.so")


def test_a_library_that_is_not_for_this_processor_is_not_even_tried(folder: Path) -> None:
    other = _with_code(folder, "libggml-cpu-other.so", "__builtin_trap(); return 0;", score=0)
    assert other not in llama_library.processor_variants(folder)


def test_a_build_with_its_processor_code_inside_has_no_variants(tmp_path: Path) -> None:
    source = tmp_path / "inside.c"
    source.write_text("int nothing;\n")
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler: apt-get install gcc")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(tmp_path / "libggml-cpu.so"), str(source)], check=True)
    assert llama_library.processor_variants(tmp_path) == []


def test_where_no_variant_works_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_library, "holds", lambda variant: False)
    with pytest.raises(PortError, match=r"none of the \d+ libraries for this processor .* build llama-cpp-python"):
        llama_library.library.__wrapped__()
