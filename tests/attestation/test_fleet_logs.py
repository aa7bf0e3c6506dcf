"""Audit logs of a fleet: whole ones are kept; what was rewritten, cut off, swapped or left out is not."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance.attestation import fleet_logs
from appliance.core.ports import PortError
from appliance.records import audit_log, audit_seal, keys
from tests.attestation.made_up import FLEET_NONCE, box_report
from tests.sealed_daemon import cloister


@dataclass
class Box:
    """A box with an audit log, and the controller's folders for it."""

    name: str
    state: Path
    logs: Path
    pinned: Path

    def __post_init__(self) -> None:
        self.key = keys.SigningKey.from_pem(keys.generate("box-key"))
        self.pinned.mkdir(exist_ok=True)
        self.work("begins")
        (self.pinned / f"{self.name}.pem").write_text(self.key.public.pem)
        first = audit_seal.first_key(self.state)
        assert first is not None
        (self.pinned / f"{self.name}.seal.pem").write_text(first.pem)

    def work(self, *events: str) -> None:
        """Do something that is recorded, with a checkpoint after each."""
        log = audit_log.AuditLog(self.state, self.key)
        for event in events:
            log.append(event)
            log.checkpoint()
        log.close()

    def fetch(self, nonce: str = FLEET_NONCE) -> Path:
        """Export on the box, and fetch it, as the playbook does."""
        fetched = self.logs / self.name / "fetched"
        shutil.rmtree(fetched, ignore_errors=True)
        fetched.mkdir(parents=True)
        audit_log.copy_checkpoints(self.state, fetched)
        audit_log.copy_log(self.state / "audit.jsonl", fetched)
        (fetched / "host-seals-1.jsonl").write_bytes(audit_seal.exported(self.state, nonce))
        return fetched

    def taken(self) -> fleet_logs.FetchedLog:
        (log,) = fleet_logs.take(self.logs, [self.name], self.pinned, FLEET_NONCE)
        return log


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box("ward", tmp_path / "state", tmp_path / "logs", tmp_path / "pinned")


def test_a_whole_log_is_kept_and_the_next_one_goes_on_from_it(box: Box) -> None:
    box.fetch()
    first = box.taken()
    assert not first.problems and first.records == first.covered == first.sealed
    kept = box.logs / "ward"
    assert sorted(path.name for path in kept.iterdir()) == ["audit.jsonl", "checkpoints.jsonl", "seals.jsonl"]
    box.work("one more", "and another")
    box.fetch()
    second = box.taken()
    assert not second.problems and second.records == first.records + 2
    assert "and another" in (kept / "audit.jsonl").read_text()


def test_a_log_that_was_made_anew_is_found_by_what_was_fetched_before(box: Box, tmp_path: Path) -> None:
    """Whoever has both keys of the box makes a log that is whole in itself."""
    box.work("something shameful")
    box.fetch()
    assert not box.taken().problems
    before = (box.logs / "ward" / "checkpoints.jsonl").read_bytes()
    shutil.rmtree(box.state)
    box.work("nothing", "at all", "happened")
    first = audit_seal.first_key(box.state)
    assert first is not None
    (box.pinned / "ward.seal.pem").write_text(first.pem)
    fetched = box.fetch()
    assert box.taken().problems
    assert fetched.exists() and (box.logs / "ward" / "checkpoints.jsonl").read_bytes() == before
    assert box.taken().problems, "it is refused again when nothing new is fetched"


def test_a_log_without_its_end_is_not_whole(box: Box) -> None:
    box.work("a", "b")
    box.fetch()
    assert not box.taken().problems
    fetched = box.fetch()
    log = next(fetched.glob("*-audit.jsonl"))
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-1]))
    assert box.taken().problems


def test_the_word_of_another_day_and_the_keys_of_another_box_do_not_count(box: Box, tmp_path: Path) -> None:
    box.fetch(nonce="yesterday")
    assert any("nonce" in problem or "yesterday" in problem for problem in box.taken().problems)
    other = Box("hall", tmp_path / "other", tmp_path / "others", box.pinned)
    shutil.copytree(other.fetch(), box.logs / "ward" / "fetched", dirs_exist_ok=True)
    assert box.taken().problems
    box.fetch()
    for name in ("ward.pem", "ward.seal.pem"):
        (box.pinned / name).write_text((box.pinned / name.replace("ward", "hall")).read_text())
    assert len(box.taken().problems) >= 2


def test_what_was_not_fetched_is_a_problem(box: Box) -> None:
    box.logs.mkdir()
    assert "0 files" in box.taken().problems[0]
    with pytest.raises(PortError, match="No such file"):
        fleet_logs.take(box.logs / "nowhere", [], None, None)


def test_the_fleet_report_has_the_logs(box: Box, tmp_path: Path, starter: Path) -> None:
    report = box_report(tmp_path, "ward")
    (box.pinned / "ward.pem").write_text((tmp_path / "ward.pem").read_text())
    box.fetch()
    arguments = ("fleet", "report", report, "--nonce", FLEET_NONCE, "--audit-logs", box.logs)
    found = json.loads(cloister(starter, *arguments, "--json").stdout)
    assert found["audit_logs"][0]["box"] == "ward" and not found["audit_logs"][0]["problems"]
    done = cloister(starter, *arguments)
    assert done.returncode == 1 and "NOT WHOLE" in done.stdout, "it was taken, and nothing was fetched since"
    assert "FAIL ward: audit log:" in done.stdout
