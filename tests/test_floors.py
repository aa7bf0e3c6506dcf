"""A room imports only from the rooms that its ``__init__`` names, and no room imports the network.

Read from the source with ``ast``, so that nothing is imported and a lazy import inside a function counts as well.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.rooms import floors, rooms

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "appliance"

COMMON_LIBRARIES = {"numpy", "yaml", "rapidfuzz"}
"""Pure libraries that any room may import beside the standard one."""

ENGINE_LIBRARIES = {
    *("onnxruntime", "sherpa_onnx", "pocketsphinx", "llama_cpp", "piper", "sounddevice", "aec_audio_processing"),
}
"""Libraries that only an adapter may know."""

ADAPTERS = ("appliance.engines", "appliance.devices")

SHARED_BETWEEN_ADAPTERS = {
    # espeak, which comes with piper, derives the pronunciations of new words for every ear.
    "appliance.engines.asr.site.lexicon": {"piper"},
    # The word graph that sherpa-onnx decodes along is made by another library.
    "appliance.engines.asr.site.graph": {"kaldifst"},
    # llama.cpp runs both the chat model and the sentence embedder.
    "appliance.engines.llm.library": {"llama_cpp"},
    # The decoders of the ear, and the library they come from.
    "appliance.engines.asr.sphinx_library": {"pocketsphinx"},
}
"""Libraries of a part that other adapters may use"""

NETWORK_MODULES = {
    "baresip",
    *("socket", "socketserver", "ssl", "asyncio", "http", "urllib", "ftplib", "smtplib", "imaplib", "poplib"),
    *("telnetlib", "nntplib", "xmlrpc", "webbrowser", "requests", "httpx", "aiohttp", "websockets", "urllib3"),
    *("multiprocessing", "wsgiref", "selectors", "huggingface_hub", "pg8000"),
}
UNIX_SOCKET = "appliance.isolation.unix_socket"
DOWNLOAD = "appliance.bench.workbench.fetching.download"
"""Fetches models on a workstation; no box has it, and no verb opens it but ``cloister models fetch``."""

BENCH = "appliance.bench.workbench.doors"

TELEPHONE = "appliance.telephone"
"""The one room with a network, in a process of its own; no process opens it but ``cloister telephone``'s"""

FRAMES = {
    "appliance.protocols.websocket": {"websockets"},
    "appliance.protocols.http": {"urllib"},
    BENCH: {"websockets"},
}
"""Modules that use of such a library only what reads and writes bytes: ``websockets`` without its input and output, and
``urllib.parse``"""
POSTGRESQL = "appliance.tools.appointment_store.postgresql"
"""Hands its library the path of a Unix socket; the library can open others, and the seal refuses them."""

CALLS = {
    f"{TELEPHONE}.box": {"asyncio"},
    f"{TELEPHONE}.call": {"asyncio", "baresip"},
    f"{TELEPHONE}.gateway": {"asyncio", "baresip"},
    f"{TELEPHONE}.sound": {"baresip"},
}

NETWORK_OF = {UNIX_SOCKET: {"socket"}, POSTGRESQL: {"pg8000"}, DOWNLOAD: {"urllib", "http"}, **FRAMES, **CALLS}
"""The modules that may import one of these: ``socket`` and ``pg8000`` are for AF_UNIX alone."""

IMPURE_MODULES = {
    *("os", "io", "threading", "time", "subprocess", "queue", "signal", "tempfile", "shutil", "secrets"),
    *("sqlite3", "ctypes", "fcntl", "select", "mmap", "concurrent"),
}
"""Modules of the standard library that a pure module must not import: files, clocks, threads"""

WORKBENCH = "appliance.bench.workbench"


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def imports_of(source: str, module: str, modules: set[str]) -> set[str]:
    """Full names of all modules that ``source`` imports, anywhere in it. ``modules`` are ours."""
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
ALL_IMPORTS = {
    module: {
        *(alias.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import) for alias in node.names),
        *(str(node.module) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)),
    }
    for module, source in SOURCES.items()
    if module in FRAMES
}
ROOMS = rooms()


