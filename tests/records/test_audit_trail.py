"""What the log keeps of a conversation, and what becomes of the conversation when the log cannot keep it."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.config.site import FormSettings, Privacy, SlotSettings
from appliance.core.facts import Fact, Outcome, ReplyThought, ToolResult, Transcript, TurnEnded
from appliance.core.mailbox import Mailbox
from appliance.core.ports import PortError, Tool
from appliance.records import keys
from appliance.records.audit_log import AuditLog
from appliance.records.audit_record import records
from appliance.records.audit_trail import Auditor, record_of
from appliance.records.audit_verify import verify
from appliance.tools.audited import AuditedTool, audited, forget_what_is_due
from tests.fakes import ScriptedEar, ScriptedHost, tone
from tests.runtime.test_appliance import Rig
from tests.sites import SITE

KEY = keys.SigningKey.from_pem(keys.generate("box-key"))


class FailingLedger:
    """A log whose disk is full from a certain record on; it keeps what it can, as the real one does."""

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
        ScriptedHost([("canary question", ["Canary ", "answer.", Outcome("continue", "done", tools=("book.book",))])]),
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


def test_a_conversation_leaves_an_account_without_its_words(tmp_path: Path) -> None:
    kept = converse(tmp_path)
    events = [record["event"] for record in kept]
    assert events[:3] == ["log begun", "conversation opened", "replied"]
    assert {"tool called", "tool answered"} <= set(events)
    assert kept[-1]["event"] == "conversation closed" and kept[-1]["reason"] == "emergency"
    (called,) = [record for record in kept if record["event"] == "tool called"]
    assert (called["tool"], called["function"]) == ("pager", "alarm")
    assert "canary" not in (tmp_path / "audit.jsonl").read_text().lower()


def test_words_are_kept_where_the_site_says_so(tmp_path: Path) -> None:
    kept = converse(tmp_path, audit_transcripts=True)
    assert [r["text"] for r in kept if r["event"] == "visitor said"] == ["canary question", "code red"]
    assert "Canary answer." in [r.get("text") for r in kept]


def test_no_fact_gives_its_words_away() -> None:
    secret = "canary"
    said = Transcript(secret, 0.9, "ear")
    assert record_of(TurnEnded(said, 1.0, 2.0), words=False) is None
    record = record_of(ReplyThought(1, secret, Outcome(facts=(secret,))), words=False)
    assert record is not None and secret not in str(record)


def test_a_running_appliance_gives_signs_of_life() -> None:
    ledger = FailingLedger(good=99)
    box: Mailbox[Fact] = Mailbox("audit", 9, "fault")
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


def test_a_log_at_fault_stops_the_appliance_and_still_gets_the_rest() -> None:
    ledger = FailingLedger(good=1)
    rig = Rig(ScriptedEar(["hello"]), ScriptedHost([("hello", ["Hello."])]), ledger=ledger)
    rig.line.say(tone(1.0), after_s=0.5)
    with pytest.raises(PortError, match="no space"):
        rig.run(60)
    assert ledger.events[:2] == ["conversation opened", "replied"]


FORM = FormSettings(
    "book", "book", "book", ("book",), (SlotSettings("doctor", "Which?", "choice", ("@doctors",)),), check="free"
)


class Book:
    name = "book"

    def __init__(self) -> None:
        self.calls: list[str] = []

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        self.calls.append(function)
        if function == "fails":
            raise PortError("book: broken")
        return ToolResult(function != "refuses", "said")


def with_ledger(ledger: FailingLedger, tool: Tool) -> Tool:
    site = dataclasses.replace(SITE, tools=(), emergency=None, hand_over=dataclasses.replace(SITE.hand_over, tool=None))
    object.__setattr__(site, "forms", (FORM,))
    return audited({tool.name: tool}, site, ledger)[tool.name]


def test_a_tool_is_recorded_before_and_after() -> None:
    ledger, book = FailingLedger(good=99), Book()
    tool = with_ledger(ledger, book)
    tool.call("book", {"name": "canary"})
    tool.call("refuses", {})
    with pytest.raises(PortError, match="broken"):
        tool.call("fails", {})
    assert ledger.events == [
        *("tool called", "tool answered", "tool called", "tool answered", "tool called", "tool failed"),
    ]
    tool.call("free", {})
    tool.call("doctors", {})
    assert len(ledger.events) == 6, "look-ups on the way are not recorded"


def test_a_tool_is_not_called_when_that_cannot_be_recorded_but_help_is() -> None:
    ledger, book = FailingLedger(good=0), Book()
    tool = with_ledger(ledger, book)
    with pytest.raises(PortError, match="no space"):
        tool.call("book", {})
    assert book.calls == []
    tool.call("alarm", {})
    assert book.calls == ["alarm"]


class Diary:
    """A tool with one record that is due."""

    name = "diary"

    def __init__(self, due: int = 1) -> None:
        self.due = due

    def call(self, function: str, arguments: Mapping[str, str]) -> ToolResult:
        return ToolResult(True, "")

    def forget(self, record: Callable[[int], None]) -> None:
        if self.due:
            record(self.due)
            self.due = 0


def test_what_a_tool_forgets_is_recorded_first(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, KEY)
    tools = audited({"diary": Diary(3)}, SITE, log)
    forget_what_is_due(tools)
    forget_what_is_due(tools)
    log.close()
    forgotten = [record for record in records(tmp_path / "audit.jsonl") if record["event"] == "tool forgot"]
    assert [(record["tool"], record["records"]) for record in forgotten] == [("diary", 3)]


def test_a_tool_keeps_what_cannot_be_recorded_and_goes_on() -> None:
    diary = Diary()
    (tool,) = audited({"diary": diary}, SITE, FailingLedger(good=0)).values()
    assert isinstance(tool, AuditedTool)
    tool.forget()
    assert diary.due == 1


def test_a_call_lets_the_tool_forget() -> None:
    diary, ledger = Diary(), FailingLedger(good=9)
    audited({"diary": diary}, SITE, ledger)["diary"].call("read", {})
    assert diary.due == 0
    assert ledger.events == ["tool forgot", "tool called", "tool answered"]
