"""What the log keeps of a conversation, and how a conversation ends when the log cannot keep it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.config.site import Privacy
from appliance.core.facts import Outcome, ReplyThought, Stamped, Transcript, TurnEnded
from appliance.core.mailbox import Mailbox
from appliance.core.ports import PortError
from appliance.records import keys
from appliance.records.audit_log import AuditLog
from appliance.records.audit_record import records
from appliance.records.audit_trail import Auditor, record_of
from appliance.records.audit_verify import verify
from tests.fakes import ScriptedEar, ScriptedResponder, tone
from tests.runtime.test_appliance import Rig
from tests.sites import SITE

KEY = keys.SigningKey.from_pem(keys.generate("box-key"))


class FailingLedger:
    """A log whose disk is full from a certain record on. It keeps what it can, as the real one does."""

    def __init__(self, good: int) -> None:
        self.events: list[str] = []
        self.checkpoints = 0
        self._good = good
        self.fault: PortError | None = None

    def append(self, event: str, **details: object) -> None:
        self.events.append(event)
        if len(self.events) > self._good:
            self.fault = PortError("audit log: no space")
            raise self.fault

    def checkpoint(self) -> None:
        self.checkpoints += 1


def converse(folder: Path, **privacy: Any) -> list[dict[str, object]]:
    log = AuditLog(folder, KEY)
    rig = Rig(
        ScriptedEar(["canary question", "code red"]),
        ScriptedResponder(
            [("canary question", ["Canary ", "answer.", Outcome("continue", "done", tools=("book.book",))])]
        ),
        site=replace(SITE, privacy=Privacy(**privacy)),
        ledger=log,
    )
    rig.line.say(tone(1.0), after_s=0.5)
    rig.line.say(tone(1.0), after_s=6.0)
    rig.run(14)
    log.checkpoint()
    log.close()
    assert verify(folder / "audit.jsonl", [folder / "checkpoints.jsonl"], KEY.public).problems == []
    return list(records(folder / "audit.jsonl"))


def test_a_conversation_is_recorded_without_its_words(tmp_path: Path) -> None:
    kept = converse(tmp_path)
    events = [record["event"] for record in kept]
    assert events[:3] == ["log begun", "conversation opened", "replied"]
    assert {"tool called", "tool answered"} <= set(events)
    assert kept[-1]["event"] == "conversation closed" and kept[-1]["reason"] == "emergency"
    (called,) = [record for record in kept if record["event"] == "tool called"]
    assert (called["tool"], called["function"]) == ("pager", "alarm")
    assert "canary" not in (tmp_path / "audit.jsonl").read_text().lower()


def test_words_are_recorded_if_the_site_says_so(tmp_path: Path) -> None:
    kept = converse(tmp_path, audit_transcripts=True)
    assert [r["text"] for r in kept if r["event"] == "visitor said"] == ["canary question", "code red"]
    assert "Canary answer." in [r.get("text") for r in kept]


def test_no_record_of_a_fact_has_its_words() -> None:
    secret = "canary"
    said = Transcript(secret, 0.9, "ear")
    assert record_of(TurnEnded(said, 1.0, 2.0), words=False) is None
    record = record_of(ReplyThought(1, secret, Outcome(facts=(secret,))), words=False)
    assert record is not None and secret not in str(record)


def test_a_running_appliance_records_that_it_runs() -> None:
    ledger = FailingLedger(good=99)
    box: Mailbox[Stamped] = Mailbox("audit", 9, "fault")
    auditor = Auditor(box, ledger, lambda: None, lambda error: None, checkpoint_s=0.0, words=False)
    thread = threading.Thread(target=auditor.run)
    thread.start()
    for _ in range(200):
        if ledger.events:
            break
        time.sleep(0.05)
    box.close()
    thread.join(5)
    assert set(ledger.events) == {"alive"} and ledger.checkpoints == len(ledger.events)


def test_a_log_at_fault_stops_the_appliance_and_still_records_the_rest() -> None:
    ledger = FailingLedger(good=1)
    rig = Rig(ScriptedEar(["hello"]), ScriptedResponder([("hello", ["Hello."])]), ledger=ledger)
    rig.line.say(tone(1.0), after_s=0.5)
    with pytest.raises(PortError, match="no space"):
        rig.run(60)
    assert ledger.events[:2] == ["conversation opened", "replied"]