def room_of(module: str) -> str | None:
    """The room of one of our modules. None for those that belong to the package itself."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in ROOMS else None


def libraries(module: str) -> set[str]:
    """Top-level names of what a module imports from neither the standard library nor this package."""
    tops = {name.split(".")[0] for name in IMPORTS[module]}
    return tops - sys.stdlib_module_names - {"appliance"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_imports_and_says_no_more(room: str) -> None:
    used = {room_of(name) for module in SOURCES if room_of(module) == room for name in IMPORTS[module] & set(SOURCES)}
    assert used - {None, room} == ROOMS[room].imports


def test_imports_between_rooms_have_no_circle() -> None:
    """The rooms can be put in an order in which each imports only from those before it."""
    assert sorted(room for floor in floors(ROOMS) for room in floor) == sorted(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_no_two_modules_of_a_room_import_each_other(room: str) -> None:
    left = {
        module: {name for name in IMPORTS[module] & set(SOURCES) if room_of(name) == room}
        - {module, f"appliance.{room}"}
        for module in SOURCES
        if room_of(module) == room
    }
    while left:
        ready = [module for module, below in left.items() if not below & set(left)]
        assert ready, f"these import each other in a circle: {sorted(left)}"
        for module in ready:
            del left[module]


@pytest.mark.parametrize("module", [module for module in SOURCES if room_of(module)])
def test_a_pure_room_uses_no_file_no_clock_and_no_thread(module: str) -> None:
    purity = ROOMS[str(room_of(module))].purity
    if purity == "Pure":
        assert not {name.split(".")[0] for name in IMPORTS[module]} & IMPURE_MODULES
    elif purity.startswith("Pure but for"):
        excepted = set(re.findall(r"`(\w+)`", purity))
        if module.rsplit(".", 1)[-1] not in excepted:
            assert not {name.split(".")[0] for name in IMPORTS[module]} & IMPURE_MODULES


@pytest.mark.parametrize("module", [module for module in SOURCES if within(module, ADAPTERS)])
def test_an_adapter_imports_no_other_adapter(module: str) -> None:
    """An adapter may share modules that import no engine library. A module that imports none itself may choose between
    adapters."""
    own = libraries(module) - COMMON_LIBRARIES
    for imported in sorted(IMPORTS[module] & set(SOURCES)):
        if within(imported, ADAPTERS):
            others = libraries(imported) - COMMON_LIBRARIES - SHARED_BETWEEN_ADAPTERS.get(imported, set())
            assert not own or not others, f"{module} imports {imported}, which is an adapter of {sorted(others)}"


@pytest.mark.parametrize("module", SOURCES)
def test_only_adapters_know_engine_libraries(module: str) -> None:
    # One module starts each of llama.cpp's libraries itself. The workbench measures plain recognisers beside our own.
    if not within(module, (*ADAPTERS, "appliance.bench.processor", WORKBENCH)):
        assert not libraries(module) & ENGINE_LIBRARIES


@pytest.mark.parametrize("module", [module for module in SOURCES if not within(module, (WORKBENCH,))])
def test_no_module_needs_the_workbench(module: str) -> None:
    """A box has no workbench, so ``appliance.bench.checkout`` looks for it first."""
    assert not any(within(name, (WORKBENCH,)) for name in IMPORTS[module])


@pytest.mark.parametrize("module", SOURCES)
def test_no_module_knows_a_network(module: str) -> None:
    tops = {name.split(".")[0] for name in IMPORTS[module]} & NETWORK_MODULES
    assert tops <= NETWORK_OF.get(module, set()), f"{module} imports {sorted(tops)}"


def test_what_knows_the_network_beyond_this_box_is_in_the_workbench_and_opened_by_one_verb() -> None:
    beyond = set(NETWORK_OF) - {UNIX_SOCKET, POSTGRESQL} - set(FRAMES) - set(CALLS)
    assert all(within(module, (WORKBENCH,)) for module in beyond)
    users = {module for module in SOURCES if IMPORTS[module] & set(beyond)}
    assert users == {"appliance.bench.workbench.fetching.fetch"}
    openers = [module for module, source in SOURCES.items() if '"fetching.' in source]
    assert openers == ["appliance.cli.models"]


def test_the_telephone_is_opened_by_its_own_verb_alone() -> None:
    outside = {module for module in SOURCES if not within(module, (TELEPHONE,))}
    users = {module for module in outside if any(within(name, (TELEPHONE,)) for name in IMPORTS[module])}
    assert users == {"appliance.cli.telephone"}
    # That module is read by every command line, so it opens the room only when its verb runs.
    source = ast.parse(SOURCES["appliance.cli.telephone"])
    top = [node for node in source.body if isinstance(node, ast.ImportFrom)]
    assert not any(within(str(node.module), (TELEPHONE,)) for node in top)


@pytest.mark.parametrize("module", SOURCES)
def test_the_product_reads_nothing_of_the_tests(module: str) -> None:
    assert not within("tests", tuple(name.split(".")[0] for name in IMPORTS[module]))
    assert "tests/" not in SOURCES[module] and '"tests"' not in SOURCES[module]


@pytest.mark.parametrize("module", FRAMES)
def test_a_module_of_frames_brings_no_network_along(module: str) -> None:
    """Nothing that it imports opens connections; ``socket`` itself comes with the standard library's ``email``."""
    for name in FRAMES[module]:
        parts = {imported for imported in ALL_IMPORTS[module] if imported.split(".")[0] == name}
        assert parts <= {"urllib.parse", *(f"websockets.{part}" for part in _SANS_IO)}, parts


_SANS_IO = ("client", "uri", "exceptions", "frames", "http11", "protocol", "server", "typing")


def test_the_top_holds_rooms_alone() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py"}


def test_the_reader_sees_every_kind_of_import() -> None:
    """This is the positive control: each way to import a module is found."""
    source = (
        "import socket\n"
        "from http import client\n"
        "from appliance.core import turn\n"
        "def late():\n"
        "    import urllib.request as u\n"
        "    importlib.import_module('ssl')\n"
        "    __import__('asyncio')\n"
    )
    assert imports_of(source, "x", {"appliance.core.turn"}) == {
        *("socket", "http", "appliance.core.turn", "urllib.request", "ssl", "asyncio"),
    }
    assert room_of("appliance.conversation.dialogue") == "conversation"
    assert room_of("appliance") is None
