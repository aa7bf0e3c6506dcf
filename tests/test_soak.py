"""Work that the appliance repeats for as long as it runs leaves no descriptor open."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.bundle import running
from appliance.config.box import Settings, load_settings
from appliance.control.client import Client, request
from appliance.control.server import ControlSocket
from appliance.core.ports import PortError
from appliance.records.audit_log import AuditFault, AuditLog
from appliance.records.keys import SigningKey, generate
from appliance.runtime import evidence, systemd
from appliance.runtime.errands import Errands
from tests.control.test_server import FakeAppliance, talk
from tests.sealed_daemon import configure

POLLS = 200


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def polled(poll: Callable[[], object]) -> int:
    """The number of descriptors that are open after many polls and were not after a few."""
    for _ in range(3):
        poll()
    before = descriptors()
    for _ in range(POLLS):
        poll()
    return descriptors() - before


@pytest.fixture
def box(tmp_path: Path) -> Settings:
    return load_settings(configure(tmp_path))


def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def reserve(log: AuditLog) -> None:
        log._at_fault(OSError(28, "No space left on device"))

    monkeypatch.setattr(AuditLog, "_reserve", reserve)


def test_a_descriptor_that_is_left_open_is_counted(tmp_path: Path) -> None:
    """The control of the other tests."""
    left: list[int] = []
    assert polled(lambda: left.append(os.open(tmp_path, os.O_RDONLY))) == POLLS
    for descriptor in left:
        os.close(descriptor)


def test_asking_whether_conversations_can_be_recorded(box: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The appliance asks twice a second while the disk is full. It could once open no file after 8.5 minutes."""
    assert polled(lambda: evidence.why_unrecordable(box)) == 0
    full_disk(monkeypatch)
    assert isinstance(evidence.why_unrecordable(box), AuditFault)
    assert polled(lambda: evidence.why_unrecordable(box)) == 0


def test_opening_a_log_that_cannot_be_opened(box: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = SigningKey.from_pem(generate("box-key"))

    def failing(*errors: type[BaseException]) -> Iterator[Callable[[], object]]:
        for error in errors:

            def fail(*_: object, kind: type[BaseException] = error) -> None:
                raise kind("no")

            def attempt(fail: Callable[..., None] = fail, kind: type[BaseException] = error) -> None:
                with monkeypatch.context() as patch:
                    patch.setattr(AuditLog, "_open", fail)
                    with contextlib.suppress(kind, PortError):
                        AuditLog(tmp_path / "log", key)

            yield attempt

    for attempt in failing(OSError, PortError, ValueError, KeyboardInterrupt):
        assert polled(attempt) == 0
    taken = AuditLog(tmp_path / "taken", key)

    def again() -> None:
        with pytest.raises(PortError, match="another cloister writes it"):
            AuditLog(tmp_path / "taken", key)

    assert polled(again) == 0
    taken.close()


def test_telling_the_service_manager(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody listens"))
    assert polled(lambda: (systemd.watchdog(), systemd.not_ready_yet("out of order"))) == 0


def test_looking_for_installations(box: Settings, tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log", SigningKey.from_pem(generate("box-key")))
    installations = evidence.Installations(running.store(), box.state, log)
    assert polled(installations.copy_to_audit_log) == 0
    log.close()


def test_calls_for_help_that_fail(tmp_path: Path) -> None:
    errands = Errands({}, tmp_path)
    errands.put("gone", "alarm")
    assert polled(errands._keep) == 0
    assert json.loads((tmp_path / "errands.json").read_text()) == [["gone", "alarm"]]


def test_asking_the_socket_in_every_way(tmp_path: Path) -> None:
    path = tmp_path / "s"
    control = ControlSocket(path, FakeAppliance())
    control.start()

    def refused() -> None:
        with Client(path) as client, contextlib.suppress(PortError):
            client.ask("no such command")

    def left() -> None:
        Client(path).close()

    for poll in (lambda: request(path, "status"), lambda: talk(path, b"[]\n"), left, refused):
        # A peer's thread may still be closing its end when the answer is read.
        assert polled(poll) <= 8
    control.stop()


def test_asking_a_socket_without_a_listener(tmp_path: Path, box: Settings) -> None:
    settings = replace(box, control_socket=tmp_path / "nobody")

    def ask() -> None:
        assert settings.control_socket is not None
        with pytest.raises(PortError, match="is `cloister run` running"):
            request(settings.control_socket, "status")

    assert polled(ask) == 0
