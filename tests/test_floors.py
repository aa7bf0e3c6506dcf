"""The house keeps its floors: a module imports from lower floors only, and the network stays out.

Read from the source with ``ast``, so that nothing is imported and a lazy import inside a function counts as well.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "appliance"

F0 = {
    *("appliance", "appliance.messages", "appliance.turn", "appliance.ports", "appliance.config", "appliance.nodes"),
    # The configuration's templates are read while the configuration is.
    "appliance.phrases",
}
F2_PACKAGES = ("appliance.devices", "appliance.engines", "appliance.services")
F3_PACKAGES = ("appliance.stages",)
F4 = (
    *("appliance.daemon", "appliance.cli", "appliance.__main__", "appliance.check", "appliance.terminal"),
    *("appliance.demonstration", "appliance.evaluation", "appliance.assurance", "appliance.attest"),
    *("appliance.out_of_order", "appliance.chat", "appliance.desk"),
)
"""Modules and packages at the top; what is named nowhere here is F1, which is pure."""

COMMON_LIBRARIES = {"numpy", "yaml", "rapidfuzz"}
"""Pure libraries that any floor may import beside the standard one; F2 and the workbench in F4 use more."""

ENGINE_LIBRARIES = {
    *("onnxruntime", "sherpa_onnx", "pocketsphinx", "llama_cpp", "piper", "sounddevice", "aec_audio_processing"),
}
"""Libraries that only an adapter in F2 may know."""

SHARED_BETWEEN_ADAPTERS = {
    # espeak, which comes with piper, derives the pronunciations of new words for every ear.
    "appliance.engines.lexicon": {"piper"},
    # The word graph that sherpa-onnx decodes along is made by another library.
    "appliance.engines.site_graph": {"kaldifst"},
    # llama.cpp runs both the chat model and the sentence embedder.
    "appliance.engines.llama_library": {"llama_cpp"},
    # The decoders of the ear, and the library they come from.
    "appliance.engines.sphinx_library": {"pocketsphinx"},
}
"""Libraries of a part that adapters of the same folder may use"""

WORKBENCH = ("appliance.evaluation",)
"""measures with plain recognisers that are not the appliance's own; never runs on an appliance"""

NETWORK_MODULES = {
    *("socket", "socketserver", "ssl", "asyncio", "http", "urllib", "ftplib", "smtplib", "imaplib", "poplib"),
    *(
        "telnetlib",
        "nntplib",
        "xmlrpc",
        "webbrowser",
        "requests",
        "httpx",
        "aiohttp",
        "websockets",
        "urllib3",
    ),
    *("multiprocessing", "wsgiref", "selectors", "huggingface_hub"),
}
LOCAL_SOCKET = "appliance.services.local_socket"
"""The one module that may import ``socket``, for AF_UNIX alone."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def floor_of(module: str) -> int:
    if module in F0:
        return 0
    if within(module, F2_PACKAGES):
        return 2
    if within(module, F3_PACKAGES):
        return 3
    return 4 if within(module, F4) else 1


def imports_of(source: str, module: str, modules: set[str]) -> set[str]:
    """Full names of all modules that ``source`` imports, anywhere in it; ``modules`` are ours."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import in line {node.lineno}: write it in full"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in modules else str(node.module))
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if function in ("import_module", "__import__"):
                found.add(str(node.args[0].value))
    return found


SOURCES = {name_of(path): path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
IMPORTS = {module: imports_of(source, module, set(SOURCES)) for module, source in SOURCES.items()}


def libraries(module: str) -> set[str]:
    """Top-level names of what a module imports from neither the standard library nor this package."""
    tops = {name.split(".")[0] for name in IMPORTS[module]}
    return tops - sys.stdlib_module_names - {"appliance"}


@pytest.mark.parametrize("module", SOURCES)
def test_imports_only_lower_floors(module: str) -> None:
    floor = floor_of(module)
    for imported in sorted(IMPORTS[module] & set(SOURCES)):
        below = floor_of(imported)
        if floor == 2 and below == 2:
            continue  # the next test
        same_floor_allowed = floor in (0, 1, 3, 4)
        assert below < floor or (same_floor_allowed and below == floor), (
            f"{module} (F{floor}) imports {imported} (F{below})"
        )


@pytest.mark.parametrize("module", [module for module in SOURCES if floor_of(module) == 2])
def test_adapters_never_meet(module: str) -> None:
    """An adapter may share with others of its folder what knows no library. A module that knows none itself may
    choose between adapters."""
    own = libraries(module) - COMMON_LIBRARIES
    for imported in sorted(IMPORTS[module] & set(SOURCES)):
        if floor_of(imported) != 2:
            continue
        assert imported.split(".")[1] == module.split(".")[1], f"{module} imports {imported} of another folder"
        others = libraries(imported) - COMMON_LIBRARIES - SHARED_BETWEEN_ADAPTERS.get(imported, set())
        assert not own or not others, f"{module} imports {imported}, which is an adapter of {sorted(others)}"


@pytest.mark.parametrize("module", SOURCES)
def test_only_adapters_know_engine_libraries(module: str) -> None:
    if floor_of(module) != 2 and not within(module, WORKBENCH):
        assert not libraries(module) & ENGINE_LIBRARIES
    if floor_of(module) in (0, 1, 3):
        assert libraries(module) <= COMMON_LIBRARIES


@pytest.mark.parametrize("module", SOURCES)
def test_no_module_knows_a_network(module: str) -> None:
    tops = {name.split(".")[0] for name in IMPORTS[module]} & NETWORK_MODULES
    assert tops <= ({"socket"} if module == LOCAL_SOCKET else set()), f"{module} imports {sorted(tops)}"


def test_the_reader_sees_every_kind_of_import() -> None:
    """Positive control: each way to import something is found."""
    source = (
        "import socket\n"
        "from http import client\n"
        "from appliance import turn\n"
        "def late():\n"
        "    import urllib.request as u\n"
        "    importlib.import_module('ssl')\n"
        "    __import__('asyncio')\n"
    )
    assert imports_of(source, "x", {"appliance.turn"}) == {
        *("socket", "http", "appliance.turn", "urllib.request", "ssl", "asyncio"),
    }
    assert floor_of("appliance.dialogue") == 1
    assert floor_of("appliance.engines.silero") == 2
