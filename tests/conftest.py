"""Shared fixtures: where the evaluation data is, and the starter profile."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgresql import PostgresServer
from tests.profiles import STARTER, copy_profile

# On shared cores, a deadline measures how busy the machine is, not how fast the code.
settings.register_profile("cloister", deadline=None)
settings.load_profile("cloister")

CHECKOUT = Path(__file__).resolve().parent.parent

GIVEN_WHEELS = [f"--wheel={wheel}" for wheel in os.environ.get("CLOISTER_WHEELS", "").split()]
"""Options for `cloister bundle build`. A given wheel saves half an hour of building llama.cpp for every processor."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--skipped-to",
        type=Path,
        metavar="FILE",
        help="write the tests that were skipped to FILE, one a line; `pytest @FILE` runs them where they can run",
    )


class SkippedTests:
    """Collects the functions, and the files, of which a test was skipped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._skipped: set[str] = set()

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    def _note(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        # Of a function all parameters, since another machine may have others.
        if report.skipped:
            self._skipped.add(report.nodeid.partition("[")[0])

    def pytest_sessionfinish(self) -> None:
        self._path.write_text("".join(f"{node}\n" for node in sorted(self._skipped)), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    path: Path | None = config.getoption("--skipped-to")
    # Not in the processes of xdist, which report to the one that was started.
    if path is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(SkippedTests(path))


REAL_MODELS = os.environ.get("CLOISTER_REAL_MODELS", "")
"""Folder with models of others, as ``cloister models fetch`` gets them. Without it, tests that need one skip."""


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded human speech and noise. Tests that need it skip where it is missing."""
    path = Path(os.environ.get("CLOISTER_SHARED", CHECKOUT.parent / "shared")) / "data"
    if not path.is_dir():
        pytest.skip(f"needs the evaluation recordings, and {path} does not exist")
    return path


@pytest.fixture(scope="session")
def starter() -> Path:
    """The settings of the built-in profile, for tests that read them."""
    return STARTER


@pytest.fixture
def box(tmp_path: Path) -> Path:
    """The settings of the built-in profile for a test that runs an appliance, with a state of its own."""
    return copy_profile(tmp_path)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresServer]:
    """A PostgreSQL server for all tests of a process, which starts with the first of them."""
    server = PostgresServer()
    yield server
    server.discard()


@pytest.fixture
def postgresql(postgresql_server: PostgresServer) -> PostgresServer:
    """The server, without tables of the book."""
    postgresql_server.empty()
    return postgresql_server


@pytest.fixture(params=["sqlite", "postgresql"])
def book_options(request: pytest.FixtureRequest) -> dict[str, object]:
    """Options of an appointment book that say where it keeps its appointments: every kind of store."""
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgresql")
    return {"postgresql": server.options}
